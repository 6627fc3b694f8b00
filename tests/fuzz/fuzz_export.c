/*
 * A pattern from anybody in every export format: what comes out has the
 * form of the format, whatever is in the pattern.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "format/export.h"

#define LOWER "abcdefghijklmnopqrstuvwxyz0123456789"

static void
demand(bool fine)
{
	if (!fine)
		__builtin_trap();
}

/* Every byte of it is one of these. */
static void
only(struct str s, const char *these)
{
	for (size_t i = 0; i < s.n; i++)
		demand(s.p[i] != '\0' && strchr(these, s.p[i]) != NULL);
}

static void
check_line(const char *format, struct str line)
{
	size_t quotes = 0;

	for (size_t i = 0; i < line.n; i++) {
		demand((unsigned char)line.p[i] >= ' ' || line.p[i] == '\t');
		quotes += line.p[i] == '"';
	}
	if (strcmp(format, "rpz") == 0 && !str_starts(line, "$TTL") &&
	    !str_starts(line, "@")) {
		demand(str_ends(line, " CNAME .") && line.n > 8);
		only((struct str){ line.p, line.n - 8 }, LOWER "._-");
	} else if (strcmp(format, "hosts") == 0) {
		demand(str_starts(line, "0.0.0.0 "));
		only((struct str){ line.p + 8, line.n - 8 }, LOWER "._-");
	} else if (strcmp(format, "nftables") == 0 && line.p[0] == '\t') {
		only((struct str){ line.p + 1, line.n - 1 }, LOWER ":./,");
	} else if (strcmp(format, "suricata") == 0) {
		demand(str_starts(line, "alert ") && str_ends(line, "; rev:1;)"));
		demand(quotes % 2 == 0);
	} else if (strcmp(format, "zeek") == 0) {
		quotes = 0;
		for (size_t i = 0; i < line.n; i++)
			quotes += line.p[i] == '\t';
		demand(quotes == (str_starts(line, "#fields\tindicator\t") ?
		    4U : 3U));
		demand(quotes == 4 || line.p[0] != '#');
	}
}

static void
check(const char *format, struct str text)
{
	const char *end;

	if (strcmp(format, "csv") == 0 || strcmp(format, "stix") == 0 ||
	    strcmp(format, "jsonl") == 0) {
		return;
	} else if (strcmp(format, "misp") == 0) {
		json_t *doc = json_loadb(text.p, text.n, 0, NULL);

		demand(json_is_object(doc));
		json_decref(doc);
		return;
	}
	while (text.n > 0) {
		end = memchr(text.p, '\n', text.n);
		demand(end != NULL && end > text.p);
		check_line(format, (struct str){ text.p,
		    (size_t)(end - text.p) });
		text.n -= (size_t)(end + 1 - text.p);
		text.p = end + 1;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct export_options options = { .serial = 1 };
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s%}",
	    "type", "indicator", "spec_version", "2.1", "id",
	    "indicator--5a2e7d3c-0d4b-4f0e-9d6a-0c1b2a394857", "created",
	    "2026-01-01T00:00:00Z", "modified", "2026-01-01T00:00:00Z",
	    "valid_from", "2026-01-01T00:00:00Z", "pattern_type", "stix",
	    "pattern", (const char *)data, size);
	AUTO(mem_free) char *text = o == NULL ? NULL : json_dumps(o,
	    JSON_COMPACT);

	json_decref(o);
	if (text == NULL)
		return 0;
	for (size_t i = 0; i < export_nformats; i++) {
		AUTO(export_set_free) struct export_set *s =
		    export_set_new(export_formats[i]);
		AUTO_BUF struct buf out = { 0 };

		export_set_add(s, &(struct export_record){ .object =
		    str_of(text), .source = STR("cert-xa") });
		export_set_sort(s, false);
		export_set_write(s, &options, &out);
		check(export_formats[i]->name, buf_str(&out));
	}
	return 0;
}
