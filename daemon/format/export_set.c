/*
 * The set: what of a record a format can say, in order.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/arena.h"
#include "base/unit.h"
#include "format/export_private.h"
#include "format/misp.h"

/* Text of a million records, say. */
#define ARENA_BYTES (UINT64_C(8) << 30)
#define SCRATCH_BYTES MIB(8)

struct export_set *
export_set_new(const struct export_format *f)
{
	struct export_set *s = mem_new(struct export_set);

	s->format = f;
	s->arena = arena_new(ARENA_BYTES);
	s->reader = stix_reader_new();
	return s;
}

void
export_set_free(struct export_set *s)
{
	if (s == NULL)
		return;
	vec_clear(&s->objects);
	vec_clear(&s->values);
	stix_reader_free(s->reader);
	arena_free(s->arena);
	free(s);
}

/* A copy in the set's arena; what does not fit is empty. */
static struct str
kept(struct export_set *s, struct str text)
{
	const char *p = arena_dup(s->arena, text.p == NULL ? "" : text.p,
	    text.n);

	return p == NULL ? STR("") : (struct str){ p, text.n };
}

static struct str
property(struct export_set *s, const json_t *object, const char *name)
{
	const json_t *v = json_object_get(object, name);

	return json_is_string(v) ? kept(s, (struct str){
	    json_string_value(v), json_string_length(v) }) : STR("");
}

/* What an event of MISP says of an attribute, besides its value. */
static void
object_for_misp(struct export_set *s, const struct stix_object *o,
    struct export_object *e)
{
	const json_t *to_ids = json_object_get(o->json, MISP_TO_IDS);

	e->indicator = str_eqz(o->type, "indicator");
	e->description = property(s, o->json, "description");
	e->misp_type = property(s, o->json, MISP_TYPE);
	e->misp_category = property(s, o->json, MISP_CATEGORY);
	e->misp_comment = property(s, o->json, MISP_COMMENT);
	e->misp_value = property(s, o->json, MISP_VALUE);
	e->misp_to_ids = json_is_boolean(to_ids) ? json_is_true(to_ids) : -1;
	e->labels = o->nlabels == 0 ? NULL : arena_alloc(s->arena,
	    o->nlabels * sizeof(*e->labels));
	for (size_t i = 0; i < o->nlabels && e->labels != NULL; i++)
		e->labels[e->nlabels++] = kept(s, o->labels[i]);
}

