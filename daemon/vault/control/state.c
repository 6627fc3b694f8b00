#include "vault/control/control.h"

#include <string.h>

#include "gate/proof.h"
#include "host/clock.h"
#include "host/counters.h"
#include "net/loop.h"
#include "vault/control/policy.h"
#include "vault/control/posture.h"
#include "vault/control/shadow.h"
#include "vault/feeds.h"
#include "vault/link.h"
#include "vault/peer.h"
#include "vault/taxii_peer.h"
#include "vault/trust/opinions.h"
#include "vault/version.h"
#include "vault/warn.h"

static const char *
vault_state_name(enum vault_state s)
{
	static const char *const names[] = { "starting", "ready", "degraded",
	    "draining" };

	return names[s];
}

static void
set_time(json_t *fields, const char *name, unix_ms_t t)
{
	char text[TIME_TEXT_MAX];

	if (t.ms != 0)
		(void)json_object_set_new(fields, name,
		    json_string(time_format(text, t)));
}

static void
set_number(json_t *fields, const char *name, uint64_t n)
{
	(void)json_object_set_new(fields, name,
	    json_integer((json_int_t)n));
}

/* Own records that are not yet settled for the peer. */
static uint64_t
peer_lag(const struct vault *v, const struct peer *p)
{
	int64_t last = store_last_seq(v->store);
	int64_t settled = delivery_settled(p->delivery);

	return last > settled ? (uint64_t)(last - settled) : 0;
}

const char *
control_peer_state(const struct peer *p)
{
	if (p->taxii != NULL)
		return taxii_peer_state(p->taxii);
	if (p->link != NULL)
		return link_state_name(p->link);
	if (p->dialing != 0)
		return "dialing";
	return p->card.nendpoints == 0 ? "waiting" : "idle";
}

static void
set_trust(json_t *fields, const struct vault *v, const struct peer *p)
{
	const struct posture_entry *set;
	const struct policy_org *org;

	if (v->policy == NULL || p->party.org < 0)
		return;
	org = policy_org(v->policy, (size_t)p->party.org);
	(void)json_object_set_new(fields, "trust", json_pack("{s:s, s:s}",
	    "discretion", band_name(p->party.scored ? p->party.discretion :
	    org->discretion), "reliability", band_name(p->party.scored ?
	    p->party.reliability : org->reliability)));
	(void)json_object_set_new(fields, "posture",
	    json_string(posture_name(p->party.posture > org->posture ?
	    p->party.posture : org->posture)));
	set = postures_find(v->postures, org->country);
	if (set != NULL)
		set_time(fields, "posture_until", set->until);
}

/* How far the stored records were looked at anew, while that goes on. */
static void
set_backfill(json_t *fields, const struct peer *p)
{
	int64_t at, end;

	if (release_backfill(p->release, &at, &end))
		(void)json_object_set_new(fields, "backfill", json_pack(
		    "{s:I, s:I}", "done", (json_int_t)at, "of",
		    (json_int_t)end));
}

json_t *
control_peer_json(struct vault *v, struct peer *p)
{
	json_t *f = json_pack("{s:s, s:s}", "id", p->card.cert_id, "state",
	    control_peer_state(p));
	uint64_t proofs;

	set_time(f, "since", p->since);
	if (p->last_state[0] != '\0')
		(void)json_object_set_new(f, "reason",
		    json_string(p->last_state));
	set_number(f, "position", delivery_position(p->delivery));
	set_number(f, "lag", peer_lag(v, p));
	set_backfill(f, p);
	set_number(f, "under_way", delivery_count(p->delivery,
	    DELIVERY_SENT));
	set_number(f, "delivered", delivery_count(p->delivery,
	    DELIVERY_DELIVERED));
	set_number(f, "redacted", delivery_count(p->delivery,
	    DELIVERY_REDACTED));
	set_number(f, "consulted", delivery_count(p->delivery,
	    DELIVERY_CONSULTED));
	set_number(f, "denied", delivery_count(p->delivery,
	    DELIVERY_DENIED));
	set_number(f, "forbidden", delivery_count(p->delivery,
	    DELIVERY_FORBIDDEN));
	set_number(f, "refused_by_peer", delivery_count(p->delivery,
	    DELIVERY_REFUSED));
	set_number(f, "received", p->counts.received);
	set_number(f, "refused", p->counts.refused);
	set_number(f, "unchanged", p->counts.unchanged);
	if (proof_count(v->store, p->card.cert_id, &proofs) == 0)
		set_number(f, "proofs", proofs);
	set_time(f, "last_contact", p->last_contact);
	if (p->last_contact.ms != 0)
		(void)json_object_set_new(f, "skew_ms",
		    json_integer(p->skew_ms));
	set_trust(f, v, p);
	return f;
}

