/*
 * Recipes in a frame of any bytes.  Before it lie a frame with a text and one
 * with teasers; captures 1 to 3 have their recipes in it.  The first two bytes
 * say how many bytes are to come out; the rest is the frame.
 */
#include <unistd.h>

#include "archive/recipe.h"
#include "base/fs.h"
#include "records.h"
#include "store/record.h"

enum { FRAME = 4096, FRAMES = 3, CAPTURES = 3, APART = 64 };

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
		    .title = pm_bytes_of("The bridge"),
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
	struct pm_log_record record = { .kind = PM_LOG_CAPTURE };
	struct pm_err err;

	for (uint64_t i = 1; i <= CAPTURES; i++) {
		record.u.capture = (struct pm_log_capture){ .number = i,
		    .path = pm_bytes_of("a"), .input = pm_bytes_of("in"),
		    .bytes = 10 * i, .kind = PM_CAPTURE_OPAQUE,
		    .sha256 = { (uint8_t)i }, .recipe_frame = FRAMES,
		    .recipe_offset = (uint32_t)(APART * i) };
		must(pm_catalog_apply(catalog, &record, &err) == PM_OK);
	}
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
	put_captures();
	must(pm_catalog_batch(catalog, &batch, &err) == PM_OK);
	must(pm_catalog_commit(catalog, &err) == PM_OK);
}

static int
count_bytes(void *context, struct pm_bytes bytes, struct pm_err *err)
{
	uint64_t *n = context;

	(void)err;
	must(bytes.n > 0 && bytes.p != NULL);
	*n += bytes.n;
	return PM_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct pm_frames *frames;
	struct pm_buf plain;
	struct pm_err err;
	uint64_t wanted, made = 0;
	int rc;

	if (n < 2)
		return 0;
	if (catalog == NULL)
		set_up();
	wanted = p[0] | (uint64_t)p[1] << 8;
	n = n - 2 < FRAME ? n - 2 : FRAME;
	pm_buf_init(&plain);
	must(pm_buf_append(&plain, p + 2, n, &err) == PM_OK);
	put_frame(FRAMES, &plain);
	pm_buf_clear(&plain);
	must(pm_frames_open(&frames, catalog, NULL, spill, &err) == PM_OK);
	rc = pm_recipe_run(frames, FRAMES, 0, wanted, count_bytes, &made,
	    &err);
	must(made <= wanted);
	must(rc == PM_OK ? made == wanted : rc == PM_ECORRUPT ||
	    rc == PM_ENOTFOUND || rc == PM_ELIMIT);
	pm_frames_close(frames);
	return 0;
}
