#include "vault/vault.h"

#include <stdio.h>
#include <string.h>

#include "config/file_set.h"
#include "host/clock.h"
#include "host/counters.h"
#include "host/log.h"
#include "net/loop.h"
#include "net/timer.h"
#include "vault/link.h"
#include "vault/peer.h"
#include "vault/supervisor_link.h"

#define POLICY_FILE "policy.yaml"

unix_ms_t
vault_now(const struct vault *v)
{
	(void)v;
	return clock_unix();
}

/* ---- configuration ---- */

/* Parse both files aside; nothing of v changes on failure. */
static int
configure_read(const struct file_set *files, const struct vault *v,
    struct settings *out_settings, struct policy **out_policy,
    struct err *e)
{
	struct str text;

	if (file_set_get(files, STR(SETTINGS_FILE), &text) != 0)
		return err_set(e, ERR_CONF, "%s is missing in the "
		    "configuration directory", SETTINGS_FILE);
	TRY(settings_parse(SETTINGS_FILE, text, out_settings, e));
	if (strcmp(out_settings->cert_id, v->cert_id) != 0)
		return err_set(e, ERR_CONF, "%s: cert-id \"%s\" is not the "
		    "\"%s\" that this daemon runs as; a CERT id cannot "
		    "change while it runs", SETTINGS_FILE,
		    out_settings->cert_id, v->cert_id);
	*out_policy = policy_load(files, POLICY_FILE, e);
	if (*out_policy == NULL)
		return ERR_CONF;
	if (strcmp(policy_org(*out_policy, 0)->id, v->cert_id) == 0)
		return 0;
	(void)err_set(e, ERR_CONF, "%s: self: org: \"%s\" is not this "
	    "daemon's cert-id \"%s\"", POLICY_FILE,
	    policy_org(*out_policy, 0)->id, v->cert_id);
	policy_free(*out_policy);
	return ERR_CONF;
}

/* Say in the log which policy is in force from here on. */
static int
configure_log(struct vault *v, const struct policy *p)
{
	AUTO_BUF struct buf entry = { 0 };
	struct digest digest;

	TRY(turn_open(v->turn));
	policy_digest(p, &digest);
	out_u64(&entry, (uint64_t)vault_now(v).ms);
	buf_add(&entry, digest.b, sizeof(digest.b));
	return audit_append(v->audit, AUDIT_POLICY, buf_str(&entry));
}

/* Has the policy changed by a byte? */
static bool
same_policy(const struct policy *a, const struct policy *b)
{
	struct digest x, y;

	if (a == NULL)
		return false;
	policy_digest(a, &x);
	policy_digest(b, &y);
	return digest_eq(&x, &y);
}

static void
configure_swap(struct vault *v, const struct settings *settings,
    struct policy *policy)
{
	bool same = same_policy(v->policy, policy);
	struct policy *old = v->policy;

	*v->settings = *settings;
	v->policy = policy;
	v->policy_loaded = vault_now(v);
	v->policy_generation++;
	gate_set_policy(v->gate, policy);
	if (v->peers != NULL)
		peers_policy_changed(v->peers, !same);
	policy_free(old);
	for (size_t i = 0; policy_warning(policy, i) != NULL; i++)
		log_warning("policy-warning", "text=\"%s\"",
		    policy_warning(policy, i));
}

int
vault_configure(struct vault *v, struct str bytes, struct err *e)
{
	AUTO(file_set_free) struct file_set *files =
	    file_set_decode(bytes, e);
	struct settings settings;
	struct policy *policy = NULL;
	int rc;

	if (files == NULL)
		return ERR_CONF;
	rc = configure_read(files, v, &settings, &policy, e);
	if (rc < 0) {
		counter_inc(CTR_RELOAD_FAILURES);
		log_error("configuration-refused", "error=\"%s\"", e->text);
		return rc;
	}
	if (!same_policy(v->policy, policy)) {
		rc = configure_log(v, policy);
		if (rc < 0) {
			policy_free(policy);
			return err_set(e, rc, "the log could not be "
			    "written: %s", err_text(rc));
		}
	}
	configure_swap(v, &settings, policy);
	log_notice("configuration-in-force", "generation=%llu",
	    (unsigned long long)v->policy_generation);
	return 0;
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
	if (audit_rolled_back(v->audit) < 0 ||
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
}

void
vault_drain(struct vault *v)
{
	if (v->state == VAULT_DRAINING)
		return;
	v->state = VAULT_DRAINING;
	link_close_all(v, CLOSE_SHUTDOWN);
	if (turn_open(v->turn) == 0 && peers_save(v->peers) < 0)
		turn_fail(v->turn, ERR_STORE);
	turn_end_now(v->turn);
	supervisor_link_stopped(v->super);
}
