/*
 * trust vouch, unvouch, refer, attest, hand-on, statements: what we sign
 * about other CERTs, and what is said about them.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/client.h"
#include "ctl/table.h"

#define TO_MAX 64

static json_t *
to_list(const char *const *to)
{
	json_t *list = json_array();

	for (size_t i = 0; i < TO_MAX && to[i] != NULL; i++)
		(void)json_array_append_new(list, json_string(to[i]));
	return list;
}

/* "counted by cert-xa, waiting for cert-xb" */
static void
told_text(const json_t *s, struct buf *out)
{
	size_t i;
	json_t *t;

	json_array_foreach(json_object_get(s, "told"), i, t) {
		const char *state = reply_text(t, "state");

		buf_addf(out, "%s%s %s %s", i > 0 ? ", " : "", state,
		    strcmp(state, "waiting") == 0 ? "for" : "by",
		    reply_text(t, "to"));
	}
}

static int
say_print(struct ctl *c, const char *kind, json_t *r)
{
	AUTO_BUF struct buf told = { 0 };
	const char *about = c->argv[0];

	if (c->json) {
		reply_print(r);
		return CTL_DONE;
	}
	if (strcmp(reply_text(r, "state"), "proposed") == 0) {
		printf("%s of %s: proposed; a second person has to say the "
		    "same\n", kind, about);
		return CTL_DONE;
	}
	told_text(json_object_get(r, "statement"), &told);
	printf("%s of %s: signed%s%s\n", kind, about, told.n > 0 ? "; " :
	    "; nobody is told of it: --to PEER", told.n > 0 ? told.p : "");
	return CTL_DONE;
}

/* What they have in common; until: the text of --until, or NULL. */
static int
say(struct ctl *c, const char *kind, const char **out_until)
{
	const char *to[TO_MAX + 1] = { NULL }, *reason = NULL, *until = NULL;
	const struct ctl_option options[] = {
		{ .name = "reason", .value = &reason },
		{ .name = "to", .value = to, .most = TO_MAX },
		{ .name = "until", .value = &until },
	};
	AUTO_JSON json_t *r = NULL;
	json_t *args;
	unix_ms_t day = { 0 };
	int rc = ctl_options(c, options, out_until != NULL ? 3 : 2, 1, 1);

	if (rc != 0)
		return rc == CTL_HELP_SHOWN ? CTL_DONE : rc;
	if (strcmp(kind, "referral") == 0 && to[0] == NULL)
		return ctl_usage(c, "--to PEER is missing: who is told");
	if (out_until != NULL && (until == NULL ||
	    time_parse_date(str_of(until), &day) < 0))
		return ctl_usage(c, "--until: want the day to which the "
		    "attestation holds, like 2027-06-30");
	args = json_pack("{s:s, s:s, s:o}", "kind", kind, "about",
	    c->argv[0], "to", to_list(to));
	if (args != NULL && reason != NULL)
		(void)json_object_set_new(args, "reason",
		    json_string(reason));
	if (args != NULL && out_until != NULL)
		(void)json_object_set_new(args, "until_ms",
		    json_integer(day.ms));
	rc = client_call(c, "trust say", args, &r);
	return rc != 0 ? rc : say_print(c, kind, r);
}

int
cmd_trust_vouch(struct ctl *c)
{
	return say(c, "vouch", NULL);
}

int
cmd_trust_unvouch(struct ctl *c)
{
	return say(c, "vouch-ended", NULL);
}

int
cmd_trust_refer(struct ctl *c)
{
	return say(c, "referral", NULL);
}

int
cmd_trust_attest(struct ctl *c)
{
	const char *until = NULL;

	return say(c, "attestation", &until);
}

/* ---- what is said ---- */

static void
said_row(struct table *t, const json_t *s)
{
	AUTO_BUF struct buf state = { 0 };
	bool counts = reply_bool(s, "counts");

	table_cell(t, reply_text(s, "from"));
	table_cell(t, reply_text(s, "about"));
	table_cell(t, reply_text(s, "kind"));
	table_cell(t, reply_text(s, "at"));
	if (reply_text(s, "b")[0] != '\0')
		table_cellf(t, "b %s d %s", reply_text(s, "b"),
		    reply_text(s, "d"));
	else
		table_cell(t, reply_text_or(s, "until", "-"));
	if (!reply_bool(s, "ours"))
		buf_addf(&state, "%s%s%s", counts ? "counts here" :
		    "counts nothing here", counts ? "" : ": ",
		    reply_text(s, "why"));
	if (state.n > 0 && json_array_size(json_object_get(s, "told")) > 0)
		buf_addf(&state, "; ");
	told_text(s, &state);
	table_cell(t, state.n > 0 ? state.p : "nobody is told");
}

static void
said_print(json_t *list)
{
	static const char *const headings[] = { "FROM", "ABOUT", "KIND",
	    "SAID", "SAYS", "STATE" };
	AUTO(table_free) struct table *t = table_new(headings,
	    NELEM(headings));
	size_t i;
	json_t *s;

	json_array_foreach(list, i, s)
		said_row(t, s);
	table_print(t, stdout);
}

int
cmd_trust_hand_on(struct ctl *c)
{
	const char *to = NULL;
	const struct ctl_option options[] = {
		{ .name = "to", .value = &to },
	};
	AUTO_JSON json_t *r = NULL;
	int rc;

	CTL_OPTIONS(c, options, 2, 2);
	if (to == NULL)
		return ctl_usage(c, "--to PEER is missing: who is told");
	rc = client_call(c, "trust hand-on", json_pack("{s:s, s:s, s:s}",
	    "from", c->argv[0], "about", c->argv[1], "to", to), &r);
	if (rc != 0)
		return rc;
	if (c->json)
		reply_print(r);
	else
		said_print(json_object_get(r, "statements"));
	return CTL_DONE;
}

int
cmd_trust_statements(struct ctl *c)
{
	AUTO(client_close) struct client *cl = NULL;
	AUTO_JSON json_t *all = json_array(), *r = NULL;
	bool more = true;
	int rc;

	CTL_NO_OPTIONS(c, 0, 1);
	rc = client_open(c, &cl);
	if (rc == 0)
		rc = client_request(cl, "trust statements", c->argc == 0 ?
		    NULL : json_pack("{s:s}", "peer", c->argv[0]));
	while (rc == 0 && more) {
		json_decref(r);
		r = NULL;
		rc = client_reply(cl, &r, &more);
		if (rc == 0)
			(void)json_array_extend(all, json_object_get(r,
			    "statements"));
	}
	if (rc != 0)
		return rc;
	if (!c->json) {
		said_print(all);
		return CTL_DONE;
	}
	(void)json_object_set(r, "statements", all);
	reply_print(r);
	return CTL_DONE;
}
