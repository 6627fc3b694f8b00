/*
 * The sets of a difference stand for exactly the requests that come out
 * differently, each in one set: random worlds, asked at random, by name.
 */
#include "policy/diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/small_world.h"

#define PAIRS 60
#define REQUESTS 1500

/* One request by names, as both policies and the sets know them. */
struct asked {
	bool in, received;
	/* What "any" of the new policy does not speak of. */
	bool old_desk, old_use, old_kind, old_lineage;
	const char *desk, *use, *kind, *lineage;	/* lineage NULL: none */
	int tlp, posture, discretion, reliability;
};

static struct policy *
load(const struct buf *text)
{
	AUTO(file_set_free) struct file_set *files = file_set_new();
	struct err e = { 0 };
	struct policy *p;

	assert_int_equal(file_set_add(files, STR("p"), buf_str(text)), 0);
	p = policy_load(files, "p", &e);
	if (p == NULL)
		fail_msg("%s\n%s", e.text, text->p);
	return p;
}

/* Some kinds, domains and desks of the text get a name of their own. */
static void
rename_some(struct buf *b, uint64_t *s)
{
	static const char *const pairs[][2] = { { "k1", "n1" },
	    { "p1", "q1" }, { "t1", "o1" } };

	for (size_t i = 0; i < NELEM(pairs); i++) {
		if (world_pick(s, 3) != 0)
			continue;
		for (char *at = b->p; (at = strstr(at, pairs[i][0])) != NULL;
		    at += 2)
			memcpy(at, pairs[i][1], 2);
	}
}

static void
decide(const struct policy *p, const struct asked *q, struct decision *out)
{
	const struct vocabulary *v = policy_vocabulary(p);
	struct label label;
	struct policy_request req = {
		.direction = q->in ? DIRECTION_IN : DIRECTION_OUT,
		.desk = policy_find_desk(p, str_of(q->desk)),
		.purpose = names_find(&v->domains, str_of(q->use)),
		.label = &label, .posture = (enum posture)q->posture,
		.discretion = (enum band)q->discretion,
		.reliability = (enum band)q->reliability,
		.received = q->received, .agreements = UINT64_MAX,
		.circles = UINT64_MAX, .definitions = UINT64_MAX,
	};
	int kind = names_find(&v->kinds, str_of(q->kind)), lineage;

	label_bottom(&label);
	label.tlp = (uint8_t)q->tlp;
	label.kind = (uint8_t)(kind < 0 ? 0 : kind);
	if (q->lineage != NULL) {
		lineage = names_find(&v->lineage, str_of(q->lineage));
		label.lineage = lineage < 0 ? LABEL_UNKNOWN_BIT :
		    1U << lineage;
	}
	label_normalise(&label, v);
	policy_decide(p, &req, out);
}

/* Is name one of a list with commas?  any: of the names meant by "any". */
static bool
in_names(const char *list, const char *name, bool any)
{
	size_t n = strlen(name);

	if (strcmp(list, "any") == 0)
		return any;
	for (const char *p = list; (p = strstr(p, name)) != NULL; p += n)
		if ((p == list || p[-1] == ',') && (p[n] == ',' ||
		    p[n] == '\0'))
			return true;
	return false;
}

static bool
in_list(const char *list, const char *name)
{
	return in_names(list, name, true);
}

static bool
in_set(const struct diff_set *s, const struct asked *q)
{
	const char *received = q->received ? "yes" : "no";
	static const char *const tlps[] = { "clear", "green", "amber",
	    "amber+strict", "red" };

	return strcmp(s->direction, q->in ? "from" : "to") == 0 &&
	    in_list(s->desks, q->desk) &&
	    in_names(s->uses, q->use, !q->old_use || q->old_desk) &&
	    in_names(s->kinds, q->kind, !q->old_kind || q->old_desk) &&
	    in_list(s->tlps, tlps[q->tlp]) && in_list(s->postures,
	    posture_name((enum posture)q->posture)) &&
	    in_list(s->discretion, band_name((enum band)q->discretion)) &&
	    in_list(s->reliability, band_name((enum band)q->reliability)) &&
	    in_list(s->received, received) &&
	    in_names(s->lineage, q->lineage == NULL ? "none" : q->lineage,
	    !q->old_lineage || q->old_desk || q->in);
}

