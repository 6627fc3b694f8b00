#include "policy/coverage.h"

#include "policy/policy_private.h"

/* Mark the rules whose bits are set. */
static void
mark_matching(const struct matching *m, bool *exercised)
{
	for (size_t w = 0; w < m->set->words; w++)
		for (uint64_t bits = m->acc[w]; bits != 0; bits &= bits - 1)
			exercised[m->set->terms[w * 64 +
			    (size_t)__builtin_ctzll(bits)].rule] = true;
}

void
coverage_of(const struct policy *p, struct coverage *out)
{
	const struct policy_file *f = p->file;
	AUTO(mem_free) bool *exercised = mem_array(bool, f->rules.n + 1);

	*out = (struct coverage){ .rules = f->rules.n };
	for (size_t i = 0; i < f->tests.n; i++) {
		struct policy_request req;
		struct matching m;

		policy_case_request(p, &f->tests.v[i], &req);
		policy_match(p, &req, &m);
		mark_matching(&m, exercised);
	}
	for (size_t i = 0; i < f->rules.n; i++) {
		const struct policy_rule *r = &f->rules.v[i];

		out->exercised += exercised[i];
		if (!exercised[i])
			vec_push(&out->misses, (struct coverage_miss){
			    .id = r->id.p, .limit = r->limit,
			    .file = r->at->file, .line = r->at->line,
			    .column = r->at->column });
	}
}

void
coverage_clear(struct coverage *c)
{
	vec_clear(&c->misses);
}

unsigned
coverage_percent(const struct coverage *c)
{
	return c->rules == 0 ? 100 :
	    (unsigned)(c->exercised * 100 / c->rules);
}
