/*
 * comity-client: see client.h.  Started by comityd with its descriptors in
 * place; an administrator never starts it.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "client/client.h"
#include "host/confine.h"
#include "host/log.h"
#include "host/secret.h"

#define FD_CHANNEL 3
#define FD_CERTIFICATE 4	/* these four: closed: there is none */
#define FD_KEY 5
#define FD_SECRET 6
#define FD_CA 7

enum { EXIT_SYSTEM = 70, EXIT_SETUP = 78 };

/* The file at fd; nothing if there is none. */
static int
read_file(int fd, const char *what, struct buf *out, struct err *e)
{
	int rc = fcntl(fd, F_GETFD) < 0 ? 0 : secret_read(fd, out);

	return rc == 0 ? 0 : err_set(e, rc, "%s: the file does not read, is "
	    "empty or larger than %d bytes", what, SECRET_BYTES_MAX);
}

/* Its first line. */
static struct str
first_line(const struct buf *b)
{
	struct str s = buf_str(b);

	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '\n' || s.p[i] == '\r')
			s.n = i;
	return s;
}

static struct http *
open_http(const char *user, struct err *e)
{
	AUTO_BUF struct buf cert = { 0 };
	AUTO_BUF struct buf key = { 0 };
	AUTO_BUF struct buf secret = { 0 };
	AUTO_BUF struct buf ca = { 0 };
	struct http *h = NULL;

	if (read_file(FD_CERTIFICATE, "certificate", &cert, e) == 0 &&
	    read_file(FD_KEY, "key", &key, e) == 0 &&
	    read_file(FD_SECRET, "secret-file", &secret, e) == 0 &&
	    read_file(FD_CA, "ca", &ca, e) == 0)
		h = http_new(&(struct http_login){ buf_str(&cert),
		    buf_str(&key), buf_str(&ca), str_of(user),
		    first_line(&secret) }, e);
	if (key.n > 0)
		crypto_wipe(key.p, key.n);
	if (secret.n > 0)
		crypto_wipe(secret.p, secret.n);
	return h;
}

static int
run(const struct client_options *options, bool landlock)
{
	struct confine_options o = { .role = CONFINE_CLIENT,
	    .landlock = landlock };
	AUTO(loop_free) struct loop *loop = loop_new();
	AUTO(client_free) struct client *client = NULL;
	struct err e;

	client = client_new(loop, options);
	if (confine(&o, &e) != 0) {
		log_error("confine-failed", "error=\"%s\"", e.text);
		return EXIT_SYSTEM;
	}
	loop_run(loop);
	loop_settle(loop);
	return 0;
}

/* PEER URL USER LANDLOCK */
int
main(int argc, char **argv)
{
	AUTO(http_free) struct http *http = NULL;
	struct client_options o = { .channel_fd = FD_CHANNEL };
	struct err e;

	log_open("client");
	(void)signal(SIGPIPE, SIG_IGN);
	if (argc != 5 || fcntl(FD_CHANNEL, F_GETFD) < 0) {
		fputs("comity-client is started by comityd(8)\n", stderr);
		return EXIT_SETUP;
	}
	o.peer = argv[1];
	o.url = argv[2];
	o.http = http = open_http(argv[3], &e);
	if (http == NULL) {
		log_error("client-setup", "peer=%s error=\"%s\"", o.peer,
		    e.text);
		return EXIT_SETUP;
	}
	return run(&o, strcmp(argv[4], "1") == 0);
}
