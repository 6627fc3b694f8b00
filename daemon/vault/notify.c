#include "vault/notify.h"

#include <stdlib.h>
#include <string.h>

#include "base/unit.h"
#include "vault/supervisor_link.h"
#include "wire/message.h"

void
notify_people(struct vault *v, const char *event, const json_t *fields)
{
	char when[TIME_TEXT_MAX];
	json_t *doc = json_pack("{s:s, s:s, s:s}", "cert_id", v->cert_id,
	    "time", time_format(when, vault_now(v)), "event", event);
	char *text;

	if (fields != NULL)
		(void)json_object_update_missing(doc,
		    (json_t *)(uintptr_t)fields);
	text = json_dumps(doc, JSON_INDENT(1));
	if (text == NULL || strlen(text) >
	    message_info(MESSAGE_NOTIFY).max_bytes) {
		free(text);
		(void)json_object_clear(doc);
		(void)json_object_set_new(doc, "event", json_string(event));
		text = json_dumps(doc, 0);
	}
	if (text != NULL)
		supervisor_link_notify(v->super, str_of(text));
	free(text);
	json_decref(doc);
}
