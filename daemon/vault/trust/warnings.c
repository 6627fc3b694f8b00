#include "vault/trust/warnings.h"

#include <string.h>
#include <unistd.h>

#include "config/list_files.h"
#include "host/log.h"
#include "record/json_check.h"
#include "record/json_scalar.h"
#include "vault/supervisor_link.h"

#define ARENA_BYTES MIB(4)
#define SHOWN_MAX 200		/* bytes of a value in a reason */
#define NAME_MAX_SHOWN 2048	/* of a file, each byte perhaps as \xNN */

/* ---- lists ---- */

struct taking {
	struct vault *v;	/* borrowed */
	VEC(char *) seen;	/* owned */
	bool whole;		/* the directory could be read */
	size_t changed, refused;
};

void
warnings_adopt(struct vault *v, int fd)
{
	if (v->lists_fd >= 0)
		close(v->lists_fd);
	v->lists_fd = fd;
}

static void
list_refused(struct taking *t, const char *name, const char *why)
{
	t->refused++;
	log_error("warning-list-refused", "file=\"%s\" error=\"%s\"", name,
	    why);
}

static int
on_file(void *arg, const struct list_file *f)
{
	struct taking *t = arg;
	char name[NAME_MAX_SHOWN];
	struct err e = { 0 };
	int rc;

	/* It goes to logs and people. */
	(void)str_escape(name, sizeof(name), str_of(f->name[0] != '\0' ?
	    f->name : t->v->settings->warning_lists));
	supervisor_link_alive(t->v->super);
	vec_push(&t->seen, mem_strdup(name));
	if (f->problem != NULL) {
		t->whole = t->whole && f->name[0] != '\0';
		warning_refuse(t->v->warnings, name, f->problem);
		list_refused(t, name, f->problem);
		return 0;
	}
	rc = warning_load(t->v->warnings, &(struct warning_file){
	    .name = name, .text = f->text, .now = vault_now(t->v) }, &e);
	if (rc < 0)
		list_refused(t, name, e.text);
	else
		t->changed += (size_t)rc;
	return 0;
}

static bool
on_has(void *arg, const char *name)
{
	const struct taking *t = arg;

	for (size_t i = 0; i < t->seen.n; i++)
		if (strcmp(t->seen.v[i], name) == 0)
			return true;
	return false;
}

static void
take_lists(struct vault *v, struct taking *t)
{
	int rc;

	t->whole = true;
	if (v->settings->warning_lists[0] != '\0') {
		rc = v->lists_fd < 0 ? ERR_IO : list_files_each(v->lists_fd,
		    on_file, t);
		if (rc < 0) {
			log_error("warning-lists", "error=\"%s\" "
			    "action=\"the lists stay\"", err_text(rc));
			t->whole = false;
		}
	}
	if (t->whole)
		t->changed += warning_keep(v->warnings, on_has, t);
}

static void
take_own(struct vault *v)
{
	const struct settings_own *own = &v->settings->own;
	int64_t as[SETTINGS_AS_MAX];
	struct str prefixes[SETTINGS_PREFIXES_MAX];
	struct str domains[SETTINGS_DOMAINS_MAX];
	struct err e = { 0 };

	for (size_t i = 0; i < own->nas; i++) {
		uint64_t n = 0;

		(void)!str_to_u64(str_of(own->as[i]), &n);
		as[i] = (int64_t)n;
	}
	for (size_t i = 0; i < own->nprefixes; i++)
		prefixes[i] = str_of(own->prefixes[i]);
	for (size_t i = 0; i < own->ndomains; i++)
		domains[i] = str_of(own->domains[i]);
	if (warning_constituency(v->warnings, &(struct warning_own){
	    .as = as, .nas = own->nas, .prefixes = prefixes,
	    .nprefixes = own->nprefixes, .domains = domains,
	    .ndomains = own->ndomains }, &e) < 0)
		log_error("constituency", "error=\"%s\"", e.text);
}

void
warnings_configure(struct vault *v)
{
	struct taking t = { .v = v };
	struct warning_info info;
	size_t lists = 0, entries = 0;

	take_lists(v, &t);
	take_own(v);
	warning_index(v->warnings);
	for (; warning_at(v->warnings, lists, &info); lists++)
		entries += info.entries;
	if (lists > 0 || t.changed > 0)
		log_notice("warning-lists", "files=%zu changed=%zu "
		    "refused=%zu entries=%zu bytes=%zu", lists, t.changed,
		    t.refused, entries, warning_bytes(v->warnings));
	for (size_t i = 0; i < t.seen.n; i++)
		free(t.seen.v[i]);
	vec_clear(&t.seen);
	warnings_adopt(v, -1);
}

