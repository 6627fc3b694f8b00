/*
 * One request of a tool, from its head to its answer (TAXII 2.1 4, 5).
 */
#include "front/taxii_private.h"

#include <stdio.h>
#include <string.h>

#include "front/media.h"
#include "host/clock.h"
#include "host/log.h"
#include "wire/msg_flow.h"

#define RETRY_SECONDS 5
#define OBJECTS_BYTES (900 << 10)	/* below the frame's limit */

/* ---- answers ---- */

static void
answer_with(struct tool *t, unsigned status, struct str fields,
    struct buf *body)
{
	struct http_answer a = { .status = status, .fields = fields };

	taxii_reset(t);
	http_conn_answer(t->http, &a, body);
}

/* A field whose value is ours: it has no control bytes. */
static void
add_field(struct buf *b, const char *name, const char *value)
{
	(void)!http_field_add(b, name, str_of(value));
}

static const char *
allowed(enum route route)
{
	if (route == ROUTE_OBJECTS)
		return "GET, HEAD, POST";
	return route == ROUTE_OBJECT ? "GET, HEAD, DELETE" : "GET, HEAD";
}

/* The fields that an error of that status comes with. */
static void
error_fields(const struct tool *t, unsigned status, unsigned seconds,
    struct buf *out)
{
	char text[16];

	if (status == 401) {
		add_field(out, "WWW-Authenticate", "Basic realm=\"TAXII\", "
		    "charset=\"UTF-8\"");
		add_field(out, "WWW-Authenticate", "Bearer realm=\"TAXII\"");
	}
	if (status == 405)
		add_field(out, "Allow", allowed(t->query.route));
	if (status == 429 || status == 503) {
		snprintf(text, sizeof(text), "%u", seconds);
		add_field(out, "Retry-After", text);
	}
}

static void
refuse_for(struct tool *t, unsigned status, const char *why,
    unsigned seconds)
{
	AUTO_BUF struct buf body = { 0 }, fields = { 0 };

	http_error_body(&body, status, why);
	error_fields(t, status, seconds, &fields);
	answer_with(t, status, buf_str(&fields), &body);
}

void
taxii_refuse(struct tool *t, unsigned status, const char *why)
{
	refuse_for(t, status, why, RETRY_SECONDS);
}

void
taxii_reset(struct tool *t)
{
	query_clear(&t->query);
	buf_clear(&t->answer.body);
	t->answer = (struct answer){ 0 };
	(void)taxii_charge(t);
	taxii_forget(t);
}

/* ---- the head: may it be asked at all? ---- */

/* What was shown is nobody's, or no more: administrators look for that. */
static void
log_stranger(const struct tool *t, bool token)
{
	char from[LIMIT_KEY_TEXT_MAX], name[128], pin[2 * DIGEST_BYTES + 1];
	const char *desk = taxii_options(t->front)->desk;

	limit_key_text(&t->from, from);
	if (token) {
		log_warning("login-failed", "desk=%s from=%s with=token", desk,
		    from);
		return;
	}
	hex_encode(pin, t->certificate.pin.b, DIGEST_BYTES);
	log_warning("login-failed", "desk=%s from=%s with=certificate "
	    "name=\"%s\" pin=sha256:%s", desk, from, str_escape(name,
	    sizeof(name), str_of(t->certificate.name)), pin);
}

/* The client by its token: 1, 0: it showed none; ERR_* once answered. */
static int
login_by_token(struct tool *t, const struct http_request *r)
{
	AUTO_BUF struct buf secret = { 0 };
	struct limit *limit = taxii_limit(t->front);
	mono_ms_t now = clock_mono();
	int rc = login_secret(r->head, &secret);
	unsigned seconds;

	if (rc == 0)
		return 0;
	if (rc > 0)
		t->client = logins_token(taxii_logins(t->front),
		    buf_str(&secret), clock_unix());
	if (secret.n > 0)
		crypto_wipe(secret.p, secret.n);
	if (t->client != 0) {
		limit_login_passed(limit, &t->from);
		return 1;
	}
	seconds = limit_login_wait(limit, &t->from, now);
	if (seconds > 0) {
		refuse_for(t, 429, "too many failed logins, try again later",
		    seconds);
		return ERR_LIMIT;
	}
	limit_login_failed(limit, &t->from, now);
	log_stranger(t, true);
	taxii_refuse(t, 401, "not logged in");
	return ERR_AUTH;
}

