#include "wire/msg_taxii.h"

#include "wire/field.h"

/* What a front sends: its requests, and the objects of a POST. */

static bool
strs_fit(const struct str *v, size_t n)
{
	if (n > TAXII_VALUES_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (v[i].n > TAXII_ID_MAX)
			return false;
	return true;
}

static void
out_strs(struct buf *out, const struct str *v, size_t n)
{
	out_u16(out, (uint16_t)n);
	for (size_t i = 0; i < n; i++)
		out_str16(out, v[i]);
}

/* At most TAXII_VALUES_MAX texts into v; returns how many. */
static size_t
cur_strs(struct cur *c, struct str *v)
{
	size_t n = cur_u16(c);

	if (n > TAXII_VALUES_MAX) {
		cur_fail(c, ERR_LIMIT);
		return 0;
	}
	for (size_t i = 0; i < n && c->err == 0; i++)
		v[i] = field_text16(c, TAXII_ID_MAX);
	return n;
}

static void
out_versions(struct buf *out, const struct taxii_version *v, size_t n)
{
	out_u16(out, (uint16_t)n);
	for (size_t i = 0; i < n; i++) {
		out_u8(out, v[i].kind);
		out_u64(out, (uint64_t)(v[i].kind == TAXII_VERSION_AT ?
		    v[i].us : 0));
	}
}

static size_t
cur_versions(struct cur *c, struct taxii_version *v)
{
	size_t n = cur_u16(c);

	if (n > TAXII_VALUES_MAX) {
		cur_fail(c, ERR_LIMIT);
		return 0;
	}
	for (size_t i = 0; i < n && c->err == 0; i++) {
		v[i].kind = cur_u8(c);
		v[i].us = (int64_t)cur_u64(c);
		if (v[i].kind < TAXII_VERSION_LAST ||
		    v[i].kind > TAXII_VERSION_AT ||
		    (v[i].kind != TAXII_VERSION_AT && v[i].us != 0))
			cur_fail(c, ERR_VALUE);
	}
	return n;
}

static bool
query_fits(const struct msg_front_query *m)
{
	return m->collection.n <= TAXII_COLLECTION_MAX &&
	    m->object.n <= TAXII_ID_MAX && m->next.n <= TAXII_NEXT_MAX &&
	    m->limit <= TAXII_LIMIT_MAX &&
	    m->nversions <= TAXII_VALUES_MAX &&
	    strs_fit(m->ids, m->nids) && strs_fit(m->types, m->ntypes) &&
	    strs_fit(m->spec_versions, m->nspec_versions);
}

int
msg_front_query_encode(const struct msg_front_query *m, struct buf *out)
{
	if (!query_fits(m))
		return ERR_LIMIT;
	out_u64(out, m->request);
	out_u32(out, m->client);
	out_u8(out, m->what);
	out_str8(out, m->collection);
	out_str16(out, m->object);
	out_u8(out, m->has_after);
	out_u64(out, (uint64_t)(m->has_after ? m->after_us : 0));
	out_u32(out, m->limit);
	out_str8(out, m->next);
	out_strs(out, m->ids, m->nids);
	out_strs(out, m->types, m->ntypes);
	out_strs(out, m->spec_versions, m->nspec_versions);
	out_versions(out, m->versions, m->nversions);
	return 0;
}

static void
query_check(struct cur *c, const struct msg_front_query *m)
{
	if (m->client == 0 || m->what < TAXII_COLLECTIONS ||
	    m->what > TAXII_DELETE || (!m->has_after && m->after_us != 0))
		cur_fail(c, ERR_VALUE);
	if (m->limit > TAXII_LIMIT_MAX)
		cur_fail(c, ERR_LIMIT);
}

int
msg_front_query_decode(struct str payload, struct taxii_lists *room,
    struct msg_front_query *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_front_query m = { .request = cur_u64(&c),
	    .ids = room->ids, .types = room->types,
	    .spec_versions = room->spec_versions,
	    .versions = room->versions };

	m.client = cur_u32(&c);
	m.what = cur_u8(&c);
	m.collection = field_text8(&c, TAXII_COLLECTION_MAX);
	m.object = field_text16(&c, TAXII_ID_MAX);
	m.has_after = field_bool(&c);
	m.after_us = (int64_t)cur_u64(&c);
	m.limit = cur_u32(&c);
	m.next = field_text8(&c, TAXII_NEXT_MAX);
	m.nids = cur_strs(&c, room->ids);
	m.ntypes = cur_strs(&c, room->types);
	m.nspec_versions = cur_strs(&c, room->spec_versions);
	m.nversions = cur_versions(&c, room->versions);
	query_check(&c, &m);
	TRY(cur_finish(&c));
	*out = m;
	return 0;
}

int
msg_front_objects_encode(const struct msg_front_objects *m, struct buf *out)
{
	size_t size = 8 + 2;

	if (m->n > TAXII_OBJECTS_MAX)
		return ERR_LIMIT;
	for (size_t i = 0; i < m->n; i++) {
		if (m->v[i].n > FRAME_RECORDS_MAX)
			return ERR_LIMIT;
		size += 4 + m->v[i].n;
	}
	if (size > FRAME_RECORDS_MAX)
		return ERR_LIMIT;
	out_u64(out, m->request);
	out_u16(out, (uint16_t)m->n);
	for (size_t i = 0; i < m->n; i++)
		out_str32(out, m->v[i]);
	return 0;
}

int
msg_front_objects_decode(struct str payload,
    struct msg_front_objects *inout)
{
	struct cur c = cur_of(payload.p, payload.n);
	uint64_t request = cur_u64(&c);
	size_t n = cur_u16(&c);

	if (n > TAXII_OBJECTS_MAX || n > inout->n)
		return ERR_LIMIT;
	for (size_t i = 0; i < n && c.err == 0; i++)
		inout->v[i] = cur_str32(&c, FRAME_RECORDS_MAX);
	TRY(cur_finish(&c));
	inout->request = request;
	inout->n = n;
	return 0;
}

int
msg_front_post_encode(const struct msg_front_post *m, struct buf *out)
{
	if (m->collection.n > TAXII_COLLECTION_MAX ||
	    m->total > TAXII_POST_OBJECTS_MAX)
		return ERR_LIMIT;
	out_u64(out, m->request);
	out_u32(out, m->client);
	out_str8(out, m->collection);
	out_u32(out, m->total);
	return 0;
}

int
msg_front_post_decode(struct str payload, struct msg_front_post *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_front_post m = { .request = cur_u64(&c) };

	m.client = cur_u32(&c);
	m.collection = field_text8(&c, TAXII_COLLECTION_MAX);
	m.total = cur_u32(&c);
	if (m.total > TAXII_POST_OBJECTS_MAX)
		cur_fail(&c, ERR_LIMIT);
	if (m.client == 0)
		cur_fail(&c, ERR_VALUE);
	TRY(cur_finish(&c));
	*out = m;
	return 0;
}
