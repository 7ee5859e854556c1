#!/bin/sh
# faults.sh BUILD PAGES EVERY - all faults of tests/fault/README.md, as a table.
set -u
build=$1
failed=0

run() {
	"$@" >"$build/faults.log" 2>&1 || {
		failed=1
		grep -E 'ERROR|FAILED|Sanitizer' "$build/faults.log" >&2
	}
	grep '^| ' "$build/faults.log"
}

PM_FAULT_ALL=1
export PM_FAULT_ALL
run "$build/tests/fault/test_fault_mem"
run "$build/tests/fault/test_fault_calls"
PLACES=25 KINDS='EIO ENOSPC fsync rename' run sh tests/e2e/shim.sh \
	"$build/pressmark" "$build/generate"
PM_FAULT_PAGES=$2 PM_FAULT_BATCH=40 PM_FAULT_DRAWS=2 PM_FAULT_EVERY=$3 \
	run "$build/tests/fault/test_fault_disk"
exit $failed
