#include "base/cursor.h"

#include <assert.h>
#include <string.h>

struct cur
cur_of(const void *p, size_t n)
{
	return (struct cur){ p, n, 0 };
}

void
cur_fail(struct cur *c, int code)
{
	if (c->err == 0)
		c->err = code;
}

const uint8_t *
cur_bytes(struct cur *c, size_t n)
{
	const uint8_t *p = c->p;

	if (c->err == 0 && n > c->n)
		c->err = ERR_SYNTAX;
	if (c->err != 0)
		return NULL;
	c->p += n;
	c->n -= n;
	return p;
}

void
cur_copy(struct cur *c, void *dst, size_t n)
{
	const uint8_t *p = cur_bytes(c, n);

	if (p == NULL)
		memset(dst, 0, n);
	else if (n > 0)
		memcpy(dst, p, n);
}

/* A big-endian integer of n <= 8 bytes. */
static uint64_t
cur_be(struct cur *c, size_t n)
{
	const uint8_t *p = cur_bytes(c, n);
	uint64_t v = 0;

	for (size_t i = 0; p != NULL && i < n; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t
cur_u8(struct cur *c)
{
	return (uint8_t)cur_be(c, 1);
}

uint16_t
cur_u16(struct cur *c)
{
	return (uint16_t)cur_be(c, 2);
}

uint32_t
cur_u32(struct cur *c)
{
	return (uint32_t)cur_be(c, 4);
}

uint64_t
cur_u64(struct cur *c)
{
	return cur_be(c, 8);
}

static struct str
cur_run(struct cur *c, uint64_t n, size_t max)
{
	const uint8_t *p;

	if (n > max)
		cur_fail(c, ERR_LIMIT);
	p = cur_bytes(c, (size_t)n);
	return p == NULL ? STR("") : (struct str){ (const char *)p, (size_t)n };
}

struct str
cur_str8(struct cur *c, size_t max)
{
	return cur_run(c, cur_u8(c), max);
}

struct str
cur_str16(struct cur *c, size_t max)
{
	return cur_run(c, cur_u16(c), max);
}

struct str
cur_str32(struct cur *c, size_t max)
{
	return cur_run(c, cur_u32(c), max);
}

int
cur_finish(const struct cur *c)
{
	if (c->err != 0)
		return c->err;
	return c->n == 0 ? 0 : ERR_SYNTAX;
}

static void
out_be(struct buf *b, uint64_t v, size_t n)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
	buf_add(b, bytes, n);
}

void
out_u8(struct buf *b, uint8_t v)
{
	out_be(b, v, 1);
}

void
out_u16(struct buf *b, uint16_t v)
{
	out_be(b, v, 2);
}

void
out_u32(struct buf *b, uint32_t v)
{
	out_be(b, v, 4);
}

void
out_u64(struct buf *b, uint64_t v)
{
	out_be(b, v, 8);
}

void
out_str8(struct buf *b, struct str s)
{
	assert(s.n <= UINT8_MAX);
	out_u8(b, (uint8_t)s.n);
	buf_add(b, s.p, s.n);
}

void
out_str16(struct buf *b, struct str s)
{
	assert(s.n <= UINT16_MAX);
	out_u16(b, (uint16_t)s.n);
	buf_add(b, s.p, s.n);
}

void
out_str32(struct buf *b, struct str s)
{
	assert(s.n <= UINT32_MAX);
	out_u32(b, (uint32_t)s.n);
	buf_add(b, s.p, s.n);
}
