/*
 * ACS 3.0 markings, read as a CERT outside their country has to: whatever
 * is not plainly open to it is closed.
 */
#include <string.h>

#include "record/marking_read.h"
#include "record/stix.h"

#define POLICY_PREFIX "urn:isa:policy:acs:ns:v3.0?"

/* Reads one member; false: the marking is not understood. */
struct reading {
	struct acs_says *says;
	bool pubrel, released;
};
typedef bool (*member_reader)(struct reading *r, const json_t *value);

struct member {
	const char *name;
	member_reader read;
	bool required;
};

bool
marking_time(struct str s, unix_ms_t *out)
{
	struct stix_time t;

	if (stix_time_parse(s, &t) != 0)
		return false;
	*out = (unix_ms_t){ t.seconds * 1000 + t.nanos / 1000000 };
	return true;
}

static struct str
text_of(const json_t *value)
{
	return json_is_string(value) ? (struct str){
	    json_string_value(value), json_string_length(value) } : STR("");
}

/* Known members only, all that are required, each as its reader wants it. */
static bool
read_members(struct reading *r, json_t *object, const struct member *table,
    size_t n)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return false;
	json_object_foreach(object, key, value) {
		const struct member *m = NULL;

		for (size_t i = 0; i < n && m == NULL; i++)
			if (strcmp(table[i].name, key) == 0)
				m = &table[i];
		if (m == NULL || (m->read != NULL && !m->read(r, value)))
			return false;
	}
	for (size_t i = 0; i < n; i++)
		if (table[i].required &&
		    json_object_get(object, table[i].name) == NULL)
			return false;
	return true;
}

static bool
read_text(struct reading *r, const json_t *value)
{
	(void)r;
	return text_of(value).n > 0;
}

static bool
read_extension_type(struct reading *r, const json_t *value)
{
	(void)r;
	return str_eqz(text_of(value), "property-extension");
}

/* "privdefault=deny"; true in out for permit. */
static bool
read_default(struct str param, const char *name, bool *seen, bool *out)
{
	size_t n = strlen(name);

	if (*seen || !str_starts(param, name) || param.p[n] != '=')
		return false;
	*seen = true;
	param.p += n + 1;
	param.n -= n + 1;
	*out = str_eqz(param, "permit");
	return *out || str_eqz(param, "deny");
}

static bool
read_policy(struct reading *r, const json_t *value)
{
	struct str s = text_of(value);
	bool privileges = false, shared = false, seen[2] = { false, false };

	if (!str_starts(s, POLICY_PREFIX))
		return false;
	s.p += strlen(POLICY_PREFIX);
	s.n -= strlen(POLICY_PREFIX);
	while (s.n > 0) {
		const char *and = memchr(s.p, '&', s.n);
		struct str param = { s.p, and == NULL ? s.n :
		    (size_t)(and - s.p) };

		if (!read_default(param, "privdefault", &seen[0],
		    &privileges) && !read_default(param, "sharedefault",
		    &seen[1], &shared))
			return false;
		s.p += param.n + (and != NULL);
		s.n -= param.n + (and != NULL);
	}
	r->says->privileges = privileges;
	r->says->shared |= shared;
	return seen[0] && seen[1];
}

bool
acs_control(struct str list, struct str value, struct acs_says *s)
{
	static const struct {
		const char *list, *value;
		int tlp_least;
	} open[] = {
		{ "formal_determination", "AIS", TLP_CLEAR },
		{ "formal_determination", "PUBREL", TLP_CLEAR },
		{ "formal_determination", "FOUO", TLP_AMBER },
		{ "formal_determination", "NO-PII-PRESENT", TLP_CLEAR },
		{ "formal_determination",
		    "PII-NECESSARY-TO-UNDERSTAND-THREAT", TLP_AMBER },
		{ "formal_determination", "INFORMATION-DIRECTLY-RELATED-TO-"
		    "CYBERSECURITY-THREAT", TLP_CLEAR },
		{ "caveat", "POSSIBLEPII", TLP_AMBER },
		{ "caveat", "CISAPROPRIETARY", TLP_AMBER },
		{ "shareability", "ALL", TLP_CLEAR },
		{ "entity", "ALL", TLP_CLEAR },
		{ "permitted_nationalities", "ALL", TLP_CLEAR },
		{ "permitted_organizations", "ALL", TLP_CLEAR },
	};

	for (size_t i = 0; i < NELEM(open); i++)
		if (str_eqz(list, open[i].list) &&
		    str_eqz(value, open[i].value)) {
			if (open[i].tlp_least > s->tlp_least)
				s->tlp_least = open[i].tlp_least;
			return true;
		}
	return false;
}

