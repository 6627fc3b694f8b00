/*
 * Merging KEYS_FANIN runs of a level into one of the next, a slice at a
 * time.  The pages of the new run are no run until it is listed; the pages
 * of the old ones are cleared when they no longer are.
 */
#include <string.h>

#include "store/store_private.h"

#define SLICE_PAGES 32	/* about 40,000 keys in one step */

struct input {
	struct run *run;	/* borrowed from keys.runs */
	uint8_t *page;		/* owned */
	size_t next;		/* page to read */
	size_t n, at;		/* entries in page, and the next of them */
	uint64_t k;		/* of entry at */
	bool end;
};

struct merge {
	struct input in[KEYS_FANIN];
	struct run *out;	/* owned */
	uint8_t *page;		/* owned */
	size_t n;
};

void
merge_free(struct merge *m)
{
	if (m == NULL)
		return;
	for (int i = 0; i < KEYS_FANIN; i++)
		free(m->in[i].page);
	free(m->page);
	run_free(m->out);
	free(m);
}

/* The lowest level with enough runs, or -1. */
static int
level_due(const struct keys *k)
{
	int best = -1;

	for (size_t i = 0; i < k->runs.n; i++) {
		int level = k->runs.v[i]->level, n = 0;

		for (size_t j = 0; j < k->runs.n; j++)
			n += k->runs.v[j]->level == level;
		if (n >= KEYS_FANIN && (best < 0 || level < best))
			best = level;
	}
	return best;
}

bool
merge_is_due(const struct keys *k)
{
	return level_due(k) >= 0;
}

static int
input_read(struct store *s, struct input *in)
{
	if (in->next == in->run->npages) {
		in->end = true;
		return 0;
	}
	TRY(run_read_page(s, in->run, in->next++, in->page, &in->n));
	in->at = 0;
	in->k = key_get(in->page);
	return 0;
}

static int
merge_start(struct store *s)
{
	struct keys *k = &s->keys;
	struct merge *m = mem_new(struct merge);
	int level = level_due(k), n = 0;
	uint64_t keys = 0;

	k->merge = m;
	m->page = mem_zeroed(STORE_PAGE_BYTES, 1);
	/* The oldest first: of equal keys the older entry comes first. */
	for (size_t i = 0; i < k->runs.n && n < KEYS_FANIN; i++) {
		struct run *r = k->runs.v[i];

		if (r->level != level)
			continue;
		m->in[n].run = r;
		m->in[n].page = mem_zeroed(STORE_PAGE_BYTES, 1);
		TRY(input_read(s, &m->in[n++]));
		keys += r->keys;
	}
	m->out = run_new(k->next_run++, level + 1, keys);
	return 0;
}

static struct input *
merge_least(struct merge *m)
{
	struct input *best = NULL;

	for (int i = 0; i < KEYS_FANIN; i++)
		if (!m->in[i].end && (best == NULL || m->in[i].k < best->k))
			best = &m->in[i];
	return best;
}

/* One page of the new run; 0 when it was the last. */
static int
merge_page(struct store *s, struct merge *m)
{
	const size_t max = run_page_keys();
	struct input *in = NULL;

	for (m->n = 0; m->n < max && (in = merge_least(m)) != NULL; m->n++) {
		memcpy(m->page + m->n * KEY_BYTES,
		    in->page + in->at * KEY_BYTES, KEY_BYTES);
		if (++in->at == in->n)
			TRY(input_read(s, in));
		else
			in->k = key_get(in->page + in->at * KEY_BYTES);
	}
	if (m->n > 0)
		TRY(run_write_page(s, m->out, m->page, m->n));
	return m->n == max;
}

/* List the new run in place of the old. */
static int
merge_finish(struct store *s)
{
	struct keys *k = &s->keys;
	struct merge *m = k->merge;

	TRY(run_publish(s, m->out));
	for (int i = 0; i < KEYS_FANIN; i++) {
		sqlite3_stmt *st = sql_get(s, SQL_RUN_DELETE);
		struct run *r = m->in[i].run;
		size_t at = 0, kept = 0;

		sql_int(st, 1, r->n);
		TRY(sql_run(s, st));
		for (; at < k->runs.n; at++)
			if (k->runs.v[at] != r)
				k->runs.v[kept++] = k->runs.v[at];
		k->runs.n = kept;
		vec_push(&k->garbage, r->n);
		run_free(r);
	}
	vec_push(&k->runs, TAKE(m->out));
	merge_free(m);
	k->merge = NULL;
	return 0;
}

int
merge_step(struct store *s)
{
	struct keys *k = &s->keys;
	int rc = 1;

	if (k->merge == NULL)
		TRY(merge_start(s));
	for (int i = 0; i < SLICE_PAGES && rc > 0; i++)
		rc = merge_page(s, k->merge);
	return rc == 0 ? merge_finish(s) : rc;
}
