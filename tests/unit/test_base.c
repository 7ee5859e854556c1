/* base/: what everything else stands on. */
#include <time.h>

#include "support.h"

#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <stdalign.h>
#include <sys/wait.h>

#include "base/err.h"
#include "base/json.h"
#include "base/ahead.h"
#include "base/pool.h"
#include "base/utf8.h"

static struct pm_err err;
static char scratch[SCRATCH_CHARS];

static int
setup(void **state)
{
	(void)state;
	scratch_make(scratch, "base");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	scratch_remove(scratch);
	return 0;
}

/* ---- err ---- */

static void
test_err(void **state)
{
	(void)state;
	assert_int_equal(pm_fail(&err, PM_ELIMIT, "volume %d", 12), PM_ELIMIT);
	assert_int_equal(err.status, PM_ELIMIT);
	assert_int_equal(err.sys_errno, 0);
	assert_string_equal(err.text, "volume 12");
	assert_int_equal(pm_err_context(&err, "archive %s", "a"), PM_ELIMIT);
	assert_string_equal(err.text, "archive a: volume 12");
}

static void
test_err_errno(void **state)
{
	static const struct { int sys_errno, status; } table[] = {
		{ ENOMEM, PM_ENOMEM }, { EACCES, PM_EPERM }, { EPERM, PM_EPERM },
		{ EROFS, PM_EPERM }, { ENOENT, PM_ENOTFOUND },
		{ ENOTDIR, PM_ENOTFOUND }, { ENOSPC, PM_EIO }, { EIO, PM_EIO }
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		errno = table[i].sys_errno;
		assert_int_equal(pm_fail_errno(&err, "%s", "file"),
		    table[i].status);
		assert_int_equal(err.status, table[i].status);
		assert_int_equal(err.sys_errno, table[i].sys_errno);
		assert_memory_equal(err.text, "file: ", 6);
		assert_string_equal(err.text + 6,
		    strerror(table[i].sys_errno));
	}
}

/* However long the text: it is cut and ends. */
static void
test_err_long(void **state)
{
	char name[2 * sizeof err.text];

	(void)state;
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	pm_fail(&err, PM_EIO, "%s", name);
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
	pm_err_context(&err, "%s", "in front");
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
	assert_memory_equal(err.text, "in front: xxx", 13);
	errno = EIO;
	pm_fail_errno(&err, "%s", name);
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

/* ---- mem ---- */

static void
test_mem(void **state)
{
	uint8_t *p = pm_alloc(0, &err), *q;

	(void)state;
	assert_non_null(p);
	pm_free(p);
	pm_free(NULL);
	p = pm_alloc_zero(100, &err);
	assert_non_null(p);
	for (int i = 0; i < 100; i++)
		assert_int_equal(p[i], 0);
	memset(p, 7, 100);
	q = pm_realloc_array(p, 50, 4, &err);
	assert_non_null(q);
	for (int i = 0; i < 100; i++)
		assert_int_equal(q[i], 7);
	/* The product does not fit: nothing happens to q. */
	err.status = 0;
	assert_null(pm_realloc_array(q, SIZE_MAX / 2, 3, &err));
	assert_int_equal(err.status, PM_ENOMEM);
	assert_int_equal(q[99], 7);
	p = pm_realloc_array(q, 0, 4, &err);
	assert_non_null(p);
	pm_free(p);
}

static void
test_arena(void **state)
{
	struct pm_arena arena;
	uint64_t seed = 5;
	uint8_t *p[500];
	size_t n[500];

	(void)state;
	pm_arena_init(&arena);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < 500; i++) {
			/* Some are larger than a block. */
			n[i] = chance_below(&seed, i % 100 == 0 ? 200000 : 300);
			p[i] = pm_arena_alloc(&arena, n[i], &err);
			assert_non_null(p[i]);
			assert_int_equal((uintptr_t)p[i] %
			    alignof(max_align_t), 0);
			if (n[i] > 0)
				memset(p[i], (int)(i & 0xff), n[i]);
		}
		for (size_t i = 0; i < 500; i++)
			for (size_t k = 0; k < n[i]; k++)
				assert_int_equal(p[i][k], i & 0xff);
		pm_arena_reset(&arena);
	}
	assert_memory_equal(pm_arena_copy(&arena, "abc", 3, &err), "abc", 3);
	assert_non_null(pm_arena_copy(&arena, NULL, 0, &err));
	err.status = 0;
	assert_null(pm_arena_alloc(&arena, SIZE_MAX - 3, &err));
	assert_int_equal(err.status, PM_ENOMEM);
	pm_arena_clear(&arena);
	pm_arena_reset(&arena);
	pm_arena_clear(&arena);
}

