#include "gate/release.h"

#include <string.h>

#include "gate/derived.h"
#include "gate/embargo.h"
#include "gate/gate_private.h"
#include "gate/onward.h"
#include "gate/shadow.h"
#include "gate/terms.h"
#include "wire/frame.h"

#define SCAN_ARENA_BYTES MIB(64)
#define BATCH_BYTES_MAX (FRAME_RECORDS_MAX - KIB(128))
#define ANSWERS_MAX 65536
#define BACKFILL_UNDER_WAY MIB(2)

/* An answer that holds for every record of one label. */
struct known_answer {
	struct gate_answer a;
	struct terms_text terms;	/* the release text, for one expiry */
};

struct release {
	struct release_options o;
	struct map64 answers;		/* of struct known_answer, owned */
	uint64_t generation;		/* of the gate, when they were made */
	int64_t at;			/* of what is new, scanned up to here */
	/* What was there before: scanned up to back_at of back_end. */
	int64_t back_at, back_end;
	VEC(int64_t) again;		/* single ones to look at again */
	VEC(char *) kinds;		/* owned; what the peer subscribed to */
	bool subscribed, every_kind;
	int min_confidence;
};

/* One run: what is gathered until a batch is full. */
struct run {
	struct release *r;
	const struct release_budget *budget;
	struct arena *arena;		/* holds the scanned records */
	release_emit emit;
	void *arg;
	struct audit_decisions log;
	int64_t seal;			/* of the open batch; 0 none */
	VEC(struct release_record) batch;
	size_t bytes;
	size_t label_bytes;		/* of its labels, at most */
	struct derived *derived;	/* owned */
	struct onward *onward;		/* owned: the batch's links */
	size_t emitted_bytes, bytes_max;
	size_t looked;
	int64_t *at;			/* what the scan moves on */
	int64_t end;			/* and how far it may */
	bool stop;
};

static void
known_answer_free(void *p)
{
	struct known_answer *k = p;

	terms_text_clear(&k->terms);
	free(k);
}

/* What is stored now is looked at again from there on, as backfill. */
static void
release_rewind(struct release *r, int64_t from)
{
	r->back_at = from;
	r->back_end = r->at = store_last_seq(r->o.gate->o.store);
}

struct release *
release_new(const struct release_options *o)
{
	struct release *r = mem_new(struct release);

	r->o = *o;
	release_rewind(r, delivery_settled(o->delivery));
	return r;
}

static void
release_clear_kinds(struct release *r)
{
	for (size_t i = 0; i < r->kinds.n; i++)
		free(r->kinds.v[i]);
	vec_clear(&r->kinds);
}

void
release_free(struct release *r)
{
	if (r == NULL)
		return;
	map64_clear(&r->answers, known_answer_free);
	release_clear_kinds(r);
	vec_clear(&r->again);
	free(r);
}

void
release_set_delivery(struct release *r, struct delivery *d)
{
	r->o.delivery = d;
	release_rewind(r, delivery_settled(d));
}

void
release_start(struct release *r, const struct str *kinds, size_t nkinds,
    int min_confidence)
{
	release_clear_kinds(r);
	r->min_confidence = min_confidence;
	r->subscribed = true;
	r->every_kind = nkinds == 1 && str_eqz(kinds[0], "*");
	for (size_t i = 0; !r->every_kind && i < nkinds; i++)
		vec_push(&r->kinds, (char *)mem_dup(kinds[i].p, kinds[i].n));
	release_rewind(r, delivery_settled(r->o.delivery));
}

void
release_restart(struct release *r)
{
	map64_clear(&r->answers, known_answer_free);
	delivery_reset(r->o.delivery, false);
	release_rewind(r, 0);
}

bool
release_backfill(const struct release *r, int64_t *out_at, int64_t *out_end)
{
	if (r->back_at >= r->back_end)
		return false;
	*out_at = r->back_at;
	*out_end = r->back_end;
	return true;
}

bool
release_waits(const struct release *r)
{
	return r->again.n > 0 || r->back_at < r->back_end ||
	    r->at < store_last_seq(r->o.gate->o.store);
}

