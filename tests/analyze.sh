#!/bin/sh
# Static analysis: cppcheck, clang-tidy and gcc's -fanalyzer must find nothing.
# Exceptions stand here, each with its reason, and nowhere else.
# usage: tests/analyze.sh BUILD   (make analyze)
set -eu
BUILD=$1
MODULES=$2
export MODULES
mkdir -p "$BUILD"
rc=0

# internalAstError: this cppcheck cannot parse `c ? (struct s){ 0 } : f()`.
# arrayIndexThenCheck: wants `i < n` before any a[i] of the same condition,
#   also where another term has settled it.
# unknownEvaluationOrder: takes .n of a compound literal for the n of a[n++].
# autoVariables: a progress context that lives as long as the call it is for.
exceptions="internalAstError arrayIndexThenCheck unknownEvaluationOrder
	autoVariables missingIncludeSystem"

echo "cppcheck $(cppcheck --version | cut -d' ' -f2)"
set --
for name in $exceptions; do
	set -- "$@" "--suppress=$name"
done
cppcheck -j "$(nproc)" --quiet --std=c11 --error-exitcode=1 \
    --enable=warning,performance,portability -D__SSE2__ -Iinclude -Isrc \
    "$@" src || rc=1

# Off: easily-swappable-parameters, narrowing-conversions (gcc's -Wconversion
#   is on), reserved-identifier (feature test macros), assignment-in-if-condition
#   and implicit-widening (the idiom of this code: rc = ... in conditions; sizes
#   widen on purpose), DeprecatedOrUnsafeBufferHandling (wants memcpy_s).
checks='-*,clang-analyzer-*,bugprone-*,performance-*,portability-*'
checks="$checks,misc-redundant-expression,misc-misplaced-const"
for off in easily-swappable-parameters narrowing-conversions \
    reserved-identifier assignment-in-if-condition \
    implicit-widening-of-multiplication-result; do
	checks="$checks,-bugprone-$off"
done
checks="$checks,-clang-analyzer-security.insecureAPI"
checks="$checks.DeprecatedOrUnsafeBufferHandling"

clang-tidy --version | sed -n 's/.*\(LLVM version\)/clang-tidy, \1/p'
# Not generated tables, nor files of one instruction set.
ls src/*/*.c | grep -v '_table\.c\|_avx2\.c\|_avx512\.c\|_neon\.c' |
    xargs -P "$(nproc)" -n 8 sh -c 'clang-tidy --quiet \
    --warnings-as-errors="*" "--checks=$0" "$@" -- -std=c17 -D_GNU_SOURCE \
    -Iinclude -Isrc $MODULES 2>/dev/null' "$checks" || rc=1

# -Wno-analyzer-malloc-leak: ownership that passes through a callback's context
#   or a list of our own is lost to it; LeakSanitizer watches every test.
# -Wno-analyzer-use-of-uninitialized-value: *out of a function that failed.
echo "gcc -fanalyzer, $(gcc -dumpfullversion)"
make -s -j "$(nproc)" BUILD="$BUILD/analyzer" WERROR=1 CFLAGS="-O1 -fanalyzer \
    -Wno-analyzer-malloc-leak -Wno-analyzer-use-of-uninitialized-value" \
    lib-objects || rc=1
test $rc = 0 && echo "analysis: clean"
exit $rc
