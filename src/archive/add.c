#include <time.h>

#include "archive/archive.h"
#include "archive/confine.h"
#include "archive/ingest.h"
#include "archive/pack.h"
#include "archive/parity.h"
#include "archive/policy.h"
#include "archive/readable.h"
#include "base/err.h"
#include "text/fold.h"

/* Tests have them smaller (tests/fault/small_add.c): */
#ifndef MEMORY_SMALLEST
#define MEMORY_SMALLEST (64 << 20)
/* A volume is sealed when a batch has taken it past this. */
#define VOLUME_BYTES ((uint64_t)1 << 30)
#endif

enum {
	MEMORY_DEFAULT = 384 << 20,
	CACHE_SHARE = 8                  /* of it for the catalog */
};

struct adder {
	const struct pm_add_options *options;
	struct pm_writer writer;
	struct pm_packer *packer;
	struct pm_batch_reader *reader;
	struct pm_ingest *ingest;
	struct pm_counts input;          /* `unreadable` of the reader */
	struct pm_buf inputs;            /* one a line, for the run's record */
	bool waits;                      /* the reader, to be told to read on */
	int parity_percent;              /* once it is so, what there is */
	uint64_t damaged;                /* as in struct pm_counts */
	struct pm_policy policy;
	char policy_text[PM_POLICY_CHARS];
	struct pm_err *err;
};

static int
check_options(const struct pm_add_options *options, struct pm_err *err)
{
	struct pm_policy policy;

	if (options->level < 0 || options->level > PM_LEVEL_MAX)
		return pm_fail(err, PM_EUSAGE, "level %d: 1 to %d",
		    options->level, PM_LEVEL_MAX);
	if (options->frame_bytes != 0 &&
	    (options->frame_bytes < PM_FRAME_SMALLEST ||
	    options->frame_bytes > PM_FRAME_LARGEST))
		return pm_fail(err, PM_EUSAGE,
		    "frame size: 64K to 8M");
	if (options->memory_bytes != 0 &&
	    options->memory_bytes < MEMORY_SMALLEST)
		return pm_fail(err, PM_EUSAGE, "memory: at least 64M");
	if (options->parity_percent < PM_NO_PARITY ||
	    options->parity_percent > PM_PARITY_PERCENT_MAX)
		return pm_fail(err, PM_EUSAGE, "parity: 0 to %d percent",
		    PM_PARITY_PERCENT_MAX);
	return pm_policy_new(&policy, &options->thresholds, err);
}

static int
list_inputs(struct adder *adder)
{
	const struct pm_input *input = &adder->options->input;
	int rc = PM_OK;

	for (size_t i = 0; i < input->path_n && rc == PM_OK; i++) {
		if (i > 0)
			rc = pm_buf_append_byte(&adder->inputs, '\n',
			    adder->err);
		if (rc == PM_OK)
			rc = pm_buf_append_str(&adder->inputs,
			    input->path[i], adder->err);
	}
	return rc;
}

static int
begin_run(struct adder *adder)
{
	struct pm_log_run run = { .started = (int64_t)time(NULL),
	    .version = pm_bytes_of(PM_VERSION),
	    .unicode = pm_bytes_of(pm_fold_unicode_version()),
	    .normalizer = PM_FOLD_VERSION,
	    .page_rules = PM_PAGE_RULES_VERSION };
	int rc = list_inputs(adder);

	run.number = pm_ingest_next_run(adder->ingest);
	run.inputs = pm_buf_bytes(&adder->inputs);
	pm_policy_print(adder->policy_text, &adder->policy);
	run.policy = pm_bytes_of(adder->policy_text);
	return rc == PM_OK ? pm_ingest_run(adder->ingest, &run, adder->err) :
	    rc;
}

/* A run that mixes normalizers would compare what cannot be compared. */
static int
check_versions(struct adder *adder)
{
	struct pm_catalog_versions versions;
	int rc = pm_catalog_versions(&versions, adder->writer.catalog,
	    adder->err);

	if (rc == PM_OK && versions.runs > 0 &&
	    versions.normalizer > PM_FOLD_VERSION)
		rc = pm_fail(adder->err, PM_EVERSION, "%s: its texts were "
		    "normalized by a newer pressmark (version %d, this has "
		    "%d)", adder->writer.path, versions.normalizer,
		    PM_FOLD_VERSION);
	if (rc == PM_OK && versions.runs > 0 &&
	    (versions.normalizer != PM_FOLD_VERSION ||
	    versions.page_rules != PM_PAGE_RULES_VERSION) &&
	    adder->options->hooks.notice != NULL)
		adder->options->hooks.notice(adder->options->hooks.context,
		    PM_NOTICE_INFO, adder->writer.path, "earlier runs used "
		    "other rules for text or pages; new and old may not be "
		    "found to be the same");
	return rc;
}

