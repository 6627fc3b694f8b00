#include "record/redact.h"

#include <stdio.h>
#include <string.h>

/* Nothing of these can be taken out, nor out of what is in them. */
static const char *const untouchable[] = {
	"type", "id", "spec_version", "created", "modified", "labels",
	"object_marking_refs", "granular_markings", "definition",
	"definition_type",
};

/* If it was there, something has to be left of it. */
static const char *const vital[] = {
	"pattern", "pattern_type", "valid_from", "sighting_of_ref",
	"relationship_type", "source_ref", "target_ref", "object_refs",
	"first_observed", "last_observed", "number_observed", "is_family",
	"published", "extensions",
};

/* Text that an object or a part of one must have. */
static const struct {
	const char *in, *property;	/* type, or top-level property */
	bool part;
} required_text[] = {
	{ "identity", "name", false }, { "note", "content", false },
	{ "report", "name", false }, { "campaign", "name", false },
	{ "grouping", "context", false },
	{ "vulnerability", "name", false }, { "tool", "name", false },
	{ "threat-actor", "name", false },
	{ "intrusion-set", "name", false },
	{ "attack-pattern", "name", false },
	{ "course-of-action", "name", false },
	{ "infrastructure", "name", false },
	{ "malware-analysis", "product", false },
	{ "external_references", "source_name", true },
	{ "kill_chain_phases", "kill_chain_name", true },
	{ "kill_chain_phases", "phase_name", true },
};

/* What an observable is; without it nothing is left of it. */
static const struct {
	const char *type, *property;
} essence[] = {
	{ "ipv4-addr", "value" }, { "ipv6-addr", "value" },
	{ "domain-name", "value" }, { "url", "value" },
	{ "email-addr", "value" }, { "mac-addr", "value" },
	{ "autonomous-system", "number" }, { "directory", "path" },
	{ "mutex", "name" }, { "software", "name" },
	{ "network-traffic", "protocols" },
	{ "email-message", "is_multipart" }, { "opinion", "opinion" },
};

/* ---- paths ---- */

/* One step up to a separator; s is moved behind it. */
static int
step_parse(struct str *s, struct redact_step *out)
{
	const char *end = s->p + s->n, *p = s->p;
	bool quoted = s->n > 0 && *p == '\'';

	out->index = false;
	if (quoted) {
		p = memchr(s->p + 1, '\'', s->n - 1);
		if (p == NULL)
			return ERR_SYNTAX;
		out->key = (struct str){ s->p + 1, (size_t)(p - s->p) - 1 };
		p++;
	} else {
		while (p < end && *p != '.' && *p != '[')
			p++;
		out->key = (struct str){ s->p, (size_t)(p - s->p) };
	}
	out->any = !quoted && str_eqz(out->key, "*");
	s->n = (size_t)(end - p);
	s->p = p;
	return out->key.n == 0 || out->key.n > JSON_KEY_MAX ? ERR_SYNTAX : 0;
}

/* "[*]" or "[12]" */
static int
index_parse(struct str *s, struct redact_step *out)
{
	const char *close = memchr(s->p, ']', s->n);
	uint64_t ignored;

	if (close == NULL)
		return ERR_SYNTAX;
	out->key = (struct str){ s->p + 1, (size_t)(close - s->p) - 1 };
	out->any = str_eqz(out->key, "*");
	out->index = true;
	s->n -= (size_t)(close + 1 - s->p);
	s->p = close + 1;
	return out->any || str_to_u64(out->key, &ignored) == 0 ? 0 :
	    ERR_SYNTAX;
}

int
redact_path_parse(const char *text, struct redact_path *out)
{
	const char *colon = text + strcspn(text, ":.'[");
	struct redact_path path = { .type = STR("") };
	struct str s = str_of(text);

	if (*colon == ':') {
		path.type = (struct str){ text, (size_t)(colon - text) };
		s = str_of(colon + 1);
		if (path.type.n == 0)
			return ERR_SYNTAX;
	}
	do {
		if (path.n == REDACT_STEPS_MAX)
			return ERR_SYNTAX;
		TRY(step_parse(&s, &path.steps[path.n++]));
		while (s.n > 0 && s.p[0] == '[') {
			if (path.n == REDACT_STEPS_MAX)
				return ERR_SYNTAX;
			TRY(index_parse(&s, &path.steps[path.n++]));
		}
		if (s.n > 0 && s.p[0] != '.')
			return ERR_SYNTAX;
		if (s.n == 1)
			return ERR_SYNTAX;
		if (s.n > 0) {
			s.p++;
			s.n--;
		}
	} while (s.n > 0);
	*out = path;
	return 0;
}

