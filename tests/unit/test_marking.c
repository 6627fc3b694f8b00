#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "record/marking.h"

#define M "marking-definition--"
#define CLEAR2 M "94868c89-83c2-464b-929b-a1a8aa3c8487"
#define GREEN2 M "bab4a63c-aed9-4cf5-a766-dfca5abac2bb"
#define AMBER2 M "55d920b0-5e8b-4f79-9ee9-91f868d9b421"
#define STRICT2 M "939a9414-2ddd-4d32-a0cd-375ea402b003"
#define RED2 M "e828b379-4e03-4974-9ac4-e53a884c97c1"
#define WHITE1 M "613f2e26-407d-48c7-9eca-b8e91df99dc9"
#define GREEN1 M "34098fce-860f-48ae-8e50-ebd3cc5e41da"
#define AMBER1 M "f88d31f6-486f-44da-b317-01333bde0b82"
#define RED1 M "5e57c739-391a-4eb3-b6be-7d15ca92d5ed"
#define PAP_C M "ad15a0cd-55b6-4588-a14c-a66105329b92"
#define PAP_G M "c43594d1-4b11-4c59-93ab-1c9b14d53ce9"
#define PAP_A M "60f8932b-e51e-4458-b265-a2e8be9a80ab"
#define PAP_R M "740d36e5-7714-4c30-961a-3ae632ceee0e"
#define PAP_W M "a3bea94c-b469-41dc-9cfe-d6e7daba7730"
#define OTHER M "11111111-2222-4333-8444-555555555555"
#define OTHER_UPPER M "AAAAAAAA-2222-4333-8444-555555555555"

/* One stored marking-definition, found by any id that asks for it. */
struct shelf {
	const char *id, *bytes;
};

static struct str
on_find(void *arg, struct str id)
{
	const struct shelf *s = arg;

	return s->bytes != NULL && str_eqz(id, s->id) ? str_of(s->bytes) :
	    (struct str){ NULL, 0 };
}

static struct vocabulary
vocabulary_make(void)
{
	struct vocabulary v = { 0 };

	assert_int_equal(names_add(&v.purposes, STR("detect"), 31), 0);
	assert_int_equal(names_add(&v.purposes, STR("block"), 31), 1);
	assert_int_equal(names_add(&v.lineage, STR("secops"), 31), 0);
	assert_int_equal(names_add(&v.caveats, STR("no-resale"), 31), 0);
	assert_int_equal(names_add(&v.kinds, STR("other"), 64), 0);
	assert_int_equal(names_add(&v.kinds, STR("botnet"), 64), 1);
	assert_int_equal(names_add(&v.kinds, STR("ioc"), 64), 2);
	assert_int_equal(names_add(&v.orgs, STR("xa"), 255), 0);
	assert_int_equal(names_add(&v.desks, STR("xb/ops"), 512), 0);
	return v;
}

static struct label
base_make(void)
{
	return (struct label){
		.purposes = 3, .tlp = TLP_AMBER, .pap = PAP_AMBER, .hops = 5,
		.expires = { 5000 }, .lineage = 1, .caveats = 1, .kind = 1,
		.seq = 3, .audience.w = { 1 }, .roots.w = { 1 },
	};
}

/* Label of an object with up to three markings (whole) and one granular. */
static struct label
label_of(const char *const ids[3], const char *granular,
    const struct shelf *shelf, unsigned *out_unknown)
{
	struct vocabulary v = vocabulary_make();
	struct label base = base_make(), l;
	struct marking_source src = { on_find, (void *)(uintptr_t)shelf };
	struct str whole[3], part[1];
	struct stix_object o = { .markings = whole, .granular = part };

	for (; o.nmarkings < 3 && ids[o.nmarkings] != NULL; o.nmarkings++)
		whole[o.nmarkings] = str_of(ids[o.nmarkings]);
	if (granular != NULL)
		part[o.ngranular++] = str_of(granular);
	assert_int_equal(label_from_markings(&o, &v, shelf == NULL ? NULL :
	    &src, &base, &l, out_unknown), 0);
	vocabulary_clear(&v);
	return l;
}

static bool
is_top(const struct label *l)
{
	struct label top;

	label_top(&top);
	return label_le(&top, l);
}

