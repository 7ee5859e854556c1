/*
 * repair: from the least to the most, and no further than needed.
 *
 *	catalog or cache	made again
 *	HEAD			from the last batch of a log that is whole
 *	volumes			from parity, to the same bytes
 *	what is left		salvaged into a new log (salvage.h)
 *	parity			made again
 *	what was interrupted	brought to its end
 *
 * After each step the archive is looked at again; the first that leaves it
 * clean is the last.
 */
#include <stdio.h>
#include <stdlib.h>

#include "archive/archive.h"
#include "archive/repair_parity.h"
#include "archive/salvage.h"
#include "base/err.h"
#include "base/fs.h"
#include "store/volume_internal.h"
#include "text/dates.h"

struct repairer {
	const struct pm_repair_options *options;
	const char *path;
	struct pm_repaired repaired;
	bool told;               /* the problems there were */
	uint64_t problems;       /* of the last look */
	bool catalog_alone;      /* they were in the catalog alone */
	bool parity_alone;       /* or in parity/ alone */
	bool unreadable;         /* the disk did not give some of it */
	struct pm_volume_numbers damaged;        /* volumes that were named */
	int answer;              /* non-zero from a callback */
	struct pm_err *err;
};

/* ---- looking ---- */

static int
meet_problem(void *context, const struct pm_problem *problem)
{
	struct repairer *repairer = context;

	bool parity = strncmp(problem->file, "parity/", 7) == 0;

	if (strcmp(problem->file, "catalog.db") != 0 && !parity)
		repairer->catalog_alone = false;
	repairer->parity_alone = repairer->parity_alone && parity;
	if (problem->volume != 0 && !parity &&
	    LIST_ROOM(repairer->damaged.list, repairer->err) == PM_OK)
		repairer->damaged.list.p[repairer->damaged.list.n++] =
		    (uint32_t)problem->volume;
	if (!repairer->told && repairer->options->problem != NULL &&
	    repairer->answer == 0)
		repairer->answer = repairer->options->problem(
		    repairer->options->context, problem);
	return repairer->answer;
}

/* A disk that does not give some bytes has lost them. */
static int
look(struct repairer *repairer)
{
	struct pm_verify_options options = { .level = PM_VERIFY_DEFAULT,
	    .threads = repairer->options->threads, .problem = meet_problem,
	    .context = repairer, .hooks = repairer->options->hooks };
	struct pm_verified verified = { 0 };
	int rc;

	repairer->catalog_alone = repairer->parity_alone = true;
	repairer->damaged.list.n = 0;
	rc = pm_verify(&verified, repairer->path, &options, repairer->err);
	repairer->problems = verified.problems;
	if (rc == PM_EIO) {
		struct pm_problem problem = { .file = "volumes",
		    .text = repairer->err->text };

		repairer->unreadable = true;
		repairer->problems++;
		rc = meet_problem(repairer, &problem);
	}
	if (!repairer->told)
		repairer->repaired.problems = repairer->problems;
	repairer->told = true;
	return rc;
}

static int
tell_mended(struct repairer *repairer, const char *file, const char *how)
{
	if (repairer->options->mended != NULL && repairer->answer == 0)
		repairer->answer = repairer->options->mended(
		    repairer->options->context, file, how);
	return repairer->answer;
}

/* ---- catalog and cache ---- */

static int
renew_catalog(struct repairer *repairer)
{
	struct pm_counts counts;

	return pm_reindex(&counts, repairer->path,
	    &repairer->options->hooks, repairer->err);
}

/* The last batch that verifies in a log without a gap, whatever HEAD says;
 * *end: nothing follows it. */
static int
walk_to_end(struct repairer *repairer, struct pm_head *out, bool *end)
{
	struct pm_walk_start start = { 0 };
	struct pm_volume_walk *walk = NULL;
	const struct pm_batch *batch;
	bool seals = false;
	int rc = pm_volume_walk_adopt(&walk, repairer->path, &start,
	    repairer->err);

	*out = (struct pm_head){ 0 };
	*end = false;
	while (rc == PM_OK && (rc = pm_volume_walk_next(walk, &batch,
	    repairer->err)) == PM_OK)
		;
	*end = rc == PM_END;
	if (rc == PM_END || rc == PM_ECORRUPT) {
		pm_volume_walk_state(walk, out, &seals);
		rc = PM_OK;
	}
	pm_volume_walk_close(walk);
	*end = *end && !seals;
	return rc == PM_EIO ? PM_OK : rc;
}

