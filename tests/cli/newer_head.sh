# No command reads an archive whose HEAD is of a newer format.
. "$LIB"
need sha256sum
echo "One page of text." >page.txt
pm add -q archive page.txt
sed 's/^pressmark 1$/pressmark 3/; /^sha256 /d' archive/HEAD >new
printf 'sha256 %s\n' "$(sha256 new)" >>new
cp new archive/HEAD
for command in ls stats "extract -o out" "restore -o out" verify reindex; do
	pm ${command%% *} archive $(echo "$command " | cut -d' ' -f2-) \
	    >/dev/null 2>err
	echo "$command: $? $(grep -c newer err)"
done
