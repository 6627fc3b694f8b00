# Debian packages, for contrib/check and contrib/quickstart: to be sourced.

# What it takes to build.
BUILD_PACKAGES="gcc libc6-dev meson ninja-build pkg-config libevent-dev
libssl-dev libjansson-dev libyaml-dev libsqlite3-dev libroaring-dev
libsystemd-dev libseccomp-dev libidn2-dev libcurl4-openssl-dev
zlib1g-dev"

# What the tests need besides.
TEST_PACKAGES="libcmocka-dev clang libclang-rt-14-dev python3 mandoc
universal-ctags jq openssl iproute2 bind9-utils nftables curl python3-h11"

# Is this package installed?
package_installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = \
	    installed ]
}

# need_packages NAME...: install what is missing, or say what to install.
# Nothing is asked and nothing is fetched when nothing is missing.
need_packages() {
	local name missing=""

	if ! command -v dpkg-query >/dev/null; then
		echo "this is not Debian; these packages are needed:" "$@" >&2
		return 0
	fi
	for name in "$@"; do
		package_installed "$name" || missing="$missing $name"
	done
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		echo "these packages are missing; as root run:" >&2
		echo "  apt-get install --no-install-recommends$missing" >&2
		return 1
	fi
	echo "installing$missing"
	export DEBIAN_FRONTEND=noninteractive
	apt-get -q update >/dev/null || echo "apt-get update failed" >&2
	# shellcheck disable=SC2086 # a list of names
	if ! apt-get -q -y install --no-install-recommends $missing \
	    >"${TMPDIR:-/tmp}/comity-apt.$$" 2>&1; then
		tail -n 20 "${TMPDIR:-/tmp}/comity-apt.$$" >&2
		rm -f "${TMPDIR:-/tmp}/comity-apt.$$"
		return 1
	fi
	rm -f "${TMPDIR:-/tmp}/comity-apt.$$"
}
