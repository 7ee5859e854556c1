#!/usr/bin/env python3
"""language_table.py DIR > src/text/language_table.c

DIR/CODE.txt (language_corpus.py) to the table of n-grams.  Words are runs of
letters in small letters with a space before and behind; features are their
3-grams and 4-grams and words of 3 to 8 letters; of Han, Kana and Hangul single
characters and pairs.  The features of a script are the most frequent ones of
each of its languages; each has a weight in each language that has it more
often than FLOOR: 16 times the binary logarithm of how much more often.
"""
import math
import os
import sys
import unicodedata
from collections import Counter

FLOOR = 2.0 ** -12
BUCKET_BITS = 15
DENSE_MIN = 4
TEXT_MAX = 700_000
TOP = {"gram3": 220, "gram4": 200, "word": 120, "han1": 600, "han2": 200}
# The languages of the news pressmark was made for get more.
MORE = set("ru uk be tg uz-Cyrl uz-Latn ky kk fa ar tr en de fr es pt".split())
SCRIPTS = {
    "Cyrl": "ru uk be bg mk sr-Cyrl tg uz-Cyrl ky kk tt mn ce cv sah",
    "Arab": "ar fa ur ps ckb ug sd",
    "Latn": """en de fr es pt it nl sv da nb nn is fi et lv lt pl cs sk sl
        hr sr-Latn hu ro sq tr az uz-Latn tk id ms tl vi ca gl eu eo ga cy
        af sw so mt lb ku""",
    "Deva": "hi mr ne", "Hebr": "he yi", "Beng": "bn as",
    "Grek": "el", "Thai": "th", "Hani": "zh-Hans zh-Hant ja ko",
}
# Some of these take the place of others: what tells two apart counts.
PAIRS = """id ms|da nb|nb nn|hr sr-Latn|hr sl|es gl|pt gl|es ca|cs sk|sv nb|ru bg|
ru be|ru uk|ru mk|uk be|uk mk|bg mk|mk sr-Cyrl|ru sr-Cyrl|uk sr-Cyrl|uk bg|
tr az|tr tk|ky kk|kk tt|tg uz-Cyrl|az tk"""
PAIR_TOP = 100
# A letter that is less frequent in a language than this is not one of its.
LETTER_FLOOR = 1 / 4000

APOSTROPHES = "'ʻʼ’‘`ʹ´′"

# Latin Uzbek in Cyrillic letters: there is little text in it.
UZBEK = [("o'", "ў"), ("g'", "ғ"), ("sh", "ш"), ("ch", "ч"), ("yo", "ё"),
         ("yu", "ю"), ("ya", "я"), ("ye", "е"), ("ts", "ц"), (" e", " э"),
         ("'", "ъ")] + list(zip("abdefghijklmnopqrstuvxyz",
                                "абдефгҳижклмнопқрстувхйз"))


def script_of(c):
    if c == "'":
        return None
    name = unicodedata.name(c, "")
    for script, start in (("Latn", "LATIN"), ("Cyrl", "CYRILLIC"),
                          ("Arab", "ARABIC"), ("Deva", "DEVANAGARI"),
                          ("Hebr", "HEBREW"), ("Beng", "BENGALI"),
                          ("Ethi", "ETHIOPIC"), ("Grek", "GREEK"),
                          ("Thai", "THAI"), ("Hani", "CJK UNIFIED"),
                          ("Hani", "HIRAGANA"), ("Hani", "KATAKANA"),
                          ("Hani", "HANGUL")):
        if name.startswith(start):
            return script
    return None


def words(text, script, known):
    """Runs of letters of the script, an apostrophe among them."""
    word = ""
    for c in text.lower() + " ":
        c = "'" if c in APOSTROPHES else c
        if c not in known:
            known[c] = script_of(c) if unicodedata.category(c)[0] in "LM" \
                else None
        if known[c] == script or (c == "'" and word):
            word += c
        else:
            word = word.rstrip("'")
            if word:
                yield word
            word = ""


