#include "vault/terms.h"

#include <stdio.h>
#include <string.h>

#include "host/log.h"
#include "vault/circle.h"
#include "vault/peer.h"

#define SPACE "terms"
#define ARENA_BYTES MIB(2)

struct sent_version {
	char id[NAME_MAX_BYTES];
	uint32_t version;
};

struct terms {
	struct peer *p;			/* borrowed */
	struct buf said;		/* the peer's TERMS, or empty */
	struct buf spoken;		/* ours, on this link; or empty */
	VEC(struct terms_row) rows;
	struct policy_met met;
	struct policy_met under;	/* met, of another policy */
	VEC(struct sent_version) sent;	/* on this link */
	char *logged;			/* owned; what was last complained of */
};

/* Our terms and the peer's, while they are compared. */
struct comparison {
	struct terms *t;
	const struct policy *policy;
	int org;			/* the peer's, in policy */
	VEC(struct terms_row) rows;	/* owned */
	struct msg_terms theirs;
	struct policy_met met;
	uint64_t agreements, circles, definitions, undefined;
};

const char *
term_what_name(enum term_what w)
{
	static const char *const names[] = { "agreement", "circle",
	    "definition" };

	return names[w];
}

static struct terms_parties
parties(const struct terms *t, bool ours)
{
	struct str us = str_of(t->p->v->cert_id);
	struct str them = str_of(t->p->card.cert_id);

	return (struct terms_parties){ ours ? us : them, ours ? them : us,
	    ours ? t->p->v->key : NULL };
}

int
terms_new(struct peer *p, struct terms **out)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	AUTO(terms_free) struct terms *t = mem_new(struct terms);
	struct terms_parties who;
	struct str value;
	int rc = store_value(p->v->store, SPACE, p->card.cert_id, arena,
	    &value);

	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	t->p = p;
	who = parties(t, false);
	/* Of another key: not of who holds the card now. */
	if (rc == 0 && msg_terms_verify(value, &who, p->key) == 0)
		buf_add(&t->said, value.p, value.n);
	*out = TAKE(t);
	return 0;
}

void
terms_free(struct terms *t)
{
	if (t == NULL)
		return;
	buf_clear(&t->said);
	buf_clear(&t->spoken);
	vec_clear(&t->rows);
	vec_clear(&t->sent);
	free(t->logged);
	free(t);
}

/* ---- what we say ---- */

static size_t
names_of(const struct names *n, uint64_t bits, struct str *out)
{
	size_t count = 0;

	for (size_t i = 0; i < n->n; i++)
		if ((bits >> i & 1) != 0)
			out[count++] = str_of(n->v[i]);
	return count;
}

static struct term_side
side_of(const struct policy *p, const struct policy_ceiling *c,
    struct arena *a)
{
	const struct vocabulary *v = policy_vocabulary(p);
	struct str *purposes = arena_alloc(a, TERM_PURPOSES_MAX *
	    sizeof(*purposes));
	struct str *kinds = arena_alloc(a, TERM_KINDS_MAX * sizeof(*kinds));
	struct term_side s = { .tlp = c->tlp, .hops = c->hops };

	/* No room: a side that allows nothing is safe to state. */
	if (purposes == NULL || kinds == NULL)
		return s;
	s.npurposes = names_of(&v->purposes, c->purposes, purposes);
	s.nkinds = names_of(&v->kinds, c->kinds, kinds);
	s.purposes = purposes;
	s.kinds = kinds;
	return s;
}

static struct msg_term
term_of(const struct terms *t, const struct policy_term *term,
    struct arena *a)
{
	struct msg_term m = { .what = term->circle ? TERM_CIRCLE :
	    TERM_AGREEMENT, .id = str_of(term->id),
	    .digest = str_of(term->digest) };
	struct policy_ceiling ours, theirs;

	if (term->circle) {
		m.version = circle_version(t->p->v->circles, m.id);
		return m;
	}
	policy_agreement(t->p->v->policy, term->index, &ours, &theirs);
	m.until = ours.until;
	m.ours = side_of(t->p->v->policy, &ours, a);
	m.theirs = side_of(t->p->v->policy, &theirs, a);
	return m;
}

