/*
 * The links of one batch on its way to a peer: those under which its records
 * came here, and one of ours behind them for each set of terms.
 */
#ifndef GATE_ONWARD_H
#define GATE_ONWARD_H

#include "gate/gate.h"
#include "wire/chain.h"

struct onward;

/* onward_new(g, to): g and the receiver's CERT id are borrowed. */
struct onward *onward_new(struct gate *g, const char *to);
void onward_free(struct onward *o);
MEM_AUTO(struct onward, onward_free);

/*
 * onward_add(o, rec, terms, out): the batch gets that record under those
 * terms; out is its last link.  All records up to onward_reset are under one
 * seal.  ERR_LIMIT: hand the batch on first; ERR_DENIED: how it came here is
 * not known, so that it cannot be sent on; ERR_* of the store.
 */
int onward_add(struct onward *o, const struct store_record *rec,
    struct str terms, uint8_t *out) MUST_CHECK;

/*
 * onward_sign(o, seal, out): sign our links; out borrows from o until
 * onward_reset.  ERR_CRYPTO.
 */
int onward_sign(struct onward *o, struct str seal, struct chain_table *out)
    MUST_CHECK;

/* onward_reset(o): the next batch. */
void onward_reset(struct onward *o);

/* onward_bytes(o): what the links take up in a message. */
size_t onward_bytes(const struct onward *o);

#endif
