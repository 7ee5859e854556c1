#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "page/html_meta_internal.h"

static struct pm_arena arena;
static struct pm_err err;

static void
expect_bytes(struct pm_bytes got, const char *want)
{
	if (!pm_bytes_equal(got, pm_bytes_of(want)))
		fail_msg("is \"%.*s\", not \"%s\"", (int)got.n,
		    (const char *)got.p, want);
}

/* ---- addresses ---- */

static void
expect_resolved(const char *base, const char *reference, const char *want)
{
	struct pm_bytes out;

	assert_int_equal(pm_url_resolve(&out, &arena, pm_bytes_of(base),
	    pm_bytes_of(reference), &err), PM_OK);
	if (!pm_bytes_equal(out, pm_bytes_of(want)))
		fail_msg("\"%s\" is \"%.*s\", not \"%s\"", reference,
		    (int)out.n, (const char *)out.p, want);
}

/* RFC 3986, section 5.4. */
static void
test_url_of_rfc(void **state)
{
	static const char *const pairs[][2] = {
		{ "g", "http://a/b/c/g" }, { "./g", "http://a/b/c/g" },
		{ "g/", "http://a/b/c/g/" }, { "/g", "http://a/g" },
		{ "//g", "http://g/" }, { "?y", "http://a/b/c/d;p?y" },
		{ "g?y", "http://a/b/c/g?y" }, { "g#s", "http://a/b/c/g#s" },
		{ "g?y#s", "http://a/b/c/g?y#s" }, { ";x", "http://a/b/c/;x" },
		{ "g;x", "http://a/b/c/g;x" },
		{ "g;x?y#s", "http://a/b/c/g;x?y#s" },
		{ "", "http://a/b/c/d;p?q" }, { ".", "http://a/b/c/" },
		{ "./", "http://a/b/c/" }, { "..", "http://a/b/" },
		{ "../", "http://a/b/" }, { "../g", "http://a/b/g" },
		{ "../..", "http://a/" }, { "../../", "http://a/" },
		{ "../../g", "http://a/g" }, { "../../../g", "http://a/g" },
		{ "../../../../g", "http://a/g" }, { "/./g", "http://a/g" },
		{ "/../g", "http://a/g" }, { "g.", "http://a/b/c/g." },
		{ ".g", "http://a/b/c/.g" }, { "g..", "http://a/b/c/g.." },
		{ "..g", "http://a/b/c/..g" }, { "./../g", "http://a/b/g" },
		{ "./g/.", "http://a/b/c/g/" },
		{ "g/./h", "http://a/b/c/g/h" },
		{ "g/../h", "http://a/b/c/h" },
		{ "g;x=1/./y", "http://a/b/c/g;x=1/y" },
		{ "g;x=1/../y", "http://a/b/c/y" },
		{ "g?y/./x", "http://a/b/c/g?y/./x" },
		{ "g#s/../x", "http://a/b/c/g#s/../x" },
		{ "http:g", "http://a/b/c/g" }
	};

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		expect_resolved("http://a/b/c/d;p?q", pairs[i][0],
		    pairs[i][1]);
}

static void
test_url_that_cannot_be_fetched(void **state)
{
	static const char *const none[] = { "mailto:a@b.c", "#top", "g:h",
	    "javascript:void(0)", "tel:+1", "data:text/plain,x", "http://",
	    "HTTP:", NULL };

	(void)state;
	for (size_t i = 0; none[i] != NULL; i++)
		expect_resolved("http://a/b", none[i], i == 7 ?
		    "http://a/b" : "");
	expect_resolved("", "/g", "");
	expect_resolved("", "https://X.org", "https://X.org/");
	expect_resolved("http://a", "b c\n/d ", "http://a/b%20c/d");
}

static void
test_url_host(void **state)
{
	(void)state;
	expect_bytes(pm_url_host(pm_bytes_of("https://www.a.org/b")), "a.org");
	expect_bytes(pm_url_host(pm_bytes_of("//u:p@a.org:80?x")), "a.org");
	expect_bytes(pm_url_host(pm_bytes_of("http://[::1]:8/")), "[::1]");
	expect_bytes(pm_url_host(pm_bytes_of("a.org/b")), "");
}

static const char *
day_of(const struct pm_time_text *t)
{
	static char out[48];

	if (t->kind == PM_TIME_RELATIVE)
		return "relative";
	snprintf(out, sizeof out, "%04d-%02d-%02d", t->year, t->month,
	    t->day);
	return out;
}

