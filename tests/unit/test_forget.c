/* Forgetting: what is cut out of bytes, and what a line does to a catalog. */
#include "support.h"

#include "archive/forget.h"
#include "page/codec.h"
#include "store/catalog_internal.h"

static struct pm_err err;

/* ---- cutting ---- */

#define TITLE "Bell \"Orrin\" & the tower/bridge"
#define SNIPPET "It was cast on Thursday in a pit \xd0\xb1\xd0\xb5\xd1\x80\xd0\xb5\xd0\xb3..."

static struct pm_cutter *cutter;

static void
look_for(const char *title, const char *snippet)
{
	if (cutter == NULL)
		assert_int_equal(pm_cutter_new(&cutter, &err), PM_OK);
	pm_cutter_reset(cutter);
	assert_int_equal(pm_cutter_add(cutter, pm_bytes_of(title),
	    pm_bytes_of(snippet), &err), PM_OK);
}

static void
expect_cut(const char *text, const char *left)
{
	struct pm_bytes literal = pm_bytes_of(text);

	assert_int_equal(pm_cutter_cut(cutter, &literal, &err), PM_OK);
	if (!pm_bytes_equal(literal, pm_bytes_of(left)))
		fail_msg("left: %.*s, not: %s", (int)literal.n,
		    (const char *)literal.p, left);
}

static int
free_cutter(void **state)
{
	(void)state;
	pm_cutter_free(cutter);
	cutter = NULL;
	return 0;
}

static void
test_cut_by_each_codec(void **state)
{
	(void)state;
	for (int codec = 0; codec <= PM_CODEC_XML_QUOT; codec++) {
		struct pm_buf text;

		if (!pm_codec_known(codec))
			continue;
		pm_buf_init(&text);
		look_for(TITLE, SNIPPET);
		assert_false(pm_cutter_is_done(cutter));
		assert_int_equal(pm_buf_append_str(&text, "<a>", &err), PM_OK);
		assert_int_equal(pm_codec_write(&text, codec,
		    pm_bytes_of(TITLE), &err), PM_OK);
		assert_int_equal(pm_buf_append_str(&text, "</a>", &err),
		    PM_OK);
		assert_int_equal(pm_buf_append_byte(&text, 0, &err), PM_OK);
		expect_cut((char *)text.p, "<a></a>");
		assert_false(pm_cutter_is_done(cutter));
		pm_buf_reset(&text);
		assert_int_equal(pm_codec_write(&text, codec,
		    pm_bytes_of(SNIPPET), &err), PM_OK);
		assert_int_equal(pm_buf_append_byte(&text, 0, &err), PM_OK);
		expect_cut((char *)text.p, "");
		assert_true(pm_cutter_is_done(cutter));
		pm_buf_clear(&text);
	}
}

static void
test_cut_each_copy(void **state)
{
	(void)state;
	look_for("A title of some length", "");
	expect_cut("xA title of some lengthA title of some lengthy A title of "
	    "some lengt", "xy A title of some lengt");
	assert_true(pm_cutter_is_done(cutter));
	/* One begins the other. */
	look_for("A title of some length", "A title of some length, and more");
	expect_cut("1 A title of some length, and more 2 A title of some "
	    "length 3", "1  2  3");
	assert_true(pm_cutter_is_done(cutter));
}

static void
test_too_short_to_cut(void **state)
{
	(void)state;
	look_for("Sport", "");
	expect_cut("Sport and Sport", "Sport and Sport");
	assert_false(pm_cutter_is_done(cutter));
	pm_cutter_found(cutter, 0);
	assert_true(pm_cutter_is_done(cutter));
	look_for("", "");
	assert_true(pm_cutter_is_done(cutter));
}

