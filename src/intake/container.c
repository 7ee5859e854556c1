#include "intake/intake_internal.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "base/err.h"
#include "intake/unpack.h"

enum { FAULTS_MAX = 16, PATH_SHOWN = 100 };

static const char *
reason_of(struct archive *archive)
{
	const char *text = archive == NULL ? NULL :
	    archive_error_string(archive);

	return text == NULL ? "damaged" : text;
}

static int
set_format(struct archive *archive, enum pm_format format)
{
	switch (format) {
	case PM_FORMAT_TAR:
		/* Else what follows the first tar's end would be lost. */
		archive_read_support_format_tar(archive);
		return archive_read_set_format_option(archive, "tar",
		    "read_concatenated_archives", "1");
	case PM_FORMAT_CPIO:
		return archive_read_support_format_cpio(archive);
	case PM_FORMAT_ZIP:
		return archive_read_support_format_zip(archive);
	case PM_FORMAT_7Z:
		return archive_read_support_format_7zip(archive);
	case PM_FORMAT_ISO:
		return archive_read_support_format_iso9660(archive);
	case PM_FORMAT_RAR:
		archive_read_support_format_rar(archive);
		return archive_read_support_format_rar5(archive);
	default:
		/* raw does not accept what unpacks to nothing. */
		archive_read_support_format_empty(archive);
		return archive_read_support_format_raw(archive);
	}
}

/* Exactly one filter, so that each layer is a container of its own: counted
 * in depth and measured for growth. */
static int
set_filter(struct archive *archive, enum pm_format format)
{
	static const int code[] = {
		[PM_FORMAT_GZIP] = ARCHIVE_FILTER_GZIP,
		[PM_FORMAT_XZ] = ARCHIVE_FILTER_XZ,
		[PM_FORMAT_ZSTD] = ARCHIVE_FILTER_ZSTD,
		[PM_FORMAT_BZIP2] = ARCHIVE_FILTER_BZIP2,
		[PM_FORMAT_LZ4] = ARCHIVE_FILTER_LZ4,
	};

	if (!pm_format_is_filter(format))
		return archive_read_support_filter_none(archive);
	return archive_read_append_filter(archive, code[format]);
}

static locale_t
enter_locale(const struct pm_container *c)
{
	/* tar and cpio names are bytes: in the C locale libarchive hands over
	 * what it cannot convert as it is.  The others hold UTF-16 or mark
	 * names as UTF-8, and these get lost there. */
	locale_t locale = c->format == PM_FORMAT_TAR ||
	    c->format == PM_FORMAT_CPIO || c->intake->utf8_locale == 0 ?
	    c->intake->bytes_locale : c->intake->utf8_locale;

	return uselocale(locale);
}

/* libarchive only knows that it got no bytes.  That is no fault of theirs. */
static int
out_of_memory(struct pm_err *err)
{
	return pm_fail(err, PM_ENOMEM, "out of memory");
}

/* PM_END also when the rest is given up, which was then reported. */
static int
read_header(struct pm_container *c, struct pm_err *err)
{
	for (;;) {
		locale_t before = enter_locale(c);
		int r = archive_read_next_header(c->archive, &c->entry);

		(void)uselocale(before);
		if (r == ARCHIVE_OK || r == ARCHIVE_WARN)
			return PM_OK;
		if (r == ARCHIVE_EOF)
			return PM_END;
		if (c->no_memory)
			return out_of_memory(err);
		if (c->opening)
			return pm_fail(err, PM_EINPUT, "%s",
			    reason_of(c->archive));
		if (!c->complained && !c->source.failed)
			pm_intake_report(c->intake, PM_INTAKE_DAMAGED,
			    pm_container_path(c),
			    "%s; the rest of it may be missing",
			    reason_of(c->archive));
		c->complained = true;
		/* tar looks for the next header from here on. */
		if (r == ARCHIVE_RETRY && c->format == PM_FORMAT_TAR)
			continue;
		c->ended = true;
		return PM_END;
	}
}

