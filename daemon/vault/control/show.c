/*
 * policy show: the files of the policy in force, or of the one that waits,
 * in pieces.  What lies in the configuration directory is neither.
 */
#include "vault/apply_store.h"
#include "vault/control/control.h"

#define PIECE_BYTES KIB(256)

struct showing {
	struct buf bytes;		/* the file set, encoded */
	size_t at;
};

static void
showing_free(void *arg)
{
	struct showing *s = arg;

	buf_clear(&s->bytes);
	free(s);
}

/* One piece a turn, so that no more than that waits to be read. */
static void
on_piece(struct control *c, bool ok)
{
	struct showing *s = control_kept(c, showing_free);
	size_t n = s->bytes.n - s->at < PIECE_BYTES ? s->bytes.n - s->at :
	    PIECE_BYTES;
	bool last = s->at + n == s->bytes.n;
	AUTO_BUF struct buf text = { 0 };
	json_t *piece;

	(void)ok;
	base64_encode(&text, (const uint8_t *)s->bytes.p + s->at, n);
	piece = json_pack("{s:s}", "files", text.p);
	s->at += n;
	if (last) {
		control_reply(c, piece);
		return;
	}
	control_more(c, piece);
	control_after(c, on_piece);
}

void
control_policy_show(struct control *c, const json_t *args)
{
	struct apply *a = control_vault(c)->apply;
	bool pending = json_is_true(json_object_get(args, "pending"));
	AUTO(file_set_free) struct file_set *files = NULL;
	struct showing *s;
	struct err e = { 0 };

	if (pending ? !a->waiting : !a->known) {
		(void)control_error(c, ERR_NOT_FOUND, NULL, pending ?
		    "no policy waits for approval" : "no policy is in force");
		return;
	}
	files = apply_files_load(a, pending ? APPLY_PENDING_FILES :
	    APPLY_FILES, &e);
	if (files == NULL) {
		(void)control_error(c, e.code, NULL, "%s", e.text);
		return;
	}
	s = mem_new(struct showing);
	file_set_encode(files, &s->bytes);
	control_keep(c, s, showing_free);
	on_piece(c, true);
}
