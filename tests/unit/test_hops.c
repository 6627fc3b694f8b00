/*
 * Records on their way through relays, honest ones and others.  B relays
 * what A published to C and to D; what C may not be given, it refuses and
 * keeps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "gate/proof.h"
#include "lib/gate_fixture.h"
#include "record/derive.h"
#include "record/marking.h"

#define T1 "2026-01-01T00:00:00.000Z"
#define T2 "2026-01-02T00:00:00.000Z"
#define GREEN marking_tlp_id(TLP_GREEN)
#define CERTS 4

/* What the four differ in. */
static const struct {
	const char *id, *peers, *grants;
} parties[CERTS] = {
	{ "cert-a", "bcd", "{id: out, out: any, kind: [botnet, ioc, report], for: [secops], "
	    "tlp: <=green, cap: {hops: 3, ttl: 90d}, oblige: [receipt]}" },
	{ "cert-b", "acd", "{id: out, out: any, kind: [botnet, ioc, report], for: [secops], "
	    "tlp: <=green, transit: true, oblige: [purpose-bound]}" },
	{ "cert-c", "abd", "{id: out, out: any, kind: [botnet, ioc, report], for: [secops], "
	    "tlp: <=green, transit: true}" },
	{ "cert-d", "abc", "{id: out, out: any, kind: [botnet, ioc, report], for: [secops], "
	    "tlp: <=green}" },
};

struct net {
	struct cert *v[CERTS];
	const char *grants[CERTS];	/* instead of the usual ones */
	const char *limits[CERTS];	/* or none */
	const char *pap[CERTS];		/* of the default label; or green */
	const char *caveat[CERTS];	/* of it too, or none */
	bool anonymiser;		/* B is one, to the others */
};

static void
policy_text(const struct net *n, int i, struct buf *out)
{
	struct buf b = { 0 };

	buf_addf(&b, "policy: 1\n"
	    "self: {org: %s, country: X%c, desks: {ops: [secops]}, "
	    "default-label: {pap: %s, hops: 7, caveats: [%s]}}\n"
	    "purposes: {secops: [detect, block, notify], law: [ask]}\n"
	    "kinds: {technical: [botnet, ioc], content: [report]}\n"
	    "classify:\n"
	    "  - {when: {label: [botnet]}, kind: botnet}\n"
	    "  - {when: {label: [report]}, kind: report}\n"
	    "  - {when: {type: [indicator, report]}, kind: ioc}\n"
	    "peers:\n", parties[i].id, 'A' + i, n->pap[i] != NULL ?
	    n->pap[i] : "green", n->caveat[i] != NULL ? n->caveat[i] : "");
	for (const char *p = parties[i].peers; *p != '\0'; p++)
		buf_addf(&b, "  cert-%c: {country: X%c, type: national, "
		    "wall: attested, desks: {ops: [secops], lab: [secops]}"
		    "%s}\n", *p, *p - 'a' + 'A', *p == 'b' && n->anonymiser ?
		    ", role: anonymiser" : "");
	buf_addf(&b, "trust: {initial: {default: {discretion: B, "
	    "reliability: B}}}\n"
	    "grants:\n  - %s\n"
	    "  - {id: in, in: any, kind: [botnet, ioc, report], for: [secops]}\n",
	    n->grants[i] != NULL ? n->grants[i] : parties[i].grants);
	if (n->limits[i] != NULL)
		buf_addf(&b, "limits:\n  - %s\n", n->limits[i]);
	*out = b;
}

static struct cert *
open_one(const struct net *n, int i)
{
	AUTO_BUF struct buf b = { 0 };

	policy_text(n, i, &b);
	return cert_open(parties[i].id, b.p);
}

/* Another policy takes effect at the i-th. */
static void
change_policy(struct net *n, int i)
{
	AUTO_BUF struct buf b = { 0 };

	policy_text(n, i, &b);
	cert_set_policy(n->v[i], b.p);
}

