/*
 * Whole objects: the stored bytes, not a byte of them changed.
 */
#include "base/crypto.h"
#include "base/uuid.h"
#include "format/export_private.h"

/*
 * What we think of the i-th object, after the last of its versions; empty if
 * there is nothing.
 */
static struct str
opinion_at(const struct export_set *s, size_t i)
{
	const struct export_object *e = s->objects.v[i];

	if (i + 1 < s->objects.n && str_eq(e->id, s->objects.v[i + 1]->id))
		return STR("");
	return e->opinion;
}

/*
 * One object a line.  A line end inside of an object can only stand between
 * its tokens, where a blank says the same; all else is as it is.
 */
static void
line_add(struct buf *out, struct str bytes)
{
	size_t from = out->n;

	if (bytes.n == 0)
		return;
	buf_add(out, bytes.p, bytes.n);
	for (size_t k = from; k < out->n; k++)
		if (out->p[k] == '\n' || out->p[k] == '\r')
			out->p[k] = ' ';
	buf_addc(out, '\n');
}

static void
write_jsonl(const struct export_set *s, const struct export_options *o,
    struct buf *out)
{
	(void)o;
	for (size_t i = 0; i < s->objects.n; i++) {
		line_add(out, s->objects.v[i]->bytes);
		line_add(out, opinion_at(s, i));
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
		struct str opinion = opinion_at(s, i);

		buf_add(out, bytes.p, bytes.n);
		if (opinion.n > 0)
			buf_addz(out, ",\n");
		buf_add(out, opinion.p, opinion.n);
		buf_addz(out, i + 1 < s->objects.n ? ",\n" : "\n]");
	}
	buf_addz(out, "}\n");
}

const struct export_format export_stix = {
	.name = "stix", .help = "STIX 2.1 bundle, objects as they are",
	.opinions = true, .write = write_stix,
};

const struct export_format export_jsonl = {
	.name = "jsonl", .help = "STIX 2.1 objects, one a line",
	.opinions = true, .write = write_jsonl,
};
