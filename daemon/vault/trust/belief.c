#include "vault/trust/belief.h"

#include <string.h>

#include "base/map64.h"
#include "merkle/seal.h"
#include "trust/fixed.h"
#include "vault/trust/evidence.h"

#define ARENA_BYTES MIB(32)
#define ID_SEED 1
#define DELTA 300		/* thousandths */

/* What is the same for all records of one source. */
struct source {
	int64_t expected;	/* E of its reliability; fixed.h */
	enum trust_band band;
	char letter;
	uint64_t root;		/* of what it makes itself */
	uint32_t group;
};

/* Who sealed: the root of a report. */
struct root {
	uint64_t root;
	uint32_t group;
};

struct beliefs {
	struct vault *v;		/* borrowed */
	const struct desk_view *view;	/* borrowed; NULL: shared */
	int64_t others[CREDIBILITY_REPORTS_MAX];	/* of the last one */
	size_t nothers;
	struct arena *arena, *values;	/* owned; of one record */
	struct stix_reader *reader;	/* owned */
	struct map64 sources;		/* by number + 1; owned */
	struct map64 roots;		/* by seal; owned */
};

/* Putting together one record. */
struct asking {
	struct beliefs *b;
	const struct store_record *record;
	struct str type, id;		/* in b->values, as all below */
	struct observables values;
	bool benign;
	uint64_t desks;			/* that see it; shared only */
	struct report reports[CREDIBILITY_REPORTS_MAX];
	size_t n;
	unix_ms_t newest;
	struct belief out;
};

struct beliefs *
beliefs_new(const struct desk_view *view)
{
	struct beliefs *b = beliefs_new_shared(view->v);

	b->view = view;
	return b;
}

struct beliefs *
beliefs_new_shared(struct vault *v)
{
	struct beliefs *b = mem_new(struct beliefs);

	b->v = v;
	b->arena = arena_new(ARENA_BYTES);
	b->values = arena_new(ARENA_BYTES);
	b->reader = stix_reader_new();
	return b;
}

void
beliefs_free(struct beliefs *b)
{
	if (b == NULL)
		return;
	map64_clear(&b->sources, free);
	map64_clear(&b->roots, free);
	stix_reader_free(b->reader);
	arena_free(b->arena);
	arena_free(b->values);
	free(b);
}

/* ---- who ---- */

static uint64_t
root_of(struct str cert)
{
	uint64_t h = hash64(ID_SEED, cert.p, cert.n);

	return h != 0 ? h : 1;
}

/* 0 of whom the policy does not name: it may be of any. */
static uint32_t
group_of(const struct vault *v, struct str cert)
{
	int org = policy_find_org(v->policy, cert);

	return org < 0 ? 0 : policy_org_group(v->policy, org);
}

static void
source_judge(const struct vault *v, const char *cert, struct source *s)
{
	int org = policy_find_org(v->policy, str_of(cert));
	struct trust_score score;

	evidence_score(v->evidence, &(struct evidence_look){ cert,
	    TRUST_RELIABILITY, org < 0 ? TRUST_E : (enum trust_band)
	    policy_org(v->policy, (size_t)org)->reliability }, &score);
	s->expected = score.opinion.e;
	s->band = score.band;
	s->letter = score.letter;
}

/* What we publish is as reliable as we are: for us, wholly. */
static const struct source *
source_get(struct beliefs *b, int64_t number)
{
	uint64_t key = (uint64_t)number + 1;
	struct source *s = map64_get(&b->sources, key);
	struct str cert = str_of(b->v->cert_id);

	if (s != NULL)
		return s;
	s = mem_new(struct source);
	*s = (struct source){ FIXED_ONE, TRUST_A, 'A', 0, 0 };
	if (number != 0) {
		*s = (struct source){ 0, TRUST_E, 'F', 0, 0 };
		if (store_name(b->v->store, number, b->arena, &cert) == 0)
			source_judge(b->v, cert.p, s);
	}
	s->root = root_of(cert);
	s->group = group_of(b->v, cert);
	map64_set(&b->sources, key, s);
	return s;
}

/*
 * Who sealed it made it, whoever passed it on; what was fetched has our own
 * seal, and is from where it was fetched.
 */