static json_t *
peers_json(struct vault *v)
{
	json_t *list = json_array();

	for (size_t i = 0; i < peers_count(v->peers); i++)
		(void)json_array_append_new(list, control_peer_json(v,
		    peers_at(v->peers, i)));
	return list;
}

static json_t *
policy_json(const struct vault *v)
{
	char hex[2 * DIGEST_BYTES + 1];
	json_t *f = json_object(), *warnings = json_array();
	struct digest digest;

	for (size_t i = 0; v->policy != NULL &&
	    policy_warning(v->policy, i) != NULL; i++)
		(void)json_array_append_new(warnings, json_string(
		    policy_warning(v->policy, i)));
	if (v->policy != NULL) {
		policy_digest(v->policy, &digest);
		hex_encode(hex, digest.b, DIGEST_BYTES);
		(void)json_object_set_new(f, "digest", json_string(hex));
	}
	set_number(f, "generation", v->policy_generation);
	set_time(f, "loaded_at", v->policy_loaded);
	(void)json_object_set_new(f, "warnings", warnings);
	control_policy_life(v, f);
	control_shadow_brief(v, f);
	return f;
}

static void
on_warning(void *arg, const char *text)
{
	(void)json_array_append_new(arg, json_string(text));
}

/* What people should look at. */
static json_t *
warnings_json(const struct vault *v)
{
	json_t *list = json_array();

	warn_each(v, on_warning, list);
	return list;
}

static json_t *
store_json(struct vault *v)
{
	struct store_stats s;
	json_t *f = json_object();

	store_stats(v->store, &s);
	set_number(f, "records", s.records - opinions_count(v->opinions));
	set_number(f, "opinions", opinions_count(v->opinions));
	set_number(f, "tombstones", s.tombstones);
	set_number(f, "bytes", s.file_bytes);
	set_number(f, "wal_bytes", s.wal_bytes);
	set_number(f, "free_bytes", s.free_bytes);
	set_number(f, "log_entries", s.log_entries);
	set_number(f, "commits", s.commits);
	set_number(f, "commit_us_last", (uint64_t)s.commit_us_last);
	set_number(f, "commit_us_max", (uint64_t)s.commit_us_max);
	(void)json_object_set_new(f, "full", json_boolean(s.full));
	if (v->degraded_by != 0)
		(void)json_object_set_new(f, "error", json_string(
		    s.error[0] != '\0' ? s.error :
		    err_text(v->degraded_by)));
	return f;
}

static json_t *
counters_json(void)
{
	json_t *f = json_object();

	for (size_t i = 0; i < counters_count(); i++)
		set_number(f, counter_name(i), counter_value(i));
	return f;
}

void
control_status(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);
	json_t *f = json_pack("{s:s, s:s, s:s}", "cert_id", v->cert_id,
	    "version", COMITY_VERSION, "state", vault_state_name(v->state));

	(void)args;
	(void)json_object_set_new(f, "uptime_ms", json_integer(
	    clock_mono().ms - v->started.ms));
	(void)json_object_set_new(f, "policy", policy_json(v));
	(void)json_object_set_new(f, "postures", control_postures_json(v));
	(void)json_object_set_new(f, "store", store_json(v));
	set_number(f, "published", v->published);
	(void)json_object_set_new(f, "consult", control_consult_json(v));
	(void)json_object_set_new(f, "warnings", warnings_json(v));
	(void)json_object_set_new(f, "peers", peers_json(v));
	(void)json_object_set_new(f, "feeds", feeds_json(v->feeds));
	(void)json_object_set_new(f, "libraries", version_libraries());
	(void)json_object_set_new(f, "counters", counters_json());
	control_reply(c, f);
}

void
control_peer_list(struct control *c, const json_t *args)
{
	(void)args;
	control_reply(c, json_pack("{s:o}", "peers",
	    peers_json(control_vault(c))));
}