def count(text, script):
    types = {}
    for word, n in Counter(words(text, script, {})).items():
        if script == "Hani":
            grams = [("han1", c) for c in word]
            grams += [("han2", word[i:i + 2]) for i in range(len(word) - 1)]
        else:
            padded = f" {word} "
            grams = [("gram3", padded[i:i + 3])
                     for i in range(len(padded) - 2)]
            grams += [("gram4", padded[i:i + 4])
                      for i in range(len(padded) - 3)]
            if 3 <= len(word) <= 8:
                grams.append(("word", padded))
        for kind, gram in grams:
            types.setdefault(kind, Counter())[gram] += n
    return types


def letters(text, script):
    """Those of the script past ASCII that are frequent enough."""
    counter = Counter()
    for word, n in Counter(words(text, script, {})).items():
        for c in word:
            counter[c] += n
    total = sum(counter.values())
    return {c for c, n in counter.items()
            if ord(c) >= 0x80 and n > total * LETTER_FLOOR}


def telling(a, b):
    """Features that tell language a from b best."""
    worth = {}
    for kind in ("gram4", "word"):
        x, y = sum(a[kind].values()), sum(b[kind].values())
        for gram in set(a[kind]) | set(b[kind]):
            p, q = a[kind][gram] / x + 1e-5, b[kind][gram] / y + 1e-5
            worth[kind, gram] = abs(p - q) * abs(math.log(p / q))
    return sorted(worth, key=worth.get, reverse=True)[:PAIR_TOP]


def load(folder, code):
    with open(f"{folder}/{code}.txt", encoding="utf-8") as f:
        text = f.read(TEXT_MAX).replace("İ", "i")
    if code == "uz-Cyrl":
        with open(f"{folder}/uz-Latn.txt", encoding="utf-8") as f:
            latin = " " + f.read(TEXT_MAX).lower()
        for c in APOSTROPHES:
            latin = latin.replace(c, "'")
        for a, b in UZBEK:
            latin = latin.replace(a, b)
        text += latin
    return text


def features(folder, script, codes):
    """{(kind, gram): {code: weight}} of one script."""
    counts = {code: count(load(folder, code), script) for code in codes}
    chosen = set()
    for code, types in counts.items():
        for kind, counter in types.items():
            top = TOP[kind] * 3 // 2 if code in MORE else TOP[kind]
            top = top * 4 // 3 if script == "Cyrl" else top
            chosen.update((kind, gram) for gram, n in counter.most_common(top)
                          if n > 2)
    for pair in PAIRS.replace("\n", "").split("|"):
        a, b = pair.split()
        if a in counts and b in counts:
            chosen.update(telling(counts[a], counts[b]))
    out = {}
    for kind, gram in chosen:
        for code, types in counts.items():
            total = sum(types[kind].values()) if kind in types else 0
            n = types[kind][gram] if total else 0
            weight = round(16 * math.log2(n / total / FLOOR)) if n > 1 else 0
            if weight >= 4:
                out.setdefault(gram, {})[code] = min(weight, 255)
    return out


def key_of(gram):
    """As gram_hash() in language_score.c has it."""
    key = 0
    for c in gram:
        key = (key * 0x10001 + ord(c) * 0x9E3779B1) & 0xFFFFFFFFFFFFFFFF
        key ^= key >> 29
    return (key * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF) >> 33


def rows(values, form, per_line):
    for i in range(0, len(values), per_line):
        print("".join(form % v + "," for v in values[i:i + per_line]))


def dense_row(values, base, lanes):
    """Weights by language from base on; None: not worth it."""
    if len(values) < DENSE_MIN or any(
            not base <= language < base + lanes for language, _ in values):
        return None
    row = [0] * lanes
    for language, weight in values:
        row[language - base] = weight
    return row


