#include <assert.h>

#include "base/mem.h"
#include "dup/runs_internal.h"

int
pm_run_order(const struct pm_ranking *ranking, uint32_t a, uint32_t b)
{
	if (ranking != NULL && ranking->rank != NULL && a != b) {
		uint64_t x = ranking->rank(ranking->context, a);
		uint64_t y = ranking->rank(ranking->context, b);

		if (x != y)
			return x > y ? -1 : 1;
	}
	return (a > b) - (a < b);
}

void
pm_run_merge_init(struct pm_run_merge *merge,
    const struct pm_ranking *ranking)
{
	merge->ranking = ranking;
	merge->n = 0;
	merge->begun = false;
	merge->key = 0;
	merge->number = 0;
}

int
pm_run_merge_add(struct pm_run_merge *merge, const struct pm_run *run,
    uint64_t from_key, struct pm_err *err)
{
	struct pm_run_cursor *cursor = &merge->cursor[merge->n];
	int rc;

	assert(merge->n <= PM_RUNS_MAX && !merge->begun);
	rc = pm_run_seek(cursor, run, from_key, err);
	if (rc == PM_OK && cursor->more)
		merge->n++;
	return rc;
}

static bool
is_before(const struct pm_run_merge *merge, const struct pm_run_cursor *a,
    const struct pm_run_cursor *b)
{
	return a->key != b->key ? a->key < b->key :
	    pm_run_order(merge->ranking, a->number, b->number) < 0;
}

/* Take the lowest pair.  A heap would not pay: two to four runs are usual. */
static int
take(struct pm_run_merge *merge, struct pm_err *err)
{
	struct pm_run_cursor *lowest = &merge->cursor[0];
	int rc;

	for (size_t i = 1; i < merge->n; i++) {
		if (is_before(merge, &merge->cursor[i], lowest))
			lowest = &merge->cursor[i];
	}
	merge->key = lowest->key;
	merge->number = lowest->number;
	rc = pm_run_next(lowest, err);
	if (rc == PM_OK && !lowest->more)
		*lowest = merge->cursor[--merge->n];
	return rc;
}

int
pm_run_merge_next(struct pm_run_merge *merge, struct pm_err *err)
{
	uint64_t key = merge->key;
	uint32_t number = merge->number;
	int rc;

	do {
		if (merge->n == 0)
			return PM_END;
		if ((rc = take(merge, err)) != PM_OK)
			return rc;
	} while (merge->begun && merge->key == key &&
	    merge->number == number);
	merge->begun = true;
	return PM_OK;
}

int
pm_run_gather(struct pm_run *out, struct pm_run_merge *merge,
    uint64_t entries_max, struct pm_err *err)
{
	struct pm_run_entry *array;
	uint64_t n = 0;
	int rc;

	array = pm_realloc_array(NULL, (size_t)entries_max, sizeof *array, err);
	if (array == NULL)
		return PM_ENOMEM;
	while ((rc = pm_run_merge_next(merge, err)) == PM_OK) {
		assert(n < entries_max);
		array[n++] = (struct pm_run_entry){ merge->key,
		    merge->number };
	}
	if (rc != PM_END) {
		pm_free(array);
		return rc;
	}
	*out = (struct pm_run){ .entries = n, .array = array };
	return PM_OK;
}
