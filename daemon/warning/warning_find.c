/*
 * Looking a value up: by hash, by range, and, where a list asks for it, by
 * going through it.
 */
#include <stdio.h>
#include <string.h>

#include "record/observable_norm.h"
#include "warning/warning_private.h"

#define SCAN_MAX 4096		/* bytes of a value searched for substrings */
#define COVERED_MAX 4096	/* ranges looked at inside a wide network */
#define BIT(kind) (1U << (kind))
#define WORDS (WARNING_LISTS_MAX / 64 + 1)

struct look {
	const struct warning *w;	/* borrowed */
	const struct observable *o;	/* borrowed */
	uint32_t kinds;			/* lists for these apply */
	uint64_t found[WORDS];		/* a bit a list number */
	uint32_t own;			/* if bit 0 is set: which */
};

static void
look_found(struct look *k, size_t number, uint32_t n)
{
	if (!(list_at(k->w, number)->kinds & k->kinds))
		return;
	if (number == 0 && !(k->found[0] & 1))
		k->own = n;
	k->found[number / 64] |= UINT64_C(1) << number % 64;
}

static void
look_hash(struct look *k, uint8_t seed, struct str s)
{
	const struct warning *w = k->w;
	uint64_t h;

	if (w->nslots == 0)
		return;
	h = text_hash(seed, s);
	for (size_t i = h & (w->nslots - 1); w->slots[i].list != 0;
	    i = (i + 1) & (w->nslots - 1))
		if (w->slots[i].hash == h)
			look_found(k, w->slots[i].list - 1, w->slots[i].n);
}

/* In any case; what is longer than an entry can be is on no list. */
static void
look_string(struct look *k, struct str s)
{
	char small[WARNING_ENTRY_BYTES_MAX];

	if (s.n > sizeof(small))
		return;
	text_lower(small, s);
	look_hash(k, SEED_STRING, (struct str){ small, s.n });
}

/* The name and all above it. */
static void
look_hostname(struct look *k, struct str s)
{
	const char *dot;

	while (s.n > 0) {
		look_hash(k, SEED_HOST, s);
		dot = memchr(s.p, '.', s.n);
		if (dot == NULL)
			return;
		s.n -= (size_t)(dot - s.p) + 1;
		s.p = dot + 1;
	}
}

