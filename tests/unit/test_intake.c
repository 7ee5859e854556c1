#define _XOPEN_SOURCE 700   /* mkdtemp */

#include <sys/stat.h>
#include <sys/types.h>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/fs.h"
#include "intake/intake.h"
#include "intake/split.h"

/*
 * What an intake gives is written down as text, a line a record or report:
 *	path|input|mode|bytes
 *	!kind path: text
 * and compared.  A record that cannot be read to its end has "|cut" behind;
 * one of a record file " {file serial reader context}" before its line end.
 */

static char scratch[64];
static struct pm_err err;

static int
set_up(void **state)
{
	(void)state;
	(void)snprintf(scratch, sizeof scratch, "/tmp/pm-intake-XXXXXX");
	return mkdtemp(scratch) == NULL || chdir(scratch) != 0;
}

static int
tear_down(void **state)
{
	char command[256];

	(void)state;
	if (seteuid(getuid()) != 0)
		return 1;
	(void)snprintf(command, sizeof command, "chmod -R u+rwx %s; rm -rf %s",
	    scratch, scratch);
	return chdir("/") != 0 || system(command) != 0;
}

static void
put(const char *path, const void *p, size_t n)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_int_equal(write(fd, p, n), (ssize_t)n);
	assert_int_equal(close(fd), 0);
}

static void
put_text(const char *path, const char *text)
{
	put(path, text, strlen(text));
}

static struct pm_buf
get(const char *path)
{
	struct pm_buf buf;

	pm_buf_init(&buf);
	assert_int_equal(pm_fs_read_file(&buf, path, SIZE_MAX >> 1, &err),
	    PM_OK);
	return buf;
}

/* ---- making containers ---- */

static struct archive *
begin(const char *path, int format, int filter)
{
	struct archive *a = archive_write_new();

	assert_int_equal(archive_write_set_format(a, format), ARCHIVE_OK);
	assert_int_equal(archive_write_add_filter(a, filter), ARCHIVE_OK);
	if (filter != ARCHIVE_FILTER_NONE)
		assert_true(archive_write_set_bytes_in_last_block(a, 1) >=
		    ARCHIVE_WARN);
	assert_int_equal(archive_write_open_filename(a, path), ARCHIVE_OK);
	return a;
}

static void
member_bytes(struct archive *a, const char *name, const void *p, size_t n)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0640);
	archive_entry_set_mtime(e, 1700000000, 0);
	archive_entry_set_size(e, (int64_t)n);
	assert_true(archive_write_header(a, e) >= ARCHIVE_WARN);
	assert_int_equal(archive_write_data(a, p, n), (la_ssize_t)n);
	archive_entry_free(e);
}

static void
member(struct archive *a, const char *name, const char *text)
{
	member_bytes(a, name, text, strlen(text));
}

static void
member_file(struct archive *a, const char *name, const char *path)
{
	struct pm_buf buf = get(path);

	member_bytes(a, name, buf.p, buf.n);
	pm_buf_clear(&buf);
}

static void
member_special(struct archive *a, const char *name, unsigned type,
    const char *symlink_to, const char *hardlink_to)
{
	struct archive_entry *e = archive_entry_new();

	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, type);
	archive_entry_set_perm(e, 0755);
	if (symlink_to != NULL)
		archive_entry_set_symlink(e, symlink_to);
	if (hardlink_to != NULL)
		archive_entry_set_hardlink(e, hardlink_to);
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	archive_entry_free(e);
}

static void
finish(struct archive *a)
{
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
}

static void
compress_file(const char *to, int filter, const void *p, size_t n)
{
	struct archive *a = begin(to, ARCHIVE_FORMAT_RAW, filter);

	member_bytes(a, "data", p, n);
	finish(a);
}

static void
fill_noise(uint8_t *p, size_t n)
{
	uint64_t x = 88172645463325252u;

	for (size_t i = 0; i < n; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		p[i] = (uint8_t)x;
	}
}

/* ---- reading ---- */

static void
on_report(void *context, enum pm_intake_problem problem, struct pm_bytes path,
    const char *text)
{
	struct pm_buf *out = context;

	(void)pm_buf_printf(out, &err, "!%d ", (int)problem);
	(void)pm_buf_append(out, path.p, path.n, &err);
	(void)pm_buf_printf(out, &err, ": %s\n", text);
}

static void
write_down(struct pm_buf *out, struct pm_intake *intake,
    const struct pm_record *record, size_t step)
{
	struct pm_buf data;
	size_t got = 1;
	int rc = PM_OK;

	pm_buf_init(&data);
	while (rc == PM_OK && got > 0) {
		assert_int_equal(pm_buf_reserve(&data, step, &err), PM_OK);
		rc = pm_intake_read(intake, data.p + data.n, step, &got,
		    &err);
		if (rc == PM_OK)
			data.n += got;
	}
	if (rc == PM_OK && record->bytes >= 0)
		assert_int_equal(record->bytes, data.n);
	(void)pm_buf_append(out, record->path.p, record->path.n, &err);
	(void)pm_buf_append_byte(out, '|', &err);
	(void)pm_buf_append(out, record->input.p, record->input.n, &err);
	(void)pm_buf_printf(out, &err, "|%o|", record->mode);
	if (data.n > 200)
		(void)pm_buf_printf(out, &err, "%zu bytes", data.n);
	else
		(void)pm_buf_append(out, data.p, data.n, &err);
	if (rc != PM_OK)
		(void)pm_buf_append_str(out, "|cut", &err);
	if (record->file.n > 0) {
		(void)pm_buf_append_str(out, " {", &err);
		(void)pm_buf_append(out, record->file.p, record->file.n,
		    &err);
		(void)pm_buf_printf(out, &err, " %llu %d ",
		    (unsigned long long)record->file_serial,
		    (int)record->reader);
		(void)pm_buf_append(out, record->context.p,
		    record->context.n, &err);
		(void)pm_buf_append_byte(out, '}', &err);
	}
	(void)pm_buf_append_byte(out, '\n', &err);
	assert_true(rc == PM_OK || rc == PM_EINPUT);
	pm_buf_clear(&data);
}

