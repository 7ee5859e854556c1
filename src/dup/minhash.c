#include "dup/minhash.h"

#include <string.h>

#include "dup/digest.h"

/*
 * The loops below are written so that the compiler turns them into vector
 * instructions; all they do is exact integer arithmetic, so every clone gives
 * the same values.  The one that fits the processor is chosen when the
 * program is loaded.
 */
#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && \
    !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define FOR_EACH_PROCESSOR \
	__attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FOR_EACH_PROCESSOR       /* AArch64 has NEON always */
#endif

enum { LANES = 32 };     /* minima that stay in registers */

static uint64_t
splitmix(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/*
 * Minima of LANES permutations of 32-bit numbers: x * a + b mod 2^32, a odd.
 * Multiplication carries upwards only, so the low bits of x hardly move the
 * minimum: x is made of well mixed bits, and its high half is folded in.
 */
FOR_EACH_PROCESSOR static void
minima(uint32_t *restrict value, const uint32_t *restrict a,
    const uint32_t *restrict b, const uint64_t *restrict shingle, size_t n)
{
	uint32_t least[LANES], times[LANES], plus[LANES];

	memcpy(times, a, sizeof times);
	memcpy(plus, b, sizeof plus);
	for (unsigned i = 0; i < LANES; i++)
		least[i] = UINT32_MAX;
	for (size_t k = 0; k < n; k++) {
		uint32_t x = (uint32_t)(shingle[k] ^ shingle[k] >> 32);

		for (unsigned i = 0; i < LANES; i++) {
			uint32_t hash = x * times[i] + plus[i];

			least[i] = hash < least[i] ? hash : least[i];
		}
	}
	memcpy(value, least, sizeof least);
}

void
pm_minhash(struct pm_minhash *out, const uint64_t *shingle, size_t n)
{
	uint32_t a[LANES], b[LANES];
	uint64_t state = 0x70726573736d61;       /* "pressma" */

	for (unsigned from = 0; from < PM_MINHASH; from += LANES) {
		for (unsigned i = 0; i < LANES; i++) {
			uint64_t random = splitmix(&state);

			a[i] = (uint32_t)random | 1;
			b[i] = (uint32_t)(random >> 32);
		}
		minima(out->value + from, a, b, shingle, n);
	}
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
