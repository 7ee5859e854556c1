#include "archive/archive.h"
#include "archive/export.h"
#include "archive/extract_warc.h"
#include "base/err.h"
#include "base/mem.h"
#include "store/catalog_query.h"

/* Texts that are decoded ahead, each frame once. */
enum { AHEAD_BYTES = 64 << 20, AHEAD_FEW = 4 };

struct ahead {
	struct pm_scout *scout;          /* NULL: it is at the end */
	struct pm_pool *pool;
	unsigned threads;
	size_t n;                        /* articles that were asked for */
};

struct extractor {
	const struct pm_extract_options *options;
	struct pm_archive *archive;
	struct pm_export *export;
	struct pm_extract_warc *warc;    /* or NULL */
	struct pm_buf text, name, line;
	struct pm_text json;
	struct ahead ahead;
	uint64_t articles, failed, bytes;
	struct pm_err *err;
};

/* The day an article is filed under, as exactly as it is known. */
static int
file_name(struct pm_buf *out, const struct pm_article *article,
    struct pm_err *err)
{
	const char *precision = article->published_precision;
	int n = 10, rc;

	if (article->published == NULL || article->published_source == NULL ||
	    strcmp(article->published_source, "crawl") == 0)
		n = 0;
	else if (precision != NULL && strcmp(precision, "month") == 0)
		n = 7;
	else if (precision != NULL && strcmp(precision, "year") == 0)
		n = 4;
	pm_buf_reset(out);
	if (n == 0)
		rc = pm_buf_printf(out, err, "undated/%s.txt", article->id);
	else
		rc = pm_buf_printf(out, err, "%.*s/%s.txt", n,
		    article->published, article->id);
	return rc == PM_OK ? pm_buf_append_byte(out, 0, err) : rc;
}

static int64_t
file_time(const struct pm_article *article)
{
	struct pm_when when;

	if (article->published == NULL ||
	    !pm_when_parse(&when, pm_bytes_of(article->published), NULL))
		return 0;
	return when.utc_seconds;
}

static int
tell(struct extractor *extractor)
{
	const struct pm_hooks *hooks = &extractor->options->hooks;
	struct pm_progress progress = { .phase = PM_PHASE_WRITE,
	    .pages = extractor->articles, .bytes = extractor->bytes };

	if (hooks->progress == NULL || extractor->articles % 256 != 0 ||
	    hooks->progress(hooks->context, &progress) == 0)
		return PM_OK;
	return pm_fail(extractor->err, PM_ECANCELLED, "interrupted");
}

static int
write_article(struct extractor *extractor, const struct pm_article *article)
{
	struct pm_err *err = extractor->err;
	int rc = file_name(&extractor->name, article, err);

	if (rc == PM_OK)
		rc = pm_export_file(extractor->export,
		    (char *)extractor->name.p, article->text,
		    file_time(article), err);
	if (rc == PM_OK)
		rc = pm_article_json(&extractor->json, article, err);
	pm_buf_reset(&extractor->line);
	if (rc == PM_OK)
		rc = pm_buf_append(&extractor->line, extractor->json.p,
		    extractor->json.n, err);
	if (rc == PM_OK)
		rc = pm_buf_append_byte(&extractor->line, '\n', err);
	if (rc == PM_OK)
		rc = pm_export_line(extractor->export,
		    pm_buf_bytes(&extractor->line), err);
	return rc;
}

/* One damaged frame does not keep the others from being saved. */
static int
leave_out(struct extractor *extractor, const struct pm_article *article)
{
	const struct pm_hooks *hooks = &extractor->options->hooks;

	extractor->failed++;
	(void)pm_err_context(extractor->err, "article %s is left out",
	    article->id);
	if (hooks->notice != NULL)
		hooks->notice(hooks->context, PM_NOTICE_DAMAGED, NULL,
		    extractor->err->text);
	return PM_OK;
}

static int
fetch_ahead(struct extractor *extractor)
{
	struct ahead *ahead = &extractor->ahead;
	unsigned threads = pm_processors();
	int rc = PM_OK;

	/* The thread that extracts decodes, too. */
	if (ahead->pool == NULL && threads > 1) {
		rc = pm_pool_new(&ahead->pool, threads - 1, extractor->err);
		ahead->threads = threads - 1;
	}
	if (rc == PM_OK && ahead->pool == NULL)
		rc = pm_pool_new(&ahead->pool, 0, extractor->err);
	return rc == PM_OK ? pm_frames_fetch(extractor->archive->frames,
	    ahead->pool, ahead->threads, AHEAD_BYTES, extractor->err) : rc;
}