int
terms_say(struct terms *t, struct buf *out)
{
	AUTO(arena_free) struct arena *a = arena_new(ARENA_BYTES);
	const struct policy *policy = t->p->v->policy;
	struct terms_parties who = parties(t, true);
	struct msg_term v[TERMS_MAX];
	struct msg_terms m = { .at = vault_now(t->p->v), .v = v };
	struct policy_term term;

	for (size_t i = 0; policy != NULL && t->p->party.org >= 0 &&
	    m.n < TERMS_MAX && policy_term_with(policy, t->p->party.org, i,
	    &term); i++)
		/* A circle is shown to its members only. */
		if (!term.circle || circle_has(t->p->v->circles,
		    str_of(term.id), t->p->card.cert_id))
			v[m.n++] = term_of(t, &term, a);
	for (size_t k = 1; policy != NULL && t->p->party.org >= 0 &&
	    k < LABEL_KINDS_MAX && m.n < TERMS_MAX; k++)
		if (policy_definition(policy, k).n > 0)
			v[m.n++] = (struct msg_term){
			    .what = TERM_DEFINITION,
			    .id = str_of(policy_vocabulary(policy)->
			    kinds.v[k]),
			    .digest = policy_definition(policy, k) };
	TRY(msg_terms_sign(&m, &who, out));
	if (msg_terms_same(buf_str(&t->spoken), buf_str(out)))
		return 0;
	buf_reset(&t->spoken);
	buf_add(&t->spoken, out->p, out->n);
	return 1;
}

/* ---- what the peer says ---- */

static uint64_t
bits_of(const struct names *n, const struct str *v, size_t nv)
{
	uint64_t bits = 0;
	int i;

	for (size_t k = 0; k < nv; k++)
		if ((i = names_find(n, v[k])) >= 0)
			bits |= UINT64_C(1) << i;
	return bits;
}

/* Names that we lack are in no meet. */
static struct policy_ceiling
ceiling_said(const struct vocabulary *v, const struct term_side *s,
    unix_ms_t until)
{
	return (struct policy_ceiling){
		.kinds = bits_of(&v->kinds, s->kinds, s->nkinds),
		.purposes = (uint32_t)bits_of(&v->purposes, s->purposes,
		    s->npurposes),
		.tlp = s->tlp, .hops = s->hops, .until = until };
}

static void
wider_names(struct buf *b, const struct names *names, uint64_t allowed,
    const struct str *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int at = names_find(names, v[i]);

		if (at < 0 || (allowed >> at & 1) == 0)
			buf_addf(b, " %.*s", (int)v[i].n, v[i].p);
	}
}

/* Where a side goes beyond what we hold of it. */
static void
wider_side(struct buf *b, const char *which, const struct vocabulary *v,
    const struct term_side *said, const struct policy_ceiling *held)
{
	AUTO_BUF struct buf w = { 0 };

	wider_names(&w, &v->purposes, held->purposes, said->purposes,
	    said->npurposes);
	wider_names(&w, &v->kinds, held->kinds, said->kinds, said->nkinds);
	if (said->tlp > held->tlp)
		buf_addf(&w, " tlp=%s", tlp_name(said->tlp));
	if (said->hops > held->hops)
		buf_addf(&w, " hops=%u", said->hops);
	if (w.n > 0)
		buf_addf(b, "%s%s%s", b->n > 0 ? "; " : "", which, w.p);
}

