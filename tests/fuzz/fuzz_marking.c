/*
 * Markings of others: a marking-definition and tags, the first byte saying
 * where the tags begin.  However they are made, they only take away, but for
 * the colours; two together allow no more than each.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record/handling.h"
#include "record/marking.h"

#define ID "marking-definition--11111111-2222-4333-8444-555555555555"
#define TAGS_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool ok)
{
	if (!ok)
		abort();
}

static void
add_all(struct names *n, const char *const *list)
{
	for (; *list != NULL; list++)
		check(names_add(n, str_of(*list), 64) >= 0);
}

static void
vocabulary_make(struct vocabulary *v)
{
	add_all(&v->purposes, (const char *const[]){ "detect", "block",
	    "collect", NULL });
	add_all(&v->domains, (const char *const[]){ "secops", "intel",
	    NULL });
	add_all(&v->lineage, (const char *const[]){ "secops", "intel",
	    NULL });
	add_all(&v->caveats, (const char *const[]){ "no-resale", "embargo",
	    NULL });
	add_all(&v->kinds, (const char *const[]){ "other", NULL });
	v->domain_purposes[0] = 3;
	v->domain_purposes[1] = 4;
	v->purpose_means[0].acs = v->purpose_means[1].acs = 1U << ACS_NETDEF;
	v->purpose_means[1].iep = 1U << IEP_ACTIONS_DIRECT;
	v->purpose_means[2].acs = 1U << ACS_INTEL;
	v->caveat_means[0].iep = iep_caveat_words(STR("no-resale"));
}

static struct str
on_find(void *arg, struct str id)
{
	return str_eqz(id, ID) ? *(const struct str *)arg : STR("");
}

/* Tags are the lines of the text. */
static size_t
cut(struct str text, struct str *tags)
{
	size_t n = 0;

	while (text.n > 0 && n < TAGS_MAX) {
		const char *lf = memchr(text.p, '\n', text.n);
		size_t len = lf == NULL ? text.n : (size_t)(lf - text.p);

		tags[n++] = (struct str){ text.p, len };
		text.p += len + (lf != NULL);
		text.n -= len + (lf != NULL);
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vocabulary v = { 0 };
	struct str marking, labels[TAGS_MAX], id = STR(ID);
	struct label base, one, both;
	struct stix_object o = { .markings = &id, .nmarkings = 1,
	    .labels = labels };
	struct marking_source src = { on_find, &marking,
	    { 1790000000000 } };
	size_t at = size == 0 ? 0 : data[0] * size / 256;

	marking = (struct str){ (const char *)data + (size > 0),
	    at > 0 ? at - 1 : 0 };
	vocabulary_make(&v);
	label_bottom(&base);
	check(label_from_markings(&o, &v, &src, &base, &one, NULL) == 0);
	check(label_le(&base, &one));
	o.nlabels = cut((struct str){ (const char *)data + at, size - at },
	    labels);
	check(label_from_markings(&o, &v, &src, &base, &both, NULL) == 0);
	check(label_le(&one, &both));
	vocabulary_clear(&v);
	return 0;
}