/* gzip and bzip2 take whatever they do not know for the end; a damaged
 * header of a second part looks so too.  Zeros are padding. */
static bool
has_unread_rest(const struct pm_container *c)
{
	uint64_t used, left;

	if (c->unpack != NULL)
		return false;
	used = (uint64_t)archive_filter_bytes(c->archive, -1);
	left = c->consumed > used ? c->consumed - used : 0;
	if (left > c->last_n)
		left = c->last_n;
	for (size_t i = c->last_n - (size_t)left; i < c->last_n; i++) {
		if (c->last[i] != 0)
			return true;
	}
	return false;
}

static int
read_first_header(struct pm_container *c, struct pm_err *err)
{
	int rc = read_header(c, err);

	if (rc == PM_OK && (archive_entry_is_data_encrypted(c->entry) ||
	    archive_entry_is_metadata_encrypted(c->entry)))
		return pm_fail(err, PM_EINPUT, "it is encrypted");
	if (rc == PM_OK || (rc == PM_END && pm_format_is_filter(c->format))) {
		c->empty = rc == PM_END;
		c->pending = true;
		if (c->empty && has_unread_rest(c))
			return pm_fail(err, PM_EINPUT, "it is cut short");
		return PM_OK;
	}
	if (rc == PM_END)
		c->ended = true;
	return rc == PM_END ? PM_OK : rc;
}

/* I1: what does not unpack from the first byte on is a plain record. */
static int
open_unpack(struct pm_container *c, struct pm_err *err)
{
	int rc = pm_unpack_open(&c->unpack, c->format, pm_container_pull, c,
	    err);

	if (rc == PM_OK)
		rc = pm_unpack_read(c->unpack, &c->data, &c->data_n, err);
	if (rc == PM_EIO)
		return pm_fail(err, PM_EINPUT, "its bytes cannot be read");
	c->empty = c->data_n == 0;
	c->pending = true;
	return rc;
}

static int
open_archive(struct pm_container *c, struct pm_err *err)
{
	struct archive *a = archive_read_new();
	locale_t before;
	int r;

	if ((c->archive = a) == NULL)
		return out_of_memory(err);
	if (set_filter(a, c->format) < ARCHIVE_WARN ||
	    set_format(a, c->format) < ARCHIVE_WARN)
		return pm_fail(err, PM_EINPUT, "%s", reason_of(a));
	pm_container_set_callbacks(c);
	before = enter_locale(c);
	r = archive_read_open1(a);
	(void)uselocale(before);
	if (c->no_memory)
		return out_of_memory(err);
	/* The format "empty" takes a fault of the filter for the end. */
	if (r < ARCHIVE_WARN || (pm_format_is_filter(c->format) &&
	    archive_error_string(a) != NULL))
		return pm_fail(err, PM_EINPUT, "%s", reason_of(a));
	return read_first_header(c, err);
}

/* "" below a container named directly, else "path/of/it/". */
static int
set_prefix(struct pm_container *c, struct pm_err *err)
{
	const struct pm_buf *path = &c->source.path;
	int rc;

	if (c->transparent)
		return pm_buf_append(&c->prefix, c->outer->prefix.p,
		    c->outer->prefix.n, err);
	if (c->outer == NULL && c->source.direct)
		return PM_OK;
	rc = pm_buf_append(&c->prefix, path->p, path->n, err);
	return rc != PM_OK ? rc : pm_buf_append_byte(&c->prefix, '/', err);
}

static void
free_container(struct pm_container *c)
{
	if (c->archive != NULL)
		archive_read_free(c->archive);
	pm_unpack_close(c->unpack);
	pm_buf_clear(&c->prefix);
	pm_free(c->block);
	pm_free(c);
}

