/* Orders of texts: every text once, and like texts in one frame. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#include "archive/alike.h"

enum { TEXTS = 60, KINDS = 6, MOST = 64, WORDS = 300 };

struct corpus {
	uint32_t value[TEXTS * MOST];
	uint8_t value_n[TEXTS];
	uint64_t bytes[TEXTS];
};

/* Text i is of kind i % KINDS: most of its words are those of the kind. */
static void
make_corpus(struct corpus *corpus)
{
	for (unsigned i = 0; i < TEXTS; i++) {
		char text[WORDS * 16];
		struct pm_sample sample;
		size_t n = 0;

		for (unsigned k = 0; k < WORDS; k++)
			n += (size_t)snprintf(text + n, sizeof text - n,
			    "w%u ", k % 10 == 9 ? 100000 + i * WORDS + k :
			    i % KINDS * 1000 + k);
		pm_sample(&sample, (struct pm_bytes){ (uint8_t *)text, n });
		memcpy(corpus->value + i * MOST, sample.value,
		    sample.n * sizeof *sample.value);
		corpus->value_n[i] = (uint8_t)sample.n;
		corpus->bytes[i] = 1000;
	}
}

static struct pm_alike
alike_of(const struct corpus *corpus, size_t n)
{
	return (struct pm_alike){ .n = n, .value = corpus->value,
	    .value_n = corpus->value_n, .most = MOST,
	    .bytes = corpus->bytes, .frame_bytes = 10000 };
}

static void
test_kinds_share_frames(void **state)
{
	static struct corpus corpus;
	uint32_t order[TEXTS], seen[TEXTS] = { 0 };
	struct pm_alike alike;
	struct pm_err err;

	(void)state;
	make_corpus(&corpus);
	alike = alike_of(&corpus, TEXTS);
	for (uint32_t i = 0; i < TEXTS; i++)
		order[i] = i;
	assert_int_equal(pm_alike_order(order, &alike, &err), PM_OK);
	for (size_t i = 0; i < TEXTS; i++) {
		assert_true(order[i] < TEXTS);
		assert_int_equal(seen[order[i]]++, 0);
		/* Ten texts fill a frame, and there are ten of a kind. */
		assert_int_equal(order[i] % KINDS, order[i / 10 * 10] % KINDS);
	}
	assert_int_equal(order[0], 0);
}

static void
test_order_stays_without_likeness(void **state)
{
	static struct corpus corpus;
	uint32_t order[TEXTS];
	struct pm_alike alike = alike_of(&corpus, TEXTS);
	struct pm_err err;

	(void)state;
	for (uint32_t i = 0; i < TEXTS; i++) {
		order[i] = TEXTS - 1 - i;
		corpus.value_n[i] = 0;
		corpus.bytes[i] = i * 700;
	}
	assert_int_equal(pm_alike_order(order, &alike, &err), PM_OK);
	for (uint32_t i = 0; i < TEXTS; i++)
		assert_int_equal(order[i], TEXTS - 1 - i);
	alike.n = 0;
	assert_int_equal(pm_alike_order(order, &alike, &err), PM_OK);
}

static void
test_samples(void **state)
{
	static const char text[] = "one two three four five two three four";
	struct pm_sample a, b;
	static char many[1 << 16];
	size_t n = 0;

	(void)state;
	pm_sample(&a, (struct pm_bytes){ (const uint8_t *)text,
	    sizeof text - 1 });
	/* Eight words, seven distinct triples of a word and the two before. */
	assert_int_equal(a.n, 7);
	for (uint32_t i = 1; i < a.n; i++)
		assert_true(a.value[i - 1] < a.value[i]);
	pm_sample(&b, (struct pm_bytes){ 0 });
	assert_int_equal(b.n, 0);
	while (n < sizeof many - 16)
		n += (size_t)snprintf(many + n, sizeof many - n, "%zu ", n);
	pm_sample(&a, (struct pm_bytes){ (const uint8_t *)many, n });
	assert_int_equal(a.n, PM_SAMPLES);
	/* The smallest, so twice the text has the same but where it meets. */
	pm_sample(&b, (struct pm_bytes){ (const uint8_t *)many, n / 2 });
	assert_int_equal(b.n, PM_SAMPLES);
	assert_true(b.value[PM_SAMPLES - 1] > a.value[PM_SAMPLES - 1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds_share_frames),
		cmocka_unit_test(test_order_stays_without_likeness),
		cmocka_unit_test(test_samples)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
