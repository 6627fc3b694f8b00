/*
 * Questions of other members, answers to ours and wishes on the control
 * socket, as control_consult.c and control_question.c show them.
 */
#ifndef VAULT_CONTROL_QUESTION_H
#define VAULT_CONTROL_QUESTION_H

#include "vault/control/control.h"

struct consult_case;

/* questions_json(v, open): those that wait, or those that were answered. */
json_t *questions_json(const struct vault *v, bool open);

/* wishes_json(v): what we asked for, the newest first. */
json_t *wishes_json(const struct vault *v);

/* members_json(v, x): who was asked about that case, and said what. */
json_t *members_json(const struct vault *v, const struct consult_case *x);

/* The argument `question` instead of `number`: show it, answer it. */
void control_question_show(struct control *c, const json_t *args);
void control_question_say(struct control *c, const json_t *args,
    bool agrees);

#endif
