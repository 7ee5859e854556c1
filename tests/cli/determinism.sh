# Threads, order of input and its split over adds change no result.
. "$LIB"

(cd "$CORPUS/pages" && find . -type f | sort) >all
# An order that is neither sorted nor reversed, always the same.
awk '{ printf "%d\t%s\n", (NR * 7919) % 1009, $0 }' all | sort -n | cut -f2- |
    sed "s|^\./|$CORPUS/pages/|" >shuffled
sed "s|^\./|$CORPUS/pages/|" all >straight
awk 'NR % 3 == 0' straight >first
awk 'NR % 3 != 0' straight >second

pm add -q -j1 one @straight
pm add -q -j2 two @straight
pm add -q -j2 mixed @shuffled
pm add -q halves @first
pm add -q halves @second
pm add -q turned @second
pm add -q turned @first
pm add -q small --frame 64K --level 1 @shuffled

# The source of an article is the name of its input: not so in a list.
for name in one two mixed halves turned small; do
	pm ls "$name" --json | sed 's/"source":"[^"]*",//' >"$name.ls"
	counts "$name" >"$name.counts"
	pm extract -q "$name" -o - | sed 's/"source":"[^"]*",//' \
	    >"$name.extract"
	pm ls "$name" --teasers --json | sort >"$name.teasers"
	for kind in ls counts extract teasers; do
		[ "$name" = one ] || equal "one.$kind" "$name.$kind" \
		    "$name $kind"
	done
done
pm ls one --captures --json | sort >one.captures
pm ls mixed --captures --json | sort >mixed.captures
equal one.captures mixed.captures "mixed captures"

for what in --pairs=all --pairs --links; do
	pm scan -q -j1 $what --json @straight | sort >a
	pm scan -q -j2 $what --json @straight | sort >b
	pm scan -q -j2 $what --json @shuffled | sort >c
	[ -s a ] || echo "nothing from scan $what"
	equal a b "scan $what -j2"
	equal a c "scan $what @shuffled"
done
