/*
 * policy check, explain; config check: what can be said about files without
 * a daemon.
 */
#include <string.h>

#include "base/crypto.h"
#include "config/settings.h"
#include "ctl/client.h"
#include "ctl/files.h"
#include "ctl/policy_file.h"
#include "ctl/table.h"
#include "ctl/warning_file.h"
#include "policy/lint.h"
#include "policy/prove.h"

/* The directory of path, read; what path is called in it. */
static int
policy_dir(const char *path, struct file_set *files, const char **out_name,
    struct err *e)
{
	const char *slash = strrchr(path, '/');
	char dir[CTL_PATH_MAX];

	(void)snprintf(dir, sizeof(dir), "%.*s", slash == NULL ? 1 :
	    (int)(slash - path), slash == NULL ? "." : path);
	if (dir[0] == '\0')
		(void)snprintf(dir, sizeof(dir), "/");
	if (!file_exists(path))
		return err_set(e, ERR_NOT_FOUND, "%s: no such file", path);
	*out_name = slash == NULL ? path : slash + 1;
	return file_set_read_dir(files, dir, e);
}

struct policy *
policy_open(const char *path, struct err *e)
{
	AUTO(file_set_free) struct file_set *files = file_set_new();
	const char *name;

	return policy_dir(path, files, &name, e) < 0 ? NULL :
	    policy_load(files, name, e);
}

int
policy_files(const char *path, struct file_set *out, struct err *e)
{
	static const char *const patterns[] = { "*", "*.d/*" };
	AUTO(file_set_free) struct file_set *files = file_set_new();
	struct str main_file = STR("policy.yaml"), name, bytes;
	const char *file;

	TRY(policy_dir(path, files, &file, e));
	for (size_t k = 0; k < NELEM(patterns); k++)
		for (size_t i = 0; file_set_match(files, patterns[k], i,
		    &name); i++) {
			if (file_set_get(files, name, &bytes) < 0 ||
			    (str_eq(name, main_file) &&
			    !str_eqz(name, file)))
				continue;
			TRY(file_set_add(out, str_eqz(name, file) ?
			    main_file : name, bytes));
		}
	return 0;
}

int
policy_to_try(const char *path, struct file_set *out, struct err *e)
{
	AUTO(policy_free) struct policy *p = policy_open(path, e);

	if (p == NULL)
		return e->code;
	TRY(policy_prove_text(p, NULL, e));
	return policy_files(path, out, e);
}

/* What lint says, and which agreements end soon. */
static json_t *
warnings_json(const struct policy *p)
{
	json_t *list = json_array();
	AUTO_BUF struct buf b = { 0 };

	for (size_t i = 0; policy_warning(p, i) != NULL; i++)
		json_array_append_new(list,
		    json_string(policy_warning(p, i)));
	for (size_t i = 0; policy_lint_ending(p, now_ms(), i, &b); i++) {
		json_array_append_new(list, json_stringn(b.p, b.n));
		b.n = 0;
	}
	return list;
}

static void
list_print(const json_t *list)
{
	size_t i;
	const json_t *w;

	json_array_foreach(list, i, w)
		fprintf(stderr, "warning: %s\n", json_string_value(w));
}

static void
warnings_print(const struct policy *p)
{
	AUTO_JSON json_t *list = warnings_json(p);

	list_print(list);
}

static void
digest_text(const struct policy *p, char dst[static 2 * DIGEST_BYTES + 1])
{
	struct digest d;

	policy_digest(p, &d);
	hex_encode(dst, d.b, DIGEST_BYTES);
}