/*
 * Two batches may be in memory, one being read and one being packed, each
 * with what was found in it, and frames of the second; the rest is
 * compressors and the catalog's cache.
 */
static uint64_t
memory_of(const struct pm_add_options *options)
{
	return options->memory_bytes == 0 ? MEMORY_DEFAULT :
	    options->memory_bytes;
}

/* So that Ctrl-C need not wait for a whole batch: what is not committed goes. */
static int
tick(void *context, struct pm_err *err)
{
	struct adder *adder = context;

	return adder->reader == NULL ? PM_OK :
	    pm_batch_reader_tell(adder->reader, err);
}

/* Once for each batch: while the one before goes into the catalog. */
static void
read_on(void *context)
{
	struct adder *adder = context;

	if (adder->reader != NULL && adder->waits)
		pm_batch_reader_read_on(adder->reader);
	adder->waits = false;
}

static int
open_all(struct adder *adder, const char *path)
{
	const struct pm_add_options *options = adder->options;
	struct pm_writer *writer = &adder->writer;
	unsigned threads = options->threads == 0 ? pm_processors() :
	    options->threads;
	uint64_t memory = memory_of(options);
	struct pm_packer_options packer;
	struct pm_ingest_options ingest;
	struct pm_batch_reader_options reader = { .input = &options->input,
	    .batch_bytes = memory / 8, .sketches = true,
	    .ahead = threads > 1, .policy = &adder->policy,
	    .exclude = path, .hooks = options->hooks,
	    .counts = &adder->input };
	struct pm_input_times times;
	int rc = pm_input_times_init(&times, &options->input, adder->err);

	/* Wrong options leave nothing behind. */
	if (rc != PM_OK)
		return rc;
	pm_input_times_clear(&times);
	if ((rc = pm_confine(&options->input, path, PM_CONFINE_WRITES,
	    &options->hooks, adder->err)) != PM_OK)
		return rc;
	rc = pm_writer_open(writer, path, threads, PM_WRITER_CATCH_UP,
	    &options->hooks, adder->err);
	if (rc != PM_OK || (rc = check_versions(adder)) != PM_OK ||
	    (rc = pm_policy_agree(&adder->policy, &options->thresholds,
	    writer->catalog, path, adder->err)) != PM_OK)
		return rc;
	if ((rc = pm_archive_parity_begin(writer, options->parity_percent,
	    adder->err)) != PM_OK)
		return rc;
	packer = (struct pm_packer_options){ .volumes = writer->volumes,
	    .pool = writer->pool, .threads = threads,
	    .level = options->level == 0 ? PM_LEVEL_DEFAULT : options->level,
	    .pending_bytes = memory / 8, .tick = tick,
	    .tick_context = adder };
	rc = pm_packer_new(&adder->packer, &packer, adder->err);
	if (rc != PM_OK)
		return rc;
	ingest = (struct pm_ingest_options){ .catalog = writer->catalog,
	    .frames = writer->frames, .articles = writer->articles,
	    .teasers = writer->teasers, .bodies = writer->bodies,
	    .ranks = writer->ranks, .tails = writer->tails,
	    .policy = adder->policy, .tick = tick, .packed = read_on,
	    .tick_context = adder, .sink = pm_packer_sink(adder->packer),
	    .frame_bytes = options->frame_bytes == 0 ? PM_FRAME_DEFAULT :
	    options->frame_bytes, .text_only = options->text_only != 0,
	    .pool = writer->pool, .threads = threads == 1 ? 0 : threads };
	rc = pm_frames_scratch(writer->frames, adder->err);
	if (rc == PM_OK)
		rc = pm_catalog_cache(writer->catalog, memory / CACHE_SHARE,
		    adder->err);
	if (rc == PM_OK)
		rc = pm_ingest_open(&adder->ingest, &ingest, adder->err);
	reader.pool = writer->pool;
	if (rc == PM_OK)
		rc = pm_batch_reader_open(&adder->reader, &reader,
		    adder->err);
	return rc;
}

