/*
 * Dead grants.  Only what is certain is said: a grant that a limit takes
 * away in one place and a wall in another is found as well, one that two
 * others cover only together is not.
 */
#include "policy/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy/policy_private.h"

struct lint {
	struct policy *p;		/* borrowed */
	/* By organisation and kind: the domains that limits deny always. */
	uint32_t (*denied[2])[LABEL_KINDS_MAX];	/* owned; by direction */
	uint64_t released;		/* kinds that releases make */
};

static void PRINTF_LIKE(3, 4)
lint_warn(struct policy *p, const struct yaml_node *at, const char *fmt, ...)
{
	struct buf b = { 0 };
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_addf(&b, "%s:%u:%u: %s", at->file, at->line, at->column, text);
	vec_push(&p->file->warnings, buf_take(&b));
}

/* ---- what limits leave ---- */

/*
 * Limits reach upwards: one that denies what is clear and comes with the
 * best trust denies everything of that kind.
 */
static bool
denies_always(const struct policy_rule *r)
{
	return r->limit && r->level == POLICY_DENY &&
	    r->tlp_min == TLP_CLEAR && r->discretion_min == 0 &&
	    r->reliability_min == 0;
}

static void
limit_add(struct lint *l, const struct policy_rule *r)
{
	const struct policy_file *f = l->p->file;

	for (size_t o = 1; o < f->parties.n; o++)
		for (size_t k = 0; k < f->v.kinds.n &&
		    org_set_has(&r->orgs, (unsigned)o); k++)
			if ((r->kinds >> k & 1) != 0)
				l->denied[r->in][o][k] |= r->domains;
}

/* ---- what walls leave ---- */

/*
 * May a record that begins here, or is passed on, reach the desk at all?
 * Its lineage is at least that of the desk or peer that it comes from.
 */
static bool
passes_walls(const struct lint *l, const struct policy_rule *r,
    uint32_t walled)
{
	const struct policy_file *f = l->p->file;
	size_t sources = r->transit ? f->parties.n : 1;

	if ((r->kinds & l->released) != 0)
		return true;
	for (size_t o = 0; o < sources; o++) {
		const struct policy_party *party = &f->parties.v[o];

		for (int d = 0; d < party->ndesks; d++) {
			struct label from;

			policy_source_label(l->p, (int)o,
			    party->first_desk + d, &from);
			if ((from.lineage & walled) == 0)
				return true;
		}
	}
	return false;
}

/* ---- grants ---- */

enum dead { ALIVE, DEAD_LIMITS, DEAD_WALLS };

/* Does the grant still do anything for one desk? */
static enum dead
grant_at_desk(const struct lint *l, const struct policy_rule *r, int desk)
{
	const struct desk_facts *d = &l->p->desks[desk];
	/* What comes in is asked about without a look at declared uses. */
	uint32_t domains = r->in ? r->domains : r->domains & d->uses;

	for (size_t k = 0; k < l->p->file->v.kinds.n; k++)
		if ((r->kinds >> k & 1) != 0 &&
		    (domains & ~l->denied[r->in][d->org][k]) != 0)
			return r->in || passes_walls(l, r, d->walled) ?
			    ALIVE : DEAD_WALLS;
	return DEAD_LIMITS;
}

/* Does any desk of ours or theirs that the grant speaks of use it? */
static bool
grant_speaks(const struct lint *l, const struct policy_rule *r, int desk)
{
	const struct desk_facts *d = &l->p->desks[desk];

	return d->org != 0 && org_set_has(&r->orgs, (unsigned)d->org) &&
	    (r->in || (r->domains & d->uses) != 0);
}

static void
lint_taken_away(struct lint *l, const struct policy_rule *r)
{
	size_t spoken = 0;
	bool walls = false;

	for (size_t i = 0; i < l->p->file->v.desks.n; i++) {
		enum dead dead;

		if (!grant_speaks(l, r, (int)i))
			continue;
		spoken++;
		dead = grant_at_desk(l, r, (int)i);
		if (dead == ALIVE)
			return;
		walls |= dead == DEAD_WALLS;
	}
	/* That it speaks of nobody, or of no kind, was said already. */
	if (spoken > 0 && r->kinds != 0)
		lint_warn(l->p, r->at, "grant \"%s\" is dead: %s leave "
		    "nothing of it", r->id.p, walls ? "walls and limits" :
		    "limits");
}

