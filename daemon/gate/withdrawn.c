#include "gate/withdrawn.h"

#include <stdio.h>
#include <string.h>

#include "base/map64.h"

#define SPACE "withdrawn"	/* "<digest hex> <origin>", no value */
#define KEY_BYTES (2 * DIGEST_BYTES + 1 + CERT_ID_MAX + 1)
#define HASH_SEED 0x57

/*
 * Every record that comes in is asked for, and hardly any was withdrawn: a
 * set of hashes in memory answers most, the store the rest.
 */
struct withdrawn {
	struct store *store;	/* borrowed */
	struct map64 hashes;	/* of this struct's own address; owned */
	bool loaded;
};

struct withdrawn *
withdrawn_new(struct store *store)
{
	struct withdrawn *w = mem_new(struct withdrawn);

	w->store = store;
	return w;
}

void
withdrawn_free(struct withdrawn *w)
{
	if (w == NULL)
		return;
	map64_clear(&w->hashes, NULL);
	free(w);
}

static void
key_of(const char *origin, const struct digest *digest,
    char dst[static KEY_BYTES])
{
	hex_encode(dst, digest->b, DIGEST_BYTES);
	snprintf(dst + (size_t)2 * DIGEST_BYTES, KEY_BYTES -
	    (size_t)2 * DIGEST_BYTES, " %s", origin);
}

static void
remember(struct withdrawn *w, const char *key)
{
	map64_set(&w->hashes, hash64(HASH_SEED, key, strlen(key)), w);
}

static int
on_stored(void *arg, const char *key, struct str value)
{
	(void)value;
	remember(arg, key);
	return 0;
}

static int
load(struct withdrawn *w)
{
	if (!w->loaded)
		TRY(store_values(w->store, SPACE, on_stored, w));
	w->loaded = true;
	return 0;
}

int
withdrawn_add(struct withdrawn *w, const char *origin,
    const struct digest *digest)
{
	char key[KEY_BYTES];

	TRY(load(w));
	key_of(origin, digest, key);
	remember(w, key);
	return store_set(w->store, SPACE, key, STR("1"));
}

int
withdrawn_has(struct withdrawn *w, const char *origin,
    const struct digest *digest)
{
	AUTO(arena_free) struct arena *arena = NULL;
	char key[KEY_BYTES];
	struct str value;
	int rc;

	TRY(load(w));
	if (w->hashes.n == 0)
		return 0;
	key_of(origin, digest, key);
	if (map64_get(&w->hashes, hash64(HASH_SEED, key, strlen(key))) ==
	    NULL)
		return 0;
	/* A rolled-back turn may have left it in memory only. */
	arena = arena_new(KIB(4));
	rc = store_value(w->store, SPACE, key, arena, &value);
	return rc == 0 ? 1 : rc == ERR_NOT_FOUND ? 0 : rc;
}
