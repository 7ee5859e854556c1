/*
 * What rounds of chance found, each as small as it could be made; all of it is
 * mended.
 */
#include "archive_of.h"

static const int both[] = { 0, 1 };

static int
set_up(void **state)
{
	(void)state;
	scratch_make(scratch, "found");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	free_files(&files[0]);
	free_files(&files[1]);
	scratch_remove(scratch);
	return 0;
}

/* A file of the input that must come out again. */
static void
given(int part, const char *path, const char *text)
{
	struct file *file = &files[part].file[files[part].n++];
	uint64_t state = 1;
	struct writer w = { .chance = &state };
	char root[SCRATCH_CHARS];

	pm_buf_init(&file->path);
	pm_buf_init(&file->bytes);
	w.out = &file->path;
	put(&w, path, strlen(path) + 1);
	w.out = &file->bytes;
	put_s(&w, text);
	place(root, part == 0 ? "in/p0" : "in/p1");
	place_file(&w, root, path, &file->bytes);
}

static const char prose[] = "The harbour council met on Tuesday to settle "
    "what the northern bridge may cost this winter, and agreed on less than "
    "half of what the mayor had asked for.";

/* Record files of one record, all of the same bytes: a record rested on a
 * file, which is made of records, and could not be restored. */
static void
test_copies_of_one_record(void **state)
{
	uint64_t chance = 1;
	char text[1024];

	(void)state;
	(void)snprintf(text, sizeof text, "{\"title\":\"Bridge\",\"text\":"
	    "\"%s\"}\n", prose);
	given(0, "a.jsonl", text);
	given(0, "b.jsonl", text);
	given(0, "c/d.jsonl", text);
	given(1, "e.jsonl", text);
	(void)add("whole", &chance, PM_READER_AUTO, both, 2);
	verify("whole");
	restore("whole");
}

/* A body that is not its capture and has as many bytes: 3 go with the mark, 2
 * and a line end come. */
static void
test_body_as_long_as_its_capture(void **state)
{
	uint64_t chance = 1;
	char text[1024];

	(void)state;
	(void)snprintf(text, sizeof text, "\xef\xbb\xbf%s \xd1", prose);
	given(0, "a.txt", text);
	(void)add("whole", &chance, PM_READER_HTML, both, 1);
	verify("whole");
	restore("whole");
}

/* A text that two captures of a batch show, and the title is the later one's:
 * it was lost, and a teaser of that title found nothing. */
static void
titled(int titled_part)
{
	uint64_t chance = 1;
	struct pm_buf whole, parts;
	char text[1024];

	given(titled_part, "2025-02-11/d.json", "[{\"title\":"
	    "\"Harbour bridge is cheap\",\"description\":\"Something else "
	    "is told of it here, in other words than those ...\"},{\"title\":"
	    "\"Nothing of the kind at all\",\"description\":\"x\"}]");
	(void)snprintf(text, sizeof text, "---\ntitle: Harbour bridge is "
	    "cheap\n---\n%s\n", prose);
	given(titled_part, "2025-02-11/b.md", text);
	(void)snprintf(text, sizeof text, "[{\"text\":\"%s\\n\"},\n"
	    "{\"text\":\"Another text of the same morning, which is here so "
	    "that there are two of them.\"}]", prose);
	given(1 - titled_part, "2025-02-11/a.json", text);
	(void)add("whole", &chance, PM_READER_AUTO, both, 2);
	(void)add("parts", &chance, PM_READER_AUTO, (int[]){ 1 }, 1);
	(void)add("parts", &chance, PM_READER_AUTO, (int[]){ 0 }, 1);
	tell(&whole, "whole", false);
	tell(&parts, "parts", false);
	assert_non_null(strstr((char *)parts.p, "\"evidence\":\"title\""));
	must_tell_the_same(&whole, &parts, "an archive of two adds");
	pm_buf_clear(&whole);
	pm_buf_clear(&parts);
}

