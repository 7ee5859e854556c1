/*
 * language_internal.h - n-grams that languages have.
 *
 * The table gives each language a weight for each 3-gram, 4-gram and short
 * word that is frequent in it; a text's score in a language is their sum.
 * All languages of a script share its n-grams.
 */
#ifndef PM_TEXT_LANGUAGE_INTERNAL_H
#define PM_TEXT_LANGUAGE_INTERNAL_H

#include <stdbool.h>

#include "text/language.h"

enum {
	PM_LANGUAGES_MAX = 128,
	PM_LANGUAGE_LETTERS_MAX = 512,
	PM_LANGUAGE_WIDE = 48,
	PM_LANGUAGE_NARROW = 16,
	PM_LANGUAGE_TEXT_MAX = 1280      /* bytes that are looked at */
};

/* Scores: below the one "und", from the other on against what is stated. */
#define PM_LANGUAGE_UNSURE 0.6
#define PM_LANGUAGE_SURE 0.95

struct pm_language_row {
	char code[8], script[5];
};

struct pm_language_letter {
	uint32_t letter;
	uint32_t languages[PM_LANGUAGES_MAX / 32];
};

/* Sorted by letter. */
extern const struct pm_language_letter pm_language_letters[];
extern const size_t pm_language_letters_n;
/* From U+0080 up to U+2000: place in the letters + 1; 0: not there. */
extern const uint16_t pm_language_letter_at[];

extern const struct pm_language_row pm_language_rows[];
extern const size_t pm_language_rows_n;
/* A key of 30 bits: 15 name a bucket, whose n-grams are from firsts[bucket] up
 * to firsts[bucket + 1]; each has the other 15 above a bit and 16 of where its
 * weights are.  Bit 0: in the postings, which end with one whose top bit is
 * set.  1: in a row of the dense ones, in units of 16: of 48 languages from
 * `wide` on below unit wide_units, of 16 from `narrow` on above. */
extern const uint16_t pm_language_firsts[];
extern const uint32_t pm_language_grams[];
extern const uint16_t pm_language_postings[];
extern const uint8_t pm_language_dense[];
extern const struct pm_language_lanes {
	uint32_t wide_units;
	uint8_t wide, narrow;
} pm_language_lanes;

enum pm_script {
	PM_SCRIPT_NONE, PM_SCRIPT_LATIN, PM_SCRIPT_CYRILLIC, PM_SCRIPT_ARABIC,
	PM_SCRIPT_GREEK, PM_SCRIPT_HEBREW, PM_SCRIPT_HAN, PM_SCRIPT_KANA,
	PM_SCRIPT_HANGUL, PM_SCRIPT_DEVANAGARI, PM_SCRIPT_BENGALI,
	PM_SCRIPT_ETHIOPIC, PM_SCRIPT_ARMENIAN, PM_SCRIPT_GEORGIAN,
	PM_SCRIPT_THAI, PM_SCRIPT_LAO, PM_SCRIPT_KHMER, PM_SCRIPT_MYANMAR,
	PM_SCRIPT_TIBETAN, PM_SCRIPT_GURMUKHI, PM_SCRIPT_GUJARATI,
	PM_SCRIPT_ORIYA, PM_SCRIPT_TAMIL, PM_SCRIPT_TELUGU,
	PM_SCRIPT_KANNADA, PM_SCRIPT_MALAYALAM, PM_SCRIPT_SINHALA,
	PM_SCRIPT_THAANA, PM_SCRIPT_SYRIAC, PM_SCRIPTS
};

/* Which rows are of a script: [*first, *end). */
void pm_language_rows_of(enum pm_script script, size_t *first, size_t *end);

/* PM_SCRIPT_NONE for what is no letter. */
enum pm_script pm_script_of(uint32_t character);

struct pm_language_sums {
	uint32_t letters[PM_SCRIPTS];
	uint32_t score[PM_LANGUAGES_MAX];  /* 16 is a bit */
	uint32_t letter[PM_LANGUAGE_LETTERS_MAX];  /* how often each was */
	uint32_t words;
	uint32_t grams;                    /* looked up */
	/* On their way into score; nothing when pm_language_sum returns. */
	uint16_t wide[PM_LANGUAGE_WIDE], narrow[PM_LANGUAGE_NARROW];
	uint32_t pending;
};

/* Add all of a text, which is valid UTF-8. */
void pm_language_sum(struct pm_language_sums *sums, struct pm_bytes text);

/* Take from each language of the script what letters weigh that it lacks; once,
 * when all is added. */
void pm_language_letters_judge(struct pm_language_sums *sums,
    enum pm_script script);

/* ISO 15924: "Cyrl". */
const char *pm_script_name(enum pm_script script);

struct pm_stated {
	char language[4];
	char script[5];          /* or "" */
};

/* False when it says nothing that we know. */
bool pm_language_stated(struct pm_stated *out, struct pm_bytes stated);

/* "Latn Cyrl", the usual one first; "" when they are not known. */
const char *pm_language_scripts(const char *code);

#endif
