#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "page/page_internal.h"
#include "page/headings_table.h"
#include "text/fold.h"

static struct pm_arena arena;
static struct pm_err err;

static struct pm_text_page
parse_bytes(struct pm_bytes text, const char *path)
{
	struct pm_text_page page = { .kind = PM_PAGE_OPAQUE };

	pm_arena_reset(&arena);
	(void)path;
	if (text.n == 0 || pm_page_plain(text) != PM_PAGE_PLAIN)
		page.reason = "no text";
	else
		assert_int_equal(pm_text_page_parse(&page, &arena, text,
		    &err), PM_OK);
	return page;
}

static struct pm_text_page
parse(const char *text)
{
	return parse_bytes(pm_bytes_of(text), "page.txt");
}

static void
expect_span(const char *text, struct pm_span span, const char *expected)
{
	if (span.n != strlen(expected) ||
	    memcmp(text + span.at, expected, span.n) != 0)
		fail_msg("is \"%.*s\", not \"%s\"", (int)span.n,
		    text + span.at, expected);
}

static void
expect_body(const char *text, const struct pm_text_page *page,
    const char *expected)
{
	struct pm_buf body;

	pm_buf_init(&body);
	for (size_t i = 0; i < page->body_n; i++)
		assert_int_equal(pm_buf_append(&body, text + page->body[i].at,
		    page->body[i].n, &err), PM_OK);
	if (body.n != strlen(expected) ||
	    memcmp(body.p, expected, body.n) != 0)
		fail_msg("body is \"%.*s\", not \"%s\"", (int)body.n,
		    (char *)body.p, expected);
	pm_buf_clear(&body);
}

static void
expect_whole(const char *text)
{
	struct pm_text_page page = parse(text);

	assert_int_equal(page.kind, PM_PAGE_PAGE);
	assert_int_equal(page.teaser_n, 0);
	assert_int_equal(page.body_n, 1);
	expect_span(text, page.body[0], text);
}

static void
expect_teaser(const char *text, const struct pm_text_page *page, size_t i,
    const char *const expected[4])
{
	const struct pm_text_teaser *teaser = &page->teaser[i];

	assert_true(i < page->teaser_n);
	expect_span(text, teaser->title, expected[0]);
	expect_span(text, teaser->snippet, expected[1]);
	if (expected[2][0] == '\0') {
		assert_int_equal(teaser->tag_n, 0);
	} else {
		assert_int_equal(teaser->tag_n, 1);
		expect_span(text, teaser->tag[0], expected[2]);
	}
	expect_span(text, teaser->time, expected[3]);
}

/* A page as its site prints it: body, heading, teasers. */
struct sample {
	const char *body;
	const char *heading;
	const char *teaser[3][4];    /* title, snippet, tag, time */
};

static const struct sample samples[] = {
	{ "Вчера в Хороге открыли новую школу на триста мест. На церемонии "
	  "выступил директор отдела образования.\nЗанятия начнутся в "
	  "понедельник.",
	  "Похожие статьи",
	  { { "«Мы ждали этого дня», — учительница из Рушана",
	      "Преподавательница математики рассказала, как сельская школа "
	      "двадцать лет работала в вагончике и почему...",
	      "Образование", "3 часа назад" },
	    { "Мост через Гунт закрыли на ремонт",
	      "Водителей просят пользоваться объездной дорогой до конца "
	      "месяца, пока рабочие меняют опоры…",
	      "Дороги", "5 часов назад" },
	    { "Погода в горах", "Спасатели предупредили о сходе лавин на "
	      "перевалах и попросили жителей [...]",
	      "Погода", "1 день назад" } } },
	{ "The harbour of Eastmere reopened on Monday after two weeks of "
	  "dredging.\nFishing boats left at dawn.",
	  "You might also like",
	  { { "Lighthouse keeper retires after forty years",
	      "Only three people have ever held the post, and none of them "
	      "stayed as long as...", "People", "3 hours ago" },
	    { "Is the old pier safe?", "Engineers found rust in every second "
	      "beam when they looked at the [\xe2\x80\xa6]", "Town",
	      "6 hours ago" },
	    { "Ferry prices to rise", "The company says fuel has become so "
	      "dear that it . . .", "Money", "2 days ago" } } },
	{ "Дирӯз дар шаҳри Кӯлоб бозори нав кушода шуд. Дар маросим "
	  "намояндагони шаҳр иштирок карданд.",
	  "Мақолаҳои монанд",
	  { { "Боғи нав дар Ваҳдат", "Сокинони маҳалла худашон дарахтон "
	      "шинонданд ва ҳоло мехоҳанд, ки боғ...", "Ҷамъият",
	      "3 соат пеш" },
	    { "Нархи ангур арзон шуд", "Фурӯшандагон мегӯянд, ки ҳосил "
	      "имсол хеле хуб аст ва нархҳо...", "Иқтисод", "5 соат пеш" },
	    { "Роҳи кӯҳӣ боз шуд", "Мошинҳо пас аз ду рӯзи барф тавонистанд "
	      "аз ағба гузаранд...", "Роҳ", "7 соат пеш" } } },
	{ "Kecha Buxoroda yangi kutubxona ochildi. Marosimda shahar hokimi "
	  "qatnashdi.",
	  "O\xca\xbbxshash maqolalar",
	  { { "Maktab o\xe2\x80\x98quvchilari g\xe2\x80\x98olib bo\xe2\x80\x98ldi",
	      "Jamoa uch kun davomida eng qiyin masalalarni yechdi va...",
	      "Ta'lim", "3 soat oldin" },
	    { "Yangi avtobuslar keldi", "Shahar transporti boshqarmasi "
	      "o'ttizta avtobus sotib oldi va ular...", "Transport",
	      "5 soat oldin" },
	    { "Bozor narxlari", "Pomidor va bodring narxi bahorga kelib "
	      "ancha pasaydi, chunki...", "Iqtisod", "1 kun oldin" } } },
	{ "Die Gemeinde Oberau hat am Dienstag ihre neue Brücke eingeweiht. "
	  "Hunderte kamen zum Fest.",
	  "Das könnte Sie auch interessieren:",
	  { { "Wolf im Dorf gesehen", "Eine Bäckerin will das Tier am frühen "
	      "Morgen vor ihrer Tür bemerkt haben, doch die Förster ...",
	      "Natur", "vor 3 Stunden" },
	    { "Bahn fällt aus", "Wegen Bauarbeiten fahren bis Freitag nur "
	      "Busse zwischen den beiden Tälern, wie die\u2026", "Verkehr",
	      "vor 5 Stunden" },
	    { "Neuer Chor sucht Stimmen", "Geprobt wird jeden Mittwoch im "
	      "Saal hinter der Kirche, und wer mag ...", "Kultur",
	      "vor 2 Tagen" } } },
	{ "افتتحت بلدية الميناء أمس حديقة جديدة قرب الشاطئ. وحضر الحفل عدد كبير "
	  "من السكان.",
	  "مقالات ذات صلة",
	  { { "سباق القوارب يعود بعد غياب", "قال المنظمون إن أكثر من أربعين "
	      "قاربا سجلت للمشاركة في السباق الذي...", "رياضة",
	      "قبل 3 ساعات" },
	    { "ارتفاع أسعار السمك", "يشكو التجار من قلة الصيد هذا الشهر بسبب "
	      "الرياح القوية التي…", "اقتصاد", "قبل 5 ساعات" },
	    { "مدرسة جديدة في القرية", "ينتظر الأهالي افتتاح المدرسة منذ "
	      "سنوات طويلة وقد أعلنت...", "تعليم", "قبل 7 ساعات" } } },
	{ "青河镇昨天启用了新的图书馆。当地居民排队参观,孩子们最喜欢二楼的阅览室。",
	  "相关文章",
	  { { "老桥修复工程完工", "工程师说,这座石桥经过两年的修复,终于可以重新通车,"
	      "不过大型车辆……", "交通", "3小时前" },
	    { "果农迎来丰收", "今年雨水充足,山上的苹果又大又甜,商贩们纷纷前来"
	      "收购…", "农业", "5小时前" },
	    { "山区小学换新桌椅", "一家企业向三所小学捐赠了两百套桌椅,校长表示...",
	      "教育", "1天前" } } }
};

