/*
 * peer check: both ends, step by step: name and reachability from here, the
 * rest as the vault knows it from its live or last session.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ctl/client.h"
#include "ctl/table.h"

#define CONNECT_TIMEOUT_MS 5000

static void
step_add(json_t *steps, const char *step, bool ok, const char *text,
    const char *fix)
{
	json_array_append_new(steps, json_pack("{s:s, s:b, s:s, s:s*}", "step",
	    step, "ok", ok, "text", text, "fix", fix));
}

/* Connect within the deadline; 0 or an errno value. */
static int
connect_to(const struct addrinfo *a)
{
	struct pollfd p = { .events = POLLOUT };
	int rc = 0;
	socklen_t n = sizeof(rc);

	p.fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0);
	if (p.fd < 0)
		return errno;
	if (connect(p.fd, a->ai_addr, a->ai_addrlen) != 0) {
		rc = errno;
		if (rc == EINPROGRESS && poll(&p, 1, CONNECT_TIMEOUT_MS) != 1)
			rc = ETIMEDOUT;
		else if (rc == EINPROGRESS && getsockopt(p.fd, SOL_SOCKET,
		    SO_ERROR, &rc, &n) != 0)
			rc = errno;
	}
	close(p.fd);
	return rc;
}

/* "host:port" or "[v6]:port" in two; false if it is neither. */
static bool
endpoint_split(const char *text, char host[static 256],
    char port[static 8])
{
	const char *colon = strrchr(text, ':');
	size_t n;

	if (colon == NULL || strlen(colon + 1) >= 8)
		return false;
	n = (size_t)(colon - text);
	if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
		text++;
		n -= 2;
	}
	if (n == 0 || n >= 256)
		return false;
	memcpy(host, text, n);
	host[n] = '\0';
	memcpy(port, colon + 1, strlen(colon));
	return true;
}

static void
check_endpoint(const char *endpoint, json_t *steps)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	char host[256], port[8], text[512];
	int rc, tried = 0;

	if (!endpoint_split(endpoint, host, port))
		return;
	rc = getaddrinfo(host, port, &hints, &list);
	(void)snprintf(text, sizeof(text), "%s: %s", host, rc == 0 ?
	    "resolves" : gai_strerror(rc));
	step_add(steps, "name", rc == 0, text, rc == 0 ? NULL :
	    "correct the name in their card, or your resolver");
	if (rc != 0)
		return;
	rc = EHOSTUNREACH;
	for (struct addrinfo *a = list; a != NULL && rc != 0; a = a->ai_next) {
		rc = connect_to(a);
		tried++;
	}
	freeaddrinfo(list);
	(void)snprintf(text, sizeof(text), "%s: %s (%d address%s tried)",
	    endpoint, rc == 0 ? "accepts connections" : strerror(rc), tried,
	    tried == 1 ? "" : "es");
	step_add(steps, "reachability", rc == 0, text, rc == 0 ? NULL :
	    "ask them whether comityd runs and listens there, and look at "
	    "the firewalls between");
}

/* Our two steps first, then the vault's. */
static json_t *
check_steps(const json_t *reply, bool *out_ok)
{
	json_t *steps = json_array();
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(reply, "endpoints"), i, v)
		if (json_is_string(v))
			check_endpoint(json_string_value(v), steps);
	if (i == 0)
		step_add(steps, "name", true,
		    "the card has no endpoint: they dial us", NULL);
	json_array_extend(steps, json_object_get(reply, "steps"));
	*out_ok = true;
	json_array_foreach(steps, i, v)
		if (!reply_bool(v, "ok"))
			*out_ok = false;
	return steps;
}

int
cmd_peer_check(struct ctl *c)
{
	AUTO_JSON json_t *r = NULL, *steps = NULL;
	bool ok;
	size_t i;
	json_t *v;
	int rc;

	CTL_NO_OPTIONS(c, 1, 1);
	rc = client_call(c, "peer check", json_pack("{s:s}", "id",
	    c->argv[0]), &r);
	if (rc != 0)
		return rc;
	steps = check_steps(r, &ok);
	if (c->json) {
		json_object_set(r, "steps", steps);
		json_object_set_new(r, "passed", json_boolean(ok));
		reply_print(r);
		return ok ? CTL_DONE : CTL_REFUSED;
	}
	json_array_foreach(steps, i, v) {
		bool reached = json_object_get(v, "ok") != NULL;

		table_line(stdout, reply_text(v, "step"), "%s %s", !reached ?
		    "-   " : reply_bool(v, "ok") ? "ok  " : "FAIL",
		    reply_text(v, "text"));
		if (reply_text(v, "fix")[0] != '\0')
			table_line(stdout, "", "     %s",
			    reply_text(v, "fix"));
	}
	return ok ? CTL_DONE : CTL_REFUSED;
}
