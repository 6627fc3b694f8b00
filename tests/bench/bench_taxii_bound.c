/*
 * What a front is held against: a server that answers every request with the
 * same bytes from memory, over the same TLS library and the same mutual
 * authentication.  It parses no more than where a request ends.
 *
 *   bench_taxii_bound CERT KEY ANSWER
 *
 * ANSWER is a file with a whole answer, head and body.  Prints the port on
 * 127.0.0.1, and ends when standard input does.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

#define REQUEST_MAX (64U << 20)
#define READ_BYTES 16384

struct server {
	SSL_CTX *ctx;
	int fd;
	char *answer;
	size_t n;
};

static void
need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench_taxii_bound: %s failed\n", what);
	exit(1);
}

static void
answer_load(struct server *s, const char *path)
{
	FILE *f = fopen(path, "rb");
	long n;

	need(f != NULL && fseek(f, 0, SEEK_END) == 0, path);
	n = ftell(f);
	rewind(f);
	need(n > 0, path);
	s->n = (size_t)n;
	s->answer = malloc(s->n);
	need(s->answer != NULL && fread(s->answer, 1, s->n, f) == s->n, path);
	fclose(f);
}

/* Any certificate will do: what it costs is the handshake. */
static int
on_certificate(int ok, X509_STORE_CTX *ctx)
{
	(void)ok, (void)ctx;
	return 1;
}

static void
listen_up(struct server *s)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);

	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	need(s->fd >= 0 && bind(s->fd, (struct sockaddr *)&a,
	    sizeof(a)) == 0 && listen(s->fd, 128) == 0 && getsockname(s->fd,
	    (struct sockaddr *)&a, &n) == 0, "listening");
	printf("%u\n", (unsigned)ntohs(a.sin_port));
	fflush(stdout);
}

/* Where the request that begins in bytes ends; 0: not known yet. */
static size_t
request_end(char *bytes, size_t n)
{
	const char *head = memmem(bytes, n, "\r\n\r\n", 4), *length;

	if (head == NULL)
		return 0;
	bytes[n] = '\0';
	length = strcasestr(bytes, "\r\nContent-Length:");
	return (size_t)(head - bytes) + 4 + (length == NULL ||
	    length > head ? 0 : strtoul(length + 17, NULL, 10));
}

static void
serve(const struct server *s, SSL *ssl, char *bytes)
{
	size_t n = 0, end = 0;
	int got;

	while ((got = SSL_read(ssl, bytes + n, READ_BYTES)) > 0) {
		n += (size_t)got;
		if (end == 0)
			end = request_end(bytes, n);
		need(n + READ_BYTES < REQUEST_MAX, "a request");
		if (end == 0 || n < end)
			continue;
		n = end = 0;
		if (SSL_write(ssl, s->answer, (int)s->n) <= 0)
			return;
	}
}

static void *
on_thread(void *arg)
{
	const struct server *s = arg;
	char *bytes = malloc(REQUEST_MAX + 1);
	int on = 1;

	need(bytes != NULL, "malloc");
	for (;;) {
		int fd = accept(s->fd, NULL, NULL);
		SSL *ssl = SSL_new(s->ctx);

		need(fd >= 0 && ssl != NULL, "accept");
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on,
		    sizeof(on));
		if (SSL_set_fd(ssl, fd) == 1 && SSL_accept(ssl) == 1)
			serve(s, ssl, bytes);
		SSL_free(ssl);
		close(fd);
	}
	return NULL;
}

int
main(int argc, char **argv)
{
	struct server s = { .ctx = SSL_CTX_new(TLS_server_method()) };
	pthread_t thread;

	need(argc == 4 && s.ctx != NULL, "reading the arguments");
	need(SSL_CTX_use_certificate_file(s.ctx, argv[1],
	    SSL_FILETYPE_PEM) == 1 && SSL_CTX_use_PrivateKey_file(s.ctx,
	    argv[2], SSL_FILETYPE_PEM) == 1, "reading the certificate");
	SSL_CTX_set_verify(s.ctx, SSL_VERIFY_PEER |
	    SSL_VERIFY_FAIL_IF_NO_PEER_CERT, on_certificate);
	SSL_CTX_set_num_tickets(s.ctx, 0);
	(void)SSL_CTX_set_session_cache_mode(s.ctx, SSL_SESS_CACHE_OFF);
	answer_load(&s, argv[3]);
	listen_up(&s);
	need(pthread_create(&thread, NULL, on_thread, &s) == 0, "a thread");
	while (getchar() != EOF)
		;
	return 0;
}
