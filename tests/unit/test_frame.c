/* Frames and the tar members in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "store/frame.h"
#include "store/sha256.h"

static struct pm_frame_coder *
new_coder(void)
{
	struct pm_frame_coder *coder = NULL;
	struct pm_err err;

	assert_int_equal(pm_frame_coder_new(&coder, &err), PM_OK);
	return coder;
}

static void
test_sha256(void **state)
{
	/* FIPS 180-4 */
	static const char abc[] = "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad";
	static const char empty[] = "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855";
	struct pm_sha256_state *sha;
	uint8_t sum[PM_SHA256_BYTES];
	char hex[2 * PM_SHA256_BYTES + 1];
	struct pm_err err;

	(void)state;
	pm_sha256(sum, pm_bytes_of("abc"));
	pm_hex(hex, sum, sizeof sum);
	assert_string_equal(hex, abc);
	pm_sha256(sum, (struct pm_bytes){ NULL, 0 });
	pm_hex(hex, sum, sizeof sum);
	assert_string_equal(hex, empty);
	assert_non_null(sha = pm_sha256_new(&err));
	for (unsigned i = 0; i < 2; i++) {
		pm_sha256_update(sha, pm_bytes_of("a"));
		pm_sha256_update(sha, (struct pm_bytes){ NULL, 0 });
		pm_sha256_update(sha, pm_bytes_of("bc"));
		pm_sha256_final(sum, sha);
		pm_hex(hex, sum, sizeof sum);
		assert_string_equal(hex, abc);
	}
	pm_sha256_final(sum, sha);
	pm_hex(hex, sum, sizeof sum);
	assert_string_equal(hex, empty);
	pm_sha256_free(sha);
	pm_sha256_free(NULL);
}

