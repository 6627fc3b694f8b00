/*
 * One HTTPS server as a client sees it: a request at a time, each of bounded
 * time and size, never redirected.  The only user of libcurl.
 */
#ifndef CLIENT_HTTP_H
#define CLIENT_HTTP_H

#include "base/err.h"
#include "base/str.h"

#define HTTP_BODY_MAX (16 << 20)

struct http;

/* Everything is borrowed until http_new returns; each text may be empty. */
struct http_login {
	struct str certificate, key;	/* PEM */
	struct str ca;			/* PEM; empty: whom the system trusts */
	struct str user;
	struct str secret;		/* the user's password, or a token */
};

/*
 * http_new(login, e): nothing is connected yet.  NULL with e if libcurl does
 * not take what it is given.
 */
struct http *http_new(const struct http_login *login, struct err *e);
void http_free(struct http *h);
MEM_AUTO(struct http, http_free);

/* What the server answered.  Zero-initialise; http_answer_clear after. */
struct http_answer {
	long status;			/* 0: there was no answer */
	int64_t retry_ms;		/* Retry-After; 0: none */
	char added_last[64];		/* X-TAXII-Date-Added-Last, or "" */
	char type[160];			/* Content-Type, or "" */
	char location[256];		/* of a redirect, or "" */
	struct buf body;		/* owned */
};
void http_answer_clear(struct http_answer *a);

/*
 * http_ask(h, url, post, out, e): GET, or POST with that body if it is not
 * NULL.  0 for a TAXII 2.1 answer of status 2xx; ERR_IO (no answer, or one
 * that does not end), ERR_LIMIT (too large), ERR_DENIED (another status),
 * ERR_SYNTAX (another media type), with e for people.
 */
int http_ask(struct http *h, const char *url, const struct str *post,
    struct http_answer *out, struct err *e) MUST_CHECK;

/* http_escape(s, out): append s as it stands in the value of a query. */
void http_escape(struct str s, struct buf *out);

#endif
