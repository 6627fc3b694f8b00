/*
 * Peers, their scores and bands.  What is read is computed from amounts that
 * only evidence changes, so that looking alters no bit.
 */
#include "trust/trust.h"

#include <stdlib.h>
#include <string.h>

#include "trust/trust_private.h"

/* Below r + s of 4/3 a letter says nothing yet. */
#define LETTER_LEAST (FIXED_ONE / 3 * 4)

static const int64_t ceilings[TRUST_POOLS] = {
	[TRUST_COSTLY] = EVIDENCE_MAX,
	[TRUST_CHEAP] = FIXED_RATIO(16, 10),
	[TRUST_VOUCH] = FIXED_RATIO(16, 10),
	[TRUST_REFERRAL] = FIXED_ONE,
	[TRUST_HARM] = EVIDENCE_MAX,
	[TRUST_HEARSAY] = FIXED_ONE,
};

int64_t
pool_ceiling(enum trust_pool p)
{
	return ceilings[p];
}

void
trust_rules_default(struct trust_rules *out)
{
	*out = (struct trust_rules){
		.good_half_life = DAY(90), .vouch_half_life = DAY(180),
		.harm_half_life = DAY(180),
		.bands = { FIXED_RATIO(80, 100), FIXED_RATIO(65, 100),
		    FIXED_RATIO(45, 100), FIXED_RATIO(25, 100) },
	};
	for (int k = 0; k < TRUST_KINDS; k++)
		out->weights[k] = kind_info((enum trust_kind)k)->weight;
}

struct trust *
trust_new(const struct trust_rules *rules)
{
	struct trust *t = mem_new(struct trust);

	t->rules = *rules;
	return t;
}

void
trust_free(struct trust *t)
{
	if (t == NULL)
		return;
	vec_clear(&t->peers);
	free(t);
}

struct trust *
trust_copy(const struct trust *t)
{
	struct trust *copy = trust_new(&t->rules);

	for (size_t i = 0; i < t->peers.n; i++)
		vec_push(&copy->peers, t->peers.v[i]);
	return copy;
}

/* A peer of that group without evidence. */
static void
peer_init(struct trust_peer *p, uint32_t group)
{
	memset(p, 0, sizeof(*p));
	p->group = group;
	p->newest = INT64_MIN;
	p->fresh = true;
	for (int d = 0; d < TRUST_DIMENSIONS; d++)
		p->sides[d].band = p->presumed[d] = TRUST_E;
}

int
trust_peer_add(struct trust *t, uint32_t group)
{
	struct trust_peer p;

	peer_init(&p, group);
	vec_push(&t->peers, p);
	return (int)t->peers.n - 1;
}

void
trust_peer_group(struct trust *t, int peer, uint32_t group)
{
	t->peers.v[peer].group = group;
}

void
trust_peer_presume(struct trust *t, int peer, enum trust_dimension d,
    enum trust_band band)
{
	t->peers.v[peer].presumed[d] = band;
	t->peers.v[peer].fresh = true;
}

size_t
trust_npeers(const struct trust *t)
{
	return t->peers.n;
}

size_t
trust_bytes(const struct trust *t)
{
	return sizeof(*t) + t->peers.cap * sizeof(t->peers.v[0]);
}

void
trust_reset(struct trust *t, int peer)
{
	struct trust_peer *p = &t->peers.v[peer];
	struct trust_peer was = *p;

	peer_init(p, p->group);
	for (int d = 0; d < TRUST_DIMENSIONS; d++) {
		/* The bands stay: the next refresh tells what became. */
		p->sides[d].band = was.sides[d].band;
		p->presumed[d] = was.presumed[d];
	}
}

int64_t
half_life_of(const struct trust *t, enum trust_pool pool)
{
	switch (pool) {
	case TRUST_VOUCH:
		return t->rules.vouch_half_life;
	case TRUST_HARM:
	case TRUST_HEARSAY:
		return t->rules.harm_half_life;
	default:
		return t->rules.good_half_life;
	}
}

