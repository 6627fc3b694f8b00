#include "net/channel.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/unit.h"
#include "net/loop_private.h"
#include "net/queue.h"

#define READ_BYTES (256 << 10)		/* per dispatch: others get a turn */
#define FDS_MAX 16

/* A descriptor that goes with the byte at this place of the stream. */
struct sent_fd {
	uint64_t at;
	int fd;
};

struct channel {
	const struct channel_handler *h;	/* borrowed */
	void *arg;
	int fd;				/* owned */
	struct event *readable, *writable;	/* owned */
	struct loop *loop;		/* borrowed */
	struct queue in, out;
	uint64_t sent;			/* bytes written so far */
	VEC(struct sent_fd) fds_out;	/* owned descriptors */
	int fds_in[FDS_MAX];		/* owned: came, not yet handed on */
	size_t nfds_in;
	size_t mark;
	bool dead, dispatching, above_mark;
};

static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);

struct channel *
channel_new(struct loop *l, int fd, const struct channel_handler *h,
    void *arg)
{
	struct channel *c = mem_new(struct channel);

	(void)evutil_make_socket_nonblocking(fd);
	(void)evutil_make_socket_closeonexec(fd);
	c->h = h;
	c->arg = arg;
	c->fd = fd;
	c->loop = l;
	c->mark = MIB(1);
	c->readable = event_new(loop_base(l), fd, EV_READ | EV_PERSIST,
	    on_readable, c);
	c->writable = event_new(loop_base(l), fd, EV_WRITE, on_writable, c);
	assert(c->readable != NULL && c->writable != NULL);
	(void)event_add(c->readable, NULL);
	return c;
}

static void
on_reap(void *arg)
{
	struct channel *c = arg;

	event_free(c->readable);
	event_free(c->writable);
	queue_clear(&c->in);
	queue_clear(&c->out);
	for (size_t i = 0; i < c->fds_out.n; i++)
		close(c->fds_out.v[i].fd);
	vec_clear(&c->fds_out);
	for (size_t i = 0; i < c->nfds_in; i++)
		close(c->fds_in[i]);
	free(c);
}

/* Stop everything; closed() is not called any more. */
static void
channel_kill(struct channel *c)
{
	if (c->fd < 0)
		return;
	c->dead = true;
	(void)event_del(c->readable);
	(void)event_del(c->writable);
	close(c->fd);
	c->fd = -1;
}

void
channel_free(struct channel *c)
{
	if (c == NULL)
		return;
	/* What is queued goes as far as it goes without waiting. */
	c->above_mark = false;	/* nothing is called from here */
	if (!c->dead)
		on_writable(c->fd, EV_WRITE, c);
	channel_kill(c);
	if (c->dispatching)
		loop_defer(c->loop, on_reap, c);
	else
		on_reap(c);
}

static void
channel_fail(struct channel *c, int code)
{
	if (c->dead)
		return;
	channel_kill(c);
	c->h->closed(c->arg, code);
}

/* ---- writing ---- */

/* Write the head of the queue, with a descriptor if one starts here. */
static ssize_t
channel_write(struct channel *c)
{
	struct str head = queue_head(&c->out);
	struct iovec iov = { (void *)(uintptr_t)head.p, head.n };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .space = { 0 } };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (c->fds_out.n > 0 && c->fds_out.v[0].at > c->sent &&
	    c->fds_out.v[0].at - c->sent < iov.iov_len)
		iov.iov_len = (size_t)(c->fds_out.v[0].at - c->sent);
	if (c->fds_out.n > 0 && c->fds_out.v[0].at == c->sent) {
		struct cmsghdr *cm;

		if (c->fds_out.n > 1 && c->fds_out.v[1].at - c->sent <
		    iov.iov_len)
			iov.iov_len = (size_t)(c->fds_out.v[1].at - c->sent);
		m.msg_control = control.space;
		m.msg_controllen = sizeof(control.space);
		cm = CMSG_FIRSTHDR(&m);
		cm->cmsg_level = SOL_SOCKET;
		cm->cmsg_type = SCM_RIGHTS;
		cm->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(cm), &c->fds_out.v[0].fd, sizeof(int));
	}
	return sendmsg(c->fd, &m, MSG_NOSIGNAL);
}

