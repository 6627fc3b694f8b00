#include "base/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Days from 1970-01-01 to y-mo-d; eras of 400 years start on 1 March. */
static int64_t
days_from_civil(int64_t y, int mo, int d)
{
	int64_t era, yoe, doy, doe;

	y -= mo <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (mo + (mo > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + doe - 719468;
}

int64_t
time_from_civil(int y, int mo, int d, int h, int mi, int s)
{
	return days_from_civil(y, mo, d) * 86400 + h * 3600 + mi * 60 + s;
}

int
time_days_in_month(int y, int mo)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
	    30, 31 };
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

	return mo == 2 && leap ? 29 : days[mo - 1];
}

const char *
time_format(char dst[static TIME_TEXT_MAX], unix_ms_t t)
{
	int64_t secs = t.ms / 1000, ms = t.ms % 1000, days, rest;
	int64_t era, doe, yoe, doy, mp, y, d, mo;

	if (ms < 0) {
		ms += 1000;
		secs--;
	}
	days = secs / 86400;
	rest = secs % 86400;
	if (rest < 0) {
		rest += 86400;
		days--;
	}
	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	doe = days - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	d = doy - (153 * mp + 2) / 5 + 1;
	mo = mp < 10 ? mp + 3 : mp - 9;
	y = yoe + era * 400 + (mo <= 2);
	if (y < 0 || y > 9999)
		snprintf(dst, TIME_TEXT_MAX, "%s", "never");
	else
		snprintf(dst, TIME_TEXT_MAX,
		    "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)y, (int)mo,
		    (int)d, (int)(rest / 3600), (int)(rest / 60 % 60),
		    (int)(rest % 60), (int)ms);
	return dst;
}

const char *
time_format_us(char dst[static TIME_TEXT_MAX], int64_t us)
{
	int64_t below = us % 1000;
	size_t n;

	if (below < 0)
		below += 1000;
	time_format(dst, (unix_ms_t){ (us - below) / 1000 });
	n = strlen(dst);
	(void)snprintf(dst + n - 1, TIME_TEXT_MAX - n + 1, "%03dZ",
	    (int)below);
	return dst;
}

int
time_parse_date(struct str s, unix_ms_t *out)
{
	int y, mo, d;

	if (s.n != 10 || s.p[4] != '-' || s.p[7] != '-')
		return ERR_SYNTAX;
	y = str_digits(s.p, 4);
	mo = str_digits(s.p + 5, 2);
	d = str_digits(s.p + 8, 2);
	if (y < 0 || mo < 0 || d < 0)
		return ERR_SYNTAX;
	if (mo < 1 || mo > 12 || d < 1 || d > time_days_in_month(y, mo))
		return ERR_VALUE;
	out->ms = (time_from_civil(y, mo, d, 0, 0, 0) + 86400) * 1000 - 1;
	return 0;
}
