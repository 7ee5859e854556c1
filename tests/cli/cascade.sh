# Teasers whose article does not begin as they do: joined by the title that
# its own text states, near in time, then by the lead; and what must not be.
. "$LIB"

day=2025-02-12T08-00-00
mkdir -p articles/$day teasers/$day later

# article NAME: standard input, with paragraphs enough to be a page.
article() {
	mkdir -p "$(dirname "articles/$1")"
	cat >"articles/$1"
	cat >>"articles/$1" <<EOF

The keeper of the book for $1 wrote it all down in pencil and went home.
Nobody has asked for the page since, and the shelf is dusty.
EOF
}

# list NAME: three paragraphs, then the teasers of standard input.
list() {
	cat >"teasers/$day/$1" <<EOF
A page of its own with the name $1 stands here and says little else today.
It has a second line about $1 for good measure, and it ends with a stop.
Related articles


EOF
	cat >>"teasers/$day/$1"
}

# 1: an own title, a date, and a snippet that somebody wrote for the teaser.
article $day/title.txt <<EOF
# Lamp oil runs short on the northern islands

11 February 2025

Boats have not crossed the sound for nine days, and the last barrels were
shared out on Sunday between the school, the infirmary and the lighthouse.
EOF
# 2: the same title, but of a year before.
article 2024-03-01T08-00-00/year.txt <<EOF
# Council counts the swans on the mill pond

1 March 2024

Forty-one swans were counted from the footbridge this morning by the clerk and
two pupils, which is three more than in the autumn before the flood came.
EOF
# 3: no title of its own; teaser "untitled" gives it one, by its beginning.
article $day/untitled.txt <<EOF
Masons opened the wall behind the old organ loft and found a bricked-up stair
that leads to a room nobody had drawn on any plan of the church before.
EOF
# 4: a dateline before the words of the teaser.
article $day/dateline.txt <<EOF
OSTERWICK, Feb 11 - Farmers along the lower dyke have begun to move their
cattle to the winter barns because the water has risen for a week on end.
EOF
# 5: a word was edited after the teaser was cut.
article $day/edited.txt <<EOF
The glassworks at Hollin Ford will light a third furnace in the spring to keep
up with orders for the blue bottles that made the town known abroad.
EOF
# 6: another day's report: nothing but the number differs.
article $day/number.txt <<EOF
The harbour office said that 17 ships waited outside the bar on Tuesday for
the fog to lift and for a pilot to come aboard before the tide turned.
EOF
# 7: two that have the words behind different datelines.
for place in Marrow Kesterby; do
	article $day/$place.txt <<EOF
$place, Tuesday evening - Beekeepers of the valley met in the barn of the
old inn to agree on a price for heather honey before the market opens.
EOF
done

list seen.txt <<EOF
Lamp oil runs short on the Northern Islands
What the islanders did when the boats stopped, in their own words and pictures...
- Islands
- 1 day ago


Council counts the swans on the mill pond
A yearly custom that began by mistake, told by those who keep it up to this day...
- Nature
- 1 day ago


A stair that no plan shows
Masons opened the wall behind the old organ loft and found a bricked-up stair that leads...
- Culture
- 1 day ago


Cattle leave the lower dyke
Farmers along the lower dyke have begun to move their cattle to the winter barns because...
- Farming
- 20 hours ago


Third furnace for Hollin Ford
The glassworks at Hollin Ford will fire a third furnace in the spring to keep up with orders for the blue bottles that made the town...
- Business
- 20 hours ago
EOF
list more.txt <<EOF
A stair that no plan shows
How a parish lost a room and a whole century of its own records without a trace...
- Culture
- 1 day ago


Ships wait for the fog to lift
The harbour office said that 23 ships waited outside the bar on Tuesday for the fog to lift and for a pilot to come aboard...
- Harbour
- 1 day ago


Honey has a price at last
Beekeepers of the valley met in the barn of the old inn to agree on a price for heather honey before...
- Farming
- 1 day ago
EOF

# from SCAN: which article each teaser leads to, and why.
links() {
	awk '{
		from = $0; sub(/^.*"title":"/, "", from); sub(/".*/, "", from)
		to = $0; sub(/^.*"article_path":"/, "", to)
		sub(/".*/, "", to); sub(/^.*\//, "", to)
		rest = $0; sub(/^.*"score":/, "", rest); sub(/}$/, "", rest)
		print from " -> " to " " rest
	}' | sort
}
echo "-- joined"
pm scan -q --links --json articles teasers | links

echo "-- missing: those of another year, another number, a borrowed title"
pm add -q archive articles teasers
pm ls archive --missing | cut -f1,2,4-

echo "-- by title: its tag and time serve the article, its title is its own"
pm ls archive --title "lamp oil" --json | field title
pm ls archive --title "lamp oil" --json | field tags

echo "-- in any order, over any number of adds"
listing archive | sed 's/"source":"[^"]*",//' | sort >want
turn() {
	name=$1
	shift
	for part in "$@"; do
		pm add -q "$name" "$part"
	done
	listing "$name" | sed 's/"source":"[^"]*",//' | sort >got
	equal want got "$name"
}
turn teasers_first teasers articles
turn articles_first articles teasers
find articles teasers -type f | sort -r >each
rm -rf parts && mkdir parts
n=0
while read -r file; do
	n=$((n + 1))
	mkdir -p "parts/$n/$(dirname "${file#*/}")"
	cp -p "$file" "parts/$n/${file#*/}"
done <each
set -- parts/*
turn one_by_one "$@"

echo "-- made again"
cp -R teasers_first again
rm -r again/catalog.db again/cache
pm reindex -q again
listing again | sed 's/"source":"[^"]*",//' | sort >got
equal want got reindex
sane archive
