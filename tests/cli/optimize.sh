# What an archive says stays as it is; it gets smaller, and can be optimized
# again; what is added then is known or finds what it belongs to.
. "$LIB"

# all ARCHIVE: every list, in an order that does not depend on numbers.
all() {
	for what in "" --captures --teasers --clusters --runs --tags \
	    --missing; do
		pm ls "$1" --json $what | LC_ALL=C sort
	done
	pm dups "$1" --json
	counts "$1"
}

# Several runs: pages, the same again, records in files, a large page that is
# kept in pieces, an empty one, text only, bytes in two places.
{
	printf '[{"title":"One","text":"The first record has a text of its '
	printf 'own, with \\"quotes\\" in it.","url":"https://x.test/1"},'
	printf '{"title":"Two","text":"The second record has another text, '
	printf 'which is a little longer than the first."}]\n'
} >records.json
awk 'BEGIN { for (i = 0; i < 700000; i++) print i * 7919 % 1000003 }' |
    tr '0-9' '\001-\012' >large.bin
: >empty.txt
cp "$CORPUS"/pages/en/2025-02-12T08-10-00/0001.txt copy.txt
printf '<html><head><title>T</title></head><body><p>Of this page the text is
kept and not a byte of what is around it.</p></body></html>' >page.html
touch -d 2025-03-01 records.json large.bin empty.txt copy.txt page.html
pm add -q archive "$CORPUS/pages/en"
pm add -q archive records.json large.bin empty.txt copy.txt
pm add -q --text-only archive page.html
pm add -q archive "$CORPUS/pages" records.json
cp -r archive before

pm optimize --dry-run archive 2>forecast
echo "dry run: status $?, $(wc -l <forecast) lines"
cmp archive/HEAD before/HEAD && ls archive/volumes
all archive >one
pm restore -q archive -o out.one
pm optimize -q archive
all archive >two
pm restore -q archive -o out.two
equal one two "all lists"
same_tree out.one out.two "what is restored"
sane archive
ls archive/volumes
pm stats --bytes archive | cut -f1,2 | sed -n 1,2p
[ "$(pm stats --bytes archive | sed -n '/^volumes/p' | cut -f3 |
    paste -sd+ | tr -d ' ' | sed 's/.*/echo $((&))/' | sh)" -lt \
    "$(wc -c <archive/volumes/000002.tar.zst)" ] && echo "frames are in it"
pm reindex -q archive
all archive >three
equal one three "after reindex"
pm add archive -q --json "$CORPUS/pages" records.json large.bin empty.txt \
    copy.txt | field captures
pm optimize -q --frame 64K --level 3 archive
pm ls archive --runs | wc -l
pm ls archive --json | LC_ALL=C sort >four
pm ls before --json | LC_ALL=C sort >five
equal four five "articles, optimized again"
pm restore -q archive -o out.four
same_tree out.one out.four "what is restored then"
sane archive
tar --zstd -tf archive/volumes/000003.tar.zst >/dev/null && echo "tar reads it"

# An archive without anything, and what is none.
mkdir nothing
try optimize nothing
try optimize empty.txt
try optimize archive --level 30
try optimize archive --frame 1K

# A volume that is damaged is left alone.
cp -r before damaged
printf 'XXXX' | dd of=damaged/volumes/000001.tar.zst bs=1 seek=3000 \
    conv=notrunc 2>/dev/null
pm optimize -q damaged 2>/dev/null
echo "status $?"
ls damaged/volumes
