# A second add of the same changes nothing but the list of runs.
. "$LIB"

packed archive
listing archive >before
counts archive >counts.before
pm add --json -q archive "$CORPUS/pages" >again
echo "captures $(field captures <again), known $(field known <again)"
listing archive >after
counts archive >counts.after
equal before after "everything listed"
equal counts.before counts.after counts
echo "runs: $(pm ls archive --runs | wc -l)"
pm ls archive --runs --json | field captures
sane archive
