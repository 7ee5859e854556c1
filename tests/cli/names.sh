# Odd names of archives and inputs.
. "$LIB"
mkdir in && printf 'One page of text.\n' >in/page.txt
printf 'Another page.\n' >./-dash
for archive in "with space" "quo'te\"s" "what?" "a#b" "100%" "пресс" "a;b&c" \
    "file:x?mode=ro" "'"; do
	pm add -q "$archive" in && pm add -q "$archive" in/page.txt
	pm ls "$archive" | wc -l
	pm verify -q --deep "$archive" || echo "verify: $?"
	pm restore -q "$archive" -o "$archive out" && cmp in/page.txt "$archive out/page.txt"
	rm "$archive/catalog.db" && pm reindex -q "$archive" || echo "reindex: $?"
	pm extract -q "$archive" -o "$archive.jsonl" && wc -l <"$archive.jsonl"
	pm extract -q "$archive" -o "$archive tree" && ls "$archive tree"
done
ls

pm add -q dash -- -dash
pm ls dash --captures --json | field path
pm add -q -- -archive in
pm ls -- -archive | wc -l

for input in . ./ "$PWD/in" in in/ ./in ./in/page.txt in//page.txt "$PWD/in/page.txt"; do
	rm -rf ../of
	pm inspect -q --json "$input" | field path | sed "s|${PWD#/}|HERE|" |
	    grep page.txt | grep -v out | grep -v tree
done
cat in/page.txt | pm add -q stdin -
pm ls stdin --captures --json | field path
printf 'in/page.txt\n\n' >list
pm add -q listed @list
pm ls listed --captures --json | field path
