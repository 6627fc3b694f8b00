/*
 * The proof of a policy: how long, how much memory, how it grows with the
 * number of desks.
 *
 *	bench_prove [ORGANISATIONS]	at most; 25
 *
 * Proves the reference policy, then made-up ones with 3 desks to an
 * organisation and, for each 100 organisations, 20 circles, 50 agreements
 * and 1000 rules; 100 organisations are the size the goal is stated for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "policy/prove.h"

#define KINDS 20
#define MEMBERS 12		/* of a circle */
#define CIRCLES(orgs) ((orgs) / 5)
#define AGREEMENTS(orgs) ((orgs) / 2)
#define RULES(orgs) ((orgs) * 10)

struct bench {
	uint64_t random;
	unsigned orgs;
	struct buf text;
};

static unsigned
pick(struct bench *b, unsigned n)
{
	b->random ^= b->random << 13;
	b->random ^= b->random >> 7;
	b->random ^= b->random << 17;
	return (unsigned)(b->random % n);
}

static void
add_kinds(struct bench *b, unsigned n)
{
	buf_addz(&b->text, "[");
	for (unsigned i = 0; i < n; i++)
		buf_addf(&b->text, "%sk%u", i ? ", " : "", pick(b, KINDS));
	buf_addz(&b->text, "]");
}

static void
add_peers(struct bench *b)
{
	struct buf *t = &b->text;

	buf_addz(t, "policy: 1\nself: {org: me, country: XA, desks: {ops: "
	    "[secops]}}\npurposes: {secops: [detect, block, notify], intel: "
	    "[collect], law: [ask], compete: [sell]}\n"
	    "origin-tags: [ngo, vendor]\nkinds: {technical: [");
	for (int i = 0; i < KINDS; i++)
		buf_addf(t, "%sk%d", i ? ", " : "", i);
	buf_addz(t, "]}\nclassify: [{when: {label: [x]}, kind: k0}]\nwalls:\n"
	    "  - {id: W1, keep: [secops], out-of: [intel, compete]}\n"
	    "  - {id: W2, keep: [ngo], out-of: [intel, compete, law]}\n"
	    "  - {id: W3, keep: [vendor], out-of: [compete]}\npeers:\n");
	for (unsigned i = 0; i < b->orgs; i++) {
		buf_addf(t, "  p%u: {country: X%c, type: %s, wall: attested, "
		    "onward: [", i, 'B' + i % 24, i % 3 ? "national" : "ngo");
		if (i % 4 == 0)
			buf_addf(t, "c%u", pick(b, CIRCLES(b->orgs)));
		buf_addf(t, "], desks: {ops: [secops], lea: [law], %s: "
		    "[%s]}}\n", i % 2 ? "more" : "spy",
		    i % 2 ? "secops, law" : "intel");
	}
}

static void
add_terms(struct bench *b)
{
	struct buf *t = &b->text;

	buf_addz(t, "circles:\n");
	for (unsigned i = 0; i < CIRCLES(b->orgs); i++) {
		buf_addf(t, "  c%u: {charter: \"sha256:aa\", foci: ", i);
		add_kinds(b, 6);
		buf_addz(t, ", members: [");
		for (unsigned m = 0; m < MEMBERS; m++)
			buf_addf(t, "%sp%u", m ? ", " : "",
			    (i * 5 + m * 7) % b->orgs);
		buf_addz(t, "]}\n");
	}
	buf_addz(t, "agreements:\n");
	for (unsigned i = 0; i < AGREEMENTS(b->orgs); i++) {
		static const char *const sides[] = { "ours", "theirs" };

		buf_addf(t, "  - {id: a%u, with: p%u, until: \"2099-01-01\", "
		    "digest: \"sha256:ab\"", i, i * 2);
		for (int s = 0; s < 2; s++) {
			buf_addf(t, ", %s: {purposes: [detect, block], tlp: "
			    "amber, hops: 0, kinds: ", sides[s]);
			add_kinds(b, 12);
			buf_addz(t, "}");
		}
		buf_addz(t, "}\n");
	}
}

