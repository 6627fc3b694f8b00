#include "lib/store_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/stix.h"

char *
fixture_dir(void)
{
	char path[4096];
	const char *base = getenv("TMPDIR");

	snprintf(path, sizeof(path), "%s/comity-store-XXXXXX",
	    base == NULL ? "/tmp" : base);
	if (mkdtemp(path) == NULL) {
		perror(path);
		exit(1);
	}
	return mem_strdup(path);
}

void
fixture_remove(char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *e;

	while (d != NULL && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d != NULL)
		closedir(d);
	rmdir(dir);
	free(dir);
}

struct store *
fixture_open(const char *dir)
{
	struct err e = { 0 };
	struct store *s = store_open(&(struct store_options){ .dir = dir,
	    .create = true }, &e);

	if (s == NULL) {
		fprintf(stderr, "open: %s: %s\n", err_name(e.code), e.text);
		exit(1);
	}
	return s;
}

/* Spread i over 64 bits (splitmix64's finisher). */
static uint64_t
mix(uint64_t z)
{
	z += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

struct str
fixture_id(uint64_t i, char dst[static FIXTURE_ID_BYTES + 1])
{
	uint64_t a = mix(2 * i), b = mix(2 * i + 1);

	snprintf(dst, FIXTURE_ID_BYTES + 1,
	    "indicator--%08x-%04x-4%03x-8%03x-%012llx", (unsigned)(a >> 32),
	    (unsigned)(a >> 16) & 0xffff, (unsigned)a & 0xfff,
	    (unsigned)(b >> 48) & 0xfff,
	    (unsigned long long)(b & 0xffffffffffff));
	return str_of(dst);
}

void
fixture_indicator(uint64_t i, const char *pattern, struct buf *out)
{
	char id[FIXTURE_ID_BYTES + 1];

	fixture_id(i, id);
	buf_reset(out);
	buf_addf(out, "{\"type\":\"indicator\",\"spec_version\":\"2.1\","
	    "\"id\":\"%s\",\"created_by_ref\":"
	    "\"identity--9f1b1c0e-5d0a-4c55-8a3e-0c6f1d2b7a11\","
	    "\"created\":\"2026-01-02T03:04:05.%03uZ\","
	    "\"modified\":\"2026-01-02T03:04:06.%03uZ\","
	    "\"name\":\"Case %llu: delivery infrastructure\","
	    "\"description\":\"Seen by a national sensor network; first "
	    "report %llu, confirmed by sandbox run and passive DNS.\","
	    "\"indicator_types\":[\"malicious-activity\"],"
	    "\"pattern\":\"%s\",\"pattern_type\":\"stix\","
	    "\"pattern_version\":\"2.1\","
	    "\"valid_from\":\"2026-01-02T03:04:06.000Z\","
	    "\"valid_until\":\"2026-04-02T03:04:06.000Z\","
	    "\"kill_chain_phases\":[{\"kill_chain_name\":"
	    "\"lockheed-martin-cyber-kill-chain\","
	    "\"phase_name\":\"delivery\"}],\"labels\":[\"botnet\","
	    "\"tlp-amber\"],\"confidence\":%u,\"object_marking_refs\":"
	    "[\"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82\"]}",
	    id, (unsigned)(i % 1000), (unsigned)(i % 1000),
	    (unsigned long long)i, (unsigned long long)mix(i) >> 40, pattern,
	    (unsigned)(i % 101));
}

int64_t
fixture_put(struct store *s, uint64_t i, const char *pattern)
{
	AUTO_BUF struct buf bytes = { 0 };
	AUTO(arena_free) struct arena *arena = arena_new(MIB(1));
	AUTO(stix_reader_free) struct stix_reader *reader = stix_reader_new();
	char id[FIXTURE_ID_BYTES + 1];
	struct stix_object object;
	struct stix_problem problem;
	struct observables o = { 0 };
	int64_t seq;

	fixture_indicator(i, pattern, &bytes);
	if (stix_read(reader, buf_str(&bytes), &object, &problem) < 0) {
		fprintf(stderr, "indicator: %s\n", problem.text);
		exit(1);
	}
	TRY(observables_of(&object, arena, &o));
	TRY(store_put(s, &(struct store_record){ .id = fixture_id(i, id),
	    .bytes = buf_str(&bytes), .modified_us = (int64_t)i,
	    .expires = UNIX_MS_NEVER, .received.ms = 1800000000000 },
	    o.v, o.n, &seq));
	return seq;
}

static int
on_version(void *arg, const struct store_record *r)
{
	int *n = arg;

	(void)r;
	++*n;
	return 0;
}

int
fixture_versions(struct store *s, uint64_t i)
{
	AUTO(arena_free) struct arena *arena = arena_new(MIB(4));
	char id[FIXTURE_ID_BYTES + 1];
	int n = 0, rc;

	rc = store_find_id(s, fixture_id(i, id), arena, on_version, &n);
	return rc < 0 ? rc : n;
}

struct digest
fixture_digest(const char *path)
{
	AUTO_BUF struct buf b = { 0 };
	FILE *f = fopen(path, "rb");
	char page[4096];
	size_t n;

	while (f != NULL && (n = fread(page, 1, sizeof(page), f)) > 0)
		buf_add(&b, page, n);
	if (f != NULL)
		fclose(f);
	return sha256_of(b.p, b.n);
}
