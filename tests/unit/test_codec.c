#include "support.h"

#include "base/utf8.h"
#include "page/codec.h"

static struct pm_err err;

static void
expect(int codec, const char *text, const char *written)
{
	struct pm_buf out;

	pm_buf_init(&out);
	assert_int_equal(pm_codec_write(&out, codec, pm_bytes_of(text), &err),
	    PM_OK);
	if (!pm_bytes_equal(pm_buf_bytes(&out), pm_bytes_of(written)))
		fail_msg("codec %d writes %.*s, not %s", codec, (int)out.n,
		    (char *)out.p, written);
	assert_int_equal(pm_codec_length(codec, pm_bytes_of(text)),
	    strlen(written));
	pm_buf_clear(&out);
}

static void
test_writes(void **state)
{
	(void)state;
	expect(PM_CODEC_PLAIN, "a\"\\\n<&", "a\"\\\n<&");
	expect(PM_CODEC_JSON, "a\"\\/\b\f\n\r\t\x1f\x7f",
	    "a\\\"\\\\/\\b\\f\\n\\r\\t\\u001f\x7f");
	expect(PM_CODEC_JSON, "мир", "мир");
	expect(PM_CODEC_JSON_SLASH, "</a>", "<\\/a>");
	expect(PM_CODEC_JSON_ASCII, "é\xf0\x9f\x98\x80",
	    "\\u00e9\\ud83d\\ude00");
	expect(PM_CODEC_JSON_ASCII | PM_CODEC_JSON_UPPER, "é\xf0\x9f\x98\x80",
	    "\\u00E9\\uD83D\\uDE00");
	expect(PM_CODEC_JSON_UPPER, "é\x1f", "é\\u001F");
	expect(PM_CODEC_CSV, "say \"a\", b", "say \"\"a\"\", b");
	expect(PM_CODEC_XML, "a<b>&\"c\"", "a&lt;b&gt;&amp;\"c\"");
	expect(PM_CODEC_XML_QUOT, "a<b>&\"c\"", "a&lt;b&gt;&amp;&quot;c&quot;");
	expect(PM_CODEC_JSON_ASCII, "", "");
}

static void
test_known(void **state)
{
	static const int known[] = { 0, 1, 3, 5, 7, 9, 11, 13, 15, 16, 17,
	    18 };
	size_t k = 0;

	(void)state;
	for (int codec = -2; codec < 40; codec++) {
		bool expected = k < sizeof known / sizeof *known &&
		    known[k] == codec;

		assert_int_equal(pm_codec_known(codec), expected);
		k += expected;
	}
}

static int
find(const char *written, const char *text)
{
	return pm_codec_find(pm_bytes_of(written), pm_bytes_of(text));
}

static void
test_finds(void **state)
{
	(void)state;
	assert_int_equal(find("a/b", "a/b"), PM_CODEC_PLAIN);
	assert_int_equal(find("a\\/\\n", "a/\n"), PM_CODEC_JSON_SLASH);
	assert_int_equal(find("\\u00e9", "é"), PM_CODEC_JSON_ASCII);
	assert_int_equal(find("\\u00E9", "é"), PM_CODEC_JSON_ASCII |
	    PM_CODEC_JSON_UPPER);
	assert_int_equal(find("a&amp;\"", "a&\""), PM_CODEC_XML);
	assert_int_equal(find("a&amp;&quot;", "a&\""), PM_CODEC_XML_QUOT);
	assert_int_equal(find("\"\"", "\""), PM_CODEC_CSV);
	/* Written in two ways, or by nobody we know. */
	assert_int_equal(find("\\/ /", "/ /"), -1);
	assert_int_equal(find("\\u00e9é", "éé"), -1);
	assert_int_equal(find("\\u00e9\\u00E9", "éé"), -1);
	assert_int_equal(find("\\u00E9\\u00e9", "éé"), -1);
	assert_int_equal(find("\\u000a", "\n"), -1);
	assert_int_equal(find("&#38;", "&"), -1);
	assert_int_equal(find("ab", "abc"), -1);
	assert_int_equal(find("\\nab", "\nabc"), -1);
	assert_int_equal(find("\\nabc", "\nab"), -1);
	assert_int_equal(find("", "a"), -1);
	assert_int_equal(find("", ""), PM_CODEC_PLAIN);
}

static void
put_text(struct pm_buf *out, uint64_t *seed)
{
	static const char *const piece[] = { "plain words of a text ", "\"",
	    "\\", "/", "\n", "\t", "\x1f", "\x0b", "\x7f", "é", "мир", "中",
	    "\xf0\x9f\x98\x80", "&", "<", ">", "'", "aaaaaaa", "u00e9", ";" };
	size_t n = chance_below(seed, 24);

	for (size_t i = 0; i < n; i++)
		assert_int_equal(pm_buf_append_str(out,
		    piece[chance_below(seed, sizeof piece / sizeof *piece)],
		    &err), PM_OK);
}

/* What is found writes the same, and so it does with a byte changed. */
static void
test_find_is_write(void **state)
{
	uint64_t seed = chance_seed(11);
	struct pm_buf text, written, again;

	(void)state;
	pm_buf_init(&text);
	pm_buf_init(&written);
	pm_buf_init(&again);
	for (int i = 0; i < 200000; i++) {
		int codec, found;

		do
			codec = (int)chance_below(&seed, 19);
		while (!pm_codec_known(codec));
		pm_buf_reset(&text);
		pm_buf_reset(&written);
		pm_buf_reset(&again);
		put_text(&text, &seed);
		assert_int_equal(pm_codec_write(&written, codec,
		    pm_buf_bytes(&text), &err), PM_OK);
		assert_int_equal(pm_codec_length(codec, pm_buf_bytes(&text)),
		    written.n);
		if (i % 2 == 1 && written.n > 0)
			written.p[chance_below(&seed, written.n)] ^= 0x20;
		found = pm_codec_find(pm_buf_bytes(&written),
		    pm_buf_bytes(&text));
		if (i % 2 == 0)
			assert_true(found >= 0);
		if (found < 0)
			continue;
		assert_true(pm_codec_known(found));
		assert_int_equal(pm_codec_write(&again, found,
		    pm_buf_bytes(&text), &err), PM_OK);
		assert_true(pm_bytes_equal(pm_buf_bytes(&again),
		    pm_buf_bytes(&written)));
	}
	pm_buf_clear(&text);
	pm_buf_clear(&written);
	pm_buf_clear(&again);
}

static void
test_runs(void **state)
{
	static const char *const special[] = { "", "\"", "\\", "\x1f", "/",
	    "\x80" };

	(void)state;
	for (size_t s = 0; s < 6; s++)
		for (size_t at = 0; at < 24; at++) {
			char text[40];
			bool stops = s > 0 && s < 4;

			memset(text, 'a', sizeof text);
			if (s > 0)
				text[at] = special[s][0];
			assert_int_equal(pm_codec_run(PM_CODEC_JSON,
			    (struct pm_bytes){ (uint8_t *)text, 25 }),
			    stops ? at : 25);
			assert_int_equal(pm_codec_run(PM_CODEC_JSON_ASCII |
			    PM_CODEC_JSON_SLASH, (struct pm_bytes){
			    (uint8_t *)text, 25 }), s > 0 ? at : 25);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writes), cmocka_unit_test(test_known),
		cmocka_unit_test(test_finds),
		cmocka_unit_test(test_find_is_write),
		cmocka_unit_test(test_runs)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