static int
try_open(struct pm_container *c, struct pm_err *err)
{
	int rc = pm_container_hold(c, err);

	if (rc == PM_OK)
		rc = set_prefix(c, err);
	if (rc == PM_OK)
		rc = pm_unpack_takes(c->format, pm_buf_bytes(&c->source.head),
		    pm_buf_bytes(&c->source.path)) ? open_unpack(c, err) :
		    open_archive(c, err);
	if (rc == PM_EINPUT && pm_format_is_certain(c->format) &&
	    !c->source.failed)
		pm_intake_report(c->intake, PM_INTAKE_DAMAGED,
		    pm_container_path(c),
		    "cannot be opened as %s: %s; kept as one file",
		    pm_format_name(c->format), err->text);
	return rc == PM_EINPUT ? PM_END : rc;
}

int
pm_container_open(struct pm_container **out, struct pm_intake *intake,
    struct pm_source *source, enum pm_format format, struct pm_err *err)
{
	struct pm_container *c, *outer = source->outer;
	int rc;

	if ((c = pm_alloc_zero(sizeof *c, err)) == NULL)
		return PM_ENOMEM;
	c->intake = intake;
	c->outer = outer;
	c->format = format;
	c->transparent = outer != NULL && pm_format_is_filter(outer->format) &&
	    (format == PM_FORMAT_TAR || format == PM_FORMAT_CPIO);
	c->depth = outer == NULL ? 1 : outer->depth + !c->transparent;
	c->source = *source;
	c->opening = true;
	rc = c->depth > intake->depth_max ? PM_END : try_open(c, err);
	if (rc != PM_OK) {
		*source = c->source;
		source->head_at = 0;
		free_container(c);
		return rc;
	}
	c->opening = false;
	pm_source_init(source);
	*out = c;
	return PM_OK;
}

void
pm_container_close(struct pm_container *c)
{
	if (c == NULL)
		return;
	pm_source_check_changed(c->intake, &c->source);
	pm_source_clear(&c->source);
	free_container(c);
}

static int
append_member_path(struct pm_container *c, struct pm_buf *path,
    struct pm_err *err)
{
	struct pm_bytes name = { 0 };
	const char *raw;
	int rc = pm_buf_append(path, c->prefix.p, c->prefix.n, err);

	if (rc != PM_OK)
		return rc;
	if (pm_format_is_filter(c->format))
		return pm_path_append_unpacked(path,
		    pm_buf_bytes(&c->source.path), err);
	if ((raw = archive_entry_pathname(c->entry)) == NULL)
		raw = archive_entry_pathname_utf8(c->entry);
	if (raw != NULL)
		name = pm_path_relative(pm_bytes_of(raw));
	if (name.n > 0)
		return pm_buf_append(path, name.p, name.n, err);
	if ((rc = pm_buf_printf(path, err, "member-%llu",
	    (unsigned long long)c->members)) == PM_OK)
		pm_intake_report(c->intake, PM_INTAKE_DAMAGED,
		    pm_buf_bytes(path), "has no name that can be read; "
		    "it is called this instead");
	return rc;
}

/* No file system has such paths; the catalog would have to hold them. */
static bool
is_too_long(struct pm_container *c, struct pm_bytes path)
{
	if (path.n <= PM_PATH_BYTES_MAX)
		return false;
	pm_intake_report(c->intake, PM_INTAKE_UNREADABLE,
	    (struct pm_bytes){ path.p, PATH_SHOWN },
	    "... is the beginning of a path of %zu bytes, which is over %d; "
	    "left out", path.n, PM_PATH_BYTES_MAX);
	return true;
}

/* Links and devices have no bytes; a hard link in a cpio may. */
static bool
has_bytes(struct pm_container *c, struct pm_bytes path)
{
	struct archive_entry *entry = c->entry;
	const char *link = archive_entry_hardlink(entry);
	mode_t type = archive_entry_filetype(entry);

	if (link != NULL && !(archive_entry_size_is_set(entry) &&
	    archive_entry_size(entry) > 0)) {
		pm_intake_report(c->intake, PM_INTAKE_SKIPPED, path,
		    "is a hard link to %s; links are not stored", link);
		return false;
	}
	if (type == AE_IFREG || type == 0 || link != NULL)
		return true;
	if (type == AE_IFLNK)
		pm_intake_report(c->intake, PM_INTAKE_SKIPPED, path,
		    "is a symbolic link; links are not stored");
	else if (type != AE_IFDIR)
		pm_intake_report(c->intake, PM_INTAKE_SKIPPED, path,
		    "is a device, a pipe or a socket; these are not stored");
	return false;
}

