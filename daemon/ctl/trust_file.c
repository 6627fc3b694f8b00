#include "ctl/trust_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/map64.h"
#include "ctl/client.h"
#include "record/stix.h"
#include "trust/fixed.h"

#define RECORD_SEED 1
#define NAME_SEED 2
#define ID_SEED 3
#define NAME_MAX_BYTES 200
#define LATEST_SECONDS INT64_C(253402300799)	/* the year 9999 */

struct named {
	char *name;		/* owned */
	uint32_t group;
	bool has[TRUST_DIMENSIONS];
	enum trust_band presumed[TRUST_DIMENSIONS];
};

struct trust_file {
	VEC(struct trust_line) lines;
	VEC(struct named) peers;
	struct map64 by_name;	/* place in peers, plus 1, as a pointer */
	struct map64 groups;	/* number of a group, as a pointer */
	uint32_t ngroups;
};

/* Where one line is read. */
struct at_line {
	struct trust_file *file;	/* borrowed */
	const char *name;	/* of the file; borrowed */
	size_t line;
	const json_t *o;	/* borrowed */
	struct err *e;
};

static const char *const members[] = {
	"at", "peer", "dimension", "pool", "weight", "kind", "print", "by",
	"group", "record", "until", "b", "d", "same-root", "id",
	"initial",
};

void
trust_file_free(struct trust_file *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->peers.n; i++)
		free(f->peers.v[i].name);
	vec_clear(&f->peers);
	vec_clear(&f->lines);
	map64_clear(&f->by_name, NULL);
	map64_clear(&f->groups, NULL);
	free(f);
}

static int line_bad(const struct at_line *l, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

static int
line_bad(const struct at_line *l, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX / 2];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_set(l->e, ERR_CONF, "%s:%zu: %s", l->name, l->line, text);
}

/* The text of a member; ERR_CONF if it is missing or no text. */
static int
member_text(const struct at_line *l, const char *name, struct str *out)
{
	const json_t *v = json_object_get(l->o, name);

	if (v == NULL)
		return line_bad(l, "\"%s\" is missing", name);
	if (!json_is_string(v) || json_string_length(v) == 0)
		return line_bad(l, "\"%s\" is not text", name);
	*out = (struct str){ json_string_value(v), json_string_length(v) };
	return 0;
}

static bool
has_member(const struct at_line *l, const char *name)
{
	return json_object_get(l->o, name) != NULL;
}

static int
member_time(const struct at_line *l, const char *name, unix_ms_t *out)
{
	char shown[128];
	struct stix_time t;
	struct str s;

	TRY(member_text(l, name, &s));
	if (stix_time_parse(s, &t) < 0 || t.seconds < 0 ||
	    t.seconds > LATEST_SECONDS)
		return line_bad(l, "\"%s\" is \"%s\"; expected a time from "
		    "1970 on, like \"2026-01-01T00:00:00Z\"", name,
		    str_escape(shown, sizeof(shown), s));
	out->ms = SEC(t.seconds) + (int64_t)t.nanos / 1000000 % 1000;
	return 0;
}

static int
member_number(const struct at_line *l, const char *name, int64_t *out)
{
	const json_t *v = json_object_get(l->o, name);
	char shown[128];
	struct str s;

	if (json_is_integer(v) && json_integer_value(v) >= 0 &&
	    json_integer_value(v) <= FIXED_MAX / FIXED_ONE) {
		*out = json_integer_value(v) * FIXED_ONE;
		return 0;
	}
	if (json_is_number(v))
		return line_bad(l, "\"%s\" is a number; write it as text, "
		    "\"1.5\", so that every machine reads the same", name);
	TRY(member_text(l, name, &s));
	if (fixed_parse(s, out) < 0)
		return line_bad(l, "\"%s\" is \"%s\"; expected a number from "
		    "0, below 32768, with at most 9 decimals", name,
		    str_escape(shown, sizeof(shown), s));
	return 0;
}

