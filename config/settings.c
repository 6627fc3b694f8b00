#include "config/settings.h"

#include <stdio.h>
#include <string.h>

#include "base/unit.h"
#include "config/schema.h"
#include "config/settings_front.h"
#include "config/settings_taxii.h"
#include "config/settings_warning.h"
#include "record/stix.h"

#define LIMIT_MAX INT64_C(1000000000)
#define KEY_PREFIX "ed25519:"
#define KIBI(n) ((int64_t)KIB(n))
#define MEBI(n) ((int64_t)MIB(n))
#define GIBI(n) (MEBI(n) << 10)

static const char *const log_levels[] = {
	"error", "warning", "notice", "info", "debug", NULL,
};

static const char *const log_targets[] = {
	"auto", "stderr", "journal", "syslog", NULL,
};

#define TEXT(f, k, name, def, help) \
	OPT_TEXT(settings, f, OPTION_##k, name, def, help)
#define COUNT(f, name, lo, hi, def, help) \
	OPT_NUMBER(settings, limits.f, OPTION_INTEGER, "limits." name, lo, \
	    hi, def, help)
#define TIME(f, name, lo, hi, def, help) \
	OPT_NUMBER(settings, limits.f, OPTION_DURATION, "limits." name, lo, \
	    hi, def, help)
#define SIZE(f, name, lo, hi, def, help) \
	OPT_NUMBER(settings, limits.f, OPTION_SIZE, "limits." name, lo, hi, \
	    def, help)

static const struct option operator_options[] = {
	OPT_TEXT(settings_operator, name, OPTION_TEXT, "name", NULL,
	    "Who it is, in logs and answers."),
	OPT_TEXT(settings_operator, unix_user, OPTION_TEXT, "unix", "",
	    "The Unix user by which it is known."),
	OPT_TEXT(settings_operator, key, OPTION_TEXT, "key", "",
	    "The public key by which it is known, ed25519:BASE64."),
	OPT_LIST(settings_operator, roles, nroles, OPTION_TEXT, "roles",
	    "What it may approve as: names of the policy's panel."),
	OPT_END
};

static const struct option options[] = {
	TEXT(cert_id, NAME, "cert-id", NULL,
	    "The DNS name by which peers know this CERT; it stands in the "
	    "card."),
	TEXT(name, TEXT, "name", "", "The CERT's name, for people."),
	TEXT(country, COUNTRY, "country", NULL,
	    "The country of this CERT, ISO 3166 alpha-2."),
	OPT_LIST(settings, listen, nlisten, OPTION_ADDRESS, "listen",
	    "Where peers may connect; without any, this CERT only dials."),
	TEXT(state_directory, PATH, "state-directory", "/var/lib/comity",
	    "Where the store and the keys are; a relative name starts at the "
	    "configuration directory."),
	TEXT(control_socket, PATH, "control-socket", "control.sock",
	    "Where comityctl asks; a relative name starts at the state "
	    "directory."),
	TEXT(user, TEXT, "user", "comity",
	    "The user to become when started by root."),
	TEXT(group, TEXT, "group", "comity",
	    "The group to become when started by root."),
	OPT_BOOL(settings, landlock, "landlock", "true",
	    "Whether processes give up access to files with Landlock where "
	    "the kernel has it."),
	OPT_ENUM(settings, log_level, "log.level", log_levels, "info",
	    "The least important lines to write."),
	OPT_ENUM(settings, log_target, "log.target", log_targets, "auto",
	    "Where lines go; auto is the journal if started by systemd, else "
	    "standard error."),
	OPT_NUMBER(settings, store_cache_bytes, OPTION_SIZE, "store.cache",
	    MEBI(1), GIBI(64), "64MiB",
	    "Memory for pages of the store."),

	TEXT(notify_command, TEXT, "notify.command", "",
	    "A program that is started, by its absolute path, with a JSON "
	    "document on standard input when people are to be told."),
	TEXT(notify_mail, TEXT, "notify.mail", "",
	    "Addresses that such documents are mailed to, separated by commas "
	    "without blanks."),
	TEXT(sendmail, PATH, "notify.sendmail", "/usr/sbin/sendmail",
	    "The program that sends the mail."),
	OPT_MAPS(settings, operators, noperators, operator_options,
	    "operators",
	    "Who may approve changes; without any, every Unix user who may "
	    "change things, in every role."),

	OPT_MAPS(settings, fronts, nfronts, settings_front_options, "fronts",
	    "Where the tools of our desks connect, with TAXII 2.1; without "
	    "any, none do."),

	OPT_MAPS(settings, taxii_peers, ntaxii_peers, settings_taxii_options,
	    "taxii-peers",
	    "Peers that are TAXII 2.1 servers, which we poll and push to; "
	    "each has its entry in the policy."),

	TEXT(trust_clock, TEXT, "trust-clock", "",
	    "For rehearsals only: the time that the trust engine is given, a "
	    "shift as +90d or a moment as 2027-01-01T00:00:00Z, at which it "
	    "then stands; empty: the time of day."),

	TEXT(warning_lists, TEXT, "warning-lists", "",
	    "A directory of MISP warning lists: values that must not be "
	    "blocked; empty: none.  A relative name starts at the "
	    "configuration directory."),
	OPT_LIST(settings, own.as, own.nas, OPTION_TEXT, "constituency.as",
	    "Numbers of the autonomous systems in our constituency."),
	OPT_LIST(settings, own.prefixes, own.nprefixes, OPTION_TEXT,
	    "constituency.prefixes",
	    "Networks of IPv4 and IPv6 in our constituency."),
	OPT_LIST(settings, own.domains, own.ndomains, OPTION_NAME,
	    "constituency.domains",
	    "Domains in our constituency, with all below them."),

	OPT_BOOL(settings, opinions, "opinions", "true",
	    "Whether an opinion of ours, how credible it is, stands beside "
	    "each record of a peer; each takes the room of a short record."),

	COUNT(unproved_start, "unproved-start", 1, 4096, "16",
	    "Sessions that have not proved who they are from which on new "
	    "ones are dropped at random."),
	COUNT(unproved_max, "unproved-max", 1, 4096, "64",
	    "The number of such sessions at which every new one is dropped."),
	COUNT(unproved_per_address, "unproved-per-address", 1, 4096, "4",
	    "Such sessions at once of one address (IPv4) or /64 (IPv6)."),
	COUNT(unproved_per_minute, "unproved-per-minute", 1, 100000, "20",
	    "New connections of one address or /64 in a minute."),
	TIME(penalty_min_ms, "penalty-min", SEC(1), HOUR(1), "10s",
	    "How long an address is shut out after a failed proof; it "
	    "doubles with each further one."),
	TIME(penalty_max_ms, "penalty-max", SEC(1), DAY(1), "10m",
	    "The longest time an address is shut out."),
	TIME(handshake_ms, "handshake-deadline", SEC(1), MINUTE(5), "10s",
	    "Time for the TLS handshake."),
	TIME(proof_ms, "proof-deadline", SEC(1), MINUTE(5), "15s",
	    "Time from connecting to the proof of identity."),
	COUNT(handshakes_per_second, "handshakes-per-second", 1, 100000,
	    "200", "TLS handshakes begun in a second, all listeners."),
	SIZE(credit_bytes, "credit", MEBI(1), GIBI(1), "4MiB",
	    "Bytes of records a peer may have under way to us."),
	SIZE(output_pause_bytes, "output-pause", KIBI(64), GIBI(1), "1MiB",
	    "Unsent output at which a session stops taking more to send."),
	COUNT(peer_per_second, "peer-rate", 1, LIMIT_MAX, "5000",
	    "Records a second taken from one peer over time; beyond it the "
	    "peer gets no credit."),
	COUNT(peer_burst, "peer-burst", 1, LIMIT_MAX, "2000000",
	    "Records taken from one peer at once before peer-rate holds."),
	COUNT(peer_per_day, "peer-daily", 1, LIMIT_MAX, "50000000",
	    "Records taken from one peer in 24 hours."),
	TIME(ping_ms, "ping-interval", SEC(1), HOUR(1), "30s",
	    "Silence after which a peer is asked whether it is there."),
	COUNT(ping_missed, "ping-missed", 1, 100, "3",
	    "Pings without answer after which the session ends."),
	TIME(receipt_ms, "receipt-deadline", SEC(1), DAY(7), "10m",
	    "How long a peer that is connected may take to sign for what it "
	    "was sent; after that it is evidence about its discretion."),
	TIME(reconnect_min_ms, "reconnect-min", 100, HOUR(1), "1s",
	    "The shortest wait before dialling again; it doubles, with "
	    "jitter."),
	TIME(reconnect_max_ms, "reconnect-max", 100, DAY(1), "5m",
	    "The longest wait before dialling again."),
	SIZE(disk_free_bytes, "disk-free", MEBI(1), GIBI(1024), "512MiB",
	    "Free room on disk below which nothing more is stored; it goes "
	    "on at twice that."),
	COUNT(disk_free_percent, "disk-free-percent", 0, 90, "5",
	    "The same in percent of the disk; the larger of both counts."),
	COUNT(log_lines_per_minute, "log-lines", 1, 100000, "10",
	    "Lines of one kind that a peer can cause in a minute; the rest "
	    "are counted in one line."),
	OPT_END
};

/* Pairs of which the first must not be larger than the second. */
static const struct {
	const char *low, *high;
	size_t low_offset, high_offset;
} ordered[] = {
#define ORDERED(low, lf, high, hf)					\
	{ "limits." low, "limits." high,				\
	    offsetof(struct settings, limits.lf),			\
	    offsetof(struct settings, limits.hf) }
	ORDERED("unproved-start", unproved_start,
	    "unproved-max", unproved_max),
	ORDERED("unproved-per-address", unproved_per_address,
	    "unproved-max", unproved_max),
	ORDERED("penalty-min", penalty_min_ms, "penalty-max", penalty_max_ms),
	ORDERED("handshake-deadline", handshake_ms,
	    "proof-deadline", proof_ms),
	ORDERED("reconnect-min", reconnect_min_ms,
	    "reconnect-max", reconnect_max_ms),
#undef ORDERED
};

static int64_t
number_at(const struct settings *s, size_t offset)
{
	return *(const int64_t *)(const void *)((const char *)s + offset);
}

/* What no single row can see. */
static int
check_order(const struct yaml_node *root, const struct settings *s,
    struct err *e)
{
	for (size_t i = 0; i < NELEM(ordered); i++) {
		const struct yaml_node *at;

		if (number_at(s, ordered[i].low_offset) <=
		    number_at(s, ordered[i].high_offset))
			continue;
		at = schema_node(root, ordered[i].low);
		if (at == NULL)
			at = schema_node(root, ordered[i].high);
		return yaml_error(e, at == NULL ? root : at, "%s is above "
		    "%s; want it at most that", ordered[i].low,
		    ordered[i].high);
	}
	return 0;
}

int
settings_trust_clock(const struct settings *s, unix_ms_t now, unix_ms_t *out)
{
	struct str text = str_of(s->trust_clock);
	int64_t shift = 0;
	struct stix_time t;

	if (text.n > 0 && text.p[0] == '+') {
		text.p++;
		text.n--;
		TRY(schema_duration(text, &shift));
	} else if (text.n > 0) {
		TRY(stix_time_parse(text, &t));
		now.ms = SEC(t.seconds) + (int64_t)t.nanos % 1000000000 / 1000000;
	}
	out->ms = now.ms + shift;
	return 0;
}

int
settings_operator_key(struct str text, uint8_t out[32])
{
	uint8_t key[32];
	size_t n;

	if (!str_starts(text, KEY_PREFIX))
		return ERR_SYNTAX;
	text.p += strlen(KEY_PREFIX);
	text.n -= strlen(KEY_PREFIX);
	if (base64_decode(key, sizeof(key), text, &n) != 0 ||
	    n != sizeof(key))
		return ERR_SYNTAX;
	memcpy(out, key, sizeof(key));
	return 0;
}

/* One operator by itself. */
static int
check_operator(const struct yaml_node *at, const struct settings_operator *o,
    struct err *e)
{
	uint8_t key[32];

	if (o->name[0] == '\0' || strchr(o->name, ':') != NULL)
		return yaml_error(e, at, "name \"%s\"; want a name without "
		    "\":\"", o->name);
	if ((o->unix_user[0] == '\0') == (o->key[0] == '\0'))
		return yaml_error(e, at, "operator %s: want a unix user or a "
		    "key, one of both", o->name);
	if (o->key[0] != '\0' &&
	    settings_operator_key(str_of(o->key), key) != 0)
		return yaml_error(e, at, "operator %s: key \"%s\"; want "
		    "ed25519: and 44 characters of base64, as printed by: "
		    "comityctl key generate operator FILE", o->name, o->key);
	return 0;
}

/* Two entries that would let one person pass for two. */
static int
check_operators(const struct yaml_node *root, const struct settings *s,
    struct err *e)
{
	const struct yaml_node *at = yaml_get(root, "operators");

	at = at == NULL ? NULL : at->first;
	for (size_t i = 0; i < s->noperators && at != NULL; i++) {
		const struct settings_operator *o = &s->operators[i];

		TRY(check_operator(at, o, e));
		for (size_t k = 0; k < i; k++) {
			const struct settings_operator *p = &s->operators[k];
			bool same_user = o->unix_user[0] != '\0' &&
			    strcmp(o->unix_user, p->unix_user) == 0;
			bool same_key = o->key[0] != '\0' &&
			    strcmp(o->key, p->key) == 0;

			if (strcmp(o->name, p->name) != 0 && !same_user &&
			    !same_key)
				continue;
			return yaml_error(e, at, "operator %s has the %s of "
			    "operator %s; one person, one entry", o->name,
			    same_user ? "unix user" : same_key ? "key" :
			    "name", p->name);
		}
		at = at->next;
	}
	return 0;
}

/*
 * Several addresses by commas, which stand in a header as they are: a blank
 * or an end of line would make something else of it.
 */
static bool
is_addresses(const char *s)
{
	char last = ',';

	for (; *s != '\0'; last = *s++)
		if ((unsigned char)*s <= ' ' || *s == 127 ||
		    (*s == ',' && last == ','))
			return false;
	return last != ',';
}

/* People are told when it matters: what cannot work is said before. */
static int
check_notify(const struct yaml_node *root, const struct settings *s,
    struct err *e)
{
	static const char *const names[] = { "notify.command",
	    "notify.sendmail" };
	const char *const programs[] = { s->notify_command, s->sendmail };

	for (size_t i = 0; i < NELEM(names); i++)
		if (programs[i][0] != '\0' && programs[i][0] != '/')
			return yaml_error(e, schema_node(root, names[i]),
			    "%s \"%s\"; want the absolute path of a program",
			    names[i], programs[i]);
	if (s->notify_mail[0] != '\0' && !is_addresses(s->notify_mail))
		return yaml_error(e, schema_node(root, "notify.mail"),
		    "notify.mail \"%s\"; want addresses separated by commas, "
		    "without blanks", s->notify_mail);
	return 0;
}

int
settings_parse(const char *file, struct str text, struct settings *out,
    struct err *e)
{
	AUTO(yaml_free) struct yaml_tree *t = yaml_parse(file, text, e);
	struct settings s = { 0 };
	unix_ms_t now = { 0 };

	if (t == NULL)
		return ERR_CONF;
	TRY(schema_read(options, yaml_root(t), &s, e));
	TRY(check_order(yaml_root(t), &s, e));
	TRY(check_operators(yaml_root(t), &s, e));
	TRY(check_notify(yaml_root(t), &s, e));
	if (settings_trust_clock(&s, now, &now) != 0)
		return yaml_error(e, schema_node(yaml_root(t), "trust-clock"),
		    "trust-clock \"%s\"; want a shift such as +90d, or a "
		    "moment such as 2027-01-01T00:00:00Z", s.trust_clock);
	TRY(settings_check_fronts(yaml_root(t), &s, e));
	TRY(settings_check_taxii(yaml_root(t), &s, e));
	TRY(settings_check_constituency(yaml_root(t), &s, e));
	*out = s;
	return 0;
}

void
settings_print(const struct settings *s, bool help, struct buf *out)
{
	schema_print(options, s, help, out);
}

void
settings_defaults(struct settings *out)
{
	*out = (struct settings){ 0 };
	schema_defaults(options, out);
}

int
settings_path(char *dst, size_t size, const char *base, const char *path)
{
	int n = path[0] == '/' ? snprintf(dst, size, "%s", path) :
	    snprintf(dst, size, "%s/%s", base, path);

	return n < 0 || (size_t)n >= size ? ERR_LIMIT : 0;
}
