#include "vault/control/control.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/counters.h"
#include "host/log.h"
#include "net/channel.h"
#include "net/loop.h"
#include "vault/operator.h"
#include "wire/message.h"

#define CONTROLS_MAX 64
#define REPLY_BYTES_MAX (1 << 20)
#define QUEUE_BYTES_MAX (4 << 20)	/* of a client that does not read */

struct control {
	struct controls *cs;		/* borrowed */
	struct channel *channel;	/* owned */
	uint32_t uid;
	char user[64];			/* its name, or empty */
	struct operator who;		/* asks; of this request */
	uint8_t nonce[APPROVAL_NONCE_BYTES];
	bool nonce_given;		/* and not used yet */
	bool busy;			/* a request is being answered */
	bool closed;
	void (*after)(struct control *c, bool ok);
	void *kept;			/* owned through kept_free */
	void (*kept_free)(void *);
};

struct controls {
	struct vault *v;		/* borrowed */
	VEC(struct control *) all;	/* owned */
};

struct controls *
controls_new(struct vault *v)
{
	struct controls *cs = mem_new(struct controls);

	cs->v = v;
	return cs;
}

static void
control_drop_kept(struct control *c)
{
	if (c->kept != NULL)
		c->kept_free(c->kept);
	c->kept = NULL;
}

static void
control_free(struct control *c)
{
	control_drop_kept(c);
	operator_clear(&c->who);
	channel_free(c->channel);
	free(c);
}

void
controls_free(struct controls *cs)
{
	if (cs == NULL)
		return;
	for (size_t i = 0; i < cs->all.n; i++) {
		struct control *c = cs->all.v[i];

		control_drop_kept(c);
		/* One that was closed just now is still to be reaped. */
		if (c->closed)
			c->cs = NULL;
		else
			control_free(c);
	}
	vec_clear(&cs->all);
	free(cs);
}

static void
on_reap(void *arg)
{
	struct control *c = arg;
	struct controls *cs = c->cs;

	if (cs == NULL) {
		control_free(c);
		return;
	}
	for (size_t i = 0; i < cs->all.n; i++)
		if (cs->all.v[i] == c)
			cs->all.v[i--] = cs->all.v[--cs->all.n];
	turn_cancel(cs->v->turn, c);
	control_free(c);
}

static void
control_close(struct control *c)
{
	if (c->closed)
		return;
	c->closed = true;
	loop_defer(c->cs->v->loop, on_reap, c);
}

/* ---- what handlers use ---- */

struct vault *
control_vault(const struct control *c)
{
	return c->cs->v;
}

uint32_t
control_uid(const struct control *c)
{
	return c->uid;
}

const char *
control_operator(const struct control *c)
{
	return c->who.name;
}

bool
control_operator_has_role(const struct control *c, const char *role)
{
	return operator_has_role(&c->who, role);
}

const struct operator *
control_who(const struct control *c)
{
	return &c->who;
}

const char *
control_text(const json_t *args, const char *name)
{
	return json_string_value(json_object_get(args, name));
}

int
control_filter(struct control *c, const json_t *args, const char *name,
    const char **out)
{
	*out = control_text(args, name);
	if (*out == NULL && json_object_get(args, name) != NULL)
		return control_error(c, ERR_USAGE, NULL, "%s is not a text",
		    name);
	return 0;
}

int
control_since(struct control *c, const json_t *args, char letter,
    int64_t *inout)
{
	char again[32];
	const char *text;
	int64_t seq = -1;

	TRY(control_filter(c, args, "since", &text));
	if (text == NULL)
		return 0;
	if (text[0] != letter || sscanf(text + 1, "%" SCNx64, &seq) != 1 ||
	    seq < 0)
		seq = -1;
	snprintf(again, sizeof(again), "%c%" PRIx64, letter, seq);
	if (seq < 0 || strcmp(text, again) != 0)
		return control_error(c, ERR_USAGE, "\"next\" of the answer "
		    "before", "since %s: not where a page ended", text);
	*inout = seq;
	return 0;
}

int64_t
control_number(const json_t *args, const char *name, int64_t fallback,
    int64_t max)
{
	const json_t *v = json_object_get(args, name);
	int64_t n = json_is_integer(v) ? json_integer_value(v) : fallback;

	return n < 0 ? 0 : n > max ? max : n;
}

