/*
 * trust say, trust hand-on, trust statements: what we sign about other
 * CERTs, to whom it goes, and what others have said.  A vouch and an
 * attestation take two people, who say the same.
 */
#include <stdio.h>
#include <string.h>

#include "base/cursor.h"
#include "trust/fixed.h"
#include "vault/approval.h"
#include "vault/control/control.h"
#include "vault/link.h"
#include "vault/trust/evidence.h"
#include "vault/trust/statement.h"

#define SPACE "trust-say"
#define VALID_MS DAY(7)		/* for the second person */
#define ENOUGH 2
#define TO_MAX 64		/* receivers named at once */
#define PAGE_ITEMS 200

/* What is to be said, and to whom. */
struct saying {
	struct control *c;
	struct msg_statement m;
	const char *about;		/* borrowed from the arguments */
	const char *to[TO_MAX];		/* the same; 0: who is connected */
	size_t nto;
	struct buf text;		/* owned: what both have to say alike */
	const struct statement *made;
};

static int
kind_find(const char *name)
{
	for (int k = STATEMENT_VOUCH; k < STATEMENT_KINDS; k++)
		if (name != NULL && strcmp(name, statement_kind_name(
		    (enum statement_kind)k)) == 0)
			return k;
	return -1;
}

/* ---- what two people agree on ---- */

static const char *
proposal_key(const struct saying *s, char dst[static STATEMENT_KEY_MAX])
{
	snprintf(dst, STATEMENT_KEY_MAX, "%s/%s",
	    statement_kind_name(s->m.kind), s->about);
	return dst;
}

/*
 * Who agreed so far to just this; nobody if it is too long ago.  ERR_SKEW:
 * another one waits, out_text.
 */
static int
proposal_load(struct saying *s, struct approvers *out, struct buf *out_text)
{
	AUTO(arena_free) struct arena *arena = arena_new(KIB(32));
	struct vault *v = control_vault(s->c);
	char key[STATEMENT_KEY_MAX];
	struct str value, text;
	struct cur c;
	int64_t at;
	int rc = store_value(v->store, SPACE, proposal_key(s, key), arena,
	    &value);

	*out = (struct approvers){ .n = 0 };
	if (rc == ERR_NOT_FOUND)
		return 0;
	TRY(rc);
	c = cur_of(value.p, value.n);
	at = (int64_t)cur_u64(&c);
	approvers_cur(&c, out);
	text = cur_str16(&c, UINT16_MAX);
	if (cur_finish(&c) != 0)
		return ERR_STORE;
	if (vault_now(v).ms - at > VALID_MS) {
		out->n = 0;
		return 0;
	}
	buf_add(out_text, text.p, text.n);
	return str_eq(text, buf_str(&s->text)) ? 0 : ERR_SKEW;
}

static int
proposal_save(struct saying *s, const struct approvers *a)
{
	AUTO_BUF struct buf b = { 0 };
	struct vault *v = control_vault(s->c);
	char key[STATEMENT_KEY_MAX];

	out_u64(&b, (uint64_t)vault_now(v).ms);
	approvers_out(&b, a);
	out_str16(&b, buf_str(&s->text));
	return store_set(v->store, SPACE, proposal_key(s, key), buf_str(&b));
}

/* ---- saying it ---- */

/* In the open turn: who is told, as named, or who is connected now. */
static int
say_to(struct saying *s)
{
	struct vault *v = control_vault(s->c);

	for (size_t i = 0; i < s->nto; i++)
		TRY(statement_tell(v->statements, s->made, s->to[i]));
	for (size_t i = 0; s->nto == 0 && i < peers_count(v->peers) &&
	    s->m.kind != STATEMENT_VOUCH_ENDED; i++) {
		const struct peer *p = peers_at(v->peers, i);

		if (p->link != NULL && link_is_ready(p->link))
			TRY(statement_tell(v->statements, s->made,
			    p->card.cert_id));
	}
	return 0;
}

static bool
takes_two(enum statement_kind kind)
{
	return kind == STATEMENT_VOUCH || kind == STATEMENT_ATTESTATION;
}

