#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <dirent.h>

#include "record/label.h"

#define ROUNDS 20000

static void
add_all(struct names *n, const char *const *list)
{
	for (; *list != NULL; list++)
		assert_true(names_add(n, str_of(*list), 64) >= 0);
}

/* Purposes, lineage and so on of policy.md's example, roughly. */
static struct vocabulary
vocabulary_make(void)
{
	struct vocabulary v = { 0 };

	add_all(&v.purposes, (const char *const[]){ "detect", "block",
	    "notify", "investigate", NULL });
	add_all(&v.domains, (const char *const[]){ "secops", "law", NULL });
	add_all(&v.lineage, (const char *const[]){ "secops", "law", "ngo",
	    NULL });
	add_all(&v.caveats, (const char *const[]){ "no-resale",
	    "protect-source", "embargo", NULL });
	add_all(&v.kinds, (const char *const[]){ "other", "botnet", "ioc",
	    NULL });
	add_all(&v.orgs, (const char *const[]){ "xa", "xb", "xc", "xd", "ngo",
	    NULL });
	add_all(&v.desks, (const char *const[]){ "xb/ops", "xc/ops", "xd/ops",
	    "xd/fusion", NULL });
	v.walled_lineage = 1;	/* secops */
	v.block_purposes = 2;	/* block */
	return v;
}

enum { DETECT = 1, BLOCK = 2, NOTIFY = 4, INVESTIGATE = 8 };
enum { SECOPS = 1, LAW = 2, NGO = 4 };
enum { NO_RESALE = 1, PROTECT_SOURCE = 2 };

static uint64_t
next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* A label whose every bit has a name in v, or is the unknown bit. */
static struct label
label_random(uint64_t *seed, const struct vocabulary *v)
{
	struct label l = { 0 };
	uint64_t r = next_random(seed);

	l.purposes = (uint32_t)(r & ((1U << v->purposes.n) - 1));
	l.caveats = (uint32_t)(r >> 8 & ((1U << v->caveats.n) - 1));
	l.lineage = (uint32_t)(r >> 16 & ((1U << v->lineage.n) - 1));
	if ((r >> 24) % 5 == 0)
		l.caveats |= LABEL_UNKNOWN_BIT;
	if ((r >> 32) % 5 == 0)
		l.lineage |= LABEL_UNKNOWN_BIT;
	r = next_random(seed);
	l.tlp = (uint8_t)(r % 5);
	l.pap = (uint8_t)((r >> 8) % 4);
	l.hops = (uint8_t)((r >> 16) % 8);
	l.kind = (uint8_t)((r >> 24) % v->kinds.n);
	l.seq = (r >> 32) % 9;
	l.expires.ms = (int64_t)((r >> 40) % 4) * 1000;
	if ((r >> 48) % 4 == 0)
		l.expires = UNIX_MS_NEVER;
	r = next_random(seed);
	l.audience.w[0] = r & ((1U << v->desks.n) - 1);
	if ((r >> 8) % 4 == 0)
		memset(&l.audience, 0xff, sizeof(l.audience));
	l.roots.w[0] = r >> 16 & ((1U << v->orgs.n) - 1);
	if ((r >> 32) % 5 == 0)
		org_set_add(&l.roots, LABEL_ORG_UNKNOWN);
	return l;
}

static bool
same(const struct label *a, const struct label *b)
{
	return a->purposes == b->purposes && a->caveats == b->caveats &&
	    a->lineage == b->lineage && a->tlp == b->tlp &&
	    a->pap == b->pap && a->hops == b->hops && a->kind == b->kind &&
	    a->seq == b->seq && a->expires.ms == b->expires.ms &&
	    memcmp(&a->audience, &b->audience, sizeof(a->audience)) == 0 &&
	    memcmp(&a->roots, &b->roots, sizeof(a->roots)) == 0;
}

static void
assert_same(const struct label *a, const struct label *b)
{
	assert_true(same(a, b));
}

