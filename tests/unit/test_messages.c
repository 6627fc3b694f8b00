#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cursor.h"
#include "wire/circle_text.h"
#include "wire/frame.h"
#include "wire/msg_ask.h"
#include "wire/msg_channel.h"
#include "wire/msg_close.h"
#include "wire/msg_consult.h"
#include "wire/msg_control.h"
#include "wire/msg_flow.h"
#include "wire/msg_recall.h"
#include "wire/msg_receipt.h"
#include "wire/msg_records.h"
#include "wire/msg_standing.h"
#include "wire/msg_statement.h"
#include "wire/msg_subscribe.h"
#include "wire/msg_supervisor.h"
#include "wire/msg_taxii.h"
#include "wire/msg_terms.h"

#define VECTORS SOURCE_ROOT "/tests/vectors/wire/messages.txt"
#define XA STR("cert-xa.example")
#define XB STR("cert-xb.example")
#define AT ((unix_ms_t){ 1790000000123 })
#define LABEL "comity-label/1\n"
#define RELEASE "comity-release/1\ndesks=cert-xb/ops\n" \
	"purposes=detect,notify\nhops=0\nexpires=never\noblige=receipt\n"
#define INDICATOR "{\"type\":\"indicator\"}"
#define REMOTE STR("192.0.2.7:40112")

/* What every test has: the vectors, an arena, both keys. */
struct fixture {
	struct arena *arena;
	struct sign_key *key[2];
	struct verify_key *pub[2];
	struct buf frames[256];		/* by type; empty: no such message */
};

static int
setup(void **state)
{
	static struct fixture f;

	f.arena = arena_new(MIB(1));
	for (size_t k = 0; k < 2; k++) {
		uint8_t seed[ED25519_SECRET_BYTES], pub[ED25519_PUBLIC_BYTES];

		for (size_t i = 0; i < sizeof(seed); i++)
			seed[i] = (uint8_t)(k + i);
		f.key[k] = sign_key_from_secret(seed);
		sign_key_public(f.key[k], pub);
		f.pub[k] = verify_key_new(pub);
	}
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < 256; i++)
		buf_clear(&f->frames[i]);
	for (size_t k = 0; k < 2; k++) {
		sign_key_free(f->key[k]);
		verify_key_free(f->pub[k]);
	}
	arena_free(f->arena);
	return 0;
}

/* ---- the messages of the vectors, from their fields ---- */

static void
make_hello(const struct fixture *f, struct buf *b)
{
	struct msg_hello m = { .version = 1, .cert_id = XA, .at = AT,
	    .software = STR("comity/0.1.0") };

	(void)f;
	memset(m.nonce, 0x11, sizeof(m.nonce));
	memset(m.epoch, 0x22, sizeof(m.epoch));
	msg_hello_encode(&m, b);
}

static void
make_prove(const struct fixture *f, struct buf *b)
{
	AUTO_BUF struct buf text = { 0 };
	uint8_t exporter[32], dialer[32], listener[32], sig[SIGNATURE_BYTES];
	struct prove_facts facts = { .role = PROVE_DIALER,
	    .exporter = exporter, .dialer_nonce = dialer,
	    .listener_nonce = listener, .dialer = XA, .listener = XB };

	memset(exporter, 0x33, sizeof(exporter));
	memset(dialer, 0x11, sizeof(dialer));
	memset(listener, 0x44, sizeof(listener));
	prove_signed_bytes(&facts, &text);
	assert_int_equal(sign_message(f->key[0], text.p, text.n, sig), 0);
	msg_prove_encode(sig, b);
}

static void
make_terms(const struct fixture *f, struct buf *b)
{
	static const struct str purposes[] = { STR("detect"),
	    STR("block") };
	static const struct str kinds[] = { STR("botnet"), STR("ioc") };
	const struct msg_term v[] = {
		{ .what = TERM_AGREEMENT, .id = STR("xa-xb"),
		  .digest = STR("sha256:ab"), .until = { 1814313599999 },
		  .ours = { purposes, kinds, 2, 2, 2, 0 },
		  .theirs = { purposes, kinds, 1, 1, 1, 3 } },
		{ .what = TERM_CIRCLE, .id = STR("botnets"),
		  .digest = STR("sha256:cd"), .version = 3 },
		{ .what = TERM_DEFINITION, .id = STR("botnet"),
		  .digest = STR("sha256:ef") },
	};
	struct terms_parties who = { XA, XB, f->key[0] };

	assert_int_equal(msg_terms_sign(&(struct msg_terms){ AT, v, 3 },
	    &who, b), 0);
}

static void
make_circle(const struct fixture *f, struct buf *b)
{
	static const struct str foci[] = { STR("botnet"), STR("ioc") };
	struct circle_member members[2] = { { .id = XA }, { .id = XB } };
	struct circle_text t = { .name = STR("botnets"), .version = 1,
	    .charter = STR("sha256:cd"), .quorum = 2, .foci = foci,
	    .nfoci = 2, .members = members, .nmembers = 2 };
	AUTO_BUF struct buf body = { 0 };

	for (size_t k = 0; k < 2; k++)
		sign_key_public(f->key[k], members[k].key);
	circle_text_body(&t, &body);
	buf_add(b, body.p, body.n);
	for (size_t k = 0; k < 2; k++)
		assert_int_equal(circle_text_sign(buf_str(&body),
		    members[k].id, f->key[k], b), 0);
}

static void
make_subscribe(const struct fixture *f, struct buf *b)
{
	const struct str kinds[] = { STR("botnet"), STR("phishing") };
	struct msg_subscribe m = { .kinds = kinds, .nkinds = 2,
	    .min_confidence = 50, .cursor = 7 };

	(void)f;
	memset(m.epoch, 0x55, sizeof(m.epoch));
	msg_subscribe_encode(&m, b);
}

/* The seal of seal.txt. */
static void
make_seal(const struct fixture *f, struct buf *b, struct digest *out_leaf1)
{
	struct seal s = { .cert_id = "cert-xa.example", .count = 3,
	    .at = AT };
	struct digest leaves[3];
	uint8_t salt[SEAL_SALT_BYTES];

	memset(salt, 0, sizeof(salt));
	seal_leaf(salt, STR(LABEL), STR(INDICATOR), &leaves[0]);
	memset(salt, 0x10, sizeof(salt));
	seal_leaf(salt, STR(LABEL), STR("{}"), &leaves[1]);
	memset(salt, 0x20, sizeof(salt));
	seal_leaf(salt, STR(""), STR(""), &leaves[2]);
	merkle_root(leaves, 3, &s.root);
	assert_int_equal(seal_sign(&s, f->key[0]), 0);
	seal_encode(&s, b);
	*out_leaf1 = leaves[1];
}

/* cert-xa.example to cert-xb.example, of leaves 0 and 2. */
static const uint8_t two_leaves[CHAIN_LEAVES_BYTES] = { 5 };

static void
make_link(const struct fixture *f, struct str seal, struct chain_link *l,
    uint8_t sig[static SIGNATURE_BYTES])
{
	*l = (struct chain_link){ CHAIN_FIRST, XA, XB, two_leaves,
	    STR(RELEASE), sig };
	assert_int_equal(chain_sign(&(struct chain_table){ seal, l, 1 }, 0,
	    f->key[0], sig), 0);
}

