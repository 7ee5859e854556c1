#!/bin/sh
# optimize.sh PRESSMARK GENERATE - kill -9 an optimize at COUNT random moments.
# Each time the archive says what it said, for one who reads at once and for
# the next who writes; it verifies, restores every byte, and what the killed one
# left is gone.  COUNT; SEED; PAGES.
. "$(dirname "$0")/common"

make_pages "${PAGES:-1500}" "$work/pages.tar"
make_pages 200 "$work/more.tar" --seed 77
add "$work/first" "$work/pages.tar"
add "$work/first" "$work/more.tar"
told "$work/first" "$work/first.told"
"$pressmark" restore -q "$work/first" -o "$work/first.out" || fail "restore"
cp -r "$work/first" "$work/whole"
took=$("$tools/killed" 0 "$pressmark" optimize -q "$work/whole") ||
    fail "the undisturbed optimize"
clean "$work/whole" --deep
told "$work/whole" "$work/whole.told"
same_told "optimize" "$work/first.told" "$work/whole.told"

round=0
while [ "$round" -lt "${COUNT:-2}" ]; do
	random "$took"
	moment=$((drawn + 1))
	archive=$work/a
	cp -r "$work/first" "$archive"
	"$tools/killed" "$moment" "$pressmark" optimize -q "$archive"
	[ $? -le 1 ] || fail "optimize itself failed"
	told "$archive" "$work/told"
	same_told "read after kill at $moment ms of $took" \
	    "$work/first.told" "$work/told"
	# Whatever it was, it is ended or taken back now.
	add "$archive" "$work/more.tar"
	clean "$archive" --deep
	told "$archive" "$work/told"
	same_told "after kill at $moment ms of $took" "$work/first.told" \
	    "$work/told"
	grep -q 'rewrite\|drop' "$archive/HEAD" &&
	    fail "after kill at $moment ms: HEAD is not at rest"
	[ "$(ls "$archive/volumes" | wc -l)" -eq 1 ] ||
	    fail "after kill at $moment ms: volumes are left"
	"$pressmark" restore -q "$archive" -o "$work/out" ||
	    fail "restore after kill at $moment ms"
	same_trees "restored after kill at $moment ms" "$work/first.out" \
	    "$work/out"
	rm -rf "$archive" "$work/out"
	round=$((round + 1))
done
