# Helper functions of the command-line tests: `. "$LIB"` takes them in.

pm() {
	"$PRESSMARK" "$@"
}

# skip MESSAGE: leave; run.sh counts it as skipped.
skip() {
	echo "$*" >&2
	exit 77
}

# need TOOL...: skip unless all are there.
need() {
	for tool in "$@"; do
		command -v "$tool" >/dev/null 2>&1 || skip "needs $tool"
	done
}

# try WORDS...: run pressmark, then print its status, standard output and
# standard error (marked |), with this directory's name taken out.
try() {
	status=0
	"$PRESSMARK" "$@" >.out 2>.err || status=$?
	sed "s|$PWD|HERE|g" .out
	sed "s|$PWD|HERE|g; s/^/| /" .err
	echo "= $status"
	rm -f .out .err
}

# packed ARCHIVE: the sample corpus, packed.
packed() {
	"$PRESSMARK" add -q "$1" "$CORPUS/pages"
}

# field NAME: that field of each JSON object a line; strings without quotes.
# Good for fields whose value holds no escaped quote.
field() {
	sed -n "s/^.*[{,]\"$1\":\(\"\([^\"]*\)\"\|\[[^]]*\]\|{[^}]*}\|[^,}]*\).*\$/\1/p" |
	    sed 's/^"\(.*\)"$/\1/'
}

# listing ARCHIVE: all that may not depend on how the archive came to be.
listing() {
	for what in "ls --json" "ls --teasers --json" "ls --captures --json" \
	    "ls --tags --json"; do
		# The number of the run is of how it came to be.
		"$PRESSMARK" ${what%% *} "$1" ${what#* } |
		    sed 's/,"run":[0-9]*//'
	done
	"$PRESSMARK" extract -q "$1" -o -
}

# counts ARCHIVE: stats without sizes of files.
counts() {
	"$PRESSMARK" stats --json "$1" |
	    sed 's/,"[a-z]*_bytes":[0-9]*//g'
}

# equal A B WHAT: are two files equal?
equal() {
	if cmp -s "$1" "$2"; then
		echo "$3: equal"
	else
		echo "$3: DIFFERENT"
		diff "$1" "$2" | cut -c1-300 | sed -n 1,8p
	fi
}

# same_tree A B WHAT: names, bytes, types, times and modes.
same_tree() {
	if diff -r "$1" "$2" >.diff 2>&1; then
		(cd "$1" && find . -type f -exec stat -c '%n %a %y' {} + |
		    sort) >.one
		(cd "$2" && find . -type f -exec stat -c '%n %a %y' {} + |
		    sort) >.two
		equal .one .two "$3"
	else
		echo "$3: DIFFERENT"
		sed -n 1,8p .diff
	fi
	rm -f .diff .one .two
}

# sha256 of a file
sha256() {
	sha256sum <"$1" | cut -d' ' -f1
}

# sane ARCHIVE: does it verify?
sane() {
	if "$PRESSMARK" verify -q --deep "$1"; then
		echo "$1 verifies"
	else
		echo "$1 DOES NOT VERIFY ($?)"
	fi
}
