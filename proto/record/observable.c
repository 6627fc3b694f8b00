#include "record/observable.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "base/crypto.h"
#include "base/limits.h"
#include "record/observable_norm.h"
#include "record/pattern.h"

/* hash64 seeds: kinds are below it. */
#define SUFFIX_SEED 0x80

/* Beyond this many, doubles are found by hash. */
#define LINEAR_MAX 8
#define SLOTS (4 * PATTERN_KEYS_MAX)

/* Paths that name a value, and of what kind. */
enum source_how {
	SOURCE_PLAIN,	/* of the kind given */
	SOURCE_GUESS,	/* what the value looks like */
	SOURCE_HASH,	/* "x:hashes." and an algorithm, or "x:hashes[*]" */
};

static const struct source {
	struct str path;
	enum observable_kind kind;
	enum source_how how;
} sources[] = {
#define PLAIN(path, kind) { STR(path), kind, SOURCE_PLAIN }
#define GUESS(path) { STR(path), 0, SOURCE_GUESS }
#define HASHES(path) { STR(path), OBSERVABLE_HASH, SOURCE_HASH }
	PLAIN("ipv4-addr:value", OBSERVABLE_IP),
	PLAIN("domain-name:value", OBSERVABLE_DOMAIN),
	PLAIN("url:value", OBSERVABLE_URL),
	PLAIN("ipv6-addr:value", OBSERVABLE_IP),
	HASHES("file:hashes"),
	PLAIN("file:name", OBSERVABLE_FILE_NAME),
	PLAIN("email-addr:value", OBSERVABLE_EMAIL),
	PLAIN("email-message:from_ref.value", OBSERVABLE_EMAIL),
	PLAIN("email-message:sender_ref.value", OBSERVABLE_EMAIL),
	GUESS("network-traffic:dst_ref.value"),
	GUESS("network-traffic:src_ref.value"),
	GUESS("domain-name:resolves_to_refs[*].value"),
	PLAIN("mac-addr:value", OBSERVABLE_MAC),
	PLAIN("mutex:name", OBSERVABLE_MUTEX),
	PLAIN("windows-registry-key:key", OBSERVABLE_REGISTRY_KEY),
	PLAIN("autonomous-system:number", OBSERVABLE_ASN),
	PLAIN("x509-certificate:serial_number", OBSERVABLE_CERT_SERIAL),
	HASHES("x509-certificate:hashes"),
	HASHES("artifact:hashes"),
	PLAIN("process:command_line", OBSERVABLE_COMMAND_LINE),
	PLAIN("user-account:account_login", OBSERVABLE_ACCOUNT),
#undef PLAIN
#undef GUESS
#undef HASHES
};

static const char *const kind_names[] = {
	[OBSERVABLE_DOMAIN] = "domain",
	[OBSERVABLE_IP] = "ip",
	[OBSERVABLE_URL] = "url",
	[OBSERVABLE_HASH] = "hash",
	[OBSERVABLE_EMAIL] = "email",
	[OBSERVABLE_MAC] = "mac",
	[OBSERVABLE_FILE_NAME] = "file-name",
	[OBSERVABLE_MUTEX] = "mutex",
	[OBSERVABLE_REGISTRY_KEY] = "registry-key",
	[OBSERVABLE_ASN] = "asn",
	[OBSERVABLE_CERT_SERIAL] = "certificate-serial",
	[OBSERVABLE_COMMAND_LINE] = "command-line",
	[OBSERVABLE_ACCOUNT] = "account",
};

/* The list being gathered. */
struct gather {
	struct arena *arena;	/* borrowed */
	struct observable *v;	/* in the arena */
	size_t n, cap;
	bool hashed;
	uint16_t slots[SLOTS];	/* once hashed: index + 1, 0 empty */
};

const char *
observable_kind_name(enum observable_kind kind)
{
	if (kind < OBSERVABLE_DOMAIN || kind > OBSERVABLE_ACCOUNT)
		return "unknown";
	return kind_names[kind];
}

uint64_t
observable_key(const struct observable *o)
{
	uint8_t network[17];

	if (o->kind != OBSERVABLE_IP)
		return hash64((uint8_t)o->kind, o->value.p, o->value.n);
	memcpy(network, o->ip, 16);
	network[16] = o->prefix;
	return hash64((uint8_t)o->kind, network, sizeof(network));
}

uint64_t
observable_suffix_key(struct str domain)
{
	return hash64(SUFFIX_SEED | OBSERVABLE_DOMAIN, domain.p, domain.n);
}

