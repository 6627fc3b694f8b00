/*
 * The sections that give names: purposes and their domains, origin tags,
 * kinds and how they are recognised, what they mean elsewhere; and the
 * labels that unlabelled records get.
 */
#include "config/policy_file_read.h"

#include <stdio.h>
#include <string.h>

#include "record/handling.h"

#define SHOWN_MAX 80
#define NAMES_MAX 31	/* bit 31 stands for what has no name */

const char *const policy_caveats[] = {
	"no-resale", "no-attribution", "protect-source", "embargo",
	"encrypt-in-transit", "notify-affected", "no-notify", "attribute",
	"contact-first", "no-action", NULL,
};

/* Add the text s, found at `at`, to names; the index, or ERR_CONF. */
static int
add_name(struct pf *r, const struct yaml_node *at, struct str s,
    struct names *names, size_t max)
{
	char shown[SHOWN_MAX];
	size_t before = names->n;
	int i;

	(void)str_escape(shown, sizeof(shown), s);
	if (str_eqz(s, "any"))
		return pf_error(r, at, "\"any\" stands for all of them; want "
		    "another name");
	i = names_add(names, s, max);
	if (s.n >= NAME_MAX_BYTES)
		return pf_error(r, at, "\"%s\" is over %d bytes", shown,
		    NAME_MAX_BYTES - 1);
	if (i == ERR_LIMIT)
		return pf_error(r, at, "\"%s\" is one too many: there may be "
		    "%zu in all", shown, max);
	if (i < 0)
		return pf_error(r, at, "\"%s\" cannot be a name: no \"?\", "
		    "\"*\", white space or comma", shown);
	if (names->n == before)
		return pf_error(r, at, "\"%s\" stands here twice", shown);
	return i;
}

static int
add_key(struct pf *r, const struct yaml_node *m, struct names *names,
    size_t max)
{
	struct yaml_node at = *m;

	at.line = m->key_line;
	at.column = m->key_column;
	return add_name(r, &at, m->key, names, max);
}

struct domain_items {
	int domain;
};

static int
on_new_purpose(struct pf *r, const struct yaml_node *item, void *arg)
{
	const struct domain_items *d = arg;
	int p = add_name(r, item, item->text, &r->f->v.purposes, NAMES_MAX);

	if (p < 0)
		return p;
	r->f->v.domain_purposes[d->domain] |= 1U << p;
	return 0;
}

/* A purpose and a domain of one name could not be told apart in a list. */
static int
check_apart(struct pf *r, const struct yaml_node *n)
{
	const struct vocabulary *v = &r->f->v;

	for (size_t i = 0; i < v->purposes.n; i++)
		if (names_find(&v->domains, str_of(v->purposes.v[i])) >= 0)
			return pf_error(r, n, "\"%s\" is a domain and a "
			    "purpose; want another name for one of them",
			    v->purposes.v[i]);
	return 0;
}

int
pf_read_purposes(struct pf *r, const struct yaml_node *n)
{
	static const struct pf_row row = { .key = "the list of purposes" };
	struct vocabulary *v = &r->f->v;
	int p;

	TRY(pf_is_map(r, n));
	if (n->n == 0)
		return pf_error(r, n, "no domain of purposes; want at least "
		    "one, like secops: [detect, block]");
	for (const struct yaml_node *m = n->first; m != NULL; m = m->next) {
		struct domain_items d = { add_key(r, m, &v->domains,
		    NAMES_MAX) };

		TRY(d.domain);
		TRY(add_key(r, m, &v->lineage, NAMES_MAX));
		TRY(pf_each(r, &row, m, on_new_purpose, &d));
	}
	p = names_find(&v->purposes, STR("block"));
	if (p >= 0)
		v->block_purposes = 1U << p;
	return check_apart(r, n);
}

static int
on_origin_tag(struct pf *r, const struct yaml_node *item, void *arg)
{
	(void)arg;
	return add_name(r, item, item->text, &r->f->v.lineage, NAMES_MAX) < 0
	    ? ERR_CONF : 0;
}

int
pf_read_origin_tags(struct pf *r, const struct yaml_node *n)
{
	static const struct pf_row row = { .key = "origin-tags",
	    .may_be_empty = true };

	return pf_each(r, &row, n, on_origin_tag, NULL);
}

