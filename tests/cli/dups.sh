# dups: clusters against the truth; the same of an archive and of its inputs;
# what changed.
. "$LIB"
packed archive
pm dups -q --json archive >rows

# Every article with a duplicate or a copy, by its relation to the canonical.
awk -F'\t' 'NR > 1 && $2 != "-" {
	captures[$2]++
	if ($3 != "identical") { relation[$2] = $3; of[$2] = $4 }
}
END { for (id in relation) {
		of[id] = relation[id] == "none" ? id : of[id]
		size[of[id]] += captures[id]
	}
	for (id in relation) if (size[of[id]] > 1)
		print of[id] "\t" id "\t" (relation[id] == "none" ? \
		    "null" : relation[id]) "\t" captures[id] }' \
    "$CORPUS/truth.tsv" | sort >want
for name in cluster id relation copies; do
	field $name <rows >column.$name
done
paste column.cluster column.id column.relation column.copies | sort >got
equal want got "clusters, relations, copies"

# In the order of date and id of the canonicals, each canonical first.
awk '{ canonical = /"canonical":true/; cluster = substr($0, 13, 16)
	date = $0; sub(/.*"published":"/, "", date); sub(/".*/, "", date)
	if (canonical != (cluster != last)) print "canonical not first: " $0
	if (canonical && date < before) print "order: " $0
	if (canonical) before = date
	last = cluster }' rows

# Of the inputs: the same, but for what only the archive knows.
pm dups -q --json "$CORPUS/pages" >rows.input
equal rows rows.input "archive and inputs"
pm dups -q --json -j1 "$CORPUS/pages/ru" "$CORPUS/pages/en" >one
pm dups -q --json "$CORPUS/pages/en" "$CORPUS/pages/ru" >two
cut -d, -f2-6 one >one.part; cut -d, -f2-6 two >two.part
equal one.part two.part "order of inputs"
pm dups archive --tag culture | cut -c1-110
pm dups -q archive --source elsewhere
pm dups --json -q archive --on 2025-02-10 | field cluster | uniq

# What changed: old and new text come back from the pieces.
pm dups -q archive --diff --tag culture | cut -c1-180
cat >a.txt <<'END'
The ferry will stop on Monday, said the harbour master of Pellwick on Friday.
It carries 120 people a day and has done so since the bridge was closed.
END
sed 's/120/140/; s/Monday/Tuesday/; s/has done so/does so/' a.txt >b.txt
pm dups a.txt b.txt --near 0.4 --diff
pm dups -q --json a.txt b.txt --near 0.4 --diff | tail -1 |
    sed 's/.*"diff"/"diff"/'
NO_COLOR=1 pm dups -q a.txt b.txt --near 0.4 --diff | tail -1
echo "with other thresholds:"
try dups a.txt b.txt --near 0.99
try dups archive --near 0.5
try dups archive a.txt
try dups missing.txt
try dups archive --unique
