/*
 * The topology as this CERT knows it: peers --graph.
 */
#include "ctl/flows.h"

#include <string.h>

#include "ctl/client.h"
#include "ctl/ctl.h"

static void
list_print(FILE *f, const json_t *list)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		fprintf(f, "%s%s", i > 0 ? ", " : "",
		    json_string_value(v));
}

static void
flow_print(FILE *f, const json_t *v)
{
	const char *outcome = reply_text(v, "outcome");
	const json_t *needs = json_object_get(v, "needs");
	bool refused = strcmp(outcome, "deny") == 0 ||
	    strcmp(outcome, "forbid") == 0;

	fprintf(f, "%s/%s: %s ", reply_text(v, "desk"),
	    reply_text(v, "use"), refused ? "not" : outcome);
	list_print(f, json_object_get(v, "kinds"));
	if (refused)
		fprintf(f, " (%s by %s)", outcome, reply_text(v, "by"));
	else
		fprintf(f, " up to %s", reply_text(v, "tlp"));
	if (needs != NULL) {
		fputs(", once both hold ", f);
		list_print(f, needs);
	}
	fputc('\n', f);
}

void
flows_print(FILE *f, const json_t *flows, const char *indent)
{
	size_t i;
	json_t *v;

	json_array_foreach(flows, i, v) {
		fprintf(f, "%s%s ", indent, strcmp(reply_text(v,
		    "direction"), "out") == 0 ? "-->" : "<--");
		flow_print(f, v);
	}
}

static void
terms_print(const char *indent, const char *name, const json_t *list)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		printf("%s%s %s%s\n", indent, name, reply_text(v, "id"),
		    reply_bool(v, "counts") ? "" : " (does not count now)");
}

/* Who is in which circle, and what it carries. */
static void
circles_print(const json_t *circles)
{
	size_t i;
	json_t *v;

	json_array_foreach(circles, i, v) {
		const json_t *part = json_object_get(v, "policy");

		if (part == NULL)
			continue;
		printf("%s\n%s: we", i == 0 ? "\ncircles" : "",
		    reply_text(v, "name"));
		if (json_array_size(json_object_get(v, "counting")) > 0)
			fputs(", ", stdout);
		list_print(stdout, json_object_get(v, "counting"));
		fputs("; carries ", stdout);
		list_print(stdout, json_object_get(part, "foci"));
		if (json_object_get(v, "document") != NULL)
			printf("; version %lld signed by its members",
			    reply_int(json_object_get(v, "document"),
			    "version"));
	}
	if (json_array_size(circles) > 0)
		putchar('\n');
}

static void
graph_print(const json_t *r)
{
	const json_t *nodes = json_object_get(r, "nodes");
	size_t i, n = json_array_size(nodes);
	json_t *v;

	printf("%s\n", reply_text(r, "cert_id"));
	json_array_foreach(nodes, i, v) {
		const char *indent = i + 1 < n ? "|     " : "      ";

		printf("|\n+-- %s  %s, %s, %s\n", reply_text(v, "id"),
		    reply_text(v, "country"), reply_text(v, "type"),
		    reply_text(v, "state"));
		terms_print(indent, "circle",
		    json_object_get(v, "circles"));
		terms_print(indent, "agreement",
		    json_object_get(v, "agreements"));
		flows_print(stdout, json_object_get(v, "flows"), indent);
	}
	json_array_foreach(json_object_get(r, "not_in_policy"), i, v)
		printf("\n%s has a card here, but the policy does not name "
		    "it: nothing flows\n", json_string_value(v));
	circles_print(json_object_get(r, "circles"));
}

int
peers_graph(struct ctl *c)
{
	AUTO_JSON json_t *r = NULL, *circles = NULL;
	int rc = client_call(c, "peer graph", NULL, &r);

	if (rc == 0)
		rc = client_call(c, "circle list", NULL, &circles);
	if (rc != 0)
		return rc;
	json_object_set(r, "circles", json_object_get(circles, "circles"));
	if (c->json)
		reply_print(r);
	else
		graph_print(r);
	return CTL_DONE;
}
