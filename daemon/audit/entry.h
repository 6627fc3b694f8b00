/*
 * What the log holds, to the last byte: one entry per batch of decisions
 * about one peer, one per receipt, and one per event that changes what may
 * flow.  Pure.  Sequence numbers in an entry are this store's own; entries
 * never leave the vault as they are.
 */
#ifndef AUDIT_ENTRY_H
#define AUDIT_ENTRY_H

#include "base/cursor.h"
#include "base/mem.h"
#include "base/unit.h"

enum audit_type {
	AUDIT_DECISIONS = 1,	/* what the gate decided about records */
	AUDIT_RECEIPT,		/* what a peer signed that it accepted */
	AUDIT_POLICY,		/* a policy took effect */
	AUDIT_PEER,		/* a card was added, replaced or removed */
	AUDIT_RECALL,		/* a record was recalled, here or by its origin */
	AUDIT_ADMISSION,	/* what the gate admitted or refused coming in */
	AUDIT_TERMS,		/* the terms that a peer holds in common with us */
	AUDIT_APPROVAL,		/* what a person decided (audit/approval.h) */
	AUDIT_CIRCLE = 16,	/* a version of a circle's document is held */
	AUDIT_CONSULT = 17,	/* what a CERT asked or answered, or we did */
	AUDIT_PROOF = 20,	/* a peer signed what it may not have */
	AUDIT_TRUST = 26,	/* a peer is in another band */
	AUDIT_ANSWER = 28,	/* what one who is scored has to say to it */
};

/* audit_type_name(type): "decisions", "receipt", ...; never NULL. */
const char *audit_type_name(int type);

/* A strictly ascending list of sequence numbers. */
struct seq_list {
	VEC(int64_t) at;
};

/* seq_list_sort(l): in order, each once: as a list must be to be written. */
void seq_list_sort(struct seq_list *l);

/* seq_list_out / seq_list_cur: delta-coded base-128 numbers. */
void seq_list_out(struct buf *b, const struct seq_list *l);
/* ERR_* through the cursor; max bounds how many. */
void seq_list_cur(struct cur *c, size_t max, struct seq_list *out);

/* One group of records that got the same decision for the same reason. */
struct audit_group {
	uint8_t outcome;	/* enum outcome */
	uint8_t reason;		/* enum reason */
	struct str by;		/* rule id, or empty */
	struct seq_list seqs;	/* owned */
};

/* The decisions of one turn about one peer. */
struct audit_decisions {
	unix_ms_t at;
	struct str peer;
	uint8_t policy[8];	/* first bytes of the policy's digest */
	VEC(struct audit_group) groups;
};

void audit_decisions_clear(struct audit_decisions *d);
void audit_decisions_encode(const struct audit_decisions *d,
    struct buf *out);
/* Texts borrow from entry; groups are owned.  ERR_SYNTAX, ERR_LIMIT. */
int audit_decisions_decode(struct str entry, struct audit_decisions *out)
    MUST_CHECK;

/* What a receipt settled: which of our records the peer now holds. */
struct audit_receipt {
	unix_ms_t at;
	struct str peer;
	uint64_t position;	/* in the peer's stream */
	struct seq_list delivered, redacted, refused;	/* owned */
	struct str message;	/* the RECEIPT as it came, with signature */
};

void audit_receipt_clear(struct audit_receipt *r);
void audit_receipt_encode(const struct audit_receipt *r, struct buf *out);
int audit_receipt_decode(struct str entry, struct audit_receipt *out)
    MUST_CHECK;

#endif