enum { SAMPLES = sizeof samples / sizeof *samples };

/* The many ways in which one page is printed. */
struct layout {
	const char *line_end;
	int blanks_before;           /* each group */
	int blanks_inside;           /* between title and snippet */
	int blanks_above_marks;
	const char *dash;            /* "": times are bare, tags left out */
	int heading, tags, groups;
};

static void
put(struct pm_buf *out, const char *s)
{
	assert_int_equal(pm_buf_append_str(out, s, &err), PM_OK);
}

static void
put_lines(struct pm_buf *out, const char *line, int blanks,
    const char *line_end)
{
	put(out, line);
	for (int i = 0; i <= blanks; i++)
		put(out, line_end);
}

static void
print_group(struct pm_buf *out, const char *const teaser[4],
    const struct layout *layout)
{
	const char *end = layout->line_end;

	for (int i = 0; i < layout->blanks_before; i++)
		put(out, end);
	put_lines(out, teaser[0], layout->blanks_inside, end);
	put_lines(out, teaser[1], layout->blanks_above_marks, end);
	if (layout->tags && layout->dash[0] != '\0') {
		put(out, layout->dash);
		put_lines(out, teaser[2], 0, end);
	}
	put(out, layout->dash);
	put_lines(out, teaser[3], 0, end);
}

static void
print_page(struct pm_buf *out, const struct sample *sample,
    const struct layout *layout)
{
	pm_buf_reset(out);
	put(out, layout->line_end);
	put(out, sample->body);
	put(out, layout->line_end);
	if (layout->heading)
		put_lines(out, sample->heading, 0, layout->line_end);
	for (int i = 0; i < layout->groups; i++)
		print_group(out, sample->teaser[i], layout);
	assert_int_equal(pm_buf_append_byte(out, '\0', &err), PM_OK);
	out->n--;
}

static const struct layout layouts[] = {
	{ "\n", 2, 0, 0, "- ", 1, 1, 3 },
	{ "\r\n", 2, 0, 0, "- ", 1, 1, 3 },
	{ "\n", 0, 0, 0, "- ", 1, 1, 3 },
	{ "\n", 0, 0, 0, "\xe2\x80\xa2 ", 1, 1, 2 },
	{ "\n", 2, 0, 0, "\xe2\x80\x93\xc2\xa0", 1, 1, 1 },
	{ "\n", 1, 1, 0, "* ", 1, 1, 3 },
	{ "\n", 1, 0, 1, "\xe2\x96\xba ", 1, 1, 3 },
	{ " \n", 3, 1, 1, "- ", 1, 0, 3 },
	{ "\n", 1, 0, 0, "", 1, 0, 3 },
	{ "\n", 2, 0, 0, "- ", 0, 1, 3 },
	{ "\n", 0, 0, 0, "- ", 0, 1, 3 },
	{ "\xc2\xa0\n", 0, 0, 0, "\xe2\x80\x94 ", 0, 0, 3 }
};

