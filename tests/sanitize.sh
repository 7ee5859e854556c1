# sanitize.sh - how sanitizers are to behave; sourced, from the top directory.
ASAN_OPTIONS=detect_leaks=1:abort_on_error=0
# A tracer keeps the leak checker from working.
if grep -q '^TracerPid:[^0-9]*[1-9]' /proc/self/status 2>/dev/null; then
	ASAN_OPTIONS=detect_leaks=0
fi
# libarchive 3.6.2 leaks a little when it is out of memory.
LSAN_OPTIONS=suppressions=$PWD/tests/fault/lsan.supp:print_suppressions=0
export ASAN_OPTIONS LSAN_OPTIONS UBSAN_OPTIONS=print_stacktrace=1
