# repair: nothing wrong, catalog, HEAD, parity, salvage; what is lost and back.
. "$LIB"
pm add -q --parity 0 --frame 64K archive "$CORPUS/pages/ru"
pm add -q --frame 64K archive "$CORPUS/pages/en"
pm add -q --frame 64K archive "$CORPUS/pages/de"
cp -R archive copy
volume=archive/volumes/000001.tar.zst

fresh() {
	rm -rf archive && cp -R copy archive
}

# How a repair ends: status, the last line, the numbers that vary taken out.
ends() {
	status=0
	pm repair "$@" >out 2>err || status=$?
	grep -c '^lost: ' out | sed 's/^/lost lines: /'
	sed -n 's/^mended: /mended: /p' out | sed 's/[0-9][0-9]* /N /g'
	cat err
	echo "= $status"
}

ends archive
pm ls --lost archive | wc -l | tr -d ' '

echo "- catalog"
rm archive/catalog.db
ends archive
pm verify -q --deep archive && echo clean

echo "- HEAD"
fresh
printf x | dd of=archive/HEAD bs=1 seek=20 conv=notrunc 2>/dev/null
ends archive
cmp archive/HEAD copy/HEAD && echo "the same HEAD"
rm archive/HEAD
ends archive
cmp archive/HEAD copy/HEAD && echo "the same HEAD"

echo "- parity"
pm add -q --parity 10 copy "$CORPUS/pages/zh"
fresh
printf 'rubbish' | dd of=$volume bs=1 seek=900 conv=notrunc 2>/dev/null
ends archive
cmp $volume copy/volumes/000001.tar.zst && echo "the same volume"
ls archive archive/volumes
rm $volume
printf 'rubbish' >$volume
ends archive | sed 's/, and what was in.*//' | tail -1

echo "- salvage"
fresh
rm -r archive/parity
printf 'rubbish' | dd of=$volume bs=1 seek=900 conv=notrunc 2>/dev/null
cp -R archive hurt
pm restore -q copy -o before
ends archive | grep -v '^[0-9]* problem'
pm verify -q --deep archive && echo clean
pm reindex -q archive && pm verify -q --deep archive && echo clean
pm ls --lost archive | sort >lost
pm ls --lost --json archive | field path | sort >lost.names
[ -s lost.names ] && echo "some are lost"
pm restore archive -q -o after && echo restored
(cd before && find . -type f | sed 's|^\./||') | sort >names.before
(cd after && find . -type f | sed 's|^\./||') | sort >names.after
grep -v '^null$' lost.names | sort -u - names.after >names.both
cmp names.before names.both && echo "each is lost or there"
comm -12 lost.names names.after
(cd after && find . -type f) | while read -r name; do
	cmp "before/$name" "after/$name"
done

echo "- the same without a catalog"
rm -r archive && mv hurt archive
rm archive/catalog.db
ends archive | grep -v '^[0-9]* problem'
pm verify -q --deep archive && echo clean
pm ls --lost archive | sort >lost.bare
cut -f 1,3,4 lost >a
cut -f 1,3,4 lost.bare >b
wc -l <a | tr -d ' ' >a.n
wc -l <b | tr -d ' ' >b.n
cmp a.n b.n && echo "as many are lost"

echo "- and back"
for part in ru en de zh; do
	pm add -q archive "$CORPUS/pages/$part"
done
pm ls --lost archive | wc -l | tr -d ' '
rm -r after && pm restore -q archive -o after
diff -r before after && echo "all is there"
pm verify -q --deep archive && echo clean
try ls --lost archive --tag x
try repair nothing
