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

# relations, as far as they are built
pm extract -q archive -o - | awk '{
	id = $0; sub(/^{"id":"/, "", id); sub(/".*/, "", id)
	cluster = $0; sub(/^.*"cluster":"/, "", cluster)
	sub(/".*/, "", cluster)
	paths = $0; sub(/^.*"paths":\[/, "", paths); sub(/\].*/, "", paths)
	n = gsub(/","/, "&", paths) + 1
	relations = $0; sub(/^.*"relations":\[/, "", relations)
	same = gsub(/"relation":"same"/, "&", relations)
	print id "\t" cluster "\t" n "\t" (same > 0 ? "same" : "alone")
}' | sort >got
# Clusters of identical and same alone: the truth without other relations.
awk -F'\t' 'NR > 1 && $2 != "-" {
	n[$2]++
	if ($3 == "same") { of[$2] = $4; same[$2] = 1; same[$4] = 1 }
} END {
	for (id in n) print id "\t" (id in of ? of[id] : id) "\t" n[id] "\t" \
	    (id in same ? "same" : "alone")
}' truth.tsv | sort >want
equal want got "cluster, captures and relation same of each article"

# An article whose page says neither title, tag nor date has them all.
pm inspect --json input/pages | awk '
	/"kind":"page"/ && /"title":null,"published":null/ &&
	/"tags":\[\],"lang"/ { n++ }
END { print n " pages say neither title, tag nor date" }'
awk -F'\t' '$2 != "-" && $3 != "-" && $6 == "teaser" { n++ }
END { print n " articles have all three from teasers" }' articles
