/*
 * What changes, in words.
 */
#include "policy/diff_private.h"

#include <stdlib.h>
#include <string.h>

#define NO_LINEAGE_BIT (UINT64_C(1) << DIFF_NO_LINEAGE)

/* Names of the bits, or "any" if it is all n of them. */
static char *
names_text(uint64_t bits, const char *const *names, size_t n)
{
	AUTO_BUF struct buf b = { 0 };

	if (n < 64 && bits == (UINT64_C(1) << n) - 1)
		return mem_strdup("any");
	for (size_t i = 0; i < n; i++)
		if ((bits >> i & 1) != 0)
			buf_addf(&b, "%s%s", b.n > 0 ? "," : "", names[i]);
	return mem_strdup(b.p == NULL ? "" : b.p);
}

static char *
vocabulary_text(uint64_t bits, const struct names *n)
{
	const char *names[64];

	for (size_t i = 0; i < n->n && i < NELEM(names); i++)
		names[i] = n->v[i];
	return names_text(bits, names, n->n);
}

/* None is a value of its own, and "any" includes it. */
static char *
lineage_text(uint64_t bits, const struct names *n)
{
	const char *names[LABEL_BITS_MAX + 1] = { "none" };

	for (size_t i = 0; i < n->n; i++)
		names[i + 1] = n->v[i];
	return names_text((bits & ~NO_LINEAGE_BIT) << 1 |
	    bits >> DIFF_NO_LINEAGE, names, n->n + 1);
}

static char *
desks_text(const struct names *desks, const struct desk_set *s)
{
	AUTO_BUF struct buf b = { 0 };

	for (unsigned i = 0; i < desks->n; i++)
		if (desk_set_has(s, i))
			buf_addf(&b, "%s%s", b.n > 0 ? "," : "",
			    desks->v[i]);
	return mem_strdup(b.p);
}

/* Bands that did not matter were asked as E alone. */
static char *
bands_text(uint64_t bits, bool matters)
{
	return !matters ? mem_strdup("any") :
	    names_text(bits, policy_bands, POLICY_BANDS);
}

void
diff_add_set(struct diff *d, const struct box *b)
{
	const struct diff_change *c = &d->changes.v[b->change];
	const struct vocabulary *v = &(c->gone ? d->from : d->to)->file->v;
	const char *tlps[TLP_RED + 1];
	struct diff_words s = { .texts = {
		desks_text(&v->desks, &b->desks),
		vocabulary_text(b->in[BOX_USE], &v->domains),
		vocabulary_text(b->in[BOX_KIND], &v->kinds), NULL,
		names_text(b->in[BOX_POSTURE], policy_postures,
		POLICY_POSTURES),
		bands_text(b->in[BOX_DISCRETION], d->disc_matters[c->in]),
		bands_text(b->in[BOX_RELIABILITY], d->rel_matters[c->in]),
		c->in ? mem_strdup("any") :
		lineage_text(b->in[BOX_LINEAGE], &v->lineage) } };

	for (int t = 0; t <= TLP_RED; t++)
		tlps[t] = tlp_name(t);
	s.texts[3] = names_text(b->in[BOX_TLP], tlps, NELEM(tlps));
	s.out = (struct diff_set){ .kind = c->kind,
	    .requests = box_requests(b), .direction = c->in ? "from" : "to",
	    .desks = s.texts[0], .uses = s.texts[1], .kinds = s.texts[2],
	    .tlps = s.texts[3], .postures = s.texts[4],
	    .discretion = s.texts[5], .reliability = s.texts[6],
	    .lineage = s.texts[7], .received = c->in ||
	    b->in[BOX_RECEIVED] == 3 ? "any" : b->in[BOX_RECEIVED] == 2 ?
	    "yes" : "no", .before = c->before, .after = c->after,
	    .before_at = c->before_at, .after_at = c->after_at };
	d->counts[c->kind] += s.out.requests;
	vec_push(&d->sets, s);
}
