# A thousand pages that differ in their numbers alone: the lines of their
# relations fill more than one member of the volume.
. "$LIB"

mkdir pages
awk 'BEGIN {
	for (i = 1; i <= 1000; i++) {
		file = "pages/" i ".txt"
		printf "Page %d of the register has %d entries, as the clerk " \
		    "of the day has found out by counting them twice.\n" \
		    "The next page, number %d, was not to be found in the " \
		    "drawer.\n", i, i, i + 1 >file
		close(file)
	}
}'
pm add -q archive pages
pm stats archive --json | awk '{
	sub(/^.*"update":/, ""); sub(/,.*/, "")
	print ($0 + 0 > 50000 ? "more than 50000" : $0) " pairs are updates"
}'
sane archive