/* ---- buf ---- */

static void
test_buf(void **state)
{
	struct pm_buf buf;

	(void)state;
	pm_buf_init(&buf);
	assert_int_equal(pm_buf_append(&buf, NULL, 0, &err), PM_OK);
	assert_int_equal(buf.n, 0);
	assert_int_equal(pm_buf_append_str(&buf, "ab", &err), PM_OK);
	assert_int_equal(pm_buf_append_byte(&buf, 'c', &err), PM_OK);
	assert_int_equal(pm_buf_append_zero(&buf, 2, &err), PM_OK);
	assert_int_equal(pm_buf_printf(&buf, &err, "%s-%d", "x", 42), PM_OK);
	assert_int_equal(buf.n, 9);
	assert_memory_equal(buf.p, "abc\0\0x-42", 9);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(pm_buf_append_byte(&buf, (uint8_t)i, &err),
		    PM_OK);
	assert_int_equal(buf.n, 10009);
	assert_true(buf.capacity >= buf.n);
	for (size_t i = 0; i < 10000; i++)
		assert_int_equal(buf.p[9 + i], i & 0xff);
	err.status = 0;
	assert_int_equal(pm_buf_reserve(&buf, PM_BUF_MAX, &err), PM_ELIMIT);
	assert_int_equal(pm_buf_reserve(&buf, SIZE_MAX, &err), PM_ELIMIT);
	assert_int_equal(err.status, PM_ELIMIT);
	assert_int_equal(buf.n, 10009);
	pm_buf_reset(&buf);
	assert_int_equal(buf.n, 0);
	assert_non_null(buf.p);
	pm_buf_clear(&buf);
	assert_null(buf.p);
	pm_buf_clear(&buf);
}

static void
test_bytes(void **state)
{
	struct pm_bytes none = { NULL, 0 }, a = pm_bytes_of("a"),
	    ab = pm_bytes_of("ab"), b = pm_bytes_of("b"),
	    high = pm_bytes_of("\xff");

	(void)state;
	assert_true(pm_bytes_equal(none, pm_bytes_of("")));
	assert_false(pm_bytes_equal(none, a));
	assert_false(pm_bytes_equal(a, ab));
	assert_int_equal(pm_bytes_compare(none, none), 0);
	assert_true(pm_bytes_compare(none, a) < 0);
	assert_true(pm_bytes_compare(a, ab) < 0);
	assert_true(pm_bytes_compare(ab, b) < 0);
	assert_true(pm_bytes_compare(high, b) > 0);
	assert_int_equal(pm_bytes_compare(ab, ab), 0);
}

static void
test_little_endian(void **state)
{
	static const uint8_t expected[] = { 0xef, 0xcd, 0xab, 0x89, 0x67,
	    0x45, 0x23, 0x81 };
	uint8_t bytes[8];

	(void)state;
	pm_le64_put(bytes, UINT64_C(0x8123456789abcdef));
	assert_memory_equal(bytes, expected, 8);
	assert_true(pm_le64_get(bytes) == UINT64_C(0x8123456789abcdef));
	assert_int_equal(pm_le32_get(bytes), 0x89abcdef);
	pm_le32_put(bytes, 0x81234567);
	assert_memory_equal(bytes, expected + 4, 4);
}

static void
test_varint(void **state)
{
	struct pm_buf buf;
	uint64_t seed = 9, value, got;

	(void)state;
	pm_buf_init(&buf);
	for (int i = 0; i < 2000; i++) {
		size_t at = 1;

		value = i < 3 ? (uint64_t)i : i == 3 ? UINT64_MAX :
		    chance(&seed) >> (i % 64);
		pm_buf_reset(&buf);
		assert_int_equal(pm_buf_append_byte(&buf, 0x80, &err), PM_OK);
		assert_int_equal(pm_buf_append_varint(&buf, value, &err),
		    PM_OK);
		assert_true(buf.n <= 11);
		assert_int_equal(pm_varint_get(&got, buf.p, buf.n, &at, &err),
		    PM_OK);
		assert_true(got == value);
		assert_int_equal(at, buf.n);
		/* Every shorter piece is refused and leaves at alone. */
		for (size_t n = 1; n < buf.n; n++) {
			at = 1;
			assert_int_equal(pm_varint_get(&got, buf.p, n, &at,
			    &err), PM_ECORRUPT);
			assert_int_equal(at, 1);
		}
	}
	assert_int_equal(pm_buf_append_varint(&buf, 300, &err), PM_OK);
	assert_memory_equal(buf.p + buf.n - 2, "\xac\x02", 2);
	pm_buf_clear(&buf);
}