static struct pm_buf
take_in(struct pm_intake_options options)
{
	const struct pm_record *record;
	struct pm_intake *intake;
	struct pm_buf out;
	int rc;

	pm_buf_init(&out);
	options.report = on_report;
	options.context = &out;
	while (options.input != NULL && options.input[options.input_n] != NULL)
		options.input_n++;
	assert_int_equal(pm_intake_open(&intake, &options, &err), PM_OK);
	while ((rc = pm_intake_next(intake, &record, &err)) == PM_OK)
		write_down(&out, intake, record, 70000);
	assert_int_equal(rc, PM_END);
	assert_int_equal(pm_intake_next(intake, &record, &err), PM_END);
	pm_intake_close(intake);
	assert_int_equal(pm_buf_append_byte(&out, 0, &err), PM_OK);
	return out;
}

#define INPUTS(...) \
	(struct pm_intake_options){ \
	    .input = (const char *const[]){ __VA_ARGS__, NULL } }

static void
expect(struct pm_intake_options options, const char *expected)
{
	struct pm_buf out = take_in(options);

	assert_string_equal((const char *)out.p, expected);
	pm_buf_clear(&out);
}

static void
expect_part(struct pm_intake_options options, const char *part)
{
	struct pm_buf out = take_in(options);

	if (strstr((const char *)out.p, part) == NULL)
		assert_string_equal((const char *)out.p, part);
	pm_buf_clear(&out);
}

/* ---- directories and files ---- */

static void
test_directory(void **state)
{
	static const char *const expected =
	    "a|d|644|1\n"
	    "a b|d|644|2\n"
	    "a-dir/x|d|644|3\n"
	    "a-dir/y\nz|d|644|4\n"
	    "a.txt|d|644|5\n"
	    "b\xff/c|d|644|\n";

	(void)state;
	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(mkdir("d/a-dir", 0755), 0);
	assert_int_equal(mkdir("d/b\xff", 0755), 0);
	assert_int_equal(mkdir("d/empty", 0755), 0);
	put_text("d/a.txt", "5");
	put_text("d/a-dir/y\nz", "4");
	put_text("d/b\xff/c", "");
	put_text("d/a", "1");
	put_text("d/a b", "2");
	put_text("d/a-dir/x", "3");
	expect(INPUTS("d"), expected);
	expect(INPUTS("d/"), expected);
	expect(INPUTS("./d//"), expected);
	assert_int_equal(chdir("d"), 0);
	expect(INPUTS("."), expected);
	assert_int_equal(chdir(".."), 0);
}

static void
test_links_and_pipes(void **state)
{
	(void)state;
	assert_int_equal(mkdir("l", 0755), 0);
	put_text("l/file", "text");
	assert_int_equal(symlink("file", "l/to-file"), 0);
	assert_int_equal(symlink(".", "l/to-dir"), 0);
	assert_int_equal(symlink("loop", "l/loop"), 0);
	assert_int_equal(mkfifo("l/pipe", 0644), 0);
	assert_int_equal(symlink("l", "named"), 0);
	expect(INPUTS("named", "l/to-file", "l/loop", "/dev/null", ""),
	    "file|named|644|text\n"
	    "!0 loop: is a symbolic link; links are not stored\n"
	    "!0 pipe: is a device, a pipe or a socket; these are not stored\n"
	    "!0 to-dir: is a symbolic link; links are not stored\n"
	    "!0 to-file: is a symbolic link; links are not stored\n"
	    "l/to-file|to-file|644|text\n"
	    "!1 l/loop: cannot be opened: Too many levels of symbolic links\n"
	    "!0 /dev/null: is a device or a socket; these are not stored\n"
	    "!1 : is an empty name\n");
}

static void
test_names_as_written(void **state)
{
	char absolute[128], expected[256];

	(void)state;
	assert_int_equal(mkdir("n", 0755), 0);
	put_text("n/x", "1");
	put_text("@x", "2");
	(void)snprintf(absolute, sizeof absolute, "%s/n/x", scratch);
	(void)snprintf(expected, sizeof expected,
	    "n/x|x|644|1\nn/x|x|644|1\nn/../n/x|x|644|1\n%s|x|644|1\n"
	    "@x|@x|644|2\n", absolute + 1);
	expect(INPUTS("n/x", "././/n/x", "n/../n/x", absolute, "./@x"),
	    expected);
}

static void
test_vanishing(void **state)
{
	const struct pm_record *record;
	struct pm_intake_options options = INPUTS("v");
	struct pm_intake *intake;
	struct pm_buf out;

	(void)state;
	pm_buf_init(&out);
	assert_int_equal(mkdir("v", 0755), 0);
	put_text("v/1", "one");
	put_text("v/2", "two");
	put_text("v/3", "three");
	options.input_n = 1;
	options.report = on_report;
	options.context = &out;
	assert_int_equal(pm_intake_open(&intake, &options, &err), PM_OK);
	assert_int_equal(pm_intake_next(intake, &record, &err), PM_OK);
	assert_int_equal(unlink("v/2"), 0);
	write_down(&out, intake, record, 1);
	assert_int_equal(pm_intake_next(intake, &record, &err), PM_OK);
	put_text("v/3", "threescore");
	(void)pm_buf_append_byte(&out, '\n', &err);
	write_down(&out, intake, &(struct pm_record){ .bytes = -1,
	    .path = record->path, .input = record->input,
	    .mode = record->mode }, 7);
	assert_int_equal(pm_intake_next(intake, &record, &err), PM_END);
	pm_intake_close(intake);
	(void)pm_buf_append_byte(&out, 0, &err);
	assert_string_equal((char *)out.p, "1|v|644|one\n"
	    "!1 2: cannot be opened: No such file or directory\n\n"
	    "!3 3: changed while it was read\n"
	    "3|v|644|threescore\n");
	pm_buf_clear(&out);
}

static void
test_unreadable(void **state)
{
	(void)state;
	assert_int_equal(mkdir("u", 0755), 0);
	assert_int_equal(mkdir("u/dir", 0), 0);
	put_text("u/file", "x");
	put_text("u/good", "y");
	assert_int_equal(chmod("u/file", 0), 0);
	/* Root may read anything: somebody else looks.  Undone by tear_down. */
	if (getuid() == 0) {
		assert_int_equal(chmod(scratch, 0711), 0);
		assert_int_equal(seteuid(65534), 0);
	}
	expect(INPUTS("u"),
	    "!1 dir: is a directory that cannot be listed: "
	    "Permission denied\n"
	    "!1 file: cannot be opened: Permission denied\n"
	    "good|u|644|y\n");
}

