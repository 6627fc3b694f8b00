/*
 * What changes beside requests: facts that say which of the requests are
 * asked at all, and how records come by their labels.
 */
#include "policy/diff_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void PRINTF_LIKE(2, 3)
fact_add(struct diff *d, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (size_t i = 0; i < d->facts.n; i++)
		if (strcmp(d->facts.v[i], text) == 0)
			return;
	vec_push(&d->facts, mem_strdup(text));
}

static void
facts_org(struct diff *d, const struct policy_org *a,
    const struct policy_org *b)
{
	if (strcmp(a->country, b->country) != 0)
		fact_add(d, "%s is in %s, was in %s", b->id, b->country,
		    a->country);
	else if (a->posture != b->posture)
		fact_add(d, "the posture in force with %s is %s, was %s",
		    b->country, posture_name(b->posture),
		    posture_name(a->posture));
	if (a->discretion != b->discretion)
		fact_add(d, "discretion of %s begins at %s, was %s", b->id,
		    band_name(b->discretion), band_name(a->discretion));
	if (a->reliability != b->reliability)
		fact_add(d, "reliability of %s begins at %s, was %s", b->id,
		    band_name(b->reliability), band_name(a->reliability));
	if (a->anonymiser != b->anonymiser)
		fact_add(d, "%s is %strusted to hide sources%s", b->id,
		    b->anonymiser ? "" : "not ", b->anonymiser ? "" :
		    " any more");
}

/* Do bits of two vocabularies stand for the same names? */
static bool
same_bits(const struct names *from, uint32_t a, const struct names *to,
    uint32_t b)
{
	for (size_t i = 0; i < from->n; i++) {
		int k = (a >> i & 1) == 0 ? -1 : names_find(to,
		    str_of(from->v[i]));

		if ((a >> i & 1) == 0)
			continue;
		if (k < 0 || (b >> k & 1) == 0)
			return false;
		b &= ~(1U << k);
	}
	return (b & ((UINT32_C(1) << to->n) - 1)) == 0;
}

/* Labels of what comes from there without a marking. */
static void
facts_source(struct diff *d, int from_org, int to_org)
{
	const struct policy_org *org = policy_org(d->to, (size_t)to_org);

	for (int i = 0; i < org->ndesks; i++) {
		const char *name = d->to->file->v.desks.v[org->first_desk +
		    i];
		int desk = policy_find_desk(d->from, str_of(name));
		struct label a, b;

		if (desk < 0)
			continue;
		policy_source_label(d->from, from_org, desk, &a);
		policy_source_label(d->to, to_org, org->first_desk + i, &b);
		if (a.tlp != b.tlp || a.pap != b.pap || a.hops != b.hops ||
		    a.caveats != b.caveats ||
		    !same_bits(&d->from->file->v.lineage, a.lineage,
		    &d->to->file->v.lineage, b.lineage) ||
		    !same_bits(&d->from->file->v.purposes, a.purposes,
		    &d->to->file->v.purposes, b.purposes))
			fact_add(d, "what comes unmarked from %s is labelled "
			    "otherwise", to_org == 0 ? name : org->id);
	}
}

static void
facts_orgs(struct diff *d)
{
	for (size_t i = 0; i < policy_norgs(d->to); i++) {
		const struct policy_org *b = policy_org(d->to, i);
		int before = policy_find_org(d->from, str_of(b->id));

		if (before < 0)
			continue;
		facts_org(d, policy_org(d->from, (size_t)before), b);
		facts_source(d, before, (int)i);
	}
}

static void
facts_agreement(struct diff *d, const struct policy_agreement *a,
    const struct policy_agreement *b)
{
	char day[TIME_TEXT_MAX];

	if (a->until.ms != b->until.ms)
		fact_add(d, "agreement %s lasts %s, until %.10s", b->id.p,
		    b->until.ms > a->until.ms ? "longer" : "less long",
		    time_format(day, b->until));
	if (!str_eq(a->digest, b->digest))
		fact_add(d, "agreement %s has another digest", b->id.p);
}

static void
facts_terms(struct diff *d)
{
	const struct policy_file *a = d->from->file, *b = d->to->file;

	for (size_t i = 0; i < b->agreements.n; i++)
		for (size_t k = 0; k < a->agreements.n; k++)
			if (str_eq(a->agreements.v[k].id,
			    b->agreements.v[i].id))
				facts_agreement(d, &a->agreements.v[k],
				    &b->agreements.v[i]);
	for (size_t i = 0; i < b->circles.n; i++)
		for (size_t k = 0; k < a->circles.n; k++) {
			const struct policy_circle *x = &a->circles.v[k];
			const struct policy_circle *y = &b->circles.v[i];

			if (!str_eq(x->id, y->id))
				continue;
			if (!str_eq(x->charter, y->charter))
				fact_add(d, "circle %s has another charter",
				    y->id.p);
			if (x->quorum != y->quorum)
				fact_add(d, "circle %s takes %d signatures "
				    "to change, took %d", y->id.p, y->quorum,
				    x->quorum);
		}
}

static void
on_score(void *arg, bool opens, const char *text)
{
	(void)opens;
	fact_add(arg, "%s", text);
}

void
diff_add_facts(struct diff *d)
{
	static const char *const sections[] = { "classify", "vocabulary",
	    "releases", "consult", "bands", "trust" };

	facts_orgs(d);
	facts_terms(d);
	scoring_diff(d->from, d->to, on_score, d);
	for (size_t i = 0; i < NELEM(sections); i++)
		if (!policy_same_section(d->from, d->to, sections[i]))
			fact_add(d, "section %s is another", sections[i]);
}
