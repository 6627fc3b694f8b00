/*
 * Circles over the control socket: what is held, and new versions.
 */
#include "vault/control/control.h"

#include <string.h>

#include "vault/circle.h"
#include "vault/peer.h"

#define LIST_MAX CIRCLE_MEMBERS_MAX
#define ARENA_BYTES (8 * CIRCLE_TEXT_MAX)

static json_t *
str_json(struct str s)
{
	return json_stringn(s.p, s.n);
}

/* ---- what is known of a circle ---- */

static json_t *
members_json(const struct circle_text *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->nmembers; i++)
		(void)json_array_append_new(list,
		    str_json(t->members[i].id));
	return list;
}

static json_t *
foci_json(const struct circle_text *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->nfoci; i++)
		(void)json_array_append_new(list, str_json(t->foci[i]));
	return list;
}

static json_t *
document_json(const struct circle_text *t)
{
	struct digest d = circle_text_digest(t);
	char hex[2 * DIGEST_BYTES + 1];

	hex_encode(hex, d.b, DIGEST_BYTES);
	return json_pack("{s:i, s:o, s:o, s:o, s:i, s:s}", "version",
	    (int)t->version, "members", members_json(t), "foci",
	    foci_json(t), "charter", str_json(t->charter), "quorum",
	    (int)t->quorum, "digest", hex);
}

/* As the policy states it. */
static json_t *
written_json(const struct policy *p, const struct policy_circle_facts *c)
{
	const struct names *kinds = &policy_vocabulary(p)->kinds;
	json_t *members = json_array(), *foci = json_array();

	for (unsigned i = 0; i < policy_norgs(p); i++)
		if ((c->members.w[i / 64] >> (i % 64) & 1) != 0)
			(void)json_array_append_new(members,
			    json_string(policy_org(p, i)->id));
	for (size_t k = 0; k < kinds->n; k++)
		if ((c->foci >> k & 1) != 0)
			(void)json_array_append_new(foci,
			    json_string(kinds->v[k]));
	return json_pack("{s:o, s:o, s:s, s:i}", "members", members, "foci",
	    foci, "charter", c->charter, "quorum", c->quorum);
}

/* The members that count: those of the policy and of the document. */
static json_t *
counting_json(struct vault *v, const struct policy_circle_facts *c)
{
	struct policy_term term = { .id = c->id, .digest = c->charter,
	    .circle = true };
	json_t *list = json_array();
	struct circle_limits l;

	for (unsigned i = 1; i < policy_norgs(v->policy); i++) {
		const char *id = policy_org(v->policy, i)->id;

		if ((c->members.w[i / 64] >> (i % 64) & 1) != 0 &&
		    circle_limits(v->circles, v->policy, &term, id, &l))
			(void)json_array_append_new(list, json_string(id));
	}
	return list;
}

static bool
find_written(const struct vault *v, struct str name,
    struct policy_circle_facts *out)
{
	for (size_t i = 0; v->policy != NULL &&
	    policy_circle_at(v->policy, i, out); i++)
		if (str_eqz(name, out->id))
			return true;
	return false;
}

static json_t *
circle_json(struct vault *v, struct str name)
{
	const struct circle_text *t = circle_held(v->circles, name);
	json_t *f = json_pack("{s:o}", "name", str_json(name));
	struct policy_circle_facts c;

	if (t != NULL)
		(void)json_object_set_new(f, "document", document_json(t));
	if (!find_written(v, name, &c)) {
		(void)json_object_set_new(f, "counting", json_array());
		return f;
	}
	(void)json_object_set_new(f, "policy", written_json(v->policy, &c));
	(void)json_object_set_new(f, "counting", counting_json(v, &c));
	return f;
}

static int
on_offered(void *arg, const struct circle_text *t, struct str text)
{
	json_t *f = json_pack("{s:o}", "name", str_json(t->name));

	(void)text;
	(void)json_object_set_new(f, "document", document_json(t));
	(void)json_array_append_new(arg, f);
	return 0;
}

void
control_circle_list(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);
	json_t *list = json_array(), *offered = json_array();
	const struct circle_text *t;
	struct policy_circle_facts facts;

	(void)args;
	for (size_t i = 0; v->policy != NULL &&
	    policy_circle_at(v->policy, i, &facts); i++)
		(void)json_array_append_new(list, circle_json(v,
		    str_of(facts.id)));
	for (size_t i = 0; (t = circle_at(v->circles, i)) != NULL; i++)
		if (!find_written(v, t->name, &facts))
			(void)json_array_append_new(list, circle_json(v,
			    t->name));
	if (circle_offers(v->circles, on_offered, offered) < 0)
		json_array_clear(offered);
	control_reply(c, json_pack("{s:o, s:o}", "circles", list, "offered",
	    offered));
}

