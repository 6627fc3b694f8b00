/*
 * publish: hand objects to the daemon, as STIX 2.1.  Frames of objects go out while
 * the answers to earlier ones are still being written to disk; at most
 * PUBLISH_WINDOW are unanswered.  An object counts as published when the
 * daemon has said that it is committed.
 */
#include "ctl/publish.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "ctl/client.h"
#include "ctl/files.h"
#include "ctl/folder.h"
#include "ctl/input.h"
#include "ctl/online.h"
#include "ctl/table.h"
#include "record/bundle.h"
#include "wire/msg_control.h"

#define PUBLISH_WINDOW 4
#define FRAME_OBJECTS 1000
#define FRAME_BYTES (768 << 10)		/* below the frame's limit */
#define REFUSALS_SHOWN 20
#define LOSSES_SHOWN 20

/* What of the files is published: markings go before what is marked. */
enum pass { PASS_ALL, PASS_MARKINGS, PASS_OTHERS };

struct publish {
	enum pass pass;		/* of all files, when they are more than one */
	const struct ctl *c;	/* borrowed */
	const struct publish_options *o;	/* borrowed */
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
	json_t *losses;		/* owned; {place, text, file} */
	uint64_t unread;	/* that the conversion could not read */
	uint64_t file_first;	/* index of the first object of file */
	const struct import *import;	/* what file was converted to, or NULL */
	long long total;	/* objects of all files, for progress */
	uint64_t seen;		/* files of directories that were taken */
};

/* Where in its file an object stood. */
static void
publish_place(const struct publish *p, uint64_t index, char dst[static 48])
{
	static const char *const words[] = { "object", "object", "attribute",
		"line", "line" };
	uint64_t number = index - p->file_first;
	const char *word = words[0];

	if (p->import != NULL && number < p->import->places.n) {
		word = words[p->import->format];
		number = p->import->places.v[number];
	}
	(void)snprintf(dst, 48, "%s %llu", word, (unsigned long long)number);
}

static void
refusal_add(struct publish *p, const char *place, json_t *row)
{
	size_t shown = json_array_size(p->refused);
	const char *id = reply_text(row, "id");

	(void)json_object_set_new(row, "place", json_string(place));
	(void)json_object_set_new(row, "file", json_string(p->file));
	json_array_append(p->refused, row);
	if (shown < REFUSALS_SHOWN) {
		progress_end();
		fprintf(stderr, "%s: %s%s%s: refused (%s): %s\n", p->file,
		    place, id[0] != '\0' ? " " : "", id,
		    reply_text(row, "reason"), reply_text(row, "text"));
	}
	if (shown + 1 == REFUSALS_SHOWN)
		fprintf(stderr, "further refusals are only counted; --json "
		    "lists them all\n");
	json_decref(row);
}

/* One refusal, ours or the daemon's. */
static void
publish_refuse(struct publish *p, uint64_t index, const char *id,
    const char *reason, const char *text)
{
	char place[48];

	publish_place(p, index, place);
	refusal_add(p, place, json_pack("{s:I, s:s, s:s, s:s}", "index",
	    (json_int_t)index, "id", id, "reason", reason, "text", text));
}

/* What the conversion of a file could not read, or lost. */
static void
publish_note(struct publish *p, const struct import_note *n)
{
	size_t shown = json_array_size(p->losses);

	if (n->refused) {
		p->unread++;
		refusal_add(p, n->place, json_pack("{s:s, s:s, s:s}", "id",
		    "", "reason", "format", "text", n->text));
		return;
	}
	json_array_append_new(p->losses, json_pack("{s:s, s:s, s:s}",
	    "place", n->place, "text", n->text, "file", p->file));
	if (shown < LOSSES_SHOWN) {
		progress_end();
		fprintf(stderr, "%s: %s: %s\n", p->file, n->place, n->text);
	}
	if (shown + 1 == LOSSES_SHOWN)
		fprintf(stderr, "further losses are only counted; --json "
		    "lists them\n");
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
	int rc = 0;

	p->file_first = p->next;
	if (p->pass != PASS_OTHERS)
		rc = publish_pass(p, text, true);
	if (rc == 0 && p->pass != PASS_MARKINGS)
		rc = publish_pass(p, text, false);
	/* The file's name is part of its refusals: settle before the next. */
	if (rc == 0)
		rc = publish_settle(p, 0);
	/* The numbers are for the pass in which all are read. */
	if (p->pass == PASS_MARKINGS)
		p->next = p->file_first;
	return rc;
}

/* A part of what a file says, once it is much. */
struct part {
	struct publish *p;
	int rc;			/* of the parts before */
};

static void
publish_part(struct part *part, const struct import *i)
{
	struct publish *p = part->p;

	for (size_t k = 0; p->pass != PASS_MARKINGS && k < i->notes.n; k++)
		publish_note(p, &i->notes.v[k]);
	p->import = i;
	p->total = 0;
	if (part->rc == 0 && i->n > 0)
		part->rc = publish_text(p, buf_str(&i->objects));
	p->import = NULL;
}

