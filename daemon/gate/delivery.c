#include "gate/delivery.h"

#include <stdio.h>
#include <string.h>

#include <roaring/roaring.h>

#define CHUNK_BITS 16
#define CHUNK_SEQS (INT64_C(1) << CHUNK_BITS)
#define SPACE "delivery"
#define REPLAY_PAGE 256
/* The states before this one are saved. */
#define SAVED_STATES DELIVERY_SENT

/* One bitmap per state and per 65,536 records: what is written is small. */
struct chunk {
	roaring_bitmap_t *bits[DELIVERY_STATES];	/* owned; or NULL */
	bool dirty;
};

struct delivery {
	char peer[CERT_ID_MAX + 1];
	VEC(struct chunk) chunks;	/* by seq >> CHUNK_BITS */
	uint64_t counts[DELIVERY_STATES];
	int64_t settled;
	uint64_t position;
	uint64_t log_from;		/* the log before this is in the chunks */
	bool dirty;
};

const char *
delivery_state_name(enum delivery_state s)
{
	static const char *const names[] = {
		"undecided", "delivered", "redacted", "refused", "consulted",
		"denied", "forbidden", "sent",
	};

	return (size_t)s < NELEM(names) ? names[s] : "unknown";
}

static struct chunk *
chunk_of(struct delivery *d, int64_t seq)
{
	size_t i = (size_t)(seq >> CHUNK_BITS);

	while (d->chunks.n <= i)
		vec_push(&d->chunks, (struct chunk){ 0 });
	return &d->chunks.v[i];
}

enum delivery_state
delivery_get(const struct delivery *d, int64_t seq)
{
	size_t i = (size_t)(seq >> CHUNK_BITS);
	uint32_t bit = (uint32_t)(seq & (CHUNK_SEQS - 1));

	if (i >= d->chunks.n)
		return DELIVERY_NONE;
	for (int s = 1; s < DELIVERY_STATES; s++)
		if (d->chunks.v[i].bits[s] != NULL &&
		    roaring_bitmap_contains(d->chunks.v[i].bits[s], bit))
			return (enum delivery_state)s;
	return DELIVERY_NONE;
}

void
delivery_set(struct delivery *d, int64_t seq, enum delivery_state s)
{
	enum delivery_state was = delivery_get(d, seq);
	uint32_t bit = (uint32_t)(seq & (CHUNK_SEQS - 1));
	struct chunk *c;

	if (was == s)
		return;
	c = chunk_of(d, seq);
	if (was != DELIVERY_NONE) {
		roaring_bitmap_remove(c->bits[was], bit);
		d->counts[was]--;
	}
	if (s != DELIVERY_NONE) {
		if (c->bits[s] == NULL)
			c->bits[s] = roaring_bitmap_create();
		roaring_bitmap_add(c->bits[s], bit);
		d->counts[s]++;
	}
	c->dirty = d->dirty = true;
}

uint64_t
delivery_count(const struct delivery *d, enum delivery_state s)
{
	return d->counts[s];
}

void
delivery_each(const struct delivery *d, enum delivery_state s, int64_t from,
    bool (*visit)(void *arg, int64_t seq), void *arg)
{
	for (size_t i = (size_t)(from >> CHUNK_BITS); i < d->chunks.n; i++) {
		int64_t base = (int64_t)i << CHUNK_BITS;
		roaring_uint32_iterator_t it;

		if (d->chunks.v[i].bits[s] == NULL)
			continue;
		roaring_init_iterator(d->chunks.v[i].bits[s], &it);
		for (; it.has_value; roaring_advance_uint32_iterator(&it)) {
			int64_t seq = base + it.current_value;

			if (seq > from && !visit(arg, seq))
				return;
		}
	}
}

int64_t
delivery_settled(const struct delivery *d)
{
	return d->settled;
}

void
delivery_set_settled(struct delivery *d, int64_t seq)
{
	d->dirty = d->dirty || d->settled != seq;
	d->settled = seq;
}