/* In the open turn: one more person; 1 when it is said. */
static int
say_agree(struct saying *s, struct buf *out_text)
{
	struct vault *v = control_vault(s->c);
	const struct operator *who = control_who(s->c);
	char key[STATEMENT_KEY_MAX], what[40], reason[CONTROL_REASON_MAX];
	struct approvers a = { .n = 0 };
	int n = ENOUGH;

	if (takes_two(s->m.kind)) {
		TRY(proposal_load(s, &a, out_text));
		n = approvers_add(&a, who);
		TRY(n);
	}
	snprintf(what, sizeof(what), "trust-%s",
	    statement_kind_name(s->m.kind));
	snprintf(reason, sizeof(reason), "%.*s", (int)s->m.reason.n,
	    s->m.reason.n > 0 ? s->m.reason.p : "");
	TRY(approval_log(v, &(struct approval){ .what = what,
	    .subject = s->about, .by = who, .reason = reason,
	    .verdict = n < ENOUGH ? "propose" : "approve" }));
	if (n < ENOUGH)
		return proposal_save(s, &a);
	TRY(statement_make(v->statements, &s->m, &s->made));
	TRY(say_to(s));
	if (takes_two(s->m.kind))
		TRY(store_unset(v->store, SPACE, proposal_key(s, key)));
	return 1;
}

/* ---- the arguments ---- */

static int
read_to(struct saying *s, const json_t *args)
{
	const struct vault *v = control_vault(s->c);
	const json_t *list = json_object_get(args, "to"), *one;
	size_t i;

	if (json_array_size(list) > TO_MAX)
		return control_error(s->c, ERR_LIMIT, NULL, "more than %d "
		    "receivers", TO_MAX);
	json_array_foreach(list, i, one) {
		const char *id = json_string_value(one);
		const struct peer *p = id == NULL ? NULL :
		    peers_find(v->peers, str_of(id));

		if (p == NULL || p->taxii != NULL)
			return control_error(s->c, ERR_NOT_FOUND,
			    "comityctl peer list", "no peer %s to tell",
			    id == NULL ? "" : id);
		s->to[s->nto++] = id;
		buf_addf(&s->text, "--to %s ", id);
	}
	return 0;
}

/* What our own evidence is about it; ERR_NOT_FOUND: there is none. */
static int
read_opinion(struct saying *s)
{
	const struct evidence *e = control_vault(s->c)->evidence;
	struct trust_score score;

	evidence_score(e, &(struct evidence_look){ s->about,
	    TRUST_RELIABILITY, TRUST_E }, &score);
	if (score.opinion.r + score.opinion.s == 0)
		return control_error(s->c, ERR_NOT_FOUND, "comityctl trust show "
		    "PEER", "there is no evidence about the reliability of "
		    "%s: nothing to say", s->about);
	s->m.belief = (uint32_t)fixed_micro(score.opinion.b);
	s->m.disbelief = (uint32_t)fixed_micro(score.opinion.d);
	return 0;
}

/* What a referral or an attestation says beside about whom. */
static int
read_what(struct saying *s, const json_t *args)
{
	if (s->m.kind == STATEMENT_REFERRAL) {
		if (s->nto == 0)
			return control_error(s->c, ERR_VALUE, "--to PEER",
			    "a referral is told to the peers that are named");
		return read_opinion(s);
	}
	if (s->m.kind != STATEMENT_ATTESTATION)
		return 0;
	s->m.until.ms = control_number(args, "until_ms", 0, INT64_MAX);
	buf_addf(&s->text, "until %lld ", (long long)s->m.until.ms);
	return s->m.until.ms - vault_now(control_vault(s->c)).ms >=
	    STATEMENT_HOLDS_MS ? 0 : control_error(s->c, ERR_VALUE,
	    "--until DATE", "an attestation holds for at least 30 days");
}

