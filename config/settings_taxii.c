#include "config/settings_taxii.h"

#include <string.h>

#define HTTPS "https://"

#define TEXT(f, k, name, def, help) \
	OPT_TEXT(settings_taxii_peer, f, OPTION_##k, name, def, help)

const struct option settings_taxii_options[] = {
	TEXT(peer, NAME, "peer", NULL,
	    "Its CERT id, by which the policy knows it."),
	TEXT(url, TEXT, "url", NULL,
	    "The API root of its TAXII 2.1 server, https://..."),
	OPT_LIST(settings_taxii_peer, poll, npoll, OPTION_TEXT, "poll",
	    "Collections to fetch from, by id or alias."),
	TEXT(push, TEXT, "push", "",
	    "The collection that gets what the policy releases to it."),
	OPT_NUMBER(settings_taxii_peer, interval_ms, OPTION_DURATION,
	    "interval", 1000, INT64_C(86400000), "5m",
	    "How long to wait between two polls."),
	TEXT(certificate, TEXT, "certificate", "",
	    "Our certificate to log in with, a file."),
	TEXT(key, TEXT, "key", "", "The key of that certificate, a file."),
	TEXT(ca, TEXT, "ca", "",
	    "Who vouches for the server's certificate, a file; by default "
	    "whom the system trusts."),
	TEXT(user, TEXT, "user", "",
	    "The user name to log in with; the secret is its password."),
	TEXT(secret_file, TEXT, "secret-file", "",
	    "A file with the password, or without a user with the token."),
	OPT_END
};

/* Goes into a request as it is: only what needs no escaping there. */
static bool
is_collection(const char *s)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~";

	return s[0] != '\0' && s[strspn(s, ok)] == '\0' &&
	    strcmp(s, ".") != 0 && strcmp(s, "..") != 0;
}

/* "https://host/path": no user, no query, nothing that is not printable. */
static bool
is_url(const char *s)
{
	size_t host;

	if (strncmp(s, HTTPS, strlen(HTTPS)) != 0)
		return false;
	host = strcspn(s + strlen(HTTPS), "/");
	for (const char *p = s; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 127 ||
		    strchr("?#@\\\"<>{}|^`", *p) != NULL)
			return false;
	return host > 0;
}

static int
check_collections(const struct yaml_node *at,
    const struct settings_taxii_peer *p, struct err *e)
{
	for (size_t i = 0; i < p->npoll; i++)
		if (!is_collection(p->poll[i]))
			return yaml_error(e, yaml_get(at, "poll"),
			    "collection \"%s\"; want the id or alias of a "
			    "collection, as the server lists it",
			    p->poll[i]);
	if (p->push[0] != '\0' && !is_collection(p->push))
		return yaml_error(e, yaml_get(at, "push"), "collection "
		    "\"%s\"; want the id or alias of a collection, as the "
		    "server lists it", p->push);
	if (p->npoll == 0 && p->push[0] == '\0')
		return yaml_error(e, at, "TAXII peer %s is neither polled "
		    "nor pushed to; want poll, push or both", p->peer);
	return 0;
}

static int
check_login(const struct yaml_node *at, const struct settings_taxii_peer *p,
    struct err *e)
{
	if ((p->certificate[0] == '\0') != (p->key[0] == '\0'))
		return yaml_error(e, at, "TAXII peer %s: want certificate "
		    "and key, or neither", p->peer);
	if (p->user[0] != '\0' && p->secret_file[0] == '\0')
		return yaml_error(e, at, "TAXII peer %s: user %s has no "
		    "password; want secret-file", p->peer, p->user);
	if (strchr(p->user, ':') != NULL)
		return yaml_error(e, yaml_get(at, "user"), "user \"%s\"; a "
		    "user name for HTTP has no \":\"", p->user);
	return 0;
}

static int
check_peer(const struct yaml_node *at, struct settings *s, size_t i,
    struct err *e)
{
	struct settings_taxii_peer *p = &s->taxii_peers[i];
	size_t n = strlen(p->url);

	if (!is_url(p->url) || n + 2 > sizeof(p->url))
		return yaml_error(e, yaml_get(at, "url"), "url \"%s\"; want "
		    "https://HOST/API-ROOT/ without a user, a query or a "
		    "fragment", p->url);
	if (p->url[n - 1] != '/')
		strcpy(p->url + n, "/");
	if (strcmp(p->peer, s->cert_id) == 0)
		return yaml_error(e, yaml_get(at, "peer"), "peer %s is this "
		    "CERT itself", p->peer);
	for (size_t k = 0; k < i; k++)
		if (strcmp(s->taxii_peers[k].peer, p->peer) == 0)
			return yaml_error(e, yaml_get(at, "peer"), "peer %s "
			    "is there already; one server, one entry",
			    p->peer);
	TRY(check_collections(at, p, e));
	return check_login(at, p, e);
}

int
settings_check_taxii(const struct yaml_node *root, struct settings *s,
    struct err *e)
{
	const struct yaml_node *at = yaml_get(root, "taxii-peers");

	at = at == NULL ? NULL : at->first;
	for (size_t i = 0; i < s->ntaxii_peers && at != NULL; i++) {
		TRY(check_peer(at, s, i, e));
		at = at->next;
	}
	return 0;
}
