#define _XOPEN_SOURCE 700   /* mkdtemp */

#include "support.h"

#include <zlib.h>
#include <zstd.h>

#include "archive/export_warc.h"
#include "intake/intake.h"
#include "intake/split_internal.h"
#include "page/http.h"
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
	    "http://a.b/ 1.2.3.4 20140301000000 text/html 200 - - 0 a.arc "
	    "2\nab\n"
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

/* ---- records as pages ---- */

static struct pm_arena arena;
static struct pm_page page;

static void
put(struct pm_buf *out, const void *p, size_t n)
{
	assert_int_equal(pm_buf_append(out, p, n, &err), PM_OK);
}

static void
read_record(struct pm_bytes record, enum pm_reader reader)
{
	struct pm_page_input in = { .capture = record, .reader = reader };

	pm_arena_reset(&arena);
	assert_int_equal(pm_page_parse(&page, &arena, &in, &err), PM_OK);
}

/* A record of that type; fields end in CRLF. */
static void
make_record(struct pm_buf *out, const char *type, const char *fields,
    struct pm_bytes content)
{
	pm_buf_reset(out);
	assert_int_equal(pm_buf_printf(out, &err, "WARC/1.0\r\n"
	    "WARC-Type: %s\r\nWARC-Target-URI: <http://a.b/c>\r\n"
	    "WARC-Date: 2024-05-06T07:08:09.25Z\r\n%s"
	    "Content-Length: %zu\r\n\r\n", type, fields, content.n), PM_OK);
	put(out, content.p, content.n);
	put(out, "\r\n\r\n", 4);
}

static void
read_response(struct pm_buf *out, const char *http, struct pm_bytes payload,
    const char *fields)
{
	struct pm_buf content;

	pm_buf_init(&content);
	put(&content, http, strlen(http));
	put(&content, payload.p, payload.n);
	make_record(out, "response", fields, pm_buf_bytes(&content));
	pm_buf_clear(&content);
	read_record(pm_buf_bytes(out), PM_READER_WARC);
}

static bool
has_note(const char *what, const char *why)
{
	for (size_t i = 0; i < page.note_n; i++)
		if (strcmp(page.note[i].what, what) == 0 &&
		    strstr(page.note[i].why, why) != NULL)
			return true;
	return false;
}

static void
expect_bytes(struct pm_bytes bytes, const char *text)
{
	assert_int_equal(bytes.n, strlen(text));
	assert_memory_equal(bytes.p, text, bytes.n);
}

#define BODY "The mayor opened the bridge on Monday, and the crowd that had " \
	"waited since the morning walked over it.\n\nShe said that it had " \
	"taken nine years and that nobody would have to take the ferry."
#define TEXT_200 "HTTP/1.1 200 OK\r\nContent-Type: text/plain; " \
	"charset=\"utf-8\"\r\n"
#define IS_HTTP "Content-Type: application/http; msgtype=response\r\n"

static void
expect_body(void)
{
	assert_int_equal(page.kind, PM_PAGE_PAGE);
	expect_bytes(page.body, BODY);
	expect_bytes(page.url, "http://a.b/c");
	assert_true(page.has_crawled);
	assert_int_equal(page.crawled.year, 2024);
	assert_int_equal(page.crawled.month, 5);
	assert_int_equal(page.crawled.day, 6);
	assert_int_equal(page.crawled.hour, 7);
	assert_int_equal(page.crawled.minute, 8);
	assert_int_equal(page.crawled.second, 9);
	assert_int_equal(page.crawled.offset_minutes, 0);
	assert_true(page.crawled.has_offset);
}

