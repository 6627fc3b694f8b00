/*
 * What several online commands print alike.
 */
#ifndef CTL_ONLINE_H
#define CTL_ONLINE_H

#include <jansson.h>

#define AGO_MAX 48

/*
 * time_ago(dst, text): "12 s ago" where a person looks at a terminal, else
 * the RFC 3339 text itself; "-" if it is empty.
 */
void time_ago(char dst[static AGO_MAX], const char *rfc3339);

/* peers_print(peers): the array of `peer list` as a table, with reasons. */
void peers_print(const json_t *peers);

/* object_print(text): a STIX object, indented, for reading. */
void object_print(const char *text);

/*
 * progress_show(what, done, total): after the first second, at most five
 * times a second on a terminal (every 30 s without one) say on standard
 * error how far it is, how fast, and how long it may still take.  total 0:
 * not known.  progress_end(): end the line, if there is one.
 */
void progress_show(const char *what, long long done, long long total);
void progress_end(void);

/* shadow_line_print(s): one line about the policy tried beside, or none. */
void shadow_line_print(const json_t *s);

#endif
