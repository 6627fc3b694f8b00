#include "wire/msg_control.h"

#include "base/cursor.h"

int
msg_objects_encode(const struct msg_objects *m, struct buf *out)
{
	size_t size = 8 + 2;

	if (m->n > OBJECTS_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < m->n; i++) {
		if (m->v[i].n > RECORD_BYTES_MAX)
			return ERR_LIMIT;
		size += 4 + m->v[i].n;
	}
	if (size > FRAME_RECORDS_MAX)
		return ERR_LIMIT;
	out_u64(out, m->first);
	out_u16(out, (uint16_t)m->n);
	for (size_t i = 0; i < m->n; i++)
		out_str32(out, m->v[i]);
	return 0;
}

int
msg_objects_decode(struct str payload, struct arena *a,
    struct msg_objects *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_objects m = { .first = cur_u64(&c) };
	struct str *v;

	m.n = cur_u16(&c);
	if (m.n > OBJECTS_MAX)
		return ERR_LIMIT;
	v = arena_alloc(a, m.n * sizeof(*v));
	if (v == NULL)
		return ERR_LIMIT;
	for (size_t i = 0; i < m.n && c.err == 0; i++)
		v[i] = cur_str32(&c, RECORD_BYTES_MAX);
	m.v = v;
	TRY(cur_finish(&c));
	*out = m;
	return 0;
}
