/*
 * A score over time, from the items of evidence that a daemon lists: as text
 * for a terminal, or as SVG.
 */
#ifndef CTL_TRUST_PLOT_H
#define CTL_TRUST_PLOT_H

#include <jansson.h>

#include "trust/trust.h"

#define PLOT_COLUMNS 64

/* b of one dimension at evenly spaced times. */
struct trust_plot {
	enum trust_dimension dimension;
	unix_ms_t from, to;
	int64_t b[PLOT_COLUMNS];	/* fixed.h */
};

/*
 * trust_plot_of(answer, d, now, out): from an answer to `trust show` with
 * items.  Counted is what the daemon counted, by its rules; hard gates do
 * not show in b.
 * trust_plot_now(answer): the time that it has there, or that of day.
 */
unix_ms_t trust_plot_now(const json_t *answer);
void trust_plot_of(const json_t *answer, enum trust_dimension d,
    unix_ms_t now, struct trust_plot *out);

/* trust_plot_text(p, out): append lines for a terminal. */
void trust_plot_text(const struct trust_plot *p, struct buf *out);

/*
 * trust_plot_line(p, out): append one line for a terminal: b from 0 to 1 in
 * eight heights, and between which days.
 */
void trust_plot_line(const struct trust_plot *p, struct buf *out);

/* trust_plot_svg(p, n, title, out): append one SVG document of n plots. */
void trust_plot_svg(const struct trust_plot *p, size_t n, const char *title,
    struct buf *out);

#endif