static bool
same_thing(const struct observable *a, const struct observable *b)
{
	return a->kind == b->kind && str_eq(a->value, b->value);
}

/* The slot of o: the one that holds its equal, or an empty one. */
static uint16_t *
slot_of(struct gather *g, const struct observable *o)
{
	uint32_t h = 2166136261U ^ (uint32_t)o->kind;	/* FNV-1a */
	uint32_t i;

	for (size_t k = 0; k < o->value.n; k++)
		h = (h ^ (uint8_t)o->value.p[k]) * 16777619U;
	for (i = h % SLOTS; g->slots[i] != 0; i = (i + 1) % SLOTS)
		if (same_thing(&g->v[g->slots[i] - 1], o))
			break;
	return &g->slots[i];
}

/* The equal of o that is there already, or NULL. */
static struct observable *
gather_find(struct gather *g, const struct observable *o)
{
	uint16_t *slot;

	if (g->n > LINEAR_MAX && !g->hashed) {
		memset(g->slots, 0, sizeof(g->slots));
		for (size_t i = 0; i < g->n; i++)
			*slot_of(g, &g->v[i]) = (uint16_t)(i + 1);
		g->hashed = true;
	}
	if (g->hashed) {
		slot = slot_of(g, o);
		if (*slot != 0)
			return &g->v[*slot - 1];
		*slot = (uint16_t)(g->n + 1);	/* where it will be */
		return NULL;
	}
	for (size_t i = 0; i < g->n; i++)
		if (same_thing(&g->v[i], o))
			return &g->v[i];
	return NULL;
}

/*
 * Add o, once.  Of two the one that says more counts: what alone is a match
 * in one place is not a component only.  ERR_VALUE if there are too many.
 */
static int
gather_add(struct gather *g, const struct observable *o)
{
	struct observable *v, *there;
	size_t cap;

	if (g->n == PATTERN_KEYS_MAX)
		return ERR_VALUE;
	there = gather_find(g, o);
	if (there != NULL) {
		if (o->part < there->part)
			there->part = o->part;
		return 0;
	}
	if (g->n == g->cap) {
		cap = g->cap == 0 ? 2 : 2 * g->cap;
		v = arena_alloc(g->arena, cap * sizeof(*v));
		if (v == NULL)
			return ERR_LIMIT;
		if (g->n > 0)
			memcpy(v, g->v, g->n * sizeof(*v));
		g->v = v;
		g->cap = cap;
	}
	g->v[g->n++] = *o;
	return 0;
}

/* What follows "hashes" in a path: ".SHA-256", or "[*]" as "*". */
static struct str
algorithm_of(struct str rest)
{
	if (rest.n > 1 && rest.p[0] == '.')
		return (struct str){ rest.p + 1, rest.n - 1 };
	return str_eqz(rest, "[*]") ? STR("*") : STR("");
}

/* "x[3].y" means what "x[*].y" means to us; at most one index. */
static struct str
any_index(struct str path, char dst[static 64])
{
	const char *open = memchr(path.p, '[', path.n), *close;
	size_t head, tail;

	if (open == NULL)
		return path;
	head = (size_t)(open - path.p) + 1;
	close = memchr(open, ']', path.n - head + 1);
	if (close == NULL)
		return path;
	tail = path.n - (size_t)(close - path.p);
	if (head + 1 + tail > 64)
		return path;
	memcpy(dst, path.p, head);
	dst[head] = '*';
	memcpy(dst + head + 1, close, tail);
	return (struct str){ dst, head + 1 + tail };
}

/* The row for path; for hashes *out_algorithm is set. */
static const struct source *
source_find(struct str path, struct str *out_algorithm)
{
	for (size_t i = 0; i < NELEM(sources); i++) {
		const struct source *s = &sources[i];

		if (s->how == SOURCE_HASH) {
			if (path.n <= s->path.n ||
			    memcmp(path.p, s->path.p, s->path.n) != 0)
				continue;
			*out_algorithm = algorithm_of((struct str){
			    path.p + s->path.n, path.n - s->path.n });
			if (out_algorithm->n > 0)
				return s;
		} else if (str_eq(path, s->path)) {
			return s;
		}
	}
	return NULL;
}

/* Key one value; its part is given.  0, ERR_LIMIT, or ERR_VALUE. */
static int
gather_value(struct gather *g, const struct source *s, struct str algorithm,
    struct str value, enum observable_part part)
{
	struct observable o = { .part = part };
	int rc;

