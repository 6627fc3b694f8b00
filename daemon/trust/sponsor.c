/*
 * Vouches: two sponsors of different groups, with discretion of their own,
 * that did not vouch for one another.
 */
#include "trust/trust_private.h"

/* How far up sponsors of sponsors are looked for. */
#define ANCESTRY_MAX 8

static bool
is_sponsor(const struct sponsor *s)
{
	return s->weight > 0;
}

int64_t
vouches_at(const struct trust *t, const struct trust_peer *p, int64_t at)
{
	int64_t sum = 0;

	if (!is_sponsor(&p->sponsors[0]) || !is_sponsor(&p->sponsors[1]))
		return 0;
	for (int i = 0; i < TRUST_SPONSORS; i++)
		sum += fixed_decay(p->sponsors[i].weight,
		    at - p->sponsors[i].at, t->rules.vouch_half_life);
	return sum < pool_ceiling(TRUST_VOUCH) ? sum :
	    pool_ceiling(TRUST_VOUCH);
}

int
trust_sponsor(const struct trust *t, int peer, int i)
{
	const struct sponsor *s = &t->peers.v[peer].sponsors[i];

	return is_sponsor(s) ? s->by : -1;
}

int
trust_answers(const struct trust *t, int peer, unix_ms_t at, int i)
{
	const struct sponsor *s = &t->peers.v[peer].sponsors[i];

	return is_sponsor(s) && at.ms - s->at <= ANSWER_MS ? s->by : -1;
}

/* Is `who` a sponsor of peer, or of one of its sponsors, and so on? */
static bool
has_ancestor(const struct trust *t, int peer, int who, int depth)
{
	const struct trust_peer *p = &t->peers.v[peer];

	for (int i = 0; i < TRUST_SPONSORS; i++) {
		if (!is_sponsor(&p->sponsors[i]))
			continue;
		if (p->sponsors[i].by == who)
			return true;
		/* Deeper than we look counts as related. */
		if (depth == 0 || has_ancestor(t, p->sponsors[i].by, who,
		    depth - 1))
			return true;
	}
	return false;
}

/* What is wrong with a vouch of ev->by beside the one that stands. */
static enum trust_note
vouch_fault(const struct trust *t, const struct trust_evidence *ev,
    const struct sponsor *beside)
{
	const struct trust_peer *by = &t->peers.v[ev->by];
	struct trust_score s;

	if (ev->weight == 0) {
		trust_score(t, ev->by, TRUST_DISCRETION, ev->at, &s);
		if (s.band > TRUST_B)
			return TRUST_NO_STANDING;
	}
	if (by->group == 0)
		return TRUST_SAME_GROUP;
	if (has_ancestor(t, ev->by, ev->peer, ANCESTRY_MAX))
		return TRUST_RELATED;
	if (!is_sponsor(beside))
		return TRUST_COUNTED;
	if (beside->group == by->group)
		return TRUST_SAME_GROUP;
	if (has_ancestor(t, ev->by, beside->by, ANCESTRY_MAX) ||
	    has_ancestor(t, beside->by, ev->by, ANCESTRY_MAX))
		return TRUST_RELATED;
	return TRUST_COUNTED;
}

static int
sponsor_leave(struct trust *t, const struct trust_evidence *ev)
{
	struct trust_peer *p = &t->peers.v[ev->peer];

	for (int i = 0; i < TRUST_SPONSORS; i++)
		if (is_sponsor(&p->sponsors[i]) &&
		    p->sponsors[i].by == ev->by)
			p->sponsors[i] = (struct sponsor){ 0 };
	return 0;
}

/* The place of `by` among the sponsors: its own, a free one, or -1. */
static int
place_of(const struct trust_peer *p, int by)
{
	int place = -1;

	for (int i = 0; i < TRUST_SPONSORS; i++) {
		if (is_sponsor(&p->sponsors[i]) && p->sponsors[i].by == by)
			return i;
		if (!is_sponsor(&p->sponsors[i]) && place < 0)
			place = i;
	}
	return place;
}

int
sponsor_add(struct trust *t, const struct trust_evidence *ev,
    struct trust_effect *out)
{
	struct trust_peer *p = &t->peers.v[ev->peer];
	int place = place_of(p, ev->by);
	int64_t weight = ev->weight;
	struct trust_score s;

	if (ev->kind == TRUST_SPONSOR_LEFT)
		return sponsor_leave(t, ev);
	out->note = place < 0 ? TRUST_SPONSORS_FULL :
	    vouch_fault(t, ev, &p->sponsors[1 - place]);
	if (out->note != TRUST_COUNTED)
		return ERR_DENIED;
	if (weight == 0) {
		trust_score(t, ev->by, TRUST_DISCRETION, ev->at, &s);
		weight = s.opinion.e;
	}
	p->sponsors[place] = (struct sponsor){ ev->by,
	    t->peers.v[ev->by].group, weight, ev->at.ms };
	out->counted = weight;
	if (!is_sponsor(&p->sponsors[1 - place]))
		out->note = TRUST_ONE_SPONSOR;
	return 0;
}
