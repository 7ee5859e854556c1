#!/bin/sh
# hostile.sh PRESSMARK GENERATE - pages that are meant to do harm: bounded
# time and memory, and right answers.  PAGES; BYTES of a page.
. "$(dirname "$0")/common"

pages=${PAGES:-1000}
bytes=${BYTES:-3000000}

# field NAME: of the line that add printed.
field() {
	sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$work/said"
}

# harm KIND N: into an archive of its own, in several batches; says what it took.
harm() {
	rm -rf "$work/a"
	"$tools/hostile" "$1" "$2" >"$work/$1.tar" || fail "hostile $1"
	start=$(date +%s)
	add --memory 64M "$work/a" "$work/$1.tar"
	took=$(($(date +%s) - start))
	"$pressmark" add -q --json "$work/a" "$work/$1.tar" >"$work/again" ||
	    fail "$1: add again"
	"$pressmark" stats --json "$work/a" >"$work/said" 2>/dev/null ||
	    fail "$1: stats"
	grep -q "\"known\":$(field captures)," "$work/again" ||
	    fail "$1: not all known the second time"
	clean "$work/a"
	echo "hostile: $1 $2: $took s"
}

# is WHAT WANTED: a count of stats.
is() {
	[ "$(field "$1")" = "$2" ] || fail "$1: $(field "$1"), not $2"
}

harm text "$pages"
is captures "$pages"
is articles 1
is unique_articles 1

harm word "$pages"
is articles "$pages"
is unique_articles "$pages"

# Every page is near every other: it is related to the largest of each key, not
# to all, and belongs to one of them.
for kind in bands grow; do
	harm "$kind" "$pages"
	is articles "$pages"
	[ "$(field unique_articles)" -le 32 ] ||
	    fail "$kind: $(field unique_articles) clusters"
	near=$(sed 's/.*"relations":{[^}]*"near":\([0-9]*\).*/\1/' "$work/said")
	[ "$near" -ge $((pages - 32)) ] && [ "$near" -le $((pages * 300)) ] ||
	    fail "$kind: $near relations"
done

harm soup "$bytes"
is articles 1
harm page "$bytes"
is articles 1
"$pressmark" restore -q "$work/a" -o "$work/back" || fail restore
mkdir "$work/files"
tar -C "$work/files" -xf "$work/page.tar"
diff -r "$work/files" "$work/back" >/dev/null || fail "page: not restored"
