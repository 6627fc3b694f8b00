/*
 * ACS 3.0, IEP 2.0 and the tags of MISP, read into labels.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "record/handling.h"
#include "record/marking.h"
#include "record/marking_write.h"

#define ID "marking-definition--11111111-2222-4333-8444-555555555555"
#define NOW ((unix_ms_t){ 1790000000000 })	/* 2026-09-21 */

enum { DETECT, BLOCK, NOTIFY, COLLECT, ASK };
enum { NO_RESALE, NO_ATTRIBUTION, ATTRIBUTE, ENCRYPT, NO_NOTIFY, CONTACT,
    NO_ACTION, EMBARGO };

static const char *const caveats[] = { "no-resale", "no-attribution",
    "attribute", "encrypt-in-transit", "no-notify", "contact-first",
    "no-action", "embargo" };

static void
add(struct names *n, const char *name)
{
	assert_true(names_add(n, str_of(name), 31) >= 0);
}

/* secops: [detect, block, notify], intel: [collect], law: [ask] */
static struct vocabulary
vocabulary_make(void)
{
	static const char *const purposes[] = { "detect", "block", "notify",
	    "collect", "ask" };
	struct vocabulary v = { .domain_purposes = { 1U << DETECT |
	    1U << BLOCK | 1U << NOTIFY, 1U << COLLECT, 1U << ASK },
	    .block_purposes = 1U << BLOCK };

	for (size_t i = 0; i < NELEM(purposes); i++)
		add(&v.purposes, purposes[i]);
	for (const char *const *d = (const char *const[]){ "secops", "intel",
	    "law", NULL }; *d != NULL; d++) {
		add(&v.domains, *d);
		add(&v.lineage, *d);
	}
	for (size_t i = 0; i < NELEM(caveats); i++) {
		add(&v.caveats, caveats[i]);
		v.caveat_means[i].iep = iep_caveat_words(str_of(caveats[i]));
	}
	v.purpose_means[DETECT] = (struct meanings){ 1U << ACS_NETDEF,
	    1U << IEP_ACTIONS_INTERNAL };
	v.purpose_means[BLOCK] = (struct meanings){ 1U << ACS_NETDEF,
	    1U << IEP_ACTIONS_DIRECT };
	v.purpose_means[NOTIFY] = (struct meanings){ 1U << ACS_TENOT,
	    1U << IEP_NOTIFY_MAY };
	v.purpose_means[COLLECT] = (struct meanings){ 1U << ACS_INTEL, 0 };
	v.caveat_means[NO_ATTRIBUTION].acs = 1U << ACS_IDSRC;
	add(&v.kinds, "other");
	return v;
}

/* The label of the source: everything open but the colour. */
static struct label
base_make(void)
{
	struct label l;

	label_bottom(&l);
	l.tlp = TLP_AMBER;
	return l;
}

static struct str
on_find(void *arg, struct str id)
{
	return str_eqz(id, ID) ? str_of((const char *)arg) : STR("");
}

static struct str
on_find_any(void *arg, struct str id)
{
	(void)id;
	return buf_str(arg);
}

/* The label of an object with that marking, or these tags. */
static struct label
label_of(const char *marking, const char *const tags[4], unsigned *unknown)
{
	struct vocabulary v = vocabulary_make();
	struct label base = base_make(), l;
	struct marking_source src = { on_find, (void *)(uintptr_t)marking,
	    NOW };
	struct str id = STR(ID), labels[4];
	struct stix_object o = { .markings = &id, .nmarkings =
	    marking != NULL, .labels = labels };

	for (; tags != NULL && o.nlabels < 4 && tags[o.nlabels] != NULL;
	    o.nlabels++)
		labels[o.nlabels] = str_of(tags[o.nlabels]);
	assert_int_equal(label_from_markings(&o, &v, &src, &base, &l,
	    unknown), 0);
	/* A marking only takes away, but for the colours it states. */
	base.tlp = TLP_CLEAR;
	assert_true(label_le(&base, &l));
	vocabulary_clear(&v);
	return l;
}