static void
response(void **state)
{
	struct pm_buf record;

	(void)state;
	pm_buf_init(&record);
	read_response(&record, TEXT_200 "\r\n", pm_bytes_of(BODY), IS_HTTP);
	expect_body();
	/* Parts are where the body stands in the record. */
	assert_int_equal(page.part_n, 1);
	assert_memory_equal(record.p + page.part[0].at, BODY,
	    page.part[0].n);
	assert_int_equal(page.payload_digest.n, 0);
	read_response(&record, "HTTP/1.1 404 Not Found\r\n"
	    "Content-Type: text/plain\r\n\r\n", pm_bytes_of(BODY), IS_HTTP);
	assert_int_equal(page.kind, PM_PAGE_OPAQUE);
	assert_string_equal(page.reason, "HTTP status 404");
	expect_bytes(page.url, "http://a.b/c");
	read_response(&record, "HTTP/1.1 200\r\nContent-Type: Image/PNG\r\n"
	    "\r\n", pm_bytes_of("x"), IS_HTTP);
	assert_string_equal(page.reason, "image/png");
	/* What no status line leads is the page. */
	read_response(&record, "", pm_bytes_of(BODY), "");
	expect_body();
	pm_buf_clear(&record);
}

static void
chunks(void **state)
{
	static const struct {
		const char *payload, *note;
	} broken[] = {
		{ BODY, "there are none" },
		{ "3;x=y\r\nThe\r\n fox\r\n", "broken" },
		{ "3\r\nThe\r\nff\r\n fox", "cut short" },
		{ "3\r\nThe\r\n", "no last" },
	};
	struct pm_buf record;

	(void)state;
	pm_buf_init(&record);
	read_response(&record, TEXT_200 "Transfer-Encoding: Chunked\r\n\r\n",
	    pm_bytes_of("a\r\nThe mayor \r\n3 \r\nope\r\nA9\nned the bridge "
	    "on Monday, and the crowd that had waited since the morning walked "
	    "over it.\n\nShe said that it had taken nine years and that "
	    "nobody would have to take the f\n4\r\nerry\r\n1\r\n.\r\n0\r\nX: y"
	    "\r\n\r\n"), IS_HTTP);
	expect_body();
	assert_int_equal(page.part_n, 0);
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		read_response(&record, TEXT_200 "Transfer-Encoding: chunked"
		    "\r\n\r\n", pm_bytes_of(broken[i].payload), IS_HTTP);
		assert_true(has_note("chunks", broken[i].note));
	}
	/* One chunk is a stretch of the capture. */
	read_response(&record, TEXT_200 "Transfer-Encoding: chunked\r\n\r\n",
	    pm_bytes_of("bb\r\n" BODY "\r\n0\r\n\r\n"), IS_HTTP);
	expect_body();
	assert_int_equal(page.part_n, 1);
	assert_memory_equal(record.p + page.part[0].at, BODY,
	    page.part[0].n);
	pm_buf_clear(&record);
}

/* window as deflateInit2 has it. */
static void
pack_bytes(struct pm_buf *out, struct pm_bytes plain, int window)
{
	z_stream z = { 0 };
	uint8_t room[4096];

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, window, 8, 0), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)plain.p;
	z.avail_in = (unsigned)plain.n;
	z.next_out = room;
	z.avail_out = sizeof room;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	put(out, room, sizeof room - z.avail_out);
	(void)deflateEnd(&z);
}

static void
pack(struct pm_buf *out, const char *text, int window)
{
	pack_bytes(out, pm_bytes_of(text), window);
}

