/*
 * An engine with the items it counted, in memory: each fact once, in the
 * order of their times whatever order they came in, and sponsors answer for
 * whom they vouched for.  For files and simulations; a daemon's items are in
 * its store.
 */
#ifndef TRUST_BOOK_H
#define TRUST_BOOK_H

#include "trust/trust.h"

struct book;

/* book_new(rules): empty; rules are copied. */
struct book *book_new(const struct trust_rules *rules);
void book_free(struct book *b);
MEM_AUTO(struct book, book_free);

/* book_peer(b, group): a new peer, as trust_peer_add. */
int book_peer(struct book *b, uint32_t group);

/* book_engine(b): to read scores from, and to refresh; borrowed. */
struct trust *book_engine(const struct book *b);

/*
 * book_add(b, ev, now, out): as trust_add, and: ERR_EXISTS for a key that was
 * counted (0: trust_key(ev)); what is late takes its place among the others,
 * and everything is counted again in order.
 */
int book_add(struct book *b, const struct trust_evidence *ev, unix_ms_t now,
    struct trust_effect *out) MUST_CHECK;

/* book_size(b): how many items it holds. */
size_t book_size(const struct book *b);

#endif
