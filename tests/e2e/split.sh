#!/bin/sh
# split.sh PRESSMARK GENERATE - the same input in one add, in several, in
# another order, with more threads, in tiny batches: the same archive.
# COUNT random splits; SEED; PAGES.
. "$(dirname "$0")/common"

pages=${PAGES:-1000}
make_pages "$pages" "$work/pages.tar"
mkdir "$work/files"
tar -C "$work/files" -xf "$work/pages.tar"
cp -R "$corpus" "$work/files/corpus"
cd "$work/files" || exit 2
# With the generator's seed each page has a place of its own in this order.
find . -type f | sed 's|^\./||' | sort >../sorted
awk -v seed="$seed" 'BEGIN { srand(seed) } { print rand() "\t" $0 }' \
    ../sorted | sort | cut -f 2 >../shuffled
all=$(wc -l <../sorted)

# The source of an article is the name of the input.
source='s/"source":"[^"]*"/"source":""/'

add "$work/one" -j1 @../sorted
told "$work/one" "$work/one.told"
clean "$work/one"

add "$work/threads" -j2 @../sorted
told "$work/threads" "$work/threads.told"
same_told "-j1 and -j2" "$work/one.told" "$work/threads.told"

add "$work/order" -j2 @../shuffled
told "$work/order" "$work/order.told"
same_told "another order" "$work/one.told" "$work/order.told" "$source"

add "$work/tiny" --memory 64M --frame 64K @../shuffled
told "$work/tiny" "$work/tiny.told"
same_told "tiny batches" "$work/one.told" "$work/tiny.told" "$source"

# Splits of the shuffled list at random places.
round=0
while [ "$round" -lt "${COUNT:-2}" ]; do
	archive=$work/split$round
	random 4
	parts=$((drawn + 2))
	cuts=0
	for part in $(seq 2 "$parts"); do
		random "$all"
		cuts="$cuts $drawn"
	done
	from=1
	for to in $(printf '%s\n' $cuts $all | sort -n); do
		sed -n "${from},${to}p" ../shuffled >../part
		from=$((to + 1))
		[ -s ../part ] || continue
		add "$archive" @../part
		[ $((round % 2)) -eq 0 ] || add "$archive" @../part
	done
	told "$archive" "$work/split.told"
	same_told "split at $cuts" "$work/one.told" "$work/split.told" \
	    "$source"
	clean "$archive"
	rm -rf "$archive"
	round=$((round + 1))
done
