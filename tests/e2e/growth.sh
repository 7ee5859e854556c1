#!/bin/sh
# growth.sh PRESSMARK GENERATE - adding little to much costs little.  Prints
# times and judges none.  SEED; PAGES.
. "$(dirname "$0")/common"

pages=${PAGES:-2000}
more=$((pages / 10))
make_pages "$pages" "$work/pages.tar"
make_pages $((pages + more)) "$work/all.tar"
mkdir "$work/files"
tar -C "$work/files" -xf "$work/all.tar"
tar -tf "$work/all.tar" | tail -n "$more" >"$work/new"
first=$("$tools/killed" 0 "$pressmark" add -q "$work/a" "$work/pages.tar") ||
    fail "add"
second=$(cd "$work/files" &&
    "$tools/killed" 0 "$pressmark" add -q "$work/a" @../new) || fail "add"
again=$("$tools/killed" 0 "$pressmark" add -q "$work/a" "$work/pages.tar") ||
    fail "add"
clean "$work/a"
echo "growth: $pages pages in $first ms, then $more in $second ms;" \
    "the $pages again, all known, in $again ms"
