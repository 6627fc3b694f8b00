#include "policy/trust_order.h"

#include "policy/policy_private.h"
#include "trust/fixed.h"

/* What vouches and what is cheap come to at most: their ceilings. */
#define EASY_MOST FIXED_RATIO(32, 10)

/* A kind and how hard it is: of one ladder, more is harder. */
enum ladder { BAD_RECORDS, BAD_CONDUCT, GOOD_RECORDS, GOOD_CONDUCT };

static const struct rung {
	enum trust_kind kind;
	enum ladder ladder;
	int hard;
} rungs[] = {
	{ TRUST_STALE, BAD_RECORDS, 0 },
	{ TRUST_FALSE_POSITIVE, BAD_RECORDS, 1 },
	{ TRUST_WARNING_LISTED, BAD_RECORDS, 2 },
	{ TRUST_OWN_CONSTITUENCY, BAD_RECORDS, 2 },
	{ TRUST_RECEIPT_MISSING, BAD_CONDUCT, 0 },
	{ TRUST_AUDIT_REFUSED, BAD_CONDUCT, 1 },
	{ TRUST_CANARY, BAD_CONDUCT, 2 },
	{ TRUST_LOOSENED, BAD_CONDUCT, 3 },
	{ TRUST_HOPS_EXCEEDED, BAD_CONDUCT, 3 },
	{ TRUST_WITHDRAWN, GOOD_RECORDS, 0 },
	{ TRUST_CONFIRMED, GOOD_RECORDS, 1 },
	{ TRUST_SIGHTED, GOOD_RECORDS, 1 },
	{ TRUST_RECEIPT, GOOD_CONDUCT, 0 },
	{ TRUST_AUDIT_OPENED, GOOD_CONDUCT, 1 },
	{ TRUST_ATTESTED, GOOD_CONDUCT, 1 },
};

/* What is held to the order, as the policy has it or after a repair. */
struct order {
	int64_t weights[TRUST_KINDS];	/* with their signs */
	int64_t good, vouch, bad;	/* half lives, ms */
	int64_t b_least;		/* of band B */
};

enum fault_sort { FAULT_NONE, FAULT_SIGN, FAULT_PAIR, FAULT_GOOD_LIFE,
    FAULT_VOUCH_LIFE, FAULT_EASY };

/* The first that is out of order. */
struct fault {
	enum fault_sort sort;
	enum trust_kind weak, hard;	/* sign: weak alone */
};

struct check {
	const struct policy *p;		/* borrowed */
	struct order order;
	struct fault fault;
	size_t faults;
	struct buf *out;		/* borrowed */
	size_t repairs;
};

static int64_t
size_of(int64_t v)
{
	return v < 0 ? -v : v;
}

static bool
is_signed_wrong(const struct order *o, enum trust_kind k)
{
	return scoring_is_good(k) ? o->weights[k] < 0 : o->weights[k] > 0;
}

static bool
is_pair_wrong(const struct order *o, const struct rung *a,
    const struct rung *b)
{
	return a->ladder == b->ladder && a->hard < b->hard &&
	    !is_signed_wrong(o, a->kind) && !is_signed_wrong(o, b->kind) &&
	    size_of(o->weights[a->kind]) > size_of(o->weights[b->kind]);
}

/* r that is had easily makes that b. */
static int64_t
easy_b(void)
{
	struct trust_opinion easy;

	trust_opinion(EASY_MOST, 0, &easy);
	return easy.b;
}

static void
fault_note(struct fault *first, struct fault f)
{
	if (first->sort == FAULT_NONE)
		*first = f;
}