/* The vector of the policy language's description of labels. */
static void
test_label_join_vector(void **state)
{
	struct label a = {
		.purposes = DETECT | BLOCK | NOTIFY, .tlp = TLP_GREEN,
		.pap = PAP_GREEN, .audience.w = { 7 }, .hops = 3,
		.expires = { 1798761600000 }, .caveats = NO_RESALE,
		.lineage = SECOPS, .roots.w = { 1 }, .kind = 1, .seq = 4,
	};
	struct label b = {
		.purposes = DETECT | NOTIFY | INVESTIGATE, .tlp = TLP_AMBER,
		.pap = PAP_AMBER, .audience.w = { 3 }, .hops = 1,
		.expires = { 1796083200000 }, .caveats = PROTECT_SOURCE,
		.lineage = LAW | NGO, .roots.w = { 16 }, .kind = 2, .seq = 2,
	};
	struct label want = {
		.purposes = DETECT | NOTIFY, .tlp = TLP_AMBER,
		.pap = PAP_AMBER, .audience.w = { 3 }, .hops = 1,
		.expires = { 1796083200000 },
		.caveats = NO_RESALE | PROTECT_SOURCE,
		.lineage = SECOPS | LAW | NGO, .roots.w = { 17 }, .kind = 1,
		.seq = 4,
	};
	struct label got;

	(void)state;
	label_join(&got, &a, &b);
	assert_same(&got, &want);
	label_join(&b, &a, &b);		/* out may be an argument */
	assert_same(&b, &want);
}

static void
test_label_join_properties(void **state)
{
	struct vocabulary v = vocabulary_make();
	uint64_t seed = 20261123;
	struct label top, bottom;

	(void)state;
	label_top(&top);
	label_bottom(&bottom);
	for (int i = 0; i < ROUNDS; i++) {
		struct label a = label_random(&seed, &v);
		struct label b = label_random(&seed, &v);
		struct label c = label_random(&seed, &v), x, y, z;

		label_join(&x, &a, &a);
		assert_same(&x, &a);
		label_join(&x, &a, &b);
		label_join(&y, &b, &a);
		y.kind = x.kind;	/* the kind is the first's */
		assert_same(&x, &y);
		label_join(&y, &b, &c);
		label_join(&y, &a, &y);
		label_join(&z, &x, &c);
		assert_same(&y, &z);
		/* An upper bound, and the least one. */
		assert_true(label_le(&a, &x) && label_le(&b, &x));
		if (label_le(&a, &c) && label_le(&b, &c))
			assert_true(label_le(&x, &c));
		/* Monotone. */
		label_join(&y, &a, &c);
		label_join(&z, &x, &c);
		assert_true(label_le(&y, &z));
		assert_true(label_le(&bottom, &a) && label_le(&a, &top));
		label_join(&y, &bottom, &a);
		y.kind = a.kind;
		assert_same(&y, &a);
	}
	vocabulary_clear(&v);
}

static void
test_label_le_is_partial_order(void **state)
{
	struct vocabulary v = vocabulary_make();
	uint64_t seed = 7;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		struct label a = label_random(&seed, &v);
		struct label b = label_random(&seed, &v), ab, abc;
		struct label c = label_random(&seed, &v);

		assert_true(label_le(&a, &a));
		label_join(&ab, &a, &b);
		label_join(&abc, &ab, &c);
		assert_true(label_le(&a, &abc));
		if (label_le(&a, &b) && label_le(&b, &a)) {
			b.kind = a.kind;
			b.seq = a.seq;
			assert_same(&a, &b);
		}
		if (label_le(&a, &b) && label_le(&b, &c))
			assert_true(label_le(&a, &c));
	}
	vocabulary_clear(&v);
}

/* Each component alone decides. */
static void
test_label_le_each_component(void **state)
{
	struct label low, high;

	(void)state;
#define ONE(change) do {						\
		label_bottom(&low);					\
		high = low;						\
		change;							\
		assert_true(label_le(&low, &high));			\
		assert_false(label_le(&high, &low));			\
	} while (0)
	ONE(high.purposes &= ~1U);
	ONE(high.caveats |= 1);
	ONE(high.lineage |= 4);
	ONE(high.lineage |= LABEL_UNKNOWN_BIT);
	ONE(high.tlp = TLP_GREEN);
	ONE(high.pap = PAP_GREEN);
	ONE(high.hops = 6);
	ONE(high.expires.ms = 5);
	ONE(high.audience.w[7] &= ~UINT64_C(1));
	ONE(high.roots.w[3] |= 1);
#undef ONE
}

