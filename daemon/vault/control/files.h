/*
 * A request that a set of files follows.
 */
#ifndef VAULT_CONTROL_FILES_H
#define VAULT_CONTROL_FILES_H

#include "config/file_set.h"
#include "vault/control/control.h"

struct control_files_wait {
	void *state;			/* not NULL; taken over */
	void (*free_state)(void *);
	/* Called with the state kept (control_kept); files are borrowed. */
	void (*go_on)(struct control *c, const struct file_set *files);
};

/*
 * control_await_files(c, w): end of this handler; it goes on with what the
 * client sends in CTL_FILES frames.  What is not a set of files, or too
 * large, ends the request with an error.
 */
void control_await_files(struct control *c,
    const struct control_files_wait *w);

#endif
