# SIGINT: status 130; the archive is sound and the same command carries on.
. "$LIB"
mkdir input
seq 1 4000 | while read -r n; do
	printf 'Page %d tells a story of its own.\nIt has a second line, %d.\n' \
	    "$n" "$((n * 7))" >input/$n.txt
done
mkfifo pipe
# A background job of sh ignores SIGINT: only one that waits does not.
if command -v setsid >/dev/null && command -v timeout >/dev/null; then
	(exec 3<>pipe; timeout -s INT 1 "$PRESSMARK" add -q archive input - <&3)
	echo "status $?" | sed 's/124/130/'
fi
sane archive
pm add -q archive input
echo "again $?"
pm ls archive --json | wc -l
sane archive