/* The same CERT again, empty, with what net says of it now. */
static void
reopen(struct net *n, int i)
{
	cert_close(n->v[i]);
	n->v[i] = open_one(n, i);
	for (int k = 0; k < CERTS; k++) {
		n->v[i]->knows[k] = n->v[k];
		n->v[k]->knows[i] = n->v[i];
	}
}

static void
net_open(struct net *n)
{
	for (int i = 0; i < CERTS; i++)
		n->v[i] = open_one(n, i);
	for (int i = 0; i < CERTS; i++)
		for (int k = 0; k < CERTS; k++)
			n->v[i]->knows[k] = n->v[k];
}

static void
net_close(struct net *n)
{
	for (int i = 0; i < CERTS; i++)
		cert_close(n->v[i]);
}

static int
set_up(void **state)
{
	struct net *n = mem_new(struct net);

	net_open(n);
	*state = n;
	return 0;
}

static int
tear_down(void **state)
{
	net_close(*state);
	free(*state);
	return 0;
}

static const char *
indicator(unsigned number, const char *label)
{
	static char text[8][2048];
	static unsigned next;

	return indicator_text(text[next++ % 8], sizeof(text[0]),
	    &(struct indicator_facts){ number, T1, label, GREEN, "" });
}

/* One transfer between two that may not have met. */
static struct crossing
move(struct net *n, int from, int to, cert_tamper tamper, void *arg)
{
	struct crossing x;

	cert_meet(n->v[from], n->v[to]);
	cert_cross_tampered(n->v[from], n->v[to], tamper, arg, &x);
	return x;
}

static int
on_one(void *arg, const struct store_record *r)
{
	struct store_record *out = arg;

	*out = *r;
	return 0;
}

/* The effective label of the last record that c holds. */
static struct label
last_label(struct cert *c)
{
	struct arena *arena = arena_new(MIB(4));
	struct store_record r;
	struct label l;

	assert_true(store_scan(c->store, store_last_seq(c->store) - 1, 1,
	    arena, on_one, &r) == 1);
	assert_int_equal(gate_label(c->gate, &r, &l), 0);
	arena_free(arena);
	return l;
}

static bool
has_desk(const struct cert *c, const struct label *l, const char *desk)
{
	int i = names_find(&policy_vocabulary(c->policy)->desks,
	    str_of(desk));

	return i >= 0 && desk_set_has(&l->audience, (unsigned)i);
}

/* Terms add up over two relays, and the transfers run out. */
static void
test_hops_chain_adds_up(void **state)
{
	struct net *n = *state;
	struct crossing x;
	struct label l;

	cert_publish(n->v[0], indicator(1, "botnet"));
	x = move(n, 0, 1, NULL, NULL);
	assert_int_equal(x.stored, 1);
	l = last_label(n->v[1]);
	assert_int_equal(l.hops, 3);
	x = move(n, 1, 2, NULL, NULL);
	assert_int_equal(x.stored, 1);
	assert_non_null(strstr(x.terms, "hops=2\n"));
	l = last_label(n->v[2]);
	assert_int_equal(l.hops, 2);
	assert_true(l.expires.ms < UNIX_MS_NEVER.ms);
	assert_true(has_desk(n->v[2], &l, "cert-c/ops"));
	x = move(n, 2, 3, NULL, NULL);
	assert_int_equal(x.stored, 1);
	assert_int_equal(last_label(n->v[3]).hops, 1);
	/* D's policy does not pass on what it received. */
	x = move(n, 3, 1, NULL, NULL);
	assert_int_equal(x.sent, 0);
	x = move(n, 3, 2, NULL, NULL);
	assert_int_equal(x.sent, 0);
	assert_int_equal(delivery_count(n->v[3]->delivery, DELIVERY_DENIED),
	    0);		/* it came from C: nothing to decide */
}

