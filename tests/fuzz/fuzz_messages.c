/*
 * Every decoder: the input is one frame; whatever number it says goes to
 * that message's decoder.  What is taken is in canonical form, and a seal or
 * multi-proof in it can be worked with.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "merkle/multiproof.h"
#include "wire/frame.h"
#include "wire/msg_receipt.h"
#include "wire/msg_records.h"
#include "wire/msg_standing.h"
#include "wire/msg_statement.h"
#include "wire/msg_taxii.h"
#include "wire/release_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

/* What was taken is written again as it was. */
static void
use_records(struct str payload, struct arena *a)
{
	AUTO_BUF struct buf again = { 0 };
	struct digest leaves[BATCH_RECORDS_MAX], root;
	uint16_t indices[BATCH_RECORDS_MAX];
	struct msg_records m;
	struct seal seal;

	must(msg_records_decode(payload, a, &m) == 0);
	must(msg_records_encode(&m, &again) == 0);
	must(str_eq(payload, buf_str(&again)));
	must(seal_decode(m.seal, &seal) == 0);
	for (size_t i = 0; i < m.nrecords; i++) {
		const struct msg_record *r = &m.records[i];
		struct release_text release;

		must(release_text_decode(m.links[r->link].text, a,
		    &release) <= 0);
		seal_leaf(r->salt, m.labels[r->label], r->bytes, &leaves[i]);
		indices[i] = r->leaf;
	}
	must(multiproof_root(&(struct multiproof){ { seal.count, indices,
	    m.nrecords }, leaves, m.hashes, m.nhashes }, &root) == 0);
}

static void
use_receipt(struct str payload, struct arena *a)
{
	struct msg_receipt m;

	must(msg_receipt_decode(payload, a, &m) == 0);
	must((size_t)m.stored + m.unchanged + m.nrefused <=
	    BATCH_RECORDS_MAX);
}

/*
 * What was taken says something of another than who says it, and fits; an
 * answer is written again as it was.
 */
static void
use_statement(struct str payload)
{
	struct msg_statement m;

	must(msg_statement_decode(payload, &m) == 0);
	must(payload.n <= STATEMENT_BYTES_MAX && !str_eq(m.from, m.about));
	must((uint64_t)m.belief + m.disbelief < STATEMENT_ONE);
	must((m.until.ms > m.at.ms) == (m.kind == STATEMENT_ATTESTATION));
	must(statement_kind_name(m.kind)[0] != '?');
}

static void
use_statement_taken(struct str payload)
{
	AUTO_BUF struct buf again = { 0 };
	struct msg_statement_taken m;

	must(msg_statement_taken_decode(payload, &m) == 0);
	msg_statement_taken_encode(&m, &again);
	must(str_eq(payload, buf_str(&again)));
}

static void
use_standing(struct str payload, struct arena *a)
{
	AUTO_BUF struct buf again = { 0 };
	struct msg_standing *m = arena_alloc(a, sizeof(*m));

	must(m != NULL);
	must(msg_standing_decode(payload, m) == 0);
	msg_standing_encode(m, &again);
	must(str_eq(payload, buf_str(&again)));
}

/* A query is written again as it was, and within the limits. */
static void
use_query(struct str payload, struct arena *a)
{
	AUTO_BUF struct buf again = { 0 };
	struct taxii_lists *lists = arena_alloc(a, sizeof(*lists));
	struct msg_front_query m;

	must(lists != NULL);
	must(msg_front_query_decode(payload, lists, &m) == 0);
	must(msg_front_query_encode(&m, &again) == 0);
	must(str_eq(payload, buf_str(&again)));
}

static void
use_items(struct str payload, struct arena *a)
{
	AUTO_BUF struct buf again = { 0 };
	struct msg_front_items m = { .n = TAXII_ITEMS_MAX };

	m.v = arena_alloc(a, m.n * sizeof(*m.v));
	must(m.v != NULL);
	must(msg_front_items_decode(payload, &m) == 0);
	must(msg_front_items_encode(&m, &again) == 0);
	must(str_eq(payload, buf_str(&again)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_free) struct arena *a = NULL;
	struct str payload;

	if (size < FRAME_HEADER_BYTES)
		return 0;
	payload = (struct str){ (const char *)data + FRAME_HEADER_BYTES,
	    size - FRAME_HEADER_BYTES };
	a = arena_new(MIB(1));
	if (message_check(data[4], payload, a) != 0)
		return 0;
	if (data[4] == MESSAGE_RECORDS)
		use_records(payload, a);
	if (data[4] == MESSAGE_RECEIPT)
		use_receipt(payload, a);
	if (data[4] == MESSAGE_STATEMENT)
		use_statement(payload);
	if (data[4] == MESSAGE_STATEMENT_TAKEN)
		use_statement_taken(payload);
	if (data[4] == MESSAGE_STANDING)
		use_standing(payload, a);
	if (data[4] == MESSAGE_FRONT_QUERY)
		use_query(payload, a);
	if (data[4] == MESSAGE_FRONT_ITEMS)
		use_items(payload, a);
	return 0;
}
