/*
 * One item of evidence: who may say it, what it counts, what it sets off.
 */
#include "trust/trust_private.h"

#define DAY_MS DAY(1)

/* A limit: so much in so long; days begin at midnight UTC. */
struct limit_info {
	int64_t most;		/* fixed.h */
	int64_t period_ms;	/* DAY_MS: by the calendar; else since then */
};

static const struct limit_info limits[LIMITS] = {
	[LIMIT_CONFIRMED] = { 3 * FIXED_ONE, DAY_MS },
	[LIMIT_RECEIPT] = { FIXED_RATIO(5, 10), DAY_MS },
	[LIMIT_MISSING] = { FIXED_RATIO(5, 10), DAY_MS },
	[LIMIT_AUDIT] = { FIXED_ONE, DAY(14) },
	[LIMIT_ATTESTED] = { 2 * FIXED_ONE, DAY(180) },
};

bool
trust_kind_weighs(enum trust_kind kind)
{
	return kind_info(kind)->weight > 0;
}

int64_t
trust_kind_most(enum trust_kind kind)
{
	const struct kind_info *k = kind_info(kind);
	int64_t most = pool_ceiling(k->pool);

	return k->limit != LIMIT_NONE && limits[k->limit].most < most ?
	    limits[k->limit].most : most;
}

static int64_t
day_of(int64_t at)
{
	int64_t day = at / DAY_MS;

	return at % DAY_MS < 0 ? day - 1 : day;
}

/* How much of weight the limit leaves at that time; it is used up. */
static int64_t
limit_take(struct trust_peer *p, enum limit which, int64_t weight,
    int64_t at)
{
	struct allowance *a = &p->limits[which];
	const struct limit_info *l = &limits[which];
	int64_t now = l->period_ms == DAY_MS ? day_of(at) : at;
	bool over;

	if (which == LIMIT_NONE)
		return weight;
	over = l->period_ms == DAY_MS ? now != a->day :
	    now - a->day >= l->period_ms;
	if (over || a->used == 0)
		*a = (struct allowance){ now, 0 };
	if (weight > l->most - a->used)
		weight = l->most - a->used;
	a->used += weight;
	return weight;
}

/* Add to a pool up to its ceiling. */
static void
pool_add(struct trust *t, struct amount *a, enum trust_pool pool,
    int64_t weight, int64_t at)
{
	int64_t v = amount_at(a, half_life_of(t, pool), at) + weight;

	a->v = v < pool_ceiling(pool) ? v : pool_ceiling(pool);
	a->at = at;
}

/* What a plain item of that pool is limited by. */
static enum limit
plain_limit(const struct trust_evidence *ev)
{
	if (ev->dimension == TRUST_RELIABILITY && ev->pool == TRUST_COSTLY)
		return LIMIT_CONFIRMED;
	if (ev->dimension == TRUST_DISCRETION && ev->pool == TRUST_CHEAP)
		return LIMIT_RECEIPT;
	return LIMIT_NONE;
}

/*
 * May that peer be a witness about others?  Only who has proved itself to us,
 * so that whoever confirms what is false soon confirms nothing.
 */
static bool
has_standing(const struct trust *t, int peer, unix_ms_t at)
{
	struct trust_score s;

	trust_score(t, peer, TRUST_RELIABILITY, at, &s);
	return s.band <= TRUST_B;
}

