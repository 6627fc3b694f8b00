#include "wire/msg_records.h"

#include "merkle/multiproof.h"

/* What a record takes up besides its bytes. */
#define RECORD_OVERHEAD (2 + SEAL_SALT_BYTES + 1 + 1 + 4)

/* Texts of a table within their limits, and how many bytes they take. */
static int
table_size(const struct str *v, size_t n, size_t *size)
{
	if (n == 0 || n > BATCH_RECORDS_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < n; i++) {
		if (v[i].n > LABEL_BYTES_MAX)
			return ERR_LIMIT;
		*size += 2 + v[i].n;
	}
	return 0;
}

/* The same of the links. */
static int
links_size(const struct msg_records *m, size_t *size)
{
	if (m->nlinks == 0 || m->nlinks > CHAIN_LINKS_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < m->nlinks; i++) {
		if (m->links[i].text.n > LABEL_BYTES_MAX)
			return ERR_LIMIT;
		*size += chain_link_size(&m->links[i]);
	}
	return 0;
}

/* Everything a frame's and a message's limits ask. */
static int
records_check_size(const struct msg_records *m)
{
	size_t size = 8 + m->seal.n + 4 * 2 + m->nhashes * DIGEST_BYTES;

	if (m->nrecords == 0 || m->nrecords > BATCH_RECORDS_MAX ||
	    m->nhashes > MULTIPROOF_HASHES_MAX || m->seal.n > SEAL_BYTES_MAX)
		return ERR_LIMIT;
	TRY(table_size(m->labels, m->nlabels, &size));
	TRY(links_size(m, &size));
	for (size_t i = 0; i < m->nrecords; i++) {
		if (m->records[i].bytes.n > FRAME_RECORDS_MAX)
			return ERR_LIMIT;
		size += RECORD_OVERHEAD + m->records[i].bytes.n;
	}
	return size <= FRAME_RECORDS_MAX ? 0 : ERR_LIMIT;
}

static void
table_encode(const struct str *v, size_t n, struct buf *out)
{
	out_u16(out, (uint16_t)n);
	for (size_t i = 0; i < n; i++)
		out_str16(out, v[i]);
}

int
msg_records_encode(const struct msg_records *m, struct buf *out)
{
	TRY(records_check_size(m));
	out_u64(out, m->position);
	buf_add(out, m->seal.p, m->seal.n);
	table_encode(m->labels, m->nlabels, out);
	chain_table_encode(m->links, m->nlinks, out);
	out_u16(out, (uint16_t)m->nrecords);
	for (size_t i = 0; i < m->nrecords; i++) {
		const struct msg_record *r = &m->records[i];

		out_u16(out, r->leaf);
		buf_add(out, r->salt, SEAL_SALT_BYTES);
		out_u8(out, r->label);
		out_u8(out, r->link);
		out_str32(out, r->bytes);
	}
	out_u16(out, (uint16_t)m->nhashes);
	buf_add(out, m->hashes, m->nhashes * DIGEST_BYTES);
	return 0;
}

/* The table of labels, into the arena. */
static struct str *
table_decode(struct cur *c, struct arena *a, size_t *out_n)
{
	size_t n = cur_u16(c);
	struct str *v;

	if (n == 0 || n > BATCH_RECORDS_MAX) {
		cur_fail(c, n == 0 ? ERR_VALUE : ERR_LIMIT);
		return NULL;
	}
	v = arena_alloc(a, n * sizeof(*v));
	if (v == NULL) {
		cur_fail(c, ERR_LIMIT);
		return NULL;
	}
	for (size_t i = 0; i < n && c->err == 0; i++)
		v[i] = cur_str16(c, LABEL_BYTES_MAX);
	*out_n = n;
	return v;
}

/* An index into a table: one that was used before, or the next one. */
static uint8_t
table_index(struct cur *c, size_t *used)
{
	uint8_t i = cur_u8(c);

	if (i > *used)
		cur_fail(c, ERR_VALUE);
	else if (i == *used)
		++*used;
	return i;
}

