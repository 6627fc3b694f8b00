/*
 * The processes that poll and push to TAXII servers: one for each of the
 * taxii-peers of comityd.yaml.
 */
#ifndef SUPERVISOR_CLIENTS_H
#define SUPERVISOR_CLIENTS_H

#include "net/channel.h"
#include "supervisor/supervisor.h"

struct clients;

/* clients_new(l, paths): paths is borrowed.  Nothing is started. */
struct clients *clients_new(struct loop *l,
    const struct supervisor_paths *paths);

/* clients_free(c): what still runs is killed. */
void clients_free(struct clients *c);

/*
 * clients_run(c, s, vault): from here on run what s says: start what is new,
 * end what is gone, start again what changed or whose files did.  The other
 * ends of their channels go to vault (borrowed until clients_halt).
 */
void clients_run(struct clients *c, const struct settings *s,
    struct channel *vault);

/* clients_halt(c): the vault is gone; what runs is killed, none is started. */
void clients_halt(struct clients *c);

/* clients_ended(c, pid, status): was it one of ours?  Again, after a while. */
bool clients_ended(struct clients *c, pid_t pid, int status);

/* clients_are_gone(c): no process of one is left. */
bool clients_are_gone(const struct clients *c);

#endif
