/*
 * A peer that misbehaves in one chosen way.
 *
 * usage: hostile_peer PORT SCENARIO CERT.pem KEY.pem IDENTITY.key ME THEM
 *     [ABOUT ABOUT-IDENTITY.key]
 *
 * Connects to 127.0.0.1:PORT, does what the scenario says, and prints a line
 * for each frame it gets and one for the end: "frame NAME [REASON TEXT]",
 * "tls-failed", "closed MS".  Exit status 0 if the other side ended the
 * connection within WAIT_S seconds, 3 if it did not.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "base/crypto.h"
#include "base/unit.h"
#include "wire/circle_text.h"
#include "wire/frame.h"
#include "wire/msg_ask.h"
#include "wire/msg_close.h"
#include "wire/msg_consult.h"
#include "wire/msg_hello.h"
#include "wire/msg_standing.h"
#include "wire/msg_statement.h"
#include "wire/msg_subscribe.h"
#include "wire/msg_terms.h"

/* It ends in the middle of things by design: leaks say nothing here. */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "detect_leaks=0";
}

#define WAIT_S 40
#define SKEW_MS MINUTE(10)
#define KEY_FILE_MAX 4096

struct peer {
	int fd;
	SSL *ssl;
	const char *me, *them, *about;
	struct sign_key *identity;
	uint8_t about_key[ED25519_PUBLIC_BYTES];
	uint8_t nonce[NONCE_BYTES], their_nonce[NONCE_BYTES];
	bool greeted;		/* their HELLO is here */
	bool ready;		/* their TERMS are */
	int taken;		/* answers to what we said of others */
	struct buf in;
};

static int64_t
clock_ms(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int
tcp_connect(const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint64_t n;

	if (fd < 0 || str_to_u64(str_of(port), &n) < 0)
		return -1;
	a.sin_port = htons((uint16_t)n);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		return -1;
	return fd;
}

/* The same certificate and key, but of the day before yesterday. */
static bool
make_expired(SSL_CTX *ctx)
{
	X509 *x = X509_dup(SSL_CTX_get0_certificate(ctx));
	EVP_PKEY *key = SSL_CTX_get0_privatekey(ctx);
	bool ok = x != NULL &&
	    X509_gmtime_adj(X509_getm_notBefore(x), -172800) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(x), -86400) != NULL &&
	    X509_sign(x, key, EVP_sha256()) > 0 &&
	    SSL_CTX_use_certificate(ctx, x) == 1;

	X509_free(x);
	return ok;
}

static SSL *
tls_connect(int fd, const char *cert, const char *key, bool expired)
{
	static const unsigned char alpn[] = "\x08" "comity/1";
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *ssl;

	if (ctx == NULL || SSL_CTX_use_certificate_file(ctx, cert,
	    SSL_FILETYPE_PEM) != 1 || SSL_CTX_use_PrivateKey_file(ctx, key,
	    SSL_FILETYPE_PEM) != 1 || (expired && !make_expired(ctx)))
		return NULL;
	SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
	SSL_CTX_set_alpn_protos(ctx, alpn, sizeof(alpn) - 1);
	ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	SSL_set_fd(ssl, fd);
	return SSL_connect(ssl) == 1 ? ssl : NULL;
}

static void
send_bytes(struct peer *p, const void *bytes, size_t n)
{
	if (n > 0)
		(void)SSL_write(p->ssl, bytes, (int)n);
}

static void
send_frame(struct peer *p, uint8_t type, struct str payload)
{
	AUTO_BUF struct buf b = { 0 };

	frame_append(&b, type, payload);
	send_bytes(p, b.p, b.n);
}

static void
send_hello(struct peer *p, const char *id, int64_t skew_ms)
{
	AUTO_BUF struct buf b = { 0 };
	struct msg_hello m = { .version = WIRE_VERSION, .cert_id = str_of(id),
	    .at = { clock_ms(CLOCK_REALTIME) + skew_ms },
	    .software = STR("hostile") };

	memcpy(m.nonce, p->nonce, NONCE_BYTES);
	crypto_random(m.epoch, EPOCH_BYTES);
	msg_hello_encode(&m, &b);
	send_frame(p, MESSAGE_HELLO, buf_str(&b));
}

