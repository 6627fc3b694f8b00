#include "vault/control/export.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gate/feed_circle.h"
#include "host/clock.h"
#include "vault/trust/belief.h"
#include "vault/trust/opinions.h"
#include "vault/trust/warnings.h"

#define ARENA_BYTES MIB(8)
#define NAME_ARENA_BYTES KIB(64)
/* One request: so long at most, and what fits into a reply. */
#define SLICE_MS 10
#define SLICE_RECORDS 128
#define REPLY_BYTES (400 << 10)

/* ---- what is asked for ---- */

/* A list of texts, or absent. */
static int
list_read(struct control *c, const json_t *args, const char *name,
    const json_t **out)
{
	const json_t *list = json_object_get(args, name), *v;
	size_t i;

	*out = list;
	if (list == NULL)
		return 0;
	if (!json_is_array(list) || json_array_size(list) > EXPORT_LIST_MAX)
		return control_error(c, ERR_USAGE, NULL, "%s is not a list "
		    "of at most %d texts", name, EXPORT_LIST_MAX);
	json_array_foreach(list, i, v)
		if (!json_is_string(v))
			return control_error(c, ERR_USAGE, NULL,
			    "%s[%zu] is not a text", name, i);
	return 0;
}

static int
count_read(struct control *c, const json_t *args, const char *name,
    int64_t most, int64_t *out)
{
	const json_t *v = json_object_get(args, name);

	if (v == NULL)
		return 0;
	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    json_integer_value(v) > most)
		return control_error(c, ERR_USAGE, NULL, "%s: want a number "
		    "from 0 to %" PRId64, name, most);
	*out = json_integer_value(v);
	return 0;
}

/* A kind that the policy lacks would silently give an empty file. */
static int
kinds_known(struct control *c, const struct export_filter *f)
{
	const struct vocabulary *voc = policy_vocabulary(f->v->policy);
	const json_t *v;
	size_t i;

	json_array_foreach(f->kinds, i, v)
		if (names_find(&voc->kinds, str_of(json_string_value(v))) < 0)
			return control_error(c, ERR_USAGE, "`kinds:` of "
			    "policy.yaml lists them", "no kind %s in the "
			    "policy", json_string_value(v));
	return 0;
}

static int
use_read(struct control *c, const json_t *args, struct export_filter *f)
{
	const struct vocabulary *voc = policy_vocabulary(f->v->policy);
	const char *use;

	TRY(control_filter(c, args, "use", &use));
	f->purpose = -1;
	if (use == NULL)
		return 0;
	f->purpose = names_find(&voc->purposes, str_of(use));
	if (f->purpose < 0)
		return control_error(c, ERR_USAGE, "`purposes:` of policy.yaml "
		    "lists them", "no purpose %s in the policy", use);
	f->block = (voc->block_purposes >> f->purpose & 1) != 0;
	return 0;
}

/* A circle that the policy lacks would be an empty file, too. */
static int
circle_read(struct control *c, const json_t *args, struct export_filter *f)
{
	struct policy_circle_facts facts;
	const char *name;

	f->circle = -1;
	TRY(control_filter(c, args, "circle", &name));
	if (name == NULL)
		return 0;
	for (int i = 0; policy_circle_at(f->v->policy, (size_t)i, &facts); i++)
		if (strcmp(facts.id, name) == 0) {
			f->circle = i;
			return 0;
		}
	return control_error(c, ERR_USAGE, "comityctl circle list",
	    "no circle %s in the policy", name);
}

/* Everything at once is for those whom the daemon trusts with its store. */
static int
desk_needed(struct control *c, const json_t *args)
{
	uint32_t uid = control_uid(c);

	if (json_object_get(args, "desk") != NULL || uid == 0 ||
	    uid == (uint32_t)geteuid())
		return 0;
	return control_error(c, ERR_DENIED, "name one: --desk NAME",
	    "only root and the daemon's own user may export for every desk");
}

int
export_filter_read(struct control *c, const json_t *args,
    struct export_filter *out)
{
	struct export_filter f = { .v = control_vault(c) };
	int64_t confidence = -1;

