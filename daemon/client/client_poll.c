#include "client/client_private.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/limits.h"
#include "base/unit.h"
#include "host/log.h"
#include "record/stix.h"
#include "wire/message.h"
#include "wire/msg_control.h"

#define PAGE_OBJECTS 1000
#define PAGE_SMALLER 10		/* times, if a page is too large */
#define PAGES_MAX 10000
#define FRAME_BYTES (FRAME_RECORDS_MAX - KIB(64))

static void poll_next_collection(struct client *c);

static struct collection *
poll_at(struct client *c)
{
	return &c->list.v[c->poll.collection];
}

/* ---- the round ---- */

static void
round_end(struct client *c)
{
	char text[100];
	int64_t ms;

	map64_clear(&c->poll.nexts, NULL);
	c->failures = c->poll.failed > 0 ? c->failures + 1 : 0;
	ms = c->poll.failed == 0 ? c->interval_ms :
	    client_backoff_ms(c->interval_ms, c->failures,
	    c->poll.retry_ms);
	if (c->poll.failed == 0) {
		snprintf(text, sizeof(text), "%zu collections polled",
		    c->list.n);
		client_say(c, "waiting", text);
	}
	timer_arm_ms(c->timer, ms);
}

static void
collection_begin(struct client *c)
{
	struct poll *p = &c->poll;

	snprintf(p->after, sizeof(p->after), "%s", poll_at(c)->after);
	p->next[0] = '\0';
	p->pages = 0;
	p->limit = PAGE_OBJECTS;
	map64_clear(&p->nexts, NULL);
	poll_page(c);
}

static void
poll_next_collection(struct client *c)
{
	if (++c->poll.collection < c->list.n)
		collection_begin(c);
	else
		round_end(c);
}

void
poll_start(struct client *c)
{
	if (c->list.n == 0 || c->poll.waits)
		return;
	c->poll.collection = 0;
	c->poll.failed = 0;
	c->poll.retry_ms = 0;
	/* While it fails, that is how it is. */
	if (c->failures == 0)
		client_say(c, "polling", "");
	collection_begin(c);
}

/* This collection has failed; the others may not, unless we are to wait. */
static void
poll_failed(struct client *c, int64_t retry_ms, const char *why)
{
	char text[ERR_TEXT_MAX + 128];

	snprintf(text, sizeof(text), "collection %s: %s", poll_at(c)->id,
	    why);
	log_warning("taxii-poll", "peer=%s error=\"%s\"", c->o.peer, text);
	client_say(c, "failing", text);
	c->poll.failed++;
	if (retry_ms > c->poll.retry_ms)
		c->poll.retry_ms = retry_ms;
	if (retry_ms > 0)
		round_end(c);
	else
		poll_next_collection(c);
}

/* ---- one page ---- */

static void
page_url(struct client *c, struct buf *out)
{
	const struct poll *p = &c->poll;

	buf_addf(out, "%scollections/%s/objects/?limit=%u",
	    c->o.url, poll_at(c)->id, p->limit);
	if (p->after[0] != '\0') {
		buf_addz(out, "&added_after=");
		http_escape(str_of(p->after), out);
	}
	if (p->next[0] != '\0') {
		buf_addz(out, "&next=");
		http_escape(str_of(p->next), out);
	}
}

/* The page's objects, in frames that the vault takes in one turn each. */
static void
send_objects(struct client *c, const struct envelope *e)
{
	size_t i = 0, skipped = 0;

	while (i < e->objects.n) {
		struct msg_objects m = { .first = i };
		struct str v[BATCH_RECORDS_MAX];
		AUTO_BUF struct buf out = { 0 };
		size_t bytes = 0;

		m.v = v;
		for (; i < e->objects.n && m.n < NELEM(v); i++) {
			struct str o = e->objects.v[i];

			if (o.n > RECORD_BYTES_MAX) {
				skipped++;
				continue;
			}
			if (m.n > 0 && bytes + o.n > FRAME_BYTES)
				break;
			bytes += o.n + 4;
			v[m.n++] = o;
		}
		if (m.n > 0 && msg_objects_encode(&m, &out) == 0)
			channel_send(c->channel, MESSAGE_CLIENT_OBJECTS,
			    buf_str(&out));
	}
	if (skipped > 0)
		log_warning("taxii-poll", "peer=%s collection=%s "
		    "too_large=%zu action=\"not taken\"", c->o.peer,
		    poll_at(c)->id, skipped);
}