/* An open value does not open the list to us if a closed one is beside. */
static bool
read_controls(struct reading *r, const json_t *value)
{
	json_t *set = json_copy((json_t *)(uintptr_t)value), *list, *item;
	bool ok = json_is_object(set) && str_eqz(text_of(
	    json_object_get(set, "classification")), "U");
	const char *key;
	size_t i;

	if (ok)
		(void)json_object_del(set, "classification");
	json_object_foreach(set, key, list) {
		ok = ok && json_is_array(list);
		json_array_foreach(list, i, item) {
			ok = ok && acs_control(str_of(key), text_of(item),
			    r->says);
			r->pubrel |= str_eqz(text_of(item), "PUBREL");
		}
	}
	json_decref(set);
	return ok;
}

/* Is the rule for everybody?  Each part that is there has to say so. */
static bool
scope_is_all(const json_t *scope)
{
	const char *key;
	json_t *list, *item;
	size_t i;

	if (json_object_size(scope) == 0)
		return false;
	json_object_foreach((json_t *)(uintptr_t)scope, key, list) {
		bool all = false;

		json_array_foreach(list, i, item)
			all |= str_eqz(text_of(item), "ALL");
		if (!all)
			return false;
	}
	return true;
}

/* True in out_permit; false if it is neither permit nor deny. */
static bool
read_effect(const json_t *rule, bool *out_permit)
{
	struct str effect = text_of(json_object_get(rule, "rule_effect"));

	*out_permit = str_eqz(effect, "permit");
	return *out_permit || str_eqz(effect, "deny");
}

/* A denial counts whomever it is for, a permission if it is for all. */
static bool
read_privilege(struct acs_says *s, const json_t *rule)
{
	const json_t *scope = json_object_get(rule, "privilege_scope");
	int action = acs_action_find(text_of(json_object_get(rule,
	    "privilege_action")));
	bool permit;

	if (json_object_size(rule) != 3 || action < 0 ||
	    !json_is_object(scope) || !read_effect(rule, &permit))
		return false;
	if (!permit)
		s->deny |= 1U << action;
	else if (scope_is_all(scope))
		s->permit |= 1U << action;
	return true;
}

static bool
read_privileges(struct reading *r, const json_t *value)
{
	json_t *rule;
	size_t i;

	json_array_foreach((json_t *)(uintptr_t)value, i, rule)
		if (!read_privilege(r->says, rule))
			return false;
	return json_is_array(value);
}

/* The defaults have been read: see marking_read_acs. */
static bool
read_sharing(struct reading *r, const json_t *value)
{
	bool permit, denied = false;
	json_t *rule, *item;
	size_t i, k;

	json_array_foreach((json_t *)(uintptr_t)value, i, rule) {
		const json_t *scope = json_object_get(rule, "sharing_scope");

		if (json_object_size(rule) != 2 || !json_is_array(scope) ||
		    !read_effect(rule, &permit))
			return false;
		denied |= !permit;
		json_array_foreach((json_t *)(uintptr_t)scope, k, item)
			r->says->shared |= permit &&
			    str_eqz(text_of(item), "FOREIGNGOV");
	}
	if (denied)
		r->says->shared = false;
	return json_is_array(value);
}

static bool
read_disposition(struct reading *r, const json_t *value)
{
	json_t *date = json_object_get(value, "disposition_date");

	return json_is_object(value) && (date == NULL ||
	    marking_time(text_of(date), &r->says->expires));
}

static bool
read_release(struct reading *r, const json_t *value)
{
	r->released = text_of(json_object_get(value, "released_by")).n > 0;
	return json_is_object(value);
}

static bool
read_any(struct reading *r, const json_t *value)
{
	(void)r;
	return !json_is_null(value);
}

static const struct member members[] = {
	{ "extension_type", read_extension_type, true },
	{ "identifier", read_text, true },
	{ "create_date_time", read_text, true },
	{ "responsible_entity_custodian", read_text, true },
	{ "policy_reference", NULL, true },
	{ "control_set", read_controls, true },
	{ "name", read_text, false },
	{ "responsible_entity_originator", read_text, false },
	{ "authority_reference", read_any, false },
	{ "original_classification", read_any, false },
	{ "derivative_classification", read_any, false },
	{ "declassification", read_any, false },
	{ "resource_disposition", read_disposition, false },
	{ "public_release", read_release, false },
	{ "access_privilege", read_privileges, false },
	{ "further_sharing", NULL, false },
};

unsigned
marking_read_acs(json_t *ext, const struct vocabulary *v, struct label *l)
{
	struct acs_says s = { .expires = UNIX_MS_NEVER };
	struct reading r = { .says = &s };
	const json_t *sharing = json_object_get(ext, "further_sharing");

	/* Rules override the default, so that comes first. */
	if (!read_policy(&r, json_object_get(ext, "policy_reference")) ||
	    (sharing != NULL && !read_sharing(&r, sharing)) ||
	    !read_members(&r, ext, members, NELEM(members)))
		return STATED_UNKNOWN;
	s.public = r.pubrel && r.released;
	acs_apply(l, v, &s);
	return s.public ? STATED_TLP : STATED_NOTHING;
}