static void
make_records(const struct fixture *f, struct buf *b)
{
	struct str labels[] = { STR(LABEL), STR("") };
	uint8_t sig[SIGNATURE_BYTES];
	struct chain_link link;
	struct msg_record v[] = {
		{ .leaf = 0, .bytes = STR(INDICATOR) },
		{ .leaf = 2, .label = 1, .bytes = STR("") },
	};
	AUTO_BUF struct buf seal = { 0 };
	struct digest leaf1;
	struct msg_records m = { .position = 9, .labels = labels,
	    .nlabels = 2, .links = &link, .nlinks = 1,
	    .records = v, .nrecords = 2, .hashes = &leaf1, .nhashes = 1 };

	make_seal(f, &seal, &leaf1);
	m.seal = buf_str(&seal);
	make_link(f, m.seal, &link, sig);
	memset(v[1].salt, 0x20, sizeof(v[1].salt));
	assert_int_equal(msg_records_encode(&m, b), 0);
}

static void
make_receipt(const struct fixture *f, struct buf *b)
{
	const struct msg_refused refused[] = { { 1, 18 } };
	struct chain_link link = { .text = STR(RELEASE) };
	struct msg_receipt m = { .position = 9,
	    .purpose = STR("detect,notify"), .stored = 1,
	    .refused = refused, .nrefused = 1 };
	AUTO_BUF struct buf records = { 0 };

	make_records(f, &records);
	m.digest = sha256_of(records.p, records.n);
	msg_records_terms(&(struct msg_records){ .links = &link,
	    .nlinks = 1 }, &m.terms);
	assert_int_equal(msg_receipt_sign(&m, f->key[1], b), 0);
}

static void
make_credit(const struct fixture *f, struct buf *b)
{
	(void)f;
	msg_credit_encode(4 << 20, b);
}

static struct msg_recall
recall_fields(void)
{
	return (struct msg_recall){
		.id = STR("indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"),
		.modified = STR("2016-04-06T20:03:48.000Z"), .at = AT,
		.digest = sha256_of(INDICATOR, strlen(INDICATOR)),
		.reason = STR("sent by mistake"), .originator = XA };
}

static void
make_recall(const struct fixture *f, struct buf *b)
{
	struct msg_recall m = recall_fields();

	assert_int_equal(msg_recall_sign(&m, f->key[0], b), 0);
}

static void
make_recalled(const struct fixture *f, struct buf *b)
{
	struct msg_recall r = recall_fields();
	struct msg_recalled m = { .id = r.id, .modified = r.modified,
	    .digest = r.digest, .at = AT, .had_it = true };

	assert_int_equal(msg_recalled_sign(&m, f->key[1], b), 0);
}

static void
make_statement(const struct fixture *f, struct buf *b)
{
	struct msg_statement m = { .kind = STATEMENT_REFERRAL, .from = XA,
	    .about = XB, .at = AT, .belief = 600000, .disbelief = 100000,
	    .reason = STR("a year of good indicators") };

	memset(m.identity, 0x66, sizeof(m.identity));
	assert_int_equal(msg_statement_sign(&m, f->key[0], b), 0);
}

static void
make_statement_taken(const struct fixture *f, struct buf *b)
{
	struct msg_statement_taken m = { .result = STATEMENT_KEPT,
	    .why = STR("it was counted before") };
	AUTO_BUF struct buf statement = { 0 };

	make_statement(f, &statement);
	m.statement = sha256_of(statement.p, statement.n);
	msg_statement_taken_encode(&m, b);
}

static void
make_consult(const struct fixture *f, struct buf *b)
{
	struct msg_consult m = { .number = 12, .at = AT,
	    .deadline = { AT.ms + DAY(1) }, .from = XA, .to = XB,
	    .circle = STR("botnets"), .kind = STR("victim"), .tlp = 2,
	    .peer = STR("cert-xc.example"), .desks = STR("cert-xc/ops"),
	    .record = recall_fields().id };

	assert_int_equal(msg_consult_sign(&m, f->key[0], b), 0);
}

static void
make_consult_answer(const struct fixture *f, struct buf *b)
{
	struct msg_consult_answer m = { .number = 12, .at = AT, .from = XB,
	    .to = XA, .agrees = true, .reason = STR("they can act on it") };
	AUTO_BUF struct buf question = { 0 };

	make_consult(f, &question);
	m.question = sha256_of(question.p, question.n);
	assert_int_equal(msg_consult_answer_sign(&m, f->key[1], b), 0);
}

static void
make_ask(const struct fixture *f, struct buf *b)
{
	struct msg_ask m = { .number = 3, .at = AT, .from = XB, .to = XA,
	    .id = recall_fields().id, .desk = STR("ops"),
	    .reason = STR("named in a report") };

	assert_int_equal(msg_ask_sign(&m, f->key[1], b), 0);
}

static void
make_standing(const struct fixture *f, struct buf *b)
{
	struct msg_standing *m = mem_new(struct msg_standing);

	(void)f;
	m->at = AT;
	m->evidence = 3;
	m->nscores = 2;
	m->scores[0] = (struct standing_score){ .band = 3, .b = 400000,
	    .d = 100000, .u = 500000, .e = 525000, .evidence = 3 };
	m->scores[1] = (struct standing_score){ .dimension = 1, .band = 4,
	    .u = STANDING_ONE, .e = 250000, .gated_until = AT,
	    .capped = true };
	m->ninputs = 2;
	m->inputs[0] = (struct standing_input){ .key = 7, .at = AT,
	    .kind = 4, .counted = STANDING_ONE,
	    .record = recall_fields().id };
	m->inputs[1] = (struct standing_input){ .key = 8, .at = AT,
	    .kind = 1, .by_other = true, .counted = 250000 };
	msg_standing_encode(m, b);
	free(m);
}

static void
make_answer(const struct fixture *f, struct buf *b)
{
	struct msg_answer m = { .key = 7, .at = AT, .from = XB, .to = XA,
	    .text = STR("it was a sinkhole of ours") };

	assert_int_equal(msg_answer_sign(&m, f->key[1], b), 0);
}

static void
make_answered(const struct fixture *f, struct buf *b)
{
	struct msg_answered m = { .why = STR("no such evidence") };
	AUTO_BUF struct buf answer = { 0 };

	make_answer(f, &answer);
	m.answer = sha256_of(answer.p, answer.n);
	msg_answered_encode(&m, b);
}

static void
make_one(const struct fixture *f, struct buf *b)
{
	(void)f;
	msg_ping_encode(1, b);
}

static void
make_heartbeat(const struct fixture *f, struct buf *b)
{
	(void)f;
	msg_number_encode(3, b);
}

static void
make_bye(const struct fixture *f, struct buf *b)
{
	(void)f;
	msg_close_encode(&(struct msg_close){ CLOSE_SHUTDOWN, STR("") }, b);
}

static void
make_error(const struct fixture *f, struct buf *b)
{
	(void)f;
	msg_close_encode(&(struct msg_close){ CLOSE_SKEW,
	    STR("our clock says 12:00, yours 12:10") }, b);
}

static void
make_closed(const struct fixture *f, struct buf *b)
{
	(void)f;
	msg_close_encode(&(struct msg_close){ CLOSE_NETWORK, STR("reset") },
	    b);
}

static void
make_close(const struct fixture *f, struct buf *b)
{
	(void)f;
	msg_close_encode(&(struct msg_close){ CLOSE_NONE, STR("") }, b);
}

static void
make_connected(const struct fixture *f, struct buf *b)
{
	struct msg_connected m = { .role = PROVE_LISTENER,
	    .not_before = { 1780000000000 }, .not_after = { 1880000000000 },
	    .tls = STR("TLSv1.3"), .cipher = STR("TLS_AES_256_GCM_SHA384"),
	    .group = STR("X25519"), .address = REMOTE,
	    .uri = STR("comity://cert-xa.example") };

	(void)f;
	memset(m.exporter, 0x33, sizeof(m.exporter));
	memset(m.spki.b, 0x66, sizeof(m.spki.b));
	assert_int_equal(msg_connected_encode(&m, b), 0);
}

