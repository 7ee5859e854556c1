/*
 * shingle_internal.h - how much two sets share, in the instructions of each
 * kind of processor.  All variants give the same number.
 */
#ifndef PM_DUP_SHINGLE_INTERNAL_H
#define PM_DUP_SHINGLE_INTERNAL_H

#include <stdbool.h>

#include "dup/shingle.h"

/* Two sets that are read side by side; what is before the places is counted
 * in shared. */
struct pm_shared_place {
	const uint64_t *a, *b;
	const uint64_t *a_end, *b_end;
	size_t shared, least;
};

/* Whether `least` can still be reached. */
static inline bool
pm_shared_goes_on(const struct pm_shared_place *place)
{
	size_t a = (size_t)(place->a_end - place->a);
	size_t b = (size_t)(place->b_end - place->b);

	return place->shared + (a < b ? a : b) >= place->least;
}

/*
 * Go on while there are enough numbers for a step in both sets and `least`
 * can be reached.  A step compares each of some numbers of a with each of as
 * many of b, then passes over those whose last is not larger.
 */
typedef void pm_shared_kernel(struct pm_shared_place *place);

/* Only where the compiler's target has them: see pm_shared_kernel_of. */
pm_shared_kernel pm_shared_avx2, pm_shared_avx512, pm_shared_neon;

enum pm_shared_variant {
	PM_SHARED_SCALAR,           /* no kernel */
	PM_SHARED_AVX2,
	PM_SHARED_AVX512,
	PM_SHARED_NEON,
	PM_SHARED_VARIANTS
};

/* NULL for the scalar one, and for what this machine cannot run. */
pm_shared_kernel *pm_shared_kernel_of(enum pm_shared_variant variant);

/* As pm_shingles_shared, which takes the best that the machine can. */
size_t pm_shared_with(pm_shared_kernel *kernel, struct pm_shared_place place);

#endif
