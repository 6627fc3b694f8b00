/*
 * Keys and cards of this instance: init, key, card.
 */
#include "ctl/keys.h"

#include <string.h>
#include <sys/stat.h>

#include "ctl/card_edit.h"
#include "ctl/card_vouch.h"
#include "ctl/client.h"
#include "ctl/files.h"
#include "ctl/operator.h"
#include "ctl/starter.h"
#include "ctl/table.h"
#include "ctl/key_tool.h"
#include "ctl/tls_make.h"

int
key_make_identity(const struct ctl *c, struct err *e)
{
	AUTO(sign_key_free) struct sign_key *key = sign_key_generate();
	AUTO_BUF struct buf pem = { 0 };
	char path[CTL_PATH_MAX];
	int rc;

	TRY(sign_key_to_pem(key, &pem));
	rc = file_write(file_path(path, c->at.state, "identity.key"), 0600,
	    buf_str(&pem), e);
	crypto_wipe(pem.p, pem.n);
	return rc;
}

int
key_make_tls(const struct ctl *c, const char *cert_id, const char *stem,
    struct err *e)
{
	AUTO_BUF struct buf key = { 0 }, crt = { 0 };
	char path[CTL_PATH_MAX], name[32];
	int rc;

	TRY(tls_make(cert_id, TLS_DAYS, &key, &crt, e));
	(void)snprintf(name, sizeof(name), "%s.key", stem);
	rc = file_write(file_path(path, c->at.state, name), 0600,
	    buf_str(&key), e);
	crypto_wipe(key.p, key.n);
	TRY(rc);
	(void)snprintf(name, sizeof(name), "%s.crt", stem);
	return file_write(file_path(path, c->at.state, name), 0644,
	    buf_str(&crt), e);
}

/* The instance's directories, keys, card and configuration. */
static int
init_make(struct ctl *c, const struct card_edit *x, struct card *card,
    struct err *e)
{
	char path[CTL_PATH_MAX];
	AUTO_BUF struct buf settings = { 0 }, policy = { 0 };

	TRY(card_apply(x, card, now_ms(), e));
	TRY(file_make_dir(c->at.config, 0755, e));
	TRY(file_make_dir(file_path(path, c->at.config, "peers.d"), 0755, e));
	TRY(file_make_dir(c->at.state, 0700, e));
	TRY(key_make_identity(c, e));
	TRY(key_make_tls(c, card->cert_id, "tls", e));
	TRY(card_issue(c, card, e));
	starter_settings(card, &settings);
	TRY(file_write(file_path(path, c->at.config, "comityd.yaml"), 0644,
	    buf_str(&settings), e));
	starter_policy(card, &policy);
	return file_write(file_path(path, c->at.config, "policy.yaml"), 0644,
	    buf_str(&policy), e);
}

/* `init DIR` names the instance itself, so -C is not needed with it. */
static int
init_locate(struct ctl *c)
{
	char path[CTL_PATH_MAX];
	const char *dir = c->argv[0];

	if (strlen(dir) > CTL_PATH_MAX / 2)
		return ctl_usage(c, "DIR: path too long");
	(void)snprintf(c->at.dir, CTL_PATH_MAX, "%s", dir);
	file_path(c->at.config, dir, "config");
	file_path(c->at.state, dir, "state");
	file_path(c->at.socket, c->at.state, "control.sock");
	c->at.explicit = true;
	if (file_exists(file_path(path, c->at.state, "identity.key")))
		return ctl_fail(c, CTL_REFUSED, "comityctl -C DIR card sign "
		    "changes its card; remove the directory to start over",
		    "%s: an instance is there already", dir);
	return 0;
}