/* Who says it: what is wrong with that. */
static enum trust_note
witness_fault(const struct trust *t, const struct trust_evidence *ev)
{
	const struct trust_peer *p = &t->peers.v[ev->peer], *by;

	if (ev->by == TRUST_SELF)
		return ev->kind == TRUST_CONFIRMED ? TRUST_NO_STANDING :
		    TRUST_COUNTED;
	if (ev->by == ev->peer)
		return TRUST_ABOUT_ITSELF;
	by = &t->peers.v[ev->by];
	if (ev->kind == TRUST_VOUCHED || ev->kind == TRUST_SPONSOR_LEFT)
		return TRUST_COUNTED;	/* sponsor_add judges it */
	if (!has_standing(t, ev->by, ev->at))
		return TRUST_NO_STANDING;
	if (ev->kind != TRUST_CONFIRMED)
		return TRUST_COUNTED;
	if (ev->same_root)
		return TRUST_SAME_ROOT;
	return by->group == 0 || p->group == 0 || by->group == p->group ?
	    TRUST_SAME_GROUP : TRUST_COUNTED;
}

/* E of what is known of that peer's judgement. */
static int64_t
judgement_of(const struct trust *t, int peer, unix_ms_t at)
{
	struct trust_score s;

	trust_score(t, peer, TRUST_JUDGEMENT, at, &s);
	return s.opinion.e;
}

/* What another peer thinks of this one. */
static int
referral_add(struct trust *t, const struct trust_evidence *ev,
    struct trust_effect *out)
{
	struct side *side = &t->peers.v[ev->peer].sides[ev->dimension];
	struct trust_opinion o;

	out->dimension = ev->dimension;
	trust_discount(judgement_of(t, ev->by, ev->at), ev->said_b,
	    ev->said_d, &o);
	pool_add(t, &side->pools[TRUST_REFERRAL], TRUST_REFERRAL, o.r,
	    ev->at.ms);
	pool_add(t, &side->pools[TRUST_HEARSAY], TRUST_HEARSAY, o.s,
	    ev->at.ms);
	out->counted = o.r;
	return 0;
}

/* A second canary, another one within 30 days, counts twice and gates. */
static void
canary_count(struct trust_peer *p, const struct trust_evidence *ev,
    struct trust_effect *out)
{
	if (p->canary_at != 0 && ev->at.ms - p->canary_at <= CANARY_MS &&
	    (ev->record == 0 || ev->record != p->canary)) {
		out->counted *= 2;
		out->gated = true;
	}
	p->canary_at = ev->at.ms;
	p->canary = ev->record;
}

/*
 * Attested, by one more: that which holds longest counts, so that nobody cuts
 * short what another has said.
 */
static void
attested(struct trust_peer *p, const struct trust_evidence *ev)
{
	bool stands = !p->gov_tie && !p->lapsed &&
	    p->tallies[TRUST_ATTESTED].n > 0;
	bool for_ever = stands && p->attested_until == 0;

	p->gov_tie = p->lapsed = false;
	if (!for_ever && (!stands || ev->until.ms == 0 ||
	    ev->until.ms > p->attested_until))
		p->attested_until = ev->until.ms;
}

/* What a kind does beside adding to a pool. */
static int
set_off(struct trust_peer *p, const struct trust_evidence *ev,
    struct trust_effect *out)
{
	switch (ev->kind) {
	case TRUST_CANARY:
		canary_count(p, ev, out);
		break;
	case TRUST_ATTESTED:
		attested(p, ev);
		break;
	case TRUST_ATTESTATION_LAPSED:
		p->lapsed = true;
		break;
	case TRUST_GOV_TIE_CHANGED:
		p->gov_tie = true;
		break;
	case TRUST_LIFTED:
		if (p->sides[ev->dimension].gated_until <= ev->at.ms) {
			out->note = TRUST_NOT_GATED;
			return ERR_DENIED;
		}
		p->sides[ev->dimension].gated_until = 0;
		out->dimension = ev->dimension;
		break;
	default:
		break;
	}
	out->gated |= kind_info(ev->kind)->gate;
	if (out->gated)
		p->sides[out->dimension].gated_until = ev->at.ms + GATE_MS;
	return 0;
}

static int
count(struct trust *t, const struct trust_evidence *ev,
    struct trust_effect *out)
{
	struct trust_peer *p = &t->peers.v[ev->peer];
	const struct kind_info *k = kind_info(ev->kind);
	bool plain = ev->kind == TRUST_PLAIN;
	int64_t weight = plain ? ev->weight : t->rules.weights[ev->kind];

