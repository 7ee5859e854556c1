# Output that nobody reads ends the command without a crash.
. "$LIB"
packed archive
for command in "ls archive" "ls archive --json" "extract -q archive -o -" \
    "show archive 3b9ae55ad97267a2"; do
	(trap '' PIPE; "$PRESSMARK" $command 2>err; echo $? >status) | true
	echo "$command: $(cat status)"
done
if [ -w /dev/full ]; then
	pm ls archive --json >/dev/full
	echo "full: $?"
	pm extract -q archive -o - >/dev/full
	echo "full: $?"
fi
sane archive
