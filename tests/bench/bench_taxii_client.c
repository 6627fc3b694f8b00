/*
 * A client of TAXII that costs little itself, so that what it measures is
 * the server: one connection, mutual TLS, OpenSSL directly.  Prints one JSON
 * object.
 *
 *   bench_taxii_client HOST:PORT CA CERT KEY get N PATH
 *	the same GET N times, with "%" in PATH the digits of a number below N
 *   ... pages PATH [FILE]
 *	follow "next" to the end; the second answer is kept in FILE
 *   ... post TOTAL EACH PATH
 *	TOTAL indicators in envelopes of EACH, each answered before the next
 *   ... idle N PATH
 *	N connections with one GET each, kept open until standard input ends
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#define MEDIA "application/taxii+json;version=2.1"
#define ANSWER_MAX (64U << 20)
#define OBJECT_MAX 2048

struct client {
	SSL_CTX *ctx;
	struct sockaddr_in to;
	SSL *ssl;
	char *in;		/* ANSWER_MAX + 1 bytes */
	size_t n, body;		/* what came, and where its body begins */
};

struct times {
	double *v;		/* seconds */
	size_t n, cap;
};

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
need(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench_taxii_client: %s failed\n", what);
	exit(1);
}

static void
times_add(struct times *t, double s)
{
	if (t->n == t->cap) {
		t->cap = t->cap == 0 ? 1024 : 2 * t->cap;
		t->v = realloc(t->v, t->cap * sizeof(*t->v));
		need(t->v != NULL, "realloc");
	}
	t->v[t->n++] = s;
}

static int
on_compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* In milliseconds; of a copy, so that the order stays. */
static double
times_quantile(const struct times *t, size_t from, size_t n, double q)
{
	double *v = calloc(n + 1, sizeof(*v)), ms;

	need(v != NULL && n > 0, "a measurement");
	memcpy(v, t->v + from, n * sizeof(*v));
	qsort(v, n, sizeof(*v), on_compare);
	ms = v[(size_t)((double)(n - 1) * q)] * 1e3;
	free(v);
	return ms;
}

/* ---- connections ---- */

static void
client_setup(struct client *c, char **argv)
{
	char *colon = strrchr(argv[1], ':');

	need(colon != NULL, "HOST:PORT");
	*colon = '\0';
	c->to.sin_family = AF_INET;
	c->to.sin_port = htons((uint16_t)atoi(colon + 1));
	need(inet_pton(AF_INET, argv[1], &c->to.sin_addr) == 1, "HOST");
	c->ctx = SSL_CTX_new(TLS_client_method());
	need(c->ctx != NULL, "SSL_CTX_new");
	SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(c->ctx, SSL_MODE_RELEASE_BUFFERS);
	need(SSL_CTX_load_verify_locations(c->ctx, argv[2], NULL) == 1 &&
	    SSL_CTX_use_certificate_file(c->ctx, argv[3],
	    SSL_FILETYPE_PEM) == 1 && SSL_CTX_use_PrivateKey_file(c->ctx,
	    argv[4], SSL_FILETYPE_PEM) == 1, "reading the certificates");
	c->in = malloc(ANSWER_MAX + 1);
	need(c->in != NULL, "malloc");
}

static SSL *
client_connect(const struct client *c)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	SSL *ssl = SSL_new(c->ctx);

	need(fd >= 0 && ssl != NULL && connect(fd,
	    (const struct sockaddr *)&c->to, sizeof(c->to)) == 0, "connect");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	need(SSL_set_fd(ssl, fd) == 1 && SSL_connect(ssl) == 1, "TLS");
	return ssl;
}

static void
client_close(struct client *c)
{
	int fd = SSL_get_fd(c->ssl);

	(void)SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	close(fd);
	c->ssl = NULL;
}

/* ---- one request ---- */

/* The value of a field of the head, NULL: there is none. */
static const char *
field(const struct client *c, const char *name)
{
	const char *p = strcasestr(c->in, name);

	return p == NULL || p > c->in + c->body ? NULL : p + strlen(name);
}

static void
read_some(struct client *c)
{
	int n = SSL_read(c->ssl, c->in + c->n, (int)(ANSWER_MAX - c->n));

	need(n > 0, "reading an answer");
	c->n += (size_t)n;
}

/* The whole answer; its status. */
static int
read_answer(struct client *c)
{
	const char *end = NULL, *length;
	size_t want;

	for (c->n = 0; end == NULL; c->in[c->n] = '\0') {
		size_t from = c->n < 3 ? 0 : c->n - 3;

		read_some(c);
		end = memmem(c->in + from, c->n - from, "\r\n\r\n", 4);
	}
	c->body = (size_t)(end - c->in) + 4;
	length = field(c, "\r\nContent-Length:");
	need(length != NULL, "Content-Length");
	want = c->body + strtoul(length, NULL, 10);
	need(want <= ANSWER_MAX, "an answer of that length");
	while (c->n < want)
		read_some(c);
	c->in[c->n] = '\0';
	return atoi(c->in + strlen("HTTP/1.1 "));
}