uint64_t
delivery_position(const struct delivery *d)
{
	return d->position;
}

void
delivery_set_position(struct delivery *d, uint64_t position)
{
	d->dirty = d->dirty || d->position != position;
	d->position = position;
}

static void
forget_state(struct delivery *d, enum delivery_state s)
{
	for (size_t i = 0; i < d->chunks.n; i++) {
		struct chunk *c = &d->chunks.v[i];

		if (c->bits[s] != NULL)
			roaring_bitmap_clear(c->bits[s]);
		c->dirty = c->dirty || s < SAVED_STATES;
	}
	d->counts[s] = 0;
}

void
delivery_forget_sent(struct delivery *d)
{
	forget_state(d, DELIVERY_SENT);
}

void
delivery_forget_refused(struct delivery *d)
{
	if (d->counts[DELIVERY_REFUSED] == 0)
		return;
	forget_state(d, DELIVERY_REFUSED);
	d->settled = 0;
	d->dirty = true;
}

void
delivery_reset(struct delivery *d, bool everything)
{
	for (int s = 1; s < DELIVERY_STATES; s++)
		if (everything || (s != DELIVERY_DELIVERED &&
		    s != DELIVERY_REDACTED && s != DELIVERY_SENT))
			forget_state(d, (enum delivery_state)s);
	d->settled = 0;
	if (everything)
		d->position = 0;
	d->dirty = true;
}

bool
delivery_is_dirty(const struct delivery *d)
{
	return d->dirty;
}

/* "peer/state/chunk": the key one bitmap is saved under. */
static void
chunk_key(const struct delivery *d, int s, size_t i, char *dst, size_t size)
{
	snprintf(dst, size, "%s/%d/%08zx", d->peer, s, i);
}

static int
save_bitmap(struct delivery *d, struct store *store, int s, size_t i)
{
	roaring_bitmap_t *bits = d->chunks.v[i].bits[s];
	char key[CERT_ID_MAX + 32], *bytes;
	size_t n;
	int rc;

	chunk_key(d, s, i, key, sizeof(key));
	if (bits == NULL || roaring_bitmap_is_empty(bits))
		return store_unset(store, SPACE, key);
	(void)roaring_bitmap_run_optimize(bits);
	n = roaring_bitmap_portable_size_in_bytes(bits);
	bytes = mem_array(char, n);
	(void)roaring_bitmap_portable_serialize(bits, bytes);
	rc = store_set(store, SPACE, key, (struct str){ bytes, n });
	free(bytes);
	return rc;
}

int
delivery_save(struct delivery *d, struct store *store)
{
	AUTO_BUF struct buf head = { 0 };

	for (size_t i = 0; i < d->chunks.n; i++) {
		if (!d->chunks.v[i].dirty)
			continue;
		for (int s = 1; s < SAVED_STATES; s++)
			TRY(save_bitmap(d, store, s, i));
	}
	d->log_from = store_log_size(store);
	out_u64(&head, (uint64_t)d->settled);
	out_u64(&head, d->position);
	out_u64(&head, d->log_from);
	TRY(store_set(store, SPACE, d->peer, buf_str(&head)));
	for (size_t i = 0; i < d->chunks.n; i++)
		d->chunks.v[i].dirty = false;
	d->dirty = false;
	return 0;
}

/* A saved value is a chunk of this peer: put it in its place. */
static int
on_saved(void *arg, const char *key, struct str value)
{
	struct delivery *d = arg;
	size_t n = strlen(d->peer), i;
	roaring_bitmap_t *bits;
	int s, end = 0;

	if (strncmp(key, d->peer, n) != 0 || key[n] != '/')
		return 0;
	if (sscanf(key + n, "/%d/%8zx%n", &s, &i, &end) != 2 ||
	    key[n + (size_t)end] != '\0' || s < 1 || s >= SAVED_STATES)
		return ERR_STORE;
	bits = roaring_bitmap_portable_deserialize_safe(value.p, value.n);
	if (bits == NULL)
		return ERR_STORE;
	chunk_of(d, (int64_t)i << CHUNK_BITS)->bits[s] = bits;
	d->counts[s] += roaring_bitmap_get_cardinality(bits);
	return 0;
}

