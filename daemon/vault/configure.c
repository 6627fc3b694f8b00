#include "vault/configure.h"

#include <string.h>

#include "gate/shadow.h"
#include "host/counters.h"
#include "host/log.h"
#include "policy/prove.h"
#include "vault/apply.h"
#include "vault/feeds.h"
#include "vault/front/front.h"
#include "vault/peer.h"
#include "vault/supervisor_link.h"
#include "vault/taxii_peer.h"
#include "vault/trust/evidence.h"
#include "vault/trust/warnings.h"

#define POLICY_FILE "policy.yaml"

int
configure_settings(const struct file_set *files, const struct vault *v,
    struct settings *out, struct err *e)
{
	struct settings s;
	struct str text;

	if (file_set_get(files, STR(SETTINGS_FILE), &text) != 0)
		return err_set(e, ERR_CONF, "%s is missing in the "
		    "configuration directory", SETTINGS_FILE);
	TRY(settings_parse(SETTINGS_FILE, text, &s, e));
	if (strcmp(s.cert_id, v->cert_id) != 0)
		return err_set(e, ERR_CONF, "%s: cert-id \"%s\" is not the "
		    "\"%s\" that this daemon runs as; a CERT id cannot "
		    "change while it runs", SETTINGS_FILE, s.cert_id,
		    v->cert_id);
	*out = s;
	return 0;
}

/* A long proof is no reason to take us for dead. */
static void
on_progress(void *arg, uint64_t done, uint64_t of)
{
	struct supervisor_link *super = arg;

	(void)done, (void)of;
	supervisor_link_alive(super);
}

int
configure_load(const struct file_set *files, const struct vault *v,
    struct policy **out, struct err *e)
{
	AUTO(policy_free) struct policy *p = policy_load(files, POLICY_FILE,
	    e);

	if (p == NULL)
		return ERR_CONF;
	if (strcmp(policy_org(p, 0)->id, v->cert_id) != 0)
		return err_set(e, ERR_CONF, "%s: self: org: \"%s\" is not "
		    "this daemon's cert-id \"%s\"", POLICY_FILE,
		    policy_org(p, 0)->id, v->cert_id);
	*out = TAKE(p);
	return 0;
}

int
configure_policy(const struct file_set *files, const struct vault *v,
    const struct digest *proved, struct policy **out, struct err *e)
{
	const struct prove_options o = { .progress = on_progress,
	    .arg = v->super };
	AUTO(policy_free) struct policy *p = NULL;
	struct digest digest;

	TRY(configure_load(files, v, &p, e));
	policy_digest(p, &digest);
	if (proved == NULL || !digest_eq(proved, &digest))
		TRY(policy_prove_text(p, &o, e));
	*out = TAKE(p);
	return 0;
}

void
vault_take_policy(struct vault *v, struct policy *p)
{
	struct policy *old = v->policy;

	v->policy = p;
	v->policy_loaded = vault_now(v);
	v->policy_generation++;
	gate_set_policy(v->gate, p);
	if (v->shadow != NULL)
		shadow_reset(v->shadow, vault_now(v));
	if (v->evidence != NULL)
		evidence_policy_changed(v->evidence);
	if (v->peers != NULL)
		peers_policy_changed(v->peers, true);
	if (v->feeds != NULL)
		feeds_policy_changed(v->feeds);
	policy_free(old);
	for (size_t i = 0; policy_warning(p, i) != NULL; i++)
		log_warning("policy-warning", "text=\"%s\"",
		    policy_warning(p, i));
}

static int
configure_refused(const struct err *e, int code)
{
	counter_inc(CTR_RELOAD_FAILURES);
	log_error("configuration-refused", "error=\"%s\"", e->text);
	return code;
}

/* What the settings say of desks, in the light of a policy. */
static int
configure_desks(const struct file_set *files, const struct policy *p,
    struct err *e)
{
	struct str text;

	TRY(file_set_get(files, STR(SETTINGS_FILE), &text));
	return settings_check_desks(SETTINGS_FILE, text,
	    policy_vocabulary(p), e);
}

/*
 * The policy of these files: taken, kept for people, or, where the store
 * has one that holds, set aside.
 */
static int
configure_offer(struct vault *v, const struct file_set *files,
    const struct apply_ask *ask, struct err *e)
{
	bool start = v->policy == NULL;
	struct policy *policy = NULL;
	int restored = start ? apply_restore(v->apply, e) : 0;
	int rc;

	if (restored < 0)
		return restored;
	rc = configure_policy(files, v, v->policy == NULL ? NULL :
	    &v->apply->digest, &policy, e);
	if (rc == 0 && (rc = configure_desks(files, policy, e)) < 0) {
		policy_free(policy);
		return rc;
	}
	if (rc == 0)
		return apply_offer(v->apply, files, policy, ask, e);
	apply_problem(v->apply, e->text);
	if (restored == 0)
		return rc;
	log_error("policy-on-disk", "action=\"what was in force stays\" "
	    "error=\"%s\"", e->text);
	return APPLY_UNREADABLE;
}

int
vault_configure(struct vault *v, struct str bytes,
    const struct apply_ask *ask, struct err *e)
{
	AUTO(file_set_free) struct file_set *files =
	    file_set_decode(bytes, e);
	struct settings settings;
	int rc;

	if (files == NULL)
		return ERR_CONF;
	rc = configure_settings(files, v, &settings, e);
	if (rc < 0)
		return configure_refused(e, rc);
	if (v->apply == NULL && (rc = apply_open(v, &v->apply)) < 0)
		return err_set(e, rc, "the stored policy does not read: %s",
		    err_text(rc));
	rc = configure_offer(v, files, ask, e);
	if (rc < 0)
		return configure_refused(e, rc);
	*v->settings = settings;
	fronts_clients_changed(v->fronts);
	evidence_clock_changed(v->evidence);
	warnings_configure(v);
	if (taxii_peers_configure(v) < 0)
		log_error("taxii-peer", "error=\"the store does not "
		    "read\"");
	log_notice("configuration-in-force", "generation=%llu policy=%s",
	    (unsigned long long)v->policy_generation,
	    apply_result_name((enum apply_result)rc));
	return rc;
}
