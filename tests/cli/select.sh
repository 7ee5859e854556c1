# Each option of SELECT against corpus/truth.tsv.
. "$LIB"
packed archive

# want AWK-CONDITION: ids of truth.tsv, of articles that stand alone or are
# the same as another (the other relations are not built yet).
want() {
	awk -F'\t' "NR > 1 && \$2 != \"-\" && \$3 != \"near\" &&
	    \$3 != \"update\" && \$3 != \"contains\" && ($1) { print \$2 }" \
	    "$CORPUS/truth.tsv" | sort -u >want
}
awk -F'\t' 'NR > 1 && $2 != "-" && $3 != "near" && $3 != "update" &&
    $3 != "contains" { print $2 }' "$CORPUS/truth.tsv" | sort -u >known

# check WHAT ls-options...: are they those?
check() {
	what=$1
	shift
	pm ls archive --json "$@" | field id | sort >got.all
	pm ls archive "$@" | cut -f2 | sort >got.text
	cmp -s got.all got.text || echo "$what: text and JSON differ"
	comm -12 got.all known >got
	if cmp -s want got; then
		echo "$what: right"
	else
		echo "$what: DIFFERENT"
		diff want got
	fi
}

week='$8 == "week"'
dated='$9 != "crawl"'
want "$dated && \$7 ~ /^2025-02-11/ && ! ($week)"
pm ls archive --json --on 2025-02-11 | field published_precision | sort |
    uniq -c
check "on" --on 2025-02-11
want "$dated"
check "since" --since 2025-01
check "since and until" --since 2025-01 --until 2025-12
want '$9 == "crawl"'
check "undated" --undated
want '$6 ~ /(^|;)Culture(;|$)/'
check "tag" --tag Culture
check "tag, lower case" --tag culture
want '$6 ~ /(^|;)(Culture|Sport)(;|$)/'
check "two tags" --tag CULTURE --tag sport
want '$6 ~ /(^|;)Наука(;|$)/'
check "tag, Russian upper case" --tag НАУКА
want '$5 ~ /^Street choir/'
check "title" --title "street CHOIR"
want '$2 ~ /^2/'
check "id" --id 2
want '1'
check "source" --source pages
want '0'
check "no such source" --source elsewhere
check "no such tag" --tag none
check "tag and title that exclude each other" --tag Culture --title Паводок
want '$1 ~ /2025-03-01T/'
check "crawled-since" --crawled-since 2025-03-01
want '$1 ~ /2025-02-12T/'
check "crawled-until" --crawled-until 2025-02-12

pm ls archive --json --unique | field canonical | sort | uniq -c
pm ls archive --json --unique | wc -l

# A second run brings one article.
printf 'A new article, of which nothing else here knows a word.\nIt has two lines.\n' >new.txt
pm add -q archive new.txt
pm ls archive --runs --json | field run
last=$(pm ls archive --runs --json | field run | tail -1)
pm ls archive --json --added-since "${last:-2}" | field source
try ls archive --since never
try ls archive --since 2025-13
try ls archive --added-since soon
