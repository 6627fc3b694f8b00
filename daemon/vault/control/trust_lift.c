/*
 * trust lift: end a hard gate before its time.  It takes two people, and all
 * that they say is in the log and in the evidence.
 */
#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "vault/approval.h"
#include "vault/control/control.h"
#include "vault/peer.h"
#include "vault/trust/evidence.h"

#define SPACE "trust-lift"
#define VALID_MS DAY(7)		/* for the second person */
#define ENOUGH 2

/* Who agreed so far; nobody if it is too long ago.  ERR_* of the store. */
static int
lift_load(struct vault *v, const char *peer, struct approvers *out)
{
	AUTO(arena_free) struct arena *arena = arena_new(KIB(4));
	struct str value;
	struct cur c;
	int64_t at;
	int rc = store_value(v->store, SPACE, peer, arena, &value);

	*out = (struct approvers){ .n = 0 };
	if (rc == ERR_NOT_FOUND)
		return 0;
	TRY(rc);
	c = cur_of(value.p, value.n);
	at = (int64_t)cur_u64(&c);
	approvers_cur(&c, out);
	if (cur_finish(&c) != 0)
		return ERR_STORE;
	if (vault_now(v).ms - at > VALID_MS)
		out->n = 0;
	return 0;
}

static int
lift_save(struct vault *v, const char *peer, const struct approvers *a)
{
	AUTO_BUF struct buf b = { 0 };

	out_u64(&b, (uint64_t)vault_now(v).ms);
	approvers_out(&b, a);
	return store_set(v->store, SPACE, peer, buf_str(&b));
}

/* In the open turn: one more person; 1 when the gate is lifted. */
static int
lift_agree(struct control *c, const char *peer, const char *reason)
{
	struct vault *v = control_vault(c);
	const struct operator *who = control_who(c);
	AUTO_BUF struct buf text = { 0 };
	struct approvers a;
	int n;

	TRY(lift_load(v, peer, &a));
	n = approvers_add(&a, who);
	TRY(n);
	TRY(approval_log(v, &(struct approval){ .what = "trust-lift",
	    .subject = peer, .by = who, .reason = reason,
	    .verdict = n < ENOUGH ? "propose" : "approve" }));
	if (n < ENOUGH)
		return lift_save(v, peer, &a);
	approvers_text(&a, &text);
	buf_addf(&text, ": %s", reason);
	n = evidence_add(v->evidence, &(struct evidence_item){
	    .kind = TRUST_LIFTED, .peer = str_of(peer),
	    .reason = { text.p, text.n < EVIDENCE_REASON_MAX ? text.n :
	    EVIDENCE_REASON_MAX } });
	TRY(n);
	TRY(store_unset(v->store, SPACE, peer));
	return 1;
}

void
control_trust_lift(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);
	const char *id = control_text(args, "peer"), *reason;
	const struct peer *p = id == NULL ? NULL :
	    peers_find(v->peers, str_of(id));
	struct trust_score s;
	int rc;

	if (!control_reason(c, args, &reason))
		return;
	if (p == NULL) {
		(void)control_error(c, ERR_NOT_FOUND, "comityctl trust list",
		    "no peer %s", id == NULL ? "" : id);
		return;
	}
	evidence_score(v->evidence, &(struct evidence_look){ p->card.cert_id,
	    TRUST_DISCRETION, TRUST_E }, &s);
	if (s.gated_until.ms <= evidence_now(v->evidence).ms) {
		(void)control_error(c, ERR_NOT_FOUND, "comityctl trust show "
		    "PEER tells what holds it down",
		    "there is no hard gate on %s", id);
		return;
	}
	rc = turn_open(v->turn);
	if (rc == 0)
		rc = turn_commit_now(v->turn, lift_agree(c, id, reason));
	if (rc < 0) {
		(void)control_error(c, rc, rc == ERR_EXISTS ||
		    rc == ERR_DENIED ? "another operator: comityctl --as "
		    "FILE.key ..." : NULL, "%s", rc == ERR_EXISTS ?
		    "you agreed already: it takes two people" :
		    rc == ERR_DENIED ? "you are not among `operators`" :
		    err_text(rc));
		return;
	}
	evidence_score(v->evidence, &(struct evidence_look){ p->card.cert_id,
	    TRUST_DISCRETION, TRUST_E }, &s);
	control_reply(c, json_pack("{s:s, s:s}", "peer", id, "state",
	    s.gated_until.ms <= evidence_now(v->evidence).ms ? "lifted" : "proposed"));
}