static void
test_label_from_markings_fixed(void **state)
{
	static const struct {
		const char *ids[3], *granular;
		uint8_t tlp, pap, hops;
	} cases[] = {
		{ { NULL }, NULL, TLP_AMBER, PAP_AMBER, 5 },
		{ { CLEAR2 }, NULL, TLP_CLEAR, PAP_AMBER, 5 },
		{ { GREEN2 }, NULL, TLP_GREEN, PAP_AMBER, 5 },
		{ { AMBER2 }, NULL, TLP_AMBER, PAP_AMBER, 1 },
		{ { STRICT2 }, NULL, TLP_AMBER_STRICT, PAP_AMBER, 1 },
		{ { RED2 }, NULL, TLP_RED, PAP_AMBER, 1 },
		{ { WHITE1 }, NULL, TLP_CLEAR, PAP_AMBER, 5 },
		{ { GREEN1 }, NULL, TLP_GREEN, PAP_AMBER, 5 },
		{ { AMBER1 }, NULL, TLP_AMBER, PAP_AMBER, 1 },
		{ { RED1 }, NULL, TLP_RED, PAP_AMBER, 1 },
		{ { PAP_C }, NULL, TLP_AMBER, PAP_CLEAR, 5 },
		{ { PAP_W }, NULL, TLP_AMBER, PAP_CLEAR, 5 },
		{ { PAP_G }, NULL, TLP_AMBER, PAP_GREEN, 5 },
		{ { PAP_A }, NULL, TLP_AMBER, PAP_AMBER, 5 },
		{ { PAP_R }, NULL, TLP_AMBER, PAP_RED, 5 },
		/* N4: the strictest of several, of both versions of TLP. */
		{ { CLEAR2, RED1 }, NULL, TLP_RED, PAP_AMBER, 1 },
		{ { GREEN1, STRICT2, CLEAR2 }, NULL, TLP_AMBER_STRICT,
		    PAP_AMBER, 1 },
		{ { CLEAR2, PAP_C, PAP_R }, NULL, TLP_CLEAR, PAP_RED, 5 },
		/* A part marked stricter binds the whole. */
		{ { CLEAR2 }, RED2, TLP_RED, PAP_AMBER, 1 },
		{ { NULL }, GREEN2, TLP_GREEN, PAP_AMBER, 5 },
		/* UUIDs do not depend on case (RFC 4122). */
		{ { M "94868C89-83C2-464B-929B-A1A8AA3C8487" }, NULL,
		    TLP_CLEAR, PAP_AMBER, 5 },
		{ { M "E828B379-4e03-4974-9AC4-e53a884c97c1" }, NULL,
		    TLP_RED, PAP_AMBER, 1 },
	};
	struct label base = base_make();

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		unsigned unknown = 9;
		struct label l = label_of(cases[i].ids, cases[i].granular,
		    NULL, &unknown), want = base;

		want.tlp = cases[i].tlp;
		want.pap = cases[i].pap;
		want.hops = cases[i].hops;
		if (!label_le(&l, &want) || !label_le(&want, &l) ||
		    l.kind != 1 || l.seq != 3 || unknown != 0)
			fail_msg("case %zu: tlp %s pap %s hops %u", i,
			    tlp_name(l.tlp), pap_name(l.pap), l.hops);
	}
}

/* L-25: what is not exactly a known marking is unknown, never nearly it. */
static void
test_label_from_markings_unknown(void **state)
{
	static const struct {
		const char *id, *bytes;
	} cases[] = {
		{ OTHER, NULL },
		{ M "94868c89-83c2-4f24-929b-a1a8aa3c8487", NULL },
		{ M "94868c89-83c2-464b-929b-a1a8aa3c848", NULL },
		{ CLEAR2 " ", NULL },
		{ " " CLEAR2, NULL },
		{ "Marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
		    NULL },
		{ "94868c89-83c2-464b-929b-a1a8aa3c8487", NULL },
		{ "marking-definition--{94868c89-83c2-464b-929b-a1a8aa3c84}",
		    NULL },
		{ "", NULL },
		{ "TLP:CLEAR", NULL },
		/* The content of a fixed one under another id. */
		{ OTHER, "{\"type\":\"marking-definition\",\"id\":\"" OTHER
		    "\",\"name\":\"TLP:CLEAR\",\"extensions\":{"
		    "\"extension-definition--60a3c5c5-0d10-413e-aab3-"
		    "9e08dde9e88d\":{\"extension_type\":\"property-extension"
		    "\",\"tlp_2_0\":\"clear\"}}}" },
		{ OTHER, "{\"type\":\"marking-definition\",\"id\":\"" OTHER
		    "\",\"definition_type\":\"tlp\",\"definition\":"
		    "{\"tlp\":\"white\"}}" },
		{ OTHER, "{\"type\":\"marking-definition\",\"id\":\"" OTHER
		    "\",\"definition_type\":\"Statement\",\"definition\":"
		    "{\"statement\":\"x\"}}" },
		{ OTHER, "{\"type\":\"marking-definition\",\"id\":\"" OTHER
		    "\",\"definition_type\":\"statement\",\"definition\":"
		    "{\"statement\":7}}" },
		{ OTHER, "{\"type\":\"marking-definition\",\"id\":\"" OTHER
		    "\",\"definition_type\":\"statement\",\"definition\":"
		    "{\"statement\":\"x\"},\"extensions\":{\"e\":{}}}" },
		/* Another object than the one asked for. */
		{ OTHER, "{\"type\":\"marking-definition\",\"id\":\"" CLEAR2
		    "\",\"definition_type\":\"statement\",\"definition\":"
		    "{\"statement\":\"x\"}}" },
		{ OTHER, "{\"type\":\"identity\",\"id\":\"" OTHER
		    "\",\"definition_type\":\"statement\",\"definition\":"
		    "{\"statement\":\"x\"}}" },
		{ OTHER, "not JSON" },
		{ OTHER, "" },
		{ OTHER, "[]" },
		{ OTHER, "{}" },
		{ OTHER, "{\"id\":\"" OTHER "\",\"id\":\"" OTHER "\"}" },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		struct shelf shelf = { OTHER, cases[i].bytes };
		unsigned unknown = 0;
		struct label l = label_of((const char *const[3]){
		    CLEAR2, cases[i].id }, NULL, &shelf, &unknown);
		struct label g = label_of((const char *const[3]){ CLEAR2 },
		    cases[i].id, &shelf, NULL);

		if (!is_top(&l) || unknown != 1 || l.kind != 1 || !is_top(&g))
			fail_msg("case %zu (%s) counts for something", i,
			    cases[i].id);
	}
}

