#include "vault/control/control.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit/approval.h"
#include "net/loop.h"
#include "vault/peer.h"
#include "vault/recall.h"
#include "vault/record_json.h"

#define ARENA_BYTES MIB(64)
#define BACKUP_PAGES 512
#define CASES_MAX 1000
#define TAIL_DEFAULT 50
#define TAIL_MAX 1000

/* ---- recall ---- */

struct recall_state {
	char id[STIX_ID_MAX + 1];
};

static void
on_recall_peer(void *arg, const char *peer, bool confirmed)
{
	(void)json_array_append_new(arg, json_pack("{s:s, s:s}", "id", peer,
	    "state", confirmed ? "confirmed" : "sent"));
}

static void
on_recalled(struct control *c, bool ok)
{
	struct recall_state *s = control_kept(c, free);
	json_t *peers = json_array();

	if (!ok) {
		json_decref(peers);
		(void)control_error(c, control_vault(c)->degraded_by, NULL,
		    "not recalled: the store failed");
		return;
	}
	if (recall_each(control_vault(c), str_of(s->id), on_recall_peer,
	    peers) < 0)
		json_array_clear(peers);
	control_reply(c, json_pack("{s:s, s:o}", "id", s->id, "peers",
	    peers));
}

void
control_recall(struct control *c, const json_t *args)
{
	AUTO(arena_free) struct arena *arena = arena_new(ARENA_BYTES);
	const char *id = control_text(args, "id");
	const char *reason = control_text(args, "reason");
	struct vault *v = control_vault(c);
	struct recall_state *s;
	struct store_record r;
	int rc = turn_open(v->turn);

	if (rc == 0)
		rc = record_newest(v, str_of(id), NULL, arena, &r);
	if (rc == 0) {
		rc = recall_start(v, &r, reason == NULL ? "" : reason);
		if (err_class(rc) == ERR_CLASS_SYS)
			turn_fail(v->turn, rc);
	}
	if (rc != 0) {
		(void)control_error(c, rc, rc == ERR_DENIED ?
		    "only what was published here can be recalled here" :
		    NULL, "%s: %s", id == NULL ? "id" : id, err_text(rc));
		return;
	}
	s = mem_new(struct recall_state);
	snprintf(s->id, sizeof(s->id), "%s", id);
	control_keep(c, s, free);
	control_after(c, on_recalled);
}

/* ---- backup ---- */

struct backup_state {
	char path[4096], inside[4096];
};

static void
backup_step(struct control *c, bool ok)
{
	struct backup_state *s = control_kept(c, free);
	struct vault *v = control_vault(c);
	struct store_stats stats;
	struct err e;
	int rc;

	(void)ok;
	rc = store_backup(v->store, s->path, BACKUP_PAGES, &e);
	store_stats(v->store, &stats);
	if (rc > 0) {
		control_after(c, backup_step);
		return;
	}
	if (rc < 0) {
		(void)control_error(c, rc, NULL, "%s", e.text);
		return;
	}
	control_reply(c, json_pack("{s:s, s:I}", "path", s->path, "bytes",
	    (json_int_t)stats.file_bytes));
}

void
control_backup(struct control *c, const json_t *args)
{
	const char *path = control_text(args, "path");
	struct vault *v = control_vault(c);
	size_t n = strlen(v->state_dir);
	struct backup_state *s;

	/* The vault can open files in its state directory only. */
	if (path == NULL || strncmp(path, v->state_dir, n) != 0 ||
	    path[n] != '/' || strstr(path, "/../") != NULL) {
		(void)control_error(c, ERR_USAGE,
		    "copy it elsewhere from there when it is whole",
		    "a backup is written inside the state directory %s",
		    v->state_dir);
		return;
	}
	if (access(path, F_OK) == 0) {
		(void)control_error(c, ERR_EXISTS, "choose another name",
		    "%s exists already", path);
		return;
	}
	s = mem_new(struct backup_state);
	snprintf(s->path, sizeof(s->path), "%s", path);
	control_keep(c, s, free);
	control_after(c, backup_step);
}

/* ---- log ---- */

struct tail {
	json_t *list;
};

static void
tail_set_time(json_t *f, int64_t ms)
{
	char text[TIME_TEXT_MAX];

	(void)json_object_set_new(f, "time", json_string(time_format(text,
	    (unix_ms_t){ ms })));
}

