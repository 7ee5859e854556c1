/*
 * Bytes of captures without what was forgotten (F2, F3).
 *
 * A teaser is found for sure where the recipe names it, or where both its title
 * and its snippet stand in the literal bytes, as they are or as a codec writes
 * them.  A needle of a few bytes says nothing, so such a teaser is never found
 * in literals; and where that would be looked for too long, nothing is.
 */
#include "archive/forget.h"

#include <stdlib.h>

#include "archive/recipe.h"
#include "base/err.h"
#include "base/list.h"
#include "base/mem.h"
#include "page/codec.h"

enum {
	NEEDLE_MIN = 12,                 /* bytes */
	SHOWN_MAX = 1000                 /* forgotten teasers on one page */
};
/* Bytes of literals times needles. */
#define WORK_MAX ((uint64_t)4 << 30)

struct shown {
	uint64_t frame;                  /* 0: its line is not there any more */
	uint32_t ordinal;
	bool title, snippet;             /* still to be found */
};

struct needle {
	struct pm_bytes bytes;
	size_t shown;
	bool is_title;
};

struct pm_redactor {
	struct pm_catalog *catalog;
	struct pm_frames *frames;
	bool forgets;
	/* Of one capture. */
	LIST(struct shown) shown;
	LIST(struct needle) needles;
	struct pm_arena arena;
	struct pm_buf out, cut, other;
	uint64_t work;
	bool too_much;
	/* Of a record file: where its records go. */
	int (*piece)(void *context, struct pm_bytes bytes,
	    struct pm_err *err);
	void *context;
	struct pm_err *err;
};

/* ---- what is looked for ---- */

static int
add_needle(struct pm_redactor *redactor, struct pm_bytes bytes, size_t shown,
    bool is_title)
{
	struct needle needle = { { 0 }, shown, is_title };
	int rc;

	for (size_t i = redactor->needles.n; i > 0 &&
	    redactor->needles.p[i - 1].shown == shown &&
	    redactor->needles.p[i - 1].is_title == is_title; i--)
		if (pm_bytes_equal(redactor->needles.p[i - 1].bytes, bytes))
			return PM_OK;
	needle.bytes.p = pm_arena_copy(&redactor->arena, bytes.p, bytes.n,
	    redactor->err);
	needle.bytes.n = bytes.n;
	if (needle.bytes.p == NULL)
		return PM_ENOMEM;
	if ((rc = LIST_ROOM(redactor->needles, redactor->err)) == PM_OK)
		redactor->needles.p[redactor->needles.n++] = needle;
	return rc;
}

/* A text as it is, and as each codec writes it. */
static int
add_needles(struct pm_redactor *redactor, struct pm_bytes text, size_t shown,
    bool is_title)
{
	int rc = PM_OK;

	if (text.n < NEEDLE_MIN)
		return PM_OK;
	for (int codec = 0; codec <= PM_CODEC_XML_QUOT && rc == PM_OK;
	    codec++) {
		if (!pm_codec_known(codec))
			continue;
		pm_buf_reset(&redactor->other);
		rc = pm_codec_write(&redactor->other, codec, text,
		    redactor->err);
		if (rc == PM_OK)
			rc = add_needle(redactor,
			    pm_buf_bytes(&redactor->other), shown, is_title);
	}
	return rc;
}

static int
add_shown(void *context, const struct pm_forgotten_teaser *teaser)
{
	struct pm_redactor *redactor = context;
	int rc = LIST_ROOM(redactor->shown, redactor->err);

	if (rc == PM_OK)
		redactor->shown.p[redactor->shown.n++] = (struct shown){
		    teaser->frame, teaser->ordinal, true, true };
	return rc;
}

/* Longest first: a text may be the beginning of another. */
static int
compare_needles(const void *a, const void *b)
{
	const struct needle *x = a, *y = b;

	return (x->bytes.n < y->bytes.n) - (x->bytes.n > y->bytes.n);
}

static int
read_shown(struct pm_redactor *redactor, uint64_t capture)
{
	struct pm_bytes title, snippet;
	int rc;

	redactor->shown.n = redactor->needles.n = 0;
	redactor->work = 0;
	redactor->too_much = false;
	pm_arena_reset(&redactor->arena);
	rc = pm_catalog_forgotten_shown(redactor->catalog, capture, add_shown,
	    redactor, redactor->err);
	if (rc == PM_OK && redactor->shown.n > SHOWN_MAX)
		redactor->too_much = true;
	for (size_t i = 0; i < redactor->shown.n && rc == PM_OK &&
	    !redactor->too_much; i++) {
		struct shown *shown = &redactor->shown.p[i];

		if (shown->frame == 0)
			continue;
		rc = pm_frames_teaser(&title, &snippet, redactor->frames,
		    shown->frame, shown->ordinal, redactor->err);
		if (rc != PM_OK)
			break;
		shown->title = title.n > 0;
		shown->snippet = snippet.n > 0;
		rc = add_needles(redactor, title, i, true);
		if (rc == PM_OK)
			rc = add_needles(redactor, snippet, i, false);
	}
	if (redactor->needles.n > 1)
		qsort(redactor->needles.p, redactor->needles.n,
		    sizeof *redactor->needles.p, compare_needles);
	return rc;
}

