#include "dup/winnow.h"

#define BASE UINT64_C(0x9e3779b97f4a7c15)

/* BASE^PM_WINNOW_GRAM: the weight of the token that leaves. */
static uint64_t
leaving_weight(void)
{
	uint64_t weight = 1;

	for (int i = 0; i < PM_WINNOW_GRAM; i++)
		weight *= BASE;
	return weight;
}

/* A polynomial's low bits are weak; the finalizer of splitmix64. */
static uint64_t
finish(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* The hashes of all grams of token[0..n), n >= PM_WINNOW_GRAM; how many. */
static size_t
hash_grams(uint64_t *out, const uint64_t *token, size_t n)
{
	const uint64_t weight = leaving_weight();
	uint64_t hash = 0;

	for (size_t i = 0; i < PM_WINNOW_GRAM; i++)
		hash = hash * BASE + token[i];
	*out++ = finish(hash);
	for (size_t i = PM_WINNOW_GRAM; i < n; i++) {
		hash = hash * BASE + (token[i] -
		    token[i - PM_WINNOW_GRAM] * weight);
		*out++ = finish(hash);
	}
	return n - PM_WINNOW_GRAM + 1;
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
pm_winnow(uint64_t *out, const uint64_t *token, size_t n)
{
	size_t grams, best, seen, kept = 0;

	if (n < PM_WINNOW_GRAM)
		return 0;
	grams = hash_grams(out, token, n);
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