	TRY(desk_needed(c, args));
	TRY(desk_view_read(c, args, &f.view));
	TRY(list_read(c, args, "kind", &f.kinds));
	TRY(list_read(c, args, "type", &f.types));
	TRY(list_read(c, args, "tag", &f.tags));
	TRY(kinds_known(c, &f));
	TRY(count_read(c, args, "confidence", 100, &confidence));
	TRY(count_read(c, args, "age_ms", INT64_MAX, &f.age_ms));
	TRY(use_read(c, args, &f));
	TRY(circle_read(c, args, &f));
	f.confidence = (int)confidence;
	f.versions = json_is_true(json_object_get(args, "versions"));
	f.current = json_is_true(json_object_get(args, "current"));
	f.opinions = json_is_true(json_object_get(args, "opinions"));
	f.credibility = json_is_true(json_object_get(args, "credibility"));
	*out = f;
	return 0;
}

/* ---- one record ---- */

static bool
list_has(const json_t *list, const char *text)
{
	const json_t *v;
	size_t i;

	if (text != NULL)
		json_array_foreach(list, i, v)
			if (strcmp(json_string_value(v), text) == 0)
				return true;
	return false;
}

static bool
has_tag(const json_t *wanted, const json_t *object)
{
	const json_t *v;
	size_t i;

	json_array_foreach(json_object_get(object, "labels"), i, v)
		if (list_has(wanted, json_string_value(v)))
			return true;
	return false;
}

static bool
object_wanted(const struct export_filter *f, const json_t *object)
{
	const json_t *confidence = json_object_get(object, "confidence");

	if (f->types != NULL && !list_has(f->types, json_string_value(
	    json_object_get(object, "type"))))
		return false;
	if (f->tags != NULL && !has_tag(f->tags, object))
		return false;
	return f->confidence < 0 || (json_is_integer(confidence) &&
	    json_integer_value(confidence) >= f->confidence);
}

/* Is the object's time `name` at or before now?  Absent: no. */
static bool
is_past(const json_t *object, const char *name, unix_ms_t now)
{
	const char *text = json_string_value(json_object_get(object, name));
	struct stix_time t, then = { .seconds = now.ms / 1000,
	    .nanos = (uint32_t)(now.ms % 1000) * 1000000 };

	return text != NULL && stix_time_parse(str_of(text), &t) == 0 &&
	    stix_time_cmp(&t, &then) <= 0;
}

static enum export_left
not_current(const json_t *object, unix_ms_t now)
{
	if (json_is_true(json_object_get(object, "revoked")))
		return EXPORT_REVOKED;
	if (is_past(object, "valid_until", now))
		return EXPORT_EXPIRED;
	if (json_object_get(object, "valid_from") != NULL &&
	    !is_past(object, "valid_from", now))
		return EXPORT_NOT_YET;
	return EXPORT_TAKEN;
}

/* May what has this label be used so, by one of the desks that ask? */
static enum export_left
not_usable(const struct export_filter *f, const struct store_record *r,
    const struct label *label)
{
	const struct policy *p = f->v->policy;
	const struct vocabulary *voc = policy_vocabulary(p);
	unix_ms_t now = vault_now(f->v);

	if (f->purpose < 0)
		return EXPORT_TAKEN;
	if (f->block && label->pap > PAP_GREEN)
		return EXPORT_PAP;
	if ((label->purposes >> f->purpose & 1) == 0)
		return EXPORT_PURPOSE;
	for (int desk = f->view.first; desk < f->view.first + f->view.n;
	    desk++) {
		uint32_t uses = policy_desk_uses(p, desk);

		for (size_t d = 0; d < voc->domains.n; d++)
			if ((uses >> d & 1) != 0 && (voc->domain_purposes[d] >>
			    f->purpose & 1) != 0 && gate_answer_local(
			    f->v->gate, r, desk, now) == 1)
				return EXPORT_TAKEN;
	}
	return EXPORT_PURPOSE;
}

/*
 * What blocks does harm where it is wrong: somebody whom the policy deems
 * reliable enough for it reports the value, or we do, and it is nothing that
 * must not be blocked.
 */
static enum export_left
not_blockable(const struct export_filter *f, const struct store_record *r,
    const struct belief *x)
{
	AUTO_BUF struct buf why = { 0 };

	if (!f->block || x->own)
		return EXPORT_TAKEN;
	if ((int)x->band > (int)policy_trust(f->v->policy)->blocking)
		return EXPORT_UNRELIABLE;
	return warnings_is_listed(f->v, r->bytes, &why) ? EXPORT_WARNING :
	    EXPORT_TAKEN;
}

