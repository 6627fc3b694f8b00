/*
 * A directory of files that are too large for a file set: the supervisor
 * reads them into one file that is nowhere, and hands that to the vault,
 * which opens none by itself.
 */
#ifndef CONFIG_LIST_FILES_H
#define CONFIG_LIST_FILES_H

#include "base/err.h"
#include "base/str.h"

#define LIST_FILES_MAX 1024
#define LIST_FILE_BYTES_MAX (64 << 20)
#define LIST_FILES_BYTES_MAX (256 << 20)	/* all of them */

/* One file.  All borrowed, for the call. */
struct list_file {
	const char *name;	/* below the directory; "" stands for it */
	struct str text;
	const char *problem;	/* why it could not be read; or NULL */
};

/*
 * list_files_pack(dir, e): a new descriptor with every "*.json" of dir and
 * every "list.json" of a directory in it; hidden files are left out.  What
 * cannot be read is in it with its problem: links, what everybody may write
 * or belongs to neither root, us nor dir's owner, what is too large.  ERR_SYSTEM
 * if there is no memory for it.
 */
int list_files_pack(const char *dir, struct err *e) MUST_CHECK;

/*
 * list_files_each(fd, visit, arg): each file of a descriptor that
 * list_files_pack made, from its beginning.  Stops where visit answers
 * something else than 0, and returns that; ERR_IO, ERR_SYNTAX.
 */
int list_files_each(int fd, int (*visit)(void *arg,
    const struct list_file *f), void *arg) MUST_CHECK;

#endif
