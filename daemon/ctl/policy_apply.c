/*
 * The policy in force: apply, approve, confirm, withdraw, pending, history.
 */
#include "ctl/policy_apply.h"

#include <stdio.h>
#include <string.h>

#include "config/schema.h"
#include "ctl/client.h"
#include "ctl/table.h"

/* The names of an array, by commas; "nobody" for none. */
static void
names_text(struct buf *out, const json_t *names)
{
	size_t i;
	json_t *v;

	json_array_foreach(names, i, v)
		buf_addf(out, "%s%s", i == 0 ? "" : ", ",
		    json_string_value(v));
	if (i == 0)
		buf_addz(out, "nobody");
}

/* A text of ours with what others wrote in it, as one safe line. */
static void
line(const char *name, const char *text)
{
	AUTO_BUF struct buf safe = { 0 };

	text_safe(&safe, text);
	table_line(stdout, name, "%s", safe.p == NULL ? "" : safe.p);
}

static void
pending_print(const json_t *p)
{
	AUTO_BUF struct buf by = { 0 };
	AUTO_BUF struct buf text = { 0 };

	names_text(&by, json_object_get(p, "by"));
	buf_addf(&text, "%s since %s, agreed by %s: %lld more %s to agree; "
	    "comityctl policy approve %.16s", reply_text(p, "digest"),
	    reply_text(p, "at"), by.p, reply_int(p, "needs"),
	    reply_int(p, "needs") == 1 ? "person has" : "people have",
	    reply_text(p, "digest"));
	line("PENDING", text.p);
	if (reply_text(p, "opens")[0] != '\0')
		line("it opens", reply_text(p, "opens"));
	if (reply_text(p, "reason")[0] != '\0')
		line("reason", reply_text(p, "reason"));
}

void
policy_life_print(const json_t *policy)
{
	const json_t *pending = json_object_get(policy, "pending");
	AUTO_BUF struct buf text = { 0 };

	if (pending != NULL)
		pending_print(pending);
	if (reply_text(policy, "confirm_before")[0] != '\0') {
		buf_addf(&text, "it is taken back at %s; comityctl policy "
		    "confirm keeps it", reply_text(policy, "confirm_before"));
		line("UNCONFIRMED", text.p);
	}
	if (reply_text(policy, "returned")[0] != '\0') {
		buf_reset(&text);
		buf_addf(&text, "%.16s was taken back and comes again only "
		    "by comityctl policy apply",
		    reply_text(policy, "returned"));
		line("returned", text.p);
	}
	if (reply_text(policy, "problem")[0] != '\0') {
		buf_reset(&text);
		buf_addf(&text, "the files on disk do not hold, what was in "
		    "force stays: %s", reply_text(policy, "problem"));
		line("PROBLEM", text.p);
	}
}

/* What became of the policy, in one line. */
static const char *
result_text(const char *result)
{
	static const struct {
		const char *name, *text;
	} texts[] = {
		{ "same", "the policy in force is unchanged" },
		{ "in-force", "the new policy is in force" },
		{ "pending", "the policy opens something and waits for "
		    "people; what was in force stays" },
		{ "returned", "what is on disk was taken back and is not in "
		    "force; comityctl policy apply tries it again" },
		{ "unconfirmed", "another change waits to be confirmed; "
		    "confirm or withdraw it first" },
	};

	for (size_t i = 0; i < NELEM(texts); i++)
		if (strcmp(texts[i].name, result) == 0)
			return texts[i].text;
	return result;
}

int
policy_result_print(const struct ctl *c, json_t *r)
{
	size_t i;
	json_t *v;

	if (c->json) {
		reply_print(r);
		return CTL_DONE;
	}
	json_array_foreach(json_object_get(r, "warnings"), i, v)
		fprintf(stderr, "warning: %s\n", json_string_value(v));
	printf("%s\n", result_text(reply_text(r, "policy")));
	printf("policy generation %lld, digest %s is in force\n",
	    reply_int(r, "generation"), reply_text(r, "digest"));
	policy_life_print(r);
	return CTL_DONE;
}

static int
policy_call(const struct ctl *c, const char *command, json_t *args)
{
	AUTO_JSON json_t *r = NULL;
	int rc = client_call(c, command, args, &r);

	return rc != 0 ? rc : policy_result_print(c, r);
}

int
cmd_policy_apply(struct ctl *c)
{
	const char *confirm = NULL, *reason = NULL;
	const struct ctl_option options[] = {
		{ "confirm", NULL, &confirm, 1 },
		{ "reason", NULL, &reason, 1 },
	};
	int64_t ms = 0;

	CTL_OPTIONS(c, options, 0, 0);
	if (confirm != NULL && (schema_duration(str_of(confirm), &ms) != 0 ||
	    ms < SEC(1) || ms > DAY(30)))
		return ctl_usage(c, "--confirm %s: want 1s to 30d, like 10m",
		    confirm);
	return policy_call(c, "policy apply", json_pack("{s:I, s:s}",
	    "confirm_ms", (json_int_t)ms, "reason",
	    reason == NULL ? "" : reason));
}

int
cmd_policy_approve(struct ctl *c)
{
	const char *reason = NULL;
	const struct ctl_option options[] = {
		{ "reason", NULL, &reason, 1 },
	};

	CTL_OPTIONS(c, options, 1, 1);
	return policy_call(c, "policy approve", json_pack("{s:s, s:s}",
	    "digest", c->argv[0], "reason", reason == NULL ? "" : reason));
}

/* confirm and withdraw differ in their name only. */
static int
policy_word(struct ctl *c, const char *command)
{
	const char *reason = NULL;
	const struct ctl_option options[] = {
		{ "reason", NULL, &reason, 1 },
	};

	CTL_OPTIONS(c, options, 0, 0);
	return policy_call(c, command, json_pack("{s:s}", "reason",
	    reason == NULL ? "" : reason));
}

int
cmd_policy_confirm(struct ctl *c)
{
	return policy_word(c, "policy confirm");
}

int
cmd_policy_withdraw(struct ctl *c)
{
	return policy_word(c, "policy withdraw");
}

int
cmd_policy_pending(struct ctl *c)
{
	AUTO_JSON json_t *r = NULL;
	int rc;

	CTL_NO_OPTIONS(c, 0, 0);
	rc = client_call(c, "policy pending", NULL, &r);
	if (rc != 0)
		return rc;
	if (c->json)
		reply_print(r);
	else if (strcmp(reply_text(r, "policy"), "same") == 0)
		puts("no policy waits");
	else
		policy_life_print(r);
	return CTL_DONE;
}

int
cmd_policy_history(struct ctl *c)
{
	static const char *const headings[] = { "TIME", "EVENT", "DIGEST",
	    "BY", "REASON" };
	AUTO(table_free) struct table *t = table_new(headings,
	    NELEM(headings));
	AUTO_JSON json_t *r = NULL;
	size_t i;
	json_t *v;
	int rc;

	CTL_NO_OPTIONS(c, 0, 0);
	rc = client_call(c, "policy history", NULL, &r);
	if (rc != 0)
		return rc;
	if (c->json) {
		reply_print(r);
		return CTL_DONE;
	}
	json_array_foreach(json_object_get(r, "events"), i, v) {
		table_cell(t, reply_text(v, "at"));
		table_cell(t, reply_text(v, "event"));
		table_cellf(t, "%.16s", reply_text(v, "digest"));
		table_cell(t, reply_text_or(v, "by", "-"));
		table_cell(t, reply_text_or(v, "reason", "-"));
	}
	table_print(t, stdout);
	return CTL_DONE;
}
