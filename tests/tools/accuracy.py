#!/usr/bin/env python3
"""accuracy.py - how right pressmark is on a corpus whose truth is known.

    accuracy.py PRESSMARK DIR [--floor NAME.FIGURE=VALUE]... [--brief]

DIR holds truth.tsv, links.tsv and either *.tar or pages/: what generate.c
makes, or corpus/.  Runs `add`, `ls` and `scan --pairs=all`, reads the
archive's views, and prints tables: what there was to find, what was found,
what of it is right, with precision, recall and F1; for all languages and for
each.

--floor links.recall=0.97 makes the status 1 when the figure is lower.
--saved OUT keeps the archive and what was printed in OUT, and reads them
from there when they are there already.
--examples N shows up to N pairs that are wrong, and N that are missing.

Measures (tests/tools/README.md says more):
  bodies     articles whose id is that of the body as it was written
  links      teaser sightings joined to the article, or to a copy of it
  identical, same, update, near, contains      pairs of captures, as the
             archive has them; cluster-same and so on: as `scan --pairs=all`
             prints them, which are those within one cluster
  titles, tags, dates        of articles (and of what is `same`) that a teaser
                             in the corpus shows
  copy-titles                the same for other copies with an unchanged lead
  figures    stored Jaccard and containment of a copy and its original, where
             no boilerplate was added
  edited-10, update, moved, ...     copies related to their original in any way
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

from relations import linked, policy, printed, short, stored

UNITS = {"minute": 60, "hour": 3600, "day": 86400, "week": 8 * 86400,
         "month": 31 * 86400, "year": 366 * 86400}
BASE = ("orig", "identical", "same")
PAIRS = ("identical", "same", "update", "near", "contains")
# Pairs this near to a threshold may fall on either side.
MARGIN = 0.01
COPIES = ("near", "contains", "update", "moved", "boilerplate")
# Percent of words edited; percent of bytes kept.
EDITS = ((0.5, 1), (1, 2), (2, 5), (5, 10), (10, 15), (15, 20), (20, 30))
CUTS = ((20, 40), (40, 60), (60, 90))
LABELS = {"edited-10": "edited up to 10 %", "copies": "all, edits up to 10 %",
          "two copies": "two copies of one"}


def rows_of(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        columns = file.readline().rstrip("\n").split("\t")
        for line in file:
            yield dict(zip(columns, line.rstrip("\n").split("\t")))


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
        self.policy = {"near": 0.8, "contains": 0.9}
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
        if c.kind in ("identical", "same", "update") or not self.generated:
            return c.kind
        # Edits that a fold undoes, or that only touch digits.
        if c.jaccard == 1:
            return None
        near, contains = self.policy["near"], self.policy["contains"]
        near_long = self.policy.get("near_long", near)
        for name, value, least in (("near", c.jaccard, near),
                                   ("contains", c.containment, contains),
                                   ("near", c.jaccard, near_long)):
            if abs(value - least) < MARGIN:
                return None
            if value >= least:
                return name
        return "none"

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
    root_of = {c.article: c.root for c in truth.capture.values() if c.article}
    for (path, _), root in truth.link.items():
        score.count(language(path), there=root is not None)
    first = min((position for _, position, _ in links), default=1)
    for path, position, article in links:
        root = truth.link.get((path, position + 1 - first))
        right = root is not None and root_of.get(article) == root
        score.count(language(path), found=1, right=right)


def score_pairs(truth, pairs, scores, prefix=""):
    for captures in truth.family.values():
        for a, b in itertools.combinations(captures, 2):
            relation = truth.relation(a, b)
            if relation in PAIRS:
                scores[prefix + relation].count(language(a.path), there=1)
    for (path_a, path_b), found in pairs.items():
        a, b = truth.capture.get(path_a), truth.capture.get(path_b)
        relation = truth.relation(a, b) if a and b else "none"
        if relation is not None:
            scores[prefix + found].count(
                language(path_a), found=1, right=relation == found)


def score_figures(truth, figures, scores):
    """Of copies and their originals: is what is stored what the generator
    measured, which counts words in a way of its own?"""
    for (path_a, path_b), found in figures.items():
        a, b = truth.capture.get(path_a), truth.capture.get(path_b)
        if not a or not b or a.root != b.root:
            continue
        if a.kind not in BASE:
            a, b = b, a
        # Of added boilerplate the generator counts every word, pressmark none
        # once it knows it for a footer.
        if a.kind in BASE and b.kind in COPIES and b.kind != "boilerplate":
            scores["figures"].count(
                language(path_a), there=1, found=1,
                right=abs(found[0] - b.jaccard) <= MARGIN and
                abs(found[1] - b.containment) <= MARGIN)


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


def brackets(c):
    """Names of the rows that a copy counts in."""
    if c.kind == "near":
        for low, high in EDITS:
            if low <= c.edit < high or c.edit == high == EDITS[-1][1]:
                yield "edited %g-%g %%" % (low, high)
        if c.edit <= 10:
            yield "edited-10"
            yield "  " + language(c.path)
    elif c.kind == "contains":
        for low, high in CUTS:
            if low <= c.edit < high or c.edit == high == CUTS[-1][1]:
                yield "cut to %d-%d %%" % (low, high)
    elif c.kind in ("update", "moved", "boilerplate"):
        yield c.kind
    if c.kind in COPIES and (c.kind != "near" or c.edit <= 10):
        yield "copies"


def bracket_scores(truth, pairs):
    """
    Is a copy related to its original in any way (there, right), and how many
    of the pairs that a copy is in are of one family (found, true)?  A pair of
    two copies of one original is true, and not asked for.
    """
    names = ["edited %g-%g %%" % edit for edit in EDITS] + ["edited-10"] + \
        sorted({"  " + language(path) for path in truth.capture}) + [
        "cut to %d-%d %%" % cut for cut in CUTS] + [
        "update", "moved", "boilerplate", "copies", "two copies"]
    score = {name: collections.Counter() for name in names}
    originals = {c.root: c for c in truth.capture.values()
                 if c.kind == "orig"}
    missed, wrong = [], []
    for c in truth.capture.values():
        names = list(brackets(c))
        if names:
            home = originals[c.root].path
            related = (min(c.path, home), max(c.path, home)) in pairs
            if not related:
                missed.append(c)
            for name in names:
                score[name]["there"] += 1
                score[name]["right"] += related
                score[name]["jaccard"] += c.jaccard
    for (path_a, path_b), relation in pairs.items():
        a, b = truth.capture.get(path_a), truth.capture.get(path_b)
        true = a is not None and b is not None and a.root == b.root
        if not true:
            wrong.append((path_a, path_b, relation))
        sides = [set(brackets(x)) if x else set() for x in (a, b)]
        if sides[0] and sides[1]:
            sides.append({"two copies"})
        for name in set().union(*sides):
            score[name]["found"] += 1
            score[name]["true"] += true
    return score, missed, wrong


def bracket_figures(count):
    recall = count["right"] / count["there"] if count["there"] else None
    precision = count["true"] / count["found"] if count["found"] else None
    f1 = None
    if recall is not None and precision is not None and recall + precision:
        f1 = 2 * recall * precision / (recall + precision)
    return {"recall": recall, "precision": precision, "f1": f1}


def print_brackets(score, title, brief, out):
    out.write("\n%-22s %8s %8s %8s %8s %8s %10s %8s %8s\n" % (
        title, "copies", "related", "recall", "pairs", "true", "precision",
        "F1", "Jaccard"))
    for name, count in score.items():
        if not count["there"] and not count["found"] or \
                brief and name.startswith("  "):
            continue
        f = bracket_figures(count)
        out.write("%-22s %8d %8d %8s %8d %8d %10s %8s %8s\n" % (
            LABELS.get(name, name), count["there"], count["right"],
            number(f["recall"]), count["found"], count["true"],
            number(f["precision"]), number(f["f1"]),
            "%.3f" % (count["jaccard"] / count["there"])
            if count["there"] else "-"))


def print_examples(missed, wrong, most, out):
    missed = [c for c in missed if c.kind != "near" or c.edit <= 10]
    for c in missed[:most]:
        out.write("missing: %s %s of %s, edit %.2f, Jaccard %.4f, "
                  "containment %.4f\n" % (c.path, c.kind, c.root, c.edit,
                                          c.jaccard, c.containment))
    for a, b, relation in wrong[:most]:
        out.write("wrong: %s %s %s\n" % (a, relation, b))


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


class Answers:
    """All that pressmark has to say of the corpus."""

    def __init__(self, binary, truth, directory):
        def saved(name):
            return os.path.join(directory, name)

        archive, quiet = saved("archive"), ["--json", "-q"]
        if not os.path.exists(archive):
            run([binary, "add"] + quiet + [archive] + truth.inputs)
        self.policy = policy(archive)
        self.figures = {}
        self.stored = stored(archive, self.figures)
        self.articles = run([binary, "ls", "--json", archive],
                            saved("ls.jsonl"))
        self.links = linked(archive)
        self.printed = printed(run(
            [binary, "scan", "--pairs=all"] + quiet + truth.inputs,
            saved("pairs.jsonl")))


def ask_all(options, truth):
    if options.saved:
        os.makedirs(options.saved, exist_ok=True)
        return Answers(options.pressmark, truth, options.saved)
    with tempfile.TemporaryDirectory(prefix="accuracy.") as scratch:
        return Answers(options.pressmark, truth, scratch)


def number(value):
    return "-" if value is None else "%.4f" % value


def print_table(scores, names, title, brief, out):
    out.write("\n%-22s %8s %8s %8s %10s %8s %8s\n" % (
        title, "there", "found", "right", "precision", "recall", "F1"))
    for name in names:
        score = scores[name]
        languages = [""]
        if not brief:
            languages += sorted(x for x in score.there if x)
        for lang in languages:
            f = score.figures(lang)
            out.write("%-22s %8d %8d %8d %10s %8s %8s\n" % (
                "  " + lang if lang else name.removeprefix("cluster-"),
                f["there"], f["found"], f["right"], number(f["precision"]),
                number(f["recall"]), number(f["f1"])))


def below_floors(figures, floors):
    bad = 0
    for floor in floors:
        name, _, value = floor.partition("=")
        measure, _, figure = name.partition(".")
        got = figures[measure][figure]
        if got is None or got < float(value):
            print("below the floor: %s is %s, should be %s" %
                  (name, number(got), value))
            bad += 1
    return bad


def arguments():
    parser = argparse.ArgumentParser(
        description="How right pressmark is on a corpus whose truth is known.")
    parser.add_argument("pressmark")
    parser.add_argument("directory")
    parser.add_argument("--floor", action="append", default=[],
                        metavar="NAME.FIGURE=VALUE")
    parser.add_argument("--brief", action="store_true",
                        help="no rows for each language")
    parser.add_argument("--examples", type=int, default=0, metavar="N")
    parser.add_argument("--saved", metavar="OUT")
    return parser.parse_args()


def main():
    options, out = arguments(), sys.stdout
    truth = Truth(options.directory)
    answers = ask_all(options, truth)
    truth.policy.update(answers.policy)
    clusters = ["cluster-" + name for name in PAIRS]
    others = ["bodies", "links", "titles", "tags", "dates", "copy-titles",
              "figures"]
    scores = {name: Score() for name in others + list(PAIRS) + clusters}
    score_links(truth, answers.links, scores)
    score_pairs(truth, answers.stored, scores)
    score_pairs(truth, answers.printed, scores, "cluster-")
    score_articles(truth, answers.articles, scores)
    if truth.generated:
        score_figures(truth, answers.figures, scores)
    figures = {name: score.figures() for name, score in scores.items()}
    print("%d pages; thresholds: %s" % (len(truth.capture), ", ".join(
        "%s %g" % item for item in truth.policy.items())))
    print_table(scores, others, "measure", options.brief, out)
    print_table(scores, PAIRS, "pairs in the archive", options.brief, out)
    print_table(scores, clusters, "pairs in one cluster", options.brief, out)
    if truth.generated:
        count, missed, wrong = bracket_scores(truth, answers.stored)
        figures.update((name, bracket_figures(x)) for name, x in
                       count.items())
        print_brackets(count, "in the archive", options.brief, out)
        print_examples(missed, wrong, options.examples, out)
        count, missed, wrong = bracket_scores(truth, answers.printed)
        print_brackets(count, "in one cluster", options.brief, out)
    return 1 if below_floors(figures, options.floor) else 0


if __name__ == "__main__":
    sys.exit(main())
