/*
 * comity-front: see taxii_front.h.  Started by comityd with its descriptors
 * in place; an administrator never starts it.
 */
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "front/taxii_front.h"
#include "host/confine.h"
#include "host/log.h"
#include "host/secret.h"

#define HEAP_BLOCK MIB(4)	/* larger ones are mapped by themselves */
#define HEAP_KEEP MIB(16)

#define FD_CHANNEL 3
#define FD_LISTEN 4
#define FD_CERTIFICATE 5
#define FD_KEY 6
#define FD_CLIENT_CA 7		/* closed: there is none */

enum { EXIT_SYSTEM = 70, EXIT_SETUP = 78 };

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static struct tls_context *
load_tls(struct err *e)
{
	AUTO_BUF struct buf cert = { 0 };
	AUTO_BUF struct buf key = { 0 };
	AUTO_BUF struct buf ca = { 0 };
	struct tls_context *t = NULL;
	int rc = secret_read(FD_KEY, &key);

	if (rc != 0)
		(void)err_set(e, rc, "key: the file does not read");
	else if ((rc = secret_read(FD_CERTIFICATE, &cert)) != 0)
		(void)err_set(e, rc, "certificate: the file does not read");
	else if (is_open(FD_CLIENT_CA) &&
	    (rc = secret_read(FD_CLIENT_CA, &ca)) != 0)
		(void)err_set(e, rc, "client-ca: the file does not read, is "
		    "empty or larger than %d bytes", SECRET_BYTES_MAX);
	if (rc == 0)
		t = tls_context_new_front(&(struct tls_front_texts){
		    buf_str(&cert), buf_str(&key), buf_str(&ca) }, e);
	if (key.n > 0)
		crypto_wipe(key.p, key.n);
	return t;
}

static void
on_sigusr1(void *arg)
{
	taxii_front_drain(arg);
}

static int
run(const struct taxii_front_options *options, bool landlock)
{
	struct confine_options o = { .role = CONFINE_FRONT,
	    .landlock = landlock };
	AUTO(loop_free) struct loop *loop = loop_new();
	AUTO(taxii_front_free) struct taxii_front *front = NULL;
	struct err e;

	front = taxii_front_new(loop, options);
	/* All others that stop us are for the supervisor. */
	loop_signal(loop, SIGUSR1, on_sigusr1, front);
	/* Everything that opens files or asks the system once is done. */
	if (confine(&o, &e) != 0) {
		log_error("confine-failed", "error=\"%s\"", e.text);
		return EXIT_SYSTEM;
	}
	loop_run(loop);
	loop_settle(loop);
	return 0;
}

/*
 * Answers of a megabyte come and go.  The pages that they were in are kept
 * for the next: asking the kernel for them costs more than all else.
 */
static void
keep_heap(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, HEAP_BLOCK);
	(void)mallopt(M_TRIM_THRESHOLD, HEAP_KEEP);
}

/* DESK LANDLOCK */
int
main(int argc, char **argv)
{
	AUTO(tls_context_free) struct tls_context *tls = NULL;
	struct taxii_front_options o = { .channel_fd = FD_CHANNEL,
	    .listen_fd = FD_LISTEN, .http = taxii_http_options(),
	    .limits = limit_options_default() };
	struct err e;

	keep_heap();
	log_open("front");
	(void)signal(SIGPIPE, SIG_IGN);
	if (argc != 3 || !is_open(FD_CHANNEL) || !is_open(FD_LISTEN)) {
		fputs("comity-front is started by comityd(8)\n", stderr);
		return EXIT_SETUP;
	}
	o.desk = argv[1];
	o.tls = tls = load_tls(&e);
	if (tls == NULL) {
		log_error("front-setup", "desk=%s error=\"%s\"", o.desk,
		    e.text);
		return EXIT_SETUP;
	}
	return run(&o, strcmp(argv[2], "1") == 0);
}
