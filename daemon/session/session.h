/*
 * A session: one TLS connection with one peer, for its whole life.
 *
 * It speaks TLS, checks the headers of frames, and hands peer frames
 * between connection and vault as they are.  It holds no key but the TLS
 * key, decides nothing, and ends with its connection.
 */
#ifndef SESSION_SESSION_H
#define SESSION_SESSION_H

#include "net/loop.h"
#include "net/tls.h"

struct session;

struct session_options {
	struct tls_context *tls;	/* borrowed */
	int channel_fd;			/* to the vault; taken over */
	int peer_fd;			/* connected socket; taken over */
	bool dialed;			/* we called them */
	const char *address;		/* remote, for the vault */
	int64_t handshake_ms;		/* for TLS */
	int64_t proof_ms;		/* from the start to the proof */
	size_t pause_bytes;		/* unsent, either way: stop reading */
	bool landlock;			/* for main: confine with it */
};

/* session_start(l, o): begins at once; stops the loop when it is over. */
struct session *session_start(struct loop *l,
    const struct session_options *o);
void session_free(struct session *s);

/* session_report(fd, text): tell the vault that there is no connection. */
void session_report(int channel_fd, const char *text);

#endif