static void
test_varint_too_long(void **state)
{
	static const uint8_t over64[10] = { 0xff, 0xff, 0xff, 0xff, 0xff,
	    0xff, 0xff, 0xff, 0xff, 0x02 };
	static const uint8_t endless[12] = { 0x80, 0x80, 0x80, 0x80, 0x80,
	    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01 };
	uint64_t got;
	size_t at = 0;

	(void)state;
	assert_int_equal(pm_varint_get(&got, over64, sizeof over64, &at,
	    &err), PM_ECORRUPT);
	assert_int_equal(pm_varint_get(&got, endless, sizeof endless, &at,
	    &err), PM_ECORRUPT);
	assert_int_equal(pm_varint_get(&got, endless, 0, &at, &err),
	    PM_ECORRUPT);
	assert_int_equal(at, 0);
}

/* ---- utf8 ---- */

/* Every character there is, and no other. */
static void
test_utf8_every_character(void **state)
{
	(void)state;
	for (uint32_t c = 0; c < 0x110000; c++) {
		uint8_t bytes[4];
		size_t n, at = 0, bad = 99;
		struct pm_bytes s;

		if (c >= 0xd800 && c < 0xe000)
			continue;
		n = pm_utf8_put(bytes, c);
		s = (struct pm_bytes){ bytes, n };
		if (n != (c < 0x80 ? 1u : c < 0x800 ? 2u : c < 0x10000 ? 3u :
		    4u) || pm_utf8_length(s, 0) != n ||
		    pm_utf8_next(s, &at) != c || at != n ||
		    !pm_utf8_valid(s, &bad))
			fail_msg("U+%04X", c);
		s.n--;
		if (n > 1 && (pm_utf8_length(s, 0) != 0 ||
		    pm_utf8_valid(s, &bad) || bad != 0))
			fail_msg("U+%04X cut short", c);
	}
}

static void
test_utf8_refused(void **state)
{
	static const char *const refused[] = { "\x80", "\xbf", "\xc0\x80",
	    "\xc1\xbf", "\xc3", "\xc3(", "\xe0\x80\x80", "\xe0\x9f\xbf",
	    "\xed\xa0\x80", "\xed\xbf\xbf", "\xe2\x82", "\xe2(\xa1",
	    "\xf0\x80\x80\x80", "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80",
	    "\xf5\x80\x80\x80", "\xf8\x88\x80\x80\x80", "\xff", "\xfe" };
	char text[16];
	size_t bad;

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		(void)snprintf(text, sizeof text, "ok%s", refused[i]);
		bad = 99;
		if (pm_utf8_length(pm_bytes_of(refused[i]), 0) != 0 ||
		    pm_utf8_valid(pm_bytes_of(text), &bad) || bad != 2)
			fail_msg("number %zu", i);
	}
	assert_true(pm_utf8_valid(pm_bytes_of(""), &bad));
	assert_true(pm_utf8_valid((struct pm_bytes){ (const uint8_t *)"a\0b",
	    3 }, &bad));
}

/* ---- json ---- */

static void
expect_json(struct pm_json *json, struct pm_buf *buf, const char *expected)
{
	assert_int_equal(pm_json_finish(json), PM_OK);
	assert_int_equal(pm_buf_append_byte(buf, 0, &err), PM_OK);
	assert_string_equal((char *)buf->p, expected);
	pm_buf_clear(buf);
}

