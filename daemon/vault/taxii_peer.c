#include "vault/taxii_peer.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gate/admit.h"
#include "host/clock.h"
#include "host/counters.h"
#include "host/log.h"
#include "net/loop.h"
#include "vault/consult/consult.h"
#include "vault/outbound.h"
#include "vault/taxii_private.h"
#include "vault/trust/evidence.h"
#include "warning/warning.h"
#include "wire/message.h"
#include "wire/msg_control.h"

#define CURSORS "taxii-cursor"
#define REFUSED "taxii-refused"
#define AFTER_BYTES 64

/* ---- the channel ---- */

void
taxii_end(struct taxii_peer *t)
{
	turn_cancel(t->v->turn, t);
	channel_free(t->channel);
	t->channel = NULL;
	t->stored_waits = false;
	snprintf(t->state, sizeof(t->state), "starting");
	taxii_push_forget(t);
}

static void
cursor_key(const struct taxii_peer *t, const char *collection,
    char dst[static CERT_ID_MAX + SETTINGS_COLLECTION_BYTES + 2])
{
	snprintf(dst, CERT_ID_MAX + SETTINGS_COLLECTION_BYTES + 2, "%s %s",
	    t->is.peer, collection);
}

/* Of another server a time says nothing: its url stands behind it. */
static struct str
cursor_of(const struct taxii_peer *t, struct str value)
{
	size_t n = 0;

	while (n < value.n && value.p[n] != ' ')
		n++;
	if (n == value.n || !str_eqz((struct str){ value.p + n + 1,
	    value.n - n - 1 }, t->is.url))
		return STR("");
	return (struct str){ value.p, n };
}

static json_t *
collection_json(struct taxii_peer *t, const char *id)
{
	char key[CERT_ID_MAX + SETTINGS_COLLECTION_BYTES + 2];
	AUTO(arena_free) struct arena *arena = arena_new(KIB(4));
	struct str value, after = STR("");

	cursor_key(t, id, key);
	if (store_value(t->v->store, CURSORS, key, arena, &value) == 0)
		after = cursor_of(t, value);
	return json_pack("{s:s, s:s%}", "id", id, "after", after.p,
	    after.n);
}

static bool
was_refused(struct taxii_peer *t)
{
	AUTO(arena_free) struct arena *arena = arena_new(KIB(4));
	struct str value;

	return store_value(t->v->store, REFUSED, t->is.peer, arena,
	    &value) == 0;
}

/* What to do, and from where on. */
static void
send_start(struct taxii_peer *t)
{
	json_t *list = json_array(), *f;
	char *text;

	t->refused = was_refused(t);
	for (size_t i = 0; i < t->is.npoll; i++)
		(void)json_array_append_new(list,
		    collection_json(t, t->is.poll[i]));
	f = json_pack("{s:o, s:s, s:I}", "collections", list, "push",
	    t->is.push, "interval_ms", (json_int_t)t->is.interval_ms);
	text = json_dumps(f, JSON_COMPACT);
	channel_send(t->channel, MESSAGE_CLIENT_START, str_of(text));
	free(text);
	json_decref(f);
}

/* ---- what was polled ---- */

static void
count_verdicts(struct taxii_peer *t, const struct admit_verdict *v, size_t n)
{
	size_t refused = 0, unchanged = 0, first = 0;

	for (size_t i = 0; i < n; i++) {
		if (v[i].refusal != REFUSAL_NONE && refused++ == 0)
			first = i;
		unchanged += v[i].unchanged;
		if (v[i].held)
			consult_held(t->v->consult);
		if (v[i].refusal == REFUSAL_NONE && v[i].unchecked &&
		    warning_is_empty(t->v->warnings))
			counter_inc(CTR_UNCHECKED);
	}
	t->p->counts.refused += refused;
	t->p->counts.unchanged += unchanged;
	t->p->counts.received += n - refused - unchanged;
	counter_add(CTR_RECORDS_REFUSED, refused);
	counter_add(CTR_RECORDS_UNCHANGED, unchanged);
	counter_add(CTR_RECORDS_RECEIVED, n - refused - unchanged);
	if (refused > 0)
		log_notice("taxii-refused", "peer=%s objects=%zu first=%s "
		    "why=\"%s\"", t->is.peer, refused, v[first].id,
		    v[first].text);
}

/* Is that what another policy might take? */
static bool
is_by_policy(enum refusal r)
{
	return r == REFUSAL_POLICY || r == REFUSAL_WALL ||
	    r == REFUSAL_LABEL;
}

/* Remember that something was kept out, until the policy is another. */
static int
note_refused(struct taxii_peer *t, const struct admit_verdict *v, size_t n)
{
	bool any = false;

	for (size_t i = 0; i < n; i++)
		any = any || is_by_policy(v[i].refusal);
	if (!any || t->refused)
		return 0;
	TRY(store_set(t->v->store, REFUSED, t->is.peer, STR("1")));
	t->refused = true;
	return 0;
}

