/*
 * What must not be blocked: the warning lists that the settings name, and
 * our own constituency.
 */
#ifndef VAULT_TRUST_WARNINGS_H
#define VAULT_TRUST_WARNINGS_H

#include "vault/vault.h"
#include "warning/warning.h"

/*
 * warnings_adopt(v, fd): lists came from the supervisor for the settings that
 * come next; fd is taken over.  -1: forget those that came.
 */
void warnings_adopt(struct vault *v, int fd);

/*
 * warnings_configure(v): the settings are in force: take the lists that came
 * with them, and what is ours.  A list that does not read is named in the
 * log and leaves the one that was taken from its file before.
 */
void warnings_configure(struct vault *v);

/* What of an object is looked at; zero-initialise, warnings_record_clear. */
struct warnings_record {
	struct stix_object o;	/* id, type, revoked, pattern, pattern_type */
	bool benign;		/* it says of its values that they are good */
	struct buf text[4];	/* where texts with escapes are */
};

/* warnings_read(bytes, out): of a valid object; out borrows from bytes. */
void warnings_read(struct str bytes, struct warnings_record *out);
void warnings_record_clear(struct warnings_record *r);

/*
 * warnings_find(v, o, out): the first of these values that is on something,
 * and what on; only those count that are a match by themselves.  NULL: none,
 * out is then untouched.
 */
const struct observable *warnings_find(const struct vault *v,
    const struct observables *o, struct warning_hit *out);

/*
 * warnings_reason(o, hit, out): append for people 'VALUE is on "LIST"', or
 * 'VALUE is in our constituency (PREFIX)'.
 */
void warnings_reason(const struct observable *o,
    const struct warning_hit *hit, struct buf *out);

/*
 * warnings_is_listed(v, bytes, out_why): has an object, as a record holds
 * it, a value that must not be blocked?  Appends the reason to out_why.
 */
bool warnings_is_listed(const struct vault *v, struct str bytes,
    struct buf *out_why);

/* warnings_problems(v, fn, arg): why each file was refused. */
void warnings_problems(const struct vault *v,
    void (*fn)(void *arg, const char *text), void *arg);

#endif
