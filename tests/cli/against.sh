# scan --against: what later crawls bring to an archive of the first; each
# answer against the relations that an archive of everything has.
. "$LIB"
mkdir first later
for lang in ar de en ru tg uz zh; do
	for crawl in "$CORPUS"/pages/$lang/*; do
		case $crawl in
		*2025-02-12*) to=first ;;
		*) to=later ;;
		esac
		mkdir -p $to/$lang
		cp -Rp "$crawl" $to/$lang/
	done
done
pm add -q archive first
pm add -q all first later

# id of each article of `first`; relations of every article.
pm ls archive --json | field id >known
pm extract -q all -o - | awk '
NR == FNR { first[$1] = 1; next }
function rank(name) { return index("identical same update near contains", name) }
{
	id = substr($0, 8, 16)
	best = id in first ? "identical" : "new"
	n = split($0, part, /{"id":"/)
	for (i = 3; i <= n && best != "identical"; i++) {
		name = part[i]
		sub(/^.*"relation":"/, "", name); sub(/".*/, "", name)
		if (substr(part[i], 1, 16) in first &&
		    (best == "new" || rank(name) < rank(best)))
			best = name
	}
	print id "\t" best
}' known - >best
pm ls all --captures --json | awk '{
	path = article = $0
	sub(/^.*"path":"/, "", path); sub(/".*/, "", path)
	if (!sub(/^.*"article":"/, "", article)) article = "-"
	sub(/".*/, "", article)
	print path "\t" article
}' | grep -v 2025-02-12 | sort >captures
awk -F'\t' 'NR == FNR { best[$1] = $2; next }
{ print $1 "\t" ($2 == "-" ? "new" : best[$2]) }' best captures >want

find archive -exec stat -c '%n %s %Y' {} + | sort >before
pm scan -q --against archive later --json | grep '"path"' >rows
field path <rows >a
field status <rows >b
paste a b | sort >got
equal want got "status of each capture"
cut -f2 want | sort | uniq -c
pm scan -q --against archive later | awk -F'\t' '{
	sub(/ *$/, "", $1); print $3 "\t" $1 }' | sort >got
equal want got "text and JSON"
pm scan -j1 --memory 64M -q --against archive later --json | grep '"path"' |
    cmp -s rows - && echo "one thread: the same"
find archive -exec stat -c '%n %s %Y' {} + | sort >after
equal before after "the archive before and after"

# The article that is named is of the archive, and related as it says.
grep -v '"article":null' rows | while read -r row; do
	echo "$row" | field article >id
	grep -q -f id known || echo "not in the archive: $row"
done
echo "known, and the summary:"
pm add -q archive later/en/2025-03-01T06-10-00
pm scan --against archive later/en/2025-03-01T06-10-00 2>&1
try scan --against archive first/en/2025-02-12T08-10-00/emblem.png --json
echo "wrong:"
try scan --against none later
try scan --against archive later --pairs
try scan --against archive later --near 0.5
try scan -q --against archive later missing --near-long 0.45 | tail -2
rm -r archive/cache
try scan --against archive later
ls archive
