#include "base/map64.h"

/* Spread small and sequential keys over the table (Fibonacci hashing). */
static size_t
slot_of(const struct map64 *m, uint64_t key)
{
	size_t mask = m->cap - 1;
	size_t i = (size_t)((key * UINT64_C(0x9e3779b97f4a7c15)) >> 32) & mask;

	while (m->slots[i].value != NULL && m->slots[i].key != key)
		i = (i + 1) & mask;
	return i;
}

void *
map64_get(const struct map64 *m, uint64_t key)
{
	return m->cap == 0 ? NULL : m->slots[slot_of(m, key)].value;
}

static void
map64_grow(struct map64 *m)
{
	struct map64 bigger = { .cap = m->cap ? 2 * m->cap : 64 };

	bigger.slots = mem_array(struct map64_slot, bigger.cap);
	for (size_t i = 0; i < m->cap; i++)
		if (m->slots[i].value != NULL)
			bigger.slots[slot_of(&bigger, m->slots[i].key)] =
			    m->slots[i];
	bigger.n = m->n;
	free(m->slots);
	*m = bigger;
}

void
map64_set(struct map64 *m, uint64_t key, void *value)
{
	size_t i;

	if (4 * (m->n + 1) > 3 * m->cap)
		map64_grow(m);
	i = slot_of(m, key);
	m->n += m->slots[i].value == NULL;
	m->slots[i] = (struct map64_slot){ key, value };
}

void
map64_clear(struct map64 *m, void (*free_value)(void *))
{
	for (size_t i = 0; free_value != NULL && i < m->cap; i++)
		if (m->slots[i].value != NULL)
			free_value(m->slots[i].value);
	free(m->slots);
	*m = (struct map64){ 0 };
}