static void
agreement_compare(struct comparison *c, const struct policy_term *term,
    const struct msg_term *said, struct terms_row *row)
{
	const struct vocabulary *v = policy_vocabulary(c->policy);
	struct policy_ceiling ours, theirs, met, word;
	AUTO_BUF struct buf wider = { 0 };
	char day[TIME_TEXT_MAX];

	policy_agreement(c->policy, term->index, &ours, &theirs);
	met = ceiling_meet(&ours, &theirs);
	if (said != NULL) {
		wider_side(&wider, "it allows", v, &said->ours, &theirs);
		wider_side(&wider, "it expects of us", v, &said->theirs,
		    &ours);
		if (said->until.ms > ours.until.ms)
			buf_addf(&wider, "%suntil %.10s", wider.n > 0 ?
			    "; " : "", time_format(day, said->until));
		word = ceiling_said(v, &said->ours, said->until);
		met = ceiling_meet(&met, &word);
		word = ceiling_said(v, &said->theirs, said->until);
		met = ceiling_meet(&met, &word);
		snprintf(row->wider, sizeof(row->wider), "%s",
		    wider.n > 0 ? wider.p : "");
	}
	row->met = c->met.agreements[term->index] = met;
	if (row->counts && vault_now(c->t->p->v).ms > met.until.ms) {
		row->counts = false;
		snprintf(row->problem, sizeof(row->problem), "ended %.10s",
		    time_format(day, met.until));
	}
	/* The end is asked of every decision: no need to look again. */
	if (said != NULL && strcmp(row->ours, row->theirs) == 0)
		c->agreements |= UINT64_C(1) << term->index;
}

static void
circle_compare(struct comparison *c, const struct policy_term *term,
    struct terms_row *row)
{
	const struct circles *cs = c->t->p->v->circles;
	struct circle_limits l;

	if (!circle_limits(cs, c->policy, term, c->t->p->card.cert_id,
	    &l)) {
		row->counts = false;
		snprintf(row->problem, sizeof(row->problem), "%s",
		    l.problem);
	}
	c->met.foci[term->index] &= l.foci;
	if (row->counts)
		c->circles |= UINT64_C(1) << term->index;
}

static const struct msg_term *
said_of(const struct comparison *c, enum term_what what, struct str id)
{
	for (size_t i = 0; i < c->theirs.n; i++)
		if (c->theirs.v[i].what == what &&
		    str_eq(c->theirs.v[i].id, id))
			return &c->theirs.v[i];
	return NULL;
}

static struct terms_row
row_new(enum term_what what, struct str id, struct str ours,
    const struct msg_term *said)
{
	struct terms_row row = { .what = what };
	struct str theirs = said == NULL ? STR("") : said->digest;

	snprintf(row.id, sizeof(row.id), "%.*s", (int)id.n, id.p);
	snprintf(row.ours, sizeof(row.ours), "%.*s", (int)ours.n, ours.p);
	str_escape(row.theirs, sizeof(row.theirs), theirs);
	row.counts = said != NULL && str_eq(ours, theirs);
	if (said == NULL)
		snprintf(row.problem, sizeof(row.problem),
		    "the other side does not state it");
	else if (!row.counts)
		snprintf(row.problem, sizeof(row.problem),
		    "the two sides hold different texts");
	return row;
}

static void
compare_terms(struct comparison *c)
{
	struct policy_term term;

	for (size_t i = 0; policy_term_with(c->policy, c->org, i, &term);
	    i++) {
		enum term_what what = term.circle ? TERM_CIRCLE :
		    TERM_AGREEMENT;
		const struct msg_term *said = said_of(c, what,
		    str_of(term.id));
		struct terms_row row = row_new(what, str_of(term.id),
		    str_of(term.digest), said);

		if (term.circle) {
			row.our_version = circle_version(
			    c->t->p->v->circles, str_of(term.id));
			row.their_version = said == NULL ? 0 : said->version;
			circle_compare(c, &term, &row);
		} else {
			agreement_compare(c, &term, said, &row);
		}
		vec_push(&c->rows, row);
	}
}

/* Definitions that either side states. */
static void
compare_definitions(struct comparison *c)
{
	const struct names *kinds = &policy_vocabulary(c->policy)->kinds;

	for (size_t k = 1; k < kinds->n; k++) {
		struct str ours = policy_definition(c->policy, k);
		const struct msg_term *said = said_of(c, TERM_DEFINITION,
		    str_of(kinds->v[k]));
		struct terms_row row;

		if (ours.n == 0 && said == NULL)
			continue;
		row = row_new(TERM_DEFINITION, str_of(kinds->v[k]), ours,
		    said);
		if (row.counts)
			c->definitions |= UINT64_C(1) << k;
		else if (ours.n == 0)
			c->undefined |= UINT64_C(1) << k;
		vec_push(&c->rows, row);
	}
}

