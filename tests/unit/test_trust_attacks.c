/*
 * A year of 40 peers through the engine and the gate's answers: what each
 * way to behave gets.  Prints, per behaviour, the score over time, records
 * that a desk would have blocked rightly and wrongly, the days until it was
 * found out, and the gain.  Draws are from a fixed sequence: every run is the
 * same run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gate/answer.h"
#include "trust/book.h"
#include "trust/fixed.h"

#define DAYS 365
#define RECORDS 4		/* a peer's a day, and ours for it */
#define RECEIPTS 5		/* a day */
#define GOOD_DAYS 60		/* before who plans to turn turns */
#define START INT64_C(1767225600000)
#define SAMPLES 6

enum behaviour {
	HONEST, CARELESS, FREE_RIDING, ON_OFF, WHITEWASHING, BAD_MOUTHING,
	BALLOT_STUFFING, SYBIL, COLLUDING, BEHAVIOURS,
};

static const struct {
	const char *name;
	int n;			/* peers that behave so */
} behaviours[BEHAVIOURS] = {
	{ "honest", 16 }, { "careless", 4 }, { "free-riding", 3 },
	{ "on-off", 3 }, { "whitewashing", 3 }, { "bad-mouthing", 3 },
	{ "ballot-stuffing", 2 }, { "sybil", 4 }, { "colluding", 2 },
};
#define PEERS 40

static const int sample_days[SAMPLES] = { 10, 60, 75, 120, 240, DAYS - 1 };

struct agent {
	enum behaviour as;
	int rank;		/* among its kind */
	int identity;		/* in the engine */
	int since;		/* day on which that began */
	bool found;		/* below C since it turned */
};

/* What all peers of one behaviour came to. */
struct account {
	long rightly, wrongly;	/* blocked */
	long kept_out;		/* good, and not blocked */
	long received;		/* of ours */
	int64_t b[SAMPLES];	/* sums of b, reliability */
	int found_day, found;	/* sum and number */
	enum trust_band worst;	/* after GOOD_DAYS, reliability */
};

struct world {
	struct policy *policy;	/* owned */
	struct book *book;	/* owned */
	struct agent agents[PEERS];
	struct account accounts[BEHAVIOURS];
	uint64_t random, record;
	int today;
	bool slander;		/* do bad-mouthers speak? */
};

static const char policy_text[] =
    "policy: 1\n"
    "self: {org: me, country: XA, desks: {ops: [secops]}}\n"
    "purposes: {secops: [detect, block]}\n"
    "kinds: {technical: [ioc]}\n"
    "classify: [{when: {type: [indicator]}, kind: ioc}]\n"
    "walls: []\n"
    "peers:\n"
    "  them: {country: XB, type: national, gov-tie: none, wall: attested,\n"
    "         onward: [], desks: {ops: [secops]}}\n"
    "grants:\n"
    "  - {id: out-green, out: any, kind: [ioc], for: [secops],\n"
    "     tlp: <=green, discretion: \">=C\"}\n"
    "  - {id: out-amber, out: any, kind: [ioc], for: [secops],\n"
    "     tlp: <=amber, discretion: \">=B\"}\n"
    "  - {id: in-new, in: any, kind: [ioc], for: [secops], via: consult}\n"
    "  - {id: in-known, in: any, kind: [ioc], for: [secops],\n"
    "     reliability: \">=C\"}\n";

/* True in so many of 1000 cases. */
static bool
happens(struct world *w, unsigned of_1000)
{
	w->random = w->random * UINT64_C(6364136223846793005) +
	    UINT64_C(1442695040888963407);
	return (w->random >> 33) % 1000 < of_1000;
}

static int
add(struct world *w, struct trust_evidence ev)
{
	struct trust_effect effect;

	ev.at.ms = START + DAY(w->today);
	if (ev.key == 0 && ev.record == 0)
		ev.key = ++w->record << 1;	/* each is another fact */
	return book_add(w->book, &ev, ev.at, &effect);
}

static int
tell(struct world *w, int peer, enum trust_kind kind, int by)
{
	return add(w, (struct trust_evidence){ .peer = peer, .kind = kind,
	    .by = by });
}

static enum band
band_of(const struct world *w, int peer, enum trust_dimension d)
{
	struct trust_score s;

	trust_score(book_engine(w->book), peer, d,
	    (unix_ms_t){ START + DAY(w->today) }, &s);
	return (enum band)s.band;
}

