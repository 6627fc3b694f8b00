/*
 * What narrows an export and a subscription alike.
 */
#ifndef CTL_EXPORT_CMD_H
#define CTL_EXPORT_CMD_H

#include "ctl/client.h"

#define EXPORT_VALUES 16	/* of one option */

struct export_filters {
	const char *desk, *circle, *use, *confidence, *age;
	const char *kinds[EXPORT_VALUES], *types[EXPORT_VALUES],
	    *tags[EXPORT_VALUES];
};

/* Rows of struct ctl_option for all but use. */
#define EXPORT_FILTER_OPTIONS(f)					\
	{ "desk", NULL, &(f).desk, 1 },					\
	{ "circle", NULL, &(f).circle, 1 },				\
	{ "kind", NULL, (f).kinds, EXPORT_VALUES },			\
	{ "type", NULL, (f).types, EXPORT_VALUES },			\
	{ "tag", NULL, (f).tags, EXPORT_VALUES },			\
	{ "confidence", NULL, &(f).confidence, 1 },			\
	{ "age", NULL, &(f).age, 1 }

/*
 * filter_arguments(c, f, out): as arguments of a request, owned by the
 * caller.  Returns 0, or an exit code after having said what is wrong.
 */
int filter_arguments(const struct ctl *c, const struct export_filters *f,
    json_t **out) MUST_CHECK;

#endif
