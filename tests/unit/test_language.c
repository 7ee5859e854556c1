/*
 * Languages: detected, stated, asked for.  tests/tools/language_samples.tsv
 * is judged in whole by bench-language.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "text/language.h"

static const struct {
	const char *code, *text;
} texts[] = {
	{ "ru", "Городской совет утвердил бюджет на следующий год, сообщили в "
	    "мэрии во вторник." },
	{ "uk", "Міська рада затвердила бюджет на наступний рік, повідомили у "
	    "мерії у вівторок." },
	{ "tg", "Шӯрои шаҳр рӯзи сешанбе буҷети соли ояндаро тасдиқ кард, гуфт "
	    "раиси шаҳр." },
	{ "uz-Latn", "Shahar kengashi seshanba kuni kelgusi yil byudjetini "
	    "tasdiqladi, deb xabar berdi hokimiyat." },
	{ "uz-Latn", "Prezident bugun yangi qaror qabul qildi va bu haqda gʻalaba "
	    "bogʻida soʻz yuritildi." },
	{ "uz-Cyrl", "Шаҳар кенгаши сешанба куни келгуси йил бюджетини "
	    "тасдиқлади, деб хабар берди ҳокимият." },
	{ "ky", "Шаардык кеңеш шейшемби күнү кийинки жылдын бюджетин бекитти "
	    "деп билдирди мэрия." },
	{ "kk", "Қалалық кеңес сейсенбі күні келесі жылдың бюджетін бекітті деп "
	    "хабарлады әкімдік." },
	{ "fa", "شورای شهر روز سه‌شنبه بودجه سال آینده را تصویب کرد و شهردار گفت "
	    "که پول بیشتر برای مدرسه‌ها هزینه می‌شود." },
	{ "ar", "وافق مجلس المدينة يوم الثلاثاء على ميزانية العام المقبل، وقال "
	    "رئيس البلدية إن الأموال ستذهب إلى المدارس." },
	{ "tr", "Belediye meclisi salı günü gelecek yılın bütçesini onayladı ve "
	    "okullar için daha fazla para ayrıldı." },
	{ "en", "The city council approved next year's budget on Tuesday, and "
	    "most of the money will go to schools." },
	{ "de", "Der Stadtrat hat am Dienstag den Haushalt für das nächste Jahr "
	    "beschlossen, teilte die Stadt mit." },
	{ "fr", "Le conseil municipal a approuvé mardi le budget de l'année "
	    "prochaine, a annoncé la mairie." },
	{ "es", "El ayuntamiento aprobó el martes el presupuesto del próximo "
	    "año, según informó la alcaldesa." },
	{ "pt", "A câmara municipal aprovou na terça-feira o orçamento do "
	    "próximo ano, informou a prefeitura." },
	{ "zh", "市议会星期二通过了明年的预算。" },
	{ "ja", "市議会は火曜日、来年度の予算を承認した。" },
	{ "ko", "시의회는 화요일 내년 예산을 승인했다." },
	{ "el", "Το δημοτικό συμβούλιο ενέκρινε τον προϋπολογισμό." },
	{ "az-Latn", "Şəhər şurası çərşənbə axşamı gələn ilin büdcəsini təsdiq "
	    "etdi və bu barədə məlumat verildi." },
	{ "sr", "Градско веће је у уторак усвојило буџет за следећу годину, "
	    "саопштила је градоначелница." },
	{ "ur", "شہر کی کونسل نے منگل کو اگلے سال کے بجٹ کی منظوری دے دی ہے۔" },
	{ "und", "" }, { "und", "12.05.2024, 17:30 - 18:00" }, { "und", "ok" },
	{ "und", "Zxqw vbrtk plkjh gfdsq wrtzp mnbvc xzlkj hgfdp qwrtz." }
};

static void
assert_language(const char *text, const char *stated, const char *code,
    enum pm_language_source source)
{
	struct pm_language found;

	pm_language_of(&found, pm_bytes_of(text), pm_bytes_of(stated));
	assert_string_equal(found.code, code);
	assert_int_equal(found.source, source);
	assert_true(found.score >= 0 && found.score <= 1);
}

static const char *
text_in(const char *code)
{
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (strcmp(texts[i].code, code) == 0)
			return texts[i].text;
	return "";
}

static void
test_detected(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_language(texts[i].text, "", texts[i].code,
		    strcmp(texts[i].code, "und") == 0 ? PM_LANGUAGE_NONE :
		    PM_LANGUAGE_DETECTED);
}

static void
test_stated(void **state)
{
	static const char *const russian[] = { "ru", "RU-ru", "ru_RU.UTF-8",
		"rus", "Russian", "ru,en;q=0.5", " \"ru\" " };

	(void)state;
	for (size_t i = 0; i < sizeof russian / sizeof russian[0]; i++)
		assert_language(text_in("ru"), russian[i], "ru",
		    PM_LANGUAGE_STATED);
	assert_language(text_in("uz-Cyrl"), "uz", "uz-Cyrl",
	    PM_LANGUAGE_STATED);
	assert_language(text_in("uz-Latn"), "Uzbek", "uz-Latn",
	    PM_LANGUAGE_STATED);
	assert_language("ok", "en-US,en;q=0.5", "en", PM_LANGUAGE_STATED);
	assert_language("", "fas", "fa", PM_LANGUAGE_STATED);
}

/* A page that says "en" because its template does. */
static void
test_stated_wrongly(void **state)
{
	(void)state;
	assert_language(text_in("ru"), "en", "ru", PM_LANGUAGE_DETECTED);
	assert_language(text_in("tg"), "ru", "tg", PM_LANGUAGE_DETECTED);
	assert_language(text_in("kk"), "ru", "kk", PM_LANGUAGE_DETECTED);
	assert_language(text_in("de"), "en-US", "de", PM_LANGUAGE_DETECTED);
	assert_language(text_in("ja"), "zh", "ja", PM_LANGUAGE_DETECTED);
	assert_language(text_in("zh"), "ja", "zh", PM_LANGUAGE_DETECTED);
	assert_language(text_in("ru"), "klingon", "ru", PM_LANGUAGE_DETECTED);
}

