#include "vault/desk_view.h"

int
desk_view_read(struct control *c, const json_t *args, struct desk_view *out)
{
	const char *desk;
	struct vault *v = control_vault(c);
	const struct policy_org *self;
	AUTO_BUF struct buf name = { 0 };
	int i;

	if (v->policy == NULL)
		return control_error(c, ERR_DENIED, NULL,
		    "no policy is in force: nothing can be shown");
	TRY(control_filter(c, args, "desk", &desk));
	self = policy_org(v->policy, 0);
	*out = (struct desk_view){ v, self->first_desk, self->ndesks };
	if (desk == NULL)
		return 0;
	buf_addf(&name, "%s/%s", v->cert_id, desk);
	i = policy_find_desk(v->policy, buf_str(&name));
	if (i < self->first_desk || i >= self->first_desk + self->ndesks)
		return control_error(c, ERR_USAGE, "the desks of this CERT "
		    "are under `self:` in policy.yaml",
		    "no desk %s in the policy", desk);
	out->first = i;
	out->n = 1;
	return 0;
}

bool
desk_view_shows(const struct desk_view *view, const struct store_record *r)
{
	unix_ms_t now = vault_now(view->v);

	for (int i = 0; i < view->n; i++)
		if (gate_answer_local(view->v->gate, r, view->first + i,
		    now) == 1)
			return true;
	return false;
}
