#!/usr/bin/env python3
"""growth.py - what a page costs as a corpus grows, and what 1 % more costs.

    growth.py PRESSMARK GENERATE SCRATCH [--sizes 10000,100000]
              [--memory 384M] [--mix KIND=WEIGHT,...] [--stream]

For each size: as many generated pages are put into a new archive, then 1 %
more (of the same corpus, so copies of old pages among them) in a second add.
Prints a table and whether the goals are met, and draws SCRATCH/growth.svg.

The pages lie in a tar, in the page cache as far as it holds them; --stream,
and any size over STREAM_FROM, pipes them from the generator instead: then
that takes a part of the processors, and its time is within the figure.
Exit status 1 when a goal is missed.
"""
import argparse
import json
import math
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

STREAM_FROM = 3000000
SMALL, SMALL_RUNS = 20000, 3         # sizes up to SMALL: median of so many
TIME_GROWTH, CACHE_BYTES = 1.3, 300
MIX = "orig=70,identical=8,same=4,update=5,near=8,contains=5"
COLUMNS = "%11s %8s %8s %8s %8s %6s %6s %8s %8s %8s %9s %8s %6s %6s"


class Cost:
    """Of one add: time, memory, and what it said."""

    def __init__(self, wall, cpu, peak, own, said):
        self.wall, self.cpu, self.peak, self.own = wall, cpu, peak, own
        self.said = said


