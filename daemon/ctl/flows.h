/*
 * Flows between us and a CERT, for people.
 */
#ifndef CTL_FLOWS_H
#define CTL_FLOWS_H

#include <jansson.h>
#include <stdio.h>

/*
 * flows_print(f, flows, indent): a line a flow: what it gets from us, what
 * we take from it, what not, and what must be agreed on first.
 */
void flows_print(FILE *f, const json_t *flows, const char *indent);

/* peers_graph(c): peers --graph: ask and draw. */
struct ctl;
int peers_graph(struct ctl *c);

#endif