static void
test_json(void **state)
{
	struct pm_buf buf;
	struct pm_json json;

	(void)state;
	pm_buf_init(&buf);
	pm_json_begin(&json, &buf, &err);
	pm_json_object(&json);
	pm_json_key(&json, "a");
	pm_json_array(&json);
	pm_json_int(&json, INT64_MIN);
	pm_json_int(&json, INT64_MAX);
	pm_json_bool(&json, true);
	pm_json_bool(&json, false);
	pm_json_null(&json);
	pm_json_str(&json, NULL);
	pm_json_array(&json);
	pm_json_array_end(&json);
	pm_json_object(&json);
	pm_json_object_end(&json);
	pm_json_array_end(&json);
	pm_json_key(&json, "b\"");
	pm_json_str(&json, "x");
	pm_json_object_end(&json);
	expect_json(&json, &buf, "{\"a\":[-9223372036854775808,"
	    "9223372036854775807,true,false,null,null,[],{}],\"b\\\"\":\"x\"}");
}

static void
test_json_real(void **state)
{
	static const struct { double value; const char *text; } table[] = {
		{ 0, "0.0" }, { 1, "1.0" }, { 0.5, "0.5" },
		{ 0.12345, "0.1235" }, { 0.99996, "1.0" }, { -0.25, "-0.25" },
		{ -1.5, "-1.5" }, { 100.25, "100.25" }, { 0.0001, "0.0001" },
		{ -0.00001, "0.0" }, { 2.05, "2.05" }
	};
	struct pm_buf buf;
	struct pm_json json;

	(void)state;
	/* A locale with a decimal comma, if there is one, changes nothing. */
	(void)setlocale(LC_ALL, "de_DE.UTF-8");
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		pm_buf_init(&buf);
		pm_json_begin(&json, &buf, &err);
		pm_json_real(&json, table[i].value);
		expect_json(&json, &buf, table[i].text);
	}
	(void)setlocale(LC_ALL, "C");
}

static void
test_json_string(void **state)
{
	static const struct { const char *bytes; size_t n; const char *text; }
	    table[] = {
		{ "", 0, "\"\"" },
		{ "\"\\/", 3, "\"\\\"\\\\/\"" },
		{ "\n\r\t\b\x1f\x7f", 6,
		    "\"\\n\\r\\t\\u0008\\u001f\\u007f\"" },
		{ "a\0b", 3, "\"a\\u0000b\"" },
		{ "\xd0\xb6\xe2\x80\xa8\xf0\x9f\x98\x80", 9,
		    "\"\xd0\xb6\xe2\x80\xa8\xf0\x9f\x98\x80\"" },
		{ "\xff", 1, "\"\\udcff\"" },
		{ "a\xd0z\x80", 4, "\"a\\udcd0z\\udc80\"" },
		{ "\xed\xa0\x80", 3, "\"\\udced\\udca0\\udc80\"" }
	};
	struct pm_buf buf;
	struct pm_json json;

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		pm_buf_init(&buf);
		pm_json_begin(&json, &buf, &err);
		pm_json_string(&json, (struct pm_bytes){
		    (const uint8_t *)table[i].bytes, table[i].n });
		expect_json(&json, &buf, table[i].text);
	}
}

/* ---- fs ---- */

