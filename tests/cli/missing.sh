# ls --missing: articles that teasers speak of and that are not here, one line
# for all teasers of one article, the most often seen first.
. "$LIB"

# page DIR: a page with the teasers of standard input.
page() {
	mkdir -p "$1"
	cat >"$1/page.txt" <<EOF
The page under $1 has a text of its own that speaks of nothing in particular.
Its second line is here so that it counts as a text, and the third is below.
Related articles


EOF
	cat >>"$1/page.txt"
}

# One article, cut at two places and with its headline edited once; another
# that begins alike and is not the same; one that is here.
page north/2025-02-12T08-00-00 <<EOF
Bell of Saint Orrin is cast again
The bell of Saint Orrin was cast again on Thursday in a pit dug beside the river, as...
- Culture
- 1 day ago


Tunnel under the Karst opens
The tunnel under the Karst was opened to walkers at the weekend after three years of works...
- Travel
- 2 days ago


The text of another page
The page under south/2025-02-13T08-00-00 has a text of its own that speaks of...
- Here
- 2 days ago
EOF
page south/2025-02-13T08-00-00 <<EOF
Bell of Saint Orrin is cast again
The bell of Saint Orrin was cast...
- Town
- 2 days ago


Saint Orrin has its bell back
The bell of Saint Orrin was cast again on Thursday in a pit dug beside the river, as it had been in the year...
- Culture
- 47 hours ago


The bell of Saint Orrin was sold
The bell of Saint Orrin was cast in a town that no longer stands, says a letter found...
- Letters
- 3 months ago
EOF
page south/2025-02-14T08-00-00 <<EOF
Bell of Saint Orrin is cast again
The bell of Saint Orrin was cast again on Thursday in a pit dug beside the river, as...
- Culture
- 3 days ago


Tunnel under the Karst opens
The tunnel under the Karst was opened to walkers at the weekend after three years of works...
- Travel
- 4 days ago
EOF

pm add -q archive north south
pm ls archive --missing
pm ls archive --missing --json

echo "-- groups"
pm ls archive --teasers --json | awk '{
	id = $0; sub(/^{"id":"/, "", id); sub(/".*/, "", id)
	group = $0; sub(/^.*"group":"/, "", group); sub(/".*/, "", group)
	title = $0; sub(/^.*"title":"/, "", title); sub(/".*/, "", title)
	n[group]++
	if (!(group in first) || id < first[group]) first[group] = id
	name[group] = name[group] "\n  " title
}
END { for (g in n) print n[g] (g == first[g] ? "" : " NOT LED BY THE FIRST") name[g] }' |
    awk '/^[0-9]/ { if (s) print s; s = $0; next } { s = s ";" $0 }
	END { print s }' | sort

echo "-- selected"
for select in "--tag TRAVEL" "--since 2025-02-11" "--until 2024-12" \
    "--on 2025-02-10" "--title saint" "--source north" "--undated" \
    "--crawled-since 2025-02-14" "--added-since 2" \
    "--source north --tag culture"; do
	echo "$select: $(pm ls archive --missing --json $select | field title |
	    tr '\n' ';')"
done

echo "-- an article that comes takes its teasers away"
mkdir come
cat >come/page.txt <<EOF
The bell of Saint Orrin was cast again on Thursday in a pit dug beside the
river, as it had been in the year of the flood. Nine women pulled the rope.
EOF
# A snippet follows its article through a line, not across lines.
tr '\n' ' ' <come/page.txt >come/line.txt && rm come/page.txt
pm add -q archive come
pm ls archive --missing | cut -f5-

echo "-- nothing missing"
mkdir alone && cp come/line.txt alone
pm add -q empty alone
pm ls empty --missing