#define HEAD "{\"type\":\"marking-definition\",\"spec_version\":\"2.1\"," \
	"\"id\":\"" ID "\",\"created\":\"2026-01-01T00:00:00.000Z\"," \
	"\"name\":\"x\",\"extensions\":{"
#define ACS_HEAD HEAD "\"extension-definition--" \
	"3a65884d-005a-4290-8335-cb2d778a83ce\":{\"extension_type\":" \
	"\"property-extension\",\"identifier\":\"isa:guide.19001.ACS3-" \
	"6a2e4b8c-0000-4000-8000-000000000001\",\"create_date_time\":" \
	"\"2026-01-01T00:00:00Z\",\"responsible_entity_custodian\":" \
	"\"USA.DHS.US-CERT\""
#define POLICY(priv, share) ",\"policy_reference\":\"urn:isa:policy:acs:" \
	"ns:v3.0?privdefault=" priv "&sharedefault=" share "\""
#define OPEN ",\"control_set\":{\"classification\":\"U\"}"
#define ALL_SCOPE "{\"entity\":[\"ALL\"]}"
#define RULE(action, effect) "{\"privilege_action\":\"" action \
	"\",\"privilege_scope\":" ALL_SCOPE ",\"rule_effect\":\"" effect \
	"\"}"
#define FOREIGN ",\"further_sharing\":[{\"rule_effect\":\"permit\"," \
	"\"sharing_scope\":[\"FOREIGNGOV\"]}]"
#define ACS(rest) ACS_HEAD rest "}}}"

/* NETDEF permitted, INTEL denied: the wall, as it is written elsewhere. */
#define WALL ACS(POLICY("deny", "deny") OPEN ",\"access_privilege\":[" \
	RULE("NETDEF", "permit") "," RULE("INTEL", "deny") "]" FOREIGN)

static void
test_acs_netdef_without_intel_is_the_wall(void **state)
{
	unsigned unknown;
	struct label l = label_of(WALL, NULL, &unknown);

	(void)state;
	assert_int_equal(unknown, 0);
	assert_int_equal(l.purposes, 1U << DETECT | 1U << BLOCK);
	assert_int_equal(l.lineage, 1);	/* secops: our walls keep it */
	assert_int_equal(l.tlp, TLP_AMBER);
	assert_int_equal(l.hops, LABEL_HOPS_MAX);
	/* IDSRC is not permitted. */
	assert_int_equal(l.caveats, 1U << NO_ATTRIBUTION);
}

