/*
 * ls, show and stats: questions to the catalog, with texts from the volumes
 * where the catalog has only their place.
 */
#include "archive/archive.h"
#include "archive/tag_map.h"
#include "base/err.h"
#include "base/mem.h"
#include "store/catalog_query.h"

struct article_answer {
	int (*article)(void *context, const struct pm_article *article);
	void *context;
};

static int
give_article(void *context, struct pm_article *article,
    const struct pm_article_row *place)
{
	struct article_answer *answer = context;

	(void)place;
	return answer->article(answer->context, article);
}

int
pm_list_articles(struct pm_archive *archive, const struct pm_select *select,
    int (*article)(void *context, const struct pm_article *article),
    void *context, struct pm_err *err)
{
	struct article_answer answer = { article, context };
	struct pm_query query;
	int rc = pm_query_init(&query, select, archive->catalog, err);

	if (rc != PM_OK)
		return rc;
	return pm_catalog_list_articles(archive->catalog, &query,
	    PM_DETAIL_ROW, give_article, &answer, err);
}

int
pm_list_clusters(struct pm_archive *archive, const struct pm_select *select,
    int (*cluster)(void *context, const struct pm_cluster *cluster),
    void *context, struct pm_err *err)
{
	const struct pm_dup_answer answer = { cluster, NULL };
	struct pm_query query;
	int rc = pm_query_init(&query, select, archive->catalog, err);

	return rc == PM_OK ? pm_catalog_list_dups(archive->catalog, &query,
	    &answer, context, err) : rc;
}

/* ---- teasers ---- */

struct teaser_answer {
	struct pm_archive *archive;
	int (*teaser)(void *context, const struct pm_listed_teaser *teaser);
	void *context;
	struct pm_err *err;
};

static int
give_teaser(void *context, struct pm_listed_teaser *teaser, uint64_t frame,
    uint32_t ordinal)
{
	struct teaser_answer *answer = context;
	int rc = pm_frames_teaser(&teaser->title, &teaser->snippet,
	    answer->archive->frames, frame, ordinal, answer->err);

	return rc == PM_OK ? answer->teaser(answer->context, teaser) : rc;
}

int
pm_list_teasers(struct pm_archive *archive,
    int (*teaser)(void *context, const struct pm_listed_teaser *teaser),
    void *context, struct pm_err *err)
{
	struct teaser_answer answer = { archive, teaser, context, err };

	return pm_catalog_list_teasers(archive->catalog, give_teaser, &answer,
	    err);
}

/* ---- what the catalog says by itself ---- */

int
pm_list_captures(struct pm_archive *archive,
    int (*capture)(void *context, const struct pm_listed_capture *capture),
    void *context, struct pm_err *err)
{
	return pm_catalog_list_captures(archive->catalog, capture, context,
	    err);
}

int
pm_list_tags(struct pm_archive *archive, const struct pm_tag_map *map,
    int (*tag)(void *context, const struct pm_listed_tag *tag),
    void *context, struct pm_err *err)
{
	const struct pm_tag_lines lines = pm_tag_map_lines(map);

	return pm_catalog_list_tags(archive->catalog, map == NULL ? NULL :
	    &lines, tag, context, err);
}

int
pm_list_runs(struct pm_archive *archive,
    int (*run)(void *context, const struct pm_listed_run *run),
    void *context, struct pm_err *err)
{
	return pm_catalog_list_runs(archive->catalog, run, context, err);
}

int
pm_stats_sources(struct pm_archive *archive,
    int (*source)(void *context, const struct pm_source_counts *counts),
    void *context, struct pm_err *err)
{
	return pm_catalog_list_sources(archive->catalog, source, context,
	    err);
}

int
pm_stats_languages(struct pm_archive *archive,
    int (*language)(void *context, const struct pm_source_counts *counts),
    void *context, struct pm_err *err)
{
	return pm_catalog_list_languages(archive->catalog, language, context,
	    err);
}

