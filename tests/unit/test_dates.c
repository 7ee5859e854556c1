#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/err.h"
#include "text/dates.h"

/* 2025-02-11T20:30:00Z, a Tuesday. */
enum { CRAWLED = 1739305800 };

static int failures;

/* What text means for a page crawled then, as "precision instant". */
static const char *
meaning(const char *text)
{
	static char out[64];
	char time[PM_WHEN_CHARS];
	struct pm_time_text parsed;
	struct pm_when when;

	if (!pm_time_parse(&parsed, pm_bytes_of(text)))
		return "none";
	pm_time_resolve(&when, &parsed, CRAWLED, NULL);
	(void)pm_when_format(time, &when);
	snprintf(out, sizeof out, "%s %s",
	    pm_precision_name(when.precision), time);
	return out;
}

static void
expect(const char *text, const char *want)
{
	const char *got = meaning(text);

	if (strcmp(got, want) != 0) {
		print_error("\"%s\": %s, not %s\n", text, got, want);
		failures++;
	}
}

static void
expect_all(const char *const *texts, const char *want)
{
	failures = 0;
	for (; *texts != NULL; texts++)
		expect(*texts, want);
	assert_int_equal(failures, 0);
}

static void
test_six_hours_ago(void **state)
{
	static const char *const texts[] = {
		"6 часов назад", "6 годин тому", "6 гадзін таму",
		"преди 6 часа", "6 сағат бұрын", "6 саат мурун",
		"6 соат пеш", "6 соат қабл", "6 soat oldin", "6 soat avval",
		"6 соат олдин", "6 соат аввал", "6 saat əvvəl", "6 saat önce",
		"۶ ساعت پیش", "6 ساعت قبل", "منذ 6 ساعات", "قبل 6 ساعات",
		"قبل ٦ ساعات", "לפני 6 שעות", "6 घंटे पहले", "६ घंटे पहले",
		"৬ ঘন্টা আগে", "6 گھنٹے پہلے", "6 hours ago", "vor 6 Stunden",
		"il y a 6 heures", "hace 6 horas", "há 6 horas",
		"6 horas atrás", "6 ore fa", "6 uur geleden",
		"6 godzin temu", "před 6 hodinami", "pred 6 hodinami",
		"acum 6 ore", "6 órával ezelőtt", "6 órája",
		"för 6 timmar sedan", "for 6 timer siden", "6 tuntia sitten",
		"πριν από 6 ώρες", "пре 6 сати", "prije 6 sati",
		"6 orë më parë", "6 საათის წინ", "6 ժամ առաջ",
		"prieš 6 valandas", "pirms 6 stundām", "6 tunni eest",
		"6 цагийн өмнө", "6 sagat öň", "6 jam yang lalu",
		"6 giờ trước", "6 ชั่วโมงที่ผ่านมา", "6小时前", "6 小时前",
		"6小時前", "6 時間前", "6시간 전", "６時間前",
		/* printed otherwise */
		"6h ago", "6 h ago", "6 hrs ago", "6 hr. ago", "6 h", "6h",
		"6 Hours Ago", "6 HOURS AGO", "6\xc2\xa0часов\xc2\xa0назад",
		"6\xe2\x80\xaf" "часов назад", "6  часов  назад",
		"- 6 часов назад", "| 6 hours ago", "• 6 часов назад",
		"6 часов назад |", "6 ч. назад", "6 ч назад", "il y a 6 h.",
		"il y a 6 h", "6 hours ago.", " 6 часов назад\r\n",
		"около 6 часов назад", "about 6 hours ago",
		"hace unas 6 horas", "cerca de 6 horas atrás",
		"\xe2\x80\x8f" "قبل 6 ساعات", "Vor 6 Std.", "-6 h", NULL
	};

	(void)state;
	expect_all(texts, "hour 2025-02-11T14:30:00Z");
}

static void
test_yesterday(void **state)
{
	static const char *const texts[] = {
		"вчера", "Вчера", "ВЧЕРА", "вчора", "учора", "вчера.", "кеше",
		"кечээ", "дирӯз", "дируз", "kecha", "кеча", "dünən", "dün",
		"دیروز", "أمس", "امس", "אתמול", "yesterday", "Yesterday",
		"gestern", "hier", "ayer", "ontem", "ieri", "gisteren",
		"wczoraj", "včera", "ieri", "tegnap", "i går", "igår",
		"eilen", "χθες", "χτες", "јуче", "jučer", "dje", "გუშინ",
		"երեկ", "vakar", "eile", "өчигдөр", "düýn", "kemarin",
		"hôm qua", "Hôm qua", "เมื่อวาน", "昨天", "昨日", "어제",
		"1 день назад", "день назад", "1 day ago", "a day ago",
		"one day ago", "| вчера", NULL
	};

	(void)state;
	expect_all(texts, "day 2025-02-10T00:00:00Z");
}

