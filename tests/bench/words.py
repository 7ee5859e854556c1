"""words.py - words and their 3-grams, the same for every tool of dups.py."""
import re
import unicodedata


class Fold(dict):
    """A table for str.translate: what is no letter, mark or digit parts
    words; apostrophes and what is invisible do not."""

    def __missing__(self, code):
        char = chr(code)
        category = unicodedata.category(char)
        if char in "'\u2018\u2019\u02bb\u02bc\u0640" or category == "Cf":
            value = ""
        elif category == "Nd":
            value = str(unicodedata.decimal(char))
        elif category[0] in "LMN":
            value = char
        else:
            value = " "
        self[code] = value
        return value


FOLD = Fold()
HAN = re.compile("[\u4e00-\u9fff]+")


def pairs_of_characters(match):
    run = match.group()
    if len(run) == 1:
        return " " + run + " "
    return " " + " ".join(a + b for a, b in zip(run, run[1:])) + " "


def tokens(text):
    """The same for all: case, width, marks and spaces do not count."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = text.replace("ё", "е").translate(FOLD)
    return HAN.sub(pairs_of_characters, text).split()


def grams(token):
    return {a + " " + b + " " + c
            for a, b, c in zip(token, token[1:], token[2:])}
