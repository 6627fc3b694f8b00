/*
 * What others say of one another: taken, kept, and judged by what we know of
 * them now.
 */
#include "vault/trust/statement.h"

#include <stdio.h>
#include <string.h>

#include "host/clock.h"
#include "host/log.h"
#include "trust/fixed.h"
#include "vault/consult/consult.h"
#include "vault/link.h"
#include "vault/member.h"
#include "vault/trust/evidence.h"
#include "vault/trust/statement_private.h"
#include "wire/message.h"

#define A_MINUTE 60		/* what is beyond that waits for the next link */
#define ANSWERS_MS DAY(365)	/* for whom it vouched for */
#define NEUTRAL "it counts nothing here now"

static const char by_us[] = "it is ours";

/* ---- does it count? ---- */

static bool
is_us(const struct statements *ss, struct str id)
{
	return str_eqz(id, ss->v->cert_id);
}

/* The peer that said it, if it is signed with the key we hold of it. */
static const char *
signer_fault(const struct statements *ss, const struct msg_statement *m,
    struct str payload)
{
	const struct peer *by = peers_find(ss->v->peers, m->from);

	if (is_us(ss, m->from))
		return by_us;
	if (by == NULL || by->key == NULL)
		return "who says it is no peer of ours";
	return msg_statement_verify(payload, by->key) < 0 ?
	    "the signature is not of the key on the card of who says it" :
	    NULL;
}

static const char *
about_fault(const struct statements *ss, const struct msg_statement *m)
{
	const struct peer *p = peers_find(ss->v->peers, m->about);

	if (is_us(ss, m->about))
		return "it is about us";
	if (p == NULL || p->key == NULL)	/* or a TAXII server */
		return "whom it is about is no peer of ours";
	return memcmp(p->card.identity, m->identity,
	    sizeof(m->identity)) != 0 ? "it is about another identity key "
	    "than that on the card held" : NULL;
}

/* What does not count any more, or holds too short a time to be one. */
static const char *
time_fault(const struct statements *ss, const struct msg_statement *m)
{
	unix_ms_t now = vault_now(ss->v);

	if (m->at.ms + STATEMENT_AGE_MS < now.ms)
		return "it was said more than 180 days ago";
	if (m->kind != STATEMENT_ATTESTATION)
		return NULL;
	if (m->until.ms <= evidence_now(ss->v->evidence).ms)
		return "it has ended";
	return m->until.ms - m->at.ms < STATEMENT_HOLDS_MS ?
	    "it holds for less than 30 days" : NULL;
}

/* Whose vouch counts keeps its terms itself. */
static const char *
sponsor_fault(const struct statements *ss, const struct msg_statement *m)
{
	const struct evidence *e = ss->v->evidence;

	/* One that does not stand is judged by the engine. */
	return evidence_is_sponsor(e, m->about, m->from) &&
	    !evidence_may_sponsor(e, m->from) ?
	    "the discretion of its sponsor is below B here" : NULL;
}

/* The same for one that is kept, of which that was looked at before. */
static const char *
kept_signer_fault(const struct statements *ss, struct statement *s)
{
	const struct peer *by = peers_find(ss->v->peers, s->m.from);
	const char *fault;

	if (by != NULL && s->verified && memcmp(s->verified_with,
	    by->card.identity, sizeof(s->verified_with)) == 0)
		return NULL;
	fault = signer_fault(ss, &s->m, buf_str(&s->payload));
	s->verified = fault == NULL && by != NULL;
	if (s->verified)
		memcpy(s->verified_with, by->card.identity,
		    sizeof(s->verified_with));
	return fault;
}

static const char *
fault_of(const struct statements *ss, struct statement *s)
{
	const char *fault = kept_signer_fault(ss, s);

	if (fault == NULL)
		fault = about_fault(ss, &s->m);
	/* A vouch that stands wears off by itself. */
	if (fault == NULL && !s->counted)
		fault = time_fault(ss, &s->m);
	if (fault == NULL && s->m.kind == STATEMENT_VOUCH)
		fault = sponsor_fault(ss, &s->m);
	return fault;
}

static int64_t
fixed_of(uint32_t millionths)
{
	return FIXED_RATIO((int64_t)millionths, (int64_t)STATEMENT_ONE);
}

/* Count it as evidence of that kind: 1, 0 and why not; ERR_*. */
static int
statement_count(struct statements *ss, const struct statement *s,
    struct evidence_item *item, const char **out_why)
{
	char source[2 * DIGEST_BYTES + 32], hex[2 * DIGEST_BYTES + 1];
	enum trust_note note;
	int rc;

	hex_encode(hex, s->digest.b, DIGEST_BYTES);
	snprintf(source, sizeof(source), "statement sha256:%s", hex);
	item->peer = s->m.about;
	item->by = s->m.from;
	item->source = str_of(source);
	item->until = s->m.until;
	item->said_b = fixed_of(s->m.belief);
	item->said_d = fixed_of(s->m.disbelief);
	rc = evidence_take(ss->v->evidence, item, &note);
	*out_why = rc > 0 ? "" : trust_note_text(note);
	return rc;
}

