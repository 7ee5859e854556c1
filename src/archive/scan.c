/*
 * The same analysis as add, into a private catalog and a temporary file that
 * has no name and goes with the process.  What was scanned can be read like
 * an archive.
 */
#include <time.h>

#include "archive/archive.h"
#include "archive/confine.h"
#include "archive/ingest.h"
#include "archive/policy.h"
#include "base/list.h"
#include "base/err.h"
#include "base/fs.h"
#include "store/catalog_query.h"
#include "text/fold.h"

enum {
	MEMORY_DEFAULT = 384 << 20, SCAN_FRAME_BYTES = 1 << 20,
	CACHE_SHARE = 8                  /* of it for the catalog */
};

/* Frames one behind another in the temporary file. */
struct spill {
	int fd;
	uint64_t end;
	struct pm_batch batch;
	LIST(struct pm_frame_at) frames;
};

struct pm_scanner {
	const struct pm_scan_options *options;   /* while it scans */
	struct pm_policy policy;
	char policy_text[PM_POLICY_CHARS];
	struct pm_catalog *catalog;
	struct pm_frames *frames;
	struct pm_runs *articles, *teasers, *bodies, *tails;
	struct pm_ranks *ranks;
	struct pm_pool *pool;
	unsigned threads;                /* of it */
	struct pm_batch_reader *reader;
	struct pm_ingest *ingest;
	struct pm_counts input;
	struct spill spill;
	uint64_t unique;                 /* articles that are canonical */
	struct pm_err *err;
};

/* ---- the sink ---- */

static int
spill_begin(void *context, uint64_t run, uint64_t *next_frame,
    struct pm_err *err)
{
	struct spill *spill = context;

	(void)err;
	spill->batch.run = run;
	spill->batch.sequence++;
	spill->batch.volume = 1;
	spill->batch.first_frame += spill->frames.n;
	if (spill->batch.first_frame == 0)
		spill->batch.first_frame = 1;
	spill->frames.n = 0;
	*next_frame = spill->batch.first_frame;
	return PM_OK;
}

static int
spill_frame(void *context, struct pm_buf *plain, struct pm_err *err)
{
	struct spill *spill = context;
	int rc = LIST_ROOM(spill->frames, err);

	if (rc == PM_OK)
		rc = pm_fs_write_at(spill->fd, plain->p, plain->n, spill->end,
		    pm_fs_temp_directory(), err);
	if (rc != PM_OK)
		return rc;
	spill->frames.p[spill->frames.n++] = (struct pm_frame_at){
	    spill->end, (uint32_t)plain->n, (uint32_t)plain->n };
	spill->end += plain->n;
	return PM_OK;
}

static int
spill_commit(void *context, const struct pm_item *item, uint32_t item_n,
    const struct pm_batch **out, struct pm_err *err)
{
	struct spill *spill = context;

	(void)err;
	spill->batch.frame = spill->frames.p;
	spill->batch.frame_n = (uint32_t)spill->frames.n;
	spill->batch.item = item;
	spill->batch.item_n = item_n;
	spill->batch.start = spill->batch.end;
	spill->batch.end = spill->batch.marker = spill->end;
	*out = &spill->batch;
	return PM_OK;
}

/* ---- answers ---- */

static int
give_pair(void *context, const struct pm_pair *pair)
{
	struct pm_scanner *scanner = context;

	return scanner->options->pair(scanner->options->context, pair);
}

static int
give_link(void *context, const struct pm_sighting_row *row)
{
	struct pm_scanner *scanner = context;
	struct pm_link link = { .path = row->sighting.path,
	    .position = row->sighting.position,
	    .title = row->sighting.title,
	    .article_path = row->article_path, .score = row->sighting.score,
	    .evidence = row->sighting.evidence,
	    .ambiguous = row->sighting.ambiguous };

	return scanner->options->link(scanner->options->context, &link);
}

static int
answer(struct pm_scanner *scanner)
{
	const struct pm_text_source texts = { pm_frames_text,
	    scanner->frames };
	const struct pm_scan_options *options = scanner->options;
	int rc;

	rc = pm_catalog_cluster_all(scanner->catalog, scanner->err);
	if (rc == PM_OK)
		rc = pm_catalog_unique(&scanner->unique, scanner->catalog,
		    scanner->err);
	if (rc == PM_OK && options->pairs != PM_PAIRS_NONE &&
	    options->pair != NULL)
		rc = pm_catalog_list_pairs(scanner->catalog, options->pairs,
		    give_pair, scanner, scanner->err);
	if (rc == PM_OK && options->link != NULL)
		rc = pm_catalog_list_sightings(scanner->catalog, 0, &texts,
		    give_link, scanner, scanner->err);
	return rc;
}

