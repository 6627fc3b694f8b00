#include "record/marking_write.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/uuid.h"
#include "record/marking_read.h"

/* Nothing in here but UTF-8 that is checked, so that this cannot fail. */
static void
put_json(json_t *root, struct buf *out)
{
	char *text = json_dumps(root, JSON_COMPACT);

	assert(text != NULL);
	buf_addz(out, text);
	free(text);
	json_decref(root);
}

/* The UUID of a content: its JSON is the name. */
static const char *
uuid_of(const json_t *content, const struct marking_author *who,
    char dst[static UUID_TEXT_MAX])
{
	char *text = json_dumps(content, JSON_COMPACT | JSON_SORT_KEYS);
	AUTO_BUF struct buf name = { 0 };

	assert(text != NULL);
	buf_addf(&name, "%s/%s\n%.*s\n%s", who->country, who->org,
	    (int)who->created.n, who->created.p, text);
	free(text);
	return uuid_v5(uuid_namespace_comity, buf_str(&name), dst);
}

/* The marking-definition round one extension; takes ext over. */
static void
put_marking(const char *extension, json_t *ext, const char *uuid,
    const struct marking_author *who, struct buf *out)
{
	put_json(json_pack("{s:s, s:s, s:s+, s:s%, s:s, s:{s:o}}",
	    "type", "marking-definition", "spec_version", "2.1",
	    "id", "marking-definition--", uuid, "created", who->created.p,
	    who->created.n, "name", "Comity label", "extensions", extension,
	    ext), out);
}

/* ---- ACS ---- */

static json_t *
acs_rules(const struct acs_says *s)
{
	json_t *rules = json_array();

	for (int a = 0; a < ACS_ACTIONS; a++) {
		bool permit = (s->permit >> a & 1) != 0;

		if (!permit && (s->deny >> a & 1) == 0)
			continue;
		(void)json_array_append_new(rules, json_pack(
		    "{s:s, s:{s:[s], s:[s], s:[s], s:[s]}, s:s}",
		    "privilege_action", acs_action_name(a),
		    "privilege_scope", "permitted_nationalities", "ALL",
		    "permitted_organizations", "ALL", "shareability", "ALL",
		    "entity", "ALL",
		    "rule_effect", permit ? "permit" : "deny"));
	}
	return rules;
}

static json_t *
acs_controls(const struct acs_says *s)
{
	json_t *set = json_pack("{s:s}", "classification", "U");

	if (s->public || s->tlp_least >= TLP_AMBER)
		(void)json_object_set_new(set, "formal_determination",
		    json_pack("[s]", s->public ? "PUBREL" : "FOUO"));
	return set;
}

static json_t *
acs_extension(const struct acs_says *s, const struct marking_author *who)
{
	json_t *ext = json_pack("{s:s, s:s%, s:s++, s:s, s:o}",
	    "extension_type", "property-extension",
	    "create_date_time", who->created.p, who->created.n,
	    "responsible_entity_custodian", who->country, ".", who->org,
	    "policy_reference", s->shared ? "urn:isa:policy:acs:ns:v3.0?"
	    "privdefault=deny&sharedefault=permit" : "urn:isa:policy:acs:"
	    "ns:v3.0?privdefault=deny&sharedefault=deny",
	    "control_set", acs_controls(s));
	json_t *rules = acs_rules(s);
	char time[TIME_TEXT_MAX];

	if (json_array_size(rules) > 0)
		(void)json_object_set(ext, "access_privilege", rules);
	json_decref(rules);
	if (s->public)
		(void)json_object_set_new(ext, "public_release", json_pack(
		    "{s:s++, s:s%}", "released_by", who->country, ".",
		    who->org, "released_on", who->created.p,
		    who->created.n));
	if (s->expires.ms != UNIX_MS_NEVER.ms)
		(void)json_object_set_new(ext, "resource_disposition",
		    json_pack("{s:s, s:s}", "disposition_date", time_format(
		    time, s->expires), "disposition_process", "destroy"));
	return ext;
}

unsigned
label_to_acs(const struct label *l, const struct vocabulary *v,
    const struct marking_author *who, struct buf *out)
{
	char uuid[UUID_TEXT_MAX];
	struct acs_says says;
	struct label read;
	json_t *ext;

	acs_of_label(l, v, &says);
	ext = acs_extension(&says, who);
	(void)uuid_of(ext, who, uuid);
	(void)json_object_set_new(ext, "identifier", json_pack("s+",
	    "isa:guide.19001.ACS3-", uuid));
	put_marking(ACS_EXTENSION_ID, ext, uuid, who, out);
	label_bottom(&read);
	acs_apply(&read, v, &says);
	return label_lost(l, &read);
}

