/* Texts by frame: asked for ahead, from the scratch, and in the long way. */
#include "pages.h"

#include "archive/archive.h"
#include "archive/frames_internal.h"

enum { STORIES = 300, THREADS = 2 };

static char scratch[SCRATCH_CHARS], archive[SCRATCH_CHARS];
static struct pm_err err;

static int
setup(void **state)
{
	char input[SCRATCH_CHARS];
	struct pm_add_options options = { .frame_bytes = PM_FRAME_SMALLEST };
	const char *path = input;
	struct pm_counts counts;

	(void)state;
	scratch_make(scratch, "frames");
	scratch_join(input, scratch, "input");
	scratch_join(archive, scratch, "archive");
	for (unsigned i = 0; i < STORIES; i++) {
		const unsigned others[] = { i + 1, i + 1000 };
		char name[32];

		(void)snprintf(name, sizeof name, "%u.txt", i);
		page_file(input, name, i, others, 2);
	}
	options.input.path = &path;
	options.input.path_n = 1;
	assert_int_equal(pm_add(&counts, archive, &options, &err), PM_OK);
	assert_int_equal(counts.articles, STORIES);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scratch_remove(scratch);
	return 0;
}

/* All texts in the long way, one behind another. */
static void
read_all(struct pm_buf *out, struct pm_frames *frames,
    struct pm_catalog *catalog)
{
	struct pm_bytes title, snippet;
	struct pm_article_row row;
	struct pm_teaser_row teaser;

	pm_buf_init(out);
	for (uint64_t i = STORIES; i > 0; i--) {
		assert_int_equal(pm_catalog_article(&row, catalog, i, &err),
		    PM_OK);
		assert_int_equal(pm_frames_article(out, frames, row.frame,
		    row.offset, row.bytes, &err), PM_OK);
		assert_int_equal(pm_catalog_teaser(&teaser, catalog, i, &err),
		    PM_OK);
		assert_int_equal(pm_frames_teaser(&title, &snippet, frames,
		    teaser.frame, teaser.ordinal, &err), PM_OK);
		assert_int_equal(pm_buf_append(out, title.p, title.n, &err),
		    PM_OK);
		assert_int_equal(pm_buf_append(out, snippet.p, snippet.n,
		    &err), PM_OK);
	}
	assert_true(out->n > STORIES * 500);
}

static void
want_all(struct pm_frames *frames, struct pm_catalog *catalog)
{
	struct pm_article_row row;
	struct pm_teaser_row teaser;

	for (uint64_t i = 1; i <= STORIES; i++) {
		assert_int_equal(pm_catalog_article(&row, catalog, i, &err),
		    PM_OK);
		/* Less of it first: the larger wish counts. */
		assert_int_equal(pm_frames_want(frames, row.frame, row.offset,
		    10, &err), PM_OK);
		assert_int_equal(pm_frames_want(frames, row.frame, row.offset,
		    row.bytes, &err), PM_OK);
		assert_int_equal(pm_catalog_teaser(&teaser, catalog, i, &err),
		    PM_OK);
		assert_int_equal(pm_frames_want_teaser(frames, teaser.frame,
		    teaser.ordinal, &err), PM_OK);
	}
	/* Hints may be wrong. */
	assert_int_equal(pm_frames_want(frames, 1, UINT32_MAX, 100, &err),
	    PM_OK);
	assert_int_equal(pm_frames_want(frames, 1 << 30, 0, 100, &err),
	    PM_OK);
	assert_int_equal(pm_frames_want_teaser(frames, 1, 5, &err), PM_OK);
	assert_int_equal(pm_frames_want_teaser(frames, 2, 1 << 30, &err),
	    PM_OK);
}

static void
assert_fetched(const struct pm_frames *frames, struct pm_catalog *catalog)
{
	struct pm_article_row row;
	struct pm_teaser_row teaser;

	for (uint64_t i = 1; i <= STORIES; i++) {
		assert_int_equal(pm_catalog_article(&row, catalog, i, &err),
		    PM_OK);
		assert_non_null(pm_fetched_text(frames, row.frame, row.offset,
		    row.bytes));
		assert_int_equal(pm_catalog_teaser(&teaser, catalog, i, &err),
		    PM_OK);
		assert_non_null(pm_fetched_teaser(frames, teaser.frame,
		    teaser.ordinal));
	}
}

static void
expect(struct pm_frames *frames, struct pm_catalog *catalog,
    const struct pm_buf *expected)
{
	struct pm_buf found;

	read_all(&found, frames, catalog);
	assert_int_equal(found.n, expected->n);
	assert_memory_equal(found.p, expected->p, found.n);
	pm_buf_clear(&found);
}

static void
test_all_ways_agree(void **state)
{
	static const uint64_t most[] = { UINT64_MAX / 4, 100000, 0 };
	struct pm_writer writer;
	struct pm_frames *plain = NULL;
	struct pm_buf expected, none;

	(void)state;
	pm_buf_init(&none);
	assert_int_equal(pm_writer_open(&writer, archive, THREADS,
	    PM_WRITER_CATCH_UP, NULL, &err), PM_OK);
	assert_int_equal(pm_frames_open(&plain, writer.catalog, archive, -1,
	    &err), PM_OK);
	read_all(&expected, plain, writer.catalog);
	pm_frames_close(plain);
	for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
		want_all(writer.frames, writer.catalog);
		assert_int_equal(pm_frames_fetch(writer.frames, writer.pool,
		    THREADS, most[i], &err), PM_OK);
		if (i == 0)
			assert_fetched(writer.frames, writer.catalog);
		expect(writer.frames, writer.catalog, &expected);
		pm_frames_forget(writer.frames);
	}
	assert_int_equal(pm_frames_scratch(writer.frames, &err), PM_OK);
	want_all(writer.frames, writer.catalog);
	assert_int_equal(pm_frames_fetch(writer.frames, writer.pool, THREADS,
	    UINT64_MAX / 4, &err), PM_OK);
	pm_frames_forget(writer.frames);
	assert_non_null(pm_scratch_find(&writer.frames->scratch, 1));
	expect(writer.frames, writer.catalog, &expected);
	expect(writer.frames, writer.catalog, &expected);
	/* Past the end of a frame that is in the scratch. */
	assert_int_equal(pm_frames_copy(&none, writer.frames, 1, UINT32_MAX,
	    10, &err), PM_ECORRUPT);
	pm_buf_clear(&none);
	pm_buf_clear(&expected);
	pm_writer_close(&writer);
}

/* It has no name, and nothing of it stays. */
static void
test_scratch_leaves_nothing(void **state)
{
	char path[SCRATCH_CHARS];

	(void)state;
	scratch_join(path, archive, "cache/scratch");
	assert_int_not_equal(access(path, F_OK), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_ways_agree),
		cmocka_unit_test(test_scratch_leaves_nothing),
	};

	return cmocka_run_group_tests_name("frames", tests, setup, teardown);
}
