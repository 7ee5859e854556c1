/*
 * verify: the volumes against themselves, the catalog against the fold of the
 * volumes, and (deep) each capture against its digest.  Never writes.
 *
 * An add may go on meanwhile, or one was killed between the volumes and the
 * catalog.  So the catalog is opened before HEAD is read, which then is not
 * behind it, and is compared with the fold up to where it stands.
 */
#include "archive/verify_internal.h"

#include "archive/parity.h"

#include <stdio.h>
#include <time.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/list.h"
#include "store/catalog_query.h"
#include "text/dates.h"

enum { ARTICLES_MAX = 10000 };

/* ---- reporting ---- */

struct ids {
	LIST(char *) list;
	struct pm_arena arena;
	struct pm_err *err;
};

static int
add_id(void *context, const char *id)
{
	struct ids *ids = context;
	char *copy = pm_arena_copy(&ids->arena, id, strlen(id) + 1, ids->err);

	if (copy == NULL || LIST_ROOM(ids->list, ids->err) != PM_OK)
		return PM_ENOMEM;
	ids->list.p[ids->list.n++] = copy;
	return ids->list.n >= ARTICLES_MAX;
}

void
pm_verify_report(struct verifier *verifier, const char *file, uint64_t volume,
    uint64_t frame, const char *text)
{
	struct pm_problem problem = { .file = file, .volume = volume,
	    .frame = frame, .text = text };
	struct pm_err ignored;
	struct ids ids = { .err = &ignored };

	verifier->verified.problems++;
	pm_arena_init(&ids.arena);
	if (frame != 0 && verifier->catalog != NULL)
		(void)pm_catalog_articles_in_frame(verifier->catalog, frame,
		    add_id, &ids, &ignored);
	problem.article = (const char *const *)ids.list.p;
	problem.article_n = ids.list.n;
	if (verifier->options->problem != NULL && verifier->answer == 0)
		verifier->answer = verifier->options->problem(
		    verifier->options->context, &problem);
	pm_arena_clear(&ids.arena);
	pm_free(ids.list.p);
}

void
pm_verify_damaged(void *context, const struct pm_damage *damage)
{
	struct verifier *verifier = context;
	char file[64] = "HEAD";
	struct pm_err ignored;

	/* The walk names a frame that does not decode; so does the fold. */
	if (damage->frame != 0) {
		if (pm_map_first(&verifier->named, damage->frame) !=
		    PM_MAP_END)
			return;
		(void)pm_map_add(&verifier->named, damage->frame, 0,
		    &ignored);
	}
	if (damage->volume != 0)
		(void)snprintf(file, sizeof file, "volumes/%06u.tar.zst",
		    (unsigned)damage->volume);
	pm_verify_report(verifier, file, damage->volume, damage->frame, damage->text);
}

int64_t
pm_verify_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int
pm_verify_tell(struct verifier *verifier)
{
	const struct pm_hooks *hooks = &verifier->options->hooks;
	struct pm_progress progress = { .phase = PM_PHASE_CHECK,
	    .bytes = verifier->verified.bytes };

	if (verifier->answer != 0)
		return verifier->answer;
	if (hooks->progress != NULL &&
	    hooks->progress(hooks->context, &progress) != 0)
		return pm_fail(verifier->err, PM_ECANCELLED, "interrupted");
	return PM_OK;
}

/* ---- which units ---- */

bool
pm_verify_in_part(const struct verifier *verifier, uint64_t n)
{
	const struct pm_verify_options *options = verifier->options;

	return options->parts == 0 ||
	    n % options->parts == options->part % options->parts;
}

bool
pm_verify_goes_on(struct verifier *verifier)
{
	if (verifier->worked && verifier->until_ms != 0 &&
	    pm_verify_now() >= verifier->until_ms)
		verifier->stopped = true;
	if (!verifier->stopped)
		verifier->worked = true;
	return !verifier->stopped;
}

/* ---- the volumes, quickly ---- */

