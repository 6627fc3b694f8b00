/*
 * policy expect: which outcome every record of a file should have for every
 * peer.  Computed here from the policy alone, without the gate's code and
 * without a daemon, so that what crossed can be checked against it.
 */
#include "ctl/expect.h"

#include <string.h>

#include "base/crypto.h"
#include "base/map64.h"
#include "ctl/client.h"
#include "ctl/files.h"
#include "format/import.h"
#include "ctl/policy_file.h"
#include "ctl/table.h"
#include "record/bundle.h"
#include "policy/oblige.h"
#include "record/derive.h"
#include "record/marking.h"

#define ID_SEED 1
#define EXPECT_FILES_MAX 1000

struct expected {
	char *id;		/* owned */
	struct str bytes;	/* borrowed from the input */
	struct stix_time modified;	/* to the nanosecond */
	struct label label;	/* its own, before the closure */
	unix_ms_t embargo_end;
	char **refs;		/* owned, each too */
	size_t nrefs;
	size_t mark;		/* last closure that visited it, plus one */
	struct expected *older;	/* another version of the same id */
};

struct expect {
	const struct policy *policy;	/* borrowed */
	struct label base;		/* of the desk that publishes */
	VEC(struct expected *) v;
	VEC(struct buf *) texts;	/* owned: the files */
	struct map64 by_id;		/* newest struct expected, borrowed */
	size_t refused;
};

static uint64_t
id_key(struct str id)
{
	return hash64(ID_SEED, id.p, id.n);
}

static struct expected *
expect_find(const struct expect *x, struct str id)
{
	return map64_get(&x->by_id, id_key(id));
}

/* The marking_source of this file. */
static struct str
on_find_marking(void *arg, struct str id)
{
	const struct expected *found = expect_find(arg, id);

	return found == NULL ? (struct str){ 0 } : found->bytes;
}

static void
expect_free(struct expect *x)
{
	for (size_t i = 0; i < x->v.n; i++) {
		struct expected *r = x->v.v[i];

		for (size_t k = 0; k < r->nrefs; k++)
			free(r->refs[k]);
		free(r->refs);
		free(r->id);
		free(r);
	}
	for (size_t i = 0; i < x->texts.n; i++) {
		buf_clear(x->texts.v[i]);
		free(x->texts.v[i]);
	}
	vec_clear(&x->texts);
	vec_clear(&x->v);
	map64_clear(&x->by_id, NULL);
}

/* Is it here already?  *out_conflict: that version, with other bytes. */
static bool
expect_is_known(const struct expected *r, const struct stix_object *o,
    bool *out_conflict)
{
	for (; r != NULL; r = r->older) {
		if (str_eq(r->bytes, o->bytes))
			return true;
		if (stix_time_cmp(&r->modified, &o->modified) == 0)
			*out_conflict = true;
	}
	return false;
}

static void
expect_add(struct expect *x, const struct stix_object *o)
{
	struct expected *older = expect_find(x, o->id), *r;
	bool conflict = false;

	if (expect_is_known(older, o, &conflict))
		return;
	if (conflict) {
		x->refused++;
		return;
	}
	r = mem_new(struct expected);
	r->modified = o->modified;
	r->modified.rest = (struct str){ 0 };
	r->id = mem_dup(o->id.p, o->id.n);
	r->bytes = o->bytes;
	r->refs = mem_array(char *, o->nrefs);
	for (size_t i = 0; i < o->nrefs; i++)
		r->refs[r->nrefs++] = mem_dup(o->refs[i].p, o->refs[i].n);
	r->older = older;
	map64_set(&x->by_id, id_key(o->id), r);
	vec_push(&x->v, r);
}

/* First pass: what there is.  Broken objects are counted, as publish does. */
static int
expect_read(struct expect *x, struct stix_reader *reader, struct str text,
    struct err *e)
{
	AUTO(bundle_reader_free) struct bundle_reader *br =
	    bundle_reader_new(text);
	struct stix_object o;
	struct stix_problem problem;
	struct str bytes;
	int rc;

	while ((rc = bundle_next(br, &bytes, e)) != 0) {
		if (rc < 0 || stix_read(reader, bytes, &o, &problem) < 0)
			x->refused++;
		else
			expect_add(x, &o);
		if (x->v.n + x->refused > 100000000)
			return err_set(e, ERR_LIMIT, "too many objects");
	}
	return 0;
}

