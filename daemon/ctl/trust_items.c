#include "ctl/trust_items.h"

#include <string.h>

#include "ctl/client.h"
#include "ctl/table.h"

static const char *
key_of(const json_t *item)
{
	return reply_text_or(item, "id", reply_text(item, "key"));
}

static int
by_time(const void *a, const void *b)
{
	const json_t *x = *(const json_t *const *)a;
	const json_t *y = *(const json_t *const *)b;
	int order = strcmp(reply_text(x, "at"), reply_text(y, "at"));

	return order != 0 ? order : strcmp(key_of(x), key_of(y));
}

json_t *
trust_items_sorted(const json_t *items)
{
	size_t n = json_array_size(items);
	const json_t **v = mem_array(const json_t *, n + 1);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		v[i] = json_array_get(items, i);
	qsort(v, n, sizeof(*v), by_time);
	for (size_t i = 0; i < n; i++)
		(void)json_array_append(list, (json_t *)(uintptr_t)v[i]);
	free(v);
	return list;
}

/* What it is about, why, and what is signed; each on a line of its own. */
static void
detail_print(const char *what, const char *text)
{
	AUTO_BUF struct buf b = { 0 };

	if (text[0] == '\0')
		return;
	buf_addf(&b, "    %s", what);
	text_safe(&b, text);
	puts(b.p);
}

void
trust_items_print(const json_t *items)
{
	AUTO_JSON json_t *sorted = trust_items_sorted(items);
	size_t i;
	json_t *v;

	json_array_foreach(sorted, i, v) {
		const char *record = reply_text(v, "record");
		const char *source = reply_text(v, "source");
		AUTO_BUF struct buf b = { 0 };

		buf_addf(&b, "%.19sZ  %-18s  counted %s  by ",
		    reply_text(v, "at"), reply_text(v, "kind"),
		    reply_text(v, "counted"));
		text_safe(&b, reply_text_or(v, "by", "us"));
		puts(b.p);
		detail_print("", reply_text(v, "reason"));
		detail_print("about ", record);
		detail_print("from  ", strcmp(record, source) == 0 ? "" :
		    source);
	}
	if (json_array_size(sorted) == 0)
		puts("no evidence yet");
}