static int
quick_volumes(struct verifier *verifier)
{
	struct pm_walk_options options = { .level = PM_WALK_QUICK,
	    .damaged = pm_verify_damaged, .context = verifier };
	struct pm_volume_walk *walk = NULL;
	const struct pm_batch *batch;
	int rc;

	options.start.next_frame = 1;
	rc = pm_volume_walk_open(&walk, verifier->path, &options,
	    verifier->err);
	while (rc == PM_OK && (rc = pm_volume_walk_next(walk, &batch,
	    verifier->err)) == PM_OK) {
		verifier->verified.batches++;
		verifier->verified.frames += batch->frame_n;
	}
	pm_volume_walk_close(walk);
	return rc == PM_END ? PM_OK : rc;
}

/* ---- the catalog ---- */

static void
check_place(struct verifier *verifier)
{
	if (verifier->at.sequence > verifier->head.sequence ||
	    (verifier->at.sequence == verifier->head.sequence &&
	    memcmp(verifier->at.chain, verifier->head.chain,
	    PM_SHA256_BYTES) != 0))
		pm_verify_report(verifier, "catalog.db", 0, 0,
		    "is not of these volumes; run reindex");
}

static void
find_place(struct verifier *verifier)
{
	struct pm_catalog_state state;

	if (pm_catalog_state(&state, verifier->catalog, verifier->err) ==
	    PM_OK) {
		verifier->at = state.at;
		return;
	}
	pm_verify_report(verifier, "catalog.db", 0, 0, verifier->err->text);
	pm_catalog_close(verifier->catalog);
	verifier->catalog = NULL;
}

static int
open_catalog(struct verifier *verifier)
{
	char *file = pm_fs_join(verifier->path, "catalog.db", verifier->err);
	bool there = file != NULL && pm_fs_exists(file);
	int rc;

	pm_free(file);
	if (!there && verifier->head.sequence == 0)
		return PM_OK;            /* killed before there was one */
	rc = pm_catalog_open(&verifier->catalog, verifier->path,
	    PM_CATALOG_READ, verifier->err);
	if (rc == PM_ENOTFOUND && verifier->head.sequence == 0)
		return PM_OK;
	/* The volumes are of a version we know: then a catalog that is not is
	 * more likely damaged than newer, and reindex serves either way. */
	if (rc == PM_ECORRUPT || rc == PM_ENOTFOUND || rc == PM_EVERSION) {
		pm_verify_report(verifier, "catalog.db", 0, 0, verifier->err->text);
		rc = PM_OK;
	}
	if (rc == PM_OK && verifier->catalog != NULL)
		find_place(verifier);
	return rc;
}

/* ---- all ---- */

/* The catalog is one unit; of several parts it is in the last.  What it costs
 * to see that it is as its writer left it, everybody pays. */
static int
verify_catalog(struct verifier *verifier)
{
	const struct pm_verify_options *options = verifier->options;
	uint64_t problems = verifier->verified.problems;
	int rc = PM_OK;

	/* Damaged volumes fold into something else than they once did. */
	if (verifier->damaged)
		return PM_OK;
	if (verifier->catalog != NULL)
		check_place(verifier);
	if (verifier->verified.problems != problems || verifier->place.catalog || (options->parts != 0 &&
	    options->part != options->parts))
		return PM_OK;
	if (!pm_verify_goes_on(verifier)) {
		verifier->verified.catalog_left = 1;
		return PM_OK;
	}
	rc = pm_verify_catalog(verifier);
	verifier->place.catalog = rc == PM_OK;
	return rc;
}

static int
verify_levels(struct verifier *verifier)
{
	uint64_t problems;
	int rc;

	if (verifier->options->level == PM_VERIFY_QUICK) {
		rc = quick_volumes(verifier);
		if (rc == PM_OK && verifier->catalog != NULL)
			check_place(verifier);
		return rc;
	}
	problems = verifier->verified.problems;
	rc = pm_verify_volumes(verifier);
	verifier->damaged = verifier->verified.problems != problems;
	if (rc == PM_OK && verifier->answer == 0)
		rc = verify_catalog(verifier);
	if (rc == PM_OK && verifier->answer == 0 && !verifier->stopped &&
	    verifier->options->level == PM_VERIFY_DEEP)
		rc = pm_verify_captures(verifier);
	return rc;
}

/* ---- rounds ---- */

