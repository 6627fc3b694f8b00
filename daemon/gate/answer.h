/*
 * What the policy answers about one record and one peer: the mildest
 * outcome over the peer's desks and the uses they declare, with the desks
 * it is released to and the caps of the release.
 */
#ifndef GATE_ANSWER_H
#define GATE_ANSWER_H

#include "policy/policy.h"

/* A peer as the gate sees it at one moment. */
struct gate_party {
	int org;		/* in the policy; -1: the policy lacks it */
	uint64_t agreements;	/* whose digests are equal on both sides */
	uint64_t circles;	/* whose charters are */
	/* What is agreed (policy/met.h), borrowed; NULL: as written. */
	const struct policy_met *met;
	uint64_t definitions;	/* kinds that both sides define alike */
	uint64_t undefined;	/* kinds that only the peer defines */
	enum posture posture;	/* set by people; the policy's own counts too */
	/* What evidence makes of `initial`; unscored: as the policy has it. */
	bool scored;
	enum band discretion, reliability;
	bool bare;		/* objects go to it without seal and terms */
};

struct gate_answer {
	enum outcome outcome;
	enum reason reason;
	int by;			/* rule id index, or -1 */
	int desk, purpose;	/* where it was decided; -1: nowhere */
	struct desk_set desks;	/* permit and redact: released to these */
	uint32_t purposes;
	uint32_t obligations;
	uint32_t add_lineage;	/* IN: tags that the grants add */
	uint64_t circles;	/* that it goes by, as it stands in the policy */
	/* Taken out whenever it goes, also after people were asked. */
	uint64_t redactions;
	uint8_t cap_hops;
	int64_t cap_ttl_ms;
	bool alone;		/* for this record, not for its label */
	/* If alone: of it and what it refers to; or UNIX_MS_NEVER. */
	unix_ms_t embargo_end;
};

/*
 * answer_out(p, party, label, received, now, out):
 * May a record with this label (closure joined) go to the party?  received:
 * it came from a peer itself.  Never fails: what cannot be decided is
 * denied.  A desk is part of the release only if every use it declares
 * among the released ones was allowed to it by itself.
 */
struct gate_question {
	const struct policy *policy;
	const struct gate_party *party;
	const struct label *label;
	bool received;
	unix_ms_t now;
	const struct desk_set *only;	/* of its desks; NULL: all of them */
};
void answer_out(const struct gate_question *q, struct gate_answer *out);

/*
 * answer_agreed(q, desks, out): out is a `consult` of answer_out, and people
 * agreed to it for these desks: the same answer as a release to those that
 * it is about, whole or redacted, with what the policy allows these and
 * asks of them.  Unchanged if there are none.
 */
void answer_agreed(const struct gate_question *q,
    const struct desk_set *desks, struct gate_answer *out);

/*
 * answer_in(q, out): may what the party sends with this label come in?
 * Decided for the party's desks whose declared uses meet the label's.
 */
void answer_in(const struct gate_question *q, struct gate_answer *out);

/*
 * answer_request(q, direction, desk, purpose, out): the policy request that
 * one desk and purpose stand for; for explanations.
 */
void answer_request(const struct gate_question *q, enum direction direction,
    int desk, int purpose, struct policy_request *out);

#endif
