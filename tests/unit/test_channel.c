#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/unit.h"
#include "net/channel.h"
#include "net/queue.h"
#include "net/timer.h"
#include "wire/frame.h"

#define PATIENCE_MS SEC(20)
#define FDS 5

struct fixture {
	struct loop *loop;
	struct timer *patience;
	struct channel *a;		/* ours; b is where it leads */
	struct channel *b;
	int raw;			/* or the bare socket, -1 if b */
	unsigned frames, closed, drained, want_frames;
	uint64_t bytes;
	uint8_t types[16];
	int fds[16], code;
	bool too_long, free_in_frame;
};

static void
on_frame(void *arg, const struct frame *f, int fd)
{
	struct fixture *x = arg;

	if (x->frames < NELEM(x->types)) {
		x->types[x->frames] = f->type;
		x->fds[x->frames] = fd;
	} else if (fd >= 0) {
		close(fd);
	}
	x->frames++;
	x->bytes += f->payload.n;
	if (x->free_in_frame) {
		channel_free(x->a);
		x->a = NULL;
	}
	if (x->frames == x->want_frames)
		loop_stop(x->loop);
}

static void
on_closed(void *arg, int code)
{
	struct fixture *x = arg;

	x->closed++;
	x->code = code;
	loop_stop(x->loop);
}

static void
on_drained(void *arg)
{
	struct fixture *x = arg;

	x->drained++;
}

static const struct channel_handler receiver = {
	.carrier = CARRIER_SUPERVISOR, .frame = on_frame,
	.closed = on_closed, .drained = on_drained,
};

static void
on_patience(void *arg)
{
	struct fixture *x = arg;

	x->too_long = true;
	loop_stop(x->loop);
}

static void
on_turn(void *arg)
{
	loop_stop(arg);
}

static int
setup(void **state)
{
	struct fixture *x = mem_new(struct fixture);
	int pair[2];

	x->loop = loop_new();
	x->patience = timer_new(x->loop, on_patience, x);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0,
	    pair), 0);
	x->a = channel_new(x->loop, pair[0], &receiver, x);
	x->raw = pair[1];
	for (size_t i = 0; i < NELEM(x->fds); i++)
		x->fds[i] = -1;
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	channel_free(x->a);
	channel_free(x->b);
	if (x->raw >= 0)
		close(x->raw);
	for (size_t i = 0; i < NELEM(x->fds); i++)
		if (x->fds[i] >= 0)
			close(x->fds[i]);
	timer_free(x->patience);
	loop_free(x->loop);
	free(x);
	return 0;
}

static void
run(struct fixture *x)
{
	timer_arm_ms(x->patience, PATIENCE_MS);
	loop_run(x->loop);
	timer_cancel(x->patience);
	assert_false(x->too_long);
}

/* A channel at the other end as well. */
static void
use_both(struct fixture *x)
{
	static const struct channel_handler sender = {
		.carrier = CARRIER_SUPERVISOR, .frame = on_frame,
		.closed = on_closed, .drained = on_drained,
	};

	x->b = channel_new(x->loop, x->raw, &sender, x);
	x->raw = -1;
}

/* A descriptor that can be told from others: a file with one byte in it. */
static int
marked_fd(char mark)
{
	int p[2];

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(write(p[1], &mark, 1), 1);
	close(p[1]);
	return p[0];
}

static char
mark_of(int fd)
{
	char c = '?';

	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(read(fd, &c, 1), 1);
	return c;
}

static void
test_channel_frames(void **state)
{
	struct fixture *x = *state;
	char big[100000] = { 0 };

	use_both(x);
	x->want_frames = 3;
	channel_send(x->b, MESSAGE_STOP, STR(""));
	channel_send(x->b, MESSAGE_CONFIG, (struct str){ big, sizeof(big) });
	channel_send(x->b, MESSAGE_HEARTBEAT, STR("12345678"));
	run(x);
	assert_int_equal(x->types[0], MESSAGE_STOP);
	assert_int_equal(x->types[1], MESSAGE_CONFIG);
	assert_int_equal(x->types[2], MESSAGE_HEARTBEAT);
	assert_int_equal(x->bytes, sizeof(big) + 8);
}

