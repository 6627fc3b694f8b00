/*
 * One CERT in memory: a store in a temporary directory, a policy from text,
 * an identity key, a gate.  Two of them exchange batches without a network.
 */
#ifndef TESTS_GATE_FIXTURE_H
#define TESTS_GATE_FIXTURE_H

#include "gate/admit.h"
#include "gate/release.h"

#define FIXTURE_SENT_MAX 64

struct cert {
	const char *id;
	char *dir;			/* owned */
	struct store *store;		/* owned */
	struct audit *audit;		/* owned */
	struct policy *policy;		/* owned */
	struct sign_key *key;		/* owned */
	struct verify_key *public;	/* owned */
	struct gate *gate;		/* owned */
	struct cert *other;		/* whose card is held; borrowed */
	struct cert *knows[4];		/* whose cards are too; borrowed */
	struct gate_party party;	/* the other, as seen from here */
	struct delivery *delivery;	/* owned: of our records to it */
	struct release *release;	/* owned */
	int64_t later_ms;		/* its clock, behind the fixture's */
};

/* cert_open(id, policy): fails the test if the policy does not load. */
struct cert *cert_open(const char *id, const char *policy);
void cert_close(struct cert *c);

/* cert_set_policy(c, policy): another one takes effect. */
void cert_set_policy(struct cert *c, const char *policy);

/* cert_meet(a, b): each holds the other's card; all terms are equal. */
void cert_meet(struct cert *a, struct cert *b);

/* cert_publish(c, object): at desk ops, committed. */
struct admit_verdict cert_publish(struct cert *c, const char *object);

/* What one run of the stream from one CERT to the other did. */
struct crossing {
	size_t batches, sent, stored, unchanged, refused, unchecked,
	    largest_bytes;
	enum refusal first_refusal;
	char label[4096];	/* of the last record sent, as sealed */
	char terms[4096];
	char object[4096];	/* its bytes */
};

/*
 * cert_cross(from, to, out): everything the gate releases, admitted at the
 * other side.  With spoil set, one byte of each batch's first object is
 * changed on the way.
 */
void cert_cross(struct cert *from, struct cert *to, bool spoil,
    struct crossing *out);

/*
 * cert_cross_tampered(from, to, tamper, arg, out): the same; before a batch
 * is admitted, tamper may change it: links and records are its own copies.
 */
struct tampered {
	struct admit_batch *batch;
	struct chain_link *links;	/* room for CHAIN_LINKS_MAX */
	struct admit_record *records;
	const struct cert *from, *to;
};
typedef void (*cert_tamper)(void *arg, struct tampered *t);
void cert_cross_tampered(struct cert *from, struct cert *to,
    cert_tamper tamper, void *arg, struct crossing *out);

/* indicator_text(dst, n, id, modified, extra): a small valid indicator. */
struct indicator_facts {
	unsigned number;		/* part of its id */
	const char *modified;		/* RFC 3339 */
	const char *label;		/* STIX label: gives the kind */
	const char *tlp;		/* marking id */
	const char *extra;		/* ",\"x\":1" or "" */
};
const char *indicator_text(char *dst, size_t size,
    const struct indicator_facts *f);

#endif
