/*
 * encoding_internal.h - encodings by their labels, and how likely one is.
 */
#ifndef PM_TEXT_ENCODING_INTERNAL_H
#define PM_TEXT_ENCODING_INTERNAL_H

#include "text/encoding.h"

enum {
	PM_ENCODING_SAMPLE = 4096,       /* bytes that are judged */
	PM_ENCODING_SCAN = 1 << 20       /* and where they are looked for */
};

struct pm_charset {
	char name[16];           /* as the Encoding standard has it */
	const char *icu;         /* ICU's converter */
	const char *labels;      /* in small letters, space before and behind */
};

extern const struct pm_charset pm_charsets[];
extern const size_t pm_charsets_n;

/* By label; NULL when there is none. */
const struct pm_charset *pm_charset_of(struct pm_bytes label);
/* The converter of a name that pm_encoding has. */
const char *pm_charset_icu(const char *name);
/* The name of a label; ICU's when the standard has none.  False: none. */
bool pm_encoding_name(char out[32], struct pm_bytes label);

/*
 * Words with bytes past 0x7F, and some behind them, without markup; at most
 * PM_ENCODING_SAMPLE bytes.
 */
size_t pm_encoding_sample(uint8_t out[PM_ENCODING_SAMPLE],
    struct pm_bytes bytes);

/*
 * How much like text the sample is when read so; -1 when that cannot be.  Of
 * use only beside the score of another encoding for the same sample.
 */
long pm_encoding_score(const char *name, struct pm_bytes sample);

/* The first words of a sample, enough for a rough look. */
struct pm_bytes pm_encoding_head(struct pm_bytes sample);

/* The most likely encoding of a sample; its score.  Empty name: none. */
long pm_encoding_detect(char name[32], struct pm_bytes sample);

#endif