	if (ev->kind == TRUST_VOUCHED || ev->kind == TRUST_SPONSOR_LEFT)
		return sponsor_add(t, ev, out);
	if (ev->kind == TRUST_REFERRED)
		return referral_add(t, ev, out);
	if (ev->kind == TRUST_FALSE_POSITIVE && ev->by != TRUST_SELF) {
		out->pool = TRUST_HEARSAY;
		weight = fixed_mul(weight, judgement_of(t, ev->by, ev->at));
	}
	out->counted = limit_take(p, plain ? plain_limit(ev) : k->limit,
	    weight, ev->at.ms);
	if (out->counted < weight)
		out->note = TRUST_OVER_LIMIT;
	TRY(set_off(p, ev, out));
	if (out->counted > 0)
		pool_add(t, &p->sides[out->dimension].pools[out->pool],
		    out->pool, out->counted, ev->at.ms);
	return 0;
}

/* Is it an item at all? */
static int
check(const struct trust *t, const struct trust_evidence *ev, unix_ms_t now,
    struct trust_effect *out)
{
	int n = (int)t->peers.n;

	if (ev->peer < 0 || ev->peer >= n || ev->by < TRUST_SELF ||
	    ev->by >= n) {
		out->note = TRUST_UNKNOWN_PEER;
		return ERR_NOT_FOUND;
	}
	if ((unsigned)ev->kind >= TRUST_KINDS ||
	    (unsigned)ev->dimension >= TRUST_DIMENSIONS ||
	    (unsigned)ev->pool >= TRUST_POOLS || ev->weight < 0 ||
	    ev->weight > FIXED_MAX || ev->said_b < 0 || ev->said_d < 0 ||
	    ev->said_b > FIXED_ONE || ev->said_d > FIXED_ONE - ev->said_b ||
	    ((ev->kind == TRUST_VOUCHED || ev->kind == TRUST_REFERRED) &&
	    ev->by == TRUST_SELF) || ev->at.ms < 0)
		return ERR_VALUE;
	if (ev->at.ms > now.ms + TRUST_SKEW_MS) {
		out->note = TRUST_FUTURE;
		return ERR_SKEW;
	}
	if (ev->at.ms < t->peers.v[ev->peer].newest) {
		out->note = TRUST_LATE;
		return ERR_ORDER;
	}
	return 0;
}

int
trust_add(struct trust *t, const struct trust_evidence *ev, unix_ms_t now,
    struct trust_effect *out)
{
	struct trust_peer *p;
	struct tally *y;

	*out = (struct trust_effect){ 0 };
	TRY(check(t, ev, now, out));
	if (ev->kind == TRUST_PLAIN) {
		out->dimension = ev->dimension;
		out->pool = ev->pool;
	} else {
		out->dimension = kind_info(ev->kind)->dimension;
		out->pool = kind_info(ev->kind)->pool;
	}
	out->note = witness_fault(t, ev);
	if (out->note != TRUST_COUNTED)
		return ERR_DENIED;
	TRY(count(t, ev, out));
	/* What is over a limit is as if it had not been. */
	if (out->note == TRUST_OVER_LIMIT && out->counted == 0 &&
	    ev->kind != TRUST_ATTESTED)
		return 0;
	p = &t->peers.v[ev->peer];
	p->newest = ev->at.ms;
	p->fresh = true;
	y = &p->tallies[ev->kind];
	y->n++;
	y->weight.v = amount_at(&y->weight, half_life_of(t, out->pool),
	    ev->at.ms) + out->counted;
	if (y->weight.v > FIXED_MAX / 2)
		y->weight.v = FIXED_MAX / 2;
	y->weight.at = ev->at.ms;
	return 0;
}