/* A file in the state directory for each archive, level and part. */
static int
state_path(char **out, const struct verifier *verifier)
{
	const struct pm_verify_options *options = verifier->options;
	char hex[2 * PM_SHA256_BYTES + 1], name[128];
	uint8_t sum[PM_SHA256_BYTES];
	char *real = NULL;
	int rc = pm_fs_real_path(&real, verifier->path, verifier->err);

	if (rc != PM_OK)
		return rc;
	pm_sha256(sum, pm_bytes_of(real));
	pm_hex(hex, sum, 12);
	(void)snprintf(name, sizeof name, "verify-%s-%s-%u-%u", hex,
	    options->level == PM_VERIFY_DEEP ? "deep" : "default",
	    options->part, options->parts);
	pm_free(real);
	*out = pm_fs_join(options->state, name, verifier->err);
	return *out == NULL ? PM_ENOMEM : PM_OK;
}

static void
tell_began(struct verifier *verifier)
{
	struct pm_when when = { .utc_seconds = verifier->place.began };
	char text[PM_WHEN_CHARS];

	(void)pm_when_format(text, &when);
	(void)snprintf(verifier->verified.began,
	    sizeof verifier->verified.began, "%.31s", text);
}

/* What is kept for the next run: nothing, when all is checked. */
static int
end_run(struct verifier *verifier, const char *path)
{
	struct verify_place *place = &verifier->place;
	struct pm_verified *verified = &verifier->verified;
	int rc = PM_OK;

	place->problems += verified->problems;
	verified->round_problems = place->problems;
	verified->complete = !verifier->stopped;
	tell_began(verifier);
	if (path != NULL)
		rc = verified->complete ? pm_fs_remove(path, verifier->err) :
		    pm_verify_place_write(path, place, verifier->err);
	return rc;
}

static int
verify_until(struct verifier *verifier)
{
	const struct pm_verify_options *options = verifier->options;
	char *path = NULL;
	int rc = PM_OK;

	if (options->max_seconds == 0)
		return verify_levels(verifier);
	verifier->until_ms = pm_verify_now() +
	    (int64_t)options->max_seconds * 1000;
	if (options->state != NULL) {
		rc = pm_fs_make_directories(options->state, verifier->err);
		if (rc == PM_OK)
			rc = state_path(&path, verifier);
		if (rc == PM_OK)
			rc = pm_verify_place_read(&verifier->place, path,
			    verifier->err);
	}
	if (verifier->place.began == 0)
		verifier->place.began = (int64_t)time(NULL);
	if (rc == PM_OK)
		rc = verify_levels(verifier);
	if (rc == PM_OK && verifier->answer == 0)
		rc = end_run(verifier, path);
	pm_free(path);
	return rc;
}

static int
check_options(const struct pm_verify_options *options, struct pm_err *err)
{
	bool parts = options->parts != 0 || options->part != 0;

	if (parts && (options->part == 0 || options->part > options->parts))
		return pm_fail(err, PM_EUSAGE, "part %u of %u: there is none",
		    options->part, options->parts);
	if (options->level == PM_VERIFY_QUICK && (parts ||
	    options->max_seconds != 0))
		return pm_fail(err, PM_EUSAGE, "a quick check is not done in "
		    "parts");
	if (options->max_seconds > INT32_MAX)
		return pm_fail(err, PM_EUSAGE, "that limit of time is none");
	return PM_OK;
}

static int
read_head(struct verifier *verifier)
{
	int rc = pm_head_read(&verifier->head, verifier->path, verifier->err);

	/* Damage is told by the second look.  Without a HEAD nothing was
	 * committed, or the walk will say. */
	return rc == PM_ENOTFOUND || rc == PM_ECORRUPT ? PM_OK : rc;
}

static int
read_head_again(struct verifier *verifier)
{
	int rc = pm_head_read(&verifier->head, verifier->path, verifier->err);

	if (rc == PM_ECORRUPT) {
		pm_verify_report(verifier, "HEAD", 0, 0, verifier->err->text);
		return PM_OK;
	}
	return rc == PM_ENOTFOUND ? PM_OK : rc;
}

