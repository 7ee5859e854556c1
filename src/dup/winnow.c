#include "dup/winnow_internal.h"

static uint64_t
finish(uint64_t x)
{
	x = (x ^ x >> 30) * PM_WINNOW_MIX1;
	x = (x ^ x >> 27) * PM_WINNOW_MIX2;
	return x ^ x >> 31;
}

/* Each from the one before, less the token that leaves. */
static void
scalar(uint64_t *out, const uint64_t *token, size_t grams)
{
	uint64_t hash = 0, weight = 1;

	for (size_t i = 0; i < PM_WINNOW_GRAM; i++) {
		hash = hash * PM_WINNOW_BASE + token[i];
		weight *= PM_WINNOW_BASE;
	}
	out[0] = finish(hash);
	for (size_t i = 1; i < grams; i++) {
		hash = hash * PM_WINNOW_BASE +
		    (token[i + PM_WINNOW_GRAM - 1] - token[i - 1] * weight);
		out[i] = finish(hash);
	}
}

pm_winnow_kernel *
pm_winnow_kernel_of(enum pm_winnow_variant variant)
{
#ifdef __x86_64__
	if (variant == PM_WINNOW_AVX512 && __builtin_cpu_supports("avx512dq"))
		return pm_winnow_avx512;
#endif
	return variant == PM_WINNOW_SCALAR ? scalar : NULL;
}

/* The rightmost smallest of gram[from..end). */
static size_t
smallest(const uint64_t *gram, size_t from, size_t end)
{
	uint64_t least = gram[from];
	size_t best = from;

	for (size_t i = from + 1; i < end; i++) {
		best = gram[i] <= least ? i : best;
		least = gram[i] <= least ? gram[i] : least;
	}
	return best;
}

/*
 * The smallest of a window stays that of the next ones until one comes that
 * is no larger, or until it is left behind; only then is a window looked
 * through again.  The fingerprints are written over the hashes, of which
 * those before `best` are not read again.
 */
size_t
pm_winnow_with(pm_winnow_kernel *kernel, uint64_t *out, const uint64_t *token,
    size_t n)
{
	size_t grams, best, seen, kept = 0;

	if (n < PM_WINNOW_GRAM)
		return 0;
	grams = n - PM_WINNOW_GRAM + 1;
	kernel(out, token, grams);
	seen = grams < PM_WINNOW_WINDOW ? grams : PM_WINNOW_WINDOW;
	best = smallest(out, 0, seen);
	for (;;) {
		uint64_t least = out[best];
		size_t end = best + PM_WINNOW_WINDOW;

		if (kept == 0 || out[kept - 1] != least)
			out[kept++] = least;
		while (seen < end && seen < grams && out[seen] > least)
			seen++;
		if (seen == grams)
			return kept;
		if (seen == end)
			best = smallest(out, best + 1, end + 1);
		else
			best = seen;
		seen++;
	}
}

size_t
pm_winnow(uint64_t *out, const uint64_t *token, size_t n)
{
	enum pm_winnow_variant best = PM_WINNOW_VARIANTS - 1;

	while (pm_winnow_kernel_of(best) == NULL)
		best--;
	return pm_winnow_with(pm_winnow_kernel_of(best), out, token, n);
}