static int
on_new_kind(struct pf *r, const struct yaml_node *item, void *arg)
{
	int k = add_name(r, item, item->text, &r->f->v.kinds,
	    LABEL_KINDS_MAX);

	if (k < 0)
		return k;
	*(uint64_t *)arg |= UINT64_C(1) << k;
	return 0;
}

int
pf_read_kinds(struct pf *r, const struct yaml_node *n)
{
	static const struct pf_row row = { .key = "the list of kinds" };
	struct policy_file *f = r->f;

	TRY(pf_is_map(r, n));
	for (const struct yaml_node *m = n->first; m != NULL; m = m->next) {
		int g = add_key(r, m, &f->groups, LABEL_KINDS_MAX);

		TRY(g);
		TRY(pf_each(r, &row, m, on_new_kind, &f->group_kinds[g]));
		if (str_eqz(m->key, "technical"))
			f->technical = f->group_kinds[g];
	}
	for (size_t i = 1; i < f->v.kinds.n; i++)
		if (names_find(&f->groups, str_of(f->v.kinds.v[i])) >= 0)
			return pf_error(r, n, "\"%s\" is a kind and a group; "
			    "want another name for one of them",
			    f->v.kinds.v[i]);
	return 0;
}

/* "NETDEF" */
static int
acs_meaning(struct pf *r, const struct yaml_node *at, struct meanings *out)
{
	const char *names[ACS_ACTIONS];
	int action = acs_action_find(at->text);

	for (int i = 0; i < ACS_ACTIONS; i++)
		names[i] = acs_action_name(i);
	if (action < 0)
		return pf_unknown(r, at, "ACS action", names, ACS_ACTIONS);
	out->acs |= 1U << action;
	return 0;
}

/* "unmodified_resale=must-not" */
static int
iep_meaning(struct pf *r, const struct yaml_node *at, struct meanings *out)
{
	struct yaml_node left = *at, right = *at;
	const char *names[IEP_WORDS], *eq = at->text.n == 0 ? NULL :
	    memchr(at->text.p, '=', at->text.n);
	int statement, word;
	size_t n = 0;

	if (eq != NULL)
		left.text.n = (size_t)(eq - at->text.p);
	statement = iep_statement_find(left.text);
	for (int i = 0; i < IEP_STATEMENTS; i++)
		names[i] = iep_statement_name(i);
	if (statement < 0)
		return pf_unknown(r, &left, "IEP statement", names,
		    IEP_STATEMENTS);
	if (eq == NULL)
		return pf_error(r, at, "\"iep:%s\" without a value; want "
		    "\"iep:%s=...\"", names[statement], names[statement]);
	right.text = (struct str){ eq + 1,
	    at->text.n - left.text.n - 1 };
	word = iep_word_find(statement, right.text);
	for (int i = 0; i < IEP_WORDS; i++)
		if (iep_word_statement(i) == statement)
			names[n++] = iep_value_name(i);
	if (word < 0)
		return pf_unknown(r, &right, "value of this IEP statement",
		    names, n);
	out->iep |= 1U << word;
	return 0;
}

/* "acs:NETDEF" or "iep:unmodified_resale=must-not". */
static int
on_meaning(struct pf *r, const struct yaml_node *item, void *arg)
{
	struct yaml_node rest = *item;
	bool acs = str_starts(item->text, "acs:");

	if (!acs && !str_starts(item->text, "iep:"))
		return pf_error(r, item, "want \"acs:\" and a privilege "
		    "action of ACS 3.0, or \"iep:\" and a statement of IEP "
		    "2.0");
	rest.text.p += 4;
	rest.text.n -= 4;
	return acs ? acs_meaning(r, &rest, arg) : iep_meaning(r, &rest, arg);
}

/* Each key is one of names; each value says what it is elsewhere. */
static int
read_meanings(struct pf *r, const struct yaml_node *n, const char *what,
    const struct names *names, struct meanings *means)
{
	struct pf_row row = { .key = what };

	TRY(pf_is_map(r, n));
	for (const struct yaml_node *m = n->first; m != NULL; m = m->next) {
		struct yaml_node at = *m;
		int i = names_find(names, m->key);

		at.text = m->key;
		at.line = m->key_line;
		at.column = m->key_column;
		if (i < 0)
			return pf_not_in(r, &at, what, names);
		TRY(pf_each(r, &row, m, on_meaning, &means[i]));
	}
	return 0;
}