static void
test_fs_read_write(void **state)
{
	char path[SCRATCH_CHARS], bytes[8];
	struct pm_file_info info;
	struct pm_buf buf;
	size_t got;
	int fd = -1;

	(void)state;
	scratch_join(path, scratch, "rw");
	assert_false(pm_fs_exists(path));
	assert_int_equal(pm_fs_open_read(&fd, path, &err), PM_ENOTFOUND);
	assert_non_null(strstr(err.text, path));
	assert_int_equal(fd, -1);
	assert_int_equal(pm_fs_create(&fd, path, 0600, &err), PM_OK);
	assert_int_equal(pm_fs_write(fd, "hello", 5, path, &err), PM_OK);
	assert_int_equal(pm_fs_write_at(fd, "J", 1, 0, path, &err), PM_OK);
	assert_int_equal(pm_fs_sync(fd, path, &err), PM_OK);
	pm_fs_close(fd);
	fd = -1;
	assert_int_equal(pm_fs_create(&fd, path, 0600, &err), PM_EBUSY);
	assert_int_equal(fd, -1);
	assert_true(pm_fs_exists(path));
	/* Opening for writing keeps what is there. */
	assert_int_equal(pm_fs_open_write(&fd, path, &err), PM_OK);
	assert_int_equal(pm_fs_read_at(fd, bytes, 4, 1, path, &err), PM_OK);
	assert_memory_equal(bytes, "ello", 4);
	assert_int_equal(pm_fs_read_at(fd, bytes, 5, 1, path, &err),
	    PM_ECORRUPT);
	assert_int_equal(pm_fs_truncate(fd, 3, path, &err), PM_OK);
	assert_int_equal(pm_fs_fstat(&info, fd, path, &err), PM_OK);
	assert_int_equal(info.bytes, 3);
	assert_int_equal(info.kind, PM_FILE_REGULAR);
	pm_fs_close(fd);
	pm_fs_close(-1);
	assert_int_equal(pm_fs_open_read(&fd, path, &err), PM_OK);
	assert_int_equal(pm_fs_read(fd, bytes, 8, &got, path, &err), PM_OK);
	assert_int_equal(got, 3);
	assert_memory_equal(bytes, "Jel", 3);
	assert_int_equal(pm_fs_read(fd, bytes, 8, &got, path, &err), PM_OK);
	assert_int_equal(got, 0);
	pm_fs_close(fd);

	pm_buf_init(&buf);
	assert_int_equal(pm_buf_append_str(&buf, "x", &err), PM_OK);
	assert_int_equal(pm_fs_read_file(&buf, path, 2, &err), PM_ELIMIT);
	assert_int_equal(buf.n, 1);
	assert_int_equal(pm_fs_read_file(&buf, path, 3, &err), PM_OK);
	assert_int_equal(buf.n, 4);
	assert_memory_equal(buf.p, "xJel", 4);
	pm_buf_clear(&buf);
	assert_int_equal(pm_fs_remove(path, &err), PM_OK);
	assert_int_equal(pm_fs_remove(path, &err), PM_OK);
	assert_false(pm_fs_exists(path));
}

static void
test_fs_kinds(void **state)
{
	char path[SCRATCH_CHARS], link_path[SCRATCH_CHARS];
	struct pm_file_info info;

	(void)state;
	scratch_join(path, scratch, "kinds");
	assert_int_equal(pm_fs_make_directory(path, &err), PM_OK);
	assert_int_equal(pm_fs_make_directory(path, &err), PM_OK);
	assert_int_equal(pm_fs_stat(&info, path, &err), PM_OK);
	assert_int_equal(info.kind, PM_FILE_DIRECTORY);
	scratch_join(link_path, scratch, "kinds/link");
	assert_int_equal(symlink("..", link_path), 0);
	assert_int_equal(pm_fs_lstat(&info, link_path, &err), PM_OK);
	assert_int_equal(info.kind, PM_FILE_LINK);
	assert_int_equal(pm_fs_stat(&info, link_path, &err), PM_OK);
	assert_int_equal(info.kind, PM_FILE_DIRECTORY);
	scratch_join(path, scratch, "kinds/pipe");
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(pm_fs_lstat(&info, path, &err), PM_OK);
	assert_int_equal(info.kind, PM_FILE_PIPE);
	assert_int_equal(pm_fs_lstat(&info, "/dev/null", &err), PM_OK);
	assert_int_equal(info.kind, PM_FILE_OTHER);
	scratch_join(path, scratch, "kinds/file");
	file_put(path, "x", 1);
	assert_int_not_equal(pm_fs_make_directory(path, &err), PM_OK);
	scratch_join(path, scratch, "kinds/file/below");
	assert_int_equal(pm_fs_lstat(&info, path, &err), PM_ENOTFOUND);
	assert_int_not_equal(pm_fs_make_directories(path, &err), PM_OK);
}

static void
test_fs_directories(void **state)
{
	char path[SCRATCH_CHARS];
	struct pm_file_info info;
	struct pm_names names;

	(void)state;
	scratch_join(path, scratch, "a//b/c/");
	assert_int_equal(pm_fs_make_directories(path, &err), PM_OK);
	assert_int_equal(pm_fs_make_directories(path, &err), PM_OK);
	assert_int_equal(pm_fs_stat(&info, path, &err), PM_OK);
	assert_int_equal(info.kind, PM_FILE_DIRECTORY);
	assert_int_equal(pm_fs_list(&names, path, &err), PM_OK);
	assert_int_equal(names.n, 0);
	pm_fs_names_free(&names);
	file_put_str(scratch, "a/b/c/z", "");
	file_put_str(scratch, "a/b/c/\xff", "");
	file_put_str(scratch, "a/b/c/.hidden", "");
	file_put_str(scratch, "a/b/c/Z", "");
	assert_int_equal(pm_fs_list(&names, path, &err), PM_OK);
	assert_int_equal(names.n, 4);
	assert_string_equal(names.name[0], ".hidden");
	assert_string_equal(names.name[1], "Z");
	assert_string_equal(names.name[2], "z");
	assert_string_equal(names.name[3], "\xff");
	pm_fs_names_free(&names);
	assert_int_equal(pm_fs_list(&names, "/nowhere/at/all", &err),
	    PM_ENOTFOUND);
}

