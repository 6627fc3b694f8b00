/*
 * Who carries out an obligation (comity-policy(5), OBLIGATIONS).  One table:
 * what it names is done before sending, done by every session, or taken on
 * by the recipient with the release text; whatever else is asked for refuses
 * the flow.
 *
 * A caveat of a label is the obligation of the same name, for whoever holds
 * the record.
 */
#ifndef POLICY_OBLIGE_H
#define POLICY_OBLIGE_H

#include "policy/policy.h"

enum carrier {
	CARRIER_NOBODY,		/* refuses the flow */
	CARRIER_US,		/* before anything is sent, or on arrival */
	CARRIER_SESSION,	/* comity/1 does it with every peer */
	CARRIER_RECIPIENT,	/* who takes the record takes it on */
};

struct oblige_row {
	enum carrier out, in;
	const char *how;	/* for people */
};

/* oblige_row(o): o < OBLIGATIONS; static. */
const struct oblige_row *oblige_row(enum obligation o);
/* carrier_name(c): "nobody", "we", "session", "recipient". */
const char *carrier_name(enum carrier c);

/*
 * oblige_of_caveats(v, caveats): the obligations that the caveats of a label
 * are.  Bits without a name, or whose name is no obligation, set
 * OBLIGE_UNKNOWN: nobody can carry that out.
 */
#define OBLIGE_UNKNOWN (1U << 31)
uint32_t oblige_of_caveats(const struct vocabulary *v, uint32_t caveats);

/*
 * oblige_to_caveats(v, obligations): the caveats that bind whoever takes a
 * record under these obligations.
 */
uint32_t oblige_to_caveats(const struct vocabulary *v, uint32_t obligations);

/*
 * oblige_caveat_of(v, name): the caveat that an obligation of that name in a
 * release text is here: a caveat's bit, 0 if it is over once the record has
 * arrived, the unknown bit for a name that is not known here.
 */
uint32_t oblige_caveat_of(const struct vocabulary *v, struct str name);

/* What is known of the flow besides its decision. */
struct oblige_facts {
	const struct label *label;	/* joined over the closure */
	bool received;			/* it came from a peer */
	/* When an embargo on the record ends; UNIX_MS_NEVER: not stated. */
	unix_ms_t embargo_end;
	unix_ms_t now;
	bool bare;	/* the recipient takes objects without any terms */
};

/* The part of a decision, or of a peer's answer, that obligations change. */
struct oblige_flow {
	enum outcome outcome;
	enum reason reason;
	int by;
	uint32_t obligations;
	uint64_t redactions;
};

/*
 * oblige_out(p, facts, flow): what the obligations of the grants and the
 * caveats of the label make of an outgoing flow: obligations has them all,
 * redactions gains `source` where it has to be hidden and permit becomes
 * redact, and what cannot be carried out becomes deny by
 * REASON_OBLIGATION.  To a bare recipient that is whatever a session or the
 * recipient would have to do.  Never milder than before.
 */
void oblige_out(const struct policy *p, const struct oblige_facts *facts,
    struct oblige_flow *flow);

#endif