static void
test_absolute_days(void **state)
{
	static const char *const texts[] = {
		"11 февраля 2025", "11 февраля 2025 г.", "11 февраля 2025 года",
		"11 Февраля 2025", "11 фев 2025", "11 фев. 2025",
		"11 февр. 2025 г.", "11 лютого 2025", "11 лютого 2025 р.",
		"11 лютага 2025", "11 февруари 2025 г.", "2025 ж. 11 ақпан",
		"2025 жылғы 11 ақпан", "11 ақпан 2025", "11 ақпан, 2025",
		"2025-ж., 11-февраль",
		"11-февраль, 2025", "11 феврали 2025", "11 феврали соли 2025",
		"11 Феврал 2025", "11-fevral, 2025", "2025-yil 11-fevral",
		"2025 йил 11 феврал", "11 fevral 2025", "11 Şubat 2025",
		"11 Şub 2025", "11 فوریهٔ 2025", "۱۱ فوریه ۲۰۲۵",
		"11 فبراير 2025", "١١ فبراير ٢٠٢٥", "11 فبراير، 2025",
		"11 شباط 2025", "11 فيفري 2025", "11 בפברואר 2025",
		"11 फ़रवरी 2025", "11 फरवरी 2025", "১১ ফেব্রুয়ারি ২০২৫",
		"11 فروری 2025", "February 11, 2025", "Feb 11, 2025",
		"Feb. 11, 2025", "11 February 2025", "11 Feb 2025",
		"11th February 2025", "February 11th, 2025", "FEBRUARY 11, 2025",
		"Tuesday, 11 February 2025", "Tue, Feb 11, 2025",
		"Tuesday 11 February 2025", "11. Februar 2025",
		"Dienstag, 11. Februar 2025", "Di., 11. Feb. 2025",
		"am 11. Februar 2025", "11 février 2025", "le 11 février 2025",
		"mardi 11 février 2025", "11 févr. 2025",
		"11 fe\xcc\x81vrier 2025", "11 de febrero de 2025",
		"martes, 11 de febrero de 2025", "mar, 11 feb 2025",
		"11 de fevereiro de 2025", "terça-feira, 11 de fevereiro de 2025",
		"11 febbraio 2025", "11 februari 2025", "11 lutego 2025",
		"11 lutego 2025 r.", "11. února 2025", "11. februára 2025",
		"11 februarie 2025", "2025. február 11.", "2025. február 11",
		"11. februar 2025", "11 helmikuuta 2025", "11. helmikuuta 2025",
		"11 Φεβρουαρίου 2025", "11. фебруар 2025.", "11. veljače 2025.",
		"11 shkurt 2025", "11 თებერვალი, 2025", "11 փետրվարի, 2025 թ.",
		"2025 m. vasario 11 d.", "2025. gada 11. februāris",
		"11. veebruar 2025", "11 Februari 2025", "11 tháng 2, 2025",
		"ngày 11 tháng 2 năm 2025", "Thứ Ba, 11/02/2025",
		"11 กุมภาพันธ์ 2568", "11 ก.พ. 2568", "11 ก.พ. 68",
		"2025年2月11日", "2025 年 2 月 11 日", "2025年2月11日 星期二",
		"2025年2月11日(火)", "令和7年2月11日", "2025년 2월 11일",
		"2025. 2. 11.", "11.02.2025", "11.2.2025", "11/02/2025",
		"11-02-2025", "2025-02-11", "2025/02/11", "2025.02.11",
		"11.02.25", "11. 02. 2025", "| 11.02.2025", "- 11.02.2025",
		"11.02.2025 г.", "١١/٠٢/٢٠٢٥", "۲۳ بهمن ۱۴۰۳", "1403/11/23",
		"۱۴۰۳/۱۱/۲۳", "11 февраля", "Feb 11", "11 февр.", "February 11",
		"2月11日", "11 de febrero", NULL
	};

	(void)state;
	expect_all(texts, "day 2025-02-11T00:00:00Z");
}