static int
read_saying(struct saying *s, const json_t *args)
{
	const struct vault *v = control_vault(s->c);
	int kind = kind_find(control_text(args, "kind"));
	const char *reason;
	const struct peer *p;

	s->about = control_text(args, "about");
	if (kind < 0 || s->about == NULL)
		return control_error(s->c, ERR_VALUE, NULL,
		    "what is to be said is missing");
	s->m.kind = (enum statement_kind)kind;
	s->m.about = str_of(s->about);
	if (!control_reason(s->c, args, &reason))
		return ERR_LIMIT;
	s->m.reason = str_of(reason);
	p = peers_find(v->peers, s->m.about);
	if (kind == STATEMENT_VOUCH_ENDED ? statement_find(v->statements,
	    str_of(v->cert_id), s->m.about, STATEMENT_VOUCH) == NULL :
	    p == NULL || p->taxii != NULL)
		return control_error(s->c, ERR_NOT_FOUND, kind ==
		    STATEMENT_VOUCH_ENDED ? "comityctl trust statements" :
		    "comityctl peer list", kind == STATEMENT_VOUCH_ENDED ?
		    "we did not vouch for %s" : "no peer %s", s->about);
	TRY(read_to(s, args));
	return read_what(s, args);
}

/* ---- replies ---- */

static const char *
told_state(const struct statement_told *t)
{
	static const char *const names[] = { "waiting", "counted", "kept",
	    "refused" };

	return names[t->result];
}

static json_t *
told_json(const struct statements *ss, const struct statement *s)
{
	json_t *list = json_array();
	const struct statement_told *t;

	for (size_t i = 0; (t = statement_told_at(ss, i)) != NULL; i++) {
		char at[TIME_TEXT_MAX];
		json_t *o;

		if (strcmp(t->key, s->key) != 0)
			continue;
		o = json_pack("{s:s, s:s}", "to", t->to, "state",
		    told_state(t));
		if (o != NULL && t->at.ms != 0)
			(void)json_object_set_new(o, "at", json_string(
			    time_format(at, t->at)));
		if (o != NULL && t->why[0] != '\0')
			(void)json_object_set_new(o, "why",
			    json_string(t->why));
		(void)json_array_append_new(list, o);
	}
	return list;
}

static void
said_json(json_t *o, const struct msg_statement *m)
{
	char text[FIXED_TEXT_MAX], until[TIME_TEXT_MAX];

	if (m->kind == STATEMENT_ATTESTATION)
		(void)json_object_set_new(o, "until", json_string(
		    time_format(until, m->until)));
	if (m->kind == STATEMENT_REFERRAL) {
		snprintf(text, sizeof(text), "0.%06u", m->belief);
		(void)json_object_set_new(o, "b", json_string(text));
		snprintf(text, sizeof(text), "0.%06u", m->disbelief);
		(void)json_object_set_new(o, "d", json_string(text));
	}
	if (m->reason.n > 0)
		(void)json_object_set_new(o, "reason", json_stringn(
		    m->reason.p, m->reason.n));
}

static json_t *
statement_json(const struct vault *v, const struct statement *s)
{
	char at[TIME_TEXT_MAX], digest[2 * DIGEST_BYTES + 1];
	bool ours = str_eqz(s->m.from, v->cert_id);
	AUTO_BUF struct buf bytes = { 0 };
	json_t *o;

	hex_encode(digest, s->digest.b, DIGEST_BYTES);
	o = json_pack("{s:s%, s:s%, s:s, s:s, s:s, s:b}", "from",
	    s->m.from.p, s->m.from.n, "about", s->m.about.p, s->m.about.n,
	    "kind", statement_kind_name(s->m.kind), "at",
	    time_format(at, s->m.at), "digest", digest, "ours", ours);
	if (o == NULL)
		return NULL;
	said_json(o, &s->m);
	if (ours) {
		base64_encode(&bytes, (const uint8_t *)s->payload.p,
		    s->payload.n);
		(void)json_object_set_new(o, "signed", json_string(bytes.p));
	} else {
		(void)json_object_set_new(o, "via", json_string(s->via));
		(void)json_object_set_new(o, "counts",
		    json_boolean(s->counted));
		if (s->why[0] != '\0')
			(void)json_object_set_new(o, "why",
			    json_string(s->why));
	}
	(void)json_object_set_new(o, "told", told_json(v->statements, s));
	return o;
}

