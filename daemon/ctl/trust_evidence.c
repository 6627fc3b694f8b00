/*
 * trust evidence: what the daemon keeps, as a file for trust replay.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/client.h"
#include "ctl/trust_items.h"
#include "trust/trust.h"

struct gathered {
	json_t *items;			/* owned */
	json_t *last;			/* owned: groups, initial, at */
};

static int
gather(struct ctl *c, struct gathered *g)
{
	AUTO(client_close) struct client *cl = NULL;
	bool more = true;
	int rc = client_open(c, &cl);

	if (rc == 0)
		rc = client_request(cl, "trust evidence", c->argc == 0 ?
		    NULL : json_pack("{s:s}", "peer", c->argv[0]));
	while (rc == 0 && more) {
		json_decref(g->last);
		g->last = NULL;
		rc = client_reply(cl, &g->last, &more);
		if (rc == 0)
			(void)json_array_extend(g->items, json_object_get(
			    g->last, "items"));
	}
	return rc;
}

/* One line of the file; o is taken over. */
static void
line_print(json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);

	if (text != NULL)
		puts(text);
	free(text);
	json_decref(o);
}

static void
policy_print(const json_t *last)
{
	const char *peer;
	json_t *v;

	json_object_foreach(json_object_get(last, "groups"), peer, v)
		line_print(json_pack("{s:s, s:O}", "peer", peer, "group", v));
	json_object_foreach(json_object_get(last, "initial"), peer, v) {
		const char *dimension;
		json_t *band;

		json_object_foreach(v, dimension, band)
			line_print(json_pack("{s:s, s:s, s:O}", "peer", peer,
			    "dimension", dimension, "initial", band));
	}
}

/* Ask for the scores at the time at which the daemon has them. */
static void
asks_print(const struct ctl *c, const json_t *last)
{
	json_t *peers = json_object_get(last, "peers");
	size_t i;
	json_t *v;

	json_array_foreach(peers, i, v)
		for (int d = 0; d < TRUST_DIMENSIONS; d++)
			if (c->argc == 0 || strcmp(json_string_value(v),
			    c->argv[0]) == 0)
				line_print(json_pack("{s:s, s:O, s:s, s:b}",
				    "at", reply_text(last, "at"), "peer", v,
				    "dimension", trust_dimension_name(
				    (enum trust_dimension)d), "print", 1));
}

int
cmd_trust_evidence(struct ctl *c)
{
	struct gathered g = { NULL };
	json_t *items;
	size_t i;
	json_t *v;
	int rc;

	CTL_NO_OPTIONS(c, 0, 1);
	g.items = json_array();
	rc = gather(c, &g);
	items = trust_items_sorted(g.items);
	if (rc == 0 && c->json) {
		(void)json_object_set(g.last, "items", items);
		reply_print(g.last);
	} else if (rc == 0) {
		policy_print(g.last);
		json_array_foreach(items, i, v)
			line_print(json_incref(v));
		asks_print(c, g.last);
	}
	json_decref(items);
	json_decref(g.items);
	json_decref(g.last);
	return rc;
}
