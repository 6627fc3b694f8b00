/*
 * Words for decisions: names, the facts behind one, and what little would
 * change it.
 */
#include "policy/policy_private.h"

#include <string.h>

#include "policy/oblige.h"

static const char *const reason_names[] = {
	[REASON_RULE] = "rule",
	[REASON_DEFAULT] = "default",
	[REASON_DESK_PURPOSE] = "desk-purpose",
	[REASON_LABEL_PURPOSE] = "label-purpose",
	[REASON_AUDIENCE] = "audience",
	[REASON_HOPS] = "hops",
	[REASON_EXPIRED] = "expired",
	[REASON_TRANSIT] = "transit",
	[REASON_OBLIGATION] = "obligation",
	[REASON_UNKNOWN_PEER] = "unknown-peer",
	[REASON_NO_POLICY] = "no-policy",
	[REASON_AGREED] = "agreed",
};

const char *
outcome_name(enum outcome o)
{
	return policy_levels[o > OUTCOME_FORBID ? OUTCOME_FORBID : o];
}

const char *
reason_name(enum reason r)
{
	return reason_names[r > REASON_AGREED ? REASON_NO_POLICY : r];
}

const char *
obligation_name(enum obligation o)
{
	return o < OBLIGATIONS ? policy_obligations[o] : "unknown";
}

const char *
band_name(enum band b)
{
	return policy_bands[b > BAND_E ? BAND_E : b];
}

const char *
posture_name(enum posture p)
{
	return policy_postures[p > POSTURE_SUSPENDED ? POSTURE_SUSPENDED : p];
}

const char *
policy_rule_id(const struct policy *p, int i)
{
	const struct policy_file *f = p == NULL ? NULL : p->file;
	size_t at = (size_t)i;

	if (f == NULL || i < 0)
		return "";
	if (at < f->rules.n)
		return f->rules.v[at].id.p;
	at -= f->rules.n;
	if (at < f->walls.n)
		return f->walls.v[at].id.p;
	at -= f->walls.n;
	return at < POLICY_POSTURES ? policy_postures[at] : "";
}

const char *
policy_redaction(const struct policy *p, unsigned bit)
{
	return bit < p->file->redactions.n ? p->file->redactions.v[bit] :
	    NULL;
}

const struct yaml_node *
policy_rule_at(const struct policy *p, int by)
{
	const struct policy_file *f = p->file;
	size_t at = (size_t)by;

	if (by < 0)
		return NULL;
	if (at < f->rules.n)
		return f->rules.v[at].at;
	at -= f->rules.n;
	return at < f->walls.n ? f->walls.v[at].at : NULL;
}

const char *
policy_by_name(const struct policy *p, const struct decision *d)
{
	return d->by >= 0 ? policy_rule_id(p, d->by) : reason_name(d->reason);
}

bool
policy_test_known(const struct policy *p, const struct policy_case *c)
{
	const struct policy_file *f = p->file;
	int n = (int)(f->rules.n + f->walls.n) + POLICY_POSTURES;

	if (c->by.n == 0)
		return true;
	for (size_t i = REASON_DEFAULT; i < NELEM(reason_names); i++)
		if (str_eqz(c->by, reason_names[i]))
			return true;
	for (int i = 0; i < n; i++)
		if (str_eqz(c->by, policy_rule_id(p, i)))
			return true;
	return false;
}

/* The ids of the matching rules of the classes [from, to), with commas. */
static void
add_matching(const struct policy *p, const struct matching *matching,
    const int classes[2], struct buf *out)
{
	const struct rule_set *s = matching->set;
	const char *sep = out->n > 0 ? "," : "";

	for (size_t w = s->first[classes[0]]; w < s->first[classes[1]]; w++)
		for (uint64_t m = matching->acc[w]; m != 0; m &= m - 1) {
			size_t bit = w * 64 + (size_t)__builtin_ctzll(m);

			buf_addf(out, "%s%s", sep,
			    policy_rule_id(p, s->terms[bit].rule));
			sep = ",";
		}
}

static const char *
text_of(const struct buf *b)
{
	return b->p == NULL ? "" : b->p;
}

