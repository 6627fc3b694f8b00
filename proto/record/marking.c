#include "record/marking.h"

#include <assert.h>
#include <string.h>

#include <jansson.h>

#include "base/limits.h"
#include "base/uuid.h"
#include "record/marking_read.h"

#define MARKING_PREFIX "marking-definition--"
#define UUID_CHARS 36

/*
 * STIX 2.1 section 7.2.1.4 (TLP 1), and the OASIS common objects for TLP
 * 2.0 and PAP.  These ids and no others: near misses are in circulation.
 */
static const struct fixed_marking {
	const char *uuid;
	enum stated what;
	uint8_t level;
} fixed_markings[] = {
	/* TLP 2.0 in order of level: marking_tlp_id counts on it. */
	{ "94868c89-83c2-464b-929b-a1a8aa3c8487", STATED_TLP, TLP_CLEAR },
	{ "bab4a63c-aed9-4cf5-a766-dfca5abac2bb", STATED_TLP, TLP_GREEN },
	{ "55d920b0-5e8b-4f79-9ee9-91f868d9b421", STATED_TLP, TLP_AMBER },
	{ "939a9414-2ddd-4d32-a0cd-375ea402b003", STATED_TLP,
	    TLP_AMBER_STRICT },
	{ "e828b379-4e03-4974-9ac4-e53a884c97c1", STATED_TLP, TLP_RED },
	/* TLP 1 */
	{ "613f2e26-407d-48c7-9eca-b8e91df99dc9", STATED_TLP, TLP_CLEAR },
	{ "34098fce-860f-48ae-8e50-ebd3cc5e41da", STATED_TLP, TLP_GREEN },
	{ "f88d31f6-486f-44da-b317-01333bde0b82", STATED_TLP, TLP_AMBER },
	{ "5e57c739-391a-4eb3-b6be-7d15ca92d5ed", STATED_TLP, TLP_RED },
	/* PAP; white is the old name of clear */
	{ "ad15a0cd-55b6-4588-a14c-a66105329b92", STATED_PAP, PAP_CLEAR },
	{ "c43594d1-4b11-4c59-93ab-1c9b14d53ce9", STATED_PAP, PAP_GREEN },
	{ "60f8932b-e51e-4458-b265-a2e8be9a80ab", STATED_PAP, PAP_AMBER },
	{ "740d36e5-7714-4c30-961a-3ae632ceee0e", STATED_PAP, PAP_RED },
	{ "a3bea94c-b469-41dc-9cfe-d6e7daba7730", STATED_PAP, PAP_CLEAR },
};

/* As above with the prefix, for those who write markings. */
static const char *const tlp_ids[] = {
	[TLP_CLEAR] = MARKING_PREFIX "94868c89-83c2-464b-929b-a1a8aa3c8487",
	[TLP_GREEN] = MARKING_PREFIX "bab4a63c-aed9-4cf5-a766-dfca5abac2bb",
	[TLP_AMBER] = MARKING_PREFIX "55d920b0-5e8b-4f79-9ee9-91f868d9b421",
	[TLP_AMBER_STRICT] =
	    MARKING_PREFIX "939a9414-2ddd-4d32-a0cd-375ea402b003",
	[TLP_RED] = MARKING_PREFIX "e828b379-4e03-4974-9ac4-e53a884c97c1",
};

static const char *const pap_ids[] = {
	[PAP_CLEAR] = MARKING_PREFIX "ad15a0cd-55b6-4588-a14c-a66105329b92",
	[PAP_GREEN] = MARKING_PREFIX "c43594d1-4b11-4c59-93ab-1c9b14d53ce9",
	[PAP_AMBER] = MARKING_PREFIX "60f8932b-e51e-4458-b265-a2e8be9a80ab",
	[PAP_RED] = MARKING_PREFIX "740d36e5-7714-4c30-961a-3ae632ceee0e",
};

/* The markings of one object, joined. */
struct sum {
	const struct vocabulary *v;	/* borrowed */
	const struct marking_source *src;	/* borrowed; may be NULL */
	struct label l;
	unsigned stated;	/* enum stated, as a set */
	unsigned unknown;
	bool has_kind;
};

const char *
marking_tlp_id(int tlp)
{
	return tlp_ids[tlp < 0 || tlp > TLP_RED ? TLP_RED : tlp];
}

const char *
marking_pap_id(int pap)
{
	return pap_ids[pap < 0 || pap > PAP_RED ? PAP_RED : pap];
}

/*
 * The id with its UUID in lower case (RFC 4122 section 3: input is case
 * insensitive); false if it is no id of a marking.
 */
