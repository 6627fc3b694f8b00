/*
 * New versions of a circle's document: composed here, signed by us.
 */
#include "vault/circle.h"

#include <stdlib.h>
#include <string.h>

#include "vault/peer.h"

#define ARENA_BYTES (8 * CIRCLE_TEXT_MAX)

/* A version while it is put together; names borrow from elsewhere. */
struct draft {
	struct circle_text t;
	struct circle_member members[CIRCLE_MEMBERS_MAX];
	struct str foci[CIRCLE_FOCI_MAX];
};

static int
compare_members(const void *a, const void *b)
{
	return str_cmp(((const struct circle_member *)a)->id,
	    ((const struct circle_member *)b)->id);
}

static int
compare_names(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* A member with the key on its card; we are one, too. */
static int
draft_add(struct draft *d, const struct vault *v, struct str id,
    struct err *e)
{
	struct circle_member m = { .id = id };
	const struct peer *p = peers_find(v->peers, id);

	if (circle_text_member(&d->t, id) != NULL)
		return err_set(e, ERR_EXISTS, "%.*s is a member already",
		    (int)id.n, id.p);
	if (d->t.nmembers == CIRCLE_MEMBERS_MAX)
		return err_set(e, ERR_LIMIT, "more than %d members",
		    CIRCLE_MEMBERS_MAX);
	if (str_eqz(id, v->cert_id))
		sign_key_public(v->key, m.key);
	else if (p != NULL)
		memcpy(m.key, p->card.identity, sizeof(m.key));
	else
		return err_set(e, ERR_NOT_FOUND, "the card of %.*s is not "
		    "held here: comityctl peer add", (int)id.n, id.p);
	d->members[d->t.nmembers++] = m;
	return 0;
}

/* Who has a new card since has its new key in the next version. */
static void
draft_refresh(struct draft *d, const struct vault *v)
{
	for (size_t i = 0; i < d->t.nmembers; i++) {
		struct circle_member *m = &d->members[i];
		const struct peer *p = peers_find(v->peers, m->id);

		if (str_eqz(m->id, v->cert_id))
			sign_key_public(v->key, m->key);
		else if (p != NULL)
			memcpy(m->key, p->card.identity, sizeof(m->key));
	}
}

/* Does it say anything that the version before does not? */
static bool
is_change(const struct circle_text *next, const struct circle_text *held)
{
	struct circle_text same = *next;
	AUTO_BUF struct buf b = { 0 };

	same.version = held->version;
	same.previous = held->previous;
	circle_text_body(&same, &b);
	return !str_eq(buf_str(&b), held->body);
}

static int
draft_remove(struct draft *d, struct str id, struct err *e)
{
	for (size_t i = 0; i < d->t.nmembers; i++)
		if (str_eq(d->members[i].id, id)) {
			d->members[i] = d->members[--d->t.nmembers];
			return 0;
		}
	return err_set(e, ERR_NOT_FOUND, "%.*s is no member", (int)id.n,
	    id.p);
}

static void
draft_take(struct draft *d, const struct circle_text *held)
{
	d->t = *held;
	d->t.version++;
	d->t.previous = circle_text_digest(held);
	memcpy(d->members, held->members, held->nmembers *
	    sizeof(*d->members));
	for (size_t i = 0; i < held->nfoci; i++)
		d->foci[i] = held->foci[i];
	d->t.members = d->members;
	d->t.foci = d->foci;
}

static bool
find_written(const struct policy *p, struct str name,
    struct policy_circle_facts *out)
{
	for (size_t i = 0; p != NULL && policy_circle_at(p, i, out); i++)
		if (str_eqz(name, out->id))
			return true;
	return false;
}

/* The first version says what the policy says. */
static int
draft_begin(struct draft *d, const struct vault *v, struct str name,
    struct err *e)
{
	const struct vocabulary *voc;
	struct policy_circle_facts c;

	if (!find_written(v->policy, name, &c))
		return err_set(e, ERR_NOT_FOUND, "no circle %.*s in the "
		    "policy", (int)name.n, name.p);
	voc = policy_vocabulary(v->policy);
	d->t = (struct circle_text){ .name = name, .version = 1,
	    .charter = str_of(c.charter), .members = d->members,
	    .foci = d->foci, .quorum = c.quorum > 0 ? (unsigned)c.quorum :
	    1 };
	for (unsigned i = 0; i < policy_norgs(v->policy); i++)
		if ((c.members.w[i / 64] >> (i % 64) & 1) != 0)
			TRY(draft_add(d, v, str_of(policy_org(v->policy,
			    i)->id), e));
	for (size_t k = 0; k < voc->kinds.n; k++)
		if ((c.foci >> k & 1) != 0)
			d->foci[d->t.nfoci++] = str_of(voc->kinds.v[k]);
	return 0;
}

static int
draft_change(struct draft *d, const struct vault *v,
    const struct circle_change *c, struct err *e)
{
	struct policy_circle_facts written;

	draft_refresh(d, v);
	for (size_t i = 0; i < c->nremove; i++)
		TRY(draft_remove(d, c->remove[i], e));
	for (size_t i = 0; i < c->nadd; i++)
		TRY(draft_add(d, v, c->add[i], e));
	if (d->t.nmembers == 0)
		return err_set(e, ERR_VALUE, "a circle of nobody; at least "
		    "one member must stay");
	if (c->nfoci > CIRCLE_FOCI_MAX)
		return err_set(e, ERR_LIMIT, "more than %d foci",
		    CIRCLE_FOCI_MAX);
	for (size_t i = 0; i < c->nfoci; i++)
		d->foci[i] = c->foci[i];
	if (c->nfoci > 0)
		d->t.nfoci = c->nfoci;
	if (c->quorum > 0)
		d->t.quorum = c->quorum;
	if (d->t.quorum > d->t.nmembers)
		d->t.quorum = (unsigned)d->t.nmembers;
	/* A charter that everybody has agreed on by now. */
	if (find_written(v->policy, d->t.name, &written))
		d->t.charter = str_of(written.charter);
	qsort(d->members, d->t.nmembers, sizeof(*d->members),
	    compare_members);
	qsort(d->foci, d->t.nfoci, sizeof(*d->foci), compare_names);
	return 0;
}

int
circle_propose(struct circles *cs, const struct circle_change *c,
    struct buf *out, struct err *e)
{
	const struct circle_text *held = circle_held(cs, c->name);
	AUTO(mem_free) struct draft *d = mem_new(struct draft);
	AUTO(arena_free) struct arena *a = arena_new(ARENA_BYTES);
	const struct vault *v = circles_vault(cs);
	AUTO_BUF struct buf b = { 0 };
	struct circle_text t;
	int rc;

	if (held != NULL)
		draft_take(d, held);
	else
		TRY(draft_begin(d, v, c->name, e));
	TRY(draft_change(d, v, c, e));
	circle_text_body(&d->t, &b);
	rc = circle_text_decode(buf_str(&b), a, &t);
	if (rc != 0)
		return err_set(e, rc, "it would be no valid document; see "
		    "the names of foci and the quorum");
	if (held != NULL && !is_change(&t, held))
		return err_set(e, ERR_EXISTS, "version %u says all of that "
		    "already", held->version);
	return circle_sign(cs, buf_str(&b), out, e);
}

/* Is the proposal one that our signature counts for, and agrees to? */
static int
check_ours(const struct circles *cs, const struct circle_text *t,
    struct err *e)
{
	const struct vault *v = circles_vault(cs);
	const struct circle_text *held = circle_held(cs, t->name);
	const struct circle_text *by = held == NULL ? t : held;
	int rc;

	if (circle_text_member(by, str_of(v->cert_id)) == NULL)
		return err_set(e, ERR_DENIED, "we are no member of version "
		    "%u: our signature would not count", by->version);
	rc = circle_text_follows(t, held, e);
	if (rc == 0 || rc == ERR_SIGNATURE)
		return 0;
	return rc;
}

int
circle_sign(struct circles *cs, struct str text, struct buf *out,
    struct err *e)
{
	AUTO(arena_free) struct arena *a = arena_new(ARENA_BYTES);
	const struct vault *v = circles_vault(cs);
	struct str us = str_of(v->cert_id);
	struct circle_text t;
	int rc = circle_text_decode(text, a, &t);

	if (rc != 0)
		return err_set(e, rc, "it is no circle document as they are "
		    "written");
	TRY(check_ours(cs, &t, e));
	buf_add(out, text.p, text.n);
	for (size_t i = 0; i < t.nsignatures; i++)
		if (str_eq(t.signatures[i].id, us))
			return 0;
	return circle_text_sign(t.body, us, v->key, out);
}
