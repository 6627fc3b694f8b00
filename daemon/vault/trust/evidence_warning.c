/*
 * Indicators of what must not be blocked speak against who sent them.  Other
 * objects do not: that an address is there says nothing bad of it.
 */
#include <string.h>

#include "vault/trust/evidence.h"
#include "vault/trust/warnings.h"

#define ARENA_BYTES MIB(4)

struct speaking {
	struct evidence *e;
	struct str record, by;
	const struct observables *values;
};

/* One fact for all values of a record that are on lists, or are ours. */
static int
speak(const struct speaking *s, bool own)
{
	const struct warning *w = evidence_vault(s->e)->warnings;
	AUTO_BUF struct buf why = { 0 };
	size_t more = 0;
	int rc;

	for (size_t i = 0; i < s->values->n; i++) {
		const struct observable *o = &s->values->v[i];
		struct warning_hit hit;

		/* Part of a match only: the rest says where it is bad. */
		if (o->part == OBSERVABLE_PART_OF ||
		    !warning_find(w, o, &hit) || own != (hit.list == NULL))
			continue;
		if (why.n == 0)
			warnings_reason(o, &hit, &why);
		else
			more++;
	}
	if (why.n == 0)
		return 0;
	if (more > 0)
		buf_addf(&why, ", and %zu more of its values", more);
	rc = evidence_add(s->e, &(struct evidence_item){ .peer = s->by,
	    .kind = own ? TRUST_OWN_CONSTITUENCY : TRUST_WARNING_LISTED,
	    .record = s->record, .source = s->record, .reason = { why.p,
	    why.n < EVIDENCE_REASON_MAX ? why.n : EVIDENCE_REASON_MAX } });
	return rc < 0 ? rc : 0;
}

int
evidence_warning(struct evidence *e, struct str bytes, struct str by)
{
	const struct vault *v = evidence_vault(e);
	AUTO(arena_free) struct arena *arena = NULL;
	struct warnings_record r = { .benign = false };
	struct observables values = { 0 };
	struct speaking s = { .e = e, .by = by, .values = &values };
	struct warning_hit hit;
	int rc = 0;

	if (warning_is_empty(v->warnings) ||
	    memmem(bytes.p, bytes.n, "\"pattern\"", 9) == NULL)
		return 0;
	warnings_read(bytes, &r);
	s.record = r.o.id;
	arena = arena_new(ARENA_BYTES);
	if (str_eqz(r.o.type, "indicator") && !r.o.revoked && !r.benign &&
	    observables_of(&r.o, arena, &values) == 0 &&
	    warnings_find(v, &values, &hit) != NULL) {
		rc = speak(&s, true);
		if (rc == 0)
			rc = speak(&s, false);
	}
	warnings_record_clear(&r);
	return rc;
}
