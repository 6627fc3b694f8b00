#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "wire/close_reason.h"
#include "wire/frame.h"

static const uint8_t types[] = {
#define MESSAGE_ROW(name, number, max, carriers) number,
#include "wire/messages.def"
#undef MESSAGE_ROW
};

static void
test_message_info_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < NELEM(types); i++) {
		struct message_info m = message_info(types[i]);

		assert_non_null(m.name);
		assert_string_equal(m.name, message_name(types[i]));
		assert_true(m.max_bytes <= FRAME_RECORDS_MAX);
		assert_true(m.carriers != 0);
		if (i > 0)
			assert_true(types[i - 1] < types[i]);
		/* What a peer may say, its session says to the vault. */
		if ((m.carriers & CARRIER_PEER) != 0)
			assert_int_equal(m.carriers,
			    CARRIER_PEER | CARRIER_SESSION);
	}
	assert_int_equal(message_info(MESSAGE_RECORDS).max_bytes, 1 << 20);
	assert_string_equal(message_name(0), "unknown");
	assert_string_equal(message_name(255), "unknown");
}

static void
test_header_round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; i < NELEM(types); i++) {
		struct message_info m = message_info(types[i]);
		struct frame_header got = { 0 };
		uint8_t h[FRAME_HEADER_BYTES];

		frame_header_encode(h, types[i], m.max_bytes);
		assert_int_equal(frame_header_decode(h, m.carriers, &got), 0);
		assert_int_equal(got.type, types[i]);
		assert_int_equal(got.length, m.max_bytes);
		frame_header_encode(h, types[i], m.max_bytes + 1);
		assert_int_equal(frame_header_decode(h, m.carriers, &got),
		    ERR_LIMIT);
	}
}

static const struct {
	const char *name, *hex;
	unsigned carrier;
	int want;
	const char *text;
} headers[] = {
	{ "good", "0000000807000000", CARRIER_PEER, 0, "CREDIT: good" },
	{ "lying length", "ffffffff05000000", CARRIER_PEER, ERR_LIMIT,
	    "RECORDS: length 4294967295 exceeds 1048576" },
	{ "one over", "0010000105000000", CARRIER_PEER, ERR_LIMIT,
	    "RECORDS: length 1048577 exceeds 1048576" },
	{ "top bit", "8000000007000000", CARRIER_PEER, ERR_LIMIT,
	    "CREDIT: length 2147483648 exceeds 8" },
	{ "no such type", "0000000000000000", CARRIER_PEER, ERR_VALUE,
	    "no message has number 0" },
	{ "unknown type", "000000083f000000", CARRIER_PEER, ERR_VALUE,
	    "no message has number 63" },
	{ "highest type", "00000008ff000000", CARRIER_PEER, ERR_VALUE,
	    "no message has number 255" },
	{ "control over peer", "0000000060000000", CARRIER_PEER, ERR_VALUE,
	    "CTL_REQUEST: not a message for this connection" },
	{ "channel over peer", "0000000040000000", CARRIER_PEER, ERR_VALUE,
	    "CONNECTED: not a message for this connection" },
	{ "supervisor over session", "0000000046000000", CARRIER_SESSION,
	    ERR_VALUE, "CONFIG: not a message for this connection" },
	{ "peer over control", "0000000801000000", CARRIER_CONTROL,
	    ERR_VALUE, "HELLO: not a message for this connection" },
	{ "peer through session", "0000000801000000", CARRIER_SESSION, 0,
	    "HELLO: good" },
	{ "reserved 1", "0000000807010000", CARRIER_PEER, ERR_SYNTAX,
	    "CREDIT: reserved bytes 010000 are not zero" },
	{ "reserved 2", "0000000807008000", CARRIER_PEER, ERR_SYNTAX,
	    "CREDIT: reserved bytes 008000 are not zero" },
	{ "reserved 3", "0000000807000001", CARRIER_PEER, ERR_SYNTAX,
	    "CREDIT: reserved bytes 000001 are not zero" },
};

