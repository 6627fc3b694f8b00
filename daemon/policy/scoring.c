/*
 * From the section `trust` to the rules of the trust engine: integers all the
 * way, so that two that have the same policy count the same.
 */
#include "policy/scoring.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "policy/policy_private.h"
#include "trust/fixed.h"

#define SHOWN_MAX 80

bool
scoring_is_good(enum trust_kind kind)
{
	return trust_kind_pool(kind) < TRUST_HARM;
}

int64_t
scoring_of(const struct policy *p, enum trust_kind kind)
{
	int64_t weight = p->trust.rules.weights[kind];

	if (p->weights[kind].at != NULL)
		return p->weights[kind].v;
	return scoring_is_good(kind) ? weight : -weight;
}

const char *
scoring_text(char dst[static SCORING_TEXT_MAX], int64_t v)
{
	char digits[FIXED_TEXT_MAX];
	size_t n;

	fixed_text(digits, v < 0 ? -v : v);
	n = strlen(digits);
	/* One decimal stays: "1.0". */
	while (n > 0 && digits[n - 1] == '0' && digits[n - 2] != '.')
		digits[--n] = '\0';
	snprintf(dst, SCORING_TEXT_MAX, "%s%s", v < 0 ? "-" : "+", digits);
	return dst;
}

const char *
scoring_life_text(char dst[static SCORING_LIFE_MAX], int64_t ms)
{
	bool days = ms % DAY(1) == 0, hours = ms % HOUR(1) == 0;

	snprintf(dst, SCORING_LIFE_MAX, "%" PRId64 "%s", days ? ms / DAY(1) :
	    hours ? ms / HOUR(1) : ms, days ? "d" : hours ? "h" : "ms");
	return dst;
}

/* The kind that a member of `weights` is about, or ERR_CONF. */
static int
weight_kind(const struct yaml_node *m, struct err *e)
{
	const char *names[TRUST_KINDS], *near;
	char shown[SHOWN_MAX];
	int kind = trust_kind_find(m->key);
	size_t n = 0;

	if (kind >= 0 && trust_kind_weighs((enum trust_kind)kind))
		return kind;
	(void)str_escape(shown, sizeof(shown), m->key);
	if (kind > TRUST_PLAIN)
		return yaml_key_error(e, m, "\"%s\" has no weight of its own: "
		    "it lends somebody's word, caps or lifts; take it out",
		    shown);
	for (int k = 0; k < TRUST_KINDS; k++)
		if (trust_kind_weighs((enum trust_kind)k))
			names[n++] = trust_kind_name((enum trust_kind)k);
	near = str_nearest(m->key, names, n);
	if (near != NULL)
		return yaml_key_error(e, m, "unknown evidence \"%s\"; did you "
		    "mean \"%s\"?", shown, near);
	return yaml_key_error(e, m, "unknown evidence \"%s\"; "
	    "comity-trust(7) lists what there is", shown);
}

/* "+1.0", "-4", "0.25"; the sign is the proof's to judge. */
static int
weight_read(const struct yaml_node *m, enum trust_kind kind, int64_t *out,
    struct err *e)
{
	int64_t most = trust_kind_most(kind), v;
	char shown[SHOWN_MAX], text[SCORING_TEXT_MAX];
	struct str digits = m->text;
	bool below = str_starts(m->text, "-");

	if (below || str_starts(m->text, "+")) {
		digits.p++;
		digits.n--;
	}
	(void)str_escape(shown, sizeof(shown), m->text);
	if (fixed_parse(digits, &v) < 0)
		return yaml_error(e, m, "%s \"%s\"; want %s and a number with "
		    "at most 9 decimals, like %s", trust_kind_name(kind),
		    shown, scoring_is_good(kind) ? "\"+\"" : "\"-\"",
		    scoring_is_good(kind) ? "+1.0" : "-1.0");
	if (v > most)
		return yaml_error(e, m, "%s \"%s\" is out of range; want from "
		    "0 to %s, more would never count", trust_kind_name(kind),
		    shown, scoring_text(text, scoring_is_good(kind) ? most :
		    -most));
	*out = below ? -v : v;
	return 0;
}

static int
weights_read(struct policy *p, struct err *e)
{
	const struct yaml_node *map = p->file->scoring.weights;

	for (const struct yaml_node *m = map == NULL ? NULL : map->first;
	    m != NULL; m = m->next) {
		int kind = weight_kind(m, e);
		struct scoring_weight *w;
		int64_t v;

		if (kind < 0)
			return kind;
		w = &p->weights[kind];
		TRY(weight_read(m, (enum trust_kind)kind, &w->v, e));
		w->at = m;
		v = scoring_is_good((enum trust_kind)kind) ? w->v : -w->v;
		p->trust.rules.weights[kind] = v < 0 ? 0 : v;
	}
	return 0;
}

int
scoring_read(struct policy *p, struct err *e)
{
	const struct policy_scoring *s = &p->file->scoring;
	struct trust_rules *rules = &p->trust.rules;

	trust_rules_default(rules);
	p->trust.blocking = (enum band)s->blocking;
	if (s->half_life_at != NULL) {
		rules->good_half_life = s->good_ms;
		rules->harm_half_life = s->bad_ms;
		/* Unstated, a vouch is not remembered longer than harm. */
		if (s->vouch_ms > 0)
			rules->vouch_half_life = s->vouch_ms;
		else if (s->bad_ms < rules->vouch_half_life)
			rules->vouch_half_life = s->bad_ms;
	}
	for (int b = 0; s->bands_at != NULL && b < POLICY_BANDS - 1; b++)
		rules->bands[b] = FIXED_ONE / 1000 * s->bands[b] +
		    FIXED_ONE % 1000 * s->bands[b] / 1000;
	return weights_read(p, e);
}

const struct policy_trust *
policy_trust(const struct policy *p)
{
	return &p->trust;
}

uint32_t
policy_org_group(const struct policy *p, int org)
{
	const struct policy_party *party = &p->file->parties.v[org];
	uint32_t country = (uint32_t)(uint8_t)party->country[0] << 8 |
	    (uint32_t)(uint8_t)party->country[1];

	/* Beyond what two letters make. */
	return party->group >= 0 ? (1U << 16) + (uint32_t)party->group :
	    country;
}

const char *
policy_org_group_name(const struct policy *p, int org)
{
	const struct policy_party *party = &p->file->parties.v[org];

	return party->group >= 0 ? p->file->scoring.groups.v[party->group] :
	    party->country;
}
