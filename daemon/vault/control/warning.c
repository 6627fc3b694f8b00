/*
 * warning-list list, warning-list check: which warning lists are in force,
 * and what of them and of our constituency a value is on.
 */
#include <string.h>

#include "vault/control/control.h"
#include "vault/trust/warnings.h"

#define PAGE_LISTS 200
#define VALUES_MAX 64
#define SHOWN_MAX 32		/* lists of one value */
#define ARENA_BYTES KIB(256)

static json_t *
list_json(const struct warning_info *i)
{
	char at[TIME_TEXT_MAX];
	json_t *o = json_pack("{s:s, s:s, s:s, s:I, s:I}", "file", i->file,
	    "name", i->name, "type", warning_type_name(i->type), "version",
	    (json_int_t)i->version, "entries", (json_int_t)i->entries);

	if (o != NULL && i->loaded.ms != 0)
		(void)json_object_set_new(o, "loaded", json_string(
		    time_format(at, i->loaded)));
	if (o != NULL && i->problem != NULL)
		(void)json_object_set_new(o, "problem", json_string(
		    i->problem));
	return o;
}

static json_t *
own_json(const struct settings_own *own)
{
	json_t *as = json_array(), *prefixes = json_array();
	json_t *domains = json_array();

	for (size_t i = 0; i < own->nas; i++)
		(void)json_array_append_new(as, json_string(own->as[i]));
	for (size_t i = 0; i < own->nprefixes; i++)
		(void)json_array_append_new(prefixes, json_string(
		    own->prefixes[i]));
	for (size_t i = 0; i < own->ndomains; i++)
		(void)json_array_append_new(domains, json_string(
		    own->domains[i]));
	return json_pack("{s:o, s:o, s:o}", "as", as, "prefixes", prefixes,
	    "domains", domains);
}

void
control_warning_list(struct control *c, const json_t *args)
{
	const struct vault *v = control_vault(c);
	json_t *lists = json_array();
	struct warning_info info;

	(void)args;
	for (size_t i = 0; warning_at(v->warnings, i, &info); i++) {
		if (json_array_size(lists) == PAGE_LISTS) {
			control_more(c, json_pack("{s:o}", "lists", lists));
			lists = json_array();
		}
		(void)json_array_append_new(lists, list_json(&info));
	}
	control_reply(c, json_pack("{s:o, s:o, s:s, s:I}", "lists", lists,
	    "constituency", own_json(&v->settings->own), "directory",
	    v->settings->warning_lists, "bytes",
	    (json_int_t)warning_bytes(v->warnings)));
}

struct checking {
	const struct vault *v;	/* borrowed */
	json_t *on;		/* borrowed */
	size_t n;
};

static void
on_hit(void *arg, const struct warning_hit *hit)
{
	struct checking *k = arg;
	struct warning_info info;

	if (k->n++ >= SHOWN_MAX)
		return;
	if (hit->list == NULL)
		(void)json_array_append_new(k->on, json_pack("{s:s}",
		    "constituency", hit->own));
	else if (warning_at(k->v->warnings, hit->at, &info))
		(void)json_array_append_new(k->on, json_pack("{s:s, s:s, "
		    "s:s}", "list", info.name, "file", info.file, "type",
		    warning_type_name(info.type)));
}

/* NULL if the value is none that can be looked up. */
static json_t *
value_json(const struct vault *v, struct str text)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	struct checking k = { .v = v };
	struct observable o = { 0 };
	bool subdomains;

	if (observable_from_text(text, arena, &o, &subdomains) < 0)
		return NULL;
	k.on = json_array();
	warning_each(v->warnings, &o, on_hit, &k);
	return json_pack("{s:s%, s:s, s:o, s:I}", "value", o.value.p,
	    o.value.n, "kind", observable_kind_name(o.kind), "on", k.on,
	    "n", (json_int_t)k.n);
}

void
control_warning_check(struct control *c, const json_t *args)
{
	const json_t *given = json_object_get(args, "values"), *g;
	json_t *values;
	size_t i;

	if (!json_is_array(given) || json_array_size(given) == 0 ||
	    json_array_size(given) > VALUES_MAX) {
		(void)control_error(c, ERR_USAGE, NULL, "want 1 to %d values",
		    VALUES_MAX);
		return;
	}
	values = json_array();
	json_array_foreach(given, i, g) {
		char shown[200];
		struct str text = str_of(json_string_value(g));
		json_t *one = value_json(control_vault(c), text);

		if (one == NULL) {
			json_decref(values);
			(void)control_error(c, ERR_USAGE, "an address, a "
			    "network, a domain, a URL, a hash, an address of "
			    "mail or AS and a number", "%s: no value that "
			    "can be looked up", str_escape(shown,
			    sizeof(shown), text));
			return;
		}
		(void)json_array_append_new(values, one);
	}
	control_reply(c, json_pack("{s:o}", "values", values));
}
