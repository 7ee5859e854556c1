# A wrong value is wrong usage, and leaves nothing behind.
. "$LIB"
echo "One page of text." >page.txt
pm add -q archive page.txt --crawled yesterday 2>/dev/null
echo "crawled: $?"
ls
pm add -q archive page.txt
for command in "ls archive --tz Nowhere/City" \
    "ls archive --since 2025 --tz Nowhere/City" \
    "inspect page.txt --tz Nowhere/City"; do
	pm $command >/dev/null 2>&1
	echo "$command: $?"
done
