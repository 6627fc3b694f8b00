#include "config/settings_front.h"

#include <string.h>

#include "record/label.h"

#define PIN_PREFIX "sha256:"

#define TEXT(st, f, k, name, def, help) \
	OPT_TEXT(st, f, OPTION_##k, name, def, help)

static const struct option client_options[] = {
	TEXT(settings_client, name, TEXT, "name", NULL,
	    "Who it is, in logs; without a pin also the name in its "
	    "certificate."),
	TEXT(settings_client, pin, TEXT, "pin", "",
	    "The SHA-256 of its certificate's key, sha256:HEX."),
	OPT_LIST(settings_client, read, nread, OPTION_TEXT, "read",
	    "Collections it may read; \"*\" is all of them."),
	OPT_LIST(settings_client, write, nwrite, OPTION_TEXT, "write",
	    "Collections it may write to; \"*\" is all of them."),
	OPT_END
};

const struct option settings_front_options[] = {
	TEXT(settings_front, desk, TEXT, "desk", NULL,
	    "The desk whose tools it serves, by its name in the policy."),
	TEXT(settings_front, listen, ADDRESS, "listen", NULL,
	    "Where tools connect."),
	TEXT(settings_front, certificate, TEXT, "certificate", "",
	    "Its certificate; a relative name starts at the configuration "
	    "directory."),
	TEXT(settings_front, key, TEXT, "key", "",
	    "The key of that certificate."),
	TEXT(settings_front, client_ca, TEXT, "client-ca", "",
	    "Certificates of those who vouch for the names of tools."),
	OPT_MAPS(settings_front, clients, nclients, client_options, "clients",
	    "The tools that log in with a certificate."),
	OPT_END
};

int
settings_pin(struct str text, uint8_t out[32])
{
	if (!str_starts(text, PIN_PREFIX))
		return ERR_SYNTAX;
	text.p += strlen(PIN_PREFIX);
	text.n -= strlen(PIN_PREFIX);
	return hex_decode(out, 32, text);
}

/* Without a blank, a comma or what no list of names could hold. */
static bool
is_name(const char *s)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] <= ' ' || s[i] == ',' || s[i] == 127)
			return false;
	return n > 0;
}

static int
check_names(const struct yaml_node *list, struct err *e)
{
	const struct yaml_node *m = list == NULL ? NULL : list->first;

	for (; m != NULL; m = m->next)
		if (m->text.n == 0 || memchr(m->text.p, ' ', m->text.n) ||
		    memchr(m->text.p, ',', m->text.n))
			return yaml_error(e, m, "\"%.*s\"; want the name of a "
			    "collection, or \"*\"", (int)m->text.n,
			    m->text.p);
	return 0;
}

static int
check_client(const struct yaml_node *at, const struct settings_front *f,
    const struct settings_client *c, struct err *e)
{
	uint8_t pin[32];

	if (!is_name(c->name))
		return yaml_error(e, at, "name \"%s\"; want a name without "
		    "blanks and commas", c->name);
	if (c->pin[0] == '\0' && f->client_ca[0] == '\0')
		return yaml_error(e, at, "client %s has no pin, and the front "
		    "no client-ca that would vouch for its name; want one of "
		    "both", c->name);
	if (c->pin[0] != '\0' && settings_pin(str_of(c->pin), pin) != 0)
		return yaml_error(e, at, "client %s: pin \"%s\"; want sha256: "
		    "and 64 hexadecimal digits, as printed by: comityctl key "
		    "generate client FILE", c->name, c->pin);
	TRY(check_names(yaml_get(at, "read"), e));
	return check_names(yaml_get(at, "write"), e);
}

static void
default_rights(const struct yaml_node *at, struct settings_client *c)
{
	/* A list that was written, even an empty one, is meant. */
	if (yaml_get(at, "read") == NULL) {
		strcpy(c->read[0], "*");
		c->nread = 1;
	}
	if (yaml_get(at, "write") == NULL) {
		strcpy(c->write[0], "inbox");
		c->nwrite = 1;
	}
}

static int
check_clients(const struct yaml_node *front, struct settings_front *f,
    struct err *e)
{
	const struct yaml_node *at = yaml_get(front, "clients");

