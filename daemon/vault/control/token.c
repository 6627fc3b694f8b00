/*
 * Tokens over the control socket: add, list, revoke.
 */
#include "vault/control/token.h"

#include <stdio.h>
#include <string.h>

#include "vault/control/control.h"
#include "vault/front/front.h"
#include "vault/token.h"
#include "wire/field.h"

/* Two hundred years: later than that is never. */
#define LIFE_MAX_MS (INT64_C(200) * 365 * DAY(1))

/* What is told once the token is on disk. */
struct token_state {
	struct buf secret;
	json_t *fields;			/* owned */
};

static void
state_free(void *arg)
{
	struct token_state *s = arg;

	if (s->secret.p != NULL)
		crypto_wipe(s->secret.p, s->secret.n);
	buf_clear(&s->secret);
	json_decref(s->fields);
	free(s);
}

static json_t *
list_json(const struct token_list *l)
{
	json_t *list = json_array();

	for (size_t i = 0; i < l->n; i++)
		(void)json_array_append_new(list, json_string(l->name[i]));
	return list;
}

static json_t *
token_json(const struct token *t)
{
	char created[TIME_TEXT_MAX], expires[TIME_TEXT_MAX];
	json_t *j = json_pack("{s:s, s:s, s:s, s:o, s:o}", "name", t->name,
	    "desk", t->desk, "created", time_format(created, t->created),
	    "read", list_json(&t->read), "write", list_json(&t->write));

	if (t->expires.ms != UNIX_MS_NEVER.ms)
		(void)json_object_set_new(j, "expires",
		    json_string(time_format(expires, t->expires)));
	return j;
}

void
control_token_list(struct control *c, const json_t *args)
{
	const struct tokens *ts = fronts_tokens(control_vault(c)->fronts);
	json_t *list = json_array();

	(void)args;
	for (size_t i = 0; i < ts->v.n; i++)
		(void)json_array_append_new(list, token_json(&ts->v.v[i]));
	control_reply(c, json_pack("{s:o}", "tokens", list));
}

/* ---- add ---- */

/* A name that fits in a list and in the key of a store. */
static bool
name_ok(const char *name)
{
	if (name == NULL || !field_name_ok(str_of(name)))
		return false;
	for (; *name != '\0'; name++)
		if ((unsigned char)*name > '~')
			return false;
	return true;
}

static int
read_list(struct control *c, const json_t *args, const char *name,
    struct token_list *out)
{
	const char *text;

	TRY(control_filter(c, args, name, &text));
	if (text == NULL)
		text = strcmp(name, "read") == 0 ? "*" : "inbox";
	if (token_list_read(str_of(text), out) < 0)
		return control_error(c, ERR_USAGE, NULL, "--%s: names of at "
		    "most %d collections, by commas", name,
		    TOKEN_COLLECTIONS_MAX);
	return 0;
}

static int
read_token(struct control *c, const json_t *args, struct token *t)
{
	struct vault *v = control_vault(c);
	const char *name = control_text(args, "name");
	const char *desk = control_text(args, "desk");
	int64_t life = control_number(args, "life_ms", 0, LIFE_MAX_MS);
	AUTO_BUF struct buf full = { 0 };

	if (!name_ok(name))
		return control_error(c, ERR_USAGE, NULL, "a token's name has "
		    "1 to %d printable characters, no blank or comma",
		    NAME_MAX_BYTES - 1);
	buf_addf(&full, "%s/%s", v->cert_id, desk == NULL ? "" : desk);
	if (v->policy == NULL || desk == NULL ||
	    strlen(desk) >= NAME_MAX_BYTES ||
	    policy_find_desk(v->policy, buf_str(&full)) < 0)
		return control_error(c, ERR_NOT_FOUND,
		    "the desks of this CERT are under `self:` in policy.yaml",
		    "no desk %s in the policy", desk == NULL ? "" : desk);
	snprintf(t->name, sizeof(t->name), "%s", name);
	snprintf(t->desk, sizeof(t->desk), "%s", desk);
	t->expires = UNIX_MS_NEVER;
	if (life > 0)
		t->expires.ms = vault_now(v).ms + life;
	TRY(read_list(c, args, "read", &t->read));
	return read_list(c, args, "write", &t->write);
}

/* The turn has ended: only now does anybody learn of it. */
static void
on_done(struct control *c, bool ok)
{
	struct token_state *s = control_kept(c, state_free);
	struct vault *v = control_vault(c);

	if (!ok) {
		(void)control_error(c, v->degraded_by, "see: comityctl status",
		    "nothing was changed: %s", err_text(v->degraded_by));
		return;
	}
	fronts_clients_changed(v->fronts);
	if (s->secret.n > 0)
		(void)json_object_set_new(s->fields, "token",
		    json_string(s->secret.p));
	control_reply(c, json_incref(s->fields));
}

static void
token_failed(struct control *c, int rc, const char *name)
{
	if (err_class(rc) == ERR_CLASS_SYS)
		turn_fail(control_vault(c)->turn, rc);
	(void)control_error(c, rc, rc == ERR_EXISTS ?
	    "comityctl token revoke NAME, or another name" :
	    rc == ERR_NOT_FOUND ? "comityctl token list" : NULL,
	    rc == ERR_EXISTS ? "there is a token %s" :
	    rc == ERR_NOT_FOUND ? "there is no token %s" :
	    rc == ERR_LIMIT ? "too many tokens: %s is one too many" :
	    "token %s was not changed: the store failed", name);
}

void
control_token_add(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);
	struct token_state *s;
	struct token t = { .name = "" };
	int rc;

	if (read_token(c, args, &t) < 0)
		return;
	s = mem_new(struct token_state);
	rc = turn_open(v->turn);
	if (rc == 0)
		rc = token_add(v, fronts_tokens(v->fronts),
		    &(struct token_added){ &t, control_who(c) }, &s->secret);
	if (rc < 0) {
		state_free(s);
		token_failed(c, rc, t.name);
		return;
	}
	s->fields = token_json(&t);
	control_keep(c, s, state_free);
	control_after(c, on_done);
}

void
control_token_revoke(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);
	const char *name = control_text(args, "name");
	struct token_state *s;
	int rc = turn_open(v->turn);

	if (name == NULL)
		name = "";
	if (rc == 0)
		rc = token_revoke(v, fronts_tokens(v->fronts), name,
		    control_who(c));
	if (rc < 0) {
		token_failed(c, rc, name);
		return;
	}
	s = mem_new(struct token_state);
	s->fields = json_pack("{s:s}", "name", name);
	control_keep(c, s, state_free);
	control_after(c, on_done);
}
