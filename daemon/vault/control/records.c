#include "vault/control/control.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "vault/record_json.h"
#include "vault/trust/belief.h"

#define ARENA_BYTES MIB(64)
#define LOOKUP_DEFAULT 50
#define LOOKUP_MAX 1000
#define HIDDEN_MAX 4096		/* looked at in vain for one look-up */
#define RECORDS_DEFAULT 1000
#define RECORDS_MAX 2000
/* A reply frame holds 1 MiB; what does not fit is on the next page. */
#define REPLY_BYTES (900 << 10)
#define NO_SOURCE INT64_MAX	/* a peer from which nothing came yet */

struct listing {
	struct vault *v;
	struct desk_view view;
	struct beliefs *beliefs;	/* owned */
	json_t *list;		/* owned */
	size_t max, bytes;
	int64_t source;		/* 0 own, -1 any, else a name's number */
	bool derived;		/* derived records too */
	int64_t last;		/* sequence of the last one looked at */
	bool full;
};

/* How credible it is, unless it was made here of others. */
static void
add_belief(struct beliefs *beliefs, const struct store_record *r,
    json_t *fields)
{
	struct belief x;

	if ((r->flags & RECORD_DERIVED) == 0 && belief_of(beliefs, r, &x) == 0)
		(void)json_object_set_new(fields, "belief", belief_json(&x));
}

static int
on_looked_up(void *arg, const struct store_record *r)
{
	struct listing *l = arg;
	json_t *fields;

	if (!desk_view_shows(&l->view, r))
		return 0;
	if (json_array_size(l->list) >= l->max) {
		l->full = true;
		return 1;
	}
	fields = record_json(l->v, r);
	if (fields != NULL) {
		add_belief(l->beliefs, r, fields);
		(void)json_array_append_new(l->list, fields);
	}
	return 0;
}

void
control_lookup(struct control *c, const json_t *args)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	const char *value = control_text(args, "value");
	struct listing l = { .v = control_vault(c), .list = NULL };
	struct observable o;
	bool subdomains;
	int rc;

	if (desk_view_read(c, args, &l.view) < 0)
		return;
	l.max = (size_t)control_number(args, "limit", LOOKUP_DEFAULT,
	    LOOKUP_MAX);
	if (value == NULL || observable_from_text(str_of(value), arena, &o,
	    &subdomains) != 0) {
		(void)control_error(c, ERR_USAGE, "an address, a network, a "
		    "domain, *.domain, a URL, a hash or an e-mail address",
		    "%s: not something that can be looked up",
		    value == NULL ? "value" : value);
		return;
	}
	l.list = json_array();
	l.beliefs = beliefs_new(&l.view);
	rc = store_lookup(l.v->store, &o, subdomains, l.max + HIDDEN_MAX,
	    arena, on_looked_up, &l);
	beliefs_free(l.beliefs);
	if (rc < 0) {
		json_decref(l.list);
		(void)control_error(c, rc, NULL, "the store could not be "
		    "searched: %s", err_text(rc));
		return;
	}
	control_reply(c, json_pack("{s:o, s:b}", "records", l.list, "cut",
	    l.full));
}

void
control_show(struct control *c, const json_t *args)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	AUTO(beliefs_free) struct beliefs *beliefs = NULL;
	const char *id = control_text(args, "id");
	struct vault *v = control_vault(c);
	struct store_record r;
	struct desk_view view;
	json_t *fields;
	int rc;

	if (desk_view_read(c, args, &view) < 0)
		return;
	rc = record_newest(v, str_of(id), control_text(args, "modified"),
	    arena, &r);
	if (rc == 0 && !desk_view_shows(&view, &r))
		rc = ERR_NOT_FOUND;
	fields = rc == 0 ? record_json_whole(v, &r) : NULL;
	if (fields == NULL) {
		(void)control_error(c, rc == 0 ? ERR_NOT_FOUND : rc,
		    "find ids with: comityctl lookup VALUE",
		    "no record %s here", id == NULL ? "" : id);
		return;
	}
	beliefs = beliefs_new(&view);
	add_belief(beliefs, &r, fields);
	control_reply(c, json_pack("{s:[o]}", "records", fields));
}

