#!/bin/sh
# verify.sh PRESSMARK GENERATE - how fast verify is beside zstd -t over the same
# volumes: plain bytes a second, the best of ROUNDS runs of each, in turns.
# PAGES (generated, default 40000), or INPUT: what to pack instead; JOBS (2).
set -u
LC_ALL=C
export LC_ALL
pressmark=$1 generate=$2
work=$(mktemp -d "${TMPDIR:-/tmp}/pressmark-bench.XXXXXX") || exit 2
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

if [ -z "${INPUT:-}" ]; then
	INPUT=$work/pages.tar
	"$generate" --pages "${PAGES:-40000}" --seed 1 -o "$INPUT" || exit 2
fi
# shellcheck disable=SC2086
"$pressmark" add -q "$work/a" $INPUT || exit 2
plain=$(zstd -dcq "$work"/a/volumes/*.zst | wc -c)

# run FILE COMMAND...: adds wall milliseconds and those of processors to FILE.
run() {
	file=$1
	shift
	begin=$(date +%s%N)
	("$@" >"$work/out" 2>&1 && times >"$work/times") ||
	    { cat "$work/out" >&2; exit 1; }
	end=$(date +%s%N)
	tail -1 "$work/times" | tr ms '  ' | awk -v wall=$((end - begin)) '{
	    print wall / 1e6, 1000 * (60 * $1 + $2 + 60 * $3 + $4) }' \
	    >>"$work/$file"
}

# row NAME FILE: the best run.
row() {
	sort -n "$work/$2" | head -1 | awk -v name="$1" -v plain="$plain" '{
	    printf "%-34s %8.0f ms %8.0f MB/s   %6.0f ms of processors\n",
	    name, $1, plain / $1 / 1000, $2 }'
}

i=0
while [ $i -lt "${ROUNDS:-5}" ]; do
	run zstd zstd -tq "$work"/a/volumes/*.zst
	run verify "$pressmark" verify -q -j "${JOBS:-2}" "$work/a"
	i=$((i + 1))
done
rm "$work/a/cache/catalog.sha256"
run fold "$pressmark" verify -q -j "${JOBS:-2}" "$work/a"
run deep "$pressmark" verify -q -j "${JOBS:-2}" --deep "$work/a"
echo "$plain plain bytes in frames of $(cat "$work"/a/volumes/*.zst | wc -c) bytes; -j ${JOBS:-2}"
row 'zstd -t' zstd
row 'verify' verify
row 'verify, the catalog from the log' fold
row 'verify --deep' deep
awk -v jobs="${JOBS:-2}" 'FNR == 1 { n++; best[n] = $1; cpu[n] = $2 }
    $1 < best[n] { best[n] = $1 } $2 < cpu[n] { cpu[n] = $2 }
    END { printf "verify is %.2f x zstd -t; on %d processors of its own " \
    "it would be up to %.2f x\n", best[1] / best[2], jobs,
    cpu[1] / (cpu[2] / jobs) }' "$work/zstd" "$work/verify"
