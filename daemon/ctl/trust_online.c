/*
 * trust list, show, explain, history, what-if: scores of peers and what they
 * are made of, as the daemon has them.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/client.h"
#include "ctl/files.h"
#include "ctl/standing.h"
#include "ctl/table.h"
#include "ctl/trust_items.h"
#include "ctl/trust_plot.h"

#define REASONS_SHOWN 3
#define WHAT_IF_MAX 1000

static const char *const dimensions[] = { "reliability", "discretion",
    "judgement" };

/* "C (b 0.538462)" of one dimension. */
static void
band_cell(struct table *t, const json_t *scores, const char *dimension)
{
	const json_t *s = json_object_get(scores, dimension);

	table_cellf(t, "%s %s", reply_text(s, "band"), reply_text(s, "b"));
}

int
cmd_trust_list(struct ctl *c)
{
	static const char *const headings[] = { "PEER", "RELIABILITY",
	    "DISCRETION", "JUDGEMENT", ">EVIDENCE", "MOST OF IT" };
	AUTO(table_free) struct table *t = table_new(headings,
	    NELEM(headings));
	AUTO_JSON json_t *r = NULL;
	size_t i;
	json_t *p;
	int rc;

	CTL_NO_OPTIONS(c, 0, 0);
	rc = client_call(c, "trust list", NULL, &r);
	if (rc != 0)
		return rc;
	if (c->json) {
		reply_print(r);
		return CTL_DONE;
	}
	json_array_foreach(json_object_get(r, "peers"), i, p) {
		table_cell(t, reply_text(p, "id"));
		for (size_t d = 0; d < NELEM(dimensions); d++)
			band_cell(t, json_object_get(p, "scores"),
			    dimensions[d]);
		table_number(t, reply_int(p, "evidence"));
		table_cell(t, reply_text_or(json_array_get(json_object_get(p,
		    "reasons"), 0), "kind", "-"));
	}
	table_print(t, stdout);
	if (reply_text(r, "trust_clock")[0] != '\0')
		printf("the setting trust-clock is %s: at %s\n",
		    reply_text(r, "trust_clock"), reply_text(r, "at"));
	return CTL_DONE;
}

static void
score_print(const char *name, const json_t *s)
{
	AUTO_BUF struct buf of = { 0 };

	if (reply_int(s, "evidence") > 0)
		buf_addf(&of, ", evidence %lld, last change %.10s",
		    reply_int(s, "evidence"), reply_text(s, "last_change"));
	table_line(stdout, name, "%s, letter %s, E %s, b %s to %s%s"
	    "%s%s%s", reply_text(s, "band"), reply_text(s, "letter"),
	    reply_text(s, "E"), reply_text(s, "b"), reply_text(s, "upper"),
	    of.n > 0 ? of.p : "",
	    reply_text(s, "gated_until")[0] != '\0' ? ", at most D until " :
	    "", reply_text(s, "gated_until"), reply_bool(s, "capped") ?
	    ", at most D until attested again" : "");
}

/* r and s, and what they come to. */
static void
sum_print(const json_t *s)
{
	table_line(stdout, "", "r %s, s %s; r / (r + s + 2) = b %s, d %s, "
	    "u %s", reply_text(s, "r"), reply_text(s, "s"),
	    reply_text(s, "b"), reply_text(s, "d"), reply_text(s, "u"));
	if (strcmp(reply_text(s, "initial"), "E") != 0)
		table_line(stdout, "", "of r, what makes %s by the policy's "
		    "`initial`", reply_text(s, "initial"));
}

static void
reasons_print(const json_t *peer, size_t most)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(peer, "reasons"), i, v) {
		if (i == most)
			break;
		table_line(stdout, i == 0 ? "evidence" : "",
		    "%s: %lld, now weigh %s in %s; the last %.10s",
		    reply_text(v, "kind"), reply_int(v, "n"),
		    reply_text(v, "weight"), reply_text(v, "dimension"),
		    reply_text(v, "last"));
		if (reply_text(v, "reason")[0] != '\0')
			table_line(stdout, "", "  %s%s%s", reply_text(v,
			    "reason"), reply_text(v, "record")[0] != '\0' ?
			    ": " : "", reply_text(v, "record"));
	}
}

static void
peer_print(const json_t *peer, bool whole)
{
	const json_t *scores = json_object_get(peer, "scores");

	table_line(stdout, "peer", "%s", reply_text(peer, "id"));
	for (size_t d = 0; d < NELEM(dimensions); d++) {
		const json_t *s = json_object_get(scores, dimensions[d]);

		score_print(dimensions[d], s);
		if (whole)
			sum_print(s);
	}
	reasons_print(peer, whole ? SIZE_MAX : REASONS_SHOWN);
	if (reply_int(peer, "evidence") == 0)
		table_line(stdout, "evidence", "none yet");
}

/* One line a dimension that there is evidence of. */
static void
plots_print(const json_t *r)
{
	const json_t *scores = json_object_get(json_object_get(r, "peer"),
	    "scores");
	const char *name = "over time";

	for (int d = 0; d < TRUST_DIMENSIONS; d++) {
		AUTO_BUF struct buf b = { 0 };
		struct trust_plot plot;

		if (reply_int(json_object_get(scores, dimensions[d]),
		    "evidence") <= 0)
			continue;
		trust_plot_of(r, (enum trust_dimension)d, trust_plot_now(r),
		    &plot);
		trust_plot_line(&plot, &b);
		table_line(stdout, name, "%s, %s", b.p, dimensions[d]);
		name = "";
	}
}