int
pm_stats_bytes(struct pm_archive *archive,
    int (*part)(void *context, const struct pm_part_bytes *bytes),
    void *context, struct pm_err *err)
{
	return pm_catalog_list_bytes(archive->catalog, part, context, err);
}

int
pm_stats(struct pm_counts *out, struct pm_archive *archive,
    struct pm_err *err)
{
	struct pm_counts counts = { 0 };
	int rc = pm_catalog_counts(&counts, archive->catalog, err);

	if (rc != PM_OK)
		return rc;
	counts.volume_bytes = pm_archive_folder_bytes(archive->path,
	    "volumes");
	counts.cache_bytes = pm_archive_folder_bytes(archive->path, "cache");
	counts.parity_bytes = pm_archive_folder_bytes(archive->path,
	    "parity");
	counts.catalog_bytes = pm_archive_catalog_bytes(archive->path);
	*out = counts;
	return PM_OK;
}

/* ---- show ---- */

struct shown {
	struct pm_archive *archive;
	uint64_t number;
	size_t n;
	struct pm_buf text;
	int (*article)(void *context, const struct pm_article *article);
	int (*sighting)(void *context, const struct pm_sighting *sighting);
	void *context;
	struct pm_err *err;
};

/* Of how many articles the id is the beginning, up to two. */
static int
count_articles(struct shown *shown, const struct pm_query *query)
{
	struct pm_scout *scout = NULL;
	struct pm_article_row place;
	int rc = pm_catalog_scout_open(&scout, shown->archive->catalog,
	    query, shown->err);

	while (rc == PM_OK && shown->n < 2 && (rc = pm_catalog_scout_next(
	    &place, scout, shown->err)) == PM_OK) {
		shown->number = place.number;
		shown->n++;
	}
	pm_catalog_scout_close(scout);
	return rc == PM_END ? PM_OK : rc;
}

static int
show_article(void *context, struct pm_article *article,
    const struct pm_article_row *place)
{
	struct shown *shown = context;
	int rc = pm_frames_article(&shown->text, shown->archive->frames,
	    place->frame, place->offset, place->bytes, shown->err);

	article->text = pm_buf_bytes(&shown->text);
	return rc == PM_OK ? shown->article(shown->context, article) : rc;
}

static int
show_sighting(void *context, const struct pm_sighting_row *row)
{
	struct shown *shown = context;
	struct pm_sighting sighting = row->sighting;
	int rc = pm_frames_teaser(&sighting.title, &sighting.snippet,
	    shown->archive->frames, row->frame, row->ordinal, shown->err);

	return rc == PM_OK ? shown->sighting(shown->context, &sighting) : rc;
}

int
pm_show(struct pm_archive *archive, const char *id,
    int (*article)(void *context, const struct pm_article *article),
    int (*sighting)(void *context, const struct pm_sighting *sighting),
    void *context, struct pm_err *err)
{
	const struct pm_select select = { .id = id };
	struct shown shown = { .archive = archive, .article = article,
	    .sighting = sighting, .context = context, .err = err };
	struct pm_query query;
	int rc = pm_query_init(&query, &select, archive->catalog, err);

	if (rc != PM_OK)
		return rc;
	if ((rc = count_articles(&shown, &query)) != PM_OK)
		return rc;
	if (shown.n != 1)
		return shown.n == 0 ? pm_fail(err, PM_ENOTFOUND,
		    "no article has an id that begins with %s", id) :
		    pm_fail(err, PM_EUSAGE, "several articles have an id "
		    "that begins with %s; give more digits", id);
	rc = pm_catalog_list_articles(archive->catalog, &query,
	    PM_DETAIL_SHOWN, show_article, &shown, err);
	if (rc == PM_OK && sighting != NULL)
		rc = pm_catalog_list_sightings(archive->catalog, shown.number,
		    NULL, show_sighting, &shown, err);
	pm_buf_clear(&shown.text);
	return rc;
}
