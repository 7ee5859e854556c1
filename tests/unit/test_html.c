/* HTML pages: the tree, the body, titles, teasers, parts; small pages of our
 * own, one for each rule. */
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
#include "page/html_internal.h"

#define ONE "The city opened its new bridge on Monday after two years of " \
	"work, and traffic is moving again on both sides of the river."
#define TWO "Engineers had found cracks in the old one, which was closed in " \
	"the spring of that year and taken down piece by piece."
#define THREE "It cost twelve million, less than was planned, said the mayor, "\
	"who cut the ribbon together with the oldest of the workers."

static struct pm_arena arena;
static struct pm_err err;

static struct pm_page
read_bytes(struct pm_bytes text)
{
	struct pm_page page = { .kind = PM_PAGE_OPAQUE };
	struct pm_page_input in = { .capture = text,
	    .url = pm_bytes_of("https://news.example/local/bridge") };

	pm_arena_reset(&arena);
	page.url = in.url;
	assert_int_equal(pm_page_read_html(&page, &arena, &in, text, &err),
	    PM_OK);
	return page;
}

static struct pm_page
read_page(const char *html)
{
	return read_bytes(pm_bytes_of(html));
}

static void
expect(struct pm_bytes is, const char *expected)
{
	if (is.n != strlen(expected) || memcmp(is.p, expected, is.n) != 0)
		fail_msg("is \"%.*s\", not \"%s\"", (int)is.n,
		    (const char *)is.p, expected);
}

static void
expect_body(const char *html, const char *expected)
{
	struct pm_page page = read_page(html);

	expect(page.body, expected);
	assert_int_equal(page.kind, PM_PAGE_PAGE);
}

static struct pm_html_tree
tree_of(const char *html)
{
	struct pm_html_tree tree;

	pm_arena_reset(&arena);
	assert_int_equal(pm_html_tree_parse(&tree, &arena, pm_bytes_of(html),
	    &err), PM_OK);
	return tree;
}

/* "html(body(p(#text)))" */
static size_t
outline(char *out, size_t n, const struct pm_html_tree *tree, uint32_t i)
{
	uint32_t child = i + 1;

	n += (size_t)sprintf(out + n, "%s", pm_html_element_name(
	    tree->node[i].element));
	if (child == tree->node[i].end)
		return n;
	n += (size_t)sprintf(out + n, "(");
	for (; child < tree->node[i].end; child = tree->node[child].end) {
		assert_int_equal(tree->node[child].parent, i);
		n = outline(out, n, tree, child);
		if (tree->node[child].end < tree->node[i].end)
			n += (size_t)sprintf(out + n, " ");
	}
	return n + (size_t)sprintf(out + n, ")");
}

static void
expect_outline(const char *html, const char *expected)
{
	char out[1000];
	struct pm_html_tree tree = tree_of(html);

	(void)outline(out, 0, &tree, 0);
	assert_string_equal(out, expected);
}

static void
test_tree_mends_nesting(void **state)
{
	(void)state;
	expect_outline("<p>a<p>b<ul><li>c<li>d</ul>",
	    "html(body(p(#text) p(#text) ul(li(#text) li(#text))))");
	expect_outline("<DIV>a</SPAN><B>b</DIV>c",
	    "html(body(div(#text b(#text)) #text))");
	expect_outline("<p>a<!-- <b>x</b> --><svg><b>x</b></svg>"
	    "<style>b{}</style><x-y>c</x-y>",
	    "html(body(p(#text svg style #other(#text))))");
}

static void
test_tree_attributes(void **state)
{
	struct pm_html_tree tree = tree_of("<p CLASS='a\"b' id=x&amp;y "
	    "data-testid=t onclick=\"if (a > b) c()\" aria-hidden='true' "
	    "xml:lang=en>v<p role=r data-module=m aria-hidden=false>");
	uint32_t second = tree.node[2].end;

	(void)state;
	assert_int_equal(tree.node[2].element, PM_HTML_p);
	expect(pm_html_attr(&tree, 2, PM_HTML_AT_class), "a\"b");
	expect(pm_html_attr(&tree, 2, PM_HTML_AT_id), "x&y");
	expect(pm_html_attr(&tree, 2, PM_HTML_AT_role), "t");
	expect(pm_html_attr(&tree, 2, PM_HTML_AT_hidden), "true");
	expect(pm_html_attr(&tree, 2, PM_HTML_AT_lang), "en");
	assert_null(pm_html_attr(&tree, 2, PM_HTML_AT_href).p);
	expect(pm_html_attr(&tree, second, PM_HTML_AT_role), "r");
	assert_null(pm_html_attr(&tree, second, PM_HTML_AT_hidden).p);
}