/* The signature over this connection, or over another one. */
static void
send_prove(struct peer *p, bool other_exporter)
{
	AUTO_BUF struct buf b = { 0 }, payload = { 0 };
	uint8_t exporter[EXPORTER_BYTES], sig[SIGNATURE_BYTES];
	struct prove_facts f = { .role = PROVE_DIALER, .exporter = exporter,
	    .dialer_nonce = p->nonce, .listener_nonce = p->their_nonce,
	    .dialer = str_of(p->me), .listener = str_of(p->them) };

	if (other_exporter)
		crypto_random(exporter, sizeof(exporter));
	else if (SSL_export_keying_material(p->ssl, exporter,
	    sizeof(exporter), EXPORTER_LABEL, strlen(EXPORTER_LABEL), NULL, 0,
	    0) != 1)
		return;
	prove_signed_bytes(&f, &b);
	if (sign_message(p->identity, b.p, b.n, sig) < 0)
		return;
	msg_prove_encode(sig, &payload);
	send_frame(p, MESSAGE_PROVE, buf_str(&payload));
}

static void
show_frame(struct peer *p, const struct frame *f)
{
	struct msg_statement_taken t;
	struct msg_answered a;
	struct msg_close c;
	struct msg_hello h;
	char text[512];

	if ((f->type == MESSAGE_BYE || f->type == MESSAGE_ERROR) &&
	    msg_close_decode(f->payload, &c) == 0)
		printf("frame %s %s %s\n", message_name(f->type),
		    close_reason_name(c.reason), str_escape(text,
		    sizeof(text), c.text));
	else if (f->type == MESSAGE_STATEMENT_TAKEN &&
	    msg_statement_taken_decode(f->payload, &t) == 0)
		printf("frame %s %d %s\n", message_name(f->type),
		    (int)t.result, str_escape(text, sizeof(text), t.why));
	else if (f->type == MESSAGE_ANSWERED &&
	    msg_answered_decode(f->payload, &a) == 0)
		printf("frame %s %d %s\n", message_name(f->type), a.taken,
		    str_escape(text, sizeof(text), a.why));
	else
		printf("frame %s\n", message_name(f->type));
	p->taken += f->type == MESSAGE_ANSWERED;
	p->taken += f->type == MESSAGE_STATEMENT_TAKEN;
	p->ready = p->ready || f->type == MESSAGE_TERMS;
	if (f->type == MESSAGE_HELLO && !p->greeted &&
	    msg_hello_decode(f->payload, &h) == 0) {
		memcpy(p->their_nonce, h.nonce, NONCE_BYTES);
		p->greeted = true;
	}
	fflush(stdout);
}

/* Read what comes; false once the connection has ended. */
static bool
receive(struct peer *p, int timeout_ms)
{
	struct pollfd w = { .fd = p->fd, .events = POLLIN };
	char chunk[16384];
	struct frame f;
	int n;

	if (SSL_pending(p->ssl) == 0 && poll(&w, 1, timeout_ms) == 0)
		return true;
	n = SSL_read(p->ssl, chunk, sizeof(chunk));
	if (n <= 0)
		return false;
	buf_add(&p->in, chunk, (size_t)n);
	while ((n = frame_next(buf_str(&p->in), CARRIER_PEER, &f)) > 0) {
		show_frame(p, &f);
		p->in.n -= (size_t)n;
		memmove(p->in.p, p->in.p + n, p->in.n);
	}
	return n == 0;
}

/* Until the other side closes; false if it does not. */
static bool
wait_closed(struct peer *p)
{
	int64_t start = clock_ms(CLOCK_MONOTONIC);
	bool open = true;
	char byte;

	while (open && clock_ms(CLOCK_MONOTONIC) - start < SEC(WAIT_S)) {
		struct pollfd w = { .fd = p->fd, .events = POLLIN };

		if (p->ssl != NULL)
			open = receive(p, 200);
		else if (poll(&w, 1, 200) == 1)
			open = recv(p->fd, &byte, 1, 0) > 0;
	}
	printf("%s %lld\n", open ? "open" : "closed",
	    (long long)(clock_ms(CLOCK_MONOTONIC) - start));
	return !open;
}

