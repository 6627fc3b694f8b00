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

json_t *
vouches_json(const struct card *card, const struct card_vouches *w)
{
	json_t *list = json_array();

	for (size_t i = 0; i < w->n; i++) {
		struct msg_statement m;
		const char *problem = msg_statement_vouch(
		    buf_str(&w->v[i]), card->cert_id, card->identity, &m);
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
	struct card card;
	struct card_vouches vouches;	/* owned */
	const char *out, *reason;
};

static int
signing_load(const char *path, struct signing *s, struct err *e)
{
	struct str seen[CARD_VOUCHES_MAX];

	TRY(card_load_all(path, now_ms(), &s->card, &s->vouches, e));
	for (size_t i = 0; i < s->vouches.n; i++) {
		struct msg_statement m;
		const char *problem = msg_statement_vouch(
		    buf_str(&s->vouches.v[i]), s->card.cert_id,
		    s->card.identity, &m);

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
	return 0;
}

/* Our vouch for it among what the daemon holds: signed, or "". */
static int
signing_find(const struct ctl *c, const struct signing *s, struct buf *out)
{
	AUTO(client_close) struct client *cl = NULL;
	bool more = true;

	TRY(client_open(c, &cl));
	TRY(client_request(cl, "trust statements", json_pack("{s:s}", "peer",
	    s->card.cert_id)));
	while (more) {
		AUTO_JSON json_t *r = NULL;
		size_t i;
		json_t *v;

		TRY(client_reply(cl, &r, &more));
		json_array_foreach(json_object_get(r, "statements"), i, v)
			if (reply_bool(v, "ours") && strcmp(reply_text(v,
			    "kind"), "vouch") == 0 && strcmp(reply_text(v,
			    "about"), s->card.cert_id) == 0)
				buf_addz(out, reply_text(v, "signed"));
	}
	return 0;
}

/* Vouch for it, as trust vouch does; nothing is signed by the first of two. */
static int
signing_say(const struct ctl *c, const struct signing *s, struct buf *out)
{
	AUTO_JSON json_t *r = NULL;
	int rc = client_call(c, "trust say", json_pack("{s:s, s:s, s:[s], "
	    "s:s*}", "kind", "vouch", "about", s->card.cert_id, "to",
	    s->card.cert_id, "reason", s->reason), &r);

	if (rc == 0)
		buf_addz(out, reply_text(json_object_get(r, "statement"),
		    "signed"));
	return rc;
}

/* Put ours on the card, in the place of an older one of ours. */
static int
signing_add(struct signing *s, struct str signed_text, struct err *e)
{
	uint8_t bytes[CARD_VOUCH_BYTES_MAX];
	struct msg_statement ours, m;
	const char *problem;
	size_t n, kept = 0;

	if (base64_decode(bytes, sizeof(bytes), signed_text, &n) < 0)
		return err_set(e, ERR_SYNTAX, "the daemon's vouch does not "
		    "read");
	problem = msg_statement_vouch((struct str){ (char *)bytes, n },
	    s->card.cert_id, s->card.identity, &ours);
	if (problem != NULL)
		return err_set(e, ERR_CONF, "we vouch for %s, but %s than "
		    "this card has: comityctl peer add of the new card, then "
		    "trust vouch", s->card.cert_id, problem);
	for (size_t i = 0; i < s->vouches.n; i++) {
		struct buf *b = &s->vouches.v[i];

		if (msg_statement_decode(buf_str(b), &m) == 0 &&
		    str_eq(m.from, ours.from))
			buf_clear(b);
		else
			s->vouches.v[kept++] = *b;
	}
	s->vouches.n = kept;
	if (kept == CARD_VOUCHES_MAX)
		return err_set(e, ERR_LIMIT, "the card has %d vouches, which "
		    "is all that it holds", CARD_VOUCHES_MAX);
	s->vouches.v[kept] = (struct buf){ 0 };
	buf_add(&s->vouches.v[kept], bytes, n);
	s->vouches.n++;
	return 0;
}

static int
signing_write(const struct signing *s, struct err *e)
{
	AUTO_BUF struct buf text = { 0 };

	card_encode_all(&s->card, &s->vouches, &text);
	buf_addc(&text, '\n');
	return file_write(s->out, 0644, buf_str(&text), e);
}

static void
signing_tell(const struct ctl *c, const struct signing *s, bool done)
{
	AUTO_JSON json_t *j = NULL;

	if (c->json) {
		j = json_pack("{s:i, s:b, s:s, s:s, s:s*, s:o}", "v", 1, "ok",
		    1, "id", s->card.cert_id, "state", done ? "signed" :
		    "proposed", "out", done ? s->out : NULL, "vouches",
		    vouches_json(&s->card, &s->vouches));
		reply_print(j);
	} else if (done) {
		printf("%s: the card of %s with %zu vouch%s\n", s->out,
		    s->card.cert_id, s->vouches.n, s->vouches.n == 1 ? "" :
		    "es");
	} else {
		printf("proposed to vouch for %s: another operator says the "
		    "same, then the card is signed\n", s->card.cert_id);
	}
}

/* Who it is, so that the code is compared before somebody stands in for it. */
static int
signing_confirm(const struct ctl *c, const struct signing *s)
{
	char code[CARD_CODE_MAX];

	fprintf(stderr, "%s, %s (%s), code %s\n"
	    "If it meets a hard gate within a year, our judgement falls "
	    "wherever this counts.\n", s->card.cert_id, s->card.name,
	    s->card.country, card_code(&s->card, code));
	if (ask_for(s->card.cert_id, "Type its id to vouch for it: "))
		return 0;
	return ctl_fail(c, CTL_REFUSED, "--yes for scripts, when the code "
	    "was compared", "not confirmed, nothing signed");
}

static int
signing_run(const struct ctl *c, struct signing *s, bool yes)
{
	AUTO_BUF struct buf text = { 0 };
	struct err e = { 0 };
	int rc;

	if (signing_load(c->argv[0], s, &e) < 0)
		return ctl_fail_err(c, &e, NULL);
	rc = signing_find(c, s, &text);
	if (rc == 0 && text.n == 0 && !yes)
		rc = signing_confirm(c, s);
	if (rc == 0 && text.n == 0)
		rc = signing_say(c, s, &text);
	if (rc != 0)
		return rc;
	if (text.n > 0 && (signing_add(s, buf_str(&text), &e) < 0 ||
	    signing_write(s, &e) < 0))
		return ctl_fail_err(c, &e, NULL);
	signing_tell(c, s, text.n > 0);
	return CTL_DONE;
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
	int rc;

	CTL_OPTIONS(c, options, 1, 1);
	s->out = out == NULL ? c->argv[0] : out;
	s->reason = reason;
	rc = signing_run(c, s, yes);
	card_vouches_clear(&s->vouches);
	return rc;
}
