/*
 * make_fold_table - write src/text/fold_table.h to standard output; with the
 * argument "pages", src/text/fold_pages.c.
 *
 *	cc -std=c17 -D_POSIX_C_SOURCE=200809L -Iinclude -Isrc \
 *	    -o make_fold_table tests/tools/make_fold_table.c \
 *	    build/libpressmark.a $(pkg-config --libs icu-uc)
 *	./make_fold_table >fold_table.h && mv fold_table.h src/text/
 *	./make_fold_table pages >fold_pages.c && mv fold_pages.c src/text/
 *
 * The rules are those of src/text/fold_reference.c, asked through
 * pm_fold_rule; ICU says which characters may join what stands before them.
 * Any ICU that knows the Unicode version of src/text/fold_rules.h gives the
 * same table.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/utf16.h>

#include "base/utf8.h"
#include "text/fold_pages.h"
#include "text/fold_rules.h"

enum { CHARACTERS = 0x110000, PART = 64, UNITS = 64, POOL = 1 << 17 };

static const UNormalizer2 *form;
static uint32_t entries[CHARACTERS];
static uint8_t pool[POOL];
static size_t pool_n;

static void
die(const char *what, uint32_t c)
{
	fprintf(stderr, "make_fold_table: %s at U+%04X\n", what, c);
	exit(1);
}

static size_t
normalize(uint32_t *out, const uint32_t *in, size_t n, uint32_t name)
{
	UErrorCode code = U_ZERO_ERROR;
	UChar from[2 * UNITS], to[2 * UNITS];
	size_t from_n = 0, i = 0, out_n = 0;
	int32_t length;

	for (size_t k = 0; k < n; k++)
		U16_APPEND_UNSAFE(from, from_n, in[k]);
	length = unorm2_normalize(form, from, (int32_t)from_n, to, UNITS,
	    &code);
	if (U_FAILURE(code))
		die(u_errorName(code), name);
	while (i < (size_t)length)
		out[out_n++] = pm_fold_next16(to, &i);
	return out_n;
}

/*
 * One pass of the rules.  Unlike the reference it keeps a space at either end
 * and every apostrophe: these are settled by what stands around.
 */
static size_t
apply_rules(uint32_t *out, const uint32_t *in, size_t n)
{
	uint32_t base = 0;
	size_t out_n = 0;

	for (size_t i = 0; i < n; i++) {
		uint32_t to;
		enum pm_fold_class class = pm_fold_rule(in[i], &to);
		uint32_t last = out_n > 0 ? out[out_n - 1] : 0;
		uint32_t before = base;

		if (class == PM_FOLD_DROP)
			continue;
		if (u_getCombiningClass((UChar32)in[i]) == 0)
			base = to;
		if (class == PM_FOLD_MARK && (last == ' ' || last == '\'' ||
		    pm_fold_mark_goes(before, in[i])))
			continue;
		if (class == PM_FOLD_SPACE)
			to = ' ';
		else if (class == PM_FOLD_APOSTROPHE)
			to = '\'';
		if (to != ' ' || last != ' ')
			out[out_n++] = to;
	}
	return out_n;
}

static size_t
fold_alone(uint32_t *out, uint32_t c)
{
	uint32_t normal[UNITS], next[UNITS];
	size_t n = 1, next_n;

	out[0] = c;
	for (;;) {
		next_n = normalize(normal, out, n, c);
		next_n = apply_rules(next, normal, next_n);
		if (next_n == n && memcmp(next, out, n * sizeof out[0]) == 0)
			return n;
		memcpy(out, next, next_n * sizeof out[0]);
		n = next_n;
	}
}

/* LETTER, NUMBER or MARK when all of the text is of one kind, else TEXT. */
static enum pm_fold_class
class_of_text(const uint32_t *text, size_t n)
{
	uint32_t to;
	enum pm_fold_class first = pm_fold_rule(text[0], &to);

	if (n == 1)
		return first;
	if (first == PM_FOLD_SPACE || first == PM_FOLD_APOSTROPHE)
		return PM_FOLD_TEXT;
	for (size_t i = 0; i < n; i++)
		if (pm_fold_rule(text[i], &to) != first ||
		    !unorm2_hasBoundaryBefore(form, (UChar32)text[i]))
			return PM_FOLD_TEXT;
	return first;
}

