#include "config/card.h"

#include <jansson.h>
#include <string.h>

#include "config/schema.h"

#define CONTEXT "comity/1 card"		/* signed with its NUL */
#define CODE_CONTEXT "comity/1 code"
#define CODE_GROUPS 6
#define CODE_GROUP_BYTES 5
#define CARD_VERSION 1
#define TIME_MAX_MS (INT64_C(1) << 53)	/* RFC 8785: exact in a double */

/* ---- writing ---- */

/* A JSON string (RFC 8785 3.2.2.2); names hold no control characters. */
static void
add_text(struct buf *b, const char *s)
{
	buf_addc(b, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			buf_addc(b, '\\');
		buf_addc(b, *s);
	}
	buf_addc(b, '"');
}

static void
add_bytes(struct buf *b, const uint8_t *p, size_t n)
{
	buf_addc(b, '"');
	base64_encode(b, p, n);
	buf_addc(b, '"');
}

static void
add_desk(struct buf *b, const struct card_desk *d)
{
	buf_addz(b, "{\"name\":");
	add_text(b, d->name);
	buf_addz(b, ",\"uses\":[");
	for (size_t i = 0; i < d->nuses; i++) {
		buf_addz(b, i > 0 ? "," : "");
		add_text(b, d->uses[i]);
	}
	buf_addz(b, "]}");
}

static void
add_lists(struct buf *b, const struct card *c)
{
	buf_addz(b, ",\"desks\":[");
	for (size_t i = 0; i < c->ndesks; i++) {
		buf_addz(b, i > 0 ? "," : "");
		add_desk(b, &c->desks[i]);
	}
	buf_addz(b, "],\"endpoints\":[");
	for (size_t i = 0; i < c->nendpoints; i++) {
		buf_addz(b, i > 0 ? "," : "");
		add_text(b, c->endpoints[i]);
	}
	buf_addc(b, ']');
}

static void
add_vouches(struct buf *b, const struct card_vouches *w)
{
	buf_addz(b, ",\"vouches\":[");
	for (size_t i = 0; i < w->n; i++) {
		buf_addz(b, i > 0 ? "," : "");
		add_bytes(b, (const uint8_t *)w->v[i].p, w->v[i].n);
	}
	buf_addc(b, ']');
}

/*
 * The members in the order of RFC 8785 3.2.3, with what is not signed or
 * without; w may be NULL.
 */
static void
add_card(struct buf *b, const struct card *c, bool signature,
    const struct card_vouches *w)
{
	buf_addz(b, "{\"cert_id\":");
	add_text(b, c->cert_id);
	buf_addz(b, ",\"comity_card\":1,\"country\":");
	add_text(b, c->country);
	add_lists(b, c);
	buf_addz(b, ",\"identity\":");
	add_bytes(b, c->identity, sizeof(c->identity));
	buf_addz(b, ",\"name\":");
	add_text(b, c->name);
	buf_addf(b, ",\"not_after_ms\":%lld,\"not_before_ms\":%lld,\"pins\":[",
	    (long long)c->not_after.ms, (long long)c->not_before.ms);
	for (size_t i = 0; i < c->npins; i++) {
		buf_addz(b, i > 0 ? "," : "");
		add_bytes(b, c->pins[i].b, DIGEST_BYTES);
	}
	buf_addc(b, ']');
	if (signature) {
		buf_addz(b, ",\"signature\":");
		add_bytes(b, c->signature, SIGNATURE_BYTES);
	}
	if (w != NULL && w->n > 0)
		add_vouches(b, w);
	buf_addc(b, '}');
}

static void
add_signed(struct buf *b, const struct card *c)
{
	buf_add(b, CONTEXT, sizeof(CONTEXT));
	add_card(b, c, false, NULL);
}

int
card_sign(struct card *c, const struct sign_key *key, struct err *e)
{
	AUTO_BUF struct buf b = { 0 };
	int rc;

	sign_key_public(key, c->identity);
	add_signed(&b, c);
	rc = sign_message(key, b.p, b.n, c->signature);
	if (rc < 0)
		return err_set(e, rc, "the card could not be signed");
	return 0;
}

