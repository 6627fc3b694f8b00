/*
 * peer expect.  The vault decides and computes; here it is put on a screen.
 */
#include "ctl/peer_expect.h"

#include <string.h>

#include "ctl/card_edit.h"
#include "ctl/client.h"
#include "ctl/files.h"
#include "ctl/table.h"

#define SCREEN_COLUMNS 80
/* Rows of flows: on a screen with what raises a band, and without. */
#define SCREEN_ROWS 9
#define SCREEN_ROWS_ALONE 19
#define SPONSORS_TOLD 3
#define KINDS_COLUMNS_MIN 12
#define GAPS 8			/* between five columns */

/* ---- flows ---- */

static void
add_list(struct buf *b, const json_t *list)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		buf_addf(b, "%s%s", i > 0 ? ", " : "", json_string_value(v));
	buf_addz(b, "");
}

/* From when on: "now", "discretion C", and what must be agreed on. */
static void
from_text(const json_t *v, struct buf *b)
{
	const char *d = reply_text(v, "discretion");
	const char *r = reply_text(v, "reliability");
	const json_t *needs = json_object_get(v, "needs");

	if (d[0] != '\0')
		buf_addf(b, "discretion %s", d);
	if (r[0] != '\0')
		buf_addf(b, "%sreliability %s", d[0] != '\0' ? ", " : "", r);
	if (b->n == 0)
		buf_addz(b, reply_bool(v, "now") ? "now" : "never");
	if (needs != NULL) {
		buf_addz(b, " and ");
		add_list(b, needs);
	}
}

static void
tlp_text(const json_t *v, struct buf *b)
{
	const char *from = reply_text(v, "tlp_from"), *to = reply_text(v,
	    "tlp");

	if (strcmp(from, to) == 0 || strcmp(from, "clear") == 0)
		buf_addz(b, strcmp(to, "red") == 0 ? "all" : to);
	else
		buf_addf(b, "%s..%s", from, to);
}

static bool
is_refused(const json_t *v)
{
	const char *o = reply_text(v, "outcome");

	return strcmp(o, "deny") == 0 || strcmp(o, "forbid") == 0;
}

/* One row: all but the kinds, which take what is left of the line. */
struct row {
	const json_t *v;
	struct buf desk, what, from, tlp;
	size_t more;		/* desks and uses that fare alike */
};

static void
row_fill(struct row *r, const json_t *v)
{
	r->v = v;
	buf_addf(&r->desk, "%s %s/%s", strcmp(reply_text(v, "direction"),
	    "out") == 0 ? "-->" : "<--", reply_text(v, "desk"),
	    reply_text(v, "use"));
	if (is_refused(v))
		buf_addf(&r->what, "no: %s", reply_text(v, "by"));
	else
		buf_addz(&r->what, reply_text(v, "outcome"));
	from_text(v, &r->from);
	tlp_text(v, &r->tlp);
}

static void
row_clear(struct row *r)
{
	buf_clear(&r->desk);
	buf_clear(&r->what);
	buf_clear(&r->from);
	buf_clear(&r->tlp);
}

static size_t
wider(size_t a, const struct buf *b)
{
	return b->n > a ? b->n : a;
}

/* As many names as fit. */
static void
kinds_text(const json_t *kinds, size_t room, struct buf *b)
{
	size_t i;
	json_t *v;

	json_array_foreach(kinds, i, v) {
		size_t n = json_string_length(v);

		if (i > 0 && b->n + n + 7 > room &&
		    (i + 1 < json_array_size(kinds) || b->n + n + 2 > room)) {
			buf_addf(b, " +%zu", json_array_size(kinds) - i);
			return;
		}
		buf_addf(b, "%s%s", i > 0 ? ", " : "", json_string_value(v));
	}
}

static void
rows_print(FILE *f, struct row *rows, size_t n)
{
	static const char *const headings[] = { "WITH", "WHAT", "FROM", "TLP",
	    "KINDS" };
	AUTO(table_free) struct table *t = table_new(headings,
	    NELEM(headings));
	size_t w[4] = { 4, 4, 4, 3 }, used;

	for (size_t i = 0; i < n; i++) {
		w[0] = wider(w[0], &rows[i].desk);
		w[1] = wider(w[1], &rows[i].what);
		w[2] = wider(w[2], &rows[i].from);
		w[3] = wider(w[3], &rows[i].tlp);
	}
	used = w[0] + w[1] + w[2] + w[3] + GAPS;
	for (size_t i = 0; i < n; i++) {
		AUTO_BUF struct buf kinds = { 0 };

		kinds_text(json_object_get(rows[i].v, "kinds"),
		    used + KINDS_COLUMNS_MIN > SCREEN_COLUMNS ?
		    KINDS_COLUMNS_MIN : SCREEN_COLUMNS - used, &kinds);
		table_cell(t, rows[i].desk.p);
		table_cell(t, rows[i].what.p);
		table_cell(t, rows[i].from.p);
		table_cell(t, rows[i].tlp.p);
		table_cell(t, kinds.n == 0 ? "" : kinds.p);
	}
	table_print(t, f);
}