/* What publish makes of a file that is no STIX 2.1, in its place. */
static int
expect_convert(struct expect *x, struct buf *text, struct err *e)
{
	const struct import_options o = { .now = now_ms() };
	struct import i = { 0 };
	int rc = import_convert(buf_str(text), &o, &i, e);

	if (rc == 0) {
		x->refused += i.notes.n - i.losses;
		buf_reset(text);
		buf_add(text, i.objects.p, i.objects.n);
	}
	import_clear(&i);
	return rc;
}

/* Read one more file; its text stays, the records borrow from it. */
static int
expect_file(struct expect *x, struct stix_reader *reader, const char *path,
    struct err *e)
{
	struct buf *text = mem_new(struct buf);

	vec_push(&x->texts, text);
	TRY(file_read_unpacked(path, INPUT_BYTES_MAX, text, e));
	if (!import_is_plain(buf_str(text)))
		TRY(expect_convert(x, text, e));
	return expect_read(x, reader, buf_str(text), e);
}

/* Second pass: every record's own label; markings are known by now. */
static void
expect_label(struct expect *x, struct stix_reader *reader)
{
	const struct marking_source src = { on_find_marking, x, now_ms() };
	const struct vocabulary *v = policy_vocabulary(x->policy);

	for (size_t i = 0; i < x->v.n; i++) {
		struct expected *r = x->v.v[i];
		struct label base = x->base;
		struct stix_object o;
		struct stix_problem problem;

		label_top(&r->label);
		if (stix_read(reader, r->bytes, &o, &problem) < 0)
			continue;
		base.kind = policy_classify(x->policy, &o);
		(void)label_from_markings(&o, v, &src, &base, &r->label,
		    NULL);
		r->embargo_end = derive_embargo(&o);
		label_normalise(&r->label, v);
		org_set_add(&r->label.roots, 0);
	}
}

/* The version of an id that counts: the latest, and of equals the last. */
static struct expected *
expect_newest(const struct expect *x, struct str id)
{
	struct expected *best = expect_find(x, id);

	for (struct expected *r = best; r != NULL; r = r->older)
		if (stix_time_cmp(&r->modified, &best->modified) > 0)
			best = r;
	return best;
}

/* Join into out everything that r refers to, directly or not. */
static void
expect_closure(struct expect *x, struct expected *r, size_t mark,
    struct label *out)
{
	VEC(struct expected *) todo = { 0 };

	*out = r->label;
	r->mark = mark;
	vec_push(&todo, r);
	for (size_t at = 0; at < todo.n; at++) {
		struct expected *t = todo.v[at];

		for (size_t i = 0; i < t->nrefs; i++) {
			struct expected *ref = expect_newest(x,
			    str_of(t->refs[i]));

			if (ref == NULL || ref->mark == mark)
				continue;
			ref->mark = mark;
			label_join(out, out, &ref->label);
			vec_push(&todo, ref);
		}
	}
	vec_clear(&todo);
	label_normalise(out, policy_vocabulary(x->policy));
}

/*
 * comity-policy(5), DECISION: a peer gets the mildest outcome over its desks
 * and the uses that each declares.
 */
void
expect_decide(const struct policy *p, const struct policy_org *org,
    const struct label *label, unix_ms_t now, struct expect_outcome *out)
{
	*out = (struct expect_outcome){ .outcome = OUTCOME_DENY, .by = "",
	    .reason = REASON_DEFAULT };
	for (int i = 0, first = 1; i < org->ndesks; i++) {
		int desk = org->first_desk + i;
		uint32_t uses = policy_desk_uses(p, desk);

		for (; uses != 0; uses &= uses - 1) {
			struct policy_request q = {
				.direction = DIRECTION_OUT, .desk = desk,
				.purpose = __builtin_ctz(uses),
				.label = label, .posture = org->posture,
				.discretion = org->discretion,
				.reliability = org->reliability,
				.agreements = UINT64_MAX,
				.circles = UINT64_MAX,
				.definitions = UINT64_MAX, .now = now,
			};
			struct decision d;

			policy_decide(p, &q, &d);
			if (!first && d.outcome > out->outcome)
				continue;
			if (first || d.outcome < out->outcome)
				*out = (struct expect_outcome){ d.outcome,
				    d.reason, policy_rule_id(p, d.by), 0,
				    0 };
			out->redactions |= d.redactions;
			out->obligations |= d.obligations;
			first = 0;
		}
	}
	if (out->outcome != OUTCOME_REDACT)
		out->redactions = 0;
}

/* What the obligations make of it. */
static void
expect_oblige(const struct policy *p, const struct oblige_facts *facts,
    struct expect_outcome *o)
{
	struct oblige_flow flow = { o->outcome, o->reason, -1,
	    o->obligations, o->redactions };