/* Send one reply; a client that does not read is dropped. */
static void
control_send(struct control *c, json_t *reply)
{
	char *text = json_dumps(reply, JSON_COMPACT);

	json_decref(reply);
	if (text == NULL || strlen(text) > REPLY_BYTES_MAX) {
		free(text);
		text = mem_strdup("{\"v\":1,\"ok\":false,\"code\":\"ERR_LIMIT\""
		    ",\"error\":\"the answer is too long\",\"hint\":\"ask "
		    "for less: a smaller limit\"}");
	}
	if (!c->closed)
		channel_send(c->channel, MESSAGE_CTL_REPLY, str_of(text));
	free(text);
	if (!c->closed && channel_queued(c->channel) > QUEUE_BYTES_MAX)
		control_close(c);
}

static void
control_done(struct control *c)
{
	c->busy = false;
	c->after = NULL;
	control_drop_kept(c);
}

void
control_reply(struct control *c, json_t *fields)
{
	(void)json_object_set_new(fields, "v", json_integer(1));
	(void)json_object_set_new(fields, "ok", json_true());
	control_send(c, fields);
	control_done(c);
}

void
control_more(struct control *c, json_t *fields)
{
	(void)json_object_set_new(fields, "v", json_integer(1));
	(void)json_object_set_new(fields, "ok", json_true());
	(void)json_object_set_new(fields, "more", json_true());
	control_send(c, fields);
}

int
control_error(struct control *c, int code, const char *hint,
    const char *fmt, ...)
{
	json_t *reply;
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	reply = json_pack("{s:i, s:b, s:s, s:s}", "v", 1, "ok", 0, "code",
	    err_name(code), "error", text);
	if (reply == NULL)	/* the text was not UTF-8 */
		reply = json_pack("{s:i, s:b, s:s, s:s}", "v", 1, "ok", 0,
		    "code", err_name(code), "error", err_text(code));
	if (hint != NULL)
		(void)json_object_set_new(reply, "hint", json_string(hint));
	control_send(c, reply);
	control_done(c);
	return code;
}

bool
control_reason(struct control *c, const json_t *args, const char **out)
{
	const char *reason = control_text(args, "reason");

	if (reason != NULL && strlen(reason) >= CONTROL_REASON_MAX) {
		(void)control_error(c, ERR_USAGE, NULL, "the reason is too "
		    "long; want less than %d bytes", CONTROL_REASON_MAX);
		return false;
	}
	*out = reason == NULL ? "" : reason;
	return true;
}

static void
on_turn(void *arg, bool ok)
{
	struct control *c = arg;
	void (*after)(struct control *, bool) = c->after;

	if (after != NULL && !c->closed)
		after(c, ok);
}

bool
control_turn(struct control *c)
{
	int rc = turn_open(c->cs->v->turn);

	if (rc == 0)
		return true;
	(void)control_error(c, rc, "see: comityctl status",
	    "the store takes nothing now: %s", err_text(rc));
	return false;
}

void
control_after(struct control *c, void (*fn)(struct control *c, bool ok))
{
	c->after = fn;
	turn_after(c->cs->v->turn, on_turn, c);
}

void
control_keep(struct control *c, void *state, void (*free_fn)(void *))
{
	control_drop_kept(c);
	c->kept = state;
	c->kept_free = free_fn;
}

void *
control_kept(const struct control *c, void (*free_fn)(void *))
{
	return c->kept_free == free_fn ? c->kept : NULL;
}

/* ---- requests ---- */

/* Is name one of the words of list? */
static bool
word_in(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = list; (p = strstr(p, name)) != NULL; p += n)
		if ((p == list || p[-1] == ' ') &&
		    (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

static bool
arguments_known(struct control *c, const struct control_command *cmd,
    const json_t *args)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)args, key, value)
		if (!word_in(cmd->arguments, key)) {
			(void)control_error(c, ERR_USAGE, NULL,
			    "%s takes no argument %s", cmd->name, key);
			return false;
		}
	return true;
}

/*
 * The daemon's own user and root may change things; others may look.  An
 * operator of comityd.yaml may approve, whatever the Unix user.
 */
static bool
may_run(const struct control *c, const struct control_command *cmd)
{
	return cmd->right == CONTROL_READ || c->uid == 0 ||
	    c->uid == (uint32_t)geteuid() ||
	    (cmd->right == CONTROL_APPROVE && c->who.listed &&
	    !c->who.all_roles);
}