static void
test_layouts(void **state)
{
	struct pm_buf text;

	(void)state;
	pm_buf_init(&text);
	for (size_t i = 0; i < SAMPLES; i++) {
		const struct sample *sample = &samples[i];

		for (size_t j = 0; j < sizeof layouts / sizeof *layouts; j++) {
			const struct layout *layout = &layouts[j];
			struct pm_text_page page;
			const char *p;

			print_page(&text, sample, layout);
			p = (const char *)text.p;
			page = parse_bytes(pm_buf_bytes(&text), "a/b.txt");
			if (page.teaser_n != (size_t)layout->groups ||
			    page.body_n != 1)
				fail_msg("sample %zu layout %zu: %zu teasers, "
				    "body in %zu",
				    i, j, page.teaser_n, page.body_n);
			assert_int_equal(page.kind, PM_PAGE_PAGE);
			assert_int_equal(page.body_n, 1);
			expect_body(p, &page, sample->body);
			expect_span(p, page.heading,
			    layout->heading ? sample->heading : "");
			assert_int_equal(page.title.n, 0);
			for (int k = 0; k < layout->groups; k++) {
				const char *const expected[4] = {
					sample->teaser[k][0],
					sample->teaser[k][1],
					layout->tags && layout->dash[0] ?
					    sample->teaser[k][2] : "",
					sample->teaser[k][3]
				};

				expect_teaser(p, &page, (size_t)k, expected);
			}
		}
	}
	pm_buf_clear(&text);
}

static void
test_time_is_read(void **state)
{
	static const char text[] = "Body of the page, one line.\n"
	    "Related articles\n"
	    "One title\nA lead that was cut by the...\n- 3 hours ago\n"
	    "Two title\nA lead that was cut by the...\n- 11.02.2025\n";
	struct pm_text_page page = parse(text);

	(void)state;
	assert_int_equal(page.teaser_n, 2);
	assert_int_equal(page.teaser[0].when.kind, PM_TIME_RELATIVE);
	assert_int_equal(page.teaser[0].when.seconds, 3 * 3600);
	assert_int_equal(page.teaser[1].when.kind, PM_TIME_ABSOLUTE);
	assert_int_equal(page.teaser[1].when.year, 2025);
	assert_int_equal(page.teaser[1].when.month, 2);
	assert_int_equal(page.teaser[1].when.day, 11);
}

/* What it is read as; of what is opaque, why. */
static const char *
sniff(const char *bytes, size_t n, const char *path)
{
	const struct pm_page_input in = {
	    .capture = { (const uint8_t *)bytes, n },
	    .path = pm_bytes_of(path) };
	static char kept[64];
	struct pm_page page;

	pm_arena_reset(&arena);
	assert_int_equal(pm_page_parse(&page, &arena, &in, &err), PM_OK);
	if (page.kind == PM_PAGE_OPAQUE) {
		assert_non_null(page.reason);
		assert_int_equal(page.body.n, 0);
		assert_int_equal(page.teaser_n, 0);
	}
	(void)snprintf(kept, sizeof kept, "%s%s%s", page.reader == NULL ? "" :
	    page.reader, page.reader == NULL ? "" : ": ",
	    page.kind == PM_PAGE_OPAQUE ? page.reason :
	    page.kind == PM_PAGE_PAGE ? "page" : "list");
	return kept;
}

static void
test_sniff(void **state)
{
	static const struct {
		const char *text;
		size_t n;                /* 0: strlen */
		const char *path;
		const char *reader;      /* how it begins; NULL: text, a page */
	} cases[] = {
		{ "", 0, "a.txt", "empty" },
		{ " \r\n\t\xc2\xa0\xe2\x80\x8b\n", 0, "a.txt", "empty" },
		{ "\xef\xbb\xbf", 0, "a.txt", "empty" },
		{ "a\0b", 3, "a.txt", "binary" },
		{ "text \x01", 0, "a.txt", "binary" },
		{ "text \x7f", 0, "a.txt", "binary" },
		{ "tab\t, page\f, end\r\n", 0, "a.txt", NULL },
		{ "\xd0", 0, "a.txt", "text: page" },
		{ "ab \xed\xa0\x80", 0, "a.txt", "text: page" },
		{ "\x89PNG\r\n\x1a\n", 0, "a.txt", "an image" },
		{ "\xff\xfeh\0i\0", 6, "a.txt", "text: page" },
		{ "\xfe\xff\0h", 4, "a.txt", "text: page" },
		{ "\xff\xfe\0\0h\0\0\0", 8, "a.txt", "text: page" },
		{ "<!DOCTYPE html>", 0, "a.txt", "html" },
		{ "\xef\xbb\xbf \n<HTML lang=ru>", 0, "a.txt", "html" },
		{ "<!-- made by us -->\n<html>", 0, "a.txt", "html" },
		{ "<?xml version='1.0'?>", 0, "a.txt", "XML that is no feed" },
		{ "<rss version='2.0'>", 0, "", "feed" },
		{ "<headline> is no tag we know", 0, "", NULL },
		{ "<html> \xcf\xf0\xe8\xe2\xe5\xf2", 0, "", "html" },
		{ "WARC/1.0\r\n\0", 11, "a.txt", "warc" },
		{ "WARC is a format", 0, "a.txt", NULL },
		{ "{\"title\": \"x\"}", 0, "a.txt", "json" },
		{ "[{ \"title\" :\"x\"}]", 0, "a", "json" },
		{ "[ \"a\\\"b\", \"c\"]", 0, "a", "json" },
		{ "[\"a\"]\n", 0, "a", "json" },
		{ "[\"Dawn\"] a painting", 0, "a", NULL },
		{ "[Photo] The harbour at dawn", 0, "a", NULL },
		{ "{Advertisement} Buy soap", 0, "a", NULL },
		{ "{\"So it goes\"} he said", 0, "a", NULL },
		{ "{", 0, "a", NULL },
		{ "[", 0, "a", NULL },
		{ "[\"", 0, "a", NULL },
		{ "{\"\\", 0, "a", NULL },
		{ "%PDF-1.4", 0, "a", "document" },
		{ "plain", 0, "dir/A.JSONL", "json" },
		{ "plain", 0, "a.json", "json" },
		{ "plain", 0, "a.HTM", "html" },
		{ "a,b", 0, "a.csv", "csv" },
		{ "a\tb", 0, "a.tsv", "tsv" },
		{ "x", 0, "dir.csv/page", NULL },
		{ "x", 0, "csv", NULL },
		{ "x", 0, ".", NULL },
		{ "x", 0, "", NULL }
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		size_t n = cases[i].n != 0 ? cases[i].n :
		    strlen(cases[i].text);
		const char *want = cases[i].reader != NULL ?
		    cases[i].reader : "text: page";
		const char *got = sniff(cases[i].text, n, cases[i].path);

		if (strncmp(got, want, strlen(want)) != 0)
			fail_msg("case %zu: %s, not %s", i, got, want);
	}
}

