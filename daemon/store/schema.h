/*
 * The schema's steps, embedded from migrations/: step i takes a file from
 * version i to i + 1.  Private to the store.
 */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

extern const char *const schema_migrations[];
extern const int schema_version;	/* the version after the last step */

#endif
