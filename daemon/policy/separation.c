#include "policy/separation.h"

#include <string.h>

#define HOPS (LABEL_HOPS_MAX + 1)
#define TLPS (TLP_RED + 1)
#define NOWHERE UINT32_MAX

/* How a record comes into a state. */
enum step_kind { STEP_SENT, STEP_INSIDE, STEP_ONWARD };

struct step {
	uint32_t from;		/* state before, or NOWHERE: from us */
	uint8_t kind;		/* enum step_kind */
	int16_t circle;		/* STEP_ONWARD */
	int32_t rule;		/* STEP_SENT: the grant */
};

/* A change that is tried as a repair; -1: not this one. */
struct repair {
	int rule;		/* this grant's cap is hops 0 */
	int silent;		/* this organisation passes nothing on */
	int circle, without;	/* that circle without this one */
	int attested;		/* this organisation has a wall */
};

struct separation {
	const struct cells *c;		/* borrowed */
	const struct policy *p;		/* borrowed */
	size_t wall;
	uint32_t assume;
	struct repair repair;
	bool only_ask;			/* stop at the first bad state */
	size_t nkinds;
	uint64_t *seen;			/* owned: a bit a state */
	VEC(uint32_t) queue;		/* owned: states in order */
	VEC(struct step) how;		/* owned: of each in queue */
	uint32_t bad;			/* place in queue, or NOWHERE */
};

static const struct policy_wall_rule *
wall_of(const struct separation *s)
{
	return &s->p->file->walls.v[s->wall];
}

static const struct policy_party *
party_of(const struct separation *s, int org)
{
	return &s->p->file->parties.v[org];
}

static uint32_t
state_of(const struct separation *s, struct certificate_state x)
{
	return (uint32_t)((((size_t)x.desk * s->nkinds + x.kind) * TLPS +
	    x.tlp) * HOPS + x.hops);
}

static struct certificate_state
state_read(const struct separation *s, uint32_t i)
{
	struct certificate_state x;

	x.hops = (uint8_t)(i % HOPS), i /= HOPS;
	x.tlp = (uint8_t)(i % TLPS), i /= TLPS;
	x.kind = (uint8_t)(i % s->nkinds);
	x.desk = (uint16_t)(i / s->nkinds);
	return x;
}

static void
reach(struct separation *s, struct certificate_state x, struct step how)
{
	uint32_t i = state_of(s, x);

	if ((s->seen[i / 64] >> (i % 64) & 1) != 0)
		return;
	s->seen[i / 64] |= UINT64_C(1) << (i % 64);
	if ((s->p->desks[x.desk].uses & wall_of(s)->out_of) != 0 &&
	    s->bad == NOWHERE)
		s->bad = (uint32_t)s->queue.n;
	vec_push(&s->queue, i);
	vec_push(&s->how, how);
}

/* ---- what we may send ---- */

/* The grant that opens a cell, for people. */
static int
cell_grant(const struct separation *s, const struct cell *at)
{
	struct policy_request req;
	struct matching m;
	struct label label;

	cells_request(s->c, at, &req, &label);
	policy_match(s->p, &req, &m);
	for (size_t w = 0; w < m.set->first[GRANT_CLASSES]; w++)
		if (m.acc[w] != 0)
			return m.set->terms[w * 64 +
			    (size_t)__builtin_ctzll(m.acc[w])].rule;
	return -1;
}

/* Does the grant under repair match here?  Then no hop is left. */
static bool
cell_is_repaired(const struct separation *s, const struct cell *at)
{
	struct policy_request req;
	struct matching m;
	struct label label;

	if (s->repair.rule < 0)
		return false;
	cells_request(s->c, at, &req, &label);
	policy_match(s->p, &req, &m);
	for (size_t w = 0; w < m.set->first[GRANT_CLASSES]; w++)
		for (uint64_t b = m.acc[w]; b != 0; b &= b - 1)
			if (m.set->terms[w * 64 + (size_t)
			    __builtin_ctzll(b)].rule == s->repair.rule)
				return true;
	return false;
}

/*
 * The desk whose cells are read, and the states that it has been sent so
 * far: by class of kind and of TLP, a bit for each number of hops.
 */
struct sending {
	struct separation *s;
	int desk, class;
	uint8_t sent[LABEL_KINDS_MAX][TLPS];
};

/*
 * What has the wall's lineage is at least green.  The kinds and colours of
 * one class share the cell; every one is a state of its own.
 */
