/*
 * Bounded reading and writing of wire bytes with a sticky error: read ten
 * fields, test once with cur_finish or out_finish.  Integers are big-endian
 * (network order).
 */
#ifndef BASE_CURSOR_H
#define BASE_CURSOR_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct cur {
	const uint8_t *p;	/* borrowed */
	size_t n;		/* bytes left */
	int err;		/* 0, or the first ERR_* met; then all reads give 0 */
};

/* cur_of(p, n): a reader over n bytes at p, borrowed while it is used. */
struct cur cur_of(const void *p, size_t n);

/* cur_u8/16/32/64(c): the next integer, big-endian; 0 when short. */
uint8_t cur_u8(struct cur *c);
uint16_t cur_u16(struct cur *c);
uint32_t cur_u32(struct cur *c);
uint64_t cur_u64(struct cur *c);

/* cur_bytes(c, n): n bytes borrowed from the input, or NULL when short. */
const uint8_t *cur_bytes(struct cur *c, size_t n);

/* cur_copy(c, dst, n): n bytes into dst; zeros when short. */
void cur_copy(struct cur *c, void *dst, size_t n);

/*
 * cur_str8/16/32(c, max): a run of bytes after a length of 1, 2 or 4 bytes,
 * borrowed from the input.  Over max sets ERR_LIMIT.
 */
struct str cur_str8(struct cur *c, size_t max);
struct str cur_str16(struct cur *c, size_t max);
struct str cur_str32(struct cur *c, size_t max);

/* cur_fail(c, code): record code unless an error is there already. */
void cur_fail(struct cur *c, int code);

/* cur_finish(c): 0 if all was read and nothing is left, else ERR_*. */
int cur_finish(const struct cur *c) MUST_CHECK;

/* Writing: into a growing buf, with the same integers and runs. */
void out_u8(struct buf *b, uint8_t v);
void out_u16(struct buf *b, uint16_t v);
void out_u32(struct buf *b, uint32_t v);
void out_u64(struct buf *b, uint64_t v);
/* The caller has checked s.n against the width of the length. */
void out_str8(struct buf *b, struct str s);
void out_str16(struct buf *b, struct str s);
void out_str32(struct buf *b, struct str s);

#endif