static void
make_config(const struct fixture *f, struct buf *b)
{
	(void)f;
	msg_config_encode(&(struct msg_config){ true, CONFIG_START,
	    STR("abc") }, b);
}

static void
make_config_done(const struct fixture *f, struct buf *b)
{
	(void)f;
	msg_config_done_encode(&(struct msg_config_done){ false,
	    STR("comityd.yaml:1:1: what") }, b);
}

static void
make_adopt(const struct fixture *f, struct buf *b)
{
	(void)f;
	msg_adopt_encode(&(struct msg_adopt){ .what = ADOPT_DIAL,
	    .number = 5, .cert_id = XB, .address = STR("192.0.2.1:4433") },
	    b);
}

static void
make_gone(const struct fixture *f, struct buf *b)
{
	(void)f;
	msg_gone_encode(&(struct msg_gone){ 5, 256 }, b);
}

static void
make_dial(const struct fixture *f, struct buf *b)
{
	(void)f;
	msg_dial_encode(&(struct msg_dial){ 5, XB, STR("192.0.2.1:4433") },
	    b);
}

static void
make_ready(const struct fixture *f, struct buf *b)
{
	(void)f;
	msg_text_encode(STR("ready"), b);
}

static void
make_status(const struct fixture *f, struct buf *b)
{
	(void)f;
	msg_text_encode(STR("2 peers"), b);
}

static void
make_request(const struct fixture *f, struct buf *b)
{
	(void)f;
	buf_addz(b, "{\"arguments\":{},\"command\":\"status\",\"v\":1}");
}

static void
make_reply(const struct fixture *f, struct buf *b)
{
	(void)f;
	buf_addz(b, "{\"ok\":true,\"v\":1}");
}

static void
make_objects(const struct fixture *f, struct buf *b)
{
	const struct str v[] = { STR("{}"), STR("[]") };

	(void)f;
	assert_int_equal(msg_objects_encode(&(struct msg_objects){ 0, v, 2 },
	    b), 0);
}

static void
make_front_adopt(const struct fixture *f, struct buf *b)
{
	(void)f;
	msg_front_adopt_encode(STR("ops"), b);
}

static void
make_client_adopt(const struct fixture *f, struct buf *b)
{
	(void)f;
	msg_client_adopt_encode(STR("feed.example"), b);
}

static void
make_client_start(const struct fixture *f, struct buf *b)
{
	(void)f;
	buf_addz(b, "{\"collections\":[{\"after\":\"\",\"id\":\"all\"}],"
	    "\"interval_ms\":300000,\"push\":\"\"}");
}

static void
make_client_polled(const struct fixture *f, struct buf *b)
{
	(void)f;
	buf_addz(b, "{\"after\":\"2026-01-01T00:00:00.000000Z\","
	    "\"collection\":\"all\"}");
}

static void
make_client_pushed(const struct fixture *f, struct buf *b)
{
	(void)f;
	buf_addz(b, "{\"accepted\":1,\"failed\":[1],\"number\":1,"
	    "\"text\":\"\"}");
}

static void
make_client_state(const struct fixture *f, struct buf *b)
{
	(void)f;
	buf_addz(b, "{\"state\":\"waits\",\"text\":\"\"}");
}

static void
make_front_clients(const struct fixture *f, struct buf *b)
{
	struct taxii_client v[2] = {
		{ 1, TAXII_LOGIN_TOKEN, STR("siem"), { { 0 } }, AT },
		{ 2, TAXII_LOGIN_NAME, STR("feed"), { { 0 } },
		  UNIX_MS_NEVER },
	};

	(void)f;
	memset(v[0].digest.b, 0x77, DIGEST_BYTES);
	assert_int_equal(msg_front_clients_encode(&(struct
	    msg_front_clients){ STR("ops"), XA, v, 2 }, b), 0);
}

static void
make_front_query(const struct fixture *f, struct buf *b)
{
	static const struct str types[] = { STR("indicator"),
	    STR("malware") };
	static const struct str spec[] = { STR("2.1") };
	static const struct taxii_version versions[] = {
		{ TAXII_VERSION_FIRST, 0 },
		{ TAXII_VERSION_AT, 1790000000123456 },
	};
	struct msg_front_query m = { .request = 7, .client = 1,
	    .what = TAXII_OBJECT, .collection = STR("all"),
	    .object = STR("x--1"), .has_after = true, .after_us = 2,
	    .limit = 10, .next = STR("abc"), .ids = types, .nids = 1,
	    .types = types, .ntypes = 2, .spec_versions = spec,
	    .nspec_versions = 1, .versions = versions, .nversions = 2 };

	(void)f;
	assert_int_equal(msg_front_query_encode(&m, b), 0);
}

static void
make_front_objects(const struct fixture *f, struct buf *b)
{
	struct str v[] = { STR("{}"), STR(INDICATOR) };

	(void)f;
	assert_int_equal(msg_front_objects_encode(&(struct
	    msg_front_objects){ 7, v, 2 }, b), 0);
}

static void
make_front_post(const struct fixture *f, struct buf *b)
{
	(void)f;
	assert_int_equal(msg_front_post_encode(&(struct msg_front_post){
	    7, 1, STR("inbox"), 2 }, b), 0);
}

static void
make_front_items(const struct fixture *f, struct buf *b)
{
	struct taxii_item v[] = {
		{ 1790000000123456, STR("x--1"), STR("2026-01-01T00:00:00Z"),
		  STR("") },
		{ 1790000000123457, STR(""), STR(""), STR(INDICATOR) },
	};

	(void)f;
	assert_int_equal(msg_front_items_encode(&(struct msg_front_items){
	    7, v, 2 }, b), 0);
}

static void
make_front_done(const struct fixture *f, struct buf *b)
{
	(void)f;
	assert_int_equal(msg_front_done_encode(&(struct msg_front_done){
	    7, TAXII_OK, true, STR("abc"), STR("{}") }, b), 0);
}

static void
make_nothing(const struct fixture *f, struct buf *b)
{
	(void)f;
	(void)b;
}