/* A member that is one of some names. */
static int
member_name(const struct at_line *l, const char *name,
    int (*find)(struct str), int *out)
{
	char shown[128];
	struct str s;

	TRY(member_text(l, name, &s));
	*out = find(s);
	if (*out < 0)
		return line_bad(l, "\"%s\" is \"%s\"; comityctl(1) lists "
		    "what there is", name,
		    str_escape(shown, sizeof(shown), s));
	return 0;
}

static int
member_bool(const struct at_line *l, const char *name, bool *out)
{
	const json_t *v = json_object_get(l->o, name);

	if (v != NULL && !json_is_boolean(v))
		return line_bad(l, "\"%s\" is neither true nor false", name);
	*out = json_is_true(v);
	return 0;
}

/* The place of the peer that a member names. */
static int
member_peer(const struct at_line *l, const char *name, int *out)
{
	struct trust_file *f = l->file;
	struct named peer = { 0 };
	struct str s;
	uintptr_t place;
	uint64_t key;

	TRY(member_text(l, name, &s));
	if (s.n > NAME_MAX_BYTES || memchr(s.p, '\0', s.n) != NULL)
		return line_bad(l, "\"%s\" is no name of a peer", name);
	key = hash64(NAME_SEED, s.p, s.n);
	place = (uintptr_t)map64_get(&f->by_name, key);
	if (place == 0) {
		peer.name = mem_dup(s.p, s.n);
		for (int d = 0; d < TRUST_DIMENSIONS; d++)
			peer.presumed[d] = TRUST_E;
		vec_push(&f->peers, peer);
		place = f->peers.n;
		map64_set(&f->by_name, key, (void *)place);
	}
	*out = (int)place - 1;
	return 0;
}

/* The number of the group of that name. */
static uint32_t
group_number(struct trust_file *f, struct str name)
{
	uint64_t key = hash64(NAME_SEED, name.p, name.n);
	uintptr_t group = (uintptr_t)map64_get(&f->groups, key);

	if (group == 0) {
		group = ++f->ngroups;
		map64_set(&f->groups, key, (void *)group);
	}
	return (uint32_t)group;
}

void
trust_file_place(struct trust_file *f, int peer, struct str group)
{
	f->peers.v[peer].group = group_number(f, group);
}

void
trust_file_presume(struct trust_file *f, int peer, enum trust_dimension d,
    enum trust_band band)
{
	f->peers.v[peer].presumed[d] = band;
	if (band != TRUST_E)
		f->peers.v[peer].has[d] = true;
}

static int
read_group(const struct at_line *l, int peer)
{
	struct trust_file *f = l->file;
	uint32_t group;
	struct str s;

	TRY(member_text(l, "group", &s));
	group = group_number(f, s);
	if (f->peers.v[peer].group != 0 && f->peers.v[peer].group != group)
		return line_bad(l, "\"group\" of that peer was another "
		    "before; it has one");
	f->peers.v[peer].group = group;
	return 0;
}

static int
band_find(struct str s)
{
	return s.n == 1 && s.p[0] >= 'A' && s.p[0] <= 'E' ? s.p[0] - 'A' : -1;
}

/* Where people put a peer at first: as a group, it holds from the start. */
static int
read_initial(const struct at_line *l, int peer)
{
	struct named *p = &l->file->peers.v[peer];
	int d, band;

	if (has_member(l, "at"))
		return line_bad(l, "\"initial\" has no time: it holds from "
		    "the start");
	TRY(member_name(l, "dimension", trust_dimension_find, &d));
	TRY(member_name(l, "initial", band_find, &band));
	if (p->presumed[d] != TRUST_E &&
	    p->presumed[d] != (enum trust_band)band)
		return line_bad(l, "\"initial\" of that peer was another "
		    "before; it has one");
	p->presumed[d] = (enum trust_band)band;
	p->has[d] = true;
	return 0;
}