static void
test_with_a_clock(void **state)
{
	static const char *const texts[] = {
		"29 января 2025, 14:30", "29 января 2025 в 14:30",
		"29 янв 2025 14:30", "29 января 2025 - 14:30",
		"29 января 2025 | 14:30", "29.01.2025 14:30",
		"29.01.2025, 14:30", "29.01.2025 - 14:30", "14:30 29.01.2025",
		"14:30, 29 января 2025", "14:30 | 29.01.2025",
		"14:30 - 29.01.2025", "January 29, 2025 2:30 PM",
		"Jan 29, 2025, 2:30 p.m.", "January 29, 2025 at 2:30 PM",
		"29 January 2025 at 14:30", "2:30 PM, January 29, 2025",
		"29. Januar 2025 um 14:30 Uhr", "29.01.2025, 14:30 Uhr",
		"29. Januar 2025, 14.30 Uhr", "29 janvier 2025 à 14h30",
		"le 29/01/2025 à 14:30", "29 de enero de 2025 a las 14:30",
		"29 de janeiro de 2025 às 14h30", "29/01/2025 14h30",
		"29 gennaio 2025 alle 14:30", "29.1.2025 klo 14.30",
		"29 января, 14:30", "Jan 29, 2:30 PM", "29 янв. 14:30",
		"29 Ocak 2025 14:30", "29-yanvar, 2025, 14:30",
		"29 январи 2025, 14:30", "29 қаңтар 2025, 14:30",
		"2025年1月29日 14:30", "2025年1月29日14时30分",
		"2025年1月29日 下午2:30", "2025年1月29日 午後2時30分",
		"2025. 1. 29. 14:30", "2025년 1월 29일 오후 2:30",
		"2025-01-29 14:30", "2025-01-29T14:30", "2025-01-29T14:30:00Z",
		"2025-01-29 14:30:00", "29/01/2025 14:30", "2025-01-29 14:30 UTC",
		"Wed, 29 Jan 2025 14:30:00 GMT", "Ср, 29 янв 2025 14:30",
		"29 января 2025 года, 14:30", "29 يناير 2025 - 14:30",
		"14:30 ngày 29/01/2025", NULL
	};
	static const char *const others[][2] = {
		{ "2025-02-11T14:30:05+05:00",
		    "minute 2025-02-11T14:30:05+05:00" },
		{ "2025-02-11T14:30:05.123+0500",
		    "minute 2025-02-11T14:30:05+05:00" },
		{ "2025-02-11T14:30:05-03:30",
		    "minute 2025-02-11T14:30:05-03:30" },
		{ "11 февраля 2025 14:30 (МСК)",
		    "minute 2025-02-11T14:30:00+03:00" },
		{ "Tue, 11 Feb 2025 14:30:00 -0500",
		    "minute 2025-02-11T14:30:00-05:00" },
		{ "Feb 11, 2025 12:05 AM", "minute 2025-02-11T00:05:00Z" },
		{ "Feb 11, 2025 12:05 PM", "minute 2025-02-11T12:05:00Z" },
		{ "Feb 11, 2025 2:30 PM ET", "day 2025-02-11T00:00:00Z" },
		{ "вчера в 18:05", "minute 2025-02-10T18:05:00Z" },
		{ "вчера, 18:05", "minute 2025-02-10T18:05:00Z" },
		{ "Сегодня, 14:30", "minute 2025-02-11T14:30:00Z" },
		{ "14:30, сегодня", "minute 2025-02-11T14:30:00Z" },
		{ "yesterday at 6:05 PM", "minute 2025-02-10T18:05:00Z" },
		{ "Today, 14:30", "minute 2025-02-11T14:30:00Z" },
		{ "gestern um 18:05 Uhr", "minute 2025-02-10T18:05:00Z" },
		{ "昨天 18:05", "minute 2025-02-10T18:05:00Z" },
		{ "позавчера в 9:15", "minute 2025-02-09T09:15:00Z" },
	};

	(void)state;
	expect_all(texts, "minute 2025-01-29T14:30:00Z");
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		expect(others[i][0], others[i][1]);
	assert_int_equal(failures, 0);
}