void
card_encode(const struct card *c, struct buf *out)
{
	add_card(out, c, true, NULL);
}

void
card_encode_all(const struct card *c, const struct card_vouches *w,
    struct buf *out)
{
	add_card(out, c, true, w);
}

void
card_vouches_clear(struct card_vouches *w)
{
	for (size_t i = 0; i < w->n; i++)
		buf_clear(&w->v[i]);
	w->n = 0;
}

/* ---- reading ---- */

/* Where in the card we are, for messages. */
struct reading {
	struct err *e;
	char at[64];
};

static int
bad(struct reading *r, const char *want)
{
	return err_set(r->e, ERR_CONF, "%s: want %s", r->at, want);
}

static void
at(struct reading *r, const char *field)
{
	snprintf(r->at, sizeof(r->at), "%s", field);
}

static void
at_item(struct reading *r, const char *field, size_t i)
{
	snprintf(r->at, sizeof(r->at), "%s[%zu]", field, i);
}

/* Code points that change how the text around them looks. */
static bool
is_hidden(struct str s)
{
	static const char *const marks[] = {
		"\u200b", "\u200e", "\u200f", "\u202a", "\u202b", "\u202c",
		"\u202d", "\u202e", "\u2028", "\u2029", "\u2066", "\u2067",
		"\u2068", "\u2069", "\ufeff",
	};

	for (size_t i = 0; i < NELEM(marks); i++)
		if (memmem(s.p, s.n, marks[i], strlen(marks[i])) != NULL)
			return true;
	for (size_t i = 0; i < s.n; i++)
		if ((uint8_t)s.p[i] < ' ' || s.p[i] == 0x7f ||
		    ((uint8_t)s.p[i] == 0xc2 && i + 1 < s.n &&
		    (uint8_t)s.p[i + 1] < 0xa0))
			return true;
	return false;
}

static bool
is_line(struct str s)
{
	return str_is_utf8(s) && !is_hidden(s);
}

/* Desks and uses: lower case, digits, inner hyphens, dots, underlines. */
static bool
is_token(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
		    (i == 0 || (c != '-' && c != '_' && c != '.')))
			return false;
	}
	return s.n > 0;
}

/* How one text field is checked. */
struct text_rule {
	bool (*ok)(struct str s);
	const char *want;
};

/* The text j into dst[size], if the rule takes it. */
static int
get_text(struct reading *r, const json_t *j, const struct text_rule *rule,
    char *dst, size_t size)
{
	struct str s = { json_string_value(j), json_string_length(j) };

	if (!json_is_string(j) || s.n >= size ||
	    memchr(s.p, '\0', s.n) != NULL || !rule->ok(s))
		return bad(r, rule->want);
	memcpy(dst, s.p, s.n);
	dst[s.n] = '\0';
	return 0;
}

/* Exactly n bytes in base64. */
static int
get_bytes(struct reading *r, const json_t *j, uint8_t *dst, size_t n)
{
	uint8_t bytes[SIGNATURE_BYTES];
	struct str s = { json_string_value(j), json_string_length(j) };
	char want[64];
	size_t got;

	snprintf(want, sizeof(want), "%zu bytes in base64", n);
	if (!json_is_string(j) ||
	    base64_decode(bytes, sizeof(bytes), s, &got) != 0 || got != n)
		return bad(r, want);
	memcpy(dst, bytes, n);
	return 0;
}

static int
get_time(struct reading *r, const json_t *j, unix_ms_t *out)
{
	if (!json_is_integer(j) || json_integer_value(j) < 0 ||
	    json_integer_value(j) >= TIME_MAX_MS)
		return bad(r, "milliseconds since 1970");
	out->ms = json_integer_value(j);
	return 0;
}

static int
get_list(struct reading *r, const json_t *j, size_t min, size_t max)
{
	char want[64];

	snprintf(want, sizeof(want), "a list of %zu to %zu", min, max);
	if (!json_is_array(j) || json_array_size(j) < min ||
	    json_array_size(j) > max)
		return bad(r, want);
	return 0;
}