int64_t
release_decided(const struct release *r)
{
	return r->back_at < r->back_end ? r->back_at : r->at;
}

/* Is it one of the kinds the peer named?  None: nobody asked. */
static bool
release_wants(const struct release *r, const char *kind)
{
	for (size_t i = 0; i < r->kinds.n; i++)
		if (strcmp(kind, r->kinds.v[i]) == 0)
			return true;
	return false;
}

/* The answer for a record, from the cache when its label decides alone. */
static int
release_answer(struct release *r, const struct store_record *rec,
    unix_ms_t now, struct known_answer **out)
{
	uint64_t key = (uint64_t)rec->label << 32 | (uint32_t)rec->desks;
	bool alone = (rec->flags & (RECORD_HAS_REFS | RECORD_SUPERSEDED)) ==
	    0 &&
	    rec->expires.ms > now.ms;
	struct gate_query q = { r->o.party, rec, now };
	struct known_answer *k;
	struct gate_answer a;
	int rc;

	if (r->generation != gate_generation(r->o.gate) ||
	    r->answers.n > ANSWERS_MAX) {
		map64_clear(&r->answers, known_answer_free);
		r->generation = gate_generation(r->o.gate);
	}
	/* Records that are decided one by one share the last cache slot. */
	if (!alone)
		key = UINT64_MAX;
	k = map64_get(&r->answers, key);
	if (alone && k != NULL) {
		*out = k;
		return 0;
	}
	rc = gate_answer_out(r->o.gate, &q, &a);
	if (rc == ERR_DENIED)
		a = (struct gate_answer){ .outcome = OUTCOME_DENY,
		    .reason = REASON_NO_POLICY, .by = -1, .desk = -1,
		    .purpose = -1 };
	else if (rc < 0)
		return rc;
	if (alone && a.alone)
		k = map64_get(&r->answers, key = UINT64_MAX);
	if (k == NULL) {
		k = mem_new(struct known_answer);
		map64_set(&r->answers, key, k);
	}
	terms_text_clear(&k->terms);
	k->a = a;
	*out = k;
	return 0;
}

/* What people agreed to, as the answer for that record alone. */
static int
release_agreed(struct release *r, const struct store_record *rec,
    unix_ms_t now, struct known_answer **out)
{
	struct gate_query q = { r->o.party, rec, now };
	struct desk_set desks;
	struct known_answer *k;
	struct gate_answer a;

	if (r->o.agreed == NULL ||
	    !r->o.agreed(r->o.agreed_arg, rec->seq, &desks))
		return 0;
	q.agreed = &desks;
	TRY(gate_answer_out(r->o.gate, &q, &a));
	k = map64_get(&r->answers, UINT64_MAX);
	if (k == NULL) {
		k = mem_new(struct known_answer);
		map64_set(&r->answers, UINT64_MAX, k);
	}
	terms_text_clear(&k->terms);
	k->a = a;
	*out = k;
	return 0;
}

/* Note a decision for the log, with those of the same reason. */
static void
run_log(struct run *run, const struct gate_answer *a, int64_t seq)
{
	const struct policy *p = gate_policy(run->r->o.gate);
	struct str by = str_of(p == NULL ? "" : policy_rule_id(p, a->by));
	struct audit_group *g = NULL;

	for (size_t i = run->log.groups.n; i-- > 0 && g == NULL;) {
		struct audit_group *at = &run->log.groups.v[i];

		if (at->outcome == a->outcome && at->reason == a->reason &&
		    str_eq(at->by, by))
			g = at;
	}
	if (g == NULL) {
		vec_push(&run->log.groups, (struct audit_group){
		    .outcome = (uint8_t)a->outcome,
		    .reason = (uint8_t)a->reason, .by = by });
		g = &run->log.groups.v[run->log.groups.n - 1];
	}
	vec_push(&g->seqs.at, seq);
}

