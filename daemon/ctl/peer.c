/*
 * Peers: list, show, add, remove.  peer_check.c tests one step by step.
 */
#include <stdlib.h>
#include <string.h>

#include "ctl/ask.h"
#include "ctl/card_edit.h"
#include "ctl/client.h"
#include "ctl/files.h"
#include "ctl/flows.h"
#include "ctl/online.h"
#include "ctl/peer_expect.h"
#include "ctl/table.h"

int
cmd_peer_list(struct ctl *c)
{
	bool graph = false;
	const struct ctl_option options[] = { { "graph", &graph, NULL, 0 } };
	AUTO_JSON json_t *r = NULL;
	int rc;

	CTL_OPTIONS(c, options, 0, 0);
	if (graph)
		return peers_graph(c);
	rc = client_call(c, "peer list", NULL, &r);
	if (rc != 0)
		return rc;
	if (c->json)
		reply_print(r);
	else
		peers_print(json_object_get(r, "peers"));
	return CTL_DONE;
}

/* What is in force by a term, and what is wrong with it. */
static void
term_print(const json_t *v)
{
	const struct { const char *name, *heading; } rows[] = {
		{ "in_force", reply_bool(v, "counts") ? "in force" :
		  "would be in force" },
		{ "problem", "does not count" },
		{ "wider", "states more than we hold, which does not count" },
	};

	for (size_t i = 0; i < NELEM(rows); i++)
		if (json_object_get(v, rows[i].name) != NULL)
			printf("%s %s: %s\n", reply_text(v, "id"),
			    rows[i].heading, reply_text(v, rows[i].name));
}

static void
peer_print(const json_t *r)
{
	static const char *const headings[] = { "TERM", "WHAT", "OURS",
	    "THEIRS", "COUNTS" };
	AUTO(table_free) struct table *t = table_new(headings,
	    NELEM(headings));
	AUTO_JSON json_t *list = json_array();
	AUTO(mem_free) char *card = NULL;
	struct card decoded;
	size_t i;
	json_t *v;

	json_array_append(list, json_object_get(r, "peer"));
	peers_print(list);
	putchar('\n');
	card = json_dumps(json_object_get(r, "card"), JSON_COMPACT |
	    JSON_SORT_KEYS);
	if (card != NULL && card_decode(str_of(card), now_ms(), &decoded,
	    NULL) == 0)
		card_print(&decoded);
	else
		table_line(stdout, "code", "%s", reply_text(r, "code"));
	if (reply_int(json_object_get(r, "peer"), "proofs") > 0)
		table_line(stdout, "proofs", "%lld that it signed what it "
		    "may not have: comityctl proof list",
		    reply_int(json_object_get(r, "peer"), "proofs"));
	json_array_foreach(json_object_get(r, "terms"), i, v) {
		table_cell(t, reply_text(v, "id"));
		table_cell(t, reply_text(v, "what"));
		table_cell(t, reply_text_or(v, "ours", "-"));
		table_cell(t, reply_text_or(v, "theirs", "-"));
		table_cell(t, reply_bool(v, "counts") ? "yes" : "no");
	}
	if (i == 0)
		return;
	putchar('\n');
	table_print(t, stdout);
	json_array_foreach(json_object_get(r, "terms"), i, v)
		term_print(v);
}

int
cmd_peer_show(struct ctl *c)
{
	AUTO_JSON json_t *r = NULL;
	int rc;

	CTL_NO_OPTIONS(c, 1, 1);
	rc = client_call(c, "peer show", json_pack("{s:s}", "id",
	    c->argv[0]), &r);
	if (rc != 0)
		return rc;
	if (c->json)
		reply_print(r);
	else
		peer_print(r);
	return CTL_DONE;
}

/*
 * What goes to whom the card is of, and what would raise that: for people
 * on f, or with NULL as a member of r.  Without a policy: nothing.
 */
static void
add_expect(const struct ctl *c, const char *card, FILE *f, json_t *r)
{
	struct ctl quiet = *c;
	AUTO_JSON json_t *x = NULL;

	quiet.quiet = true;
	if (client_call(&quiet, "peer expect", json_pack("{s:s}", "card",
	    card), &x) != 0)
		return;
	if (f != NULL)
		expect_rows_print(f, x, false);
	else
		json_object_set(r, "expect", x);
}

/* Who vouches for it on its card, and what that is worth to us. */
static void
add_vouches(FILE *f, const json_t *r)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(r, "vouches"), i, v) {
		const char *why = reply_text(v, "why");

		fprintf(f, "vouch of %s: %s%s%s\n", reply_text_or(v, "from",
		    "?"), reply_bool(v, "counts") ? "counts" : "does not count",
		    why[0] != '\0' ? ": " : "", why);
	}
}

