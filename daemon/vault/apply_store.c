#include "vault/apply_store.h"

#include <stdio.h>
#include <string.h>

#define SPACE "policy"
#define STATE "state"
#define HISTORY "policy-history"
#define HISTORY_MAX 1000
#define STATE_VERSION 1
#define ARENA_BYTES MIB(64)

static void
text_cur(struct cur *c, char *dst, size_t size)
{
	struct str s = cur_str16(c, size - 1);

	snprintf(dst, size, "%.*s", (int)s.n, s.n > 0 ? s.p : "");
}

static void
pending_out(struct buf *b, const struct apply_pending *p)
{
	buf_add(b, p->digest.b, DIGEST_BYTES);
	out_u64(b, (uint64_t)p->at.ms);
	approvers_out(b, &p->by);
	out_u64(b, (uint64_t)p->confirm_ms);
	out_str16(b, str_of(p->reason));
	out_str16(b, str_of(p->opens));
}

static void
pending_cur(struct cur *c, struct apply_pending *p)
{
	cur_copy(c, p->digest.b, DIGEST_BYTES);
	p->at.ms = (int64_t)cur_u64(c);
	approvers_cur(c, &p->by);
	p->confirm_ms = (int64_t)cur_u64(c);
	text_cur(c, p->reason, sizeof(p->reason));
	text_cur(c, p->opens, sizeof(p->opens));
}

int
apply_state_save(const struct apply *a)
{
	AUTO_BUF struct buf b = { 0 };

	out_u8(&b, STATE_VERSION);
	out_u8(&b, a->known);
	buf_add(&b, a->digest.b, DIGEST_BYTES);
	out_u64(&b, (uint64_t)a->at.ms);
	out_str16(&b, str_of(a->by));
	out_u8(&b, a->waiting);
	if (a->waiting)
		pending_out(&b, &a->pending);
	out_u8(&b, a->unconfirmed);
	out_u64(&b, (uint64_t)a->deadline.ms);
	buf_add(&b, a->previous.b, DIGEST_BYTES);
	out_u8(&b, a->returned);
	buf_add(&b, a->last_returned.b, DIGEST_BYTES);
	out_u32(&b, a->nhistory);
	return store_set(a->v->store, SPACE, STATE, buf_str(&b));
}

static void
state_cur(struct cur *c, struct apply *s)
{
	if (cur_u8(c) != STATE_VERSION)
		cur_fail(c, ERR_VERSION);
	s->known = cur_u8(c) == 1;
	cur_copy(c, s->digest.b, DIGEST_BYTES);
	s->at.ms = (int64_t)cur_u64(c);
	text_cur(c, s->by, sizeof(s->by));
	s->waiting = cur_u8(c) == 1;
	if (s->waiting)
		pending_cur(c, &s->pending);
	s->unconfirmed = cur_u8(c) == 1;
	s->deadline.ms = (int64_t)cur_u64(c);
	cur_copy(c, s->previous.b, DIGEST_BYTES);
	s->returned = cur_u8(c) == 1;
	cur_copy(c, s->last_returned.b, DIGEST_BYTES);
	s->nhistory = cur_u32(c);
}

int
apply_state_load(struct apply *a)
{
	AUTO(arena_free) struct arena *arena = arena_new(KIB(64));
	struct apply s = { .v = a->v };
	struct str value;
	struct cur c;
	int rc = store_value(a->v->store, SPACE, STATE, arena, &value);

	memcpy(s.problem, a->problem, sizeof(s.problem));
	if (rc == 0) {
		c = cur_of(value.p, value.n);
		state_cur(&c, &s);
		rc = cur_finish(&c) == 0 ? 0 : ERR_STORE;
	}
	if (rc != 0 && rc != ERR_NOT_FOUND)
		return rc;
	*a = s;
	return 0;
}

/* Put the files of one depth into the other set. */
static int
copy_files(const struct file_set *from, const char *pattern,
    struct file_set *to)
{
	struct str name, bytes;

	for (size_t i = 0; file_set_match(from, pattern, i, &name); i++) {
		if (str_eqz(name, SETTINGS_FILE))
			continue;
		TRY(file_set_get(from, name, &bytes));
		TRY(file_set_add(to, name, bytes));
	}
	return 0;
}

int
apply_files_save(struct apply *a, const char *key,
    const struct file_set *files)
{
	AUTO(file_set_free) struct file_set *kept = file_set_new();
	AUTO_BUF struct buf bytes = { 0 };

	TRY(copy_files(files, "*", kept));
	TRY(copy_files(files, "*/*", kept));
	file_set_encode(kept, &bytes);
	return store_set(a->v->store, SPACE, key, buf_str(&bytes));
}

struct file_set *
apply_files_load(struct apply *a, const char *key, struct err *e)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct str value;
	int rc = store_value(a->v->store, SPACE, key, arena, &value);

	if (rc == 0)
		return file_set_decode(value, e);
	(void)err_set(e, rc, "the stored policy (%s) cannot be read: %s", key,
	    err_text(rc));
	return NULL;
}

int
apply_files_copy(struct apply *a, const char *from, const char *to)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct str value;

	TRY(store_value(a->v->store, SPACE, from, arena, &value));
	return store_set(a->v->store, SPACE, to, value);
}

int
apply_files_drop(struct apply *a, const char *key)
{
	return store_unset(a->v->store, SPACE, key);
}

/* Keys sort as the numbers do. */
static const char *
history_key(char dst[static 16], uint32_t n)
{
	snprintf(dst, 16, "%010u", n);
	return dst;
}

int
apply_note(struct apply *a, const struct apply_event *ev)
{
	AUTO_BUF struct buf b = { 0 };
	char key[16];

	out_u64(&b, (uint64_t)vault_now(a->v).ms);
	out_str8(&b, ev->event);
	out_str8(&b, ev->digest);
	out_str16(&b, ev->by);
	out_str16(&b, ev->reason);
	TRY(store_set(a->v->store, HISTORY, history_key(key, a->nhistory),
	    buf_str(&b)));
	if (a->nhistory >= HISTORY_MAX)
		TRY(store_unset(a->v->store, HISTORY,
		    history_key(key, a->nhistory - HISTORY_MAX)));
	a->nhistory++;
	return 0;
}

struct each {
	void (*fn)(void *arg, const struct apply_event *ev);
	void *arg;
};

static int
on_history(void *arg, const char *key, struct str value)
{
	struct each *x = arg;
	struct cur c = cur_of(value.p, value.n);
	struct apply_event ev = { .at.ms = (int64_t)cur_u64(&c) };

	(void)key;
	ev.event = cur_str8(&c, UINT8_MAX);
	ev.digest = cur_str8(&c, UINT8_MAX);
	ev.by = cur_str16(&c, UINT16_MAX);
	ev.reason = cur_str16(&c, UINT16_MAX);
	if (cur_finish(&c) == 0)
		x->fn(x->arg, &ev);
	return 0;
}

int
apply_each(struct apply *a,
    void (*fn)(void *arg, const struct apply_event *ev), void *arg)
{
	return store_values(a->v->store, HISTORY, on_history,
	    &(struct each){ fn, arg });
}