/* The index of a link of the table, which is then in use. */
static uint8_t
link_index(struct cur *c, const struct msg_records *m, bool *used)
{
	uint8_t i = cur_u8(c);

	if (i >= m->nlinks)
		cur_fail(c, ERR_VALUE);
	else
		used[i] = true;
	return i;
}

/* Each link is some record's last one, or before one that is in use. */
static bool
links_used(const struct msg_records *m, bool *used)
{
	for (size_t i = m->nlinks; i-- > 0;) {
		if (!used[i])
			return false;
		if (m->links[i].previous != CHAIN_FIRST)
			used[m->links[i].previous] = true;
	}
	return true;
}

/* The records, and that they fit the seal and the tables. */
static void
records_decode(struct cur *c, struct msg_records *m, size_t leaves)
{
	bool used[CHAIN_LINKS_MAX] = { false };
	size_t labels = 0;

	for (size_t i = 0; i < m->nrecords && c->err == 0; i++) {
		struct msg_record *r = &m->records[i];

		r->leaf = cur_u16(c);
		cur_copy(c, r->salt, SEAL_SALT_BYTES);
		r->label = table_index(c, &labels);
		r->link = link_index(c, m, used);
		r->bytes = cur_str32(c, FRAME_RECORDS_MAX);
		/* RECORDS: leaves ascend and are under the seal. */
		if (r->leaf >= leaves ||
		    (i > 0 && r->leaf <= m->records[i - 1].leaf))
			cur_fail(c, ERR_VALUE);
	}
	if (c->err == 0 && (labels != m->nlabels || !links_used(m, used)))
		cur_fail(c, ERR_VALUE);
}

/* RECORDS: exactly the hashes that the multi-proof of these leaves has. */
static int
records_check_hashes(const struct msg_records *m, size_t leaves)
{
	uint16_t indices[BATCH_RECORDS_MAX];
	struct multiproof_subset s = { leaves, indices, m->nrecords };
	int want;

	for (size_t i = 0; i < m->nrecords; i++)
		indices[i] = m->records[i].leaf;
	want = multiproof_size(&s);
	TRY(want);
	return (size_t)want == m->nhashes ? 0 : ERR_VALUE;
}

int
msg_records_decode(struct str payload, struct arena *a,
    struct msg_records *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_records m = { .position = cur_u64(&c) };
	struct seal seal = { .count = 0 };

	m.seal.p = (const char *)c.p;
	seal_read(&c, &seal);
	m.seal.n = c.err == 0 ? (size_t)((const char *)c.p - m.seal.p) : 0;
	m.labels = table_decode(&c, a, &m.nlabels);
	m.links = chain_table_read(&c, a, &m.nlinks);
	m.nrecords = cur_u16(&c);
	TRY(c.err);
	if (m.nrecords == 0 || m.position == 0)
		return ERR_VALUE;
	if (m.nrecords > BATCH_RECORDS_MAX)
		return ERR_LIMIT;
	m.records = arena_alloc(a, m.nrecords * sizeof(*m.records));
	if (m.records == NULL)
		return ERR_LIMIT;
	records_decode(&c, &m, seal.count);
	m.nhashes = cur_u16(&c);
	if (m.nhashes > MULTIPROOF_HASHES_MAX)
		cur_fail(&c, ERR_LIMIT);
	m.hashes = (const struct digest *)cur_bytes(&c,
	    m.nhashes * DIGEST_BYTES);
	TRY(cur_finish(&c));
	TRY(records_check_hashes(&m, seal.count));
	*out = m;
	return 0;
}

void
msg_records_terms(const struct msg_records *m, struct digest *out)
{
	struct span parts[CHAIN_LINKS_MAX];
	size_t n = 0;

	for (; n < m->nlinks && n < NELEM(parts); n++)
		parts[n] = (struct span){ m->links[n].text.p,
		    m->links[n].text.n };
	sha256(parts, n, out);
}
