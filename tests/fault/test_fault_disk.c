/*
 * Power is lost at any moment of what writes to an archive: whatever the disk
 * then shows, a writer opens it, it verifies, it holds every capture that was
 * committed, and the same call ends as if nothing had happened.
 *
 * PM_FAULT_PAGES (48) in batches of PM_FAULT_BATCH (6); moments beside every
 * PM_FAULT_EVERY-th fsync, and one between, 1 for all; PM_FAULT_DRAWS (1)
 * draws by chance at each.  PM_SEED.  PM_FAULT_STOP: leave what
 * fails for a look.
 */
#include "verbs.h"

#include "../unit/pages.h"
#include "calls.h"
#include "disk.h"

static char root[SCRATCH_CHARS], input[SCRATCH_CHARS];
static char half[SCRATCH_CHARS], empty[SCRATCH_CHARS];
static char disk[SCRATCH_CHARS];         /* with power */
static char state[SCRATCH_CHARS];        /* after it was lost */
static unsigned pages, per_batch;
static struct outcome whole;
static struct pm_err err;

static unsigned
setting(const char *name, unsigned otherwise)
{
	const char *text = getenv(name);

	return text == NULL ? otherwise : (unsigned)strtoul(text, NULL, 10);
}

/* ---- what is disturbed ---- */

static int
add(const char *place, const char *from)
{
	const char *paths[] = { from };
	struct pm_add_options options = { .input = { .path = paths,
	    .path_n = 1 }, .threads = 1,
	    .memory_bytes = (uint64_t)per_batch << 16 };
	char archive[SCRATCH_CHARS];
	struct pm_counts counts;

	scratch_join(archive, place, "archive");
	return pm_add(&counts, archive, &options, &err);
}

static void
begin_empty(void)
{
}

static void
begin_half(void)
{
	assert_int_equal(add(disk, half), PM_OK);
}

static void
begin_whole(void)
{
	assert_int_equal(add(disk, input), PM_OK);
}

static int
run_add(void)
{
	return add(disk, input);
}

static int
run_reindex(void)
{
	char archive[SCRATCH_CHARS];
	struct pm_counts counts;

	scratch_join(archive, disk, "archive");
	return pm_reindex(&counts, archive, NULL, &err);
}

static const struct scenario {
	const char *name;
	void (*begin)(void);
	int (*run)(void);
} scenarios[] = {
	{ "add", begin_empty, run_add },
	{ "add again", begin_half, run_add },
	{ "reindex", begin_whole, run_reindex }
};

/* ---- what must hold ---- */

struct where {
	const struct scenario *scenario;
	size_t moment;
	const char *loss;
};

#define FAIL(where, ...) do { \
	print_error("%s, moment %zu, %s: ", (where)->scenario->name, \
	    (where)->moment, (where)->loss); \
	if (getenv("PM_FAULT_STOP") != NULL) { \
		print_error("%s: see %s\n", err.text, root); \
		_exit(1); \
	} \
	fail_msg(__VA_ARGS__); \
} while (0)

static int
first_problem(void *context, const struct pm_problem *problem)
{
	char *text = context;

	if (text[0] == '\0')
		(void)snprintf(text, 600, "%s: %s", problem->file,
		    problem->text);
	return 0;
}

/* Problems that verify finds; an archive that is not there has none. */
static uint64_t
problems_of(const struct where *where, const char *archive,
    enum pm_verify_level level, char text[600])
{
	struct pm_verify_options options = { .level = level, .threads = 1,
	    .problem = first_problem, .context = text };
	struct pm_verified verified = { 0 };
	int rc;

	text[0] = '\0';
	if (access(archive, F_OK) != 0)
		return 0;
	rc = pm_verify(&verified, archive, &options, &err);
	if (rc != PM_OK)
		FAIL(where, "verify: %d %s", rc, err.text);
	return verified.problems;
}

/* Captures of the archive, each with its bytes. */
static uint64_t
restore_all(const struct where *where, const char *archive)
{
	char out[SCRATCH_CHARS];
	struct pm_restore_options options = { .directory = out };
	struct pm_archive *opened = NULL;
	uint64_t captures = 0, failed = 0;

	scratch_join(out, root, "out");
	if (pm_archive_open(&opened, archive, &err) != PM_OK ||
	    pm_restore(&captures, &failed, opened, &options, &err) != PM_OK ||
	    failed > 0)
		FAIL(where, "restore: %llu failed, %s",
		    (unsigned long long)failed, err.text);
	pm_archive_close(opened);
	tree_expect_part(out, input);
	scratch_remove(out);
	return captures;
}

/* Readers first, which may find fault but not fall; then a writer that has
 * nothing to add; then, if asked, the call again.  Gives the captures. */
