/*
 * comity-verify: what it takes is true, what was altered it refuses.
 */
#include "verify/certificate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "lib/small_world.h"
#include "policy/certificate.h"

#define WORLDS 2000
#define STATES_MAX 1024

static struct policy *
load(const struct buf *text)
{
	AUTO(file_set_free) struct file_set *files = file_set_new();
	struct err e = { 0 };
	struct policy *p;

	assert_int_equal(file_set_add(files, STR("p"), buf_str(text)), 0);
	p = policy_load(files, "p", &e);
	if (p == NULL)
		fail_msg("%s\n%s", e.text, text->p);
	return p;
}

/* Read, and check every claim. */
static int
verify(const char *text, size_t n, char error[CERT_ERROR_MAX])
{
	struct certificate c;
	int rc;

	error[0] = '\0';
	rc = cert_read(text, n, &c, error);
	for (size_t i = 0; rc == 0 && i < c.nclaims; i++)
		rc = cert_check(&c, i, error);
	cert_clear(&c);
	return rc;
}

/* The claim of one wall, with the states that were found by following. */
static void
certify(const struct world *w, const struct policy *p, size_t wall,
    struct buf *out)
{
	static struct world_state found[STATES_MAX];
	static struct certificate_state states[STATES_MAX];
	struct certificate_claim c = { .wall = wall, .assume = w->assume,
	    .states = states };

	c.nstates = world_states(w, p, wall, found, STATES_MAX);
	assert_true(c.nstates < STATES_MAX);
	for (size_t i = 0; i < c.nstates; i++)
		states[i] = (struct certificate_state){ found[i].desk,
		    found[i].kind, found[i].tlp, found[i].hops };
	certificate_write(p, &c, 1, out);
}

/* A claim holds by its certificate exactly when no record came through. */
static void
test_verify_worlds(void **state)
{
	size_t good = 0, bad = 0;
	uint64_t s = 21;

	(void)state;
	for (size_t i = 0; i < WORLDS; i++) {
		AUTO(policy_free) struct policy *p = NULL;
		AUTO_BUF struct buf text = { 0 };
		struct world w;

		world_make(&w, &s, &text);
		p = load(&text);
		for (size_t k = 0; k < w.nwalls; k++) {
			AUTO_BUF struct buf cert = { 0 };
			struct world_chain chain;
			char error[CERT_ERROR_MAX];
			bool reached = world_reaches(&w, p, k, false,
			    &chain);
			int rc;

			certify(&w, p, k, &cert);
			rc = verify(cert.p, cert.n, error);
			if ((rc == 0) == reached)
				fail_msg("reached %d: %s\n%s\n%s", reached,
				    error, text.p, cert.p);
			if (reached && strstr(error, "and a use that the "
			    "wall keeps it out of") == NULL)
				fail_msg("%s", error);
			*(reached ? &bad : &good) += 1;
		}
	}
	assert_true(good > WORLDS / 5 && bad > WORLDS / 10);
}

/* Two peers, the second of which gets things through the first. */
static const char policy_text[] =
    "policy: 1\n"
    "self: {org: me, country: XA, desks: {a: [d1]}}\n"
    "purposes: {d1: [u1], d2: [u2]}\n"
    "kinds: {technical: [k1, k2]}\n"
    "walls: [{id: W-SEP, keep: [d1], out-of: [d2]}]\n"
    "releases:\n"
    "  - {id: R-STATS, from: {kind: k1, tlp: <=green}, makes: {kind: k1,\n"
    "     tlp: clear, drop: [d1]}, form: {dp-count: {epsilon: 0.5,\n"
    "     per-org-cap: 1, min-orgs: 5}}, sign-off: 2}\n"
    "peers:\n"
    "  p0: {country: XB, type: national, wall: attested, onward: [net],\n"
    "       desks: {a: [d1], b: [d2]}}\n"
    "  p1: {country: XC, type: national, wall: none, desks: {a: [d1]}}\n"
    "  p2: {country: XD, type: national, wall: none, desks: {a: [d2]}}\n"
    "circles:\n"
    "  net: {members: [p1], foci: [k1], charter: \"sha256:ab\"}\n"
    "grants:\n"
    "  - {id: g, out: {peer: p0}, kind: k1, for: d1, tlp: <=green,\n"
    "     cap: {hops: 1}}\n"
    "  - {id: h, out: {peer: p0}, kind: k2, for: d1, tlp: <=amber}\n";