static void
test_deep_tree(void **state)
{
	char expected[2600] = "";

	(void)state;
	assert_int_equal(mkdir("deep", 0755), 0);
	assert_int_equal(chdir("deep"), 0);
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(mkdir("d", 0755), 0);
		assert_int_equal(chdir("d"), 0);
		memcpy(expected + 2 * i, "d/", 3);
	}
	put_text("f", "end");
	assert_int_equal(chdir(scratch), 0);
	(void)snprintf(expected + 2000, 100, "f|deep|644|end\n");
	expect(INPUTS("deep"), expected);
}

/* ---- lists ---- */

static void
test_lists(void **state)
{
	struct archive *a;

	(void)state;
	assert_int_equal(mkdir("ld", 0755), 0);
	put_text("ld/in", "1");
	put_text("two", "2");
	put_text("new\nline", "3");
	a = begin("c.tar", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE);
	member(a, "m", "4");
	finish(a);
	put_text("list", "ld\r\n\r\n\n./two\nc.tar\nnowhere\n@list\ntwo");
	expect(INPUTS("@list", "two"),
	    "in|ld|644|1\n"
	    "two|two|644|2\n"
	    "m|c.tar|640|4\n"
	    "!1 nowhere: cannot be opened: No such file or directory\n"
	    "!1 @list: cannot be opened: No such file or directory\n"
	    "two|two|644|2\n"
	    "two|two|644|2\n");
	put("list0", "new\nline\0\0two\0ld/in", 20);
	expect(INPUTS("@list0"), "new\nline|new\nline|644|3\n"
	    "two|two|644|2\nld/in|in|644|1\n");
	put_text("empty", "");
	expect(INPUTS("@empty", "@nothing"),
	    "!1 nothing: is a list that cannot be opened: "
	    "No such file or directory\n");
}

static void
test_long_list(void **state)
{
	struct pm_buf list;

	(void)state;
	pm_buf_init(&list);
	put_text("two", "2");
	for (int i = 0; i < 40000; i++)
		assert_int_equal(pm_buf_append_str(&list, "two\n", &err), 0);
	for (int i = 0; i < 200000; i++)
		assert_int_equal(pm_buf_append_byte(&list, 'x', &err), 0);
	assert_int_equal(pm_buf_append_str(&list, "\ntwo\n", &err), 0);
	put("long", list.p, list.n);
	pm_buf_reset(&list);
	for (int i = 0; i < 40000; i++)
		assert_int_equal(pm_buf_append_str(&list, "two|two|644|2\n",
		    &err), 0);
	assert_int_equal(pm_buf_append_str(&list, "!1 long: has a line that "
	    "is too long for a path\ntwo|two|644|2\n", &err), 0);
	assert_int_equal(pm_buf_append_byte(&list, 0, &err), 0);
	expect(INPUTS("@long"), (char *)list.p);
	pm_buf_clear(&list);
}

static void
with_stdin(const char *path, struct pm_intake_options options,
    const char *expected)
{
	int kept = dup(0), fd = open(path, O_RDONLY);

	assert_true(kept >= 0 && fd >= 0);
	assert_int_equal(dup2(fd, 0), 0);
	expect(options, expected);
	assert_int_equal(dup2(kept, 0), 0);
	(void)close(fd);
	(void)close(kept);
}

static void
test_stdin(void **state)
{
	struct archive *a;

	(void)state;
	put_text("two", "2");
	put_text("list", "two\n");
	with_stdin("list", INPUTS("-"), "-|-|644|two\n\n");
	with_stdin("list", INPUTS("@-", "two"),
	    "two|two|644|2\ntwo|two|644|2\n");
	a = begin("s.tgz", ARCHIVE_FORMAT_TAR_PAX_RESTRICTED,
	    ARCHIVE_FILTER_GZIP);
	member(a, "x/y", "4");
	finish(a);
	with_stdin("s.tgz", INPUTS("-"), "x/y|-|640|4\n");
	/* 7z needs seeking: standard input is held in memory for it. */
	a = begin("s.7z", ARCHIVE_FORMAT_7ZIP, ARCHIVE_FILTER_NONE);
	member(a, "x/y", "5");
	finish(a);
	with_stdin("s.7z", INPUTS("-"), "x/y|-|640|5\n");
}

/* ---- containers ---- */

static void
test_member_names(void **state)
{
	struct archive *a = begin("names.tar", ARCHIVE_FORMAT_TAR_GNUTAR,
	    ARCHIVE_FILTER_NONE);

	(void)state;
	member(a, "./a", "1");
	member(a, "/abs", "2");
	member(a, "../up", "3");
	member(a, "a", "4");
	member(a, "new\nline", "5");
	member(a, "bad\xff", "6");
	member(a, "e\xcc\x81", "7");
	member_special(a, "dir/", AE_IFDIR, NULL, NULL);
	member_special(a, "sym", AE_IFLNK, "a", NULL);
	member_special(a, "hard", AE_IFREG, NULL, "a");
	member_special(a, "pipe", AE_IFIFO, NULL, NULL);
	finish(a);
	expect(INPUTS("names.tar"),
	    "a|names.tar|640|1\n"
	    "abs|names.tar|640|2\n"
	    "../up|names.tar|640|3\n"
	    "a|names.tar|640|4\n"
	    "new\nline|names.tar|640|5\n"
	    "bad\xff|names.tar|640|6\n"
	    "e\xcc\x81|names.tar|640|7\n"
	    "!0 sym: is a symbolic link; links are not stored\n"
	    "!0 hard: is a hard link to a; links are not stored\n"
	    "!0 pipe: is a device, a pipe or a socket; these are not "
	    "stored\n");
}

/* The C locale is in force here, as in any program that uses the library. */
static void
test_utf8_names(void **state)
{
	static const int format[] = { ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE,
	    ARCHIVE_FORMAT_CPIO_SVR4_NOCRC, ARCHIVE_FORMAT_7ZIP,
	    ARCHIVE_FORMAT_ZIP };
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);

	(void)state;
	if (utf8 == (locale_t)0)
		skip();
	for (size_t i = 0; i < sizeof format / sizeof *format; i++) {
		locale_t before = uselocale(utf8);
		struct archive *a = begin("utf8", format[i],
		    ARCHIVE_FILTER_NONE);

		member(a, "\xd1\x84\xd1\x8b.html", "1");
		finish(a);
		expect(INPUTS("utf8"),
		    "\xd1\x84\xd1\x8b.html|utf8|640|1\n");
		(void)uselocale(before);
		expect(INPUTS("utf8"),
		    "\xd1\x84\xd1\x8b.html|utf8|640|1\n");
	}
	freelocale(utf8);
}