/* Nothing is ignored: a member that we do not know may have been meant. */
static int
check_members(const struct at_line *l)
{
	void *at = json_object_iter((json_t *)(uintptr_t)l->o);

	for (; at != NULL; at = json_object_iter_next(
	    (json_t *)(uintptr_t)l->o, at)) {
		const char *name = json_object_iter_key(at), *near;
		char shown[128];
		bool known = false;

		for (size_t i = 0; i < NELEM(members); i++)
			known |= strcmp(name, members[i]) == 0;
		if (known)
			continue;
		near = str_nearest(str_of(name), members, NELEM(members));
		return line_bad(l, "\"%s\" is nothing an item has%s%s%s",
		    str_escape(shown, sizeof(shown), str_of(name)),
		    near ? "; did you mean \"" : "", near ? near : "",
		    near ? "\"?" : "");
	}
	return 0;
}

/* Which dimensions a printed peer has something of. */
static void
mark_dimensions(struct trust_file *f, const struct trust_evidence *ev)
{
	struct named *p = &f->peers.v[ev->peer];

	if (ev->kind == TRUST_VOUCHED || ev->kind == TRUST_SPONSOR_LEFT)
		p->has[TRUST_RELIABILITY] = p->has[TRUST_DISCRETION] = true;
	else if (ev->kind == TRUST_PLAIN || ev->kind == TRUST_REFERRED ||
	    ev->kind == TRUST_LIFTED)
		p->has[ev->dimension] = true;
	else
		p->has[trust_kind_dimension(ev->kind)] = true;
}

static int
read_plain(const struct at_line *l, struct trust_evidence *ev)
{
	int n;

	TRY(member_name(l, "dimension", trust_dimension_find, &n));
	ev->dimension = (enum trust_dimension)n;
	TRY(member_name(l, "pool", trust_pool_find, &n));
	ev->pool = (enum trust_pool)n;
	return member_number(l, "weight", &ev->weight);
}

/* What the kind of an item needs beside who and when. */
static int
read_kind(const struct at_line *l, struct trust_evidence *ev)
{
	int n;

	TRY(member_name(l, "kind", trust_kind_find, &n));
	ev->kind = (enum trust_kind)n;
	if (has_member(l, "pool") || has_member(l, "weight"))
		return line_bad(l, "either \"kind\", or \"pool\" and "
		    "\"weight\"");
	if (has_member(l, "dimension")) {
		TRY(member_name(l, "dimension", trust_dimension_find, &n));
		ev->dimension = (enum trust_dimension)n;
	} else if (ev->kind == TRUST_REFERRED || ev->kind == TRUST_LIFTED) {
		return line_bad(l, "\"dimension\" is missing");
	}
	if (ev->kind == TRUST_REFERRED) {
		TRY(member_number(l, "b", &ev->said_b));
		TRY(member_number(l, "d", &ev->said_d));
	}
	if (has_member(l, "until"))
		TRY(member_time(l, "until", &ev->until));
	return member_bool(l, "same-root", &ev->same_root);
}

/* The key of an item: its id, or its fact, or that it is on this line. */
static void
set_key(const struct at_line *l, struct str id, struct trust_evidence *ev)
{
	char place[32];
	int n = snprintf(place, sizeof(place), "line %zu", l->line);

	if (id.n > 0)
		ev->key = hash64(ID_SEED, id.p, id.n);
	else if (trust_per_record(ev->kind) && ev->record != 0)
		ev->key = trust_key(ev);
	else
		ev->key = hash64(ID_SEED, place, (size_t)n);
}

static int
read_item(const struct at_line *l, struct trust_evidence *ev)
{
	struct str s = { 0 };

	ev->by = TRUST_SELF;
	if (has_member(l, "by"))
		TRY(member_peer(l, "by", &ev->by));
	if (has_member(l, "record")) {
		TRY(member_text(l, "record", &s));
		ev->record = hash64(RECORD_SEED, s.p, s.n);
	}
	if (has_member(l, "kind"))
		TRY(read_kind(l, ev));
	else
		TRY(read_plain(l, ev));
	if (ev->by == TRUST_SELF && (ev->kind == TRUST_VOUCHED ||
	    ev->kind == TRUST_SPONSOR_LEFT || ev->kind == TRUST_REFERRED ||
	    ev->kind == TRUST_CONFIRMED))
		return line_bad(l, "\"by\" is missing: which peer says so");
	if (ev->said_b + ev->said_d > FIXED_ONE)
		return line_bad(l, "\"b\" and \"d\" together are above 1");
	s = (struct str){ 0 };
	if (has_member(l, "id"))
		TRY(member_text(l, "id", &s));
	set_key(l, s, ev);
	mark_dimensions(l->file, ev);
	return 0;
}

