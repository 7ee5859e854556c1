#!/bin/sh
# The examples of README.md do what it says: every command of its "console"
# blocks is run, in order, and what it prints is compared with the page.
# Sizes on disk are not compared: they change with the versions of zstd and
# SQLite.  Then:
# links lead somewhere, and src/README.md names every source file.

top=$(cd "$(dirname "$0")/../.." && pwd)
pressmark=${PRESSMARK:-$top/build/pressmark}
case $pressmark in /*) ;; *) pressmark=$PWD/$pressmark ;; esac
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
ln -s "$top/corpus" corpus

LC_ALL=C
TZ=UTC
export LC_ALL TZ

pressmark() { "$pressmark" "$@"; }

without_sizes() {
	sed -E 's/(volumes|catalog|cache) [0-9.]+ k?B/\1 SIZE/g'
}

# Lines of the console blocks: commands behind "$ ", the rest is output.
awk '/^```console$/ { inside = 1; next } /^```$/ { inside = 0 } inside' \
    "$top/README.md" > page
grep -c '^\$ ' page > commands
[ "$(cat commands)" -ge 10 ] || {
	echo "README.md: no examples found"
	exit 1
}

failed=0
n=0
while [ $n -lt "$(cat commands)" ]; do
	n=$((n + 1))
	command=$(awk -v n=$n '/^\$ / { k++; if (k == n) print substr($0, 3) }' \
	    page)
	awk -v n=$n '/^\$ / { k++; next } k == n' page > expected.raw
	command -v "${command%% *}" > /dev/null || {
		echo "needs ${command%% *}" >&2
		exit 77
	}
	eval "$command" > actual.raw 2>&1
	without_sizes < expected.raw > expected
	without_sizes < actual.raw > actual
	cmp -s expected actual && continue
	failed=1
	echo "README.md says something else of: $command"
	diff -u expected actual | sed 1,2d
done

# What the documents name is there, and what is there is named.
for page in README.md src/README.md; do
	grep -o ']([^)#]*' "$top/$page" | cut -c3- | grep -v : > links
	while read -r link; do
		[ -e "$top/$(dirname $page)/$link" ] && continue
		failed=1
		echo "$page: $link is not there"
	done < links
done
for file in "$top"/src/*/*.c; do
	name=$(basename "$file" .c)
	grep -q "\`$name\`" "$top/src/README.md" && continue
	failed=1
	echo "src/README.md does not name $name"
done
exit $failed