static void
test_acs_purposes(void **state)
{
	static const struct {
		const char *marking;
		uint32_t purposes;
		int tlp;
		bool sent;
	} cases[] = {
		/* Permitted unless denied; a neighbour of what is denied
		 * falls with it, a named one does not. */
		{ ACS(POLICY("permit", "permit") OPEN), UINT32_MAX,
		  TLP_AMBER, true },
		{ ACS(POLICY("permit", "permit") OPEN
		  ",\"access_privilege\":[" RULE("INTEL", "deny") "]"),
		  ~(1U << COLLECT), TLP_AMBER, true },
		{ ACS(POLICY("permit", "permit") OPEN
		  ",\"access_privilege\":[" RULE("ALL", "deny") ","
		  RULE("NETDEF", "permit") "]"), 0, TLP_AMBER, true },
		{ ACS(POLICY("deny", "permit") OPEN), 0, TLP_AMBER, true },
		{ ACS(POLICY("deny", "permit") OPEN
		  ",\"access_privilege\":[" RULE("ALL", "permit") "]"),
		  UINT32_MAX, TLP_AMBER, true },
		/* A permission for some is none for us; a denial is. */
		{ ACS(POLICY("deny", "permit") OPEN
		  ",\"access_privilege\":[{\"privilege_action\":\"NETDEF\","
		  "\"privilege_scope\":{\"entity\":[\"GOV\"]},"
		  "\"rule_effect\":\"permit\"}]"), 0, TLP_AMBER, true },
		{ ACS(POLICY("permit", "permit") OPEN
		  ",\"access_privilege\":[{\"privilege_action\":\"TENOT\","
		  "\"privilege_scope\":{\"entity\":[\"GOV\"]},"
		  "\"rule_effect\":\"deny\"}]"), ~(1U << NOTIFY),
		  TLP_AMBER, true },
		/* Sharing. */
		{ ACS(POLICY("permit", "deny") OPEN), UINT32_MAX, TLP_AMBER,
		  false },
		{ ACS(POLICY("permit", "permit") OPEN
		  ",\"further_sharing\":[{\"rule_effect\":\"deny\","
		  "\"sharing_scope\":[\"SECTOR\"]}]"), UINT32_MAX, TLP_AMBER,
		  false },
		{ ACS(POLICY("permit", "deny") OPEN FOREIGN), UINT32_MAX,
		  TLP_AMBER, true },
		/* Public is public. */
		{ ACS(POLICY("permit", "deny") ",\"control_set\":{"
		  "\"classification\":\"U\",\"formal_determination\":["
		  "\"PUBREL\"]},\"public_release\":{\"released_by\":\"X\","
		  "\"released_on\":\"2026-01-01T00:00:00Z\"}"), UINT32_MAX,
		  TLP_CLEAR, true },
		{ ACS(POLICY("permit", "permit") ",\"control_set\":{"
		  "\"classification\":\"U\",\"formal_determination\":["
		  "\"FOUO\"]}"), UINT32_MAX, TLP_AMBER, true },
	};
	unsigned unknown;

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		struct label l = label_of(cases[i].marking, NULL, &unknown);

		if (unknown != 0 || l.purposes != cases[i].purposes ||
		    l.tlp != cases[i].tlp || (l.hops > 0) != cases[i].sent)
			fail_msg("case %zu: unknown %u, purposes %x, tlp %d, "
			    "hops %d", i, unknown, l.purposes, l.tlp,
			    l.hops);
	}
}

/* What is not plainly open to a CERT elsewhere is closed. */
static void
test_acs_closed(void **state)
{
#define CONTROLS(rest) ACS(POLICY("permit", "permit") \
	",\"control_set\":{" rest "}")
	static const char *const cases[] = {
		CONTROLS("\"classification\":\"C\""),
		CONTROLS("\"classification\":\"TS\""),
		CONTROLS("\"classification\":\"u\""),
		CONTROLS(""),
		CONTROLS("\"classification\":\"U\",\"sci_controls\":[\"X\"]"),
		CONTROLS("\"classification\":\"U\",\"formal_determination\":["
		    "\"NF\"]"),
		CONTROLS("\"classification\":\"U\",\"formal_determination\":["
		    "\"PUBREL\",\"NF\"]"),
		CONTROLS("\"classification\":\"U\",\"formal_determination\":"
		    "\"AIS\""),
		CONTROLS("\"classification\":\"U\",\"caveat\":[\"FISA\"]"),
		CONTROLS("\"classification\":\"U\",\"sensitivity\":["
		    "\"LES\"]"),
		CONTROLS("\"classification\":\"U\",\"shareability\":["
		    "\"IC\"]"),
		CONTROLS("\"classification\":\"U\",\"entity\":[\"GOV\"]"),
		CONTROLS("\"classification\":\"U\","
		    "\"permitted_nationalities\":[\"USA\"]"),
		CONTROLS("\"classification\":\"U\","
		    "\"permitted_organizations\":[\"USA.DHS\"]"),
		ACS(POLICY("permit", "permit")),
		ACS(OPEN),
		ACS(POLICY("maybe", "permit") OPEN),
		ACS(POLICY("permit", "permit&x=permit") OPEN),
		ACS(POLICY("permit", "permit&privdefault=deny") OPEN),
		ACS(",\"policy_reference\":\"urn:isa:policy:acs:ns:v4.0?"
		    "privdefault=permit&sharedefault=permit\"" OPEN),
		ACS(",\"policy_reference\":\"urn:isa:policy:acs:ns:v3.0?"
		    "privdefault=permit\"" OPEN),
		ACS(POLICY("permit", "permit") OPEN ",\"more\":1"),
		ACS(POLICY("permit", "permit") OPEN
		    ",\"access_privilege\":[" RULE("NETDFE", "permit") "]"),
		ACS(POLICY("permit", "permit") OPEN
		    ",\"access_privilege\":[" RULE("INTEL", "refuse") "]"),
		ACS(POLICY("permit", "permit") OPEN
		    ",\"access_privilege\":{}"),
		ACS(POLICY("permit", "permit") OPEN
		    ",\"further_sharing\":[{\"rule_effect\":\"permit\"}]"),
		HEAD "\"extension-definition--3a65884d-005a-4290-8335-"
		    "cb2d778a83ce\":7}}",
	};
	struct label top, l;
	unsigned unknown;

	(void)state;
	label_top(&top);
	for (size_t i = 0; i < NELEM(cases); i++) {
		l = label_of(cases[i], NULL, &unknown);
		if (unknown != 1 || !label_le(&top, &l))
			fail_msg("case %zu is open: %s", i, cases[i]);
	}
}

