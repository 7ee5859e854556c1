/*
 * runs.c - the set of runs: opening and appending.
 *
 * S1: a run is complete and on disk before a manifest names it.
 * S2: a run is removed only after a manifest that does not name it is on
 *     disk.  What a crash leaves over is removed by the next writer.
 * S3: the manifest knows each run by the checksum of its header, so that
 *     another file of the same name is not taken for it.
 * S4: each run has at least twice the entries of all later ones together,
 *     so there are at most log2(entries) + 1; a merge restores this in one
 *     pass, straight from the batch in memory.
 */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "dup/runs_internal.h"

/* A writer may remove runs between a reader's look at the manifest and its
 * look at them; then the next manifest is there already. */
enum { OPEN_ATTEMPTS = 8 };

/*
 * Mixing (the finalizer of splitmix64, a bijection) spreads any keys evenly,
 * which the coding, the sort and the cut rely on.  Of the mixed key 40 bits
 * are kept: with 12 million entries a lookup meets a foreign number once in
 * 90,000 times, and the entry is 3 bytes smaller.
 */
uint64_t
pm_runs_place(uint64_t key)
{
	key = (key ^ key >> 30) * 0xbf58476d1ce4e5b9;
	key = (key ^ key >> 27) * 0x94d049bb133111eb;
	return (key ^ key >> 31) >> (64 - PM_RUN_KEY_BITS);
}

static char *
copy_string(const char *s, struct pm_err *err)
{
	size_t n = strlen(s) + 1;
	char *copy = pm_alloc(n, err);

	if (copy != NULL)
		memcpy(copy, s, n);
	return copy;
}

static char *
run_path(const struct pm_runs *runs, uint64_t number, struct pm_err *err)
{
	struct pm_buf path;

	pm_buf_init(&path);
	if (pm_buf_printf(&path, err, "%s/%s.%06llu.run", runs->directory,
	    runs->name, (unsigned long long)number) != PM_OK ||
	    pm_buf_append_byte(&path, 0, err) != PM_OK)
		pm_buf_clear(&path);
	return (char *)path.p;
}

static char *
manifest_path(const struct pm_runs *runs, struct pm_err *err)
{
	struct pm_buf path;

	pm_buf_init(&path);
	if (pm_buf_printf(&path, err, "%s/%s.manifest", runs->directory,
	    runs->name) != PM_OK || pm_buf_append_byte(&path, 0, err) != PM_OK)
		pm_buf_clear(&path);
	return (char *)path.p;
}

static void
close_from(struct pm_runs *runs, size_t first)
{
	while (runs->n > first)
		pm_run_close(&runs->run[--runs->n]);
}

static int
open_numbered(struct pm_run *out, const struct pm_runs *runs, uint64_t number,
    struct pm_err *err)
{
	char *path = run_path(runs, number, err);
	int rc = PM_ENOMEM;

	if (path != NULL && (rc = pm_run_open(out, path, err)) == PM_OK)
		out->number = number;
	pm_free(path);
	return rc;
}

static int
open_all(struct pm_runs *runs, const struct pm_manifest *manifest,
    struct pm_err *err)
{
	int rc;

	for (size_t i = 0; i < manifest->n; i++) {
		const struct pm_manifest_run *want = &manifest->run[i];
		struct pm_run *run = &runs->run[runs->n];

		if ((rc = open_numbered(run, runs, want->number, err)) != PM_OK)
			return rc;
		runs->n++;
		if (run->checksum != want->checksum ||
		    run->map.n != want->bytes)
			return pm_fail(err, PM_ECORRUPT,
			    "run %llu is not the one the manifest names",
			    (unsigned long long)want->number);
	}
	runs->sequence = manifest->sequence;
	runs->next_number = manifest->next_number;
	return PM_OK;
}

static int
load(struct pm_runs *runs, struct pm_err *err)
{
	struct pm_manifest manifest;
	int rc = PM_OK;

	for (int i = 0; i < OPEN_ATTEMPTS; i++) {
		rc = pm_manifest_read(&manifest, runs->manifest_path, err);
		if (rc != PM_OK)
			return rc;
		if ((rc = open_all(runs, &manifest, err)) == PM_OK)
			return PM_OK;
		close_from(runs, 0);
		if (rc != PM_ENOTFOUND)
			return rc;
	}
	return rc;
}

/* A manifest of the first `kept` runs and, unless NULL, one more. */
static int
replace_manifest(const struct pm_runs *runs, size_t kept,
    const struct pm_run *added, uint64_t sequence, struct pm_err *err)
{
	struct pm_manifest manifest = { .sequence = sequence,
	    .next_number = runs->next_number };

	for (size_t i = 0; i < kept + (added != NULL); i++) {
		const struct pm_run *run = i < kept ? &runs->run[i] : added;

		manifest.run[manifest.n++] = (struct pm_manifest_run){
		    run->number, run->map.n, run->checksum };
	}
	return pm_manifest_replace(&manifest, runs->manifest_path, err);
}

