#include "vault/control/control.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/oblige.h"
#include "vault/control/posture.h"
#include "vault/peer.h"
#include "vault/record_json.h"
#include "vault/terms.h"

#define ARENA_BYTES MIB(64)
#define LINES_MAX 22
#define LINE_BYTES 100

/* Put the lines of text on the list, no more than fit one screen. */
static void
add_lines(json_t *lines, struct str text)
{
	const char *p = text.p, *end = text.p + text.n, *lf;

	while (p < end && json_array_size(lines) < LINES_MAX) {
		size_t n;

		lf = memchr(p, '\n', (size_t)(end - p));
		n = (size_t)((lf == NULL ? end : lf) - p);
		(void)json_array_append_new(lines, json_stringn(p,
		    n > LINE_BYTES ? LINE_BYTES : n));
		p = lf == NULL ? end : lf + 1;
	}
}

static void PRINTF_LIKE(2, 3)
add_line(json_t *lines, const char *fmt, ...)
{
	char line[LINE_BYTES + 1];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	(void)json_array_append_new(lines, json_string(line));
}

/* Why one desk and one use got what they got. */
static void
explain_use(struct vault *v, const struct gate_question *q, int desk,
    int purpose, json_t *lines)
{
	const struct vocabulary *voc = policy_vocabulary(v->policy);
	AUTO_BUF struct buf text = { 0 };
	struct policy_request req;
	struct decision d;

	answer_request(q, DIRECTION_OUT, desk, purpose, &req);
	policy_decide(v->policy, &req, &d);
	policy_explain(v->policy, &req, &d, &text);
	add_line(lines, "%s for %s:", voc->desks.v[desk],
	    voc->domains.v[purpose]);
	add_lines(lines, buf_str(&text));
}

/* What is not agreed with the peer, of agreements and circles we share. */
static void
explain_terms(const struct peer *p, json_t *lines)
{
	const struct terms_row *r;

	for (size_t i = 0; (r = terms_row(p->terms, i)) != NULL; i++)
		if (!r->counts && r->ours[0] != '\0' &&
		    json_array_size(lines) < LINES_MAX)
			add_line(lines, "%s %s does not count: %s",
			    term_what_name(r->what), r->id, r->problem);
}

/* Where evidence made another band of what the policy begins with. */
static void
explain_bands(const struct peer *p, const struct policy_org *org,
    json_t *lines)
{
	const struct gate_party *now = &p->party;

	if (!now->scored)
		return;
	if (now->discretion != org->discretion)
		add_line(lines, "discretion is %s by evidence, and %s in the "
		    "policy: comityctl trust explain %s",
		    band_name(now->discretion), band_name(org->discretion),
		    p->card.cert_id);
	if (now->reliability != org->reliability)
		add_line(lines, "reliability is %s by evidence, and %s in the "
		    "policy: comityctl trust explain %s",
		    band_name(now->reliability), band_name(org->reliability),
		    p->card.cert_id);
}

static void
explain_all(struct vault *v, const struct peer *p,
    const struct gate_question *q, json_t *lines)
{
	const struct policy_org *org;
	char posture[LINE_BYTES + 1];

	if (q->party->org < 0) {
		add_line(lines, "the policy does not name this peer: "
		    "denied by default; add it under `peers:`");
		return;
	}
	org = policy_org(v->policy, (size_t)q->party->org);
	if (control_posture_text(v, org->country, posture, sizeof(posture)))
		add_line(lines, "%s", posture);
	explain_bands(p, org, lines);
	explain_terms(p, lines);
	for (int i = 0; i < org->ndesks; i++) {
		uint32_t uses = policy_desk_uses(v->policy,
		    org->first_desk + i);

		for (; uses != 0; uses &= uses - 1)
			explain_use(v, q, org->first_desk + i,
			    __builtin_ctz(uses), lines);
	}
}

/* Who carries out what the record goes, or would go, under. */
static void
explain_obligations(const struct gate_answer *a, json_t *lines)
{
	char until[TIME_TEXT_MAX];

	for (unsigned o = 0; o < OBLIGATIONS; o++) {
		const struct oblige_row *row = oblige_row(
		    (enum obligation)o);

		if ((a->obligations >> o & 1) != 0 &&
		    json_array_size(lines) < LINES_MAX)
			add_line(lines, "obligation %s, %s: %s",
			    obligation_name((enum obligation)o),
			    carrier_name(row->out), row->how);
	}
	if (a->alone && json_array_size(lines) < LINES_MAX)
		add_line(lines, "the embargo ends: %s", a->embargo_end.ms ==
		    UNIX_MS_NEVER.ms ? "never, no date is stated" :
		    time_format(until, a->embargo_end));
}

static json_t *
why_json(struct vault *v, struct peer *p, const struct store_record *r,
    const struct gate_answer *a)
{
	enum delivery_state s = delivery_get(p->delivery, r->seq);
	json_t *lines = json_array();
	struct label label;
	struct gate_question q = { .policy = v->policy, .party = &p->party,
	    .label = &label, .received = (r->flags & RECORD_OWN) == 0,
	    .now = vault_now(v) };

	if (gate_label(v->gate, r, &label) == 0) {
		const struct vocabulary *voc = policy_vocabulary(v->policy);

		add_line(lines, "kind %s, tlp %s, pap %s, hops %d, %s",
		    label.kind < voc->kinds.n ? voc->kinds.v[label.kind] :
		    "other", tlp_name(label.tlp), pap_name(label.pap),
		    label.hops, (r->flags & RECORD_OWN) != 0 ?
		    "published here" : "received");
		explain_all(v, p, &q, lines);
		explain_obligations(a, lines);
	} else {
		add_line(lines, "its label cannot be known: denied");
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}",
	    "peer", p->card.cert_id, "outcome", outcome_name(a->outcome),
	    "by", policy_rule_id(v->policy, a->by), "reason",
	    reason_name(a->reason), "state", s == DELIVERY_NONE ? "none" :
	    delivery_state_name(s), "text", lines);
}

void
control_why(struct control *c, const json_t *args)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	const char *id = control_text(args, "record");
	const char *peer = control_text(args, "peer");
	struct vault *v = control_vault(c);
	struct peer *p = peers_find(v->peers, str_of(peer));
	struct gate_answer a;
	struct store_record r;
	struct gate_query q;
	json_t *fields;
	int rc;

	if (p == NULL || v->policy == NULL) {
		(void)control_error(c, ERR_NOT_FOUND,
		    "see: comityctl peer list", "no peer %s",
		    peer == NULL ? "" : peer);
		return;
	}
	rc = record_newest(v, str_of(id), control_text(args, "modified"),
	    arena, &r);
	if (rc != 0) {
		(void)control_error(c, rc, "find ids with: comityctl lookup "
		    "VALUE", "no record %s here", id == NULL ? "" : id);
		return;
	}
	q = (struct gate_query){ &p->party, &r, vault_now(v) };
	rc = gate_answer_out(v->gate, &q, &a);
	if (rc != 0) {
		(void)control_error(c, rc, NULL, "cannot be decided, so it "
		    "is denied: %s", err_text(rc));
		return;
	}
	fields = why_json(v, p, &r, &a);
	(void)json_object_set_new(fields, "record", json_string(id));
	if (control_text(args, "modified") != NULL)
		(void)json_object_set_new(fields, "modified",
		    json_string(control_text(args, "modified")));
	control_reply(c, fields);
}
