# add --text-only: of HTML the text is kept, not the page.
. "$LIB"
mkdir in
cat >in/a.html <<'END'
<!DOCTYPE html><html lang="en"><head><title>Ferry stays | Pellwick</title>
<meta property="og:title" content="Ferry stays"><meta property="article:published_time" content="2025-02-11T09:00:00Z">
<link rel="canonical" href="https://pellwick.example/ferry"></head><body><nav><a href="/">Home</a> <a href="/news">News</a></nav>
<article><h1>Ferry stays</h1><p>Residents of the harbour town have voted to keep the last passenger ferry running through the winter, even though it loses money.</p>
<p>More than seven in ten voters backed the proposal, which adds a small charge to parking near the quay.</p></article></body></html>
END
echo "A page of plain text, which is kept as it is." >in/b.txt
touch -d 2025-03-01T00:00:00Z in/*
pm add -q --text-only a in
echo "= $?"
pm ls a
pm extract -q a -o -  --title ferry | field text
echo
try restore a -o out
ls out
sane a
pm add -q --json a in | field known
echo
# Kept after all when it comes again without the option.
pm add -q a --crawled 2025-04-01 in
pm restore -q a -o all && equal in/a.html all/a.html page
rm -r a/catalog.db a/cache && pm reindex -q a && pm restore -q a -o again && equal in/a.html again/a.html page