/* How many there are; the first of them in *first. */
static size_t
faults_find(const struct order *o, struct fault *first)
{
	size_t n = 0;

	*first = (struct fault){ FAULT_NONE, TRUST_PLAIN, TRUST_PLAIN };
	for (int k = 0; k < TRUST_KINDS; k++)
		if (trust_kind_weighs((enum trust_kind)k) &&
		    is_signed_wrong(o, (enum trust_kind)k) && ++n > 0)
			fault_note(first, (struct fault){ FAULT_SIGN,
			    (enum trust_kind)k, TRUST_PLAIN });
	for (size_t i = 0; i < NELEM(rungs); i++)
		for (size_t j = 0; j < NELEM(rungs); j++)
			if (is_pair_wrong(o, &rungs[i], &rungs[j]) && ++n > 0)
				fault_note(first, (struct fault){ FAULT_PAIR,
				    rungs[i].kind, rungs[j].kind });
	if (o->good > o->bad && ++n > 0)
		fault_note(first, (struct fault){ .sort = FAULT_GOOD_LIFE });
	if (o->vouch > o->bad && ++n > 0)
		fault_note(first, (struct fault){ .sort = FAULT_VOUCH_LIFE });
	if (easy_b() >= o->b_least && ++n > 0)
		fault_note(first, (struct fault){ .sort = FAULT_EASY });
	return n;
}

/* ---- for people ---- */

/* "false-positive -5.0  policy.yaml:9" */
static void
add_weight(const struct check *c, enum trust_kind k)
{
	const struct yaml_node *at = c->p->weights[k].at;
	char text[SCORING_TEXT_MAX];

	buf_addf(c->out, "  %-17s %-7s ", trust_kind_name(k), at != NULL ?
	    at->text.p : scoring_text(text, c->order.weights[k]));
	if (at != NULL)
		buf_addf(c->out, "%s:%u\n", at->file, at->line);
	else
		buf_addz(c->out, "not stated\n");
}

/* b of an opinion from r and s, in whole numbers, after that much more. */
static const char *
b_after(char dst[static FIXED_TEXT_MAX], int64_t r, int64_t s)
{
	struct trust_opinion o;

	trust_opinion(r < 0 ? 0 : r, s < 0 ? 0 : s, &o);
	return fixed_text(dst, o.b);
}

/* A repair, if it leaves less out of order. */
static void
try_repair(struct check *c, const struct order *o, const char *text)
{
	struct fault rest;

	if (faults_find(o, &rest) >= c->faults)
		return;
	buf_addf(c->out, "%s%s", c->repairs == 0 ? "  smallest repairs: " :
	    " | ", text);
	c->repairs++;
}

static void
try_weight(struct check *c, enum trust_kind k, int64_t v)
{
	AUTO_BUF struct buf text = { 0 };
	char digits[SCORING_TEXT_MAX];
	struct order o = c->order;

	if (size_of(v) > trust_kind_most(k))
		return;
	o.weights[k] = v;
	buf_addf(&text, "%s %s", trust_kind_name(k), v == 0 ? "0" :
	    scoring_text(digits, v));
	try_repair(c, &o, text.p);
}

static void
explain_sign(struct check *c)
{
	enum trust_kind k = c->fault.weak;
	int64_t v = c->order.weights[k], r = 8 * FIXED_ONE, s = 2 * FIXED_ONE;
	bool good = scoring_is_good(k);
	char before[FIXED_TEXT_MAX], after[FIXED_TEXT_MAX];

	buf_addf(c->out, "trust-order fails: %s\n", good ?
	    "good evidence lowers a score" : "bad evidence raises a score");
	add_weight(c, k);
	buf_addf(c->out, "  at r 8 s 2, b is %s; after one more %s it is "
	    "%s\n", b_after(before, r, s), trust_kind_name(k), good ?
	    b_after(after, r + v, s) : b_after(after, r, s - v));
	try_weight(c, k, -v);
	try_weight(c, k, 0);
}

static void
explain_pair(struct check *c)
{
	enum trust_kind weak = c->fault.weak, hard = c->fault.hard;
	int64_t v = c->order.weights[weak], w = c->order.weights[hard];
	bool good = scoring_is_good(weak);
	char one[FIXED_TEXT_MAX], other[FIXED_TEXT_MAX];
	int64_t r = good ? 0 : 8 * FIXED_ONE;

	buf_addf(c->out, "trust-order fails: %s\n", good ?
	    "what is cheap weighs more than what is costly" :
	    "a weaker harm weighs more than a harder one");
	add_weight(c, weak);
	add_weight(c, hard);
	buf_addf(c->out, "  at r %d s 0, one %s makes b %s, one %s %s\n",
	    good ? 0 : 8, trust_kind_name(weak), good ?
	    b_after(one, v, 0) : b_after(one, r, -v), trust_kind_name(hard),
	    good ? b_after(other, w, 0) : b_after(other, r, -w));
	try_weight(c, weak, w);
	try_weight(c, hard, v);
}

