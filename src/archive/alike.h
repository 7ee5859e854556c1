/*
 * alike.h - an order of texts in which frames pack well.
 *
 * A frame is filled one text after another, each time with the text that has
 * most in common with all that the frame holds by then: a compressor finds
 * that anywhere in its window, not only in the text before.  What texts have
 * in common is estimated by samples: of the hashes of a text's word triples
 * the smallest ones, so that equal parts of two texts give equal samples.
 */
#ifndef PM_ARCHIVE_ALIKE_H
#define PM_ARCHIVE_ALIKE_H

#include <stddef.h>
#include <stdint.h>

#include "pressmark.h"

enum { PM_SAMPLES = 64 };

struct pm_sample {
	uint32_t value[PM_SAMPLES];      /* ascending */
	uint32_t n;
};

void pm_sample(struct pm_sample *out, struct pm_bytes text);

/* Texts by their place, 0 to n - 1. */
struct pm_alike {
	size_t n;
	const uint32_t *value;           /* of text i: [i * most, i * most + */
	const uint8_t *value_n;          /* value_n[i]) */
	size_t most;                     /* values of one, at most PM_SAMPLES */
	const uint64_t *bytes;
	uint64_t frame_bytes;
};
/* Bytes of memory that each value takes meanwhile. */
enum { PM_ALIKE_VALUE_BYTES = 24 };

/* Reorder order[0..n), places in an order that is good already: it decides
 * where samples do not. */
int pm_alike_order(uint32_t *order, const struct pm_alike *alike,
    struct pm_err *err);

#endif