#define IEP_HEAD HEAD "\"extension-definition--" \
	"762e2e97-ee51-43e5-a9ea-165fbb862c4a\":{\"extension_type\":" \
	"\"property-extension\",\"iep_id\":" \
	"\"01bc4353-4829-4d55-8d52-0ab7e0790df9\",\"description\":\"d\""
#define VERSION ",\"iep_version\":2.0"
#define DATES ",\"start_date\":\"2020-01-01T00:00:00Z\""
#define IEP(rest) IEP_HEAD VERSION DATES rest "}}}"
#define FREE(actions, notify, tlp, attribution, resale) \
	",\"encrypt_in_transit\":\"may\",\"permitted_actions\":\"" actions \
	"\",\"affected_party_notifications\":\"" notify "\",\"tlp\":\"" tlp \
	"\",\"provider_attribution\":\"" attribution \
	"\",\"unmodified_resale\":\"" resale "\""
#define DIRECT "externally-visible-direct-actions"

static void
test_iep(void **state)
{
	static const struct {
		const char *marking;
		uint32_t purposes, caveats;
		int tlp, pap;
	} cases[] = {
		{ IEP(FREE(DIRECT, "may", "green", "may", "may")),
		  UINT32_MAX, 0, TLP_GREEN, PAP_GREEN },
		{ IEP(FREE(DIRECT, "may", "white", "may", "may")),
		  UINT32_MAX, 0, TLP_CLEAR, PAP_GREEN },
		{ IEP(FREE(DIRECT, "must-not", "red", "must", "must-not")),
		  ~(1U << NOTIFY), 1U << NO_NOTIFY | 1U << ATTRIBUTE |
		  1U << NO_RESALE, TLP_RED, PAP_GREEN },
		{ IEP(FREE("externally-visible-indirect-actions", "may",
		  "amber", "must-not", "may")), ~(1U << BLOCK),
		  1U << NO_ATTRIBUTION, TLP_AMBER, PAP_AMBER },
		{ IEP(FREE("internally-visible-actions", "may", "green",
		  "may", "may")), ~(1U << BLOCK), 0, TLP_GREEN, PAP_RED },
		{ IEP(FREE("contact-for-instruction", "may", "green", "may",
		  "may")), 0, 1U << CONTACT, TLP_GREEN, PAP_RED },
		{ IEP(FREE("none", "may", "green", "may", "may")), 0,
		  1U << NO_ACTION | 1U << CONTACT, TLP_GREEN, PAP_RED },
		/* What it does not say it says as strictly as it can. */
		{ IEP(""), 0, 1U << NO_RESALE | 1U << NO_ATTRIBUTION |
		  1U << ENCRYPT | 1U << NO_NOTIFY | 1U << NO_ACTION |
		  1U << CONTACT, TLP_RED, PAP_RED },
	};
	unsigned unknown;

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		struct label l = label_of(cases[i].marking, NULL, &unknown);

		if (unknown != 0 || l.purposes != cases[i].purposes ||
		    l.caveats != cases[i].caveats || l.tlp != cases[i].tlp ||
		    l.pap != cases[i].pap)
			fail_msg("case %zu: unknown %u, purposes %x, caveats "
			    "%x, tlp %d, pap %d", i, unknown, l.purposes,
			    l.caveats, l.tlp, l.pap);
	}
}

