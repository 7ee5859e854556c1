/*
 * verify in parts and for a time, the manifest of sealed volumes, and when the
 * catalog is taken for what its writer left.  The monotonic clock is ours.
 */
#define _GNU_SOURCE
#include "support.h"

#include <sys/syscall.h>
#include <time.h>

#include "pressmark.h"
#include "store/frame.h"
#include "store/manifest.h"
#include "store/volume.h"

enum { BATCHES = 5, PARTS = 3 };

static char root[SCRATCH_CHARS], archive[SCRATCH_CHARS], kept[SCRATCH_CHARS];
static struct pm_err err;
static long pace;                /* seconds from one look at the clock on */

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	static time_t seconds = 1000;

	if (clock != CLOCK_MONOTONIC)
		return (int)syscall(SYS_clock_gettime, clock, now);
	seconds += pace;
	*now = (struct timespec){ .tv_sec = seconds };
	return 0;
}

static void
add(int n)
{
	struct pm_add_options options = { .threads = 1,
	    .parity_percent = PM_NO_PARITY };
	struct pm_counts counts;
	char name[32], path[SCRATCH_CHARS], text[200];
	const char *input = path;

	(void)snprintf(name, sizeof name, "in/%d.txt", n);
	(void)snprintf(text, sizeof text, "The ferry number %d to Pellwick "
	    "was late, and nobody on the pier of quay %d could say when.\n",
	    n, 7 * n);
	file_put_str(root, name, text);
	scratch_join(path, root, name);
	options.input.path = &input;
	options.input.path_n = 1;
	assert_int_equal(pm_add(&counts, archive, &options, &err), PM_OK);
	assert_int_equal(counts.captures, 1);
}

static int
set_up(void **state)
{
	(void)state;
	pace = 0;
	scratch_make(root, "verify");
	scratch_join(archive, root, "archive");
	scratch_join(kept, root, "state/of/mine");
	for (int i = 0; i < BATCHES; i++)
		add(i);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	scratch_remove(root);
	return 0;
}

static char last_file[64], last_text[300];
static unsigned by_manifest;     /* problems that the manifest told of */

static int
note(void *context, const struct pm_problem *problem)
{
	(void)context;
	(void)snprintf(last_file, sizeof last_file, "%s", problem->file);
	(void)snprintf(last_text, sizeof last_text, "%s", problem->text);
	by_manifest += strstr(problem->text, "manifest-sha256.txt") != NULL;
	return 0;
}

static struct pm_verified
verify(struct pm_verify_options options)
{
	struct pm_verified verified;

	options.problem = note;
	last_file[0] = last_text[0] = '\0';
	assert_int_equal(pm_verify(&verified, archive, &options, &err),
	    PM_OK);
	return verified;
}

/* Offsets of data of each batch. */
static size_t
find_batches(uint64_t at[32])
{
	struct pm_walk_options options = { .start.next_frame = 1 };
	struct pm_volume_walk *walk;
	const struct pm_batch *batch;
	size_t n = 0;

	assert_int_equal(pm_volume_walk_open(&walk, archive, &options, &err),
	    PM_OK);
	while (pm_volume_walk_next(walk, &batch, &err) == PM_OK && n < 32)
		at[n++] = batch->frame[batch->frame_n - 1].offset + 20;
	pm_volume_walk_close(walk);
	return n;
}

static void
flip(const char *name, uint64_t at)
{
	char path[SCRATCH_CHARS];
	unsigned char byte;
	int fd;

	scratch_join(path, archive, name);
	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
	byte ^= 4;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	assert_int_equal(close(fd), 0);
}

/* ---- parts ---- */

