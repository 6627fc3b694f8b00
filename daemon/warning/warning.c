#include "warning/warning.h"

#include <stdio.h>
#include <string.h>

#include "warning/warning_private.h"

#define ASN_TEXT_MAX 24
#define SEED_FILE 1

/* ---- lists ---- */

void
list_free(struct list *l)
{
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->slow.n; i++) {
		if (l->slow.v[i].regex != NULL)
			regfree(l->slow.v[i].regex);
		free(l->slow.v[i].regex);
		free(l->slow.v[i].text);
	}
	for (size_t i = 0; i < l->texts.n; i++)
		free(l->texts.v[i]);
	vec_clear(&l->texts);
	vec_clear(&l->slow);
	vec_clear(&l->hashes);
	vec_clear(&l->ranges[IP_V4]);
	vec_clear(&l->ranges[IP_V6]);
	free(l->file);
	free(l->name);
	free(l->problem);
	free(l);
}

struct warning *
warning_new(void)
{
	return mem_new(struct warning);
}

static void
index_clear(struct warning *w)
{
	free(w->slots);
	free(w->ranges[IP_V4].v);
	free(w->ranges[IP_V6].v);
	w->slots = NULL;
	w->nslots = 0;
	w->slow = false;
	memset(w->ranges, 0, sizeof(w->ranges));
}

void
warning_free(struct warning *w)
{
	if (w == NULL)
		return;
	for (size_t i = 0; i < w->lists.n; i++)
		list_free(w->lists.v[i]);
	vec_clear(&w->lists);
	list_free(w->own);
	index_clear(w);
	free(w);
}

/* Where the list of that file is, or belongs. */
static size_t
list_place(const struct warning *w, const char *file, bool *out_there)
{
	size_t i = 0;

	while (i < w->lists.n && strcmp(w->lists.v[i]->file, file) < 0)
		i++;
	*out_there = i < w->lists.n &&
	    strcmp(w->lists.v[i]->file, file) == 0;
	return i;
}

static void
list_insert(struct warning *w, size_t at, struct list *l)
{
	vec_push(&w->lists, NULL);
	memmove(w->lists.v + at + 1, w->lists.v + at,
	    (w->lists.n - 1 - at) * sizeof(l));
	w->lists.v[at] = l;
}

void
warning_refuse(struct warning *w, const char *name, const char *why)
{
	bool there;
	size_t at = list_place(w, name, &there);
	struct list *l;

	if (!there) {
		if (w->lists.n >= WARNING_LISTS_MAX)
			return;
		l = mem_new(struct list);
		l->file = mem_strdup(name);
		l->name = mem_strdup("");
		list_insert(w, at, l);
	}
	free(w->lists.v[at]->problem);
	w->lists.v[at]->problem = mem_strdup(why);
}

/* Room for it beside the others? */
static int
list_fits(const struct warning *w, const struct list *l, struct err *e)
{
	size_t entries = l->entries, slow = l->slow.n;

	for (size_t i = 0; i < w->lists.n; i++) {
		if (strcmp(w->lists.v[i]->file, l->file) == 0)
			continue;
		entries += w->lists.v[i]->entries;
		slow += w->lists.v[i]->slow.n;
	}
	if (entries > WARNING_ENTRIES_MAX)
		return err_set(e, ERR_LIMIT, "%s: %zu entries, and %zu with "
		    "those of the other lists; want at most %d", l->file,
		    l->entries, entries, WARNING_ENTRIES_MAX);
	if (slow > WARNING_SLOW_MAX)
		return err_set(e, ERR_LIMIT, "%s: %zu substrings or regular "
		    "expressions with those of the other lists; want at most "
		    "%d", l->file, slow, WARNING_SLOW_MAX);
	return 0;
}

int
warning_load(struct warning *w, const struct warning_file *file,
    struct err *e)
{
	AUTO(list_free) struct list *l = NULL;
	uint64_t digest = text_hash(SEED_FILE, file->text);
	struct err mine = { 0 };
	bool there;
	size_t at = list_place(w, file->name, &there);

