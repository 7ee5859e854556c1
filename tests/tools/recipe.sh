#!/bin/sh
# recipe.sh PRESSMARK: the python blocks of README.md, run on an archive of
# corpus/, and what comes of them.  Makes a venv beside PRESSMARK.  77:
# something that it needs is not there.
set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
[ $# -eq 1 ] && [ -x "$1" ] || {
	echo "usage: recipe.sh PRESSMARK" >&2
	exit 2
}
bin=$(cd "$(dirname "$1")" && pwd)
venv=$bin/recipe-venv

skip() {
	echo "recipe: skipped: $*" >&2
	exit 77
}

command -v python3 >/dev/null 2>&1 || skip "there is no python3"
if [ ! -x "$venv/bin/pip" ]; then
	rm -rf "$venv"
	python3 -m venv "$venv" >/dev/null 2>&1 || {
		rm -rf "$venv"
		skip "python3 cannot make a venv (python3-venv)"
	}
fi
"$venv/bin/python" -c 'import pandas, datasets' >/dev/null 2>&1 ||
    "$venv/bin/pip" install -q pandas datasets ||
    skip "pip cannot install pandas and datasets (no network?)"

scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
cd "$scratch" || exit 1
PATH=$bin:$PATH
HF_HOME=$scratch/cache HF_HUB_OFFLINE=1 HF_DATASETS_DISABLE_PROGRESS_BARS=1
export PATH HF_HOME HF_HUB_OFFLINE HF_DATASETS_DISABLE_PROGRESS_BARS
"$bin/pressmark" add -q news.pm "$top/corpus/pages" &&
    "$bin/pressmark" extract -q news.pm -o news.jsonl || exit 1

awk '/^```python$/ { inside = 1; n++; next } /^```$/ { inside = 0 }
	inside { print } END { if (n != 2) exit 1 }' "$top/README.md" \
    >recipe.py || {
	echo "recipe: README.md has not two python blocks" >&2
	exit 1
}
cat "$top/tests/tools/recipe_check.py" >>recipe.py
exec_status=0
"$venv/bin/python" recipe.py || exec_status=$?
exit $exec_status