static void
test_title_of_another_capture(void **state)
{
	(void)state;
	titled(0);
}

static void
test_title_of_a_later_part(void **state)
{
	(void)state;
	titled(1);
}

/* A capture without a title makes the time of its article another: one that a
 * teaser's title does no longer go with. */
static void
test_time_of_another_capture(void **state)
{
	uint64_t chance = 1;
	struct pm_buf whole, parts;
	char text[1024];

	(void)state;
	given(1, "2025-02-11/d.json", "[{\"title\":\"Harbour bridge is "
	    "cheap\",\"date\":\"2025-02-08T09:00:00Z\"},{\"title\":"
	    "\"Nothing of the kind at all\",\"date\":\"2025-02-08T09:00:00Z"
	    "\"}]");
	(void)snprintf(text, sizeof text, "---\ntitle: Harbour bridge is "
	    "cheap\n---\n%s\n", prose);
	given(1, "2025-02-11/b.md", text);
	(void)snprintf(text, sizeof text, "---\ndate: 2025-02-10T12:00:00Z\n"
	    "---\n%s\n", prose);
	given(0, "2025-02-11/c.md", text);
	(void)add("whole", &chance, PM_READER_AUTO, both, 2);
	(void)add("parts", &chance, PM_READER_AUTO, (int[]){ 1 }, 1);
	tell(&parts, "parts", false);
	assert_non_null(strstr((char *)parts.p, "\"evidence\":\"title\""));
	pm_buf_clear(&parts);
	(void)add("parts", &chance, PM_READER_AUTO, (int[]){ 0 }, 1);
	tell(&whole, "whole", false);
	tell(&parts, "parts", false);
	must_tell_the_same(&whole, &parts, "an archive of two adds");
	pm_buf_clear(&whole);
	pm_buf_clear(&parts);
}

static void
put_record(char out[1024], const char *type, const char *text)
{
	(void)snprintf(out, 1024, "WARC/1.0\r\nWARC-Type: %s\r\n"
	    "WARC-Target-URI: http://one.example/a\r\nWARC-Date: "
	    "2025-02-11T08:00:00Z\r\nWARC-Payload-Digest: sha1:x\r\n"
	    "Content-Length: %zu\r\n\r\n%s\r\n\r\n", type,
	    strlen(text), text);
}

/* Two responses with one payload digest: a revisit goes over to the other, and
 * the one that it left had a copy too many. */
static void
test_revisit_goes_over(void **state)
{
	static const char http[] = "HTTP/1.1 200 OK\r\nContent-Type: "
	    "text/plain\r\n\r\n";
	uint64_t chance = 1;
	struct pm_buf one, other;
	char text[1024], block[512];

	(void)state;
	for (int part = 0; part < 2; part++) {
		(void)snprintf(block, sizeof block, "%s%s %d\n", http, prose,
		    part);
		put_record(text, "response", block);
		given(part, part == 0 ? "a.warc" : "b.warc", text);
	}
	put_record(text, "revisit", http);
	given(0, "c.warc", text);
	given(1, "d.warc", text);
	(void)add("one", &chance, PM_READER_AUTO, (int[]){ 0 }, 1);
	(void)add("one", &chance, PM_READER_AUTO, (int[]){ 1 }, 1);
	(void)add("other", &chance, PM_READER_AUTO, (int[]){ 1 }, 1);
	(void)add("other", &chance, PM_READER_AUTO, (int[]){ 0 }, 1);
	tell(&one, "one", false);
	tell(&other, "other", false);
	must_tell_the_same(&one, &other, "an archive of another order");
	pm_buf_clear(&one);
	pm_buf_clear(&other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_copies_of_one_record),
		TEST(test_body_as_long_as_its_capture),
		TEST(test_title_of_another_capture),
		TEST(test_title_of_a_later_part),
		TEST(test_time_of_another_capture),
		TEST(test_revisit_goes_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
