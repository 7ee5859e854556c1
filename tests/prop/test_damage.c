/*
 * Damage of chance to small archives, and what repair makes of it:
 *
 * - it is detected;
 * - afterwards verify --deep finds nothing;
 * - with parity, a bit, a byte or HEAD come back as they were;
 * - a capture or article that is not listed as lost is there, byte for byte;
 * - a repair that was killed can be made again;
 * - one that is listed needs a frame that the damage hit.
 *
 * PM_KILL: an eighth of the repairs are killed at some moment before.
 *
 * PM_SEED is the number of the first archive, PM_ROUNDS how many damages there
 * are, PM_EACH how many of them to one archive.  PM_KEEP: the directory of a
 * round that fails stays; PM_VERBOSE: what repair says.
 */
#include <locale.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "damage_archive.h"

enum { ROUNDS = 60, EACH = 20, DAMAGES_MAX = 3 };

enum damage {
	BIT, BYTE, BLOCK, MEGABYTE, CUT_ANYWHERE, CUT_AT_MARKER, INSERTED,
	REMOVED, SWAPPED, MISSING, OLD_HEAD, DAMAGED_HEAD, NO_HEAD, SEVERAL,
	DAMAGE_COUNT
};
static const char *const damage_name[] = { "bit", "byte", "4 KiB block",
	"1 MiB block", "cut anywhere", "cut at a marker", "bytes inserted",
	"bytes removed", "blocks swapped", "file missing",
	"HEAD of before", "HEAD damaged", "HEAD missing", "several" };

static struct { uint64_t done, same, clean, captures, articles, batches; }
    count[DAMAGE_COUNT];

static bool was_killed;
static uint64_t archive_seed, kills;
static const char *round_kind = "";

/* A disk that is slow says nothing here. */
int
fsync(int fd)
{
	(void)fd;
	return 0;
}

int
fdatasync(int fd)
{
	(void)fd;
	return 0;
}

/* ---- damages ---- */

/* A volume or HEAD, into bytes. */
static const struct kept_file *
any_volume(uint64_t *state)
{
	for (;;) {
		const struct kept_file *file = &truth.file[chance_below(
		    state, truth.file_n)];

		if (strncmp(file->name, "volumes/", 8) == 0)
			return file;
	}
}

static void
fill(uint64_t *state, uint8_t *p, size_t n)
{
	bool zero = chance_below(state, 2) == 0;

	for (size_t i = 0; i < n; i++)
		p[i] = zero ? 0 : (uint8_t)chance(state);
}

static size_t
marker_end(uint64_t *state, const struct pm_buf *bytes)
{
	size_t at[64], n = 0;

	for (size_t i = 8; i + 8 < bytes->n && n < 64; i++)
		if (memcmp(bytes->p + i, "PMCOMMIT", 8) == 0)
			at[n++] = chance_below(state, 2) == 0 ? i - 8 : i +
			    pm_le32_get(bytes->p + i - 4);
	return n == 0 ? 0 : at[chance_below(state, n)];
}

static void
swap_blocks(uint64_t *state, struct pm_buf *bytes)
{
	size_t size = (size_t)512 << chance_below(state, 4);
	size_t blocks = bytes->n / size, a, b;

	if (blocks < 2)
		return;
	a = chance_below(state, blocks) * size;
	b = chance_below(state, blocks) * size;
	for (size_t i = 0; i < size; i++) {
		uint8_t byte = bytes->p[a + i];

		bytes->p[a + i] = bytes->p[b + i];
		bytes->p[b + i] = byte;
	}
}

static void
insert(uint64_t *state, struct pm_buf *bytes, size_t at)
{
	uint8_t more[6000];
	size_t n = 1 + chance_below(state, chance_below(state, 2) == 0 ? 8 :
	    sizeof more);

	fill(state, more, n);
	splice(bytes, at, 0, more, n);
}

