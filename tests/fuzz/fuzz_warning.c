/*
 * The reader of warning lists over any bytes, after a good list from the same
 * file: what is refused has a reason that names the file and leaves the good
 * list; what is taken can be looked up in.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "record/observable_norm.h"
#include "warning/warning.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char good[] = "{\"name\":\"good\",\"type\":\"cidr\","
    "\"list\":[\"192.0.2.0/24\"]}";

static void
on_hit(void *arg, const struct warning_hit *hit)
{
	size_t *n = arg;

	if ((hit->list == NULL) == (hit->own == NULL))
		abort();
	++*n;
}

static size_t
look(const struct warning *w, enum observable_kind kind, struct str text)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(1));
	struct observable o = { 0 };
	struct warning_hit hit;
	size_t n = 0;

	if (observable_normalise(kind, text, arena, &o) <= 0)
		return 0;
	warning_each(w, &o, on_hit, &n);
	if (warning_find(w, &o, &hit) != (n > 0))
		abort();
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(warning_free) struct warning *w = warning_new();
	struct warning_file file = { .name = "f", .text = str_of(good) };
	struct str text = { (const char *)data, size };
	struct warning_info info;
	struct err e = { 0 };
	int rc;

	if (warning_load(w, &file, &e) != 1)
		abort();
	file.text = text;
	rc = warning_load(w, &file, &e);
	warning_index(w);
	if (!warning_at(w, 0, &info) || warning_at(w, 1, &info))
		abort();
	if (rc < 0 && (strncmp(e.text, "f:", 2) != 0 ||
	    info.problem == NULL || look(w, OBSERVABLE_IP,
	    STR("192.0.2.7")) != 1))
		abort();
	for (int k = OBSERVABLE_DOMAIN; k <= OBSERVABLE_ACCOUNT; k++)
		(void)look(w, (enum observable_kind)k, (struct str){ text.p,
		    size < 300 ? size : 300 });
	(void)look(w, OBSERVABLE_URL, STR("http://192.0.2.7:80/a?b"));
	(void)look(w, OBSERVABLE_IP, STR("0.0.0.0/0"));
	(void)look(w, OBSERVABLE_IP, STR("2001:db8::/30"));
	return 0;
}
