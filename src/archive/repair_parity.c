/*
 * Parity, as repair uses it.  A volume is never written in place: a copy is
 * made beside it, the old file gets another name, the copy its name.
 */
#include "archive/repair_parity.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/fs.h"
#include "store/parity.h"
#include "store/volume_internal.h"

static const char damaged_name[] = ".damaged";
static const char mended_name[] = PM_REPAIR_MENDED;

/* ---- which volumes ---- */

static int
add_volume(struct pm_volume_numbers *out, uint32_t volume, struct pm_err *err)
{
	int rc;

	for (size_t i = 0; i < out->list.n; i++)
		if (out->list.p[i] == volume)
			return PM_OK;
	if ((rc = LIST_ROOM(out->list, err)) == PM_OK)
		out->list.p[out->list.n++] = volume;
	return rc;
}

static int
compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int
is_there(bool *out, const char *archive, uint32_t volume, struct pm_err *err)
{
	char *path = pm_volume_path(archive, volume, err);

	*out = path != NULL && pm_fs_exists(path);
	pm_free(path);
	return path == NULL ? PM_ENOMEM : PM_OK;
}

/* The volumes that have a file in parity/. */
static int
with_parity(struct pm_volume_numbers *out, const char *archive,
    struct pm_err *err)
{
	char *folder = pm_fs_join(archive, "parity", err);
	struct pm_names names;
	int rc = folder == NULL ? PM_ENOMEM : PM_OK;

	if (rc == PM_OK && !pm_fs_exists(folder)) {
		pm_free(folder);
		return PM_OK;
	}
	if (rc == PM_OK && (rc = pm_fs_list(&names, folder, err)) == PM_OK) {
		for (size_t i = 0; i < names.n && rc == PM_OK; i++) {
			char *end;
			unsigned long long number = strtoull(names.name[i],
			    &end, 10);

			if (*end == '-' && number > 0 && number <= UINT32_MAX)
				rc = add_volume(out, (uint32_t)number, err);
		}
		pm_fs_names_free(&names);
	}
	pm_free(folder);
	return rc;
}

int
pm_repair_volumes(struct pm_volume_numbers *out, const char *archive,
    bool all, struct pm_err *err)
{
	struct pm_volume_numbers parity = { 0 };
	uint32_t *volumes = NULL;
	size_t n = 0;
	int rc = with_parity(&parity, archive, err);

	if (rc == PM_OK && all)
		rc = pm_volume_list(&volumes, &n, archive, err);
	for (size_t i = 0; i < n && rc == PM_OK; i++)
		rc = add_volume(out, volumes[i], err);
	for (size_t i = 0; i < parity.list.n && rc == PM_OK; i++) {
		bool there = false;

		rc = is_there(&there, archive, parity.list.p[i], err);
		if (rc == PM_OK && (all || !there))
			rc = add_volume(out, parity.list.p[i], err);
	}
	pm_free(volumes);
	pm_free(parity.list.p);
	if (out->list.n > 1)
		qsort(out->list.p, out->list.n, sizeof *out->list.p,
		    compare_numbers);
	return rc;
}

/* ---- names beside a volume ---- */

static char *
beside(const char *path, const char *name, struct pm_err *err)
{
	size_t n = strlen(path), more = strlen(name) + 1;
	char *out = pm_alloc(n + more, err);

	if (out != NULL) {
		memcpy(out, path, n);
		memcpy(out + n, name, more);
	}
	return out;
}

/* The old file under another name, the new one under its own. */
static int
exchange(const char *path, const char *new_path, struct pm_err *err)
{
	char *old = beside(path, damaged_name, err);
	int rc = old == NULL ? PM_ENOMEM : PM_OK;

	if (rc == PM_OK && pm_fs_exists(path) && !pm_fs_exists(old))
		rc = pm_fs_rename(path, old, err);
	if (rc == PM_OK)
		rc = pm_fs_rename(new_path, path, err);
	if (rc == PM_OK)
		rc = pm_fs_sync_above(path, err);
	pm_free(old);
	return rc;
}

