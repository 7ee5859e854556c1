#!/usr/bin/env python3
"""Is a WARC file what others take for one?  Asks warcio.

usage: warc_check.py BUILD FILE...

Says of each file how many records of which type it has, whether each gzip
member is one record, and which digests or lengths are wrong.  warcio is
installed from pip into BUILD/warcio when it is not there.  Exits 1 if a file
is not good, 77 if warcio cannot be had.
"""
import collections
import os
import subprocess
import sys

SKIP = 77
SHOWN = 20


def python_with_warcio(build):
    """A python that has warcio; exits when there is none."""
    folder = os.path.join(build, "warcio")
    python = os.path.join(folder, "bin", "python")
    has = [python, "-c", "import warcio"]
    if os.path.exists(python) and subprocess.run(
            has, check=False, stderr=subprocess.DEVNULL).returncode == 0:
        return python
    try:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--no-input",
                        "--disable-pip-version-check", "warcio"], check=True)
    except (OSError, subprocess.CalledProcessError) as fault:
        print(f"warc_check: needs warcio: {fault}", file=sys.stderr)
        sys.exit(SKIP)
    return python


def check(path):
    """Print what is wrong with the file; is it good?"""
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    types = collections.Counter()
    faults = []
    ids = set()
    with open(path, "rb") as stream:
        records = ArchiveIterator(stream, check_digests=True)
        try:
            for ordinal, record in enumerate(records, 1):
                head = record.rec_headers
                types[record.rec_type] += 1
                where = f"{record.rec_type} #{ordinal}"
                n = len(record.raw_stream.read())
                if record.http_headers is None and \
                        n != int(head.get_header("Content-Length")):
                    faults.append(f"{where}: {n} bytes")
                checker = record.digest_checker
                if checker is not None and checker.passed is False:
                    faults.append(f"{where}: {checker.problems}")
                for name in ("WARC-Record-ID", "WARC-Date"):
                    if not head.get_header(name):
                        faults.append(f"{where}: no {name}")
                if head.get_header("WARC-Record-ID") in ids:
                    faults.append(f"{where}: the id is another's too")
                ids.add(head.get_header("WARC-Record-ID"))
        except ArchiveLoadFailed as fault:
            faults.append(str(fault).strip())
    print(f"{path}: {sum(types.values())} records (" + ", ".join(
        f"{n} {kind}" for kind, n in sorted(types.items())) + ")")
    for fault in faults[:SHOWN]:
        print(f"  {fault}")
    if len(faults) > SHOWN:
        print(f"  and {len(faults) - SHOWN} more")
    return not faults and sum(types.values()) > 0


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    if sys.argv[1] == "--inside":
        sys.exit(0 if all([check(path) for path in sys.argv[2:]]) else 1)
    python = python_with_warcio(sys.argv[1])
    status = subprocess.run([python, os.path.abspath(__file__), "--inside"] +
                            sys.argv[2:], check=False).returncode
    tool = os.path.join(os.path.dirname(python), "warcio")
    for path in sys.argv[2:]:
        status |= subprocess.run([tool, "check", path],
                                 check=False).returncode
    sys.exit(1 if status else 0)


if __name__ == "__main__":
    main()