/* Nothing goes on without `transit: true`, whatever the hops are. */
static void
test_hops_no_transit_by_default(void **state)
{
	struct net *n = *state;
	struct crossing x;

	cert_publish(n->v[0], indicator(1, "botnet"));
	x = move(n, 0, 3, NULL, NULL);
	assert_int_equal(x.stored, 1);
	x = move(n, 3, 2, NULL, NULL);
	assert_int_equal(x.sent, 0);
	assert_int_equal(delivery_count(n->v[3]->delivery, DELIVERY_DENIED),
	    1);
}

/* Part of a batch goes on under the links of the whole. */
static void
test_hops_part_of_a_batch(void **state)
{
	struct net *n = *state;
	struct str objects[20];
	struct admit_verdict v[20];
	struct crossing x;
	char text[20][1024];

	for (unsigned i = 0; i < 20; i++)
		objects[i] = str_of(indicator_text(text[i], sizeof(text[i]),
		    &(struct indicator_facts){ i, T1, i % 3 ? "botnet" :
		    "report", GREEN, "" }));
	assert_int_equal(store_begin(n->v[0]->store), 0);
	assert_int_equal(admit_published(n->v[0]->gate,
	    &(struct admit_objects){ policy_find_desk(n->v[0]->policy,
	    STR("cert-a/ops")), objects, 20, { 1790000000000 } }, v), 0);
	assert_int_equal(store_commit(n->v[0]->store), 0);
	n->grants[1] = "{id: out, out: any, kind: [report], for: [secops], "
	    "tlp: <=green, transit: true}";
	reopen(n, 1);
	x = move(n, 0, 1, NULL, NULL);
	assert_int_equal(x.stored, 20);
	x = move(n, 1, 2, NULL, NULL);
	assert_int_equal(x.stored, 7);
	assert_int_equal(x.batches, 1);
	x = move(n, 2, 3, NULL, NULL);
	assert_int_equal(x.stored, 7);
}

/* ---- relays that are not honest ---- */

/* B signs its link anew over what it changed. */
static void
sign_again(struct tampered *t, size_t i)
{
	static uint8_t sig[4][SIGNATURE_BYTES];
	static unsigned next;
	struct chain_table table = { t->batch->seal, t->links,
	    t->batch->nlinks };

	next = (next + 1) % 4;
	assert_int_equal(chain_sign(&table, i, t->from->key, sig[next]), 0);
	t->links[i].signature = sig[next];
}

/* A's link is left out. */
static void
strip(void *arg, struct tampered *t)
{
	(void)arg;
	t->links[0] = t->links[1];
	t->links[0].previous = CHAIN_FIRST;
	t->batch->nlinks = 1;
	t->records[0].link = 0;
	sign_again(t, 0);
}

/* A's link is left out, and A's name written on B's. */
static void
strip_and_pose(void *arg, struct tampered *t)
{
	strip(arg, t);
	t->links[0].from = STR("cert-a");
	sign_again(t, 0);
}

#define TEXT(purposes, hops, expires) \
	"comity-release/1\ndesks=cert-c/ops\npurposes=" purposes "\nhops=" \
	hops "\nexpires=" expires "\noblige=\n"

/* A's text is changed; B signs over the changed link. */
static void
alter(void *arg, struct tampered *t)
{
	(void)arg;
	t->links[0].text = STR(TEXT("block,detect,notify", "7", "never"));
	sign_again(t, 1);
}

/* B's own text says something else. */
static void
say(void *arg, struct tampered *t)
{
	t->links[1].text = str_of(arg);
	sign_again(t, 1);
}

/* The sealed label says another kind. */
static void
rekind(void *arg, struct tampered *t)
{
	static char label[4096];
	char *p;

	(void)arg;
	snprintf(label, sizeof(label), "%.*s", (int)t->records[0].label.n,
	    t->records[0].label.p);
	p = strstr(label, "kind=report");
	assert_non_null(p);
	memcpy(p, "kind=botnet", 11);
	t->records[0].label.p = label;
}

