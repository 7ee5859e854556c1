#include "archive/export.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <strings.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/frame.h"

enum { OUT_LEVEL = 9, OUT_BYTES = 1 << 20 };

struct pm_export {
	enum pm_export_kind kind;
	const char *destination;
	char *temporary;                 /* of the file, until commit */
	int fd;
	struct archive *container;
	struct pm_zstd_stream *zstd;
	struct pm_buf out;               /* on its way to fd */
	int lines_fd;                    /* articles.jsonl, until it is whole */
	uint64_t lines_bytes;
	int (*stream)(void *context, const void *p, size_t n);
	void *context;
	struct pm_err fault;             /* of a callback that libarchive calls */
};

static bool
ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n > m && strcmp(name + n - m, end) == 0;
}

/* A name that means a file of a kind that is not written here: nobody who
 * gives it wants a directory. */
static bool
is_other_kind(const char *destination)
{
	static const char *const end[] = { ".jsonl", ".ndjson", ".json",
	    ".csv", ".tsv", ".parquet", ".txt", ".warc", ".tar", ".zip",
	    ".7z", ".rar", ".cpio", ".tgz", ".tbz", ".tbz2", ".txz", ".tzst",
	    ".gz", ".bz2", ".xz", ".lz4", ".lzma", ".br", ".zst", ".zstd" };
	size_t n = strlen(destination);

	for (size_t i = 0; i < sizeof end / sizeof end[0]; i++) {
		size_t m = strlen(end[i]);

		if (n > m && strcasecmp(destination + n - m, end[i]) == 0)
			return true;
	}
	return false;
}

enum pm_export_kind
pm_export_kind_of(const char *destination)
{
	if (strcmp(destination, "-") == 0)
		return PM_EXPORT_STREAM;
	if (ends_with(destination, ".jsonl"))
		return PM_EXPORT_JSONL;
	if (ends_with(destination, ".jsonl.zst"))
		return PM_EXPORT_JSONL_ZST;
	if (ends_with(destination, ".tar"))
		return PM_EXPORT_TAR;
	if (ends_with(destination, ".tar.zst"))
		return PM_EXPORT_TAR_ZST;
	if (ends_with(destination, ".zip"))
		return PM_EXPORT_ZIP;
	if (ends_with(destination, ".warc.gz"))
		return PM_EXPORT_WARC_GZ;
	return PM_EXPORT_DIRECTORY;
}

static bool
is_container(const struct pm_export *export)
{
	return export->kind == PM_EXPORT_TAR ||
	    export->kind == PM_EXPORT_TAR_ZST ||
	    export->kind == PM_EXPORT_ZIP;
}

/* ---- bytes to the file ---- */

static int
flush(struct pm_export *export, struct pm_err *err)
{
	int rc = pm_fs_write(export->fd, export->out.p, export->out.n,
	    export->destination, err);

	pm_buf_reset(&export->out);
	return rc;
}

static int
write_out(struct pm_export *export, struct pm_bytes bytes,
    struct pm_err *err)
{
	int rc;

	if (export->kind == PM_EXPORT_STREAM) {
		rc = export->stream(export->context, bytes.p, bytes.n);
		return rc == 0 ? PM_OK : pm_fail_errno(err, "cannot write");
	}
	if (export->zstd != NULL)
		rc = pm_zstd_stream_write(export->zstd, &export->out, bytes,
		    PM_ZSTD_GO_ON, err);
	else
		rc = pm_buf_append(&export->out, bytes.p, bytes.n, err);
	if (rc == PM_OK && export->out.n >= OUT_BYTES)
		rc = flush(export, err);
	return rc;
}

static la_ssize_t
container_write(struct archive *container, void *context, const void *p,
    size_t n)
{
	struct pm_export *export = context;

	if (write_out(export, (struct pm_bytes){ p, n }, &export->fault) !=
	    PM_OK) {
		archive_set_error(container, EIO, "%s", export->fault.text);
		return -1;
	}
	return (la_ssize_t)n;
}

static int
container_fail(struct pm_export *export, struct pm_err *err)
{
	const char *text = archive_error_string(export->container);

	if (export->fault.status != PM_OK) {
		*err = export->fault;
		return err->status;
	}
	return pm_fail(err, PM_EIO, "%s: %s", export->destination,
	    text == NULL ? "cannot write" : text);
}

