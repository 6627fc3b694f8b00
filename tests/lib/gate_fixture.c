#include "lib/gate_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/store_fixture.h"

#define NOW ((unix_ms_t){ 1790000000000 })

static const struct verify_key *
fixture_keys(void *arg, const char *cert_id)
{
	const struct cert *c = arg;

	if (strcmp(cert_id, c->id) == 0)
		return c->public;
	if (c->other != NULL && strcmp(cert_id, c->other->id) == 0)
		return c->other->public;
	for (size_t i = 0; i < NELEM(c->knows); i++)
		if (c->knows[i] != NULL &&
		    strcmp(cert_id, c->knows[i]->id) == 0)
			return c->knows[i]->public;
	return NULL;
}

static struct policy *
load_policy(const char *text)
{
	AUTO(file_set_free) struct file_set *files = file_set_new();
	struct policy *p;
	struct err e = { 0 };

	assert_int_equal(file_set_add(files, STR("policy.yaml"),
	    str_of(text)), 0);
	p = policy_load(files, "policy.yaml", &e);
	if (p == NULL)
		fail_msg("%s", e.text);
	return p;
}

void
cert_set_policy(struct cert *c, const char *policy)
{
	struct policy *old = c->policy;

	c->policy = load_policy(policy);
	gate_set_policy(c->gate, c->policy);
	policy_free(old);
}

struct cert *
cert_open(const char *id, const char *policy)
{
	struct cert *c = mem_new(struct cert);
	uint8_t public[ED25519_PUBLIC_BYTES];

	c->id = id;
	c->dir = fixture_dir();
	c->store = fixture_open(c->dir);
	assert_int_equal(audit_open(c->store, &c->audit), 0);
	c->policy = load_policy(policy);
	c->key = sign_key_generate();
	sign_key_public(c->key, public);
	c->public = verify_key_new(public);
	c->gate = gate_new(&(struct gate_options){ .store = c->store,
	    .audit = c->audit, .key = c->key, .cert_id = id,
	    .keys = fixture_keys, .keys_arg = c });
	gate_set_policy(c->gate, c->policy);
	return c;
}

void
cert_close(struct cert *c)
{
	release_free(c->release);
	delivery_free(c->delivery);
	gate_free(c->gate);
	policy_free(c->policy);
	audit_close(c->audit);
	store_close(c->store);
	verify_key_free(c->public);
	sign_key_free(c->key);
	fixture_remove(c->dir);
	free(c);
}

static void
meet_one(struct cert *c, struct cert *other)
{
	struct str every = STR("*");

	c->other = other;
	c->party = (struct gate_party){ .agreements = UINT64_MAX,
	    .circles = UINT64_MAX,
	    .org = policy_find_org(c->policy, str_of(other->id)) };
	release_free(c->release);
	delivery_free(c->delivery);
	assert_int_equal(delivery_load(c->store, other->id, &c->delivery),
	    0);
	c->release = release_new(&(struct release_options){
	    .gate = c->gate, .delivery = c->delivery, .party = &c->party,
	    .cert_id = other->id });
	release_start(c->release, &every, 1, 0);
}

void
cert_meet(struct cert *a, struct cert *b)
{
	meet_one(a, b);
	meet_one(b, a);
}

struct admit_verdict
cert_publish(struct cert *c, const char *object)
{
	struct str bytes = str_of(object);
	char desk[CERT_ID_MAX + 16];
	struct admit_objects in = { .v = &bytes, .n = 1, .now = NOW };
	struct admit_verdict v;

	snprintf(desk, sizeof(desk), "%s/ops", c->id);
	in.desk = policy_find_desk(c->policy, str_of(desk));
	assert_int_equal(store_begin(c->store), 0);
	assert_int_equal(admit_published(c->gate, &in, &v), 0);
	assert_int_equal(store_commit(c->store), 0);
	return v;
}

/* What on_batch works on. */
struct crossing_run {
	struct cert *from, *to;
	bool spoil;
	cert_tamper tamper;		/* or NULL */
	void *arg;
	struct crossing *out;
};

static void
copy_text(char dst[4096], struct str s)
{
	snprintf(dst, 4096, "%.*s", (int)s.n, s.p);
}

