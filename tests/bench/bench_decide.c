/*
 * One decision, by how many rules, beside what the same run needs for a
 * plain scan of the rules and for a table with every answer in it.
 *
 *	bench_decide [MILLISECONDS]	per measurement; 200
 *
 * Prints ns per decision and ratios.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/policy_private.h"

#define PEERS 100
#define DESKS 5			/* of each */
#define KINDS 15
#define REQUESTS 4096		/* different ones, a power of two */
#define ROUNDS 21

static const char *const tlps[] = { "clear", "green", "amber",
    "amber+strict", "red" };

struct bench {
	struct policy *policy;
	struct policy_request requests[REQUESTS];
	struct label labels[5 * (KINDS + 1)];	/* by TLP and kind */
	uint8_t *table;		/* outcome by cell */
	uint32_t cells[REQUESTS];
	uint64_t random;
	double ms;
};

static uint64_t
next_random(struct bench *b)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 7;
	b->random ^= b->random << 17;
	return b->random;
}

static unsigned
pick(struct bench *b, unsigned n)
{
	return (unsigned)(next_random(b) % n);
}

static void
add_head(struct buf *t)
{
	buf_addz(t, "policy: 1\nself: {org: me, country: XA, desks: {ops: "
	    "[secops]}}\npurposes: {secops: [detect, block], intel: "
	    "[collect], law: [ask]}\nkinds: {technical: [");
	for (int i = 0; i < KINDS; i++)
		buf_addf(t, "%sk%d", i ? ", " : "", i);
	buf_addz(t, "]}\nclassify: [{when: {label: [x]}, kind: k0}]\n"
	    "walls: [{id: W, keep: [secops], out-of: [intel]}]\npeers:\n");
	for (int i = 0; i < PEERS; i++) {
		buf_addf(t, "  p%d: {country: X%c, type: %s, wall: attested, "
		    "desks: {", i, 'B' + i % 24, i % 3 ? "national" : "ngo");
		for (int d = 0; d < DESKS; d++)
			buf_addf(t, "%sd%d: [secops]", d ? ", " : "", d);
		buf_addz(t, "}}\n");
	}
}

/* Whom it is about: mostly a few peers, now and then a class of them. */
static void
add_target(struct bench *b, struct buf *t)
{
	if (pick(b, 16) == 0)
		buf_addf(t, "{type: [%s], country: [X%c, X%c]}",
		    pick(b, 2) ? "ngo" : "national", 'B' + pick(b, 24),
		    'B' + pick(b, 24));
	else
		buf_addf(t, "{peer: [p%u, p%u, p%u]}", pick(b, PEERS),
		    pick(b, PEERS), pick(b, PEERS));
}

static void
add_rules(struct bench *b, struct buf *t, int n)
{
	buf_addz(t, "grants:\n");
	for (int i = 0; i < n; i++) {
		bool limit = i >= n * 9 / 10;

		if (i == n * 9 / 10)
			buf_addz(t, "limits:\n");
		buf_addf(t, "  - {id: r%d, out: ", i);
		add_target(b, t);
		buf_addf(t, ", kind: [k%u, k%u, k%u], ", pick(b, KINDS),
		    pick(b, KINDS), pick(b, KINDS));
		if (limit)
			buf_addf(t, "tlp: \">=%s\", level: %s}\n",
			    tlps[1 + pick(b, 4)],
			    pick(b, 2) ? "consult" : "deny");
		else
			buf_addf(t, "for: [secops], tlp: <=%s, discretion: "
			    "\">=%c\", cap: {hops: %u, ttl: 30d}%s}\n",
			    tlps[pick(b, 5)], 'A' + pick(b, 5), pick(b, 3),
			    pick(b, 4) ? "" : ", via: consult");
	}
}

static void
bench_load(struct bench *b, int rules)
{
	AUTO(file_set_free) struct file_set *files = file_set_new();
	AUTO_BUF struct buf t = { 0 };
	struct err e = { 0 };

	b->random = 88172645463325252;
	add_head(&t);
	add_rules(b, &t, rules);
	if (file_set_add(files, STR("p"), buf_str(&t)) < 0 ||
	    (b->policy = policy_load(files, "p", &e)) == NULL) {
		fprintf(stderr, "bench_decide: %s\n", e.text);
		exit(2);
	}
}

/* Every cell of the table: desk, kind, TLP, both bands. */
static void
cell_request(struct bench *b, uint32_t cell, struct policy_request *q,
    struct label *l)
{
	label_bottom(l);
	*q = (struct policy_request){ .label = l, .agreements = UINT64_MAX,
	    .circles = UINT64_MAX };
	q->reliability = (enum band)(cell % 5);
	q->discretion = (enum band)(cell / 5 % 5);
	l->tlp = (uint8_t)(cell / 25 % 5);
	l->kind = (uint8_t)(cell / 125 % (KINDS + 1));
	q->desk = 1 + (int)(cell / 125 / (KINDS + 1));
	l->lineage = 1;
	label_normalise(l, policy_vocabulary(b->policy));
}

