#include "vault/control/control.h"
#include "vault/trust/evidence.h"

#include <stdio.h>
#include <string.h>

#include "gate/admit.h"
#include "wire/msg_control.h"

/*
 * As long as a publication goes on, what it refers to may still come.  One
 * that has come to a stop holds nothing back for longer than this.
 */
#define HOLD_MS (10 * 1000)

/* A publication under way, from its request to CTL_END. */
struct publication {
	struct control *c;
	int desk;
	bool holds;		/* see publication_hold */
	bool ended;		/* CTL_END is here */
	uint64_t stored, unchanged, unkeyed, refused;
	VEC(json_t *) replies;	/* owned: of frames that await their turn */
};

/* Its end, or that of its connection: what was held may go. */
static void
publication_let_go(struct publication *p)
{
	struct vault *v = control_vault(p->c);

	if (!p->holds)
		return;
	p->holds = false;
	gate_unhold(v->gate, p);
	turn_wake(v->turn);
}

/*
 * Something refers to what is not here yet: it is decided about when all of
 * the publication is stored, and nothing behind it goes first.
 */
static void
publication_hold(struct publication *p, int64_t from,
    const struct admit_verdict *verdicts, size_t n)
{
	struct vault *v = control_vault(p->c);

	for (size_t i = 0; i < n; i++)
		p->holds = p->holds || verdicts[i].dangles;
	if (p->holds)
		gate_hold(v->gate, p, from, (unix_ms_t){
		    vault_now(v).ms + HOLD_MS });
}

static void
publication_free(void *arg)
{
	struct publication *p = arg;

	publication_let_go(p);
	for (size_t i = 0; i < p->replies.n; i++)
		json_decref(p->replies.v[i]);
	vec_clear(&p->replies);
	free(p);
}

void
control_publish(struct control *c, const json_t *args)
{
	const char *desk = control_text(args, "desk");
	struct vault *v = control_vault(c);
	AUTO_BUF struct buf name = { 0 };
	struct publication *p;
	int index;

	buf_addf(&name, "%s/%s", v->cert_id, desk == NULL ? "" : desk);
	index = v->policy == NULL || desk == NULL ? -1 :
	    policy_find_desk(v->policy, buf_str(&name));
	if (index < 0) {
		(void)control_error(c, ERR_NOT_FOUND,
		    "the desks of this CERT are under `self:` in policy.yaml",
		    "no desk %s in the policy", desk == NULL ? "" : desk);
		return;
	}
	p = mem_new(struct publication);
	p->c = c;
	p->desk = index;
	control_keep(c, p, publication_free);
}

/* What became of n objects, the first of which has that index. */
static json_t *
verdicts_json(struct publication *p, uint64_t first,
    const struct admit_verdict *v, size_t n)
{
	uint64_t stored = 0, unchanged = 0, unkeyed = 0;
	json_t *refused = json_array();

	for (size_t i = 0; i < n; i++) {
		stored += v[i].refusal == REFUSAL_NONE && !v[i].unchanged;
		unchanged += v[i].unchanged;
		unkeyed += v[i].unkeyed;
		if (v[i].refusal != REFUSAL_NONE)
			(void)json_array_append_new(refused, json_pack(
			    "{s:I, s:s, s:s, s:s}", "index",
			    (json_int_t)(first + i), "id", v[i].id,
			    "reason", refusal_name((int)v[i].refusal),
			    "text", v[i].text));
	}
	p->stored += stored;
	p->unchanged += unchanged;
	p->unkeyed += unkeyed;
	p->refused += json_array_size(refused);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:o}",
	    "first", (json_int_t)first, "n", (json_int_t)n,
	    "stored", (json_int_t)stored,
	    "unchanged", (json_int_t)unchanged,
	    "unkeyed", (json_int_t)unkeyed, "refused", refused);
}

/* Admit the objects, up to a seal's worth at a time, in the open turn. */
static int
publish_frame(struct publication *p, const struct msg_objects *m,
    struct admit_verdict *verdicts)
{
	struct vault *v = control_vault(p->c);
	struct admit_objects in = { .desk = p->desk, .now = vault_now(v) };
	int rc = turn_open(v->turn);
	int64_t before = store_last_seq(v->store);

	for (size_t i = 0; rc == 0 && i < m->n; i += in.n) {
		in.v = m->v + i;
		in.n = m->n - i < BATCH_RECORDS_MAX ? m->n - i :
		    BATCH_RECORDS_MAX;
		rc = admit_published(v->gate, &in, verdicts + i);
		for (size_t k = 0; rc == 0 && k < in.n; k++)
			if (verdicts[i + k].refusal == REFUSAL_NONE)
				rc = evidence_object(v->evidence, in.v[k],
				    STR(""));
		if (rc < 0)
			turn_fail(v->turn, rc);
	}
	if (rc == 0)
		publication_hold(p, before + 1, verdicts, m->n);
	return rc;
}

/* Everything is on disk: the totals. */
static void
publication_finish(struct publication *p)
{
	publication_let_go(p);
	control_vault(p->c)->published += p->stored;
	control_reply(p->c, json_pack("{s:I, s:I, s:I, s:I}",
	    "stored", (json_int_t)p->stored,
	    "unchanged", (json_int_t)p->unchanged,
	    "unkeyed", (json_int_t)p->unkeyed,
	    "refused", (json_int_t)p->refused));
}

/* The turn has ended: every frame that shared it is answered. */
static void
on_turn(struct control *c, bool ok)
{
	struct publication *p = control_kept(c, publication_free);

	if (p == NULL || p->replies.n == 0)
		return;
	for (size_t i = 0; ok && i < p->replies.n; i++)
		control_more(c, p->replies.v[i]);
	if (ok) {
		p->replies.n = 0;
		if (p->ended)
			publication_finish(p);
		return;
	}
	(void)control_error(c, control_vault(c)->degraded_by,
	    "see: comityctl status", "nothing of this was stored: %s",
	    err_text(control_vault(c)->degraded_by));
}

void
control_objects(struct control *c, struct str payload)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(4));
	struct publication *p = control_kept(c, publication_free);
	struct vault *v = control_vault(c);
	struct admit_verdict *verdicts;
	struct msg_objects m;
	int rc;

	if (p == NULL || msg_objects_decode(payload, arena, &m) != 0) {
		(void)control_error(c, ERR_ORDER, NULL,
		    "objects without a publication, or malformed");
		return;
	}
	verdicts = mem_array(struct admit_verdict, m.n);
	rc = publish_frame(p, &m, verdicts);
	if (rc < 0) {
		free(verdicts);
		(void)control_error(c, rc, "see: comityctl status",
		    "nothing of this was stored: %s", err_text(rc));
		return;
	}
	vec_push(&p->replies, verdicts_json(p, m.first, verdicts, m.n));
	free(verdicts);
	control_after(c, on_turn);
	turn_wake(v->turn);
}

void
control_end(struct control *c)
{
	struct publication *p = control_kept(c, publication_free);

	if (p == NULL) {
		(void)control_error(c, ERR_ORDER, NULL,
		    "the end of a publication that has not begun");
		return;
	}
	/* Not before the frames that came with it are on disk. */
	p->ended = true;
	if (p->replies.n == 0)
		publication_finish(p);
}