static void
encodings(void **state)
{
	static const int window[] = { 15 + 16, 15, -15 };
	static const char *const name[] = { "gzip", "deflate", "DEFLATE" };
	struct pm_buf record, packed, twice;
	char http[512];

	(void)state;
	pm_buf_init(&twice);
	pm_buf_init(&record);
	pm_buf_init(&packed);
	for (size_t i = 0; i < 3; i++) {
		pm_buf_reset(&packed);
		pack(&packed, BODY, window[i]);
		(void)snprintf(http, sizeof http, TEXT_200
		    "Content-Encoding: %s\r\n\r\n", name[i]);
		read_response(&record, http, pm_buf_bytes(&packed), IS_HTTP);
		expect_body();
		assert_int_equal(page.part_n, 0);
		/* The end is missing: what there is is read. */
		packed.n -= 12;
		read_response(&record, http, pm_buf_bytes(&packed), IS_HTTP);
		assert_true(has_note("encoding", "as far as"));
	}
	/* Already undone, two members, one not known. */
	read_response(&record, TEXT_200 "Content-Encoding: br\r\n\r\n",
	    pm_bytes_of(BODY), IS_HTTP);
	expect_body();
	assert_true(has_note("encoding", "taken as it is"));
	pm_buf_reset(&packed);
	pack(&packed, "", 15 + 16);
	pack(&packed, BODY, 15 + 16);
	read_response(&record, TEXT_200 "Content-Encoding: x-gzip\r\n\r\n",
	    pm_buf_bytes(&packed), IS_HTTP);
	expect_body();
	twice.n = 0;
	pack(&twice, BODY, -15);
	pm_buf_reset(&packed);
	pack_bytes(&packed, pm_buf_bytes(&twice), 15 + 16);
	read_response(&record, TEXT_200 "Content-Encoding: deflate, gzip\r\n"
	    "\r\n", pm_buf_bytes(&packed), IS_HTTP);
	expect_body();
	pm_buf_clear(&twice);
	read_response(&record, TEXT_200 "Content-Encoding: gzip, lzw\r\n\r\n",
	    pm_buf_bytes(&packed), IS_HTTP);
	assert_string_equal(page.reason,
	    "content encoding that is not known");
	pm_buf_clear(&record);
	pm_buf_clear(&packed);
}

static void
brotli(void **state)
{
	/* Of "text, text and text". */
	static const uint8_t packed[] = {
		0x20, 0x01, 0x10, 0x74, 0x65, 0x78, 0x74, 0x2c, 0x20, 0x74,
		0x65, 0x78, 0x74, 0x20, 0x61, 0x6e, 0x64, 0x20, 0x74, 0x65,
		0x78, 0x74, 0x03
	};
	struct pm_http http = { 0 };

	(void)state;
	pm_arena_reset(&arena);
	page = (struct pm_page){ 0 };
	pm_http_parse(&http, (struct pm_bytes){ packed, sizeof packed });
	http.header = pm_bytes_of("x\r\nContent-Encoding: br\r\n");
	assert_int_equal(pm_http_decode(&http, &page, &arena, &err), PM_OK);
	assert_true(has_note("encoding", "undone"));
	expect_bytes(http.body, "text, text and text");
}

static void
bomb(void **state)
{
	enum { ZEROS = 80 << 20 };
	struct pm_buf record, packed;
	uint8_t *zeros = pm_alloc_zero(1 << 20, &err), room[4096];
	z_stream z = { 0 };

	(void)state;
	pm_buf_init(&record);
	pm_buf_init(&packed);
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, 0), Z_OK);
	for (size_t done = 0; done < ZEROS; done += 1 << 20) {
		z.next_in = zeros;
		z.avail_in = 1 << 20;
		do {
			z.next_out = room;
			z.avail_out = sizeof room;
			(void)deflate(&z, done + (1 << 20) < ZEROS ?
			    Z_NO_FLUSH : Z_FINISH);
			put(&packed, room, sizeof room - z.avail_out);
		} while (z.avail_out == 0);
	}
	(void)deflateEnd(&z);
	pm_free(zeros);
	read_response(&record, TEXT_200 "Content-Encoding: gzip\r\n\r\n",
	    pm_buf_bytes(&packed), IS_HTTP);
	assert_string_equal(page.reason, "its payload unpacks to too much");
	pm_buf_clear(&record);
	pm_buf_clear(&packed);
}

