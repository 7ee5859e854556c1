#!/bin/sh
# reindex.sh PRESSMARK GENERATE - the catalog is a function of the volumes
# (catalog.h, C2): made again it is as it was, table by table, and so is what
# it tells; a cache made again finds what the first one found.  SEED; PAGES.
. "$(dirname "$0")/common"

make_pages "${PAGES:-1000}" "$work/pages.tar"
"$generate" --pages 300 --seed 77 -o "$work/more.tar" || fail "generator"
add "$work/a" "$work/pages.tar"
add "$work/a" "$corpus" --memory 64M
"$pressmark" verify -q "$work/a" || fail "not clean before"
told "$work/a" "$work/before"
# The views say nothing of an article where there is none.
for view in captures teasers; do
	n=$("$tools/rows" "$work/a" "SELECT count(*) > 0, count(*) = sum(
	    length(article) = 16 AND article NOT LIKE '000000%')
	    FROM $view WHERE article IS NOT NULL")
	[ "$n" = "$(printf '\t1\t1')" ] || fail "view $view: articles"
done
"$tools/rows" "$work/a" "" >"$work/tables.before" || fail "rows"
cp -R "$work/a" "$work/b"

rm -r "$work/a/catalog.db" "$work/a/cache"
"$pressmark" reindex -q "$work/a" || fail "reindex: status $?"
clean "$work/a" --deep
told "$work/a" "$work/after"
same_told "after reindex" "$work/before" "$work/after"
"$tools/rows" "$work/a" "" >"$work/tables.after" || fail "rows"
same "the tables are others" "$work/tables.before" "$work/tables.after"

# What is added to either is the same from then on.
add "$work/a" "$work/more.tar"
add "$work/b" "$work/more.tar"
told "$work/a" "$work/after"
told "$work/b" "$work/before"
same_told "after reindex and another add" "$work/before" "$work/after"