static int64_t
mtime_of(const struct pm_container *c)
{
	if (c->entry == NULL || !archive_entry_mtime_is_set(c->entry))
		return c->source.info.mtime_ns;
	return pm_fs_nanoseconds(archive_entry_mtime(c->entry),
	    archive_entry_mtime_nsec(c->entry));
}

static int
take_member(struct pm_container *c, struct pm_source *source,
    struct pm_err *err)
{
	bool filter = pm_format_is_filter(c->format);
	locale_t before = enter_locale(c);
	int rc = PM_END;

	c->members++;
	/* What open_unpack read is of the one there is. */
	if (c->unpack == NULL)
		c->data_n = 0;
	c->data_at = c->position = 0;
	c->data_end = false;
	c->fault = 0;
	pm_source_reset(source);
	if (filter || archive_entry_filetype(c->entry) != AE_IFDIR) {
		rc = append_member_path(c, &source->path, err);
		if (rc == PM_OK && (is_too_long(c,
		    pm_buf_bytes(&source->path)) || (!filter &&
		    !has_bytes(c, pm_buf_bytes(&source->path)))))
			rc = PM_END;
	}
	(void)uselocale(before);
	if (rc != PM_OK)
		return rc;
	source->outer = c;
	source->input = c->source.input;
	source->info.mtime_ns = mtime_of(c);
	source->info.mode = filter ? c->source.info.mode :
	    (uint32_t)archive_entry_perm(c->entry) & 07777;
	if (c->empty)
		source->bytes = 0;
	else if (!filter && archive_entry_size_is_set(c->entry))
		source->bytes = archive_entry_size(c->entry);
	return PM_OK;
}

int
pm_container_next(struct pm_container *c, struct pm_source *source,
    struct pm_err *err)
{
	for (;;) {
		int rc;

		if (c->ended)
			return PM_END;
		if (!c->pending) {
			/* There is one in a compressed file. */
			rc = c->empty || c->unpack != NULL ? PM_END :
			    read_header(c, err);
			if (rc != PM_OK)
				return rc;
		}
		c->pending = false;
		if ((rc = take_member(c, source, err)) != PM_END)
			return rc;
	}
}

static bool
grew_too_far(const struct pm_container *c, uint64_t bytes)
{
	return bytes > c->intake->bomb_bytes &&
	    bytes / c->intake->bomb_ratio > c->consumed;
}

static int
give_up(struct pm_container *c, struct pm_err *err)
{
	if (!c->ended)
		pm_intake_report(c->intake, PM_INTAKE_DAMAGED,
		    pm_container_path(c),
		    "grows to over %llu times its size; given up",
		    (unsigned long long)c->intake->bomb_ratio);
	c->ended = true;
	return pm_fail(err, PM_EINPUT, "a container grows too far");
}

int
pm_container_count_record(struct pm_container *container, size_t n,
    struct pm_err *err)
{
	struct pm_container *c;

	/* All around it: a bomb may be spread over several levels. */
	for (c = container; c != NULL; c = c->outer) {
		c->records += n;
		if (grew_too_far(c, c->records))
			return give_up(c, err);
	}
	return PM_OK;
}

static int
fail_member(struct pm_container *c, const struct pm_source *source,
    struct pm_err *err)
{
	if (c->no_memory)
		return out_of_memory(err);
	if (!c->source.failed)
		pm_intake_report(c->intake, PM_INTAKE_DAMAGED,
		    pm_buf_bytes(&source->path), "is damaged or cut short: %s",
		    reason_of(c->archive));
	if (c->fault == ARCHIVE_FATAL)
		c->ended = true;
	return pm_fail(err, PM_EINPUT, "%s", reason_of(c->archive));
}

