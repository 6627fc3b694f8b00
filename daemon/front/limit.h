/*
 * What one address may do to a front: connections at once, new connections
 * a second, failed logins.  An address is an IPv4 address or the first 64
 * bits of an IPv6 one.  Memory is bounded: of many addresses the ones best
 * forgotten are.  Pure but for the clock that is handed in.
 */
#ifndef FRONT_LIMIT_H
#define FRONT_LIMIT_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/unit.h"

struct limit;

/* Where a client is. */
struct limit_key {
	uint8_t b[9];		/* 4, a and three zeros; or 6 and 64 bits */
	bool local;		/* loopback: a proxy of ours, or a test */
};

struct limit_options {
	unsigned connections;		/* 2,000 in all */
	unsigned per_address;		/* 128; not for loopback */
	unsigned burst;			/* 200 new ones of an address ... */
	unsigned per_second;		/* ... and then 20; not for loopback */
	unsigned failures;		/* 100 failed logins of an address ... */
	unsigned failures_per_minute;	/* ... and then 20 */
};

/* limit_options_default(): the numbers written above. */
struct limit_options limit_options_default(void);

/* limit_new(o): o is copied. */
struct limit *limit_new(const struct limit_options *o);
void limit_free(struct limit *l);
MEM_AUTO(struct limit, limit_free);

/* limit_key(sa): where sa is; other families are one place. */
struct limit_key limit_key(const struct sockaddr *sa);

/* limit_key_text(k, dst): "192.0.2.1" or "2001:db8:1:2::/64"; dst. */
#define LIMIT_KEY_TEXT_MAX 56
const char *limit_key_text(const struct limit_key *k,
    char dst[static LIMIT_KEY_TEXT_MAX]);

/*
 * limit_connect(l, k, now): may a connection be served?  If so it counts
 * until limit_disconnect.
 */
bool limit_connect(struct limit *l, const struct limit_key *k,
    mono_ms_t now);
void limit_disconnect(struct limit *l, const struct limit_key *k);

/*
 * limit_login_wait(l, k, now): seconds until the address may try a secret
 * again (429 and Retry-After), 0: now.  For secrets only: a certificate
 * is not guessed.
 */
unsigned limit_login_wait(struct limit *l, const struct limit_key *k,
    mono_ms_t now);
/* limit_login_failed(l, k, now): a secret from there was wrong. */
void limit_login_failed(struct limit *l, const struct limit_key *k,
    mono_ms_t now);
/* limit_login_passed(l, k): it was right: earlier failures are forgiven. */
void limit_login_passed(struct limit *l, const struct limit_key *k);

#endif
