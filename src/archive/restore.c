/*
 * Captures back into files.
 *
 * A stored path may be anything a container held.  Under DIR it is made
 * harmless: empty, "." and ".." parts are left out, and no link is followed
 * on the way (there is none: DIR's own files are made here).  Where two
 * captures want one name, or one wants a directory where the other is a file,
 * the later one gets a "~2".  A file that holds the capture's bytes already is
 * taken for it, so that restoring again makes no copies; any other stays.
 */
#include <errno.h>
#include <stdio.h>

#include "archive/archive.h"
#include "archive/recipe.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/catalog_query.h"

enum { TRIES_MAX = 100000 };

struct restorer {
	const struct pm_restore_options *options;
	struct pm_archive *archive;
	struct pm_err *err;
	struct pm_buf path;              /* of the file being made */
	struct pm_buf directory;         /* the last one made */
	struct pm_sha256_state *sha256;
	struct pm_buf bytes;             /* written in one go when small */
	int fd;
	uint64_t captures, failed, written;
};

/* ---- names ---- */

/* DIR, then the harmless parts of path. */
static int
safe_path(struct pm_buf *out, const char *directory, struct pm_bytes path,
    struct pm_err *err)
{
	size_t at = 0, parts = 0;
	int rc;

	pm_buf_reset(out);
	rc = pm_buf_append_str(out, directory, err);
	while (at <= path.n && rc == PM_OK) {
		size_t end = at;

		while (end < path.n && path.p[end] != '/')
			end++;
		size_t n = end - at;
		const uint8_t *part = path.p + at;
		bool dots = (n == 1 && part[0] == '.') ||
		    (n == 2 && part[0] == '.' && part[1] == '.');

		if (n > 0 && !dots) {
			rc = pm_buf_append_byte(out, '/', err);
			for (size_t i = 0; i < n && rc == PM_OK; i++)
				rc = pm_buf_append_byte(out, part[i] == 0 ?
				    '_' : part[i], err);
			parts++;
		}
		at = end + 1;
	}
	if (rc == PM_OK && parts == 0)
		rc = pm_buf_append_str(out, "/_", err);
	return rc == PM_OK ? pm_buf_append_byte(out, 0, err) : rc;
}

static size_t
last_slash(const struct pm_buf *path)
{
	size_t at = path->n;

	while (at > 0 && path->p[at - 1] != '/')
		at--;
	return at == 0 ? 0 : at - 1;
}

/* Insert "~k" behind the part of path that ends at `end`. */
static int
mark_part(struct pm_buf *path, size_t end, unsigned k, struct pm_err *err)
{
	struct pm_buf marked;
	int rc;

	pm_buf_init(&marked);
	if ((rc = pm_buf_append(&marked, path->p, end, err)) == PM_OK &&
	    (rc = pm_buf_printf(&marked, err, "~%u", k)) == PM_OK &&
	    (rc = pm_buf_append(&marked, path->p + end, path->n - end,
	    err)) == PM_OK) {
		struct pm_buf swap = *path;

		*path = marked;
		marked = swap;
	}
	pm_buf_clear(&marked);
	return rc;
}

/* All directories above the file.  A part that is a file gets a "~2". */
static int
make_parents(struct restorer *restorer)
{
	struct pm_buf *path = &restorer->path;
	size_t slash = last_slash(path);
	size_t at = strlen(restorer->options->directory) + 1;
	struct pm_file_info info;
	int rc = PM_OK;

	if (restorer->directory.n == slash && memcmp(restorer->directory.p,
	    path->p, slash) == 0)
		return PM_OK;
	while (at < slash && rc == PM_OK) {
		size_t end = at;

		while (end < path->n - 1 && path->p[end] != '/')
			end++;
		if (end >= path->n - 1)
			break;
		path->p[end] = '\0';
		for (unsigned k = 2; k < TRIES_MAX &&
		    pm_fs_lstat(&info, (char *)path->p, restorer->err) ==
		    PM_OK && info.kind != PM_FILE_DIRECTORY && rc == PM_OK;
		    k++) {
			path->p[end] = '/';
			rc = mark_part(path, end, k, restorer->err);
			end += (size_t)snprintf(NULL, 0, "~%u", k);
			path->p[end] = '\0';
		}
		if (rc == PM_OK)
			rc = pm_fs_make_directory((char *)path->p,
			    restorer->err);
		path->p[end] = '/';
		at = end + 1;
		slash = last_slash(path);
	}
	if (rc != PM_OK)
		return rc;
	pm_buf_reset(&restorer->directory);
	return pm_buf_append(&restorer->directory, path->p, last_slash(path),
	    restorer->err);
}

