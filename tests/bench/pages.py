#!/usr/bin/env python3
"""pages.py - bodies, titles and dates of real HTML pages: pressmark beside
trafilatura, newspaper4k, readability-lxml, jusText and htmldate.

    pages.py BENCH_PAGES SCRATCH [--data ../shared/data] [--split]
             [--only TOOL,...] [--worst N]

Installs the others into SCRATCH/peers (a virtual environment).  Every tool
gets the same pages, decoded, in one process, on one core; the time is that of
the call alone.  What the others answered is kept in SCRATCH, so a second run
measures only pressmark.  See README.md for what is measured and how.
"""
import argparse
import collections
import hashlib
import html
import json
import os
import re
import subprocess
import sys
import tarfile
import time

from words import tokens

PACKAGES = {          # what to ask pip for, and what of it has a version
    "trafilatura": [["trafilatura"]],
    "htmldate": [["htmldate"]],
    "newspaper4k": [["newspaper4k"]],
    "readability-lxml": [["lxml_html_clean", "chardet", "cssselect"],
                         ["--no-deps", "readability-lxml"]],
    "jusText": [["lxml_html_clean"], ["--no-deps", "jusText"]],
}
SETS = ("segments", "publishers", "dates")
COLUMNS = "%-24s %-9s %6s %6s %6s  %6s %6s  %6s %6s %6s %6s  %8s %8s"


# --- the other tools, within their own Python ---

def trafilatura_page(page, url):
    import trafilatura
    found = trafilatura.bare_extraction(
        page, url=url, include_comments=False, with_metadata=True)
    if found is None:
        return {}
    return {"body": found.text, "title": found.title, "date": found.date}


def htmldate_page(page, url):
    import htmldate
    return {"date": htmldate.find_date(page, url=url, original_date=True,
                                       extensive_search=True)}


def newspaper4k_page(page, url):
    import newspaper
    article = newspaper.Article(url or "http://localhost/",
                                fetch_images=False)
    article.download(input_html=page)
    article.parse()
    date = article.publish_date
    return {"body": article.text, "title": article.title,
            "date": date.strftime("%Y-%m-%d") if date else None}


def readability_lxml_page(page, url):
    import readability
    import lxml.html
    document = readability.Document(page, url=url)
    body = lxml.html.fromstring(document.summary(html_partial=True))
    return {"body": body.text_content(), "title": document.short_title()}


def jusText_page(page, url):
    import justext
    return {"body": "\n".join(
        paragraph.text for paragraph in justext.justext(
            page, justext.get_stoplist("English")
            | justext.get_stoplist("German"))
        if not paragraph.is_boilerplate)}


def peer(tool):
    """Pages named on standard input, answers as lines of JSON."""
    import logging
    logging.disable(logging.CRITICAL)
    call = globals()[tool.replace("-", "_") + "_page"]
    for line in sys.stdin:
        name, url = json.loads(line)
        with open(name, "rb") as file:
            page = file.read().decode("utf-8", "replace")
        start = time.process_time()
        try:
            answer = call(page, url) or {}
        except Exception:           # a page that is too much for it
            answer = {}
        answer["seconds"] = time.process_time() - start
        answer["name"] = name
        print(json.dumps(answer, ensure_ascii=True), flush=True)