static void
test_label_from_markings_statement(void **state)
{
	struct shelf shelf = { OTHER, "{\"type\":\"marking-definition\","
	    "\"spec_version\":\"2.1\",\"id\":\"" OTHER "\","
	    "\"created\":\"2017-01-20T00:00:00.000Z\","
	    "\"definition_type\":\"statement\",\"definition\":"
	    "{\"statement\":\"Copyright\"}}" };
	struct label base = base_make(), l;
	unsigned unknown = 1;

	(void)state;
	l = label_of((const char *const[3]){ OTHER }, NULL, &shelf, &unknown);
	assert_true(label_le(&l, &base) && label_le(&base, &l));
	assert_int_equal(unknown, 0);
	l = label_of((const char *const[3]){ OTHER, GREEN2 }, NULL, &shelf,
	    &unknown);
	assert_int_equal(l.tlp, TLP_GREEN);
	/* An id in another case is the same marking. */
	shelf.id = M "aaaaaaaa-2222-4333-8444-555555555555";
	shelf.bytes = "{\"type\":\"marking-definition\",\"id\":\"" OTHER_UPPER
	    "\",\"definition_type\":\"statement\",\"definition\":"
	    "{\"statement\":\"x\"}}";
	l = label_of((const char *const[3]){ OTHER_UPPER }, NULL, &shelf,
	    &unknown);
	assert_int_equal(unknown, 0);
}

/* The id of a marking-definition's JSON. */
static void
id_of(const char *bytes, char dst[100])
{
	json_t *j = json_loads(bytes, JSON_REJECT_DUPLICATES, NULL);

	assert_non_null(j);
	assert_string_equal(json_string_value(json_object_get(j, "type")),
	    "marking-definition");
	assert_string_equal(json_string_value(json_object_get(j,
	    "spec_version")), "2.1");
	snprintf(dst, 100, "%s", json_string_value(json_object_get(j, "id")));
	json_decref(j);
}

static void
test_label_to_marking_round_trip(void **state)
{
	struct vocabulary v = vocabulary_make();
	struct label l = { .purposes = 1, .tlp = TLP_GREEN, .pap = PAP_GREEN,
	    .hops = 2, .expires = UNIX_MS_NEVER, .kind = 2, .seq = 9,
	    .audience.w = { 1 }, .roots.w = { 1 } }, got;
	const struct str created = STR("2026-11-23T10:00:00.000Z");
	struct buf a = { 0 }, b = { 0 };
	struct shelf shelf;
	unsigned unknown;
	char id[100];

	(void)state;
	label_to_marking(&l, &v, created, &a);
	label_to_marking(&l, &v, created, &b);
	assert_string_equal(a.p, b.p);
	assert_null(strchr(a.p, '\n'));
	id_of(a.p, id);
	shelf = (struct shelf){ id, a.p };
	got = label_of((const char *const[3]){ id }, NULL, &shelf, &unknown);
	assert_int_equal(unknown, 0);
	assert_true(label_le(&l, &got) && label_le(&got, &l));
	assert_int_equal(got.kind, 2);
	assert_int_equal(got.seq, 9);
	/* A stricter colour beside it counts. */
	got = label_of((const char *const[3]){ id, RED2 }, NULL, &shelf,
	    &unknown);
	assert_int_equal(got.tlp, TLP_RED);
	assert_int_equal(got.kind, 2);
	/* Other labels and other times have other ids. */
	buf_reset(&b);
	l.seq = 10;
	label_to_marking(&l, &v, created, &b);
	assert_null(strstr(b.p, id));
	buf_clear(&a);
	buf_clear(&b);
	vocabulary_clear(&v);
}

