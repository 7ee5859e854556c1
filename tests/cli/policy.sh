# Thresholds: what they change, where they are recorded, and that one archive
# never mixes two.
. "$LIB"
relations() {
	field relations
}
echo "default, noisy, strict:"
pm scan -q --json "$CORPUS/pages" | relations
pm scan -q --json --noisy --near 0.3 "$CORPUS/pages" | relations
pm scan -q --json --near 0.9 --contains 1 "$CORPUS/pages" | relations
echo "near-long alone:"
pm scan -q --json --near-long 0.8 "$CORPUS/pages" | relations

pm add -q --near 0.9 --contains 0.95 --noisy strict.pm "$CORPUS/pages/en"
pm ls strict.pm --runs --json | field policy
echo "without flags, and with its own:"
try add -q strict.pm "$CORPUS/pages/de"
try add -q --contains 0.95 strict.pm "$CORPUS/pages/uz"
pm ls strict.pm --runs --json | field policy
echo "with others:"
try add --near 0.8 strict.pm "$CORPUS/pages/ru"
pm ls strict.pm --runs | wc -l

# The same as a scan of the same pages: the policy is used, not only written
# down; and reindex finds the candidates of this policy again.
pm scan -q --json --near 0.9 --contains 0.95 --noisy "$CORPUS/pages/en" \
    "$CORPUS/pages/de" "$CORPUS/pages/uz" | relations >want
pm stats --json strict.pm | relations >got
equal want got "relations of scan and add"
rm -r strict.pm/cache
pm reindex -q strict.pm
pm add -q strict.pm "$CORPUS/pages/zh" && sane strict.pm
pm scan -q --json --near 0.9 --contains 0.95 --noisy "$CORPUS/pages/en" \
    "$CORPUS/pages/de" "$CORPUS/pages/uz" "$CORPUS/pages/zh" |
    relations >want
pm stats --json strict.pm | relations >got
equal want got "relations after reindex"

for value in 0 1.5 -1 x 0.8x ''; do
	try scan --near "$value" "$CORPUS/pages"
done
