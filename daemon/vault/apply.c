#include "vault/apply.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "host/log.h"
#include "policy/opens.h"
#include "vault/apply_store.h"
#include "vault/configure.h"

#define WHAT "policy"
#define DIGEST_SHOWN_MIN 8
#define RETRY_MS MINUTE(1)

struct hex {
	char s[2 * DIGEST_BYTES + 1];
};

static struct hex
hex_of(const struct digest *d)
{
	struct hex h;

	hex_encode(h.s, d->b, DIGEST_BYTES);
	return h;
}

const char *
apply_result_name(enum apply_result r)
{
	static const char *const names[] = {
		[APPLY_SAME] = "same", [APPLY_IN_FORCE] = "in-force",
		[APPLY_PENDING] = "pending", [APPLY_RETURNED] = "returned",
		[APPLY_UNCONFIRMED] = "unconfirmed",
		[APPLY_UNREADABLE] = "unreadable",
	};

	return names[r];
}

void
apply_ask_copy(struct apply_ask *dst, const struct apply_ask *src)
{
	*dst = *src;
	if (src->by.request == NULL)
		return;
	dst->by.request = mem_array(char, src->by.proof.request.n + 1);
	memcpy(dst->by.request, src->by.request, src->by.proof.request.n);
	dst->by.proof.request.p = dst->by.request;
}

void
apply_ask_clear(struct apply_ask *a)
{
	operator_clear(&a->by);
}

int
apply_open(struct vault *v, struct apply **out)
{
	struct apply *a = mem_new(struct apply);
	int rc;

	a->v = v;
	rc = apply_state_load(a);
	if (rc < 0) {
		free(a);
		return rc;
	}
	*out = a;
	return 0;
}

void
apply_free(struct apply *a)
{
	free(a);
}

int
apply_reopen(struct apply *a)
{
	return apply_state_load(a);
}

void
apply_problem(struct apply *a, const char *text)
{
	snprintf(a->problem, sizeof(a->problem), "%s", text);
}

/* ---- one step, on disk when it returns ---- */

/* rc: how the step went inside the open turn. */
static int
apply_commit(struct apply *a, int rc, struct err *e)
{
	rc = turn_commit_now(a->v->turn, rc);
	if (rc == 0)
		return 0;
	if (apply_state_load(a) < 0)
		log_error("policy-state", "error=\"it cannot be read\"");
	return err_set(e, rc, "the store could not be written: %s",
	    err_text(rc));
}

/* Into the history and the log. */
static int
apply_say(struct apply *a, const char *event, const struct digest *d,
    const struct apply_word *w)
{
	struct hex h = hex_of(d);
	const char *reason = w == NULL || w->reason == NULL ? "" : w->reason;
	const struct operator *by = w == NULL ? NULL : w->by;

	TRY(apply_note(a, &(struct apply_event){ .event = str_of(event),
	    .digest = str_of(h.s), .reason = str_of(reason),
	    .by = by == NULL ? STR("comity") : str_of(by->name) }));
	return approval_log(a->v, &(struct approval){ .what = WHAT,
	    .subject = h.s, .by = by, .verdict = event, .reason = reason });
}

static void
drop_pending(struct apply *a)
{
	a->waiting = false;
	a->pending = (struct apply_pending){ .confirm_ms = 0 };
}

/* Another policy than the pending one is offered: people hear of it. */
static int
apply_supersede(struct apply *a, const struct digest *by,
    const struct apply_word *w)
{
	if (!a->waiting)
		return 0;
	if (!digest_eq(&a->pending.digest, by))
		TRY(apply_say(a, "drop", &a->pending.digest, w));
	drop_pending(a);
	return apply_files_drop(a, APPLY_PENDING_FILES);
}

/* How another policy comes into force. */
struct change {
	const struct file_set *files;
	struct policy *policy;		/* taken over */
	const char *event;
	const struct apply_word *word;
	const struct approvers *by;	/* or NULL */
	int64_t confirm_ms;
};

