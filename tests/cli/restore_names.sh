# restore: where captures go when names meet, are too long or are no names;
# the same in any order of arrival; no rights of a stranger's.
. "$LIB"

# make DAY NAME: a page at that name, as if scraped on that day.
make() {
	mkdir -p "in/$(dirname "$2")"
	echo "This is $2 of day $1." >"in/$2"
	touch -d "2024-01-$1" "in/$2"
}

# Versions of a file, names that look like their copies, directories that
# are in the way: each has its own name.
steps='01:a 02:a 03:a 04:a~3 05:a~3 06:a~3~2 01:b 02:b~2/x 03:b 01:c 02:c/x
    03:c/x~2 04:c/x 01:c~2/deep/y 01:d~02 02:d 03:d 01:d~x 01:e~2 02:e~2'
for order in "" r; do
	for step in $(printf '%s\n' $steps | sort -t: -k1,1$order -k2,2); do
		rm -rf in
		make "${step%%:*}" "${step#*:}"
		pm add -q "archive$order" in
	done
	try restore "archive$order" -o "out$order"
	(cd "out$order" && grep -r . . | sort) >"tree$order"
	pm restore -q "archive$order" -o "out$order"
	(cd "out$order" && grep -r . . | sort) >again
	equal "tree$order" again "once more"
done
cat tree
equal tree treer "in any order"
# A selection has the same names.
id=$(pm ls archive --json | field id | sed -n 4p)
pm restore -q archive --id "$id" -o some
(cd some && grep -r . . | sort) >few
grep -c -x -F -f tree few

# What lies there already is not taken for a copy's place.
mkdir there && echo mine >there/a && echo mine >there/a~3~2
pm restore -q archive -o there
(cd there && grep -r . . | sort) | diff tree -

# Names that no file system takes.
long=$(printf '%0300d' 0) folder=$(printf 'я%.0s' $(seq 150))
deep=$(printf 'd%.0s' $(seq 200))
deep=$deep/$deep/$deep/$deep/$deep/$deep/$deep
deep=$deep/$deep/$deep
for name in 1 2 3 4 5 6 7; do
	echo "The page with number $name." >$name
done
chmod 4755 7
touch -d 2024-01-01 1 2 3 4 5 6 7
tar -cf long.tar --format=gnu --transform="s|^1|${long}.html|" \
    --transform="s|^2|${long}1.html|" --transform="s|^3|$folder/page.html|" \
    --transform="s|^4|$folder/other.html|" --transform="s|^5|$deep/end.txt|" \
    --transform="s|^6|last|" 1 2 3 4 5 6 7
pm add -q long long.tar
brief() {
	sed 's/00000*/0.../g; s/ddddd*/d.../g; s/\(я\)\{4,\}/я.../g'
}
try restore long -o names | brief
(cd names && grep -r . . | sort) | brief
find names -type f | sed 's|.*/||' | awk 'length($0) > 255'
find names -type d -name 'd*'
stat -c '%n %a %Y' names/7
pm restore -q long -o names 2>/dev/null
find names -type f | wc -l
# 254 bytes, and no room for a number.
long=$(printf '%0254d' 0)
for day in 01 02; do
	rm -rf in
	make $day "$long"
	pm add -q full in
done
try restore full -o full.out | brief
(cd full.out && grep -r . . | sort) | brief