static int
sponsor_leaves(struct statements *ss, const struct statement *s,
    const char *why)
{
	const char *unused;
	int rc;

	if (!evidence_is_sponsor(ss->v->evidence, s->m.about, s->m.from))
		return 0;
	rc = statement_count(ss, s, &(struct evidence_item){
	    .kind = TRUST_SPONSOR_LEFT, .reason = str_of(why) }, &unused);
	return rc;
}

/*
 * Nobody adds up by saying the same again and again; what ends a vouch counts
 * whenever it comes.
 */
static const char *
too_often(const struct statements *ss, const struct statement *s)
{
	unix_ms_t now = vault_now(ss->v);

	if (s->counted_at.ms == 0 || s->m.kind == STATEMENT_VOUCH_ENDED)
		return NULL;
	if (s->m.kind == STATEMENT_REFERRAL)
		return now.ms - s->counted_at.ms < STATEMENT_AGAIN_MS ?
		    "another one counted less than 30 days ago" : NULL;
	return now.ms / DAY(1) == s->counted_at.ms / DAY(1) &&
	    s->counted_today >= STATEMENT_A_DAY ?
	    "as many as count in a day have counted today" : NULL;
}

static void
note_counted(const struct statements *ss, struct statement *s)
{
	unix_ms_t now = vault_now(ss->v);

	if (now.ms / DAY(1) != s->counted_at.ms / DAY(1))
		s->counted_today = 0;
	s->counted_today++;
	s->counted_at = now;
}

static int
judge_sound(struct statements *ss, struct statement *s, const char **out_why)
{
	static const enum trust_kind kinds[STATEMENT_KINDS] = {
		[STATEMENT_VOUCH] = TRUST_VOUCHED,
		[STATEMENT_VOUCH_ENDED] = TRUST_SPONSOR_LEFT,
		[STATEMENT_REFERRAL] = TRUST_REFERRED,
		[STATEMENT_ATTESTATION] = TRUST_ATTESTED,
	};
	bool stands = evidence_is_sponsor(ss->v->evidence, s->m.about,
	    s->m.from);
	const char *fault = too_often(ss, s);
	int rc;

	*out_why = "";
	if (s->counted && (s->m.kind != STATEMENT_VOUCH || stands))
		return 1;
	if (s->m.kind == STATEMENT_VOUCH_ENDED && !stands) {
		*out_why = "there was no vouch that counted";
		return 0;
	}
	if (fault != NULL) {
		*out_why = fault;
		return 0;
	}
	rc = statement_count(ss, s, &(struct evidence_item){
	    .kind = kinds[s->m.kind], .reason = s->m.reason }, out_why);
	if (rc > 0)
		note_counted(ss, s);
	return rc;
}

/* In the open turn: does it count now?  Written if that is new. */
static int
statement_judge(struct statements *ss, struct statement *s)
{
	const char *why = fault_of(ss, s);
	bool was = s->counted;
	int rc = 0;

	if (why != NULL && s->m.kind == STATEMENT_VOUCH)
		rc = sponsor_leaves(ss, s, why);
	else if (why != NULL && s->counted)
		return 0;	/* it was evidence, and wears off */
	TRY(rc);
	rc = why != NULL ? 0 : judge_sound(ss, s, &why);
	TRY(rc);
	s->counted = rc > 0;
	if (s->counted == was && strcmp(s->why, why) == 0)
		return 0;
	snprintf(s->why, sizeof(s->why), "%s", why);
	return statement_write(ss, s);
}

int
statements_judge(struct statements *ss, bool all)
{
	for (size_t i = 0; i < ss->all.n; i++) {
		struct statement *s = ss->all.v[i];
		bool was = s->counted;
		struct peer *by;

		if (is_us(ss, s->m.from) || (!all && (!s->counted ||
		    s->m.kind != STATEMENT_VOUCH)))
			continue;
		TRY(statement_judge(ss, s));
		by = peers_find(ss->v->peers, s->m.from);
		if (s->counted && !was && by != NULL && by->link != NULL &&
		    link_heard_terms(by->link) &&
		    strcmp(s->via, by->card.cert_id) == 0)
			statement_answer(by, s);
	}
	return 0;
}

int
statements_gated(struct statements *ss, struct str about, uint64_t fact)
{
	unix_ms_t now = evidence_now(ss->v->evidence);

	for (size_t i = 0; i < ss->all.n; i++) {
		const struct statement *s = ss->all.v[i];
		AUTO_BUF struct buf record = { 0 };

		if (s->m.kind != STATEMENT_VOUCH || !str_eq(s->m.about,
		    about) || now.ms - s->taken.ms > ANSWERS_MS ||
		    !evidence_is_sponsor(ss->v->evidence, about, s->m.from))
			continue;
		buf_addf(&record, "%.*s %llx", (int)about.n, about.p,
		    (unsigned long long)fact);
		TRY(evidence_add(ss->v->evidence, &(struct evidence_item){
		    .kind = TRUST_VOUCHED_GATED, .peer = s->m.from,
		    .record = buf_str(&record),
		    .reason = STR("it vouched for one who hit a hard gate")
		    }));
	}
	return 0;
}