/* Desk 1 is p0/a, desk 3 p1/a. */
static const struct certificate_state policy_states[] = {
	{ 1, 1, 1, 1 }, { 1, 2, 1, 6 }, { 1, 2, 2, 6 }, { 3, 1, 1, 0 },
};

static void
fixed(struct buf *out)
{
	AUTO(policy_free) struct policy *p = NULL;
	AUTO_BUF struct buf text = { 0 };
	struct certificate_claim c = { 0, CERTIFICATE_HOPS_HONOURED |
	    CERTIFICATE_WALLS_ATTESTED, policy_states,
	    NELEM(policy_states) };

	buf_addz(&text, policy_text);
	p = load(&text);
	certificate_write(p, &c, 1, out);
}

static void
test_verify_fixed(void **state)
{
	AUTO_BUF struct buf cert = { 0 };
	char error[CERT_ERROR_MAX];

	(void)state;
	fixed(&cert);
	if (verify(cert.p, cert.n, error) != 0)
		fail_msg("%s\n%s", error, cert.p);
}

/* One bit anywhere, or one byte less or more: refused, with a reason. */
static void
test_verify_bits(void **state)
{
	AUTO_BUF struct buf cert = { 0 };
	char error[CERT_ERROR_MAX];
	unsigned line;

	(void)state;
	fixed(&cert);
	for (size_t i = 0; i < cert.n; i++)
		for (int b = 0; b < 8; b++) {
			cert.p[i] = (char)(cert.p[i] ^ 1 << b);
			if (verify(cert.p, cert.n, error) == 0)
				fail_msg("byte %zu bit %d", i, b);
			if (sscanf(error, "line %u: ", &line) != 1)
				fail_msg("byte %zu bit %d: %s", i, b, error);
			cert.p[i] = (char)(cert.p[i] ^ 1 << b);
		}
	for (size_t n = 0; n < cert.n; n++) {
		/* A copy, so that reading past the end is seen. */
		AUTO(mem_free) char *part = mem_dup(cert.p, n);

		assert_int_equal(verify(part, n, error), -1);
		assert_true(error[0] != '\0');
	}
	buf_addc(&cert, '\n');
	assert_int_equal(verify(cert.p, cert.n, error), -1);
}

/* Digests as they should be of a text that was changed. */
static void
reseal(struct buf *b)
{
	char *compiled = strstr(b->p, "\nsize ") + 1;
	char *claim = strstr(compiled, "\nclaim ");
	char *end = strstr(compiled, "\nend ") + 1;
	char *at = strstr(b->p, "compiled sha256:") + 16;
	struct digest d;

	claim = claim == NULL ? end : claim + 1;
	d = sha256_of(compiled, (size_t)(claim - compiled));
	for (size_t i = 0; i < DIGEST_BYTES; i++, at += 2) {
		char hex[3];

		(void)snprintf(hex, sizeof(hex), "%02x", d.b[i]);
		memcpy(at, hex, 2);
	}
	d = sha256_of(b->p, (size_t)(end - b->p));
	b->n = (size_t)(end - b->p);
	buf_addz(b, "end sha256:");
	for (size_t i = 0; i < DIGEST_BYTES; i++)
		buf_addf(b, "%02x", d.b[i]);
	buf_addc(b, '\n');
}

/* The certificate with one text in place of another, and good digests. */
static void
forge(const char *from, const char *to, struct buf *out)
{
	AUTO_BUF struct buf cert = { 0 };
	const char *at;

	fixed(&cert);
	at = strstr(cert.p, from);
	if (at == NULL)
		fail_msg("no %s in\n%s", from, cert.p);
	buf_add(out, cert.p, (size_t)(at - cert.p));
	buf_addz(out, to);
	buf_addz(out, at + strlen(from));
	reseal(out);
}

