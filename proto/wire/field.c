#include "wire/field.h"

#include <string.h>

#include "base/limits.h"

static struct str
field_text(struct cur *c, struct str s)
{
	if (c->err == 0 && (!str_is_utf8(s) ||
	    (s.n > 0 && memchr(s.p, '\0', s.n) != NULL)))
		cur_fail(c, ERR_SYNTAX);
	return s;
}

struct str
field_text8(struct cur *c, size_t max)
{
	return field_text(c, cur_str8(c, max));
}

struct str
field_text16(struct cur *c, size_t max)
{
	return field_text(c, cur_str16(c, max));
}

struct str
field_cert_id(struct cur *c)
{
	struct str id = cur_str8(c, CERT_ID_MAX);

	if (c->err == 0 && !str_is_dns_name(id))
		cur_fail(c, ERR_VALUE);
	return id;
}

unix_ms_t
field_time(struct cur *c)
{
	uint64_t ms = cur_u64(c);

	if (ms > INT64_MAX) {
		cur_fail(c, ERR_VALUE);
		return (unix_ms_t){ 0 };
	}
	return (unix_ms_t){ (int64_t)ms };
}

bool
field_bool(struct cur *c)
{
	uint8_t v = cur_u8(c);

	if (v > 1)
		cur_fail(c, ERR_VALUE);
	return v == 1;
}

struct str
field_cut(struct str s, size_t max)
{
	if (s.n <= max)
		return s;
	/* Bytes 10xxxxxx go on with a character (RFC 3629 3). */
	for (s.n = max; s.n > 0 && ((uint8_t)s.p[s.n] & 0xc0) == 0x80;)
		s.n--;
	return s;
}

bool
field_name_ok(struct str s)
{
	if (s.n == 0 || s.n >= NAME_MAX_BYTES || !str_is_utf8(s))
		return false;
	for (size_t i = 0; i < s.n; i++)
		if ((uint8_t)s.p[i] <= ' ' || s.p[i] == ',' ||
		    s.p[i] == 0x7f)
			return false;
	return true;
}

bool
field_id_ok(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~')
			return false;
	return s.n > 0;
}