/* Before each article: when all that were fetched are through, the next. */
static int
look_ahead(struct extractor *extractor)
{
	struct ahead *ahead = &extractor->ahead;
	struct pm_frames *frames = extractor->archive->frames;
	struct pm_article_row place;
	uint64_t bytes = 0;
	int rc = PM_OK;

	if (ahead->n > 0 && --ahead->n > 0)
		return PM_OK;
	if (ahead->scout == NULL)
		return PM_OK;
	pm_frames_forget(frames);
	while (bytes < AHEAD_BYTES && (rc = pm_catalog_scout_next(&place,
	    ahead->scout, extractor->err)) == PM_OK) {
		bytes += place.bytes;
		ahead->n++;
		if ((rc = pm_frames_want(frames, place.frame, place.offset,
		    place.bytes, extractor->err)) != PM_OK)
			return rc;
	}
	if (rc != PM_OK && rc != PM_END)
		return rc;
	if (rc == PM_END) {
		pm_catalog_scout_close(ahead->scout);
		ahead->scout = NULL;
	}
	return ahead->n > AHEAD_FEW ? fetch_ahead(extractor) : PM_OK;
}

static int
extract_article(void *context, struct pm_article *article,
    const struct pm_article_row *place)
{
	struct extractor *extractor = context;
	int rc = tell(extractor);

	if (rc == PM_OK)
		rc = look_ahead(extractor);
	if (rc != PM_OK)
		return rc;
	pm_buf_reset(&extractor->text);
	rc = pm_frames_article(&extractor->text, extractor->archive->frames,
	    place->frame, place->offset, place->bytes, extractor->err);
	if (rc == PM_ECORRUPT || rc == PM_ENOTFOUND || rc == PM_ELIMIT)
		return leave_out(extractor, article);
	if (rc != PM_OK)
		return pm_err_context(extractor->err, "article %s",
		    article->id);
	article->text = pm_buf_bytes(&extractor->text);
	rc = extractor->warc != NULL ? pm_extract_warc_article(
	    extractor->warc, place->number, article, extractor->err) :
	    write_article(extractor, article);
	if (rc != PM_OK)
		return rc;
	extractor->articles++;
	extractor->bytes += place->bytes;
	return PM_OK;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

int
pm_extract(uint64_t *articles, uint64_t *failed, struct pm_archive *archive,
    const struct pm_extract_options *options, struct pm_err *err)
{
	struct extractor extractor = { .options = options,
	    .archive = archive, .err = err };
	struct pm_query query;
	int rc = pm_query_init(&query, &options->select, archive->catalog,
	    err);

	if (rc == PM_OK)
		rc = pm_export_open(&extractor.export, options->destination,
		    options->write, options->hooks.context, err);
	if (rc == PM_OK && pm_export_kind_of(options->destination) ==
	    PM_EXPORT_WARC_GZ)
		rc = pm_extract_warc_open(&extractor.warc, archive,
		    extractor.export, &options->hooks, base_name(
		    options->destination), err);
	if (rc == PM_OK)
		rc = pm_catalog_scout_open(&extractor.ahead.scout,
		    archive->catalog, &query, err);
	if (rc == PM_OK)
		rc = pm_catalog_list_articles(archive->catalog, &query,
		    PM_DETAIL_FULL, extract_article, &extractor, err);
	if (rc == PM_OK && extractor.warc != NULL)
		rc = pm_extract_warc_finish(extractor.warc, err);
	if (rc == PM_OK) {
		rc = pm_export_commit(extractor.export, err);
		extractor.export = NULL;
	}
	pm_export_abort(extractor.export);
	pm_extract_warc_close(extractor.warc);
	pm_frames_forget(archive->frames);
	pm_catalog_scout_close(extractor.ahead.scout);
	pm_pool_free(extractor.ahead.pool);
	*articles = extractor.articles;
	*failed = extractor.failed;
	pm_buf_clear(&extractor.text);
	pm_buf_clear(&extractor.name);
	pm_buf_clear(&extractor.line);
	pm_text_free(&extractor.json);
	return rc;
}
