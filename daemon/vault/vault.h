/*
 * The vault: the process that alone holds the store, the identity key, the
 * policy and the gate.  It has no network: sessions reach it over channels
 * that the supervisor hands in, each bound to one principal for its life.
 *
 * This header is the vault's own; only files of this folder include it.
 */
#ifndef VAULT_VAULT_H
#define VAULT_VAULT_H

#include "config/settings.h"
#include "gate/gate.h"
#include "store/store.h"
#include "vault/turn.h"

struct apply;
struct apply_ask;
struct evidence;
struct feeds;
struct fronts;
struct link;
struct loop;
struct statements;
struct opinions;
struct timer;
struct warning;

enum vault_state {
	VAULT_STARTING, VAULT_READY, VAULT_DEGRADED, VAULT_DRAINING,
};

struct vault {
	struct loop *loop;		/* owned */
	struct store *store;		/* owned */
	struct audit *audit;		/* owned */
	struct gate *gate;		/* owned */
	struct sign_key *key;		/* owned */
	struct verify_key *own_key;	/* owned: its public half */
	struct policy *policy;		/* owned */
	struct shadow *shadow;		/* owned: a policy tried beside it */
	struct settings *settings;	/* owned */
	struct turn *turn;		/* owned */
	struct consult *consult;	/* owned */
	struct members *members;	/* owned: asked about our cases */
	struct questions *questions;	/* owned: what members ask us */
	struct wishes *wishes;		/* owned: asked for, by us and others */
	struct postures *postures;	/* owned: set by people */
	struct apply *apply;		/* owned: the policy's life */
	struct fronts *fronts;		/* owned: to the tools of our desks */
	struct evidence *evidence;	/* owned: about peers */
	struct statements *statements;	/* owned: of CERTs about CERTs */
	struct answers *answers;		/* owned: to how somebody is scored */
	struct standings *standings;	/* owned: of peers at us, of us at them */
	struct corroboration *corroboration;	/* owned */
	struct peers *peers;		/* owned */
	struct circles *circles;	/* owned */
	struct warning *warnings;	/* owned: lists, and what is ours */
	struct feeds *feeds;		/* owned: what our desks may see */
	struct opinions *opinions;	/* owned: of records that came */
	VEC(struct link *) links;	/* owned: every channel to a session */
	struct supervisor_link *super;	/* owned */
	struct controls *controls;	/* owned */
	struct timer *maintain;		/* owned */
	struct timer *second;		/* owned: once a second */
	const char *key_file;		/* borrowed from the command line */
	int lists_fd;			/* owned: of warning lists that came
					 * with the next settings; or -1 */
	int exit_code;
	char state_dir[4096];
	char cert_id[CERT_ID_MAX + 1];
	uint8_t epoch[16];
	enum vault_state state;
	int degraded_by;		/* ERR_*, 0 when well */
	mono_ms_t started;
	uint64_t seconds;		/* since it is ready */
	int64_t warned_day;		/* since 1970: when warnings were logged */
	uint64_t warned_generation;	/* of the policy, then */
	unix_ms_t policy_loaded;
	uint64_t policy_generation;
	uint64_t published;		/* records published since start */
};

/* vault_now: wall time, read once a dispatch. */
unix_ms_t vault_now(const struct vault *v);

/*
 * vault_start(v, bytes, e): the first configuration is here: open key and
 * store, confine the process, take the configuration into force, begin.
 * ERR_CONF, ERR_IO, ERR_NOT_OURS, ... with e.
 */
int vault_start(struct vault *v, struct str bytes, struct err *e) MUST_CHECK;

/* vault_fail(v, code): it could not start: leave the loop with an exit code. */
void vault_fail(struct vault *v, int code);

/*
 * vault_configure(v, bytes, ask, e): take a configuration (a file set as the
 * supervisor sent it) into force: the settings, and the policy as far as
 * vault/apply.h lets it.  ask: for whom, or NULL.  Everything is built and
 * checked aside and swapped in at the end; on failure the running
 * configuration stays and e says file:line:col.  Return what became of the
 * policy, an enum apply_result.
 */
int vault_configure(struct vault *v, struct str bytes,
    const struct apply_ask *ask, struct err *e) MUST_CHECK;

/* The store cannot take records now; reads go on.  Back again. */
void vault_degraded(struct vault *v, int code);
void vault_recovered(struct vault *v);

/* A turn was undone: what memory holds beyond the store is read again. */
void vault_rolled_back(struct vault *v);

/* A turn is on disk: maintenance may have work. */
void vault_committed(struct vault *v);

/* vault_gate_options(v): what a gate over this store is made with. */
struct gate_options vault_gate_options(struct vault *v);

/* vault_drain(v): say BYE to everybody, finish the turn, tell the supervisor. */
void vault_drain(struct vault *v);

#endif
