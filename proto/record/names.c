#include <string.h>

#include "record/label.h"

int
names_find(const struct names *n, struct str s)
{
	for (size_t i = 0; i < n->n; i++)
		if (str_eqz(s, n->v[i]))
			return (int)i;
	return -1;
}

/* A name that the text of a label can carry, where "," LF ? * mean more. */
static bool
name_is_plain(struct str s)
{
	if (str_eqz(s, "?") || str_eqz(s, "*"))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == ',' ||
		    s.p[i] == '\x7f')
			return false;
	return s.n > 0 && str_is_utf8(s);
}

int
names_add(struct names *n, struct str s, size_t max)
{
	int found = names_find(n, s);

	if (found >= 0)
		return found;
	if (!name_is_plain(s))
		return ERR_VALUE;
	if (n->n >= max || s.n >= NAME_MAX_BYTES)
		return ERR_LIMIT;
	n->v = mem_grow(n->v, n->n + 1, sizeof(n->v[0]));
	memset(n->v[n->n], 0, sizeof(n->v[0]));
	memcpy(n->v[n->n], s.p, s.n);
	return (int)n->n++;
}

void
names_clear(struct names *n)
{
	free(n->v);
	*n = (struct names){ 0 };
}

void
vocabulary_clear(struct vocabulary *v)
{
	struct names *all[] = { &v->purposes, &v->domains, &v->lineage,
	    &v->caveats, &v->kinds, &v->orgs, &v->desks };

	for (size_t i = 0; i < NELEM(all); i++)
		names_clear(all[i]);
	*v = (struct vocabulary){ 0 };
}
