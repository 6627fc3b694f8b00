#include "ctl/trust_plot.h"

#include <string.h>

#include "ctl/client.h"
#include "record/stix.h"
#include "trust/fixed.h"

#define ROWS 10
#define LINE_COLUMNS 32
#define SPAN_LEAST DAY(1)
#define SVG_WIDTH 640
#define SVG_HEIGHT 200
#define SVG_MARGIN 40

static unix_ms_t
time_of(const char *text)
{
	struct stix_time t;

	if (stix_time_parse(str_of(text), &t) < 0)
		return (unix_ms_t){ 0 };
	return (unix_ms_t){ SEC(t.seconds) + (int64_t)t.nanos / 1000000 };
}

static int
by_time(const void *a, const void *b)
{
	const struct trust_evidence *x = a, *y = b;

	return x->at.ms < y->at.ms ? -1 : x->at.ms > y->at.ms;
}

struct items {
	VEC(struct trust_evidence) v;
	int64_t earliest;	/* of any dimension: all plots have one axis */
};

/* The items of a dimension as plain ones, with what was counted. */
static void
items_read(const json_t *answer, enum trust_dimension d, struct items *out)
{
	const json_t *i;
	size_t n;

	json_array_foreach(json_object_get(answer, "items"), n, i) {
		int kind = trust_kind_find(str_of(reply_text(i, "kind")));
		struct trust_evidence ev = { .by = TRUST_SELF, .at = time_of(
		    reply_text(i, "at")), .dimension = d };

		if (ev.at.ms < out->earliest)
			out->earliest = ev.at.ms;
		if (kind <= TRUST_PLAIN || trust_kind_dimension(
		    (enum trust_kind)kind) != d || fixed_parse(str_of(
		    reply_text(i, "counted")), &ev.weight) < 0)
			continue;
		ev.pool = trust_kind_pool((enum trust_kind)kind);
		if (ev.pool == TRUST_HARM && reply_text(i, "by")[0] != '\0')
			ev.pool = TRUST_HEARSAY;
		vec_push(&out->v, ev);
	}
	if (out->v.n > 0)
		qsort(out->v.v, out->v.n, sizeof(out->v.v[0]), by_time);
}

static enum trust_band
initial_read(const json_t *answer, enum trust_dimension d)
{
	const json_t *s = json_object_get(json_object_get(json_object_get(
	    answer, "peer"), "scores"), trust_dimension_name(d));
	char letter = reply_text(s, "initial")[0];

	return letter >= 'A' && letter <= 'E' ? (enum trust_band)(letter -
	    'A') : TRUST_E;
}

unix_ms_t
trust_plot_now(const json_t *answer)
{
	const char *at = reply_text(answer, "at");

	return at[0] == '\0' ? now_ms() : time_of(at);
}

static void
rules_read(const json_t *answer, struct trust_rules *out)
{
	const json_t *r = json_object_get(answer, "rules");
	const json_t *bands = json_object_get(r, "bands");
	struct { const char *name; int64_t *out; } lives[] = {
		{ "good_ms", &out->good_half_life },
		{ "vouch_ms", &out->vouch_half_life },
		{ "bad_ms", &out->harm_half_life },
	};
	char band[] = "A";

	trust_rules_default(out);
	for (size_t i = 0; i < NELEM(lives); i++)
		if (reply_int(r, lives[i].name) > 0)
			*lives[i].out = reply_int(r, lives[i].name);
	for (int b = 0; b < TRUST_BANDS - 1; b++, band[0]++) {
		int64_t least;

		if (fixed_parse(str_of(reply_text(bands, band)), &least) == 0 &&
		    least > 0 && least <= FIXED_ONE)
			out->bands[b] = least;
	}
}

void
trust_plot_of(const json_t *answer, enum trust_dimension d, unix_ms_t now,
    struct trust_plot *out)
{
	struct trust_look look = { 0, d, initial_read(answer, d), now };
	AUTO(trust_free) struct trust *t = NULL;
	struct items items = { .earliest = now.ms - SPAN_LEAST };
	struct trust_rules rules;
	struct trust_effect effect;
	struct trust_score s;
	size_t done = 0;

	rules_read(answer, &rules);
	t = trust_new(&rules);
	(void)trust_peer_add(t, 0);
	items_read(answer, d, &items);
	*out = (struct trust_plot){ .dimension = d, .to = now,
	    .from.ms = items.earliest };
	for (int i = 0; i < PLOT_COLUMNS; i++) {
		look.now.ms = out->from.ms + (now.ms - out->from.ms) * i /
		    (PLOT_COLUMNS - 1);
		for (; done < items.v.n && items.v.v[done].at.ms <=
		    look.now.ms; done++)
			(void)!trust_add(t, &items.v.v[done], now, &effect);
		trust_score_from(t, &look, &s);
		out->b[i] = s.opinion.b;
	}
	vec_clear(&items.v);
}

