#include "ctl/client.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ctl/operator.h"
#include "wire/frame.h"
#include "wire/msg_supervisor.h"

#define PIECE_BYTES (512 << 10)

struct client {
	const struct ctl *c;	/* borrowed */
	int fd;
};

/* Hint for a socket that cannot be reached. */
static const char *
unreachable_hint(const struct ctl *c, int error)
{
	if (error == EACCES)
		return "be of the group comity, or run it as the daemon's user";
	if (!c->at.explicit)
		return "systemctl status comityd; -C DIR names another "
		    "instance";
	return "start comityd -c DIR/config";
}

/*
 * Connect by way of the directory's descriptor when the path is longer than
 * a socket address holds.
 */
static int
connect_path(int fd, const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char dir[CTL_PATH_MAX];
	const char *slash = strrchr(path, '/');
	int dirfd, rc;

	if (strlen(path) < sizeof(a.sun_path)) {
		memcpy(a.sun_path, path, strlen(path) + 1);
		return connect(fd, (const struct sockaddr *)&a, sizeof(a));
	}
	if (slash == NULL) {
		errno = ENAMETOOLONG;
		return -1;
	}
	(void)snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	dirfd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dirfd < 0)
		return -1;
	(void)snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/%.64s",
	    dirfd, slash + 1);
	rc = connect(fd, (const struct sockaddr *)&a, sizeof(a));
	close(dirfd);
	return rc;
}

int
client_open(const struct ctl *c, struct client **out)
{
	struct timeval t = { .tv_sec = c->timeout_ms / 1000 };
	struct client *cl;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	if (fd >= 0 && connect_path(fd, c->at.socket) == 0) {
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof(t));
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof(t));
		cl = mem_new(struct client);
		cl->c = c;
		cl->fd = fd;
		*out = cl;
		return 0;
	}
	error = errno;
	if (fd >= 0)
		close(fd);
	return ctl_fail(c, error == EACCES || error == EPERM ?
	    CTL_PERMISSION : CTL_UNREACHABLE, unreachable_hint(c, error),
	    "%s: the daemon is not reachable: %s", c->at.socket,
	    strerror(error));
}

void
client_close(struct client *cl)
{
	if (cl == NULL)
		return;
	close(cl->fd);
	free(cl);
}

/* What a failed read or write means to the person who waits. */
static int
client_broken(const struct client *cl, int error)
{
	if (error == EAGAIN || error == EWOULDBLOCK)
		return ctl_fail(cl->c, CTL_TIMEOUT, "comityctl status says "
		    "whether it is busy", "no answer within %d s, state "
		    "unknown", cl->c->timeout_ms / 1000);
	return ctl_fail(cl->c, CTL_UNREACHABLE, "look at the daemon's log, "
	    "then try again", "the daemon closed the connection%s%s",
	    error != 0 ? ": " : "", error != 0 ? strerror(error) : "");
}

static int
client_write(const struct client *cl, const void *p, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(cl->fd, p, n, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0)
			return client_broken(cl, sent < 0 ? errno : 0);
		p = (const char *)p + sent;
		n -= (size_t)sent;
	}
	return 0;
}

