#!/bin/sh
#
# bench.sh - pressmark beside tar, zstd and squashfs: one table, one run.
#
#	BENCH_INPUT=FILE.tar[.zst]  what to pack (default: technews of
#	                            ../shared/data, else generated pages)
#	BENCH_PAGES=20000           generated pages
#	BENCH_QUICK=1               without zstd -19 and squashfs
#	RUNS=3                      runs of each; the table shows the median
#	BUILD=build  TMPDIR=/tmp
set -eu

cd "$(dirname "$0")/../.."
build=${BUILD:-build}
pages=${BENCH_PAGES:-20000}
input=${BENCH_INPUT:-}

for need in python3 zstd tar "$build/pressmark" "$build/generate"; do
	command -v "$need" >/dev/null || {
		echo "bench: $need is missing" >&2
		exit 3
	}
done

scratch=$(mktemp -d "${TMPDIR:-/tmp}/pressmark-bench.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM

shared=../shared/data/technews.tar.zst
if [ -z "$input" ] && [ -r "$shared" ]; then
	input=$shared
fi
"$build/generate" --pages "$pages" -o "$scratch/generated.tar"
if [ -z "$input" ]; then
	echo "bench: neither BENCH_INPUT nor $shared: only generated pages" >&2
	set -- "$scratch/generated.tar"
else
	[ -r "$input" ] || { echo "bench: cannot read $input" >&2; exit 3; }
	name=$(basename "$input")
	case $name in
	*.zst)
		name=${name%.zst}
		zstd -q -d --long=31 -f "$input" -o "$scratch/$name"
		;;
	*)
		cp "$input" "$scratch/$name"
		;;
	esac
	set -- "$scratch/$name" "$scratch/generated.tar"
fi

python3 tests/bench/bench.py "$build/pressmark" "$scratch" "$@"