/* ---- the scan ---- */

static int
tick(void *context, struct pm_err *err)
{
	struct pm_scanner *scanner = context;

	return scanner->reader == NULL ? PM_OK :
	    pm_batch_reader_tell(scanner->reader, err);
}

static int
open_ingest(struct pm_scanner *scanner, enum pm_ingest_refresh refresh)
{
	struct pm_ingest_options ingest = { .catalog = scanner->catalog,
	    .frames = scanner->frames, .articles = scanner->articles,
	    .teasers = scanner->teasers, .bodies = scanner->bodies,
	    .ranks = scanner->ranks, .tails = scanner->tails,
	    .policy = scanner->policy, .tick = tick, .tick_context = scanner,
	    .sink = { spill_begin, spill_frame, spill_commit,
	    &scanner->spill, true },
	    .frame_bytes = SCAN_FRAME_BYTES, .pool = scanner->pool,
	    .threads = scanner->threads, .refresh = refresh };
	struct pm_log_run run = { .number = 1, .started = time(NULL),
	    .version = pm_bytes_of(PM_VERSION),
	    .unicode = pm_bytes_of(pm_fold_unicode_version()),
	    .normalizer = PM_FOLD_VERSION,
	    .page_rules = PM_PAGE_RULES_VERSION };
	int rc = pm_ingest_open(&scanner->ingest, &ingest, scanner->err);

	pm_policy_print(scanner->policy_text, &scanner->policy);
	run.policy = pm_bytes_of(scanner->policy_text);
	return rc == PM_OK ? pm_ingest_run(scanner->ingest, &run,
	    scanner->err) : rc;
}

static int
open_all(struct pm_scanner *scanner, enum pm_ingest_refresh refresh)
{
	const struct pm_scan_options *options = scanner->options;
	unsigned threads = options->threads == 0 ? pm_processors() :
	    options->threads;
	uint64_t memory = options->memory_bytes == 0 ? MEMORY_DEFAULT :
	    options->memory_bytes;
	struct pm_batch_reader_options reader = { .input = &options->input,
	    .batch_bytes = memory / 8, .ahead = threads > 1,
	    .policy = &scanner->policy,
	    .hooks = options->hooks,
	    .counts = &scanner->input };
	struct pm_err *err = scanner->err;
	int rc;

	scanner->threads = threads == 1 ? 0 : threads;
	if ((rc = pm_policy_new(&scanner->policy, &options->thresholds,
	    err)) != PM_OK ||
	    (rc = pm_confine(&options->input, NULL, PM_CONFINE_READS,
	    &options->hooks, err)) != PM_OK ||
	    (rc = pm_fs_open_temp(&scanner->spill.fd, err)) != PM_OK ||
	    (rc = pm_catalog_open(&scanner->catalog, NULL,
	    refresh == PM_INGEST_REFRESH ? PM_CATALOG_TEMP : PM_CATALOG_LEAN,
	    err)) != PM_OK ||
	    (rc = pm_catalog_cache(scanner->catalog, memory / CACHE_SHARE,
	    err)) != PM_OK ||
	    (rc = pm_frames_open(&scanner->frames, scanner->catalog, NULL,
	    scanner->spill.fd, err)) != PM_OK ||
	    (rc = pm_runs_open(&scanner->articles, NULL, "articles",
	    PM_RUNS_WRITE, err)) != PM_OK ||
	    (rc = pm_runs_open(&scanner->teasers, NULL, "teasers",
	    PM_RUNS_WRITE, err)) != PM_OK ||
	    (rc = pm_runs_open(&scanner->bodies, NULL, "bodies",
	    PM_RUNS_WRITE, err)) != PM_OK ||
	    (rc = pm_runs_open(&scanner->tails, NULL, "tails",
	    PM_RUNS_WRITE, err)) != PM_OK ||
	    (rc = pm_ranks_open(&scanner->ranks, NULL, PM_RUNS_WRITE,
	    err)) != PM_OK ||
	    (rc = pm_pool_new(&scanner->pool, scanner->threads, err)) !=
	    PM_OK)
		return rc;
	pm_runs_rank(scanner->bodies, pm_ranks_ranking(scanner->ranks));
	reader.pool = scanner->pool;
	rc = open_ingest(scanner, refresh);
	return rc == PM_OK ? pm_batch_reader_open(&scanner->reader, &reader,
	    err) : rc;
}

