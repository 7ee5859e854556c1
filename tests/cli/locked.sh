# Two adds at once: one is told that the archive is locked.
. "$LIB"
mkfifo pipe
pm add -q archive pipe - <pipe >first 2>&1 &
exec 3>pipe
sleep 1
try add -q archive "$CORPUS/pages/en"
pm ls archive | wc -l
echo "A page that was long in coming." >&3
exec 3>&-
wait $!
echo "first: $?"
sane archive
