#!/bin/sh
# Command-line tests: run.sh [--bless] BINARY [NAME...]; see tests/README.md.
# PRESSMARK_TEST_SECONDS: time limit of one test (default 120).
set -u

here=$(cd "$(dirname "$0")" && pwd)
bless=no
if [ "${1:-}" = --bless ]; then
	bless=yes
	shift
fi
if [ $# -lt 1 ] || { [ $bless = yes ] && [ $# -lt 2 ]; }; then
	echo "usage: run.sh [--bless] BINARY [NAME...]" >&2
	exit 2
fi
PRESSMARK=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
shift
if [ ! -x "$PRESSMARK" ]; then
	echo "run.sh: $PRESSMARK is no program" >&2
	exit 2
fi
CORPUS=$(cd "$here/../../corpus" && pwd)
LIB=$here/lib.sh
export PRESSMARK CORPUS LIB
LC_ALL=C TZ=UTC
export LC_ALL TZ
umask 022
unset no_proxy http_proxy https_proxy 2>/dev/null

base=$(mktemp -d "${TMPDIR:-/tmp}/pressmark-cli.XXXXXX") || exit 2
# A test may try things as another user.
chmod 711 "$base"
trap 'chmod -R u+rwx "$base" 2>/dev/null; rm -rf "$base"' EXIT
trap 'exit 130' INT TERM

if [ $# -eq 0 ]; then
	for script in "$here"/*.sh; do
		name=$(basename "$script" .sh)
		case $name in run | lib) continue ;; esac
		set -- "$@" "$name"
	done
fi

limit=${PRESSMARK_TEST_SECONDS:-120}
timeout=
command -v timeout >/dev/null 2>&1 && timeout="timeout $limit"

# compare NAME EXPECTED GOT: 0 when equal, else says so.
compare() {
	cmp -s "$2" "$3" && return 0
	echo "FAIL $1: $4 is not as expected ($4: - expected, + got)"
	diff -u "$2" "$3" | sed -n '3,60p'
	return 1
}

passed=0 failed=0 skipped=0
for name in "$@"; do
	script=$here/$name.sh
	if [ ! -f "$script" ]; then
		echo "FAIL $name: there is no $script"
		failed=$((failed + 1))
		continue
	fi
	work=$base/$name
	mkdir -p "$work/here" "$work/tmp"
	(
		cd "$work/here" || exit 99
		TMPDIR=$work/tmp
		export TMPDIR
		exec $timeout sh "$script" >"$work/out" 2>"$work/err" </dev/null
	)
	status=$?
	if [ $status -eq 77 ]; then
		echo "skip $name: $(cat "$work/err")"
		skipped=$((skipped + 1))
	elif [ $bless = yes ]; then
		cp "$work/out" "$here/$name.out"
		rm -f "$here/$name.exit"
		[ $status -ne 0 ] && echo $status >"$here/$name.exit"
		[ -s "$work/err" ] && cp "$work/err" "$here/$name.err"
		[ -s "$work/err" ] || rm -f "$here/$name.err"
		echo "blessed $name (status $status): now read it"
	else
		good=yes
		want=0
		[ -f "$here/$name.exit" ] && want=$(cat "$here/$name.exit")
		if [ "$status" != "$want" ]; then
			echo "FAIL $name: exit status $status, expected $want"
			sed -n '1,20s/^/  stderr: /p' "$work/err"
			good=no
		fi
		touch "$work/none"
		expected=$here/$name.out
		[ -f "$expected" ] || expected=$work/none
		compare "$name" "$expected" "$work/out" output || good=no
		if [ -f "$here/$name.err" ]; then
			compare "$name" "$here/$name.err" "$work/err" \
			    "standard error" || good=no
		fi
		if [ $good = yes ]; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
		fi
	fi
	chmod -R u+rwx "$work" 2>/dev/null
	rm -rf "$work"
done
[ $bless = yes ] && exit 0
[ $skipped -gt 0 ] && echo "$skipped skipped"
echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
