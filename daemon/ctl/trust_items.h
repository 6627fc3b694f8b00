/*
 * Lists of evidence, as the daemon hands them out.
 */
#ifndef CTL_TRUST_ITEMS_H
#define CTL_TRUST_ITEMS_H

#include <jansson.h>

/*
 * trust_items_sorted(items): a new list of the same items, as the engine
 * counts them: by `at`, and by `id` or `key` where that is equal.
 */
json_t *trust_items_sorted(const json_t *items);

/* trust_items_print(items): for people, in that order. */
void trust_items_print(const json_t *items);

#endif
