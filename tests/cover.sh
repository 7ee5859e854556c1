#!/bin/sh
# cover.sh BUILD - run all tests with what was built to count, and say which
# lines and branches of src/ ran: in all, by directory, the worst files.  What
# fails under it is named, and counts no less.  COVER_RUN= only reports.
set -u
build=$1
PM_COVER=$PWD/$build
export PM_COVER

if [ "${COVER_RUN-all}" != "" ]; then
	find "$build" -name '*.gcda' -exec rm -f {} +
	PRESSMARK_TEST_SECONDS=${PRESSMARK_TEST_SECONDS:-600} \
	    sh tests/check.sh "$build" "${COVER_RUN-all}"
fi

# Left out: tables made by programs, and code for processors that are not
# these; of branches those that gcc makes where no source is.  Nothing else:
# not asserts, not memory that runs out, no marks in the source.
set -- --exclude 'src/text/(dates_table|language_table)\.c' \
    --exclude 'src/text/fold_table\.h' --exclude-unreachable-branches \
    --exclude-throw-branches --no-markers
case $(uname -m) in
x86_64)
	set -- "$@" --exclude 'src/.*_neon\.c'
	grep -q avx512bw /proc/cpuinfo || set -- "$@" --exclude 'src/.*_avx512\.c'
	grep -q avx2 /proc/cpuinfo || set -- "$@" --exclude 'src/.*_avx2\.c' ;;
*)
	set -- "$@" --exclude 'src/.*_avx(2|512)\.c' ;;
esac
gcovr --root . --filter 'src/' --filter 'include/' "$@" \
    --exclude-directories "$build/tests/(unit|prop|fuzz|e2e|tools|bench)" \
    -j "$(getconf _NPROCESSORS_ONLN)" --json-summary "$build/cover.json" \
    --html-details "$build/cover.html" "$build" || exit 1
python3 - "$build/cover.json" <<'end'
import json
import os
import sys

KEYS = ("line_covered", "line_total", "branch_covered", "branch_total")
files = {f["filename"]: [f[k] for k in KEYS]
         for f in json.load(open(sys.argv[1]))["files"]}


def row(name, n):
    part = [100.0 * a / b if b else 100.0 for a, b in (n[:2], n[2:])]
    print(f"{name:<36} {n[0]:>6}/{n[1]:<6} {part[0]:5.1f} % "
          f"{n[2]:>6}/{n[3]:<6} {part[1]:5.1f} %")


def total(rows):
    return [sum(n) for n in zip(*rows)]


print(f"{'':<36} {'lines':>19}   {'branches':>17}")
for where in sorted({os.path.dirname(f) for f in files}):
    row(where, total(n for f, n in files.items() if os.path.dirname(f) == where))
print("most that never ran:")
worst = sorted(files, key=lambda f: files[f][0] - files[f][1] +
               files[f][2] - files[f][3])
for f in worst[:20]:
    row("  " + f, files[f])
row("total", total(files.values()))
end
