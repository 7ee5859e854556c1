#!/bin/sh
# states.sh PRESSMARK GENERATE - archives as a kill, a power cut or a partial
# copy can leave them, made by hand: each verifies, and the same add ends as
# if nothing had happened.  SEED.
. "$(dirname "$0")/common"

make_pages 300 "$work/first.tar"
make_pages 600 "$work/pages.tar"
add "$work/a1" "$work/first.tar"
cp -R "$work/a1" "$work/a2"
add "$work/a2" "$work/pages.tar"
add "$work/whole" "$work/pages.tar"
told "$work/whole" "$work/whole.told"
told "$work/a2" "$work/a2.told"
same 'source' "$work/whole.told/teasers" "$work/a2.told/teasers"
source='s/"source":"[^"]*"/"source":""/'
volume=volumes/000001.tar.zst

# goes_on STATE [no-verify]: archive $work/x, as described.
goes_on() {
	[ $# -gt 1 ] || clean "$work/x"
	"$pressmark" add -q "$work/x" "$work/pages.tar" >"$work/add" 2>&1 ||
	    fail "$1: add: status $?: $(head -3 "$work/add")"
	clean "$work/x" --deep
	told "$work/x" "$work/told"
	same_told "$1" "$work/whole.told" "$work/told" "$source"
	rm -rf "$work/x"
}

# Killed while it was made.
mkdir "$work/x"
goes_on "an empty directory"
mkdir "$work/x" && cp "$work/a1/README.txt" "$work/x"
goes_on "README.txt alone"
mkdir -p "$work/x" && cp "$work/a1/README.txt" "$work/x/README.txt.new"
goes_on "README.txt.new alone"
mkdir -p "$work/x/volumes" && cp "$work/a1/README.txt" "$work/x"
goes_on "volumes/ without HEAD"
mkdir -p "$work/x/volumes" "$work/x/cache" &&
    cp "$work/a1/README.txt" "$work/x" && : >"$work/x/HEAD.new"
goes_on "an empty HEAD.new"
mkdir -p "$work/x/volumes" "$work/x/cache" &&
    cp "$work/a1/README.txt" "$work/x" &&
    head -c 1000 "$work/a1/$volume" >"$work/x/$volume"
goes_on "the beginning of a volume without HEAD" no-verify

# Killed between two steps of a commit.
cp -R "$work/a1" "$work/x" && rm "$work/x/catalog.db"
rm -r "$work/x/cache"
goes_on "HEAD without catalog and cache" no-verify
cp -R "$work/a1" "$work/x" && rm -r "$work/x/cache"
goes_on "no cache"
cp -R "$work/a1" "$work/x" && rm "$work/x"/cache/teasers.*
goes_on "half of the cache"
cp -R "$work/a1" "$work/x" && rm "$work/x"/cache/*.manifest
goes_on "a cache without manifests"
cp -R "$work/a2" "$work/x" && cp "$work/a1/catalog.db" "$work/x"
goes_on "the catalog is behind the volumes"
cp -R "$work/a2" "$work/x" && rm -r "$work/x/cache" &&
    cp -R "$work/a1/cache" "$work/x"
goes_on "the cache is behind the catalog"
cp -R "$work/a2" "$work/x" && rm -r "$work/x/cache" &&
    cp -R "$work/a1/cache" "$work/x" && cp "$work/a1/catalog.db" "$work/x"
goes_on "catalog and cache are behind"
cp -R "$work/a1" "$work/x" && cp "$work/a2/$volume" "$work/x/$volume"
goes_on "a batch past HEAD"
cp -R "$work/a1" "$work/x" && rm -r "$work/x/cache" &&
    cp -R "$work/a2/cache" "$work/x"
goes_on "the cache is ahead of the volumes"
cp -R "$work/a1" "$work/x" && head -c 5000 /dev/zero >>"$work/x/$volume"
goes_on "a torn tail"
cp -R "$work/a1" "$work/x" &&
    bytes=$(($(wc -c <"$work/a2/$volume") - 10)) &&
    head -c "$bytes" "$work/a2/$volume" >"$work/x/$volume"
goes_on "a batch past HEAD whose marker is torn"
cp -R "$work/a1" "$work/x" && : >"$work/x/HEAD.new" &&
    : >"$work/x/catalog.db-journal"
goes_on "files of work that was cut off"
cp -R "$work/a1" "$work/x" && head -c 100 /dev/zero >"$work/x/cache/x.tmp" &&
    head -c 500 "$work/a1/cache/"articles*.run >"$work/x/cache/articles.000009.run"
goes_on "a torn run in the cache"
cp -R "$work/a1" "$work/x" &&
    for run in "$work/x"/cache/*.run; do head -c 200 "$run" >"$run.t" &&
    mv "$run.t" "$run"; done
goes_on "every run of the cache is torn"

# A catalog in WAL, as a kill leaves it.
cp -R "$work/a1" "$work/x"
: >"$work/x/catalog.db-wal"
goes_on "an empty catalog.db-wal"
