/*
 * The certificate of a policy's separation (comity-certificate(5)), as
 * comity-verify(1) reads it.  Finding the states is the prover's part.
 */
#ifndef POLICY_CERTIFICATE_H
#define POLICY_CERTIFICATE_H

#include "policy/policy.h"

/* Assumptions, in the order of their names in a policy. */
#define CERTIFICATE_HOPS_HONOURED 1U
#define CERTIFICATE_WALLS_ATTESTED 2U
#define CERTIFICATE_ONWARD_DECLARED 4U

/*
 * A record behind the wall may be at that desk, with hops left, 0 to 6.
 * Fewer hops are meant with it.
 */
struct certificate_state {
	uint16_t desk;		/* in vocabulary.desks */
	uint8_t kind, tlp, hops;
};

struct certificate_claim {
	size_t wall;		/* in the order of the policy */
	unsigned assume;	/* CERTIFICATE_* bits */
	/* Borrowed; by desk, kind, TLP and hops, none twice. */
	const struct certificate_state *states;
	size_t nstates;
};

/*
 * certificate_write(p, claims, n, out): append the certificate of n >= 1
 * claims.  Nothing is checked: a claim that is not true is refused by
 * whoever reads it.
 */
void certificate_write(const struct policy *p,
    const struct certificate_claim *claims, size_t n, struct buf *out);

/* certificate_digest(p, out): of the compiled policy in it. */
void certificate_digest(const struct policy *p, struct digest *out);

#endif
