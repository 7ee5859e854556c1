# Record files: each record is a capture, the file comes back as it was.
. "$LIB"
need gzip paste
# rows NAME...: these fields of each line, side by side.
rows() {
	cat >.rows
	set -- "$@"
	files=
	for name in "$@"; do
		field "$name" <.rows >".row.$name"
		files="$files .row.$name"
	done
	# shellcheck disable=SC2086
	paste -d'|' $files
	rm -f .rows .row.*
}
mkdir in
body() {
	printf 'The %s council met on Tuesday to settle what the %s bridge may cost, and agreed on less than half.' "$1" "$1"
}
{
	printf '{"title":"Bridge","text":"%s\\nSecond \\u00e9 \\/ line.","url":"https://www.one.example/a","date":"2024-03-05T10:00:00+02:00","tags":["Roads","Money"],"section":"City","lang":"en"}\n' "$(body north)"
	printf '\r\n'
	printf '{"headline":"Ferry","articleBody":"%s","link":"https://two.example/b","datePublished":"None","thread":{"site":"two.example"}}\n' "$(body south)"
	printf 'not json at all\n'
	printf '{"title":"Only a title","description":"Cut short...","url":"https://one.example/a"}'
} >in/lines.jsonl
printf '[\n  {"title": "A", "content": "%s", "date_extracted": "2024-05-01 08:00:00"},\n  {"title": "B", "content": "%s"}\n]\n' "$(body east)" "$(body west)" >in/array.json
printf '[{"title":"Bridge","url":"http://one.example/a/","date":"2 hours ago"},{"title":"Nowhere","url":"http://one.example/none"}]' >in/listing.json
printf 'url;title;text\r\nhttp://c.example/1;"Say ""it""";"%s\r\nAnd more."\r\nhttp://c.example/2;Two;"%s"\r\n' "$(body upper)" "$(body lower)" >in/table.csv
touch -d 2024-06-01T12:00:00Z in/*
pm add -q a in
echo "= $?"
pm ls a --captures --json | rows path kind | sort
echo
pm ls a --json | rows title published published_source url source lang tags | sort
echo
pm scan -q --links in --json | rows path title article_path evidence | sort
pm restore -q a -o out && same_tree in out restored
sane a
pm add -q --json a in | rows captures known
pm ls a --json >before
rm -r a/catalog.db a/cache
pm reindex -q a
pm ls a --json >after
equal before after reindex
pm restore -q a --title bridge -o some && (cd some && find . -type f)

# A file that is known by its records, with one more of them.
cp -p in/lines.jsonl grown.jsonl
printf '\n{"title":"New","text":"%s"}\n' "$(body fifth)" >>grown.jsonl
mkdir two && cp -p grown.jsonl two/lines.jsonl && touch -d 2024-06-01T12:00:00Z two/lines.jsonl
pm add -q a two && pm restore -q a -o both
cat grown.jsonl in/lines.jsonl | sha256sum >one
cat both/lines.jsonl both/lines.jsonl~2 | sha256sum >two.sum
cat both/lines.jsonl~2 both/lines.jsonl | sha256sum >three.sum
cmp -s one two.sum || cmp -s one three.sum && echo "both versions: equal"
sane a

# Compressed, in a container, and from a pipe.
gzip -nc in/lines.jsonl >lines.jsonl.gz
pm scan -q --json lines.jsonl.gz | rows captures articles
cat in/array.json | pm inspect - --json | sed 1q | rows path title crawled
echo
pm inspect --format=text in/array.json | sed -n 1p
pm inspect --format=csv in/lines.jsonl | sed -n 1p
try inspect --format=cvs in/array.json
pm inspect --why in/array.json | grep why | head -4
pm ls a --lang en --url '*one.example*' --json | rows title

# Files of one record with the same bytes, and one that is called like a record.
mkdir odd
for name in one two three; do
	printf '{"title":"Same","text":"%s"}' "$(body same)" >odd/$name.jsonl
done
printf '{"title":"Same","text":"%s"}' "$(body same)" >'odd/one.jsonl#1'
touch -d 2024-06-01T12:00:00Z odd/*
pm add -q --crawled 2024-06-01 o odd/one.jsonl odd/two.jsonl odd/three.jsonl
pm add -q --crawled 2024-06-01 --format opaque o 'odd/one.jsonl#1'
pm restore -q o -o odd.out && same_tree odd odd.out/odd odd
sane o

# A day in the file's own name is the page's, in a folder the crawl's.
mkdir -p named/2024-01-02 && body day >named/20240203.txt && body folder >named/2024-01-02/a.txt
pm add -q n named
pm ls n --json | rows published published_source | sort