static void
damage_bytes(uint64_t *state, enum damage kind, struct pm_buf *bytes)
{
	size_t at = chance_below(state, bytes->n), left = bytes->n - at, n;

	switch (kind) {
	case BIT:
		bytes->p[at] ^= (uint8_t)(1 << chance_below(state, 8));
		break;
	case BLOCK:
		at = at / 4096 * 4096;
		left = bytes->n - at;
		fill(state, bytes->p + at, left < 4096 ? left : 4096);
		break;
	case MEGABYTE:
		fill(state, bytes->p + at, left < 1 << 20 ? left : 1 << 20);
		break;
	case CUT_ANYWHERE:
		bytes->n = at;
		break;
	case CUT_AT_MARKER:
		bytes->n = marker_end(state, bytes);
		break;
	case INSERTED:
		insert(state, bytes, at);
		break;
	case REMOVED:
		n = 1 + chance_below(state, left < 6000 ? left : 6000);
		splice(bytes, at, n, "", 0);
		break;
	case SWAPPED:
		swap_blocks(state, bytes);
		break;
	default:
		bytes->p[at] ^= (uint8_t)(1 + chance_below(state, 255));
	}
}

static void
damage_file(uint64_t *state, enum damage kind, const char *path)
{
	struct pm_buf bytes;

	pm_buf_init(&bytes);
	if (access(path, F_OK) == 0)
		file_get(&bytes, path);
	if (bytes.n > 0) {
		damage_bytes(state, kind, &bytes);
		file_put(path, bytes.p, bytes.n);
	}
	pm_buf_clear(&bytes);
}

static void
damage_archive(uint64_t *state, enum damage kind, const char *archive)
{
	char path[SCRATCH_CHARS], head[SCRATCH_CHARS];

	scratch_join(head, archive, "HEAD");
	scratch_join(path, archive, any_volume(state)->name);
	if (kind == SEVERAL) {
		for (size_t i = 2 + chance_below(state, DAMAGES_MAX); i > 0;
		    i--)
			damage_archive(state, (enum damage)chance_below(state,
			    SEVERAL), archive);
	} else if (kind == MISSING) {
		(void)unlink(path);
	} else if (kind == NO_HEAD) {
		(void)unlink(head);
	} else if (kind == DAMAGED_HEAD) {
		damage_file(state, (enum damage)chance_below(state, MISSING),
		    head);
	} else if (kind == OLD_HEAD) {
		const struct pm_buf *old = truth.head_n == 0 ? NULL :
		    &truth.head[chance_below(state, truth.head_n)];

		if (old != NULL)
			file_put(head, old->p, old->n);
	} else {
		damage_file(state, kind, path);
	}
}

/* ---- what it did ---- */

static bool
is_in(const struct pm_buf *bytes, const uint8_t *p, size_t n)
{
	const uint8_t *at = bytes->p, *end = bytes->p + bytes->n;

	while ((size_t)(end - at) >= n && (at = memchr(at, p[0],
	    (size_t)(end - at) - n + 1)) != NULL) {
		if (memcmp(at, p, n) == 0)
			return true;
		at++;
	}
	return false;
}

/* Is any byte of the archive another than it was?  Sets which frames are not
 * to be found anywhere any more. */
static bool
see_damage(const char *archive)
{
	struct pm_buf now[KEPT_MAX] = { 0 };
	char path[SCRATCH_CHARS];
	bool changed = false;
	size_t n = 0;

	for (size_t i = 0; i < truth.file_n; i++) {
		bool volume = strncmp(truth.file[i].name, "volumes/", 8) == 0;

		if (!volume && strcmp(truth.file[i].name, "HEAD") != 0)
			continue;
		scratch_join(path, archive, truth.file[i].name);
		if (access(path, F_OK) == 0)
			file_get(&now[n], path);
		changed = changed || !pm_bytes_equal(pm_buf_bytes(&now[n]),
		    pm_buf_bytes(&truth.file[i].bytes));
		if (volume)
			n++;
		else
			pm_buf_clear(&now[n]);
	}
	for (size_t id = 1; id < truth.frame.n; id++) {
		struct true_frame *frame = &truth.frame.p[id];
		const struct pm_buf *was = volume_bytes(frame->volume);

		frame->hit = true;
		for (size_t i = 0; i < n && frame->hit; i++)
			frame->hit = !is_in(&now[i], was->p + frame->offset,
			    frame->packed_bytes);
	}
	while (n > 0)
		pm_buf_clear(&now[--n]);
	return changed;
}

/* Batches behind this one are known to nobody: HEAD is of before, and there is
 * no catalog. */
static uint64_t unknown_from;
static bool headless;