/* Send and hear; what it took.  A server may end a connection it kept. */
static double
exchange(struct client *c, const char *bytes, size_t n)
{
	const char *closes;
	double t;
	int got;

	if (c->ssl == NULL)
		c->ssl = client_connect(c);
	t = now_s();
	need(SSL_write(c->ssl, bytes, (int)n) == (int)n, "sending");
	got = read_answer(c);
	t = now_s() - t;
	/* The bound has one answer for all. */
	if (got / 100 != 2) {
		fprintf(stderr, "%.600s\n", c->in);
		need(false, "the request");
	}
	closes = field(c, "\r\nConnection: close");
	if (closes != NULL)
		client_close(c);
	return t;
}

static double
get(struct client *c, const char *path)
{
	char head[4096];
	int n = snprintf(head, sizeof(head), "GET %s HTTP/1.1\r\nHost: "
	    "localhost\r\nAccept: " MEDIA "\r\n\r\n", path);

	need(n > 0 && n < (int)sizeof(head), "a path");
	return exchange(c, head, (size_t)n);
}

/* ---- what is measured ---- */

static void
print_times(const struct client *c, const struct times *t, size_t bytes)
{
	printf("{\"n\": %zu, \"bytes\": %zu, \"p50_ms\": %.4f, \"p99_ms\": "
	    "%.4f, ", t->n, bytes, times_quantile(t, 0, t->n, 0.5),
	    times_quantile(t, 0, t->n, 0.99));
	if (c->ssl != NULL)
		printf("\"tls\": \"%s\", \"suite\": \"%s\", ",
		    SSL_get_version(c->ssl), SSL_get_cipher_name(c->ssl));
}

static void
measure_get(struct client *c, char **argv)
{
	unsigned long n = strtoul(argv[0], NULL, 10);
	const char *hole = strchr(argv[1], '%');
	struct times t = { 0 };
	char path[2048];
	size_t bytes = 0;

	(void)get(c, "/taxii2/");
	for (unsigned long i = 0; i < n; i++) {
		/* Spread over all there is, each asked for once. */
		if (hole == NULL)
			snprintf(path, sizeof(path), "%s", argv[1]);
		else
			snprintf(path, sizeof(path), "%.*s%08lx%s",
			    (int)(hole - argv[1]), argv[1],
			    i * 7919 % strtoul(argv[2], NULL, 10), hole + 1);
		times_add(&t, get(c, path));
		bytes += c->n;
	}
	print_times(c, &t, bytes);
	printf("\"each\": %zu}\n", bytes / n);
}

static void
keep(const struct client *c, const char *path)
{
	FILE *f = fopen(path, "wb");

	need(f != NULL && fwrite(c->in, 1, c->n, f) == c->n &&
	    fclose(f) == 0, "keeping an answer");
}

/* The value of "next", which is at the end of an envelope. */
static bool
next_of(const struct client *c, char dst[static 512])
{
	const char *at = c->n < 600 ? c->in : c->in + c->n - 600;
	const char *p = strstr(at, "\"next\":\"");
	size_t n;

	/* Its members may come in any order. */
	if (p == NULL)
		p = strstr(c->in + c->body, "\"next\":\"");
	if (p == NULL)
		return false;
	p += strlen("\"next\":\"");
	n = strcspn(p, "\"");
	need(n < 512, "next");
	memcpy(dst, p, n);
	dst[n] = '\0';
	return true;
}

static size_t
count_objects(const struct client *c)
{
	static const char mark[] = "\"spec_version\":";
	size_t n = 0;

	for (const char *p = c->in + c->body; (p = strstr(p, mark)) != NULL;
	    p += sizeof(mark) - 1)
		n++;
	return n;
}

static void
measure_pages(struct client *c, char **argv)
{
	char path[2048], next[512];
	struct times t = { 0 };
	size_t bytes = 0, objects = 0, few;
	bool more;

	(void)get(c, "/taxii2/");
	snprintf(path, sizeof(path), "%s", argv[0]);
	do {
		double s = get(c, path);
		size_t n = count_objects(c);

		/* One that is not full is no measure. */
		if (n == 1000 || t.n == 0)
			times_add(&t, s);
		objects += n;
		bytes += c->n;
		if (t.n <= 2 && argv[1] != NULL)
			keep(c, argv[1]);
		more = next_of(c, next);
		snprintf(path, sizeof(path), "%s&next=%s", argv[0], next);
	} while (more);
	/* The ends by several pages: one is at the mercy of the machine. */
	few = t.n < 10 ? 1 : t.n < 50 ? 5 : 25;
	print_times(c, &t, bytes);
	printf("\"objects\": %zu, \"first_ms\": %.4f, \"last_ms\": %.4f}\n",
	    objects, times_quantile(&t, 0, few, 0.5),
	    times_quantile(&t, t.n - few, few, 0.5));
}

