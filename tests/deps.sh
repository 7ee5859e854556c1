#!/bin/sh
# deps.sh MODULES DEB RPM BREW - install what is missing; nothing to do, and no
# network, when all is there.
set -u
modules=$1 deb=$2 rpm=$3 brew=$4

complete() {
	command -v cc >/dev/null && command -v pkg-config >/dev/null &&
	    command -v zstd >/dev/null &&
	    pkg-config --exists $modules 2>/dev/null &&
	    pkg-config --exists cmocka 2>/dev/null
}

run() {
	echo "  $*"
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		echo "make deps: may not install; as root, run:" >&2
		echo "  $*" >&2
		exit 1
	fi
}

complete && exit 0
echo "installing what is missing:"
if command -v apt-get >/dev/null; then
	run apt-get update -qq
	run env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $deb
elif command -v dnf >/dev/null; then
	run dnf install -y $rpm
elif command -v brew >/dev/null; then
	brew install $brew
else
	echo "make deps: no apt-get, dnf or brew here; install by hand:" >&2
	echo "  $deb" >&2
	exit 1
fi
complete && exit 0
if command -v brew >/dev/null; then
	echo "make deps: set PKG_CONFIG_PATH for the kegs, as 'brew info" >&2
	echo "icu4c openssl@3 libarchive sqlite' says, and try again" >&2
else
	echo "make deps: something is still missing:" >&2
	pkg-config --print-errors --exists $modules cmocka >&2
fi
exit 1
