/*
 * Feeds: what a desk may see, in the order in which it became visible, each
 * record with one date for ever, and every reading decided again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gate/feed.h"
#include "gate/held.h"
#include "gate/opinion.h"
#include "lib/gate_fixture.h"
#include "lib/store_fixture.h"
#include "record/marking.h"

#define T1 "2026-01-01T00:00:00.000Z"
#define T2 "2026-02-01T00:00:00.000Z"
#define NOW ((unix_ms_t){ 1790000000000 })
#define SEEN_MAX 64

#define POLICY(self, other, more, rules) \
	"policy: 1\n" \
	"self: {org: " self ", country: XA, desks: {ops: [secops], lab: " \
	    "[law]}, default-label: {pap: green, purposes: [detect, " \
	    "block" more "]}}\n" \
	"purposes: {secops: [detect, block], law: [ask]}\n" \
	"kinds: {technical: [botnet, victim]}\n" \
	"classify:\n" \
	"  - {when: {label: [victim]}, kind: victim}\n" \
	"  - {when: {type: [indicator]}, kind: botnet}\n" \
	"peers:\n" \
	"  " other ": {country: XB, type: national, wall: attested, " \
	    "desks: {ops: [secops], lab: [law]}}\n" \
	"  cert-z: {country: XZ, type: national, wall: attested, " \
	    "desks: {ops: [secops]}}\n" \
	"circles:\n" \
	"  near: {members: [" other "], foci: [botnet], charter: " \
	    "\"sha256:aa\"}\n" \
	"  far: {members: [cert-z], foci: [victim], charter: " \
	    "\"sha256:bb\"}\n" \
	"trust: {initial: {default: {discretion: B, reliability: B}}}\n" \
	"consult: {panel: [duty], quorum: 1, timeout: 1d}\n" \
	rules
#define GRANTS \
	"grants:\n" \
	"  - {id: out, out: {circle: near}, kind: technical, for: " \
	    "[secops, law], tlp: <=green, cap: {hops: 1}, oblige: " \
	    "[receipt]}\n" \
	"  - {id: in, in: {circle: near}, kind: technical, for: [secops, " \
	    "law]}\n"
#define HOLD \
	"limits:\n" \
	"  - {id: ask, in: any, kind: technical, level: consult}\n"
#define LESS \
	"grants:\n" \
	"  - {id: less, in: any, kind: technical, for: [secops, law], " \
	    "via: redact, redact: [description]}\n"

#define AT_A POLICY("cert-a", "cert-b", "", GRANTS)
#define AT_A_LAW POLICY("cert-a", "cert-b", ", ask", GRANTS)
#define AT_B POLICY("cert-b", "cert-a", "", GRANTS)

/* What a reading showed. */
struct seen {
	size_t n, stop_at;
	int64_t added[SEEN_MAX], version[SEEN_MAX];
	char id[SEEN_MAX][FIXTURE_ID_BYTES + 1];
	char bytes[2048];	/* of the last one */
};

static int
on_item(void *arg, const struct feed_item *item)
{
	struct seen *s = arg;

	assert_true(s->n < SEEN_MAX);
	s->added[s->n] = item->added_us;
	s->version[s->n] = item->version_us;
	snprintf(s->id[s->n], sizeof(s->id[0]), "%.*s",
	    (int)item->record->id.n, item->record->id.p);
	snprintf(s->bytes, sizeof(s->bytes), "%.*s",
	    (int)item->record->bytes.n, item->record->bytes.p);
	s->n++;
	return s->stop_at != 0 && s->n >= s->stop_at;
}

static void
run_at(struct cert *c, struct feed *f, unix_ms_t now)
{
	int n;

	do {
		assert_int_equal(store_begin(c->store), 0);
		n = feed_run(f, now, 3);
		assert_true(n >= 0);
		assert_int_equal(store_commit(c->store), 0);
	} while (n > 0);
	assert_false(feed_waits(f, now));
	assert_int_equal(feed_behind(f, now), 0);
}

static void
run(struct cert *c, struct feed *f)
{
	run_at(c, f, NOW);
}

