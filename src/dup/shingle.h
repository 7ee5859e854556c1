/*
 * shingle.h - sets of word 3-grams, and how much two of them share.
 *
 * Numbers only: tokens come in as 64-bit hashes (pm_digest64 of the token).
 * A set is a sorted array of 64-bit hashes of three tokens in a row, each
 * once; two different 3-grams of one pair of texts have one hash about once
 * in 2^64 / tokens^2 times.
 */
#ifndef PM_DUP_SHINGLE_H
#define PM_DUP_SHINGLE_H

#include <stddef.h>
#include <stdint.h>

enum { PM_SHINGLE_TOKENS = 3 };

/* The set of token[0..n) into out; returns its size, 0 for n < 3.  out and
 * room have space for n numbers each; room is to work in.  Requires: n under
 * 2^32.  Hashes end in keys of a cache: whoever changes them raises
 * PM_RUN_VERSION (runs_internal.h). */
size_t pm_shingles(uint64_t *out, uint64_t *room, const uint64_t *token,
    size_t n);

/* How many two sets share; SIZE_MAX as soon as that cannot reach `least`. */
size_t pm_shingles_shared(const uint64_t *a, size_t a_n, const uint64_t *b,
    size_t b_n, size_t least);

/* The fewest that sets of these sizes must share for a Jaccard index
 * (shared / union) of at least `jaccard`, or for a containment (shared /
 * smaller set) of at least `containment`. */
size_t pm_shared_for_jaccard(size_t a_n, size_t b_n, double jaccard);
size_t pm_shared_for_containment(size_t a_n, size_t b_n, double containment);

#endif