static void
bench_fill(struct bench *b)
{
	uint32_t cells = 125 * (KINDS + 1) * PEERS * DESKS;

	b->table = mem_array(uint8_t, cells);
	for (uint32_t c = 0; c < cells; c++) {
		struct policy_request q;
		struct decision d;
		struct label l;

		cell_request(b, c, &q, &l);
		policy_decide(b->policy, &q, &d);
		b->table[c] = (uint8_t)d.outcome;
	}
	for (int i = 0; i < REQUESTS; i++) {
		b->cells[i] = pick(b, cells);
		cell_request(b, b->cells[i], &b->requests[i],
		    &b->labels[b->cells[i] / 25 % NELEM(b->labels)]);
	}
}

static unsigned
by_vectors(struct bench *b, unsigned i)
{
	struct decision d;

	policy_decide(b->policy, &b->requests[i], &d);
	return d.outcome + d.cap_hops;
}

/* The plain way: every rule is asked, one condition after the other. */
static unsigned
by_scan(struct bench *b, unsigned i)
{
	const struct policy_request *q = &b->requests[i];
	const struct policy_file *f = b->policy->file;
	unsigned org = (unsigned)b->policy->desks[q->desk].org;
	enum policy_level g = POLICY_DENY, l = POLICY_PERMIT;

	for (size_t k = 0; k < f->rules.n; k++) {
		const struct policy_rule *r = &f->rules.v[k];

		if (!org_set_has(&r->orgs, org) ||
		    (r->kinds >> q->label->kind & 1) == 0 ||
		    (r->domains >> q->purpose & 1) == 0 ||
		    q->label->tlp < r->tlp_min || q->label->tlp > r->tlp_max ||
		    (int)q->discretion < r->discretion_min ||
		    (int)q->discretion > r->discretion_max ||
		    (int)q->reliability < r->reliability_min ||
		    (int)q->reliability > r->reliability_max)
			continue;
		if (!r->limit && r->level < g)
			g = r->level;
		if (r->limit && r->level > l)
			l = r->level;
	}
	return g > l ? g : l;
}

static unsigned
by_table(struct bench *b, unsigned i)
{
	return b->table[b->cells[i]];
}

/* Time of this thread alone: the machine may be shared. */
static double
now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Median ns of one call over several rounds. */
static double
measure(struct bench *b, unsigned (*decide)(struct bench *, unsigned))
{
	double v[ROUNDS];
	volatile unsigned sink = 0;

	for (int r = 0; r < ROUNDS; r++) {
		double start = now_ns(), end = start;
		unsigned n = 0;

		while (end - start < b->ms * 1e6 / ROUNDS) {
			unsigned sum = 0;

			for (unsigned k = 0; k < REQUESTS; k++, n++)
				sum += decide(b, n % REQUESTS);
			sink += sum;
			end = now_ns();
		}
		v[r] = (end - start) / n;
	}
	qsort(v, ROUNDS, sizeof(*v), compare);
	return v[ROUNDS / 2];
}

/* All three ways agree, and every outcome but forbid occurs. */
static void
check_equal(struct bench *b)
{
	unsigned counts[OUTCOMES] = { 0 };

	for (unsigned i = 0; i < REQUESTS; i++) {
		struct decision d;

		policy_decide(b->policy, &b->requests[i], &d);
		counts[d.outcome]++;
		if (d.outcome != by_table(b, i) || d.outcome != by_scan(b, i)) {
			fprintf(stderr, "bench_decide: request %u differs\n",
			    i);
			exit(2);
		}
	}
	printf("  permit %u, consult %u, deny %u of %d requests\n", counts[0],
	    counts[2], counts[3], REQUESTS);
}

int
main(int argc, char **argv)
{
	static const struct {
		int rules;
		double goal_ns;
	} rows[] = { { 256, 20 }, { 1000, 60 }, { 10000, 1000 } };
	struct bench *b = mem_new(struct bench);

	b->ms = argc > 1 ? atof(argv[1]) : 200;
	for (size_t i = 0; i < NELEM(rows); i++) {
		double ns, scan, table;

		bench_load(b, rows[i].rules);
		bench_fill(b);
		ns = measure(b, by_vectors);
		scan = measure(b, by_scan);
		table = measure(b, by_table);
		printf("decide %5d rules: %.1f ns (goal %.0f); scan %.1f ns, "
		    "%.2fx; table of outcomes %.1f ns, %.2fx; %s\n",
		    rows[i].rules, ns, rows[i].goal_ns, scan, scan / ns,
		    table, table / ns,
		    ns <= rows[i].goal_ns ? "PASS" : "MISS");
		check_equal(b);
		policy_free(b->policy);
		free(b->table);
	}
	free(b);
	return 0;
}
