/*
 * fold_rules.h - what the fold does with one character after NFKC_Casefold;
 * shared by the reference and the table's generator, which ask ICU, and by
 * pm_fold, which asks the table.
 *
 * The rules are for the characters of one Unicode version.  What a later
 * version adds is a space, as a character that is not assigned is, so that a
 * newer ICU under the same table changes nothing: normalization and case
 * folding of assigned characters are stable by Unicode's policy.
 */
#ifndef PM_TEXT_FOLD_RULES_H
#define PM_TEXT_FOLD_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PM_FOLD_UNICODE "15.0"
enum { PM_FOLD_UNICODE_MAJOR = 15, PM_FOLD_UNICODE_MINOR = 0 };

/*
 * The last five are classes of the table alone: a character that may join
 * what is before it (a mark or a letter); a mark that can only change places
 * with other marks, as a virama or a tone of Thai; a character that becomes a
 * text.
 */
enum pm_fold_class {
	PM_FOLD_SPACE = 0,
	PM_FOLD_LETTER,
	PM_FOLD_NUMBER,
	PM_FOLD_MARK,
	PM_FOLD_APOSTROPHE,
	PM_FOLD_DROP,
	PM_FOLD_JOINING_MARK,
	PM_FOLD_JOINING_LETTER,
	PM_FOLD_QUIET_MARK,
	PM_FOLD_TEXT
};

/*
 * Of characters that may join what is before them, the most that are kept in
 * a row: the bound of UAX #15's Stream-Safe Text Format.  No language comes
 * near it, and normalization takes time in proportion to its square.
 */
enum { PM_FOLD_JOINED_MAX = 30 };

/* The class of a character, and what it becomes. */
enum pm_fold_class pm_fold_rule(uint32_t character, uint32_t *to);

/*
 * True when a mark is dropped after this base: the diaeresis of ё, which
 * becomes е, and the dot that case folding gives to the Turkish İ.
 */
static inline bool
pm_fold_mark_goes(uint32_t base, uint32_t mark)
{
	return (base == 0x435 && mark == 0x308) ||
	    (base == 'i' && mark == 0x307);
}

/* The character at units[*i] of well-formed UTF-16; advances *i. */
static inline uint32_t
pm_fold_next16(const uint16_t *units, size_t *i)
{
	uint32_t c = units[(*i)++];

	if ((c & 0xfc00) == 0xd800)
		c = 0x10000 + ((c & 0x3ff) << 10 |
		    (units[(*i)++] & 0x3ffu));
	return c;
}

#endif
