/*
 * Every command in one row.  Help, usage lines, `help`, the completion and
 * the lint of comityctl(1) come from here.
 */
#include "ctl/ctl.h"

#include <string.h>

#define OFFLINE false
#define ONLINE true

const struct command commands[] = {
	{ "init", "DIR --cert-id ID --name NAME --country CC "
	  "--listen HOST:PORT [--desk NAME=USE[,USE]]...",
	  "make a new instance: keys, certificate, card, configuration",
	  "init demo/cert-xa --cert-id cert-xa --name \"CERT XA\" "
	  "--country XA --listen 127.0.0.1:7600 --desk ops=secops",
	  OFFLINE, cmd_init },
	{ "key show", "", "identity key, TLS pins and their validity",
	  "key show", OFFLINE, cmd_key_show },
	{ "key generate", "identity|tls|tls-next|operator FILE|"
	  "front FILE --host HOST|client FILE [--replace]",
	  "make a key, and for tls, front and client its certificate",
	  "key generate tls-next", OFFLINE, cmd_key_generate },
	{ "card show", "[FILE]", "a card's contents and its telephone code",
	  "card show cert-xb.json", OFFLINE, cmd_card_show },
	{ "card sign", "[--name NAME] [--country CC] [--listen HOST:PORT]... "
	  "[--desk NAME=USE[,USE]]... [--days N]",
	  "issue our card anew, with what changed",
	  "card sign --listen cert.example:7600", OFFLINE, cmd_card_sign },
	{ "card countersign", "CARD.json [--out FILE] [--reason TEXT] [--yes]",
	  "put our vouch for a CERT on its card; to vouch takes two people",
	  "card countersign cert-xe.json --reason \"met at the workshop\"",
	  ONLINE, cmd_card_countersign },
	{ "config check", "", "read the configuration and say what is wrong",
	  "config check", OFFLINE, cmd_config_check },
	{ "policy check", "FILE", "check a policy: schema and lint",
	  "policy check policy.yaml", OFFLINE, cmd_policy_check },
	{ "policy test", "FILE [--coverage] [--verbose]",
	  "run the tests inside a policy",
	  "policy test config/examples/reference.yaml --coverage",
	  OFFLINE, cmd_policy_test },
	{ "policy prove", "FILE [--certificate OUT]",
	  "prove that no permitted path crosses a wall",
	  "policy prove config/examples/reference.yaml",
	  OFFLINE, cmd_policy_prove },
	{ "policy diff", "[[OLD] NEW]",
	  "what a change of policy opens and closes, as sets of requests",
	  "policy diff /etc/comity/policy.yaml policy.yaml",
	  OFFLINE, cmd_policy_diff },
	{ "policy simulate", "FILE [--since AGE]",
	  "which stored records a policy would let flow, to whom",
	  "policy simulate policy.yaml --since 30d",
	  ONLINE, cmd_policy_simulate },
	{ "policy shadow", "[FILE | --off]",
	  "try a policy beside the one in force: where would it differ",
	  "policy shadow policy.yaml", ONLINE, cmd_policy_shadow },
	{ "policy explain", "FILE REQUEST",
	  "what a policy decides about a request, and why",
	  "policy explain policy.yaml "
	  "\"to: cert-xb/ops, kind: botnet, tlp: green\"",
	  OFFLINE, cmd_policy_explain },
	{ "policy expect", "FILE... --policy FILE [--desk NAME] "
	  "[--peer ID] [--summary] [--ids]",
	  "which outcome every record should have for every peer",
	  "policy expect sample.jsonl --policy policy.yaml --summary",
	  OFFLINE, cmd_policy_expect },
	{ "policy apply", "[--confirm DURATION] [--reason TEXT]",
	  "read the policy again: what only takes away is in force at once",
	  "policy apply --confirm 10m", ONLINE, cmd_policy_apply },
	{ "policy approve", "DIGEST [--reason TEXT]",
	  "agree to the policy that waits; it takes two people",
	  "policy approve 7c1e5a0d", ONLINE, cmd_policy_approve },
	{ "policy confirm", "[--reason TEXT]",
	  "keep a policy that would be taken back",
	  "policy confirm", ONLINE, cmd_policy_confirm },
	{ "policy withdraw", "[--reason TEXT]",
	  "drop the policy that waits, or take back an unconfirmed one",
	  "policy withdraw", ONLINE, cmd_policy_withdraw },
	{ "policy show", "[--pending]",
	  "the files of the policy in force, or of the one that waits",
	  "policy show", ONLINE, cmd_policy_show },
	{ "policy pending", "", "the policy that waits for people",
	  "policy pending", ONLINE, cmd_policy_pending },
	{ "policy history", "", "what was in force, since when, by whom",
	  "policy history", ONLINE, cmd_policy_history },
	{ "posture set", "COUNTRY strained|suspended --reason TEXT "
	  "[--until DATE|DURATION]",
	  "propose to take away from what may flow with a country",
	  "posture set XB strained --reason \"incident of 12 May\"",
	  ONLINE, cmd_posture_set },
	{ "posture lift", "COUNTRY [--reason TEXT]",
	  "propose to end the posture of a country",
	  "posture lift XB", ONLINE, cmd_posture_lift },
	{ "posture renew", "COUNTRY [--until DATE|DURATION] [--reason TEXT]",
	  "propose that a posture lasts longer, 30 days at most",
	  "posture renew XB --until 30d", ONLINE, cmd_posture_renew },
	{ "posture approve", "NUMBER [--reason TEXT]",
	  "agree to a proposal as the second person",
	  "posture approve 3", ONLINE, cmd_posture_approve },
	{ "posture withdraw", "NUMBER [--reason TEXT]", "drop a proposal",
	  "posture withdraw 3", ONLINE, cmd_posture_withdraw },
	{ "posture list", "", "postures in force and proposed",
	  "posture list", ONLINE, cmd_posture_list },
	{ "token add", "NAME --desk NAME [--read NAME[,NAME]] "
	  "[--write NAME[,NAME]] [--expires DURATION]",
	  "make a token with which a tool logs in to a front",
	  "token add siem --desk ops --read all --expires 90d",
	  ONLINE, cmd_token_add },
	{ "token list", "", "tokens, whose desk's they are, what they may do",
	  "token list", ONLINE, cmd_token_list },
	{ "token revoke", "NAME", "let a token log in no longer",
	  "token revoke siem", ONLINE, cmd_token_revoke },
	{ "circle list", "", "circles, who is in them, who counts",
	  "circle list", ONLINE, cmd_circle_list },
	{ "circle show", "NAME", "one circle: policy and signed document",
	  "circle show clean-net", ONLINE, cmd_circle_show },
	{ "circle propose", "NAME [--add ID[,ID]] [--remove ID[,ID]] "
	  "[--foci KIND[,KIND]] [--quorum N] [--out FILE]",
	  "write and sign the next version of a circle's document",
	  "circle propose clean-net --remove cert-xd --out clean-net.2",
	  ONLINE, cmd_circle_propose },
	{ "circle sign", "FILE", "sign a proposed version as a member",
	  "circle sign clean-net.2", ONLINE, cmd_circle_sign },
	{ "circle accept", "FILE|NAME",
	  "hold a version that enough members signed; members are sent it",
	  "circle accept clean-net.2", ONLINE, cmd_circle_accept },
	{ "status", "", "how the daemon, its store and its peers are",
	  "status", ONLINE, cmd_status },
	{ "peers", "[--graph]", "the same as peer list", "peers --graph",
	  ONLINE, cmd_peer_list },
	{ "peer list", "[--graph]", "every peer: state, lag, outcomes",
	  "peer list", ONLINE, cmd_peer_list },
	{ "peer show", "ID", "one peer: card, terms, state",
	  "peer show cert-xb", ONLINE, cmd_peer_show },
	{ "peer add", "CARD.json [--yes | --code CODE] [--check]",
	  "know a peer by its card, after comparing its code by telephone",
	  "peer add cert-xb.json", ONLINE, cmd_peer_add },
	{ "peer remove", "ID [--yes]", "forget a peer and end its session",
	  "peer remove cert-xb", ONLINE, cmd_peer_remove },
	{ "peer check", "ID", "test a peer step by step, say what to fix",
	  "peer check cert-xb", ONLINE, cmd_peer_check },
	{ "peer expect", "ID|CARD.json [--all]",
	  "what goes to a peer and what not, and what would change that",
	  "peer expect cert-xb", ONLINE, cmd_peer_expect },
	{ "publish", "[FILE|DIR|-]... [--desk NAME] [--format F] [--map M]",
	  "publish STIX, MISP events and feeds, CSV, lists; also .gz",
	  "publish indicators.jsonl.gz", ONLINE, cmd_publish },
	{ "inbox", "DIR [--once] [--desk NAME] [--format F]",
	  "publish every file that is put into a directory",
	  "inbox /srv/inbox", ONLINE, cmd_inbox },
	{ "sight", "ID [--count N] [--false-positive] [--note TEXT]",
	  "say that a record was seen here, or is wrong",
	  "sight indicator--26ffb872-1dd9-446e-b6f5-d58527e5b5d2 --count 3",
	  ONLINE, cmd_sight },
	{ "lookup", "VALUE [--limit N] [--desk NAME]",
	  "records about a domain, *.domain, address, network, URL, hash, id",
	  "lookup 198.51.100.7", ONLINE, cmd_lookup },
	{ "show", "ID [MODIFIED] [--desk NAME]", "one record, its label and its seal",
	  "show indicator--5a2e7d3c-0d4b-5f0e-9d6a-0c1b2a394857",
	  ONLINE, cmd_show },
	{ "why", "ID PEER", "why a record was, or was not, shared with a peer",
	  "why indicator--5a2e7d3c-0d4b-5f0e-9d6a-0c1b2a394857 cert-xd",
	  ONLINE, cmd_why },
	{ "label show", "ID [MODIFIED] [--form comity|acs|iep|misp]",
	  "a record's label as a marking others read",
	  "label show indicator--5a2e7d3c-0d4b-5f0e-9d6a-0c1b2a394857 "
	  "--form acs", ONLINE, cmd_label_show },
	{ "recall", "ID --reason TEXT [--yes]",
	  "withdraw a record from every peer that got it",
	  "recall indicator--5a2e7d3c-0d4b-5f0e-9d6a-0c1b2a394857 "
	  "--reason \"false positive\"", ONLINE, cmd_recall },
	{ "consult list", "",
	  "cases that wait for people, what members ask us, what we asked for",
	  "consult list", ONLINE, cmd_consult_list },
	{ "consult show", "N|qN",
	  "one case: the record, and what was said; or one question",
	  "consult show 12", ONLINE, cmd_consult_show },
	{ "consult open", "ID PEER",
	  "put a record that the policy asks about to people",
	  "consult open indicator--5a2e7d3c-0d4b-5f0e-9d6a-0c1b2a394857 "
	  "cert-xb", ONLINE, cmd_consult_open },
	{ "consult approve", "N|qN [--reason TEXT]",
	  "agree to a case; the quorum sends that record to those desks; or "
	  "tell another member that we agree to its case",
	  "consult approve 12 --reason \"asked by telephone\"",
	  ONLINE, cmd_consult_approve },
	{ "consult decline", "N|qN [--reason TEXT]",
	  "decline a case, which ends it, or a question",
	  "consult decline 12 --reason \"names a victim\"",
	  ONLINE, cmd_consult_decline },
	{ "consult history", "", "cases that are closed, the newest first",
	  "consult history", ONLINE, cmd_consult_history },
	{ "ask", "PEER ID [--desk NAME] [--reason TEXT]",
	  "ask a peer for a record that it keeps back; its people decide",
	  "ask cert-xb indicator--5a2e7d3c-0d4b-5f0e-9d6a-0c1b2a394857 "
	  "--reason \"named in a report\"", ONLINE, cmd_ask },
	{ "proof list", "", "what peers signed and may not have",
	  "proof list", ONLINE, cmd_proof_list },
	{ "proof show", "NAME", "the signed links and seal of one proof",
	  "proof show cert-xb/00", ONLINE, cmd_proof_show },
	{ "trust list", "", "the bands of every peer, and why",
	  "trust list", ONLINE, cmd_trust_list },
	{ "trust show", "PEER", "the scores of a peer and their reasons",
	  "trust show cert-xb", ONLINE, cmd_trust_show },
	{ "trust explain", "PEER", "the whole sum behind the scores of a peer",
	  "trust explain cert-xb", ONLINE, cmd_trust_explain },
	{ "trust history", "PEER [--plot] [--svg FILE]", "every item of evidence about a peer",
	  "trust history cert-xb", ONLINE, cmd_trust_history },
	{ "trust evidence", "[PEER]",
	  "all evidence, as a file for trust replay",
	  "trust evidence cert-xb", ONLINE, cmd_trust_evidence },
	{ "trust mine", "[PEER]",
	  "how peers score us, and from what evidence",
	  "trust mine cert-xb", ONLINE, cmd_trust_mine },
	{ "trust answer", "PEER KEY|all TEXT",
	  "say on the record what we have to say to how a peer scores us",
	  "trust answer cert-xb all \"we changed our sandbox\"", ONLINE,
	  cmd_trust_answer },
	{ "trust lift", "PEER --reason TEXT",
	  "end a hard gate before its time; it takes two people",
	  "trust lift cert-xb --reason \"the proof was of a test system\"",
	  ONLINE, cmd_trust_lift },
	{ "trust vouch", "PEER [--to PEER]... [--reason TEXT]",
	  "say that we stand in for a peer; it takes two people",
	  "trust vouch cert-xb --reason \"we run a joint exercise\"",
	  ONLINE, cmd_trust_vouch },
	{ "trust unvouch", "PEER [--to PEER]... [--reason TEXT]",
	  "say that we do so no longer",
	  "trust unvouch cert-xb", ONLINE, cmd_trust_unvouch },
	{ "trust refer", "PEER --to PEER... [--reason TEXT]",
	  "tell somebody what our evidence says about a peer",
	  "trust refer cert-xb --to cert-xc", ONLINE, cmd_trust_refer },
	{ "trust attest", "PEER --until DATE [--to PEER]... [--reason TEXT]",
	  "say that we looked at the wall of a peer; it takes two people",
	  "trust attest cert-xb --until 2027-06-30", ONLINE,
	  cmd_trust_attest },
	{ "trust hand-on", "FROM ABOUT --to PEER",
	  "hand on, as it is, what one CERT says of another",
	  "trust hand-on cert-xb cert-xc --to cert-xd", ONLINE,
	  cmd_trust_hand_on },
	{ "trust statements", "[PEER]",
	  "what CERTs say of one another, and where it counts",
	  "trust statements cert-xb", ONLINE, cmd_trust_statements },
	{ "trust what-if", "PEER KIND [N]",
	  "what more evidence would make of a score",
	  "trust what-if cert-xb false-positive 3", ONLINE,
	  cmd_trust_what_if },
	{ "trust replay", "FILE [--policy FILE]",
	  "scores from a file of evidence, without a daemon",
	  "trust replay evidence.jsonl", OFFLINE, cmd_trust_replay },
	{ "warning-list list", "", "the warning lists in force, and what is ours",
	  "warning-list list", ONLINE, cmd_warning_list },
	{ "warning-list check", "VALUE...",
	  "what values are on: warning lists, our constituency",
	  "warning-list check 198.51.100.7 https://www.example.org/", ONLINE,
	  cmd_warning_check },
	{ "records", "[--source own|ID] [--derived] [--since CURSOR] "
	  "[--limit N] [--desk NAME] [--ids]", "list what is stored, a line a record",
	  "records --source cert-xa", ONLINE, cmd_records },
	{ "export", "--format FORMAT [--desk NAME] [--use PURPOSE] "
	  "[--circle NAME] "
	  "[--kind KIND]... [--type TYPE]... [--tag TAG]... "
	  "[--confidence N] [--age DURATION] [--versions] [--name NAME] "
	  "[--output FILE [--watch]]",
	  "write what a desk may see as a file that its tools read",
	  "export --format rpz --desk ops --output /etc/bind/comity.rpz "
	  "--watch", ONLINE, cmd_export },
	{ "watch", "--desk NAME [--since CURSOR] [--use PURPOSE] "
	  "[--circle NAME] [--kind KIND]... [--type TYPE]... [--tag TAG]... "
	  "[--confidence N] [--age DURATION]",
	  "stream what becomes visible to a desk as JSON lines",
	  "watch --desk ops --kind botnet", ONLINE, cmd_watch },
	{ "backup", "PATH", "copy the store while it runs",
	  "backup /var/backups/comity.db", ONLINE, cmd_backup },
	{ "reload", "", "read configuration and policy again",
	  "reload", ONLINE, cmd_reload },
	{ "log tail", "[--limit N]", "the latest decisions",
	  "log tail --limit 20", ONLINE, cmd_log_tail },
	{ "version", "", "versions of this program and its libraries",
	  "version", OFFLINE, cmd_version },
	{ "help", "[COMMAND]", "what the commands do", "help peer add",
	  OFFLINE, cmd_help },
};

const size_t ncommands = NELEM(commands);

/* How many of argv the command's words are, or 0 if they are others. */
static int
command_match(const struct command *cmd, int argc, char **argv)
{
	const char *w = cmd->words;
	int n = 0;

	while (*w != '\0') {
		size_t len = strcspn(w, " ");

		if (n >= argc || strlen(argv[n]) != len ||
		    strncmp(argv[n], w, len) != 0)
			return 0;
		n++;
		w += len;
		w += strspn(w, " ");
	}
	return n;
}

const struct command *
command_find(int argc, char **argv, int *out_words)
{
	const struct command *best = NULL;
	int most = 0;

	for (size_t i = 0; i < ncommands; i++) {
		int n = command_match(&commands[i], argc, argv);

		if (n > most) {
			most = n;
			best = &commands[i];
		}
	}
	if (best != NULL)
		*out_words = most;
	return best;
}