static size_t
read_all(struct feed *f, const char *circle, struct seen *s)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(4));
	struct feed_query q = { .circle = circle, .after_us = -1,
	    .now = NOW, .max_rows = SEEN_MAX };
	int64_t at;
	bool end;

	memset(s, 0, sizeof(*s));
	assert_int_equal(feed_scan(f, &q, arena, on_item, s, &at, &end), 0);
	assert_true(end);
	for (size_t i = 1; i < s->n; i++)
		assert_true(s->added[i - 1] < s->added[i]);
	return s->n;
}

static size_t
find(struct feed *f, const char *circle, unsigned number, struct seen *s)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(4));
	struct feed_query q = { .circle = circle, .now = NOW };
	char id[64];

	memset(s, 0, sizeof(*s));
	snprintf(id, sizeof(id), "indicator--%08x-1111-4111-8111-"
	    "0123456789ab", number);
	assert_int_equal(feed_find(f, &q, str_of(id), arena, on_item, s), 0);
	for (size_t i = 0; i < s->n; i++)
		assert_string_equal(s->id[i], id);
	return s->n;
}

static void
publish(struct cert *c, unsigned number, const char *modified,
    const char *label)
{
	char text[2048];
	struct admit_verdict v = cert_publish(c, indicator_text(text,
	    sizeof(text), &(struct indicator_facts){ number, modified, label,
	    marking_tlp_id(TLP_GREEN), ",\"description\":\"who it was\"" }));

	assert_int_equal(v.refusal, REFUSAL_NONE);
}

static struct feed *
open_feed(struct cert *c, const char *desk)
{
	struct feed *f;

	assert_int_equal(feed_open(c->gate, desk, &f), 0);
	return f;
}

struct pair {
	struct cert *a, *b;
	struct feed *ops, *lab;		/* at a */
};

static int
set_up(void **state)
{
	struct pair *p = mem_new(struct pair);

	p->a = cert_open("cert-a", AT_A);
	p->b = cert_open("cert-b", AT_B);
	cert_meet(p->a, p->b);
	p->ops = open_feed(p->a, "ops");
	p->lab = open_feed(p->a, "lab");
	*state = p;
	return 0;
}

static int
tear_down(void **state)
{
	struct pair *p = *state;

	feed_free(p->ops);
	feed_free(p->lab);
	cert_close(p->a);
	cert_close(p->b);
	free(p);
	return 0;
}

static void
test_run_dates_what_a_desk_sees(void **state)
{
	struct pair *p = *state;
	struct feed_figures figures;
	struct seen s;

	run(p->a, p->ops);
	assert_int_equal(read_all(p->ops, NULL, &s), 0);
	assert_int_equal(feed_last_us(p->ops, NULL), -1);
	for (unsigned i = 1; i <= 7; i++)
		publish(p->a, i, T1, "botnet");
	assert_true(feed_waits(p->ops, NOW));
	assert_int_equal(feed_behind(p->ops, NOW), 7);
	assert_int_equal(feed_has(p->ops, 1), 0);
	feed_figures(p->ops, &figures);
	assert_int_equal(figures.lag, 7);
	run(p->a, p->ops);
	run(p->a, p->lab);
	assert_int_equal(read_all(p->ops, NULL, &s), 7);
	/* One clock reading; still each has a date of its own. */
	assert_int_equal(s.added[0], NOW.ms * 1000);
	assert_int_equal(s.added[6], NOW.ms * 1000 + 6);
	assert_int_equal(feed_last_us(p->ops, NULL), s.added[6]);
	assert_int_equal(s.version[0], INT64_C(1767225600000000));
	assert_int_equal(feed_has(p->ops, 1), 1);
	feed_figures(p->ops, &figures);
	assert_int_equal(figures.items, 7);
	assert_int_equal(figures.lag, 0);
	/* Not for that desk: nothing of it is there. */
	assert_int_equal(read_all(p->lab, NULL, &s), 0);
	assert_int_equal(feed_last_us(p->lab, NULL), -1);
	assert_int_equal(find(p->lab, NULL, 1, &s), 0);
}

