#include "supervisor/admission.h"

#include <string.h>
#include <netinet/in.h>

#include "base/crypto.h"

#define PLACES_MAX 1024		/* addresses remembered at once */

struct place {
	struct admission_key key;
	int64_t minute;			/* of `started` */
	unsigned started, unproved;
	int64_t penalty_ms;		/* the last one, doubles */
	mono_ms_t until;		/* refused until then */
	mono_ms_t seen;
	bool used;
};

struct admission {
	struct place places[PLACES_MAX];
	int64_t unproved;
	int64_t second, begun;		/* handshakes begun in that second */
};

struct admission *
admission_new(void)
{
	return mem_new(struct admission);
}

void
admission_free(struct admission *a)
{
	free(a);
}

struct admission_key
admission_key(const struct sockaddr *sa)
{
	struct admission_key k = { .local = false };

	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)sa;

		memcpy(k.b, &in->sin_addr, 4);
		k.local = k.b[0] == 127;
	} else if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)sa;

		if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
			memcpy(k.b, &in6->sin6_addr.s6_addr[12], 4);
			k.local = k.b[0] == 127;
			return k;
		}
		memcpy(k.b + 8, &in6->sin6_addr, 8);
		k.local = IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
		k.b[7] = 6;
	}
	return k;
}

static struct place *
place_find(struct admission *a, const struct admission_key *key)
{
	for (size_t i = 0; i < PLACES_MAX; i++)
		if (a->places[i].used && memcmp(a->places[i].key.b, key->b,
		    sizeof(key->b)) == 0)
			return &a->places[i];
	return NULL;
}

/* Is a easier to forget than b?  Free, then nothing open, then long ago. */
static bool
place_before(const struct place *a, const struct place *b)
{
	if (a->used != b->used)
		return !a->used;
	if ((a->unproved == 0) != (b->unproved == 0))
		return a->unproved == 0;
	return a->seen.ms < b->seen.ms;
}

/* The address's place, or the one best forgotten made free for it. */
static struct place *
place_of(struct admission *a, const struct admission_key *key,
    mono_ms_t now)
{
	struct place *p = place_find(a, key);

	if (p != NULL)
		return p;
	p = &a->places[0];
	for (size_t i = 1; i < PLACES_MAX; i++)
		if (place_before(&a->places[i], p))
			p = &a->places[i];
	*p = (struct place){ .key = *key, .used = true, .seen = now };
	return p;
}

/*
 * Random early drop: none below the start, all at the maximum, in between
 * the more the nearer (as OpenSSH's MaxStartups).
 */
static bool
drop_early(const struct admission *a, const struct settings_limits *l)
{
	int64_t span = l->unproved_max - l->unproved_start;
	uint32_t r;

	if (a->unproved < l->unproved_start)
		return false;
	if (a->unproved >= l->unproved_max || span <= 0)
		return true;
	crypto_random(&r, sizeof(r));
	return (int64_t)(r % (uint64_t)span) <
	    a->unproved - l->unproved_start;
}

bool
admission_ask(struct admission *a, const struct admission_question *q)
{
	struct place *p = place_of(a, &q->key, q->now);
	int64_t minute = q->now.ms / MINUTE(1);

	p->seen = q->now;
	if (p->minute != minute) {
		p->minute = minute;
		p->started = 0;
	}
	if (a->second != q->now.ms / SEC(1)) {
		a->second = q->now.ms / SEC(1);
		a->begun = 0;
	}
	if (a->begun >= q->limits->handshakes_per_second ||
	    drop_early(a, q->limits))
		return false;
	if (!q->key.local && (q->now.ms < p->until.ms ||
	    p->unproved >= q->limits->unproved_per_address ||
	    p->started >= q->limits->unproved_per_minute))
		return false;
	a->begun++;
	p->started++;
	p->unproved++;
	a->unproved++;
	return true;
}

void
admission_gone(struct admission *a, const struct admission_key *key)
{
	struct place *p = place_find(a, key);

	if (p != NULL && p->unproved > 0)
		p->unproved--;
	if (a->unproved > 0)
		a->unproved--;
}

void
admission_proved(struct admission *a, const struct admission_key *key)
{
	struct place *p = place_find(a, key);

	admission_gone(a, key);
	if (p == NULL)
		return;
	p->penalty_ms = 0;
	p->until.ms = 0;
	if (p->started > 0)
		p->started--;	/* who proves itself is not a stranger */
}

void
admission_penalty(struct admission *a, const struct admission_question *q)
{
	struct place *p = place_of(a, &q->key, q->now);

	p->penalty_ms = p->penalty_ms == 0 ? q->limits->penalty_min_ms :
	    2 * p->penalty_ms;
	if (p->penalty_ms > q->limits->penalty_max_ms)
		p->penalty_ms = q->limits->penalty_max_ms;
	p->until.ms = q->now.ms + p->penalty_ms;
}