int
pm_repair_volume(bool *changed, const char *archive, uint32_t volume,
    struct pm_err *err)
{
	struct pm_parity_mend mend = { .volume = volume };
	struct pm_parity_mended mended = { 0 };
	char *path = pm_volume_path(archive, volume, err);
	char *to = path == NULL ? NULL : beside(path, mended_name, err);
	int rc = to == NULL ? PM_ENOMEM : pm_fs_remove(to, err);

	*changed = false;
	if (rc == PM_OK)
		rc = pm_parity_mend(&mended, archive, &mend, to, err);
	*changed = rc == PM_OK && mended.changed && mended.lost == 0;
	if (*changed)
		rc = exchange(path, to, err);
	else if (rc == PM_OK && !mended.changed)
		rc = pm_fs_remove(to, err);
	pm_free(to);
	pm_free(path);
	/* Without parity of it there is nothing to be done here. */
	return rc == PM_ENOTFOUND ? PM_OK : rc;
}

/* ---- before and after ---- */

static bool
ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && strcmp(name + n - m, end) == 0;
}

enum tidy { TIDY_RESUME, TIDY_SETTLE };

static int
tidy_file(char *path, enum tidy how, struct pm_err *err)
{
	size_t n = strlen(path) - (sizeof damaged_name - 1);
	int rc = PM_OK;

	if (ends_with(path, mended_name))
		return pm_fs_remove(path, err);
	if (!ends_with(path, damaged_name))
		return PM_OK;
	if (how == TIDY_SETTLE)
		return pm_fs_remove(path, err);
	char *whole = pm_alloc(n + 1, err);

	if (whole == NULL)
		return PM_ENOMEM;
	memcpy(whole, path, n);
	whole[n] = '\0';
	if (!pm_fs_exists(whole))
		rc = pm_fs_rename(path, whole, err);
	pm_free(whole);
	return rc;
}

static int
tidy_folder(const char *folder, enum tidy how, struct pm_err *err)
{
	struct pm_names names;
	int rc = pm_fs_list(&names, folder, err);

	if (rc != PM_OK)
		return rc == PM_ENOTFOUND ? PM_OK : rc;
	for (size_t i = 0; i < names.n && rc == PM_OK; i++) {
		char *path;

		if (!ends_with(names.name[i], mended_name) &&
		    !ends_with(names.name[i], damaged_name))
			continue;
		path = pm_fs_join(folder, names.name[i], err);
		rc = path == NULL ? PM_ENOMEM : tidy_file(path, how, err);
		pm_free(path);
	}
	pm_fs_names_free(&names);
	return rc;
}

static int
tidy(const char *archive, enum tidy how, struct pm_err *err)
{
	char *folder = pm_volume_directory(archive, err);
	int rc = folder == NULL ? PM_ENOMEM : tidy_folder(folder, how, err);

	if (rc == PM_OK)
		rc = tidy_folder(archive, how, err);
	pm_free(folder);
	return rc;
}

int
pm_repair_resume(const char *archive, struct pm_err *err)
{
	return tidy(archive, TIDY_RESUME, err);
}

int
pm_repair_settle(const char *archive, struct pm_err *err)
{
	return tidy(archive, TIDY_SETTLE, err);
}

int
pm_repair_renew(const char *archive, struct pm_pool *pool, unsigned threads,
    struct pm_err *err)
{
	struct pm_parity_options options = { .percent = PM_PARITY_AS_IT_IS,
	    .pool = pool, .threads = threads, .thorough = true };
	struct pm_volume_numbers parity = { 0 };
	int lock = -1, rc = pm_fs_lock(&lock, archive, err);

	if (rc == PM_OK)
		rc = with_parity(&parity, archive, err);
	for (size_t i = 0; i < parity.list.n && rc == PM_OK; i++) {
		bool there = true;

		rc = is_there(&there, archive, parity.list.p[i], err);
		if (rc == PM_OK && !there)
			rc = pm_parity_drop(archive, parity.list.p[i],
			    parity.list.p[i], err);
	}
	if (rc == PM_OK)
		rc = pm_parity_update(archive, &options, err);
	pm_fs_close(lock);
	pm_free(parity.list.p);
	return rc;
}
