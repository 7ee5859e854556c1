# why: for every capture of the truth and its canonical the relation of the
# truth, and no test for strangers; ids and paths; an archive and inputs.
. "$LIB"
packed archive
awk -F'\t' 'NR > 1 && $3 ~ /same|update|near|contains/ { print $1, $4, $3 }' \
    "$CORPUS/truth.tsv" | sed 's|^pages/||' >pairs
while read -r path of want; do
	pm why archive "$path" "$of" --json >row
	[ "$(field relation <row)" = "$want" ] || echo "$path $of: not $want"
	# The first test that holds is the relation; the figures are those
	# that ls and extract print.
	first=$(sed 's/"tests":/\n&/; s/{"test"/\n&/g' row |
	    sed -n '/"holds":true/{s/{"test":"\([^"]*\)".*/\1/p;q}')
	[ "${first%% *}" = "$want" ] || echo "$path $of: $first holds first"
	[ "$(field cluster <row)" = "$of" ] || echo "$path: another cluster"
done <pairs
wc -l <pairs

echo "related:"
pm why archive en/2025-02-12T08-10-00/0002.txt 0a7a --diff
echo "not related:"
pm why archive 13e4b99ee63d9113 bd29
echo "two captures of one article:"
pm why archive en/2025-02-12T08-10-00/0001.txt \
    en/2025-02-14T19-10-00/0002.txt | sed -n '5,11p'
echo "inputs:"
cat >a.txt <<'END'
The ferry will stop on Monday, said the harbour master of Pellwick on Friday.
It carries 120 people a day and has done so since the bridge was closed.
END
sed 's/120/140/; s/Monday/Tuesday/; s/has done so/does so/' a.txt >b.txt
echo "Nine words are too few to be compared here." >short.txt
pm why a.txt b.txt a.txt b.txt
pm why --near 0.4 a.txt b.txt a.txt b.txt | sed -n '6,13p'
pm why a.txt short.txt a.txt short.txt | sed -n '6,12p'
pm why a.txt b.txt a.txt b.txt --diff --json | sed 's/.*"diff"/"diff"/'
echo "wrong:"
printf 'image\0\001\002' >image.png
try why a.txt b.txt a.txt c.txt
try why a.txt image.png a.txt image.png
try why archive 0 1
try why archive en/2025-02-12T08-10-00/emblem.png 0a7a
try why archive zz 0a7a
try why archive ffffffffffffffff 0a7a
teaser=$(pm ls archive --teasers --json | grep '"article":"0a7a' | head -1)
try why archive "$(echo "$teaser" | field id)" fad0 |
    sed "s/$(echo "$teaser" | field id)/TEASER/; s/(evidence: [a-z][^)]*)/(EVIDENCE)/"
try why archive 0a7a
