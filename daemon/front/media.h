/*
 * Media types of requests (TAXII 2.1 3.1, RFC 9110 12.5.1).  Pure.
 */
#ifndef FRONT_MEDIA_H
#define FRONT_MEDIA_H

#include "front/http_read.h"

/*
 * media_accepts(h): may an answer in TAXII 2.1 be sent?  Every range of
 * every Accept field counts; without any, everything is acceptable.
 */
bool media_accepts(const struct http_head *h);

/* media_is_taxii(h): is the body TAXII 2.1 by its one Content-Type? */
bool media_is_taxii(const struct http_head *h);

#endif
