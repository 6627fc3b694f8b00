#include "ctl/key_tool.h"

#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include "ctl/client.h"
#include "ctl/files.h"
#include "ctl/tls_make.h"
#include "base/limits.h"
#include "wire/field.h"

/* Only what cannot mean anything to the configuration it is put into. */
static bool
host_is_safe(const char *host)
{
	size_t n = strlen(host);

	return n > 0 && n <= CERT_ID_MAX && host[0] != '-' &&
	    strspn(host, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:") == n;
}

static bool
host_is_address(const char *host)
{
	uint8_t bytes[16];

	return inet_pton(AF_INET, host, bytes) == 1 ||
	    inet_pton(AF_INET6, host, bytes) == 1;
}

/* The subject alternative names of a front. */
static int
front_names(const struct key_tool *k, struct buf *out, struct err *e)
{
	for (size_t i = 0; i < KEY_HOSTS_MAX && k->hosts[i] != NULL; i++) {
		const char *host = k->hosts[i];
		bool address = host_is_address(host);

		if (!host_is_safe(host) || (!address &&
		    strchr(host, ':') != NULL))
			return err_set(e, ERR_VALUE, "--host \"%s\": want a "
			    "DNS name or an address, without a port", host);
		buf_addf(out, "%s%s:%s", i == 0 ? "" : ",",
		    address ? "IP" : "DNS", host);
	}
	return 0;
}

static const char *
stem_name(const struct key_tool *k)
{
	const char *slash = strrchr(k->stem, '/');

	return slash == NULL ? k->stem : slash + 1;
}

static int
subject_of(const struct key_tool *k, struct buf *names,
    struct tls_subject *out, struct err *e)
{
	const char *name = stem_name(k);

	if (k->client && (!field_name_ok(str_of(name)) ||
	    !host_is_safe(name)))
		return err_set(e, ERR_VALUE, "\"%s\": want a name of letters, "
		    "digits, dots and dashes", name);
	if (k->client)
		buf_addf(names, "DNS:%s", name);
	else
		TRY(front_names(k, names, e));
	*out = (struct tls_subject){
		.common = k->client ? name : k->hosts[0],
		.alternative = names->p, .days = TLS_DAYS,
		.usage = k->client ? "clientAuth" : "serverAuth",
	};
	return 0;
}

static int
write_both(const struct key_tool *k, struct digest *out_pin, struct err *e)
{
	AUTO_BUF struct buf key = { 0 }, crt = { 0 }, names = { 0 };
	char path[CTL_PATH_MAX];
	struct tls_subject s;
	struct tls_facts f;
	int rc;

	TRY(subject_of(k, &names, &s, e));
	TRY(tls_make_for(&s, &key, &crt, e));
	TRY(tls_read(buf_str(&crt), &f, e));
	(void)snprintf(path, sizeof(path), "%s.key", k->stem);
	rc = file_write(path, 0600, buf_str(&key), e);
	crypto_wipe(key.p, key.n);
	TRY(rc);
	(void)snprintf(path, sizeof(path), "%s.crt", k->stem);
	TRY(file_write(path, 0644, buf_str(&crt), e));
	*out_pin = f.pin;
	return 0;
}

int
key_tool_make(const struct ctl *c, const struct key_tool *k)
{
	char path[CTL_PATH_MAX], pin[2 * DIGEST_BYTES + 1];
	struct digest d;
	struct err e = { 0 };

	if (!k->client && k->hosts[0] == NULL)
		return ctl_usage(c, "front: want --host, the name or address "
		    "under which tools reach it");
	if (k->client && k->hosts[0] != NULL)
		return ctl_usage(c, "client: it has no --host");
	if ((size_t)snprintf(path, sizeof(path), "%s.key", k->stem) >=
	    sizeof(path))
		return ctl_usage(c, "the name of the file is too long");
	if (file_exists(path) && !k->replace)
		return ctl_fail(c, CTL_REFUSED, "--replace makes a new one",
		    "%s exists", path);
	if (write_both(k, &d, &e) < 0)
		return ctl_fail_err(c, &e, NULL);
	hex_encode(pin, d.b, DIGEST_BYTES);
	if (c->json) {
		AUTO_JSON json_t *j = json_pack("{s:i, s:b, s:s, s:s+, s:s}",
		    "v", 1, "ok", 1, "path", path, "pin", "sha256:", pin,
		    "name", k->client ? stem_name(k) : k->hosts[0]);

		reply_print(j);
	} else {
		printf("sha256:%s\n", pin);
	}
	if (k->client)
		fprintf(stderr, "next: under fronts: of comityd.yaml, add to "
		    "clients: {name: %s, pin: \"sha256:%s\"}\n",
		    stem_name(k), pin);
	return CTL_DONE;
}