/* Not in force, kept elsewhere, or not as IEP 2.0 is written. */
static void
test_iep_closed(void **state)
{
#define OPENS FREE(DIRECT, "may", "green", "may", "may")
	static const char *const cases[] = {
		IEP_HEAD VERSION OPENS "}}}",
		IEP_HEAD VERSION OPENS
		    ",\"start_date\":\"2027-01-01T00:00:00Z\"}}}",
		IEP(OPENS ",\"end_date\":\"2026-01-01T00:00:00Z\""),
		IEP(OPENS ",\"end_date\":\"soon\""),
		IEP(OPENS ",\"end_date\":7"),
		IEP(OPENS ",\"id_ref\":\"01bc4353-4829-4d55-8d52-"
		    "0ab7e0790df9\""),
		IEP(OPENS ",\"url\":\"https://example.org/iep\""),
		IEP(OPENS ",\"commercial_use\":\"must-not\""),
		IEP_HEAD DATES OPENS "}}}",
		IEP_HEAD DATES ",\"iep_version\":1.0" OPENS "}}}",
		IEP_HEAD DATES ",\"iep_version\":\"2.0\"" OPENS "}}}",
		IEP(FREE("EXTERNALLY-VISIBLE", "may", "green", "may",
		    "may")),
		IEP(FREE(DIRECT, "may", "GREEN", "may", "may")),
		IEP(FREE(DIRECT, "may", "amber+strict", "may", "may")),
		IEP(FREE(DIRECT, "may", "clear", "may", "may")),
		IEP(FREE(DIRECT, "must", "green", "may", "may")),
		HEAD "\"extension-definition--762e2e97-ee51-43e5-a9ea-"
		    "165fbb862c4a\":null}}",
	};
	struct label top, l;
	unsigned unknown;

	(void)state;
	label_top(&top);
	for (size_t i = 0; i < NELEM(cases); i++) {
		l = label_of(cases[i], NULL, &unknown);
		if (unknown != 1 || !label_le(&top, &l))
			fail_msg("case %zu is open: %s", i, cases[i]);
	}
	/* Its end is the record's. */
	l = label_of(IEP(OPENS ",\"end_date\":\"2026-12-31T00:00:00Z\""),
	    NULL, &unknown);
	assert_int_equal(unknown, 0);
	assert_int_equal(l.expires.ms, 1798675200000);
}