static void
test_label_normalise(void **state)
{
	struct vocabulary v = vocabulary_make();
	static const struct {
		uint32_t lineage;
		uint8_t tlp, pap, want_tlp;
		uint32_t want_purposes;
	} cases[] = {
		{ 0, TLP_CLEAR, PAP_CLEAR, TLP_CLEAR, DETECT | BLOCK },
		{ NGO, TLP_CLEAR, PAP_GREEN, TLP_CLEAR, DETECT | BLOCK },
		{ SECOPS, TLP_CLEAR, PAP_CLEAR, TLP_GREEN, DETECT | BLOCK },
		{ SECOPS | NGO, TLP_AMBER, PAP_AMBER, TLP_AMBER, DETECT },
		{ 0, TLP_CLEAR, PAP_RED, TLP_CLEAR, DETECT },
		{ LABEL_UNKNOWN_BIT, TLP_CLEAR, PAP_CLEAR, TLP_GREEN,
		    DETECT | BLOCK },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		struct label l = { .lineage = cases[i].lineage,
		    .tlp = cases[i].tlp, .pap = cases[i].pap,
		    .purposes = DETECT | BLOCK };

		label_normalise(&l, &v);
		assert_int_equal(l.tlp, cases[i].want_tlp);
		assert_int_equal(l.purposes, cases[i].want_purposes);
	}
	vocabulary_clear(&v);
}

static void
test_label_encode_vector(void **state)
{
	struct vocabulary v = vocabulary_make();
	struct label l = {
		.purposes = DETECT | BLOCK | NOTIFY, .tlp = TLP_GREEN,
		.pap = PAP_GREEN, .audience.w = { 7 }, .hops = 3,
		.expires = { 1798761600000 }, .caveats = NO_RESALE,
		.lineage = SECOPS | LABEL_UNKNOWN_BIT, .roots.w = { 1 },
		.kind = 1, .seq = 4,
	};
	struct buf b = { 0 };

	(void)state;
	label_encode(&l, &v, &b);
	assert_string_equal(b.p,
	    "comity-label/1\n"
	    "purposes=block,detect,notify\n"
	    "tlp=green\n"
	    "pap=green\n"
	    "audience=xb/ops,xc/ops,xd/ops\n"
	    "hops=3\n"
	    "expires=1798761600000\n"
	    "caveats=no-resale\n"
	    "lineage=?,secops\n"
	    "roots=xa\n"
	    "seq=4\n"
	    "kind=botnet\n");
	buf_clear(&b);
	vocabulary_clear(&v);
}

static void
test_label_round_trip(void **state)
{
	struct vocabulary v = vocabulary_make();
	uint64_t seed = 99;
	struct buf b = { 0 };
	struct label l, got;

	(void)state;
	for (int i = 0; i < ROUNDS / 4; i++) {
		l = label_random(&seed, &v);
		buf_reset(&b);
		label_encode(&l, &v, &b);
		assert_int_equal(label_decode(buf_str(&b), &v, &got), 0);
		assert_same(&l, &got);
	}
	buf_reset(&b);
	label_top(&l);
	label_encode(&l, &v, &b);
	assert_int_equal(label_decode(buf_str(&b), &v, &got), 0);
	assert_same(&l, &got);
	buf_clear(&b);
	vocabulary_clear(&v);
}

#define GOOD								\
	"comity-label/1\npurposes=block,detect\ntlp=green\npap=green\n"	\
	"audience=xb/ops\nhops=3\nexpires=1798761600000\n"		\
	"caveats=no-resale\nlineage=secops\nroots=xa\nseq=4\nkind=ioc\n"

/* Every strict prefix, at any byte, only ever restricts (N1). */
static void
test_label_decode_prefixes(void **state)
{
	struct vocabulary v = vocabulary_make();
	struct label whole, got;
	struct str good = STR(GOOD);

	(void)state;
	assert_int_equal(label_decode(good, &v, &whole), 0);
	assert_int_equal(whole.kind, 2);
	for (size_t n = 0; n < good.n; n++) {
		int rc = label_decode((struct str){ good.p, n }, &v, &got);

		if (n < 15) {
			assert_int_equal(rc, ERR_SYNTAX);
			continue;
		}
		assert_int_equal(rc, 0);
		assert_true(label_le(&whole, &got));
		assert_false(same(&whole, &got));
	}
	vocabulary_clear(&v);
}

