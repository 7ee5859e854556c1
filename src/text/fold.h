/*
 * fold.h - the normal form under which two texts are "the same".
 *
 * Folded text is UTF-8: runs of letters, marks and digits ("words") with one
 * space between them, none at either end.  From the input:
 *
 *  - Unicode NFKC with case folding (toNFKC_Casefold), then
 *  - U+0451 to U+0435 (ё to е); Arabic yeh forms (U+0649, U+06CC) to U+064A,
 *    kaf (U+06A9) to U+0643; tatweel, harakat, Hebrew points and enclosing
 *    marks dropped; the dot that folding leaves of the Turkish İ dropped (it
 *    is i; ı stays another letter); every decimal digit (Nd) to ASCII;
 *    zero-width space, soft hyphen and their like gone; ZWNJ gone (joins: the
 *    test on Persian says why);
 *  - apostrophes (U+0027, U+2018, U+2019, U+02BB, U+02BC, U+0060, U+00B4, ...)
 *    between two letters are deleted, so that Uzbek oʻ, o‘ and o' are one;
 *  - a mark with no letter or number before it is dropped;
 *  - of marks and letters that may join what is before them (combining marks,
 *    Hangul vowels), those after the 30th in a row are dropped;
 *  - every other character that is no letter, mark or number is a space;
 *  - all this again until nothing changes: the fold of a fold is itself.
 *
 * Digits stay, and й stays: neither a casualty update nor another word may
 * become equal.
 *
 * A table for characters that map alone, ICU for runs that do not; vector
 * kernels (fold_internal.h) for what the machine can do at once.  All agree,
 * over all of Unicode and over random texts (tests/unit/test_fold.c).
 */
#ifndef PM_TEXT_FOLD_H
#define PM_TEXT_FOLD_H

#include "base/buf.h"

/*
 * Part of every run's record: a change makes old and new folds differ.
 *  1  the first
 *  2  no more than 30 characters that join in a row
 */
enum { PM_FOLD_VERSION = 2 };

/* Version of the Unicode data in use, e.g. "15.0". */
const char *pm_fold_unicode_version(void);

/*
 * Append the fold of text, which must be valid UTF-8 (a byte that is not is
 * a space) and must not lie in *out.  What was in *out before is not looked at
 * (no space is put before the first word).  Thread-safe.
 * Takes time in proportion to the text, whatever it is.
 * Errors: PM_ENOMEM, PM_ELIMIT (2^30 letters that may join, with apostrophes
 * between).
 */
int pm_fold(struct pm_buf *out, struct pm_bytes text, struct pm_err *err);

/* The same by ICU alone, character by character: slow, for tests. */
int pm_fold_reference(struct pm_buf *out, struct pm_bytes text,
    struct pm_err *err);

/*
 * Tokens of folded text: a word is a token; a run of Han, Kana, Thai, Lao,
 * Khmer or Myanmar inside a word gives each pair of neighbouring characters
 * (a lone character gives itself).
 */
struct pm_token_cursor {
	struct pm_bytes folded;
	size_t at;       /* the rest is the cursor's */
};

static inline struct pm_token_cursor
pm_tokens(struct pm_bytes folded)
{
	return (struct pm_token_cursor){ folded, 0 };
}

/* False at the end.  *token points into the folded text. */
int pm_token_next(struct pm_token_cursor *cursor, struct pm_bytes *token);

/* Offsets in the folded text. */
struct pm_token {
	uint32_t start, end;
};

/*
 * All that pm_token_next gives, at once and several times as fast: *out
 * becomes an array of struct pm_token.
 * Errors: PM_ENOMEM, PM_ELIMIT (4 GiB or more of text).
 */
int pm_tokens_all(struct pm_buf *out, struct pm_bytes folded,
    struct pm_err *err);

#endif
