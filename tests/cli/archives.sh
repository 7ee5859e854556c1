# Archives that are missing, foreign, newer, locked, full.
. "$LIB"
need sha256sum sqlite3
echo "One page of text." >page.txt
pm add -q archive page.txt

for command in ls stats verify reindex "show id" "extract -o out" \
    "restore -o out"; do
	set -- $command
	name=$1
	shift
	if [ "$name" = show ]; then
		try show missing "$@"
	else
		try "$name" missing "$@"
	fi
	[ -e missing ] && echo "made missing"
done

mkdir foreign && echo mine >foreign/file
try add foreign page.txt
try ls foreign
try reindex foreign
try verify foreign
ls foreign
try add page.txt page.txt
try ls page.txt
try add -q archive nowhere.txt
try add -q archive @nowhere
try add no/such/directory page.txt

# Files of others in an archive harm nothing; a directory of theirs becomes
# no archive.
cp -R archive strange
touch strange/.DS_Store strange/HEAD.AbC123 strange/volumes/Thumbs.db
mkdir strange/lost+found
echo sums >strange/SHA256SUMS
pm ls strange | wc -l
echo "A page beside files of others." >beside.txt
try add -q strange beside.txt
pm ls strange | wc -l
try restore -q strange -o strange.out
ls strange.out
sane strange
try reindex -q strange
ls -A strange strange/volumes
printf 'x' | dd of=strange/HEAD conv=notrunc 2>/dev/null
try verify -q strange
mkdir mount && mkdir mount/lost+found
try add -q mount page.txt
ls mount
mkdir clone && echo 'ref: refs/heads/main' >clone/HEAD && mkdir clone/refs
try add -q clone page.txt

# A newer format.
head_of() {
	sed "s/^pressmark 1\$/pressmark $1/; /^sha256 /d" archive/HEAD >new
	printf 'sha256 %s\n' "$(sha256 new)" >>new
	cp new newer/HEAD
}
cp -R archive newer
head_of 3
echo "Another page." >other.txt
try add newer other.txt
try verify newer
try reindex newer
rm -r newer && cp -R archive newer
version=$(sqlite3 newer/catalog.db 'pragma user_version')
sqlite3 newer/catalog.db "pragma user_version = $((version + 1))"
pm ls newer >/dev/null 2>&1
echo "newer catalog: ls $?"
pm add -q newer other.txt >/dev/null 2>&1
echo "newer catalog: add $?"

# The archive within its own input.
mkdir tree && cp page.txt tree/
pm add -q tree/archive tree
pm add -q tree/archive tree
pm ls tree/archive --captures --json | field path
sane tree/archive

# No bytes may be written: what was there stays.
cp -R archive full
seq 1 200000 >numbers.txt
(ulimit -f 20; trap '' XFSZ; "$PRESSMARK" add -q full numbers.txt) 2>err
status=$?
[ $status -eq 3 ] && [ -s err ] && echo "full disk: 3" ||
    echo "full disk: $status $(cat err)"
sane full
pm add -q full numbers.txt
echo "then $?"
pm ls full --captures --json | field path
