#include "policy/prove.h"

#include <string.h>

#include "policy/separation.h"
#include "policy/theorems.h"
#include "policy/trust_order.h"

struct verdict {
	const char *claim;
	char *id, *text, *rests_on;	/* owned */
	struct certificate_state *v;	/* owned: of a wall; else NULL */
	size_t states;
	bool holds;
};

struct proof {
	const struct policy *p;		/* borrowed */
	uint64_t ncells;
	uint32_t assume;
	bool holds;
	VEC(struct verdict) verdicts;
};

static char *
buf_text(const struct buf *b)
{
	return mem_strdup(b->p == NULL ? "" : b->p);
}

static void
proof_add(struct proof *proof, struct verdict v)
{
	proof->holds = proof->holds && v.holds;
	vec_push(&proof->verdicts, v);
}

static void
prove_wall(struct proof *proof, const struct cells *c, size_t wall)
{
	AUTO(separation_free) struct separation *s = separation_new(c,
	    proof->p, wall, proof->assume);
	AUTO_BUF struct buf text = { 0 }, rests = { 0 };

	struct certificate_state *states = mem_array(
	    struct certificate_state, separation_count(s) + 1);

	separation_states(s, states);
	separation_explain(s, &text);
	separation_rests_on(s, &rests);
	proof_add(proof, (struct verdict){ .claim = "separation",
	    .id = mem_strdup(proof->p->file->walls.v[wall].id.p),
	    .holds = separation_holds(s), .v = states,
	    .states = separation_count(s),
	    .rests_on = buf_text(&rests), .text = buf_text(&text) });
}

static void
prove_theorem(struct proof *proof, const struct cells *c, enum theorem t)
{
	AUTO_BUF struct buf text = { 0 };
	bool holds = theorem_check(c, proof->p, t, &text);

	proof_add(proof, (struct verdict){ .claim = theorem_name(t),
	    .id = mem_strdup(""), .holds = holds, .rests_on = mem_strdup(""),
	    .text = buf_text(&text) });
}

static void
prove_trust_order(struct proof *proof)
{
	AUTO_BUF struct buf text = { 0 };
	bool holds = trust_order_check(proof->p, &text);

	proof_add(proof, (struct verdict){ .claim = "trust-order",
	    .id = mem_strdup(""), .holds = holds, .rests_on = mem_strdup(""),
	    .text = buf_text(&text) });
}

static void
prove_claim(struct proof *proof, const struct cells *c,
    const struct policy_claim *claim)
{
	AUTO_BUF struct buf text = { 0 }, id = { 0 };
	bool holds = claim_check(c, proof->p, claim, &text);

	buf_addf(&id, "%s:%u", claim->at->file, claim->at->line);
	proof_add(proof, (struct verdict){ .claim = claim->kind ==
	    POLICY_NEVER ? "never" : "always", .id = buf_text(&id),
	    .holds = holds, .rests_on = mem_strdup(""),
	    .text = buf_text(&text) });
}

/*
 * What may be assumed of peers: only what every claim of separation that the
 * policy makes assumes; without any, all of it.
 */
static uint32_t
assumptions_of(const struct policy_file *f)
{
	uint32_t assume = POLICY_HOPS_HONOURED | POLICY_WALLS_ATTESTED;

	for (size_t i = 0; i < f->claims.n; i++)
		if (f->claims.v[i].kind == POLICY_SEPARATION)
			assume &= f->claims.v[i].assume;
	return assume;
}

int
policy_prove(const struct policy *p, const struct prove_options *o,
    struct proof **out, struct err *e)
{
	AUTO(proof_free) struct proof *proof = mem_new(struct proof);
	AUTO(cells_free) struct cells *c = NULL;

	proof->p = p;
	proof->holds = true;
	proof->assume = assumptions_of(p->file);
	TRY(cells_new(p, o, &c, e));
	proof->ncells = cells_count(c);
	for (size_t w = 0; w < p->file->walls.n; w++)
		prove_wall(proof, c, w);
	for (int t = 0; t < THEOREMS; t++)
		prove_theorem(proof, c, (enum theorem)t);
	prove_trust_order(proof);
	for (size_t i = 0; i < p->file->claims.n; i++) {
		const struct policy_claim *claim = &p->file->claims.v[i];

		if (claim->kind == POLICY_NEVER ||
		    claim->kind == POLICY_ALWAYS)
			prove_claim(proof, c, claim);
	}
	*out = TAKE(proof);
	return 0;
}

void
proof_free(struct proof *proof)
{
	if (proof == NULL)
		return;
	for (size_t i = 0; i < proof->verdicts.n; i++) {
		free(proof->verdicts.v[i].id);
		free(proof->verdicts.v[i].text);
		free(proof->verdicts.v[i].rests_on);
		free(proof->verdicts.v[i].v);
	}
	vec_clear(&proof->verdicts);
	free(proof);
}

bool
proof_holds(const struct proof *proof)
{
	return proof->holds;
}

uint64_t
proof_cells(const struct proof *proof)
{
	return proof->ncells;
}

bool
proof_verdict(const struct proof *proof, size_t i, struct proof_verdict *out)
{
	const struct verdict *v;

	if (i >= proof->verdicts.n)
		return false;
	v = &proof->verdicts.v[i];
	*out = (struct proof_verdict){ .claim = v->claim, .id = v->id,
	    .holds = v->holds, .states = v->states,
	    .rests_on = v->rests_on, .text = v->text };
	return true;
}

void
proof_assumptions(const struct proof *proof, struct buf *out)
{
	if ((proof->assume & POLICY_HOPS_HONOURED) != 0)
		buf_addz(out, "hops-honoured");
	if ((proof->assume & POLICY_WALLS_ATTESTED) != 0)
		buf_addf(out, "%swalls-attested", out->n > 0 ? " " : "");
}

/* The walls come first among the verdicts, in the order of the policy. */
void
proof_certificate(const struct proof *proof, struct buf *out)
{
	size_t n = proof->p->file->walls.n;
	AUTO(mem_free) struct certificate_claim *claims = mem_array(
	    struct certificate_claim, n + 1);
	unsigned assume = 0;

	if ((proof->assume & POLICY_HOPS_HONOURED) != 0)
		assume |= CERTIFICATE_HOPS_HONOURED;
	if ((proof->assume & POLICY_WALLS_ATTESTED) != 0)
		assume |= CERTIFICATE_WALLS_ATTESTED;
	for (size_t i = 0; i < n; i++)
		claims[i] = (struct certificate_claim){ .wall = i,
		    .assume = assume, .states = proof->verdicts.v[i].v,
		    .nstates = proof->verdicts.v[i].states };
	certificate_write(proof->p, claims, n, out);
}

int
policy_prove_text(const struct policy *p, const struct prove_options *o,
    struct err *e)
{
	static const struct prove_options usual;
	AUTO(proof_free) struct proof *proof = NULL;
	struct proof_verdict v;

	TRY(policy_prove(p, o != NULL ? o : &usual, &proof, e));
	for (size_t i = 0; proof_verdict(proof, i, &v); i++)
		if (!v.holds)
			return err_set(e, ERR_CONF, "the policy does not "
			    "prove: %s", v.text);
	return 0;
}