static void
test_bare_units(void **state)
{
	static const char *const cases[][2] = {
		{ "час назад", "hour 2025-02-11T19:30:00Z" },
		{ "минуту назад", "minute 2025-02-11T20:29:00Z" },
		{ "неделю назад", "week 2025-02-04T00:00:00Z" },
		{ "месяц назад", "month 2025-01-01T00:00:00Z" },
		{ "год назад", "year 2024-01-01T00:00:00Z" },
		{ "полчаса назад", "minute 2025-02-11T20:00:00Z" },
		{ "только что", "minute 2025-02-11T20:30:00Z" },
		{ "сегодня", "day 2025-02-11T00:00:00Z" },
		{ "позавчера", "day 2025-02-09T00:00:00Z" },
		{ "годину тому", "hour 2025-02-11T19:30:00Z" },
		{ "щойно", "minute 2025-02-11T20:30:00Z" },
		{ "an hour ago", "hour 2025-02-11T19:30:00Z" },
		{ "just now", "minute 2025-02-11T20:30:00Z" },
		{ "today", "day 2025-02-11T00:00:00Z" },
		{ "5 min ago", "minute 2025-02-11T20:25:00Z" },
		{ "2d ago", "day 2025-02-09T00:00:00Z" },
		{ "vor einer Stunde", "hour 2025-02-11T19:30:00Z" },
		{ "gerade eben", "minute 2025-02-11T20:30:00Z" },
		{ "hace una hora", "hour 2025-02-11T19:30:00Z" },
		{ "il y a une heure", "hour 2025-02-11T19:30:00Z" },
		{ "un'ora fa", "hour 2025-02-11T19:30:00Z" },
		{ "un’ora fa", "hour 2025-02-11T19:30:00Z" },
		{ "há uma hora", "hour 2025-02-11T19:30:00Z" },
		{ "az önce", "minute 2025-02-11T20:30:00Z" },
		{ "刚刚", "minute 2025-02-11T20:30:00Z" },
		{ "前天", "day 2025-02-09T00:00:00Z" },
		{ "半小时前", "minute 2025-02-11T20:00:00Z" },
		{ "たった今", "minute 2025-02-11T20:30:00Z" },
		{ "방금", "minute 2025-02-11T20:30:00Z" },
		{ "hozirgina", "minute 2025-02-11T20:30:00Z" },
		{ "имрӯз", "day 2025-02-11T00:00:00Z" },
		{ "اليوم", "day 2025-02-11T00:00:00Z" },
		{ "منذ ساعة", "hour 2025-02-11T19:30:00Z" },
		{ "منذ ساعتين", "hour 2025-02-11T18:30:00Z" },
		{ "לפני שעתיים", "hour 2025-02-11T18:30:00Z" },
		{ "21 минуту назад", "minute 2025-02-11T20:09:00Z" },
		{ "2 недели назад", "week 2025-01-28T00:00:00Z" },
		{ "3 месяца назад", "month 2024-11-01T00:00:00Z" },
		{ "2 года назад", "year 2023-01-01T00:00:00Z" },
		{ "2 hours 15 minutes ago", "minute 2025-02-11T18:15:00Z" },
		{ "2 часа 15 минут назад", "minute 2025-02-11T18:15:00Z" },
		{ "февраль 2025", "month 2025-02-01T00:00:00Z" },
		{ "Февраль 2025 г.", "month 2025-02-01T00:00:00Z" },
		{ "February 2025", "month 2025-02-01T00:00:00Z" },
		{ "2025年2月", "month 2025-02-01T00:00:00Z" },
		{ "02/13/2025", "day 2025-02-13T00:00:00Z" },
		{ "13/02/2025", "day 2025-02-13T00:00:00Z" },
		{ "29 февраля 2024", "day 2024-02-29T00:00:00Z" },
		{ "11 listopada 2024", "day 2024-11-11T00:00:00Z" },
		{ "11. listopada 2024.", "day 2024-10-11T00:00:00Z" },
		{ "11 lis 2024", "day 2024-11-11T00:00:00Z" },
		{ "۱ فروردین ۱۴۰۳", "day 2024-03-20T00:00:00Z" },
		{ "۳۰ اسفند ۱۳۹۹", "day 2021-03-20T00:00:00Z" },
	};

	(void)state;
	failures = 0;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		expect(cases[i][0], cases[i][1]);
	assert_int_equal(failures, 0);
}

static void
test_tags_are_no_times(void **state)
{
	static const char *const texts[] = {
		"", " ", "|", "-", ".", "Таджикистан", "Март", "Mai", "May",
		"Politics", "2024", "2024 год", "COVID-19", "7 дней",
		"Сегодня в Душанбе", "24 часа", "5 минут", "Декабрь", "Mar",
		"Dushanbe", "6 часов", "6", "-6", "+6", "6 7 8", "через 6 часов",
		"in 6 hours", "завтра", "tomorrow", "29 февраля 2025",
		"31 апреля 2025", "31.04.2025", "32.01.2025", "13.13.2025",
		"2025-13-01", "2025-02-30", "11 рамадана 1446", "1446/08/12",
		"12 رجب 1446", "12/08/1446", "۳۱ اسفند ۱۴۰۳", "۳۰ اسفند ۱۴۰۲",
		"11.02", "3.14", "1/2", "25:00", "14:30", "192.168.1.1",
		"11.02.2025.3", "11-02.2025", "Windows 11", "iPhone 16",
		"5 причин", "Топ-10", "G20", "1 000 000 часов назад",
		"999999999999 hours ago", "6,5 часов назад", "May 68", "9 may 45",
		"6 hours ago (updated)", "2025-02-11 и позже",
		"Цены выросли 11 февраля 2025", "11 февраля 2025 25:99",
		"11 февраля 2025 14:30 и", "11 февраля - 12 февраля",
		"1-2 марта 2025", "понедельник", "Monday", "12 месяцев", "100 дней",
		"Часы назад", "назад", "ago", "час", "hour", "день", "2 days",
		"11 февраля 20255", "00.02.2025", "0 февраля 2025",
		"6 hours ago 6 hours ago", "5 min", "3 uur", "День", "Год",
		"3D", "Leo", "Sada", "Ora", "5G", "11 September Park", NULL
	};
	static const char bad[] = "6 часов \xd0", zero[] = "6\0hours ago";
	struct pm_time_text out;
	char longer[400];

	(void)state;
	expect_all(texts, "none");
	assert_false(pm_time_parse(&out, (struct pm_bytes){
	    (const uint8_t *)bad, sizeof bad - 1 }));
	(void)zero;
	memset(longer, ' ', sizeof longer);
	memcpy(longer + 300, "6 h ago", 7);
	assert_true(pm_time_parse(&out, (struct pm_bytes){
	    (const uint8_t *)longer, sizeof longer }));
	memset(longer, 'a', 200);
	assert_false(pm_time_parse(&out, (struct pm_bytes){
	    (const uint8_t *)longer, sizeof longer }));
}

