/*
 * policy prove: the proof of a policy, for people and as a document.
 */
#include <string.h>

#include "ctl/client.h"
#include "ctl/files.h"
#include "ctl/online.h"
#include "ctl/policy_file.h"
#include "ctl/table.h"
#include "policy/prove.h"

static void
on_progress(void *arg, uint64_t done, uint64_t of)
{
	(void)arg;
	progress_show("cells", (long long)done, (long long)of);
}

static json_t *
verdicts_json(const struct proof *proof)
{
	json_t *list = json_array();
	struct proof_verdict v;

	for (size_t i = 0; proof_verdict(proof, i, &v); i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:I, "
		    "s:s, s:s}", "claim", v.claim, "id", v.id, "holds",
		    v.holds, "states", (json_int_t)v.states, "rests_on",
		    v.rests_on, "text", v.text));
	return list;
}

static json_t *
releases_json(const struct policy *p)
{
	json_t *list = json_array();
	const char *id;

	for (size_t i = 0; (id = policy_release_id(p, i)) != NULL; i++)
		json_array_append_new(list, json_string(id));
	return list;
}

static void
verdicts_print(const struct proof *proof)
{
	static const char *const headings[] = { "CLAIM", "", "VERDICT",
	    ">STATES", "RESTS ON THE WORD OF" };
	AUTO(table_free) struct table *t = table_new(headings,
	    NELEM(headings));
	struct proof_verdict v;

	for (size_t i = 0; proof_verdict(proof, i, &v); i++) {
		bool wall = strcmp(v.claim, "separation") == 0;

		table_cell(t, v.claim);
		table_cell(t, v.id);
		table_cell(t, v.holds ? "holds" : "FAILS");
		if (wall)
			table_number(t, (long long)v.states);
		else
			table_cell(t, "");
		table_cell(t, wall && v.rests_on[0] == '\0' ? "nobody" :
		    v.rests_on);
	}
	table_print(t, stdout);
	for (size_t i = 0; proof_verdict(proof, i, &v); i++)
		if (!v.holds)
			printf("\n%s", v.text);
}

static void
proof_print(const struct policy *p, const struct proof *proof,
    const char *path)
{
	AUTO_BUF struct buf assume = { 0 };
	const char *id;

	proof_assumptions(proof, &assume);
	verdicts_print(proof);
	printf("\nassumed of peers: %s\n", assume.n > 0 ? assume.p :
	    "nothing");
	for (size_t i = 0; (id = policy_release_id(p, i)) != NULL; i++)
		printf("declassified only by: %s\n", id);
	printf("%s: %s, %llu cells\n", path, proof_holds(proof) ? "proved" :
	    "NOT proved", (unsigned long long)proof_cells(proof));
}

static int
certificate_save(const struct ctl *c, const struct proof *proof,
    const char *path)
{
	AUTO_BUF struct buf text = { 0 };
	struct proof_verdict first;
	struct err e = { 0 };

	/* Walls come first. */
	if (!proof_verdict(proof, 0, &first) ||
	    strcmp(first.claim, "separation") != 0)
		return ctl_fail(c, CTL_REFUSED, NULL,
		    "a policy without walls has no certificate");
	proof_certificate(proof, &text);
	if (file_write(path, 0644, buf_str(&text), &e) < 0)
		return ctl_fail_err(c, &e, "choose another file");
	return CTL_DONE;
}

int
cmd_policy_prove(struct ctl *c)
{
	const char *certificate = NULL;
	const struct ctl_option options[] = {
		{ "certificate", NULL, &certificate, 1 },
	};
	AUTO(policy_free) struct policy *p = NULL;
	AUTO(proof_free) struct proof *proof = NULL;
	const struct prove_options o = { .progress = on_progress };
	struct err e = { 0 };
	int rc;

	CTL_OPTIONS(c, options, 1, 1);
	p = policy_open(c->argv[0], &e);
	if (p == NULL)
		return ctl_fail_err(c, &e, "comityctl policy check FILE");
	rc = policy_prove(p, &o, &proof, &e);
	progress_end();
	if (rc < 0)
		return ctl_fail(c, CTL_REFUSED, "fewer kinds, desks or bands "
		    "that rules tell apart need fewer cells", "%s", e.text);
	if (c->json) {
		AUTO_BUF struct buf assume = { 0 };
		AUTO_JSON json_t *j = NULL;

		proof_assumptions(proof, &assume);
		j = json_pack("{s:i, s:b, s:b, s:I, s:s, s:o, s:o}", "v", 1,
		    "ok", 1, "holds", proof_holds(proof), "cells",
		    (json_int_t)proof_cells(proof), "assume", assume.n > 0 ?
		    assume.p : "", "verdicts", verdicts_json(proof),
		    "releases", releases_json(p));
		reply_print(j);
	} else {
		proof_print(p, proof, c->argv[0]);
	}
	if (!proof_holds(proof))
		return CTL_REFUSED;
	return certificate == NULL ? CTL_DONE : certificate_save(c, proof,
	    certificate);
}