static uint64_t
check_state(const struct where *where, enum disk_loss loss, bool again,
    uint64_t *unclean)
{
	struct pm_archive *opened = NULL;
	char archive[SCRATCH_CHARS], text[600];
	uint64_t captures;

	scratch_join(archive, state, "archive");
	if (pm_archive_open(&opened, archive, &err) == PM_OK)
		pm_archive_close(opened);
	if (problems_of(where, archive, PM_VERIFY_DEFAULT, text) > 0) {
		if (getenv("PM_FAULT_TELL") != NULL)
			print_message("%zu %s: %s\n", where->moment,
			    where->loss, text);
		if (loss == DISK_NOTHING &&
		    strncmp(text, "catalog.db", 10) != 0)
			FAIL(where, "%s", text);
		++*unclean;
	}
	if (add(state, empty) != PM_OK)
		FAIL(where, "a writer: %s", err.text);
	if (problems_of(where, archive, PM_VERIFY_DEFAULT, text) > 0)
		FAIL(where, "after a writer: %s", text);
	captures = restore_all(where, archive);
	if (again) {
		struct outcome out = { 0 };

		if (add(state, input) != PM_OK)
			FAIL(where, "again: %s", err.text);
		archive_look(&out, archive);
		if (!outcome_same(&out, &whole))
			FAIL(where, "again: another result");
	}
	return captures;
}

static uint64_t
try_state(const struct disk *noted, const struct where *where,
    enum disk_loss loss, uint64_t *seed, bool again, uint64_t *unclean)
{
	uint64_t captures;

	if (pm_fs_exists(state))
		scratch_remove(state);
	disk_state(noted, where->moment, loss, seed, state);
	captures = check_state(where, loss, again, unclean);
	scratch_remove(state);
	return captures;
}

static struct disk *
record(const struct scenario *scenario)
{
	struct disk *noted;

	if (pm_fs_exists(disk))
		scratch_remove(disk);
	assert_int_equal(pm_fs_make_directories(disk, &err), PM_OK);
	scenario->begin();
	noted = disk_begin(disk);
	if (scenario->run() != PM_OK)
		fail_msg("%s: %s", scenario->name, err.text);
	disk_end(noted);
	return noted;
}

struct cuts {
	const struct scenario *scenario;
	const struct disk *noted;
	uint64_t *seed;
	size_t moment;
	uint64_t least;          /* captures that are certain */
	uint64_t states, unclean;
};

static void
try_moment(struct cuts *at, bool again)
{
	struct where where = { at->scenario, at->moment, "killed" };
	unsigned draws = setting("PM_FAULT_DRAWS", 1);
	uint64_t have;

	(void)try_state(at->noted, &where, DISK_NOTHING, at->seed, again,
	    &at->unclean);
	where.loss = "all is lost";
	have = try_state(at->noted, &where, DISK_ALL, at->seed, again,
	    &at->unclean);
	if (have < at->least)
		FAIL(&where, "%llu captures, %llu before",
		    (unsigned long long)have, (unsigned long long)at->least);
	at->least = again ? have : at->least;
	where.loss = "some is lost";
	for (unsigned i = 0; i < draws; i++)
		if (try_state(at->noted, &where, DISK_SOME, at->seed,
		    again && i == 0, &at->unclean) < have)
			FAIL(&where, "a capture is lost");
	at->states += 2 + draws;
}

static void
test_cuts(void **context)
{
	const struct scenario *scenario = *context;
	unsigned every = setting("PM_FAULT_EVERY", 0);
	uint64_t seed = chance_seed(1);
	struct disk *noted = record(scenario);
	struct cuts at = { .scenario = scenario, .noted = noted,
	    .seed = &seed };
	size_t first = disk_first(noted), n = disk_changes(noted);
	size_t last = first, cut = 0, syncs = 0;

	for (size_t moment = first + 1; moment <= n; moment++)
		syncs += disk_is_sync(noted, moment);
	/* About 5 of a sample. */
	if (every == 0)
		every = syncs < 5 ? 1 : (unsigned)(syncs / 5);
	for (size_t moment = first; moment <= n; moment++) {
		if (moment < n && (!disk_is_sync(noted, moment) ||
		    cut++ % every != 0))
			continue;
		/* One between, just before, just after. */
		at.moment = last + chance_below(&seed, moment - last + 1);
		try_moment(&at, false);
		at.moment = moment == first ? first : moment - 1;
		try_moment(&at, false);
		at.moment = last = moment;
		try_moment(&at, true);
	}
	if (at.least != pages)
		fail_msg("%s: %llu of %u captures at the end", scenario->name,
		    (unsigned long long)at.least, pages);
	print_message("| %-10s | %zu changes | %zu fsyncs | %llu states | "
	    "%llu that a reader finds fault with |\n", scenario->name,
	    n - first, syncs, (unsigned long long)at.states,
	    (unsigned long long)at.unclean);
	disk_free(noted);
}

