/*
 * The client of one TAXII 2.1 server: polls collections and pushes to one,
 * for the vault behind its channel, one request at a time.  It believes the
 * server nothing; what it fetches the vault judges.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include "client/http.h"
#include "net/loop.h"

struct client;

struct client_options {
	int channel_fd;		/* taken over */
	const char *peer;	/* its CERT id, borrowed; for the log */
	const char *url;	/* of the API root, ends in "/"; borrowed */
	struct http *http;	/* borrowed */
};

/*
 * client_new(l, o): wait for the vault to say what to do.  The loop is
 * stopped when the vault is gone.
 */
struct client *client_new(struct loop *l, const struct client_options *o);
void client_free(struct client *c);
MEM_AUTO(struct client, client_free);

#endif
