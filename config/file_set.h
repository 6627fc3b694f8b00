/*
 * A set of configuration files held in memory: name to bytes.
 *
 * The supervisor reads the configuration directory and hands the set to
 * the vault, which opens no file of it by itself, at start and on reload
 * alike; comityctl makes one from the files named on its command line.
 */
#ifndef CONFIG_FILE_SET_H
#define CONFIG_FILE_SET_H

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"

#define FILE_SET_FILES_MAX 1024
#define FILE_SET_BYTES_MAX (32 << 20)

struct file_set;

/* file_set_new(): an empty set, never NULL; file_set_free frees it. */
struct file_set *file_set_new(void);
void file_set_free(struct file_set *s);
MEM_AUTO(struct file_set, file_set_free);

/* file_set_add(s, name, bytes): copy both; ERR_EXISTS, ERR_LIMIT. */
int file_set_add(struct file_set *s, struct str name, struct str bytes)
    MUST_CHECK;

/* file_set_get(s, name, out): borrowed bytes; ERR_NOT_FOUND. */
int file_set_get(const struct file_set *s, struct str name,
    struct str *out) MUST_CHECK;

/*
 * file_set_match(s, pattern, i, out_name): the i-th name (in byte order)
 * that fits pattern, where "*" stands for any run without "/"; false past
 * the last.
 */
bool file_set_match(const struct file_set *s, const char *pattern, size_t i,
    struct str *out_name);

/*
 * file_set_read_dir(s, dir, e): add every regular file "*.yaml" of dir and
 * of its direct sub-directories that end in ".d", named relative to dir,
 * and the documents "*.md" and "*.txt" of charters.d and definitions.d;
 * hidden files are left out.  Refused with the name: symbolic links that
 * leave dir, FIFOs, devices and directories called "*.yaml", files that
 * everybody may write or that belong to neither root, us nor dir's owner,
 * files over YAML_BYTES_MAX.  ERR_IO, ERR_LIMIT, ERR_EXISTS, ERR_CONF.
 */
int file_set_read_dir(struct file_set *s, const char *dir, struct err *e)
    MUST_CHECK;

/*
 * file_set_encode(s, out): append the set as one run of bytes, for a
 * channel.  file_set_decode(bytes, e): the set in exactly these bytes; NULL
 * with e (ERR_SYNTAX, ERR_LIMIT, ERR_ORDER, ERR_VERSION) on anything else.
 */
void file_set_encode(const struct file_set *s, struct buf *out);
struct file_set *file_set_decode(struct str bytes, struct err *e);

#endif
