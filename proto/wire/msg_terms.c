#include "wire/msg_terms.h"

#include "wire/field.h"
#include "wire/message.h"

#define CONTEXT "comity/1 terms"	/* signed with its NUL */
#define TLP_MOST 4
#define HOPS_MOST 7
#define TIME_BYTES 8

static bool
names_fit(const struct str *v, size_t n, size_t max)
{
	for (size_t i = 0; i < n; i++)
		if (!field_name_ok(v[i]))
			return false;
	return n <= max;
}

static bool
side_fits(const struct term_side *s)
{
	return s->tlp <= TLP_MOST && s->hops <= HOPS_MOST &&
	    names_fit(s->purposes, s->npurposes, TERM_PURPOSES_MAX) &&
	    names_fit(s->kinds, s->nkinds, TERM_KINDS_MAX);
}

static bool
term_fits(const struct msg_term *t)
{
	return t->id.n > 0 && t->id.n < NAME_MAX_BYTES && t->digest.n > 0 &&
	    t->digest.n <= TERM_DIGEST_MAX && (t->what != TERM_AGREEMENT ||
	    (side_fits(&t->ours) && side_fits(&t->theirs)));
}

/* ---- writing ---- */

static void
names_out(struct buf *b, const struct str *v, size_t n)
{
	out_u8(b, (uint8_t)n);
	for (size_t i = 0; i < n; i++)
		out_str8(b, v[i]);
}

static void
side_out(struct buf *b, const struct term_side *s)
{
	out_u8(b, s->tlp);
	out_u8(b, s->hops);
	names_out(b, s->purposes, s->npurposes);
	names_out(b, s->kinds, s->nkinds);
}

static void
term_out(struct buf *b, const struct msg_term *t)
{
	out_u8(b, (uint8_t)t->what);
	out_str8(b, t->id);
	out_str8(b, t->digest);
	if (t->what == TERM_CIRCLE)
		out_u32(b, t->version);
	if (t->what != TERM_AGREEMENT)
		return;
	out_u64(b, (uint64_t)t->until.ms);
	side_out(b, &t->ours);
	side_out(b, &t->theirs);
}

/* What is signed before the payload: what it is, from whom, to whom. */
static void
context_out(struct buf *b, const struct terms_parties *who)
{
	buf_add(b, CONTEXT, sizeof(CONTEXT));
	out_str8(b, who->from);
	out_str8(b, who->to);
}

int
msg_terms_sign(const struct msg_terms *m, const struct terms_parties *who,
    struct buf *out)
{
	const size_t most = message_info(MESSAGE_TERMS).max_bytes -
	    SIGNATURE_BYTES - TIME_BYTES - 2;
	AUTO_BUF struct buf terms = { 0 };
	AUTO_BUF struct buf b = { 0 };
	uint8_t sig[SIGNATURE_BYTES];
	size_t context;
	uint16_t n = 0;

	for (size_t i = 0; i < m->n && n < TERMS_MAX; i++) {
		size_t before = terms.n;

		if (!term_fits(&m->v[i]))
			continue;
		term_out(&terms, &m->v[i]);
		if (terms.n > most)
			terms.n = before;
		else
			n++;
	}
	context_out(&b, who);
	context = b.n;
	out_u64(&b, (uint64_t)m->at.ms);
	out_u16(&b, n);
	buf_add(&b, terms.p, terms.n);
	TRY(sign_message(who->key, b.p, b.n, sig));
	buf_add(out, b.p + context, b.n - context);
	buf_add(out, sig, sizeof(sig));
	return 0;
}

/* ---- reading ---- */

static bool
has_name(const struct str *v, size_t n, struct str name)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(v[i], name))
			return true;
	return false;
}