static void
test_tags(void **state)
{
#define TOP 0, UINT32_MAX, TLP_RED, PAP_RED, true
	static const struct {
		const char *tags[4];
		uint32_t purposes, caveats;
		int tlp, pap;
		bool top;
	} cases[] = {
		{ { "tlp:green" }, UINT32_MAX, 0, TLP_GREEN, PAP_CLEAR, 0 },
		{ { "TLP:Red" }, UINT32_MAX, 0, TLP_RED, PAP_CLEAR, 0 },
		{ { "tlp:white", "tlp:amber" }, UINT32_MAX, 0, TLP_AMBER,
		  PAP_CLEAR, 0 },
		{ { "tlp:amber+strict" }, UINT32_MAX, 0, TLP_AMBER_STRICT,
		  PAP_CLEAR, 0 },
		{ { "tlp:greenish" }, UINT32_MAX, 0, TLP_RED, PAP_CLEAR, 0 },
		{ { "tlp:unclear" }, UINT32_MAX, 0, TLP_RED, PAP_CLEAR, 0 },
		{ { "tlp:ex:chr" }, UINT32_MAX, 0, TLP_RED, PAP_CLEAR, 0 },
		{ { "tlp=green" }, UINT32_MAX, 0, TLP_AMBER, PAP_CLEAR, 0 },
		{ { "tlp:green=1" }, UINT32_MAX, 0, TLP_RED, PAP_CLEAR, 0 },
		{ { "PAP:RED" }, UINT32_MAX, 0, TLP_AMBER, PAP_RED, 0 },
		{ { "pap:white" }, UINT32_MAX, 0, TLP_AMBER, PAP_CLEAR, 0 },
		{ { "pap:" }, UINT32_MAX, 0, TLP_AMBER, PAP_RED, 0 },
		{ { "botnet", "misp:tool=\"x\"", "", ":" }, UINT32_MAX, 0,
		  TLP_AMBER, PAP_CLEAR, 0 },
		{ { "iep2-policy:unmodified_resale=\"must-not\"" },
		  UINT32_MAX, 1U << NO_RESALE, TLP_AMBER, PAP_CLEAR, 0 },
		{ { "iep2-policy:permitted_actions=\""
		  "internally-visible-actions\"", "iep2-policy:tlp=\"green\"",
		  "iep2-policy:iep_version=\"2.0\"" }, ~(1U << BLOCK), 0,
		  TLP_GREEN, PAP_RED, 0 },
		{ { "iep2-policy:attribution=\"must\"",
		  "iep2-policy:attribution=\"must-not\"" }, TOP },
		{ { "iep2-policy:attribution=\"must-not\"",
		  "iep2-policy:attribution=\"must\"" }, TOP },
		{ { "iep2-policy:iep_version=\"3.0\"" }, TOP },
		{ { "iep2-policy:end_date=\"2026-01-01T00:00:00Z\"" }, TOP },
		{ { "iep2-policy:start_date=\"2027-01-01T00:00:00Z\"" },
		  TOP },
		{ { "iep2-policy:resale=\"no\"" }, TOP },
		{ { "iep2-reference:id_ref=\"x\"" }, TOP },
		{ { "iep:permitted-actions=\"NONE\"" }, TOP },
		{ { "acs-marking:privilege_action=\"NETDEF\"",
		  "acs-marking:classification=\"U\"",
		  "acs-marking:shareability=\"FOREIGNGOV\"" },
		  1U << DETECT | 1U << BLOCK, 1U << NO_ATTRIBUTION,
		  TLP_AMBER, PAP_CLEAR, 0 },
		{ { "acs-marking:privilege_action=\"NETDEF\"" }, TOP },
		{ { "acs-marking:classification=\"S\"" }, TOP },
		{ { "acs-marking:classification=\"U\"",
		  "acs-marking:formal_determination=\"NF\"" }, TOP },
		{ { "acs-marking:caveat=\"FISA\"" }, TOP },
	};
	unsigned unknown;

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		struct label l = label_of(NULL, cases[i].tags, &unknown);

		if ((unknown != 0) != cases[i].top ||
		    l.purposes != cases[i].purposes ||
		    l.caveats != cases[i].caveats || l.tlp != cases[i].tlp ||
		    l.pap != cases[i].pap)
			fail_msg("%s: unknown %u, purposes %x, caveats %x, "
			    "tlp %d, pap %d", cases[i].tags[0], unknown,
			    l.purposes, l.caveats, l.tlp, l.pap);
	}
}

/* Every marking restricts: together they allow what each does. */
static void
test_markings_conjunction(void **state)
{
	static const char *const tags[4] = { "PAP:AMBER", "tlp:red",
	    "iep2-policy:unmodified_resale=\"must-not\"" };
	unsigned unknown;
	struct label wall = label_of(WALL, NULL, &unknown);
	struct label tagged = label_of(NULL, tags, &unknown);
	struct label both = label_of(WALL, tags, &unknown);

	(void)state;
	assert_true(label_le(&wall, &both));
	assert_true(label_le(&tagged, &both));
	assert_int_equal(both.tlp, TLP_RED);
	assert_int_equal(both.caveats, 1U << NO_RESALE |
	    1U << NO_ATTRIBUTION);
}

