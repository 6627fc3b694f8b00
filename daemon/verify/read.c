/*
 * The text of a certificate.  There is one spelling of everything: what is
 * read any other way is refused, and so is what a digest does not cover.
 */
#include "verify/certificate.h"

#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_LINE "comity-certificate/1"
#define STATES_MAX ((size_t)1 << 26)

struct reader {
	const char *text, *at, *end;	/* borrowed */
	unsigned line;
	char *error;			/* borrowed */
};

static int fail(struct reader *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static int
fail(struct reader *r, const char *fmt, ...)
{
	va_list ap;
	int n = snprintf(r->error, CERT_ERROR_MAX, "line %u: ", r->line);

	va_start(ap, fmt);
	(void)vsnprintf(r->error + n, CERT_ERROR_MAX - (size_t)n, fmt, ap);
	va_end(ap);
	return -1;
}

/* Are these the next bytes? */
static bool
is_next(const struct reader *r, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(r->end - r->at) >= n && memcmp(r->at, word, n) == 0;
}

static int
expect(struct reader *r, const char *word)
{
	if (!is_next(r, word) && r->at == r->end)
		return fail(r, "it ends here, too soon");
	if (!is_next(r, word) && word[0] == '\n')
		return fail(r, "more than belongs on the line");
	if (!is_next(r, word))
		return fail(r, "want \"%s\" here", word);
	r->at += strlen(word);
	r->line += strcmp(word, "\n") == 0;
	return 0;
}

static int
number(struct reader *r, unsigned max, unsigned *out)
{
	uint64_t v = 0;
	const char *from = r->at;

	for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
		v = v * 10 + (uint64_t)(*r->at - '0');
		if (v > max)
			return fail(r, "a number over %u", max);
	}
	if (r->at == from || (*from == '0' && r->at - from > 1))
		return fail(r, "want a number without leading zeros");
	*out = (unsigned)v;
	return 0;
}

/* A row of a list: its word, and its number, which is known. */
static int
row(struct reader *r, const char *word, unsigned i)
{
	unsigned n;

	if (expect(r, word) < 0 || number(r, UINT32_MAX, &n) < 0)
		return -1;
	return n == i ? 0 : fail(r, "row %u of \"%s\"; want %u", n, word, i);
}

static int
bits(struct reader *r, unsigned digits, uint64_t *out)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < digits; i++, r->at++) {
		char c = r->at < r->end ? *r->at : ' ';

		if (c >= '0' && c <= '9')
			v = v << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			v = v << 4 | (uint64_t)(c - 'a' + 10);
		else
			return fail(r, "want %u digits of hexadecimal",
			    digits);
	}
	*out = v;
	return 0;
}

static int
bits32(struct reader *r, uint32_t *out)
{
	uint64_t v;

	if (bits(r, 8, &v) < 0)
		return -1;
	*out = (uint32_t)v;
	return 0;
}

static int
word(struct reader *r, const char *const *words, unsigned n, unsigned *out)
{
	size_t len = 0;

	while (r->at + len < r->end && r->at[len] != ' ' &&
	    r->at[len] != '\n')
		len++;
	for (unsigned i = 0; i < n; i++)
		if (strlen(words[i]) == len &&
		    memcmp(r->at, words[i], len) == 0) {
			r->at += len;
			*out = i;
			return 0;
		}
	return fail(r, "an unknown word; want one like \"%s\"", words[0]);
}

static int
name(struct reader *r, char out[CERT_WORD_MAX])
{
	size_t n = 0;

	for (; r->at < r->end && n + 1 < CERT_WORD_MAX; r->at++, n++) {
		char c = *r->at;

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && c != '-' && c != '_' &&
		    c != '.')
			break;
		out[n] = c;
	}
	out[n] = '\0';
	return n > 0 ? 0 : fail(r, "want a name");
}

static int
digest(struct reader *r, char out[CERT_DIGEST_MAX])
{
	uint64_t unused;
	const char *from = r->at;

	if (expect(r, "sha256:") < 0)
		return -1;
	for (int i = 0; i < 4; i++)
		if (bits(r, 16, &unused) < 0)
			return -1;
	memcpy(out, from, CERT_DIGEST_MAX - 1);
	out[CERT_DIGEST_MAX - 1] = '\0';
	return 0;
}

