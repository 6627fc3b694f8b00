/*
 * A certificate as read, and the check of its claims.  This folder includes
 * nothing of the project and shares no code with what it checks
 * (comity-certificate(5)).
 */
#ifndef VERIFY_CERTIFICATE_H
#define VERIFY_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CERT_DESKS_MAX 512
#define CERT_ORGS_MAX 256
#define CERT_KINDS_MAX 64
#define CERT_DOMAINS_MAX 31
#define CERT_CIRCLES_MAX 64
#define CERT_AGREEMENTS_MAX 64
#define CERT_WALLS_MAX 16384
#define CERT_WORDS_MAX 512
#define CERT_CLAIMS_MAX 65536
#define CERT_WORD_MAX 64
#define CERT_TLPS 5
#define CERT_BANDS 5
#define CERT_POSTURES 3
#define CERT_CLASSES 6		/* of rules: three of grants, of limits */
#define CERT_HOPS 7		/* of a record that we hold, at most */
#define CERT_DIGEST_MAX 72	/* "sha256:", 64 digits, NUL */
#define CERT_ERROR_MAX 256

enum cert_wall { CERT_ATTESTED, CERT_DECLARED, CERT_NONE };
enum cert_others { CERT_PERMIT, CERT_CONSULT, CERT_DENY };

#define CERT_HOPS_HONOURED 1U
#define CERT_WALLS_ATTESTED 2U
#define CERT_ONWARD_DECLARED 4U

struct cert_desk {
	unsigned org;
	uint32_t uses, walled;
};

struct cert_org {
	enum cert_wall wall;
	uint64_t onward;
};

struct cert_circle {
	uint64_t foci;
	uint64_t members[CERT_ORGS_MAX / 64];
};

struct cert_wall_row {
	char id[CERT_WORD_MAX];
	uint32_t keep, out_of;
};

struct cert_posture {
	uint64_t keep;
	enum cert_others others;
};

/* What a rule rests on, and what it caps. */
struct cert_rule {
	uint64_t circles, agreements;	/* all must be in force */
	uint32_t purposes;
	uint8_t hops;			/* CERT_HOPS: no cap */
};

struct cert_claim {
	unsigned wall, assume;
	size_t first, nstates;		/* in states */
};

struct cert_state {
	uint16_t desk;
	uint8_t kind, tlp, hops;
};

/* All arrays are owned. */
struct certificate {
	char policy[CERT_DIGEST_MAX], compiled[CERT_DIGEST_MAX];
	unsigned ndesks, norgs, nkinds, ndomains, ncircles, nagreements,
	    nwalls, nreleases, words;
	struct cert_desk *desks;
	struct cert_org *orgs;
	uint32_t *domains;		/* purposes of each */
	struct cert_circle *circles;
	struct cert_wall_row *walls;
	char (*releases)[CERT_WORD_MAX];
	struct cert_posture postures[CERT_POSTURES];
	unsigned classes[CERT_CLASSES + 1];	/* first words; the end */
	/* Vectors of `words` words, by value; of two values row by row. */
	uint64_t *org_rules, *kind_rules, *use_rules, *trust_rules,
	    *transit_rules;
	struct cert_rule *rules;	/* by bit */
	struct cert_claim *claims;
	size_t nclaims;
	struct cert_state *states;
	size_t nstates;
};

/*
 * cert_read(text, n, c, error): read n bytes.  0, or -1 with error, "line N:
 * what is wrong".  Digests inside are checked.  Clear c in either case.
 */
int cert_read(const char *text, size_t n, struct certificate *c,
    char error[CERT_ERROR_MAX]);
void cert_clear(struct certificate *c);

/*
 * cert_check(c, i, error): does claim i hold?  0, or -1 with error, which
 * names the wall.
 */
int cert_check(const struct certificate *c, size_t i,
    char error[CERT_ERROR_MAX]);

#endif