/* One line replaced: the value the field must then have. */
static void
test_label_decode_garbled(void **state)
{
	static const struct {
		const char *line;	/* a line of GOOD */
		const char *instead;
		char field;		/* that must be most restrictive */
	} cases[] = {
		{ "purposes=block,detect\n", "", 'p' },
		{ "purposes=block,detect\n", "purposes=\n", 'p' },
		{ "purposes=block,detect\n", "purposes=detect,block\n", 'p' },
		{ "purposes=block,detect\n", "purposes=block,block\n", 'p' },
		{ "purposes=block,detect\n", "purposes=block,\n", 'p' },
		{ "purposes=block,detect\n", "purposes=,block\n", 'p' },
		{ "purposes=block,detect\n", "purposes=*\n", 'p' },
		{ "purposes=block,detect\n", "purposes=Block\n", 'p' },
		{ "purposes=block,detect\n",
		    "purposes=block\npurposes=block\n", 'p' },
		{ "tlp=green\n", "", 't' },
		{ "tlp=green\n", "tlp=Green\n", 't' },
		{ "tlp=green\n", "tlp=TLP:GREEN\n", 't' },
		{ "tlp=green\n", "tlp=1\n", 't' },
		{ "tlp=green\n", "tlp= green\n", 't' },
		{ "tlp=green\n", "tlp=green\r\n", 't' },
		{ "tlp=green\n", "tlp=\n", 't' },
		{ "tlp=green\n", "tlp=white\n", 't' },
		{ "tlp=green\n", "tlp=clear\ntlp=green\n", 't' },
		{ "pap=green\n", "", 'a' },
		{ "pap=green\n", "pap=amber+strict\n", 'a' },
		{ "audience=xb/ops\n", "", 'u' },
		{ "audience=xb/ops\n", "audience=\n", 'u' },
		{ "audience=xb/ops\n", "audience=*,xb/ops\n", '-' },
		{ "audience=xb/ops\n", "audience=xz/ops\n", 'u' },
		{ "audience=xb/ops\n", "audience=xb/OPS\n", 'u' },
		{ "hops=3\n", "", 'h' },
		{ "hops=3\n", "hops=8\n", 'h' },
		{ "hops=3\n", "hops=03\n", 'h' },
		{ "hops=3\n", "hops=-1\n", 'h' },
		{ "hops=3\n", "hops=18446744073709551617\n", 'h' },
		{ "expires=1798761600000\n", "", 'e' },
		{ "expires=1798761600000\n", "expires=Never\n", 'e' },
		{ "expires=1798761600000\n",
		    "expires=9223372036854775808\n", 'e' },
		{ "expires=1798761600000\n",
		    "expires=9223372036854775807\n", 'e' },
		{ "expires=1798761600000\n", "expires=2027-01-01\n", 'e' },
		{ "caveats=no-resale\n", "", 'c' },
		{ "caveats=no-resale\n", "caveats=*\n", 'c' },
		{ "caveats=no-resale\n", "caveats=no-resale,embargo\n", 'c' },
		{ "lineage=secops\n", "", 'l' },
		{ "lineage=secops\n", "lineage=secops,secops\n", 'l' },
		{ "roots=xa\n", "", 'r' },
		{ "roots=xa\n", "roots=xa\nroots=xa\n", 'r' },
		{ "kind=ioc\n", "", 'k' },
		{ "kind=ioc\n", "kind=nothing-we-know\n", 'k' },
		/* Out of order. */
		{ "tlp=green\npap=green\n", "pap=green\ntlp=green\n", 't' },
		/* A line we do not know may restrict: all of it. */
		{ "hops=3\n", "hops=3\nmore=1\n", '*' },
		{ "hops=3\n", "hops=3\n\n", '*' },
		{ "hops=3\n", " hops=3\n", '*' },
		{ "hops=3\n", "HOPS=3\n", '*' },
	};
	struct vocabulary v = vocabulary_make();

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		const char *at = strstr(GOOD, cases[i].line);
		struct buf b = { 0 };
		struct label top, l;
		bool ok = false;

		assert_non_null(at);
		label_top(&top);
		buf_add(&b, GOOD, (size_t)(at - GOOD));
		buf_addz(&b, cases[i].instead);
		buf_addz(&b, at + strlen(cases[i].line));
		assert_int_equal(label_decode(buf_str(&b), &v, &l), 0);
		switch (cases[i].field) {
		case 'p': ok = (l.purposes & BLOCK) == 0; break;
		case 't': ok = l.tlp == TLP_RED; break;
		case 'a': ok = l.pap == PAP_RED; break;
		case 'u': ok = l.audience.w[0] == 0; break;
		case 'h': ok = l.hops == 0; break;
		case 'e': ok = l.expires.ms == 0; break;
		case 'c': ok = l.caveats == UINT32_MAX; break;
		case 'l': ok = l.lineage == UINT32_MAX; break;
		case 'r': ok = l.roots.w[0] == UINT64_MAX; break;
		case 'k': ok = l.kind == 0; break;
		case '*': ok = same(&l, &top); break;
		case '-': ok = l.audience.w[0] == 1; break;
		}
		if (!ok)
			fail_msg("case %zu: %s", i, cases[i].instead);
		/* What was not touched is as it was. */
		if (cases[i].field != '*' && cases[i].field != 'h')
			assert_int_equal(l.hops, 3);
		buf_clear(&b);
	}
	vocabulary_clear(&v);
}

