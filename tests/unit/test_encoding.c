/*
 * Encodings: what is found, what is declared, what is decoded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unicode/ucnv.h>

#include "base/buf.h"
#include "text/encoding.h"

static struct pm_err err;

#define BYTES(s) ((struct pm_bytes){ (const uint8_t *)(s), sizeof(s) - 1 })

static const char russian[] = "Городской совет утвердил бюджет на следующий "
    "год. По словам мэра, больше всего денег пойдёт на ремонт дорог и школ. "
    "Жители просили построить новую поликлинику, но решение отложили.";
static const char german[] = "Der Stadtrat hat am Dienstag über den Haushalt "
    "für das nächste Jahr abgestimmt. Die Bürgermeisterin erklärte, für die "
    "Straßen und Brücken stünden künftig größere Beträge zur Verfügung.";
static const char chinese[] = "市议会星期二通过了明年的预算。市长说，大部分资金将用于"
    "修路和学校建设。居民希望新建一所医院，但是决定被推迟了。";
static const char japanese[] = "市議会は火曜日、来年度の予算を承認した。市長によると、"
    "予算の大部分は道路と学校の整備に使われるという。";
static const char arabic[] = "وافق مجلس المدينة يوم الثلاثاء على ميزانية العام "
    "المقبل، وقال رئيس البلدية إن معظم الأموال ستذهب إلى الطرق والمدارس.";
static const char polish[] = "Rada miasta przyjęła we wtorek budżet na przyszły "
    "rok. Jak powiedział burmistrz, najwięcej pieniędzy zostanie przeznaczone "
    "na drogi i szkoły, których mieszkańcy od dawna się domagają.";

/* The text in an encoding of ICU's. */
static struct pm_bytes
coded(const char *encoding, const char *text)
{
	static char out[8192];
	UErrorCode status = U_ZERO_ERROR;
	int32_t n = ucnv_convert(encoding, "UTF-8", out, sizeof out, text, -1,
	    &status);

	assert_true(U_SUCCESS(status));
	return (struct pm_bytes){ (uint8_t *)out, (size_t)n };
}

static void
assert_decoded(const struct pm_encoding *found, struct pm_bytes bytes,
    const char *want, uint64_t want_bad)
{
	struct pm_buf out;
	uint64_t bad = 0;

	pm_buf_init(&out);
	assert_int_equal(pm_encoding_decode(&out, &bad, found, bytes, &err),
	    PM_OK);
	assert_int_equal(pm_buf_append_byte(&out, 0, &err), PM_OK);
	assert_string_equal((char *)out.p, want);
	assert_int_equal(bad, want_bad);
	pm_buf_clear(&out);
}

static void
assert_found(struct pm_bytes bytes, const char *declared, const char *name,
    enum pm_encoding_source source, const char *want)
{
	struct pm_encoding found;

	assert_true(pm_encoding_find(&found, bytes, pm_bytes_of(declared)));
	assert_string_equal(found.name, name);
	assert_int_equal(found.source, source);
	assert_decoded(&found, bytes, want, 0);
}

static void
test_bom(void **state)
{
	(void)state;
	assert_found(BYTES("\xef\xbb\xbfж"), "windows-1251", "UTF-8",
	    PM_ENCODING_BOM, "ж");
	assert_found(BYTES("\xff\xfe\x36\x04" "a\0"), "", "UTF-16LE",
	    PM_ENCODING_BOM, "жa");
	assert_found(BYTES("\xfe\xff\x04\x36\0a"), "", "UTF-16BE",
	    PM_ENCODING_BOM, "жa");
	assert_found(BYTES("\xff\xfe\0\0\x36\x04\0\0"), "", "UTF-32LE",
	    PM_ENCODING_BOM, "ж");
	assert_found(BYTES("\0\0\xfe\xff\0\0\x04\x36"), "", "UTF-32BE",
	    PM_ENCODING_BOM, "ж");
	assert_found(BYTES("\xef\xbb\xbf"), "", "UTF-8", PM_ENCODING_BOM, "");
}

static void
test_valid(void **state)
{
	struct pm_encoding found;

	(void)state;
	assert_found(BYTES(""), "", "UTF-8", PM_ENCODING_VALID, "");
	assert_found(pm_bytes_of(russian), "windows-1251", "UTF-8",
	    PM_ENCODING_VALID, russian);
	assert_true(pm_encoding_find(&found, pm_bytes_of(russian), BYTES("")));
	assert_true(found.utf8);
	assert_int_equal(found.bom_n, 0);
}

static void
test_nearly_valid(void **state)
{
	struct pm_encoding found;
	struct pm_bytes cut = { (const uint8_t *)russian,
		sizeof "Город" - 2 };

	(void)state;
	assert_true(pm_encoding_find(&found, cut, BYTES("")));
	assert_string_equal(found.name, "UTF-8");
	assert_false(found.utf8);
	assert_decoded(&found, cut, "Горо\xef\xbf\xbd", 1);
}

static void
test_wide_without_bom(void **state)
{
	static const char *const names[] = { "UTF-16LE", "UTF-16BE",
		"UTF-32LE", "UTF-32BE" };

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_found(coded(names[i], russian), "", names[i],
		    PM_ENCODING_DETECTED, russian);
		assert_found(coded(names[i], german), "utf-8", names[i],
		    PM_ENCODING_DETECTED, german);
	}
}

