/*
 * A desk's feed: how fast records get their dates, and what a page of 1,000
 * costs at its start and at its end, beside its bound: the same records from
 * the store without a question.
 *
 *	bench_feed [ROWS]	50000
 *
 * Prints figures and ratios; exits 1 if a goal is missed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "gate/feed.h"
#include "lib/gate_fixture.h"
#include "lib/store_fixture.h"
#include "record/marking.h"
#include "store/feed.h"

#define NOW ((unix_ms_t){ 1790000000000 })
#define BATCH 1000
#define PAGE 1000
#define TIMES 41
#define GOAL_LAST 1.3		/* the last page to the first */
#define GOAL_PAGE_MS 4.0

#define POLICY \
	"policy: 1\n" \
	"self: {org: cert-a, country: XA, desks: {ops: [secops]}, " \
	    "default-label: {pap: green, purposes: [detect, block]}}\n" \
	"purposes: {secops: [detect, block]}\n" \
	"kinds: {technical: [botnet]}\n" \
	"peers:\n" \
	"  cert-b: {country: XB, type: national, wall: attested, " \
	    "desks: {ops: [secops]}}\n" \
	"circles:\n" \
	"  near: {members: [cert-b], foci: [botnet], charter: " \
	    "\"sha256:aa\"}\n" \
	"classify:\n" \
	"  - {when: {type: [indicator]}, kind: botnet}\n" \
	"trust: {initial: {default: {discretion: B, reliability: B}}}\n" \
	"grants:\n" \
	"  - {id: out, out: {circle: near}, kind: technical, for: " \
	    "[secops], tlp: <=green, cap: {hops: 1}}\n"

static double
clock_s(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void
need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench_feed: %s\n", what);
	exit(2);
}

/* Records with the label of one that was published. */
static void
fill(struct cert *c, uint64_t rows)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(1));
	AUTO_BUF struct buf bytes = { 0 };
	char text[2048], id[FIXTURE_ID_BYTES + 1];
	struct store_record first, r;
	int64_t seq;

	(void)cert_publish(c, indicator_text(text, sizeof(text),
	    &(struct indicator_facts){ 1, "2026-01-01T00:00:00.000Z",
	    "botnet", marking_tlp_id(TLP_GREEN), "" }));
	need(store_get(c->store, 1, arena, &first) == 0, "no record");
	for (uint64_t i = 1; i < rows; i++) {
		if (i % BATCH == 1)
			need(store_begin(c->store) == 0, "begin");
		fixture_indicator(i, "[domain-name:value = 'a.example']",
		    &bytes);
		r = first;
		r.seq = 0;
		r.id = fixture_id(i, id);
		r.bytes = buf_str(&bytes);
		need(store_put(c->store, &r, NULL, 0, &seq) == 0, "put");
		if (i % BATCH == 0 || i + 1 == rows) {
			need(store_commit(c->store) == 0, "commit");
			need(store_maintain(c->store, 5) >= 0, "maintain");
		}
	}
}

static void
date_all(struct cert *c, struct feed *f, uint64_t rows)
{
	double cpu = clock_s(CLOCK_PROCESS_CPUTIME_ID);
	double start = clock_s(CLOCK_MONOTONIC);
	int n;

	do {
		need(store_begin(c->store) == 0, "begin");
		n = feed_run(f, NOW, BATCH);
		need(n >= 0 && store_commit(c->store) == 0, "run");
		need(store_maintain(c->store, 5) >= 0, "maintain");
	} while (n > 0);
	printf("dates: %.0f records/s, %.2f us of CPU each\n",
	    (double)rows / (clock_s(CLOCK_MONOTONIC) - start),
	    (clock_s(CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e6 / (double)rows);
}

static int
on_item(void *arg, const struct feed_item *item)
{
	*(size_t *)arg += item->record->bytes.n > 0;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The median of a page after that date, in ms. */
static double
page_ms(struct feed *f, const char *circle, int64_t after)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(16));
	struct feed_query q = { .circle = circle, .after_us = after,
	    .now = NOW, .max_rows = PAGE };
	double ms[TIMES];
	int64_t at;
	bool end;

	for (size_t i = 0; i < TIMES; i++) {
		double start = clock_s(CLOCK_PROCESS_CPUTIME_ID);
		size_t n = 0;

		arena_reset(arena);
		need(feed_scan(f, &q, arena, on_item, &n, &at, &end) == 0 &&
		    n == PAGE, "not a whole page");
		ms[i] = (clock_s(CLOCK_PROCESS_CPUTIME_ID) - start) * 1e3;
	}
	qsort(ms, TIMES, sizeof(ms[0]), compare);
	return ms[TIMES / 2];
}

static int
on_record(void *arg, const struct store_record *r)
{
	*(size_t *)arg += r->bytes.n > 0;
	return 0;
}

static double
bound_ms(struct store *s)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(16));
	double ms[TIMES];

	for (size_t i = 0; i < TIMES; i++) {
		double start = clock_s(CLOCK_PROCESS_CPUTIME_ID);
		size_t n = 0;

		arena_reset(arena);
		need(store_scan(s, 0, PAGE, arena, on_record, &n) == PAGE,
		    "not a whole page");
		ms[i] = (clock_s(CLOCK_PROCESS_CPUTIME_ID) - start) * 1e3;
	}
	qsort(ms, TIMES, sizeof(ms[0]), compare);
	return ms[TIMES / 2];
}

int
main(int argc, char **argv)
{
	uint64_t rows = argc > 1 ? strtoull(argv[1], NULL, 10) : 50000;
	struct cert *c = cert_open("cert-a", POLICY);
	struct feed *f;
	double first, last, circle, bound;
	bool good;

	need(rows >= 2 * PAGE, "2000 rows at least");
	fill(c, rows);
	need(feed_open(c->gate, "ops", &f) == 0, "feed_open");
	date_all(c, f, rows);
	bound = bound_ms(c->store);
	first = page_ms(f, NULL, -1);
	last = page_ms(f, NULL, feed_last_us(f, NULL) - PAGE);
	circle = page_ms(f, "near", feed_last_us(f, "near") - PAGE);
	printf("page of %d of %llu: first %.2f ms, last %.2f ms, of a circle "
	    "%.2f ms; the records alone %.2f ms\n", PAGE,
	    (unsigned long long)rows, first, last, circle, bound);
	good = last <= GOAL_LAST * first && last <= GOAL_PAGE_MS;
	printf("ratios: last to first %.2f (goal %.2f), first to bound "
	    "%.2f%s\n", last / first, GOAL_LAST, first / bound,
	    good ? "" : "  MISSED");
	feed_free(f);
	cert_close(c);
	return good ? 0 : 1;
}
