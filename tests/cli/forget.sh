# forget: articles and all that shows them are in no output of any command, not
# after reindex either; an add refuses them; pages that show a teaser of them
# are restored without it.
. "$LIB"

P="north/2025-02-12T08-00-00"
mkdir -p $P south/2025-02-13T08-00-00 web rec

# The article, a copy with other digits, and another that stays.
cat >$P/a.txt <<'END'
The ferry Marigold ran aground at Pellwick on Sunday with 40 people aboard and a crate of oranges.
Nobody was hurt, said the harbour master, who had seen it from his window while he was at breakfast.
The oranges were eaten by the children of the village before the tide came back in the afternoon.
END
sed 's/40/41/' $P/a.txt >south/2025-02-13T08-00-00/a.txt
cat >$P/b.txt <<'END'
A library was opened in the old mill of Karst by two sisters who had read all of its books before.
It has a room for children under the wheel, which turns when it rains and stands still when it does not.
END
# A page that shows both.
cat >$P/c.txt <<'END'
The page under north tells of a third thing, and what it tells stays as it is here, word for word.
Its second line is here so that it counts as a text, and the third is below the second one.
Related articles


Marigold aground at Pellwick
The ferry Marigold ran aground at Pellwick on Sunday with 40 people aboard and a crate...
- Harbour
- 1 day ago


Sisters open a library in a mill
A library was opened in the old mill of Karst by two sisters who had read all...
- Culture
- 2 days ago
END
cat >web/page.html <<'END'
<html><head><title>A page of the web</title>
<link rel="canonical" href="https://web.example/p/1"></head><body><article>
<h1>A page of the web</h1><p>This page of the web tells of a bridge which two
brothers built in the last century and which has stood without repair.</p>
<p>It is crossed each day by many people on foot, by carts, and in the spring
by geese that are driven to market in the town below the bridge.</p></article>
<div class="related"><h2>Related articles</h2>
<div class="teaser"><a href="https://n.example/a"><h3>Marigold aground at Pellwick</h3></a><p>The ferry Marigold ran aground at Pellwick on Sunday with 40 people aboard and a crate...</p></div>
<div class="teaser"><a href="https://n.example/b"><h3>Sisters open a library in a mill</h3></a><p>A library was opened in the old mill of Karst by two sisters who had read all...</p></div>
</div></body></html>
END
cat >rec/r.jsonl <<'END'
{"url":"https://rec.example/1","title":"Gone record","text":"A record that goes by its address: it tells of a juggler who dropped his seven torches into the millpond at Yarrow."}
{"url":"https://rec.example/2","title":"Kept record","text":"A record that stays: it tells of a baker whose bread was sold as far away as the coast and who never once went there.","related":[{"title":"Juggler drops his torches","snippet":"A record that goes by its address: it tells of a juggler who dropped his seven torches...","url":"https://rec.example/1"}]}
{"url":"https://list.example/3","title":"Third record","text":"One more record that stays is about the snow on the pass, which lay until the middle of July in that year."}
END
words='Marigold|oranges|juggler|Juggler|torches|Gone record'

# all ARCHIVE: every output of every command that reads.
all() {
	for list in "" --teasers --captures --clusters --missing --tags --runs
	do
		pm ls "$1" $list --json
		pm ls "$1" $list
	done
	pm extract -q "$1" -o -
	pm dups "$1"
	pm dups --diff --json "$1"
	pm stats "$1"
	for id in $(pm ls --json "$1" | field id); do
		pm show "$1" "$id"
		pm show --json "$1" "$id"
	done
	rm -rf .all
	pm restore -q "$1" -o .all
	find .all -type f -exec cat {} +
	pm scan --json --against "$1" empty
}

# hidden ARCHIVE: is nothing of it told?
hidden() {
	all "$1" >.told 2>&1
	grep -aE "$words" .told || echo "$1 tells nothing"
	pm verify -q --deep "$1" && echo "$1 verifies"
}

: >empty
pm add -q a north south web rec
echo "before: $(all a 2>&1 | grep -acE "$words") lines"
# id_of ARCHIVE WORDS: of the article whose text has them.
id_of() {
	pm extract -q "$1" -o - | grep "\"text\":.*$2" |
	    sed 's/^{"id":"\([0-9a-f]*\)".*/\1/'
}
first=$(id_of a '40 people aboard')
other=$(id_of a '41 people aboard')
cp -r a only
cp -r a glob
cp -r a asked-no
cp -r a asked-yes

echo "-- who does not say what of copies"
try forget a nosuchid --yes
try forget a
try forget a --yes --only "$first"
status=0
pm forget a "$first" </dev/null >.out 2>.err || status=$?
sed "s/$first/FIRST/; s/$other/OTHER/" .err
echo "= $status"
test -s .out && echo "it wrote a receipt"
pm ls a | grep -c Marigold

echo "-- a dry run"
pm forget --dry-run --yes a "$first" | sed "s/$first/FIRST/; s/$other/OTHER/; s/\t[0-9a-f]\{16\}/\tTEASER/"
pm verify -q a && pm ls a | grep -c Marigold

echo "-- asked on a terminal"
if command -v script >/dev/null 2>&1; then
	for answer in no yes; do
		export ID="$first" A="asked-$answer"
		echo $answer | script -qec '"$PRESSMARK" forget -q "$A" "$ID"' \
		    /dev/null >.out
		grep -o 'forget 1 near copy too?' .out
		pm extract -q asked-$answer -o - | grep -o '4[01] people aboard'
	done
