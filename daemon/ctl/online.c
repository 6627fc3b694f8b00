/*
 * Commands that talk to a running daemon.  What is asked and answered on
 * the control socket is written down here once; comityctl(1), CONTROL
 * SOCKET, says the same to people.
 *
 * Frames: CTL_REQUEST, CTL_REPLY, CTL_OBJECTS, CTL_END of wire/messages.def.
 * A request is {"v":1,"command":C,"arguments":{...}}; C is the words of the
 * command joined by one blank.  A reply is {"v":1,"ok":true,...fields} or
 * {"v":1,"ok":false,"code":"ERR_*","error":text,"hint":text or absent}.
 * "more":true in a reply announces another one to the same request; the
 * last has no "more", or false.  One request at a time on a connection; the
 * client may send the next after the last reply.  An argument marked ? may
 * be absent; unknown arguments are ERR_USAGE.  Times are RFC 3339 text with
 * milliseconds, UTC, except names that end in _ms, which are integers.
 * Cursors are opaque text.  Absent, never null: what does not apply.
 *
 * command         arguments              reply
 * ------------------------------------------------------------------------
 * status          -                      cert_id, version, uptime_ms, state
 *                                        ("starting", "ready", "degraded",
 *                                        "draining"), policy {digest,
 *                                        generation, loaded_at, warnings[]},
 *                                        store {records, tombstones, bytes,
 *                                        wal_bytes, free_bytes, full,
 *                                        error?}, warnings[] (what people
 *                                        should look at), published (objects stored
 *                                        from here since ever), peers[] as
 *                                        below, libraries {name: version},
 *                                        counters {name: number}
 * peer list       -                      peers [{id, state ("unknown",
 *                                        "idle", "dialing", "proving",
 *                                        "ready", "waiting"), since, reason?
 *                                        (why it is not ready), position,
 *                                        lag (own records not yet settled
 *                                        for it), backfill? {done, of: of
 *                                        the sequence of what was stored
 *                                        before}, under_way (sent, no
 *                                        receipt yet), delivered, redacted,
 *                                        consulted, denied, forbidden (of
 *                                        our records towards it), received,
 *                                        refused, unchanged (of its records
 *                                        here), last_contact?, skew_ms?,
 *                                        trust {discretion, reliability}
 *                                        (bands "A".."E"), posture (what
 *                                        counts), posture_until? (when what
 *                                        people set of it ends)}]
 * peer show       id                     peer {as above}, card {the card's
 *                                        JSON}, code, terms[] {id, what
 *                                        ("agreement", "circle",
 *                                        "definition"), ours? and theirs?
 *                                        (digests), equal (of these),
 *                                        counts, problem? (why not), wider?
 *                                        (what they state beyond what we
 *                                        hold), in_force? (an agreement's
 *                                        terms), version? (of the circle's
 *                                        document)}
 * peer graph      -                      cert_id, nodes [{id, type, country,
 *                                        state (as above, or "no card"),
 *                                        circles and agreements [{id,
 *                                        counts}], flows as in peer add}],
 *                                        not_in_policy [ids]
 * peer add        card (its text),       id, name, country, code, endpoints
 *                 dry_run? | yes? |      [], not_after, changed (bool),
 *                 code?                  added (bool), differs? [names of
 *                                        fields that differ from the card
 *                                        held now], flows [{direction ("out",
 *                                        "in"), desk, use, outcome, kinds[],
 *                                        tlp (up to it), by? (who refuses),
 *                                        needs? [agreements and circles that
 *                                        do not count yet]}].  Without yes or an equal
 *                                        code nothing is changed: ERR_USAGE.
 *                                        dry_run only answers.
 * peer remove     id                     id, changed
 * peer check      id                     steps [{step ("tls", "pins",
 *                                        "identity", "terms", "clock"), ok
 *                                        (bool; absent: not reached yet),
 *                                        text, fix?}], endpoints [], state
 * publish         desk, (then objects)   see publish.c and below
 * lookup          value, limit?, desk?   records [{id, modified, type, kind,
 *                                        tlp, source (CERT id; own id when
 *                                        published here), received, desks []
 *                                        (released to; absent: all), labels?
 *                                        (the STIX labels), name?}], cut
 *                                        (bool, more than limit)
 * show            id, modified?, desk?   records [one, as above, plus label
 *                                        (the canonical text), object (the
 *                                        record as JSON text, byte for byte),
 *                                        sealed_by, seal_time]
 * why             record, peer,          record, modified, peer, outcome,
 *                 modified?              by, reason, state ("delivered",
 *                                        "redacted", "refused", "consulted",
 *                                        "denied", "forbidden", "none"),
 *                                        text [lines, <= 22 of <= 100 bytes]
 * recall          id, reason             id, peers [{id, state ("confirmed",
 *                                        "sent", "waiting")}]
 * consult list    -                      cases [{number, state, record, kind,
 *                                        peer, by, since, ...}], open,
 *                                        total, questions [{name, from,
 *                                        circle, kind, peer, ...}], asks
 * ask             peer, record, desk?,   ask {number, record, peer, desk,
 *                 reason?                since, noted?}
 * backup          path (absolute, in     {done, total} in bytes, "more" until
 *                 the state directory)   finished; the last: path, bytes
 * reload          -                      generation, digest, warnings[],
 *                                        policy ("same", "in-force",
 *                                        "pending", "returned",
 *                                        "unconfirmed", "unreadable"),
 *                                        in_force_since, by, pending?
 *                                        {digest, at, by[], needs, reason,
 *                                        opens, confirm_ms?},
 *                                        confirm_before?, previous?,
 *                                        returned?, problem?; status has the
 *                                        last seven in policy, too
 * policy shadow   -                      on, and if so digest, since,
 *                                        decisions, differ, unlisted,
 *                                        changes [{peer, direction ("to",
 *                                        "from"), before, before_by, after,
 *                                        after_by, records}]; status has the
 *                                        first four of these as shadow
 * policy shadow start -, (then files)    as policy shadow
 * policy shadow stop  -                  on
 * policy apply    confirm_ms?, reason?   as reload
 * policy approve  digest, reason?        as reload
 * policy confirm  reason?                as reload
 * policy withdraw reason?                as reload
 * policy show     pending? (bool)        files (base64 of a piece of the
 *                                        encoded file set), "more" until
 *                                        all of it was sent
 * policy pending  -                      as reload
 * policy history  -                      events [{at, event, digest, by,
 *                                        reason}], oldest first
 * posture set     country, posture,      number, country, state ("proposed",
 *                 until_ms?, reason      "in-force", "withdrawn"), postures as
 *                                        posture list
 * posture lift    country, reason?       as posture set
 * posture renew   country, until_ms?,    as posture set
 *                 reason?
 * posture approve number, reason?        as posture set, without country
 * posture         number, reason?        as posture approve
 *  withdraw
 * posture list    -                      in_force [{country, posture, since,
 *                                        until, by[], reason}], proposed [the
 *                                        same and number, change ("set",
 *                                        "lift", "renew")], policy
 *                                        [{country, posture}]: what it says
 *                                        itself; status has it as postures
 * trust say       kind, about, to?,      state ("proposed", "said"),
 *                 until_ms?, reason?     statement as in trust statements
 * trust hand-on   from, about, to        statements
 * trust           peer?                  statements [{from, about, kind, at,
 *  statements                            digest, ours, until?, b?, d?,
 *                                        reason?, via?, counts?, why?, told
 *                                        [{to, state, at?, why?}]}]
 * token add       name, desk, read?,     token (told this once), name, desk,
 *                 write?, life_ms?       created, expires?, read[], write[]
 * token list      -                      tokens [the same without token]
 * token revoke    name                   name
 * circle list     -                      circles [{name, document? {version,
 *                                        members[], foci[], charter, quorum,
 *                                        digest}, policy? {members[],
 *                                        foci[], charter, quorum}, counting
 *                                        []: peers that are members of both
 *                                        }], offered [{name, document}]:
 *                                        sent by members, not held
 * circle show     name                   one of them, and text? (the
 *                                        document with its signatures)
 * circle propose  name, add?, remove?,   name, version, signed [members whose
 *                 foci? (lists), quorum? signatures count], needs (how many),
 *                                        text
 * circle sign     text                   as circle propose
 * circle accept   text | name            changed (bool)
 * nonce           -                      nonce, cert_id: for the member
 *                                        "operator" {key, signature} of the
 *                                        next request
 * records         since?, limit?,        records [{id, modified, type, kind,
 *                 source?, derived?,     tlp, source, derived (bool)}], next
 *                 desk?                  (cursor; absent at the end).  source
 *                                        "own": published here; a CERT id:
 *                                        got from there; absent: all.
 *                                        Tombstones are left out.  Derived
 *                                        records (made here by redaction)
 *                                        only if derived is true.  limit
 *                                        <= 2000, default 1000.
 * export          desk (root and the     records [{object (the stored text),
 *                 daemon's user may      kind, tlp, pap, source, received}],
 *                 leave it out),         left {reason: number} of records
 *                 circle?, kind? type?   that were asked for and may not be
 *                 tag? (lists),          used so: "pap", "purpose",
 *                 confidence?, age_ms?,  "expired", "not-yet-valid",
 *                 use? (a purpose),      "revoked", "superseded"; mark; next
 *                 current?, versions?,   (absent at the end; a page may be
 *                 since?                 empty).  current: only what counts
 *                                        now.  versions: superseded ones too.
 * export mark     -                      mark: while it is the same, so are
 *                                        the records, but for what time ends.
 * watch           desk, since? ("start"  records [{as export, cursor}], next
 *                 or a cursor; absent:   (always there), end (there is
 *                 only what is new),     nothing more now)
 *                 filters as export
 * log tail        limit? (<= 1000)       entries [{time, event, peer?,
 *                                        record?, outcome?, by?, text?}]
 *
 * publish: the request is answered only if it is refused (unknown desk,
 * no permission, store full).  Then the client sends CTL_OBJECTS frames:
 * u64 index of the first object, u16 n, n times str32 bytes; at most four
 * without an answer.  Each is answered, after the commit, by {"v":1,"ok":
 * true,"more":true,"first":F,"n":N,"stored":S,"unchanged":U,"unkeyed":K,
 * "refused":[{"index":I,"id":text,"reason":refusal name,"text":text}]} with
 * I counted from the first object of the whole publication; N = S + U +
 * the number refused, and K counts those of S whose pattern did not parse.
 * {"ok":false} answers a frame that was not stored at all and ends the
 * publication.  CTL_END is answered by the last reply: {"stored", "unchanged",
 * "unkeyed", "refused" (a number)}, all of this publication.
 *
 * Errors: ERR_NOT_FOUND (no such record, peer), ERR_DENIED (permission),
 * ERR_USAGE (arguments), ERR_CONF (card, policy), ERR_FULL, ERR_STORE,
 * ERR_EXISTS, ERR_TIMEOUT.
 */