/* ---- cutting ---- */

static int
cut_teaser(void *context, bool *gone, uint64_t frame, uint32_t ordinal,
    struct pm_err *err)
{
	struct pm_redactor *redactor = context;

	(void)err;
	for (size_t i = 0; i < redactor->shown.n; i++) {
		struct shown *shown = &redactor->shown.p[i];

		if (shown->frame != frame || shown->ordinal != ordinal)
			continue;
		*gone = true;
		shown->title = shown->snippet = false;
	}
	return PM_OK;
}

/* Without each copy of the needle: *text is in redactor->cut then. */
static int
cut_needle(struct pm_redactor *redactor, struct pm_bytes *text,
    const struct needle *needle)
{
	const uint8_t *at = pm_bytes_find(*text, needle->bytes);
	struct pm_buf swap;
	int rc = PM_OK;

	if (at == NULL)
		return PM_OK;
	pm_buf_reset(&redactor->other);
	while (at != NULL && rc == PM_OK) {
		rc = pm_buf_append(&redactor->other, text->p,
		    (size_t)(at - text->p), redactor->err);
		text->n -= (size_t)(at - text->p) + needle->bytes.n;
		text->p = at + needle->bytes.n;
		at = pm_bytes_find(*text, needle->bytes);
	}
	if (rc == PM_OK)
		rc = pm_buf_append(&redactor->other, text->p, text->n,
		    redactor->err);
	swap = redactor->cut;
	redactor->cut = redactor->other;
	redactor->other = swap;
	*text = pm_buf_bytes(&redactor->cut);
	if (needle->is_title)
		redactor->shown.p[needle->shown].title = false;
	else
		redactor->shown.p[needle->shown].snippet = false;
	return rc;
}

static int
cut_literal(void *context, struct pm_bytes *literal, struct pm_err *err)
{
	struct pm_redactor *redactor = context;
	int rc = PM_OK;

	(void)err;
	redactor->work += literal->n * redactor->needles.n;
	if (redactor->work > WORK_MAX)
		redactor->too_much = true;
	for (size_t i = 0; i < redactor->needles.n && rc == PM_OK &&
	    !redactor->too_much; i++)
		if (literal->n >= redactor->needles.p[i].bytes.n)
			rc = cut_needle(redactor, literal,
			    &redactor->needles.p[i]);
	return rc;
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
	if (!redactor->too_much)
		rc = pm_recipe_run_cut(redactor->frames, place->frame,
		    place->offset, &cut, keep_piece, redactor, redactor->err);
	if (rc != PM_OK)
		return rc;
	for (size_t i = 0; i < redactor->shown.n; i++)
		if (redactor->shown.p[i].title ||
		    redactor->shown.p[i].snippet)
			redactor->too_much = true;
	return redactor->too_much ? pm_fail(redactor->err, PM_ENOTFOUND,
	    "it shows what was forgotten, and that cannot be cut out for "
	    "sure") : PM_OK;
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
		if (rc == PM_OK && place.frame != 0)
			rc = run_one(redactor, first + i, &place,
			    redactor->piece, redactor->context);
		if (rc == PM_ENOTFOUND)
			rc = PM_OK;
	}
	return rc;
}

static int
no_teaser(void *context, bool *gone, uint64_t frame, uint32_t ordinal,
    struct pm_err *err)
{
	(void)context;
	(void)frame;
	(void)ordinal;
	(void)err;
	*gone = false;
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
	return pm_recipe_run_cut(redactor->frames, place->frame,
	    place->offset, &cut, piece, context, redactor->err);
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
	    redactor->frames, place->frame, place->offset, &cut, drop_piece,
	    NULL, redactor->err);

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
	pm_arena_init(&redactor->arena);
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
	pm_free(redactor->needles.p);
	pm_arena_clear(&redactor->arena);
	pm_buf_clear(&redactor->out);
	pm_buf_clear(&redactor->cut);
	pm_buf_clear(&redactor->other);
	pm_free(redactor);
}