static void
send_polled(struct client *c)
{
	json_t *f = json_pack("{s:s, s:s}", "collection", poll_at(c)->id,
	    "after", c->poll.seen);
	char *text = json_dumps(f, JSON_COMPACT);

	channel_send(c->channel, MESSAGE_CLIENT_POLLED, str_of(text));
	free(text);
	json_decref(f);
}

static bool
is_later(const char *a, const char *b)
{
	struct stix_time x, y;

	if (stix_time_parse(str_of(a), &x) != 0)
		return false;
	return stix_time_parse(str_of(b), &y) != 0 ||
	    stix_time_cmp(&x, &y) > 0;
}

/*
 * A page in the middle may end between objects of one moment: were we
 * stopped here, the others of that moment would be lost.  Go on just before.
 */
static void
just_before(const char *last, char dst[static AFTER_BYTES])
{
	struct stix_time t;
	char text[TIME_TEXT_MAX];

	dst[0] = '\0';
	if (stix_time_parse(str_of(last), &t) != 0 ||
	    t.seconds > INT64_MAX / 2000 || t.seconds < 0)
		return;
	time_format(text, (unix_ms_t){ t.seconds * 1000 +
	    t.nanos / 1000000 - 1 });
	snprintf(dst, AFTER_BYTES, "%s", text);
}

/* What to keep once this page is stored: never less than there is. */
static void
page_cursor(struct client *c, const char *last)
{
	struct poll *p = &c->poll;
	const char *kept = poll_at(c)->after;
	char at[AFTER_BYTES];

	if (p->more)
		just_before(last, at);
	else
		snprintf(at, sizeof(at), "%s", last);
	snprintf(p->seen, sizeof(p->seen), "%s", at[0] != '\0' &&
	    is_later(at, kept) ? at : kept);
}

/* Where the page after this one is; why there can be none, or NULL. */
static const char *
page_advance(struct client *c, const struct envelope *e, const char *last)
{
	struct poll *p = &c->poll;
	struct digest d;
	uint64_t key;

	p->more = e->more;
	if (!e->more)
		return NULL;
	if (e->objects.n == 0)
		return "it says that there is more, and sends nothing";
	if (++p->pages >= PAGES_MAX)
		return "it has no end: too many pages for one poll";
	if (e->next[0] == '\0') {
		if (!is_later(last, p->after))
			return "it says that there is more, and not where";
		snprintf(p->after, sizeof(p->after), "%s", last);
		p->next[0] = '\0';
		return NULL;
	}
	d = sha256_of(e->next, strlen(e->next));
	memcpy(&key, d.b, sizeof(key));
	if (map64_get(&p->nexts, key) != NULL)
		return "it goes in circles: the same \"next\" twice";
	map64_set(&p->nexts, key, p);
	snprintf(p->next, sizeof(p->next), "%s", e->next);
	return NULL;
}

static int
page_take(struct client *c, const struct http_answer *a, struct err *e)
{
	struct envelope page = { 0 };
	struct stix_time t;
	const char *wrong;

	if (a->added_last[0] != '\0' &&
	    stix_time_parse(str_of(a->added_last), &t) != 0)
		return err_set(e, ERR_SYNTAX, "its X-TAXII-Date-Added-Last "
		    "\"%s\" is no time", a->added_last);
	TRY(envelope_read(buf_str(&a->body), &page, e));
	wrong = page_advance(c, &page, a->added_last);
	if (wrong == NULL) {
		send_objects(c, &page);
		page_cursor(c, a->added_last);
		send_polled(c);
		c->poll.waits = true;
	}
	envelope_clear(&page);
	return wrong == NULL ? 0 : err_set(e, ERR_LIMIT, "%s", wrong);
}

void
poll_page(void *arg)
{
	struct client *c = arg;
	struct http_answer a = { 0 };
	AUTO_BUF struct buf url = { 0 };
	struct err e;
	int rc;

	page_url(c, &url);
	rc = http_ask(c->o.http, url.p, NULL, &a, &e);
	if (rc == ERR_LIMIT && c->poll.limit > 1) {
		/* Large objects: fewer of them. */
		c->poll.limit /= PAGE_SMALLER;
		timer_arm_ms(c->page, 0);
	} else {
		if (rc == 0)
			rc = page_take(c, &a, &e);
		if (rc != 0)
			poll_failed(c, a.retry_ms, e.text);
	}
	http_answer_clear(&a);
}

int
poll_stored(struct client *c)
{
	struct poll *p = &c->poll;

	if (!p->waits)
		return ERR_ORDER;
	p->waits = false;
	snprintf(poll_at(c)->after, AFTER_BYTES, "%s", p->seen);
	if (p->more)
		poll_page(c);
	else
		poll_next_collection(c);
	return 0;
}