static void
other_records(void **state)
{
	struct pm_buf record;

	(void)state;
	pm_buf_init(&record);
	make_record(&record, "conversion", "Content-Type: text/plain\r\n",
	    pm_bytes_of(BODY));
	read_record(pm_buf_bytes(&record), PM_READER_WARC);
	expect_body();
	make_record(&record, "revisit", "WARC-Payload-Digest: sha1:ABC\r\n"
	    "WARC-Refers-To-Target-URI: http://x.y/\r\n", pm_bytes_of(""));
	read_record(pm_buf_bytes(&record), PM_READER_WARC);
	assert_true(page.revisit);
	assert_string_equal(page.reason, "revisit");
	expect_bytes(page.payload_digest, "sha1:ABC");
	assert_true(has_note("revisit", "http://x.y/"));
	make_record(&record, "request", "WARC-Payload-Digest: sha1:ABC\r\n",
	    pm_bytes_of("GET / HTTP/1.1\r\n"));
	read_record(pm_buf_bytes(&record), PM_READER_WARC);
	assert_string_equal(page.reason, "WARC request record");
	assert_int_equal(page.payload_digest.n, 0);
	expect_bytes(page.url, "http://a.b/c");
	make_record(&record, "what", "", pm_bytes_of(""));
	read_record(pm_buf_bytes(&record), PM_READER_WARC);
	assert_string_equal(page.reason,
	    "WARC record of no type known here");
	read_record(pm_bytes_of("WARC/1.0\r\nWARC-Type: resource\r\n"
	    "WARC-Target-URI: Metadata://wget/log\r\n"
	    "Content-Length: 187\r\n\r\n" BODY), PM_READER_WARC);
	assert_string_equal(page.reason,
	    "WARC resource of the tool that wrote it");
	read_record(pm_bytes_of("nothing"), PM_READER_WARC);
	assert_string_equal(page.reason, "no WARC record");
	pm_buf_clear(&record);
}

/* Of the text "abc". */
#define SHA1_ABC "VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5"

static void
digests(void **state)
{
	static const struct {
		const char *printed;
		bool wrong;
	} cases[] = {
		{ "sha1:" SHA1_ABC, false },
		{ "SHA1:vgmt4nsha2awvor6evyxqugcnsonbwe5", false },
		{ "sha1:a9993e364706816aba3e25717850c26c9cd0d89d", false },
		{ "md5:900150983cd24fb0d6963f7d28e17f72", false },
		{ "sha256:XJ4BNP4PAHH6UQKBIDPF3LRCEOYAGYNDSYLXVHFUCD7WD4QA"
		    "CWWQ====", false },
		{ "sha1:" "AGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5", true },
		{ "md5:000150983cd24fb0d6963f7d28e17f72", true },
		{ "sha1:short", false }, { "crc:1", false },
	};
	struct pm_buf record;
	char fields[256];

	(void)state;
	pm_buf_init(&record);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		(void)snprintf(fields, sizeof fields,
		    "Content-Type: text/plain\r\nWARC-Block-Digest: %s\r\n",
		    cases[i].printed);
		make_record(&record, "resource", fields, pm_bytes_of("abc"));
		read_record(pm_buf_bytes(&record), PM_READER_WARC);
		assert_int_equal(has_note("digest", "Block"), cases[i].wrong);
		(void)snprintf(fields, sizeof fields, IS_HTTP
		    "WARC-Payload-Digest: %s\r\n", cases[i].printed);
		read_response(&record, TEXT_200
		    "Transfer-Encoding: chunked\r\n\r\n", pm_bytes_of(
		    "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"), fields);
		assert_int_equal(has_note("digest", "Payload"),
		    cases[i].wrong);
		expect_bytes(page.payload_digest, cases[i].printed);
	}
	pm_buf_clear(&record);
}

/* What a record without a length to go by still has. */
static void
odd_records(void **state)
{
	(void)state;
	read_record(pm_bytes_of("WARC/1.0\nWARC-Type: conversion\n"
	    "Content-Type:\n text/plain\nContent-Length: 7\n"
	    "WARC-Target-URI: http://a.b/\xff c\n\n" BODY "\r\n\r\n"),
	    PM_READER_WARC);
	assert_int_equal(page.kind, PM_PAGE_PAGE);
	expect_bytes(page.body, BODY);
	expect_bytes(page.url, "http://a.b/%FF c");
	assert_true(has_note("length", "not what the header says"));
	assert_false(page.has_crawled);
	/* Junk behind a whole record is not of its content. */
	read_record(pm_bytes_of("WARC/1.0\r\nWARC-Type: conversion\r\n"
	    "Content-Type: text/plain\r\nContent-Length: 187\r\n\r\n" BODY
	    "\r\n\r\nWA?C"), PM_READER_WARC);
	expect_bytes(page.body, BODY);
	assert_true(has_note("length", "no record"));
}

