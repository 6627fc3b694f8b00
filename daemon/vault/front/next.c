#include "vault/front/next.h"

#include <string.h>

#include "base/cursor.h"

#define PURPOSE "comity front next/1"
#define MAC_BYTES 16		/* of HMAC-SHA-256, cut (RFC 2104 5) */
#define TOKEN_BYTES (8 + MAC_BYTES)
#define TOKEN_CHARS 32		/* base64: no padding for 24 bytes */
#define BLOCK_BYTES 64		/* of SHA-256 */

static void
add_strs(struct buf *b, const struct str *v, size_t n)
{
	out_u32(b, (uint32_t)n);
	for (size_t i = 0; i < n; i++)
		out_str32(b, v[i]);
}

struct digest
front_query_digest(const struct msg_front_query *q)
{
	AUTO_BUF struct buf b = { 0 };

	out_u8(&b, q->what);
	out_str32(&b, q->object);
	out_u8(&b, q->has_after);
	out_u64(&b, (uint64_t)q->after_us);
	add_strs(&b, q->ids, q->nids);
	add_strs(&b, q->types, q->ntypes);
	add_strs(&b, q->spec_versions, q->nspec_versions);
	out_u32(&b, (uint32_t)q->nversions);
	for (size_t i = 0; i < q->nversions; i++) {
		out_u8(&b, q->versions[i].kind);
		out_u64(&b, (uint64_t)q->versions[i].us);
	}
	return sha256_of(b.p, b.n);
}

/* HMAC-SHA-256 of RFC 2104; the key is shorter than a block. */
static struct digest
hmac(const uint8_t *key, struct str text)
{
	uint8_t inner[BLOCK_BYTES], outer[BLOCK_BYTES];
	struct digest d;

	memset(inner, 0x36, sizeof(inner));
	memset(outer, 0x5c, sizeof(outer));
	for (size_t i = 0; i < FRONT_NEXT_KEY_BYTES; i++) {
		inner[i] ^= key[i];
		outer[i] ^= key[i];
	}
	sha256((const struct span[]){ { inner, sizeof(inner) },
	    { text.p, text.n } }, 2, &d);
	sha256((const struct span[]){ { outer, sizeof(outer) },
	    { d.b, sizeof(d.b) } }, 2, &d);
	crypto_wipe(inner, sizeof(inner));
	crypto_wipe(outer, sizeof(outer));
	return d;
}

static struct digest
next_mac(const struct front_next *n, int64_t at_us)
{
	AUTO_BUF struct buf b = { 0 };

	buf_addz(&b, PURPOSE);
	out_str32(&b, n->desk);
	out_str32(&b, n->collection);
	buf_add(&b, n->query.b, DIGEST_BYTES);
	out_u64(&b, (uint64_t)at_us);
	return hmac(n->key, buf_str(&b));
}

/* RFC 4648 section 5, for URLs; to and from section 4. */
static void
swap_alphabet(char *p, size_t n, const char *from, const char *to)
{
	for (size_t i = 0; i < n; i++) {
		if (p[i] == from[0])
			p[i] = to[0];
		else if (p[i] == from[1])
			p[i] = to[1];
	}
}

void
front_next_make(const struct front_next *n, int64_t at_us, struct buf *out)
{
	struct digest mac = next_mac(n, at_us);
	AUTO_BUF struct buf bytes = { 0 };
	size_t at = out->n;

	out_u64(&bytes, (uint64_t)at_us);
	buf_add(&bytes, mac.b, MAC_BYTES);
	base64_encode(out, (const uint8_t *)bytes.p, bytes.n);
	swap_alphabet(out->p + at, out->n - at, "+/", "-_");
}

int
front_next_read(const struct front_next *n, struct str token,
    int64_t *out_us)
{
	uint8_t bytes[TOKEN_BYTES];
	char text[TOKEN_CHARS];
	struct digest want, got;
	struct cur c;
	size_t len;
	int64_t us;

	if (token.n != TOKEN_CHARS || memchr(token.p, '+', token.n) != NULL ||
	    memchr(token.p, '/', token.n) != NULL)
		return ERR_SYNTAX;
	memcpy(text, token.p, sizeof(text));
	swap_alphabet(text, sizeof(text), "-_", "+/");
	TRY(base64_decode(bytes, sizeof(bytes), (struct str){ text,
	    sizeof(text) }, &len));
	c = cur_of(bytes, len);
	us = (int64_t)cur_u64(&c);
	want = next_mac(n, us);
	/* Only what was sent is compared; the rest is alike in both. */
	got = want;
	cur_copy(&c, got.b, MAC_BYTES);
	TRY(cur_finish(&c));
	if (!digest_eq(&want, &got))
		return ERR_DENIED;
	*out_us = us;
	return 0;
}