class Watch(threading.Thread):
    """The most memory of its own that a process has, without the files that
    it has mapped; 0 where there is no /proc."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.path, self.own, self.over = "/proc/%d/status" % pid, 0, False
        self.start()

    def run(self):
        while not self.over:
            try:
                with open(self.path, encoding="ascii", errors="replace") as f:
                    found = re.search(r"RssAnon:\s*(\d+) kB", f.read())
            except OSError:
                return
            if found:
                self.own = max(self.own, int(found[1]) * 1024)
            time.sleep(0.05)

    def stop(self):
        self.over = True
        self.join()
        return self.own


def add(options, archive, source, feed=None):
    """source: a tar, or - with feed writing to the pipe."""
    with tempfile.TemporaryFile() as out:
        start = time.perf_counter()
        child = subprocess.Popen(
            [options.pressmark, "add", "--json", "-q", "--progress=never",
             "--memory", options.memory, archive, source], stdout=out,
            stdin=subprocess.PIPE if feed else subprocess.DEVNULL)
        watch = Watch(child.pid)
        if feed:
            try:
                feed(child.stdin)
                child.stdin.close()
            except BrokenPipeError:
                pass                 # its status tells
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - start
        own = watch.stop()
        if child.returncode != 0:
            sys.exit("growth: add ended with status %d" % child.returncode)
        out.seek(0)
        said = json.loads(out.read().decode().strip().split("\n")[-1])
    scale = 1 if sys.platform == "darwin" else 1024
    return Cost(wall, usage.ru_utime + usage.ru_stime,
                usage.ru_maxrss * scale, own, said)


class Pages:
    """Members of a ustar stream, passed on without being looked into."""

    def __init__(self, options, pages):
        self.child = subprocess.Popen(
            [options.generate, "--pages", str(pages), "--seed", "3", "--mix",
             options.mix], stdout=subprocess.PIPE, bufsize=1 << 20)

    def copy(self, out, pages):
        """As many as are asked for, as a whole tar."""
        source = self.child.stdout
        for _ in range(pages):
            header = source.read(512)
            size = int(header[124:135], 8)
            out.write(header + source.read(size + -size % 512))
        out.write(bytes(1024))
        out.flush()

    def close(self):
        self.child.stdout.close()
        self.child.wait()


class Size:
    def __init__(self, pages, first, more):
        self.pages, self.first, self.more = pages, first, more

    def page_seconds(self):
        return self.first.wall / self.pages

    def page_cpu(self):
        return self.first.cpu / self.pages

    def per_page(self, name):
        return self.first.said[name] / self.pages

    def cache_of_article(self):
        return self.first.said["cache_bytes"] / self.first.said["articles"]

    def more_share(self):
        """Of the first time, in percent; 1 would be in proportion."""
        return 100 * self.more.wall / self.first.wall

    def row(self):
        return COLUMNS % (
            "{:,}".format(self.pages), "%.1f" % self.first.wall,
            "%.1f" % self.first.cpu, "%.0f" % (self.page_seconds() * 1e6),
            "%.0f" % (self.page_cpu() * 1e6),
            "%.0f" % (self.first.peak / 2**20),
            "%.0f" % (self.first.own / 2**20),
            "%.0f" % self.per_page("volume_bytes"),
            "%.0f" % self.per_page("catalog_bytes"),
            "%.0f" % self.per_page("cache_bytes"),
            "%.0f" % self.cache_of_article(), "%.2f" % self.more.wall,
            "%.1f" % self.more_share(), "%.0f" % (self.more.peak / 2**20))


def measure(options, pages):
    archive = os.path.join(options.scratch, "archive")
    tar = os.path.join(options.scratch, "pages.tar")
    more_tar = os.path.join(options.scratch, "more.tar")
    more_pages = max(1, pages // 100)
    stream = options.stream or pages > STREAM_FROM
    source = Pages(options, pages + more_pages)
    firsts, mores = [], []
    if stream:
        shutil.rmtree(archive, ignore_errors=True)
        firsts.append(add(options, archive, "-",
                          lambda pipe: source.copy(pipe, pages)))
    else:
        with open(tar, "wb", buffering=1 << 20) as out:
            source.copy(out, pages)
    with open(more_tar, "wb", buffering=1 << 20) as out:
        source.copy(out, more_pages)
    source.close()
    if stream:
        mores.append(add(options, archive, more_tar))
    for _ in range(0 if stream else SMALL_RUNS if pages <= SMALL else 1):
        shutil.rmtree(archive, ignore_errors=True)
        firsts.append(add(options, archive, tar))
        mores.append(add(options, archive, more_tar))
    if firsts[0].said["captures"] != pages:
        sys.exit("growth: %d captures, not %d" % (
            firsts[0].said["captures"], pages))
    shutil.rmtree(archive)
    for path in (tar, more_tar):
        if os.path.exists(path):
            os.unlink(path)
    return Size(pages, median(firsts), median(mores))


def median(costs):
    middle = statistics.median_low(cost.wall for cost in costs)
    return next(cost for cost in costs if cost.wall == middle)


# --- the plot ---

WIDTH, HEIGHT, LEFT, TOP = 360, 220, 56, 34
COLOURS = ("#1b6ca8", "#c0562b", "#4a8c3f")


def panel(title, sizes, lines, limit, at):
    """One chart: {name: values}, sizes on a logarithmic axis, from 0 up."""
    top = max([max(values) for values in lines.values()] + [limit or 0]) * 1.1
    low, high = math.log10(sizes[0]), math.log10(sizes[-1])
    inner_w, inner_h = WIDTH - LEFT - 36, HEIGHT - TOP - 30

    def x(size):
        share = (math.log10(size) - low) / (high - low) if high > low else 0.5
        return LEFT + inner_w * share

    def y(value):
        return TOP + inner_h * (1 - value / top)

    out = ['<g transform="translate(%d %d)">' % at,
           '<text x="%d" y="18" class="title">%s</text>' % (LEFT, title)]
    for i in range(5):
        value = top * i / 4
        out.append('<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" class="grid"/>'
                   '<text x="%d" y="%.1f" text-anchor="end">%s</text>' % (
                       LEFT, LEFT + inner_w, y(value), y(value), LEFT - 6,
                       y(value) + 4, "%.1f" % value if top < 100 else
                       "%.0f" % value))
    for size in sizes:
        out.append('<text x="%.1f" y="%d" text-anchor="middle">%s</text>' % (
            x(size), HEIGHT - 12, "{:,}".format(size)))
    if limit:
        out.append('<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" class="limit"/>'
                   % (LEFT, LEFT + inner_w, y(limit), y(limit)))
    for i, (name, values) in enumerate(lines.items()):
        points = " ".join("%.1f,%.1f" % (x(size), y(value))
                          for size, value in zip(sizes, values))
        out.append('<polyline points="%s" stroke="%s"/>' % (points,
                                                            COLOURS[i]))
        out += ['<circle cx="%s" cy="%s" r="3" fill="%s"/>' % (
            *point.split(","), COLOURS[i]) for point in points.split()]
        if len(lines) > 1:
            out.append('<text x="%d" y="%d" fill="%s">%s</text>' % (
                LEFT + 90 * i, TOP - 4, COLOURS[i], name))
    return "\n".join(out + ["</g>"])


def draw(path, sizes, memory):
    numbers = [size.pages for size in sizes]
    panels = (
        ("microseconds a page", {
            "clock": [s.page_seconds() * 1e6 for s in sizes],
            "CPU": [s.page_cpu() * 1e6 for s in sizes]}, None),
        ("peak, MiB (dashed: the setting)", {
            "resident": [s.first.peak / 2**20 for s in sizes],
            "own": [s.first.own / 2**20 for s in sizes]}, memory / 2**20),
        ("bytes a page", {
            "volumes": [s.per_page("volume_bytes") for s in sizes],
            "catalog": [s.per_page("catalog_bytes") for s in sizes],
            "cache": [s.per_page("cache_bytes") for s in sizes]}, None),
        ("1 % more, in % of the first time", {
            "share": [s.more_share() for s in sizes]}, 1))
    with open(path, "w", encoding="utf-8") as out:
        out.write('<svg xmlns="http://www.w3.org/2000/svg" width="%d" '
                  'height="%d" font-family="sans-serif" font-size="11">\n'
                  "<style>.title{font-size:13px;font-weight:bold}"
                  ".grid{stroke:#ddd}.limit{stroke:#888;stroke-dasharray:5}"
                  "polyline{fill:none;stroke-width:2}</style>\n"
                  '<rect width="100%%" height="100%%" fill="white"/>\n' % (
                      2 * WIDTH, 2 * HEIGHT))
        for i, (title, lines, limit) in enumerate(panels):
            out.write(panel(title, numbers, lines, limit,
                            (i % 2 * WIDTH, i // 2 * HEIGHT)) + "\n")
        out.write("</svg>\n")


# --- the goals ---

def bytes_of(text):
    unit = {"K": 10, "M": 20, "G": 30}.get(text[-1:].upper())
    return int(text[:-1]) << unit if unit else int(text)


def verdicts(sizes, memory):
    first, last = sizes[0], sizes[-1]
    growth = last.page_seconds() / first.page_seconds()
    cpu = last.page_cpu() / first.page_cpu()
    peak = max(max(s.first.peak, s.more.peak) for s in sizes)
    cache = max(s.cache_of_article() for s in sizes)
    return (
        ("time a page, largest to smallest: %.2f x (CPU %.2f x), at most "
         "%.1f" % (growth, cpu, TIME_GROWTH), growth <= TIME_GROWTH),
        ("peak memory: %.0f MiB, %.0f of it not mapped files, setting %.0f" %
         (peak / 2**20, max(s.first.own for s in sizes) / 2**20,
          memory / 2**20), peak <= memory),
        ("cache: %.0f bytes an article, at most %d" % (cache, CACHE_BYTES),
         cache <= CACHE_BYTES))


def arguments():
    parser = argparse.ArgumentParser(
        description="What a page costs as a corpus grows.")
    parser.add_argument("pressmark")
    parser.add_argument("generate")
    parser.add_argument("scratch")
    parser.add_argument("--sizes", default="10000,100000", type=lambda text:
                        sorted(int(x) for x in text.split(",")))
    parser.add_argument("--memory", default="384M")
    parser.add_argument("--mix", default=MIX)
    parser.add_argument("--stream", action="store_true")
    return parser.parse_args()


def main():
    options = arguments()
    memory = bytes_of(options.memory)
    os.makedirs(options.scratch, exist_ok=True)
    print("add --memory %s on %d processors; sizes up to %d: median of %d; "
          "bytes after the first add" % (
              options.memory, os.cpu_count(), SMALL, SMALL_RUNS))
    print(COLUMNS % ("", "first", "", "us/page", "us/page", "peak", "own",
                     "volumes", "catalog", "cache", "cache", "1 % more",
                     "% of", "peak"))
    print(COLUMNS % ("pages", "seconds", "CPU s", "clock", "CPU", "MiB", "MiB",
                     "B/page", "B/page", "B/page", "B/article", "seconds",
                     "first", "MiB"))
    sizes = []
    for pages in options.sizes:
        sizes.append(measure(options, pages))
        print(sizes[-1].row(), flush=True)
    plot = os.path.join(options.scratch, "growth.svg")
    draw(plot, sizes, memory)
    reached = True
    for text, good in verdicts(sizes, memory):
        print("%s: %s" % (text, "reached" if good else "FALLS SHORT"))
        reached &= good
    print("plot: " + plot)
    sys.exit(0 if reached else 1)


if __name__ == "__main__":
    main()
