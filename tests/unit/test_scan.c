/* What is whole in a damaged volume, and the lines of what is lost. */
#include "archive/recipe.h"
#include "base/fs.h"
#include "store/record.h"
#include "store/volume_scan.h"
#include "support.h"

static char scratch[SCRATCH_CHARS];

static int
set_up(void **state)
{
	(void)state;
	scratch_make(scratch, "scan");
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	scratch_remove(scratch);
	return 0;
}

/* Two batches of three frames each; the first has the volume's own, too. */
static void
make_volume(void)
{
	struct pm_volume_writer *writer;
	struct pm_frame_coder *coder;
	const struct pm_batch *batch;
	struct pm_buf plain, packed;
	char path[SCRATCH_CHARS];
	uint64_t next;
	struct pm_err err;

	scratch_join(path, scratch, "volumes");
	assert_int_equal(pm_fs_make_directories(path, &err), PM_OK);
	assert_int_equal(pm_frame_coder_new(&coder, &err), PM_OK);
	assert_int_equal(pm_volume_writer_open(&writer, scratch, &err),
	    PM_OK);
	pm_buf_init(&plain);
	pm_buf_init(&packed);
	for (int i = 0; i < 6; i++) {
		char name[32];

		if (i % 3 == 0)
			assert_int_equal(pm_volume_writer_begin(writer, 1,
			    &next, &err), PM_OK);
		(void)snprintf(name, sizeof name, "text/%08d.txt", i + 1);
		pm_buf_reset(&plain);
		pm_buf_reset(&packed);
		assert_int_equal(pm_tar_append(&plain, name,
		    pm_bytes_of(name), 0, &err), PM_OK);
		assert_int_equal(pm_frame_encode(coder, &packed,
		    pm_buf_bytes(&plain), 1, &err), PM_OK);
		assert_int_equal(pm_volume_writer_frame(writer,
		    pm_buf_bytes(&packed), (uint32_t)plain.n, &err), PM_OK);
		if (i % 3 == 2)
			assert_int_equal(pm_volume_writer_commit(writer, NULL,
			    0, &batch, &err), PM_OK);
	}
	pm_volume_writer_close(writer);
	pm_frame_coder_free(coder);
	pm_buf_clear(&plain);
	pm_buf_clear(&packed);
}

struct seen {
	char names[200];
	unsigned batches;
	uint64_t moved;          /* of the last batch */
};

static int
see_frame(void *context, const struct pm_frame_at *frame,
    struct pm_bytes plain, struct pm_err *err)
{
	struct seen *seen = context;
	struct pm_tar_member member;
	size_t at = 0, n = strlen(seen->names);

	assert_true(frame->plain_bytes == plain.n);
	assert_int_equal(pm_tar_next(&member, plain, &at, err), PM_OK);
	/* text/0000000N.txt: N; of another: v */
	(void)snprintf(seen->names + n, sizeof seen->names - n, "%c",
	    member.name[0] == 't' ? member.name[12] : 'v');
	return PM_OK;
}

static int
see_batch(void *context, const struct pm_scanned_batch *batch,
    struct pm_err *err)
{
	struct seen *seen = context;
	uint64_t was = batch->batch->start;

	(void)err;
	for (uint32_t i = 0; i < batch->batch->frame_n; i++)
		was += batch->batch->frame[i].packed_bytes;
	seen->batches++;
	seen->moved = batch->at - was;
	assert_int_equal(batch->batch->sequence, seen->batches);
	return PM_OK;
}

static struct seen
scan(void)
{
	struct seen seen = { 0 };
	const struct pm_scan_sink sink = { see_frame, see_batch, &seen };
	struct pm_err err;

	assert_int_equal(pm_volume_scan(scratch, 1, "", &sink, &err), PM_OK);
	return seen;
}

static void
read_volume(struct pm_buf *out, char path[SCRATCH_CHARS])
{
	scratch_join(path, scratch, "volumes/000001.tar.zst");
	pm_buf_init(out);
	file_get(out, path);
}

