# scan --links against corpus/links.tsv: each teaser sighting that has an
# article here is joined to it (or a member of its cluster), no other is.
. "$LIB"

pm scan -q --links --json "$CORPUS/pages" | awk '{
	path = $0; sub(/^{"path":"/, "", path); sub(/".*/, "", path)
	at = $0; sub(/^.*"position":/, "", at); sub(/,.*/, "", at)
	to = $0; sub(/^.*"article_path":"/, "", to); sub(/".*/, "", to)
	print "pages/" path "\t" at "\tpages/" to
}' >printed
# links.tsv counts positions from 1; found: from 0 or 1.
base=$(cut -f2 printed | sort -n | head -1)
awk -F'\t' -v base="$base" '{ print $1 "\t" $2 + 1 - base "\t" $3 }' \
    printed >links
# path -> canonical, then compare by canonical.
awk -F'\t' '
FILENAME == ARGV[1] { if (FNR > 1) root[$1] = $4 == "-" ? $2 : $4; next }
FILENAME == ARGV[2] {
	got[$1 "\t" $2] = $3; n++
	if (!($3 in root)) print "no such capture: " $3
	next
}
FNR > 1 {
	key = $1 "\t" $2
	if ($3 != "-") {
		wanted++
		if (!(key in got)) print "missing: " key " to " $3
		else if (root[got[key]] != root[$3])
			print "wrong: " key " to " got[key] ", not " $3
		else right++
	} else if (key in got)
		print "none should be: " key " to " got[key]
}
END { print n " links, " wanted " wanted, " right " right" }
' "$CORPUS/truth.tsv" links "$CORPUS/links.tsv"
