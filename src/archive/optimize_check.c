/*
 * Every text and every capture once more, out of the new log (O3).
 */
#include "archive/optimize_internal.h"
#include "archive/recipe.h"
#include "base/err.h"

struct check {
	struct optimizer *optimizer;
	struct pm_err *err;
	struct pm_frames *frames;        /* of the new log */
	struct pm_sha256_state *sha256;
	struct pm_buf text;
};

static int
differs(struct pm_err *err, const char *what, uint64_t number)
{
	return pm_fail(err, PM_ECORRUPT, "%s %llu of the new log is not what "
	    "it was; the old one stays", what, (unsigned long long)number);
}

static int
check_text(struct check *check, const struct old_article *article)
{
	uint8_t sha256[PM_SHA256_BYTES];
	int rc;

	pm_buf_reset(&check->text);
	rc = pm_frames_article(&check->text, check->frames,
	    article->new_frame, article->new_offset, article->bytes,
	    check->err);
	if (rc != PM_OK)
		return rc;
	pm_sha256(sha256, pm_buf_bytes(&check->text));
	return memcmp(sha256, article->sha256, sizeof sha256) == 0 ? PM_OK :
	    differs(check->err, "article", article->number);
}

static int
take_piece(void *context, struct pm_bytes bytes, struct pm_err *err)
{
	struct check *check = context;

	(void)err;
	pm_sha256_update(check->sha256, bytes);
	return PM_OK;
}

static int
check_capture(struct check *check, const struct old_capture *capture)
{
	uint8_t sha256[PM_SHA256_BYTES];
	int rc;

	const uint8_t *known = capture->made == 0 ? capture->sha256 :
	    NUMBERED(check->optimizer->made, capture->made)->sha256;

	if (capture->new_frame == 0 || capture->text_only ||
	    capture->withheld)
		return PM_OK;
	rc = pm_recipe_run(check->frames, capture->new_frame,
	    capture->new_offset, capture->bytes, take_piece, check,
	    check->err);
	pm_sha256_final(sha256, check->sha256);
	return rc != PM_OK || memcmp(sha256, known, sizeof sha256) == 0 ? rc : differs(check->err, "capture",
	    capture->number);
}

/* A record file asks for its records; what is like another has its recipe. */
static int
recipe_of(void *context, uint64_t *frame, uint32_t *offset, uint64_t *bytes,
    uint64_t number, struct pm_err *err)
{
	const struct optimizer *optimizer = context;
	const struct old_capture *capture;

	if (number == 0 || number > optimizer->kept_captures)
		return pm_fail(err, PM_ENOTFOUND, "no capture %llu",
		    (unsigned long long)number);
	capture = NUMBERED(optimizer->captures,
	    optimizer->by_number[number - 1]);
	*bytes = capture->bytes;
	capture = NUMBERED(optimizer->captures, capture->root);
	*frame = capture->new_frame;
	*offset = capture->new_offset;
	return PM_OK;
}

static int
check_all(struct check *check)
{
	struct optimizer *optimizer = check->optimizer;
	int rc = PM_OK;

	for (size_t i = 0; i < optimizer->articles.n && rc == PM_OK; i++) {
		const struct old_article *article = NUMBERED(
		    optimizer->articles, optimizer->article_order[i]);

		rc = article->gone ? PM_OK : check_text(check, article);
		if (rc == PM_OK)
			rc = pm_optimize_tell(optimizer, PM_PHASE_CHECK);
	}
	for (size_t i = 0; i < optimizer->kept_captures && rc == PM_OK; i++) {
		rc = check_capture(check, NUMBERED(optimizer->captures,
		    optimizer->by_number[i]));
		if (rc == PM_OK)
			rc = pm_optimize_tell(optimizer, PM_PHASE_CHECK);
	}
	return rc;
}

static int
number_back(struct optimizer *optimizer)
{
	size_t n = optimizer->captures.n;

	optimizer->by_number = pm_alloc_zero(n * sizeof *optimizer->by_number,
	    optimizer->err);
	if (optimizer->by_number == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (!optimizer->captures.p[i].gone)
			optimizer->by_number[optimizer->captures.p[i].number -
			    1] = (uint32_t)i + 1;
	return PM_OK;
}

int
pm_optimize_check(struct optimizer *optimizer)
{
	struct check check = { .optimizer = optimizer,
	    .err = optimizer->err };
	int rc = number_back(optimizer);

	if (rc == PM_OK)
		rc = pm_frames_open(&check.frames, optimizer->places,
		    optimizer->path, -1, optimizer->err);
	if (rc == PM_OK) {
		pm_frames_recipes(check.frames, recipe_of, optimizer);
		rc = pm_frames_scratch(check.frames, optimizer->err);
	}
	if (rc == PM_OK && (check.sha256 = pm_sha256_new(optimizer->err)) ==
	    NULL)
		rc = PM_ENOMEM;
	if (rc == PM_OK)
		rc = check_all(&check);
	pm_sha256_free(check.sha256);
	pm_frames_close(check.frames);
	pm_buf_clear(&check.text);
	return rc;
}