int
cmd_init(struct ctl *c)
{
	struct card_edit x = { 0 };
	struct card card = { 0 };
	struct err e = { 0 };
	const struct ctl_option options[] = {
		CARD_EDIT_OPTIONS(&x),
		{ "cert-id", NULL, &x.cert_id, 1 },
	};
	char code[CARD_CODE_MAX];
	int rc;

	CTL_OPTIONS(c, options, 1, 1);
	if (x.cert_id == NULL || x.name == NULL || x.country == NULL)
		return ctl_usage(c, "--cert-id, --name and --country are "
		    "needed");
	if (x.desk[0] == NULL)
		x.desk[0] = "ops=secops";
	rc = init_locate(c);
	if (rc != 0)
		return rc;
	if (init_make(c, &x, &card, &e) < 0)
		return ctl_fail_err(c, &e, NULL);
	if (c->json) {
		AUTO_JSON json_t *j = card_to_json(&card);

		reply_print(j);
		return CTL_DONE;
	}
	printf("%s is ready in %s\n", card.cert_id, c->at.dir);
	table_line(stdout, "card", "%s/card.json", c->at.state);
	table_line(stdout, "code", "%s", card_code(&card, code));
	table_line(stdout, "next", "edit %s/policy.yaml, then run comityd "
	    "-c %s", c->at.config, c->at.config);
	return CTL_DONE;
}

int
cmd_card_show(struct ctl *c)
{
	struct card card;
	struct card_vouches all = { .n = 0 };
	AUTO(card_vouches_clear) struct card_vouches *w = &all;
	AUTO_JSON json_t *vouches = NULL;
	struct err e = { 0 };
	char path[CTL_PATH_MAX];
	const char *file;

	CTL_NO_OPTIONS(c, 0, 1);
	file = c->argc > 0 ? c->argv[0] :
	    file_path(path, c->at.state, "card.json");
	if (card_load_all(file, now_ms(), &card, w, &e) < 0)
		return ctl_fail_err(c, &e, c->argc > 0 ?
		    "ask that CERT for its card again" :
		    "comityctl card sign issues it anew");
	vouches = vouches_json(&card, w);
	if (c->json) {
		AUTO_JSON json_t *j = card_to_json(&card);

		json_object_set(j, "vouches", vouches);
		reply_print(j);
	} else {
		card_print(&card);
		vouches_print(stdout, vouches);
	}
	return CTL_DONE;
}

/* Read our card even when it has expired: signing it anew mends that. */
static int
card_load_own(const struct ctl *c, struct card *out, struct err *e)
{
	AUTO_BUF struct buf text = { 0 };
	char path[CTL_PATH_MAX];

	TRY(file_read(file_path(path, c->at.state, "card.json"),
	    CARD_BYTES_MAX, &text, e));
	return card_decode(buf_str(&text), card_begin(buf_str(&text)), out,
	    e);
}

int
cmd_card_sign(struct ctl *c)
{
	struct card_edit x = { 0 };
	struct card card;
	struct err e = { 0 };
	const struct ctl_option options[] = { CARD_EDIT_OPTIONS(&x) };
	AUTO_JSON json_t *j = NULL;

	CTL_OPTIONS(c, options, 0, 0);
	if (card_load_own(c, &card, &e) < 0 ||
	    card_apply(&x, &card, now_ms(), &e) < 0 ||
	    card_issue(c, &card, &e) < 0)
		return ctl_fail_err(c, &e, NULL);
	if (c->json) {
		j = card_to_json(&card);
		reply_print(j);
		return CTL_DONE;
	}
	card_print(&card);
	fprintf(stderr, "send %s/card.json to your peers; the code stays the "
	    "same while the identity key does\n", c->at.state);
	return CTL_DONE;
}

/* Is the key file for its owner only? */
static const char *
key_file_state(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return "missing";
	return (st.st_mode & 077) != 0 ? "readable by others: chmod 600" :
	    "ok";
}

/* One certificate's row; next ones may be missing. */
static void
show_tls(const struct ctl *c, const char *stem, json_t *out)
{
	AUTO_BUF struct buf pem = { 0 };
	char path[CTL_PATH_MAX], name[32], pin[2 * DIGEST_BYTES + 1];
	char to[TIME_TEXT_MAX];
	struct tls_facts f;
	struct err e = { 0 };
	long long days;

	(void)snprintf(name, sizeof(name), "%s.crt", stem);
	if (file_read(file_path(path, c->at.state, name), CARD_BYTES_MAX,
	    &pem, &e) < 0 || tls_read(buf_str(&pem), &f, &e) < 0) {
		if (!c->json && strcmp(stem, "tls") == 0)
			table_line(stdout, "TLS", "%s", e.text);
		return;
	}
	hex_encode(pin, f.pin.b, DIGEST_BYTES);
	days = (f.not_after.ms - now_ms().ms) / DAY(1);
	time_format(to, f.not_after);
	json_object_set_new(out, stem, json_pack("{s:s, s:s, s:I}", "pin", pin,
	    "not_after", to, "days_left", (json_int_t)days));
	if (!c->json)
		table_line(stdout, strcmp(stem, "tls") == 0 ? "TLS pin" :
		    "next TLS pin", "%s, until %s (%lld days)", pin, to, days);
}