static struct export_object *
object_new(struct export_set *s, const struct export_record *r,
    const struct stix_object *o)
{
	struct export_object *e = arena_alloc(s->arena, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->id = kept(s, o->id);
	e->modified = kept(s, o->modified_text);
	e->version = o->modified;
	e->version.rest = kept(s, o->modified.rest);
	e->confidence = o->confidence;
	e->name = property(s, o->json, "name");
	e->valid_from = property(s, o->json, "valid_from");
	e->valid_until = property(s, o->json, "valid_until");
	e->kind = kept(s, r->kind);
	e->tlp = kept(s, r->tlp);
	e->pap = kept(s, r->pap);
	e->source = kept(s, r->source);
	e->received = kept(s, r->received);
	e->reliability = r->reliability;
	e->credibility = r->credibility;
	e->peers = r->peers;
	e->opinion = kept(s, r->opinion);
	if (s->format == &export_misp)
		object_for_misp(s, o, e);
	e->bytes = s->format->values ? STR("") : kept(s, r->object);
	return e;
}

/* ---- values ---- */

/*
 * A certificate's hash and a file's are the same kind of observable; a list
 * of files must not have the first.
 */
static bool
is_about_certificates(const struct stix_object *o)
{
	return o->pattern.n > 0 && memmem(o->pattern.p, o->pattern.n,
	    "x509-certificate", 16) != NULL;
}

static bool
is_benign(const struct stix_object *o)
{
	for (size_t i = 0; i < o->nindicator_types; i++)
		if (str_eqz(o->indicator_types[i], "benign"))
			return true;
	return false;
}

/* Does whoever made it say that nobody is to be alerted by it? */
static bool
is_for_people_only(const struct stix_object *o)
{
	return json_is_false(json_object_get(o->json, MISP_TO_IDS));
}

/* One value; false with *out_why if it cannot be in the file. */
static bool
value_add(struct export_set *s, const struct observable *o,
    struct export_object *e, enum export_why *out_why)
{
	struct export_value v = { .o = *o, .of = e };

	if (!export_value_fits(s->format, o, out_why))
		return false;
	v.o.value = kept(s, o->value);
	vec_push(&s->values, v);
	e->values++;
	return true;
}

/*
 * Only what alone is a match: of "a and b" neither a nor b may become a
 * rule.  Returns false with the reason if nothing of it is in the file.
 */
static bool
values_add(struct export_set *s, const struct stix_object *o,
    struct export_object *e, enum export_why *out_why)
{
	AUTO(arena_free) struct arena *scratch = arena_new(SCRATCH_BYTES);
	bool certificates = is_about_certificates(o);
	enum export_why why = EXPORT_WHY_CONDITIONS, this;
	struct observables all = { 0 };

	if (observables_of(o, scratch, &all) < 0 || all.unparsable) {
		*out_why = EXPORT_WHY_PATTERN;
		return false;
	}
	for (size_t i = 0; i < all.n; i++) {
		this = EXPORT_WHY_FORMAT;
		if (all.v[i].part == OBSERVABLE_PART_OF)
			continue;
		if ((certificates && all.v[i].kind == OBSERVABLE_HASH) ||
		    !value_add(s, &all.v[i], e, &this))
			why = this;
	}
	*out_why = why;
	return e->values > 0;
}

/* Has the format nothing of such an object at all? */
static bool
is_left_out(const struct export_set *s, const struct stix_object *o,
    enum export_why *out_why)
{
	if (!str_eqz(o->type, "indicator")) {
		*out_why = EXPORT_WHY_NO_INDICATOR;
		return !s->format->observed;
	}
	*out_why = EXPORT_WHY_BENIGN;
	if (is_benign(o) || (s->format != &export_misp &&
	    is_for_people_only(o)))
		return true;
	/* What was a rule in MISP goes back there as one. */
	if (s->format == &export_misp &&
	    json_is_string(json_object_get(o->json, MISP_VALUE)))
		return false;
	*out_why = EXPORT_WHY_PATTERN;
	return !str_eqz(o->pattern_type, "stix");
}

/* What came from MISP goes back as the one attribute that it was. */
static bool
misp_value_add(struct export_set *s, struct export_object *e)
{
	struct export_value v = { .o = { .value = e->misp_value }, .of = e };

	if (e->misp_type.n == 0 || e->misp_value.n == 0)
		return false;
	vec_push(&s->values, v);
	e->values++;
	return true;
}

static bool
valued_add(struct export_set *s, const struct export_record *r,
    const struct stix_object *o, enum export_why *out_why)
{
	struct export_object *e;

	if (is_left_out(s, o, out_why))
		return false;
	*out_why = EXPORT_WHY_INVALID;
	e = object_new(s, r, o);
	if (e == NULL || !(misp_value_add(s, e) ||
	    values_add(s, o, e, out_why)))
		return false;
	vec_push(&s->objects, e);
	return true;
}

void
export_set_add(struct export_set *s, const struct export_record *r)
{
	enum export_why why = EXPORT_WHY_INVALID;
	struct stix_problem problem;
	struct export_object *e;
	struct stix_object o;
	bool there;

	if (stix_read(s->reader, r->object, &o, &problem) < 0) {
		there = false;
	} else if (s->format->values) {
		there = valued_add(s, r, &o, &why);
	} else {
		e = object_new(s, r, &o);
		there = e != NULL;
		if (there)
			vec_push(&s->objects, e);
	}
	if (!there)
		s->left[why]++;
}

/* ---- order ---- */

static int
object_cmp(const struct export_object *a, const struct export_object *b)
{
	int c = str_cmp(a->id, b->id);

	if (c == 0)
		c = stix_time_cmp(&a->version, &b->version);
	return c != 0 ? c : str_cmp(a->bytes, b->bytes);
}

static int
on_object_cmp(const void *a, const void *b)
{
	return object_cmp(*(struct export_object *const *)a,
	    *(struct export_object *const *)b);
}

static int
thing_cmp(const struct observable *a, const struct observable *b)
{
	int c = a->kind < b->kind ? -1 : a->kind > b->kind;

	if (c != 0 || a->kind != OBSERVABLE_IP)
		return c != 0 ? c : str_cmp(a->value, b->value);
	c = memcmp(a->ip, b->ip, sizeof(a->ip));
	return c != 0 ? c : a->prefix < b->prefix ? -1 :
	    a->prefix > b->prefix;
}

static int
on_value_cmp(const void *pa, const void *pb)
{
	const struct export_value *a = pa, *b = pb;
	int c = thing_cmp(&a->o, &b->o);

	return c != 0 ? c : object_cmp(a->of, b->of);
}

/* Is b the same object again, or (unless wanted) a later version of a? */
static bool
replaces(const struct export_object *a, const struct export_object *b,
    bool versions)
{
	return str_eq(a->id, b->id) && (!versions ||
	    (stix_time_cmp(&a->version, &b->version) == 0 &&
	    str_eq(a->bytes, b->bytes)));
}

/* An object that is no longer in the set has no values either. */
static void
values_prune(struct export_set *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->values.n; i++)
		if (s->values.v[i].of->values > 0)
			s->values.v[n++] = s->values.v[i];
	s->values.n = n;
}

void
export_set_sort(struct export_set *s, bool versions)
{
	size_t n = 0;

	if (s->objects.n > 0)
		qsort(s->objects.v, s->objects.n, sizeof(s->objects.v[0]),
		    on_object_cmp);
	for (size_t i = 0; i < s->objects.n; i++) {
		struct export_object *e = s->objects.v[i];

		if (i + 1 < s->objects.n &&
		    replaces(e, s->objects.v[i + 1], versions))
			e->values = 0;
		else
			s->objects.v[n++] = e;
	}
	s->objects.n = n;
	values_prune(s);
	if (s->values.n > 0)
		qsort(s->values.v, s->values.n, sizeof(s->values.v[0]),
		    on_value_cmp);
}

const struct export_value *
export_next(const struct export_set *s, size_t *i)
{
	const struct export_value *v;

	if (*i >= s->values.n)
		return NULL;
	v = &s->values.v[*i];
	do
		++*i;
	while (*i < s->values.n &&
	    thing_cmp(&v->o, &s->values.v[*i].o) == 0);
	return v;
}

void
export_set_count(const struct export_set *s, struct export_counts *out)
{
	struct export_counts c = { .records = s->objects.n };

	memcpy(c.left, s->left, sizeof(c.left));
	if (!s->format->values)
		c.entries = s->objects.n;
	else
		for (size_t i = 0; export_next(s, &i) != NULL; )
			c.entries++;
	*out = c;
}