static void
test_blanks_where_length_is_said(void **state)
{
	(void)state;
	look_for("A title of some length", "");
	expect_cut("WARC/1.0\r\nContent-Length: 9\r\n\r\n<A title of some "
	    "length>", "WARC/1.0\r\nContent-Length: 9\r\n\r\n"
	    "<                      >");
	assert_true(pm_cutter_blanks(cutter));
	look_for("A title of some length", "");
	expect_cut("http://a/ 1.2.3.4 20250212080000 text/html 22\n"
	    "A title of some length",
	    "http://a/ 1.2.3.4 20250212080000 text/html 22\n"
	    "                      ");
	look_for("A title of some length", "");
	expect_cut("{\"title\":\"A title of some length\"}\n",
	    "{\"title\":\"\"}\n");
	assert_false(pm_cutter_blanks(cutter));
}

static void
test_too_many_to_find(void **state)
{
	(void)state;
	look_for("A title of some length", "");
	for (int i = 0; i < PM_CUTTER_MAX; i++)
		assert_int_equal(pm_cutter_add(cutter,
		    pm_bytes_of("Another title of it"), (struct pm_bytes){ 0 },
		    &err), PM_OK);
	expect_cut("A title of some length", "A title of some length");
	assert_false(pm_cutter_is_done(cutter));
}

/* ---- lines ---- */

static struct pm_catalog *catalog;

static int
open_catalog(void **state)
{
	(void)state;
	assert_int_equal(pm_catalog_open(&catalog, NULL, PM_CATALOG_TEMP,
	    &err), PM_OK);
	return 0;
}

static int
close_catalog(void **state)
{
	(void)state;
	pm_catalog_close(catalog);
	return 0;
}

static int
no_title(void *context, struct pm_buf *out, uint64_t teaser, uint64_t frame,
    uint32_t ordinal, struct pm_err *ignored)
{
	(void)context;
	(void)teaser;
	(void)frame;
	(void)ordinal;
	return pm_buf_append_str(out, "title", ignored);
}

static void
apply(const struct pm_log_record *record)
{
	if (pm_catalog_apply(catalog, record, &err) != PM_OK)
		fail_msg("%s", err.text);
}

static void
finish(void)
{
	const struct pm_teaser_source source = { no_title, NULL };

	if (pm_catalog_refresh(catalog, &source, &err) != PM_OK ||
	    pm_catalog_commit(catalog, &err) != PM_OK)
		fail_msg("%s", err.text);
}

static int64_t
number(const char *sql)
{
	int64_t n = -1;

	if (pm_catalog_number(&n, catalog, sql, &err) != PM_OK)
		fail_msg("%s: %s", sql, err.text);
	return n;
}

static void
put_article(uint64_t n, uint64_t same)
{
	apply(&(struct pm_log_record){ .kind = PM_LOG_ARTICLE, .u.article = {
	    .number = n, .bytes = 100 - n, .same = same, .norm = same == 0 ?
	    n : same, .frame = 1, .sha256 = { (uint8_t)n } } });
}

static void
put_capture(uint64_t n, uint64_t article, const uint64_t *teaser,
    size_t teaser_n)
{
	struct pm_log_sighting sighting[4] = { 0 };
	char path[16];

	(void)snprintf(path, sizeof path, "%u.txt", (unsigned)n);
	for (size_t i = 0; i < teaser_n; i++)
		sighting[i].teaser = teaser[i];
	apply(&(struct pm_log_record){ .kind = PM_LOG_CAPTURE, .u.capture = {
	    .number = n, .path = pm_bytes_of(path),
	    .input = pm_bytes_of("in"), .crawled = 1700000000, .mode = 0644,
	    .bytes = 9, .kind = PM_CAPTURE_PAGE, .article = article,
	    .sha256 = { 0x80, (uint8_t)n }, .recipe_frame = 1,
	    .sighting = sighting, .sighting_n = teaser_n } });
}

static void
put_teaser(uint64_t n, uint64_t start, uint64_t article)
{
	apply(&(struct pm_log_record){ .kind = PM_LOG_TEASER, .u.teaser = {
	    .number = n, .sha256 = { 0x40, (uint8_t)n }, .frame = 1,
	    .ordinal = (uint32_t)n, .marks = { start, n, n, n } } });
	if (article != 0)
		apply(&(struct pm_log_record){ .kind = PM_LOG_LINK,
		    .u.link = { .teaser = n, .article = article,
		    .evidence = PM_EVIDENCE_PREFIX, .score = 1 } });
}

