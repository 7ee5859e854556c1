/*
 * Forgetting at random: an archive of chance is added to, articles of it are
 * forgotten, and all is told to it again.  What was forgotten is told by nothing;
 * one archive is reindexed and added to again at every step, and tells the same
 * as another that was left alone; both verify, deep.
 *
 * PM_SEED, PM_ROUNDS and PM_KEEP as in test_records.c.
 */
#include <locale.h>

#include "archive_of.h"

enum { ROUNDS = 15, PART_FILES_MAX = 8, FORGOTTEN_MAX = 3 };

/* ---- what was forgotten ---- */

static struct gone {
	char id[512][40];                /* of articles and teasers */
	size_t n;
} gone;

static int
take_gone(void *context, const struct pm_forgotten *forgotten)
{
	(void)context;
	if (forgotten->id == NULL || forgotten->stays ||
	    gone.n == sizeof gone.id / sizeof *gone.id)
		return 0;
	(void)snprintf(gone.id[gone.n++], sizeof *gone.id, "%s",
	    forgotten->id);
	return 0;
}

static void
must_be_gone(const char *name)
{
	struct pm_buf text;
	struct pm_err err;
	char id[48];

	tell(&text, name, true);
	must(pm_buf_append_byte(&text, 0, &err), &err, "memory");
	for (size_t i = 0; i < gone.n; i++) {
		(void)snprintf(id, sizeof id, "\"%s\"", gone.id[i]);
		if (strstr((char *)text.p, id) != NULL)
			fail_msg("seed %" PRIu64 ": %s tells of %s",
			    round_seed, name, gone.id[i]);
	}
	pm_buf_clear(&text);
}

/* ---- steps ---- */

static void
reindex(const char *name)
{
	char path[SCRATCH_CHARS];
	struct pm_counts counts;
	struct pm_err err;

	place(path, name);
	must(pm_reindex(&counts, path, NULL, &err), &err, "reindex");
}

static void
must_agree(const char *what)
{
	struct pm_buf left, moved;

	tell(&left, "left", false);
	tell(&moved, "moved", false);
	must_tell_the_same(&left, &moved, what);
	pm_buf_clear(&left);
	pm_buf_clear(&moved);
}

static void
list_ids(struct ids *ids, const char *name)
{
	struct pm_select select = { 0 };
	struct pm_archive *archive;
	char path[SCRATCH_CHARS];
	struct pm_err err;

	place(path, name);
	ids->n = 0;
	must(pm_archive_open(&archive, path, &err), &err, "open");
	must(pm_list_articles(archive, &select, take_id, ids, &err), &err,
	    "list");
	pm_archive_close(archive);
}

static void
forget_in(const char *name, const char *const *id, size_t n,
    enum pm_copies copies, bool note)
{
	struct pm_forget_options options = { .id = id, .id_n = n,
	    .copies = copies, .forgotten = note ? take_gone : NULL };
	struct pm_receipt dry, receipt;
	char path[SCRATCH_CHARS];
	struct pm_err err;

	place(path, name);
	options.dry_run = 1;
	must(pm_forget(&dry, path, &options, &err), &err, "dry run");
	options.dry_run = 0;
	must(pm_forget(&receipt, path, &options, &err), &err, "forget");
	assert_int_equal(dry.articles, receipt.articles);
	assert_int_equal(dry.captures, receipt.captures);
	assert_int_equal(dry.teasers, receipt.teasers);
	assert_int_equal(dry.sightings, receipt.sightings);
	assert_true(receipt.articles >= n);
	assert_true(copies == PM_COPIES_STAY || receipt.copies == 0);
}

static void
forget_some(uint64_t *state)
{
	static struct ids ids;
	const char *id[FORGOTTEN_MAX];
	enum pm_copies copies = chance_below(state, 2) == 0 ?
	    PM_COPIES_STAY : PM_COPIES_GO;
	size_t n = 0, at;

	list_ids(&ids, "left");
	if (ids.n == 0)
		return;
	at = (size_t)chance_below(state, ids.n);
	for (; n < 1 + chance_below(state, FORGOTTEN_MAX) && n < ids.n; n++)
		id[n] = ids.id[(at + n * 7) % ids.n];
	/* Seven apart may be the same. */
	for (size_t i = 1; i < n; i++)
		if (strcmp(id[i], id[0]) == 0)
			n = i;
	forget_in("left", id, n, copies, true);
	forget_in("moved", id, n, copies, false);
}

/* All that is known is known, and the rest is refused. */
static void
add_again(const char *name, uint64_t *state, const int *part, size_t n)
{
	struct pm_counts again = add(name, state, PM_READER_AUTO, part, n);

	assert_int_equal(again.captures, 0);
	assert_int_equal(again.articles, 0);
	assert_int_equal(again.teasers, 0);
}

static void
disturb(uint64_t *state, const int *part, size_t n)
{
	if (chance_below(state, 2) == 0)
		reindex("moved");
	add_again("moved", state, part, n);
	if (chance_below(state, 2) == 0)
		reindex("moved");
}

static void
restore_all(const char *name)
{
	char path[SCRATCH_CHARS], out[SCRATCH_CHARS];
	struct pm_restore_options options = { .directory = out };
	struct pm_archive *archive;
	uint64_t captures, failed;
	struct pm_err err;

	place(path, name);
	place(out, "restored");
	for (int i = 0; i < 2; i++) {
		must(pm_archive_open(&archive, path, &err), &err, "open");
		must(pm_restore(&captures, &failed, archive, &options, &err),
		    &err, "restore");
		pm_archive_close(archive);
		assert_int_equal(failed, 0);
		assert_int_equal(captures, count_files(out));
	}
	scratch_remove(out);
}

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
	}
	free_stories(story);
}

static void
one_round(uint64_t seed)
{
	uint64_t state = seed;
	const int first[] = { 0 }, second[] = { 1 }, both[] = { 0, 1 };

	round_seed = seed;
	gone.n = 0;
	scratch_make(scratch, "forget");
	write_input(&state);
	(void)add("left", &state, PM_READER_AUTO, first, 1);
	(void)add("moved", &state, PM_READER_AUTO, first, 1);
	forget_some(&state);
	disturb(&state, first, 1);
	must_agree("one that forgot and was reindexed");
	must_be_gone("left");
	(void)add("left", &state, PM_READER_AUTO, second, 1);
	(void)add("moved", &state, PM_READER_AUTO, second, 1);
	must_agree("one that was added to");
	must_be_gone("moved");
	forget_some(&state);
	disturb(&state, both, 2);
	must_agree("one that forgot again");
	must_be_gone("left");
	verify("left");
	verify("moved");
	restore_all("left");
	free_files(&files[0]);
	free_files(&files[1]);
	scratch_remove(scratch);
	*scratch = '\0';
}

static void
test_forget(void **state)
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
		cmocka_unit_test_teardown(test_forget, clean_up),
	};

	/* Names in a zip are UTF-8. */
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