static void
test_times(void **state)
{
	struct pm_intake_options options = INPUTS("times.tar");
	const struct pm_record *record;
	struct archive_entry *e = archive_entry_new();
	struct pm_intake *intake;
	struct archive *a = begin("times.tar",
	    ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE, ARCHIVE_FILTER_NONE);

	(void)state;
	archive_entry_set_pathname(e, "t");
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 04711);
	archive_entry_set_mtime(e, 1739232000, 123456789);
	archive_entry_set_size(e, 0);
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	archive_entry_free(e);
	finish(a);
	options.input_n = 1;
	assert_int_equal(pm_intake_open(&intake, &options, &err), PM_OK);
	assert_int_equal(pm_intake_next(intake, &record, &err), PM_OK);
	assert_true(record->mtime_ns == 1739232000123456789);
	assert_int_equal(record->mode, 04711);
	assert_int_equal(record->bytes, 0);
	assert_int_equal(pm_intake_next(intake, &record, &err), PM_END);
	assert_true(pm_intake_bytes_total(intake) > 0);
	assert_true(pm_intake_bytes_read(intake) ==
	    pm_intake_bytes_total(intake));
	pm_intake_close(intake);
}

static void
make_nested(void)
{
	struct archive *a;

	a = begin("in.tar", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE);
	member(a, "p", "deep");
	member(a, "q", "deeper");
	finish(a);
	a = begin("mid.zip", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE);
	member(a, "before", "1");
	member_file(a, "x/in.tar", "in.tar");
	member(a, "after", "2");
	finish(a);
	a = begin("out.tar.gz", ARCHIVE_FORMAT_TAR_USTAR,
	    ARCHIVE_FILTER_GZIP);
	member_file(a, "./mid.zip", "mid.zip");
	member(a, "last", "3");
	finish(a);
}

static void
test_nesting(void **state)
{
	struct pm_buf bytes;

	(void)state;
	make_nested();
	expect(INPUTS("out.tar.gz"),
	    "mid.zip/before|out.tar.gz|640|1\n"
	    "mid.zip/x/in.tar/p|out.tar.gz|640|deep\n"
	    "mid.zip/x/in.tar/q|out.tar.gz|640|deeper\n"
	    "mid.zip/after|out.tar.gz|640|2\n"
	    "last|out.tar.gz|640|3\n");
	assert_int_equal(mkdir("nd", 0755), 0);
	assert_int_equal(rename("out.tar.gz", "nd/out.tar.gz"), 0);
	expect(INPUTS("nd"),
	    "out.tar.gz/mid.zip/before|nd|640|1\n"
	    "out.tar.gz/mid.zip/x/in.tar/p|nd|640|deep\n"
	    "out.tar.gz/mid.zip/x/in.tar/q|nd|640|deeper\n"
	    "out.tar.gz/mid.zip/after|nd|640|2\n"
	    "out.tar.gz/last|nd|640|3\n");
	bytes = get("mid.zip");
	compress_file("mid.zip.xz", ARCHIVE_FILTER_XZ, bytes.p, bytes.n);
	pm_buf_clear(&bytes);
	expect_part(INPUTS("mid.zip.xz"),
	    "mid.zip/x/in.tar/p|mid.zip.xz|640|deep\n");
}

static void
test_depth(void **state)
{
	struct pm_intake_options options = INPUTS("out.tar.gz");

	(void)state;
	make_nested();
	options.depth_max = 2;
	expect(options,
	    "mid.zip/before|out.tar.gz|640|1\n"
	    "mid.zip/x/in.tar|out.tar.gz|640|3072 bytes\n"
	    "mid.zip/after|out.tar.gz|640|2\n"
	    "last|out.tar.gz|640|3\n");
}

static void
test_nested_seekers(void **state)
{
	static const struct {
		int format;
		const char *expected;
	} cases[] = {
		{ ARCHIVE_FORMAT_7ZIP, "s/m|o.tar|640|text\nz|o.tar|640|e\n" },
		{ ARCHIVE_FORMAT_ISO9660,
		    "s/m|o.tar|444|text\nz|o.tar|640|e\n" },
		{ ARCHIVE_FORMAT_CPIO_POSIX,
		    "s/m|o.tar|640|text\nz|o.tar|640|e\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct archive *a = begin("s", cases[i].format,
		    ARCHIVE_FILTER_NONE);

		member(a, "m", "text");
		finish(a);
		a = begin("o.tar", ARCHIVE_FORMAT_TAR_USTAR,
		    ARCHIVE_FILTER_NONE);
		member_file(a, "s", "s");
		member(a, "z", "e");
		finish(a);
		expect_part(INPUTS("o.tar"), cases[i].expected);
	}
}

static void
test_compressed_file(void **state)
{
	static const struct {
		int filter;
		const char *path, *expected;
	} cases[] = {
		{ ARCHIVE_FILTER_GZIP, "d1/x.html.gz",
		    "x.html|x.html.gz|644|hello\n" },
		{ ARCHIVE_FILTER_XZ, "d1/x.XZ", "x|x.XZ|644|hello\n" },
		{ ARCHIVE_FILTER_ZSTD, "d1/x.zst", "x|x.zst|644|hello\n" },
		{ ARCHIVE_FILTER_BZIP2, "d1/x.bz2", "x|x.bz2|644|hello\n" },
		{ ARCHIVE_FILTER_LZ4, "d1/x.lz4", "x|x.lz4|644|hello\n" },
		{ ARCHIVE_FILTER_GZIP, "d1/odd", "odd|odd|644|hello\n" },
	};
	static const uint8_t zeros[10240];

	(void)state;
	assert_int_equal(mkdir("d1", 0755), 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		compress_file(cases[i].path, cases[i].filter, "hello", 5);
		expect(INPUTS(cases[i].path), cases[i].expected);
		/* libarchive 3.6.2 crashes when it writes an empty lz4. */
		if (cases[i].filter != ARCHIVE_FILTER_LZ4) {
			compress_file(cases[i].path, cases[i].filter, "", 0);
			expect_part(INPUTS(cases[i].path), "|644|\n");
		}
		assert_int_equal(unlink(cases[i].path), 0);
	}
	compress_file("d1/x.gz", ARCHIVE_FILTER_GZIP, zeros, sizeof zeros);
	expect(INPUTS("d1"), "x.gz/x|d1|644|10240 bytes\n");
}

