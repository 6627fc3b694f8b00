/*
 * libevent's own handle, for the files of this folder.
 */
#ifndef NET_LOOP_PRIVATE_H
#define NET_LOOP_PRIVATE_H

#include <event2/event.h>

#include "net/loop.h"

/* loop_base(l): libevent's handle, borrowed. */
struct event_base *loop_base(struct loop *l);

#endif
