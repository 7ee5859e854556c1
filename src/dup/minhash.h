/*
 * minhash.h - MinHash signatures (Broder, "On the resemblance and containment
 * of documents", 1997) and the band keys of locality-sensitive hashing.
 *
 * A signature finds candidates and nothing else: whether two texts are near
 * is decided on their 3-grams (shingle.h).  Two sets with Jaccard index J
 * agree in each value with probability J, so in all rows of a band with
 * J^rows, and in some band with 1 - (1 - J^rows)^bands.
 */
#ifndef PM_DUP_MINHASH_H
#define PM_DUP_MINHASH_H

#include <stddef.h>
#include <stdint.h>

enum { PM_MINHASH = 128 };

struct pm_minhash {
	uint32_t value[PM_MINHASH];
};

/* The same on every machine, whichever instructions it has.  n = 0: all
 * values are UINT32_MAX. */
void pm_minhash(struct pm_minhash *out, const uint64_t *shingle, size_t n);

/* One key for each of `bands` bands of `rows` values; bands * rows is at
 * most PM_MINHASH.  Keys of different bands differ. */
void pm_minhash_bands(uint64_t *out, const struct pm_minhash *minhash,
    unsigned bands, unsigned rows);

#endif
