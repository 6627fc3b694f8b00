/*
 * Who may start a session: limits on what strangers can make us do, applied
 * to the address before a process is forked (comityd.yaml(5), LIMITS).
 */
#ifndef SUPERVISOR_ADMISSION_H
#define SUPERVISOR_ADMISSION_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/unit.h"
#include "config/settings.h"

struct admission;

/* Where a caller is: IPv4, or the first 64 bits of IPv6. */
struct admission_key {
	uint8_t b[16];
	bool local;		/* loopback: only the whole daemon's limits */
};

struct admission *admission_new(void);
void admission_free(struct admission *a);

/* admission_key(sa): where sa is. */
struct admission_key admission_key(const struct sockaddr *sa);

/*
 * admission_ask(a, q): may a session be started for it?  If so it counts as
 * unproved until admission_proved or admission_gone.
 */
struct admission_question {
	const struct settings_limits *limits;
	struct admission_key key;
	mono_ms_t now;
};
bool admission_ask(struct admission *a, const struct admission_question *q);

/* admission_proved(a, key), admission_gone(a, key): one less unproved. */
void admission_proved(struct admission *a, const struct admission_key *key);
void admission_gone(struct admission *a, const struct admission_key *key);

/*
 * admission_penalty(a, q): a proof from there failed: it is refused for
 * penalty_min_ms, doubling with each further one up to penalty_max_ms.
 */
void admission_penalty(struct admission *a,
    const struct admission_question *q);

#endif
