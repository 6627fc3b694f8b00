/*
 * policy simulate: a policy that comityctl sends is asked about everything
 * that is stored, in slices, while the daemon goes on.
 */
#include "gate/simulate.h"
#include "host/clock.h"
#include "vault/configure.h"
#include "vault/consult/consult.h"
#include "vault/control/files.h"
#include "vault/terms.h"

/* Answers of one slice, about so many; a record is asked for every peer. */
#define SLICE_ANSWERS 2000
#define SLICE_RECORDS_MIN 10
#define REPLY_EVERY_MS 500

struct simulating {
	struct policy *then;		/* owned */
	struct simulate_peer *peers;	/* owned */
	struct peer **known;		/* owned array; to see who is gone */
	struct policy_met *mets;	/* owned: two for each peer */
	size_t npeers;
	struct simulation *run;		/* owned */
	uint64_t policy_generation;
	unix_ms_t since;
	size_t slice;			/* records of one */
	mono_ms_t told;			/* how far it is */
};

static void
simulating_free(void *arg)
{
	struct simulating *s = arg;

	simulation_free(s->run);
	policy_free(s->then);
	free(s->peers);
	free(s->known);
	free(s->mets);
	free(s);
}

/* ---- the answer ---- */

static json_t *
samples_json(const struct simulate_peer *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->nsamples; i++)
		(void)json_array_append_new(list, json_pack(
		    "{s:s, s:s, s:s, s:s}", "id", p->samples[i].id,
		    "before", outcome_name(p->samples[i].before), "after",
		    outcome_name(p->samples[i].after), "by",
		    p->samples[i].by));
	return list;
}

/* What changes: how many records went from one outcome to another. */
static json_t *
changes_json(const struct simulate_peer *p)
{
	json_t *list = json_array();

	for (int b = 0; b < OUTCOMES; b++)
		for (int a = 0; a < OUTCOMES; a++)
			if (a != b && p->outcomes[b][a] != 0)
				(void)json_array_append_new(list, json_pack(
				    "{s:s, s:s, s:I}", "before",
				    outcome_name((enum outcome)b), "after",
				    outcome_name((enum outcome)a), "records",
				    (json_int_t)p->outcomes[b][a]));
	return list;
}

static json_t *
peer_json(const struct simulate_peer *p, bool all)
{
	json_t *f = json_pack("{s:s, s:I, s:I, s:I, s:o, s:o}",
	    "id", p->cert_id, "records", (json_int_t)p->records,
	    "flow", (json_int_t)p->flow, "stop", (json_int_t)p->stop,
	    "changes", changes_json(p), "samples", samples_json(p));

	if (all)
		(void)json_object_set_new(f, "after", json_pack(
		    "{s:I, s:I, s:I, s:I, s:I}",
		    "delivered", (json_int_t)p->delivered,
		    "redacted", (json_int_t)p->redacted,
		    "consulted", (json_int_t)p->consulted,
		    "denied", (json_int_t)p->denied,
		    "forbidden", (json_int_t)p->forbidden));
	return f;
}

static void
simulating_reply(struct control *c, const struct simulating *s)
{
	json_t *list = json_array();
	struct digest digest;
	char hex[2 * DIGEST_BYTES + 1];

	for (size_t i = 0; i < s->npeers; i++)
		(void)json_array_append_new(list, peer_json(&s->peers[i],
		    s->since.ms == 0));
	policy_digest(s->then, &digest);
	hex_encode(hex, digest.b, DIGEST_BYTES);
	control_reply(c, json_pack("{s:s, s:o}", "digest", hex, "peers",
	    list));
}

/* ---- the work ---- */

/* Everything the counts rest on is as it was when they began. */
static bool
nothing_changed(const struct vault *v, const struct simulating *s)
{
	if (v->policy_generation != s->policy_generation ||
	    peers_count(v->peers) != s->npeers)
		return false;
	for (size_t i = 0; i < s->npeers; i++)
		if (peers_at(v->peers, i) != s->known[i] ||
		    s->known[i]->delivery != s->peers[i].delivery)
			return false;
	return true;
}