/* Whoever writes the digests anew still has to tell the truth. */
static void
test_verify_forged(void **state)
{
	static const struct {
		const char *from, *to, *want;
	} rows[] = {
		{ "state 1 1 1 1\n", "", "W-SEP: desk 1 may get kind 1 at TLP "
		    "1 with 1 hops from us, and is not among the states" },
		{ "state 1 2 1 6\n", "state 1 2 1 5\n", "W-SEP: desk 1 may "
		    "get kind 2 at TLP 1 with 6 hops from us" },
		{ "state 3 1 1 0\n", "", "W-SEP: desk 3 may get kind 1 at TLP "
		    "1 with 0 hops passed on by desk 1" },
		{ "cap 0 hops 1", "cap 0 hops 7", "W-SEP: desk 1 may get kind 1 at TLP "
		    "1 with 6 hops from us" },
		{ "assume hops-honoured,walls", "assume walls", "W-SEP: desk "
		    "3 may get kind 1 at TLP 1 with 1 hops passed on by desk "
		    "1" },
		{ ",walls-attested\n", "\n", "W-SEP: desk 2 may get kind 1 at "
		    "TLP 1 with 1 hops beside desk 1, without a wall" },
		{ "org 1 attested", "org 1 declared", "W-SEP: desk 2 may get "
		    "kind 1 at TLP 1 with 1 hops beside desk 1" },
		{ "members 0 2\n", "members 0 2 3\n", "W-SEP: desk 4 may get "
		    "kind 1 at TLP 1 with 0 hops passed on by desk 1" },
		{ "foci 0000000000000002", "foci 0000000000000006", "W-SEP: "
		    "desk 3 may get kind 2 at TLP 1 with 5 hops passed on by "
		    "desk 1" },
		{ "state 3 1 1 0\n", "state 3 1 1 0\nstate 4 1 1 0\n",
		    "W-SEP: desk 4 has it, and a use that the wall keeps it "
		    "out of" },
		{ "desk 3 org 2 uses 00000001", "desk 3 org 2 uses 00000002",
		    "W-SEP: desk 3 has it, and a use" },
		{ "state 1 2 1 6\n", "state 1 2 1 6\nstate 1 2 1 6\n",
		    "line 71: states do not rise" },
		{ "claim 0 assume hops-honoured,walls-attested\nstate 1 1 1 1"
		    "\nstate 1 2 1 6\nstate 1 2 2 6\nstate 3 1 1 0\n", "",
		    "line 68: there is no claim: nothing would be shown" },
		{ "claim 0 ", "claim 1 ", "line 68: a number over 0" },
		{ "state 3 1", "state 5 1", "line 72: a number over 4" },
		{ "state 1 1 1 1\n", "state 01 1 1 1\n", "line 69: want a "
		    "number without leading zeros" },
		{ "size 5 4 3 2", "size 5 4 3 0", "line 4: a size of 0" },
		{ "size 5", "size 99999999999999999999", "line 4: a number "
		    "over 512" },
		{ "wall W-SEP", "wall W\"SEP", "line 17: want \" keep \" "
		    "here" },
		{ "others permit", "others redact", "line 19: an unknown "
		    "word; want one like \"permit\"" },
		{ "classes 0", "classes 1", "line 22: classes do not rise "
		    "from 0" },
		{ "cap 0 hops 1 purposes ffffffff\n", "cap 0 hops 1 "
		    "purposes ffffffff\ncap 0 hops 2 purposes ffffffff\n", "line 68"
		    ": caps do not rise" },
		{ "org 1 attested onward 0000000000000001", "org 1 attested "
		    "onward 0000000000000003", "line 12: a circle that there "
		    "is not" },
		{ "comity-certificate/1", "comity-certificate/2", "line 1: "
		    "want \"comity-certificate/1\" here" },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		AUTO_BUF struct buf cert = { 0 };
		char error[CERT_ERROR_MAX];

		forge(rows[i].from, rows[i].to, &cert);
		if (verify(cert.p, cert.n, error) == 0 ||
		    strncmp(error, rows[i].want, strlen(rows[i].want)) != 0)
			fail_msg("%s\ngot  %s\nwant %s\n%s", rows[i].to,
			    error, rows[i].want, cert.p);
	}
}

/* Fewer hops are meant with more; a state too many does no harm. */
static void
test_verify_weaker(void **state)
{
	static const char *const rows[][2] = {
		{ "state 1 1 1 1\n", "state 1 1 1 0\nstate 1 1 1 1\n" },
		{ "state 1 1 1 1\n", "state 1 0 4 3\nstate 1 1 1 1\n" },
		{ "members 0 2\n", "members 0\n" },
		{ "org 2 none", "org 2 attested" },
		{ "release R-STATS", "release R-OTHER" },
		{ "walls-attested\n", "walls-attested,onward-declared\n" },
	};

	(void)state;
	for (size_t i = 0; i < NELEM(rows); i++) {
		AUTO_BUF struct buf cert = { 0 };
		char error[CERT_ERROR_MAX];

		forge(rows[i][0], rows[i][1], &cert);
		if (verify(cert.p, cert.n, error) != 0)
			fail_msg("%s: %s", rows[i][1], error);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verify_worlds),
		cmocka_unit_test(test_verify_fixed),
		cmocka_unit_test(test_verify_bits),
		cmocka_unit_test(test_verify_forged),
		cmocka_unit_test(test_verify_weaker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
