/*
 * Requests that a set of files follows, in CTL_FILES frames.
 */
#include "vault/control/files.h"

#include "wire/msg_supervisor.h"

struct awaiting {
	struct control_files_wait w;	/* its state is owned */
	struct buf bytes;		/* pieces of the file set so far */
};

static void
awaiting_free(void *arg)
{
	struct awaiting *a = arg;

	if (a->w.state != NULL)
		a->w.free_state(a->w.state);
	buf_clear(&a->bytes);
	free(a);
}

void
control_await_files(struct control *c, const struct control_files_wait *w)
{
	struct awaiting *a = mem_new(struct awaiting);

	a->w = *w;
	control_keep(c, a, awaiting_free);
}

/* All are here: the request goes on with its own state. */
static void
awaiting_done(struct control *c, struct awaiting *a)
{
	struct err e = { 0 };
	AUTO(file_set_free) struct file_set *files = file_set_decode(
	    buf_str(&a->bytes), &e);
	struct control_files_wait w = a->w;

	if (files == NULL) {
		(void)control_error(c, ERR_CONF, NULL, "%s", e.text);
		return;
	}
	a->w.state = NULL;
	control_keep(c, w.state, w.free_state);
	w.go_on(c, files);
}

void
control_files(struct control *c, struct str payload)
{
	struct awaiting *a = control_kept(c, awaiting_free);
	struct msg_config m;

	if (a == NULL || msg_config_decode(payload, &m) != 0) {
		(void)control_error(c, ERR_ORDER, NULL,
		    "files that nothing waits for, or malformed");
		return;
	}
	buf_add(&a->bytes, m.bytes.p, m.bytes.n);
	if (a->bytes.n > FILE_SET_BYTES_MAX)
		(void)control_error(c, ERR_LIMIT, NULL,
		    "a policy of more than %d bytes", FILE_SET_BYTES_MAX);
	else if (m.last)
		awaiting_done(c, a);
}
