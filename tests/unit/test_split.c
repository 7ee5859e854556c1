#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "intake/split.h"

/*
 * What a file is cut into is written down as text, a line a record:
 *	ordinal|bytes
 * with line ends as "\n" and "\r", and "!text" where there was a complaint.
 */

static struct pm_err err;

struct file {
	const char *path;
	const uint8_t *p;
	size_t n;
	enum pm_reader forced;
};

static bool
is_listing(struct pm_bytes head)
{
	for (size_t i = 0; i + 7 <= head.n; i++) {
		if (memcmp(head.p + i, "listing", 7) == 0)
			return true;
	}
	return false;
}

/* As far as a test needs it: {"wrapped":[ ... */
static size_t
wrapped(struct pm_bytes head)
{
	static const char begin[] = "{\"wrapped\":[";

	return head.n > sizeof begin &&
	    memcmp(head.p, begin, sizeof begin - 1) == 0 ?
	    sizeof begin - 1 : 0;
}

static const struct pm_split_asks asks = { is_listing, wrapped };

static struct file
text_file(const char *path, const char *text)
{
	return (struct file){ .path = path, .p = (const uint8_t *)text,
	    .n = strlen(text) };
}

static void
begin(struct pm_split *split, const struct file *file)
{
	struct pm_bytes head = { file->p, file->n };

	if (head.n > 64 << 10)
		head.n = 64 << 10;
	assert_int_equal(pm_split_begin(split, file->forced, head,
	    head.n == file->n, (int64_t)file->n, pm_bytes_of(file->path),
	    &asks, &err), PM_OK);
}

/* ---- cutting ---- */

static uint64_t seed = 88172645463325252u;

static uint64_t
random_below(uint64_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed % n;
}

struct cut {
	uint64_t ordinal;
	size_t end;
	bool complained;
};

struct cuts {
	struct cut *cut;
	size_t n, capacity;
	enum pm_split_kind kind;
};

static void
add_cut(struct cuts *cuts, struct cut cut)
{
	if (cuts->n == cuts->capacity) {
		cuts->capacity = cuts->capacity * 2 + 16;
		cuts->cut = pm_realloc_array(cuts->cut, cuts->capacity,
		    sizeof *cuts->cut, &err);
		assert_non_null(cuts->cut);
	}
	cuts->cut[cuts->n++] = cut;
}

/* In steps of 1 to step_max bytes, copied so that reading past them is seen;
 * 0: of all there is. */
static struct cuts
cut_up(const struct file *file, size_t step_max)
{
	struct pm_split split;
	struct cuts cuts = { 0 };
	struct cut cut = { 0 };
	size_t at = 0, more = 0;

	pm_split_init(&split);
	begin(&split, file);
	cuts.kind = split.kind;
	while (split.kind != PM_SPLIT_NONE && at < file->n) {
		size_t n = file->n - at, used;
		size_t want = more + (step_max == 0 ? n :
		    1 + random_below(step_max));
		bool ended, end = random_below(2) == 0;
		uint8_t *copy;

		if (n > want)
			n = want;
		end = at + n == file->n && (end || more > 0);
		copy = pm_alloc(n, &err);
		memcpy(copy, file->p + at, n);
		assert_int_equal(pm_split_step(&used, &ended, &split, copy, n,
		    end, &err), PM_OK);
		pm_free(copy);
		assert_true(used <= n);
		assert_true(used > 0 || ended ||
		    (!end && n < PM_SPLIT_AHEAD_BYTES));
		more = used == 0 && !ended ? n : 0;
		at += used;
		cut.complained |= split.complaint != NULL;
		split.complaint = NULL;
		if (at == file->n && !ended) {
			assert_int_equal(pm_split_step(&used, &ended, &split,
			    NULL, 0, true, &err), PM_OK);
			assert_int_equal(used, 0);
			assert_true(ended);
			cut.complained |= split.complaint != NULL;
		}
		if (!ended)
			continue;
		cut.end = at;
		cut.ordinal = split.ordinal;
		add_cut(&cuts, cut);
		cut.complained = false;
	}
	pm_split_clear(&split);
	return cuts;
}

