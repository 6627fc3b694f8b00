/*
 * What people say to how somebody is scored.
 */
#ifndef CTL_STANDING_H
#define CTL_STANDING_H

#include <jansson.h>

/* answers_print(answers): of `trust show`, "answered 2026-..: text". */
void answers_print(const json_t *answers);

#endif
