/*
 * What we say of others, and what we hand on: made, sent until it is
 * answered, and what the answer was.
 */
#include <string.h>

#include "host/clock.h"
#include "vault/link.h"
#include "vault/member.h"
#include "vault/trust/statement_private.h"
#include "wire/field.h"
#include "wire/message.h"

#define OURS_A_MINUTE 30	/* fewer than a receiver takes */
#define JUDGE_EVERY_S 60

/* The key of whom it is about; of one who left, as it was said before. */
static int
find_identity(const struct statements *ss, struct msg_statement *m)
{
	const struct peer *p = peers_find(ss->v->peers, m->about);
	const struct statement *before = statement_find(ss, m->from,
	    m->about, m->kind);

	if (p != NULL && p->taxii == NULL)
		memcpy(m->identity, p->card.identity, sizeof(m->identity));
	else if (before != NULL && m->kind == STATEMENT_VOUCH_ENDED)
		memcpy(m->identity, before->m.identity, sizeof(m->identity));
	else
		return ERR_NOT_FOUND;
	/* The newest counts: never two of one time. */
	if (before != NULL && m->at.ms <= before->m.at.ms)
		m->at.ms = before->m.at.ms + 1;
	return 0;
}

int
statement_make(struct statements *ss, struct msg_statement *m,
    const struct statement **out)
{
	AUTO_BUF struct buf payload = { 0 };
	struct statement *s;

	m->from = str_of(ss->v->cert_id);
	m->at = vault_now(ss->v);
	TRY(find_identity(ss, m));
	TRY(msg_statement_sign(m, ss->v->key, &payload));
	TRY(statement_keep(ss, buf_str(&payload), "", &s));
	TRY(consult_log(ss->v, ss->v->cert_id, MESSAGE_STATEMENT,
	    buf_str(&payload)));
	*out = s;
	return 0;
}

int
statement_tell(struct statements *ss, const struct statement *s,
    const char *to)
{
	struct statement_told *t;

	return told_keep(ss, to, s->key, &t);
}

int
statement_taken(struct peer *p, struct str payload)
{
	struct statements *ss = p->v->statements;
	struct msg_statement_taken m;

	TRY(msg_statement_taken_decode(payload, &m));
	if (!quota_take(&p->statements_taken, 2 * OURS_A_MINUTE,
	    clock_mono()))
		return 0;
	for (size_t i = 0; i < ss->told.n; i++) {
		struct statement_told *t = ss->told.v[i];
		const struct statement *s = statement_by_key(ss, t->key);
		int rc;

		if (strcmp(t->to, p->card.cert_id) != 0 || s == NULL ||
		    !digest_eq(&s->digest, &m.statement))
			continue;
		TRY(turn_open(p->v->turn));
		t->result = (int)m.result;
		t->at = vault_now(p->v);
		str_escape(t->why, sizeof(t->why), field_cut(m.why,
		    sizeof(t->why) / 2));
		rc = told_write(ss, t);
		if (rc < 0)
			turn_fail(p->v->turn, rc);
		return rc;
	}
	return 0;
}

/* Send what was not answered yet, on this connection. */
static void
send_ours(struct statements *ss)
{
	for (size_t i = 0; i < ss->told.n; i++) {
		struct statement_told *t = ss->told.v[i];
		const struct statement *s;
		struct peer *p;

		if (t->result != 0)
			continue;
		s = statement_by_key(ss, t->key);
		p = peers_find(ss->v->peers, str_of(t->to));
		if (s == NULL || p == NULL || p->link == NULL ||
		    !link_heard_terms(p->link) ||
		    t->session == p->counts.sessions ||
		    turn_open(ss->v->turn) < 0 ||
		    !quota_take(&p->statements_said, OURS_A_MINUTE,
		    clock_mono()))
			continue;
		t->session = p->counts.sessions;
		link_hold(p->link, MESSAGE_STATEMENT, buf_str(&s->payload));
	}
}

void
statements_look(struct statements *ss)
{
	ss->look = true;
}

void
statements_bands_changed(struct statements *ss)
{
	ss->look_sponsors = true;
}

void
statements_tick(struct statements *ss)
{
	bool all = ++ss->ticks % JUDGE_EVERY_S == 0 || ss->look;
	int rc;

	send_ours(ss);
	if ((!all && !ss->look_sponsors) || ss->all.n == 0 ||
	    turn_open(ss->v->turn) < 0)
		return;
	ss->look = ss->look_sponsors = false;
	rc = statements_judge(ss, all);
	if (rc < 0)
		turn_fail(ss->v->turn, rc);
}