static void
check_same(const struct file *file, const struct cuts *a, size_t step_max)
{
	struct cuts b = cut_up(file, step_max);

	assert_int_equal(a->kind, b.kind);
	assert_int_equal(a->n, b.n);
	for (size_t i = 0; i < b.n; i++) {
		assert_int_equal(a->cut[i].end, b.cut[i].end);
		assert_int_equal(a->cut[i].ordinal, b.cut[i].ordinal);
		assert_int_equal(a->cut[i].complained, b.cut[i].complained);
	}
	pm_free(b.cut);
}

/* Joined they are the file, none is empty, ordinals go up by one from 0 or 1,
 * and the steps do not matter. */
static void
check(const struct file *file)
{
	struct cuts cuts = cut_up(file, 0);
	size_t at = 0;

	for (size_t i = 0; i < cuts.n; i++) {
		assert_true(cuts.cut[i].end > at);
		at = cuts.cut[i].end;
		assert_true(cuts.cut[0].ordinal <= 1);
		assert_int_equal(cuts.cut[i].ordinal,
		    cuts.cut[0].ordinal + i);
	}
	if (cuts.kind != PM_SPLIT_NONE)
		assert_int_equal(at, file->n);
	check_same(file, &cuts, 1);
	check_same(file, &cuts, 7);
	check_same(file, &cuts, 100);
	check_same(file, &cuts, 5000);
	pm_free(cuts.cut);
}

static void
write_byte(struct pm_buf *out, uint8_t c)
{
	int rc = c == '\n' ? pm_buf_append_str(out, "\\n", &err) :
	    c == '\r' ? pm_buf_append_str(out, "\\r", &err) :
	    pm_buf_append_byte(out, c, &err);

	assert_int_equal(rc, PM_OK);
}

static void
expect_file(const struct file *file, enum pm_split_kind kind,
    const char *expected)
{
	struct cuts cuts = cut_up(file, 0);
	struct pm_buf out;
	size_t at = 0;

	pm_buf_init(&out);
	for (size_t i = 0; i < cuts.n; i++) {
		assert_int_equal(pm_buf_printf(&out, &err, "%llu|",
		    (unsigned long long)cuts.cut[i].ordinal), PM_OK);
		for (; at < cuts.cut[i].end; at++)
			write_byte(&out, file->p[at]);
		assert_int_equal(pm_buf_append_str(&out,
		    cuts.cut[i].complained ? "!\n" : "\n", &err), PM_OK);
	}
	assert_int_equal(pm_buf_append_byte(&out, 0, &err), PM_OK);
	assert_string_equal((const char *)out.p, expected);
	assert_int_equal(cuts.kind, kind);
	pm_buf_clear(&out);
	pm_free(cuts.cut);
	check(file);
}

static void
expect(const char *path, const char *text, enum pm_split_kind kind,
    const char *expected)
{
	struct file file = text_file(path, text);

	expect_file(&file, kind, expected);
}

static void
expect_none(const char *path, const char *text)
{
	expect(path, text, PM_SPLIT_NONE, "");
}

/* ---- JSON ---- */

static void
test_lines(void **state)
{
	(void)state;
	expect("a", "{\"a\":\"}{\\n\"}\n{\"b\":1}\n", PM_SPLIT_JSON_LINES,
	    "1|{\"a\":\"}{\\n\"}\\n\n2|{\"b\":1}\\n\n");
	expect("a", "{\"a\":1}\r\n\r\n \n{\"b\":1}\n\nno JSON\n {\"c\":\"",
	    PM_SPLIT_JSON_LINES, "1|{\"a\":1}\\r\\n\\r\\n \\n\n"
	    "2|{\"b\":1}\\n\\n\n3|no JSON\\n \n4|{\"c\":\"\n");
	expect("a", "\xef\xbb\xbf{\"a\":1}\n{\"b\":1}", PM_SPLIT_JSON_LINES,
	    "0|\xef\xbb\xbf\n1|{\"a\":1}\\n\n2|{\"b\":1}\n");
	expect("a", "\n {\"a\":1}\n{\"b\":1}", PM_SPLIT_JSON_LINES,
	    "0|\\n \n1|{\"a\":1}\\n\n2|{\"b\":1}\n");
	/* The first line is broken, another is not. */
	expect("a", "{\"a\":\"1}\n{\"b\":1}\n{\"c\":1}", PM_SPLIT_JSON_LINES,
	    "1|{\"a\":\"1}\\n\n2|{\"b\":1}\\n\n3|{\"c\":1}\n");
	/* The name alone says so. */
	expect("a.JSONL", "oops\n{\"b\":1}", PM_SPLIT_JSON_LINES,
	    "1|oops\\n\n2|{\"b\":1}\n");
	expect("a.ndjson", "\xef\xbb\xbf[1]\n[2]", PM_SPLIT_JSON_LINES,
	    "0|\xef\xbb\xbf\n1|[1]\\n\n2|[2]\n");
}