/* Show who the card is about, so that two people can compare the code. */
static void
add_preview(const json_t *r)
{
	size_t i;
	json_t *v;

	fprintf(stderr, "%s, %s (%s)\n", reply_text(r, "id"),
	    reply_text(r, "name"), reply_text(r, "country"));
	json_array_foreach(json_object_get(r, "endpoints"), i, v)
		fprintf(stderr, "  at %s\n", json_string_value(v));
	json_array_foreach(json_object_get(r, "differs"), i, v)
		fprintf(stderr, "  differs from the card held now: %s\n",
		    json_string_value(v));
	fprintf(stderr, "  code %s\n", reply_text(r, "code"));
	if (json_array_size(json_object_get(r, "flows")) > 0)
		fputs("What it gets from us (-->) and we take from it "
		    "(<--):\n", stderr);
	flows_print(stderr, json_object_get(r, "flows"), "  ");
	add_vouches(stderr, r);
}

/* Ask what adding would change, and whether the code was compared. */
static int
add_confirm(struct ctl *c, const char *text, bool only_check,
    bool *out_done)
{
	AUTO_JSON json_t *r = NULL;
	int rc;

	rc = client_call(c, "peer add", json_pack("{s:s, s:b}", "card", text,
	    "dry_run", 1), &r);
	if (rc != 0)
		return rc;
	*out_done = only_check || !reply_bool(r, "changed");
	if (c->json) {
		add_expect(c, text, NULL, r);
	} else {
		add_preview(r);
		add_expect(c, text, stderr, r);
	}
	if (c->json && *out_done)
		reply_print(r);
	if (*out_done) {
		fprintf(stderr, "%s\n", reply_bool(r, "changed") ?
		    "it would be added" : "it is known already");
		return 0;
	}
	fprintf(stderr, "Call %s on a number you know and compare the code.\n",
	    reply_text(r, "id"));
	if (!ask_for("yes", "Is the code they read to you the same? "
	    "Type yes to add: "))
		return ctl_fail(c, CTL_REFUSED, "--code CODE, as they read it "
		    "to you, or --yes if it was compared before",
		    "not confirmed, nothing changed");
	return 0;
}

int
cmd_peer_add(struct ctl *c)
{
	const char *code = NULL;
	bool yes = false, check = false, done = false, shown;
	const struct ctl_option options[] = {
		{ "yes", &yes, NULL, 0 }, { "check", &check, NULL, 0 },
		{ "code", NULL, &code, 1 },
	};
	AUTO_BUF struct buf text = { 0 };
	AUTO_JSON json_t *r = NULL;
	struct card card;
	struct err e = { 0 };
	json_t *arguments;
	int rc = 0;

	CTL_OPTIONS(c, options, 1, 1);
	if (card_load(c->argv[0], now_ms(), &card, &e) < 0 ||
	    file_read(c->argv[0], CARD_BYTES_MAX, &text, &e) < 0)
		return ctl_fail_err(c, &e, "ask that CERT for its card again");
	shown = check || (!yes && code == NULL);
	if (shown)
		rc = add_confirm(c, text.p, check, &done);
	if (rc != 0 || done)
		return rc;
	arguments = json_pack("{s:s}", "card", text.p);
	if (code != NULL)
		json_object_set_new(arguments, "code", json_string(code));
	else
		json_object_set_new(arguments, "yes", json_true());
	rc = client_call(c, "peer add", arguments, &r);
	if (rc != 0)
		return rc;
	if (c->json) {
		add_expect(c, text.p, NULL, r);
		reply_print(r);
		return CTL_DONE;
	}
	printf("%s %s, code %s\n", reply_text(r, "id"),
	    reply_bool(r, "added") ? "added" :
	    reply_bool(r, "changed") ? "has its new card" :
	    "is unchanged", reply_text(r, "code"));
	if (!shown)
		add_vouches(stdout, r);
	if (!shown)
		add_expect(c, text.p, stdout, r);
	return CTL_DONE;
}

int
cmd_peer_remove(struct ctl *c)
{
	bool yes = false;
	const struct ctl_option options[] = { { "yes", &yes, NULL, 0 } };
	AUTO_JSON json_t *r = NULL;
	int rc;

	CTL_OPTIONS(c, options, 1, 1);
	if (!yes && !ask_for(c->argv[0], "Its sessions end and its card is "
	    "forgotten. Type its id to go on: "))
		return ctl_fail(c, CTL_REFUSED, "--yes for scripts",
		    "not confirmed, nothing changed");
	rc = client_call(c, "peer remove", json_pack("{s:s}", "id",
	    c->argv[0]), &r);
	if (rc != 0)
		return rc;
	if (c->json)
		reply_print(r);
	else
		printf("%s %s\n", c->argv[0], reply_bool(r, "changed") ?
		    "removed" : "was not known");
	return CTL_DONE;
}
