/*
 * A recipe of the old log, step by step, into one of the new log.
 *
 * What is copied from a text, and what a teaser gives, is named where it
 * stands now.  All else that a capture takes from somewhere is taken as bytes
 * and becomes its own again: a literal, or pieces when it is long.
 */
#include "archive/optimize_internal.h"
#include "archive/recipe.h"
#include "base/err.h"
#include "page/codec.h"

enum {
	OWN_MAX = 6 << 20,               /* in a frame with others */
	CODED_MOST = 6,                  /* times as long as the text */
	PIECE_LEAST = 64 << 10,
	RECIPE_ROOM = 64                 /* for a step */
};

struct step {
	enum pm_step kind;
	struct pm_bytes literal;         /* or what stands in a teaser's middle */
	uint64_t frame, at, n;           /* at: the ordinal of a teaser */
	int codec;
};

static int
read_step(struct step *out, const struct new_log *log, uint64_t frame,
    size_t *at)
{
	struct pm_bytes steps = pm_buf_bytes(&log->old_recipe);
	struct pm_recipe_step step;
	int rc = pm_recipe_next(&step, steps, at, log->err);

	if (rc != PM_OK)
		return rc;
	if (step.distance >= frame)
		return pm_fail(log->err, PM_ECORRUPT,
		    "a recipe names a frame before the first");
	*out = (struct step){ step.kind, step.bytes, frame - step.distance,
	    step.at, step.n, step.codec };
	return PM_OK;
}

int
pm_optimize_load(struct new_log *log, const struct old_capture *capture)
{
	uint64_t n = 0;
	size_t at = 0;
	int rc;

	pm_buf_reset(&log->old_recipe);
	rc = pm_frames_copy(&log->old_recipe, log->optimizer->writer.frames,
	    capture->recipe_frame, capture->recipe_at, capture->recipe_n,
	    log->err);
	if (rc == PM_OK)
		rc = pm_varint_get(&n, log->old_recipe.p, log->old_recipe.n,
		    &at, log->err);
	if (rc != PM_OK)
		return rc;
	memmove(log->old_recipe.p, log->old_recipe.p + at,
	    log->old_recipe.n - at);
	log->old_recipe.n -= at;
	return PM_OK;
}

/* ---- what a step names ---- */

/* The last article that does not begin behind a place. */
static struct old_article *
article_before(struct optimizer *optimizer, uint64_t frame, uint64_t offset)
{
	size_t low = 0, high = optimizer->articles.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct old_article *article =
		    &optimizer->articles.p[middle];

		if (article->frame < frame || (article->frame == frame &&
		    article->offset <= offset))
			low = middle + 1;
		else
			high = middle;
	}
	return low == 0 ? NULL : &optimizer->articles.p[low - 1];
}

/* Where those bytes of a text are now; false: they are of no text. */
static bool
find_text(struct step *out, struct new_log *log, const struct step *step)
{
	const struct old_article *article = article_before(log->optimizer,
	    step->frame, step->at);
	uint64_t part, begin, bytes;

	if (article == NULL || article->new_frame == 0)
		return false;
	part = step->frame - article->frame;
	if (part > 0 && article->bytes <= part * PM_MEMBER_MAX)
		return false;
	begin = part == 0 ? article->offset : PM_TAR_BLOCK;
	bytes = article->bytes - part * PM_MEMBER_MAX;
	if (bytes > PM_MEMBER_MAX)
		bytes = PM_MEMBER_MAX;
	if (step->at < begin || step->at - begin > bytes ||
	    step->n > bytes - (step->at - begin))
		return false;
	*out = *step;
	out->frame = article->new_frame + part;
	out->at = step->at - begin + (part == 0 ? article->new_offset :
	    PM_TAR_BLOCK);
	return true;
}

/* The number of a teaser by its place in the old log; 0: there is none. */
static uint32_t
find_teaser(const struct optimizer *optimizer, const struct step *step)
{
	size_t low = 0, high = optimizer->teasers.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (optimizer->teasers.p[middle].line.frame < step->frame)
			low = middle + 1;
		else
			high = middle;
	}
	if (step->at >= optimizer->teasers.n - low ||
	    optimizer->teasers.p[low + step->at].line.frame != step->frame)
		return 0;
	return (uint32_t)(low + step->at) + 1;
}

static int
names_nothing(struct pm_err *err)
{
	return pm_fail(err, PM_ECORRUPT, "a recipe names what is not there");
}

