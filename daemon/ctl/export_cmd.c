/*
 * export: what a desk may see, as a file that its tools read.
 */
#include "ctl/export_cmd.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/schema.h"
#include "ctl/files.h"
#include "ctl/online.h"
#include "ctl/pause.h"
#include "format/export.h"

#define POLL_MS 1000
/* A file is written when nothing more came, or after so many looks. */
#define SETTLE_POLLS 5
/* Time alone ends records; so often they are asked for again. */
#define REFRESH_POLLS 60
#define FILE_MODE 0640

/* ---- filters, which watch has too ---- */

static void
list_set(json_t *args, const char *name, const char *const *values)
{
	json_t *list;

	if (values[0] == NULL)
		return;
	list = json_array();
	for (size_t i = 0; i < EXPORT_VALUES && values[i] != NULL; i++)
		json_array_append_new(list, json_string(values[i]));
	json_object_set_new(args, name, list);
}

int
filter_arguments(const struct ctl *c, const struct export_filters *f,
    json_t **out)
{
	uint64_t confidence = 0;
	int64_t age = 0;
	json_t *args;

	if (f->confidence != NULL && (str_to_u64(str_of(f->confidence),
	    &confidence) < 0 || confidence > 100))
		return ctl_usage(c, "--confidence %s: want 0 to 100",
		    f->confidence);
	if (f->age != NULL && schema_duration(str_of(f->age), &age) < 0)
		return ctl_usage(c, "--age %s: want a duration like 30d or "
		    "12h", f->age);
	args = json_pack("{s:s*, s:s*, s:s*}", "desk", f->desk, "circle",
	    f->circle, "use", f->use);
	if (args == NULL)
		return ctl_usage(c, "an argument is not UTF-8 text");
	list_set(args, "kind", f->kinds);
	list_set(args, "type", f->types);
	list_set(args, "tag", f->tags);
	if (f->confidence != NULL)
		json_object_set_new(args, "confidence",
		    json_integer((json_int_t)confidence));
	if (f->age != NULL)
		json_object_set_new(args, "age_ms", json_integer(age));
	*out = args;
	return 0;
}

/* ---- one export ---- */

struct exporting {
	struct ctl *c;
	const struct export_format *format;
	const char *output, *name;
	const json_t *args;	/* borrowed */
	bool versions, drop;
	/* Of the last one: */
	char mark[80];
	json_t *left;		/* owned: reason: count */
	struct export_counts counts;
	bool changed;		/* the file was written */
};

static void
left_add(json_t *to, const char *name, long long n)
{
	long long before = reply_int(to, name);

	if (n > 0)
		json_object_set_new(to, name, json_integer(n +
		    (before < 0 ? 0 : before)));
}

static void
set_take(struct export_set *set, const json_t *r)
{
	const json_t *v;
	size_t i;

	json_array_foreach(json_object_get(r, "records"), i, v) {
		const json_t *object = json_object_get(v, "object");
		const json_t *belief = json_object_get(v, "belief");

		export_set_add(set, &(struct export_record){
		    .object = { json_string_value(object),
		    json_string_length(object) },
		    .kind = str_of(reply_text(v, "kind")),
		    .tlp = str_of(reply_text(v, "tlp")),
		    .pap = str_of(reply_text(v, "pap")),
		    .source = str_of(reply_text(v, "source")),
		    .received = str_of(reply_text(v, "received")),
		    .reliability = reply_text_or(belief, "reliability",
		    "")[0], .credibility = reply_text_or(belief,
		    "credibility", "")[0],
		    .peers = reply_int(belief, "peers") > 0,
		    .opinion = str_of(reply_text_or(v, "opinion", "")) });
	}
}

/* Every page into the set. */
static int
export_gather(struct exporting *x, struct export_set *set)
{
	AUTO(client_close) struct client *cl = NULL;
	AUTO(mem_free) char *next = NULL;
	size_t done = 0;
	int rc = client_open(x->c, &cl);

	x->mark[0] = '\0';
	json_decref(x->left);
	x->left = json_object();
	do {
		AUTO_JSON json_t *r = NULL;
		json_t *args = json_deep_copy(x->args);
		bool more = false;
		const char *why;
		json_t *n;

		if (next != NULL)
			json_object_set_new(args, "since", json_string(next));
		if (rc == 0)
			rc = client_request(cl, "export", args);
		else
			json_decref(args);
		if (rc == 0)
			rc = client_reply(cl, &r, &more);
		if (rc != 0)
			break;
		if (x->mark[0] == '\0')
			(void)snprintf(x->mark, sizeof(x->mark), "%s",
			    reply_text(r, "mark"));
		set_take(set, r);
		done += json_array_size(json_object_get(r, "records"));
		json_object_foreach(json_object_get(r, "left"), why, n)
			left_add(x->left, why, json_integer_value(n));
		free(next);
		next = mem_strdup(json_string_value(json_object_get(r,
		    "next")));
		progress_show("records", (long long)done, 0);
	} while (next != NULL);
	progress_end();
	return rc;
}