static void
wait_hello(struct peer *p)
{
	for (int i = 0; i < 50 && !p->greeted; i++)
		if (!receive(p, 100))
			return;
}

/* What is wrong before or instead of HELLO. */
static bool
act_frames(struct peer *p, const char *scenario)
{
	static const char lying[] = "\xff\xff\xff\xff\x05\0\0\0";
	static const char reserved[] = "\0\0\0\x08\x0a\0\x01\0";
	static const char empty[] = "\0\0\0\0\x05\0\0\0";

	if (strcmp(scenario, "silent-hello") == 0)
		return true;
	if (strcmp(scenario, "lying-length") == 0)
		send_bytes(p, lying, sizeof(lying) - 1);
	else if (strcmp(scenario, "reserved") == 0)
		send_bytes(p, reserved, sizeof(reserved) - 1);
	else if (strcmp(scenario, "out-of-order") == 0)
		send_bytes(p, empty, sizeof(empty) - 1);
	else if (strcmp(scenario, "unknown-type") == 0)
		send_frame(p, 200, (struct str){ "", 0 });
	else if (strcmp(scenario, "channel-type") == 0)
		send_frame(p, MESSAGE_PROVED, (struct str){ "", 0 });
	else if (strcmp(scenario, "garbage") == 0)
		send_bytes(p, "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27);
	else
		return false;
	return true;
}

/* What is wrong with who it says it is. */
static bool
act_identity(struct peer *p, const char *scenario)
{
	if (strcmp(scenario, "same-id") == 0) {
		send_hello(p, p->them, 0);
	} else if (strcmp(scenario, "other-id") == 0) {
		send_hello(p, "cert-nobody", 0);
	} else if (strcmp(scenario, "skew") == 0) {
		send_hello(p, p->me, SKEW_MS);
		wait_hello(p);
		send_prove(p, false);
	} else if (strcmp(scenario, "replay") == 0) {
		send_hello(p, p->me, 0);
		wait_hello(p);
		send_prove(p, true);
	} else if (strcmp(scenario, "silent-prove") == 0) {
		send_hello(p, p->me, 0);
	} else if (strcmp(scenario, "good") == 0 ||
	    strcmp(scenario, "expired") == 0) {
		send_hello(p, p->me, 0);
		wait_hello(p);
		send_prove(p, false);
	} else {
		return false;
	}
	return true;
}

static void
send_terms(struct peer *p, const struct sign_key *key)
{
	struct terms_parties who = { str_of(p->me), str_of(p->them), key };
	struct msg_terms m = { .at = { clock_ms(CLOCK_REALTIME) } };
	AUTO_BUF struct buf b = { 0 };

	if (msg_terms_sign(&m, &who, &b) == 0)
		send_frame(p, MESSAGE_TERMS, buf_str(&b));
}

static void
send_subscribe(struct peer *p)
{
	const struct str all = STR("*");
	struct msg_subscribe m = { .kinds = &all, .nkinds = 1 };
	AUTO_BUF struct buf b = { 0 };

	msg_subscribe_encode(&m, &b);
	send_frame(p, MESSAGE_SUBSCRIBE, buf_str(&b));
}

/* A circle of its own making, in which it and the other side are. */
static void
send_circle(struct peer *p, const char *name, uint32_t version)
{
	const struct str focus = STR("ioc");
	struct circle_member members[2] = { { .id = str_of(p->me) },
	    { .id = str_of(p->them) } };
	struct circle_text t = { .name = str_of(name), .version = version,
	    .charter = STR("sha256:7c1e"), .quorum = 1, .foci = &focus,
	    .nfoci = 1, .members = members, .nmembers = 2 };
	AUTO_BUF struct buf b = { 0 }, body = { 0 };

	/* Made up, but for its own. */
	memset(members[1].key, 7, sizeof(members[1].key));
	memset(t.previous.b, version > 1, sizeof(t.previous.b));
	sign_key_public(p->identity, members[0].key);
	circle_text_body(&t, &body);
	buf_add(&b, body.p, body.n);
	if (circle_text_sign(buf_str(&body), str_of(p->me), p->identity,
	    &b) == 0)
		send_frame(p, MESSAGE_CIRCLE, buf_str(&b));
}

/* A question about a case of its own, in the name of `from`. */
static void
send_consult(struct peer *p, const char *from, uint64_t number,
    const struct sign_key *key)
{
	unix_ms_t now = { clock_ms(CLOCK_REALTIME) };
	struct msg_consult m = { .number = number, .at = now,
	    .deadline = { now.ms + HOUR(1) }, .from = str_of(from),
	    .to = str_of(p->them), .circle = STR("clean"),
	    .kind = STR("victim"), .peer = STR("cert-xb") };
	AUTO_BUF struct buf b = { 0 };

	if (msg_consult_sign(&m, key, &b) == 0)
		send_frame(p, MESSAGE_CONSULT, buf_str(&b));
}

/* An answer to what nobody asked. */
static void
send_answer(struct peer *p, const struct sign_key *key)
{
	struct msg_consult_answer m = { .number = 1, .agrees = true,
	    .from = str_of(p->me), .to = str_of(p->them) };
	AUTO_BUF struct buf b = { 0 };

	if (msg_consult_answer_sign(&m, key, &b) == 0)
		send_frame(p, MESSAGE_CONSULT_ANSWER, buf_str(&b));
}

static void
send_ask(struct peer *p, uint64_t number, const struct sign_key *key)
{
	struct msg_ask m = { .number = number, .from = str_of(p->me),
	    .to = str_of(p->them), .id = STR("indicator--nowhere"),
	    .desk = STR("ops") };
	AUTO_BUF struct buf b = { 0 };

	if (msg_ask_sign(&m, key, &b) == 0)
		send_frame(p, MESSAGE_ASK, buf_str(&b));
}

/* The circle of tests/integration/consult_wire.py, as if in it. */
static void
send_member(struct peer *p)
{
	const struct msg_term v = { .what = TERM_CIRCLE, .id = STR("clean"),
	    .digest = STR("sha256:aa") };
	struct terms_parties who = { str_of(p->me), str_of(p->them),
	    p->identity };
	AUTO_BUF struct buf b = { 0 };

	if (msg_terms_sign(&(struct msg_terms){ { clock_ms(CLOCK_REALTIME) },
	    &v, 1 }, &who, &b) == 0)
		send_frame(p, MESSAGE_TERMS, buf_str(&b));
}

/* What is wrong with what it asks. */
static bool
act_consult(struct peer *p, const char *scenario,
    const struct sign_key *other)
{
	if (strcmp(scenario, "consult-forged") == 0) {
		send_consult(p, p->me, 1, other);
	} else if (strcmp(scenario, "consult-other") == 0) {
		send_consult(p, "cert-nobody", 1, p->identity);
	} else if (strcmp(scenario, "answer-forged") == 0) {
		send_answer(p, other);
	} else if (strcmp(scenario, "ask-forged") == 0) {
		send_ask(p, 1, other);
	} else if (strcmp(scenario, "consult-stranger") == 0) {
		send_terms(p, p->identity);
		send_consult(p, p->me, 1, p->identity);
		send_answer(p, p->identity);
		send_frame(p, 200, STR(""));
	} else if (strcmp(scenario, "consult-many") == 0) {
		send_member(p);
		for (uint64_t i = 1; i <= 150; i++)
			send_consult(p, p->me, i, p->identity);
		send_consult(p, p->me, 1, p->identity);
		send_frame(p, 200, STR(""));
	} else if (strcmp(scenario, "asks") == 0) {
		for (uint64_t i = 1; i <= 25; i++)
			send_ask(p, i, p->identity);
		for (int i = 0; i < 20; i++)
			(void)receive(p, 100);
		send_frame(p, 200, STR(""));
	} else {
		return false;
	}
	return true;
}

static struct msg_statement
vouch(const struct peer *p)
{
	struct msg_statement m = { .kind = STATEMENT_VOUCH,
	    .from = str_of(p->me), .about = str_of(p->about),
	    .at.ms = clock_ms(CLOCK_REALTIME) };

	memcpy(m.identity, p->about_key, sizeof(m.identity));
	return m;
}

static void
send_statement(struct peer *p, const struct msg_statement *m,
    const struct sign_key *key)
{
	AUTO_BUF struct buf b = { 0 };

	if (msg_statement_sign(m, key, &b) == 0)
		send_frame(p, MESSAGE_STATEMENT, buf_str(&b));
}

/* Signed in good order, and then about whoever says it. */
static void
send_about_itself(struct peer *p)
{
	struct msg_statement m = vouch(p);
	AUTO_BUF struct buf b = { 0 };

	if (msg_statement_sign(&m, p->identity, &b) < 0)
		return;
	/* u8 kind, str8 from, str8 about: ids here are of one length. */
	memcpy(b.p + 3 + m.from.n, m.from.p, m.from.n);
	send_frame(p, MESSAGE_STATEMENT, buf_str(&b));
}

/* More than anybody has to say, about CERTs that nobody knows. */
static void
send_many(struct peer *p)
{
	struct msg_statement m = vouch(p);

	for (int i = 0; i < 150; i++) {
		char about[32];

		snprintf(about, sizeof(about), "cert-nobody%d", i);
		m.about = str_of(about);
		send_statement(p, &m, p->identity);
	}
}

/* What is wrong with what it says of somebody. */
static bool
act_statement(struct peer *p, const char *scenario,
    const struct sign_key *other)
{
	struct msg_statement m;
	int answers = 1;

	if (strncmp(scenario, "statement-", 10) != 0 || p->about == NULL)
		return false;
	scenario += 10;
	m = vouch(p);
	if (strcmp(scenario, "itself") == 0) {
		send_about_itself(p);
		return true;
	}
	if (strcmp(scenario, "forged") == 0)
		send_statement(p, &m, other);
	if (strcmp(scenario, "future") == 0)
		m.at.ms += HOUR(1);
	if (strcmp(scenario, "stale") == 0)
		m.at.ms -= DAY(181);
	if (strcmp(scenario, "key") == 0)
		sign_key_public(other, m.identity);
	if (strcmp(scenario, "stranger") == 0)
		m.from = STR("cert-nobody");
	if (strcmp(scenario, "brief") == 0) {
		m.kind = STATEMENT_ATTESTATION;
		m.until.ms = m.at.ms + DAY(1);
	}
	if (strcmp(scenario, "many") == 0) {
		send_many(p);
		answers = 60;
	} else if (strcmp(scenario, "forged") != 0) {
		send_statement(p, &m, p->identity);
	}
	if (strcmp(scenario, "twice") == 0)
		for (; answers < 4; answers++)
			send_statement(p, &m, p->identity);
	for (int i = 0; i < 50 && p->taken < answers; i++)
		(void)receive(p, 100);
	/* It is no reason to end a connection; this is. */
	send_frame(p, 200, STR(""));
	return true;
}

/* What one who is scored says, in the name of `from`. */
static void
send_score_answer(struct peer *p, const char *from, uint64_t key,
    const struct sign_key *signer)
{
	struct msg_answer m = { .key = key, .from = str_of(from),
	    .to = str_of(p->them), .text = STR("it was not so"),
	    .at.ms = clock_ms(CLOCK_REALTIME) };
	AUTO_BUF struct buf b = { 0 };

	if (msg_answer_sign(&m, signer, &b) == 0)
		send_frame(p, MESSAGE_ANSWER, buf_str(&b));
}

/* What is wrong with what it says about scores. */
static bool
act_standing(struct peer *p, const char *scenario,
    const struct sign_key *other)
{
	static struct msg_standing nothing;
	AUTO_BUF struct buf b = { 0 };

	msg_standing_encode(&nothing, &b);
	if (strcmp(scenario, "score-forged") == 0) {
		send_score_answer(p, p->me, 0, other);
	} else if (strcmp(scenario, "score-other") == 0) {
		send_score_answer(p, "cert-nobody", 0, p->identity);
	} else if (strcmp(scenario, "score-unknown") == 0) {
		send_score_answer(p, p->me, 77, p->identity);
		for (int i = 0; i < 50 && p->taken < 1; i++)
			(void)receive(p, 100);
		/* It is no reason to end a connection; this is. */
		send_frame(p, 200, STR(""));
	} else if (strcmp(scenario, "score-flood") == 0) {
		for (uint64_t i = 1; i <= 500; i++)
			send_score_answer(p, p->me, i, p->identity);
	} else if (strcmp(scenario, "standing-garbage") == 0) {
		send_frame(p, MESSAGE_STANDING, STR("a good one"));
	} else if (strcmp(scenario, "standing-flood") == 0) {
		for (int i = 0; i < 400; i++)
			send_frame(p, MESSAGE_STANDING, buf_str(&b));
	} else {
		return false;
	}
	return true;
}

/* What is wrong once the identity is proved. */
static bool
act_ready(struct peer *p, const char *scenario)
{
	AUTO(sign_key_free) struct sign_key *other = sign_key_generate();

	if (strncmp(scenario, "ready-", 6) != 0)
		return false;
	scenario += 6;
	send_hello(p, p->me, 0);
	wait_hello(p);
	send_prove(p, false);
	for (int i = 0; i < 50 && !p->ready; i++)
		if (!receive(p, 100))
			return true;
	if (act_consult(p, scenario, other) ||
	    act_statement(p, scenario, other) ||
	    act_standing(p, scenario, other))
		return true;
	if (strcmp(scenario, "subscribe") == 0) {
		send_subscribe(p);
	} else if (strcmp(scenario, "terms-forged") == 0) {
		send_terms(p, other);
	} else if (strcmp(scenario, "terms-flood") == 0) {
		for (int i = 0; i < 500; i++)
			send_terms(p, p->identity);
	} else if (strcmp(scenario, "terms-garbage") == 0) {
		send_frame(p, MESSAGE_TERMS, STR("no terms"));
	} else if (strcmp(scenario, "circle-garbage") == 0) {
		send_frame(p, MESSAGE_CIRCLE, STR("comity-circle/1\n"));
	} else if (strcmp(scenario, "circle-forged") == 0) {
		send_terms(p, p->identity);
		send_circle(p, "secret-ring", 1);
		send_circle(p, "secret-ring", 2);
		send_circle(p, "no-such-ring", 1);
		send_circle(p, "no-such-ring", 2);
		/* It is answered by nothing; this ends it. */
		send_frame(p, 200, STR(""));
	} else {
		return false;
	}
	return true;
}

static struct sign_key *
identity_read(const char *path)
{
	char pem[KEY_FILE_MAX];
	FILE *f = fopen(path, "r");
	size_t n;

	if (f == NULL)
		return NULL;
	n = fread(pem, 1, sizeof(pem), f);
	fclose(f);
	return sign_key_from_pem((struct str){ pem, n }, NULL);
}

int
main(int argc, char **argv)
{
	struct peer p = { .fd = -1 };
	const char *scenario = argc > 2 ? argv[2] : "";

	if (argc != 8 && argc != 10) {
		fprintf(stderr, "usage: hostile_peer PORT SCENARIO CERT KEY "
		    "IDENTITY ME THEM [ABOUT KEY]\n");
		return 2;
	}
	p.me = argv[6];
	p.them = argv[7];
	p.identity = identity_read(argv[5]);
	if (argc == 10) {
		AUTO(sign_key_free) struct sign_key *key =
		    identity_read(argv[9]);

		p.about = argv[8];
		if (key != NULL)
			sign_key_public(key, p.about_key);
	}
	p.fd = tcp_connect(argv[1]);
	crypto_random(p.nonce, sizeof(p.nonce));
	if (p.fd < 0 || p.identity == NULL) {
		fprintf(stderr, "hostile_peer: %s\n", strerror(errno));
		return 2;
	}
	if (strcmp(scenario, "half-tls") == 0) {
		(void)send(p.fd, "\x16\x03\x01", 3, MSG_NOSIGNAL);
	} else if (strcmp(scenario, "silent-tcp") != 0) {
		p.ssl = tls_connect(p.fd, argv[3], argv[4],
		    strcmp(scenario, "expired") == 0);
		if (p.ssl == NULL) {
			printf("tls-failed\n");
			return 0;
		}
		if (!act_frames(&p, scenario) && !act_ready(&p, scenario) &&
		    !act_identity(&p, scenario)) {
			fprintf(stderr, "no scenario %s\n", scenario);
			return 2;
		}
	}
	return wait_closed(&p) ? 0 : 3;
}
