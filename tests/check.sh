#!/bin/sh
# check.sh BUILD [unit] - run every test there is; one line for each, for one
# that fails what it printed, and what was skipped within one that passes; at
# the end "N passed, N failed".
set -u
build=$1
only=${2:-all}
logs=$build/logs
mkdir -p "$logs"
. "$(dirname "$0")/sanitize.sh"

# A job is a name and a command.
one() {
	name=$1
	shift
	if "$@" >"$logs/$name.log" 2>&1; then
		echo ok >"$logs/$name.ok"
		echo "  ok    $name"
		sed -n '/^skip /s/^/  /p; s/^\[  SKIPPED \] \(test_\)/  skip \1/p' \
		    "$logs/$name.log" | sort -u
	else
		echo "  FAIL  $name"
		sed 's/^/        /' "$logs/$name.log" | tail -60
	fi
}

if [ "${CHECK_JOB:-}" != "" ]; then
	case $CHECK_JOB in
	*.sh)
		name=$(basename "$(dirname "$CHECK_JOB")")-$(basename "$CHECK_JOB" .sh)
		case $name in
		cli-run | golden-run) one "$name" sh "$CHECK_JOB" "$build/pressmark" ;;
		*) one "$name" sh "$CHECK_JOB" "$build/pressmark" "$build/generate" ;;
		esac ;;
	*/fuzz_*)
		name=$(basename "$CHECK_JOB")
		set --
		for folder in tests/fuzz/seeds/"${name#fuzz_}" \
		    tests/fuzz/found/"${name#fuzz_}"; do
			[ -d "$folder" ] && set -- "$@" "$folder"
		done
		one "$name" "$CHECK_JOB" "$@" ;;
	*) one "$(basename "$(dirname "$CHECK_JOB")")-$(basename "$CHECK_JOB")" \
		"$CHECK_JOB" ;;
	esac
	exit 0
fi

rm -f "$logs"/*
jobs=$(for t in tests/prop/test_*.c tests/fault/test_*.c tests/unit/test_*.c \
    tests/fuzz/fuzz_*.c; do
	[ -e "$t" ] && echo "$build/${t%.c}"
done)
if [ "$only" = all ]; then
	jobs="$(ls tests/e2e/*.sh tests/cli/run.sh \
	    tests/golden/run.sh 2>/dev/null) $jobs"
fi
total=$(echo $jobs | wc -w)
echo $jobs | tr ' ' '\n' | CHECK_JOB= xargs -P "$(getconf _NPROCESSORS_ONLN)" -I{} \
	env CHECK_JOB={} sh "$0" "$build" "$only"
passed=$(ls "$logs" | grep -c '\.ok$')
failed=$((total - passed))
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
