/*
 * The tags of MISP's taxonomies tlp, PAP, iep2-policy and acs-marking.  Each
 * tag stands for itself: one that is not there says nothing.  Tags of older
 * or unknown forms in these name spaces say that there is a restriction
 * which nobody can read.
 */
#include <string.h>
#include <strings.h>

#include "record/marking_read.h"

/* One tag, cut up: name space, predicate and value. */
struct tag {
	struct str space, predicate, value;
	bool has_value;
};

/* What the tags of one object say together. */
struct tags {
	struct label *l;
	unsigned stated;
	struct iep_says iep;
	struct acs_says acs;
	unix_ms_t now;
	bool has_iep, has_acs, has_classification;
};

static bool
same(struct str s, const char *z)
{
	return s.n == strlen(z) && strncasecmp(s.p, z, s.n) == 0;
}

static bool
cut_tag(struct str s, struct tag *t)
{
	const char *colon = s.n == 0 ? NULL : memchr(s.p, ':', s.n), *eq;

	*t = (struct tag){ .value = STR("") };
	if (colon == NULL)
		return false;
	t->space = (struct str){ s.p, (size_t)(colon - s.p) };
	t->predicate = (struct str){ colon + 1,
	    s.n - t->space.n - 1 };
	eq = t->predicate.n == 0 ? NULL :
	    memchr(t->predicate.p, '=', t->predicate.n);
	if (eq == NULL)
		return true;
	t->has_value = true;
	t->value = (struct str){ eq + 1, (size_t)(t->predicate.p +
	    t->predicate.n - eq - 1) };
	t->predicate.n = (size_t)(eq - t->predicate.p);
	if (t->value.n >= 2 && t->value.p[0] == '"' &&
	    t->value.p[t->value.n - 1] == '"') {
		t->value.p++;
		t->value.n -= 2;
	}
	return true;
}

/* Any spelling of a colour; what is none of them is red. */
static unsigned
tag_tlp(struct tags *all, const struct tag *t)
{
	int tlp = TLP_RED;

	for (int i = TLP_CLEAR; i <= TLP_RED && !t->has_value; i++)
		if (same(t->predicate, tlp_name(i)))
			tlp = i;
	if (!t->has_value && same(t->predicate, "white"))
		tlp = TLP_CLEAR;
	if (tlp > all->l->tlp)
		all->l->tlp = (uint8_t)tlp;
	return STATED_TLP;
}

static unsigned
tag_pap(struct tags *all, const struct tag *t)
{
	int pap = PAP_RED;

	for (int i = PAP_CLEAR; i <= PAP_RED && !t->has_value; i++)
		if (same(t->predicate, pap_name(i)))
			pap = i;
	if (!t->has_value && same(t->predicate, "white"))
		pap = PAP_CLEAR;
	if (pap > all->l->pap)
		all->l->pap = (uint8_t)pap;
	return STATED_PAP;
}

/* Two tags of one statement: the stricter, as words go from strict to free. */
static unsigned
tag_iep_statement(struct tags *all, const struct tag *t, int statement)
{
	int w = iep_word_find(statement, t->value);
	int *at = &all->iep.word[statement];

	/* must and must-not: nobody can do both. */
	if (w < 0 || (statement == IEP_ATTRIBUTION && *at >= 0 && *at != w &&
	    *at != IEP_ATTRIBUTION_MAY && w != IEP_ATTRIBUTION_MAY))
		return STATED_UNKNOWN;
	if (*at < 0 || w < *at)
		*at = w;
	return statement == IEP_ACTIONS ? STATED_PAP : STATED_NOTHING;
}

static unsigned
tag_iep_end(struct tags *all, const struct tag *t)
{
	unix_ms_t end;

	if (str_eqz(t->value, "null"))
		return STATED_NOTHING;
	if (!marking_time(t->value, &end) || end.ms <= all->now.ms)
		return STATED_UNKNOWN;
	if (end.ms < all->iep.expires.ms)
		all->iep.expires = end;
	return STATED_NOTHING;
}

