/*
 * What a desk of our own may see: walls, purposes, audience and expiry bind
 * inside a CERT as between two.  Grants and limits speak of peers only.
 */
#include "policy/policy_private.h"

static void
local_refuse(struct decision *out, enum outcome o, enum reason reason,
    int by)
{
	*out = (struct decision){ .outcome = o, .granted = OUTCOME_PERMIT,
	    .limited = o, .reason = reason, .by = by,
	    .cap_ttl_ms = INT64_MAX };
}

void
policy_decide_local(const struct policy *p, int desk,
    const struct label *label, unix_ms_t now, struct decision *out)
{
	struct policy_request req = { .direction = DIRECTION_OUT,
	    .desk = desk, .label = label, .now = now };
	uint32_t purposes = 0;
	int wall;

	if (p == NULL || label == NULL) {
		local_refuse(out, OUTCOME_DENY, REASON_NO_POLICY, -1);
		return;
	}
	if (desk < 0 || (size_t)desk >= p->file->v.desks.n ||
	    p->desks[desk].org != 0) {
		local_refuse(out, OUTCOME_DENY, REASON_UNKNOWN_PEER, -1);
		return;
	}
	wall = policy_wall_of(p, &req);
	if (wall >= 0) {
		local_refuse(out, OUTCOME_FORBID, REASON_RULE,
		    (int)p->file->rules.n + wall);
		return;
	}
	for (size_t d = 0; d < p->file->v.domains.n; d++)
		if ((p->desks[desk].uses >> d & 1) != 0)
			purposes |= p->file->v.domain_purposes[d];
	purposes &= label->purposes;
	if (purposes == 0)
		local_refuse(out, OUTCOME_DENY, REASON_LABEL_PURPOSE, -1);
	else if (!desk_set_has(&label->audience, (unsigned)desk))
		local_refuse(out, OUTCOME_DENY, REASON_AUDIENCE, -1);
	else if (label->expires.ms <= now.ms)
		local_refuse(out, OUTCOME_DENY, REASON_EXPIRED, -1);
	else
		*out = (struct decision){ .outcome = OUTCOME_PERMIT,
		    .reason = REASON_RULE, .by = -1, .purposes = purposes,
		    .cap_hops = label->hops, .cap_ttl_ms = INT64_MAX };
}
