#include "gate/admit_private.h"

#include <stdio.h>
#include <string.h>

#include "record/marking.h"

/* Space "apart", key the record: the number of a label. */
#define APART "apart"

int
admit_apart_label(struct gate *g, const struct store_record *r,
    int64_t *out)
{
	AUTO(arena_free) struct arena *arena = arena_new(KIB(4));
	struct str value;
	char key[24];

	snprintf(key, sizeof(key), "%lld", (long long)r->seq);
	TRY(store_value(g->o.store, APART, key, arena, &value));
	if (value.n != sizeof(*out))
		return ERR_STORE;
	memcpy(out, value.p, sizeof(*out));
	return 0;
}

void
admit_refuse(struct admit_verdict *v, enum refusal refusal,
    const char *text)
{
	v->refusal = refusal;
	snprintf(v->text, sizeof(v->text), "%s", text);
}

void
admit_refuse_answer(const struct policy *p, const struct gate_answer *a,
    struct admit_verdict *out)
{
	const char *by = policy_rule_id(p, a->by);
	enum refusal refusal = a->outcome == OUTCOME_FORBID ?
	    REFUSAL_WALL : REFUSAL_POLICY;
	char text[256];

	snprintf(text, sizeof(text), "%s by %s", outcome_name(a->outcome),
	    by[0] != '\0' ? by : reason_name(a->reason));
	admit_refuse(out, refusal, text);
}

bool
admit_is_for_us(const struct policy *p, const struct label *l)
{
	const struct policy_org *self = policy_org(p, 0);

	for (int i = 0; i < self->ndesks; i++)
		if (desk_set_has(&l->audience,
		    (unsigned)(self->first_desk + i)))
			return true;
	return false;
}

static void
verdict_id(struct admit_verdict *v, struct str id)
{
	snprintf(v->id, sizeof(v->id), "%.*s", (int)id.n, id.p);
}

struct marking_search {
	const struct admit *a;
	struct version_from from;
	struct str bytes;
};

static int
on_marking(void *arg, const struct store_record *r)
{
	struct marking_search *s = arg;
	int there;

	if ((r->flags & (RECORD_TOMBSTONE | RECORD_HELD)) != 0)
		return 0;
	TRY(there = version_is_there(s->a->g, r, &s->from));
	s->bytes = r->bytes;
	return there;
}

static struct version_from
admit_from(const struct admit *a)
{
	return (struct version_from){ a->origin, a->in != NULL &&
	    a->in->walled ? a->in->desk : -1, a->now, a->source };
}

struct str
admit_marking(void *arg, struct str id)
{
	struct admit *a = arg;
	struct marking_search s = { a, admit_from(a), STR("") };

	/* It may have come just before, in this very batch. */
	for (size_t i = 0; i < a->waiting.n; i++)
		if (str_eq(a->waiting.v[i].rec.id, id))
			return a->waiting.v[i].rec.bytes;
	if (store_find_id(a->g->o.store, id, a->arena, on_marking,
	    &s) <= 0)
		return STR("");
	return s.bytes;
}

bool
admit_waits(const struct admit *a, struct str id)
{
	for (size_t i = 0; i < a->waiting.n; i++)
		if (str_eq(a->waiting.v[i].rec.id, id))
			return true;
	return false;
}

int
admit_read(struct admit *a, struct str bytes, struct stix_object *o,
    struct admit_verdict *out)
{
	struct version_verdict *version = &a->version;
	struct version_from from = admit_from(a);
	struct stix_problem problem;

	if (stix_read(a->g->reader, bytes, o, &problem) != 0) {
		verdict_id(out, o->id);
		admit_refuse(out, problem.refusal, problem.text);
		return 0;
	}
	verdict_id(out, o->id);
	TRY(version_check(a->g, o, &from, version));
	out->unchanged = version->unchanged;
	out->conflict = version->conflict;
	if (version->refusal == REFUSAL_NONE)
		return 1;
	out->unchanged = false;
	admit_refuse(out, version->refusal, version->text);
	return 0;
}

int
admit_put(struct admit *a, struct admitted *w)
{
	char key[24];

	TRY(store_put(a->g->o.store, &w->rec, w->keys.v, w->keys.n,
	    &w->rec.seq));
	if (w->apart != 0) {
		snprintf(key, sizeof(key), "%lld", (long long)w->rec.seq);
		TRY(store_set(a->g->o.store, APART, key, (struct str){
		    (const char *)&w->apart, sizeof(w->apart) }));
	}
	return w->replaces == NULL ? 0 :
	    version_replace(a->g, w->replaces);
}

int
admit_describe(struct admit *a, const struct stix_object *o,
    struct admitted *w, struct admit_verdict *out)
{
	TRY(observables_of(o, a->arena, &w->keys));
	w->rec.id.n = o->id.n;
	w->rec.id.p = arena_dup(a->arena, o->id.p, o->id.n);
	if (w->rec.id.p == NULL)
		return ERR_LIMIT;
	w->rec.bytes = o->bytes;
	w->rec.received = a->now;
	w->rec.modified_us = version_us(o);
	w->rec.flags |= (o->nrefs > 0 ? RECORD_HAS_REFS : 0) |
	    (a->version.apart ? RECORD_APART : 0) |
	    (a->version.superseded ? RECORD_SUPERSEDED : 0) |
	    (o->revoked ? RECORD_REVOKED : 0) |
	    (w->keys.unparsable ? RECORD_UNKEYED : 0);
	if (a->version.unchanged || a->version.nolder > 0) {
		w->replaces = arena_dup(a->arena, &a->version,
		    sizeof(a->version));
		if (w->replaces == NULL)
			return ERR_LIMIT;
	}
	out->unkeyed = w->keys.unparsable;
	if (w->keys.unparsable)
		snprintf(out->text, sizeof(out->text),
		    "stored, but not found by its pattern: %s",
		    w->keys.why);
	return 0;
}

int
admit_label_sequence(struct admit *a, struct label *label)
{
	const struct version_verdict *version = &a->version;
	const struct version_row *row = version->unchanged ?
	    &version->same : &version->before;
	AUTO_BUF struct buf text = { 0 };
	struct label old;
	struct str was;

	if (row->seq == 0 || (row->flags &
	    (RECORD_OWN | RECORD_FETCHED)) == 0)
		return row->seq == 0;
	TRY(version_label(a->g, row, &old));
	if (label->seq > old.seq)
		return 1;
	label->seq = old.seq;
	TRY(store_label(a->g->o.store, row->label, a->g->scratch, &was));
	label_encode(label, policy_vocabulary(a->g->policy), &text);
	if (str_eq(buf_str(&text), was))
		return 0;
	label->seq++;
	return 1;
}