/* The object has these members, all of them and no other, but `may`. */
static int
get_members_may(struct reading *r, json_t *j, const char *const *names,
    size_t n, const char *may)
{
	char want[96];
	const char *key;
	json_t *value;

	if (!json_is_object(j))
		return bad(r, "an object");
	json_object_foreach(j, key, value) {
		bool known = may != NULL && strcmp(key, may) == 0;
		char shown[64];

		for (size_t i = 0; i < n; i++)
			known |= strcmp(key, names[i]) == 0;
		if (!known)
			return err_set(r->e, ERR_CONF, "%s: unknown member "
			    "\"%s\"; is the card of a newer version?", r->at,
			    str_escape(shown, sizeof(shown), str_of(key)));
	}
	for (size_t i = 0; i < n; i++) {
		if (json_object_get(j, names[i]) != NULL)
			continue;
		snprintf(want, sizeof(want), "the member \"%s\"", names[i]);
		return bad(r, want);
	}
	return 0;
}

static int
get_members(struct reading *r, json_t *j, const char *const *names,
    size_t n)
{
	return get_members_may(r, j, names, n, NULL);
}

static const struct text_rule token_rule = { is_token, "a name: up to 63 "
	"lower-case letters, digits and inner hyphens" };

static int
get_desk(struct reading *r, json_t *j, size_t index, struct card_desk *d)
{
	static const char *const members[] = { "name", "uses" };
	const json_t *uses;

	at_item(r, "desks", index);
	TRY(get_members(r, j, members, NELEM(members)));
	TRY(get_text(r, json_object_get(j, "name"), &token_rule, d->name,
	    sizeof(d->name)));
	snprintf(r->at, sizeof(r->at), "desks[%zu].uses", index);
	uses = json_object_get(j, "uses");
	TRY(get_list(r, uses, 1, CARD_USES_MAX));
	for (size_t i = 0; i < json_array_size(uses); i++) {
		TRY(get_text(r, json_array_get(uses, i), &token_rule,
		    d->uses[i], sizeof(d->uses[i])));
		for (size_t k = 0; k < i; k++)
			if (strcmp(d->uses[k], d->uses[i]) == 0)
				return bad(r, "every use once");
	}
	d->nuses = json_array_size(uses);
	return 0;
}

static int
get_desks(struct reading *r, const json_t *list, struct card *c)
{
	at(r, "desks");
	TRY(get_list(r, list, 0, CARD_DESKS_MAX));
	for (size_t i = 0; i < json_array_size(list); i++) {
		TRY(get_desk(r, json_array_get(list, i), i, &c->desks[i]));
		at_item(r, "desks", i);
		for (size_t k = 0; k < i; k++)
			if (strcmp(c->desks[k].name, c->desks[i].name) == 0)
				return bad(r, "every desk once");
	}
	c->ndesks = json_array_size(list);
	return 0;
}

static int
get_endpoints(struct reading *r, const json_t *list, struct card *c)
{
	static const struct text_rule rule = { schema_is_address,
		"host:port" };

	at(r, "endpoints");
	TRY(get_list(r, list, 0, CARD_ENDPOINTS_MAX));
	for (size_t i = 0; i < json_array_size(list); i++) {
		at_item(r, "endpoints", i);
		TRY(get_text(r, json_array_get(list, i), &rule,
		    c->endpoints[i], sizeof(c->endpoints[i])));
		for (size_t k = 0; k < i; k++)
			if (strcmp(c->endpoints[k], c->endpoints[i]) == 0)
				return bad(r, "every endpoint once");
	}
	c->nendpoints = json_array_size(list);
	return 0;
}

static int
get_pins(struct reading *r, const json_t *list, struct card *c)
{
	at(r, "pins");
	TRY(get_list(r, list, 1, CARD_PINS_MAX));
	for (size_t i = 0; i < json_array_size(list); i++) {
		at_item(r, "pins", i);
		TRY(get_bytes(r, json_array_get(list, i), c->pins[i].b,
		    DIGEST_BYTES));
		for (size_t k = 0; k < i; k++)
			if (digest_eq(&c->pins[k], &c->pins[i]))
				return bad(r, "every pin once");
	}
	c->npins = json_array_size(list);
	return 0;
}