static void
on_part(struct import *i, void *arg)
{
	publish_part(arg, i);
}

/* Publish a file that is no STIX 2.1, by way of what it says. */
static int
publish_converted(struct publish *p, const struct input *file)
{
	struct import_options o = p->o->import;
	struct part part = { .p = p };
	struct import i = { .on_part = on_part, .arg = &part };
	struct err e = { 0 };
	int rc;

	o.now = file->at;
	rc = import_convert(file->text, &o, &i, &e);
	if (p->pass == PASS_MARKINGS)
		rc = 0;		/* it is told when the others are read */
	if (rc == ERR_USAGE)
		part.rc = ctl_fail_err(p->c, &e, "comityctl(1), IMPORT "
		    "FORMATS");
	else if (rc < 0)
		refusal_add(p, "file", json_pack("{s:s, s:s, s:s}", "id", "",
		    "reason", "format", "text", e.text));
	publish_part(&part, &i);
	if (i.lost > 0 && p->pass != PASS_MARKINGS)
		(void)json_array_append_new(p->losses, json_pack(
		    "{s:s, s:s, s:s, s:I}", "place", "file", "text",
		    "further losses", "file", p->file, "n",
		    (json_int_t)i.lost));
	import_clear(&i);
	return part.rc;
}

/* Publish an open file, and close it. */
static int
publish_input(struct publish *p, struct input *file)
{
	enum import_format format = p->o->import.format;
	int rc;

	if ((format != IMPORT_AUTO && format != IMPORT_STIX) ||
	    !import_is_plain(file->text)) {
		rc = publish_converted(p, file);
	} else {
		if (p->pass != PASS_MARKINGS)
			p->total = (long long)p->next +
			    objects_count(file->text);
		rc = publish_text(p, file->text);
	}
	input_close(file);
	return rc;
}

static int
publish_file(struct publish *p, const char *path)
{
	enum pass pass = p->pass;
	struct err e = { 0 };
	struct input file;
	int rc;

	/* Standard input is read once. */
	if (strcmp(path, "-") == 0) {
		if (pass == PASS_MARKINGS)
			return 0;
		p->pass = PASS_ALL;
	}
	p->file = path;
	rc = input_open(path, &file, &e) < 0 ? ctl_fail_err(p->c, &e, NULL) :
	    publish_input(p, &file);
	p->pass = pass;
	return rc;
}

/* Events that the manifest of a feed names, and that are not there. */
static void
manifest_check(struct publish *p, const char *dir)
{
	char path[CTL_PATH_MAX], name[CTL_PATH_MAX], text[128];
	AUTO_JSON json_t *manifest = NULL;
	json_error_t at;
	const char *uuid;
	json_t *v;

	p->file = dir;
	if (!file_exists(file_path(path, dir, "manifest.json")))
		return;
	manifest = json_load_file(path, 0, &at);
	if (!json_is_object(manifest)) {
		(void)snprintf(text, sizeof(text), "line %d: %.80s",
		    manifest == NULL ? at.line : 1, manifest == NULL ?
		    at.text : "no JSON object");
		refusal_add(p, "manifest.json", json_pack("{s:s, s:s, s:s}",
		    "id", "", "reason", "format", "text", text));
		p->unread++;
		return;
	}
	json_object_foreach(manifest, uuid, v) {
		(void)snprintf(name, sizeof(name), "%s.json", uuid);
		if (strchr(uuid, '/') == NULL && file_exists(file_path(path,
		    dir, name)))
			continue;
		refusal_add(p, "manifest.json", json_pack(
		    "{s:s, s:s, s:s}", "id", str_escape(text, sizeof(text),
		    str_of(uuid)), "reason", "missing", "text",
		    "the manifest names an event that is not there"));
		p->unread++;
	}
}

/* A file in a directory whose name does not say that it holds records. */
static void
leave_out(struct publish *p)
{
	static const struct import_note n = { .place = "file", .text =
	    "left out: its name ends like no format; name it, or say "
	    "--format" };

	publish_note(p, &n);
}

/* A file of a directory: one that does not read keeps no other back. */
static int
on_file(void *arg, const char *path, bool wanted)
{
	struct publish *p = arg;
	struct err e = { 0 };
	struct input file;

	p->file = path;
	if (!wanted && p->o->import.format == IMPORT_AUTO) {
		if (p->pass != PASS_MARKINGS)
			leave_out(p);
		return 0;
	}
	p->seen++;
	if (input_open(path, &file, &e) == 0)
		return publish_input(p, &file);
	if (p->pass == PASS_MARKINGS)
		return 0;
	p->unread++;
	refusal_add(p, "file", json_pack("{s:s, s:s, s:s}", "id", "",
	    "reason", "unreadable", "text", e.text));
	return 0;
}