static const struct str *
names_cur(struct cur *c, struct arena *a, size_t max, size_t *out_n)
{
	size_t n = cur_u8(c);
	struct str *v;

	if (n > max)
		cur_fail(c, ERR_LIMIT);
	v = c->err != 0 ? NULL : arena_alloc(a, (n + 1) * sizeof(*v));
	if (v == NULL) {
		cur_fail(c, ERR_LIMIT);
		return NULL;
	}
	for (size_t i = 0; i < n && c->err == 0; i++) {
		v[i] = field_text8(c, NAME_MAX_BYTES - 1);
		if (c->err == 0 && (!field_name_ok(v[i]) ||
		    has_name(v, i, v[i])))
			cur_fail(c, ERR_VALUE);
	}
	*out_n = n;
	return v;
}

static void
side_cur(struct cur *c, struct arena *a, struct term_side *out)
{
	out->tlp = cur_u8(c);
	out->hops = cur_u8(c);
	out->purposes = names_cur(c, a, TERM_PURPOSES_MAX, &out->npurposes);
	out->kinds = names_cur(c, a, TERM_KINDS_MAX, &out->nkinds);
	if (c->err == 0 && (out->tlp > TLP_MOST || out->hops > HOPS_MOST))
		cur_fail(c, ERR_VALUE);
}

static void
term_cur(struct cur *c, struct arena *a, struct msg_term *out)
{
	uint8_t what = cur_u8(c);

	*out = (struct msg_term){ .what = (enum term_what)what };
	if (what > TERM_DEFINITION)
		cur_fail(c, ERR_VALUE);
	out->id = field_text8(c, NAME_MAX_BYTES - 1);
	out->digest = field_text8(c, TERM_DIGEST_MAX);
	if (what == TERM_CIRCLE)
		out->version = cur_u32(c);
	if (what != TERM_AGREEMENT)
		return;
	out->until = field_time(c);
	side_cur(c, a, &out->ours);
	side_cur(c, a, &out->theirs);
}

static bool
is_repeated(const struct msg_term *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].what == v[n].what && str_eq(v[i].id, v[n].id))
			return true;
	return false;
}

int
msg_terms_decode(struct str payload, struct arena *a, struct msg_terms *out)
{
	struct msg_terms m = { .v = NULL };
	struct msg_term *v;
	struct cur c;

	if (payload.n < SIGNATURE_BYTES)
		return ERR_SYNTAX;
	c = cur_of(payload.p, payload.n - SIGNATURE_BYTES);
	m.at = field_time(&c);
	m.n = cur_u16(&c);
	if (m.n > TERMS_MAX)
		return ERR_LIMIT;
	v = arena_alloc(a, (m.n + 1) * sizeof(*v));
	if (v == NULL)
		return ERR_LIMIT;
	for (size_t i = 0; i < m.n && c.err == 0; i++) {
		term_cur(&c, a, &v[i]);
		/* Nothing is empty, no term is there twice. */
		if (c.err == 0 && (!term_fits(&v[i]) || is_repeated(v, i)))
			cur_fail(&c, ERR_VALUE);
	}
	TRY(cur_finish(&c));
	m.v = v;
	*out = m;
	return 0;
}

int
msg_terms_verify(struct str payload, const struct terms_parties *who,
    const struct verify_key *key)
{
	AUTO_BUF struct buf b = { 0 };

	if (payload.n < SIGNATURE_BYTES)
		return ERR_SYNTAX;
	context_out(&b, who);
	buf_add(&b, payload.p, payload.n - SIGNATURE_BYTES);
	return verify_message(key, b.p, b.n, (const uint8_t *)payload.p +
	    payload.n - SIGNATURE_BYTES);
}

bool
msg_terms_same(struct str a, struct str b)
{
	const size_t around = TIME_BYTES + SIGNATURE_BYTES;

	if (a.n < around || b.n < around)
		return false;
	return str_eq((struct str){ a.p + TIME_BYTES, a.n - around },
	    (struct str){ b.p + TIME_BYTES, b.n - around });
}
