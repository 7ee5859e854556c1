/*
 * write_files.h - a directory of record files as chance has it, and what must
 * come out of it again.
 */
#ifndef PM_TESTS_PROP_WRITE_FILES_H
#define PM_TESTS_PROP_WRITE_FILES_H

#include <archive.h>
#include <archive_entry.h>

#include "write_json.h"
#include "write_page.h"
#include "write_warc.h"

enum { FILES_MAX = 200, MUTATIONS_MAX = 4 };

struct file {
	struct pm_buf path;              /* where restore puts it; NUL behind */
	struct pm_buf bytes;
};

struct files {
	struct file file[FILES_MAX];
	size_t n;
	const char *letter;              /* in names: files of two differ */
	bool damaged;                    /* a container was: more may come out */
};

struct file_kind {
	void (*write)(struct writer *w);
	const char *extension[4];
};

static const struct file_kind file_kind[] = {
	{ write_json_lines, { ".jsonl", ".ndjson", ".json", "" } },
	{ write_json_lines, { ".jsonl", ".jsonl", ".txt", ".jl" } },
	{ write_json_array, { ".json", ".json", "", ".js" } },
	{ write_json_object, { ".json", ".json", "", ".jsonl" } },
	{ write_json_listing, { ".json", ".json", "", ".txt" } },
	{ write_json_feed, { ".json", ".json", "", ".feed" } },
	{ write_csv, { ".csv", ".csv", "", ".txt" } },
	{ write_tsv, { ".tsv", ".tsv", ".csv", ".tab" } },
	{ write_warc, { ".warc", ".warc", "", ".wet" } },
	{ write_warc, { ".warc", ".wat", "", ".WARC" } },
	{ write_arc, { ".arc", ".arc", "", ".txt" } },
	{ write_rss, { ".xml", ".rss", "", ".txt" } },
	{ write_atom, { ".xml", ".atom", "", ".html" } },
	{ write_html, { ".html", ".htm", "", ".txt" } },
	{ write_encoded, { ".html", ".htm", "", ".txt" } },
	{ write_text, { ".txt", ".txt", "", ".md" } },
	{ write_markdown, { ".md", ".markdown", ".txt", ".mdx" } },
	{ write_noise, { "", ".bin", ".json", ".html" } },
	{ write_nothing, { "", ".txt", ".jsonl", ".csv" } },
};

/* ---- what goes wrong with bytes ---- */

static inline void
splice(struct pm_buf *bytes, size_t at, size_t drop, const void *p, size_t n)
{
	struct pm_buf other;
	struct pm_err err;

	pm_buf_init(&other);
	assert_int_equal(pm_buf_append(&other, bytes->p, at, &err), PM_OK);
	assert_int_equal(pm_buf_append(&other, p, n, &err), PM_OK);
	assert_int_equal(pm_buf_append(&other, bytes->p + at + drop,
	    bytes->n - at - drop, &err), PM_OK);
	pm_buf_clear(bytes);
	*bytes = other;
}

static inline void
mutate_once(struct writer *w)
{
	static const char *const odd[] = { "\xff", "\xc3", "\xed\xa0\x80",
		"\"", "\\", "\n", "\r", "{", "]", "<", "\xef\xbb\xbf", "\x1a",
		"\xf0\x9f\x98", "\\u0000", "&#0;", "WARC/1.0\r\n" };
	struct pm_buf *bytes = w->out;
	size_t at = below(w, bytes->n + 1), left = bytes->n - at, n;
	const char *text;

	switch (below(w, 7)) {
	case 0:
		if (left > 0)
			bytes->p[at] ^= (uint8_t)(1 + below(w, 255));
		break;
	case 1:
		bytes->n = at;
		break;
	case 2:
		splice(bytes, at, 0, "\0\0\0", 1 + below(w, 3));
		break;
	case 3:
		n = left == 0 ? 0 : below(w, left < 300 ? left : 300);
		splice(bytes, at, n, "", 0);
		break;
	case 4:
		splice(bytes, 0, 0, "\xef\xbb\xbf", 3);
		break;
	default:
		text = any_of(w, odd, sizeof odd / sizeof *odd);
		splice(bytes, at, 0, text, strlen(text));
	}
}

static inline void
mutate(struct writer *w)
{
	for (size_t i = 1 + below(w, MUTATIONS_MAX); i > 0; i--)
		mutate_once(w);
}

