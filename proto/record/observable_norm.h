/*
 * Normal forms of observable values, so that equal things have equal keys.
 */
#ifndef RECORD_OBSERVABLE_NORM_H
#define RECORD_OBSERVABLE_NORM_H

#include "base/arena.h"
#include "record/observable.h"

/*
 * observable_normalise(kind, value, arena, out): fill kind, value and, for
 * an address, ip and prefix of out (its part stays).  Return 1; 0 if value
 * is not of that kind (nothing to key); ERR_LIMIT if the arena is full.
 * OBSERVABLE_HASH needs an algorithm: see observable_normalise_hash.
 */
int observable_normalise(enum observable_kind kind, struct str value,
    struct arena *arena, struct observable *out) MUST_CHECK;

/*
 * observable_normalise_hash(algorithm, value, arena, out): the same for a
 * hash.  Spellings of algorithm are folded (sha256, SHA_256); "*" is found
 * from the length of value.  0 also if value has not that algorithm's form.
 */
int observable_normalise_hash(struct str algorithm, struct str value,
    struct arena *arena, struct observable *out) MUST_CHECK;

/*
 * observable_guess(value, arena, out): the same for a value that may be an
 * address, a network, a MAC or mail address, or a domain name.
 */
int observable_guess(struct str value, struct arena *arena,
    struct observable *out) MUST_CHECK;

/*
 * observable_is_domain(s): a normalised name of at least min_labels labels
 * of letters, digits, "-" and "_", within the lengths of RFC 1035.
 */
bool observable_is_domain(struct str s, unsigned min_labels);

#endif