static void
test_values(void **state)
{
	(void)state;
	expect("a", "{\"a\":1}", PM_SPLIT_JSON_LINES, "1|{\"a\":1}\n");
	expect("a", "{\n\"a\": [{\"x\": 1}, {\n}]\n}\n", PM_SPLIT_JSON_LINES,
	    "1|{\\n\"a\": [{\"x\": 1}, {\\n}]\\n}\\n\n");
	expect("a", "{\n\"a\":\"}\\\"{\\\\\"}\n{\n\"b\":1}{\"c\":2} {\"d\":\n"
	    "3}", PM_SPLIT_JSON_LINES, "1|{\\n\"a\":\"}\\\"{\\\\\"}\\n\n"
	    "2|{\\n\"b\":1}\n3|{\"c\":2} \n4|{\"d\":\\n3}\n");
	expect("a", " {\"a\":1}{\"b\":2}", PM_SPLIT_JSON_LINES,
	    "0| \n1|{\"a\":1}\n2|{\"b\":2}\n");
	expect("a", "{\n\"a\":1}}]\n{\"b\":2", PM_SPLIT_JSON_LINES,
	    "1|{\\n\"a\":1}}]\\n\n2|{\"b\":2!\n");
	expect("a", "{\"articles\": [\n{\"a\":1},\n{\"a\":2}\n]}",
	    PM_SPLIT_JSON_LINES,
	    "1|{\"articles\": [\\n{\"a\":1},\\n{\"a\":2}\\n]}\n");
}

static void
test_array(void **state)
{
	(void)state;
	expect("a", "[{\"a\":[{\"x\":{}}]},{\"b\":\"],{\"} ]\n",
	    PM_SPLIT_JSON_ARRAY, "0|[\n1|{\"a\":[{\"x\":{}}]},\n"
	    "2|{\"b\":\"],{\"} ]\\n\n");
	expect("a", "\xef\xbb\xbf[\r\n  {\"a\":1},\r\n  {\"b\":1}\r\n]",
	    PM_SPLIT_JSON_ARRAY, "0|\xef\xbb\xbf[\\r\\n  \n"
	    "1|{\"a\":1},\\r\\n  \n2|{\"b\":1}\\r\\n]\n");
	/* What is no object; a comma too few; a brace too many; no end. */
	expect("a", "[{\"a\":1},7,[{}],\"{\"{\"b\":1}},{\"c\":[1],",
	    PM_SPLIT_JSON_ARRAY, "0|[\n1|{\"a\":1},7,[{}],\"{\"\n"
	    "2|{\"b\":1}},\n3|{\"c\":[1],!\n");
	/* One behind the other. */
	expect("a", "[{\"a\":1}]\n[{\"b\":1}]", PM_SPLIT_JSON_ARRAY,
	    "0|[\n1|{\"a\":1}]\\n[\n2|{\"b\":1}]\n");
	expect("a", "[{\"a\":1},{\"b\":\"x", PM_SPLIT_JSON_ARRAY,
	    "0|[\n1|{\"a\":1},\n2|{\"b\":\"x!\n");
}

