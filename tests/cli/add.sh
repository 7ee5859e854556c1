# What add says of the sample corpus; counts as corpus/truth.tsv has them.
. "$LIB"

try add one "$CORPUS/pages" | sed 's/volumes .*/(sizes)/'
pm add -q --json two "$CORPUS/pages" >add
sed 's/\("[a-z]*_bytes"\):[1-9][0-9]*/\1:N/g' add
pm stats --json two >stats
equal add stats "add --json and stats --json"
pm add -q three "$CORPUS/pages"
echo "-q: $?"

awk -F'\t' 'NR > 1 {
	captures++; opaque += $3 == "opaque"
	if ($2 == "-") next
	if (!($2 in seen)) articles++
	else identical++
	if (!($2 in seen) && $3 == "same") same++
	seen[$2] = 1
} END {
	printf "truth: %d captures, %d opaque, %d articles, %d identical, " \
	    "%d same\n", captures, opaque, articles, identical, same
}' "$CORPUS/truth.tsv"
