#include "vault/posture_store.h"

#include <stdio.h>
#include <string.h>

#define SPACE "posture"
#define STATE "state"
#define STATE_VERSION 1

static void
entry_out(struct buf *b, const struct posture_entry *e)
{
	buf_add(b, e->country, 2);
	out_u8(b, (uint8_t)e->level);
	out_u64(b, (uint64_t)e->since.ms);
	out_u64(b, (uint64_t)e->until.ms);
	approvers_out(b, &e->by);
	out_str16(b, str_of(e->reason));
}

static void
entry_cur(struct cur *c, struct posture_entry *e)
{
	struct str reason;
	uint8_t level;

	cur_copy(c, e->country, 2);
	level = cur_u8(c);
	if (level > POSTURE_SUSPENDED)
		cur_fail(c, ERR_VALUE);
	e->level = (enum posture)level;
	e->since.ms = (int64_t)cur_u64(c);
	e->until.ms = (int64_t)cur_u64(c);
	approvers_cur(c, &e->by);
	reason = cur_str16(c, POSTURE_REASON_MAX - 1);
	snprintf(e->reason, sizeof(e->reason), "%.*s", (int)reason.n,
	    reason.n > 0 ? reason.p : "");
}

int
postures_save(const struct postures *ps)
{
	AUTO_BUF struct buf b = { 0 };

	out_u8(&b, STATE_VERSION);
	out_u32(&b, ps->last);
	out_u16(&b, (uint16_t)ps->in_force.n);
	for (size_t i = 0; i < ps->in_force.n; i++)
		entry_out(&b, &ps->in_force.v[i]);
	out_u16(&b, (uint16_t)ps->proposed.n);
	for (size_t i = 0; i < ps->proposed.n; i++) {
		out_u32(&b, ps->proposed.v[i].number);
		out_u8(&b, (uint8_t)ps->proposed.v[i].change);
		entry_out(&b, &ps->proposed.v[i].entry);
	}
	return store_set(ps->v->store, SPACE, STATE, buf_str(&b));
}

static void
state_cur(struct cur *c, struct postures *ps)
{
	uint16_t n;

	if (cur_u8(c) != STATE_VERSION)
		cur_fail(c, ERR_VERSION);
	ps->last = cur_u32(c);
	n = cur_u16(c);
	for (uint16_t i = 0; i < n && c->err == 0; i++) {
		struct posture_entry e = { .country = "" };

		entry_cur(c, &e);
		vec_push(&ps->in_force, e);
	}
	n = cur_u16(c);
	for (uint16_t i = 0; i < n && c->err == 0; i++) {
		struct posture_proposal p = { .number = cur_u32(c) };
		uint8_t change = cur_u8(c);

		if (change > POSTURE_RENEW)
			cur_fail(c, ERR_VALUE);
		p.change = (enum posture_change)change;
		entry_cur(c, &p.entry);
		vec_push(&ps->proposed, p);
	}
}

int
postures_load(struct postures *ps)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(2));
	struct str value;
	struct cur c;
	int rc = store_value(ps->v->store, SPACE, STATE, arena, &value);

	if (rc < 0 && rc != ERR_NOT_FOUND)
		return rc;
	vec_clear(&ps->in_force);
	vec_clear(&ps->proposed);
	ps->last = 0;
	if (rc == ERR_NOT_FOUND)
		return 0;
	c = cur_of(value.p, value.n);
	state_cur(&c, ps);
	return cur_finish(&c) == 0 ? 0 : ERR_STORE;
}
