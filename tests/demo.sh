#!/bin/sh
# demo.sh PRESSMARK CORPUS - the main job on the sample corpus, step by step.
set -eu
case $1 in /*) pressmark=$1 ;; *) pressmark=$PWD/$1 ;; esac
case $2 in /*) corpus=$2 ;; *) corpus=$PWD/$2 ;; esac
work=$(dirname "$pressmark")/demo
rm -rf "$work"
mkdir -p "$work"
cd "$work"
ln -s "$corpus/pages" pages
PATH=$(dirname "$pressmark"):$PATH

say() {
	printf '\n# %s\n' "$*"
}

# Show a command, then run it; at most $lines lines of it.
lines=12
run() {
	printf '$ %s\n' "$*"
	sh -c "$*" 2>&1 | awk -v most="$lines" 'NR <= most { print "  " $0 }
	    END { if (NR > most) printf "  ... (%d lines)\n", NR }'
}

say "A corpus as scrapers leave it: articles, each with a list of teasers below."
lines=16 run "cut -c1-100 pages/en/2025-02-12T08-10-00/0001.txt"

say "Into an archive: taken apart, deduplicated, packed."
run "pressmark add news pages"
run "pressmark stats news"

say "The pages name neither title, tag nor date; other pages' teasers do."
lines=8 run "pressmark ls news"
id=$(pressmark ls news --tag Science --json | sed -n '1s/.*"id":"\([0-9a-f]*\)".*/\1/p')
lines=24 run "pressmark show news $id"

say "Articles by tag, in any case and script, into a tar ..."
run "pressmark extract news --tag культура --tag Culture -o culture.tar.zst"
run "tar --zstd -tf culture.tar.zst"

say "... and by date, as JSON lines."
run "pressmark extract news --since 2025-02-10 --until 2025-02-11 -o - | cut -c1-110"

say "Is it whole?  And is every page still there, byte for byte?"
run "pressmark verify news --deep"
run "pressmark restore news -o restored"
run "diff -r pages/ restored && echo no difference"
diff -r pages/ restored >/dev/null

say "It opens without pressmark, too."
run "tar --zstd -tf news/volumes/000001.tar.zst | head -4"
run "cat news/README.txt"

printf '\nThe archive is %s.\nTry: %s ls %s --tags, or add pages of your own.\n' \
    "$work/news" "$pressmark" "$work/news"
