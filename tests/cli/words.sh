# Where a command may stand, help of one command, one list at a time, grammar
# of one, and inputs of which none can be read.
. "$LIB"
echo "A page with one line of text that says little, in its few words." >page.txt
for command in add ls why; do
	pm help $command >a
	pm $command --help >b
	cmp -s a b && pm --help $command | cmp -s - a && echo "help $command: the same"
done
try help nosuch
pm help | head -1
pm help help | head -1

try -q add archive page.txt
pm --json ls archive | field bytes
pm --undated --tz UTC --json ls archive | wc -l
pm --tag none --json ls archive | wc -l
try --tag
try -q
try --tag ls archive
try --colour ls archive
try -qj 1 -- add archive page.txt
try --level 99 add archive page.txt

try ls archive --tags --runs
try ls archive --missing --json --teasers --tags
try ls archive --tags --tags

try add other page.txt | grep -v volumes
try verify other
try restore other -o back
try extract other -o out
try reindex other
try dups page.txt page.txt

try add new nosuch
try add new @nosuch nosuch
[ -e new ] && echo "an archive was made"
mkdir new
try add -q --json new nosuch
ls -A new
try add -q new nosuch page.txt
ls new
try add -q new nosuch
mkdir none
try add -q empty none
ls empty
