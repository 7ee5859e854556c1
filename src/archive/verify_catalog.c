/*
 * The catalog against the fold of the volumes.  The fold takes many times what
 * reading the volumes takes; so, where not everything is asked for, a catalog
 * whose bytes are those that the writer left at HEAD (cache/catalog.sha256)
 * is taken for equal.  SQLite itself notices no changed byte in a text.
 */
#include "archive/fold.h"
#include "archive/verify_internal.h"
#include "base/err.h"

static int
differs(void *context, const char *text)
{
	struct verifier *verifier = context;

	pm_verify_report(verifier, "catalog.db", 0, 0, text);
	return verifier->answer;
}

static int
fold_tells(void *context, uint64_t frames, uint64_t bytes)
{
	struct verifier *verifier = context;

	(void)frames;
	(void)bytes;
	return pm_verify_tell(verifier);
}

static bool
is_at_head(const struct verifier *verifier)
{
	return verifier->catalog != NULL &&
	    verifier->at.sequence == verifier->head.sequence &&
	    memcmp(verifier->at.chain, verifier->head.chain,
	    PM_SHA256_BYTES) == 0;
}

/* What the volumes say, up to where the catalog stands. */
static int
make_fold(struct verifier *verifier)
{
	struct pm_fold_options fold = { .archive = verifier->path,
	    .catalog = verifier->fresh, .pool = verifier->pool,
	    .check = PM_FOLD_TRUST, .damaged = pm_verify_damaged,
	    .context = verifier, .progress = fold_tells,
	    .progress_context = verifier, .until = verifier->at.sequence };
	struct pm_folded folded = { 0 };
	int rc;

	if (verifier->catalog != NULL && verifier->at.sequence == 0)
		fold.catalog = NULL;
	fold.start.next_frame = 1;
	rc = pm_fold_log(&folded, &fold, verifier->err);
	/* Lines that contradict each other are damage as well. */
	if (rc == PM_ECORRUPT) {
		pm_verify_report(verifier, "volumes", 0, 0,
		    verifier->err->text);
		rc = PM_OK;
	}
	return rc;
}

int
pm_verify_catalog(struct verifier *verifier)
{
	uint64_t problems = verifier->verified.problems;
	bool holds = false;
	int rc = PM_OK;

	if (verifier->options->level != PM_VERIFY_DEEP &&
	    is_at_head(verifier))
		rc = pm_catalog_sum_holds(&holds, verifier->path,
		    verifier->err);
	if (rc != PM_OK || holds)
		return rc;
	if ((rc = pm_verify_same_log(verifier)) != PM_OK || (rc = pm_catalog_open(&verifier->fresh, NULL, PM_CATALOG_TEMP,
	    verifier->err)) != PM_OK)
		return rc;
	rc = make_fold(verifier);
	/* Damaged volumes fold into something else than they once did. */
	if (rc == PM_OK && verifier->answer == 0 &&
	    verifier->verified.problems == problems &&
	    verifier->catalog != NULL)
		rc = pm_catalog_compare(verifier->catalog, verifier->fresh,
		    differs, verifier, verifier->err);
	return rc;
}
