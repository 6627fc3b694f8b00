#include "gate/terms.h"

#include <string.h>

#include "policy/oblige.h"
#include "wire/release_text.h"

/*
 * Stored terms: for each link a line that says who it is to and the release
 * text, then perhaps our own line.  No field of the text is called so.
 */
#define TO_LINE "to="
#define LOCAL_LINE "local-lineage="
#define LOCAL_CAVEATS "\nlocal-caveats="
#define LOCAL_PURPOSES "\nlocal-purposes="

#define READ_ARENA_BYTES KIB(64)

static struct str
name_at(const struct names *n, unsigned i)
{
	return str_of(n->v[i]);
}

/* The names of the bits that are set. */
static size_t
bit_names(const struct names *n, uint32_t bits, struct str *out)
{
	size_t count = 0;

	for (unsigned i = 0; i < n->n; i++)
		if (bits >> i & 1)
			out[count++] = name_at(n, i);
	return count;
}

static size_t
desk_names(const struct names *n, const struct desk_set *s, struct str *out)
{
	size_t count = 0;

	for (unsigned i = 0; i < n->n; i++)
		if (desk_set_has(s, i))
			out[count++] = name_at(n, i);
	return count;
}

static size_t
obligation_names(uint32_t bits, struct str *out)
{
	size_t count = 0;

	for (unsigned i = 0; i < OBLIGATIONS; i++)
		if (bits >> i & 1)
			out[count++] = str_of(obligation_name(
			    (enum obligation)i));
	return count;
}

/* The earlier of both ends; a cap's end is cut down to the hour. */
static int64_t
terms_end(const struct gate_answer *a, const struct terms_time *when)
{
	int64_t end = when->record_expires.ms, capped;

	if (a->cap_ttl_ms == INT64_MAX)
		return end;
	capped = when->now.ms + a->cap_ttl_ms;
	capped -= capped % HOUR(1);
	return capped < end ? capped : end;
}

static int
terms_write(const struct policy *p, const struct gate_answer *a,
    unix_ms_t end, struct buf *out)
{
	const struct vocabulary *v = policy_vocabulary(p);
	struct str desks[LABEL_DESKS_MAX], purposes[LABEL_BITS_MAX],
	    oblige[OBLIGATIONS];
	struct release_text text = {
		.desks = { desks, desk_names(&v->desks, &a->desks, desks) },
		.purposes = { purposes, bit_names(&v->purposes, a->purposes,
		    purposes) },
		.hops = a->cap_hops,
		.expires = end,
		.oblige = { oblige, obligation_names(a->obligations,
		    oblige) },
	};

	return release_text_encode(&text, out);
}

int
terms_text(struct terms_text *t, const struct policy *p,
    const struct gate_answer *a, const struct terms_time *when,
    struct str *out)
{
	unix_ms_t end = { terms_end(a, when) };
	AUTO_BUF struct buf b = { 0 };

	if (t->text == NULL || t->expires_ms != end.ms) {
		TRY(terms_write(p, a, end, &b));
		terms_text_clear(t);
		t->n = b.n;
		t->text = buf_take(&b);
		t->expires_ms = end.ms;
	}
	*out = (struct str){ t->text, t->n };
	return 0;
}

void
terms_text_clear(struct terms_text *t)
{
	free(t->text);
	*t = (struct terms_text){ 0 };
}

/* Is it a desk of that CERT?  "org/desk". */
static bool
desk_is_of(const char *desk, struct str org)
{
	return strncmp(desk, org.p, org.n) == 0 && desk[org.n] == '/';
}

/* Of the desks of who got it, those that the text names. */
static void
tighten_audience(struct label *l, struct str to,
    const struct release_names *desks, const struct vocabulary *v)
{
	struct desk_set named = { { 0 } };
	int i;

	for (size_t n = 0; n < desks->n; n++)
		if ((i = names_find(&v->desks, desks->v[n])) >= 0)
			desk_set_add(&named, (unsigned)i);
	for (unsigned d = 0; d < v->desks.n; d++)
		if (!desk_set_has(&named, d) &&
		    desk_is_of(v->desks.v[d], to))
			l->audience.w[d / 64] &=
			    ~(UINT64_C(1) << (d % 64));
}

/* What the names of the text are in this vocabulary; others are nothing. */
static void
tighten_by(struct label *l, struct str to, const struct release_text *r,
    const struct vocabulary *v)
{
	uint32_t purposes = 0;
	int i;

	for (size_t n = 0; n < r->purposes.n; n++)
		if ((i = names_find(&v->purposes, r->purposes.v[n])) >= 0)
			purposes |= 1U << i;
	for (size_t n = 0; n < r->oblige.n; n++)
		l->caveats |= oblige_caveat_of(v, r->oblige.v[n]);
	tighten_audience(l, to, &r->desks, v);
	l->purposes &= purposes;
	if (l->hops > 0)
		l->hops--;
	if (r->hops < l->hops)
		l->hops = r->hops;
	if (r->expires.ms < l->expires.ms)
		l->expires = r->expires;
}