/* ---- opening ---- */

static int
open_container(struct pm_export *export, struct pm_err *err)
{
	if ((export->container = archive_write_new()) == NULL)
		return pm_fail(err, PM_ENOMEM, "out of memory");
	if ((export->kind == PM_EXPORT_ZIP ?
	    archive_write_set_format_zip(export->container) :
	    archive_write_set_format_pax_restricted(export->container)) != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(export->container, 0) !=
	    ARCHIVE_OK || archive_write_open(export->container, export, NULL,
	    container_write, NULL) != ARCHIVE_OK)
		return container_fail(export, err);
	return pm_fs_open_temp(&export->lines_fd, err);
}

static int
open_file(struct pm_export *export, struct pm_err *err)
{
	size_t n = strlen(export->destination);
	int rc;

	if ((export->temporary = pm_alloc(n + 5, err)) == NULL)
		return PM_ENOMEM;
	memcpy(export->temporary, export->destination, n);
	memcpy(export->temporary + n, ".new", 5);
	/* What a killed one left; if it stays, the next line says why. */
	(void)pm_fs_remove(export->temporary, err);
	if ((rc = pm_fs_create(&export->fd, export->temporary, 0666, err)) !=
	    PM_OK)
		return rc;
	if (export->kind == PM_EXPORT_TAR_ZST ||
	    export->kind == PM_EXPORT_JSONL_ZST)
		rc = pm_zstd_stream_new(&export->zstd, OUT_LEVEL, err);
	if (rc == PM_OK && is_container(export))
		rc = open_container(export, err);
	return rc;
}

static int
open_directory(struct pm_export *export, struct pm_err *err)
{
	char *lines;
	int rc = pm_fs_make_directories(export->destination, err);

	if (rc != PM_OK)
		return rc;
	if ((lines = pm_fs_join(export->destination, "articles.jsonl",
	    err)) == NULL)
		return PM_ENOMEM;
	rc = pm_fs_remove(lines, err);
	if (rc == PM_OK)
		rc = pm_fs_create(&export->fd, lines, 0666, err);
	pm_free(lines);
	return rc;
}

int
pm_export_open(struct pm_export **out, const char *destination,
    int (*stream)(void *context, const void *p, size_t n), void *context,
    struct pm_err *err)
{
	struct pm_export *export = pm_alloc_zero(sizeof *export, err);
	int rc = PM_OK;

	if (export == NULL)
		return PM_ENOMEM;
	export->fd = export->lines_fd = -1;
	export->kind = pm_export_kind_of(destination);
	export->destination = destination;
	export->stream = stream;
	export->context = context;
	if (export->kind == PM_EXPORT_DIRECTORY && is_other_kind(destination))
		rc = pm_fail(err, PM_EUSAGE, "%s: files of this kind are not "
		    "written; there are .jsonl, .jsonl.zst, .tar, .tar.zst, "
		    ".zip, .warc.gz, and directories (%s/)", destination, destination);
	else if (export->kind == PM_EXPORT_DIRECTORY)
		rc = open_directory(export, err);
	else if (export->kind != PM_EXPORT_STREAM)
		rc = open_file(export, err);
	if (rc == PM_OK)
		*out = export;
	else
		pm_export_abort(export);
	return rc;
}

static void
close_all(struct pm_export *export)
{
	if (export->container != NULL)
		(void)archive_write_free(export->container);
	pm_zstd_stream_free(export->zstd);
	pm_fs_close(export->fd);
	pm_fs_close(export->lines_fd);
	pm_buf_clear(&export->out);
	pm_free(export->temporary);
	pm_free(export);
}

void
pm_export_abort(struct pm_export *export)
{
	struct pm_err ignored;

	if (export == NULL)
		return;
	if (export->container != NULL)
		(void)archive_write_fail(export->container);
	if (export->temporary != NULL)
		(void)pm_fs_remove(export->temporary, &ignored);
	close_all(export);
}

int
pm_export_bytes(struct pm_export *export, struct pm_bytes bytes,
    struct pm_err *err)
{
	return write_out(export, bytes, err);
}

/* ---- files ---- */

