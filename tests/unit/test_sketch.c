/*
 * Shingles, MinHash and fingerprints against their definitions, and what
 * bodies are to each other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "archive/body.h"
#include "dup/minhash_internal.h"
#include "dup/shingle_internal.h"
#include "dup/winnow_internal.h"
#include "text/fold.h"

enum { TOKENS = 3000 };

static uint64_t
next(uint64_t *seed)
{
	uint64_t x = *seed += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* ---- shingles ---- */

static void
test_shingles(void **state)
{
	static uint64_t token[TOKENS], out[TOKENS], room[TOKENS];
	uint64_t seed = 1;

	(void)state;
	for (size_t n = 0; n < TOKENS; n = n < 200 ? n + 1 : n * 2) {
		uint64_t words = 1 + next(&seed) % 40, one[2], ones[2];
		size_t distinct = 0, got;

		for (size_t i = 0; i < n; i++)
			token[i] = next(&seed) % words *
			    UINT64_C(0xd6e8feb86659fd93);
		got = pm_shingles(out, room, token, n);
		for (size_t i = 0; i + 2 < n; i++) {
			size_t k = 0;

			while (k < i && memcmp(token + k, token + i,
			    3 * sizeof *token) != 0)
				k++;
			distinct += k == i;
			/* Each is in the set of the whole. */
			assert_int_equal(pm_shingles(one, ones, token + i, 3),
			    1);
			assert_int_equal(pm_shingles_shared(one, 1, out, got,
			    0), 1);
		}
		assert_int_equal(got, distinct);
		for (size_t i = 1; i < got; i++)
			assert_true(out[i - 1] < out[i]);
	}
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* By qsort. */
static size_t
slow_shingles(uint64_t *out, const uint64_t *token, size_t n)
{
	size_t kept = 0;

	n -= PM_SHINGLE_TOKENS - 1;
	for (size_t i = 0; i < n; i++) {
		uint64_t one[3], room[3];

		assert_int_equal(pm_shingles(one, room, token + i, 3), 1);
		out[i] = one[0];
	}
	qsort(out, n, sizeof *out, compare);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || out[i] != out[i - 1])
			out[kept++] = out[i];
	return kept;
}

/*
 * Of tokens that are no good hashes, as if somebody had chosen words: 3-grams
 * that are equal in their upper bits, descending, or all equal.  A sort whose
 * time grows with the square would take minutes.
 */
static void
test_shingles_chosen(void **state)
{
	enum { MOST = 1 << 18 };
	uint64_t *token = calloc(4 * MOST, sizeof *token);
	uint64_t *out = token + MOST, *room = out + MOST;
	uint64_t *want = room + MOST, seed = 9;

	(void)state;
	assert_non_null(token);
	for (size_t n = 3; n <= MOST; n += n < 60 ? 1 : n)
		for (int kind = 0; kind < 4; kind++) {
			size_t kept;

			for (size_t i = 0; i < n; i++)
				token[i] = kind == 0 ? next(&seed) % 256 :
				    kind == 1 ? n - i : kind == 2 ? 0 :
				    next(&seed);
			kept = slow_shingles(want, token, n);
			assert_int_equal(pm_shingles(out, room, token, n),
			    kept);
			assert_memory_equal(out, want, kept * sizeof *out);
		}
	free(token);
}

static void
test_shared(void **state)
{
	const uint64_t a[] = { 1, 3, 5, 7, 9 }, b[] = { 3, 4, 5, 6, 9, 11 };

	(void)state;
	assert_int_equal(pm_shingles_shared(a, 5, b, 6, 0), 3);
	assert_int_equal(pm_shingles_shared(a, 5, b, 6, 3), 3);
	assert_true(pm_shingles_shared(a, 5, b, 6, 4) == SIZE_MAX);
	assert_int_equal(pm_shingles_shared(a, 0, b, 6, 0), 0);
	/* 8 of 10 is 0.8 exactly. */
	assert_int_equal(pm_shared_for_jaccard(9, 9, 0.8), 8);
	assert_int_equal(pm_shared_for_jaccard(10, 8, 0.8), 8);
	assert_int_equal(pm_shared_for_jaccard(10, 10, 0.8), 9);
	assert_int_equal(pm_shared_for_containment(10, 90, 0.9), 9);
	assert_int_equal(pm_shared_for_containment(11, 90, 0.9), 10);
}