static void
test_wrapped(void **state)
{
	(void)state;
	expect("a", "{\"wrapped\":[{\"a\":[{\"x\":{}}]}, {\"b\":1}],"
	    "\"more\":{\"c\":[{\"d\":1}]}}\n", PM_SPLIT_JSON_ARRAY,
	    "0|{\"wrapped\":[\n1|{\"a\":[{\"x\":{}}]}, \n"
	    "2|{\"b\":1}],\"more\":{\"c\":[{\"d\":1}]}}\\n\n");
	expect("a", "{\"wrapped\":[{\"a\":\"]}\"},{\"b\":1",
	    PM_SPLIT_JSON_ARRAY, "0|{\"wrapped\":[\n1|{\"a\":\"]}\"},\n"
	    "2|{\"b\":1!\n");
}

static void
test_no_records(void **state)
{
	const struct file utf16 = { .path = "a.csv", .n = 8,
	    .p = (const uint8_t *)"\xff\xfeu\0r\0l\0" };

	(void)state;
	expect_none("a.json", "");
	expect_none("a.jsonl", " \n\n");
	expect_none("a.json", "[]");
	expect_none("a.json", "[\"a\", \"b\"]");
	expect_none("a.json", "\"text\"");
	expect_none("a.json", "12");
	expect_none("a.txt", "{{template}}\n{% end %}\n");
	expect_none("a.txt", "[1] The first.\n[2] The second.\n");
	expect_none("a.json", "[{\"listing\":1},{\"listing\":2}]");
	expect_none("a.csv", "<html><title>url,title,text</title>\n");
	expect_none("a.csv", "\n\r\n");
	expect_file(&utf16, PM_SPLIT_NONE, "");
}

static void
test_listing(void **state)
{
	struct pm_bytes head = pm_bytes_of("[{\"listing\":1},{\"b\":2}]");
	struct pm_bytes path = pm_bytes_of("x.json");
	static const struct {
		int64_t bytes;
		bool whole, cut;
	} cases[] = {
		{ 100, false, false }, { PM_SPLIT_LISTING_MAX, false, false },
		{ PM_SPLIT_LISTING_MAX + 1, false, true },
		{ -1, false, true }, { -1, true, false },
	};
	struct pm_split split;

	(void)state;
	pm_split_init(&split);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_int_equal(pm_split_begin(&split, PM_READER_AUTO, head,
		    cases[i].whole, cases[i].bytes, path, &asks, &err),
		    PM_OK);
		assert_int_equal(split.kind, cases[i].cut ?
		    PM_SPLIT_JSON_ARRAY : PM_SPLIT_NONE);
		assert_int_equal(split.reader, PM_READER_JSON);
	}
	assert_int_equal(pm_split_begin(&split, PM_READER_AUTO, head, true, 0,
	    path, NULL, &err), PM_OK);
	assert_int_equal(split.kind, PM_SPLIT_JSON_ARRAY);
	/* Lines are cut whatever they hold. */
	expect("a", "{\"listing\":1}\n{\"listing\":2}\n", PM_SPLIT_JSON_LINES,
	    "1|{\"listing\":1}\\n\n2|{\"listing\":2}\\n\n");
	pm_split_clear(&split);
}

/* ---- rows ---- */

static void
expect_table(const char *path, const char *text, uint8_t separator,
    const char *context, const char *expected)
{
	struct file file = text_file(path, text);
	struct pm_split split;

	pm_split_init(&split);
	begin(&split, &file);
	assert_int_equal(split.kind, PM_SPLIT_CSV);
	assert_int_equal(split.separator, separator);
	assert_int_equal(split.reader, separator == '\t' ? PM_READER_TSV :
	    PM_READER_CSV);
	assert_int_equal(split.context.n, strlen(context));
	if (split.context.n > 0)
		assert_memory_equal(split.context.p, context,
		    split.context.n);
	pm_split_clear(&split);
	expect_file(&file, PM_SPLIT_CSV, expected);
}

