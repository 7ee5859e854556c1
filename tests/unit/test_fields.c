#include "support.h"

#include <jansson.h>

#include "base/utf8.h"
#include "page/codec.h"
#include "page/fields.h"
#include "page/page_internal.h"

static struct pm_arena arena;
static struct pm_err err;
static struct pm_page page;

typedef int reader(struct pm_page *, struct pm_arena *,
    const struct pm_page_input *, struct pm_bytes, struct pm_err *);

static void
expect(struct pm_bytes is, const char *expected)
{
	if (!pm_bytes_equal(is, pm_bytes_of(expected)))
		fail_msg("is \"%.*s\", not \"%s\"", (int)is.n,
		    (const char *)is.p, expected);
}

/* Parts are the capture's bytes, made of the body. */
static void
expect_parts(struct pm_bytes capture)
{
	struct pm_buf out;
	size_t at = 0;

	pm_buf_init(&out);
	for (size_t i = 0; i < page.part_n; i++) {
		const struct pm_page_part *part = &page.part[i];

		assert_true(part->at >= at);
		assert_true(part->at + part->n <= capture.n);
		at = part->at + part->n;
		if (part->kind != PM_PART_BODY)
			continue;
		assert_true(part->from + part->text_n <= page.body.n);
		pm_buf_reset(&out);
		assert_int_equal(pm_codec_write(&out, part->codec,
		    (struct pm_bytes){ page.body.p + part->from,
		    part->text_n }, &err), PM_OK);
		assert_int_equal(out.n, part->n);
		assert_memory_equal(out.p, capture.p + part->at, out.n);
	}
	pm_buf_clear(&out);
}

static void
read_bytes(reader *read, struct pm_bytes capture, const char *header,
    enum pm_reader how)
{
	struct pm_page_input in = { .capture = capture, .reader = how,
	    .context = pm_bytes_of(header) };

	pm_arena_reset(&arena);
	page = (struct pm_page){ .kind = PM_PAGE_OPAQUE };
	assert_int_equal(read(&page, &arena, &in, capture, &err), PM_OK);
	assert_true(page.kind != PM_PAGE_OPAQUE || page.reason != NULL);
	expect_parts(capture);
}

static void
json(const char *record)
{
	read_bytes(pm_page_read_json, pm_bytes_of(record), "",
	    PM_READER_JSON);
}

static void
csv(const char *header, const char *row)
{
	read_bytes(pm_page_read_csv, pm_bytes_of(row), header, PM_READER_CSV);
}

static void
feed(const char *text)
{
	read_bytes(pm_page_read_feed, pm_bytes_of(text), "", PM_READER_FEED);
}

static void
text(const char *capture)
{
	struct pm_page_input in = { .capture = pm_bytes_of(capture) };

	pm_arena_reset(&arena);
	page = (struct pm_page){ .kind = PM_PAGE_OPAQUE };
	assert_int_equal(pm_page_read_text(&page, &arena, &in, &err), PM_OK);
	expect_parts(in.capture);
}

static bool
noted(const char *what, const char *why)
{
	for (size_t i = 0; i < page.note_n; i++)
		if (strcmp(page.note[i].what, what) == 0 &&
		    strstr(page.note[i].why, why) != NULL)
			return true;
	return false;
}

static void
expect_day(const struct pm_time_text *when, int year, int month, int day)
{
	assert_int_equal(when->kind, PM_TIME_ABSOLUTE);
	assert_int_equal(when->year, year);
	assert_int_equal(when->month, month);
	assert_int_equal(when->day, day);
}

/* ---- names ---- */

static void
expect_name(const char *name, enum pm_field field, unsigned rank)
{
	unsigned is;

	assert_int_equal(pm_field_of_name(&is, pm_bytes_of(name)), field);
	assert_int_equal(is, rank);
}

static void
test_names(void **state)
{
	(void)state;
	expect_name("maintext", PM_FIELD_TEXT, 0);
	expect_name("MainText", PM_FIELD_TEXT, 0);
	expect_name("main-text", PM_FIELD_TEXT, 0);
	expect_name("Article Body", PM_FIELD_TEXT, 1);
	expect_name("thread.site", PM_FIELD_SOURCE, 7);
	expect_name("date_publish", PM_FIELD_PUBLISHED, 0);
	expect_name("WARC-Target-URI", PM_FIELD_URL, 6);
	expect_name("source", PM_FIELD_SOURCE_OR_URL, 5);
	expect_name("content_html", PM_FIELD_HTML, 0);
	expect_name("yield", PM_FIELD_NONE, 0);
	expect_name("", PM_FIELD_NONE, 0);
	expect_name("a", PM_FIELD_NONE, 0);
	expect_name("a name that is far too long to be in the table",
	    PM_FIELD_NONE, 0);
}