int
pm_optimize_named(struct new_log *log, const struct old_capture *capture,
    int (*of_capture)(void *context, uint64_t number),
    int (*of_teaser)(void *context, uint64_t number), void *context)
{
	struct step step;
	size_t at = 0;
	int rc;

	while ((rc = read_step(&step, log, capture->recipe_frame, &at)) ==
	    PM_OK) {
		if (step.kind == PM_STEP_TEASER) {
			uint32_t teaser = find_teaser(log->optimizer, &step);

			if (teaser == 0)
				return names_nothing(log->err);
			rc = of_teaser(context, teaser);
		}
		for (uint64_t i = 0; step.kind == PM_STEP_CAPTURES &&
		    i < step.n && rc == PM_OK; i++)
			rc = of_capture(context, step.at + i);
		if (rc != PM_OK)
			return rc;
	}
	return rc == PM_END ? PM_OK : rc;
}

/* ---- what is a capture's own ---- */

static bool
is_copy(const struct step *step)
{
	return step->kind == PM_STEP_COPY || step->kind == PM_STEP_CODED;
}

/* The bytes of a step that copies from no text, into log->stretch. */
static int
fetch(struct new_log *log, const struct step *step)
{
	struct pm_frames *frames = log->optimizer->writer.frames;
	int rc;

	pm_buf_reset(&log->stretch);
	return (rc = pm_frames_copy(&log->stretch, frames, step->frame,
	    step->at, step->n, log->err));
}

static int
append_own(struct new_log *log, const struct step *step)
{
	int rc = fetch(log, step);

	if (rc != PM_OK)
		return rc;
	return step->kind == PM_STEP_COPY ? pm_buf_append(&log->shell,
	    log->stretch.p, log->stretch.n, log->err) :
	    pm_codec_write(&log->shell, step->codec,
	    pm_buf_bytes(&log->stretch), log->err);
}

static struct pm_bytes
cut_piece(const struct new_log *log, size_t at)
{
	size_t n = log->cut.n - at;

	return (struct pm_bytes){ log->cut.p + at, n < OWN_MAX ? n :
	    OWN_MAX };
}

static bool
is_piece(const struct new_log *log, const struct step *step)
{
	return log->in_pieces && step->kind == PM_STEP_COPY &&
	    step->n >= PIECE_LEAST;
}

/* Bytes that a step adds to the recipe. */
static uint64_t
own_bytes(struct new_log *log, const struct step *step)
{
	struct step text;

	if (!is_copy(step) || find_text(&text, log, step))
		return 0;
	return step->kind == PM_STEP_CODED ? CODED_MOST * step->n : step->n;
}

static int
write_piece(struct new_log *log, const struct step *step)
{
	int rc = fetch(log, step);

	if (rc == PM_OK)
		rc = pm_optimize_piece(log, pm_buf_bytes(&log->stretch));
	if (rc == PM_OK && log->next_piece == 0)
		log->next_piece = log->frame - 1;
	return rc;
}

static int
keep_cut(void *context, struct pm_bytes bytes, struct pm_err *err)
{
	struct pm_buf *cut = context;

	return pm_buf_append(cut, bytes.p, bytes.n, err);
}

/* What is left of a capture (forget.h) is one literal, or pieces. */
static int
cut_pieces(uint64_t *most, struct new_log *log,
    const struct old_capture *capture)
{
	struct optimizer *optimizer = log->optimizer;
	int rc = PM_OK;

	*most = RECIPE_ROOM;
	log->in_pieces = false;
	log->next_piece = 0;
	pm_buf_reset(&log->cut);
	if (!capture->withheld)
		rc = pm_redactor_run(optimizer->redactor, (uint64_t)(capture -
		    optimizer->captures.p) + 1, keep_cut, &log->cut,
		    log->err);
	if (rc != PM_OK || log->cut.n <= OWN_MAX) {
		*most += log->cut.n;
		return rc;
	}
	log->in_pieces = true;
	for (size_t at = 0; at < log->cut.n && rc == PM_OK; at += OWN_MAX) {
		rc = pm_optimize_piece(log, cut_piece(log, at));
		if (rc == PM_OK && log->next_piece == 0)
			log->next_piece = log->frame - 1;
		*most += RECIPE_ROOM;
	}
	return rc;
}

static int
write_cut(struct new_log *log, struct pm_recipe *recipe)
{
	int rc = PM_OK;

	if (!log->in_pieces)
		return pm_recipe_literal(recipe, pm_buf_bytes(&log->cut),
		    log->err);
	for (size_t at = 0; at < log->cut.n && rc == PM_OK; at += OWN_MAX)
		rc = pm_recipe_copy(recipe, log->next_piece++, PM_TAR_BLOCK,
		    cut_piece(log, at).n, log->err);
	return rc;
}

