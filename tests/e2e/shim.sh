#!/bin/sh
# shim.sh PRESSMARK GENERATE - the command with a library before it that makes
# the nth request for memory of the whole process fail (zstd, SQLite, ICU and
# the others too), or the nth file call, SQLite's too: it ends with a status
# and a word of why, and the archive verifies and takes the same command again.
# PLACES: so many of each command and kind; KINDS, as in calls.h; SEED.
. "$(dirname "$0")/common"

shim=$tools/fault/shim.so
[ -e "$shim" ] || { echo "skip shim: no $shim"; exit 0; }
# The one and the other want to be the first in the process.
ldd "$pressmark" | grep -q libasan &&
    { echo 'skip shim: not with AddressSanitizer; see make faults'; exit 0; }
[ -n "${PM_COVER:-}" ] &&
    { echo 'skip shim: what counts fails like the rest'; exit 0; }
places=${PLACES:-1}
make_pages "${PAGES:-40}" "$work/pages.tar"
make_pages 20 "$work/first.tar"
add "$work/first" "$work/first.tar"
add "$work/whole" "$work/pages.tar"
cp -R "$work/first" "$work/second"
add "$work/second" "$work/pages.tar"
told "$work/second" "$work/told.second"
told "$work/whole" "$work/told.whole"
# A process that is out of memory may leave some behind.
ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0:exitcode=99:detect_leaks=0
export ASAN_OPTIONS

# shimmed VARIABLES -- COMMAND: status in $status, counts in $requests, $calls,
# $failed.
shimmed() {
	rm -f "$work/count"
	env "LD_PRELOAD=$shim" "SHIM_COUNT=$work/count" "SHIM_UNDER=$work/x" \
	    "$@" >"$work/said" 2>"$work/error"
	status=$?
	requests=0 calls=0 failed=0
	[ -s "$work/count" ] && read -r requests calls failed <"$work/count"
}

# The archive a command works on, as it was.
stage() {
	rm -rf "$work/x"
	case $verb in
	add) ;;
	'add again') cp -R "$work/first" "$work/x" ;;
	*) cp -R "$work/whole" "$work/x" ;;
	esac
}

run() {
	case $verb in
	add*) shimmed "$@" "$pressmark" add -q "$work/x" "$work/pages.tar" ;;
	ls) shimmed "$@" "$pressmark" ls --json "$work/x" ;;
	extract) shimmed "$@" "$pressmark" extract -q "$work/x" -o - ;;
	*) shimmed "$@" "$pressmark" "$verb" -q "$work/x" ;;
	esac
}

# After a failure: nothing is lost, and the command can be had again.
holds() {
	case $verb in
	add*)
		[ ! -e "$work/x/HEAD" ] || clean "$work/x"
		add "$work/x" "$work/pages.tar"
		told "$work/x" "$work/told"
		if [ "$verb" = add ]; then
			same_told "$1" "$work/told.whole" "$work/told" "$any"
		else
			same_told "$1" "$work/told.second" "$work/told" "$any"
		fi ;;
	reindex)
		"$pressmark" reindex -q "$work/x" || fail "$1: reindex again"
		clean "$work/x" ;;
	*) clean "$work/x" ;;
	esac
}
any='s/"source":"[^"]*"/"source":""/'

try() {
	what="$verb, $*"
	stage
	run "$@"
	tried=$((tried + 1))
	case $status in
	0)
		case $verb in
		ls | extract) same "$what" "$work/expected" "$work/said" ;;
		add*) clean "$work/x"; holds "$what" ;;
		esac ;;
	[1-9])
		[ -s "$work/error" ] || [ -s "$work/said" ] ||
		    fail "$what: status $status, and no word"
		broken=$((broken + 1))
		holds "$what" ;;
	*)
		head -30 "$work/error" >&2
		fail "$what: status $status" ;;
	esac
}

for verb in add 'add again' ls extract verify reindex; do
	stage
	run A=A
	[ "$status" = 0 ] || fail "$verb, undisturbed: $(head -3 "$work/error")"
	cp "$work/said" "$work/expected"
	all=$requests
	tried=0 broken=0 i=0
	while [ "$i" -lt "$places" ]; do
		random "$all"
		try "SHIM_MALLOC=$((drawn + 1))"
		try "SHIM_MALLOC=$((drawn + 1))" SHIM_ON=1
		i=$((i + 1))
	done
	echo "| $verb | memory of the process | $tried | $broken |"
	for kind in ${KINDS:-EIO}; do
		stage
		run "SHIM_KIND=$kind"
		all=$calls
		tried=0 broken=0 i=0
		while [ "$i" -lt "$places" ] && [ "$all" -gt 0 ]; do
			random "$all"
			try "SHIM_KIND=$kind" "SHIM_CALL=$((drawn + 1))"
			try "SHIM_KIND=$kind" "SHIM_CALL=$((drawn + 1))" \
			    SHIM_ON=1
			i=$((i + 1))
		done
		[ "$all" -gt 0 ] && echo "| $verb | $kind | $tried | $broken |"
	done
done
exit 0