static int
change_write(struct apply *a, const struct change *c)
{
	AUTO_BUF struct buf names = { 0 };
	AUTO_BUF struct buf entry = { 0 };
	struct digest digest;

	TRY(turn_open(a->v->turn));
	policy_digest(c->policy, &digest);
	if (c->confirm_ms > 0) {
		TRY(apply_files_copy(a, APPLY_FILES, APPLY_PREVIOUS_FILES));
		a->previous = a->digest;
		a->deadline.ms = vault_now(a->v).ms + c->confirm_ms;
	} else {
		TRY(apply_files_drop(a, APPLY_PREVIOUS_FILES));
	}
	a->unconfirmed = c->confirm_ms > 0;
	TRY(apply_files_save(a, APPLY_FILES, c->files));
	TRY(apply_supersede(a, &digest, c->word));
	if (c->by != NULL && c->by->n > 0)
		approvers_text(c->by, &names);
	else
		buf_addz(&names, c->word != NULL && c->word->by != NULL ?
		    c->word->by->name : "");
	snprintf(a->by, sizeof(a->by), "%s", names.p == NULL ? "" : names.p);
	if (digest_eq(&a->last_returned, &digest))
		a->returned = false;
	a->known = true;
	a->digest = digest;
	a->at = vault_now(a->v);
	out_u64(&entry, (uint64_t)a->at.ms);
	buf_add(&entry, digest.b, DIGEST_BYTES);
	TRY(audit_append(a->v->audit, AUDIT_POLICY, buf_str(&entry)));
	TRY(apply_say(a, c->event, &digest, c->word));
	return apply_state_save(a);
}

/* On disk, then in force. */
static int
change_take(struct apply *a, const struct change *c, struct err *e)
{
	int rc = apply_commit(a, change_write(a, c), e);

	if (rc < 0) {
		policy_free(c->policy);
		return rc;
	}
	apply_problem(a, "");
	vault_take_policy(a->v, c->policy);
	if (a->unconfirmed)
		log_notice("policy-unconfirmed", "action=\"comityctl policy "
		    "confirm\" seconds=%" PRId64, c->confirm_ms / 1000);
	return APPLY_IN_FORCE;
}

/* ---- offers ---- */

/* The files are again what is in force: nothing waits any more. */
static int
offer_same(struct apply *a, const struct apply_word *w, struct err *e)
{
	int rc;

	apply_problem(a, "");
	if (!a->waiting)
		return APPLY_SAME;
	rc = turn_open(a->v->turn);
	if (rc == 0)
		rc = apply_say(a, "drop", &a->pending.digest, w);
	if (rc == 0)
		rc = apply_files_drop(a, APPLY_PENDING_FILES);
	drop_pending(a);
	if (rc == 0)
		rc = apply_state_save(a);
	rc = apply_commit(a, rc, e);
	return rc < 0 ? rc : APPLY_SAME;
}

static void
say_pending(const struct apply *a)
{
	AUTO_BUF struct buf names = { 0 };

	approvers_text(&a->pending.by, &names);
	log_warning("policy-pending", "digest=%.16s by=\"%s\" opens=\"%s\" "
	    "action=\"comityctl policy approve, by two people in all\"",
	    hex_of(&a->pending.digest).s, names.p, a->pending.opens);
}

/* It opens something: keep it until people agree. */
static int
offer_pending(struct apply *a, const struct file_set *files,
    const struct apply_pending *p, const struct apply_ask *ask,
    struct err *e)
{
	struct apply_word w = { .by = ask == NULL ? NULL : &ask->by,
	    .reason = ask == NULL ? NULL : ask->reason };
	bool known = a->waiting && digest_eq(&a->pending.digest, &p->digest);
	int rc = turn_open(a->v->turn);

	/* Who merely asks again does not agree by that. */
	if (known && (a->pending.by.n > 0 || p->by.n == 0)) {
		say_pending(a);
		return APPLY_PENDING;
	}
	if (rc == 0)
		rc = apply_supersede(a, &p->digest, &w);
	a->waiting = true;
	a->pending = *p;
	if (rc == 0)
		rc = apply_files_save(a, APPLY_PENDING_FILES, files);
	if (rc == 0)
		rc = apply_say(a, "propose", &p->digest, &w);
	if (rc == 0)
		rc = apply_state_save(a);
	rc = apply_commit(a, rc, e);
	if (rc < 0)
		return rc;
	say_pending(a);
	return APPLY_PENDING;
}