static bool
same_terms(const struct decision *x, const struct decision *y)
{
	return x->cap_hops == y->cap_hops && x->cap_ttl_ms == y->cap_ttl_ms
	    && x->obligations == y->obligations &&
	    x->purposes == y->purposes && x->redactions == y->redactions;
}

/* DIFF_KINDS: they come out alike. */
static enum diff_kind
kind_of(const struct decision *x, const struct decision *y)
{
	if (x->outcome >= OUTCOME_DENY && y->outcome >= OUTCOME_DENY)
		return DIFF_KINDS;
	if (x->outcome != y->outcome)
		return y->outcome < x->outcome ? DIFF_OPENS : DIFF_CLOSES;
	return same_terms(x, y) ? (enum diff_kind)DIFF_KINDS : DIFF_TERMS;
}

static const char *
name_of(uint64_t *s, const struct names *n)
{
	return n->v[world_pick(s, n->n)];
}

static void
random_request(uint64_t *s, const struct policy *by,
    const struct policy *to, struct asked *q)
{
	const struct vocabulary *v = policy_vocabulary(by);
	const struct vocabulary *new = policy_vocabulary(to);
	const struct policy_org *self = policy_org(by, 0);
	size_t own = (size_t)self->ndesks;

	q->in = world_pick(s, 3) == 0;
	q->received = !q->in && world_pick(s, 2);
	q->desk = v->desks.v[own + world_pick(s, v->desks.n - own)];
	q->use = name_of(s, &v->domains);
	q->kind = name_of(s, &v->kinds);
	q->lineage = q->in || world_pick(s, 3) == 0 ? NULL :
	    name_of(s, &v->lineage);
	q->tlp = (int)world_pick(s, TLP_RED + 1);
	q->posture = (int)world_pick(s, 3);
	q->discretion = (int)world_pick(s, 5);
	q->reliability = (int)world_pick(s, 5);
	q->old_desk = names_find(&new->desks, str_of(q->desk)) < 0;
	q->old_use = names_find(&new->domains, str_of(q->use)) < 0;
	q->old_kind = names_find(&new->kinds, str_of(q->kind)) < 0;
	q->old_lineage = q->lineage != NULL && names_find(&new->lineage,
	    str_of(q->lineage)) < 0;
}

/* How many differ, of those asked. */
static size_t
check_pair(uint64_t *s, const struct policy *from, const struct policy *to,
    const char *texts[2])
{
	AUTO(diff_free) struct diff *d = policy_diff(from, to);
	size_t differ = 0;

	for (size_t n = 0; n < REQUESTS; n++) {
		struct asked q;
		struct decision x, y;
		struct diff_set set;
		enum diff_kind want;
		size_t found = 0;

		random_request(s, n % 2 ? from : to, to, &q);
		decide(from, &q, &x);
		decide(to, &q, &y);
		want = kind_of(&x, &y);
		for (size_t i = 0; diff_set(d, i, &set); i++)
			if (in_set(&set, &q)) {
				found++;
				assert_int_equal(set.kind, want);
			}
		differ += want != DIFF_KINDS;
		if (found != (want != DIFF_KINDS))
			fail_msg("%s %s %s %s %s tlp %d posture %d: in %zu "
			    "sets; %s, %s\n%s\n---\n%s", q.in ? "from" :
			    "to", q.desk, q.use, q.kind, q.lineage == NULL ?
			    "none" : q.lineage, q.tlp, q.posture, found,
			    outcome_name(x.outcome), outcome_name(y.outcome),
			    texts[0], texts[1]);
	}
	return differ;
}

static void
test_diff_is_exact(void **state)
{
	uint64_t s = 4242;
	size_t differ = 0;

	(void)state;
	for (size_t i = 0; i < PAIRS; i++) {
		AUTO(policy_free) struct policy *from = NULL, *to = NULL;
		AUTO_BUF struct buf a = { 0 }, b = { 0 };
		struct world w;

		world_make(&w, &s, &a);
		world_make(&w, &s, &b);
		rename_some(&b, &s);
		from = load(&a);
		to = load(&b);
		differ += check_pair(&s, from, to,
		    (const char *[]){ a.p, b.p });
	}
	assert_true(differ > PAIRS * REQUESTS / 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_diff_is_exact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