/* Is the file there and what it would be with that serial? */
static bool
same_as(struct exporting *x, const struct export_set *set, struct str file,
    uint32_t serial)
{
	struct export_options o = { x->name, serial, x->drop };
	AUTO_BUF struct buf b = { 0 };

	export_set_write(set, &o, &b);
	return str_eq(buf_str(&b), file);
}

static int
export_put(struct exporting *x, const struct export_set *set)
{
	struct export_options o = { x->name, (uint32_t)(now_ms().ms / 1000),
	    x->drop };
	AUTO_BUF struct buf before = { 0 }, b = { 0 };
	uint32_t serial = 0;
	struct err e = { 0 };
	struct stat st;
	bool there;

	x->changed = true;
	if (x->output == NULL) {
		export_set_write(set, &o, &b);
		if (fwrite(b.p == NULL ? "" : b.p, 1, b.n, stdout) != b.n ||
		    fflush(stdout) != 0)
			return ctl_fail(x->c, CTL_REFUSED, NULL,
			    "standard output: nobody reads it");
		return 0;
	}
	there = stat(x->output, &st) == 0 && file_read(x->output,
	    INPUT_BYTES_MAX, &before, NULL) == 0;
	if (there && export_rpz_serial(buf_str(&before), &serial) &&
	    o.serial <= serial)
		o.serial = serial + 1;
	if (there && same_as(x, set, buf_str(&before), serial)) {
		x->changed = false;
		return 0;
	}
	export_set_write(set, &o, &b);
	if (file_write(x->output, there ? st.st_mode & 0777 : FILE_MODE,
	    buf_str(&b), &e) < 0)
		return ctl_fail_err(x->c, &e, NULL);
	return 0;
}

static int
export_once(struct exporting *x)
{
	AUTO(export_set_free) struct export_set *set =
	    export_set_new(x->format);
	int rc = export_gather(x, set);

	if (rc != 0)
		return rc;
	export_set_sort(set, x->versions);
	export_set_count(set, &x->counts);
	for (int i = 0; i < EXPORT_WHYS; i++)
		left_add(x->left, export_why_name((enum export_why)i),
		    (long long)x->counts.left[i]);
	return export_put(x, set);
}

/* ---- telling ---- */

static void
export_tell(const struct exporting *x)
{
	AUTO_BUF struct buf left = { 0 };
	const char *why;
	json_t *n;
	FILE *to = x->output == NULL ? stderr : stdout;

	if (x->c->json) {
		json_t *doc = json_pack("{s:i, s:b, s:s, s:s, s:b, s:I, s:I, "
		    "s:O}", "v", 1, "ok", 1, "format", x->format->name,
		    "output", x->output, "changed", x->changed, "records",
		    (json_int_t)x->counts.records, "entries",
		    (json_int_t)x->counts.entries, "left_out", x->left);

		reply_print(doc);
		json_decref(doc);
	} else {
		json_object_foreach(x->left, why, n)
			buf_addf(&left, "%s %lld %s", left.n > 0 ? "," :
			    "; left out:", (long long)json_integer_value(n),
			    why);
		fprintf(to, "%zu entries of %zu records%s%s\n",
		    x->counts.entries, x->counts.records, left.n > 0 ?
		    left.p : "", x->changed ? "" : "; the file is as it was");
	}
	fflush(to);
	if (!x->c->json && reply_int(x->left, "unreliable") > 0)
		fprintf(stderr, "unreliable: of a lower band than `trust: "
		    "blocking` of the policy wants; comityctl trust list "
		    "shows bands, `trust: initial` says where a peer starts\n");
}

/* ---- keeping it up to date ---- */

/* What the daemon's answer rests on now. */
static int
mark_read(struct ctl *c, char dst[static 80])
{
	AUTO_JSON json_t *r = NULL;
	int rc = client_call(c, "export mark", NULL, &r);

	if (rc == 0)
		(void)snprintf(dst, 80, "%s", reply_text(r, "mark"));
	return rc;
}

