/*
 * Whose eyes a request on the control socket looks with: one desk of ours,
 * or every desk.  What none of them may see is answered like what does not
 * exist.
 */
#ifndef VAULT_DESK_VIEW_H
#define VAULT_DESK_VIEW_H

#include <jansson.h>

#include "vault/control/control.h"

struct desk_view {
	struct vault *v;	/* borrowed */
	int first, n;		/* desks, in the policy's vocabulary */
};

/*
 * desk_view_read(c, args, out): the desk named by the argument `desk`, or
 * all of ours.  Answers the request with an error and returns ERR_* if
 * there is no such desk or no policy.
 */
int desk_view_read(struct control *c, const json_t *args,
    struct desk_view *out) MUST_CHECK;

/*
 * desk_view_shows(view, r): does the gate let one of these desks see the
 * stored record?  A failing store shows nothing.
 */
bool desk_view_shows(const struct desk_view *view,
    const struct store_record *r);

#endif