/* Where the pool has the text, its length in front. */
static uint32_t
pooled(const uint8_t *bytes, size_t n)
{
	size_t at = 0;

	while (at < pool_n) {
		if (pool[at] == n && memcmp(pool + at + 1, bytes, n) == 0)
			return (uint32_t)at;
		at += pool[at] + 1u;
	}
	if (pool_n + n + 1 > POOL)
		die("pool is full", 0);
	pool[pool_n++] = (uint8_t)n;
	memcpy(pool + pool_n, bytes, n);
	pool_n += n;
	return (uint32_t)at;
}

static uint32_t
entry_of_text(uint32_t c, const uint32_t *text, size_t n)
{
	uint32_t class = class_of_text(text, n);
	uint8_t bytes[4 * UNITS] = { 0 };
	size_t bytes_n = 0;

	for (size_t i = 0; i < n; i++)
		bytes_n += pm_utf8_put(bytes + bytes_n, text[i]);
	if (n == 1 && text[0] == c && c >= 0x800)
		return class;
	if (class != PM_FOLD_TEXT && bytes_n <= 3)
		return class | (uint32_t)bytes_n << 4 |
		    (uint32_t)bytes[0] << 8 | (uint32_t)bytes[1] << 16 |
		    (uint32_t)bytes[2] << 24;
	return PM_FOLD_TEXT | pooled(bytes, bytes_n) << 8;
}

/* A mark that composes with nothing before it and stays as it is. */
static bool
is_quiet(uint32_t c, const uint32_t *text, size_t n)
{
	return n == 1 && text[0] == c &&
	    u_getCombiningClass((UChar32)c) != 0 &&
	    u_getIntPropertyValue((UChar32)c, UCHAR_NFKC_QUICK_CHECK) ==
	    UNORM_YES && u_getIntPropertyValue((UChar32)c,
	    UCHAR_NFC_QUICK_CHECK) == UNORM_YES;
}

static uint32_t
entry_of(uint32_t c)
{
	uint32_t text[UNITS], to;
	enum pm_fold_class class = pm_fold_rule(c, &to);
	size_t n;

	if (U_IS_SURROGATE(c) || (class == PM_FOLD_SPACE &&
	    u_charType((UChar32)c) == U_UNASSIGNED))
		return PM_FOLD_SPACE;
	if (class == PM_FOLD_APOSTROPHE || class == PM_FOLD_DROP)
		return class;
	n = fold_alone(text, c);
	if (n == 0 && class != PM_FOLD_MARK)
		return PM_FOLD_DROP;
	if (n == 1 && text[0] == ' ')
		return PM_FOLD_SPACE;
	if (n == 1 && text[0] == '\'')
		return PM_FOLD_APOSTROPHE;
	if (!unorm2_hasBoundaryBefore(form, (UChar32)c) || n == 0)
		return class != PM_FOLD_MARK ? PM_FOLD_JOINING_LETTER :
		    is_quiet(c, text, n) ? PM_FOLD_QUIET_MARK :
		    PM_FOLD_JOINING_MARK;
	if (!unorm2_hasBoundaryBefore(form, (UChar32)text[0]))
		die("folds to something that joins", c);
	return entry_of_text(c, text, n);
}

/* The number of this part among those seen, by contents. */
static uint16_t
part_number(void *parts, size_t *parts_n, const void *part, size_t size,
    size_t shared_from)
{
	uint8_t *all = parts;

	for (size_t i = shared_from; i < *parts_n; i++)
		if (memcmp(all + i * size, part, size) == 0)
			return (uint16_t)i;
	memcpy(all + *parts_n * size, part, size);
	return (uint16_t)(*parts_n)++;
}

static void
print16(const char *name, const uint16_t *numbers, size_t n)
{
	size_t column = 80;

	printf("\nstatic const uint16_t %s[%zu] = {", name, n);
	for (size_t i = 0; i < n; i++) {
		if (column > 72)
			column = (size_t)printf("\n") - 1;
		column += (size_t)printf("%u,", numbers[i]);
	}
	printf("\n};\n");
}