void
warnings_problems(const struct vault *v,
    void (*fn)(void *arg, const char *text), void *arg)
{
	struct warning_info info;

	for (size_t i = 0; warning_at(v->warnings, i, &info); i++) {
		AUTO_BUF struct buf b = { 0 };

		if (info.problem == NULL)
			continue;
		buf_addf(&b, "warning list %s was refused: %s", info.file,
		    info.problem);
		fn(arg, b.p);
	}
}

/* ---- records ---- */

const struct observable *
warnings_find(const struct vault *v, const struct observables *o,
    struct warning_hit *out)
{
	for (size_t i = 0; i < o->n; i++)
		if (o->v[i].part != OBSERVABLE_PART_OF &&
		    warning_find(v->warnings, &o->v[i], out))
			return &o->v[i];
	return NULL;
}

void
warnings_reason(const struct observable *o, const struct warning_hit *hit,
    struct buf *out)
{
	size_t n = o->value.n < SHOWN_MAX ? o->value.n : SHOWN_MAX;

	/* Not in the middle of a character. */
	while (n > 0 && n < o->value.n &&
	    ((unsigned char)o->value.p[n] & 0xc0) == 0x80)
		n--;
	buf_addf(out, "%s%.*s%s ", o->kind == OBSERVABLE_ASN ? "AS" : "",
	    (int)n, o->value.p, n < o->value.n ? "..." : "");
	if (hit->list != NULL)
		buf_addf(out, "is on \"%s\"", hit->list);
	else
		buf_addf(out, "is in our constituency (%s)", hit->own);
}

/* What of an indicator is looked at, without a tree of all of it. */
static void
read_member(struct json_scan *s, struct str key, struct warnings_record *r)
{
	struct buf *b = str_eqz(key, "id") ? &r->text[0] :
	    str_eqz(key, "type") ? &r->text[1] :
	    str_eqz(key, "pattern") ? &r->text[2] :
	    str_eqz(key, "pattern_type") ? &r->text[3] : NULL;
	struct str *to[] = { &r->o.id, &r->o.type, &r->o.pattern,
	    &r->o.pattern_type };
	struct str whole = { (const char *)s->start,
	    (size_t)(s->end - s->start) };
	int c = json_scan_peek(s);
	size_t at = json_scan_at(s), end;

	if (b != NULL && c == '"') {
		if (json_scan_string(s, b, RECORD_BYTES_MAX,
		    to[b - r->text]) < 0)
			s->p = s->end;
		return;
	}
	end = json_check(whole, at);
	if (end == JSON_BROKEN) {
		s->p = s->end;
		return;
	}
	if (str_eqz(key, "revoked"))
		r->o.revoked = c == 't';
	if (str_eqz(key, "indicator_types") &&
	    memmem(whole.p + at, end - at, "\"benign\"", 8) != NULL)
		r->benign = true;
	s->p = s->start + end;
}

void
warnings_read(struct str bytes, struct warnings_record *out)
{
	struct stix_problem problem;
	struct json_scan s = { .start = (const unsigned char *)bytes.p,
	    .p = (const unsigned char *)bytes.p,
	    .end = (const unsigned char *)bytes.p + bytes.n,
	    .problem = &problem };
	AUTO_BUF struct buf name = { 0 };
	struct str key;

	for (int c = json_scan_peek(&s); c == '{' || c == ',';
	    c = json_scan_peek(&s)) {
		s.p++;
		if (json_scan_peek(&s) != '"' || json_scan_string(&s, &name,
		    RECORD_BYTES_MAX, &key) < 0 || json_scan_peek(&s) != ':')
			return;
		s.p++;
		read_member(&s, key, out);
	}
}

void
warnings_record_clear(struct warnings_record *r)
{
	for (size_t i = 0; i < NELEM(r->text); i++)
		buf_clear(&r->text[i]);
}

bool
warnings_is_listed(const struct vault *v, struct str bytes,
    struct buf *out_why)
{
	AUTO(arena_free) struct arena *arena = NULL;
	AUTO(stix_reader_free) struct stix_reader *reader = NULL;
	struct warnings_record r = { .benign = false };
	const struct observable *o = NULL;
	struct stix_object object;
	struct stix_problem problem;
	struct observables found = { 0 };
	struct warning_hit hit;

	if (warning_is_empty(v->warnings))
		return false;
	warnings_read(bytes, &r);
	arena = arena_new(ARENA_BYTES);
	object = r.o;
	if (!str_eqz(r.o.type, "indicator")) {
		reader = stix_reader_new();
		if (stix_read(reader, bytes, &object, &problem) < 0)
			object.type = (struct str){ 0 };
	}
	if (object.type.n > 0 && !r.benign &&
	    observables_of(&object, arena, &found) == 0)
		o = warnings_find(v, &found, &hit);
	if (o != NULL)
		warnings_reason(o, &hit, out_why);
	warnings_record_clear(&r);
	return o != NULL;
}
