/*
 * diff.h - what changed between two texts, word by word.
 *
 * The shortest edit script over words (Myers, "An O(ND) difference algorithm
 * and its variations", 1986, in linear space); where texts have little in
 * common the search for the shortest is given up after a bounded effort, and
 * what it then says is right all the same.  A lone word that both share
 * between two longer changes counts as changed: that reads better.
 *
 * A word is a run of letters and digits, with an apostrophe, hyphen or decimal
 * point inside; any other sign is a word by itself, and so is each character
 * of scripts that write no spaces.  White space is not compared.
 */
#ifndef PM_ARCHIVE_DIFF_H
#define PM_ARCHIVE_DIFF_H

#include <stdbool.h>

#include "archive/map.h"
#include "base/buf.h"
#include "base/list.h"

/* Texts with more words are taken as replaced as a whole. */
enum { PM_DIFF_WORDS_MAX = 1 << 18 };

struct pm_diff_word {
	size_t gap;                      /* where the white space before begins */
	size_t at, end;
	uint32_t id;                     /* equal for equal words */
	bool changed;
};

struct pm_diff_text {
	struct pm_bytes text;
	LIST(struct pm_diff_word) word;
};

/* Room to work in; all zero at first. */
struct pm_diff {
	struct pm_diff_text old, new;
	struct pm_map id;
	struct pm_buf search;
	LIST(struct pm_piece) piece;
	size_t shared_n;                 /* words in both, lone ones included */
};
void pm_diff_clear(struct pm_diff *diff);

/* diff->piece: what leads from old to new.  Pieces borrow from the texts. */
int pm_diff_words(struct pm_diff *diff, struct pm_bytes old,
    struct pm_bytes new, struct pm_err *err);

#endif
