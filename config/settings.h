/*
 * comityd.yaml: everything an administrator sets that is not policy.  Each
 * option is a row in settings.c and a paragraph in comityd.yaml(5).
 */
#ifndef CONFIG_SETTINGS_H
#define CONFIG_SETTINGS_H

#include "base/err.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/unit.h"

#define SETTINGS_FILE "comityd.yaml"
#define SETTINGS_LISTEN_MAX 16
#define SETTINGS_PATH_MAX 1024

enum settings_log_level {
	SETTINGS_LOG_ERROR,
	SETTINGS_LOG_WARNING,
	SETTINGS_LOG_NOTICE,
	SETTINGS_LOG_INFO,
	SETTINGS_LOG_DEBUG,
};

enum settings_log_target {
	SETTINGS_LOG_AUTO,	/* the journal if started by systemd */
	SETTINGS_LOG_STDERR,
	SETTINGS_LOG_JOURNAL,
	SETTINGS_LOG_SYSLOG,
};

struct settings_limits {
	int64_t unproved_start, unproved_max;	/* sessions, whole daemon */
	int64_t unproved_per_address;		/* per /32 or /64, at once */
	int64_t unproved_per_minute;		/* per /32 or /64 */
	int64_t penalty_min_ms, penalty_max_ms;	/* after a failed proof */
	int64_t handshake_ms, proof_ms;		/* deadlines, absolute */
	int64_t handshakes_per_second;		/* all listeners */
	int64_t credit_bytes;			/* outstanding per peer */
	int64_t output_pause_bytes;
	int64_t peer_per_second, peer_burst, peer_per_day;	/* records */
	int64_t ping_ms, ping_missed;
	int64_t receipt_ms;
	int64_t reconnect_min_ms, reconnect_max_ms;
	int64_t disk_free_bytes, disk_free_percent;	/* the larger counts */
	int64_t log_lines_per_minute;		/* per key */
};

#define SETTINGS_OPERATORS_MAX 32
#define SETTINGS_ROLES_MAX 8

/* A person who may approve, known by a Unix user or by a key: one of both. */
struct settings_operator {
	char name[64];
	char unix_user[64];		/* a name or a number; or empty */
	char key[64];			/* "ed25519:" and base64; or empty */
	char roles[SETTINGS_ROLES_MAX][32];
	size_t nroles;
};

#define SETTINGS_FRONTS_MAX 16
#define SETTINGS_CLIENTS_MAX 32		/* of one front */
#define SETTINGS_COLLECTIONS_MAX 8	/* named for one client */
#define SETTINGS_ALL_COLLECTIONS "*"

/* A tool that logs in to a front with a certificate. */
struct settings_client {
	char name[NAME_MAX_BYTES];
	/* settings_pin; or empty: known by name, if client_ca vouches for it */
	char pin[80];
	/* Names of collections, or SETTINGS_ALL_COLLECTIONS. */
	char read[SETTINGS_COLLECTIONS_MAX][NAME_MAX_BYTES];
	size_t nread;
	char write[SETTINGS_COLLECTIONS_MAX][NAME_MAX_BYTES];
	size_t nwrite;
};

/* Where the tools of one desk connect. */
struct settings_front {
	char desk[NAME_MAX_BYTES];	/* whether there is one, the vault sees */
	char listen[CERT_ID_MAX + 8];	/* host:port */
	/* Files; certificate and key empty: the daemon's own. */
	char certificate[SETTINGS_PATH_MAX], key[SETTINGS_PATH_MAX];
	char client_ca[SETTINGS_PATH_MAX];	/* or empty */
	struct settings_client clients[SETTINGS_CLIENTS_MAX];
	size_t nclients;
};

#define SETTINGS_TAXII_PEERS_MAX 16
#define SETTINGS_POLL_MAX 8
#define SETTINGS_COLLECTION_BYTES 80

/* A peer that is a TAXII 2.1 server, which we poll and push to. */
struct settings_taxii_peer {
	char peer[CERT_ID_MAX + 1];	/* as in the policy */
	char url[SETTINGS_PATH_MAX];	/* of its API root; ends in "/" */
	/* Collections, by id or alias. */
	char poll[SETTINGS_POLL_MAX][SETTINGS_COLLECTION_BYTES];
	size_t npoll;
	char push[SETTINGS_COLLECTION_BYTES];	/* or empty */
	int64_t interval_ms;
	/* Files, each or empty: ours to log in with; who vouches for it. */
	char certificate[SETTINGS_PATH_MAX], key[SETTINGS_PATH_MAX];
	char ca[SETTINGS_PATH_MAX];
	char user[128];				/* or empty: a token */
	char secret_file[SETTINGS_PATH_MAX];	/* password or token */
};

