/*
 * The vouches that a card is countersigned with: those of sponsors whom we
 * know, and who have standing, are evidence.
 */
#ifndef VAULT_TRUST_CARD_VOUCH_H
#define VAULT_TRUST_CARD_VOUCH_H

#include <jansson.h>

#include "config/card.h"
#include "vault/vault.h"

/*
 * card_vouches_take(v, card, vouches, keep, out): what becomes of each: a
 * list of from, at, counts and why, a new reference.  keep: those that count
 * are kept as evidence, in the open turn; else nothing is changed.  Return
 * how many count and did not before; ERR_* of the store.
 */
struct card_vouching {
	const struct card *card;
	const struct card_vouches *vouches;
	bool keep;
};
int card_vouches_take(struct vault *v, const struct card_vouching *x,
    json_t **out) MUST_CHECK;

#endif
