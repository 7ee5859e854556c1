/* A log that is written anew: one of the two stands, whatever happens. */
#include "support.h"

#include "store/volume.h"

struct seen {
	unsigned batches;
	uint64_t first_run, last_run, last_frame;
	uint32_t first_volume, last_volume;
};

static void
add_batch(struct pm_volume_writer *writer, uint64_t run)
{
	struct pm_frame_coder *coder = NULL;
	struct pm_buf plain, packed;
	struct pm_err err;
	uint64_t next;

	pm_buf_init(&plain);
	pm_buf_init(&packed);
	assert_int_equal(pm_frame_coder_new(&coder, &err), PM_OK);
	assert_int_equal(pm_volume_writer_begin(writer, run, &next, &err),
	    PM_OK);
	assert_int_equal(pm_tar_append(&plain, "a.txt", pm_bytes_of("words"),
	    0, &err), PM_OK);
	assert_int_equal(pm_frame_encode(coder, &packed, pm_buf_bytes(&plain),
	    3, &err), PM_OK);
	assert_int_equal(pm_volume_writer_frame(writer, pm_buf_bytes(&packed),
	    (uint32_t)plain.n, &err), PM_OK);
	assert_int_equal(pm_volume_writer_commit(writer, NULL, 0, NULL, &err),
	    PM_OK);
	pm_frame_coder_free(coder);
	pm_buf_clear(&plain);
	pm_buf_clear(&packed);
}

static struct pm_volume_writer *
open_writer(const char *archive)
{
	struct pm_volume_writer *writer = NULL;
	struct pm_err err = { 0 };
	int rc = pm_volume_writer_open(&writer, archive, &err);

	if (rc != PM_OK)
		print_error("%s\n", err.text);
	assert_int_equal(rc, PM_OK);
	return writer;
}

/* Volume 1 sealed with runs 1 and 2, volume 2 open with runs 3 and 4. */
static void
make_archive(char archive[SCRATCH_CHARS])
{
	struct pm_volume_writer *writer;
	char path[SCRATCH_CHARS + 16];
	struct pm_err err;

	scratch_make(archive, "rewrite");
	(void)snprintf(path, sizeof path, "%s/volumes", archive);
	assert_int_equal(pm_fs_make_directory(path, &err), PM_OK);
	writer = open_writer(archive);
	add_batch(writer, 1);
	add_batch(writer, 2);
	assert_int_equal(pm_volume_writer_seal(writer, &err), PM_OK);
	add_batch(writer, 3);
	add_batch(writer, 4);
	pm_volume_writer_close(writer);
}

/* The log as a reader sees it, verified. */
static struct seen
look(const char *archive)
{
	struct pm_walk_options options = { .level = PM_WALK_FULL };
	struct pm_volume_walk *walk = NULL;
	const struct pm_batch *batch;
	struct seen seen = { 0 };
	struct pm_err err = { 0 };
	int rc;

	assert_int_equal(pm_volume_walk_open(&walk, archive, &options, &err),
	    PM_OK);
	while ((rc = pm_volume_walk_next(walk, &batch, &err)) == PM_OK) {
		if (seen.batches++ == 0) {
			seen.first_run = batch->run;
			seen.first_volume = batch->volume;
		}
		seen.last_run = batch->run;
		seen.last_volume = batch->volume;
		seen.last_frame = batch->first_frame + batch->frame_n - 1;
	}
	if (rc != PM_END)
		print_error("%s\n", err.text);
	assert_int_equal(rc, PM_END);
	pm_volume_walk_close(walk);
	return seen;
}

static bool
is_there(const char *archive, unsigned volume)
{
	char path[SCRATCH_CHARS + 40];

	(void)snprintf(path, sizeof path, "%s/volumes/%06u.tar.zst", archive,
	    volume);
	return pm_fs_exists(path);
}

static void
check_old(const char *archive)
{
	struct seen seen = look(archive);

	assert_int_equal(seen.batches, 5);       /* with that of the seal */
	assert_int_equal(seen.first_run, 1);
	assert_int_equal(seen.last_run, 4);
	assert_int_equal(seen.last_volume, 2);
}

/* Runs 11 and 12 in volumes 3 and 4. */
static void
check_new(const char *archive)
{
	struct seen seen = look(archive);

	assert_int_equal(seen.batches, 3);
	assert_int_equal(seen.first_run, 11);
	assert_int_equal(seen.last_run, 12);
	assert_int_equal(seen.first_volume, 3);
	assert_int_equal(seen.last_volume, 4);
	assert_int_equal(seen.last_frame, 5);
}

