#include "vault/control/control.h"

#include <string.h>

#include "record/handling.h"
#include "record/marking.h"
#include "record/marking_write.h"
#include "vault/desk_view.h"
#include "vault/record_json.h"

#define ARENA_BYTES MIB(4)

typedef unsigned (*label_writer)(const struct label *l,
    const struct vocabulary *v, const struct marking_author *who,
    struct buf *out);

/* Our own marking says all of a label. */
static unsigned
write_comity(const struct label *l, const struct vocabulary *v,
    const struct marking_author *who, struct buf *out)
{
	label_to_marking(l, v, who->created, out);
	return 0;
}

static label_writer
writer_find(const char *form)
{
	static const struct {
		const char *name;
		label_writer write;
	} writers[] = {
		{ "comity", write_comity }, { "acs", label_to_acs },
		{ "iep", label_to_iep }, { "misp", label_to_tags },
	};

	for (size_t i = 0; form != NULL && i < NELEM(writers); i++)
		if (strcmp(writers[i].name, form) == 0)
			return writers[i].write;
	return NULL;
}

static json_t *
lost_json(unsigned lost)
{
	json_t *names = json_array();
	const char *name;

	for (unsigned i = 0; (name = label_part_name(i)) != NULL; i++)
		if ((lost >> i & 1) != 0)
			(void)json_array_append_new(names, json_string(name));
	return names;
}

void
control_label_show(struct control *c, const json_t *args)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	const char *id = control_text(args, "id");
	const char *form = control_text(args, "form");
	label_writer write = writer_find(form);
	struct vault *v = control_vault(c);
	AUTO_BUF struct buf text = { 0 };
	const struct policy_org *self;
	struct desk_view view;
	char created[TIME_TEXT_MAX];
	struct store_record r;
	struct label label;
	unsigned lost;
	int rc;

	if (write == NULL || v->policy == NULL) {
		(void)control_error(c, ERR_USAGE, "want comity, acs, iep or "
		    "misp", "no form %s", form == NULL ? "" : form);
		return;
	}
	if (desk_view_read(c, args, &view) < 0)
		return;
	rc = record_newest(v, str_of(id), control_text(args, "modified"),
	    arena, &r);
	if (rc == 0 && !desk_view_shows(&view, &r))
		rc = ERR_NOT_FOUND;
	if (rc == 0)
		rc = gate_label(v->gate, &r, &label);
	if (rc != 0) {
		(void)control_error(c, rc, "find ids with: comityctl lookup "
		    "VALUE", "no record %s here", id == NULL ? "" : id);
		return;
	}
	self = policy_org(v->policy, 0);
	(void)time_format(created, r.received);
	lost = write(&label, policy_vocabulary(v->policy),
	    &(struct marking_author){ str_of(created), self->country,
	    self->id }, &text);
	control_reply(c, json_pack("{s:s, s:s, s:s%, s:o}", "id", id, "form",
	    form, "text", text.p, text.n, "not_said", lost_json(lost)));
}
