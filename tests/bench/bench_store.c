/*
 * The store alone, beside its bounds measured in the same run: a bare
 * record table, and the straightforward schema with its indexes.
 *
 *	bench_store [ROWS [BATCH [DIR]]]	50000, 1000, a temporary one
 *
 * The store's figure has everything in it that a record costs there: the
 * question whether its id is known, its look-up keys, their merging and
 * the checkpoints.  Prints figures and ratios; exits 1 if a goal is missed.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sqlite3.h>

#include "lib/store_fixture.h"

#define BATCH_MAX 10000
#define BODY_MAX 1400
#define TABLE_ROWS_MAX 1000000	/* of a bound: it only gets slower */
#define MAINTAIN_MS 5
#define GOAL_BARE 0.45
#define GOAL_STRAIGHT 3.0	/* at 1 M; fewer rows need less index */
#define GOAL_P99_MS 50.0
#define GOAL_MAX_MS 250.0
#define GOAL_BYTES 1.30

struct row {
	char body[BODY_MAX], id[FIXTURE_ID_BYTES + 1], value[128];
	size_t size;
	struct observable observable;
};

struct bench {
	long rows, batch;
	const char *dir;
	struct row *row;	/* of one batch */
	double *commit_ms, *upkeep_ms;
	size_t n;
	long want, done, done_half;	/* rows of this run */
	double seconds, half, cpu;
	uint64_t record_bytes;
};

static double
clock_s(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void
need(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench_store: %s\n", what);
	exit(2);
}

/* Domains, addresses, URLs and hashes in turn. */
static void
row_make(struct row *r, uint64_t i)
{
	static const char *const paths[] = { "ipv4-addr:value",
		"domain-name:value", "url:value", "file:hashes.MD5" };
	static const enum observable_kind kinds[] = { OBSERVABLE_IP,
		OBSERVABLE_DOMAIN, OBSERVABLE_URL, OBSERVABLE_HASH };
	AUTO_BUF struct buf pattern = { 0 }, body = { 0 };
	unsigned k = i & 3, r10k = (unsigned)(i * 7919 % 10000);
	unsigned long long n = i;

	r->observable = (struct observable){ .kind = kinds[k], .prefix = 128,
		.ip = { [10] = 255, 255, (uint8_t)(i >> 16), (uint8_t)(i >> 8),
		    (uint8_t)i, (uint8_t)(i >> 3) } };
	if (k == 0)
		snprintf(r->value, sizeof(r->value), "%u.%u.%u.%u",
		    r->observable.ip[12], r->observable.ip[13],
		    r->observable.ip[14], r->observable.ip[15]);
	else if (k == 1)
		snprintf(r->value, sizeof(r->value),
		    "cdn-%llx.update-%u.example", n, r10k);
	else if (k == 2)
		snprintf(r->value, sizeof(r->value),
		    "https://files-%u.example/a/%llx/login.php", r10k, n);
	else
		snprintf(r->value, sizeof(r->value), "MD5:%032llx",
		    n * 0x9e3779b97f4a7c15ULL);
	r->observable.value = str_of(r->value);
	buf_addf(&pattern, "[%s = '%s']", paths[k], r->value);
	fixture_indicator(i, pattern.p, &body);
	need(body.n < BODY_MAX, "indicator too long");
	memcpy(r->body, body.p, body.n);
	r->size = body.n;
	fixture_id(i, r->id);
}

static void
batch_make(struct bench *b, long from)
{
	for (long j = 0; j < b->batch; j++) {
		row_make(&b->row[j], (uint64_t)(from + j));
		b->record_bytes += b->row[j].size;
	}
}

static void
sql(sqlite3 *db, const char *text)
{
	if (sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK)
		need(0, sqlite3_errmsg(db));
}

static void
insert(sqlite3_stmt *st, const struct row *r, int64_t seq, int straight)
{
	sqlite3_bind_int64(st, 1, seq);
	if (straight)
		sqlite3_bind_text(st, 2, r->id, -1, SQLITE_STATIC);
	else
		sqlite3_bind_int64(st, 2, seq);
	sqlite3_bind_int64(st, 3, seq * 37);
	if (straight)
		sqlite3_bind_text(st, 4, r->value, -1, SQLITE_STATIC);
	else
		sqlite3_bind_int64(st, 4, seq);
	sqlite3_bind_int64(st, 5, seq * 7919 % 7776000);
	sqlite3_bind_blob(st, 6, r->body, (int)r->size, SQLITE_STATIC);
	need(sqlite3_step(st) == SQLITE_DONE, "insert");
	sqlite3_reset(st);
}

/* One batch is on disk: note what it took. */
static void
note(struct bench *b, long done, double commit_s, double upkeep_s)
{
	b->commit_ms[b->n] = commit_s * 1e3;
	b->upkeep_ms[b->n++] = upkeep_s * 1e3;
	b->seconds += commit_s + upkeep_s;
	b->done = done;
	if (done <= b->want / 2) {
		b->half = b->seconds;
		b->done_half = done;
	}
}

static void
run_table(struct bench *b, int straight)
{
	char path[4200];
	sqlite3_stmt *st;
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/%s.db", b->dir,
	    straight ? "straight" : "bare");
	need(sqlite3_open(path, &db) == SQLITE_OK, path);
	sql(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
	    "PRAGMA cache_size=-262144; PRAGMA wal_autocheckpoint=16384");
	sql(db, straight ? "CREATE TABLE r(seq INTEGER PRIMARY KEY, id TEXT, "
	    "modified INTEGER, obs TEXT, expiry INTEGER, body BLOB);"
	    "CREATE UNIQUE INDEX ri ON r(id, modified); CREATE INDEX ro ON "
	    "r(obs); CREATE INDEX re ON r(expiry)" :
	    "CREATE TABLE r(seq INTEGER PRIMARY KEY, id INTEGER, modified "
	    "INTEGER, obs INTEGER, expiry INTEGER, body BLOB)");
	need(sqlite3_prepare_v2(db, "INSERT INTO r VALUES(?,?,?,?,?,?)", -1,
	    &st, NULL) == SQLITE_OK, "prepare");
	for (long i = 0; i < b->want; i += b->batch) {
		double t, c;

		batch_make(b, i);
		t = clock_s(CLOCK_MONOTONIC);
		c = clock_s(CLOCK_PROCESS_CPUTIME_ID);
		sql(db, "BEGIN");
		for (long j = 0; j < b->batch; j++)
			insert(st, &b->row[j], i + j + 1, straight);
		sql(db, "COMMIT");
		b->cpu += clock_s(CLOCK_PROCESS_CPUTIME_ID) - c;
		note(b, i + b->batch, clock_s(CLOCK_MONOTONIC) - t, 0);
	}
	sqlite3_finalize(st);
	sqlite3_close(db);
	unlink(path);
}

