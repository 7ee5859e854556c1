#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "dup/digest.h"
#include "dup/prefix.h"

/* Published values of XXH3 with seed 0: keys lie in files, so these must
 * never change. */
static void
digest_known_values(void **state)
{
	struct pm_bytes empty = { NULL, 0 };
	struct pm_digest digest = pm_digest128(empty);

	(void)state;
	assert_int_equal(pm_digest64(empty), 0x2d06800538d394c2);
	assert_int_equal(digest.high, 0x99aa06d3014798d8);
	assert_int_equal(digest.low, 0x6001c324468d497f);
	assert_int_equal(pm_digest64(pm_bytes_of("a")), 0xe6c632b61e964e1f);
	digest = pm_digest128(pm_bytes_of("abc"));
	assert_int_equal(digest.high, 0x06b05ab6733a6185);
	assert_int_equal(digest.low, 0x78af5f94892f3950);
	assert_int_equal(digest.low, pm_digest64(pm_bytes_of("abc")));
}

static void
digest_tells_apart(void **state)
{
	(void)state;
	assert_int_not_equal(pm_digest64(pm_bytes_of("word")),
	    pm_digest64(pm_bytes_of("Word")));
	assert_int_not_equal(pm_digest128(pm_bytes_of("word")).high,
	    pm_digest128(pm_bytes_of("words")).high);
}

static void
make_tokens(uint64_t *token, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t word = (uint8_t)('a' + i);

		token[i] = pm_digest64((struct pm_bytes){ &word, 1 });
	}
}

static void
prefix_counts(void **state)
{
	static const size_t want[15] = { 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1,
	    2, 2, 2 };
	uint64_t token[14], key[PM_PREFIX_COUNTS];

	(void)state;
	make_tokens(token, 14);
	for (size_t n = 0; n < 15; n++) {
		assert_int_equal(pm_prefix_keys(key, token, n), want[n]);
		for (size_t i = 0; i < want[n]; i++) {
			assert_int_not_equal(key[i], 0);
			for (size_t j = 0; j < i; j++)
				assert_int_not_equal(key[i], key[j]);
		}
	}
}

/* A teaser of n tokens meets the article under its largest count. */
static void
prefix_teaser_meets_article(void **state)
{
	uint64_t token[40], teaser[40], key[PM_PREFIX_COUNTS];

	(void)state;
	make_tokens(token, 40);
	make_tokens(teaser, 40);
	assert_int_equal(pm_prefix_keys(key, token, 40), 2);
	for (size_t n = 0; n < PM_PREFIX_MIN; n++)
		assert_int_equal(pm_prefix_lookup_key(teaser, n), 0);
	for (size_t n = PM_PREFIX_MIN; n < 40; n++) {
		size_t i = n >= 12;

		teaser[n] ^= 1;   /* what follows does not matter */
		assert_int_equal(pm_prefix_lookup_key(teaser, n), key[i]);
		teaser[n] ^= 1;
	}
	teaser[5] ^= 1;
	assert_int_not_equal(pm_prefix_lookup_key(teaser, 6), key[0]);
}

static void
prefix_depends_on_order(void **state)
{
	uint64_t token[6], swapped;

	(void)state;
	make_tokens(token, 6);
	swapped = pm_prefix_lookup_key(token, 6);
	token[0] ^= token[1];
	token[1] ^= token[0];
	token[0] ^= token[1];
	assert_int_not_equal(pm_prefix_lookup_key(token, 6), swapped);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest_known_values),
		cmocka_unit_test(digest_tells_apart),
		cmocka_unit_test(prefix_counts),
		cmocka_unit_test(prefix_teaser_meets_article),
		cmocka_unit_test(prefix_depends_on_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
