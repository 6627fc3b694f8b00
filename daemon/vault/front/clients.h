/*
 * Who may log in to the front of one desk, and what each may read and
 * write: the clients of comityd.yaml and the tokens.
 */
#ifndef VAULT_FRONT_CLIENTS_H
#define VAULT_FRONT_CLIENTS_H

#include "vault/token.h"
#include "wire/msg_taxii.h"

struct front_client {
	uint32_t number;	/* for the life of this vault */
	uint8_t login;		/* enum taxii_login */
	char name[NAME_MAX_BYTES];
	struct digest digest;
	unix_ms_t expires;
	struct token_list read, write;
};

struct front_clients {
	VEC(struct front_client) v;
};

/*
 * front_clients_make(v, tokens, desk, next, inout): as settings and tokens
 * say it now.  Who stays as it was keeps its number; others get the next
 * ones.  Returns whether anything changed.
 */
struct front_clients_from {
	const struct vault *v;
	const struct tokens *tokens;
	const char *desk;
	uint32_t *next;		/* the next number to give */
};
bool front_clients_make(const struct front_clients_from *from,
    struct front_clients *inout);
void front_clients_clear(struct front_clients *c);

/* front_client_find(c, number, now): NULL: none, or it has expired. */
const struct front_client *front_client_find(const struct front_clients *c,
    uint32_t number, unix_ms_t now);

/* front_clients_encode(c, desk, title, out): the message FRONT_CLIENTS. */
int front_clients_encode(const struct front_clients *c, const char *desk,
    const char *title, struct buf *out) MUST_CHECK;

#endif