/* ---- files ---- */

/* Names differ by their number. */
static inline struct file *
new_file(struct files *files, struct writer *w, const char *above,
    const char *extension)
{
	struct file *file = &files->file[files->n];
	struct writer inner = aside(w, &file->path);

	assert_true(files->n < FILES_MAX);
	pm_buf_init(&file->path);
	pm_buf_init(&file->bytes);
	put_s(&inner, above);
	put_s(&inner, ANY(w, "", "", "d/", "2025-02-11T10-00-00/", "a b/c/",
	    "ж/", "x~2/", "a#1/"));
	putf(&inner, "%s%s%zu%s%s%c", ANY(w, "", "", "", ".", "é", "-"),
	    files->letter, files->n, ANY(w, "", "", "", "#1", "~2", "'"), extension, 0);
	files->n++;
	return file;
}

static inline const char *
path_of(const struct file *file)
{
	return (const char *)file->path.p;
}

static inline struct file *
write_file(struct files *files, struct writer *w, const char *above,
    const char *behind)
{
	const struct file_kind *kind = &file_kind[below(w,
	    sizeof file_kind / sizeof *file_kind)];
	char extension[32];
	struct file *file;
	struct writer inner;

	(void)snprintf(extension, sizeof extension, "%s%s",
	    kind->extension[below(w, 4)], behind);
	file = new_file(files, w, above, extension);
	inner = aside(w, &file->bytes);
	/* Often what another holds. */
	if (files->n > 1 && once_in(w, 12))
		put_buf(&inner, &files->file[below(w, files->n - 1)].bytes);
	else
		kind->write(&inner);
	if (once_in(w, 4))
		mutate(&inner);
	return file;
}

static inline void
place_file(struct writer *w, const char *root, const char *path,
    const struct pm_buf *bytes)
{
	struct timespec times[2] = { { .tv_sec = 1739000000 +
	    (time_t)below(w, 1000000) } };
	char whole[SCRATCH_CHARS];

	times[1] = times[0];
	scratch_join(whole, root, path);
	file_put(whole, bytes->p, bytes->n);
	assert_int_equal(utimensat(AT_FDCWD, whole, times, 0), 0);
}

/* ---- containers ---- */

static inline la_ssize_t
take_packed(struct archive *a, void *context, const void *p, size_t n)
{
	struct pm_err err;

	(void)a;
	assert_int_equal(pm_buf_append(context, p, n, &err), PM_OK);
	return (la_ssize_t)n;
}

static inline struct archive *
open_packer(struct pm_buf *out, int format, const char *filter)
{
	struct archive *a = archive_write_new();

	assert_non_null(a);
	assert_int_equal(archive_write_set_format(a, format), ARCHIVE_OK);
	if (filter != NULL)
		assert_int_equal(archive_write_add_filter_by_name(a, filter),
		    ARCHIVE_OK);
	assert_int_equal(archive_write_set_bytes_in_last_block(a, 1),
	    ARCHIVE_OK);
	assert_int_equal(archive_write_open(a, out, NULL, take_packed, NULL),
	    ARCHIVE_OK);
	return a;
}

static inline void
pack_member(struct writer *w, struct archive *a, const char *name,
    const struct pm_buf *bytes)
{
	struct archive_entry *entry = archive_entry_new();

	assert_non_null(entry);
	archive_entry_set_pathname(entry, name);
	archive_entry_set_size(entry, (la_int64_t)bytes->n);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_mtime(entry, 1739000000 +
	    (time_t)below(w, 1000000), 0);
	assert_true(archive_write_header(a, entry) >= ARCHIVE_WARN);
	if (bytes->n > 0)
		assert_int_equal(archive_write_data(a, bytes->p, bytes->n),
		    bytes->n);
	archive_entry_free(entry);
}

static inline void
close_packer(struct archive *a)
{
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	assert_int_equal(archive_write_free(a), ARCHIVE_OK);
}

/* Pieces of bytes as members of gzip, one after the other. */
static inline void
put_members(struct writer *w, const struct pm_buf *bytes)
{
	size_t at = 0;

	do {
		size_t left = bytes->n - at;
		size_t n = left > 1 && once_in(w, 2) ? below(w, left) : left;
		struct pm_buf piece = { bytes->p + at, n, n };

		put_deflated(w, &piece, 31);
		at += n;
	} while (at < bytes->n);
}

