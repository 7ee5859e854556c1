/* Word diffs: what they say is right, and where it matters the shortest. */
#include "support.h"

#include "archive/diff.h"

static void
diff_of(struct pm_diff *diff, const char *old, const char *new)
{
	struct pm_err err;

	assert_int_equal(pm_diff_words(diff, pm_bytes_of(old),
	    pm_bytes_of(new), &err), PM_OK);
}

/* "same[-old-]{+new+}" */
static void
expect(const char *old, const char *new, const char *want)
{
	static const char *const mark[3][2] = { { "", "" }, { "[-", "-]" },
	    { "{+", "+}" } };
	struct pm_diff diff = { 0 };
	struct pm_buf got;
	struct pm_err err;

	pm_buf_init(&got);
	diff_of(&diff, old, new);
	for (size_t i = 0; i < diff.piece.n; i++) {
		const struct pm_piece *piece = &diff.piece.p[i];

		assert_int_equal(pm_buf_printf(&got, &err, "%s%.*s%s",
		    mark[piece->kind][0], (int)piece->text.n, piece->text.p,
		    mark[piece->kind][1]), PM_OK);
	}
	assert_int_equal(pm_buf_append_byte(&got, 0, &err), PM_OK);
	assert_string_equal((char *)got.p, want);
	pm_buf_clear(&got);
	pm_diff_clear(&diff);
}

static void
test_pieces(void **state)
{
	(void)state;
	expect("", "", "");
	expect("a b", "", "[-a b-]");
	expect("", "a b", "{+a b+}");
	expect("a b c", "a b c", "a b c");
	expect("a  b\nc", "a b c", "a b c");
	expect("a b c", "a x c", "a[- b-]{+ x+} c");
	expect("a b c d", "a b x c d", "a b{+ x+} c d");
	expect("killed 12 people", "killed 15 people",
	    "killed[- 12-]{+ 15+} people");
	expect("He said \"no\".", "He said “no”.",
	    "He said[- \"-]{+ “+}no[-\"-]{+”+}.");
	expect("don't 3.5 well-known, end.", "don't 3.6 well-known. end.",
	    "don't[- 3.5-]{+ 3.6+} well-known[-,-]{+.+} end.");
	expect("o‘quvchi bor", "oʻquvchi bor",
	    "[-o‘quvchi-]{+oʻquvchi+} bor");
	expect("重620克", "重630克", "重[-620-]{+630+}克");
	expect("竹编课程", "竹编新课程", "竹编{+新+}课程");
	expect("bad \xff byte", "bad \xfe byte",
	    "bad[- \xff-]{+ \xfe+} byte");
	/* A lone word between larger changes says nothing. */
	expect("a b c the d e f", "x y z the u v w",
	    "[-a b c the d e f-]{+x y z the u v w+}");
}

/* ---- against a table of all prefixes ---- */

enum { WORDS = 40 };

static size_t
longest_common(const uint8_t *a, size_t a_n, const uint8_t *b, size_t b_n)
{
	static size_t best[WORDS + 1][WORDS + 1];

	for (size_t i = 0; i <= a_n; i++)
		for (size_t k = 0; k <= b_n; k++)
			best[i][k] = i == 0 || k == 0 ? 0 :
			    a[i - 1] == b[k - 1] ? best[i - 1][k - 1] + 1 :
			    best[i - 1][k] > best[i][k - 1] ?
			    best[i - 1][k] : best[i][k - 1];
	return best[a_n][b_n];
}

static size_t
text_of(char *out, const uint8_t *word, size_t n)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		out[at++] = (char)('a' + word[i]);
		out[at++] = ' ';
	}
	out[at] = '\0';
	return at;
}

/* Words of the pieces of both and of `kind`, one after another. */
static void
expect_side(const struct pm_diff *diff, enum pm_piece_kind kind,
    const char *text)
{
	size_t at = 0;

	for (size_t i = 0; i < diff->piece.n; i++) {
		const struct pm_piece *piece = &diff->piece.p[i];

		if (piece->kind != PM_PIECE_BOTH && piece->kind != kind)
			continue;
		for (size_t k = 0; k < piece->text.n; k++) {
			if (piece->text.p[k] == ' ')
				continue;
			assert_int_equal(piece->text.p[k], text[at]);
			at += 2;
		}
	}
	assert_int_equal(text[at], '\0');
}

static void
test_shortest(void **state)
{
	struct pm_diff diff = { 0 };
	uint64_t seed = 1;

	(void)state;
	for (unsigned round = 0; round < 3000; round++) {
		uint8_t a[WORDS], b[WORDS];
		char old[2 * WORDS + 1], new[2 * WORDS + 1];
		size_t a_n, b_n;

		seed = seed * UINT64_C(6364136223846793005) + 1;
		a_n = (size_t)(seed >> 40) % WORDS;
		b_n = (size_t)(seed >> 48) % WORDS;
		for (size_t i = 0; i < WORDS; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1;
			a[i] = (uint8_t)((seed >> 33) % (2 + round % 20));
			b[i] = a[i];
			if ((seed >> 50) % 4 == 0)
				b[i] = (uint8_t)((seed >> 40) %
				    (2 + round % 20));
		}
		text_of(old, a, a_n);
		text_of(new, b, b_n);
		diff_of(&diff, old, new);
		expect_side(&diff, PM_PIECE_OLD, old);
		expect_side(&diff, PM_PIECE_NEW, new);
		for (size_t i = 0, k = 0; i < a_n && k < b_n;) {
			bool old_changed = diff.old.word.p[i].changed;
			bool new_changed = diff.new.word.p[k].changed;

			if (!old_changed && !new_changed)
				assert_int_equal(a[i], b[k]);
			i += old_changed || !new_changed;
			k += new_changed || !old_changed;
		}
		assert_int_equal(diff.shared_n, longest_common(a, a_n, b,
		    b_n));
	}
	pm_diff_clear(&diff);
}

/* Nothing in common, at a size where the shortest would take minutes. */
static void
test_bounded(void **state)
{
	enum { N = 100000 };
	struct pm_diff diff = { 0 };
	struct pm_buf old, new;
	struct pm_err err;
	uint64_t seed = 7;

	(void)state;
	pm_buf_init(&old);
	pm_buf_init(&new);
	for (int i = 0; i < N; i++) {
		seed = seed * UINT64_C(6364136223846793005) + 1;
		assert_int_equal(pm_buf_printf(&old, &err, "w%u ",
		    (unsigned)(seed >> 33) % 500), PM_OK);
		assert_int_equal(pm_buf_printf(&new, &err, "w%u ",
		    (unsigned)(seed >> 45) % 500), PM_OK);
	}
	assert_int_equal(pm_diff_words(&diff, pm_buf_bytes(&old),
	    pm_buf_bytes(&new), &err), PM_OK);
	assert_true(diff.shared_n > N / 50);
	assert_true(diff.shared_n < N);
	pm_diff_clear(&diff);
	pm_buf_clear(&old);
	pm_buf_clear(&new);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_shortest),
		cmocka_unit_test(test_bounded)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
