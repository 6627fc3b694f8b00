"""What the lint tests share: the source files, and how findings are shown."""
import os
import re
import sys

SKIP = 77  # meson: the test was skipped

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))


def folders():
    """Every source folder: its name in includes, and its path."""
    found = {'config': 'config'}
    for top in ('proto', 'daemon'):
        path = os.path.join(ROOT, top)
        for name in sorted(os.listdir(path) if os.path.isdir(path) else []):
            if os.path.isdir(os.path.join(path, name)):
                found[name] = top + '/' + name
    return found


def files(*endings):
    """(folder, path from the root) of the sources with these endings."""
    for folder, path in sorted(folders().items()):
        for name in sorted(os.listdir(os.path.join(ROOT, path))):
            if name.endswith(endings) and not name.startswith('.'):
                yield folder, path + '/' + name


def read(path):
    with open(os.path.join(ROOT, path), encoding='utf-8') as f:
        return f.read()


def includes(text):
    """(line number, name, is it in quotes) of every include."""
    for m in re.finditer(r'^[ \t]*#[ \t]*include[ \t]+(["<])([^">]+)[">]',
                         text, re.M):
        yield text.count('\n', 0, m.start()) + 1, m.group(2), m.group(1) == '"'


def blank_comments(text):
    """The text with comments and strings made blank, line for line."""
    def blank(m):
        return re.sub(r'[^\n]', ' ', m.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"'
                  r"|'(?:\\.|[^'\\\n])*'", blank, text, flags=re.S)


def finish(found, what):
    """Print the findings; the process's exit status."""
    for line in found:
        print(line)
    print('%s: %s' % (what, '%d found' % len(found) if found else 'good'))
    sys.exit(1 if found else 0)


def skip(why):
    print('skipped: ' + why)
    sys.exit(SKIP)
