/*
 * fold_pages.h - the fold of characters of two and three bytes, cut into pages
 * that vector kernels look up (tests/tools/make_fold_table.c writes
 * fold_pages.c; what the numbers mean is here).
 *
 * A page has 128 characters: those of one pair of leading bytes (0xd0 and
 * 0xd1, or 0xe2 0x80 and 0xe2 0x81).  A character's place in it is the lowest
 * bit of the byte before the last and the low six of the last.
 */
#ifndef PM_TEXT_FOLD_PAGES_H
#define PM_TEXT_FOLD_PAGES_H

#include <stdint.h>

enum { PM_FOLD_PAGE = 128 };

/*
 * What becomes of a character.  Any other code is a letter: of two bytes, the
 * first of the two that it becomes; of three, one whose first two stay.
 */
enum pm_fold_code {
	PM_FOLD_CODE_DROP = 1,
	PM_FOLD_CODE_APOSTROPHE,
	PM_FOLD_CODE_ONE_LETTER,     /* a letter or a digit of one byte */
	PM_FOLD_CODE_ONE_NUMBER,
	PM_FOLD_CODE_STOP,           /* anything else: not for kernels */
	PM_FOLD_CODE_SPACE = ' '
};

struct pm_fold_page {
	uint8_t last[PM_FOLD_PAGE];  /* the last byte of what it becomes */
	uint8_t code[PM_FOLD_PAGE];
};

/* By the first byte: 0xc2 and 0xc3, 0xc4 and 0xc5, ... */
extern const struct pm_fold_page pm_fold_two[15];

/*
 * Some pages of three bytes: pm_fold_three_of[first & 15][second >> 1 & 31] is
 * 0 when there is none, else one more than its place in pm_fold_three.
 */
extern const struct pm_fold_page pm_fold_three[];
extern const uint8_t pm_fold_three_of[16][32];

/* Of eight bytes, the places of those whose bit is set, then 255. */
extern const uint8_t pm_fold_squeeze[256][8];

#endif