static int
client_read(const struct client *cl, void *p, size_t n)
{
	while (n > 0) {
		ssize_t got = recv(cl->fd, p, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return client_broken(cl, got < 0 ? errno : 0);
		p = (char *)p + got;
		n -= (size_t)got;
	}
	return 0;
}

static int
client_send(const struct client *cl, uint8_t type, struct str payload)
{
	AUTO_BUF struct buf frame = { 0 };

	frame_append(&frame, type, payload);
	return client_write(cl, frame.p, frame.n);
}

int
client_send_objects(struct client *cl, struct str payload)
{
	return client_send(cl, MESSAGE_CTL_OBJECTS, payload);
}

int
client_send_files(struct client *cl, struct str bytes)
{
	do {
		struct msg_config m = { .bytes = bytes };
		AUTO_BUF struct buf piece = { 0 };
		int rc;

		if (m.bytes.n > PIECE_BYTES)
			m.bytes.n = PIECE_BYTES;
		bytes.p += m.bytes.n;
		bytes.n -= m.bytes.n;
		m.last = bytes.n == 0;
		msg_config_encode(&m, &piece);
		rc = client_send(cl, MESSAGE_CTL_FILES, buf_str(&piece));
		if (rc != 0)
			return rc;
	} while (bytes.n > 0);
	return 0;
}

int
client_send_end(struct client *cl)
{
	return client_send(cl, MESSAGE_CTL_END, (struct str){ "", 0 });
}

/* Ask for a nonce and sign the request with the operator's key. */
static int
client_sign(struct client *cl, json_t *request)
{
	static const char ask[] = "{\"v\":1,\"command\":\"nonce\"}";
	AUTO_JSON json_t *nonce = NULL;
	bool more = false;
	int rc = client_send(cl, MESSAGE_CTL_REQUEST, str_of(ask));

	if (rc == 0)
		rc = client_reply(cl, &nonce, &more);
	return rc == 0 ? operator_sign(cl->c, request, nonce) : rc;
}

int
client_request(struct client *cl, const char *command, json_t *arguments)
{
	AUTO_JSON json_t *j = json_pack("{s:i, s:s, s:o}", "v", 1, "command",
	    command, "arguments", arguments != NULL ? arguments :
	    json_object());
	AUTO(mem_free) char *text = NULL;
	int rc;

	if (j != NULL && cl->c->operator_key != NULL &&
	    (rc = client_sign(cl, j)) != 0)
		return rc;
	if (j != NULL)
		text = json_dumps(j, JSON_COMPACT);
	if (text == NULL)
		return ctl_fail(cl->c, CTL_USAGE, NULL,
		    "an argument is not UTF-8 text");
	if (strlen(text) > message_info(MESSAGE_CTL_REQUEST).max_bytes)
		return ctl_fail(cl->c, CTL_USAGE, NULL,
		    "the arguments are too long");
	return client_send(cl, MESSAGE_CTL_REQUEST, str_of(text));
}

/* A refusal by the daemon, as our own error. */
static int
reply_refused(const struct client *cl, const json_t *r)
{
	const char *hint = reply_text(r, "hint");
	const char *code = reply_text(r, "code");
	static const struct {
		const char *name;
		int code;
	} codes[] = {
		{ "ERR_USAGE", ERR_USAGE }, { "ERR_NOT_FOUND", ERR_NOT_FOUND },
		{ "ERR_DENIED", ERR_DENIED }, { "ERR_TIMEOUT", ERR_TIMEOUT },
	};
	int rc = CTL_REFUSED;

	for (size_t i = 0; i < NELEM(codes); i++)
		if (strcmp(code, codes[i].name) == 0)
			rc = ctl_exit_of(codes[i].code);
	return ctl_fail(cl->c, rc, hint[0] != '\0' ? hint : NULL, "%s",
	    reply_text_or(r, "error", code[0] != '\0' ? code : "refused"));
}

int
client_reply(struct client *cl, json_t **out, bool *out_more)
{
	uint8_t head[FRAME_HEADER_BYTES];
	struct frame_header h;
	AUTO(mem_free) char *text = NULL;
	json_t *r;
	int rc;

	rc = client_read(cl, head, sizeof(head));
	if (rc != 0)
		return rc;
	if (frame_header_decode(head, CARRIER_CONTROL, &h) < 0 ||
	    h.type != MESSAGE_CTL_REPLY)
		return ctl_fail(cl->c, CTL_REFUSED, "is the daemon of another "
		    "version? comityctl version", "not an answer");
	text = mem_array(char, (size_t)h.length + 1);
	rc = client_read(cl, text, h.length);
	if (rc != 0)
		return rc;
	r = json_loadb(text, h.length, JSON_REJECT_DUPLICATES, NULL);
	if (!json_is_object(r)) {
		json_decref(r);
		return ctl_fail(cl->c, CTL_REFUSED, NULL,
		    "the answer is not JSON");
	}
	if (!reply_bool(r, "ok")) {
		rc = reply_refused(cl, r);
		json_decref(r);
		return rc;
	}
	*out_more = reply_bool(r, "more");
	*out = r;
	return 0;
}

int
client_call(const struct ctl *c, const char *command, json_t *arguments,
    json_t **out)
{
	AUTO(client_close) struct client *cl = NULL;
	bool more = false;
	int rc = client_open(c, &cl);

	if (rc != 0) {
		json_decref(arguments);
		return rc;
	}
	rc = client_request(cl, command, arguments);
	return rc == 0 ? client_reply(cl, out, &more) : rc;
}

/* What is in a list goes behind what is in the list of that name. */
static void
lists_join(json_t *all, const json_t *reply)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)reply, name, v) {
		json_t *list = json_object_get(all, name);

		if (json_is_array(list) && json_is_array(v))
			(void)json_array_extend(list, v);
		else
			(void)json_object_set(all, name, v);
	}
}

int
client_call_all(const struct ctl *c, const char *command, json_t *arguments,
    json_t **out)
{
	AUTO(client_close) struct client *cl = NULL;
	json_t *all = json_object();
	bool more = true;
	int rc = client_open(c, &cl);

	if (rc == 0)
		rc = client_request(cl, command, arguments);
	else
		json_decref(arguments);
	while (rc == 0 && more) {
		json_t *reply = NULL;

		rc = client_reply(cl, &reply, &more);
		if (rc == 0)
			lists_join(all, reply);
		json_decref(reply);
	}
	if (rc == 0)
		*out = all;
	else
		json_decref(all);
	return rc;
}

const char *
reply_text(const json_t *o, const char *name)
{
	return reply_text_or(o, name, "");
}

const char *
reply_text_or(const json_t *o, const char *name, const char *d)
{
	const json_t *v = json_object_get(o, name);

	return json_is_string(v) ? json_string_value(v) : d;
}

long long
reply_int(const json_t *o, const char *name)
{
	const json_t *v = json_object_get(o, name);

	return json_is_integer(v) ? (long long)json_integer_value(v) : -1;
}

bool
reply_bool(const json_t *o, const char *name)
{
	return json_is_true(json_object_get(o, name));
}

void
reply_print(json_t *reply)
{
	json_object_del(reply, "more");
	if (json_dumpf(reply, stdout, JSON_COMPACT) == 0)
		putchar('\n');
}
