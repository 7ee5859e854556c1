#!/usr/bin/env python3
"""accuracy.py - how right pressmark is on a corpus whose truth is known.

    accuracy.py PRESSMARK DIR [--floor NAME.FIGURE=VALUE]... [--brief]

DIR holds truth.tsv, links.tsv and either *.tar or pages/: what generate.c
makes, or corpus/.  Runs `scan --links`, `scan --pairs=all`, `add` and `ls`,
and prints one table: what there was to find, what was found, what of it is
right, with precision, recall and F1; each for all languages and for each.

--floor links.recall=0.97 makes the status 1 when the figure is lower.
--saved OUT keeps what pressmark printed in OUT, and reads it from there when
it is there already.

Measures (tests/tools/README.md says more):
  bodies     articles whose id is that of the body as it was written
  links      teaser sightings joined to the article, or to a copy of it
  identical, same, update, near, contains      pairs of captures
  titles, tags, dates        of articles (and of what is `same`) that a teaser
                             in the corpus shows
  copy-titles                the same for other copies with an unchanged lead
"""
import argparse
import calendar
import collections
import glob
import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import time

UNITS = {"minute": 60, "hour": 3600, "day": 86400, "week": 8 * 86400,
         "month": 31 * 86400, "year": 366 * 86400}
BASE = ("orig", "identical", "same")
PAIRS = ("identical", "same", "update", "near", "contains")
# Pairs this near to a threshold may fall on either side.
MARGIN = 0.01