static void
try_life(struct check *c, const char *name, const struct order *o, int64_t ms)
{
	AUTO_BUF struct buf text = { 0 };
	char life[SCORING_LIFE_MAX];

	buf_addf(&text, "half-life %s %s", name,
	    scoring_life_text(life, ms));
	try_repair(c, o, text.p);
}

static void
explain_life(struct check *c)
{
	const struct yaml_node *at = c->p->file->scoring.half_life_at;
	bool vouch = c->fault.sort == FAULT_VOUCH_LIFE;
	const char *name = vouch ? "vouch" : "good";
	int64_t longer = vouch ? c->order.vouch : c->order.good;
	int64_t v = FIXED_RATIO(16, 10);
	char before[FIXED_TEXT_MAX], after[FIXED_TEXT_MAX];

	struct order bad = c->order, good = c->order;
	char lives[2][SCORING_LIFE_MAX];

	scoring_life_text(lives[0], longer);
	scoring_life_text(lives[1], c->order.bad);
	buf_addf(c->out, "trust-order fails: bad evidence is forgotten "
	    "before %s\n  half-life %s %s, bad %s", vouch ? "vouches" :
	    "good", name, lives[0], lives[1]);
	if (at != NULL)
		buf_addf(c->out, "  %s:%u", at->file, at->line);
	buf_addf(c->out, "\n  at r 1.6 s 1.6, b is %s; %s later, with "
	    "nothing new, it is %s\n", b_after(before, v, v), lives[1],
	    b_after(after, fixed_decay(v, c->order.bad, longer), v / 2));
	bad.bad = longer;
	try_life(c, "bad", &bad, longer);
	*(vouch ? &good.vouch : &good.good) = c->order.bad;
	try_life(c, name, &good, c->order.bad);
}

static void
explain_easy(struct check *c)
{
	const struct yaml_node *at = c->p->file->scoring.bands_at;
	char b[FIXED_TEXT_MAX], least[FIXED_TEXT_MAX];
	struct order o = c->order;

	buf_addf(c->out, "trust-order fails: two vouches and what is cheap "
	    "make band B\n  band B from b %s",
	    fixed_text(least, c->order.b_least));
	if (at != NULL)
		buf_addf(c->out, "  %s:%u", yaml_get(at, "B")->file,
		    yaml_get(at, "B")->line);
	buf_addf(c->out, "\n  vouch 1.6 and receipt 1.6, the most that they "
	    "come to, make r 3.2 s 0, b %s\n", fixed_text(b, easy_b()));
	/* The first of thousandths above that. */
	o.b_least = FIXED_RATIO(616, 1000);
	try_repair(c, &o, "bands B 0.616");
}

static void
fault_explain(struct check *c)
{
	switch (c->fault.sort) {
	case FAULT_SIGN:
		explain_sign(c);
		break;
	case FAULT_PAIR:
		explain_pair(c);
		break;
	case FAULT_GOOD_LIFE:
	case FAULT_VOUCH_LIFE:
		explain_life(c);
		break;
	default:
		explain_easy(c);
		break;
	}
	if (c->repairs > 0)
		buf_addz(c->out, "\n");
}

bool
trust_order_check(const struct policy *p, struct buf *out)
{
	const struct trust_rules *rules = &p->trust.rules;
	struct check c = { .p = p, .out = out, .order = {
	    .good = rules->good_half_life, .vouch = rules->vouch_half_life,
	    .bad = rules->harm_half_life,
	    .b_least = rules->bands[BAND_B] } };

	for (int k = 0; k < TRUST_KINDS; k++)
		c.order.weights[k] = scoring_of(p, (enum trust_kind)k);
	c.faults = faults_find(&c.order, &c.fault);
	if (c.faults > 0)
		fault_explain(&c);
	return c.faults == 0;
}