/* What became of the batch at the other side, settled at this one. */
static void
settle(struct crossing_run *x, const struct release_batch *b,
    const struct admit_verdict *v)
{
	for (size_t i = 0; i < b->n; i++) {
		if (v[i].refusal != REFUSAL_NONE) {
			x->out->refused++;
			x->out->first_refusal = v[i].refusal;
			delivery_set(x->from->delivery, b->v[i].seq,
			    DELIVERY_REFUSED);
			continue;
		}
		x->out->unchecked += v[i].unchecked;
		x->out->stored += !v[i].unchanged;
		x->out->unchanged += v[i].unchanged;
		delivery_set(x->from->delivery, b->v[i].seq,
		    b->v[i].redacted ? DELIVERY_REDACTED :
		    DELIVERY_DELIVERED);
	}
}

static int
on_batch(void *arg, const struct release_batch *b)
{
	struct crossing_run *x = arg;
	struct admit_record *records = mem_array(struct admit_record, b->n);
	struct admit_verdict *v = mem_array(struct admit_verdict, b->n);
	struct chain_link *links = mem_array(struct chain_link,
	    CHAIN_LINKS_MAX);
	char *first = mem_dup(b->v[0].bytes.p, b->v[0].bytes.n);
	struct admit_batch in = { .party = &x->to->party,
	    .sender = x->from->id, .seal = b->seal, .hashes = b->hashes,
	    .nhashes = b->nhashes, .links = links, .nlinks = b->nlinks,
	    .v = records, .n = b->n,
	    .now = { NOW.ms + x->to->later_ms } };

	if (x->spoil)
		first[b->v[0].bytes.n - 3] ^= 1;
	for (size_t i = 0; i < b->n; i++)
		records[i] = (struct admit_record){ .leaf = b->v[i].leaf,
		    .salt = b->v[i].salt, .label = b->v[i].label,
		    .link = b->v[i].link, .bytes = b->v[i].bytes };
	records[0].bytes.p = first;
	memcpy(links, b->links, b->nlinks * sizeof(*links));
	if (x->tamper != NULL)
		x->tamper(x->arg, &(struct tampered){ &in, links, records,
		    x->from, x->to });
	assert_int_equal(admit_received(x->to->gate, &in, v), 0);
	settle(x, b, v);
	x->out->batches++;
	if (b->bytes > x->out->largest_bytes)
		x->out->largest_bytes = b->bytes;
	x->out->sent += b->n;
	copy_text(x->out->label, b->v[b->n - 1].label);
	copy_text(x->out->terms, b->v[b->n - 1].terms);
	copy_text(x->out->object, b->v[b->n - 1].bytes);
	free(first);
	free(links);
	free(v);
	free(records);
	return 0;
}

static void
cross(struct crossing_run *x)
{
	struct release_budget budget = { { NOW.ms + x->from->later_ms },
	    256, MIB(4) };
	int n;

	memset(x->out, 0, sizeof(*x->out));
	do {
		assert_int_equal(store_begin(x->from->store), 0);
		assert_int_equal(store_begin(x->to->store), 0);
		n = release_run(x->from->release, &budget, on_batch, x);
		assert_true(n >= 0);
		assert_int_equal(store_commit(x->from->store), 0);
		assert_int_equal(store_commit(x->to->store), 0);
	} while (n > 0);
}

void
cert_cross(struct cert *from, struct cert *to, bool spoil,
    struct crossing *out)
{
	cross(&(struct crossing_run){ .from = from, .to = to,
	    .spoil = spoil, .out = out });
}

void
cert_cross_tampered(struct cert *from, struct cert *to, cert_tamper tamper,
    void *arg, struct crossing *out)
{
	cross(&(struct crossing_run){ .from = from, .to = to,
	    .tamper = tamper, .arg = arg, .out = out });
}

const char *
indicator_text(char *dst, size_t size, const struct indicator_facts *f)
{
	snprintf(dst, size, "{\"type\":\"indicator\",\"spec_version\":\"2.1\""
	    ",\"id\":\"indicator--%08x-1111-4111-8111-0123456789ab\","
	    "\"created\":\"2026-01-01T00:00:00.000Z\",\"modified\":\"%s\","
	    "\"pattern\":\"[domain-name:value = 'h%u.example.com']\","
	    "\"pattern_type\":\"stix\",\"valid_from\":"
	    "\"2026-01-01T00:00:00Z\",\"labels\":[\"%s\"],"
	    "\"object_marking_refs\":[\"%s\"]%s}", f->number, f->modified,
	    f->number, f->label, f->tlp, f->extra);
	return dst;
}
