#include "ctl/warning_file.h"

#include <unistd.h>

#include "config/list_files.h"
#include "warning/warning.h"

struct checking {
	struct warning *w;	/* owned */
	json_t *problems;	/* borrowed */
	const char *dir;	/* borrowed */
};

static void
add_problem(struct checking *k, const char *why)
{
	AUTO_BUF struct buf b = { 0 };

	buf_addf(&b, "warning list %s", why);
	(void)json_array_append_new(k->problems, json_stringn(b.p, b.n));
}

static int
on_file(void *arg, const struct list_file *f)
{
	struct checking *k = arg;
	AUTO_BUF struct buf b = { 0 };
	char name[CERT_ID_MAX];
	struct err e = { 0 };

	(void)str_escape(name, sizeof(name), str_of(f->name[0] != '\0' ?
	    f->name : k->dir));
	if (f->problem != NULL) {
		buf_addf(&b, "%s: %s", name, f->problem);
		add_problem(k, b.p);
	} else if (warning_load(k->w, &(struct warning_file){ .name = name,
	    .text = f->text }, &e) < 0) {
		add_problem(k, e.text);
	}
	return 0;
}

void
warning_files_check(const char *dir, const struct settings *s,
    json_t *problems)
{
	char path[2 * SETTINGS_PATH_MAX];
	struct checking k = { .problems = problems, .dir = path };
	struct err e = { 0 };
	int fd, rc;

	if (s->warning_lists[0] == '\0' || settings_path(path, sizeof(path),
	    dir, s->warning_lists) < 0)
		return;
	fd = list_files_pack(path, &e);
	if (fd < 0) {
		add_problem(&k, e.text);
		return;
	}
	k.w = warning_new();
	rc = list_files_each(fd, on_file, &k);
	if (rc < 0)
		add_problem(&k, err_text(rc));
	warning_free(k.w);
	close(fd);
}
