/*
 * What answers to requests say of answers to scores.
 */
#ifndef VAULT_CONTROL_STANDING_H
#define VAULT_CONTROL_STANDING_H

#include <jansson.h>

#include "vault/control/control.h"
#include "vault/peer.h"

struct evidence_item;

/* control_key_json(v, item, o): put into o the key that its peer knows. */
void control_key_json(const struct vault *v,
    const struct evidence_item *item, json_t *o);

/*
 * A list that may be longer than a reply: what is over a page goes out at
 * once, in replies with "more".
 */
struct control_page {
	struct control *c;	/* borrowed */
	const char *name;	/* of the list; borrowed */
	json_t *list;		/* owned: what is left for the last reply */
};

/* control_page_add(p, o): o is taken over; list is made as it is needed. */
void control_page_add(struct control_page *p, json_t *o);

/*
 * control_answers_add(page, p): what that peer answered to how we score it,
 * with what it is about.  ERR_* of the store.
 */
int control_answers_add(struct control_page *page, const struct peer *p)
    MUST_CHECK;

#endif
