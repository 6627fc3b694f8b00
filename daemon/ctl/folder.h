/*
 * Directories of files with records: feeds of MISP, and any other.
 */
#ifndef CTL_FOLDER_H
#define CTL_FOLDER_H

#include <stdbool.h>

#include "base/err.h"

/* folder_is_feed(path): does it have the manifest of a MISP feed? */
bool folder_is_feed(const char *path);

/*
 * folder_each(path, visit, arg): visit every regular file in it, in order of
 * the names; of a feed its events, and of any other directory also the files
 * of directories below it, to a depth of 16.  Hidden ones are left alone, and
 * links to directories.  wanted: does the name end like a format of records?
 * The first result of visit that is not 0 ends it and is returned; ERR_IO, a
 * directory does not read; ERR_LIMIT, they lie too deep.
 */
typedef int (*folder_visit)(void *arg, const char *path, bool wanted);
int folder_each(const char *path, folder_visit visit, void *arg) MUST_CHECK;

#endif
