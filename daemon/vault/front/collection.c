#include "vault/front/collection.h"

#include <stdio.h>
#include <string.h>

#include "vault/circle.h"

void
front_uuid(const uint8_t bytes[16], char dst[static FRONT_UUID_CHARS + 1])
{
	uint8_t b[16];
	char hex[33];

	memcpy(b, bytes, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);	/* RFC 4122 4.1.3 */
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);	/* and 4.1.1 */
	hex_encode(hex, b, sizeof(b));
	snprintf(dst, FRONT_UUID_CHARS + 1, "%.8s-%.4s-%.4s-%.4s-%.12s", hex,
	    hex + 8, hex + 12, hex + 16, hex + 20);
}

static void
collection_add(struct front_collections *out, const struct vault *v,
    const char *desk, struct front_collection *c)
{
	AUTO_BUF struct buf text = { 0 };
	struct digest d;

	buf_addf(&text, "comity collection/1\n%s\n%s\n%d\n%s\n", v->cert_id,
	    desk, (int)c->kind, c->alias);
	d = sha256_of(text.p, text.n);
	front_uuid(d.b, c->id);
	vec_push(&out->v, *c);
}

/* A circle may be called like one of the other two. */
static void
circle_alias(struct front_collection *c)
{
	bool taken = strcmp(c->circle, "all") == 0 ||
	    strcmp(c->circle, "inbox") == 0;

	snprintf(c->alias, sizeof(c->alias), "%s%s",
	    taken ? "circle-" : "", c->circle);
}

static int
by_id(const void *a, const void *b)
{
	return strcmp(((const struct front_collection *)a)->id,
	    ((const struct front_collection *)b)->id);
}

void
front_collections_make(const struct vault *v, const char *desk,
    struct front_collections *out)
{
	struct policy_circle_facts facts;

	*out = (struct front_collections){ .v = { 0 } };
	collection_add(out, v, desk, &(struct front_collection){
	    .kind = FRONT_ALL, .alias = "all" });
	collection_add(out, v, desk, &(struct front_collection){
	    .kind = FRONT_INBOX, .alias = "inbox" });
	for (size_t i = 0; v->policy != NULL &&
	    policy_circle_at(v->policy, i, &facts); i++) {
		struct front_collection c = { .kind = FRONT_CIRCLE };

		/* Those of the policy are ours, by the document if any. */
		if (!circle_has(v->circles, str_of(facts.id), v->cert_id))
			continue;
		snprintf(c.circle, sizeof(c.circle), "%s", facts.id);
		circle_alias(&c);
		collection_add(out, v, desk, &c);
	}
	qsort(out->v.v, out->v.n, sizeof(*out->v.v), by_id);
}

void
front_collections_clear(struct front_collections *c)
{
	vec_clear(&c->v);
}

const struct front_collection *
front_collection_find(const struct front_collections *c, struct str id)
{
	for (size_t i = 0; i < c->v.n; i++)
		if (str_eqz(id, c->v.v[i].id) || str_eqz(id, c->v.v[i].alias))
			return &c->v.v[i];
	return NULL;
}

bool
front_can_read(const struct front_client *who,
    const struct front_collection *c)
{
	return c->kind != FRONT_INBOX && token_list_has(&who->read, c->alias);
}

bool
front_can_write(const struct front_client *who,
    const struct front_collection *c)
{
	return token_list_has(&who->write, c->alias);
}

static json_t *
collection_object(const struct front_collection *c,
    const struct front_client *who)
{
	char title[200], about[300];

	switch (c->kind) {
	case FRONT_ALL:
		snprintf(title, sizeof(title), "Everything");
		snprintf(about, sizeof(about), "all that this desk may see");
		break;
	case FRONT_CIRCLE:
		snprintf(title, sizeof(title), "Circle %s", c->circle);
		snprintf(about, sizeof(about), "what goes by the circle %s",
		    c->circle);
		break;
	case FRONT_INBOX:
		snprintf(title, sizeof(title), "Inbox");
		snprintf(about, sizeof(about), "what tools report to this "
		    "desk; read it in the other collections");
		break;
	}
	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:[s]}", "id",
	    c->id, "title", title, "description", about, "alias", c->alias,
	    "can_read", front_can_read(who, c), "can_write",
	    front_can_write(who, c), "media_types",
	    "application/stix+json;version=2.1");
}

static void
json_out(json_t *j, struct buf *out)
{
	AUTO(mem_free) char *text = json_dumps(j, JSON_COMPACT);

	buf_addz(out, text == NULL ? "{}" : text);
	json_decref(j);
}

void
front_collections_json(const struct front_collections *c,
    const struct front_client *who, struct buf *out)
{
	json_t *list = json_array();

	for (size_t i = 0; i < c->v.n; i++)
		(void)json_array_append_new(list,
		    collection_object(&c->v.v[i], who));
	json_out(json_pack("{s:o}", "collections", list), out);
}

void
front_collection_json(const struct front_collection *c,
    const struct front_client *who, struct buf *out)
{
	json_out(collection_object(c, who), out);
}
