#include "vault/front/private.h"

#include <stdlib.h>
#include <string.h>

#include "net/channel.h"
#include "record/stix.h"
#include "vault/front/select.h"

#define LIMIT_DEFAULT 1000	/* objects in a page; also the most */
#define PAGE_BYTES MIB(8)	/* no page goes on after that much */
#define ROWS_MAX 128		/* looked at in one step */
#define IDS_MAX 32		/* looked up in one step */
#define ARENA_BYTES MIB(48)	/* ROWS_MAX of the longest */
#define FIND_BYTES MIB(64)

/* A GET of objects under way. */
struct scan {
	struct front_request *r;	/* borrowed */
	struct feed_query where;	/* after_us: how far it has come */
	struct front_next token;
	struct arena *arena;		/* owned: the records of one step */
	struct arena *other;		/* owned: other versions of one */
	struct buf frame;		/* FRONT_ITEMS that is being filled */
	uint32_t limit, sent;
	size_t bytes;			/* sent */
	int64_t sent_us;		/* added_us of the last one sent */
	bool more;			/* there is one past the page */
	/* The versions of the last id that was looked up. */
	char id[STIX_ID_MAX + 1];
	VEC(struct front_version) versions;
	bool known;			/* one of them can be seen at all */
	/* Of a query by ids: where in the feed they may be. */
	size_t id_at, date_at;		/* the next to look at */
	VEC(int64_t) dates;		/* added_us */
};

static void
scan_free(struct front_request *r)
{
	struct scan *s = r->state;

	arena_free(s->arena);
	arena_free(s->other);
	buf_clear(&s->frame);
	vec_clear(&s->versions);
	vec_clear(&s->dates);
	free(s);
}

/* ---- the answer ---- */

static bool
scan_is_full(const struct scan *s)
{
	return s->sent == s->limit || s->bytes >= PAGE_BYTES;
}

static void
scan_flush(struct scan *s)
{
	if (s->frame.n == 0)
		return;
	channel_send(s->r->f->channel, MESSAGE_FRONT_ITEMS,
	    buf_str(&s->frame));
	buf_reset(&s->frame);
}

static int
scan_send(struct scan *s, const struct feed_item *item)
{
	struct taxii_item t = { .added_us = item->added_us };
	struct str bytes = item->record->bytes;
	char text[FRONT_VERSION_MAX];
	uint8_t what = s->r->q.what;

	if (what == TAXII_OBJECTS || what == TAXII_OBJECT)
		t.bytes = bytes;
	else
		t.version = front_version_text(bytes, item->version_us,
		    text);
	if (what == TAXII_MANIFEST)
		t.id = item->record->id;
	if (s->frame.n == 0)
		msg_front_items_begin(s->r->number, &s->frame);
	if (!msg_front_items_add(&s->frame, &t)) {
		scan_flush(s);
		msg_front_items_begin(s->r->number, &s->frame);
		if (!msg_front_items_add(&s->frame, &t))
			return ERR_LIMIT;
	}
	s->sent++;
	s->bytes += t.id.n + t.version.n + t.bytes.n;
	s->sent_us = item->added_us;
	return 0;
}

static enum front_step
scan_end(struct scan *s)
{
	AUTO_BUF struct buf next = { 0 };

	scan_flush(s);
	if (s->more)
		front_next_make(&s->token, s->sent_us, &next);
	return front_done(s->r, &(struct msg_front_done){
	    .outcome = TAXII_OK, .more = s->more, .next = buf_str(&next) });
}

/* ---- which versions are meant ---- */

static int
on_version(void *arg, const struct feed_item *item)
{
	struct scan *s = arg;

	if ((item->record->flags & RECORD_RELABELLED) != 0)
		return 0;
	s->known = true;
	if (!s->r->q.has_after || item->added_us > s->r->q.after_us)
		vec_push(&s->versions, (struct front_version){
		    item->added_us, item->version_us });
	return 0;
}

/* Every version of an id that the query can mean. */
static int
scan_versions(struct scan *s, struct str id)
{
	struct feed *feed = front_feed(s->r->f);

	if (feed == NULL || id.n > STIX_ID_MAX)
		return ERR_DENIED;
	if (s->id[0] != '\0' && str_eqz(id, s->id))
		return 0;
	s->versions.n = 0;
	s->known = false;
	memcpy(s->id, id.p, id.n);
	s->id[id.n] = '\0';
	arena_reset(s->other);
	return feed_find(feed, &s->where, id, s->other, on_version, s);
}

