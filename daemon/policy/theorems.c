#include "policy/theorems.h"

#include <string.h>

const char *
theorem_name(enum theorem t)
{
	static const char *const names[THEOREMS] = { "edge", "label",
	    "posture", "trust", "missing" };

	return names[t];
}

/* A check under way, over the cells of one desk class after the other. */
struct check {
	const struct cells *c;
	const struct policy *p;
	enum theorem theorem;
	struct buf *out;
};

/* A request as it could be typed: "to: cert-xb/ops, kind: botnet, ..." */
static void
add_request(const struct policy *p, const struct policy_request *req,
    struct buf *out)
{
	const struct vocabulary *v = &p->file->v;
	const char *sep = "";

	buf_addf(out, "%s: %s, kind: %s, tlp: %s, purpose: %s, posture: %s, "
	    "discretion: %s, reliability: %s",
	    req->direction == DIRECTION_IN ? "from" : "to",
	    v->desks.v[req->desk], v->kinds.v[req->label->kind],
	    tlp_name(req->label->tlp), v->domains.v[req->purpose],
	    posture_name(req->posture), band_name(req->discretion),
	    band_name(req->reliability));
	buf_addz(out, ", lineage: [");
	for (uint32_t l = req->label->lineage & ~LABEL_UNKNOWN_BIT; l != 0;
	    l &= l - 1) {
		buf_addf(out, "%s%s", sep, v->lineage.v[__builtin_ctz(l)]);
		sep = ", ";
	}
	buf_addz(out, req->received ? "], received: true" : "]");
}

static void
add_decided(const struct policy *p, const struct policy_request *req,
    struct buf *out)
{
	struct decision d;

	policy_decide(p, req, &d);
	buf_addz(out, "  ");
	add_request(p, req, out);
	buf_addf(out, ": %s by %s\n", outcome_name(d.outcome),
	    policy_by_name(p, &d));
}

static void
add_cell(const struct check *k, const struct cell *at)
{
	struct policy_request req;
	struct label label;

	cells_request(k->c, at, &req, &label);
	add_decided(k->p, &req, k->out);
}

/* Is the cell with that value of one attribute milder than at?  Then say. */
static bool
is_milder(const struct check *k, const struct cell *at,
    enum cell_attribute a, int value)
{
	struct cell other = *at;

	other.v[a] = value;
	if (cells_outcome(k->c, &other) >= cells_outcome(k->c, at))
		return false;
	buf_addf(k->out, "%s fails: what is more restricted gets more\n",
	    theorem_name(k->theorem));
	add_cell(k, at);
	add_cell(k, &other);
	return true;
}

static int
class_of(const struct check *k, const struct cell *at, enum cell_attribute a,
    int value)
{
	return cells_class(k->c, at->v[CELL_DESK], a, value);
}

/*
 * Is something milder at a worse value?  Attributes whose classes are those
 * of an order: class by class of the value after each value of this class.
 */
static bool
worse_is_milder(const struct check *k, const struct cell *at,
    enum cell_attribute a, int values)
{
	for (int v = 0; v + 1 < values; v++)
		if (class_of(k, at, a, v) == at->v[a] &&
		    class_of(k, at, a, v + 1) != at->v[a] &&
		    is_milder(k, at, a, class_of(k, at, a, v + 1)))
			return true;
	return false;
}

/* Own records, all in force, all purposes: what the others are held to. */
static bool
is_plain(const struct cell *at)
{
	return at->v[CELL_RECEIVED] == 0 && at->v[CELL_TERMS] == 0 &&
	    at->v[CELL_PART] == 0;
}

/* A request like that of a cell, but for one thing that makes it stricter. */
static bool
stricter_is_milder(const struct check *k, const struct cell *at,
    const struct policy_request *req)
{
	struct decision d;

	policy_decide(k->p, req, &d);
	if (d.outcome >= cells_outcome(k->c, at))
		return false;
	buf_addf(k->out, "%s fails: what is more restricted gets more\n",
	    theorem_name(k->theorem));
	add_cell(k, at);
	add_decided(k->p, req, k->out);
	return true;
}