static void
send_cell(const struct sending *x, const struct cell *at, int hops)
{
	struct separation *s = x->s;
	int rule = cell_grant(s, at);

	for (size_t k = 0; k < s->nkinds; k++)
		for (int t = TLP_GREEN; t <= TLP_RED; t++) {
			struct certificate_state state = {
				(uint16_t)x->desk, (uint8_t)k, (uint8_t)t,
				(uint8_t)hops };

			if (cells_class(s->c, x->class, CELL_KIND, (int)k) ==
			    at->v[CELL_KIND] && cells_class(s->c, x->class,
			    CELL_TLP, t) == at->v[CELL_TLP])
				reach(s, state, (struct step){ NOWHERE,
				    STEP_SENT, -1, rule });
		}
}

static bool
on_cell(void *arg, const struct cell *at)
{
	struct sending *x = arg;
	uint8_t *sent = &x->sent[at->v[CELL_KIND]][at->v[CELL_TLP]];
	int hops;

	if (cells_outcome(x->s->c, at) > OUTCOME_CONSULT)
		return false;
	hops = cells_hops(x->s->c, at);
	if (hops > 0 && cell_is_repaired(x->s, at))
		hops = 0;
	if ((*sent >> hops & 1) != 0)
		return false;
	*sent = (uint8_t)(*sent | 1U << hops);
	send_cell(x, at, hops);
	return x->s->only_ask && x->s->bad != NOWHERE;
}

/* Does some lineage behind this wall get past the gate to that desk? */
static bool
desk_is_open(const struct separation *s, const struct desk_facts *d)
{
	const struct policy_file *f = s->p->file;
	uint32_t walled = d->walled;

	if (d->org == s->repair.attested) {
		walled = 0;
		for (size_t i = 0; i < f->walls.n; i++)
			if ((f->walls.v[i].out_of & d->uses) != 0)
				walled |= f->walls.v[i].keep;
	}
	return (wall_of(s)->keep & ~walled & ~LABEL_UNKNOWN_BIT) != 0;
}

static void
send_all(struct separation *s)
{
	for (size_t d = 0; d < s->p->file->v.desks.n; d++) {
		struct sending x = { .s = s, .desk = (int)d,
		    .class = cells_desk_class(s->c, (int)d) };

		if (s->p->desks[d].org != 0 &&
		    desk_is_open(s, &s->p->desks[d]))
			(void)cells_each(s->c, x.class, on_cell, &x);
	}
}

/* ---- what recipients do with it ---- */

static void
reach_org(struct separation *s, int org, struct certificate_state x,
    struct step how)
{
	const struct policy_party *party = party_of(s, org);

	for (int i = 0; i < party->ndesks; i++) {
		x.desk = (uint16_t)(party->first_desk + i);
		reach(s, x, how);
	}
}

static bool
is_apart(const struct separation *s, int org)
{
	return (s->assume & POLICY_WALLS_ATTESTED) != 0 &&
	    (party_of(s, org)->wall == POLICY_WALL_ATTESTED ||
	    org == s->repair.attested);
}

/* TLP 2.0: AMBER stays with clients, stricter with whoever got it. */
static void
pass_on(struct separation *s, uint32_t at, struct certificate_state x)
{
	const struct policy_file *f = s->p->file;
	bool honoured = (s->assume & POLICY_HOPS_HONOURED) != 0;
	int org = s->p->desks[x.desk].org;
	uint64_t onward = party_of(s, org)->onward;

	if (x.tlp > TLP_GREEN || (honoured && x.hops == 0) ||
	    org == s->repair.silent)
		return;
	x.hops = (uint8_t)(x.hops - honoured);
	for (; onward != 0; onward &= onward - 1) {
		int c = __builtin_ctzll(onward);
		struct step how = { at, STEP_ONWARD, (int16_t)c, -1 };

		if ((f->circles.v[c].foci >> x.kind & 1) == 0)
			continue;
		for (int o = 1; (size_t)o < f->parties.n; o++)
			if (org_set_has(&f->circles.v[c].members,
			    (unsigned)o) && (c != s->repair.circle ||
			    o != s->repair.without))
				reach_org(s, o, x, how);
	}
}

