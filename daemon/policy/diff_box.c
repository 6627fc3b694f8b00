#include "policy/diff_box.h"

#include <stdlib.h>
#include <string.h>

/* Compare all but one attribute, BOX_ATTRIBUTES standing for the desks. */
static int
compare_but(const struct box *a, const struct box *b, int but)
{
	if (a->change != b->change)
		return a->change < b->change ? -1 : 1;
	for (int i = 0; i < BOX_ATTRIBUTES; i++)
		if (i != but && a->in[i] != b->in[i])
			return a->in[i] < b->in[i] ? -1 : 1;
	return but == BOX_ATTRIBUTES ? 0 :
	    memcmp(&a->desks, &b->desks, sizeof(a->desks));
}

static int
on_compare(const void *a, const void *b, void *but)
{
	return compare_but(a, b, *(const int *)but);
}

static void
merge_along(struct boxes *b, int but)
{
	size_t n = 0;

	if (b->v.n < 2)
		return;
	qsort_r(b->v.v, b->v.n, sizeof(*b->v.v), on_compare, &but);
	for (size_t i = 1; i < b->v.n; i++) {
		struct box *last = &b->v.v[n], *at = &b->v.v[i];

		if (compare_but(last, at, but) != 0) {
			b->v.v[++n] = *at;
			continue;
		}
		if (but < BOX_ATTRIBUTES)
			last->in[but] |= at->in[but];
		for (size_t w = 0; w < NELEM(last->desks.w); w++)
			last->desks.w[w] |= at->desks.w[w];
	}
	b->v.n = n + 1;
}

void
boxes_merge(struct boxes *b)
{
	size_t before;

	do {
		before = b->v.n;
		for (int i = 0; i <= BOX_ATTRIBUTES; i++)
			merge_along(b, i);
	} while (b->v.n < before);
}

uint64_t
box_requests(const struct box *b)
{
	uint64_t n = 0;

	for (size_t w = 0; w < NELEM(b->desks.w); w++)
		n += (uint64_t)__builtin_popcountll(b->desks.w[w]);
	for (int i = 0; i < BOX_ATTRIBUTES; i++)
		n *= (uint64_t)__builtin_popcountll(b->in[i]);
	return n;
}