static bool
is_directory(const char *path)
{
	struct stat st;

	return strcmp(path, "-") != 0 && stat(path, &st) == 0 &&
	    S_ISDIR(st.st_mode);
}

/* A directory is a feed of MISP if it has a manifest, else all its files. */
static int
publish_path(struct publish *p, const char *path)
{
	uint64_t before = p->seen;
	bool feed;
	int rc;

	if (!is_directory(path))
		return publish_file(p, path);
	feed = folder_is_feed(path);
	rc = folder_each(path, on_file, p);
	if (rc < 0)
		return ctl_fail(p->c, CTL_REFUSED, NULL, "%s: %s", path,
		    err_text(rc));
	if (rc == 0 && feed && p->pass != PASS_MARKINGS)
		manifest_check(p, path);
	if (rc == 0 && p->seen == before)
		return ctl_fail(p->c, CTL_REFUSED, "a directory is a feed of "
		    "MISP, with manifest.json and an event a file, or holds "
		    "files named .json, .jsonl, .stix2, .csv or .txt, also "
		    ".gz", "%s: nothing to publish in it", path);
	return rc;
}

/* Everything was sent: have it closed; what became of it, as a document. */
static int
publish_end(struct publish *p, json_t **out)
{
	AUTO_JSON json_t *r = NULL;
	bool more = false;
	int rc;

	rc = client_send_end(p->cl);
	if (rc == 0)
		rc = client_reply(p->cl, &r, &more);
	progress_end();
	if (rc != 0)
		return rc;
	*out = json_pack("{s:i, s:b, s:I, s:I, s:I, s:I, s:O, s:O}", "v", 1,
	    "ok", 1, "objects", (json_int_t)(p->next + p->unread), "published",
	    (json_int_t)p->stored, "unchanged", (json_int_t)p->unchanged,
	    "unkeyed", (json_int_t)p->unkeyed, "refused", p->refused,
	    "losses", p->losses);
	return json_array_size(p->refused) == 0 ? CTL_DONE : CTL_PARTLY;
}

int
publish_files(const struct ctl *c, const struct publish_options *o,
    char *const *paths, int n, json_t **out)
{
	AUTO(client_close) struct client *cl = NULL;
	struct publish p = { .c = c, .o = o };
	int rc = client_open(c, &cl);

	if (rc == 0)
		rc = client_request(cl, "publish", json_pack("{s:s}", "desk",
		    o->desk == NULL ? "ops" : o->desk));
	if (rc != 0)
		return rc;
	p.cl = cl;
	p.refused = json_array();
	p.losses = json_array();
	if (n > 1 || is_directory(paths[0])) {
		p.pass = PASS_MARKINGS;
		for (int i = 0; rc == 0 && i < n; i++)
			rc = publish_path(&p, paths[i]);
		p.pass = PASS_OTHERS;
	}
	for (int i = 0; rc == 0 && i < n; i++)
		rc = publish_path(&p, paths[i]);
	if (rc == 0)
		rc = publish_end(&p, out);
	progress_end();
	json_decref(p.refused);
	json_decref(p.losses);
	return rc;
}

int
publish_format(const struct ctl *c, const char *name,
    struct import_options *inout)
{
	if (name == NULL)
		return 0;
	inout->format = import_format_find(name);
	return inout->format != IMPORT_AUTO ? 0 : ctl_usage(c, "--format %s: "
	    "want stix, misp, csv or list", name);
}

int
cmd_publish(struct ctl *c)
{
	struct publish_options o = { 0 };
	const char *format = NULL;
	const struct ctl_option options[] = {
		{ "desk", NULL, &o.desk, 1 },
		{ "format", NULL, &format, 1 },
		{ "kind", NULL, &o.import.kind, 1 },
		{ "map", NULL, &o.import.map, 1 },
	};
	AUTO_JSON json_t *r = NULL;
	char standard_input[] = "-", *only[] = { standard_input };
	int rc;

	CTL_OPTIONS(c, options, 0, 1000);
	rc = publish_format(c, format, &o.import);
	if (rc != 0)
		return rc;
	if (o.import.kind != NULL && format == NULL)
		o.import.format = IMPORT_LIST;
	rc = publish_files(c, &o, c->argc == 0 ? only : c->argv,
	    c->argc == 0 ? 1 : c->argc, &r);
	if (r == NULL)
		return rc;
	if (c->json) {
		reply_print(r);
		return rc;
	}
	printf("published %lld, unchanged %lld, refused %zu\n",
	    reply_int(r, "published"), reply_int(r, "unchanged"),
	    json_array_size(json_object_get(r, "refused")));
	if (reply_int(r, "unkeyed") > 0)
		printf("%lld stored without a key: their pattern did not "
		    "parse, lookup will not find them\n",
		    reply_int(r, "unkeyed"));
	return rc;
}