/* "permit g=permit[out-clean] l=permit[]", and by what. */
static void
explain_head(const struct policy *p, const struct matching *matching,
    const struct decision *d, struct buf *out)
{
	static const int all_grants[] = { CLASS_PERMIT, CLASS_LIMIT_REDACT };
	static const int all_limits[] = { CLASS_LIMIT_REDACT, RULE_CLASSES };
	AUTO_BUF struct buf grants = { 0 }, limits = { 0 };
	bool by_rule = d->by >= 0 && (size_t)d->by < p->file->rules.n;

	/* A wall, a posture or the label itself is no matching bit. */
	if (!by_rule && d->limited == d->outcome &&
	    d->outcome != OUTCOME_PERMIT)
		buf_addz(&limits, policy_by_name(p, d));
	add_matching(p, matching, all_grants, &grants);
	add_matching(p, matching, all_limits, &limits);
	buf_addf(out, "%s g=%s[%s] l=%s[%s]", outcome_name(d->outcome),
	    outcome_name(d->granted), text_of(&grants),
	    outcome_name(d->limited), text_of(&limits));
	if (d->outcome != OUTCOME_PERMIT)
		buf_addf(out, " by=%s", policy_by_name(p, d));
	if (d->outcome > d->granted)
		buf_addf(out, " overridden=%s", text_of(&grants));
	buf_addc(out, '\n');
}

static void
add_bits(struct buf *out, const char *what, uint64_t bits,
    const char *(*name)(const struct policy *, unsigned),
    const struct policy *p)
{
	const char *sep = "";

	if (bits == 0)
		return;
	buf_addf(out, "%s ", what);
	for (; bits != 0; bits &= bits - 1) {
		const char *n = name(p, (unsigned)__builtin_ctzll(bits));

		buf_addf(out, "%s%s", sep, n == NULL ? "?" : n);
		sep = ",";
	}
	buf_addc(out, '\n');
}

static const char *
name_of_obligation(const struct policy *p, unsigned bit)
{
	(void)p;
	return obligation_name((enum obligation)bit);
}

static const char *
name_of_purpose(const struct policy *p, unsigned bit)
{
	const struct names *n = &p->file->v.purposes;

	return bit < n->n ? n->v[bit] : NULL;
}

static const char *
name_of_lineage(const struct policy *p, unsigned bit)
{
	const struct names *n = &p->file->v.lineage;

	return bit < n->n ? n->v[bit] : NULL;
}

static void
add_duration(struct buf *out, int64_t ms)
{
	static const struct {
		const char *name;
		int64_t ms;
	} units[] = { { "d", DAY(1) }, { "h", HOUR(1) }, { "m", MINUTE(1) },
	    { "s", SEC(1) }, { "ms", 1 } };

	for (size_t i = 0; i < NELEM(units); i++)
		if (ms % units[i].ms == 0) {
			buf_addf(out, " ttl=%lld%s",
			    (long long)(ms / units[i].ms), units[i].name);
			return;
		}
}

void
policy_terms_text(const struct policy *p, const struct decision *d,
    struct buf *out)
{
	buf_addf(out, "cap hops=%u", d->cap_hops);
	if (d->cap_ttl_ms != INT64_MAX)
		add_duration(out, d->cap_ttl_ms);
	buf_addc(out, '\n');
	add_bits(out, "purposes", d->purposes, name_of_purpose, p);
	add_bits(out, "oblige", d->obligations, name_of_obligation, p);
	if (d->outcome >= OUTCOME_REDACT)
		add_bits(out, "redact", d->redactions, policy_redaction, p);
	add_bits(out, "tag", d->add_lineage, name_of_lineage, p);
}

/* One attribute with its values as numbers; the name of a value. */
struct attribute {
	const char *name;
	int value, n;
	const char *(*value_name)(const struct policy *p, int v);
	void (*set)(struct policy_request *req, struct label *l, int v);
};

static const char *
tlp_value(const struct policy *p, int v)
{
	(void)p;
	return tlp_name(v);
}

static const char *
posture_value(const struct policy *p, int v)
{
	(void)p;
	return posture_name((enum posture)v);
}

static const char *
band_value(const struct policy *p, int v)
{
	(void)p;
	return band_name((enum band)v);
}

static const char *
domain_value(const struct policy *p, int v)
{
	return p->file->v.domains.v[v];
}

static const char *
kind_value(const struct policy *p, int v)
{
	return p->file->v.kinds.v[v];
}

static const char *
desk_value(const struct policy *p, int v)
{
	return p->file->v.desks.v[v];
}

static void
set_tlp(struct policy_request *req, struct label *l, int v)
{
	(void)req;
	l->tlp = (uint8_t)v;
}

static void
set_posture(struct policy_request *req, struct label *l, int v)
{
	(void)l;
	req->posture = (enum posture)v;
}

static void
set_discretion(struct policy_request *req, struct label *l, int v)
{
	(void)l;
	req->discretion = (enum band)v;
}

static void
set_reliability(struct policy_request *req, struct label *l, int v)
{
	(void)l;
	req->reliability = (enum band)v;
}

static void
set_purpose(struct policy_request *req, struct label *l, int v)
{
	(void)l;
	req->purpose = v;
}