	oblige_out(p, facts, &flow);
	if (flow.outcome == OUTCOME_DENY && o->outcome < OUTCOME_DENY)
		o->by = "";
	o->outcome = flow.outcome;
	o->reason = flow.reason;
	o->redactions = flow.redactions;
}

/* The id under which the peer will hold the record; "" if it will not. */
static const char *
expect_id_there(const struct expect *x, struct stix_reader *reader,
    const struct expected *r, struct expect_outcome *o,
    char dst[static STIX_ID_MAX + 1])
{
	const char *parts[POLICY_REDACTIONS_MAX];
	AUTO_BUF struct buf derived = { 0 };
	const char *us = policy_org(x->policy, 0)->id;
	struct stix_object object;
	struct stix_problem problem;
	size_t n = 0;

	if (o->outcome == OUTCOME_PERMIT)
		return r->id;
	if (o->outcome != OUTCOME_REDACT)
		return "";
	for (unsigned bit = 0; bit < POLICY_REDACTIONS_MAX; bit++)
		if ((o->redactions >> bit & 1) != 0)
			parts[n++] = policy_redaction(x->policy, bit);
	if (stix_read(reader, r->bytes, &object, &problem) < 0 ||
	    derive_redacted(&object, &(struct derive_options){ .parts = parts,
	    .n = n, .cert_id = us }, &derived) < 0) {
		/* An obligation that cannot be carried out: deny. */
		o->outcome = OUTCOME_DENY;
		o->reason = REASON_OBLIGATION;
		return "";
	}
	return derive_id(&object, parts, n, us, dst);
}

struct expect_output {
	const struct ctl *c;
	const char *peer;	/* only this one, or NULL */
	bool ids, summary;
	struct table *rows;	/* or NULL */
	json_t *peers;		/* or NULL */
	size_t (*counts)[OUTCOMES];	/* by org */
};

static void
expect_note(const struct expect_output *out, const struct policy_org *org,
    const struct expected *r, const struct expect_outcome *o,
    const char *there)
{
	json_t *list;

	if (out->ids && there[0] != '\0') {
		printf("%s\n", there);
	} else if (out->rows != NULL) {
		table_cell(out->rows, r->id);
		table_cell(out->rows, org->id);
		table_cell(out->rows, outcome_name(o->outcome));
		table_cell(out->rows, o->by[0] != '\0' ? o->by :
		    reason_name(o->reason));
	} else if (out->peers != NULL && !out->summary) {
		list = json_object_get(json_object_get(out->peers, org->id),
		    "records");
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s, "
		    "s:s*}", "id", r->id, "outcome", outcome_name(o->outcome),
		    "by", o->by, "reason", reason_name(o->reason), "there",
		    there[0] != '\0' ? there : NULL));
	}
}

static void
expect_run(struct expect *x, struct stix_reader *reader,
    const struct expect_output *out)
{
	unix_ms_t now = now_ms();

	for (size_t i = 0; i < x->v.n; i++) {
		struct expected *r = x->v.v[i];
		struct label label;

		expect_closure(x, r, i + 1, &label);
		for (size_t k = 1; k < policy_norgs(x->policy); k++) {
			const struct policy_org *org = policy_org(x->policy,
			    k);
			struct expect_outcome o;
			char id[STIX_ID_MAX + 1];
			const char *there;

			if (out->peer != NULL &&
			    strcmp(out->peer, org->id) != 0)
				continue;
			expect_decide(x->policy, org, &label, now, &o);
			expect_oblige(x->policy, &(struct oblige_facts){
			    &label, false, r->embargo_end, now }, &o);
			there = expect_id_there(x, reader, r, &o, id);
			out->counts[k][o.outcome]++;
			expect_note(out, org, r, &o, there);
		}
	}
}

static json_t *
counts_json(const size_t counts[static OUTCOMES])
{
	json_t *j = json_object();

	for (int o = 0; o < OUTCOMES; o++)
		json_object_set_new(j, outcome_name((enum outcome)o),
		    json_integer((json_int_t)counts[o]));
	return j;
}

