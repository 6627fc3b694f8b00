#include "front/login.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"

#define SECRET_MAX 1024

struct known {
	uint32_t number;
	uint8_t login;		/* enum taxii_login */
	char name[NAME_MAX_BYTES];
	struct digest digest;
	unix_ms_t expires;
};

struct logins {
	VEC(struct known) v;
	char title[256];
	bool known;
};

struct logins *
logins_new(void)
{
	return mem_new(struct logins);
}

void
logins_free(struct logins *l)
{
	if (l == NULL)
		return;
	vec_clear(&l->v);
	free(l);
}

int
logins_set(struct logins *l, struct str payload)
{
	AUTO(mem_free) struct taxii_client *v = mem_array(
	    struct taxii_client, TAXII_CLIENTS_MAX);
	struct msg_front_clients m = { .v = v, .n = TAXII_CLIENTS_MAX };

	TRY(msg_front_clients_decode(payload, &m));
	l->v.n = 0;
	for (size_t i = 0; i < m.n; i++) {
		struct known k = { m.v[i].number, m.v[i].login, "",
		    m.v[i].digest, m.v[i].expires };

		snprintf(k.name, sizeof(k.name), "%.*s", (int)m.v[i].name.n,
		    m.v[i].name.p);
		vec_push(&l->v, k);
	}
	snprintf(l->title, sizeof(l->title), "%.*s", (int)m.title.n,
	    m.title.p);
	l->known = true;
	return 0;
}

bool
logins_known(const struct logins *l)
{
	return l->known;
}

const char *
logins_title(const struct logins *l)
{
	return l->title;
}

uint32_t
logins_certificate(const struct logins *l, const struct login_certificate *c,
    unix_ms_t now)
{
	uint32_t named = 0;

	for (size_t i = 0; c->presented && i < l->v.n; i++) {
		const struct known *k = &l->v.v[i];

		if (k->expires.ms <= now.ms)
			continue;
		if (k->login == TAXII_LOGIN_PIN && digest_eq(&k->digest,
		    &c->pin))
			return k->number;
		if (k->login == TAXII_LOGIN_NAME && c->verified &&
		    strcmp(k->name, c->name) == 0)
			named = k->number;
	}
	return named;
}

/* The password behind the first colon of decoded user:password. */
static int
basic_secret(struct str value, struct buf *out)
{
	uint8_t text[SECRET_MAX];
	const uint8_t *colon;
	size_t n;
	int rc = base64_decode(text, sizeof(text), value, &n);

	if (rc != 0)
		return ERR_SYNTAX;
	colon = n == 0 ? NULL : memchr(text, ':', n);
	if (colon != NULL)
		buf_add(out, colon + 1, (size_t)(text + n - colon - 1));
	crypto_wipe(text, sizeof(text));
	return colon == NULL ? ERR_SYNTAX : 1;
}

int
login_secret(const struct http_head *h, struct buf *out)
{
	struct str value = http_head_field(h, "Authorization", 0);
	const char *name = value.p;
	size_t scheme = 0;

	if (value.p == NULL)
		return 0;
	while (scheme < value.n && value.p[scheme] != ' ')
		scheme++;
	value.p += scheme;
	value.n -= scheme;
	while (value.n > 0 && value.p[0] == ' ') {
		value.p++;
		value.n--;
	}
	if (value.n == 0 || value.n > SECRET_MAX ||
	    memchr(value.p, ' ', value.n) != NULL)
		return ERR_SYNTAX;
	if (scheme == 5 && strncasecmp(name, "Basic", 5) == 0)
		return basic_secret(value, out);
	/* "Token" is what deployed TAXII clients say for Bearer. */
	if (!(scheme == 6 && strncasecmp(name, "Bearer", 6) == 0) &&
	    !(scheme == 5 && strncasecmp(name, "Token", 5) == 0))
		return ERR_SYNTAX;
	buf_add(out, value.p, value.n);
	return 1;
}

/* Whether two digests are the same, in the same time always. */
static bool
digest_same(const struct digest *a, const struct digest *b)
{
	volatile uint8_t differ = 0;

	for (size_t i = 0; i < DIGEST_BYTES; i++)
		differ = (uint8_t)(differ | (a->b[i] ^ b->b[i]));
	return differ == 0;
}

uint32_t
logins_token(const struct logins *l, struct str secret, unix_ms_t now)
{
	struct digest d = sha256_of(secret.p, secret.n);
	uint32_t found = 0;

	for (size_t i = 0; i < l->v.n; i++) {
		const struct known *k = &l->v.v[i];

		if (digest_same(&k->digest, &d) &&
		    k->login == TAXII_LOGIN_TOKEN && k->expires.ms > now.ms)
			found = k->number;
	}
	return found;
}
