/*
 * What is left of captures that showed what was forgotten, from recipes in a
 * frame of any bytes.  Before it lie a frame with a text and one with teasers,
 * of which the first is forgotten; captures 1 to 3 showed it, and so did the
 * records of the file that is capture 4.
 */
#include <unistd.h>

#include "archive/forget.h"
#include "base/fs.h"
#include "records.h"
#include "store/record.h"

enum { FRAME = 4096, FRAMES = 3, CAPTURES = 4, APART = 64, BYTES_MAX = 3000 };

static struct pm_catalog *catalog;
static int spill = -1;

static void
put_frame(unsigned frame, const struct pm_buf *plain)
{
	static const uint8_t zero[FRAME];
	struct pm_err err;
	uint64_t at = (uint64_t)FRAME * (frame - 1);

	must(plain->n <= FRAME);
	must(pm_fs_write_at(spill, zero, FRAME, at, "spill", &err) == PM_OK);
	must(pm_fs_write_at(spill, plain->p, plain->n, at, "spill", &err) ==
	    PM_OK);
}

static void
put_text(void)
{
	struct pm_buf plain;
	struct pm_err err;

	pm_buf_init(&plain);
	must(pm_tar_append(&plain, "text/00000001.txt", pm_bytes_of(
	    "The \"mayor\" opened the bridge / on Monday.\n\xc3\xa9\n"), 0,
	    &err) == PM_OK);
	put_frame(1, &plain);
	pm_buf_clear(&plain);
}

static void
put_teasers(void)
{
	struct pm_log_record record = { .kind = PM_LOG_TEASER };
	struct pm_buf plain, lines;
	struct pm_err err;

	pm_buf_init(&plain);
	pm_buf_init(&lines);
	for (uint64_t i = 1; i <= 2; i++) {
		record.u.teaser = (struct pm_log_teaser){ .number = i,
		    .title = pm_bytes_of(i == 1 ? "The bridge of Karst" :
		    "Another of them"),
		    .snippet = pm_bytes_of("It is open ...") };
		must(pm_log_encode(&lines, &record, &err) == PM_OK);
	}
	must(pm_tar_append(&plain, "meta/00000002.jsonl", pm_buf_bytes(&lines),
	    0, &err) == PM_OK);
	put_frame(2, &plain);
	pm_buf_clear(&plain);
	pm_buf_clear(&lines);
}

static void
put_captures(void)
{
	const struct pm_log_sighting sighting[] = { { .teaser = 1 },
	    { .teaser = 2 } };
	struct pm_log_record record = { .kind = PM_LOG_CAPTURE };
	struct pm_err err;

	for (uint64_t i = 1; i <= CAPTURES; i++) {
		record.u.capture = (struct pm_log_capture){ .number = i,
		    .path = pm_bytes_of("a"), .input = pm_bytes_of("in"),
		    .bytes = BYTES_MAX, .kind = i < CAPTURES ?
		    PM_CAPTURE_LIST : PM_CAPTURE_RECORDS, .file = i == 1 ? 0 :
		    CAPTURES, .sha256 = { (uint8_t)i },
		    .recipe_frame = FRAMES, .recipe_offset = i == 1 ? 0 :
		    (uint32_t)(APART * i), .sighting = sighting,
		    .sighting_n = i < CAPTURES ? 2 : 0 };
		must(pm_catalog_apply(catalog, &record, &err) == PM_OK);
	}
}

static void
put_teaser_rows(void)
{
	struct pm_log_record record = { .kind = PM_LOG_TEASER };
	struct pm_err err;

	for (uint64_t i = 1; i <= 2; i++) {
		record.u.teaser = (struct pm_log_teaser){ .number = i,
		    .sha256 = { (uint8_t)i }, .frame = 2,
		    .ordinal = (uint32_t)i - 1 };
		must(pm_catalog_apply(catalog, &record, &err) == PM_OK);
	}
}

static void
forget_first(void)
{
	const struct pm_log_gone_teaser gone = { .number = 1 };
	struct pm_log_record record = { .kind = PM_LOG_FORGET, .u.forget = {
	    .number = 1, .teaser = &gone, .teaser_n = 1 } };
	struct pm_err err;

	must(pm_catalog_apply(catalog, &record, &err) == PM_OK);
}

static void
set_up(void)
{
	struct pm_frame_at frame[FRAMES];
	struct pm_batch batch = { .sequence = 1, .run = 1, .volume = 1,
	    .first_frame = 1, .frame = frame, .frame_n = FRAMES };
	struct pm_err err;

	for (unsigned i = 0; i < FRAMES; i++)
		frame[i] = (struct pm_frame_at){ (uint64_t)FRAME * i, FRAME,
		    FRAME };
	must(pm_fs_open_temp(&spill, &err) == PM_OK);
	must(pm_catalog_open(&catalog, NULL, PM_CATALOG_TEMP, &err) == PM_OK);
	must(pm_catalog_begin(catalog, &err) == PM_OK);
	put_text();
	put_teasers();
	put_teaser_rows();
	put_captures();
	forget_first();
	must(pm_catalog_batch(catalog, &batch, &err) == PM_OK);
	must(pm_catalog_commit(catalog, &err) == PM_OK);
}

static int
keep_bytes(void *context, struct pm_bytes bytes, struct pm_err *err)
{
	return pm_buf_append(context, bytes.p, bytes.n, err);
}

/* The same each time, and no more than there was. */
static void
redact(struct pm_redactor *redactor, uint64_t capture)
{
	struct pm_buf first, second;
	enum pm_fate fate;
	struct pm_err err;
	int rc, again;

	pm_buf_init(&first);
	pm_buf_init(&second);
	rc = pm_redactor_fate(&fate, redactor, capture, &err);
	must(rc == PM_OK || rc == PM_ECORRUPT || rc == PM_ENOTFOUND ||
	    rc == PM_ELIMIT);
	rc = pm_redactor_run(redactor, capture, keep_bytes, &first, &err);
	again = pm_redactor_run(redactor, capture, keep_bytes, &second, &err);
	must(rc == again);
	must(pm_bytes_equal(pm_buf_bytes(&first), pm_buf_bytes(&second)));
	must(first.n <= BYTES_MAX);
	must(rc == PM_OK || rc == PM_ECORRUPT || rc == PM_ENOTFOUND ||
	    rc == PM_ELIMIT);
	pm_buf_clear(&first);
	pm_buf_clear(&second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct pm_redactor *redactor;
	struct pm_frames *frames;
	struct pm_buf plain;
	struct pm_err err;

	if (catalog == NULL)
		set_up();
	n = n < FRAME ? n : FRAME;
	pm_buf_init(&plain);
	must(pm_buf_append(&plain, p, n, &err) == PM_OK);
	put_frame(FRAMES, &plain);
	pm_buf_clear(&plain);
	must(pm_frames_open(&frames, catalog, NULL, spill, &err) == PM_OK);
	must(pm_redactor_open(&redactor, catalog, frames, &err) == PM_OK);
	for (uint64_t i = 1; i <= CAPTURES; i++)
		redact(redactor, i);
	pm_redactor_close(redactor);
	pm_frames_close(frames);
	return 0;
}
