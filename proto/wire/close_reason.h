/*
 * Why a connection ends, as a number both sides know
 * (comity-protocol(7), CLOSING).
 */
#ifndef WIRE_CLOSE_REASON_H
#define WIRE_CLOSE_REASON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum close_reason {
#define CLOSE_ROW(symbol, number, name, how, text) symbol = number,
#include "wire/close_reason.def"
#undef CLOSE_ROW
};

/* close_reason_name(reason): "pin"; "unknown" for a number we lack. */
const char *close_reason_name(uint16_t reason);

/* close_reason_text(reason): one line for people; never NULL. */
const char *close_reason_text(uint16_t reason);

/*
 * close_reason_is_error(reason): said with ERROR, else with BYE.  Unknown
 * numbers are errors.
 */
bool close_reason_is_error(uint16_t reason);

/*
 * close_reason_of_error(code): the reason to give for an ERR_* met while
 * a message was handled.
 */
enum close_reason close_reason_of_error(int code);

#endif