/* ---- writing ---- */

#define CREATED "2026-01-01T00:00:00.000Z"

static struct label
random_label(unsigned *seed)
{
	struct label l;

	label_bottom(&l);
	l.purposes = (unsigned)rand_r(seed) & 0x1f;
	l.caveats = (unsigned)rand_r(seed) & (unsigned)rand_r(seed) & 0x7f;
	/* Nobody can do both: see comity-policy(5). */
	if ((l.caveats >> ATTRIBUTE & 1) != 0)
		l.caveats &= ~(1U << NO_ATTRIBUTION);
	l.tlp = (uint8_t)(rand_r(seed) % (TLP_RED + 1));
	l.pap = (uint8_t)(rand_r(seed) % (PAP_RED + 1));
	l.hops = (uint8_t)(rand_r(seed) % 3);
	if (rand_r(seed) % 2)
		l.expires = (unix_ms_t){ 1798675200000 };
	return l;
}

typedef unsigned (*writer)(const struct label *, const struct vocabulary *,
    const struct marking_author *, struct buf *);

/* The label that a written marking is read back as, from the bottom. */
static struct label
written(const struct label *l, const struct vocabulary *v, writer write,
    unsigned *lost)
{
	AUTO_BUF struct buf text = { 0 }, again = { 0 };
	struct marking_author who = { STR(CREATED), "XA", "cert-xa" };
	struct str id, tags[32];
	struct stix_object o = { .markings = &id, .labels = tags };
	struct marking_source src = { .now = NOW };
	struct label base, read;
	unsigned unknown;
	char *p;

	*lost = write(l, v, &who, &text);
	(void)write(l, v, &who, &again);
	assert_string_equal(text.p, again.p);
	label_bottom(&base);
	if (write == label_to_tags) {
		for (p = strtok(text.p, "\n"); p != NULL;
		    p = strtok(NULL, "\n"))
			tags[o.nlabels++] = str_of(p);
	} else {
		AUTO(stix_reader_free) struct stix_reader *r =
		    stix_reader_new();
		struct stix_problem problem;
		struct stix_object m;

		if (stix_read(r, buf_str(&text), &m, &problem) != 0)
			fail_msg("%s: %s", problem.text, text.p);
		p = strstr(text.p, "marking-definition--");
		id = (struct str){ p, strlen(ID) };
		o.nmarkings = 1;
	}
	src.find = on_find_any;
	src.arg = &text;
	assert_int_equal(label_from_markings(&o, v, &src, &base, &read,
	    &unknown), 0);
	assert_int_equal(unknown, 0);
	return read;
}

/*
 * What is written says what it can at least as strictly as the label: it is
 * read back as no looser in any part that it does not own up to have lost.
 */
static void
test_write_read_is_never_looser(void **state)
{
	static const writer writers[] = { label_to_acs, label_to_iep,
	    label_to_tags };
	static const unsigned never_lost[] = { LABEL_PART_EXPIRES,
	    LABEL_PART_EXPIRES | LABEL_PART_TLP | LABEL_PART_PAP,
	    LABEL_PART_EXPIRES | LABEL_PART_TLP | LABEL_PART_PAP };
	/* Of those that the vocabulary has words for. */
	const uint32_t acs = 1U << DETECT | 1U << BLOCK | 1U << NOTIFY |
	    1U << COLLECT, iep = 1U << DETECT | 1U << BLOCK | 1U << NOTIFY;
	const uint32_t purposes[] = { acs, iep, acs };
	const uint32_t conditions[] = { 1U << NO_ATTRIBUTION, 0x7f, 0x7f };
	struct vocabulary v = vocabulary_make();
	unsigned seed = 1;

	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		unsigned w = i % 3, lost;
		struct label l = random_label(&seed);
		struct label read = written(&l, &v, writers[w], &lost);

		/* A colour that is read brings its own fewer hops. */
		assert_int_equal(label_lost(&l, &read) & ~lost, 0);
		if (writers[w] != label_to_iep && l.hops == 0)
			assert_int_equal(read.hops, 0);
		assert_int_equal(lost & never_lost[w], 0);
		assert_int_equal(read.purposes & purposes[w] & ~l.purposes,
		    0);
		assert_int_equal(l.caveats & conditions[w] & ~read.caveats, 0);
		assert_true(label_le(&l, &read) || lost != 0);
	}
	vocabulary_clear(&v);
}