static void
test_long(void **state)
{
	struct pm_buf text;
	struct pm_err err;

	(void)state;
	pm_buf_init(&text);
	assert_int_equal(pm_buf_append_str(&text, text_in("en"), &err), PM_OK);
	for (int i = 0; i < 500; i++)
		assert_int_equal(pm_buf_append_str(&text, text_in("tg"), &err),
		    PM_OK);
	assert_int_equal(pm_buf_append_byte(&text, 0, &err), PM_OK);
	assert_language((const char *)text.p, "", "tg", PM_LANGUAGE_DETECTED);
	pm_buf_clear(&text);
}

/* A text of one word, or of no space at all. */
static void
test_no_spaces(void **state)
{
	struct pm_buf text;
	struct pm_err err;

	(void)state;
	pm_buf_init(&text);
	for (int i = 0; i < 20000; i++)
		assert_int_equal(pm_buf_append_str(&text, "ҷ'", &err), PM_OK);
	assert_int_equal(pm_buf_append_byte(&text, 0, &err), PM_OK);
	assert_language((const char *)text.p, "ja", "und", PM_LANGUAGE_NONE);
	pm_buf_clear(&text);
}

static void
assert_answers(const char *lang, const char *wanted, bool answers)
{
	assert_int_equal(pm_language_answers(pm_bytes_of(lang),
	    pm_bytes_of(wanted)), answers);
}

static void
test_answers(void **state)
{
	(void)state;
	assert_answers("uz-Cyrl", "uz", true);
	assert_answers("uz-Cyrl", "uz-Cyrl", true);
	assert_answers("uz-Latn", "uz-cyrl", false);
	assert_answers("tg", "tg-Cyrl", true);
	assert_answers("tg-Latn", "tg-Cyrl", false);
	assert_answers("ru", "Russian", true);
	assert_answers("ru", "rus", true);
	assert_answers("zh", "zh-Hans", true);
	assert_answers("ru", "uk", false);
	assert_answers("und", "und", true);
	assert_answers("und", "ru", false);
	assert_answers("ru", "", false);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_detected),
		cmocka_unit_test(test_stated),
		cmocka_unit_test(test_stated_wrongly),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_no_spaces),
		cmocka_unit_test(test_answers)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