static void
expect_found(const char *text, const char *part, const char *want)
{
	struct pm_time_text out;
	struct pm_when when;
	char time[PM_WHEN_CHARS] = "none";
	size_t at = 0, n = 0;

	if (pm_time_find(&out, &at, &n, pm_bytes_of(text))) {
		pm_time_resolve(&when, &out, CRAWLED, NULL);
		(void)pm_when_format(time, &when);
	}
	if (strncmp(time, want, strlen(want)) != 0 || n != strlen(part) ||
	    memcmp(text + at, part, n) != 0) {
		print_error("\"%s\": %s at %zu+%zu\n", text, time, at, n);
		failures++;
	}
}

static void
test_find(void **state)
{
	static const char *const none[] = {
		"", "В 2024 году рост составил 5 процентов.", "You may 5 times.",
		"COVID 19 may be over", "Version 1.2.2025.3", "Цена 11.02 сомони",
		"In 2024 and 2025", "с 9 до 18 часов", "10 человек",
		"ISBN 978-5-02-2025-11", "10 mar", "2 set of rules",
		"2 марафона 2025", NULL
	};

	(void)state;
	failures = 0;
	for (size_t i = 0; none[i] != NULL; i++)
		expect_found(none[i], "", "none");
	expect_found("ДУШАНБЕ, 11 фев 2025. Сегодня", "11 фев 2025",
	    "2025-02-11");
	expect_found("Встреча прошла 11 февраля 2025 года в городе.",
	    "11 февраля 2025 года", "2025-02-11");
	expect_found("Встреча 11 февраля. Потом", "11 февраля", "2025-02-11");
	expect_found("1-2 марта пройдёт", "2 марта", "2024-03-02");
	expect_found("On February 11, 2025, the president", "February 11, 2025",
	    "2025-02-11");
	expect_found("WASHINGTON, Feb. 11 (AP) -", "Feb. 11", "2025-02-11");
	expect_found("В 2024 году, а именно 5 мая 2024 года,",
	    "5 мая 2024 года", "2024-05-05");
	expect_found("am 11. Februar 2025 in Berlin", "11. Februar 2025",
	    "2025-02-11");
	expect_found("Дата: 11.02.2025, время", "11.02.2025", "2025-02-11");
	expect_found("(2025-02-11) x", "2025-02-11", "2025-02-11");
	expect_found("于2025年2月11日在北京", "2025年2月11日", "2025-02-11");
	expect_found("em 11 de fevereiro de 2025 foi", "11 de fevereiro de 2025",
	    "2025-02-11");
	expect_found("في ١١ فبراير ٢٠٢٥ قال", "١١ فبراير ٢٠٢٥", "2025-02-11");
	assert_int_equal(failures, 0);
}