/* The link names another receiver. */
static void
readdress(void *arg, struct tampered *t)
{
	(void)arg;
	t->links[1].to = STR("cert-d");
	sign_again(t, 1);
}

/* Another's link, as it was signed for another receiver. */
static void
pose_sender(void *arg, struct tampered *t)
{
	(void)arg;
	t->batch->sender = "cert-d";
}

/* B claims leaves that A's link does not have. */
static void
widen(void *arg, struct tampered *t)
{
	static uint8_t all[CHAIN_LEAVES_BYTES];

	(void)arg;
	t->links[0].leaves = t->links[1].leaves;
	memset(all, 0, sizeof(all));
	t->links[1].leaves = all;
	sign_again(t, 1);
}

static void
break_text(void *arg, struct tampered *t)
{
	(void)arg;
	t->links[1].text = STR("comity-release/1\n");
	sign_again(t, 1);
}

static void
break_signature(void *arg, struct tampered *t)
{
	static const uint8_t zeros[SIGNATURE_BYTES];

	(void)arg;
	t->links[1].signature = zeros;
}

/* What every proof says of the last one kept. */
struct found_proof {
	unsigned n;
	uint8_t fault;
	char sender[CERT_ID_MAX + 1];
	size_t nlinks;
};

static int
on_proof(void *arg, const char *name, struct str value)
{
	AUTO(arena_free) struct arena *a = arena_new(KIB(64));
	AUTO_BUF struct buf again = { 0 };
	struct found_proof *f = arg;
	struct proof p;

	assert_non_null(strstr(name, "cert-"));
	assert_int_equal(proof_decode(value, a, &p), 0);
	proof_encode(&p, &again);
	assert_true(str_eq(buf_str(&again), value));
	f->n++;
	f->fault = p.fault;
	f->nlinks = p.table.n;
	snprintf(f->sender, sizeof(f->sender), "%.*s", (int)p.sender.n,
	    p.sender.p);
	return 0;
}

static const struct {
	const char *name;
	cert_tamper tamper;
	const char *arg;
	enum refusal refusal;
	enum chain_fault fault;
} hostile[] = {
	{ "stripped", strip, NULL, REFUSAL_CHAIN, CHAIN_FAULT_ORIGIN },
	{ "stripped, posing", strip_and_pose, NULL, REFUSAL_CHAIN,
	    CHAIN_FAULT_SIGNATURE },
	{ "altered", alter, NULL, REFUSAL_CHAIN, CHAIN_FAULT_SIGNATURE },
	{ "more hops", say, TEXT("detect", "3", "1790000000000"),
	    REFUSAL_CHAIN, CHAIN_FAULT_LOOSER },
	{ "later", say, TEXT("detect", "2", "never"), REFUSAL_CHAIN,
	    CHAIN_FAULT_LOOSER },
	{ "more purposes", say, TEXT("ask,detect", "2", "1790000000000"),
	    REFUSAL_CHAIN, CHAIN_FAULT_LOOSER },
	{ "re-kinded", rekind, NULL, REFUSAL_SEAL, CHAIN_FAULT_SEAL },
	{ "for another hop", readdress, NULL, REFUSAL_CHAIN,
	    CHAIN_FAULT_RECEIVER },
	{ "by another", pose_sender, NULL, REFUSAL_CHAIN,
	    CHAIN_FAULT_SENDER },
	{ "other leaves", widen, NULL, REFUSAL_CHAIN, CHAIN_FAULT_LEAF },
	{ "no text", break_text, NULL, REFUSAL_CHAIN, CHAIN_FAULT_TEXT },
	{ "no signature", break_signature, NULL, REFUSAL_CHAIN,
	    CHAIN_FAULT_SIGNATURE },
};