/* The number in "NAME.<digits>.run"; false for any other name. */
static bool
parse_run_name(uint64_t *number, const char *file, const char *name)
{
	size_t n = strlen(name), digits;

	if (strncmp(file, name, n) != 0 || file[n] != '.')
		return false;
	file += n + 1;
	digits = strspn(file, "0123456789");
	if (digits < 6 || digits > 20 || strcmp(file + digits, ".run") != 0)
		return false;
	*number = strtoull(file, NULL, 10);
	return true;
}

static bool
is_live(const struct pm_runs *runs, uint64_t number)
{
	for (size_t i = 0; i < runs->n; i++) {
		if (runs->run[i].number == number)
			return true;
	}
	return false;
}

static int
remove_orphans(struct pm_runs *runs, struct pm_err *err)
{
	struct pm_names names;
	int rc = pm_fs_list(&names, runs->directory, err);

	if (rc != PM_OK)
		return rc;
	for (size_t i = 0; i < names.n && rc == PM_OK; i++) {
		uint64_t number;
		char *path;

		if (!parse_run_name(&number, names.name[i], runs->name) ||
		    is_live(runs, number))
			continue;
		rc = PM_ENOMEM;
		path = pm_fs_join(runs->directory, names.name[i], err);
		if (path != NULL)
			rc = pm_fs_remove(path, err);
		pm_free(path);
	}
	pm_fs_names_free(&names);
	return rc;
}

static bool
is_damage(int rc)
{
	return rc == PM_ECORRUPT || rc == PM_EVERSION || rc == PM_ELIMIT ||
	    rc == PM_ENOTFOUND;
}

static int
open_directory(struct pm_runs *runs, struct pm_err *err)
{
	int rc;

	if (runs->mode == PM_RUNS_WRITE &&
	    (rc = pm_fs_make_directory(runs->directory, err)) != PM_OK)
		return rc;
	rc = load(runs, err);
	if (runs->mode == PM_RUNS_READ)
		return is_damage(rc) ? PM_OK : rc;
	if (is_damage(rc)) {
		/* S2: the damaged manifest goes before the runs it names. */
		rc = !pm_fs_exists(runs->manifest_path) ? PM_OK :
		    replace_manifest(runs, 0, NULL, 0, err);
	}
	return rc == PM_OK ? remove_orphans(runs, err) : rc;
}

int
pm_runs_open(struct pm_runs **out, const char *directory, const char *name,
    enum pm_runs_mode mode, struct pm_err *err)
{
	struct pm_runs *runs = pm_alloc_zero(sizeof *runs, err);
	int rc = PM_ENOMEM;

	if (runs == NULL)
		return PM_ENOMEM;
	runs->mode = mode;
	runs->next_number = 1;
	if (directory == NULL) {
		*out = runs;
		return PM_OK;
	}
	if ((runs->directory = copy_string(directory, err)) != NULL &&
	    (runs->name = copy_string(name, err)) != NULL &&
	    (runs->manifest_path = manifest_path(runs, err)) != NULL)
		rc = open_directory(runs, err);
	if (rc == PM_OK)
		*out = runs;
	else
		pm_runs_close(runs);
	return rc;
}

void
pm_runs_close(struct pm_runs *runs)
{
	if (runs == NULL)
		return;
	close_from(runs, 0);
	pm_free(runs->directory);
	pm_free(runs->name);
	pm_free(runs->manifest_path);
	pm_free(runs);
}

void
pm_runs_rank(struct pm_runs *runs, struct pm_ranking ranking)
{
	runs->ranking = ranking;
}

void
pm_runs_mend(struct pm_runs *runs, struct pm_runs_mend mend)
{
	runs->mend = mend;
}

uint64_t
pm_runs_sequence(const struct pm_runs *runs)
{
	return runs->sequence;
}

uint64_t
pm_runs_bytes(const struct pm_runs *runs)
{
	struct pm_manifest manifest = { .n = runs->n };
	uint64_t bytes = 0;

	if (runs->directory == NULL || (runs->n == 0 && runs->sequence == 0))
		return 0;
	for (size_t i = 0; i < runs->n; i++)
		bytes += runs->run[i].map.n;
	return bytes + pm_manifest_bytes(&manifest);
}

/* S4: where the runs begin that a batch of n entries is merged with; their
 * entries and n go to *total. */
static size_t
first_to_merge(const struct pm_runs *runs, uint64_t n, uint64_t *total)
{
	size_t first = runs->n;

	*total = n;
	while (first > 0 && (runs->run[first - 1].entries / 2 < *total ||
	    first >= PM_RUNS_MAX))
		*total += runs->run[--first].entries;
	return first;
}

