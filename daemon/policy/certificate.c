/*
 * The compiled tables in numbers, and the claims that rest on them.
 */
#include "policy/certificate.h"

#include "policy/policy_private.h"

static const char *const walls[] = { "attested", "declared", "none" };

static void
add_digest(struct buf *out, const struct digest *d)
{
	buf_addz(out, "sha256:");
	for (size_t i = 0; i < sizeof(d->b); i++)
		buf_addf(out, "%02x", d->b[i]);
	buf_addc(out, '\n');
}

static void
add_bits32(struct buf *out, const char *word, uint32_t bits)
{
	buf_addf(out, " %s %08x", word, bits);
}

static void
add_bits64(struct buf *out, const char *word, uint64_t bits)
{
	buf_addf(out, " %s %08x%08x", word, (unsigned)(bits >> 32),
	    (unsigned)bits);
}

static void
add_parties(const struct policy *p, struct buf *out)
{
	const struct policy_file *f = p->file;

	for (size_t i = 0; i < f->v.desks.n; i++) {
		const struct desk_facts *d = &p->desks[i];

		buf_addf(out, "desk %zu org %d", i, d->org);
		add_bits32(out, "uses", d->uses);
		add_bits32(out, "walled", d->walled);
		buf_addc(out, '\n');
	}
	for (size_t i = 0; i < f->parties.n; i++) {
		const struct policy_party *o = &f->parties.v[i];

		buf_addf(out, "org %zu %s", i, walls[o->wall]);
		add_bits64(out, "onward", o->onward);
		buf_addc(out, '\n');
	}
}

static void
add_circles(const struct policy *p, struct buf *out)
{
	const struct policy_file *f = p->file;

	for (size_t i = 0; i < f->circles.n; i++) {
		const struct policy_circle *c = &f->circles.v[i];

		buf_addf(out, "circle %zu", i);
		add_bits64(out, "foci", c->foci);
		buf_addz(out, " members");
		for (size_t o = 0; o < f->parties.n; o++)
			if (org_set_has(&c->members, (unsigned)o))
				buf_addf(out, " %zu", o);
		buf_addc(out, '\n');
	}
}

static void
add_walls(const struct policy *p, struct buf *out)
{
	static const char *const levels[] = { "permit", "permit", "consult",
	    "deny", "deny" };
	const struct policy_file *f = p->file;

	for (size_t i = 0; i < f->walls.n; i++) {
		buf_addf(out, "wall %.*s", (int)f->walls.v[i].id.n,
		    f->walls.v[i].id.p);
		add_bits32(out, "keep", f->walls.v[i].keep);
		add_bits32(out, "out-of", f->walls.v[i].out_of);
		buf_addc(out, '\n');
	}
	for (size_t i = 0; i < f->releases.n; i++)
		buf_addf(out, "release %.*s\n", (int)f->releases.v[i].id.n,
		    f->releases.v[i].id.p);
	for (size_t i = 0; i < POLICY_POSTURES; i++) {
		buf_addf(out, "posture %zu", i);
		add_bits64(out, "keep", f->postures[i].keep);
		buf_addf(out, " others %s\n", levels[f->postures[i].others]);
	}
}

static void
add_vector(const struct rule_set *s, const uint64_t *v, struct buf *out)
{
	buf_addc(out, ' ');
	for (size_t w = 0; w < s->words; w++)
		buf_addf(out, "%08x%08x", (unsigned)(v[w] >> 32),
		    (unsigned)v[w]);
	buf_addc(out, '\n');
}

/* Which rules there are: each matches some pair of bands. */
static uint64_t
rules_of_word(const struct rule_set *s, size_t w)
{
	uint64_t any = 0;

	for (size_t i = 0; i < SET_TRUST(POLICY_BANDS, 0); i++)
		any |= s->trust[i * s->words + w];
	return any;
}

