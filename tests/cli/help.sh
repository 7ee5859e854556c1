# --help of every command, --man and --version.
. "$LIB"
need man
pm --help
for command in add scan inspect ls show extract restore verify reindex stats; do
	pm "$command" --help >help 2>err || echo "$command --help: $?"
	[ -s err ] && echo "$command --help: writes to standard error"
	head -1 help
	awk 'length > 80 { print "too long: " $0 }' help
done
pm --man >man && head -1 man
man -l --warnings=w man 2>&1 >/dev/null
pm --man | grep -c '^\.B pressmark '
pm --version
pm help | head -1