static void
expect_url_date(const char *url, const char *want)
{
	struct pm_time_text when;

	assert_string_equal(pm_url_date(&when, pm_bytes_of(url)) ?
	    day_of(&when) : "none", want);
}

static void
test_url_date(void **state)
{
	(void)state;
	expect_url_date("http://a/2025/02/11/x", "2025-02-11");
	expect_url_date("http://a/2025/2/1/x", "2025-02-01");
	expect_url_date("http://a/x/20250211-y", "2025-02-11");
	expect_url_date("http://a/x-2025-02-11.html", "2025-02-11");
	expect_url_date("http://a/2025/feb/11/x", "2025-02-11");
	expect_url_date("http://a/2025/02/x", "2025-02-00");
	expect_url_date("http://a/2025/02/x-2025-02-12", "2025-02-12");
	expect_url_date("http://a/web/20140226120000/http://b/2013/12/09/x",
	    "2013-12-09");
	expect_url_date("http://a/web/20140226120000/https://b/x", "none");
	expect_url_date("http://a/2025/02/30/x", "2025-02-00");
	expect_url_date("http://a/20251340/120250211", "none");
	expect_url_date("http://2025-02-11.org/?d=2025-02-11", "none");
}

/* ---- pages ---- */

static struct pm_page page;
static struct pm_bytes stated;

static void
read_at(const char *html, const char *url)
{
	static const struct pm_html_body_at none;
	struct pm_html_tree tree;

	pm_arena_reset(&arena);
	page = (struct pm_page){ .url = pm_bytes_of(url) };
	assert_int_equal(pm_html_tree_parse(&tree, &arena, pm_bytes_of(html),
	    &err), PM_OK);
	assert_int_equal(pm_html_meta(&page, &stated, &arena, &tree, &none,
	    &err), PM_OK);
}

static void
expect_date(size_t i, const char *day, const char *from)
{
	assert_true(i < page.date_n);
	assert_string_equal(day_of(&page.date[i].when), day);
	assert_string_equal(page.date[i].from, from);
}

static void
expect_first(const char *html, const char *day, const char *from)
{
	read_at(html, "");
	expect_date(0, day, from);
}

#define LD(json) "<script type=\"application/ld+json\">" json "</script>"

static void
test_jsonld(void **state)
{
	(void)state;
	read_at("<html lang=en_GB><title>A headline of ours | Site</title>"
	    LD("{\"@graph\":[{\"@type\":\"WebSite\",\"name\":\"Site\"},"
	    "{\"@type\":[\"NewsArticle\"],\"headline\":\"A headline of "
	    "ours\",\"datePublished\":\"2025-02-11T10:00:00+05:00\","
	    "\"dateModified\":1739268000,\"articleBody\":"
	    "\"<p>One &amp; two.</p><p>Three.</p>\","
	    "\"articleSection\":[\"World\"],\"keywords\":\"a, b;c\","
	    "\"publisher\":{\"name\":\"The Site\"}}]}"), "");
	expect_date(0, "2025-02-11", "JSON-LD datePublished");
	assert_int_equal(page.date[0].when.offset_minutes, 300);
	assert_true(page.has_modified);
	expect_bytes(page.title, "A headline of ours");
	expect_bytes(stated, "One & two.\nThree.");
	expect_bytes(page.source, "The Site");
	expect_bytes(page.lang, "en-GB");
	assert_int_equal(page.tag_n, 4);
	expect_bytes(page.tag[0], "World");
	expect_bytes(page.tag[3], "c");
}

static void
test_jsonld_repaired(void **state)
{
	(void)state;
	expect_first(LD("<!-- //<![CDATA[\n{\"@type\":\"Article\",,"
	    "\"headline\":\"He said \"yes\" to\nit \\'now\\' \\ud800!\","
	    "/* x */ \"datePublished\":\"2025-02-11\", // y\n"
	    "\"keywords\":[\"a\",],}; //]]> -->"), "2025-02-11",
	    "JSON-LD datePublished");
	expect_bytes(page.title,
	    "He said \"yes\" to it 'now' \xef\xbf\xbd!");
	expect_bytes(page.tag[0], "a");
	/* What cannot be read says nothing. */
	read_at(LD("{\"@type\":\"Article\",\"datePublished\":"), "");
	assert_int_equal(page.date_n, 0);
	read_at(LD("[[[[[[[[[[[[{\"datePublished\":\"2025-02-11\"}]]]]]]]]]]]]"),
	    "");
	assert_int_equal(page.date_n, 0);
}

