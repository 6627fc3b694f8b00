#include "wire/circle_text.h"

#include <string.h>

#include "base/mem.h"
#include "base/cursor.h"
#include "wire/field.h"

#define HEAD "comity-circle/1\n"
#define CONTEXT "comity/1 circle"	/* signed with its NUL */
#define HEX_DIGEST (2 * DIGEST_BYTES)
#define SIGNATURES_MAX (2 * CIRCLE_MEMBERS_MAX)

/* ---- writing ---- */

static void
hex_add(struct buf *b, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%02x", p[i]);
}

static void
line_add(struct buf *b, const char *key, struct str value)
{
	buf_addz(b, key);
	buf_addc(b, '=');
	buf_add(b, value.p, value.n);
	buf_addc(b, '\n');
}

void
circle_text_body(const struct circle_text *t, struct buf *out)
{
	buf_addz(out, HEAD);
	line_add(out, "name", t->name);
	buf_addf(out, "version=%u\nprevious=sha256:", t->version);
	hex_add(out, t->previous.b, DIGEST_BYTES);
	buf_addc(out, '\n');
	line_add(out, "charter", t->charter);
	buf_addf(out, "quorum=%u\n", t->quorum);
	for (size_t i = 0; i < t->nfoci; i++)
		line_add(out, "focus", t->foci[i]);
	for (size_t i = 0; i < t->nmembers; i++) {
		buf_addz(out, "member=");
		buf_add(out, t->members[i].id.p, t->members[i].id.n);
		buf_addc(out, ',');
		hex_add(out, t->members[i].key, ED25519_PUBLIC_BYTES);
		buf_addc(out, '\n');
	}
}

static void
signed_bytes(struct str body, struct buf *out)
{
	buf_add(out, CONTEXT, sizeof(CONTEXT));
	buf_add(out, body.p, body.n);
}

int
circle_text_sign(struct str body, struct str id, const struct sign_key *key,
    struct buf *out)
{
	AUTO_BUF struct buf b = { 0 };
	uint8_t sig[SIGNATURE_BYTES];

	signed_bytes(body, &b);
	TRY(sign_message(key, b.p, b.n, sig));
	buf_addz(out, "signature=");
	buf_add(out, id.p, id.n);
	buf_addc(out, ',');
	hex_add(out, sig, sizeof(sig));
	buf_addc(out, '\n');
	return 0;
}

/* ---- reading ---- */

/* The value of the next line if it has that key. */
static bool
line_next(struct str *rest, const char *key, struct str *out)
{
	size_t n = strlen(key);
	const char *end;

	if (!str_starts(*rest, key) || rest->n <= n || rest->p[n] != '=')
		return false;
	end = memchr(rest->p, '\n', rest->n);
	if (end == NULL)
		return false;
	*out = (struct str){ rest->p + n + 1,
	    (size_t)(end - rest->p) - n - 1 };
	rest->n -= (size_t)(end - rest->p) + 1;
	rest->p = end + 1;
	return true;
}

static int
hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' :
	    c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
