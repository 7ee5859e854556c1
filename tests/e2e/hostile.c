/*
 * hostile KIND N >TAR - N pages that are meant to do harm, as a tar on
 * standard output:
 *
 *   text   all of one text
 *   word   of one word each
 *   bands  300 words in common and three of their own: each near each other,
 *          every key of the index the same in most of them
 *   grow   the same, each longer than the one before: the worst order
 *   soup   one page of N bytes: right-to-left letters, signs that turn the
 *          direction, rows of combining marks
 *   page   one page of N bytes of prose without a line end
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "store/frame.h"

static struct pm_buf out;
static struct pm_err err;

static void
must(int rc)
{
	if (rc != PM_OK) {
		fprintf(stderr, "hostile: %s\n", err.text);
		exit(1);
	}
}

static void
flush(void)
{
	if (fwrite(out.p, 1, out.n, stdout) != out.n) {
		perror("hostile");
		exit(1);
	}
	pm_buf_reset(&out);
}

static void
put_page(uint64_t number, const struct pm_buf *text)
{
	char name[64];

	(void)snprintf(name, sizeof name, "%03" PRIu64 "/%07" PRIu64 ".txt",
	    number / 1000, number);
	must(pm_tar_header(&out, name, text->n, 1700000000, &err));
	must(pm_buf_append(&out, text->p, text->n, &err));
	must(pm_buf_append_zero(&out, (512 - text->n % 512) % 512, &err));
	if (out.n > 1 << 20)
		flush();
}

static void
put_words(struct pm_buf *text, uint64_t from, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		must(pm_buf_printf(text, &err, "word%" PRIu64 "%s", from + i,
		    i % 12 == 11 ? ".\n\n" : " "));
}

static void
small_page(struct pm_buf *text, const char *kind, uint64_t i)
{
	pm_buf_reset(text);
	if (strcmp(kind, "text") == 0) {
		put_words(text, 0, 200);
	} else if (strcmp(kind, "word") == 0) {
		must(pm_buf_printf(text, &err, "word%" PRIu64 "\n", i));
	} else {
		put_words(text, 0, 300);
		put_words(text, 1000000 + i * 3,
		    strcmp(kind, "grow") == 0 ? 3 + i % 40 : 3);
	}
}

static void
big_page(struct pm_buf *text, const char *kind, uint64_t n)
{
	static const char *const soup[] = { "\u0634\u0645\u0633 ",
	    "\u05d0\u0323\u05d1\u0301", "\u202e\u202b\u2067x\u202c",
	    "a\u0301\u0323\u0301\u0323\u0301\u0323", "\u0301\u0323",
	    "\u1100\u1161\u11a8\u1161\u1161", "\u0e33\u0e33\u0300" };
	uint64_t state = 1;

	while (text->n < n) {
		state = state * UINT64_C(6364136223846793005) + 1;
		if (strcmp(kind, "soup") == 0)
			must(pm_buf_append_str(text, soup[(state >> 33) % 7],
			    &err));
		else
			must(pm_buf_printf(text, &err, "word%u ",
			    (unsigned)(state >> 48)));
	}
}

int
main(int argc, char **argv)
{
	struct pm_buf text;
	uint64_t n;

	if (argc != 3) {
		fputs("usage: hostile KIND N\n", stderr);
		return 2;
	}
	n = strtoull(argv[2], NULL, 10);
	pm_buf_init(&out);
	pm_buf_init(&text);
	if (strcmp(argv[1], "soup") == 0 || strcmp(argv[1], "page") == 0) {
		big_page(&text, argv[1], n);
		put_page(0, &text);
	} else {
		for (uint64_t i = 0; i < n; i++) {
			small_page(&text, argv[1], i);
			put_page(i, &text);
		}
	}
	must(pm_buf_append_zero(&out, 1024, &err));
	flush();
	pm_buf_clear(&out);
	pm_buf_clear(&text);
	return 0;
}
