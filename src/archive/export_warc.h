/*
 * export_warc.h - articles written as a WARC 1.1 file, a gzip member a record.
 * Owner of zlib on the way out.
 *
 * What is written, in this order:
 *   warcinfo     once: software, format, what the records are
 *   for each article with an address:
 *     its original record, if there is one and it is whole: the bytes of the
 *       record of the WARC that it came from.  What is to be replayed.
 *     else a conversion: the extracted text (text/plain; charset=UTF-8).  No
 *       `response` is made up: what the server said is not known.  Fields
 *       Pressmark-Article (its id), -Title, -Published and -Language stand in
 *       its header, so that it is read back as it was.
 *       So it is too if the record's digests do not hold, or another record
 *       with its id was written before.
 *     metadata   what is known of it (application/warc-fields), referring to
 *       that record: id, title, published, language, source, tag (repeated)
 * Articles without an address cannot stand in a WARC; they are told to
 * `left_out` and are no failure.
 *
 * The same articles and options give the same bytes (with one version of
 * zlib): record ids are made of SHA-256, dates are the articles' own.
 *
 * Calling sequence: open, article..., finish; close in any case.  A failure of
 * a callback or of memory leaves an object that can only be closed.
 */
#ifndef PM_ARCHIVE_EXPORT_WARC_H
#define PM_ARCHIVE_EXPORT_WARC_H

#include "base/buf.h"
#include "text/dates.h"

struct pm_warc_article {
	struct pm_bytes id;          /* as people see it; other for each */
	struct pm_bytes url;
	struct pm_bytes text;        /* UTF-8 */
	struct pm_bytes title, lang, source;
	const struct pm_bytes *tag;
	size_t tag_n;
	struct pm_when crawled;      /* first seen */
	struct pm_when published;
	bool has_published;
};

struct pm_warc_export_options {
	const char *file_name;       /* for warcinfo; NULL: not said */
	int64_t made_seconds;        /* date of the warcinfo record, UTC */
	/* 0, or else with errno set. */
	int (*write)(void *context, const void *p, size_t n);
	/* Append the record that the article was read from, header and all:
	 * PM_OK; PM_END: there is none.  NULL: never. */
	int (*original)(void *context, struct pm_buf *out,
	    const struct pm_warc_article *article, struct pm_err *err);
	/* NULL: not told. */
	void (*left_out)(void *context, const struct pm_warc_article *article);
	void *context;
};

struct pm_warc_export;

/* Copies *options; file_name lives as long as the export. */
int pm_warc_export_open(struct pm_warc_export **out,
    const struct pm_warc_export_options *options, struct pm_err *err);
int pm_warc_export_article(struct pm_warc_export *export,
    const struct pm_warc_article *article, struct pm_err *err);
/* Everything was handed to `write`. */
int pm_warc_export_finish(struct pm_warc_export *export, struct pm_err *err);
void pm_warc_export_close(struct pm_warc_export *export);  /* accepts NULL */

#endif
