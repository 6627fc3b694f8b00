/*
 * Running the programs that tell people: the command of comityd.yaml with
 * the document on its standard input, and sendmail.  One at a time; what
 * does not end is killed, and what comes too fast is dropped and counted.
 */
#ifndef SUPERVISOR_TELL_H
#define SUPERVISOR_TELL_H

#include <sys/types.h>

#include "config/settings.h"
#include "net/loop.h"

struct tell;

/* tell_new(l, s): s is borrowed and may change between calls. */
struct tell *tell_new(struct loop *l, const struct settings *s);
void tell_free(struct tell *t);	/* what runs is killed */

/* tell_configured(s): say in the log which program cannot be started. */
void tell_configured(const struct settings *s);

/* tell_people(t, text): text is copied. */
void tell_people(struct tell *t, struct str text);

/* tell_ended(t, pid, status): was it one of ours?  The next one starts. */
bool tell_ended(struct tell *t, pid_t pid, int status);

#endif