/* One row a message: how it is made; loose: no prefix of it is wrong. */
static const struct {
	uint8_t type;
	void (*make)(const struct fixture *f, struct buf *b);
	bool loose;
} messages[] = {
	{ MESSAGE_HELLO, make_hello, false },
	{ MESSAGE_PROVE, make_prove, false },
	{ MESSAGE_TERMS, make_terms, false },
	{ MESSAGE_CIRCLE, make_circle, true },
	{ MESSAGE_SUBSCRIBE, make_subscribe, false },
	{ MESSAGE_RECORDS, make_records, false },
	{ MESSAGE_RECEIPT, make_receipt, false },
	{ MESSAGE_CREDIT, make_credit, false },
	{ MESSAGE_RECALL, make_recall, false },
	{ MESSAGE_RECALLED, make_recalled, false },
	{ MESSAGE_STATEMENT, make_statement, false },
	{ MESSAGE_STATEMENT_TAKEN, make_statement_taken, false },
	{ MESSAGE_CONSULT, make_consult, false },
	{ MESSAGE_CONSULT_ANSWER, make_consult_answer, false },
	{ MESSAGE_ASK, make_ask, false },
	{ MESSAGE_ASKED, make_one, false },
	{ MESSAGE_STANDING, make_standing, false },
	{ MESSAGE_ANSWER, make_answer, false },
	{ MESSAGE_ANSWERED, make_answered, false },
	{ MESSAGE_PING, make_one, false },
	{ MESSAGE_PONG, make_one, false },
	{ MESSAGE_BYE, make_bye, false },
	{ MESSAGE_ERROR, make_error, false },
	{ MESSAGE_CONNECTED, make_connected, false },
	{ MESSAGE_CLOSED, make_closed, false },
	{ MESSAGE_CLOSE, make_close, false },
	{ MESSAGE_PROVED, make_nothing, false },
	{ MESSAGE_CONFIG, make_config, true },
	{ MESSAGE_CONFIG_DONE, make_config_done, false },
	{ MESSAGE_ADOPT, make_adopt, false },
	{ MESSAGE_GONE, make_gone, false },
	{ MESSAGE_DIAL, make_dial, false },
	{ MESSAGE_READY, make_ready, false },
	{ MESSAGE_STATUS, make_status, false },
	{ MESSAGE_STOP, make_nothing, false },
	{ MESSAGE_STOPPED, make_nothing, false },
	{ MESSAGE_LISTS, make_nothing, false },
	{ MESSAGE_HEARTBEAT, make_heartbeat, false },
	{ MESSAGE_PENALTY, make_heartbeat, false },
	{ MESSAGE_RELOAD, make_nothing, false },
	{ MESSAGE_SETTLED, make_heartbeat, false },
	{ MESSAGE_NOTIFY, make_reply, true },
	{ MESSAGE_FRONT_ADOPT, make_front_adopt, false },
	{ MESSAGE_CLIENT_ADOPT, make_client_adopt, false },
	{ MESSAGE_CTL_REQUEST, make_request, true },
	{ MESSAGE_CTL_REPLY, make_reply, true },
	{ MESSAGE_CTL_OBJECTS, make_objects, false },
	{ MESSAGE_CTL_END, make_nothing, false },
	{ MESSAGE_CTL_FILES, make_config, true },
	{ MESSAGE_FRONT_CLIENTS, make_front_clients, false },
	{ MESSAGE_FRONT_QUERY, make_front_query, false },
	{ MESSAGE_FRONT_OBJECTS, make_front_objects, false },
	{ MESSAGE_FRONT_POST, make_front_post, false },
	{ MESSAGE_FRONT_CANCEL, make_one, false },
	{ MESSAGE_FRONT_ITEMS, make_front_items, false },
	{ MESSAGE_FRONT_DONE, make_front_done, false },
	{ MESSAGE_CLIENT_START, make_client_start, true },
	{ MESSAGE_CLIENT_OBJECTS, make_objects, false },
	{ MESSAGE_CLIENT_POLLED, make_client_polled, true },
	{ MESSAGE_CLIENT_STORED, make_nothing, false },
	{ MESSAGE_CLIENT_PUSH, make_objects, false },
	{ MESSAGE_CLIENT_PUSHED, make_client_pushed, true },
	{ MESSAGE_CLIENT_STATE, make_client_state, true },
};

/* The payload of one of them. */
static struct str
payload_of(struct fixture *f, uint8_t type)
{
	struct buf *b = &f->frames[type];

	for (size_t i = 0; b->n == 0 && i < NELEM(messages); i++) {
		size_t at;

		if (messages[i].type != type)
			continue;
		at = frame_begin(b, type);
		messages[i].make(f, b);
		frame_end(b, at);
	}
	assert_true(b->n >= FRAME_HEADER_BYTES);
	return (struct str){ b->p + FRAME_HEADER_BYTES,
	    b->n - FRAME_HEADER_BYTES };
}

/* An exact copy on the heap, so that a read past the end is seen. */
static int
check_exact(struct fixture *f, uint8_t type, struct str payload)
{
	AUTO(mem_free) char *p = mem_array(char, payload.n);

	memcpy(p, payload.p, payload.n);
	arena_reset(f->arena);
	return message_check(type, (struct str){ p, payload.n }, f->arena);
}

/* ---- the vectors ---- */

static void
check_vector(struct fixture *f, const char *line)
{
	size_t name = strcspn(line, " ");
	struct str hex = str_of(line + name + 1);
	AUTO_BUF struct buf got = { 0 };

	for (size_t i = 0; i < NELEM(messages); i++) {
		const struct buf *b = &f->frames[messages[i].type];
		AUTO(mem_free) char *text = NULL;

		if (strlen(message_name(messages[i].type)) != name ||
		    memcmp(message_name(messages[i].type), line, name) != 0)
			continue;
		(void)payload_of(f, messages[i].type);
		text = mem_array(char, 2 * b->n + 1);
		hex_encode(text, (const uint8_t *)b->p, b->n);
		if (!str_eqz(hex, text))
			fail_msg("%.*s: got %s", (int)name, line, text);
		return;
	}
	fail_msg("no message %.*s", (int)name, line);
}

static void
test_vectors(void **state)
{
	FILE *file = fopen(VECTORS, "r");
	char line[8192];
	size_t n = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#')
			continue;
		check_vector(*state, line);
		n++;
	}
	fclose(file);
	assert_int_equal(n, NELEM(messages));
#define MESSAGE_ROW(name, number, max, carriers) n--;
#include "wire/messages.def"
#undef MESSAGE_ROW
	assert_int_equal(n, 0);
}

static void
test_check_good(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < NELEM(messages); i++)
		assert_int_equal(check_exact(f, messages[i].type,
		    payload_of(f, messages[i].type)), 0);
}

static void
test_check_every_prefix(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < NELEM(messages); i++) {
		struct str s = payload_of(f, messages[i].type);

		for (size_t n = 0; !messages[i].loose && n < s.n; n++)
			if (check_exact(f, messages[i].type,
			    (struct str){ s.p, n }) == 0)
				fail_msg("%s cut to %zu bytes was taken",
				    message_name(messages[i].type), n);
	}
	assert_int_equal(check_exact(f, MESSAGE_CONFIG, STR("\1")),
	    ERR_SYNTAX);
}

static void
test_check_one_over(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < NELEM(messages); i++) {
		struct str s = payload_of(f, messages[i].type);
		AUTO_BUF struct buf b = { 0 };

		buf_add(&b, s.p, s.n);
		buf_addc(&b, 0);
		if (!messages[i].loose && check_exact(f, messages[i].type,
		    buf_str(&b)) >= 0)
			fail_msg("%s and one byte was taken",
			    message_name(messages[i].type));
	}
	assert_int_equal(message_check(0, STR(""), f->arena), ERR_VALUE);
	assert_int_equal(message_check(63, STR(""), f->arena), ERR_VALUE);
}

/* Every byte, changed in several ways: no crash, and out of memory is told. */
static void
test_check_every_byte(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < NELEM(messages); i++) {
		struct str s = payload_of(f, messages[i].type);
		AUTO_BUF struct buf b = { 0 };

		buf_add(&b, s.p, s.n);
		for (size_t k = 0; k < s.n; k++)
			for (int x = 1; x < 256; x = x * 3 + 1) {
				b.p[k] ^= (char)x;
				(void)check_exact(f, messages[i].type,
				    buf_str(&b));
				b.p[k] ^= (char)x;
			}
	}
}

static void
test_check_no_memory(void **state)
{
	static const uint8_t types[] = { MESSAGE_TERMS, MESSAGE_SUBSCRIBE,
	    MESSAGE_RECORDS, MESSAGE_RECEIPT, MESSAGE_CTL_OBJECTS };
	struct fixture *f = *state;
	AUTO(arena_free) struct arena *none = arena_new(0);

	for (size_t i = 0; i < NELEM(types); i++)
		assert_int_equal(message_check(types[i],
		    payload_of(f, types[i]), none), ERR_LIMIT);
}