/* Does every request that matches b match a as well? */
static bool
covers(const struct policy_rule *a, const struct policy_rule *b)
{
	if (a->in != b->in || (b->kinds & ~a->kinds) != 0 ||
	    (b->domains & ~a->domains) != 0 || a->tlp_max < b->tlp_max ||
	    a->discretion_max < b->discretion_max ||
	    a->reliability_max < b->reliability_max ||
	    (b->transit && !a->transit))
		return false;
	if ((a->circle >= 0 && a->circle != b->circle) ||
	    (a->agreement >= 0 && a->agreement != b->agreement))
		return false;
	for (size_t w = 0; w < NELEM(a->orgs.w); w++)
		if ((b->orgs.w[w] & ~a->orgs.w[w]) != 0)
			return false;
	return true;
}

/* Would b, beside a, neither open anything nor add a term? */
static bool
shadows(const struct policy_rule *a, const struct policy_rule *b)
{
	return a->level <= b->level && covers(a, b) &&
	    a->cap_purposes == b->cap_purposes &&
	    a->cap_hops <= b->cap_hops && a->cap_ttl_ms <= b->cap_ttl_ms &&
	    (b->oblige & ~a->oblige) == 0 &&
	    (b->redact & ~a->redact) == 0 && (b->tag & ~a->tag) == 0;
}

static void
lint_shadowed(struct lint *l, size_t i)
{
	const struct policy_file *f = l->p->file;
	const struct policy_rule *r = &f->rules.v[i];

	for (size_t k = 0; k < f->rules.n; k++) {
		const struct policy_rule *a = &f->rules.v[k];

		if (k == i || a->limit || !shadows(a, r))
			continue;
		/* Of two alike the later one is said to be too much. */
		if (k > i && shadows(r, a))
			continue;
		lint_warn(l->p, r->at, "grant \"%s\" is dead: \"%s\" lets "
		    "all of it flow, under the same terms or stricter ones",
		    r->id.p, a->id.p);
		return;
	}
}

/* The kinds made by releases: they may have lost their lineage. */
static uint64_t
kinds_released(const struct policy_file *f)
{
	uint64_t kinds = 0;

	for (size_t i = 0; i < f->releases.n; i++) {
		const struct yaml_node *n = yaml_get(yaml_get(
		    f->releases.v[i].at, "makes"), "kind");
		int k = n == NULL ? -1 : names_find(&f->v.kinds, n->text);

		kinds |= k < 0 ? 0 : UINT64_C(1) << k;
	}
	return kinds;
}

void
policy_lint(struct policy *p)
{
	const struct policy_file *f = p->file;
	struct lint l = { .p = p, .released = kinds_released(f) };

	for (int i = 0; i < 2; i++)
		l.denied[i] = mem_zeroed(f->parties.n,
		    sizeof(*l.denied[i]));
	for (size_t i = 0; i < f->rules.n; i++)
		if (denies_always(&f->rules.v[i]))
			limit_add(&l, &f->rules.v[i]);
	for (size_t i = 0; i < f->rules.n; i++)
		if (!f->rules.v[i].limit) {
			lint_taken_away(&l, &f->rules.v[i]);
			lint_shadowed(&l, i);
		}
	free(l.denied[0]);
	free(l.denied[1]);
}

/* ---- agreements ---- */

static void
ending_text(const struct policy_file *f, const struct policy_agreement *a,
    unix_ms_t now, struct buf *out)
{
	bool over = a->until.ms < now.ms;
	int64_t days = (over ? now.ms - a->until.ms : a->until.ms - now.ms) /
	    DAY(1);

	buf_addf(out, "%s:%u:%u: agreement \"%s\" with %s ", a->at->file,
	    a->at->line, a->at->column, a->id.p, f->v.orgs.v[a->with]);
	if (over)
		buf_addf(out, "ended %lld days ago: nothing flows by it",
		    (long long)days);
	else
		buf_addf(out, "ends in %lld days; want a new one by then",
		    (long long)days);
}

bool
policy_lint_ending(const struct policy *p, unix_ms_t now, size_t i,
    struct buf *out)
{
	const struct policy_file *f = p->file;

	for (size_t k = 0; k < f->agreements.n; k++) {
		const struct policy_agreement *a = &f->agreements.v[k];

		if (a->until.ms - now.ms > LINT_ENDING_MS || i-- > 0)
			continue;
		ending_text(f, a, now, out);
		return true;
	}
	for (size_t k = 1; k < f->parties.n; k++) {
		const struct policy_party *party = &f->parties.v[k];
		int64_t left = party->attested_until.ms - now.ms;

		if (left > LINT_ENDING_MS || i-- > 0)
			continue;
		buf_addf(out, "%s:%u:%u: the attestation of the wall of %s "
		    "%s %lld days%s", party->at->file, party->at->key_line,
		    party->at->key_column, f->v.orgs.v[k], left < 0 ?
		    "ended" : "ends in", (long long)((left < 0 ? -left :
		    left) / DAY(1)), left < 0 ? " ago: all of its desks "
		    "count as one" : "; ask for a new one");
		return true;
	}
	return false;
}
