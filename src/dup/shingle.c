#include "dup/shingle.h"

#include <math.h>
#include <string.h>

/* Below this an insertion sort is faster than passes over 256 counts. */
enum { SMALL = 48, PASSES = 3 };

static inline uint64_t
rotate(uint64_t x, unsigned n)
{
	return x << n | x >> (64 - n);
}

/* Order matters: "a b c" is not "b a c".  The finalizer of splitmix64. */
static inline uint64_t
mix3(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t x = a + rotate(b, 21) * UINT64_C(0x9e3779b97f4a7c15) +
	    rotate(c, 42) * UINT64_C(0xc2b2ae3d27d4eb4f);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static void
insertion_sort(uint64_t *p, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint64_t value = p[i];
		size_t k = i;

		for (; k > 0 && p[k - 1] > value; k--)
			p[k] = p[k - 1];
		p[k] = value;
	}
}

/*
 * Least significant digit first, over the top 24 bits alone: hashes are
 * spread evenly, so what is still out of order then is mended by an insertion
 * sort that hardly moves anything.
 */
static void
radix_sort(uint64_t *p, uint64_t *room, size_t n)
{
	uint32_t count[PASSES][256] = { 0 };
	uint64_t *from = p, *to = room;

	for (size_t i = 0; i < n; i++)
		for (unsigned k = 0; k < PASSES; k++)
			count[k][p[i] >> (40 + 8 * k) & 255]++;
	for (unsigned k = 0; k < PASSES; k++) {
		uint32_t at = 0;

		for (unsigned digit = 0; digit < 256; digit++) {
			uint32_t here = count[k][digit];

			count[k][digit] = at;
			at += here;
		}
		for (size_t i = 0; i < n; i++)
			to[count[k][from[i] >> (40 + 8 * k) & 255]++] =
			    from[i];
		from = to;
		to = to == room ? p : room;
	}
	if (from != p)
		memcpy(p, from, n * sizeof *p);
	insertion_sort(p, n);
}

size_t
pm_shingles(uint64_t *out, uint64_t *room, const uint64_t *token, size_t n)
{
	size_t kept = 0;

	if (n < PM_SHINGLE_TOKENS)
		return 0;
	n -= PM_SHINGLE_TOKENS - 1;
	for (size_t i = 0; i < n; i++)
		out[i] = mix3(token[i], token[i + 1], token[i + 2]);
	if (n < SMALL || n > UINT32_MAX)
		insertion_sort(out, n);
	else
		radix_sort(out, room, n);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || out[kept - 1] != out[i])
			out[kept++] = out[i];
	return kept;
}

size_t
pm_shingles_shared(const uint64_t *a, size_t a_n, const uint64_t *b,
    size_t b_n, size_t least)
{
	size_t i = 0, k = 0, shared = 0;

	while (i < a_n && k < b_n) {
		size_t left = a_n - i < b_n - k ? a_n - i : b_n - k;

		if (shared + left < least)
			return SIZE_MAX;
		/* Without branches: which is smaller cannot be foretold. */
		uint64_t x = a[i], y = b[k];

		shared += x == y;
		i += x <= y;
		k += y <= x;
	}
	return shared < least ? SIZE_MAX : shared;
}

/* ceil, but a product that is a whole number up to rounding stays that. */
static size_t
at_least(double value)
{
	double whole = ceil(value - 1e-9);

	return whole <= 0 ? 0 : (size_t)whole;
}

size_t
pm_shared_for_jaccard(size_t a_n, size_t b_n, double jaccard)
{
	return at_least(jaccard / (1 + jaccard) *
	    ((double)a_n + (double)b_n));
}

size_t
pm_shared_for_containment(size_t a_n, size_t b_n, double containment)
{
	return at_least(containment * (double)(a_n < b_n ? a_n : b_n));
}
