/*
 * What can change without the rules changing: postures between countries,
 * and who is asked.
 */
#include "config/policy_file_read.h"

#include <string.h>

#include "config/schema.h"

const char *const policy_levels[] = { "permit", "redact", "consult", "deny",
    "forbid", NULL };
static const char *const posture_levels[] = { "permit", "consult", "deny",
    NULL };
static const enum policy_level posture_outcomes[] = { POLICY_PERMIT,
    POLICY_CONSULT, POLICY_DENY };
static const char *const only_deny[] = { "deny", NULL };
static const char *const only_one_case[] = { "one-case", NULL };

void
pf_postures_default(struct policy_file *f)
{
	f->postures[0] = (struct policy_posture){ UINT64_MAX,
	    POLICY_PERMIT };
	f->postures[1] = (struct policy_posture){ 0, POLICY_CONSULT };
	f->postures[2] = (struct policy_posture){ 0, POLICY_DENY };
}

static int
pf_others(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	int i;

	/* No redact: a posture does not say what. */
	TRY(pf_enum(r, row, n, &i));
	*(enum policy_level *)out = posture_outcomes[i];
	return 0;
}

static int
pf_posture(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	static const struct pf_row rows[] = {
		{ .key = "keep", .read = pf_kinds, .may_be_empty = true,
		  .offset = offsetof(struct policy_posture, keep) },
		{ .key = "others", .read = pf_others,
		  .names = posture_levels,
		  .offset = offsetof(struct policy_posture, others) },
		{ 0 },
	};
	struct policy_posture p = { UINT64_MAX, POLICY_PERMIT };

	(void)row;
	TRY(pf_map(r, n, rows, &p));
	if ((yaml_get(n, "keep") == NULL) != (yaml_get(n, "others") == NULL))
		return pf_error(r, n, "want both, keep and others, or "
		    "nothing");
	/* A kind that nobody recognised is never among those that stay. */
	if (yaml_get(n, "keep") != NULL)
		p.keep &= ~UINT64_C(1);
	*(struct policy_posture *)out = p;
	return 0;
}

static int
pf_in_force(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	struct pf_row posture = { .key = "posture",
	    .names = policy_postures };

	(void)row, (void)out;
	TRY(pf_is_map(r, n));
	for (const struct yaml_node *m = n->first; m != NULL; m = m->next) {
		struct policy_in_force p = { .posture = 0 };

		if (!schema_is_country(m->key))
			return yaml_key_error(r->e, m, "\"%.20s\"; want a "
			    "country, two capitals of ISO 3166", m->key.p);
		memcpy(p.country, m->key.p, 2);
		TRY(pf_enum(r, &posture, m, &p.posture));
		vec_push(&r->f->in_force, p);
	}
	return 0;
}

/* A worse posture must not let through what a better one does not. */
static int
check_postures(struct pf *r, const struct yaml_node *n)
{
	const struct policy_posture *p = r->f->postures;

	for (int i = 1; i < POLICY_POSTURES; i++) {
		const struct yaml_node *at = yaml_get(n, policy_postures[i]);

		if ((p[i].keep & ~p[i - 1].keep) == 0 &&
		    p[i].others >= p[i - 1].others)
			continue;
		return pf_error(r, at == NULL ? n : at, "%s lets through what "
		    "%s does not%s; a worse posture can only take away",
		    policy_postures[i], policy_postures[i - 1],
		    yaml_get(n, policy_postures[i - 1]) == NULL && i > 1 ?
		    " (it is not stated here and keeps nothing)" : "");
	}
	return 0;
}

int
pf_read_postures(struct pf *r, const struct yaml_node *n)
{
	static const struct pf_row rows[] = {
		{ .key = "normal", .read = pf_posture,
		  .offset = 0 * sizeof(struct policy_posture) },
		{ .key = "strained", .read = pf_posture,
		  .offset = 1 * sizeof(struct policy_posture) },
		{ .key = "suspended", .read = pf_posture,
		  .offset = 2 * sizeof(struct policy_posture) },
		{ .key = "in-force", .read = pf_in_force },
		{ 0 },
	};

	TRY(pf_map(r, n, rows, r->f->postures));
	return check_postures(r, n);
}

#define PANEL_MAX 32

/* A word of a closed list that says what is so in any case. */
static int
pf_word(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	int i;

	(void)out;
	return pf_enum(r, row, n, &i);
}

static int
on_person(struct pf *r, const struct yaml_node *item, void *arg)
{
	struct names *roles = arg;
	struct str id;
	struct pf_row row = { .key = "panel" };
	const struct yaml_node *n = item->next;

	/* Named twice, one person would make a quorum of two. */
	for (; n != NULL; n = n->next)
		if (str_eq(n->text, item->text))
			return pf_error(r, n, "\"%s\" is in the panel twice",
			    n->text.p);
	TRY(pf_id(r, &row, item, &id));
	if (names_add(roles, id, PANEL_MAX) < 0)
		return pf_error(r, item, "\"%s\": want a short name, and at "
		    "most %d in the panel", item->text.p, PANEL_MAX);
	return 0;
}

static int
pf_panel(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	return pf_each(r, row, n, on_person, out);
}

static int
on_asker(struct pf *r, const struct yaml_node *item, void *arg)
{
	int org = names_find(&r->f->v.orgs, item->text);
	struct org_set *ask = arg;

	if (str_eqz(item->text, "any")) {
		for (size_t i = 1; i < r->f->parties.n; i++)
			org_set_add(ask, (unsigned)i);
		return 0;
	}
	if (org == 0)
		return pf_error(r, item, "\"%s\" are we ourselves; want a "
		    "peer", item->text.p);
	if (org < 0)
		return pf_not_in(r, item, "peer", &r->f->v.orgs);
	org_set_add(ask, (unsigned)org);
	return 0;
}

static int
pf_ask(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	return pf_each(r, row, n, on_asker, out);
}

int
pf_read_consult(struct pf *r, const struct yaml_node *n)
{
	static const struct pf_row rows[] = {
		{ .key = "panel", .read = pf_panel, .required = true,
		  .offset = offsetof(struct policy_panel, roles) },
		/* No more people than one case keeps (vault/approval.h). */
		{ .key = "quorum", .read = pf_integer, .required = true,
		  .min = 1, .max = 8,
		  .offset = offsetof(struct policy_panel, quorum) },
		{ .key = "timeout", .read = pf_duration, .required = true,
		  .offset = offsetof(struct policy_panel, timeout_ms) },
		{ .key = "on-timeout", .read = pf_word, .names = only_deny },
		{ .key = "scope", .read = pf_word, .names = only_one_case },
		{ .key = "ask", .read = pf_ask, .may_be_empty = true,
		  .offset = offsetof(struct policy_panel, ask) },
		{ 0 },
	};
	struct policy_panel *panel = &r->f->panel;

	TRY(pf_map(r, n, rows, panel));
	if ((size_t)panel->quorum > panel->roles.n)
		return pf_error(r, yaml_get(n, "quorum"), "quorum %d of a "
		    "panel of %zu; want at most %zu", panel->quorum,
		    panel->roles.n, panel->roles.n);
	return 0;
}
