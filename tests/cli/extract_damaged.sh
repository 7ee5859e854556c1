# extract: what a damaged frame holds is left out and said, the rest is there.
. "$LIB"
need zstd tar
# Each run has frames of its own.
for folder in "$CORPUS"/pages/*; do
	pm add -q archive "$folder"
done
pm extract -q archive -o - >whole.jsonl
cp -R archive sound

# Damage a frame that holds texts, but not all of them.
at=1500 concerned=
while [ -z "$concerned" ] && [ $at -lt 60000 ]; do
	rm -r archive && cp -R sound archive
	printf 'rubbish' | dd of=archive/volumes/000001.tar.zst bs=1 \
	    seek=$at conv=notrunc 2>/dev/null
	concerned=$(pm verify -q --json archive | field articles |
	    grep -o '[0-9a-f]\{16\}')
	at=$((at + 500))
done
echo "$concerned" | sort >lost
[ "$(wc -l <lost)" -lt "$(wc -l <whole.jsonl)" ] && echo "some are lost"

ids() {
	sed 's/^{"id":"\([0-9a-f]*\)".*/\1/' "$1" | sort
}
ids whole.jsonl | grep -v -F -f lost >want
for to in rest.jsonl rest.tar rest; do
	pm extract archive -o $to >out 2>err
	echo "$to: $?"
	grep -c 'is left out' err >n
	wc -l <lost | tr -d ' ' >lost.n
	equal lost.n n "each is named"
	grep -o 'article [0-9a-f]\{16\} is left out' err | cut -d' ' -f2 |
	    sort >got
	equal lost got "the lost"
	tail -n 1 err | sed 's/[0-9]\{1,\}/N/'
done
mkdir from-tar && tar -xf rest.tar -C from-tar
equal rest.jsonl rest/articles.jsonl "articles.jsonl"
diff -r rest from-tar && echo ".tar: equal"
ids rest.jsonl >got
equal want got "the rest"
# No line differs from what it was.
grep -v -x -F -f whole.jsonl rest.jsonl | wc -l
pm extract -q --json archive -o again.jsonl 2>err | sed 's/[0-9]\{1,\}/N/g'
pm extract archive --id "$(sed -n 1p lost)" -o one.jsonl 2>err
echo "one that is lost: $?"
wc -c <one.jsonl