/* Was another log put in the place of the one we look at (V7)? */
static bool
is_replaced(const struct pm_head *before, const struct pm_head *now)
{
	return now->drop_from != before->drop_from ||
	    now->sequence < before->sequence;
}

int
pm_verify_same_log(struct verifier *verifier)
{
	struct pm_head now;
	int rc = pm_head_read(&now, verifier->path, verifier->err);

	if (rc != PM_OK)                 /* the walk tells */
		return rc == PM_ENOMEM ? rc : PM_OK;
	return !is_replaced(&verifier->head, &now) ? PM_OK :
	    pm_fail(verifier->err, PM_EBUSY, "%s: its volumes were written "
	    "anew meanwhile; verify it again", verifier->path);
}

/* The catalog, and a HEAD that is not behind it and of the same log. */
static int
open_state(struct verifier *verifier)
{
	struct pm_head before;
	int rc = read_head(verifier);

	before = verifier->head;
	if (rc == PM_OK)
		rc = open_catalog(verifier);
	if (rc == PM_OK)
		rc = read_head_again(verifier);
	if (rc == PM_OK && is_replaced(&before, &verifier->head)) {
		pm_catalog_close(verifier->catalog);
		verifier->catalog = NULL;
		rc = open_catalog(verifier);
	}
	return rc;
}

/* So that no volume goes while we read, whatever becomes of the catalog.  Where
 * there are no such locks, or for a writer that does not end, without. */
static int
share_volumes(struct verifier *verifier)
{
	char *volumes = pm_fs_join(verifier->path, "volumes", verifier->err);
	struct pm_err ignored;

	if (volumes == NULL)
		return PM_ENOMEM;
	(void)pm_fs_share(&verifier->share, volumes, &ignored);
	pm_free(volumes);
	return PM_OK;
}

/* Is there a HEAD or a folder of volumes? */
static int
is_begun(bool *out, const char *path, struct pm_err *err)
{
	static const char *const name[] = { "HEAD", "volumes" };

	*out = false;
	for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
		char *file = pm_fs_join(path, name[i], err);
		bool there = false;
		int rc = file == NULL ? PM_ENOMEM :
		    pm_fs_look(&there, file, err);

		pm_free(file);
		if (rc != PM_OK)
			return rc;
		*out = *out || there;
	}
	return PM_OK;
}

int
pm_verify(struct pm_verified *out, const char *path,
    const struct pm_verify_options *options, struct pm_err *err)
{
	struct verifier verifier = { .options = options, .path = path,
	    .threads = options->threads == 0 ? pm_processors() :
	    options->threads, .share = -1, .err = err };
	bool begun = false;
	int rc = check_options(options, err);

	if (rc != PM_OK)
		return rc;
	rc = pm_archive_probe(path, err);

	/* Killed while it was made: an archive without anything. */
	if (rc == PM_OK)
		rc = is_begun(&begun, path, err);
	else if (rc == PM_ENOTFOUND && pm_fs_exists(path))
		rc = PM_OK;
	if (rc == PM_OK && !begun) {
		verifier.verified.complete = options->max_seconds != 0;
		*out = verifier.verified;
		return PM_OK;
	}
	if (rc == PM_OK)
		rc = pm_pool_new(&verifier.pool, verifier.threads == 1 ? 0 :
		    verifier.threads, err);
	if (rc == PM_OK)
		rc = share_volumes(&verifier);
	if (rc == PM_OK)
		rc = open_state(&verifier);
	if (rc == PM_OK)
		rc = verify_until(&verifier);
	/* It belongs to the last of several parts, as the catalog does. */
	if (rc == PM_OK && verifier.answer == 0 && !verifier.stopped &&
	    options->part == options->parts)
		rc = pm_archive_parity_check(&verifier.verified, path,
		    options, err);
	*out = verifier.verified;
	pm_map_clear(&verifier.named);
	pm_sums_clear(&verifier.manifest);
	pm_fs_close(verifier.share);
	pm_catalog_close(verifier.fresh);
	pm_catalog_close(verifier.catalog);
	pm_pool_free(verifier.pool);
	return rc == PM_OK ? verifier.answer : rc;
}