static void
test_tree_text(void **state)
{
	struct pm_html_tree tree = tree_of("<p> a &lt;b&gt;&nbsp;&#146;\n c"
	    "<i>d</i><script>x</script></p><p>1 < 2</p>");
	struct pm_bytes text;

	(void)state;
	assert_int_equal(pm_html_text(&text, &arena, &tree, 0, &err), PM_OK);
	expect(text, "a <b>\u00a0\u2019 cd 1 < 2");
	tree = tree_of("<title>a <b> &amp; c</title>");
	assert_int_equal(pm_html_text(&text, &arena, &tree, 0, &err), PM_OK);
	expect(text, "a <b> & c");
}

static void
test_tree_keeps_json_ld(void **state)
{
	const char *html = "<script>var a</script><script type="
	    "'application/ld+json'>{\"a\": \"<b>&amp;\"}</script>";
	struct pm_html_tree tree = tree_of(html);
	unsigned found = 0;

	(void)state;
	for (uint32_t i = 0; i < tree.node_n; i++)
		if (tree.node[i].element == PM_HTML_TEXT) {
			expect(tree.node[i].text, "{\"a\": \"<b>&amp;\"}");
			found++;
		}
	assert_int_equal(found, 1);
}

static char *
repeated(const char *what, size_t times)
{
	size_t n = strlen(what);
	char *all = malloc(n * times + 1);

	assert_non_null(all);
	for (size_t i = 0; i < times; i++)
		memcpy(all + i * n, what, n);
	all[n * times] = '\0';
	return all;
}

static void
test_tree_is_bounded(void **state)
{
	static const char *const what[] = { "<i>", "<div>a", "<i></b>",
	    "<p a=1 ", "<table><tr><td>", "<script>", "<svg>", "<!--" };

	(void)state;
	for (size_t i = 0; i < sizeof what / sizeof *what; i++) {
		char *html = repeated(what[i], 100000);
		struct pm_html_tree tree = tree_of(html);

		for (uint32_t k = 1; k < tree.node_n; k++) {
			uint32_t depth = 0;

			for (uint32_t at = k; at != 0; depth++)
				at = tree.node[at].parent;
			assert_true(depth <= 256);
			assert_true(tree.node[k].end <= tree.node_n);
		}
		(void)read_page(html);
		free(html);
	}
}

static void
test_body_in_article(void **state)
{
	(void)state;
	expect_body("<body><nav><a href=/>Home</a> <a href=/b>Local</a></nav>"
	    "<article><h1>Bridge</h1><p>" ONE "</p><p>" TWO "</p></article>"
	    "<footer>Imprint and more about us, which nobody asked for."
	    "</footer>", ONE "\n" TWO);
}

static void
test_body_keeps_structure(void **state)
{
	(void)state;
	expect_body("<article><p>" ONE "</p><h2>Costs</h2><p>" TWO "</p>"
	    "<ul><li>steel<li>stone</ul><blockquote>Fine.</blockquote>"
	    "<table><tr><td>length<td>90 m</table><p>a<br>b.</p><p>" THREE
	    "</p><h2>Nothing below</h2></article>",
	    ONE "\nCosts\n" TWO "\nsteel\nstone\nFine.\nlength 90 m\n"
	    "a\nb.\n" THREE);
}

static void
test_body_is_long_or_a_sentence(void **state)
{
	(void)state;
	expect_body("<article><p>" ONE "</p><div>a line that is long enough "
	    "to be prose although it does not end as sentences do, as here"
	    "</div><div>short, at the end</div></article>", ONE "\na line that "
	    "is long enough to be prose although it does not end as sentences "
	    "do, as here");
}

static void
test_body_collapses_space(void **state)
{
	(void)state;
	expect_body("<p>  " ONE "\n\t<b>So</b>&nbsp; it&#7; is.</p>",
	    ONE " So it is.");
}

#define FOLLOW "Follow us to hear of it first, on any day of the week."

static void
test_body_drops(void **state)
{
	static const char *const noise[] = {
	    "<div class=share-bar><p>" FOLLOW "</p></div>",
	    "<div id=comments><p>" FOLLOW "</p></div>",
	    "<section class=cookieConsent><p>" FOLLOW "</p></section>",
	    "<div class='newsletter-box'><p>" FOLLOW "</p></div>",
	    "<div style='display: none'><p>" FOLLOW "</p></div>",
	    "<p hidden>" FOLLOW "</p>", "<aside><p>" FOLLOW "</p></aside>",
	    "<div role=navigation><p>" FOLLOW "</p></div>",
	    "<figure><figcaption>" FOLLOW "</figcaption></figure>",
	    "<div class=articleAuthor><p>" FOLLOW "</p></div>",
	    "<p>&copy; " FOLLOW "</p>", "<noscript><p>" FOLLOW "</p></noscript>" };

	(void)state;
	for (size_t i = 0; i < sizeof noise / sizeof *noise; i++) {
		char html[2000];

		(void)snprintf(html, sizeof html, "<article><p>" ONE
		    "</p>%s<p>" TWO "</p><p>" THREE "</p></article>",
		    noise[i]);
		expect_body(html, ONE "\n" TWO "\n" THREE);
	}
}