static int
load_head(struct delivery *d, struct store *store)
{
	AUTO(arena_free) struct arena *arena = arena_new(KIB(4));
	struct str head;
	struct cur c;
	int rc = store_value(store, SPACE, d->peer, arena, &head);

	if (rc == ERR_NOT_FOUND)
		return 0;
	TRY(rc);
	c = cur_of(head.p, head.n);
	d->settled = (int64_t)cur_u64(&c);
	d->position = cur_u64(&c);
	d->log_from = cur_u64(&c);
	return cur_finish(&c) == 0 ? 0 : ERR_STORE;
}

static void
set_all(struct delivery *d, const struct seq_list *l, enum delivery_state s)
{
	for (size_t i = 0; i < l->at.n; i++)
		delivery_set(d, l->at.v[i], s);
}

static int
replay_decisions(struct delivery *d, struct str entry)
{
	static const enum delivery_state of[OUTCOMES] = {
		DELIVERY_NONE, DELIVERY_NONE, DELIVERY_CONSULTED,
		DELIVERY_DENIED, DELIVERY_FORBIDDEN,
	};
	struct audit_decisions dec;

	TRY(audit_decisions_decode(entry, &dec));
	for (size_t i = 0; str_eqz(dec.peer, d->peer) &&
	    i < dec.groups.n; i++) {
		const struct audit_group *g = &dec.groups.v[i];

		if (g->outcome < OUTCOMES &&
		    of[g->outcome] != DELIVERY_NONE)
			set_all(d, &g->seqs, of[g->outcome]);
	}
	audit_decisions_clear(&dec);
	return 0;
}

static int
replay_receipt(struct delivery *d, struct str entry)
{
	struct audit_receipt r;

	TRY(audit_receipt_decode(entry, &r));
	if (str_eqz(r.peer, d->peer)) {
		set_all(d, &r.delivered, DELIVERY_DELIVERED);
		set_all(d, &r.redacted, DELIVERY_REDACTED);
		set_all(d, &r.refused, DELIVERY_REFUSED);
		delivery_set_position(d, r.position);
	}
	audit_receipt_clear(&r);
	return 0;
}

static int
on_log(void *arg, uint64_t index, uint8_t type, struct str entry,
    const struct digest *leaf)
{
	struct delivery *d = arg;

	(void)leaf;
	d->log_from = index + 1;
	if (type == AUDIT_DECISIONS)
		return replay_decisions(d, entry);
	if (type == AUDIT_RECEIPT)
		return replay_receipt(d, entry);
	return 0;
}

static int
delivery_replay(struct delivery *d, struct store *store)
{
	while (d->log_from < store_log_size(store)) {
		uint64_t from = d->log_from;

		TRY(store_log_read(store, from, REPLAY_PAGE, on_log, d));
		if (d->log_from == from)
			return ERR_STORE;
	}
	return 0;
}

int
delivery_load(struct store *store, const char *peer, struct delivery **out)
{
	AUTO(delivery_free) struct delivery *d = mem_new(struct delivery);

	snprintf(d->peer, sizeof(d->peer), "%s", peer);
	TRY(load_head(d, store));
	TRY(store_values(store, SPACE, on_saved, d));
	TRY(delivery_replay(d, store));
	*out = TAKE(d);
	return 0;
}

void
delivery_free(struct delivery *d)
{
	if (d == NULL)
		return;
	for (size_t i = 0; i < d->chunks.n; i++)
		for (int s = 0; s < DELIVERY_STATES; s++)
			if (d->chunks.v[i].bits[s] != NULL)
				roaring_bitmap_free(d->chunks.v[i].bits[s]);
	vec_clear(&d->chunks);
	free(d);
}
