# restore once more, and one path twice with equal bytes: no copies.
. "$LIB"
packed archive
pm restore -q archive -o out
pm restore -q archive -o out
find out -name '*~*' | wc -l

printf 'The same text.\n' >page.txt && touch -d 2024-01-01 page.txt
pm add -q two page.txt
touch -d 2024-01-02 page.txt
pm add -q two page.txt
pm ls two --captures --json | field crawled
pm restore -q two -o texts
ls texts
