/*
 * The log of an archive, written anew in an order that packs best.
 */
#include "archive/optimize_internal.h"
#include "archive/parity.h"
#include "base/err.h"
#include "store/manifest.h"

enum {
	MEMORY_DEFAULT = 384 << 20, MEMORY_SMALLEST = 64 << 20,
	CACHE_SHARE = 8,                 /* of it for the catalog */
	CALLS_A_TELL = 256
};

int
pm_optimize_tell(struct optimizer *optimizer, enum pm_phase phase)
{
	const struct pm_hooks *hooks = &optimizer->options->hooks;
	struct pm_progress progress = { .phase = phase,
	    .bytes = phase == PM_PHASE_WRITE ? optimizer->told : 0,
	    .bytes_total = phase == PM_PHASE_WRITE ? optimizer->total : 0 };

	if (++optimizer->calls % CALLS_A_TELL != 0 ||
	    hooks->progress == NULL ||
	    hooks->progress(hooks->context, &progress) == 0)
		return PM_OK;
	return pm_fail(optimizer->err, PM_ECANCELLED, "interrupted");
}

static int
check_options(struct pm_optimize_options *options, struct pm_err *err)
{
	if (options->level == 0)
		options->level = PM_LEVEL_MAX;
	if (options->frame_bytes == 0)
		options->frame_bytes = PM_FRAME_DEFAULT;
	if (options->memory_bytes == 0)
		options->memory_bytes = MEMORY_DEFAULT;
	if (options->level < 0 || options->level > PM_LEVEL_MAX)
		return pm_fail(err, PM_EUSAGE, "level %d: 1 to %d",
		    options->level, PM_LEVEL_MAX);
	if (options->frame_bytes < PM_FRAME_SMALLEST ||
	    options->frame_bytes > PM_FRAME_LARGEST)
		return pm_fail(err, PM_EUSAGE, "frame size: 64K to 8M");
	if (options->memory_bytes < MEMORY_SMALLEST)
		return pm_fail(err, PM_EUSAGE, "memory: at least 64M");
	return PM_OK;
}

static int
open_all(struct optimizer *optimizer)
{
	const struct pm_optimize_options *options = optimizer->options;
	struct pm_writer *writer = &optimizer->writer;
	int rc = pm_archive_probe(optimizer->path, optimizer->err);

	if (rc == PM_OK)
		rc = pm_writer_open(writer, optimizer->path,
		    options->threads, PM_WRITER_CATCH_UP, &options->hooks,
		    optimizer->err);
	if (rc == PM_OK)
		rc = pm_frames_scratch(writer->frames, optimizer->err);
	if (rc == PM_OK)
		rc = pm_redactor_open(&optimizer->redactor, writer->catalog,
		    writer->frames, optimizer->err);
	if (rc == PM_OK)
		rc = pm_catalog_open(&optimizer->places, NULL,
		    PM_CATALOG_TEMP, optimizer->err);
	return rc;
}

static void
close_all(struct optimizer *optimizer)
{
	pm_redactor_close(optimizer->redactor);
	pm_catalog_close(optimizer->places);
	pm_writer_close(&optimizer->writer);
	pm_arena_clear(&optimizer->arena);
	pm_arena_clear(&optimizer->names);
	pm_free(optimizer->articles.p);
	pm_free(optimizer->sample);
	pm_free(optimizer->sample_n);
	pm_free(optimizer->teasers.p);
	pm_free(optimizer->captures.p);
	pm_free(optimizer->runs.p);
	pm_free(optimizer->relations.p);
	pm_free(optimizer->forgets.p);
	pm_free(optimizer->lost.p);
	pm_free(optimizer->made.p);
	pm_free(optimizer->paths.p);
	pm_free(optimizer->article_order);
	pm_free(optimizer->capture_order);
	pm_free(optimizer->by_number);
	pm_free(optimizer->file);
	pm_buf_clear(&optimizer->line);
}

/* From the moment that HEAD names the new log there is no way back, so
 * nobody is asked. */
static int
take_new(struct optimizer *optimizer, uint32_t *left)
{
	struct pm_writer *writer = &optimizer->writer;
	uint64_t damaged = 0;
	int rc = pm_volume_writer_replace(writer->volumes, optimizer->err);

	if (rc == PM_OK)
		rc = pm_writer_renew(writer,
		    optimizer->options->memory_bytes / CACHE_SHARE, NULL,
		    optimizer->err);
	if (rc == PM_OK)
		rc = pm_writer_drop(writer, left, optimizer->err);
	if (rc == PM_OK)
		rc = pm_archive_parity_update(&damaged, writer, 0,
		    optimizer->threads, optimizer->err);
	return rc == PM_OK ? pm_sums_update(optimizer->path, optimizer->err) :
	    rc;
}

static int
rewrite(struct optimizer *optimizer, uint32_t *left)
{
	static const struct pm_walk_start beginning;
	int rc = pm_volume_writer_rewrite(optimizer->writer.volumes,
	    &beginning, optimizer->err);

	if (rc == PM_OK)
		rc = pm_optimize_write(optimizer);
	if (rc == PM_OK)
		rc = pm_optimize_check(optimizer);
	return rc == PM_OK ? take_new(optimizer, left) : rc;
}

static int
optimize(struct pm_optimized *out, struct optimizer *optimizer,
    uint32_t *left)
{
	int rc = open_all(optimizer);

	if (rc == PM_OK)
		rc = pm_optimize_read(optimizer);
	/* Nothing was ever added. */
	if (rc != PM_OK || optimizer->runs.n == 0)
		return rc;
	optimizer->file = pm_alloc_zero((optimizer->captures.n + 1) *
	    sizeof *optimizer->file, optimizer->err);
	if (optimizer->file == NULL)
		return PM_ENOMEM;
	if ((rc = pm_optimize_forget(optimizer)) == PM_OK)
		rc = pm_optimize_order(optimizer);
	if (rc == PM_OK && optimizer->options->dry_run)
		return pm_optimize_forecast(out, optimizer);
	return rc == PM_OK ? rewrite(optimizer, left) : rc;
}

static void
tell_left(const struct optimizer *optimizer, uint32_t left)
{
	const struct pm_hooks *hooks = &optimizer->options->hooks;

	if (left > 0 && hooks->notice != NULL)
		hooks->notice(hooks->context, PM_NOTICE_INFO, NULL,
		    "the archive is being read: the next command that writes "
		    "removes what was replaced");
}

int
pm_optimize(struct pm_optimized *out, const char *path,
    const struct pm_optimize_options *options, struct pm_err *err)
{
	struct pm_optimize_options own = *options;
	struct optimizer optimizer = { .path = path, .options = &own,
	    .err = err, .threads = options->threads == 0 ? pm_processors() :
	    options->threads };
	struct pm_optimized sizes = { 0 };
	uint32_t left = 0;
	int rc = check_options(&own, err);

	if (rc != PM_OK)
		return rc;
	pm_arena_init(&optimizer.arena);
	pm_arena_init(&optimizer.names);
	sizes.bytes_before = pm_archive_folder_bytes(path, "volumes");
	rc = optimize(&sizes, &optimizer, &left);
	sizes.articles = optimizer.kept_articles;
	sizes.captures = optimizer.kept_captures;
	close_all(&optimizer);
	if (rc != PM_OK)
		return rc;
	if (!own.dry_run || sizes.bytes_after == 0)
		sizes.bytes_after = pm_archive_folder_bytes(path, "volumes");
	tell_left(&optimizer, left);
	*out = sizes;
	return PM_OK;
}