/* The last batch that the catalog has; 0: it cannot be asked. */
static uint64_t
catalog_sequence(struct repairer *repairer)
{
	struct pm_catalog *catalog = NULL;
	struct pm_catalog_state state;
	struct pm_err ignored;
	uint64_t sequence = 0;

	if (pm_catalog_open(&catalog, repairer->path, PM_CATALOG_READ,
	    &ignored) == PM_OK && pm_catalog_state(&state, catalog,
	    &ignored) == PM_OK)
		sequence = state.at.sequence;
	pm_catalog_close(catalog);
	return sequence;
}

/* Does the log that verifies take up all the bytes there are? */
static int
is_all(bool *out, const char *path, const struct pm_head *state,
    struct pm_err *err)
{
	struct pm_volume_file file;
	uint32_t *volumes = NULL;
	size_t n = 0;
	int rc = pm_volume_list(&volumes, &n, path, err);

	*out = false;
	pm_volume_file_init(&file);
	if (rc == PM_OK && n > 0 && volumes[n - 1] == state->volume &&
	    (rc = pm_volume_file_open(&file, path, state->volume, err)) ==
	    PM_OK)
		*out = file.bytes == state->length;
	pm_volume_file_close(&file);
	pm_free(volumes);
	return rc;
}

/* Opening an archive for writing takes over what verifies behind HEAD, and
 * cuts the rest.  Is that no loss: does the catalog know no more?  Without one
 * only a log that takes up all bytes is opened. */
static int
may_be_opened(struct repairer *repairer, bool *out)
{
	uint64_t sequence = catalog_sequence(repairer);
	struct pm_head head, last;
	struct pm_err ignored;
	bool end = false;
	int rc = pm_head_read(&head, repairer->path, &ignored);

	/* V7: a catalog of the log that was replaced counts other batches. */
	*out = rc == PM_OK && ((sequence > 0 && head.sequence >= sequence) ||
	    head.drop_from != 0);
	if (rc != PM_OK || *out)
		return PM_OK;
	if ((rc = walk_to_end(repairer, &last, &end)) != PM_OK)
		return rc;
	if (sequence == 0)
		return end ? is_all(out, repairer->path, &last,
		    repairer->err) : PM_OK;
	*out = last.sequence >= sequence;
	return rc;
}

/* What nothing but the catalog is wrong with, or a HEAD of before. */
static int
mend_catalog(struct repairer *repairer)
{
	bool may = false;
	int rc;

	if (!repairer->catalog_alone || repairer->parity_alone)
		return PM_OK;
	if ((rc = may_be_opened(repairer, &may)) != PM_OK || !may)
		return rc;
	rc = renew_catalog(repairer);
	if (rc == PM_ECORRUPT)
		return PM_OK;            /* so it is more than that */
	if (rc == PM_OK)
		rc = look(repairer);
	return rc == PM_OK && repairer->problems == 0 ?
	    tell_mended(repairer, "catalog.db", "made again") : rc;
}

/* ---- HEAD ---- */

/* The end of a log that verifies from its beginning to its last byte, and of
 * which the catalog knows no more; else sequence 0. */
static int
find_head(struct repairer *repairer, struct pm_head *out)
{
	bool all = false, end;
	int rc = walk_to_end(repairer, out, &end);

	if (rc == PM_OK && end)
		rc = is_all(&all, repairer->path, out, repairer->err);
	if (!all || catalog_sequence(repairer) > out->sequence)
		out->sequence = 0;
	return rc;
}

static int
mend_head(struct repairer *repairer)
{
	struct pm_head head;
	struct pm_err ignored;
	int lock = -1, rc = pm_head_read(&head, repairer->path, &ignored);

	if (rc != PM_ECORRUPT && rc != PM_ENOTFOUND)
		return PM_OK;
	if ((rc = pm_fs_lock(&lock, repairer->path, repairer->err)) == PM_OK)
		rc = find_head(repairer, &head);
	if (rc == PM_OK && head.sequence != 0)
		rc = pm_head_write(repairer->path, &head, repairer->err);
	pm_fs_close(lock);
	if (rc != PM_OK || head.sequence == 0 ||
	    (rc = look(repairer)) != PM_OK)
		return rc;
	if (repairer->problems > 0)
		return mend_catalog(repairer);
	return tell_mended(repairer, "HEAD", "made of the last batch");
}

/* ---- volumes, from parity ---- */

