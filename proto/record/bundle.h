/*
 * Containers of objects: a STIX bundle, a JSON array, JSON lines, or one
 * bare object, split into the exact bytes of each object without parsing
 * them whole, so that the bytes of a record stay the bytes of the producer.
 */
#ifndef RECORD_BUNDLE_H
#define RECORD_BUNDLE_H

#include "base/str.h"

struct bundle_reader;

/*
 * bundle_reader_new(text): iterate over text (borrowed until freed).  The
 * form is found from the content.  A UTF-8 byte order mark is skipped.
 */
struct bundle_reader *bundle_reader_new(struct str text);
void bundle_reader_free(struct bundle_reader *r);
MEM_AUTO(struct bundle_reader, bundle_reader_free);

/*
 * bundle_next(r, out, e): the next object's bytes (borrowed from text) into
 * out.  Return 1; 0 at the end; ERR_SYNTAX with e naming line and byte if
 * the container itself is broken there (for JSON lines the reader then goes
 * on with the next line on the next call; otherwise it is at its end).
 */
int bundle_next(struct bundle_reader *r, struct str *out, struct err *e)
    MUST_CHECK;

#endif
