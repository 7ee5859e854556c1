/*
 * runs_find.c - numbers under a key, or under many in order.
 */
#include "dup/runs_internal.h"

/* A look-up maps in some 64 KiB of each run. */
enum { FINDS_HELD = 128 };

/* Tells each number once, also when the search begins anew: then they come in
 * the same order. */
struct once {
	int (*found)(void *context, size_t index, uint32_t number);
	int (*found_one)(void *context, uint32_t number);
	void *context;
	size_t told, seen;
};

static int
tell(struct once *once, size_t index, uint32_t number)
{
	if (once->seen++ < once->told)
		return 0;
	once->told++;
	return once->found_one != NULL ?
	    once->found_one(once->context, number) :
	    once->found(once->context, index, number);
}

static int
find_under(struct pm_runs *runs, uint64_t key, struct once *once,
    struct pm_err *err)
{
	struct pm_run_merge merge;
	int rc;

	once->seen = 0;
	pm_run_merge_init(&merge, &runs->ranking);
	for (size_t i = 0; i < runs->n; i++) {
		rc = pm_run_merge_add(&merge, &runs->run[i], key, err);
		if (rc != PM_OK)
			return rc;
	}
	while ((rc = pm_run_merge_next(&merge, err)) == PM_OK &&
	    merge.key == key) {
		if (tell(once, 0, merge.number) != 0)
			return PM_OK;
	}
	return rc == PM_END ? PM_OK : rc;
}

int
pm_runs_find(struct pm_runs *runs, uint64_t key,
    int (*found)(void *context, uint32_t number), void *context,
    struct pm_err *err)
{
	struct once once = { .found_one = found, .context = context };
	int rc = find_under(runs, pm_runs_place(key), &once, err);

	if (rc == PM_ECORRUPT && (rc = pm_runs_mend_now(runs, err)) == PM_OK)
		rc = find_under(runs, pm_runs_place(key), &once, err);
	if (++runs->finds >= FINDS_HELD)
		pm_runs_release(runs);
	return rc;
}

/* The cursor that gives the next number under key; NULL: there is none. */
static struct pm_run_cursor *
first_under(struct pm_runs *runs, struct pm_run_cursor *cursor, uint64_t key)
{
	struct pm_run_cursor *first = NULL;

	for (size_t i = 0; i < runs->n; i++) {
		if (cursor[i].more && cursor[i].key == key && (first == NULL ||
		    pm_run_order(&runs->ranking, cursor[i].number,
		    first->number) < 0))
			first = &cursor[i];
	}
	return first;
}

static int
find_next(struct pm_runs *runs, struct pm_run_cursor *cursor, uint64_t key,
    size_t index, struct once *once, struct pm_err *err)
{
	struct pm_run_cursor *first;
	uint32_t last = 0;
	bool begun = false;
	int rc;

	once->seen = 0;
	for (size_t i = 0; i < runs->n; i++)
		if (cursor[i].more && (rc = pm_run_advance(&cursor[i], key,
		    err)) != PM_OK)
			return rc;
	while ((first = first_under(runs, cursor, key)) != NULL) {
		uint32_t number = first->number;

		if ((!begun || number != last) &&
		    tell(once, index, number) != 0)
			break;
		begun = true;
		last = number;
		if ((rc = pm_run_next(first, err)) != PM_OK)
			return rc;
	}
	return PM_OK;
}

static int
seek_all(struct pm_runs *runs, struct pm_run_cursor *cursor, uint64_t key,
    struct pm_err *err)
{
	int rc = PM_OK;

	for (size_t i = 0; i < runs->n && rc == PM_OK; i++)
		rc = pm_run_seek(&cursor[i], &runs->run[i], key, err);
	return rc;
}

int
pm_runs_find_many(struct pm_runs *runs, const uint64_t *key, size_t n,
    int (*found)(void *context, size_t index, uint32_t number),
    void *context, struct pm_err *err)
{
	struct pm_run_cursor cursor[PM_RUNS_MAX];
	struct once once = { .found = found, .context = context };
	int rc = PM_OK;

	if (n == 0)
		return PM_OK;
	rc = seek_all(runs, cursor, pm_runs_place(key[0]), err);
	for (size_t i = 0; i < n && (rc == PM_OK || i == 0); i++) {
		uint64_t at = pm_runs_place(key[i]);

		once.told = 0;
		if (rc == PM_OK)
			rc = find_next(runs, cursor, at, i, &once, err);
		if (rc == PM_ECORRUPT && (rc = pm_runs_mend_now(runs, err)) == PM_OK &&
		    (rc = seek_all(runs, cursor, at, err)) == PM_OK)
			rc = find_next(runs, cursor, at, i, &once, err);
	}
	/* Of many keys, most of the index. */
	pm_runs_release(runs);
	return rc;
}
