/*
 * The text of a number of some kind, for messages and for printing.
 */
#ifndef CONFIG_SCHEMA_FORM_H
#define CONFIG_SCHEMA_FORM_H

#include "config/schema.h"

#define FORM_MAX 32

/*
 * schema_form(dst, kind, v): v as it is written for kind (OPTION_DURATION,
 * OPTION_SIZE, else a number), in the largest unit that is exact; dst.
 */
const char *schema_form(char dst[static FORM_MAX], enum option_kind kind,
    int64_t v);

#endif