/* A line that asks for scores. */
static int
read_print(const struct at_line *l, struct trust_line *t)
{
	int n;

	t->has_dimension = has_member(l, "dimension");
	if (has_member(l, "kind") || has_member(l, "weight") ||
	    has_member(l, "pool"))
		return line_bad(l, "\"print\" and evidence are two lines");
	if (!t->has_dimension)
		return 0;
	TRY(member_name(l, "dimension", trust_dimension_find, &n));
	t->ev.dimension = (enum trust_dimension)n;
	return 0;
}

static int
read_object(const struct at_line *l)
{
	struct trust_line t = { .line = l->line };

	TRY(check_members(l));
	TRY(member_peer(l, "peer", &t.ev.peer));
	if (has_member(l, "initial"))
		return read_initial(l, t.ev.peer);
	if (has_member(l, "group")) {
		TRY(read_group(l, t.ev.peer));
		/* That alone is a line, too: it holds from the start. */
		if (!has_member(l, "at"))
			return 0;
	}
	TRY(member_time(l, "at", &t.ev.at));
	TRY(member_bool(l, "print", &t.print));
	TRY(t.print ? read_print(l, &t) : read_item(l, &t.ev));
	if (l->file->lines.n == TRUST_FILE_LINES_MAX)
		return line_bad(l, "more than %d lines",
		    TRUST_FILE_LINES_MAX);
	vec_push(&l->file->lines, t);
	return 0;
}

static int
read_line(struct at_line *l, struct str text)
{
	json_error_t where;
	AUTO_JSON json_t *o = NULL;

	if (text.n > 0 && text.p[text.n - 1] == '\r')
		text.n--;
	if (text.n == 0)
		return 0;
	o = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &where);
	if (o == NULL)
		return err_set(l->e, ERR_CONF, "%s:%zu:%d: not JSON: %s",
		    l->name, l->line, where.column, where.text);
	if (!json_is_object(o))
		return line_bad(l, "not an object; expected a line like "
		    "{\"at\":...,\"peer\":...}");
	l->o = o;
	return read_object(l);
}

static int
by_time(const void *a, const void *b)
{
	const struct trust_line *x = a, *y = b;

	if (x->ev.at.ms != y->ev.at.ms)
		return x->ev.at.ms < y->ev.at.ms ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

struct trust_file *
trust_file_read(struct str text, const char *name, struct err *e)
{
	AUTO(trust_file_free) struct trust_file *f =
	    mem_new(struct trust_file);
	struct at_line l = { .file = f, .name = name, .e = e };

	while (text.n > 0) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = end == NULL ? text.n : (size_t)(end - text.p);

		l.line++;
		if (read_line(&l, (struct str){ text.p, n }) < 0)
			return NULL;
		n += end != NULL;
		text = (struct str){ text.p + n, text.n - n };
	}
	if (f->lines.n > 0)
		qsort(f->lines.v, f->lines.n, sizeof(f->lines.v[0]), by_time);
	return TAKE(f);
}

const struct trust_line *
trust_file_line(const struct trust_file *f, size_t i)
{
	return i < f->lines.n ? &f->lines.v[i] : NULL;
}

const char *
trust_file_peer(const struct trust_file *f, size_t i, uint32_t *out_group)
{
	if (i >= f->peers.n)
		return NULL;
	*out_group = f->peers.v[i].group;
	return f->peers.v[i].name;
}

enum trust_band
trust_file_presumed(const struct trust_file *f, int peer,
    enum trust_dimension d)
{
	return f->peers.v[peer].presumed[d];
}

bool
trust_file_has(const struct trust_file *f, int peer, enum trust_dimension d)
{
	return f->peers.v[peer].has[d];
}
