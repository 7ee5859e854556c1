#!/usr/bin/env python3
"""dups.py - near-duplicates: pressmark beside other tools.

    dups.py PRESSMARK GENERATE SCRATCH [--pages 20000] [--runs 5]
            [--input mixed|russian|FILE.tar]... [--only TOOL,...]

Installs datasketch, rensa, text-dedup and datatrove into SCRATCH/peers (a
virtual environment) and has each find what is nearly the same among the same
generated pages: Jaccard index of at least 0.8 over word 3-grams, 128
permutations, one thread, whole processes from files on disk to pairs printed.
See README.md for what is measured and how.
"""
import argparse
import collections
import itertools
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tarfile

import bench
from words import grams, tokens

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                os.pardir, "tools"))
from relations import printed, short, stored  # noqa: E402

NEAR = 0.8
MIX = ("orig=55,identical=8,same=4,update=6,near=14,contains=7,moved=3,"
       "boilerplate=3")
FOUND = ("identical", "same", "update", "near")

# What to ask pip for; --no-deps where a tool wants far more than MinHash
# needs (Spark, sphinx), followed by what it does need.
PACKAGES = {
    "datasketch": [["datasketch"]],
    "rensa": [["rensa"]],
    "text-dedup": [["--no-deps", "text-dedup"],
                   ["datasets", "click-option-group", "rich", "regex", "ftfy",
                    "psutil", "xxhash<4", "scipy", "numpy"]],
    # Its hashing gives texts to xxhash, which takes bytes only since 4.
    "datatrove": [["datatrove", "tokenizers", "orjson", "xxhash<4"]],
}
PEERS = (
    ("datasketch", "datasketch", "LSH alone, 9 x 13"),
    ("datasketch+", "datasketch", "and the sets compared"),
    ("rensa", "rensa", "R-MinHash, LSH 16 x 8, estimate >= 0.8"),
    ("rensa*", "rensa", "the same, tokens ready made"),
    ("rensa-flags*", "rensa", "rho, LSH 8 x 16: which pages, no pairs"),
    ("text-dedup*", "text-dedup", "its command, LSH 9 x 13, clusters"),
    ("datatrove*", "datatrove", "its steps, LSH 14 x 8, clusters"),
)
COLUMNS = "%-15s %8s %7s %8s %8s %8s %8s %9s %7s %9s %5s  %s"


# --- the other tools ---

