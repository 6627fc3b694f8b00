/*
 * policy shadow: a policy that comityctl sends runs beside the one in force
 * until it is stopped or the vault ends; it is kept in memory only.
 */
#include "vault/control/shadow.h"

#include "gate/shadow.h"
#include "host/log.h"
#include "vault/configure.h"
#include "vault/control/files.h"
#include "vault/peer.h"

/* ---- what it has counted ---- */

static json_t *
totals_json(const struct shadow *s)
{
	char hex[2 * DIGEST_BYTES + 1], since[TIME_TEXT_MAX];
	struct shadow_totals t;
	struct digest digest;

	shadow_totals(s, &t);
	policy_digest(shadow_policy(s), &digest);
	hex_encode(hex, digest.b, DIGEST_BYTES);
	return json_pack("{s:s, s:s, s:I, s:I}", "digest", hex, "since",
	    time_format(since, t.since), "decisions",
	    (json_int_t)t.decisions, "differ", (json_int_t)t.differ);
}

void
control_shadow_brief(const struct vault *v, json_t *fields)
{
	if (v->shadow != NULL)
		(void)json_object_set_new(fields, "shadow",
		    totals_json(v->shadow));
}

static json_t *
row_json(const struct shadow_row *r)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I}",
	    "peer", r->peer, "direction",
	    r->direction == DIRECTION_IN ? "from" : "to",
	    "before", outcome_name(r->before), "before_by", r->before_by,
	    "after", outcome_name(r->after), "after_by", r->after_by,
	    "records", (json_int_t)r->records);
}

static void
shadow_reply(struct control *c)
{
	const struct shadow *s = control_vault(c)->shadow;
	const struct shadow_row *row;
	json_t *fields, *list = json_array();
	struct shadow_totals t;

	if (s == NULL) {
		json_decref(list);
		control_reply(c, json_pack("{s:b}", "on", 0));
		return;
	}
	for (size_t i = 0; (row = shadow_row(s, i)) != NULL; i++)
		(void)json_array_append_new(list, row_json(row));
	shadow_totals(s, &t);
	fields = totals_json(s);
	(void)json_object_set_new(fields, "on", json_true());
	(void)json_object_set_new(fields, "unlisted",
	    json_integer((json_int_t)t.unlisted));
	(void)json_object_set_new(fields, "changes", list);
	control_reply(c, fields);
}

void
control_policy_shadow(struct control *c, const json_t *args)
{
	(void)args;
	shadow_reply(c);
}

/* ---- on and off ---- */

static void
shadow_take(struct vault *v, struct shadow *s)
{
	gate_set_shadow(v->gate, s);
	shadow_free(v->shadow);
	v->shadow = s;
}

static bool
party_under(void *arg, const char *cert_id, const struct policy *policy,
    struct gate_party *out)
{
	const struct vault *v = arg;
	const struct peer *p = peers_find(v->peers, str_of(cert_id));

	if (p == NULL)
		return false;
	peer_party_under(p, policy, out);
	return true;
}

static void
on_files(struct control *c, const struct file_set *files)
{
	struct vault *v = control_vault(c);
	struct gate_options options = vault_gate_options(v);
	struct policy *policy = NULL;
	struct err e = { 0 };
	int rc = configure_load(files, v, &policy, &e);

	if (rc < 0) {
		(void)control_error(c, rc, "comityctl policy check FILE",
		    "%s", e.text);
		return;
	}
	shadow_take(v, shadow_new(&(struct shadow_options){
	    .gate = &options, .in_force = v->gate, .policy = policy,
	    .party = party_under, .arg = v, .now = vault_now(v) }));
	log_notice("policy-shadow", "state=on");
	shadow_reply(c);
}

void
control_shadow_start(struct control *c, const json_t *args)
{
	/* There is nothing to remember but that files are to come. */
	void *state = mem_zeroed(1, 1);

	(void)args;
	control_await_files(c, &(struct control_files_wait){ state, free,
	    on_files });
}

void
control_shadow_stop(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);

	(void)args;
	if (v->shadow == NULL) {
		(void)control_error(c, ERR_NOT_FOUND, NULL,
		    "no policy runs beside the one in force");
		return;
	}
	shadow_take(v, NULL);
	log_notice("policy-shadow", "state=off");
	shadow_reply(c);
}
