/*
 * Captures into the new log, run by run, each behind what it names (O2).
 */
#include "archive/optimize_internal.h"
#include "base/err.h"

enum {
	CAPTURE_NUMBERS = 4,             /* its own, and those it names */
	EMIT_DEPTH = 2                   /* file, record, what that is like */
};

static int
write_teaser(struct new_log *log, uint64_t number)
{
	struct old_teaser *teaser = NUMBERED(log->optimizer->teasers, number);
	struct pm_log_record record;
	int rc;

	if (teaser->number != 0 || teaser->gone)
		return PM_OK;
	if ((rc = pm_optimize_room(log, teaser->line.n, 1, 0)) != PM_OK ||
	    (rc = pm_optimize_line(&record, log->optimizer,
	    &teaser->line)) != PM_OK ||
	    (rc = LIST_ROOM(log->batch_teasers, log->err)) != PM_OK)
		return rc;
	log->batch_teasers.p[log->batch_teasers.n++] = (uint32_t)number;
	teaser->number = ++log->teasers;
	record.u.teaser.number = teaser->number;
	teaser->new_frame = log->frame;
	teaser->ordinal = log->teaser_n++;
	return pm_optimize_put(log, &record);
}

struct emit {
	struct new_log *log;
	LIST(uint64_t) captures, teasers;    /* that a recipe names */
};

static int
name_capture(void *context, uint64_t number)
{
	struct emit *emit = context;
	struct new_log *log = emit->log;
	int rc = LIST_ROOM(emit->captures, log->err);

	if (number == 0 || number > log->optimizer->captures.n)
		return pm_fail(log->err, PM_ECORRUPT,
		    "a recipe names a capture that is not there");
	if (rc == PM_OK)
		emit->captures.p[emit->captures.n++] = number;
	return rc;
}

static int
name_teaser(void *context, uint64_t number)
{
	struct emit *emit = context;
	int rc = LIST_ROOM(emit->teasers, emit->log->err);

	if (rc == PM_OK)
		emit->teasers.p[emit->teasers.n++] = number;
	return rc;
}

static int emit_capture(struct new_log *log, uint32_t number, unsigned depth);

/* What must stand before a capture (O2), as far as its recipe tells. */
static int
emit_named(struct new_log *log, const struct old_capture *capture,
    unsigned depth)
{
	struct emit emit = { .log = log };
	int rc;

	if (capture->cut && capture->kind != PM_CAPTURE_RECORDS)
		return PM_OK;
	if ((rc = pm_optimize_load(log, capture)) == PM_OK)
		rc = pm_optimize_named(log, capture, name_capture,
		    name_teaser, &emit);
	for (size_t i = 0; i < emit.captures.n && rc == PM_OK; i++)
		rc = emit_capture(log, (uint32_t)emit.captures.p[i],
		    depth + 1);
	for (size_t i = 0; i < emit.teasers.n && rc == PM_OK; i++)
		rc = write_teaser(log, emit.teasers.p[i]);
	pm_free(emit.captures.p);
	pm_free(emit.teasers.p);
	return rc;
}

static int
add_recipe(struct new_log *log, struct old_capture *capture, uint32_t number)
{
	int rc = LIST_ROOM(log->open, log->err);

	if (rc == PM_OK)
		rc = pm_optimize_recipe(log, capture);
	if (rc != PM_OK)
		return rc;
	log->open.p[log->open.n++] = number;
	capture->new_frame = log->frame;
	capture->new_offset = (uint32_t)log->recipes.n;
	if ((rc = pm_buf_append(&log->digests, capture->sha256,
	    PM_SHA256_BYTES, log->err)) == PM_OK &&
	    (rc = pm_buf_append_varint(&log->recipes, log->recipe.n,
	    log->err)) == PM_OK)
		rc = pm_buf_append(&log->recipes, log->recipe.p,
		    log->recipe.n, log->err);
	return rc;
}

/* Another first capture, another number of the file. */
static uint64_t
number_file(struct optimizer *optimizer, const struct old_capture *capture)
{
	uint32_t *file = &optimizer->file[capture->file];

	if (capture->file == 0)
		return 0;
	if (*file == 0)
		*file = capture->number;
	return *file;
}

static void
renumber(struct pm_log_capture *line, struct optimizer *optimizer,
    const struct old_capture *capture, struct pm_log_sighting *sighting)
{
	const struct old_capture *root = NUMBERED(optimizer->captures,
	    capture->root);
	size_t n = 0;

	line->number = capture->number;
	line->file = number_file(optimizer, capture);
	line->like = root == capture ? 0 : root->number;
	if (root == capture)
		line->text_only = capture->text_only || capture->withheld;
	line->redacted |= capture->cut;
	line->bytes = capture->bytes;
	if (line->article != 0)
		line->article = NUMBERED(optimizer->articles,
		    line->article)->number;
	for (size_t i = 0; i < line->sighting_n; i++) {
		const struct old_teaser *teaser = NUMBERED(
		    optimizer->teasers, line->sighting[i].teaser);

		sighting[n] = line->sighting[i];
		sighting[n].teaser = teaser->number;
		n += !teaser->gone;
	}
	line->sighting = sighting;
	line->sighting_n = n;
}

