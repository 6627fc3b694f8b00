/*
 * Strings, one rule after the other.
 */
#include "lib/plain_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/unit.h"
#include "config/schema.h"

const char *const plain_kinds[5] = { "other", "k1", "k2", "k3", "k4" };
const char *const plain_domains[3] = { "d1", "d2", "d3" };
const char *const plain_lineages[4] = { "d1", "d2", "d3", "t1" };
const char *const plain_tlps[5] = { "clear", "green", "amber",
    "amber+strict", "red" };
const char *const plain_bands[5] = { "A", "B", "C", "D", "E" };
const char *const plain_levels[5] = { "permit", "redact", "consult", "deny",
    "forbid" };
static const char *const postures[] = { "normal", "strained", "suspended" };

const struct plain_desk plain_desks[PLAIN_DESKS] = { { "a", "p1" },
    { "b", "p1" }, { "a", "p2" }, { "b", "p2" }, { "a", "p3" } };

/* A list, or a text alone, has the word. */
static bool
has(const struct yaml_node *n, const char *word)
{
	if (n == NULL)
		return false;
	if (n->kind == YAML_TEXT)
		return str_eqz(n->text, word);
	for (const struct yaml_node *i = n->first; i != NULL; i = i->next)
		if (str_eqz(i->text, word))
			return true;
	return false;
}

/* The index of what follows skip bytes of the text among five words. */
static int
word_index(const struct yaml_node *n, size_t skip, const char *const v[5])
{
	struct str s = { n->text.p + skip, n->text.n - skip };

	for (int i = 0; i < 5; i++)
		if (str_eqz(s, v[i]))
			return i;
	fail_msg("%s", n->text.p);
	return -1;
}

static bool
has_kind(const struct yaml_node *root, const struct yaml_node *n,
    const char *kind)
{
	if (has(n, kind) || (has(n, "any") && strcmp(kind, "other") != 0))
		return true;
	return has(n, "technical") &&
	    has(yaml_get(yaml_get(root, "kinds"), "technical"), kind);
}

static const struct yaml_node *
peer_of(const struct yaml_node *root, int desk)
{
	return yaml_get(yaml_get(root, "peers"), plain_desks[desk].org);
}

static bool
target_fits(const struct yaml_node *root, const struct yaml_node *t,
    int desk)
{
	const char *org = plain_desks[desk].org;
	const struct yaml_node *peer = peer_of(root, desk), *n;
	char word[32];

	if (t->kind == YAML_TEXT)
		return true;
	if ((n = yaml_get(t, "circle")) != NULL &&
	    !has(yaml_get(yaml_get(yaml_get(root, "circles"), n->text.p),
	    "members"), org))
		return false;
	if (yaml_get(t, "agreement") != NULL && !has(yaml_get(
	    yaml_get(root, "agreements")->first, "with"), org))
		return false;
	if ((n = yaml_get(t, "peer")) != NULL && !has(n, org))
		return false;
	snprintf(word, sizeof(word), "%s", yaml_get(peer, "type")->text.p);
	if ((n = yaml_get(t, "type")) != NULL && !has(n, word))
		return false;
	snprintf(word, sizeof(word), "%s", yaml_get(peer, "country")->text.p);
	return (n = yaml_get(t, "country")) == NULL || has(n, word);
}

/* The purposes of a domain, by the world's layout. */
static uint32_t
domain_bits(int domain)
{
	static const uint32_t bits[] = { 3, 12, 16 };

	return bits[domain];
}

/* The purposes that a list of purposes and domains leaves. */
static uint32_t
purpose_bits(const struct yaml_node *n)
{
	static const char *const names[] = { "u1", "block", "u3", "u4", "u5" };
	uint32_t bits = 0;

	for (uint32_t i = 0; i < 5; i++)
		bits |= has(n, names[i]) ? 1U << i : 0;
	for (int d = 0; d < 3; d++)
		bits |= has(n, plain_domains[d]) ? domain_bits(d) : 0;
	return bits;
}