static void
test_left_alone(void **state)
{
	static const char *const name[] = { "a.docx", "a.EPUB", "a.jar" };
	struct archive *a = begin("a.zip", ARCHIVE_FORMAT_ZIP,
	    ARCHIVE_FILTER_NONE);
	struct pm_buf zip;

	(void)state;
	member(a, "m", "text");
	finish(a);
	zip = get("a.zip");
	for (size_t i = 0; i < sizeof name / sizeof *name; i++) {
		char expected[100];

		put(name[i], zip.p, zip.n);
		(void)snprintf(expected, sizeof expected,
		    "%s|%s|644|", name[i], name[i]);
		expect_part(INPUTS(name[i]), expected);
		expect_part(INPUTS(name[i]), "PK\3\4");
	}
	pm_buf_clear(&zip);
}

static void
test_not_containers(void **state)
{
	static const uint8_t zeros[2048];
	char ustar[1024];

	(void)state;
	memset(ustar, 'x', sizeof ustar);
	memcpy(ustar + 257, "ustar", 6);
	put("t1", ustar, sizeof ustar);
	put_text("t2", "070707 and other numbers");
	put_text("t3", "BZhou said so.");
	put("t4", zeros, sizeof zeros);
	put_text("t5", "");
	put("t6.tar", zeros, sizeof zeros);
	put_text("t7", "070707000000000000000000000000000000000000000000000"
	    "0000000000000000000000000000000000000000000000000000000000");
	expect(INPUTS("t1", "t2", "t3", "t4", "t5", "t6.tar", "t7"),
	    "t1|t1|644|1024 bytes\n"
	    "t2|t2|644|070707 and other numbers\n"
	    "t3|t3|644|BZhou said so.\n"
	    "t4|t4|644|2048 bytes\n"
	    "t5|t5|644|\n"
	    "t7|t7|644|0707070000000000000000000000000000000000000000000000"
	    "000000000000000000000000000000000000000000000000000000000\n");
}

/* A sparse file is given whole, holes and all. */
static void
test_sparse(void **state)
{
	struct archive *a = begin("sp.tar", ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE,
	    ARCHIVE_FILTER_NONE);
	static uint8_t bytes[300000], back[300001];
	struct pm_intake_options options = INPUTS("sp.tar");
	struct archive_entry *e = archive_entry_new();
	const struct pm_record *record;
	struct pm_intake *intake;
	size_t got = 1, n = 0;

	(void)state;
	memset(bytes + 100000, 'x', 5000);
	archive_entry_set_pathname(e, "sparse");
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_size(e, sizeof bytes);
	archive_entry_sparse_add_entry(e, 100000, 5000);
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	assert_int_equal(archive_write_data(a, bytes, sizeof bytes),
	    sizeof bytes);
	archive_entry_free(e);
	finish(a);
	options.input_n = 1;
	assert_int_equal(pm_intake_open(&intake, &options, &err), PM_OK);
	assert_int_equal(pm_intake_next(intake, &record, &err), PM_OK);
	assert_int_equal(record->bytes, sizeof bytes);
	for (; got > 0; n += got)
		assert_int_equal(pm_intake_read(intake, back + n,
		    sizeof back - n, &got, &err), PM_OK);
	assert_int_equal(n, sizeof bytes);
	assert_memory_equal(back, bytes, n);
	assert_true(pm_intake_bytes_read(intake) < 20000);
	pm_intake_close(intake);
}

static void
test_two_tars(void **state)
{
	struct pm_buf one, two;
	struct archive *a;

	(void)state;
	a = begin("1.tar", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE);
	member(a, "1", "a");
	finish(a);
	a = begin("2.tar", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE);
	member(a, "2", "b");
	finish(a);
	one = get("1.tar");
	two = get("2.tar");
	assert_int_equal(pm_buf_append(&one, two.p, two.n, &err), PM_OK);
	put("12.tar", one.p, one.n);
	expect(INPUTS("12.tar"), "1|12.tar|640|a\n2|12.tar|640|b\n");
	pm_buf_clear(&one);
	pm_buf_clear(&two);
}

/* ---- damage ---- */

static void
test_truncated_tar(void **state)
{
	struct archive *a;
	struct pm_buf bytes;
	char text[3000];

	(void)state;
	memset(text, 'k', sizeof text);
	a = begin("t.tar", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE);
	member(a, "first", "1");
	member_bytes(a, "second", text, sizeof text);
	finish(a);
	bytes = get("t.tar");
	put("cut.tar", bytes.p, 2048);
	put("after", "x", 1);
	expect(INPUTS("cut.tar", "after"),
	    "first|cut.tar|640|1\n"
	    "!2 second: is damaged or cut short: Truncated tar archive\n"
	    "second|cut.tar|640|512 bytes|cut\n"
	    "after|after|644|x\n");
	pm_buf_clear(&bytes);
}

static void
test_damaged_header(void **state)
{
	struct archive *a;
	struct pm_buf bytes;

	(void)state;
	a = begin("h.tar", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE);
	member(a, "1", "one");
	member(a, "2", "two");
	member(a, "3", "three");
	finish(a);
	bytes = get("h.tar");
	bytes.p[1024 + 5] ^= 1;
	put("h.tar", bytes.p, bytes.n);
	expect(INPUTS("h.tar"),
	    "1|h.tar|640|one\n"
	    "!2 h.tar: Damaged tar archive; the rest of it may be missing\n"
	    "3|h.tar|640|three\n");
	pm_buf_clear(&bytes);
}

