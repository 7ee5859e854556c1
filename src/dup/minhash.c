#include "dup/minhash.h"

#include <string.h>

#include "dup/digest.h"
#include "dup/minhash_internal.h"

/* BLOCK: numbers that a kernel reads several times, from the nearest cache. */
enum { LANES = 8, BLOCK = 512 };

/* LANES minima at a time, which a compiler may make vectors of. */
static void
scalar(uint32_t *value, const uint32_t *x, size_t n)
{
	for (unsigned from = 0; from < PM_MINHASH; from += LANES) {
		const uint32_t *times = pm_minhash_times + from;
		const uint32_t *plus = pm_minhash_plus + from;
		uint32_t least[LANES];

		memcpy(least, value + from, sizeof least);
		for (size_t k = 0; k < n; k++)
			for (unsigned i = 0; i < LANES; i++) {
				uint32_t hash = x[k] * times[i] + plus[i];

				least[i] = hash < least[i] ? hash : least[i];
			}
		memcpy(value + from, least, sizeof least);
	}
}

#ifdef __x86_64__
/* The compiler's runtime asks the processor once, before main. */
pm_minhash_kernel *
pm_minhash_kernel_of(enum pm_minhash_variant variant)
{
	if (variant == PM_MINHASH_AVX512 && __builtin_cpu_supports("avx512f"))
		return pm_minhash_avx512;
	if (variant == PM_MINHASH_AVX2 && __builtin_cpu_supports("avx2"))
		return pm_minhash_avx2;
	return variant == PM_MINHASH_SCALAR ? scalar : NULL;
}
#elif defined __aarch64__ && defined __ARM_NEON
pm_minhash_kernel *
pm_minhash_kernel_of(enum pm_minhash_variant variant)
{
	if (variant == PM_MINHASH_NEON)
		return pm_minhash_neon;
	return variant == PM_MINHASH_SCALAR ? scalar : NULL;
}
#else
pm_minhash_kernel *
pm_minhash_kernel_of(enum pm_minhash_variant variant)
{
	return variant == PM_MINHASH_SCALAR ? scalar : NULL;
}
#endif

/*
 * The permutations are of 32-bit numbers.  Multiplication carries upwards
 * only, so the low bits of x hardly move the minimum: x is made of well mixed
 * bits, and its high half is folded in.
 */
void
pm_minhash_with(pm_minhash_kernel *kernel, struct pm_minhash *out,
    const uint64_t *shingle, size_t n)
{
	uint32_t x[BLOCK];

	for (unsigned i = 0; i < PM_MINHASH; i++)
		out->value[i] = UINT32_MAX;
	for (size_t from = 0; from < n; from += BLOCK) {
		size_t some = n - from < BLOCK ? n - from : BLOCK;

		for (size_t i = 0; i < some; i++)
			x[i] = (uint32_t)(shingle[from + i] ^
			    shingle[from + i] >> 32);
		kernel(out->value, x, some);
	}
}

void
pm_minhash(struct pm_minhash *out, const uint64_t *shingle, size_t n)
{
	enum pm_minhash_variant best = PM_MINHASH_VARIANTS - 1;
	pm_minhash_kernel *kernel;

	while ((kernel = pm_minhash_kernel_of(best)) == NULL)
		best--;
	pm_minhash_with(kernel, out, shingle, n);
}

void
pm_minhash_bands(uint64_t *out, const struct pm_minhash *minhash,
    unsigned bands, unsigned rows)
{
	for (unsigned i = 0; i < bands; i++) {
		uint64_t key = pm_digest64((struct pm_bytes){
		    (const uint8_t *)(minhash->value + (size_t)i * rows),
		    rows * sizeof *minhash->value });

		out[i] = key + (i + 1) * UINT64_C(0xd6e8feb86659fd93);
	}
}