/* Does the open file hold the capture's bytes? */
static bool
holds(struct restorer *restorer, int fd, const struct pm_restorable *capture)
{
	uint8_t part[1 << 14], sha256[PM_SHA256_BYTES];
	struct pm_err err;
	uint64_t total = 0;
	size_t got = 0;
	int rc;

	do {
		rc = pm_fs_read(fd, part, sizeof part, &got,
		    (char *)restorer->path.p, &err);
		if (rc != PM_OK)
			break;
		pm_sha256_update(restorer->sha256,
		    (struct pm_bytes){ part, got });
		total += got;
	} while (got > 0 && total <= capture->bytes);
	pm_sha256_final(sha256, restorer->sha256);
	return rc == PM_OK && total == capture->bytes &&
	    memcmp(sha256, capture->sha256, sizeof sha256) == 0;
}

/* Open the file at path if it is the capture; what cannot be read is not. */
static bool
open_as_it_was(struct restorer *restorer, const struct pm_restorable *capture)
{
	const char *path = (char *)restorer->path.p;
	struct pm_file_info info;
	struct pm_err err;
	int fd;

	if (pm_fs_lstat(&info, path, &err) != PM_OK ||
	    info.kind != PM_FILE_REGULAR || info.bytes != capture->bytes ||
	    pm_fs_open_read(&fd, path, &err) != PM_OK)
		return false;
	if (holds(restorer, fd, capture)) {
		restorer->fd = fd;
		return true;
	}
	pm_fs_close(fd);
	return false;
}

/* Open the capture's file: *made, or with its bytes in it. */
static int
open_file(struct restorer *restorer, bool *made,
    const struct pm_restorable *capture)
{
	struct pm_buf *path = &restorer->path;
	int rc = make_parents(restorer);
	size_t base = path->n - 1;

	for (unsigned k = 2; rc == PM_OK; k++) {
		rc = pm_fs_create(&restorer->fd, (char *)path->p, 0600,
		    restorer->err);
		*made = rc == PM_OK;
		if (rc != PM_EBUSY || k >= TRIES_MAX)
			return rc;
		if (open_as_it_was(restorer, capture))
			return PM_OK;
		path->n = base;
		rc = pm_buf_printf(path, restorer->err, "~%u", k);
		if (rc == PM_OK)
			rc = pm_buf_append_byte(path, 0, restorer->err);
	}
	return rc;
}

/* ---- bytes ---- */

static int
flush(struct restorer *restorer)
{
	int rc = pm_fs_write(restorer->fd, restorer->bytes.p,
	    restorer->bytes.n, (char *)restorer->path.p, restorer->err);

	pm_buf_reset(&restorer->bytes);
	return rc;
}

static int
take_piece(void *context, struct pm_bytes piece, struct pm_err *err)
{
	enum { FLUSH_BYTES = 1 << 20 };
	struct restorer *restorer = context;
	int rc;

	pm_sha256_update(restorer->sha256, piece);
	rc = pm_buf_append(&restorer->bytes, piece.p, piece.n, err);
	if (rc == PM_OK && restorer->bytes.n >= FLUSH_BYTES)
		rc = flush(restorer);
	return rc;
}

