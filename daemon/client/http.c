#include "client/http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/crypto.h"
#include "base/mem.h"

#define MEDIA "application/taxii+json"
#define CONNECT_MS 10000L
#define TOTAL_MS 60000L
#define SLOW_BYTES 64L		/* a second, over ... */
#define SLOW_SECONDS 15L
#define HEADERS_MAX (128 << 10)
#define RETRY_MAX_MS INT64_C(86400000)

struct http {
	CURL *curl;			/* owned */
	struct curl_slist *headers;	/* owned */
	char error[CURL_ERROR_SIZE];
	struct http_answer *answer;	/* borrowed while asking */
	size_t header_bytes;
	bool too_large;
};

static void
header_copy(char *dst, size_t size, struct str value)
{
	while (value.n > 0 && (value.p[0] == ' ' || value.p[0] == '\t')) {
		value.p++;
		value.n--;
	}
	while (value.n > 0 && (unsigned char)value.p[value.n - 1] <= ' ')
		value.n--;
	(void)str_escape(dst, size, value);
}

/* The value of that line if it is that header; false otherwise. */
static bool
header_is(struct str line, const char *name, struct str *out)
{
	size_t n = strlen(name);

	if (line.n <= n || strncasecmp(line.p, name, n) != 0 ||
	    line.p[n] != ':')
		return false;
	*out = (struct str){ line.p + n + 1, line.n - n - 1 };
	return true;
}

static size_t
on_header(char *p, size_t size, size_t n, void *arg)
{
	struct http *h = arg;
	struct http_answer *a = h->answer;
	struct str line = { p, size * n }, value;

	h->header_bytes += line.n;
	if (h->header_bytes > HEADERS_MAX) {
		h->too_large = true;
		return 0;
	}
	if (header_is(line, "X-TAXII-Date-Added-Last", &value))
		header_copy(a->added_last, sizeof(a->added_last), value);
	else if (header_is(line, "Content-Type", &value))
		header_copy(a->type, sizeof(a->type), value);
	else if (header_is(line, "Location", &value))
		header_copy(a->location, sizeof(a->location), value);
	return line.n;
}

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct http *h = arg;

	if (size * n > HTTP_BODY_MAX - h->answer->body.n) {
		h->too_large = true;
		return 0;
	}
	buf_add(&h->answer->body, p, size * n);
	return size * n;
}

static bool
set_blob(CURL *c, CURLoption option, struct str text)
{
	struct curl_blob blob = { .len = text.n, .flags = CURL_BLOB_COPY };

	/* libcurl does not change it: it makes its own copy. */
	blob.data = mem_dup(text.p, text.n);
	if (curl_easy_setopt(c, option, &blob) != CURLE_OK) {
		free(blob.data);
		return false;
	}
	crypto_wipe(blob.data, text.n);
	free(blob.data);
	return true;
}

static bool
set_text(CURL *c, CURLoption option, struct str text)
{
	char *copy = mem_array(char, text.n + 1);
	bool ok;

	memcpy(copy, text.p, text.n);
	ok = curl_easy_setopt(c, option, copy) == CURLE_OK;
	crypto_wipe(copy, text.n);
	free(copy);
	return ok;
}

/* Whom we believe, and who we are. */
static bool
set_login(CURL *c, const struct http_login *l)
{
	bool ok = true;

	if (l->ca.n > 0)
		ok = curl_easy_setopt(c, CURLOPT_CAINFO, NULL) == CURLE_OK &&
		    curl_easy_setopt(c, CURLOPT_CAPATH, NULL) == CURLE_OK &&
		    set_blob(c, CURLOPT_CAINFO_BLOB, l->ca);
	if (l->certificate.n > 0)
		ok = ok && set_blob(c, CURLOPT_SSLCERT_BLOB,
		    l->certificate) && set_blob(c, CURLOPT_SSLKEY_BLOB,
		    l->key);
	if (l->user.n > 0)
		ok = ok && curl_easy_setopt(c, CURLOPT_HTTPAUTH,
		    (long)CURLAUTH_BASIC) == CURLE_OK &&
		    set_text(c, CURLOPT_USERNAME, l->user) &&
		    set_text(c, CURLOPT_PASSWORD, l->secret);
	else if (l->secret.n > 0)
		ok = ok && curl_easy_setopt(c, CURLOPT_HTTPAUTH,
		    (long)CURLAUTH_BEARER) == CURLE_OK &&
		    set_text(c, CURLOPT_XOAUTH2_BEARER, l->secret);
	return ok;
}

