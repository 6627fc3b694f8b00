#include "front/limit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define PLACES_MORE 1024	/* addresses without a connection, remembered */
#define EVENT MINUTE(1)		/* what one event fills of a bucket */

/* Fills with events and leaks with time. */
struct bucket {
	int64_t used;		/* EVENT for each event */
	mono_ms_t at;		/* when `used` was right */
};

struct place {
	struct limit_key key;
	bool used;
	unsigned open;			/* connections */
	struct bucket fresh, failed;	/* new connections, failed logins */
	mono_ms_t seen;
};

struct limit {
	struct limit_options o;
	unsigned open;
	size_t place_count;
	struct place *places;		/* owned */
};

struct limit_options
limit_options_default(void)
{
	return (struct limit_options){ .connections = 2000,
	    .per_address = 128, .burst = 200, .per_second = 20,
	    .failures = 100, .failures_per_minute = 20 };
}

struct limit *
limit_new(const struct limit_options *o)
{
	struct limit *l = mem_new(struct limit);

	l->o = *o;
	/* So there is always one without a connection to forget. */
	l->place_count = (size_t)o->connections + PLACES_MORE;
	l->places = mem_array(struct place, l->place_count);
	return l;
}

void
limit_free(struct limit *l)
{
	if (l == NULL)
		return;
	free(l->places);
	free(l);
}

struct limit_key
limit_key(const struct sockaddr *sa)
{
	struct limit_key k = { .local = false };

	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)sa;

		k.b[0] = 4;
		memcpy(k.b + 1, &in->sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)sa;

		if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
			k.b[0] = 4;
			memcpy(k.b + 1, &in6->sin6_addr.s6_addr[12], 4);
		} else {
			k.b[0] = 6;
			memcpy(k.b + 1, &in6->sin6_addr, 8);
			k.local = IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
		}
	}
	if (k.b[0] == 4)
		k.local = k.b[1] == 127;
	return k;
}

const char *
limit_key_text(const struct limit_key *k,
    char dst[static LIMIT_KEY_TEXT_MAX])
{
	char text[INET6_ADDRSTRLEN] = "?";
	struct in6_addr a = { 0 };

	if (k->b[0] == 4) {
		(void)inet_ntop(AF_INET, k->b + 1, text, sizeof(text));
		snprintf(dst, LIMIT_KEY_TEXT_MAX, "%s", text);
	} else if (k->b[0] == 6) {
		memcpy(&a, k->b + 1, 8);
		(void)inet_ntop(AF_INET6, &a, text, sizeof(text));
		snprintf(dst, LIMIT_KEY_TEXT_MAX, "%s/64", text);
	} else {
		snprintf(dst, LIMIT_KEY_TEXT_MAX, "elsewhere");
	}
	return dst;
}

static int64_t
bucket_used(struct bucket *b, unsigned per_minute, mono_ms_t now)
{
	int64_t passed = now.ms > b->at.ms ? now.ms - b->at.ms : 0;

	if (passed > DAY(1) || passed * (int64_t)per_minute >= b->used)
		b->used = 0;
	else
		b->used -= passed * (int64_t)per_minute;
	b->at = now;
	return b->used;
}

static struct place *
place_find(struct limit *l, const struct limit_key *k)
{
	for (size_t i = 0; i < l->place_count; i++)
		if (l->places[i].used &&
		    memcmp(l->places[i].key.b, k->b, sizeof(k->b)) == 0)
			return &l->places[i];
	return NULL;
}

/* Is a better forgotten than b?  Free; nothing open; no failures; old. */
static bool
place_before(const struct place *a, const struct place *b)
{
	if (a->used != b->used)
		return !a->used;
	if ((a->open == 0) != (b->open == 0))
		return a->open == 0;
	if ((a->failed.used == 0) != (b->failed.used == 0))
		return a->failed.used == 0;
	return a->seen.ms < b->seen.ms;
}

/* The address's place, or the one best forgotten made free for it. */
static struct place *
place_of(struct limit *l, const struct limit_key *k, mono_ms_t now)
{
	struct place *p = place_find(l, k);

	if (p == NULL) {
		p = &l->places[0];
		for (size_t i = 1; i < l->place_count; i++)
			if (place_before(&l->places[i], p))
				p = &l->places[i];
		*p = (struct place){ .key = *k, .used = true,
		    .fresh.at = now, .failed.at = now };
	}
	p->seen = now;
	return p;
}

bool
limit_connect(struct limit *l, const struct limit_key *k, mono_ms_t now)
{
	struct place *p;

	if (l->open >= l->o.connections)
		return false;
	p = place_of(l, k, now);
	if (!k->local && (p->open >= l->o.per_address ||
	    bucket_used(&p->fresh, 60 * l->o.per_second, now) + EVENT >
	    l->o.burst * EVENT))
		return false;
	p->fresh.used += EVENT;
	p->open++;
	l->open++;
	return true;
}

void
limit_disconnect(struct limit *l, const struct limit_key *k)
{
	struct place *p = place_find(l, k);

	if (p != NULL && p->open > 0)
		p->open--;
	if (l->open > 0)
		l->open--;
}

unsigned
limit_login_wait(struct limit *l, const struct limit_key *k, mono_ms_t now)
{
	struct place *p = place_find(l, k);
	int64_t over, ms;

	if (p == NULL)
		return 0;
	over = bucket_used(&p->failed, l->o.failures_per_minute, now) + EVENT -
	    l->o.failures * EVENT;
	if (over <= 0)
		return 0;
	ms = over / (l->o.failures_per_minute > 0 ?
	    l->o.failures_per_minute : 1);
	return (unsigned)(ms / 1000 + 1);
}

void
limit_login_failed(struct limit *l, const struct limit_key *k, mono_ms_t now)
{
	struct place *p = place_of(l, k, now);
	int64_t most = l->o.failures * EVENT;

	(void)bucket_used(&p->failed, l->o.failures_per_minute, now);
	p->failed.used += EVENT;
	if (p->failed.used > most)
		p->failed.used = most;
}

void
limit_login_passed(struct limit *l, const struct limit_key *k)
{
	struct place *p = place_find(l, k);

	if (p != NULL)
		p->failed.used = 0;
}