/* 1 or 0; ERR_*. */
static int
scan_selects(struct scan *s, const struct feed_item *item)
{
	const struct msg_front_query *q = &s->r->q;
	uint32_t flags = item->record->flags;
	int alone = front_select_alone(q, item->version_us);

	if (alone >= 0)
		return alone;
	if (front_select_is_plain(q) && (flags & RECORD_SUPERSEDED) == 0)
		return 1;
	TRY(scan_versions(s, item->record->id));
	for (size_t i = 0; i < s->versions.n; i++)
		if (s->versions.v[i].added_us == item->added_us)
			return front_select(q, s->versions.v,
			    s->versions.n, i);
	return 0;
}

/* ---- going through the feed ---- */

static int
on_item(void *arg, const struct feed_item *item)
{
	struct scan *s = arg;
	int rc;

	if ((item->record->flags & RECORD_RELABELLED) != 0 ||
	    !front_matches(&s->r->q, item->record->id))
		return 0;
	rc = scan_selects(s, item);
	if (rc <= 0)
		return rc;
	if (scan_is_full(s)) {
		s->more = true;
		return 1;
	}
	return scan_send(s, item);
}

static enum front_step
scan_step(struct front_request *r)
{
	struct feed *feed = front_feed(r->f);
	struct scan *s = r->state;
	int64_t at = s->where.after_us;
	bool end = false;
	int rc;

	if (feed == NULL)
		return front_answer(r, TAXII_UNAVAILABLE,
		    "this desk is not in the policy in force");
	if (channel_queued(r->f->channel) >= FRONT_QUEUE_MAX)
		return FRONT_WAITS;
	s->where.now = vault_now(r->f->v);
	arena_reset(s->arena);
	rc = feed_scan(feed, &s->where, s->arena, on_item, s, &at, &end);
	if (rc < 0)
		return front_failed(r, rc);
	if (s->more || end)
		return scan_end(s);
	/* The front takes this while we look for more. */
	scan_flush(s);
	s->where.after_us = at;
	return FRONT_MORE;
}

/* ---- objects by their ids ---- */

/* What the feed has at the dates found, decided again as by a scan. */
static enum front_step
scan_dates(struct front_request *r)
{
	struct feed *feed = front_feed(r->f);
	struct scan *s = r->state;
	struct feed_query one = s->where;
	int64_t at;
	bool end;

	if (feed == NULL)
		return front_answer(r, TAXII_UNAVAILABLE,
		    "this desk is not in the policy in force");
	if (channel_queued(r->f->channel) >= FRONT_QUEUE_MAX)
		return FRONT_WAITS;
	one.now = vault_now(r->f->v);
	one.max_rows = 1;
	arena_reset(s->arena);
	for (size_t n = 0; n < ROWS_MAX && s->date_at < s->dates.n &&
	    !s->more; n++) {
		int rc;

		one.after_us = s->dates.v[s->date_at++] - 1;
		rc = feed_scan(feed, &one, s->arena, on_item, s, &at, &end);
		if (rc < 0)
			return front_failed(r, rc);
	}
	if (s->more || s->date_at == s->dates.n)
		return scan_end(s);
	scan_flush(s);
	return FRONT_MORE;
}

static int
on_date_compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* In order, each once: an id may be asked for twice. */
static void
dates_sort(struct scan *s)
{
	size_t kept = 0;

	if (s->dates.n > 1)
		qsort(s->dates.v, s->dates.n, sizeof(*s->dates.v),
		    on_date_compare);
	for (size_t i = 0; i < s->dates.n; i++)
		if (kept == 0 || s->dates.v[kept - 1] != s->dates.v[i])
			s->dates.v[kept++] = s->dates.v[i];
	s->dates.n = kept;
}

