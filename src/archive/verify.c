/*
 * verify: the volumes against themselves, the catalog against the fold of the
 * volumes, and (deep) each capture against its digest.  Never writes.
 *
 * An add may go on meanwhile, or one was killed between the volumes and the
 * catalog.  So the catalog is opened before HEAD is read, which then is not
 * behind it, and is compared with the fold up to where it stands.
 */
#include <stdio.h>

#include "archive/archive.h"
#include "archive/fold.h"
#include "archive/forget.h"
#include "archive/map.h"
#include "archive/parity.h"
#include "base/list.h"
#include "archive/recipe.h"
#include "base/err.h"
#include "base/fs.h"
#include "store/catalog_query.h"

enum { DIFFERENCES_MAX = 1000, ARTICLES_MAX = 10000 };

struct verifier {
	const struct pm_verify_options *options;
	const char *path;
	struct pm_verified verified;
	struct pm_catalog *catalog;      /* the archive's; NULL: unreadable */
	struct pm_walk_start at;         /* where it stands */
	struct pm_catalog *fresh;        /* the fold */
	struct pm_pool *pool;
	struct pm_head head;
	struct pm_map named;             /* frames that were reported */
	int answer;                      /* non-zero from a callback */
	struct pm_err *err;
};

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

static void
report(struct verifier *verifier, const char *file, uint64_t volume,
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

static void
damaged(void *context, const struct pm_damage *damage)
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
	report(verifier, file, damage->volume, damage->frame, damage->text);
}

static int
differs(void *context, const char *text)
{
	struct verifier *verifier = context;

	report(verifier, "catalog.db", 0, 0, text);
	return verifier->answer;
}

/* ---- the volumes ---- */

static int
tell(void *context, uint64_t frames, uint64_t bytes)
{
	struct verifier *verifier = context;
	const struct pm_hooks *hooks = &verifier->options->hooks;
	struct pm_progress progress = { .phase = PM_PHASE_CHECK,
	    .bytes = bytes };

	(void)frames;
	if (verifier->answer != 0)
		return verifier->answer;
	return hooks->progress == NULL ? 0 :
	    hooks->progress(hooks->context, &progress);
}

static int
check_volumes(struct verifier *verifier)
{
	struct pm_fold_options fold = { .archive = verifier->path,
	    .catalog = verifier->fresh, .pool = verifier->pool,
	    .check = PM_FOLD_CHECK, .damaged = damaged, .context = verifier,
	    .progress = tell, .progress_context = verifier,
	    .until = verifier->at.sequence };
	struct pm_folded folded = { 0 };
	int rc;

	if (verifier->catalog != NULL && verifier->at.sequence == 0)
		fold.catalog = NULL;
	fold.start.next_frame = 1;
	rc = pm_fold_log(&folded, &fold, verifier->err);
	verifier->verified.batches = folded.batches;
	verifier->verified.frames = folded.frames;
	verifier->verified.bytes = folded.bytes;
	/* Lines that contradict each other are damage as well. */
	if (rc == PM_ECORRUPT) {
		report(verifier, "volumes", 0, 0, verifier->err->text);
		rc = PM_OK;
	}
	return rc;
}

static int
quick_volumes(struct verifier *verifier)
{
	struct pm_walk_options options = { .level = PM_WALK_QUICK,
	    .damaged = damaged, .context = verifier };
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
		report(verifier, "catalog.db", 0, 0,
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
	report(verifier, "catalog.db", 0, 0, verifier->err->text);
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
		report(verifier, "catalog.db", 0, 0, verifier->err->text);
		rc = PM_OK;
	}
	if (rc == PM_OK && verifier->catalog != NULL)
		find_place(verifier);
	return rc;
}

/* ---- captures ---- */

struct deep {
	struct verifier *verifier;
	struct pm_frames *frames;
	struct pm_redactor *redactor;
	struct pm_sha256_state *sha256;
};

static int
hash_piece(void *context, struct pm_bytes piece, struct pm_err *err)
{
	struct deep *deep = context;

	(void)err;
	pm_sha256_update(deep->sha256, piece);
	return PM_OK;
}

/* Of a capture that shows what was forgotten (forget.h) there is no digest:
 * what is left of it must be there. */
static int
rebuild(struct deep *deep, const struct pm_restorable *capture)
{
	struct pm_err *err = deep->verifier->err;
	uint8_t sha256[PM_SHA256_BYTES];
	enum pm_fate fate;
	int rc = pm_redactor_fate(&fate, deep->redactor, capture->capture,
	    err);

	if (rc != PM_OK || fate == PM_FATE_WITHHELD)
		return rc;
	if (fate == PM_FATE_CUT)
		rc = pm_redactor_run(deep->redactor, capture->capture,
		    hash_piece, deep, err);
	else
		rc = pm_recipe_run(deep->frames, capture->recipe_frame,
		    capture->recipe_offset, capture->bytes, hash_piece, deep,
		    err);
	pm_sha256_final(sha256, deep->sha256);
	return rc == PM_OK && fate == PM_FATE_WHOLE && memcmp(sha256,
	    capture->sha256, sizeof sha256) != 0 ? pm_fail(err, PM_ECORRUPT,
	    "its bytes are not what its digest says") : rc;
}

