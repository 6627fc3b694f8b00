/*
 * What we think of a record, as a STIX opinion of our own about it, for our
 * own desks alone: stored like a derived record, which is not streamed, under
 * the label and for the desks of the record that it is about, and shown to a
 * desk only while that is.
 */
#ifndef GATE_OPINION_H
#define GATE_OPINION_H

#include "gate/gate.h"

/*
 * opinion_id(cert_id, about, dst): the id of that CERT's opinion about the
 * object with that id, always the same; returns dst.
 */
const char *opinion_id(const char *cert_id, struct str about,
    char dst[static STIX_ID_MAX]);

/* opinion_about(bytes): the id that an opinion of ours is about; borrowed. */
struct str opinion_about(struct str bytes);

/*
 * opinion_find(store, id, arena, out): the last version of an opinion of
 * ours.  ERR_NOT_FOUND: none; ERR_EXISTS: somebody else's object has its id.
 */
int opinion_find(struct store *store, struct str id, struct arena *arena,
    struct store_record *out) MUST_CHECK;

/*
 * opinion_holds(store, r): is what that opinion of ours is about still there
 * to be seen by anybody?  1, 0, ERR_* of the store.
 */
int opinion_holds(struct store *store, const struct store_record *r)
    MUST_CHECK;

/* One to be stored. */
struct opinion_new {
	struct store_record about;	/* label, desks, expires */
	struct str id, bytes;
	int64_t modified_us;
	int64_t replaces;		/* sequence of the version before, or 0 */
};

/*
 * opinion_put(g, v, n, now): in the open transaction: seal and store these.
 * ERR_* of the store.
 */
int opinion_put(struct gate *g, const struct opinion_new *v, size_t n,
    unix_ms_t now) MUST_CHECK;

#endif
