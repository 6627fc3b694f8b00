#include "gate/labels.h"

#include "base/map64.h"
#include "gate/terms.h"

#define CACHED_MAX 65536

struct labels {
	struct store *store;		/* borrowed */
	const struct vocabulary *v;	/* borrowed; NULL: no policy */
	struct map64 cache;		/* of struct label, owned */
	struct arena *arena;		/* owned */
};

struct labels *
labels_new(struct store *store)
{
	struct labels *l = mem_new(struct labels);

	l->store = store;
	l->arena = arena_new(MIB(1));
	return l;
}

void
labels_free(struct labels *l)
{
	if (l == NULL)
		return;
	map64_clear(&l->cache, free);
	arena_free(l->arena);
	free(l);
}

void
labels_set_vocabulary(struct labels *l, const struct vocabulary *v)
{
	map64_clear(&l->cache, free);
	l->v = v;
}

void
labels_trim(struct labels *l)
{
	if (l->cache.n > CACHED_MAX)
		map64_clear(&l->cache, free);
}

/* Read label and release text from the store and join them. */
static int
labels_read(struct labels *l, int64_t label, int64_t release,
    struct label *out)
{
	struct str text;

	arena_reset(l->arena);
	TRY(store_label(l->store, label, l->arena, &text));
	TRY(label_decode(text, l->v, out));
	if (release != 0) {
		TRY(store_label(l->store, release, l->arena, &text));
		terms_tighten(out, text, l->v);
	}
	label_normalise(out, l->v);
	return 0;
}

const struct label *
labels_get(struct labels *l, int64_t label, int64_t release)
{
	uint64_t key = (uint64_t)label << 32 | (uint32_t)release;
	struct label *known = map64_get(&l->cache, key), read;

	if (known != NULL || l->v == NULL)
		return known;
	if (labels_read(l, label, release, &read) != 0)
		return NULL;
	known = mem_new(struct label);
	*known = read;
	map64_set(&l->cache, key, known);
	return known;
}
