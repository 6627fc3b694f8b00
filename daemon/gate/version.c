#include "gate/version.h"

#include <stdio.h>
#include <string.h>

#include "gate/gate_private.h"

struct comparison {
	struct gate *g;
	const struct stix_object *o;
	const char *origin;
	struct digest digest;		/* of o's bytes */
	struct version_verdict *out;
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
	if (strcmp(origin, c->origin) != 0)
		return refuse(c, REFUSAL_ORIGIN, "the stored version began "
		    "at another CERT; only that one may change it");
	return 0;
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
on_stored(void *arg, const struct store_record *r)
{
	struct comparison *c = arg;
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
	if (order == 0 || !c->o->versioned)
		return refuse(c, REFUSAL_CONFLICT, "same id and modified as "
		    "a stored object with other content; the first one stays");
	if (old.revoked && order > 0)
		return refuse(c, REFUSAL_REVOKED,
		    "the stored object was revoked; that is final");
	if (order > 0)
		note_older(c, r);
	else
		c->out->superseded = true;
	return compare_authority(c, r, &old);
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

int
version_check(struct gate *g, const struct stix_object *o,
    const char *origin, struct version_verdict *out)
{
	struct comparison c = { .g = g, .o = o, .origin = origin,
	    .out = out };
	int rc;

	memset(out, 0, sizeof(*out));
	c.digest = sha256_of(o->bytes.p, o->bytes.n);
	rc = withdrawn_has(g->withdrawn, origin, &c.digest);
	if (rc > 0)
		(void)refuse(&c, REFUSAL_RECALLED,
		    "this version was recalled before it came");
	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = store_find_id(g->o.store, o->id, g->scratch, on_stored, &c);
	if (c.failed != 0)
		return c.failed;
	return rc < 0 ? rc : 0;
}