/* An indicator of about 900 bytes, different for each n. */
static size_t
indicator(char *dst, unsigned long n)
{
	return (size_t)snprintf(dst, OBJECT_MAX,
	    "{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":"
	    "\"indicator--%08lx-1111-4111-8111-0123456789ab\","
	    "\"created_by_ref\":\"identity--c6d30005-c8c8-40a8-8bf3-"
	    "4965aa5cd87a\",\"created\":\"2026-01-11T05:53:16.309Z\","
	    "\"modified\":\"2026-01-11T05:53:16.309Z\",\"name\":\"bench: "
	    "domain %lu\",\"description\":\"A domain that a list of hosts "
	    "published because they deliver malware; it stands here for a "
	    "description of common length, neither short nor very long.\","
	    "\"indicator_types\":[\"malicious-activity\"],\"pattern\":"
	    "\"[domain-name:value = 'host-%lu.example.com']\","
	    "\"pattern_type\":\"stix\",\"pattern_version\":\"2.1\","
	    "\"valid_from\":\"2026-01-11T05:53:16.309Z\","
	    "\"labels\":[\"ioc\",\"bench\"],\"confidence\":60,"
	    "\"external_references\":[{\"source_name\":\"bench\",\"url\":"
	    "\"https://example.org/lists/%lu\"}],\"object_marking_refs\":["
	    "\"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb\"]}",
	    n, n, n, n);
}

static size_t
envelope(char *dst, unsigned long from, unsigned long n)
{
	size_t at = (size_t)sprintf(dst, "{\"objects\":[");

	for (unsigned long i = 0; i < n; i++) {
		if (i > 0)
			dst[at++] = ',';
		at += indicator(dst + at, from + i);
	}
	return at + (size_t)sprintf(dst + at, "]}");
}

static void
measure_post(struct client *c, char **argv)
{
	unsigned long total = strtoul(argv[0], NULL, 10);
	unsigned long each = strtoul(argv[1], NULL, 10);
	char *body = malloc(each * (OBJECT_MAX + 1) + 64), *whole;
	struct times t = { 0 };
	size_t bytes = 0, good = 0;
	double s = 0;

	whole = malloc(each * (OBJECT_MAX + 1) + 1024);
	need(body != NULL && whole != NULL, "malloc");
	(void)get(c, "/taxii2/");
	for (unsigned long i = 0; i + each <= total; i += each) {
		size_t n = envelope(body, i, each);
		size_t head = (size_t)sprintf(whole, "POST %s HTTP/1.1\r\n"
		    "Host: localhost\r\nAccept: " MEDIA "\r\nContent-Type: "
		    MEDIA "\r\nContent-Length: %zu\r\n\r\n", argv[2], n);
		const char *p;

		memcpy(whole + head, body, n);
		times_add(&t, exchange(c, whole, head + n));
		s += t.v[t.n - 1];
		bytes += head + n;
		p = strstr(c->in + c->body, "\"success_count\":");
		if (p != NULL)
			good += strtoul(p + strlen("\"success_count\":"),
			    NULL, 10);
	}
	print_times(c, &t, bytes);
	printf("\"good\": %zu, \"per_second\": %.0f}\n", good,
	    (double)(t.n * each) / s);
	free(body);
	free(whole);
}

static void
measure_idle(struct client *c, char **argv)
{
	unsigned long n = strtoul(argv[0], NULL, 10);

	for (unsigned long i = 0; i < n; i++) {
		c->ssl = client_connect(c);
		(void)get(c, argv[1]);
		need(c->ssl != NULL, "keep-alive");
	}
	printf("{\"n\": %lu}\n", n);
	fflush(stdout);
	while (getchar() != EOF)
		;
}

int
main(int argc, char **argv)
{
	struct client c = { 0 };

	need(argc >= 7, "reading the arguments");
	client_setup(&c, argv);
	if (strcmp(argv[5], "get") == 0 && argc >= 8)
		measure_get(&c, argv + 6);
	else if (strcmp(argv[5], "pages") == 0)
		measure_pages(&c, argv + 6);
	else if (strcmp(argv[5], "post") == 0 && argc >= 9)
		measure_post(&c, argv + 6);
	else if (strcmp(argv[5], "idle") == 0 && argc >= 8)
		measure_idle(&c, argv + 6);
	else
		need(false, "reading the arguments");
	return 0;
}