static void
print32(const char *name, const uint32_t *numbers, size_t n)
{
	size_t column = 80;

	printf("\nstatic const uint32_t %s[%zu] = {", name, n);
	for (size_t i = 0; i < n; i++) {
		if (column > 68)
			column = (size_t)printf("\n") - 1;
		column += (size_t)printf(numbers[i] < 10 ? "%u," : "0x%x,",
		    numbers[i]);
	}
	printf("\n};\n");
}

static void
print8(const char *name, const uint8_t *numbers, size_t n)
{
	size_t column = 80;

	printf("\nstatic const uint8_t %s[%zu] = {", name, n);
	for (size_t i = 0; i < n; i++) {
		if (column > 75)
			column = (size_t)printf("\n") - 1;
		column += (size_t)printf("%u,", numbers[i]);
	}
	printf("\n};\n");
}

static void
print_table(void)
{
	static uint32_t blocks[CHARACTERS];
	static uint16_t mids[CHARACTERS / PART];
	uint16_t top[CHARACTERS / PART / PART], mid[PART];
	size_t blocks_n = 0, mids_n = 0;

	for (size_t t = 0; t < sizeof top / sizeof top[0]; t++) {
		for (size_t m = 0; m < PART; m++) {
			size_t block = t * PART + m;

			/* The first 32 stand in order: no lookup below U+0800. */
			mid[m] = part_number(blocks, &blocks_n,
			    entries + block * PART, PART * sizeof entries[0],
			    block < 32 ? blocks_n : 0);
		}
		top[t] = part_number(mids, &mids_n, mid, sizeof mid, 0);
	}
	print16("fold_top", top, sizeof top / sizeof top[0]);
	print16("fold_mid", mids, mids_n * PART);
	print32("fold_block", blocks, blocks_n * PART);
	print8("fold_pool", pool, pool_n);
}

/*
 * What the vector kernels do with a character that takes `size` bytes: its
 * last byte and its code.  Two bytes may become any two; of three the last
 * alone may change.
 */
static uint8_t
page_code(uint8_t *last, uint32_t c, size_t size)
{
	uint32_t entry = entries[c];
	uint8_t bytes[4], to[3] = { (uint8_t)(entry >> 8),
	    (uint8_t)(entry >> 16), (uint8_t)(entry >> 24) };
	size_t n = entry >> 4 & 3;

	*last = ' ';
	(void)pm_utf8_put(bytes, c);
	switch (entry & 15) {
	case PM_FOLD_SPACE:
		return PM_FOLD_CODE_SPACE;
	case PM_FOLD_DROP:
		return PM_FOLD_CODE_DROP;
	case PM_FOLD_APOSTROPHE:
		return PM_FOLD_CODE_APOSTROPHE;
	case PM_FOLD_LETTER:
		*last = n == 0 ? bytes[size - 1] : to[n - 1];
		if (n == 1)
			return PM_FOLD_CODE_ONE_LETTER;
		if (size == 2 && n == 2)
			return to[0];
		if (size == 3 && (n == 0 || (n == 3 &&
		    memcmp(to, bytes, 2) == 0)))
			return bytes[0];
		break;
	case PM_FOLD_NUMBER:
		*last = to[0];
		if (n == 1)
			return PM_FOLD_CODE_ONE_NUMBER;
		break;
	default:
		break;
	}
	*last = ' ';
	return PM_FOLD_CODE_STOP;
}

static void
print_page(uint32_t first, size_t size)
{
	struct pm_fold_page page;

	for (uint32_t i = 0; i < PM_FOLD_PAGE; i++)
		page.code[i] = page_code(&page.last[i], first + i, size);
	printf("\t{ /* U+%04X */\n\t{", first);
	for (size_t i = 0; i < PM_FOLD_PAGE; i++)
		printf("%s%u,", i % 16 == 0 ? "\n\t" : "", page.last[i]);
	printf(" },\n\t{");
	for (size_t i = 0; i < PM_FOLD_PAGE; i++)
		printf("%s%u,", i % 16 == 0 ? "\n\t" : "", page.code[i]);
	printf(" } },\n");
}

