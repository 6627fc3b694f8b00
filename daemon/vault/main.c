/*
 * comity-vault: see vault.h.  Started by comityd with its channel as
 * descriptor 3; an administrator never starts it.
 */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "gate/shadow.h"
#include "host/clock.h"
#include "host/log.h"
#include "net/loop.h"
#include "net/timer.h"
#include "vault/circle.h"
#include "vault/consult/consult.h"
#include "vault/consult/question.h"
#include "vault/consult/wish.h"
#include "vault/control/control.h"
#include "vault/feeds.h"
#include "vault/front/front.h"
#include "vault/link.h"
#include "vault/member.h"
#include "vault/peer.h"
#include "vault/posture.h"
#include "vault/supervisor_link.h"
#include "vault/trust/answer.h"
#include "vault/trust/corroboration.h"
#include "vault/trust/evidence.h"
#include "vault/trust/opinions.h"
#include "vault/trust/standing.h"
#include "vault/trust/statement.h"
#include "vault/trust/warnings.h"

#define FD_SUPERVISOR 3

enum { EXIT_USAGE = 78 };

static int
read_arguments(int argc, char **argv, struct vault *v)
{
	static const struct option options[] = {
		{ "state", required_argument, NULL, 's' },
		{ "identity-key", required_argument, NULL, 'k' },
		{ "cert-id", required_argument, NULL, 'i' },
		{ NULL, 0, NULL, 0 },
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 's')
			snprintf(v->state_dir, sizeof(v->state_dir), "%s",
			    optarg);
		else if (opt == 'k')
			v->key_file = optarg;
		else if (opt == 'i')
			snprintf(v->cert_id, sizeof(v->cert_id), "%s",
			    optarg);
		else
			return ERR_USAGE;
	}
	return v->state_dir[0] != '\0' && v->key_file != NULL &&
	    v->cert_id[0] != '\0' && optind == argc ? 0 : ERR_USAGE;
}

/* The last things said still go out; then everything in reverse order. */
static void
tear_down(struct vault *v)
{
	fronts_stop(v->fronts);
	loop_settle(v->loop);
	turn_close(v->turn);
	loop_settle(v->loop);	/* what its answers deferred */
	controls_free(v->controls);
	fronts_free(v->fronts);
	links_free(v);
	supervisor_link_free(v->super);
	timer_free(v->maintain);
	timer_free(v->second);
	peers_free(v->peers);
	circles_free(v->circles);
	opinions_free(v->opinions);
	feeds_free(v->feeds);
	apply_free(v->apply);
	postures_free(v->postures);
	statements_free(v->statements);
	answers_free(v->answers);
	standings_free(v->standings);
	corroboration_free(v->corroboration);
	evidence_free(v->evidence);
	wishes_free(v->wishes);
	questions_free(v->questions);
	members_free(v->members);
	consult_free(v->consult);
	gate_free(v->gate);
	shadow_free(v->shadow);
	policy_free(v->policy);
	audit_close(v->audit);
	store_close(v->store);
	verify_key_free(v->own_key);
	sign_key_free(v->key);
	warnings_adopt(v, -1);
	warning_free(v->warnings);
	free(v->settings);
	loop_free(v->loop);
	turn_free(v->turn);
}

int
main(int argc, char **argv)
{
	struct vault v = { .started = clock_mono(), .lists_fd = -1 };

	log_open("vault");
	if (read_arguments(argc, argv, &v) != 0) {
		fputs("comity-vault is started by comityd(8)\n", stderr);
		return EXIT_USAGE;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	v.loop = loop_new();
	v.settings = mem_new(struct settings);
	v.warnings = warning_new();
	v.turn = turn_new(&v);
	v.controls = controls_new(&v);
	v.super = supervisor_link_new(&v, FD_SUPERVISOR);
	loop_run(v.loop);
	tear_down(&v);
	return v.exit_code;
}