static void
test_label_decode_unknown_names(void **state)
{
	struct vocabulary v = vocabulary_make();
	struct label l;

	(void)state;
	assert_int_equal(label_decode(STR("comity-label/1\n"
	    "purposes=conquer,detect\ntlp=clear\npap=clear\naudience=*\n"
	    "hops=7\nexpires=never\ncaveats=burn,no-resale\n"
	    "lineage=martian\nroots=?,xb,zz\nseq=0\nkind=ufo\n"), &v, &l), 0);
	assert_int_equal(l.purposes, DETECT);
	assert_int_equal(l.caveats, NO_RESALE | LABEL_UNKNOWN_BIT);
	assert_int_equal(l.lineage, LABEL_UNKNOWN_BIT);
	assert_true(org_set_has(&l.roots, 1));
	assert_true(org_set_has(&l.roots, LABEL_ORG_UNKNOWN));
	assert_false(org_set_has(&l.roots, 0));
	assert_true(desk_set_has(&l.audience, LABEL_DESKS_MAX - 1));
	assert_true(l.expires.ms == UNIX_MS_NEVER.ms);
	assert_int_equal(l.kind, 0);
	vocabulary_clear(&v);
}

static void
test_label_decode_no_label(void **state)
{
	struct vocabulary v = vocabulary_make();
	char big[LABEL_BYTES_MAX + 2];
	struct label l = { .seq = 77 };

	(void)state;
	memset(big, 'x', sizeof(big));
	memcpy(big, "comity-label/1\n", 15);
	assert_int_equal(label_decode(STR(""), &v, &l), ERR_SYNTAX);
	assert_int_equal(label_decode(STR("comity-label/2\n"), &v, &l),
	    ERR_SYNTAX);
	assert_int_equal(label_decode(STR("comity-label/1\r\n"), &v, &l),
	    ERR_SYNTAX);
	assert_int_equal(label_decode(STR("comity-label/1\ntlp=\0red\n"), &v,
	    &l), ERR_SYNTAX);
	assert_int_equal(label_decode((struct str){ big, LABEL_BYTES_MAX + 1 },
	    &v, &l), ERR_SYNTAX);
	assert_int_equal(l.seq, 77);	/* untouched */
	assert_int_equal(label_decode((struct str){ big, LABEL_BYTES_MAX },
	    &v, &l), 0);
	vocabulary_clear(&v);
}

/* More desks than fit in a label's text: nobody, and readable. */
static void
test_label_encode_too_long(void **state)
{
	struct vocabulary v = vocabulary_make();
	struct buf b = { 0 };
	struct label l, got;
	char name[64];

	(void)state;
	for (int i = 0; i < 400; i++) {
		int n = snprintf(name, sizeof(name), "cert-%d/desk-long", i);

		assert_true(names_add(&v.desks, (struct str){ name,
		    (size_t)n }, LABEL_DESKS_MAX) >= 0);
	}
	label_bottom(&l);
	l.audience.w[7] = 0;
	label_encode(&l, &v, &b);
	assert_true(b.n <= LABEL_BYTES_MAX);
	assert_int_equal(label_decode(buf_str(&b), &v, &got), 0);
	assert_int_equal(got.audience.w[0], 0);
	assert_true(label_le(&l, &got));
	buf_clear(&b);
	vocabulary_clear(&v);
}

