#!/usr/bin/env python3
"""language_corpus.py OUT ROOT... - text to count n-grams of, by language.

Each ROOT is a directory where packages of a distribution were unpacked:
MediaWiki's messages (i18n/CODE.json), gettext catalogues
(CODE/LC_MESSAGES/*.mo) and manuals (help/CODE, installation-guide/CODE).
OUT/CODE.txt has a line a message, markup and placeholders taken out.
"""
import gettext
import html
import json
import os
import re
import sys

LIMIT = 1_500_000  # characters a language

# Code of a source to ours, where they differ.
CODES = {
    "tg-cyrl": "tg", "kk-cyrl": "kk", "sr-ec": "sr-Cyrl", "sr": "sr-Cyrl",
    "sr-el": "sr-Latn", "sr@latin": "sr-Latn", "uz": "uz-Latn",
    "uz@cyrillic": "uz-Cyrl", "tt-cyrl": "tt", "ku-latn": "ku", "zh-hans":
    "zh-Hans", "zh_CN": "zh-Hans", "zh_cn": "zh-Hans", "zh-hant": "zh-Hant",
    "zh_TW": "zh-Hant", "zh_HK": "zh-Hant", "pt_BR": "pt", "pt-br": "pt",
    "es_419": "es", "en_GB": "en", "nb_NO": "nb", "no": "nb", "fil": "tl",
    "ug-arab": "ug", "pt-BR": "pt", "pt_PT": "pt",
}
LANGUAGES = set("""af ar az be bg br bs ca ce ckb cs cv cy da de el en eo es
et eu fa fi fo fr fy ga gd gl ha haw he hi hr hu hy id is it ja jv ka kk ko ku
ky la lb lo lt lv mg mk mn mr ms mt my nb ne nl nn oc os pa pl ps pt rm ro ru
sa sah sd sk sl so sq sr-Cyrl sr-Latn su sv sw tg tk tl tr tt ug uk ur
uz-Cyrl uz-Latn vi yi yo zh-Hans zh-Hant zu as bn am ti""".split())

DROP = re.compile(
    r"\{\{[^{}]*\||\{\{|\}\}|\[\[[^\]|]*\||\[\[|\]\]|<[^<>]*>|https?:\S+|"
    r"\$\d+|%\d*\$?[-+0-9.]*l*[a-zA-Z]|\\[nt]|[\w./-]+\.\w+\(\)|--?[a-z-]+=?|"
    r"&[a-z]+;|\S*[@/=]\S*|[{}\[\]'\"]{2,}|\b[A-Z_]{3,}\b")


def clean(text, mnemonics=False):
    text = DROP.sub(" ", html.unescape(text))
    if mnemonics:
        text = text.replace("_", "").replace("&", "")
    return " ".join(text.split())


def code_of(name):
    code = CODES.get(name, name)
    return code if code in LANGUAGES else None


def from_json(path):
    try:
        with open(path, encoding="utf-8") as f:
            for key, value in json.load(f).items():
                if not key.startswith("@") and isinstance(value, str):
                    yield clean(value)
    except (ValueError, AttributeError):
        return


def from_mo(path):
    try:
        with open(path, "rb") as f:
            catalog = gettext.GNUTranslations(f)._catalog
    except (OSError, UnicodeDecodeError, ValueError, LookupError):
        return
    for key, value in catalog.items():
        key = key[0] if isinstance(key, tuple) else key
        if key and value != key:
            yield clean(value, True)


def from_markup(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        text = re.sub(r"(?s)<(script|style|pre|code|cmd|tt)\b.*?</\1>", " ",
                      f.read())
    for line in re.split(r"(?i)</?(?:p|li|h\d|title|td|dd)\b[^<>]*>", text):
        yield clean(line)


def sources(root):
    for folder, _, files in os.walk(root):
        parts = folder.split("/")
        for name in sorted(files):
            path = os.path.join(folder, name)
            stem = name.split(".")[0]
            if name.endswith(".json") and "i18n" in parts:
                yield code_of(stem), from_json, path
            elif name.endswith(".mo"):
                yield code_of(parts[-2]), from_mo, path
            elif name.endswith((".page", ".html")) and "help" in parts:
                yield (code_of(parts[parts.index("help") + 1]), from_markup,
                       path)
            elif name.endswith(".html") and len(parts) > 1:
                yield code_of(parts[-1]), from_markup, path


def main():
    out, size, seen = {}, {}, {}
    order = {from_json: 0, from_markup: 1, from_mo: 2}
    found = sorted(((order[how], path, code, how) for root in sys.argv[2:]
                    for code, how, path in sources(root) if code),
                   key=lambda one: one[:2])
    for _, path, code, how in found:
        for line in how(path):
            if (len(line) < 8 or size.get(code, 0) > LIMIT or
                    line in seen.setdefault(code, set())):
                continue
            seen[code].add(line)
            out.setdefault(code, []).append(line)
            size[code] = size.get(code, 0) + len(line)
    for code, lines in sorted(out.items()):
        with open(f"{sys.argv[1]}/{code}.txt", "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")
        print(code, size[code])


main()
