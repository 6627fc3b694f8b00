/*
 * policy.yaml over any bytes: what loads decides and explains every request
 * without harm, and runs its tests.  The input is the main file and, after
 * a line "%%%%", a file of peers that it may include.
 */
#include "policy/trust_order.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DESKS_TRIED 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_request(const struct policy *p, int desk, unsigned seed)
{
	struct label label;
	struct policy_request req = {
		.direction = seed & 1 ? DIRECTION_IN : DIRECTION_OUT,
		.desk = desk, .purpose = (int)(seed >> 1) % 33 - 1,
		.label = &label, .posture = (enum posture)(seed >> 3 & 3),
		.discretion = (enum band)(seed >> 5 & 7),
		.reliability = (enum band)(seed >> 8 & 7),
		.received = (seed >> 11 & 1) != 0,
		.agreements = seed & 1 ? UINT64_MAX : 0,
		.circles = seed & 2 ? UINT64_MAX : 0,
	};
	struct buf text = { 0 };
	struct decision d;

	label_bottom(&label);
	label.tlp = (uint8_t)(seed >> 12 & 7);
	label.kind = (uint8_t)(seed >> 15 & 127);
	label.lineage = seed;
	policy_decide(p, &req, &d);
	if (d.outcome > OUTCOME_FORBID ||
	    (d.outcome < d.granted && d.outcome < d.limited))
		abort();
	policy_explain(p, &req, &d, &text);
	buf_clear(&text);
}

/* Whatever it says of scores, the engine can count by it. */
static void
try_scores(const struct policy *p)
{
	const struct trust_rules *r = &policy_trust(p)->rules;
	struct buf text = { 0 };

	for (int k = 0; k < TRUST_KINDS; k++)
		if (r->weights[k] < 0 || (r->weights[k] != 0 &&
		    r->weights[k] > trust_kind_most((enum trust_kind)k)))
			abort();
	for (int b = 1; b < TRUST_BANDS - 1; b++)
		if (r->bands[b] >= r->bands[b - 1])
			abort();
	if (r->good_half_life < DAY(1) || r->vouch_half_life < DAY(1) ||
	    r->harm_half_life < DAY(1))
		abort();
	for (size_t i = 0; i < policy_norgs(p); i++)
		if (policy_org_group(p, (int)i) == 0 ||
		    policy_org_group_name(p, (int)i)[0] == '\0')
			abort();
	/* What is out of order is explained. */
	if (trust_order_check(p, &text) != (text.n == 0))
		abort();
	buf_clear(&text);
}

static void
try_policy(const struct policy *p)
{
	struct policy_test_result r;
	struct buf report = { 0 };
	struct policy_request req;
	struct label label;
	struct err e;

	try_scores(p);
	policy_test(p, &report, &r);
	buf_clear(&report);
	for (int desk = -1; desk < DESKS_TRIED; desk++)
		for (unsigned i = 0; i < 8; i++)
			try_request(p, desk, i * 2654435761U);
	for (int org = -1; org < 3; org++)
		policy_source_label(p, org, org, &label);
	(void)!policy_parse_request(p, STR("to: cert-xb/ops, tlp: green"),
	    &req, &label, &e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct file_set *files = file_set_new();
	const void *cut = memmem(data, size, "\n%%%%\n", 6);
	struct str main_text = { (const char *)data, size };
	struct policy *p;
	struct err e = { 0 };
	bool added = true;

	if (cut != NULL) {
		size_t at = (size_t)((const uint8_t *)cut - data);

		main_text.n = at + 1;
		added = file_set_add(files, STR("peers.d/a.yaml"),
		    (struct str){ (const char *)data + at + 6,
		    size - at - 6 }) == 0;
	}
	if (added && file_set_add(files, STR("p"), main_text) == 0) {
		p = policy_load(files, "p", &e);
		if (p == NULL && (e.code == 0 || e.text[0] == '\0'))
			abort();
		if (p != NULL)
			try_policy(p);
		policy_free(p);
	}
	file_set_free(files);
	return 0;
}
