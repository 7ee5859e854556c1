#include "dup/winnow.h"

#include <stdbool.h>

#define BASE UINT64_C(0x9e3779b97f4a7c15)

/* BASE^(PM_WINNOW_GRAM - 1): the weight of the token that leaves. */
static uint64_t
leaving_weight(void)
{
	uint64_t weight = 1;

	for (int i = 1; i < PM_WINNOW_GRAM; i++)
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

/* The rightmost smallest of gram[from..end), whose hashes are in a ring. */
static size_t
smallest(const uint64_t *ring, size_t from, size_t end)
{
	size_t best = from;

	for (size_t i = from + 1; i < end; i++)
		if (ring[i % PM_WINNOW_WINDOW] <=
		    ring[best % PM_WINNOW_WINDOW])
			best = i;
	return best;
}

size_t
pm_winnow(uint64_t *out, const uint64_t *token, size_t n)
{
	const uint64_t weight = leaving_weight();
	uint64_t ring[PM_WINNOW_WINDOW], hash = 0;
	size_t best = 0, taken = SIZE_MAX, kept = 0;

	for (size_t i = 0; i < n; i++) {
		size_t gram = i + 1 - PM_WINNOW_GRAM;

		if (i >= PM_WINNOW_GRAM)
			hash -= token[i - PM_WINNOW_GRAM] * weight;
		hash = hash * BASE + token[i];
		if (i + 1 < PM_WINNOW_GRAM)
			continue;
		ring[gram % PM_WINNOW_WINDOW] = finish(hash);
		/* The one that left the window has lost its slot already. */
		if (gram - best >= PM_WINNOW_WINDOW)
			best = smallest(ring, gram + 1 - PM_WINNOW_WINDOW,
			    gram + 1);
		else if (ring[gram % PM_WINNOW_WINDOW] <=
		    ring[best % PM_WINNOW_WINDOW])
			best = gram;
		if (gram + 1 < PM_WINNOW_WINDOW && i + 1 < n)
			continue;        /* the first window is not full */
		if (best != taken && (kept == 0 || out[kept - 1] !=
		    ring[best % PM_WINNOW_WINDOW]))
			out[kept++] = ring[best % PM_WINNOW_WINDOW];
		taken = best;
	}
	return kept;
}
