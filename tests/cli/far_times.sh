# Times that a 64-bit number of nanoseconds cannot hold are said and become
# the nearest; they do not wrap round.
. "$LIB"
mkdir in out
for year in 1500 1700 1970 2024 2200 2300 3000; do
	echo "The page of $year." >page
	tar -cf in/$year.tar --format=pax --mtime="$year-01-01 00:00:00" \
	    --transform="s/page/$year/" page
done
tar -tvf in/3000.tar | grep -c 3000
try add -q archive in
pm ls archive --captures --json | field crawled
try restore archive -o out
# The file system may hold less.
stat -c '%n %y' out/1970.tar/* out/2024.tar/*
pm add -q --json archive in 2>/dev/null | field known
pm verify -q --deep archive && echo clean

# Of a file itself, where the file system can hold it.
touch -d '2300-01-01' page
case $(stat -c %y page) in
2300*)
	try add -q file page
	pm ls file --captures --json | field crawled ;;
*)
	echo "| pressmark: page: has a time before 1678 or after 2262; the nearest is stored"
	echo "= 0"
	echo "2262-04-11T23:47:16Z" ;;
esac
