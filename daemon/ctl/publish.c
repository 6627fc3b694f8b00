/*
 * publish: hand STIX objects to the daemon.  Frames of objects go out while
 * the answers to earlier ones are still being written to disk; at most
 * PUBLISH_WINDOW are unanswered.  An object counts as published when the
 * daemon has said that it is committed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "ctl/client.h"
#include "ctl/files.h"
#include "ctl/online.h"
#include "ctl/table.h"
#include "record/bundle.h"
#include "wire/msg_control.h"

#define PUBLISH_WINDOW 4
#define FRAME_OBJECTS 1000
#define FRAME_BYTES (768 << 10)		/* below the frame's limit */
#define REFUSALS_SHOWN 20

struct publish {
	struct ctl *c;		/* borrowed */
	struct client *cl;	/* borrowed */
	const char *file;	/* the one being read, borrowed */
	uint64_t next;		/* index of the next object to be read */
	uint64_t first;		/* index of the first object in the frame */
	uint64_t answered;
	unsigned unanswered;	/* frames */
	struct str objects[FRAME_OBJECTS];	/* of the frame being filled */
	size_t in_frame, frame_bytes;
	long long stored, unchanged, unkeyed;
	json_t *refused;	/* owned; {index, id, reason, text, file} */
	uint64_t file_first;	/* index of the first object of file */
	long long total;	/* objects of all files, for progress */
};

/* One refusal, ours or the daemon's. */
static void
publish_refuse(struct publish *p, uint64_t index, const char *id,
    const char *reason, const char *text)
{
	size_t shown = json_array_size(p->refused);

	json_array_append_new(p->refused, json_pack(
	    "{s:I, s:s, s:s, s:s, s:s}", "index", (json_int_t)index, "id", id,
	    "reason", reason, "text", text, "file", p->file));
	if (shown >= REFUSALS_SHOWN)
		return;
	progress_end();
	fprintf(stderr, "%s: object %llu%s%s: refused (%s): %s\n", p->file,
	    (unsigned long long)(index - p->file_first), id[0] != '\0' ? " " :
	    "", id, reason, text);
	if (shown + 1 == REFUSALS_SHOWN)
		fprintf(stderr, "further refusals are only counted; --json "
		    "lists them all\n");
}

/* Take in one answer. */
static int
publish_answer(struct publish *p)
{
	AUTO_JSON json_t *r = NULL;
	bool more = false;
	size_t i;
	json_t *v;
	int rc;

	rc = client_reply(p->cl, &r, &more);
	if (rc != 0)
		return rc;
	if (!more)
		return ctl_fail(p->c, CTL_TIMEOUT, "publish the file again: "
		    "nothing is stored twice",
		    "the daemon ended the publication early");
	json_array_foreach(json_object_get(r, "refused"), i, v) {
		long long index = reply_int(v, "index");

		publish_refuse(p, index < 0 ? 0 : (uint64_t)index,
		    reply_text(v, "id"), reply_text(v, "reason"),
		    reply_text(v, "text"));
	}
	if (json_object_get(r, "first") == NULL)
		return 0;
	p->unanswered--;
	p->stored += reply_int(r, "stored");
	p->unchanged += reply_int(r, "unchanged");
	if (reply_int(r, "unkeyed") > 0)
		p->unkeyed += reply_int(r, "unkeyed");
	if (reply_int(r, "n") > 0)
		p->answered += (uint64_t)reply_int(r, "n");
	progress_show("published", (long long)p->answered, p->total);
	return 0;
}

/* Wait until at most `most` frames are unanswered. */
static int
publish_settle(struct publish *p, unsigned most)
{
	int rc = 0;

	while (rc == 0 && p->unanswered > most)
		rc = publish_answer(p);
	return rc;
}

static int
publish_flush(struct publish *p)
{
	AUTO_BUF struct buf payload = { 0 };
	const struct msg_objects m = { p->first, p->objects, p->in_frame };
	int rc;

	if (p->in_frame == 0)
		return 0;
	rc = publish_settle(p, PUBLISH_WINDOW - 1);
	if (rc != 0)
		return rc;
	if (msg_objects_encode(&m, &payload) < 0)
		return ctl_fail(p->c, CTL_REFUSED, NULL,
		    "objects that do not fit in a frame");
	rc = client_send_objects(p->cl, buf_str(&payload));
	p->unanswered++;
	p->in_frame = p->frame_bytes = 0;
	return rc;
}

static int
publish_object(struct publish *p, uint64_t index, struct str bytes)
{
	int rc = 0;

	if (bytes.n > RECORD_BYTES_MAX) {
		char text[128];

		(void)snprintf(text, sizeof(text), "%zu bytes, the limit is "
		    "%d", bytes.n, RECORD_BYTES_MAX);
		publish_refuse(p, index, "", "limit", text);
		return 0;
	}
	if (p->in_frame == FRAME_OBJECTS ||
	    p->frame_bytes + bytes.n > FRAME_BYTES ||
	    index != p->first + p->in_frame)
		rc = publish_flush(p);
	if (rc != 0)
		return rc;
	if (p->in_frame == 0)
		p->first = index;
	p->objects[p->in_frame++] = bytes;
	p->frame_bytes += bytes.n;
	return 0;
}