static void
test_run_clock_steps_back(void **state)
{
	struct pair *p = *state;
	struct seen s;

	publish(p->a, 1, T1, "botnet");
	run(p->a, p->ops);
	publish(p->a, 2, T1, "botnet");
	run_at(p->a, p->ops, (unix_ms_t){ NOW.ms - 3600000 });
	publish(p->a, 3, T1, "botnet");
	run_at(p->a, p->ops, (unix_ms_t){ NOW.ms + 5 });
	assert_int_equal(read_all(p->ops, NULL, &s), 3);
	assert_int_equal(s.added[1], NOW.ms * 1000 + 1);
	assert_int_equal(s.added[2], NOW.ms * 1000 + 5000);
}

static void
test_scan_pages(void **state)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(4));
	AUTO(arena_free) struct arena *small = arena_new(2048);
	AUTO(arena_free) struct arena *tiny = arena_new(64);
	struct feed_query q = { .after_us = -1, .now = NOW, .max_rows = 4 };
	struct pair *p = *state;
	struct seen s = { .n = 0 };
	int64_t at = 7;
	bool end = true;

	for (unsigned i = 1; i <= 6; i++)
		publish(p->a, i, T1, "botnet");
	run(p->a, p->ops);
	assert_int_equal(feed_scan(p->ops, &q, arena, on_item, &s, &at,
	    &end), 0);
	assert_int_equal(s.n, 4);
	assert_false(end);
	q.after_us = at;
	assert_int_equal(feed_scan(p->ops, &q, arena, on_item, &s, &at,
	    &end), 0);
	assert_int_equal(s.n, 6);
	assert_true(end);
	/* Whoever reads says when it is enough. */
	q.after_us = -1;
	s = (struct seen){ .stop_at = 2 };
	assert_int_equal(feed_scan(p->ops, &q, arena, on_item, &s, &at,
	    &end), 0);
	assert_int_equal(s.n, 2);
	assert_int_equal(at, s.added[1]);
	assert_false(end);
	/* And so does the room that there is. */
	s = (struct seen){ .n = 0 };
	assert_int_equal(feed_scan(p->ops, &q, small, on_item, &s, &at,
	    &end), 0);
	assert_in_range(s.n, 1, 3);
	assert_int_equal(at, s.added[s.n - 1]);
	assert_false(end);
	at = 7;
	assert_int_equal(feed_scan(p->ops, &q, tiny, on_item, &s, &at,
	    &end), ERR_LIMIT);
	assert_int_equal(at, 7);
}

static void
test_find_versions(void **state)
{
	struct pair *p = *state;
	struct seen s;

	publish(p->a, 1, T1, "botnet");
	publish(p->a, 2, T1, "botnet");
	run(p->a, p->ops);
	publish(p->a, 1, T2, "botnet");
	run(p->a, p->ops);
	assert_int_equal(find(p->ops, NULL, 1, &s), 2);
	assert_true(s.added[0] < s.added[1]);
	assert_true(s.version[0] < s.version[1]);
	assert_int_equal(find(p->ops, "near", 1, &s), 2);
	assert_int_equal(find(p->ops, "far", 1, &s), 0);
	assert_int_equal(find(p->ops, "nowhere", 1, &s), 0);
	assert_int_equal(find(p->ops, NULL, 9, &s), 0);
	assert_int_equal(read_all(p->ops, NULL, &s), 3);
}

static void
test_rolled_back(void **state)
{
	struct pair *p = *state;
	struct seen before, after;

	publish(p->a, 1, T1, "botnet");
	assert_int_equal(store_begin(p->a->store), 0);
	assert_int_equal(feed_run(p->ops, NOW, 100), 1);
	store_rollback(p->a->store);
	gate_rolled_back(p->a->gate);
	feed_rolled_back(p->ops);
	assert_int_equal(read_all(p->ops, NULL, &before), 0);
	assert_true(feed_waits(p->ops, NOW));
	run(p->a, p->ops);
	assert_int_equal(read_all(p->ops, NULL, &before), 1);
	publish(p->a, 2, T1, "victim");
	assert_int_equal(store_begin(p->a->store), 0);
	assert_int_equal(feed_run(p->ops, NOW, 100), 1);
	store_rollback(p->a->store);
	gate_rolled_back(p->a->gate);
	feed_rolled_back(p->ops);
	assert_int_equal(read_all(p->ops, NULL, &after), 1);
	assert_int_equal(after.added[0], before.added[0]);
	run(p->a, p->ops);
	assert_int_equal(read_all(p->ops, NULL, &after), 2);
}