	if (there && w->lists.v[at]->digest == digest) {
		free(w->lists.v[at]->problem);
		w->lists.v[at]->problem = NULL;
		return 0;
	}
	if (!there && w->lists.n >= WARNING_LISTS_MAX)
		return err_set(e, ERR_LIMIT, "%s: more than %d lists",
		    file->name, WARNING_LISTS_MAX);
	l = list_read(file->name, file->text, &mine);
	if (l == NULL || list_fits(w, l, &mine) < 0) {
		warning_refuse(w, file->name, mine.text);
		return err_set(e, mine.code, "%s", mine.text);
	}
	l->digest = digest;
	l->loaded = file->now;
	if (there) {
		list_free(w->lists.v[at]);
		w->lists.v[at] = TAKE(l);
	} else {
		list_insert(w, at, TAKE(l));
	}
	return 1;
}

size_t
warning_keep(struct warning *w, bool (*has)(void *arg, const char *name),
    void *arg)
{
	size_t kept = 0, all = w->lists.n;

	for (size_t i = 0; i < all; i++) {
		if (has(arg, w->lists.v[i]->file))
			w->lists.v[kept++] = w->lists.v[i];
		else
			list_free(w->lists.v[i]);
	}
	w->lists.n = kept;
	return all - kept;
}

/* ---- our own ---- */

static int
own_add(struct list *l, enum warning_type type, const struct str *v,
    size_t n, struct err *e)
{
	AUTO(arena_free) struct arena *arena = arena_new(KIB(64));
	char shown[80];
	const char *why;

	for (size_t i = 0; i < n; i++) {
		why = list_add(l, type, v[i], arena);
		if (why != NULL)
			return err_set(e, ERR_CONF, "constituency: \"%s\": "
			    "%s", str_escape(shown, sizeof(shown), v[i]),
			    why);
		vec_push(&l->texts, mem_dup(v[i].p, v[i].n));
		arena_reset(arena);
	}
	return 0;
}

static int
own_add_as(struct list *l, const struct warning_own *own, struct err *e)
{
	char text[ASN_TEXT_MAX];

	for (size_t i = 0; i < own->nas; i++) {
		int n = snprintf(text, sizeof(text), "%lld",
		    (long long)own->as[i]);

		if (own->as[i] <= 0 || own->as[i] > UINT32_MAX)
			return err_set(e, ERR_CONF, "constituency: %s is no "
			    "AS number; want 1 to 4294967295", text);
		vec_push(&l->hashes, (struct entry){ text_hash(SEED_ASN,
		    (struct str){ text, (size_t)n }), (uint32_t)l->entries });
		l->entries++;
		snprintf(text, sizeof(text), "AS%lld", (long long)own->as[i]);
		vec_push(&l->texts, mem_strdup(text));
	}
	return 0;
}

int
warning_constituency(struct warning *w, const struct warning_own *own,
    struct err *e)
{
	AUTO(list_free) struct list *l = mem_new(struct list);

	l->kinds = UINT32_MAX;
	if (own->nas > WARNING_OWN_MAX || own->nprefixes > WARNING_OWN_MAX ||
	    own->ndomains > WARNING_OWN_MAX)
		return err_set(e, ERR_CONF, "constituency: more than %d of a "
		    "kind", WARNING_OWN_MAX);
	TRY(own_add(l, WARNING_CIDR, own->prefixes, own->nprefixes, e));
	TRY(own_add(l, WARNING_HOSTNAME, own->domains, own->ndomains, e));
	TRY(own_add_as(l, own, e));
	list_free(w->own);
	w->own = l->entries == 0 ? NULL : TAKE(l);
	return 0;
}

/* ---- the index ---- */

struct list *
list_at(const struct warning *w, size_t number)
{
	return number == 0 ? w->own : w->lists.v[number - 1];
}