static void
test_front_matter(void **state)
{
	static const char crlf[] = "\xef\xbb\xbf---\r\ntitle: Tea\r\n"
	    "tags:\r\n- x\r\n---\r\n\r\nThe body.\r\n";
	static const char only[] = "---\ntitle: Tea\n---\n\n";
	static const char rule[] = "---\nProse below a rule.\n---\nMore.";
	static const char open[] = "---\ntitle: Tea\nno end";
	struct pm_text_page page = parse(crlf);

	(void)state;
	expect_body(crlf, &page, "The body.");
	page = parse(only);
	assert_int_equal(page.kind, PM_PAGE_OPAQUE);
	assert_string_equal(page.reason, "no text beside front matter");
	expect_whole(rule);
	expect_whole(open);
}

/* What looks a little like a list and is none. */
static void
test_bodies_stay(void **state)
{
	static const char *const bodies[] = {
		/* bullets */
		"The council decided three things:\n- to mend the road\n"
		"- to paint the school\n- to plant trees\n"
		"The work begins in May...\nThat is all.",
		/* a dialogue */
		"Он долго молчал...\n— Ты придёшь?\n— Не знаю...\n"
		"— Приходи вечером.\n— Может быть...\nОна ушла.",
		/* "read more" in the middle */
		"The storm came at night.\nRead more\nThe roofs were "
		"gone by the morning. Nobody was hurt.\nThe mayor came.",
		"Первый абзац.\nЧитайте также\nОдин заголовок другой статьи\n"
		"Второй абзац этой статьи продолжается как обычно.\n"
		"Третий абзац.",
		/* paragraphs that trail off */
		"He waited for an hour...\nThen for another one, they say...\n"
		"\nNobody came, and the lamps went out...\nIt was winter...",
		/* a short line, one cut line, no second group */
		"A body.\n\nRelated\n\nOnly one title\nWith its lead cut "
		"off here...\n- 3 hours ago",
		/* a table */
		"| name | age |\n| --- | --- |\n| Ann | 41... |\n| Bo | 7 |",
		/* a chronology with dates */
		"The bridge was planned\n- 11.02.2001\nThe bridge was built\n"
		"- 12.03.2005\nThe bridge fell\n- 01.04.2024",
		/* see also, as plain bullets */
		"A body.\n\nSee also\n\n- One page\n- Another page\n"
		"- A third page",
		/* two timed groups without a heading are not enough */
		"A body of prose.\n\nOne title\nIts lead was cut...\n"
		"- 3 hours ago\nTwo title\nIts lead was cut...\n- 4 hours ago",
		/* titles that were cut, in pairs */
		"A body.\n\nMore stories\n\nOne title of four that was ...\n"
		"Another title that was cut ...\nA third title that was ...\n"
		"And the fourth one was cut ...",
		/* places of a ranking are no titles */
		"A body.\n\nMost read\n\n1\nThe one title that was cut...\n"
		"2\nThe other title that was cut...",
		/* marks above the titles, not below them */
		"A body.\n- Town\n- 1 hour ago\nOne title\nA lead, cut by...\n"
		"- Sea\n- 2 hours ago\nTwo title\nA lead, cut by...\n"
		"- Hill\n- 3 hours ago\nThree title\nA lead, cut by...\n"
		"- Wood\n- 4 hours ago\nFour title\nA lead, cut by...",
		"\"Related\"",
		"- x",
		"- - -",
		"..."
	};

	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
		expect_whole(bodies[i]);
}

#define PROSE "Long prose goes on and on here, for it has more than twenty " \
	"words in one line, which no footer of any page would ever have, " \
	"and it ends with a full stop."
#define GROUP(t, time) t "\nThe lead of " t " was cut by the site...\n" \
	"- Town\n- " time "\n"

static void
test_heading_by_place(void **state)
{
	static const char text[] = "First paragraph.\nSecond paragraph.\n\n"
	    "Around the town\n\n" GROUP("One", "1 hour ago")
	    GROUP("Two", "2 hours ago") GROUP("Three", "3 hours ago");
	static const char alone[] = "Short body without stop\n\n"
	    GROUP("One", "1 hour ago") GROUP("Two", "2 hours ago")
	    GROUP("Three", "3 hours ago");
	static const char list[] = "## Latest news\n\n"
	    GROUP("One", "1 hour ago") GROUP("Two", "2 hours ago");
	static const char bare[] = "First.\nSecond.\n\nOne title\n"
	    "- 1 hour ago\nTwo title\n- 2 hours ago\nThree title\n"
	    "- 3 hours ago\n";
	static const char uncut[] = "First.\nSecond.\n\nOne title\n"
	    "Its lead is short, and was not cut.\n- 1 hour ago\n"
	    GROUP("Two", "2 hours ago") GROUP("Three", "3 hours ago");
	struct pm_text_page page = parse(bare);

	(void)state;
	assert_int_equal(page.teaser_n, 3);
	expect_body(bare, &page, "First.\nSecond.");
	page = parse(uncut);
	assert_int_equal(page.teaser_n, 3);
	expect_body(uncut, &page, "First.\nSecond.");
	page = parse(text);
	assert_int_equal(page.teaser_n, 3);
	expect_body(text, &page, "First paragraph.\nSecond paragraph.");
	expect_span(text, page.heading, "Around the town");
	page = parse(alone);
	assert_int_equal(page.teaser_n, 3);
	expect_body(alone, &page, "Short body without stop");
	assert_int_equal(page.heading.n, 0);
	page = parse(list);
	assert_int_equal(page.kind, PM_PAGE_LIST);
	assert_int_equal(page.teaser_n, 2);
	expect_span(list, page.heading, "## Latest news");
}

