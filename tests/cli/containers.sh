# Containers: broken ones, hostile names, two members of one name.
. "$LIB"
need tar zstd
mkdir input
for n in 1 2 3 4 5; do
	echo "Page number $n, of a few words." >input/$n.txt
done
tar -cf whole.tar -C input .
head -c 4700 whole.tar >cut.tar
try add -q cut cut.tar
pm ls cut --captures --json | field path
sane cut

# A name that leaves DIR, an absolute path, a newline, bytes not UTF-8.
mkdir evil
echo "The way up." >evil/up
echo "From the root." >evil/root
echo "Two lines." >"evil/line
feed"
printf 'Bytes.\n' >"evil/$(printf 'b\377\376')"
tar -cPf names.tar -C evil --transform 's|^up$|../../up|' \
    --transform "s|^root\$|$PWD/absolute|" -- up root "line
feed" "$(printf 'b\377\376')" 2>/dev/null || skip "needs GNU tar"
pm add -q names names.tar
echo "= $?"
pm ls names --captures --json | field path | sed "s|${PWD#/}|HERE|; s|$PWD|HERE|" | sort
mkdir -p deep/deep
pm restore -q names -o deep/deep/out
find deep -type f | sed "s|${PWD#/}|HERE|" | LC_ALL=C sort | od -c | cut -c9- | sed 's/ *$//'
ls -d up absolute deep/up deep/deep/up 2>/dev/null

# Two members of one name.
echo "The first bytes." >twice && touch -d 2024-01-01 twice && tar -cf twice.tar twice
echo "The second bytes." >twice && touch -d 2024-01-02 twice && tar -rf twice.tar twice
pm add -q twice.archive twice.tar
pm restore -q twice.archive -o twice.out
(cd twice.out && grep . *)

# Nested and compressed.
gzip -c whole.tar >inner.tar.gz
tar -cf outer.tar inner.tar.gz input/1.txt
pm add -q nested outer.tar
pm ls nested --captures --json | field path
sane nested

# 1 GB of zeros in a few kB is one capture, told in time.
head -c 1000000000 /dev/zero | zstd -q -1 >zeros.zst
tar -cf zeros.tar zeros.zst
pm add -q bomb zeros.tar
status=$?
[ $status -le 1 ] && echo "bomb ends"
sane bomb
