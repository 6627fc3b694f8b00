/*
 * trust replay: scores from a file of evidence, without a daemon.
 */
#include <string.h>

#include "ctl/client.h"
#include "ctl/files.h"
#include "ctl/policy_file.h"
#include "ctl/table.h"
#include "ctl/trust_file.h"
#include "policy/prove.h"
#include "trust/book.h"
#include "trust/fixed.h"

struct replay {
	struct trust_file *file;	/* borrowed */
	const char *name;	/* of the file; borrowed */
	struct book *book;	/* owned */
	bool json;
	json_t *scores, *notes;	/* owned; with --json */
};

static void
replay_clear(struct replay *r)
{
	book_free(r->book);
	json_decref(r->scores);
	json_decref(r->notes);
}

/* RFC 3339 without a fraction that is 0, as one would write it. */
static const char *
time_short(char dst[static TIME_TEXT_MAX], unix_ms_t t)
{
	char *dot;

	time_format(dst, t);
	dot = strstr(dst, ".000Z");
	if (dot != NULL)
		memcpy(dot, "Z", 2);
	return dst;
}

/* One dimension of one peer at one time. */
static void
score_tell(struct replay *r, const struct trust_line *l,
    enum trust_dimension d)
{
	static const char *const names[] = { "r", "s", "b", "d", "u", "E" };
	char at[TIME_TEXT_MAX], text[FIXED_TEXT_MAX], letter[2] = "";
	AUTO_BUF struct buf b = { 0 };
	json_t *row = json_object();
	struct trust_score s;
	const int64_t *v[] = { &s.opinion.r, &s.opinion.s, &s.opinion.b,
	    &s.opinion.d, &s.opinion.u, &s.opinion.e };
	uint32_t group;
	const char *peer = trust_file_peer(r->file, (size_t)l->ev.peer,
	    &group);

	trust_score(book_engine(r->book), l->ev.peer, d, l->ev.at, &s);
	time_short(at, l->ev.at);
	buf_addf(&b, "%s ", at);
	text_safe(&b, peer);
	buf_addf(&b, " %s", trust_dimension_name(d));
	json_object_set_new(row, "at", json_string(at));
	json_object_set_new(row, "peer", json_string(peer));
	json_object_set_new(row, "dimension",
	    json_string(trust_dimension_name(d)));
	for (size_t i = 0; i < NELEM(names); i++) {
		fixed_text(text, *v[i]);
		buf_addf(&b, " %s %s", names[i], text);
		json_object_set_new(row, names[i], json_string(text));
	}
	letter[0] = "ABCDE"[s.band];
	json_object_set_new(row, "band", json_string(letter));
	buf_addf(&b, " band %s", letter);
	letter[0] = s.letter;
	json_object_set_new(row, "letter", json_string(letter));
	buf_addf(&b, " letter %s", letter);
	if (s.gated_until.ms > l->ev.at.ms) {
		time_short(at, s.gated_until);
		json_object_set_new(row, "gated_until", json_string(at));
		buf_addf(&b, " gated until %s", at);
	}
	if (s.capped) {
		json_object_set_new(row, "capped", json_true());
		buf_addz(&b, " capped");
	}
	if (r->json)
		json_array_append(r->scores, row);
	else
		puts(b.p);
	json_decref(row);
}

/* What was asked for: one dimension, or those that there is evidence of. */
static void
scores_tell(struct replay *r, const struct trust_line *l)
{
	bool any = false;

	for (int d = 0; d < TRUST_DIMENSIONS; d++)
		any |= trust_file_has(r->file, l->ev.peer,
		    (enum trust_dimension)d);
	for (int d = 0; d < TRUST_DIMENSIONS; d++)
		if (l->has_dimension ? (int)l->ev.dimension == d : !any ||
		    trust_file_has(r->file, l->ev.peer,
		    (enum trust_dimension)d))
			score_tell(r, l, (enum trust_dimension)d);
}