static void
see_head(const char *archive, bool catalog)
{
	struct pm_head head;
	struct pm_err err;

	int rc = pm_head_read(&head, archive, &err);

	unknown_from = !catalog && rc == PM_OK ? head.sequence : UINT64_MAX;
	headless = !catalog && rc != PM_OK;
}

static bool
is_unknown(uint64_t frame)
{
	return truth.frame.p[frame].sequence > unknown_from;
}

static bool
frame_is_hit(uint64_t frame)
{
	return truth.frame.p[frame].hit;
}

/* Does it need a frame that is not there any more? */
static bool
capture_is_hit(uint64_t number, unsigned depth)
{
	const struct true_capture *capture = &truth.capture.p[number];

	if (frame_is_hit(capture->line_frame))
		return true;
	if (capture->like != 0)
		return capture_is_hit(capture->like, depth);
	for (size_t i = 0; i < capture->frame.n; i++)
		if (frame_is_hit(capture->frame.p[i]))
			return true;
	for (size_t i = 0; i < capture->capture.n && depth < 2; i++)
		if (capture_is_hit(capture->capture.p[i], depth + 1))
			return true;
	return false;
}

/* ---- what repair says ---- */

static int
take_lost(void *context, const struct pm_lost *lost)
{
	bool capture = strcmp(lost->what, "capture") == 0;

	(void)context;
	if (getenv("PM_VERBOSE") != NULL)
		print_message("lost: %s %" PRIu64 " to %" PRIu64 ": %.*s\n",
		    lost->what, lost->number, lost->to, (int)lost->path.n,
		    (const char *)lost->path.p);
	if (strcmp(lost->what, "batch") == 0) {
		for (size_t i = 1; i < truth.capture.n; i++) {
			struct true_capture *of = &truth.capture.p[i];
			uint64_t sequence = of->path == NULL ? 0 :
			    truth.frame.p[of->line_frame].sequence;

			if (sequence >= lost->number && sequence <= lost->to &&
			    capture_is_hit(i, 0))
				of->lost = true;
		}
		for (size_t i = 1; i < truth.article.n; i++)
			if (truth.article.p[i].there && frame_is_hit(
			    truth.article.p[i].frame))
				truth.article.p[i].lost = true;
		return 0;
	}
	for (uint64_t i = lost->number; i <= lost->to; i++) {
		if (i >= (capture ? truth.capture.n : truth.article.n))
			fail_msg("seed %" PRIu64 ": %s %" PRIu64 " is lost and "
			    "never was", round_seed, lost->what, i);
		if (!capture) {
			truth.article.p[i].lost = true;
			continue;
		}
		if (truth.capture.p[i].lost)
			fail_msg("seed %" PRIu64 ": capture %" PRIu64
			    " is lost twice", round_seed, i);
		truth.capture.p[i].lost = true;
		if (lost->path.n > 0 && !pm_bytes_equal(lost->path,
		    pm_bytes_of(truth.capture.p[i].path)))
			fail_msg("seed %" PRIu64 ": capture %" PRIu64 " was "
			    "%s", round_seed, i, truth.capture.p[i].path);
	}
	return 0;
}

static int
say_problem(void *context, const struct pm_problem *problem)
{
	if (getenv("PM_VERBOSE") != NULL)
		print_message("found: %s: %s\n", problem->file,
		    problem->text);
	return context == NULL ? 0 : 1;
}

static int
say_mended(void *context, const char *file, const char *how)
{
	if (getenv("PM_VERBOSE") != NULL)
		print_message("mended: %s: %s\n", file, how);
	return context == NULL ? 0 : 1;
}

static int
print_problem(void *context, const struct pm_problem *problem)
{
	(void)context;
	print_error("%s: frame %" PRIu64 ": %s\n", problem->file,
	    problem->frame, problem->text);
	return 0;
}

static void
must_be_clean(const char *archive)
{
	struct pm_verify_options options = { .level = PM_VERIFY_DEEP,
	    .threads = 1, .problem = print_problem };
	struct pm_verified verified;
	struct pm_err err;

	must(pm_verify(&verified, archive, &options, &err), &err, "verify");
	if (verified.problems > 0)
		fail_msg("seed %" PRIu64 ": does not verify after repair",
		    round_seed);
}

/* ---- the list is exact ---- */

