#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <unicode/uversion.h>

#include "base/err.h"
#include "text/dates_internal.h"

static void
assert_same_names(const struct pm_date_name *a, size_t a_n,
    const struct pm_date_name *b, size_t b_n)
{
	assert_int_equal(a_n, b_n);
	for (size_t i = 0; i < a_n; i++) {
		assert_string_equal(a[i].key, b[i].key);
		assert_int_equal(a[i].number, b[i].number);
		assert_int_equal(a[i].number_dotted, b[i].number_dotted);
		assert_int_equal(a[i].flags, b[i].flags);
	}
}

/* When it fails after a change of dates_phrases.c, dates_text.c or
 * dates_build.c: run tests/tools/dates_table.c. */
static void
test_table_is_what_icu_says(void **state)
{
	const struct pm_date_tables *old = &pm_date_tables, *now;
	struct pm_date_built *built;
	struct pm_err err = { 0 };

	(void)state;
	assert_int_equal(pm_date_tables_build(&built, &err), PM_OK);
	now = pm_date_built_tables(built);
	if (strcmp(old->icu_version, now->icu_version) != 0) {
		pm_date_tables_free(built);
		skip();
	}
	assert_int_equal(old->n_spans, now->n_spans);
	for (size_t i = 0; i < old->n_spans; i++) {
		assert_string_equal(old->spans[i].key, now->spans[i].key);
		assert_int_equal(old->spans[i].unit, now->spans[i].unit);
		assert_int_equal(old->spans[i].count, now->spans[i].count);
	}
	assert_same_names(old->months, old->n_months, now->months,
	    now->n_months);
	assert_same_names(old->weekdays, old->n_weekdays, now->weekdays,
	    now->n_weekdays);
	pm_date_tables_free(built);
}

static void
test_table_is_sorted_and_sane(void **state)
{
	const struct pm_date_tables *t = &pm_date_tables;

	(void)state;
	assert_in_range(t->n_spans, 2500, 100000);
	assert_in_range(t->n_months, 1000, 10000);
	for (size_t i = 0; i < t->n_spans; i++) {
		assert_true(i == 0 || strcmp(t->spans[i - 1].key,
		    t->spans[i].key) < 0);
		assert_ptr_equal(pm_date_span_find(t->spans[i].key,
		    strlen(t->spans[i].key)),
		    &t->spans[i]);
		assert_in_range(t->spans[i].unit, 0, PM_UNIT_YEAR);
	}
	for (size_t i = 0; i < t->n_months; i++) {
		assert_ptr_equal(pm_date_name_find(t->months,
		    &t->month_index, t->months[i].key,
		    strlen(t->months[i].key)), &t->months[i]);
		assert_in_range(t->months[i].number, 0, 12);
		assert_in_range(t->months[i].number_dotted, 0, 12);
	}
	assert_null(pm_date_span_find("", 0));
	assert_null(pm_date_span_find("#", 1));
	assert_null(pm_date_span_find("zzz", 3));
}

static void
test_plain_characters_are_what_icu_says(void **state)
{
	UVersionInfo version;
	char now[U_MAX_VERSION_STRING_LENGTH];

	(void)state;
	u_getVersion(version);
	u_versionToString(version, now);
	if (strcmp(pm_date_tables.icu_version, now) != 0)
		skip();
	for (uint32_t c = 0; c <= 0x10ffff; c++)
		if (pm_date_plain(c) != pm_date_plain_of_icu(c))
			fail_msg("U+%04X: U+%04X, not U+%04X", c,
			    pm_date_plain(c), pm_date_plain_of_icu(c));
}

/* What we say ourselves is understood, with a number or without. */
static void
test_every_phrase_is_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < pm_date_phrases_n; i++) {
		char text[PM_DATE_BYTES + 1], *slot;
		struct pm_time_text out;

		assert_in_range(strlen(pm_date_phrases[i].text), 1,
		    PM_DATE_BYTES);
		strcpy(text, pm_date_phrases[i].text);
		if ((slot = strchr(text, '#')) != NULL)
			*slot = '7';
		if (!pm_time_parse(&out, pm_bytes_of(text)) ||
		    out.kind != PM_TIME_RELATIVE || out.hour != -1)
			fail_msg("not understood: %s", text);
	}
}

static void
test_persian_calendar(void **state)
{
	static const int32_t cases[][6] = {
		{ 1403, 1, 1, 2024, 3, 20 }, { 1403, 11, 23, 2025, 2, 11 },
		{ 1403, 12, 30, 2025, 3, 20 }, { 1404, 1, 1, 2025, 3, 21 },
		{ 1399, 12, 30, 2021, 3, 20 }, { 1400, 1, 1, 2021, 3, 21 },
		{ 1357, 11, 22, 1979, 2, 11 }, { 1395, 12, 30, 2017, 3, 20 },
		{ 1408, 12, 30, 2030, 3, 20 }, { 1375, 1, 1, 1996, 3, 20 } };
	int32_t y = 1404, m = 12, d = 30;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		y = cases[i][0], m = cases[i][1], d = cases[i][2];
		assert_true(pm_civil_of_persian(&y, &m, &d));
		assert_int_equal(y, cases[i][3]);
		assert_int_equal(m, cases[i][4]);
		assert_int_equal(d, cases[i][5]);
	}
	y = 1404, m = 12, d = 30;
	assert_false(pm_civil_of_persian(&y, &m, &d));
	y = 1404, m = 7, d = 31;
	assert_false(pm_civil_of_persian(&y, &m, &d));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_is_what_icu_says),
		cmocka_unit_test(test_table_is_sorted_and_sane),
		cmocka_unit_test(test_plain_characters_are_what_icu_says),
		cmocka_unit_test(test_every_phrase_is_understood),
		cmocka_unit_test(test_persian_calendar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
