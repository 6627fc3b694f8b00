/*
 * The proof that a policy is safe before it takes effect (comity-policy(5),
 * PROOF).  It enumerates the compiled tables, asking policy_decide about
 * every cell, so that a mistake of the compiler is inside the proof.
 *
 *   separation  No record whose lineage a wall keeps comes to a desk with a
 *               use that it is kept out of, by any chain of sends permitted
 *               or consulted and of onward sharing that peers declare.
 *   theorems    label, posture, trust: what is more restricted never gets a
 *               milder outcome; missing: nor does what lacks a value; edge:
 *               no single send crosses a wall.
 *   trust-order what is said of scores keeps the order of evidence.
 *   claims      never and always, as the policy states them.
 *
 * All walls and theorems are proved for every policy; `prove` adds claims
 * and says what is assumed of peers.
 */
#ifndef POLICY_PROVE_H
#define POLICY_PROVE_H

#include "policy/policy.h"

#define PROVE_CELLS_MAX (UINT64_C(1) << 26)

struct proof;

struct prove_options {
	uint64_t cells_max;	/* 0: PROVE_CELLS_MAX */
	/* May be NULL: how many cells are decided, now and then. */
	void (*progress)(void *arg, uint64_t done, uint64_t of);
	void *arg;
};

/*
 * policy_prove(p, o, out, e): p and o are borrowed, p as long as the proof
 * lives.  0 whether it holds or not; ERR_LIMIT if there are more cells than
 * may be, with e naming what contributes most.
 */
int policy_prove(const struct policy *p, const struct prove_options *o,
    struct proof **out, struct err *e) MUST_CHECK;
void proof_free(struct proof *proof);
MEM_AUTO(struct proof, proof_free);

/* proof_holds(proof): does every claim hold? */
bool proof_holds(const struct proof *proof);

/* proof_cells(proof): how many cells were decided. */
uint64_t proof_cells(const struct proof *proof);

/* One line of the verdict. */
struct proof_verdict {
	const char *claim;	/* "separation", "label", "never", ... */
	const char *id;		/* of the wall; or "file:line" of a claim, "" */
	bool holds;
	size_t states;		/* separation: how many are reachable */
	const char *rests_on;	/* separation: CERT ids, by blanks */
	const char *text;	/* when it fails: lines for people */
};

/* proof_verdict(proof, i, out): the i-th, borrowed; false past the last. */
bool proof_verdict(const struct proof *proof, size_t i,
    struct proof_verdict *out);

/*
 * proof_assumptions(proof, out): append what is assumed of peers, by name
 * and blanks.
 */
void proof_assumptions(const struct proof *proof, struct buf *out);

/*
 * proof_certificate(proof, out): append the certificate of the separations
 * (comity-certificate(5)), for comity-verify(1); of a proof that holds, of a
 * policy that has walls.
 */
void proof_certificate(const struct proof *proof, struct buf *out);

/*
 * policy_prove_text(p, o, e): prove, with the usual limits if o is NULL.  0, or ERR_CONF with
 * e holding the first claim that fails and its path.
 */
int policy_prove_text(const struct policy *p,
    const struct prove_options *o, struct err *e) MUST_CHECK;

#endif
