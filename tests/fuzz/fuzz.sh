#!/bin/sh
# fuzz.sh needs - is there a clang that can fuzz?
# fuzz.sh BUILD SECONDS NAME... - run each driver so long, as many at once as
# there are processors; a line for each.  What is found lies in
# BUILD/found/NAME, what was learnt in BUILD/corpus/NAME, and the next run
# goes on from there.
set -u
. "$(dirname "$0")/../sanitize.sh"

if [ "$1" = needs ]; then
	try=$(mktemp -d) || exit 2
	trap 'rm -rf "$try"' EXIT
	echo 'int LLVMFuzzerTestOneInput(void); int LLVMFuzzerTestOneInput(void) { return 0; }' >"$try/a.c"
	if ! command -v clang >/dev/null; then
		echo 'fuzz: needs clang and its runtime (Debian: clang libclang-rt-14-dev, or of its version)' >&2
		exit 1
	fi
	clang -fsanitize=fuzzer,address,undefined -o "$try/a" "$try/a.c" 2>"$try/log" && exit
	major=$(clang -dumpversion | cut -d. -f1)
	echo "fuzz: clang cannot link a fuzzer; its runtime is missing (Debian: libclang-rt-$major-dev; Fedora: compiler-rt)" >&2
	sed 's/^/  /' "$try/log" | head -3 >&2
	exit 1
fi

build=$1
seconds=$2
shift 2

# The last of a number that libFuzzer prints.
last() {
	sed -n "s/.*$2 *\([0-9][0-9]*\).*/\1/p" "$1" | tail -1
}

if [ "${FUZZ_JOB:-}" != "" ]; then
	name=$FUZZ_JOB
	log=$build/found/$name.log
	mkdir -p "$build/corpus/$name" "$build/found/$name"
	folders=
	for folder in tests/fuzz/seeds/$name tests/fuzz/found/$name; do
		[ -d "$folder" ] && folders="$folders $folder"
	done
	# What was found before and is mended since is no finding.
	for file in "$build/found/$name"/*; do
		[ -f "$file" ] && "$build/fuzz/fuzz_$name" "$file" \
		    >/dev/null 2>&1 && rm "$file"
	done
	# shellcheck disable=SC2086
	"$build/fuzz/fuzz_$name" -max_total_time="$seconds" -timeout=20 \
	    -rss_limit_mb=2048 -print_final_stats=1 \
	    -artifact_prefix="$build/found/$name/" "$build/corpus/$name" \
	    $folders >"$log" 2>&1
	status=$?
	found=$(ls "$build/found/$name" | wc -l)
	[ "$status" -ne 0 ] && [ "$found" -eq 0 ] && found="status $status"
	printf '%-12s %8s %12s %8s %9s\n' "$name" "$seconds" \
	    "$(last "$log" 'number_of_executed_units:')" \
	    "$(last "$log" 'cov:')" "$found"
	exit 0
fi

printf '%-12s %8s %12s %8s %9s\n' driver seconds executions edges findings
mkdir -p "$build/found"
printf '%s\n' "$@" | FUZZ_JOB= xargs -P "$(getconf _NPROCESSORS_ONLN)" -I{} \
    env FUZZ_JOB={} sh "$0" "$build" "$seconds" {} | tee "$build/found/table"
if awk '$5 != 0 { found = 1 } END { exit !found }' "$build/found/table"; then
	echo "findings in $build/found: once mended, each belongs in tests/fuzz/found/NAME" >&2
	exit 1
fi
