/*
 * One article out of an open archive: p50, p90, p99 of the time that pm_show
 * takes, over articles in an order without order.
 *
 *	build/bench-article ARCHIVE [N]
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pressmark.h"

enum { ID_CHARS = 33 };

struct ids {
	char (*id)[ID_CHARS];
	size_t n, capacity;
};

static int
take_id(void *context, const struct pm_article *article)
{
	struct ids *ids = context;

	if (ids->n == ids->capacity) {
		size_t capacity = ids->capacity == 0 ? 1024 :
		    ids->capacity * 2;
		void *p = realloc(ids->id, capacity * sizeof *ids->id);

		if (p == NULL)
			return PM_ENOMEM;
		ids->id = p;
		ids->capacity = capacity;
	}
	(void)snprintf(ids->id[ids->n++], ID_CHARS, "%s", article->id);
	return 0;
}

static int
count_bytes(void *context, const struct pm_article *article)
{
	*(uint64_t *)context += article->text.n;
	return 0;
}

static double
now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static int
compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int
measure(struct pm_archive *archive, const struct ids *ids, size_t n,
    struct pm_err *err)
{
	double *took = calloc(n, sizeof *took);
	uint64_t bytes = 0, state = 88172645463325252u;
	int rc = took == NULL ? PM_ENOMEM : PM_OK;

	for (size_t i = 0; i < n && rc == PM_OK; i++) {
		double begin = now_ms();

		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		rc = pm_show(archive, ids->id[state % ids->n], count_bytes,
		    NULL, &bytes, err);
		took[i] = now_ms() - begin;
	}
	if (rc == PM_OK) {
		qsort(took, n, sizeof *took, compare);
		printf("%zu articles, %.1f KB each: p50 %.3f ms, p90 %.3f ms,"
		    " p99 %.3f ms, most %.3f ms\n", n,
		    (double)bytes / 1e3 / (double)n, took[n / 2],
		    took[n * 9 / 10], took[n * 99 / 100], took[n - 1]);
	}
	free(took);
	return rc;
}

int
main(int argc, char **argv)
{
	const size_t n = argc > 2 ? strtoul(argv[2], NULL, 10) : 2000;
	struct pm_archive *archive = NULL;
	struct pm_select all = { .limit = 1000000 };
	struct ids ids = { 0 };
	struct pm_err err = { 0 };
	int rc;

	if (argc < 2 || n == 0) {
		fprintf(stderr, "usage: bench-article ARCHIVE [N]\n");
		return 2;
	}
	rc = pm_archive_open(&archive, argv[1], &err);
	if (rc == PM_OK)
		rc = pm_list_articles(archive, &all, take_id, &ids, &err);
	if (rc == PM_OK && ids.n > 0)
		rc = measure(archive, &ids, n, &err);
	if (rc != PM_OK)
		fprintf(stderr, "bench-article: %s\n", err.text);
	pm_archive_close(archive);
	free(ids.id);
	return rc == PM_OK ? 0 : 3;
}
