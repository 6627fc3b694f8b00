/*
 * The control socket's connections: one request at a time, answered in
 * JSON as daemon/ctl/online.c and comityctl(1) write down.
 */
#ifndef VAULT_CONTROL_CONTROL_H
#define VAULT_CONTROL_CONTROL_H

#include <jansson.h>

#include "vault/vault.h"

struct control;
struct controls;

/* controls_new(v): no connection yet; controls_free closes all. */
struct controls *controls_new(struct vault *v);
void controls_free(struct controls *cs);

/*
 * controls_adopt(cs, fd, uid, user): serve a connection that the supervisor
 * accepted; fd is taken over.  uid is the caller's, user its name or "".
 */
void controls_adopt(struct controls *cs, int fd, uint32_t uid,
    struct str user);

/* What handlers use. */
struct vault *control_vault(const struct control *c);
uint32_t control_uid(const struct control *c);

/*
 * control_operator(c): the name of who asks, "duty" or "unix:alice".  Two
 * requests of one name are one person.  control_operator_has_role(c, role):
 * may that person speak as "duty", "legal"?  control_who(c): all that is
 * known of it, borrowed, valid until the request ends (vault/operator.h).
 */
struct operator;
const char *control_operator(const struct control *c);
bool control_operator_has_role(const struct control *c, const char *role);
const struct operator *control_who(const struct control *c);

/* control_reply(c, fields): send {"v":1,"ok":true,...fields}; takes fields. */
void control_reply(struct control *c, json_t *fields);

/* control_more(c, fields): the same with "more":true. */
void control_more(struct control *c, json_t *fields);

/*
 * control_error(c, code, hint, fmt, ...): end the request with an error;
 * hint may be NULL.  Returns code.
 */
int control_error(struct control *c, int code, const char *hint,
    const char *fmt, ...) PRINTF_LIKE(4, 5);

/*
 * control_after(c, fn): end of this handler, the request goes on: fn(c, ok)
 * is called when the turn has ended, unless the client has gone.
 */
void control_after(struct control *c, void (*fn)(struct control *c, bool ok));

/* A handler's own state while its request goes on; freed with free_fn. */
void control_keep(struct control *c, void *state, void (*free_fn)(void *));
/* control_kept(c, free_fn): what was kept with that free_fn, or NULL. */
void *control_kept(const struct control *c, void (*free_fn)(void *));

/*
 * control_turn(c): a turn is open, for what the request changes; or the store
 * takes nothing, and the request was answered with that: false.
 */
bool control_turn(struct control *c) MUST_CHECK;

/* control_text(args, name): the argument's text, or NULL. */
const char *control_text(const json_t *args, const char *name);
/*
 * control_filter(c, args, name, out): what narrows an answer; NULL if it is
 * not there.  One that is no text cannot be applied and is answered with an
 * error: it never means "all".
 */
int control_filter(struct control *c, const json_t *args, const char *name,
    const char **out) MUST_CHECK;
/*
 * control_since(c, args, letter, inout): where the page before ended: the
 * argument `since`, a letter and the sequence in hexadecimal, spelled as the
 * answer spelled it.  Unchanged if it is not there; ERR_* with the request
 * answered if it is anything else.  It tells an operator of this CERT how much
 * there is, and nothing else.
 */
int control_since(struct control *c, const json_t *args, char letter,
    int64_t *inout) MUST_CHECK;
/* control_number(args, name, fallback, max): within 0..max. */
int64_t control_number(const json_t *args, const char *name,
    int64_t fallback, int64_t max);

/*
 * control_reason(c, args, out): the argument `reason`, "" if absent.  One of
 * CONTROL_REASON_MAX bytes or more is refused, and the request answered with
 * that: false.
 */
#define CONTROL_REASON_MAX 512
bool control_reason(struct control *c, const json_t *args,
    const char **out) MUST_CHECK;

/* Who may run it; in a row, false and true do for the first two. */
enum control_right {
	CONTROL_READ = false,	/* whoever reaches the socket */
	CONTROL_WRITE = true,	/* the daemon's own user, or root */
	CONTROL_APPROVE,	/* these, and every operator of comityd.yaml */
};

/* One row a command. */
struct control_command {
	const char *name;
	enum control_right right;
	const char *arguments;	/* names it takes, by blanks */
	void (*run)(struct control *c, const json_t *args);
};