/* Do the bytes from `from` to `to` have that digest? */
static int
check_digest(struct reader *r, const char *from, const char *to,
    const char *want)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	char text[CERT_DIGEST_MAX] = "sha256:";
	unsigned n = 0;

	if (EVP_Digest(from, (size_t)(to - from), md, &n, EVP_sha256(),
	    NULL) != 1 || n != 32)
		return fail(r, "SHA-256 is not available");
	for (unsigned i = 0; i < n; i++)
		(void)snprintf(text + 7 + 2 * i, 3, "%02x", md[i]);
	return strcmp(text, want) == 0 ? 0 : fail(r, "the digest is %s, not "
	    "%s: something was changed", text, want);
}

static void *
zeros(size_t n, size_t size)
{
	return calloc(n == 0 ? 1 : n, size);
}

/* The tables of these sizes. */
static int
make_room(struct certificate *c)
{
	size_t w = c->words * sizeof(uint64_t);

	c->desks = zeros(c->ndesks, sizeof(*c->desks));
	c->orgs = zeros(c->norgs, sizeof(*c->orgs));
	c->domains = zeros(c->ndomains, sizeof(*c->domains));
	c->circles = zeros(c->ncircles, sizeof(*c->circles));
	c->walls = zeros(c->nwalls, sizeof(*c->walls));
	c->releases = zeros(c->nreleases, sizeof(*c->releases));
	c->org_rules = zeros(c->norgs, w);
	c->kind_rules = zeros(c->nkinds, w);
	c->use_rules = zeros((size_t)c->ndomains * CERT_TLPS, w);
	c->trust_rules = zeros((size_t)CERT_BANDS * CERT_BANDS, w);
	c->transit_rules = zeros(1, w);
	c->rules = zeros((size_t)c->words * 64, sizeof(*c->rules));
	if (c->desks == NULL || c->orgs == NULL || c->domains == NULL ||
	    c->circles == NULL || c->walls == NULL || c->releases == NULL ||
	    c->org_rules == NULL || c->kind_rules == NULL ||
	    c->use_rules == NULL || c->trust_rules == NULL ||
	    c->transit_rules == NULL || c->rules == NULL)
		return -1;
	for (size_t i = 0; i < (size_t)c->words * 64; i++)
		c->rules[i] = (struct cert_rule){ .hops = CERT_HOPS,
		    .purposes = UINT32_MAX };
	return 0;
}

static int
read_size(struct reader *r, struct certificate *c)
{
	const struct {
		unsigned least, most, *out;
	} sizes[] = {
		{ 1, CERT_DESKS_MAX, &c->ndesks },
		{ 1, CERT_ORGS_MAX, &c->norgs },
		{ 1, CERT_KINDS_MAX, &c->nkinds },
		{ 1, CERT_DOMAINS_MAX, &c->ndomains },
		{ 0, CERT_CIRCLES_MAX, &c->ncircles },
		{ 0, CERT_AGREEMENTS_MAX, &c->nagreements },
		{ 0, CERT_WALLS_MAX, &c->nwalls },
		{ 0, CERT_WALLS_MAX, &c->nreleases },
		{ 1, CERT_WORDS_MAX, &c->words },
	};

	if (expect(r, "size") < 0)
		return -1;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		if (expect(r, " ") < 0 ||
		    number(r, sizes[i].most, sizes[i].out) < 0)
			return -1;
		if (*sizes[i].out < sizes[i].least)
			return fail(r, "a size of 0");
	}
	if (make_room(c) < 0)
		return fail(r, "not enough memory");
	return expect(r, "\n");
}