static void
close_states(struct separation *s)
{
	for (uint32_t at = 0; at < s->queue.n; at++) {
		struct certificate_state x = state_read(s, s->queue.v[at]);
		int org = s->p->desks[x.desk].org;

		if (s->only_ask && s->bad != NOWHERE)
			return;
		if (!is_apart(s, org))
			reach_org(s, org, x, (struct step){ at, STEP_INSIDE,
			    -1, -1 });
		pass_on(s, at, x);
	}
}

static const struct repair no_repair = { -1, -1, -1, -1, -1 };

static struct separation *
separation_run(const struct separation *from, struct repair repair,
    bool only_ask)
{
	struct separation *s = mem_new(struct separation);

	s->c = from->c;
	s->p = from->p;
	s->wall = from->wall;
	s->assume = from->assume;
	s->repair = repair;
	s->only_ask = only_ask;
	s->nkinds = s->p->file->v.kinds.n;
	s->bad = NOWHERE;
	s->seen = mem_array(uint64_t, s->p->file->v.desks.n * s->nkinds *
	    TLPS * HOPS / 64 + 1);
	send_all(s);
	close_states(s);
	return s;
}

struct separation *
separation_new(const struct cells *c, const struct policy *p, size_t wall,
    uint32_t assume)
{
	struct separation s = { .c = c, .p = p, .wall = wall,
	    .assume = assume };

	return separation_run(&s, no_repair, false);
}

void
separation_free(struct separation *s)
{
	if (s == NULL)
		return;
	free(s->seen);
	vec_clear(&s->queue);
	vec_clear(&s->how);
	free(s);
}

bool
separation_holds(const struct separation *s)
{
	return s->bad == NOWHERE;
}

/* ---- what it says ---- */

size_t
separation_count(const struct separation *s)
{
	return s->queue.n;
}

