/*
 * In which order texts and captures stand in the new log.
 *
 * Texts: clusters together, by the path of their first capture; from there
 * each text draws the one most like it (likeness.h), over all of the archive.
 * Captures: by run, because the log says so; in a run by kind, then so that
 * what a scraper writes again and again stands together.
 */
#include <stdlib.h>

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

static size_t
last_slash(struct pm_bytes path)
{
	size_t at = path.n;

	while (at > 0 && path.p[at - 1] != '/')
		at--;
	return at;
}

/* Pages by path; lists and what is not understood by name first, because the
 * same listing is written again each day into another directory. */
static void
name_capture(struct named *out, const struct old_capture *capture,
    struct pm_bytes path, uint32_t number)
{
	size_t slash = capture->kind == PM_CAPTURE_PAGE ? 0 :
	    last_slash(path);

	*out = (struct named){ { path.p + slash, path.n - slash }, number };
}

/* Ranks of paths, then the paths are not needed any more. */
static int
rank_paths(struct optimizer *optimizer)
{
	size_t n = optimizer->captures.n;
	struct named *named = pm_alloc(n * sizeof *named, optimizer->err);

	if (named == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < n; i++)
		name_capture(&named[i], &optimizer->captures.p[i],
		    optimizer->paths.p[i], (uint32_t)i + 1);
	if (n > 1)
		qsort(named, n, sizeof *named, compare_named);
	for (size_t i = 0; i < n; i++) {
		struct old_capture *capture = NUMBERED(optimizer->captures,
		    named[i].number);
		struct old_article *article;

		capture->path = (uint32_t)i;
		if (capture->article == 0)
			continue;
		article = NUMBERED(optimizer->articles, capture->article);
		if (article->path == UINT32_MAX)
			article->path = (uint32_t)i;
	}
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

		rc = pm_catalog_canonical(&canonical,
		    optimizer->writer.catalog, i + 1, optimizer->err);
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

		place[i].major = (uint64_t)first->path << 32 |
		    article->cluster;
		place[i].minor = article == first ? 0 :
		    (uint64_t)article->path + 1;
		place[i].number = (uint32_t)i + 1;
	}
	optimizer->article_order = numbers_of(place, n, optimizer->err);
	return optimizer->article_order == NULL ? PM_ENOMEM : PM_OK;
}

static int
chain_texts(struct optimizer *optimizer)
{
	size_t n = optimizer->articles.n;
	const struct pm_sketch **sketch = pm_alloc((n + 1) * sizeof *sketch,
	    optimizer->err);
	int rc;

	if (sketch == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < n; i++)
		sketch[i + 1] = &optimizer->sketches.p[i];
	rc = pm_likeness_chain(optimizer->article_order, n, sketch, NULL,
	    optimizer->err);
	pm_free(sketch);
	pm_free(optimizer->sketches.p);
	optimizer->sketches.p = NULL;
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
		uint64_t class = capture->file != 0 ? 7 : capture->kind;

		place[i].major = (uint64_t)capture->run << 8 | class;
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
		rc = chain_texts(optimizer);
	return rc == PM_OK ? order_captures(optimizer) : rc;
}
