#include "vault/front/clients.h"

#include <string.h>

static bool
list_eq(const struct token_list *a, const struct token_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->name[i], b->name[i]) != 0)
			return false;
	return true;
}

static bool
client_eq(const struct front_client *a, const struct front_client *b)
{
	return a->login == b->login && strcmp(a->name, b->name) == 0 &&
	    digest_eq(&a->digest, &b->digest) &&
	    a->expires.ms == b->expires.ms && list_eq(&a->read, &b->read) &&
	    list_eq(&a->write, &b->write);
}

static void
add_tokens(const struct front_clients_from *from, struct front_clients *out)
{
	unix_ms_t now = vault_now(from->v);

	for (size_t i = 0; i < from->tokens->v.n; i++) {
		const struct token *t = &from->tokens->v.v[i];
		struct front_client c = { .login = TAXII_LOGIN_TOKEN,
		    .digest = t->digest, .expires = t->expires,
		    .read = t->read, .write = t->write };

		if (strcmp(t->desk, from->desk) != 0 ||
		    t->expires.ms <= now.ms ||
		    out->v.n >= TAXII_CLIENTS_MAX)
			continue;
		memcpy(c.name, t->name, sizeof(c.name));
		vec_push(&out->v, c);
	}
}

/* As the settings have it; both sides have the same word for everything. */
static void
list_from(const char (*v)[NAME_MAX_BYTES], size_t n, struct token_list *out)
{
	_Static_assert(SETTINGS_COLLECTIONS_MAX <= TOKEN_COLLECTIONS_MAX,
	    "a list of the settings fits");
	for (size_t i = 0; i < n; i++)
		memcpy(out->name[out->n++], v[i], NAME_MAX_BYTES);
}

static void
add_configured(const struct settings_front *from, struct front_clients *out)
{
	for (size_t i = 0; i < from->nclients; i++) {
		const struct settings_client *t = &from->clients[i];
		struct front_client c = { .login = t->pin[0] == '\0' ?
		    TAXII_LOGIN_NAME : TAXII_LOGIN_PIN,
		    .expires = UNIX_MS_NEVER };

		/* The settings were checked when they were read. */
		if (t->pin[0] != '\0' &&
		    settings_pin(str_of(t->pin), c.digest.b) != 0)
			continue;
		memcpy(c.name, t->name, sizeof(c.name));
		list_from(t->read, t->nread, &c.read);
		list_from(t->write, t->nwrite, &c.write);
		vec_push(&out->v, c);
	}
}

bool
front_clients_make(const struct front_clients_from *from,
    struct front_clients *inout)
{
	const struct settings *settings = from->v->settings;
	struct front_clients made = { .v = { 0 } };
	bool changed;

	for (size_t i = 0; i < settings->nfronts; i++)
		if (strcmp(settings->fronts[i].desk, from->desk) == 0)
			add_configured(&settings->fronts[i], &made);
	add_tokens(from, &made);
	changed = made.v.n != inout->v.n;
	for (size_t i = 0; i < made.v.n; i++) {
		struct front_client *c = &made.v.v[i];

		for (size_t k = 0; k < inout->v.n && c->number == 0; k++)
			if (client_eq(c, &inout->v.v[k]))
				c->number = inout->v.v[k].number;
		if (c->number == 0) {
			c->number = (*from->next)++;
			changed = true;
		}
	}
	front_clients_clear(inout);
	*inout = made;
	return changed;
}

void
front_clients_clear(struct front_clients *c)
{
	vec_clear(&c->v);
}

const struct front_client *
front_client_find(const struct front_clients *c, uint32_t number,
    unix_ms_t now)
{
	for (size_t i = 0; i < c->v.n; i++)
		if (c->v.v[i].number == number)
			return c->v.v[i].expires.ms > now.ms ?
			    &c->v.v[i] : NULL;
	return NULL;
}

int
front_clients_encode(const struct front_clients *c, const char *desk,
    const char *title, struct buf *out)
{
	AUTO(mem_free) struct taxii_client *v =
	    mem_array(struct taxii_client, c->v.n);

	for (size_t i = 0; i < c->v.n; i++)
		v[i] = (struct taxii_client){ c->v.v[i].number,
		    c->v.v[i].login, str_of(c->v.v[i].name),
		    c->v.v[i].digest, c->v.v[i].expires };
	return msg_front_clients_encode(&(struct msg_front_clients){
	    str_of(desk), str_of(title), v, c->v.n }, out);
}
