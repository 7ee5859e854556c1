/*
 * Bytes of captures without what was forgotten (F2, F3).
 *
 * A teaser is found for sure where the recipe names it, or where both its title
 * and its snippet stand in the literal bytes (cutter.c).
 */
#include "archive/forget.h"

#include "archive/recipe.h"
#include "base/err.h"
#include "base/list.h"
#include "base/mem.h"

struct pm_redactor {
	struct pm_catalog *catalog;
	struct pm_frames *frames;
	bool forgets;
	/* Of one capture: what it showed, each with its place in the cutter. */
	LIST(struct pm_forgotten_teaser) shown;
	struct pm_cutter *cutter;
	struct pm_buf out;
	/* Of a record file: where its records go. */
	int (*piece)(void *context, struct pm_bytes bytes,
	    struct pm_err *err);
	void *context;
	uint64_t left;                   /* bytes that they may make */
	struct pm_err *err;
};

/* ---- one page ---- */

static int
add_shown(void *context, const struct pm_forgotten_teaser *teaser)
{
	struct pm_redactor *redactor = context;
	int rc = LIST_ROOM(redactor->shown, redactor->err);

	if (rc == PM_OK)
		redactor->shown.p[redactor->shown.n++] = *teaser;
	return rc;
}

/* A teaser whose line is not there any more cannot be found. */
static int
add_texts(struct pm_redactor *redactor,
    const struct pm_forgotten_teaser *teaser)
{
	struct pm_bytes title = pm_bytes_of("?"), snippet = { 0 };
	int rc = teaser->frame == 0 ? PM_OK : pm_frames_teaser(&title,
	    &snippet, redactor->frames, teaser->frame, teaser->ordinal,
	    redactor->err);

	return rc == PM_OK ? pm_cutter_add(redactor->cutter, title, snippet,
	    redactor->err) : rc;
}

static int
read_shown(struct pm_redactor *redactor, uint64_t capture)
{
	int rc;

	redactor->shown.n = 0;
	pm_cutter_reset(redactor->cutter);
	rc = pm_catalog_forgotten_shown(redactor->catalog, capture, add_shown,
	    redactor, redactor->err);
	for (size_t i = 0; i < redactor->shown.n && rc == PM_OK; i++)
		rc = add_texts(redactor, &redactor->shown.p[i]);
	return rc;
}

static int
cut_teaser(void *context, enum pm_cut *cut, uint64_t frame, uint32_t ordinal,
    struct pm_err *err)
{
	struct pm_redactor *redactor = context;

	(void)err;
	for (size_t i = 0; i < redactor->shown.n; i++) {
		if (redactor->shown.p[i].frame != frame ||
		    redactor->shown.p[i].ordinal != ordinal)
			continue;
		*cut = pm_cutter_blanks(redactor->cutter) ? PM_CUT_BLANK :
		    PM_CUT_OUT;
		pm_cutter_found(redactor->cutter, i);
	}
	return PM_OK;
}

static int
cut_literal(void *context, struct pm_bytes *literal, struct pm_err *err)
{
	struct pm_redactor *redactor = context;

	return pm_cutter_cut(redactor->cutter, literal, err);
}

static int
keep_piece(void *context, struct pm_bytes bytes, struct pm_err *err)
{
	struct pm_redactor *redactor = context;

	return pm_buf_append(&redactor->out, bytes.p, bytes.n, err);
}

static int
no_captures(void *context, uint64_t first, uint64_t n, struct pm_err *err)
{
	(void)context;
	(void)first;
	(void)n;
	return pm_fail(err, PM_ECORRUPT,
	    "a record file is a record of another");
}

/* Into redactor->out; PM_ENOTFOUND: withheld. */
static int
run_page(struct pm_redactor *redactor, const struct pm_capture_place *place)
{
	const struct pm_recipe_cut cut = { cut_teaser, cut_literal,
	    no_captures, redactor };
	int rc = PM_OK;

	pm_buf_reset(&redactor->out);
	if (redactor->shown.n <= PM_CUTTER_MAX)
		rc = pm_recipe_run_cut(redactor->frames, place->frame,
		    place->offset, place->bytes, &cut, keep_piece, redactor,
		    redactor->err);
	if (rc == PM_OK && !pm_cutter_is_done(redactor->cutter))
		rc = pm_fail(redactor->err, PM_ENOTFOUND, "it shows what was "
		    "forgotten, and that cannot be cut out for sure");
	return rc;
}

