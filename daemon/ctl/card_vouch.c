/*
 * card countersign: vouch for a CERT by signing that, on its card.
 */
#include "ctl/card_vouch.h"

#include <string.h>

#include "ctl/ask.h"
#include "ctl/card_edit.h"
#include "ctl/client.h"
#include "ctl/files.h"
#include "ctl/table.h"
#include "wire/msg_statement.h"

/* What is wrong with a vouch on this card; NULL: nothing that one can see. */
static const char *
vouch_problem(const struct card *card, struct str payload,
    struct msg_statement *out)
{
	*out = (struct msg_statement){ 0 };
	if (msg_statement_decode(payload, out) < 0)
		return "it does not read";
	if (out->kind != STATEMENT_VOUCH)
		return "it is no vouch";
	if (!str_eqz(out->about, card->cert_id))
		return "it is about another CERT";
	if (memcmp(out->identity, card->identity, sizeof(out->identity)) != 0)
		return "it is about another identity key";
	return NULL;
}

json_t *
vouches_json(const struct card *card, const struct card_vouches *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n; i++) {
		struct msg_statement m;
		const char *problem = vouch_problem(card,
		    buf_str(&w->v[i]), &m);
		char at[TIME_TEXT_MAX];
		json_t *j = json_pack("{s:s%, s:s, s:s%}", "from",
		    m.from.n == 0 ? "" : m.from.p, m.from.n, "at",
		    time_format(at, m.at), "reason", m.reason.n == 0 ? "" :
		    m.reason.p, m.reason.n);

		if (problem != NULL)
			(void)json_object_set_new(j, "problem",
			    json_string(problem));
		(void)json_array_append_new(list, j);
	}
	return list;
}

void
vouches_print(FILE *f, const json_t *list)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v) {
		const char *reason = reply_text(v, "reason");
		const char *problem = reply_text(v, "problem");

		table_line(f, "vouched by", "%s, %s%s%s%s%s",
		    reply_text_or(v, "from", "?"), reply_text(v, "at"),
		    reason[0] != '\0' ? ": " : "", reason,
		    problem[0] != '\0' ? "; worth nothing: " : "", problem);
	}
}

/* Everything that countersigning reads and makes. */
struct signing {
	struct card card, own;
	struct card_vouches vouches;	/* owned */
	const char *reason;
	unix_ms_t now;
	bool renewed;			/* ours was there */
};

static int
signing_load(const struct ctl *c, const char *path, struct signing *s,
    struct err *e)
{
	AUTO_BUF struct buf text = { 0 };
	char own[CTL_PATH_MAX], why[ERR_TEXT_MAX];
	int rc;

	s->now = now_ms();
	TRY(card_load(file_path(own, c->at.state, "card.json"), s->now,
	    &s->own, e));
	TRY(file_read(path, CARD_BYTES_MAX, &text, e));
	rc = card_decode_all(buf_str(&text), s->now, &s->card, &s->vouches,
	    e);
	if (rc < 0) {
		(void)snprintf(why, sizeof(why), "%s", e->text);
		return err_set(e, rc, "%s: %s", path, why);
	}
	if (strcmp(s->card.cert_id, s->own.cert_id) == 0)
		return err_set(e, ERR_CONF, "%s is the card of %s itself: "
		    "nobody vouches for itself", path, s->own.cert_id);
	return 0;
}

/*
 * What is on the card already is right, each sponsor once; an older vouch
 * of ours makes room for the new one.
 */
static int
signing_check(struct signing *s, struct err *e)
{
	struct str seen[CARD_VOUCHES_MAX];
	size_t kept = 0;

	for (size_t i = 0; i < s->vouches.n; i++) {
		struct buf *b = &s->vouches.v[i];
		struct msg_statement m;
		const char *problem = vouch_problem(&s->card, buf_str(b), &m);

		if (problem != NULL)
			return err_set(e, ERR_CONF, "vouches[%zu] of the "
			    "card is worth nothing: %s; use the card as %s "
			    "gave it", i, problem, s->card.cert_id);
		for (size_t k = 0; k < i; k++)
			if (str_eq(seen[k], m.from))
				return err_set(e, ERR_CONF, "vouches[%zu] of "
				    "the card: %.*s is a sponsor twice", i,
				    (int)m.from.n, m.from.p);
		seen[i] = m.from;
	}
	for (size_t i = 0; i < s->vouches.n; i++) {
		if (str_eqz(seen[i], s->own.cert_id)) {
			buf_clear(&s->vouches.v[i]);
			s->renewed = true;
		} else {
			s->vouches.v[kept++] = s->vouches.v[i];
		}
	}
	s->vouches.n = kept;
	if (kept == CARD_VOUCHES_MAX)
		return err_set(e, ERR_LIMIT, "the card has %d vouches, which "
		    "is all that it holds", CARD_VOUCHES_MAX);
	return 0;
}

