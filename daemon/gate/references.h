/*
 * What stored objects refer to, and what of the newest version of each counts
 * when a record that refers to it is decided.  Kept in memory, and read again
 * whenever records in the store or the policy's labels have changed.
 */
#ifndef GATE_REFERENCES_H
#define GATE_REFERENCES_H

#include "gate/labels.h"
#include "store/store.h"

struct references;

/* One object that something refers to. */
struct reference {
	struct str id;
	const struct label *label;	/* NULL: not stored here */
	uint32_t flags;			/* of its newest version */
	/* Who gave it and who sealed it; "" if it is our own. */
	const char *source, *origin;
	unix_ms_t embargo_end;		/* 0: it is under none */
	struct reference *const *refs;	/* each once */
	size_t nrefs;
	bool unknown;	/* what it is, or refers to, cannot be told: deny */
	/* Private to references.c and to who walks. */
	struct reference *same_hash;
	bool read;
	uint64_t walk;
};

struct references_options {
	struct store *store;		/* borrowed */
	struct labels *labels;		/* borrowed */
	/* seals_origin of a seal's number; dst has CERT_ID_MAX + 1 bytes. */
	int (*origin)(void *arg, int64_t seal, char *dst);
	/* Is what has that label under embargo? */
	bool (*embargoed)(void *arg, const struct label *l);
	void *arg;
};
struct references *references_new(const struct references_options *o);
void references_free(struct references *r);

/* references_forget(r): labels are others; nothing borrowed holds. */
void references_forget(struct references *r);

/*
 * references_begin(r): before a walk: forgets what is stale, and all of it
 * when it is much.  Returns a number that no walk had before, for `walk`.
 * What the functions below give holds until the next one.
 */
uint64_t references_begin(struct references *r);

/*
 * references_of(r, record, out, out_n): what a stored record refers to, and
 * last, if another version of it is newer, itself.  ERR_DENIED if that
 * cannot be told, ERR_* of the store.
 */
int references_of(struct references *r, const struct store_record *record,
    struct reference *const **out, size_t *out_n) MUST_CHECK;

/* references_read(r, ref): fill it in from the store.  ERR_* of the store. */
int references_read(struct references *r, struct reference *ref) MUST_CHECK;

#endif
