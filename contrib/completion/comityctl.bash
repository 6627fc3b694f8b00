# bash completion for comityctl(1).  A test compares the commands below with
# the table in daemon/ctl/commands.c.

_comityctl_commands="init
key show
key generate
card show
card sign
card countersign
config check
policy check
policy test
policy prove
policy diff
policy simulate
policy shadow
policy explain
policy expect
policy apply
policy approve
policy confirm
policy withdraw
policy show
policy pending
policy history
posture set
posture lift
posture renew
posture approve
posture withdraw
posture list
token add
token list
token revoke
circle list
circle show
circle propose
circle sign
circle accept
status
peers
peer list
peer show
peer add
peer remove
peer check
peer expect
publish
inbox
sight
lookup
show
why
label show
recall
consult list
consult show
consult open
consult approve
consult decline
consult history
ask
proof list
proof show
trust list
trust show
trust explain
trust history
trust evidence
trust mine
trust answer
trust lift
trust vouch
trust unvouch
trust refer
trust attest
trust hand-on
trust statements
trust what-if
trust replay
warning-list list
warning-list check
records
export
watch
backup
reload
log tail
version
help"

# The words that may come next after the words of a command so far.
_comityctl_next() {
	local so_far=$1 line rest

	while IFS= read -r line; do
		case "$line " in
		"$so_far"*)
			rest=${line#"$so_far"}
			[ "$rest" = "$line" ] && [ -n "$so_far" ] && continue
			printf '%s\n' "${rest%% *}" ;;
		esac
	done <<<"$_comityctl_commands" | sort -u
}

# The ids of the peers, if the daemon answers at once.
_comityctl_peers() {
	local ctl=("$@")

	timeout 1 "${ctl[@]}" peer list 2>/dev/null |
	    awk 'NR > 1 && $2 ~ /^[a-z]+$/ { print $1 }'
}

_comityctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} i command="" options=""
	local ctl=("${COMP_WORDS[0]}")

	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		-C) ctl+=(-C "${COMP_WORDS[i + 1]}"); i=$((i + 1)) ;;
		--as) i=$((i + 1)) ;;
		-*) ;;
		*) command+="${COMP_WORDS[i]} " ;;
		esac
	done
	if [ "${COMP_WORDS[COMP_CWORD - 1]}" = -C ]; then
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return
	fi
	case $command in
	"init ") options="--cert-id --name --country --listen --desk --days" ;;
	"key generate "*) options="identity tls tls-next operator --replace" ;;
	"card sign ") options="--name --country --listen --desk --days" ;;
	"card countersign "*) options="--out --reason --yes" ;;
	"policy test "*) options="--verbose" ;;
	"policy apply "*) options="--confirm --reason" ;;
	"policy approve "* | "policy confirm "* | "policy withdraw "*)
		options="--reason" ;;
	"posture set "*) options="strained suspended --reason --until" ;;
	"posture renew "*) options="--until --reason" ;;
	"posture lift "* | "posture approve "* | "posture withdraw "*)
		options="--reason" ;;
	"policy expect "*)
		options="--policy --desk --peer --summary --ids" ;;
	"peer add "*) options="--yes --code --check" ;;
	"peer expect "*) options="--all $(_comityctl_peers "${ctl[@]}")" ;;
	"peer remove "*) options="--yes $(_comityctl_peers "${ctl[@]}")" ;;
	"peer show "* | "peer check "* | "why "*)
		options=$(_comityctl_peers "${ctl[@]}") ;;
	"publish "*) options="--desk" ;;
	"trust vouch "* | "trust unvouch "* | "trust refer "*)
		options="--to --reason $(_comityctl_peers "${ctl[@]}")" ;;
	"trust attest "*)
		options="--until --to --reason
		    $(_comityctl_peers "${ctl[@]}")" ;;
	"trust hand-on "*)
		options="--to $(_comityctl_peers "${ctl[@]}")" ;;
	"trust statements "*) options=$(_comityctl_peers "${ctl[@]}") ;;
	"lookup "* | "log tail "*) options="--limit" ;;
	"recall "*) options="--reason --yes" ;;
	"records "*)
		options="--source --derived --since --limit --ids" ;;
	"export "*)
		options="--format --desk --use --circle --kind --type --tag
		    --confidence --age --versions --name --output --watch
		    stix jsonl misp csv list rpz hosts nftables suricata
		    suricata-domains suricata-ips suricata-md5
		    suricata-sha256 zeek" ;;
	"watch "*)
		options="--desk --since --use --circle --kind --type --tag
		    --confidence --age" ;;
	*) options="$(_comityctl_next "$command")" ;;
	esac
	[ -n "$command" ] || options+=" -C --json --as -h"
	mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
	case $command in
	"publish "* | "policy "*" "* | "card "*" "* | "peer add "* | \
	"peer expect "* | "backup "* | "init "* | "export "*)
		mapfile -t -O ${#COMPREPLY[@]} COMPREPLY \
		    < <(compgen -f -- "$cur") ;;
	esac
}

complete -o filenames -F _comityctl comityctl