static int
signing_sign(const struct ctl *c, struct signing *s, struct err *e)
{
	struct msg_statement m = { .kind = STATEMENT_VOUCH,
	    .from = str_of(s->own.cert_id), .about = str_of(s->card.cert_id),
	    .at = s->now, .reason = str_of(s->reason) };
	struct buf *out = &s->vouches.v[s->vouches.n];
	AUTO(sign_key_free) struct sign_key *key = NULL;
	AUTO_BUF struct buf pem = { 0 };
	char path[CTL_PATH_MAX];

	memcpy(m.identity, s->card.identity, sizeof(m.identity));
	TRY(file_read(file_path(path, c->at.state, "identity.key"),
	    CARD_BYTES_MAX, &pem, e));
	key = sign_key_from_pem(buf_str(&pem), e);
	crypto_wipe(pem.p, pem.n);
	if (key == NULL)
		return e->code;
	*out = (struct buf){ 0 };
	s->vouches.n++;
	if (msg_statement_sign(&m, key, out) < 0)
		return err_set(e, ERR_CRYPTO, "the vouch could not be signed");
	return 0;
}

static int
signing_write(const struct signing *s, const char *path, struct err *e)
{
	AUTO_BUF struct buf text = { 0 };

	card_encode_all(&s->card, &s->vouches, &text);
	buf_addc(&text, '\n');
	return file_write(path, 0644, buf_str(&text), e);
}

static void
signing_tell(const struct ctl *c, const struct signing *s, const char *out)
{
	AUTO_JSON json_t *j = NULL;

	if (!c->json) {
		printf("%s %s for %s; its card with %zu vouch%s: %s\n",
		    s->own.cert_id, s->renewed ? "vouches anew" : "vouches",
		    s->card.cert_id, s->vouches.n, s->vouches.n == 1 ? "" :
		    "es", out);
		return;
	}
	j = json_pack("{s:i, s:b, s:s, s:s, s:b, s:s, s:o}", "v", 1, "ok", 1,
	    "id", s->card.cert_id, "by", s->own.cert_id, "renewed",
	    (int)s->renewed, "out", out, "vouches", vouches_json(&s->card,
	    &s->vouches));
	reply_print(j);
}

static int
signing_confirm(const struct ctl *c, const struct signing *s)
{
	char code[CARD_CODE_MAX];

	fprintf(stderr, "%s, %s (%s), code %s\n"
	    "If it breaks its terms within a year, our judgement falls at all "
	    "who counted this.\n", s->card.cert_id, s->card.name,
	    s->card.country, card_code(&s->card, code));
	if (ask_for(s->card.cert_id, "Type its id to vouch for it: "))
		return 0;
	return ctl_fail(c, CTL_REFUSED, "--yes for scripts, when the code "
	    "was compared", "not confirmed, nothing signed");
}

int
cmd_card_countersign(struct ctl *c)
{
	const char *out = NULL, *reason = NULL;
	bool yes = false;
	const struct ctl_option options[] = {
		{ "out", NULL, &out, 1 }, { "reason", NULL, &reason, 1 },
		{ "yes", &yes, NULL, 0 },
	};
	AUTO(mem_free) struct signing *s = mem_new(struct signing);
	struct err e = { 0 };
	int rc;

	CTL_OPTIONS(c, options, 1, 1);
	if (out == NULL)
		out = c->argv[0];
	s->reason = reason == NULL ? "" : reason;
	rc = signing_load(c, c->argv[0], s, &e);
	if (rc == 0)
		rc = signing_check(s, &e);
	if (rc < 0) {
		card_vouches_clear(&s->vouches);
		return ctl_fail_err(c, &e, NULL);
	}
	rc = yes ? 0 : signing_confirm(c, s);
	if (rc == 0 && (signing_sign(c, s, &e) < 0 ||
	    signing_write(s, out, &e) < 0))
		rc = ctl_fail_err(c, &e, NULL);
	if (rc == 0)
		signing_tell(c, s, out);
	card_vouches_clear(&s->vouches);
	return rc;
}
