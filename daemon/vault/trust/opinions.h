/*
 * An opinion of ours about each record that a peer reports, for the tools of
 * our desks (gate/opinion.h): made and made anew a few at a time, behind
 * everything else, when the class of the record's credibility is another.
 *
 * It counts only reports that every desk of ours may see that may see the
 * record, so that it tells none of them of another.
 */
#ifndef VAULT_TRUST_OPINIONS_H
#define VAULT_TRUST_OPINIONS_H

#include "vault/vault.h"

struct opinions;

struct opinions *opinions_new(struct vault *v);	/* v borrowed */
void opinions_free(struct opinions *os);

/*
 * opinions_tick(os): once a second: judge what is new, or all again; unless
 * the setting `opinions` says no.
 */
void opinions_tick(struct opinions *os);

/* opinions_look(os, seq): people let that record in: judge it, too. */
void opinions_look(struct opinions *os, int64_t seq);

/* opinions_rolled_back(os): a turn was undone. */
void opinions_rolled_back(struct opinions *os);

/* opinions_count(os): stored by now, older versions too; os may be NULL. */
uint64_t opinions_count(struct opinions *os);

/*
 * opinions_find(v, about, arena, out): ours about the object with that id, as
 * it is stored: the gate says who may see it.  ERR_NOT_FOUND, ERR_* of the
 * store.
 */
int opinions_find(struct vault *v, struct str about, struct arena *arena,
    struct store_record *out) MUST_CHECK;

/* opinions_is_ours(v, id, about): has our opinion about it that id? */
bool opinions_is_ours(const struct vault *v, struct str id,
    struct str about);

#endif