/* Hand the open batch to the caller. */
static int
run_flush(struct run *run)
{
	struct seals *seals = run->r->o.gate->seals;
	uint16_t indices[BATCH_RECORDS_MAX];
	struct release_batch batch = { .v = run->batch.v,
	    .n = run->batch.n, .bytes = run->bytes };
	struct chain_table links;
	struct seals_proof proof;
	int rc;

	if (run->batch.n == 0)
		return 0;
	for (size_t i = 0; i < run->batch.n; i++)
		indices[i] = run->batch.v[i].leaf;
	TRY(seals_prove(seals, run->seal, indices, run->batch.n, &proof));
	batch.seal = proof.seal;
	batch.hashes = proof.hashes;
	batch.nhashes = proof.nhashes;
	TRY(onward_sign(run->onward, proof.seal, &links));
	batch.links = links.v;
	batch.nlinks = links.n;
	rc = run->emit(run->arg, &batch);
	TRY(rc);
	onward_reset(run->onward);
	run->emitted_bytes += run->bytes;
	run->stop = run->stop || rc == 1 ||
	    run->emitted_bytes >= run->bytes_max;
	run->batch.n = 0;
	run->bytes = 0;
	run->label_bytes = 0;
	run->seal = 0;
	return 0;
}

/* Is there still room in the open batch for this record? */
static bool
run_fits(const struct run *run, const struct store_record *rec)
{
	const struct release_record *last;

	if (run->batch.n == 0)
		return true;
	last = &run->batch.v[run->batch.n - 1];
	return run->seal == rec->seal && last->leaf < rec->leaf &&
	    run->batch.n < BATCH_RECORDS_MAX &&
	    run->bytes + run->label_bytes + onward_bytes(run->onward) +
	    rec->bytes.n <= BATCH_BYTES_MAX;
}

/* What cannot go out as the policy wants is denied, and logged so. */
static int
run_deny(struct run *run, int64_t seq, const struct gate_answer *a)
{
	struct gate_answer denied = *a;

	denied.outcome = OUTCOME_DENY;
	denied.reason = REASON_OBLIGATION;
	run_log(run, &denied, seq);
	delivery_set(run->r->o.delivery, seq, DELIVERY_DENIED);
	return 0;
}

/* The record's last link in the open batch, or in the next one. */
static int
run_link(struct run *run, const struct store_record *rec,
    struct release_record *out)
{
	int rc = onward_add(run->onward, rec, out->terms, &out->link);

	if (rc != ERR_LIMIT || run->batch.n == 0)
		return rc;
	TRY(run_flush(run));
	return onward_add(run->onward, rec, out->terms, &out->link);
}

static int
run_add(struct run *run, const struct store_record *rec, int64_t seq,
    struct known_answer *k)
{
	struct release_record out = { .seq = seq, .redacted = seq != rec->seq,
	    .leaf = rec->leaf, .bytes = rec->bytes };
	const struct gate *g = run->r->o.gate;
	int rc;

	if (!run_fits(run, rec))
		TRY(run_flush(run));
	TRY(store_label(g->o.store, rec->label, run->arena, &out.label));
	TRY(terms_text(&k->terms, g->policy, &k->a, &(struct terms_time){
	    run->budget->now, rec->expires }, &out.terms));
	out.terms.p = arena_dup(run->arena, out.terms.p, out.terms.n);
	if (out.terms.p == NULL)
		return ERR_LIMIT;
	rc = run_link(run, rec, &out);
	if (rc == ERR_DENIED)
		return run_deny(run, seq, &k->a);
	TRY(rc);
	memcpy(out.salt, rec->salt, sizeof(out.salt));
	run->seal = rec->seal;
	run->bytes += rec->bytes.n;
	if (run->batch.n == 0 ||
	    !str_eq(run->batch.v[run->batch.n - 1].label, out.label))
		run->label_bytes += out.label.n;
	vec_push(&run->batch, out);
	delivery_set(run->r->o.delivery, seq, DELIVERY_SENT);
	return 0;
}

/* Does the record state less confidence than the peer asked for? */
static bool
release_too_weak(const struct release *r, const struct store_record *rec)
{
	struct stix_problem problem;
	struct stix_object o;

	return r->min_confidence > 0 &&
	    stix_read(r->o.gate->other, rec->bytes, &o, &problem) == 0 &&
	    o.confidence >= 0 && o.confidence < r->min_confidence;
}

