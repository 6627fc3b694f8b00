/*
 * sight: say what became of a record here.  That is a record too, a
 * sighting (STIX 2.1 5.2) or an opinion (4.14) of ours about it, and goes
 * wherever the gate lets it go: back to who made the record as well.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "record/marking.h"
#include "wire/msg_control.h"

#define COUNT_MAX 999999999	/* STIX 2.1 5.2.1 */

struct sight {
	const char *id, *desk, *count, *first, *last, *note, *tlp;
	bool false_positive;
};

/* A random UUID, RFC 4122 4.4. */
static void
uuid_random(char dst[static 37])
{
	uint8_t b[16];
	char hex[33];

	crypto_random(b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	hex_encode(hex, b, sizeof(b));
	(void)snprintf(dst, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8,
	    hex + 12, hex + 16, hex + 20);
}

/* What every object has. */
static json_t *
object_new(const struct sight *s, const char *type)
{
	char uuid[37], id[80], now[TIME_TEXT_MAX];

	uuid_random(uuid);
	(void)snprintf(id, sizeof(id), "%s--%s", type, uuid);
	time_format(now, now_ms());
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:[s]}", "type", type,
	    "spec_version", "2.1", "id", id, "created", now, "modified", now,
	    "object_marking_refs", marking_tlp_id(tlp_from_name(
	    str_of(s->tlp))));
}

static json_t *
opinion_of(const struct sight *s)
{
	json_t *o = object_new(s, "opinion");

	json_object_set_new(o, "opinion", json_string("strongly-disagree"));
	json_object_set_new(o, "explanation", json_string(s->note != NULL ?
	    s->note : "false positive"));
	json_object_set_new(o, "labels", json_pack("[s]", "false-positive"));
	json_object_set_new(o, "object_refs", json_pack("[s]", s->id));
	return o;
}

static json_t *
sighting_of(const struct sight *s, long long count)
{
	json_t *o = object_new(s, "sighting");
	const char *now = json_string_value(json_object_get(o, "created"));
	const char *last = s->last != NULL ? s->last : now;

	json_object_set_new(o, "sighting_of_ref", json_string(s->id));
	json_object_set_new(o, "first_seen", json_string(s->first != NULL ?
	    s->first : last));
	json_object_set_new(o, "last_seen", json_string(last));
	json_object_set_new(o, "count", json_integer(count));
	if (s->note != NULL)
		json_object_set_new(o, "description", json_string(s->note));
	return o;
}

/* What the daemon refused, as the command's own failure. */
static int
sight_refused(const struct ctl *c, const json_t *r)
{
	const json_t *why = json_array_get(json_object_get(r, "refused"), 0);

	if (why == NULL)
		return 0;
	return ctl_fail(c, CTL_REFUSED, NULL, "%s: %s",
	    reply_text(why, "reason"), reply_text(why, "text"));
}

/* Publish one object of the desk, and wait until it is on disk. */
static int
sight_publish(const struct ctl *c, const struct sight *s, struct str object)
{
	AUTO(client_close) struct client *cl = NULL;
	AUTO_BUF struct buf payload = { 0 };
	const struct msg_objects m = { 0, &object, 1 };
	AUTO_JSON json_t *stored = NULL, *ended = NULL;
	bool more = true;
	int rc = client_open(c, &cl);

	if (rc == 0)
		rc = client_request(cl, "publish", json_pack("{s:s}", "desk",
		    s->desk));
	if (rc == 0 && msg_objects_encode(&m, &payload) < 0)
		rc = ctl_fail(c, CTL_REFUSED, "say it shorter",
		    "more than fits into one object");
	if (rc == 0)
		rc = client_send_objects(cl, buf_str(&payload));
	if (rc == 0)
		rc = client_reply(cl, &stored, &more);
	if (rc == 0)
		rc = sight_refused(c, stored);
	if (rc == 0)
		rc = client_send_end(cl);
	if (rc == 0)
		rc = client_reply(cl, &ended, &more);
	return rc;
}

static int
sight_object(const struct ctl *c, const struct sight *s, json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);
	int rc = sight_publish(c, s, str_of(text));

	free(text);
	if (rc != 0)
		return rc;
	if (c->json) {
		AUTO_JSON json_t *r = json_pack("{s:i, s:b, s:O}", "v", 1,
		    "ok", 1, "object", o);

		reply_print(r);
	} else {
		printf("%s\n", reply_text(o, "id"));
	}
	return CTL_DONE;
}

int
cmd_sight(struct ctl *c)
{
	struct sight s = { 0 };
	const struct ctl_option options[] = {
		{ "false-positive", &s.false_positive, NULL, 0 },
		{ "count", NULL, &s.count, 1 },
		{ "first-seen", NULL, &s.first, 1 },
		{ "last-seen", NULL, &s.last, 1 },
		{ "note", NULL, &s.note, 1 },
		{ "tlp", NULL, &s.tlp, 1 },
		{ "desk", NULL, &s.desk, 1 },
	};
	AUTO_JSON json_t *known = NULL, *object = NULL;
	uint64_t count = 1;
	int rc;

	CTL_OPTIONS(c, options, 1, 1);
	s.id = c->argv[0];
	if (s.desk == NULL)
		s.desk = "ops";
	if (s.count != NULL && (str_to_u64(str_of(s.count), &count) != 0 ||
	    count > COUNT_MAX))
		return ctl_usage(c, "--count %s: want a number up to %d",
		    s.count, COUNT_MAX);
	if (s.false_positive && (s.count != NULL || s.first != NULL ||
	    s.last != NULL))
		return ctl_usage(c, "--false-positive says that it was not "
		    "seen: no count and no times");
	if (s.tlp != NULL && tlp_from_name(str_of(s.tlp)) < 0)
		return ctl_usage(c, "--tlp %s: want clear, green, amber, "
		    "amber+strict or red", s.tlp);
	/* Nobody speaks about what the desk may not see. */
	rc = client_call(c, "show", json_pack("{s:s, s:s}", "id", s.id,
	    "desk", s.desk), &known);
	if (rc != 0)
		return rc;
	/* What is said of a record is no more secret than the record. */
	if (s.tlp == NULL)
		s.tlp = reply_text(json_array_get(json_object_get(known,
		    "records"), 0), "tlp");
	if (tlp_from_name(str_of(s.tlp)) < 0)
		s.tlp = "red";
	object = s.false_positive ? opinion_of(&s) :
	    sighting_of(&s, (long long)count);
	return sight_object(c, &s, object);
}
