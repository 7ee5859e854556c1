# verify: levels, damage, reindex.
. "$LIB"
packed archive

for level in --quick "" --deep; do
	try verify archive $level
done
try verify archive --json
listing archive >before
counts archive >counts.before
pm scan -q --pairs --links --json "$CORPUS/pages" >scan.before
cp -R archive copy

# Without catalog and cache.
rm -r archive/catalog.db archive/cache
try verify archive
try ls archive
try reindex archive
listing archive >after
counts archive >counts.after
equal before after "ls after reindex"
equal counts.before counts.after "stats after reindex"
sane archive
pm add -q --json archive "$CORPUS/pages" | field known

# A damaged catalog.
rm -r archive && cp -R copy archive
LC_ALL=C sed 's/Culture/Cultura/g' copy/catalog.db >archive/catalog.db
pm verify -q archive >/dev/null 2>&1
echo "damaged catalog: $?"
: >archive/catalog.db
pm verify -q archive >/dev/null 2>&1
echo "empty catalog: $?"
pm reindex -q archive
echo "reindex: $?"
listing archive >after
equal before after "ls after damage"

# A damaged volume.
rm -r archive && cp -R copy archive
volume=archive/volumes/000001.tar.zst
printf 'rubbish' | dd of=$volume bs=1 seek=900 conv=notrunc 2>/dev/null
pm verify archive >out 2>&1
echo "damaged volume: $?"
grep -c '000001.tar.zst.*frame' out
# A cut volume.
rm -r archive && cp -R copy archive
dd if=copy/volumes/000001.tar.zst of=$volume bs=1000 count=20 2>/dev/null
for level in --quick "" --deep; do
	pm verify -q archive $level >out 2>&1
	echo "cut volume $level: $?"
done
# No volume at all.
rm $volume
pm verify -q archive >/dev/null 2>&1
echo "no volume: $?"
pm ls archive >/dev/null 2>&1
