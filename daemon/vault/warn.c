#include "vault/warn.h"

#include "base/mem.h"
#include "host/log.h"
#include "policy/lint.h"
#include "vault/link.h"
#include "vault/peer.h"
#include "vault/terms.h"
#include "vault/trust/warnings.h"

static void
warn_card(const struct peer *p, unix_ms_t now, warn_fn fn, void *arg)
{
	int64_t left = p->card.not_after.ms - now.ms;
	AUTO_BUF struct buf b = { 0 };

	if (left > LINT_ENDING_MS)
		return;
	buf_addf(&b, "the card of %s ", p->card.cert_id);
	if (left < 0)
		buf_addf(&b, "ended %lld days ago: it is not connected",
		    (long long)(-left / DAY(1)));
	else
		buf_addf(&b, "ends in %lld days; ask it for a new one",
		    (long long)(left / DAY(1)));
	fn(arg, b.p);
}

static void
warn_peer(const struct vault *v, const struct peer *p, warn_fn fn, void *arg)
{
	AUTO_BUF struct buf b = { 0 };
	const struct terms_row *r;

	if (p->taxii != NULL && v->policy != NULL && p->party.org < 0) {
		buf_addf(&b, "%s is a TAXII server that the policy does not "
		    "name: nothing of it is taken", p->card.cert_id);
		fn(arg, b.p);
	}
	warn_card(p, vault_now(v), fn, arg);
	for (size_t i = 0; terms_heard(p->terms) &&
	    (r = terms_row(p->terms, i)) != NULL; i++) {
		buf_reset(&b);
		buf_addf(&b, "%s %s with %s", term_what_name(r->what),
		    r->id, p->card.cert_id);
		if (r->problem[0] != '\0' && r->theirs[0] != '\0' &&
		    r->ours[0] != '\0')
			buf_addf(&b, " does not count: %s (ours %s, theirs "
			    "%s)", r->problem, r->ours, r->theirs);
		else if (r->problem[0] != '\0')
			buf_addf(&b, " does not count: %s", r->problem);
		else if (r->wider[0] != '\0')
			buf_addf(&b, ": it states more than we hold, which "
			    "does not count: %s", r->wider);
		else
			continue;
		fn(arg, b.p);
	}
}

void
warn_each(const struct vault *v, warn_fn fn, void *arg)
{
	AUTO_BUF struct buf b = { 0 };

	for (size_t i = 0; v->policy != NULL && policy_lint_ending(v->policy,
	    vault_now(v), i, &b); i++) {
		fn(arg, b.p);
		buf_reset(&b);
	}
	for (size_t i = 0; i < peers_count(v->peers); i++)
		warn_peer(v, peers_at(v->peers, i), fn, arg);
	warnings_problems(v, fn, arg);
}

static void
on_warning(void *arg, const char *text)
{
	(void)arg;
	log_warning("attention", "text=\"%s\"", text);
}

void
warn_tick(struct vault *v)
{
	unix_ms_t now = vault_now(v);
	int64_t day = now.ms / DAY(1);

	if (v->state == VAULT_DRAINING)
		return;
	for (size_t i = 0; i < peers_count(v->peers); i++) {
		struct peer *p = peers_at(v->peers, i);

		if (p->link != NULL && now.ms > p->card.not_after.ms)
			link_close(p->link, CLOSE_CARD_EXPIRED, NULL);
	}
	if (peers_terms_ended(v->peers))
		log_notice("terms-ended", "action=\"decided again\"");
	if (v->warned_day != day ||
	    v->warned_generation != v->policy_generation)
		warn_each(v, on_warning, NULL);
	v->warned_day = day;
	v->warned_generation = v->policy_generation;
}
