/*
 * The event loop of one process.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "base/mem.h"

struct loop;

/* loop_new(): never NULL; ends the process if libevent cannot start. */
struct loop *loop_new(void);

/* loop_free(l): runs what is still deferred, then frees. */
void loop_free(struct loop *l);
MEM_AUTO(struct loop, loop_free);

/*
 * loop_settle(l): after loop_run, run what the last dispatch deferred, while
 * all it speaks of is still there.
 */
void loop_settle(struct loop *l);

/* loop_run(l): dispatch until loop_stop, then return. */
void loop_run(struct loop *l);
void loop_stop(struct loop *l);

/*
 * loop_defer(l, fn, arg): call fn(arg) once, after the present dispatch of
 * ready events, in the order of the calls.  Cannot be taken back.
 */
void loop_defer(struct loop *l, void (*fn)(void *arg), void *arg);

/* loop_signal(l, signo, fn, arg): call fn(arg) in the loop on each signal. */
void loop_signal(struct loop *l, int signo, void (*fn)(void *arg),
    void *arg);

/* loop_library_version(): of libevent, as it runs. */
const char *loop_library_version(void);

#endif
