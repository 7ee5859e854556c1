#include "archive/archive.h"
#include "base/err.h"

int
pm_reindex(struct pm_counts *out, const char *path,
    const struct pm_hooks *hooks, struct pm_err *err)
{
	struct pm_archive *archive = NULL;
	struct pm_writer writer;
	int rc = pm_writer_open(&writer, path, 0, PM_WRITER_REBUILD, hooks,
	    err);

	if (rc != PM_OK)
		return rc;
	pm_writer_close(&writer);
	rc = pm_archive_open(&archive, path, err);
	if (rc == PM_OK)
		rc = pm_stats(out, archive, err);
	pm_archive_close(archive);
	return rc;
}
