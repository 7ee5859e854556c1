#include "archive/extract_warc.h"

#include <errno.h>
#include <stdio.h>

#include "archive/export_warc.h"
#include "archive/forget.h"
#include "base/err.h"
#include "base/mem.h"

struct pm_extract_warc {
	struct pm_archive *archive;
	struct pm_export *export;
	const struct pm_hooks *hooks;
	struct pm_warc_export *out;
	struct pm_redactor *redactor;
	/* Of the article at hand. */
	uint64_t number;
	const struct pm_article *article;
	struct pm_bytes *tag;
	size_t tag_capacity;
	struct pm_address address;
	bool has_address;
	struct pm_err *err;
	struct pm_err fault;             /* of a callback without one */
};

static int
write_bytes(void *context, const void *p, size_t n)
{
	struct pm_extract_warc *warc = context;

	if (pm_export_bytes(warc->export, (struct pm_bytes){ p, n },
	    &warc->fault) == PM_OK)
		return 0;
	errno = warc->fault.sys_errno != 0 ? warc->fault.sys_errno : EIO;
	return -1;
}

static int
append_piece(void *context, struct pm_bytes piece, struct pm_err *err)
{
	return pm_buf_append(context, piece.p, piece.n, err);
}

/* The capture, if it is a record of a WARC and its bytes were kept, and nothing
 * of it was forgotten. */
static int
original(void *context, struct pm_buf *out,
    const struct pm_warc_article *article, struct pm_err *err)
{
	struct pm_extract_warc *warc = context;
	struct pm_frames *frames = warc->archive->frames;
	enum pm_fate fate = PM_FATE_WHOLE;
	uint64_t frame, bytes;
	uint32_t offset;
	int rc;

	(void)article;
	rc = pm_frames_recipe_of(&frame, &offset, &bytes, frames,
	    warc->address.capture, err);
	if (rc != PM_OK)
		return rc;
	if (frame == 0 || !warc->address.is_record)
		return PM_END;
	if ((rc = pm_redactor_fate(&fate, warc->redactor,
	    warc->address.capture, err)) != PM_OK)
		return rc;
	return fate != PM_FATE_WHOLE ? PM_END : pm_redactor_run(
	    warc->redactor, warc->address.capture, append_piece, out, err);
}

static void
tell_left_out(struct pm_extract_warc *warc)
{
	const struct pm_hooks *hooks = warc->hooks;
	char text[128];

	(void)snprintf(text, sizeof text, "article %s has no address and is "
	    "left out",
	    warc->article->id);
	if (hooks->notice != NULL)
		hooks->notice(hooks->context, PM_NOTICE_INFO, NULL, text);
}

static struct pm_bytes
bytes_or_none(const char *s)
{
	return s == NULL ? (struct pm_bytes){ 0 } : pm_bytes_of(s);
}

/* At one address. */
static int
write_record(void *context, const struct pm_address *address)
{
	struct pm_extract_warc *warc = context;
	const struct pm_article *article = warc->article;
	struct pm_warc_article record = {
	    .id = pm_bytes_of(article->id), .url = address->url,
	    .text = article->text, .title = bytes_or_none(article->title),
	    .lang = bytes_or_none(article->lang),
	    .source = bytes_or_none(article->source), .tag = warc->tag,
	    .tag_n = article->tag_n,
	    .crawled = { .utc_seconds = address->crawled,
	    .precision = PM_MINUTE } };

	warc->address = *address;
	warc->has_address = true;
	record.has_published = article->published != NULL &&
	    pm_when_parse(&record.published, pm_bytes_of(article->published),
	    NULL) && strcmp(article->published_source, "crawl") != 0;
	if (record.has_published && article->published_precision != NULL)
		record.published.precision = pm_precision_of_name(
		    pm_bytes_of(article->published_precision));
	return pm_warc_export_article(warc->out, &record, warc->err);
}

static int
fill_tags(struct pm_extract_warc *warc, struct pm_err *err)
{
	size_t n = warc->article->tag_n;

	if (n > warc->tag_capacity) {
		struct pm_bytes *tag = pm_realloc_array(warc->tag, n,
		    sizeof *tag, err);

		if (tag == NULL)
			return PM_ENOMEM;
		warc->tag = tag;
		warc->tag_capacity = n;
	}
	for (size_t i = 0; i < n; i++)
		warc->tag[i] = pm_bytes_of(warc->article->tag[i]);
	return PM_OK;
}

int
pm_extract_warc_article(struct pm_extract_warc *warc, uint64_t number,
    const struct pm_article *article, struct pm_err *err)
{
	int rc;

	warc->number = number;
	warc->article = article;
	warc->has_address = false;
	warc->err = err;
	if ((rc = fill_tags(warc, err)) == PM_OK)
		rc = pm_catalog_addresses(warc->archive->catalog, number,
		    write_record, warc, err);
	if (rc == PM_OK && !warc->has_address)
		tell_left_out(warc);
	if (rc != PM_OK && warc->fault.status != PM_OK) {
		*err = warc->fault;
		rc = err->status;
	}
	return rc;
}

int
pm_extract_warc_open(struct pm_extract_warc **out, struct pm_archive *archive,
    struct pm_export *export, const struct pm_hooks *hooks,
    const char *file_name, struct pm_err *err)
{
	struct pm_extract_warc *warc = pm_alloc_zero(sizeof *warc, err);
	struct pm_warc_export_options options = { .file_name = file_name,
	    .write = write_bytes, .original = original };
	int rc;

	if (warc == NULL)
		return PM_ENOMEM;
	warc->archive = archive;
	warc->export = export;
	warc->hooks = hooks;
	options.context = warc;
	rc = pm_catalog_last_run_time(&options.made_seconds,
	    archive->catalog, err);
	if (rc == PM_OK)
		rc = pm_redactor_open(&warc->redactor, archive->catalog,
		    archive->frames, err);
	if (rc == PM_OK)
		rc = pm_warc_export_open(&warc->out, &options, err);
	if (rc == PM_OK)
		*out = warc;
	else
		pm_extract_warc_close(warc);
	return rc;
}

int
pm_extract_warc_finish(struct pm_extract_warc *warc, struct pm_err *err)
{
	int rc = pm_warc_export_finish(warc->out, err);

	if (rc != PM_OK && warc->fault.status != PM_OK) {
		*err = warc->fault;
		rc = err->status;
	}
	return rc;
}

void
pm_extract_warc_close(struct pm_extract_warc *warc)
{
	if (warc == NULL)
		return;
	pm_warc_export_close(warc->out);
	pm_redactor_close(warc->redactor);
	pm_free(warc->tag);
	pm_free(warc);
}
