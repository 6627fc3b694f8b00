/*
 * What goes to a peer and what not, and what would change that, for people.
 */
#ifndef CTL_PEER_EXPECT_H
#define CTL_PEER_EXPECT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* expect_rows_print(f, r, all): the reply of `peer expect`; all: no row is
 * left out to fit a screen. */
void expect_rows_print(FILE *f, const json_t *r, bool all);

#endif
