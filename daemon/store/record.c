/*
 * Records.  A row is a sequence number, a head of packed numbers, and the
 * object as it came.  The id is not stored again but found in the object;
 * where that cannot be done (escapes, a tombstone) it is added to the head.
 */
#include <endian.h>
#include <string.h>

#include "base/crypto.h"
#include "base/limits.h"
#include "store/feed.h"
#include "store/siphash.h"
#include "store/store_private.h"
#include "store/varint.h"

#define HEAD_MAX (8 * VARINT_MAX + 16 + STIX_ID_MAX)
#define FLAGS_MASK 0xffffU		/* the caller's */
#define ROW_ID (1U << 16)		/* the id is in the head */
#define ROW_NEVER (1U << 17)		/* does not expire: no field */
#define SCAN_PAGE 16

static size_t
head_encode(const struct store_record *r, bool with_id, uint8_t *dst)
{
	bool never = r->expires.ms == UNIX_MS_NEVER.ms;
	uint8_t *p = dst;

	p += varint_put(p, (r->flags & FLAGS_MASK) | (with_id ? ROW_ID : 0) |
	    (never ? ROW_NEVER : 0));
	p += varint_put(p, (uint64_t)r->label);
	p += varint_put(p, (uint64_t)r->desks);
	p += varint_put(p, (uint64_t)r->seal);
	p += varint_put(p, r->leaf);
	p += varint_put(p, (uint64_t)r->source);
	p += varint_put(p, zigzag(r->received.ms));
	p += varint_put(p, zigzag(r->modified_us));
	if (!never)
		p += varint_put(p, zigzag(r->expires.ms));
	memcpy(p, r->salt, sizeof(r->salt));
	p += sizeof(r->salt);
	if (with_id) {
		memcpy(p, r->id.p, r->id.n);
		p += r->id.n;
	}
	return (size_t)(p - dst);
}

/* out_id: the id in the head, empty if it is in the object. */
static int
head_decode(struct str head, struct store_record *r, struct str *out_id)
{
	uint64_t flags = varint_get(&head);

	r->flags = (uint32_t)flags & FLAGS_MASK;
	r->label = (int64_t)varint_get(&head);
	r->desks = (int64_t)varint_get(&head);
	r->seal = (int64_t)varint_get(&head);
	r->leaf = (uint16_t)varint_get(&head);
	r->source = (int64_t)varint_get(&head);
	r->received.ms = unzigzag(varint_get(&head));
	r->modified_us = unzigzag(varint_get(&head));
	r->expires = flags & ROW_NEVER ? UNIX_MS_NEVER :
	    (unix_ms_t){ unzigzag(varint_get(&head)) };
	if (head.n < sizeof(r->salt))
		return ERR_STORE;
	memcpy(r->salt, head.p, sizeof(r->salt));
	head.p += sizeof(r->salt);
	head.n -= sizeof(r->salt);
	*out_id = flags & ROW_ID ? head : (struct str){ 0 };
	return 0;
}

uint64_t
key_of_id(const struct store *s, struct str id)
{
	return siphash(s->secret, id.p, id.n) | KEY_HASHED;
}

uint64_t
key_of_seal(const struct store *s, int64_t seal)
{
	uint64_t n = htobe64((uint64_t)seal);

	return siphash(s->secret, &n, sizeof(n)) | KEY_HASHED;
}

static int
record_check(const struct store_record *r, size_t nkeys)
{
	if (r->id.n == 0 || r->id.n > STIX_ID_MAX ||
	    r->bytes.n > RECORD_BYTES_MAX || nkeys > PATTERN_KEYS_MAX)
		return ERR_LIMIT;
	if (r->label < 0 || r->desks < 0 || r->seal < 0 || r->source < 0)
		return ERR_BUG;
	return 0;
}