static int
forget_cursors(struct taxii_peer *t)
{
	char key[CERT_ID_MAX + SETTINGS_COLLECTION_BYTES + 2];

	TRY(turn_open(t->v->turn));
	for (size_t i = 0; i < t->is.npoll; i++) {
		cursor_key(t, t->is.poll[i], key);
		TRY(store_unset(t->v->store, CURSORS, key));
	}
	return store_unset(t->v->store, REFUSED, t->is.peer);
}

void
taxii_ask_again(struct taxii_peer *t)
{
	struct peer *p = t->p;
	mono_ms_t now = clock_mono();
	int rc;

	if (!p->ask_again || (p->asked_again.ms != 0 &&
	    now.ms - p->asked_again.ms < ASK_AGAIN_MS))
		return;
	p->ask_again = false;
	p->asked_again = now;
	if (!t->refused)
		return;
	/* Its process starts anew, and from the beginning. */
	taxii_end(t);
	t->refused = false;
	rc = forget_cursors(t);
	if (rc < 0) {
		turn_fail(t->v->turn, rc);
		p->ask_again = true;
	}
	log_info("taxii-again", "peer=%s", t->is.peer);
}

/* Their turn is over; if it failed, where to go on must not be kept. */
static void
on_objects(void *arg, bool ok)
{
	if (!ok)
		taxii_end(arg);
}

/* What the peer says speaks for it, or against it, as with others. */
static int
note_evidence(struct taxii_peer *t, const struct msg_objects *m,
    const struct admit_verdict *v)
{
	for (size_t i = 0; i < m->n; i++)
		if (v[i].refusal == REFUSAL_NONE && !v[i].unchanged)
			TRY(evidence_object(t->v->evidence, m->v[i],
			    str_of(t->is.peer)));
	return 0;
}

static int
admit_objects(struct taxii_peer *t, const struct msg_objects *m)
{
	struct admit_verdict *v = mem_array(struct admit_verdict, m->n);
	int rc = admit_fetched(t->v->gate, &(struct admit_fetch){
	    .party = &t->p->party, .sender = t->is.peer, .v = m->v,
	    .n = m->n, .now = vault_now(t->v) }, v);

	if (rc == 0)
		rc = note_evidence(t, m, v);
	if (rc == 0)
		rc = note_refused(t, v, m->n);
	if (rc == 0)
		count_verdicts(t, v, m->n);
	free(v);
	return rc;
}

static int
take_objects(struct taxii_peer *t, struct str payload)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(1));
	struct msg_objects m;
	int rc;

	TRY(msg_objects_decode(payload, arena, &m));
	TRY(turn_open(t->v->turn));
	rc = admit_objects(t, &m);
	if (rc < 0) {
		turn_fail(t->v->turn, rc);
		return rc;
	}
	rate_take(&t->p->rate, &t->v->settings->limits, m.n, clock_mono());
	turn_after(t->v->turn, on_objects, t);
	turn_wake(t->v->turn);
	return 0;
}

static void
on_page(void *arg, bool ok)
{
	struct taxii_peer *t = arg;

	if (!ok) {
		taxii_end(t);
		return;
	}
	t->stored_waits = true;
	t->p->last_contact = clock_unix();
	taxii_peer_tick(t);
}

void
taxii_peer_tick(struct taxii_peer *t)
{
	taxii_ask_again(t);
	if (!t->stored_waits || t->channel == NULL || !rate_allows(
	    &t->p->rate, &t->v->settings->limits, clock_mono()))
		return;
	t->stored_waits = false;
	channel_send(t->channel, MESSAGE_CLIENT_STORED, STR(""));
}

static bool
is_polled(const struct taxii_peer *t, const char *collection)
{
	for (size_t i = 0; i < t->is.npoll; i++)
		if (strcmp(t->is.poll[i], collection) == 0)
			return true;
	return false;
}

/* The end of a page: where to go on is on disk when all of it is. */
static int
take_polled(struct taxii_peer *t, const json_t *f)
{
	char key[CERT_ID_MAX + SETTINGS_COLLECTION_BYTES + 2];
	const char *id = json_string_value(json_object_get(f,
	    "collection"));
	const char *after = json_string_value(json_object_get(f, "after"));
	AUTO_BUF struct buf value = { 0 };
	int rc;

	if (id == NULL || after == NULL || strlen(after) >= AFTER_BYTES ||
	    strchr(after, ' ') != NULL || !is_polled(t, id))
		return ERR_SYNTAX;
	cursor_key(t, id, key);
	buf_addf(&value, "%s %s", after, t->is.url);
	TRY(turn_open(t->v->turn));
	rc = store_set(t->v->store, CURSORS, key, buf_str(&value));
	if (rc < 0) {
		turn_fail(t->v->turn, rc);
		return rc;
	}
	turn_after(t->v->turn, on_page, t);
	return 0;
}