/* Every trick is refused, and what was signed is kept. */
static void
test_hops_hostile_relay(void **state)
{
	struct net *n = *state;

	for (unsigned i = 0; i < NELEM(hostile); i++) {
		struct found_proof f = { 0 };
		struct crossing x;
		uint64_t count;

		for (int k = 0; k < 3; k++)
			reopen(n, k);
		cert_publish(n->v[0], indicator(i, "report"));
		x = move(n, 0, 1, NULL, NULL);
		assert_int_equal(x.stored, 1);
		x = move(n, 1, 2, hostile[i].tamper,
		    (void *)(uintptr_t)hostile[i].arg);
		if (x.refused != 1 || x.first_refusal != hostile[i].refusal)
			fail_msg("%s: %s", hostile[i].name,
			    refusal_name((int)x.first_refusal));
		assert_int_equal(store_count(n->v[2]->store), 0);
		assert_int_equal(proof_each(n->v[2]->store, on_proof, &f),
		    0);
		assert_string_equal(f.sender, hostile[i].fault ==
		    CHAIN_FAULT_SENDER ? "cert-d" : "cert-b");
		assert_int_equal(proof_count(n->v[2]->store, f.sender,
		    &count), 0);
		assert_int_equal(count, 1);
		if (f.fault != hostile[i].fault)
			fail_msg("%s: fault %u", hostile[i].name, f.fault);
	}
}

/* A link from an earlier batch does not serve a later one. */
struct replay {
	struct chain_link link;
	uint8_t leaves[CHAIN_LEAVES_BYTES], signature[SIGNATURE_BYTES];
	bool have;
};

static void
replay(void *arg, struct tampered *t)
{
	struct replay *r = arg;

	if (r->have) {
		t->links[0] = r->link;
		sign_again(t, 1);
		return;
	}
	r->have = true;
	memcpy(r->leaves, t->links[0].leaves, sizeof(r->leaves));
	memcpy(r->signature, t->links[0].signature, sizeof(r->signature));
	r->link = (struct chain_link){ CHAIN_FIRST, STR("cert-a"),
	    STR("cert-b"), r->leaves, { mem_dup(t->links[0].text.p,
	    t->links[0].text.n), t->links[0].text.n }, r->signature };
}

static void
test_hops_replayed_chain(void **state)
{
	struct net *n = *state;
	struct replay r = { .have = false };
	struct crossing x;

	cert_publish(n->v[0], indicator(1, "report"));
	x = move(n, 0, 1, NULL, NULL);
	x = move(n, 1, 2, replay, &r);
	assert_int_equal(x.stored, 1);
	cert_publish(n->v[0], indicator(2, "report"));
	x = move(n, 0, 1, NULL, NULL);
	x = move(n, 1, 2, replay, &r);
	assert_int_equal(x.first_refusal, REFUSAL_CHAIN);
	free((void *)(uintptr_t)r.link.text.p);
}

/* Who signed in between has to be known; that is not the sender's fault. */
static void
test_hops_unknown_relay(void **state)
{
	struct net *n = *state;
	struct crossing x;
	uint64_t count;

	cert_publish(n->v[0], indicator(1, "report"));
	(void)move(n, 0, 1, NULL, NULL);
	(void)move(n, 1, 2, NULL, NULL);
	n->v[3]->knows[1] = NULL;
	x = move(n, 2, 3, NULL, NULL);
	assert_int_equal(x.first_refusal, REFUSAL_CHAIN);
	assert_int_equal(proof_count(n->v[3]->store, "cert-c", &count), 0);
	assert_int_equal(count, 0);
	n->v[3]->knows[1] = n->v[1];
}

/* The last transfer of a label is the last, whatever a relay says. */
static void
send_anyway(void *arg, struct tampered *t)
{
	static uint8_t sig[SIGNATURE_BYTES];
	struct cert *a = arg;
	struct chain_table table = { t->batch->seal, t->links, 1 };

	t->links[0].text = STR(TEXT("detect", "0", "1790000000000"));
	assert_int_equal(chain_sign(&table, 0, a->key, sig), 0);
	t->links[0].signature = sig;
	t->links[1].text = STR(TEXT("detect", "0", "1790000000000"));
	sign_again(t, 1);
}

