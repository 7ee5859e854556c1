/*
 * Writes src/text/dates_table.c from the ICU that is installed.  From the
 * top, after `make`:
 *
 *	cc -std=c17 -Iinclude -Isrc -o build/dates_table \
 *	    tests/tools/dates_table.c build/libpressmark.a \
 *	    $(pkg-config --libs icu-i18n icu-uc) -pthread
 *	build/dates_table >src/text/dates_table.c
 *
 * tests/unit/test_dates_table.c tells when it has to be done again: twice, if
 * ICU has changed, since keys are made of plain characters, which are in the
 * table too.
 */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/utf8.h"
#include "text/dates_internal.h"

static void
print_names(const char *array, const struct pm_date_name *names, size_t n)
{
	printf("\nstatic const struct pm_date_name %s[] = {\n", array);
	for (size_t i = 0; i < n; i++)
		printf("{\"%s\",%d,%d,%d},\n", names[i].key, names[i].number,
		    names[i].number_dotted, names[i].flags);
	printf("};\n");
}

static void
print_spans(const struct pm_date_span *spans, size_t n)
{
	printf("static const struct pm_date_span spans[] = {\n");
	for (size_t i = 0; i < n; i++)
		printf("{\"%s\",%d,%d},\n", spans[i].key, spans[i].unit,
		    spans[i].count);
	printf("};\n");
}

/* Keys at `stride` bytes from each other, as pm_date_index has them. */
static void
print_index(const char *array, const char *key, size_t stride, size_t n,
    size_t slot_n)
{
	static uint16_t slot[1 << 16];

	memset(slot, 0, sizeof slot);
	for (size_t i = 0; i < n; i++) {
		const char *this = key + i * stride;
		size_t at = pm_date_hash(this, strlen(this)) & (slot_n - 1);

		while (slot[at] != 0)
			at = (at + 1) & (slot_n - 1);
		slot[at] = (uint16_t)(i + 1);
	}
	printf("\nstatic const uint16_t %s[] = {\n", array);
	for (size_t i = 0; i < slot_n; i++)
		printf("%d,%s", slot[i], i % 16 == 15 ? "\n" : "");
	printf("};\n");
}

/* How the key begins, in front of a number. */
static void
set_pair(uint64_t *bits, const char *text)
{
	struct pm_bytes key = { (const uint8_t *)text, strcspn(text, "#") };
	size_t at = 0;
	uint32_t first, pair;

	if (key.n == 0)
		return;
	first = pm_utf8_next(key, &at);
	pair = pm_date_pair(first, at == key.n ? 0 : pm_utf8_next(key, &at));
	bits[pair / 64] |= UINT64_C(1) << pair % 64;
}

static void
set_words(uint64_t *bits, const char *const *words)
{
	for (; *words != NULL; words++)
		set_pair(bits, *words);
}

static void
print_pairs(const char *array, const uint64_t *bits)
{
	printf("\nstatic const uint64_t %s[] = {\n", array);
	for (size_t i = 0; i < PM_DATE_PAIRS / 64; i++)
		printf("0x%llxU,%s", (unsigned long long)bits[i],
		    i % 4 == 3 ? "\n" : "");
	printf("};\n");
}

static void
print_all_pairs(const struct pm_date_tables *t)
{
	static uint64_t months[PM_DATE_PAIRS / 64], bare[PM_DATE_PAIRS / 64];
	static uint64_t number[PM_DATE_PAIRS / 64], after[PM_DATE_PAIRS / 64];

	for (size_t i = 0; i < t->n_months; i++) {
		set_pair(months, t->months[i].key);
		set_pair(number, t->months[i].key);
		set_pair(after, t->months[i].key);
	}
	for (size_t i = 0; i < t->n_weekdays; i++)
		set_pair(number, t->weekdays[i].key);
	for (size_t i = 0; i < t->n_spans; i++) {
		set_pair(number, t->spans[i].key);
		if (strchr(t->spans[i].key, '#') == NULL)
			set_pair(bare, t->spans[i].key);
	}
	set_words(bare, pm_date_about);
	set_words(number, pm_date_about);
	set_words(number, pm_date_articles);
	set_words(number, pm_date_before_clock);
	set_words(number, pm_date_am);
	set_words(number, pm_date_pm);
	set_words(after, pm_date_day_words);
	set_words(after, pm_date_month_words);
	set_words(after, pm_date_year_words);
	print_pairs("month_pairs", months);
	print_pairs("bare_pairs", bare);
	print_pairs("number_pairs", number);
	print_pairs("after_pairs", after);
}

