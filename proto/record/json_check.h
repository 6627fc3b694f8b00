/*
 * Is a text JSON?  One pass that takes no memory and keeps nothing: for
 * containers whose parts are read, each by itself, later.
 */
#ifndef RECORD_JSON_CHECK_H
#define RECORD_JSON_CHECK_H

#include "base/str.h"

#define JSON_CHECK_DEPTH_MAX 512
#define JSON_BROKEN ((size_t)-1)

/*
 * json_check(s, at): the end of the value that starts at at, if it is one by
 * RFC 8259, nested at most JSON_CHECK_DEPTH_MAX deep; else JSON_BROKEN.
 * That s is UTF-8, and that no name is there twice, is not looked at.
 */
size_t json_check(struct str s, size_t at);

#endif