static void
check_captures(sqlite3 *db)
{
	sqlite3_stmt *st = ask(db, "SELECT number, printf('%016x', (key |"
	    " -9223372036854775808) - (key & -9223372036854775808)) ||"
	    " lower(hex(rest)), recipe_frame FROM capture");
	bool *there = calloc(truth.capture.n, 1);
	size_t last = 0;

	assert_non_null(there);
	while (sqlite3_step(st) == SQLITE_ROW) {
		uint64_t i = column(st, 0);

		assert_true(i < truth.capture.n);
		there[i] = column(st, 2) != 0;
		last = i > last ? i : last;
		if (there[i] && strcmp((const char *)sqlite3_column_text(st,
		    1), truth.capture.p[i].sha256) != 0)
			fail_msg("seed %" PRIu64 ": capture %" PRIu64
			    " became another", round_seed, i);
	}
	sqlite3_finalize(st);
	for (size_t i = 1; i < truth.capture.n; i++) {
		const struct true_capture *capture = &truth.capture.p[i];

		if (capture->path == NULL || !capture->made)
			continue;
		if (!there[i] && !capture->lost &&
		    (is_unknown(capture->line_frame) || (headless && i > last &&
		    capture_is_hit(i, 0))))
			continue;
		if (there[i] == capture->lost)
			fail_msg("seed %" PRIu64 ": capture %zu (%s, line in "
			    "frame %" PRIu64 ") is %s", round_seed, i,
			    capture->path, capture->line_frame, there[i] ?
			    "listed as lost and there" : "not there and not "
			    "listed");
		if (capture->lost && !capture_is_hit(i, 0))
			fail_msg("seed %" PRIu64 ": capture %zu (%s, line in "
			    "frame %" PRIu64 ") is lost, though its frames "
			    "are there", round_seed, i, capture->path,
			    capture->line_frame);
	}
	free(there);
}

static void
check_articles(sqlite3 *db)
{
	sqlite3_stmt *st = ask(db, "SELECT number, key FROM article");
	bool *there = calloc(truth.article.n + 1, 1);
	size_t last = 0;

	assert_non_null(there);
	while (sqlite3_step(st) == SQLITE_ROW) {
		uint64_t i = column(st, 0);

		assert_true(i < truth.article.n);
		there[i] = true;
		last = i > last ? i : last;
		assert_int_equal(column(st, 1), truth.article.p[i].key);
	}
	sqlite3_finalize(st);
	for (size_t i = 1; i < truth.article.n; i++) {
		const struct true_article *article = &truth.article.p[i];

		if (!there[i] && (is_unknown(article->frame) || (headless &&
		    i > last && frame_is_hit(article->frame))))
			continue;
		if (article->there && there[i] == article->lost)
			fail_msg("seed %" PRIu64 ": article %zu is %s",
			    round_seed, i, there[i] ? "listed as lost and "
			    "there" : "not there and not listed");
		if (article->lost && !frame_is_hit(article->frame))
			fail_msg("seed %" PRIu64 ": article %zu is lost, "
			    "though frame %" PRIu64 " is there", round_seed,
			    i, article->frame);
	}
	free(there);
}

/* ---- rounds ---- */

static void
clear_lost(void)
{
	for (size_t i = 0; i < truth.capture.n; i++)
		truth.capture.p[i].lost = false;
	for (size_t i = 0; i < truth.article.n; i++)
		truth.article.p[i].lost = false;
}

/* A repair that is killed at some moment. */
static void
kill_repair(uint64_t *state, const char *archive)
{
	struct pm_repair_options options = { .threads = 1 };
	const struct timespec wait = { .tv_nsec =
	    (long)chance_below(state, 60000000) };
	struct pm_repaired repaired;
	struct pm_err err;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		(void)pm_repair(&repaired, archive, &options, &err);
		_exit(0);
	}
	(void)nanosleep(&wait, NULL);
	(void)kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

/* Of a repair that was killed only the archive tells what it lost. */
static void
ask_lost(const char *archive)
{
	struct pm_archive *handle;
	struct pm_err err;

	clear_lost();
	must(pm_archive_open(&handle, archive, &err), &err, "open");
	must(pm_list_lost(handle, take_lost, NULL, &err), &err, "lost");
	pm_archive_close(handle);
}