static bool
canonical_id(struct str id, char dst[static sizeof(MARKING_PREFIX) +
    UUID_CHARS])
{
	const size_t prefix = sizeof(MARKING_PREFIX) - 1;

	if (id.n != prefix + UUID_CHARS || !str_starts(id, MARKING_PREFIX))
		return false;
	for (size_t i = 0; i < id.n; i++) {
		char c = id.p[i];

		dst[i] = i >= prefix && c >= 'A' && c <= 'F' ?
		    (char)(c + 32) : c;
	}
	dst[id.n] = '\0';
	return true;
}

static const struct fixed_marking *
fixed_find(const char *id)
{
	for (size_t i = 0; i < NELEM(fixed_markings); i++)
		if (strcmp(id + sizeof(MARKING_PREFIX) - 1,
		    fixed_markings[i].uuid) == 0)
			return &fixed_markings[i];
	return NULL;
}

bool
marking_is_fixed(struct str ref)
{
	char id[sizeof(MARKING_PREFIX) + UUID_CHARS];

	return canonical_id(ref, id) && fixed_find(id) != NULL;
}

static bool
member_is(const json_t *object, const char *name, const char *value)
{
	const char *s = json_string_value(json_object_get(object, name));

	return s != NULL && strcmp(s, value) == 0;
}

/* A statement says what people should know, and no field of a label. */
static bool
is_statement(const json_t *marking)
{
	const json_t *definition = json_object_get(marking, "definition");

	return member_is(marking, "definition_type", "statement") &&
	    json_is_string(json_object_get(definition, "statement")) &&
	    json_object_get(marking, "extensions") == NULL;
}

/*
 * The label text of a marking with our extension and nothing else, or NULL:
 * another extension beside it, or a property of ours that we do not know,
 * may restrict in a way we cannot read.
 */
static const char *
comity_text(json_t *marking)
{
	json_t *extensions = json_object_get(marking, "extensions");
	json_t *ours = json_object_get(extensions, COMITY_EXTENSION_ID);

	if (json_object_size(extensions) != 1 || json_object_size(ours) != 2 ||
	    json_object_get(marking, "definition_type") != NULL ||
	    json_object_get(marking, "definition") != NULL ||
	    !member_is(ours, "extension_type", "property-extension"))
		return NULL;
	return json_string_value(json_object_get(ours, "label"));
}

/* One that is all in its only extension. */
static unsigned
extension_read(json_t *marking, const struct sum *sum, struct label *out)
{
	json_t *all = json_object_get(marking, "extensions");
	json_t *acs = json_object_get(all, ACS_EXTENSION_ID);
	json_t *iep = json_object_get(all, IEP_EXTENSION_ID);
	const char *text = comity_text(marking);

	if (text != NULL)
		return label_decode(str_of(text), sum->v, out) == 0 ?
		    STATED_ALL : STATED_UNKNOWN;
	if (json_object_size(all) != 1 ||
	    json_object_get(marking, "definition_type") != NULL ||
	    json_object_get(marking, "definition") != NULL)
		return STATED_UNKNOWN;
	if (acs != NULL)
		return marking_read_acs(acs, sum->v, out);
	if (iep != NULL)
		return marking_read_iep(iep, sum->v, sum->src->now, out);
	return STATED_UNKNOWN;
}

/* What the marking-definition in bytes says; id is the one asked for. */
static unsigned
marking_read(struct str bytes, const char *id, const struct sum *sum,
    struct label *out)
{
	char own_id[sizeof(MARKING_PREFIX) + UUID_CHARS];
	unsigned what = STATED_UNKNOWN;
	const char *text;
	json_t *marking;

	if (bytes.n == 0 || bytes.n > RECORD_BYTES_MAX)
		return STATED_UNKNOWN;
	marking = json_loadb(bytes.p, bytes.n, JSON_REJECT_DUPLICATES, NULL);
	text = json_string_value(json_object_get(marking, "id"));
	if (text == NULL || !canonical_id(str_of(text), own_id) ||
	    strcmp(own_id, id) != 0 ||
	    !member_is(marking, "type", "marking-definition"))
		what = STATED_UNKNOWN;
	else if (is_statement(marking))
		what = STATED_NOTHING;
	else
		what = extension_read(marking, sum, out);
	json_decref(marking);
	return what;
}

/* Join what one marking says. */
static void
sum_join(struct sum *sum, unsigned what, struct label *l)
{
	if ((what & STATED_UNKNOWN) != 0) {
		label_top(l);
		sum->unknown++;
	} else if (what == STATED_ALL) {
		/* Two that disagree make it "other". */
		if (sum->has_kind && sum->l.kind != l->kind)
			l->kind = 0;
		sum->l.kind = l->kind;
		sum->has_kind = true;
	}
	label_join(&sum->l, &sum->l, l);
	sum->stated |= what;
}