bool
release_takes(const struct release *r, struct gate *g,
    const struct store_record *rec)
{
	const struct label *l = labels_get(g->labels, rec->label, rec->desks);
	const struct vocabulary *v;

	if (l == NULL || !r->subscribed)
		return true;
	v = policy_vocabulary(g->policy);
	return (r->every_kind || (l->kind < v->kinds.n &&
	    release_wants(r, v->kinds.v[l->kind]))) &&
	    !release_too_weak(r, rec);
}

static enum delivery_state
state_of(enum outcome o)
{
	switch (o) {
	case OUTCOME_CONSULT:
		return DELIVERY_CONSULTED;
	case OUTCOME_DENY:
		return DELIVERY_DENIED;
	case OUTCOME_FORBID:
		return DELIVERY_FORBIDDEN;
	default:
		return DELIVERY_NONE;
	}
}

/* Is there anything to decide about this record? */
static int
run_concerns(struct run *run, const struct store_record *rec)
{
	enum delivery_state s = delivery_get(run->r->o.delivery, rec->seq);
	int echo;

	if ((rec->flags & (RECORD_DERIVED | RECORD_TOMBSTONE |
	    RECORD_RELABELLED | RECORD_HELD)) != 0 ||
	    s == DELIVERY_DELIVERED || s == DELIVERY_SENT ||
	    s == DELIVERY_REFUSED)
		return 0;
	echo = gate_is_echo(run->r->o.gate, rec, run->r->o.cert_id,
	    run->arena);
	return echo < 0 ? echo : !echo;
}

static int
run_redact(struct run *run, const struct store_record *rec,
    const struct gate_answer *a)
{
	int rc = derived_add(run->derived, rec, a);

	return rc == ERR_DENIED ? run_deny(run, rec->seq, a) : rc;
}

/* The policy that is tried beside hears of it. */
static void
run_shadow(struct run *run, const struct store_record *rec,
    const struct gate_answer *a)
{
	struct release_options *o = &run->r->o;

	if (o->gate->shadow != NULL)
		shadow_out(o->gate->shadow, o->cert_id, &(struct gate_query){
		    .party = o->party, .record = rec,
		    .now = run->budget->now }, a);
}

static int
run_record(struct run *run, const struct store_record *rec)
{
	struct known_answer *k;
	enum outcome asked;

	TRY(release_answer(run->r, rec, run->budget->now, &k));
	asked = k->a.outcome;
	if (asked == OUTCOME_CONSULT)
		TRY(release_agreed(run->r, rec, run->budget->now, &k));
	/* What it holds redacted it may now get whole; less undoes nothing. */
	if (k->a.outcome != OUTCOME_PERMIT && delivery_get(
	    run->r->o.delivery, rec->seq) == DELIVERY_REDACTED)
		return 0;
	if (k->a.outcome <= OUTCOME_REDACT &&
	    !release_takes(run->r, run->r->o.gate, rec))
		return 0;
	/* What people agreed to no policy decided. */
	if (k->a.outcome == asked)
		run_shadow(run, rec, &k->a);
	run_log(run, &k->a, rec->seq);
	if (k->a.reason == REASON_OBLIGATION && k->a.alone)
		TRY(embargo_note(run->r->o.gate, k->a.embargo_end));
	delivery_set(run->r->o.delivery, rec->seq, state_of(k->a.outcome));
	if (k->a.outcome == OUTCOME_PERMIT)
		return run_add(run, rec, rec->seq, k);
	if (k->a.outcome == OUTCOME_REDACT)
		return run_redact(run, rec, &k->a);
	return 0;
}

static int
on_scanned(void *arg, const struct store_record *rec)
{
	struct run *run = arg;
	int rc;

	if (rec->seq > run->end)
		return 1;
	rc = run_concerns(run, rec);
	if (rc > 0)
		rc = run_record(run, rec);
	if (rc < 0)
		return rc;
	*run->at = rec->seq;
	run->looked++;
	return run->stop ? 1 : 0;
}

/* A derived record is ready: it goes out in the original's place. */
static int
on_derived(void *arg, const struct store_record *rec, int64_t original,
    const struct gate_answer *a)
{
	struct known_answer k = { .a = *a };
	int rc = run_add(arg, rec, original, &k);

	terms_text_clear(&k.terms);
	return rc;
}