/* What a grant's basis takes away; false: it does not count at all. */
static bool
basis_holds(const struct yaml_node *root, const struct yaml_node *t,
    const struct policy_request *q, struct plain *cap)
{
	const struct yaml_node *n;
	const char *kind = plain_kinds[q->label->kind];

	if ((n = yaml_get(t, "circle")) != NULL) {
		const struct yaml_node *c = yaml_get(yaml_get(root,
		    "circles"), n->text.p);
		int i = n->text.p[1] - '1';

		if ((q->circles >> i & 1) == 0 ||
		    !has(yaml_get(c, "foci"), kind))
			return false;
	}
	if (yaml_get(t, "agreement") == NULL)
		return true;
	if ((q->agreements & 1) == 0 || q->now.ms >= PLAIN_AGREEMENT_END)
		return false;
	n = yaml_get(root, "agreements")->first;
	for (int side = 0; side < 2; side++) {
		const struct yaml_node *terms = yaml_get(n, side ? "theirs" :
		    "ours");
		int hops = atoi(yaml_get(terms, "hops")->text.p);

		if (!has_kind(root, yaml_get(terms, "kinds"), kind) ||
		    word_index(yaml_get(terms, "tlp"), 0, plain_tlps) <
		    q->label->tlp)
			return false;
		cap->purposes &= purpose_bits(yaml_get(terms, "purposes"));
		if (hops < cap->hops)
			cap->hops = (uint8_t)hops;
	}
	return true;
}

static bool
conditions_hold(const struct yaml_node *rule, const struct policy_request *q,
    bool limit)
{
	const struct yaml_node *n;

	if ((n = yaml_get(rule, "tlp")) != NULL && (limit ?
	    q->label->tlp < word_index(n, 2, plain_tlps) :
	    q->label->tlp > word_index(n, 2, plain_tlps)))
		return false;
	if ((n = yaml_get(rule, "discretion")) != NULL && (limit ?
	    (int)q->discretion <= word_index(n, 1, plain_bands) :
	    (int)q->discretion > word_index(n, 2, plain_bands)))
		return false;
	return (n = yaml_get(rule, "reliability")) == NULL || (limit ?
	    (int)q->reliability > word_index(n, 1, plain_bands) :
	    (int)q->reliability <= word_index(n, 2, plain_bands));
}

/* Does the grant match?  Its own caps into cap. */
static bool
grant_fits(const struct yaml_node *root, const struct yaml_node *g,
    const struct policy_request *q, struct plain *cap)
{
	bool in = q->direction == DIRECTION_IN;
	const struct yaml_node *t = yaml_get(g, in ? "in" : "out"), *n;
	int64_t ttl;

	*cap = (struct plain){ .hops = 7, .ttl_ms = INT64_MAX,
	    .purposes = UINT32_MAX };
	if (t == NULL || !target_fits(root, t, q->desk - 1) ||
	    !has_kind(root, yaml_get(g, "kind"),
	    plain_kinds[q->label->kind]) ||
	    !has(yaml_get(g, "for"), plain_domains[q->purpose]) ||
	    !conditions_hold(g, q, false) || !basis_holds(root, t, q, cap))
		return false;
	if (q->received && !in && !has(yaml_get(g, "transit"), "true"))
		return false;
	if ((n = yaml_get(yaml_get(g, "cap"), "purposes")) != NULL)
		cap->purposes &= purpose_bits(n);
	if ((cap->purposes & q->label->purposes & domain_bits(q->purpose)) ==
	    0)
		/* Without purposes the label itself says no. */
		return (q->label->purposes & domain_bits(q->purpose)) == 0;
	if ((n = yaml_get(yaml_get(g, "cap"), "hops")) != NULL &&
	    atoi(n->text.p) < cap->hops)
		cap->hops = (uint8_t)atoi(n->text.p);
	if ((n = yaml_get(yaml_get(g, "cap"), "ttl")) != NULL &&
	    schema_duration(n->text, &ttl) == 0)
		cap->ttl_ms = ttl;
	if (has(yaml_get(g, "oblige"), "receipt"))
		cap->obligations = 1U << OBLIGATION_RECEIPT |
		    1U << OBLIGATION_EMBARGO;
	return true;
}

static void
raise(struct plain *l, enum outcome level)
{
	if (level > l->outcome)
		l->outcome = level;
}

static void
plain_walls(const struct yaml_node *root, const struct policy_request *q,
    struct plain *l)
{
	const struct yaml_node *peer = peer_of(root, q->desk - 1);
	bool one = !has(yaml_get(peer, "wall"), "attested");
	const struct yaml_node *w = yaml_get(root, "walls")->first;

