#include "support.h"

#include "intake/split_internal.h"
#include "page/page.h"

/* ---- cutting ---- */

enum { PIECES_MAX = 64 };

struct pieces {
	uint64_t size[PIECES_MAX], ordinal[PIECES_MAX];
	size_t n;
	const char *complaint;       /* the last one */
	size_t complaints;
};

static struct pm_err err;

static void
cut_on(struct pieces *out, struct pm_split *split, struct pm_bytes file,
    size_t step)
{
	size_t at = 0, ask = step;
	uint64_t size = 0;

	while (at < file.n) {
		size_t n = file.n - at < ask ? file.n - at : ask, used;
		bool ended;

		assert_int_equal(pm_split_warc_step(&used, &ended, split,
		    file.p + at, n, at + n == file.n, &err), PM_OK);
		assert_true(used <= n);
		ask = used == 0 && !ended ? ask + 1 : step;
		assert_true(ask <= PM_SPLIT_AHEAD_BYTES || step > n);
		if (split->complaint != NULL) {
			out->complaint = split->complaint;
			out->complaints++;
			split->complaint = NULL;
		}
		at += used;
		size += used;
		if (!ended)
			continue;
		assert_true(out->n < PIECES_MAX && size > 0);
		out->ordinal[out->n] = split->ordinal++;
		out->size[out->n++] = size;
		size = 0;
	}
	assert_int_equal(size, 0);
}

static void
cut(struct pieces *out, struct pm_bytes file, enum pm_split_kind kind,
    int64_t bytes, size_t step)
{
	struct pm_split split = { .kind = kind, .ordinal = 1,
	    .file_bytes = bytes };

	*out = (struct pieces){ 0 };
	assert_int_equal(pm_split_warc_begin(&split, file, &err), PM_OK);
	cut_on(out, &split, file, step);
	pm_buf_clear(&split.held);
}

/* Whatever the steps, the same; at[i] is where each record begins. */
static void
expect_cut(const char *text, enum pm_split_kind kind, int64_t bytes,
    const char *const *begins, size_t n, const char *complaint)
{
	struct pm_bytes file = pm_bytes_of(text);
	struct pieces pieces;

	for (size_t step = 1; step <= file.n; step++) {
		const char *at = text;

		cut(&pieces, file, kind, bytes, step);
		assert_int_equal(pieces.n, n);
		for (size_t i = 0; i < n; i++) {
			assert_memory_equal(at, begins[i], strlen(begins[i]));
			assert_int_equal(pieces.ordinal[i],
			    pieces.ordinal[0] + i);
			at += pieces.size[i];
		}
		if (complaint == NULL)
			assert_null(pieces.complaint);
		else
			assert_non_null(strstr(pieces.complaint, complaint));
	}
}

#define EXPECT_CUT(text, kind, bytes, complaint, ...) \
	expect_cut((text), (kind), (bytes), (const char *[]){ __VA_ARGS__ }, \
	    sizeof (const char *[]){ __VA_ARGS__ } / sizeof(char *), \
	    (complaint))

#define HEAD(type, length) \
	"WARC/1.0\r\nWARC-Type: " type "\r\nContent-Length: " length \
	"\r\n\r\n"

static void
whole_records(void **state)
{
	(void)state;
	EXPECT_CUT(HEAD("a", "5") "hello\r\n\r\n" HEAD("b", "0") "\r\n\r\n"
	    HEAD("c", "2") "xy\r\n\r\n", PM_SPLIT_WARC, 0, NULL,
	    HEAD("a", "5"), HEAD("b", "0"), HEAD("c", "2"));
	/* LF alone, other versions, any case, a folded length. */
	EXPECT_CUT("WARC/0.17\nWARC-Type: a\ncontent-LENGTH:3\n\nabc\n\n"
	    "WARC/1.1\r\nContent-Length:\r\n 4\r\nWARC-Type: b\r\n\r\n"
	    "\r\n\r\n" "\r\n\r\n\r\n" "WARC/0.18\nContent-Length: 1\n\nx",
	    PM_SPLIT_WARC, 0, NULL, "WARC/0.17\n", "WARC/1.1\r", "WARC/0.18\n");
}

/* A record in a record is content. */
static void
nested(void **state)
{
	(void)state;
	EXPECT_CUT("WARC/1.0\r\nContent-Length: 53\r\n\r\n"
	    HEAD("x", "0") "\r\n\r\n1234" "\r\n\r\n" HEAD("b", "1") "x",
	    PM_SPLIT_WARC, 0, NULL, "WARC/1.0\r\nContent-Length: 53",
	    HEAD("b", "1"));
}

static void
wrong_lengths(void **state)
{
	(void)state;
	/* Too short, too long (by the blank lines, and by more), none. */
	EXPECT_CUT(HEAD("a", "2") "hello\r\nWARC\r\nWARC/1 \r\n\r\n"
	    HEAD("b", "1") "x\r\n\r\n", PM_SPLIT_WARC, 0, "length is wrong",
	    HEAD("a", "2"), HEAD("b", "1"));
	EXPECT_CUT(HEAD("a", "4") "hell" HEAD("b", "1") "x\r\n\r\n",
	    PM_SPLIT_WARC, 0, NULL, HEAD("a", "4"), HEAD("b", "1"));
	EXPECT_CUT(HEAD("a", "20") "hello\r\n\r\n" HEAD("b", "1") "x\r\n\r\n"
	    HEAD("c", "1") "y", PM_SPLIT_WARC, 0, "length is wrong",
	    HEAD("a", "20"), HEAD("c", "1"));
	EXPECT_CUT(HEAD("a", "-1") "hello\r\n\r\n" HEAD("b", "1") "x",
	    PM_SPLIT_WARC, 0, "without a length", HEAD("a", "-1"),
	    HEAD("b", "1"));
	EXPECT_CUT("WARC/1.0\r\nWARC-Type: a\r\n" HEAD("b", "1") "x",
	    PM_SPLIT_WARC, 0, "without a length", "WARC/1.0\r\nWARC-Type: a",
	    HEAD("b", "1"));
}

