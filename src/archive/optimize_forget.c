/*
 * What of the old log is not to be in the new one, because it was forgotten
 * (store/catalog.h, forget.h), and what is left of captures that show it.
 */
#include "archive/optimize_internal.h"
#include "base/err.h"

static int
mark_gone(struct optimizer *optimizer)
{
	struct pm_catalog *catalog = optimizer->writer.catalog;
	bool gone = false;
	int rc = PM_OK;

	for (size_t i = 0; i < optimizer->articles.n && rc == PM_OK; i++) {
		rc = pm_catalog_forgotten_article(&gone, catalog, i + 1,
		    optimizer->err);
		optimizer->articles.p[i].gone |= gone;
	}
	for (size_t i = 0; i < optimizer->teasers.n && rc == PM_OK; i++) {
		rc = pm_catalog_forgotten_teaser(&gone, catalog, i + 1,
		    optimizer->err);
		optimizer->teasers.p[i].gone |= gone;
	}
	for (size_t i = 0; i < optimizer->captures.n && rc == PM_OK; i++) {
		rc = pm_catalog_forgotten_capture(&gone, catalog, i + 1,
		    optimizer->err);
		optimizer->captures.p[i].gone |= gone;
	}
	return rc;
}

/* ---- what is left of captures ---- */

struct measure {
	struct pm_sha256_state *sha256;
	uint64_t bytes;
};

static int
measure_piece(void *context, struct pm_bytes bytes, struct pm_err *err)
{
	struct measure *measure = context;

	(void)err;
	measure->bytes += bytes.n;
	pm_sha256_update(measure->sha256, bytes);
	return PM_OK;
}

static int
note_shown(void *context, const struct pm_forgotten_teaser *teaser)
{
	bool *shown = context;

	(void)teaser;
	*shown = true;
	return PM_OK;
}

/* One that was cut before, and shows nothing that was forgotten since, keeps
 * its recipe. */
static int
cut_capture(struct optimizer *optimizer, uint32_t number,
    struct measure *measure)
{
	struct old_capture *capture = NUMBERED(optimizer->captures, number);
	bool shown = false;
	int rc = pm_catalog_forgotten_shown(optimizer->writer.catalog, number,
	    note_shown, &shown, optimizer->err);

	if (rc == PM_OK)
		rc = LIST_ROOM(optimizer->made, optimizer->err);
	measure->bytes = 0;
	if (rc == PM_OK)
		rc = pm_redactor_run(optimizer->redactor, number,
		    measure_piece, measure, optimizer->err);
	if (rc != PM_OK)
		return rc;
	pm_sha256_final(optimizer->made.p[optimizer->made.n++].sha256,
	    measure->sha256);
	capture->made = (uint32_t)optimizer->made.n;
	capture->cut = shown || capture->kind == PM_CAPTURE_RECORDS;
	if (capture->cut)
		capture->bytes = measure->bytes;
	return PM_OK;
}

static int
settle_fate(struct optimizer *optimizer, uint32_t number,
    struct measure *measure)
{
	struct old_capture *capture = NUMBERED(optimizer->captures, number);
	enum pm_fate fate;
	int rc;

	/* Of text alone there is nothing to be cut. */
	if (capture->gone || NUMBERED(optimizer->captures,
	    capture->root)->text_only)
		return PM_OK;
	rc = pm_redactor_fate(&fate, optimizer->redactor, number,
	    optimizer->err);
	if (rc != PM_OK || fate == PM_FATE_WHOLE)
		return rc;
	if (fate == PM_FATE_CUT)
		return cut_capture(optimizer, number, measure);
	capture->cut = capture->withheld = true;
	return PM_OK;
}

static int
settle_fates(struct optimizer *optimizer)
{
	struct measure measure = { pm_sha256_new(optimizer->err), 0 };
	int rc = measure.sha256 == NULL ? PM_ENOMEM : PM_OK;

	for (size_t i = 0; i < optimizer->captures.n && rc == PM_OK; i++) {
		rc = settle_fate(optimizer, (uint32_t)i + 1, &measure);
		if (rc == PM_OK)
			rc = pm_optimize_tell(optimizer, PM_PHASE_CHECK);
	}
	pm_sha256_free(measure.sha256);
	return rc;
}

/* ---- whose recipe serves whom ---- */

static void
take_recipe(struct old_capture *to, const struct old_capture *from)
{
	to->recipe_frame = from->recipe_frame;
	to->recipe_at = from->recipe_at;
	to->recipe_n = from->recipe_n;
	to->text_only = from->text_only;
	memcpy(to->sha256, from->sha256, sizeof to->sha256);
}

/* The first that stays whole of those with the same bytes has the recipe now;
 * what is cut has one of its own. */
static int
settle_roots(struct optimizer *optimizer)
{
	uint32_t *heir = pm_alloc_zero((optimizer->captures.n + 1) *
	    sizeof *heir, optimizer->err);

	if (heir == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < optimizer->captures.n; i++) {
		struct old_capture *capture = &optimizer->captures.p[i];
		uint32_t number = (uint32_t)i + 1, root = capture->root;

		if (capture->gone)
			continue;
		if (!capture->cut && heir[root] != 0) {
			capture->root = heir[root];
			continue;
		}
		if (!capture->cut)
			heir[root] = number;
		if (root != number)
			take_recipe(capture, NUMBERED(optimizer->captures,
			    root));
		capture->root = number;
	}
	pm_free(heir);
	return PM_OK;
}

static void
count_kept(struct optimizer *optimizer)
{
	for (size_t i = 0; i < optimizer->articles.n; i++)
		optimizer->kept_articles += !optimizer->articles.p[i].gone;
	for (size_t i = 0; i < optimizer->captures.n; i++)
		optimizer->kept_captures += !optimizer->captures.p[i].gone;
}

int
pm_optimize_forget(struct optimizer *optimizer)
{
	bool forgets = false;
	int rc = pm_catalog_forgets(&forgets, optimizer->writer.catalog,
	    optimizer->err);

	if (rc == PM_OK && forgets && (rc = mark_gone(optimizer)) == PM_OK)
		rc = settle_fates(optimizer);
	if (rc == PM_OK && forgets)
		rc = settle_roots(optimizer);
	if (rc == PM_OK)
		count_kept(optimizer);
	return rc;
}

void
pm_optimize_tombstone(struct pm_log_forget *line,
    struct pm_log_gone_article *article, struct pm_log_gone_teaser *teaser)
{
	for (size_t i = 0; i < line->article_n; i++) {
		article[i] = line->article[i];
		article[i].number = 0;
	}
	for (size_t i = 0; i < line->teaser_n; i++) {
		teaser[i] = line->teaser[i];
		teaser[i].number = 0;
	}
	line->article = article;
	line->teaser = teaser;
	line->capture_n = 0;
}