#define COMITY(inner)							\
	"{\"type\":\"marking-definition\",\"id\":\"" OTHER		\
	"\",\"extensions\":{" inner "}}"
#define OURS(members)							\
	"\"" COMITY_EXTENSION_ID "\":{" members "}"
#define TYPED "\"extension_type\":\"property-extension\""
#define TEXT_TOP "\"label\":\"comity-label/1\\npurposes=detect\\n"
#define TEXT_END "\\npap=clear\\naudience=xb/ops\\nhops=7\\n"		\
	"expires=never\\ncaveats=\\nlineage=\\nroots=xa\\nseq=0\\n"	\
	"kind=ioc\\n\""

/* L-25: type and case tricks inside our own marking. */
static void
test_label_from_markings_comity_tricks(void **state)
{
	static const struct {
		const char *bytes;
		bool unknown;
		uint8_t tlp;
	} cases[] = {
		{ COMITY(OURS(TYPED "," TEXT_TOP "tlp=clear" TEXT_END)),
		    false, TLP_CLEAR },
		{ COMITY(OURS(TYPED "," TEXT_TOP "tlp=TLP:Red" TEXT_END)),
		    false, TLP_RED },
		{ COMITY(OURS(TYPED "," TEXT_TOP "tlp=Clear" TEXT_END)),
		    false, TLP_RED },
		{ COMITY(OURS(TYPED "," TEXT_TOP "tlp=0" TEXT_END)),
		    false, TLP_RED },
		{ COMITY(OURS(TYPED ",\"label\":0")), true, TLP_RED },
		{ COMITY(OURS(TYPED ",\"label\":\"clear\"")), true, TLP_RED },
		{ COMITY(OURS(TYPED ",\"label\":{\"tlp\":\"clear\"}")), true,
		    TLP_RED },
		{ COMITY(OURS(TYPED ",\"tlp\":\"clear\"")), true, TLP_RED },
		{ COMITY(OURS(TYPED)), true, TLP_RED },
		{ COMITY(OURS(TEXT_TOP "tlp=clear" TEXT_END)), true,
		    TLP_RED },
		{ COMITY(OURS(TYPED ",\"more\":1," TEXT_TOP "tlp=clear"
		    TEXT_END)), true, TLP_RED },
		{ COMITY(OURS(TYPED "," TEXT_TOP "tlp=clear" TEXT_END)
		    ",\"extension-definition--x\":{}"), true, TLP_RED },
		{ COMITY("\"" COMITY_EXTENSION_ID "\":[]"), true, TLP_RED },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		struct shelf shelf = { OTHER, cases[i].bytes };
		unsigned unknown = 0;
		struct label l = label_of((const char *const[3]){ OTHER },
		    NULL, &shelf, &unknown);

		if (l.tlp != cases[i].tlp || (unknown == 1) !=
		    cases[i].unknown || is_top(&l) != cases[i].unknown)
			fail_msg("case %zu: tlp %s, %u unknown", i,
			    tlp_name(l.tlp), unknown);
		if (!cases[i].unknown)
			assert_int_equal(l.kind, 2);
	}
}

static void
test_marking_ids(void **state)
{
	(void)state;
	assert_string_equal(marking_tlp_id(TLP_CLEAR), CLEAR2);
	assert_string_equal(marking_tlp_id(TLP_GREEN), GREEN2);
	assert_string_equal(marking_tlp_id(TLP_AMBER), AMBER2);
	assert_string_equal(marking_tlp_id(TLP_AMBER_STRICT), STRICT2);
	assert_string_equal(marking_tlp_id(TLP_RED), RED2);
	assert_string_equal(marking_tlp_id(99), RED2);
	assert_string_equal(marking_pap_id(PAP_CLEAR), PAP_C);
	assert_string_equal(marking_pap_id(PAP_GREEN), PAP_G);
	assert_string_equal(marking_pap_id(PAP_AMBER), PAP_A);
	assert_string_equal(marking_pap_id(PAP_RED), PAP_R);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_label_from_markings_fixed),
		cmocka_unit_test(test_label_from_markings_unknown),
		cmocka_unit_test(test_label_from_markings_statement),
		cmocka_unit_test(test_label_to_marking_round_trip),
		cmocka_unit_test(test_label_from_markings_comity_tricks),
		cmocka_unit_test(test_marking_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