def version(python, package):
    done = subprocess.run(
        [python, "-c", "import importlib.metadata as m, sys;"
         "print(m.version(sys.argv[1]))", package],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def install(scratch):
    """{package: version} of what could be installed."""
    folder = os.path.join(scratch, "peers")
    python = os.path.join(folder, "bin", "python")
    if not os.path.exists(python):
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    for package, wanted in PACKAGES.items():
        if version(python, package):
            continue
        for arguments in wanted:
            done = subprocess.run(
                [python, "-m", "pip", "install", "-q", "--no-input",
                 "--disable-pip-version-check"] + arguments, check=False,
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            if done.returncode != 0:
                print("%s: cannot be installed: %s" % (
                    package, (done.stderr.strip().split("\n") or "?")[-1]))
    return python, {package: version(python, package) for package in PACKAGES}


def ask(command, lines, keep):
    """{name: answer}; from the file `keep` when it has all."""
    if keep and os.path.exists(keep):
        with open(keep, encoding="utf-8") as file:
            answers = {a["name"]: a for a in map(json.loads, file)}
        if len(answers) == len(lines):
            return answers
    done = subprocess.run(command, input="".join(l + "\n" for l in lines),
                          stdout=subprocess.PIPE, text=True, check=True)
    if keep:
        with open(keep, "w", encoding="utf-8") as file:
            file.write(done.stdout)
    answers = {a["name"]: a for a in map(json.loads, done.stdout.split("\n")[:-1])}
    for answer in answers.values():
        answer.setdefault("seconds", answer.get("nanoseconds", 0) / 1e9)
    return answers


# --- pages and what is true of them ---

class Page:
    def __init__(self, path, url, held):
        self.path, self.url, self.held = path, url, held
        self.withs, self.withouts = [], []
        self.body = self.title = self.date = None


def held_out(name):
    """A third nobody looks at when rules are made."""
    return hashlib.sha256(name.encode()).digest()[0] % 3 == 0


def decode(path):
    """Every tool gets UTF-8: encodings are another test's business."""
    with open(path, "rb") as file:
        page = file.read()
    try:
        page.decode("utf-8")
        return
    except UnicodeDecodeError:
        said = re.search(rb"charset\s*=\s*[\"']?\s*([\w-]+)", page[:4096])
    try:
        text = page.decode(said.group(1).decode() if said else "cp1252",
                           "replace")
    except LookupError:
        text = page.decode("utf-8", "replace")
    with open(path, "wb") as file:
        file.write(text.encode("utf-8", "replace"))


def unpack(data, scratch, name):
    tar = os.path.join(data, "pages-%s.tar.zst" % name)
    if not os.path.exists(tar):
        sys.exit("pages.py: %s is missing" % tar)
    folder = os.path.join(scratch, name)
    if not os.path.exists(os.path.join(folder, ".done")):
        os.makedirs(folder, exist_ok=True)
        with subprocess.Popen(["zstd", "-dc", tar],
                              stdout=subprocess.PIPE) as packed:
            with tarfile.open(fileobj=packed.stdout, mode="r|") as pages:
                pages.extractall(folder)
        for above, _, names in os.walk(folder):
            for page in names:
                if page.endswith(".html"):
                    decode(os.path.join(above, page))
        open(os.path.join(folder, ".done"), "w").close()
    return folder


def listed(folder):
    """Segments and dates: truth.json beside html/."""
    with open(os.path.join(folder, "truth.json"), encoding="utf-8") as file:
        truth = json.load(file)
    for url, said in truth.items():
        path = os.path.join(folder, "html", said["file"])
        if os.path.exists(path):
            page = Page(path, url, held_out(said["file"]))
            page.withs = said.get("with") or []
            page.withouts = said.get("without") or []
            page.date = said.get("date")
            yield page


def beginnings(said):
    for section in said["body"]["sections"]:
        for paragraph in section["paragraphs"]:
            yield " ".join(paragraph.split())[:40]


def published(folder):
    """Publishers: versions in NAME.json, pages NAME_YYYY_MM_DD.html."""
    for above, _, names in sorted(os.walk(folder)):
        for name in sorted(n for n in names if n.endswith(".html")):
            stem = re.sub(r"(_\d+)+\.html$", "", name)
            with open(os.path.join(above, stem + ".json"),
                      encoding="utf-8") as file:
                truth = json.load(file)
            path = os.path.join(above, name)
            with open(path, encoding="utf-8", errors="replace") as file:
                text = " ".join(html.unescape(file.read()).split())
            said = max(truth.values(), key=lambda version: sum(
                (b in text) for b in beginnings(version)) + (
                    html.unescape(version["title"]) in text))
            page = Page(path, None, held_out(name))
            page.title = said["title"]
            page.body = "\n".join(
                said["body"]["summary"] + [
                    line for section in said["body"]["sections"]
                    for line in section["headline"] + section["paragraphs"]])
            page.date = (said.get("publishing_date") or "")[:10] or None
            yield page


# --- scores ---

def share(a, b):
    return a / b if b else 0.0


def harmonic(precision, recall):
    return share(2 * precision * recall, precision + recall)


def segments(pages, answers):
    """As trafilatura's own evaluation counts; only pages with an answer or
    without, all count."""
    right = missed = wrong = 0
    for page in pages:
        body = answers[page.path].get("body") or ""
        for text in page.withs:
            if text in body:
                right += 1
            else:
                missed += 1
        wrong += sum(text in body for text in page.withouts)
    precision, recall = share(right, right + wrong), share(right,
                                                           right + missed)
    return precision, recall, harmonic(precision, recall)


def four_grams(text):
    token = tokens(text)
    if len(token) < 4:
        return collections.Counter([" ".join(token)] if token else [])
    return collections.Counter(zip(token, token[1:], token[2:], token[3:]))


def gram_score(page, answer):
    """(precision, recall, F1) of one page's body."""
    found, true = four_grams(answer.get("body") or ""), four_grams(page.body)
    both = sum((found & true).values())
    precision, recall = share(both, sum(found.values())), share(
        both, sum(true.values()))
    return precision, recall, harmonic(precision, recall)


def publishers(pages, answers):
    scores = [gram_score(page, answers[page.path])[2] for page in pages]
    same = [tokens(answers[page.path].get("title") or "") ==
            tokens(page.title) for page in pages]
    return share(sum(scores), len(scores)), share(sum(same), len(same))


def dates(pages, answers):
    right = wrong = silent = 0
    for page in pages:
        said = answers[page.path].get("date")
        if not said:
            silent += 1
        elif said[:10] == page.date:
            right += 1
        else:
            wrong += 1
    precision, recall = share(right, right + wrong), share(right,
                                                           right + silent)
    return (share(right, len(pages)), precision, recall,
            harmonic(precision, recall))


def figures(values, known):
    return ["%.3f" % v if known else "-" for v in values]


def row(tool, release, pages, answers, known):
    chosen = [p for name in SETS for p in pages[name]]
    seconds = sum(answers[p.path]["seconds"] for p in chosen)
    size = sum(os.path.getsize(p.path) for p in chosen)
    print(COLUMNS % (
        (tool, release)
        + tuple(figures(segments(pages["segments"], answers), "b" in known))
        + tuple(figures(publishers(pages["publishers"], answers)[:1],
                        "b" in known))
        + tuple(figures(publishers(pages["publishers"], answers)[1:],
                        "t" in known))
        + tuple(figures(dates(pages["dates"], answers), "d" in known))
        + ("%.1f" % share(len(chosen), seconds),
           "%.2f" % share(size / 1e6, seconds))), flush=True)


def worst(pages, answers, other, n):
    """For whoever makes rules: where it is furthest behind, never of those
    that are held out."""
    rows = []
    for page in (p for p in pages["segments"] if not p.held):
        body = answers[page.path].get("body") or ""
        them = other[page.path].get("body") or ""
        lost = [t for t in page.withs if t not in body]
        more = [t for t in page.withouts if t in body]
        rows.append((len(lost) + len(more), page.path, len(body), len(them),
                     lost, more))
    for item in sorted(rows, reverse=True)[:n]:
        print(json.dumps(item, ensure_ascii=False))
    rows = [(gram_score(p, answers[p.path]), gram_score(p, other[p.path]),
             p.path) for p in pages["publishers"] if not p.held]
    for ours, theirs, path in sorted(rows, key=lambda r: r[0][2])[:n]:
        print("%.2f %.2f %.2f  them %.2f %.2f %.2f  %s" % (ours + theirs + (
            path,)))
    for page in pages["publishers"]:
        said = answers[page.path].get("title") or ""
        if not page.held and tokens(said) != tokens(page.title):
            print("title %r not %r: %s" % (said, page.title, page.path))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("scratch")
    parser.add_argument("--data", default="../shared/data")
    parser.add_argument("--split", action="store_true",
                        help="pages held out apart from the others")
    parser.add_argument("--only", default="")
    parser.add_argument("--worst", type=int, default=0)
    given = parser.parse_args()
    os.makedirs(given.scratch, exist_ok=True)
    pages = {}
    for name in SETS:
        folder = unpack(given.data, given.scratch, name)
        pages[name] = list(
            (published if name == "publishers" else listed)(folder))
    every = [p for name in SETS for p in pages[name]]
    python, versions = install(given.scratch)
    tools = [("pressmark", "", "btd", [given.program])] + [
        (tool, versions[tool], known,
         [python, os.path.abspath(__file__), "--peer", tool])
        for tool, known in (("trafilatura", "btd"), ("newspaper4k", "btd"),
                            ("readability-lxml", "bt"), ("jusText", "b"),
                            ("htmldate", "d")) if versions[tool]]
    print("%d + %d + %d pages, %.1f MB, Python %s" % (
        len(pages["segments"]), len(pages["publishers"]), len(pages["dates"]),
        sum(os.path.getsize(p.path) for p in every) / 1e6,
        sys.version.split()[0]))
    print(COLUMNS % ("", "version", "prec", "recall", "F1", "4-gram", "title",
                     "date", "prec", "recall", "F1", "pages/s", "MB/s"))
    kept = {}
    for tool, release, known, command in tools:
        if given.only and tool not in given.only.split(","):
            continue
        ours = tool == "pressmark"
        kept[tool] = answers = ask(
            command, [p.path + "\t" + (p.url or "") if ours
                      else json.dumps([p.path, p.url])
                      for p in every],
            None if ours else os.path.join(given.scratch, "%s-%s.jsonl" % (
                tool, release)))
        row(tool, release, pages, answers, known)
        for held in (False, True) if given.split else ():
            row("  held out" if held else "  seen", "", {
                name: [p for p in pages[name] if p.held == held]
                for name in SETS}, answers, known)
    if given.worst:
        worst(pages, kept["pressmark"],
              kept.get("trafilatura", kept["pressmark"]), given.worst)


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--peer":
        peer(sys.argv[2])
    else:
        main()
