/*
 * The new log, before it takes the place of the old one: read as verify
 * --deep reads an archive.
 */
#include "archive/fold.h"
#include "archive/frames.h"
#include "archive/salvage.h"
#include "base/err.h"
#include "store/catalog_query.h"

struct check {
	struct pm_frames *frames;
	struct pm_sha256_state *sha256;
	struct pm_err *err;
};

static int
hash_piece(void *context, struct pm_bytes piece, struct pm_err *err)
{
	struct check *check = context;

	(void)err;
	pm_sha256_update(check->sha256, piece);
	return PM_OK;
}

static int
check_capture(void *context, const struct pm_restorable *capture)
{
	struct check *check = context;
	uint8_t sha256[PM_SHA256_BYTES];
	int rc = pm_recipe_run(check->frames, capture->recipe_frame,
	    capture->recipe_offset, capture->bytes, hash_piece, check,
	    check->err);

	pm_sha256_final(sha256, check->sha256);
	if (rc == PM_OK && memcmp(sha256, capture->sha256, sizeof sha256) !=
	    0)
		rc = pm_fail(check->err, PM_ECORRUPT,
		    "its bytes are not what its digest says");
	return rc == PM_OK ? PM_OK : pm_err_context(check->err,
	    "capture %.*s", (int)(capture->path.n < 150 ? capture->path.n :
	    150), (const char *)capture->path.p);
}

int
pm_salvage_check(struct salvage *salvage, const struct pm_head *head,
    struct pm_pool *pool)
{
	struct pm_fold_options fold = { .archive = salvage->archive,
	    .head = head, .pool = pool, .check = PM_FOLD_CHECK };
	struct check check = { .err = salvage->err };
	struct pm_folded folded;
	int rc = pm_catalog_open(&fold.catalog, NULL, PM_CATALOG_TEMP,
	    salvage->err);

	fold.start.next_frame = 1;
	if (rc == PM_OK)
		rc = pm_fold_log(&folded, &fold, salvage->err);
	if (rc == PM_OK && (check.sha256 = pm_sha256_new(salvage->err)) ==
	    NULL)
		rc = PM_ENOMEM;
	if (rc == PM_OK)
		rc = pm_frames_open(&check.frames, fold.catalog,
		    salvage->archive, -1, salvage->err);
	if (rc == PM_OK)
		rc = pm_catalog_list_restorable(fold.catalog, NULL,
		    check_capture, &check, salvage->err);
	pm_frames_close(check.frames);
	pm_sha256_free(check.sha256);
	pm_catalog_close(fold.catalog);
	return rc == PM_OK ? PM_OK : pm_err_context(salvage->err,
	    "what could be salvaged does not verify, and nothing was changed");
}
