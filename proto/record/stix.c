#include "record/stix.h"

#include <string.h>

#include <jansson.h>

#include "base/limits.h"
#include "record/json_text.h"
#include "record/stix_refs.h"
#include "record/stix_rules.h"

#define TYPE_NAME_MIN 3
#define TYPE_NAME_MAX 250
#define SHOWN_MAX 120

struct stix_reader {
	json_t *root;		/* owned: the last object read */
	struct stix_refs refs;
	struct str_list markings, granular, labels, indicator_types;
};

/* What one reading collects on its way. */
struct reading {
	struct stix_check check;
	const struct stix_type *type;	/* NULL: one we do not know */
	enum stix_family family;
	json_t *common[COMMON_N];	/* borrowed */
	uint32_t own;			/* bits: the type's rows that are there */
	struct json_facts facts;
};

struct stix_reader *
stix_reader_new(void)
{
	struct stix_reader *r = mem_new(struct stix_reader);

	/* CVE-2013-6401; here, because it opens /dev/urandom. */
	json_object_seed(0);
	return r;
}

void
stix_reader_free(struct stix_reader *r)
{
	if (r == NULL)
		return;
	json_decref(r->root);
	stix_refs_clear(&r->refs);
	vec_clear(&r->markings);
	vec_clear(&r->granular);
	vec_clear(&r->labels);
	vec_clear(&r->indicator_types);
	free(r);
}