static void
test_hops_sent_on_without_any_left(void **state)
{
	struct net *n = *state;
	struct found_proof f = { 0 };
	struct crossing x;

	cert_publish(n->v[0], indicator(1, "report"));
	(void)move(n, 0, 1, NULL, NULL);
	x = move(n, 1, 2, send_anyway, n->v[0]);
	assert_int_equal(x.first_refusal, REFUSAL_CHAIN);
	assert_int_equal(proof_each(n->v[2]->store, on_proof, &f), 0);
	assert_int_equal(f.fault, CHAIN_FAULT_HOPS);
	assert_int_equal(f.nlinks, 2);
}

/*
 * What a relay derives and seals itself carries the join, and is of the same
 * kind.
 */
static void
test_hops_derived_carries_the_join(void **state)
{
	struct net *n = *state;
	char text[2048];
	struct crossing x;
	struct label l;

	n->limits[1] = "{id: hide, out: any, kind: [report], level: redact, "
	    "redact: [x_secret]}";
	reopen(n, 1);
	cert_publish(n->v[0], indicator_text(text, sizeof(text),
	    &(struct indicator_facts){ 1, T1, "report", GREEN,
	    ",\"x_secret\":\"of A\"" }));
	(void)move(n, 0, 2, NULL, NULL);
	(void)move(n, 0, 1, NULL, NULL);
	x = move(n, 1, 2, NULL, NULL);
	assert_int_equal(x.stored, 1);
	assert_null(strstr(x.object, "of A"));
	assert_non_null(strstr(x.label, "roots=cert-a,cert-b\n"));
	assert_non_null(strstr(x.label, "kind=report\n"));
	assert_non_null(strstr(x.label, "hops=3\n"));
	l = last_label(n->v[2]);
	assert_int_equal(l.hops, 2);
	assert_true(l.expires.ms < UNIX_MS_NEVER.ms);
	/* C may pass it on, as it may the original. */
	x = move(n, 2, 3, NULL, NULL);
	assert_int_equal(x.stored, 2);
	/* A later label of the original makes a later one of it. */
	n->pap[0] = "amber";
	change_policy(n, 0);
	cert_publish(n->v[0], indicator_text(text, sizeof(text),
	    &(struct indicator_facts){ 1, T1, "report", GREEN,
	    ",\"x_secret\":\"of A\"" }));
	(void)move(n, 0, 1, NULL, NULL);
	x = move(n, 1, 2, NULL, NULL);
	assert_int_equal(x.sent, 1);
	assert_int_equal(x.stored, 1);
	assert_non_null(strstr(x.label, "pap=amber\n"));
	assert_non_null(strstr(x.label, "seq=1\n"));
}

static void
test_hops_rekinded_derivation(void **state)
{
	struct net *n = *state;
	struct found_proof f = { 0 };
	char extra[1024], text[4096];
	struct crossing x;

	cert_publish(n->v[0], indicator(1, "report"));
	(void)move(n, 0, 2, NULL, NULL);
	snprintf(extra, sizeof(extra), ",\"extensions\":{\""
	    COMITY_EXTENSION_ID "\":{\"extension_type\":"
	    "\"property-extension\",\"derived_from\":"
	    "\"indicator--00000001-1111-4111-8111-0123456789ab\"}}");
	cert_publish(n->v[1], indicator_text(text, sizeof(text),
	    &(struct indicator_facts){ 50, T1, "botnet", GREEN, extra }));
	x = move(n, 1, 2, NULL, NULL);
	assert_int_equal(x.sent, 1);
	assert_int_equal(x.first_refusal, REFUSAL_CHAIN);
	assert_int_equal(proof_each(n->v[2]->store, on_proof, &f), 0);
	assert_int_equal(f.n, 1);
	assert_int_equal(f.fault, CHAIN_FAULT_KIND);
}

