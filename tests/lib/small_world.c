#include "lib/small_world.h"

#include <string.h>

#include "base/str.h"

static const char *const domains[] = { "d1", "d2", "d3" };
static const char *const lineages[] = { "d1", "d2", "d3", "t1" };
static const char *const kinds[] = { "other", "k1", "k2" };
static const char *const orgs[] = { "p0", "p1", "p2", "p3" };
static const char *const circles[] = { "c0", "c1" };
static const char *const tlps[] = { "clear", "green", "amber",
    "amber+strict", "red" };
static const char *const bands[] = { "A", "B", "C", "D", "E" };

uint64_t
world_random(uint64_t *s)
{
	uint64_t z = *s += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

size_t
world_pick(uint64_t *s, size_t n)
{
	return (size_t)(world_random(s) % n);
}

/* A set of bits below n, at least one, each other one in odds. */
static unsigned
some(uint64_t *s, size_t n, size_t odds)
{
	unsigned set = 1U << world_pick(s, n);

	for (size_t i = 0; i < n; i++)
		set |= world_pick(s, odds) == 0 ? 1U << i : 0;
	return set;
}

static void
add_set(struct buf *b, unsigned set, const char *const *names)
{
	const char *sep = "";

	buf_addc(b, '[');
	for (size_t i = 0; set >> i != 0; i++)
		if ((set >> i & 1) != 0) {
			buf_addf(b, "%s%s", sep, names[i]);
			sep = ", ";
		}
	buf_addc(b, ']');
}

static void
world_draw(struct world *w, uint64_t *s)
{
	*w = (struct world){
		.norgs = 2 + world_pick(s, 2) + !world_pick(s, 4),
		.ncircles = 1 + world_pick(s, WORLD_CIRCLES),
		.nwalls = 1 + world_pick(s, WORLD_WALLS),
		.assume = (unsigned)(world_pick(s, 4) ? 3 :
		    world_pick(s, 4)),
	};
	for (size_t i = 0; i < w->norgs; i++) {
		w->orgs[i].wall = (enum world_wall)(world_pick(s, 2) ?
		    WORLD_ATTESTED : world_pick(s, 3));
		w->orgs[i].ndesks = 1 + world_pick(s, WORLD_DESKS);
		for (size_t d = 0; d < w->orgs[i].ndesks; d++)
			w->orgs[i].uses[d] = some(s, WORLD_DOMAINS, 6);
		w->orgs[i].onward = world_pick(s, 2) ? 0 :
		    some(s, w->ncircles, 4);
	}
	for (size_t i = 0; i < w->ncircles; i++) {
		w->circles[i].members = some(s, w->norgs, 2);
		w->circles[i].foci = some(s, WORLD_KINDS - 1, 2) << 1;
	}
	for (size_t i = 0; i < w->nwalls; i++) {
		w->walls[i].keep = some(s, WORLD_LINEAGES, 6);
		w->walls[i].out_of = some(s, WORLD_DOMAINS, 6);
	}
}

static void
add_orgs(struct buf *b, const struct world *w)
{
	static const char *const walls[] = { "attested", "declared", "none" };
	static const char *const desks[] = { "a", "b" };

	buf_addz(b, "peers:\n");
	for (size_t i = 0; i < w->norgs; i++) {
		buf_addf(b, "  p%zu: {country: X%c, type: %s, wall: %s, "
		    "onward: ", i, (char)('B' + i % 3), i % 2 ? "ngo" :
		    "national", walls[w->orgs[i].wall]);
		add_set(b, w->orgs[i].onward, circles);
		buf_addz(b, ", desks: {");
		for (size_t d = 0; d < w->orgs[i].ndesks; d++) {
			buf_addf(b, "%s%s: ", d ? ", " : "", desks[d]);
			add_set(b, w->orgs[i].uses[d], domains);
		}
		buf_addz(b, "}}\n");
	}
	buf_addz(b, "circles:\n");
	for (size_t i = 0; i < w->ncircles; i++) {
		buf_addf(b, "  c%zu: {members: ", i);
		add_set(b, w->circles[i].members, orgs);
		buf_addz(b, ", foci: ");
		add_set(b, w->circles[i].foci, kinds);
		buf_addz(b, ", charter: \"sha256:ab\"}\n");
	}
}

static void
add_agreement(struct buf *b, const struct world *w, uint64_t *s)
{
	buf_addf(b, "agreements:\n  - {id: A, with: p%zu, until: "
	    "\"2030-01-31\", digest: \"sha256:cd\",\n     ours: {purposes: "
	    "[d1, d2, d3], kinds: technical, tlp: amber, hops: 7},\n     "
	    "theirs: {purposes: [d1, d2], kinds: technical, tlp: %s, hops: "
	    "%zu}}\n", world_pick(s, w->norgs), tlps[1 + world_pick(s, 2)],
	    world_pick(s, 8));
}

static void
add_target(struct buf *b, struct world *w, uint64_t *s)
{
	size_t c;

	switch (world_pick(s, 6)) {
	case 0:
		c = world_pick(s, w->ncircles);
		buf_addf(b, "{circle: c%zu}", c);
		w->bases |= 1U << c;
		break;
	case 4:
		buf_addz(b, "{agreement: A}");
		w->agreement = true;
		break;
	case 5:
		c = world_pick(s, w->ncircles);
		buf_addf(b, "{circle: c%zu, agreement: A}", c);
		w->bases |= 1U << c;
		w->agreement = true;
		break;
	case 1:
		buf_addf(b, "{peer: p%zu}", world_pick(s, w->norgs));
		break;
	case 2:
		buf_addz(b, "{type: [national]}");
		break;
	default:
		buf_addz(b, "any");
	}
}

static void
add_rules(struct buf *b, struct world *w, uint64_t *s)
{
	static const char *const vias[] = { "", "", ", via: consult",
	    ", via: redact, redact: [source]" };

	buf_addz(b, "grants:\n");
	for (size_t i = 0, n = 1 + world_pick(s, 4); i < n; i++) {
		buf_addf(b, "  - {id: g%zu, out: ", i);
		add_target(b, w, s);
		buf_addz(b, ", kind: ");
		add_set(b, some(s, WORLD_KINDS - 1, 2) << 1, kinds);
		buf_addz(b, ", for: ");
		add_set(b, some(s, WORLD_DOMAINS, 3), domains);
		buf_addf(b, ", tlp: <=%s%s", tlps[world_pick(s, 3)],
		    vias[world_pick(s, 4)]);
		if (world_pick(s, 2)) {
			size_t band = world_pick(s, 5);

			buf_addf(b, ", discretion: \">=%s\"", bands[band]);
			w->bands |= 1U << band;
		}
		if (world_pick(s, 4)) {
			bool parts = world_pick(s, 8) == 0;

			buf_addf(b, ", cap: {hops: %zu%s}", world_pick(s, 3),
			    !parts ? "" : world_pick(s, 2) ?
			    ", purposes: [u1, u3]" : ", purposes: [block]");
			w->parts = w->parts || parts;
		}
		if (world_pick(s, 4) == 0) {
			buf_addz(b, ", transit: true");
			w->transit = true;
		}
		buf_addz(b, "}\n");
	}
	buf_addz(b, "limits:\n");
	buf_addz(b, "  - {id: l, out: any, definition: unshared, "
	    "level: consult}\n");
	if (world_pick(s, 3))
		return;
	buf_addz(b, "  - {id: m, out: ");
	add_target(b, w, s);
	buf_addf(b, ", level: %s, kind: k%zu}\n", world_pick(s, 2) ?
	    "consult" : "deny", 1 + world_pick(s, 2));
}

static void
add_walls(struct buf *b, const struct world *w)
{
	buf_addz(b, "walls:\n");
	for (size_t i = 0; i < w->nwalls; i++) {
		buf_addf(b, "  - {id: w%zu, keep: ", i);
		add_set(b, w->walls[i].keep, lineages);
		buf_addz(b, ", out-of: ");
		add_set(b, w->walls[i].out_of, domains);
		buf_addz(b, "}\n");
	}
	buf_addz(b, "prove:\n  - {separation: [");
	for (size_t i = 0; i < w->nwalls; i++)
		buf_addf(b, "%sw%zu", i ? ", " : "", i);
	buf_addf(b, "], assume: [%s%s%s]}\n",
	    w->assume & WORLD_HOPS_HONOURED ? "hops-honoured" : "",
	    w->assume == 3 ? ", " : "",
	    w->assume & WORLD_WALLS_ATTESTED ? "walls-attested" : "");
	buf_addz(b, "  - {monotone: [label, posture, trust, missing]}\n");
}

void
world_make(struct world *w, uint64_t *s, struct buf *text)
{
	world_draw(w, s);
	buf_addz(text, "policy: 1\nself: {org: me, country: XA, desks: {a: "
	    "[d1]}}\npurposes: {d1: [u1, block], d2: [u3], d3: [u4]}\n"
	    "origin-tags: [t1]\nkinds: {technical: [k1, k2]}\n");
	add_orgs(text, w);
	add_agreement(text, w, s);
	/* A posture only takes away, and takes time to prove. */
	buf_addz(text, world_pick(s, 4) ? "postures: {strained: {}, "
	    "suspended: {}}\n" : "postures: {strained: {keep: [k1], others: "
	    "consult}, suspended: {keep: [], others: deny}}\n");
	add_walls(text, w);
	add_rules(text, w, s);
}

/* A search that goes from hand to hand, deeper with each. */
struct walk {
	const struct world *w;		/* borrowed */
	const struct policy *p;		/* borrowed */
	unsigned out_of;
	bool merge;
	struct world_chain chain;	/* the hands up to here */
	bool *seen;		/* borrowed, or NULL: collect, do not stop */
};

/* Where a hand is in `seen`. */
static size_t
place(const struct walk *k, struct world_record r)
{
	const struct policy_org *o = policy_org(k->p, (size_t)r.org + 1);
	size_t desk = (size_t)o->first_desk + r.desk;

	return ((desk * WORLD_KINDS + r.kind) * 5 + r.tlp) * 8 + r.hops;
}

static bool follow(struct walk *k, struct world_record r);

/* A record need not come twice to the same desk: it has lost hops since. */
static bool
was_there(const struct walk *k, size_t org, size_t desk)
{
	for (size_t i = 0; i < k->chain.n; i++)
		if (k->chain.at[i].org == org && k->chain.at[i].desk == desk)
			return true;
	return false;
}

/* To every desk of an organisation that has not had it. */
static bool
hand_to_org(struct walk *k, size_t org, struct world_record r)
{
	r.org = (uint8_t)org;
	for (size_t d = 0; d < k->w->orgs[org].ndesks; d++) {
		r.desk = (uint8_t)d;
		if (!was_there(k, org, d) && follow(k, r))
			return true;
	}
	return false;
}

/* The organisation passes it on as it declares. */
static bool
hand_onward(struct walk *k, struct world_record r)
{
	const struct world *w = k->w;
	unsigned onward = w->orgs[r.org].onward;

	if (r.tlp > TLP_GREEN)
		return false;
	if ((w->assume & WORLD_HOPS_HONOURED) != 0) {
		if (r.hops == 0)
			return false;
		r.hops--;
	}
	for (size_t c = 0; c < w->ncircles; c++) {
		if ((onward >> c & 1) == 0 ||
		    (w->circles[c].foci >> r.kind & 1) == 0)
			continue;
		for (size_t o = 0; o < w->norgs; o++)
			if ((w->circles[c].members >> o & 1) != 0 &&
			    hand_to_org(k, o, r))
				return true;
	}
	return false;
}

/*
 * On that desk it meets another record, of the desk's own or one that came
 * the same way: what is derived has the stricter colour and the fewer hops
 * of both, and stays of its kind.
 */
static bool
hand_merged(struct walk *k, struct world_record r)
{
	static const struct world_record others[] = {
		{ .tlp = TLP_CLEAR, .hops = 7 },
		{ .tlp = TLP_GREEN, .hops = 1 },
		{ .tlp = TLP_AMBER, .hops = 1 },
	};

	for (size_t i = 0; i < NELEM(others); i++) {
		struct world_record m = r;

		if (others[i].tlp > m.tlp)
			m.tlp = others[i].tlp;
		if (others[i].hops < m.hops)
			m.hops = others[i].hops;
		if (hand_onward(k, m))
			return true;
	}
	return false;
}

static bool
follow(struct walk *k, struct world_record r)
{
	const struct world *w = k->w;
	bool apart = w->orgs[r.org].wall == WORLD_ATTESTED &&
	    (w->assume & WORLD_WALLS_ATTESTED) != 0;

	k->chain.at[k->chain.n++] = r;
	if (k->seen != NULL)
		k->seen[place(k, r)] = true;
	else if ((w->orgs[r.org].uses[r.desk] & k->out_of) != 0)
		return true;
	if ((!apart && hand_to_org(k, r.org, r)) || hand_onward(k, r) ||
	    (k->merge && hand_merged(k, r)))
		return true;
	k->chain.n--;
	return false;
}

/* The label we hold it with, and how the other country and peer are seen. */
struct sending {
	int kind, tlp, hops, posture, band, domain;
	unsigned lineage, circles, purposes;
	bool received, agreement;
};

static bool
send_to(struct walk *k, const struct sending *x, size_t org, size_t desk)
{
	struct policy_request q;
	struct decision d;
	struct label l;
	const struct policy_org *o = policy_org(k->p, org + 1);

	/* For another use, it would be denied. */
	if (!k->merge && (k->w->orgs[org].uses[desk] >> x->domain & 1) == 0)
		return false;

	label_bottom(&l);
	l.kind = (uint8_t)x->kind;
	l.tlp = (uint8_t)x->tlp;
	l.hops = (uint8_t)x->hops;
	l.lineage = x->lineage;
	l.purposes = x->purposes;
	label_normalise(&l, policy_vocabulary(k->p));
	q = (struct policy_request){
		.direction = DIRECTION_OUT, .desk = o->first_desk + (int)desk,
		.purpose = x->domain, .label = &l,
		.posture = (enum posture)x->posture,
		.discretion = (enum band)x->band,
		.reliability = (enum band)x->band,
		.circles = x->circles, .received = x->received,
		.agreements = x->agreement,
	};
	policy_decide(k->p, &q, &d);
	return d.outcome <= OUTCOME_CONSULT && follow(k,
	    (struct world_record){ .org = (uint8_t)org,
		.desk = (uint8_t)desk, .kind = l.kind, .tlp = l.tlp,
		.hops = d.cap_hops });
}

static bool
send_to_all(struct walk *k, const struct sending *x)
{
	for (size_t o = 0; o < k->w->norgs; o++)
		for (size_t d = 0; d < k->w->orgs[o].ndesks; d++)
			if (send_to(k, x, o, d))
				return true;
	return false;
}

/* The lineages we try: each that the wall keeps, alone or merged at home. */
static bool
send_lineages(struct walk *k, struct sending *x, unsigned keep, bool wide)
{
	for (unsigned set = 1; set < 1U << WORLD_LINEAGES; set++) {
		bool alone = (set & (set - 1)) == 0;

		x->lineage = set;
		if ((set & keep) != 0 && (alone || wide) && send_to_all(k, x))
			return true;
	}
	return false;
}

/* All hops; narrow: the most, as every transfer takes one. */
static bool
send_hops(struct walk *k, struct sending *x, unsigned keep, bool wide)
{
	for (x->hops = 7; x->hops > 0; x->hops -= wide ? 3 : 7)
		if (send_lineages(k, x, keep, wide))
			return true;
	return false;
}

/* Every use, and of the first domain, which has two, each. */
static bool
send_purposes(struct walk *k, struct sending *x, unsigned keep, bool wide)
{
	static const unsigned parts[] = { UINT32_MAX, 1, 2 };

	for (size_t i = 0; i < NELEM(parts); i++) {
		x->purposes = parts[i];
		if ((i == 0 || (k->w->parts && x->domain == 0)) &&
		    send_hops(k, x, keep, wide))
			return true;
	}
	return false;
}

static bool
send_agreed(struct walk *k, struct sending *x, unsigned keep, bool wide)
{
	for (int in_force = 0; in_force < 2; in_force++) {
		x->agreement = in_force != 0;
		if ((!in_force || k->w->agreement) &&
		    send_purposes(k, x, keep, wide))
			return true;
	}
	return false;
}

/*
 * Less trust, fewer circles in force and what was received open less, but
 * where fewer grants match, fewer caps do: all that some grant tells apart
 * are tried.
 */
static bool
send_variants(struct walk *k, struct sending *x, unsigned keep, bool wide)
{
	const struct world *w = k->w;
	unsigned told = w->bands | 1U << BAND_E, sets = 1U << w->ncircles;

	for (int v = 0; v < BAND_E * 2 + 2; v++) {
		x->band = v / 2;
		x->received = v % 2 != 0;
		if ((told >> x->band & 1) == 0 ||
		    (x->received && !w->transit))
			continue;
		for (x->circles = 0; x->circles < sets; x->circles++)
			if ((x->circles & ~w->bases) == 0 &&
			    send_agreed(k, x, keep, wide))
				return true;
	}
	return false;
}

/* Of every kind, colour and posture; narrow: of those that can matter. */
static bool
walk_all(struct walk *k, size_t wall, bool wide)
{
	unsigned keep = k->w->walls[wall].keep;
	int postures = wide ? POSTURE_SUSPENDED : POSTURE_NORMAL;
	/* No grant of these worlds is for more. */
	int most = wide ? TLP_RED : TLP_AMBER;
	struct sending x;

	for (x.kind = !wide; x.kind < WORLD_KINDS; x.kind++)
		for (x.tlp = !wide; x.tlp <= most; x.tlp++)
			for (x.posture = 0; x.posture <= postures;
			    x.posture++)
				for (x.domain = 0; x.domain < WORLD_DOMAINS;
				    x.domain++)
					if (send_variants(k, &x, keep, wide))
						return true;
	return false;
}

bool
world_reaches(const struct world *w, const struct policy *p, size_t wall,
    bool wide, struct world_chain *out)
{
	struct walk k = { .w = w, .p = p, .merge = wide,
	    .out_of = w->walls[wall].out_of };

	if (!walk_all(&k, wall, wide))
		return false;
	*out = k.chain;
	return true;
}

size_t
world_states(const struct world *w, const struct policy *p, size_t wall,
    struct world_state *out, size_t max)
{
	/* Our own desk comes first. */
	bool seen[(WORLD_ORGS * WORLD_DESKS + 1) * WORLD_KINDS * 5 * 8] = {
	    false };
	struct walk k = { .w = w, .p = p, .seen = seen };
	size_t n = 0;

	(void)walk_all(&k, wall, false);
	for (size_t i = 0; i < NELEM(seen) && n < max; i++)
		if (seen[i])
			out[n++] = (struct world_state){
				.desk = (uint16_t)(i / (WORLD_KINDS * 40)),
				.kind = (uint8_t)(i / 40 % WORLD_KINDS),
				.tlp = (uint8_t)(i / 8 % 5),
				.hops = (uint8_t)(i % 8),
			};
	return n;
}

void
world_print(const struct world_chain *c, struct buf *out)
{
	for (size_t i = 0; i < c->n; i++)
		buf_addf(out, "%zu p%u/%c kind %u tlp %u hops %u\n", i + 1,
		    c->at[i].org, "ab"[c->at[i].desk], c->at[i].kind,
		    c->at[i].tlp, c->at[i].hops);
}