hex_read(struct str s, uint8_t *dst, size_t n)
{
	if (s.n != 2 * n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int high = hex_digit(s.p[2 * i]);
		int low = hex_digit(s.p[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		dst[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* A number without sign or leading zero. */
static bool
number_read(struct str s, uint32_t max, uint32_t *out)
{
	uint32_t v = 0;

	if (s.n == 0 || s.n > 9 || (s.n > 1 && s.p[0] == '0'))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		v = v * 10 + (uint32_t)(s.p[i] - '0');
	}
	*out = v;
	return v <= max;
}

/* "id,hex": both parts. */
static bool
pair_read(struct str s, struct str *out_id, uint8_t *dst, size_t n)
{
	const char *comma = memchr(s.p, ',', s.n);

	if (comma == NULL)
		return false;
	*out_id = (struct str){ s.p, (size_t)(comma - s.p) };
	return out_id->n <= CERT_ID_MAX && str_is_dns_name(*out_id) &&
	    hex_read((struct str){ comma + 1, s.n - out_id->n - 1 }, dst, n);
}

/* As policies write it: perhaps not all of its digits. */
static bool
charter_ok(struct str s)
{
	if (!str_starts(s, "sha256:") || s.n < 8 || s.n > 7 + HEX_DIGEST)
		return false;
	for (size_t i = 7; i < s.n; i++)
		if (hex_digit(s.p[i]) < 0)
			return false;
	return true;
}

static bool
head_read(struct str *rest, struct circle_text *t)
{
	struct str v;

	if (!str_starts(*rest, HEAD))
		return false;
	rest->p += strlen(HEAD);
	rest->n -= strlen(HEAD);
	if (!line_next(rest, "name", &t->name) || !field_name_ok(t->name))
		return false;
	if (!line_next(rest, "version", &v) ||
	    !number_read(v, CIRCLE_VERSIONS_MAX, &t->version) ||
	    t->version == 0)
		return false;
	if (!line_next(rest, "previous", &v) || !str_starts(v, "sha256:") ||
	    !hex_read((struct str){ v.p + 7, v.n - 7 }, t->previous.b,
	    DIGEST_BYTES))
		return false;
	if (!line_next(rest, "charter", &t->charter) ||
	    !charter_ok(t->charter))
		return false;
	return line_next(rest, "quorum", &v) &&
	    number_read(v, CIRCLE_MEMBERS_MAX, &t->quorum);
}

static int
foci_read(struct str *rest, struct arena *a, struct circle_text *t)
{
	struct str *foci = arena_alloc(a, CIRCLE_FOCI_MAX * sizeof(*foci));
	struct str v;

	if (foci == NULL)
		return ERR_LIMIT;
	while (line_next(rest, "focus", &v)) {
		if (t->nfoci == CIRCLE_FOCI_MAX)
			return ERR_LIMIT;
		if (!field_name_ok(v) || (t->nfoci > 0 &&
		    str_cmp(foci[t->nfoci - 1], v) >= 0))
			return ERR_VALUE;
		foci[t->nfoci++] = v;
	}
	t->foci = foci;
	return 0;
}

static int
members_read(struct str *rest, struct arena *a, struct circle_text *t)
{
	struct circle_member *members = arena_alloc(a, CIRCLE_MEMBERS_MAX *
	    sizeof(*members));
	struct str v;

	if (members == NULL)
		return ERR_LIMIT;
	while (line_next(rest, "member", &v)) {
		struct circle_member *m = &members[t->nmembers];

		if (t->nmembers == CIRCLE_MEMBERS_MAX)
			return ERR_LIMIT;
		if (!pair_read(v, &m->id, m->key, sizeof(m->key)) ||
		    (t->nmembers > 0 && str_cmp(m[-1].id, m->id) >= 0))
			return ERR_VALUE;
		t->nmembers++;
	}
	t->members = members;
	return 0;
}

static int
signatures_read(struct str *rest, struct arena *a, struct circle_text *t)
{
	struct circle_signature *all = arena_alloc(a, SIGNATURES_MAX *
	    sizeof(*all));
	struct str v;

	if (all == NULL)
		return ERR_LIMIT;
	while (line_next(rest, "signature", &v)) {
		struct circle_signature *s = &all[t->nsignatures];

		if (t->nsignatures == SIGNATURES_MAX)
			return ERR_LIMIT;
		if (!pair_read(v, &s->id, s->sig, sizeof(s->sig)))
			return ERR_VALUE;
		t->nsignatures++;
	}
	t->signatures = all;
	return rest->n == 0 ? 0 : ERR_SYNTAX;
}

int
circle_text_decode(struct str text, struct arena *a, struct circle_text *out)
{
	static const struct digest none;
	struct circle_text t = { .version = 0 };
	AUTO_BUF struct buf again = { 0 };
	struct str rest = text;

	if (text.n > CIRCLE_TEXT_MAX)
		return ERR_LIMIT;
	if (!head_read(&rest, &t))
		return ERR_SYNTAX;
	TRY(foci_read(&rest, a, &t));
	TRY(members_read(&rest, a, &t));
	t.body = (struct str){ text.p, text.n - rest.n };
	TRY(signatures_read(&rest, a, &t));
	if (t.nfoci == 0 || t.nmembers == 0 || t.quorum == 0 ||
	    t.quorum > t.nmembers ||
	    (t.version == 1) != digest_eq(&t.previous, &none))
		return ERR_VALUE;
	circle_text_body(&t, &again);
	if (!str_eq(buf_str(&again), t.body))
		return ERR_SYNTAX;
	*out = t;
	return 0;
}

/* ---- judging ---- */

struct digest
circle_text_digest(const struct circle_text *t)
{
	return sha256_of(t->body.p, t->body.n);
}

const struct circle_member *
circle_text_member(const struct circle_text *t, struct str id)
{
	for (size_t i = 0; i < t->nmembers; i++)
		if (str_eq(t->members[i].id, id))
			return &t->members[i];
	return NULL;
}

static bool
has_signed(const struct circle_text *t, const struct circle_member *m)
{
	AUTO(verify_key_free) struct verify_key *key =
	    verify_key_new(m->key);
	AUTO_BUF struct buf b = { 0 };

	signed_bytes(t->body, &b);
	/* Its first counts: nobody makes us verify one member's hundreds. */
	for (size_t i = 0; key != NULL && i < t->nsignatures; i++)
		if (str_eq(t->signatures[i].id, m->id))
			return verify_message(key, b.p, b.n,
			    t->signatures[i].sig) == 0;
	return false;
}

size_t
circle_text_signers(const struct circle_text *t,
    const struct circle_text *by, struct str *out)
{
	size_t n = 0;

	for (size_t i = 0; i < by->nmembers; i++)
		if (has_signed(t, &by->members[i])) {
			if (out != NULL)
				out[n] = by->members[i].id;
			n++;
		}
	return n;
}

int
circle_text_follows(const struct circle_text *next,
    const struct circle_text *held, struct err *e)
{
	const struct circle_text *by = held == NULL ? next : held;
	size_t want = held == NULL ? next->nmembers : held->quorum, got;
	struct digest before;

	if (held != NULL && !str_eq(next->name, held->name))
		return err_set(e, ERR_VALUE, "it is of another circle");
	if (held != NULL && next->version <= held->version)
		return err_set(e, ERR_EXISTS, "version %u is not newer than "
		    "version %u, which is held", next->version,
		    held->version);
	if (next->version != (held == NULL ? 1 : held->version + 1))
		return err_set(e, ERR_ORDER, "version %u does not follow "
		    "version %u, which is held", next->version,
		    held == NULL ? 0 : held->version);
	if (held != NULL) {
		before = circle_text_digest(held);
		if (!digest_eq(&before, &next->previous))
			return err_set(e, ERR_VALUE, "it does not follow the "
			    "version %u that is held but another one",
			    held->version);
	}
	got = circle_text_signers(next, by, NULL);
	if (got < want)
		return err_set(e, ERR_SIGNATURE, "%zu of the %zu members of "
		    "version %u signed version %u; it takes %zu", got,
		    by->nmembers, by->version, next->version, want);
	return 0;
}