static void
add_target(struct bench *b, unsigned i)
{
	unsigned circles = CIRCLES(b->orgs), agreements =
	    AGREEMENTS(b->orgs);

	if (i < circles)
		buf_addf(&b->text, "{circle: c%u}", i);
	else if (i < circles + agreements)
		buf_addf(&b->text, "{agreement: a%u}", i - circles);
	else if (pick(b, 16) == 0)
		buf_addf(&b->text, "{type: [%s], country: [X%c, X%c]}",
		    pick(b, 2) ? "ngo" : "national", 'B' + pick(b, 24),
		    'B' + pick(b, 24));
	else
		buf_addf(&b->text, "{peer: [p%u, p%u]}", pick(b, b->orgs),
		    pick(b, b->orgs));
}

static void
add_rules(struct bench *b)
{
	static const char *const tlps[] = { "clear", "green", "amber",
	    "amber+strict", "red" };
	unsigned n = RULES(b->orgs), limits = n * 9 / 10;

	buf_addz(&b->text, "grants:\n");
	for (unsigned i = 0; i < n; i++) {
		if (i == limits)
			buf_addz(&b->text, "limits:\n");
		buf_addf(&b->text, "  - {id: r%u, out: ", i);
		add_target(b, i);
		buf_addz(&b->text, ", kind: ");
		add_kinds(b, 3);
		if (i >= limits)
			buf_addf(&b->text, ", tlp: \">=%s\", reliability: "
			    "\"<C\", level: %s}\n", tlps[1 + pick(b, 4)],
			    pick(b, 2) ? "consult" : "deny");
		else
			buf_addf(&b->text, ", for: [%s], tlp: <=%s, "
			    "discretion: \">=%c\", cap: {hops: 0}%s}\n",
			    pick(b, 4) ? "secops" : "law", tlps[pick(b, 4)],
			    'A' + pick(b, 5), pick(b, 4) ? "" :
			    ", via: consult");
	}
}

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static long
peak_mib(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss / 1024;
}

/* Load and prove; returns how long the proof took. */
static double
prove(const char *name, struct str text)
{
	AUTO(file_set_free) struct file_set *files = file_set_new();
	AUTO(policy_free) struct policy *p = NULL;
	AUTO(proof_free) struct proof *proof = NULL;
	const struct prove_options o = { 0 };
	struct proof_verdict v;
	struct err e = { 0 };
	size_t states = 0, failed = 0;
	double start, took;

	if (file_set_add(files, STR("p"), text) == 0)
		p = policy_load(files, "p", &e);
	start = seconds();
	if (p == NULL || policy_prove(p, &o, &proof, &e) < 0) {
		fprintf(stderr, "bench_prove: %s: %s\n", name, e.text);
		exit(2);
	}
	took = seconds() - start;
	for (size_t i = 0; proof_verdict(proof, i, &v); i++) {
		states += v.states;
		failed += !v.holds;
	}
	printf("%-10s %9zu %10llu %9zu %7zu %9.3f %6ld\n", name,
	    policy_vocabulary(p)->desks.n,
	    (unsigned long long)proof_cells(proof), states, failed, took,
	    peak_mib());
	return took;
}

static void
prove_reference(void)
{
	AUTO_BUF struct buf text = { 0 };
	char part[4096];
	size_t n;
	FILE *f = fopen(SOURCE_ROOT "/config/examples/reference.yaml", "r");

	if (f == NULL) {
		perror("bench_prove: reference.yaml");
		exit(2);
	}
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&text, part, n);
	fclose(f);
	if (prove("reference", buf_str(&text)) > 2)
		printf("the reference policy took over 2 s\n");
}

int
main(int argc, char **argv)
{
	long most = argc > 1 ? strtol(argv[1], NULL, 10) : 25;
	double took = 0;

	printf("%-10s %9s %10s %9s %7s %9s %6s\n", "policy", "desks",
	    "cells", "states", "failed", "seconds", "MiB");
	prove_reference();
	for (long orgs = 25; orgs <= most && orgs <= 150; orgs *= 2) {
		struct bench b = { .random = 88172645463325252,
		    .orgs = (unsigned)orgs };
		char name[32];

		add_peers(&b);
		add_terms(&b);
		add_rules(&b);
		(void)snprintf(name, sizeof(name), "%ld orgs", orgs);
		took = prove(name, buf_str(&b.text));
		buf_clear(&b.text);
	}
	if (took > 60 || peak_mib() > 2048)
		printf("over 60 s or 2 GiB\n");
	return 0;
}