#define SETTINGS_AS_MAX 64
#define SETTINGS_PREFIXES_MAX 256
#define SETTINGS_DOMAINS_MAX 128

/* Whom this CERT serves: what is its own. */
struct settings_own {
	char as[SETTINGS_AS_MAX][16];		/* digits */
	char prefixes[SETTINGS_PREFIXES_MAX][48];
	char domains[SETTINGS_DOMAINS_MAX][CERT_ID_MAX + 1];
	size_t nas, nprefixes, ndomains;
};

/* Plain values: copied by assignment, owns nothing. */
struct settings {
	char cert_id[CERT_ID_MAX + 1];
	char name[128];			/* for people; may be empty */
	char country[3];
	char listen[SETTINGS_LISTEN_MAX][CERT_ID_MAX + 8];	/* host:port */
	size_t nlisten;			/* 0: it only dials */
	char state_directory[SETTINGS_PATH_MAX];
	char control_socket[SETTINGS_PATH_MAX];
	char user[64], group[64];	/* to drop to when started by root */
	bool landlock;
	bool opinions;
	int log_level;			/* enum settings_log_level */
	int log_target;			/* enum settings_log_target */
	int64_t store_cache_bytes;
	char notify_command[SETTINGS_PATH_MAX];	/* or empty */
	char notify_mail[256];			/* addresses, or empty */
	char sendmail[SETTINGS_PATH_MAX];
	struct settings_operator operators[SETTINGS_OPERATORS_MAX];
	size_t noperators;	/* 0: whoever may change things, all roles */
	struct settings_front fronts[SETTINGS_FRONTS_MAX];
	size_t nfronts;
	struct settings_taxii_peer taxii_peers[SETTINGS_TAXII_PEERS_MAX];
	size_t ntaxii_peers;
	char trust_clock[TIME_TEXT_MAX];	/* settings_trust_clock */
	char warning_lists[SETTINGS_PATH_MAX];	/* a directory, or empty */
	struct settings_own own;
	struct settings_limits limits;
};

/*
 * settings_parse(file, text, out, e): read the text of comityd.yaml; file is
 * its name in messages.  ERR_CONF with "file:line:col: what; what to do";
 * out is then untouched.
 */
int settings_parse(const char *file, struct str text, struct settings *out,
    struct err *e) MUST_CHECK;

/*
 * settings_print(s, help, out): append what is in force as YAML that
 * settings_parse reads back to the same; with help as comments.
 */
void settings_print(const struct settings *s, bool help, struct buf *out);

/* settings_defaults(out): the defaults; cert_id and country are empty. */
void settings_defaults(struct settings *out);

/*
 * settings_operator_key(text, out): the 32 bytes of "ed25519:BASE64";
 * ERR_SYNTAX.
 */
int settings_operator_key(struct str text, uint8_t out[32]) MUST_CHECK;

/*
 * settings_trust_clock(s, now, out): the time that the trust engine is given
 * when it is now.  ERR_SYNTAX, ERR_VALUE; never of settings that
 * settings_parse took.
 */
int settings_trust_clock(const struct settings *s, unix_ms_t now,
    unix_ms_t *out) MUST_CHECK;

/*
 * settings_pin(text, out): the 32 bytes of "sha256:HEX"; ERR_SYNTAX.
 */
int settings_pin(struct str text, uint8_t out[32]) MUST_CHECK;

/*
 * settings_check_desks(file, text, v, e): is the desk of each front in text,
 * which settings_parse took, a desk of ours in the policy's vocabulary?
 * ERR_CONF with file:line:col.
 */
struct vocabulary;
int settings_check_desks(const char *file, struct str text,
    const struct vocabulary *v, struct err *e) MUST_CHECK;

/*
 * settings_path(dst, size, base, path): path if it is absolute, else below
 * the directory base.  ERR_LIMIT if it does not fit in size bytes.
 * state_directory, warning_lists and the files of a front start at the configuration
 * directory, control_socket at the state directory.
 */
int settings_path(char *dst, size_t size, const char *base,
    const char *path) MUST_CHECK;

#endif
