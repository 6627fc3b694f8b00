#include <stdio.h>
#include <string.h>

#include <jansson.h>
#include <openssl/crypto.h>
#include <zlib.h>

#include "ctl/client.h"
#include "ctl/table.h"

int
cmd_version(struct ctl *c)
{
	CTL_NO_OPTIONS(c, 0, 0);
	if (c->json) {
		AUTO_JSON json_t *j = json_pack("{s:i, s:b, s:s, s:{s:s, s:s, "
		    "s:s}}", "v", 1, "ok", 1, "version", COMITY_VERSION,
		    "libraries", "openssl",
		    OpenSSL_version(OPENSSL_VERSION_STRING), "jansson",
		    jansson_version_str(), "zlib", zlibVersion());

		reply_print(j);
		return CTL_DONE;
	}
	table_line(stdout, "comityctl", "%s", COMITY_VERSION);
	table_line(stdout, "openssl", "%s",
	    OpenSSL_version(OPENSSL_VERSION_STRING));
	table_line(stdout, "jansson", "%s", jansson_version_str());
	table_line(stdout, "zlib", "%s", zlibVersion());
	return CTL_DONE;
}

/* Does the command begin with the words that were asked about? */
static bool
help_wanted(const struct command *cmd, const struct ctl *c)
{
	AUTO_BUF struct buf want = { 0 };

	for (int i = 0; i < c->argc; i++)
		buf_addf(&want, "%s%s", i > 0 ? " " : "", c->argv[i]);
	return want.n == 0 || (strncmp(cmd->words, want.p, want.n) == 0 &&
	    (cmd->words[want.n] == ' ' || cmd->words[want.n] == '\0'));
}

int
cmd_help(struct ctl *c)
{
	static const char *const headings[] = { "COMMAND", "WHAT IT DOES" };
	AUTO(table_free) struct table *t = table_new(headings,
	    NELEM(headings));
	AUTO_JSON json_t *doc = json_pack("{s:i, s:b, s:[]}", "v", 1, "ok", 1,
	    "commands");
	const struct command *last = NULL;
	size_t n = 0;

	CTL_NO_OPTIONS(c, 0, 3);
	for (size_t i = 0; i < ncommands; i++) {
		if (!help_wanted(&commands[i], c))
			continue;
		last = &commands[i];
		n++;
		table_cell(t, commands[i].words);
		table_cell(t, commands[i].help);
		json_array_append_new(json_object_get(doc, "commands"),
		    json_pack("{s:s, s:s, s:s, s:b}", "command",
		    commands[i].words, "usage", commands[i].usage, "help",
		    commands[i].help, "online", commands[i].online));
	}
	if (n == 0)
		return ctl_fail(c, CTL_NOT_FOUND, "comityctl help lists them",
		    "no command %s", c->argv[0]);
	if (c->json)
		reply_print(doc);
	else if (n == 1)
		ctl_help(last);
	else
		table_print(t, stdout);
	return CTL_DONE;
}