/* ---- wrong values ---- */

/* Message type with the bytes at from (negative: from the end) replaced. */
static const struct {
	const char *name;
	uint8_t type;
	int at;
	struct str bytes;
	int want;
} wrong[] = {
	{ "version 2", MESSAGE_HELLO, 0, STR("\0\2"), ERR_VERSION },
	{ "capital in id", MESSAGE_HELLO, 3, STR("C"), ERR_VALUE },
	{ "software not UTF-8", MESSAGE_HELLO, -1, STR("\xff"), ERR_SYNTAX },
	{ "NUL in software", MESSAGE_HELLO, -1, STR("\0"), ERR_SYNTAX },
	{ "time past 2^63", MESSAGE_HELLO, 50, STR("\x80"), ERR_VALUE },
	{ "257 terms", MESSAGE_TERMS, 8, STR("\1\1"), ERR_LIMIT },
	{ "no such kind of term", MESSAGE_TERMS, 10, STR("\3"), ERR_VALUE },
	{ "end past 2^63", MESSAGE_TERMS, 27, STR("\x80"), ERR_VALUE },
	{ "colour 5", MESSAGE_TERMS, 35, STR("\5"), ERR_VALUE },
	{ "8 hops", MESSAGE_TERMS, 36, STR("\x08"), ERR_VALUE },
	{ "33 purposes", MESSAGE_TERMS, 37, STR("\x21"), ERR_LIMIT },
	{ "comma in purpose", MESSAGE_TERMS, 39, STR(","), ERR_VALUE },
	{ "quorum over members", MESSAGE_CIRCLE, 145, STR("3"), ERR_VALUE },
	{ "version 2 of nothing", MESSAGE_CIRCLE, 37, STR("2"), ERR_VALUE },
	{ "version 01", MESSAGE_CIRCLE, 36, STR(" "), ERR_SYNTAX },
	{ "no line end", MESSAGE_CIRCLE, -1, STR(" "), ERR_SYNTAX },
	{ "no hexadecimal", MESSAGE_CIRCLE, -2, STR("g"), ERR_VALUE },
	{ "65 kinds", MESSAGE_SUBSCRIBE, 0, STR("\x41"), ERR_LIMIT },
	{ "comma in kind", MESSAGE_SUBSCRIBE, 3, STR(","), ERR_VALUE },
	{ "confidence 101", MESSAGE_SUBSCRIBE, -25, STR("\x65"), ERR_VALUE },
	{ "position 0", MESSAGE_RECORDS, 0, STR("\0\0\0\0\0\0\0\0"),
	    ERR_VALUE },
	{ "257 labels", MESSAGE_RECORDS, 130, STR("\1\1"), ERR_LIMIT },
	{ "no labels", MESSAGE_RECORDS, 130, STR("\0\0"), ERR_VALUE },
	{ "label of 4097", MESSAGE_RECORDS, 132, STR("\x10\1"), ERR_LIMIT },
	{ "no hashes", MESSAGE_RECORDS, -34, STR("\0\0"), ERR_SYNTAX },
	{ "129 hashes", MESSAGE_RECORDS, -34, STR("\0\x81"), ERR_LIMIT },
	{ "same leaf again", MESSAGE_RECORDS, -58, STR("\0\0"), ERR_VALUE },
	{ "leaf not under seal", MESSAGE_RECORDS, -58, STR("\0\3"),
	    ERR_VALUE },
	{ "other proof needed", MESSAGE_RECORDS, 56, STR("\0\4"),
	    ERR_VALUE },
	{ "label index out", MESSAGE_RECORDS, -40, STR("\2"), ERR_VALUE },
	{ "label unused", MESSAGE_RECORDS, -40, STR("\0"), ERR_VALUE },
	{ "link index out", MESSAGE_RECORDS, -39, STR("\1"), ERR_VALUE },
	{ "no links", MESSAGE_RECORDS, 151, STR("\0\0"), ERR_VALUE },
	{ "257 links", MESSAGE_RECORDS, 151, STR("\1\1"), ERR_LIMIT },
	{ "link behind itself", MESSAGE_RECORDS, 153, STR("\0\0"),
	    ERR_VALUE },
	{ "capital in a link's sender", MESSAGE_RECORDS, 156, STR("C"),
	    ERR_VALUE },
	{ "capital in a link's receiver", MESSAGE_RECORDS, 172, STR("C"),
	    ERR_VALUE },
	{ "release text of 4097", MESSAGE_RECORDS, 219, STR("\x10\1"),
	    ERR_LIMIT },
	{ "record longer than frame", MESSAGE_RECORDS, -38,
	    STR("\0\0\0\xff"), ERR_SYNTAX },
	{ "record of 4 GiB", MESSAGE_RECORDS, -38, STR("\xff\xff\xff\xff"),
	    ERR_LIMIT },
	{ "reason 0", MESSAGE_RECEIPT, -66, STR("\0\0"), ERR_VALUE },
	{ "index 256", MESSAGE_RECEIPT, -68, STR("\1\0"), ERR_VALUE },
	{ "257 in all", MESSAGE_RECEIPT, -74, STR("\1\0"), ERR_VALUE },
	{ "credit 0", MESSAGE_CREDIT, 5, STR("\0"), ERR_VALUE },
	{ "id over limit", MESSAGE_RECALL, 0, STR("\1\x2d"), ERR_LIMIT },
	{ "blank in id", MESSAGE_RECALL, 2, STR(" "), ERR_VALUE },
	{ "originator not a name", MESSAGE_RECALL, -65, STR("!"),
	    ERR_VALUE },
	{ "neither yes nor no", MESSAGE_RECALLED, -65, STR("\2"),
	    ERR_VALUE },
	{ "four dimensions", MESSAGE_STANDING, 12, STR("\4"), ERR_LIMIT },
	{ "dimension 3", MESSAGE_STANDING, 44, STR("\3"), ERR_VALUE },
	{ "dimension twice", MESSAGE_STANDING, 44, STR("\0"), ERR_VALUE },
	{ "band below E", MESSAGE_STANDING, 14, STR("\5"), ERR_VALUE },
	{ "b over 1", MESSAGE_STANDING, 15, STR("\0\xf\x42\x41"),
	    ERR_VALUE },
	{ "201 inputs", MESSAGE_STANDING, 75, STR("\0\xc9"), ERR_LIMIT },
	{ "input without key", MESSAGE_STANDING, 84, STR("\0"), ERR_VALUE },
	{ "blank in a record", MESSAGE_STANDING, 101, STR(" "), ERR_VALUE },
	{ "seen by 2", MESSAGE_STANDING, 94, STR("\2"), ERR_VALUE },
	{ "scored not a name", MESSAGE_ANSWER, 17, STR("!"), ERR_VALUE },
	{ "answer not UTF-8", MESSAGE_ANSWER, -65, STR("\xff"),
	    ERR_SYNTAX },
	{ "escape in an answer", MESSAGE_ANSWER, -65, STR("\x1b"),
	    ERR_VALUE },
	{ "answer over limit", MESSAGE_ANSWER, -91, STR("\3\xe9"),
	    ERR_LIMIT },
	{ "taken 2", MESSAGE_ANSWERED, 32, STR("\2"), ERR_VALUE },
	{ "no desk", MESSAGE_FRONT_ADOPT, 0, STR("\0ops"), ERR_SYNTAX },
	{ "blank in desk", MESSAGE_FRONT_ADOPT, 1, STR(" "), ERR_VALUE },
	{ "1001 clients", MESSAGE_FRONT_CLIENTS, 20, STR("\3\xe9"),
	  ERR_LIMIT },
	{ "client 0", MESSAGE_FRONT_CLIENTS, 25, STR("\0"), ERR_VALUE },
	{ "login 0", MESSAGE_FRONT_CLIENTS, 26, STR("\0"), ERR_VALUE },
	{ "login 4", MESSAGE_FRONT_CLIENTS, 26, STR("\4"), ERR_VALUE },
	{ "comma in client", MESSAGE_FRONT_CLIENTS, 28, STR(","),
	  ERR_VALUE },
	{ "query of client 0", MESSAGE_FRONT_QUERY, 11, STR("\0"),
	  ERR_VALUE },
	{ "query of nothing", MESSAGE_FRONT_QUERY, 12, STR("\0"),
	  ERR_VALUE },
	{ "query of what is not", MESSAGE_FRONT_QUERY, 12, STR("\x09"),
	  ERR_VALUE },
	{ "after without after", MESSAGE_FRONT_QUERY, 23, STR("\0"),
	  ERR_VALUE },
	{ "limit 10001", MESSAGE_FRONT_QUERY, 32, STR("\0\0\x27\x11"),
	  ERR_LIMIT },
	{ "257 ids", MESSAGE_FRONT_QUERY, 40, STR("\1\1"), ERR_LIMIT },
	{ "version kind 5", MESSAGE_FRONT_QUERY, -9, STR("\5"), ERR_VALUE },
	{ "version kind 0", MESSAGE_FRONT_QUERY, -9, STR("\0"), ERR_VALUE },
	{ "last at a time", MESSAGE_FRONT_QUERY, -9, STR("\1"), ERR_VALUE },
	{ "257 versions", MESSAGE_FRONT_QUERY, -20, STR("\1\1"),
	  ERR_LIMIT },
	{ "1001 objects", MESSAGE_FRONT_OBJECTS, 8, STR("\3\xe9"),
	  ERR_LIMIT },
	{ "post of client 0", MESSAGE_FRONT_POST, 11, STR("\0"),
	  ERR_VALUE },
	{ "100001 objects", MESSAGE_FRONT_POST, -4, STR("\0\1\x86\xa1"),
	  ERR_LIMIT },
	{ "1001 items", MESSAGE_FRONT_ITEMS, 8, STR("\3\xe9"), ERR_LIMIT },
	{ "outcome 0", MESSAGE_FRONT_DONE, 8, STR("\0"), ERR_VALUE },
	{ "outcome 9", MESSAGE_FRONT_DONE, 8, STR("\x09"), ERR_VALUE },
	{ "neither more nor not", MESSAGE_FRONT_DONE, 9, STR("\2"),
	  ERR_VALUE },
	{ "case 0", MESSAGE_CONSULT, 7, STR("\0"), ERR_VALUE },
	{ "deadline past 2^63", MESSAGE_CONSULT, 16, STR("\x80"), ERR_VALUE },
	{ "capital in asker", MESSAGE_CONSULT, 25, STR("C"), ERR_VALUE },
	{ "comma in circle", MESSAGE_CONSULT, 57, STR(","), ERR_VALUE },
	{ "comma in kind", MESSAGE_CONSULT, 65, STR(","), ERR_VALUE },
	{ "colour 5", MESSAGE_CONSULT, 71, STR("\5"), ERR_VALUE },
	{ "blank in id", MESSAGE_CONSULT, -65, STR(" "), ERR_VALUE },
	{ "answer to case 0", MESSAGE_CONSULT_ANSWER, 7, STR("\0"),
	    ERR_VALUE },
	{ "neither yes nor no", MESSAGE_CONSULT_ANSWER, 80, STR("\2"),
	    ERR_VALUE },
	{ "reason not UTF-8", MESSAGE_CONSULT_ANSWER, -65, STR("\xff"),
	    ERR_SYNTAX },
	{ "reason over limit", MESSAGE_CONSULT_ANSWER, 81, STR("\1\0"),
	    ERR_LIMIT },
	{ "blank in id", MESSAGE_ASK, 50, STR(" "), ERR_VALUE },
	{ "id over limit", MESSAGE_ASK, 48, STR("\1\x2d"), ERR_LIMIT },
	{ "comma in desk", MESSAGE_ASK, -84, STR(","), ERR_VALUE },
	{ "text not UTF-8", MESSAGE_ERROR, -1, STR("\xc3"), ERR_SYNTAX },
	{ "text over limit", MESSAGE_ERROR, 2, STR("\4\1"), ERR_LIMIT },
	{ "role X", MESSAGE_CONNECTED, 0, STR("X"), ERR_VALUE },
	{ "last 2", MESSAGE_CONFIG, 0, STR("\2"), ERR_VALUE },
	{ "cause 3", MESSAGE_CONFIG, 1, STR("\3"), ERR_VALUE },
	{ "ok 2", MESSAGE_CONFIG_DONE, 0, STR("\2"), ERR_VALUE },
	{ "adopt X", MESSAGE_ADOPT, 0, STR("X"), ERR_VALUE },
	{ "dial nobody", MESSAGE_DIAL, 9, STR("!"), ERR_VALUE },
	{ "2049 objects", MESSAGE_CTL_OBJECTS, 8, STR("\x08\1"), ERR_LIMIT },
	{ "object of 256 KiB and one", MESSAGE_CTL_OBJECTS, 10,
	    STR("\0\4\0\1"), ERR_LIMIT },
};