static int
by_first(const void *a, const void *b)
{
	const struct range *x = a, *y = b;
	int c = memcmp(x->first, y->first, sizeof(x->first));

	if (c != 0)
		return c;
	/* Of equal ones the list that is told of first is inmost. */
	return x->prefix != y->prefix ? x->prefix - y->prefix :
	    y->list - x->list;
}

/* Networks are in each other or apart: each has one that is round it. */
static void
ranges_index(struct ranges *r)
{
	uint32_t round = 0;

	if (r->n > 0)
		qsort(r->v, r->n, sizeof(r->v[0]), by_first);
	for (size_t i = 0; i < r->n; i++) {
		while (round > 0 && !ip_within(r->v[i].first,
		    r->v[round - 1].first, r->v[round - 1].prefix))
			round = r->v[round - 1].parent;
		r->v[i].parent = round;
		round = (uint32_t)i + 1;
	}
}

static void
slots_add(struct warning *w, const struct entry *e, size_t number)
{
	size_t i = e->hash & (w->nslots - 1);

	while (w->slots[i].list != 0)
		i = (i + 1) & (w->nslots - 1);
	w->slots[i] = (struct slot){ e->hash, (uint32_t)number + 1, e->n };
}

void
warning_index(struct warning *w)
{
	size_t hashes = 0, ranges[2] = { 0 };

	index_clear(w);
	for (size_t i = 0; i <= w->lists.n; i++) {
		const struct list *l = list_at(w, i);

		hashes += l == NULL ? 0 : l->hashes.n;
		ranges[IP_V4] += l == NULL ? 0 : l->ranges[IP_V4].n;
		ranges[IP_V6] += l == NULL ? 0 : l->ranges[IP_V6].n;
	}
	w->nslots = hashes == 0 ? 0 : 2;
	while (w->nslots < hashes + hashes / 2)
		w->nslots *= 2;
	w->slots = mem_array(struct slot, w->nslots);
	for (int v = IP_V4; v <= IP_V6; v++)
		w->ranges[v].v = mem_array(struct range, ranges[v]);
	for (size_t i = 0; i <= w->lists.n; i++) {
		const struct list *l = list_at(w, i);

		for (size_t k = 0; l != NULL && k < l->hashes.n; k++)
			slots_add(w, &l->hashes.v[k], i);
		for (int v = IP_V4; l != NULL && v <= IP_V6; v++)
			for (size_t k = 0; k < l->ranges[v].n; k++) {
				struct range r = l->ranges[v].v[k];

				r.list = (uint16_t)i;
				w->ranges[v].v[w->ranges[v].n++] = r;
			}
		w->slow = w->slow || (l != NULL && l->slow.n > 0);
	}
	ranges_index(&w->ranges[IP_V4]);
	ranges_index(&w->ranges[IP_V6]);
}

bool
warning_is_empty(const struct warning *w)
{
	return w->nslots == 0 && w->ranges[IP_V4].n == 0 &&
	    w->ranges[IP_V6].n == 0 && !w->slow;
}

bool
warning_at(const struct warning *w, size_t i, struct warning_info *out)
{
	const struct list *l;

	if (i >= w->lists.n)
		return false;
	l = w->lists.v[i];
	*out = (struct warning_info){ .file = l->file, .name = l->name,
	    .type = l->type, .version = l->version, .entries = l->entries,
	    .loaded = l->loaded, .problem = l->problem };
	return true;
}

size_t
warning_bytes(const struct warning *w)
{
	size_t n = sizeof(*w) + w->nslots * sizeof(struct slot) +
	    (w->ranges[IP_V4].n + w->ranges[IP_V6].n) * sizeof(struct range);

	for (size_t i = 0; i <= w->lists.n; i++) {
		const struct list *l = list_at(w, i);

		if (l != NULL)
			n += sizeof(*l) + l->hashes.cap *
			    sizeof(struct entry) + (l->ranges[0].cap +
			    l->ranges[1].cap) * sizeof(struct range) +
			    l->slow.cap * sizeof(struct slow);
	}
	return n;
}