static void
print_plain(void)
{
	static uint16_t kinds[256][128];
	static uint8_t block[512];
	size_t n = 0;

	for (uint32_t i = 0; i < 512; i++) {
		size_t k = 0;

		for (uint32_t c = i << 7; c < (i + 1) << 7; c++) {
			uint32_t plain = pm_date_plain_of_icu(c);

			kinds[n][c & 127] = plain == c && c >= 0x80 ?
			    PM_DATE_ITSELF : (uint16_t)plain;
		}
		while (memcmp(kinds[k], kinds[n], sizeof kinds[n]) != 0)
			k++;
		n += k == n;
		block[i] = (uint8_t)k;
	}
	printf("\nconst uint8_t pm_date_plain_block[512] = {\n");
	for (size_t i = 0; i < 512; i++)
		printf("%d,%s", block[i], i % 16 == 15 ? "\n" : "");
	printf("};\n\nconst uint16_t pm_date_plain_table[][128] = {\n");
	for (size_t i = 0; i < n; i++) {
		printf("{");
		for (size_t c = 0; c < 128; c++)
			printf("%d%s", kinds[i][c], c == 127 ? "},\n" :
			    c % 16 == 15 ? ",\n" : ",");
	}
	printf("};\n");
}

static void
print_indexes(const struct pm_date_tables *t)
{
	print_index("span_slots", t->spans[0].key, sizeof t->spans[0],
	    t->n_spans, 8192);
	print_index("month_slots", t->months[0].key, sizeof t->months[0],
	    t->n_months, 4096);
	print_index("weekday_slots", t->weekdays[0].key,
	    sizeof t->weekdays[0], t->n_weekdays, 4096);
	print_all_pairs(t);
	print_plain();
}

int
main(void)
{
	struct pm_err err = { 0 };
	struct pm_date_built *built;
	const struct pm_date_tables *t;

	if (pm_date_tables_build(&built, &err) != PM_OK) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	t = pm_date_built_tables(built);
	printf("/* Generated by tests/tools/dates_table.c from ICU %s and "
	    "dates_phrases.c;\n * do not edit. */\n"
	    "#include \"text/dates_internal.h\"\n\n", t->icu_version);
	print_spans(t->spans, t->n_spans);
	print_names("months", t->months, t->n_months);
	print_names("weekdays", t->weekdays, t->n_weekdays);
	print_indexes(t);
	printf("\nconst struct pm_date_tables pm_date_tables = {\n"
	    "\t\"%s\",\n"
	    "\tspans, sizeof spans / sizeof spans[0],\n"
	    "\tmonths, sizeof months / sizeof months[0],\n"
	    "\tweekdays, sizeof weekdays / sizeof weekdays[0],\n"
	    "\t{ span_slots, sizeof span_slots / sizeof span_slots[0] },\n"
	    "\t{ month_slots, sizeof month_slots / sizeof month_slots[0] },"
	    "\n\t{ weekday_slots, sizeof weekday_slots / "
	    "sizeof weekday_slots[0] },\n"
	    "\tmonth_pairs, bare_pairs, number_pairs, after_pairs\n};\n",
	    t->icu_version);
	pm_date_tables_free(built);
	return 0;
}