static void
put_relation(uint64_t a, uint64_t b)
{
	apply(&(struct pm_log_record){ .kind = PM_LOG_RELATION,
	    .u.relation = { a, b, PM_RELATION_NEAR, 0.9, 0.9 } });
}

/* 1, 2 and 3 are the same, and related to 4; 5 is alone.  Teaser 1 leads to 1,
 * 2 to 5, 3 to nothing and only capture 1 shows it. */
static void
fill(void)
{
	assert_int_equal(pm_catalog_begin(catalog, &err), PM_OK);
	put_article(1, 0);
	put_article(2, 1);
	put_article(3, 1);
	put_article(4, 0);
	put_article(5, 0);
	put_teaser(1, 7, 0);
	put_teaser(2, 8, 0);
	put_teaser(3, 9, 0);
	put_capture(1, 1, (uint64_t[]){ 2, 3 }, 2);
	for (uint64_t n = 2; n <= 4; n++)
		put_capture(n, n, NULL, 0);
	put_capture(5, 5, (uint64_t[]){ 1, 2 }, 2);
	apply(&(struct pm_log_record){ .kind = PM_LOG_LINK, .u.link = {
	    .teaser = 1, .article = 1, .evidence = PM_EVIDENCE_PREFIX,
	    .score = 1 } });
	apply(&(struct pm_log_record){ .kind = PM_LOG_LINK, .u.link = {
	    .teaser = 2, .article = 5, .evidence = PM_EVIDENCE_PREFIX,
	    .score = 1 } });
	put_relation(1, 4);
	finish();
	assert_int_equal(number("SELECT canonicals FROM total"), 2);
}

static void
forget_articles(const uint64_t *n, size_t count)
{
	struct pm_log_gone_article gone[4];

	for (size_t i = 0; i < count; i++)
		gone[i] = (struct pm_log_gone_article){ n[i], 0,
		    { (uint8_t)n[i] } };
	assert_int_equal(pm_catalog_begin(catalog, &err), PM_OK);
	apply(&(struct pm_log_record){ .kind = PM_LOG_FORGET, .u.forget = {
	    .number = 1, .article = gone, .article_n = count } });
	finish();
}

/* The first of a group hands on what is known by it. */
static void
test_heir(void **state)
{
	uint64_t heir = 0;
	bool gone = false;

	(void)state;
	fill();
	forget_articles((uint64_t[]){ 1 }, 1);
	assert_int_equal(number("SELECT count(*) FROM article"), 4);
	assert_int_equal(number("SELECT count(*) FROM article WHERE"
	    " same = 2"), 2);
	assert_int_equal(number("SELECT count(*) FROM relation WHERE a = 2"
	    " AND b = 4"), 1);
	assert_int_equal(number("SELECT count(*) FROM relation"), 1);
	assert_int_equal(number("SELECT canonicals FROM total"), 2);
	assert_int_equal(pm_catalog_heir(&heir, catalog, 1, &err), PM_OK);
	assert_int_equal(heir, 2);
	assert_int_equal(pm_catalog_forgotten_article(&gone, catalog, 1,
	    &err), PM_OK);
	assert_true(gone);
	assert_int_equal(pm_catalog_forgotten_article(&gone, catalog, 2,
	    &err), PM_OK);
	assert_false(gone);
	/* And the heir goes, too: the last one is alone. */
	forget_articles((uint64_t[]){ 2 }, 1);
	assert_int_equal(pm_catalog_heir(&heir, catalog, 1, &err), PM_OK);
	assert_int_equal(heir, 3);
	assert_int_equal(number("SELECT count(*) FROM article WHERE"
	    " same IS NULL"), 3);
	assert_int_equal(number("SELECT count(*) FROM relation WHERE a = 3"
	    " AND b = 4"), 1);
	forget_articles((uint64_t[]){ 3 }, 1);
	assert_int_equal(pm_catalog_heir(&heir, catalog, 1, &err), PM_OK);
	assert_int_equal(heir, 0);
	assert_int_equal(number("SELECT count(*) FROM relation"), 0);
	assert_int_equal(number("SELECT canonical FROM article WHERE"
	    " number = 4"), 4);
	assert_int_equal(number("SELECT canonicals FROM total"), 2);
}

