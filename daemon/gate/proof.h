/*
 * Proofs: what a peer signed and may not have.  When a chain or a seal does
 * not hold, the signed material is kept with a note of what is wrong, so
 * that it can be shown to others, and its digest goes into the log.
 *
 * A peer that sends nothing else does not fill the store: the last
 * PROOFS_PER_PEER of each are kept, and all are counted.
 */
#ifndef GATE_PROOF_H
#define GATE_PROOF_H

#include "gate/admit.h"
#include "wire/chain.h"

#define PROOFS_PER_PEER 32

struct proof {
	unix_ms_t at;
	struct str sender;		/* CERT id: who sent it to us */
	uint8_t fault;			/* enum chain_fault */
	struct chain_table table;	/* with the seal's bytes */
	uint16_t last, leaf;		/* the record's place in it */
	const uint8_t *salt;		/* 16 bytes */
	struct str label, bytes;	/* as they came */
};

/* proof_of(in, i, fault, out): what record i of the batch proves. */
void proof_of(const struct admit_batch *in, size_t i,
    enum chain_fault fault, struct proof *out);

/* proof_encode(p, out), proof_decode(value, a, out): as it is kept. */
void proof_encode(const struct proof *p, struct buf *out);
/* Borrows from value and a.  ERR_SYNTAX, ERR_VALUE, ERR_LIMIT. */
int proof_decode(struct str value, struct arena *a, struct proof *out)
    MUST_CHECK;

/*
 * proof_keep(g, p): in the open transaction, keep it and say so in the log
 * (AUDIT_PROOF: u64 time, str8 sender, u8 fault, SHA-256 of what is kept).
 */
int proof_keep(struct gate *g, const struct proof *p) MUST_CHECK;

/*
 * proof_each(store, visit, arg): every proof that is kept, with the name it
 * can be asked for; visit returns 0 to go on, or ERR_*.
 */
typedef int (*proof_visit)(void *arg, const char *name, struct str value);
int proof_each(struct store *store, proof_visit visit, void *arg) MUST_CHECK;

/* proof_count(store, peer, out): how many there ever were of that peer. */
int proof_count(struct store *store, const char *peer, uint64_t *out)
    MUST_CHECK;

#endif
