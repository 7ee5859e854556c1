#include "archive/confine.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/list.h"
#include "base/sandbox.h"

struct paths {
	LIST(const char *) read, write;
};

static int
add_write(struct paths *paths, const char *path, struct pm_err *err)
{
	int rc = LIST_ROOM(paths->write, err);

	if (rc == PM_OK)
		paths->write.p[paths->write.n++] = path;
	return rc;
}

static int
add_read(struct paths *paths, const char *path, struct pm_err *err)
{
	int rc = LIST_ROOM(paths->read, err);

	if (rc == PM_OK)
		paths->read.p[paths->read.n++] = path;
	return rc;
}

/* Ours, and where SQLite puts its own. */
static int
add_temporary(struct paths *paths, struct pm_err *err)
{
	static const char *const variable[] = { "TMPDIR", "SQLITE_TMPDIR" };
	static const char *const fixed[] = { "/tmp", "/var/tmp", "/usr/tmp" };
	int rc = PM_OK;

	for (size_t i = 0; i < 2 && rc == PM_OK; i++) {
		const char *path = getenv(variable[i]);

		if (path != NULL && path[0] != '\0')
			rc = add_write(paths, path, err);
	}
	for (size_t i = 0; i < 3 && rc == PM_OK; i++)
		rc = add_write(paths, fixed[i], err);
	return rc;
}

/* What a list names is not known yet. */
static int
add_inputs(struct paths *paths, const struct pm_input *input,
    struct pm_err *err)
{
	int rc = PM_OK;

	for (size_t i = 0; i < input->path_n && rc == PM_OK; i++) {
		const char *path = input->path[i];

		if (path[0] == '@')
			rc = add_read(paths, "/", err);
		else if (strcmp(path, "-") != 0)
			rc = add_read(paths, path, err);
	}
	if (rc == PM_OK && getenv("ICU_DATA") != NULL)
		rc = add_read(paths, getenv("ICU_DATA"), err);
	return rc;
}

/* Only what is there can be allowed; and what holds it cannot be synced from
 * within. */
static int
make_archive(const char *archive, struct pm_err *err)
{
	int rc;

	if (pm_fs_exists(archive))
		return PM_OK;
	if ((rc = pm_fs_make_directory(archive, err)) == PM_OK)
		rc = pm_fs_sync_above(archive, err);
	return rc == PM_EPERM ? PM_OK : rc;
}

int
pm_confine(const struct pm_input *input, const char *archive,
    enum pm_confine_how how, const struct pm_hooks *hooks,
    struct pm_err *err)
{
	struct paths paths = { 0 };
	struct pm_sandbox sandbox;
	char why[PM_SANDBOX_WHY_CHARS];
	int rc = PM_OK;

	if (!input->sandbox)
		return PM_OK;
	if (archive != NULL && how == PM_CONFINE_WRITES)
		rc = make_archive(archive, err);
	if (rc == PM_OK && archive != NULL)
		rc = how == PM_CONFINE_WRITES ?
		    add_write(&paths, archive, err) :
		    add_read(&paths, archive, err);
	if (rc == PM_OK)
		rc = add_temporary(&paths, err);
	if (rc == PM_OK)
		rc = add_inputs(&paths, input, err);
	if (rc == PM_OK) {
		sandbox = (struct pm_sandbox){ .read = paths.read.p,
		    .read_n = paths.read.n, .write = paths.write.p,
		    .write_n = paths.write.n };
		(void)pm_sandbox_enter(&sandbox, why);
		if (why[0] != '\0' && hooks != NULL && hooks->notice != NULL)
			hooks->notice(hooks->context, PM_NOTICE_INFO, NULL,
			    why);
	}
	pm_free(paths.read.p);
	pm_free(paths.write.p);
	return rc;
}
