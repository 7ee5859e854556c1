#!/bin/sh
# deps.sh MODULES TOOLS DEB RPM BREW - install what is missing; nothing to do,
# and no network, when all is there: MODULES of pkg-config, TOOLS to run.
set -u
modules=$1 tools=$2 deb=$3 rpm=$4 brew=$5

# What is not there, by name.
missing() {
	for tool in $tools; do
		command -v "$tool" >/dev/null || printf ' %s' "$tool"
	done
	command -v pkg-config >/dev/null || return
	for module in $modules; do
		pkg-config --exists "$module" 2>/dev/null ||
		    printf ' %s' "$module"
	done
}

# as_root COMMAND...: where that is allowed; else say what to do, and end.
as_root() {
	if [ "$(id -u)" = 0 ]; then
		echo "  $*"
		"$@"
	elif command -v sudo >/dev/null; then
		echo "  sudo $*"
		sudo "$@"
	else
		echo "may not install packages here; as root, run:" >&2
		echo "  $by_hand" >&2
		exit 1
	fi
}

list=$(missing)
[ -z "$list" ] && exit 0
echo "not there:$list"
if command -v apt-get >/dev/null; then
	by_hand="apt-get update && apt-get install $deb"
	# One source that cannot be reached need not matter.
	as_root apt-get update -qq
	as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $deb
elif command -v dnf >/dev/null; then
	by_hand="dnf install $rpm"
	as_root dnf install -y $rpm
elif command -v brew >/dev/null; then
	brew install $brew
else
	echo "no apt-get, dnf or brew here; install by hand what Debian calls:" >&2
	echo "  $deb" >&2
	exit 1
fi
list=$(missing)
[ -z "$list" ] && exit 0
echo "still not there:$list" >&2
if command -v brew >/dev/null; then
	echo "set PKG_CONFIG_PATH for the kegs, as 'brew info icu4c openssl@3" >&2
	echo "libarchive sqlite' says, and try again" >&2
fi
exit 1
