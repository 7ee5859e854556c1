#!/bin/sh
# make.sh BUILD [NAME...] - make golden archives that are not there yet; needs
# BUILD/tests/seal.  One that is there stays: old bytes must read for ever.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=$(cd "$1" && pwd)
shift
work=$(mktemp -d "${TMPDIR:-/tmp}/pressmark-golden.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
LC_ALL=C TZ=UTC
export LC_ALL TZ

add() {
	"$build/pressmark" add -q --frame 64K --crawled 2025-03-01T08:00:00Z "$@"
}

# ---- inputs ----

# story N WORD: a few lines that are like no other N's.
story() {
	awk -v n="$1" -v word="$2" 'BEGIN {
		print "# " word " number " n "\n"
		for (i = 1; i < 40; i++)
			printf "%s %d%s", word, (i * n * 7919 + n) % 99991,
			    i % 9 ? " " : ".\n"
		print "" }'
}

mkdir one two more records web codes
story 1 ferry >one/a.txt
story 2 mill >one/b.txt
story 3 bridge >two/c.txt
cp one/a.txt two/again.txt
story 4 harbour >more/d.txt
cat >one/list.txt <<'EOF'
The page tells of a third thing, and what it tells stays as it is, word for word.
Its second line is here so that it counts as a text, and the third is below it.
Related articles


Sisters open a library in a mill
A library was opened in the old mill of Karst by two sisters who had read all...
- Culture
- 2 days ago
EOF
cat >records/r.jsonl <<'EOF'
{"url":"https://rec.example/1","title":"First record","text":"A record of a juggler who dropped his seven torches into the millpond.","publication_date":"2025-02-11"}
{"url":"https://rec.example/2","title":"Second record","text":"A record of a baker whose bread was sold as far away as the coast.","unknown":[1,2,{"x":null}]}
EOF
printf 'title,text,date\nA row,"A row of a table, with ""quotes"" and a\nnew line",2025-02-12\n' \
    >records/t.csv
cat >web/page.html <<'EOF'
<!DOCTYPE html><html lang="en"><head><title>Ferry stays | Pellwick</title>
<link rel="canonical" href="https://pellwick.example/ferry"></head><body>
<article><h1>Ferry stays</h1><p>Residents of the harbour town have voted to keep the last passenger ferry running through the winter, even though it loses money.</p>
<p>More than seven in ten voters backed the proposal, which adds a small charge to parking near the quay.</p></article></body></html>
EOF
russian='В старой мельнице открылась библиотека, и две сестры прочли в ней все книги до единой.'
printf '%s\n%s\n' "$russian" "$russian" >codes/utf8.txt
printf '%s Снег лежал до июля.\n' "$russian" | iconv -f utf-8 -t cp1251 >codes/cp1251.txt
printf '\377\376' >codes/utf16.txt
printf 'A page in sixteen bits, of the pass on which the snow lay until July.\n' |
    iconv -f utf-8 -t utf-16le >>codes/utf16.txt
printf 'Un caf\351 a ouvert dans la vieille gare; on y lit des journaux de tout le pays.\n' \
    >codes/latin1.txt
printf 'bytes\000that are\001no page' >codes/bytes.bin
: >codes/empty.txt
touch -d 2025-03-01T08:00:00Z */*

# ---- good ones ----

add good-empty records/none 2>/dev/null || mkdir none && add good-empty none
add good-batch one
add good-records records
add --text-only good-text web
add good-encodings codes
add --parity 0 good-bare one
add --parity 0 good-bare two
add --parity 20 good-sealed one
"$build/tests/seal" good-sealed
cp -R good-sealed sealed-before
add good-sealed two more
cp -R good-sealed good-forgotten
"$build/pressmark" forget --yes "$PWD/good-forgotten" "$("$build/pressmark" \
    ls --json good-forgotten | sed -n 's/^{"id":"\([^"]*\)".*mill number.*/\1/p')" \
    >/dev/null
cp -R good-sealed good-optimized
"$build/pressmark" optimize -q good-optimized
cp -R good-sealed good-repaired
rm -r good-repaired/parity good-repaired/volumes/000001.tar.zst
"$build/pressmark" repair -q good-repaired >/dev/null || :

# ---- bad ones: of good-sealed, or of good-bare where no parity may help ----

# bad NAME OF: a copy.
bad() {
	cp -R "$2" "$1"
	volume=$1/volumes/000001.tar.zst
}

# at FILE MAGIC: offset of the first such skippable frame's name.
at() {
	LC_ALL=C grep -abo "$2" "$1" | head -1 | cut -d: -f1
}

# flip FILE OFFSET: one bit.
flip() {
	byte=$(od -An -tu1 -j"$2" -N1 "$1" | tr -d ' ')
	printf "\\$(printf %03o $((byte ^ 4)))" |
	    dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

size() {
	wc -c <"$1" | tr -d ' '
}

for of in sealed bare; do
	bad bad-frame-$of good-$of
	flip "$volume" 600
	bad bad-marker-$of good-$of
	flip "$volume" $(($(at "$volume" PMCOMMIT) + 20))
	bad bad-tail-$of good-$of
	last=$(ls bad-tail-$of/volumes/* | tail -1)
	truncate -s -40 "$last"
	bad bad-volume-missing-$of good-$of
	rm "$volume"
	bad bad-head-$of good-$of
	flip bad-head-$of/HEAD 30
	bad bad-head-missing-$of good-$of
	rm bad-head-missing-$of/HEAD
done
bad bad-index good-sealed
flip "$volume" $(($(at "$volume" PMINDEX1) + 40))
bad bad-seek-table good-sealed
flip "$volume" $(($(size "$volume") - 20))
bad bad-parity good-sealed
flip bad-parity/parity/000001-0000.par 2000
bad bad-head-old good-sealed
cp sealed-before/HEAD bad-head-old/HEAD
bad bad-catalog good-sealed
printf 'SQLite format 3, it says, and is none' >bad-catalog/catalog.db
bad bad-catalog-missing good-sealed
bad bad-newer good-sealed
sed 's/^pressmark 1$/pressmark 9/; /^sha256 /d' good-sealed/HEAD >new
printf 'sha256 %s\n' "$(sha256sum <new | cut -c1-64)" >>new
cp new bad-newer/HEAD

# ---- packed: what is made from the volumes is left out ----

for archive in good-* bad-*; do
	[ -e "$here/$archive.tar" ] && continue
	[ "$archive" = bad-catalog ] || rm -f "$archive/catalog.db"
	rm -rf "$archive"/cache "$archive"/catalog.db-* "$archive/README.txt"
	tar -b1 --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner \
	    -cf "$here/$archive.tar" "$archive"
	echo "made $archive.tar"
done
