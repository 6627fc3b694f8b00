/*
 * The processes that serve the tools of our desks: one for each front of
 * comityd.yaml.  Their listening sockets stay open here, so that nobody is
 * turned away while one is started again.
 */
#ifndef SUPERVISOR_FRONTS_H
#define SUPERVISOR_FRONTS_H

#include "net/channel.h"
#include "supervisor/supervisor.h"

struct fronts;

/*
 * fronts_new(l, paths, sockets): paths is borrowed; sockets->fronts, bound to
 * the addresses of settings->fronts, are taken over.  Nothing is started.
 */
struct fronts *fronts_new(struct loop *l,
    const struct supervisor_paths *paths, const struct settings *settings,
    const struct supervisor_sockets *sockets);

/* fronts_free(f): what still runs is killed. */
void fronts_free(struct fronts *f);

/*
 * fronts_run(f, s, vault): from here on run what s says: start what is new,
 * end what is gone, start again what changed or whose files did.  The other
 * ends of their channels go to vault (borrowed until fronts_halt).
 */
void fronts_run(struct fronts *f, const struct settings *s,
    struct channel *vault);

/* fronts_halt(f): the vault is gone; what runs is killed, none is started. */
void fronts_halt(struct fronts *f);

/*
 * fronts_drain(f): let each answer what it was asked and end; for good.
 * Their sockets are closed.
 */
void fronts_drain(struct fronts *f);

/* fronts_ended(f, pid, status): was it one of ours?  Again, after a while. */
bool fronts_ended(struct fronts *f, pid_t pid, int status);

/* fronts_are_gone(f): no process of one is left. */
bool fronts_are_gone(const struct fronts *f);

#endif
