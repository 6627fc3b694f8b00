/*
 * What taxii_*.c share: a front, its tools' connections, and the requests
 * that the vault is asked about.
 */
#ifndef FRONT_TAXII_PRIVATE_H
#define FRONT_TAXII_PRIVATE_H

#include "front/envelope.h"
#include "front/login.h"
#include "front/query.h"
#include "front/taxii_front.h"
#include "wire/message.h"

/* One connection of a tool, and its one request under way. */
struct tool {
	struct taxii_front *front;	/* borrowed */
	struct http_conn *http;		/* owned */
	struct limit_key from;
	struct login_certificate certificate;
	size_t slot;			/* in front->tools */
	/* Of the present request. */
	uint32_t client;
	enum http_method method;
	struct query query;
	uint64_t number;		/* asked of the vault; 0: none */
	struct answer answer;
	size_t charged;			/* of what all may take, for it */
	struct timer *patience;		/* owned; for the vault's answer */
};

/* ---- taxii_front.c ---- */

/*
 * taxii_expect(t): the vault is asked now: give the request its number, and
 * a time by which it is answered.  taxii_ask(t, type, payload): say it.
 * taxii_forget(t): no answer is expected any more.
 */
void taxii_expect(struct tool *t);
void taxii_ask(struct tool *t, uint8_t type, struct str payload);
void taxii_forget(struct tool *t);

/*
 * taxii_cancel(t): the vault need not answer any more.  taxii_charge(t): the
 * answer has grown, or is gone; false: all of them take too much now.
 */
void taxii_cancel(struct tool *t);
bool taxii_charge(struct tool *t);

/* What requests need of the front; borrowed. */
struct logins *taxii_logins(struct taxii_front *f);
struct limit *taxii_limit(struct taxii_front *f);
const struct taxii_front_options *taxii_options(const struct taxii_front *f);

/* ---- taxii_request.c ---- */

void taxii_on_head(void *arg, struct http_request *r);
void taxii_on_request(void *arg, const struct http_request *r);

/* taxii_reset(t): forget the request that was, also what is under way. */
void taxii_reset(struct tool *t);

/* The vault's answer; ERR_* ends the front. */
int taxii_items(struct tool *t, const struct msg_front_items *m);
void taxii_done(struct tool *t, const struct msg_front_done *m);

/* taxii_refuse(t, status, why): answer with an error. */
void taxii_refuse(struct tool *t, unsigned status, const char *why);

#endif
