/*
 * Suricata: rules, and the files of datasets.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/map64.h"
#include "format/export_private.h"

#define BIT(kind) (1U << (kind))
/* Rule numbers are made from the value, so that they stay with it. */
#define SID_FIRST 1000000000U
#define SID_COUNT 3000000000U
#define TEXT_MAX 300

/*
 * Text between the quotes of content: everything that means something there,
 * or that some reader might take for an end, in hexadecimal.
 */
static void
content_add(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || strchr("./-_", c) != NULL;

		if (plain && c != '\0')
			buf_addc(out, c);
		else
			buf_addf(out, "|%02X|", (unsigned char)c);
	}
}

static void
rule_head(struct buf *out, const struct export_options *o,
    const char *protocol)
{
	buf_addf(out, "%s %s ", o->drop ? "drop" : "alert", protocol);
}

/* What every rule ends with: where it is from, and its number. */
static void
rule_end(struct buf *out, const struct export_value *v, uint32_t sid)
{
	char id[TEXT_MAX], kind[TEXT_MAX], source[TEXT_MAX];

	buf_addf(out, " metadata: comity_id %s, comity_source %s, comity_kind "
	    "%s; sid:%" PRIu32 "; rev:1;)\n",
	    export_plain(id, sizeof(id), v->of->id),
	    export_plain(source, sizeof(source), v->of->source),
	    export_plain(kind, sizeof(kind), v->of->kind), sid);
}

static void
rule_message(struct buf *out, const struct export_value *v)
{
	char text[TEXT_MAX];

	buf_addf(out, "(msg:\"comity %s %s\";",
	    observable_kind_name(v->o.kind),
	    export_plain(text, sizeof(text), v->o.value));
}

/* A buffer that is this text, the whole of it. */
static void
rule_whole(struct buf *out, const char *buffer, struct str text)
{
	buf_addf(out, " %s; content:\"", buffer);
	content_add(out, text);
	buf_addf(out, "\"; bsize:%zu;", text.n);
}

static void
rule_domain(struct buf *out, const struct export_options *o,
    const struct export_value *v)
{
	rule_head(out, o, "dns");
	buf_addz(out, "any any -> any any ");
	rule_message(out, v);
	rule_whole(out, "dns.query", v->o.value);
	buf_addz(out, " nocase;");
}

static void
rule_ip(struct buf *out, const struct export_options *o,
    const struct export_value *v)
{
	rule_head(out, o, "ip");
	buf_addf(out, "any any <> [%.*s] any ", (int)v->o.value.n,
	    v->o.value.p);
	rule_message(out, v);
}

/* What goes over the wire of a URL: host, and path with query. */
static void
rule_url(struct buf *out, const struct export_options *o,
    const struct export_value *v)
{
	struct export_url u;
	AUTO_BUF struct buf path = { 0 };

	if (!export_url_read(v->o.value, &u))
		return;
	if (u.path.n == 0 || u.path.p[0] != '/')
		buf_addc(&path, '/');
	buf_add(&path, u.path.p, u.path.n);
	rule_head(out, o, "http");
	if (u.port != 0)
		buf_addf(out, "any any -> any %u ", u.port);
	else
		buf_addz(out, "any any -> any any ");
	rule_message(out, v);
	rule_whole(out, "http.host", u.host);
	rule_whole(out, "http.uri.raw", buf_str(&path));
}

/* The value's number: the same in every export, unless two values share it. */
static uint32_t
sid_of(struct map64 *taken, const struct observable *o)
{
	uint64_t sid = observable_key(o) % SID_COUNT;

	while (map64_get(taken, sid) != NULL)
		sid = (sid + 1) % SID_COUNT;
	map64_set(taken, sid, taken);
	return (uint32_t)(SID_FIRST + sid);
}

static void
write_suricata(const struct export_set *s, const struct export_options *o,
    struct buf *out)
{
	struct map64 taken = { 0 };
	const struct export_value *v;

	for (size_t i = 0; (v = export_next(s, &i)) != NULL; ) {
		if (v->o.kind == OBSERVABLE_DOMAIN)
			rule_domain(out, o, v);
		else if (v->o.kind == OBSERVABLE_IP)
			rule_ip(out, o, v);
		else
			rule_url(out, o, v);
		rule_end(out, v, sid_of(&taken, &v->o));
	}
	map64_clear(&taken, NULL);
}

const struct export_format export_suricata = {
	.name = "suricata", .help = "Suricata rules for names, addresses, URLs",
	.use = "detect", .values = true, .acts = true,
	.kinds = BIT(OBSERVABLE_DOMAIN) | BIT(OBSERVABLE_IP) |
	    BIT(OBSERVABLE_URL),
	.write = write_suricata,
};

/* ---- datasets ---- */

/* Strings are in base64. */
static void
write_strings(const struct export_set *s, const struct export_options *o,
    struct buf *out)
{
	const struct export_value *v;

	(void)o;
	for (size_t i = 0; (v = export_next(s, &i)) != NULL; ) {
		base64_encode(out, (const uint8_t *)v->o.value.p,
		    v->o.value.n);
		buf_addc(out, '\n');
	}
}

/* Hashes and addresses are as they are. */
static void
write_words(const struct export_set *s, const struct export_options *o,
    struct buf *out)
{
	const struct export_value *v;

	(void)o;
	for (size_t i = 0; (v = export_next(s, &i)) != NULL; ) {
		struct str t = v->o.value;
		const char *p = v->o.kind == OBSERVABLE_HASH ?
		    memchr(t.p, ':', t.n) : NULL;

		if (p != NULL) {
			t.n -= (size_t)(p + 1 - t.p);
			t.p = p + 1;
		}
		buf_addf(out, "%.*s\n", (int)t.n, t.p);
	}
}

const struct export_format export_suricata_domains = {
	.name = "suricata-domains", .help = "dataset of type string: names",
	.use = "detect", .values = true, .acts = true,
	.kinds = BIT(OBSERVABLE_DOMAIN), .write = write_strings,
};

const struct export_format export_suricata_ips = {
	.name = "suricata-ips", .help = "dataset of type ip: addresses",
	.use = "detect", .values = true, .acts = true,
	.kinds = BIT(OBSERVABLE_IP), .write = write_words,
};

const struct export_format export_suricata_md5 = {
	.name = "suricata-md5", .help = "dataset of type md5: files",
	.use = "detect", .values = true, .acts = true,
	.kinds = BIT(OBSERVABLE_HASH), .write = write_words,
};

const struct export_format export_suricata_sha256 = {
	.name = "suricata-sha256", .help = "dataset of type sha256: files",
	.use = "detect", .values = true, .acts = true,
	.kinds = BIT(OBSERVABLE_HASH), .write = write_words,
};