static int
rebuild(struct restorer *restorer, const struct pm_restorable *capture)
{
	uint8_t sha256[PM_SHA256_BYTES];
	int rc = pm_recipe_run(restorer->archive->frames,
	    capture->recipe_frame, capture->recipe_offset, capture->bytes,
	    take_piece, restorer, restorer->err);

	pm_sha256_final(sha256, restorer->sha256);
	if (rc == PM_OK)
		rc = flush(restorer);
	if (rc == PM_OK && memcmp(sha256, capture->sha256, sizeof sha256) !=
	    0)
		rc = pm_fail(restorer->err, PM_ECORRUPT,
		    "its bytes are not what its digest says");
	return rc;
}

static void
notice(struct restorer *restorer, struct pm_bytes path, const char *text)
{
	const struct pm_hooks *hooks = &restorer->options->hooks;
	struct pm_err err;
	struct pm_buf name;

	if (hooks->notice == NULL)
		return;
	pm_buf_init(&name);
	if (pm_buf_append(&name, path.p, path.n, &err) == PM_OK &&
	    pm_buf_append_byte(&name, 0, &err) == PM_OK)
		hooks->notice(hooks->context, PM_NOTICE_DAMAGED,
		    (char *)name.p, text);
	pm_buf_clear(&name);
}

static int
tell(struct restorer *restorer)
{
	const struct pm_hooks *hooks = &restorer->options->hooks;
	struct pm_progress progress = { .phase = PM_PHASE_WRITE,
	    .pages = restorer->captures, .bytes = restorer->written };

	if (hooks->progress == NULL || restorer->captures % 256 != 0 ||
	    hooks->progress(hooks->context, &progress) == 0)
		return PM_OK;
	return pm_fail(restorer->err, PM_ECANCELLED, "interrupted");
}

static int
restore_capture(void *context, const struct pm_restorable *capture)
{
	struct restorer *restorer = context;
	struct pm_err ignored;
	bool made = false;
	int rc = tell(restorer);

	if (rc == PM_OK)
		rc = safe_path(&restorer->path, restorer->options->directory,
		    capture->path, restorer->err);
	if (rc == PM_OK)
		rc = open_file(restorer, &made, capture);
	if (rc != PM_OK)
		return rc;
	pm_buf_reset(&restorer->bytes);
	if (made)
		rc = rebuild(restorer, capture);
	if (rc == PM_OK)
		rc = pm_fs_set_times_and_mode(restorer->fd,
		    capture->mtime_ns, capture->mode,
		    (char *)restorer->path.p, restorer->err);
	pm_fs_close(restorer->fd);
	restorer->fd = -1;
	if (rc != PM_OK && made)
		/* A file with wrong bytes is worse than none. */
		(void)pm_fs_remove((char *)restorer->path.p, &ignored);
	if (rc == PM_ECORRUPT || rc == PM_ENOTFOUND || rc == PM_ELIMIT) {
		restorer->failed++;
		notice(restorer, capture->path, restorer->err->text);
		return PM_OK;
	}
	if (rc == PM_OK) {
		restorer->captures++;
		restorer->written += capture->bytes;
	}
	return rc;
}

int
pm_restore(uint64_t *captures, uint64_t *failed, struct pm_archive *archive,
    const struct pm_restore_options *options, struct pm_err *err)
{
	struct restorer restorer = { .options = options, .archive = archive,
	    .err = err, .fd = -1 };
	struct pm_query query;
	int rc = PM_OK;

	if (options->selected)
		rc = pm_query_init(&query, &options->select, archive->catalog,
		    err);
	if (rc == PM_OK)
		rc = pm_fs_make_directories(options->directory, err);
	if (rc == PM_OK && (restorer.sha256 = pm_sha256_new(err)) == NULL)
		rc = PM_ENOMEM;
	if (rc == PM_OK)
		rc = pm_catalog_list_restorable(archive->catalog,
		    options->selected ? &query : NULL, restore_capture,
		    &restorer, err);
	*captures = restorer.captures;
	*failed = restorer.failed;
	pm_sha256_free(restorer.sha256);
	pm_buf_clear(&restorer.path);
	pm_buf_clear(&restorer.directory);
	pm_buf_clear(&restorer.bytes);
	pm_fs_close(restorer.fd);
	return rc;
}