static void
test_parts_are_the_whole(void **state)
{
	struct pm_verified all = verify((struct pm_verify_options){
	    .level = PM_VERIFY_DEEP, .threads = 3 });
	struct pm_verified sum = { 0 };

	(void)state;
	assert_int_equal(all.batches, BATCHES);
	assert_int_equal(all.captures, BATCHES);
	assert_int_equal(all.packed, all.packed_all);
	assert_int_equal(all.complete, 0);
	for (unsigned i = 1; i <= PARTS; i++) {
		struct pm_verified part = verify((struct pm_verify_options){
		    .level = PM_VERIFY_DEEP, .part = i, .parts = PARTS });

		assert_true(part.batches < all.batches);
		assert_int_equal(part.packed, part.packed_all);
		sum.batches += part.batches;
		sum.frames += part.frames;
		sum.bytes += part.bytes;
		sum.packed += part.packed;
		sum.captures += part.captures;
		sum.problems += part.problems;
	}
	assert_int_equal(sum.batches, all.batches);
	assert_int_equal(sum.frames, all.frames);
	assert_int_equal(sum.bytes, all.bytes);
	assert_int_equal(sum.packed, all.packed);
	assert_int_equal(sum.captures, all.captures);
	assert_int_equal(sum.problems, 0);
}

/* Damaged data is found by one part, and by no other. */
static void
test_each_batch_has_one_part(void **state)
{
	uint64_t at[32];
	size_t n = find_batches(at);

	(void)state;
	assert_int_equal(n, BATCHES);
	for (size_t b = 0; b < n; b++) {
		unsigned found = 0;

		flip("volumes/000001.tar.zst", at[b]);
		for (unsigned i = 1; i <= PARTS; i++)
			found += verify((struct pm_verify_options){
			    .level = PM_VERIFY_DEFAULT, .part = i, .parts = PARTS }).problems > 0;
		assert_int_equal(found, 1);
		flip("volumes/000001.tar.zst", at[b]);
	}
}

/* What frames the log is checked by each. */
static void
test_every_part_reads_head(void **state)
{
	(void)state;
	flip("HEAD", 40);
	for (unsigned i = 1; i <= PARTS; i++)
		assert_true(verify((struct pm_verify_options){
		    .level = PM_VERIFY_DEFAULT, .part = i, .parts = PARTS }).problems > 0);
}

static void
test_senseless_parts(void **state)
{
	const enum pm_verify_level some = PM_VERIFY_DEFAULT;
	const struct pm_verify_options senseless[] = {
		{ .level = some, .part = 3, .parts = 2 },
		{ .level = some, .part = 0, .parts = 2 },
		{ .level = some, .part = 1, .parts = 0 },
		{ .level = PM_VERIFY_QUICK, .part = 1, .parts = 2 },
		{ .level = PM_VERIFY_QUICK, .max_seconds = 1 }
	};
	struct pm_verified verified;

	(void)state;
	for (size_t i = 0; i < sizeof senseless / sizeof *senseless; i++)
		assert_int_equal(pm_verify(&verified, archive, &senseless[i],
		    &err), PM_EUSAGE);
}

/* ---- a time ---- */

static const struct pm_verify_options hurried = {
	.level = PM_VERIFY_DEEP, .max_seconds = 1, .state = kept, .threads = 2
};

/* Each run does one unit: a batch, the catalog, a stretch of captures. */
static void
test_rounds(void **state)
{
	struct pm_verified run;

	(void)state;
	pace = 10;
	for (int round = 0; round < 2; round++) {
		for (unsigned i = 0; i < BATCHES; i++) {
			run = verify(hurried);
			assert_int_equal(run.batches, 1);
			assert_int_equal(run.complete, 0);
			assert_int_equal(run.catalog_left, 1);
			assert_true((run.packed_left > 0) ==
			    (i + 1 < BATCHES));
			assert_string_not_equal(run.began, "");
		}
		run = verify(hurried);
		assert_int_equal(run.batches, 0);
		assert_int_equal(run.catalog_left, 0);
		assert_int_equal(run.captures_left, BATCHES);
		run = verify(hurried);
		assert_int_equal(run.captures, BATCHES);
		assert_int_equal(run.captures_left, 0);
		assert_int_equal(run.complete, 1);
		assert_int_equal(run.round_problems, 0);
	}
}

/* What an earlier run found counts in the round. */
static void
test_round_problems(void **state)
{
	struct pm_verified run;
	uint64_t at[32];

	(void)state;
	find_batches(at);
	flip("volumes/000001.tar.zst", at[0]);
	pace = 10;
	run = verify(hurried);
	assert_int_equal(run.problems, 1);
	pace = 0;
	run = verify(hurried);
	assert_int_equal(run.batches, BATCHES - 1);
	assert_int_equal(run.complete, 1);
	assert_true(run.round_problems > run.problems);
}