static void
test_body_distrusts_names(void **state)
{
	(void)state;
	/* Everything is called noise: then the name is wrong. */
	expect_body("<div class=sidebar><p>" ONE "</p></div><div class="
	    "sidebar><p>" TWO "</p></div><div class=sidebar><p>" THREE
	    "</p></div>", ONE "\n" TWO "\n" THREE);
	expect_body("<body class='has-sidebar comments-open'><div class="
	    "'post tag-share'><p>" ONE "</p></div>", ONE);
	expect_body("<div class='field--label-hidden'><p>" ONE "</p></div>",
	    ONE);
}

static void
test_body_standfirst(void **state)
{
	(void)state;
	expect_body("<header><h1>Bridge</h1><p class=standfirst>A bridge is "
	    "open again and people are glad</p></header><div class="
	    "article-body><p>" ONE "</p><p>" TWO "</p></div>",
	    "A bridge is open again and people are glad\n" ONE "\n" TWO);
}

static void
test_body_stated(void **state)
{
	(void)state;
	expect_body("<script type=application/ld+json>{\"@type\": "
	    "\"NewsArticle\", \"articleBody\": \"" ONE " " TWO "\"}</script>"
	    "<p>Please wait.</p>", ONE " " TWO);
}

static void
test_no_text(void **state)
{
	struct pm_page page = read_page("<script>var a</script>");

	(void)state;
	assert_int_equal(page.kind, PM_PAGE_OPAQUE);
	assert_string_equal(page.reason, "no text");
	page = read_page("");
	assert_int_equal(page.kind, PM_PAGE_OPAQUE);
	assert_string_equal(page.reason, "no text");
	page = read_page("<p>Short, but all there is");
	assert_int_equal(page.kind, PM_PAGE_PAGE);
	expect(page.body, "Short, but all there is");
}

static void
test_title(void **state)
{
	(void)state;
	expect(read_page("<title>A new bridge - The Daily</title><h1>A new "
	    "bridge</h1><p>" ONE "</p>").title, "A new bridge");
	expect(read_page("<meta property=og:title content='A bridge | Site'>"
	    "<article><h1>Some other headline</h1><p>" ONE "</p></article>")
	    .title, "A bridge | Site");
	expect(read_page("<h1>A new bridge</h1><p>" ONE "</p>").title,
	    "A new bridge");
	/* Nobody closed the head, which nobody opened. */
	expect(read_page("<meta property=og:title content='A bridge | Site'>"
	    "<title>t</title><article><h1>A new bridge</h1><p>" ONE
	    "</p></article>").body, ONE);
}

#define RELATED "<h3>Related articles</h3><ul>" \
	"<li><a href=/a>Another bridge is closed</a><p>It will take a year " \
	"until it is open again, says the city&hellip;</p><a href=/t>Roads" \
	"</a><time>3 hours ago</time></li>" \
	"<li><a href='b?x=1'>A third bridge waits for its money</a></li></ul>"

static void
test_teasers(void **state)
{
	struct pm_page page = read_page("<article><h1>Bridge</h1><p>" ONE
	    "</p><p>" TWO "</p>" RELATED "</article>");

	(void)state;
	expect(page.body, ONE "\n" TWO);
	expect(page.heading, "Related articles");
	assert_int_equal(page.teaser_n, 2);
	expect(page.teaser[0].title, "Another bridge is closed");
	expect(page.teaser[0].snippet, "It will take a year until it is open "
	    "again, says the city\u2026");
	expect(page.teaser[0].url, "https://news.example/a");
	expect(page.teaser[0].time, "3 hours ago");
	assert_int_equal(page.teaser[0].when.kind, PM_TIME_RELATIVE);
	assert_int_equal(page.teaser[0].when.seconds, 3 * 3600);
	assert_int_equal(page.teaser[0].tag_n, 1);
	expect(page.teaser[0].tag[0], "Roads");
	expect(page.teaser[1].title, "A third bridge waits for its money");
	expect(page.teaser[1].url, "https://news.example/local/b?x=1");
}

static void
test_teasers_by_structure(void **state)
{
	struct pm_page page = read_page("<article><p>" ONE "</p><p>" TWO
	    "</p></article><div><div class=x><h3><a href=/1>Another bridge is "
	    "closed</a></h3><p>It will take a year until it is open again."
	    "</p></div><div class=x><h3><a href=/2>The river is high in "
	    "spring</a></h3><p>Boats had to wait for days, the port said "
	    "on Friday.</p></div></div>");

	(void)state;
	expect(page.body, ONE "\n" TWO);
	assert_int_equal(page.teaser_n, 2);
	expect(page.teaser[1].snippet, "Boats had to wait for days, the port "
	    "said on Friday.");
	assert_int_equal(page.heading.n, 0);
}

