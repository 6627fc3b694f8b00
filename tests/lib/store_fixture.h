/*
 * Stores in temporary directories, and indicators to put in them.
 */
#ifndef TESTS_STORE_FIXTURE_H
#define TESTS_STORE_FIXTURE_H

#include "store/store.h"

#define FIXTURE_ID_BYTES 47	/* "indicator--" and a UUID */

/* fixture_dir(): a new directory; the caller removes and frees it. */
char *fixture_dir(void);
/* fixture_remove(dir): with its files (not its directories); frees dir. */
void fixture_remove(char *dir);

/* fixture_open(dir): a store there, made if need be; fails the test. */
struct store *fixture_open(const char *dir);

/* fixture_id(i, dst): the id of indicator i. */
struct str fixture_id(uint64_t i, char dst[static FIXTURE_ID_BYTES + 1]);

/*
 * fixture_indicator(i, pattern, out): indicator i, of about 875 bytes when
 * pattern is short; out is emptied first.
 */
void fixture_indicator(uint64_t i, const char *pattern, struct buf *out);

/*
 * fixture_put(s, i, pattern): put indicator i, version i, in the open
 * transaction with the observables it really has.  Its sequence, or ERR_*.
 */
int64_t fixture_put(struct store *s, uint64_t i, const char *pattern);

/* fixture_versions(s, i): stored records with the id of indicator i. */
int fixture_versions(struct store *s, uint64_t i);

/* fixture_digest(path): SHA-256 of the file's bytes. */
struct digest fixture_digest(const char *path);

#endif
