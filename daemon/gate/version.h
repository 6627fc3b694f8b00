/*
 * What an incoming object is to those stored under the same id: new, the
 * same again, another version, or something that may not be (STIX 2.1
 * section 3.5 and 3.6).
 */
#ifndef GATE_VERSION_H
#define GATE_VERSION_H

#include "gate/gate.h"
#include "record/stix.h"

#define VERSION_OLDER_MAX 64

/* A stored version, as far as its label is concerned. */
struct version_row {
	int64_t seq;		/* 0: there is none */
	int64_t label, seal;
	int64_t modified_us;
	uint32_t flags;
};

struct version_verdict {
	enum refusal refusal;	/* REFUSAL_NONE: may be stored */
	bool unchanged;		/* then: it is here already */
	bool superseded;	/* a newer version is here */
	bool apart;		/* the id is that of what the desk may not see */
	int64_t conflict;	/* the record that stays, or 0 */
	struct version_row same;	/* unchanged: under its last label */
	struct version_row before;	/* the newest of the older ones */
	/* Older ones that are not said to be superseded yet. */
	int64_t older[VERSION_OLDER_MAX];
	size_t nolder;
	char text[256];
};

/*
 * version_check(g, o, from, out): o is valid and just read.  Behind a wall,
 * what the desk may not see is not there for it, but for out->apart; and
 * what another desk of ours published is not its to change.  ERR_* of the
 * store.
 */
struct version_from {
	const char *origin;	/* CERT id that seals it */
	int desk;		/* of ours, behind its wall; -1: none is */
	unix_ms_t now;
	/* store_intern_name of who it was fetched from; 0: it was not. */
	int64_t source;
};
int version_check(struct gate *g, const struct stix_object *o,
    const struct version_from *from, struct version_verdict *out)
    MUST_CHECK;

/*
 * version_is_there(g, r, from): is that stored record there for who asks?
 * 1 or 0; ERR_* of the store.
 */
int version_is_there(struct gate *g, const struct store_record *r,
    const struct version_from *from) MUST_CHECK;

/*
 * version_replace(g, v, us): in the open transaction, when the object that v
 * was found for is stored: what it replaces is flagged so.
 */
int version_replace(struct gate *g, const struct version_verdict *v)
    MUST_CHECK;

/*
 * version_label(g, row, out): the label that a stored version was sealed
 * with.  ERR_STORE if it does not read.
 */
int version_label(struct gate *g, const struct version_row *row,
    struct label *out) MUST_CHECK;

/* version_us(o): the version as microseconds since 1970, saturated. */
int64_t version_us(const struct stix_object *o);

#endif
