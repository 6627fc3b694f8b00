/*
 * peer expect: what goes to a peer and is taken from it at its bands, what
 * would at better ones, and what would raise these.
 */
#include <stdio.h>
#include <string.h>

#include "gate/prospect.h"
#include "host/clock.h"
#include "trust/fixed.h"
#include "trust/raise.h"
#include "vault/control/control.h"
#include "vault/peer.h"
#include "vault/posture.h"
#include "vault/trust/evidence.h"

struct expecting {
	struct vault *v;
	const struct peer *peer;	/* NULL: no card of it is held */
	const char *id;
	int org;			/* -1: not in the policy */
	struct gate_party party;
	json_t *flows;
};

static json_t *
names_json(const struct names *names, uint64_t bits)
{
	json_t *list = json_array();

	for (size_t k = 0; k < names->n; k++)
		if ((bits >> k & 1) != 0)
			(void)json_array_append_new(list,
			    json_string(names->v[k]));
	return list;
}

/* The names of agreements and circles that it waits for. */
static json_t *
needs_json(const struct expecting *x, const struct prospect *f)
{
	json_t *list = json_array();
	struct policy_term t;

	for (size_t i = 0; policy_term_with(x->v->policy, x->org, i, &t); i++)
		if (((t.circle ? f->circles : f->agreements) >> t.index & 1)
		    != 0)
			(void)json_array_append_new(list, json_string(t.id));
	return list;
}

static void
on_prospect(void *arg, const struct prospect *f)
{
	struct expecting *x = arg;
	const struct policy *p = x->v->policy;
	const struct vocabulary *v = policy_vocabulary(p);
	const char *desk = strchr(v->desks.v[f->desk], '/');
	bool refused = f->outcome >= OUTCOME_DENY;
	json_t *j = json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:s, s:b}",
	    "direction", f->direction == DIRECTION_IN ? "in" : "out", "desk",
	    desk == NULL ? v->desks.v[f->desk] : desk + 1, "use",
	    v->domains.v[f->domain], "outcome", outcome_name(f->outcome),
	    "kinds", names_json(&v->kinds, f->kinds), "tlp_from",
	    tlp_name((uint8_t)f->tlp_from), "tlp", tlp_name((uint8_t)f->tlp),
	    "now", (int)f->now);

	if (!f->now)
		(void)json_object_set_new(j, "by", json_string(f->by >= 0 ?
		    policy_rule_id(p, f->by) : reason_name(f->reason)));
	if (!refused && f->discretion != x->party.discretion)
		(void)json_object_set_new(j, "discretion",
		    json_string(band_name(f->discretion)));
	if (!refused && f->reliability != x->party.reliability)
		(void)json_object_set_new(j, "reliability",
		    json_string(band_name(f->reliability)));
	if ((f->agreements | f->circles) != 0)
		(void)json_object_set_new(j, "needs", needs_json(x, f));
	(void)json_array_append_new(x->flows, j);
}

/* ---- what would raise a band ---- */

static json_t *
fixed_json(int64_t v)
{
	char text[FIXED_TEXT_MAX];

	return json_string(fixed_text(text, v));
}

static json_t *
ways_json(unsigned ways)
{
	json_t *list = json_array();

	for (int w = 0; w < RAISE_WAYS; w++)
		if ((ways >> w & 1) != 0)
			(void)json_array_append_new(list, json_string(
			    raise_way_name((enum raise_way)w)));
	return list;
}

static void
raise_row(const struct raise_trial *t, enum trust_dimension d,
    unsigned ways, json_t *list)
{
	struct raise_result r;
	json_t *days, *j;

	raise_try(t, d, ways, &r);
	if (r.useless)
		return;
	days = json_object();
	for (int b = 0; b < TRUST_E; b++)
		(void)json_object_set_new(days, band_name((enum band)b),
		    r.days[b] < 0 ? json_null() : json_integer(r.days[b]));
	j = json_pack("{s:s, s:o, s:o, s:o}", "dimension",
	    trust_dimension_name(d), "ways", ways_json(ways), "days", days,
	    "b", fixed_json(r.b));
	if ((ways >> RAISE_VOUCH & 1) != 0)
		(void)json_object_set_new(j, "known_sponsors",
		    json_integer(r.taken));
	(void)json_array_append_new(list, j);
}

#define WAY(w) (1U << RAISE_##w)

