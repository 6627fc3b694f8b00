/*
 * What a new instance starts with.
 */
#ifndef CTL_STARTER_H
#define CTL_STARTER_H

#include "config/card.h"

/* starter_settings(card, out): append the text of comityd.yaml. */
void starter_settings(const struct card *card, struct buf *out);

/*
 * starter_policy(card, out): append the text of a policy.yaml that knows
 * our own desks and no peer, and so shares nothing.
 */
void starter_policy(const struct card *card, struct buf *out);

#endif