/* The gate's answer about one record from, or to, that peer. */
static bool
permitted(const struct world *w, int peer, enum direction direction,
    enum tlp tlp)
{
	struct gate_party party = { .scored = true,
	    .org = policy_find_org(w->policy, STR("them")),
	    .discretion = band_of(w, peer, TRUST_DISCRETION),
	    .reliability = band_of(w, peer, TRUST_RELIABILITY) };
	struct gate_answer a;
	struct policy_request req;
	struct label label;
	struct gate_question q = { .policy = w->policy, .party = &party,
	    .label = &label, .now = { START + DAY(w->today) } };
	struct err e = { 0 };
	char text[128];

	snprintf(text, sizeof(text), "%s: them/ops, kind: ioc, tlp: %s, "
	    "lineage: []", direction == DIRECTION_OUT ? "to" : "from",
	    tlp == TLP_GREEN ? "green" : "amber");
	assert_int_equal(policy_parse_request(w->policy, str_of(text), &req,
	    &label, &e), 0);
	if (direction == DIRECTION_OUT)
		answer_out(&q, &a);
	else
		answer_in(&q, &a);
	return a.outcome == OUTCOME_PERMIT;
}

/* A new identity that two sponsors brought, if it has any. */
static int
identity_new(struct world *w, uint32_t group, bool vouched)
{
	int id = book_peer(w->book, group);

	for (int d = 0; vouched && d < 2; d++)
		assert_int_equal(add(w, (struct trust_evidence){ .peer = id,
		    .by = TRUST_SELF, .dimension = (enum trust_dimension)d,
		    .pool = TRUST_VOUCH,
		    .weight = FIXED_RATIO(16, 10) }), 0);
	return id;
}

static bool
is_bad_day(const struct world *w, const struct agent *a)
{
	switch (a->as) {
	case ON_OFF:		/* 60 days good, 30 bad */
		return w->today % 90 >= GOOD_DAYS;
	case WHITEWASHING:	/* good until it is believed */
	case COLLUDING:
		return w->today - a->since >= GOOD_DAYS;
	case BALLOT_STUFFING:	/* the first; the second speaks for it */
		return a->rank == 0 && w->today >= GOOD_DAYS;
	case SYBIL:
		return true;
	default:
		return false;
	}
}

/* Is the next record of it false? */
static bool
is_false(struct world *w, const struct agent *a)
{
	if (is_bad_day(w, a))
		return true;
	return happens(w, a->as == CARELESS ? 200 : 2);
}

/* Who confirms a false record of a: its accomplices. */
static void
accomplices(struct world *w, const struct agent *a, uint64_t record)
{
	if (a->as != BALLOT_STUFFING && a->as != SYBIL && a->as != COLLUDING)
		return;
	for (int i = 0; i < PEERS; i++) {
		struct agent *b = &w->agents[i];

		if (b == a || b->as != a->as)
			continue;
		if (add(w, (struct trust_evidence){ .peer = a->identity,
		    .by = b->identity, .kind = TRUST_CONFIRMED,
		    .record = record }) < 0)
			continue;
		/* Who confirms reports it, too: found false, it is theirs. */
		if (happens(w, 400))
			(void)add(w, (struct trust_evidence){
			    .peer = b->identity, .by = TRUST_SELF,
			    .kind = TRUST_FALSE_POSITIVE,
			    .record = record });
	}
}

/* What we and honest others find out about a record. */
static void
record_judged(struct world *w, const struct agent *a, bool bad,
    uint64_t record)
{
	struct trust_evidence ev = { .peer = a->identity, .by = TRUST_SELF,
	    .record = record };
	int other;

	if (bad) {
		accomplices(w, a, record);
		ev.kind = happens(w, 100) ? TRUST_WARNING_LISTED :
		    TRUST_FALSE_POSITIVE;
		if (happens(w, 400))
			assert_int_equal(add(w, ev), 0);
		return;
	}
	if (happens(w, 100)) {
		ev.kind = TRUST_SIGHTED;
		assert_int_equal(add(w, ev), 0);
	} else if (happens(w, 150)) {
		other = (int)(w->random >> 40) % behaviours[HONEST].n;
		ev.kind = TRUST_CONFIRMED;
		ev.by = w->agents[other].identity;
		if (ev.by != ev.peer)
			(void)add(w, ev);	/* who has no standing yet */
	}
}

