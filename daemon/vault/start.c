#include "vault/vault.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "config/file_set.h"
#include "gate/embargo.h"
#include "host/clock.h"
#include "host/confine.h"
#include "host/log.h"
#include "host/secret.h"
#include "net/loop.h"
#include "net/timer.h"
#include "vault/apply.h"
#include "vault/circle.h"
#include "vault/consult/consult.h"
#include "vault/consult/question.h"
#include "vault/consult/wish.h"
#include "vault/control/control.h"
#include "vault/feeds.h"
#include "vault/front/front.h"
#include "vault/inbound.h"
#include "vault/member.h"
#include "vault/peer.h"
#include "vault/posture.h"
#include "vault/supervisor_link.h"
#include "vault/trust/answer.h"
#include "vault/trust/corroboration.h"
#include "vault/trust/evidence.h"
#include "vault/trust/opinions.h"
#include "vault/trust/standing.h"
#include "vault/trust/statement.h"
#include "vault/warn.h"

enum { EXIT_INTERNAL = 70, EXIT_IO = 74, EXIT_CONF = 78 };

#define MAINTAIN_BUDGET_MS 5
#define SAVE_EVERY_MS SEC(1)
#define FORGET_EVERY_S 60
#define LOOK_AGAIN_EVERY_S 86400

/* ---- the identity key ---- */

static int
open_key(struct vault *v, struct err *e)
{
	AUTO_BUF struct buf pem = { 0 };
	struct stat st;
	int fd = open(v->key_file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), rc;

	if (fd < 0)
		return err_set(e, ERR_CONF, "%s: %s; make one with: "
		    "comityctl key generate", v->key_file, strerror(errno));
	if (fstat(fd, &st) != 0 || (st.st_mode & 077) != 0) {
		close(fd);
		return err_set(e, ERR_CONF, "%s: others can read it: chmod "
		    "0600 %s", v->key_file, v->key_file);
	}
	rc = secret_read(fd, &pem);
	if (rc != 0)
		return err_set(e, rc, "%s: cannot be read", v->key_file);
	v->key = sign_key_from_pem(buf_str(&pem), e);
	crypto_wipe(pem.p, pem.n);
	return v->key == NULL ? ERR_CONF : 0;
}

/* ---- the rest ---- */

/* The larger of the two limits counts. */
static uint64_t
disk_free_min(const struct vault *v)
{
	const struct settings_limits *l = &v->settings->limits;
	uint64_t percent = 0;
	struct statvfs fs;

	if (statvfs(v->state_dir, &fs) == 0)
		percent = (uint64_t)fs.f_blocks * fs.f_frsize / 100 *
		    (uint64_t)l->disk_free_percent;
	return percent > (uint64_t)l->disk_free_bytes ? percent :
	    (uint64_t)l->disk_free_bytes;
}

static int
open_store(struct vault *v, struct err *e)
{
	struct store_options o = { .dir = v->state_dir, .create = true,
	    .cache_bytes = (size_t)v->settings->store_cache_bytes,
	    .free_bytes_min = disk_free_min(v) };
	int rc;

	v->store = store_open(&o, e);
	if (v->store == NULL)
		return e->code == 0 ? ERR_STORE : e->code;
	store_epoch(v->store, v->epoch);
	rc = audit_open(v->store, &v->audit);
	return rc == 0 ? 0 : err_set(e, rc, "the log does not read: %s",
	    err_text(rc));
}

static const struct verify_key *
own_and_peers_keys(void *arg, const char *cert_id)
{
	struct vault *v = arg;

	if (strcmp(cert_id, v->cert_id) == 0)
		return v->own_key;
	return peers_keys(v->peers, cert_id);
}

struct gate_options
vault_gate_options(struct vault *v)
{
	return (struct gate_options){ .store = v->store,
	    .audit = v->audit, .key = v->key, .cert_id = v->cert_id,
	    .keys = own_and_peers_keys, .keys_arg = v };
}

static int
open_gate(struct vault *v, struct err *e)
{
	struct gate_options options;
	uint8_t public[ED25519_PUBLIC_BYTES];
	int rc;

	sign_key_public(v->key, public);
	v->own_key = verify_key_new(public);
	options = vault_gate_options(v);
	v->gate = gate_new(&options);
	v->feeds = feeds_new(v);
	v->opinions = opinions_new(v);
	rc = postures_open(v, &v->postures);
	if (rc < 0)
		return err_set(e, rc, "the stored postures do not read: %s",
		    err_text(rc));
	rc = consult_open(v, &v->consult);
	if (rc == 0)
		rc = members_open(v, &v->members);
	if (rc == 0)
		rc = questions_open(v, &v->questions);
	if (rc == 0)
		rc = wishes_open(v, &v->wishes);
	if (rc < 0)
		return err_set(e, rc, "the stored cases do not read: %s",
		    err_text(rc));
	rc = fronts_open(v, &v->fronts);
	if (rc < 0)
		return err_set(e, rc, "the stored tokens do not read: %s",
		    err_text(rc));
	rc = circles_open(v, &v->circles);
	if (rc < 0)
		return err_set(e, rc, "the stored circles do not read: %s",
		    err_text(rc));
	rc = evidence_open(v, &v->evidence);
	if (rc < 0)
		return err_set(e, rc, "the stored evidence does not read: %s",
		    err_text(rc));
	rc = statements_open(v, &v->statements);
	if (rc < 0)
		return err_set(e, rc, "the stored statements do not read: "
		    "%s", err_text(rc));
	rc = standings_open(v, &v->standings);
	if (rc == 0)
		rc = answers_open(v, &v->answers);
	if (rc < 0)
		return err_set(e, rc, "the stored evidence does not read: %s",
		    err_text(rc));
	rc = corroboration_open(v, &v->corroboration);
	if (rc < 0)
		return err_set(e, rc, "the position of corroboration does "
		    "not read: %s", err_text(rc));
	rc = peers_load(v, &v->peers);
	return rc == 0 ? 0 : err_set(e, rc, "the stored peers do not read: "
	    "%s", err_text(rc));
}

