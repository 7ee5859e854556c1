"""One other tool for near-duplicates, end to end; started by dups.py.

    dups_peer.py NAME TEXTS.jsonl SCRATCH

Reads {"text": ...} lines; where NAME ends in *, a text is its tokens with a
space between, so all that is left to do is 3-grams.  Prints "pair A B" for
each pair of lines found (counted from 0), or "flag A" for a line found to have
a duplicate.  Clusters are printed as the pairs in them: to those who use them
all are duplicates.
"""
import itertools
import json
import os
import pickle
import struct
import sys

from words import grams, tokens

PERMUTATIONS, NEAR, GRAM = 128, 0.8, 3


def texts(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)["text"]


def sets(path):
    """The 3-grams of each text, by the same words as for all."""
    split = str.split if sys.argv[1].endswith("*") else tokens
    for text in texts(path):
        yield grams(split(text))


def show(pairs):
    sys.stdout.writelines("pair %d %d\n" % pair for pair in pairs)


def show_clusters(clusters):
    for members in clusters.values():
        show(itertools.combinations(sorted(members), 2))


def datasketch_candidates(path, kept=None):
    """Each pair once: a text asks for those before it."""
    from datasketch import MinHash, MinHashLSH
    index = MinHashLSH(threshold=NEAR, num_perm=PERMUTATIONS)
    for i, mine in enumerate(sets(path)):
        sketch = MinHash(num_perm=PERMUTATIONS)
        sketch.update_batch([gram.encode() for gram in mine])
        for other in index.query(sketch):
            yield other, i
        index.insert(i, sketch, check_duplication=False)
        if kept is not None:
            kept.append(mine)


def datasketch_raw(path, _):
    show(datasketch_candidates(path))


def datasketch_verified(path, _):
    kept = []
    for a, b in list(datasketch_candidates(path, kept)):
        both = len(kept[a] & kept[b])
        if both >= NEAR * (len(kept[a]) + len(kept[b]) - both):
            show([(a, b)])


def rensa_pairs(path, _):
    """Candidates of 16 x 8 whose estimate is high enough."""
    from rensa import RMinHash, RMinHashLSH
    sketches = RMinHash.from_token_sets(
        map(list, sets(path)), PERMUTATIONS, 42)
    index = RMinHashLSH(NEAR, PERMUTATIONS, 16)
    index.insert_many(sketches)
    for a, found in enumerate(index.query_all(sketches)):
        show((a, b) for b in found
             if b > a and sketches[a].jaccard(sketches[b]) >= NEAR)


def rensa_flags(path, _):
    """Its fastest way, with its own benchmark's 8 bands: no pairs."""
    from rensa import RMinHash, RMinHashLSH
    matrix = RMinHash.digest_matrix_from_token_sets_rho(
        map(list, sets(path)), PERMUTATIONS, 42)
    index = RMinHashLSH(NEAR, PERMUTATIONS, 8)
    flags = index.query_duplicate_flags_matrix_one_shot(matrix)
    sys.stdout.writelines("flag %d\n" % i
                          for i, flag in enumerate(flags) if flag)


def text_dedup(path, scratch):
    """Its own command, asked to keep its union-find."""
    from text_dedup import minhash
    out = os.path.join(scratch, "text_dedup")
    minhash.main(
        ["--path", "json", "--data_files", path, "--split", "train",
         "--cache_dir", os.path.join(scratch, "cache"), "--output", out,
         "--column", "text", "--ngram", str(GRAM), "--num_perm",
         str(PERMUTATIONS), "--threshold", str(NEAR), "--min_length", "1",
         "--hash_func", "xxh3", "--num_proc", "1", "--debug"],
        standalone_mode=False)
    with open(os.path.join(out, "uf.pkl"), "rb") as file:
        found = pickle.load(file)
    clusters = {}
    for i in list(found.parent):
        clusters.setdefault(found.find(i), []).append(i)
    show_clusters(clusters)


def datatrove(path, scratch):
    """Its four steps as far as clusters, with its usual 14 x 8."""
    import datatrove.pipeline.dedup.minhash as steps
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.readers import JsonlReader

    class Spaces:                    # the texts are tokens already
        @staticmethod
        def word_tokenize(text):
            return text.split(" ")

    steps.load_word_tokenizer = lambda language: Spaces()
    config = steps.MinhashConfig(n_grams=GRAM)
    folder = [os.path.join(scratch, name)
              for name in ("signatures", "buckets", "clusters")]
    reader = JsonlReader(os.path.dirname(path),
                         glob_pattern=os.path.basename(path))
    for i, (step, tasks) in enumerate((
            ([reader, steps.MinhashDedupSignature(folder[0], config)], 1),
            ([steps.MinhashDedupBuckets(folder[0], folder[1],
                                        config=config)],
             config.num_buckets),
            ([steps.MinhashDedupCluster(folder[1], folder[2], config=config,
                                        save_cluster_id=True)], 1))):
        LocalPipelineExecutor(
            step, tasks=tasks, workers=1,
            logging_dir=os.path.join(scratch, "log%d" % i)).run()
    clusters = {}
    with open(os.path.join(folder[2], "000000.clusters"), "rb") as file:
        for number, cluster in struct.iter_unpack("<2I", file.read()):
            clusters.setdefault(cluster, []).append(number)
    show_clusters(clusters)


TOOLS = {"datasketch": datasketch_raw, "datasketch+": datasketch_verified,
         "rensa": rensa_pairs, "rensa*": rensa_pairs,
         "rensa-flags*": rensa_flags, "text-dedup*": text_dedup,
         "datatrove*": datatrove}

if __name__ == "__main__":
    TOOLS[sys.argv[1]](sys.argv[2], sys.argv[3])
