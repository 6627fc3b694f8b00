#include "gate/version.h"

#include <stdio.h>
#include <string.h>

#include "gate/admit.h"
#include "gate/gate_private.h"
#include "gate/opinion.h"

struct comparison {
	struct gate *g;
	const struct stix_object *o;
	const struct version_from *from;
	struct digest digest;		/* of o's bytes */
	struct version_verdict *out;
	bool own;			/* the one at hand is the desk's own */
	int failed;			/* ERR_* of the store */
};

int64_t
version_us(const struct stix_object *o)
{
	int64_t us;

	if (__builtin_mul_overflow(o->modified.seconds, 1000000, &us))
		return o->modified.seconds < 0 ? INT64_MIN : INT64_MAX;
	return us + o->modified.nanos / 1000;
}

static int
refuse(struct comparison *c, enum refusal refusal, const char *text)
{
	c->out->refusal = refusal;
	snprintf(c->out->text, sizeof(c->out->text), "%s", text);
	return 1;
}

/* A tombstone keeps the digest of what was recalled: that may not return. */
static int
compare_tombstone(struct comparison *c, const struct store_record *r)
{
	if (r->bytes.n == DIGEST_BYTES &&
	    memcmp(r->bytes.p, c->digest.b, DIGEST_BYTES) == 0)
		return refuse(c, REFUSAL_RECALLED,
		    "this version was recalled by its originator");
	return 0;
}

/* Who may make a version of what is stored as old. */
static int
compare_authority(struct comparison *c, const struct store_record *r,
    const struct stix_object *old)
{
	char origin[CERT_ID_MAX + 1];

	if (!str_eq(old->created_by_ref, c->o->created_by_ref))
		return refuse(c, REFUSAL_CREATOR, "created_by_ref differs "
		    "from the stored version's; only the creator may make "
		    "new versions: use a new id");
	c->failed = gate_seal_origin(c->g, r->seal, origin);
	if (c->failed != 0)
		return c->failed;
	if (strcmp(origin, c->from->origin) != 0)
		return refuse(c, REFUSAL_ORIGIN, "the stored version began "
		    "at another CERT; only that one may change it");
	/* We seal what is fetched, and that makes it nobody else's. */
	if (c->from->source != ((r->flags & RECORD_FETCHED) != 0 ?
	    r->source : 0))
		return refuse(c, REFUSAL_ORIGIN, "the stored version came "
		    "from elsewhere; only who made that one may change it");
	if (c->from->desk >= 0 && !c->own)
		return refuse(c, REFUSAL_ORIGIN, "another desk published "
		    "the stored version; only that one may change it");
	return 0;
}

/* 1: of the desk that asks, which published it; 0; ERR_*. */
static int
is_own(struct gate *g, const struct store_record *r,
    const struct version_from *from)
{
	return from->desk < 0 ? 0 : admit_published_by(g, r, from->desk);
}

int
version_is_there(struct gate *g, const struct store_record *r,
    const struct version_from *from)
{
	int rc = is_own(g, r, from);

	if (rc != 0)
		return rc;
	if ((r->flags & RECORD_APART) != 0)
		return 0;
	return from->desk < 0 ? 1 :
	    gate_answer_local(g, r, from->desk, from->now);
}

static struct version_row
row_of(const struct store_record *r)
{
	return (struct version_row){ r->seq, r->label, r->seal,
	    r->modified_us, r->flags };
}

/* An older version: the newest one's label is compared with the new one. */
static void
note_older(struct comparison *c, const struct store_record *r)
{
	struct version_verdict *v = c->out;

	if (v->before.seq == 0 || r->modified_us >= v->before.modified_us)
		v->before = row_of(r);
	if ((r->flags & RECORD_SUPERSEDED) == 0 &&
	    v->nolder < VERSION_OLDER_MAX)
		v->older[v->nolder++] = r->seq;
}

/* The same bytes are unchanged; other bytes are judged by version. */
static int
compare(struct comparison *c, const struct store_record *r)
{
	struct stix_problem problem;
	struct stix_object old;
	int order;

	if ((r->flags & RECORD_TOMBSTONE) != 0)
		return compare_tombstone(c, r);
	if (str_eq(r->bytes, c->o->bytes)) {
		/* Stored again under a later label, the last one counts. */
		c->out->unchanged = true;
		c->out->same = row_of(r);
		return 0;
	}
	if (c->out->unchanged)
		return 0;
	if (stix_read(c->g->other, r->bytes, &old, &problem) != 0)
		return c->failed = ERR_STORE;
	order = stix_time_cmp(&c->o->modified, &old.modified);
	if (order == 0 || !c->o->versioned) {
		c->out->conflict = r->seq;
		return refuse(c, REFUSAL_CONFLICT, "same id and modified as "
		    "a stored object with other content; the first one stays");
	}
	if (old.revoked && order > 0)
		return refuse(c, REFUSAL_REVOKED,
		    "the stored object was revoked; that is final");
	if (order > 0)
		note_older(c, r);
	else
		c->out->superseded = true;
	return compare_authority(c, r, &old);
}

static int
on_stored(void *arg, const struct store_record *r)
{
	struct comparison *c = arg;
	int own = is_own(c->g, r, c->from);
	int there = own < 0 ? own : version_is_there(c->g, r, c->from);

	if (there < 0)
		return c->failed = there;
	c->own = own == 1;
	if (there == 1)
		return compare(c, r);
	/* What is apart stands in nobody's way. */
	c->out->apart = c->out->apart || (r->flags & RECORD_APART) == 0;
	return 0;
}

int
version_replace(struct gate *g, const struct version_verdict *v)
{
	for (size_t i = 0; i < v->nolder; i++)
		TRY(store_add_flags(g->o.store, v->older[i],
		    RECORD_SUPERSEDED));
	if (v->unchanged)
		TRY(store_add_flags(g->o.store, v->same.seq,
		    RECORD_RELABELLED));
	return 0;
}

int
version_label(struct gate *g, const struct version_row *row,
    struct label *out)
{
	const struct label *l = labels_get(g->labels, row->label, 0);

	if (l == NULL)
		return ERR_STORE;
	*out = *l;
	return 0;
}

/* Does it have the id that our own opinion about something has? */
static bool
is_our_opinion(const struct gate *g, const struct stix_object *o)
{
	char id[STIX_ID_MAX];

	for (size_t i = 0; i < o->nrefs && str_eqz(o->type, "opinion"); i++)
		if (str_eqz(o->id, opinion_id(g->o.cert_id, o->refs[i], id)))
			return true;
	return false;
}

int
version_check(struct gate *g, const struct stix_object *o,
    const struct version_from *from, struct version_verdict *out)
{
	struct comparison c = { .g = g, .o = o, .from = from,
	    .out = out };
	int rc;

	memset(out, 0, sizeof(*out));
	c.digest = sha256_of(o->bytes.p, o->bytes.n);
	rc = withdrawn_has(g->withdrawn, from->origin, &c.digest);
	if (rc > 0)
		(void)refuse(&c, REFUSAL_RECALLED,
		    "this version was recalled before it came");
	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = store_find_id(g->o.store, o->id, g->scratch, on_stored, &c);
	if (c.failed != 0)
		return c.failed;
	/* It comes back as it was, or is made up. */
	if (rc == 0 && !out->unchanged && is_our_opinion(g, o))
		(void)refuse(&c, REFUSAL_ORIGIN, "this id is of what this "
		    "CERT itself thinks of the object: use another");
	return rc < 0 ? rc : 0;
}
