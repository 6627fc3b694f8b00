/*
 * The bounds other benchmarks are held against, measured in the same run:
 * what one record costs in a JSON parse, a bare SQLite row and a TLS read,
 * and what append + fdatasync takes.  Prints one JSON object.
 *
 *   bench_bound DIR [RECORDS]
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sqlite3.h>

#define RECORD_MAX 2048
#define TLS_CHUNK 16384

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
need(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "bench_bound: %s failed\n", what);
	exit(1);
}

/* An indicator of the usual size, different for each n. */
static size_t
indicator(char *dst, unsigned n)
{
	return (size_t)snprintf(dst, RECORD_MAX,
	    "{\"type\":\"indicator\",\"spec_version\":\"2.1\",\"id\":"
	    "\"indicator--%08x-1111-4111-8111-0123456789ab\","
	    "\"created_by_ref\":\"identity--c6d30005-c8c8-40a8-8bf3-"
	    "4965aa5cd87a\",\"created\":\"2026-01-11T05:53:16.309Z\","
	    "\"modified\":\"2026-01-11T05:53:16.309Z\",\"name\":\"bench: "
	    "domain %u\",\"description\":\"A domain that was published by "
	    "a list of hosts that deliver malware; it stands here for a "
	    "description of common length, neither short nor long.\","
	    "\"indicator_types\":[\"malicious-activity\"],\"pattern\":"
	    "\"[domain-name:value = 'host-%u.example.com']\","
	    "\"pattern_type\":\"stix\",\"pattern_version\":\"2.1\","
	    "\"valid_from\":\"2026-01-11T05:53:16.309Z\","
	    "\"labels\":[\"malware\",\"bench\"],\"confidence\":60,"
	    "\"external_references\":[{\"source_name\":\"bench\",\"url\":"
	    "\"https://example.org/lists/%u\"}],\"object_marking_refs\":["
	    "\"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb\"]}",
	    n, n, n, n);
}

static double
parse_us(unsigned records)
{
	char text[RECORD_MAX];
	double t = 0;

	for (unsigned i = 0; i < records; i++) {
		size_t n = indicator(text, i);
		double a = now_s();
		json_t *j = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);

		need(j != NULL, "json_loadb");
		json_decref(j);
		t += now_s() - a;
	}
	return t / records * 1e6;
}

static double
row_us(const char *dir, unsigned records)
{
	char path[4096], text[RECORD_MAX];
	sqlite3_stmt *insert;
	sqlite3 *db;
	double t;

	snprintf(path, sizeof(path), "%s/bare.db", dir);
	need(sqlite3_open(path, &db) == SQLITE_OK, "sqlite3_open");
	need(sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA "
	    "synchronous=FULL; CREATE TABLE r(seq INTEGER PRIMARY KEY, "
	    "modified INTEGER, body BLOB)", NULL, NULL, NULL) == SQLITE_OK,
	    "schema");
	need(sqlite3_prepare_v2(db, "INSERT INTO r VALUES(?,?,?)", -1,
	    &insert, NULL) == SQLITE_OK, "prepare");
	t = now_s();
	for (unsigned i = 0; i < records; i++) {
		size_t n = indicator(text, i);

		if (i % 1000 == 0)
			(void)sqlite3_exec(db, i ? "COMMIT; BEGIN" : "BEGIN",
			    NULL, NULL, NULL);
		sqlite3_bind_int64(insert, 1, (sqlite3_int64)i + 1);
		sqlite3_bind_int64(insert, 2, (sqlite3_int64)i);
		sqlite3_bind_blob(insert, 3, text, (int)n, SQLITE_STATIC);
		need(sqlite3_step(insert) == SQLITE_DONE, "insert");
		sqlite3_reset(insert);
	}
	(void)sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	t = now_s() - t;
	sqlite3_finalize(insert);
	sqlite3_close(db);
	unlink(path);
	return t / records * 1e6;
}

