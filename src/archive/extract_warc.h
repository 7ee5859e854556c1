/*
 * extract_warc.h - articles of an archive into a WARC: for each address that
 * an article was seen at a record of its own.
 */
#ifndef PM_ARCHIVE_EXTRACT_WARC_H
#define PM_ARCHIVE_EXTRACT_WARC_H

#include "archive/archive.h"
#include "archive/export.h"

struct pm_extract_warc;

/* What is written goes to the export; hooks are told what has no address. */
int pm_extract_warc_open(struct pm_extract_warc **out,
    struct pm_archive *archive, struct pm_export *export,
    const struct pm_hooks *hooks, const char *file_name, struct pm_err *err);
/* The article's text is set. */
int pm_extract_warc_article(struct pm_extract_warc *warc, uint64_t number,
    const struct pm_article *article, struct pm_err *err);
int pm_extract_warc_finish(struct pm_extract_warc *warc, struct pm_err *err);
void pm_extract_warc_close(struct pm_extract_warc *warc);  /* takes NULL */

#endif
