/*
 * A listening socket.  When the system is out of descriptors or memory it
 * stops accepting for a while instead of spinning.
 */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "net/loop.h"

struct listener;
struct sockaddr_storage;

/*
 * listener_new(l, fd, accepted, arg): fd is a listening, non-blocking
 * socket (taken over).  accepted(arg, fd, from) owns the new descriptor.
 */
struct listener *listener_new(struct loop *l, int fd,
    void (*accepted)(void *arg, int fd, const struct sockaddr_storage *from),
    void *arg);
void listener_free(struct listener *n);

#endif