void
trust_plot_text(const struct trust_plot *p, struct buf *out)
{
	char from[TIME_TEXT_MAX], to[TIME_TEXT_MAX];

	buf_addf(out, "%s, b\n", trust_dimension_name(p->dimension));
	for (int row = ROWS; row > 0; row--) {
		buf_addf(out, "%d.%d |", row / ROWS, row % ROWS);
		for (int i = 0; i < PLOT_COLUMNS; i++)
			buf_addc(out, p->b[i] >= FIXED_ONE / ROWS * row -
			    FIXED_ONE / (2 * ROWS) ? '#' : ' ');
		buf_addc(out, '\n');
	}
	buf_addz(out, "0.0 +");
	for (int i = 0; i < PLOT_COLUMNS; i++)
		buf_addc(out, '-');
	buf_addf(out, "\n     %.10s%*.10s\n", time_format(from, p->from),
	    PLOT_COLUMNS - 10, time_format(to, p->to));
}

void
trust_plot_line(const struct trust_plot *p, struct buf *out)
{
	char from[TIME_TEXT_MAX], to[TIME_TEXT_MAX];

	/* U+2581 to U+2588: blocks of one to eight eighths. */
	for (int i = 0; i < PLOT_COLUMNS; i += PLOT_COLUMNS / LINE_COLUMNS) {
		int64_t eighths = p->b[i + PLOT_COLUMNS / LINE_COLUMNS - 1] *
		    8 / FIXED_ONE;

		buf_addf(out, "\xe2\x96%c", (char)(0x81 + (eighths > 7 ? 7 :
		    eighths)));
	}
	buf_addf(out, " b from %.10s to %.10s", time_format(from, p->from),
	    time_format(to, p->to));
}

/* Text that is safe between tags. */
static void
xml_text(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++) {
		if (*s == '<' || *s == '&' || (unsigned char)*s < ' ')
			buf_addf(b, "&#%d;", *s == '<' ? '<' : *s == '&' ?
			    '&' : '?');
		else
			buf_addc(b, *s);
	}
}

void
trust_plot_svg(const struct trust_plot *p, size_t n, const char *title,
    struct buf *out)
{
	static const char *const colours[] = { "#0060a0", "#a04000",
	    "#407020" };
	const int width = SVG_WIDTH - 2 * SVG_MARGIN;
	const int height = SVG_HEIGHT - 2 * SVG_MARGIN;
	char text[TIME_TEXT_MAX];

	buf_addf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" "
	    "width=\"%d\" height=\"%d\" font-family=\"sans-serif\" "
	    "font-size=\"11\">\n<title>", SVG_WIDTH, SVG_HEIGHT);
	xml_text(out, title);
	buf_addf(out, "</title>\n<rect x=\"%d\" y=\"%d\" width=\"%d\" "
	    "height=\"%d\" fill=\"none\" stroke=\"#808080\"/>\n", SVG_MARGIN,
	    SVG_MARGIN, width, height);
	for (size_t k = 0; k < n; k++) {
		buf_addf(out, "<text x=\"%d\" y=\"%d\" fill=\"%s\">%s</text>\n"
		    "<polyline fill=\"none\" stroke=\"%s\" points=\"",
		    SVG_MARGIN + (int)k * 100, SVG_MARGIN - 8,
		    colours[k % NELEM(colours)],
		    trust_dimension_name(p[k].dimension),
		    colours[k % NELEM(colours)]);
		for (int i = 0; i < PLOT_COLUMNS; i++)
			buf_addf(out, "%s%d,%d", i ? " " : "", SVG_MARGIN +
			    width * i / (PLOT_COLUMNS - 1), SVG_MARGIN +
			    height - (int)(fixed_micro(p[k].b[i]) * height /
			    1000000));
		buf_addz(out, "\"/>\n");
	}
	buf_addf(out, "<text x=\"%d\" y=\"%d\">%.10s</text>\n", SVG_MARGIN,
	    SVG_HEIGHT - SVG_MARGIN + 14, time_format(text, p[0].from));
	buf_addf(out, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.10s"
	    "</text>\n</svg>\n", SVG_WIDTH - SVG_MARGIN, SVG_HEIGHT -
	    SVG_MARGIN + 14, time_format(text, p[0].to));
}
