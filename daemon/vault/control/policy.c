/*
 * What comityctl policy asks of a running daemon.
 */
#include "vault/control/policy.h"

#include <stdio.h>
#include <string.h>

#include "vault/apply.h"
#include "vault/control/control.h"
#include "vault/supervisor_link.h"

static void
set_time(json_t *fields, const char *name, unix_ms_t t)
{
	char text[TIME_TEXT_MAX];

	(void)json_object_set_new(fields, name,
	    json_string(time_format(text, t)));
}

static json_t *
digest_json(const struct digest *d)
{
	char hex[2 * DIGEST_BYTES + 1];

	hex_encode(hex, d->b, DIGEST_BYTES);
	return json_string(hex);
}

json_t *
control_pending_json(const struct apply *a)
{
	const struct apply_pending *p = &a->pending;
	json_t *names = json_array(), *f;

	for (size_t i = 0; i < p->by.n; i++)
		(void)json_array_append_new(names,
		    json_string(p->by.name[i]));
	f = json_pack("{s:o, s:o, s:i, s:s, s:s}", "digest",
	    digest_json(&p->digest), "by", names, "needs",
	    p->by.n >= 2 ? 0 : 2 - (int)p->by.n, "reason", p->reason,
	    "opens", p->opens);
	set_time(f, "at", p->at);
	if (p->confirm_ms > 0)
		(void)json_object_set_new(f, "confirm_ms",
		    json_integer(p->confirm_ms));
	return f;
}

void
control_policy_life(const struct vault *v, json_t *fields)
{
	const struct apply *a = v->apply;

	if (a == NULL)
		return;
	set_time(fields, "in_force_since", a->at);
	(void)json_object_set_new(fields, "by", json_string(a->by));
	if (a->waiting)
		(void)json_object_set_new(fields, "pending",
		    control_pending_json(a));
	if (a->unconfirmed) {
		set_time(fields, "confirm_before", a->deadline);
		(void)json_object_set_new(fields, "previous",
		    digest_json(&a->previous));
	}
	if (a->returned)
		(void)json_object_set_new(fields, "returned",
		    digest_json(&a->last_returned));
	if (a->problem[0] != '\0')
		(void)json_object_set_new(fields, "problem",
		    json_string(a->problem));
}

/* What is in force now, and what became of what was asked. */
static json_t *
result_json(const struct vault *v, enum apply_result result)
{
	json_t *warnings = json_array(), *f;
	struct digest digest;

	for (size_t i = 0; policy_warning(v->policy, i) != NULL; i++)
		(void)json_array_append_new(warnings, json_string(
		    policy_warning(v->policy, i)));
	policy_digest(v->policy, &digest);
	f = json_pack("{s:I, s:o, s:o, s:s}", "generation",
	    (json_int_t)v->policy_generation, "digest", digest_json(&digest),
	    "warnings", warnings, "policy", apply_result_name(result));
	control_policy_life(v, f);
	return f;
}

/* ---- reload and apply ---- */

/* Called when the supervisor has sent the configuration and we took it. */
static void
on_reloaded(void *arg, const struct reload_done *done)
{
	struct control *c = arg;

	if (!done->ok)
		(void)control_error(c, ERR_CONF,
		    "the running configuration stays in force", "%s",
		    done->text);
	else
		control_reply(c, result_json(control_vault(c),
		    done->result));
}

static void
reload_cancel(void *arg)
{
	struct control **c = arg;

	supervisor_link_reload_cancel(control_vault(*c)->super, *c);
	free(c);
}

static void
reload_for(struct control *c, struct apply_ask *ask)
{
	struct control **kept = mem_new(struct control *);

	*kept = c;
	control_keep(c, kept, reload_cancel);
	ask->by = *control_who(c);	/* borrowed: it is copied */
	supervisor_link_reload(control_vault(c)->super, ask, on_reloaded, c);
}

void
control_reload(struct control *c, const json_t *args)
{
	struct apply_ask ask = { .apply = false };

	(void)args;
	reload_for(c, &ask);
}

void
control_policy_apply(struct control *c, const json_t *args)
{
	struct apply_ask ask = { .apply = true };
	const char *reason;

	if (!control_reason(c, args, &reason))
		return;
	if (!control_who(c)->listed) {
		(void)control_error(c, ERR_DENIED, "comityctl --as FILE.key "
		    "proves the key of an operator", "%s is not among "
		    "`operators` in %s", control_operator(c), SETTINGS_FILE);
		return;
	}
	ask.confirm_ms = control_number(args, "confirm_ms", 0, DAY(30));
	snprintf(ask.reason, sizeof(ask.reason), "%s", reason);
	reload_for(c, &ask);
}

/* ---- approvals ---- */

static void
word_failed(struct control *c, int code, const struct err *e)
{
	const char *hint = code == ERR_EXISTS || code == ERR_DENIED ?
	    "another operator: comityctl --as FILE.key ..." :
	    code == ERR_NOT_FOUND ? "comityctl policy pending" : NULL;

	(void)control_error(c, code, hint, "%s", e->text);
}

/* What is said about a policy; false if it was answered already. */
static bool
word_of(struct control *c, const json_t *args, struct apply_word *out)
{
	out->by = control_who(c);
	out->digest = control_text(args, "digest");
	return control_reason(c, args, &out->reason);
}

void
control_policy_approve(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);
	struct apply_word w;
	struct err e = { 0 };
	int rc;

	if (!word_of(c, args, &w))
		return;
	rc = apply_approve(v->apply, &w, &e);
	if (rc < 0)
		word_failed(c, rc, &e);
	else
		control_reply(c, result_json(v, (enum apply_result)rc));
}

void
control_policy_confirm(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);
	struct apply_word w;
	struct err e = { 0 };
	int rc;

	if (!word_of(c, args, &w))
		return;
	rc = apply_confirm(v->apply, &w, &e);
	if (rc < 0)
		word_failed(c, rc, &e);
	else
		control_reply(c, result_json(v, APPLY_IN_FORCE));
}

void
control_policy_withdraw(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);
	struct apply_word w;
	struct err e = { 0 };
	int rc;

	if (!word_of(c, args, &w))
		return;
	rc = apply_withdraw(v->apply, &w, &e);
	if (rc < 0)
		word_failed(c, rc, &e);
	else
		control_reply(c, result_json(v, rc == 1 ? APPLY_RETURNED :
		    APPLY_SAME));
}

/* ---- what there is ---- */

void
control_policy_pending(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);

	(void)args;
	control_reply(c, result_json(v, v->apply->waiting ? APPLY_PENDING :
	    v->apply->unconfirmed ? APPLY_UNCONFIRMED : APPLY_SAME));
}

static void
on_event(void *arg, const struct apply_event *ev)
{
	json_t *f = json_pack("{s:s%, s:s%, s:s%, s:s%}",
	    "event", ev->event.p, ev->event.n,
	    "digest", ev->digest.p, ev->digest.n,
	    "by", ev->by.p, ev->by.n,
	    "reason", ev->reason.p, ev->reason.n);

	if (f == NULL)
		return;
	set_time(f, "at", ev->at);
	(void)json_array_append_new(arg, f);
}

void
control_policy_history(struct control *c, const json_t *args)
{
	json_t *list = json_array();
	int rc = apply_each(control_vault(c)->apply, on_event, list);

	(void)args;
	if (rc < 0) {
		json_decref(list);
		(void)control_error(c, rc, NULL, "the history cannot be "
		    "read: %s", err_text(rc));
		return;
	}
	control_reply(c, json_pack("{s:o}", "events", list));
}
