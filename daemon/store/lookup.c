/*
 * Finding records by what they name.  The keys only propose: every record
 * is read and asked whether it really names the thing.
 *
 * An address or network has two keys: its exact one, a hash of prefix and
 * length, and that of its first address in the order of addresses.  What
 * contains it is found by its prefixes of every length, what it contains by
 * the range of its addresses.  A domain has one key of its own and one for
 * each of its parents.
 */
#include <string.h>

#include "base/limits.h"
#include "store/siphash.h"
#include "store/store_private.h"

#define CANDIDATES_MAX 65536
#define SCRATCH_BYTES MIB(8)
/*
 * Parents of more labels than this have no key of their own: a look-up of
 * one of them goes through its parent with as many.  A name of 127 labels
 * would otherwise have 126 keys.
 */
#define PARENT_LABELS_MAX 8
#define KEY_PARENT 0x80		/* first byte of what is hashed */

static const uint8_t ipv4_mapped[12] = { [10] = 0xff, [11] = 0xff };

static uint64_t
key_of_text(const struct store *s, uint8_t tag, struct str v)
{
	char buf[512];

	/* Long values are told apart when they are verified. */
	if (v.n > sizeof(buf) - 1)
		v.n = sizeof(buf) - 1;
	buf[0] = (char)tag;
	if (v.n > 0)
		memcpy(buf + 1, v.p, v.n);
	return siphash(s->secret, buf, v.n + 1) | KEY_HASHED;
}

static bool
ip_is_v4(const struct observable *o)
{
	return o->prefix >= 96 &&
	    memcmp(o->ip, ipv4_mapped, sizeof(ipv4_mapped)) == 0;
}

/* The first (or with ones, the last) address of o cut to prefix bits. */
static void
ip_mask(const struct observable *o, unsigned prefix, bool ones,
    uint8_t out[16])
{
	for (unsigned i = 0; i < 16; i++) {
		unsigned keep = prefix <= 8 * i ? 0 :
		    prefix >= 8 * i + 8 ? 8 : prefix - 8 * i;
		uint8_t mask = (uint8_t)(0xff00U >> keep);

		out[i] = (uint8_t)((o->ip[i] & mask) |
		    (ones ? (uint8_t)~mask : 0));
	}
}

static uint64_t
key_of_network(const struct store *s, const struct observable *o,
    unsigned prefix)
{
	uint8_t buf[18] = { OBSERVABLE_IP, (uint8_t)prefix };

	ip_mask(o, prefix, false, buf + 2);
	return siphash(s->secret, buf, sizeof(buf)) | KEY_HASHED;
}

static uint64_t
key_of_address(const uint8_t ip[16], bool v4)
{
	uint64_t k = 0;

	for (int i = v4 ? 12 : 0; i < (v4 ? 16 : 8); i++)
		k = k << 8 | ip[i];
	return v4 ? k : k >> 2 | KEY_IPV6;
}

/* The parent of name, or name itself, with at most n labels. */
static struct str
domain_tail(struct str name, unsigned n)
{
	size_t at = name.n;

	while (at > 0 && (name.p[at - 1] != '.' || --n > 0))
		at--;
	return (struct str){ name.p + at, name.n - at };
}

static void
stage_domain(struct store *s, struct str name, int64_t seq)
{
	struct str tail = { 0 };

	for (unsigned n = 1; n <= PARENT_LABELS_MAX; n++) {
		tail = domain_tail(name, n);
		if (tail.n == name.n)
			return;
		keys_stage(s, key_of_text(s, KEY_PARENT, tail), seq);
	}
}

void
keys_stage_observable(struct store *s, const struct observable *o,
    int64_t seq)
{
	uint8_t first[16];

	if (o->kind != OBSERVABLE_IP) {
		keys_stage(s, key_of_text(s, (uint8_t)o->kind, o->value), seq);
		if (o->kind == OBSERVABLE_DOMAIN)
			stage_domain(s, o->value, seq);
		return;
	}
	if (o->prefix > 128)
		return;
	ip_mask(o, o->prefix, false, first);
	keys_stage(s, key_of_network(s, o, o->prefix), seq);
	keys_stage(s, key_of_address(first, ip_is_v4(o)), seq);
}

static int
candidates_ip(struct store *s, const struct observable *o, seq_vec *out)
{
	bool v4 = ip_is_v4(o);
	uint8_t first[16], last[16];

	for (unsigned p = v4 ? 96 : 0; p <= o->prefix; p++) {
		uint64_t key = key_of_network(s, o, p);

		TRY(keys_find(s, key, key, CANDIDATES_MAX, out));
	}
	if (o->prefix >= 128)
		return 0;
	ip_mask(o, o->prefix, false, first);
	ip_mask(o, o->prefix, true, last);
	return keys_find(s, key_of_address(first, v4),
	    key_of_address(last, v4), CANDIDATES_MAX, out);
}