static void
test_jsonld_of_this_page(void **state)
{
	(void)state;
	expect_first("<link rel=canonical href=http://a/ours>"
	    LD("[{\"@type\":\"NewsArticle\",\"headline\":\"Theirs, other\","
	    "\"url\":\"http://a/theirs\",\"datePublished\":\"2025-03-01\"},"
	    "{\"@type\":\"NewsArticle\",\"headline\":\"Ours\","
	    "\"mainEntityOfPage\":{\"@id\":\"https://www.a/ours/\"},"
	    "\"datePublished\":\"2025-02-11\"}]"), "2025-02-11",
	    "JSON-LD datePublished");
	expect_bytes(page.title, "Ours");
	assert_int_equal(page.date_n, 1);
}

static void
test_meta(void **state)
{
	(void)state;
	read_at("<head><meta property=article:published_time "
	    "content='Tue, 11 Feb 2025 10:00:00 GMT'>"
	    "<meta name=DC.date.issued content=2025-02-10>"
	    "<meta name=x_createdate content=20250209>"
	    "<meta http-equiv=last-modified content='2025-02-12'>"
	    "<meta property=og:title content='A long headline - Site'>"
	    "<meta property=og:site_name content=Site>"
	    "<meta property=article:tag content=One>"
	    "<meta name=news_keywords content='Two, one'>"
	    "<meta property=article:section content=Part>"
	    "<meta property=og:locale content=pt_BR>"
	    "<link rel=canonical href='/2025/x'>", "https://www.S.org/y");
	expect_date(0, "2025-02-11", "article:published_time");
	expect_date(1, "2025-02-10", "DC.date.issued");
	expect_date(2, "2025-02-09", "<meta> of some date");
	assert_int_equal(page.date_n, 3);
	assert_string_equal(day_of(&page.modified), "2025-02-12");
	expect_bytes(page.title, "A long headline");
	expect_bytes(page.url, "https://www.S.org/2025/x");
	expect_bytes(page.source, "s.org");
	expect_bytes(page.lang, "pt-BR");
	assert_int_equal(page.tag_n, 3);
	expect_bytes(page.tag[0], "Part");
	expect_bytes(page.tag[1], "One");
	expect_bytes(page.tag[2], "Two");
}

static void
test_canonical_of_front_page(void **state)
{
	(void)state;
	read_at("<link rel=canonical href='http://a/'>", "http://a/b");
	expect_bytes(page.url, "http://a/b");
}

static void
test_times(void **state)
{
	static const char head[] = "<main><h1>The headline of it</h1>";
	char html[600];

	(void)state;
	expect_first("<main><h1>The headline of it</h1>"
	    "<time datetime=2025-02-11T10:00:00Z>x</time></main>"
	    "<article><time datetime=2025-03-01>x</time></article>",
	    "2025-02-11", "<time datetime>");
	assert_int_equal(page.date_n, 1);
	/* Of another article, though it stands before. */
	snprintf(html, sizeof html, "<div class=related-posts><time "
	    "datetime=2025-03-01>x</time></div>%s<p class=byline>By X on 11 "
	    "February 2025</p></main>", head);
	expect_first(html, "2025-02-11", "text beside a byline");
	snprintf(html, sizeof html, "%s<p>Published <time "
	    "datetime=2025-02-11>a</time></p><p>Updated <time "
	    "datetime=2025-02-12>b</time></main>", head);
	expect_first(html, "2025-02-11", "<time datetime>");
	assert_string_equal(day_of(&page.modified), "2025-02-12");
	snprintf(html, sizeof html, "%s<meta itemprop=datePublished "
	    "content=2025-02-11>", head);
	expect_first(html, "2025-02-11", "itemprop datePublished");
	snprintf(html, sizeof html, "%s<div>11. Februar 2025</div>"
	    "<footer>Copyright © 3 March 2026</footer>", head);
	expect_first(html, "2025-02-11", "a line that is a date");
	assert_int_equal(page.date_n, 1);
	snprintf(html, sizeof html, "%s<p class=postdate>Posted: 11.02.25 "
	    "by X</p>", head);
	expect_first(html, "2025-02-11", "text marked as a date");
	/* Too old, too far. */
	snprintf(html, sizeof html, "%s<time datetime=1945-05-08>x</time>"
	    "<time datetime=2190-01-01>x</time>", head);
	read_at(html, "");
	assert_int_equal(page.date_n, 0);
}