/* tests/vectors/label: see the README there. */
static void
test_label_vectors(void **state)
{
	struct vocabulary v = vocabulary_make();
	DIR *dir = opendir(SOURCE_ROOT "/tests/vectors/label");
	struct dirent *entry;
	size_t seen = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL) {
		static char bytes[2 * LABEL_BYTES_MAX];
		struct buf again = { 0 };
		struct label l, top;
		struct str text = { bytes, 0 };
		char path[4096];
		bool ok;
		FILE *f;
		int rc;

		if (!str_ends(str_of(entry->d_name), ".label"))
			continue;
		snprintf(path, sizeof(path), SOURCE_ROOT
		    "/tests/vectors/label/%s", entry->d_name);
		f = fopen(path, "rb");
		assert_non_null(f);
		text.n = fread(bytes, 1, sizeof(bytes), f);
		fclose(f);
		label_top(&top);
		rc = label_decode(text, &v, &l);
		if (rc == 0)
			label_encode(&l, &v, &again);
		if (str_starts(str_of(entry->d_name), "same-"))
			ok = rc == 0 && str_eq(buf_str(&again), text);
		else if (str_starts(str_of(entry->d_name), "top-"))
			ok = rc == 0 && same(&l, &top);
		else
			ok = rc == ERR_SYNTAX;
		if (!ok)
			fail_msg("%s", entry->d_name);
		buf_clear(&again);
		seen++;
	}
	closedir(dir);
	assert_int_equal(seen, 14);
	vocabulary_clear(&v);
}

static void
test_names_add_limits(void **state)
{
	struct names n = { 0 };
	char longest[NAME_MAX_BYTES + 1];

	(void)state;
	memset(longest, 'a', sizeof(longest));
	assert_int_equal(names_add(&n, STR("one"), 2), 0);
	assert_int_equal(names_add(&n, STR("one"), 2), 0);
	assert_int_equal(names_add(&n, (struct str){ longest,
	    NAME_MAX_BYTES }, 2), ERR_LIMIT);
	assert_int_equal(names_add(&n, (struct str){ longest,
	    NAME_MAX_BYTES - 1 }, 2), 1);
	assert_int_equal(names_add(&n, STR("three"), 2), ERR_LIMIT);
	assert_int_equal(names_add(&n, STR("one"), 2), 0);
	assert_int_equal(names_find(&n, STR("three")), -1);
	assert_int_equal(names_add(&n, STR("a,b"), 9), ERR_VALUE);
	assert_int_equal(names_add(&n, STR("a\nb"), 9), ERR_VALUE);
	assert_int_equal(names_add(&n, STR("?"), 9), ERR_VALUE);
	assert_int_equal(names_add(&n, STR("*"), 9), ERR_VALUE);
	assert_int_equal(names_add(&n, STR(""), 9), ERR_VALUE);
	names_clear(&n);
}

static void
test_level_names(void **state)
{
	(void)state;
	for (int i = 0; i <= TLP_RED; i++)
		assert_int_equal(tlp_from_name(str_of(tlp_name(i))), i);
	for (int i = 0; i <= PAP_RED; i++)
		assert_int_equal(pap_from_name(str_of(pap_name(i))), i);
	assert_int_equal(tlp_from_name(STR("Red")), -1);
	assert_int_equal(tlp_from_name(STR("")), -1);
	assert_string_equal(tlp_name(77), "red");
	assert_int_equal(label_default_hops(TLP_GREEN), 7);
	assert_int_equal(label_default_hops(TLP_AMBER), 1);
	assert_int_equal(label_default_hops(TLP_RED), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_label_join_vector),
		cmocka_unit_test(test_label_join_properties),
		cmocka_unit_test(test_label_le_is_partial_order),
		cmocka_unit_test(test_label_le_each_component),
		cmocka_unit_test(test_label_normalise),
		cmocka_unit_test(test_label_encode_vector),
		cmocka_unit_test(test_label_round_trip),
		cmocka_unit_test(test_label_decode_prefixes),
		cmocka_unit_test(test_label_decode_garbled),
		cmocka_unit_test(test_label_decode_unknown_names),
		cmocka_unit_test(test_label_decode_no_label),
		cmocka_unit_test(test_label_encode_too_long),
		cmocka_unit_test(test_label_vectors),
		cmocka_unit_test(test_names_add_limits),
		cmocka_unit_test(test_level_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
