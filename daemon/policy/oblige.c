#include "policy/oblige.h"

#include <string.h>

#define BIT(o) (1U << OBLIGATION_##o)
#define HIDES_SOURCE (BIT(PROTECT_SOURCE) | BIT(NO_ATTRIBUTION))

static const struct oblige_row rows[OBLIGATIONS] = {
	[OBLIGATION_RECEIPT] = { CARRIER_SESSION, CARRIER_SESSION,
	    "every batch is answered with a receipt" },
	[OBLIGATION_PURPOSE_BOUND] = { CARRIER_RECIPIENT, CARRIER_US,
	    "the purposes are those of the release text" },
	[OBLIGATION_NO_RESALE] = { CARRIER_RECIPIENT, CARRIER_US,
	    "passed on as a condition" },
	[OBLIGATION_EMBARGO] = { CARRIER_US, CARRIER_US,
	    "held until the embargo ends, unless the grant itself obliges "
	    "to embargo" },
	[OBLIGATION_PROTECT_SOURCE] = { CARRIER_US, CARRIER_US,
	    "a new record by us goes out, without its source" },
	[OBLIGATION_WARNINGLIST_CHECK] = { CARRIER_NOBODY, CARRIER_US,
	    "compared with the warning lists there are; without any, "
	    "counted as not checked" },
	[OBLIGATION_NO_ATTRIBUTION] = { CARRIER_US, CARRIER_US,
	    "a new record by us goes out, without its source" },
	[OBLIGATION_ENCRYPT_IN_TRANSIT] = { CARRIER_SESSION,
	    CARRIER_SESSION, "every session is TLS 1.3" },
	[OBLIGATION_NOTIFY_AFFECTED] = { CARRIER_RECIPIENT, CARRIER_US,
	    "passed on as a condition" },
	[OBLIGATION_NO_NOTIFY] = { CARRIER_RECIPIENT, CARRIER_US,
	    "passed on as a condition" },
	[OBLIGATION_ATTRIBUTE] = { CARRIER_SESSION, CARRIER_SESSION,
	    "the originator's seal goes along, and its name with it" },
	[OBLIGATION_CONTACT_FIRST] = { CARRIER_RECIPIENT, CARRIER_US,
	    "passed on as a condition" },
	[OBLIGATION_NO_ACTION] = { CARRIER_RECIPIENT, CARRIER_US,
	    "passed on as a condition" },
};

/* Nobody can do both. */
static const uint32_t contradictions[] = {
	BIT(ATTRIBUTE) | BIT(NO_ATTRIBUTION),
	BIT(ATTRIBUTE) | BIT(PROTECT_SOURCE),
	BIT(NOTIFY_AFFECTED) | BIT(NO_NOTIFY),
};

const struct oblige_row *
oblige_row(enum obligation o)
{
	return &rows[o];
}

const char *
carrier_name(enum carrier c)
{
	static const char *const names[] = {
		[CARRIER_NOBODY] = "nobody",
		[CARRIER_US] = "we",
		[CARRIER_SESSION] = "session",
		[CARRIER_RECIPIENT] = "recipient",
	};

	return names[c > CARRIER_RECIPIENT ? CARRIER_NOBODY : c];
}

/* The obligation of that name, or -1. */
static int
obligation_find(struct str name)
{
	for (unsigned o = 0; o < OBLIGATIONS; o++)
		if (str_eqz(name, obligation_name((enum obligation)o)))
			return (int)o;
	return -1;
}

uint32_t
oblige_of_caveats(const struct vocabulary *v, uint32_t caveats)
{
	uint32_t all = 0;

	for (; caveats != 0; caveats &= caveats - 1) {
		unsigned bit = (unsigned)__builtin_ctz(caveats);
		int o = bit < v->caveats.n ?
		    obligation_find(str_of(v->caveats.v[bit])) : -1;

		all |= o < 0 ? OBLIGE_UNKNOWN : 1U << o;
	}
	return all;
}

uint32_t
oblige_to_caveats(const struct vocabulary *v, uint32_t obligations)
{
	uint32_t caveats = 0;

	for (; obligations != 0; obligations &= obligations - 1) {
		unsigned o = (unsigned)__builtin_ctz(obligations);

		caveats |= o < OBLIGATIONS ? oblige_caveat_of(v,
		    str_of(obligation_name((enum obligation)o))) :
		    LABEL_UNKNOWN_BIT;
	}
	return caveats;
}

uint32_t
oblige_caveat_of(const struct vocabulary *v, struct str name)
{
	int bit = names_find(&v->caveats, name);

	if (bit >= 0)
		return 1U << bit;
	return obligation_find(name) < 0 ? LABEL_UNKNOWN_BIT : 0;
}

static void
deny(struct oblige_flow *flow)
{
	flow->outcome = OUTCOME_DENY;
	flow->reason = REASON_OBLIGATION;
	flow->by = -1;
}

static bool
is_contradiction(uint32_t all)
{
	for (size_t i = 0; i < NELEM(contradictions); i++)
		if ((all & contradictions[i]) == contradictions[i])
			return true;
	return false;
}

/*
 * What is under embargo here waits for its end.  Before that our own goes
 * only where the grant obliges to the same embargo; what a peer gave us goes
 * nowhere.
 */
static bool
is_held(const struct oblige_facts *facts, uint32_t granted, uint32_t caveats)
{
	if ((caveats & BIT(EMBARGO)) == 0 ||
	    facts->embargo_end.ms <= facts->now.ms)
		return false;
	return facts->received || (granted & BIT(EMBARGO)) == 0;
}

/* Some obligation that the table gives to nobody. */
static bool
is_undone(uint32_t all, bool bare)
{
	for (uint32_t rest = all & ~OBLIGE_UNKNOWN; rest != 0;
	    rest &= rest - 1) {
		unsigned o = (unsigned)__builtin_ctz(rest);

		if (rows[o].out == CARRIER_NOBODY || (bare &&
		    rows[o].out != CARRIER_US &&
		    o != OBLIGATION_ENCRYPT_IN_TRANSIT))
			return true;
	}
	return (all & OBLIGE_UNKNOWN) != 0;
}

static void
hide_source(const struct policy *p, struct oblige_flow *flow)
{
	const char *name;

	for (unsigned bit = 0; (name = policy_redaction(p, bit)) != NULL;
	    bit++) {
		if (strcmp(name, "source") != 0)
			continue;
		flow->redactions |= UINT64_C(1) << bit;
		if (flow->outcome == OUTCOME_PERMIT)
			flow->outcome = OUTCOME_REDACT;
		return;
	}
	deny(flow);
}

void
oblige_out(const struct policy *p, const struct oblige_facts *facts,
    struct oblige_flow *flow)
{
	uint32_t granted = flow->obligations, caveats, all;

	caveats = oblige_of_caveats(policy_vocabulary(p),
	    facts->label->caveats);
	if (flow->outcome >= OUTCOME_DENY || (granted | caveats) == 0)
		return;
	all = granted | caveats;
	flow->obligations = all & ~OBLIGE_UNKNOWN;
	if (is_undone(all, facts->bare) || is_contradiction(all) ||
	    is_held(facts, granted, caveats))
		deny(flow);
	else if ((all & HIDES_SOURCE) != 0)
		hide_source(p, flow);
}