	at = at == NULL ? NULL : at->first;
	for (size_t i = 0; i < f->nclients && at != NULL; i++) {
		struct settings_client *c = &f->clients[i];

		TRY(check_client(at, f, c, e));
		default_rights(at, c);
		for (size_t k = 0; k < i; k++) {
			bool same = strcmp(f->clients[k].name, c->name) == 0;

			if (!same && (c->pin[0] == '\0' || strcasecmp(
			    f->clients[k].pin, c->pin) != 0))
				continue;
			return yaml_error(e, at, "client %s has the %s of "
			    "client %s; one tool, one entry", c->name,
			    same ? "name" : "pin", f->clients[k].name);
		}
		at = at->next;
	}
	return 0;
}

static bool
is_listened(const struct settings *s, size_t front)
{
	const char *address = s->fronts[front].listen;

	for (size_t i = 0; i < s->nlisten; i++)
		if (strcmp(s->listen[i], address) == 0)
			return true;
	for (size_t i = 0; i < front; i++)
		if (strcmp(s->fronts[i].listen, address) == 0)
			return true;
	return false;
}

static int
check_front(const struct yaml_node *at, struct settings *s, size_t i,
    struct err *e)
{
	struct settings_front *f = &s->fronts[i];

	if (!is_name(f->desk))
		return yaml_error(e, at, "desk \"%s\"; want the name of one of "
		    "our desks in the policy", f->desk);
	if ((f->certificate[0] == '\0') != (f->key[0] == '\0'))
		return yaml_error(e, at, "front of desk %s: want certificate "
		    "and key, or neither for the daemon's own", f->desk);
	for (size_t k = 0; k < i; k++)
		if (strcmp(s->fronts[k].desk, f->desk) == 0)
			return yaml_error(e, at, "desk %s has a front "
			    "already; one desk, one front", f->desk);
	if (is_listened(s, i))
		return yaml_error(e, yaml_get(at, "listen"), "listen %s is "
		    "taken already; want an address or port of its own",
		    f->listen);
	return check_clients(at, f, e);
}

int
settings_check_fronts(const struct yaml_node *root, struct settings *s,
    struct err *e)
{
	const struct yaml_node *at = yaml_get(root, "fronts");

	at = at == NULL ? NULL : at->first;
	for (size_t i = 0; i < s->nfronts && at != NULL; i++) {
		TRY(check_front(at, s, i, e));
		at = at->next;
	}
	return 0;
}

static int
check_desk(const struct yaml_node *at, const struct vocabulary *v,
    struct err *e)
{
	const char *ours[LABEL_DESKS_MAX], *near;
	size_t n = 0, skip = strlen(v->orgs.v[0]) + 1;

	for (size_t i = 0; i < v->desks.n; i++)
		if (strncmp(v->desks.v[i], v->orgs.v[0], skip - 1) == 0 &&
		    v->desks.v[i][skip - 1] == '/')
			ours[n++] = v->desks.v[i] + skip;
	for (size_t i = 0; i < n; i++)
		if (str_eqz(at->text, ours[i]))
			return 0;
	near = str_nearest(at->text, ours, n);
	if (near != NULL)
		return yaml_error(e, at, "desk \"%.*s\"; did you mean \"%s\"?",
		    (int)at->text.n, at->text.p, near);
	return yaml_error(e, at, "desk \"%.*s\" is no desk of ours in the "
	    "policy; want one of self: desks: there", (int)at->text.n,
	    at->text.p);
}

int
settings_check_desks(const char *file, struct str text,
    const struct vocabulary *v, struct err *e)
{
	AUTO(yaml_free) struct yaml_tree *t = yaml_parse(file, text, e);
	const struct yaml_node *fronts, *f;

	if (t == NULL)
		return ERR_CONF;
	fronts = yaml_get(yaml_root(t), "fronts");
	for (f = fronts == NULL ? NULL : fronts->first; f != NULL;
	    f = f->next) {
		const struct yaml_node *desk = yaml_get(f, "desk");

		if (desk != NULL)
			TRY(check_desk(desk, v, e));
	}
	return 0;
}