static void
test_damaged_gzip(void **state)
{
	static uint8_t noise[300000];
	struct pm_buf bytes;
	struct archive *a;

	(void)state;
	fill_noise(noise, sizeof noise);
	compress_file("g.gz", ARCHIVE_FILTER_GZIP, noise, sizeof noise);
	bytes = get("g.gz");
	put("cut.gz", bytes.p, 200000);
	expect_part(INPUTS("cut.gz"), "!2 cut: is damaged or cut short: "
	    "truncated gzip input\ncut|cut.gz|644|196608 bytes|cut\n");
	/* Nothing at all to be had: kept as it is. */
	put("short.gz", bytes.p, 50);
	expect_part(INPUTS("short.gz"), "!2 short.gz: cannot be opened as "
	    "gzip: truncated gzip input; kept as one file\n"
	    "short.gz|short.gz|644|\x1f\x8b");
	put("tiny.gz", bytes.p, 5);
	expect_part(INPUTS("tiny.gz"), "tiny.gz|tiny.gz|644|\x1f\x8b");
	assert_int_equal(pm_buf_append_str(&bytes, "tail", &err), PM_OK);
	put("tail.gz", bytes.p, bytes.n);
	expect(INPUTS("tail.gz"), "!2 tail.gz: goes on with bytes that are "
	    "no gzip; they are ignored\ntail|tail.gz|644|300000 bytes\n");
	pm_buf_clear(&bytes);
	/* One report is enough for a tar that a gzip cuts. */
	a = begin("n.tar.gz", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_GZIP);
	member(a, "small", "1");
	member_bytes(a, "large", noise, sizeof noise);
	member(a, "lost", "3");
	finish(a);
	bytes = get("n.tar.gz");
	put("n.tar.gz", bytes.p, 250000);
	expect_part(INPUTS("n.tar.gz"), "small|n.tar.gz|640|1\n"
	    "!2 n.tar: is damaged or cut short: truncated gzip input\n"
	    "large|n.tar.gz|640|");
	pm_buf_clear(&bytes);
}

/* A nested container that does not open is a record with all its bytes. */
static void
test_nested_damage(void **state)
{
	static uint8_t noise[400000];
	static const char *const magic[] = { "PK\3\4", "7z\xbc\xaf\x27\x1c",
	    "\xfd\x37zXZ", "\x28\xb5\x2f\xfd", "Rar!\x1a\x07\1", "BZh91AY&SY",
	    "\x1f\x8b\x08" };
	struct archive *a;

	(void)state;
	fill_noise(noise, sizeof noise);
	for (size_t i = 0; i < sizeof magic / sizeof *magic; i++) {
		memcpy(noise, magic[i], strlen(magic[i]) + 1);
		a = begin("b.tar", ARCHIVE_FORMAT_TAR_USTAR,
		    ARCHIVE_FILTER_NONE);
		member_bytes(a, "bad", noise, sizeof noise);
		member(a, "good", "1");
		finish(a);
		expect_part(INPUTS("b.tar"), "; kept as one file\n"
		    "bad|b.tar|640|400000 bytes\ngood|b.tar|640|1\n");
	}
}

static void
test_replayed_bytes(void **state)
{
	struct pm_intake_options options = INPUTS("b.tar");
	static uint8_t noise[200000], back[200001];
	const struct pm_record *record;
	struct pm_intake *intake;
	struct archive *a;
	size_t got = 1, n = 0;

	(void)state;
	fill_noise(noise, sizeof noise);
	memcpy(noise, "7z\xbc\xaf\x27\x1c", 6);
	a = begin("b.tar", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE);
	member_bytes(a, "bad", noise, sizeof noise);
	finish(a);
	options.input_n = 1;
	assert_int_equal(pm_intake_open(&intake, &options, &err), PM_OK);
	assert_int_equal(pm_intake_next(intake, &record, &err), PM_OK);
	for (; got > 0; n += got)
		assert_int_equal(pm_intake_read(intake, back + n,
		    sizeof back - n < 777 ? sizeof back - n : 777, &got,
		    &err), PM_OK);
	assert_int_equal(n, sizeof noise);
	assert_memory_equal(back, noise, sizeof noise);
	pm_intake_close(intake);
}

/* 65,536 bytes are a path, and one more is none. */
static void
test_long_path(void **state)
{
	struct pm_intake_options options = INPUTS("long.tar");
	struct pm_buf out;
	struct archive *a;
	char *path = malloc((64 << 10) + 2);
	char begins[101];

	(void)state;
	assert_non_null(path);
	for (int i = 0; i <= 64 << 10; i++)
		path[i] = i % 100 == 99 ? '/' : 'x';
	path[(64 << 10) + 1] = '\0';
	memcpy(begins, path, 100);
	begins[100] = '\0';
	a = begin("long.tar", ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE,
	    ARCHIVE_FILTER_NONE);
	member(a, path, "too long");
	member(a, path + 1, "long");
	member(a, "short", "s");
	finish(a);
	out = take_in(options);
	assert_non_null(strstr((const char *)out.p, begins));
	assert_non_null(strstr((const char *)out.p, "path of 65537 bytes"));
	assert_non_null(strstr((const char *)out.p, "|long.tar|640|long\n"));
	assert_non_null(strstr((const char *)out.p, "short|long.tar|640|s\n"));
	assert_null(strstr((const char *)out.p, "too long"));
	pm_buf_clear(&out);
	free(path);
}

static void
test_bomb(void **state)
{
	static uint8_t zeros[4 << 20];
	struct pm_intake_options options = INPUTS("bomb.tar", "after");
	struct archive *a;

	(void)state;
	compress_file("bomb.gz", ARCHIVE_FILTER_GZIP, zeros, sizeof zeros);
	a = begin("bomb.tar", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE);
	member_file(a, "bomb.gz", "bomb.gz");
	member(a, "still", "1");
	finish(a);
	put_text("after", "2");
	options.bomb_bytes = 1 << 20;
	options.bomb_ratio = 100;
	expect(options, "!2 bomb.gz: grows to over 100 times its size; "
	    "given up\nbomb.gz/bomb|bomb.tar|640|1045536 bytes|cut\n"
	    "still|bomb.tar|640|1\nafter|after|644|2\n");
	options.bomb_ratio = 2000;
	expect(options, "bomb.gz/bomb|bomb.tar|640|4194304 bytes\n"
	    "still|bomb.tar|640|1\nafter|after|644|2\n");
}

static void
test_skipping(void **state)
{
	struct pm_intake_options options = INPUTS("out.tar.gz", "in.tar");
	const struct pm_record *record;
	struct pm_intake *intake;
	size_t n = 0;

	(void)state;
	make_nested();
	options.input_n = 2;
	assert_int_equal(pm_intake_open(&intake, &options, &err), PM_OK);
	while (pm_intake_next(intake, &record, &err) == PM_OK)
		n++;
	assert_int_equal(n, 7);
	/* Behind the last record there is nothing to read. */
	assert_int_equal(pm_intake_read(intake, &n, sizeof n, &n, &err),
	    PM_OK);
	assert_int_equal(n, 0);
	pm_intake_close(intake);
	/* Closing in the middle leaves nothing open. */
	assert_int_equal(pm_intake_open(&intake, &options, &err), PM_OK);
	assert_int_equal(pm_intake_next(intake, &record, &err), PM_OK);
	assert_int_equal(pm_intake_next(intake, &record, &err), PM_OK);
	pm_intake_close(intake);
	pm_intake_close(NULL);
}