static void
test_fs_replace(void **state)
{
	char path[SCRATCH_CHARS], above[SCRATCH_CHARS];
	struct pm_names names;
	struct pm_buf buf;

	(void)state;
	pm_buf_init(&buf);
	scratch_join(above, scratch, "replace");
	assert_int_equal(pm_fs_make_directory(above, &err), PM_OK);
	scratch_join(path, scratch, "replace/file");
	assert_int_equal(pm_fs_replace_file(path, "one", 3, &err), PM_OK);
	assert_int_equal(pm_fs_replace_file(path, "second", 6, &err), PM_OK);
	file_get(&buf, path);
	assert_int_equal(buf.n, 6);
	assert_memory_equal(buf.p, "second", 6);
	assert_int_equal(pm_fs_list(&names, above, &err), PM_OK);
	assert_int_equal(names.n, 1);     /* no temporary file is left */
	pm_fs_names_free(&names);
	scratch_join(path, scratch, "replace/no/file");
	assert_int_equal(pm_fs_replace_file(path, "x", 1, &err),
	    PM_ENOTFOUND);
	/* A target that cannot be replaced: the temporary file goes. */
	scratch_join(path, scratch, "replace/directory");
	assert_int_equal(pm_fs_make_directory(path, &err), PM_OK);
	assert_int_not_equal(pm_fs_replace_file(path, "x", 1, &err), PM_OK);
	assert_int_equal(pm_fs_list(&names, above, &err), PM_OK);
	assert_int_equal(names.n, 2);
	pm_fs_names_free(&names);
	pm_buf_clear(&buf);
}

/* A pipe that took a file's place is not waited for; a link is no file. */
static void
test_fs_open_found(void **state)
{
	char path[SCRATCH_CHARS], link[SCRATCH_CHARS];
	struct pm_file_info info;
	int fd = -1;

	(void)state;
	scratch_join(path, scratch, "found");
	scratch_join(link, scratch, "link");
	file_put(path, "page", 4);
	assert_int_equal(pm_fs_open_found(&fd, path, &err), PM_OK);
	assert_int_equal(pm_fs_fstat(&info, fd, path, &err), PM_OK);
	assert_int_equal(info.kind, PM_FILE_REGULAR);
	assert_int_equal(info.bytes, 4);
	pm_fs_close(fd);
	assert_int_equal(symlink(path, link), 0);
	assert_int_equal(pm_fs_open_found(&fd, link, &err), PM_EIO);
	assert_int_equal(err.sys_errno, ELOOP);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	(void)alarm(20);
	assert_int_equal(pm_fs_open_found(&fd, path, &err), PM_OK);
	(void)alarm(0);
	assert_int_equal(pm_fs_fstat(&info, fd, path, &err), PM_OK);
	assert_int_equal(info.kind, PM_FILE_PIPE);
	pm_fs_close(fd);
}

/* Times beyond what is told apart become the nearest. */
static void
test_fs_nanoseconds(void **state)
{
	static const struct {
		int64_t seconds, nanoseconds, ns;
	} cases[] = {
		{ 0, 1, 1 }, { -1, 999999999, -1 },
		{ 9223372035, 999999999, INT64_C(9223372035999999999) },
		{ 9223372036, 0, INT64_C(9223372036000000000) },
		{ 9223372036, 999999999, INT64_C(9223372036000000000) },
		{ 32503680000, 0, INT64_C(9223372036000000000) },
		{ INT64_MAX, 0, INT64_C(9223372036000000000) },
		{ -9223372036, 5, -INT64_C(9223372035999999995) },
		{ -9223372037, 5, -INT64_C(9223372036000000000) },
		{ INT64_MIN, 0, -INT64_C(9223372036000000000) }
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(pm_fs_nanoseconds(cases[i].seconds,
		    cases[i].nanoseconds), cases[i].ns);
}

static void
test_fs_times(void **state)
{
	static const int64_t times[] = { 0, 1, 1739260800123456789, -1,
	    -1500000000, 999999999 };
	char path[SCRATCH_CHARS];
	struct pm_file_info info;
	int fd = -1;

	(void)state;
	scratch_join(path, scratch, "times");
	assert_int_equal(pm_fs_create(&fd, path, 0600, &err), PM_OK);
	for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
		assert_int_equal(pm_fs_set_times_and_mode(fd, times[i],
		    i % 2 == 0 ? 0640 : 0400, path, &err), PM_OK);
		assert_int_equal(pm_fs_fstat(&info, fd, path, &err), PM_OK);
		assert_true(info.mtime_ns == times[i]);
		assert_int_equal(info.mode, i % 2 == 0 ? 0640 : 0400);
	}
	pm_fs_close(fd);
}

