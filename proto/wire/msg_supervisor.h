/*
 * What supervisor and vault tell each other.  HEARTBEAT, PENALTY (the
 * session of that number failed to prove who it is) and SETTLED (it did
 * prove it) are a number (msg_flow.h); STOP, STOPPED and RELOAD are empty.
 */
#ifndef WIRE_MSG_SUPERVISOR_H
#define WIRE_MSG_SUPERVISOR_H

#include "base/limits.h"
#include "base/str.h"

#define SUPERVISOR_TEXT_MAX 2048
#define SUPERVISOR_ADDRESS_MAX 320

/* Why the configuration is sent. */
enum config_cause {
	CONFIG_START,		/* the vault was started */
	CONFIG_SIGNAL,		/* the supervisor was told to reload */
	CONFIG_ASKED,		/* the vault asked with RELOAD */
};

/* CONFIG: the next piece of file_set_encode's bytes. */
struct msg_config {
	bool last;		/* the pieces so far are all of it */
	enum config_cause cause;
	struct str bytes;
};
void msg_config_encode(const struct msg_config *m, struct buf *out);
int msg_config_decode(struct str payload, struct msg_config *out)
    MUST_CHECK;

/* CONFIG_DONE: the set is in force, or why it is not. */
struct msg_config_done {
	bool ok;
	struct str text;	/* cut to SUPERVISOR_TEXT_MAX */
};
void msg_config_done_encode(const struct msg_config_done *m,
    struct buf *out);
int msg_config_done_decode(struct str payload, struct msg_config_done *out)
    MUST_CHECK;

enum adopt_what { ADOPT_LISTEN = 'L', ADOPT_DIAL = 'D', ADOPT_CONTROL = 'C' };

/* ADOPT: serve the one descriptor that came with this frame. */
struct msg_adopt {
	enum adopt_what what;
	uint64_t number;	/* of the session, or the connection */
	struct str cert_id;	/* ADOPT_DIAL: who was dialed; else "" */
	/* Remote; on the control socket the caller's user name, or "". */
	struct str address;
	uint32_t uid, gid, pid;	/* ADOPT_CONTROL: of the caller; else 0 */
};
void msg_adopt_encode(const struct msg_adopt *m, struct buf *out);
int msg_adopt_decode(struct str payload, struct msg_adopt *out) MUST_CHECK;

/* GONE: the session process of that number has ended. */
struct msg_gone {
	uint64_t number;
	uint32_t status;	/* of wait(2) */
};
void msg_gone_encode(const struct msg_gone *m, struct buf *out);
int msg_gone_decode(struct str payload, struct msg_gone *out) MUST_CHECK;

/* DIAL: start a session to that address; the vault chooses the number. */
struct msg_dial {
	uint64_t number;
	struct str cert_id;
	struct str address;	/* host:port */
};
void msg_dial_encode(const struct msg_dial *m, struct buf *out);
int msg_dial_decode(struct str payload, struct msg_dial *out) MUST_CHECK;

/* FRONT_ADOPT: serve a front of that desk over the descriptor with it. */
void msg_front_adopt_encode(struct str desk, struct buf *out);
int msg_front_adopt_decode(struct str payload, struct str *out_desk)
    MUST_CHECK;

/* CLIENT_ADOPT: serve the client of that TAXII peer likewise. */
void msg_client_adopt_encode(struct str peer, struct buf *out);
int msg_client_adopt_decode(struct str payload, struct str *out_peer)
    MUST_CHECK;

/*
 * READY, STATUS: a line for the service manager.  Encoders of this header append the payload and
 * cut texts to their limits; decoders give ERR_SYNTAX, ERR_VALUE, ERR_LIMIT.
 */
void msg_text_encode(struct str text, struct buf *out);
int msg_text_decode(struct str payload, struct str *out) MUST_CHECK;

#endif