int
cmd_policy_check(struct ctl *c)
{
	AUTO(policy_free) struct policy *p = NULL;
	char digest[2 * DIGEST_BYTES + 1];
	struct err e = { 0 };

	CTL_NO_OPTIONS(c, 1, 1);
	p = policy_open(c->argv[0], &e);
	if (p == NULL)
		return ctl_fail_err(c, &e, "comity-policy(5) describes every "
		    "section");
	digest_text(p, digest);
	if (c->json) {
		AUTO_JSON json_t *j = json_pack("{s:i, s:b, s:s, s:o}", "v", 1,
		    "ok", 1, "digest", digest, "warnings", warnings_json(p));

		reply_print(j);
		return CTL_DONE;
	}
	warnings_print(p);
	printf("%s: well made, digest sha256:%s\n", c->argv[0], digest);
	return CTL_DONE;
}

int
cmd_policy_explain(struct ctl *c)
{
	AUTO(policy_free) struct policy *p = NULL;
	AUTO_BUF struct buf text = { 0 };
	struct policy_request req = { 0 };
	struct decision d;
	struct label label;
	struct err e = { 0 };

	CTL_NO_OPTIONS(c, 2, 2);
	p = policy_open(c->argv[0], &e);
	if (p == NULL)
		return ctl_fail_err(c, &e, "comityctl policy check FILE");
	if (policy_parse_request(p, str_of(c->argv[1]), &req, &label, &e) < 0)
		return ctl_fail_err(c, &e, "write a request like \"to: "
		    "cert-xb/ops, kind: botnet, tlp: green\"");
	policy_decide(p, &req, &d);
	policy_explain(p, &req, &d, &text);
	if (c->json) {
		AUTO_JSON json_t *j = json_pack("{s:i, s:b, s:s, s:s, s:s, "
		    "s:s}", "v", 1, "ok", 1, "outcome", outcome_name(d.outcome), "by",
		    policy_rule_id(p, d.by), "reason", reason_name(d.reason),
		    "text", text.p == NULL ? "" : text.p);

		reply_print(j);
		return CTL_DONE;
	}
	fputs(text.p == NULL ? "" : text.p, stdout);
	return CTL_DONE;
}

/* Read settings and policy as the daemon would. */
static int
config_read(const struct ctl *c, struct settings *s, struct policy **out,
    struct err *e)
{
	AUTO_BUF struct buf text = { 0 };
	char path[CTL_PATH_MAX];

	TRY(file_read(file_path(path, c->at.config, SETTINGS_FILE),
	    YAML_BYTES_MAX, &text, e));
	TRY(settings_parse(path, buf_str(&text), s, e));
	*out = policy_open(file_path(path, c->at.config, "policy.yaml"), e);
	if (*out == NULL)
		return e->code;
	return settings_check_desks(file_path(path, c->at.config,
	    SETTINGS_FILE), buf_str(&text), policy_vocabulary(*out), e);
}

int
cmd_config_check(struct ctl *c)
{
	AUTO(policy_free) struct policy *p = NULL;
	AUTO_JSON json_t *warnings = NULL;
	struct settings s;
	struct err e = { 0 };

	CTL_NO_OPTIONS(c, 0, 0);
	if (config_read(c, &s, &p, &e) < 0)
		return ctl_fail_err(c, &e, "comityd.yaml(5) and "
		    "comity-policy(5) describe what may stand there");
	if (strcmp(policy_org(p, 0)->id, s.cert_id) != 0)
		return ctl_fail(c, CTL_REFUSED, "make them the same",
		    "comityd.yaml is for %s, policy.yaml for %s", s.cert_id,
		    policy_org(p, 0)->id);
	if (policy_prove_text(p, NULL, &e) < 0)
		return ctl_fail(c, CTL_REFUSED, "comityctl policy prove says "
		    "all of it", "%s", e.text);
	warnings = warnings_json(p);
	warning_files_check(c->at.config, &s, warnings);
	if (c->json) {
		AUTO_JSON json_t *j = json_pack("{s:i, s:b, s:s, s:O}", "v", 1,
		    "ok", 1, "cert_id", s.cert_id, "warnings", warnings);

		reply_print(j);
		return CTL_DONE;
	}
	list_print(warnings);
	printf("%s: the configuration of %s is well made\n", c->at.config,
	    s.cert_id);
	return CTL_DONE;
}
