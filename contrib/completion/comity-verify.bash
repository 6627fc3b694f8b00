# bash completion for comity-verify(1).

_comity_verify() {
	local cur=${COMP_WORDS[COMP_CWORD]}

	case ${COMP_WORDS[COMP_CWORD - 1]} in
	--policy | --compiled)
		COMPREPLY=()
		return ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W \
	    "-q --json --policy --compiled -h --help --version" -- "$cur")
	mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$cur")
}

complete -o filenames -F _comity_verify comity-verify