/* One file, compressed: NAME.gz holds NAME. */
static inline void
write_compressed(struct files *files, struct writer *w, const char *root)
{
	bool gzip = once_in(w, 2);
	const char *extension = gzip ? ".gz" : ".zst";
	struct file *file = write_file(files, w, "", extension);
	struct pm_buf packed, path;
	struct writer inner = aside(w, &packed);
	const char *base = strrchr(path_of(file), '/');
	size_t n;

	pm_buf_init(&packed);
	pm_buf_init(&path);
	if (gzip) {
		put_members(&inner, &file->bytes);
	} else {
		struct archive *a = open_packer(&packed, ARCHIVE_FORMAT_RAW,
		    "zstd");

		pack_member(w, a, "x", &file->bytes);
		close_packer(a);
	}
	place_file(w, root, path_of(file), &packed);
	/* Then it is NAME.gz/NAME. */
	base = base == NULL ? path_of(file) : base + 1;
	n = strlen(base) - strlen(extension);
	inner = aside(w, &path);
	putf(&inner, "%s/%.*s%c", path_of(file), (int)n, base, 0);
	pm_buf_clear(&file->path);
	file->path = path;
	pm_buf_clear(&packed);
}

static inline void
write_container(struct files *files, struct writer *w, const char *root)
{
	static const struct {
		int format;
		const char *filter, *extension;
	} kind[] = {
		{ ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, NULL, ".tar" },
		{ ARCHIVE_FORMAT_TAR_USTAR, "gzip", ".tar.gz" },
		{ ARCHIVE_FORMAT_TAR_GNUTAR, "zstd", ".tar.zst" },
		{ ARCHIVE_FORMAT_ZIP, NULL, ".zip" },
	};
	size_t which = below(w, 4);
	char name[64], above[80];
	struct pm_buf packed;
	struct archive *a;

	pm_buf_init(&packed);
	(void)snprintf(name, sizeof name, "%sc%zu%s",
	    files->letter, files->n, kind[which].extension);
	(void)snprintf(above, sizeof above, "%s/", name);
	a = open_packer(&packed, kind[which].format, kind[which].filter);
	for (size_t i = 1 + below(w, 4); i > 0; i--) {
		struct file *file = write_file(files, w, above, "");

		pack_member(w, a, path_of(file) + strlen(above),
		    &file->bytes);
	}
	close_packer(a);
	place_file(w, root, name, &packed);
	pm_buf_clear(&packed);
}

/* What comes out of it is not known. */
static inline void
write_damaged(struct files *files, struct writer *w, const char *root)
{
	static struct files inside;
	struct pm_buf packed;
	struct writer inner = aside(w, &packed);
	struct archive *a;
	char name[64];

	pm_buf_init(&packed);
	inside.n = 0;
	inside.letter = "m";
	a = open_packer(&packed, ARCHIVE_FORMAT_TAR_USTAR, once_in(w, 2) ?
	    "gzip" : NULL);
	for (size_t i = 1 + below(w, 4); i > 0; i--) {
		struct file *file = write_file(&inside, w, "", "");

		pack_member(w, a, path_of(file), &file->bytes);
	}
	close_packer(a);
	mutate(&inner);
	(void)snprintf(name, sizeof name, "damaged%zu.tar", files->n);
	place_file(w, root, name, &packed);
	files->damaged = true;
	while (inside.n > 0) {
		pm_buf_clear(&inside.file[--inside.n].path);
		pm_buf_clear(&inside.file[inside.n].bytes);
	}
	pm_buf_clear(&packed);
}

static inline void
write_files(struct files *files, struct writer *w, const char *root, size_t n)
{
	for (; n > 0; n--) {
		if (once_in(w, 8)) {
			write_compressed(files, w, root);
		} else if (once_in(w, 8)) {
			write_container(files, w, root);
		} else {
			struct file *file = write_file(files, w, "", "");

			place_file(w, root, path_of(file), &file->bytes);
		}
	}
}

static inline void
free_files(struct files *files)
{
	while (files->n > 0) {
		pm_buf_clear(&files->file[--files->n].path);
		pm_buf_clear(&files->file[files->n].bytes);
	}
	files->damaged = false;
}

#endif