static void
test_rows(void **state)
{
	(void)state;
	expect_table("a.csv", "id,URL,Main Text\n1,u,\"a\n\"\"b\"\"\n\"\n\n"
	    "2,v,5\" wide\n3,w,x", ',', "id,URL,Main Text",
	    "0|id,URL,Main Text\\n\n1|1,u,\"a\\n\"\"b\"\"\\n\"\\n\\n\n"
	    "2|2,v,5\" wide\\n\n3|3,w,x\n");
	expect_table("a.csv", "\xef\xbb\xbf\"date\";\"title\"\r\n"
	    "\"1\";\"a, b\"\r\n\r\n2;c\r\n", ';', "\"date\";\"title\"",
	    "0|\xef\xbb\xbf\"date\";\"title\"\\r\\n\n"
	    "1|\"1\";\"a, b\"\\r\\n\\r\\n\n2|2;c\\r\\n\n");
	expect_table("a.tsv", "a,b\t\"c\nd\"\n\te\n", '\t', "",
	    "1|a,b\t\"c\\nd\"\\n\n2|\te\\n\n");
	/* What trafilatura calls CSV; a header is not made of its words. */
	expect_table("a.csv", "http://a/b\t1\tf\ta.com\tOne, two, three, four\t"
	    "i\t2024-01-01\ttext, more, text, more, and more text\tc\tl\tp\n"
	    "http://a/c\t2\tf\ta.com\tText\ti\t2024\tt\tc\tl\tp\n", '\t', "",
	    "1|http://a/b\t1\tf\ta.com\tOne, two, three, four\t"
	    "i\t2024-01-01\ttext, more, text, more, and more text\tc\tl\tp\\n"
	    "\n2|http://a/c\t2\tf\ta.com\tText\ti\t2024\tt\tc\tl\tp\\n\n");
	/* One column. */
	expect_table("a.csv", "text\none\ntwo", ',', "text",
	    "0|text\\n\n1|one\\n\n2|two\n");
	expect_table("a.csv", "\xef\xbb\xbf\nx,y\nz,\"", ',', "",
	    "0|\xef\xbb\xbf\\n\n1|x,y\\n\n2|z,\"!\n");
}

static void
test_table_by_head(void **state)
{
	(void)state;
	expect_table("-", "url,title\nu,\"a, b\"\n", ',', "url,title",
	    "0|url,title\\n\n1|u,\"a, b\"\\n\n");
	expect_table("a.txt", "Pub_Date\tHeadline\tx\n1\t2\t3\n", '\t',
	    "Pub_Date\tHeadline\tx", "0|Pub_Date\tHeadline\tx\\n\n"
	    "1|1\t2\t3\\n\n");
	expect_none("a.md", "url,title\nu,\"a, b\"\n");
	expect_none("a.txt", "url,title\n");
	expect_none("a.txt", "Title, text\nOne day, far away, he came.\n");
	expect_none("a.txt", "Title, author\nOne, two\n");
	expect_none("a.txt", "Text\nmore text\n");
	expect_none("a.txt", "Whose text, whose title, and whose date, that "
	    "is what I have always wondered about,title,text\na,b,c,d,e\n");
}

static void
test_forced(void **state)
{
	struct file file = text_file("a.json", "{\"a\":1}\nurl,text\n\n1,2");

	(void)state;
	file.forced = PM_READER_CSV;
	expect_file(&file, PM_SPLIT_CSV, "1|{\"a\":1}\\n\n2|url,text\\n\\n\n"
	    "3|1,2\n");
	file.forced = PM_READER_TEXT;
	expect_file(&file, PM_SPLIT_NONE, "");
	file.forced = PM_READER_OPAQUE;
	expect_file(&file, PM_SPLIT_NONE, "");
	file.forced = PM_READER_JSON;
	expect_file(&file, PM_SPLIT_JSON_LINES, "1|{\"a\":1}\\n\n"
	    "2|url,text\\n\\n\n3|1,2\n");
	file = text_file("a.csv", "text,x\n1,2\n");
	file.forced = PM_READER_TSV;
	expect_file(&file, PM_SPLIT_CSV, "1|text,x\\n\n2|1,2\\n\n");
}