/*
 * L-09: a label is state with a sequence: its originator changes it, every
 * hop gets the last one, and the one before counts no more.
 */
static void
test_hops_l09_label_is_state(void **state)
{
	static const char *const paps[] = { "amber", "green", "red" };
	struct net *n = *state;
	struct crossing x;

	assert_false(cert_publish(n->v[0], indicator(1, "botnet")).unchanged);
	assert_true(cert_publish(n->v[0], indicator(1, "botnet")).unchanged);
	(void)move(n, 0, 1, NULL, NULL);
	(void)move(n, 1, 2, NULL, NULL);
	for (unsigned i = 0; i < NELEM(paps); i++) {
		char seq[16];

		snprintf(seq, sizeof(seq), "\nseq=%u\n", i + 1);
		n->pap[0] = paps[i];
		change_policy(n, 0);
		assert_false(cert_publish(n->v[0], indicator(1, "botnet"))
		    .unchanged);
		assert_true(cert_publish(n->v[0], indicator(1, "botnet"))
		    .unchanged);
		x = move(n, 0, 1, NULL, NULL);
		assert_int_equal(x.stored, 1);
		assert_non_null(strstr(x.label, seq));
		x = move(n, 1, 2, NULL, NULL);
		assert_int_equal(x.stored, 1);
		assert_non_null(strstr(x.label, seq));
		assert_int_equal(last_label(n->v[2]).pap,
		    pap_from_name(str_of(paps[i])));
	}
	/* D never had it: it gets the last one and no other. */
	x = move(n, 2, 3, NULL, NULL);
	assert_int_equal(x.sent, 1);
	assert_non_null(strstr(x.label, "\nseq=3\n"));
	/* What was said before says nothing any more. */
	cert_meet(n->v[0], n->v[3]);
	x = move(n, 2, 3, NULL, NULL);
	assert_int_equal(x.stored, 0);
}

/* A label that comes late by a slower path changes nothing. */
static void
test_hops_l09_older_label_comes_late(void **state)
{
	struct net *n = *state;
	struct crossing x;

	cert_publish(n->v[0], indicator(1, "botnet"));
	(void)move(n, 0, 1, NULL, NULL);
	n->pap[0] = "amber";
	change_policy(n, 0);
	cert_publish(n->v[0], indicator(1, "botnet"));
	x = move(n, 0, 2, NULL, NULL);
	assert_int_equal(x.sent, 1);
	x = move(n, 1, 2, NULL, NULL);
	assert_int_equal(x.unchanged, 1);
	assert_int_equal(last_label(n->v[2]).pap, PAP_AMBER);
}

/* Until the newer version is there, the stricter of both labels counts. */
static void
test_hops_l09_strictest_counts_meanwhile(void **state)
{
	static const struct { int first, second; size_t sent; } cases[] = {
		{ TLP_GREEN, TLP_RED, 0 }, { TLP_RED, TLP_GREEN, 1 },
		{ TLP_GREEN, TLP_GREEN, 2 },
	};
	struct net *n = *state;
	char text[2048];

	for (unsigned i = 0; i < NELEM(cases); i++) {
		struct crossing x;

		reopen(n, 0);
		cert_publish(n->v[0], indicator_text(text, sizeof(text),
		    &(struct indicator_facts){ i, T1, "botnet",
		    marking_tlp_id(cases[i].first), "" }));
		cert_publish(n->v[0], indicator_text(text, sizeof(text),
		    &(struct indicator_facts){ i, T2, "botnet",
		    marking_tlp_id(cases[i].second), "" }));
		x = move(n, 0, 1, NULL, NULL);
		if (x.sent != cases[i].sent || x.stored != x.sent)
			fail_msg("case %u: %zu sent", i, x.sent);
	}
}

/*
 * L-24: who may not be named is not: not by the object, not by the label,
 * not by the seal; and who is not trusted with that may not pass it on.
 */