static void
sum_add(struct sum *sum, struct str ref)
{
	char id[sizeof(MARKING_PREFIX) + UUID_CHARS];
	const struct fixed_marking *fixed = NULL;
	unsigned what = STATED_UNKNOWN;
	struct label l;

	label_bottom(&l);
	if (canonical_id(ref, id)) {
		fixed = fixed_find(id);
		if (fixed == NULL && sum->src != NULL)
			what = marking_read(sum->src->find(sum->src->arg,
			    str_of(id)), id, sum, &l);
	}
	if (fixed != NULL) {
		what = fixed->what;
		if (what == STATED_TLP)
			l.tlp = fixed->level;
		else
			l.pap = fixed->level;
	}
	sum_join(sum, what, &l);
}

/* Tags of handling among the object's labels mark it like a marking. */
static void
sum_add_tags(struct sum *sum, const struct stix_object *o)
{
	struct label l;
	unsigned what;

	if (o->nlabels == 0)
		return;
	label_bottom(&l);
	what = marking_read_tags(&(struct marking_tags){ o->labels,
	    o->nlabels }, sum->v, sum->src == NULL ? (unix_ms_t){ 0 } :
	    sum->src->now, &l);
	sum_join(sum, what, &l);
}

/* A record that names the end of its embargo is under one. */
static void
sum_add_embargo(struct sum *sum, const struct stix_object *o)
{
	int bit = names_find(&sum->v->caveats, STR("embargo"));
	const json_t *ours = json_object_get(json_object_get(o->json,
	    "extensions"), COMITY_EXTENSION_ID);

	if (json_object_get(ours, "embargo_until") != NULL)
		sum->l.caveats |= bit < 0 ? LABEL_UNKNOWN_BIT : 1U << bit;
}

/* Fields that no marking states come from the source's label. */
static void
sum_finish(struct sum *sum, const struct label *base)
{
	struct label rest = *base;
	uint8_t hops;

	if ((sum->stated & (STATED_ALL | STATED_UNKNOWN)) != 0) {
		if (!sum->has_kind)
			sum->l.kind = base->kind;
		return;
	}
	if ((sum->stated & STATED_TLP) != 0) {
		rest.tlp = sum->l.tlp;
		hops = label_default_hops(rest.tlp);
		if (hops < rest.hops)
			rest.hops = hops;
	}
	if ((sum->stated & STATED_PAP) != 0)
		rest.pap = sum->l.pap;
	label_join(&sum->l, &rest, &sum->l);
}

int
label_from_markings(const struct stix_object *o, const struct vocabulary *v,
    const struct marking_source *src, const struct label *base,
    struct label *out, unsigned *out_unknown)
{
	struct sum sum = { .v = v, .src = src };

	label_bottom(&sum.l);
	for (size_t i = 0; i < o->nmarkings; i++)
		sum_add(&sum, o->markings[i]);
	for (size_t i = 0; i < o->ngranular; i++)
		sum_add(&sum, o->granular[i]);
	sum_add_tags(&sum, o);
	sum_add_embargo(&sum, o);
	sum_finish(&sum, base);
	*out = sum.l;
	if (out_unknown != NULL)
		*out_unknown = sum.unknown;
	return 0;
}

void
label_to_marking(const struct label *l, const struct vocabulary *v,
    struct str created, struct buf *out)
{
	char uuid[UUID_TEXT_MAX], *json;
	AUTO_BUF struct buf text = { 0 }, content = { 0 };
	json_t *marking;

	label_encode(l, v, &text);
	buf_add(&content, created.p, created.n);
	buf_addc(&content, '\n');
	buf_add(&content, text.p, text.n);
	(void)uuid_v5(uuid_namespace_comity, buf_str(&content), uuid);
	marking = json_pack("{s:s, s:s, s:s+, s:s%, s:s, s:{s:{s:s, s:s}}}",
	    "type", "marking-definition", "spec_version", "2.1",
	    "id", MARKING_PREFIX, uuid, "created", created.p, created.n,
	    "name", "Comity label", "extensions", COMITY_EXTENSION_ID,
	    "extension_type", "property-extension", "label", text.p);
	json = marking == NULL ? NULL : json_dumps(marking, JSON_COMPACT);
	json_decref(marking);
	/* Only names or a time that are not UTF-8 could come to this. */
	assert(json != NULL);
	buf_addz(out, json);
	free(json);
}