static void
test_check_wrong_values(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < NELEM(wrong); i++) {
		struct str s = payload_of(f, wrong[i].type);
		size_t at = wrong[i].at < 0 ? s.n - (size_t)-wrong[i].at :
		    (size_t)wrong[i].at;
		AUTO_BUF struct buf b = { 0 };
		int rc;

		buf_add(&b, s.p, s.n);
		memcpy(b.p + at, wrong[i].bytes.p, wrong[i].bytes.n);
		rc = check_exact(f, wrong[i].type, buf_str(&b));
		if (rc != wrong[i].want)
			fail_msg("%s: %s: got %s, want %s",
			    message_name(wrong[i].type), wrong[i].name,
			    err_name(rc), err_name(wrong[i].want));
	}
}

static void
test_terms_twice(void **state)
{
	const struct msg_term v[] = {
		{ .what = TERM_AGREEMENT, .id = STR("a"), .digest = STR("d") },
		{ .what = TERM_CIRCLE, .id = STR("a"), .digest = STR("d") },
		{ .what = TERM_AGREEMENT, .id = STR("a"), .digest = STR("e") },
	};
	AUTO_BUF struct buf two = { 0 }, three = { 0 };
	struct fixture *f = *state;
	struct terms_parties who = { XA, XB, f->key[0] };

	assert_int_equal(msg_terms_sign(&(struct msg_terms){ AT, v, 2 },
	    &who, &two), 0);
	assert_int_equal(msg_terms_sign(&(struct msg_terms){ AT, v, 3 },
	    &who, &three), 0);
	assert_int_equal(check_exact(f, MESSAGE_TERMS, buf_str(&two)), 0);
	assert_int_equal(check_exact(f, MESSAGE_TERMS, buf_str(&three)),
	    ERR_VALUE);
}