static void
begin_rewrite(struct pm_volume_writer *writer)
{
	const struct pm_walk_start all = { 0 };
	struct pm_err err;

	assert_int_equal(pm_volume_writer_rewrite(writer, &all, &err), PM_OK);
	add_batch(writer, 11);
	assert_int_equal(pm_volume_writer_seal(writer, &err), PM_OK);
	add_batch(writer, 12);
}

static void
test_replaced(void **state)
{
	char archive[SCRATCH_CHARS];
	struct pm_volume_writer *writer;
	struct pm_head head;
	struct pm_err err;
	uint32_t left;

	(void)state;
	make_archive(archive);
	writer = open_writer(archive);
	begin_rewrite(writer);
	check_old(archive);
	assert_true(is_there(archive, 4));
	assert_int_equal(pm_volume_writer_replace(writer, &err), PM_OK);
	assert_true(is_there(archive, 1) && is_there(archive, 2));
	check_new(archive);
	assert_int_equal(pm_volume_writer_drop(writer, &left, &err), PM_OK);
	assert_int_equal(left, 0);
	assert_false(is_there(archive, 1) || is_there(archive, 2));
	assert_int_equal(pm_head_read(&head, archive, &err), PM_OK);
	assert_int_equal(head.format, 1);
	add_batch(writer, 13);
	pm_volume_writer_close(writer);
	assert_int_equal(look(archive).last_run, 13);
	scratch_remove(archive);
}

/* Closed without replace; and the same when the writer died. */
static void
test_given_up(void **state)
{
	char archive[SCRATCH_CHARS];
	struct pm_volume_writer *writer;
	struct pm_head head;
	struct pm_err err;

	(void)state;
	make_archive(archive);
	writer = open_writer(archive);
	begin_rewrite(writer);
	pm_volume_writer_close(writer);
	check_old(archive);
	assert_false(is_there(archive, 3) || is_there(archive, 4));
	assert_int_equal(pm_head_read(&head, archive, &err), PM_OK);
	assert_int_equal(head.format, 1);
	scratch_remove(archive);
}

/* A copy of the archive as a kill would leave it. */
static void
copy_archive(char out[SCRATCH_CHARS], const char *archive)
{
	char command[3 * SCRATCH_CHARS];

	scratch_make(out, "killed");
	(void)snprintf(command, sizeof command, "cp -R %s/. %s", archive, out);
	assert_int_equal(system(command), 0);
}

/* What the next writer does. */
static void
drop(const char *archive)
{
	struct pm_volume_writer *writer = open_writer(archive);
	struct pm_err err;
	uint32_t left;

	assert_int_equal(pm_volume_writer_drop(writer, &left, &err), PM_OK);
	assert_int_equal(left, 0);
	pm_volume_writer_close(writer);
}

static void
test_killed(void **state)
{
	char archive[SCRATCH_CHARS], copy[SCRATCH_CHARS];
	struct pm_volume_writer *writer;
	struct pm_err err;

	(void)state;
	make_archive(archive);
	writer = open_writer(archive);
	begin_rewrite(writer);
	copy_archive(copy, archive);
	check_old(copy);
	pm_volume_writer_close(open_writer(copy));
	check_old(copy);
	assert_false(is_there(copy, 3) || is_there(copy, 4));
	scratch_remove(copy);

	assert_int_equal(pm_volume_writer_replace(writer, &err), PM_OK);
	copy_archive(copy, archive);
	check_new(copy);
	drop(copy);
	check_new(copy);
	assert_false(is_there(copy, 1) || is_there(copy, 2));
	scratch_remove(copy);
	pm_volume_writer_close(writer);
	scratch_remove(archive);
}

/* The volumes of a reader are not taken from it; an add meanwhile, and the
 * next writer, know that they are to go. */
