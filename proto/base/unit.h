/*
 * Time as types that cannot be mixed up: unix_ms_t is wall time, mono_ms_t
 * counts from an arbitrary start and never steps.  Nothing here reads a
 * clock: the daemon's loop does, and hands the value down.
 */
#ifndef BASE_UNIT_H
#define BASE_UNIT_H

#include <stdint.h>

#include "base/str.h"

typedef struct { int64_t ms; } unix_ms_t;
typedef struct { int64_t ms; } mono_ms_t;

#define SEC(n) ((int64_t)(n) * 1000)
#define MINUTE(n) (SEC(60) * (n))
#define HOUR(n) (MINUTE(60) * (n))
#define DAY(n) (HOUR(24) * (n))
#define KIB(n) ((size_t)(n) << 10)
#define MIB(n) ((size_t)(n) << 20)

/* No expiry: later than any time that can be written. */
#define UNIX_MS_NEVER ((unix_ms_t){ INT64_MAX })

/* RFC 3339 text of t, UTC, three fraction digits: 24 bytes and a NUL. */
#define TIME_TEXT_MAX 32
const char *time_format(char dst[static TIME_TEXT_MAX], unix_ms_t t);

/* time_format_us(dst, us): the same with six digits, from microseconds. */
const char *time_format_us(char dst[static TIME_TEXT_MAX], int64_t us);

/*
 * time_from_civil(y, mo, d, h, mi, s): seconds since 1970-01-01T00:00:00Z
 * of that UTC moment, proleptic Gregorian; the fields are in range.
 */
int64_t time_from_civil(int y, int mo, int d, int h, int mi, int s);

/* time_days_in_month(y, mo): 28 to 31. */
int time_days_in_month(int y, int mo);

/*
 * time_parse_date(s, out): "2027-06-30" as the last millisecond of that
 * day, UTC; ERR_SYNTAX or ERR_VALUE.
 */
int time_parse_date(struct str s, unix_ms_t *out) MUST_CHECK;

#endif