	if (s->how == SOURCE_HASH)
		rc = observable_normalise_hash(algorithm, value, g->arena, &o);
	else if (s->how == SOURCE_GUESS)
		rc = observable_guess(value, g->arena, &o);
	else
		rc = observable_normalise(s->kind, value, g->arena, &o);
	return rc > 0 ? gather_add(g, &o) : rc;
}

static int
gather_term(struct gather *g, const struct pattern_term *t)
{
	char buffer[64];
	struct str path = any_index(t->path, buffer), algorithm = { 0 };
	const struct source *s = source_find(path, &algorithm);
	enum observable_part part = t->part;

	if (s == NULL || (t->kind != PATTERN_STRING &&
	    t->kind != PATTERN_INTEGER))
		return 0;
	if (t->subset && s->kind != OBSERVABLE_IP && s->how != SOURCE_GUESS)
		return 0;
	/* The pattern is about the name, not about what it points to. */
	if (str_starts(path, "domain-name:resolves_to_refs"))
		part = OBSERVABLE_PART_OF;
	return gather_value(g, s, algorithm, t->value, part);
}

static int
gather_pattern(struct gather *g, struct str text, struct observables *out)
{
	struct pattern p;
	int rc = pattern_parse(text, g->arena, &p);

	if (rc == ERR_SYNTAX) {
		out->unparsable = true;
		(void)snprintf(out->why, sizeof(out->why), "byte %zu: %s",
		    p.at, p.why);
		return 0;
	}
	TRY(rc);
	for (size_t i = 0; i < p.n; i++) {
		rc = gather_term(g, &p.terms[i]);
		if (rc == ERR_VALUE) {
			out->unparsable = true;
			(void)snprintf(out->why, sizeof(out->why),
			    "more than %d values", PATTERN_KEYS_MAX);
			g->n = 0;
			return 0;
		}
		TRY(rc);
	}
	return 0;
}

/* A JSON string or integer as text; the empty str if it is neither. */
static struct str
text_of(const json_t *v, char number[static 32])
{
	if (json_is_string(v))
		return (struct str){ json_string_value(v),
		    json_string_length(v) };
	if (!json_is_integer(v))
		return STR("");
	(void)snprintf(number, 32, "%lld",
	    (long long)json_integer_value(v));
	return str_of(number);
}

/* The hashes of a file are each enough; what else it has is not. */
static int
gather_hashes(struct gather *g, const struct source *s, json_t *hashes)
{
	const char *name;
	json_t *value;

	json_object_foreach(hashes, name, value) {
		if (!json_is_string(value))
			continue;
		TRY(gather_value(g, s, str_of(name), (struct str){
		    json_string_value(value), json_string_length(value) },
		    OBSERVABLE_ANY_OF));
	}
	return 0;
}

/* The object's own properties, by the rows for its type. */
static int
gather_properties(struct gather *g, const struct stix_object *o)
{
	char number[32], name[64];

	for (size_t i = 0; i < NELEM(sources); i++) {
		const struct source *s = &sources[i];
		struct str path = s->path;
		json_t *value;

		if (path.n <= o->type.n + 1 || path.p[o->type.n] != ':' ||
		    memcmp(path.p, o->type.p, o->type.n) != 0 ||
		    s->how == SOURCE_GUESS ||
		    memchr(path.p, '.', path.n) != NULL)
			continue;
		(void)snprintf(name, sizeof(name), "%.*s",
		    (int)(path.n - o->type.n - 1), path.p + o->type.n + 1);
		value = json_object_get(o->json, name);
		if (value == NULL)
			continue;
		if (s->how == SOURCE_HASH)
			TRY(gather_hashes(g, s, value));
		else
			TRY(gather_value(g, s, STR(""),
			    text_of(value, number), g->n > 0 ?
			    OBSERVABLE_PART_OF : OBSERVABLE_SOLE));
	}
	if (g->n == 1)
		g->v[0].part = OBSERVABLE_SOLE;
	return 0;
}

int
observables_of(const struct stix_object *o, struct arena *arena,
    struct observables *out)
{
	struct observables r = { 0 };
	struct gather g;
	int rc;

	/* Not all of it: the slots are large and seldom needed. */
	g.arena = arena;
	g.v = NULL;
	g.n = g.cap = 0;
	g.hashed = false;
	if (!str_eqz(o->type, "indicator"))
		rc = gather_properties(&g, o);
	else if (str_eqz(o->pattern_type, "stix"))
		rc = gather_pattern(&g, o->pattern, &r);
	else
		rc = 0;
	if (rc < 0)
		return ERR_LIMIT;
	r.v = g.v;
	r.n = g.n;
	*out = r;
	return 0;
}