/* Any flipped byte of a container: no crash, and an end. */
static void
test_flipped_bytes(void **state)
{
	static const char *const path[] = { "out.tar.gz", "mid.zip",
	    "in.tar" };
	uint64_t x = 1;

	(void)state;
	make_nested();
	for (size_t i = 0; i < sizeof path / sizeof *path; i++) {
		struct pm_buf bytes = get(path[i]);

		for (int k = 0; k < 150; k++) {
			struct pm_buf out;
			size_t at;
			uint8_t kept;

			x = x * 6364136223846793005u + 1442695040888963407u;
			at = (size_t)(x >> 33) % bytes.n;
			kept = bytes.p[at];
			bytes.p[at] ^= (uint8_t)(1 << (x >> 61));
			put("flip", bytes.p, bytes.n);
			bytes.p[at] = kept;
			out = take_in(INPUTS("flip"));
			pm_buf_clear(&out);
		}
		pm_buf_clear(&bytes);
	}
}

/* ---- record files ---- */

static bool
is_listing(struct pm_bytes head)
{
	return head.n > 4 && memcmp(head.p, "[{\"x", 4) == 0;
}

static size_t
is_no_wrapped(struct pm_bytes head)
{
	(void)head;
	return 0;
}

static void
test_records(void **state)
{
	static const struct pm_split_asks asks = { is_listing,
	    is_no_wrapped };
	static const char *const lines = "{\"a\":1}\n{\"b\":2}";
	struct pm_intake_options options = INPUTS("d", "o.tar", "lines.gz");
	struct archive *a;

	(void)state;
	assert_int_equal(mkdir("d", 0755), 0);
	put_text("d/a.csv", "url,text\nu,v\n");
	put_text("d/b.txt", "text");
	put_text("d/c", "[{\"x\":1}]");
	put_text("d/d", "[{\"y\":1}]");
	compress_file("lines.gz", ARCHIVE_FILTER_GZIP, lines, strlen(lines));
	a = begin("o.tar", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE);
	member_file(a, "in.gz", "lines.gz");
	member(a, "last", "1");
	finish(a);
	options.asks = &asks;
	expect(options,
	    "a.csv#0|d|644|url,text\n {a.csv 1 9 url,text}\n"
	    "a.csv#1|d|644|u,v\n {a.csv 1 4 url,text}\n"
	    "b.txt|d|644|text\n"
	    "c|d|644|[{\"x\":1}]\n"
	    "d#0|d|644|[ {d 2 9 }\n"
	    "d#1|d|644|{\"y\":1}] {d 2 3 }\n"
	    "in.gz/in#1|o.tar|640|{\"a\":1}\n {in.gz/in 3 3 }\n"
	    "in.gz/in#2|o.tar|640|{\"b\":2} {in.gz/in 3 3 }\n"
	    "last|o.tar|640|1\n"
	    "lines#1|lines.gz|644|{\"a\":1}\n {lines 4 3 }\n"
	    "lines#2|lines.gz|644|{\"b\":2} {lines 4 3 }\n");
}

static void
test_forced_reader(void **state)
{
	struct pm_intake_options options = INPUTS("a", "b");
	const struct pm_record *record;
	struct pm_intake *intake;

	(void)state;
	put_text("a", "{\"a\":1}\n");
	put_text("b", "x\ny");
	options.reader = PM_READER_CSV;
	expect(options, "a#1|a|644|{\"a\":1}\n {a 1 4 }\n"
	    "b#1|b|644|x\n {b 2 4 }\nb#2|b|644|y {b 2 4 }\n");
	options.reader = PM_READER_TEXT;
	options.input_n = 2;
	assert_int_equal(pm_intake_open(&intake, &options, &err), PM_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pm_intake_next(intake, &record, &err),
		    PM_OK);
		assert_int_equal(record->path.n, 1);
		assert_int_equal(record->file.n, 0);
		assert_int_equal(record->context.n, 0);
		assert_int_equal(record->reader, PM_READER_TEXT);
	}
	pm_intake_close(intake);
}

/* Records of many sizes, in any steps, or skipped in the middle: each begins
 * where the one before ended. */
static void
read_lines(const char *path, const struct pm_buf *all, size_t step,
    unsigned skip)
{
	struct pm_intake_options options = { .input = &path, .input_n = 1 };
	const struct pm_record *record;
	struct pm_intake *intake;
	uint8_t *p = malloc(step);
	size_t at = 0, n = 0, got;

	assert_int_equal(pm_intake_open(&intake, &options, &err), PM_OK);
	while (pm_intake_next(intake, &record, &err) == PM_OK) {
		const uint8_t *end = memchr(all->p + at, '\n', all->n - at);
		size_t bytes = (size_t)(end - (all->p + at)) + 1, read = 0;

		assert_int_equal(record->ordinal, ++n);
		if (record->bytes >= 0)
			assert_int_equal(record->bytes, bytes);
		do {
			assert_int_equal(pm_intake_read(intake, p, step, &got,
			    &err), PM_OK);
			assert_true(read + got <= bytes);
			if (got > 0)
				assert_memory_equal(p, all->p + at + read,
				    got);
			read += got;
		} while (got > 0 && (skip == 0 || n % skip != 0));
		if (skip == 0)
			assert_int_equal(read, bytes);
		at += bytes;
	}
	assert_int_equal(at, all->n);
	pm_intake_close(intake);
	free(p);
}

static void
test_many_records(void **state)
{
	struct pm_buf all;

	(void)state;
	pm_buf_init(&all);
	for (size_t i = 0; i < 400; i++) {
		size_t n = i % 97 == 5 ? 700000 : i * 37 % 9000;

		(void)pm_buf_append_str(&all, "{\"a\":\"", &err);
		assert_int_equal(pm_buf_reserve(&all, n, &err), PM_OK);
		memset(all.p + all.n, 'a' + (int)(i % 26), n);
		all.n += n;
		(void)pm_buf_append_str(&all, "\"}\n", &err);
	}
	put("many", all.p, all.n);
	compress_file("many.gz", ARCHIVE_FILTER_GZIP, all.p, all.n);
	read_lines("many", &all, 1 << 20, 0);
	read_lines("many", &all, 5000, 0);
	read_lines("many.gz", &all, 777, 0);
	read_lines("many.gz", &all, 100, 3);
	read_lines("many", &all, 4096, 1);
	pm_buf_clear(&all);
}

