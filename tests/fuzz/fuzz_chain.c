/*
 * Chains: a seal's bytes after a u16 length, then a table of links.  What
 * reads is written again as it was; checking it finds a fault or none, and
 * signing the first link anew makes that one's signature good.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/unit.h"
#include "wire/chain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool ok)
{
	if (!ok)
		abort();
}

struct keys {
	struct verify_key *xa, *xb;
};

static const struct verify_key *
on_key(void *arg, const char *cert_id)
{
	const struct keys *k = arg;

	if (strcmp(cert_id, "cert-xa.example") == 0)
		return k->xa;
	return strcmp(cert_id, "cert-xb.example") == 0 ? k->xb : NULL;
}

static struct sign_key *
key_of(uint8_t first, struct verify_key **out)
{
	uint8_t seed[ED25519_SECRET_BYTES], public[ED25519_PUBLIC_BYTES];
	struct sign_key *k;

	for (size_t i = 0; i < sizeof(seed); i++)
		seed[i] = (uint8_t)(first + i);
	k = sign_key_from_secret(seed);
	sign_key_public(k, public);
	*out = verify_key_new(public);
	return k;
}

/* Every link and every place in it gets an answer. */
static void
use_table(struct chain_table *t, struct chain_link *v)
{
	struct keys keys;
	struct sign_key *a = key_of(0, &keys.xa), *b = key_of(1, &keys.xb);
	struct chain_checker who = { .originator = "cert-xa.example",
	    .sender = "cert-xa.example", .receiver = "cert-xb.example",
	    .keys = on_key, .keys_arg = &keys };
	uint8_t faults[CHAIN_LINKS_MAX], sig[SIGNATURE_BYTES];

	chain_check(t, &who, faults);
	for (size_t i = 0; i < t->n; i++) {
		enum chain_fault f = chain_check_record(t, &who, faults,
		    (struct chain_place){ (uint16_t)i, 0 });

		must(f < CHAIN_FAULTS && chain_fault_text((int)f) != NULL);
		must(faults[i] == CHAIN_FAULT_NONE || f == faults[i]);
	}
	must(chain_sign(t, 0, a, sig) == 0);
	v[0].signature = sig;
	v[0].from = STR("cert-xa.example");
	must(chain_sign(t, 0, a, sig) == 0);
	chain_check(t, &who, faults);
	must(faults[0] == CHAIN_FAULT_NONE || faults[0] == CHAIN_FAULT_TEXT);
	verify_key_free(keys.xa);
	verify_key_free(keys.xb);
	sign_key_free(a);
	sign_key_free(b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(1));
	AUTO_BUF struct buf again = { 0 };
	struct cur c = cur_of(data, size);
	struct chain_table t = { .seal = cur_str16(&c, 1024) };
	const uint8_t *start = c.p;
	size_t bytes = c.n;
	struct chain_link *v = chain_table_read(&c, arena, &t.n);

	if (v == NULL || cur_finish(&c) != 0)
		return 0;
	t.v = v;
	chain_table_encode(v, t.n, &again);
	must(again.n == bytes && memcmp(again.p, start, bytes) == 0);
	use_table(&t, v);
	return 0;
}