int
cmd_key_show(struct ctl *c)
{
	AUTO(sign_key_free) struct sign_key *key = NULL;
	AUTO_BUF struct buf pem = { 0 };
	AUTO_JSON json_t *j = NULL;
	char path[CTL_PATH_MAX], text[2 * ED25519_PUBLIC_BYTES + 1];
	uint8_t pub[ED25519_PUBLIC_BYTES];
	struct err e = { 0 };

	CTL_NO_OPTIONS(c, 0, 0);
	if (file_read(file_path(path, c->at.state, "identity.key"),
	    CARD_BYTES_MAX, &pem, &e) < 0)
		return ctl_fail_err(c, &e, "comityctl init makes an instance; "
		    "-C DIR names one");
	key = sign_key_from_pem(buf_str(&pem), &e);
	crypto_wipe(pem.p, pem.n);
	if (key == NULL)
		return ctl_fail(c, CTL_REFUSED, NULL, "%s: %s", path, e.text);
	sign_key_public(key, pub);
	hex_encode(text, pub, sizeof(pub));
	j = json_pack("{s:i, s:b, s:s, s:s}", "v", 1, "ok", 1, "identity",
	    text, "identity_file", key_file_state(path));
	if (!c->json) {
		table_line(stdout, "identity key", "%s", text);
		table_line(stdout, "key file", "%s (%s)", path,
		    key_file_state(path));
	}
	show_tls(c, "tls", j);
	show_tls(c, "tls-next", j);
	if (c->json)
		reply_print(j);
	return CTL_DONE;
}

int
cmd_key_generate(struct ctl *c)
{
	struct key_tool k = { .replace = false };
	const struct ctl_option options[] = {
		{ "replace", &k.replace, NULL, 0 },
		{ "host", NULL, k.hosts, KEY_HOSTS_MAX - 1 },
	};
	struct card card;
	struct err e = { 0 };
	char path[CTL_PATH_MAX], name[32];
	const char *which;
	int rc;

	CTL_OPTIONS(c, options, 1, 2);
	which = c->argv[0];
	k.client = strcmp(which, "client") == 0;
	if (strcmp(which, "operator") == 0 || strcmp(which, "front") == 0 ||
	    k.client) {
		k.stem = c->argv[1];
		if (c->argc != 2)
			return ctl_usage(c, "%s: want the FILE for its key",
			    which);
		return strcmp(which, "operator") == 0 ?
		    operator_key_make(c, c->argv[1], k.replace) :
		    key_tool_make(c, &k);
	}
	if (c->argc == 2)
		return ctl_usage(c, "one argument too many: %s", c->argv[1]);
	if (strcmp(which, "identity") != 0 && strcmp(which, "tls") != 0 &&
	    strcmp(which, "tls-next") != 0)
		return ctl_usage(c, "want identity, tls, tls-next, operator, "
		    "front or client");
	(void)snprintf(name, sizeof(name), "%s.key", which);
	file_path(path, c->at.state, name);
	if (file_exists(path) && !k.replace)
		return ctl_fail(c, CTL_REFUSED, "--replace makes a new one; "
		    "peers must then learn the new card", "%s exists", path);
	if (card_load_own(c, &card, &e) < 0)
		return ctl_fail_err(c, &e, NULL);
	rc = strcmp(which, "identity") == 0 ? key_make_identity(c, &e) :
	    key_make_tls(c, card.cert_id, which, &e);
	if (rc < 0)
		return ctl_fail_err(c, &e, NULL);
	if (c->json)
		printf("{\"v\":1,\"ok\":true,\"path\":\"%s\"}\n", path);
	else
		printf("%s\n", path);
	fprintf(stderr, "next: comityctl card sign, and send the card to "
	    "your peers\n");
	return CTL_DONE;
}
