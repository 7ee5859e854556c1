/*
 * Record files of chance: every byte comes back, adding again adds nothing,
 * verify finds nothing, reindex changes nothing, and neither does the order of
 * adding.
 *
 * PM_SEED is the number of the first round (its lines say which is at hand),
 * PM_ROUNDS how many there are.  With PM_KEEP set the directory of a round
 * that fails stays.
 */
#include <locale.h>

#include "archive_of.h"

enum { ROUNDS = 30, PART_FILES_MAX = 12 };

/* ---- rounds ---- */

static void
write_input(uint64_t *state)
{
	struct story story[STORIES];
	struct writer w = { .chance = state, .story = story };
	char path[SCRATCH_CHARS];
	struct pm_err err;

	make_stories(story, state);
	for (size_t part = 0; part < 2; part++) {
		place(path, part == 0 ? "in/p0" : "in/p1");
		must(pm_fs_make_directories(path, &err), &err, "directory");
		files[part].letter = part == 0 ? "f" : "g";
		write_files(&files[part], &w, path, 1 +
		    chance_below(state, PART_FILES_MAX));
		if (part == 1 && chance_below(state, 4) == 0)
			write_damaged(&files[part], &w, path);
	}
	free_stories(story);
}

static void
reindex(const char *name)
{
	struct pm_buf before, after;
	char path[SCRATCH_CHARS];
	struct pm_counts counts;
	struct pm_err err;

	tell(&before, name, true);
	place(path, name);
	must(pm_reindex(&counts, path, NULL, &err), &err, "reindex");
	tell(&after, name, true);
	must_tell_the_same(&before, &after, "a reindexed archive");
	pm_buf_clear(&before);
	pm_buf_clear(&after);
}

static void
add_in_parts(uint64_t *state, enum pm_reader format)
{
	struct pm_buf whole, parts;

	(void)add("parts", state, format, (int[]){ 1 }, 1);
	(void)add("parts", state, format, (int[]){ 0 }, 1);
	tell(&whole, "whole", false);
	tell(&parts, "parts", false);
	must_tell_the_same(&whole, &parts, "an archive of two adds");
	pm_buf_clear(&whole);
	pm_buf_clear(&parts);
	verify("parts");
	restore("parts");
}

static void
one_round(uint64_t seed)
{
	uint64_t state = seed;
	struct pm_counts counts, again;
	enum pm_reader format = chance_below(&state, 4) > 0 ? PM_READER_AUTO :
	    (enum pm_reader)chance_below(&state, PM_READER_OPAQUE + 1);
	const int both[] = { 0, 1 };

	round_seed = seed;
	scratch_make(scratch, "prop");
	write_input(&state);
	counts = add("whole", &state, format, both, 2);
	again = add("whole", &state, format, both, 2);
	assert_int_equal(again.captures, 0);
	assert_int_equal(again.articles, 0);
	assert_int_equal(again.teasers, 0);
	assert_int_equal(again.known, counts.captures + counts.known);
	verify("whole");
	restore("whole");
	reindex("whole");
	restore("whole");
	add_in_parts(&state, format);
	free_files(&files[0]);
	free_files(&files[1]);
	scratch_remove(scratch);
	*scratch = '\0';
}

static void
test_records(void **state)
{
	const char *rounds = getenv("PM_ROUNDS");
	uint64_t n = rounds == NULL ? ROUNDS : strtoull(rounds, NULL, 0);

	(void)state;
	for (uint64_t i = 0; i < n; i++)
		one_round(chance_seed(1) + i);
}

/* After a failure too. */
static int
clean_up(void **state)
{
	(void)state;
	free_files(&files[0]);
	free_files(&files[1]);
	if (*scratch == '\0')
		return 0;
	print_error("again: PM_SEED=%" PRIu64 " PM_ROUNDS=1\n", round_seed);
	if (getenv("PM_KEEP") != NULL)
		print_error("kept: %s\n", scratch);
	else
		scratch_remove(scratch);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_records, clean_up),
	};

	/* Names in a zip are UTF-8. */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
