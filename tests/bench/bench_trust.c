/*
 * Scores of 500 peers from 10 million items of evidence.
 *
 *	bench_trust [ITEMS]		10000000
 *
 * Prints each figure beside its budget, and what the same run needs to write
 * the items' own bytes once: counting cannot be faster than that.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "trust/trust.h"

#define PEERS 500
#define ITEMS 10000000
#define SPAN_MS DAY(365)
#define REFRESHES 21

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* An item of a busy year: peers in turn, kinds mixed. */
static struct trust_evidence
item(long i, long items)
{
	static const enum trust_kind kinds[] = { TRUST_SIGHTED,
	    TRUST_RECEIPT, TRUST_RECEIPT, TRUST_CONFIRMED, TRUST_STALE,
	    TRUST_RECEIPT, TRUST_FALSE_POSITIVE };
	int peer = (int)(i % PEERS);
	enum trust_kind kind = kinds[(size_t)i % NELEM(kinds)];

	return (struct trust_evidence){
		.at.ms = INT64_C(1767225600000) + (int64_t)((double)SPAN_MS *
		    (double)i / (double)items),
		.peer = peer, .kind = kind, .record = (uint64_t)i,
		.by = kind == TRUST_CONFIRMED ? (peer + 1) % PEERS :
		    TRUST_SELF,
	};
}

/* The least that passing over the items costs: copying them. */
static double
copy_bound(long items)
{
	static struct trust_evidence buffer[4096];
	double start = seconds();
	volatile uint64_t keep = 0;

	for (long i = 0; i < items; i++) {
		buffer[i % 4096] = item(i, items);
		keep += buffer[(i * 7) % 4096].record;
	}
	return (seconds() - start) / (double)items;
}

static double
refresh_ms(struct trust *t, unix_ms_t now)
{
	double best = 1e9;

	for (int i = 0; i < REFRESHES; i++) {
		double start = seconds(), took;

		now.ms += 1;
		(void)trust_refresh(t, now, NULL, NULL);
		took = (seconds() - start) * 1e3;
		best = took < best ? took : best;
	}
	return best;
}

int
main(int argc, char **argv)
{
	long items = argc > 1 ? atol(argv[1]) : ITEMS, refused = 0;
	AUTO(trust_free) struct trust *t = NULL;
	struct trust_rules rules;
	struct trust_effect effect;
	unix_ms_t end = { INT64_C(1767225600000) + SPAN_MS };
	double start, each, bound, changed;

	if (items <= 0)
		return 2;
	trust_rules_default(&rules);
	t = trust_new(&rules);
	for (uint32_t i = 0; i < PEERS; i++)
		(void)trust_peer_add(t, i + 1);
	start = seconds();
	for (long i = 0; i < items; i++) {
		struct trust_evidence ev = item(i, items);

		if (trust_add(t, &ev, end, &effect) < 0)
			refused++;
	}
	each = (seconds() - start) / (double)items;
	bound = copy_bound(items);
	printf("items                    %10ld of %d peers, %ld refused\n",
	    items, PEERS, refused);
	printf("one more item            %10.3f us  (budget 5)\n", each * 1e6);
	printf("copying one item         %10.3f us  (bound; ratio %.1f)\n",
	    bound * 1e6, each / bound);
	printf("refresh of all           %10.3f ms  (budget 10)\n",
	    refresh_ms(t, end));
	end.ms += REFRESHES;
	start = seconds();
	(void)trust_refresh(t, end, NULL, NULL);
	printf("refresh, nothing changed %10.3f ms\n",
	    (seconds() - start) * 1e3);
	for (int i = 0; i < 3; i++) {
		struct trust_evidence ev = { .at = end, .by = TRUST_SELF,
		    .kind = TRUST_SIGHTED, .record = 1 };

		if (trust_add(t, &ev, end, &effect) < 0)
			refused++;
	}
	start = seconds();
	(void)trust_refresh(t, end, NULL, NULL);
	changed = seconds() - start;
	printf("refresh, one changed     %10.3f ms\n", changed * 1e3);
	printf("memory per peer          %10zu B   (budget 4096)\n",
	    trust_bytes(t) / PEERS);
	return 0;
}