/* A quote that nothing closes ends its record at a line end behind a MiB. */
static void
test_open_quote(void **state)
{
	enum { N = (1 << 20) + 4000 };
	uint8_t *p = pm_alloc(N, &err);
	struct file file = { .path = "a.csv", .p = p, .n = N };
	struct cuts cuts;

	(void)state;
	for (size_t i = 0; i < N; i++)
		p[i] = i % 100 == 99 ? '\n' : 'a';
	memcpy(p, "url,text\nu,\"", 12);
	cuts = cut_up(&file, 0);
	assert_true(cuts.n > 30);
	assert_int_equal(cuts.cut[0].end, 9);
	assert_false(cuts.cut[0].complained);
	assert_in_range(cuts.cut[1].end, 12 + (1 << 20),
	    12 + (1 << 20) + 100);
	assert_int_equal(cuts.cut[1].end % 100, 0);
	assert_true(cuts.cut[1].complained);
	assert_int_equal(cuts.cut[2].end, cuts.cut[1].end + 100);
	assert_false(cuts.cut[2].complained);
	check_same(&file, &cuts, 60000);
	check_same(&file, &cuts, 333);
	pm_free(cuts.cut);
	pm_free(p);
}

/* ---- random files ---- */

static const char *const piece[] = {
	"{", "}", "[", "]", "\"", "\\", ",", ":", "\n", "\r\n", " ", "\t",
	";", "{\"a\":1}", "{\"url\":\"x\",\"text\":\"a\\\"b{\"}", "\"\"",
	"\\\\", "\xef\xbb\xbf", "text", "\xd0\xb6", "url,title,text\n",
	"a long stretch of text in which nothing is that counts, none of it",
	"\"quoted, field\nof two lines\",", "},\n{", "}{", "\0",
};
static const char *const start[] = {
	"", "\xef\xbb\xbf", "{\"a\":1}\n", "{\n\"a\":1}\n", "[{\"a\":1},",
	"url,title,text\r\n", "\"url\";\"title\"\n", " \n[\n{\"",
	"{\"a\":\"1}\n{\"b\":2}\n", "{\"wrapped\":[{\"a\":1},",
};
static const char *const name[] = { "a", "a.csv", "a.tsv", "a.jsonl",
	"a.json" };

static void
make_random(struct pm_buf *out)
{
	const char *first = start[random_below(sizeof start /
	    sizeof *start)];
	/* Some files are made of few kinds of pieces. */
	size_t n = random_below(300), kinds = sizeof piece / sizeof *piece;
	size_t from = random_below(kinds);
	size_t span = random_below(2) == 0 ? kinds : 1 + random_below(6);

	pm_buf_reset(out);
	assert_int_equal(pm_buf_append_str(out, first, &err), PM_OK);
	while (n-- > 0) {
		const char *p = piece[(from + random_below(span)) % kinds];

		assert_int_equal(pm_buf_append(out, p, *p == '\0' ? 1 :
		    strlen(p), &err), PM_OK);
	}
	if (random_below(3) == 0 && out->n > 0)
		out->n = random_below(out->n) + 1;
}

static void
test_random(void **state)
{
	const char *given = getenv("PM_SEED");
	struct pm_buf bytes;

	(void)state;
	pm_buf_init(&bytes);
	for (int i = 0; i < 4000; i++) {
		uint64_t before;
		struct file file;

		if (i == 0 && given != NULL)
			seed = strtoull(given, NULL, 10);
		before = seed;
		make_random(&bytes);
		file = (struct file){ .path = name[random_below(sizeof name /
		    sizeof *name)], .p = bytes.p, .n = bytes.n };
		if (random_below(4) == 0)
			file.forced = (enum pm_reader)random_below(
			    PM_READER_OPAQUE + 1);
		/* On failure this is the last line. */
		if (given != NULL)
			print_message("PM_SEED=%llu\n",
			    (unsigned long long)before);
		check(&file);
	}
	pm_buf_clear(&bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_array),
		cmocka_unit_test(test_wrapped),
		cmocka_unit_test(test_no_records),
		cmocka_unit_test(test_listing),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_table_by_head),
		cmocka_unit_test(test_forced),
		cmocka_unit_test(test_open_quote),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
