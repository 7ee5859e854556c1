# dups --diff on a terminal: colour and no marks; with NO_COLOR, or in a pipe,
# marks and no colour.
. "$LIB"
need script
cat >a.txt <<'END'
The ferry will stop on Monday, said the harbour master of Pellwick on Friday.
END
sed 's/Monday/Tuesday/' a.txt >b.txt
TERM=xterm
export PRESSMARK TERM
escapes() {
	tr -d '\r' | sed 's/\x1b/ESC/g' | grep 'harbour'
}
script -qec '"$PRESSMARK" dups -q --near 0.5 --diff a.txt b.txt' /dev/null |
    escapes
NO_COLOR=1 script -qec '"$PRESSMARK" dups -q --near 0.5 --diff a.txt b.txt' \
    /dev/null | escapes
script -qec '"$PRESSMARK" dups -q --near 0.5 --diff a.txt b.txt | cat' \
    /dev/null | escapes
