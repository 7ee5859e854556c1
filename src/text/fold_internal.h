/*
 * fold_internal.h - the kernels of pm_fold: the same fold at the speed of
 * memory for the characters that nearly all text consists of.
 *
 * A kernel takes up ASCII, two-byte characters and some of three bytes, as
 * long as each stands alone (fold.c says what that means).  It stops before
 * any other, and before an apostrophe that it cannot settle.  All kernels
 * stop at the same place or later ones leave more to fold.c; what is written
 * is equal.
 */
#ifndef PM_TEXT_FOLD_INTERNAL_H
#define PM_TEXT_FOLD_INTERNAL_H

#include "base/buf.h"
#include "text/fold_rules.h"

enum { PM_FOLD_BLOCK = 64 };      /* bytes that a kernel looks at together */

/* What a kernel reads and advances. */
struct pm_fold_place {
	const uint8_t *in;
	uint8_t *out;
	enum pm_fold_class state;   /* SPACE, LETTER or NUMBER (fold.c) */
};

/*
 * Fold from place->in until it is at or past stop (by less than PM_FOLD_BLOCK)
 * or before a character that is not for the kernel.  Nothing is read at or
 * past end.  Requires: stop <= end; room in out for stop - in + 3 *
 * PM_FOLD_BLOCK bytes, of which those past place->out are left undefined.
 */
typedef void pm_fold_kernel(struct pm_fold_place *place, const uint8_t *stop,
    const uint8_t *end);

/* Only where the compiler's target has them: see pm_fold_kernel_of. */
pm_fold_kernel pm_fold_avx2, pm_fold_avx512, pm_fold_neon;

enum pm_fold_variant {
	PM_FOLD_SCALAR,             /* no kernel */
	PM_FOLD_AVX2,
	PM_FOLD_AVX512,             /* with VBMI and VBMI2 */
	PM_FOLD_NEON,
	PM_FOLD_VARIANTS
};

/* Whether this machine can run it; each is better than those before it. */
bool pm_fold_can(enum pm_fold_variant variant);

/* NULL for the scalar one, and for what this machine cannot run. */
pm_fold_kernel *pm_fold_kernel_of(enum pm_fold_variant variant);

/* As pm_fold, which takes the best that the machine can. */
int pm_fold_with(enum pm_fold_variant variant, struct pm_buf *out,
    struct pm_bytes text, struct pm_err *err);

#endif
