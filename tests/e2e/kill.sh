#!/bin/sh
# kill.sh PRESSMARK GENERATE - kill -9 an add at COUNT random moments.  Each
# time the archive verifies, what it holds is a first part of the input, byte
# for byte, and the same command ends as if nothing had happened.
# COUNT; SEED; PAGES; EARLY: kills in the first 20 ms.
. "$(dirname "$0")/common"

make_pages "${PAGES:-6000}" "$work/pages.tar"
mkdir "$work/files"
tar -C "$work/files" -xf "$work/pages.tar"
tar -tf "$work/pages.tar" | grep -v '/$' >"$work/order"

run() {
	"$tools/killed" "$1" "$pressmark" add -q "$2" "$work/pages.tar" \
	    --memory 64M
}

took=$(run 0 "$work/whole") || fail "the undisturbed add"
told "$work/whole" "$work/whole.told"
clean "$work/whole"

# The files of DIR are the first of the input, each as it was.
is_first_part() {
	rm -rf "$work/out"
	"$pressmark" restore -q "$1" -o "$work/out" ||
	    fail "restore after kill at $2 ms: status $?"
	(cd "$work/out" && find . -type f) 2>/dev/null | sed 's|^\./||' |
	    sort >"$work/have"
	n=$(wc -l <"$work/have")
	head -n "$n" "$work/order" | sort >"$work/first"
	same "kill at $2 ms: not a first part of the input" "$work/first" \
	    "$work/have"
	# The other way round there is more.
	[ "$n" -eq 0 ] && return
	diff -r "$work/out" "$work/files" | grep -v "^Only in $work/files" \
	    >"$work/differ"
	[ -s "$work/differ" ] && fail "kill at $2 ms: other bytes:" \
	    "$(head -3 "$work/differ")"
	(cd "$work/out" && "$tools/listing" .) | sort >"$work/tree.a"
	(cd "$work/files" && "$tools/listing" .) | sort >"$work/tree.b"
	comm -23 "$work/tree.a" "$work/tree.b" >"$work/differ"
	[ -s "$work/differ" ] && fail "kill at $2 ms: other times or modes:" \
	    "$(head -3 "$work/differ")"
	return 0
}

# After a kill at $2 ms: all that must hold of archive $1.
survives() {
	if [ -d "$1" ]; then
		clean "$1"
		clean "$1" --quick
	fi
	if [ -f "$1/catalog.db" ]; then
		is_first_part "$1" "$2"
	fi
	add "$1" "$work/pages.tar" --memory 64M
	clean "$1" --deep
	told "$1" "$work/told"
	same_told "after kill at $2 ms of $took" "$work/whole.told" \
	    "$work/told"
	[ -e "$1/catalog.db-wal" ] && fail "a catalog.db-wal is left"
	return 0
}

round=0
while [ "$round" -lt "${COUNT:-2}" ]; do
	random "$took"
	moment=$((drawn + 1))
	archive=$work/a$round
	run "$moment" "$archive"
	[ $? -le 1 ] || fail "add itself failed"
	# Now and then twice, so that it dies while it catches up.
	if [ $((round % 2)) -eq 1 ]; then
		random 300
		run $((drawn + 1)) "$archive"
		moment="$moment and $((drawn + 1))"
	fi
	survives "$archive" "$moment"
	rm -rf "$archive"
	round=$((round + 1))
done

# Right at the start, with little to add so that going on is quick.
"$generate" --pages 50 --seed "$seed" -o "$work/pages.tar" || fail "generator"
rm -rf "$work/files" "$work/whole" "$work/whole.told"
mkdir "$work/files"
tar -C "$work/files" -xf "$work/pages.tar"
tar -tf "$work/pages.tar" | grep -v '/$' >"$work/order"
took=$(run 0 "$work/whole") || fail "the undisturbed add"
told "$work/whole" "$work/whole.told"
round=0
while [ "$round" -lt "${EARLY:-10}" ]; do
	run $((round * 20 / ${EARLY:-10} + 1)) "$work/b$round"
	survives "$work/b$round" "$((round * 20 / ${EARLY:-10} + 1)) (early)"
	rm -rf "$work/b$round"
	round=$((round + 1))
done
