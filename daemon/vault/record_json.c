#include "vault/record_json.h"

#include <string.h>

#include "gate/terms.h"
#include "merkle/seal.h"
#include "record/label.h"

#define ARENA_BYTES MIB(4)

/* A top-level text of the object, copied into fields under name. */
static void
copy_text(json_t *fields, const char *name, const json_t *object,
    const char *property)
{
	const char *text = json_string_value(
	    json_object_get(object, property));

	if (text != NULL)
		(void)json_object_set_new(fields, name, json_string(text));
}

static void
add_object(json_t *fields, const json_t *object)
{
	json_t *labels = json_object_get(object, "labels");

	copy_text(fields, "id", object, "id");
	copy_text(fields, "modified", object,
	    json_object_get(object, "modified") != NULL ? "modified" :
	    "created");
	copy_text(fields, "type", object, "type");
	copy_text(fields, "name", object, "name");
	if (labels != NULL)
		(void)json_object_set(fields, "labels", labels);
}

/* The desks a release text names, as a list. */
static json_t *
desks_json(struct str text)
{
	json_t *list = json_array();
	const char *p = memmem(text.p, text.n, "\ndesks=", 7), *end, *comma;

	if (p == NULL)
		return list;
	p += 7;
	end = memchr(p, '\n', (size_t)(text.p + text.n - p));
	for (; end != NULL && p < end; p = comma + 1) {
		comma = memchr(p, ',', (size_t)(end - p));
		if (comma == NULL)
			comma = end;
		(void)json_array_append_new(list, json_stringn(p,
		    (size_t)(comma - p)));
	}
	return list;
}

/* The label's kind and TLP, who gave it, who may see it. */
static void
add_stored(struct vault *v, const struct store_record *r,
    struct arena *arena, json_t *fields)
{
	const struct vocabulary *voc = policy_vocabulary(v->policy);
	char received[TIME_TEXT_MAX];
	struct label label;
	struct str text;

	if (gate_label(v->gate, r, &label) == 0) {
		(void)json_object_set_new(fields, "tlp",
		    json_string(tlp_name(label.tlp)));
		if (label.kind < voc->kinds.n)
			(void)json_object_set_new(fields, "kind",
			    json_string(voc->kinds.v[label.kind]));
	}
	if (r->source == 0)
		text = str_of(v->cert_id);
	else if (store_name(v->store, r->source, arena, &text) != 0)
		text = STR("unknown");
	(void)json_object_set_new(fields, "source",
	    json_stringn(text.p, text.n));
	if (r->desks != 0 &&
	    store_label(v->store, r->desks, arena, &text) == 0)
		(void)json_object_set_new(fields, "desks",
		    desks_json(terms_release(text)));
	(void)json_object_set_new(fields, "received",
	    json_string(time_format(received, r->received)));
	(void)json_object_set_new(fields, "derived",
	    json_boolean((r->flags & RECORD_DERIVED) != 0));
	if ((r->flags & RECORD_APART) != 0)
		(void)json_object_set_new(fields, "apart", json_true());
}

json_t *
record_json(struct vault *v, const struct store_record *r)
{
	AUTO(arena_free) struct arena *arena = NULL;
	json_t *object, *fields;

	if ((r->flags & RECORD_TOMBSTONE) != 0 || v->policy == NULL)
		return NULL;
	object = json_loadb(r->bytes.p, r->bytes.n, JSON_REJECT_DUPLICATES,
	    NULL);
	if (object == NULL)
		return NULL;
	arena = arena_new(ARENA_BYTES);
	fields = json_object();
	add_object(fields, object);
	add_stored(v, r, arena, fields);
	json_decref(object);
	return fields;
}

json_t *
record_json_whole(struct vault *v, const struct store_record *r)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	json_t *fields = record_json(v, r);
	char at[TIME_TEXT_MAX];
	struct str text, proof;
	struct seal seal;

	if (fields == NULL)
		return NULL;
	(void)json_object_set_new(fields, "object",
	    json_stringn(r->bytes.p, r->bytes.n));
	if (store_label(v->store, r->label, arena, &text) == 0)
		(void)json_object_set_new(fields, "label",
		    json_stringn(text.p, text.n));
	if (store_seal(v->store, r->seal, arena, &text, &proof) == 0 &&
	    seal_decode(text, &seal) == 0) {
		(void)json_object_set_new(fields, "sealed_by",
		    json_string(seal.cert_id));
		(void)json_object_set_new(fields, "seal_time",
		    json_string(time_format(at, seal.at)));
	}
	return fields;
}

struct newest {
	const char *modified;	/* wanted, or NULL for the newest */
	struct store_record best;
	bool found;
};

/* Does the object at hand carry that modified (or created) text? */
static bool
has_version(const struct store_record *r, const char *modified)
{
	json_t *object = json_loadb(r->bytes.p, r->bytes.n, 0, NULL);
	const char *text = json_string_value(
	    json_object_get(object, "modified"));
	bool same = text != NULL && strcmp(text, modified) == 0;

	json_decref(object);
	return same;
}

static int
on_version(void *arg, const struct store_record *r)
{
	struct newest *n = arg;

	if ((r->flags & RECORD_TOMBSTONE) != 0)
		return 0;
	if (n->modified != NULL && !has_version(r, n->modified))
		return 0;
	if (!n->found || r->modified_us >= n->best.modified_us)
		n->best = *r;
	n->found = true;
	return 0;
}

int
record_newest(struct vault *v, struct str id, const char *modified,
    struct arena *arena, struct store_record *out)
{
	struct newest n = { .modified = modified };
	int rc = store_find_id(v->store, id, arena, on_version, &n);

	if (rc < 0)
		return rc;
	if (!n.found)
		return ERR_NOT_FOUND;
	*out = n.best;
	return 0;
}