static json_t *
raise_json(const struct raise_trial *t)
{
	static const unsigned of_discretion[] = { WAY(VOUCH), WAY(RECEIPT),
	    WAY(VOUCH) | WAY(RECEIPT), WAY(AUDIT), WAY(ATTESTED),
	    WAY(VOUCH) | WAY(RECEIPT) | WAY(AUDIT) | WAY(ATTESTED) };
	static const unsigned of_reliability[] = { WAY(VOUCH), WAY(SIGHTED),
	    WAY(VOUCH) | WAY(SIGHTED) };
	json_t *list = json_array();

	for (size_t i = 0; i < NELEM(of_discretion); i++)
		raise_row(t, TRUST_DISCRETION, of_discretion[i], list);
	for (size_t i = 0; i < NELEM(of_reliability); i++)
		raise_row(t, TRUST_RELIABILITY, of_reliability[i], list);
	return list;
}

/* Those of whom a vouch would be taken; others with the reason. */
static json_t *
sponsors_json(const struct expecting *x, const struct raise_trial *t,
    const char *const *ids)
{
	AUTO(mem_free) enum trust_note *notes = mem_array(enum trust_note,
	    t->nsponsors);
	json_t *list = json_array();

	raise_sponsors(t, notes);
	for (size_t i = 0; i < t->nsponsors; i++) {
		char group[EVIDENCE_GROUP_MAX];
		struct trust_score s;
		bool is = notes[i] == TRUST_TWICE;
		bool may = notes[i] == TRUST_COUNTED ||
		    notes[i] == TRUST_ONE_SPONSOR;
		json_t *j;

		if (t->sponsors[i] == t->peer)
			continue;
		trust_score(t->trust, t->sponsors[i], TRUST_DISCRETION,
		    t->now, &s);
		j = json_pack("{s:s, s:s, s:s, s:o, s:b, s:b}", "id", ids[i],
		    "group", evidence_group(x->v->evidence, ids[i], group),
		    "discretion", band_name((enum band)s.band), "E",
		    fixed_json(s.opinion.e), "vouches", (int)is, "may",
		    (int)may);
		if (!may && !is)
			(void)json_object_set_new(j, "why", json_string(
			    trust_note_text(notes[i])));
		(void)json_array_append_new(list, j);
	}
	return list;
}

/* Best first: whom one would ask. */
static void
sponsors_sort(const struct raise_trial *t, int *numbers, const char **ids,
    size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k > 0; k--) {
			struct trust_score a, b;
			const char *id = ids[k];
			int number = numbers[k];

			trust_score(t->trust, numbers[k - 1],
			    TRUST_DISCRETION, t->now, &a);
			trust_score(t->trust, number, TRUST_DISCRETION,
			    t->now, &b);
			if (a.opinion.e >= b.opinion.e)
				break;
			numbers[k] = numbers[k - 1];
			ids[k] = ids[k - 1];
			numbers[k - 1] = number;
			ids[k - 1] = id;
		}
}

static void
add_raise(const struct expecting *x, json_t *fields)
{
	const struct peers *all = x->v->peers;
	size_t n = peers_count(all);
	AUTO(mem_free) const char **ids = mem_array(const char *, n + 1);
	AUTO(mem_free) int *numbers = mem_array(int, n + 1);
	AUTO(trust_free) struct trust *engine = NULL;
	struct raise_trial t = { .now = evidence_now(x->v->evidence),
	    .nsponsors = n };

	for (size_t i = 0; i < n; i++)
		ids[i] = peers_at(all, i)->card.cert_id;
	ids[n] = x->id;
	t.trust = engine = evidence_trial(x->v->evidence, ids, n + 1,
	    numbers);
	t.peer = numbers[n];
	t.sponsors = numbers;
	for (size_t i = 0; i < n; i++)
		if (strcmp(ids[i], x->id) == 0)
			numbers[i] = t.peer;
	sponsors_sort(&t, numbers, ids, n);
	(void)json_object_set_new(fields, "raise", raise_json(&t));
	(void)json_object_set_new(fields, "sponsors", sponsors_json(x, &t,
	    ids));
}

/* ---- the answer ---- */

/* The party as it is, or as it would be once its card is added. */
static void
expecting_party(struct expecting *x)
{
	const struct policy_org *org = policy_org(x->v->policy,
	    (size_t)x->org);

	const struct posture_entry *set = postures_find(x->v->postures,
	    org->country);

	if (x->peer != NULL) {
		x->party = x->peer->party;
		return;
	}
	x->party = (struct gate_party){ .org = x->org,
	    .definitions = UINT64_MAX, .posture = set == NULL ?
	    POSTURE_NORMAL : set->level };
	evidence_bands(x->v->evidence, x->id, org, &x->party);
}

static json_t *
band_json(const struct expecting *x, enum trust_dimension d,
    enum band initial)
{
	const struct evidence_look l = { x->id, d, (enum trust_band)initial };
	struct trust_score s;