/* ---- one capture ---- */

/* As its recipe says: nothing of it was forgotten. */
static int
run_whole(struct pm_redactor *redactor, const struct pm_capture_place *place,
    int (*piece)(void *context, struct pm_bytes bytes, struct pm_err *err),
    void *context)
{
	return pm_recipe_run(redactor->frames, place->frame, place->offset,
	    place->bytes, piece, context, redactor->err);
}

static int
withheld(struct pm_err *err)
{
	return pm_fail(err, PM_ENOTFOUND, "it was forgotten");
}

/* PM_ENOTFOUND: it is withheld, and nothing was given. */
static int
run_one(struct pm_redactor *redactor, uint64_t capture,
    const struct pm_capture_place *place, int (*piece)(void *context,
    struct pm_bytes bytes, struct pm_err *err), void *context)
{
	int rc = read_shown(redactor, capture);

	if (rc != PM_OK)
		return rc;
	if (redactor->shown.n == 0)
		return run_whole(redactor, place, piece, context);
	rc = run_page(redactor, place);
	return rc != PM_OK || redactor->out.n == 0 ? rc :
	    piece(context, pm_buf_bytes(&redactor->out), redactor->err);
}

static int
place_of(struct pm_capture_place *out, struct pm_redactor *redactor,
    uint64_t capture)
{
	bool gone = false;
	int rc = pm_catalog_capture_place(out, redactor->catalog, capture,
	    redactor->err);

	if (rc != PM_END)
		return rc;
	rc = pm_catalog_forgotten_capture(&gone, redactor->catalog, capture,
	    redactor->err);
	if (rc == PM_OK && !gone)
		rc = pm_fail(redactor->err, PM_ECORRUPT, "no capture %llu",
		    (unsigned long long)capture);
	return rc == PM_OK ? withheld(redactor->err) : rc;
}

/* F3 */
static int
run_records(void *context, uint64_t first, uint64_t n, struct pm_err *err)
{
	struct pm_redactor *redactor = context;
	struct pm_capture_place place;
	int rc = PM_OK;

	(void)err;
	for (uint64_t i = 0; i < n && rc == PM_OK; i++) {
		rc = place_of(&place, redactor, first + i);
		if (rc == PM_OK && place.kind == PM_CAPTURE_RECORDS)
			rc = no_captures(NULL, 0, 0, redactor->err);
		if (rc == PM_OK && place.bytes > redactor->left)
			rc = pm_fail(redactor->err, PM_ECORRUPT,
			    "a recipe makes too many bytes");
		if (rc == PM_OK)
			redactor->left -= place.bytes;
		if (rc == PM_OK && place.frame != 0)
			rc = run_one(redactor, first + i, &place,
			    redactor->piece, redactor->context);
		if (rc == PM_ENOTFOUND)
			rc = PM_OK;
	}
	return rc;
}

static int
no_teaser(void *context, enum pm_cut *cut, uint64_t frame, uint32_t ordinal,
    struct pm_err *err)
{
	(void)context;
	(void)frame;
	(void)ordinal;
	(void)err;
	*cut = PM_CUT_NOT;
	return PM_OK;
}

static int
no_literal(void *context, struct pm_bytes *literal, struct pm_err *err)
{
	(void)context;
	(void)literal;
	(void)err;
	return PM_OK;
}

static int
run_file(struct pm_redactor *redactor, const struct pm_capture_place *place,
    int (*piece)(void *context, struct pm_bytes bytes, struct pm_err *err),
    void *context)
{
	const struct pm_recipe_cut cut = { no_teaser, no_literal, run_records,
	    redactor };

	redactor->piece = piece;
	redactor->context = context;
	redactor->left = place->bytes;
	return pm_recipe_run_cut(redactor->frames, place->frame,
	    place->offset, place->bytes, &cut, piece, context,
	    redactor->err);
}

