#include "record/stix_refs.h"

#include <string.h>

#include "record/stix_check.h"

static void
add_id(struct stix_refs *refs, const json_t *v)
{
	struct str id = stix_json_str(v);

	if (stix_id_is_valid(id))
		vec_push(&refs->ids, id);
}

static void
add_member(struct stix_refs *refs, const char *key, const json_t *v)
{
	static const char *const others[] = { "created_by_ref",
	    "object_marking_refs", "granular_markings" };
	const json_t *item;
	size_t i;

	if (json_is_string(v) && !str_ends(str_of(key), "_ref"))
		return;
	if (!json_is_string(v) && !json_is_array(v) && !json_is_object(v))
		return;
	for (i = 0; i < NELEM(others); i++)
		if (strcmp(key, others[i]) == 0)
			return;
	if (json_is_string(v)) {
		add_id(refs, v);
	} else if (str_ends(str_of(key), "_refs")) {
		json_array_foreach(v, i, item)
			add_id(refs, item);
	} else {
		vec_push(&refs->todo, v);
	}
}

static void
add_containers(struct stix_refs *refs, const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (json_is_object(item) || json_is_array(item))
			vec_push(&refs->todo, item);
}

static int
on_compare(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static void
sort_once(struct str_list *l)
{
	size_t kept = 0;

	if (l->n < 2)
		return;
	qsort(l->v, l->n, sizeof(l->v[0]), on_compare);
	for (size_t i = 0; i < l->n; i++)
		if (kept == 0 || !str_eq(l->v[kept - 1], l->v[i]))
			l->v[kept++] = l->v[i];
	l->n = kept;
}

void
stix_refs_collect(struct stix_refs *refs, const json_t *root)
{
	refs->ids.n = refs->todo.n = 0;
	vec_push(&refs->todo, root);
	while (refs->todo.n > 0) {
		const json_t *at = refs->todo.v[--refs->todo.n];
		const char *key;
		json_t *v;

		if (json_is_array(at)) {
			add_containers(refs, at);
			continue;
		}
		/* The iterator wants a json_t *, but changes nothing. */
		json_object_foreach((json_t *)(uintptr_t)at, key, v)
			add_member(refs, key, v);
	}
	sort_once(&refs->ids);
}

void
stix_refs_clear(struct stix_refs *refs)
{
	vec_clear(&refs->ids);
	vec_clear(&refs->todo);
}