static int
on_known(void *arg, const struct store_record *r)
{
	(void)arg;
	(void)r;
	return 1;
}

static void
put(struct store *s, const struct row *r, int64_t label)
{
	struct store_record rec = { .label = label, .seal = 1, .source = 1,
		.received.ms = 1800000000000, .modified_us = 1800000000000000,
		.expires.ms = 1807776000000, .id = str_of(r->id),
		.bytes = { r->body, r->size } };
	int64_t seq;

	memcpy(rec.salt, r->id + 11, sizeof(rec.salt));
	need(store_find_id(s, rec.id, NULL, on_known, NULL) == 0, "known");
	need(store_put(s, &rec, &r->observable, 1, &seq) == 0, "store_put");
}

static void
run_batch(struct bench *b, struct store *s, long from)
{
	double t = clock_s(CLOCK_MONOTONIC), done;
	double c = clock_s(CLOCK_PROCESS_CPUTIME_ID);
	int64_t label;

	need(store_begin(s) == 0, "store_begin");
	for (long j = 0; j < b->batch; j++) {
		need(store_intern_label(s, STR("comity-label/1\n"), &label) ==
		    0, "store_intern_label");
		put(s, &b->row[j], label);
	}
	need(store_commit(s) == 0, "store_commit");
	done = clock_s(CLOCK_MONOTONIC);
	need(store_maintain(s, MAINTAIN_MS) >= 0, "store_maintain");
	b->cpu += clock_s(CLOCK_PROCESS_CPUTIME_ID) - c;
	note(b, from + b->batch, done - t, clock_s(CLOCK_MONOTONIC) - done);
}

/* Bytes on disk once nothing is left to do. */
static double
run_store(struct bench *b)
{
	struct store *s = fixture_open(b->dir);
	struct store_stats stats;
	char path[4200];
	struct stat st;
	double t;

	for (long i = 0; i < b->rows; i += b->batch) {
		batch_make(b, i);
		run_batch(b, s, i);
	}
	while (store_maintain(s, MAINTAIN_MS) > 0)
		continue;
	store_stats(s, &stats);
	need(stats.records == (uint64_t)b->rows, "records are missing");
	store_close(s);
	t = clock_s(CLOCK_MONOTONIC);
	s = fixture_open(b->dir);
	printf("open again                %10.1f ms\n",
	    (clock_s(CLOCK_MONOTONIC) - t) * 1e3);
	store_close(s);
	snprintf(path, sizeof(path), "%s/comity.db", b->dir);
	need(stat(path, &st) == 0, path);
	return (double)st.st_size;
}

