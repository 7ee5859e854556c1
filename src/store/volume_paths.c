#include "store/volume_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"

enum { NAME_BYTES = 32 };

char *
pm_volume_directory(const char *archive, struct pm_err *err)
{
	return pm_fs_join(archive, "volumes", err);
}

static void
volume_name(char out[NAME_BYTES], uint32_t volume)
{
	(void)snprintf(out, NAME_BYTES, "%06u.tar.zst", (unsigned)volume);
}

char *
pm_volume_path(const char *archive, uint32_t volume, struct pm_err *err)
{
	char *directory = pm_volume_directory(archive, err);
	char name[NAME_BYTES];
	char *path;

	if (directory == NULL)
		return NULL;
	volume_name(name, volume);
	path = pm_fs_join(directory, name, err);
	pm_free(directory);
	return path;
}

/* 0 when this is not exactly a volume's name. */
static uint32_t
volume_of_name(const char *name)
{
	unsigned long long value;
	char again[NAME_BYTES];

	if (name[0] < '0' || name[0] > '9')
		return 0;
	value = strtoull(name, NULL, 10);
	if (value == 0 || value > UINT32_MAX)
		return 0;
	volume_name(again, (uint32_t)value);
	return strcmp(name, again) == 0 ? (uint32_t)value : 0;
}

static int
compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

int
pm_volume_list(uint32_t **out, size_t *n, const char *archive,
    struct pm_err *err)
{
	char *directory = pm_volume_directory(archive, err);
	struct pm_names names = { 0 };
	uint32_t *numbers = NULL;
	size_t found = 0;
	int rc = PM_ENOMEM;

	if (directory == NULL)
		return PM_ENOMEM;
	if ((rc = pm_fs_list(&names, directory, err)) != PM_OK)
		goto done;
	numbers = pm_realloc_array(NULL, names.n + 1, sizeof *numbers, err);
	if (numbers == NULL) {
		rc = PM_ENOMEM;
		goto done;
	}
	for (size_t i = 0; i < names.n; i++)
		if ((numbers[found] = volume_of_name(names.name[i])) != 0)
			found++;
	qsort(numbers, found, sizeof *numbers, compare_numbers);
	*out = numbers;
	*n = found;
done:
	pm_fs_names_free(&names);
	pm_free(directory);
	return rc;
}
