/*
 * A second policy beside the one in force: whatever is decided, in either
 * direction, is asked of both, and where they differ is counted.  It decides
 * nothing, and nothing leaves by it.
 */
#ifndef GATE_SHADOW_H
#define GATE_SHADOW_H

#include "gate/gate.h"

#define SHADOW_ROWS_MAX 1000

struct shadow;

struct shadow_options {
	const struct gate_options *gate;	/* copied */
	const struct gate *in_force;		/* borrowed */
	struct policy *policy;			/* taken over */
	/*
	 * party(arg, cert_id, policy, out): the peer as the gate would see
	 * it if that policy were in force; false: there is none.
	 */
	bool (*party)(void *arg, const char *cert_id,
	    const struct policy *policy, struct gate_party *out);
	void *arg;
	unix_ms_t now;
};

struct shadow *shadow_new(const struct shadow_options *o);
void shadow_free(struct shadow *s);
MEM_AUTO(struct shadow, shadow_free);

/* shadow_policy(s): the policy that is tried, borrowed. */
const struct policy *shadow_policy(const struct shadow *s);

/*
 * shadow_reset(s, now): count from zero: the policy in force is another one.
 */
void shadow_reset(struct shadow *s, unix_ms_t now);

/* shadow_rolled_back(s): a transaction was undone (gate_rolled_back). */
void shadow_rolled_back(struct shadow *s);

/*
 * shadow_out(s, cert_id, q, now): the gate just answered `now` to q for that
 * peer.  What the store fails to tell is not counted.
 */
void shadow_out(struct shadow *s, const char *cert_id,
    const struct gate_query *q, const struct gate_answer *now);

/* What came in: its label and terms, as numbers of the store. */
struct shadow_received {
	const char *sender;
	int64_t label, terms;
	unix_ms_t at;
};
/* shadow_in(s, in, now): the gate just answered `now` to what came in. */
void shadow_in(struct shadow *s, const struct shadow_received *in,
    const struct gate_answer *now);

/* Decisions of one peer that come out differently, alike. */
struct shadow_row {
	char peer[CERT_ID_MAX + 1];
	enum direction direction;
	enum outcome before, after;	/* in force, and here */
	/* What decided, a rule or a reason; as in decisions. */
	char before_by[NAME_MAX_BYTES], after_by[NAME_MAX_BYTES];
	uint64_t records;
};

struct shadow_totals {
	unix_ms_t since;
	uint64_t decisions;		/* asked of both */
	uint64_t differ;
	uint64_t unlisted;		/* of these, beyond the rows kept */
};
void shadow_totals(const struct shadow *s, struct shadow_totals *out);

/* shadow_row(s, i): the i-th row, borrowed; NULL past the last. */
const struct shadow_row *shadow_row(const struct shadow *s, size_t i);

#endif
