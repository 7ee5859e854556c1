# GNU tar, bsdtar and zstd read every volume; its texts are those of extract.
. "$LIB"
need bsdtar tar zstd sha256sum
pm add -q --frame 64K archive "$CORPUS/pages"
echo "One more page for a second batch." >more.txt
pm add -q archive more.txt
pm extract -q archive -o tree
(cd tree && find . -name '*.txt' -exec sha256sum {} +) | cut -c1-64 |
    sort >want

# read_with NAME COMMAND: unpack each volume so.
texts() {
	find "$1" -path '*text/*' -name '*.txt' -exec sha256sum {} + |
	    cut -c1-64 | sort >"$1.digests"
	equal want "$1.digests" "$1: text/*.txt"
}
mkdir gnu bsd
for volume in archive/volumes/*.tar.zst; do
	zstd -tq "$volume" && echo "zstd -t: good"
	tar --version | head -1 | grep -q GNU &&
	    tar -I zstd -xf "$volume" -C gnu && echo "tar: good"
done
texts gnu
for volume in archive/volumes/*.tar.zst; do
	bsdtar -xf "$volume" -C bsd || echo "bsdtar: status $?"
done
texts bsd