int
pm_redactor_run(struct pm_redactor *redactor, uint64_t capture,
    int (*piece)(void *context, struct pm_bytes bytes, struct pm_err *err),
    void *context, struct pm_err *err)
{
	struct pm_capture_place place;
	int rc;

	redactor->err = err;
	if ((rc = place_of(&place, redactor, capture)) != PM_OK)
		return rc;
	if (place.frame == 0)
		return pm_fail(err, PM_ENOTFOUND, "only its text was kept");
	if (place.kind == PM_CAPTURE_RECORDS)
		return run_file(redactor, &place, piece, context);
	return run_one(redactor, capture, &place, piece, context);
}

/* ---- fates ---- */

static int
drop_piece(void *context, struct pm_bytes bytes, struct pm_err *err)
{
	(void)context;
	(void)bytes;
	(void)err;
	return PM_OK;
}

struct touched {
	struct pm_catalog *catalog;
	bool is;
};

static int
look_at_records(void *context, uint64_t first, uint64_t n,
    struct pm_err *err)
{
	struct touched *touched = context;

	return n == 0 || touched->is ? PM_OK : pm_catalog_touches(
	    &touched->is, touched->catalog, first, first + (n - 1), err);
}

/* Is a record of the file withheld or cut? */
static int
look_at_file(bool *out, struct pm_redactor *redactor,
    const struct pm_capture_place *place)
{
	struct touched touched = { redactor->catalog, false };
	const struct pm_recipe_cut cut = { no_teaser, no_literal,
	    look_at_records, &touched };
	int rc = place->frame == 0 ? PM_OK : pm_recipe_run_cut(
	    redactor->frames, place->frame, place->offset, place->bytes, &cut,
	    drop_piece, NULL, redactor->err);

	*out = touched.is;
	return rc;
}

static int
fate_of_page(enum pm_fate *out, struct pm_redactor *redactor,
    uint64_t capture, const struct pm_capture_place *place)
{
	int rc = read_shown(redactor, capture);

	if (rc != PM_OK || redactor->shown.n == 0)
		return rc;
	*out = PM_FATE_CUT;
	rc = place->frame == 0 ? PM_OK : run_page(redactor, place);
	if (rc != PM_ENOTFOUND)
		return rc;
	*out = PM_FATE_WITHHELD;
	return PM_OK;
}

int
pm_redactor_fate(enum pm_fate *out, struct pm_redactor *redactor,
    uint64_t capture, struct pm_err *err)
{
	struct pm_capture_place place;
	bool touched = false, redacted = false;
	int rc;

	*out = PM_FATE_WHOLE;
	redactor->err = err;
	if (!redactor->forgets)
		return PM_OK;
	if ((rc = place_of(&place, redactor, capture)) == PM_ENOTFOUND) {
		*out = PM_FATE_WITHHELD;
		return PM_OK;
	}
	if (rc == PM_OK)
		rc = pm_catalog_is_redacted(&redacted, redactor->catalog,
		    capture, err);
	if (rc == PM_OK && place.kind == PM_CAPTURE_RECORDS)
		rc = look_at_file(&touched, redactor, &place);
	if (rc != PM_OK)
		return rc;
	if (touched || redacted)
		*out = PM_FATE_CUT;
	return place.kind == PM_CAPTURE_RECORDS ? PM_OK :
	    fate_of_page(out, redactor, capture, &place);
}

/* ---- life ---- */

int
pm_redactor_open(struct pm_redactor **out, struct pm_catalog *catalog,
    struct pm_frames *frames, struct pm_err *err)
{
	struct pm_redactor *redactor = pm_alloc_zero(sizeof *redactor, err);
	int rc;

	if (redactor == NULL)
		return PM_ENOMEM;
	redactor->catalog = catalog;
	redactor->frames = frames;
	rc = pm_cutter_new(&redactor->cutter, err);
	if (rc == PM_OK)
		rc = pm_catalog_forgets(&redactor->forgets, catalog, err);
	if (rc == PM_OK)
		*out = redactor;
	else
		pm_redactor_close(redactor);
	return rc;
}

void
pm_redactor_close(struct pm_redactor *redactor)
{
	if (redactor == NULL)
		return;
	pm_free(redactor->shown.p);
	pm_cutter_free(redactor->cutter);
	pm_buf_clear(&redactor->out);
	pm_free(redactor);
}
