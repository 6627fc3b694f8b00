/*
 * The client's end of the control socket: blocking, one request at a time,
 * every wait bounded.
 */
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include <jansson.h>

#include "ctl/ctl.h"

struct client;

/*
 * client_open(c, out): connect to the instance's control socket.  Returns
 * 0, or an exit code after having said why and what to do.
 */
int client_open(const struct ctl *c, struct client **out) MUST_CHECK;
void client_close(struct client *cl);
MEM_AUTO(struct client, client_close);

static inline void
json_free_auto_(json_t **j)
{
	json_decref(*j);
}
#define AUTO_JSON __attribute__((cleanup(json_free_auto_)))

/*
 * client_request(cl, command, arguments): send one request; arguments is
 * taken over (NULL: none).
 */
int client_request(struct client *cl, const char *command,
    json_t *arguments) MUST_CHECK;

/*
 * client_reply(cl, out, out_more): the next reply.  0 with *out owned by
 * the caller; a refusal is told and returned as its exit code.
 */
int client_reply(struct client *cl, json_t **out, bool *out_more) MUST_CHECK;

/* client_call(c, command, arguments, out): open, ask, one reply, close. */
int client_call(const struct ctl *c, const char *command,
    json_t *arguments, json_t **out) MUST_CHECK;

/*
 * client_call_all(c, command, arguments, out): the same for a command that
 * replies several times: lists of one name are joined in *out, the last.
 */
int client_call_all(const struct ctl *c, const char *command,
    json_t *arguments, json_t **out) MUST_CHECK;

/* client_send_objects / client_send_end: the frames of publish. */
int client_send_objects(struct client *cl, struct str payload) MUST_CHECK;
int client_send_end(struct client *cl) MUST_CHECK;

/* client_send_files(cl, bytes): an encoded set of files, in pieces. */
int client_send_files(struct client *cl, struct str bytes) MUST_CHECK;

/* Reading replies: what is missing or of another type gives the default. */
const char *reply_text(const json_t *o, const char *name);	/* or "" */
const char *reply_text_or(const json_t *o, const char *name, const char *d);
long long reply_int(const json_t *o, const char *name);		/* or -1 */
bool reply_bool(const json_t *o, const char *name);		/* or false */

/* reply_print(reply): the reply as one document, without "more". */
void reply_print(json_t *reply);

#endif
