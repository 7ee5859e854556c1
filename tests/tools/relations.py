"""relations.py - what pressmark relates to what, and links to what.

stored and printed return {(a, b): relation}, a before b, both paths of
captures without a leading pages/:

  stored    all relations of an archive, from the views of its catalog.  A
            relation stands between `same` groups; it is given to each pair of
            captures of the two.
  printed   what `scan --pairs=all` prints: pairs within one cluster.

The views are documented in src/FORMAT.md.
"""
import collections
import itertools
import json
import os
import sqlite3


def short(path):
    """Paths with and without the leading pages/ are one."""
    return path[6:] if path.startswith("pages/") else path


def text_of(raw):
    return raw.decode("utf-8", "surrogateescape")


class Groups:
    """Articles that are `same`, each group by one of its articles."""

    def __init__(self):
        self.parent = {}

    def find(self, article):
        while article in self.parent:
            article = self.parent[article]
        return article

    def join(self, a, b):
        a, b = self.find(a), self.find(b)
        if a != b:
            self.parent[a] = b


def add_pair(pairs, a, b, value):
    pairs[(a, b) if a < b else (b, a)] = value


def open_catalog(archive):
    database = sqlite3.connect("file:%s?mode=ro" % os.path.join(
        archive, "catalog.db"), uri=True)
    database.text_factory = bytes    # paths are not always UTF-8
    return database


def stored(archive, figures=None):
    """figures, if given, gets {(a, b): (jaccard, containment)}."""
    groups, pairs = Groups(), {}
    captures = collections.defaultdict(list)      # of an article
    members = collections.defaultdict(list)       # articles of a group
    database = open_catalog(archive)
    for path, article in database.execute(
            "SELECT path, article FROM captures WHERE article IS NOT NULL"):
        captures[text_of(article)].append(short(text_of(path)))
    rows = [[text_of(value) for value in row[:3]] + [row[3:]]
            for row in database.execute(
                "SELECT a, b, relation, jaccard, containment FROM relations")]
    database.close()
    for a, b, relation, _ in rows:
        if relation == "same":
            groups.join(a, b)
    for article, paths in captures.items():
        members[groups.find(article)].append(article)
        for a, b in itertools.combinations(paths, 2):
            add_pair(pairs, a, b, "identical")
    for group in members.values():
        for x, y in itertools.combinations(group, 2):
            for a, b in itertools.product(captures[x], captures[y]):
                add_pair(pairs, a, b, "same")
    for x, y, relation, likeness in rows:
        if relation == "same":
            continue
        for one, other in itertools.product(members[groups.find(x)],
                                            members[groups.find(y)]):
            for a, b in itertools.product(captures[one], captures[other]):
                add_pair(pairs, a, b, relation)
                if figures is not None:
                    add_pair(figures, a, b, likeness)
    return pairs


def linked(archive):
    """(path, position, article) of each teaser sighting that is linked."""
    database = open_catalog(archive)
    article = dict(database.execute("SELECT teaser, article FROM links"))
    found = [(short(text_of(path)), position, text_of(article[teaser]))
             for path, position, teaser in database.execute(
                 "SELECT path, position, teaser FROM sightings")
             if teaser in article]
    database.close()
    return found


def policy(archive):
    """Thresholds of the last run: {"near": 0.8, ...}."""
    database = open_catalog(archive)
    row = database.execute(
        "SELECT policy FROM runs ORDER BY run DESC LIMIT 1").fetchone()
    database.close()
    found = {}
    for word in text_of(row[0] or b"").split():
        name, _, value = word.partition("=")
        try:
            found[name] = float(value)
        except ValueError:
            pass                     # bands=32x4 and the like
    return found


def printed(lines):
    """From the lines of `scan --pairs=all --json`, text or decoded."""
    pairs = {}
    for line in lines:
        pair = json.loads(line) if isinstance(line, (str, bytes)) else line
        if "relation" in pair:
            add_pair(pairs, short(pair["a"]), short(pair["b"]),
                     pair["relation"])
    return pairs