/* Does any flow wait for that dimension? */
static bool
is_waited_for(const json_t *flows, const char *dimension)
{
	size_t i;
	json_t *v;

	json_array_foreach(flows, i, v)
		if (reply_text(v, dimension)[0] != '\0')
			return true;
	return false;
}

static bool
fares_alike(const struct row *a, const struct row *b)
{
	return strncmp(a->desk.p, b->desk.p, 3) == 0 &&
	    strcmp(a->what.p, b->what.p) == 0 &&
	    strcmp(a->from.p, b->from.p) == 0 &&
	    strcmp(a->tlp.p, b->tlp.p) == 0 &&
	    json_equal(json_object_get(a->v, "kinds"),
	    json_object_get(b->v, "kinds"));
}

/* The last of n rows goes into one that says the same of another desk. */
static size_t
rows_join(struct row *rows, size_t n)
{
	for (size_t i = 0; i + 1 < n; i++)
		if (fares_alike(&rows[i], &rows[n - 1])) {
			rows[i].more++;
			row_clear(&rows[n - 1]);
			return n - 1;
		}
	return n;
}

/*
 * What never flows comes last: it is what is left out first.  most: 0 for
 * everything, and every desk by itself.
 */
static void
flows_table(FILE *f, const json_t *flows, size_t most)
{
	size_t n = 0, i;
	AUTO(mem_free) struct row *rows = mem_array(struct row,
	    json_array_size(flows) + 1);
	json_t *v;

	for (int refused = 0; refused < 2; refused++)
		json_array_foreach(flows, i, v) {
			if (is_refused(v) != (refused != 0))
				continue;
			row_fill(&rows[n++], v);
			if (most > 0)
				n = rows_join(rows, n);
		}
	for (i = 0; i < n; i++)
		if (rows[i].more > 0)
			buf_addf(&rows[i].desk, " +%zu", rows[i].more);
	if (n > 0)
		rows_print(f, rows, most > 0 && n > most ? most : n);
	if (most > 0 && n > most)
		fprintf(f, "and %zu more: --all\n", n - most);
	for (i = 0; i < n; i++)
		row_clear(&rows[i]);
}

/* ---- what would raise a band ---- */

static const struct {
	const char *name, *text;
} way_texts[] = {
	{ "vouch", "two sponsors vouch for it" },
	{ "receipt", "receipts in time, every day" },
	{ "audit-opened", "an audit opened every 14 days" },
	{ "attested", "its wall attested by others" },
	{ "sighted", "its records sighted, every day" },
};

static void
way_text(const json_t *v, struct buf *b)
{
	const json_t *ways = json_object_get(v, "ways");
	const char *first = json_string_value(json_array_get(ways, 0));

	if (json_array_size(ways) > 2) {
		buf_addz(b, "all of these");
		return;
	}
	if (json_array_size(ways) == 2) {
		buf_addz(b, "both of these");
		return;
	}
	for (size_t i = 0; i < NELEM(way_texts); i++)
		if (first != NULL && strcmp(first, way_texts[i].name) == 0)
			buf_addz(b, way_texts[i].text);
}

static void
days_cell(struct table *t, const json_t *days, const char *band)
{
	const json_t *d = json_object_get(days, band);

	if (!json_is_integer(d))
		table_cell(t, "-");
	else if (json_integer_value(d) == 0)
		table_cell(t, "at once");
	else
		table_cellf(t, "%lld d", (long long)json_integer_value(d));
}