def rows_of(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        columns = file.readline().rstrip("\n").split("\t")
        for line in file:
            yield dict(zip(columns, line.rstrip("\n").split("\t")))


def short(path):
    """Paths with and without the leading pages/ are one."""
    return path[6:] if path.startswith("pages/") else path


def language(path):
    return short(path).split("/")[0]


def seconds(text):
    """RFC 3339 to UTC seconds."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.\d+)?"
                         r"([Zz]|([+-])(\d\d):(\d\d))", text)
    if not found:
        raise ValueError("no RFC 3339 time: %r" % text)
    utc = calendar.timegm(time.strptime(found[1] + " " + found[2],
                                        "%Y-%m-%d %H:%M:%S"))
    if found[4]:
        offset = 60 * (60 * int(found[5]) + int(found[6]))
        utc -= offset if found[4] == "+" else -offset
    return utc


class Capture:
    """One row of truth.tsv, of either kind."""

    __slots__ = ("path", "kind", "root", "article", "title", "tags",
                 "published", "tolerance", "lead", "jaccard", "containment",
                 "edit")


def body_id(text):
    """The body of a generated page: all before the heading of its list."""
    end = text.index(b"\n\n\n")
    body = text[:end].rpartition(b"\n")[0]
    return hashlib.sha256(body.lstrip(b"\n")).hexdigest()[:16]


class Truth:
    def __init__(self, directory):
        self.directory = directory
        self.capture = {}
        self.family = collections.defaultdict(list)   # root to captures
        self.link = {}                # (path, position) to root or None
        self.shown = collections.defaultdict(collections.Counter)
        self.finest = {}              # root to its finest unit, in seconds
        self.generated = "key" in next(rows_of(self.file("truth.tsv")))
        self.inputs = sorted(glob.glob(self.file("*.tar"))) or \
            [self.file("pages")]
        if self.generated:
            self.read_generated()
        else:
            self.read_corpus()
        for capture in self.capture.values():
            if capture.article:
                self.family[capture.root].append(capture)

    def file(self, name):
        return os.path.join(self.directory, name)

    def read_generated(self):
        ids = {}
        for name in self.inputs:
            with tarfile.open(name, "r|") as tar:
                for member in tar:
                    ids[short(member.name)] = body_id(
                        tar.extractfile(member).read())
        for row in rows_of(self.file("truth.tsv")):
            c = Capture()
            c.path, c.kind = short(row["path"]), row["kind"]
            c.root = row["key"] if row["of"] == "-" else row["of"]
            c.article = ids[c.path]
            c.title, c.tags = row["title"], {row["tags"]}
            c.published, c.tolerance = int(row["published"]), None
            c.lead, c.edit = row["lead"] == "kept", float(row["edit"])
            c.jaccard = float(row["jaccard"])
            c.containment = float(row["containment"])
            self.capture[c.path] = c
        for row in rows_of(self.file("links.tsv")):
            root = None if row["target"] == "-" else row["target"]
            self.add_link(row, root)
            if root:
                unit = UNITS[row["precision"]]
                self.finest[root] = min(unit, self.finest.get(root, unit))

    def read_corpus(self):
        for row in rows_of(self.file("truth.tsv")):
            c = Capture()
            c.path, c.kind = short(row["path"]), row["relation"]
            c.article = None if row["article"] == "-" else row["article"]
            c.root = c.article if row["of"] == "-" else row["of"]
            c.title = None if row["title"] == "-" else row["title"]
            c.tags = set() if row["tags"] == "-" else \
                set(row["tags"].split(";"))
            c.published = None if row["published"] == "-" else \
                seconds(row["published"])
            c.tolerance, c.lead, c.edit = 0, True, 0.0
            c.jaccard = 1.0 if c.kind == "near" else 0.0
            c.containment = 1.0
            if c.kind == "none":
                c.kind = "orig"
            self.capture[c.path] = c
        for row in rows_of(self.file("links.tsv")):
            target = self.capture.get(short(row["target"]))
            self.add_link(row, target.root if target else None)

    def add_link(self, row, root):
        self.link[short(row["path"]), int(row["position"])] = root
        if root:
            self.shown[root][row["title"]] += 1

    def of_likeness(self, c):
        """The relation of a copy to its original; None: either will do."""
        if c.kind in ("identical", "same", "update"):
            return c.kind
        if not self.generated:
            return c.kind
        if abs(c.jaccard - 0.8) < MARGIN:
            return None
        if c.jaccard >= 0.8:
            return "near"
        if abs(c.containment - 0.9) < MARGIN:
            return None
        if c.containment >= 0.9:
            return "contains"
        # Near, where both texts are long: those here are.
        if abs(c.jaccard - 0.5) < MARGIN:
            return None
        return "near" if c.jaccard >= 0.5 else "none"

    def relation(self, a, b):
        """What holds between two captures; None: not known."""
        if not a.article or not b.article or a.root != b.root:
            return "none"
        if a.article == b.article:
            return "identical"
        if a.kind not in BASE:
            a, b = b, a
        if a.kind in BASE:
            return "same" if b.kind in BASE else self.of_likeness(b)
        return "update" if a.kind == b.kind == "update" else None


class Score:
    """Counts a measure for all and for each language."""

    def __init__(self):
        self.there = collections.Counter()
        self.found = collections.Counter()
        self.right = collections.Counter()

    def count(self, path_or_language, there=0, found=0, right=0):
        for name in ("", path_or_language):
            self.there[name] += there
            self.found[name] += found
            self.right[name] += right

    def figures(self, name=""):
        there, found, right = (self.there[name], self.found[name],
                               self.right[name])
        precision = right / found if found else None
        recall = right / there if there else None
        f1 = 2 * right / (there + found) if there + found else None
        return {"there": there, "found": found, "right": right,
                "precision": precision, "recall": recall, "f1": f1}


def score_links(truth, links, scores):
    score = scores["links"]
    base = min((link["position"] for link in links), default=1)
    for (path, _), root in truth.link.items():
        score.count(language(path), there=root is not None)
    for link in links:
        path = short(link["path"])
        root = truth.link.get((path, link["position"] + 1 - min(base, 1)))
        article = truth.capture.get(short(link["article_path"]))
        right = root is not None and article is not None and \
            article.root == root
        score.count(language(path), found=1, right=right)


def score_pairs(truth, pairs, scores):
    for captures in truth.family.values():
        for a, b in itertools.combinations(captures, 2):
            relation = truth.relation(a, b)
            if relation in PAIRS:
                scores[relation].count(language(a.path), there=1)
    for pair in pairs:
        a = truth.capture.get(short(pair["a"]))
        b = truth.capture.get(short(pair["b"]))
        relation = truth.relation(a, b) if a and b else "none"
        if relation is not None:
            scores[pair["relation"]].count(
                language(pair["a"]), found=1,
                right=relation == pair["relation"])


def date_right(truth, capture, article):
    if article["published"] is None:
        return False
    tolerance = capture.tolerance
    if tolerance is None:
        tolerance = truth.finest.get(capture.root, 0)
        if UNITS[article["published_precision"]] > tolerance:
            return False
    return abs(seconds(article["published"]) - capture.published) <= tolerance


def score_article(truth, capture, article, scores):
    lang = language(capture.path)
    titles = truth.shown.get(capture.root, {})
    most = max(titles.values(), default=0)
    base = capture.kind in BASE
    shown = most > 0
    has = article or {"title": None, "tags": [], "published": None,
                      "published_source": None}
    right = shown and titles.get(has["title"]) == most
    scores["titles" if base else "copy-titles"].count(
        lang, there=shown, found=has["title"] is not None, right=right)
    if not base:
        return
    scores["tags"].count(lang, there=shown, found=bool(has["tags"]),
                         right=shown and set(has["tags"]) == capture.tags)
    if shown:
        dated = has["published"] is not None and \
            has["published_source"] != "crawl"
        scores["dates"].count(lang, there=1, found=dated,
                              right=date_right(truth, capture, has))


def score_articles(truth, articles, scores):
    by_id = {article["id"]: article for article in articles}
    first = {}
    for capture in truth.capture.values():
        if capture.article:
            kept = first.setdefault(capture.article, capture)
            if kept.kind not in BASE and capture.kind in BASE:
                first[capture.article] = capture
    for name, capture in first.items():
        article = by_id.pop(name, None)
        found = article is not None
        scores["bodies"].count(language(capture.path), 1, found, found)
        related = capture.kind in BASE or \
            truth.of_likeness(capture) in PAIRS and capture.lead
        if related:
            score_article(truth, capture, article, scores)
    if by_id:
        scores["bodies"].count("?", found=len(by_id))


def score_edits(truth, pairs, out):
    """Recall of any relation by how much of a text was edited."""
    edits = [(0, 1), (1, 2), (2, 5), (5, 10), (10, 20), (20, 100)]
    related = set()
    for pair in pairs:
        related.add((short(pair["a"]), short(pair["b"])))
        related.add((short(pair["b"]), short(pair["a"])))
    home = {c.root: c.path for c in truth.capture.values()
            if c.kind == "orig"}
    for low, high in edits:
        copies = [c for c in truth.capture.values()
                  if c.kind == "near" and low <= c.edit < high]
        found = sum((c.path, home[c.root]) in related for c in copies)
        if copies:
            out.write("words edited %2d to %3d %%: %6d texts, %.4f related, "
                      "mean Jaccard %.3f\n" %
                      (low, high, len(copies), found / len(copies),
                       sum(c.jaccard for c in copies) / len(copies)))


def run(command, saved=None):
    """JSON objects, one a line, that a command prints."""
    if saved and os.path.exists(saved):
        with open(saved, encoding="utf-8") as file:
            return [json.loads(line) for line in file]
    start = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    sys.stderr.write("%s: status %d, %.1f s\n" % (
        " ".join(command[1:3]), done.returncode, time.monotonic() - start))
    if done.returncode not in (0, 1):
        sys.exit("accuracy: %s failed" % " ".join(command))
    if saved:
        with open(saved, "wb") as file:
            file.write(done.stdout)
    return [json.loads(line) for line in
            done.stdout.decode("utf-8").split("\n") if line]


def saved_name(options, name):
    if not options.saved:
        return None
    os.makedirs(options.saved, exist_ok=True)
    return os.path.join(options.saved, name)


def run_all(options, truth):
    binary, inputs = options.pressmark, truth.inputs
    links = run([binary, "scan", "--links", "--json", "-q"] + inputs,
                saved_name(options, "links.jsonl"))
    pairs = run([binary, "scan", "--pairs=all", "--json", "-q"] + inputs,
                saved_name(options, "pairs.jsonl"))
    saved = saved_name(options, "ls.jsonl")
    if saved and os.path.exists(saved):
        return links, pairs, run([], saved)
    with tempfile.TemporaryDirectory(prefix="accuracy.") as scratch:
        archive = os.path.join(scratch, "archive")
        run([binary, "add", "--json", "-q", archive] + inputs)
        articles = run([binary, "ls", "--json", archive], saved)
    # Summaries and the like are none of ours.
    return ([x for x in links if "article_path" in x],
            [x for x in pairs if "relation" in x], articles)


def number(value):
    return "-" if value is None else "%.4f" % value


def print_table(scores, brief, out):
    out.write("%-12s %9s %9s %9s %10s %8s %8s\n" % (
        "measure", "there", "found", "right", "precision", "recall", "F1"))
    for name, score in scores.items():
        languages = [""]
        if not brief:
            languages += sorted(x for x in score.there if x)
        for lang in languages:
            f = score.figures(lang)
            out.write("%-12s %9d %9d %9d %10s %8s %8s\n" % (
                "  " + lang if lang else name, f["there"], f["found"],
                f["right"], number(f["precision"]), number(f["recall"]),
                number(f["f1"])))


def below_floors(scores, floors):
    bad = 0
    for floor in floors:
        name, _, value = floor.partition("=")
        measure, _, figure = name.partition(".")
        got = scores[measure].figures()[figure]
        if got is None or got < float(value):
            print("below the floor: %s is %s, should be %s" %
                  (name, number(got), value))
            bad += 1
    return bad


def main():
    parser = argparse.ArgumentParser(
        description="How right pressmark is on a corpus whose truth is known.")
    parser.add_argument("pressmark")
    parser.add_argument("directory")
    parser.add_argument("--floor", action="append", default=[],
                        metavar="NAME.FIGURE=VALUE")
    parser.add_argument("--brief", action="store_true",
                        help="no rows for each language")
    parser.add_argument("--saved", metavar="OUT")
    options = parser.parse_args()
    truth = Truth(options.directory)
    links, pairs, articles = run_all(options, truth)
    scores = {name: Score() for name in (
        ("bodies", "links") + PAIRS + ("titles", "tags", "dates",
                                       "copy-titles"))}
    score_links(truth, links, scores)
    score_pairs(truth, pairs, scores)
    score_articles(truth, articles, scores)
    print_table(scores, options.brief, sys.stdout)
    if truth.generated:
        score_edits(truth, pairs, sys.stdout)
    return 1 if below_floors(scores, options.floor) else 0


if __name__ == "__main__":
    sys.exit(main())