/* What came before the fault is there, and it is reported once. */
static void
test_truncated_records(void **state)
{
	static uint8_t noise[300000];
	struct pm_buf bytes, out;
	char *last;
	size_t cuts = 0;

	(void)state;
	fill_noise(noise, sizeof noise);
	for (size_t i = 0; i < sizeof noise; i++)
		noise[i] = i % 1000 == 999 ? '\n' : noise[i] % 64 + 33;
	memcpy(noise, "[{\"a\":1},{\"b\":2}, {\"", 20);
	compress_file("t.gz", ARCHIVE_FILTER_GZIP, noise, sizeof noise);
	bytes = get("t.gz");
	put("t.gz", bytes.p, 150000);
	expect_part(INPUTS("t.gz"), "t#0|t.gz|644|[ {t 1 9 }\n"
	    "t#1|t.gz|644|{\"a\":1}, {t 1 3 }\n"
	    "t#2|t.gz|644|{\"b\":2},  {t 1 3 }\n");
	out = take_in(INPUTS("t.gz"));
	last = strstr((char *)out.p, "!2 ");
	assert_non_null(last);
	assert_null(strstr(last + 1, "!2 "));
	assert_non_null(strstr(last, "|cut {t 1 3 }\n"));
	pm_buf_clear(&out);
	memcpy(noise, "{\"\":0}\n{\"\":1}\n{\"", 16);
	compress_file("t.jsonl.gz", ARCHIVE_FILTER_GZIP, noise, sizeof noise);
	pm_buf_clear(&bytes);
	bytes = get("t.jsonl.gz");
	put("t.jsonl.gz", bytes.p, 150000);
	put_text("after", "1");
	out = take_in(INPUTS("t.jsonl.gz", "after"));
	for (char *p = (char *)out.p; (p = strstr(p, "|cut")) != NULL; p++)
		cuts++;
	assert_int_equal(cuts, 1);
	last = strstr((char *)out.p, "!2 ");
	assert_non_null(last);
	assert_memory_equal(last, "!2 t.jsonl: is damaged or cut short: ",
	    37);
	assert_null(strstr(last + 1, "!2 "));
	assert_non_null(strstr(last, "|cut {t.jsonl 1 3 }\n"
	    "after|after|644|1\n"));
	assert_non_null(strstr((char *)out.p,
	    "\nt.jsonl#100|t.jsonl.gz|644|1000 bytes {"));
	pm_buf_clear(&out);
	pm_buf_clear(&bytes);
}

static void
test_complaints(void **state)
{
	enum { EACH = (1 << 20) + 3000, N = 20 };
	uint8_t *p = malloc((size_t)EACH * N);
	struct pm_buf out;
	size_t n = 0;

	(void)state;
	put_text("j", "{\"a\":1}{\"b\":");
	expect(INPUTS("j"), "j#1|j|644|{\"a\":1} {j 1 3 }\n"
	    "!2 j#2: ends inside a JSON value\n"
	    "j#2|j|644|{\"b\": {j 1 3 }\n");
	memset(p, 'a', (size_t)EACH * N);
	for (size_t i = 0; i < N; i++) {
		p[i * EACH] = '"';
		p[i * EACH + EACH - 1] = '\n';
	}
	put("q.csv", p, (size_t)EACH * N);
	free(p);
	out = take_in(INPUTS("q.csv"));
	for (char *q = (char *)out.p; (q = strstr(q, "!2 ")) != NULL; q++)
		n++;
	assert_int_equal(n, 17);
	assert_non_null(strstr((char *)out.p,
	    "!2 q.csv: has more like these, which are not reported\n"));
	assert_non_null(strstr((char *)out.p, "q.csv#20|q.csv|644|"));
	assert_null(strstr((char *)out.p, "q.csv#21|"));
	pm_buf_clear(&out);
}

static void
test_records_bomb(void **state)
{
	static uint8_t lines[4 << 20];
	struct pm_intake_options options = INPUTS("b.tar", "after");
	struct archive *a;

	(void)state;
	memset(lines, '\n', sizeof lines);
	memcpy(lines, "{\"a\":1}\n{", 10);
	lines[sizeof lines - 1] = '}';
	compress_file("b.jsonl.gz", ARCHIVE_FILTER_GZIP, lines,
	    sizeof lines);
	a = begin("b.tar", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE);
	member_file(a, "b.jsonl.gz", "b.jsonl.gz");
	member(a, "still", "1");
	finish(a);
	put_text("after", "2");
	options.bomb_bytes = 1 << 20;
	options.bomb_ratio = 100;
	expect(options, "b.jsonl.gz/b.jsonl#1|b.tar|640|{\"a\":1}\n "
	    "{b.jsonl.gz/b.jsonl 1 3 }\n"
	    "!2 b.jsonl.gz: grows to over 100 times its size; given up\n"
	    "b.jsonl.gz/b.jsonl#2|b.tar|640|851960 bytes|cut "
	    "{b.jsonl.gz/b.jsonl 1 3 }\n"
	    "still|b.tar|640|1\nafter|after|644|2\n");
}

#define TEST(name) \
	cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(directory), TEST(links_and_pipes),
		TEST(names_as_written), TEST(vanishing), TEST(unreadable),
		TEST(deep_tree), TEST(lists), TEST(long_list), TEST(stdin),
		TEST(member_names), TEST(utf8_names), TEST(times),
		TEST(nesting), TEST(depth), TEST(nested_seekers),
		TEST(compressed_file), TEST(left_alone),
		TEST(not_containers), TEST(sparse), TEST(two_tars),
		TEST(truncated_tar),
		TEST(damaged_header), TEST(damaged_gzip),
		TEST(nested_damage), TEST(replayed_bytes), TEST(bomb),
		TEST(long_path),
		TEST(skipping), TEST(flipped_bytes),
		TEST(records), TEST(forced_reader), TEST(many_records),
		TEST(truncated_records), TEST(complaints),
		TEST(records_bomb),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
