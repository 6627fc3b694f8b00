/*
 * comity-session: see session.h.  Started by comityd with its descriptors
 * in place; an administrator never starts it.
 */
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "host/confine.h"
#include "host/log.h"
#include "host/secret.h"
#include "session/session.h"

#define FD_CHANNEL 3
#define FD_PEER 4
#define FD_CERTIFICATE 5
#define FD_KEY 6
#define DIAL_SECONDS 10		/* for one address */
#define DIAL_ALL_SECONDS 45	/* with names looked up, for all */

enum { EXIT_SYSTEM = 70, EXIT_SETUP = 78 };

static struct tls_context *
load_tls(struct err *e)
{
	AUTO_BUF struct buf cert = { 0 };
	AUTO_BUF struct buf key = { 0 };
	struct tls_context *t;

	if (secret_read(FD_CERTIFICATE, &cert) != 0 ||
	    secret_read(FD_KEY, &key) != 0) {
		(void)err_set(e, ERR_IO, "the TLS certificate or key does "
		    "not read");
		return NULL;
	}
	t = tls_context_new(buf_str(&cert), buf_str(&key), e);
	crypto_wipe(key.p, key.n);
	return t;
}

/* Split "host:port" or "[v6]:port" in place. */
static bool
split_address(char *address, char **host, char **port)
{
	char *colon = strrchr(address, ':');

	if (colon == NULL || colon == address)
		return false;
	*colon = '\0';
	*port = colon + 1;
	*host = address;
	if (address[0] == '[' && colon[-1] == ']') {
		colon[-1] = '\0';
		*host = address + 1;
	}
	return true;
}

static int
dial_one(const struct addrinfo *a)
{
	struct timeval limit = { .tv_sec = DIAL_SECONDS };
	int fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, a->ai_addr, a->ai_addrlen) == 0)
		return fd;
	close(fd);
	return -1;
}

/* A connected socket to where the card says the peer listens, or -1. */
static int
dial(const char *endpoint, struct err *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *all, *a;
	char text[300], *host, *port;
	int fd = -1, rc;

	snprintf(text, sizeof(text), "%s", endpoint);
	if (!split_address(text, &host, &port))
		return err_set(e, ERR_CONF, "%s: want host:port", endpoint);
	rc = getaddrinfo(host, port, &hints, &all);
	if (rc != 0)
		return err_set(e, ERR_SYSTEM, "%s: %s", endpoint,
		    gai_strerror(rc));
	for (a = all; a != NULL && fd < 0; a = a->ai_next)
		fd = dial_one(a);
	freeaddrinfo(all);
	if (fd < 0)
		return err_set(e, ERR_SYSTEM, "%s: %s", endpoint,
		    errno == EINPROGRESS ? "no answer in time" :
		    strerror(errno));
	return fd;
}

static int
run(struct session_options *options)
{
	struct confine_options o = { .role = CONFINE_SESSION,
	    .landlock = options->landlock };
	AUTO(loop_free) struct loop *loop = loop_new();
	struct session *s;
	struct err e;

	/* Everything that opens files or asks the system once is done. */
	if (confine(&o, &e) != 0) {
		log_error("confine-failed", "error=\"%s\"", e.text);
		return EXIT_SYSTEM;
	}
	s = session_start(loop, options);
	loop_run(loop);
	session_free(s);
	return 0;
}

static int
read_number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	TRY(str_to_u64(str_of(text), out));
	return *out < min || *out > max ? ERR_VALUE : 0;
}

/* --listen|--dial ADDRESS HANDSHAKE-MS PROOF-MS PAUSE-BYTES LANDLOCK */
static int
read_arguments(int argc, char **argv, struct session_options *o)
{
	uint64_t handshake_ms, proof_ms, pause_bytes, landlock;

	if (argc != 7)
		return ERR_USAGE;
	o->dialed = strcmp(argv[1], "--dial") == 0;
	if (!o->dialed && strcmp(argv[1], "--listen") != 0)
		return ERR_USAGE;
	TRY(read_number(argv[3], 1, HOUR(1), &handshake_ms));
	TRY(read_number(argv[4], 1, HOUR(1), &proof_ms));
	TRY(read_number(argv[5], KIB(4), MIB(1024), &pause_bytes));
	TRY(read_number(argv[6], 0, 1, &landlock));
	o->landlock = landlock == 1;
	o->address = argv[2];
	o->handshake_ms = (int64_t)handshake_ms;
	o->proof_ms = (int64_t)proof_ms;
	o->pause_bytes = (size_t)pause_bytes;
	return 0;
}

int
main(int argc, char **argv)
{
	AUTO(tls_context_free) struct tls_context *tls = NULL;
	struct session_options o = { .channel_fd = FD_CHANNEL,
	    .peer_fd = FD_PEER };
	struct err e;

	log_open("session");
	(void)signal(SIGPIPE, SIG_IGN);
	if (read_arguments(argc, argv, &o) != 0) {
		fputs("comity-session is started by comityd(8)\n", stderr);
		return EXIT_SETUP;
	}
	o.tls = tls = load_tls(&e);
	if (tls == NULL) {
		log_error("tls-setup", "error=\"%s\"", e.text);
		session_report(FD_CHANNEL, e.text);
		return EXIT_SETUP;
	}
	/* The resolver has no bound of its own; at this one we just end. */
	(void)alarm(DIAL_ALL_SECONDS);
	if (o.dialed && (o.peer_fd = dial(o.address, &e)) < 0) {
		session_report(FD_CHANNEL, e.text);
		return 0;
	}
	(void)alarm(0);
	return run(&o);
}
