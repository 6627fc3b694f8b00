#include "vault/vault.h"

#include <stdio.h>
#include <string.h>

#include "host/clock.h"
#include "host/log.h"
#include "net/loop.h"
#include "net/timer.h"
#include "vault/apply.h"
#include "vault/circle.h"
#include "vault/consult/consult.h"
#include "vault/consult/question.h"
#include "vault/consult/wish.h"
#include "vault/feeds.h"
#include "vault/front/front.h"
#include "vault/link.h"
#include "vault/member.h"
#include "vault/peer.h"
#include "vault/posture.h"
#include "vault/supervisor_link.h"
#include "vault/trust/answer.h"
#include "vault/trust/corroboration.h"
#include "vault/trust/evidence.h"
#include "vault/trust/opinions.h"
#include "vault/trust/standing.h"
#include "vault/trust/statement.h"

unix_ms_t
vault_now(const struct vault *v)
{
	(void)v;
	return clock_unix();
}

/* ---- well and unwell ---- */

void
vault_degraded(struct vault *v, int code)
{
	if (v->degraded_by == code)
		return;
	v->degraded_by = code;
	if (v->state == VAULT_READY)
		v->state = VAULT_DEGRADED;
	log_error("degraded", "error=%s text=\"%s\"", err_name(code),
	    err_text(code));
	if (v->super != NULL)
		supervisor_link_status(v->super);
}

void
vault_recovered(struct vault *v)
{
	if (v->degraded_by == 0)
		return;
	v->degraded_by = 0;
	if (v->state == VAULT_DEGRADED)
		v->state = VAULT_READY;
	log_notice("recovered", "records=%llu",
	    (unsigned long long)store_count(v->store));
	supervisor_link_status(v->super);
}

void
vault_rolled_back(struct vault *v)
{
	gate_rolled_back(v->gate);
	if (v->feeds != NULL)
		feeds_rolled_back(v->feeds);
	if (v->opinions != NULL)
		opinions_rolled_back(v->opinions);
	if (audit_rolled_back(v->audit) < 0 ||
	    (v->apply != NULL && apply_reopen(v->apply) < 0) ||
	    (v->evidence != NULL && evidence_reopen(v->evidence) < 0) ||
	    (v->statements != NULL && statements_reopen(v) < 0) ||
	    (v->standings != NULL && standings_reopen(v) < 0) ||
	    (v->corroboration != NULL &&
	    corroboration_reopen(v->corroboration) < 0) ||
	    (v->answers != NULL && answers_reopen(v) < 0) ||
	    (v->postures != NULL && postures_reopen(v->postures) < 0) ||
	    (v->consult != NULL && consult_reopen(v) < 0) ||
	    (v->members != NULL && members_reopen(v) < 0) ||
	    (v->questions != NULL && questions_reopen(v) < 0) ||
	    (v->wishes != NULL && wishes_reopen(v) < 0) ||
	    (v->fronts != NULL && fronts_reopen(v->fronts) < 0) ||
	    (v->circles != NULL && circles_reopen(v->circles) < 0) ||
	    (v->peers != NULL && peers_reload_delivery(v->peers) < 0)) {
		/* Memory and store no longer agree: start again. */
		log_error("state-unreadable", "action=restart");
		loop_stop(v->loop);
	}
}

void
vault_committed(struct vault *v)
{
	if (v->maintain != NULL)
		timer_arm_ms(v->maintain, 1);
	if (v->feeds != NULL)
		feeds_wake(v->feeds);
}

void
vault_drain(struct vault *v)
{
	if (v->state == VAULT_DRAINING)
		return;
	v->state = VAULT_DRAINING;
	fronts_stop(v->fronts);
	link_close_all(v, CLOSE_SHUTDOWN);
	if (turn_open(v->turn) == 0 && peers_save(v->peers) < 0)
		turn_fail(v->turn, ERR_STORE);
	turn_end_now(v->turn);
	supervisor_link_stopped(v->super);
}
