/*
 * comity-verify(1).
 */
#include "verify/certificate.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX ((size_t)256 << 20)
#define EXIT_BAD 1
#define EXIT_USAGE 2

struct options {
	const char *file, *policy, *compiled;	/* borrowed from argv */
	bool json, quiet;
};

static const char usage_text[] =
    "usage: comity-verify [-q] [--json] [--policy DIGEST] "
    "[--compiled DIGEST]\n"
    "                     CERTIFICATE\n"
    "       comity-verify -h | --version\n";

static const char help_text[] =
    "\n"
    "Check that what a policy keeps apart stays apart, by its certificate.\n"
    "\n"
    "  --policy DIGEST    it must be about that policy (sha256:...)\n"
    "  --compiled DIGEST  that must be the compiled policy in it\n"
    "  --json             one JSON object\n"
    "  -q                 only the exit status\n"
    "\n"
    "Exit status: 0 every claim holds, 1 the certificate is not good,\n"
    "2 the command was not understood.  CERTIFICATE may be \"-\".\n";

/* The whole file, owned by the caller; NULL with error. */
static char *
read_file(const char *name, size_t *out_n, char error[CERT_ERROR_MAX])
{
	int fd = strcmp(name, "-") == 0 ? dup(STDIN_FILENO) :
	    open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t n = 0, room = 0;
	char *v = NULL;
	ssize_t got = fd < 0 ? -1 : 0;

	while (fd >= 0) {
		if (n == room) {
			char *more = realloc(v, room = room ? 2 * room :
			    65536);

			if (more == NULL)
				errno = ENOMEM, got = -1;
			if (more == NULL)
				break;
			v = more;
		}
		got = read(fd, v + n, room - n);
		if (got <= 0 || (n += (size_t)got) > FILE_MAX)
			break;
	}
	if (got < 0)
		(void)snprintf(error, CERT_ERROR_MAX, "%s", strerror(errno));
	else if (n > FILE_MAX)
		(void)snprintf(error, CERT_ERROR_MAX, "over %zu MiB; this is "
		    "no certificate", FILE_MAX >> 20);
	if (fd >= 0)
		close(fd);
	if (got < 0 || n > FILE_MAX) {
		free(v);
		return NULL;
	}
	*out_n = n;
	return v;
}

static int
check_is(const char *what, const char *got, const char *want,
    char error[CERT_ERROR_MAX])
{
	if (want == NULL || strcmp(got, want) == 0 ||
	    strcmp(got + strlen("sha256:"), want) == 0)
		return 0;
	(void)snprintf(error, CERT_ERROR_MAX, "it is about the %s %s, not %s",
	    what, got, want);
	return -1;
}

static int
verify(const struct options *o, struct certificate *c,
    char error[CERT_ERROR_MAX])
{
	size_t n = 0;
	char *text = read_file(o->file, &n, error);
	int rc = text == NULL ? -1 : cert_read(text, n, c, error);

	free(text);
	if (rc < 0 || check_is("policy", c->policy, o->policy, error) < 0 ||
	    check_is("compiled policy", c->compiled, o->compiled, error) < 0)
		return -1;
	for (size_t i = 0; i < c->nclaims; i++)
		if (cert_check(c, i, error) < 0)
			return -1;
	return 0;
}

static void
put_assumed(unsigned assume)
{
	static const char *const words[] = { "hops-honoured",
	    "walls-attested", "onward-declared" };
	const char *sep = "";

	for (unsigned i = 0; i < 3; i++)
		if ((assume >> i & 1) != 0) {
			printf("%s%s", sep, words[i]);
			sep = ",";
		}
	if (assume == 0)
		printf("nothing");
}

static bool
is_claimed(const struct certificate *c, unsigned wall)
{
	for (size_t i = 0; i < c->nclaims; i++)
		if (c->claims[i].wall == wall)
			return true;
	return false;
}

static void
put_text(const struct certificate *c)
{
	for (size_t i = 0; i < c->nclaims; i++) {
		const struct cert_claim *k = &c->claims[i];

		printf("%s holds: %zu states, if ", c->walls[k->wall].id,
		    k->nstates);
		put_assumed(k->assume);
		printf("\n");
	}
	for (unsigned i = 0; i < c->nwalls; i++)
		if (!is_claimed(c, i))
			printf("%s: nothing is claimed of it\n",
			    c->walls[i].id);
	for (unsigned i = 0; i < c->nreleases; i++)
		printf("release %s loses lineage on purpose, outside of these "
		    "claims\n", c->releases[i]);
	printf("policy %s\ncompiled %s\n", c->policy, c->compiled);
}