static void
test_present(void **state)
{
	static const char *const nothing[] = { "", " \n", "None", "NULL",
	    "nan", " null " };

	(void)state;
	for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++)
		assert_false(pm_field_present(pm_bytes_of(nothing[i])));
	assert_true(pm_field_present(pm_bytes_of("nano")));
	assert_true(pm_field_present(pm_bytes_of("0")));
}

static void
test_hosts(void **state)
{
	(void)state;
	expect(pm_field_host(pm_bytes_of("https://www.a.org:80/b")), "a.org");
	expect(pm_field_host(pm_bytes_of("HTTP://u:p@b.org?q@c")), "b.org");
	expect(pm_field_host(pm_bytes_of("/b")), "");
	assert_false(pm_field_is_url(pm_bytes_of("http://a b")));
	assert_false(pm_field_is_url(pm_bytes_of("http:///x")));
}

static void
expect_markup(const char *markup, const char *expected)
{
	struct pm_bytes out;

	pm_arena_reset(&arena);
	assert_int_equal(pm_field_markup(&out, &arena, pm_bytes_of(markup),
	    &err), PM_OK);
	expect(out, expected);
}

static void
test_markup(void **state)
{
	(void)state;
	expect_markup("plain  words\n", "plain words");
	expect_markup("<p>One <b>t</b>wo</p><p>three</p>", "One two three");
	expect_markup("a &lt; b &amp; c &#8217; &#x2019; &eacute;&nbsp;x",
	    "a < b & c \xe2\x80\x99 \xe2\x80\x99 \xc3\xa9 x");
	expect_markup("a < b, c > d & e; AT&T;", "a < b, c > d & e; AT&T;");
	expect_markup("x<!-- <p>y -->z<br/>w", "x z w");
	expect_markup("&#0; &#xd800; &#x110000; &#-5;",
	    "&#0; &#xd800; &#x110000; &#-5;");
	expect_markup("a <b", "a <b");
	expect_markup("<!-- open", "");
}

/* ---- JSON ---- */

static void
test_record(void **state)
{
	(void)state;
	json("{\"authors\": [\"A. B\"], \"date_download\": \"2025-02-12 "
	    "09:00:00\", \"date_modify\": \"None\", \"date_publish\": "
	    "\"2025-02-11 08:00:00\", \"description\": \"short\", "
	    "\"language\": \"en\", \"source_domain\": \"news.example\", "
	    "\"title\": \"A  title\\nof two\", \"url\": "
	    "\"https:\\/\\/www.news.example\\/a\", \"maintext\": "
	    "\" \\nThe \\\"text\\\" of it.\\nIt goes on.\\n\", "
	    "\"text\": \"not this\", \"tags\": [\"One\", {\"name\": "
	    "\"Two\"}, null, 3], \"category\": \"World\"}\n");
	assert_int_equal(page.kind, PM_PAGE_PAGE);
	expect(page.body, "The \"text\" of it.\nIt goes on.");
	expect(page.title, "A title of two");
	assert_false(page.title_in_text);
	expect(page.url, "https://www.news.example/a");
	expect(page.source, "news.example");
	expect(page.lang, "en");
	assert_int_equal(page.tag_n, 4);
	expect(page.tag[0], "World");
	expect(page.tag[1], "One");
	expect(page.tag[2], "Two");
	expect(page.tag[3], "3");
	assert_int_equal(page.date_n, 1);
	assert_int_equal(page.date[0].source, PM_PAGE_DATE_RECORD);
	assert_string_equal(page.date[0].from, "field date_publish");
	expect_day(&page.date[0].when, 2025, 2, 11);
	assert_true(page.has_crawled);
	expect_day(&page.crawled, 2025, 2, 12);
	assert_false(page.has_modified);
	assert_int_equal(page.part_n, 1);
	assert_int_equal(page.part[0].codec, PM_CODEC_JSON);
	assert_int_equal(page.part[0].text_n, page.body.n);
}

