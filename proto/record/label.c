#include "record/label.h"

#include <string.h>

static const char *const tlp_names[] = {
	[TLP_CLEAR] = "clear",
	[TLP_GREEN] = "green",
	[TLP_AMBER] = "amber",
	[TLP_AMBER_STRICT] = "amber+strict",
	[TLP_RED] = "red",
};

static const char *const pap_names[] = {
	[PAP_CLEAR] = "clear",
	[PAP_GREEN] = "green",
	[PAP_AMBER] = "amber",
	[PAP_RED] = "red",
};

/* Anything outside the scale is shown as, and counts as, red. */
const char *
tlp_name(int tlp)
{
	return tlp_names[tlp < 0 || tlp > TLP_RED ? TLP_RED : tlp];
}

const char *
pap_name(int pap)
{
	return pap_names[pap < 0 || pap > PAP_RED ? PAP_RED : pap];
}

static int
name_index(struct str s, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eqz(s, names[i]))
			return (int)i;
	return -1;
}

int
tlp_from_name(struct str s)
{
	return name_index(s, tlp_names, NELEM(tlp_names));
}

int
pap_from_name(struct str s)
{
	return name_index(s, pap_names, NELEM(pap_names));
}

uint8_t
label_default_hops(int tlp)
{
	return tlp == TLP_CLEAR || tlp == TLP_GREEN ? LABEL_HOPS_MAX : 1;
}

void
label_top(struct label *l)
{
	*l = (struct label){
		.caveats = UINT32_MAX, .lineage = UINT32_MAX,
		.tlp = TLP_RED, .pap = PAP_RED,
	};
	memset(&l->roots, 0xff, sizeof(l->roots));
}

void
label_bottom(struct label *l)
{
	*l = (struct label){
		.purposes = UINT32_MAX, .hops = LABEL_HOPS_MAX,
		.expires = UNIX_MS_NEVER,
	};
	memset(&l->audience, 0xff, sizeof(l->audience));
}

void
label_join(struct label *out, const struct label *a, const struct label *b)
{
	struct label j = *a;

	j.purposes &= b->purposes;
	j.caveats |= b->caveats;
	j.lineage |= b->lineage;
	if (b->tlp > j.tlp)
		j.tlp = b->tlp;
	if (b->pap > j.pap)
		j.pap = b->pap;
	if (b->hops < j.hops)
		j.hops = b->hops;
	if (b->seq > j.seq)
		j.seq = b->seq;
	if (b->expires.ms < j.expires.ms)
		j.expires = b->expires;
	for (size_t i = 0; i < NELEM(j.audience.w); i++)
		j.audience.w[i] &= b->audience.w[i];
	for (size_t i = 0; i < NELEM(j.roots.w); i++)
		j.roots.w[i] |= b->roots.w[i];
	*out = j;
}

bool
label_le(const struct label *a, const struct label *b)
{
	if ((b->purposes & ~a->purposes) != 0 ||
	    (a->caveats & ~b->caveats) != 0 ||
	    (a->lineage & ~b->lineage) != 0 ||
	    a->tlp > b->tlp || a->pap > b->pap || a->hops < b->hops ||
	    a->expires.ms < b->expires.ms)
		return false;
	for (size_t i = 0; i < NELEM(a->audience.w); i++)
		if ((b->audience.w[i] & ~a->audience.w[i]) != 0)
			return false;
	for (size_t i = 0; i < NELEM(a->roots.w); i++)
		if ((a->roots.w[i] & ~b->roots.w[i]) != 0)
			return false;
	return true;
}

void
label_normalise(struct label *l, const struct vocabulary *v)
{
	/* N2; a lineage we cannot name may be behind a wall as well. */
	if ((l->lineage & (v->walled_lineage | LABEL_UNKNOWN_BIT)) != 0 &&
	    l->tlp < TLP_GREEN)
		l->tlp = TLP_GREEN;
	/* N3 */
	if (l->pap >= PAP_AMBER)
		l->purposes &= ~v->block_purposes;
}