/* ---- what comes ---- */

static void
answer(struct peer *p, const struct digest *d, enum statement_result result,
    const char *why)
{
	AUTO_BUF struct buf out = { 0 };

	msg_statement_taken_encode(&(struct msg_statement_taken){ *d, result,
	    str_of(why) }, &out);
	link_hold(p->link, MESSAGE_STATEMENT_TAKEN, buf_str(&out));
}

/*
 * Only who said it is told that it counts: anybody else would learn from
 * that who our peers are.
 */
void
statement_answer(struct peer *p, const struct statement *s)
{
	bool told = s->counted && str_eqz(s->m.from, p->card.cert_id);

	answer(p, &s->digest, told ? STATEMENT_COUNTED : STATEMENT_KEPT,
	    told ? "" : NEUTRAL);
}

/* May another one about somebody we do not know be kept? */
static bool
has_room(const struct statements *ss, const struct msg_statement *m)
{
	size_t n = 0;

	if (is_us(ss, m->about) || peers_find(ss->v->peers, m->about) != NULL)
		return true;
	for (size_t i = 0; i < ss->all.n; i++)
		n += str_eq(ss->all.v[i]->m.from, m->from) &&
		    peers_find(ss->v->peers, ss->all.v[i]->m.about) == NULL;
	return n < STATEMENT_STRANGERS_MAX;
}

static void
say_ignored(const struct peer *p, const struct msg_statement *m,
    const char *why)
{
	log_notice("statement-ignored", "peer=%s from=%.*s about=%.*s "
	    "kind=%s why=\"%s\"", p->card.cert_id, (int)m->from.n, m->from.p,
	    (int)m->about.n, m->about.p, statement_kind_name(m->kind), why);
}

/* Why it is not even kept, or NULL. */
static const char *
not_kept(const struct statements *ss, const struct msg_statement *m,
    struct str payload)
{
	const char *fault = signer_fault(ss, m, payload);
	const struct statement *held;
	char key[STATEMENT_KEY_MAX];

	if (fault != NULL)
		return fault;
	held = statement_by_key(ss, statement_key(m, key));
	if (held != NULL && held->m.at.ms >= m->at.ms)
		return "a newer one is held";
	return has_room(ss, m) ? NULL :
	    "too many of it are about CERTs that we do not know";
}

static int
statement_new_one(struct statements *ss, const char *via,
    struct str payload, struct statement **out)
{
	struct statement *s;

	TRY(statement_keep(ss, payload, via, &s));
	TRY(consult_log(ss->v, via, MESSAGE_STATEMENT, payload));
	TRY(statement_judge(ss, s));
	log_info("statement", "peer=%s from=%.*s about=%.*s kind=%s "
	    "counts=%s%s%s%s", via, (int)s->m.from.n, s->m.from.p,
	    (int)s->m.about.n, s->m.about.p, statement_kind_name(s->m.kind),
	    s->counted ? "yes" : "no", s->counted ? "" : " why=\"", s->why,
	    s->counted ? "" : "\"");
	*out = s;
	return 0;
}

int
statement_take(struct statements *ss, struct str payload, const char *via,
    struct statement_fate *out)
{
	struct digest d = sha256_of(payload.p, payload.n);
	struct statement_fate fate = { .kept = NULL };
	struct statement *s;
	struct msg_statement m;
	char key[STATEMENT_KEY_MAX];

	TRY(msg_statement_decode(payload, &m));
	fate.kept = statement_by_key(ss, statement_key(&m, key));
	fate.before = fate.kept != NULL && digest_eq(&fate.kept->digest, &d);
	if (!fate.before) {
		fate.kept = NULL;
		fate.why = m.at.ms > vault_now(ss->v).ms + TRUST_SKEW_MS ?
		    "it is dated in the future" : not_kept(ss, &m, payload);
	}
	if (!fate.before && fate.why == NULL) {
		TRY(statement_new_one(ss, via, payload, &s));
		fate.kept = s;
	}
	*out = fate;
	return 0;
}

int
statement_received(struct peer *p, struct str payload)
{
	struct digest d = sha256_of(payload.p, payload.n);
	struct statement_fate fate;
	struct msg_statement m;
	bool ahead;
	int rc;

	TRY(msg_statement_decode(payload, &m));
	/* Without an answer it comes again with the next connection. */
	if (!quota_take(&p->statements, A_MINUTE, clock_mono()))
		return 0;
	TRY(turn_open(p->v->turn));
	ahead = m.at.ms > vault_now(p->v).ms + TRUST_SKEW_MS;
	rc = statement_take(p->v->statements, payload, p->card.cert_id,
	    &fate);
	if (rc < 0) {
		turn_fail(p->v->turn, rc);
	} else if (fate.kept != NULL) {
		statement_answer(p, fate.kept);
	} else {
		say_ignored(p, &m, fate.why);
		answer(p, &d, ahead ? STATEMENT_REFUSED : STATEMENT_KEPT,
		    ahead ? fate.why : NEUTRAL);
	}
	return rc;
}