static json_t *
record_fields(struct vault *v, const struct store_record *r,
    const struct label *label)
{
	AUTO(arena_free) struct arena *arena = arena_new(NAME_ARENA_BYTES);
	const struct vocabulary *voc = policy_vocabulary(v->policy);
	struct str source = STR("unknown");
	char received[TIME_TEXT_MAX];

	if (r->source == 0)
		source = str_of(v->cert_id);
	else
		(void)!store_name(v->store, r->source, arena, &source);
	return json_pack("{s:s%, s:s, s:s, s:s, s:s%, s:s}",
	    "object", r->bytes.p, r->bytes.n,
	    "kind", label->kind < voc->kinds.n ? voc->kinds.v[label->kind] :
	    voc->kinds.v[0], "tlp", tlp_name(label->tlp), "pap",
	    pap_name(label->pap), "source", source.p, source.n, "received",
	    time_format(received, r->received));
}

/* What the store alone tells, before the object is read. */
static bool
row_wanted(const struct export_filter *f, const struct store_record *r)
{
	if ((r->flags & (RECORD_TOMBSTONE | RECORD_RELABELLED |
	    RECORD_DERIVED | RECORD_HELD)) != 0)
		return false;
	return f->age_ms == 0 ||
	    r->received.ms >= vault_now(f->v).ms - f->age_ms;
}

/* What we think of it, if that was made by now and these desks may see it. */
static void
add_opinion(const struct desk_view *view, const struct store_record *r,
    json_t *fields)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	json_t *object = json_loadb(r->bytes.p, r->bytes.n, 0, NULL);
	const char *id = json_string_value(json_object_get(object, "id"));
	struct store_record opinion;

	if (id != NULL && opinions_find(view->v, str_of(id), arena,
	    &opinion) == 0 && desk_view_shows(view, &opinion))
		(void)json_object_set_new(fields, "opinion", json_stringn(
		    opinion.bytes.p, opinion.bytes.n));
	json_decref(object);
}

static enum export_left
record_take(const struct export_filter *f, const struct store_record *r,
    const struct label *label, json_t **out)
{
	enum export_left left;
	struct belief belief;
	json_t *fields;

	if ((f->block || f->credibility) &&
	    belief_of(f->beliefs, r, &belief) < 0)
		return EXPORT_FILTERED;
	left = f->block ? not_blockable(f, r, &belief) : EXPORT_TAKEN;
	if (left != EXPORT_TAKEN)
		return left;
	fields = record_fields(f->v, r, label);
	if (fields == NULL)
		return EXPORT_FILTERED;
	if (f->credibility)
		(void)json_object_set_new(fields, "belief",
		    belief_json(&belief));
	if (f->opinions && r->source != 0)
		add_opinion(&f->view, r, fields);
	*out = fields;
	return EXPORT_TAKEN;
}

enum export_left
export_record(const struct export_filter *f, const struct store_record *r,
    json_t **out)
{
	const struct vocabulary *voc = policy_vocabulary(f->v->policy);
	enum export_left left = EXPORT_FILTERED;
	struct label label;
	json_t *object;

	if (!row_wanted(f, r) || !desk_view_shows(&f->view, r) ||
	    gate_label(f->v->gate, r, &label) < 0)
		return EXPORT_FILTERED;
	if (f->kinds != NULL && (label.kind >= voc->kinds.n ||
	    !list_has(f->kinds, voc->kinds.v[label.kind])))
		return EXPORT_FILTERED;
	if (f->circles != NULL && f->circle >= 0 && (feed_circles_of(
	    f->circles, r, vault_now(f->v)) >> f->circle & 1) == 0)
		return EXPORT_FILTERED;
	object = json_loadb(r->bytes.p, r->bytes.n, JSON_REJECT_DUPLICATES,
	    NULL);
	if (object != NULL && object_wanted(f, object)) {
		left = EXPORT_TAKEN;
		if ((r->flags & RECORD_SUPERSEDED) != 0 && !f->versions)
			left = EXPORT_SUPERSEDED;
		if (left == EXPORT_TAKEN && f->current)
			left = not_current(object, vault_now(f->v));
		if (left == EXPORT_TAKEN)
			left = not_usable(f, r, &label);
	}
	json_decref(object);
	return left == EXPORT_TAKEN ? record_take(f, r, &label, out) : left;
}