/* Agreements that only the peer holds: both sides should name them. */
static void
compare_unknown(struct comparison *c)
{
	size_t known = c->rows.n;

	for (size_t i = 0; i < c->theirs.n; i++) {
		const struct msg_term *said = &c->theirs.v[i];
		struct terms_row row = { .what = said->what };
		bool found = said->what == TERM_DEFINITION;

		str_escape(row.id, sizeof(row.id), said->id);
		str_escape(row.theirs, sizeof(row.theirs), said->digest);
		for (size_t k = 0; k < known && !found; k++)
			found = c->rows.v[k].what == said->what &&
			    str_eqz(said->id, c->rows.v[k].id);
		if (found)
			continue;
		row.their_version = said->version;
		snprintf(row.problem, sizeof(row.problem),
		    "our policy does not have it with this peer");
		vec_push(&c->rows, row);
	}
}

/* Say once what does not agree. */
static void
terms_complain(struct terms *t)
{
	AUTO_BUF struct buf all = { 0 };
	const char *peer = t->p->card.cert_id;

	for (size_t i = 0; i < t->rows.n; i++)
		buf_addf(&all, "%s %s %s %s\n", t->rows.v[i].id,
		    t->rows.v[i].theirs, t->rows.v[i].problem,
		    t->rows.v[i].wider);
	if (t->said.n == 0 || (t->logged != NULL && all.n > 0 &&
	    strcmp(t->logged, all.p) == 0))
		return;
	for (size_t i = 0; i < t->rows.n; i++) {
		const struct terms_row *r = &t->rows.v[i];

		if (r->problem[0] != '\0')
			log_warning("terms-differ", "peer=%s %s=%s ours=\"%s\""
			    " theirs=\"%s\" problem=\"%s\"", peer,
			    term_what_name(r->what), r->id, r->ours,
			    r->theirs, r->problem);
		if (r->wider[0] != '\0')
			log_warning("terms-wider", "peer=%s agreement=%s "
			    "beyond=\"%s\" action=\"what we hold counts\"",
			    peer, r->id, r->wider);
	}
	free(t->logged);
	t->logged = all.n > 0 ? buf_take(&all) : NULL;
}

static bool
same_ceiling(const struct policy_ceiling *a, const struct policy_ceiling *b)
{
	return ceiling_within(a, b) && ceiling_within(b, a);
}

static bool
same_met(const struct policy_met *a, const struct policy_met *b)
{
	for (size_t i = 0; i < POLICY_MET_MAX; i++)
		if (!same_ceiling(&a->agreements[i], &b->agreements[i]) ||
		    a->foci[i] != b->foci[i])
			return false;
	return true;
}

/* Everything but what is done with it. */
static void
comparison_run(struct comparison *c)
{
	AUTO(arena_free) struct arena *a = arena_new(ARENA_BYTES);
	struct buf *said = &c->t->said;

	if (c->policy == NULL || c->org < 0)
		return;
	if (said->n > 0 && msg_terms_decode(buf_str(said), a, &c->theirs) != 0)
		c->theirs = (struct msg_terms){ .n = 0 };
	policy_met_written(c->policy, &c->met);
	compare_terms(c);
	compare_definitions(c);
	compare_unknown(c);
	c->theirs = (struct msg_terms){ .n = 0 };
}

/* Put it where the gate reads it. */
static void
comparison_take(const struct comparison *c, struct policy_met *met,
    struct gate_party *party)
{
	*met = c->met;
	party->met = met;
	party->agreements = c->agreements;
	party->circles = c->circles;
	party->definitions = c->definitions;
	party->undefined = c->undefined;
}

bool
terms_apply(struct terms *t)
{
	const struct gate_party *party = &t->p->party;
	struct comparison c = { .t = t, .policy = t->p->v->policy,
	    .org = party->org };
	bool same;

	comparison_run(&c);
	same = party->agreements == c.agreements &&
	    party->circles == c.circles &&
	    party->definitions == c.definitions &&
	    party->undefined == c.undefined && same_met(&t->met, &c.met);
	comparison_take(&c, &t->met, &t->p->party);
	t->rows.n = 0;
	for (size_t i = 0; i < c.rows.n; i++)
		vec_push(&t->rows, c.rows.v[i]);
	vec_clear(&c.rows);
	terms_complain(t);
	return !same;
}

