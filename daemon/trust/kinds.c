/*
 * What evidence weighs, a row a kind, and the names of everything.
 */
#include <string.h>

#include "trust/trust_private.h"

#define REL TRUST_RELIABILITY
#define DIS TRUST_DISCRETION
#define JUD TRUST_JUDGEMENT
#define WEIGHT(hundredths) FIXED_RATIO(hundredths, 100)

static const struct kind_info kinds[] = {
	[TRUST_PLAIN] = { "plain", REL, TRUST_COSTLY, 0, LIMIT_NONE,
	    false, false },
	[TRUST_CONFIRMED] = { "confirmed", REL, TRUST_COSTLY, WEIGHT(100),
	    LIMIT_CONFIRMED, true, false },
	[TRUST_SIGHTED] = { "sighted", REL, TRUST_COSTLY, WEIGHT(100),
	    LIMIT_CONFIRMED, true, false },
	[TRUST_WITHDRAWN] = { "withdrawn", REL, TRUST_CHEAP, WEIGHT(25),
	    LIMIT_NONE, true, false },
	[TRUST_FALSE_POSITIVE] = { "false-positive", REL, TRUST_HARM,
	    WEIGHT(100), LIMIT_NONE, true, false },
	[TRUST_STALE] = { "stale", REL, TRUST_HARM, WEIGHT(25), LIMIT_NONE,
	    true, false },
	[TRUST_WARNING_LISTED] = { "warning-listed", REL, TRUST_HARM,
	    WEIGHT(400), LIMIT_NONE, true, false },
	[TRUST_OWN_CONSTITUENCY] = { "own-constituency", REL, TRUST_HARM,
	    WEIGHT(400), LIMIT_NONE, true, false },
	[TRUST_RECEIPT] = { "receipt", DIS, TRUST_CHEAP, WEIGHT(10),
	    LIMIT_RECEIPT, true, false },
	[TRUST_RECEIPT_MISSING] = { "receipt-missing", DIS, TRUST_HARM,
	    WEIGHT(50), LIMIT_MISSING, true, false },
	[TRUST_AUDIT_OPENED] = { "audit-opened", DIS, TRUST_COSTLY,
	    WEIGHT(100), LIMIT_AUDIT, false, false },
	[TRUST_AUDIT_REFUSED] = { "audit-refused", DIS, TRUST_HARM,
	    WEIGHT(300), LIMIT_NONE, false, false },
	[TRUST_ATTESTED] = { "attested", DIS, TRUST_COSTLY, WEIGHT(200),
	    LIMIT_ATTESTED, false, false },
	[TRUST_ATTESTATION_LAPSED] = { "attestation-lapsed", DIS, TRUST_HARM,
	    0, LIMIT_NONE, false, false },
	[TRUST_GOV_TIE_CHANGED] = { "gov-tie-changed", DIS, TRUST_HARM, 0,
	    LIMIT_NONE, false, false },
	[TRUST_CANARY] = { "canary", DIS, TRUST_HARM, WEIGHT(400),
	    LIMIT_NONE, true, false },
	[TRUST_LOOSENED] = { "label-loosened", DIS, TRUST_HARM, WEIGHT(600),
	    LIMIT_NONE, true, true },
	[TRUST_HOPS_EXCEEDED] = { "hops-exceeded", DIS, TRUST_HARM,
	    WEIGHT(600), LIMIT_NONE, true, true },
	[TRUST_VOUCHED] = { "vouch", DIS, TRUST_VOUCH, 0, LIMIT_NONE, false,
	    false },
	[TRUST_SPONSOR_LEFT] = { "sponsor-left", DIS, TRUST_VOUCH, 0,
	    LIMIT_NONE, false, false },
	[TRUST_VOUCHED_GATED] = { "vouched-gated", JUD, TRUST_HARM,
	    WEIGHT(100), LIMIT_NONE, true, false },
	[TRUST_REFERRED] = { "referral", REL, TRUST_REFERRAL, 0, LIMIT_NONE,
	    false, false },
	[TRUST_LIFTED] = { "lifted", DIS, TRUST_HARM, 0, LIMIT_NONE, false,
	    false },
};
_Static_assert(NELEM(kinds) == TRUST_KINDS, "a row a kind");

