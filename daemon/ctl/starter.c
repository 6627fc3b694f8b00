#include "ctl/starter.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "config/settings.h"

/* The daemon runs as who made its keys: nobody else may read them. */
static void
settings_set_user(struct settings *s)
{
	const struct passwd *pw = getpwuid(geteuid());
	const struct group *gr = getgrgid(getegid());

	if (pw != NULL)
		(void)snprintf(s->user, sizeof(s->user), "%s", pw->pw_name);
	if (gr != NULL)
		(void)snprintf(s->group, sizeof(s->group), "%s", gr->gr_name);
}

void
starter_settings(const struct card *card, struct buf *out)
{
	struct settings s;

	settings_defaults(&s);
	settings_set_user(&s);
	(void)snprintf(s.cert_id, sizeof(s.cert_id), "%s", card->cert_id);
	(void)snprintf(s.name, sizeof(s.name), "%s", card->name);
	(void)snprintf(s.country, sizeof(s.country), "%s", card->country);
	for (size_t i = 0; i < card->nendpoints &&
	    i < SETTINGS_LISTEN_MAX; i++)
		(void)snprintf(s.listen[s.nlisten++], sizeof(s.listen[0]),
		    "%s", card->endpoints[i]);
	(void)snprintf(s.state_directory, sizeof(s.state_directory),
	    "../state");
	(void)snprintf(s.control_socket, sizeof(s.control_socket),
	    "control.sock");
	buf_addz(out, "# comityd.yaml(5) explains every option.\n");
	settings_print(&s, true, out);
}

/* The purposes every CERT starts from, and what they must stay apart. */
static const char starter_middle[] =
    "purposes:            # domains of use, and the purposes in each\n"
    "  secops:  [detect, block, remediate, notify]\n"
    "  intel:   [attribute, collect, target]\n"
    "  compete: [commercial, stockpile]\n"
    "  law:     [investigate]\n"
    "origin-tags: [ngo]\n"
    "kinds:\n"
    "  technical: [botnet, ioc, malware, vuln, victim, advisory]\n"
    "classify:            # the first that fits says what a record is about\n"
    "  - {when: {label: [victim]}, kind: victim}\n"
    "  - {when: {label: [botnet, c2*]}, kind: botnet}\n"
    "  - {when: {type: [malware]}, kind: malware}\n"
    "  - {when: {label: [malware*]}, kind: malware}\n"
    "  - {when: {type: [vulnerability]}, kind: vuln}\n"
    "  - {when: {type: [report, note, course-of-action]}, kind: advisory}\n"
    "  - {when: {type: [indicator, sighting, observed-data, identity,\n"
    "                   relationship]}, kind: ioc}\n"
    "bands: {A: 0.80, B: 0.65, C: 0.45, D: 0.25}\n"
    "walls:               # absolute: nothing below can override one\n"
    "  - {id: W-SEP, keep: [secops], out-of: [intel, compete],\n"
    "     why: security operations stay apart}\n"
    "postures:\n"
    "  normal:    {}\n"
    "  strained:  {keep: [botnet, victim, ioc], others: consult}\n"
    "  suspended: {keep: [], others: deny}\n"
    "\n"
    "# Nothing is shared until a peer and a grant are added, for example:\n"
    "#\n"
    "# peers:\n"
    "#   cert-xb: {country: XB, type: national, gov-tie: arms-length,\n"
    "#             wall: attested, onward: [], desks: {ops: [secops]}}\n"
    "# grants:\n"
    "#   - {id: out-xb, out: {peer: cert-xb}, kind: [botnet, ioc, malware],\n"
    "#      for: [secops], tlp: <=green, cap: {hops: 0, ttl: 90d},\n"
    "#      oblige: [receipt, purpose-bound]}\n"
    "#   - {id: in-xb, in: {peer: cert-xb}, kind: technical,\n"
    "#      for: [secops]}\n"
    "#\n"
    "# comityctl policy check FILE says whether it is well made.\n";

void
starter_policy(const struct card *card, struct buf *out)
{
	buf_addz(out, "# comity-policy(5) explains every section.\n"
	    "policy: 1\n");
	buf_addf(out, "self:\n  org: %s\n  country: %s\n  desks:\n",
	    card->cert_id, card->country);
	for (size_t i = 0; i < card->ndesks; i++) {
		const struct card_desk *d = &card->desks[i];

		buf_addf(out, "    %s: [", d->name);
		for (size_t k = 0; k < d->nuses; k++)
			buf_addf(out, "%s%s", k > 0 ? ", " : "", d->uses[k]);
		buf_addz(out, "]\n");
	}
	buf_addz(out, starter_middle);
}
