/*
 * The tighten-only chain: who released records to whom, on which terms,
 * signed at every hop (comity-protocol(7), CHAIN).
 *
 * A link is one transfer: its sender signs, over the seal and the link
 * before, which leaves it gave to whom under which release text.  The first
 * link is the originator's, so that nobody behind it can drop its terms.
 * One link stands for all records of a batch under the same terms; any part
 * of them can be sent on with it.
 */
#ifndef WIRE_CHAIN_H
#define WIRE_CHAIN_H

#include "base/arena.h"
#include "base/crypto.h"
#include "base/cursor.h"
#include "base/limits.h"

#define CHAIN_HOPS_MAX 7		/* links from originator to receiver */
#define CHAIN_LINKS_MAX 256		/* in one message, all chains together */
#define CHAIN_FIRST UINT16_MAX		/* link.previous: there is none */
#define CHAIN_LEAVES_BYTES (BATCH_RECORDS_MAX / 8)

struct chain_link {
	uint16_t previous;	/* an earlier link of the table; CHAIN_FIRST */
	struct str from, to;	/* CERT ids */
	const uint8_t *leaves;	/* CHAIN_LEAVES_BYTES; bit i: leaf i */
	struct str text;	/* release text */
	const uint8_t *signature;
};

/* Links under one seal; all is borrowed. */
struct chain_table {
	struct str seal;	/* its bytes */
	const struct chain_link *v;
	size_t n;		/* <= CHAIN_LINKS_MAX */
};

static inline bool
chain_has_leaf(const uint8_t *leaves, unsigned leaf)
{
	return leaf < BATCH_RECORDS_MAX &&
	    (leaves[leaf / 8] >> (leaf % 8) & 1) != 0;
}

/* chain_link_size(l): the bytes it takes up in a message. */
size_t chain_link_size(const struct chain_link *l);

/* chain_link_encode(l, out): append them; CERT ids and text are in limits. */
void chain_link_encode(const struct chain_link *l, struct buf *out);

/*
 * chain_table_encode(v, n, out): append the number of links and the links.
 */
void chain_table_encode(const struct chain_link *v, size_t n,
    struct buf *out);

/*
 * chain_table_read(c, a, out_n): a table from the cursor, whose error is set
 * as usual; NULL then.  The array is in a, the rest borrows from the input.
 * ERR_VALUE: no link, or a previous that is not an earlier one; ERR_LIMIT.
 */
struct chain_link *chain_table_read(struct cur *c, struct arena *a,
    size_t *out_n);

/*
 * chain_signed_bytes(t, i, previous, out): append what link i's signature is
 * over; previous is the digest of the link before, ignored at the first.
 */
void chain_signed_bytes(const struct chain_table *t, size_t i,
    const struct digest *previous, struct buf *out);

/*
 * chain_sign(t, i, key, out): the signature of link i, whose own signature
 * field is not looked at.  ERR_CRYPTO.
 */
int chain_sign(const struct chain_table *t, size_t i,
    const struct sign_key *key, uint8_t out[static SIGNATURE_BYTES])
    MUST_CHECK;

/* What is wrong with a link, or with a record's place in the chain. */
enum chain_fault {
	CHAIN_FAULT_NONE,
	CHAIN_FAULT_ORIGIN,	/* the first link is not the originator's */
	CHAIN_FAULT_NAMES,	/* not by whom the link before was to */
	CHAIN_FAULT_LONG,	/* more than CHAIN_HOPS_MAX links */
	CHAIN_FAULT_TEXT,	/* the release text does not read */
	CHAIN_FAULT_HOPS,	/* sent on with no transfer left */
	CHAIN_FAULT_LOOSER,	/* allows what the link before does not */
	CHAIN_FAULT_UNKNOWN,	/* by a CERT whose card is not held */
	CHAIN_FAULT_SIGNATURE,
	CHAIN_FAULT_LEAF,	/* the record is not among its leaves */
	CHAIN_FAULT_RECEIVER,	/* the last link is to another CERT */
	CHAIN_FAULT_SENDER,	/* the last link is not by who sent it */
	CHAIN_FAULT_KIND,	/* a derived record of a looser kind */
	CHAIN_FAULT_SEAL,	/* not what the originator sealed */
	CHAIN_FAULTS
};

/* chain_fault_text(f): for people; "" for none. */
const char *chain_fault_text(int fault);

/* Who checks a table. */
struct chain_checker {
	const char *originator;		/* of the seal */
	const char *sender, *receiver;	/* of the message */
	/* The identity key of a CERT, borrowed, or NULL if it is unknown. */
	const struct verify_key *(*keys)(void *arg, const char *cert_id);
	void *keys_arg;
};

/*
 * chain_check(t, who, faults): look at every link once, its signature
 * included; faults has room for t->n.  A link behind a faulty one has that
 * one's fault.
 */
void chain_check(const struct chain_table *t,
    const struct chain_checker *who, uint8_t *faults);

/*
 * chain_check_record(t, who, faults, last, leaf): the record with that leaf,
 * whose last link is given: the first fault in its chain.
 */
struct chain_place {
	uint16_t last, leaf;
};
enum chain_fault chain_check_record(const struct chain_table *t,
    const struct chain_checker *who, const uint8_t *faults,
    struct chain_place place);

#endif
