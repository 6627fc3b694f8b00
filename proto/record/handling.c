#include "record/handling.h"

#include <string.h>

static const char *const actions[] = {
	[ACS_DSPLY] = "DSPLY", [ACS_IDSRC] = "IDSRC", [ACS_TENOT] = "TENOT",
	[ACS_NETDEF] = "NETDEF", [ACS_LEGAL] = "LEGAL",
	[ACS_INTEL] = "INTEL", [ACS_TEARLINE] = "TEARLINE",
	[ACS_OPACTION] = "OPACTION", [ACS_REQUEST] = "REQUEST",
	[ACS_ANONYMOUSACCESS] = "ANONYMOUSACCESS",
	[ACS_CISAUSES] = "CISAUSES", [ACS_ALL] = "ALL",
};

static const char *const statements[] = {
	[IEP_ENCRYPT] = "encrypt_in_transit",
	[IEP_ACTIONS] = "permitted_actions",
	[IEP_NOTIFY] = "affected_party_notifications",
	[IEP_ATTRIBUTION] = "attribution",
	[IEP_RESALE] = "unmodified_resale",
};

static const struct {
	uint8_t statement;
	uint8_t rank;		/* how free it is */
	const char *value;
} words[] = {
	[IEP_ENCRYPT_MUST] = { IEP_ENCRYPT, 0, "must" },
	[IEP_ENCRYPT_MAY] = { IEP_ENCRYPT, 1, "may" },
	[IEP_ACTIONS_NONE] = { IEP_ACTIONS, 0, "none" },
	[IEP_ACTIONS_CONTACT] = { IEP_ACTIONS, 1,
	    "contact-for-instruction" },
	[IEP_ACTIONS_INTERNAL] = { IEP_ACTIONS, 2,
	    "internally-visible-actions" },
	[IEP_ACTIONS_INDIRECT] = { IEP_ACTIONS, 3,
	    "externally-visible-indirect-actions" },
	[IEP_ACTIONS_DIRECT] = { IEP_ACTIONS, 4,
	    "externally-visible-direct-actions" },
	[IEP_NOTIFY_MUST_NOT] = { IEP_NOTIFY, 0, "must-not" },
	[IEP_NOTIFY_MAY] = { IEP_NOTIFY, 1, "may" },
	[IEP_ATTRIBUTION_MUST_NOT] = { IEP_ATTRIBUTION, 0, "must-not" },
	[IEP_ATTRIBUTION_MUST] = { IEP_ATTRIBUTION, 0, "must" },
	[IEP_ATTRIBUTION_MAY] = { IEP_ATTRIBUTION, 1, "may" },
	[IEP_RESALE_MUST_NOT] = { IEP_RESALE, 0, "must-not" },
	[IEP_RESALE_MAY] = { IEP_RESALE, 1, "may" },
};

static const struct {
	const char *caveat;
	enum iep_word word;
} caveat_words[] = {
	{ "no-resale", IEP_RESALE_MUST_NOT },
	{ "no-attribution", IEP_ATTRIBUTION_MUST_NOT },
	{ "attribute", IEP_ATTRIBUTION_MUST },
	{ "encrypt-in-transit", IEP_ENCRYPT_MUST },
	{ "no-notify", IEP_NOTIFY_MUST_NOT },
	/* To do nothing is also to ask before doing something. */
	{ "contact-first", IEP_ACTIONS_CONTACT },
	{ "contact-first", IEP_ACTIONS_NONE },
	{ "no-action", IEP_ACTIONS_NONE },
};

static int
find(const char *const *names, size_t n, struct str s)
{
	for (size_t i = 0; i < n; i++)
		if (str_eqz(s, names[i]))
			return (int)i;
	return -1;
}

const char *
acs_action_name(int action)
{
	return actions[action];
}

int
acs_action_find(struct str s)
{
	return find(actions, ACS_ACTIONS, s);
}

const char *
iep_statement_name(int statement)
{
	return statements[statement];
}

int
iep_statement_find(struct str s)
{
	return find(statements, IEP_STATEMENTS, s);
}

const char *
iep_value_name(int word)
{
	return words[word].value;
}

int
iep_word_find(int statement, struct str value)
{
	for (int w = 0; w < IEP_WORDS; w++)
		if (words[w].statement == statement &&
		    str_eqz(value, words[w].value))
			return w;
	return -1;
}

int
iep_word_statement(int word)
{
	return words[word].statement;
}

uint32_t
iep_caveat_words(struct str caveat)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < NELEM(caveat_words); i++)
		if (str_eqz(caveat, caveat_words[i].caveat))
			bits |= 1U << caveat_words[i].word;
	return bits;
}

bool
acs_allows(const struct acs_says *s, int action)
{
	uint32_t of = 1U << action | 1U << ACS_ALL;

	if ((s->deny & of) != 0)
		return false;
	return s->privileges || (s->permit & of) != 0;
}

