# --unique --keep, --added-since, ls --clusters, and what stats says --unique
# removes: each against a count of its own.
. "$LIB"
packed archive

# pick SORT-KEYS...: of each cluster the first of `rows`, which has cluster,
# undated, published, first_seen, bytes, id.
pick() {
	sort -t'	' -k1,1 "$@" -k6,6 rows | awk -F'\t' '!seen[$1]++ { print $6 }' |
	    sort >want
}
# rows ls-options...: make `rows`.
rows() {
	pm ls archive --json "$@" >all
	for name in cluster published_source published first_seen bytes id; do
		field $name <all >column.$name
	done
	sed -i 's/^crawl$/1/; s/^[a-z].*/0/' column.published_source
	paste column.cluster column.published_source column.published \
	    column.first_seen column.bytes column.id >rows
}
check() {
	what=$1
	shift
	pm ls archive --json --unique "$@" | field id | sort >got
	cmp -s want got && echo "$what: right, $(wc -l <got)" || {
		echo "$what: DIFFERENT"
		diff want got
	}
}
rows
pick -k5,5nr
check "longest" --keep=longest
cut -f1 rows | sort -u >want
check "canonical" --keep=canonical
pick -k2,2n -k3,3 -k4,4
check "earliest" --keep=earliest
cut -f1 rows | sort -u | cmp -s - want && echo "earliest is always canonical"
# One of each cluster of the selected, not of all.
rows --crawled-until 2025-02-12
pick -k5,5nr
check "longest of the first crawl" --keep=longest --crawled-until 2025-02-12
awk -F'\t' '$1 == $6 { print $6 }' rows | sort >want
check "canonical of the first crawl" --crawled-until 2025-02-12
pm extract -q archive --unique --keep=longest --crawled-until 2025-02-12 \
    -o - | cut -c8-23 | sort >got
pick -k5,5nr
equal want got "extract"
try ls archive --keep=longest
try ls archive --unique --keep=shortest

# Clusters: those of the truth with more than one article.
awk -F'\t' 'NR > 1 && $2 != "-" { row[NR] = $2; of[$2] = $3 ~ /none|identical/ ? of[$2] : $4 }
END { for (n in row) {
		id = row[n]; while (of[id] != "") id = of[id]
		captures[id]++; if (!seen[row[n]]++) articles[id]++
	}
	for (id in articles) if (articles[id] > 1)
		print id "\t" articles[id] "\t" captures[id] }' \
    "$CORPUS/truth.tsv" | sort >want
pm ls archive --clusters --json >clusters
field cluster <clusters >a
field articles <clusters >b
field captures <clusters >c
paste a b c | sort >got
equal want got "clusters"
pm ls archive --clusters | cut -f2 >b
equal a b "text and JSON"
pm ls archive --clusters --tag culture --json | field title

# A second run: another article, and one that is near.
sed 's/Pellwick/Pellwyck/; s/^-.*//' \
    "$CORPUS/pages/en/2025-02-12T08-10-00/0001.txt" | head -6 >near.txt
echo "Twelve words that say nothing of what any other page here is about." >new.txt
pm add -q archive near.txt new.txt
pm ls archive --added-since 2 --json | field source | sort
pm ls archive --added-since 1 | wc -l
pm ls archive --added-since 3 | wc -l
pm ls archive --added-since 1999 | wc -l
pm ls archive --added-since 2000-01-01 | wc -l
pm ls archive --added-since 9999 | wc -l
pm extract -q archive --added-since 2 --unique -o - | field source

# A source of which little is left.
mkdir mirror
for n in 1 2 3 4 5 6 7 8 9 10 11; do
	{ cat near.txt; echo "Page $n of the mirror."; } >mirror/$n.txt
done
pm add -q archive mirror
pm stats archive 2>warning | sed -n '/^by source/,$p'
cat warning
pm stats archive --json 2>/dev/null | sed 's/.*"sources"/"sources"/'