static void
test_menus_are_no_teasers(void **state)
{
	struct pm_page page = read_page("<nav><ul><li><a href=/1>News from "
	    "all over the world</a><li><a href=/2>News from this town and "
	    "around</a></ul></nav><p>" ONE "</p>");

	(void)state;
	assert_int_equal(page.teaser_n, 0);
	expect(page.body, ONE);
}

static void
test_list(void **state)
{
	struct pm_page page;
	char html[4000] = "<h1>Today</h1><main>";

	(void)state;
	for (int i = 0; i < 6; i++) {
		char item[400];

		(void)snprintf(item, sizeof item, "<article class=x><h2><a "
		    "href=/%d>Story number %d of this day</a></h2><p>" ONE
		    "</p></article>", i, i);
		(void)strncat(html, item, sizeof html - strlen(html) - 1);
	}
	page = read_page(html);
	assert_int_equal(page.kind, PM_PAGE_LIST);
	assert_int_equal(page.body.n, 0);
	assert_int_equal(page.teaser_n, 6);
	expect(page.teaser[5].title, "Story number 5 of this day");
	expect(page.teaser[5].snippet, ONE);
}

static void
test_parts(void **state)
{
	const char *html = "<head><meta name=description content='" ONE
	    "'></head><body><p>" ONE "</p><p>Cut <b>short.</b> " TWO
	    "</p><p>" THREE " A &amp; B.</p>";
	struct pm_page page = read_page(html);
	size_t covered = 0;

	(void)state;
	assert_int_equal(page.part_n, 3);
	for (size_t i = 0; i < page.part_n; i++) {
		const struct pm_page_part *part = &page.part[i];

		assert_int_equal(part->kind, PM_PART_BODY);
		assert_int_equal(part->codec, 0);
		assert_int_equal(part->n, part->text_n);
		assert_memory_equal(html + part->at, page.body.p + part->from,
		    part->n);
		covered += part->n;
	}
	assert_int_equal(page.part[0].from, 0);
	assert_int_equal(page.part[0].n, strlen(ONE));
	assert_true((size_t)page.part[0].at > strlen(ONE));
	assert_true(covered >= strlen(ONE TWO THREE));
}

static void
test_no_parts_of_other_bytes(void **state)
{
	const char *html = "<p>" ONE "</p>";
	struct pm_page_input in = { .capture = pm_bytes_of("other bytes") };
	struct pm_page page = { .kind = PM_PAGE_OPAQUE };

	(void)state;
	assert_int_equal(pm_page_read_html(&page, &arena, &in,
	    pm_bytes_of(html), &err), PM_OK);
	expect(page.body, ONE);
	assert_int_equal(page.part_n, 0);
}

static void
test_notes(void **state)
{
	struct pm_page page = read_page("<article><p>" ONE "</p><p>" TWO
	    "</p><div class=share>Share this</div></article>");
	bool body = false, dropped = false;

	(void)state;
	for (size_t i = 0; i < page.note_n; i++) {
		if (strcmp(page.note[i].what, "body") == 0)
			body = strcmp(page.note[i].why, "article (article): "
			    "2 of 3 lines kept") == 0;
		if (strcmp(page.note[i].what, "dropped") == 0)
			dropped = strcmp(page.note[i].why,
			    "lines: 1 sharing") == 0;
	}
	assert_true(body);
	assert_true(dropped);
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
		cmocka_unit_test(test_tree_mends_nesting),
		cmocka_unit_test(test_tree_attributes),
		cmocka_unit_test(test_tree_text),
		cmocka_unit_test(test_tree_keeps_json_ld),
		cmocka_unit_test(test_tree_is_bounded),
		cmocka_unit_test(test_body_in_article),
		cmocka_unit_test(test_body_keeps_structure),
		cmocka_unit_test(test_body_is_long_or_a_sentence),
		cmocka_unit_test(test_body_collapses_space),
		cmocka_unit_test(test_body_drops),
		cmocka_unit_test(test_body_distrusts_names),
		cmocka_unit_test(test_body_standfirst),
		cmocka_unit_test(test_body_stated),
		cmocka_unit_test(test_no_text),
		cmocka_unit_test(test_title),
		cmocka_unit_test(test_teasers),
		cmocka_unit_test(test_teasers_by_structure),
		cmocka_unit_test(test_menus_are_no_teasers),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_no_parts_of_other_bytes),
		cmocka_unit_test(test_notes),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