static void
set_kind(struct policy_request *req, struct label *l, int v)
{
	(void)req;
	l->kind = (uint8_t)v;
}

static void
set_desk(struct policy_request *req, struct label *l, int v)
{
	(void)l;
	req->desk = v;
}

/* Is value v of a one that may be tried in place of the present one? */
static bool
may_try(const struct policy *p, const struct policy_request *req,
    const struct attribute *a, int v)
{
	if (v < 0 || v >= a->n || v == a->value)
		return false;
	if (a->set == set_desk)
		return p->desks[v].org == p->desks[req->desk].org;
	return a->set != set_kind || v != 0;
}

/*
 * The value nearest to the present one that gives a milder outcome than d's
 * or, if nothing is milder than permit, a stricter one.
 */
static void
add_nearest(const struct policy *p, const struct policy_request *req,
    const struct decision *d, const struct attribute *a, struct buf *out)
{
	for (int step = 1; step < 2 * a->n; step++) {
		int by = (step + 1) / 2;
		int v = a->value + (step % 2 == 1 ? -by : by);
		struct policy_request q = *req;
		struct label l = *req->label;
		struct decision other;

		if (!may_try(p, req, a, v))
			continue;
		q.label = &l;
		a->set(&q, &l, v);
		policy_decide(p, &q, &other);
		if (d->outcome == OUTCOME_PERMIT ?
		    other.outcome == OUTCOME_PERMIT :
		    other.outcome >= d->outcome)
			continue;
		buf_addf(out, "%s%s %s -> %s", out->p != NULL && out->n > 0 &&
		    out->p[out->n - 1] == ':' ? " " : " | ", a->name,
		    a->value_name(p, v), outcome_name(other.outcome));
		return;
	}
}

static void
explain_nearest(const struct policy *p, const struct policy_request *req,
    const struct decision *d, struct buf *out)
{
	const struct vocabulary *v = &p->file->v;
	const struct attribute attributes[] = {
		{ "posture", (int)req->posture, POLICY_POSTURES,
		  posture_value, set_posture },
		{ "tlp", req->label->tlp, TLP_RED + 1, tlp_value, set_tlp },
		{ "discretion", (int)req->discretion, POLICY_BANDS,
		  band_value, set_discretion },
		{ "reliability", (int)req->reliability, POLICY_BANDS,
		  band_value, set_reliability },
		{ "purpose", req->purpose, (int)v->domains.n, domain_value,
		  set_purpose },
		{ "desk", req->desk, (int)v->desks.n, desk_value, set_desk },
		{ "kind", req->label->kind, (int)v->kinds.n, kind_value,
		  set_kind },
	};
	size_t start = out->n, head;

	buf_addz(out, "nearest:");
	head = out->n;
	for (size_t i = 0; i < NELEM(attributes); i++)
		add_nearest(p, req, d, &attributes[i], out);
	if (out->n == head)
		out->n = start;
	else
		buf_addc(out, '\n');
}

/* What the gate then makes of it, where the rules alone do not say. */
static void
explain_obligations(const struct policy *p, const struct policy_request *req,
    const struct decision *d, struct buf *out)
{
	struct oblige_flow flow = { d->outcome, d->reason, d->by,
	    d->obligations, d->redactions };
	struct oblige_facts facts = { .label = req->label,
	    .received = req->received, .embargo_end = UNIX_MS_NEVER,
	    .now = req->now };

	if (req->direction != DIRECTION_OUT)
		return;
	oblige_out(p, &facts, &flow);
	if (flow.outcome == OUTCOME_DENY && d->outcome < OUTCOME_DENY)
		buf_addz(out, "obligations -> deny\n");
	else
		add_bits(out, "obligations -> redact",
		    flow.redactions & ~d->redactions, policy_redaction, p);
}

void
policy_explain(const struct policy *p, const struct policy_request *req,
    const struct decision *d, struct buf *out)
{
	struct matching matching;
	AUTO_BUF struct buf b = { 0 };

	if (p == NULL || req->label == NULL || req->desk < 0 ||
	    (size_t)req->desk >= p->file->v.desks.n || req->purpose < 0 ||
	    (size_t)req->purpose >= p->file->v.domains.n) {
		buf_addf(out, "%s by=%s\n", outcome_name(d->outcome),
		    reason_name(d->reason));
		return;
	}
	policy_match(p, req, &matching);
	explain_head(p, &matching, d, &b);
	if (d->outcome < OUTCOME_DENY)
		policy_terms_text(p, d, &b);
	explain_obligations(p, req, d, &b);
	explain_nearest(p, req, d, &b);
	buf_add(out, b.p, b.n);
}