int
pm_optimize_pieces(uint64_t *most, struct new_log *log,
    const struct old_capture *capture)
{
	struct step step;
	size_t at = 0;
	int rc;

	if (capture->cut && capture->kind != PM_CAPTURE_RECORDS)
		return cut_pieces(most, log, capture);
	*most = capture->recipe_n;
	log->in_pieces = false;
	while ((rc = read_step(&step, log, capture->recipe_frame, &at)) ==
	    PM_OK)
		*most += own_bytes(log, &step);
	if (rc != PM_END || *most <= OWN_MAX)
		return rc == PM_END ? PM_OK : rc;
	log->in_pieces = true;
	log->next_piece = 0;
	*most = capture->recipe_n;
	for (at = 0; (rc = read_step(&step, log, capture->recipe_frame,
	    &at)) == PM_OK;) {
		uint64_t own = own_bytes(log, &step);

		if (own > 0 && is_piece(log, &step))
			rc = write_piece(log, &step);
		else
			*most += own;
		if (rc != PM_OK)
			return rc;
	}
	return rc == PM_END ? PM_OK : rc;
}

/* ---- the new recipe ---- */

static int
flush_shell(struct new_log *log, struct pm_recipe *recipe)
{
	int rc = pm_recipe_literal(recipe, pm_buf_bytes(&log->shell),
	    log->err);

	pm_buf_reset(&log->shell);
	return rc;
}

static int
write_copy(struct new_log *log, struct pm_recipe *recipe,
    const struct step *step)
{
	struct step text;
	int rc;

	if (step->n == 0)
		return PM_OK;
	if (find_text(&text, log, step)) {
		rc = flush_shell(log, recipe);
		if (rc == PM_OK && step->kind == PM_STEP_COPY)
			return pm_recipe_copy(recipe, text.frame, text.at,
			    text.n, log->err);
		return rc == PM_OK ? pm_recipe_coded(recipe, step->codec,
		    text.frame, text.at, text.n, log->err) : rc;
	}
	if (!is_piece(log, step))
		return append_own(log, step);
	rc = flush_shell(log, recipe);
	return rc == PM_OK ? pm_recipe_copy(recipe, log->next_piece++,
	    PM_TAR_BLOCK, step->n, log->err) : rc;
}

static int
write_teaser(struct new_log *log, struct pm_recipe *recipe,
    const struct step *step)
{
	uint32_t number = find_teaser(log->optimizer, step);
	const struct old_teaser *teaser;
	int rc;

	if (number == 0)
		return names_nothing(log->err);
	teaser = NUMBERED(log->optimizer->teasers, number);
	if (teaser->gone)
		return names_nothing(log->err);
	rc = flush_shell(log, recipe);
	return rc == PM_OK ? pm_recipe_teaser(recipe, teaser->new_frame,
	    teaser->ordinal, step->literal, log->err) : rc;
}

/* Is it of the file no more? */
static bool
is_left_out(const struct optimizer *optimizer,
    const struct old_capture *record)
{
	return record->gone || record->withheld || NUMBERED(
	    optimizer->captures, record->root)->text_only;
}

/* Those that follow one another now are one step. */
static int
write_captures(struct new_log *log, struct pm_recipe *recipe,
    const struct step *step, bool cut)
{
	struct optimizer *optimizer = log->optimizer;
	uint64_t first = 0, n = 0;
	int rc = flush_shell(log, recipe);

	for (uint64_t i = 0; i < step->n && rc == PM_OK; i++) {
		const struct old_capture *record;
		uint64_t number;

		if (step->at + i == 0 || step->at + i > optimizer->captures.n)
			return names_nothing(log->err);
		record = NUMBERED(optimizer->captures, step->at + i);
		if (cut && is_left_out(optimizer, record))
			continue;
		if ((number = record->number) == 0)
			return names_nothing(log->err);
		if (n > 0 && number == first + n) {
			n++;
			continue;
		}
		if (n > 0)
			rc = pm_recipe_captures(recipe, first, n, log->err);
		first = number;
		n = 1;
	}
	return rc == PM_OK && n > 0 ? pm_recipe_captures(recipe, first, n,
	    log->err) : rc;
}

int
pm_optimize_recipe(struct new_log *log, const struct old_capture *capture)
{
	struct pm_recipe recipe = { &log->recipe, log->frame };
	struct step step;
	size_t at = 0;
	int rc;

	pm_buf_reset(&log->recipe);
	pm_buf_reset(&log->shell);
	if (capture->cut && capture->kind != PM_CAPTURE_RECORDS)
		return write_cut(log, &recipe);
	while ((rc = read_step(&step, log, capture->recipe_frame, &at)) ==
	    PM_OK) {
		switch (step.kind) {
		case PM_STEP_LITERAL:
			rc = pm_buf_append(&log->shell, step.literal.p,
			    step.literal.n, log->err);
			break;
		case PM_STEP_COPY:
		case PM_STEP_CODED:
			rc = write_copy(log, &recipe, &step);
			break;
		case PM_STEP_TEASER:
			rc = write_teaser(log, &recipe, &step);
			break;
		case PM_STEP_CAPTURES:
			rc = write_captures(log, &recipe, &step,
			    capture->cut);
			break;
		}
		if (rc != PM_OK)
			return rc;
	}
	return rc == PM_END ? flush_shell(log, &recipe) : rc;
}