int
store_put(struct store *s, const struct store_record *r,
    const struct observable *keys, size_t nkeys, int64_t *out_seq)
{
	uint8_t head[HEAD_MAX];
	sqlite3_stmt *st = sql_get(s, SQL_RECORD_PUT);
	int64_t seq = s->now.last_seq + 1;
	struct str id;
	bool with_id;

	TRY(store_writable(s));
	TRY(store_room(s));
	TRY(record_check(r, nkeys));
	with_id = !json_id(r->bytes, &id) || !str_eq(id, r->id);
	sql_int(st, 1, seq);
	sql_blob(st, 2, (struct str){ (const char *)head,
	    head_encode(r, with_id, head) });
	sql_blob(st, 3, r->bytes);
	s->changes++;
	TRY(sql_run(s, st));
	s->now.last_seq = seq;
	keys_stage(s, key_of_id(s, r->id), seq);
	/* Records of a seal lie together: one key where such a row begins. */
	if (r->seal != 0 && r->seal != s->now.last_seal)
		keys_stage(s, key_of_seal(s, r->seal), seq);
	s->now.last_seal = r->seal;
	for (size_t i = 0; i < nkeys; i++)
		keys_stage_observable(s, &keys[i], seq);
	*out_seq = seq;
	return 0;
}

/* The record of the row st is at, if it has that id (id.p NULL: any). */
static int
record_of_row(sqlite3_stmt *st, struct str id, struct arena *arena,
    struct store_record *out)
{
	struct store_record r = { .seq = sqlite3_column_int64(st, 0) };
	struct str own_id, body = sql_column(st, 2);

	TRY(head_decode(sql_column(st, 1), &r, &own_id));
	if (id.p != NULL) {
		if (own_id.n == 0 && !json_id(body, &own_id))
			return ERR_NOT_FOUND;
		if (!str_eq(own_id, id))
			return ERR_NOT_FOUND;
	}
	r.bytes.n = body.n;
	r.bytes.p = arena_dup(arena, body.p, body.n);
	if (r.bytes.p == NULL)
		return ERR_LIMIT;
	*out = r;
	return 0;
}

int
record_fetch(struct store *s, int64_t seq, struct str id,
    struct arena *arena, struct store_record *out)
{
	sqlite3_stmt *st = sql_get(s, SQL_RECORD_GET);
	int rc;

	sql_int(st, 1, seq);
	if ((rc = sql_step(s, st)) <= 0)
		return rc < 0 ? rc : ERR_NOT_FOUND;
	rc = record_of_row(st, id, arena, out);
	sqlite3_reset(st);
	return rc;
}

int
store_get(struct store *s, int64_t seq, struct arena *arena,
    struct store_record *out)
{
	return record_fetch(s, seq, (struct str){ 0 }, arena, out);
}

/* As record_of_row, with the id; that of a tombstone is empty. */
static int
record_of_row_named(sqlite3_stmt *st, struct arena *arena,
    struct store_record *out)
{
	struct store_record r = { .seq = sqlite3_column_int64(st, 0) };
	struct str body = sql_column(st, 2), id;

	TRY(head_decode(sql_column(st, 1), &r, &id));
	r.bytes.n = body.n;
	r.bytes.p = arena_dup(arena, body.p, body.n);
	if (r.bytes.p == NULL)
		return ERR_LIMIT;
	if ((r.flags & RECORD_TOMBSTONE) != 0) {
		*out = r;
		return 0;
	}
	if (id.n > 0) {
		id.p = arena_dup(arena, id.p, id.n);
		if (id.p == NULL)
			return ERR_LIMIT;
	} else if (!json_id(r.bytes, &id)) {
		return ERR_STORE;
	}
	r.id = id;
	*out = r;
	return 0;
}

int
store_get_named(struct store *s, int64_t seq, struct arena *arena,
    struct store_record *out)
{
	sqlite3_stmt *st = sql_get(s, SQL_RECORD_GET);
	int rc;

	sql_int(st, 1, seq);
	if ((rc = sql_step(s, st)) <= 0)
		return rc < 0 ? rc : ERR_NOT_FOUND;
	rc = record_of_row_named(st, arena, out);
	sqlite3_reset(st);
	return rc;
}

