/*
 * The messages as a table: number, name, most bytes, carriers.
 */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"

/* Who carries a message: a set of bits. */
enum message_carrier {
	CARRIER_PEER = 1 << 0,		/* comity/1 over TLS */
	CARRIER_SESSION = 1 << 1,	/* session and vault */
	CARRIER_SUPERVISOR = 1 << 2,	/* supervisor and vault */
	CARRIER_CONTROL = 1 << 3,	/* comityctl and vault */
	CARRIER_FRONT = 1 << 4,		/* front and vault */
	CARRIER_CHANNEL = CARRIER_SESSION | CARRIER_SUPERVISOR |
	    CARRIER_FRONT,
};

enum message_type {
#define MESSAGE_ROW(name, number, max, carriers) MESSAGE_##name = number,
#include "wire/messages.def"
#undef MESSAGE_ROW
};

/* What a row of messages.def says. */
struct message_info {
	const char *name;	/* "RECORDS"; NULL: no such message */
	uint32_t max_bytes;	/* of payload */
	unsigned carriers;	/* enum message_carrier bits */
};

/* message_info(type): the row of a number; name is NULL if there is none. */
struct message_info message_info(uint8_t type);

/* message_name(type): its name, or "unknown"; never NULL. */
const char *message_name(uint8_t type);

/*
 * message_check(type, payload, a): decode and throw away; 0 or what the
 * message's decoder answers; ERR_VALUE for a number that is no message.
 * JSON of the control messages and files of CONFIG are not looked into.
 */
int message_check(uint8_t type, struct str payload, struct arena *a)
    MUST_CHECK;

#endif
