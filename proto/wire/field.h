/*
 * Fields that several messages have.  Readers set the cursor's error.
 */
#ifndef WIRE_FIELD_H
#define WIRE_FIELD_H

#include "base/cursor.h"
#include "base/unit.h"

/* field_text8/16(c, max): UTF-8 without NUL, borrowed; else ERR_SYNTAX. */
struct str field_text8(struct cur *c, size_t max);
struct str field_text16(struct cur *c, size_t max);

/* field_cert_id(c): a DNS name after a u8 length; else ERR_VALUE. */
struct str field_cert_id(struct cur *c);

/* field_time(c): ms since 1970 as u64; ERR_VALUE from 2^63 on. */
unix_ms_t field_time(struct cur *c);

/* field_bool(c): u8 0 or 1; else ERR_VALUE. */
bool field_bool(struct cur *c);

/* field_cut(s, max): s, or its longest beginning of whole characters. */
struct str field_cut(struct str s, size_t max);

/* field_name_ok(s): 1 to NAME_MAX_BYTES - 1 bytes, no blank, comma, control. */
bool field_name_ok(struct str s);

/*
 * field_id_ok(s): could it be the id of a STIX object: printable ASCII
 * without blanks (2.9), not empty?
 */
bool field_id_ok(struct str s);

#endif
