/*
 * Who a tool is: the clients that the vault named, and what a connection or
 * a request shows of itself.  Pure.
 */
#ifndef FRONT_LOGIN_H
#define FRONT_LOGIN_H

#include "front/http_read.h"
#include "wire/msg_taxii.h"

struct logins;

/* logins_new(): nobody may log in. */
struct logins *logins_new(void);
void logins_free(struct logins *l);
MEM_AUTO(struct logins, logins_free);

/*
 * logins_set(l, payload): FRONT_CLIENTS came.  ERR_* of its decoder; l is as
 * it was then.
 */
int logins_set(struct logins *l, struct str payload) MUST_CHECK;

/* logins_known(l): it came at all; its title of our CERT, borrowed. */
bool logins_known(const struct logins *l);
const char *logins_title(const struct logins *l);

/* What the certificate of a connection says. */
struct login_certificate {
	bool presented, verified;	/* as struct tls_peer */
	struct digest pin;
	char name[256];
};

/*
 * logins_certificate(l, c, now): the client whose certificate that is, 0:
 * nobody's.
 */
uint32_t logins_certificate(const struct logins *l,
    const struct login_certificate *c, unix_ms_t now);

/*
 * login_secret(h, out): the token of the Authorization field, as a bearer
 * token (RFC 6750), also under the name "Token", or as the password of Basic
 * (RFC 7617), appended.  1; 0 if there is no such field; ERR_SYNTAX if it is
 * of another kind or malformed.
 */
int login_secret(const struct http_head *h, struct buf *out) MUST_CHECK;

/*
 * logins_token(l, secret, now): the client with that token, 0: nobody's.
 * How long it takes does not depend on the secret.
 */
uint32_t logins_token(const struct logins *l, struct str secret,
    unix_ms_t now);

#endif