/* 3.1: names of types. */
static bool
type_name_is_valid(struct str s)
{
	if (s.n < TYPE_NAME_MIN || s.n > TYPE_NAME_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((s.p[i] < 'a' || s.p[i] > 'z') && s.p[i] != '-' &&
		    (s.p[i] < '0' || s.p[i] > '9'))
			return false;
	return true;
}

/* RFC 4122 3, 4.1.1, 4.1.3; versions to 8 as in RFC 9562. */
static bool
uuid_is_valid(const char *p)
{
	static const char form[] = "xxxxxxxx-xxxx-Vxxx-Nxxx-xxxxxxxxxxxx";

	for (size_t i = 0; i < sizeof(form) - 1; i++) {
		const char *among = form[i] == '-' ? "-" :
		    form[i] == 'V' ? "12345678" :
		    form[i] == 'N' ? "89abAB" : "0123456789abcdefABCDEF";

		if (p[i] == '\0' || strchr(among, p[i]) == NULL)
			return false;
	}
	return true;
}

bool
stix_id_is_valid(struct str id)
{
	const char *tail;

	if (id.n < TYPE_NAME_MIN + STIX_ID_TAIL || id.n >= STIX_ID_MAX)
		return false;
	tail = id.p + id.n - STIX_ID_TAIL;
	return tail[0] == '-' && tail[1] == '-' && uuid_is_valid(tail + 2) &&
	    type_name_is_valid((struct str){ id.p, id.n - STIX_ID_TAIL });
}

/* The family of a type we do not know: as it says, or as it looks. */
static enum stix_family
guess_family(const json_t *root)
{
	json_t *extensions = json_object_get(root, "extensions"), *v;
	const char *key;

	json_object_foreach(extensions, key, v) {
		struct str is = stix_json_str(
		    json_object_get(v, "extension_type"));

		if (str_eqz(is, "new-sdo"))
			return STIX_SDO;
		if (str_eqz(is, "new-sro"))
			return STIX_SRO;
		if (str_eqz(is, "new-sco"))
			return STIX_SCO;
	}
	return json_object_get(root, "created") != NULL ||
	    json_object_get(root, "modified") != NULL ? STIX_SDO : STIX_SCO;
}

static int
read_type(struct reading *g, struct stix_object *out)
{
	struct stix_problem *problem = g->check.problem;
	json_t *v = json_object_get(g->check.root, "type");
	char shown[SHOWN_MAX];

	if (!json_is_object(g->check.root))
		return stix_refuse(problem, REFUSAL_TYPE, "%s: want a STIX "
		    "object", stix_show(shown, sizeof(shown), g->check.root));
	if (v == NULL)
		return stix_refuse(problem, REFUSAL_TYPE,
		    "`type` is missing: want a STIX object");
	if (!type_name_is_valid(stix_json_str(v)))
		return stix_refuse(problem, REFUSAL_TYPE, "`type` is %s: want "
		    "3 to 250 lower-case letters, digits and hyphens",
		    stix_show(shown, sizeof(shown), v));
	out->type = stix_json_str(v);
	g->type = stix_type_find(out->type);
	g->family = g->type != NULL ? g->type->family :
	    guess_family(g->check.root);
	if (g->family == STIX_BUNDLE)
		return stix_refuse(problem, REFUSAL_TYPE, "`type` is "
		    "\"bundle\": want one object, not a container of them");
	return 0;
}

/* 2.9: type--UUID, with the object's own type. */
static int
read_id(struct reading *g, struct stix_object *out)
{
	struct stix_problem *problem = g->check.problem;
	json_t *v = json_object_get(g->check.root, "id");
	struct str type, id = stix_json_str(v);
	char shown[SHOWN_MAX], want[SHOWN_MAX];

	if (v == NULL)
		return stix_refuse(problem, REFUSAL_ID, "`id` is missing");
	str_escape(want, sizeof(want), out->type);
	if (!stix_id_is_valid(id))
		return stix_refuse(problem, REFUSAL_ID, "`id` is %s: want "
		    "%s--UUID, the UUID of RFC 4122",
		    stix_show(shown, sizeof(shown), v), want);
	type = (struct str){ id.p, id.n - STIX_ID_TAIL };
	if (!str_eq(type, out->type))
		return stix_refuse(problem, REFUSAL_ID, "`id` is %s: want "
		    "%s--UUID, as `type` says",
		    stix_show(shown, sizeof(shown), v), want);
	out->id = id;
	return 0;
}

/* 3.2: only cyber-observable objects may leave it out. */
static int
read_spec_version(const struct reading *g)
{
	json_t *v = json_object_get(g->check.root, "spec_version");
	char shown[SHOWN_MAX];

	if (v == NULL && g->family == STIX_SCO)
		return 0;
	if (v == NULL)
		return stix_refuse(g->check.problem, REFUSAL_SPEC_VERSION,
		    "`spec_version` is missing (STIX 2.0?): want \"2.1\"");
	if (!str_eqz(stix_json_str(v), "2.1"))
		return stix_refuse(g->check.problem, REFUSAL_SPEC_VERSION,
		    "`spec_version` is %s: want \"2.1\"",
		    stix_show(shown, sizeof(shown), v));
	return 0;
}

static bool
is_named(const struct stix_property *row, const char *key)
{
	return row->name[0] == key[0] && strcmp(row->name, key) == 0;
}

/* One member against the table; what is in none is carried untouched. */
static int
read_member(struct reading *g, const char *key, json_t *value)
{
	const struct stix_property *row = g->type == NULL ? NULL :
	    g->type->properties;

	for (size_t i = 0; row != NULL && row[i].name != NULL; i++) {
		if (!is_named(&row[i], key))
			continue;
		g->own |= 1U << i;
		return stix_check_property(&g->check, &row[i], value);
	}
	for (size_t i = 0; i < COMMON_N; i++) {
		row = &stix_common[i];
		if (!is_named(row, key))
			continue;
		if (row->known != 0 && (row->known & g->family) == 0)
			return 0;
		g->common[i] = value;
		return stix_check_property(&g->check, row, value);
	}
	return 0;
}

static int
missing(const struct reading *g, const struct stix_property *row)
{
	return stix_refuse(g->check.problem, REFUSAL_MISSING,
	    "`%s` is missing: a %s must have it", row->name, g->check.type);
}

static int
read_members(struct reading *g)
{
	const struct stix_property *row;
	const char *key;
	json_t *value;

	json_object_foreach(g->check.root, key, value)
		TRY(read_member(g, key, value));
	for (size_t i = 0; i < COMMON_N; i++)
		if ((stix_common[i].required & g->family) != 0 &&
		    g->common[i] == NULL)
			return missing(g, &stix_common[i]);
	row = g->type == NULL ? NULL : g->type->properties;
	for (size_t i = 0; row != NULL && row[i].name != NULL; i++)
		if (row[i].required != 0 && (g->own & 1U << i) == 0)
			return missing(g, &row[i]);
	return 0;
}

/* 2.6, 2.4: nothing is empty anywhere; our tables name what they know. */
static int
read_empty(const struct reading *g)
{
	char shown[SHOWN_MAX];

	if (!g->facts.has_empty)
		return 0;
	return stix_refuse(g->check.problem, REFUSAL_EMPTY,
	    "an empty list or dictionary in `%s` at byte %zu: leave it out",
	    str_escape(shown, sizeof(shown), g->facts.empty_in),
	    g->facts.empty_at);
}

/* The strings of a list. */
static void
list_strings(struct str_list *l, const json_t *list)
{
	const json_t *item;
	size_t i;

	l->n = 0;
	json_array_foreach(list, i, item)
		vec_push(l, stix_json_str(item));
}

static void
fill_version(const struct reading *g, struct stix_object *out)
{
	json_t *modified = g->common[COMMON_MODIFIED];

	out->modified_text = stix_json_str(modified != NULL ? modified :
	    g->common[COMMON_CREATED]);
	out->versioned = modified != NULL;
	if (modified != NULL && stix_time_parse(stix_json_str(modified),
	    &out->modified) != 0)
		out->versioned = false;	/* cannot be: it was checked */
}

static void
fill_lists(struct stix_reader *r, const struct reading *g,
    struct stix_object *out)
{
	json_t *item;
	size_t i;

	list_strings(&r->labels, g->common[COMMON_LABELS]);
	out->labels = r->labels.v;
	out->nlabels = r->labels.n;
	list_strings(&r->markings, g->common[COMMON_MARKINGS]);
	out->markings = r->markings.v;
	out->nmarkings = r->markings.n;
	r->granular.n = 0;
	json_array_foreach(g->common[COMMON_GRANULAR], i, item) {
		struct str ref = stix_json_str(
		    json_object_get(item, "marking_ref"));

		if (ref.n > 0)
			vec_push(&r->granular, ref);
	}
	out->granular = r->granular.v;
	out->ngranular = r->granular.n;
	stix_refs_collect(&r->refs, g->check.root);
	out->refs = r->refs.ids.v;
	out->nrefs = r->refs.ids.n;
}

static void
fill_indicator(struct stix_reader *r, json_t *root, struct stix_object *out)
{
	out->pattern = stix_json_str(json_object_get(root, "pattern"));
	out->pattern_type = stix_json_str(
	    json_object_get(root, "pattern_type"));
	list_strings(&r->indicator_types,
	    json_object_get(root, "indicator_types"));
	out->indicator_types = r->indicator_types.v;
	out->nindicator_types = r->indicator_types.n;
}

static void
fill_object(struct stix_reader *r, const struct reading *g,
    struct stix_object *out)
{
	json_t *confidence = g->common[COMMON_CONFIDENCE];

	out->created_by_ref = stix_json_str(g->common[COMMON_CREATED_BY]);
	out->revoked = json_is_true(g->common[COMMON_REVOKED]);
	if (confidence != NULL)
		out->confidence = (int)json_integer_value(confidence);
	fill_version(g, out);
	fill_lists(r, g, out);
	if (str_eqz(out->type, "indicator"))
		fill_indicator(r, r->root, out);
	out->json = r->root;
}

int
stix_read(struct stix_reader *r, struct str bytes, struct stix_object *out,
    struct stix_problem *problem)
{
	struct reading g = { .check = { .problem = problem } };

	json_decref(r->root);
	r->root = NULL;
	*out = (struct stix_object){ .bytes = bytes, .confidence = -1 };
	if (bytes.n > RECORD_BYTES_MAX)
		return stix_refuse(problem, REFUSAL_LIMIT, "%zu bytes: want "
		    "at most %d in one object", bytes.n, RECORD_BYTES_MAX);
	if (json_text_parse(bytes, &r->root, &g.facts, problem) != 0)
		return ERR_VALUE;
	g.check.root = r->root;
	TRY(read_type(&g, out));
	g.check.type = out->type.p;
	TRY(read_id(&g, out));
	TRY(read_spec_version(&g));
	TRY(read_members(&g));
	TRY(read_empty(&g));
	TRY(stix_rules_check(&g.check, g.type, out->id));
	fill_object(r, &g, out);
	return 0;
}
