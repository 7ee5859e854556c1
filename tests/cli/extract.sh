# extract to every DEST gives the same articles; ids are digests of bodies.
. "$LIB"
need zstd tar sha256sum unzip
packed archive

pm extract -q archive -o - >all.jsonl
pm ls archive --json >ls.jsonl
pm extract -q archive -o a.jsonl
equal all.jsonl a.jsonl .jsonl
pm extract -q archive -o a.jsonl.zst
zstd -dqc a.jsonl.zst >b.jsonl
equal all.jsonl b.jsonl .jsonl.zst
# What extract says begins with the fields of ls.
sed 's/,"text":.*//' all.jsonl >heads
sed 's/}$//' ls.jsonl >fields
equal fields heads "fields of ls"

pm extract -q archive -o tree
equal all.jsonl tree/articles.jsonl "articles.jsonl"
for file in $(find tree -name '*.txt'); do
	id=$(basename "$file" .txt)
	case $(sha256 "$file") in
	"$id"*) echo good ;;
	*) echo "$file is not what its name says" ;;
	esac
done | sort | uniq -c
field id <ls.jsonl | sort >ids
find tree -name '*.txt' | sed 's|.*/||; s/.txt//' | sort >files
equal ids files "a file an article"
find tree -mindepth 1 -type d | sort

mkdir from-tar from-tar-zst from-zip
pm extract -q archive -o a.tar && tar -xf a.tar -C from-tar
pm extract -q archive -o a.tar.zst && zstd -dqc a.tar.zst |
    tar -xf - -C from-tar-zst
diff -r tree from-tar && echo ".tar: equal"
diff -r tree from-tar-zst && echo ".tar.zst: equal"
pm extract -q archive -o a.zip
unzip -q a.zip -d from-zip
diff -r tree from-zip && echo ".zip: equal"

# By tag and by date.
pm extract -q archive --tag culture -o culture
pm ls archive --tag culture --json | field id | sort >want
find culture -name '*.txt' | sed 's|.*/||; s/.txt//' | sort >got
equal want got "by tag"
pm extract -q archive --on 2025-02-11 -o - | field id | sort >got
pm ls archive --on 2025-02-11 --json | field id | sort >want
equal want got "by date"
pm extract -q archive --tag nothing -o - | wc -c
for name in out.parquet out.tar.gz out.warc out.tgz out.json out.gz \
    OUT.ZIP; do
	try extract archive -o $name
	[ ! -e $name ] || echo "$name was made"
done
pm extract -q archive --on 2025-02-11 -o out.gz/ && ls out.gz
try extract archive -o no/such/directory/a.tar
try extract archive