/* How many ranges begin at ip or before. */
static size_t
ranges_until(const struct ranges *r, const uint8_t ip[16])
{
	size_t low = 0, high = r->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (memcmp(r->v[mid].first, ip, 16) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void
look_ip(struct look *k, const struct observable *o)
{
	int of = range_is_v4(o->ip, o->prefix) ? IP_V4 : IP_V6;
	const struct ranges *r = &k->w->ranges[of];
	size_t next = ranges_until(r, o->ip);
	const struct list *own = list_at(k->w, 0);

	for (uint32_t at = (uint32_t)next; at > 0; at = r->v[at - 1].parent)
		if (ip_within(o->ip, r->v[at - 1].first,
		    r->v[at - 1].prefix))
			look_found(k, r->v[at - 1].list, r->v[at - 1].n);
	if (o->prefix == 128)
		return;
	/* A network: to block it blocks also what is in it. */
	for (size_t i = 0; own != NULL && i < own->ranges[of].n; i++)
		if (ip_within(own->ranges[of].v[i].first, o->ip, o->prefix))
			look_found(k, 0, own->ranges[of].v[i].n);
	for (size_t i = next; i < r->n && i < next + COVERED_MAX &&
	    ip_within(r->v[i].first, o->ip, o->prefix); i++)
		look_found(k, r->v[i].list, r->v[i].n);
}

/* The host of a normalised URL; empty if it has none. */
static struct str
url_host(struct str url)
{
	const char *p = memmem(url.p, url.n, "://", 3);
	struct str host;
	const char *at;
	size_t n = 0;

	if (p == NULL)
		return (struct str){ 0 };
	host.p = p + 3;
	host.n = url.n - (size_t)(host.p - url.p);
	while (n < host.n && strchr("/?#", host.p[n]) == NULL)
		n++;
	host.n = n;
	at = memrchr(host.p, '@', host.n);
	if (at != NULL) {
		host.n -= (size_t)(at - host.p) + 1;
		host.p = at + 1;
	}
	if (host.n > 0 && host.p[0] == '[') {
		host.p++;
		host.n--;
		p = memchr(host.p, ']', host.n);
	} else {
		p = memchr(host.p, ':', host.n);
	}
	if (p != NULL)
		host.n = (size_t)(p - host.p);
	return host;
}

static void
look_url(struct look *k)
{
	struct str host = url_host(k->o->value);
	struct observable o = { 0 };

	look_hash(k, SEED_URL, k->o->value);
	if (host.n > 0 && host.n < 64 && (strchr("0123456789", host.p[0]) !=
	    NULL || memchr(host.p, ':', host.n) != NULL)) {
		AUTO(arena_free) struct arena *arena = arena_new(KIB(4));

		if (observable_normalise(OBSERVABLE_IP, host, arena, &o) >
		    0) {
			/* Lists of addresses seldom say that URLs have one. */
			k->kinds |= BIT(OBSERVABLE_IP);
			look_ip(k, &o);
			k->kinds = BIT(OBSERVABLE_URL);
			return;
		}
	}
	look_hostname(k, host);
}

/* The lists in which each entry is looked for. */
static void
look_slow(struct look *k)
{
	struct str s = k->o->value;
	char small[SCAN_MAX];

	if (s.n > sizeof(small))
		s.n = sizeof(small);
	text_lower(small, s);
	for (size_t i = 1; i <= k->w->lists.n; i++) {
		const struct list *l = list_at(k->w, i);

		for (size_t n = 0; (l->kinds & k->kinds) && n < l->slow.n;
		    n++) {
			const struct slow *x = &l->slow.v[n];
			regmatch_t m = { 0, (regoff_t)s.n };

			if (x->regex == NULL ? memmem(small, s.n, x->text,
			    x->n) == NULL : regexec(x->regex, s.p, 0, &m,
			    REG_STARTEND) != 0)
				continue;
			look_found(k, i, 0);
			break;
		}
	}
}

static void
look_asn(struct look *k)
{
	char text[32];
	int n = snprintf(text, sizeof(text), "as%.*s",
	    (int)(k->o->value.n < 20 ? k->o->value.n : 20), k->o->value.p);

	look_hash(k, SEED_ASN, k->o->value);
	look_string(k, (struct str){ text, (size_t)n });
}

static void
look_up(struct look *k)
{
	struct str v = k->o->value;
	const char *p = NULL;

	k->kinds = BIT(k->o->kind);
	switch (k->o->kind) {
	case OBSERVABLE_IP:
		look_ip(k, k->o);
		break;
	case OBSERVABLE_DOMAIN:
		look_string(k, v);
		look_hostname(k, v);
		break;
	case OBSERVABLE_URL:
		look_url(k);
		break;
	case OBSERVABLE_EMAIL:
		look_string(k, v);
		p = memrchr(v.p, '@', v.n);
		if (p != NULL)
			look_hostname(k, (struct str){ p + 1,
			    v.n - (size_t)(p + 1 - v.p) });
		break;
	case OBSERVABLE_HASH:
		/* Lists do not say of which algorithm theirs are. */
		p = memchr(v.p, ':', v.n);
		if (p != NULL)
			look_string(k, (struct str){ p + 1,
			    v.n - (size_t)(p + 1 - v.p) });
		break;
	case OBSERVABLE_ASN:
		look_asn(k);
		look_string(k, v);
		break;
	default:
		look_string(k, v);
		break;
	}
	if (k->w->slow)
		look_slow(k);
}

static struct warning_hit
hit_of(const struct look *k, size_t number)
{
	const struct list *l = list_at(k->w, number);

	return number == 0 ? (struct warning_hit){ .own =
	    l->texts.v[k->own] } : (struct warning_hit){ .list = l->name,
	    .at = number - 1 };
}

void
warning_each(const struct warning *w, const struct observable *o,
    void (*visit)(void *arg, const struct warning_hit *hit), void *arg)
{
	struct look k = { .w = w, .o = o };

	if (warning_is_empty(w))
		return;
	look_up(&k);
	for (size_t i = 0; i < WORDS; i++)
		for (uint64_t left = k.found[i]; left != 0;
		    left &= left - 1) {
			struct warning_hit hit = hit_of(&k, 64 * i +
			    (size_t)__builtin_ctzll(left));

			visit(arg, &hit);
		}
}

struct first {
	struct warning_hit hit;
	bool found;
};

static void
on_first(void *arg, const struct warning_hit *hit)
{
	struct first *f = arg;

	if (!f->found)
		f->hit = *hit;
	f->found = true;
}

bool
warning_find(const struct warning *w, const struct observable *o,
    struct warning_hit *out)
{
	struct first f = { .found = false };

	warning_each(w, o, on_first, &f);
	if (f.found)
		*out = f.hit;
	return f.found;
}
