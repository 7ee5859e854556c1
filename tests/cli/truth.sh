# ls against corpus/truth.tsv; says every difference.  The one page with a
# dateline has a test of its own (todo/dateline.sh).
. "$LIB"
mkdir input && cp -Rp "$CORPUS/pages" input/pages
dateline=ru/2025-02-12T08-00-00/0007.txt
rm "input/pages/$dateline"
grep -v -F "$dateline" "$CORPUS/truth.tsv" >truth.tsv
pm add -q archive input/pages

# captures: path, article
pm ls archive --captures --json | awk '{
	path = $0; sub(/^.*"path":"/, "", path); sub(/".*/, "", path)
	article = "-"
	if ($0 ~ /"article":"/) {
		article = $0; sub(/^.*"article":"/, "", article)
		sub(/".*/, "", article)
	}
	print "pages/" path "\t" article
}' | sort >captures
awk -F'\t' 'NR > 1 { print $1 "\t" $2 }' truth.tsv | sort >want
equal want captures "path and article of each capture"

# articles: id, title, tags, published, precision, source
pm ls archive --json | awk '
function string(name,  s) {
	s = $0
	if (!sub("^.*[{,]\"" name "\":\"", "", s)) return "-"
	sub(/","[a-z_]*":.*/, "", s)
	return s
}
{
	tags = $0; sub(/^.*"tags":\[/, "", tags); sub(/\].*/, "", tags)
	gsub(/","/, ";", tags); gsub(/"/, "", tags)
	print string("id") "\t" string("title") "\t" \
	    (tags == "" ? "-" : tags) "\t" string("published") "\t" \
	    string("published_precision") "\t" string("published_source")
}' | sort >articles
awk -F'\t' 'NR > 1 && $2 != "-" {
	print $2 "\t" $5 "\t" $6 "\t" $7 "\t" $8 "\t" $9
}' truth.tsv | sort -u >want
cut -f1 want | uniq -d | sed 's/^/truth.tsv gives two answers for /'
for column in 2:title 3:tags 4:published 5:precision 6:source; do
	n=${column%%:*}
	cut -f1,"$n" want >a
	cut -f1,"$n" articles >b
	equal a b "${column#*:}"
done

# Relations: each that is in the truth, by its name, and none between two
# families.  Clusters: one for each family.
pm extract -q archive -o - | awk '{
	id = $0; sub(/^{"id":"/, "", id); sub(/".*/, "", id)
	cluster = $0; sub(/^.*"cluster":"/, "", cluster)
	sub(/".*/, "", cluster)
	paths = $0; sub(/^.*"paths":\[/, "", paths); sub(/\].*/, "", paths)
	print "article\t" id "\t" cluster "\t" gsub(/","/, "&", paths) + 1
	rest = $0; sub(/^.*"relations":\[/, "", rest)
	n = split(rest, relation, /{"id":"/)
	for (i = 2; i <= n; i++) {
		other = name = relation[i]
		sub(/".*/, "", other)
		sub(/^.*"relation":"/, "", name); sub(/".*/, "", name)
		print "relation\t" id "\t" other "\t" name
	}
}' >said
awk -F'\t' 'function family(id) { while (id in of) id = of[id]; return id }
NR == FNR {
	if (FNR > 1 && $2 != "-") {
		copies[$2]++
		if ($3 != "none" && $3 != "identical") {
			of[$2] = $4
			want[$2 "\t" $4] = $3
		}
	}
	next
}
$1 == "article" {
	if ($4 != copies[$2])
		print "copies of " $2 ": " $4 ", not " copies[$2]
	f = family($2)
	if (!(f in cluster)) { cluster[f] = $3; clusters++ }
	if (cluster[f] != $3)
		print $2 ": not in the cluster of its family"
	if ($3 in owner && owner[$3] != f)
		print $2 ": in the cluster of another family"
	owner[$3] = f
}
$1 == "relation" {
	if (family($2) != family($3))
		print $2 " and " $3 " are " $4 " and strangers"
	if ($2 "\t" $3 in want) {
		if (want[$2 "\t" $3] != $4)
			print $2 " and " $3 " are " $4 ", not " \
			    want[$2 "\t" $3]
		right[$4]++
		delete want[$2 "\t" $3]
	}
}
END {
	for (pair in want) print "not found: " pair " " want[pair]
	print clusters " clusters; right: " right["same"] " same, " \
	    right["update"] " update, " right["near"] " near, " \
	    right["contains"] " contains"
}' truth.tsv said

# An article whose page says neither title, tag nor date has them all.
pm inspect --json input/pages | awk '
	/"kind":"page"/ && /"title":null,"published":null/ &&
	/"tags":\[\],"lang"/ { n++ }
END { print n " pages say neither title, tag nor date" }'
awk -F'\t' '$2 != "-" && $3 != "-" && $6 == "teaser" { n++ }
END { print n " articles have all three from teasers" }' articles
