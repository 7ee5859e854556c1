#!/bin/sh
# flip.sh PRESSMARK GENERATE - every flipped bit is found: of an archive with
# an open volume, and of one with a sealed volume before it.
# COUNT places each under volumes/ and in catalog.db; SEED; PAGES.
. "$(dirname "$0")/common"

make_pages "${PAGES:-200}" "$work/pages.tar"
add "$work/open" "$work/pages.tar"
add "$work/open" "$corpus"
cp -R "$work/open" "$work/sealed"
"$tools/flip" "$work/open" "${COUNT:-40}" "$seed" ||
    fail "flipped bits in an archive with an open volume"

"$tools/seal" "$work/sealed" || fail "cannot seal"
clean "$work/sealed"
"$generate" --pages 60 --seed 99 -o "$work/more.tar" || fail "generator"
add "$work/sealed" "$work/more.tar"
"$tools/flip" "$work/sealed" "${COUNT:-40}" "$seed" ||
    fail "flipped bits in an archive with a sealed volume"
