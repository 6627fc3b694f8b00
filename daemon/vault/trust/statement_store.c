/*
 * Statements in the store and in memory: space "statement", by key, and
 * space "statement-to", by receiver and key.
 */
#include <stdio.h>
#include <string.h>

#include "vault/trust/statement_private.h"

#define SAID "statement"
#define TOLD "statement-to"
#define VERSION 1
#define TOLD_KEY_MAX (CERT_ID_MAX + 1 + STATEMENT_KEY_MAX)

const char *
statement_key(const struct msg_statement *m,
    char dst[static STATEMENT_KEY_MAX])
{
	snprintf(dst, STATEMENT_KEY_MAX, "%.*s/%.*s/%s", (int)m->from.n,
	    m->from.p, (int)m->about.n, m->about.p, statement_kind_name(
	    m->kind == STATEMENT_VOUCH_ENDED ? STATEMENT_VOUCH : m->kind));
	return dst;
}

static void
statement_free(struct statement *s)
{
	if (s == NULL)
		return;
	buf_clear(&s->payload);
	free(s);
}
MEM_AUTO(struct statement, statement_free);

/* A new one of its payload, in no list; ERR_*. */
static int
statement_new(struct str payload, struct statement **out)
{
	AUTO(statement_free) struct statement *s = mem_new(struct statement);

	buf_add(&s->payload, payload.p, payload.n);
	TRY(msg_statement_decode(buf_str(&s->payload), &s->m));
	s->digest = sha256_of(s->payload.p, s->payload.n);
	statement_key(&s->m, s->key);
	*out = TAKE(s);
	return 0;
}

static void
text_copy(char *dst, size_t size, struct str s)
{
	snprintf(dst, size, "%.*s", (int)s.n, s.n > 0 ? s.p : "");
}

struct statement *
statement_by_key(const struct statements *ss, const char *key)
{
	for (size_t i = 0; i < ss->all.n; i++)
		if (strcmp(ss->all.v[i]->key, key) == 0)
			return ss->all.v[i];
	return NULL;
}

struct statement_told *
told_find(const struct statements *ss, const char *to, const char *key)
{
	for (size_t i = 0; i < ss->told.n; i++)
		if (strcmp(ss->told.v[i]->to, to) == 0 &&
		    strcmp(ss->told.v[i]->key, key) == 0)
			return ss->told.v[i];
	return NULL;
}

/* ---- the form in the store ---- */

int
statement_write(struct statements *ss, const struct statement *s)
{
	AUTO_BUF struct buf b = { 0 };

	out_u8(&b, VERSION);
	out_u64(&b, (uint64_t)s->taken.ms);
	out_u8(&b, s->counted);
	out_u64(&b, (uint64_t)s->counted_at.ms);
	out_u32(&b, s->counted_today);
	out_str8(&b, str_of(s->via));
	out_str8(&b, str_of(s->why));
	out_str16(&b, buf_str(&s->payload));
	return store_set(ss->v->store, SAID, s->key, buf_str(&b));
}

static int
on_statement(void *arg, const char *key, struct str value)
{
	struct statements *ss = arg;
	struct cur c = cur_of(value.p, value.n);
	struct statement *s;
	struct statement had = { 0 };
	struct str via, why, payload;

	if (cur_u8(&c) != VERSION)
		return ERR_STORE;
	had.taken.ms = (int64_t)cur_u64(&c);
	had.counted = cur_u8(&c) != 0;
	had.counted_at.ms = (int64_t)cur_u64(&c);
	had.counted_today = cur_u32(&c);
	via = cur_str8(&c, CERT_ID_MAX);
	why = cur_str8(&c, STATEMENT_WHY_MAX);
	payload = cur_str16(&c, STATEMENT_BYTES_MAX);
	if (cur_finish(&c) < 0 || statement_new(payload, &s) < 0)
		return ERR_STORE;
	s->taken = had.taken;
	s->counted = had.counted;
	s->counted_at = had.counted_at;
	s->counted_today = had.counted_today;
	text_copy(s->via, sizeof(s->via), via);
	text_copy(s->why, sizeof(s->why), why);
	vec_push(&ss->all, s);
	return strcmp(key, s->key) == 0 ? 0 : ERR_STORE;
}

static const char *
told_key(const struct statement_told *t, char dst[static TOLD_KEY_MAX])
{
	snprintf(dst, TOLD_KEY_MAX, "%s/%s", t->to, t->key);
	return dst;
}

