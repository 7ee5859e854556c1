# Each option of SELECT against corpus/truth.tsv.
. "$LIB"
mkdir input && cp -Rp "$CORPUS/pages" input/pages
# The page with a dateline has a test of its own (todo/dateline.sh).
dateline=ru/2025-02-12T08-00-00/0007.txt
rm "input/pages/$dateline"
grep -v -F "$dateline" "$CORPUS/truth.tsv" >truth.tsv
pm add -q archive input/pages

# want AWK-CONDITION: ids of the rows of truth.tsv that it holds for.
want() {
	awk -F'\t' "NR > 1 && \$2 != \"-\" && ($1) { print \$2 }" truth.tsv |
	    sort -u >want
}

# check WHAT ls-options...: are they those?
check() {
	what=$1
	shift
	pm ls archive --json "$@" | field id | sort >got
	pm ls archive "$@" | cut -f2 | sort >got.text
	cmp -s got got.text || echo "$what: text and JSON differ"
	if cmp -s want got; then
		echo "$what: right"
	else
		echo "$what: DIFFERENT"
		diff want got
	fi
}

# A week that begins on the 5th reaches the 11th.
week='$8 == "week" && $7 >= "2025-02-05" && $7 <= "2025-02-11T24"'
dated='$9 != "crawl"'
want "$dated && (\$7 ~ /^2025-02-11/ || ($week))"
check "on" --on 2025-02-11
want "$dated"
check "since" --since 2025-01
check "since and until" --since 2025-01 --until 2025-12
want "$dated && (\$7 >= \"2025-02-11\" || ($week))"
check "since a day" --since 2025-02-11
want "$dated && \$7 < \"2025-02-10\""
check "until" --until 2025-02-09
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
