# The page whose first line is a dateline: the line is no part of the body.
. "$LIB"
page=ru/2025-02-12T08-00-00/0007.txt
pm inspect --json "$CORPUS/pages/$page" | field body |
    cut -d" " -f1-3
packed archive
pm ls archive --captures --json | grep -F "$page" | field article
awk -F'\t' -v p="pages/$page" '$1 == p { print $2 }' "$CORPUS/truth.tsv"