static void
test_open_again(void **state)
{
	struct pair *p = *state;
	struct feed_figures figures;
	struct seen before, after;

	for (unsigned i = 1; i <= 5; i++)
		publish(p->a, i, T1, "botnet");
	/* A piece of it only, and then it ends. */
	assert_int_equal(store_begin(p->a->store), 0);
	assert_int_equal(feed_run(p->ops, NOW, 2), 2);
	assert_int_equal(store_commit(p->a->store), 0);
	assert_int_equal(read_all(p->ops, NULL, &before), 2);
	feed_free(p->ops);
	p->ops = open_feed(p->a, "ops");
	assert_true(feed_waits(p->ops, NOW));
	run_at(p->a, p->ops, (unix_ms_t){ NOW.ms - 1 });
	assert_int_equal(read_all(p->ops, NULL, &after), 5);
	assert_memory_equal(before.added, after.added, 2 * sizeof(int64_t));
	feed_figures(p->ops, &figures);
	assert_int_equal(figures.items, 5);
}

static void
test_policy_shows_and_hides(void **state)
{
	struct pair *p = *state;
	struct seen first, s;

	publish(p->a, 1, T1, "botnet");
	cert_set_policy(p->a, AT_A_LAW);
	publish(p->a, 2, T1, "botnet");
	run(p->a, p->ops);
	run(p->a, p->lab);
	assert_int_equal(read_all(p->ops, NULL, &first), 2);
	assert_int_equal(read_all(p->lab, NULL, &s), 1);
	assert_int_equal(find(p->lab, NULL, 1, &s), 0);
	/* Desks have other uses: one sees more, the other nothing. */
	cert_set_policy(p->a, "policy: 1\n"
	    "self: {org: cert-a, country: XA, desks: {ops: [law], lab: "
	    "[secops]}, default-label: {pap: green, purposes: [detect]}}\n"
	    "purposes: {secops: [detect, block], law: [ask]}\n"
	    "kinds: {technical: [botnet, victim]}\n");
	assert_int_equal(read_all(p->ops, NULL, &s), 1);
	assert_string_equal(s.id[0], first.id[1]);
	assert_int_equal(read_all(p->lab, NULL, &s), 1);
	assert_true(feed_waits(p->lab, NOW));
	run_at(p->a, p->lab, (unix_ms_t){ NOW.ms + 1000 });
	run(p->a, p->ops);
	assert_int_equal(read_all(p->lab, NULL, &s), 2);
	/* What was there keeps its date; what is new to it is last. */
	assert_string_equal(s.id[0], first.id[1]);
	assert_int_equal(s.added[0], NOW.ms * 1000);
	assert_string_equal(s.id[1], first.id[0]);
	assert_int_equal(s.added[1], (NOW.ms + 1000) * 1000);
	assert_int_equal(find(p->ops, NULL, 1, &s), 0);
	/* And back: nothing gets another date. */
	cert_set_policy(p->a, AT_A_LAW);
	run_at(p->a, p->ops, (unix_ms_t){ NOW.ms + 2000 });
	assert_int_equal(read_all(p->ops, NULL, &s), 2);
	assert_memory_equal(s.added, first.added, 2 * sizeof(int64_t));
	/* No policy: nothing is seen. */
	gate_set_policy(p->a->gate, NULL);
	assert_int_equal(read_all(p->ops, NULL, &s), 0);
	assert_false(feed_waits(p->ops, NOW));
	gate_set_policy(p->a->gate, p->a->policy);
}

