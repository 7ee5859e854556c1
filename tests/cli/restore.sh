# restore: all, and what SELECT chooses.
. "$LIB"

mkdir input && cp -Rp "$CORPUS/pages/." input/
chmod 640 input/en/2025-02-12T08-10-00/0001.txt
touch -d '2001-02-03 04:05:06.789012345' input/en/2025-02-12T08-10-00/0002.txt
pm add -q archive input
pm restore -q archive -o out
same_tree input out "restored"
find out -mindepth 1 ! -type f ! -type d

try restore archive --tag culture -o some
pm ls archive --json --tag culture | field id | sort >ids
pm ls archive --captures --json | grep -F -f ids | field path | sort >want
(cd some && find . -type f | sed 's|^\./||' | sort) >got
equal want got "chosen"

# A file of other bytes that is there is not overwritten.
mkdir there there/en there/en/2025-02-12T08-10-00
echo mine >there/en/2025-02-12T08-10-00/0001.txt
try restore archive -o there
cat there/en/2025-02-12T08-10-00/0001.txt
find there -name '*~*'

# One path, two texts.
printf 'The first text.\n' >page.txt && touch -d 2024-01-01 page.txt
pm add -q two page.txt
printf 'The second text.\n' >page.txt && touch -d 2024-01-02 page.txt
pm add -q two page.txt
try restore two -o texts
grep . texts/*
try restore archive
: >file
try restore archive -o file
