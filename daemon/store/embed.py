"""Write each SQL file given as a C array: embed.py OUT FILE..."""
import sys

out, files = sys.argv[1], sys.argv[2:]
with open(out, "w") as f:
    f.write('#include "store/schema.h"\n\n')
    f.write("const char *const schema_migrations[] = {\n")
    for name in files:
        with open(name) as sql:
            for line in sql:
                text = line.rstrip("\n").replace("\\", "\\\\")
                text = text.replace('"', '\\"').replace("\t", "\\t")
                f.write('\t"%s\\n"\n' % text)
        f.write("\t,\n")
    f.write("};\nconst int schema_version = %d;\n" % len(files))
