# Input that is no page: everything is kept, restored, and said.
. "$LIB"
need awk
mkdir input
: >input/empty
printf '\000\001\002\377binary\000' >input/binary
printf 'A line that is not UTF-8: \377\376 here.\nAnother line.\n' >input/latin.txt
printf 'A good page has a line.\nAnd another.\n' >input/good.txt
printf '\n\n\n' >input/blank.txt
printf 'no line end' >input/short.txt
printf 'CR LF lines.\r\nAre kept.\r\n' >input/crlf.txt
printf '\357\273\277A byte order mark.\n' >input/bom.txt
: >input/two%20words
mkdir input/sub
ln -s ../sub input/sub/loop
ln -s nowhere input/dangling
ln -s good.txt input/link
mkfifo input/fifo
try add archive input --crawled 2025-02-12T08:00:00Z | sed 's/volumes .*/(sizes)/'
# Which letters two odd bytes are is not ours to say.
pm ls archive --captures | sed "s|[0-9a-f]*\(.latin\.txt\)|ID\1|"
sane archive
pm restore -q archive -o out
find input -type f | sort | sed 's|^input/||' >want
(cd out && find . -type f | sort | sed 's|^\./||') >got
equal want got "names"
for file in $(cat want); do
	cmp "input/$file" "out/$file"
done

# One line of 100 MB.
mkdir long
head -c 100000000 /dev/zero | tr '\0' x >long/line.txt
pm add -q --memory 128M long.archive long
echo "long line: $?"
pm restore -q long.archive -o out2 && cmp long/line.txt out2/line.txt
sane long.archive
