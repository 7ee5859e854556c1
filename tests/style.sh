#!/bin/sh
# style.sh - the floors and fences of src/README.md, by grep.
set -u
failed=0

# fence HEADER-PATTERN OWNER-PATTERN: who includes it and is no owner?
fence() {
	found=$(grep -rnE "#include <($1)" src --include='*.[ch]' | grep -vE "^($2)")
	if [ -n "$found" ]; then
		echo "style: <$1> belongs to $2 alone:" >&2
		echo "$found" | sed 's/^/  /' >&2
		failed=1
	fi
}

# floor FOLDER ALLOWED: what its files include from other folders.
floor() {
	found=$(grep -nE '#include "' src/"$1"/*.[ch] | grep -vE "\"($2)")
	if [ -n "$found" ]; then
		echo "style: src/$1 may include $2 alone:" >&2
		echo "$found" | sed 's/^/  /' >&2
		failed=1
	fi
}

# banned PATTERN FILES...: calls that are not made there.
banned() {
	pattern=$1
	shift
	found=$(grep -nE "(^|[^a-zA-Z0-9_.>\"])($pattern)\(" "$@" | grep -vE ':[ 	]*\*')
	if [ -n "$found" ]; then
		echo "style: not to be called here: $pattern" >&2
		echo "$found" | sed 's/^/  /' >&2
		failed=1
	fi
}

fence 'zstd' 'src/store/frame\.c|src/intake/zst_dict\.c'
fence 'sqlite3' 'src/store/catalog'
fence 'archive\.h|archive_entry\.h' 'src/intake/|src/archive/export\.c'
fence 'unicode/' 'src/text/'
fence 'xxhash' 'src/dup/digest\.c'
fence 'openssl/' 'src/store/sha256\.c|src/page/warc_digest\.c'
fence 'zlib\.h' 'src/intake/gzip\.c|src/page/http\.c|src/archive/export_warc\.c'
fence 'brotli/' 'src/page/http\.c'
fence 'jansson' 'src/store/record_read\.c|src/page/html_jsonld\.c'
fence 'isa-l' 'src/store/parity_code\.c'
fence 'uchardet' 'src/text/encoding_detect\.c'
fence 'libxml/' 'src/page/html_tree|src/page/feed\.c'
fence 'yaml\.h' 'src/page/yaml\.c'
fence 'pthread' 'src/base/'

floor base 'base/|pressmark\.h'
floor text 'text/|base/|pressmark\.h'
floor intake 'intake/|text/|base/|pressmark\.h'
floor page 'page/|text/|base/|pressmark\.h'
floor dup 'dup/|text/|base/|pressmark\.h'
floor store 'store/|text/|base/|pressmark\.h'
floor archive 'archive/|store/|dup/|page/|intake/|text/|base/|pressmark\.h'
floor cli 'cli/|pressmark\.h'

banned 'strcpy|strcat|sprintf|vsprintf|strtok|gets|gmtime|localtime|alloca|system' \
	src/*/*.c
banned 'printf|fprintf|puts|putchar|fputs|perror|exit|fopen' \
	src/base/*.c src/text/*.c src/intake/*.c src/page/*.c src/dup/*.c \
	src/store/*.c src/archive/*.c
banned 'malloc|calloc|realloc' \
	src/text/*.c src/intake/*.c src/page/*.c src/dup/*.c src/store/*.c \
	src/archive/*.c

# Outliers are for people to judge.
for f in src/*/*.[ch]; do
	n=$(wc -l <"$f")
	case $f in
	*table*) ;;
	*) [ "$n" -gt 700 ] && echo "style: $f has $n lines" ;;
	esac
done
awk '/^{/ { start = FNR } /^}/ && start { if (FNR - start > 75)
	printf "style: %s:%d: a function of %d lines\n", FILENAME, start, FNR - start
	start = 0 }' src/*/*.c
exit $failed