/* The runs from first on, and the batch, as one new run. */
static int
merge_from(struct pm_run *out, struct pm_runs *runs, size_t first,
    const struct pm_run *batch, uint64_t total, struct pm_err *err)
{
	struct pm_run_merge merge;
	uint64_t number = runs->next_number;
	char *path;
	int rc;

	pm_run_merge_init(&merge, &runs->ranking);
	rc = pm_run_merge_add(&merge, batch, 0, err);
	for (size_t i = first; i < runs->n && rc == PM_OK; i++)
		rc = pm_run_merge_add(&merge, &runs->run[i], 0, err);
	if (rc != PM_OK)
		return rc;
	if (runs->directory == NULL)
		return total <= PM_RUN_FEW ?
		    pm_run_gather(out, &merge, total, err) :
		    pm_run_write_unnamed(out, &merge, total, err);
	if ((path = run_path(runs, number, err)) == NULL)
		return PM_ENOMEM;
	/* A number is never used again, whatever happens. */
	runs->next_number++;
	rc = pm_run_write(path, &merge, total, err);
	if (rc == PM_OK)
		rc = open_numbered(out, runs, number, err);
	pm_free(path);
	return rc;
}

/* Errors are passed over: what is left is an orphan. */
static void
remove_file(const struct pm_runs *runs, uint64_t number)
{
	struct pm_err ignored;
	char *path = run_path(runs, number, &ignored);

	if (path != NULL)
		(void)pm_fs_remove(path, &ignored);
	pm_free(path);
}

static void
drop_from(struct pm_runs *runs, size_t first)
{
	for (size_t i = first; runs->directory != NULL && i < runs->n; i++)
		remove_file(runs, runs->run[i].number);
	close_from(runs, first);
}

void
pm_runs_release(struct pm_runs *runs)
{
	runs->finds = 0;
	for (size_t i = 0; i < runs->n; i++)
		pm_fs_release(runs->run[i].map, 0, runs->run[i].map.n);
}

static int
append_batch(struct pm_runs *runs, const struct pm_run *batch,
    uint64_t sequence, struct pm_err *err)
{
	struct pm_run run = { 0 };
	uint64_t total;
	size_t first = first_to_merge(runs, batch->entries, &total);
	int rc = merge_from(&run, runs, first, batch, total, err);

	if (rc == PM_OK && runs->directory != NULL)
		rc = replace_manifest(runs, first, &run, sequence, err);
	if (rc != PM_OK) {
		/* The file stays: a manifest that could not be synced may
		 * name it already. */
		pm_run_close(&run);
		return rc;
	}
	drop_from(runs, first);
	runs->run[runs->n++] = run;
	runs->sequence = sequence;
	pm_runs_release(runs);
	return PM_OK;
}

int
pm_runs_mend_now(struct pm_runs *runs, struct pm_err *err)
{
	struct pm_err why = *err;
	int rc;

	if (runs->mend.refill == NULL || runs->mending)
		return PM_ECORRUPT;
	if ((rc = pm_runs_reset(runs, err)) != PM_OK)
		return rc;
	runs->mending = true;
	rc = runs->mend.refill(runs->mend.context, why.text, err);
	runs->mending = false;
	return rc;
}

int
pm_runs_append(struct pm_runs *runs, struct pm_run_entry *entry, size_t n,
    uint64_t sequence, struct pm_err *err)
{
	struct pm_run batch = { .array = entry };
	int rc = PM_OK;

	if (runs->mode != PM_RUNS_WRITE)
		return pm_fail(err, PM_EUSAGE, "index opened for reading");
	if (sequence < runs->sequence)
		return pm_fail(err, PM_EUSAGE, "index is at %llu, past %llu",
		    (unsigned long long)runs->sequence,
		    (unsigned long long)sequence);
	if (n == 0) {
		if (runs->directory != NULL && sequence != runs->sequence)
			rc = replace_manifest(runs, runs->n, NULL, sequence,
			    err);
		if (rc == PM_OK)
			runs->sequence = sequence;
		return rc;
	}
	for (size_t i = 0; i < n; i++)
		entry[i].key = pm_runs_place(entry[i].key);
	batch.entries = pm_run_sort(entry, n, &runs->ranking);
	rc = append_batch(runs, &batch, sequence, err);
	if (rc == PM_ECORRUPT && (rc = pm_runs_mend_now(runs, err)) == PM_OK &&
	    runs->sequence < sequence)
		rc = append_batch(runs, &batch, sequence, err);
	return rc;
}

int
pm_runs_reset(struct pm_runs *runs, struct pm_err *err)
{
	int rc = PM_OK;

	if (runs->mode != PM_RUNS_WRITE)
		return pm_fail(err, PM_EUSAGE, "index opened for reading");
	if (runs->directory != NULL)
		rc = replace_manifest(runs, 0, NULL, 0, err);
	if (rc != PM_OK)
		return rc;
	drop_from(runs, 0);
	runs->sequence = 0;
	return PM_OK;
}