static void
test_hops_l24_no_attribution(void **state)
{
	struct net *n = *state;
	char text[2048];

	n->caveat[0] = "no-attribution";
	for (int i = 0; i < 2; i++)
		n->limits[i] = "{id: hide, out: any, kind: [botnet], "
		    "level: redact, redact: [source]}";
	for (int trusted = 0; trusted < 2; trusted++) {
		struct crossing x;

		n->anonymiser = trusted != 0;
		for (int i = 0; i < CERTS; i++)
			reopen(n, i);
		cert_publish(n->v[0], indicator_text(text, sizeof(text),
		    &(struct indicator_facts){ 1, T1, "report", GREEN,
		    ",\"created_by_ref\":\"identity--"
		    "c6d30005-c8c8-40a8-8bf3-4965aa5cd87a\"" }));
		x = move(n, 0, 1, NULL, NULL);
		assert_int_equal(x.stored, 1);
		assert_null(strstr(x.object, "c6d30005"));
		x = move(n, 1, 2, NULL, NULL);
		if (!trusted) {
			assert_int_equal(x.sent, 0);
			continue;
		}
		assert_int_equal(x.stored, 1);
		assert_null(strstr(x.object, "00000001-1111"));
		assert_null(strstr(x.object, "derived_from"));
		assert_null(strstr(x.label, "cert-a"));
		assert_non_null(strstr(x.label, "roots=?,cert-b\n"));
		assert_non_null(strstr(x.label, "caveats=no-attribution"));
		/* C is no anonymiser: it stays there. */
		assert_int_equal(last_label(n->v[2]).hops, 0);
	}
}

/* What has expired goes no further, and is not taken. */
static void
test_hops_expired(void **state)
{
	struct net *n = *state;
	struct crossing x;

	cert_publish(n->v[0], indicator(1, "botnet"));
	cert_publish(n->v[0], indicator(2, "botnet"));
	(void)move(n, 0, 1, NULL, NULL);
	/* Terms of 90 days, from the hour on. */
	n->v[2]->later_ms = DAY(90);
	x = move(n, 1, 2, NULL, NULL);
	assert_int_equal(x.sent, 2);
	assert_int_equal(x.first_refusal, REFUSAL_EXPIRED);
	n->v[1]->later_ms = DAY(90);
	x = move(n, 1, 3, NULL, NULL);
	assert_int_equal(x.sent, 0);
	assert_int_equal(delivery_count(n->v[1]->delivery, DELIVERY_DENIED),
	    2);
}

/* However many come, the store keeps the last ones and counts the rest. */
static void
test_hops_proofs_are_bounded(void **state)
{
	struct net *n = *state;
	struct found_proof f = { 0 };
	uint64_t count;

	for (unsigned i = 0; i < PROOFS_PER_PEER + 3; i++)
		cert_publish(n->v[0], indicator(i, "report"));
	(void)move(n, 0, 1, NULL, NULL);
	(void)move(n, 1, 2, strip, NULL);
	assert_int_equal(proof_each(n->v[2]->store, on_proof, &f), 0);
	assert_int_equal(f.n, PROOFS_PER_PEER);
	assert_int_equal(proof_count(n->v[2]->store, "cert-b", &count), 0);
	assert_int_equal(count, PROOFS_PER_PEER + 3);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_hops_chain_adds_up),
		TEST(test_hops_no_transit_by_default),
		TEST(test_hops_part_of_a_batch),
		TEST(test_hops_hostile_relay),
		TEST(test_hops_replayed_chain),
		TEST(test_hops_unknown_relay),
		TEST(test_hops_sent_on_without_any_left),
		TEST(test_hops_derived_carries_the_join),
		TEST(test_hops_rekinded_derivation),
		TEST(test_hops_l09_label_is_state),
		TEST(test_hops_l09_older_label_comes_late),
		TEST(test_hops_l09_strictest_counts_meanwhile),
		TEST(test_hops_l24_no_attribution),
		TEST(test_hops_expired),
		TEST(test_hops_proofs_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