static void
test_resolve_boundaries(void **state)
{
	static const struct {
		const char *text, *crawled, *zone, *want;
	} cases[] = {
		{ "месяц назад", "2025-03-31T12:00:00Z", NULL,
		    "2025-02-01T00:00:00Z" },
		{ "2 месяца назад", "2025-01-31T12:00:00Z", NULL,
		    "2024-11-01T00:00:00Z" },
		{ "14 months ago", "2025-02-01T00:00:00Z", NULL,
		    "2023-12-01T00:00:00Z" },
		{ "год назад", "2024-02-29T00:00:00Z", NULL,
		    "2023-01-01T00:00:00Z" },
		{ "вчера", "2024-03-01T00:00:00Z", NULL,
		    "2024-02-29T00:00:00Z" },
		{ "сегодня", "2025-02-11T20:30:00Z", "Asia/Dushanbe",
		    "2025-02-12T00:00:00Z" },
		{ "сегодня", "2025-02-11T02:30:00Z", "America/New_York",
		    "2025-02-10T00:00:00Z" },
		{ "вчера в 18:05", "2025-02-11T20:30:00Z", "Asia/Dushanbe",
		    "2025-02-11T18:05:00+05:00" },
		{ "11.02.2025 02:30", "2025-02-12T00:00:00Z", "+05:00",
		    "2025-02-11T02:30:00+05:00" },
		{ "11.07.2024 12:00", "2025-02-12T00:00:00Z", "Europe/Berlin",
		    "2024-07-11T12:00:00+02:00" },
		{ "11.01.2025 12:00", "2025-02-12T00:00:00Z", "Europe/Berlin",
		    "2025-01-11T12:00:00+01:00" },
		{ "27.10.2024 02:30", "2025-02-12T00:00:00Z", "Europe/Berlin",
		    "2024-10-27T02:30:00+02:00" },
		{ "11.02.2025", "2025-02-12T00:00:00Z", "+05:00",
		    "2025-02-11T00:00:00Z" },
		{ "28 декабря", "2025-01-03T00:00:00Z", NULL,
		    "2024-12-28T00:00:00Z" },
		{ "4 января", "2025-01-03T23:00:00Z", NULL,
		    "2025-01-04T00:00:00Z" },
		{ "5 января", "2025-01-03T23:00:00Z", NULL,
		    "2024-01-05T00:00:00Z" },
		{ "29 февраля", "2026-01-03T00:00:00Z", NULL,
		    "2024-02-29T00:00:00Z" },
		{ "6 часов назад", "2025-03-01T03:00:00Z", "Asia/Tokyo",
		    "2025-02-28T21:00:00Z" },
		{ "1 января", "2024-12-31T23:00:00Z", NULL,
		    "2025-01-01T00:00:00Z" },
	};
	struct pm_err err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct pm_zone *zone = NULL;
		struct pm_time_text text;
		struct pm_when crawled, when;
		char time[PM_WHEN_CHARS];

		if (cases[i].zone != NULL)
			assert_int_equal(pm_zone_open(&zone, cases[i].zone,
			    &err), PM_OK);
		assert_true(pm_when_parse(&crawled,
		    pm_bytes_of(cases[i].crawled), NULL));
		assert_true(pm_time_parse(&text, pm_bytes_of(cases[i].text)));
		pm_time_resolve(&when, &text, crawled.utc_seconds, zone);
		(void)pm_when_format(time, &when);
		assert_string_equal(time, cases[i].want);
		pm_zone_close(zone);
	}
}

static void
test_zones(void **state)
{
	static const char *const good[] = { "UTC", "Z", "+05:00", "-0330",
		"+05", "Asia/Tashkent", "Europe/Moscow", "America/New_York",
		"Etc/GMT-5", "GMT", "EST", "Asia/Kolkata" };
	static const char *const bad[] = { "", "Asia", "Asia/Nowhere", "IST",
		"asia/tashkent ", "+5:000", "+25:00", "+05:60", "+", "5",
		"GMT+5", "Europe/Moscow\n", "Etc/Unknown", "+5:", "+::" };
	struct pm_zone *zone = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct pm_err err = { 0 };

		assert_int_equal(pm_zone_open(&zone, good[i], &err), PM_OK);
		pm_zone_close(zone);
	}
	zone = NULL;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct pm_err err = { 0 };

		assert_int_equal(pm_zone_open(&zone, bad[i], &err),
		    PM_EUSAGE);
		assert_null(zone);
		assert_int_equal(err.status, PM_EUSAGE);
	}
	pm_zone_close(NULL);
}

static void
test_when_parse(void **state)
{
	static const struct {
		const char *text;
		int precision;
		const char *start, *end;
	} good[] = {
		{ "2025", PM_YEAR, "2025-01-01T00:00:00Z",
		    "2026-01-01T00:00:00Z" },
		{ "2025-02", PM_MONTH, "2025-02-01T00:00:00Z",
		    "2025-03-01T00:00:00Z" },
		{ "2025-12", PM_MONTH, "2025-12-01T00:00:00Z",
		    "2026-01-01T00:00:00Z" },
		{ "2024-02-29", PM_DAY, "2024-02-29T00:00:00Z",
		    "2024-03-01T00:00:00Z" },
		{ "2025-02-11T14:30", PM_MINUTE, "2025-02-11T14:30:00Z",
		    "2025-02-11T14:31:00Z" },
		{ "2025-02-11 14:30:05", PM_MINUTE, "2025-02-11T14:30:05Z",
		    "2025-02-11T14:31:05Z" },
		{ "2025-02-11t14:30:05.9z", PM_MINUTE, "2025-02-11T14:30:05Z",
		    "2025-02-11T14:31:05Z" },
		{ "2025-02-11T14:30:05+05:00", PM_MINUTE,
		    "2025-02-11T14:30:05+05:00", "2025-02-11T14:31:05+05:00" },
		{ "0000-01-01", PM_DAY, "0000-01-01T00:00:00Z",
		    "0000-01-02T00:00:00Z" },
		{ "9999-12-31T23:59:59-12:00", PM_MINUTE,
		    "9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59-12:00" },
		{ "1969-12-31T23:59:59Z", PM_MINUTE, "1969-12-31T23:59:59Z",
		    "1970-01-01T00:00:59Z" },
	};
	static const char *const bad[] = { "", "25", "202", "20250211", "2025-",
		"2025-2", "2025-13", "2025-00", "2025-02-30", "2025-02-00",
		"2023-02-29", "2025-02-11T", "2025-02-11T14", "2025-02-11T24:00",
		"2025-02-11T14:60", "2025-02-11T14:30:61", "2025-02-11T14:30+",
		"2025-02-11T14:30+25:00", "2025-02-11T14:30Zx", "2025-02-11 ",
		" 2025-02-11", "2025-02-11T14:30:05.", "2025/02/11", "-2025",
		"2025-02-11T14:30+5", "20a5" };
	char time[PM_WHEN_CHARS];
	struct pm_when when;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_true(pm_when_parse(&when, pm_bytes_of(good[i].text),
		    NULL));
		assert_int_equal(when.precision, good[i].precision);
		assert_int_equal(pm_when_format(time, &when),
		    strlen(good[i].start));
		assert_string_equal(time, good[i].start);
		when.utc_seconds = pm_when_end(&when);
		(void)pm_when_format(time, &when);
		assert_string_equal(time, good[i].end);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(pm_when_parse(&when, pm_bytes_of(bad[i]), NULL));
}