static void
arc_records(void **state)
{
	(void)state;
	read_record(pm_bytes_of("http://a.b/c 1.2.3.4 20240506070809 "
	    "text/html 250\n" TEXT_200 "\r\n" BODY "\n"), PM_READER_ARC);
	expect_body();
	read_record(pm_bytes_of("http://a.b/c 1.2.3.4 20240506070809 "
	    "text/plain 200 - - 0 x.arc 226\n" BODY "\n"), PM_READER_ARC);
	expect_body();
	read_record(pm_bytes_of(FILEDESC "3\n1 0"), PM_READER_ARC);
	assert_string_equal(page.reason, "ARC version block");
	read_record(pm_bytes_of("junk"), PM_READER_ARC);
	assert_string_equal(page.reason, "no record of an ARC file");
}

/* ---- compressed files, by intake ---- */

static char scratch[SCRATCH_CHARS];
static size_t reports;
static char said[512];

static void
hear(void *context, enum pm_intake_problem problem, struct pm_bytes path,
    const char *text)
{
	(void)context;
	(void)problem;
	reports++;
	(void)snprintf(said, sizeof said, "%.*s: %s", (int)path.n,
	    (const char *)path.p, text);
}

/* Each record's base name and bytes, joined by "|". */
static void
take_in(struct pm_buf *out, const char *name, struct pm_bytes file)
{
	char path[SCRATCH_CHARS];
	const char *const input[] = { path };
	struct pm_intake_options options = { .input = input, .input_n = 1,
	    .report = hear };
	struct pm_intake *intake;
	const struct pm_record *record;
	int rc;

	reports = 0;
	pm_buf_reset(out);
	scratch_join(path, scratch, name);
	file_put(path, file.p, file.n);
	assert_int_equal(pm_intake_open(&intake, &options, &err), PM_OK);
	while ((rc = pm_intake_next(intake, &record, &err)) == PM_OK) {
		const uint8_t *slash = pm_bytes_last(record->path, '/');
		size_t got = 1, at = slash == NULL ? 0 :
		    (size_t)(slash + 1 - record->path.p);

		put(out, record->path.p + at, record->path.n - at);
		put(out, "|", 1);
		while (got > 0) {
			uint8_t room[7];

			assert_int_equal(pm_intake_read(intake, room,
			    sizeof room, &got, &err), PM_OK);
			put(out, room, got);
		}
		put(out, "|", 1);
	}
	assert_int_equal(rc, PM_END);
	pm_intake_close(intake);
	assert_int_equal(unlink(path), 0);
	put(out, "", 1);
}

/* Chance text, which takes several bytes packed, of n characters. */
static void
noise(char *out, size_t n, uint32_t seed)
{
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1664525 + 1013904223;
		out[i] = (char)('A' + (seed >> 24) % 50);
	}
	out[n] = '\0';
}

enum { NOISE = 400 };

/* Three records, each with `content` of its own. */
static void
make_three(char record[3][NOISE + 200])
{
	for (uint32_t i = 0; i < 3; i++) {
		char text[NOISE + 1];

		noise(text, NOISE, i + 1);
		(void)snprintf(record[i], sizeof record[i], HEAD("a", "400")
		    "%s\r\n\r\n", text);
	}
}