else
	printf 'forget 1 near copy too?\n41 people aboard\n'
	echo 'forget 1 near copy too?'
fi

echo "-- copies too"
pm forget --yes --json a "$first" >.out 2>.err
tail -1 .out
cat .err
words='Marigold|oranges'
hidden a
try show a "$first" | sed "s/$first/FIRST/"
grep -acE "$words" a/catalog.db
tar --zstd -xOf a/volumes/000001.tar.zst --wildcards 'meta/*' |
    grep '^{"forget"' | grep -cE "$words"

echo "-- what restore gives"
rm -rf out
pm restore a -o out
for f in c.txt b.txt; do cmp $P/$f out/north/2025-02-12T08-00-00/$f >/dev/null 2>&1 && echo "$f whole"; done
find out -type f | sort
sed -n '/^Related/,$p' out/*/c.txt out/c.txt 2>/dev/null
grep teaser out/page.html out/*/page.html 2>/dev/null | sed 's/^[^<]*//'

echo "-- after reindex"
cp -r a again
rm -r again/catalog.db again/cache
pm reindex -q again
hidden again
listing a >1
listing again >2
equal 1 2 "the catalog"

echo "-- added again"
mkdir more
cp $P/a.txt more/elsewhere.txt
tr 'a-z' 'A-Z' <$P/a.txt >more/shouted.txt
sed 's/third thing/fourth thing/' $P/c.txt >more/fresh.txt
sed 's/a crate\.\.\./a.../; s/third thing/fifth thing/' $P/c.txt >more/cut.txt
pm add --json a north south web rec more 2>.err >.out
field captures <.out
field forgotten <.out
grep -o '[0-9]* forgotten and refused' .err
hidden a
sed -n '/^Related/,$p' .all/fresh.txt .all/more/fresh.txt 2>/dev/null
tar --zstd -xOf a/volumes/000001.tar.zst | grep -ac 'on Sunday with 40'
tar --zstd -xOf again/volumes/000001.tar.zst | grep -ac 'on Sunday with 40'
pm add --json a north south web rec more 2>/dev/null | field captures

echo "-- the copy stays"
pm forget -q --only only "$first" >/dev/null
pm ls --json only | grep -c '"bytes":29'
pm extract -q only -o - | grep -o '4[01] people aboard'
pm verify -q --deep only && echo "only verifies"
pm add --json only north south 2>/dev/null | field forgotten

echo "-- by address"
words='juggler|Juggler|torches|Gone record|rec.example/1'
pm forget -q --yes glob --url 'https://rec.example/1' >.out
sed 's/\t[0-9a-f]\{16\}/\tID/' .out
words='juggler|Juggler|torches|Gone record'
hidden glob
cat .all/r.jsonl .all/rec/r.jsonl 2>/dev/null
cat >late.jsonl <<'END'
{"url":"https://rec.example/1","text":"Another text altogether, which came later under the same address and which is refused for that alone."}
{"url":"https://rec.example/4","text":"And one at an address that is not like the pattern, so that it is taken in as any other would be."}
END
pm add --json glob late.jsonl 2>/dev/null >.out
field captures <.out
field forgotten <.out
hidden glob
cat .all/late.jsonl

echo "-- nothing there"
try forget nowhere abc
try forget --only --url 'https://nobody.example/*' glob
pm verify -q glob && echo "glob verifies"

echo "-- optimize: as before, and the bytes are gone"
# lists ARCHIVE: what does not depend on numbers, nor on places on a page.
lists() {
	for list in "" --teasers --clusters --missing --tags --runs; do
		pm ls "$1" $list --json | LC_ALL=C sort
	done
	pm ls "$1" --captures --json | sed 's/,"bytes":[0-9]*//' |
	    LC_ALL=C sort
	pm extract -q "$1" -o - | LC_ALL=C sort
	pm dups --json "$1"
}

# bytes_of ARCHIVE: all that is in its files, unpacked.
bytes_of() {
	for file in "$1"/volumes/*; do
		tar --zstd -xOf "$file"
		zstd -qdc "$file"
	done
	find "$1" -type f -exec cat {} +
}

# optimized ARCHIVE INPUT...
optimized() {
	archive=$1
	shift
	rm -rf back.one back.two
	lists "$archive" >1
	pm restore -q "$archive" -o back.one
	bytes_of "$archive" | grep -acE "$words" >.n
	[ "$(cat .n)" -gt 0 ] && echo "the bytes are there"
	pm optimize --dry-run -q "$archive"
	pm optimize -q "$archive"
	bytes_of "$archive" | grep -aE "$words" ||
	    echo "and in no file any more"
	lists "$archive" >2
	pm restore -q "$archive" -o back.two
	equal 1 2 "all lists"
	same_tree back.one back.two "what is restored"
	hidden "$archive"
	pm reindex -q "$archive"
	hidden "$archive"
	lists "$archive" >2
	equal 1 2 "after reindex"
	pm optimize -q --frame 64K --level 3 "$archive"
	lists "$archive" >2
	equal 1 2 "optimized again"
	pm add --json "$archive" "$@" 2>/dev/null >.out
	field captures <.out
	field forgotten <.out
	hidden "$archive"
}

words='Marigold|oranges'
optimized a north south web rec more
words='40 people aboard'
optimized only north south web
words='juggler|Juggler|torches|Gone record'
optimized glob north south web rec late.jsonl
