#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "lib/store_fixture.h"
#include "store/siphash.h"
#include "store/store_private.h"

struct fixture {
	char *dir;
	struct store *s;
	struct arena *arena;
};

static int
setup(void **state)
{
	struct fixture *f = mem_new(struct fixture);

	f->dir = fixture_dir();
	f->s = fixture_open(f->dir);
	f->arena = arena_new(MIB(16));
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	store_close(f->s);
	arena_free(f->arena);
	fixture_remove(f->dir);
	free(f);
	return 0;
}

static void
reopen(struct fixture *f)
{
	store_close(f->s);
	f->s = fixture_open(f->dir);
}

/* Put bytes under id with no keys. */
static int64_t
put(struct store *s, const char *id, const char *bytes)
{
	int64_t seq = 0;

	assert_int_equal(store_put(s, &(struct store_record){
	    .id = str_of(id), .bytes = str_of(bytes),
	    .expires = UNIX_MS_NEVER }, NULL, 0, &seq), 0);
	return seq;
}

struct seen {
	struct store_record v[256];
	size_t n;
	int stop_at;	/* with this many, answer stop */
	int stop;
	struct store *s;
	struct arena *arena;
};

static int
on_record(void *arg, const struct store_record *r)
{
	struct seen *seen = arg;

	assert_true(seen->n < NELEM(seen->v));
	seen->v[seen->n++] = *r;
	return (int)seen->n == seen->stop_at ? seen->stop : 0;
}

static void
test_siphash_vector(void **state)
{
	uint8_t key[16], text[15];

	(void)state;
	for (uint8_t i = 0; i < 16; i++)
		key[i] = i;
	memcpy(text, key, sizeof(text));
	/* SipHash paper, appendix A. */
	assert_true(siphash(key, text, sizeof(text)) ==
	    UINT64_C(0xa129ca6149be45e5));
}