static void
damaged_gzip(void **state)
{
	char record[3][NOISE + 200], whole[2000], third[NOISE + 220];
	struct pm_buf packed, out, half;
	size_t at[4];

	(void)state;
	pm_buf_init(&half);
	pm_buf_init(&packed);
	pm_buf_init(&out);
	make_three(record);
	for (size_t i = 0; i < 3; i++) {
		at[i] = packed.n;
		pack(&packed, record[i], 15 + 16);
	}
	at[3] = packed.n;
	(void)snprintf(whole, sizeof whole, "a.warc#1|%s|a.warc#2|%s|"
	    "a.warc#3|%s|", record[0], record[1], record[2]);
	(void)snprintf(third, sizeof third, "|a.warc#3|%s|", record[2]);
	take_in(&out, "a.warc.gz", pm_buf_bytes(&packed));
	assert_string_equal((char *)out.p, whole);
	assert_int_equal(reports, 0);
	/* Any byte of the second: the first and the third stay. */
	for (size_t i = at[1] + 12; i < at[2]; i++) {
		packed.p[i] ^= 0x55;
		take_in(&out, "a.warc.gz", pm_buf_bytes(&packed));
		packed.p[i] ^= 0x55;
		assert_true(reports >= 1);
		assert_memory_equal(out.p, whole, strlen(record[0]) + 9);
		assert_non_null(strstr((char *)out.p, record[2]));
	}
	packed.p[at[1] + 200] ^= 0x55;
	take_in(&out, "a.warc.gz", pm_buf_bytes(&packed));
	packed.p[at[1] + 200] ^= 0x55;
	assert_non_null(strstr((char *)out.p, third));
	/* Its header, so that there is no second record. */
	packed.p[at[1]] ^= 0x55;
	take_in(&out, "a.warc.gz", pm_buf_bytes(&packed));
	packed.p[at[1]] ^= 0x55;
	assert_non_null(strstr(said, "incorrect header check"));
	third[8] = '2';
	assert_non_null(strstr((char *)out.p, third));
	/* Half of it: the second record ends there, though it claims more. */
	pm_buf_reset(&half);
	put(&half, packed.p, (at[1] + at[2]) / 2);
	put(&half, packed.p + at[2], at[3] - at[2]);
	take_in(&out, "a.warc.gz", pm_buf_bytes(&half));
	third[8] = '3';
	assert_non_null(strstr((char *)out.p, third));
	assert_memory_equal(strstr((char *)out.p, "a.warc#2|"),
	    strstr(whole, "a.warc#2|"), 150);
	pm_buf_clear(&half);
	/* Cut short; with padding, and with something else, behind. */
	take_in(&out, "a.warc.gz", (struct pm_bytes){ packed.p,
	    at[3] - 20 });
	assert_non_null(strstr((char *)out.p, record[1]));
	assert_int_equal(reports, 2);
	put(&packed, "\0\0\0", 3);
	take_in(&out, "a.warc.gz", pm_buf_bytes(&packed));
	assert_string_equal((char *)out.p, whole);
	assert_int_equal(reports, 0);
	put(&packed, "what", 4);
	take_in(&out, "a.warc.gz", pm_buf_bytes(&packed));
	assert_string_equal((char *)out.p, whole);
	assert_int_equal(reports, 1);
	/* None at all. */
	take_in(&out, "a.warc.gz", pm_bytes_of("\x1f\x8b\x08 nothing"));
	assert_string_equal((char *)out.p, "a.warc.gz|\x1f\x8b\x08 nothing|");
	pm_buf_clear(&packed);
	pm_buf_clear(&out);
}

static void
put_skippable(struct pm_buf *out, const void *p, size_t n)
{
	uint8_t head[8];

	pm_le32_put(head, 0x184D2A5D);
	pm_le32_put(head + 4, (uint32_t)n);
	put(out, head, sizeof head);
	put(out, p, n);
}

static void
put_zstd(struct pm_buf *out, const char *text, const char *dictionary)
{
	uint8_t room[4096];
	ZSTD_CCtx *context = ZSTD_createCCtx();
	size_t n;

	assert_int_equal(ZSTD_CCtx_loadDictionary(context, dictionary,
	    strlen(dictionary)), 0);
	n = ZSTD_compress2(context, room, sizeof room, text, strlen(text));
	assert_false(ZSTD_isError(n));
	put(out, room, n);
	(void)ZSTD_freeCCtx(context);
}