static void
root_get(struct beliefs *b, const struct store_record *r,
    const struct source *source, struct report *out)
{
	struct root *known;
	struct str bytes, proof;
	struct seal seal;

	out->root = source->root;
	out->group = source->group;
	if (r->source == 0 || r->seal == 0 ||
	    (r->flags & RECORD_FETCHED) != 0)
		return;
	known = map64_get(&b->roots, (uint64_t)r->seal);
	if (known == NULL) {
		if (store_seal(b->v->store, r->seal, b->arena, &bytes,
		    &proof) != 0 || seal_decode(bytes, &seal) != 0)
			return;
		known = mem_new(struct root);
		known->root = root_of(str_of(seal.cert_id));
		known->group = group_of(b->v, str_of(seal.cert_id));
		map64_set(&b->roots, (uint64_t)r->seal, known);
	}
	out->root = known->root;
	out->group = known->group;
}

/* ---- what ---- */

static bool
is_benign(const struct stix_object *o)
{
	for (size_t i = 0; i < o->nindicator_types; i++)
		if (str_eqz(o->indicator_types[i], "benign"))
			return true;
	return false;
}

static bool
is_same_value(const struct observable *a, const struct observable *b)
{
	if (a->kind != b->kind || b->part == OBSERVABLE_PART_OF)
		return false;
	if (a->kind == OBSERVABLE_IP)
		return a->prefix == b->prefix &&
		    memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
	return str_eq(a->value, b->value);
}

/* Does the other object name all that the record names? */
static bool
names_all(const struct asking *x, const struct observables *has)
{
	for (size_t i = 0; i < x->values.n; i++) {
		size_t k = 0;

		while (k < has->n && !is_same_value(&x->values.v[i],
		    &has->v[k]))
			k++;
		if (k == has->n)
			return false;
	}
	return true;
}

static void
report_add(struct asking *x, const struct store_record *r, int confidence)
{
	const struct source *s = source_get(x->b, r->source);
	struct report report = { .reliability = s->expected };

	if (x->n >= CREDIBILITY_REPORTS_MAX)
		return;
	if (r->seq != x->record->seq)
		x->b->others[x->b->nothers++] = r->seq;
	root_get(x->b, r, s, &report);
	report.confidence = FIXED_ONE / 100 * (confidence >= 0 ? confidence :
	    BELIEF_UNSTATED);
	x->reports[x->n++] = report;
	if (r->received.ms > x->newest.ms)
		x->newest = r->received;
	x->out.own |= r->source == 0;
	x->out.peers += r->source != 0;
	if (s->band < x->out.band)
		x->out.band = s->band;
}

/* Which of our desks may see it; no more than a word has bits. */
static uint64_t
desks_of(const struct vault *v, const struct store_record *r)
{
	const struct policy_org *self = policy_org(v->policy, 0);
	unix_ms_t now = vault_now(v);
	uint64_t desks = 0;

	for (int i = 0; i < self->ndesks && i < 64; i++)
		if (gate_answer_local(v->gate, r, self->first_desk + i,
		    now) == 1)
			desks |= UINT64_C(1) << i;
	return desks;
}

/* May whoever asks know of that report? */
static bool
is_known(const struct asking *x, const struct store_record *r)
{
	const struct beliefs *b = x->b;

	if (b->view != NULL)
		return desk_view_shows(b->view, r);
	return policy_org(b->v->policy, 0)->ndesks <= 64 &&
	    (x->desks & ~desks_of(b->v, r)) == 0;
}

/* A record that the keys, or its id, propose. */
static int
on_other(void *arg, const struct store_record *r)
{
	struct asking *x = arg;
	struct observables has = { 0 };
	struct stix_problem problem;
	struct stix_object o;

	if (r->seq == x->record->seq || (r->flags & (RECORD_TOMBSTONE |
	    RECORD_RELABELLED | RECORD_DERIVED | RECORD_HELD |
	    RECORD_REVOKED | RECORD_SUPERSEDED)) != 0 ||
	    stix_read(x->b->reader, r->bytes, &o, &problem) < 0 ||
	    !str_eq(o.type, x->type) || is_benign(&o) != x->benign)
		return 0;
	if (x->values.n > 0 && (observables_of(&o, x->b->arena, &has) < 0 ||
	    has.unparsable || !names_all(x, &has)))
		return 0;
	if (is_known(x, r))
		report_add(x, r, o.confidence);
	return x->n >= CREDIBILITY_REPORTS_MAX;
}

static struct str
kept(struct arena *arena, struct str text)
{
	const char *p = arena_dup(arena, text.p, text.n);

	return p == NULL ? STR("") : (struct str){ p, text.n };
}