static int
scan_batches(struct pm_scanner *scanner)
{
	struct pm_capture_batch batch;
	int rc;

	while ((rc = pm_batch_reader_next(scanner->reader, &batch,
	    scanner->err)) == PM_OK) {
		pm_batch_reader_read_on(scanner->reader);
		if ((rc = pm_ingest_batch(scanner->ingest, &batch,
		    scanner->err)) != PM_OK ||
		    (rc = pm_ingest_commit(scanner->ingest, scanner->err)) !=
		    PM_OK)
			return rc;
		scanner->input.known =
		    pm_ingest_counts(scanner->ingest)->known;
		scanner->input.identical =
		    pm_ingest_counts(scanner->ingest)->identical;
	}
	return rc == PM_END ? PM_OK : rc;
}

/* What only scanning needs. */
static void
end_scan(struct pm_scanner *scanner)
{
	pm_batch_reader_close(scanner->reader);
	pm_ingest_close(scanner->ingest);
	pm_pool_free(scanner->pool);
	pm_runs_close(scanner->bodies);
	pm_runs_close(scanner->teasers);
	pm_runs_close(scanner->articles);
	pm_ranks_close(scanner->ranks);
	pm_free(scanner->spill.frames.p);
	scanner->reader = NULL;
	scanner->ingest = NULL;
	scanner->pool = NULL;
	scanner->bodies = scanner->teasers = scanner->articles = NULL;
	scanner->ranks = NULL;
	scanner->spill.frames.p = NULL;
}

void
pm_scanner_close(struct pm_scanner *scanner)
{
	if (scanner == NULL)
		return;
	end_scan(scanner);
	pm_runs_close(scanner->tails);
	pm_frames_close(scanner->frames);
	pm_catalog_close(scanner->catalog);
	pm_fs_close(scanner->spill.fd);
	pm_free(scanner);
}

static int
scan_all(struct pm_scanner **out, const struct pm_scan_options *options,
    enum pm_ingest_refresh refresh, struct pm_err *err)
{
	struct pm_scanner *scanner = pm_alloc_zero(sizeof *scanner, err);
	int rc;

	if (scanner == NULL)
		return PM_ENOMEM;
	scanner->options = options;
	scanner->err = err;
	scanner->spill.fd = -1;
	rc = open_all(scanner, refresh);
	if (rc == PM_OK)
		rc = scan_batches(scanner);
	if (rc == PM_OK)
		*out = scanner;
	else
		pm_scanner_close(scanner);
	return rc;
}

static void
fill_counts(struct pm_counts *out, const struct pm_scanner *scanner)
{
	*out = *pm_ingest_counts(scanner->ingest);
	out->unique_articles = scanner->unique;
	out->unreadable = scanner->input.unreadable;
}

int
pm_scan(struct pm_counts *out, const struct pm_scan_options *options,
    struct pm_err *err)
{
	struct pm_scanner *scanner = NULL;
	int rc = scan_all(&scanner, options, PM_INGEST_NO_REFRESH, err);

	if (rc == PM_OK)
		rc = answer(scanner);
	if (rc == PM_OK)
		fill_counts(out, scanner);
	pm_scanner_close(scanner);
	return rc;
}

int
pm_archive_scan(struct pm_archive **out, struct pm_counts *counts,
    const struct pm_scan_options *options, struct pm_err *err)
{
	struct pm_archive *archive = pm_alloc_zero(sizeof *archive, err);
	struct pm_scanner *scanner;
	int rc;

	if (archive == NULL)
		return PM_ENOMEM;
	rc = scan_all(&archive->scanner, options, PM_INGEST_REFRESH, err);
	if (rc == PM_OK) {
		scanner = archive->scanner;
		archive->catalog = scanner->catalog;
		archive->frames = scanner->frames;
		archive->tails = scanner->tails;
		rc = pm_catalog_unique(&scanner->unique, scanner->catalog,
		    err);
	}
	if (rc == PM_OK) {
		fill_counts(counts, archive->scanner);
		end_scan(archive->scanner);
		*out = archive;
	} else {
		pm_archive_close(archive);
	}
	return rc;
}