static void
test_after_the_list(void **state)
{
	static const char footer[] = "Body.\nMore body.\nRelated articles\n"
	    GROUP("One", "1 hour ago") GROUP("Two", "2 hours ago")
	    "\n(c) 2025 The Eastmere Post\nAll rights reserved";
	static const char middle[] = PROSE "\r\n\r\nRelated articles\r\n"
	    GROUP("One", "1 hour ago") GROUP("Two", "2 hours ago")
	    "\n\n" PROSE "\n- an item\n" PROSE "\nRead also\n"
	    GROUP("Three", "3 hours ago") "\n" PROSE "\n";
	struct pm_text_page page = parse(footer);

	(void)state;
	assert_int_equal(page.teaser_n, 2);
	expect_body(footer, &page, "Body.\nMore body.");
	page = parse(middle);
	assert_int_equal(page.teaser_n, 3);
	assert_int_equal(page.body_n, 3);
	expect_body(middle, &page, PROSE "\r\n" PROSE "\n- an item\n" PROSE
	    "\n" PROSE);
	expect_span(middle, page.heading, "Related articles");
	expect_span(middle, page.teaser[2].title, "Three");
}

/* In a list that is proven, groups may be less than whole. */
static void
test_weaker_groups(void **state)
{
	static const char text[] = "Body.\nMore.\nПохожие статьи\n"
	    GROUP("One", "1 hour ago")
	    "Two...\nLead of two, cut by...\n- 2 hours ago\n"
	    "Three\nA lead that was not cut.\n- Town\n- 3 hours ago\n"
	    "Four\n- 4 hours ago\n"
	    "Advertisement\n\n"
	    GROUP("Five", "5 hours ago")
	    "Six\nA lead of two lines,\nof which the second is cut...\n"
	    "- Town\n- Sea\n- 6 hours ago\n"
	    "Seven\n7 hours ago \xc2\x97\nA time above the lead...\n"
	    "Eight\nThe page ends in the...";
	static const char *const titles[] = {
		"One", "Two...", "Three", "Four", "Five", "Six", "Seven",
		"Eight"
	};
	struct pm_text_page page = parse(text);

	(void)state;
	assert_int_equal(page.teaser_n, 8);
	for (size_t i = 0; i < 8; i++)
		expect_span(text, page.teaser[i].title, titles[i]);
	expect_body(text, &page, "Body.\nMore.");
	expect_span(text, page.teaser[1].snippet, "Lead of two, cut by...");
	expect_span(text, page.teaser[2].snippet, "A lead that was not cut.");
	assert_int_equal(page.teaser[3].snippet.n, 0);
	expect_span(text, page.teaser[3].time, "4 hours ago");
	expect_span(text, page.teaser[5].snippet,
	    "A lead of two lines,\nof which the second is cut...");
	assert_int_equal(page.teaser[5].tag_n, 2);
	expect_span(text, page.teaser[5].tag[1], "Sea");
	expect_span(text, page.teaser[6].time, "7 hours ago");
	expect_span(text, page.teaser[6].snippet, "A time above the lead...");
}

static void
test_title(void **state)
{
	static const char hash[] = "# A title #\n\nText.";
	static const char plain[] = "\nHarbour reopens after storm\n\n"
	    "11.02.2025\n\n" PROSE "\n";
	static const char sentence[] = "It is open.\n\n" PROSE;
	static const char close[] = "Harbour reopens today\n" PROSE;
	static const char shorter[] = "Harbour reopens today\n\nBriefly told";
	static const char label[] = "Share this\n\n" PROSE;
	static const char menu[] = "* News\n* Sport\n\n# The title\n\n" PROSE;
	static const char below[] = PROSE "\n# No title\n" PROSE;
	struct pm_text_page page = parse(hash);

	(void)state;
	expect_span(hash, page.title, "A title");
	expect_body(hash, &page, hash);
	page = parse(plain);
	expect_span(plain, page.title, "Harbour reopens after storm");
	assert_true(page.has_dateline);
	assert_int_equal(page.dateline.day, 11);
	assert_int_equal(parse(sentence).title.n, 0);
	assert_int_equal(parse(close).title.n, 0);
	assert_int_equal(parse(shorter).title.n, 0);
	assert_int_equal(parse(label).title.n, 0);
	assert_int_equal(parse(below).title.n, 0);
	page = parse(menu);
	expect_span(menu, page.title, "The title");
	expect_body(menu, &page, menu);
}

static void
test_dates(void **state)
{
	static const char labelled[] = "Дата: 11.02.2025\n" PROSE;
	static const char last[] = PROSE "\n" PROSE "\n" PROSE "\n" PROSE
	    "\n2025-02-11\nAnn Smith";
	static const char middle[] = PROSE "\n" PROSE "\n" PROSE
	    "\n2025-02-11\n" PROSE "\n" PROSE;
	static const char prose[] = "On 11.02.2025 the harbour was opened.\n"
	    "On 12.02.2025 it was closed.";
	struct pm_text_page page = parse(labelled);

	(void)state;
	assert_true(page.has_dateline);
	assert_int_equal(page.dateline.month, 2);
	expect_body(labelled, &page, labelled);
	assert_true(parse(last).has_dateline);
	assert_false(parse(middle).has_dateline);
	page = parse(prose);
	assert_false(page.has_dateline);
	assert_true(page.has_prose);
	assert_int_equal(page.prose.day, 11);
}

