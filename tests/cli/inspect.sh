# inspect of one page of each kind.
. "$LIB"
cp -R "$CORPUS/pages" pages

try inspect pages/en/2025-02-12T08-10-00/0001.txt
try inspect --json pages/tg/2025-02-12T08-20-00/0001.txt \
    --crawled 2025-02-12T10:00:00+05:00
try inspect --json $(find pages -name emblem.png)
pm inspect --json pages | field kind | sort | uniq -c
try inspect nowhere.txt