/* Signed words are of one sender, to one receiver, and to the byte. */
static void
test_terms_signature(void **state)
{
	struct fixture *f = *state;
	struct str s = payload_of(f, MESSAGE_TERMS);
	struct terms_parties who = { XA, XB, NULL };
	struct terms_parties turned = { XB, XA, NULL };
	AUTO_BUF struct buf b = { 0 };
	struct msg_terms m;

	assert_int_equal(msg_terms_verify(s, &who, f->pub[0]), 0);
	assert_int_equal(msg_terms_verify(s, &who, f->pub[1]),
	    ERR_SIGNATURE);
	assert_int_equal(msg_terms_verify(s, &turned, f->pub[0]),
	    ERR_SIGNATURE);
	buf_add(&b, s.p, s.n);
	b.p[35]++;		/* a colour more than was signed */
	assert_int_equal(msg_terms_verify(buf_str(&b), &who, f->pub[0]),
	    ERR_SIGNATURE);
	assert_false(msg_terms_same(s, buf_str(&b)));
	b.p[35]--;
	b.p[7]++;		/* said a moment later */
	assert_true(msg_terms_same(s, buf_str(&b)));
	assert_int_equal(msg_terms_verify(STR("short"), &who, f->pub[0]),
	    ERR_SYNTAX);
	assert_int_equal(msg_terms_decode(s, f->arena, &m), 0);
	assert_int_equal(m.n, 3);
	assert_int_equal(m.v[0].until.ms, 1814313599999);
	assert_int_equal(m.v[0].ours.tlp, 2);
	assert_int_equal(m.v[0].theirs.hops, 3);
	assert_int_equal(m.v[0].theirs.nkinds, 1);
	assert_int_equal(m.v[1].version, 3);
	assert_true(str_eqz(m.v[2].id, "botnet"));
}

static void
test_subscribe_kinds(void **state)
{
	static const struct { const char *name; struct str kinds[2];
		size_t n; int want; } cases[] = {
		{ "all", { STR("*") }, 1, 0 },
		{ "none", { STR("") }, 0, 0 },
		{ "all and one", { STR("*"), STR("a") }, 2, ERR_VALUE },
		{ "twice", { STR("a"), STR("a") }, 2, ERR_VALUE },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < NELEM(cases); i++) {
		struct msg_subscribe m = { .kinds = cases[i].kinds,
		    .nkinds = cases[i].n };
		AUTO_BUF struct buf b = { 0 };
		int rc;

		msg_subscribe_encode(&m, &b);
		rc = check_exact(f, MESSAGE_SUBSCRIBE, buf_str(&b));
		if (rc != cases[i].want)
			fail_msg("%s: got %s", cases[i].name, err_name(rc));
	}
}

/* ---- signatures ---- */

static void
test_prove_verify(void **state)
{
	struct fixture *f = *state;
	uint8_t exporter[32], dialer[32], listener[32];
	struct prove_facts facts = { .role = 'D', .exporter = exporter,
	    .dialer_nonce = dialer, .listener_nonce = listener,
	    .dialer = XA, .listener = XB };
	const uint8_t *sig;

	memset(exporter, 0x33, 32);
	memset(dialer, 0x11, 32);
	memset(listener, 0x44, 32);
	assert_int_equal(msg_prove_decode(payload_of(f, MESSAGE_PROVE),
	    &sig), 0);
	for (int change = 0; change < 7; change++) {
		AUTO_BUF struct buf b = { 0 };

		facts.role = change == 1 ? 'L' : 'D';
		exporter[31] = change == 2 ? 0 : 0x33;
		dialer[0] = change == 3 ? 0 : 0x11;
		listener[0] = change == 4 ? 0 : 0x44;
		facts.dialer = change == 5 ? XB : XA;
		facts.listener = change == 6 ? XA : XB;
		prove_signed_bytes(&facts, &b);
		assert_int_equal(verify_message(f->pub[0], b.p, b.n, sig),
		    change == 0 ? 0 : ERR_SIGNATURE);
	}
}

typedef int (*verify_fn)(struct str payload, const struct verify_key *key);

static void
check_signature(struct fixture *f, uint8_t type, verify_fn verify,
    size_t signer)
{
	struct str s = payload_of(f, type);
	AUTO_BUF struct buf b = { 0 };

	buf_add(&b, s.p, s.n);
	assert_int_equal(verify(s, f->pub[signer]), 0);
	assert_int_equal(verify(s, f->pub[1 - signer]), ERR_SIGNATURE);
	assert_int_equal(verify((struct str){ s.p, 63 }, f->pub[signer]),
	    ERR_SYNTAX);
	for (size_t i = 0; i < s.n; i++) {
		b.p[i] ^= 1;
		assert_int_equal(verify(buf_str(&b), f->pub[signer]),
		    ERR_SIGNATURE);
		b.p[i] ^= 1;
	}
}

static void
test_signatures(void **state)
{
	check_signature(*state, MESSAGE_RECEIPT, msg_receipt_verify, 1);
	check_signature(*state, MESSAGE_RECALL, msg_recall_verify, 0);
	check_signature(*state, MESSAGE_RECALLED, msg_recalled_verify, 1);
	check_signature(*state, MESSAGE_CONSULT, msg_consult_verify, 0);
	check_signature(*state, MESSAGE_CONSULT_ANSWER,
	    msg_consult_answer_verify, 1);
	check_signature(*state, MESSAGE_ASK, msg_ask_verify, 1);
	check_signature(*state, MESSAGE_STATEMENT, msg_statement_verify, 0);
	check_signature(*state, MESSAGE_ANSWER, msg_answer_verify, 1);
}

/* ---- what comes out is what went in ---- */

static void
test_standing_decode(void **state)
{
	struct fixture *f = *state;
	struct msg_standing *m = mem_new(struct msg_standing);
	struct str s = payload_of(f, MESSAGE_STANDING);
	AUTO_BUF struct buf again = { 0 };

	assert_int_equal(msg_standing_decode(s, m), 0);
	assert_int_equal(m->nscores, 2);
	assert_int_equal(m->scores[0].b, 400000);
	assert_true(m->scores[1].capped);
	assert_int_equal(m->ninputs, 2);
	assert_true(str_eq(m->inputs[0].record, recall_fields().id));
	assert_true(m->inputs[1].by_other);
	msg_standing_encode(m, &again);
	assert_true(str_eq(s, buf_str(&again)));
	free(m);
}

/* The most that is ever said fits into a frame. */
static void
test_standing_encode_largest(void **state)
{
	struct msg_standing *m = mem_new(struct msg_standing);
	char id[STANDING_RECORD_MAX];
	AUTO_BUF struct buf b = { 0 };

	(void)state;
	memset(id, 'x', sizeof(id));
	m->nscores = STANDING_SCORES_MAX;
	m->ninputs = STANDING_INPUTS_MAX;
	for (size_t i = 0; i < m->ninputs; i++)
		m->inputs[i] = (struct standing_input){ .key = i + 1,
		    .record = { id, sizeof(id) } };
	msg_standing_encode(m, &b);
	assert_true(b.n <= message_info(MESSAGE_STANDING).max_bytes);
	free(m);
}

static void
test_answer_sign_text(void **state)
{
	struct fixture *f = *state;
	char text[ANSWER_TEXT_MAX + 1];
	struct msg_answer m = { .at = AT, .from = XB, .to = XA };
	AUTO_BUF struct buf b = { 0 };

	memset(text, 'a', sizeof(text));
	m.text = (struct str){ text, ANSWER_TEXT_MAX };
	assert_int_equal(msg_answer_sign(&m, f->key[1], &b), 0);
	m.text.n++;
	assert_int_equal(msg_answer_sign(&m, f->key[1], &b), ERR_VALUE);
	m.text = STR("");
	assert_int_equal(msg_answer_sign(&m, f->key[1], &b), ERR_VALUE);
	m.text = STR("caf\xe9");
	assert_int_equal(msg_answer_sign(&m, f->key[1], &b), ERR_VALUE);
}

