/*
 * Group commit.  Whatever asks for durability within one dispatch of the
 * loop shares one transaction: work is done in it at once, and what must
 * not be said before the disk has it (receipts, replies, records to send)
 * waits in a callback until the commit has returned.
 */
#ifndef VAULT_TURN_H
#define VAULT_TURN_H

#include "base/err.h"
#include "base/mem.h"

struct turn;
struct vault;

/* turn_new(v): none is open yet; v is borrowed. */
struct turn *turn_new(struct vault *v);
void turn_free(struct turn *t);

/*
 * turn_open(t): make sure a transaction is open; it ends at the end of this
 * dispatch.  ERR_FULL, ERR_IO, ERR_STORE: the store takes nothing now.
 */
int turn_open(struct turn *t) MUST_CHECK;

/*
 * turn_after(t, fn, arg): call fn(arg, ok) once this turn has ended; ok
 * says whether it is on disk.  Called in the order of registration, never
 * from within turn_after.  A turn is opened by the caller.
 */
typedef void (*turn_fn)(void *arg, bool ok);
void turn_after(struct turn *t, turn_fn fn, void *arg);

/* turn_cancel(t, arg): drop the callbacks registered with that arg. */
void turn_cancel(struct turn *t, const void *arg);

/*
 * turn_fail(t, code): something in this turn failed in a way that must not
 * be committed: it will be rolled back.
 */
void turn_fail(struct turn *t, int code);

/*
 * turn_wake(t): there may be records to send: run the senders at the end
 * of this dispatch, in a turn of their own if none is open.
 */
void turn_wake(struct turn *t);

/*
 * turn_commit_now(t, rc): end the turn at once.  rc < 0: what was done in it
 * failed, undo it.  Return 0 when it is on disk, else rc or another ERR_*:
 * memory that ran ahead of the store is for the caller to read again.
 */
int turn_commit_now(struct turn *t, int rc) MUST_CHECK;

/*
 * turn_close(t): end the turn at once, and begin none any more: the vault
 * ends.  t has to outlive the loop, which may still call it.
 */
void turn_close(struct turn *t);

/* turn_end_now(t): end the turn at once; before leaving the loop. */
void turn_end_now(struct turn *t);

#endif