/* Say why not; rc is below 0. */
static void
say_failed(const struct saying *s, int rc, const struct buf *other)
{
	if (rc == ERR_SKEW)
		(void)control_error(s->c, ERR_DENIED, "say just that, or "
		    "wait 7 days", "another one about %s is proposed: %s",
		    s->about, other->n > 0 ? other->p :
		    "without --to");
	else
		(void)control_error(s->c, rc, rc == ERR_EXISTS || rc ==
		    ERR_DENIED ? "another operator: comityctl --as FILE.key "
		    "..." : NULL, "%s", rc == ERR_EXISTS ? "you agreed "
		    "already: it takes two people" : rc == ERR_DENIED ?
		    "you are not among `operators`" : err_text(rc));
}

void
control_trust_say(struct control *c, const json_t *args)
{
	AUTO_BUF struct buf other = { 0 };
	struct vault *v = control_vault(c);
	struct saying s = { .c = c };
	const struct statement *now;
	json_t *made;
	bool said;
	int rc, n = 0;

	if (read_saying(&s, args) < 0) {
		buf_clear(&s.text);
		return;
	}
	rc = turn_open(v->turn);
	if (rc == 0) {
		n = say_agree(&s, &other);
		rc = turn_commit_now(v->turn, n < 0 ? n : 0);
	}
	said = rc == 0 && n > 0;
	if (rc < 0) {
		say_failed(&s, rc, &other);
		buf_clear(&s.text);
		return;
	}
	now = said ? statement_find(v->statements, str_of(v->cert_id),
	    s.m.about, s.m.kind) : NULL;
	made = now == NULL ? json_null() : statement_json(v, now);
	control_reply(c, json_pack("{s:s, s:o}", "state", said ? "said" :
	    "proposed", "statement", made));
	buf_clear(&s.text);
}

void
control_trust_hand_on(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);
	const char *from = control_text(args, "from");
	const char *about = control_text(args, "about");
	const char *to = control_text(args, "to");
	const struct statement *s;
	json_t *list;
	int rc, n = 0;

	if (from == NULL || about == NULL || to == NULL) {
		(void)control_error(c, ERR_VALUE, NULL,
		    "whose statement, about whom, and to whom?");
		return;
	}
	if (peers_find(v->peers, str_of(to)) == NULL) {
		(void)control_error(c, ERR_NOT_FOUND, "comityctl peer list",
		    "no peer %s to tell", to);
		return;
	}
	rc = turn_open(v->turn);
	for (size_t i = 0; rc == 0 && (s = statement_at(v->statements, i)) !=
	    NULL; i++) {
		if (!str_eqz(s->m.from, from) || !str_eqz(s->m.about, about))
			continue;
		rc = statement_tell(v->statements, s, to);
		n++;
	}
	if (rc == 0 && n > 0)
		rc = approval_log(v, &(struct approval){
		    .what = "trust-hand-on", .subject = about,
		    .by = control_who(c), .verdict = "approve",
		    .reason = to });
	rc = turn_commit_now(v->turn, rc);
	if (rc < 0 || n == 0) {
		(void)control_error(c, rc < 0 ? rc : ERR_NOT_FOUND,
		    "comityctl trust statements", "%s", rc < 0 ?
		    err_text(rc) : "no statement of that CERT about it");
		return;
	}
	list = json_array();
	for (size_t i = 0; (s = statement_at(v->statements, i)) != NULL; i++)
		if (str_eqz(s->m.from, from) && str_eqz(s->m.about, about))
			(void)json_array_append_new(list,
			    statement_json(v, s));
	control_reply(c, json_pack("{s:o}", "statements", list));
}

void
control_trust_statements(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);
	json_t *list = json_array();
	const struct statement *s;
	const char *peer;

	if (control_filter(c, args, "peer", &peer) < 0) {
		json_decref(list);
		return;
	}
	for (size_t i = 0; (s = statement_at(v->statements, i)) != NULL;
	    i++) {
		if (peer != NULL && !str_eqz(s->m.from, peer) &&
		    !str_eqz(s->m.about, peer))
			continue;
		(void)json_array_append_new(list, statement_json(v, s));
		if (json_array_size(list) < PAGE_ITEMS)
			continue;
		control_more(c, json_pack("{s:o}", "statements", list));
		list = json_array();
	}
	control_reply(c, json_pack("{s:o}", "statements", list));
}
