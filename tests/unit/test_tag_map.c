/*
 * Which tags are one: keys, sets of keys, and maps from files.
 */
#include "support.h"

#include <stdio.h>

#include "archive/tag_map.h"

static struct pm_err err;
static char scratch[64] = "/tmp/pressmark-tag-map.XXXXXX";
static char file[96];

static void
write_map(const char *text, size_t n)
{
	FILE *out = fopen(file, "wb");

	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, n, out), n);
	assert_int_equal(fclose(out), 0);
}

static struct pm_tag_map *
map_of(const char *text)
{
	struct pm_tag_map *map = NULL;

	write_map(text, strlen(text));
	assert_int_equal(pm_tag_map_read(&map, file, &err), PM_OK);
	return map;
}

static void
expect_key(const char *tag, const char *key)
{
	struct pm_buf buf;

	pm_buf_init(&buf);
	assert_int_equal(pm_tag_key(&buf, pm_bytes_of(tag), &err), PM_OK);
	assert_int_equal(buf.n, strlen(key));
	assert_memory_equal(buf.p, key, buf.n);
	pm_buf_clear(&buf);
}

static void
test_keys(void **state)
{
	(void)state;
	expect_key("НАУКА", "наука");
	expect_key(" Straße ", "strasse");
	expect_key("#Fen", "fen");
	/* Where nothing is left, the tag itself. */
	expect_key("#", "#");
	expect_key("!?", "!?");
}

static bool
have(struct pm_tag_keys *keys, const char *tag)
{
	bool found = false;

	assert_int_equal(pm_tag_keys_have(&found, keys, pm_bytes_of(tag),
	    &err), PM_OK);
	return found;
}

static void
test_set(void **state)
{
	const char *tag[] = { "Sport", "наука", "SPORT", "#", "abc" };
	struct pm_tag_keys keys;

	(void)state;
	assert_int_equal(pm_tag_keys_init(&keys, tag, 5, &err), PM_OK);
	assert_true(have(&keys, "sport"));
	assert_true(have(&keys, "НАУКА"));
	assert_true(have(&keys, "#"));
	assert_false(have(&keys, "!"));
	assert_false(have(&keys, "spor"));
	assert_false(have(&keys, "abcd"));
	pm_tag_keys_clear(&keys);
	assert_int_equal(pm_tag_keys_init(&keys, NULL, 0, &err), PM_OK);
	assert_false(have(&keys, "sport"));
	pm_tag_keys_clear(&keys);
}

static void
test_find(void **state)
{
	struct pm_tag_map *map = map_of("\xef\xbb\xbf" "# comment\n\n \t \n"
	    " Science \tНаука\t\t science\r\nAlone\n\t#hash\t!!\n last\tone");
	const char *const *name;
	size_t n;

	(void)state;
	assert_int_equal(pm_tag_map_find(&name, &n, map, "НАУКА", &err),
	    PM_OK);
	assert_int_equal(n, 3);
	assert_string_equal(name[0], "Science");
	assert_string_equal(name[1], "Наука");
	assert_string_equal(name[2], "science");
	assert_int_equal(pm_tag_map_find(&name, &n, map, "alone", &err),
	    PM_OK);
	assert_int_equal(n, 1);
	assert_string_equal(name[0], "Alone");
	assert_int_equal(pm_tag_map_find(&name, &n, map, "ONE", &err), PM_OK);
	assert_string_equal(name[0], "last");
	/* Behind a tab # begins a name. */
	assert_int_equal(pm_tag_map_find(&name, &n, map, "!!", &err), PM_OK);
	assert_string_equal(name[0], "#hash");
	assert_int_equal(pm_tag_map_find(&name, &n, map, "comment", &err),
	    PM_END);
	pm_tag_map_free(map);
}

static void
test_lines(void **state)
{
	struct pm_tag_map *map = map_of("# one\na\tb\n\nc\td\n");
	struct pm_tag_lines lines = pm_tag_map_lines(map);
	const char *shown = NULL;

	(void)state;
	assert_int_equal(lines.line(lines.context, &shown, pm_bytes_of("b")),
	    2);
	assert_string_equal(shown, "a");
	assert_int_equal(lines.line(lines.context, &shown, pm_bytes_of("d")),
	    4);
	assert_string_equal(shown, "c");
	assert_int_equal(lines.line(lines.context, &shown, pm_bytes_of("e")),
	    0);
	pm_tag_map_free(map);
}

static void
expect_wrong(const char *text, size_t n, const char *says)
{
	struct pm_tag_map *map = NULL;
	char want[200];

	write_map(text, n);
	assert_int_equal(pm_tag_map_read(&map, file, &err), PM_EUSAGE);
	(void)snprintf(want, sizeof want, "%s:%s", file, says);
	assert_string_equal(err.text, want);
	assert_null(map);
}

static void
test_wrong(void **state)
{
	struct pm_tag_map *map = NULL;

	(void)state;
	/* Of two, that which comes first in the file. */
	expect_wrong("z\ta\nb\n\nB\nA\n", 11, "4: line 2 has 'B' already");
	expect_wrong("a\nb\xff\n", 5, "2: not UTF-8 text");
	expect_wrong("a\0b\n", 4, "1: not UTF-8 text");
	assert_int_equal(unlink(file), 0);
	assert_int_equal(pm_tag_map_read(&map, file, &err), PM_ENOTFOUND);
	assert_null(map);
	map = map_of("");
	pm_tag_map_free(map);
	pm_tag_map_free(NULL);
}

/* Neither many names nor many on one line take time in their square. */
static void
test_many(void **state)
{
	enum { N = 100000 };
	struct pm_tag_map *map = NULL;
	const char *const *name;
	struct pm_buf text;
	size_t n;

	(void)state;
	pm_buf_init(&text);
	for (int i = 0; i < N; i++)
		assert_int_equal(pm_buf_printf(&text, &err, "n%d%c", i,
		    i < N / 2 ? '\t' : '\n'), PM_OK);
	write_map((char *)text.p, text.n);
	pm_buf_clear(&text);
	assert_int_equal(pm_tag_map_read(&map, file, &err), PM_OK);
	assert_int_equal(pm_tag_map_find(&name, &n, map, "N7", &err), PM_OK);
	assert_int_equal(n, N / 2 + 1);
	assert_int_equal(pm_tag_map_find(&name, &n, map, "N99999", &err),
	    PM_OK);
	assert_int_equal(n, 1);
	pm_tag_map_free(map);
}

static int
set_up(void **state)
{
	(void)state;
	if (mkdtemp(scratch) == NULL)
		return -1;
	(void)snprintf(file, sizeof file, "%s/map.tsv", scratch);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	(void)unlink(file);
	return rmdir(scratch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_many)
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