static int
read_parties(struct reader *r, struct certificate *c)
{
	static const char *const walls[] = { "attested", "declared", "none" };
	unsigned w;

	for (unsigned i = 0; i < c->ndesks; i++) {
		struct cert_desk *d = &c->desks[i];

		if (row(r, "desk ", i) < 0 || expect(r, " org ") < 0 ||
		    number(r, c->norgs - 1, &d->org) < 0 ||
		    expect(r, " uses ") < 0 || bits32(r, &d->uses) < 0 ||
		    expect(r, " walled ") < 0 ||
		    bits32(r, &d->walled) < 0 || expect(r, "\n") < 0)
			return -1;
	}
	for (unsigned i = 0; i < c->norgs; i++) {
		struct cert_org *o = &c->orgs[i];

		if (row(r, "org ", i) < 0 || expect(r, " ") < 0 ||
		    word(r, walls, 3, &w) < 0 || expect(r, " onward ") < 0 ||
		    bits(r, 16, &o->onward) < 0 || expect(r, "\n") < 0)
			return -1;
		o->wall = (enum cert_wall)w;
		if (c->ncircles < 64 && o->onward >> c->ncircles != 0)
			return fail(r, "a circle that there is not");
	}
	for (unsigned i = 0; i < c->ndomains; i++)
		if (row(r, "domain ", i) < 0 || expect(r, " purposes ") < 0 ||
		    bits32(r, &c->domains[i]) < 0 || expect(r, "\n") < 0)
			return -1;
	return 0;
}

static int
read_circles(struct reader *r, struct certificate *c)
{
	for (unsigned i = 0; i < c->ncircles; i++) {
		struct cert_circle *k = &c->circles[i];
		unsigned o, next = 0;

		if (row(r, "circle ", i) < 0 || expect(r, " foci ") < 0 ||
		    bits(r, 16, &k->foci) < 0 || expect(r, " members") < 0)
			return -1;
		while (is_next(r, " ")) {
			r->at++;
			if (number(r, c->norgs - 1, &o) < 0)
				return -1;
			if (o < next)
				return fail(r, "members do not rise");
			next = o + 1;
			k->members[o / 64] |= UINT64_C(1) << (o % 64);
		}
		if (expect(r, "\n") < 0)
			return -1;
	}
	return 0;
}

static int
read_walls(struct reader *r, struct certificate *c)
{
	for (unsigned i = 0; i < c->nwalls; i++) {
		struct cert_wall_row *w = &c->walls[i];

		if (expect(r, "wall ") < 0 || name(r, w->id) < 0 ||
		    expect(r, " keep ") < 0 || bits32(r, &w->keep) < 0 ||
		    expect(r, " out-of ") < 0 ||
		    bits32(r, &w->out_of) < 0 || expect(r, "\n") < 0)
			return -1;
	}
	for (unsigned i = 0; i < c->nreleases; i++)
		if (expect(r, "release ") < 0 ||
		    name(r, c->releases[i]) < 0 || expect(r, "\n") < 0)
			return -1;
	return 0;
}

static int
read_classes(struct reader *r, struct certificate *c)
{
	static const char *const others[] = { "permit", "consult", "deny" };
	unsigned o;

	for (unsigned i = 0; i < CERT_POSTURES; i++) {
		if (row(r, "posture ", i) < 0 || expect(r, " keep ") < 0 ||
		    bits(r, 16, &c->postures[i].keep) < 0 ||
		    expect(r, " others ") < 0 ||
		    word(r, others, 3, &o) < 0 || expect(r, "\n") < 0)
			return -1;
		c->postures[i].others = (enum cert_others)o;
	}
	if (expect(r, "classes") < 0)
		return -1;
	for (unsigned i = 0; i <= CERT_CLASSES; i++) {
		if (expect(r, " ") < 0 ||
		    number(r, c->words, &c->classes[i]) < 0)
			return -1;
		if (i == 0 ? c->classes[0] != 0 :
		    c->classes[i] < c->classes[i - 1])
			return fail(r, "classes do not rise from 0");
	}
	return expect(r, "\n");
}

static int
read_vector(struct reader *r, const struct certificate *c, uint64_t *v)
{
	if (expect(r, " ") < 0)
		return -1;
	for (unsigned i = 0; i < c->words; i++) {
		if (bits(r, 16, &v[i]) < 0)
			return -1;
		if (i >= c->classes[CERT_CLASSES] && v[i] != 0)
			return fail(r, "a rule that is of no class");
	}
	return expect(r, "\n");
}

static int
read_vectors(struct reader *r, const struct certificate *c,
    const char *head, unsigned n, uint64_t *v)
{
	for (unsigned i = 0; i < n; i++)
		if (row(r, head, i) < 0 ||
		    read_vector(r, c, v + (size_t)i * c->words) < 0)
			return -1;
	return 0;
}