/* ---- how it is ---- */

static int
take_state(struct taxii_peer *t, const json_t *f)
{
	static const char *const states[] = { "polling", "waiting",
	    "failing" };
	const char *state = json_string_value(json_object_get(f, "state"));
	const char *text = json_string_value(json_object_get(f, "text"));

	if (state == NULL || text == NULL)
		return ERR_SYNTAX;
	for (size_t i = 0; i < NELEM(states); i++) {
		if (strcmp(states[i], state) != 0)
			continue;
		if (i != 0)
			snprintf(t->p->last_state,
			    sizeof(t->p->last_state), "%s",
			    i == 2 ? text : "");
		if (i == 1)
			t->p->last_contact = clock_unix();
		if (strcmp(t->state, state) != 0)
			t->p->since = clock_unix();
		snprintf(t->state, sizeof(t->state), "%s", state);
		return 0;
	}
	return ERR_SYNTAX;
}

static int
handle_json(struct taxii_peer *t, const struct frame *frame)
{
	json_t *f = json_loadb(frame->payload.p, frame->payload.n, 0, NULL);
	int rc = ERR_SYNTAX;

	if (frame->type == MESSAGE_CLIENT_POLLED)
		rc = take_polled(t, f);
	else if (frame->type == MESSAGE_CLIENT_STATE)
		rc = take_state(t, f);
	json_decref(f);
	return rc;
}

static void
on_frame(void *arg, const struct frame *f, int fd)
{
	struct taxii_peer *t = arg;
	int rc;

	(void)fd;	/* none can come over this carrier */
	if (f->type == MESSAGE_CLIENT_OBJECTS)
		rc = take_objects(t, f->payload);
	else if (f->type == MESSAGE_CLIENT_PUSHED)
		rc = taxii_pushed(t, f->payload);
	else
		rc = handle_json(t, f);
	if (rc == 0)
		return;
	log_error("client-message", "peer=%s type=%s error=%s", t->is.peer,
	    message_name(f->type), err_name(rc));
	taxii_end(t);
}

static void
on_closed(void *arg, int code)
{
	struct taxii_peer *t = arg;

	log_notice("client-gone", "peer=%s error=%s", t->is.peer,
	    err_name(code));
	taxii_end(t);
}

void
taxii_peer_adopt(struct vault *v, int fd, struct str peer)
{
	static const struct channel_handler handler = {
		.carrier = CARRIER_FRONT, .frame = on_frame,
		.closed = on_closed,
	};
	struct peer *p = peers_find(v->peers, peer);
	struct str every = STR("*");
	struct taxii_peer *t;

	if (p == NULL || p->taxii == NULL || v->state == VAULT_DRAINING) {
		close(fd);
		return;
	}
	t = p->taxii;
	if (t->channel != NULL)
		taxii_end(t);
	t->channel = channel_new(v->loop, fd, &handler, t);
	release_start(p->release, &every, 1, 0);
	send_start(t);
	turn_wake(v->turn);
}

const char *
taxii_peer_state(const struct taxii_peer *t)
{
	return t->state;
}

/* ---- which there are ---- */

void
taxii_peer_free(struct taxii_peer *t)
{
	if (t == NULL)
		return;
	taxii_end(t);
	vec_clear(&t->batches);
	free(t);
}

static int
configure_one(struct vault *v, const struct settings_taxii_peer *s)
{
	struct peer *p = peers_find(v->peers, str_of(s->peer));

	if (p != NULL && p->taxii == NULL) {
		log_error("taxii-peer", "peer=%s error=\"it has a card, and "
		    "is not asked as a TAXII server: comityctl peer remove "
		    "it, or take it out of taxii-peers\"", s->peer);
		return 0;
	}
	if (p == NULL) {
		TRY(peers_add_taxii(v->peers, s->peer, &p));
		p->taxii = mem_new(struct taxii_peer);
		p->taxii->p = p;
		p->taxii->v = v;
		snprintf(p->taxii->state, sizeof(p->taxii->state),
		    "starting");
	} else if (memcmp(&p->taxii->is, s, sizeof(*s)) != 0) {
		taxii_end(p->taxii);
	}
	p->taxii->is = *s;
	p->taxii->wanted = true;
	return 0;
}

int
taxii_peers_configure(struct vault *v)
{
	const struct settings *s = v->settings;

	for (size_t i = 0; i < s->ntaxii_peers; i++)
		TRY(configure_one(v, &s->taxii_peers[i]));
	for (size_t i = peers_count(v->peers); i-- > 0;) {
		struct peer *p = peers_at(v->peers, i);

		if (p->taxii == NULL)
			continue;
		if (p->taxii->wanted)
			p->taxii->wanted = false;
		else
			peers_drop_taxii(v->peers, p);
	}
	return 0;
}
