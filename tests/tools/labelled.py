#!/usr/bin/env python3
"""labelled.py PRESSMARK DATA - duplicates found in labelled sets of real news.

DATA has, each optional:
  same-story-*.tsv          pairs of articles in full, OK or BAD: a BAD pair
                            must not be related in any way
  truncated-pt.tar.zst      full_texts/ and size_normalized_texts/: a file has
                            the same folder and name in both, whole and cut

All relations of an archive count; what `scan --pairs=all` prints, which are
those within one cluster, is shown beside them.  Prints a line a measure, with
what is to be reached; exit status 1 when something is not.
"""
import collections
import csv
import glob
import os
import subprocess
import sys
import tempfile

from relations import printed, stored

csv.field_size_limit(1 << 30)


def related(pressmark, path):
    """{(a, b): relation}, a before b: all there are, those in a cluster."""
    lines = subprocess.run(
        [pressmark, "scan", "-q", "--json", "--pairs=all", path],
        check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    with tempfile.TemporaryDirectory() as scratch:
        archive = os.path.join(scratch, "archive")
        subprocess.run([pressmark, "add", "-q", archive, path], check=True,
                       stdout=subprocess.DEVNULL)
        return stored(archive), printed(lines)


def verdict(what, value, target, reached):
    print(f"{what:<52} {value:>9}  {target:<10}"
          f" {'reached' if reached else 'FALLS SHORT'}")
    return reached


def same_story(pressmark, files, scratch):
    labels = {}
    for number, path in enumerate(files):
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, delimiter="\t",
                                   quoting=csv.QUOTE_NONE))
        column = {name: i for i, name in enumerate(rows[0])}
        texts = [column["INPUT:first_text"], column["INPUT:second_text"]]
        quality = column["GOLDEN:quality"]
        for i, row in enumerate(rows[1:]):
            if len(row) <= quality:
                continue
            names = []
            for side, text in zip("ab", texts):
                names.append(f"{number}-{i:05d}{side}.txt")
                with open(os.path.join(scratch, names[-1]), "w",
                          encoding="utf-8") as file:
                    file.write(row[text] + "\n")
            labels[tuple(names)] = row[quality]
    pairs, in_cluster = related(pressmark, scratch)
    count = collections.Counter(
        (quality, pairs.get(names, "none"))
        for names, quality in labels.items())
    for (quality, relation), n in sorted(count.items()):
        print(f"  {quality:<4} {relation:<10} {n}")
    bad = [names for names, quality in labels.items() if quality == "BAD"]
    print("  BAD in one cluster", sum(names in in_cluster for names in bad))
    wrong = sum(names in pairs for names in bad)
    return verdict(f"BAD same-story pairs related (of {len(bad)})", wrong,
                   "0", wrong == 0)


def truncated(pressmark, archive, scratch):
    subprocess.run(["tar", "--zstd", "-xf", archive, "-C", scratch],
                   check=True)
    cut = {}
    for path in glob.glob(scratch + "/**/size_normalized_texts/*/*.txt",
                          recursive=True):
        full = path.replace("size_normalized_texts", "full_texts")
        if os.path.exists(full):
            with open(path, encoding="utf-8", errors="replace") as file:
                cut["/".join(path.split("/")[-2:])] = \
                    len(file.read().split())
    pairs, in_cluster = related(pressmark, scratch)
    found, found_in_cluster = set(), set()
    relations, others = collections.Counter(), collections.Counter()
    for (a, b), relation in pairs.items():
        name_a, name_b = ("/".join(p.split("/")[-2:]) for p in (a, b))
        if name_a == name_b:
            found.add(name_a)
            relations[relation] += 1
            if (a, b) in in_cluster:
                found_in_cluster.add(name_a)
        else:
            others[relation] += 1
    for relation, n in sorted(relations.items()):
        print(f"  one name, {relation:<10} {n}")
    for relation, n in sorted(others.items()):
        print(f"  two names, {relation:<9} {n}")
    long = [name for name, words in cut.items() if words >= 50]
    recall = sum(name in found for name in long) / len(long)
    print("  in one cluster: %.4f of them" %
          (sum(name in found_in_cluster for name in long) / len(long)))
    share = sum(others.values()) / len(cut)
    return verdict(f"truncated of 50 words or more found ({len(long)})",
                   f"{recall:.4f}", ">= 0.98", recall >= 0.98) & \
        verdict("pairs across two names, share of true pairs",
                f"{share:.4f}", "<= 0.02", share <= 0.02)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    pressmark, data = sys.argv[1:]
    reached = True
    stories = sorted(glob.glob(data + "/same-story-*.tsv"))
    archive = data + "/truncated-pt.tar.zst"
    if not stories and not os.path.exists(archive):
        print(f"labelled: nothing in {data}: skipped")
        return
    if stories:
        with tempfile.TemporaryDirectory() as scratch:
            reached &= same_story(pressmark, stories, scratch)
    if os.path.exists(archive):
        with tempfile.TemporaryDirectory() as scratch:
            reached &= truncated(pressmark, archive, scratch)
    sys.exit(0 if reached else 1)


if __name__ == "__main__":
    main()