/* Who asks; ERR_* once answered. */
static int
login(struct tool *t, const struct http_request *r)
{
	int rc;

	t->client = 0;
	if (!logins_known(taxii_logins(t->front))) {
		taxii_refuse(t, 503, "not ready yet, try again later");
		return ERR_ORDER;
	}
	rc = login_by_token(t, r);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	t->client = logins_certificate(taxii_logins(t->front),
	    &t->certificate, clock_unix());
	if (t->client != 0)
		return 0;
	if (t->certificate.presented)
		log_stranger(t, false);
	taxii_refuse(t, 401, "not logged in");
	return ERR_AUTH;
}

static bool
method_fits(enum route route, enum http_method m)
{
	switch (m) {
	case HTTP_GET:
	case HTTP_HEAD:
		return true;
	case HTTP_POST:
		return route == ROUTE_OBJECTS;
	case HTTP_DELETE:
		return route == ROUTE_OBJECT;
	default:
		return false;
	}
}

void
taxii_on_head(void *arg, struct http_request *r)
{
	struct tool *t = arg;

	taxii_reset(t);
	t->method = r->head->method;
	if (login(t, r) != 0)
		return;
	query_path(&t->query, http_head_path(r->head),
	    taxii_options(t->front)->desk);
	if (t->query.route == ROUTE_NONE)
		taxii_refuse(t, 404, "not found");
	else if (!method_fits(t->query.route, t->method))
		taxii_refuse(t, 405, "this resource has no such method");
	else if (!media_accepts(r->head))
		taxii_refuse(t, 406, "only " HTTP_TYPE_TAXII " is served");
	else if (t->method == HTTP_POST && !media_is_taxii(r->head))
		taxii_refuse(t, 415, "Content-Type: want " HTTP_TYPE_TAXII);
}

/* ---- what the front knows by itself ---- */

static void
answer_discovery(struct tool *t)
{
	AUTO_BUF struct buf body = { 0 };
	const char *desk = taxii_options(t->front)->desk;

	buf_addz(&body, "{\"title\":");
	answer_text(&body, str_of(logins_title(taxii_logins(t->front))));
	buf_addf(&body, ",\"default\":\"/%s/\",\"api_roots\":[\"/%s/\"]}",
	    desk, desk);
	answer_with(t, 200, STR(""), &body);
}

static void
answer_root(struct tool *t)
{
	AUTO_BUF struct buf body = { 0 };
	const struct taxii_front_options *o = taxii_options(t->front);

	buf_addz(&body, "{\"title\":");
	answer_text(&body, str_of(o->desk));
	buf_addf(&body, ",\"versions\":[\"" HTTP_TYPE_TAXII "\"],"
	    "\"max_content_length\":%llu}",
	    (unsigned long long)o->http.body_max);
	answer_with(t, 200, STR(""), &body);
}

/* ---- what the vault is asked ---- */

static enum taxii_what
what_of(enum route route, enum http_method m)
{
	static const enum taxii_what of[] = {
		[ROUTE_STATUS] = TAXII_STATUS,
		[ROUTE_COLLECTIONS] = TAXII_COLLECTIONS,
		[ROUTE_COLLECTION] = TAXII_COLLECTION,
		[ROUTE_MANIFEST] = TAXII_MANIFEST,
		[ROUTE_OBJECTS] = TAXII_OBJECTS,
		[ROUTE_OBJECT] = TAXII_OBJECT,
		[ROUTE_VERSIONS] = TAXII_VERSIONS,
	};

	return m == HTTP_DELETE ? TAXII_DELETE : of[route];
}

static void
ask_query(struct tool *t)
{
	AUTO_BUF struct buf payload = { 0 };
	struct msg_front_query *q = &t->query.q;

	t->answer.what = what_of(t->query.route, t->method);
	taxii_expect(t);
	q->request = t->number;
	q->client = t->client;
	q->what = (uint8_t)t->answer.what;
	if (msg_front_query_encode(q, &payload) < 0)
		taxii_refuse(t, 400, "a query that is too long");
	else
		taxii_ask(t, MESSAGE_FRONT_QUERY, buf_str(&payload));
}

