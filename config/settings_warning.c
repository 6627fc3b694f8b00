#include "config/settings_warning.h"

#include <stdio.h>
#include <string.h>

#include "record/observable_norm.h"

#define ARENA_BYTES KIB(4)

static int
check_as(const struct yaml_node *at, struct settings_own *own, size_t i,
    struct err *e)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct observable o = { 0 };

	if (observable_normalise(OBSERVABLE_ASN, str_of(own->as[i]), arena,
	    &o) <= 0 || str_eqz(o.value, "0"))
		return yaml_error(e, at, "AS number \"%s\"; want 1 to "
		    "4294967295, such as 64496 or AS64496", own->as[i]);
	memmove(own->as[i], o.value.p, o.value.n);
	memset(own->as[i] + o.value.n, 0, sizeof(own->as[i]) - o.value.n);
	return 0;
}

static int
check_prefix(const struct yaml_node *at, const char *text, struct err *e)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct observable o = { 0 };

	if (observable_normalise(OBSERVABLE_IP, str_of(text), arena, &o) <= 0)
		return yaml_error(e, at, "prefix \"%s\"; want a network such "
		    "as 192.0.2.0/24 or 2001:db8::/32", text);
	return 0;
}

int
settings_check_constituency(const struct yaml_node *root,
    struct settings *s, struct err *e)
{
	const struct yaml_node *at = schema_node(root, "constituency.as");
	struct settings_own *own = &s->own;

	at = at == NULL ? NULL : at->first;
	for (size_t i = 0; i < own->nas && at != NULL; i++, at = at->next)
		TRY(check_as(at, own, i, e));
	at = schema_node(root, "constituency.prefixes");
	at = at == NULL ? NULL : at->first;
	for (size_t i = 0; i < own->nprefixes && at != NULL;
	    i++, at = at->next)
		TRY(check_prefix(at, own->prefixes[i], e));
	return 0;
}