/* The fields that are one text. */
static int
get_texts(struct reading *r, const json_t *j, struct card *c)
{
	static const struct text_rule id = { str_is_dns_name,
		"a DNS name in lower case" };
	static const struct text_rule country = { schema_is_country,
		"two capital letters (ISO 3166)" };
	static const struct text_rule name = { is_line,
		"up to 127 bytes of text, without hidden characters" };

	at(r, "cert_id");
	TRY(get_text(r, json_object_get(j, "cert_id"), &id, c->cert_id,
	    sizeof(c->cert_id)));
	at(r, "country");
	TRY(get_text(r, json_object_get(j, "country"), &country, c->country,
	    sizeof(c->country)));
	at(r, "name");
	return get_text(r, json_object_get(j, "name"), &name, c->name,
	    sizeof(c->name));
}

static int
get_times(struct reading *r, const json_t *j, struct card *c)
{
	at(r, "not_before_ms");
	TRY(get_time(r, json_object_get(j, "not_before_ms"),
	    &c->not_before));
	at(r, "not_after_ms");
	TRY(get_time(r, json_object_get(j, "not_after_ms"), &c->not_after));
	return c->not_before.ms < c->not_after.ms ? 0 :
	    bad(r, "a time after not_before_ms");
}

/* What others signed: bytes in base64; what they say is not our business. */
static int
get_vouches(struct reading *r, const json_t *list, struct card_vouches *w)
{
	at(r, "vouches");
	TRY(get_list(r, list, 1, CARD_VOUCHES_MAX));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *j = json_array_get(list, i);
		struct str s = { json_string_value(j),
		    json_string_length(j) };
		uint8_t bytes[CARD_VOUCH_BYTES_MAX];
		size_t n;

		at_item(r, "vouches", i);
		if (!json_is_string(j) || base64_decode(bytes, sizeof(bytes),
		    s, &n) != 0 || n == 0)
			return bad(r, "up to 1024 bytes in base64");
		buf_add(&w->v[i], bytes, n);
		w->n = i + 1;
		for (size_t k = 0; k < i; k++)
			if (str_eq(buf_str(&w->v[k]), buf_str(&w->v[i])))
				return bad(r, "every vouch once");
	}
	return 0;
}

static int
get_card(struct reading *r, json_t *j, struct card *c,
    struct card_vouches *w)
{
	static const char *const members[] = {
		"cert_id", "comity_card", "country", "desks", "endpoints",
		"identity", "name", "not_after_ms", "not_before_ms", "pins",
		"signature",
	};
	const json_t *version;

	at(r, "card");
	if (json_is_object(j) && json_object_get(j, "comity_card") == NULL)
		return err_set(r->e, ERR_CONF, "card: this is not the card "
		    "of a CERT: it has no member \"comity_card\"");
	version = json_object_get(j, "comity_card");
	if (json_is_object(j) && (!json_is_integer(version) ||
	    json_integer_value(version) != CARD_VERSION))
		return err_set(r->e, ERR_CONF, "comity_card: want 1; the card "
		    "is of another version");
	TRY(get_members_may(r, j, members, NELEM(members), "vouches"));
	if (json_object_get(j, "vouches") != NULL)
		TRY(get_vouches(r, json_object_get(j, "vouches"), w));
	TRY(get_texts(r, j, c));
	TRY(get_desks(r, json_object_get(j, "desks"), c));
	TRY(get_endpoints(r, json_object_get(j, "endpoints"), c));
	at(r, "identity");
	TRY(get_bytes(r, json_object_get(j, "identity"), c->identity,
	    sizeof(c->identity)));
	TRY(get_times(r, j, c));
	TRY(get_pins(r, json_object_get(j, "pins"), c));
	at(r, "signature");
	return get_bytes(r, json_object_get(j, "signature"), c->signature,
	    SIGNATURE_BYTES);
}

/* ---- checking ---- */

static int
check_signature(const struct card *c, struct err *e)
{
	AUTO(verify_key_free) struct verify_key *key =
	    verify_key_new(c->identity);
	AUTO_BUF struct buf b = { 0 };

	add_signed(&b, c);
	if (key == NULL || verify_message(key, b.p, b.n, c->signature) != 0)
		return err_set(e, ERR_SIGNATURE, "the signature of the card "
		    "of %s does not verify: it was changed after it was "
		    "signed; ask for it again", c->cert_id);
	return 0;
}

