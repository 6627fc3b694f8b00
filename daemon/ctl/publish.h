/*
 * Publishing files: what `publish` and `inbox` share.
 */
#ifndef CTL_PUBLISH_H
#define CTL_PUBLISH_H

#include <jansson.h>

#include "ctl/ctl.h"
#include "format/import.h"

struct publish_options {
	const char *desk;	/* NULL: ops */
	struct import_options import;
};

/*
 * publish_files(c, o, paths, n, out): publish n files, "-" for standard
 * input, or directories, which are feeds of MISP or hold files.  An exit code: CTL_DONE, or
 * CTL_PARTLY if something was refused, with what became of it in *out
 * (owned by the caller); otherwise why is told, and *out stays.
 */
int publish_files(const struct ctl *c, const struct publish_options *o,
    char *const *paths, int n, json_t **out) MUST_CHECK;

/*
 * publish_format(c, name, inout): the argument of --format, NULL: none; 0 or
 * an exit code.
 */
int publish_format(const struct ctl *c, const char *name,
    struct import_options *inout) MUST_CHECK;

#endif
