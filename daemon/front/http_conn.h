/*
 * One client of a front: HTTP/1.1 requests over a TLS stream, answered one
 * after the other.  What came behind a request waits until it is answered.
 * Every phase has a deadline; an error of the client is answered once, and
 * the connection ends.
 */
#ifndef FRONT_HTTP_CONN_H
#define FRONT_HTTP_CONN_H

#include "front/http_answer.h"
#include "front/http_read.h"
#include "net/stream.h"

struct http_conn;

/* One request; borrowed until it is answered or the client is gone. */
struct http_request {
	const struct http_head *head;	/* method, target, fields */
	struct str body;		/* all of it, chunks joined */
	uint64_t body_max;		/* head() may lower or raise it */
};

struct http_handler {
	/* connected(arg, peer): the handshake is done; peer is borrowed for
	 * the call.  May be NULL. */
	void (*connected)(void *arg, const struct tls_peer *peer);
	/*
	 * head(arg, r): a head has passed, its body was not read: time to log
	 * the client in and to look at the media type.  To refuse, answer now
	 * (http_conn_answer); then request() is not called for it, and if a
	 * body was to come the connection ends.  "100 Continue" is sent
	 * after it, when asked for.  May be NULL.
	 */
	void (*head)(void *arg, struct http_request *r);
	/*
	 * request(arg, r): a whole request; answer now or later.  How long
	 * that takes is the handler's: no deadline runs meanwhile.
	 */
	void (*request)(void *arg, const struct http_request *r);
	/*
	 * gone(arg, why): the connection ended; why is for the log, NULL if it
	 * ended in order.  Once; nothing is called after it.  A request
	 * not answered by now never will be.  Call http_conn_free.
	 */
	void (*gone)(void *arg, const char *why);
	/*
	 * refused(arg, status, why): an answer was given for a request that
	 * the handler never saw: for counters.  May be NULL.
	 */
	void (*refused)(void *arg, unsigned status, const char *why);
};

/* Deadlines and limits. */
struct http_options {
	int64_t head_ms;	/* 10 s: handshake and head; from its first byte */
	int64_t idle_ms;	/* 75 s: between two requests */
	int64_t grace_ms;	/* 10 s: before the rates below count */
	int64_t body_ms;	/* 60 s: all of a body */
	int64_t linger_ms;	/* 2 s: for the client to take the last answer */
	uint32_t body_rate;	/* 1 KiB/s: bytes a second, at least */
	uint32_t answer_rate;	/* 4 KiB/s: taken by the client, at least */
	uint64_t body_max;	/* 4 MiB */
	unsigned requests_max;	/* 10,000: then the connection ends */
};

/* http_options_default(): the numbers written above. */
struct http_options http_options_default(void);

/*
 * What bodies and answers of all connections may take together; over it
 * requests are answered 503.  used is kept by the connections.
 */
struct http_budget {
	size_t used, max;		/* bytes */
};
#define HTTP_BUDGET_BYTES ((size_t)64 << 20)

/*
 * http_conn_new(l, c, h, arg): serve the connected socket c->fd (taken
 * over).  h and what c points to are borrowed for good.
 */
struct http_conn_config {
	struct tls_context *tls;
	const struct http_options *options;
	struct http_budget *budget;	/* may be NULL: no bound */
	int fd;
};
struct http_conn *http_conn_new(struct loop *l,
    const struct http_conn_config *c, const struct http_handler *h,
    void *arg);

/*
 * http_conn_free(c): close at once; also from within its callbacks, none of
 * which is called any more.
 */
void http_conn_free(struct http_conn *c);

/*
 * http_conn_answer(c, a, body): answer the present request, once.  The bytes
 * of body (may be NULL) are taken over, not copied, and handed on as
 * fast as the client reads; of a HEAD only their number is told.  Without a
 * request to answer (the client is gone) the body is freed.
 */
void http_conn_answer(struct http_conn *c, const struct http_answer *a,
    struct buf *body);

/*
 * http_conn_drain(c): the front ends: close once the present request is
 * answered, or at once if there is none.  gone() follows.
 */
void http_conn_drain(struct http_conn *c);

#endif