static void
add_rules(const struct policy *p, struct buf *out)
{
	const struct policy_file *f = p->file;
	const struct rule_set *s = &p->sets[DIRECTION_OUT];

	for (size_t i = 0; i < f->parties.n; i++) {
		buf_addf(out, "org-rules %zu", i);
		add_vector(s, s->org + i * s->words, out);
	}
	for (size_t i = 0; i < f->v.kinds.n; i++) {
		buf_addf(out, "kind-rules %zu", i);
		add_vector(s, s->kind + i * s->words, out);
	}
	for (size_t d = 0; d < f->v.domains.n; d++)
		for (size_t t = 0; t <= TLP_RED; t++) {
			buf_addf(out, "use-rules %zu %zu", d, t);
			add_vector(s, s->use + SET_USE(d, t) * s->words,
			    out);
		}
	for (size_t d = 0; d < POLICY_BANDS; d++)
		for (size_t r = 0; r < POLICY_BANDS; r++) {
			buf_addf(out, "trust-rules %zu %zu", d, r);
			add_vector(s, s->trust + SET_TRUST(d, r) * s->words,
			    out);
		}
	buf_addz(out, "transit-rules");
	add_vector(s, s->transit, out);
	for (size_t i = 0; i < f->circles.n; i++) {
		buf_addf(out, "circle-rules %zu", i);
		add_vector(s, s->circle + i * s->words, out);
	}
	for (size_t i = 0; i < f->agreements.n; i++) {
		buf_addf(out, "agreement-rules %zu", i);
		add_vector(s, s->agreement + i * s->words, out);
	}
}

static void
add_caps(const struct policy *p, struct buf *out)
{
	const struct rule_set *s = &p->sets[DIRECTION_OUT];

	for (size_t w = 0; w < s->words; w++)
		for (uint64_t m = rules_of_word(s, w); m != 0; m &= m - 1) {
			size_t bit = w * 64 + (size_t)__builtin_ctzll(m);
			const struct rule_terms *t = &s->terms[bit];

			if (t->hops == LABEL_HOPS_MAX &&
			    t->purposes == UINT32_MAX)
				continue;
			buf_addf(out, "cap %zu hops %u", bit, t->hops);
			add_bits32(out, "purposes", t->purposes);
			buf_addc(out, '\n');
		}
}

/* All that has a digest of its own. */
static void
add_compiled(const struct policy *p, struct buf *out)
{
	const struct policy_file *f = p->file;
	const struct rule_set *s = &p->sets[DIRECTION_OUT];

	buf_addf(out, "size %zu %zu %zu %zu %zu %zu %zu %zu %zu\n",
	    f->v.desks.n, f->parties.n, f->v.kinds.n, f->v.domains.n,
	    f->circles.n, f->agreements.n, f->walls.n, f->releases.n,
	    s->words);
	add_parties(p, out);
	for (size_t i = 0; i < f->v.domains.n; i++) {
		buf_addf(out, "domain %zu", i);
		add_bits32(out, "purposes", f->v.domain_purposes[i]);
		buf_addc(out, '\n');
	}
	add_circles(p, out);
	add_walls(p, out);
	buf_addz(out, "classes");
	for (size_t c = 0; c <= RULE_CLASSES; c++)
		buf_addf(out, " %zu", s->first[c]);
	buf_addc(out, '\n');
	add_rules(p, out);
	add_caps(p, out);
}

static void
add_claim(const struct certificate_claim *c, struct buf *out)
{
	static const char *const words[] = { "hops-honoured",
	    "walls-attested", "onward-declared" };
	const char *sep = "";

	buf_addf(out, "claim %zu assume ", c->wall);
	for (size_t i = 0; i < NELEM(words); i++)
		if ((c->assume >> i & 1) != 0) {
			buf_addf(out, "%s%s", sep, words[i]);
			sep = ",";
		}
	buf_addz(out, c->assume == 0 ? "nothing\n" : "\n");
	for (size_t i = 0; i < c->nstates; i++)
		buf_addf(out, "state %u %u %u %u\n", c->states[i].desk,
		    c->states[i].kind, c->states[i].tlp, c->states[i].hops);
}

void
certificate_digest(const struct policy *p, struct digest *out)
{
	AUTO_BUF struct buf compiled = { 0 };

	add_compiled(p, &compiled);
	*out = sha256_of(compiled.p, compiled.n);
}

void
certificate_write(const struct policy *p,
    const struct certificate_claim *claims, size_t n, struct buf *out)
{
	AUTO_BUF struct buf compiled = { 0 }, all = { 0 };
	struct digest d;

	add_compiled(p, &compiled);
	buf_addz(&all, "comity-certificate/1\npolicy ");
	policy_digest(p, &d);
	add_digest(&all, &d);
	buf_addz(&all, "compiled ");
	d = sha256_of(compiled.p, compiled.n);
	add_digest(&all, &d);
	buf_add(&all, compiled.p, compiled.n);
	for (size_t i = 0; i < n; i++)
		add_claim(&claims[i], &all);
	d = sha256_of(all.p, all.n);
	buf_add(out, all.p, all.n);
	buf_addz(out, "end ");
	add_digest(out, &d);
}