	evidence_score(x->v->evidence, &l, &s);
	return json_pack("{s:s, s:o}", "band", band_name((enum band)s.band),
	    "b", fixed_json(s.opinion.b));
}

static void
line_add(json_t *lines, const struct buf *b)
{
	(void)json_array_append_new(lines, json_stringn(b->p, b->n));
}

/* One desk with those of its uses that our policy has a name for. */
static void
desk_line(const struct policy *p, const struct card_desk *d, json_t *lines)
{
	const struct names *domains = &policy_vocabulary(p)->domains;
	AUTO_BUF struct buf b = { 0 };
	size_t known = 0;

	buf_addf(&b, "      %s: [", d->name);
	for (size_t u = 0; u < d->nuses; u++)
		for (size_t k = 0; k < domains->n; k++)
			if (strcmp(domains->v[k], d->uses[u]) == 0)
				buf_addf(&b, "%s%s", known++ > 0 ? ", " : "",
				    domains->v[k]);
	buf_addc(&b, ']');
	if (known == 0) {
		buf_reset(&b);
		buf_addf(&b, "      # %s: its uses are not among our "
		    "`purposes`", d->name);
	}
	line_add(lines, &b);
}

/* The lines of a policy that name it, from its card. */
static json_t *
lines_json(const struct expecting *x, const struct card *card)
{
	json_t *lines = json_array();
	AUTO_BUF struct buf b = { 0 };

	(void)json_array_append_new(lines, json_string("peers:"));
	buf_addf(&b, "  %s:", card->cert_id);
	line_add(lines, &b);
	buf_reset(&b);
	buf_addf(&b, "    country: %s", card->country);
	line_add(lines, &b);
	(void)json_array_append_new(lines, json_string("    type: national"));
	(void)json_array_append_new(lines, json_string("    desks:"));
	for (size_t i = 0; i < card->ndesks; i++)
		desk_line(x->v->policy, &card->desks[i], lines);
	return lines;
}

/* A peer by its id, or by the card that args bring; 0 or answered. */
static int
expecting_begin(struct control *c, const json_t *args, struct card *card,
    struct expecting *x)
{
	const char *text = control_text(args, "card");
	struct err e = { 0 };
	int rc;

	x->v = control_vault(c);
	x->id = control_text(args, "id");
	if (text != NULL) {
		rc = card_decode(str_of(text), clock_unix(), card, &e);
		if (rc < 0)
			return control_error(c, rc, "ask the other CERT for "
			    "a new card: comityctl card show", "%s", e.text);
		x->id = card->cert_id;
	}
	if (x->v->policy == NULL)
		return control_error(c, ERR_DENIED, "comityctl status",
		    "no policy is in force: nothing flows");
	x->org = x->id == NULL ? -1 : policy_find_org(x->v->policy,
	    str_of(x->id));
	x->peer = x->id == NULL ? NULL : peers_find(x->v->peers,
	    str_of(x->id));
	if (x->org == 0)
		return control_error(c, ERR_CONF, "comityctl peer list",
		    "%s is this CERT itself", x->id);
	if (x->org < 0 && x->peer == NULL && text == NULL)
		return control_error(c, ERR_NOT_FOUND,
		    "see: comityctl peer list", "no peer %s, and the policy "
		    "does not name it", x->id == NULL ? "" : x->id);
	if (text == NULL && x->peer != NULL)
		*card = x->peer->card;
	return 0;
}

void
control_peer_expect(struct control *c, const json_t *args)
{
	AUTO(mem_free) struct card *card = mem_new(struct card);
	struct expecting x = { 0 };
	const struct policy_org *org;
	json_t *fields;

	if (expecting_begin(c, args, card, &x) != 0)
		return;
	x.flows = json_array();
	fields = json_pack("{s:s, s:b, s:b, s:o}", "id", x.id, "card",
	    (int)(x.peer != NULL), "in_policy", (int)(x.org > 0), "flows",
	    x.flows);
	if (x.org < 0) {
		if (card->country[0] != '\0')
			(void)json_object_set_new(fields, "policy_lines",
			    lines_json(&x, card));
	} else {
		org = policy_org(x.v->policy, (size_t)x.org);
		expecting_party(&x);
		(void)json_object_set_new(fields, "discretion",
		    band_json(&x, TRUST_DISCRETION, org->discretion));
		(void)json_object_set_new(fields, "reliability",
		    band_json(&x, TRUST_RELIABILITY, org->reliability));
		prospects(x.v->policy, &x.party, vault_now(x.v), on_prospect,
		    &x);
	}
	add_raise(&x, fields);
	control_reply(c, fields);
}
