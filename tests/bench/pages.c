/*
 * bench-pages - what pm_page_read_html makes of the pages named on standard
 * input (NAME or NAME tab ADDRESS), a line of JSON for each: name, body,
 * title, date, kind, teasers, nanoseconds of processor time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/fs.h"
#include "base/json.h"
#include "page/page.h"

static struct pm_err err;

static void
must(int rc, const char *what)
{
	if (rc == PM_OK)
		return;
	fprintf(stderr, "bench-pages: %s: %s\n", what, err.text);
	exit(3);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
print(const struct pm_page *page, const char *name, double seconds)
{
	struct pm_buf out;
	struct pm_json json;
	char date[40] = "";
	const struct pm_time_text *when = &page->date[0].when;

	pm_buf_init(&out);
	if (page->date_n > 0 && when->kind == PM_TIME_ABSOLUTE)
		(void)snprintf(date, sizeof date, "%04d-%02d-%02d",
		    (int)when->year, (int)when->month, (int)when->day);
	pm_json_begin(&json, &out, &err);
	pm_json_object(&json);
	pm_json_key(&json, "name");
	pm_json_str(&json, name);
	pm_json_key(&json, "body");
	pm_json_string(&json, page->body);
	pm_json_key(&json, "title");
	pm_json_string(&json, page->title);
	pm_json_key(&json, "date");
	pm_json_str(&json, date);
	pm_json_key(&json, "kind");
	pm_json_int(&json, (int)page->kind);
	pm_json_key(&json, "teasers");
	pm_json_int(&json, (int64_t)page->teaser_n);
	pm_json_key(&json, "nanoseconds");
	pm_json_int(&json, (int64_t)(seconds * 1e9));
	pm_json_object_end(&json);
	must(pm_json_finish(&json), "output");
	(void)fwrite(out.p, 1, out.n, stdout);
	(void)putchar('\n');
	pm_buf_clear(&out);
}

static void
measure(const char *name, const char *url, struct pm_arena *arena,
    struct pm_buf *file)
{
	struct pm_page_input in = { .url = pm_bytes_of(url) };
	struct pm_page page;
	double start;

	pm_buf_reset(file);
	must(pm_fs_read_file(file, name, (size_t)1 << 30, &err), name);
	in.capture = pm_buf_bytes(file);
	pm_arena_reset(arena);
	page = (struct pm_page){ .kind = PM_PAGE_OPAQUE, .url = in.url };
	start = now();
	must(pm_page_read_html(&page, arena, &in, in.capture, &err), name);
	print(&page, name, now() - start);
}

int
main(void)
{
	char name[8192];
	struct pm_arena arena;
	struct pm_buf file;

	pm_arena_init(&arena);
	pm_buf_init(&file);
	while (fgets(name, sizeof name, stdin) != NULL) {
		char *url = strchr(name, '\t');

		name[strcspn(name, "\n")] = '\0';
		if (url != NULL)
			*url++ = '\0';
		measure(name, url == NULL ? "" : url, &arena, &file);
	}
	pm_buf_clear(&file);
	pm_arena_clear(&arena);
	return 0;
}