/* What a sends today, and what a desk would do with it. */
static void
day_records(struct world *w, struct agent *a)
{
	struct account *x = &w->accounts[a->as];

	for (int i = 0; a->as != FREE_RIDING && i < RECORDS; i++) {
		bool bad = is_false(w, a);

		if (permitted(w, a->identity, DIRECTION_IN, TLP_GREEN))
			*(bad ? &x->wrongly : &x->rightly) += 1;
		else if (!bad)
			x->kept_out++;
		record_judged(w, a, bad, ++w->record << 1 | 1);
	}
}

/* How it keeps terms, and what it gets of ours. */
static void
day_terms(struct world *w, struct agent *a)
{
	bool bad = is_bad_day(w, a);
	int age = w->today - a->since;

	for (int i = 0; i < RECEIPTS; i++)
		(void)tell(w, a->identity, a->as == CARELESS &&
		    happens(w, 300) ? TRUST_RECEIPT_MISSING : TRUST_RECEIPT,
		    TRUST_SELF);
	if (age % 14 == 13)
		(void)tell(w, a->identity, a->as == FREE_RIDING || bad ?
		    TRUST_AUDIT_REFUSED : TRUST_AUDIT_OPENED, TRUST_SELF);
	if (a->as <= CARELESS && age % 180 == 30)
		(void)tell(w, a->identity, TRUST_ATTESTED, TRUST_SELF);
	if (bad && a->as == ON_OFF && happens(w, 50))
		(void)tell(w, a->identity, TRUST_LOOSENED, TRUST_SELF);
	for (int i = 0; i < RECORDS; i++)
		w->accounts[a->as].received += permitted(w, a->identity,
		    DIRECTION_OUT, i % 2 ? TLP_GREEN : TLP_AMBER);
}

/* Everybody honest is spoken ill of, and a ballot stuffer's friend well. */
static void
day_words(struct world *w, const struct agent *a)
{
	for (int i = 0; i < behaviours[HONEST].n; i++) {
		struct trust_evidence ev = { .peer = w->agents[i].identity,
		    .by = a->identity, .kind = TRUST_REFERRED,
		    .said_d = FIXED_ONE };

		if (a->as != BAD_MOUTHING || !w->slander)
			return;
		(void)add(w, ev);
		ev.dimension = TRUST_DISCRETION;
		(void)add(w, ev);
		ev = (struct trust_evidence){ .peer = ev.peer, .by = ev.by,
		    .kind = TRUST_FALSE_POSITIVE, .record = ++w->record << 1 };
		(void)add(w, ev);
	}
}

static void
day_praise(struct world *w, const struct agent *a)
{
	if (a->as != BALLOT_STUFFING || a->rank != 1)
		return;
	for (int i = 0; i < PEERS; i++)
		if (w->agents[i].as == a->as && w->agents[i].rank == 0)
			(void)add(w, (struct trust_evidence){
			    .peer = w->agents[i].identity,
			    .by = a->identity, .kind = TRUST_REFERRED,
			    .said_b = FIXED_ONE });
}

/* What the day made of it, and whether it goes on as somebody else. */
static void
day_end(struct world *w, struct agent *a)
{
	struct account *x = &w->accounts[a->as];
	unix_ms_t now = { START + DAY(w->today) };
	struct trust_score s;

	trust_score(book_engine(w->book), a->identity, TRUST_RELIABILITY, now,
	    &s);
	for (int i = 0; i < SAMPLES; i++)
		if (sample_days[i] == w->today)
			x->b[i] += s.opinion.b;
	if (w->today >= GOOD_DAYS && s.band > x->worst)
		x->worst = s.band;
	if (a->found || !is_bad_day(w, a) || s.band <= TRUST_C)
		return;
	a->found = true;
	x->found++;
	x->found_day += a->as == SYBIL ? w->today :
	    w->today - a->since - GOOD_DAYS;
	if (a->as == WHITEWASHING) {
		a->identity = identity_new(w, 100, false);
		a->since = w->today + 1;
		a->found = false;
	}
}