static void
test_month_first(void **state)
{
	(void)state;
	expect_first("<html lang=en-US><h1>The headline of it</h1>"
	    "<span class=date>2/11/2025</span>", "2025-02-11",
	    "text marked as a date");
	expect_first("<html lang=en-GB><h1>The headline of it</h1>"
	    "<span class=date>2/11/2025</span>", "2025-11-02",
	    "text marked as a date");
}

static void
test_address(void **state)
{
	(void)state;
	read_at("<h1>The headline of it</h1><span class=date>3 March 2025"
	    "</span>", "http://a/2025/02/11/x");
	expect_date(0, "2025-02-11", "the address");
	assert_int_equal(page.date[0].source, PM_PAGE_DATE_URL);
	expect_date(1, "2025-03-03", "text marked as a date");
	/* A month of the address is for the day in it. */
	read_at("<h1>The headline of it</h1><i class=date>1 May 2025</i>"
	    "<i class=date>11 February 2025</i>", "http://a/2025/02/x");
	expect_date(0, "2025-02-11", "text marked as a date");
}

static void
test_offsets(void **state)
{
	(void)state;
	/* The clock of readers tells the offset. */
	expect_first("<meta property=article:published_time "
	    "content=2025-02-11T02:25:54Z><h1>The headline of it</h1>"
	    "<p class=date>February 10, 2025 9:25pm</p>", "2025-02-10",
	    "article:published_time");
	assert_int_equal(page.date[0].when.offset_minutes, -300);
	assert_int_equal(page.date[0].when.hour, 21);
	/* Their day alone: it stands first. */
	expect_first("<meta property=article:published_time "
	    "content=2025-02-11T02:25:54Z><h1>The headline of it</h1>"
	    "<p class=date>February 10, 2025</p>", "2025-02-10",
	    "text marked as a date");
	expect_date(1, "2025-02-11", "article:published_time");
}

static void
test_modified_alone(void **state)
{
	(void)state;
	expect_first("<meta property=og:updated_time content=2025-02-11>",
	    "2025-02-11", "og:updated_time");
	assert_true(page.has_modified);
}

static void
test_title(void **state)
{
	(void)state;
	read_at("<title>Site of News - A headline of ours</title>"
	    "<meta property=og:site_name content='Site of News'>", "");
	expect_bytes(page.title, "A headline of ours");
	read_at("<title>Ours - and no site</title>", "http://a.org/");
	expect_bytes(page.title, "Ours - and no site");
	read_at("<title>A headline | a.org</title><h1>Heading &amp; more"
	    "</h1>", "http://a.org/x");
	expect_bytes(page.title, "Heading & more");
}

/* Much of everything takes time in proportion, and ends. */
static void
test_much(void **state)
{
	struct pm_buf html;
	struct pm_html_tree tree;
	struct pm_html_body_at none = { 0, 0 };

	(void)state;
	pm_buf_init(&html);
	for (int i = 0; i < 20000; i++)
		assert_int_equal(pm_buf_append_str(&html, "<div class='date "
		    "meta'><time>11 February 2025</time><h1>x y z</h1>"
		    "<meta name=date content=2025-02-11>", &err), PM_OK);
	pm_arena_reset(&arena);
	page = (struct pm_page){ .kind = PM_PAGE_OPAQUE };
	assert_int_equal(pm_html_tree_parse(&tree, &arena,
	    pm_buf_bytes(&html), &err), PM_OK);
	assert_int_equal(pm_html_meta(&page, &stated, &arena, &tree, &none,
	    &err), PM_OK);
	expect_date(0, "2025-02-11", "date");
	pm_buf_clear(&html);
}

static int
set_up(void **state)
{
	(void)state;
	pm_arena_init(&arena);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	pm_arena_clear(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_url_of_rfc),
		cmocka_unit_test(test_url_that_cannot_be_fetched),
		cmocka_unit_test(test_url_host),
		cmocka_unit_test(test_url_date),
		cmocka_unit_test(test_jsonld),
		cmocka_unit_test(test_jsonld_repaired),
		cmocka_unit_test(test_jsonld_of_this_page),
		cmocka_unit_test(test_meta),
		cmocka_unit_test(test_canonical_of_front_page),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_month_first),
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_modified_alone),
		cmocka_unit_test(test_title),
		cmocka_unit_test(test_much)
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