static void
test_detected(void **state)
{
	static const struct {
		const char *name, *icu, *text;
	} all[] = {
		{ "windows-1251", "windows-1251", russian },
		{ "KOI8-R", "KOI8-R", russian },
		{ "IBM866", "ibm-866", russian },
		{ "ISO-8859-5", "ISO-8859-5", russian },
		{ "x-mac-cyrillic", "x-mac-cyrillic", russian },
		{ "windows-1252", "windows-1252", german },
		{ "windows-1250", "windows-1250", polish },
		{ "ISO-8859-2", "ISO-8859-2", polish },
		{ "windows-1256", "windows-1256", arabic },
		{ "ISO-8859-6", "ISO-8859-6", arabic },
		{ "gb18030", "gb18030", chinese },
		{ "EUC-JP", "EUC-JP", japanese },
		{ "Shift_JIS", "windows-31j", japanese },
		{ "ISO-2022-JP", "ISO-2022-JP", japanese }
	};

	(void)state;
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		assert_found(coded(all[i].icu, all[i].text), "", all[i].name,
		    PM_ENCODING_DETECTED, all[i].text);
}

/* A label that fits is taken; one that cannot be is not. */
static void
test_declared(void **state)
{
	(void)state;
	assert_found(coded("windows-1251", russian), " \"CP1251\" ",
	    "windows-1251", PM_ENCODING_DECLARED, russian);
	assert_found(coded("windows-1252", german), "iso-8859-1",
	    "windows-1252", PM_ENCODING_DECLARED, german);
	assert_found(coded("windows-1252", german), "x-user-defined",
	    "windows-1252", PM_ENCODING_DECLARED, german);
	assert_found(coded("gb18030", chinese), "gb2312", "GBK",
	    PM_ENCODING_DECLARED, chinese);
	assert_found(coded("ibm-850", german), "ibm-850", "ibm-850",
	    PM_ENCODING_DECLARED, german);
	assert_found(coded("HZ", chinese), "hz-gb-2312", "HZ-GB-2312",
	    PM_ENCODING_DECLARED, chinese);
	assert_found(coded("windows-1251", russian), "utf-8", "windows-1251",
	    PM_ENCODING_DETECTED, russian);
	assert_found(coded("windows-1251", russian), "iso-8859-1",
	    "windows-1251", PM_ENCODING_DETECTED, russian);
	assert_found(coded("gb18030", chinese), "shift_jis", "gb18030",
	    PM_ENCODING_DETECTED, chinese);
	assert_found(coded("windows-1251", russian), "no such label",
	    "windows-1251", PM_ENCODING_DETECTED, russian);
}

static void
test_no_text(void **state)
{
	static const char binary[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0";
	uint8_t all[256];
	struct pm_encoding found;

	(void)state;
	for (int i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	assert_false(pm_encoding_find(&found, BYTES(binary), BYTES("")));
	assert_false(pm_encoding_find(&found, (struct pm_bytes){ all, 256 },
	    BYTES("utf-8")));
	assert_false(pm_encoding_find(&found,
	    BYTES("\x1f\x8b\x08\x08\x04\x03\x02\x91\x11\x80"), BYTES("")));
}

static void
test_nul(void **state)
{
	struct pm_encoding found;

	(void)state;
	assert_true(pm_encoding_find(&found, BYTES("one\0two"), BYTES("")));
	assert_decoded(&found, BYTES("one\0two"), "one\xef\xbf\xbdtwo", 1);
}

static void
test_bad_bytes(void **state)
{
	struct pm_encoding found = { .name = "Shift_JIS" };

	(void)state;
	assert_decoded(&found, BYTES("a\x83"), "a\xef\xbf\xbd", 1);
	memcpy(found.name, "UTF-16LE", 9);
	assert_decoded(&found, BYTES("a\0\0\xd8" "b\0"), "a\xef\xbf\xbd" "b", 1);
}

static void
test_blocks(void **state)
{
	struct pm_encoding found = { .name = "windows-1251" };
	struct pm_buf in, out;
	uint64_t bad = 0;

	(void)state;
	pm_buf_init(&in);
	pm_buf_init(&out);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(pm_buf_append_byte(&in, 0xe6, &err), PM_OK);
	assert_int_equal(pm_encoding_decode(&out, &bad, &found,
	    pm_buf_bytes(&in), &err), PM_OK);
	assert_int_equal(out.n, 200000);
	for (size_t i = 0; i < out.n; i += 2)
		assert_memory_equal(out.p + i, "ж", 2);
	pm_buf_clear(&in);
	pm_buf_clear(&out);
}

static void
assert_label(const char *page, const char *want)
{
	struct pm_bytes label = pm_encoding_declared(pm_bytes_of(page));

	assert_int_equal(label.n, strlen(want));
	if (label.n > 0)
		assert_memory_equal(label.p, want, label.n);
}

static void
test_label_of_page(void **state)
{
	char far[2048];

	(void)state;
	assert_label("<html><META CharSet = 'koi8-r'>", "koi8-r");
	assert_label("<meta http-equiv=Content-Type content=\"text/html; "
	    "charset=windows-1251\">", "windows-1251");
	assert_label("<?xml version='1.0' encoding=\"ISO-8859-2\"?>",
	    "ISO-8859-2");
	assert_label("<!-- <meta charset=a> --><meta charset=b>", "b");
	assert_label("<p charset=x>", "");
	assert_label("<meta charset>", "");
	assert_label("<meta charset", "");
	assert_label("", "");
	memset(far, ' ', sizeof far);
	memcpy(far + 1100, "<meta charset=b>", 17);
	assert_label(far, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bom),
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_nearly_valid),
		cmocka_unit_test(test_wide_without_bom),
		cmocka_unit_test(test_detected),
		cmocka_unit_test(test_declared),
		cmocka_unit_test(test_no_text),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_bad_bytes),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_label_of_page)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