static void
test_codecs(void **state)
{
	(void)state;
	json("{\"text\":\"\\u00e9t\\u00e9 a\\/b\"},");
	expect(page.body, "été a/b");
	assert_int_equal(page.part_n, 1);
	assert_int_equal(page.part[0].codec, PM_CODEC_JSON_ASCII |
	    PM_CODEC_JSON_SLASH);
	/* Written in two ways, or with what is no text: no part. */
	json("{\"text\":\"\\u00e9té\"}");
	expect(page.body, "été");
	assert_int_equal(page.part_n, 0);
	json("{\"text\":\"a\\u0000b\\u0007c\\r\\nd\"}");
	expect(page.body, "abc\r\nd");
	assert_int_equal(page.part_n, 0);
	json("{\"text\":\"x \\ud83d y \\udc00\"}");
	expect(page.body, "x \xef\xbf\xbd y \xef\xbf\xbd");
}

static void
test_nested(void **state)
{
	(void)state;
	json("{\"thread\":{\"site\":\"a.example\"},\"source\":{\"id\":1,"
	    "\"name\":\"The A\"},\"author\":{\"name\":\"X\"},"
	    "\"metadata\":{\"title\":\"Inner\",\"date\":\"2025-03-04\"},"
	    "\"text\":[\"One.\",\"Two.\"]}");
	expect(page.source, "a.example");
	expect(page.title, "Inner");
	expect(page.body, "One.\nTwo.");
	assert_string_equal(page.date[0].from, "field metadata.date");
	json("{\"source\":{\"name\":\"The A\"},\"text\":\"T\",\"url\":"
	    "\"relative\",\"link\":\"http://b.example/\"}");
	expect(page.source, "The A");
	expect(page.url, "http://b.example/");
	json("{\"source\":\"http://c.example/1\",\"text\":\"T\",\"tags\":"
	    "\"#a; b, c;None\"}");
	expect(page.url, "http://c.example/1");
	expect(page.source, "c.example");
	assert_int_equal(page.tag_n, 2);
	expect(page.tag[0], "a");
	expect(page.tag[1], "b, c");
}

static void
test_dates(void **state)
{
	(void)state;
	json("{\"text\":\"T\",\"published\":\"some time\",\"date\":"
	    "\"2025-05-06\"}");
	assert_int_equal(page.date_n, 1);
	assert_string_equal(page.date[0].from, "field date");
	assert_true(noted("date", "published"));
	json("{\"text\":\"T\",\"published\":\"some time\"}");
	assert_int_equal(page.date_n, 0);
	assert_true(noted("date", "published"));
}

static void
test_related(void **state)
{
	(void)state;
	json("{\"title\":\"T\",\"text\":\"Body.\",\"related\":[{\"headline\":"
	    "\"R &amp; 1\",\"link\":\"http://a.example/1\",\"snippet\":\"<p>It "
	    "is</p>\",\"date\":\"2025-01-02\",\"category\":\"X\"},"
	    "\"http://a.example/2\",\"Third\",7,{\"url\":\"x\"}]}");
	assert_int_equal(page.kind, PM_PAGE_PAGE);
	assert_int_equal(page.teaser_n, 3);
	expect(page.teaser[0].title, "R & 1");
	expect(page.teaser[0].snippet, "It is");
	expect(page.teaser[0].url, "http://a.example/1");
	expect(page.teaser[0].time, "2025-01-02");
	expect_day(&page.teaser[0].when, 2025, 1, 2);
	expect(page.teaser[0].tag[0], "X");
	expect(page.teaser[1].url, "http://a.example/2");
	expect(page.teaser[2].title, "Third");
	assert_int_equal(page.teaser[2].url.n, 0);
}

static void
test_listings(void **state)
{
	(void)state;
	json("[{\"title\":\"A\",\"url\":\"http://a.example/\"},\n {\"title\":"
	    "\"B\",\"description\":\"B\",\"date\":\"x\"},{}]\n");
	assert_int_equal(page.kind, PM_PAGE_LIST);
	assert_int_equal(page.teaser_n, 2);
	expect(page.teaser[1].title, "B");
	assert_int_equal(page.teaser[1].snippet.n, 0);
	assert_int_equal(page.teaser[1].time.n, 0);
	json("{\"version\":\"https://jsonfeed.org/version/1\",\"title\":\"F\","
	    "\"home_page_url\":\"https://f.example/\",\"items\":[{\"title\":"
	    "\"I\",\"content_html\":\"<p>x</p>\"}]}");
	assert_int_equal(page.kind, PM_PAGE_LIST);
	expect(page.title, "F");
	expect(page.source, "f.example");
	expect(page.teaser[0].snippet, "x");
	json("{\"response\":{\"results\":[{\"webTitle\":\"W\"}]}}");
	assert_int_equal(page.kind, PM_PAGE_LIST);
	expect(page.teaser[0].title, "W");
	/* A body of its own is more. */
	json("{\"text\":\"Own.\",\"items\":[{\"title\":\"I\"}]}");
	assert_int_equal(page.kind, PM_PAGE_PAGE);
	/* Without a body it is a teaser of itself. */
	json("{\"title\":\"T\",\"description\":\"D\",\"tags\":\"a,b\"}");
	assert_int_equal(page.kind, PM_PAGE_LIST);
	assert_int_equal(page.teaser_n, 1);
	expect(page.teaser[0].snippet, "D");
	assert_int_equal(page.teaser[0].tag_n, 2);
	json("{\"description\":\"Alone.\"}");
	assert_int_equal(page.kind, PM_PAGE_PAGE);
	expect(page.body, "Alone.");
}