static bool
listing_wants(const struct listing *l, const struct store_record *r)
{
	if ((r->flags & (RECORD_TOMBSTONE | RECORD_RELABELLED)) != 0)
		return false;
	if ((r->flags & RECORD_DERIVED) != 0 && !l->derived)
		return false;
	return l->source < 0 || r->source == l->source;
}

static int
on_listed(void *arg, const struct store_record *r)
{
	struct listing *l = arg;
	json_t *fields;
	char *text;

	if (listing_wants(l, r) && desk_view_shows(&l->view, r) &&
	    (fields = record_json(l->v, r)) != NULL) {
		(void)json_object_del(fields, "labels");
		(void)json_object_del(fields, "desks");
		(void)json_object_del(fields, "name");
		add_belief(l->beliefs, r, fields);
		text = json_dumps(fields, JSON_COMPACT);
		l->bytes += text == NULL ? 0 : strlen(text);
		free(text);
		(void)json_array_append_new(l->list, fields);
	}
	l->last = r->seq;
	l->full = l->bytes > REPLY_BYTES ||
	    json_array_size(l->list) >= l->max;
	return l->full;
}

/* Which records are meant by `source`: -1 all, 0 ours, else a number. */
static int
listing_source(struct control *c, const json_t *args, struct listing *l)
{
	const struct policy *p = l->v->policy;
	const char *source;
	int rc;

	TRY(control_filter(c, args, "source", &source));
	l->source = source == NULL ? -1 : 0;
	if (source == NULL || strcmp(source, "own") == 0 ||
	    strcmp(source, l->v->cert_id) == 0)
		return 0;
	rc = store_find_name(l->v->store, str_of(source), &l->source);
	if (rc == ERR_NOT_FOUND && p != NULL &&
	    policy_find_org(p, str_of(source)) > 0) {
		l->source = NO_SOURCE;
		return 0;
	}
	if (rc == ERR_NOT_FOUND)
		return control_error(c, rc, "own, or one of: comityctl peer "
		    "list", "%s: no CERT of that name is known here", source);
	return rc < 0 ? control_error(c, rc, NULL, "the store could not be "
	    "read: %s", err_text(rc)) : 0;
}

void
control_records(struct control *c, const json_t *args)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct listing l = { .v = control_vault(c) };
	json_t *fields;
	char next[32];
	int64_t from;
	int rc = 0;

	if (desk_view_read(c, args, &l.view) < 0 ||
	    control_since(c, args, 'c', &l.last) < 0 ||
	    listing_source(c, args, &l) < 0)
		return;
	l.list = json_array();
	l.beliefs = beliefs_new(&l.view);
	l.max = (size_t)control_number(args, "limit", RECORDS_DEFAULT,
	    RECORDS_MAX);
	l.derived = json_is_true(json_object_get(args, "derived"));
	while (rc == 0 && !l.full) {
		from = l.last;
		arena_reset(arena);
		rc = store_scan(l.v->store, from, 512, arena, on_listed, &l);
		rc = rc < 0 ? rc : 0;
		if (l.last == from)
			break;
	}
	beliefs_free(l.beliefs);
	if (rc < 0) {
		json_decref(l.list);
		(void)control_error(c, rc, NULL, "the store could not be "
		    "read: %s", err_text(rc));
		return;
	}
	fields = json_pack("{s:o}", "records", l.list);
	snprintf(next, sizeof(next), "c%" PRIx64, l.last);
	if (l.last < store_last_seq(l.v->store))
		(void)json_object_set_new(fields, "next", json_string(next));
	control_reply(c, fields);
}
