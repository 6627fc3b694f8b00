#include "ctl/card_edit.h"

#include <ctype.h>
#include <string.h>

#include "config/schema.h"
#include "ctl/files.h"
#include "ctl/table.h"
#include "ctl/tls_make.h"

#define CARD_DAYS 730
#define CARD_DAYS_MAX 3660

static bool
name_ok(struct str s)
{
	if (s.n == 0 || s.n >= NAME_MAX_BYTES)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!islower((unsigned char)s.p[i]) &&
		    !isdigit((unsigned char)s.p[i]) &&
		    (s.p[i] != '-' || i == 0))
			return false;
	return true;
}

/* "ops=secops,law" into one desk. */
static int
desk_parse(const char *text, struct card_desk *out, struct err *e)
{
	const char *eq = strchr(text, '=');
	struct card_desk d = { 0 };
	const char *p = eq == NULL ? "" : eq + 1;

	if (eq == NULL || !name_ok((struct str){ text, (size_t)(eq - text) }))
		return err_set(e, ERR_USAGE,
		    "--desk %s: want NAME=USE[,USE], in lower case", text);
	memcpy(d.name, text, (size_t)(eq - text));
	while (*p != '\0') {
		struct str use = { p, strcspn(p, ",") };

		if (!name_ok(use) || d.nuses == CARD_USES_MAX)
			return err_set(e, ERR_USAGE, "--desk %s: use \"%.*s\" "
			    "is no name, or one too many", text, (int)use.n,
			    use.p);
		memcpy(d.uses[d.nuses++], use.p, use.n);
		p += use.n + (p[use.n] == ',');
	}
	if (d.nuses == 0)
		return err_set(e, ERR_USAGE, "--desk %s: a desk without a "
		    "use could do nothing", text);
	*out = d;
	return 0;
}

static int
apply_names(const struct card_edit *x, struct card *c, struct err *e)
{
	if (x->cert_id != NULL) {
		if (!schema_is_name(str_of(x->cert_id)))
			return err_set(e, ERR_USAGE, "--cert-id %s: want a "
			    "DNS name in lower case", x->cert_id);
		(void)snprintf(c->cert_id, sizeof(c->cert_id), "%s",
		    x->cert_id);
	}
	if (x->name != NULL) {
		if (x->name[0] == '\0' || strlen(x->name) >= sizeof(c->name) ||
		    !str_is_utf8(str_of(x->name)))
			return err_set(e, ERR_USAGE, "--name: want 1 to %zu "
			    "bytes of UTF-8", sizeof(c->name) - 1);
		(void)snprintf(c->name, sizeof(c->name), "%s", x->name);
	}
	if (x->country != NULL) {
		if (!schema_is_country(str_of(x->country)))
			return err_set(e, ERR_USAGE, "--country %s: want two "
			    "capital letters (ISO 3166)", x->country);
		(void)snprintf(c->country, sizeof(c->country), "%s",
		    x->country);
	}
	return 0;
}

static int
apply_lists(const struct card_edit *x, struct card *c, struct err *e)
{
	if (x->listen[0] != NULL)
		c->nendpoints = 0;
	for (size_t i = 0; i < CARD_ENDPOINTS_MAX && x->listen[i]; i++) {
		if (!schema_is_address(str_of(x->listen[i])))
			return err_set(e, ERR_USAGE,
			    "--listen %s: want HOST:PORT", x->listen[i]);
		(void)snprintf(c->endpoints[c->nendpoints++],
		    sizeof(c->endpoints[0]), "%s", x->listen[i]);
	}
	if (x->desk[0] != NULL)
		c->ndesks = 0;
	for (size_t i = 0; i < CARD_DESKS_MAX && x->desk[i] != NULL; i++)
		TRY(desk_parse(x->desk[i], &c->desks[c->ndesks++], e));
	return 0;
}

int
card_apply(const struct card_edit *x, struct card *c, unix_ms_t now,
    struct err *e)
{
	uint64_t days = CARD_DAYS;

	TRY(apply_names(x, c, e));
	TRY(apply_lists(x, c, e));
	if (x->days != NULL && (str_to_u64(str_of(x->days), &days) < 0 ||
	    days == 0 || days > CARD_DAYS_MAX))
		return err_set(e, ERR_USAGE, "--days %s: want 1 to %d",
		    x->days, CARD_DAYS_MAX);
	/* An hour back: the peer's clock may be a little behind. */
	c->not_before.ms = now.ms - HOUR(1);
	c->not_after.ms = now.ms + DAY((int64_t)days);
	return 0;
}

int
card_load(const char *path, unix_ms_t now, struct card *out, struct err *e)
{
	struct card_vouches w = { .n = 0 };
	int rc = card_load_all(path, now, out, &w, e);

	card_vouches_clear(&w);
	return rc;
}

int
card_load_all(const char *path, unix_ms_t now, struct card *out,
    struct card_vouches *vouches, struct err *e)
{
	AUTO_BUF struct buf text = { 0 };
	int rc;

