/*
 * Rules between the properties of one object.
 */
#ifndef RECORD_STIX_RULES_H
#define RECORD_STIX_RULES_H

#include "record/stix_check.h"

/*
 * stix_rules_check(c, type, id): every rule between properties that hold
 * their own form already; type may be NULL for one we do not know.  0, or
 * ERR_VALUE with c->problem filled.
 */
int stix_rules_check(const struct stix_check *c,
    const struct stix_type *type, struct str id) MUST_CHECK;

/* stix_rule_marking(c, id): those of a marking-definition (7.2.1). */
int stix_rule_marking(const struct stix_check *c, struct str id) MUST_CHECK;

#endif