void
control_circle_show(struct control *c, const json_t *args)
{
	AUTO(arena_free) struct arena *a = arena_new(2 * CIRCLE_TEXT_MAX);
	struct vault *v = control_vault(c);
	struct str name = str_of(control_text(args, "name"));
	uint32_t version = circle_version(v->circles, name);
	struct policy_circle_facts facts;
	struct str text;
	json_t *f;

	if (version == 0 && !find_written(v, name, &facts)) {
		(void)control_error(c, ERR_NOT_FOUND,
		    "see: comityctl circle list", "no circle of that name");
		return;
	}
	f = circle_json(v, name);
	if (version > 0 && circle_text_of(v->circles, name, version, a,
	    &text) == 0)
		(void)json_object_set_new(f, "text", str_json(text));
	control_reply(c, f);
}

/* ---- new versions ---- */

/* A list of texts; false after an error was answered. */
static bool
list_read(struct control *c, const json_t *args, const char *name,
    struct str out[static LIST_MAX], size_t *out_n)
{
	const json_t *list = json_object_get(args, name), *v;
	size_t n = 0, i;

	json_array_foreach(list, i, v) {
		if (!json_is_string(v) || n == LIST_MAX) {
			(void)control_error(c, ERR_USAGE, NULL, "%s: want at "
			    "most %d names", name, LIST_MAX);
			return false;
		}
		out[n++] = str_of(json_string_value(v));
	}
	*out_n = n;
	return true;
}

/* A proposal with the signatures that count, and how many it takes. */
static void
reply_proposal(struct control *c, struct str text)
{
	AUTO(arena_free) struct arena *a = arena_new(ARENA_BYTES);
	struct vault *v = control_vault(c);
	struct str by[CIRCLE_MEMBERS_MAX];
	const struct circle_text *held, *from;
	json_t *signers = json_array();
	struct circle_text t;
	size_t n;

	if (circle_text_decode(text, a, &t) != 0) {
		json_decref(signers);
		(void)control_error(c, ERR_SYNTAX, NULL, "it does not read");
		return;
	}
	held = circle_held(v->circles, t.name);
	from = held == NULL ? &t : held;
	n = circle_text_signers(&t, from, by);
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(signers, str_json(by[i]));
	control_reply(c, json_pack("{s:o, s:i, s:o, s:i, s:o}", "name",
	    str_json(t.name), "version", (int)t.version, "signed", signers,
	    "needs", (int)(held == NULL ? t.nmembers : held->quorum),
	    "text", str_json(text)));
}

void
control_circle_propose(struct control *c, const json_t *args)
{
	struct str add[LIST_MAX], remove[LIST_MAX], foci[LIST_MAX];
	struct circle_change change = { .add = add, .remove = remove,
	    .foci = foci, .name = str_of(control_text(args, "name")) };
	AUTO_BUF struct buf text = { 0 };
	struct err e = { 0 };

	change.quorum = (unsigned)control_number(args, "quorum", 0,
	    CIRCLE_MEMBERS_MAX);
	if (!list_read(c, args, "add", add, &change.nadd) ||
	    !list_read(c, args, "remove", remove, &change.nremove) ||
	    !list_read(c, args, "foci", foci, &change.nfoci))
		return;
	if (circle_propose(control_vault(c)->circles, &change, &text, &e) <
	    0)
		(void)control_error(c, e.code, NULL, "%s", e.text);
	else
		reply_proposal(c, buf_str(&text));
}

void
control_circle_sign(struct control *c, const json_t *args)
{
	AUTO_BUF struct buf text = { 0 };
	struct err e = { 0 };

	if (circle_sign(control_vault(c)->circles,
	    str_of(control_text(args, "text")), &text, &e) < 0)
		(void)control_error(c, e.code, NULL, "%s", e.text);
	else
		reply_proposal(c, buf_str(&text));
}

struct wanted {
	struct str name;
	struct buf *text;
};

static int
on_wanted(void *arg, const struct circle_text *t, struct str text)
{
	struct wanted *w = arg;

	if (str_eq(t->name, w->name) && w->text->n == 0)
		buf_add(w->text, text.p, text.n);
	return 0;
}

void
control_circle_accept(struct control *c, const json_t *args)
{
	struct circles *cs = control_vault(c)->circles;
	const char *given = control_text(args, "text");
	const char *name = control_text(args, "name");
	AUTO_BUF struct buf text = { 0 };
	struct wanted w = { str_of(name == NULL ? "" : name), &text };
	struct err e = { 0 };
	int rc;

	if (given != NULL)
		buf_addz(&text, given);
	else if (circle_offers(cs, on_wanted, &w) < 0 || text.n == 0) {
		(void)control_error(c, ERR_NOT_FOUND, "see: comityctl circle "
		    "list", "no member has sent a circle of that name");
		return;
	}
	rc = circle_accept(cs, buf_str(&text), true, &e);
	if (rc < 0)
		(void)control_error(c, rc, NULL, "not accepted: %s", e.text);
	else
		control_reply(c, json_pack("{s:b}", "changed", rc == 1));
}
