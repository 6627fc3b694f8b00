/*
 * Aligned tables and single lines for people: UTF-8 aware, control
 * characters escaped, colour only on a terminal that wants it.
 */
#ifndef CTL_TABLE_H
#define CTL_TABLE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/str.h"

struct table;

/*
 * table_new(headings, n): a table of n columns.  A heading that starts
 * with ">" is of a column that is aligned to the right.  Borrowed.
 */
struct table *table_new(const char *const *headings, size_t n);
void table_free(struct table *t);
MEM_AUTO(struct table, table_free);

/* table_cell(t, text): the next cell, left to right; text is copied. */
void table_cell(struct table *t, const char *text);
void table_cellf(struct table *t, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* table_number(t, v): a number, or "-" when v is negative. */
void table_number(struct table *t, long long v);

/* table_print(t, f): headings and rows. */
void table_print(const struct table *t, FILE *f);

/* text_safe(b, s): append s with control characters made visible. */
void text_safe(struct buf *b, const char *s);

/* text_width(s): columns that s takes, counting UTF-8 characters. */
size_t text_width(const char *s);

/* line(f, name, fmt, ...): "name      value", the name in 14 columns. */
void table_line(FILE *f, const char *name, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* style_on(f): colour may be used on f (terminal, no NO_COLOR). */
bool style_on(FILE *f);

enum style { STYLE_GOOD, STYLE_BAD, STYLE_DIM, STYLE_BOLD };
/* style(f, s, text): print text in that style where styles are on. */
void style_print(FILE *f, enum style s, const char *text);

#endif