/* Look, and once what is new has settled, export. */
static int
export_follow(struct exporting *x)
{
	AUTO(pause_free) struct pause *p = pause_new(false);
	char seen[80] = "", last[80] = "";
	int idle = 0, waited = 0, rc;

	pause_worked(p, x->c);
	while (pause_for(p, POLL_MS)) {
		rc = mark_read(x->c, seen);
		if (rc == 0 && strcmp(seen, x->mark) == 0 &&
		    ++idle < REFRESH_POLLS) {
			pause_worked(p, x->c);
			continue;
		}
		if (rc == 0 && idle < REFRESH_POLLS && strcmp(seen, last) !=
		    0 && ++waited < SETTLE_POLLS) {
			(void)snprintf(last, sizeof(last), "%s", seen);
			continue;
		}
		if (rc == 0)
			rc = export_once(x);
		if (rc != 0) {
			if (!pause_retry(p, x->c, rc))
				return x->c->quiet ? CTL_DONE : rc;
			continue;
		}
		pause_worked(p, x->c);
		idle = waited = 0;
		if (x->changed)
			export_tell(x);
	}
	return CTL_DONE;
}

/* ---- the command ---- */

static int
format_read(const struct ctl *c, const char *name,
    const struct export_format **out)
{
	const char *names[32];
	const char *near;

	if (name == NULL)
		return ctl_usage(c, "--format is needed");
	*out = export_format_find(name);
	if (*out != NULL)
		return 0;
	for (size_t i = 0; i < export_nformats; i++)
		names[i] = export_formats[i]->name;
	near = str_nearest(str_of(name), names, export_nformats);
	return ctl_usage(c, "--format %s: no such format%s%s", name,
	    near != NULL ? "; did you mean " : "", near != NULL ? near : "");
}

/* The name goes into the file: one word. */
static bool
name_is_plain(const char *name)
{
	static const char fine[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

	return name[0] != '\0' && strlen(name) < 32 &&
	    name[strspn(name, fine)] == '\0' &&
	    (name[0] < '0' || name[0] > '9');
}

static int
use_read(const struct ctl *c, const struct export_format *f,
    struct export_filters *filters)
{
	if (f->fixed && filters->use != NULL &&
	    strcmp(filters->use, f->use) != 0)
		return ctl_usage(c, "--use %s: %s is for %s", filters->use,
		    f->name, f->use);
	if (filters->use == NULL)
		filters->use = f->use;
	return 0;
}

int
cmd_export(struct ctl *c)
{
	struct export_filters f = { 0 };
	struct exporting x = { .c = c };
	const char *format = NULL;
	bool watch = false;
	const struct ctl_option options[] = {
		EXPORT_FILTER_OPTIONS(f), { "use", NULL, &f.use, 1 },
		{ "format", NULL, &format, 1 },
		{ "output", NULL, &x.output, 1 }, { "name", NULL, &x.name, 1 },
		{ "versions", &x.versions, NULL, 0 },
		{ "watch", &watch, NULL, 0 },
	};
	AUTO_JSON json_t *args = NULL;
	int rc;

	CTL_OPTIONS(c, options, 0, 0);
	rc = format_read(c, format, &x.format);
	if (rc == 0 && (watch || c->json) && x.output == NULL)
		rc = ctl_usage(c, "%s needs --output FILE", watch ?
		    "--watch" : "--json");
	if (rc == 0 && x.name != NULL && !name_is_plain(x.name))
		rc = ctl_usage(c, "--name %s: want letters, digits and _, "
		    "less than 32", x.name);
	if (rc == 0)
		rc = use_read(c, x.format, &f);
	if (rc == 0)
		rc = filter_arguments(c, &f, &args);
	if (rc != 0)
		return rc;
	json_object_set_new(args, "current", json_boolean(x.format->values));
	json_object_set_new(args, "versions", json_boolean(x.versions));
	json_object_set_new(args, "credibility",
	    json_boolean(x.format->rated));
	json_object_set_new(args, "opinions",
	    json_boolean(x.format->opinions));
	x.args = args;
	x.drop = f.use != NULL && strcmp(f.use, "block") == 0;
	rc = export_once(&x);
	if (rc == 0)
		export_tell(&x);
	if (rc == 0 && watch)
		rc = export_follow(&x);
	json_decref(x.left);
	return rc;
}
