#!/bin/sh
# readers.sh PRESSMARK GENERATE - readers while an add runs and after one was
# killed: each sees one state of the archive from its beginning to its end,
# verify finds it clean, and none writes.
# SEED; PAGES.
. "$(dirname "$0")/common"

make_pages "${PAGES:-4000}" "$work/pages.tar"
"$generate" --pages "${PAGES:-4000}" --seed $((seed + 1)) \
    -o "$work/more.tar" || fail "the generator failed"
archive=$work/archive
add "$archive" "$work/pages.tar"
"$pressmark" ls --json "$archive" >"$work/before" || fail "ls"
[ -s "$work/before" ] || fail "ls tells nothing"

# A listing that was begun before an add and goes on after it.
slow() {
	"$pressmark" ls --json "$archive" || echo "ls: status $?"
}
mkfifo "$work/pipe"
slow >"$work/pipe" 2>"$work/slow.err" &
exec 3<"$work/pipe"
head -c 1000 <&3 >"$work/slow"
add "$archive" "$work/more.tar" --memory 64M
cat <&3 >>"$work/slow"
exec 3<&-
wait $!
[ -s "$work/slow.err" ] && fail "ls during add: $(cat "$work/slow.err")"
same "ls during add" "$work/before" "$work/slow"
[ -s "$archive/catalog.db-wal" ] ||
	fail "the add moved its WAL under a reader"
clean "$archive"
add "$archive" "$work/more.tar"
[ -e "$archive/catalog.db-wal" ] && fail "a catalog.db-wal is left"
"$pressmark" ls --json "$archive" >"$work/after" || fail "ls"
[ "$(wc -l <"$work/before")" -lt "$(wc -l <"$work/after")" ] ||
    fail "the second add is not seen"

# A dead process leaves no lock: a reader that was killed in the middle holds up
# no writer, and a writer that was killed no other.
"$pressmark" ls --json "$archive" >"$work/pipe" 2>/dev/null &
reader=$!
exec 3<"$work/pipe"
head -c 1000 <&3 >/dev/null
kill -9 $reader
wait $reader
exec 3<&-
add "$archive" "$corpus"
[ -e "$archive/catalog.db-wal" ] && fail "a killed reader keeps the WAL"
"$pressmark" add -q "$archive" - <"$work/pipe" &
writer=$!
exec 3>"$work/pipe"
tries=0
until "$pressmark" add -q "$archive" "$corpus" >"$work/locked" 2>&1; [ $? -eq 3 ]
do
	tries=$((tries + 1))
	[ $tries -lt 500 ] || fail "the archive is not locked by an add"
	sleep 0.1
done
grep -q 'another process' "$work/locked" || fail "$(cat "$work/locked")"
clean "$archive"
kill -9 $writer
wait $writer
exec 3>&-
add "$archive" "$corpus"
clean "$archive" --deep

# verify and ls again and again while an add runs.
add "$work/busy" "$work/pages.tar" --memory 64M &
adding=$!
trap 'kill $adding 2>/dev/null; wait; rm -rf "$work"' EXIT
until [ -d "$work/busy/volumes" ]; do
	kill -0 $adding 2>/dev/null || fail "the add beside readers"
done
rounds=0 rows=0
while kill -0 $adding 2>/dev/null; do
	clean "$work/busy"
	clean "$work/busy" --quick
	clean "$work/busy" --deep --subset $((rounds % 3 + 1))/3 -j 2
	if [ -s "$work/busy/HEAD" ] && [ -e "$work/busy/catalog.db" ]; then
		"$pressmark" ls --json "$work/busy" >"$work/now" ||
		    fail "ls during add: status $?"
		[ "$(wc -l <"$work/now")" -ge $rows ] || fail "ls goes back"
		rows=$(wc -l <"$work/now")
	fi
	rounds=$((rounds + 1))
done
wait $adding || fail "the add beside readers: status $?"
[ $rounds -ge 3 ] || fail "only $rounds rounds during the add"
add "$work/busy" "$work/pages.tar"
told "$work/busy" "$work/busy.told"
add "$work/alone" "$work/pages.tar"
told "$work/alone" "$work/alone.told"
same_told "beside readers" "$work/alone.told" "$work/busy.told"

# After a kill.  As long as there is a WAL with something in it.
moment=200
until [ -s "$work/killed/catalog.db-wal" ]; do
	rm -rf "$work/killed"
	"$tools/killed" $moment "$pressmark" add -q "$work/killed" \
	    "$work/pages.tar" --memory 64M
	[ $? -eq 0 ] || fail "no WAL is left by any kill"
	moment=$((moment * 2))
done
find "$work/killed" -type f | sort >"$work/files"
"$pressmark" ls --json "$work/killed" >"$work/owner" || fail "ls after kill"
clean "$work/killed" --deep
find "$work/killed" -type f | sort >"$work/files.after"
same "readers left files" "$work/files" "$work/files.after"
rm -f "$work/killed/catalog.db-shm"
"$pressmark" ls --json "$work/killed" >"$work/without" || fail "ls without shm"
same "ls without shm" "$work/owner" "$work/without"
[ -e "$work/killed/catalog.db-shm" ] && fail "ls made a file"

# As somebody who may not write.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	chmod 711 "$work"
	cp "$pressmark" "$work/pressmark"
	setpriv --reuid=65534 --regid=65534 --clear-groups \
	    "$work/pressmark" ls --json "$work/killed" >"$work/other" ||
	    fail "ls by another user after kill: status $?"
	same "ls by another user" "$work/owner" "$work/other"
	setpriv --reuid=65534 --regid=65534 --clear-groups \
	    "$work/pressmark" verify -q "$work/killed" ||
	    fail "verify by another user after kill: status $?"
fi
add "$work/killed" "$work/pages.tar"
told "$work/killed" "$work/killed.told"
same_told "after the kill" "$work/alone.told" "$work/killed.told"