static void
test_scan(void **state)
{
	static const char junk[] = "junk, and \x28\xb5\x2f\xfd no frame";
	char path[SCRATCH_CHARS];
	struct pm_buf bytes, more;
	struct pm_err err;
	struct seen seen;

	(void)state;
	make_volume();
	seen = scan();
	assert_string_equal(seen.names, "v123456");
	assert_int_equal(seen.batches, 2);
	assert_int_equal(seen.moved, 0);
	/* Bytes that came in front of all: everything is found behind them. */
	read_volume(&bytes, path);
	pm_buf_init(&more);
	assert_int_equal(pm_buf_append(&more, junk, sizeof junk, &err),
	    PM_OK);
	assert_int_equal(pm_buf_append(&more, bytes.p, bytes.n, &err), PM_OK);
	file_put(path, more.p, more.n);
	seen = scan();
	assert_string_equal(seen.names, "v123456");
	assert_int_equal(seen.batches, 2);
	assert_int_equal(seen.moved, sizeof junk);
	/* A byte of the first frame, and the end of the last marker. */
	bytes.p[20] ^= 1;
	file_put(path, bytes.p, bytes.n - 1);
	seen = scan();
	assert_string_equal(seen.names, "123456");
	assert_int_equal(seen.batches, 1);
	pm_buf_clear(&bytes);
	pm_buf_clear(&more);
}

static void
test_lost_line(void **state)
{
	static const uint8_t odd[] = { 'a', 0xff, 'b' };
	struct pm_log_record record = { .kind = PM_LOG_LOST,
	    .u.lost = { .what = PM_LOST_CAPTURE, .number = 7, .to = 9,
	    .path = { odd, sizeof odd }, .title = pm_bytes_of("T"),
	    .bytes = 12, .has_crawled = true, .crawled = 1739347200,
	    .has_sha256 = true, .sha256 = { 1, 2, 0xab } } };
	struct pm_log_record back;
	struct pm_arena arena;
	struct pm_buf line;
	struct pm_err err;
	size_t at = 0;

	(void)state;
	pm_buf_init(&line);
	pm_arena_init(&arena);
	assert_int_equal(pm_log_encode(&line, &record, &err), PM_OK);
	assert_int_equal(pm_log_decode(&back, &arena, pm_buf_bytes(&line),
	    &at, &err), PM_OK);
	assert_int_equal(back.kind, PM_LOG_LOST);
	assert_int_equal(back.u.lost.what, PM_LOST_CAPTURE);
	assert_int_equal(back.u.lost.number, 7);
	assert_int_equal(back.u.lost.to, 9);
	assert_true(pm_bytes_equal(back.u.lost.path, record.u.lost.path));
	assert_true(pm_bytes_equal(back.u.lost.title, record.u.lost.title));
	assert_int_equal(back.u.lost.crawled, 1739347200);
	assert_memory_equal(back.u.lost.sha256, record.u.lost.sha256,
	    PM_SHA256_BYTES);
	pm_arena_clear(&arena);
	pm_buf_clear(&line);
	assert_true(pm_is_lost_lines("lost/00000007.jsonl"));
	assert_false(pm_is_lost_lines("lost/00000007.txt"));
	assert_false(pm_is_lost_lines("meta/00000007.jsonl"));
}

struct met { uint64_t frame[4], first, n; size_t count; };

static int
meet(void *context, const struct pm_recipe_reference *to)
{
	struct met *met = context;

	assert_true(met->count < 4);
	met->frame[met->count++] = to->frame;
	if (to->frame == 0) {
		met->first = to->first;
		met->n = to->n;
	}
	return PM_OK;
}

static void
test_references(void **state)
{
	struct pm_buf steps;
	struct pm_recipe recipe = { &steps, 20 };
	struct met met = { 0 };
	struct pm_err err;

	(void)state;
	pm_buf_init(&steps);
	assert_int_equal(pm_recipe_literal(&recipe, pm_bytes_of("shell"),
	    &err), PM_OK);
	assert_int_equal(pm_recipe_copy(&recipe, 15, 512, 9, &err), PM_OK);
	assert_int_equal(pm_recipe_coded(&recipe, 1, 16, 512, 9, &err),
	    PM_OK);
	assert_int_equal(pm_recipe_teaser(&recipe, 20, 3, pm_bytes_of("-"),
	    &err), PM_OK);
	assert_int_equal(pm_recipe_captures(&recipe, 5, 2, &err), PM_OK);
	assert_int_equal(pm_recipe_references(20, pm_buf_bytes(&steps), meet,
	    &met, &err), PM_OK);
	assert_int_equal(met.count, 4);
	assert_int_equal(met.frame[0], 15);
	assert_int_equal(met.frame[1], 16);
	assert_int_equal(met.frame[2], 20);
	assert_int_equal(met.frame[3], 0);
	assert_int_equal(met.first, 5);
	assert_int_equal(met.n, 2);
	/* Cut short at any byte: an error or fewer, never a stray read. */
	for (size_t n = 0; n < steps.n; n++) {
		met.count = 0;
		(void)pm_recipe_references(20, (struct pm_bytes){ steps.p, n },
		    meet, &met, &err);
	}
	pm_buf_clear(&steps);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_scan, set_up, tear_down),
		cmocka_unit_test(test_lost_line),
		cmocka_unit_test(test_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
