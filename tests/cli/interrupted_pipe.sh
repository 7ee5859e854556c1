# SIGINT while standard input says nothing: 130 at once.
. "$LIB"
command -v timeout >/dev/null || skip "needs timeout"
mkfifo pipe
exec 3<>pipe
timeout --preserve-status -k 5 -s INT 1 "$PRESSMARK" add -q archive - <&3 2>/dev/null
echo "status $?"
sane archive