/* ---- IEP ---- */

static const char *
iep_tlp(int tlp)
{
	return tlp == TLP_CLEAR ? "white" : tlp_name(tlp);
}

unsigned
label_to_iep(const struct label *l, const struct vocabulary *v,
    const struct marking_author *who, struct buf *out)
{
	char uuid[UUID_TEXT_MAX], time[TIME_TEXT_MAX];
	struct iep_says says;
	struct label read;
	json_t *ext;

	iep_of_label(l, v, &says);
	ext = json_pack("{s:s, s:f, s:s%, s:s}", "extension_type",
	    "property-extension", "iep_version", 2.0, "start_date",
	    who->created.p, who->created.n, "tlp", iep_tlp(says.tlp));
	for (int s = 0; s < IEP_STATEMENTS; s++)
		(void)json_object_set_new(ext, s == IEP_ATTRIBUTION ?
		    "provider_attribution" : iep_statement_name(s),
		    json_string(iep_value_name(says.word[s])));
	if (says.expires.ms != UNIX_MS_NEVER.ms)
		(void)json_object_set_new(ext, "end_date", json_string(
		    time_format(time, says.expires)));
	(void)uuid_of(ext, who, uuid);
	(void)json_object_set_new(ext, "iep_id", json_string(uuid));
	put_marking(IEP_EXTENSION_ID, ext, uuid, who, out);
	label_bottom(&read);
	iep_apply(&read, v, &says);
	return label_lost(l, &read);
}

/* ---- tags ---- */

static void
put_capitals(const char *s, struct buf *out)
{
	for (; *s != '\0'; s++)
		buf_addc(out, *s >= 'a' && *s <= 'z' ? (char)(*s - 32) : *s);
}

static void
put_iep_tags(const struct iep_says *says, const struct marking_author *who,
    struct buf *out)
{
	char time[TIME_TEXT_MAX];

	buf_addz(out, "iep2-policy:iep_version=\"2.0\"\n");
	buf_addf(out, "iep2-policy:start_date=\"%.*s\"\n",
	    (int)who->created.n, who->created.p);
	if (says->expires.ms != UNIX_MS_NEVER.ms)
		buf_addf(out, "iep2-policy:end_date=\"%s\"\n",
		    time_format(time, says->expires));
	buf_addf(out, "iep2-policy:tlp=\"%s\"\n", iep_tlp(says->tlp));
	for (int s = 0; s < IEP_STATEMENTS; s++)
		buf_addf(out, "iep2-policy:%s=\"%s\"\n",
		    iep_statement_name(s), iep_value_name(says->word[s]));
}

/* Tags cannot deny; what is not permitted is not. */
static void
put_acs_tags(const struct acs_says *says, struct buf *out)
{
	buf_addz(out, "acs-marking:classification=\"U\"\n");
	if (says->tlp_least >= TLP_AMBER)
		buf_addz(out, "acs-marking:formal_determination=\"FOUO\"\n");
	if (says->shared)
		buf_addz(out, "acs-marking:shareability=\"FOREIGNGOV\"\n");
	for (int a = 0; a < ACS_ACTIONS; a++)
		if ((says->permit >> a & 1) != 0)
			buf_addf(out, "acs-marking:privilege_action=\"%s\"\n",
			    acs_action_name(a));
}

unsigned
label_to_tags(const struct label *l, const struct vocabulary *v,
    const struct marking_author *who, struct buf *out)
{
	struct label read;
	struct acs_says acs;
	struct iep_says iep;

	iep_of_label(l, v, &iep);
	acs_of_label(l, v, &acs);
	buf_addf(out, "tlp:%s\nPAP:", tlp_name(l->tlp));
	put_capitals(pap_name(l->pap), out);
	buf_addc(out, '\n');
	put_iep_tags(&iep, who, out);
	label_bottom(&read);
	iep_apply(&read, v, &iep);
	if ((acs.permit | acs.deny) != 0) {
		put_acs_tags(&acs, out);
		acs.public = false;
		acs_apply(&read, v, &acs);
	}
	if (read.tlp < l->tlp)
		read.tlp = l->tlp;
	if (read.pap < l->pap)
		read.pap = l->pap;
	return label_lost(l, &read);
}
