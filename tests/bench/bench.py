"""Measure pressmark beside other tools; started by bench.sh.

    bench.py PRESSMARK SCRATCH CORPUS.tar [SECOND.tar]

The first tar goes through everything, the second through add, scan and the
sizes of the catalog.
"""
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import time

RUNS = int(os.environ.get("RUNS", "3"))
QUICK = os.environ.get("BENCH_QUICK", "") not in ("", "0")
ARTICLES = 20
COLUMNS = "%-34s %10s %10s %8s %9s %13s %8s %7s %7s  %s"


class Contender:
    """A command to be timed. `fresh` is deleted before each run."""

    def __init__(self, name, command, fresh=(), out=None, base=None,
                 size=None, rate=None, prepare=None):
        self.name, self.command, self.fresh = name, command, fresh
        self.out, self.base, self.size = out, base, size
        self.rate, self.prepare = rate, prepare
        self.wall, self.cpu, self.peak = [], [], []

    def run(self, command=None):
        for path in self.fresh:
            remove(path)
        if self.prepare:
            self.prepare()
        wall, cpu, peak = LAUNCHER.measure(command or self.command, self.out)
        self.wall.append(wall)
        self.cpu.append(cpu)
        self.peak.append(peak)


def remove(path):
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.exists(path):
        os.unlink(path)


class Launcher:
    """A small process that starts the others and times them.

    Linux counts the resident set of whoever starts a process to that
    process's peak, so the starter has to be small: it is forked before the
    bench reads anything.
    """

    def __init__(self):
        ask_read, self.ask = os.pipe()
        self.answer, answer_write = os.pipe()
        if os.fork() == 0:
            os.close(self.ask)
            for text in os.fdopen(ask_read):
                done = json.dumps(run_one(*json.loads(text)))
                os.write(answer_write, done.encode() + b"\n")
            os._exit(0)
        os.close(ask_read)
        os.close(answer_write)
        self.answer = os.fdopen(self.answer)

    def measure(self, command, out=None):
        """Wall seconds, CPU seconds and peak bytes of one process."""
        if isinstance(command, str):
            command = ["sh", "-c", command]
        os.write(self.ask, json.dumps([command, out]).encode() + b"\n")
        status, wall, cpu, peak = json.loads(self.answer.readline())
        if status != 0:
            sys.exit("bench: status %d: %s" % (status, " ".join(command)))
        return wall, cpu, peak


def run_one(command, out):
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    actions = [(os.POSIX_SPAWN_OPEN, 1, out or "/dev/null", flags, 0o644)]
    start = time.perf_counter()
    pid = os.posix_spawnp(command[0], command, os.environ,
                          file_actions=actions,
                          setsigmask=[], setsigdef=[signal.SIGPIPE])
    _, status, usage = os.wait4(pid, 0)
    wall = time.perf_counter() - start
    scale = 1 if sys.platform == "darwin" else 1024
    return (status, wall, usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss * scale)