static void
test_open_new(void **state)
{
	struct fixture *f = *state;
	uint8_t before[16], after[16];
	const char *files[] = { "comity.db", "comity.db-wal", "comity.lock" };

	store_epoch(f->s, before);
	assert_int_equal(store_last_seq(f->s), 0);
	assert_int_equal(store_count(f->s), 0);
	assert_int_equal(store_log_size(f->s), 0);
	assert_int_equal(store_begin(f->s), 0);
	put(f->s, "x--1", "{\"id\":\"x--1\"}");
	assert_int_equal(store_commit(f->s), 0);
	for (size_t i = 0; i < NELEM(files); i++) {
		char path[4200];
		struct stat st;

		snprintf(path, sizeof(path), "%s/%s", f->dir, files[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	reopen(f);
	store_epoch(f->s, after);
	assert_memory_equal(before, after, sizeof(before));
	assert_int_equal(store_last_seq(f->s), 1);
	assert_int_equal(store_new_epoch(f->s), 0);
	store_epoch(f->s, after);
	assert_memory_not_equal(before, after, sizeof(before));
}

static void
test_get_same_as_put(void **state)
{
	struct fixture *f = *state;
	struct store_record in[] = {
		{ .flags = RECORD_OWN | RECORD_HAS_REFS, .label = 7,
		    .desks = 300, .seal = 1 << 20, .leaf = 255, .source = 3,
		    .received.ms = 1799999999999, .expires = UNIX_MS_NEVER,
		    .modified_us = INT64_C(1799999999999999) },
		{ .expires.ms = 0, .modified_us = -5, .received.ms = -1,
		    .leaf = UINT16_MAX, .label = INT64_MAX,
		    .flags = RECORD_UNKEYED },
		{ .expires.ms = INT64_MAX - 1, .modified_us = INT64_MIN },
	};

	assert_int_equal(store_begin(f->s), 0);
	for (size_t i = 0; i < NELEM(in); i++) {
		in[i].id = STR("a--1");
		in[i].bytes = STR("{\"id\":\"a--1\",\"x\":\"\\u0000\"}");
		memset(in[i].salt, (int)i + 1, sizeof(in[i].salt));
		assert_int_equal(store_put(f->s, &in[i], NULL, 0,
		    &in[i].seq), 0);
		assert_int_equal(in[i].seq, i + 1);
	}
	assert_int_equal(store_commit(f->s), 0);
	reopen(f);
	for (size_t i = 0; i < NELEM(in); i++) {
		struct store_record r;

		assert_int_equal(store_get(f->s, in[i].seq, f->arena, &r), 0);
		assert_int_equal(r.seq, in[i].seq);
		assert_int_equal(r.flags, in[i].flags);
		assert_int_equal(r.label, in[i].label);
		assert_int_equal(r.desks, in[i].desks);
		assert_int_equal(r.seal, in[i].seal);
		assert_int_equal(r.leaf, in[i].leaf);
		assert_int_equal(r.source, in[i].source);
		assert_int_equal(r.received.ms, in[i].received.ms);
		assert_int_equal(r.expires.ms, in[i].expires.ms);
		assert_true(r.modified_us == in[i].modified_us);
		assert_memory_equal(r.salt, in[i].salt, sizeof(r.salt));
		assert_true(str_eq(r.bytes, in[i].bytes));
		assert_int_equal(r.id.n, 0);
	}
	assert_int_equal(store_get(f->s, 4, f->arena, &in[0]), ERR_NOT_FOUND);
	assert_int_equal(store_get(f->s, 0, f->arena, &in[0]), ERR_NOT_FOUND);
}

static const struct {
	const char *name, *id, *bytes;
} id_cases[] = {
	{ "first member", "x--1", "{\"id\":\"x--1\",\"type\":\"x\"}" },
	{ "after nested ones", "x--1", "{ \"a\" : {\"id\":\"x--2\"},"
	    "\"b\":[{\"id\":\"x--3\"},\"]\",\"\\\"\"],\"id\" : \"x--1\" }" },
	{ "id as a value first", "x--1", "{\"a\":\"id\",\"id\":\"x--1\"}" },
	{ "escaped value", "x--1", "{\"id\":\"\\u0078--1\"}" },
	{ "escaped name", "x--1", "{\"\\u0069d\":\"x--1\"}" },
	{ "escaped other name", "x--1", "{\"\\u0070\":1,\"id\":\"x--1\"}" },
	{ "no object", "x--1", "" },
	{ "cut", "x--1", "{\"a\":\"\\" },
	{ "another id in the bytes", "x--1", "{\"id\":\"x--9\"}" },
};

static void
test_find_id_forms(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < NELEM(id_cases); i++) {
		struct seen seen = { 0 };

		assert_int_equal(store_begin(f->s), 0);
		put(f->s, id_cases[i].id, id_cases[i].bytes);
		if (store_find_id(f->s, STR("x--1"), f->arena, on_record,
		    &seen) != 0 || seen.n != 1 ||
		    !str_eqz(seen.v[0].bytes, id_cases[i].bytes))
			fail_msg("%s: %zu found", id_cases[i].name, seen.n);
		seen.n = 0;
		assert_int_equal(store_find_id(f->s, STR("x--9"), f->arena,
		    on_record, &seen), 0);
		assert_int_equal(seen.n, 0);
		store_rollback(f->s);
	}
}

static void
test_find_id_versions(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(store_begin(f->s), 0);
	for (int i = 0; i < 40; i++)
		put(f->s, i % 2 ? "x--1" : "x--2", i % 2 ?
		    "{\"id\":\"x--1\"}" : "{\"id\":\"x--2\"}");
	assert_int_equal(store_commit(f->s), 0);
	/* From memory, from the pending rows, and from a run. */
	for (int round = 0; round < 3; round++) {
		struct seen seen = { .stop_at = -1 };

		assert_int_equal(store_find_id(f->s, STR("x--1"), f->arena,
		    on_record, &seen), 0);
		assert_int_equal(seen.n, 20);
		for (int i = 0; i < 20; i++)
			assert_int_equal(seen.v[i].seq, 2 * i + 2);
		seen = (struct seen){ .stop_at = 3, .stop = 77 };
		assert_int_equal(store_find_id(f->s, STR("x--2"), f->arena,
		    on_record, &seen), 77);
		assert_int_equal(seen.n, 3);
		if (round == 0)
			reopen(f);
		if (round == 1) {
			assert_int_equal(store_begin(f->s), 0);
			assert_int_equal(keys_flush(f->s), 0);
			assert_int_equal(store_commit(f->s), 0);
			reopen(f);
			assert_int_equal(f->s->keys.n, 0);
			assert_int_equal(f->s->keys.runs.n, 1);
		}
	}
}

/* A visitor that asks the store, as the gate does. */
static int
on_record_ask(void *arg, const struct store_record *r)
{
	struct seen *seen = arg, inner = { .stop_at = -1 };
	struct store_record again;

	assert_int_equal(store_get(seen->s, r->seq, seen->arena, &again), 0);
	assert_int_equal(store_scan(seen->s, 0, 3, seen->arena, on_record,
	    &inner), 3);
	return on_record(arg, r);
}

static void
test_scan_pages(void **state)
{
	struct fixture *f = *state;
	AUTO(arena_free) struct arena *small = arena_new(1024);
	struct seen seen = { .s = f->s, .arena = f->arena };

	assert_int_equal(store_begin(f->s), 0);
	for (int i = 0; i < 100; i++)
		put(f->s, "x--1", "{\"id\":\"x--1\"}");
	assert_int_equal(store_commit(f->s), 0);
	assert_int_equal(store_scan(f->s, 0, 1000, f->arena, on_record_ask,
	    &seen), 100);
	for (int i = 0; i < 100; i++)
		assert_int_equal(seen.v[i].seq, i + 1);
	seen = (struct seen){ 0 };
	assert_int_equal(store_scan(f->s, 90, 5, f->arena, on_record, &seen),
	    5);
	assert_int_equal(seen.v[0].seq, 91);
	assert_int_equal(store_scan(f->s, 100, 5, f->arena, on_record, &seen),
	    0);
	seen = (struct seen){ .stop_at = 20, .stop = 1 };
	assert_int_equal(store_scan(f->s, 0, 99, f->arena, on_record, &seen),
	    20);
	seen = (struct seen){ .stop_at = 20, .stop = ERR_DENIED };
	assert_int_equal(store_scan(f->s, 0, 99, f->arena, on_record, &seen),
	    ERR_DENIED);
	/* An arena that fills up ends the page early. */
	seen = (struct seen){ 0 };
	assert_in_range(store_scan(f->s, 0, 200, small, on_record, &seen), 1,
	    99);
	assert_int_equal(seen.v[0].seq, 1);
	assert_int_equal(store_scan(f->s, 0, 200, small, on_record, &seen),
	    ERR_LIMIT);
}

static void
test_rollback_undoes_all(void **state)
{
	struct fixture *f = *state;
	struct digest leaf = { { 1 } };
	int64_t label[2], name[2], seal;
	uint64_t index;
	struct str v;

	for (int round = 0; round < 2; round++) {
		assert_int_equal(store_begin(f->s), 0);
		assert_int_equal(put(f->s, "x--1", "{\"id\":\"x--1\"}"), 1);
		assert_int_equal(store_intern_label(f->s, round ? STR("b") :
		    STR("a"), &label[round]), 0);
		assert_int_equal(store_intern_name(f->s, STR("cert-xa"),
		    &name[round]), 0);
		assert_int_equal(store_set(f->s, "s", "k", STR("v")), 0);
		assert_int_equal(store_put_seal(f->s, STR("seal"), STR(""),
		    &seal), 0);
		assert_int_equal(store_log_append(f->s, 1, STR("entry"),
		    &leaf, &index), 0);
		assert_int_equal(index, 0);
		assert_true(store_in_transaction(f->s));
		store_rollback(f->s);
		assert_false(store_in_transaction(f->s));
	}
	assert_int_equal(label[0], label[1]);
	assert_int_equal(store_label(f->s, label[0], f->arena, &v),
	    ERR_NOT_FOUND);
	assert_int_equal(store_name(f->s, name[0], f->arena, &v),
	    ERR_NOT_FOUND);
	assert_int_equal(store_value(f->s, "s", "k", f->arena, &v),
	    ERR_NOT_FOUND);
	assert_int_equal(store_seal(f->s, seal, f->arena, &v, &v),
	    ERR_NOT_FOUND);
	assert_int_equal(store_last_seq(f->s), 0);
	assert_int_equal(store_log_size(f->s), 0);
	assert_int_equal(f->s->keys.n, 0);
}

static void
test_transaction_order(void **state)
{
	struct fixture *f = *state;
	struct store_record r = { .id = STR("x--1"), .bytes = STR("{}") };
	struct store_record bad = { .id = STR(""), .bytes = STR("{}") };
	int64_t n;

	assert_int_equal(store_put(f->s, &r, NULL, 0, &n), ERR_BUG);
	assert_int_equal(store_set(f->s, "s", "k", STR("v")), ERR_BUG);
	assert_int_equal(store_intern_label(f->s, STR("l"), &n), ERR_BUG);
	assert_int_equal(store_set_tombstone(f->s, 1), ERR_BUG);
	assert_int_equal(store_commit(f->s), ERR_BUG);
	store_rollback(f->s);
	assert_int_equal(store_begin(f->s), 0);
	assert_int_equal(store_begin(f->s), ERR_BUG);
	assert_int_equal(store_maintain(f->s, 1), ERR_BUG);
	assert_int_equal(store_put(f->s, &bad, NULL, 0, &n), ERR_LIMIT);
	r.bytes.n = RECORD_BYTES_MAX + 1;
	assert_int_equal(store_put(f->s, &r, NULL, 0, &n), ERR_LIMIT);
	assert_int_equal(store_commit(f->s), 0);
}

static bool
file_holds(const char *dir, const char *text)
{
	AUTO_BUF struct buf b = { 0 };
	char path[4200], page[4096];
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "%s/comity.db", dir);
	f = fopen(path, "rb");
	assert_non_null(f);
	while ((n = fread(page, 1, sizeof(page), f)) > 0)
		buf_add(&b, page, n);
	fclose(f);
	return memmem(b.p, b.n, text, strlen(text)) != NULL;
}

static void
test_tombstone(void **state)
{
	struct fixture *f = *state;
	const char *bytes = "{\"id\":\"x--1\",\"name\":\"unmistakable\"}";
	struct digest d = sha256_of(bytes, strlen(bytes));
	struct seen seen = { .stop_at = -1 };
	struct store_stats stats;

	assert_int_equal(store_begin(f->s), 0);
	put(f->s, "x--1", bytes);
	put(f->s, "x--2", "{\"id\":\"x--2\"}");
	assert_int_equal(store_commit(f->s), 0);
	reopen(f);
	assert_true(file_holds(f->dir, "unmistakable"));
	for (int round = 0; round < 2; round++) {
		assert_int_equal(store_begin(f->s), 0);
		assert_int_equal(store_set_tombstone(f->s, 1), 0);
		assert_int_equal(store_set_tombstone(f->s, 9), ERR_NOT_FOUND);
		/* Its flags stay as they are, and its id is not lost. */
		assert_int_equal(store_drop_flags(f->s, 1, RECORD_TOMBSTONE),
		    0);
		assert_int_equal(store_add_flags(f->s, 1, RECORD_REVOKED), 0);
		assert_int_equal(store_commit(f->s), 0);
	}
	reopen(f);
	assert_false(file_holds(f->dir, "unmistakable"));
	assert_int_equal(store_find_id(f->s, STR("x--1"), f->arena, on_record,
	    &seen), 0);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.v[0].flags, RECORD_TOMBSTONE);
	assert_int_equal(seen.v[0].bytes.n, sizeof(d.b));
	assert_memory_equal(seen.v[0].bytes.p, d.b, sizeof(d.b));
	store_stats(f->s, &stats);
	assert_int_equal(stats.tombstones, 1);
	assert_int_equal(stats.records, 1);
	assert_int_equal(store_count(f->s), 1);
}

