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
try_vouch(struct trying *x, int sponsor, enum trust_note *out)
{
	struct trust_effect effect;
	int rc;

	x->ev.kind = TRUST_VOUCHED;
	x->ev.by = sponsor;
	x->ev.at = x->at;
	rc = trust_add(x->t, &x->ev, x->at, &effect);
	*out = effect.note;
	return rc == 0;
}

void
raise_sponsors(const struct raise_trial *x, enum trust_note *out)
{
	struct trying y = { .t = trust_copy(x->trust), .at = x->now,
	    .ev.peer = x->peer };
	struct trust_effect effect;

	for (size_t i = 0; i < x->nsponsors; i++) {
		int s = x->sponsors[i];

		if (s == trust_sponsor(y.t, x->peer, 0) ||
		    s == trust_sponsor(y.t, x->peer, 1)) {
			out[i] = TRUST_TWICE;
			continue;
		}
		if (!try_vouch(&y, s, &out[i]))
			continue;
		/* Each by itself: the next one finds the place free. */
		y.ev.kind = TRUST_SPONSOR_LEFT;
		(void)!trust_add(y.t, &y.ev, y.at, &effect);
	}
	trust_free(y.t);
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
