/*
 * What a card is countersigned with, as far as it can be told without the
 * keys of those who signed.
 */
#ifndef CTL_CARD_VOUCH_H
#define CTL_CARD_VOUCH_H

#include <jansson.h>
#include <stdio.h>

#include "config/card.h"

/*
 * vouches_json(card, w): a list (from, at, reason, problem?), a new
 * reference.  vouches_print(f, list): a line for each.
 */
json_t *vouches_json(const struct card *card, const struct card_vouches *w);
void vouches_print(FILE *f, const json_t *list);

#endif
