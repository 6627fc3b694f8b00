/*
 * Documents beside the policy: charters of circles in charters.d and
 * definitions of kinds in definitions.d.  The policy states their digests,
 * so that what is compared with peers cannot change without it.
 */
#include "config/policy_file_read.h"

#include <stdio.h>
#include <string.h>

#include "base/crypto.h"

#define DIGEST_TEXT_MAX (7 + 2 * DIGEST_BYTES + 1)

static const char *const endings[] = { "md", "txt" };

static void
digest_text(struct str bytes, char dst[static DIGEST_TEXT_MAX])
{
	struct digest d = sha256_of(bytes.p, bytes.n);
	int at = snprintf(dst, DIGEST_TEXT_MAX, "sha256:");

	for (size_t i = 0; i < DIGEST_BYTES; i++)
		at += snprintf(dst + at, DIGEST_TEXT_MAX - (size_t)at,
		    "%02x", d.b[i]);
}

struct document {
	const char *what, *dir;		/* "charter", "charters.d" */
	struct str name, digest;
	const struct yaml_node *at;	/* where the digest stands */
};

/* If the document is there, it is the one that is meant. */
static int
check_document(struct pf *r, const struct document *d)
{
	char path[300], is[DIGEST_TEXT_MAX];
	const char *found = NULL;
	struct str bytes;

	for (size_t i = 0; r->files != NULL && i < NELEM(endings); i++) {
		(void)snprintf(path, sizeof(path), "%s/%.*s.%s", d->dir,
		    (int)d->name.n, d->name.p, endings[i]);
		if (file_set_get(r->files, str_of(path), &bytes) != 0)
			continue;
		if (found != NULL)
			return pf_error(r, d->at, "there are two %ss of "
			    "\"%s\": %s/%s.md and .txt; want one", d->what,
			    d->name.p, d->dir, d->name.p);
		found = endings[i];
		digest_text(bytes, is);
	}
	if (found == NULL || str_eqz(d->digest, is))
		return 0;
	return pf_error(r, d->at, "%s/%s.%s is another text than this "
	    "%s: it is \"%s\"; put the agreed text back, or agree on "
	    "the new one with every member and write its digest here",
	    d->dir, d->name.p, found, d->what, is);
}

int
pf_check_charters(struct pf *r)
{
	const struct policy_file *f = r->f;

	for (size_t i = 0; i < f->circles.n; i++) {
		const struct policy_circle *c = &f->circles.v[i];

		TRY(check_document(r, &(struct document){ "charter",
		    "charters.d", c->id, c->charter,
		    yaml_get(c->at, "charter") }));
	}
	return 0;
}

int
pf_read_definitions(struct pf *r, const struct yaml_node *n)
{
	static const struct pf_row row = { .key = "definition" };
	struct policy_file *f = r->f;

	TRY(pf_is_map(r, n));
	for (const struct yaml_node *m = n->first; m != NULL; m = m->next) {
		int k = names_find(&f->v.kinds, m->key);
		struct yaml_node at = *m;

		at.text = m->key;
		at.kind = YAML_TEXT;
		at.line = m->key_line;
		at.column = m->key_column;
		if (k <= 0)
			return pf_not_in(r, &at, "kind", &f->v.kinds);
		if (f->definitions[k].n > 0)
			return pf_error(r, &at, "\"%s\" is defined already",
			    m->key.p);
		TRY(pf_digest(r, &row, m, &f->definitions[k]));
		TRY(check_document(r, &(struct document){ "definition",
		    "definitions.d", m->key, m->text, m }));
	}
	return 0;
}
