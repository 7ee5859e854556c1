/*
 * Captures back into files.
 *
 * Where a capture goes is the catalog's to say, and does not depend on the
 * order in which files are made; place.h makes it harmless, and no link is
 * followed on the way (there is none: DIR's own files are made here).  A file
 * that holds the capture's bytes already is taken for it, so that restoring
 * again makes no copies; any other stays, and the capture gets a number that
 * no other has.  A name that the file system refuses is shortened, which a
 * notice tells; set-user-ID and the like are not given to files of whoever
 * restores.
 *
 * Of what was forgotten nothing is restored (forget.h).  What is left of a page
 * is measured first, so that a file that has it already is known.
 */
#include <errno.h>
#include <stdio.h>

#include "archive/place.h"
#include "archive/recipe.h"
#include "archive/restore_internal.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/catalog_forget.h"

enum { TRIES_MAX = 100000, NAME_MAX_SAFE = 255 };

/* ---- names ---- */

/* The capture's path, with its number when that is not the first. */
static int
set_name(struct restorer *restorer, struct pm_bytes path, unsigned number)
{
	struct pm_buf *name = &restorer->name;
	int rc;

	pm_buf_reset(name);
	rc = pm_buf_append(name, path.p, path.n, restorer->err);
	if (rc == PM_OK && number > 1)
		rc = pm_buf_printf(name, restorer->err, "~%u", number);
	return rc;
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

/* A path that is too long is refused before a directory is made for it. */
static int
make_file(struct restorer *restorer)
{
	const struct pm_buf *path = &restorer->path;
	struct pm_file_info info;
	int rc;

	if (path->n > NAME_MAX_SAFE &&
	    pm_fs_lstat(&info, (char *)path->p, restorer->err) != PM_OK &&
	    restorer->err->sys_errno == ENAMETOOLONG)
		return restorer->err->status;
	rc = make_parents(restorer);
	return rc == PM_OK ? pm_fs_create(&restorer->fd, (char *)path->p,
	    0600, restorer->err) : rc;
}

/* Open the capture's file: *made, or with its bytes in it.  What lies there
 * and is not ours stays; numbers that no capture has are tried then. */
static int
open_numbered(struct restorer *restorer, bool *made,
    const struct pm_restorable *capture, enum pm_placing placing)
{
	unsigned number = capture->number;

	for (unsigned k = 0;; k++) {
		int rc = set_name(restorer, capture->path, number);

		if (rc == PM_OK)
			rc = pm_place(&restorer->path,
			    restorer->options->directory,
			    pm_buf_bytes(&restorer->name), placing,
			    restorer->err);
		if (rc == PM_OK)
			rc = make_file(restorer);
		*made = rc == PM_OK;
		if (rc == PM_EBUSY && open_as_it_was(restorer, capture))
			return PM_OK;
		if (rc != PM_EBUSY || k >= TRIES_MAX)
			return rc;
		number = k == 0 ? capture->free_number : number + 1;
	}
}

/* Is it the name that the file system will not have? */
static bool
is_name_refused(const struct pm_err *err)
{
	return err->sys_errno == ENAMETOOLONG || err->sys_errno == EILSEQ ||
	    err->sys_errno == EINVAL;
}

static void notice(const struct restorer *restorer, enum pm_notice_kind kind,
    const char *text);

static int
open_file(struct restorer *restorer, bool *made,
    const struct pm_restorable *capture)
{
	enum pm_placing placing = PM_PLACE_AS_STORED;
	char text[600];
	int rc;

	do {
		rc = open_numbered(restorer, made, capture, placing);
	} while (rc != PM_OK && is_name_refused(restorer->err) &&
	    ++placing < PM_PLACINGS);
	if (rc == PM_OK && placing != PM_PLACE_AS_STORED) {
		(void)snprintf(text, sizeof text, "has a name that cannot be "
		    "here; restored as %s", (char *)restorer->path.p +
		    strlen(restorer->options->directory) + 1);
		notice(restorer, PM_NOTICE_INFO, text);
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
	int rc;

	if (restorer->cut)
		rc = pm_redactor_run(restorer->redactor, capture->capture,
		    take_piece, restorer, restorer->err);
	else
		rc = pm_recipe_run(restorer->frames,
		    capture->recipe_frame, capture->recipe_offset,
		    capture->bytes, take_piece, restorer, restorer->err);
	pm_sha256_final(sha256, restorer->sha256);
	if (rc == PM_OK)
		rc = flush(restorer);
	if (rc == PM_OK && memcmp(sha256, capture->sha256, sizeof sha256) !=
	    0)
		rc = pm_fail(restorer->err, PM_ECORRUPT,
		    "its bytes are not what its digest says");
	return rc;
}

/* About the capture that restorer->name names. */
static void
notice(const struct restorer *restorer, enum pm_notice_kind kind,
    const char *text)
{
	const struct pm_hooks *hooks = &restorer->options->hooks;
	struct pm_err err;
	struct pm_buf name;

	if (hooks->notice == NULL)
		return;
	pm_buf_init(&name);
	if (pm_buf_append(&name, restorer->name.p, restorer->name.n, &err) ==
	    PM_OK && pm_buf_append_byte(&name, 0, &err) == PM_OK)
		hooks->notice(hooks->context, kind, (char *)name.p, text);
	pm_buf_clear(&name);
}

int
pm_restore_tell(struct restorer *restorer)
{
	const struct pm_hooks *hooks = &restorer->options->hooks;
	struct pm_progress progress = { .phase = PM_PHASE_WRITE,
	    .pages = restorer->captures, .bytes = restorer->written };

	if (hooks->progress == NULL || restorer->captures % 256 != 0 ||
	    hooks->progress(hooks->context, &progress) == 0)
		return PM_OK;
	return pm_fail(restorer->err, PM_ECANCELLED, "interrupted");
}

/* A capture that cannot be had does not keep the others from it. */
static int
leave_out(struct restorer *restorer)
{
	restorer->failed++;
	notice(restorer, PM_NOTICE_DAMAGED, restorer->err->text);
	return PM_OK;
}

static int
fill_file(struct restorer *restorer, const struct pm_restorable *capture,
    bool made)
{
	struct pm_err ignored;
	int rc = PM_OK;

	pm_buf_reset(&restorer->bytes);
	if (made)
		rc = rebuild(restorer, capture);
	if (rc == PM_OK)
		rc = pm_fs_set_times_and_mode(restorer->fd,
		    capture->mtime_ns, capture->mode & 0777,
		    (char *)restorer->path.p, restorer->err);
	pm_fs_close(restorer->fd);
	restorer->fd = -1;
	if (rc != PM_OK && made)
		/* A file with wrong bytes is worse than none. */
		(void)pm_fs_remove((char *)restorer->path.p, &ignored);
	return rc;
}

static bool
is_damage(int rc)
{
	return rc == PM_ECORRUPT || rc == PM_ENOTFOUND || rc == PM_ELIMIT;
}

static int
measure_piece(void *context, struct pm_bytes piece, struct pm_err *err)
{
	struct restorer *restorer = context;

	(void)err;
	pm_sha256_update(restorer->sha256, piece);
	restorer->measured += piece.n;
	return PM_OK;
}

/* What is left of it takes the place of what it was. */
static int
measure(struct restorer *restorer, struct pm_restorable *capture)
{
	int rc;

	restorer->measured = 0;
	rc = pm_redactor_run(restorer->redactor, capture->capture,
	    measure_piece, restorer, restorer->err);
	pm_sha256_final(capture->sha256, restorer->sha256);
	capture->bytes = restorer->measured;
	return rc;
}

static int
restore_file(struct restorer *restorer, const struct pm_restorable *capture)
{
	bool made = false;
	int rc = open_file(restorer, &made, capture);

	if (rc != PM_OK)
		return is_name_refused(restorer->err) ? leave_out(restorer) :
		    rc;
	rc = fill_file(restorer, capture, made);
	if (is_damage(rc))
		return leave_out(restorer);
	if (rc == PM_OK) {
		restorer->captures++;
		restorer->written += capture->bytes;
		restorer->cut_n += restorer->cut;
	}
	return rc;
}

int
pm_restore_capture(struct restorer *restorer,
    const struct pm_restorable *capture)
{
	struct pm_restorable left = *capture;
	enum pm_fate fate;
	int rc = pm_restore_tell(restorer);

	if (rc != PM_OK)
		return rc;
	rc = pm_redactor_fate(&fate, restorer->redactor, capture->capture,
	    restorer->err);
	restorer->cut = fate == PM_FATE_CUT;
	if (rc == PM_OK && fate == PM_FATE_WITHHELD) {
		restorer->withheld++;
		return PM_OK;
	}
	if (rc == PM_OK && restorer->cut)
		rc = measure(restorer, &left);
	if (is_damage(rc)) {
		rc = set_name(restorer, capture->path, capture->number);
		return rc == PM_OK ? leave_out(restorer) : rc;
	}
	return rc == PM_OK ? restore_file(restorer, &left) : rc;
}

bool
pm_restore_plainly(struct restorer *hand,
    const struct pm_restorable *capture)
{
	int rc = set_name(hand, capture->path, capture->number);

	if (rc == PM_OK)
		rc = pm_place(&hand->path, hand->options->directory,
		    pm_buf_bytes(&hand->name), PM_PLACE_AS_STORED, hand->err);
	if (rc == PM_OK)
		rc = make_file(hand);
	return rc == PM_OK && fill_file(hand, capture, true) == PM_OK;
}

/* What was forgotten, and what is left. */
static int
tell_forgotten(struct restorer *restorer)
{
	const struct pm_hooks *hooks = &restorer->options->hooks;
	uint64_t n = 0;
	char text[200];
	int rc = PM_OK;

	if (!restorer->options->selected)
		rc = pm_catalog_forgotten_captures(&n,
		    restorer->archive->catalog, restorer->err);
	n += restorer->withheld;
	if (rc != PM_OK || n + restorer->cut_n == 0 || hooks->notice == NULL)
		return rc;
	(void)snprintf(text, sizeof text, "%llu %s withheld, and of %llu %s "
	    "a part is cut out, because that was forgotten",
	    (unsigned long long)n, n == 1 ? "capture is" : "captures are", (unsigned long long)restorer->cut_n,
	    restorer->cut_n == 1 ? "other" : "others");
	hooks->notice(hooks->context, PM_NOTICE_INFO, NULL, text);
	return PM_OK;
}

/* What was added as text only is not there to be restored. */
static int
tell_text_only(struct restorer *restorer)
{
	const struct pm_hooks *hooks = &restorer->options->hooks;
	char text[128];
	uint64_t n;
	int rc = pm_catalog_text_only(&n, restorer->archive->catalog,
	    restorer->err);

	if (rc != PM_OK || n == 0 || hooks->notice == NULL)
		return rc;
	(void)snprintf(text, sizeof text, "%llu %s added with --text-only: "
	    "only the text is there; use extract", (unsigned long long)n,
	    n == 1 ? "capture was" : "captures were");
	hooks->notice(hooks->context, PM_NOTICE_INFO, NULL, text);
	return PM_OK;
}

int
pm_restore(uint64_t *captures, uint64_t *failed, struct pm_archive *archive,
    const struct pm_restore_options *options, struct pm_err *err)
{
	struct restorer restorer = { .options = options, .archive = archive,
	    .frames = archive->frames, .err = err, .fd = -1 };
	struct pm_query query;
	int rc = PM_OK;

	if (options->selected)
		rc = pm_query_init(&query, &options->select, archive->catalog,
		    err);
	if (rc == PM_OK)
		rc = pm_fs_make_directories(options->directory, err);
	if (rc == PM_OK && (restorer.sha256 = pm_sha256_new(err)) == NULL)
		rc = PM_ENOMEM;
	if (rc == PM_OK && !options->selected)
		rc = tell_text_only(&restorer);
	if (rc == PM_OK)
		rc = pm_redactor_open(&restorer.redactor, archive->catalog,
		    archive->frames, err);
	/* Records of a file stand in its order, their texts in another. */
	pm_frames_keep_many(archive->frames);
	if (rc == PM_OK)
		rc = pm_restore_ahead(&restorer,
		    options->selected ? &query : NULL);
	if (rc == PM_OK)
		rc = tell_forgotten(&restorer);
	pm_redactor_close(restorer.redactor);
	*captures = restorer.captures;
	*failed = restorer.failed;
	pm_sha256_free(restorer.sha256);
	pm_buf_clear(&restorer.name);
	pm_buf_clear(&restorer.path);
	pm_buf_clear(&restorer.directory);
	pm_buf_clear(&restorer.bytes);
	pm_fs_close(restorer.fd);
	return rc;
}
