/* Keys under which a snippet meets a lead, and how much of it stands there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "archive/lead.h"
#include "support.h"

static size_t
shared_keys(const uint64_t *a, size_t a_n, const uint64_t *b, size_t b_n)
{
	size_t shared = 0;

	for (size_t i = 0; i < a_n; i++)
		for (size_t k = 0; k < b_n; k++)
			shared += a[i] == b[k];
	return shared;
}

static void
few_tokens_have_no_keys(void **state)
{
	uint64_t token[64], key[PM_LEAD_KEYS];

	(void)state;
	for (size_t i = 0; i < 64; i++)
		token[i] = i * UINT64_C(0x9e3779b97f4a7c15);
	assert_int_equal(pm_lead_keys(key, token, PM_LEAD_SNIPPET_MIN - 1), 0);
	for (size_t n = PM_LEAD_SNIPPET_MIN; n <= 64; n++) {
		assert_int_equal(pm_lead_keys(key, token, n), PM_LEAD_KEYS);
		assert_true(key[0] < key[1] && key[1] < key[2] && key[0] > 0);
	}
	/* All of one word: one run, one key. */
	for (size_t i = 0; i < 64; i++)
		token[i] = 7;
	assert_int_equal(pm_lead_keys(key, token, 64), 1);
	assert_int_equal(pm_title_key(token, PM_TITLE_TOKENS_MIN - 1), 0);
	assert_int_not_equal(pm_title_key(token, PM_TITLE_TOKENS_MIN), 0);
	assert_int_not_equal(pm_title_key(token, 4), pm_title_key(token, 5));
}

/* What dup/lead.h says: 14 tokens within the first 20 meet 19 times of 20. */
static void
snippets_meet_their_leads(void **state)
{
	enum { TIMES = 4000, LEAD = 40, SNIPPET = 14 };
	uint64_t seed = chance_seed(11), token[LEAD], a[PM_LEAD_KEYS],
	    b[PM_LEAD_KEYS];
	int met = 0, met_strangers = 0;

	(void)state;
	for (int i = 0; i < TIMES; i++) {
		size_t at = chance_below(&seed, 20 - SNIPPET + 1), n, m;

		for (size_t k = 0; k < LEAD; k++)
			token[k] = chance(&seed);
		n = pm_lead_keys(a, token, LEAD);
		m = pm_lead_keys(b, token + at, SNIPPET);
		met += shared_keys(a, n, b, m) > 0;
		m = pm_lead_keys(b, token + 20, SNIPPET);
		met_strangers += shared_keys(a, n, b, m) > 0;
	}
	printf("%d of %d met\n", met, TIMES);
	assert_true(met > TIMES * 94 / 100);
	assert_int_equal(met_strangers, 0);
}

static double
share(const char *snippet, const char *body)
{
	struct pm_lead *a = pm_alloc(2 * sizeof *a, &(struct pm_err){ 0 });
	struct pm_buf scratch;
	struct pm_err err;
	double found;

	assert_non_null(a);
	pm_buf_init(&scratch);
	assert_int_equal(pm_lead_of_snippet(&a[0], pm_bytes_of(snippet),
	    &scratch, &err), PM_OK);
	assert_int_equal(pm_lead_of_body(&a[1], pm_bytes_of(body), &scratch,
	    &err), PM_OK);
	found = pm_lead_contained(&a[0], &a[1]);
	pm_buf_clear(&scratch);
	pm_free(a);
	return found;
}

static bool
near(double a, double b)
{
	return a > b - 1e-9 && a < b + 1e-9;
}

#define WORDS "Masons opened the wall behind the organ loft and found a stair"

static void
shares(void **state)
{
	(void)state;
	/* Twelve tokens, of which the last is cut: nine 3-grams. */
	assert_true(near(share(WORDS "...", WORDS " that leads up."), 1));
	assert_true(near(share(WORDS "...", "HOLLIN, Tuesday - " WORDS "s."),
	    1));
	/* One word in the middle is in three of nine. */
	assert_true(near(share(WORDS "...", "Masons opened the wall under the "
	    "organ loft and found a stair."), 0.6667));
	/* The first is in one. */
	assert_true(near(share(WORDS "...", "Workers opened the wall behind "
	    "the organ loft and found a stair."), 0.8889));
	assert_true(near(share(WORDS "...", "Nothing of the kind was seen."),
	    0));
	assert_true(near(share("Masons opened the wall...", WORDS), 0));
}