/* A batch that came in between is checked in the same round. */
static void
test_add_within_a_round(void **state)
{
	(void)state;
	pace = 10;
	assert_int_equal(verify(hurried).batches, 1);
	pace = 0;
	add(BATCHES);
	assert_int_equal(verify(hurried).batches, BATCHES);
}

/* Levels and parts keep places of their own; nonsense is a new round. */
static void
test_places(void **state)
{
	struct pm_verify_options other = hurried;
	struct pm_names names;
	char path[SCRATCH_CHARS];

	(void)state;
	pace = 10;
	other.level = PM_VERIFY_DEFAULT;
	assert_int_equal(verify(hurried).packed_left,
	    verify(other).packed_left);
	assert_int_equal(pm_fs_list(&names, kept, &err), PM_OK);
	assert_int_equal(names.n, 2);
	for (size_t i = 0; i < names.n; i++) {
		scratch_join(path, kept, names.name[i]);
		file_put(path, "pressmark verify 1\nbegan x", 26);
	}
	pm_fs_names_free(&names);
	pace = 0;
	assert_int_equal(verify(hurried).batches, BATCHES);
	assert_int_equal(verify(other).batches, BATCHES);
	assert_int_equal(pm_fs_list(&names, kept, &err), PM_OK);
	assert_int_equal(names.n, 0);
	pm_fs_names_free(&names);
}

/* An archive that was made anew at the same place is another log. */
static void
test_place_of_another_log(void **state)
{
	(void)state;
	pace = 10;
	verify(hurried);
	verify(hurried);
	pace = 0;
	scratch_remove(archive);
	for (int i = 10; i < 13; i++)
		add(i);
	assert_int_equal(verify(hurried).batches, 3);
	pace = 10;
	verify(hurried);
	verify(hurried);
	pace = 0;
	scratch_remove(archive);
	add(20);
	assert_int_equal(verify(hurried).batches, 1);
}

/* ---- the manifest ---- */

static void
seal(void)
{
	struct pm_volume_writer *writer;

	assert_int_equal(pm_volume_writer_open(&writer, archive, &err),
	    PM_OK);
	assert_int_equal(pm_volume_writer_seal(writer, &err), PM_OK);
	pm_volume_writer_close(writer);
}

static void
test_manifest(void **state)
{
	struct pm_sums sums;
	uint8_t sum[PM_SHA256_BYTES];
	char path[SCRATCH_CHARS];

	(void)state;
	assert_int_equal(pm_sums_read(&sums, archive, &err), PM_ENOTFOUND);
	seal();
	add(50);                         /* lists it, opens another volume */
	assert_int_equal(pm_sums_read(&sums, archive, &err), PM_OK);
	assert_int_equal(sums.n, 1);
	assert_string_equal(sums.line[0].name, "volumes/000001.tar.zst");
	scratch_join(path, archive, sums.line[0].name);
	assert_int_equal(pm_file_sha256(sum, path, &err), PM_OK);
	assert_memory_equal(sum, sums.line[0].sha256, sizeof sum);
	pm_sums_clear(&sums);
	assert_int_equal(verify((struct pm_verify_options){
	    .level = PM_VERIFY_DEFAULT }).problems, 0);

	flip("manifest-sha256.txt", 3);
	assert_true(verify((struct pm_verify_options){
	    .level = PM_VERIFY_DEFAULT }).problems > 0);
	flip("manifest-sha256.txt", 3);
	flip("manifest-sha256.txt", 70);
	assert_int_equal(verify((struct pm_verify_options){
	    .level = PM_VERIFY_DEFAULT }).problems, 1);
	assert_string_equal(last_file, "manifest-sha256.txt");
	/* The next writer makes it anew. */
	add(51);
	assert_int_equal(verify((struct pm_verify_options){
	    .level = PM_VERIFY_DEFAULT }).problems, 0);
}