static void
test_circles_own(void **state)
{
	struct pair *p = *state;
	struct seen s;

	publish(p->a, 1, T1, "botnet");
	publish(p->a, 2, T1, "victim");
	publish(p->a, 3, T1, "botnet");
	run(p->a, p->ops);
	run(p->a, p->lab);
	/* By the circle go the kinds that it is about. */
	assert_int_equal(read_all(p->ops, "near", &s), 2);
	/* Its dates do not tell of what goes elsewhere. */
	assert_int_equal(s.added[1] - s.added[0], 1);
	assert_int_equal(feed_last_us(p->ops, "near"), s.added[1]);
	assert_int_equal(feed_last_us(p->ops, NULL), s.added[1] + 1);
	/* No grant lets anything go by that one. */
	assert_int_equal(read_all(p->ops, "far", &s), 0);
	assert_int_equal(read_all(p->ops, "nowhere", &s), 0);
	assert_int_equal(feed_last_us(p->ops, "nowhere"), -1);
	/* Whoever may not see it does not see it there either. */
	assert_int_equal(read_all(p->lab, "near", &s), 0);
}

static void
test_circles_received(void **state)
{
	struct pair *p = *state;
	AUTO(feed_free) struct feed *ops = open_feed(p->b, "ops");
	struct crossing x;
	struct seen s;

	publish(p->a, 1, T1, "botnet");
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.stored, 1);
	publish(p->b, 2, T1, "victim");
	run(p->b, ops);
	assert_int_equal(read_all(ops, NULL, &s), 2);
	assert_int_equal(read_all(ops, "near", &s), 1);
	assert_int_equal(find(ops, "near", 1, &s), 1);
	assert_int_equal(find(ops, "near", 2, &s), 0);
}

/* A policy with another circle: it fills up, each with a date of now. */
static void
test_circles_change(void **state)
{
	struct pair *p = *state;
	struct seen s;

	publish(p->a, 1, T1, "botnet");
	run(p->a, p->ops);
	cert_set_policy(p->a, "policy: 1\n"
	    "self: {org: cert-a, country: XA, desks: {ops: [secops]}, "
	    "default-label: {pap: green, purposes: [detect, block]}}\n"
	    "purposes: {secops: [detect, block]}\n"
	    "kinds: {technical: [botnet, victim]}\n"
	    "peers:\n"
	    "  cert-b: {country: XB, type: national, wall: attested, desks: "
	    "{ops: [secops]}}\n"
	    "circles:\n"
	    "  new: {members: [cert-b], foci: [botnet], charter: "
	    "\"sha256:cc\"}\n"
	    "trust: {initial: {default: {discretion: B, reliability: B}}}\n"
	    "grants:\n"
	    "  - {id: out, out: {circle: new}, kind: technical, for: "
	    "[secops], tlp: <=green, cap: {hops: 0}}\n");
	assert_int_equal(read_all(p->ops, "near", &s), 0);
	assert_int_equal(read_all(p->ops, "new", &s), 0);
	run_at(p->a, p->ops, (unix_ms_t){ NOW.ms + 9 });
	assert_int_equal(read_all(p->ops, "new", &s), 1);
	assert_int_equal(s.added[0], (NOW.ms + 9) * 1000);
	assert_int_equal(read_all(p->ops, NULL, &s), 1);
	assert_int_equal(s.added[0], NOW.ms * 1000);
	/* The old one has its dates when it comes back. */
	cert_set_policy(p->a, AT_A);
	run(p->a, p->ops);
	assert_int_equal(read_all(p->ops, "near", &s), 1);
	assert_int_equal(s.added[0], NOW.ms * 1000);
}

static void
test_held_is_seen_when_let_in(void **state)
{
	struct pair *p = *state;
	AUTO(feed_free) struct feed *ops = open_feed(p->b, "ops");
	struct held_entry h = { .seq = 1, .party = &p->b->party,
	    .agreed = true, .now = NOW };
	struct crossing x;
	struct seen s;

	cert_set_policy(p->b, POLICY("cert-b", "cert-a", "", GRANTS HOLD));
	publish(p->a, 1, T1, "botnet");
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.stored, 1);
	run(p->b, ops);
	assert_int_equal(read_all(ops, NULL, &s), 0);
	assert_int_equal(store_begin(p->b->store), 0);
	assert_int_equal(held_let_in(p->b->gate, &h), 0);
	assert_int_equal(feed_look(ops, 1, NOW), 0);
	assert_int_equal(feed_look(ops, 99, NOW), 0);
	assert_int_equal(store_commit(p->b->store), 0);
	assert_int_equal(read_all(ops, NULL, &s), 1);
	assert_int_equal(feed_has(ops, 1), 1);
	run(p->b, ops);
	assert_int_equal(read_all(ops, NULL, &s), 1);
}

