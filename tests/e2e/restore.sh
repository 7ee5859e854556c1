#!/bin/sh
# restore.sh PRESSMARK GENERATE - what was put in comes out: bytes, names,
# times and modes; directories, tar in tar, compressed files, odd files.
# SEED; PAGES.
. "$(dirname "$0")/common"

make_pages "${PAGES:-600}" "$work/pages.tar"
mkdir -p "$work/want" "$work/in/odd/deep/er"
cd "$work/in" || exit 2
cp -R "$corpus" corpus
tar -xf "$work/pages.tar"
# Files that are no pages, or hardly.
: >odd/empty
printf 'no newline at the end' >odd/short.txt
printf '\n\n\n' >odd/newlines
printf 'a\0b\377\376\n' >odd/bytes.bin
dd if=/dev/urandom of=odd/random bs=1000 count=300 2>/dev/null
awk 'BEGIN { for (i = 0; i < 300000; i++) printf "word%d ", i }' >odd/line.txt
cp "$(find corpus -name 0001.txt | head -1)" odd/deep/er/copy.txt
sed 's/$/\r/' odd/deep/er/copy.txt >odd/deep/crlf.txt
awk 'BEGIN { printf "\357\273\277" } { print }' odd/deep/er/copy.txt \
    >odd/bom.txt
touch -t 197001020304.05 odd/short.txt
touch -t 203801200304.05 odd/newlines
chmod 600 odd/short.txt
chmod 444 odd/bytes.bin
chmod 755 odd/deep/crlf.txt

# As a directory.
add "$work/directory" .
"$pressmark" restore -q "$work/directory" -o "$work/out" ||
    fail "restore: status $?"
same_trees "a directory" "$work/in" "$work/out"
clean "$work/directory" --deep

# The same within a tar within a tar, and beside it.
tar -cf "$work/inner.tar" odd corpus
cd "$work/want" || exit 2
mkdir -p outer
tar -C outer -xf "$work/inner.tar" 2>"$work/tar" ||    # a time to come
    fail "tar: $(cat "$work/tar")"
tar -xf "$work/pages.tar"
mkdir "$work/nest"
mv outer inner.tar
cp "$work/inner.tar" "$work/nest/inner.tar"
cp "$work/pages.tar" "$work/nest/pages.tar"
(cd "$work/nest" && tar -cf ../nest.tar inner.tar && gzip -k pages.tar)
add "$work/nested" "$work/nest.tar" "$work/nest/pages.tar.gz"
"$pressmark" restore -q "$work/nested" -o "$work/out2" ||
    fail "restore: status $?"
same_trees "containers" "$work/want" "$work/out2"
clean "$work/nested" --deep

# Once more: nothing new but the run.
add "$work/nested" "$work/nest.tar" "$work/nest/pages.tar.gz" --json \
    >"$work/counts"
grep -q '"captures":0,' "$work/counts" ||
    fail "a second add stored something: $(cat "$work/counts")"
"$pressmark" restore -q "$work/nested" -o "$work/out3" ||
    fail "restore: status $?"
same_trees "after a second add" "$work/want" "$work/out3"