static void
test_header_decode(void **state)
{
	(void)state;
	for (size_t i = 0; i < NELEM(headers); i++) {
		struct frame_header out = { 99, 99 };
		char text[FRAME_EXPLAIN_MAX];
		uint8_t h[FRAME_HEADER_BYTES];
		int rc;

		assert_int_equal(hex_decode(h, sizeof(h),
		    str_of(headers[i].hex)), 0);
		rc = frame_header_decode(h, headers[i].carrier, &out);
		if (rc != headers[i].want)
			fail_msg("%s: got %s, want %s", headers[i].name,
			    err_name(rc), err_name(headers[i].want));
		if (rc < 0)
			assert_int_equal(out.length, 99);
		assert_string_equal(frame_header_explain(text, h,
		    headers[i].carrier), headers[i].text);
	}
}

static void
test_next_in_pieces(void **state)
{
	AUTO_BUF struct buf b = { 0 };
	struct frame f = { 0 };
	size_t at;

	(void)state;
	frame_append(&b, MESSAGE_PING, STR("12345678"));
	at = frame_begin(&b, MESSAGE_ERROR);
	buf_addz(&b, "text");
	frame_end(&b, at);
	assert_int_equal(b.n, 16 + 12);
	for (size_t n = 0; n < 16; n++)
		assert_int_equal(frame_next((struct str){ b.p, n },
		    CARRIER_PEER, &f), 0);
	for (size_t n = 16; n <= b.n; n++) {
		assert_int_equal(frame_next((struct str){ b.p, n },
		    CARRIER_PEER, &f), 16);
		assert_int_equal(f.type, MESSAGE_PING);
		assert_true(str_eqz(f.payload, "12345678"));
	}
	assert_int_equal(frame_next((struct str){ b.p + 16, 12 },
	    CARRIER_PEER, &f), 12);
	assert_int_equal(f.type, MESSAGE_ERROR);
	assert_true(str_eqz(f.payload, "text"));
}

/* A bad header is refused when it is there, not when the payload is. */
static void
test_next_bad_header(void **state)
{
	struct frame f;

	(void)state;
	assert_int_equal(frame_next(STR("\xff\xff\xff\xff\x05\0\0\0"),
	    CARRIER_PEER, &f), ERR_LIMIT);
	assert_int_equal(frame_next(STR("\0\0\0\x08\x63\0\0\0"),
	    CARRIER_PEER, &f), ERR_VALUE);
	assert_int_equal(frame_next(STR("\0\0\0\x08\x07\0\0\x01"),
	    CARRIER_PEER, &f), ERR_SYNTAX);
}

static void
test_close_reasons(void **state)
{
	(void)state;
#define CLOSE_ROW(symbol, number, name, how, text)			\
	assert_string_equal(close_reason_name(number), name);		\
	assert_string_equal(close_reason_text(symbol), text);		\
	assert_int_equal(close_reason_is_error(symbol),			\
	    strcmp(#how, "ERROR") == 0);
#include "wire/close_reason.def"
#undef CLOSE_ROW
	assert_string_equal(close_reason_name(60000), "unknown");
	assert_true(close_reason_is_error(60000));
	for (int code = ERR_FIRST_ + 1; code < ERR_END_; code++)
		assert_string_not_equal(close_reason_name((uint16_t)
		    close_reason_of_error(code)), "unknown");
	assert_int_equal(close_reason_of_error(ERR_LIMIT), CLOSE_LIMIT);
	assert_int_equal(close_reason_of_error(ERR_SYNTAX), CLOSE_PROTOCOL);
	assert_int_equal(close_reason_of_error(ERR_BUG), CLOSE_INTERNAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message_info_rows),
		cmocka_unit_test(test_header_round_trip),
		cmocka_unit_test(test_header_decode),
		cmocka_unit_test(test_next_in_pieces),
		cmocka_unit_test(test_next_bad_header),
		cmocka_unit_test(test_close_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
