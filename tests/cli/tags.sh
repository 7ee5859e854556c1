# ls --tags: spellings and languages; --tag-map there and with --tag, in every
# command that selects; what is wrong with a map.
. "$LIB"

# page DIR TAG...: a page of an article's own text, with a teaser for each tag
# that was cut from the article of stories/ with that number.
mkdir stories gone
for n in 1 2 3 4 9; do
	echo "Story number $n tells of the harbour, where boat $n$n came in at dawn with $n barrels of herring and left again before the tide had turned." >stories/$n.txt
done
mv stories/9.txt gone
page() {
	dir=pages/$1/2025-02-12T08-00-00
	mkdir -p "$dir"
	{
		echo "The page under $1 has words that stand on no other page here, $1 being its name."
		echo "Its second line is as long as the first and says as little, as can be seen."
		echo "Related articles"
		shift
		for tag; do
			n=${tag%%:*}
			printf '\n\nThe story of boat %s\n' "$n"
			sed 's/ left again.*/.../' */"$n.txt"
			printf -- '- %s\n- 1 day ago\n' "${tag#*:}"
		done
	} >"$dir/page.txt"
}
page one 1:Farming 2:farming 3:FARMING
page two 1:Farming 4:Landwirtschaft 9:farming
pm add -q archive stories pages
# Languages that do not depend on what is detected.
need sqlite3
sqlite3 archive/catalog.db "UPDATE article SET lang = 'de' WHERE number IN
    (SELECT article FROM article_tag JOIN tag ON id = tag WHERE text = 'farming');
    UPDATE article SET lang = NULL WHERE number IN
    (SELECT article FROM article_tag JOIN tag ON id = tag WHERE text = 'Landwirtschaft');
    UPDATE article SET lang = 'en' WHERE number IN
    (SELECT article FROM article_tag JOIN tag ON id = tag WHERE text IN ('Farming', 'FARMING'))"

pm ls archive --tags
pm ls archive --tags --json

echo "-- with a map"
printf '\357\273\277# what counts as one\n\n \t \n  Agriculture \tLANDWIRTSCHAFT\t\tFarming\r\nalone\n' >map.tsv
pm ls archive --tags --tag-map map.tsv
pm ls archive --tags --json --tag-map=map.tsv
for tag in agriculture ALONE landwirtschaft Boats; do
	echo "$tag: $(pm ls archive --tag $tag --tag-map map.tsv | wc -l)" \
	    "without $(pm ls archive --tag $tag | wc -l)"
done
try extract archive --tag agriculture --tag-map map.tsv -o out
ls out
try restore archive --tag agriculture --tag-map map.tsv -o back
pm ls archive --missing --tag agriculture --tag-map map.tsv | wc -l
try dups archive --tag agriculture --tag-map map.tsv

echo "-- wrong"
printf 'a\tb\n\nc\tB\n' >twice.tsv
try ls archive --tags --tag-map twice.tsv
printf 'a\n\377\n' >bytes.tsv
try ls archive --tags --tag-map bytes.tsv
printf 'a\n# comment\nb\0c\n' >nul.tsv
try ls archive --tags --tag-map nul.tsv
try ls archive --tags --tag-map nowhere.tsv
try ls archive --tags --tag-map .
try ls archive --tag-map map.tsv
try extract archive --tag-map map.tsv -o -
: >empty.tsv
pm ls archive --tags --tag-map empty.tsv | wc -l