static void
zstd_dictionary(void **state)
{
	char record[3][NOISE + 200], whole[2000], words[3 * NOISE + 1] = "";
	uint8_t room[4096];
	struct pm_buf packed, out;
	size_t second = 0, n;

	(void)state;
	pm_buf_init(&packed);
	pm_buf_init(&out);
	make_three(record);
	(void)snprintf(whole, sizeof whole, "a.warc#1|%s|a.warc#2|%s|"
	    "a.warc#3|%s|", record[0], record[1], record[2]);
	for (size_t i = 0; i < 3; i++)
		(void)strncat(words, record[i] + 60, NOISE);
	/* As it is, compressed, and none. */
	for (int how = 0; how < 3; how++) {
		pm_buf_reset(&packed);
		n = ZSTD_compress(room, sizeof room, words, strlen(words), 3);
		if (how == 0)
			put_skippable(&packed, words, strlen(words));
		else if (how == 1)
			put_skippable(&packed, room, n);
		for (size_t i = 0; i < 3; i++) {
			if (i == 1)
				second = packed.n;
			put_zstd(&packed, record[i], how == 2 ? "" : words);
		}
		take_in(&out, "a.warc.zst", pm_buf_bytes(&packed));
		assert_string_equal((char *)out.p, whole);
		assert_int_equal(reports, 0);
		/* The second frame is broken. */
		packed.p[second + 9] ^= 0xff;
		packed.p[second + 10] ^= 0xff;
		packed.p[second + 4] ^= 0xff;
		take_in(&out, "a.warc.zst", pm_buf_bytes(&packed));
		assert_true(reports >= 1);
		assert_memory_equal(out.p, whole, strlen(record[0]) + 9);
		assert_non_null(strstr((char *)out.p, record[2]));
	}
	/* A dictionary that is none leaves one file. */
	pm_buf_reset(&packed);
	put_skippable(&packed, "\x28\xb5\x2f\xfd????", 8);
	take_in(&out, "a.warc.zst", pm_buf_bytes(&packed));
	assert_int_equal(reports, 1);
	assert_memory_equal(out.p, "a.warc.zst|\x5d\x2a\x4d\x18", 15);
	pm_buf_clear(&packed);
	pm_buf_clear(&out);
}

/* ---- writing ---- */

struct written {
	struct pm_buf packed, plain;
	size_t members, left_out;
	const char *original;
};

static int
take(void *context, const void *p, size_t n)
{
	struct written *w = context;

	put(&w->packed, p, n);
	return 0;
}

static int
give_original(void *context, struct pm_buf *out,
    const struct pm_warc_article *article, struct pm_err *e)
{
	struct written *w = context;

	(void)article;
	if (w->original == NULL)
		return PM_END;
	return pm_buf_append_str(out, w->original, e);
}

static void
count_left_out(void *context, const struct pm_warc_article *article)
{
	(void)article;
	((struct written *)context)->left_out++;
}

static void
unpack(struct written *w)
{
	z_stream z = { .next_in = w->packed.p,
	    .avail_in = (unsigned)w->packed.n };

	assert_int_equal(inflateInit2(&z, 31), Z_OK);
	while (z.avail_in > 0) {
		int code;

		assert_int_equal(pm_buf_reserve(&w->plain, 1 << 16, &err),
		    PM_OK);
		z.next_out = w->plain.p + w->plain.n;
		z.avail_out = 1 << 16;
		code = inflate(&z, Z_NO_FLUSH);
		assert_true(code == Z_OK || code == Z_STREAM_END);
		w->plain.n += (1 << 16) - z.avail_out;
		if (code == Z_STREAM_END) {
			w->members++;
			assert_int_equal(inflateReset(&z), Z_OK);
		}
	}
	(void)inflateEnd(&z);
}

static void
write_warc(struct written *w, const char *original)
{
	static const struct pm_bytes tag[] = {
		{ (const uint8_t *)"news", 4 }, { (const uint8_t *)"a\nb", 3 }
	};
	struct pm_warc_export_options options = { .file_name = "x.warc.gz",
	    .made_seconds = 1700000000, .write = take,
	    .original = give_original, .left_out = count_left_out,
	    .context = w };
	struct pm_warc_article article = { .id = pm_bytes_of("a1"),
	    .url = pm_bytes_of("http://a.b/\xc3\xa4 c"),
	    .text = pm_bytes_of(BODY), .title = pm_bytes_of("Bridge"),
	    .lang = pm_bytes_of("en"), .tag = tag, .tag_n = 2,
	    .crawled = { 1700000001, 60, PM_MINUTE },
	    .published = { 1699920000, 0, PM_DAY }, .has_published = true };
	struct pm_warc_export *export;

	*w = (struct written){ .original = original };
	assert_int_equal(pm_warc_export_open(&export, &options, &err), PM_OK);
	assert_int_equal(pm_warc_export_article(export, &article, &err),
	    PM_OK);
	article.url.n = 0;
	assert_int_equal(pm_warc_export_article(export, &article, &err),
	    PM_OK);
	assert_int_equal(pm_warc_export_finish(export, &err), PM_OK);
	pm_warc_export_close(export);
	unpack(w);
	put(&w->plain, "", 1);
}

