/*
 * language.h - language and script of a text.
 *
 * What a page says of itself is taken when the text can be in it (its script
 * is one that the language is written in, and the detector is not sure of
 * another); else what the detector says, with letters that only one language
 * has (Tajik, Kazakh, Kyrgyz, Uzbek); unsure is "und".  Thread-safe.
 */
#ifndef PM_TEXT_LANGUAGE_H
#define PM_TEXT_LANGUAGE_H

#include <stdbool.h>

#include "base/buf.h"

enum pm_language_source {
	PM_LANGUAGE_NONE, PM_LANGUAGE_STATED, PM_LANGUAGE_DETECTED
};

struct pm_language {
	char code[12];       /* BCP 47: "ru", "uz-Cyrl", "zh"; "und".  The script
	                      * stands where the language is written in several
	                      * and this is not the usual one, and always for
	                      * uz and az, which have two usual ones */
	enum pm_language_source source;
	float score;         /* 0 to 1 */
};

/* stated: "ru", "en-GB", "Russian", "rus"; n = 0: nothing. */
void pm_language_of(struct pm_language *out, struct pm_bytes text,
    struct pm_bytes stated);

/* Both at one look: what is detected, and in *out what is stated if it can be;
 * else its source is PM_LANGUAGE_NONE and its code "". */
void pm_languages_of(struct pm_language *detected, struct pm_language *out,
    struct pm_bytes text, struct pm_bytes stated);

/* Does `lang` (as stored) answer to `wanted` (as asked: "uz", "uz-Cyrl")? */
bool pm_language_answers(struct pm_bytes lang, struct pm_bytes wanted);

#endif