static void
summary_print(const struct expect *x, const struct expect_output *out)
{
	static const char *const headings[] = { "PEER", ">PERMIT", ">REDACT",
	    ">CONSULT", ">DENY", ">FORBID" };
	AUTO(table_free) struct table *t = table_new(headings,
	    NELEM(headings));

	for (size_t k = 1; k < policy_norgs(x->policy); k++) {
		const char *id = policy_org(x->policy, k)->id;

		if (out->peer != NULL && strcmp(out->peer, id) != 0)
			continue;
		table_cell(t, id);
		for (int o = 0; o < OUTCOMES; o++)
			table_number(t, (long long)out->counts[k][o]);
	}
	table_print(t, stdout);
	fprintf(stderr, "%zu records, %zu not valid\n", x->v.n, x->refused);
}

/* Compute and print in the form that was asked for. */
static int
expect_print(struct expect *x, struct stix_reader *reader,
    struct expect_output *out)
{
	static const char *const headings[] = { "RECORD", "PEER", "OUTCOME",
	    "BY" };
	AUTO(table_free) struct table *rows = NULL;
	AUTO_JSON json_t *j = NULL;
	size_t norgs = policy_norgs(x->policy);
	AUTO(mem_free) void *counts = mem_zeroed(norgs,
	    sizeof(*out->counts));

	out->counts = counts;
	if (out->c->json)
		out->peers = json_object();
	else if (!out->ids && !out->summary)
		out->rows = rows = table_new(headings, NELEM(headings));
	for (size_t k = 1; out->peers != NULL && k < norgs; k++)
		json_object_set_new(out->peers, policy_org(x->policy, k)->id,
		    json_pack("{s:[]}", "records"));
	expect_run(x, reader, out);
	if (out->peers != NULL) {
		for (size_t k = 1; k < norgs; k++)
			json_object_set_new(json_object_get(out->peers,
			    policy_org(x->policy, k)->id), "counts",
			    counts_json(out->counts[k]));
		j = json_pack("{s:i, s:b, s:I, s:I, s:o}", "v", 1, "ok", 1,
		    "records", (json_int_t)x->v.n, "refused",
		    (json_int_t)x->refused, "peers", out->peers);
		reply_print(j);
	} else if (rows != NULL) {
		table_print(rows, stdout);
	} else if (out->summary) {
		summary_print(x, out);
	}
	return CTL_DONE;
}

/* Find the desk that would publish, and what its records start from. */
static int
expect_desk(const struct ctl *c, struct expect *x, const char *name)
{
	const struct policy_org *us = policy_org(x->policy, 0);
	char full[CERT_ID_MAX + NAME_MAX_BYTES + 2];
	int desk = us->first_desk;

	if (name != NULL) {
		(void)snprintf(full, sizeof(full), "%s/%s", us->id, name);
		desk = policy_find_desk(x->policy, str_of(full));
	}
	if (desk < 0 || us->ndesks == 0)
		return ctl_fail(c, CTL_NOT_FOUND, "self: desks: of the policy "
		    "lists ours", "no desk %s", name == NULL ? "" : name);
	policy_source_label(x->policy, 0, desk, &x->base);
	return 0;
}

int
cmd_policy_expect(struct ctl *c)
{
	const char *policy = NULL, *desk = NULL, *peer = NULL;
	struct expect_output out = { .c = c };
	const struct ctl_option options[] = {
		{ "policy", NULL, &policy, 1 }, { "desk", NULL, &desk, 1 },
		{ "peer", NULL, &peer, 1 }, { "ids", &out.ids, NULL, 0 },
		{ "summary", &out.summary, NULL, 0 },
	};
	AUTO(policy_free) struct policy *p = NULL;
	AUTO(stix_reader_free) struct stix_reader *reader = stix_reader_new();
	struct expect x = { 0 };
	struct err e = { 0 };
	int rc;

	CTL_OPTIONS(c, options, 1, EXPECT_FILES_MAX);
	if (policy == NULL)
		return ctl_usage(c, "--policy FILE is needed");
	p = policy_open(policy, &e);
	if (p == NULL)
		return ctl_fail_err(c, &e, "comityctl policy check FILE");
	out.peer = peer;
	if (peer != NULL && policy_find_org(p, str_of(peer)) < 1)
		return ctl_fail(c, CTL_NOT_FOUND, NULL,
		    "%s: the policy has no peer %s", policy, peer);
	x.policy = p;
	rc = expect_desk(c, &x, desk);
	if (rc != 0)
		return rc;
	for (int i = 0; i < c->argc; i++) {
		if (expect_file(&x, reader, c->argv[i], &e) == 0)
			continue;
		expect_free(&x);
		return ctl_fail_err(c, &e, NULL);
	}
	expect_label(&x, reader);
	rc = expect_print(&x, reader, &out);
	expect_free(&x);
	return rc;
}
