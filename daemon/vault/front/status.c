#include "vault/front/private.h"

#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "vault/front/select.h"
#include "wire/field.h"

/*
 * Space "front-status", key the id: who posted (desk, kind of login, name),
 * then the resource.  Space "front-status-at", key the time and the id, so
 * that what is old is found first.
 */
#define SPACE "front-status"
#define SPACE_AT "front-status-at"
#define ARENA_BYTES MIB(2)
#define PURGE_MAX 200		/* at a time */

/*
 * Of the lists together.  A list that is not whole is left out (TAXII 2.1
 * 4.3.1: it has as many entries as its counter says).
 */
#define LISTS_MAX (768 << 10)

struct front_status {
	unix_ms_t begun;
	size_t total, nsuccess, nfailure;
	struct buf owner;		/* who may read it */
	struct buf successes, failures;
	bool cut_successes, cut_failures;
};

/* Whose it is, before the resource. */
static void
owner_out(const struct front *f, const struct front_client *who,
    struct buf *out)
{
	out_str8(out, str_of(f->desk));
	out_u8(out, who->login);
	out_str8(out, str_of(who->name));
}

struct front_status *
front_status_new(const struct front_request *r,
    const struct front_client *who, size_t total)
{
	struct front_status *s = mem_new(struct front_status);

	s->total = total;
	s->begun = vault_now(r->f->v);
	owner_out(r->f, who, &s->owner);
	return s;
}

void
front_status_free(struct front_status *s)
{
	if (s == NULL)
		return;
	buf_clear(&s->owner);
	buf_clear(&s->successes);
	buf_clear(&s->failures);
	free(s);
}

/* One entry of a list (TAXII 2.1 4.3.2). */
static void
entry_add(struct front_status *s, struct buf *list, const struct str *part,
    const char *why)
{
	char at[TIME_TEXT_MAX], text[FRONT_VERSION_MAX];
	AUTO(mem_free) char *dump = NULL;
	struct str version = front_version_text(part[1], s->begun.ms * 1000,
	    text);
	json_t *entry = json_pack("{s:s%, s:s%}", "id", part[0].p, part[0].n,
	    "version", version.p, version.n);

	(void)at;
	if (entry == NULL)
		entry = json_pack("{s:s, s:s}", "id", "unknown", "version",
		    time_format_us(at, s->begun.ms * 1000));
	if (why != NULL)
		(void)json_object_set_new(entry, "message",
		    json_string(why));
	dump = json_dumps(entry, JSON_COMPACT);
	json_decref(entry);
	buf_addf(list, "%s%s", list->n == 0 ? "" : ",",
	    dump == NULL ? "{}" : dump);
}

static void
list_cut(struct buf *list, bool *cut)
{
	*cut = true;
	buf_clear(list);
}

void
front_status_success(struct front_status *s, struct str id,
    struct str object)
{
	s->nsuccess++;
	if (s->cut_successes)
		return;
	entry_add(s, &s->successes, (struct str[]){ id, object }, NULL);
	if (s->successes.n + s->failures.n > LISTS_MAX)
		list_cut(&s->successes, &s->cut_successes);
}

void
front_status_failure(struct front_status *s, struct str id,
    struct str object, const char *why)
{
	struct str found;

	s->nfailure++;
	if (s->cut_failures)
		return;
	/* What is no id is shown as it came, as far as it goes. */
	if (id.n == 0 && front_member(object, "id", &found) == 0)
		id = field_cut(found, TAXII_ID_MAX);
	if (id.n == 0)
		id = STR("unknown");
	entry_add(s, &s->failures, (struct str[]){ id, object }, why);
	if (s->successes.n + s->failures.n > LISTS_MAX)
		list_cut(&s->successes, &s->cut_successes);
	if (s->failures.n > LISTS_MAX)
		list_cut(&s->failures, &s->cut_failures);
}

static void
status_json(const struct front_status *s, const char *id, struct buf *out)
{
	char at[TIME_TEXT_MAX];

	buf_addf(out, "{\"id\":\"%s\",\"status\":\"complete\","
	    "\"request_timestamp\":\"%s\",\"total_count\":%zu,"
	    "\"success_count\":%zu,\"failure_count\":%zu,"
	    "\"pending_count\":0", id, time_format_us(at, s->begun.ms * 1000),
	    s->total, s->nsuccess, s->nfailure);
	if (s->successes.n > 0)
		buf_addf(out, ",\"successes\":[%s]", s->successes.p);
	if (s->failures.n > 0)
		buf_addf(out, ",\"failures\":[%s]", s->failures.p);
	buf_addc(out, '}');
}

int
front_status_keep(struct vault *v, const struct front_status *s,
    struct buf *out)
{
	AUTO_BUF struct buf value = { 0 };
	char id[FRONT_UUID_CHARS + 1], key[80];
	uint8_t random[16];

	crypto_random(random, sizeof(random));
	front_uuid(random, id);
	snprintf(key, sizeof(key), "%020lld %s", (long long)s->begun.ms, id);
	status_json(s, id, out);
	buf_add(&value, s->owner.p, s->owner.n);
	buf_add(&value, out->p, out->n);
	TRY(store_set(v->store, SPACE, id, buf_str(&value)));
	return store_set(v->store, SPACE_AT, key, STR(""));
}

enum front_step
front_status_read(struct front_request *r)
{
	const struct front_client *who = front_who(r);
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	AUTO_BUF struct buf owner = { 0 };
	char id[TAXII_ID_MAX + 1];
	struct str value;
	int rc;

	if (who == NULL)
		return FRONT_OVER;
	memcpy(id, r->q.object.p, r->q.object.n);
	id[r->q.object.n] = '\0';
	owner_out(r->f, who, &owner);
	rc = r->q.object.n != FRONT_UUID_CHARS ? ERR_NOT_FOUND :
	    store_value(r->f->v->store, SPACE, id, arena, &value);
	if (rc < 0 && rc != ERR_NOT_FOUND)
		return front_failed(r, rc);
	if (rc < 0 || value.n < owner.n ||
	    memcmp(value.p, owner.p, owner.n) != 0)
		return front_answer(r, TAXII_NOT_FOUND,
		    "there is no such status");
	return front_answer_body(r, (struct str){ value.p + owner.n,
	    value.n - owner.n });
}

/* ---- those that are too old ---- */

struct purge {
	char key[PURGE_MAX][80];
	size_t n;
	unix_ms_t before;
};

/* Keys come in order, and so in order of time. */
static int
on_status(void *arg, const char *key, struct str value)
{
	struct purge *p = arg;

	(void)value;
	if (p->n == PURGE_MAX || atoll(key) >= p->before.ms)
		return 1;
	snprintf(p->key[p->n++], sizeof(p->key[0]), "%s", key);
	return 0;
}

int
front_status_purge(struct vault *v)
{
	AUTO(mem_free) struct purge *p = mem_new(struct purge);
	int rc;

	p->before = (unix_ms_t){ vault_now(v).ms -
	    HOUR(FRONT_STATUS_HOURS) };
	rc = store_values(v->store, SPACE_AT, on_status, p);
	if (rc >= 0 && p->n > 0)
		rc = turn_open(v->turn);
	for (size_t i = 0; rc >= 0 && i < p->n; i++) {
		rc = store_unset(v->store, SPACE, p->key[i] + 21);
		if (rc == 0)
			rc = store_unset(v->store, SPACE_AT, p->key[i]);
	}
	return rc < 0 ? rc : 0;
}
