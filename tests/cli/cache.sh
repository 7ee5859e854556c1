# Damage in the cache: the index is made again from the volumes, and an add
# goes on as if nothing had been.
. "$LIB"
need dd
pm add -q archive "$CORPUS/pages/en" "$CORPUS/pages/ru"
cp -R archive sound
pm add -q sound "$CORPUS/pages"
listing sound >sound.list
pm verify -q sound

# In the middle of the blocks of each run; then of all.
damage() {
	bytes=$(wc -c <"$1")
	printf '\377\000\377\000' |
	    dd of="$1" bs=1 seek=$((bytes - 40)) conv=notrunc 2>/dev/null
}
for index in articles teasers bodies .; do
	rm -rf damaged
	cp -R archive damaged
	for run in damaged/cache/*$index*.run; do
		damage "$run"
	done
	pm add damaged "$CORPUS/pages" >out 2>&1
	echo "$index: $?, $(grep -c 'made again' out) made again"
	listing damaged >damaged.list
	equal sound.list damaged.list "$index"
	pm verify -q damaged
	pm add damaged "$CORPUS/pages" 2>&1 | grep 'made again'
done
exit 0
