# Parity: how much, since when, and what verify says of it.
. "$LIB"

# percent FILE...: what its header says.
percent() {
	for file; do
		od -An -tu1 -j20 -N1 "$file" | tr -d ' '
	done
}

# flip FILE OFFSET
flip() {
	printf 'rubbish' | dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# parity ARCHIVE
parity() {
	ls "$1" | grep parity
	if [ -d "$1/parity" ]; then
		ls "$1/parity"
		percent "$1"/parity/*
	fi
	pm stats --json "$1" | field parity_bytes | sed 's/[1-9][0-9]*/N/'
}

echo "A page of text." >page.txt
echo "Another one." >other.txt
file=archive/parity/000001-0000.par

pm add -q archive "$CORPUS/pages" && parity archive
pm add -q --parity 30 archive page.txt && parity archive
cp $file before
pm add -q archive other.txt && parity archive
cmp -s before $file || echo "made anew"
pm add -q --parity 0 archive page.txt && parity archive
pm add -q archive "$CORPUS" && parity archive
pm verify -q archive && echo clean
pm add -q --parity 1 archive page.txt && parity archive
pm verify -q --deep archive && echo clean
try add --parity 31 archive page.txt
try add --parity some archive page.txt
pm add -q --parity 0 none page.txt && parity none
pm add -q none other.txt && parity none

# Damage to parity is told; readers need none of it.
listing archive >before
flip $file 2000
for level in --quick "" --deep; do
	try verify archive $level
done
flip $file 3
try verify archive --quick
listing archive >after
equal before after ls
rm $file
try verify archive
pm add -q archive other.txt && parity archive
try verify archive

# Damage to a volume: what was made of it before stays.
cp $file before
flip archive/volumes/000001.tar.zst 300
echo "One more." >more.txt
try add -q archive more.txt
cmp before $file && echo "as it was"
