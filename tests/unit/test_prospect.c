/* What goes at which bands: every row agrees with the decisions behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "gate/prospect.h"

#define NOW ((unix_ms_t){ 1790000000000 })
#define ROWS_MAX 64

static const char text[] =
	"policy: 1\n"
	"self: {org: cert-a, country: XA, desks: {ops: [secops]}}\n"
	"purposes: {secops: [detect, block], law: [ask]}\n"
	"kinds: {technical: [botnet, ioc, malware, victim]}\n"
	"classify:\n"
	"  - {when: {type: [indicator]}, kind: ioc}\n"
	"peers:\n"
	"  cert-b: {country: XB, type: national, wall: attested, "
	    "desks: {ops: [secops], lex: [law]}}\n"
	"grants:\n"
	"  - {id: o-free, out: any, kind: [botnet], for: [secops], "
	    "tlp: <=green}\n"
	"  - {id: o-c, out: any, kind: [botnet, ioc], for: [secops], "
	    "tlp: <=amber, discretion: \">=C\", via: redact, redact: [source]}\n"
	"  - {id: o-a, out: any, kind: [ioc], for: [secops], tlp: <=green, "
	    "discretion: \">=A\"}\n"
	"  - {id: o-r, out: any, kind: [malware], for: [secops], "
	    "tlp: <=green, reliability: \">=B\"}\n"
	"  - {id: o-law, out: any, kind: [ioc], for: [law], "
	    "tlp: <=green, discretion: \">=D\", via: consult}\n"
	"  - {id: in, in: any, kind: [botnet], for: [secops], "
	    "reliability: \">=C\"}\n";

struct rows {
	const struct policy *p;
	struct prospect v[ROWS_MAX];
	size_t n;
};

static void
on_row(void *arg, const struct prospect *x)
{
	struct rows *r = arg;

	assert_true(r->n < ROWS_MAX);
	r->v[r->n++] = *x;
}

static struct policy *
load(void)
{
	AUTO(file_set_free) struct file_set *files = file_set_new();
	struct err e = { 0 };
	struct policy *p;

	assert_int_equal(file_set_add(files, STR("p.yaml"), STR(text)), 0);
	p = policy_load(files, "p.yaml", &e);
	if (p == NULL)
		fail_msg("%s", e.text);
	return p;
}

static size_t
kind_of(const struct policy *p, const char *name)
{
	const struct names *k = &policy_vocabulary(p)->kinds;

	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->v[i], name) == 0)
			return i;
	fail_msg("no kind %s", name);
	return 0;
}

static void
rows_fill(struct rows *r, enum band discretion, enum band reliability)
{
	const struct gate_party party = { .org = policy_find_org(r->p,
	    STR("cert-b")), .definitions = UINT64_MAX, .scored = true,
	    .discretion = discretion, .reliability = reliability };

	r->n = 0;
	prospects(r->p, &party, NOW, on_row, r);
}

/* The only row that flows like that. */
static const struct prospect *
row_of(const struct rows *r, const char *kind, enum direction direction,
    enum outcome o)
{
	const struct prospect *found = NULL;

	for (size_t i = 0; i < r->n; i++)
		if ((r->v[i].kinds >> kind_of(r->p, kind) & 1) != 0 &&
		    r->v[i].direction == direction && r->v[i].outcome == o) {
			assert_null(found);
			found = &r->v[i];
		}
	assert_non_null(found);
	return found;
}

static void
assert_row(const struct prospect *x, bool now, enum band discretion,
    enum band reliability)
{
	assert_int_equal(x->now, now);
	assert_int_equal(x->discretion, discretion);
	assert_int_equal(x->reliability, reliability);
}

static void
test_prospects_new_peer(void **state)
{
	AUTO(policy_free) struct policy *p = load();
	struct rows r = { .p = p };
	const struct prospect *x;

	(void)state;
	rows_fill(&r, BAND_E, BAND_E);
	x = row_of(&r, "botnet", DIRECTION_OUT, OUTCOME_PERMIT);
	assert_row(x, true, BAND_E, BAND_E);
	assert_int_equal(x->tlp_from, TLP_CLEAR);
	assert_int_equal(x->tlp, TLP_GREEN);
	x = row_of(&r, "malware", DIRECTION_OUT, OUTCOME_PERMIT);
	assert_row(x, false, BAND_E, BAND_B);
	x = row_of(&r, "ioc", DIRECTION_OUT, OUTCOME_PERMIT);
	assert_row(x, false, BAND_A, BAND_E);
	assert_int_equal(x->tlp, TLP_GREEN);
	/* Below that it goes redacted already, and to law after a question. */
	x = row_of(&r, "ioc", DIRECTION_OUT, OUTCOME_CONSULT);
	assert_row(x, false, BAND_D, BAND_E);
	x = row_of(&r, "botnet", DIRECTION_IN, OUTCOME_PERMIT);
	assert_row(x, false, BAND_E, BAND_C);
	assert_int_equal(x->tlp, TLP_RED);
	/* Why it does not now. */
	assert_int_equal(x->reason, REASON_DEFAULT);
}

/* A row that is said to need a band is there now at that band. */
static void
test_prospects_hold_at_their_bands(void **state)
{
	AUTO(policy_free) struct policy *p = load();
	struct rows now = { .p = p }, then = { .p = p };

	(void)state;
	rows_fill(&now, BAND_E, BAND_E);
	for (size_t i = 0; i < now.n; i++) {
		const struct prospect *x = &now.v[i];
		bool found = false;

		if (x->now || x->outcome >= OUTCOME_DENY)
			continue;
		rows_fill(&then, x->discretion, x->reliability);
		for (size_t k = 0; k < then.n; k++) {
			const struct prospect *y = &then.v[k];

			found |= y->now && y->direction == x->direction &&
			    y->desk == x->desk && y->domain == x->domain &&
			    y->outcome == x->outcome &&
			    (y->kinds & x->kinds) == x->kinds &&
			    y->tlp_from <= x->tlp_from && y->tlp >= x->tlp;
		}
		assert_true(found);
	}
}

static void
test_prospects_never(void **state)
{
	AUTO(policy_free) struct policy *p = load();
	struct rows r = { .p = p };
	size_t victim = kind_of(p, "victim"), refused = 0;

	(void)state;
	rows_fill(&r, BAND_A, BAND_A);
	for (size_t i = 0; i < r.n; i++) {
		assert_true(r.v[i].now || r.v[i].outcome >= OUTCOME_DENY);
		if ((r.v[i].kinds >> victim & 1) == 0)
			continue;
		assert_int_equal(r.v[i].outcome, OUTCOME_DENY);
		assert_int_equal(r.v[i].reason, REASON_DEFAULT);
		refused++;
	}
	/* Two desks, two directions. */
	assert_int_equal(refused, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prospects_new_peer),
		cmocka_unit_test(test_prospects_hold_at_their_bands),
		cmocka_unit_test(test_prospects_never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