/* A digest that is another, and a volume that is not finished. */
static void
test_manifest_lies(void **state)
{
	char line[128];

	(void)state;
	seal();
	add(50);
	memset(line, '0', 64);
	strcpy(line + 64, "  volumes/000001.tar.zst\n");
	file_put_str(archive, "manifest-sha256.txt", line);
	assert_int_equal(verify((struct pm_verify_options){
	    .level = PM_VERIFY_DEFAULT }).problems, 1);
	assert_string_equal(last_file, "volumes/000001.tar.zst");
	strcpy(line + 64, "  volumes/000002.tar.zst\n");
	file_put_str(archive, "manifest-sha256.txt", line);
	assert_int_equal(verify((struct pm_verify_options){
	    .level = PM_VERIFY_DEFAULT }).problems, 1);
	assert_non_null(strstr(last_text, "000002"));
	/* A writer lists what is sealed, and nothing else. */
	add(51);
	assert_int_equal(verify((struct pm_verify_options){
	    .level = PM_VERIFY_DEFAULT }).problems, 0);
}

/* Parity of a sealed volume is listed, and again when it is made again. */
static void
test_manifest_of_parity(void **state)
{
	struct pm_sums sums;
	uint8_t first[PM_SHA256_BYTES];

	(void)state;
	seal();
	file_put_str(archive, "parity/000001-0000.par", "parity");
	file_put_str(archive, "parity/000002-0000.par", "of an open one");
	file_put_str(archive, "parity/000001-0.par", "no such name");
	assert_int_equal(pm_sums_update(archive, &err), PM_OK);
	assert_int_equal(pm_sums_read(&sums, archive, &err), PM_OK);
	assert_int_equal(sums.n, 2);
	assert_string_equal(sums.line[0].name, "parity/000001-0000.par");
	memcpy(first, sums.line[0].sha256, sizeof first);
	pm_sums_clear(&sums);
	file_put_str(archive, "parity/000001-0000.par", "other parity");
	assert_int_equal(pm_sums_update(archive, &err), PM_OK);
	assert_int_equal(pm_sums_read(&sums, archive, &err), PM_OK);
	assert_int_equal(sums.n, 2);
	assert_memory_not_equal(first, sums.line[0].sha256, sizeof first);
	assert_non_null(pm_sums_find(&sums, "volumes/000001.tar.zst"));
	assert_null(pm_sums_find(&sums, "volumes/000002.tar.zst"));
	pm_sums_clear(&sums);
	flip("parity/000001-0000.par", 1);
	by_manifest = 0;
	assert_true(verify((struct pm_verify_options){
	    .level = PM_VERIFY_DEFAULT }).problems > 0);
	assert_int_equal(by_manifest, 1);
}

/* ---- the catalog ---- */

static void
test_catalog_sum(void **state)
{
	char path[SCRATCH_CHARS];
	bool holds = false;

	(void)state;
	assert_int_equal(pm_catalog_sum_holds(&holds, archive, &err), PM_OK);
	assert_true(holds);
	flip("catalog.db", 5000);
	assert_int_equal(pm_catalog_sum_holds(&holds, archive, &err), PM_OK);
	assert_false(holds);
	flip("catalog.db", 5000);
	file_put_str(archive, "catalog.db-wal", "something");
	assert_int_equal(pm_catalog_sum_holds(&holds, archive, &err), PM_OK);
	assert_false(holds);
	scratch_join(path, archive, "catalog.db-wal");
	assert_int_equal(unlink(path), 0);
	scratch_join(path, archive, "cache/catalog.sha256");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(pm_catalog_sum_holds(&holds, archive, &err), PM_OK);
	assert_false(holds);
	assert_int_equal(verify((struct pm_verify_options){
	    .level = PM_VERIFY_DEFAULT }).problems, 0);
}

/* Where a text of the catalog stands. */
static uint64_t
find_text(const char *text)
{
	struct pm_buf file;
	char path[SCRATCH_CHARS];
	const uint8_t *at;
	uint64_t offset;

	pm_buf_init(&file);
	scratch_join(path, archive, "catalog.db");
	assert_int_equal(pm_fs_read_file(&file, path, 1 << 30, &err), PM_OK);
	at = memmem(file.p, file.n, text, strlen(text));
	assert_non_null(at);
	offset = (uint64_t)(at - file.p);
	pm_buf_clear(&file);
	return offset;
}

