#include "wire/close_reason.h"

#include <stddef.h>

enum how { BYE, ERROR };

struct row {
	const char *name;
	enum how how;
	const char *text;
};

/* The row of a reason; an unknown number has one of its own. */
static struct row
row_of(uint16_t reason)
{
	switch (reason) {
#define CLOSE_ROW(symbol, number, name, how, text)	\
	case number:					\
		return (struct row){ name, how, text };
#include "wire/close_reason.def"
#undef CLOSE_ROW
	default:
		return (struct row){ "unknown", ERROR,
		    "a reason this version does not know" };
	}
}

const char *
close_reason_name(uint16_t reason)
{
	return row_of(reason).name;
}

const char *
close_reason_text(uint16_t reason)
{
	return row_of(reason).text;
}

bool
close_reason_is_error(uint16_t reason)
{
	return row_of(reason).how == ERROR;
}

enum close_reason
close_reason_of_error(int code)
{
	switch (code) {
	case 0:
	case ERR_CLOSED:
		return CLOSE_NONE;
	case ERR_SYNTAX:
	case ERR_VALUE:
		return CLOSE_PROTOCOL;
	case ERR_ORDER:
		return CLOSE_ORDER;
	case ERR_LIMIT:
		return CLOSE_LIMIT;
	case ERR_TIMEOUT:
		return CLOSE_TIMEOUT;
	case ERR_AUTH:
		return CLOSE_IDENTITY;
	case ERR_SIGNATURE:
		return CLOSE_SIGNATURE;
	case ERR_SKEW:
		return CLOSE_SKEW;
	case ERR_VERSION:
		return CLOSE_VERSION;
	case ERR_TLS:
		return CLOSE_TLS;
	case ERR_IO:
		return CLOSE_NETWORK;
	case ERR_FULL:
	case ERR_STORE:
		return CLOSE_STORE;
	default:
		return CLOSE_INTERNAL;
	}
}
