#include "vault/consult/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPACE "consult"

int
case_write(struct store *store, const struct consult_case *x)
{
	AUTO_BUF struct buf b = { 0 };
	char key[32];

	out_u64(&b, (uint64_t)x->seq);
	out_u8(&b, (uint8_t)x->state);
	out_u8(&b, x->incoming);
	out_u64(&b, (uint64_t)x->opened.ms);
	out_u64(&b, (uint64_t)x->deadline.ms);
	out_u64(&b, (uint64_t)x->closed.ms);
	out_u64(&b, (uint64_t)x->until.ms);
	buf_add(&b, x->digest.b, sizeof(x->digest.b));
	out_str16(&b, str_of(x->peer));
	out_str16(&b, str_of(x->record));
	out_str16(&b, str_of(x->kind));
	out_str16(&b, str_of(x->by));
	out_str16(&b, str_of(x->circle));
	out_str16(&b, str_of(x->desks));
	out_str16(&b, str_of(x->asked));
	out_str16(&b, str_of(x->no));
	out_str16(&b, str_of(x->reason));
	approvers_out(&b, &x->yes);
	snprintf(key, sizeof(key), "%016" PRIx64, x->number);
	return store_set(store, SPACE, key, buf_str(&b));
}

int
case_forget(struct store *store, const struct consult_case *x)
{
	char key[32];

	snprintf(key, sizeof(key), "%016" PRIx64, x->number);
	return store_unset(store, SPACE, key);
}

static void
cur_text(struct cur *c, char *dst, size_t size)
{
	struct str s = cur_str16(c, size - 1);

	snprintf(dst, size, "%.*s", (int)s.n, s.p == NULL ? "" : s.p);
}

static int
case_decode(struct str value, struct consult_case *x)
{
	struct cur c = cur_of(value.p, value.n);
	uint8_t state;

	x->seq = (int64_t)cur_u64(&c);
	state = cur_u8(&c);
	x->incoming = cur_u8(&c) != 0;
	x->opened.ms = (int64_t)cur_u64(&c);
	x->deadline.ms = (int64_t)cur_u64(&c);
	x->closed.ms = (int64_t)cur_u64(&c);
	x->until.ms = (int64_t)cur_u64(&c);
	cur_copy(&c, x->digest.b, sizeof(x->digest.b));
	cur_text(&c, x->peer, sizeof(x->peer));
	cur_text(&c, x->record, sizeof(x->record));
	cur_text(&c, x->kind, sizeof(x->kind));
	cur_text(&c, x->by, sizeof(x->by));
	cur_text(&c, x->circle, sizeof(x->circle));
	cur_text(&c, x->desks, sizeof(x->desks));
	cur_text(&c, x->asked, sizeof(x->asked));
	cur_text(&c, x->no, sizeof(x->no));
	cur_text(&c, x->reason, sizeof(x->reason));
	approvers_cur(&c, &x->yes);
	x->state = (enum case_state)state;
	return cur_finish(&c) == 0 && state < CASE_STATES ? 0 : ERR_STORE;
}

struct reading {
	case_visit visit;
	void *arg;
};

static int
on_value(void *arg, const char *key, struct str value)
{
	struct reading *r = arg;
	struct consult_case *x = mem_new(struct consult_case);
	int rc;

	if (sscanf(key, "%16" SCNx64, &x->number) != 1 ||
	    case_decode(value, x) != 0) {
		free(x);
		return ERR_STORE;
	}
	rc = r->visit(r->arg, x);
	return rc;
}

int
cases_read(struct store *store, case_visit visit, void *arg)
{
	struct reading r = { visit, arg };

	return store_values(store, SPACE, on_value, &r);
}