/* May whoever it is do all of these? */
static bool
acs_allows_all(const struct acs_says *s, uint32_t wanted)
{
	for (; wanted != 0; wanted &= wanted - 1)
		if (!acs_allows(s, __builtin_ctz(wanted)))
			return false;
	return true;
}

/* The purposes that go by name, and those that follow their domain. */
static uint32_t
acs_purposes(const struct vocabulary *v, const struct acs_says *s,
    uint32_t *out_named)
{
	uint32_t named = 0, refused = 0, kept = 0;

	for (unsigned p = 0; p < v->purposes.n; p++) {
		if (v->purpose_means[p].acs == 0)
			continue;
		named |= 1U << p;
		if (!acs_allows_all(s, v->purpose_means[p].acs))
			refused |= 1U << p;
	}
	kept = named & ~refused;
	*out_named = kept;
	/* What is not mentioned goes by the default ... */
	if (acs_allows(s, ACS_ALL))
		kept |= ~named;
	/* ... unless a neighbour of it is refused: that is the wall. */
	for (size_t d = 0; d < v->domains.n; d++)
		if ((v->domain_purposes[d] & refused) != 0)
			kept &= ~(v->domain_purposes[d] & ~named);
	return kept;
}

/*
 * Where something is refused, what stays belongs to the domains that are
 * named: as lineage, so that our walls keep it there.
 */
static uint32_t
acs_lineage(const struct vocabulary *v, uint32_t named)
{
	uint32_t lineage = 0;

	for (size_t d = 0; d < v->domains.n; d++)
		if ((v->domain_purposes[d] & named) != 0)
			lineage |= 1U << d;
	return lineage;
}

void
acs_apply(struct label *l, const struct vocabulary *v,
    const struct acs_says *s)
{
	struct label demand;
	uint32_t named;

	label_bottom(&demand);
	demand.purposes = acs_purposes(v, s, &named);
	if (!s->privileges || s->deny != 0)
		demand.lineage = acs_lineage(v, named);
	for (unsigned c = 0; c < v->caveats.n; c++)
		if (!acs_allows_all(s, v->caveat_means[c].acs))
			demand.caveats |= 1U << c;
	if (!s->shared && !s->public) {
		demand.hops = 0;
		memset(&demand.audience, 0, sizeof(demand.audience));
	}
	demand.tlp = s->public ? TLP_CLEAR : TLP_GREEN;
	if (s->tlp_least > demand.tlp)
		demand.tlp = (uint8_t)s->tlp_least;
	demand.expires = s->expires;
	label_join(l, l, &demand);
}

/* Does a policy that says this allow what needs that word? */
static bool
iep_allows(const struct iep_says *s, int word)
{
	int said = s->word[words[word].statement];

	return said < 0 || said == word ||
	    words[said].rank > words[word].rank;
}

static uint32_t
iep_purposes(const struct vocabulary *v, const struct iep_says *s)
{
	const uint32_t levels = 1U << IEP_ACTIONS_NONE |
	    1U << IEP_ACTIONS_CONTACT | 1U << IEP_ACTIONS_INTERNAL |
	    1U << IEP_ACTIONS_INDIRECT | 1U << IEP_ACTIONS_DIRECT;
	bool act = iep_allows(s, IEP_ACTIONS_INTERNAL);
	uint32_t kept = act ? UINT32_MAX : 0;

	for (unsigned p = 0; p < v->purposes.n; p++) {
		uint32_t needs = v->purpose_means[p].iep;

		/* Without a level it is an action like any other. */
		if ((needs & levels) != 0)
			kept |= 1U << p;
		for (; needs != 0; needs &= needs - 1)
			if (!iep_allows(s, __builtin_ctz(needs)))
				kept &= ~(1U << p);
	}
	return kept;
}

static uint8_t
iep_pap(int actions_word)
{
	switch (actions_word) {
	case IEP_ACTIONS_DIRECT:
		return PAP_GREEN;
	case IEP_ACTIONS_INDIRECT:
		return PAP_AMBER;
	default:
		return PAP_RED;
	}
}

void
iep_apply(struct label *l, const struct vocabulary *v,
    const struct iep_says *s)
{
	struct label demand;

	label_bottom(&demand);
	demand.purposes = iep_purposes(v, s);
	for (unsigned c = 0; c < v->caveats.n; c++) {
		uint32_t means = v->caveat_means[c].iep;

		for (; means != 0; means &= means - 1) {
			int w = __builtin_ctz(means);

			if (s->word[words[w].statement] == w)
				demand.caveats |= 1U << c;
		}
	}
	if (s->tlp >= 0)
		demand.tlp = (uint8_t)s->tlp;
	if (s->word[IEP_ACTIONS] >= 0)
		demand.pap = iep_pap(s->word[IEP_ACTIONS]);
	demand.expires = s->expires;
	label_join(l, l, &demand);
}