/* What has words of its own comes back as it was. */
static void
test_write_read_is_equal_on_words(void **state)
{
	struct vocabulary v = vocabulary_make();

	(void)state;
	/* Each purpose by itself has an action, each caveat a value. */
	v.purpose_means[BLOCK] = (struct meanings){ 1U << ACS_OPACTION,
	    1U << IEP_ACTIONS_DIRECT };
	for (uint32_t bits = 0; bits < 16; bits++) {
		struct label l, read;
		unsigned lost;

		label_bottom(&l);
		l.purposes = bits;
		l.caveats = bits & 1 ? 1U << NO_ATTRIBUTION : 0;
		l.tlp = TLP_GREEN;
		read = written(&l, &v, label_to_acs, &lost);
		assert_int_equal(read.purposes, l.purposes);
		assert_int_equal(read.caveats, l.caveats);
		assert_int_equal(read.tlp, TLP_GREEN);
		assert_int_equal(read.hops, LABEL_HOPS_MAX);
		label_bottom(&l);
		l.caveats = (bits & 1U << NO_RESALE) | (bits & 2 ?
		    1U << ENCRYPT : 0) | (bits & 4 ? 1U << ATTRIBUTE : 0);
		l.tlp = (uint8_t)(bits & 3 ? TLP_AMBER : TLP_CLEAR);
		l.pap = PAP_GREEN;
		read = written(&l, &v, label_to_iep, &lost);
		assert_int_equal(read.caveats, l.caveats);
		assert_int_equal(read.tlp, l.tlp);
		assert_int_equal(read.pap, l.pap);
		assert_int_equal(read.purposes, l.purposes);
	}
	vocabulary_clear(&v);
}

/* NETDEF permit with INTEL deny leaves as it came. */
static void
test_wall_leaves_as_it_came(void **state)
{
	struct vocabulary v = vocabulary_make();
	unsigned unknown, lost;
	struct label wall = label_of(WALL, NULL, &unknown), read;
	AUTO_BUF struct buf text = { 0 };
	struct marking_author who = { STR(CREATED), "XA", "cert-xa" };

	(void)state;
	wall.tlp = TLP_GREEN;
	(void)label_to_acs(&wall, &v, &who, &text);
	assert_non_null(strstr(text.p, "{\"privilege_action\":\"NETDEF\","));
	assert_non_null(strstr(text.p, "\"entity\":[\"ALL\"]},"
	    "\"rule_effect\":\"permit\"}"));
	assert_non_null(strstr(text.p, "privdefault=deny"));
	assert_non_null(strstr(text.p, "\"XA.cert-xa\""));
	read = written(&wall, &v, label_to_acs, &lost);
	assert_true(label_le(&wall, &read) && label_le(&read, &wall));
	assert_int_equal(lost, 0);
	vocabulary_clear(&v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_acs_netdef_without_intel_is_the_wall),
		cmocka_unit_test(test_acs_purposes),
		cmocka_unit_test(test_acs_closed),
		cmocka_unit_test(test_iep),
		cmocka_unit_test(test_iep_closed),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_markings_conjunction),
		cmocka_unit_test(test_write_read_is_never_looser),
		cmocka_unit_test(test_write_read_is_equal_on_words),
		cmocka_unit_test(test_wall_leaves_as_it_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