/* What holds for every request. */
static bool
set_bounds(struct http *h)
{
	static const struct {
		CURLoption option;
		long value;
	} numbers[] = {
		{ CURLOPT_NOSIGNAL, 1 }, { CURLOPT_FOLLOWLOCATION, 0 },
		{ CURLOPT_SSL_VERIFYPEER, 1 }, { CURLOPT_SSL_VERIFYHOST, 2 },
		{ CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
		{ CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1 },
		{ CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS },
		{ CURLOPT_TIMEOUT_MS, TOTAL_MS },
		{ CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES },
		{ CURLOPT_LOW_SPEED_TIME, SLOW_SECONDS },
		{ CURLOPT_MAXFILESIZE, HTTP_BODY_MAX },
	};
	bool ok = true;

	for (size_t i = 0; i < NELEM(numbers); i++)
		ok = ok && curl_easy_setopt(h->curl, numbers[i].option,
		    numbers[i].value) == CURLE_OK;
	return ok &&
	    curl_easy_setopt(h->curl, CURLOPT_PROTOCOLS_STR, "https") ==
	    CURLE_OK &&
	    /* A proxy of the environment is not where it said it goes. */
	    curl_easy_setopt(h->curl, CURLOPT_PROXY, "") == CURLE_OK &&
	    curl_easy_setopt(h->curl, CURLOPT_USERAGENT,
	    "comity/" COMITY_VERSION) == CURLE_OK &&
	    curl_easy_setopt(h->curl, CURLOPT_HTTPHEADER, h->headers) ==
	    CURLE_OK &&
	    curl_easy_setopt(h->curl, CURLOPT_ERRORBUFFER, h->error) ==
	    CURLE_OK &&
	    curl_easy_setopt(h->curl, CURLOPT_HEADERFUNCTION, on_header) ==
	    CURLE_OK &&
	    curl_easy_setopt(h->curl, CURLOPT_HEADERDATA, h) == CURLE_OK &&
	    curl_easy_setopt(h->curl, CURLOPT_WRITEFUNCTION, on_body) ==
	    CURLE_OK &&
	    curl_easy_setopt(h->curl, CURLOPT_WRITEDATA, h) == CURLE_OK;
}

static struct curl_slist *
make_headers(void)
{
	static const char *const lines[] = {
		"Accept: " MEDIA ";version=2.1",
		"Content-Type: " MEDIA ";version=2.1",
		"Expect:",		/* no 100-continue */
	};
	struct curl_slist *list = NULL;

	for (size_t i = 0; i < NELEM(lines); i++) {
		struct curl_slist *more = curl_slist_append(list, lines[i]);

		if (more == NULL) {
			curl_slist_free_all(list);
			return NULL;
		}
		list = more;
	}
	return list;
}

struct http *
http_new(const struct http_login *login, struct err *e)
{
	struct http *h = mem_new(struct http);

	h->curl = curl_easy_init();
	h->headers = make_headers();
	if (h->curl != NULL && h->headers != NULL && set_bounds(h) &&
	    set_login(h->curl, login))
		return h;
	(void)err_set(e, ERR_CONF, "libcurl does not take the certificate, "
	    "the key or the secret");
	http_free(h);
	return NULL;
}

void
http_free(struct http *h)
{
	if (h == NULL)
		return;
	curl_easy_cleanup(h->curl);
	curl_slist_free_all(h->headers);
	free(h);
}

void
http_answer_clear(struct http_answer *a)
{
	buf_clear(&a->body);
	*a = (struct http_answer){ 0 };
}

/* The status says no: why, and when to come again. */
static int
refused(const struct http_answer *a, struct err *e)
{
	if (a->status >= 300 && a->status < 400)
		return err_set(e, ERR_DENIED, "it redirects to \"%s\", which "
		    "is not followed: correct url in comityd.yaml",
		    a->location);
	if (a->status == 401)
		return err_set(e, ERR_DENIED, "it does not let us log in "
		    "(401): see certificate, user and secret-file");
	if (a->status == 403)
		return err_set(e, ERR_DENIED, "it denies us that (403): ask "
		    "for the right to that collection");
	if (a->status == 404)
		return err_set(e, ERR_DENIED, "it has no such API root or "
		    "collection (404): correct url, poll or push");
	if (a->status == 429)
		return err_set(e, ERR_DENIED, "it was asked too often (429)");
	return err_set(e, ERR_DENIED, "it answers with status %ld",
	    a->status);
}

static int
judge(const struct http_answer *a, struct err *e)
{
	if (a->status < 200 || a->status > 299)
		return refused(a, e);
	if (strncasecmp(a->type, MEDIA, strlen(MEDIA)) != 0)
		return err_set(e, ERR_SYNTAX, "it answers with Content-Type "
		    "\"%s\", not with " MEDIA ": see whether url is the API "
		    "root of a TAXII 2.1 server", a->type);
	return 0;
}

static bool
set_request(struct http *h, const char *url, const struct str *post)
{
	if (curl_easy_setopt(h->curl, CURLOPT_URL, url) != CURLE_OK)
		return false;
	if (post == NULL)
		return curl_easy_setopt(h->curl, CURLOPT_HTTPGET, 1L) ==
		    CURLE_OK;
	return curl_easy_setopt(h->curl, CURLOPT_POST, 1L) == CURLE_OK &&
	    curl_easy_setopt(h->curl, CURLOPT_POSTFIELDSIZE_LARGE,
	    (curl_off_t)post->n) == CURLE_OK &&
	    curl_easy_setopt(h->curl, CURLOPT_POSTFIELDS, post->p) ==
	    CURLE_OK;
}

int
http_ask(struct http *h, const char *url, const struct str *post,
    struct http_answer *out, struct err *e)
{
	curl_off_t retry = 0;
	CURLcode code;

	http_answer_clear(out);
	h->answer = out;
	h->header_bytes = 0;
	h->too_large = false;
	h->error[0] = '\0';
	if (!set_request(h, url, post))
		return err_set(e, ERR_CONF, "libcurl does not take the url");
	code = curl_easy_perform(h->curl);
	h->answer = NULL;
	if (curl_easy_getinfo(h->curl, CURLINFO_RESPONSE_CODE,
	    &out->status) != CURLE_OK)
		out->status = 0;
	if (curl_easy_getinfo(h->curl, CURLINFO_RETRY_AFTER, &retry) ==
	    CURLE_OK && retry > 0)
		out->retry_ms = retry > RETRY_MAX_MS / 1000 ? RETRY_MAX_MS :
		    (int64_t)retry * 1000;
	if (h->too_large || code == CURLE_FILESIZE_EXCEEDED)
		return err_set(e, ERR_LIMIT, "its answer is larger than "
		    "%d MiB", HTTP_BODY_MAX >> 20);
	if (code != CURLE_OK)
		return err_set(e, ERR_IO, "%s", h->error[0] != '\0' ?
		    h->error : curl_easy_strerror(code));
	return judge(out, e);
}

void
http_escape(struct str s, struct buf *out)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || (c != 0 && strchr("-_.~", c) != NULL))
			buf_addf(out, "%c", c);
		else
			buf_addf(out, "%%%c%c", hex[c >> 4], hex[c & 15]);
	}
}
