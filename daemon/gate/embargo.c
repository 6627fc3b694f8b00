#include "gate/embargo.h"

#include <stdio.h>

#include "gate/gate_private.h"

#define EMBARGO_SPACE "embargo"		/* end in hexadecimal ms to nothing */
#define KEY_BYTES 17

static void
key_of(unix_ms_t end, char dst[static KEY_BYTES])
{
	snprintf(dst, KEY_BYTES, "%016llx", (unsigned long long)end.ms);
}

static bool
key_read(const char *key, unix_ms_t *out)
{
	unsigned long long ms;

	if (sscanf(key, "%16llx", &ms) != 1)
		return false;
	*out = (unix_ms_t){ (int64_t)ms };
	return true;
}

int
embargo_note(struct gate *g, unix_ms_t end)
{
	char key[KEY_BYTES];

	if (end.ms == UNIX_MS_NEVER.ms)
		return 0;
	key_of(end, key);
	g->embargoes_read = false;
	return store_set(g->o.store, EMBARGO_SPACE, key, STR("."));
}

static int
on_noted(void *arg, const char *key, struct str value)
{
	unix_ms_t *next = arg, end;

	(void)value;
	if (key_read(key, &end) && end.ms < next->ms)
		*next = end;
	return 0;
}

int
embargo_over(struct gate *g, unix_ms_t now)
{
	unix_ms_t next = UNIX_MS_NEVER;

	if (!g->embargoes_read) {
		TRY(store_values(g->o.store, EMBARGO_SPACE, on_noted, &next));
		g->embargo_next = next;
		g->embargoes_read = true;
	}
	return g->embargo_next.ms <= now.ms;
}

/* Gathers what is over: a scan may not change what it goes through. */
struct ended {
	VEC(unix_ms_t) v;
	unix_ms_t now;
};

static int
on_ended(void *arg, const char *key, struct str value)
{
	struct ended *e = arg;
	unix_ms_t end;

	(void)value;
	if (key_read(key, &end) && end.ms <= e->now.ms)
		vec_push(&e->v, end);
	return 0;
}

int
embargo_forget(struct gate *g, unix_ms_t now)
{
	struct ended e = { .now = now };
	char key[KEY_BYTES];
	int rc = store_values(g->o.store, EMBARGO_SPACE, on_ended, &e);

	for (size_t i = 0; rc >= 0 && i < e.v.n; i++) {
		key_of(e.v.v[i], key);
		rc = store_unset(g->o.store, EMBARGO_SPACE, key);
	}
	vec_clear(&e.v);
	g->embargoes_read = false;
	return rc < 0 ? rc : 0;
}
