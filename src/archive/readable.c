/*
 * Is there anything to read?  Pipes are taken for readable: a look would
 * take bytes out of them.
 */
#include "archive/readable.h"

#include <string.h>

#include "base/fs.h"

static bool
is_readable(const char *path)
{
	struct pm_file_info info;
	struct pm_names names;
	struct pm_err ignored;
	int fd;

	if (strcmp(path, "-") == 0)
		return true;
	if (*path == '@' && strcmp(++path, "-") == 0)
		return true;
	/* Want of memory says nothing about the file. */
	if (pm_fs_stat(&info, path, &ignored) != PM_OK)
		return ignored.status == PM_ENOMEM;
	if (info.kind == PM_FILE_DIRECTORY) {
		if (pm_fs_list(&names, path, &ignored) != PM_OK)
			return ignored.status == PM_ENOMEM;
		pm_fs_names_free(&names);
		return true;
	}
	if (info.kind != PM_FILE_REGULAR)
		return true;
	if (pm_fs_open_read(&fd, path, &ignored) != PM_OK)
		return ignored.status == PM_ENOMEM;
	pm_fs_close(fd);
	return true;
}

bool
pm_input_is_readable(const struct pm_input *input)
{
	for (size_t i = 0; i < input->path_n; i++)
		if (is_readable(input->path[i]))
			return true;
	return input->path_n == 0;
}

static int
pass_over(void *context, const struct pm_inspected *page)
{
	(void)context;
	(void)page;
	return PM_OK;
}

int
pm_input_tell_unreadable(struct pm_counts *out, const struct pm_input *input,
    const struct pm_hooks *hooks, struct pm_err *err)
{
	struct pm_counts counts;
	int rc = pm_inspect(&counts, input, hooks, pass_over, NULL, err);

	if (rc == PM_OK)
		*out = (struct pm_counts){ .unreadable = counts.unreadable };
	return rc;
}