static void
test_is_listing(void **state)
{
	static const struct { const char *head; bool listing; } cases[] = {
		{ "[{\"title\":\"A\"},{\"title\":\"B\",\"url\":\"htt", true },
		{ "\xef\xbb\xbf [ {\"title\":\"A\",\"text\":null} ]", true },
		{ "[{\"title\":\"A\",\"text\":\"x\"}]", false },
		{ "[{\"title\":\"A\"},{\"title\":\"B\",\"body\":\"x\"}]",
		    false },
		{ "[{\"title\":\"A\"", false }, { "[1,2]", false },
		{ "{\"title\":\"A\"}", false }, { "", false }, { "[", false }
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (pm_json_is_listing(pm_bytes_of(cases[i].head)) !=
		    cases[i].listing)
			fail_msg("%s", cases[i].head);
}

static void
test_wrapped(void **state)
{
	static const struct { const char *head; size_t first; } cases[] = {
		{ "{\"articles\":[{\"title\":\"A\",\"content\":\"x\"}]}", 13 },
		{ "\xef\xbb\xbf{\"n\":2, \"articles\" : [ {\"body\":\"x\"}, {",
		    26 },
		{ "{\"articles\":[{\"title\":\"A\"},{\"text\":\"x\"}]}", 13 },
		{ "{\"articles\":[{\"title\":\"A\"}]}", 0 },
		{ "{\"articles\":[7,{\"text\":\"x\"}]}", 0 },
		{ "{\"text\":\"x\"}\n{\"text\":\"y\"}\n", 0 },
		{ "{\"articles\":[{\"text\":\"x\"}]}\n{\"articles\":[]}\n", 0 },
		{ "{\"text\":\"x\",\"items\":[{\"text\":\"x\"}]}", 0 },
		{ "{\"a\":[{\"text\":\"x\"}]}", 0 },
		{ "[{\"text\":\"x\"}]", 0 }, { "{", 0 }, { "", 0 }
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (pm_json_wrapped(pm_bytes_of(cases[i].head)) !=
		    cases[i].first)
			fail_msg("%s", cases[i].head);
	json("{\"text\":\"x\"}], \"more\": {\"a\": [1]}}\n");
	assert_int_equal(page.kind, PM_PAGE_PAGE);
	json("{\"text\":\"x\"}], more");
	assert_int_equal(page.kind, PM_PAGE_OPAQUE);
}

/* What extract writes is read as it was meant. */
static void
test_extracted(void **state)
{
	(void)state;
	json("{\"text\":\"x\",\"published\":\"2025-02-11T08:00:00Z\","
	    "\"published_precision\":\"minute\","
	    "\"published_source\":\"crawl\","
	    "\"first_seen\":\"2025-02-11T08:00:00Z\"}");
	assert_int_equal(page.date_n, 0);
	assert_true(page.has_crawled);
	assert_int_equal(page.crawled.hour, 8);
	json("{\"text\":\"x\",\"published\":\"2025-02-01T00:00:00+05:00\","
	    "\"published_precision\":\"month\","
	    "\"published_source\":\"url\"}");
	assert_int_equal(page.date_n, 1);
	assert_int_equal(page.date[0].when.precision, PM_MONTH);
	assert_int_equal(page.date[0].when.month, 2);
	assert_int_equal(page.date[0].when.day, 0);
	assert_int_equal(page.date[0].when.hour, -1);
	assert_false(page.date[0].when.has_offset);
	json("{\"text\":\"x\",\"published\":\"2025-02-01T00:00:00Z\","
	    "\"published_precision\":\"minute\"}");
	assert_int_equal(page.date[0].when.precision, PM_MINUTE);
	assert_int_equal(page.date[0].when.hour, 0);
}

static void
test_title_as_markup(void **state)
{
	(void)state;
	json("{\"text\":\"x\",\"title\":\"Fish &amp; chips &#8211; "
	    "<b>now</b>\"}");
	expect(page.title, "Fish & chips \xe2\x80\x93 now");
	json("{\"text\":\"x\",\"title\":\"AT&T <b> & co\"}");
	expect(page.title, "AT&T <b> & co");
}

static void
test_broken_json(void **state)
{
	static const char *const broken[] = { "{", "{\"text\":\"a\"",
	    "{\"text\":\"a\"} x", "{\"text\":\"a\",}", "{\"text\":\"a\\x\"}",
	    "{\"text\":\"a\nb\"}", "{\"text\":01}", "{\"a\":[1,]}",
	    "{\"a\":{\"b\" 1}}", "[{\"title\":\"a\"},", "[{\"title\":\"a\"]",
	    "{\"text\":\"\\u12g4\"}", "{\"text\":nul}", "{\"text\":1.}" };

	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		json(broken[i]);
		if (page.kind != PM_PAGE_OPAQUE)
			fail_msg("%s", broken[i]);
		assert_string_equal(page.reason, "not valid JSON");
	}
	json("[\n");
	assert_string_equal(page.reason, "what stands before the records");
	json("\"text\"");
	assert_string_equal(page.reason, "no JSON object");
}

static void
test_depth(void **state)
{
	char nested[400];

	(void)state;
	for (size_t depth = 62; depth <= 66; depth++) {
		struct pm_scan value;
		size_t at = 0;

		memset(nested, '[', depth);
		memset(nested + depth, ']', depth);
		assert_int_equal(pm_scan_value(&value, (struct pm_bytes){
		    (uint8_t *)nested, 2 * depth }, &at, PM_SCAN_DEPTH_MAX),
		    depth <= PM_SCAN_DEPTH_MAX);
	}
}

/* ---- against jansson ---- */

static void
put(struct pm_buf *out, const char *s)
{
	assert_int_equal(pm_buf_append_str(out, s, &err), PM_OK);
}

static void
put_json(struct pm_buf *out, uint64_t *seed, int depth)
{
	static const char *const scalar[] = { "null", "true", "false", "0",
	    "-1", "1.5", "2e3", "-0.25E-2", "\"\"", "\"a b\"",
	    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u00e9\\u4E2D\"",
	    "\"\\ud83d\\ude00 мир\"", "\"long enough for a block of it\"" };
	size_t kind = depth > 4 ? 0 : chance_below(seed, 4);
	size_t n = chance_below(seed, 4);

	if (kind < 2) {
		put(out, scalar[chance_below(seed,
		    sizeof scalar / sizeof *scalar)]);
		return;
	}
	put(out, kind == 2 ? "[" : "{ ");
	for (size_t i = 0; i < n; i++) {
		put(out, i > 0 ? ", " : "");
		if (kind == 3) {
			char key[32];

			(void)snprintf(key, sizeof key, "\"k%zu\" :", i);
			put(out, key);
		}
		put_json(out, seed, depth + 1);
	}
	put(out, kind == 2 ? "]" : "}");
}

static void
mutate(struct pm_buf *text, uint64_t *seed)
{
	static const char bytes[] = "{}[]\",:\\ue0-.+1tn /a\n";
	size_t at = chance_below(seed, text->n);

	switch (chance_below(seed, 3)) {
	case 0:
		text->p[at] = (uint8_t)bytes[chance_below(seed,
		    sizeof bytes - 1)];
		break;
	case 1:
		memmove(text->p + at, text->p + at + 1, text->n - at - 1);
		text->n--;
		break;
	default:
		put(text, " ");
		memmove(text->p + at + 1, text->p + at, text->n - at - 1);
		text->p[at] = (uint8_t)bytes[chance_below(seed,
		    sizeof bytes - 1)];
	}
}

static void compare(const json_t *theirs, const struct pm_scan *ours);

static void
compare_inside(const json_t *theirs, const struct pm_scan *ours)
{
	struct pm_scan_inside inside = { .text = ours->raw, .depth = 60 };
	struct pm_scan key, value;
	struct pm_bytes name;
	size_t n = 0;

	if (json_is_array(theirs)) {
		while (pm_scan_item(&value, &inside) == PM_SCAN_MORE)
			compare(json_array_get(theirs, n++), &value);
		assert_int_equal(n, json_array_size(theirs));
		return;
	}
	while (pm_scan_member(&key, &value, &inside) == PM_SCAN_MORE) {
		char copy[64];

		assert_int_equal(pm_scan_string(&name, &arena, &key, &err),
		    PM_OK);
		(void)snprintf(copy, sizeof copy, "%.*s", (int)name.n,
		    (const char *)name.p);
		/* Of a name that is there twice, jansson has the last. */
		n++;
		if (json_object_get(theirs, copy) == NULL)
			fail_msg("%s", copy);
	}
	assert_int_equal(inside.at, ours->raw.n);
	assert_true(n >= json_object_size(theirs));
	inside.at = 0;
	while (n == json_object_size(theirs) &&
	    pm_scan_member(&key, &value, &inside) == PM_SCAN_MORE)
		if (!key.escaped && key.raw.n < 60) {
			char copy[64];

			(void)snprintf(copy, sizeof copy, "%.*s",
			    (int)key.raw.n, (const char *)key.raw.p);
			compare(json_object_get(theirs, copy), &value);
		}
}

static void
compare(const json_t *theirs, const struct pm_scan *ours)
{
	struct pm_bytes s;

	assert_non_null(theirs);
	switch (ours->type) {
	case PM_SCAN_STRING:
		assert_true(json_is_string(theirs));
		assert_int_equal(pm_scan_string(&s, &arena, ours, &err),
		    PM_OK);
		assert_int_equal(s.n, json_string_length(theirs));
		if (s.n > 0)
			assert_memory_equal(s.p, json_string_value(theirs),
			    s.n);
		break;
	case PM_SCAN_NUMBER:
		assert_true(json_is_number(theirs));
		break;
	case PM_SCAN_NULL:
		assert_true(json_is_null(theirs));
		break;
	case PM_SCAN_BOOL:
		assert_true(json_is_boolean(theirs));
		break;
	default:
		assert_true(json_is_array(theirs) || json_is_object(theirs));
		compare_inside(theirs, ours);
	}
}

static bool
scan_whole(struct pm_scan *out, struct pm_bytes s)
{
	size_t at = 0;

	if (!pm_scan_value(out, s, &at, PM_SCAN_DEPTH_MAX))
		return false;
	while (at < s.n && strchr(" \t\r\n", s.p[at]) != NULL)
		at++;
	return at == s.n;
}

/* jansson refuses lone surrogates and numbers that overflow; we do not. */
static bool
refused_for_more(const json_error_t *error)
{
	return json_error_code(error) == json_error_numeric_overflow ||
	    strstr(error->text, "invalid Unicode") != NULL;
}

static void
test_against_jansson(void **state)
{
	uint64_t seed = chance_seed(5);
	struct pm_buf s;
	int accepted = 0, refused = 0;

	(void)state;
	pm_buf_init(&s);
	for (int i = 0; i < 60000; i++) {
		struct pm_scan ours;
		json_error_t error;
		json_t *theirs;
		bool good, valid;
		size_t bad;

		pm_buf_reset(&s);
		pm_arena_reset(&arena);
		put_json(&s, &seed, 0);
		for (size_t k = chance_below(&seed, 4); k > 0 && s.n > 0; k--)
			mutate(&s, &seed);
		valid = pm_utf8_valid(pm_buf_bytes(&s), &bad);
		if (!valid || memchr(s.p, 0, s.n) != NULL)
			continue;
		theirs = json_loadb((const char *)s.p, s.n, JSON_DECODE_ANY |
		    JSON_ALLOW_NUL, &error);
		good = scan_whole(&ours, pm_buf_bytes(&s));
		if (good != (theirs != NULL) && !(good &&
		    refused_for_more(&error)))
			fail_msg("%d: %.*s: %s", i, (int)s.n, (char *)s.p,
			    theirs != NULL ? "accepted" : error.text);
		if (theirs != NULL)
			compare(theirs, &ours);
		accepted += theirs != NULL;
		refused += theirs == NULL;
		json_decref(theirs);
	}
	assert_true(accepted > 10000 && refused > 10000);
	pm_buf_clear(&s);
}

/* ---- CSV ---- */

static void
test_csv(void **state)
{
	(void)state;
	csv("id,Title,text,date,url", "7,\"A \"\"good\"\" one\",\"The text, "
	    "\"\"quoted\"\",\nin two lines.\",2025-02-11,"
	    "https://a.example/7\r\n\r\n");
	assert_int_equal(page.kind, PM_PAGE_PAGE);
	expect(page.title, "A \"good\" one");
	expect(page.body, "The text, \"quoted\",\nin two lines.");
	expect(page.url, "https://a.example/7");
	expect(page.source, "a.example");
	expect_day(&page.date[0].when, 2025, 2, 11);
	assert_int_equal(page.part_n, 1);
	assert_int_equal(page.part[0].codec, PM_CODEC_CSV);
	csv("title;text", "T;Plain, with commas\n");
	expect(page.body, "Plain, with commas");
	assert_int_equal(page.part[0].codec, PM_CODEC_PLAIN);
	csv("title;text", "title;text\n");
	assert_int_equal(page.kind, PM_PAGE_OPAQUE);
	csv("title,text", "T,\"never closed");
	expect(page.body, "never closed");
}

static void
test_csv_without_header(void **state)
{
	(void)state;
	read_bytes(pm_page_read_csv, pm_bytes_of("https://b.example/1\t1\tf\t"
	    "b.example\tTitle it\tnull\t2025-01-02\tText it is.\t\t\t"
	    "article\n"), "", PM_READER_TSV);
	expect(page.url, "https://b.example/1");
	expect(page.title, "Title it");
	expect(page.body, "Text it is.");
	expect(page.source, "b.example");
	expect_day(&page.date[0].when, 2025, 1, 2);
	csv("", "12,2025-01-03,Three short words,\"This one, which is by far "
	    "the longest, must be the text of the article; it is over eighty "
	    "bytes.\",https://c.example/\n");
	expect(page.title, "Three short words");
	expect(page.url, "https://c.example/");
	assert_int_equal(page.date_n, 1);
	assert_int_equal(page.body.p[0], 'T');
	assert_int_equal(page.part_n, 1);
}

/* ---- front matter ---- */

static void
test_front_matter(void **state)
{
	(void)state;
	text("---\ntitle: 'A: b'\nlink: https://a.example/x\ndate: "
	    "2025-06-19\ntags: [one, \"two, three\"]\ncategory: Tech\n"
	    "lang: en\nparams:\n  title: no\n---\n\n# Another title\n\nThe "
	    "text.\n");
	assert_int_equal(page.kind, PM_PAGE_PAGE);
	expect(page.title, "A: b");
	assert_false(page.title_in_text);
	assert_true(noted("title", "Another title"));
	expect(page.url, "https://a.example/x");
	expect(page.source, "a.example");
	expect(page.lang, "en");
	assert_int_equal(page.tag_n, 3);
	expect(page.tag[0], "Tech");
	expect(page.tag[2], "two, three");
	assert_int_equal(page.date[0].source, PM_PAGE_DATE_RECORD);
	expect_day(&page.date[0].when, 2025, 6, 19);
	text("---\ntags:\n- a\n- b\n- [c, d]\n- e\nsite: S\ndate:\n---\nT.\n");
	assert_int_equal(page.tag_n, 3);
	expect(page.tag[2], "e");
	expect(page.source, "S");
	assert_int_equal(page.date_n, 0);
}

static void
test_front_matter_of_lines(void **state)
{
	(void)state;
	text("---\ntitle: A: b: c\nurl: https://a.example/\ntags: [x, 'y, z']"
	    "\n---\nT.\n");
	expect(page.title, "A: b: c");
	assert_true(noted("front matter", "not YAML"));
	assert_int_equal(page.tag_n, 2);
	expect(page.tag[1], "y, z");
	text("+++\ntitle = \"Toml\"\ndate = 2025-02-03\n[params]\ntitle = "
	    "\"no\"\n+++\nText.\n");
	expect(page.title, "Toml");
	expect_day(&page.date[0].when, 2025, 2, 3);
	expect(page.body, "Text.");
	text("---\na: &x [1]\nb: *x\n*x : 1\ntitle: T\n---\nText.\n");
	expect(page.title, "T");
	text("---\n? [a, b]\n: c\ntitle: T\n---\nText.\n");
	text("+++\nno fields\n+++\nText.\n");
	assert_int_equal(page.title.n, 0);
	assert_int_equal(pm_front_matter_block(pm_bytes_of("+++\nx\n+++\n")).n,
	    0);
}

/* ---- feeds ---- */

static void
test_rss(void **state)
{
	(void)state;
	feed("<?xml version=\"1.0\" encoding=\"windows-1251\"?><!-- c --><rss "
	    "version=\"2.0\" xmlns:content=\"c\" xmlns:dc=\"d\" xmlns:media="
	    "\"m\"><channel><title>Feed &amp; co</title><link>https://www."
	    "f.example/</link><language>en</language><image><title>no</title>"
	    "</image><item><title>One &amp;#8217; &lt;b>x&lt;/b></title><link>"
	    "https://f.example/1</link><description><![CDATA[<p>About "
	    "it&nbsp;all</p>]]></description><pubDate>Tue, 11 Feb 2025 "
	    "10:00:00 GMT</pubDate><category>A</category><category>B"
	    "</category><media:title>no</media:title></item><item><title>Two"
	    "</title><content:encoded>&lt;p>In full&lt;/p></content:encoded>"
	    "<dc:date>2025-02-12</dc:date><guid>https://f.example/2</guid>"
	    "</item></channel></rss>");
	assert_int_equal(page.kind, PM_PAGE_LIST);
	expect(page.title, "Feed & co");
	expect(page.source, "f.example");
	assert_int_equal(page.teaser_n, 2);
	expect(page.teaser[0].title, "One \xe2\x80\x99 x");
	expect(page.teaser[0].snippet, "About it all");
	expect(page.teaser[0].url, "https://f.example/1");
	assert_int_equal(page.teaser[0].tag_n, 2);
	expect(page.teaser[0].tag[1], "B");
	expect(page.teaser[1].snippet, "In full");
	expect(page.teaser[1].url, "https://f.example/2");
	expect_day(&page.teaser[1].when, 2025, 2, 12);
}

static void
test_atom(void **state)
{
	(void)state;
	feed("<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>At</title>"
	    "<link rel=\"self\" href=\"https://no.example/\"/><link href="
	    "\"https://at.example/\"/><entry><title type=\"html\">T1</title>"
	    "<link rel=\"enclosure\" href=\"https://at.example/m\"/><link "
	    "rel=\"alternate\" href=\"https://at.example/1\"/><updated>"
	    "2025-03-01</updated><category term=\"cat\"/><author><name>N"
	    "</name></author><summary>S &lt;i>it&lt;/i></summary><content "
	    "type=\"xhtml\"><div><p>a</p><p>b</p></div></content></entry>"
	    "</feed>");
	assert_int_equal(page.kind, PM_PAGE_LIST);
	expect(page.source, "at.example");
	expect(page.teaser[0].title, "T1");
	expect(page.teaser[0].snippet, "S it");
	expect(page.teaser[0].url, "https://at.example/1");
	expect(page.teaser[0].tag[0], "cat");
	expect_day(&page.teaser[0].when, 2025, 3, 1);
	feed("<rdf:RDF xmlns:rdf=\"r\" xmlns=\"s\"><channel><title>R</title>"
	    "</channel><item><title>I</title><link>http://r.example/</link>"
	    "</item></rdf:RDF>");
	assert_int_equal(page.teaser_n, 1);
	expect(page.title, "R");
}

static void
test_bad_feeds(void **state)
{
	(void)state;
	feed("<!DOCTYPE rss [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><rss>"
	    "<channel><item><title>&b; x&nbsp;y</title></item></channel>"
	    "</rss>");
	assert_int_equal(page.kind, PM_PAGE_LIST);
	expect(page.teaser[0].title, "&b; x y");
	feed("<rss><channel><link>http://a.example/?a=1&b=2</link><item>"
	    "<title>A & B &#8211;</title><description><![CDATA[a & b]]>"
	    "</description></item></channel></rss>");
	expect(page.url, "http://a.example/?a=1&b=2");
	expect(page.teaser[0].title, "A & B \xe2\x80\x93");
	expect(page.teaser[0].snippet, "a & b");
	feed("<rss><channel><item><title>Cut</title></item><item><title>x");
	assert_int_equal(page.teaser_n, 1);
	assert_true(noted("format", "broken"));
	feed("<rss><channel/></rss>");
	assert_string_equal(page.reason, "a feed without items");
	feed("<svg/>");
	assert_string_equal(page.reason, "XML that is no feed");
	feed("");
	assert_int_equal(page.kind, PM_PAGE_OPAQUE);
}

static int
finish(void **state)
{
	(void)state;
	pm_arena_clear(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names), cmocka_unit_test(test_present),
		cmocka_unit_test(test_hosts), cmocka_unit_test(test_markup),
		cmocka_unit_test(test_record), cmocka_unit_test(test_codecs),
		cmocka_unit_test(test_nested), cmocka_unit_test(test_dates),
		cmocka_unit_test(test_related),
		cmocka_unit_test(test_listings),
		cmocka_unit_test(test_is_listing),
		cmocka_unit_test(test_wrapped),
		cmocka_unit_test(test_extracted),
		cmocka_unit_test(test_title_as_markup),
		cmocka_unit_test(test_broken_json),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_against_jansson),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_csv_without_header),
		cmocka_unit_test(test_front_matter),
		cmocka_unit_test(test_front_matter_of_lines),
		cmocka_unit_test(test_rss), cmocka_unit_test(test_atom),
		cmocka_unit_test(test_bad_feeds)
	};

	return cmocka_run_group_tests(tests, NULL, finish);
}