static void
test_intern_many(void **state)
{
	struct fixture *f = *state;
	char text[32];
	int64_t n;
	struct str v;

	assert_int_equal(store_begin(f->s), 0);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 3 * INTERN_SLOTS; i++) {
			snprintf(text, sizeof(text), "label %d", i);
			assert_int_equal(store_intern_label(f->s,
			    str_of(text), &n), 0);
			assert_int_equal(n, i + 1);
		}
	assert_int_equal(store_intern_name(f->s, STR("cert-xa"), &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(store_commit(f->s), 0);
	reopen(f);
	for (int i = 0; i < 3 * INTERN_SLOTS; i += 97) {
		snprintf(text, sizeof(text), "label %d", i);
		assert_int_equal(store_label(f->s, i + 1, f->arena, &v), 0);
		assert_true(str_eqz(v, text));
	}
	assert_int_equal(store_label(f->s, 0, f->arena, &v), ERR_NOT_FOUND);
	assert_int_equal(store_label(f->s, -1, f->arena, &v), ERR_NOT_FOUND);
	assert_int_equal(store_name(f->s, 2, f->arena, &v), ERR_NOT_FOUND);
	assert_int_equal(store_name(f->s, 1, f->arena, &v), 0);
	assert_true(str_eqz(v, "cert-xa"));
}

static void
test_seal_records(void **state)
{
	struct fixture *f = *state;
	struct seen seen = { .stop_at = -1 };
	struct str seal, proof;
	int64_t n[2], seq;

	assert_int_equal(store_begin(f->s), 0);
	assert_int_equal(store_put_seal(f->s, STR("one"), STR(""), &n[0]), 0);
	assert_int_equal(store_put_seal(f->s, STR("two"), STR("p"), &n[1]), 0);
	/* 1..40 of one, 41..60 of two, 61..70 of none, 71..90 of one. */
	for (int i = 1; i <= 90; i++)
		assert_int_equal(store_put(f->s, &(struct store_record){
		    .id = STR("x--1"), .bytes = STR("{\"id\":\"x--1\"}"),
		    .seal = i <= 40 || i > 70 ? n[0] : i <= 60 ? n[1] : 0,
		    .leaf = (uint16_t)i }, NULL, 0, &seq), 0);
	assert_int_equal(store_commit(f->s), 0);
	reopen(f);
	assert_int_equal(store_seal(f->s, n[1], f->arena, &seal, &proof), 0);
	assert_true(str_eqz(seal, "two") && str_eqz(proof, "p"));
	assert_int_equal(store_seal_records(f->s, n[0], f->arena, on_record,
	    &seen), 0);
	assert_int_equal(seen.n, 60);
	for (size_t i = 0; i < seen.n; i++)
		assert_int_equal(seen.v[i].leaf, i < 40 ? i + 1 : i + 31);
	seen = (struct seen){ .stop_at = 16, .stop = 5 };
	assert_int_equal(store_seal_records(f->s, n[1], f->arena, on_record,
	    &seen), 5);
	assert_int_equal(seen.n, 16);
	assert_int_equal(store_seal_records(f->s, 99, f->arena, on_record,
	    &seen), 0);
}

static int
on_value(void *arg, const char *key, struct str value)
{
	struct fixture *f = arg;

	if (strcmp(key, "k2") == 0)
		return 9;
	assert_int_equal(value.n, 4);
	assert_memory_equal(value.p, "a\0b", 4);
	/* What is visited may be changed. */
	return store_unset(f->s, "s", key);
}

static void
test_values(void **state)
{
	struct fixture *f = *state;
	const struct str value = { "a\0b", 4 };
	struct str v;

	assert_int_equal(store_begin(f->s), 0);
	assert_int_equal(store_set(f->s, "s", "k2", STR("")), 0);
	assert_int_equal(store_set(f->s, "s", "k1", STR("old")), 0);
	assert_int_equal(store_set(f->s, "s", "k1", value), 0);
	assert_int_equal(store_set(f->s, "s", "k0", value), 0);
	assert_int_equal(store_set(f->s, "t", "k0", STR("t")), 0);
	assert_int_equal(store_unset(f->s, "t", "none"), 0);
	assert_int_equal(store_value(f->s, "s", "k2", f->arena, &v), 0);
	assert_int_equal(v.n, 0);
	assert_int_equal(store_values(f->s, "s", on_value, f), 9);
	assert_int_equal(store_value(f->s, "s", "k0", f->arena, &v),
	    ERR_NOT_FOUND);
	assert_int_equal(store_values(f->s, "none", on_value, f), 0);
	assert_int_equal(store_commit(f->s), 0);
	reopen(f);
	assert_int_equal(store_value(f->s, "t", "k0", f->arena, &v), 0);
	assert_true(str_eqz(v, "t"));
}

struct log_seen {
	uint64_t next;
	int stop_after;
};

static int
on_log(void *arg, uint64_t index, uint8_t type, struct str entry,
    const struct digest *leaf)
{
	struct log_seen *seen = arg;
	char text[32];

	snprintf(text, sizeof(text), "entry %d", (int)index);
	assert_int_equal(index, seen->next++);
	assert_int_equal(type, index % 7);
	assert_int_equal(leaf->b[0], index % 256);
	assert_true(str_eqz(entry, text));
	return --seen->stop_after == 0 ? 1 : 0;
}

static void
test_log(void **state)
{
	struct fixture *f = *state;
	struct log_seen seen = { 0 };
	uint64_t index;
	char text[32];

	assert_int_equal(store_begin(f->s), 0);
	for (int i = 0; i < 300; i++) {
		struct digest leaf = { { (uint8_t)i } };

		snprintf(text, sizeof(text), "entry %d", i);
		assert_int_equal(store_log_append(f->s, (uint8_t)(i % 7),
		    str_of(text), &leaf, &index), 0);
		assert_int_equal(index, i);
	}
	assert_int_equal(store_commit(f->s), 0);
	reopen(f);
	assert_int_equal(store_log_size(f->s), 300);
	assert_int_equal(store_log_read(f->s, 0, 1000, on_log, &seen), 300);
	seen = (struct log_seen){ .next = 290 };
	assert_int_equal(store_log_read(f->s, 290, 5, on_log, &seen), 5);
	seen = (struct log_seen){ .next = 0, .stop_after = 70 };
	assert_int_equal(store_log_read(f->s, 0, 1000, on_log, &seen), 70);
	assert_int_equal(store_log_read(f->s, 300, 5, on_log, &seen), 0);
}

static void
write_file(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

static void
expect_refused(const char *dir, const char *name, const char *want)
{
	char path[4200];
	struct digest before, after;
	struct err e = { 0 };

	snprintf(path, sizeof(path), "%s/comity.db", dir);
	before = fixture_digest(path);
	if (store_open(&(struct store_options){ .dir = dir, .create = true },
	    &e) != NULL || e.code != ERR_NOT_OURS ||
	    strstr(e.text, want) == NULL || strstr(e.text, path) == NULL)
		fail_msg("%s: %s: %s", name, err_name(e.code), e.text);
	after = fixture_digest(path);
	assert_memory_equal(&before, &after, sizeof(before));
}

static void
test_open_not_ours(void **state)
{
	struct fixture *f = *state;
	char path[4200], zeros[300] = { 0 };
	sqlite3 *db;

	store_close(TAKE(f->s));
	snprintf(path, sizeof(path), "%s/comity.db", f->dir);
	write_file(path, "", 0);
	expect_refused(f->dir, "empty", "empty");
	write_file(path, zeros, 50);
	expect_refused(f->dir, "short", "too short");
	write_file(path, zeros, sizeof(zeros));
	expect_refused(f->dir, "zeros", "another program");
	unlink(path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "CREATE TABLE t (x)", NULL, NULL,
	    NULL), SQLITE_OK);
	sqlite3_close(db);
	expect_refused(f->dir, "other database", "another program");
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	expect_refused(f->dir, "directory", "not a file");
	rmdir(path);
	assert_int_equal(symlink("/dev/null", path), 0);
	expect_refused(f->dir, "symbolic link", "cannot open");
	unlink(path);
	f->s = fixture_open(f->dir);
}

static void
test_open_future_version(void **state)
{
	struct fixture *f = *state;
	char path[4200];
	sqlite3 *db;

	store_close(TAKE(f->s));
	snprintf(path, sizeof(path), "%s/comity.db", f->dir);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA user_version = 99", NULL,
	    NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	expect_refused(f->dir, "future", "schema version 99");
	unlink(path);
	f->s = fixture_open(f->dir);
}

static void
test_open_damaged(void **state)
{
	struct fixture *f = *state;
	char path[4200];
	struct err e = { 0 };

	store_close(TAKE(f->s));
	snprintf(path, sizeof(path), "%s/comity.db", f->dir);
	assert_int_equal(truncate(path, STORE_PAGE_BYTES), 0);
	assert_null(store_open(&(struct store_options){ .dir = f->dir }, &e));
	assert_int_equal(e.code, ERR_STORE);
	assert_non_null(strstr(e.text, "comityctl restore"));
	unlink(path);
	f->s = fixture_open(f->dir);
}

static void
test_open_twice(void **state)
{
	struct fixture *f = *state;
	struct err e = { 0 };

	assert_null(store_open(&(struct store_options){ .dir = f->dir }, &e));
	assert_int_equal(e.code, ERR_STORE);
	assert_non_null(strstr(e.text, "another daemon"));
	e.code = 0;
	assert_null(store_open(&(struct store_options){ .dir = "/nonexistent"
	    }, &e));
	assert_int_equal(e.code, ERR_IO);
}

static void
test_open_without_create(void **state)
{
	struct err e = { 0 };
	char *dir = fixture_dir();

	(void)state;
	assert_null(store_open(&(struct store_options){ .dir = dir }, &e));
	assert_int_equal(e.code, ERR_IO);
	fixture_remove(dir);
}

static void
test_backup(void **state)
{
	struct fixture *f = *state;
	char path[4200], other[4200], *dir = fixture_dir();
	uint8_t ours[16], copy[16], again[16];
	struct err e = { 0 };
	struct stat st;
	struct store *s;
	int rc, steps = 0;

	snprintf(path, sizeof(path), "%s/backup.db", f->dir);
	snprintf(other, sizeof(other), "%s/comity.db", dir);
	store_epoch(f->s, ours);
	for (uint64_t i = 0; i < 200; i++) {
		assert_int_equal(store_begin(f->s), 0);
		assert_true(fixture_put(f->s, i, "[a:b = 1]") > 0);
		assert_int_equal(store_commit(f->s), 0);
	}
	while ((rc = store_backup(f->s, path, 3, &e)) > 0 && ++steps < 10000) {
		/* Records that come in the meantime are in the copy. */
		if (steps > 2)
			continue;
		assert_int_equal(store_backup(f->s, "/tmp/x", 1, &e),
		    ERR_EXISTS);
		assert_int_equal(store_begin(f->s), 0);
		assert_int_equal(store_backup(f->s, path, 1, &e), ERR_BUG);
		assert_true(fixture_put(f->s, 1000 + (uint64_t)steps,
		    "[a:b = 1]") > 0);
		assert_int_equal(store_commit(f->s), 0);
	}
	assert_int_equal(rc, 0);
	assert_true(steps > 2);
	assert_int_equal(store_backup(f->s, path, 3, &e), ERR_EXISTS);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(rename(path, other), 0);
	s = fixture_open(dir);
	store_epoch(s, copy);
	assert_memory_not_equal(copy, ours, sizeof(copy));
	assert_int_equal(store_last_seq(s), 202);
	assert_int_equal(fixture_versions(s, 1002), 1);
	assert_int_equal(fixture_versions(s, 7), 1);
	store_close(s);
	s = fixture_open(dir);
	store_epoch(s, again);
	assert_memory_equal(copy, again, sizeof(copy));
	store_close(s);
	store_epoch(f->s, again);
	assert_memory_equal(ours, again, sizeof(ours));
	fixture_remove(dir);
}

/* Many keys a record: several levels of runs with few records. */
static void
test_maintain_merges(void **state)
{
	struct fixture *f = *state;
	const unsigned records = 330;
	static struct observable keys[PATTERN_KEYS_MAX];
	static char text[PATTERN_KEYS_MAX][32];
	int rc;

	for (unsigned r = 0; r < records; r++) {
		char id[FIXTURE_ID_BYTES + 1];
		int64_t seq;

		for (size_t i = 0; i < NELEM(keys); i++) {
			snprintf(text[i], sizeof(text[i]), "MD5:%u-%zu", r, i);
			keys[i] = (struct observable){
				.kind = OBSERVABLE_HASH,
				.value = str_of(text[i]) };
		}
		assert_int_equal(store_begin(f->s), 0);
		assert_int_equal(store_put(f->s, &(struct store_record){
		    .id = fixture_id((uint64_t)r, id), .bytes = STR("{}") },
		    keys, NELEM(keys), &seq), 0);
		assert_int_equal(store_commit(f->s), 0);
		assert_true(store_maintain(f->s, 1) >= 0);
	}
	for (int round = 0; round < 2; round++) {
		uint64_t total = f->s->keys.n;

		while ((rc = store_maintain(f->s, 5)) > 0)
			continue;
		assert_int_equal(rc, 0);
		total = f->s->keys.n;
		for (size_t i = 0; i < f->s->keys.runs.n; i++)
			total += f->s->keys.runs.v[i]->keys;
		assert_int_equal(total, records * (NELEM(keys) + 1));
		assert_true(f->s->keys.runs.n < 8);
		assert_int_equal(f->s->keys.garbage.n, 0);
		for (unsigned r = 0; r < records; r++)
			assert_int_equal(fixture_versions(f->s, (uint64_t)r),
			    1);
		assert_int_equal(fixture_versions(f->s, 5000), 0);
		reopen(f);
	}
}

static void
test_room_gate(void **state)
{
	struct fixture *f = *state;
	struct store_stats stats;
	struct store_record r;
	int64_t seq;

	assert_int_equal(store_begin(f->s), 0);
	put(f->s, "x--1", "{\"id\":\"x--1\"}");
	assert_int_equal(store_commit(f->s), 0);
	f->s->free_bytes_min = UINT64_MAX / 4;
	assert_int_equal(store_begin(f->s), 0);
	assert_int_equal(store_put(f->s, &(struct store_record){
	    .id = STR("x--2"), .bytes = STR("{}") }, NULL, 0, &seq),
	    ERR_FULL);
	store_rollback(f->s);
	store_stats(f->s, &stats);
	assert_true(stats.full);
	assert_string_not_equal(stats.error, "");
	assert_int_equal(store_get(f->s, 1, f->arena, &r), 0);
	/* The log and settings still go in. */
	assert_int_equal(store_begin(f->s), 0);
	assert_int_equal(store_set(f->s, "s", "k", STR("v")), 0);
	assert_int_equal(store_commit(f->s), 0);
	f->s->free_bytes_min = 1;
	f->s->free_checked_ms = 0;
	assert_int_equal(store_begin(f->s), 0);
	put(f->s, "x--2", "{}");
	assert_int_equal(store_commit(f->s), 0);
	store_stats(f->s, &stats);
	assert_false(stats.full);
	assert_string_equal(stats.error, "");
	assert_true(stats.file_bytes > 0 && stats.wal_bytes > 0);
	assert_true(stats.free_bytes > 0);
}

/* The daemon confines itself after the open: no descriptor is left then. */
static void
test_nothing_opened_later(void **state)
{
	struct fixture *f = *state;
	struct rlimit before, none;
	int fd = dup(0), label_rc;
	int64_t n;

	close(fd);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = before;
	none.rlim_cur = (rlim_t)fd;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	for (uint64_t i = 0; i < 50; i++) {
		assert_int_equal(store_begin(f->s), 0);
		assert_true(fixture_put(f->s, i, "[a:b = 1]") > 0);
		label_rc = store_intern_label(f->s, STR("l"), &n);
		assert_int_equal(label_rc, 0);
		if (i % 2 == 0)
			assert_int_equal(store_commit(f->s), 0);
		store_rollback(f->s);
		assert_int_equal(store_checkpoint(f->s, i % 3 == 0), 0);
	}
	assert_int_equal(store_begin(f->s), 0);
	assert_int_equal(keys_flush(f->s), 0);
	assert_int_equal(store_commit(f->s), 0);
	assert_int_equal(fixture_versions(f->s, 48), 1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_siphash_vector),
		cmocka_unit_test(test_open_without_create),
		T(test_open_new), T(test_open_not_ours),
		T(test_open_future_version), T(test_open_damaged),
		T(test_open_twice), T(test_get_same_as_put),
		T(test_find_id_forms), T(test_find_id_versions),
		T(test_scan_pages), T(test_rollback_undoes_all),
		T(test_transaction_order), T(test_tombstone),
		T(test_intern_many), T(test_seal_records), T(test_values),
		T(test_log), T(test_backup), T(test_maintain_merges),
		T(test_room_gate), T(test_nothing_opened_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
