/*
 * Whole objects: the stored bytes, not a byte of them changed.
 */
#include "base/crypto.h"
#include "base/uuid.h"
#include "format/export_private.h"

/*
 * One object a line.  A line end inside of an object can only stand between
 * its tokens, where a blank says the same; all else is as it is.
 */
static void
write_jsonl(const struct export_set *s, const struct export_options *o,
    struct buf *out)
{
	(void)o;
	for (size_t i = 0; i < s->objects.n; i++) {
		struct str bytes = s->objects.v[i]->bytes;
		size_t from = out->n;

		buf_add(out, bytes.p, bytes.n);
		for (size_t k = from; k < out->n; k++)
			if (out->p[k] == '\n' || out->p[k] == '\r')
				out->p[k] = ' ';
		buf_addc(out, '\n');
	}
}

/* The bundle's id follows from what is in it. */
static void
write_stix(const struct export_set *s, const struct export_options *o,
    struct buf *out)
{
	char uuid[UUID_TEXT_MAX];
	AUTO_BUF struct buf all = { 0 };
	struct digest digest;

	write_jsonl(s, o, &all);
	digest = sha256_of(all.p == NULL ? "" : all.p, all.n);
	(void)uuid_v5(uuid_namespace_comity, (struct str){
	    (const char *)digest.b, DIGEST_BYTES }, uuid);
	buf_addf(out, "{\"type\":\"bundle\",\"id\":\"bundle--%s\"", uuid);
	if (s->objects.n > 0)
		buf_addz(out, ",\"objects\":[\n");
	for (size_t i = 0; i < s->objects.n; i++) {
		struct str bytes = s->objects.v[i]->bytes;

		buf_add(out, bytes.p, bytes.n);
		buf_addz(out, i + 1 < s->objects.n ? ",\n" : "\n]");
	}
	buf_addz(out, "}\n");
}

const struct export_format export_stix = {
	.name = "stix", .help = "STIX 2.1 bundle, objects as they are",
	.write = write_stix,
};

const struct export_format export_jsonl = {
	.name = "jsonl", .help = "STIX 2.1 objects, one a line",
	.write = write_jsonl,
};