json_t *
export_left_json(const size_t counts[EXPORT_LEFT_COUNT])
{
	static const char *const names[EXPORT_LEFT_COUNT] = {
		[EXPORT_PAP] = "pap", [EXPORT_PURPOSE] = "purpose",
		[EXPORT_EXPIRED] = "expired", [EXPORT_NOT_YET] =
		"not-yet-valid", [EXPORT_REVOKED] = "revoked",
		[EXPORT_SUPERSEDED] = "superseded",
		[EXPORT_UNRELIABLE] = "unreliable", [EXPORT_WARNING] =
		"warning-list",
	};
	json_t *o = json_object();

	for (size_t i = 0; i < EXPORT_LEFT_COUNT; i++)
		if (names[i] != NULL && counts[i] > 0)
			(void)json_object_set_new(o, names[i],
			    json_integer((json_int_t)counts[i]));
	return o;
}

/* ---- one page ---- */

struct page {
	struct export_filter filter;
	json_t *list;			/* owned until the reply has it */
	size_t left[EXPORT_LEFT_COUNT];
	size_t bytes;
	int64_t last;			/* sequence looked at last */
};

static int
on_record(void *arg, const struct store_record *r)
{
	struct page *p = arg;
	json_t *fields;
	enum export_left left = export_record(&p->filter, r, &fields);

	p->left[left]++;
	if (left == EXPORT_TAKEN) {
		p->bytes += 2 * r->bytes.n + 256;
		(void)json_array_append_new(p->list, fields);
	}
	p->last = r->seq;
	return p->bytes > REPLY_BYTES;
}

/*
 * What the answer to an export rests on, but for time: while it is the same,
 * so is the answer.
 */
static void
mark_of(struct vault *v, char dst[static 2 * DIGEST_BYTES + 1])
{
	AUTO_BUF struct buf b = { 0 };
	struct store_stats stats;
	struct digest digest;
	uint8_t epoch[16];

	store_epoch(v->store, epoch);
	store_stats(v->store, &stats);
	buf_add(&b, epoch, sizeof(epoch));
	buf_addf(&b, "%" PRId64 " %" PRIu64 " %" PRIu64,
	    store_last_seq(v->store), stats.tombstones,
	    gate_generation(v->gate));
	belief_mark(v, &b);
	digest = sha256_of(b.p, b.n);
	hex_encode(dst, digest.b, 8);
}

void
control_export_mark(struct control *c, const json_t *args)
{
	char mark[2 * DIGEST_BYTES + 1];

	(void)args;
	mark_of(control_vault(c), mark);
	control_reply(c, json_pack("{s:s}", "mark", mark));
}

void
control_export(struct control *c, const json_t *args)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct vault *v = control_vault(c);
	mono_ms_t began = clock_mono();
	char text[2 * DIGEST_BYTES + 1];
	struct page p = { 0 };
	json_t *fields;
	int64_t from;
	int rc = 0;

	if (export_filter_read(c, args, &p.filter) < 0 ||
	    control_since(c, args, 'e', &p.last) < 0)
		return;
	p.list = json_array();
	p.filter.circles = feed_circles_new(v->gate);
	p.filter.beliefs = beliefs_new(&p.filter.view);
	mark_of(v, text);
	do {
		from = p.last;
		arena_reset(arena);
		rc = store_scan(v->store, from, SLICE_RECORDS, arena,
		    on_record, &p);
	} while (rc >= 0 && p.last != from && p.bytes <= REPLY_BYTES &&
	    clock_mono().ms - began.ms < SLICE_MS);
	feed_circles_free(p.filter.circles);
	beliefs_free(p.filter.beliefs);
	if (rc < 0) {
		json_decref(p.list);
		(void)control_error(c, rc, NULL, "the store could not be "
		    "read: %s", err_text(rc));
		return;
	}
	fields = json_pack("{s:o, s:o, s:s}", "records", p.list, "left",
	    export_left_json(p.left), "mark", text);
	if (p.last < store_last_seq(v->store)) {
		snprintf(text, sizeof(text), "e%" PRIx64, p.last);
		(void)json_object_set_new(fields, "next", json_string(text));
	}
	control_reply(c, fields);
}