/* The look-up is by bisection, of what pm_fold gives. */
static void
test_headings_table(void **state)
{
	struct pm_buf folded;
	size_t n = sizeof related_headings / sizeof *related_headings;

	(void)state;
	pm_buf_init(&folded);
	for (size_t i = 0; i < n; i++) {
		struct pm_bytes heading = pm_bytes_of(related_headings[i]);

		pm_buf_reset(&folded);
		assert_int_equal(pm_fold(&folded, heading, &err), PM_OK);
		if (!pm_bytes_equal(pm_buf_bytes(&folded), heading))
			fail_msg("%s folds to %.*s", related_headings[i],
			    (int)folded.n, (char *)folded.p);
		/* Lines with a digit are not looked up. */
		assert_null(strpbrk(related_headings[i], "0123456789"));
		if (i > 0)
			assert_true(strcmp(related_headings[i - 1],
			    related_headings[i]) < 0);
	}
	pm_buf_clear(&folded);
}

static uint32_t
random_next(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return (uint32_t)(*state >> 33);
}

/* Lines that lists are made of, and lines that they are not made of. */
static const char *const soup[] = {
	"\n", "\n", "\n", "\r\n", "\xc2\xa0 \n", PROSE "\n", PROSE "..\n",
	PROSE "\r\n", "Заголовок новости о мосте\n", "One title of a page\n",
	"A lead that the site has cut here...\n",
	"Ещё один лид, который обрезан на полуслове…\n",
	"Похожие статьи\n", "Related\n", "相关文章\n", "- Town\n",
	"- 3 hours ago\n", "• 6 часов назад\n", "— Дороги\n", "11.02.2025\n",
	"3 hours ago\n", "- a longer item of a list, which ends so;\n",
	"(c) 2025\n", "# Heading\n", "# ##\n", "...\n", "- \n", "-\n",
	"青河镇昨天启用了新的图书馆。\n",
	GROUP("Whole", "2 hours ago"), GROUP("Целая", "2 часа назад"),
	GROUP("Third", "4 hours ago"), "T\nS...\n"
};

static void
make_soup(struct pm_buf *text, uint64_t seed)
{
	uint32_t lines = 1 + random_next(&seed) % 40;

	pm_buf_reset(text);
	for (uint32_t i = 0; i < lines; i++)
		put(text, soup[random_next(&seed) %
		    (sizeof soup / sizeof *soup)]);
	if (random_next(&seed) % 2 == 0 && text->n > 0 &&
	    text->p[text->n - 1] == '\n')
		text->n--;
}

/* Mark what a span covers; fails when it does not fit or is covered. */
static void
cover(uint8_t *covered, struct pm_bytes text, struct pm_span span,
    size_t *after)
{
	assert_true(span.at <= text.n && span.n <= text.n - span.at);
	if (span.n == 0)
		return;
	if (after != NULL) {
		assert_true(span.at >= *after);
		*after = span.at + span.n;
	}
	for (size_t i = span.at; i < span.at + span.n; i++) {
		assert_int_equal(covered[i], 0);
		covered[i] = 1;
	}
	assert_true(pm_utf8_length(text, span.at) > 0);
	assert_true(span.at + span.n == text.n ||
	    (text.p[span.at + span.n] & 0xc0) != 0x80);
}

static void
check_spans(struct pm_bytes text, const struct pm_text_page *page,
    uint8_t *covered)
{
	size_t body = 0, list = 0;

	memset(covered, 0, text.n);
	for (size_t i = 0; i < page->body_n; i++) {
		assert_true(page->body[i].n > 0);
		cover(covered, text, page->body[i], &body);
	}
	cover(covered, text, page->heading, &list);
	for (size_t i = 0; i < page->teaser_n; i++) {
		const struct pm_text_teaser *teaser = &page->teaser[i];
		size_t end;

		assert_true(teaser->title.n > 0);
		cover(covered, text, teaser->title, &list);
		end = list;
		cover(covered, text, teaser->snippet, &list);
		for (size_t j = 0; j < teaser->tag_n; j++)
			cover(covered, text, teaser->tag[j], &list);
		cover(covered, text, teaser->time, NULL);
		assert_true(teaser->time.n == 0 || teaser->time.at >= end);
		if (teaser->time.at + teaser->time.n > list)
			list = teaser->time.at + teaser->time.n;
	}
	if (page->title.n > 0)
		for (size_t i = 0; i < page->title.n; i++)
			assert_int_equal(covered[page->title.at + i], 1);
}

static void
check_prose_is_kept(struct pm_bytes text, const uint8_t *covered)
{
	size_t n = strlen(PROSE);

	for (size_t at = 0; at + n <= text.n; at++)
		if (memcmp(text.p + at, PROSE, n) == 0)
			for (size_t i = 0; i < n; i++)
				assert_int_equal(covered[at + i], 1);
}

static void
test_soup(void **state)
{
	uint8_t covered[64 << 10];
	struct pm_buf text;
	size_t lists = 0, pieces = 0;

	(void)state;
	pm_buf_init(&text);
	for (uint64_t seed = 1; seed <= 4000; seed++) {
		struct pm_text_page page;

		make_soup(&text, seed);
		assert_true(text.n <= sizeof covered);
		page = parse_bytes(pm_buf_bytes(&text), "");
		if (page.kind == PM_PAGE_OPAQUE)
			continue;
		check_spans(pm_buf_bytes(&text), &page, covered);
		check_prose_is_kept(pm_buf_bytes(&text), covered);
		lists += page.teaser_n > 0;
		pieces += page.body_n > 1;
	}
	/* Else the soup has become too thin to show anything. */
	assert_true(lists > 400 && pieces > 40);
	pm_buf_clear(&text);
}

/* Every byte of a page cut short: no cut may surprise the parser. */
static void
test_cut_pages(void **state)
{
	uint8_t covered[16 << 10];
	struct pm_buf text;

	(void)state;
	pm_buf_init(&text);
	print_page(&text, &samples[0], &layouts[0]);
	assert_true(text.n <= sizeof covered);
	for (size_t n = 1; n <= text.n; n++) {
		/* An allocation of its own, so that overreads are seen. */
		uint8_t *copy = pm_alloc(n, &err);
		struct pm_text_page page;

		memcpy(copy, text.p, n);
		page = parse_bytes((struct pm_bytes){ copy, n }, "");
		if (page.kind != PM_PAGE_OPAQUE)
			check_spans((struct pm_bytes){ copy, n }, &page,
			    covered);
		pm_free(copy);
	}
	pm_buf_clear(&text);
}

