#!/bin/sh
# cascade.sh PRESSMARK GENERATE - generated pages, a quarter with words before
# the lead, a quarter with their own headline and without the lead: teasers
# are joined by lead and by title, rightly, and the same in any order, over
# any number of adds, and after reindex.  SEED; PAGES.
. "$(dirname "$0")/common"

"$generate" --pages "${PAGES:-800}" --seed "$seed" -o "$work/pages.tar" \
    --truth "$work" || fail "the generator failed"
mkdir "$work/files"
tar -C "$work/files" -xf "$work/pages.tar"
cd "$work/files" || exit 2

# path, what to do with it, title; by the article it is a copy of.
awk -F'\t' 'NR > 1 {
	key = $4 == "-" ? $2 : $4
	print $1 "\t" substr(key, 2) % 4 "\t" $5
}' "$work/truth.tsv" >"$work/plan"
[ "$(head -1 "$work/truth.tsv" | cut -f5)" = title ] ||
    fail "truth.tsv has other columns"
while IFS='	' read -r path what title; do
	case $what in
	1) awk '!done && NF { $0 = "Hallow Fen, Tuesday evening: " $0; done = 1 }
	    { print }' "$path" >"$work/page" ;;
	2) awk -v title="$title" 'BEGIN { print "# " title "\n" }
	    !done && NF { done = 1; next } { print }' "$path" >"$work/page" ;;
	*) continue ;;
	esac
	touch -r "$path" "$work/page"
	mv "$work/page" "$path"
done <"$work/plan"

# ---- right?

"$pressmark" scan -q --links --json "$work/files" >"$work/links.json" ||
    fail "scan: status $?"
awk '{
	from = $0; sub(/^{"path":"/, "", from); sub(/".*/, "", from)
	at = $0; sub(/^.*"position":/, "", at); sub(/,.*/, "", at)
	to = $0; sub(/^.*"article_path":"/, "", to); sub(/".*/, "", to)
	why = $0; sub(/^.*"evidence":"/, "", why); sub(/".*/, "", why)
	print from "\t" at + 1 "\t" to "\t" why
}' "$work/links.json" >"$work/found"
awk -F'\t' 'FILENAME == ARGV[1] {
	if (FNR > 1) root[$1] = $4 == "-" ? $2 : $4
	next
}
FILENAME == ARGV[2] {
	if (FNR > 1 && $3 != "-") { want[$1 "\t" $2] = $3; there++ }
	next
}
{
	found++
	right = want[$1 "\t" $2] == root[$3]
	n[$4]++
	ok += right
	if (!right) wrong[$4]++
}
END {
	printf "%d links of %d, %d right; ", found, there, ok
	printf "prefix %d, lead %d, title %d\n", n["prefix"], n["lead"],
	    n["title"]
	if (ok < 0.99 * found || ok < 0.9 * there || n["prefix"] == 0 ||
	    n["lead"] < there / 10 || n["title"] < there / 10)
		exit 1
}' "$work/truth.tsv" "$work/links.tsv" "$work/found" >"$work/figures" ||
    fail "$(cat "$work/figures")"
cat "$work/figures"

# ---- the same in any order?

find . -type f | sed 's|^\./||' | sort >../sorted
awk -v seed="$seed" 'BEGIN { srand(seed) } { print rand() "\t" $0 }' \
    ../sorted | sort | cut -f 2 >../shuffled
source='s/"source":"[^"]*"/"source":""/'
missing() {
	"$pressmark" ls --missing --json "$1" >"$2" || fail "ls --missing"
	[ -s "$2" ] || fail "nothing is missing from $1"
}

add "$work/one" @../sorted
told "$work/one" "$work/one.told"
missing "$work/one" "$work/one.missing"
random 5
parts=$((3 + drawn))
for turn in sorted shuffled; do
	split -n "l/$parts" "../$turn" "../part.$turn."
	for part in $(ls ../part."$turn".* | sort -r); do
		add "$work/in.$turn" "@$part"
	done
	told "$work/in.$turn" "$work/$turn.told"
	missing "$work/in.$turn" "$work/$turn.missing"
	same_told "$parts adds, $turn" "$work/one.told" "$work/$turn.told" \
	    "$source"
	same "what is missing, $turn" "$work/one.missing" \
	    "$work/$turn.missing"
done

# ---- and made again, in whatever state the cache was

rm -r "$work/in.shuffled/cache" "$work/in.shuffled/catalog.db"
"$pressmark" reindex -q "$work/in.shuffled" || fail "reindex: status $?"
clean "$work/in.shuffled" --deep
told "$work/in.shuffled" "$work/again.told"
same_told "after reindex" "$work/shuffled.told" "$work/again.told"
"$generate" --pages 300 --seed 77 -o "$work/more.tar" || fail "generator"
add "$work/in.shuffled" "$work/more.tar"
add "$work/in.sorted" "$work/more.tar"
told "$work/in.shuffled" "$work/again.told"
told "$work/in.sorted" "$work/sorted.told"
same_told "another add" "$work/sorted.told" "$work/again.told" "$source"