/* One entry a decision group: outcome, how many records, by which rule. */
static void
tail_decisions(json_t *list, struct str entry)
{
	struct audit_decisions d;

	if (audit_decisions_decode(entry, &d) != 0)
		return;
	for (size_t i = 0; i < d.groups.n; i++) {
		const struct audit_group *g = &d.groups.v[i];
		char text[64];
		json_t *f;

		snprintf(text, sizeof(text), "%zu records", g->seqs.at.n);
		f = json_pack("{s:s, s:s%, s:s, s:s%, s:s}",
		    "event", "decisions", "peer", d.peer.p, d.peer.n,
		    "outcome", outcome_name((enum outcome)g->outcome),
		    "by", g->by.p, g->by.n, "text", text);
		tail_set_time(f, d.at.ms);
		(void)json_array_append_new(list, f);
	}
	audit_decisions_clear(&d);
}

static void
tail_receipt(json_t *list, struct str entry)
{
	struct audit_receipt r;
	char text[96];
	json_t *f;

	if (audit_receipt_decode(entry, &r) != 0)
		return;
	snprintf(text, sizeof(text), "%zu delivered, %zu redacted, "
	    "%zu refused", r.delivered.at.n, r.redacted.at.n,
	    r.refused.at.n);
	f = json_pack("{s:s, s:s%, s:s}", "event", "receipt", "peer",
	    r.peer.p, r.peer.n, "text", text);
	tail_set_time(f, r.at.ms);
	(void)json_array_append_new(list, f);
	audit_receipt_clear(&r);
}

/* What a person decided: who, which way, about what, why. */
static void
tail_approval(json_t *list, struct str entry)
{
	AUTO_BUF struct buf text = { 0 };
	struct audit_approval a;
	json_t *f;

	if (audit_approval_decode(entry, &a) != 0)
		return;
	buf_addf(&text, "%.*s %.*s%s", (int)a.what.n, a.what.p,
	    (int)a.subject.n, a.subject.p, a.reason.n > 0 ? ": " : "");
	buf_add(&text, a.reason.p, a.reason.n);
	f = json_pack("{s:s, s:s%, s:s%, s:b, s:s*}", "event", "approval",
	    "by", a.who.p, a.who.n, "outcome", a.verdict.p, a.verdict.n,
	    "signed", a.by_key, "text", text.p);
	if (f == NULL)
		return;
	tail_set_time(f, a.at.ms);
	(void)json_array_append_new(list, f);
}

static int
on_log_entry(void *arg, uint64_t index, uint8_t type, struct str entry,
    const struct digest *leaf)
{
	struct tail *t = arg;
	struct cur c = cur_of(entry.p, entry.n);
	json_t *f;

	(void)index, (void)leaf;
	if (type == AUDIT_DECISIONS) {
		tail_decisions(t->list, entry);
		return 0;
	}
	if (type == AUDIT_RECEIPT) {
		tail_receipt(t->list, entry);
		return 0;
	}
	if (type == AUDIT_APPROVAL) {
		tail_approval(t->list, entry);
		return 0;
	}
	f = json_pack("{s:s}", "event", audit_type_name(type));
	tail_set_time(f, (int64_t)cur_u64(&c));
	if (type == AUDIT_ADMISSION || type == AUDIT_PEER ||
	    type == AUDIT_PROOF || type == AUDIT_TERMS ||
	    type == AUDIT_TRUST || type == AUDIT_ANSWER ||
	    type == AUDIT_CONSULT) {
		struct str peer = cur_str8(&c, UINT8_MAX);

		(void)json_object_set_new(f, "peer", json_stringn(peer.p,
		    peer.n));
	}
	(void)json_array_append_new(t->list, f);
	return 0;
}

void
control_log_tail(struct control *c, const json_t *args)
{
	struct vault *v = control_vault(c);
	uint64_t n = (uint64_t)control_number(args, "limit", TAIL_DEFAULT,
	    TAIL_MAX);
	uint64_t size = store_log_size(v->store);
	struct tail t = { json_array() };
	int rc = store_log_read(v->store, size > n ? size - n : 0,
	    (size_t)n, on_log_entry, &t);

	if (rc < 0) {
		json_decref(t.list);
		(void)control_error(c, rc, NULL, "the log could not be "
		    "read: %s", err_text(rc));
		return;
	}
	control_reply(c, json_pack("{s:o}", "entries", t.list));
}
