#include "vault/posture.h"

#include <stdio.h>
#include <string.h>

#include "config/schema.h"
#include "host/log.h"
#include "vault/peer.h"
#include "vault/posture_store.h"

#define WHAT "posture"
#define PROPOSALS_MAX 64
#define SUBJECT_MAX 64

const char *
posture_change_name(enum posture_change c)
{
	static const char *const names[] = { "set", "lift", "renew" };

	return names[c];
}

int
postures_open(struct vault *v, struct postures **out)
{
	AUTO(mem_free) struct postures *ps = mem_new(struct postures);

	ps->v = v;
	TRY(postures_load(ps));
	*out = TAKE(ps);
	return 0;
}

void
postures_free(struct postures *ps)
{
	if (ps == NULL)
		return;
	vec_clear(&ps->in_force);
	vec_clear(&ps->proposed);
	free(ps);
}

int
postures_reopen(struct postures *ps)
{
	return postures_load(ps);
}

const struct posture_entry *
postures_find(const struct postures *ps, const char *country)
{
	for (size_t i = 0; ps != NULL && i < ps->in_force.n; i++)
		if (strcmp(ps->in_force.v[i].country, country) == 0)
			return &ps->in_force.v[i];
	return NULL;
}

/* ---- one step, on disk when it returns ---- */

static int
postures_say(struct postures *ps, const struct posture_entry *e,
    const char *verdict, const struct posture_word *w)
{
	char subject[SUBJECT_MAX];

	snprintf(subject, sizeof(subject), "%s %s #%u", e->country,
	    posture_name(e->level), w->number);
	return approval_log(ps->v, &(struct approval){ .what = WHAT,
	    .subject = subject, .by = w->by, .verdict = verdict,
	    .reason = w->reason });
}

/* Save, end the turn, and let the gate look again where it matters. */
static int
postures_commit(struct postures *ps, int rc, struct err *e)
{
	if (rc == 0)
		rc = postures_save(ps);
	rc = turn_commit_now(ps->v->turn, rc);
	if (rc < 0) {
		if (postures_load(ps) < 0)
			log_error("posture-state",
			    "error=\"it cannot be read\"");
		return err_set(e, rc, "the store could not be written: %s",
		    err_text(rc));
	}
	peers_posture_changed(ps->v->peers);
	return 0;
}

static void
drop_entry(struct postures *ps, const char *country)
{
	for (size_t i = 0; i < ps->in_force.n; i++)
		if (strcmp(ps->in_force.v[i].country, country) == 0)
			ps->in_force.v[i--] =
			    ps->in_force.v[--ps->in_force.n];
}

static void
drop_proposal(struct postures *ps, uint32_t number)
{
	for (size_t i = 0; i < ps->proposed.n; i++) {
		if (ps->proposed.v[i].number != number)
			continue;
		memmove(ps->proposed.v + i, ps->proposed.v + i + 1,
		    (ps->proposed.n - i - 1) * sizeof(ps->proposed.v[0]));
		ps->proposed.n--;
		return;
	}
}

static const struct posture_proposal *
find_proposal(const struct postures *ps, uint32_t number, struct err *e)
{
	for (size_t i = 0; i < ps->proposed.n; i++)
		if (ps->proposed.v[i].number == number)
			return &ps->proposed.v[i];
	(void)err_set(e, ERR_NOT_FOUND, "no proposal %u waits", number);
	return NULL;
}

/* ---- what people do ---- */

static bool
country_known(const struct policy *p, const char *country)
{
	for (size_t i = 1; i < policy_norgs(p); i++)
		if (strcmp(policy_org(p, i)->country, country) == 0)
			return true;
	return false;
}

/* Does the proposal make sense as things are? */
static int
check_proposal(const struct postures *ps, const struct posture_proposal *p,
    struct err *e)
{
	const struct posture_entry *now = postures_find(ps,
	    p->entry.country);
	int64_t latest = vault_now(ps->v).ms + DAY(POSTURE_DAYS_MAX);

	if (!schema_is_country(str_of(p->entry.country)))
		return err_set(e, ERR_USAGE, "\"%s\"; want a country, two "
		    "capitals of ISO 3166", p->entry.country);
	if (p->change != POSTURE_SET && now == NULL)
		return err_set(e, ERR_NOT_FOUND, "no posture was set for %s; "
		    "what the policy's own `in-force` says changes with the "
		    "policy", p->entry.country);
	if (p->change == POSTURE_SET && p->entry.level == POSTURE_NORMAL)
		return err_set(e, ERR_USAGE, "normal is what is left when a "
		    "posture is lifted");
	if (p->change == POSTURE_SET &&
	    !country_known(ps->v->policy, p->entry.country))
		return err_set(e, ERR_NOT_FOUND, "no peer of the policy is "
		    "in %s", p->entry.country);
	if (p->change == POSTURE_SET && p->entry.reason[0] == '\0')
		return err_set(e, ERR_USAGE, "a posture needs a reason");
	if (p->change != POSTURE_LIFT && p->entry.until.ms != 0 &&
	    (p->entry.until.ms <= vault_now(ps->v).ms ||
	    p->entry.until.ms > latest))
		return err_set(e, ERR_USAGE, "a posture ends within %d days; "
		    "renew it then", POSTURE_DAYS_MAX);
	if (ps->proposed.n >= PROPOSALS_MAX)
		return err_set(e, ERR_LIMIT, "%d proposals wait already; "
		    "withdraw some", PROPOSALS_MAX);
	return 0;
}