/* The nth fsync fails, and what it was for never reaches the disk, though it
 * can be read: the next add does not take it for durable. */
static bool
fail_fsync(const struct scenario *scenario, uint64_t n, enum calls_mode mode)
{
	struct where where = { scenario, 0, mode == CALLS_DEAD ?
	    "fsync failed, then killed" : "fsync failed" };
	uint64_t seed = chance_seed(1), unclean = 0, failed;
	struct disk *noted;
	int rc;

	if (pm_fs_exists(disk))
		scratch_remove(disk);
	assert_int_equal(pm_fs_make_directories(disk, &err), PM_OK);
	scenario->begin();
	noted = disk_begin(disk);
	calls_fail(CALLS_FSYNC, n, mode);
	rc = scenario->run();
	failed = calls_failed();
	calls_fail(CALLS_FSYNC, 0, CALLS_ONCE);
	where.moment = disk_changes(noted);
	if (rc != PM_OK && scenario->run() != PM_OK)
		FAIL(&where, "again: %s", err.text);
	disk_end(noted);
	if (failed > 0) {
		(void)try_state(noted, &where, DISK_ALL, &seed, false,
		    &unclean);
		where.moment = disk_changes(noted);
		if (try_state(noted, &where, DISK_ALL, &seed, true,
		    &unclean) != pages)
			FAIL(&where, "fsync %llu: captures are lost",
			    (unsigned long long)n);
	}
	disk_free(noted);
	return failed > 0;
}

static void
test_failed_fsync(void **context)
{
	const struct scenario *scenario = *context;
	unsigned every = setting("PM_FAULT_EVERY", 40);
	uint64_t n, tried = 0;

	for (n = 1; fail_fsync(scenario, n, CALLS_ONCE); n += every, tried++)
		(void)fail_fsync(scenario, n, CALLS_DEAD);
	assert_true(tried > 0);
	print_message("| %-10s | %llu fsyncs that failed |\n", scenario->name,
	    (unsigned long long)(2 * tried));
}

static void
make_pages(void)
{
	for (unsigned i = 0; i < pages; i++) {
		unsigned others[2] = { (i * 7 + 3) % pages, (i + 1) % pages };
		char name[64];

		/* Every fourth shows the story of another again. */
		(void)snprintf(name, sizeof name, "2025-02-%02uT08-10-00/%05u"
		    ".txt", 1 + i * 28 / pages, i);
		page_file(input, name, i % 4 == 3 ? i / 2 : i, others, 2);
		if (i < pages / 2)
			page_file(half, name, i % 4 == 3 ? i / 2 : i, others,
			    2);
	}
}

static int
set_up(void **context)
{
	char temporary[SCRATCH_CHARS], path[SCRATCH_CHARS];

	(void)context;
	pages = setting("PM_FAULT_PAGES", 48);
	per_batch = setting("PM_FAULT_BATCH", 6);
	scratch_make(root, "disk");
	scratch_join(input, root, "in");
	scratch_join(half, root, "half/in");
	scratch_join(empty, root, "empty");
	scratch_join(disk, root, "disk");
	scratch_join(state, root, "state");
	scratch_join(temporary, root, "tmp");
	assert_int_equal(pm_fs_make_directory(temporary, &err), PM_OK);
	assert_int_equal(pm_fs_make_directory(empty, &err), PM_OK);
	assert_int_equal(setenv("TMPDIR", temporary, 1), 0);
	make_pages();
	if (add(root, input) != PM_OK)
		fail_msg("%s", err.text);
	scratch_join(path, root, "archive");
	archive_look(&whole, path);
	return 0;
}

static int
tear_down(void **context)
{
	(void)context;
	scratch_remove(root);
	return 0;
}

int
main(void)
{
	enum { N = sizeof scenarios / sizeof *scenarios };
	struct CMUnitTest tests[2 * N];
	const char *only = getenv("PM_FAULT_VERB");
	size_t n = 0;

	for (int i = 0; i < 2 * N; i++) {
		union { const void *in; void *out; } cast = {
		    &scenarios[i % N] };

		if (only == NULL || strcmp(only, scenarios[i % N].name) == 0)
			tests[n++] = (struct CMUnitTest){
			    .name = scenarios[i % N].name, .test_func =
			    i < N ? test_cuts : test_failed_fsync,
			    .initial_state = cast.out };
	}
	return _cmocka_run_group_tests("fault_disk", tests, n, set_up,
	    tear_down);
}
