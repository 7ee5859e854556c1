# restore once more, and one path twice with equal bytes: no copies.  A file
# that says something else, a link or a shorter file stays as it is.
. "$LIB"
packed archive
pm restore -q archive -o out
pm restore -q archive -o out
find out -name '*~*' | wc -l
same_tree "$CORPUS/pages" out "once more"

one=out/en/2025-02-12T08-10-00/0001.txt
two=out/en/2025-02-12T08-10-00/0002.txt
three=out/en/2025-02-12T08-10-00/0003.txt
cp $three whole
echo mine >$one
ln -sf "$PWD/whole" $three
head -c 100 $two >short && mv short $two
touch -d 2001-01-01 out/en/2025-02-12T08-10-00/0004.txt
pm restore -q archive -o out
pm restore -q archive -o out
find out -name '*~*' | sort
cat $one
wc -c <$two
test -L $three && echo "still a link"
for page in $one $two $three; do
	cmp $page~2 "$CORPUS/pages/${page#out/}" && echo "as it was"
	rm $page && mv $page~2 $page
done
same_tree "$CORPUS/pages" out "copies in their place"

printf 'The same text.\n' >page.txt && touch -d 2024-01-01 page.txt
pm add -q two page.txt
touch -d 2024-01-02 page.txt
pm add -q two page.txt
pm ls two --captures --json | field crawled
pm restore -q two -o texts
ls texts