/* What was redacted on its way in is all that there is of it. */
static void
test_derived(void **state)
{
	struct pair *p = *state;
	AUTO(feed_free) struct feed *ops = open_feed(p->b, "ops");
	struct crossing x;
	struct seen s;

	cert_set_policy(p->b, POLICY("cert-b", "cert-a", "", LESS));
	publish(p->a, 1, T1, "botnet");
	cert_cross(p->a, p->b, false, &x);
	run(p->b, ops);
	assert_int_equal(read_all(ops, NULL, &s), 1);
	assert_null(strstr(s.bytes, "who it was"));
	/* What was derived for a peer is not beside its original. */
	cert_set_policy(p->a, POLICY("cert-a", "cert-b", "", "grants:\n"
	    "  - {id: out, out: any, kind: technical, for: [secops], tlp: "
	    "<=green, cap: {hops: 0}, via: redact, redact: "
	    "[description]}\n"));
	cert_meet(p->a, p->b);
	publish(p->a, 2, T1, "botnet");
	cert_cross(p->a, p->b, false, &x);
	run(p->a, p->ops);
	assert_true(store_last_seq(p->a->store) > 2);
	assert_int_equal(read_all(p->ops, NULL, &s), 2);
	assert_non_null(strstr(s.bytes, "who it was"));
}

/* Ours about a record that is stored there, as vault/trust/opinions.c puts it. */
static void
think(struct cert *c, int64_t seq, int64_t replaces, const char *what)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(1));
	struct opinion_new o = { .modified_us = NOW.ms * 1000 + replaces,
	    .replaces = replaces };
	struct store_record found;
	char id[STIX_ID_MAX], text[1024], about[64];

	snprintf(about, sizeof(about), "indicator--%08x-1111-4111-8111-"
	    "0123456789ab", 1U);
	o.id = str_of(opinion_id(c->id, str_of(about), id));
	snprintf(text, sizeof(text), "{\"type\":\"opinion\","
	    "\"spec_version\":\"2.1\",\"id\":\"%s\",\"created\":\"" T1 "\","
	    "\"modified\":\"%s\",\"opinion\":\"%s\",\"object_refs\":"
	    "[\"%s\"]}", id, replaces == 0 ? T1 : T2, what, about);
	o.bytes = str_of(text);
	assert_true(str_eqz(opinion_about(o.bytes), about));
	assert_int_equal(store_begin(c->store), 0);
	assert_int_equal(store_get(c->store, seq, arena, &o.about), 0);
	assert_int_equal(opinion_put(c->gate, &o, 1, NOW), 0);
	assert_int_equal(store_commit(c->store), 0);
	assert_int_equal(opinion_find(c->store, o.id, arena, &found), 0);
	assert_true(str_eq(found.bytes, o.bytes));
}

/* It is seen by whom and where the record is, and goes to no peer. */
static void
test_opinion_goes_with_its_record(void **state)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(1));
	struct pair *p = *state;
	AUTO(feed_free) struct feed *ops = open_feed(p->b, "ops");
	AUTO(feed_free) struct feed *lab = open_feed(p->b, "lab");
	struct store_record r;
	struct crossing x;
	struct seen s;

	publish(p->a, 1, T1, "botnet");
	cert_cross(p->a, p->b, false, &x);
	think(p->b, 1, 0, "neutral");
	run(p->b, ops);
	run(p->b, lab);
	assert_int_equal(read_all(ops, NULL, &s), 2);
	assert_non_null(strstr(s.bytes, "neutral"));
	assert_int_equal(read_all(ops, "near", &s), 2);
	assert_int_equal(read_all(ops, "far", &s), 0);
	assert_int_equal(read_all(lab, NULL, &s), 0);
	think(p->b, 1, 2, "agree");
	run(p->b, ops);
	assert_int_equal(read_all(ops, NULL, &s), 3);
	cert_cross(p->b, p->a, false, &x);
	assert_int_equal(x.sent, 0);
	assert_int_equal(store_get(p->b->store, 1, arena, &r), 0);
	assert_int_equal(store_begin(p->b->store), 0);
	assert_int_equal(gate_tombstone(p->b->gate, &r), 0);
	assert_int_equal(store_commit(p->b->store), 0);
	assert_int_equal(read_all(ops, NULL, &s), 0);
}

