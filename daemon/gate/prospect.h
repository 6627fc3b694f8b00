/*
 * What goes to a peer and what is taken from it, kind by kind, and what else
 * would be if its bands were better: for people who add a peer.  Decided as
 * every release is (gate/answer.h), one request after the other.
 */
#ifndef GATE_PROSPECT_H
#define GATE_PROSPECT_H

#include "gate/answer.h"

/* Kinds that fare alike with one desk and use. */
struct prospect {
	enum direction direction;
	int desk, domain;
	enum outcome outcome;	/* once what it needs is agreed on */
	uint64_t kinds;
	int tlp_from, tlp;	/* these colours and those between */
	/* The least bands for it; those of now: it is so already. */
	enum band discretion, reliability;
	bool now;
	/* The bases it needs that are not in force now, as bits. */
	uint64_t agreements, circles;
	/* From DENY on, or if not now: what keeps it back; by -1: reason. */
	enum reason reason;
	int by;
};

/*
 * prospects(p, party, at, fn, arg): call fn for what goes or is taken,
 * whole, redacted or after people were asked, at the bands of the party or
 * at better ones, and for what does not at any (outcome from DENY on); out
 * before in, desk by desk.  The party is one of the policy, and scored.
 * Records of ours are taken to have the lineage of all our desks, and the
 * most hops; of theirs, what theirs have unlabelled.
 */
typedef void (*prospect_fn)(void *arg, const struct prospect *x);
void prospects(const struct policy *p, const struct gate_party *party,
    unix_ms_t at, prospect_fn fn, void *arg);

#endif