int
told_write(struct statements *ss, const struct statement_told *t)
{
	AUTO_BUF struct buf b = { 0 };
	char key[TOLD_KEY_MAX];

	out_u8(&b, VERSION);
	out_u64(&b, (uint64_t)t->at.ms);
	out_u8(&b, (uint8_t)t->result);
	out_str8(&b, str_of(t->why));
	return store_set(ss->v->store, TOLD, told_key(t, key), buf_str(&b));
}

static int
on_told(void *arg, const char *key, struct str value)
{
	struct statements *ss = arg;
	struct cur c = cur_of(value.p, value.n);
	struct statement_told *t = mem_new(struct statement_told);
	size_t to = strcspn(key, "/");

	vec_push(&ss->told, t);
	if (cur_u8(&c) != VERSION || key[to] != '/')
		return ERR_STORE;
	t->at.ms = (int64_t)cur_u64(&c);
	t->result = cur_u8(&c);
	text_copy(t->why, sizeof(t->why), cur_str8(&c, STATEMENT_WHY_MAX));
	text_copy(t->to, sizeof(t->to), (struct str){ key, to });
	text_copy(t->key, sizeof(t->key), str_of(key + to + 1));
	return cur_finish(&c) < 0 || t->result > STATEMENT_REFUSED ?
	    ERR_STORE : 0;
}

int
statements_open(struct vault *v, struct statements **out)
{
	struct statements *ss = mem_new(struct statements);
	int rc;

	ss->v = v;
	ss->look = true;
	rc = store_values(v->store, SAID, on_statement, ss);
	if (rc == 0)
		rc = store_values(v->store, TOLD, on_told, ss);
	if (rc < 0)
		statements_free(ss);
	else
		*out = ss;
	return rc;
}

void
statements_free(struct statements *ss)
{
	if (ss == NULL)
		return;
	for (size_t i = 0; i < ss->all.n; i++)
		statement_free(ss->all.v[i]);
	for (size_t i = 0; i < ss->told.n; i++)
		free(ss->told.v[i]);
	vec_clear(&ss->all);
	vec_clear(&ss->told);
	free(ss);
}

int
statements_reopen(struct vault *v)
{
	struct statements *fresh;

	TRY(statements_open(v, &fresh));
	statements_free(v->statements);
	v->statements = fresh;
	return 0;
}

/* ---- changes, in the open turn ---- */

int
statement_keep(struct statements *ss, struct str payload, const char *via,
    struct statement **out)
{
	struct statement_told *t;
	struct statement *s;
	size_t i = 0;

	TRY(statement_new(payload, &s));
	s->taken = vault_now(ss->v);
	text_copy(s->via, sizeof(s->via), str_of(via));
	while (i < ss->all.n && strcmp(ss->all.v[i]->key, s->key) != 0)
		i++;
	if (i < ss->all.n) {
		s->counted_at = ss->all.v[i]->counted_at;
		s->counted_today = ss->all.v[i]->counted_today;
		statement_free(ss->all.v[i]);
		ss->all.v[i] = s;
	} else {
		vec_push(&ss->all, s);
	}
	*out = s;
	/* Who was told of the one before is told of this. */
	for (i = 0; i < ss->told.n; i++)
		if (strcmp(ss->told.v[i]->key, s->key) == 0)
			TRY(told_keep(ss, ss->told.v[i]->to, s->key, &t));
	return statement_write(ss, s);
}

int
told_keep(struct statements *ss, const char *to, const char *key,
    struct statement_told **out)
{
	struct statement_told *t = told_find(ss, to, key);

	if (t == NULL) {
		t = mem_new(struct statement_told);
		text_copy(t->to, sizeof(t->to), str_of(to));
		text_copy(t->key, sizeof(t->key), str_of(key));
		vec_push(&ss->told, t);
	}
	t->result = 0;
	t->at.ms = 0;
	t->session = 0;
	t->why[0] = '\0';
	*out = t;
	return told_write(ss, t);
}

const struct statement *
statement_at(const struct statements *ss, size_t i)
{
	return i < ss->all.n ? ss->all.v[i] : NULL;
}

const struct statement_told *
statement_told_at(const struct statements *ss, size_t i)
{
	return i < ss->told.n ? ss->told.v[i] : NULL;
}

const struct statement *
statement_find(const struct statements *ss, struct str from,
    struct str about, enum statement_kind kind)
{
	struct msg_statement m = { .kind = kind, .from = from,
	    .about = about };
	char key[STATEMENT_KEY_MAX];

	return statement_by_key(ss, statement_key(&m, key));
}