/* n bytes have gone; a descriptor that went with them is theirs now. */
static void
channel_sent(struct channel *c, size_t n)
{
	if (c->fds_out.n > 0 && c->fds_out.v[0].at == c->sent) {
		close(c->fds_out.v[0].fd);
		memmove(c->fds_out.v, c->fds_out.v + 1,
		    --c->fds_out.n * sizeof(c->fds_out.v[0]));
	}
	c->sent += n;
	queue_drop(&c->out, n);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct channel *c = arg;
	ssize_t n = 0;

	(void)fd, (void)what;
	while (!c->dead && queue_bytes(&c->out) > 0 &&
	    (n = channel_write(c)) > 0)
		channel_sent(c, (size_t)n);
	if (c->dead)
		return;
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		/* What it still has to say to us is read first. */
		queue_clear(&c->out);
		return;
	}
	if (queue_bytes(&c->out) > 0)
		(void)event_add(c->writable, NULL);
	if (c->above_mark && queue_bytes(&c->out) < c->mark / 2) {
		c->above_mark = false;
		if (c->h->drained != NULL)
			c->h->drained(c->arg);
	}
}

void
channel_send_fd(struct channel *c, uint8_t type, struct str payload, int fd)
{
	uint8_t header[FRAME_HEADER_BYTES];

	if (c->dead) {
		if (fd >= 0)
			close(fd);
		return;
	}
	if (fd >= 0)
		vec_push(&c->fds_out, (struct sent_fd){
		    c->sent + queue_bytes(&c->out), fd });
	frame_header_encode(header, type, (uint32_t)payload.n);
	queue_add(&c->out, header, sizeof(header));
	queue_add(&c->out, payload.p, payload.n);
	if (queue_bytes(&c->out) >= c->mark)
		c->above_mark = true;
	(void)event_add(c->writable, NULL);
}

void
channel_send(struct channel *c, uint8_t type, struct str payload)
{
	channel_send_fd(c, type, payload, -1);
}

void
channel_flush(struct channel *c)
{
	if (!c->dead && queue_bytes(&c->out) > 0)
		on_writable(-1, 0, c);
}

size_t
channel_queued(const struct channel *c)
{
	return queue_bytes(&c->out);
}

void
channel_set_mark(struct channel *c, size_t bytes)
{
	c->mark = bytes;
}

/* ---- reading ---- */

static void
channel_keep_fds(struct channel *c, struct msghdr *m)
{
	for (struct cmsghdr *cm = CMSG_FIRSTHDR(m); cm != NULL;
	    cm = CMSG_NXTHDR(m, cm)) {
		size_t n = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (cm->cmsg_level != SOL_SOCKET ||
		    cm->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(cm) + i * sizeof(fd),
			    sizeof(fd));
			if (c->nfds_in < FDS_MAX)
				c->fds_in[c->nfds_in++] = fd;
			else
				close(fd);
		}
	}
}

/* Read once into the queue; bytes read, 0 at the end, -1 with errno. */
static ssize_t
channel_read(struct channel *c)
{
	char control[CMSG_SPACE(sizeof(int) * FDS_MAX)];
	struct iovec iov = { queue_room(&c->in, READ_BYTES), READ_BYTES };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
	    .msg_control = control, .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(c->fd, &m, MSG_CMSG_CLOEXEC);

	if (n > 0) {
		queue_filled(&c->in, (size_t)n);
		channel_keep_fds(c, &m);
	}
	return n;
}

/* The oldest descriptor belongs to the first frame that adopts one. */
static int
channel_take_fd(struct channel *c, uint8_t type)
{
	int fd;

	if ((type != MESSAGE_ADOPT && type != MESSAGE_FRONT_ADOPT &&
	    type != MESSAGE_CLIENT_ADOPT && type != MESSAGE_LISTS) ||
	    c->nfds_in == 0)
		return -1;
	fd = c->fds_in[0];
	memmove(c->fds_in, c->fds_in + 1, --c->nfds_in * sizeof(int));
	return fd;
}

/* Hand on every whole frame that was read; true while all is well. */
static bool
channel_dispatch(struct channel *c)
{
	while (!c->dead) {
		struct frame f;
		int n = frame_next(queue_head(&c->in), c->h->carrier, &f);

		if (n < 0) {
			channel_fail(c, n);
			return false;
		}
		if (n == 0)
			return true;
		c->h->frame(c->arg, &f, channel_take_fd(c, f.type));
		if (!c->dead)
			queue_drop(&c->in, (size_t)n);
	}
	return false;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct channel *c = arg;
	bool was = c->dispatching;
	ssize_t n = channel_read(c);

	(void)fd, (void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	c->dispatching = true;
	if (n <= 0)
		channel_fail(c, n == 0 ? ERR_CLOSED : ERR_IO);
	else
		(void)channel_dispatch(c);
	c->dispatching = was;
}

void
channel_pause(struct channel *c, bool on)
{
	if (c->dead)
		return;
	if (on)
		(void)event_del(c->readable);
	else
		(void)event_add(c->readable, NULL);
}