static int
on_double_cmp(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
percentile(double *v, size_t n, double p)
{
	qsort(v, n, sizeof(*v), on_double_cmp);
	return v[(size_t)(p * (double)(n - 1) + 0.5)];
}

static double
report(struct bench *b, const char *name)
{
	double rate = (double)b->done / b->seconds;

	printf("%-14s %10.0f records/s (second half %.0f), %.1f us CPU, "
	    "commit p50 %.1f p99 %.1f max %.1f ms, "
	    "upkeep p99 %.1f max %.1f ms\n",
	    name, rate,
	    (double)(b->done - b->done_half) / (b->seconds - b->half),
	    b->cpu / (double)b->done * 1e6,
	    percentile(b->commit_ms, b->n, 0.5),
	    percentile(b->commit_ms, b->n, 0.99),
	    percentile(b->commit_ms, b->n, 1.0),
	    percentile(b->upkeep_ms, b->n, 0.99),
	    percentile(b->upkeep_ms, b->n, 1.0));
	fflush(stdout);
	return rate;
}

static void
bench_reset(struct bench *b)
{
	b->n = 0;
	b->want = b->rows;
	b->done = b->done_half = 0;
	b->seconds = b->half = b->cpu = 0;
	b->record_bytes = 0;
}

static int
goal(const char *name, double got, double want, int at_least)
{
	int met = at_least ? got >= want : got <= want;

	printf("%-26s %9.2f (goal %s %.2f)%s\n", name, got,
	    at_least ? ">=" : "<=", want, met ? "" : "  MISSED");
	return met;
}

static int
verdict(struct bench *b, const double rate[3], double file_bytes)
{
	int met = goal("store / bare", rate[2] / rate[0], GOAL_BARE, 1);

	if (b->rows >= 1000000)
		met &= goal("store / straightforward", rate[2] / rate[1],
		    GOAL_STRAIGHT, 1);
	else
		printf("%-26s %9.2f\n", "store / straightforward",
		    rate[2] / rate[1]);
	met &= goal("commit p99 ms", percentile(b->commit_ms, b->n, 0.99),
	    GOAL_P99_MS, 0);
	met &= goal("commit max ms", percentile(b->commit_ms, b->n, 1),
	    GOAL_MAX_MS, 0);
	met &= goal("bytes on disk / record", file_bytes /
	    (double)b->record_bytes, GOAL_BYTES, 0);
	return met;
}

int
main(int argc, char **argv)
{
	struct bench b = {
		.rows = argc > 1 ? atol(argv[1]) : 50000,
		.batch = argc > 2 ? atol(argv[2]) : 1000,
	};
	char *own = argc > 3 ? NULL : fixture_dir();
	double rate[3], file_bytes;
	size_t batches;
	int met;

	need(b.batch > 0 && b.batch <= BATCH_MAX && b.rows >= b.batch,
	    "ROWS >= BATCH, BATCH 1..10000");
	b.rows -= b.rows % b.batch;
	b.dir = own == NULL ? argv[3] : own;
	batches = (size_t)(b.rows / b.batch);
	b.row = mem_array(struct row, (size_t)b.batch);
	b.commit_ms = mem_array(double, batches);
	b.upkeep_ms = mem_array(double, batches);
	for (int straight = 0; straight < 2; straight++) {
		bench_reset(&b);
		if (b.want > TABLE_ROWS_MAX)
			b.want = TABLE_ROWS_MAX;
		run_table(&b, straight);
		rate[straight] = report(&b, straight ? "straightforward" :
		    "bare table");
	}
	bench_reset(&b);
	file_bytes = run_store(&b);
	rate[2] = report(&b, "store");
	printf("%ld records of %.0f bytes, %ld a transaction; %.0f bytes on "
	    "disk a record\n", b.rows, (double)b.record_bytes /
	    (double)b.rows, b.batch, file_bytes / (double)b.rows);
	met = verdict(&b, rate, file_bytes);
	free(b.row);
	free(b.commit_ms);
	free(b.upkeep_ms);
	if (own != NULL)
		fixture_remove(own);
	return met ? 0 : 1;
}