static void
test_fs_map_temp_lock(void **state)
{
	char path[SCRATCH_CHARS];
	struct pm_bytes map;
	int fd = -1, again = -1;

	(void)state;
	scratch_join(path, scratch, "map");
	file_put(path, "mapped", 6);
	assert_int_equal(pm_fs_map(&map, path, &err), PM_OK);
	assert_int_equal(map.n, 6);
	assert_memory_equal(map.p, "mapped", 6);
	pm_fs_unmap(map);
	file_put(path, "", 0);
	assert_int_equal(pm_fs_map(&map, path, &err), PM_OK);
	assert_int_equal(map.n, 0);
	pm_fs_unmap(map);
	assert_int_equal(pm_fs_map(&map, "/nowhere/file", &err),
	    PM_ENOTFOUND);

	assert_int_equal(pm_fs_open_temp(&fd, &err), PM_OK);
	assert_int_equal(pm_fs_write(fd, "abc", 3, "temp", &err), PM_OK);
	assert_int_equal(pm_fs_read_at(fd, path, 3, 0, "temp", &err), PM_OK);
	assert_memory_equal(path, "abc", 3);
	pm_fs_close(fd);

	assert_false(pm_fs_is_locked(scratch));
	assert_int_equal(pm_fs_lock(&fd, scratch, &err), PM_OK);
	assert_true(pm_fs_is_locked(scratch));
	assert_int_equal(pm_fs_lock(&again, scratch, &err), PM_EBUSY);
	assert_int_equal(again, -1);
	pm_fs_close(fd);
	assert_false(pm_fs_is_locked(scratch));
	assert_int_equal(pm_fs_lock(&fd, "/nowhere/at/all", &err),
	    PM_ENOTFOUND);
}

/* Readers share; a writer waits a little, for who only asks. */
static void
test_fs_share(void **state)
{
	const struct timespec moment = { .tv_nsec = 30000000 };
	int one = -1, two = -1, writer = -1, status;
	pid_t child;

	(void)state;
	assert_int_equal(pm_fs_share(&one, scratch, &err), PM_OK);
	assert_int_equal(pm_fs_share(&two, scratch, &err), PM_OK);
	assert_int_equal(pm_fs_lock(&writer, scratch, &err), PM_EBUSY);
	assert_int_equal(writer, -1);
	pm_fs_close(one);
	assert_int_equal(pm_fs_lock(&writer, scratch, &err), PM_EBUSY);
	if ((child = fork()) == 0) {             /* the lock goes with it */
		(void)nanosleep(&moment, NULL);
		_exit(0);
	}
	pm_fs_close(two);
	assert_int_equal(pm_fs_lock(&writer, scratch, &err), PM_OK);
	assert_int_equal(waitpid(child, &status, 0), child);
	pm_fs_close(writer);
	assert_int_equal(pm_fs_share(&one, scratch, &err), PM_OK);
	pm_fs_close(one);
}

static void
test_fs_join(void **state)
{
	static const char *const table[][3] = { { "a", "b", "a/b" },
	    { "a/", "b", "a/b" }, { "/", "b", "/b" }, { "", "b", "b" },
	    { "a", "b/c", "a/b/c" } };

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		char *path = pm_fs_join(table[i][0], table[i][1], &err);

		assert_string_equal(path, table[i][2]);
		pm_free(path);
	}
}

/* ---- ahead ---- */

struct making {
	int calls, made;
};