static void
test_format_clamps(void **state)
{
	static const int64_t seconds[] = { INT64_MIN, INT64_MAX, -1, 0 };
	static const int32_t offsets[] = { INT32_MIN, INT32_MAX, 0, 1439,
		-1439 };
	char time[PM_WHEN_CHARS];
	struct pm_when when, again;

	(void)state;
	for (size_t i = 0; i < 4; i++)
		for (size_t j = 0; j < 5; j++) {
			when = (struct pm_when){ seconds[i], offsets[j],
				PM_MINUTE };
			assert_in_range(pm_when_format(time, &when), 20, 25);
			assert_true(pm_when_parse(&again, pm_bytes_of(time),
			    NULL));
		}
	/* Every day of 600 years, to and fro. */
	for (int64_t day = -100000; day < 120000; day += 7) {
		when = (struct pm_when){ day * 86400 + 4711, 0, PM_MINUTE };
		(void)pm_when_format(time, &when);
		assert_true(pm_when_parse(&again, pm_bytes_of(time), NULL));
		assert_int_equal(again.utc_seconds, when.utc_seconds);
	}
}

static void
test_paths(void **state)
{
	static const char *const cases[][2] = {
		{ "news/2025-02-11/a.html", "day 2025-02-11T00:00:00Z" },
		{ "news/2025/02/11/a.html", "day 2025-02-11T00:00:00Z" },
		{ "20250211", "day 2025-02-11T00:00:00Z" },
		{ "a20250211b", "day 2025-02-11T00:00:00Z" },
		{ "2025-02-11T08-00-00.txt", "minute 2025-02-11T08:00:00Z" },
		{ "crawl_20250211_080000.tar", "minute 2025-02-11T08:00:00Z" },
		{ "20250211T0800", "minute 2025-02-11T08:00:00Z" },
		{ "web/20250211080005/http", "minute 2025-02-11T08:00:05Z" },
		{ "2024-01-01/2025-02-11", "day 2025-02-11T00:00:00Z" },
		{ "2025-02-11/20259999", "day 2025-02-11T00:00:00Z" },
		{ "2025-02-11_250000", "day 2025-02-11T00:00:00Z" },
		{ "2025-02-30", "none" }, { "1989-01-01", "none" },
		{ "2101-01-01", "none" }, { "120250211", "none" },
		{ "2025-02-111", "none" }, { "12025-02-11", "none" },
		{ "2025-02/11", "none" }, { "2025", "none" }, { "", "none" },
		{ "1739305800", "none" }, { "2025-02-1", "none" },
		{ "20251340", "none" }, { "20250211250000", "none" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char got[64] = "none", time[PM_WHEN_CHARS];
		struct pm_when when;

		if (pm_when_in_path(&when, pm_bytes_of(cases[i][0]), NULL)) {
			(void)pm_when_format(time, &when);
			snprintf(got, sizeof got, "%s %s",
			    pm_precision_name(when.precision), time);
		}
		assert_string_equal(got, cases[i][1]);
	}
}

static void
test_precision_names(void **state)
{
	(void)state;
	for (int i = PM_MINUTE; i <= PM_YEAR; i++)
		assert_int_equal(pm_precision_of_name(pm_bytes_of(
		    pm_precision_name(i))), i);
	assert_null(pm_precision_name(0));
	assert_null(pm_precision_name(PM_YEAR + 1));
	assert_null(pm_precision_name(-1));
	assert_int_equal(pm_precision_of_name(pm_bytes_of("days")), 0);
}

/* Pieces of dates in any order, cut anywhere, in memory of exactly their
 * size: nothing is read past the end and what comes out is sane. */
static void
test_garbage(void **state)
{
	static const char *const pieces[] = { "11", "2025", " ", ".", "-", "/",
		"февраля", "Feb", "ago", "часов", "назад", ":", "30", "PM", "年",
		"2月", "日", "вчера", "+05:00", "T", "г.", "ก.พ.", "۲۳", "بهمن",
		"\xff", "e\xcc\x81", ",", "hours", "6", "(", "ngày", "99999999999",
		"\xe2\x80\x8f", "\xef\xbc", "de", "令和", "\xd0", "в", "-6" };
	uint32_t seed = 4711;

	(void)state;
	for (int round = 0; round < 60000; round++) {
		char text[200];
		size_t n = 0, at, length;
		struct pm_time_text out;
		struct pm_when when;
		uint8_t *copy;

		for (int i = 0; i < 12 && n < 100; i++) {
			const char *piece;

			seed = seed * 1664525 + 1013904223;
			piece = pieces[(seed >> 16) %
			    (sizeof pieces / sizeof pieces[0])];
			memcpy(text + n, piece, strlen(piece));
			n += strlen(piece);
			if ((seed >> 8) % 5 == 0)
				break;
		}
		n -= (seed >> 24) % 7 == 0;
		copy = malloc(n + (n == 0));
		assert_non_null(copy);
		memcpy(copy, text, n);
		if (pm_time_parse(&out, (struct pm_bytes){ copy, n })) {
			assert_in_range(out.precision, PM_MINUTE, PM_YEAR);
			pm_time_resolve(&when, &out, CRAWLED, NULL);
			assert_in_range(when.precision, PM_MINUTE, PM_YEAR);
		}
		if (pm_time_find(&out, &at, &length,
		    (struct pm_bytes){ copy, n })) {
			assert_true(length > 0 && at + length <= n);
			assert_int_equal(out.kind, PM_TIME_ABSOLUTE);
			assert_in_range(out.month, 1, 12);
			assert_in_range(out.day, 1, 31);
		}
		(void)pm_when_parse(&when, (struct pm_bytes){ copy, n }, NULL);
		(void)pm_when_in_path(&when, (struct pm_bytes){ copy, n },
		    NULL);
		free(copy);
	}
}

static void
test_machine_formats(void **state)
{
	static const char *const instants[] = {
		"1739268000", "1739268000.123", "1739268000123",
		"20250211T100000Z", "2025-02-11T10:00:00.123Z",
		"2025-02-11T10:00:00.123456789123Z",
		"Tue, 11 Feb 2025 10:00:00 GMT",
		"Tue Feb 11 10:00:00 2025", "Tue Feb 11 10:00:00 UTC 2025",
		"Tue Feb 11 2025 10:00:00 GMT+0000 (Coordinated Universal "
		"Time)", "2025-02-11T10:00:00Z[UTC]", "20250211100000",
		"202502111000", NULL
	};
	static const char *const days[] = { "20250211", NULL };
	static const char *const none[] = { "8005551234", "20250230",
		"20251311", "20250211T2500", "20250211T1000X", "120250211",
		"999999999", "17392680001234", "20250211T1000+99", NULL };
	static const char *const offsets[][2] = {
		{ "20250211T150000+0500",
		    "minute 2025-02-11T15:00:00+05:00" },
		{ "20250211T050000.5-05:00",
		    "minute 2025-02-11T05:00:00-05:00" },
		{ "2025-02-11T10:00:00+0500",
		    "minute 2025-02-11T10:00:00+05:00" },
		{ "2025-02-11 10:00:00-05",
		    "minute 2025-02-11T10:00:00-05:00" },
		{ "20250211T100000-0130",
		    "minute 2025-02-11T10:00:00-01:30" },
		{ "2025-02-11T10:00:00+01:00[Europe/Berlin]",
		    "minute 2025-02-11T10:00:00+01:00" },
		{ "Tue Feb 11 10:00:00 EST 2025",
		    "minute 2025-02-11T10:00:00-05:00" }
	};

	(void)state;
	expect_all(instants, "minute 2025-02-11T10:00:00Z");
	expect_all(days, "day 2025-02-11T00:00:00Z");
	expect_all(none, "none");
	failures = 0;
	for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++)
		expect(offsets[i][0], offsets[i][1]);
	assert_int_equal(failures, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_six_hours_ago),
		cmocka_unit_test(test_yesterday),
		cmocka_unit_test(test_absolute_days),
		cmocka_unit_test(test_with_a_clock),
		cmocka_unit_test(test_machine_formats),
		cmocka_unit_test(test_bare_units),
		cmocka_unit_test(test_tags_are_no_times),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_resolve_boundaries),
		cmocka_unit_test(test_zones),
		cmocka_unit_test(test_when_parse),
		cmocka_unit_test(test_format_clamps),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_precision_names),
		cmocka_unit_test(test_garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