/* Is it a marking-definition?  Its id would go on behind that word. */
static bool
is_marking(struct str bytes)
{
	static const char type[] = "\"marking-definition\"";

	return memmem(bytes.p, bytes.n, type, sizeof(type) - 1) != NULL;
}

/* How many objects a text holds, as far as that can be told cheaply. */
static long long
objects_count(struct str text)
{
	AUTO(bundle_reader_free) struct bundle_reader *r =
	    bundle_reader_new(text);
	struct str bytes;
	struct err e;
	long long n = 0;

	while (bundle_next(r, &bytes, &e) != 0)
		n++;
	return n;
}

/* Publish what is, or what is not, a marking-definition. */
static int
publish_pass(struct publish *p, struct str text, bool markings)
{
	AUTO(bundle_reader_free) struct bundle_reader *r =
	    bundle_reader_new(text);
	struct str bytes;
	struct err e = { 0 };
	int rc = 0, got;

	p->next = p->file_first;
	while (rc == 0 && (got = bundle_next(r, &bytes, &e)) != 0) {
		uint64_t index = p->next++;

		if (got > 0 && is_marking(bytes) == markings)
			rc = publish_object(p, index, bytes);
		else if (got < 0 && !markings)
			publish_refuse(p, index, "", "json", e.text);
	}
	return rc == 0 ? publish_flush(p) : rc;
}

/*
 * In a bundle order means nothing, but a record is labelled when it comes:
 * what the markings say must be known by then.
 */
static int
publish_text(struct publish *p, struct str text)
{
	int rc;

	p->file_first = p->next;
	rc = publish_pass(p, text, true);
	if (rc == 0)
		rc = publish_pass(p, text, false);
	/* The file's name is part of its refusals: settle before the next. */
	return rc == 0 ? publish_settle(p, 0) : rc;
}

static int
publish_file(struct publish *p, const char *path)
{
	AUTO_BUF struct buf text = { 0 };
	struct err e = { 0 };

	p->file = path;
	if (file_read_unpacked(path, INPUT_BYTES_MAX, &text, &e) < 0)
		return ctl_fail_err(p->c, &e, "want a STIX 2.1 bundle, an "
		    "array or JSON lines, plain or .gz");
	p->total = (long long)p->next + objects_count(buf_str(&text));
	return publish_text(p, buf_str(&text));
}

/* Everything was sent: have it closed and say what became of it. */
static int
publish_end(struct publish *p)
{
	AUTO_JSON json_t *r = NULL, *doc = NULL;
	size_t refused = json_array_size(p->refused);
	bool more = false;
	int rc;

	rc = client_send_end(p->cl);
	if (rc == 0)
		rc = client_reply(p->cl, &r, &more);
	progress_end();
	if (rc != 0)
		return rc;
	if (p->c->json) {
		doc = json_pack("{s:i, s:b, s:I, s:I, s:I, s:I, s:O}", "v", 1,
		    "ok", 1, "objects", (json_int_t)p->next, "published",
		    (json_int_t)p->stored, "unchanged",
		    (json_int_t)p->unchanged, "unkeyed",
		    (json_int_t)p->unkeyed, "refused", p->refused);
		reply_print(doc);
	} else {
		printf("published %lld, unchanged %lld, refused %zu\n",
		    p->stored, p->unchanged, refused);
		if (p->unkeyed > 0)
			printf("%lld stored without a key: their pattern did "
			    "not parse, lookup will not find them\n",
			    p->unkeyed);
	}
	return refused == 0 ? CTL_DONE : CTL_PARTLY;
}

int
cmd_publish(struct ctl *c)
{
	const char *desk = NULL;
	const struct ctl_option options[] = { { "desk", NULL, &desk, 1 } };
	AUTO(client_close) struct client *cl = NULL;
	struct publish p = { .c = c };
	char standard_input[] = "-", *only[] = { standard_input };
	int rc;

	CTL_OPTIONS(c, options, 0, 1000);
	if (c->argc == 0) {
		c->argv = only;
		c->argc = 1;
	}
	rc = client_open(c, &cl);
	if (rc == 0)
		rc = client_request(cl, "publish", json_pack("{s:s}", "desk",
		    desk == NULL ? "ops" : desk));
	if (rc != 0)
		return rc;
	p.cl = cl;
	p.refused = json_array();
	for (int i = 0; rc == 0 && i < c->argc; i++)
		rc = publish_file(&p, c->argv[i]);
	if (rc == 0)
		rc = publish_end(&p);
	progress_end();
	json_decref(p.refused);
	return rc;
}
