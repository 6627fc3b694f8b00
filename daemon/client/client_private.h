/*
 * What the halves of the client share.  Only client*.c include it.
 */
#ifndef CLIENT_CLIENT_PRIVATE_H
#define CLIENT_CLIENT_PRIVATE_H

#include "base/map64.h"
#include "client/client.h"
#include "client/envelope.h"
#include "net/channel.h"
#include "net/timer.h"

#define AFTER_BYTES 64

/* One collection that is polled. */
struct collection {
	char *id;			/* owned */
	char after[AFTER_BYTES];	/* what is on disk, or "" */
};

/* Where the poll that runs is. */
struct poll {
	size_t collection;
	char after[AFTER_BYTES];	/* of the requests */
	char seen[AFTER_BYTES];		/* to be kept once its page is stored */
	char next[ENVELOPE_NEXT_MAX + 1];	/* or "" */
	bool more, waits;		/* waits: for CLIENT_STORED */
	size_t pages;
	unsigned limit;			/* objects a page, as we ask */
	struct map64 nexts;		/* that were asked for */
	size_t failed;			/* collections of this round */
	int64_t retry_ms;		/* the longest Retry-After */
};

/* Objects that the vault gave us to push. */
struct push {
	char *collection;		/* owned; or NULL */
	uint64_t number;		/* of the batch under way */
	char *payload;			/* owned: CLIENT_PUSH, or NULL */
	size_t bytes;			/* of it */
	size_t n;
	unsigned failures;
	struct timer *again;		/* owned */
};

struct client {
	struct client_options o;
	struct loop *loop;		/* borrowed */
	struct channel *channel;	/* owned */
	struct timer *timer;		/* owned: the next poll */
	struct timer *page;		/* owned: the same page once more */
	int64_t interval_ms;
	unsigned failures;		/* rounds in a row */
	VEC(struct collection) list;
	struct poll poll;
	struct push push;
};

/* client_say(c, state, text): CLIENT_STATE. */
void client_say(struct client *c, const char *state, const char *text);

/*
 * client_backoff_ms(base, failures, retry_ms): how long to wait after so
 * many failures in a row: doubled each time up to an hour, with jitter, and
 * not less than the server asked for.
 */
int64_t client_backoff_ms(int64_t base, unsigned failures, int64_t retry_ms);

/* poll_start(c): begin a round over all collections. */
void poll_start(struct client *c);

/* poll_page(arg = c): fetch the page at hand. */
void poll_page(void *arg);

/* poll_stored(c): the page under way is on disk.  ERR_ORDER: there is none. */
int poll_stored(struct client *c) MUST_CHECK;

/* push_take(c, payload): a batch came.  ERR_ORDER: one is under way. */
int push_take(struct client *c, struct str payload) MUST_CHECK;

/* on_push_again(arg = c): try the batch once more. */
void on_push_again(void *arg);

#endif
