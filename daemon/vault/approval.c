#include "vault/approval.h"

#include <stdio.h>
#include <string.h>

#include "host/log.h"

int
approval_log(struct vault *v, const struct approval *a)
{
	struct audit_approval entry = { .at = vault_now(v),
	    .what = str_of(a->what), .subject = str_of(a->subject),
	    .who = str_of(a->by == NULL ? "comity" : a->by->name),
	    .verdict = str_of(a->verdict), .reason = str_of(a->reason),
	    .by_key = a->by != NULL && a->by->by_key };
	AUTO_BUF struct buf text = { 0 };
	AUTO_BUF struct buf bytes = { 0 };
	char shown[200];

	if (entry.by_key)
		entry.proof = a->by->proof;
	audit_approval_text(&entry, &text);
	TRY(sign_message(v->key, text.p, text.n, entry.signature));
	audit_approval_encode(&entry, &bytes);
	TRY(audit_append(v->audit, AUDIT_APPROVAL, buf_str(&bytes)));
	log_notice("approval", "what=%s subject=%.80s by=%s verdict=%s "
	    "reason=\"%s\"", a->what, a->subject,
	    a->by == NULL ? "comity" : a->by->name, a->verdict,
	    str_escape(shown, sizeof(shown), entry.reason));
	return 0;
}

bool
approvers_has(const struct approvers *a, const char *name)
{
	for (size_t i = 0; i < a->n; i++)
		if (strcmp(a->name[i], name) == 0)
			return true;
	return false;
}

int
approvers_add(struct approvers *a, const struct operator *op)
{
	if (!op->listed)
		return ERR_DENIED;
	if (approvers_has(a, op->name))
		return ERR_EXISTS;
	if (a->n == APPROVERS_MAX)
		return ERR_LIMIT;
	snprintf(a->name[a->n++], OPERATOR_NAME_MAX, "%s", op->name);
	return (int)a->n;
}

void
approvers_text(const struct approvers *a, struct buf *out)
{
	if (a->n == 0)
		buf_addz(out, "nobody");
	for (size_t i = 0; i < a->n; i++)
		buf_addf(out, "%s%s", i == 0 ? "" : ", ", a->name[i]);
}

void
approvers_out(struct buf *b, const struct approvers *a)
{
	out_u8(b, (uint8_t)a->n);
	for (size_t i = 0; i < a->n; i++)
		out_str8(b, str_of(a->name[i]));
}

void
approvers_cur(struct cur *c, struct approvers *out)
{
	struct approvers a = { .n = cur_u8(c) };

	if (a.n > APPROVERS_MAX) {
		cur_fail(c, ERR_LIMIT);
		return;
	}
	for (size_t i = 0; i < a.n; i++) {
		struct str name = cur_str8(c, OPERATOR_NAME_MAX - 1);

		snprintf(a.name[i], OPERATOR_NAME_MAX, "%.*s", (int)name.n,
		    name.n > 0 ? name.p : "");
	}
	if (c->err == 0)
		*out = a;
}