int64_t
amount_at(const struct amount *a, int64_t half_life, int64_t at)
{
	return fixed_decay(a->v, at - a->at, half_life);
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

void
trust_opinion(int64_t r, int64_t s, struct trust_opinion *out)
{
	out->r = least(r, EVIDENCE_MAX);
	out->s = least(s, EVIDENCE_MAX);
	out->b = fixed_div(out->r, out->r + out->s + W);
	out->d = fixed_div(out->s, out->r + out->s + W);
	out->u = fixed_div(W, out->r + out->s + W);
	out->e = out->b + out->u / 4;
}

/* r and s of one dimension at that time. */
static void
side_opinion(const struct trust *t, const struct trust_peer *p,
    enum trust_dimension d, int64_t at, struct trust_opinion *out)
{
	int64_t sums[2] = { 0, 0 };	/* good, bad */

	for (int i = 0; i < TRUST_POOLS; i++) {
		int64_t v = amount_at(&p->sides[d].pools[i],
		    half_life_of(t, (enum trust_pool)i), at);

		if (i == TRUST_VOUCH && d != TRUST_JUDGEMENT)
			v = least(v + vouches_at(t, p, at), ceilings[i]);
		sums[i >= TRUST_HARM] += v;
	}
	trust_opinion(sums[0], sums[1], out);
}

/* Is discretion capped until its wall is attested again? */
static bool
is_capped(const struct trust_peer *p, enum trust_dimension d, int64_t at)
{
	return d == TRUST_DISCRETION && (p->gov_tie || p->lapsed ||
	    (p->attested_until != 0 && at > p->attested_until));
}

static enum trust_band
band_of(const struct trust *t, const struct trust_score *s, int64_t at)
{
	enum trust_band band = TRUST_A;

	while (band < TRUST_E && s->opinion.b < t->rules.bands[band])
		band++;
	if ((s->capped || at < s->gated_until.ms) && band < TRUST_D)
		return TRUST_D;
	return band;
}

/* The least r that alone makes a band. */
static int64_t
evidence_for(const struct trust *t, enum trust_band band)
{
	int64_t b;

	if (band >= TRUST_E)
		return 0;
	b = t->rules.bands[band];
	/* A little more, for what divisions round away. */
	return b >= FIXED_ONE ? EVIDENCE_MAX :
	    fixed_div(2 * b, FIXED_ONE - b) + FIXED_ONE / (1 << 30);
}

void
trust_score(const struct trust *t, int peer, enum trust_dimension d,
    unix_ms_t now, struct trust_score *out)
{
	trust_score_from(t, &(struct trust_look){ peer, d,
	    t->peers.v[peer].presumed[d], now }, out);
}

void
trust_score_from(const struct trust *t, const struct trust_look *l,
    struct trust_score *out)
{
	const struct trust_peer *p = &t->peers.v[l->peer];
	int64_t at = l->now.ms < p->newest ? p->newest : l->now.ms;
	enum trust_dimension d = l->dimension;

	side_opinion(t, p, d, at, &out->opinion);
	if (l->initial < TRUST_E)
		trust_opinion(out->opinion.r + evidence_for(t, l->initial),
		    out->opinion.s, &out->opinion);
	out->gated_until.ms = p->sides[d].gated_until;
	out->capped = is_capped(p, d, at);
	out->band = band_of(t, out, at);
	out->letter = out->opinion.r + out->opinion.s < LETTER_LEAST ? 'F' :
	    "ABCDE"[out->band];
}

void
trust_sum(const struct trust *t, int peer, enum trust_kind kind,
    unix_ms_t now, struct trust_sum *out)
{
	const struct tally *y = &t->peers.v[peer].tallies[kind];

	out->n = y->n;
	out->last.ms = y->weight.at;
	out->weight = amount_at(&y->weight, half_life_of(t,
	    kind_info(kind)->pool), now.ms);
}

size_t
trust_refresh(struct trust *t, unix_ms_t now,
    void (*on_change)(void *arg, int peer, enum trust_dimension d,
    enum trust_band was), void *arg)
{
	size_t changed = 0;

	for (size_t i = 0; i < t->peers.n; i++) {
		struct trust_peer *p = &t->peers.v[i];

		for (int d = 0; d < TRUST_DIMENSIONS; d++) {
			struct side *side = &p->sides[d];
			enum trust_band was = side->band;
			struct trust_score s;

			if (!p->fresh && (side->refreshed == now.ms ||
			    p->newest == INT64_MIN))
				continue;
			trust_score(t, (int)i, (enum trust_dimension)d, now,
			    &s);
			side->band = s.band;
			side->refreshed = now.ms;
			if (s.band == was)
				continue;
			changed++;
			if (on_change != NULL)
				on_change(arg, (int)i, (enum trust_dimension)d,
				    was);
		}
		p->fresh = false;
	}
	return changed;
}

void
trust_fuse(const struct trust_opinion *a, const struct trust_opinion *b,
    struct trust_opinion *out)
{
	trust_opinion(a->r + b->r, a->s + b->s, out);
}

void
trust_discount(int64_t p, int64_t b, int64_t d, struct trust_opinion *out)
{
	int64_t u;

	out->b = fixed_mul(p, b);
	out->d = fixed_mul(p, d);
	u = FIXED_ONE - out->b - out->d;
	out->u = u < 0 ? 0 : u;
	out->e = out->b + out->u / 4;
	/* Without doubt left, as much as a referral may count. */
	u = u <= 0 ? 1 : u;
	out->r = least(fixed_div(2 * out->b, u), FIXED_ONE);
	out->s = least(fixed_div(2 * out->d, u), FIXED_ONE);
}