/* A throw-away certificate for the in-memory TLS connection. */
static void
give_certificate(SSL_CTX *ctx)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	X509 *cert = X509_new();

	need(key != NULL && cert != NULL, "key");
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	need(X509_sign(cert, key, NULL) > 0, "X509_sign");
	need(SSL_CTX_use_certificate(ctx, cert) == 1, "certificate");
	need(SSL_CTX_use_PrivateKey(ctx, key) == 1, "private key");
	X509_free(cert);
	EVP_PKEY_free(key);
}

static double
tls_us(unsigned records)
{
	SSL_CTX *sctx = SSL_CTX_new(TLS_method());
	SSL_CTX *cctx = SSL_CTX_new(TLS_method());
	size_t total = (size_t)records * 875, moved = 0;
	char chunk[TLS_CHUNK] = { 0 };
	BIO *left, *right;
	SSL *server, *client;
	double t = 0;

	give_certificate(sctx);
	server = SSL_new(sctx);
	client = SSL_new(cctx);
	need(BIO_new_bio_pair(&left, 1 << 18, &right, 1 << 18) == 1, "pair");
	SSL_set_bio(server, left, left);
	SSL_set_bio(client, right, right);
	SSL_set_accept_state(server);
	SSL_set_connect_state(client);
	for (int i = 0; i < 10; i++) {
		(void)SSL_do_handshake(client);
		(void)SSL_do_handshake(server);
	}
	need(SSL_is_init_finished(server) && SSL_is_init_finished(client),
	    "handshake");
	while (moved < total) {
		double a;

		need(SSL_write(client, chunk, TLS_CHUNK) == TLS_CHUNK,
		    "SSL_write");
		a = now_s();
		for (int got = 0, n; got < TLS_CHUNK; got += n) {
			n = SSL_read(server, chunk, TLS_CHUNK - got);
			need(n > 0, "SSL_read");
		}
		t += now_s() - a;
		moved += TLS_CHUNK;
	}
	SSL_free(server);
	SSL_free(client);
	SSL_CTX_free(sctx);
	SSL_CTX_free(cctx);
	return t / records * 1e6;
}

static int
compare_double(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Append 4 KiB and fdatasync, n times: median and 99th percentile, ms. */
static void
sync_ms(const char *dir, unsigned n, double *out_p50, double *out_p99)
{
	double *ms = calloc(n, sizeof(*ms));
	char path[4096], page[4096] = { 0 };
	int fd;

	snprintf(path, sizeof(path), "%s/append", dir);
	fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND, 0600);
	need(ms != NULL && fd >= 0, "open");
	for (unsigned i = 0; i < n; i++) {
		double a = now_s();

		need(write(fd, page, sizeof(page)) == (ssize_t)sizeof(page) &&
		    fdatasync(fd) == 0, "write");
		ms[i] = (now_s() - a) * 1e3;
	}
	qsort(ms, n, sizeof(*ms), compare_double);
	*out_p50 = ms[n / 2];
	*out_p99 = ms[n * 99 / 100];
	close(fd);
	unlink(path);
	free(ms);
}

int
main(int argc, char **argv)
{
	unsigned records = argc > 2 ? (unsigned)atoi(argv[2]) : 20000;
	double parse, row, tls, p50, p99;

	if (argc < 2 || records == 0) {
		fputs("usage: bench_bound DIR [RECORDS]\n", stderr);
		return 2;
	}
	parse = parse_us(records);
	row = row_us(argv[1], records);
	tls = tls_us(records);
	sync_ms(argv[1], 500, &p50, &p99);
	printf("{\"parse_us\": %.2f, \"row_us\": %.2f, \"tls_us\": %.2f, "
	    "\"bound_per_second\": %.0f, \"sync_p50_ms\": %.3f, "
	    "\"sync_p99_ms\": %.3f}\n", parse, row, tls,
	    1e6 / (parse + row + tls), p50, p99);
	return 0;
}