static void
on_slice(struct control *c, bool ok)
{
	struct simulating *s = control_kept(c, simulating_free);
	int64_t at, of;
	int rc;

	(void)ok;
	if (!nothing_changed(control_vault(c), s)) {
		(void)control_error(c, ERR_EXISTS, "try again",
		    "the policy or the peers changed meanwhile");
		return;
	}
	rc = simulation_step(s->run, s->slice);
	if (rc < 0) {
		(void)control_error(c, rc, NULL, "the store could not be "
		    "read: %s", err_text(rc));
		return;
	}
	if (rc == 0) {
		simulating_reply(c, s);
		return;
	}
	if (clock_mono().ms - s->told.ms >= REPLY_EVERY_MS) {
		s->told = clock_mono();
		at = simulation_progress(s->run, &of);
		control_more(c, json_pack("{s:I, s:I}", "done",
		    (json_int_t)at, "of", (json_int_t)of));
	}
	control_after(c, on_slice);
}

/* What is borrowed from the peer's terms changes while this goes on. */
static void
party_keep(struct gate_party *party, struct policy_met *met)
{
	if (party->met == NULL)
		return;
	*met = *party->met;
	party->met = met;
}

static void
simulating_peers(const struct vault *v, struct simulating *s)
{
	s->npeers = peers_count(v->peers);
	s->slice = SLICE_ANSWERS / (s->npeers + 1) + SLICE_RECORDS_MIN;
	s->told = clock_mono();
	s->peers = mem_array(struct simulate_peer, s->npeers + 1);
	s->known = mem_array(struct peer *, s->npeers + 1);
	s->mets = mem_array(struct policy_met, 2 * s->npeers + 1);
	for (size_t i = 0; i < s->npeers; i++) {
		struct peer *p = peers_at(v->peers, i);

		s->known[i] = p;
		s->peers[i].cert_id = p->card.cert_id;
		s->peers[i].delivery = p->delivery;
		s->peers[i].now = p->party;
		peer_party_under(p, s->then, &s->peers[i].then);
		party_keep(&s->peers[i].now, &s->mets[2 * i]);
		party_keep(&s->peers[i].then, &s->mets[2 * i + 1]);
		s->peers[i].release = p->release;
		s->peers[i].agreed = consult_agreed;
		s->peers[i].agreed_arg = p;
	}
}

static int
simulating_begin(struct control *c, const struct file_set *files,
    struct simulating *s, struct err *e)
{
	struct vault *v = control_vault(c);
	struct gate_options options;

	if (v->policy == NULL)
		return err_set(e, ERR_DENIED, "no policy is in force to "
		    "compare with");
	TRY(configure_load(files, v, &s->then, e));
	simulating_peers(v, s);
	s->policy_generation = v->policy_generation;
	options = vault_gate_options(v);
	s->run = simulation_new(&(struct simulate_options){
	    .gate = &options, .now = v->gate, .then = s->then,
	    .peers = s->peers, .npeers = s->npeers, .since = s->since,
	    .at = vault_now(v) });
	return 0;
}

static void
on_files(struct control *c, const struct file_set *files)
{
	struct simulating *s = control_kept(c, simulating_free);
	struct err e = { 0 };
	int rc = simulating_begin(c, files, s, &e);

	if (rc < 0)
		(void)control_error(c, rc, "comityctl policy check FILE",
		    "%s", e.text);
	else
		control_after(c, on_slice);
}

void
control_policy_simulate(struct control *c, const json_t *args)
{
	struct simulating *s = mem_new(struct simulating);

	s->since.ms = control_number(args, "since_ms", 0, INT64_MAX);
	control_await_files(c, &(struct control_files_wait){ s,
	    simulating_free, on_files });
}