/* ---- what may go ---- */

static bool
is_in(const char *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

/* Must the text stay, in that object or in that part of it? */
static bool
is_required_text(struct str type, const char *top, const char *property,
    unsigned depth)
{
	for (size_t i = 0; i < NELEM(required_text); i++)
		if (strcmp(required_text[i].property, property) == 0 &&
		    (required_text[i].part ?
		    depth > 0 && strcmp(required_text[i].in, top) == 0 :
		    depth == 0 && str_eqz(type, required_text[i].in)))
			return true;
	return false;
}

int
redaction_check(const struct redaction *r, const json_t *before)
{
	for (size_t i = 0; i < NELEM(vital); i++)
		if (json_object_get(before, vital[i]) != NULL &&
		    json_object_get(r->root, vital[i]) == NULL)
			return ERR_DENIED;
	for (size_t i = 0; i < NELEM(essence); i++)
		if (str_eqz(r->type, essence[i].type) &&
		    json_object_get(r->root, essence[i].property) == NULL)
			return ERR_DENIED;
	return 0;
}

/* ---- taking out ---- */

void
redaction_clear(struct redaction *r)
{
	for (size_t i = 0; i < r->removed.n; i++)
		free(r->removed.v[i]);
	vec_clear(&r->removed);
	vec_clear(&r->typed);
}

void
redaction_hunt(struct redaction *r, struct str s)
{
	char *copy;

	while (s.n > 0 && (unsigned char)s.p[0] <= ' ') {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && (unsigned char)s.p[s.n - 1] <= ' ')
		s.n--;
	if (s.n < REDACT_VALUE_MIN || str_eqz(s, REDACTED_TEXT))
		return;
	copy = (char *)mem_dup(s.p, s.n);
	vec_push(&r->removed, copy);
}

/* The texts in what is removed, but for those that everybody knows. */
static void
hunt_all(struct redaction *r, const char *key, const json_t *v)
{
	static const char *const common[] = { "type", "extension_type",
	    "spec_version" };
	const char *k;
	json_t *item;
	size_t i;

	if (json_is_string(v) && !is_in(common, NELEM(common), key))
		redaction_hunt(r, (struct str){ json_string_value(v),
		    json_string_length(v) });
	json_array_foreach((json_t *)(uintptr_t)v, i, item)
		hunt_all(r, key, item);
	json_object_foreach((json_t *)(uintptr_t)v, k, item)
		hunt_all(r, k, item);
}

/* Where a path has come to. */
struct walk {
	struct redaction *r;
	const struct redact_path *path;
	const char *top;		/* top-level property it began with */
	bool hunt;
};

static int take_step(const struct walk *w, json_t *at, size_t step,
    unsigned depth);

static bool
is_ref(const char *key)
{
	return str_ends(str_of(key), "_ref") || str_ends(str_of(key), "_refs");
}

/* The member key of a mapping: the end of the path, or on its way. */
static int
take_member(const struct walk *w, json_t *at, const char *key, size_t step,
    unsigned depth)
{
	json_t *v = json_object_get(at, key);
	bool last = step + 1 == w->path->n;

	if (v == NULL)
		return 0;
	/* What a reference leads to is another object: cut it here. */
	if (!last && !json_is_object(v) && !json_is_array(v) && !is_ref(key))
		return 0;
	if (!last && !(is_ref(key) && (json_is_string(v) ||
	    json_is_string(json_array_get(v, 0)))))
		return take_step(w, v, step + 1, depth + 1);
	if (w->hunt)
		hunt_all(w->r, key, v);
	if (is_required_text(w->r->type, w->top, key, depth))
		return json_object_set_new(at, key,
		    json_string(REDACTED_TEXT)) == 0 ? 0 : ERR_LIMIT;
	(void)json_object_del(at, key);
	return 0;
}

static int
take_from_object(const struct walk *w, json_t *at, size_t step,
    unsigned depth)
{
	const struct redact_step *s = &w->path->steps[step];
	char name[JSON_KEY_MAX + 1];
	const char *key;
	json_t *v;
	void *next;

	if (s->any) {
		json_object_foreach_safe(at, next, key, v) {
			/* The key goes with its member. */
			snprintf(name, sizeof(name), "%s", key);
			TRY(take_member(w, at, name, step, depth));
		}
		return 0;
	}
	snprintf(name, sizeof(name), "%.*s", (int)s->key.n, s->key.p);
	return take_member(w, at, name, step, depth);
}

static int
take_item(const struct walk *w, json_t *list, size_t i, size_t step,
    unsigned depth)
{
	json_t *item = json_array_get(list, i);

	if (step + 1 < w->path->n)
		return take_step(w, item, step + 1, depth);
	if (w->hunt)
		hunt_all(w->r, "", item);
	(void)json_array_remove(list, i);
	return 0;
}

/* Items from the last on, so that the others keep their places. */
static int
take_from_list(const struct walk *w, json_t *at, size_t step, unsigned depth)
{
	const struct redact_step *s = &w->path->steps[step];
	uint64_t only;

	for (size_t i = json_array_size(at); i-- > 0;) {
		if (!s->index && !s->any && str_to_u64(s->key, &only) != 0) {
			TRY(take_step(w, json_array_get(at, i), step, depth));
			continue;
		}
		if (!s->any && (str_to_u64(s->key, &only) != 0 || only != i))
			continue;
		TRY(take_item(w, at, i, step, depth));
	}
	return 0;
}

/* JSON_DEPTH_MAX bounds the depth. */
static int
take_step(const struct walk *w, json_t *at, size_t step, unsigned depth)
{
	if (json_is_object(at))
		return take_from_object(w, at, step, depth);
	if (json_is_array(at))
		return take_from_list(w, at, step, depth);
	return 0;
}

/* Lists and mappings that are empty now go, and references to nothing. */
static bool
prune(json_t *v, const char *key)
{
	void *next;
	const char *k;
	json_t *item;

	for (size_t i = json_array_size(v); i-- > 0;)
		if (prune(json_array_get(v, i), key))
			(void)json_array_remove(v, i);
	json_object_foreach_safe(v, next, k, item)
		if (prune(item, k))
			(void)json_object_del(v, k);
	/* STIX 2.1 section 2.5: a name alone refers to nothing. */
	if (json_is_object(v) && strcmp(key, "external_references") == 0 &&
	    json_object_get(v, "description") == NULL &&
	    json_object_get(v, "url") == NULL &&
	    json_object_get(v, "external_id") == NULL)
		return true;
	return (json_is_array(v) && json_array_size(v) == 0) ||
	    (json_is_object(v) && json_object_size(v) == 0);
}

/* The path from the top-level property key on. */
static int
take_top(struct redaction *r, const struct redact_path *path, json_t *at,
    const char *key, bool hunt)
{
	struct walk w = { r, path, key, hunt };
	json_t *v;

	if (json_object_get(at, key) == NULL)
		return 0;
	if (at == r->root && (is_in(untouchable, NELEM(untouchable), key) ||
	    (path->n == 1 && is_in(vital, NELEM(vital), key))))
		return ERR_DENIED;
	TRY(take_member(&w, at, key, 0, 0));
	v = json_object_get(at, key);
	if (v != NULL && prune(v, key))
		(void)json_object_del(at, key);
	return 0;
}

static int
take_from(struct redaction *r, const struct redact_path *path, json_t *at,
    bool hunt)
{
	char name[JSON_KEY_MAX + 1];
	const char *key;
	void *next;
	json_t *v;

	if (!path->steps[0].any) {
		snprintf(name, sizeof(name), "%.*s",
		    (int)path->steps[0].key.n, path->steps[0].key.p);
		return take_top(r, path, at, name, hunt);
	}
	json_object_foreach_safe(at, next, key, v) {
		snprintf(name, sizeof(name), "%s", key);
		if (!is_in(untouchable, NELEM(untouchable), name))
			TRY(take_top(r, path, at, name, hunt));
	}
	return 0;
}

/* Objects of that type inside observed data, as STIX 2.0 has them. */
static int
take_from_contained(struct redaction *r, const struct redact_path *path,
    bool hunt)
{
	json_t *objects = json_object_get(r->root, "objects"), *o;
	const char *key;

	json_object_foreach(objects, key, o) {
		const char *type = json_string_value(json_object_get(o,
		    "type"));

		if (type != NULL && str_eqz(path->type, type))
			TRY(take_from(r, path, o, hunt));
	}
	return 0;
}

int
redaction_take(struct redaction *r, const struct redact_path *path, bool hunt)
{
	if (path->type.n == 0)
		return take_from(r, path, r->root, hunt);
	vec_push(&r->typed, *path);
	TRY(take_from_contained(r, path, hunt));
	return str_eq(path->type, r->type) ?
	    take_from(r, path, r->root, hunt) : 0;
}