	for (; w != NULL; w = w->next) {
		bool meets = (q->label->lineage & LABEL_UNKNOWN_BIT) != 0;
		const struct yaml_node *d = yaml_get(peer, "desks")->first;

		for (int i = 0; i < 4; i++)
			meets = meets || ((q->label->lineage >> i & 1) != 0 &&
			    has(yaml_get(w, "keep"), plain_lineages[i]));
		for (; d != NULL && meets; d = d->next)
			for (int i = 0; i < 3; i++)
				if ((one || str_eqz(d->key,
				    plain_desks[q->desk - 1].name)) &&
				    has(d, plain_domains[i]) &&
				    has(yaml_get(w, "out-of"),
				    plain_domains[i]))
					raise(l, OUTCOME_FORBID);
	}
}

static void
plain_label(const struct yaml_node *root, const struct policy_request *q,
    struct plain *l)
{
	const struct yaml_node *uses = yaml_get(yaml_get(peer_of(root,
	    q->desk - 1), "desks"), plain_desks[q->desk - 1].name);
	const struct yaml_node *posture = yaml_get(yaml_get(root,
	    "postures"), postures[q->posture]);

	if (q->direction == DIRECTION_OUT) {
		plain_walls(root, q, l);
		if (!has(uses, plain_domains[q->purpose]) || q->label->hops == 0 ||
		    !desk_set_has(&q->label->audience, (unsigned)q->desk))
			raise(l, OUTCOME_DENY);
	}
	if ((q->label->purposes & domain_bits(q->purpose)) == 0 ||
	    q->label->expires.ms <= q->now.ms)
		raise(l, OUTCOME_DENY);
	if (posture != NULL && !has(yaml_get(posture, "keep"),
	    plain_kinds[q->label->kind]))
		raise(l, (enum outcome)word_index(yaml_get(posture, "others"),
		    0, plain_levels));
}

static void
plain_limits(const struct yaml_node *root, const struct policy_request *q,
    struct plain *l)
{
	const struct yaml_node *r = yaml_get(root, "limits");
	const char *kind = plain_kinds[q->label->kind];

	for (r = r == NULL ? NULL : r->first; r != NULL; r = r->next) {
		const struct yaml_node *t = yaml_get(r, q->direction ==
		    DIRECTION_IN ? "in" : "out"), *n;
		bool other = strcmp(kind, "other") == 0;

		if (t == NULL || !target_fits(root, t, q->desk - 1) ||
		    !conditions_hold(r, q, true))
			continue;
		if ((n = yaml_get(r, "kind")) != NULL && !other &&
		    !has_kind(root, n, kind))
			continue;
		if (yaml_get(r, "definition") != NULL && !other)
			continue;
		if ((n = yaml_get(r, "for")) != NULL &&
		    !has(n, plain_domains[q->purpose]))
			continue;
		raise(l, (enum outcome)word_index(yaml_get(r, "level"), 0,
		    plain_levels));
	}
}

void
plain_decide(const struct yaml_node *root, const struct policy_request *q,
    struct plain *out)
{
	const struct yaml_node *g = yaml_get(root, "grants")->first;
	struct plain l = { .outcome = OUTCOME_PERMIT };
	uint32_t any = 0, mine = q->label->purposes & domain_bits(q->purpose);
	enum outcome mildest = OUTCOME_DENY;

	*out = (struct plain){ .ttl_ms = INT64_MAX, .purposes = mine,
	    .hops = (uint8_t)(q->label->hops -
		(q->direction == DIRECTION_OUT)) };
	for (; g != NULL; g = g->next) {
		const struct yaml_node *via = yaml_get(g, "via");
		enum outcome level = via == NULL ? OUTCOME_PERMIT :
		    (enum outcome)word_index(via, 0, plain_levels);
		struct plain cap;

		if (!grant_fits(root, g, q, &cap))
			continue;
		if (level < mildest)
			mildest = level;
		out->hops = cap.hops < out->hops ? cap.hops : out->hops;
		out->ttl_ms = cap.ttl_ms < out->ttl_ms ? cap.ttl_ms :
		    out->ttl_ms;
		out->purposes &= cap.purposes;
		out->obligations |= cap.obligations;
		any |= cap.purposes;
	}
	if (out->purposes == 0)
		out->purposes = mine & any;
	plain_label(root, q, &l);
	plain_limits(root, q, &l);
	out->outcome = l.outcome > mildest ? l.outcome : mildest;
}

