#!/bin/sh
# run.sh [--bless] BINARY [NAME...] - what is said of each golden archive, and
# made of it, is what NAME.out says; see README.md.
set -u
here=$(cd "$(dirname "$0")" && pwd)
bless=no
if [ "${1:-}" = --bless ]; then
	bless=yes
	shift
fi
if [ $# -lt 1 ]; then
	echo "usage: run.sh [--bless] BINARY [NAME...]" >&2
	exit 2
fi
pm=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
shift
LC_ALL=C TZ=UTC
export LC_ALL TZ
work=$(mktemp -d "${TMPDIR:-/tmp}/pressmark-golden.XXXXXX") || exit 2
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM
cd "$work" || exit 2
[ $# -eq 0 ] && set -- $(cd "$here" && ls *.tar | sed 's/\.tar$//')

# say WORDS...: what pressmark prints and its status, without the words of zstd
# and SQLite.
say() {
	echo "- $*"
	"$pm" "$@" >said 2>&1
	status=$?
	sed 's/\(does not decode\): .*/\1/; s/: PRAGMA .*//' said
	echo "= $status"
}

# lists ARCHIVE: digests of what it says and of what is restored.
lists() {
	for what in "" --captures --teasers --lost; do
		"$pm" ls --json "$1" $what 2>/dev/null | sort | md5sum |
		    sed "s/-\$/ls $what/"
	done
	rm -rf out
	"$pm" restore -q "$1" -o out >restore.err 2>&1
	echo "restore: $?, $(find out -type f 2>/dev/null | wc -l) files"
	if [ -d out ]; then
		(cd out && find . -type f | sort | xargs md5sum)
	fi
}

# A catalog and cache for it, made of the good one that it was.
catalog() {
	case $1 in
	good-*) say reindex -q "$1"; return ;;
	bad-catalog*) return ;;
	*-bare) of=good-bare ;;
	*) of=good-sealed ;;
	esac
	tar -xf "$here/$of.tar"
	"$pm" reindex -q "$of" && cp -R "$of/catalog.db" "$of/cache" "$1"
}

# same A B: which of volumes and HEAD are.
same() {
	for file in HEAD $(cd "$2" && ls volumes/*); do
		cmp -s "$1/$file" "$2/$file" && echo "the same $file"
	done
}

# All that is said of one.
told() {
	tar -xf "$here/$1.tar"
	catalog "$1"
	say verify --deep "$1"
	[ "$1" = good-empty ] || lists "$1"
	case $1 in good-*) return ;; esac
	say verify --quick "$1"
	"$pm" repair -q "$1" >repair.out 2>&1
	echo "repair: $?, $(grep -c '^lost: ' repair.out) lost"
	case $1 in
	*-bare) same "$1" good-bare ;;
	*) [ -d good-sealed ] || tar -xf "$here/good-sealed.tar"
	    same "$1" good-sealed ;;
	esac
	say verify --deep "$1"
	lists "$1"
}

failed=0 passed=0
for name; do
	if [ ! -f "$here/$name.tar" ]; then
		echo "FAIL $name: there is no $name.tar"
		failed=$((failed + 1))
		continue
	fi
	told "$name" >"$name.got" 2>&1
	if [ $bless = yes ]; then
		cp "$name.got" "$here/$name.out"
	elif cmp -s "$here/$name.out" "$name.got"; then
		passed=$((passed + 1))
	else
		echo "FAIL $name (- expected, + got)"
		diff -u "$here/$name.out" "$name.got" | sed -n '3,40p'
		failed=$((failed + 1))
	fi
	for made in "$name" good-bare good-sealed out; do
		chmod -R u+rwx "$made" 2>/dev/null
		rm -rf "$made"
	done
done
[ $bless = yes ] && exit 0
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
