#include "vault/token.h"

#include <stdio.h>
#include <string.h>

#include "vault/approval.h"
#include "wire/field.h"

/* Space "token", key the name; the value is token_out's bytes. */
#define SPACE "token"
#define FORM 1
#define SECRET_BYTES 32
#define PREFIX "comity_"	/* so that scanners for leaks know one */

bool
token_list_has(const struct token_list *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->name[i], "*") == 0 ||
		    strcmp(l->name[i], name) == 0)
			return true;
	return false;
}

static int
list_add(struct token_list *l, struct str name)
{
	if (!field_name_ok(name))
		return ERR_SYNTAX;
	if (l->n == TOKEN_COLLECTIONS_MAX)
		return ERR_LIMIT;
	snprintf(l->name[l->n++], NAME_MAX_BYTES, "%.*s", (int)name.n,
	    name.p);
	return 0;
}

int
token_list_read(struct str text, struct token_list *out)
{
	struct token_list l = { .n = 0 };
	size_t begin = 0;

	for (size_t i = 0; text.n > 0 && i <= text.n; i++)
		if (i == text.n || text.p[i] == ',') {
			TRY(list_add(&l, (struct str){ text.p + begin,
			    i - begin }));
			begin = i + 1;
		}
	*out = l;
	return 0;
}

/* ---- the store ---- */

static void
list_out(struct buf *b, const struct token_list *l)
{
	out_u8(b, (uint8_t)l->n);
	for (size_t i = 0; i < l->n; i++)
		out_str8(b, str_of(l->name[i]));
}

static void
list_cur(struct cur *c, struct token_list *out)
{
	size_t n = cur_u8(c);

	for (size_t i = 0; i < n && c->err == 0; i++) {
		int rc = list_add(out, field_text8(c, NAME_MAX_BYTES - 1));

		if (rc < 0)
			cur_fail(c, rc);
	}
}

static void
token_out(struct buf *b, const struct token *t)
{
	out_u8(b, FORM);
	out_str8(b, str_of(t->desk));
	buf_add(b, t->digest.b, DIGEST_BYTES);
	out_u64(b, (uint64_t)t->created.ms);
	out_u64(b, (uint64_t)t->expires.ms);
	list_out(b, &t->read);
	list_out(b, &t->write);
}

static int
token_cur(struct str value, struct token *out)
{
	struct cur c = cur_of(value.p, value.n);
	struct str desk;

	if (cur_u8(&c) != FORM)
		return ERR_STORE;
	desk = field_text8(&c, NAME_MAX_BYTES - 1);
	snprintf(out->desk, sizeof(out->desk), "%.*s", (int)desk.n, desk.p);
	cur_copy(&c, out->digest.b, DIGEST_BYTES);
	out->created = field_time(&c);
	out->expires = field_time(&c);
	list_cur(&c, &out->read);
	list_cur(&c, &out->write);
	return cur_finish(&c) == 0 ? 0 : ERR_STORE;
}

static int
on_token(void *arg, const char *key, struct str value)
{
	struct tokens *ts = arg;
	struct token t = { .name = "" };

	snprintf(t.name, sizeof(t.name), "%s", key);
	TRY(token_cur(value, &t));
	vec_push(&ts->v, t);
	return 0;
}

int
tokens_load(struct vault *v, struct tokens *out)
{
	struct tokens ts = { .v = { 0 } };
	int rc = store_values(v->store, SPACE, on_token, &ts);

	if (rc < 0) {
		tokens_clear(&ts);
		return rc;
	}
	tokens_clear(out);
	*out = ts;
	return 0;
}

void
tokens_clear(struct tokens *ts)
{
	vec_clear(&ts->v);
}

const struct token *
token_find(const struct tokens *ts, const char *name)
{
	for (size_t i = 0; i < ts->v.n; i++)
		if (strcmp(ts->v.v[i].name, name) == 0)
			return &ts->v.v[i];
	return NULL;
}

/* ---- changes ---- */

/* 32 random bytes as text that needs no quotes anywhere (RFC 4648 5). */
static void
secret_make(struct buf *out)
{
	uint8_t bytes[SECRET_BYTES];
	size_t at = out->n;

	crypto_random(bytes, sizeof(bytes));
	buf_addz(out, PREFIX);
	base64_encode(out, bytes, sizeof(bytes));
	crypto_wipe(bytes, sizeof(bytes));
	for (; at < out->n; at++) {
		if (out->p[at] == '+')
			out->p[at] = '-';
		else if (out->p[at] == '/')
			out->p[at] = '_';
	}
	while (out->p[out->n - 1] == '=')
		out->p[--out->n] = '\0';
}

static int
token_log(struct vault *v, const struct token *t, const char *verdict,
    const struct operator *by)
{
	return approval_log(v, &(struct approval){ .what = "token",
	    .subject = t->name, .by = by, .verdict = verdict,
	    .reason = t->desk });
}

int
token_add(struct vault *v, struct tokens *ts, const struct token_added *a,
    struct buf *out)
{
	AUTO_BUF struct buf secret = { 0 };
	AUTO_BUF struct buf value = { 0 };

	if (token_find(ts, a->t->name) != NULL)
		return ERR_EXISTS;
	if (ts->v.n >= TOKENS_MAX)
		return ERR_LIMIT;
	secret_make(&secret);
	a->t->digest = sha256_of(secret.p, secret.n);
	a->t->created = vault_now(v);
	token_out(&value, a->t);
	TRY(store_set(v->store, SPACE, a->t->name, buf_str(&value)));
	TRY(token_log(v, a->t, "add", a->by));
	vec_push(&ts->v, *a->t);
	buf_add(out, secret.p, secret.n);
	crypto_wipe(secret.p, secret.n);
	return 0;
}

int
token_revoke(struct vault *v, struct tokens *ts, const char *name,
    const struct operator *by)
{
	const struct token *t = token_find(ts, name);

	if (t == NULL)
		return ERR_NOT_FOUND;
	TRY(token_log(v, t, "revoke", by));
	TRY(store_unset(v->store, SPACE, name));
	ts->v.v[t - ts->v.v] = ts->v.v[--ts->v.n];
	return 0;
}
