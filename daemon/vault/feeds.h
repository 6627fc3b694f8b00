/*
 * The feeds of our own desks (gate/feed.h), kept up to date behind the
 * commits: in pieces, so that no peer and no tool waits for them.
 */
#ifndef VAULT_FEEDS_H
#define VAULT_FEEDS_H

#include <jansson.h>

#include "gate/feed.h"
#include "vault/vault.h"

struct feeds;

/* feeds_new(v): v borrowed; there are none before the first policy. */
struct feeds *feeds_new(struct vault *v);
void feeds_free(struct feeds *fs);

/*
 * feeds_get(fs, desk): of one of our desks (its name in the policy in
 * force), borrowed until the next policy; NULL if there is no such desk, or
 * if the store cannot be read.
 */
struct feed *feeds_get(struct feeds *fs, const char *desk);

/* feeds_policy_changed(fs): desks come and go; decide again. */
void feeds_policy_changed(struct feeds *fs);
/* feeds_wake(fs): there may be records to look at. */
void feeds_wake(struct feeds *fs);
/*
 * feeds_look_again(fs): from time to time: what records refer to may have
 * got a milder label, by which others can be seen.
 */
void feeds_look_again(struct feeds *fs);
/* feeds_rolled_back(fs): a turn was undone. */
void feeds_rolled_back(struct feeds *fs);
/*
 * feeds_look(fs, seq): in the open turn: people let this record in.  ERR_*
 * of the store.
 */
int feeds_look(struct feeds *fs, int64_t seq) MUST_CHECK;

/*
 * feeds_watch(fs, fn, arg): call fn(arg) each time that a feed got further
 * and that is on disk: records got dates, or were looked at in vain.  fn may
 * call feeds_unwatch for any arg.
 */
typedef void (*feeds_fn)(void *arg);
void feeds_watch(struct feeds *fs, feeds_fn fn, void *arg);
void feeds_unwatch(struct feeds *fs, const void *arg);

/* feeds_json(fs): a new list, one object a desk, for `status`. */
json_t *feeds_json(struct feeds *fs);

#endif
