/* A label in the words of others: as much as they can say, never less. */
#include <string.h>

#include "record/handling.h"

/* May everybody whom this allows have it without loosening the label? */
static bool
acs_may_permit(const struct label *l, const struct vocabulary *v, int action)
{
	for (unsigned p = 0; p < v->purposes.n; p++)
		if ((v->purpose_means[p].acs >> action & 1) != 0 &&
		    (l->purposes >> p & 1) == 0)
			return false;
	for (unsigned c = 0; c < v->caveats.n; c++)
		if ((v->caveat_means[c].acs >> action & 1) != 0 &&
		    (l->caveats >> c & 1) != 0)
			return false;
	return true;
}

static bool
audience_is_everybody(const struct label *l)
{
	for (size_t i = 0; i < NELEM(l->audience.w); i++)
		if (l->audience.w[i] != UINT64_MAX)
			return false;
	return true;
}

void
acs_of_label(const struct label *l, const struct vocabulary *v,
    struct acs_says *out)
{
	uint32_t known = 0;

	for (unsigned p = 0; p < v->purposes.n; p++)
		known |= v->purpose_means[p].acs;
	for (unsigned c = 0; c < v->caveats.n; c++)
		known |= v->caveat_means[c].acs;
	*out = (struct acs_says){ .expires = l->expires,
	    .shared = l->hops > 0 && l->tlp <= TLP_AMBER &&
	    audience_is_everybody(l),
	    .tlp_least = l->tlp >= TLP_AMBER ? TLP_AMBER : TLP_CLEAR };
	out->public = out->shared && l->tlp == TLP_CLEAR;
	/* ALL means what has no name as well. */
	for (int a = 0; a < ACS_ALL; a++) {
		if ((known >> a & 1) == 0)
			continue;
		if (acs_may_permit(l, v, a))
			out->permit |= 1U << a;
		else
			out->deny |= 1U << a;
	}
}

/* Does this word of its statement say at least what the label says? */
static bool
iep_is_enough(const struct label *l, const struct vocabulary *v, int word)
{
	int statement = iep_word_statement(word);
	struct iep_says says = { .word = { -1, -1, -1, -1, -1 }, .tlp = -1,
	    .expires = UNIX_MS_NEVER };
	uint32_t of = 0;
	struct label read;

	says.word[statement] = word;
	label_bottom(&read);
	iep_apply(&read, v, &says);
	for (int w = 0; w < IEP_WORDS; w++)
		if (iep_word_statement(w) == statement)
			of |= 1U << w;
	if (statement == IEP_ACTIONS && read.pap < l->pap)
		return false;
	for (unsigned p = 0; p < v->purposes.n; p++)
		if ((v->purpose_means[p].iep & of) != 0 &&
		    (read.purposes & ~l->purposes & 1U << p) != 0)
			return false;
	for (unsigned c = 0; c < v->caveats.n; c++)
		if ((v->caveat_means[c].iep & of) != 0 &&
		    (l->caveats & ~read.caveats & 1U << c) != 0)
			return false;
	return true;
}

void
iep_of_label(const struct label *l, const struct vocabulary *v,
    struct iep_says *out)
{
	*out = (struct iep_says){ .expires = l->expires,
	    .word = { -1, -1, -1, -1, -1 },
	    /* AMBER+STRICT is not in TLP 1. */
	    .tlp = l->tlp == TLP_AMBER_STRICT ? TLP_RED : l->tlp };
	/* Words go from strict to free: the last that is enough. */
	for (int w = 0; w < IEP_WORDS; w++) {
		int *at = &out->word[iep_word_statement(w)];

		if (*at < 0 || iep_is_enough(l, v, w))
			*at = w;
	}
}

unsigned
label_lost(const struct label *l, const struct label *read)
{
	struct label one;
	unsigned lost = 0;

	if ((read->purposes & ~l->purposes) != 0)
		lost |= LABEL_PART_PURPOSES;
	if (read->tlp < l->tlp)
		lost |= LABEL_PART_TLP;
	if (read->pap < l->pap)
		lost |= LABEL_PART_PAP;
	if (read->hops > l->hops)
		lost |= LABEL_PART_HOPS;
	if (read->expires.ms > l->expires.ms)
		lost |= LABEL_PART_EXPIRES;
	if ((l->caveats & ~read->caveats) != 0)
		lost |= LABEL_PART_CAVEATS;
	if ((l->lineage & ~read->lineage) != 0)
		lost |= LABEL_PART_LINEAGE;
	label_join(&one, read, l);
	if (memcmp(&one.audience, &read->audience, sizeof(one.audience)) != 0)
		lost |= LABEL_PART_AUDIENCE;
	if (memcmp(&l->roots, &read->roots, sizeof(l->roots)) != 0)
		lost |= LABEL_PART_ROOTS;
	return lost;
}

const char *
label_part_name(unsigned i)
{
	static const char *const names[] = { "purposes", "tlp", "pap",
	    "hops", "expires", "caveats", "lineage", "audience", "roots" };

	return i < NELEM(names) ? names[i] : NULL;
}
