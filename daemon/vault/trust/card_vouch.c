#include "vault/trust/card_vouch.h"

#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "vault/trust/evidence.h"
#include "vault/trust/statement.h"

/* One card and what is on it. */
struct taking {
	struct vault *v;
	const struct card_vouching *x;
	struct trust *trial;		/* owned: what the engine makes of it */
	const int *numbers;		/* in it: of our peers, then of whom the
					 * card is of */
	bool waits;			/* the last one, for a second sponsor */
	json_t *rows;
	struct str seen[CARD_VOUCHES_MAX];
	size_t nseen;
};

/* Why it cannot be looked at any further; NULL: it is as it was signed. */
static const char *
check_form(struct taking *t, struct str payload, struct msg_statement *out)
{
	const struct card *card = t->x->card;
	char id[CERT_ID_MAX + 1];
	const struct verify_key *key;
	unix_ms_t now = vault_now(t->v);
	const char *problem = msg_statement_vouch(payload, card->cert_id,
	    card->identity, out);

	if (problem != NULL)
		return problem;
	if (str_eqz(out->from, t->v->cert_id))
		return "we ourselves: what we say is no evidence for us";
	snprintf(id, sizeof(id), "%.*s", (int)out->from.n, out->from.p);
	key = peers_keys(t->v->peers, id);
	if (key == NULL)
		return "we hold no card of that sponsor";
	if (msg_statement_verify(payload, key) < 0)
		return "the signature is not that sponsor's: it was altered, "
		    "or signed with another key";
	for (size_t i = 0; i < t->nseen; i++)
		if (str_eq(t->seen[i], out->from))
			return "that sponsor is on the card already";
	t->seen[t->nseen++] = out->from;
	if (out->at.ms > now.ms + TRUST_SKEW_MS)
		return "it is dated in the future";
	if (out->at.ms < now.ms - STATEMENT_AGE_MS)
		return "it is older than 180 days: ask for a new one";
	return NULL;
}

/* The number of a peer in the trial, by its CERT id; or -1. */
static int
number_of(const struct taking *t, struct str id)
{
	for (size_t i = 0; i < peers_count(t->v->peers); i++)
		if (str_eqz(id, peers_at(t->v->peers, i)->card.cert_id))
			return t->numbers[i];
	return -1;
}

/* Would the engine count it, beside those before it?  Else why not. */
static const char *
check_standing(struct taking *t, const struct msg_statement *m)
{
	struct trust_evidence ev = { .kind = TRUST_VOUCHED,
	    .at = evidence_now(t->v->evidence), .by = number_of(t, m->from),
	    .peer = t->numbers[peers_count(t->v->peers)] };
	struct trust_effect effect;

	if (trust_add(t->trial, &ev, ev.at, &effect) < 0)
		return trust_note_text(effect.note);
	t->waits = effect.note == TRUST_ONE_SPONSOR;
	return NULL;
}

/* Does it stand by itself, or wait for another one? */
static const char *
waits(const struct taking *t, const struct msg_statement *m)
{
	size_t n = 0;

	if (!t->x->keep)
		return t->waits ? trust_note_text(TRUST_ONE_SPONSOR) : NULL;
	for (size_t i = 0; i < peers_count(t->v->peers); i++)
		n += evidence_is_sponsor(t->v->evidence, m->about,
		    str_of(peers_at(t->v->peers, i)->card.cert_id));
	return n < TRUST_SPONSORS ? trust_note_text(TRUST_ONE_SPONSOR) : NULL;
}

/* In the open turn: take it as any other statement; why it does not count. */
static int
keep(struct taking *t, struct str payload, const char **out_why)
{
	struct statement_fate fate;

	TRY(statement_take(t->v->statements, payload, t->x->card->cert_id,
	    &fate));
	if (fate.kept == NULL)
		*out_why = fate.why;
	else if (!fate.kept->counted)
		*out_why = fate.kept->why;
	else
		*out_why = NULL;
	return 0;
}

static void
row_add(struct taking *t, const struct msg_statement *m, bool counts,
    const char *why)
{
	char at[TIME_TEXT_MAX];
	json_t *j = json_pack("{s:s%, s:s, s:b}", "from", m->from.n == 0 ?
	    "" : m->from.p, m->from.n, "at", time_format(at, m->at),
	    "counts", (int)counts);

	if (why != NULL)
		(void)json_object_set_new(j, "why", json_string(why));
	(void)json_array_append_new(t->rows, j);
}

/* What is held already of that sponsor about it, or NULL. */
static const struct statement *
held(const struct taking *t, const struct msg_statement *m)
{
	return statement_find(t->v->statements, m->from, m->about,
	    STATEMENT_VOUCH);
}

/* 1 if it counts and did not before, 0; ERR_* of the store. */
static int
take(struct taking *t, struct str payload)
{
	const struct digest d = sha256_of(payload.p, payload.n);
	struct msg_statement m;
	const char *why = check_form(t, payload, &m);
	const struct statement *s = why != NULL ? NULL : held(t, &m);

	if (s != NULL && s->counted && digest_eq(&s->digest, &d)) {
		row_add(t, &m, true, "counted before");
		return 0;
	}
	if (why == NULL && t->x->keep)
		TRY(keep(t, payload, &why));
	else if (s != NULL && s->m.at.ms >= m.at.ms &&
	    !digest_eq(&s->digest, &d))
		why = "a newer one is held";
	else if (why == NULL)
		why = check_standing(t, &m);
	row_add(t, &m, why == NULL, why == NULL ? waits(t, &m) : why);
	return why == NULL;
}

static int
take_all(struct taking *t)
{
	int n = 0;

	for (size_t i = 0; i < t->x->vouches->n; i++) {
		int rc = take(t, buf_str(&t->x->vouches->v[i]));

		TRY(rc);
		n += rc;
	}
	return n;
}

int
card_vouches_take(struct vault *v, const struct card_vouching *x,
    json_t **out)
{
	size_t n = peers_count(v->peers);
	AUTO(mem_free) const char **ids = mem_array(const char *, n + 1);
	AUTO(mem_free) int *numbers = mem_array(int, n + 1);
	struct taking t = { .v = v, .x = x, .numbers = numbers,
	    .rows = json_array() };
	int rc;

	for (size_t i = 0; i < n; i++)
		ids[i] = peers_at(v->peers, i)->card.cert_id;
	ids[n] = x->card->cert_id;
	t.trial = evidence_trial(v->evidence, ids, n + 1, numbers);
	for (size_t i = 0; i < n; i++)
		if (strcmp(ids[i], x->card->cert_id) == 0)
			numbers[n] = numbers[i];
	rc = take_all(&t);
	trust_free(t.trial);
	if (rc < 0)
		json_decref(t.rows);
	else
		*out = t.rows;
	return rc;
}
