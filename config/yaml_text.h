/*
 * What is checked on the bytes of a YAML file before libyaml sees them:
 * everything that makes a file look different to a person than to a parser.
 */
#ifndef CONFIG_YAML_TEXT_H
#define CONFIG_YAML_TEXT_H

#include "base/err.h"
#include "base/str.h"

/*
 * yaml_text_check(file, text, e): UTF-8 (RFC 3629) of at most
 * YAML_BYTES_MAX bytes, without NUL and control characters, line ends other
 * than LF and CR LF, invisible direction marks, and tabs in indentation.
 * ERR_CONF with file:line:col in e.
 */
int yaml_text_check(const char *file, struct str text, struct err *e)
    MUST_CHECK;

/*
 * yaml_text_quoted_fault(s, indent): s is a text in quotes as it is in the
 * file, within a block indented by indent (-1: none).  What is wrong with
 * the indentation of its further lines (YAML 1.2 6.3), or NULL.
 */
const char *yaml_text_quoted_fault(struct str s, int indent);

/*
 * yaml_text_block_fault(rest, indent): rest is the file from the "|" or ">"
 * of a block of text on.  What is wrong with its first lines (YAML 1.2
 * 8.1.1), or NULL.
 */
const char *yaml_text_block_fault(struct str rest, int indent);

#endif