#include "ctl/online.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl/client.h"
#include "ctl/files.h"
#include "ctl/policy_apply.h"
#include "ctl/posture.h"
#include "ctl/table.h"

void
time_ago(char dst[static AGO_MAX], const char *rfc3339)
{
	struct tm tm = { 0 };
	long long s;

	if (!style_on(stdout) || strptime(rfc3339, "%Y-%m-%dT%H:%M:%S",
	    &tm) == NULL) {
		(void)snprintf(dst, AGO_MAX, "%s", rfc3339[0] != '\0' ?
		    rfc3339 : "-");
		return;
	}
	s = now_ms().ms / 1000 - time_from_civil(tm.tm_year + 1900,
	    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (s < 0)
		s = 0;
	if (s < 120)
		(void)snprintf(dst, AGO_MAX, "%lld s ago", s);
	else if (s < 7200)
		(void)snprintf(dst, AGO_MAX, "%lld min ago", s / 60);
	else if (s < 172800)
		(void)snprintf(dst, AGO_MAX, "%lld h ago", s / 3600);
	else
		(void)snprintf(dst, AGO_MAX, "%lld days ago", s / 86400);
}

/* What the columns have no room for. */
static void
peer_print_more(const json_t *p)
{
	const json_t *backfill = json_object_get(p, "backfill");
	long long of = reply_int(backfill, "of");

	if (reply_text(p, "reason")[0] != '\0')
		table_line(stdout, reply_text(p, "id"), "%s",
		    reply_text(p, "reason"));
	if (of > 0)
		table_line(stdout, reply_text(p, "id"), "backfill: looked "
		    "again at %lld of %lld records (%lld %%)",
		    reply_int(backfill, "done"), of,
		    reply_int(backfill, "done") * 100 / of);
}

void
peers_print(const json_t *peers)
{
	static const char *const headings[] = { "PEER", "STATE", ">LAG",
	    ">DELIVERED", ">REDACTED", ">CONSULTED", ">DENIED", ">FORBIDDEN",
	    ">RECEIVED", ">REFUSED", "TRUST", "POSTURE", "LAST CONTACT" };
	AUTO(table_free) struct table *t = table_new(headings,
	    NELEM(headings));
	size_t i;
	json_t *p;

	json_array_foreach(peers, i, p) {
		const json_t *trust = json_object_get(p, "trust");
		char ago[AGO_MAX];

		table_cell(t, reply_text(p, "id"));
		table_cell(t, reply_text(p, "state"));
		table_number(t, reply_int(p, "lag"));
		table_number(t, reply_int(p, "delivered"));
		table_number(t, reply_int(p, "redacted"));
		table_number(t, reply_int(p, "consulted"));
		table_number(t, reply_int(p, "denied"));
		table_number(t, reply_int(p, "forbidden"));
		table_number(t, reply_int(p, "received"));
		table_number(t, reply_int(p, "refused"));
		table_cellf(t, "%s/%s", reply_text_or(trust, "discretion",
		    "-"), reply_text_or(trust, "reliability", "-"));
		table_cell(t, reply_text_or(p, "posture", "-"));
		time_ago(ago, reply_text(p, "last_contact"));
		table_cell(t, ago);
	}
	table_print(t, stdout);
	json_array_foreach(peers, i, p)
		peer_print_more(p);
}

static void
bytes_text(char dst[static AGO_MAX], long long bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double v = (double)bytes;
	size_t u = 0;

	for (; v >= 1024 && u + 1 < NELEM(units); u++)
		v /= 1024;
	(void)snprintf(dst, AGO_MAX, u == 0 ? "%.0f %s" : "%.1f %s", v,
	    units[u]);
}

static void
status_store(const json_t *s)
{
	char used[AGO_MAX], wal[AGO_MAX], left[AGO_MAX];

	bytes_text(used, reply_int(s, "bytes"));
	bytes_text(wal, reply_int(s, "wal_bytes"));
	bytes_text(left, reply_int(s, "free_bytes"));
	table_line(stdout, "store", "%lld records, %lld tombstones, %s + %s "
	    "log, %s free%s", reply_int(s, "records"),
	    reply_int(s, "tombstones"), used, wal, left,
	    reply_bool(s, "full") ? ", FULL: not accepting" : "");
	if (reply_text(s, "error")[0] != '\0')
		table_line(stdout, "store error", "%s",
		    reply_text(s, "error"));
}

/* How much each of our desks may see, and what is not decided yet. */
static void
status_feeds(const json_t *feeds)
{
	json_t *f;
	size_t i;

	json_array_foreach(feeds, i, f) {
		if (reply_int(f, "lag") > 0)
			table_line(stdout, "feed", "%s: %lld records, %lld "
			    "to look at", reply_text(f, "desk"),
			    reply_int(f, "items"), reply_int(f, "lag"));
		else
			table_line(stdout, "feed", "%s: %lld records",
			    reply_text(f, "desk"), reply_int(f, "items"));
	}
}

static void
status_print(const json_t *r)
{
	const json_t *policy = json_object_get(r, "policy");
	const json_t *libraries = json_object_get(r, "libraries");
	AUTO_BUF struct buf libs = { 0 };
	const char *name;
	json_t *v;
	size_t i;

	table_line(stdout, "CERT", "%s, comity %s, %s, up %lld s",
	    reply_text(r, "cert_id"), reply_text(r, "version"),
	    reply_text(r, "state"), reply_int(r, "uptime_ms") / 1000);
	table_line(stdout, "policy", "generation %lld, %.23s..., loaded %s",
	    reply_int(policy, "generation"), reply_text(policy, "digest"),
	    reply_text(policy, "loaded_at"));
	json_array_foreach(json_object_get(policy, "warnings"), i, v)
		table_line(stdout, "warning", "%s", json_string_value(v));
	json_array_foreach(json_object_get(r, "warnings"), i, v)
		table_line(stdout, "ATTENTION", "%s", json_string_value(v));
	policy_life_print(policy);
	shadow_line_print(json_object_get(policy, "shadow"));
	postures_print(json_object_get(r, "postures"));
	status_store(json_object_get(r, "store"));
	status_feeds(json_object_get(r, "feeds"));
	table_line(stdout, "published", "%lld", reply_int(r, "published"));
	if (reply_int(json_object_get(r, "consult"), "open") > 0)
		table_line(stdout, "consult", "%lld cases are open; "
		    "comityctl consult list", reply_int(json_object_get(r,
		    "consult"), "open"));
	if (reply_int(json_object_get(r, "consult"), "questions") > 0)
		table_line(stdout, "questions", "%lld of other members; "
		    "comityctl consult list", reply_int(json_object_get(r,
		    "consult"), "questions"));
	json_object_foreach((json_t *)(uintptr_t)libraries, name, v)
		buf_addf(&libs, "%s%s %s", libs.n > 0 ? ", " : "", name,
		    json_is_string(v) ? json_string_value(v) : "?");
	if (libs.n > 0)
		table_line(stdout, "libraries", "%s", libs.p);
	putchar('\n');
	peers_print(json_object_get(r, "peers"));
}

int
cmd_status(struct ctl *c)
{
	AUTO_JSON json_t *r = NULL;
	int rc;

	CTL_NO_OPTIONS(c, 0, 0);
	rc = client_call(c, "status", NULL, &r);
	if (rc != 0)
		return rc;
	if (c->json)
		reply_print(r);
	else
		status_print(r);
	return CTL_DONE;
}

/* Have the vault write its copy to path and wait until it is whole. */
static int
backup_ask(struct ctl *c, const char *path)
{
	AUTO(client_close) struct client *cl = NULL;
	bool more = true;
	int rc = client_open(c, &cl);

	if (rc == 0)
		rc = client_request(cl, "backup", json_pack("{s:s}", "path",
		    path));
	while (rc == 0 && more) {
		AUTO_JSON json_t *r = NULL;

		rc = client_reply(cl, &r, &more);
		if (rc == 0 && more)
			progress_show("backup", reply_int(r, "done"),
			    reply_int(r, "total"));
	}
	progress_end();
	return rc;
}

/*
 * The vault can write in its state directory alone: have the copy made
 * there, then move it to where it is wanted.
 */
int
cmd_backup(struct ctl *c)
{
	char state[CTL_PATH_MAX], inside[CTL_PATH_MAX + 64];
	struct err e = { 0 };
	long long bytes = 0;
	int rc;

	CTL_NO_OPTIONS(c, 1, 1);
	if (file_exists(c->argv[0]))
		return ctl_fail(c, CTL_REFUSED, "choose another name",
		    "%s exists already", c->argv[0]);
	if (realpath(c->at.state, state) == NULL)
		return ctl_fail(c, CTL_REFUSED, "run it as the daemon's user",
		    "%s cannot be read", c->at.state);
	(void)snprintf(inside, sizeof(inside), "%s/backup-%d.db", state,
	    (int)getpid());
	rc = backup_ask(c, inside);
	if (rc == 0 && file_move(inside, c->argv[0], &bytes, &e) < 0)
		rc = ctl_fail_err(c, &e, NULL);
	(void)unlink(inside);
	if (rc != 0)
		return rc;
	if (c->json) {
		AUTO_JSON json_t *r = json_pack("{s:i, s:b, s:s, s:I}", "v", 1,
		    "ok", 1, "path", c->argv[0], "bytes", (json_int_t)bytes);

		reply_print(r);
	} else {
		printf("%s: %lld bytes\n", c->argv[0], bytes);
	}
	return CTL_DONE;
}

int
cmd_reload(struct ctl *c)
{
	AUTO_JSON json_t *r = NULL;
	int rc;

	CTL_NO_OPTIONS(c, 0, 0);
	rc = client_call(c, "reload", NULL, &r);
	return rc != 0 ? rc : policy_result_print(c, r);
}

int
cmd_log_tail(struct ctl *c)
{
	static const char *const headings[] = { "TIME", "EVENT", "PEER",
	    "OUTCOME", "BY", "TEXT" };
	AUTO(table_free) struct table *t = table_new(headings,
	    NELEM(headings));
	const char *limit = NULL;
	const struct ctl_option options[] = { { "limit", NULL, &limit, 1 } };
	AUTO_JSON json_t *r = NULL;
	uint64_t n = 50;
	size_t i;
	json_t *v;
	int rc;

	CTL_OPTIONS(c, options, 0, 0);
	if (limit != NULL && (str_to_u64(str_of(limit), &n) < 0 || n == 0 ||
	    n > 1000))
		return ctl_usage(c, "--limit %s: want 1 to 1000", limit);
	rc = client_call(c, "log tail", json_pack("{s:I}", "limit",
	    (json_int_t)n), &r);
	if (rc != 0)
		return rc;
	if (c->json) {
		reply_print(r);
		return CTL_DONE;
	}
	json_array_foreach(json_object_get(r, "entries"), i, v) {
		table_cell(t, reply_text(v, "time"));
		table_cell(t, reply_text(v, "event"));
		table_cell(t, reply_text_or(v, "peer", "-"));
		table_cell(t, reply_text_or(v, "outcome", "-"));
		table_cell(t, reply_text_or(v, "by", "-"));
		table_cell(t, reply_text_or(v, "text", "-"));
	}
	table_print(t, stdout);
	return CTL_DONE;
}
