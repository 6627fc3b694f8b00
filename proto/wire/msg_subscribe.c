#include "wire/msg_subscribe.h"

#include "wire/field.h"

#define CONFIDENCE_MAX 100	/* STIX 2.1, 3.2 */

void
msg_subscribe_encode(const struct msg_subscribe *m, struct buf *out)
{
	AUTO_BUF struct buf kinds = { 0 };
	uint8_t n = 0;

	for (size_t i = 0; i < m->nkinds && n < SUBSCRIBE_KINDS_MAX; i++) {
		if (!field_name_ok(m->kinds[i]))
			continue;
		out_str8(&kinds, m->kinds[i]);
		n++;
	}
	out_u8(out, n);
	buf_add(out, kinds.p, kinds.n);
	out_u8(out, m->min_confidence);
	buf_add(out, m->epoch, EPOCH_BYTES);
	out_u64(out, m->cursor);
}

/* SUBSCRIBE: names, "*" alone, none twice. */
static bool
kind_ok(const struct str *kinds, size_t n, size_t i)
{
	if (!field_name_ok(kinds[i]) || (str_eqz(kinds[i], "*") && n != 1))
		return false;
	for (size_t k = 0; k < i; k++)
		if (str_eq(kinds[k], kinds[i]))
			return false;
	return true;
}

int
msg_subscribe_decode(struct str payload, struct arena *a,
    struct msg_subscribe *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_subscribe m = { .nkinds = cur_u8(&c) };
	struct str *kinds;

	if (m.nkinds > SUBSCRIBE_KINDS_MAX)
		return ERR_LIMIT;
	kinds = arena_alloc(a, m.nkinds * sizeof(*kinds));
	if (kinds == NULL)
		return ERR_LIMIT;
	for (size_t i = 0; i < m.nkinds && c.err == 0; i++) {
		kinds[i] = cur_str8(&c, NAME_MAX_BYTES - 1);
		if (c.err == 0 && !kind_ok(kinds, m.nkinds, i))
			cur_fail(&c, ERR_VALUE);
	}
	m.kinds = kinds;
	m.min_confidence = cur_u8(&c);
	cur_copy(&c, m.epoch, EPOCH_BYTES);
	m.cursor = cur_u64(&c);
	if (m.min_confidence > CONFIDENCE_MAX)
		cur_fail(&c, ERR_VALUE);
	TRY(cur_finish(&c));
	*out = m;
	return 0;
}