static void
test_reader_in_the_way(void **state)
{
	char archive[SCRATCH_CHARS], volumes[SCRATCH_CHARS + 16];
	const struct pm_walk_start all = { 0 };
	struct pm_volume_writer *writer;
	struct pm_err err;
	uint32_t left;
	int shared = -1;

	(void)state;
	make_archive(archive);
	(void)snprintf(volumes, sizeof volumes, "%s/volumes", archive);
	assert_int_equal(pm_fs_share(&shared, volumes, &err), PM_OK);
	writer = open_writer(archive);
	begin_rewrite(writer);
	assert_int_equal(pm_volume_writer_replace(writer, &err), PM_OK);
	assert_int_equal(pm_volume_writer_drop(writer, &left, &err), PM_OK);
	assert_int_equal(left, 2);
	assert_true(is_there(archive, 1) && is_there(archive, 2));
	assert_int_equal(pm_volume_writer_rewrite(writer, &all, &err),
	    PM_EBUSY);
	add_batch(writer, 13);
	pm_volume_writer_close(writer);
	writer = open_writer(archive);
	add_batch(writer, 14);
	pm_volume_writer_close(writer);
	assert_true(is_there(archive, 1) && is_there(archive, 2));
	assert_int_equal(look(archive).first_run, 11);
	assert_int_equal(look(archive).last_run, 14);
	pm_fs_close(shared);
	drop(archive);
	assert_false(is_there(archive, 1) || is_there(archive, 2));
	assert_int_equal(look(archive).last_run, 14);
	scratch_remove(archive);
}

/* The end alone is new. */
static void
test_end_replaced(void **state)
{
	char archive[SCRATCH_CHARS];
	struct pm_walk_options options = { .level = PM_WALK_FULL };
	struct pm_walk_start after = { 0 };
	struct pm_volume_walk *walk = NULL;
	struct pm_volume_writer *writer;
	const struct pm_batch *batch;
	struct seen seen;
	struct pm_err err;
	uint32_t left;

	(void)state;
	make_archive(archive);
	assert_int_equal(pm_volume_walk_open(&walk, archive, &options, &err),
	    PM_OK);
	while (pm_volume_walk_next(walk, &batch, &err) == PM_OK &&
	    batch->volume == 1) {
		after = (struct pm_walk_start){ batch->sequence, 1, batch->end,
		    batch->first_frame + batch->frame_n, { 0 } };
		memcpy(after.chain, batch->chain, PM_SHA256_BYTES);
	}
	pm_volume_walk_close(walk);
	assert_int_equal(after.sequence, 3);
	writer = open_writer(archive);
	assert_int_equal(pm_volume_writer_rewrite(writer, &after, &err),
	    PM_OK);
	assert_int_equal(pm_volume_writer_replace(writer, &err), PM_EUSAGE);
	add_batch(writer, 21);
	assert_int_equal(pm_volume_writer_replace(writer, &err), PM_OK);
	seen = look(archive);
	assert_int_equal(seen.batches, 4);
	assert_int_equal(seen.first_volume, 1);
	assert_int_equal(seen.last_volume, 3);
	assert_int_equal(seen.last_run, 21);
	assert_int_equal(pm_volume_writer_drop(writer, &left, &err), PM_OK);
	assert_true(is_there(archive, 1) && !is_there(archive, 2));
	pm_volume_writer_close(writer);
	assert_int_equal(look(archive).last_run, 21);
	scratch_remove(archive);
}

static void
test_head_lines(void **state)
{
	static const struct {
		uint32_t rewrite, from, to;
		int rc;
	} cases[] = {
		{ 4, 0, 0, PM_OK }, { 0, 1, 2, PM_OK }, { 9, 2, 2, PM_OK },
		{ 3, 0, 0, PM_ECORRUPT }, { 0, 2, 1, PM_ECORRUPT },
		{ 0, 1, 3, PM_ECORRUPT }, { 4, 0, 2, PM_ECORRUPT },
		{ 4, 1, 0, PM_ECORRUPT }
	};
	char archive[SCRATCH_CHARS];

	(void)state;
	scratch_make(archive, "head");
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct pm_head head = { .volume = 3, .length = 9,
		    .sequence = 7, .next_frame = 4,
		    .rewrite = cases[i].rewrite, .drop_from = cases[i].from,
		    .drop_to = cases[i].to }, again = { 0 };
		struct pm_err err;

		assert_int_equal(pm_head_write(archive, &head, &err), PM_OK);
		assert_int_equal(pm_head_read(&again, archive, &err),
		    cases[i].rc);
		if (cases[i].rc != PM_OK)
			continue;
		assert_int_equal(again.rewrite, head.rewrite);
		assert_int_equal(again.drop_from, head.drop_from);
		assert_int_equal(again.drop_to, head.drop_to);
	}
	scratch_remove(archive);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_killed),
		cmocka_unit_test(test_reader_in_the_way),
		cmocka_unit_test(test_end_replaced),
		cmocka_unit_test(test_head_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
