/* Ranks by number: kept, in memory and on disk; damage makes them empty. */
#include "support.h"

#include "dup/ranks.h"
#include "dup/runs.h"

static char directory[SCRATCH_CHARS], path[SCRATCH_CHARS];
static struct pm_err err;

static int
make_directory(void **state)
{
	(void)state;
	scratch_make(directory, "ranks");
	scratch_join(path, directory, "ranks");
	return 0;
}

static int
remove_directory(void **state)
{
	(void)state;
	scratch_remove(directory);
	return 0;
}

static struct pm_ranks *
open_ranks(const char *where)
{
	struct pm_ranks *ranks = NULL;

	assert_int_equal(pm_ranks_open(&ranks, where, PM_RUNS_WRITE,
	    &err), PM_OK);
	return ranks;
}

static void
fill(const char *where)
{
	static const uint64_t first[] = { 7, UINT64_MAX, 0 }, second[] = { 5 };
	struct pm_ranks *ranks = open_ranks(where);

	assert_int_equal(pm_ranks_append(ranks, first, 3, 1, &err), PM_OK);
	assert_int_equal(pm_ranks_append(ranks, NULL, 0, 2, &err), PM_OK);
	assert_int_equal(pm_ranks_append(ranks, second, 1, 4, &err), PM_OK);
	pm_ranks_close(ranks);
}

static void
check(const struct pm_ranks *ranks)
{
	struct pm_ranking ranking = pm_ranks_ranking(ranks);

	assert_int_equal(pm_ranks_count(ranks), 4);
	assert_int_equal(pm_ranks_sequence(ranks), 4);
	assert_int_equal(pm_ranks_get(ranks, 0), 0);
	assert_int_equal(pm_ranks_get(ranks, 1), 7);
	assert_true(pm_ranks_get(ranks, 2) == UINT64_MAX);
	assert_int_equal(pm_ranks_get(ranks, 3), 0);
	assert_int_equal(ranking.rank(ranking.context, 4), 5);
	assert_int_equal(pm_ranks_get(ranks, 5), 0);
}

static void
kept_on_disk(void **state)
{
	struct pm_ranks *ranks;

	(void)state;
	fill(path);
	ranks = open_ranks(path);
	check(ranks);
	assert_int_equal(pm_ranks_reset(ranks, &err), PM_OK);
	assert_int_equal(pm_ranks_count(ranks), 0);
	assert_int_equal(pm_ranks_get(ranks, 1), 0);
	pm_ranks_close(ranks);
	ranks = open_ranks(path);
	assert_int_equal(pm_ranks_count(ranks), 0);
	assert_int_equal(pm_ranks_sequence(ranks), 0);
	pm_ranks_close(ranks);
}

static void
without_a_name(void **state)
{
	static const uint64_t rank[] = { 7, UINT64_MAX, 0, 5 };
	struct pm_ranks *ranks = open_ranks(NULL);

	(void)state;
	assert_int_equal(pm_ranks_append(ranks, rank, 4, 4, &err), PM_OK);
	check(ranks);
	pm_ranks_close(ranks);
}

/* Each bit of the file: found, or without any effect. */
static void
each_bit_flipped(void **state)
{
	struct pm_buf file;

	(void)state;
	fill(path);
	pm_buf_init(&file);
	assert_int_equal(pm_fs_read_file(&file, path, 1 << 20, &err), PM_OK);
	assert_int_equal(file.n, 64 + 4 * 8);
	for (size_t bit = 0; bit < file.n * 8; bit++) {
		struct pm_ranks *ranks;
		size_t at = bit / 8;

		file.p[at] ^= (uint8_t)(1 << bit % 8);
		file_put(path, file.p, file.n);
		file.p[at] ^= (uint8_t)(1 << bit % 8);
		ranks = open_ranks(path);
		if ((at >= 12 && at < 16) || (at >= 40 && at < 64))
			check(ranks);
		else
			assert_int_equal(pm_ranks_count(ranks), 0);
		pm_ranks_close(ranks);
	}
	pm_buf_clear(&file);
}

static void
torn(void **state)
{
	struct pm_buf file;

	(void)state;
	fill(path);
	pm_buf_init(&file);
	assert_int_equal(pm_fs_read_file(&file, path, 1 << 20, &err), PM_OK);
	for (size_t n = 0; n < file.n; n++) {
		struct pm_ranks *ranks;

		file_put(path, file.p, n);
		ranks = open_ranks(path);
		assert_int_equal(pm_ranks_count(ranks), 0);
		pm_ranks_close(ranks);
	}
	/* Ranks of a batch whose header was not written: not there. */
	assert_int_equal(pm_buf_append(&file, "12345678", 8, &err), PM_OK);
	file_put(path, file.p, file.n);
	struct pm_ranks *ranks = open_ranks(path);

	check(ranks);
	pm_ranks_close(ranks);
	pm_buf_clear(&file);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, make_directory, \
    remove_directory)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kept_on_disk),
		TEST(without_a_name),
		TEST(each_bit_flipped),
		TEST(torn)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