/* Another day's report has another number, and often nothing else. */
static void
numbers_must_be_there(void **state)
{
	(void)state;
	assert_true(near(share("On Tuesday 17 ships waited outside the bar for "
	    "the fog to lift and for a pilot...", "On Tuesday 17 ships waited "
	    "outside the bar for the fog to lift and for a boat."), 1));
	assert_true(near(share("On Tuesday 17 ships waited outside the bar for "
	    "the fog to lift and for a pilot...", "On Tuesday 18 ships waited "
	    "outside the bar for the fog to lift and for a boat."), 0));
	assert_true(near(share("On Tuesday 17 ships waited outside the bar for "
	    "the fog to lift and for a pilot...", "On Tuesday \xd9\xa1\xd9\xa7 "
	    "ships waited outside the bar for the fog to lift and for a "
	    "boat."), 1));
}

/* Beyond what PM_LEAD_BEYOND allows a text is no lead any more. */
static void
leads_end(void **state)
{
	char body[4000] = "";
	size_t n = 0;

	(void)state;
	for (int i = 0; i < PM_LEAD_BEYOND + 20; i++)
		n += (size_t)snprintf(body + n, sizeof body - n, "word%c%c ",
		    'a' + i / 20, 'a' + i % 20);
	(void)snprintf(body + n, sizeof body - n, "%s.", WORDS);
	assert_true(near(share(WORDS "...", body), 0));
}

static void
keys_of(uint64_t key[PM_LEAD_KEYS], const char *body)
{
	struct pm_buf scratch;
	struct pm_err err;
	size_t n;

	pm_buf_init(&scratch);
	assert_int_equal(pm_lead_keys_of_body(key, &n, pm_bytes_of(body),
	    &scratch, &err), PM_OK);
	assert_int_equal(n, PM_LEAD_KEYS);
	pm_buf_clear(&scratch);
}

/* The lead is behind headlines, menus and dates. */
static void
leads_begin(void **state)
{
	static const char *const above[] = { "# A title marked as one that is "
	    "longer than twelve words of English are, all in all\n\n",
	    "A headline of twelve words or more stands above a blank line, "
	    "and no stop\n\n", "Home\nNews\n11 February 2025\n", "\n\n" };
	uint64_t want[PM_LEAD_KEYS], key[PM_LEAD_KEYS];
	char body[1000];

	(void)state;
	keys_of(want, WORDS " that leads to a room on no plan of the church.");
	for (size_t i = 0; i < sizeof above / sizeof *above; i++) {
		(void)snprintf(body, sizeof body, "%s%s that leads to a room "
		    "on no plan of the church.\nAnd more.\n", above[i], WORDS);
		keys_of(key, body);
		assert_memory_equal(want, key, sizeof key);
	}
	/* A text that was wrapped begins with its first line. */
	keys_of(want, WORDS " that\nleads to a room on no plan of the church "
	    "that anybody has seen in the last two hundred years or so.");
	keys_of(key, WORDS " that leads to a room on no plan of the church");
	assert_memory_equal(want, key, sizeof key);
}

static void
titles_fold(void **state)
{
	struct pm_buf scratch;
	struct pm_err err;
	uint64_t a, b;

	(void)state;
	pm_buf_init(&scratch);
	assert_int_equal(pm_title_key_of(&a, pm_bytes_of("Lamp oil runs "
	    "\xc2\xab" "short\xc2\xbb"), &scratch, &err), PM_OK);
	assert_int_equal(pm_title_key_of(&b, pm_bytes_of("LAMP OIL runs "
	    "\"short\""), &scratch, &err), PM_OK);
	assert_int_not_equal(a, 0);
	assert_int_equal(a, b);
	assert_int_equal(pm_title_key_of(&b, pm_bytes_of("Lamp oil runs "
	    "low"), &scratch, &err), PM_OK);
	assert_int_not_equal(a, b);
	assert_int_equal(pm_title_key_of(&b, pm_bytes_of("Lamp oil"),
	    &scratch, &err), PM_OK);
	assert_int_equal(b, 0);
	pm_buf_clear(&scratch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_tokens_have_no_keys),
		cmocka_unit_test(snippets_meet_their_leads),
		cmocka_unit_test(shares),
		cmocka_unit_test(numbers_must_be_there),
		cmocka_unit_test(leads_end),
		cmocka_unit_test(leads_begin),
		cmocka_unit_test(titles_fold),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
