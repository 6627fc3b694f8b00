/*
 * The three properties of comity-certificate(5), WHAT MAKES IT TRUE: what
 * we may send is among the states, what is passed on stays among them, and
 * none is where the wall keeps it from.
 */
#include "verify/certificate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TLP_GREEN 1

struct check {
	const struct certificate *c;	/* borrowed */
	const struct cert_claim *claim;	/* borrowed */
	const struct cert_wall_row *wall; /* borrowed */
	int8_t *hops;	/* owned: the most of each place, -1 none */
	unsigned *first;		/* owned: by org, where in by_org */
	unsigned *by_org;		/* owned: desks, those of one org
					 * side by side */
	char *error;			/* borrowed */
};

static int8_t *
hops_at(const struct check *k, unsigned desk, unsigned kind, unsigned tlp)
{
	return &k->hops[((size_t)desk * k->c->nkinds + kind) * CERT_TLPS +
	    tlp];
}

/* The states must have that place, with so many hops or more. */
static int
need(const struct check *k, unsigned desk, struct cert_state s,
    const char *how)
{
	if (*hops_at(k, desk, s.kind, s.tlp) >= (int)s.hops)
		return 0;
	(void)snprintf(k->error, CERT_ERROR_MAX, "%s: desk %u may get kind %u "
	    "at TLP %u with %u hops %s, and is not among the states",
	    k->wall->id, desk, s.kind, s.tlp, s.hops, how);
	return -1;
}

/* The grants that match one request, if all that can be in force is. */
struct grants {
	const struct certificate *c;	/* borrowed */
	size_t words;			/* of grants */
	uint64_t m[CERT_WORDS_MAX];
	uint32_t purposes;		/* of the domain */
};

/* false: no grant matches, or a limit denies. */
static bool
match(const struct certificate *c, const uint64_t *const v[4],
    struct grants *out)
{
	uint64_t any = 0;

	out->words = c->classes[3];
	for (unsigned w = 0; w < c->classes[CERT_CLASSES]; w++) {
		uint64_t m = v[0][w] & v[1][w] & v[2][w] & v[3][w];

		if (m != 0 && w >= c->classes[CERT_CLASSES - 1])
			return false;
		if (w >= out->words)
			continue;
		out->m[w] = m;
		any |= m;
	}
	return any != 0;
}

/*
 * The hops that are left when, of the grants, only those match that must if
 * `only` does: with nothing in force but what it rests on, for one purpose
 * of its own, of a record that was received or was not.
 */
static unsigned
hops_with(const struct grants *g, const struct cert_rule *only,
    uint32_t purpose, bool received)
{
	unsigned hops = CERT_HOPS - 1;

	for (size_t w = 0; w < g->words; w++) {
		uint64_t m = g->m[w];

		for (m &= received ? g->c->transit_rules[w] : UINT64_MAX;
		    m != 0; m &= m - 1) {
			const struct cert_rule *r = &g->c->rules[w * 64 +
			    (size_t)__builtin_ctzll(m)];

			if ((r->circles & ~only->circles) == 0 &&
			    (r->agreements & ~only->agreements) == 0 &&
			    (r->purposes & purpose) != 0 && r->hops < hops)
				hops = r->hops;
		}
	}
	return hops;
}

/* The most hops that can be left; -1: no grant leaves a purpose. */
static int
most_hops(const struct grants *g)
{
	int most = -1;

	for (size_t w = 0; w < g->words; w++)
		for (uint64_t m = g->m[w]; m != 0; m &= m - 1) {
			size_t bit = w * 64 + (size_t)__builtin_ctzll(m);
			const struct cert_rule *r = &g->c->rules[bit];
			uint32_t left = r->purposes & g->purposes;
			bool transit = (g->c->transit_rules[w] >> (bit % 64) &
			    1) != 0;

			/* With it alone no more than its own are left. */
			if ((int)r->hops <= most)
				continue;
			for (; left != 0; left &= left - 1) {
				int hops = (int)hops_with(g, r, left & -left,
				    transit);

				most = hops > most ? hops : most;
			}
		}
	return most;
}

/* In some posture it is not denied. */
static bool
posture_permits(const struct certificate *c, unsigned kind)
{
	for (unsigned i = 0; i < CERT_POSTURES; i++)
		if (c->postures[i].others != CERT_DENY ||
		    (c->postures[i].keep >> kind & 1) != 0)
			return true;
	return false;
}

/* What we may send to that desk, of one kind, colour and domain. */
static int
check_cell(const struct check *k, unsigned desk, unsigned domain,
    struct cert_state s)
{
	const struct certificate *c = k->c;
	size_t w = c->words;
	const uint64_t *v[4] = {
		c->org_rules + c->desks[desk].org * w,
		c->kind_rules + s.kind * w,
		c->use_rules + ((size_t)domain * CERT_TLPS + s.tlp) * w,
		c->trust_rules,
	};
	struct grants g = { .c = c, .purposes = c->domains[domain] };

	for (unsigned b = 0; b < CERT_BANDS * CERT_BANDS; b++, v[3] += w) {
		int hops = match(c, v, &g) ? most_hops(&g) : -1;

		if (hops < 0)
			continue;
		s.hops = (uint8_t)hops;
		if (need(k, desk, s, "from us") < 0)
			return -1;
	}
	return 0;
}