static int
candidates(struct store *s, const struct observable *o, bool subdomains,
    seq_vec *out)
{
	uint64_t key;

	if (o->kind == OBSERVABLE_IP)
		return o->prefix > 128 ? ERR_VALUE : candidates_ip(s, o, out);
	key = key_of_text(s, (uint8_t)o->kind, o->value);
	TRY(keys_find(s, key, key, CANDIDATES_MAX, out));
	if (o->kind != OBSERVABLE_DOMAIN || !subdomains)
		return 0;
	key = key_of_text(s, KEY_PARENT,
	    domain_tail(o->value, PARENT_LABELS_MAX));
	return keys_find(s, key, key, CANDIDATES_MAX, out);
}

/* One contains the other: they agree in the bits that both have. */
static bool
ip_matches(const struct observable *a, const struct observable *b)
{
	unsigned prefix = a->prefix < b->prefix ? a->prefix : b->prefix;
	uint8_t x[16], y[16];

	if (ip_is_v4(a) != ip_is_v4(b))
		return false;
	ip_mask(a, prefix, false, x);
	ip_mask(b, prefix, false, y);
	return memcmp(x, y, sizeof(x)) == 0;
}

static bool
domain_is_under(struct str name, struct str parent)
{
	size_t cut = name.n - parent.n;

	return name.n > parent.n && name.p[cut - 1] == '.' &&
	    memcmp(name.p + cut, parent.p, parent.n) == 0;
}

static bool
observable_matches(const struct observable *want, bool subdomains,
    const struct observable *has)
{
	if (want->kind != has->kind)
		return false;
	if (want->kind == OBSERVABLE_IP)
		return ip_matches(want, has);
	return str_eq(want->value, has->value) ||
	    (subdomains && want->kind == OBSERVABLE_DOMAIN &&
	    domain_is_under(has->value, want->value));
}

/* 1 if the record really names o. */
static int
record_names(struct store *s, const struct store_record *r,
    const struct observable *o, bool subdomains)
{
	struct stix_problem problem;
	struct stix_object object;
	struct observables has = { 0 };

	if (r->flags & (RECORD_TOMBSTONE | RECORD_RELABELLED))
		return 0;
	if (s->reader == NULL)
		s->reader = stix_reader_new();
	if (s->scratch == NULL)
		s->scratch = arena_new(SCRATCH_BYTES);
	arena_reset(s->scratch);
	if (stix_read(s->reader, r->bytes, &object, &problem) < 0)
		return 0;
	TRY(observables_of(&object, s->scratch, &has));
	for (size_t i = 0; i < has.n; i++)
		if (observable_matches(o, subdomains, &has.v[i]))
			return 1;
	return 0;
}

int
store_lookup(struct store *s, const struct observable *o, bool subdomains,
    size_t limit, struct arena *arena, store_visit visit, void *arg)
{
	seq_vec seqs = { 0 };
	int rc = candidates(s, o, subdomains, &seqs), found = 0;

	seq_sort(&seqs);
	/* The newest first: with a limit, they matter more. */
	for (size_t i = seqs.n; i > 0 && rc >= 0 && (size_t)found < limit;
	    i--) {
		struct store_record r;

		rc = store_get(s, seqs.v[i - 1], arena, &r);
		if (rc == 0)
			rc = record_names(s, &r, o, subdomains);
		if (rc <= 0)
			continue;
		found++;
		if ((rc = visit(arg, &r)) > 0)
			break;
	}
	vec_clear(&seqs);
	return rc < 0 ? rc : found;
}

int
store_find_value(struct store *s, const struct observable *o, size_t limit,
    struct arena *arena, store_visit visit, void *arg)
{
	seq_vec seqs = { 0 };
	uint64_t key;
	int rc, found = 0;

	if (o->kind == OBSERVABLE_IP && o->prefix > 128)
		return ERR_VALUE;
	key = o->kind == OBSERVABLE_IP ? key_of_network(s, o, o->prefix) :
	    key_of_text(s, (uint8_t)o->kind, o->value);
	rc = keys_find(s, key, key, CANDIDATES_MAX, &seqs);
	seq_sort(&seqs);
	for (size_t i = seqs.n; i > 0 && rc >= 0 && (size_t)found < limit;
	    i--) {
		struct store_record r;

		rc = store_get(s, seqs.v[i - 1], arena, &r);
		if (rc < 0)
			break;
		found++;
		if ((rc = visit(arg, &r)) > 0)
			break;
	}
	vec_clear(&seqs);
	return rc < 0 ? rc : found;
}
