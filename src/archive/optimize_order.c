/*
 * In which order texts and captures stand in the new log.
 *
 * Texts: by host, then by path without its digits, clusters together; from
 * there each frame draws what has most in common with it (alike.h), over all
 * of the archive.  Captures: by run, because the log says so; in a run by path,
 * so that pages stand near the listing that led to them, which has their titles
 * and addresses.
 */
#include <stdlib.h>

#include "archive/alike.h"
#include "archive/optimize_internal.h"
#include "base/err.h"
#include "store/catalog_query.h"

/* What is sorted by. */
struct place {
	uint64_t major, minor;
	uint32_t number;
};

static int
compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->major != y->major)
		return x->major < y->major ? -1 : 1;
	if (x->minor != y->minor)
		return x->minor < y->minor ? -1 : 1;
	return (x->number > y->number) - (x->number < y->number);
}

struct named {
	struct pm_bytes path;
	uint32_t number;
};

static int
compare_named(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = pm_bytes_compare(x->path, y->path);

	return order != 0 ? order : (x->number > y->number) -
	    (x->number < y->number);
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* By path without its digits, which are of days and runs, then with them. */
static int
compare_series(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	size_t i = 0, k = 0;

	for (;;) {
		while (i < x->path.n && is_digit(x->path.p[i]))
			i++;
		while (k < y->path.n && is_digit(y->path.p[k]))
			k++;
		if (i >= x->path.n || k >= y->path.n)
			break;
		if (x->path.p[i] != y->path.p[k])
			return x->path.p[i] < y->path.p[k] ? -1 : 1;
		i++;
		k++;
	}
	if ((i < x->path.n) != (k < y->path.n))
		return i < x->path.n ? 1 : -1;
	return compare_named(a, b);
}

/* Of the first capture of each article: its rank among all, by series. */
static void
rank_articles(struct optimizer *optimizer, const struct named *named)
{
	for (size_t i = 0; i < optimizer->captures.n; i++) {
		const struct old_capture *capture = NUMBERED(
		    optimizer->captures, named[i].number);
		struct old_article *article;

		if (capture->article == 0)
			continue;
		article = NUMBERED(optimizer->articles, capture->article);
		if (article->path == UINT32_MAX)
			article->path = (uint32_t)i;
	}
}

/* Ranks of paths; then the paths are not needed any more. */
static int
rank_paths(struct optimizer *optimizer)
{
	size_t n = optimizer->captures.n;
	struct named *named = pm_alloc(n * sizeof *named, optimizer->err);

	if (named == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < n; i++)
		named[i] = (struct named){ optimizer->paths.p[i],
		    (uint32_t)i + 1 };
	if (n > 1)
		qsort(named, n, sizeof *named, compare_series);
	rank_articles(optimizer, named);
	if (n > 1)
		qsort(named, n, sizeof *named, compare_named);
	for (size_t i = 0; i < n; i++)
		NUMBERED(optimizer->captures, named[i].number)->path =
		    (uint32_t)i;
	pm_free(named);
	pm_free(optimizer->paths.p);
	optimizer->paths.p = NULL;
	pm_arena_clear(&optimizer->names);
	return PM_OK;
}

static int
find_clusters(struct optimizer *optimizer)
{
	int rc = PM_OK;

	for (size_t i = 0; i < optimizer->articles.n && rc == PM_OK; i++) {
		uint64_t canonical = 0;

		if (!optimizer->articles.p[i].gone)
			rc = pm_catalog_canonical(&canonical,
			    optimizer->writer.catalog, i + 1,
			    optimizer->err);
		if (canonical == 0 || canonical > optimizer->articles.n)
			canonical = i + 1;
		optimizer->articles.p[i].cluster = (uint32_t)canonical;
	}
	return rc;
}

static uint32_t *
numbers_of(struct place *place, size_t n, struct pm_err *err)
{
	uint32_t *number = pm_alloc(n * sizeof *number, err);

	if (n > 1)
		qsort(place, n, sizeof *place, compare_places);
	for (size_t i = 0; i < n && number != NULL; i++)
		number[i] = place[i].number;
	pm_free(place);
	return number;
}

/* A cluster stands where its canonical does, which comes first. */
static int
base_order(struct optimizer *optimizer)
{
	size_t n = optimizer->articles.n;
	struct place *place = pm_alloc(n * sizeof *place, optimizer->err);

	if (place == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct old_article *article = &optimizer->articles.p[i];
		const struct old_article *first = NUMBERED(
		    optimizer->articles, article->cluster);

		place[i].major = (uint64_t)first->host << 32 | first->path;
		place[i].minor = (uint64_t)article->cluster << 32 |
		    (article == first ? 0 : article->path);
		place[i].number = (uint32_t)i + 1;
	}
	optimizer->article_order = numbers_of(place, n, optimizer->err);
	return optimizer->article_order == NULL ? PM_ENOMEM : PM_OK;
}

static uint64_t
member_bytes(const struct old_article *article)
{
	return PM_TAR_BLOCK + (article->bytes + PM_TAR_BLOCK - 1) /
	    PM_TAR_BLOCK * PM_TAR_BLOCK;
}

/* Numbers of articles to places, from 0, and back. */
static int
draw_texts(struct optimizer *optimizer)
{
	size_t n = optimizer->articles.n;
	uint32_t *order = optimizer->article_order;
	uint64_t *bytes = pm_alloc(n * sizeof *bytes, optimizer->err);
	struct pm_alike alike = { .n = n, .value = optimizer->sample,
	    .value_n = optimizer->sample_n, .most = optimizer->sample_most,
	    .bytes = bytes, .frame_bytes = optimizer->options->frame_bytes };
	int rc;

	if (bytes == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		bytes[i] = optimizer->articles.p[i].gone ? 0 :
		    member_bytes(&optimizer->articles.p[i]);
		if (optimizer->articles.p[i].gone)
			optimizer->sample_n[i] = 0;
		order[i]--;
	}
	rc = pm_alike_order(order, &alike, optimizer->err);
	for (size_t i = 0; i < n; i++)
		order[i]++;
	pm_free(bytes);
	pm_free(optimizer->sample);
	pm_free(optimizer->sample_n);
	optimizer->sample = NULL;
	optimizer->sample_n = NULL;
	return rc;
}

/* Records of a file stay together, in the order of the file; it comes behind
 * them. */
static int
order_captures(struct optimizer *optimizer)
{
	size_t n = optimizer->captures.n;
	struct place *place = pm_alloc(n * sizeof *place, optimizer->err);

	if (place == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct old_capture *capture = &optimizer->captures.p[i];

		place[i].major = (uint64_t)capture->run << 8 |
		    (capture->file != 0);
		place[i].minor = capture->file != 0 ?
		    (uint64_t)capture->file << 32 | (uint32_t)i :
		    capture->path;
		place[i].number = (uint32_t)i + 1;
	}
	optimizer->capture_order = numbers_of(place, n, optimizer->err);
	return optimizer->capture_order == NULL ? PM_ENOMEM : PM_OK;
}

int
pm_optimize_order(struct optimizer *optimizer)
{
	int rc = rank_paths(optimizer);

	if (rc == PM_OK)
		rc = find_clusters(optimizer);
	if (rc == PM_OK)
		rc = base_order(optimizer);
	if (rc == PM_OK)
		rc = draw_texts(optimizer);
	return rc == PM_OK ? order_captures(optimizer) : rc;
}