/* Ask about one peer; 0 with *out, or an exit code after printing JSON. */
static int
show_call(struct ctl *c, json_t *args, json_t **out)
{
	int rc = client_call_all(c, "trust show", args, out);

	if (rc == 0 && c->json)
		reply_print(*out);
	return rc;
}

/* "60d good, 180d vouched, 365d bad" */
static void
lives_print(const json_t *rules)
{
	static const struct { const char *member, *name; } lives[] = {
		{ "good_ms", "good" }, { "vouch_ms", "vouched" },
		{ "bad_ms", "bad" },
	};
	AUTO_BUF struct buf b = { 0 };

	for (size_t i = 0; i < NELEM(lives); i++) {
		long long ms = reply_int(rules, lives[i].member);
		bool days = ms % DAY(1) == 0;

		buf_addf(&b, "%s%lld%s %s", i > 0 ? ", " : "", days ?
		    ms / DAY(1) : ms / HOUR(1), days ? "d" : "h",
		    lives[i].name);
	}
	table_line(stdout, "half life", "%s", b.p);
}

static int
show(struct ctl *c, bool whole)
{
	AUTO_JSON json_t *r = NULL;
	int rc;

	CTL_NO_OPTIONS(c, 1, 1);
	rc = show_call(c, json_pack("{s:s, s:i}", "peer", c->argv[0],
	    "history", !c->json), &r);
	if (rc == 0 && !c->json) {
		peer_print(json_object_get(r, "peer"), whole);
		plots_print(r);
		if (whole)
			lives_print(json_object_get(r, "rules"));
		answers_print(json_object_get(r, "answers"));
	}
	return rc;
}

int
cmd_trust_show(struct ctl *c)
{
	return show(c, false);
}

int
cmd_trust_explain(struct ctl *c)
{
	return show(c, true);
}

/* Scores over time, instead of the items: all dimensions that have any. */
static int
history_plot(const struct ctl *c, const json_t *r, bool text,
    const char *svg)
{
	struct trust_plot plots[TRUST_DIMENSIONS];
	AUTO_BUF struct buf out = { 0 };
	struct err e = { 0 };

	for (int d = 0; d < TRUST_DIMENSIONS; d++) {
		trust_plot_of(r, (enum trust_dimension)d, trust_plot_now(r),
		    &plots[d]);
		if (text)
			trust_plot_text(&plots[d], &out);
	}
	if (text)
		fputs(out.p, stdout);
	if (svg == NULL)
		return CTL_DONE;
	buf_reset(&out);
	trust_plot_svg(plots, NELEM(plots), c->argv[0], &out);
	return file_write(svg, 0644, buf_str(&out), &e) < 0 ?
	    ctl_fail_err(c, &e, NULL) : CTL_DONE;
}

int
cmd_trust_history(struct ctl *c)
{
	bool plot = false;
	const char *svg = NULL;
	const struct ctl_option options[] = {
		{ .name = "plot", .flag = &plot },
		{ .name = "svg", .value = &svg },
	};
	AUTO_JSON json_t *r = NULL;
	int rc;

	CTL_OPTIONS(c, options, 1, 1);
	rc = show_call(c, json_pack("{s:s, s:i}", "peer", c->argv[0],
	    "history", 1), &r);
	if (rc == 0 && (svg != NULL || (plot && !c->json)))
		return history_plot(c, r, plot && !c->json, svg);
	if (rc != 0 || c->json)
		return rc;
	trust_items_print(json_object_get(r, "items"));
	answers_print(json_object_get(r, "answers"));
	return CTL_DONE;
}

int
cmd_trust_what_if(struct ctl *c)
{
	AUTO_JSON json_t *r = NULL;
	const json_t *w, *now;
	uint64_t n = 1;
	int rc;

	CTL_NO_OPTIONS(c, 2, 3);
	if (c->argc == 3 && (str_to_u64(str_of(c->argv[2]), &n) < 0 ||
	    n == 0 || n > WHAT_IF_MAX))
		return ctl_usage(c, "%s: want how many, 1 to %d", c->argv[2],
		    WHAT_IF_MAX);
	rc = show_call(c, json_pack("{s:s, s:s, s:I}", "peer", c->argv[0],
	    "what", c->argv[1], "n", (json_int_t)n), &r);
	if (rc != 0 || c->json)
		return rc;
	w = json_object_get(r, "what_if");
	now = json_object_get(json_object_get(json_object_get(r, "peer"),
	    "scores"), reply_text(w, "dimension"));
	printf("%s after %lld more of %s\n", reply_text(w, "dimension"),
	    reply_int(w, "n"), reply_text(w, "kind"));
	score_print("now", now);
	score_print("then", json_object_get(w, "score"));
	return CTL_DONE;
}

int
cmd_trust_lift(struct ctl *c)
{
	const char *reason = NULL;
	const struct ctl_option options[] = {
		{ .name = "reason", .value = &reason },
	};
	AUTO_JSON json_t *r = NULL;
	int rc;

	CTL_OPTIONS(c, options, 1, 1);
	if (reason == NULL || reason[0] == '\0')
		return ctl_usage(c, "--reason is missing: it is kept");
	rc = client_call(c, "trust lift", json_pack("{s:s, s:s}", "peer",
	    c->argv[0], "reason", reason), &r);
	if (rc != 0)
		return rc;
	if (c->json)
		reply_print(r);
	else
		printf("%s: %s\n", c->argv[0], strcmp(reply_text(r, "state"),
		    "lifted") == 0 ? "the hard gate is lifted" :
		    "proposed; a second person has to agree");
	return CTL_DONE;
}