def print_grams(postings, wide, narrow):
    """(key, language, weight), sorted; where the languages of Latin and of
    Cyrillic begin."""
    grams = {}
    for key, language, weight in postings:
        grams.setdefault(key, []).append((language, weight))
    rows_of = {key: (dense_row(values, wide, 48),
                     dense_row(values, narrow, 16))
               for key, values in grams.items()}
    firsts, keys, lists, dense = [0] * ((1 << BUCKET_BITS) + 1), [], [], []
    where = {}
    for kind in 0, 1:
        for key, found in rows_of.items():
            if found[kind] and key not in where:
                where[key] = 1 << 16 | len(dense) // 16
                dense += found[kind]
        wide_end = wide_end if kind else len(dense)
    for key, values in grams.items():
        if key not in where:
            where[key] = len(lists)
            lists += [(i + 1 == len(values)) << 15 | language << 8 | weight
                      for i, (language, weight) in enumerate(values)]
        firsts[(key >> 15) + 1] += 1
        keys.append((key & 0x7FFF) << 17 | where[key])
    for i in range(1 << BUCKET_BITS):
        firsts[i + 1] += firsts[i]
    assert len(keys) < 1 << 16 and len(lists) < 1 << 16
    assert len(dense) // 16 < 1 << 16
    print("/* Where the n-grams begin of the bucket that bits 16 to 30 of a "
          "key name. */\nconst uint16_t pm_language_firsts[] = {")
    rows(firsts, "%d", 12)
    print("};\n\n/* 15 bits of the key, 1: dense, 16 of where it is. */")
    print("const uint32_t pm_language_grams[] = {")
    rows(keys, "%d", 7)
    print("};\n\n/* 1 bit: the last of an n-gram; 7 of language, 8 of "
          "weight. */")
    print("const uint16_t pm_language_postings[] = {")
    rows(lists, "%d", 12)
    print("};\n\n/* Weights of 48 languages from the wide first on, then of "
          "16 from the narrow first on. */")
    print("const uint8_t pm_language_dense[] = {")
    rows(dense, "%d", 24)
    print("};\n\nconst struct pm_language_lanes pm_language_lanes = "
          "{ %d, %d, %d };" % (wide_end // 16, wide, narrow))


def print_letters(alphabet):
    """{letter: languages}"""
    print("/* Letters past ASCII, and which languages have them. */\n"
          "const struct pm_language_letter pm_language_letters[] = {")
    for c, having in sorted(alphabet.items()):
        mask = sum(1 << i for i in having)
        print("{%d,{%dU,%dU,%dU,%dU}}," % (c, *(
            mask >> 32 * i & 0xFFFFFFFF for i in range(4))))
    print("};\n\nconst size_t pm_language_letters_n = %d;\n" % len(alphabet))
    print("/* Their places in it from 1 on, from U+0080 on; 0: none has it. "
          "*/\nconst uint16_t pm_language_letter_at[] = {")
    place = {c: i + 1 for i, c in enumerate(sorted(alphabet))}
    rows([place.get(c, 0) for c in range(0x80, 0x2000)], "%d", 24)
    print("};\n")


def main():
    folder = sys.argv[1]
    languages, postings, alphabet = [], [], {}
    for script, codes in SCRIPTS.items():
        codes = [c for c in codes.split() if os.path.exists(
            f"{folder}/{c}.txt") and os.path.getsize(f"{folder}/{c}.txt") >
            20000]
        base = len(languages)
        languages += [(code, script) for code in codes]
        for i, code in enumerate(codes):
            if script in ("Latn", "Cyrl", "Arab"):
                for c in letters(load(folder, code), script):
                    alphabet.setdefault((c, script), set()).add(base + i)
        for gram, weights in features(folder, script, codes).items():
            key = key_of(gram)
            for code, weight in weights.items():
                postings.append((key >> 1, base + codes.index(code), weight))
        print(script, codes, len(postings), file=sys.stderr)
    postings.sort()
    print("/* Generated by tests/tools/language_table.py; do not edit. */")
    print('#include "text/language_internal.h"\n')
    print("const struct pm_language_row pm_language_rows[] = {")
    for code, script in languages:
        print('\t{ "%s", "%s" },' % (code, script))
    print("};\n\nconst size_t pm_language_rows_n = %d;\n" % len(languages))
    assert len(languages) <= 128
    merged = {}
    for (c, _), having in alphabet.items():
        merged.setdefault(ord(c), set()).update(having)
    print_letters(merged)
    scripts = [script for _, script in languages]
    print_grams(postings, scripts.index("Latn"), scripts.index("Cyrl"))


main()