static int
scan_id(struct scan *s, struct str id)
{
	int rc;

	if (!front_matches(&s->r->q, id))
		return 0;
	rc = scan_versions(s, id);
	if (rc < 0)
		return rc == ERR_DENIED ? 0 : rc;
	for (size_t i = 0; i < s->versions.n; i++)
		if (s->versions.v[i].added_us > s->where.after_us)
			vec_push(&s->dates, s->versions.v[i].added_us);
	return 0;
}

/* Where the ids are, without going through all the others. */
static enum front_step
scan_ids(struct front_request *r)
{
	struct scan *s = r->state;

	s->where.now = vault_now(r->f->v);
	for (size_t n = 0; n < IDS_MAX && s->id_at < r->q.nids; n++) {
		int rc = scan_id(s, r->q.ids[s->id_at++]);

		if (rc < 0)
			return front_failed(r, rc);
	}
	if (s->id_at < r->q.nids)
		return FRONT_MORE;
	dates_sort(s);
	r->step = scan_dates;
	return scan_dates(r);
}

/* ---- the versions of one object ---- */

/* Those that are meant, after the page before. */
static int
on_one(void *arg, const struct feed_item *item)
{
	struct scan *s = arg;
	const struct msg_front_query *q = &s->r->q;

	if (item->added_us <= s->where.after_us || s->more)
		return 0;
	for (size_t i = 0; i < s->versions.n; i++) {
		if (s->versions.v[i].added_us != item->added_us ||
		    !front_select(q, s->versions.v, s->versions.n, i))
			continue;
		if (scan_is_full(s)) {
			s->more = true;
			return 1;
		}
		return scan_send(s, item);
	}
	return 0;
}

static enum front_step
scan_one(struct front_request *r)
{
	struct feed *feed = front_feed(r->f);
	struct scan *s = r->state;
	int rc;

	if (feed == NULL)
		return front_answer(r, TAXII_UNAVAILABLE,
		    "this desk is not in the policy in force");
	if (channel_queued(r->f->channel) >= FRONT_QUEUE_MAX)
		return FRONT_WAITS;
	s->where.now = vault_now(r->f->v);
	rc = scan_versions(s, r->q.object);
	if (rc < 0 && rc != ERR_DENIED)
		return front_failed(r, rc);
	if (rc < 0 || !s->known)
		return front_answer(r, TAXII_NOT_FOUND,
		    "there is no such object");
	if (!front_matches(&r->q, r->q.object))
		return scan_end(s);
	arena_reset(s->arena);
	rc = feed_find(feed, &s->where, r->q.object, s->arena, on_one, s);
	return rc < 0 ? front_failed(r, rc) : scan_end(s);
}

/* ---- the beginning ---- */

static bool
scan_place(struct scan *s)
{
	struct front_request *r = s->r;

	s->where = (struct feed_query){
	    .circle = r->collection.circle[0] == '\0' ? NULL :
	    r->collection.circle,
	    .after_us = r->q.has_after ? r->q.after_us : -1,
	    .now = vault_now(r->f->v), .max_rows = ROWS_MAX };
	s->token = (struct front_next){ r->f->fs->next_key,
	    str_of(r->f->desk), str_of(r->collection.id),
	    front_query_digest(&r->q) };
	return r->q.next.n == 0 || front_next_read(&s->token, r->q.next,
	    &s->where.after_us) == 0;
}

enum front_step
front_query_start(struct front_request *r)
{
	static const struct taxii_version all[] = {
		{ TAXII_VERSION_ALL, 0 },
	};
	struct scan *s = mem_new(struct scan);

	s->r = r;
	r->state = s;
	r->free_state = scan_free;
	s->arena = arena_new(ARENA_BYTES);
	s->other = arena_new(FIND_BYTES);
	s->limit = r->q.limit == 0 || r->q.limit > LIMIT_DEFAULT ?
	    LIMIT_DEFAULT : r->q.limit;
	if (r->q.what == TAXII_VERSIONS) {
		r->q.versions = all;
		r->q.nversions = NELEM(all);
	}
	if (!scan_place(s))
		return front_answer(r, TAXII_BAD,
		    "next is not from an answer to this very query");
	if (r->q.what == TAXII_OBJECT || r->q.what == TAXII_VERSIONS)
		r->step = scan_one;
	else
		r->step = r->q.nids > 0 ? scan_ids : scan_step;
	return r->step(r);
}
