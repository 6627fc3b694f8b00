#include "vault/control/posture.h"

#include <stdio.h>
#include <string.h>

#include "vault/control/control.h"

static json_t *
entry_json(const struct posture_entry *e)
{
	char since[TIME_TEXT_MAX], until[TIME_TEXT_MAX];
	json_t *names = json_array();

	for (size_t i = 0; i < e->by.n; i++)
		(void)json_array_append_new(names,
		    json_string(e->by.name[i]));
	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:s}", "country",
	    e->country, "posture", posture_name(e->level), "since",
	    time_format(since, e->since), "until",
	    time_format(until, e->until), "by", names, "reason", e->reason);
}

/* The policy's own, a country once. */
static json_t *
policy_json(const struct policy *p)
{
	json_t *list = json_array();

	for (size_t i = 1; p != NULL && i < policy_norgs(p); i++) {
		const struct policy_org *org = policy_org(p, i);
		bool seen = org->posture == POSTURE_NORMAL;

		for (size_t k = 1; k < i && !seen; k++)
			seen = strcmp(policy_org(p, k)->country,
			    org->country) == 0;
		if (!seen)
			(void)json_array_append_new(list, json_pack(
			    "{s:s, s:s}", "country", org->country, "posture",
			    posture_name(org->posture)));
	}
	return list;
}

json_t *
control_postures_json(const struct vault *v)
{
	const struct postures *ps = v->postures;
	json_t *in_force = json_array(), *proposed = json_array();

	for (size_t i = 0; i < ps->in_force.n; i++)
		(void)json_array_append_new(in_force,
		    entry_json(&ps->in_force.v[i]));
	for (size_t i = 0; i < ps->proposed.n; i++) {
		const struct posture_proposal *p = &ps->proposed.v[i];
		json_t *f = entry_json(&p->entry);

		(void)json_object_set_new(f, "number",
		    json_integer(p->number));
		(void)json_object_set_new(f, "change",
		    json_string(posture_change_name(p->change)));
		(void)json_array_append_new(proposed, f);
	}
	return json_pack("{s:o, s:o, s:o}", "in_force", in_force, "proposed",
	    proposed, "policy", policy_json(v->policy));
}

bool
control_posture_text(const struct vault *v, const char *country, char *dst,
    size_t size)
{
	const struct posture_entry *e = postures_find(v->postures, country);
	AUTO_BUF struct buf names = { 0 };
	char until[TIME_TEXT_MAX];

	if (e == NULL)
		return false;
	approvers_text(&e->by, &names);
	snprintf(dst, size, "posture of %s set to %s until %.10s by %s: %s",
	    country, posture_name(e->level), time_format(until, e->until),
	    names.p, e->reason);
	return true;
}

/* ---- commands ---- */

static void
posture_failed(struct control *c, int code, const struct err *e)
{
	const char *hint = code == ERR_EXISTS || code == ERR_DENIED ?
	    "another operator: comityctl --as FILE.key ..." :
	    code == ERR_NOT_FOUND ? "comityctl posture list" : NULL;

	(void)control_error(c, code, hint, "%s", e->text);
}

static void
posture_done(struct control *c, json_t *fields)
{
	(void)json_object_set_new(fields, "postures",
	    control_postures_json(control_vault(c)));
	control_reply(c, fields);
}

static void
propose(struct control *c, const json_t *args, struct posture_proposal *p)
{
	const char *country = control_text(args, "country");
	const char *reason;
	struct err e = { 0 };
	int rc;

	if (!control_reason(c, args, &reason))
		return;
	snprintf(p->entry.country, sizeof(p->entry.country), "%s",
	    country == NULL || strlen(country) != 2 ? "" : country);
	snprintf(p->entry.reason, sizeof(p->entry.reason), "%s", reason);
	p->entry.until.ms = control_number(args, "until_ms", 0, INT64_MAX);
	rc = posture_propose(control_vault(c)->postures, control_who(c), p,
	    &e);
	if (rc < 0)
		posture_failed(c, rc, &e);
	else
		posture_done(c, json_pack("{s:i, s:s, s:s}", "number", rc,
		    "country", p->entry.country, "state", "proposed"));
}

void
control_posture_set(struct control *c, const json_t *args)
{
	const char *level = control_text(args, "posture");
	struct posture_proposal p = { .change = POSTURE_SET };

	for (int i = POSTURE_NORMAL; i <= POSTURE_SUSPENDED; i++) {
		if (level == NULL ||
		    strcmp(posture_name((enum posture)i), level) != 0)
			continue;
		p.entry.level = (enum posture)i;
		propose(c, args, &p);
		return;
	}
	(void)control_error(c, ERR_USAGE, NULL, "no posture \"%s\"; want "
	    "strained or suspended", level == NULL ? "" : level);
}

void
control_posture_lift(struct control *c, const json_t *args)
{
	propose(c, args, &(struct posture_proposal){ .change =
	    POSTURE_LIFT });
}

void
control_posture_renew(struct control *c, const json_t *args)
{
	propose(c, args, &(struct posture_proposal){ .change =
	    POSTURE_RENEW });
}

/* What is said about a proposal; false if it was answered already. */
static bool
word_of(struct control *c, const json_t *args, struct posture_word *out)
{
	out->by = control_who(c);
	out->number = (uint32_t)control_number(args, "number", 0,
	    UINT32_MAX);
	return control_reason(c, args, &out->reason);
}

void
control_posture_approve(struct control *c, const json_t *args)
{
	struct posture_word w;
	struct err e = { 0 };
	int rc;

	if (!word_of(c, args, &w))
		return;
	rc = posture_approve(control_vault(c)->postures, &w, &e);
	if (rc < 0)
		posture_failed(c, rc, &e);
	else
		posture_done(c, json_pack("{s:I, s:s}", "number",
		    (json_int_t)w.number, "state", "in-force"));
}

void
control_posture_withdraw(struct control *c, const json_t *args)
{
	struct posture_word w;
	struct err e = { 0 };
	int rc;

	if (!word_of(c, args, &w))
		return;
	rc = posture_withdraw(control_vault(c)->postures, &w, &e);
	if (rc < 0)
		posture_failed(c, rc, &e);
	else
		posture_done(c, json_pack("{s:I, s:s}", "number",
		    (json_int_t)w.number, "state", "withdrawn"));
}

void
control_posture_list(struct control *c, const json_t *args)
{
	(void)args;
	control_reply(c, control_postures_json(control_vault(c)));
}