/* One of each sort of lineage: kept from that desk, or at least green. */
static uint32_t
lineage_sorts(const struct check *k, int desk)
{
	uint32_t walled = k->p->desks[desk].walled;
	uint32_t floored = k->p->file->v.walled_lineage | LABEL_UNKNOWN_BIT;
	const uint32_t sorts[] = { walled & floored, walled & ~floored,
	    ~walled & floored, ~walled & ~floored };
	uint32_t one = 0;

	for (size_t i = 0; i < NELEM(sorts); i++)
		one |= sorts[i] & -sorts[i];
	return one;
}

/* Any lineage more, any purposes less. */
static bool
label_is_milder(const struct check *k, const struct cell *at)
{
	int parts = cells_parts(k->c, at->v[CELL_DESK], at->v[CELL_DOMAIN]);
	struct policy_request req;
	struct label label;

	if (worse_is_milder(k, at, CELL_TLP, TLP_RED + 1))
		return true;
	if (!is_plain(at))
		return false;
	for (int i = 1; i < parts; i++)
		if (is_milder(k, at, CELL_PART, i))
			return true;
	cells_request(k->c, at, &req, &label);
	for (uint32_t l = lineage_sorts(k, req.desk); l != 0; l &= l - 1) {
		cells_request(k->c, at, &req, &label);
		label.lineage = l & -l;
		label_normalise(&label, &k->p->file->v);
		if (stricter_is_milder(k, at, &req))
			return true;
	}
	return false;
}

/* What no scale has counts as its worst value. */
static bool
unknown_is_milder(const struct check *k, const struct cell *at)
{
	for (int i = 0; i < 5; i++) {
		struct policy_request req;
		struct label label;

		cells_request(k->c, at, &req, &label);
		if (i == 0)
			label.kind = UINT8_MAX;
		else if (i == 1)
			label.tlp = UINT8_MAX;
		else if (i == 2)
			req.posture = (enum posture)POLICY_POSTURES;
		else if (i == 3)
			req.discretion = (enum band)POLICY_BANDS;
		else
			req.reliability = (enum band)POLICY_BANDS;
		if (stricter_is_milder(k, at, &req))
			return true;
	}
	return false;
}

/* A label without purpose, audience, hop or time is sent to nobody. */
static bool
empty_label_is_sent(const struct check *k, const struct cell *at)
{
	for (int i = 0; i < 4; i++) {
		struct policy_request req;
		struct label label;
		struct decision d;

		cells_request(k->c, at, &req, &label);
		if (i == 0)
			label.purposes = 0;
		else if (i == 1)
			label.audience = (struct desk_set){ { 0 } };
		else if (i == 2)
			label.hops = 0;
		else
			label.expires = req.now;
		policy_decide(k->p, &req, &d);
		if (d.outcome >= OUTCOME_DENY)
			continue;
		buf_addz(k->out, "missing fails: a label without purpose, "
		    "audience, hops or time is sent\n");
		add_decided(k->p, &req, k->out);
		return true;
	}
	return false;
}

/* Nothing recognised, nothing in force, or got from somebody else. */
static bool
missing_is_milder(const struct check *k, const struct cell *at)
{
	int terms = cells_classes(k->c, CELL_TERMS, at->v[CELL_DESK]);

	if (is_milder(k, at, CELL_KIND, class_of(k, at, CELL_KIND, 0)) ||
	    (at->v[CELL_RECEIVED] == 0 &&
	    is_milder(k, at, CELL_RECEIVED, 1)))
		return true;
	for (int i = 1; i < terms && at->v[CELL_TERMS] == 0; i++)
		if (is_milder(k, at, CELL_TERMS, i))
			return true;
	/* The rest matters where something is sent at all. */
	return is_plain(at) && cells_outcome(k->c, at) < OUTCOME_DENY &&
	    (unknown_is_milder(k, at) || empty_label_is_sent(k, at));
}

