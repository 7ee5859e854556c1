/*
 * fields.h - names of fields as scrapers write them, and values of records
 * into a page; shared by the readers of JSON, CSV, front matter and feeds.
 *
 * Names are compared without case, `_`, `-` and spaces; of several fields
 * that mean the same the first of its list wins; "None", "null", "nan" and ""
 * are missing.  The lists: facts.md of the design.
 */
#ifndef PM_PAGE_FIELDS_H
#define PM_PAGE_FIELDS_H

#include "page/page.h"

enum pm_field {
	PM_FIELD_NONE, PM_FIELD_TEXT, PM_FIELD_HTML, PM_FIELD_DESCRIPTION,
	PM_FIELD_TITLE, PM_FIELD_URL, PM_FIELD_SOURCE_OR_URL,
	PM_FIELD_PUBLISHED, PM_FIELD_MODIFIED, PM_FIELD_CRAWLED,
	PM_FIELD_TAGS, PM_FIELD_SECTION, PM_FIELD_LANG, PM_FIELD_SOURCE,
	PM_FIELD_TEASERS, PM_FIELD_N
};

/* Which field a name means, and *rank, 0 the strongest of that field. */
enum pm_field pm_field_of_name(unsigned *rank, struct pm_bytes name);
/* Not one of the words for nothing. */
bool pm_field_present(struct pm_bytes value);

/* A front matter block between its fences (YAML, read with libyaml): title,
 * dates, tags, url, source, lang into *page.  What cannot be read is noted. */
int pm_front_matter_read(struct pm_page *page, struct pm_arena *arena,
    struct pm_bytes block, struct pm_err *err);

/* Does the head of a JSON file hold objects without a body? */
bool pm_json_is_listing(struct pm_bytes head);

#endif