	TRY(file_read(path, CARD_BYTES_MAX, &text, e));
	rc = card_decode_all(buf_str(&text), now, out, vouches, e);
	if (rc < 0) {
		char why[ERR_TEXT_MAX];

		(void)snprintf(why, sizeof(why), "%s", e->text);
		return err_set(e, rc, "%s: %s", path, why);
	}
	return 0;
}

static void
desk_text(const struct card_desk *d, struct buf *out)
{
	buf_addf(out, "%s (", d->name);
	for (size_t i = 0; i < d->nuses; i++)
		buf_addf(out, "%s%s", i > 0 ? ", " : "", d->uses[i]);
	buf_addc(out, ')');
}

void
card_print(const struct card *c)
{
	char code[CARD_CODE_MAX], key[2 * ED25519_PUBLIC_BYTES + 1];
	char from[TIME_TEXT_MAX], to[TIME_TEXT_MAX];

	hex_encode(key, c->identity, ED25519_PUBLIC_BYTES);
	table_line(stdout, "CERT id", "%s", c->cert_id);
	table_line(stdout, "name", "%s", c->name);
	table_line(stdout, "country", "%s", c->country);
	for (size_t i = 0; i < c->nendpoints; i++)
		table_line(stdout, "endpoint", "%s", c->endpoints[i]);
	for (size_t i = 0; i < c->ndesks; i++) {
		AUTO_BUF struct buf b = { 0 };

		desk_text(&c->desks[i], &b);
		table_line(stdout, "desk", "%s", b.p);
	}
	table_line(stdout, "identity key", "%s", key);
	for (size_t i = 0; i < c->npins; i++) {
		char pin[2 * DIGEST_BYTES + 1];

		hex_encode(pin, c->pins[i].b, DIGEST_BYTES);
		table_line(stdout, i == 0 ? "TLS pin" : "next TLS pin", "%s",
		    pin);
	}
	table_line(stdout, "valid", "%s to %s", time_format(from,
	    c->not_before), time_format(to, c->not_after));
	table_line(stdout, "code", "%s", card_code(c, code));
}

json_t *
card_to_json(const struct card *c)
{
	AUTO_BUF struct buf text = { 0 };
	char code[CARD_CODE_MAX];
	json_t *j;

	card_encode(c, &text);
	j = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	if (j == NULL)
		j = json_object();
	return json_pack("{s:i, s:b, s:o, s:s}", "v", 1, "ok", 1, "card", j,
	    "code", card_code(c, code));
}

unix_ms_t
card_begin(struct str text)
{
	json_t *j = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, NULL);
	unix_ms_t begin = { json_integer_value(json_object_get(j,
	    "not_before_ms")) };

	json_decref(j);
	return begin;
}

/*
 * What the card that is there was countersigned with: it is about the
 * identity key, and holds while that stays.
 */
static void
add_vouches(const char *path, const struct card *card,
    struct card_vouches *out)
{
	AUTO(mem_free) struct card *was = mem_new(struct card);
	AUTO_BUF struct buf text = { 0 };
	struct err e = { 0 };

	if (!file_exists(path) ||
	    file_read(path, CARD_BYTES_MAX, &text, &e) < 0)
		return;
	if (card_decode_all(buf_str(&text), card_begin(buf_str(&text)), was,
	    out, &e) == 0 && memcmp(was->identity, card->identity,
	    sizeof(was->identity)) != 0)
		card_vouches_clear(out);
}

/* Put the pin of one certificate file, if it is there, into the card. */
static int
add_pin(const struct ctl *c, const char *name, bool needed,
    struct card *card, struct err *e)
{
	AUTO_BUF struct buf pem = { 0 };
	char path[CTL_PATH_MAX];
	struct tls_facts facts;

	file_path(path, c->at.state, name);
	if (!needed && !file_exists(path))
		return 0;
	TRY(file_read(path, CARD_BYTES_MAX, &pem, e));
	if (tls_read(buf_str(&pem), &facts, e) < 0)
		return err_set(e, ERR_CONF, "%s: not a PEM certificate",
		    path);
	card->pins[card->npins++] = facts.pin;
	return 0;
}

int
card_issue(const struct ctl *c, struct card *card, struct err *e)
{
	AUTO(sign_key_free) struct sign_key *key = NULL;
	struct card_vouches all = { .n = 0 };
	AUTO(card_vouches_clear) struct card_vouches *vouches = &all;
	AUTO_BUF struct buf pem = { 0 }, text = { 0 };
	char path[CTL_PATH_MAX];

	TRY(file_read(file_path(path, c->at.state, "identity.key"),
	    CARD_BYTES_MAX, &pem, e));
	key = sign_key_from_pem(buf_str(&pem), e);
	crypto_wipe(pem.p, pem.n);
	if (key == NULL)
		return e->code;
	card->npins = 0;
	TRY(add_pin(c, "tls.crt", true, card, e));
	TRY(add_pin(c, "tls-next.crt", false, card, e));
	TRY(card_sign(card, key, e));
	file_path(path, c->at.state, "card.json");
	add_vouches(path, card, vouches);
	card_encode_all(card, vouches, &text);
	buf_addc(&text, '\n');
	return file_write(path, 0644, buf_str(&text), e);
}
