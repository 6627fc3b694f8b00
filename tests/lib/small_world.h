/*
 * Random worlds small enough to follow every record through them: who has
 * which desks, walls and circles, as plain numbers, and the same as the text
 * of a policy.  What a record may do in such a world is followed hop by hop
 * (policy.md 4), with nothing of the prover: only our own sends ask the
 * compiled policy.
 */
#ifndef TESTS_SMALL_WORLD_H
#define TESTS_SMALL_WORLD_H

#include "policy/policy.h"

#define WORLD_ORGS 4		/* peers */
#define WORLD_DESKS 2		/* of each */
#define WORLD_CIRCLES 2
#define WORLD_WALLS 2
#define WORLD_KINDS 3		/* 0 is the one nobody recognised */
#define WORLD_DOMAINS 3
#define WORLD_LINEAGES 4	/* the domains and an origin tag */

/* What is believed of the others; the words of `assume`. */
#define WORLD_HOPS_HONOURED 1U
#define WORLD_WALLS_ATTESTED 2U

enum world_wall { WORLD_ATTESTED, WORLD_DECLARED, WORLD_NONE };

struct world {
	size_t norgs, ncircles, nwalls;
	struct {
		enum world_wall wall;
		size_t ndesks;
		unsigned uses[WORLD_DESKS];	/* domains */
		unsigned onward;		/* circles */
	} orgs[WORLD_ORGS];
	struct {
		unsigned members, foci;		/* orgs; kinds */
	} circles[WORLD_CIRCLES];
	struct {
		unsigned keep, out_of;		/* lineages; domains */
	} walls[WORLD_WALLS];
	unsigned assume;			/* WORLD_* bits */
	/* What the grants ask about: bands, circles, passing on, whether
	 * the agreement is in force, purposes. */
	unsigned bands, bases;
	bool transit, agreement, parts;
};

/* One record in somebody's hands. */
struct world_record {
	uint8_t org, desk;		/* of that org, from 0 */
	uint8_t kind, tlp, hops;
};

/* A chain of hands, first ours to them. */
struct world_chain {
	struct world_record at[WORLD_ORGS * WORLD_DESKS + 1];
	size_t n;
};

/* world_make(w, s, text): the next random world, and its policy. */
void world_make(struct world *w, uint64_t *s, struct buf *text);

/*
 * world_reaches(w, p, wall, wide, out): can a record with lineage behind the
 * wall come to a desk with a use out of it?  wide: try more of the labels
 * that we could send, and merge what comes together on a desk.  The chain is
 * one of those found.
 */
bool world_reaches(const struct world *w, const struct policy *p,
    size_t wall, bool wide, struct world_chain *out);

/* Where a record came on its ways, once each, by the policy's numbers. */
struct world_state {
	uint16_t desk;
	uint8_t kind, tlp, hops;
};

/*
 * world_states(w, p, wall, out, max): every place that records behind the
 * wall come to, followed to the end; by desk, kind, TLP and hops.  Returns
 * how many; at most max.
 */
size_t world_states(const struct world *w, const struct policy *p,
    size_t wall, struct world_state *out, size_t max);

/* world_print(c, out): a line a hand. */
void world_print(const struct world_chain *c, struct buf *out);

/* world_random(s), world_pick(s, n): the same sequence on every run. */
uint64_t world_random(uint64_t *s);
size_t world_pick(uint64_t *s, size_t n);

#endif