/* Each fault is told, up to a number; reading goes on behind it. */
static void
report_fault(struct pm_container *c, const char *text)
{
	if (++c->faults > FAULTS_MAX)
		return;
	if (c->faults == FAULTS_MAX)
		text = "there are more faults, which are not reported";
	pm_intake_report(c->intake, PM_INTAKE_DAMAGED, pm_container_path(c),
	    "is damaged: %s; reading goes on at the next member", text);
}

static void
note_gap(struct pm_container *c)
{
	if (c->gap_n < PM_GAPS_MAX && (c->gap_n == 0 ||
	    c->gap[c->gap_n - 1] < c->position))
		c->gap[c->gap_n++] = c->position;
}

static void
next_unpacked(struct pm_container *c)
{
	struct pm_err err = { 0 };
	int rc;

	while ((rc = pm_unpack_read(c->unpack, &c->data, &c->data_n, &err)) ==
	    PM_EINPUT) {
		report_fault(c, err.text);
		note_gap(c);
	}
	c->data_at = c->position;
	if (rc != PM_OK)
		c->fault = ARCHIVE_FATAL;
	c->no_memory = c->no_memory || rc == PM_ENOMEM;
	c->data_end = rc == PM_OK && c->data_n == 0;
}

static void
next_block(struct pm_container *c)
{
	const void *p = NULL;
	la_int64_t at = 0;
	size_t n = 0;
	int r = archive_read_data_block(c->archive, &p, &n, &at);

	if (r == ARCHIVE_EOF) {
		c->data_end = true;
		/* A sparse file that ends in a hole. */
		if (c->format == PM_FORMAT_TAR && at > 0 &&
		    (uint64_t)at > c->position)
			c->data_at = (uint64_t)at;
	} else if (r < 0) {
		c->fault = r;
	} else {
		c->data = p;
		c->data_n = n;
		c->data_at = at < 0 || (uint64_t)at < c->position ?
		    c->position : (uint64_t)at;
	}
}

/* Not archive_read_data: that drops what comes before a fault.  Between the
 * blocks of a sparse file there are zeros. */
static size_t
copy_member(struct pm_container *c, uint8_t *p, size_t n)
{
	size_t done = 0;

	while (done < n) {
		size_t k = n - done;

		if (c->position < c->data_at) {
			if (k > c->data_at - c->position)
				k = (size_t)(c->data_at - c->position);
			memset(p + done, 0, k);
		} else if (c->data_n > 0) {
			if (k > c->data_n)
				k = c->data_n;
			memcpy(p + done, c->data, k);
			c->data += k;
			c->data_n -= k;
			c->data_at += k;
		} else if (c->data_end || c->fault < 0) {
			break;
		} else {
			if (c->unpack != NULL)
				next_unpacked(c);
			else
				next_block(c);
			continue;
		}
		c->position += k;
		done += k;
	}
	return done;
}

int
pm_container_read(struct pm_container *c, const struct pm_source *source,
    void *p, size_t n, size_t *got, struct pm_err *err)
{
	*got = 0;
	if (c->empty || n == 0)
		return PM_OK;
	if (c->ended)
		return pm_fail(err, PM_EINPUT, "its container was given up");
	*got = copy_member(c, p, n);
	if (*got == 0 && c->fault < 0)
		return fail_member(c, source, err);
	if (*got == 0 && !c->complained && pm_format_is_filter(c->format) &&
	    has_unread_rest(c)) {
		c->complained = true;
		pm_intake_report(c->intake, PM_INTAKE_DAMAGED,
		    pm_container_path(c),
		    "goes on with bytes that are no %s; they are ignored",
		    pm_format_name(c->format));
	}
	c->unpacked += *got;
	return grew_too_far(c, c->unpacked) ? give_up(c, err) : PM_OK;
}