def ask(command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout


def size_of(path):
    if not os.path.exists(path):
        return 0
    if os.path.isfile(path):
        return os.path.getsize(path)
    return sum(size_of(os.path.join(path, name)) for name in os.listdir(path))


def warm(path):
    with open(path, "rb") as file:
        while file.read(1 << 24):
            pass


def seconds(value):
    return "%.1f ms" % (value * 1000) if value < 0.5 else "%.2f s" % value


def shown(command, scratch):
    text = command if isinstance(command, str) else " ".join(command)
    return text.replace(scratch + "/", "")


def heading(title, time_name="time", worst_name="slowest"):
    print()
    print(COLUMNS % (title, time_name, worst_name, "CPU", "peak MiB", "bytes",
                     "MB/s", "x time", "x bytes", "command"))


def row(name, time_text="", worst="", cpu="", peak="", size="", rate="",
        x_time="", x_bytes="", command=""):
    print((COLUMNS % (name, time_text, worst, cpu, peak, size, rate, x_time,
                      x_bytes, command)).rstrip(), flush=True)


def print_contender(contender, scratch):
    base = contender.base
    wall = statistics.median(contender.wall)
    x_time = x_bytes = ""
    if base:
        x_time = "%.2f" % (wall / statistics.median(base.wall))
        if contender.size and base.size:
            x_bytes = "%.3f" % (contender.size / base.size)
    row(contender.name, seconds(wall), seconds(max(contender.wall)),
        seconds(statistics.median(contender.cpu)),
        "%.0f" % (max(contender.peak) / 2**20),
        "{:,}".format(contender.size) if contender.size else "",
        "%.0f" % (contender.rate / wall / 1e6) if contender.rate else "",
        x_time, x_bytes, shown(contender.command, scratch))


def interleave(contenders):
    """A B C A B C ..., so that a slow minute hits all alike."""
    for _ in range(RUNS):
        for contender in contenders:
            contender.run()


class Corpus:
    def __init__(self, pressmark, scratch, tar):
        self.pressmark, self.scratch, self.tar = pressmark, scratch, tar
        self.name = os.path.basename(tar)
        stem = os.path.join(scratch, self.name.rsplit(".", 1)[0])
        self.archive = stem + ".pressmark"
        self.restored = stem + ".restored"
        self.zst = {12: stem + ".12.tar.zst", 19: stem + ".19.tar.zst"}
        self.squashfs = stem + ".squashfs"
        self.bytes = 0

    def pack(self):
        warm(self.tar)
        twelve = Contender("zstd -12", ["zstd", "-qf", "-12", "-T0", self.tar,
                                        "-o", self.zst[12]])
        add = Contender("pressmark add", [self.pressmark, "add", "-q",
                                          self.archive, self.tar],
                        fresh=[self.archive], base=twelve)
        contenders = [add, twelve]
        if not QUICK:
            contenders.append(Contender(
                "zstd -19 --long=27", ["zstd", "-qf", "-19", "--long=27",
                                       "-T0", self.tar, "-o", self.zst[19]],
                base=twelve))
        interleave(contenders)
        stats = json.loads(ask([self.pressmark, "stats", "--json",
                                self.archive]))
        self.bytes = stats["input_bytes"]
        add.size = size_of(os.path.join(self.archive, "volumes"))
        twelve.size = size_of(self.zst[12])
        if not QUICK:
            contenders[2].size = size_of(self.zst[19])
        heading("pack %s" % self.name)
        for contender in contenders:
            contender.rate = self.bytes
            print_contender(contender, self.scratch)
            if contender is add:
                self.print_beside(twelve)

    def print_beside(self, base):
        total = size_of(os.path.join(self.archive, "volumes"))
        for name in ("catalog.db", "cache", "parity"):
            size = size_of(os.path.join(self.archive, name))
            total += size
            row("  with " + name, size="{:,}".format(size),
                x_bytes="%.3f" % (total / base.size))

    def scan(self):
        contenders = [
            Contender("pressmark scan -j2", [self.pressmark, "scan", "-q",
                                             "-j2", self.tar],
                      rate=self.bytes),
            Contender("pressmark scan -j1", [self.pressmark, "scan", "-q",
                                             "-j1", self.tar],
                      rate=self.bytes)]
        interleave(contenders)
        heading("scan %s" % self.name)
        for contender in contenders:
            print_contender(contender, self.scratch)

    def one_article(self):
        members = set(ask(["tar", "--quoting-style=literal", "-tf",
                           self.tar]).decode(errors="replace").split("\n"))
        captures = [json.loads(line) for line in ask(
            [self.pressmark, "ls", "--captures", "--json",
             self.archive]).splitlines()]
        captures = [c for c in captures
                    if c["article"] and c["path"] in members]
        chosen = random.Random(1).sample(captures,
                                         min(ARTICLES, len(captures)))
        zst = self.zst[12]
        contenders = [
            (Contender("pressmark extract", [
                self.pressmark, "extract", self.archive, "--id", "ID",
                "-q", "-o", "-"]), None),
            (Contender("pressmark show", [
                self.pressmark, "show", self.archive, "ID"]), None),
            (Contender("tar --zstd, -12", [
                "tar", "--zstd", "-xOf", zst, "PATH"]), None),
            (Contender("tar --zstd, -12, to first match", [
                "tar", "--zstd", "--occurrence=1", "-xOf", zst, "PATH"]),
             None)]
        if not QUICK and shutil.which("mksquashfs") and \
                shutil.which("unsquashfs") and self.make_squashfs():
            contenders.append((Contender("squashfs, zstd -19, 1 MiB", [
                "unsquashfs", "-cat", self.squashfs, "PATH"]), None))
        for capture in chosen:
            words = {"ID": capture["article"], "PATH": capture["path"]}
            for contender, _ in contenders:
                contender.run([words.get(word, word)
                               for word in contender.command])
        heading("one article of %s" % self.name, "p50 of %d" % len(chosen),
                "max")
        first = contenders[0][0]
        for contender, _ in contenders:
            contender.base = first
            if self.squashfs in contender.command:
                contender.size = size_of(self.squashfs)
            print_contender(contender, self.scratch)

    def make_squashfs(self):
        command = "mksquashfs - %s -tar -comp zstd -Xcompression-level 19" \
            " -b 1M -quiet -no-progress <%s" % (self.squashfs, self.tar)
        done = subprocess.run(command, shell=True, check=False,
                              stdout=subprocess.DEVNULL)
        if done.returncode != 0:
            print("bench: mksquashfs failed; left out", file=sys.stderr)
        return done.returncode == 0

    def verify(self):
        volumes = os.path.join(self.archive, "volumes")
        plain = int(ask(["sqlite3", os.path.join(self.archive, "catalog.db"),
                         "SELECT sum(plain_bytes) FROM frame"])) \
            if shutil.which("sqlite3") else self.bytes
        packed = size_of(volumes)
        check = "for v in %s/*.tar.zst; do zstd -tq \"$v\" || exit; done" % \
            volumes
        zstd = Contender("zstd -t", check, rate=plain)
        contenders = [
            Contender("pressmark verify", [
                self.pressmark, "verify", "-q", self.archive],
                base=zstd, rate=plain),
            Contender("pressmark verify -j1", [
                self.pressmark, "verify", "-q", "-j1", self.archive],
                base=zstd, rate=plain),
            zstd]
        interleave(contenders)
        heading("verify %s" % self.name)
        for contender in contenders:
            print_contender(contender, self.scratch)
        for contender in contenders:
            wall = statistics.median(contender.wall)
            row("  packed: " + contender.name,
                rate="%.0f" % (packed / wall / 1e6))

    def back(self):
        def forget():
            remove(os.path.join(self.archive, "catalog.db"))
            remove(os.path.join(self.archive, "cache"))

        contenders = [
            Contender("pressmark restore", [
                self.pressmark, "restore", "-q", self.archive, "-o",
                self.restored], fresh=[self.restored], rate=self.bytes),
            Contender("tar -x, from zstd -12", [
                "tar", "--zstd", "-xf", self.zst[12], "-C", self.restored],
                fresh=[self.restored], rate=self.bytes,
                prepare=lambda: os.mkdir(self.restored)),
            Contender("pressmark reindex", [
                self.pressmark, "reindex", "-q", self.archive],
                rate=self.bytes, prepare=forget)]
        interleave(contenders)
        heading("restore, reindex %s" % self.name)
        for contender in contenders:
            print_contender(contender, self.scratch)
        remove(self.restored)

    def catalog(self):
        path = os.path.join(self.archive, "catalog.db")
        sizes = page_bytes(path)
        if sizes is None:
            print("\nno sqlite3 with dbstat: sizes of the catalog left out")
            return
        counts = {name: int(ask(["sqlite3", path,
                                 "SELECT count(*) FROM %s" % name]))
                  for name in ("article", "teaser", "capture", "sighting")}
        names = int(ask(["sqlite3", path, "SELECT coalesce(sum(length("
                         "CAST(name AS BLOB))),0) FROM capture"]))
        print("\n%-34s %10s %10s %12s  %s" % (
            "catalog of %s" % self.name, "rows", "bytes", "bytes/row",
            "budget"))
        for budget, limit in (("article", 250), ("teaser", 100),
                              ("capture", 120), ("sighting", 30),
                              ("other", None)):
            mine = [(name, size) for name, size in sizes
                    if budget_of(name) == budget]
            total = sum(size for _, size in mine)
            rows = counts.get(budget)
            if budget == "capture":
                total -= names
            line(budget, rows, total, limit)
            for name, size in mine:
                if size > 8192:
                    line("  " + name, rows, size, None)
            if budget == "capture":
                line("  less: the names", rows, -names, None)


def line(name, rows, size, limit):
    per = "%.1f" % (size / rows) if rows else ""
    if limit is None or not rows:
        verdict = ""
    else:
        verdict = "%d %s" % (limit, "" if size / rows <= limit else "OVER")
        if rows < 1000:
            verdict += "(too few rows to judge)"
    print(("%-34s %10s %10s %12s  %s" % (
        name, "{:,}".format(rows) if rows else "", "{:,}".format(size), per,
        verdict)).rstrip())


def budget_of(name):
    """Which budget of architecture.md a table or an index counts to."""
    owners = (("article", "article"), ("tag_set", "sighting"),
              ("time_text", "sighting"), ("tag", "article"),
              ("teaser", "teaser"), ("capture", "capture"),
              ("sighting", "sighting"))
    if name.startswith("sqlite_autoindex_"):
        name = name[len("sqlite_autoindex_"):].rsplit("_", 1)[0]
    for prefix, budget in owners:
        if name == prefix or name.startswith(prefix + "_"):
            return budget
    return "other"


def page_bytes(path):
    """Bytes of each table and index, or None where dbstat is missing."""
    if not shutil.which("sqlite3"):
        return None
    done = subprocess.run(
        ["sqlite3", "-readonly", path,
         "SELECT name, sum(pgsize) FROM dbstat GROUP BY 1 ORDER BY 1"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        return None
    return [(name, int(size)) for name, size in
            (text.split("|") for text in done.stdout.decode().split())]


def main():
    pressmark, scratch = sys.argv[1:3]
    print("%s; %d processors; median of %d runs, interleaved; input in the "
          "page cache" % (ask([pressmark, "--version"]).decode().split("\n")[0],
                          os.cpu_count(), RUNS))
    print("x time and x bytes: against zstd -12 (pack), zstd -t (verify), "
          "pressmark extract (one article)")
    for number, tar in enumerate(sys.argv[3:]):
        corpus = Corpus(pressmark, scratch, tar)
        corpus.pack()
        corpus.scan()
        if number == 0:
            corpus.one_article()
            corpus.verify()
            corpus.back()
        corpus.catalog()


if __name__ == "__main__":
    LAUNCHER = Launcher()
    main()