/* An item that counted less than it says, or not. */
static void
note_tell(struct replay *r, const struct trust_line *l,
    const struct trust_effect *effect, bool refused)
{
	char counted[FIXED_TEXT_MAX];

	fixed_text(counted, effect->counted);
	if (r->json)
		json_array_append_new(r->notes, json_pack("{s:I, s:s, s:b, "
		    "s:s}", "line", (json_int_t)l->line, "counted", counted,
		    "refused", refused, "note",
		    trust_note_text(effect->note)));
	else
		fprintf(stderr, "%s:%zu: counts %s: %s\n", r->name, l->line,
		    counted, trust_note_text(effect->note));
}

static void
replay_run(struct replay *r)
{
	const struct trust_line *l;
	uint32_t group;

	for (size_t i = 0; trust_file_peer(r->file, i, &group) != NULL; i++) {
		int peer = book_peer(r->book, group);

		for (int d = 0; d < TRUST_DIMENSIONS; d++)
			trust_peer_presume(book_engine(r->book), peer,
			    (enum trust_dimension)d, trust_file_presumed(
			    r->file, peer, (enum trust_dimension)d));
	}
	for (size_t i = 0; (l = trust_file_line(r->file, i)) != NULL; i++) {
		struct trust_effect effect;
		int rc;

		if (l->print) {
			scores_tell(r, l);
			continue;
		}
		rc = book_add(r->book, &l->ev, l->ev.at, &effect);
		if (rc < 0 || effect.note != TRUST_COUNTED)
			note_tell(r, l, &effect, rc < 0);
	}
}

/* Whom the policy knows are of its groups, and begin where it puts them. */
static void
policy_place(struct trust_file *file, const struct policy *p)
{
	const char *name;
	uint32_t group;

	for (int i = 0; (name = trust_file_peer(file, (size_t)i, &group)) !=
	    NULL; i++) {
		int at = policy_find_org(p, str_of(name));
		const struct policy_org *org;

		if (at < 0)
			continue;
		org = policy_org(p, (size_t)at);
		trust_file_place(file, i,
		    str_of(policy_org_group_name(p, at)));
		trust_file_presume(file, i, TRUST_RELIABILITY,
		    (enum trust_band)org->reliability);
		trust_file_presume(file, i, TRUST_DISCRETION,
		    (enum trust_band)org->discretion);
	}
}

/* The rules of a policy, which must prove: no daemon counts by another. */
static int
policy_rules(const char *path, struct trust_file *file,
    struct trust_rules *out, struct err *e)
{
	AUTO(policy_free) struct policy *p = policy_open(path, e);

	if (p == NULL)
		return ERR_CONF;
	TRY(policy_prove_text(p, NULL, e));
	policy_place(file, p);
	*out = policy_trust(p)->rules;
	return 0;
}

int
cmd_trust_replay(struct ctl *c)
{
	const char *policy = NULL;
	const struct ctl_option options[] = {
		{ "policy", NULL, &policy, 1 },
	};
	AUTO(trust_file_free) struct trust_file *file = NULL;
	AUTO_BUF struct buf text = { 0 };
	struct trust_rules rules;
	struct replay r = { 0 };
	struct err e = { 0 };

	CTL_OPTIONS(c, options, 1, 1);
	if (file_read_unpacked(c->argv[0], INPUT_BYTES_MAX, &text, &e) < 0)
		return ctl_fail_err(c, &e, NULL);
	file = trust_file_read(buf_str(&text), c->argv[0], &e);
	if (file == NULL)
		return ctl_fail_err(c, &e, "comityctl(1), FILES OF EVIDENCE, "
		    "has the form of a line");
	trust_rules_default(&rules);
	if (policy != NULL && policy_rules(policy, file, &rules, &e) < 0)
		return ctl_fail_err(c, &e, "comityctl policy prove FILE");
	r = (struct replay){ .file = file, .name = c->argv[0],
	    .book = book_new(&rules), .json = c->json };
	if (c->json) {
		r.scores = json_array();
		r.notes = json_array();
	}
	replay_run(&r);
	if (c->json) {
		AUTO_JSON json_t *j = json_pack("{s:i, s:b, s:O, s:O}", "v",
		    1, "ok", 1, "scores", r.scores, "notes", r.notes);

		reply_print(j);
	}
	replay_clear(&r);
	return CTL_DONE;
}
