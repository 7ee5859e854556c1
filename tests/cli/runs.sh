# Each add is a run: in the catalog, and in the volumes it is made from.
. "$LIB"
packed a
packed a
"$PRESSMARK" ls a --runs --json | field captures
rm -f a/catalog.db
"$PRESSMARK" reindex -q a
"$PRESSMARK" ls a --runs --json | field run
