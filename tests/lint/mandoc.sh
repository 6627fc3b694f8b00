#!/bin/sh
# Every manual page is good mdoc.
cd "$(dirname "$0")/../../man" || exit 1
command -v mandoc >/dev/null || { echo "skipped: no mandoc"; exit 77; }
set -- *.[1-8]
[ -e "$1" ] || { echo "skipped: no manual pages"; exit 77; }
exec mandoc -Tlint -Wwarning "$@"