/* Each ADOPT gets its own descriptor, whatever is sent around it. */
static void
test_channel_descriptors(void **state)
{
	struct fixture *x = *state;
	char big[300000] = { 0 };

	use_both(x);
	for (int i = 0; i < FDS; i++) {
		channel_send_fd(x->b, MESSAGE_ADOPT, STR("who"),
		    marked_fd((char)('a' + i)));
		channel_send(x->b, MESSAGE_CONFIG, (struct str){ big,
		    i % 2 == 0 ? sizeof(big) : 1 });
	}
	x->want_frames = 2 * FDS;
	run(x);
	for (int i = 0; i < FDS; i++) {
		assert_int_equal(x->types[2 * i], MESSAGE_ADOPT);
		assert_int_equal(mark_of(x->fds[2 * i]), 'a' + i);
		assert_int_equal(x->fds[2 * i + 1], -1);
	}
}

/* A descriptor that was never sent, or never taken, is closed. */
static void
test_channel_descriptors_unused(void **state)
{
	struct fixture *x = *state;
	int fd = marked_fd('x');

	use_both(x);
	channel_send_fd(x->b, MESSAGE_STOP, STR(""), marked_fd('y'));
	x->want_frames = 1;
	run(x);
	assert_int_equal(x->fds[0], -1);	/* STOP takes none */
	channel_pause(x->a, true);
	channel_send_fd(x->b, MESSAGE_ADOPT, STR("who"), fd);
	channel_free(x->b);
	x->b = NULL;
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	assert_int_equal(errno, EBADF);
}

static void
test_channel_bad_frames(void **state)
{
	static const struct {
		const char *name, *bytes;
		size_t n;
		int want;
	} cases[] = {
		{ "lying length", "\xff\xff\xff\xff\106\0\0\0", 8,
		  ERR_LIMIT },
		{ "unknown type", "\0\0\0\0\1\0\0\0", 8, ERR_VALUE },
		{ "of another carrier", "\0\0\0\0\143\0\0\0", 8, ERR_VALUE },
		{ "reserved byte", "\0\0\0\0\115\0\0\1", 8, ERR_SYNTAX },
		{ "nothing", "", 0, ERR_CLOSED },
		{ "half a header", "\0\0\0", 3, ERR_CLOSED },
		{ "half a payload", "\0\0\0\x08\117\0\0\0abc", 11,
		  ERR_CLOSED },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(cases); i++) {
		struct fixture *x;
		void *own;

		assert_int_equal(setup(&own), 0);
		x = own;
		assert_int_equal(write(x->raw, cases[i].bytes, cases[i].n),
		    cases[i].n);
		assert_int_equal(shutdown(x->raw, SHUT_WR), 0);
		run(x);
		if (x->closed != 1 || x->code != cases[i].want ||
		    x->frames != 0)
			fail_msg("%s: closed %u times with %s, want %s",
			    cases[i].name, x->closed, err_name(x->code),
			    err_name(cases[i].want));
		teardown(&own);
	}
}

static void
test_channel_byte_by_byte(void **state)
{
	struct fixture *x = *state;
	AUTO_BUF struct buf bytes = { 0 };

	frame_append(&bytes, MESSAGE_HEARTBEAT, STR("12345678"));
	frame_append(&bytes, MESSAGE_STOP, STR(""));
	x->want_frames = 2;
	for (size_t i = 0; i + 1 < bytes.n; i++) {
		assert_int_equal(write(x->raw, bytes.p + i, 1), 1);
		loop_defer(x->loop, on_turn, x->loop);
		run(x);
	}
	assert_int_equal(write(x->raw, bytes.p + bytes.n - 1, 1), 1);
	run(x);
	assert_int_equal(x->frames, 2);
	assert_int_equal(x->types[1], MESSAGE_STOP);
}

static void
test_channel_drained_once(void **state)
{
	struct fixture *x = *state;
	char big[300000] = { 0 };

	channel_set_mark(x->a, 1 << 20);
	for (int i = 0; i < 8; i++)
		channel_send(x->a, MESSAGE_CONFIG, (struct str){ big,
		    sizeof(big) });
	assert_true(channel_queued(x->a) > 1 << 20);
	use_both(x);
	x->want_frames = 8;
	run(x);
	assert_int_equal(x->frames, 8);
	assert_int_equal(x->drained, 1);
	assert_int_equal(channel_queued(x->a), 0);
}

