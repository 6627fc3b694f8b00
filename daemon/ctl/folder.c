#include "ctl/folder.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "ctl/ctl.h"
#include "ctl/files.h"

#define DEPTH_MAX 16

static bool
ends_in(const char *name, size_t n, const char *suffix)
{
	size_t k = strlen(suffix);

	return n > k && memcmp(name + n - k, suffix, k) == 0;
}

/* Does a name end like a format of records? */
static bool
is_wanted(const char *name)
{
	static const char *const suffixes[] = { ".json", ".jsonl", ".ndjson",
	    ".stix", ".stix2", ".csv", ".txt" };
	size_t n = strlen(name);

	if (ends_in(name, n, ".gz"))
		n -= strlen(".gz");
	for (size_t i = 0; i < NELEM(suffixes); i++)
		if (ends_in(name, n, suffixes[i]))
			return true;
	return false;
}

static bool
is_event(const char *name)
{
	return ends_in(name, strlen(name), ".json") &&
	    strcmp(name, "manifest.json") != 0;
}

static int
is_shown(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

bool
folder_is_feed(const char *path)
{
	char file[CTL_PATH_MAX];

	return file_exists(file_path(file, path, "manifest.json"));
}

struct walk {
	folder_visit visit;
	void *arg;
};

static int walk_folder(const struct walk *w, const char *path, int depth);

static int
walk_name(const struct walk *w, const char *path, const char *name,
    int depth)
{
	bool feed = folder_is_feed(path);
	char file[CTL_PATH_MAX];
	struct stat st;

	file_path(file, path, name);
	if (lstat(file, &st) != 0)
		return 0;		/* gone meanwhile */
	if (S_ISDIR(st.st_mode))
		return feed ? 0 : walk_folder(w, file, depth + 1);
	if (stat(file, &st) != 0 || !S_ISREG(st.st_mode) ||
	    (feed && !is_event(name)))
		return 0;
	return w->visit(w->arg, file, feed || is_wanted(name));
}

static int
walk_folder(const struct walk *w, const char *path, int depth)
{
	struct dirent **names = NULL;
	int n, rc = 0;

	if (depth > DEPTH_MAX)
		return ERR_LIMIT;
	n = scandir(path, &names, is_shown, alphasort);
	if (n < 0)
		return ERR_IO;
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			rc = walk_name(w, path, names[i]->d_name, depth);
		free(names[i]);
	}
	free(names);
	return rc;
}

int
folder_each(const char *path, folder_visit visit, void *arg)
{
	struct walk w = { visit, arg };

	return walk_folder(&w, path, 0);
}