static void
control_run(struct control *c, const char *name, const json_t *args)
{
	for (size_t i = 0; i < control_ncommands; i++) {
		const struct control_command *cmd = &control_commands[i];

		if (strcmp(cmd->name, name) != 0)
			continue;
		if (!may_run(c, cmd)) {
			(void)control_error(c, ERR_DENIED,
			    cmd->right == CONTROL_APPROVE ? "be one of "
			    "`operators` in comityd.yaml; comityctl --as "
			    "FILE.key proves a key" : "run it as root or as "
			    "the daemon's own user", "permission denied: %s",
			    name);
			return;
		}
		if (arguments_known(c, cmd, args))
			cmd->run(c, args);
		return;
	}
	(void)control_error(c, ERR_USAGE, "the client is newer than the "
	    "daemon?", "no command %s", name);
}

void
control_nonce(struct control *c, const json_t *args)
{
	char hex[2 * APPROVAL_NONCE_BYTES + 1];

	(void)args;
	crypto_random(c->nonce, sizeof(c->nonce));
	c->nonce_given = true;
	hex_encode(hex, c->nonce, sizeof(c->nonce));
	control_reply(c, json_pack("{s:s, s:s}", "nonce", hex, "cert_id",
	    c->cs->v->cert_id));
}

/* Find out who asks; a signature holds for one request only. */
static int
control_know(struct control *c, const char *name, const json_t *args,
    const json_t *proof)
{
	AUTO_BUF struct buf request = { 0 };
	struct operator_claim claim = { .proof = proof,
	    .nonce = c->nonce_given ? c->nonce : NULL };
	struct err e = { 0 };
	char *text;
	int rc;

	if (proof == NULL) {
		operator_by_user(c->cs->v, c->uid, c->user, &c->who);
		return 0;
	}
	text = json_dumps(args, JSON_COMPACT | JSON_SORT_KEYS);
	buf_addf(&request, "%s\n%s", name, text == NULL ? "" : text);
	free(text);
	claim.request = buf_str(&request);
	rc = operator_by_key(c->cs->v, &claim, &c->who, &e);
	c->nonce_given = false;
	if (rc == 0)
		return 0;
	return control_error(c, ERR_DENIED, "comityctl --as FILE.key with a "
	    "key of `operators` in comityd.yaml", "%s", e.text);
}

static void
control_request(struct control *c, struct str payload)
{
	json_t *request = json_loadb(payload.p, payload.n,
	    JSON_REJECT_DUPLICATES, NULL);
	const char *name = json_string_value(json_object_get(request,
	    "command"));
	json_t *args = json_object_get(request, "arguments");
	json_t *none = json_object();
	const json_t *given = args == NULL ? none : args;

	c->busy = true;
	if (name == NULL || (args != NULL && !json_is_object(args)))
		(void)control_error(c, ERR_USAGE, NULL,
		    "the request does not read");
	else if (control_know(c, name, given, json_object_get(request,
	    "operator")) == 0)
		control_run(c, name, given);
	json_decref(none);
	json_decref(request);
}

static void
on_frame(void *arg, const struct frame *f, int fd)
{
	struct control *c = arg;

	(void)fd;
	if (c->closed)
		return;
	if (f->type == MESSAGE_CTL_OBJECTS)
		control_objects(c, f->payload);
	else if (f->type == MESSAGE_CTL_END)
		control_end(c);
	else if (f->type == MESSAGE_CTL_FILES)
		control_files(c, f->payload);
	else if (f->type == MESSAGE_CTL_REQUEST && !c->busy)
		control_request(c, f->payload);
	else
		control_close(c);
}

static void
on_closed(void *arg, int code)
{
	(void)code;
	control_close(arg);
}

void
controls_adopt(struct controls *cs, int fd, uint32_t uid, struct str user)
{
	static const struct channel_handler handler = {
		.carrier = CARRIER_CONTROL, .frame = on_frame,
		.closed = on_closed,
	};
	struct control *c;

	if (cs->all.n >= CONTROLS_MAX) {
		close(fd);
		counter_inc(CTR_CONTROLS_REFUSED);
		return;
	}
	c = mem_new(struct control);
	c->cs = cs;
	c->uid = uid;
	if (user.n < sizeof(c->user))
		memcpy(c->user, user.p, user.n);
	c->channel = channel_new(cs->v->loop, fd, &handler, c);
	vec_push(&cs->all, c);
}