static unsigned
tag_iep(struct tags *all, const struct tag *t)
{
	int statement = iep_statement_find(t->predicate), tlp;
	unix_ms_t start;

	all->has_iep = true;
	if (statement >= 0)
		return tag_iep_statement(all, t, statement);
	if (str_eqz(t->predicate, "tlp")) {
		tlp = str_eqz(t->value, "white") ? TLP_CLEAR :
		    tlp_from_name(t->value);
		if (tlp > all->iep.tlp)
			all->iep.tlp = tlp;
		return tlp < 0 ? STATED_UNKNOWN : STATED_TLP;
	}
	if (str_eqz(t->predicate, "end_date"))
		return tag_iep_end(all, t);
	if (str_eqz(t->predicate, "start_date"))
		return marking_time(t->value, &start) &&
		    start.ms <= all->now.ms ? STATED_NOTHING :
		    STATED_UNKNOWN;
	if (str_eqz(t->predicate, "iep_version"))
		return str_eqz(t->value, "2.0") ? STATED_NOTHING :
		    STATED_UNKNOWN;
	return str_eqz(t->predicate, "id") ||
	    str_eqz(t->predicate, "name") ||
	    str_eqz(t->predicate, "description") ||
	    str_eqz(t->predicate, "external_reference") ? STATED_NOTHING :
	    STATED_UNKNOWN;
}

static unsigned
tag_acs(struct tags *all, const struct tag *t)
{
	int action;

	all->has_acs = true;
	if (str_eqz(t->predicate, "classification")) {
		all->has_classification = true;
		return str_eqz(t->value, "U") ? STATED_NOTHING :
		    STATED_UNKNOWN;
	}
	if (str_eqz(t->predicate, "privilege_action")) {
		action = acs_action_find(t->value);
		if (action < 0)
			return STATED_UNKNOWN;
		all->acs.permit |= 1U << action;
		return STATED_NOTHING;
	}
	if (str_eqz(t->predicate, "shareability") &&
	    str_eqz(t->value, "FOREIGNGOV")) {
		all->acs.shared = true;
		return STATED_NOTHING;
	}
	return acs_control(t->predicate, t->value, &all->acs) ?
	    STATED_NOTHING : STATED_UNKNOWN;
}

static unsigned
tag_unknown(struct tags *all, const struct tag *t)
{
	(void)all, (void)t;
	return STATED_UNKNOWN;
}

static void
tag_add(struct tags *all, struct str s)
{
	static const struct {
		const char *space;
		unsigned (*read)(struct tags *all, const struct tag *t);
	} spaces[] = {
		{ "tlp", tag_tlp }, { "pap", tag_pap },
		{ "iep2-policy", tag_iep }, { "iep2-reference", tag_unknown },
		{ "iep", tag_unknown }, { "acs-marking", tag_acs },
	};
	struct tag t;

	if (!cut_tag(s, &t))
		return;
	for (size_t i = 0; i < NELEM(spaces); i++)
		if (same(t.space, spaces[i].space))
			all->stated |= spaces[i].read(all, &t);
}

unsigned
marking_read_tags(const struct marking_tags *tags,
    const struct vocabulary *v, unix_ms_t now, struct label *l)
{
	struct tags all = { .l = l, .now = now,
	    .iep = { .word = { -1, -1, -1, -1, -1 }, .tlp = -1,
	    .expires = UNIX_MS_NEVER },
	    .acs = { .expires = UNIX_MS_NEVER } };

	for (size_t i = 0; i < tags->n; i++)
		tag_add(&all, tags->v[i]);
	if (all.has_iep)
		iep_apply(l, v, &all.iep);
	if (all.has_acs && all.has_classification)
		acs_apply(l, v, &all.acs);
	else if (all.has_acs)
		all.stated |= STATED_UNKNOWN;
	return all.stated;
}