static bool
on_cell(void *arg, const struct cell *at)
{
	const struct check *k = arg;

	switch (k->theorem) {
	case THEOREM_LABEL:
		return label_is_milder(k, at);
	case THEOREM_POSTURE:
		return worse_is_milder(k, at, CELL_POSTURE, POLICY_POSTURES);
	case THEOREM_TRUST:
		return worse_is_milder(k, at, CELL_DISCRETION,
		    POLICY_BANDS) || worse_is_milder(k, at, CELL_RELIABILITY,
		    POLICY_BANDS);
	default:
		return missing_is_milder(k, at);
	}
}

/* ---- edge safety ---- */

/* The uses that count for a wall: without one of its own, all of the org. */
static uint32_t
edge_uses(const struct policy *p, int desk)
{
	const struct policy_party *party =
	    &p->file->parties.v[p->desks[desk].org];
	uint32_t uses = p->file->desk_uses[desk];

	for (int i = 0; i < party->ndesks &&
	    party->wall != POLICY_WALL_ATTESTED; i++)
		uses |= p->file->desk_uses[party->first_desk + i];
	return uses;
}

/* One lineage to one desk: forbidden for every kind, colour and posture? */
static bool
edge_crosses(const struct check *k, int desk, uint32_t lineage)
{
	const struct vocabulary *v = &k->p->file->v;
	struct label label;
	struct policy_request req = { .direction = DIRECTION_OUT,
	    .desk = desk, .label = &label, .agreements = UINT64_MAX,
	    .circles = UINT64_MAX, .definitions = UINT64_MAX };
	struct decision d;
	size_t n = v->domains.n * v->kinds.n * (TLP_RED + 1) *
	    POLICY_POSTURES;

	for (size_t i = 0; i < n; i++) {
		size_t x = i;

		label_bottom(&label);
		label.lineage = lineage;
		req.purpose = (int)(x % v->domains.n), x /= v->domains.n;
		label.kind = (uint8_t)(x % v->kinds.n), x /= v->kinds.n;
		label.tlp = (uint8_t)(x % (TLP_RED + 1)), x /= TLP_RED + 1;
		req.posture = (enum posture)x;
		policy_decide(k->p, &req, &d);
		if (d.outcome == OUTCOME_FORBID)
			continue;
		buf_addz(k->out, "edge fails: a wall does not forbid what it "
		    "is there for\n");
		add_decided(k->p, &req, k->out);
		return true;
	}
	return false;
}

static bool
edges_cross(const struct check *k)
{
	const struct policy_file *f = k->p->file;

	for (size_t w = 0; w < f->walls.n; w++)
		for (size_t d = 0; d < f->v.desks.n; d++) {
			uint32_t keep = f->walls.v[w].keep;

			if (k->p->desks[d].org == 0 || (edge_uses(k->p,
			    (int)d) & f->walls.v[w].out_of) == 0)
				continue;
			for (; keep != 0; keep &= keep - 1)
				if (edge_crosses(k, (int)d, keep & -keep))
					return true;
		}
	return false;
}

bool
theorem_check(const struct cells *c, const struct policy *p,
    enum theorem t, struct buf *out)
{
	struct check k = { c, p, t, out };

	if (t == THEOREM_EDGE)
		return !edges_cross(&k);
	for (int d = 0; d < cells_desks(c); d++)
		if (cells_each(c, d, on_cell, &k))
			return false;
	return true;
}

/* ---- never and always ---- */

struct claiming {
	const struct cells *c;
	const struct policy *p;
	const struct policy_claim *claim;
	int desk;
	uint32_t lineage;
	struct buf *out;
};