/* Some of the objects of an envelope; how many. */
static size_t
ask_objects(struct tool *t, struct str *v, size_t n)
{
	AUTO_BUF struct buf payload = { 0 };
	size_t take = 0, bytes = 0;

	while (take < n && take < TAXII_OBJECTS_MAX &&
	    (take == 0 || bytes + v[take].n + 8 <= OBJECTS_BYTES))
		bytes += v[take++].n + 8;
	/* Within every limit, as counted. */
	(void)!msg_front_objects_encode(&(struct msg_front_objects){
	    .request = t->number, .v = v, .n = take }, &payload);
	taxii_ask(t, MESSAGE_FRONT_OBJECTS, buf_str(&payload));
	return take;
}

static void
ask_post(struct tool *t, const struct envelope *e)
{
	AUTO_BUF struct buf payload = { 0 };
	struct msg_front_post m = { .client = t->client,
	    .collection = t->query.q.collection,
	    .total = (uint32_t)e->objects.n };

	taxii_expect(t);
	for (size_t at = 0; at < e->objects.n;)
		at += ask_objects(t, e->objects.v + at, e->objects.n - at);
	m.request = t->number;
	(void)!msg_front_post_encode(&m, &payload);
	taxii_ask(t, MESSAGE_FRONT_POST, buf_str(&payload));
}

static void
request_post(struct tool *t, struct str body)
{
	struct envelope e = { 0 };

	if (envelope_read(body, &e) != 0)
		taxii_refuse(t, e.status, e.why);
	else
		ask_post(t, &e);
	envelope_clear(&e);
}

void
taxii_on_request(void *arg, const struct http_request *r)
{
	struct tool *t = arg;

	if (query_filters(&t->query, http_head_query(r->head)) != 0) {
		char why[sizeof(t->query.why)];

		memcpy(why, t->query.why, sizeof(why));
		taxii_refuse(t, 400, why);
	} else if (t->query.route == ROUTE_DISCOVERY) {
		answer_discovery(t);
	} else if (t->query.route == ROUTE_ROOT) {
		answer_root(t);
	} else if (t->method == HTTP_POST) {
		request_post(t, r->body);
	} else {
		ask_query(t);
	}
}

/* ---- what the vault answers ---- */

int
taxii_items(struct tool *t, const struct msg_front_items *m)
{
	if (t->answer.what < TAXII_MANIFEST || t->answer.what > TAXII_VERSIONS)
		return ERR_ORDER;
	for (size_t i = 0; i < m->n; i++)
		answer_item(&t->answer, &m->v[i]);
	if (!taxii_charge(t)) {
		taxii_cancel(t);
		taxii_refuse(t, 503, "too much is asked and answered at "
		    "once; try again later");
	}
	return 0;
}

static void
done_items(struct tool *t, const struct msg_front_done *m)
{
	AUTO_BUF struct buf fields = { 0 }, body = { 0 };
	char time[TIME_TEXT_MAX];

	answer_end(&t->answer, m->more, m->next);
	if (t->answer.n > 0) {
		add_field(&fields, "X-TAXII-Date-Added-First",
		    time_format_us(time, t->answer.first_us));
		add_field(&fields, "X-TAXII-Date-Added-Last",
		    time_format_us(time, t->answer.last_us));
	}
	body = t->answer.body;
	t->answer.body = (struct buf){ 0 };
	answer_with(t, 200, buf_str(&fields), &body);
}

static void
done_resource(struct tool *t, const struct msg_front_done *m)
{
	AUTO_BUF struct buf body = { 0 };
	unsigned status = t->method == HTTP_POST ? 202 : 200;

	buf_add(&body, m->body.p, m->body.n);
	answer_with(t, status, STR(""), &body);
}

void
taxii_done(struct tool *t, const struct msg_front_done *m)
{
	static const unsigned statuses[] = {
		[TAXII_BAD] = 400, [TAXII_FORBIDDEN] = 403,
		[TAXII_NOT_FOUND] = 404, [TAXII_UNPROCESSABLE] = 422,
		[TAXII_TOO_MANY] = 429, [TAXII_UNAVAILABLE] = 503,
		[TAXII_UNAUTHORIZED] = 401,
	};
	char why[256];

	if (m->outcome == TAXII_OK) {
		if (t->answer.what >= TAXII_MANIFEST &&
		    t->answer.what <= TAXII_VERSIONS)
			done_items(t, m);
		else
			done_resource(t, m);
		return;
	}
	snprintf(why, sizeof(why), "%.*s", (int)(m->body.n < sizeof(why) ?
	    m->body.n : sizeof(why) - 1), m->body.p);
	taxii_refuse(t, m->outcome < NELEM(statuses) ? statuses[m->outcome] :
	    503, why[0] != '\0' ? why : "not found");
}