/* The letters of these all stay as they are: see ideographs() of the
 * kernels. */
static void
check_letters(uint32_t first, uint32_t last)
{
	for (uint32_t c = first; c <= last; c++)
		if (entries[c] != PM_FOLD_LETTER)
			die("does not stay as it is", c);
}

static void
print_squeeze(void)
{
	printf("\nconst uint8_t pm_fold_squeeze[256][8] = {\n");
	for (unsigned keep = 0; keep < 256; keep++) {
		unsigned n = 0;

		printf("\t{ ");
		for (unsigned i = 0; i < 8; i++)
			if (keep >> i & 1)
				n += (unsigned)(printf("%u, ", i) > 0);
		for (; n < 8; n++)
			printf("255, ");
		printf("},\n");
	}
	printf("};\n");
}

static void
print_pages(void)
{
	/* Vietnamese, Georgian, punctuation, Kana, full width. */
	static const uint32_t three[] = { 0x1080, 0x1e80, 0x2000, 0x3000,
		0x3080, 0xff00 };
	uint8_t number[16][32] = { 0 };

	check_letters(0x4e00, 0x9fff);
	check_letters(0xac00, 0xd77f);
	printf("/*\n"
	    " * Made by tests/tools/make_fold_table.c; do not edit.\n"
	    " * Unicode " PM_FOLD_UNICODE ", rules of fold_reference.c.\n"
	    " */\n"
	    "#include \"text/fold_pages.h\"\n\n"
	    "const struct pm_fold_page pm_fold_two[15] = {\n");
	for (uint32_t c = 0x80; c < 0x800; c += PM_FOLD_PAGE)
		print_page(c, 2);
	printf("};\n\nconst struct pm_fold_page pm_fold_three[] = {\n");
	for (size_t i = 0; i < sizeof three / sizeof three[0]; i++) {
		print_page(three[i], 3);
		number[three[i] >> 12][three[i] >> 7 & 31] = (uint8_t)(i + 1);
	}
	printf("};\n\nconst uint8_t pm_fold_three_of[16][32] = {\n");
	for (size_t i = 0; i < 16; i++) {
		printf("\t{ ");
		for (size_t j = 0; j < 32; j++)
			printf("%u,", number[i][j]);
		printf(" },\n");
	}
	printf("};\n");
	print_squeeze();
}

int
main(int argc, char **argv)
{
	UErrorCode code = U_ZERO_ERROR;
	UVersionInfo version;

	u_getUnicodeVersion(version);
	if (version[0] < PM_FOLD_UNICODE_MAJOR)
		die("ICU is older than the table's Unicode", 0);
	form = unorm2_getNFKCCasefoldInstance(&code);
	if (U_FAILURE(code))
		die(u_errorName(code), 0);
	for (uint32_t c = 0; c < CHARACTERS; c++)
		entries[c] = entry_of(c);
	if (argc > 1 && strcmp(argv[1], "pages") == 0) {
		print_pages();
		return 0;
	}
	/* The quick loop writes a space as it does a letter. */
	for (uint32_t c = 0; c < 0x800; c++)
		if (entries[c] == PM_FOLD_SPACE)
			entries[c] = PM_FOLD_SPACE | 1u << 4 | ' ' << 8;
	printf("/*\n"
	    " * Made by tests/tools/make_fold_table.c; do not edit.\n"
	    " * Unicode " PM_FOLD_UNICODE ", rules of fold_reference.c.\n"
	    " *\n"
	    " * fold_block[fold_mid[fold_top[c >> 12] * 64 + (c >> 6 & 63)] * 64"
	    " + (c & 63)]\n"
	    " * is the entry of c; below U+0800 fold_block[c] is.  An entry:"
	    " bits 0 to 3 its\n"
	    " * pm_fold_class, 4 and 5 how many bytes of UTF-8 it becomes (0:"
	    " itself), 8 to\n"
	    " * 31 those bytes, first lowest.  PM_FOLD_TEXT: from bit 8 the place"
	    " in fold_pool\n"
	    " * of a length and so many bytes.\n"
	    " */\n");
	print_table();
	return 0;
}
