/*
 * Postures between countries: set, lift, renew, approve, withdraw, list.
 */
#include "ctl/posture.h"

#include <stdio.h>
#include <string.h>

#include "config/schema.h"
#include "ctl/client.h"
#include "ctl/table.h"

/* One line of it, with what people wrote made safe. */
static void
posture_line(const char *name, const json_t *e, const char *what)
{
	AUTO_BUF struct buf text = { 0 }, safe = { 0 };
	const json_t *by = json_object_get(e, "by");
	size_t i;
	json_t *v;

	buf_addf(&text, "%s %s%s", reply_text(e, "country"), what,
	    reply_text(e, "posture"));
	if (reply_text(e, "until")[0] != '\0')
		buf_addf(&text, " until %s", reply_text(e, "until"));
	json_array_foreach(by, i, v)
		buf_addf(&text, "%s%s", i == 0 ? ", by " : ", ",
		    json_string_value(v));
	if (reply_text(e, "reason")[0] != '\0')
		buf_addf(&text, ": %s", reply_text(e, "reason"));
	if (reply_int(e, "number") >= 0)
		buf_addf(&text, "; comityctl posture approve %lld",
		    reply_int(e, "number"));
	text_safe(&safe, text.p);
	table_line(stdout, name, "%s", safe.p);
}

void
postures_print(const json_t *p)
{
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(p, "policy"), i, v)
		posture_line("posture", v, "by the policy: ");
	json_array_foreach(json_object_get(p, "in_force"), i, v)
		posture_line("posture", v, "");
	json_array_foreach(json_object_get(p, "proposed"), i, v) {
		const char *change = reply_text(v, "change");

		posture_line("PROPOSED", v, strcmp(change, "lift") == 0 ?
		    "lift " : strcmp(change, "renew") == 0 ? "renew " :
		    "set ");
	}
}

/* Ask, and say what became of it. */
static int
posture_call(const struct ctl *c, const char *command, json_t *args)
{
	AUTO_JSON json_t *r = NULL;
	const char *state;
	int rc = client_call(c, command, args, &r);

	if (rc != 0)
		return rc;
	if (c->json) {
		reply_print(r);
		return CTL_DONE;
	}
	state = reply_text(r, "state");
	printf("%lld: %s\n", reply_int(r, "number"),
	    strcmp(state, "proposed") == 0 ? "proposed; a second person "
	    "has to agree" : strcmp(state, "in-force") == 0 ?
	    "two people agreed: it is in force" : state);
	postures_print(json_object_get(r, "postures"));
	return CTL_DONE;
}

/* "2027-06-30" or "30d" as a moment; 0 if not given. */
static int
until_read(const struct ctl *c, const char *text, int64_t *out)
{
	unix_ms_t day;
	int64_t ms;

	*out = 0;
	if (text == NULL)
		return 0;
	if (schema_duration(str_of(text), &ms) == 0)
		*out = now_ms().ms + ms;
	else if (time_parse_date(str_of(text), &day) == 0)
		*out = day.ms;
	else
		return ctl_usage(c, "--until %s: want a day like 2027-06-30, "
		    "or a duration like 14d", text);
	return 0;
}

/* set, lift and renew: nargs positional arguments. */
static int
posture_propose(struct ctl *c, const char *command, int nargs)
{
	const char *reason = NULL, *until = NULL;
	const struct ctl_option options[] = {
		{ "reason", NULL, &reason, 1 },
		{ "until", NULL, &until, 1 },
	};
	json_t *args;
	int64_t ms;
	int rc;

	CTL_OPTIONS(c, options, nargs, nargs);
	rc = until_read(c, until, &ms);
	if (rc != 0)
		return rc;
	if (reason == NULL && nargs == 2)
		return ctl_usage(c, "--reason is needed");
	args = json_pack("{s:s, s:s}", "country", c->argv[0], "reason",
	    reason == NULL ? "" : reason);
	if (nargs == 2)
		json_object_set_new(args, "posture",
		    json_string(c->argv[1]));
	if (ms != 0)
		json_object_set_new(args, "until_ms", json_integer(ms));
	return posture_call(c, command, args);
}

int
cmd_posture_set(struct ctl *c)
{
	return posture_propose(c, "posture set", 2);
}

int
cmd_posture_lift(struct ctl *c)
{
	return posture_propose(c, "posture lift", 1);
}

int
cmd_posture_renew(struct ctl *c)
{
	return posture_propose(c, "posture renew", 1);
}

static int
posture_word(struct ctl *c, const char *command)
{
	const char *reason = NULL;
	const struct ctl_option options[] = {
		{ "reason", NULL, &reason, 1 },
	};
	uint64_t number;

	CTL_OPTIONS(c, options, 1, 1);
	if (str_to_u64(str_of(c->argv[0]), &number) != 0 ||
	    number > UINT32_MAX)
		return ctl_usage(c, "%s: want the number of a proposal",
		    c->argv[0]);
	return posture_call(c, command, json_pack("{s:I, s:s}", "number",
	    (json_int_t)number, "reason", reason == NULL ? "" : reason));
}

int
cmd_posture_approve(struct ctl *c)
{
	return posture_word(c, "posture approve");
}

int
cmd_posture_withdraw(struct ctl *c)
{
	return posture_word(c, "posture withdraw");
}

int
cmd_posture_list(struct ctl *c)
{
	AUTO_JSON json_t *r = NULL;
	int rc;

	CTL_NO_OPTIONS(c, 0, 0);
	rc = client_call(c, "posture list", NULL, &r);
	if (rc != 0)
		return rc;
	if (c->json)
		reply_print(r);
	else
		postures_print(r);
	return CTL_DONE;
}