static void
written_clear(struct written *w)
{
	pm_buf_clear(&w->packed);
	pm_buf_clear(&w->plain);
}

static void
writes(void **state)
{
	struct written w, again;
	struct pieces pieces;
	const char *text;

	(void)state;
	write_warc(&w, NULL);
	text = (const char *)w.plain.p;
	assert_int_equal(w.members, 3);
	assert_int_equal(w.left_out, 1);
	assert_non_null(strstr(text, "WARC-Type: conversion\r\n"));
	assert_non_null(strstr(text, "WARC-Target-URI: "
	    "http://a.b/%C3%A4%20c\r\n"));
	assert_non_null(strstr(text, "WARC-Date: 2023-11-14T22:13:21Z\r\n"));
	assert_non_null(strstr(text, "id: a1\r\ntitle: Bridge\r\n"
	    "published: 2023-11-14T00:00:00Z\r\nlanguage: en\r\n"
	    "tag: news\r\ntag: a b\r\n\r\n\r\n"));
	/* What is written is read: lengths, digests, text. */
	w.plain.n--;
	cut(&pieces, pm_buf_bytes(&w.plain), PM_SPLIT_WARC, 0, 1000);
	assert_int_equal(pieces.n, 3);
	assert_null(pieces.complaint);
	read_record((struct pm_bytes){ w.plain.p + pieces.size[0],
	    (size_t)pieces.size[1] }, PM_READER_WARC);
	expect_bytes(page.body, BODY);
	assert_int_equal(page.note_n > 0 && has_note("digest", ""), 0);
	write_warc(&again, NULL);
	assert_int_equal(w.packed.n, again.packed.n);
	assert_memory_equal(w.packed.p, again.packed.p, w.packed.n);
	written_clear(&again);
	written_clear(&w);
}

static void
writes_originals(void **state)
{
	static const char whole[] = "WARC/1.0\r\nWARC-Type: response\r\n"
	    "WARC-Record-ID: <urn:x>\r\nContent-Length: 3\r\n\r\nabc\r\n\n";
	static const char *const broken[] = {
		"WARC/0.18\r\nContent-Length: 3\r\n\r\nabc",
		"WARC/1.0\r\nContent-Length: 4\r\n\r\nabc",
		"WARC/1.0\r\nContent-Length: 2\r\n\r\nabc",
		"WARC/1.0\nContent-Length: 3\n\nabc", "WARC/1.0\r\n\r\n", "x"
	};
	struct written w;

	(void)state;
	write_warc(&w, whole);
	assert_int_equal(w.members, 3);
	assert_non_null(strstr((char *)w.plain.p, "\r\n\r\nabc\r\n\r\nWARC/"));
	assert_non_null(strstr((char *)w.plain.p,
	    "WARC-Refers-To: <urn:x>\r\n"));
	assert_null(strstr((char *)w.plain.p, "WARC-Type: conversion"));
	written_clear(&w);
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		write_warc(&w, broken[i]);
		assert_non_null(strstr((char *)w.plain.p,
		    "WARC-Type: conversion"));
		written_clear(&w);
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
		cmocka_unit_test(response),
		cmocka_unit_test(chunks),
		cmocka_unit_test(encodings),
		cmocka_unit_test(brotli),
		cmocka_unit_test(bomb),
		cmocka_unit_test(other_records),
		cmocka_unit_test(digests),
		cmocka_unit_test(odd_records),
		cmocka_unit_test(arc_records),
		cmocka_unit_test(damaged_gzip),
		cmocka_unit_test(zstd_dictionary),
		cmocka_unit_test(writes),
		cmocka_unit_test(writes_originals),
	};

	int failed;

	pm_arena_init(&arena);
	scratch_make(scratch, "warc");
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	scratch_remove(scratch);
	pm_arena_clear(&arena);
	return failed;
}