static void
one_damage(uint64_t *state, const char *archive)
{
	enum damage kind = (enum damage)chance_below(state, DAMAGE_COUNT);
	struct pm_repair_options options = { .threads = 1,
	    .problem = say_problem, .mended = say_mended,
	    .lost = take_lost };
	struct pm_repaired repaired;
	bool catalog = chance_below(state, 5) > 0;
	bool killed = chance_below(state, 8) == 0 && getenv("PM_KILL") != NULL;
	struct pm_err err;
	sqlite3 *db;

	round_kind = damage_name[kind];
	put_back(archive, catalog);
	damage_archive(state, kind, archive);
	if (!see_damage(archive))
		return;
	see_head(archive, catalog);
	was_killed = killed;
	if (killed) {
		kill_repair(state, archive);
		kills++;
		options.lost = NULL;
	}
	clear_lost();
	must(pm_repair(&repaired, archive, &options, &err), &err,
	    damage_name[kind]);
	/* Neither HEAD nor a marker nor a catalog: what a first add leaves that
	 * was killed, an archive with nothing in it. */
	if (repaired.problems == 0 && headless)
		return;
	if (killed)
		ask_lost(archive);
	else if (repaired.problems == 0)
		fail_msg("seed %" PRIu64 ": %s was not detected", round_seed,
		    damage_name[kind]);
	must_be_clean(archive);
	db = open_database(archive);
	check_captures(db);
	check_articles(db);
	(void)sqlite3_close(db);
	if (!see_damage(archive))
		count[kind].same++;
	else if (truth.parity && (kind == BIT || kind == BYTE ||
	    kind == DAMAGED_HEAD || kind == NO_HEAD))
		fail_msg("seed %" PRIu64 ": %s was not mended to the same "
		    "bytes", round_seed, damage_name[kind]);
	count[kind].done++;
	count[kind].captures += repaired.captures;
	count[kind].articles += repaired.articles;
	count[kind].batches += repaired.batches > 0;
	count[kind].clean += repaired.captures + repaired.articles +
	    repaired.batches == 0;
}

static void
one_archive(uint64_t seed, uint64_t damages, bool chosen)
{
	char archive[SCRATCH_CHARS];
	uint64_t state = seed;

	round_seed = seed;
	archive_seed = seed;
	scratch_make(scratch, "damage");
	place(archive, "archive");
	make_archive(&state);
	learn(archive);
	for (uint64_t i = 0; i < damages; i++) {
		uint64_t own = seed + (i + 1) * 1000003;

		if (chosen && getenv("PM_DAMAGE") != NULL)
			own = strtoull(getenv("PM_DAMAGE"), NULL, 0);
		round_seed = own;
		one_damage(&own, archive);
	}
	forget_truth();
	scratch_remove(scratch);
	*scratch = '\0';
}

static uint64_t
number_of(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text == NULL ? otherwise : strtoull(text, NULL, 0);
}

static void
print_counts(void)
{
	print_message("%-16s %8s %8s %8s %9s %9s %8s\n", "damage",
	    "repaired", "same", "no loss", "captures", "articles", "ends");
	print_message("%" PRIu64 " repairs were killed and made again\n",
	    kills);
	for (int i = 0; i < DAMAGE_COUNT; i++)
		print_message("%-16s %8" PRIu64 " %8" PRIu64 " %8" PRIu64
		    " %9" PRIu64 " %9" PRIu64 " %8" PRIu64 "\n",
		    damage_name[i], count[i].done, count[i].same, count[i].clean, count[i].captures,
		    count[i].articles, count[i].batches);
}

static void
test_damage(void **state)
{
	uint64_t rounds = number_of("PM_ROUNDS", ROUNDS);
	uint64_t each = number_of("PM_EACH", EACH), seed = chance_seed(1);

	(void)state;
	for (uint64_t i = 0; i * each < rounds; i++)
		one_archive(seed + i, each, true);
	print_counts();
}

/* After a failure too. */
static int
clean_up(void **state)
{
	(void)state;
	forget_truth();
	if (*scratch == '\0')
		return 0;
	print_error("again: PM_SEED=%" PRIu64 " PM_DAMAGE=%" PRIu64
	    " PM_ROUNDS=1 (%s%s)\n", archive_seed, round_seed, round_kind,
	    was_killed ? ", killed" : "");
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
		cmocka_unit_test_teardown(test_damage, clean_up),
	};

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