/* Vectors by two values: n of the first, m of the second. */
static int
read_pairs(struct reader *r, const struct certificate *c,
    const char *head, const unsigned size[2], uint64_t *v)
{
	for (unsigned i = 0; i < size[0]; i++)
		for (unsigned k = 0; k < size[1]; k++, v += c->words)
			if (row(r, head, i) < 0 || row(r, " ", k) < 0 ||
			    read_vector(r, c, v) < 0)
				return -1;
	return 0;
}

/* The rules of the vector rest on that circle or agreement. */
static void
add_basis(struct certificate *c, const uint64_t *v, unsigned i, bool circle)
{
	for (unsigned bit = 0; bit < c->words * 64; bit++)
		if ((v[bit / 64] >> (bit % 64) & 1) != 0)
			*(circle ? &c->rules[bit].circles :
			    &c->rules[bit].agreements) |= UINT64_C(1) << i;
}

static int
read_bases(struct reader *r, struct certificate *c)
{
	uint64_t v[CERT_WORDS_MAX] = { 0 };

	if (expect(r, "transit-rules") < 0 ||
	    read_vector(r, c, c->transit_rules) < 0)
		return -1;
	for (unsigned i = 0; i < c->ncircles; i++) {
		if (row(r, "circle-rules ", i) < 0 ||
		    read_vector(r, c, v) < 0)
			return -1;
		add_basis(c, v, i, true);
	}
	for (unsigned i = 0; i < c->nagreements; i++) {
		if (row(r, "agreement-rules ", i) < 0 ||
		    read_vector(r, c, v) < 0)
			return -1;
		add_basis(c, v, i, false);
	}
	return 0;
}

static int
read_caps(struct reader *r, struct certificate *c)
{
	unsigned bit, hops, next = 0;

	while (is_next(r, "cap ")) {
		r->at += strlen("cap ");
		if (number(r, c->words * 64 - 1, &bit) < 0 ||
		    expect(r, " hops ") < 0 ||
		    number(r, CERT_HOPS, &hops) < 0 ||
		    expect(r, " purposes ") < 0 ||
		    bits32(r, &c->rules[bit].purposes) < 0)
			return -1;
		if (bit < next)
			return fail(r, "caps do not rise");
		next = bit + 1;
		c->rules[bit].hops = (uint8_t)hops;
		if (expect(r, "\n") < 0)
			return -1;
	}
	return 0;
}

static int
read_rules(struct reader *r, struct certificate *c)
{
	const unsigned uses[2] = { c->ndomains, CERT_TLPS };
	const unsigned bands[2] = { CERT_BANDS, CERT_BANDS };

	if (read_vectors(r, c, "org-rules ", c->norgs, c->org_rules) < 0 ||
	    read_vectors(r, c, "kind-rules ", c->nkinds,
	    c->kind_rules) < 0 ||
	    read_pairs(r, c, "use-rules ", uses, c->use_rules) < 0 ||
	    read_pairs(r, c, "trust-rules ", bands, c->trust_rules) < 0 ||
	    read_bases(r, c) < 0)
		return -1;
	return read_caps(r, c);
}

static int
read_assumed(struct reader *r, unsigned *out)
{
	static const char *const words[] = { "hops-honoured",
	    "walls-attested", "onward-declared" };

	*out = 0;
	if (is_next(r, "nothing"))
		return expect(r, "nothing");
	for (unsigned i = 0; i < 3; i++) {
		if (!is_next(r, words[i]))
			continue;
		r->at += strlen(words[i]);
		*out |= 1U << i;
		if (!is_next(r, ","))
			return 0;
		r->at++;
	}
	return fail(r, "want what is assumed, in order");
}

/* Room for one more of an array that doubles. */
static void *
grow(void *v, size_t n, size_t size)
{
	if (n != 0 && (n & (n - 1)) != 0)
		return v;
	return reallocarray(v, n == 0 ? 1 : 2 * n, size);
}

static bool
rises(const struct cert_state *a, const struct cert_state *b)
{
	if (a->desk != b->desk)
		return a->desk < b->desk;
	if (a->kind != b->kind)
		return a->kind < b->kind;
	if (a->tlp != b->tlp)
		return a->tlp < b->tlp;
	return a->hops < b->hops;
}