/* All variants that this machine can run count alike, and give up only when
 * they may. */
static void
test_shared_variants(void **state)
{
	static uint64_t a[600], b[600];
	uint64_t seed = 13;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		uint64_t part = next(&seed) % 101, last = 0;
		size_t n[2] = { 0, 0 }, most = next(&seed) % 600, want = 0;

		for (size_t i = 0; i < most; i++) {
			bool both = next(&seed) % 100 < part;
			bool first = both || next(&seed) % 3 > 0;

			/* Neighbours, as well as numbers far apart. */
			last += 1 + (next(&seed) >> (i % 2 == 0 ? 62 : 12));
			if (first)
				a[n[0]++] = last;
			if (both || !first)
				b[n[1]++] = last;
			want += both;
		}
		for (int v = 0; v < PM_SHARED_VARIANTS; v++) {
			pm_shared_kernel *kernel =
			    pm_shared_kernel_of((enum pm_shared_variant)v);
			struct pm_shared_place place = { a, b, a + n[0],
				b + n[1], 0, want };

			if (v != PM_SHARED_SCALAR && kernel == NULL)
				continue;
			assert_int_equal(pm_shared_with(kernel, place), want);
			place.least = next(&seed) % (want + 1);
			assert_int_equal(pm_shared_with(kernel, place), want);
			place.least = want + 1 + next(&seed) % 9;
			assert_true(pm_shared_with(kernel, place) == SIZE_MAX);
		}
		assert_int_equal(pm_shingles_shared(b, n[1], a, n[0], 0),
		    want);
	}
}

/* ---- signatures ---- */

static void
test_minhash(void **state)
{
	static uint64_t a[2000], b[2000];
	uint64_t seed = 7;

	(void)state;
	for (size_t tenth = 1; tenth < 10; tenth++) {
		double sum = 0, truth;
		size_t shared = 100 * tenth, each = 1000;
		unsigned rounds = 40;

		truth = (double)shared / (double)(2 * each - shared);
		for (unsigned round = 0; round < rounds; round++) {
			struct pm_minhash x, y;
			unsigned equal = 0;

			for (size_t i = 0; i < each; i++) {
				a[i] = next(&seed);
				b[i] = i < shared ? a[i] : next(&seed);
			}
			pm_minhash(&x, a, each);
			pm_minhash(&y, b, each);
			for (unsigned i = 0; i < PM_MINHASH; i++)
				equal += x.value[i] == y.value[i];
			sum += equal / (double)PM_MINHASH;
		}
		/* Four standard errors of 40 * 128 draws: under 0.03. */
		assert_true(sum / rounds > truth - 0.03 &&
		    sum / rounds < truth + 0.03);
	}
}

static void
test_minhash_values(void **state)
{
	const uint64_t one[] = { 42 }, two[] = { 42, 43 };
	struct pm_minhash a, b, none;
	uint64_t band[32], other[32];

	(void)state;
	pm_minhash(&none, one, 0);
	for (unsigned i = 0; i < PM_MINHASH; i++)
		assert_true(none.value[i] == UINT32_MAX);
	pm_minhash(&a, one, 1);
	pm_minhash(&b, two, 2);
	for (unsigned i = 0; i < PM_MINHASH; i++)
		assert_true(b.value[i] <= a.value[i]);
	/* Equal values in two bands are no equal keys. */
	memset(&a, 0, sizeof a);
	pm_minhash_bands(band, &a, 32, 4);
	for (unsigned i = 0; i < 32; i++)
		for (unsigned k = 0; k < i; k++)
			assert_true(band[i] != band[k]);
	a.value[127] = 1;
	pm_minhash_bands(other, &a, 32, 4);
	assert_memory_equal(band, other, 31 * sizeof *band);
	assert_true(band[31] != other[31]);
}

/* As the definition reads. */
static void
slow_minhash(uint32_t *value, const uint64_t *shingle, size_t n)
{
	uint64_t seed = 0x70726573736d61;

	for (unsigned i = 0; i < PM_MINHASH; i++) {
		uint64_t random = next(&seed);
		uint32_t times = (uint32_t)random | 1;
		uint32_t plus = (uint32_t)(random >> 32);

		value[i] = UINT32_MAX;
		for (size_t k = 0; k < n; k++) {
			uint32_t x = (uint32_t)(shingle[k] ^
			    shingle[k] >> 32) * times + plus;

			value[i] = x < value[i] ? x : value[i];
		}
	}
}