void
terms_of_chain(const struct chain_table *t, uint16_t last, struct buf *out)
{
	uint16_t path[CHAIN_HOPS_MAX];
	size_t n = 0;

	for (; last != CHAIN_FIRST && n < NELEM(path);
	    last = t->v[last].previous)
		path[n++] = last;
	while (n-- > 0) {
		const struct chain_link *l = &t->v[path[n]];

		buf_addf(out, TO_LINE "%.*s\n", (int)l->to.n, l->to.p);
		buf_add(out, l->text.p, l->text.n);
	}
}

/* The names of the bits that are set, a comma behind each. */
static void
add_names(struct buf *out, const struct names *n, uint32_t bits)
{
	for (unsigned i = 0; i < n->n; i++)
		if (bits >> i & 1)
			buf_addf(out, "%s,", n->v[i]);
	if (n->n < LABEL_BITS_MAX && (bits >> n->n) != 0)
		buf_addz(out, "?,");
}

void
terms_with_local(struct str text, const struct terms_local *local,
    const struct vocabulary *v, struct buf *out)
{
	buf_add(out, text.p, text.n);
	buf_addz(out, LOCAL_LINE);
	add_names(out, &v->lineage, local->lineage);
	if (local->caveats != 0) {
		buf_addz(out, LOCAL_CAVEATS);
		add_names(out, &v->caveats, local->caveats);
	}
	if (local->has_purposes) {
		buf_addz(out, LOCAL_PURPOSES);
		add_names(out, &v->purposes,
		    local->purposes & ~(UINT32_MAX << v->purposes.n));
	}
	buf_addc(out, '\n');
}

/* The names from p to the end of the line; others are the unknown bit. */
static uint32_t
read_names(const char *p, const char *end, const struct names *n)
{
	const char *lf = memchr(p, '\n', (size_t)(end - p)), *comma;
	uint32_t bits = 0;

	if (lf != NULL)
		end = lf;
	for (; p < end; p = comma + 1) {
		int i;

		comma = memchr(p, ',', (size_t)(end - p));
		if (comma == NULL)
			break;
		i = names_find(n, (struct str){ p, (size_t)(comma - p) });
		bits |= i < 0 ? LABEL_UNKNOWN_BIT : 1U << i;
	}
	return bits;
}

/*
 * Cut our own lines off stored terms and read them.  A name that the policy
 * no longer has is the unknown bit; a purpose it no longer has is none.
 */
static struct terms_local
cut_local(struct str *text, const struct vocabulary *v)
{
	const char *p = memmem(text->p, text->n, LOCAL_LINE,
	    strlen(LOCAL_LINE)), *end = text->p + text->n, *line;
	struct terms_local local = { .purposes = UINT32_MAX };

	if (p == NULL)
		return local;
	text->n = (size_t)(p - text->p);
	local.lineage = read_names(p + strlen(LOCAL_LINE), end, &v->lineage);
	line = memmem(p, (size_t)(end - p), LOCAL_CAVEATS,
	    strlen(LOCAL_CAVEATS));
	if (line != NULL)
		local.caveats = read_names(line + strlen(LOCAL_CAVEATS), end,
		    &v->caveats);
	line = memmem(p, (size_t)(end - p), LOCAL_PURPOSES,
	    strlen(LOCAL_PURPOSES));
	if (line != NULL)
		local.purposes = read_names(line + strlen(LOCAL_PURPOSES),
		    end, &v->purposes) & ~LABEL_UNKNOWN_BIT;
	return local;
}

/*
 * Cut the first link off stored terms: who it is to and its text.  False if
 * none is left, or what is left does not read.
 */
static bool
cut_link(struct str *text, struct str *to, struct str *release)
{
	const char *lf = text->n == 0 ? NULL : memchr(text->p, '\n', text->n);
	const char *next;

	if (lf == NULL || !str_starts(*text, TO_LINE))
		return false;
	*to = (struct str){ text->p + strlen(TO_LINE),
	    (size_t)(lf - text->p) - strlen(TO_LINE) };
	*release = (struct str){ lf + 1,
	    text->n - (size_t)(lf + 1 - text->p) };
	next = memmem(release->p, release->n, "\n" TO_LINE,
	    strlen("\n" TO_LINE));
	if (next != NULL)
		release->n = (size_t)(next + 1 - release->p);
	text->n -= (size_t)(release->p + release->n - text->p);
	text->p = release->p + release->n;
	return true;
}

void
terms_tighten(struct label *l, struct str text, const struct vocabulary *v)
{
	AUTO(arena_free) struct arena *arena = arena_new(READ_ARENA_BYTES);
	struct terms_local local = cut_local(&text, v);
	struct str to, release;
	struct release_text r;

	if (text.n == 0)
		label_top(l);
	while (text.n > 0) {
		arena_reset(arena);
		if (!cut_link(&text, &to, &release) ||
		    release_text_decode(release, arena, &r) != 0) {
			label_top(l);
			break;
		}
		tighten_by(l, to, &r, v);
	}
	l->lineage |= local.lineage;
	l->caveats |= local.caveats;
	l->purposes &= local.purposes;
}

struct str
terms_release(struct str text)
{
	struct str to, release = STR(""), last = STR("");
	const char *local = memmem(text.p, text.n, LOCAL_LINE,
	    strlen(LOCAL_LINE));

	if (local != NULL)
		text.n = (size_t)(local - text.p);
	while (cut_link(&text, &to, &release))
		last = release;
	return last;
}