static void
test_channel_pause(void **state)
{
	struct fixture *x = *state;

	use_both(x);
	channel_pause(x->a, true);
	channel_send(x->b, MESSAGE_STOP, STR(""));
	loop_defer(x->loop, on_turn, x->loop);
	run(x);
	assert_int_equal(x->frames, 0);
	channel_pause(x->a, false);
	x->want_frames = 1;
	run(x);
	assert_int_equal(x->frames, 1);
}

/* Freed by its own callback: the frames behind are not handed on. */
static void
test_channel_free_in_frame(void **state)
{
	struct fixture *x = *state;

	x->free_in_frame = true;
	x->want_frames = 1;
	use_both(x);
	channel_send(x->b, MESSAGE_STOP, STR(""));
	channel_send(x->b, MESSAGE_STOP, STR(""));
	run(x);
	assert_int_equal(x->frames, 1);
	assert_null(x->a);
}

/* What is queued still goes; nobody is called for it. */
static void
test_channel_free_flushes(void **state)
{
	struct fixture *x = *state;
	char big[3000] = { 0 };

	channel_set_mark(x->a, 1000);
	channel_send(x->a, MESSAGE_CONFIG, (struct str){ big, sizeof(big) });
	channel_free(x->a);
	x->a = NULL;
	assert_int_equal(x->drained, 0);
	use_both(x);
	x->want_frames = 1;
	run(x);
	assert_int_equal(x->frames, 1);
	assert_int_equal(x->bytes, sizeof(big));
}

static void
test_channel_other_side_gone(void **state)
{
	struct fixture *x = *state;

	close(x->raw);
	x->raw = -1;
	channel_send(x->a, MESSAGE_STOP, STR(""));	/* no SIGPIPE */
	run(x);
	assert_int_equal(x->closed, 1);
	assert_int_equal(x->code, ERR_CLOSED);
	channel_send(x->a, MESSAGE_STOP, STR(""));
	assert_int_equal(x->closed, 1);
}

/* ---- the queue below ---- */

static void
test_queue_order(void **state)
{
	struct queue q = { 0 };
	uint8_t in = 0, out = 0;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		for (int i = 0; i < round % 97; i++) {
			queue_add(&q, &in, 1);
			in++;
		}
		for (int i = 0; i < round % 89 && queue_bytes(&q) > 0; i++) {
			assert_int_equal((uint8_t)queue_head(&q).p[0], out);
			queue_drop(&q, 1);
			out++;
		}
	}
	while (queue_bytes(&q) > 0) {
		assert_int_equal((uint8_t)queue_head(&q).p[0], out);
		queue_drop(&q, 1);
		out++;
	}
	assert_int_equal(in, out);
	queue_clear(&q);
}

/* An empty queue does not sit on what a burst made it take. */
static void
test_queue_gives_back(void **state)
{
	struct queue q = { 0 };
	char big[200000] = { 0 };

	(void)state;
	queue_add(&q, big, sizeof(big));
	queue_drop(&q, sizeof(big));
	assert_null(q.p);
	assert_int_equal(queue_bytes(&q), 0);
	queue_clear(&q);
}

#define CHANNEL_TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CHANNEL_TEST(test_channel_frames),
		CHANNEL_TEST(test_channel_descriptors),
		CHANNEL_TEST(test_channel_descriptors_unused),
		cmocka_unit_test(test_channel_bad_frames),
		CHANNEL_TEST(test_channel_byte_by_byte),
		CHANNEL_TEST(test_channel_drained_once),
		CHANNEL_TEST(test_channel_pause),
		CHANNEL_TEST(test_channel_free_in_frame),
		CHANNEL_TEST(test_channel_free_flushes),
		CHANNEL_TEST(test_channel_other_side_gone),
		cmocka_unit_test(test_queue_order),
		cmocka_unit_test(test_queue_gives_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