void
terms_under(struct terms *t, const struct policy *policy,
    struct gate_party *party)
{
	struct comparison c = { .t = t, .policy = policy,
	    .org = party->org };

	comparison_run(&c);
	comparison_take(&c, &t->under, party);
	vec_clear(&c.rows);
}

/* What was said anew is kept as it came: it is evidence. */
static int
terms_keep(struct terms *t, struct str payload)
{
	struct vault *v = t->p->v;
	AUTO_BUF struct buf entry = { 0 };

	TRY(turn_open(v->turn));
	TRY(store_set(v->store, SPACE, t->p->card.cert_id, payload));
	out_u64(&entry, (uint64_t)vault_now(v).ms);
	out_str8(&entry, str_of(t->p->card.cert_id));
	out_str32(&entry, payload);
	return audit_append(v->audit, AUDIT_TERMS, buf_str(&entry));
}

int
terms_hear(struct terms *t, struct str payload)
{
	AUTO(arena_free) struct arena *a = arena_new(ARENA_BYTES);
	struct terms_parties who = parties(t, false);
	struct msg_terms m;

	TRY(msg_terms_verify(payload, &who, t->p->key));
	TRY(msg_terms_decode(payload, a, &m));
	if (!msg_terms_same(buf_str(&t->said), payload))
		TRY(terms_keep(t, payload));
	buf_reset(&t->said);
	buf_add(&t->said, payload.p, payload.n);
	return terms_apply(t);
}

bool
terms_heard(const struct terms *t)
{
	return t->said.n > 0;
}

bool
terms_have_ended(const struct terms *t, unix_ms_t now)
{
	for (size_t i = 0; i < t->rows.n; i++)
		if (t->rows.v[i].what == TERM_AGREEMENT &&
		    t->rows.v[i].counts &&
		    now.ms > t->rows.v[i].met.until.ms)
			return true;
	return false;
}

const struct terms_row *
terms_row(const struct terms *t, size_t i)
{
	return i < t->rows.n ? &t->rows.v[i] : NULL;
}

uint32_t
terms_circle_version(const struct terms *t, struct str id)
{
	uint32_t version = 0;

	for (size_t i = 0; i < t->rows.n; i++)
		if (t->rows.v[i].what == TERM_CIRCLE &&
		    str_eqz(id, t->rows.v[i].id))
			version = t->rows.v[i].their_version;
	for (size_t i = 0; i < t->sent.n; i++)
		if (str_eqz(id, t->sent.v[i].id) &&
		    t->sent.v[i].version > version)
			version = t->sent.v[i].version;
	return version;
}

void
terms_note_version(struct terms *t, struct str id, uint32_t version)
{
	struct sent_version s = { .version = version };

	for (size_t i = 0; i < t->sent.n; i++)
		if (str_eqz(id, t->sent.v[i].id)) {
			t->sent.v[i].version = version;
			return;
		}
	snprintf(s.id, sizeof(s.id), "%.*s", (int)id.n, id.p);
	vec_push(&t->sent, s);
}

void
terms_link_started(struct terms *t)
{
	t->sent.n = 0;
	buf_reset(&t->spoken);
}

void
terms_ceiling_text(const struct policy *p, const struct policy_ceiling *c,
    struct buf *out)
{
	const struct vocabulary *v = policy_vocabulary(p);
	struct str names[TERM_KINDS_MAX];
	char day[TIME_TEXT_MAX];
	size_t n = names_of(&v->purposes, c->purposes, names);

	buf_addz(out, "purposes ");
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%s%s", i > 0 ? "," : "", names[i].p);
	n = names_of(&v->kinds, c->kinds, names);
	buf_addz(out, n > 0 ? " kinds " : " kinds none");
	for (size_t i = 0; i < n; i++)
		buf_addf(out, "%s%s", i > 0 ? "," : "", names[i].p);
	buf_addf(out, " tlp <=%s hops %u until %.10s", tlp_name(c->tlp),
	    c->hops, time_format(day, c->until));
}
