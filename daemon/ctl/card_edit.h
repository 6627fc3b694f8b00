/*
 * Our own card as the options of `init` and `card sign` state it.
 */
#ifndef CTL_CARD_EDIT_H
#define CTL_CARD_EDIT_H

#include <jansson.h>

#include "config/card.h"
#include "ctl/ctl.h"

/* What the command line says; NULL where it is silent. */
struct card_edit {
	const char *cert_id, *name, *country, *days;
	const char *listen[CARD_ENDPOINTS_MAX];
	const char *desk[CARD_DESKS_MAX];
};

/* The rows of `struct ctl_option` that fill a struct card_edit at x. */
#define CARD_EDIT_OPTIONS(x)						\
	{ "name", NULL, &(x)->name, 1 },				\
	{ "country", NULL, &(x)->country, 1 },				\
	{ "listen", NULL, (x)->listen, CARD_ENDPOINTS_MAX },		\
	{ "desk", NULL, (x)->desk, CARD_DESKS_MAX },			\
	{ "days", NULL, &(x)->days, 1 }

/*
 * card_apply(edit, card, now, e): put what edit states into card and set
 * its validity from now.  ERR_USAGE with e naming the option.
 */
int card_apply(const struct card_edit *edit, struct card *card,
    unix_ms_t now, struct err *e) MUST_CHECK;

/* card_load(path, now, out, e): read and check a card file. */
int card_load(const char *path, unix_ms_t now, struct card *out,
    struct err *e) MUST_CHECK;

/* card_load_all(path, now, out, vouches, e): and what it is countersigned
 * with; vouches begins empty. */
int card_load_all(const char *path, unix_ms_t now, struct card *out,
    struct card_vouches *vouches, struct err *e) MUST_CHECK;

/* card_begin(text): when the card of this text begins to be valid: at that
 * time one reads that has expired. */
unix_ms_t card_begin(struct str text);

/* card_print(card): for people, on standard output. */
void card_print(const struct card *card);

/* card_to_json(card): its fields and the telephone code; new reference. */
json_t *card_to_json(const struct card *card);

/*
 * card_issue(c, card, e): read the instance's keys, put their pins into
 * card, sign it and write card.json.
 */
int card_issue(const struct ctl *c, struct card *card, struct err *e)
    MUST_CHECK;

#endif
