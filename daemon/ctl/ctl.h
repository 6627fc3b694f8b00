/*
 * What every command of comityctl gets: where the instance is, how to
 * print, its arguments; and how it ends.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "base/unit.h"

/* Exit codes, comityctl(1) EXIT STATUS.  A handler returns one of them. */
enum ctl_exit {
	CTL_DONE = 0,
	CTL_REFUSED = 1,	/* refused or failed */
	CTL_USAGE = 2,
	CTL_UNREACHABLE = 3,	/* the daemon does not answer at all */
	CTL_NOT_FOUND = 4,
	CTL_PERMISSION = 5,
	CTL_TIMEOUT = 6,	/* state unknown */
	CTL_PARTLY = 7,
};

/* Where an instance keeps its things; NUL-terminated, absolute or not. */
#define CTL_PATH_MAX 4096
struct instance {
	bool explicit;		/* named with -C */
	char dir[CTL_PATH_MAX];		/* "" for the system's own */
	char config[CTL_PATH_MAX];	/* comityd.yaml, policy.yaml, peers.d */
	char state[CTL_PATH_MAX];	/* keys, card.json, comity.db */
	char socket[CTL_PATH_MAX];	/* control.sock */
};

struct ctl {
	struct instance at;
	bool json;		/* one JSON document on standard output */
	const char *operator_key;	/* --as: sign requests with it, or NULL */
	const char *words;	/* the command as the user may write it */
	int argc;		/* what follows the command's words */
	char **argv;
	int timeout_ms;		/* for one answer of the daemon */
	bool quiet;		/* ctl_fail says nothing: it is tried again */
};

struct command {
	const char *words;	/* "peer add" */
	const char *usage;	/* "CARD.json [--yes]" */
	const char *help;	/* one line */
	const char *example;	/* after "comityctl ", or NULL */
	bool online;		/* needs a running daemon */
	int (*run)(struct ctl *c);
};

extern const struct command commands[];
extern const size_t ncommands;

/*
 * command_find(argc, argv, out_words): the command whose words begin argv,
 * the longest; out_words is how many arguments they take.  NULL if none.
 */
const struct command *command_find(int argc, char **argv, int *out_words);

/*
 * ctl_fail(c, exit code, hint, fmt, ...): tell what went wrong, as
 * "comityctl: COMMAND: text" and "hint: ..." (hint may be NULL) on standard
 * error, and as a document with --json.  Returns the exit code.
 */
int ctl_fail(const struct ctl *c, int code, const char *hint,
    const char *fmt, ...) PRINTF_LIKE(4, 5);

/* ctl_fail_err(c, e, hint): the same for e, the exit code from e->code. */
int ctl_fail_err(const struct ctl *c, const struct err *e, const char *hint);

/* ctl_exit_of(ERR_* code): the exit code that stands for it. */
int ctl_exit_of(int code);