static int
compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int
mend_volumes(struct repairer *repairer, bool *any)
{
	struct pm_volume_numbers *numbers = &repairer->damaged;
	int rc = pm_repair_volumes(numbers, repairer->path,
	    repairer->unreadable, repairer->err);

	*any = false;
	if (numbers->list.n > 1)
		qsort(numbers->list.p, numbers->list.n,
		    sizeof *numbers->list.p, compare_numbers);
	for (size_t i = 0; i < numbers->list.n && rc == PM_OK; i++) {
		char file[64];
		bool changed = false;

		if (i > 0 && numbers->list.p[i] == numbers->list.p[i - 1])
			continue;
		rc = pm_repair_volume(&changed, repairer->path,
		    numbers->list.p[i], repairer->err);
		*any = *any || changed;
		(void)snprintf(file, sizeof file, "volumes/%06u.tar.zst",
		    (unsigned)numbers->list.p[i]);
		if (rc == PM_OK && changed)
			rc = tell_mended(repairer, file, "from parity");
	}
	return rc;
}

/* Volumes that are whole again may be all that HEAD can be made of. */
static int
mend_from_parity(struct repairer *repairer)
{
	bool any = false;
	int lock = -1, rc;

	if (repairer->parity_alone)
		return PM_OK;
	rc = pm_fs_lock(&lock, repairer->path, repairer->err);
	if (rc == PM_OK)
		rc = mend_volumes(repairer, &any);
	pm_fs_close(lock);
	if (rc == PM_OK && any)
		rc = look(repairer);
	if (rc == PM_OK && repairer->problems > 0)
		rc = mend_head(repairer);
	return rc == PM_OK && repairer->problems > 0 && any ?
	    mend_catalog(repairer) : rc;
}

/* What parity/ says of volumes that are whole, or are no more. */
static int
mend_parity(struct repairer *repairer)
{
	unsigned threads = repairer->options->threads == 0 ? pm_processors() :
	    repairer->options->threads;
	struct pm_pool *pool = NULL;
	int rc;

	if (!repairer->parity_alone)
		return PM_OK;
	rc = pm_pool_new(&pool, threads == 1 ? 0 : threads, repairer->err);
	if (rc == PM_OK)
		rc = pm_repair_renew(repairer->path, pool, threads,
		    repairer->err);
	pm_pool_free(pool);
	if (rc == PM_OK)
		rc = look(repairer);
	return rc == PM_OK && repairer->problems == 0 ?
	    tell_mended(repairer, "parity", "made again") : rc;
}

/* ---- salvage ---- */

static void
fill_lost(struct pm_lost *out, char title[512],
    const struct pm_log_lost *lost)
{
	struct pm_when when = { .utc_seconds = lost->crawled,
	    .precision = PM_MINUTE };
	char text[PM_WHEN_CHARS];

	*out = (struct pm_lost){ .what = pm_lost_name(lost->what),
	    .number = lost->number, .to = lost->to, .path = lost->path,
	    .bytes = lost->bytes };
	(void)snprintf(title, 512, "%.*s", (int)(lost->title.n < 511 ?
	    lost->title.n : 511), (const char *)lost->title.p);
	out->title = lost->title.n > 0 ? title : NULL;
	if (lost->has_crawled)
		(void)snprintf(out->crawled, sizeof out->crawled, "%.*s",
		    (int)pm_when_format(text, &when), text);
	if (lost->has_sha256)
		pm_hex(out->sha256, lost->sha256, PM_SHA256_BYTES);
}

struct lister {
	int (*lost)(void *context, const struct pm_lost *lost);
	void *context;
};

static int
give_lost(void *context, const struct pm_log_lost *row)
{
	const struct lister *lister = context;
	struct pm_lost lost;
	char title[512];

	fill_lost(&lost, title, row);
	return lister->lost(lister->context, &lost);
}

int
pm_list_lost(struct pm_archive *archive,
    int (*lost)(void *context, const struct pm_lost *lost),
    void *context, struct pm_err *err)
{
	struct lister lister = { lost, context };

	return pm_catalog_list_lost(archive->catalog, give_lost, &lister,
	    err);
}

static int
tell_lost(struct repairer *repairer, struct pm_bytes lines)
{
	struct lister lister = { repairer->options->lost,
	    repairer->options->context };
	struct pm_log_record record;
	struct pm_arena arena;
	size_t at = 0;
	int rc = PM_OK;

	pm_arena_init(&arena);
	while (lister.lost != NULL && repairer->answer == 0 &&
	    (rc = pm_log_decode(&record, &arena, lines, &at,
	    repairer->err)) == PM_OK) {
		repairer->answer = give_lost(&lister, &record.u.lost);
		pm_arena_reset(&arena);
	}
	pm_arena_clear(&arena);
	return repairer->answer != 0 ? repairer->answer : rc == PM_END ?
	    PM_OK : rc;
}

