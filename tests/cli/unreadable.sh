# A file that may not be read: status 1, the rest is kept.
. "$LIB"
mkdir input
echo "A page to read." >input/good.txt
echo "Another, locked." >input/locked.txt
chmod 0 input/locked.txt
as=
if [ "$(id -u)" = 0 ]; then
	command -v setpriv >/dev/null || skip "needs setpriv, as it is run by root"
	chmod 777 .
	# Where it was built that user may have no way to it.
	cp "$PRESSMARK" pressmark && PRESSMARK=./pressmark
	as="setpriv --reuid 65534 --regid 65534 --clear-groups"
	$as "$PRESSMARK" --version >/dev/null 2>&1 && $as test -r input/good.txt &&
	    $as touch touched 2>/dev/null || skip "another user cannot run it here"
fi
TMPDIR=. && export TMPDIR
$as "$PRESSMARK" add -q archive input
echo "= $?"
$as "$PRESSMARK" ls archive --captures --json | field path
$as "$PRESSMARK" add -q archive input/locked.txt
echo "= $?"
chmod 644 input/locked.txt
$as "$PRESSMARK" add -q archive input
echo "= $?"

# A read-only archive can be read and not added to.
chmod -R a-w archive
$as "$PRESSMARK" ls archive --json | wc -l
$as "$PRESSMARK" verify -q --deep archive
echo "verify = $?"
echo "A third page." >input/third.txt
$as "$PRESSMARK" add -q archive input
echo "add = $?"
$as "$PRESSMARK" reindex -q archive
echo "reindex = $?"