int
posture_propose(struct postures *ps, const struct operator *op,
    const struct posture_proposal *p, struct err *e)
{
	struct posture_proposal new = *p;
	const struct posture_entry *now;
	struct posture_word w = { .by = op, .reason = p->entry.reason };
	int rc;

	TRY(check_proposal(ps, p, e));
	now = postures_find(ps, p->entry.country);
	if (p->change != POSTURE_SET)
		new.entry.level = now->level;
	if (p->change == POSTURE_LIFT)
		new.entry.until = now->until;
	else if (new.entry.until.ms == 0)
		new.entry.until.ms = vault_now(ps->v).ms +
		    DAY(POSTURE_DAYS_MAX);
	new.entry.since = vault_now(ps->v);
	rc = approvers_add(&new.entry.by, op);
	if (rc < 0)
		return err_set(e, rc, "%s is not among `operators` in %s",
		    op->name, SETTINGS_FILE);
	new.number = w.number = ++ps->last;
	vec_push(&ps->proposed, new);
	rc = turn_open(ps->v->turn);
	if (rc == 0)
		rc = postures_say(ps, &new.entry,
		    p->change == POSTURE_SET ? "propose" :
		    p->change == POSTURE_LIFT ? "propose-lift" :
		    "propose-renew", &w);
	TRY(postures_commit(ps, rc, e));
	return (int)new.number;
}

int
posture_approve(struct postures *ps, const struct posture_word *w,
    struct err *e)
{
	const struct posture_proposal *p = find_proposal(ps, w->number, e);
	struct posture_entry entry;
	enum posture_change change;
	int rc;

	if (p == NULL)
		return ERR_NOT_FOUND;
	entry = p->entry;
	change = p->change;
	rc = approvers_add(&entry.by, w->by);
	if (rc == ERR_EXISTS)
		return err_set(e, rc, "%s has agreed to it already; it takes "
		    "two people", w->by->name);
	if (rc < 0)
		return err_set(e, rc, "%s is not among `operators` in %s",
		    w->by->name, SETTINGS_FILE);
	if (change != POSTURE_SET &&
	    postures_find(ps, entry.country) == NULL)
		return err_set(e, ERR_NOT_FOUND, "the posture of %s has "
		    "ended meanwhile", entry.country);
	drop_proposal(ps, w->number);
	drop_entry(ps, entry.country);
	entry.since = vault_now(ps->v);
	if (change != POSTURE_LIFT)
		vec_push(&ps->in_force, entry);
	rc = turn_open(ps->v->turn);
	if (rc == 0)
		rc = postures_say(ps, &entry, change == POSTURE_LIFT ?
		    "approve-lift" : "approve", w);
	return postures_commit(ps, rc, e);
}

int
posture_withdraw(struct postures *ps, const struct posture_word *w,
    struct err *e)
{
	const struct posture_proposal *p = find_proposal(ps, w->number, e);
	struct posture_entry entry;
	int rc;

	if (p == NULL)
		return ERR_NOT_FOUND;
	if (!w->by->listed)
		return err_set(e, ERR_DENIED, "%s is not among `operators` "
		    "in %s", w->by->name, SETTINGS_FILE);
	entry = p->entry;
	drop_proposal(ps, w->number);
	rc = turn_open(ps->v->turn);
	if (rc == 0)
		rc = postures_say(ps, &entry, "withdraw", w);
	return postures_commit(ps, rc, e);
}

/* ---- time ---- */

/* The first thing whose time is over goes; false if there is none. */
static bool
end_one(struct postures *ps, struct posture_entry *entry,
    struct posture_word *w)
{
	int64_t now = vault_now(ps->v).ms;

	for (size_t i = 0; i < ps->in_force.n; i++) {
		if (now < ps->in_force.v[i].until.ms)
			continue;
		*entry = ps->in_force.v[i];
		w->reason = "its time is over";
		drop_entry(ps, entry->country);
		return true;
	}
	for (size_t i = 0; i < ps->proposed.n; i++) {
		if (now < ps->proposed.v[i].entry.since.ms +
		    DAY(POSTURE_PROPOSAL_DAYS))
			continue;
		*entry = ps->proposed.v[i].entry;
		w->number = ps->proposed.v[i].number;
		w->reason = "no second person agreed in time";
		drop_proposal(ps, w->number);
		return true;
	}
	return false;
}

void
postures_tick(struct postures *ps)
{
	struct posture_entry entry;
	struct posture_word w = { .number = 0 };
	struct err e = { 0 };
	int rc;

	if (!end_one(ps, &entry, &w))
		return;
	rc = turn_open(ps->v->turn);
	if (rc == 0)
		rc = postures_say(ps, &entry, "expire", &w);
	if (postures_commit(ps, rc, &e) < 0)
		log_error("posture-end", "error=\"%s\"", e.text);
}