static int
read_state(struct reader *r, struct certificate *c, struct cert_claim *claim)
{
	struct cert_state *v, *s;
	unsigned desk, kind, tlp, hops;

	if (expect(r, "state ") < 0 || number(r, c->ndesks - 1, &desk) < 0 ||
	    expect(r, " ") < 0 || number(r, c->nkinds - 1, &kind) < 0 ||
	    expect(r, " ") < 0 || number(r, CERT_TLPS - 1, &tlp) < 0 ||
	    expect(r, " ") < 0 || number(r, CERT_HOPS - 1, &hops) < 0)
		return -1;
	if (c->nstates == STATES_MAX ||
	    (v = grow(c->states, c->nstates, sizeof(*v))) == NULL)
		return fail(r, "too many states");
	c->states = v;
	s = &v[c->nstates];
	*s = (struct cert_state){ (uint16_t)desk, (uint8_t)kind,
	    (uint8_t)tlp, (uint8_t)hops };
	if (claim->nstates++ > 0 && !rises(s - 1, s))
		return fail(r, "states do not rise");
	c->nstates++;
	return expect(r, "\n");
}

static int
read_claims(struct reader *r, struct certificate *c)
{
	if (!is_next(r, "claim "))
		return fail(r, "there is no claim: nothing would be shown");
	while (is_next(r, "claim ")) {
		struct cert_claim *v = c->nclaims == CERT_CLAIMS_MAX ? NULL :
		    grow(c->claims, c->nclaims, sizeof(*v));
		struct cert_claim *claim;

		if (v == NULL)
			return fail(r, "too many claims");
		c->claims = v;
		claim = &v[c->nclaims++];
		*claim = (struct cert_claim){ .first = c->nstates };
		if (expect(r, "claim ") < 0)
			return -1;
		if (c->nwalls == 0)
			return fail(r, "there is no wall");
		if (number(r, c->nwalls - 1, &claim->wall) < 0 ||
		    expect(r, " assume ") < 0 ||
		    read_assumed(r, &claim->assume) < 0 ||
		    expect(r, "\n") < 0)
			return -1;
		while (is_next(r, "state "))
			if (read_state(r, c, claim) < 0)
				return -1;
	}
	return 0;
}

int
cert_read(const char *text, size_t n, struct certificate *c,
    char error[CERT_ERROR_MAX])
{
	struct reader r = { text, text, text + n, 1, error };
	char end[CERT_DIGEST_MAX];
	const char *from;

	*c = (struct certificate){ .ndesks = 0 };
	if (expect(&r, FIRST_LINE) < 0 || expect(&r, "\n") < 0 ||
	    expect(&r, "policy ") < 0 || digest(&r, c->policy) < 0 ||
	    expect(&r, "\n") < 0 || expect(&r, "compiled ") < 0 ||
	    digest(&r, c->compiled) < 0 || expect(&r, "\n") < 0)
		return -1;
	from = r.at;
	if (read_size(&r, c) < 0 || read_parties(&r, c) < 0 ||
	    read_circles(&r, c) < 0 || read_walls(&r, c) < 0 ||
	    read_classes(&r, c) < 0 || read_rules(&r, c) < 0 ||
	    check_digest(&r, from, r.at, c->compiled) < 0 ||
	    read_claims(&r, c) < 0)
		return -1;
	from = r.at;
	if (expect(&r, "end ") < 0 || digest(&r, end) < 0 ||
	    expect(&r, "\n") < 0)
		return -1;
	if (r.at != r.end)
		return fail(&r, "more after the end");
	return check_digest(&r, text, from, end);
}

void
cert_clear(struct certificate *c)
{
	free(c->desks);
	free(c->orgs);
	free(c->domains);
	free(c->circles);
	free(c->walls);
	free(c->releases);
	free(c->org_rules);
	free(c->kind_rules);
	free(c->use_rules);
	free(c->trust_rules);
	free(c->transit_rules);
	free(c->rules);
	free(c->claims);
	free(c->states);
	*c = (struct certificate){ .ndesks = 0 };
}