/* ctl_usage(c, fmt, ...): wrong arguments: text and the usage line. */
int ctl_usage(const struct ctl *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * One option a command takes: "--name" sets *flag; "--name V" and
 * "--name=V" set the first unset of most values at value (0 counts as 1).
 */
struct ctl_option {
	const char *name;	/* without the dashes */
	bool *flag;
	const char **value;	/* all NULL before */
	size_t most;
};

/*
 * ctl_options(c, o, n, min, max): take the n options out of c->argv,
 * leave the positional arguments, at least min and at most max of them.
 * Return 0, or an exit code after having said what is wrong.  "--json" is
 * understood everywhere; "-h" shows the command's help and is returned as
 * CTL_HELP_SHOWN, upon which the handler returns CTL_DONE.
 */
#define CTL_HELP_SHOWN (-1)
int ctl_options(struct ctl *c, const struct ctl_option *o, size_t n,
    int min, int max) MUST_CHECK;

/* now_ms(): the wall clock. */
unix_ms_t now_ms(void);

/* CTL_OPTIONS(...): the usual call; returns from the handler by itself. */
#define CTL_OPTIONS(c, o, min, max)					\
	do {								\
		int opt_rc_ = ctl_options((c), (o), NELEM(o), (min), (max)); \
									\
		if (opt_rc_ == CTL_HELP_SHOWN)				\
			return CTL_DONE;				\
		if (opt_rc_ != 0)					\
			return opt_rc_;					\
	} while (0)
#define CTL_NO_OPTIONS(c, min, max)					\
	do {								\
		int opt_rc_ = ctl_options((c), NULL, 0, (min), (max));	\
									\
		if (opt_rc_ == CTL_HELP_SHOWN)				\
			return CTL_DONE;				\
		if (opt_rc_ != 0)					\
			return opt_rc_;					\
	} while (0)

/* ctl_help(command): usage, help and example on standard output. */
void ctl_help(const struct command *cmd);

/* Handlers, one a command; commands.c says which is which. */
int cmd_init(struct ctl *c);
int cmd_key_show(struct ctl *c);
int cmd_key_generate(struct ctl *c);
int cmd_card_show(struct ctl *c);
int cmd_card_sign(struct ctl *c);
int cmd_card_countersign(struct ctl *c);
int cmd_version(struct ctl *c);
int cmd_help(struct ctl *c);
int cmd_config_check(struct ctl *c);
int cmd_policy_check(struct ctl *c);
int cmd_policy_test(struct ctl *c);
int cmd_policy_shadow(struct ctl *c);
int cmd_policy_show(struct ctl *c);
int cmd_policy_explain(struct ctl *c);
int cmd_policy_prove(struct ctl *c);
int cmd_policy_diff(struct ctl *c);
int cmd_policy_simulate(struct ctl *c);
int cmd_policy_expect(struct ctl *c);
int cmd_circle_list(struct ctl *c);
int cmd_circle_show(struct ctl *c);
int cmd_circle_propose(struct ctl *c);
int cmd_circle_sign(struct ctl *c);
int cmd_circle_accept(struct ctl *c);
int cmd_token_add(struct ctl *c);
int cmd_token_list(struct ctl *c);
int cmd_token_revoke(struct ctl *c);
int cmd_posture_set(struct ctl *c);
int cmd_posture_lift(struct ctl *c);
int cmd_posture_renew(struct ctl *c);
int cmd_posture_approve(struct ctl *c);
int cmd_posture_withdraw(struct ctl *c);
int cmd_posture_list(struct ctl *c);
int cmd_policy_apply(struct ctl *c);
int cmd_policy_approve(struct ctl *c);
int cmd_policy_confirm(struct ctl *c);
int cmd_policy_withdraw(struct ctl *c);
int cmd_policy_pending(struct ctl *c);
int cmd_policy_history(struct ctl *c);
int cmd_status(struct ctl *c);
int cmd_peer_list(struct ctl *c);
int cmd_peer_show(struct ctl *c);
int cmd_peer_add(struct ctl *c);
int cmd_peer_remove(struct ctl *c);
int cmd_peer_check(struct ctl *c);
int cmd_peer_expect(struct ctl *c);
int cmd_publish(struct ctl *c);
int cmd_sight(struct ctl *c);
int cmd_inbox(struct ctl *c);
int cmd_lookup(struct ctl *c);
int cmd_show(struct ctl *c);
int cmd_why(struct ctl *c);
int cmd_label_show(struct ctl *c);
int cmd_recall(struct ctl *c);
int cmd_consult_list(struct ctl *c);
int cmd_consult_show(struct ctl *c);
int cmd_consult_open(struct ctl *c);
int cmd_consult_approve(struct ctl *c);
int cmd_consult_decline(struct ctl *c);
int cmd_consult_history(struct ctl *c);
int cmd_ask(struct ctl *c);
int cmd_proof_list(struct ctl *c);
int cmd_proof_show(struct ctl *c);
int cmd_backup(struct ctl *c);
int cmd_reload(struct ctl *c);
int cmd_records(struct ctl *c);
int cmd_export(struct ctl *c);
int cmd_watch(struct ctl *c);
int cmd_log_tail(struct ctl *c);
int cmd_trust_replay(struct ctl *c);
int cmd_trust_list(struct ctl *c);
int cmd_trust_show(struct ctl *c);
int cmd_trust_explain(struct ctl *c);
int cmd_trust_history(struct ctl *c);
int cmd_trust_evidence(struct ctl *c);
int cmd_trust_what_if(struct ctl *c);
int cmd_trust_mine(struct ctl *c);
int cmd_trust_answer(struct ctl *c);
int cmd_trust_lift(struct ctl *c);
int cmd_trust_vouch(struct ctl *c);
int cmd_trust_unvouch(struct ctl *c);
int cmd_trust_refer(struct ctl *c);
int cmd_trust_attest(struct ctl *c);
int cmd_trust_hand_on(struct ctl *c);
int cmd_trust_statements(struct ctl *c);
int cmd_warning_list(struct ctl *c);
int cmd_warning_check(struct ctl *c);

#endif