static int
note_shown(void *context, const struct pm_forgotten_teaser *teaser)
{
	uint64_t *shown = context;

	*shown = *shown * 10 + teaser->number;
	return 0;
}

/* With it go its capture, its teaser, and a teaser that nothing else shows;
 * numbers stay used. */
static void
test_what_hangs_on_it(void **state)
{
	struct pm_catalog_state at;
	uint64_t shown = 0;
	bool gone = false;

	(void)state;
	fill();
	forget_articles((uint64_t[]){ 1, 2, 3 }, 3);
	assert_int_equal(number("SELECT count(*) FROM article"), 2);
	assert_int_equal(number("SELECT count(*) FROM capture"), 2);
	assert_int_equal(number("SELECT count(*) FROM teaser"), 1);
	assert_int_equal(number("SELECT count(*) FROM sighting"), 1);
	assert_int_equal(number("SELECT sightings FROM article WHERE"
	    " number = 5"), 1);
	for (uint64_t n = 1; n <= 3; n++) {
		assert_int_equal(pm_catalog_forgotten_teaser(&gone, catalog,
		    n, &err), PM_OK);
		assert_int_equal(gone, n != 2);
		assert_int_equal(pm_catalog_forgotten_capture(&gone, catalog,
		    n, &err), PM_OK);
		assert_true(gone);
	}
	assert_int_equal(pm_catalog_forgotten_shown(catalog, 5, note_shown,
	    &shown, &err), PM_OK);
	assert_int_equal(shown, 1);
	assert_int_equal(pm_catalog_state(&at, catalog, &err), PM_OK);
	assert_int_equal(at.articles, 5);
	assert_int_equal(at.teasers, 3);
	assert_int_equal(at.captures, 5);
	forget_articles((uint64_t[]){ 4, 5 }, 2);
	assert_int_equal(pm_catalog_state(&at, catalog, &err), PM_OK);
	assert_int_equal(at.articles, 5);
	assert_int_equal(at.teasers, 3);
	assert_int_equal(at.captures, 5);
	assert_int_equal(number("SELECT canonicals FROM total"), 0);
}

static void
expect_refused(uint8_t body, uint64_t norm, bool expected)
{
	const uint8_t sha256[PM_SHA256_BYTES] = { body };
	bool refused = !expected;

	assert_int_equal(pm_catalog_refuses_body(&refused, catalog, sha256,
	    norm, &err), PM_OK);
	assert_int_equal(refused, expected);
}

static void
expect_teaser_refused(uint8_t id, const struct pm_teaser_marks *marks,
    uint64_t key, const char *url, bool expected)
{
	const uint8_t sha256[PM_SHA256_BYTES] = { 0x40, id };
	bool refused = !expected;

	assert_int_equal(pm_catalog_refuses_teaser(&refused, catalog, sha256,
	    marks, key, pm_bytes_of(url), &err), PM_OK);
	assert_int_equal(refused, expected);
}

