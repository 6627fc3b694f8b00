#include "record/stix_rules.h"

#include <string.h>

#define SHOWN_MAX 80

static const struct stix_order version_order = { "created", "modified",
    false };

static int
check_order(const struct stix_check *c, const struct stix_order *o)
{
	json_t *from, *to;
	struct stix_time a, b;
	char was[SHOWN_MAX], is[SHOWN_MAX];
	int order;

	if (o->earlier == NULL)
		return 0;
	from = json_object_get(c->root, o->earlier);
	to = json_object_get(c->root, o->later);
	if (stix_time_parse(stix_json_str(from), &a) != 0 ||
	    stix_time_parse(stix_json_str(to), &b) != 0)
		return 0;	/* one is absent; forms were checked before */
	order = stix_time_cmp(&b, &a);
	if (order > 0 || (order == 0 && !o->strict))
		return 0;
	return stix_refuse(c->problem, REFUSAL_ORDER,
	    "`%s` is %s, `%s` is %s: want %s", o->later,
	    stix_show(is, sizeof(is), to), o->earlier,
	    stix_show(was, sizeof(was), from),
	    o->strict ? "a later time" : "the same or a later time");
}

/* 4.14: exactly one of the two. */
static int
rule_observed_data(const struct stix_check *c)
{
	bool refs = json_object_get(c->root, "object_refs") != NULL;
	bool objects = json_object_get(c->root, "objects") != NULL;

	if (refs != objects)
		return 0;
	return stix_refuse(c->problem, refs ? REFUSAL_PROPERTY :
	    REFUSAL_MISSING, "%s `object_refs` and `objects`: want exactly "
	    "one", refs ? "both of" : "neither of");
}

/* 4.11: a family has a name. */
static int
rule_malware(const struct stix_check *c)
{
	if (!json_is_true(json_object_get(c->root, "is_family")) ||
	    json_object_get(c->root, "name") != NULL)
		return 0;
	return stix_refuse(c->problem, REFUSAL_MISSING,
	    "`name` is missing: want it when `is_family` is true");
}

/* 7.2.1, 7.2.3: nothing marks itself or a part of itself. */
static int
rule_self_marking(const struct stix_check *c, struct str id)
{
	json_t *refs = json_object_get(c->root, "object_marking_refs"), *v;
	json_t *granular = json_object_get(c->root, "granular_markings");
	size_t i;

	json_array_foreach(refs, i, v)
		if (str_eq(stix_json_str(v), id))
			return stix_refuse(c->problem, REFUSAL_MARKING,
			    "`object_marking_refs.[%zu]` is the object "
			    "itself: want no circle of markings", i);
	json_array_foreach(granular, i, v)
		if (str_eq(stix_json_str(json_object_get(v, "marking_ref")),
		    id))
			return stix_refuse(c->problem, REFUSAL_MARKING,
			    "`granular_markings.[%zu].marking_ref` is the "
			    "object itself: want no circle of markings", i);
	return 0;
}

int
stix_rules_check(const struct stix_check *c, const struct stix_type *type,
    struct str id)
{
	if (type == NULL)
		return check_order(c, &version_order);
	/* 3.6: marking-definitions have no versions. */
	if (type->family != STIX_MARKING)
		TRY(check_order(c, &version_order));
	TRY(check_order(c, &type->order));
	if (type->family == STIX_MARKING) {
		TRY(rule_self_marking(c, id));
		return stix_rule_marking(c, id);
	}
	if (strcmp(type->name, "observed-data") == 0)
		return rule_observed_data(c);
	if (strcmp(type->name, "malware") == 0)
		return rule_malware(c);
	return 0;
}
