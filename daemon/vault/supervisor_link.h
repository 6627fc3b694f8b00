/*
 * The channel to the supervisor: configuration comes in over it, and
 * descriptors of sessions and control connections; dials and state go out.
 */
#ifndef VAULT_SUPERVISOR_LINK_H
#define VAULT_SUPERVISOR_LINK_H

#include "vault/apply.h"

struct supervisor_link;

/* supervisor_link_new(v, fd): speak over fd (taken over). */
struct supervisor_link *supervisor_link_new(struct vault *v, int fd);
void supervisor_link_free(struct supervisor_link *s);

/*
 * supervisor_link_dial(s, cert_id, endpoint): ask for a session that dials
 * there.  Returns its number, never 0.
 */
uint64_t supervisor_link_dial(struct supervisor_link *s,
    const char *cert_id, const char *endpoint);

/* supervisor_link_penalty(s, n): session n failed to prove who it is. */
void supervisor_link_penalty(struct supervisor_link *s, uint64_t number);

/* supervisor_link_settled(s, n): session n has proved who it is. */
void supervisor_link_settled(struct supervisor_link *s, uint64_t number);

/* supervisor_link_status(s): tell it (and the service manager) our state. */
void supervisor_link_status(struct supervisor_link *s);

/*
 * supervisor_link_reload(s, ask, fn, arg): ask for the configuration to be
 * read again; fn(arg, done) when it is in force or refused.  ask (copied,
 * its operator with it) says for whom; each call gets a reading of its own,
 * one after the other.  supervisor_link_reload_cancel(s, arg): fn will not
 * be called.
 */
struct reload_done {
	bool ok;
	const char *text;		/* why not */
	enum apply_result result;	/* ok: what became of the policy */
};
typedef void (*reload_fn)(void *arg, const struct reload_done *done);
void supervisor_link_reload(struct supervisor_link *s,
    const struct apply_ask *ask, reload_fn fn, void *arg);
void supervisor_link_reload_cancel(struct supervisor_link *s,
    const void *arg);

/*
 * supervisor_link_alive(s): in the middle of long work: say at once that we
 * are alive, whatever waits to be read.
 */
void supervisor_link_alive(struct supervisor_link *s);

/* supervisor_link_notify(s, text): people are to be told that document. */
void supervisor_link_notify(struct supervisor_link *s, struct str text);

/* supervisor_link_stopped(s): everything is on disk and said. */
void supervisor_link_stopped(struct supervisor_link *s);

#endif