/* Nobody else can take the id of what we think, or change it. */
static void
test_opinion_is_ours_alone(void **state)
{
	struct pair *p = *state;
	AUTO(arena_free) struct arena *arena = arena_new(MIB(1));
	char about[] = "indicator--00000001-1111-4111-8111-0123456789ab";
	char id[STIX_ID_MAX], other[STIX_ID_MAX], text[1024];
	struct store_record r;

	assert_string_equal(opinion_id("cert-a", str_of(about), id), id);
	assert_string_not_equal(id, opinion_id("cert-b", str_of(about),
	    other));
	assert_int_equal(opinion_find(p->a->store, str_of(id), arena, &r),
	    ERR_NOT_FOUND);
	publish(p->a, 1, T1, "botnet");
	for (int i = 0; i < 2; i++) {
		snprintf(text, sizeof(text), "{\"type\":\"opinion\","
		    "\"spec_version\":\"2.1\",\"id\":\"%s\",\"created\":\""
		    T1 "\",\"modified\":\"" T1 "\",\"opinion\":\"agree\","
		    "\"object_refs\":[\"%s\"]}", i == 0 ? id : other, about);
		assert_int_equal(cert_publish(p->a, text).refusal, i == 0 ?
		    REFUSAL_ORIGIN : REFUSAL_NONE);
	}
	assert_int_equal(opinion_find(p->a->store, str_of(other), arena, &r),
	    ERR_EXISTS);
	assert_int_equal(opinion_about(STR("{}")).n, 0);
	assert_int_equal(opinion_about(STR("\"object_refs\":[\"x")).n, 0);
}

static void
test_tombstone_and_hold(void **state)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(1));
	struct pair *p = *state;
	struct store_record r;
	struct seen s;

	publish(p->a, 1, T1, "botnet");
	publish(p->a, 2, T1, "botnet");
	/* Something that it refers to may still come. */
	gate_hold(p->a->gate, p, 2, (unix_ms_t){ NOW.ms + 1000 });
	run(p->a, p->ops);
	assert_int_equal(read_all(p->ops, NULL, &s), 1);
	gate_unhold(p->a->gate, p);
	assert_int_equal(feed_behind(p->ops, NOW), 1);
	run(p->a, p->ops);
	assert_int_equal(read_all(p->ops, NULL, &s), 2);
	assert_int_equal(store_get(p->a->store, 1, arena, &r), 0);
	assert_int_equal(store_begin(p->a->store), 0);
	assert_int_equal(gate_tombstone(p->a->gate, &r), 0);
	assert_int_equal(store_commit(p->a->store), 0);
	assert_int_equal(read_all(p->ops, NULL, &s), 1);
	assert_int_equal(find(p->ops, NULL, 1, &s), 0);
	assert_int_equal(find(p->ops, NULL, 2, &s), 1);
}

static void
test_restart_changes_no_date(void **state)
{
	struct pair *p = *state;
	struct seen before, after;

	for (unsigned i = 1; i <= 5; i++)
		publish(p->a, i, T1, "botnet");
	run(p->a, p->ops);
	assert_int_equal(read_all(p->ops, NULL, &before), 5);
	feed_restart(p->ops);
	assert_true(feed_waits(p->ops, NOW));
	/* New ones go first. */
	assert_int_equal(feed_behind(p->ops, NOW), 0);
	run_at(p->a, p->ops, (unix_ms_t){ NOW.ms + 77 });
	assert_int_equal(read_all(p->ops, NULL, &after), 5);
	assert_memory_equal(&before, &after, sizeof(before));
}