/* All variants that this machine can run give the same values. */
static void
test_minhash_variants(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 33,
		63, 64, 100, 257, 511, 512, 513, 1023, 1025, 1999 };
	static uint64_t set[2000];
	uint64_t seed = 11;

	(void)state;
	assert_non_null(pm_minhash_kernel_of(PM_MINHASH_SCALAR));
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		for (int v = 0; v <= PM_MINHASH_VARIANTS; v++) {
			pm_minhash_kernel *kernel = v < PM_MINHASH_VARIANTS ?
			    pm_minhash_kernel_of((enum pm_minhash_variant)v) :
			    NULL;
			uint32_t want[PM_MINHASH];
			struct pm_minhash got;

			for (size_t k = 0; k < sizes[i]; k++)
				set[k] = next(&seed);
			slow_minhash(want, set, sizes[i]);
			if (v == PM_MINHASH_VARIANTS)
				pm_minhash(&got, set, sizes[i]);
			else if (kernel != NULL)
				pm_minhash_with(kernel, &got, set, sizes[i]);
			else
				continue;
			assert_memory_equal(got.value, want, sizeof want);
		}
}

/* ---- fingerprints ---- */

static uint64_t
slow_gram(const uint64_t *token)
{
	uint64_t hash = 0;

	for (int i = 0; i < PM_WINNOW_GRAM; i++)
		hash = hash * UINT64_C(0x9e3779b97f4a7c15) + token[i];
	hash -= UINT64_C(0x9e3779b97f4a7c15);   /* next() adds it */
	return next(&hash);
}

/* As the definition reads: of each window, or of all, the rightmost smallest,
 * once, and no two neighbours equal. */
static size_t
slow_winnow(uint64_t *out, const uint64_t *token, size_t n)
{
	size_t grams = n < PM_WINNOW_GRAM ? 0 : n + 1 - PM_WINNOW_GRAM;
	size_t window = grams < PM_WINNOW_WINDOW ? grams : PM_WINNOW_WINDOW;
	size_t kept = 0, taken = SIZE_MAX;

	for (size_t from = 0; window > 0 && from + window <= grams; from++) {
		uint64_t least = UINT64_MAX;
		size_t best = from;

		for (size_t i = from; i < from + window; i++)
			if (slow_gram(token + i) <= least) {
				least = slow_gram(token + i);
				best = i;
			}
		if (best != taken && (kept == 0 || out[kept - 1] != least))
			out[kept++] = least;
		taken = best;
	}
	return kept;
}

static void
test_winnow_definition(void **state)
{
	static uint64_t token[600], want[600], got[600];
	uint64_t seed = 5;

	(void)state;
	for (unsigned round = 0; round < 1000; round++) {
		size_t n = round < 100 ? round : next(&seed) % 400, kept;
		/* Few words make equal grams, and ties. */
		uint64_t words = round % 3 == 0 ? 1 + next(&seed) % 3 :
		    UINT64_MAX;

		for (size_t i = 0; i < n; i++)
			token[i] = next(&seed) % words;
		kept = slow_winnow(want, token, n);
		for (int v = 0; v < PM_WINNOW_VARIANTS; v++) {
			pm_winnow_kernel *kernel =
			    pm_winnow_kernel_of((enum pm_winnow_variant)v);

			if (kernel == NULL)
				continue;
			assert_int_equal(pm_winnow_with(kernel, got, token,
			    n), kept);
			assert_memory_equal(got, want, kept * sizeof *want);
		}
		assert_int_equal(pm_winnow(got, token, n), kept);
		assert_memory_equal(got, want, kept * sizeof *want);
	}
}