static const char *const dimension_names[] = { "reliability", "discretion",
    "judgement" };
static const char *const pool_names[] = { "costly", "cheap", "vouch",
    "referral", "harm", "hearsay" };
static const char *const note_texts[] = {
	[TRUST_COUNTED] = "counted",
	[TRUST_OVER_LIMIT] = "over what counts in that time",
	[TRUST_SAME_GROUP] = "the witness is of the same stakeholder group",
	[TRUST_SAME_ROOT] = "both reports come from one root",
	[TRUST_ABOUT_ITSELF] = "nobody is a witness about itself",
	[TRUST_NO_STANDING] = "the witness has no standing",
	[TRUST_ONE_SPONSOR] = "waits for a second sponsor",
	[TRUST_RELATED] = "the sponsors are related",
	[TRUST_SPONSORS_FULL] = "there are two sponsors already",
	[TRUST_FUTURE] = "dated in the future",
	[TRUST_LATE] = "older than what was counted",
	[TRUST_TWICE] = "counted already",
	[TRUST_UNKNOWN_PEER] = "about nobody we know",
	[TRUST_NOT_GATED] = "there is no hard gate to lift",
};

const struct kind_info *
kind_info(enum trust_kind k)
{
	return &kinds[k];
}

enum trust_dimension
trust_kind_dimension(enum trust_kind kind)
{
	return kinds[kind].dimension;
}

enum trust_pool
trust_kind_pool(enum trust_kind kind)
{
	return kinds[kind].pool;
}

bool
trust_per_record(enum trust_kind kind)
{
	return kinds[kind].per_record;
}

/* FNV-1a over numbers: the same everywhere, whatever the byte order. */
static void
mix(uint64_t *h, uint64_t v)
{
	for (int i = 0; i < 8; i++) {
		*h ^= v >> (8 * i) & 0xff;
		*h *= UINT64_C(0x100000001b3);
	}
}

uint64_t
trust_key(const struct trust_evidence *ev)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	mix(&h, (uint64_t)ev->peer);
	/* A record is confirmed once, whether others or we saw it. */
	mix(&h, ev->kind == TRUST_SIGHTED ? TRUST_CONFIRMED : ev->kind);
	mix(&h, ev->record);
	/* What others say takes no place from what we saw ourselves. */
	mix(&h, ev->kind == TRUST_FALSE_POSITIVE && ev->by != TRUST_SELF);
	if (!kinds[ev->kind].per_record || ev->record == 0) {
		mix(&h, (uint64_t)ev->at.ms);
		mix(&h, (uint64_t)ev->until.ms);
		mix(&h, (uint64_t)ev->weight);
		mix(&h, (uint64_t)ev->by);
		mix(&h, (uint64_t)ev->dimension);
		mix(&h, (uint64_t)ev->pool);
		mix(&h, (uint64_t)ev->said_b);
		mix(&h, (uint64_t)ev->said_d);
	}
	return h == 0 ? 1 : h;
}

const char *
trust_kind_name(enum trust_kind k)
{
	return kinds[k].name;
}

const char *
trust_dimension_name(enum trust_dimension d)
{
	return dimension_names[d];
}

const char *
trust_pool_name(enum trust_pool p)
{
	return pool_names[p];
}

const char *
trust_note_text(enum trust_note n)
{
	return note_texts[n];
}

int
trust_kind_find(struct str name)
{
	for (size_t i = 0; i < NELEM(kinds); i++)
		if (str_eqz(name, kinds[i].name))
			return (int)i;
	return -1;
}

static int
name_find(struct str name, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eqz(name, names[i]))
			return (int)i;
	return -1;
}

int
trust_dimension_find(struct str name)
{
	return name_find(name, dimension_names, NELEM(dimension_names));
}

int
trust_pool_find(struct str name)
{
	return name_find(name, pool_names, NELEM(pool_names));
}
