/*
 * For commands that go on until somebody ends them.
 */
#ifndef CTL_PAUSE_H
#define CTL_PAUSE_H

#include "ctl/client.h"

struct pause;

/*
 * pause_new(output): from now on SIGINT, SIGTERM and SIGHUP end a pause and
 * nothing else, for the rest of the process.  output: so does it when nobody
 * reads standard output any more.
 */
struct pause *pause_new(bool output);
void pause_free(struct pause *p);
MEM_AUTO(struct pause, pause_free);

/* pause_for(p, ms): wait; false if the command is to end. */
bool pause_for(struct pause *p, int ms);

/*
 * pause_retry(p, c, rc): a request failed with that exit code after others
 * had worked.  Waits, and says whether to try again: for ever while the
 * daemon is not reachable, for a minute if it refuses.  What fails meanwhile
 * is not told, but for once that it is waited.  pause_worked(p, c): a
 * request worked.
 */
bool pause_retry(struct pause *p, struct ctl *c, int rc);
void pause_worked(struct pause *p, struct ctl *c);

#endif