static void
make(void *context)
{
	struct making *making = context;
	struct timespec pause = { 0, 2000000 };

	making->calls++;
	(void)nanosleep(&pause, NULL);
	making->made = making->calls * 10;
}

static void
test_ahead(void **state)
{
	struct making making = { 0, 0 };
	struct pm_ahead *ahead = NULL;

	(void)state;
	assert_int_equal(pm_ahead_new(&ahead, make, &making, &err), PM_OK);
	assert_true(pm_ahead_wait(ahead, 0));    /* nothing was begun */
	assert_int_equal(making.calls, 0);
	for (int i = 1; i <= 20; i++) {
		pm_ahead_begin(ahead);
		while (!pm_ahead_wait(ahead, 1))
			continue;
		assert_int_equal(making.calls, i);
		assert_int_equal(making.made, i * 10);
	}
	/* Freed while it works: that call ends first. */
	pm_ahead_begin(ahead);
	pm_ahead_free(ahead);
	assert_int_equal(making.made, 210);
	pm_ahead_free(NULL);
}

/* ---- pool ---- */

struct add_job {
	struct pm_job job;
	int *started;            /* the order of the starts, under lock */
	int index, order;
	int done;
	unsigned threads;
};

static pthread_mutex_t count_lock = PTHREAD_MUTEX_INITIALIZER;

static void
add_run(struct pm_job *job)
{
	struct add_job *self = (struct add_job *)(void *)job;

	pthread_mutex_lock(&count_lock);
	self->order = (*self->started)++;
	pthread_mutex_unlock(&count_lock);
	self->done++;
}

static void
test_pool(void **state)
{
	(void)state;
	for (unsigned threads = 0; threads < 5; threads++) {
		struct pm_pool *pool = NULL;
		struct pm_group groups[2] = { { 0 }, { 0 } };
		struct add_job jobs[200] = { 0 };
		int started = 0;

		assert_int_equal(pm_pool_new(&pool, threads, &err), PM_OK);
		/* Waiting for nothing. */
		pm_group_wait(pool, &groups[0]);
		for (int i = 0; i < 200; i++) {
			jobs[i].job.run = add_run;
			jobs[i].started = &started;
			jobs[i].index = i;
			pm_pool_submit(pool, &groups[i % 2], &jobs[i].job);
		}
		pm_group_wait(pool, &groups[1]);
		for (int i = 1; i < 200; i += 2)
			assert_int_equal(jobs[i].done, 1);
		pm_group_wait(pool, &groups[0]);
		assert_int_equal(started, 200);
		for (int i = 0; i < 200; i++) {
			assert_int_equal(jobs[i].done, 1);
			assert_true(jobs[i].job.worker <= threads);
			if (threads == 0)
				assert_int_equal(jobs[i].order, i);
		}
		/* Freed with work still in the queue: it is done first. */
		for (int i = 0; i < 200; i++)
			pm_pool_submit(pool, &groups[0], &jobs[i].job);
		pm_pool_free(pool);
		for (int i = 0; i < 200; i++)
			assert_int_equal(jobs[i].done, 2);
	}
	pm_pool_free(NULL);
	assert_true(pm_processors() >= 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_err),
		cmocka_unit_test(test_err_errno),
		cmocka_unit_test(test_err_long),
		cmocka_unit_test(test_mem),
		cmocka_unit_test(test_arena),
		cmocka_unit_test(test_buf),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_little_endian),
		cmocka_unit_test(test_varint),
		cmocka_unit_test(test_varint_too_long),
		cmocka_unit_test(test_utf8_every_character),
		cmocka_unit_test(test_utf8_refused),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_real),
		cmocka_unit_test(test_json_string),
		cmocka_unit_test(test_fs_read_write),
		cmocka_unit_test(test_fs_kinds),
		cmocka_unit_test(test_fs_directories),
		cmocka_unit_test(test_fs_replace),
		cmocka_unit_test(test_fs_open_found),
		cmocka_unit_test(test_fs_nanoseconds),
		cmocka_unit_test(test_fs_times),
		cmocka_unit_test(test_fs_map_temp_lock),
		cmocka_unit_test(test_fs_share),
		cmocka_unit_test(test_fs_join),
		cmocka_unit_test(test_ahead),
		cmocka_unit_test(test_pool)
	};

	return cmocka_run_group_tests_name("base", tests, setup, teardown);
}