/* The card is, byte for byte, what was signed; a line end may follow. */
static int
check_canonical(const struct card *c, const struct card_vouches *w,
    struct str text, struct err *e)
{
	AUTO_BUF struct buf b = { 0 };

	if (text.n > 0 && text.p[text.n - 1] == '\n')
		text.n--;
	if (text.n > 0 && text.p[text.n - 1] == '\r')
		text.n--;
	card_encode_all(c, w, &b);
	if (!str_eq(buf_str(&b), text))
		return err_set(e, ERR_CONF, "the card of %s is not as it was "
		    "written: it was formatted anew or edited; use the "
		    "original file", c->cert_id);
	return 0;
}

static int
check_time(const struct card *c, unix_ms_t now, struct err *e)
{
	char when[TIME_TEXT_MAX];

	if (now.ms < c->not_before.ms)
		return err_set(e, ERR_VALUE, "the card of %s is not valid "
		    "before %s; compare the clocks", c->cert_id,
		    time_format(when, c->not_before));
	if (now.ms > c->not_after.ms)
		return err_set(e, ERR_VALUE, "the card of %s expired at %s; "
		    "ask for a new one", c->cert_id,
		    time_format(when, c->not_after));
	return 0;
}

static int
card_read(struct str text, struct card *c, struct card_vouches *w,
    struct err *e)
{
	struct reading r = { .e = e };
	json_error_t why;
	json_t *j;
	int rc;

	if (text.n > CARD_BYTES_MAX)
		return err_set(e, ERR_CONF, "a card has at most %d bytes, "
		    "this has %zu", CARD_BYTES_MAX, text.n);
	/* Texts with NUL are refused: no JSON_ALLOW_NUL. */
	j = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &why);
	if (j == NULL) {
		char shown[sizeof(why.text)];

		return err_set(e, ERR_CONF, "not a card: line %d column %d: "
		    "%s", why.line, why.column, str_escape(shown,
		    sizeof(shown), str_of(why.text)));
	}
	rc = get_card(&r, j, c, w);
	json_decref(j);
	return rc;
}

static int
card_check(struct str text, unix_ms_t now, struct card *c,
    struct card_vouches *w, struct err *e)
{
	/* The signature first: what is not signed is not worth more words. */
	TRY(card_read(text, c, w, e));
	TRY(check_signature(c, e));
	TRY(check_canonical(c, w, text, e));
	return check_time(c, now, e);
}

int
card_decode_all(struct str text, unix_ms_t now, struct card *out,
    struct card_vouches *vouches, struct err *e)
{
	AUTO(mem_free) struct card *c = mem_new(struct card);
	struct card_vouches w = { .n = 0 };
	int rc = card_check(text, now, c, &w, e);

	if (rc < 0) {
		card_vouches_clear(&w);
		return rc;
	}
	*out = *c;
	*vouches = w;
	return 0;
}

int
card_decode(struct str text, unix_ms_t now, struct card *out, struct err *e)
{
	struct card_vouches w = { .n = 0 };
	int rc = card_decode_all(text, now, out, &w, e);

	card_vouches_clear(&w);
	return rc;
}

const char *
card_code(const struct card *c, char dst[static CARD_CODE_MAX])
{
	const struct span parts[] = {
		{ CODE_CONTEXT, sizeof(CODE_CONTEXT) },
		{ c->identity, sizeof(c->identity) },
		{ c->cert_id, strlen(c->cert_id) },
	};
	struct digest d;
	size_t n = 0;

	sha256(parts, NELEM(parts), &d);
	for (size_t g = 0; g < CODE_GROUPS; g++) {
		uint64_t v = 0;

		for (size_t i = 0; i < CODE_GROUP_BYTES; i++)
			v = v << 8 | d.b[g * CODE_GROUP_BYTES + i];
		n += (size_t)snprintf(dst + n, CARD_CODE_MAX - n, "%s%05u",
		    g > 0 ? " " : "", (unsigned)(v % 100000));
	}
	return dst;
}