static int
update_parity(struct adder *adder)
{
	const struct pm_add_options *options = adder->options;
	unsigned threads = options->threads == 0 ? pm_processors() :
	    options->threads;
	int rc = pm_archive_parity_update(&adder->damaged, &adder->writer,
	    adder->parity_percent, threads, adder->err);

	adder->parity_percent = 0;
	return rc;
}

static int
seal_full_volume(struct adder *adder)
{
	struct pm_writer *writer = &adder->writer;
	int rc;

	if (pm_volume_writer_bytes(writer->volumes) < VOLUME_BYTES)
		return PM_OK;
	rc = pm_volume_writer_seal(writer->volumes, adder->err);
	if (rc == PM_OK)
		rc = pm_writer_catch_up(writer, &adder->options->hooks,
		    adder->err);
	return rc == PM_OK ? update_parity(adder) : rc;
}

/*
 * While one batch is ingested and packed, the next is read and analysed; it
 * is committed when that is there, so that the last one takes the line that
 * ends the run.
 */
static int
add_batches(struct adder *adder)
{
	struct pm_capture_batch batch;
	int rc;

	while ((rc = pm_batch_reader_next(adder->reader, &batch,
	    adder->err)) == PM_OK) {
		adder->waits = true;
		if ((rc = pm_ingest_commit(adder->ingest, adder->err)) !=
		    PM_OK || (rc = seal_full_volume(adder)) != PM_OK) {
			pm_capture_batch_clear(&batch);
			return rc;
		}
		read_on(adder);
		if ((rc = pm_ingest_batch(adder->ingest, &batch,
		    adder->err)) != PM_OK)
			return rc;
		adder->input.known =
		    pm_ingest_counts(adder->ingest)->known;
		adder->input.identical =
		    pm_ingest_counts(adder->ingest)->identical;
	}
	return rc == PM_END ? PM_OK : rc;
}

static void
close_all(struct adder *adder)
{
	pm_batch_reader_close(adder->reader);
	pm_packer_free(adder->packer);
	pm_ingest_close(adder->ingest);
	pm_writer_close(&adder->writer);
	pm_buf_clear(&adder->inputs);
}

static void
fill_sizes(struct pm_counts *out, const char *path)
{
	out->volume_bytes = pm_archive_folder_bytes(path, "volumes");
	out->cache_bytes = pm_archive_folder_bytes(path, "cache");
	out->parity_bytes = pm_archive_folder_bytes(path, "parity");
	out->catalog_bytes = pm_archive_catalog_bytes(path);
}

int
pm_add(struct pm_counts *out, const char *path,
    const struct pm_add_options *options, struct pm_err *err)
{
	struct adder adder = { .options = options,
	    .parity_percent = options->parity_percent, .err = err };
	struct pm_counts counts;
	uint64_t before = 0, after = 0;
	int rc = check_options(options, err);

	if (rc != PM_OK)
		return rc;
	/* An archive is not made for nothing; unless the inputs can be read the
	 * second time. */
	if (!pm_input_is_readable(&options->input) &&
	    pm_archive_probe(path, err) == PM_ENOTFOUND &&
	    ((rc = pm_input_tell_unreadable(&counts, &options->input,
	    &options->hooks, err)) != PM_OK || counts.unreadable > 0)) {
		if (rc == PM_OK)
			*out = counts;
		return rc;
	}
	rc = open_all(&adder, path);
	if (rc == PM_OK)
		rc = pm_catalog_unique(&before, adder.writer.catalog, err);
	if (rc == PM_OK)
		rc = begin_run(&adder);
	if (rc == PM_OK)
		rc = add_batches(&adder);
	if (rc == PM_OK)
		rc = pm_ingest_finish(adder.ingest, (int64_t)time(NULL), err);
	if (rc == PM_OK)
		rc = seal_full_volume(&adder);
	if (rc == PM_OK)
		rc = update_parity(&adder);
	if (rc == PM_OK)
		rc = pm_catalog_unique(&after, adder.writer.catalog, err);
	if (rc == PM_OK) {
		counts = *pm_ingest_counts(adder.ingest);
		/* A longer text may have made one of several clusters. */
		counts.unique_articles = after > before ? after - before : 0;
		counts.unreadable = adder.input.unreadable;
		counts.damaged = adder.damaged;
	}
	close_all(&adder);
	if (rc == PM_OK) {
		fill_sizes(&counts, path);
		*out = counts;
	}
	return rc;
}