static int
salvage_log(struct repairer *repairer)
{
	unsigned threads = repairer->options->threads == 0 ? pm_processors() :
	    repairer->options->threads;
	struct pm_salvaged salvaged = { 0 };
	struct pm_pool *pool = NULL;
	char text[200];
	int rc;

	if (repairer->parity_alone)
		return PM_OK;
	rc = pm_pool_new(&pool, threads == 1 ? 0 : threads, repairer->err);
	if (rc == PM_OK)
		rc = pm_salvage(&salvaged, repairer->path, pool,
		    repairer->err);
	if (rc == PM_OK)
		rc = renew_catalog(repairer);
	if (rc == PM_OK)
		rc = pm_repair_renew(repairer->path, pool, threads,
		    repairer->err);
	pm_pool_free(pool);
	if (rc == PM_OK)
		rc = look(repairer);
	if (rc == PM_OK && repairer->problems > 0)
		rc = pm_fail(repairer->err, PM_ECORRUPT, "%s: was salvaged, "
		    "and does not verify yet", repairer->path);
	repairer->repaired.captures = salvaged.lost_n[PM_LOST_CAPTURE - 1];
	repairer->repaired.articles = salvaged.lost_n[PM_LOST_ARTICLE - 1];
	repairer->repaired.batches = salvaged.lost_n[PM_LOST_BATCH - 1];
	repairer->repaired.frames = salvaged.lost_frames;
	(void)snprintf(text, sizeof text, "%llu frames written anew, %llu of "
	    "them without what is lost; in the place of %llu others one that "
	    "says so", (unsigned long long)salvaged.kept_frames,
	    (unsigned long long)salvaged.changed_frames,
	    (unsigned long long)salvaged.lost_frames);
	if (rc == PM_OK)
		rc = tell_mended(repairer, "volumes", text);
	if (rc == PM_OK)
		rc = tell_lost(repairer, pm_buf_bytes(&salvaged.lost));
	pm_buf_clear(&salvaged.lost);
	return rc;
}

/* ---- what was interrupted ---- */

/* A log that took the place of another, or a catalog that is behind it: clean,
 * but not all that the volumes have is told. */
static bool
is_unfinished(const struct repairer *repairer)
{
	struct pm_catalog *catalog = NULL;
	struct pm_catalog_state state;
	struct pm_head head;
	struct pm_err ignored;
	bool behind;

	if (pm_head_read(&head, repairer->path, &ignored) != PM_OK)
		return false;
	behind = pm_catalog_open(&catalog, repairer->path, PM_CATALOG_READ,
	    &ignored) == PM_OK && pm_catalog_state(&state, catalog,
	    &ignored) == PM_OK && state.at.sequence < head.sequence;
	pm_catalog_close(catalog);
	return behind || head.drop_from != 0;
}

/* As the next writer would. */
static int
finish(struct repairer *repairer)
{
	struct pm_writer writer;
	int rc;

	if (!is_unfinished(repairer))
		return PM_OK;
	rc = pm_writer_open(&writer, repairer->path,
	    repairer->options->threads, PM_WRITER_CATCH_UP,
	    &repairer->options->hooks, repairer->err);
	if (rc == PM_EBUSY)
		return PM_OK;            /* somebody is about it */
	if (rc == PM_OK)
		pm_writer_close(&writer);
	if (rc == PM_OK)
		rc = pm_repair_renew(repairer->path, NULL, 1, repairer->err);
	if (rc == PM_OK)
		rc = look(repairer);
	return rc == PM_OK && repairer->problems == 0 ?
	    tell_mended(repairer, "catalog.db", "what was interrupted is "
	    "finished") : rc;
}

/* ---- all ---- */

int
pm_repair(struct pm_repaired *out, const char *path,
    const struct pm_repair_options *options, struct pm_err *err)
{
	static int (*const step[])(struct repairer *repairer) = {
		mend_parity, mend_catalog, mend_head, mend_from_parity,
		mend_parity, salvage_log
	};
	struct repairer repairer = { .options = options, .path = path,
	    .err = err };
	int rc = pm_archive_probe(path, err);

	if (rc == PM_OK)
		rc = pm_repair_resume(path, err);
	if (rc == PM_OK)
		rc = look(&repairer);
	for (size_t i = 0; i < sizeof step / sizeof *step && rc == PM_OK &&
	    repairer.problems > 0; i++)
		rc = step[i](&repairer);
	if (rc == PM_OK && repairer.problems == 0)
		rc = finish(&repairer);
	if (rc == PM_OK && repairer.problems == 0)
		rc = pm_repair_settle(path, err);
	else if (rc == PM_OK)
		rc = pm_fail(err, PM_ECORRUPT, "%s: %llu problems are left",
		    path, (unsigned long long)repairer.problems);
	pm_free(repairer.damaged.list.p);
	*out = repairer.repaired;
	return rc;
}