static void
test_winnow(void **state)
{
	enum { RUN = PM_WINNOW_GRAM + PM_WINNOW_WINDOW - 1 };
	static uint64_t a[400], b[400], x[400], y[400];
	uint64_t seed = 3;

	(void)state;
	assert_int_equal(pm_winnow(x, a, PM_WINNOW_GRAM - 1), 0);
	assert_int_equal(pm_winnow(x, a, PM_WINNOW_GRAM), 1);
	for (unsigned round = 0; round < 500; round++) {
		size_t a_n = RUN + next(&seed) % 300, x_n, y_n, shared = 0;
		size_t b_n = RUN + next(&seed) % 300;
		size_t from = next(&seed) % (a_n - RUN + 1);
		size_t to = next(&seed) % (b_n - RUN + 1);

		for (size_t i = 0; i < a_n; i++)
			a[i] = next(&seed);
		for (size_t i = 0; i < b_n; i++)
			b[i] = next(&seed);
		memcpy(b + to, a + from, RUN * sizeof *a);
		x_n = pm_winnow(x, a, a_n);
		y_n = pm_winnow(y, b, b_n);
		for (size_t i = 0; i < x_n; i++)
			for (size_t k = 0; k < y_n; k++)
				shared += x[i] == y[k];
		assert_true(shared >= 1);
		assert_true(x_n <= a_n / 8 + 2);
	}
}

/* ---- bodies ---- */

static const char *
relation(const char *a, const char *b)
{
	struct pm_body_room room[2] = { 0 };
	struct pm_buf folded[2];
	struct pm_body body[2];
	struct pm_related found, back;
	const char *text[2] = { a, b };
	struct pm_err err;

	for (int i = 0; i < 2; i++) {
		pm_buf_init(&folded[i]);
		assert_int_equal(pm_fold(&folded[i], pm_bytes_of(text[i]),
		    &err), PM_OK);
		assert_int_equal(pm_body_read(&body[i], &room[i],
		    pm_buf_bytes(&folded[i]), NULL, &err), PM_OK);
	}
	pm_body_relate(&found, &body[0], &body[1], &pm_policy_default, false);
	pm_body_relate(&back, &body[1], &body[0], &pm_policy_default, true);
	assert_int_equal(found.kind, back.kind);
	for (int i = 0; i < 2; i++) {
		pm_buf_clear(&folded[i]);
		pm_body_room_clear(&room[i]);
	}
	return found.kind == PM_RELATION_NONE ? "none" :
	    pm_relation_name(found.kind);
}

#define TEN "the mayor of the town said that three bridges will "
#define MORE TEN "be closed on monday because the river has risen by two " \
	"metres since the rain began and the old piers were never meant " \
	"for so much water at once "

static void
test_relations(void **state)
{
	(void)state;
	assert_string_equal(relation(MORE "12 people", MORE "7 people"),
	    "update");
	assert_string_equal(relation(MORE "12 people", MORE "7 men"), "near");
	assert_string_equal(relation(MORE "and so on", TEN "be closed on "
	    "monday because the river has risen by two metres"), "contains");
	assert_string_equal(relation(MORE, "nothing in here is like the other "
	    "text at all although it is as long"), "none");
	/* Too short to be compared: nine tokens. */
	assert_string_equal(relation("one two three four five six seven eight "
	    "9", "one two three four five six seven eight 10"), "none");
	/* Tables of numbers all look the same without them. */
	assert_string_equal(relation("a 1 2 3 4 5 6 7 8 9 10 11",
	    "a 9 8 7 6 5 4 3 2 1 0 11"), "none");
}

static void
test_policy(void **state)
{
	struct pm_policy policy;
	char text[PM_POLICY_CHARS];
	struct pm_err err;

	(void)state;
	pm_policy_print(text, &pm_policy_default);
	assert_string_equal(text, "near=0.8000 near_long=0.4500 "
	    "contains=0.9000 bands=32x4");
	assert_int_equal(pm_policy_parse(&policy, pm_bytes_of(text), &err),
	    PM_OK);
	assert_true(policy.near == 0.8 && policy.near_long == 0.45 &&
	    policy.contains == 0.9 && policy.bands == 32 && policy.rows == 4);
	assert_int_equal(pm_policy_parse(&policy, pm_bytes_of("near=2"),
	    &err), PM_ECORRUPT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shingles),
		cmocka_unit_test(test_shingles_chosen),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_shared_variants),
		cmocka_unit_test(test_minhash),
		cmocka_unit_test(test_minhash_values),
		cmocka_unit_test(test_minhash_variants),
		cmocka_unit_test(test_winnow_definition),
		cmocka_unit_test(test_winnow),
		cmocka_unit_test(test_relations),
		cmocka_unit_test(test_policy)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