/* The teasers of its sightings; the line is read again behind them, because
 * theirs take its place. */
static int
write_sightings(struct new_log *log, const struct old_capture *capture,
    uint64_t *numbers)
{
	struct emit emit = { .log = log };
	struct pm_log_record record;
	int rc = pm_optimize_line(&record, log->optimizer, &capture->line);

	for (size_t i = 0; rc == PM_OK && i < record.u.capture.sighting_n; i++)
		rc = name_teaser(&emit, record.u.capture.sighting[i].teaser);
	*numbers = emit.teasers.n + CAPTURE_NUMBERS;
	for (size_t i = 0; i < emit.teasers.n && rc == PM_OK; i++)
		rc = write_teaser(log, emit.teasers.p[i]);
	pm_free(emit.teasers.p);
	return rc;
}

/* The recipe, for which what it names stands by now. */
static int
place_recipe(struct new_log *log, struct old_capture *capture,
    uint32_t number, uint64_t numbers)
{
	uint64_t most = 0;
	int rc = pm_optimize_load(log, capture);

	if (rc == PM_OK)
		rc = pm_optimize_pieces(&most, log, capture);
	if (rc == PM_OK)
		rc = pm_optimize_room(log, capture->line.n, numbers, most +
		    PM_SHA256_BYTES + 10);
	return rc == PM_OK ? add_recipe(log, capture, number) : rc;
}

static int
write_capture(struct new_log *log, struct old_capture *capture,
    uint32_t number)
{
	struct optimizer *optimizer = log->optimizer;
	struct pm_log_sighting *sighting;
	struct pm_log_record record;
	uint64_t numbers = 0;
	int rc = write_sightings(log, capture, &numbers);

	if (rc == PM_OK && capture->root == number)
		rc = place_recipe(log, capture, number, numbers);
	else if (rc == PM_OK)
		rc = pm_optimize_room(log, capture->line.n, numbers, 0);
	if (rc == PM_OK)
		rc = pm_optimize_line(&record, optimizer, &capture->line);
	if (rc != PM_OK)
		return rc;
	capture->number = ++log->captures;
	sighting = pm_arena_alloc(&optimizer->arena,
	    record.u.capture.sighting_n * sizeof *sighting, log->err);
	if (sighting == NULL)
		return PM_ENOMEM;
	renumber(&record.u.capture, optimizer, capture, sighting);
	optimizer->told += capture->recipe_n;
	return pm_optimize_put(log, &record);
}

static int
emit_capture(struct new_log *log, uint32_t number, unsigned depth)
{
	struct optimizer *optimizer = log->optimizer;
	struct old_capture *capture = NUMBERED(optimizer->captures, number);
	int rc = PM_OK;

	if (capture->number != 0 || capture->gone)
		return PM_OK;
	if (depth > EMIT_DEPTH)
		return pm_fail(log->err, PM_ECORRUPT,
		    "a record file is a record of another");
	if (capture->root != number)
		rc = emit_capture(log, capture->root, depth + 1);
	else
		rc = emit_named(log, capture, depth);
	return rc == PM_OK ? write_capture(log, capture, number) : rc;
}

/* ---- runs ---- */

static int
write_run_line(struct new_log *log, const struct old_line *line)
{
	struct pm_log_record record;
	int rc;

	if (line->frame == 0)
		return PM_OK;
	if ((rc = pm_optimize_room(log, line->n, 1, 0)) == PM_OK &&
	    (rc = pm_optimize_line(&record, log->optimizer, line)) == PM_OK)
		rc = pm_optimize_put(log, &record);
	return rc;
}

int
pm_optimize_run(struct new_log *log, uint32_t run, uint32_t at)
{
	const struct old_run *old = NUMBERED(log->optimizer->runs, run);
	int rc = pm_optimize_begin(log, run);

	if (rc == PM_OK)
		rc = write_run_line(log, &old->line);
	for (uint32_t i = 0; i < old->n && rc == PM_OK; i++) {
		if ((rc = pm_optimize_begin(log, run)) == PM_OK)
			rc = emit_capture(log,
			    log->optimizer->capture_order[at + i], 0);
		if (rc == PM_OK)
			rc = pm_optimize_commit_full(log);
	}
	if (rc == PM_OK)
		rc = pm_optimize_begin(log, run);
	return rc == PM_OK ? write_run_line(log, &old->end) : rc;
}
