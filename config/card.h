/*
 * Peer cards (comity-protocol(7), CARDS): who a CERT is and how to reach
 * it, signed by its own identity key.  Exchanged once, out of band, and
 * compared by telephone with a short code.
 */
#ifndef CONFIG_CARD_H
#define CONFIG_CARD_H

#include "base/crypto.h"
#include "base/limits.h"
#include "base/unit.h"

#define CARD_ENDPOINTS_MAX 8
#define CARD_PINS_MAX 4
#define CARD_DESKS_MAX 32
#define CARD_USES_MAX 16
#define CARD_CODE_MAX 48
#define CARD_VOUCHES_MAX 16
#define CARD_VOUCH_BYTES_MAX 1024

struct card_desk {
	char name[NAME_MAX_BYTES];
	char uses[CARD_USES_MAX][NAME_MAX_BYTES];	/* declared domains */
	size_t nuses;
};

struct card {
	char cert_id[CERT_ID_MAX + 1];	/* a DNS name it controls */
	char name[128];			/* for people, UTF-8 */
	char country[3];		/* ISO 3166 alpha-2 */
	char endpoints[CARD_ENDPOINTS_MAX][CERT_ID_MAX + 8]; /* host:port */
	size_t nendpoints;		/* may be 0: it only dials */
	uint8_t identity[ED25519_PUBLIC_BYTES];
	struct digest pins[CARD_PINS_MAX];	/* SHA-256 of TLS SPKI */
	size_t npins;			/* current first, then next */
	struct card_desk desks[CARD_DESKS_MAX];
	size_t ndesks;
	unix_ms_t not_before, not_after;
	uint8_t signature[SIGNATURE_BYTES];
};

/*
 * card_sign(c, key, e): set identity from key and sign everything else;
 * ERR_CRYPTO.  card_encode(c, out): append the card's JSON text, canonical
 * (RFC 8785 over its strings and integers), one line.
 */
int card_sign(struct card *c, const struct sign_key *key, struct err *e)
    MUST_CHECK;
void card_encode(const struct card *c, struct buf *out);

/*
 * card_decode(text, now, out, e): read a card, check every field and the
 * signature; it may be countersigned.  ERR_CONF with e naming the field;
 * ERR_SIGNATURE ("card.json: signature does not verify ..."); ERR_VALUE if
 * now is outside its validity.
 */
int card_decode(struct str text, unix_ms_t now, struct card *out,
    struct err *e) MUST_CHECK;

/*
 * What others signed of it, in the order of the file: statements of
 * wire/msg_statement.h, which nobody has looked into.  They are no part of
 * the card, and its signature does not cover them.
 */
struct card_vouches {
	struct buf v[CARD_VOUCHES_MAX];		/* owned */
	size_t n;
};
void card_vouches_clear(struct card_vouches *w);
MEM_AUTO(struct card_vouches, card_vouches_clear);

/*
 * card_decode_all(text, now, out, vouches, e): as card_decode, and what the
 * card is countersigned with; vouches begins empty.  card_encode_all(c,
 * vouches, out): append both; what card_encode does if there are none.
 */
int card_decode_all(struct str text, unix_ms_t now, struct card *out,
    struct card_vouches *vouches, struct err *e) MUST_CHECK;
void card_encode_all(const struct card *c, const struct card_vouches *w,
    struct buf *out);

/*
 * card_code(c, dst): 30 decimal digits in six groups, from the SHA-256 of
 * identity key and CERT id: what two people read to each other.
 */
const char *card_code(const struct card *c, char dst[static CARD_CODE_MAX]);

#endif