static int
read_settings(struct vault *v, struct str bytes, struct err *e)
{
	AUTO(file_set_free) struct file_set *files =
	    file_set_decode(bytes, e);
	struct str text;

	if (files == NULL)
		return ERR_CONF;
	if (file_set_get(files, STR(SETTINGS_FILE), &text) != 0)
		return err_set(e, ERR_CONF, "%s is missing", SETTINGS_FILE);
	return settings_parse(SETTINGS_FILE, text, v->settings, e);
}

static int
confine_vault(struct vault *v, struct err *e)
{
	return confine(&(struct confine_options){ .role = CONFINE_VAULT,
	    .dir = v->state_dir, .landlock = v->settings->landlock }, e);
}

/* ---- time ---- */

/* Merge index runs and checkpoint while nobody waits for the store. */
static void
on_maintain(void *arg)
{
	struct vault *v = arg;
	int rc;

	if (store_in_transaction(v->store)) {
		timer_arm_ms(v->maintain, 1);
		return;
	}
	rc = store_maintain(v->store, MAINTAIN_BUDGET_MS);
	if (rc > 0)
		timer_arm_ms(v->maintain, 1);
	else if (rc < 0)
		vault_degraded(v, rc);
}

/* What an embargo held back is decided again when it is over. */
static void
end_embargoes(struct vault *v)
{
	unix_ms_t now = vault_now(v);

	if (v->policy == NULL || embargo_over(v->gate, now) <= 0)
		return;
	peers_decide_again(v->peers);
	if (turn_open(v->turn) < 0 || embargo_forget(v->gate, now) < 0)
		turn_fail(v->turn, ERR_STORE);
}

/* Write down what memory knows better, and let old answers go. */
static void
on_second(void *arg)
{
	struct vault *v = arg;
	bool dirty = false;

	timer_arm_ms(v->second, SAVE_EVERY_MS);
	for (size_t i = 0; i < peers_count(v->peers); i++) {
		dirty |= delivery_is_dirty(peers_at(v->peers, i)->delivery);
		inbound_tick(peers_at(v->peers, i));
	}
	apply_tick(v->apply);
	postures_tick(v->postures);
	evidence_tick(v->evidence);
	corroboration_tick(v->corroboration);
	opinions_tick(v->opinions);
	consult_tick(v->consult);
	members_tick(v->members);
	questions_tick(v->questions);
	wishes_tick(v->wishes);
	statements_tick(v->statements);
	standings_tick(v->standings);
	answers_tick(v->answers);
	fronts_tick(v->fronts);
	warn_tick(v);
	if (dirty && turn_open(v->turn) == 0 && peers_save(v->peers) < 0)
		turn_fail(v->turn, ERR_STORE);
	end_embargoes(v);
	if (v->degraded_by != 0 && turn_open(v->turn) == 0)
		turn_wake(v->turn);
	if (++v->seconds % FORGET_EVERY_S == 0) {
		gate_forget(v->gate);
		turn_wake(v->turn);
	}
	if (v->seconds % LOOK_AGAIN_EVERY_S == 0)
		feeds_look_again(v->feeds);
}

/* ---- stages ---- */

/* In order; what is opened by path is opened before `confine`. */
static const struct {
	const char *name;
	int (*start)(struct vault *v, struct err *e);
} stages[] = {
	{ "key",     open_key },
	{ "store",   open_store },
	{ "gate",    open_gate },
	{ "confine", confine_vault },
};

int
vault_start(struct vault *v, struct str bytes, struct err *e)
{
	char *real = realpath(v->state_dir, NULL);

	if (real == NULL)
		return err_set(e, ERR_CONF, "%s: %s", v->state_dir,
		    strerror(errno));
	snprintf(v->state_dir, sizeof(v->state_dir), "%s", real);
	free(real);
	TRY(read_settings(v, bytes, e));
	log_set_level((enum log_level)v->settings->log_level);
	log_set_rate((unsigned)v->settings->limits.log_lines_per_minute);
	for (size_t i = 0; i < NELEM(stages); i++) {
		int rc = stages[i].start(v, e);

		if (rc < 0)
			return rc;
	}
	TRY(vault_configure(v, bytes, NULL, e));
	v->state = VAULT_READY;
	v->maintain = timer_new(v->loop, on_maintain, v);
	v->second = timer_new(v->loop, on_second, v);
	timer_arm_ms(v->maintain, 1);
	timer_arm_ms(v->second, SAVE_EVERY_MS);
	for (size_t i = 0; i < peers_count(v->peers); i++)
		peer_dial_soon(peers_at(v->peers, i));
	return 0;
}

void
vault_fail(struct vault *v, int code)
{
	v->exit_code = code == ERR_IO || code == ERR_FULL ||
	    code == ERR_STORE ? EXIT_IO : code == ERR_SYSTEM ?
	    EXIT_INTERNAL : EXIT_CONF;
	loop_stop(v->loop);
}
