#include "store/record.h"

#include <stdio.h>

#include "store/record_internal.h"

const char *
pm_date_source_name(int source)
{
	static const char *const name[] = { NULL, "record", "page", "teaser",
	    "url", "text", "crawl" };

	return source >= 0 && source <= PM_DATE_CRAWL ? name[source] : NULL;
}

const char *
pm_capture_kind_name(int kind)
{
	static const char *const name[] = { NULL, "page", "list", "opaque",
	    "records" };

	return kind >= 0 && kind <= PM_CAPTURE_RECORDS ? name[kind] : NULL;
}

static const char *const evidence_name[] = { NULL, "prefix", "title", "lead",
	"url" };

const char *
pm_evidence_name(int evidence)
{
	return evidence >= PM_EVIDENCE_PREFIX &&
	    evidence <= PM_EVIDENCE_URL ? evidence_name[evidence] : NULL;
}

int
pm_evidence_of_name(const char *name)
{
	for (int i = PM_EVIDENCE_PREFIX; i <= PM_EVIDENCE_URL; i++)
		if (name != NULL && strcmp(name, evidence_name[i]) == 0)
			return i;
	return 0;
}

const char *
pm_relation_name(int kind)
{
	static const char *const name[] = { NULL, "update", "near",
	    "contains" };

	return kind >= 0 && kind <= PM_RELATION_CONTAINS ? name[kind] : NULL;
}

void
pm_name_article(char out[PM_MEMBER_NAME_CHARS], uint64_t article)
{
	(void)snprintf(out, PM_MEMBER_NAME_CHARS, "text/%08llu.txt",
	    (unsigned long long)article);
}

void
pm_name_article_part(char out[PM_MEMBER_NAME_CHARS], uint64_t article,
    unsigned part)
{
	(void)snprintf(out, PM_MEMBER_NAME_CHARS, "text/%08llu.txt.%03u",
	    (unsigned long long)article, part);
}

void
pm_name_meta(char out[PM_MEMBER_NAME_CHARS], uint64_t frame)
{
	(void)snprintf(out, PM_MEMBER_NAME_CHARS, "meta/%08llu.jsonl",
	    (unsigned long long)frame);
}

void
pm_name_data(char out[PM_MEMBER_NAME_CHARS], uint64_t frame)
{
	(void)snprintf(out, PM_MEMBER_NAME_CHARS, "data/%08llu.bin",
	    (unsigned long long)frame);
}

/* Outside the years 1678 to 2261 nanoseconds do not fit; no file has such a
 * time, so any value that differs from a real one will do. */
int64_t
pm_log_nanoseconds(int64_t seconds)
{
	const int64_t most = INT64_MAX / 1000000000;

	return seconds > most ? INT64_MAX : seconds < -most ? INT64_MIN :
	    seconds * 1000000000;
}

void
pm_name_lost(char out[PM_MEMBER_NAME_CHARS], uint64_t frame,
    const char *extension)
{
	(void)snprintf(out, PM_MEMBER_NAME_CHARS, "lost/%08llu.%s",
	    (unsigned long long)frame, extension);
}

bool
pm_is_lost_lines(const char *name)
{
	size_t n = strlen(name);

	return strncmp(name, "lost/", 5) == 0 && n > 6 &&
	    strcmp(name + n - 6, ".jsonl") == 0;
}

static const char *const lost_name[] = { NULL, "capture", "article",
	"batch" };

const char *
pm_lost_name(int what)
{
	return what >= PM_LOST_CAPTURE && what <= PM_LOST_BATCH ?
	    lost_name[what] : NULL;
}
