#include "trust/raise.h"

#include "trust/fixed.h"

#define ITEMS_A_DAY_MAX 10
#define AUDIT_DAYS 14
#define ATTESTED_DAYS 180
/* Far from any number that a policy gives to a group. */
#define STRANGERS_GROUP 0x7fff0000U

static const char *const way_names[] = {
	[RAISE_VOUCH] = "vouch", [RAISE_RECEIPT] = "receipt",
	[RAISE_AUDIT] = "audit-opened", [RAISE_ATTESTED] = "attested",
	[RAISE_SIGHTED] = "sighted",
};

/* One trial under way. */
struct trying {
	struct trust *t;	/* owned: a copy */
	struct trust_evidence ev;
	uint64_t record;
	unix_ms_t at;
	unsigned ways;
};

const char *
raise_way_name(enum raise_way w)
{
	return way_names[w >= RAISE_WAYS ? RAISE_VOUCH : w];
}

static bool
try_vouch(struct trying *x, int sponsor, enum trust_note *out_why)
{
	struct trust_effect effect;

	x->ev.kind = TRUST_VOUCHED;
	x->ev.by = sponsor;
	x->ev.at = x->at;
	if (trust_add(x->t, &x->ev, x->at, &effect) == 0)
		return true;
	*out_why = effect.note;
	return false;
}

bool
raise_may_vouch(const struct raise_trial *x, int sponsor,
    enum trust_note *out_why)
{
	struct trying y = { .t = trust_copy(x->trust), .at = x->now,
	    .ev.peer = x->peer };
	bool may = sponsor != x->peer && try_vouch(&y, sponsor, out_why);

	if (sponsor == x->peer)
		*out_why = TRUST_ABOUT_ITSELF;
	trust_free(y.t);
	return may;
}

/* Sponsors that we know, then strangers, until there are two. */
static void
try_sponsors(struct trying *y, const struct raise_trial *x,
    struct raise_result *out)
{
	enum trust_note why;
	int left = 0;

	for (int i = 0; i < TRUST_SPONSORS; i++)
		left += trust_sponsor(y->t, x->peer, i) < 0;
	out->useless = left == 0;
	for (size_t i = 0; i < x->nsponsors && left > 0; i++) {
		int s = x->sponsors[i];

		if (s == x->peer || s == trust_sponsor(y->t, x->peer, 0) ||
		    s == trust_sponsor(y->t, x->peer, 1) ||
		    !try_vouch(y, s, &why))
			continue;
		out->taken++;
		left--;
	}
	for (; left > 0; left--) {
		int s = trust_peer_add(y->t, STRANGERS_GROUP +
		    (uint32_t)left);

		trust_peer_presume(y->t, s, TRUST_DISCRETION, TRUST_B);
		if (!try_vouch(y, s, &why))
			return;
	}
}

/* Up to n items of that kind, while they count. */
static void
try_items(struct trying *y, enum trust_kind kind, int n)
{
	struct trust_effect effect;

	y->ev.kind = kind;
	y->ev.by = TRUST_SELF;
	y->ev.at = y->at;
	for (int i = 0; i < n; i++) {
		y->ev.record = ++y->record;
		if (trust_add(y->t, &y->ev, y->at, &effect) < 0 ||
		    effect.note == TRUST_OVER_LIMIT)
			return;
	}
}

static void
try_day(struct trying *y, int day)
{
	if ((y->ways >> RAISE_RECEIPT & 1) != 0)
		try_items(y, TRUST_RECEIPT, ITEMS_A_DAY_MAX);
	if ((y->ways >> RAISE_SIGHTED & 1) != 0)
		try_items(y, TRUST_SIGHTED, ITEMS_A_DAY_MAX);
	if ((y->ways >> RAISE_AUDIT & 1) != 0 && day % AUDIT_DAYS == 0)
		try_items(y, TRUST_AUDIT_OPENED, 1);
	if ((y->ways >> RAISE_ATTESTED & 1) != 0 && day % ATTESTED_DAYS == 0)
		try_items(y, TRUST_ATTESTED, 1);
}

void
raise_try(const struct raise_trial *x, enum trust_dimension d,
    unsigned ways, struct raise_result *out)
{
	struct trying y = { .t = trust_copy(x->trust), .at = x->now,
	    .ways = ways, .ev.peer = x->peer };

	*out = (struct raise_result){ .b = 0 };
	for (int b = 0; b < TRUST_BANDS; b++)
		out->days[b] = -1;
	if ((ways >> RAISE_VOUCH & 1) != 0)
		try_sponsors(&y, x, out);
	for (int day = 0; day <= RAISE_DAYS_MAX; day++) {
		struct trust_score s;

		try_day(&y, day);
		trust_score(y.t, x->peer, d, y.at, &s);
		for (int b = (int)s.band; b < TRUST_BANDS; b++)
			if (out->days[b] < 0)
				out->days[b] = day;
		if (s.opinion.b > out->b)
			out->b = s.opinion.b;
		y.at.ms += DAY(1);
	}
	trust_free(y.t);
}
