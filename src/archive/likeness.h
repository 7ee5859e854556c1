/*
 * likeness.h - in which order the captures of a batch are packed.
 *
 * Texts that share words and lines should share a frame, because a compressor
 * sees no further.  Base order is by path, so by site and time; from there
 * each capture draws those most like it next to itself.
 *
 * The sketch is one-permutation min-hashing (Li, Owen, Zhang, NIPS 2012) of
 * word triples and of lines, of the raw bytes: it decides about size alone,
 * never about what is a duplicate.
 */
#ifndef PM_ARCHIVE_LIKENESS_H
#define PM_ARCHIVE_LIKENESS_H

#include <stddef.h>
#include <stdint.h>

#include "pressmark.h"

enum {
	PM_SKETCH_WORDS = 16, PM_SKETCH_LINES = 16,
	PM_SKETCH = PM_SKETCH_WORDS + PM_SKETCH_LINES
};

struct pm_sketch {
	uint32_t value[PM_SKETCH];       /* 0: empty */
};

void pm_sketch(struct pm_sketch *out, struct pm_bytes bytes);

struct pm_analysed;
/* Reorder item[0..n): like beside like.  A function of the captures alone. */
int pm_likeness_order(struct pm_analysed **item, size_t n,
    struct pm_err *err);

#endif
