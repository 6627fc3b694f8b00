#include "client/client.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/unit.h"
#include "client/client_private.h"
#include "host/log.h"
#include "wire/message.h"

#define BACKOFF_MAX_MS HOUR(1)

void
client_say(struct client *c, const char *state, const char *text)
{
	json_t *f = json_pack("{s:s, s:s}", "state", state, "text", text);
	char *out = json_dumps(f, JSON_COMPACT);

	/* A text that is no UTF-8 says less than none. */
	channel_send(c->channel, MESSAGE_CLIENT_STATE, out != NULL ?
	    str_of(out) : STR("{\"state\":\"failing\",\"text\":\"\"}"));
	channel_flush(c->channel);
	free(out);
	json_decref(f);
}

int64_t
client_backoff_ms(int64_t base, unsigned failures, int64_t retry_ms)
{
	int64_t ms = base;
	uint64_t r;

	for (unsigned i = 0; i < failures && ms < BACKOFF_MAX_MS; i++)
		ms *= 2;
	if (ms > BACKOFF_MAX_MS)
		ms = base > BACKOFF_MAX_MS ? base : BACKOFF_MAX_MS;
	crypto_random(&r, sizeof(r));
	ms = ms / 2 + (int64_t)(r % (uint64_t)(ms / 2 + 1));
	return ms > retry_ms ? ms : retry_ms;
}

static void
on_timer(void *arg)
{
	poll_start(arg);
}

static int
add_collection(struct client *c, const json_t *f)
{
	const char *id = json_string_value(json_object_get(f, "id"));
	const char *after = json_string_value(json_object_get(f, "after"));
	struct collection new = { 0 };

	if (id == NULL || after == NULL ||
	    strlen(after) >= sizeof(new.after))
		return ERR_SYNTAX;
	snprintf(new.after, sizeof(new.after), "%s", after);
	new.id = mem_dup(id, strlen(id) + 1);
	vec_push(&c->list, new);
	return 0;
}

static int
read_start(struct client *c, const json_t *root)
{
	const json_t *list = json_object_get(root, "collections");
	const char *push = json_string_value(json_object_get(root, "push"));
	json_int_t ms = json_integer_value(json_object_get(root,
	    "interval_ms"));

	if (!json_is_array(list) || push == NULL || ms < 1000 ||
	    ms > DAY(1))
		return ERR_SYNTAX;
	for (size_t i = 0; i < json_array_size(list); i++)
		TRY(add_collection(c, json_array_get(list, i)));
	c->interval_ms = ms;
	if (push[0] != '\0')
		c->push.collection = mem_dup(push, strlen(push) + 1);
	return 0;
}

/* What to do, once for the life of this process. */
static int
client_start(struct client *c, struct str payload)
{
	json_t *root;
	int rc;

	if (c->interval_ms != 0)
		return ERR_ORDER;
	root = json_loadb(payload.p, payload.n, 0, NULL);
	rc = read_start(c, root);
	json_decref(root);
	if (rc == 0)
		timer_arm_ms(c->timer, 0);
	return rc;
}

static void
on_frame(void *arg, const struct frame *f, int fd)
{
	struct client *c = arg;
	int rc = ERR_ORDER;

	(void)fd;	/* none can come over this carrier */
	if (f->type == MESSAGE_CLIENT_START)
		rc = client_start(c, f->payload);
	else if (f->type == MESSAGE_CLIENT_STORED)
		rc = poll_stored(c);
	else if (f->type == MESSAGE_CLIENT_PUSH)
		rc = push_take(c, f->payload);
	if (rc == 0)
		return;
	log_error("vault-message", "type=%s error=%s",
	    message_name(f->type), err_name(rc));
	loop_stop(c->loop);
}

/* Without a vault there is nothing to live for. */
static void
on_closed(void *arg, int code)
{
	struct client *c = arg;

	(void)code;
	loop_stop(c->loop);
}

struct client *
client_new(struct loop *l, const struct client_options *o)
{
	static const struct channel_handler handler = {
		.carrier = CARRIER_FRONT, .frame = on_frame,
		.closed = on_closed,
	};
	struct client *c = mem_new(struct client);

	c->o = *o;
	c->loop = l;
	c->timer = timer_new(l, on_timer, c);
	c->page = timer_new(l, poll_page, c);
	c->push.again = timer_new(l, on_push_again, c);
	c->channel = channel_new(l, o->channel_fd, &handler, c);
	return c;
}

void
client_free(struct client *c)
{
	if (c == NULL)
		return;
	channel_free(c->channel);
	timer_free(c->timer);
	timer_free(c->page);
	timer_free(c->push.again);
	for (size_t i = 0; i < c->list.n; i++)
		free(c->list.v[i].id);
	vec_clear(&c->list);
	map64_clear(&c->poll.nexts, NULL);
	free(c->push.collection);
	free(c->push.payload);
	free(c);
}
