/*
 * An HTTPS server of nothing, for http_live.py: a client's connection over
 * a real socket and TLS, with deadlines short enough for a test.
 *
 * usage: http_server CERTIFICATE KEY; prints its port, ends with stdin.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/unit.h"
#include "front/http_conn.h"
#include "net/listener.h"

#define BIG_BYTES MIB(8)

struct server {
	struct loop *loop;
	struct tls_context *tls;
	struct http_options options;
	struct http_budget budget;
	unsigned open, requests;
};

struct client {
	struct server *server;
	struct http_conn *conn;
};

/* What the server knows of itself. */
static void
tell_state(struct buf *b, const struct server *s)
{
	long pages = 0, ignored;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f != NULL) {
		if (fscanf(f, "%ld %ld", &ignored, &pages) != 2)
			pages = 0;
		(void)fclose(f);
	}
	buf_addf(b, "{\"open\":%u,\"requests\":%u,\"resident\":%ld,"
	    "\"held\":%zu}", s->open, s->requests,
	    pages * sysconf(_SC_PAGESIZE), s->budget.used);
}

static void
on_request(void *arg, const struct http_request *r)
{
	struct client *c = arg;
	struct str path = http_head_path(r->head);
	struct http_answer a = { .status = 200 };
	AUTO_BUF struct buf body = { 0 };

	c->server->requests++;
	if (str_eqz(path, "/state")) {
		tell_state(&body, c->server);
	} else if (str_eqz(path, "/big")) {
		while (body.n < BIG_BYTES)
			buf_addf(&body, "%zu\n", body.n);
	} else {
		buf_add(&body, path.p, path.n);
		buf_addc(&body, ' ');
		if (r->body.n > 0)
			buf_add(&body, r->body.p, r->body.n);
	}
	http_conn_answer(c->conn, &a, &body);
}

static void
on_gone(void *arg, const char *why)
{
	struct client *c = arg;

	(void)why;
	c->server->open--;
	http_conn_free(c->conn);
	free(c);
}

static const struct http_handler handler = { .request = on_request,
    .gone = on_gone };

static void
on_accepted(void *arg, int fd, const struct sockaddr_storage *from)
{
	struct server *s = arg;
	struct http_conn_config config = { .tls = s->tls,
	    .options = &s->options, .budget = &s->budget, .fd = fd };
	struct client *c = mem_new(struct client);

	(void)from;
	s->open++;
	c->server = s;
	c->conn = http_conn_new(s->loop, &config, &handler, c);
}

static int
listen_somewhere(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, n) != 0 ||
	    listen(fd, 512) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) != 0)
		exit(1);
	printf("%u\n", ntohs(a.sin_port));
	(void)fflush(stdout);
	return fd;
}

static struct str
read_file(const char *path)
{
	AUTO_BUF struct buf b = { 0 };
	char piece[4096];
	FILE *f = fopen(path, "r");
	size_t n;

	if (f == NULL)
		exit(1);
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		buf_add(&b, piece, n);
	(void)fclose(f);
	n = b.n;
	return (struct str){ buf_take(&b), n };
}

static void
on_terminate(void *arg)
{
	loop_stop(arg);
}

int
main(int argc, char **argv)
{
	struct server s = { .options = http_options_default(),
	    .budget = { .max = HTTP_BUDGET_BYTES } };
	struct tls_front_texts texts = { .client_ca = STR("") };
	struct listener *listener;
	struct err e = { 0 };

	if (argc != 3)
		return 2;
	texts.certificate = read_file(argv[1]);
	texts.key = read_file(argv[2]);
	s.tls = tls_context_new_front(&texts, &e);
	if (s.tls == NULL) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	s.options.head_ms = 1000;
	s.options.idle_ms = 20000;
	s.options.grace_ms = 1000;
	s.options.linger_ms = 1000;
	s.options.answer_rate = 256 << 10;
	s.loop = loop_new();
	listener = listener_new(s.loop, listen_somewhere(), on_accepted, &s);
	loop_signal(s.loop, SIGTERM, on_terminate, s.loop);
	loop_run(s.loop);
	listener_free(listener);
	/* The clients that are left end with the process. */
	_exit(0);
}
