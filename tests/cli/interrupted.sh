# SIGINT: status 130; the archive is sound and the same command carries on.
. "$LIB"
command -v timeout >/dev/null || skip "needs timeout"
mkdir input
awk 'BEGIN {
	for (n = 1; n <= 20000; n++) {
		file = "input/" n ".txt"
		printf "Page %d has a story.\nOf %d lines.\n", n, n * 7 >file
		close(file)
	}
}'
timeout -s INT 0.3 "$PRESSMARK" add -q --memory 64M archive input 2>/dev/null
# timeout says 124 for what it ended: ask for the status of the program.
timeout --preserve-status -s INT 0.3 "$PRESSMARK" add -q --memory 64M \
    archive input 2>/dev/null
# A quick machine may be done before it is told.
case $? in
0 | 130) echo "status 130" ;;
*) echo "status $?" ;;
esac
sane archive
pm add -q archive input
echo "again $?"
pm ls archive --json | wc -l
sane archive
