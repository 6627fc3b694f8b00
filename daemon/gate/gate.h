/*
 * The gate: the one function every record passes to come in or to go out.
 *
 * admit.h is the way in, release.h the way out; both decide by the policy
 * set here, both write the log before anything moves, and nothing else in
 * the program hands a record's bytes to anybody.  What the gate cannot
 * decide it denies.
 */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include "audit/audit.h"
#include "gate/answer.h"
#include "store/store.h"

struct gate;

struct gate_options {
	struct store *store;		/* borrowed */
	struct audit *audit;		/* borrowed */
	const struct sign_key *key;	/* identity key, borrowed */
	const char *cert_id;		/* ourselves, borrowed */
	/*
	 * keys(arg, cert_id): the identity key of a CERT whose card we hold,
	 * borrowed, or NULL.
	 */
	const struct verify_key *(*keys)(void *arg, const char *cert_id);
	void *keys_arg;
};

struct gate *gate_new(const struct gate_options *o);
void gate_free(struct gate *g);
MEM_AUTO(struct gate, gate_free);

/*
 * gate_set_policy(g, p): decide by p from now on (borrowed; NULL denies
 * everything).  Forgets every cached label and answer.
 */
void gate_set_policy(struct gate *g, const struct policy *p);
const struct policy *gate_policy(const struct gate *g);

/*
 * gate_set_shadow(g, s): let s (borrowed; NULL: nobody) hear of every
 * decision from now on.
 */
struct shadow;
void gate_set_shadow(struct gate *g, struct shadow *s);

/*
 * gate_generation(g): rises with every gate_set_policy and gate_forget;
 * answers cached elsewhere are stale when it changes.
 */
uint64_t gate_generation(const struct gate *g);

/* gate_forget(g): answers may have aged (terms expire); forget them. */
void gate_forget(struct gate *g);

/*
 * gate_label(g, r, out): the effective label of a stored record, joined
 * over its reference closure as far as it is stored here; ERR_DENIED when
 * it cannot be known (the caller denies), ERR_* of the store.
 */
int gate_label(struct gate *g, const struct store_record *r,
    struct label *out) MUST_CHECK;

/*
 * gate_answer_out(g, party, r, now, out): may this stored record go to that
 * party?  For status, look-ups and explanations as well as for release.h.
 */
struct gate_query {
	const struct gate_party *party;
	const struct store_record *record;
	unix_ms_t now;
	/*
	 * The desks for which people agreed to this very record; NULL: nobody
	 * did.  It turns consult, and nothing stricter, into a release to
	 * those of them that consult is about.
	 */
	const struct desk_set *agreed;
};
int gate_answer_out(struct gate *g, const struct gate_query *q,
    struct gate_answer *out) MUST_CHECK;

/*
 * gate_answer_local(g, r, desk, now): may our own desk (in the policy's
 * vocabulary) see this stored record?  1 or 0; what cannot be decided is 0.
 * ERR_* of the store.
 */
int gate_answer_local(struct gate *g, const struct store_record *r, int desk,
    unix_ms_t now) MUST_CHECK;

/*
 * gate_is_echo(g, r, cert_id, arena): did the record come from that peer, or
 * begin there?  1 or 0; ERR_* of the store.
 */
int gate_is_echo(struct gate *g, const struct store_record *r,
    const char *cert_id, struct arena *arena) MUST_CHECK;

/*
 * gate_tombstone(g, r): in the open transaction, keep of a stored record
 * nothing but its digest and the leaf hash its neighbours' proofs need.
 */
int gate_tombstone(struct gate *g, const struct store_record *r) MUST_CHECK;

/*
 * gate_withdraw(g, origin, digest): in the open transaction: that CERT took
 * back a record of its own with those bytes, which is not stored here; it
 * will not be admitted.
 */
int gate_withdraw(struct gate *g, const char *origin,
    const struct digest *digest) MUST_CHECK;

/*
 * gate_hold(g, owner, from, until): a publication is under way, and what it
 * refers to may still come: nothing from that sequence on is released until
 * gate_unhold, or until that time should its end never come.  Called again
 * by the same owner it moves the time only.  gate_unhold without a hold is
 * fine.
 */
void gate_hold(struct gate *g, const void *owner, int64_t from,
    unix_ms_t until);
void gate_unhold(struct gate *g, const void *owner);

/* gate_releasable(g, now): the last sequence that may be released now. */
int64_t gate_releasable(const struct gate *g, unix_ms_t now);

/* gate_rolled_back(g): a transaction was undone; numbers may be reused. */
void gate_rolled_back(struct gate *g);

/*
 * gate_seal_origin(g, seal number, dst): the CERT id that sealed it, into
 * dst of CERT_ID_MAX + 1 bytes.
 */
int gate_seal_origin(struct gate *g, int64_t seal, char *dst) MUST_CHECK;

#endif