static int
check_capture(void *context, const struct pm_restorable *capture)
{
	struct deep *deep = context;
	struct verifier *verifier = deep->verifier;
	char text[512];
	int rc = rebuild(deep, capture);

	if (rc == PM_ECORRUPT || rc == PM_ENOTFOUND || rc == PM_ELIMIT) {
		(void)snprintf(text, sizeof text, "capture %.*s: %.300s",
		    (int)(capture->path.n < 150 ? capture->path.n : 150),
		    (const char *)capture->path.p, verifier->err->text);
		/* The text names the frame that is damaged, which need not be
		 * the one with the recipe. */
		report(verifier, "volumes", 0, 0, text);
		rc = PM_OK;
	}
	verifier->verified.captures++;
	return rc != PM_OK ? rc : verifier->answer;
}

static int
check_captures(struct verifier *verifier)
{
	struct deep deep = { .verifier = verifier };
	int rc;

	if (verifier->catalog == NULL)
		return PM_OK;
	if ((deep.sha256 = pm_sha256_new(verifier->err)) == NULL)
		return PM_ENOMEM;
	rc = pm_frames_open(&deep.frames, verifier->catalog, verifier->path,
	    -1, verifier->err);
	if (rc == PM_OK)
		rc = pm_redactor_open(&deep.redactor, verifier->catalog,
		    deep.frames, verifier->err);
	if (rc == PM_OK)
		rc = pm_catalog_list_restorable(verifier->catalog, NULL,
		    check_capture, &deep, verifier->err);
	/* A catalog too damaged to list them is one more problem. */
	if (rc == PM_ECORRUPT && verifier->answer == 0) {
		report(verifier, "catalog.db", 0, 0, verifier->err->text);
		rc = verifier->answer;
	}
	pm_redactor_close(deep.redactor);
	pm_frames_close(deep.frames);
	pm_sha256_free(deep.sha256);
	return rc;
}

/* ---- all ---- */

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
	rc = pm_catalog_open(&verifier->fresh, NULL, PM_CATALOG_TEMP,
	    verifier->err);
	problems = verifier->verified.problems;
	if (rc == PM_OK)
		rc = check_volumes(verifier);
	/* Damaged volumes fold into something else than they once did. */
	if (rc == PM_OK && verifier->answer == 0 &&
	    verifier->verified.problems == problems)
		rc = verifier->catalog == NULL ? PM_OK :
		    pm_catalog_compare(verifier->catalog, verifier->fresh,
		    differs, verifier, verifier->err);
	if (rc == PM_OK && verifier->answer == 0 &&
	    verifier->options->level == PM_VERIFY_DEEP)
		rc = check_captures(verifier);
	return rc;
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
		report(verifier, "HEAD", 0, 0, verifier->err->text);
		return PM_OK;
	}
	return rc == PM_ENOTFOUND ? PM_OK : rc;
}

/* Is there a HEAD or a folder of volumes? */
static int
is_begun(bool *out, const char *path, struct pm_err *err)
{
	static const char *const name[] = { "HEAD", "volumes" };

	*out = false;
	for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
		char *file = pm_fs_join(path, name[i], err);

		if (file == NULL)
			return PM_ENOMEM;
		*out = *out || pm_fs_exists(file);
		pm_free(file);
	}
	return PM_OK;
}

int
pm_verify(struct pm_verified *out, const char *path,
    const struct pm_verify_options *options, struct pm_err *err)
{
	struct verifier verifier = { .options = options, .path = path,
	    .err = err };
	unsigned threads = options->threads == 0 ? pm_processors() :
	    options->threads;
	bool begun = false;
	int rc = pm_archive_probe(path, err);

	/* Killed while it was made: an archive without anything. */
	if (rc == PM_OK)
		rc = is_begun(&begun, path, err);
	else if (rc == PM_ENOTFOUND && pm_fs_exists(path))
		rc = PM_OK;
	if (rc == PM_OK && !begun) {
		*out = verifier.verified;
		return PM_OK;
	}
	if (rc == PM_OK)
		rc = pm_pool_new(&verifier.pool, threads == 1 ? 0 : threads,
		    err);
	if (rc == PM_OK)
		rc = read_head(&verifier);
	if (rc == PM_OK)
		rc = open_catalog(&verifier);
	if (rc == PM_OK)
		rc = read_head_again(&verifier);
	if (rc == PM_OK)
		rc = verify_levels(&verifier);
	if (rc == PM_OK && verifier.answer == 0)
		rc = pm_archive_parity_check(&verifier.verified, path,
		    options, err);
	*out = verifier.verified;
	pm_map_clear(&verifier.named);
	pm_catalog_close(verifier.fresh);
	pm_catalog_close(verifier.catalog);
	pm_pool_free(verifier.pool);
	return rc == PM_OK ? verifier.answer : rc;
}
