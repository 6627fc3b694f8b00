/*
 * The inside of a link.  Only link*.c include it.
 */
#ifndef VAULT_LINK_PRIVATE_H
#define VAULT_LINK_PRIVATE_H

#include "vault/link.h"
#include "vault/outbound.h"

struct channel;
struct timer;

enum link_state {
	LINK_ATTACHED,	/* waiting for the session's CONNECTED */
	LINK_GREETED,	/* HELLO said, theirs expected */
	LINK_PROVING,	/* PROVE said, theirs expected */
	LINK_READY,
	LINK_CLOSED,	/* the session is finishing */
};

enum link_step { LINK_STEP_TLS, LINK_STEP_PINS, LINK_STEP_IDENTITY,
	LINK_STEPS };

/* A frame that waits for the turn to be on disk. */
struct link_held {
	char *payload;	/* owned */
	size_t n;
	uint8_t type;
};

struct link {
	struct vault *v;		/* borrowed */
	struct channel *channel;	/* owned; NULL once closed */
	struct timer *timer;		/* owned */
	struct peer *peer;		/* borrowed; NULL before HELLO */
	struct outbound *outbound;	/* owned; NULL before ready */
	enum link_state state;
	uint64_t number;		/* the session's */
	bool dialed, waits;
	bool reaped;			/* freed after this dispatch */
	int64_t pings_missed;
	char dialed_id[CERT_ID_MAX + 1], address[280], uri[300];
	uint8_t exporter[32], nonce[32], their_nonce[32], their_epoch[16];
	struct digest pin;		/* of the TLS key it used */
	VEC(struct link_held) held;
	int step[LINK_STEPS];		/* as struct link_progress */
	char step_text[LINK_STEPS][160];
	char end_text[300];
	bool heard_terms;		/* on this link */
	int64_t terms_minute;		/* since 1970, and TERMS and CIRCLE */
	unsigned terms_count;		/* that were heard in it */
};

/* link_note(l, step, ok, fmt, ...): how far `peer check` says it came. */
void link_note(struct link *l, enum link_step step, int ok,
    const char *fmt, ...) PRINTF_LIKE(4, 5);

/* link_reap(l): free it, after this dispatch; again does no harm. */
void link_reap(struct link *l);

#endif