/* What that desk of `c` posts, or sends again, from behind its wall. */
static struct admit_verdict
post(struct cert *c, const char *desk, const struct indicator_facts *facts)
{
	char text[2048];
	struct str bytes = str_of(indicator_text(text, sizeof(text), facts));
	struct admit_objects in = { .v = &bytes, .n = 1, .now = NOW,
	    .keep_label = true, .walled = true,
	    .desk = policy_find_desk(c->policy, str_of(desk)) };
	struct admit_verdict v;

	assert_int_equal(store_begin(c->store), 0);
	assert_int_equal(admit_published(c->gate, &in, &v), 0);
	assert_int_equal(store_commit(c->store), 0);
	return v;
}

static void
test_walled_posts_apart(void **state)
{
	struct pair *p = *state;
	struct indicator_facts mine = { 1, T1, "botnet",
	    marking_tlp_id(TLP_GREEN), "" };
	struct indicator_facts theirs = { 1, T1, "botnet",
	    marking_tlp_id(TLP_GREEN), ",\"description\":\"of lab\"" };
	struct indicator_facts newer = { 1, T2, "botnet",
	    marking_tlp_id(TLP_GREEN), "" };
	struct admit_verdict v;
	struct crossing x;
	struct seen s;

	v = post(p->a, "cert-a/ops", &mine);
	assert_int_equal(v.refusal, REFUSAL_NONE);
	/* lab may not see it: to lab, nothing is there. */
	for (int i = 0; i < 2; i++) {
		v = post(p->a, "cert-a/lab", &theirs);
		assert_int_equal(v.refusal, REFUSAL_NONE);
		assert_int_equal(v.unchanged, i == 1);
	}
	v = post(p->a, "cert-a/lab", &mine);
	assert_int_equal(v.refusal, REFUSAL_CONFLICT);
	assert_int_equal(v.conflict, 2);
	v = post(p->a, "cert-a/lab", &newer);
	assert_int_equal(v.refusal, REFUSAL_NONE);
	v = post(p->a, "cert-a/ops", &mine);
	assert_true(v.unchanged);
	v = post(p->a, "cert-a/ops", &theirs);
	assert_int_equal(v.refusal, REFUSAL_CONFLICT);
	assert_int_equal(v.conflict, 1);
	run(p->a, p->ops);
	assert_int_equal(find(p->ops, NULL, 1, &s), 1);
	assert_null(strstr(s.bytes, "of lab"));
	cert_cross(p->a, p->b, false, &x);
	assert_int_equal(x.stored, 1);
}

static void
test_walled_posts_of_another_desk(void **state)
{
	struct pair *p = *state;
	struct indicator_facts one = { 1, T1, "botnet",
	    marking_tlp_id(TLP_GREEN), "" };
	struct indicator_facts newer = { 1, T2, "botnet",
	    marking_tlp_id(TLP_GREEN), "" };
	struct cert *c = cert_open("cert-a", AT_A_LAW);
	struct admit_verdict v;

	(void)p;
	/* Here both see everything, but may not change the other's. */
	assert_int_equal(post(c, "cert-a/ops", &one).refusal, REFUSAL_NONE);
	assert_true(post(c, "cert-a/lab", &one).unchanged);
	v = post(c, "cert-a/lab", &newer);
	assert_int_equal(v.refusal, REFUSAL_ORIGIN);
	assert_non_null(strstr(v.text, "another desk"));
	assert_int_equal(post(c, "cert-a/ops", &newer).refusal, REFUSAL_NONE);
	cert_close(c);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_run_dates_what_a_desk_sees),
		T(test_run_clock_steps_back), T(test_scan_pages),
		T(test_find_versions), T(test_rolled_back),
		T(test_open_again), T(test_policy_shows_and_hides),
		T(test_circles_own), T(test_circles_received),
		T(test_circles_change), T(test_held_is_seen_when_let_in),
		T(test_derived), T(test_tombstone_and_hold),
		T(test_opinion_goes_with_its_record),
		T(test_opinion_is_ours_alone),
		T(test_restart_changes_no_date), T(test_walled_posts_apart),
		T(test_walled_posts_of_another_desk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