/* What is released goes out only with its decision in the log. */
static int
run_finish(struct run *run)
{
	struct gate *g = run->r->o.gate;
	AUTO_BUF struct buf entry = { 0 };
	struct digest digest;

	TRY(derived_finish(run->derived, on_derived, run));
	TRY(run_flush(run));
	if (run->log.groups.n == 0)
		return 0;
	if (g->policy != NULL) {
		policy_digest(g->policy, &digest);
		memcpy(run->log.policy, digest.b, sizeof(run->log.policy));
	}
	/* What is new was decided before what is looked at again. */
	for (size_t i = 0; i < run->log.groups.n; i++)
		seq_list_sort(&run->log.groups.v[i].seqs);
	run->log.at = run->budget->now;
	run->log.peer = str_of(run->r->o.cert_id);
	audit_decisions_encode(&run->log, &entry);
	return audit_append(g->o.audit, AUDIT_DECISIONS, buf_str(&entry));
}

void
release_look_again(struct release *r, int64_t seq)
{
	for (size_t i = 0; i < r->again.n; i++)
		if (r->again.v[i] == seq)
			return;
	vec_push(&r->again, seq);
}

/* The single records that were asked about. */
static int
run_again(struct run *run)
{
	struct release *r = run->r;
	struct store_record rec;

	while (r->again.n > 0 && !run->stop &&
	    run->looked < run->budget->max_records) {
		int64_t seq = r->again.v[r->again.n - 1];
		int rc = store_get(r->o.gate->o.store, seq, run->arena,
		    &rec);

		run->looked++;
		if (rc == 0 && (rc = run_concerns(run, &rec)) > 0)
			rc = run_record(run, &rec);
		if (rc < 0 && rc != ERR_NOT_FOUND)
			return rc;
		r->again.n--;
	}
	return 0;
}

/* Scan (*at, end], as far as the budget of the run goes. */
static int
run_scan(struct run *run, int64_t *at, int64_t end)
{
	struct store *store = run->r->o.gate->o.store;
	int rc;

	if (*at >= end || run->stop || run->looked >= run->budget->max_records)
		return 0;
	run->at = at;
	run->end = end;
	rc = store_scan(store, *at, run->budget->max_records - run->looked,
	    run->arena, on_scanned, run);
	/* What the first scan left in the arena may have filled it. */
	return rc == ERR_LIMIT && run->looked > 0 ? 0 : rc < 0 ? rc : 0;
}

/* What was there before, as far as it keeps the way short. */
static int
run_backfill(struct run *run, int64_t end)
{
	size_t under_way = run->budget->under_way + run->emitted_bytes;

	if (under_way >= BACKFILL_UNDER_WAY)
		return 0;
	if (run->emitted_bytes + BACKFILL_UNDER_WAY - under_way <
	    run->bytes_max)
		run->bytes_max = run->emitted_bytes + BACKFILL_UNDER_WAY -
		    under_way;
	return run_scan(run, &run->r->back_at, end);
}

int
release_run(struct release *r, const struct release_budget *b,
    release_emit emit, void *arg)
{
	AUTO(arena_free) struct arena *arena = NULL;
	struct run run = { .r = r, .budget = b, .emit = emit, .arg = arg,
	    .bytes_max = b->max_bytes };
	int64_t last;
	int rc;

	if (!release_waits(r))
		return 0;
	run.arena = arena = arena_new(SCAN_ARENA_BYTES);
	run.derived = derived_new(r->o.gate, arena, b->now);
	run.onward = onward_new(r->o.gate, r->o.cert_id);
	last = gate_releasable(r->o.gate, b->now);
	rc = run_again(&run);
	if (rc == 0)
		rc = run_scan(&run, &r->at, last);
	if (rc == 0)
		rc = run_backfill(&run, r->back_end < last ? r->back_end :
		    last);
	if (rc == 0)
		rc = run_finish(&run);
	derived_free(run.derived);
	onward_free(run.onward);
	audit_decisions_clear(&run.log);
	vec_clear(&run.batch);
	return rc < 0 ? rc : (int)run.looked;
}