static int
compare_states(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void
separation_states(const struct separation *s, struct certificate_state *out)
{
	uint32_t *v = mem_array(uint32_t, s->queue.n + 1);

	for (size_t i = 0; i < s->queue.n; i++)
		v[i] = s->queue.v[i];
	qsort(v, s->queue.n, sizeof(*v), compare_states);
	for (size_t i = 0; i < s->queue.n; i++)
		out[i] = state_read(s, v[i]);
	free(v);
}

/* Is there a desk that whoever keeps to nothing could hand it to? */
static bool
has_forbidden_desk(const struct separation *s)
{
	for (size_t d = 0; d < s->p->file->v.desks.n; d++)
		if (s->p->desks[d].org != 0 &&
		    (s->p->desks[d].uses & wall_of(s)->out_of) != 0)
			return true;
	return false;
}

void
separation_rests_on(const struct separation *s, struct buf *out)
{
	struct org_set orgs = { { 0 } };
	const char *sep = "";

	if (!has_forbidden_desk(s))
		return;
	for (size_t i = 0; i < s->queue.n; i++)
		org_set_add(&orgs, (unsigned)s->p->desks[
		    state_read(s, s->queue.v[i]).desk].org);
	for (size_t o = 1; o < s->p->file->parties.n; o++)
		if (org_set_has(&orgs, (unsigned)o)) {
			buf_addf(out, "%s%s", sep, s->p->orgs[o].id);
			sep = " ";
		}
}

/* The states from us to the bad one, as places in queue. */
static size_t
path_of(const struct separation *s, uint32_t path[], size_t max)
{
	size_t n = 0;

	for (uint32_t i = s->bad; i != NOWHERE && n < max;
	    i = s->how.v[i].from)
		path[n++] = i;
	for (size_t i = 0; i < n / 2; i++) {
		uint32_t swap = path[i];

		path[i] = path[n - 1 - i];
		path[n - 1 - i] = swap;
	}
	return n;
}

static struct certificate_state
place_state(const struct separation *s, uint32_t place)
{
	return state_read(s, s->queue.v[place]);
}

static const char *
org_id(const struct separation *s, int org)
{
	return s->p->orgs[org].id;
}

static int
org_at(const struct separation *s, uint32_t place)
{
	return s->p->desks[place_state(s, place).desk].org;
}

/* "permit by out-clean", and the line it is on. */
static const struct yaml_node *
step_text(const struct separation *s, const struct step *how, int from,
    struct buf *out)
{
	const struct policy_file *f = s->p->file;

	switch (how->kind) {
	case STEP_SENT:
		if (how->rule < 0)
			return NULL;
		buf_addf(out, "%s by %s", policy_levels[
		    f->rules.v[how->rule].level], f->rules.v[how->rule].id.p);
		return f->rules.v[how->rule].at;
	case STEP_ONWARD:
		buf_addf(out, "onward %s (declared)",
		    f->circles.v[how->circle].id.p);
		return party_of(s, from)->at;
	default:
		buf_addf(out, "no wall inside %s", org_id(s, from));
		return party_of(s, from)->at;
	}
}

static void
explain_step(const struct separation *s, size_t number, uint32_t place,
    struct buf *out)
{
	const struct step *how = &s->how.v[place];
	struct certificate_state x = place_state(s, place);
	int from = how->from == NOWHERE ? 0 : org_at(s, how->from);
	AUTO_BUF struct buf by = { 0 };
	const struct yaml_node *at = step_text(s, how, from, &by);
	uint32_t uses = s->p->desks[x.desk].uses & wall_of(s)->out_of;

	buf_addf(out, "  %zu %s -> %-20s %-28s", number, org_id(s, from),
	    s->p->file->v.desks.v[x.desk], by.p == NULL ? "" : by.p);
	if (at != NULL)
		buf_addf(out, " %s:%u", at->file, at->line);
	if (place != s->bad) {
		buf_addf(out, "  hops left %u\n", x.hops);
		return;
	}
	buf_addz(out, "  uses");
	for (; uses != 0; uses &= uses - 1)
		buf_addf(out, " %s", s->p->file->v.domains.v[
		    __builtin_ctz(uses)]);
	buf_addz(out, "  <- wall\n");
}

/* Add a repair if it makes the wall hold. */
static void
try_repair(const struct separation *s, struct repair r, const char *text,
    struct buf *out)
{
	AUTO(separation_free) struct separation *tried =
	    separation_run(s, r, true);

	if (!separation_holds(tried) || (out->p != NULL && memmem(out->p,
	    out->n, text, strlen(text)) != NULL))
		return;
	buf_addf(out, "%s%s", out->n > 0 ? " | " : "", text);
}

static void
try_step(const struct separation *s, uint32_t place, struct buf *out)
{
	const struct step *how = &s->how.v[place];
	int from = how->from == NOWHERE ? 0 : org_at(s, how->from);
	AUTO_BUF struct buf text = { 0 };
	struct repair r = no_repair;

	if (how->kind == STEP_SENT && how->rule >= 0) {
		r.rule = how->rule;
		buf_addf(&text, "%s cap hops 0",
		    s->p->file->rules.v[how->rule].id.p);
	} else if (how->kind == STEP_INSIDE) {
		r.attested = from;
		buf_addf(&text, "%s wall attested", org_id(s, from));
	} else if (how->kind == STEP_ONWARD) {
		r.silent = from;
		buf_addf(&text, "%s onward []", org_id(s, from));
	}
	if (text.n > 0)
		try_repair(s, r, text.p, out);
	if (how->kind != STEP_ONWARD)
		return;
	r = no_repair;
	r.circle = how->circle;
	r.without = org_at(s, place);
	buf_reset(&text);
	buf_addf(&text, "%s without %s",
	    s->p->file->circles.v[how->circle].id.p, org_id(s, r.without));
	try_repair(s, r, text.p, out);
}

#define PATH_MAX_STEPS LABEL_DESKS_MAX

void
separation_explain(const struct separation *s, struct buf *out)
{
	const struct vocabulary *v = &s->p->file->v;
	const struct policy_wall_rule *w = wall_of(s);
	AUTO_BUF struct buf repairs = { 0 };
	uint32_t path[PATH_MAX_STEPS];
	struct certificate_state x;
	size_t n;

	if (s->bad == NOWHERE)
		return;
	n = path_of(s, path, NELEM(path));
	x = place_state(s, path[0]);
	buf_addf(out, "%s fails  %s %s lineage", w->id.p,
	    v->kinds.v[x.kind], tlp_name(x.tlp));
	for (uint32_t k = w->keep & ~LABEL_UNKNOWN_BIT; k != 0; k &= k - 1)
		buf_addf(out, " %s", v->lineage.v[__builtin_ctz(k)]);
	buf_addc(out, '\n');
	for (size_t i = 0; i < n; i++)
		explain_step(s, i + 1, path[i], out);
	for (size_t i = 0; i < n; i++)
		try_step(s, path[i], &repairs);
	if (repairs.n > 0)
		buf_addf(out, "  smallest repairs: %s\n", repairs.p);
}
