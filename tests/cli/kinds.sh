# ls of teasers, captures, tags and runs; show.
. "$LIB"
packed archive

for kind in teasers captures tags runs; do
	pm ls archive --$kind >text
	pm ls archive --$kind --json >json
	echo "$kind: $(wc -l <text), as JSON $(wc -l <json)"
	sed -n 1p json | sed "s|$CORPUS|CORPUS|" |
	    sed 's/"[0-9T:.Z-]*Z"/"TIME"/g; s/"version":"[^"]*"/"version":"V"/; s/"unicode":"[^"]*"/"unicode":"U"/'
done
pm ls archive --teasers --json | field sightings |
    awk '{ n += $1 } END { print n " sightings" }'
pm ls archive --captures --json | field kind | sort | uniq -c
pm ls archive --captures | grep opaque
pm ls archive --tags

try show archive 3b9ae55ad97267a2
try show archive 3b9ae55
pm show archive 3b9ae55ad97267a2 --json | sed -n 1p
try show archive ""
try show archive 0000000000000000
try show archive not-an-id
