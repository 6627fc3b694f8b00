#include "wire/msg_taxii.h"

#include "wire/field.h"

/* What the vault tells a front: who may log in, and the answers. */

#define TITLE_MAX 255
#define VERSION_TEXT_MAX 64

/* Room that the fields around the body of FRONT_DONE take at most. */
#define DONE_ROOM (8 + 1 + 1 + 1 + TAXII_NEXT_MAX + 4)

static bool
clients_fit(const struct msg_front_clients *m)
{
	if (m->desk.n >= NAME_MAX_BYTES || m->title.n > TITLE_MAX ||
	    m->n > TAXII_CLIENTS_MAX)
		return false;
	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].name.n >= NAME_MAX_BYTES)
			return false;
	return true;
}

int
msg_front_clients_encode(const struct msg_front_clients *m, struct buf *out)
{
	if (!clients_fit(m))
		return ERR_LIMIT;
	out_str8(out, m->desk);
	out_str8(out, m->title);
	out_u16(out, (uint16_t)m->n);
	for (size_t i = 0; i < m->n; i++) {
		const struct taxii_client *t = &m->v[i];

		out_u32(out, t->number);
		out_u8(out, t->login);
		out_str8(out, t->name);
		buf_add(out, t->digest.b, DIGEST_BYTES);
		out_u64(out, (uint64_t)t->expires.ms);
	}
	return 0;
}

static void
cur_client(struct cur *c, struct taxii_client *out)
{
	out->number = cur_u32(c);
	out->login = cur_u8(c);
	out->name = field_text8(c, NAME_MAX_BYTES - 1);
	cur_copy(c, out->digest.b, DIGEST_BYTES);
	out->expires = field_time(c);
	if (out->number == 0 || out->login < TAXII_LOGIN_TOKEN ||
	    out->login > TAXII_LOGIN_NAME || !field_name_ok(out->name))
		cur_fail(c, ERR_VALUE);
}

int
msg_front_clients_decode(struct str payload, struct msg_front_clients *inout)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_front_clients m = { .v = inout->v };

	m.desk = field_text8(&c, NAME_MAX_BYTES - 1);
	m.title = field_text8(&c, TITLE_MAX);
	m.n = cur_u16(&c);
	if (m.n > TAXII_CLIENTS_MAX || m.n > inout->n)
		return ERR_LIMIT;
	for (size_t i = 0; i < m.n && c.err == 0; i++)
		cur_client(&c, &m.v[i]);
	TRY(cur_finish(&c));
	*inout = m;
	return 0;
}

#define ITEMS_HEAD (8 + 2)	/* request, number of items */

void
msg_front_items_begin(uint64_t request, struct buf *out)
{
	out_u64(out, request);
	out_u16(out, 0);
}

bool
msg_front_items_add(struct buf *out, const struct taxii_item *t)
{
	size_t size = 8 + 2 + t->id.n + 1 + t->version.n + 4 + t->bytes.n;
	uint8_t *count = (uint8_t *)out->p + 8;
	unsigned n = (unsigned)count[0] << 8 | count[1];

	if (n == TAXII_ITEMS_MAX || t->id.n > TAXII_ID_MAX ||
	    t->version.n > VERSION_TEXT_MAX ||
	    t->bytes.n > FRAME_RECORDS_MAX ||
	    out->n + size > FRAME_RECORDS_MAX)
		return false;
	count[0] = (uint8_t)((n + 1) >> 8);
	count[1] = (uint8_t)(n + 1);
	out_u64(out, (uint64_t)t->added_us);
	out_str16(out, t->id);
	out_str8(out, t->version);
	out_str32(out, t->bytes);
	return true;
}

int
msg_front_items_encode(const struct msg_front_items *m, struct buf *out)
{
	AUTO_BUF struct buf b = { 0 };

	msg_front_items_begin(m->request, &b);
	for (size_t i = 0; i < m->n; i++)
		if (!msg_front_items_add(&b, &m->v[i]))
			return ERR_LIMIT;
	buf_add(out, b.p, b.n);
	return 0;
}

int
msg_front_items_decode(struct str payload, struct msg_front_items *inout)
{
	struct cur c = cur_of(payload.p, payload.n);
	uint64_t request = cur_u64(&c);
	size_t n = cur_u16(&c);

	if (n > TAXII_ITEMS_MAX || n > inout->n)
		return ERR_LIMIT;
	for (size_t i = 0; i < n && c.err == 0; i++) {
		struct taxii_item *t = &inout->v[i];

		t->added_us = (int64_t)cur_u64(&c);
		t->id = field_text16(&c, TAXII_ID_MAX);
		t->version = field_text8(&c, VERSION_TEXT_MAX);
		t->bytes = cur_str32(&c, FRAME_RECORDS_MAX);
	}
	TRY(cur_finish(&c));
	inout->request = request;
	inout->n = n;
	return 0;
}

int
msg_front_done_encode(const struct msg_front_done *m, struct buf *out)
{
	if (m->next.n > TAXII_NEXT_MAX ||
	    m->body.n > FRAME_RECORDS_MAX - DONE_ROOM)
		return ERR_LIMIT;
	out_u64(out, m->request);
	out_u8(out, m->outcome);
	out_u8(out, m->more);
	out_str8(out, m->next);
	out_str32(out, m->body);
	return 0;
}

int
msg_front_done_decode(struct str payload, struct msg_front_done *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_front_done m = { .request = cur_u64(&c) };

	m.outcome = cur_u8(&c);
	m.more = field_bool(&c);
	m.next = field_text8(&c, TAXII_NEXT_MAX);
	m.body = cur_str32(&c, FRAME_RECORDS_MAX);
	if (m.outcome < TAXII_OK || m.outcome > TAXII_UNAUTHORIZED)
		cur_fail(&c, ERR_VALUE);
	TRY(cur_finish(&c));
	*out = m;
	return 0;
}