/* control_commands.c: the table, and how many rows it has. */
extern const struct control_command control_commands[];
extern const size_t control_ncommands;

/* What status and the peer commands show of one peer (control_state.c). */
struct peer;
json_t *control_peer_json(struct vault *v, struct peer *p);
const char *control_peer_state(const struct peer *p);

/* The handlers, each documented in daemon/ctl/online.c. */
void control_status(struct control *c, const json_t *args);
void control_peer_list(struct control *c, const json_t *args);
void control_peer_show(struct control *c, const json_t *args);
void control_peer_graph(struct control *c, const json_t *args);
void control_peer_add(struct control *c, const json_t *args);
void control_peer_remove(struct control *c, const json_t *args);
void control_peer_check(struct control *c, const json_t *args);
void control_peer_expect(struct control *c, const json_t *args);
void control_publish(struct control *c, const json_t *args);
void control_lookup(struct control *c, const json_t *args);
void control_show(struct control *c, const json_t *args);
void control_records(struct control *c, const json_t *args);
void control_export(struct control *c, const json_t *args);
void control_export_mark(struct control *c, const json_t *args);
void control_watch(struct control *c, const json_t *args);
void control_why(struct control *c, const json_t *args);
void control_label_show(struct control *c, const json_t *args);
void control_recall(struct control *c, const json_t *args);
void control_consult_list(struct control *c, const json_t *args);
/* What status says of them. */
json_t *control_consult_json(const struct vault *v);
void control_consult_history(struct control *c, const json_t *args);
void control_consult_show(struct control *c, const json_t *args);
void control_consult_open(struct control *c, const json_t *args);
void control_consult_approve(struct control *c, const json_t *args);
void control_consult_decline(struct control *c, const json_t *args);
void control_ask(struct control *c, const json_t *args);
void control_trust_list(struct control *c, const json_t *args);
void control_trust_evidence(struct control *c, const json_t *args);
void control_trust_lift(struct control *c, const json_t *args);
void control_trust_say(struct control *c, const json_t *args);
void control_trust_hand_on(struct control *c, const json_t *args);
void control_trust_statements(struct control *c, const json_t *args);
void control_trust_mine(struct control *c, const json_t *args);
void control_trust_answer(struct control *c, const json_t *args);
void control_trust_show(struct control *c, const json_t *args);
void control_warning_list(struct control *c, const json_t *args);
void control_warning_check(struct control *c, const json_t *args);
void control_proof_list(struct control *c, const json_t *args);
void control_proof_show(struct control *c, const json_t *args);
void control_backup(struct control *c, const json_t *args);
void control_reload(struct control *c, const json_t *args);
void control_posture_set(struct control *c, const json_t *args);
void control_posture_lift(struct control *c, const json_t *args);
void control_posture_renew(struct control *c, const json_t *args);
void control_posture_approve(struct control *c, const json_t *args);
void control_posture_withdraw(struct control *c, const json_t *args);
void control_posture_list(struct control *c, const json_t *args);
void control_policy_simulate(struct control *c, const json_t *args);
void control_policy_show(struct control *c, const json_t *args);
void control_policy_shadow(struct control *c, const json_t *args);
void control_shadow_start(struct control *c, const json_t *args);
void control_shadow_stop(struct control *c, const json_t *args);
void control_policy_apply(struct control *c, const json_t *args);
void control_policy_approve(struct control *c, const json_t *args);
void control_policy_confirm(struct control *c, const json_t *args);
void control_policy_withdraw(struct control *c, const json_t *args);
void control_policy_pending(struct control *c, const json_t *args);
void control_policy_history(struct control *c, const json_t *args);
void control_circle_list(struct control *c, const json_t *args);
void control_circle_show(struct control *c, const json_t *args);
void control_circle_propose(struct control *c, const json_t *args);
void control_circle_sign(struct control *c, const json_t *args);
void control_circle_accept(struct control *c, const json_t *args);
void control_log_tail(struct control *c, const json_t *args);
void control_nonce(struct control *c, const json_t *args);

/* The files that a request waits for (control_files.c). */
void control_files(struct control *c, struct str payload);

/* The publication under way (control_publish.c). */
void control_objects(struct control *c, struct str payload);
void control_end(struct control *c);

#endif