/* May this one be taken at all now? */
static enum apply_result
offer_allowed(const struct apply *a, const struct digest *digest,
    const struct apply_ask *ask)
{
	bool apply = ask != NULL && ask->apply;

	if (a->unconfirmed)
		return APPLY_UNCONFIRMED;
	if (!apply && a->returned && digest_eq(&a->last_returned, digest))
		return APPLY_RETURNED;
	return APPLY_IN_FORCE;
}

int
apply_offer(struct apply *a, const struct file_set *files,
    struct policy *policy, const struct apply_ask *ask, struct err *e)
{
	struct apply_word w = { .by = ask == NULL ? NULL : &ask->by,
	    .reason = ask == NULL ? NULL : ask->reason };
	struct change c = { .files = files, .policy = policy, .word = &w,
	    .event = "apply",
	    .confirm_ms = ask == NULL ? 0 : ask->confirm_ms };
	struct apply_pending p = { .at = vault_now(a->v) };
	enum apply_result may;

	policy_digest(policy, &p.digest);
	if (!a->known || a->v->policy == NULL) {
		c.event = "first";
		c.confirm_ms = 0;
		return change_take(a, &c, e);
	}
	if (digest_eq(&p.digest, &a->digest)) {
		policy_free(policy);
		return offer_same(a, &w, e);
	}
	may = offer_allowed(a, &p.digest, ask);
	if (may != APPLY_IN_FORCE) {
		policy_free(policy);
		log_warning("policy-left", "digest=%.16s why=%s",
		    hex_of(&p.digest).s, apply_result_name(may));
		return (int)may;
	}
	if (!policy_opens(a->v->policy, policy, p.opens, sizeof(p.opens)))
		return change_take(a, &c, e);
	policy_free(policy);
	if (ask != NULL) {
		p.confirm_ms = ask->confirm_ms;
		snprintf(p.reason, sizeof(p.reason), "%s", ask->reason);
		(void)!approvers_add(&p.by, &ask->by);
	}
	return offer_pending(a, files, &p, ask, e);
}

/* ---- what people do ---- */

static int
approve_find(const struct apply *a, const char *digest, struct err *e)
{
	struct hex h = hex_of(&a->pending.digest);

	if (!a->waiting)
		return err_set(e, ERR_NOT_FOUND, "no policy waits for "
		    "approval");
	if (digest == NULL || strlen(digest) < DIGEST_SHOWN_MIN ||
	    strncmp(h.s, digest, strlen(digest)) != 0)
		return err_set(e, ERR_NOT_FOUND, "the policy that waits is "
		    "%s, not %s", h.s, digest == NULL ? "" : digest);
	return 0;
}

/* One more has agreed; it takes another. */
static int
approve_note(struct apply *a, const struct approvers *by,
    const struct apply_word *w, struct err *e)
{
	int rc = turn_open(a->v->turn);

	a->pending.by = *by;
	if (rc == 0)
		rc = apply_say(a, "approve", &a->pending.digest, w);
	if (rc == 0)
		rc = apply_state_save(a);
	rc = apply_commit(a, rc, e);
	return rc < 0 ? rc : APPLY_PENDING;
}

int
apply_approve(struct apply *a, const struct apply_word *w, struct err *e)
{
	AUTO(file_set_free) struct file_set *files = NULL;
	struct approvers by = a->pending.by;
	struct change c = { .event = "approve", .word = w, .by = &by };
	int n;

	TRY(approve_find(a, w->digest, e));
	n = approvers_add(&by, w->by);
	if (n == ERR_EXISTS)
		return err_set(e, n, "%s has agreed to it already; it takes "
		    "two people", w->by->name);
	if (n < 0)
		return err_set(e, n, "%s is not among `operators` in %s",
		    w->by->name, SETTINGS_FILE);
	if (n < 2)
		return approve_note(a, &by, w, e);
	if (a->unconfirmed)
		return err_set(e, ERR_EXISTS, "the policy in force is not "
		    "confirmed yet: confirm or withdraw it first");
	files = apply_files_load(a, APPLY_PENDING_FILES, e);
	if (files == NULL)
		return e->code;
	TRY(configure_policy(files, a->v, NULL, &c.policy, e));
	c.files = files;
	c.confirm_ms = a->pending.confirm_ms;
	return change_take(a, &c, e);
}

