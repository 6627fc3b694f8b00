#include "wire/msg_close.h"

#include "wire/field.h"

void
msg_close_encode(const struct msg_close *m, struct buf *out)
{
	struct str text = field_cut(m->text, CLOSE_TEXT_MAX);

	out_u16(out, m->reason);
	out_str16(out, str_is_utf8(text) ? text : STR(""));
}

int
msg_close_decode(struct str payload, struct msg_close *out)
{
	struct cur c = cur_of(payload.p, payload.n);
	struct msg_close m = { .reason = cur_u16(&c) };

	m.text = field_text16(&c, CLOSE_TEXT_MAX);
	TRY(cur_finish(&c));
	*out = m;
	return 0;
}