int
store_get_run(struct store *s, int64_t from, size_t n, struct arena *arena,
    struct store_record *out)
{
	sqlite3_stmt *st = sql_get(s, SQL_RECORD_SCAN);
	int64_t end = from + (int64_t)n;
	int got = 0, rc;

	sql_int(st, 1, from - 1);
	sql_int(st, 2, (int64_t)n);
	while ((rc = sql_step(s, st)) > 0 &&
	    sqlite3_column_int64(st, 0) < end) {
		rc = record_of_row_named(st, arena, &out[got]);
		if (rc < 0)
			break;
		got++;
	}
	sqlite3_reset(st);
	return rc < 0 && rc != ERR_LIMIT ? rc : got;
}

static int
on_seq_cmp(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

void
seq_sort(seq_vec *v)
{
	size_t kept = 0;

	if (v->n > 1)
		qsort(v->v, v->n, sizeof(*v->v), on_seq_cmp);
	for (size_t i = 0; i < v->n; i++)
		if (kept == 0 || v->v[kept - 1] != v->v[i])
			v->v[kept++] = v->v[i];
	v->n = kept;
}

int
store_find_id(struct store *s, struct str id, struct arena *arena,
    store_visit visit, void *arg)
{
	uint64_t key = key_of_id(s, id);
	seq_vec seqs = { 0 };
	int rc = keys_find(s, key, key, SIZE_MAX, &seqs);

	seq_sort(&seqs);
	for (size_t i = 0; i < seqs.n && rc == 0; i++) {
		struct store_record r;

		rc = record_fetch(s, seqs.v[i], id, arena, &r);
		if (rc == ERR_NOT_FOUND)
			rc = 0;		/* another id with that key */
		else if (rc == 0)
			rc = visit(arg, &r);
	}
	vec_clear(&seqs);
	return rc;
}

/* Up to n records after *from; fewer at the end or when the arena is full. */
static int
scan_page(struct store *s, int64_t from, size_t n, struct arena *arena,
    struct store_record *out)
{
	sqlite3_stmt *st = sql_get(s, SQL_RECORD_SCAN);
	int got = 0, rc;

	sql_int(st, 1, from);
	sql_int(st, 2, (int64_t)n);
	while ((rc = sql_step(s, st)) > 0) {
		rc = record_of_row(st, (struct str){ 0 }, arena, &out[got]);
		if (rc < 0)
			break;
		got++;
	}
	sqlite3_reset(st);
	return got > 0 ? got : rc;
}

int
store_scan(struct store *s, int64_t from, size_t limit, struct arena *arena,
    store_visit visit, void *arg)
{
	struct store_record page[SCAN_PAGE];
	int seen = 0;

	/* No statement is open while visit runs: it may ask the store. */
	while ((size_t)seen < limit) {
		size_t n = limit - (size_t)seen;
		int got = scan_page(s, from, n < SCAN_PAGE ? n : SCAN_PAGE,
		    arena, page), rc;

		if (got < 0)
			return got == ERR_LIMIT && seen > 0 ? seen : got;
		for (int i = 0; i < got; i++, seen++)
			if ((rc = visit(arg, &page[i])) != 0)
				return rc < 0 ? rc : seen + 1;
		if (got == 0)
			break;
		from = page[got - 1].seq;
	}
	return seen;
}

static int
row_replace(struct store *s, const struct store_record *r)
{
	sqlite3_stmt *st = sql_get(s, SQL_RECORD_SET);
	uint8_t head[HEAD_MAX];

	sql_blob(st, 1, (struct str){ (const char *)head,
	    head_encode(r, true, head) });
	sql_blob(st, 2, r->bytes);
	sql_int(st, 3, r->seq);
	s->changes++;
	return sql_run(s, st);
}

/* A row to be written again; a tombstone as it is, without its id. */
static int
row_get(struct store *s, int64_t seq, struct arena *a,
    struct store_record *out)
{
	sqlite3_stmt *st = sql_get(s, SQL_RECORD_GET);
	struct store_record own;
	int rc;

	TRY(store_writable(s));
	sql_int(st, 1, seq);
	if ((rc = sql_step(s, st)) <= 0)
		return rc < 0 ? rc : ERR_NOT_FOUND;
	rc = record_of_row(st, (struct str){ 0 }, a, out);
	if (rc == 0 && (out->flags & RECORD_TOMBSTONE) == 0) {
		rc = head_decode(sql_column(st, 1), &own, &out->id);
		if (rc == 0 && out->id.n == 0 &&
		    !json_id(out->bytes, &out->id))
			rc = ERR_STORE;
		if (out->id.n > 0)
			out->id.p = arena_dup(a, out->id.p, out->id.n);
	}
	sqlite3_reset(st);
	return rc;
}

int
store_add_flags(struct store *s, int64_t seq, uint32_t flags)
{
	AUTO(arena_free) struct arena *a = arena_new(2 * RECORD_BYTES_MAX);
	struct store_record r;

	TRY(row_get(s, seq, a, &r));
	if ((r.flags & RECORD_TOMBSTONE) != 0 || (r.flags & flags) == flags)
		return 0;
	r.flags |= flags;
	return row_replace(s, &r);
}

int
store_drop_flags(struct store *s, int64_t seq, uint32_t flags)
{
	AUTO(arena_free) struct arena *a = arena_new(2 * RECORD_BYTES_MAX);
	struct store_record r;

	TRY(row_get(s, seq, a, &r));
	/* A tombstone read so has no id: it would be written without. */
	if ((r.flags & RECORD_TOMBSTONE) != 0 || (r.flags & flags) == 0)
		return 0;
	r.flags &= ~flags;
	return row_replace(s, &r);
}

int
store_set_tombstone(struct store *s, int64_t seq)
{
	AUTO(arena_free) struct arena *a = arena_new(2 * RECORD_BYTES_MAX);
	struct store_record r;
	struct digest digest;
	int rc;

	TRY(row_get(s, seq, a, &r));
	if ((r.flags & RECORD_TOMBSTONE) != 0)
		return 0;
	digest = sha256_of(r.bytes.p, r.bytes.n);
	r.bytes = (struct str){ (const char *)digest.b, sizeof(digest.b) };
	r.flags |= RECORD_TOMBSTONE;
	/* What was recalled is overwritten, not just let go. */
	TRY(sql_exec(s, "PRAGMA secure_delete = 1"));
	rc = row_replace(s, &r);
	TRY(sql_exec(s, "PRAGMA secure_delete = 0"));
	s->now.tombstones += rc == 0;
	return rc;
}

struct seal_walk {
	int64_t seal, seq;
	store_visit visit;
	void *arg;
	bool end;	/* of this row of the seal's records */
	int stop;	/* what visit said */
};

static int
on_seal_record(void *arg, const struct store_record *r)
{
	struct seal_walk *w = arg;

	if (r->seal != w->seal) {
		w->end = true;
		return 1;
	}
	w->seq = r->seq;
	w->stop = w->visit(w->arg, r);
	return w->stop;
}

int
store_seal_records(struct store *s, int64_t n, struct arena *arena,
    store_visit visit, void *arg)
{
	struct seal_walk w = { .seal = n, .visit = visit, .arg = arg };
	uint64_t key = key_of_seal(s, n);
	seq_vec seqs = { 0 };
	int rc = keys_find(s, key, key, SIZE_MAX, &seqs);

	seq_sort(&seqs);
	for (size_t i = 0; i < seqs.n && rc >= 0 && w.stop == 0; i++) {
		w.end = false;
		w.seq = seqs.v[i] - 1;
		do {
			rc = store_scan(s, w.seq, SCAN_PAGE, arena,
			    on_seal_record, &w);
		} while (rc == SCAN_PAGE && !w.end && w.stop == 0);
	}
	vec_clear(&seqs);
	return rc < 0 ? rc : w.stop;
}