static void
cut_short(void **state)
{
	static const char text[] = HEAD("a", "99") "hello\r\n\r\n"
	    HEAD("b", "1") "x\r\n\r\n";

	(void)state;
	EXPECT_CUT(text, PM_SPLIT_WARC, 0, "file ends", HEAD("a", "99"));
	/* Known to be impossible: the length is not followed. */
	EXPECT_CUT(text, PM_SPLIT_WARC, sizeof text - 1, "file ends",
	    HEAD("a", "99"), HEAD("b", "1"));
	EXPECT_CUT(HEAD("a", "1") "x\r\n\r\nWARC/1.0\r\nWARC-Ty",
	    PM_SPLIT_WARC, 0, "file ends", HEAD("a", "1"),
	    "WARC/1.0\r\nWARC-Ty");
}

static void
before_the_first(void **state)
{
	struct pieces pieces;

	(void)state;
	EXPECT_CUT("junk\r\nWARC?\r\n" HEAD("a", "1") "x", PM_SPLIT_WARC, 0,
	    "no record", "junk", HEAD("a", "1"));
	cut(&pieces, pm_bytes_of("junk\r\n" HEAD("a", "1") "x"),
	    PM_SPLIT_WARC, 0, 7);
	assert_int_equal(pieces.ordinal[0], 0);
	cut(&pieces, pm_bytes_of(HEAD("a", "1") "x"), PM_SPLIT_WARC, 0, 7);
	assert_int_equal(pieces.ordinal[0], 1);
}

#define FILEDESC "filedesc://a.arc 127.0.0.1 20140301000000 text/plain "

static void
arc(void **state)
{
	(void)state;
	EXPECT_CUT(FILEDESC "6\n1 0 x\n\n"
	    "http://a.b/c d 1.2.3.4 20140301000000 text/html 5\nhello\n"
	    "http://a.b/ 1.2.3.4 20140301000000 text/html; x=y 3\nabc",
	    PM_SPLIT_ARC, 0, NULL, FILEDESC, "http://a.b/c d",
	    "http://a.b/ 1");
	/* Version 2, and lengths that are none. */
	EXPECT_CUT(FILEDESC "-1\n2 0 x\n\n"
	    "http://a.b/ 1.2.3.4 20140301000000 text/html 200 - - 0 a.arc 2\nab\n"
	    "http://a.b/ 1.2.3.4 201403010000000000 text/html abc\n\n",
	    PM_SPLIT_ARC, 0, "without a length", FILEDESC,
	    "http://a.b/ 1.2.3.4 20140301000000", "http://a.b/ 1.2.3.4 2014");
	EXPECT_CUT(FILEDESC "3\nabcdef\nhttp: no\n"
	    "http://a.b/ 1.2.3.4 20140301000000 text/html 3\nabc",
	    PM_SPLIT_ARC, 0, "length is wrong", FILEDESC, "http://a.b/ 1");
}

static void
looks(void **state)
{
	(void)state;
	assert_int_equal(pm_split_warc_looks(pm_bytes_of("WARC/1.0\r\n")),
	    PM_SPLIT_WARC);
	assert_int_equal(pm_split_warc_looks(pm_bytes_of("WARC/9.0\r\n")),
	    PM_SPLIT_NONE);
	assert_int_equal(pm_split_warc_looks(pm_bytes_of(FILEDESC "3\nabc")),
	    PM_SPLIT_ARC);
	assert_int_equal(pm_split_warc_looks(pm_bytes_of("filedesc://x")),
	    PM_SPLIT_NONE);
}

/* Pieces of records in any order: nothing lost, any steps alike. */
static void
any_file(void **state)
{
	static const char *const part[] = { "WARC/1.0\r\n", "WARC/1.1\n",
	    "WARC-Type: x\r\n", "Content-Length: 7\r\n", "\r\n", "\n",
	    "Content-Length: 30\r\n", "text", "WAR", "\r\n\r\n", "C/1.0\r\n",
	    "http://a/ 1.2.3.4 20140301000000 t/p 9\n", "http://" };
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct pieces whole, dealt;
		char text[2048] = "";
		int64_t bytes = 0;

		for (int i = 0; i < 16; i++) {
			seed = seed * 1664525 + 1013904223;
			(void)strncat(text, part[(seed >> 16) %
			    (sizeof part / sizeof *part)],
			    sizeof text - strlen(text) - 1);
		}
		if (round % 3 == 0)
			bytes = (int64_t)strlen(text);
		for (int kind = 0; kind < 2; kind++) {
			cut(&whole, pm_bytes_of(text), kind == 0 ?
			    PM_SPLIT_WARC : PM_SPLIT_ARC, bytes,
			    sizeof text);
			for (size_t step = 1; step < 12; step++) {
				cut(&dealt, pm_bytes_of(text), kind == 0 ?
				    PM_SPLIT_WARC : PM_SPLIT_ARC, bytes,
				    step);
				assert_int_equal(whole.n, dealt.n);
				assert_memory_equal(whole.size, dealt.size,
				    whole.n * sizeof whole.size[0]);
			}
		}
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_records),
		cmocka_unit_test(nested),
		cmocka_unit_test(wrong_lengths),
		cmocka_unit_test(cut_short),
		cmocka_unit_test(before_the_first),
		cmocka_unit_test(arc),
		cmocka_unit_test(looks),
		cmocka_unit_test(any_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