static int
container_header(struct pm_export *export, const char *name, uint64_t bytes,
    int64_t mtime_seconds, struct pm_err *err)
{
	struct archive_entry *entry = archive_entry_new();
	int code;

	if (entry == NULL)
		return pm_fail(err, PM_ENOMEM, "out of memory");
	archive_entry_set_pathname(entry, name);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_size(entry, (la_int64_t)bytes);
	archive_entry_set_mtime(entry, mtime_seconds < 0 ? 0 :
	    (time_t)mtime_seconds, 0);
	code = archive_write_header(export->container, entry);
	archive_entry_free(entry);
	return code == ARCHIVE_OK ? PM_OK : container_fail(export, err);
}

static int
container_data(struct pm_export *export, struct pm_bytes bytes,
    struct pm_err *err)
{
	if (bytes.n > 0 && archive_write_data(export->container, bytes.p,
	    bytes.n) != (la_ssize_t)bytes.n)
		return container_fail(export, err);
	return PM_OK;
}

static int
directory_file(struct pm_export *export, const char *name,
    struct pm_bytes bytes, int64_t mtime_seconds, struct pm_err *err)
{
	char *path = pm_fs_join(export->destination, name, err);
	char *slash;
	int fd = -1, rc = PM_OK;

	if (path == NULL)
		return PM_ENOMEM;
	slash = strrchr(path, '/');
	*slash = '\0';
	rc = pm_fs_make_directory(path, err);
	*slash = '/';
	if (rc == PM_OK && (rc = pm_fs_remove(path, err)) == PM_OK &&
	    (rc = pm_fs_create(&fd, path, 0666, err)) == PM_OK)
		rc = pm_fs_write(fd, bytes.p, bytes.n, path, err);
	(void)mtime_seconds;
	pm_fs_close(fd);
	pm_free(path);
	return rc;
}

int
pm_export_file(struct pm_export *export, const char *name,
    struct pm_bytes bytes, int64_t mtime_seconds, struct pm_err *err)
{
	int rc;

	if (export->kind == PM_EXPORT_DIRECTORY)
		return directory_file(export, name, bytes, mtime_seconds,
		    err);
	if (!is_container(export))
		return PM_OK;
	rc = container_header(export, name, bytes.n, mtime_seconds, err);
	return rc == PM_OK ? container_data(export, bytes, err) : rc;
}

int
pm_export_line(struct pm_export *export, struct pm_bytes line,
    struct pm_err *err)
{
	int rc;

	if (is_container(export)) {
		rc = pm_fs_write(export->lines_fd, line.p, line.n,
		    pm_fs_temp_directory(), err);
		export->lines_bytes += line.n;
		return rc;
	}
	return write_out(export, line, err);
}

/* ---- the end ---- */

static int
finish_container(struct pm_export *export, struct pm_err *err)
{
	uint64_t at = 0;
	int rc = container_header(export, "articles.jsonl",
	    export->lines_bytes, 0, err);
	uint8_t *block = pm_alloc(OUT_BYTES, err);

	if (block == NULL)
		return PM_ENOMEM;
	while (rc == PM_OK && at < export->lines_bytes) {
		size_t n = export->lines_bytes - at < OUT_BYTES ?
		    (size_t)(export->lines_bytes - at) : OUT_BYTES;

		rc = pm_fs_read_at(export->lines_fd, block, n, at,
		    pm_fs_temp_directory(), err);
		if (rc == PM_OK)
			rc = container_data(export, (struct pm_bytes){ block,
			    n }, err);
		at += n;
	}
	pm_free(block);
	if (rc == PM_OK && archive_write_close(export->container) !=
	    ARCHIVE_OK)
		rc = container_fail(export, err);
	return rc;
}

int
pm_export_commit(struct pm_export *export, struct pm_err *err)
{
	int rc = PM_OK;

	if (is_container(export))
		rc = finish_container(export, err);
	if (rc == PM_OK && export->zstd != NULL)
		rc = pm_zstd_stream_write(export->zstd, &export->out,
		    (struct pm_bytes){ 0 }, PM_ZSTD_FINISH, err);
	if (rc == PM_OK && export->fd >= 0)
		rc = flush(export, err);
	if (rc == PM_OK && export->temporary != NULL &&
	    (rc = pm_fs_sync(export->fd, export->temporary, err)) == PM_OK)
		rc = pm_fs_rename(export->temporary, export->destination,
		    err);
	if (rc != PM_OK) {
		pm_export_abort(export);
		return rc;
	}
	close_all(export);
	return PM_OK;
}
