#include "wire/msg_terms.h"

#include "wire/field.h"

static bool
term_fits(const struct msg_term *t)
{
	return t->id.n > 0 && t->id.n < NAME_MAX_BYTES && t->digest.n > 0 &&
	    t->digest.n <= TERM_DIGEST_MAX;
}

void
msg_terms_encode(const struct msg_terms *m, struct buf *out)
{
	AUTO_BUF struct buf terms = { 0 };
	uint16_t n = 0;

	for (size_t i = 0; i < m->n && n < TERMS_MAX; i++) {
		if (!term_fits(&m->v[i]))
			continue;
		out_u8(&terms, m->v[i].circle);
		out_str8(&terms, m->v[i].id);
		out_str8(&terms, m->v[i].digest);
		n++;
	}
	out_u16(out, n);
	buf_add(out, terms.p, terms.n);
}

static bool
is_repeated(const struct msg_term *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (v[i].circle == v[n].circle && str_eq(v[i].id, v[n].id))
			return true;
	return false;
}

int
msg_terms_decode(struct str payload, struct arena *a, struct msg_terms *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	size_t n = cur_u16(&c);
	struct msg_term *v;

	if (n > TERMS_MAX)
		return ERR_LIMIT;
	v = arena_alloc(a, n * sizeof(*v));
	if (v == NULL)
		return ERR_LIMIT;
	for (size_t i = 0; i < n && c.err == 0; i++) {
		v[i].circle = field_bool(&c);
		v[i].id = field_text8(&c, NAME_MAX_BYTES - 1);
		v[i].digest = field_text8(&c, TERM_DIGEST_MAX);
		/* TERMS: nothing is empty, no term is there twice. */
		if (!term_fits(&v[i]) || is_repeated(v, i))
			cur_fail(&c, ERR_VALUE);
	}
	TRY(cur_finish(&c));
	*out = (struct msg_terms){ v, n };
	return 0;
}