static void
test_tar_round_trip(void **state)
{
	static const char long_name[] =
	    "0123456789012345678901234567890123456789"
	    "0123456789012345678901234567890123456789"
	    "01234567890123456789";
	struct pm_tar_member member;
	struct pm_buf plain;
	struct pm_err err;
	size_t at = 0;

	(void)state;
	pm_buf_init(&plain);
	assert_int_equal(pm_tar_append(&plain, "a/1.txt",
	    pm_bytes_of("first"), 1739232000, &err), PM_OK);
	assert_int_equal(plain.n, 1024);
	assert_int_equal(pm_tar_append(&plain, "empty", pm_bytes_of(""), -5,
	    &err), PM_OK);
	assert_int_equal(pm_tar_append(&plain, long_name,
	    (struct pm_bytes){ plain.p, 0 }, INT64_MAX, &err), PM_OK);
	assert_int_equal(plain.n, 2048);
	/* 512 bytes need no padding */
	{
		uint8_t block[512] = { 7 };

		assert_int_equal(pm_tar_append(&plain, "b",
		    (struct pm_bytes){ block, 512 }, 0, &err), PM_OK);
	}
	assert_int_equal(plain.n, 3072);
	assert_int_equal(pm_tar_append(&plain, "", pm_bytes_of(""), 0, &err),
	    PM_EUSAGE);
	assert_int_equal(pm_tar_append(&plain, "a name of a hundred and one "
	    "bytes xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	    "xxxxxxxxxxxxxxxx", pm_bytes_of(""), 0, &err), PM_EUSAGE);
	assert_int_equal(plain.n, 3072);
	assert_int_equal(pm_buf_append_zero(&plain, 1024, &err), PM_OK);
	assert_int_equal(pm_tar_next(&member, pm_buf_bytes(&plain), &at,
	    &err), PM_OK);
	assert_string_equal(member.name, "a/1.txt");
	assert_true(pm_bytes_equal(member.data, pm_bytes_of("first")));
	assert_int_equal(member.data_at, 512);
	assert_int_equal(pm_tar_next(&member, pm_buf_bytes(&plain), &at,
	    &err), PM_OK);
	assert_string_equal(member.name, "empty");
	assert_int_equal(member.data.n, 0);
	assert_int_equal(pm_tar_next(&member, pm_buf_bytes(&plain), &at,
	    &err), PM_OK);
	assert_string_equal(member.name, long_name);
	assert_int_equal(pm_tar_next(&member, pm_buf_bytes(&plain), &at,
	    &err), PM_OK);
	assert_int_equal(member.data.n, 512);
	assert_int_equal(member.data.p[0], 7);
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(pm_tar_next(&member, pm_buf_bytes(&plain),
		    &at, &err), PM_END);
	pm_buf_clear(&plain);
}

/* Every byte of a header matters, and every cut is seen. */
static void
test_tar_hostile(void **state)
{
	struct pm_tar_member member;
	struct pm_buf plain;
	struct pm_err err;

	(void)state;
	pm_buf_init(&plain);
	assert_int_equal(pm_tar_append(&plain, "x", pm_bytes_of("body"), 1,
	    &err), PM_OK);
	for (size_t i = 0; i < 512; i++) {
		size_t at = 0;

		plain.p[i] ^= 1;
		/* the last byte of the sum is only a separator */
		if (i != 155 && pm_tar_next(&member, pm_buf_bytes(&plain),
		    &at, &err) != PM_ECORRUPT)
			fail_msg("byte %zu", i);
		plain.p[i] ^= 1;
	}
	for (size_t n = 1; n < plain.n; n++) {
		uint8_t *cut = pm_alloc(n, &err);
		size_t at = 0;

		memcpy(cut, plain.p, n);
		assert_int_equal(pm_tar_next(&member, (struct pm_bytes){ cut,
		    n }, &at, &err), PM_ECORRUPT);
		pm_free(cut);
	}
	/* A true sum over a size that cannot be. */
	for (size_t digits = 1; digits <= 12; digits++) {
		uint32_t sum = 0;
		size_t at = 0;

		memset(plain.p + 124, '7', digits);
		memset(plain.p + 148, ' ', 8);
		for (size_t i = 0; i < 512; i++)
			sum += plain.p[i];
		for (int i = 5; i >= 0; i--, sum >>= 3)
			plain.p[148 + i] = (uint8_t)('0' + (sum & 7));
		assert_int_equal(pm_tar_next(&member, pm_buf_bytes(&plain),
		    &at, &err), PM_ECORRUPT);
		assert_int_equal(at, 0);
	}
	pm_buf_clear(&plain);
}

static void
fill(struct pm_buf *plain, size_t n)
{
	struct pm_err err;
	uint32_t seed = 1;

	assert_int_equal(pm_buf_reserve(plain, n, &err), PM_OK);
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1664525 + 1013904223;
		plain->p[i] = (uint8_t)"etaoin shrdlu\n<p>"[(seed >> 24) % 17];
	}
	plain->n = n;
}

static void
test_frame_round_trip(void **state)
{
	static const size_t sizes[] = { 0, 1, 511, 100000, 3 << 20,
	    PM_FRAME_PLAIN_MAX };
	static const int levels[] = { -5, 1, 3, 19 };
	struct pm_frame_coder *coder = new_coder();
	struct pm_buf plain, packed, again;
	struct pm_err err;

	(void)state;
	pm_buf_init(&plain);
	pm_buf_init(&packed);
	pm_buf_init(&again);
	for (size_t i = 0; i < 6; i++)
		for (size_t k = 0; k < (sizes[i] > 1 << 20 ? 2 : 4); k++) {
			fill(&plain, sizes[i]);
			pm_buf_reset(&packed);
			pm_buf_reset(&again);
			assert_int_equal(pm_frame_encode(coder, &packed,
			    pm_buf_bytes(&plain), levels[k], &err), PM_OK);
			assert_int_equal(pm_frame_measure(
			    pm_buf_bytes(&packed)), packed.n);
			/* descriptor: checksum on, no dictionary */
			assert_int_equal(packed.p[4] & 0x07, 0x04);
			assert_int_equal(pm_frame_decode(coder, &again,
			    pm_buf_bytes(&packed), &err), PM_OK);
			assert_true(pm_bytes_equal(pm_buf_bytes(&plain),
			    pm_buf_bytes(&again)));
		}
	/* window of at most 8 MiB: exponent 13 over 10, no mantissa */
	assert_int_equal(packed.p[4] & 0x20, 0);
	assert_true(packed.p[5] <= 13 << 3);
	assert_int_equal(pm_buf_append_zero(&plain, 1, &err), PM_OK);
	assert_int_equal(pm_frame_encode(coder, &packed,
	    pm_buf_bytes(&plain), 1, &err), PM_ELIMIT);
	assert_int_equal(pm_frame_encode(coder, &packed, pm_bytes_of("x"),
	    23, &err), PM_EUSAGE);
	pm_frame_coder_free(coder);
	pm_frame_coder_free(NULL);
	pm_buf_clear(&plain);
	pm_buf_clear(&packed);
	pm_buf_clear(&again);
}

static void
test_frame_hostile(void **state)
{
	/* magic, descriptor: content size in 8 bytes, single segment */
	static const uint8_t huge[] = { 0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0,
	    0, 1, 0, 0, 0, 1, 0, 0 };
	/* one empty last block, size unknown, window 1 KiB */
	static const uint8_t unknown[] = { 0x28, 0xb5, 0x2f, 0xfd, 0, 0, 1, 0,
	    0 };
	static const uint8_t skip[] = { 0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0,
	    1, 2 };
	struct pm_frame_coder *coder = new_coder();
	struct pm_buf plain, packed, again;
	struct pm_err err;

	(void)state;
	pm_buf_init(&plain);
	pm_buf_init(&packed);
	pm_buf_init(&again);
	assert_int_equal(pm_frame_decode(coder, &again,
	    (struct pm_bytes){ huge, sizeof huge }, &err), PM_ELIMIT);
	assert_int_equal(pm_frame_decode(coder, &again,
	    (struct pm_bytes){ unknown, sizeof unknown }, &err), PM_ECORRUPT);
	assert_int_equal(pm_frame_measure((struct pm_bytes){ unknown,
	    sizeof unknown }), sizeof unknown);
	assert_int_equal(pm_frame_decode(coder, &again,
	    (struct pm_bytes){ skip, sizeof skip }, &err), PM_ECORRUPT);
	assert_int_equal(pm_frame_measure((struct pm_bytes){ skip,
	    sizeof skip }), sizeof skip);
	assert_int_equal(pm_frame_measure((struct pm_bytes){ skip,
	    sizeof skip - 1 }), 0);
	fill(&plain, 3000);
	assert_int_equal(pm_frame_encode(coder, &packed,
	    pm_buf_bytes(&plain), 3, &err), PM_OK);
	for (size_t n = 0; n < packed.n; n++) {
		uint8_t *cut = pm_alloc(n, &err);

		if (n > 0)
			memcpy(cut, packed.p, n);
		assert_int_equal(pm_frame_measure((struct pm_bytes){ cut,
		    n }), 0);
		assert_int_equal(pm_frame_decode(coder, &again,
		    (struct pm_bytes){ cut, n }, &err), PM_ECORRUPT);
		pm_free(cut);
	}
	/* A flip never gives other bytes; in bits that zstd ignores it may
	 * give the same. */
	for (size_t i = 0; i < packed.n * 8; i++) {
		pm_buf_reset(&again);
		packed.p[i / 8] ^= (uint8_t)(1 << i % 8);
		if (pm_frame_decode(coder, &again, pm_buf_bytes(&packed),
		    &err) == PM_OK)
			assert_true(pm_bytes_equal(pm_buf_bytes(&plain),
			    pm_buf_bytes(&again)));
		packed.p[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	assert_int_equal(pm_buf_append_zero(&packed, 1, &err), PM_OK);
	pm_buf_reset(&again);
	assert_int_equal(pm_frame_decode(coder, &again,
	    pm_buf_bytes(&packed), &err), PM_ECORRUPT);
	assert_int_equal(again.n, 0);
	pm_frame_coder_free(coder);
	pm_buf_clear(&plain);
	pm_buf_clear(&packed);
	pm_buf_clear(&again);
}

/* Two streams end to end are frames whose size is known from decoding. */
static void
test_stream(void **state)
{
	struct pm_zstd_stream *stream = NULL;
	struct pm_buf plain, packed;
	struct pm_err err;
	size_t first;

	(void)state;
	pm_buf_init(&plain);
	pm_buf_init(&packed);
	assert_int_equal(pm_zstd_stream_new(&stream, 99, &err), PM_EUSAGE);
	assert_int_equal(pm_zstd_stream_new(&stream, 3, &err), PM_OK);
	fill(&plain, 1 << 20);
	for (size_t at = 0; at < plain.n; at += 100003)
		assert_int_equal(pm_zstd_stream_write(stream, &packed,
		    (struct pm_bytes){ plain.p + at, plain.n - at < 100003 ?
		    plain.n - at : 100003 }, PM_ZSTD_GO_ON, &err), PM_OK);
	assert_int_equal(pm_zstd_stream_write(stream, &packed,
	    (struct pm_bytes){ NULL, 0 }, PM_ZSTD_FINISH, &err), PM_OK);
	first = packed.n;
	assert_int_equal(pm_frame_measure(pm_buf_bytes(&packed)), first);
	assert_int_equal(pm_zstd_stream_write(stream, &packed,
	    pm_buf_bytes(&plain), PM_ZSTD_FINISH, &err), PM_OK);
	/* All of it given at once: then the frame says its size. */
	{
		struct pm_frame_coder *coder = new_coder();
		struct pm_buf again;

		pm_buf_init(&again);
		assert_int_equal(pm_frame_decode(coder, &again,
		    (struct pm_bytes){ packed.p + first, packed.n - first },
		    &err), PM_OK);
		assert_true(pm_bytes_equal(pm_buf_bytes(&again),
		    pm_buf_bytes(&plain)));
		pm_buf_clear(&again);
		pm_frame_coder_free(coder);
	}
	pm_zstd_stream_free(stream);
	pm_zstd_stream_free(NULL);
	pm_buf_clear(&plain);
	pm_buf_clear(&packed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256),
		cmocka_unit_test(test_tar_round_trip),
		cmocka_unit_test(test_tar_hostile),
		cmocka_unit_test(test_frame_round_trip),
		cmocka_unit_test(test_frame_hostile),
		cmocka_unit_test(test_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
