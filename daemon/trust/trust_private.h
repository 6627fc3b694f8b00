/* The engine's insides, for its own files. */
#ifndef TRUST_TRUST_PRIVATE_H
#define TRUST_TRUST_PRIVATE_H

#include "trust/fixed.h"
#include "trust/trust.h"

#define W (2 * FIXED_ONE)
#define EVIDENCE_MAX (18 * FIXED_ONE)
#define GATE_MS DAY(90)
#define ANSWER_MS DAY(365)
#define CANARY_MS DAY(30)

/* An amount that decays; v was right at `at`. */
struct amount {
	int64_t v, at;
};

/* What one day still allows. */
struct allowance {
	int64_t day, used;
};

enum limit {
	LIMIT_NONE, LIMIT_CONFIRMED, LIMIT_RECEIPT, LIMIT_MISSING,
	LIMIT_AUDIT, LIMIT_ATTESTED, LIMITS,
};

struct side {
	struct amount pools[TRUST_POOLS];
	int64_t gated_until;
	int64_t refreshed;	/* when band was right */
	enum trust_band band;
};

struct sponsor {
	int by;
	uint32_t group;
	int64_t weight, at;	/* weight 0: no sponsor */
};

struct tally {
	struct amount weight;
	uint32_t n;
};

struct trust_peer {
	uint32_t group;
	bool gov_tie, lapsed, fresh;	/* fresh: evidence since refresh */
	int64_t newest;			/* time of the newest item */
	int64_t attested_until;		/* 0: not attested, or for ever */
	int64_t canary_at;		/* the first of the last 30 days */
	uint64_t canary;
	enum trust_band presumed[TRUST_DIMENSIONS];
	struct side sides[TRUST_DIMENSIONS];
	struct sponsor sponsors[TRUST_SPONSORS];
	struct allowance limits[LIMITS];
	struct tally tallies[TRUST_KINDS];
};

struct trust {
	struct trust_rules rules;
	VEC(struct trust_peer) peers;
};

struct kind_info {
	const char *name;
	enum trust_dimension dimension;
	enum trust_pool pool;
	int64_t weight;		/* unless rules say otherwise */
	enum limit limit;
	bool per_record, gate;
};

/* kind_info(k): the row of k, one of the kinds. */
const struct kind_info *kind_info(enum trust_kind k);

/* half_life_of(t, pool): in milliseconds. */
int64_t half_life_of(const struct trust *t, enum trust_pool pool);

/* pool_ceiling(pool): the most that it holds. */
int64_t pool_ceiling(enum trust_pool pool);

/* amount_at(a, half_life, at): a, decayed to at. */
int64_t amount_at(const struct amount *a, int64_t half_life, int64_t at);

/* vouches_at(t, p, at): what the sponsors of p give, below the ceiling. */
int64_t vouches_at(const struct trust *t, const struct trust_peer *p,
    int64_t at);

/* sponsor_add(t, ev, out): a vouch or the end of one; as trust_add. */
int sponsor_add(struct trust *t, const struct trust_evidence *ev,
    struct trust_effect *out) MUST_CHECK;

#endif