/* Two megabytes of the same: quadratic time would be minutes. */
static void
test_linear_time(void **state)
{
	static const char *const repeated[] = {
		"\n", " ", " \n", "a", "a\n", "- x\n", "x...\n", "\xc2\xa0",
		"Related\n", "Похожие статьи\n\n", "Related articles\nT\n",
		"T\nS...\n", "T\nS...\n- a\n", "T\n- 1 hour ago\n",
		"T\n- a\n- b\n- c\n- d\n- e\n- f\n- g\n- h\n",
		"Related\nT\n- a\n- b\n- c\n- d\n- e\n- f\n- g\n- h\n",
		"Related\nT\nS and more of it...\n- a\n- b\n- c\n",
		GROUP("T", "2 hours ago"), "T\nS...\n- 1 hour ago\n" PROSE "\n",
		GROUP("A", "1 hour ago") GROUP("B", "2 hours ago")
		    GROUP("C", "3 hours ago") PROSE "\n" PROSE "\n",
		"T\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n", "---\na: b\n",
		"[\"", "{\"a", "<!-- ", "# ", "11.02.2025\n"
	};
	struct pm_buf text;

	(void)state;
	pm_buf_init(&text);
	for (size_t i = 0; i < sizeof repeated / sizeof *repeated; i++) {
		clock_t begin = clock();
		struct pm_text_page page;
		double seconds;

		pm_buf_reset(&text);
		while (text.n < 2000000)
			put(&text, repeated[i]);
		page = parse_bytes(pm_buf_bytes(&text), "");
		assert_true(page.teaser_n <= PM_PAGE_TEASERS_MAX);
		seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
		if (getenv("PM_TEST_TIMES") != NULL)
			print_message("%2zu: %.3f s\n", i, seconds);
		assert_true(seconds < 20);
	}
	pm_buf_clear(&text);
}

static void
test_too_large(void **state)
{
	size_t n = ((size_t)64 << 20) + 1;
	uint8_t *text = pm_alloc_zero(n, &err);

	(void)state;
	assert_non_null(text);
	assert_string_equal(sniff((const char *)text, n, "a"),
	    "larger than 64 MiB");
	assert_string_equal(sniff((const char *)text, n - 1, "a"), "binary");
	pm_free(text);
}

static uint32_t random_state;

static uint32_t
random_below(uint32_t n)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % n;
}

static enum pm_page_plain
plain_slowly(struct pm_bytes text)
{
	size_t bad;

	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == 0x7f || (text.p[i] < ' ' &&
		    strchr("\t\n\r\f", text.p[i]) == NULL) || text.p[i] == 0)
			return PM_PAGE_BINARY;
	return pm_utf8_valid(text, &bad) ? PM_PAGE_PLAIN : PM_PAGE_NOT_UTF8;
}

/* Characters at the edges of what Table 3-7 of the Unicode Standard allows,
 * then one byte changed; lengths around those of blocks. */
static void
test_plain_as_if_by_character(void **state)
{
	static const uint32_t edges[] = { ' ', 'a', 0x7e, 0x80, 0x7ff, 0x800,
		0xfff, 0x1000, 0xcfff, 0xd000, 0xd7ff, 0xe000, 0xffff, 0x10000,
		0x3ffff, 0x40000, 0xfffff, 0x100000, 0x10ffff };
	enum { LONGEST = 9000 };
	static uint8_t text[LONGEST + 8];
	size_t seen[3] = { 0 };

	(void)state;
	for (random_state = 1; random_state < 8000;) {
		uint32_t next = random_state + 1;
		size_t n = 0, max = random_below(4) == 0 ? LONGEST :
		    random_below(300);
		enum pm_page_plain is;

		while (n < max)
			n += pm_utf8_put(text + n, edges[random_below(
			    sizeof edges / sizeof *edges)]);
		if (n > 0 && random_below(3) > 0)
			text[random_below((uint32_t)n)] =
			    (uint8_t)random_below(256);
		if (n > 0 && random_below(4) == 0)
			n -= random_below(n < 4 ? (uint32_t)n : 4);
		is = pm_page_plain((struct pm_bytes){ text, n });
		seen[is]++;
		if (is != plain_slowly((struct pm_bytes){ text, n }))
			fail_msg("text %u is taken for %d", next - 1, is);
		random_state = next;
	}
	assert_true(seen[PM_PAGE_PLAIN] > 100);
	assert_true(seen[PM_PAGE_BINARY] > 100);
	assert_true(seen[PM_PAGE_NOT_UTF8] > 100);
}

static const char *const characters[] = { " ", " ", " ", "\t", "a", "b", "Z",
	".", "\u0436", "\u0436", "\u00a0", "\u00b7", "\u2009", "\u2026",
	"\u3000", "\u4e2d", "\u0e01", "\u0915", "\ud55c", "\u30ab",
	"\ufeff", "\uff01", "\U00020000", "\U0001f600", "\u1680" };

static size_t
words_slowly(struct pm_bytes text)
{
	static const char *const blank[] = { " ", "\t", "\u00a0", "\u2009",
		"\u3000", "\ufeff", "\u1680" };
	static const char *const half[] = { "\u4e2d", "\u0e01", "\u30ab",
		"\U00020000" };
	size_t words = 0, halves = 0, at = 0;
	bool inside = false;

	while (at < text.n) {
		struct pm_bytes c = { text.p + at, pm_utf8_length(text, at) };
		bool ends = false;

		for (size_t i = 0; i < sizeof blank / sizeof *blank; i++)
			ends = ends || pm_bytes_equal(c,
			    pm_bytes_of(blank[i]));
		for (size_t i = 0; i < sizeof half / sizeof *half; i++)
			if (pm_bytes_equal(c, pm_bytes_of(half[i]))) {
				ends = true;
				halves++;
			}
		words += !ends && !inside;
		inside = !ends;
		at += c.n;
	}
	return words + (halves + 1) / 2;
}

