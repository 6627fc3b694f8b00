#include "trust/credibility.h"

#include "trust/fixed.h"

#define THOUSANDTHS 1000

/* Two reports that may be one and the same. */
static bool
is_same(const struct report *a, const struct report *b)
{
	return a->root == 0 || b->root == 0 || a->root == b->root ||
	    a->group == 0 || b->group == 0 || a->group == b->group;
}

static int64_t
strength(const struct report *r)
{
	return fixed_mul(r->confidence, r->reliability);
}

/* Is a to be taken before b?  The order in which they came is no reason. */
static bool
is_before(const struct report *a, const struct report *b)
{
	if (strength(a) != strength(b))
		return strength(a) > strength(b);
	return a->root != b->root ? a->root < b->root : a->group < b->group;
}

size_t
credibility(const struct report *reports, size_t n,
    struct trust_opinion *out)
{
	bool left[CREDIBILITY_REPORTS_MAX];
	size_t counted = 0;
	int64_t r = 0;

	n = n < NELEM(left) ? n : NELEM(left);
	for (size_t i = 0; i < n; i++)
		left[i] = strength(&reports[i]) > 0;
	/* The strongest first; what is the same as it counts no more. */
	for (;;) {
		size_t best = n;
		int64_t b;

		for (size_t i = 0; i < n; i++)
			if (left[i] && (best == n ||
			    is_before(&reports[i], &reports[best])))
				best = i;
		if (best == n)
			break;
		b = strength(&reports[best]);
		/* Opinion (b, 0, 1 - b) as evidence; fusing adds it up. */
		if (b >= FIXED_ONE)
			b = FIXED_ONE - 1;
		b = fixed_div(2 * b, FIXED_ONE - b);
		r = b > FIXED_MAX / 4 - r ? FIXED_MAX / 4 : r + b;
		counted++;
		for (size_t i = 0; i < n; i++)
			left[i] &= i != best &&
			    !is_same(&reports[i], &reports[best]);
	}
	*out = (struct trust_opinion){
		.r = r, .b = fixed_div(r, r + 2 * FIXED_ONE),
		.u = fixed_div(2 * FIXED_ONE, r + 2 * FIXED_ONE),
	};
	out->e = out->b + out->u / 4;
	return counted;
}

int64_t
credibility_base(const struct trust_opinion *o)
{
	return 100 * (o->b + o->u / 2);
}

int
credibility_stix(const struct trust_opinion *o)
{
	int64_t v = (credibility_base(o) + FIXED_ONE / 2) >> FIXED_BITS;

	return v > 100 ? 100 : (int)v;
}

int64_t
credibility_decay(int64_t base, int64_t age_ms, int64_t tau_ms,
    int64_t delta)
{
	int64_t part;

	if (age_ms <= 0)
		return base;
	if (age_ms >= tau_ms)
		return 0;
	part = (int64_t)(((unsigned __int128)age_ms << FIXED_BITS) /
	    (unsigned __int128)tau_ms);
	return fixed_mul(base, FIXED_ONE -
	    fixed_power(part, THOUSANDTHS, delta));
}

int
credibility_from_admiralty(char digit)
{
	return digit >= '1' && digit <= '5' ? 90 - 20 * (digit - '1') : -1;
}

char
credibility_to_admiralty(int confidence)
{
	if (confidence < 0)
		return '6';
	return (char)('5' - (confidence >= 80 ? 4 : confidence / 20));
}
