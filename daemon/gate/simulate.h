/*
 * What another policy would let flow, counted over the store.  Nothing is
 * written, and nothing leaves: there are only numbers and a few ids.
 */
#ifndef GATE_SIMULATE_H
#define GATE_SIMULATE_H

#include "gate/release.h"

#define SIMULATE_SAMPLES 10

struct simulation;

/* One record that fares otherwise. */
struct simulate_sample {
	char id[STIX_ID_MAX + 1];
	enum outcome before, after;
	const char *by;		/* rule or reason, of the new policy */
};

/* One peer: what is known of it, and what was counted. */
struct simulate_peer {
	const char *cert_id;			/* borrowed, as are these */
	const struct delivery *delivery;
	struct gate_party now, then;		/* under either policy */
	/* Its stream, which knows what it wants; or NULL: everything. */
	const struct release *release;
	/* As in struct release_options; or NULL. */
	bool (*agreed)(void *arg, int64_t seq, struct desk_set *out);
	void *agreed_arg;
	uint64_t records;			/* looked at for this peer */
	uint64_t outcomes[OUTCOMES][OUTCOMES];	/* before, after */
	uint64_t flow;	/* not there yet, and would go, whole or redacted */
	uint64_t stop;	/* would have gone, and would not any more */
	/*
	 * What the peer's counts would be when all is settled, unless it
	 * refuses some: then nothing counts them.  Only if all is looked at.
	 */
	uint64_t delivered, redacted, consulted, denied, forbidden;
	struct simulate_sample samples[SIMULATE_SAMPLES];
	size_t nsamples;
};

struct simulate_options {
	const struct gate_options *gate;	/* borrowed for the call */
	struct gate *now;			/* the gate in force, borrowed */
	const struct policy *then;		/* borrowed while it lives */
	struct simulate_peer *peers;		/* the same; counted in place */
	size_t npeers;
	unix_ms_t since;	/* only records received from then on */
	unix_ms_t at;		/* the time it is taken to be */
};

struct simulation *simulation_new(const struct simulate_options *o);
void simulation_free(struct simulation *s);
MEM_AUTO(struct simulation, simulation_free);

/*
 * simulation_step(s, max): look at up to max records more.  1 if more are
 * left, 0 when all were looked at, ERR_* of the store.
 */
int simulation_step(struct simulation *s, size_t max) MUST_CHECK;

/* simulation_progress(s, out_of): sequences looked at, of how many. */
int64_t simulation_progress(const struct simulation *s, int64_t *out_of);

#endif