/* A line that names nothing of the log, as optimize leaves it. */
static void
test_refuses_what_is_there_no_more(void **state)
{
	const struct pm_teaser_marks marks = { 7, 11, 12, 13 };
	const struct pm_teaser_marks cut = { 7, 99, 12, 98 };
	const struct pm_teaser_marks other = { 7, 99, 97, 98 };
	const struct pm_log_gone_article article[] = {
	    { 0, 77, { 0x21 } }, { 0, 0, { 0x22 } } };
	const struct pm_log_gone_teaser teaser[] = {
	    { 0, { 0x40, 0x31 }, true, pm_marks_start(&marks),
	    pm_marks_pack(&marks) }, { 0, { 0x40, 0x32 }, false, 0, 0 } };
	const uint64_t begins[] = { UINT64_C(0xf000000000000001) };
	const uint64_t address[] = { (uint64_t)pm_catalog_url_key(
	    pm_bytes_of("https://a.example/1")) };
	bool refused = false, forgets = true;

	(void)state;
	assert_int_equal(pm_catalog_forgets(&forgets, catalog, &err), PM_OK);
	assert_false(forgets);
	fill();
	assert_int_equal(pm_catalog_begin(catalog, &err), PM_OK);
	apply(&(struct pm_log_record){ .kind = PM_LOG_FORGET, .u.forget = {
	    .number = 1, .url = pm_bytes_of("*://b.example/*"),
	    .article = article, .article_n = 2, .teaser = teaser,
	    .teaser_n = 2, .begins = begins, .begins_n = 1,
	    .address = address, .address_n = 1 } });
	finish();
	assert_int_equal(number("SELECT count(*) FROM article"), 5);
	assert_int_equal(number("SELECT count(*) FROM capture"), 5);
	assert_int_equal(number("SELECT count(*) FROM teaser"), 3);
	expect_refused(0x21, 0, true);
	expect_refused(0x22, 0, true);
	expect_refused(0x23, 77, true);
	expect_refused(0x23, 78, false);
	expect_refused(0x23, 0, false);
	expect_teaser_refused(0x31, &other, 0, "", true);
	expect_teaser_refused(0x32, &other, 0, "", true);
	expect_teaser_refused(0x33, &marks, 0, "", true);
	expect_teaser_refused(0x33, &cut, 0, "", true);
	expect_teaser_refused(0x33, &other, 0, "", false);
	expect_teaser_refused(0x33, &other, begins[0], "", true);
	expect_teaser_refused(0x33, &other, begins[0] + 1, "", false);
	expect_teaser_refused(0x33, &other, 0, "http://www.a.example/1#x",
	    true);
	expect_teaser_refused(0x33, &other, 0, "http://a.example/2", false);
	expect_teaser_refused(0x33, &other, 0, "http://b.example/2", true);
	assert_int_equal(pm_catalog_refuses_url(&refused, catalog,
	    pm_bytes_of("https://b.example/x"), &err), PM_OK);
	assert_true(refused);
	assert_int_equal(pm_catalog_refuses_url(&refused, catalog,
	    pm_bytes_of("https://c.example/x"), &err), PM_OK);
	assert_false(refused);
	assert_int_equal(pm_catalog_forgets(&forgets, catalog, &err), PM_OK);
	assert_true(forgets);
}

/* Lines that name what never was do no harm. */
static void
test_strange_lines(void **state)
{
	const struct pm_log_gone_teaser teaser = { .number = 900 };
	const uint64_t capture[] = { 901, 5 };

	(void)state;
	fill();
	assert_int_equal(pm_catalog_begin(catalog, &err), PM_OK);
	apply(&(struct pm_log_record){ .kind = PM_LOG_FORGET, .u.forget = {
	    .number = 1, .teaser = &teaser, .teaser_n = 1,
	    .capture = capture, .capture_n = 2 } });
	finish();
	assert_int_equal(number("SELECT count(*) FROM capture"), 4);
	forget_articles((uint64_t[]){ 902, 5, 5, 1 }, 4);
	assert_int_equal(number("SELECT count(*) FROM article"), 3);
	forget_articles((uint64_t[]){ 1, 5 }, 2);
	assert_int_equal(number("SELECT count(*) FROM article"), 3);
	assert_int_equal(number("SELECT canonicals FROM total"), 1);
}

#define LINE(test) cmocka_unit_test_setup_teardown(test, open_catalog, \
	close_catalog)
#define CUT(test) cmocka_unit_test_teardown(test, free_cutter)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		CUT(test_cut_by_each_codec),
		CUT(test_cut_each_copy),
		CUT(test_too_short_to_cut),
		CUT(test_blanks_where_length_is_said),
		CUT(test_too_many_to_find),
		LINE(test_heir),
		LINE(test_what_hangs_on_it),
		LINE(test_refuses_what_is_there_no_more),
		LINE(test_strange_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