int
apply_confirm(struct apply *a, const struct apply_word *w, struct err *e)
{
	int rc;

	if (!a->unconfirmed)
		return err_set(e, ERR_NOT_FOUND, "no policy waits to be "
		    "confirmed");
	if (!w->by->listed)
		return err_set(e, ERR_DENIED, "%s is not among `operators` "
		    "in %s", w->by->name, SETTINGS_FILE);
	rc = turn_open(a->v->turn);
	a->unconfirmed = false;
	if (rc == 0)
		rc = apply_files_drop(a, APPLY_PREVIOUS_FILES);
	if (rc == 0)
		rc = apply_say(a, "confirm", &a->digest, w);
	if (rc == 0)
		rc = apply_state_save(a);
	return apply_commit(a, rc, e);
}

/* Put back what was in force before. */
static int
take_back(struct apply *a, const struct apply_word *w, const char *event,
    struct err *e)
{
	AUTO(file_set_free) struct file_set *files =
	    apply_files_load(a, APPLY_PREVIOUS_FILES, e);
	struct change c = { .files = files, .event = event, .word = w };
	int rc;

	if (files == NULL)
		return e->code;
	TRY(configure_policy(files, a->v, &a->previous, &c.policy, e));
	a->returned = true;
	a->last_returned = a->digest;
	rc = change_take(a, &c, e);
	return rc < 0 ? rc : 0;
}

int
apply_withdraw(struct apply *a, const struct apply_word *w, struct err *e)
{
	int rc;

	if (!w->by->listed)
		return err_set(e, ERR_DENIED, "%s is not among `operators` "
		    "in %s", w->by->name, SETTINGS_FILE);
	if (a->waiting) {
		rc = turn_open(a->v->turn);
		if (rc == 0)
			rc = apply_files_drop(a, APPLY_PENDING_FILES);
		if (rc == 0)
			rc = apply_say(a, "withdraw", &a->pending.digest, w);
		drop_pending(a);
		if (rc == 0)
			rc = apply_state_save(a);
		return apply_commit(a, rc, e);
	}
	if (!a->unconfirmed)
		return err_set(e, ERR_NOT_FOUND, "no policy waits for "
		    "approval or to be confirmed");
	rc = take_back(a, w, "withdraw", e);
	return rc < 0 ? rc : 1;
}

void
apply_tick(struct apply *a)
{
	struct apply_word w = { .reason = "not confirmed in time" };
	struct err e = { 0 };

	if (!a->unconfirmed || vault_now(a->v).ms < a->deadline.ms)
		return;
	if (take_back(a, &w, "return", &e) < 0) {
		log_error("policy-return", "error=\"%s\"", e.text);
		a->deadline.ms = vault_now(a->v).ms + RETRY_MS;
	} else {
		log_warning("policy-returned", "digest=%.16s text=\"it was "
		    "not confirmed in time\"", hex_of(&a->last_returned).s);
	}
}

/* ---- at start ---- */

int
apply_restore(struct apply *a, struct err *e)
{
	AUTO(file_set_free) struct file_set *files = NULL;
	struct policy *policy = NULL;
	bool late = a->unconfirmed && vault_now(a->v).ms >= a->deadline.ms;

	if (!a->known)
		return 0;
	files = apply_files_load(a, late ? APPLY_PREVIOUS_FILES :
	    APPLY_FILES, e);
	if (files == NULL || configure_policy(files, a->v, NULL,
	    &policy, e) < 0) {
		log_error("stored-policy", "error=\"%s\" action=\"the files "
		    "on disk count as at the first start\"", e->text);
		return 0;
	}
	if (late) {
		struct apply_word w = { .reason = "not confirmed in time" };

		a->returned = true;
		a->last_returned = a->digest;
		return change_take(a, &(struct change){ .files = files,
		    .policy = policy, .event = "return", .word = &w }, e) < 0 ?
		    e->code : 1;
	}
	vault_take_policy(a->v, policy);
	if (a->waiting)
		say_pending(a);
	return 1;
}