static bool
claim_fails(const struct claiming *x, const struct policy_request *req)
{
	bool never = x->claim->kind == POLICY_NEVER;
	struct decision d;

	policy_decide(x->p, req, &d);
	if (((x->claim->decide >> d.outcome & 1) != 0) != never)
		return false;
	buf_addf(x->out, "%s fails  %s:%u\n", never ? "never" : "always",
	    x->claim->at->file, x->claim->at->line);
	add_decided(x->p, req, x->out);
	return true;
}

/* Is the cell's value one that the claim means? */
static bool
claim_means(const struct claiming *x, const struct policy_request *req)
{
	const struct policy_claim *claim = x->claim;

	return (claim->kinds >> req->label->kind & 1) != 0 &&
	    req->label->tlp <= claim->tlp &&
	    (claim->postures >> req->posture & 1) != 0 &&
	    (int)req->discretion <= claim->discretion &&
	    (int)req->reliability <= claim->reliability;
}

/* Every value of what a claim leaves open, one request after the other. */
static bool
claim_fails_for(const struct claiming *x, struct policy_request *req,
    struct label *label)
{
	size_t kinds = x->p->file->v.kinds.n;
	size_t n = kinds * (TLP_RED + 1) * POLICY_POSTURES * POLICY_BANDS *
	    POLICY_BANDS;

	for (size_t i = 0; i < n; i++) {
		size_t v = i;

		label_bottom(label);
		label->lineage = x->lineage;
		label->kind = (uint8_t)(v % kinds), v /= kinds;
		label->tlp = (uint8_t)(v % (TLP_RED + 1)), v /= TLP_RED + 1;
		req->posture = (enum posture)(v % POLICY_POSTURES);
		v /= POLICY_POSTURES;
		req->discretion = (enum band)(v % POLICY_BANDS);
		req->reliability = (enum band)(v / POLICY_BANDS);
		if (!claim_means(x, req))
			continue;
		label_normalise(label, &x->p->file->v);
		if (claim_fails(x, req))
			return true;
	}
	return false;
}

/*
 * A claim that something never goes is meant of all that could be sent, one
 * that something always goes of what the tests take for granted: our own
 * records, with all terms in force, for the use the desk declares.
 */
static bool
claim_fails_at(struct claiming *x, int desk)
{
	const struct policy_claim *claim = x->claim;
	bool never = claim->kind == POLICY_NEVER;
	const struct vocabulary *v = &x->p->file->v;
	int secops = names_find(&v->domains, STR("secops"));
	uint32_t usual = 1U << (secops < 0 ? 0 : secops);
	uint32_t domains = claim->domains != 0 ? claim->domains :
	    never ? UINT32_MAX : usual;
	struct label label;
	struct policy_request req = { .direction = claim->in ?
	    DIRECTION_IN : DIRECTION_OUT, .desk = desk, .label = &label };

	x->desk = desk;
	x->lineage = claim->lineage != 0 ? claim->lineage :
	    never ? 0 : usual;
	for (int d = 0; (size_t)d < v->domains.n; d++) {
		if ((domains >> d & 1) == 0)
			continue;
		req.purpose = d;
		for (int i = 0; i < (never ? 4 : 1); i++) {
			req.received = (i & 1) != 0;
			req.definitions = UINT64_MAX;
			req.circles = req.agreements =
			    (i & 2) != 0 ? 0 : UINT64_MAX;
			if (claim_fails_for(x, &req, &label))
				return true;
		}
	}
	return false;
}

bool
claim_check(const struct cells *c, const struct policy *p,
    const struct policy_claim *claim, struct buf *out)
{
	struct claiming x = { .c = c, .p = p, .claim = claim, .out = out };

	if (claim->desk >= 0)
		return !claim_fails_at(&x, claim->desk);
	for (size_t d = 0; d < p->file->v.desks.n; d++)
		if (p->desks[d].org != 0 && claim_fails_at(&x, (int)d))
			return false;
	return true;
}