/* What the record names by itself, and its type. */
static int
record_read(struct asking *x, int *out_confidence)
{
	struct stix_problem problem;
	struct stix_object o;
	size_t n = 0;

	TRY(stix_read(x->b->reader, x->record->bytes, &o, &problem));
	x->type = kept(x->b->values, o.type);
	x->id = kept(x->b->values, o.id);
	x->benign = is_benign(&o);
	TRY(observables_of(&o, x->b->values, &x->values));
	for (size_t i = 0; i < x->values.n; i++)
		if (x->values.v[i].part != OBSERVABLE_PART_OF)
			x->values.v[n++] = x->values.v[i];
	/* Two conditions together are another thing than either. */
	x->values.n = n == x->values.n && !x->values.unparsable ? n : 0;
	*out_confidence = o.confidence;
	return 0;
}

/* ---- and how it wears off ---- */

static int64_t
lifetime(const struct observables *values)
{
	int64_t tau = DAY(1825);

	for (size_t i = 0; i < values->n; i++) {
		int64_t t = DAY(1825);

		switch (values->v[i].kind) {
		case OBSERVABLE_IP:
			t = DAY(30);
			break;
		case OBSERVABLE_URL:
			t = DAY(60);
			break;
		case OBSERVABLE_DOMAIN:
		case OBSERVABLE_EMAIL:
			t = DAY(120);
			break;
		default:
			break;
		}
		if (t < tau)
			tau = t;
	}
	return tau;
}

static void
conclude(struct asking *x)
{
	struct belief *out = &x->out;
	int64_t base, age;

	out->reports = (unsigned)credibility(x->reports, x->n,
	    &out->opinion);
	base = credibility_base(&out->opinion);
	age = evidence_now(x->b->v->evidence).ms - x->newest.ms;
	out->confidence = (int)((credibility_decay(base, age,
	    lifetime(&x->values), DELTA) + FIXED_ONE / 2) >> FIXED_BITS);
	out->credibility = out->opinion.b == 0 ? '6' :
	    credibility_to_admiralty(credibility_stix(&out->opinion));
	out->reliability = source_get(x->b, x->record->source)->letter;
}

int
belief_of(struct beliefs *b, const struct store_record *r,
    struct belief *out)
{
	struct asking x = { .b = b, .record = r, .out.band = TRUST_E };
	int confidence, rc;

	arena_reset(b->arena);
	arena_reset(b->values);
	b->nothers = 0;
	TRY(record_read(&x, &confidence));
	if (b->view == NULL)
		x.desks = desks_of(b->v, r);
	report_add(&x, r, confidence);
	if (x.values.n > 0)
		rc = store_find_value(b->v->store, &x.values.v[0],
		    CREDIBILITY_REPORTS_MAX, b->arena, on_other, &x);
	else
		rc = store_find_id(b->v->store, x.id, b->arena, on_other, &x);
	/* More than fits is more than is needed: what was read counts. */
	if (rc < 0 && rc != ERR_LIMIT)
		return rc;
	conclude(&x);
	*out = x.out;
	return 0;
}

size_t
belief_others(const struct beliefs *b,
    int64_t dst[static CREDIBILITY_REPORTS_MAX])
{
	memcpy(dst, b->others, b->nothers * sizeof(dst[0]));
	return b->nothers;
}

void
belief_mark(const struct vault *v, struct buf *out)
{
	struct source s;

	for (size_t i = 1; v->policy != NULL && i < policy_norgs(v->policy);
	    i++) {
		source_judge(v, policy_org(v->policy, i)->id, &s);
		buf_addf(out, " %c%d", s.letter, (int)s.band);
	}
}

enum likert
belief_likert(const struct belief *x)
{
	int c = credibility_stix(&x->opinion);

	return c >= 80 ? LIKERT_STRONGLY_AGREE : (enum likert)(c / 20);
}

const char *
likert_name(enum likert l)
{
	static const char *const names[] = { "strongly-disagree", "disagree",
	    "neutral", "agree", "strongly-agree" };

	return names[l];
}

json_t *
belief_json(const struct belief *x)
{
	char b[FIXED_TEXT_MAX], u[FIXED_TEXT_MAX];

	return json_pack("{s:i, s:s%, s:s%, s:s, s:s, s:i, s:i}", "confidence",
	    x->confidence, "credibility", &x->credibility, 1, "reliability",
	    &x->reliability, 1, "b", fixed_text(b, x->opinion.b), "u",
	    fixed_text(u, x->opinion.u), "reports", (int)x->reports,
	    "peers", (int)x->peers);
}