/* Names of a certificate need no escapes. */
static void
put_json(const struct certificate *c)
{
	const char *sep = "";

	printf("{\"holds\":true,\"policy\":\"%s\",\"compiled\":\"%s\","
	    "\"claims\":[", c->policy, c->compiled);
	for (size_t i = 0; i < c->nclaims; i++) {
		const struct cert_claim *k = &c->claims[i];

		printf("%s{\"wall\":\"%s\",\"assume\":\"", i ? "," : "",
		    c->walls[k->wall].id);
		put_assumed(k->assume);
		printf("\",\"states\":%zu}", k->nstates);
	}
	printf("],\"releases\":[");
	for (unsigned i = 0; i < c->nreleases; i++)
		printf("%s\"%s\"", i ? "," : "", c->releases[i]);
	printf("],\"unclaimed\":[");
	for (unsigned i = 0; i < c->nwalls; i++)
		if (!is_claimed(c, i)) {
			printf("%s\"%s\"", sep, c->walls[i].id);
			sep = ",";
		}
	printf("]}\n");
}

/* The error may quote what stood in the command. */
static void
put_json_error(const char *error)
{
	printf("{\"holds\":false,\"error\":\"");
	for (; *error != '\0'; error++) {
		unsigned char b = (unsigned char)*error;

		if (b < 0x20 || b == '"' || b == '\\' || b >= 0x7f)
			printf("\\u%04x", b);
		else
			putchar(b);
	}
	printf("\"}\n");
}

static void
put_result(const struct options *o, const struct certificate *c,
    const char *error)
{
	if (o->quiet)
		return;
	if (o->json && error != NULL)
		put_json_error(error);
	else if (o->json)
		put_json(c);
	else if (error != NULL)
		fprintf(stderr, "comity-verify: %s: %s\n", o->file, error);
	else
		put_text(c);
}

/* 64 digits, with or without "sha256:" before them. */
static bool
is_digest(const char *s)
{
	if (s != NULL && strncmp(s, "sha256:", 7) == 0)
		s += 7;
	return s == NULL || (strlen(s) == 64 &&
	    strspn(s, "0123456789abcdef") == 64);
}

/* -1: go on; else the exit status. */
static int
read_options(int argc, char **argv, struct options *out)
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "policy", required_argument, NULL, 'p' },
		{ "compiled", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "hq", longs, NULL)) != -1)
		switch (c) {
		case 'j':
			out->json = true;
			break;
		case 'q':
			out->quiet = true;
			break;
		case 'p':
			out->policy = optarg;
			break;
		case 'c':
			out->compiled = optarg;
			break;
		case 'h':
			printf("%s%s", usage_text, help_text);
			return 0;
		case 'v':
			printf("comity-verify %s\n", COMITY_VERSION);
			return 0;
		default:
			fprintf(stderr, "%s", usage_text);
			return EXIT_USAGE;
		}
	if (optind + 1 != argc) {
		fprintf(stderr, "comity-verify: want one certificate\n%s",
		    usage_text);
		return EXIT_USAGE;
	}
	if (!is_digest(out->policy) || !is_digest(out->compiled)) {
		fprintf(stderr, "comity-verify: a digest is \"sha256:\", if "
		    "it is there, and 64 digits of lower-case hexadecimal\n");
		return EXIT_USAGE;
	}
	out->file = argv[optind];
	return -1;
}

int
main(int argc, char **argv)
{
	struct options o = { .file = NULL };
	struct certificate c = { .ndesks = 0 };
	char error[CERT_ERROR_MAX] = "";
	int rc = read_options(argc, argv, &o);

	if (rc >= 0)
		return rc;
	rc = verify(&o, &c, error);
	put_result(&o, &c, rc < 0 ? error : NULL);
	cert_clear(&c);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "comity-verify: cannot write the result\n");
		return EXIT_BAD;
	}
	return rc < 0 ? EXIT_BAD : 0;
}