static void
raise_table(FILE *f, const json_t *r, const char *dimension,
    const char *heading)
{
	const char *const headings[] = { heading, ">D", ">C", ">B", ">A",
	    ">MOST b" };
	AUTO(table_free) struct table *t = table_new(headings,
	    NELEM(headings));
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(r, "raise"), i, v) {
		const json_t *days = json_object_get(v, "days");
		AUTO_BUF struct buf way = { 0 };

		if (strcmp(reply_text(v, "dimension"), dimension) != 0)
			continue;
		way_text(v, &way);
		table_cell(t, way.n == 0 ? "" : way.p);
		for (char band[2] = "D"; band[0] >= 'A'; band[0]--)
			days_cell(t, days, band);
		table_cellf(t, "%.5s", reply_text(v, "b"));
	}
	table_print(t, f);
}

/* Whom to ask for a vouch: who does already, then the best of the others. */
static void
sponsors_line(FILE *f, const json_t *r)
{
	const json_t *list = json_object_get(r, "sponsors");
	size_t told = 0, left = 0, i;
	json_t *v;

	json_array_foreach(list, i, v)
		if (reply_bool(v, "vouches"))
			fprintf(f, "%s vouches for it.\n", reply_text(v, "id"));
	json_array_foreach(list, i, v) {
		if (!reply_bool(v, "may"))
			continue;
		if (told == SPONSORS_TOLD) {
			left++;
			continue;
		}
		fprintf(f, "%s%s (%s)", told++ == 0 ? "Who may vouch, of "
		    "different groups: " : ", ", reply_text(v, "id"),
		    reply_text(v, "group"));
	}
	if (left > 0)
		fprintf(f, " and %zu more", left);
	fputs(told == 0 ? "None of our other peers may vouch: a sponsor has "
	    "discretion B.\n" : "\n", f);
}

static void
raise_print(FILE *f, const json_t *r)
{
	const json_t *flows = json_object_get(r, "flows");
	bool discretion = is_waited_for(flows, "discretion");
	bool reliability = is_waited_for(flows, "reliability");

	if (!discretion && !reliability) {
		fputs("No band would change this.\n", f);
		return;
	}
	if (discretion)
		raise_table(f, r, "discretion", "DISCRETION RISES WITH");
	if (reliability)
		raise_table(f, r, "reliability", "RELIABILITY RISES WITH");
	sponsors_line(f, r);
}

static void
lines_print(FILE *f, const json_t *r)
{
	size_t i;
	json_t *v;

	fprintf(f, "The policy does not name it: nothing will flow either way "
	    "until policy.yaml has it\nunder `peers:`, with its true type, "
	    "and is in force (comityctl policy apply):\n");
	json_array_foreach(json_object_get(r, "policy_lines"), i, v)
		fprintf(f, "%s\n", json_string_value(v));
}

void
expect_rows_print(FILE *f, const json_t *r, bool all)
{
	const json_t *d = json_object_get(r, "discretion");
	const json_t *l = json_object_get(r, "reliability");
	const json_t *flows = json_object_get(r, "flows");

	if (!reply_bool(r, "in_policy")) {
		lines_print(f, r);
		return;
	}
	fprintf(f, "%s has discretion %s (b %.5s) and reliability %s "
	    "(b %.5s).\n", reply_text(r, "id"), reply_text(d, "band"),
	    reply_text(d, "b"), reply_text(l, "band"), reply_text(l, "b"));
	flows_table(f, flows, all ? 0 :
	    is_waited_for(flows, "discretion") || is_waited_for(flows,
	    "reliability") ? SCREEN_ROWS : SCREEN_ROWS_ALONE);
	raise_print(f, r);
}

int
cmd_peer_expect(struct ctl *c)
{
	bool all = false;
	const struct ctl_option options[] = { { "all", &all, NULL, 0 } };
	AUTO_BUF struct buf text = { 0 };
	AUTO_JSON json_t *r = NULL;
	struct card card;
	struct err e = { 0 };
	bool file;
	int rc;

	CTL_OPTIONS(c, options, 1, 1);
	file = strchr(c->argv[0], '/') != NULL || file_exists(c->argv[0]);
	if (file && (card_load(c->argv[0], now_ms(), &card, &e) < 0 ||
	    file_read(c->argv[0], CARD_BYTES_MAX, &text, &e) < 0))
		return ctl_fail_err(c, &e, "ask that CERT for its card again");
	rc = client_call(c, "peer expect", file ? json_pack("{s:s}", "card",
	    text.p) : json_pack("{s:s}", "id", c->argv[0]), &r);
	if (rc != 0)
		return rc;
	if (c->json)
		reply_print(r);
	else
		expect_rows_print(stdout, r, all);
	return CTL_DONE;
}