static int
purpose_meanings(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	struct vocabulary *v = &r->f->v;

	(void)row, (void)out;
	return read_meanings(r, n, "purpose", &v->purposes, v->purpose_means);
}

static int
caveat_meanings(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	struct vocabulary *v = &r->f->v;

	(void)row, (void)out;
	return read_meanings(r, n, "caveat", &v->caveats, v->caveat_means);
}

int
pf_read_vocabulary(struct pf *r, const struct yaml_node *n)
{
	static const struct pf_row rows[] = {
		{ .key = "purposes", .read = purpose_meanings },
		{ .key = "caveats", .read = caveat_meanings },
		{ 0 },
	};

	return pf_map(r, n, rows, r->f);
}

/* A list of patterns; kept as it is. */
static int
on_pattern(struct pf *r, const struct yaml_node *item, void *arg)
{
	const char *star = memchr(item->text.p, '*', item->text.n);

	(void)arg;
	if (star != NULL && star + 1 != item->text.p + item->text.n)
		return pf_error(r, item, "\"*\" may stand at the end only");
	return 0;
}

static int
pf_patterns(struct pf *r, const struct pf_row *row,
    const struct yaml_node *n, void *out)
{
	TRY(pf_each(r, row, n, on_pattern, NULL));
	*(const struct yaml_node **)out = n;
	return 0;
}

static int
pf_when(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	static const struct pf_row rows[] = {
		{ .key = "type", .read = pf_patterns,
		  .offset = offsetof(struct policy_classifier, type) },
		{ .key = "label", .read = pf_patterns,
		  .offset = offsetof(struct policy_classifier, label) },
		{ .key = "indicator-type", .read = pf_patterns,
		  .offset = offsetof(struct policy_classifier,
		      indicator_type) },
		{ .key = "tag", .read = pf_patterns,
		  .offset = offsetof(struct policy_classifier, tag) },
		{ 0 },
	};

	(void)row;
	TRY(pf_map(r, n, rows, out));
	/* A filter that asks nothing would fit everything. */
	if (n->n == 0)
		return pf_error(r, n, "when asks nothing and would fit every "
		    "record; want type, label, indicator-type or tag (to "
		    "fit every record: type: [\"*\"])");
	return 0;
}

int
pf_read_classify(struct pf *r, const struct yaml_node *n)
{
	static const struct pf_row rows[] = {
		{ .key = "when", .read = pf_when, .required = true },
		{ .key = "kind", .read = pf_kind, .required = true,
		  .offset = offsetof(struct policy_classifier, kind) },
		{ 0 },
	};

	TRY(pf_is_list(r, n));
	for (const struct yaml_node *i = n->first; i != NULL; i = i->next) {
		struct policy_classifier c = { .at = i };

		TRY(pf_map(r, i, rows, &c));
		vec_push(&r->f->classify, c);
	}
	return 0;
}

int
pf_label(struct pf *r, const struct pf_row *row, const struct yaml_node *n,
    void *out)
{
	static const struct pf_row rows[] = {
		{ .key = "tlp", .read = pf_tlp,
		  .offset = offsetof(struct policy_label, tlp) },
		{ .key = "pap", .read = pf_pap,
		  .offset = offsetof(struct policy_label, pap) },
		{ .key = "hops", .read = pf_integer, .max = LABEL_HOPS_MAX,
		  .offset = offsetof(struct policy_label, hops) },
		{ .key = "purposes", .read = pf_purposes, .may_be_empty =
		  true, .offset = offsetof(struct policy_label, purposes) },
		{ .key = "lineage", .read = pf_lineage, .may_be_empty = true,
		  .offset = offsetof(struct policy_label, lineage) },
		{ .key = "caveats", .read = pf_caveats, .may_be_empty = true,
		  .offset = offsetof(struct policy_label, caveats) },
		{ 0 },
	};
	struct policy_label *l = out;

	(void)row;
	*l = (struct policy_label){ .at = n, .tlp = -1, .pap = -1,
	    .hops = -1 };
	TRY(pf_map(r, n, rows, l));
	l->has_purposes = yaml_get(n, "purposes") != NULL;
	l->has_lineage = yaml_get(n, "lineage") != NULL;
	return 0;
}
