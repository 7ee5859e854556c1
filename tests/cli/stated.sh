# What pages state of themselves: in ls, show, ls --captures, --teasers,
# --missing and stats.
. "$LIB"
need sqlite3
packed archive
# As if pages had said so; what readers find is tested elsewhere.
sqlite3 archive/catalog.db "
UPDATE article SET lang = 'en', lang_source = 1, lang_score = 0.5,
    url_capture = (SELECT min(number) FROM capture WHERE article = article.number)
    WHERE title = 'Ancient seed bank found under Hallow Fen';
UPDATE article SET lang = NULL, lang_source = NULL, lang_score = NULL
    WHERE title LIKE 'Street choir%';
INSERT OR REPLACE INTO stated(capture, url, tag_set, modified, modified_offset,
    modified_precision) SELECT c.number, 'https://fen.example/' || c.number,
    s.id, 1739400000, 300, 1 FROM capture c
    JOIN article a ON a.number = c.article JOIN tag_set s
    WHERE a.title = 'Ancient seed bank found under Hallow Fen' AND s.tags =
    (SELECT '[' || id || ']' FROM tag WHERE text = 'Science');
INSERT OR REPLACE INTO other_date SELECT c.number, 0, 1739000000, 0, 3, 2
    FROM capture c JOIN article a ON a.number = c.article
    WHERE a.title = 'Ancient seed bank found under Hallow Fen';
INSERT OR REPLACE INTO teaser_url SELECT number, 1, 0, 'https://b.example/x'
    FROM teaser WHERE article IS NULL;
INSERT OR REPLACE INTO teaser_url SELECT number, 2, 0, 'https://a.example/x'
    FROM teaser WHERE article IS NULL"
try ls archive --title seed
try ls archive --title 'street choir'
pm ls archive --title seed --json | sed 's/^.*"canonical"/"canonical"/' | head -1
pm ls archive --title 'street choir' --json | sed 's/^.*"canonical"/"canonical"/' | head -1
pm show archive 23f1 | head -13
pm show archive 23f1 --json | head -1 | sed 's/^.*"relations"/"relations"/'
pm extract archive --id 23f1 -q -o - | sed 's/^.*"relations"/"relations"/'
pm inspect "$CORPUS/pages/en/2025-02-12T08-10-00/emblem.png" --json |
    sed 's/^.*"modified"/"modified"/'
echo "-- captures, teasers, missing"
pm ls archive --captures | grep fen.example
pm ls archive --captures --json | sed -n 's/^.*"url":/"url":/p' | sort | uniq -c
pm ls archive --teasers | grep -c 'https://a.example/x$'
pm ls archive --teasers --json | sed -n 's/^.*"url":/"url":/p' | sort | uniq -c
pm ls archive --missing | cut -f1,2,6 | head -2
pm ls archive --missing --json | sed -n 's/^.*"urls":/"urls":/p' | sort | uniq -c
pm ls archive --missing --url 'https://b.*' | wc -l
pm ls archive --missing --url 'https://c.*' | wc -l
echo "-- stats"
pm stats archive | sed -n '/^by language/,$p' | grep -a '^by\|^  \(en\|und\)'
pm stats archive --json | sed 's/^.*"languages"/"languages"/' |
    grep -o '{"lang":"\(en\|und\)"[^}]*}'