static void
test_words_as_if_by_character(void **state)
{
	uint8_t text[1000];

	(void)state;
	random_state = 1;
	for (int i = 0; i < 20000; i++) {
		size_t n = 0, max = random_below(300) + 1;
		uint32_t kinds = i % 3 == 0 ? 10 : i % 3 == 1 ? 12 :
		    sizeof characters / sizeof *characters;
		struct pm_bytes all = { text, 0 };
		size_t words;

		while (n < max) {
			const char *c = characters[random_below(kinds)];

			memcpy(text + n, c, strlen(c));
			n += strlen(c);
		}
		all.n = n;
		words = words_slowly(all);
		assert_int_equal(pm_page_words(all,
		    (struct pm_span){ 0, n }), words);
		for (size_t k = words < 2 ? 0 : words - 2; k < words + 3; k++)
			assert_int_equal(pm_page_has_more_words(all,
			    (struct pm_span){ 0, n }, k), words > k);
	}
}

/* The lines that make groups, and those that break them. */
static const char *const line_kinds[] = { "\n", "\n", " \n", "A title\n",
	"Another title of some more words\n", "A snippet that was cut...\n",
	"It was cut as well\u2026\u201d \n", "- Tag\n", "- 6 hours ago\n",
	"\u2022 yesterday\n", "2 days ago\n", "\u2013 We have it, he said in "
	"front of the ministry of...\n", "A sentence, that is all.\n",
	"Related articles\n", "\u00a0- x\n", "Cut &hellip;\n", "---\n" };

static bool
has_sign_below(struct pm_bytes text, size_t at)
{
	struct pm_page_line line;
	size_t lines = 0;

	assert_true(pm_page_line_read(&line, text, at, text.n));
	for (at = line.next; at < text.n && lines < PM_PAGE_GROUP_LINES_MAX;
	    at = line.next) {
		assert_true(pm_page_line_read(&line, text, at, text.n));
		lines += line.at < line.end;
		if (line.at < line.end && pm_page_has_sign(text,
		    pm_page_line_span(&line)))
			return true;
	}
	return false;
}

/* What lets lines far from a sign be passed over. */
static void
test_every_group_has_a_sign(void **state)
{
	struct pm_page_group group;
	size_t groups = 0;
	char page[4096];

	(void)state;
	random_state = 1;
	for (int i = 0; i < 3000; i++) {
		struct pm_bytes text = { (const uint8_t *)page, 0 };

		for (int k = 0; k < 30; k++) {
			const char *line = line_kinds[random_below(
			    sizeof line_kinds / sizeof *line_kinds)];

			memcpy(page + text.n, line, strlen(line));
			text.n += strlen(line);
		}
		for (size_t at = 0; at < text.n; at++) {
			if ((at > 0 && page[at - 1] != '\n') ||
			    !pm_page_group_read(&group, text, at))
				continue;
			groups++;
			assert_true(has_sign_below(text, at));
		}
	}
	assert_true(groups > 1000);
}

/* However long the body is, the list below it is the same. */
static void
expect_below_any_number_of_lines(const char *list)
{
	for (size_t lines = 1; lines < 30; lines++) {
		char text[8192], body[4096];
		struct pm_text_page page;
		size_t n = 0;

		for (size_t i = 0; i < lines; i++) {
			int more = snprintf(body + n, sizeof body - n,
			    "%sLine %zu of the body, no more.",
			    i == 0 ? "" : "\n\n", i);

			assert_in_range(more, 1, sizeof body - n - 1);
			n += (size_t)more;
		}
		(void)snprintf(text, sizeof text, "%s\nOur choice\n%s", body, list);
		page = parse(text);
		assert_int_equal(page.teaser_n, 3);
		expect_span(text, page.heading, "Our choice");
		expect_body(text, &page, body);
		expect_span(text, page.teaser[0].title, "A first title");
	}
}

static void
test_list_below_any_number_of_lines(void **state)
{
	(void)state;
	expect_below_any_number_of_lines(
	    "A first title\nWhat it is about, cut...\n- 1 hour ago\n"
	    "A second title\nWhat it is about, cut...\n- 2 hours ago\n"
	    "A third title\nWhat it is about, cut...\n- 3 hours ago\n");
	/* The sign of the first is as far down as it can be. */
	expect_below_any_number_of_lines(
	    "A first title\n1 hour ago\nIt is about this\nand that\nand more"
	    "\n- Tag\n"
	    "A second title\n2 hours ago\nIt is about this\nand that\nand "
	    "more...\n- Tag\n"
	    "A third title\n3 hours ago\nIt is about this\nand that\nand "
	    "more...\n- Tag\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_as_if_by_character),
		cmocka_unit_test(test_words_as_if_by_character),
		cmocka_unit_test(test_every_group_has_a_sign),
		cmocka_unit_test(test_list_below_any_number_of_lines),
		cmocka_unit_test(test_layouts),
		cmocka_unit_test(test_time_is_read),
		cmocka_unit_test(test_sniff),
		cmocka_unit_test(test_front_matter),
		cmocka_unit_test(test_bodies_stay),
		cmocka_unit_test(test_heading_by_place),
		cmocka_unit_test(test_after_the_list),
		cmocka_unit_test(test_weaker_groups),
		cmocka_unit_test(test_title),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_headings_table),
		cmocka_unit_test(test_soup),
		cmocka_unit_test(test_cut_pages),
		cmocka_unit_test(test_linear_time),
		cmocka_unit_test(test_too_large)
	};
	int failed;

	pm_arena_init(&arena);
	failed = cmocka_run_group_tests_name("page", tests, NULL, NULL);
	pm_arena_clear(&arena);
	return failed;
}