static int
check_sends(const struct check *k, unsigned desk, unsigned domain)
{
	struct cert_state s = { .desk = (uint16_t)desk };

	for (unsigned kind = 0; kind < k->c->nkinds; kind++) {
		if (!posture_permits(k->c, kind))
			continue;
		s.kind = (uint8_t)kind;
		for (s.tlp = TLP_GREEN; s.tlp < CERT_TLPS; s.tlp++)
			if (check_cell(k, desk, domain, s) < 0)
				return -1;
	}
	return 0;
}

static int
check_first(const struct check *k)
{
	const struct certificate *c = k->c;

	for (unsigned d = 0; d < c->ndesks; d++) {
		/* Is there some lineage that may go there? */
		if (c->desks[d].org == 0 ||
		    (k->wall->keep & ~c->desks[d].walled) == 0)
			continue;
		for (unsigned p = 0; p < c->ndomains; p++)
			if ((c->desks[d].uses >> p & 1) != 0 &&
			    check_sends(k, d, p) < 0)
				return -1;
	}
	return 0;
}

/* Every desk of that organisation has it. */
static int
need_org(const struct check *k, unsigned org, struct cert_state s,
    const char *how)
{
	for (unsigned i = k->first[org]; i < k->first[org + 1]; i++)
		if (need(k, k->by_org[i], s, how) < 0)
			return -1;
	return 0;
}

static int
check_onward(const struct check *k, struct cert_state s)
{
	const struct certificate *c = k->c;
	const struct cert_org *o = &c->orgs[c->desks[s.desk].org];
	bool honoured = (k->claim->assume & CERT_HOPS_HONOURED) != 0;
	char how[64];

	if (s.tlp > TLP_GREEN || (honoured && s.hops == 0))
		return 0;
	(void)snprintf(how, sizeof(how), "passed on by desk %u", s.desk);
	s.hops = (uint8_t)(s.hops - honoured);
	for (unsigned i = 0; i < c->ncircles; i++) {
		const struct cert_circle *circle = &c->circles[i];

		if ((o->onward >> i & 1) == 0 ||
		    (circle->foci >> s.kind & 1) == 0)
			continue;
		for (unsigned m = 1; m < c->norgs; m++)
			if ((circle->members[m / 64] >> (m % 64) & 1) != 0 &&
			    need_org(k, m, s, how) < 0)
				return -1;
	}
	return 0;
}

static int
check_state(const struct check *k, struct cert_state s)
{
	const struct certificate *c = k->c;
	const struct cert_desk *d = &c->desks[s.desk];
	char how[64];

	if ((d->uses & k->wall->out_of) != 0) {
		(void)snprintf(k->error, CERT_ERROR_MAX, "%s: desk %u has it, "
		    "and a use that the wall keeps it out of", k->wall->id,
		    s.desk);
		return -1;
	}
	(void)snprintf(how, sizeof(how), "beside desk %u, without a wall",
	    s.desk);
	if (d->org != 0 && (c->orgs[d->org].wall != CERT_ATTESTED ||
	    (k->claim->assume & CERT_WALLS_ATTESTED) == 0) &&
	    need_org(k, d->org, s, how) < 0)
		return -1;
	return check_onward(k, s);
}

static void
order_desks(const struct check *k)
{
	const struct certificate *c = k->c;
	unsigned n = 0;

	for (unsigned o = 0; o < c->norgs; o++) {
		k->first[o] = n;
		for (unsigned d = 0; d < c->ndesks; d++)
			if (c->desks[d].org == o)
				k->by_org[n++] = d;
	}
	k->first[c->norgs] = n;
}

static int
check_all(const struct check *k)
{
	const struct cert_state *s = k->c->states + k->claim->first;

	memset(k->hops, -1, (size_t)k->c->ndesks * k->c->nkinds * CERT_TLPS);
	/* They rise: the last of each place has the most hops. */
	for (size_t i = 0; i < k->claim->nstates; i++)
		*hops_at(k, s[i].desk, s[i].kind, s[i].tlp) =
		    (int8_t)s[i].hops;
	order_desks(k);
	if (check_first(k) < 0)
		return -1;
	for (size_t i = 0; i < k->claim->nstates; i++)
		if (check_state(k, s[i]) < 0)
			return -1;
	return 0;
}

int
cert_check(const struct certificate *c, size_t i, char error[CERT_ERROR_MAX])
{
	struct check k = { .c = c, .claim = &c->claims[i],
	    .wall = &c->walls[c->claims[i].wall], .error = error };
	int rc = -1;

	k.hops = malloc((size_t)c->ndesks * c->nkinds * CERT_TLPS);
	k.first = calloc((size_t)c->norgs + 1, sizeof(*k.first));
	k.by_org = calloc(c->ndesks, sizeof(*k.by_org));
	if (k.hops == NULL || k.first == NULL || k.by_org == NULL)
		(void)snprintf(error, CERT_ERROR_MAX, "not enough memory");
	else
		rc = check_all(&k);
	free(k.hops);
	free(k.first);
	free(k.by_org);
	return rc;
}