static void
test_records_decode(void **state)
{
	struct fixture *f = *state;
	struct str s = payload_of(f, MESSAGE_RECORDS);
	AUTO_BUF struct buf again = { 0 };
	struct msg_records m;
	struct seal seal;

	arena_reset(f->arena);
	assert_int_equal(msg_records_decode(s, f->arena, &m), 0);
	assert_int_equal(m.position, 9);
	assert_int_equal(seal_decode(m.seal, &seal), 0);
	assert_int_equal(seal_verify(&seal, f->pub[0]), 0);
	assert_int_equal(m.nrecords, 2);
	assert_true(str_eqz(m.labels[m.records[0].label], LABEL));
	assert_true(str_eqz(m.links[m.records[1].link].text, RELEASE));
	assert_true(str_eqz(m.records[0].bytes, INDICATOR));
	assert_int_equal(m.records[1].leaf, 2);
	assert_int_equal(msg_records_encode(&m, &again), 0);
	assert_true(str_eq(s, buf_str(&again)));
}

static void
test_records_encode_limits(void **state)
{
	AUTO_BUF struct buf text = { 0 }, out = { 0 };
	struct str labels[] = { STR("") };
	const uint8_t bytes[SIGNATURE_BYTES] = { 0 };
	struct chain_link link = { CHAIN_FIRST, XA, XB, bytes, STR(""),
	    bytes };
	struct msg_record v[BATCH_RECORDS_MAX + 1] = { 0 };
	struct msg_records m = { .position = 1, .labels = labels,
	    .nlabels = 1, .links = &link, .nlinks = 1, .records = v };

	(void)state;
	for (size_t i = 0; i < FRAME_RECORDS_MAX; i++)
		buf_addc(&text, 'x');
	assert_int_equal(msg_records_encode(&m, &out), ERR_LIMIT);
	m.nrecords = BATCH_RECORDS_MAX + 1;
	assert_int_equal(msg_records_encode(&m, &out), ERR_LIMIT);
	m.nrecords = 1;
	v[0].bytes = buf_str(&text);
	assert_int_equal(msg_records_encode(&m, &out), ERR_LIMIT);
	v[0].bytes.n = 1;
	labels[0] = (struct str){ text.p, LABEL_BYTES_MAX + 1 };
	assert_int_equal(msg_records_encode(&m, &out), ERR_LIMIT);
	assert_int_equal(out.n, 0);
	labels[0].n = LABEL_BYTES_MAX;
	assert_int_equal(msg_records_encode(&m, &out), 0);
}

/* 256 records with 256 labels and 256 links: every index is in use. */
static void
test_records_full_tables(void **state)
{
	const uint8_t bytes[SIGNATURE_BYTES] = { 0 };
	struct chain_link links[256];
	struct str labels[256];
	static struct msg_record v[256];
	char names[256][8];
	AUTO_BUF struct buf seal = { 0 }, out = { 0 };
	struct seal s = { .cert_id = "a", .count = 256 };
	struct msg_records m = { .position = 1, .labels = labels,
	    .nlabels = 256, .links = links, .nlinks = 256,
	    .records = v, .nrecords = 256 };
	struct fixture *f = *state;

	for (size_t i = 0; i < 256; i++) {
		snprintf(names[i], sizeof(names[i]), "%zu", i);
		labels[i] = str_of(names[i]);
		links[i] = (struct chain_link){ CHAIN_FIRST, XA, XB, bytes,
		    labels[i], bytes };
		v[i] = (struct msg_record){ .leaf = (uint16_t)i,
		    .label = (uint8_t)i, .link = (uint8_t)i,
		    .bytes = STR("{}") };
	}
	seal_encode(&s, &seal);
	m.seal = buf_str(&seal);
	assert_int_equal(msg_records_encode(&m, &out), 0);
	assert_int_equal(check_exact(f, MESSAGE_RECORDS, buf_str(&out)), 0);
	v[7].label = 8;		/* before 7 was used */
	buf_reset(&out);
	assert_int_equal(msg_records_encode(&m, &out), 0);
	assert_int_equal(check_exact(f, MESSAGE_RECORDS, buf_str(&out)),
	    ERR_VALUE);
}

static void
test_receipt_decode(void **state)
{
	struct fixture *f = *state;
	struct msg_receipt m;

	arena_reset(f->arena);
	assert_int_equal(msg_receipt_decode(payload_of(f, MESSAGE_RECEIPT),
	    f->arena, &m), 0);
	assert_int_equal(m.position, 9);
	assert_true(str_eqz(m.purpose, "detect,notify"));
	assert_int_equal(m.stored, 1);
	assert_int_equal(m.unchanged, 0);
	assert_int_equal(m.nrefused, 1);
	assert_int_equal(m.refused[0].index, 1);
	assert_int_equal(m.refused[0].reason, 18);
}

static void
test_own_decode(void **state)
{
	struct fixture *f = *state;
	struct msg_connected c;
	struct msg_config config;
	struct msg_adopt a;
	struct msg_gone g;

	assert_int_equal(msg_connected_decode(payload_of(f,
	    MESSAGE_CONNECTED), &c), 0);
	assert_int_equal(c.role, 'L');
	assert_int_equal(c.not_after.ms, 1880000000000);
	assert_true(str_eqz(c.uri, "comity://cert-xa.example"));
	assert_int_equal(msg_config_decode(payload_of(f, MESSAGE_CONFIG),
	    &config), 0);
	assert_true(config.last && config.cause == CONFIG_START);
	assert_true(str_eqz(config.bytes, "abc"));
	assert_int_equal(msg_adopt_decode(payload_of(f, MESSAGE_ADOPT), &a),
	    0);
	assert_int_equal(a.what, ADOPT_DIAL);
	assert_true(str_eq(a.cert_id, XB));
	assert_int_equal(msg_gone_decode(payload_of(f, MESSAGE_GONE), &g),
	    0);
	assert_int_equal(g.status, 256);
}

/* Texts are cut between characters. */
static void
test_close_text_cut(void **state)
{
	AUTO_BUF struct buf text = { 0 }, out = { 0 };
	struct msg_close m = { .reason = CLOSE_LIMIT };

	(void)state;
	buf_addc(&text, 'x');
	for (size_t i = 0; i < CLOSE_TEXT_MAX; i++)
		buf_addz(&text, "\u00fc");
	m.text = buf_str(&text);
	msg_close_encode(&m, &out);
	assert_int_equal(msg_close_decode(buf_str(&out), &m), 0);
	assert_int_equal(m.text.n, CLOSE_TEXT_MAX - 1);
	buf_reset(&out);
	m.text = STR("\xff");
	msg_close_encode(&m, &out);
	assert_int_equal(msg_close_decode(buf_str(&out), &m), 0);
	assert_int_equal(m.text.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_check_good),
		cmocka_unit_test(test_check_every_prefix),
		cmocka_unit_test(test_check_one_over),
		cmocka_unit_test(test_check_every_byte),
		cmocka_unit_test(test_check_no_memory),
		cmocka_unit_test(test_check_wrong_values),
		cmocka_unit_test(test_terms_twice),
		cmocka_unit_test(test_terms_signature),
		cmocka_unit_test(test_subscribe_kinds),
		cmocka_unit_test(test_prove_verify),
		cmocka_unit_test(test_signatures),
		cmocka_unit_test(test_standing_decode),
		cmocka_unit_test(test_standing_encode_largest),
		cmocka_unit_test(test_answer_sign_text),
		cmocka_unit_test(test_records_decode),
		cmocka_unit_test(test_records_encode_limits),
		cmocka_unit_test(test_records_full_tables),
		cmocka_unit_test(test_receipt_decode),
		cmocka_unit_test(test_own_decode),
		cmocka_unit_test(test_close_text_cut),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