def install(scratch, wanted):
    """{package: version} of what could be installed."""
    folder = os.path.join(scratch, "peers")
    python = os.path.join(folder, "bin", "python")
    if not os.path.exists(python):
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    for package in wanted:
        if all(version(python, name) for name in itertools.chain.from_iterable(
                PACKAGES[package]) if name[0] != "-"):
            continue
        for arguments in PACKAGES[package]:
            done = subprocess.run(
                [python, "-m", "pip", "install", "-q", "--no-input",
                 "--disable-pip-version-check"] + arguments, check=False,
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            if done.returncode != 0:
                print("%s: cannot be installed: %s" % (
                    package, (done.stderr.strip().split("\n") or "?")[-1]))
    return python, {package: version(python, package) for package in wanted}


def version(python, package):
    """None when it is not there; a bound like <4 is not looked at."""
    package = re.match(r"[\w-]+", package).group()
    done = subprocess.run(
        [python, "-c", "import importlib.metadata as m, sys;"
         "print(m.version(sys.argv[1]))", package],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        check=False)
    return done.stdout.strip() if done.returncode == 0 else None


# --- the input, and the exact answer ---

def json_line(text):
    return json.dumps({"text": text}, ensure_ascii=False) + "\n"


class Corpus:
    """Pages in a tar; their bodies, and the tokens of these, as lines of
    JSON."""

    def __init__(self, name, tar, scratch, roots):
        self.name, self.tar, self.roots = name, tar, roots
        self.texts = os.path.join(scratch, "texts.jsonl")
        self.tokens = os.path.join(scratch, "tokens.jsonl")
        self.bodies = os.path.join(scratch, name + ".txt")
        self.path, self.bytes, self.page_bytes = [], 0, 0
        self.sets = []
        with tarfile.open(tar, "r|") as pages, \
                open(self.texts, "w", encoding="utf-8") as texts, \
                open(self.tokens, "w", encoding="utf-8") as ready, \
                open(self.bodies, "wb") as bodies:
            for member in pages:
                page = pages.extractfile(member).read()
                end = page.index(b"\n\n\n")
                body = page[:end].rpartition(b"\n")[0]
                text = body.decode("utf-8")
                token = tokens(text)
                texts.write(json_line(text))
                ready.write(json_line(" ".join(token)))
                bodies.write(body + b"\n")
                self.path.append(short(member.name))
                self.bytes += len(body)
                self.page_bytes += len(page)
                self.sets.append(frozenset(map(hash, grams(token))))
        self.number = {path: i for i, path in enumerate(self.path)}
        self.truth = exact_pairs(self.sets)

    def jaccard(self, a, b):
        both = len(self.sets[a] & self.sets[b])
        return both / max(1, len(self.sets[a]) + len(self.sets[b]) - both)

    def unrelated(self, a, b):
        return self.roots[self.path[a]] != self.roots[self.path[b]]


def exact_pairs(sets):
    """
    All pairs of sets with a Jaccard index of at least NEAR, without hashing
    for luck: two such sets share one of the rarest 20 % of either, so an
    inverted index over these finds every candidate.
    """
    alike = collections.defaultdict(list)
    for i, grams_of in enumerate(sets):
        if grams_of:
            alike[grams_of].append(i)
    count = collections.Counter(itertools.chain.from_iterable(alike))
    index, pairs = collections.defaultdict(list), set()
    for mine, members in alike.items():
        pairs.update(itertools.combinations(members, 2))
        rarest = sorted(mine, key=lambda gram: (count[gram], gram))
        rarest = rarest[:len(mine) - int(NEAR * len(mine) - 1e-9)]
        rarest = [gram for gram in rarest if count[gram] > 1]
        for other in set().union(*(index[gram] for gram in rarest)):
            theirs = sets[other]
            both = len(mine & theirs)
            if both >= NEAR * (len(mine) + len(theirs) - both) - 1e-9:
                pairs.update((min(a, b), max(a, b)) for a in members
                             for b in alike[theirs])
        for gram in rarest:
            index[gram].append(members[0])
    return pairs


def make_input(options, name, scratch):
    """A tar, and the root of each page in it."""
    if name not in ("mixed", "russian"):
        folder = os.path.dirname(name)
        return name, roots_of(os.path.join(folder, "truth.tsv"))
    tar = os.path.join(scratch, name + ".tar")
    # 3 of the 16 sites are Russian.
    pages = options.pages if name == "mixed" else -(-options.pages * 16 // 3)
    made = tar if name == "mixed" else os.path.join(scratch, "all.tar")
    subprocess.run([options.generate, "--pages", str(pages), "--seed", "7",
                    "--edits", "0.5-30", "--mix", MIX, "--truth", scratch,
                    "-o", made], check=True)
    if name == "russian":
        with tarfile.open(made, "r|") as all_pages, tarfile.open(
                tar, "w|", format=tarfile.USTAR_FORMAT) as out:
            for member in all_pages:
                if short(member.name).startswith("ru/"):
                    out.addfile(member, all_pages.extractfile(member))
        os.unlink(made)
    return tar, roots_of(os.path.join(scratch, "truth.tsv"))


def roots_of(path):
    roots = {}
    with open(path, encoding="utf-8") as file:
        columns = file.readline().rstrip("\n").split("\t")
        for line in file:
            row = dict(zip(columns, line.rstrip("\n").split("\t")))
            roots[short(row["path"])] = \
                row["key"] if row["of"] == "-" else row["of"]
    return roots


# --- running ---

class Result:
    def __init__(self, name, corpus, note):
        self.name, self.corpus, self.note = name, corpus, note
        self.wall, self.cpu, self.peak = [], [], []
        self.pairs = set()
        self.flags = None            # pages, where a tool names no pairs

    def run(self, command, out=None):
        wall, cpu, peak = bench.LAUNCHER.measure(command, out)
        self.wall.append(wall)
        self.cpu.append(cpu)
        self.peak.append(peak)

    def seconds(self):
        return statistics.median(self.wall)

    def pages_per_second(self):
        return len(self.corpus.path) / self.seconds()

    def recall(self):
        truth = self.corpus.truth
        if self.flags is not None:
            pages = set(itertools.chain.from_iterable(truth))
            return len(pages & self.flags) / len(pages)
        return len(truth & self.pairs) / len(truth)

    def precision(self):
        truth = self.corpus.truth
        if self.flags is not None:
            pages = set(itertools.chain.from_iterable(truth))
            return len(pages & self.flags) / max(1, len(self.flags))
        return len(truth & self.pairs) / max(1, len(self.pairs))

    def print(self):
        corpus = self.corpus
        unrelated = "-" if self.flags is not None else "%d" % sum(
            corpus.unrelated(a, b) for a, b in self.pairs)
        print(COLUMNS % (
            self.name, "%.0f" % self.pages_per_second(),
            "%.2f" % (corpus.bytes / self.seconds() / 1e6),
            "%.2f" % self.seconds(), "%.2f" % statistics.median(self.cpu),
            "%.0f" % (max(self.peak) / 2**20),
            "%d" % len(self.pairs if self.flags is None else self.flags),
            "%.4f" % self.precision(), "%.4f" % self.recall(), unrelated,
            len(self.wall), self.note), flush=True)


def read_pairs(result, path):
    """What dups_peer.py printed."""
    with open(path, encoding="ascii", errors="replace") as file:
        for line in file:
            word = line.split()
            # Some print words of their own among the pairs.
            if word[:1] == ["flag"]:
                result.flags = result.flags or set()
                result.flags.add(int(word[1]))
            elif word[:1] == ["pair"]:
                a, b = int(word[1]), int(word[2])
                result.pairs.add((min(a, b), max(a, b)))


def run_peer(corpus, python, name, note, scratch):
    folder = os.path.join(scratch, "peer")
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    out, log = os.path.join(scratch, "out"), os.path.join(scratch, "log")
    result = Result(name, corpus, note)
    driver = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                          "dups_peer.py")
    try:
        result.run(["sh", "-c", 'exec "$@" 2>' + log, "sh", python, driver,
                    name, corpus.tokens if name.endswith("*") else
                    corpus.texts, folder], out)
    except SystemExit:
        with open(log, encoding="utf-8", errors="replace") as file:
            last = (file.read().strip().split("\n") or ["?"])[-1]
        print("%-20s failed: %s" % (name, last[:200]))
        return None
    read_pairs(result, out)
    return result


def read_scan(result, path):
    """Pairs of the relations that count; those below NEAR are set aside."""
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    high = [x for x in lines if x.get("relation") in FOUND and
            x["jaccard"] >= NEAR]
    number = result.corpus.number
    for pairs, kept in ((high, result.pairs), (lines, set())):
        for a, b in printed(pairs):
            a, b = number[a], number[b]
            kept.add((min(a, b), max(a, b)))
    others = kept - result.pairs
    unrelated = sum(result.corpus.unrelated(a, b) for a, b in others)
    return "pressmark also prints %d pairs of a lower Jaccard index (update," \
        " near, contains); %d of them are of unrelated texts" % (
            len(others), unrelated)


def run_pressmark(corpus, options, scratch):
    out = os.path.join(scratch, "out")
    result = Result("pressmark scan", corpus,
                    "all pairs verified; reads whole pages")
    for _ in range(options.runs):
        result.run([options.pressmark, "scan", "-j1", "--progress=never",
                    "-q", "--pairs=all", "--json", corpus.tar], out)
    return result, read_scan(result, out)


def run_add(corpus, options, scratch):
    """All relations, those between clusters too, are in an archive's views;
    their Jaccard index is judged here."""
    archive = os.path.join(scratch, "archive")
    result = Result("pressmark add", corpus, "and packs; pairs from the "
                    "archive's view, in no cluster too")
    for _ in range(max(1, options.runs // 2)):
        shutil.rmtree(archive, ignore_errors=True)
        result.run([options.pressmark, "add", "-j1", "--progress=never", "-q",
                    archive, corpus.tar])
    for (a, b), relation in stored(archive).items():
        a, b = corpus.number[a], corpus.number[b]
        if relation in FOUND and corpus.jaccard(a, b) >= NEAR - 1e-9:
            result.pairs.add((min(a, b), max(a, b)))
    return result


def run_speed(corpus, options, scratch):
    """The whole of `scan` on two cores, without a list of pairs."""
    result = Result("scan -j2", corpus, "")
    for _ in range(options.runs):
        result.run([options.pressmark, "scan", "-j2", "--progress=never",
                    "-q", corpus.tar], os.path.join(scratch, "out"))
    print("pressmark scan -j2, no pairs printed: %.0f MB/s of pages, %.0f "
          "MB/s of bodies, peak %.0f MiB (median of %d; to reach: 250 MB/s)"
          % (corpus.page_bytes / result.seconds() / 1e6,
             corpus.bytes / result.seconds() / 1e6,
             max(result.peak) / 2**20, options.runs))


def run_text_bench(corpus, options):
    """Folding and sketching alone, if the program that measures it is there;
    it says itself what its figures are."""
    program = os.path.join(os.path.dirname(options.pressmark), "bench-text")
    if os.path.exists(program):
        print("bench-text, one thread, the bodies:", flush=True)
        subprocess.run([program, corpus.bodies], check=False)


def compare(results):
    """By the clock; by CPU time beside it, which others at work on the
    machine disturb less."""
    ours = results[0]
    for theirs in results[1:]:
        goal = {"rensa": 10, "datasketch": 50}.get(theirs.name)
        ratio = ours.pages_per_second() / theirs.pages_per_second()
        cpu = statistics.median(theirs.cpu) / statistics.median(ours.cpu)
        line = "pressmark scan / %-12s %7.1f x pages/s (by CPU time %.1f " \
            "x), recall %.4f / %.4f" % (theirs.name, ratio, cpu,
                                        ours.recall(), theirs.recall())
        if goal:
            reached = ratio >= goal and ours.recall() >= theirs.recall()
            line += "; to reach %d x at equal or better recall: %s" % (
                goal, "reached" if reached else "FALLS SHORT")
        print(line)


def run_input(name, options, python, versions, scratch):
    tar, roots = make_input(options, name, scratch)
    corpus = Corpus(os.path.basename(name), tar, scratch, roots)
    print("\n%s: %d pages, %.1f MB, of which bodies %.1f MB; %d pairs with "
          "Jaccard >= %.1f" % (corpus.name, len(corpus.path),
                               corpus.page_bytes / 1e6, corpus.bytes / 1e6,
                               len(corpus.truth), NEAR))
    bench.warm(tar)
    bench.warm(corpus.texts)
    bench.warm(corpus.tokens)
    print(COLUMNS % ("", "pages/s", "MB/s", "seconds", "CPU s", "peak MiB",
                     "found", "precision", "recall", "unrelated", "runs", ""))
    ours, note = run_pressmark(corpus, options, scratch)
    ours.print()
    run_add(corpus, options, scratch).print()
    results = [ours]                 # ours first
    for peer, package, what in PEERS:
        if versions.get(package) and (
                not options.only or peer in options.only):
            result = run_peer(corpus, python, peer, what, scratch)
            if result:
                result.print()
                results.append(result)
    print(note)
    compare(results)
    run_speed(corpus, options, scratch)
    run_text_bench(corpus, options)


def arguments():
    parser = argparse.ArgumentParser(
        description="Near-duplicates: pressmark beside other tools.")
    parser.add_argument("pressmark")
    parser.add_argument("generate")
    parser.add_argument("scratch")
    parser.add_argument("--pages", type=int, default=20000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--input", action="append")
    parser.add_argument("--only", type=lambda x: x.split(","), default=[])
    return parser.parse_args()


def main():
    options = arguments()
    # One thread for all of them.
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1",
                      RAYON_NUM_THREADS="1", HF_DATASETS_OFFLINE="1",
                      HF_DATASETS_DISABLE_PROGRESS_BARS="1")
    os.makedirs(options.scratch, exist_ok=True)
    bench.LAUNCHER = bench.Launcher()
    python, versions = install(options.scratch, PACKAGES)
    print("%s; %s; one thread; whole processes, pressmark: median of %d "
          "runs, others: one run" % (
              bench.ask([options.pressmark, "--version"]).decode()
              .split("\n")[0],
              ", ".join("%s %s" % (name, number or "not installed")
                        for name, number in versions.items()),
              options.runs))
    print("The others are given the bodies ready extracted as JSONL, those "
          "with * even the tokens ready made; pressmark reads pages in a tar "
          "and does all of it itself.\n"
          "MB are of bodies. Found: pairs of pages (rensa-flags: pages); "
          "right are those with an exact Jaccard index >= %.1f." % NEAR)
    scratch = os.path.join(options.scratch, "work")
    os.makedirs(scratch, exist_ok=True)
    for name in options.input or ["mixed", "russian"]:
        run_input(name, options, python, versions, scratch)


if __name__ == "__main__":
    main()