/* A changed text is found; a deep check does not ask what was noted. */
static void
test_changed_catalog(void **state)
{
	(void)state;
	flip("catalog.db", find_text("3.txt"));
	assert_true(verify((struct pm_verify_options){
	    .level = PM_VERIFY_DEFAULT }).problems > 0);
	assert_string_equal(last_file, "catalog.db");
	assert_int_equal(pm_catalog_sum_write(archive, &err), PM_OK);
	assert_true(verify((struct pm_verify_options){
	    .level = PM_VERIFY_DEEP }).problems > 0);
}

/* ---- beside a writer ---- */

/* One frame with one member. */
static void
put_batch(struct pm_volume_writer *writer)
{
	struct pm_frame_coder *coder = NULL;
	struct pm_buf plain, packed;
	uint64_t next;

	pm_buf_init(&plain);
	pm_buf_init(&packed);
	assert_int_equal(pm_frame_coder_new(&coder, &err), PM_OK);
	assert_int_equal(pm_volume_writer_begin(writer, 1, &next, &err),
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

/* Once, after the first batch: another log takes the place of this one. */
static int
replace_log(void *context, const struct pm_progress *progress)
{
	struct pm_volume_writer *writer;
	const struct pm_walk_start all = { 0 };
	uint32_t *left = context;

	(void)progress;
	if (*left != 0)
		return 0;
	assert_int_equal(pm_volume_writer_open(&writer, archive, &err),
	    PM_OK);
	assert_int_equal(pm_volume_writer_rewrite(writer, &all, &err), PM_OK);
	put_batch(writer);
	assert_int_equal(pm_volume_writer_replace(writer, &err), PM_OK);
	assert_int_equal(pm_volume_writer_drop(writer, left, &err), PM_OK);
	pm_volume_writer_close(writer);
	return 0;
}

/* The volumes stay while verify reads them; it sees no fault in what it began
 * with, and says so where it would have to read the log once more. */
static void
test_log_is_replaced(void **state)
{
	struct pm_verified verified;
	uint32_t left = 0;
	struct pm_verify_options options = { .level = PM_VERIFY_DEFAULT,
	    .problem = note, .hooks = { .progress = replace_log,
	    .context = &left } };
	char path[SCRATCH_CHARS];

	(void)state;
	for (int noted = 1; noted >= 0; noted--) {
		left = 0;
		scratch_join(path, archive, "cache/catalog.sha256");
		if (noted == 0)
			assert_int_equal(unlink(path), 0);
		assert_int_equal(pm_verify(&verified, archive, &options,
		    &err), noted ? PM_OK : PM_EBUSY);
		assert_int_equal(verified.problems, 0);
		assert_int_equal(verified.batches, BATCHES);
		assert_int_equal(left, 1);
		scratch_remove(root);
		set_up(state);
	}
}

/* A reader that is there for long, and an add beside it: both see what they
 * should, and nothing is left behind. */
static int
add_meanwhile(void *context, const struct pm_progress *progress)
{
	(void)progress;
	if ((*(int *)context)++ == 0)
		add(100);
	return 0;
}

static void
test_add_beside(void **state)
{
	int calls = 0;
	struct pm_verified verified;
	struct pm_verify_options options = { .level = PM_VERIFY_DEEP,
	    .threads = 3, .problem = note, .hooks = {
	    .progress = add_meanwhile, .context = &calls } };

	(void)state;
	assert_int_equal(pm_verify(&verified, archive, &options, &err),
	    PM_OK);
	assert_int_equal(verified.problems, 0);
	assert_int_equal(verified.batches, BATCHES);
	assert_int_equal(verified.captures, BATCHES);
	assert_int_equal(verify((struct pm_verify_options){
	    .level = PM_VERIFY_DEEP }).captures, BATCHES + 1);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_parts_are_the_whole),
		TEST(test_each_batch_has_one_part),
		TEST(test_every_part_reads_head),
		TEST(test_senseless_parts),
		TEST(test_rounds),
		TEST(test_round_problems),
		TEST(test_add_within_a_round),
		TEST(test_places),
		TEST(test_place_of_another_log),
		TEST(test_manifest),
		TEST(test_manifest_lies),
		TEST(test_manifest_of_parity),
		TEST(test_catalog_sum),
		TEST(test_changed_catalog),
		TEST(test_log_is_replaced),
		TEST(test_add_beside)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