static void
world_start(struct world *w, bool slander)
{
	AUTO(file_set_free) struct file_set *files = file_set_new();
	struct trust_rules rules;
	struct err e = { 0 };
	int n = 0;

	*w = (struct world){ .random = 20260101, .slander = slander };
	assert_int_equal(file_set_add(files, STR("policy.yaml"),
	    str_of(policy_text)), 0);
	w->policy = policy_load(files, "policy.yaml", &e);
	if (w->policy == NULL)
		fail_msg("%s", e.text);
	trust_rules_default(&rules);
	w->book = book_new(&rules);
	for (int as = 0; as < BEHAVIOURS; as++) {
		for (int i = 0; i < behaviours[as].n; i++, n++) {
			uint32_t group = as == SYBIL ? 99 :
			    (uint32_t)n % 7 + 1;

			w->agents[n] = (struct agent){
			    .as = (enum behaviour)as, .rank = i,
			    .identity = identity_new(w, group, as != SYBIL),
			};
		}
	}
	assert_int_equal(n, PEERS);
}

static void
world_run(struct world *w)
{
	for (w->today = 0; w->today < DAYS; w->today++) {
		for (int i = 0; i < PEERS; i++)
			day_records(w, &w->agents[i]);
		for (int i = 0; i < PEERS; i++) {
			day_terms(w, &w->agents[i]);
			day_words(w, &w->agents[i]);
			day_praise(w, &w->agents[i]);
			day_end(w, &w->agents[i]);
		}
	}
}

static void
world_clear(struct world *w)
{
	policy_free(w->policy);
	book_free(w->book);
}

/* Records a peer: what it got of ours, and what it wants us to block. */
static long
gain(const struct world *w, enum behaviour as)
{
	const struct account *x = &w->accounts[as];
	long aim = as == HONEST ? x->rightly : x->wrongly;

	return (x->received + aim) / behaviours[as].n;
}

static void
world_print(const struct world *w)
{
	char text[FIXED_TEXT_MAX];

	printf("%-16s %5s", "b of reliability", "peers");
	for (int i = 0; i < SAMPLES; i++)
		printf("  day %-4d", sample_days[i]);
	printf(" worst\n");
	for (int as = 0; as < BEHAVIOURS; as++) {
		const struct account *x = &w->accounts[as];

		printf("%-16s %5d", behaviours[as].name, behaviours[as].n);
		for (int i = 0; i < SAMPLES; i++)
			printf("  %s", fixed_text(text,
			    x->b[i] / behaviours[as].n));
		printf("  %c\n", "ABCDE"[x->worst]);
	}
	printf("%-16s %8s %8s %8s %8s %8s %6s\n", "records a peer",
	    "rightly", "wrongly", "kept out", "received", "gain", "found");
	for (int as = 0; as < BEHAVIOURS; as++) {
		const struct account *x = &w->accounts[as];
		int n = behaviours[as].n;

		printf("%-16s %8ld %8ld %8ld %8ld %8ld ", behaviours[as].name,
		    x->rightly / n, x->wrongly / n, x->kept_out / n,
		    x->received / n, gain(w, (enum behaviour)as));
		if (x->found > 0)
			printf("%4d d\n", x->found_day / x->found);
		else
			printf("     -\n");
	}
}

/* No attack gains what honesty does, and the honest keep their band. */
static void
test_a_year_of_attacks(void **state)
{
	struct world w, calm;
	const struct account *x = w.accounts;

	(void)state;
	world_start(&w, true);
	world_run(&w);
	world_print(&w);
	for (int as = HONEST + 1; as < BEHAVIOURS; as++)
		assert_true(gain(&w, (enum behaviour)as) < gain(&w, HONEST));
	assert_true(x[HONEST].worst <= TRUST_B);
	assert_true(x[HONEST].kept_out * 50 < x[HONEST].rightly);
	/* Who turns is found out, and what is found out stays out. */
	for (int as = 0; as < BEHAVIOURS; as++)
		if (as == ON_OFF || as == WHITEWASHING || as == COLLUDING ||
		    as == SYBIL)
			assert_true(x[as].found > 0);
	assert_true(x[BALLOT_STUFFING].found == 1);
	assert_int_equal(x[SYBIL].wrongly + x[SYBIL].received, 0);
	/* Slander does not change what is blocked of the honest. */
	world_start(&calm, false);
	world_run(&calm);
	printf("slander kept out %ld of %ld good records of the honest\n",
	    x[HONEST].kept_out - calm.accounts[HONEST].kept_out,
	    x[HONEST].rightly + x[HONEST].kept_out);
	assert_true(calm.accounts[HONEST].worst <= TRUST_B);
	world_clear(&calm);
	world_clear(&w);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_year_of_attacks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
