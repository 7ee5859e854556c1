#include "archive/recipe.h"

#include "base/err.h"
#include "page/codec.h"

int
pm_recipe_literal(struct pm_recipe *recipe, struct pm_bytes bytes,
    struct pm_err *err)
{
	int rc;

	if (bytes.n == 0)
		return PM_OK;
	if ((rc = pm_buf_append_byte(recipe->out, PM_STEP_LITERAL, err)) !=
	    PM_OK ||
	    (rc = pm_buf_append_varint(recipe->out, bytes.n, err)) != PM_OK)
		return rc;
	return pm_buf_append(recipe->out, bytes.p, bytes.n, err);
}

int
pm_recipe_copy(struct pm_recipe *recipe, uint64_t frame, uint64_t offset,
    uint64_t n, struct pm_err *err)
{
	int rc;

	if (n == 0)
		return PM_OK;
	if ((rc = pm_buf_append_byte(recipe->out, PM_STEP_COPY, err)) == PM_OK &&
	    (rc = pm_buf_append_varint(recipe->out, recipe->frame - frame,
	    err)) == PM_OK &&
	    (rc = pm_buf_append_varint(recipe->out, offset, err)) == PM_OK)
		rc = pm_buf_append_varint(recipe->out, n, err);
	return rc;
}

int
pm_recipe_coded(struct pm_recipe *recipe, int codec, uint64_t frame,
    uint64_t offset, uint64_t n, struct pm_err *err)
{
	int rc;

	if (codec == PM_CODEC_PLAIN)
		return pm_recipe_copy(recipe, frame, offset, n, err);
	if ((rc = pm_buf_append_byte(recipe->out, PM_STEP_CODED, err)) == PM_OK &&
	    (rc = pm_buf_append_byte(recipe->out, (uint8_t)codec, err)) ==
	    PM_OK &&
	    (rc = pm_buf_append_varint(recipe->out, recipe->frame - frame,
	    err)) == PM_OK &&
	    (rc = pm_buf_append_varint(recipe->out, offset, err)) == PM_OK)
		rc = pm_buf_append_varint(recipe->out, n, err);
	return rc;
}

int
pm_recipe_captures(struct pm_recipe *recipe, uint64_t first, uint64_t n,
    struct pm_err *err)
{
	int rc;

	if ((rc = pm_buf_append_byte(recipe->out, PM_STEP_CAPTURES, err)) ==
	    PM_OK &&
	    (rc = pm_buf_append_varint(recipe->out, first, err)) == PM_OK)
		rc = pm_buf_append_varint(recipe->out, n, err);
	return rc;
}

int
pm_recipe_teaser(struct pm_recipe *recipe, uint64_t frame, uint32_t ordinal,
    struct pm_bytes separator, struct pm_err *err)
{
	int rc;

	if ((rc = pm_buf_append_byte(recipe->out, PM_STEP_TEASER, err)) ==
	    PM_OK &&
	    (rc = pm_buf_append_varint(recipe->out, recipe->frame - frame,
	    err)) == PM_OK &&
	    (rc = pm_buf_append_varint(recipe->out, ordinal, err)) == PM_OK &&
	    (rc = pm_buf_append_varint(recipe->out, separator.n, err)) ==
	    PM_OK)
		rc = pm_buf_append(recipe->out, separator.p, separator.n,
		    err);
	return rc;
}

/* ---- reading ---- */

/* Up to three numbers in a row. */
static int
read_numbers(struct pm_bytes steps, size_t *at, uint64_t *const *out,
    size_t n, struct pm_err *err)
{
	int rc = PM_OK;

	for (size_t i = 0; i < n && rc == PM_OK; i++)
		rc = pm_varint_get(out[i], steps.p, steps.n, at, err);
	return rc;
}

static int
read_bytes(struct pm_bytes *out, struct pm_bytes steps, size_t *at,
    struct pm_err *err)
{
	uint64_t n = 0;
	int rc = pm_varint_get(&n, steps.p, steps.n, at, err);

	if (rc == PM_OK && n > steps.n - *at)
		rc = pm_fail(err, PM_ECORRUPT, "a recipe is cut short");
	if (rc != PM_OK)
		return rc;
	*out = (struct pm_bytes){ steps.p + *at, (size_t)n };
	*at += (size_t)n;
	return PM_OK;
}

int
pm_recipe_next(struct pm_recipe_step *out, struct pm_bytes steps,
    size_t *at, struct pm_err *err)
{
	uint64_t *const place[] = { &out->distance, &out->at, &out->n };
	int rc;

	*out = (struct pm_recipe_step){ 0 };
	if (*at >= steps.n)
		return PM_END;
	out->kind = steps.p[(*at)++];
	switch (out->kind) {
	case PM_STEP_LITERAL:
		return read_bytes(&out->bytes, steps, at, err);
	case PM_STEP_CODED:
		if (*at >= steps.n)
			return pm_fail(err, PM_ECORRUPT,
			    "a recipe is cut short");
		out->codec = steps.p[(*at)++];
		if (!pm_codec_known(out->codec))
			return pm_fail(err, PM_ECORRUPT,
			    "a recipe has a codec of no kind");
		return read_numbers(steps, at, place, 3, err);
	case PM_STEP_COPY:
		return read_numbers(steps, at, place, 3, err);
	case PM_STEP_TEASER:
		rc = read_numbers(steps, at, place, 2, err);
		return rc == PM_OK ? read_bytes(&out->bytes, steps, at, err) :
		    rc;
	case PM_STEP_CAPTURES:
		return read_numbers(steps, at, place + 1, 2, err);
	}
	return pm_fail(err, PM_ECORRUPT, "a recipe has a step of no kind");
}

/* ---- running ---- */

struct run {
	struct pm_frames *frames;
	uint64_t frame;
	unsigned depth;          /* of recipes that run others */
	struct pm_buf stretch;   /* our copy: frames may drop theirs */
	uint64_t left;           /* bytes that must still come out */
	const struct pm_recipe_cut *cut;     /* NULL: nothing is */
	int (*piece)(void *context, struct pm_bytes bytes,
	    struct pm_err *err);
	void *context;
	struct pm_err *err;
};

static int
give(struct run *run, struct pm_bytes bytes)
{
	if (bytes.n > run->left)
		return pm_fail(run->err, PM_ECORRUPT,
		    "a recipe makes too many bytes");
	run->left -= bytes.n;
	return bytes.n == 0 ? PM_OK : run->piece(run->context, bytes,
	    run->err);
}

/* Bytes of the frame that a step names; borrowed until the next. */
static int
get_stretch(struct run *run, struct pm_bytes *out,
    const struct pm_recipe_step *step)
{
	uint64_t frame = run->frame - step->distance;
	int rc;

	if (step->distance >= run->frame)
		return pm_fail(run->err, PM_ECORRUPT,
		    "a recipe names a frame before the first");
	pm_buf_reset(&run->stretch);
	rc = pm_frames_copy(&run->stretch, run->frames, frame, step->at,
	    step->n, run->err);
	*out = pm_buf_bytes(&run->stretch);
	return rc;
}

static int
run_copy(struct run *run, const struct pm_recipe_step *step)
{
	struct pm_bytes bytes;
	int rc = get_stretch(run, &bytes, step);

	return rc == PM_OK ? give(run, bytes) : rc;
}

static int
run_coded(struct run *run, const struct pm_recipe_step *step)
{
	struct pm_bytes text;
	struct pm_buf coded;
	int rc;

	if ((rc = get_stretch(run, &text, step)) != PM_OK)
		return rc;
	pm_buf_init(&coded);
	rc = pm_codec_write(&coded, step->codec, text, run->err);
	if (rc == PM_OK)
		rc = give(run, pm_buf_bytes(&coded));
	pm_buf_clear(&coded);
	return rc;
}

static int run_recipe(struct run *outer, uint64_t frame, uint32_t offset,
    uint64_t bytes);

/* The bytes of other captures, one after the other. */
static int
run_captures(struct run *run, const struct pm_recipe_step *step)
{
	uint64_t frame, bytes;
	uint32_t offset;
	int rc = PM_OK;

	if (run->depth > 0)
		return pm_fail(run->err, PM_ECORRUPT,
		    "a record file is a record of another");
	if (run->cut != NULL)
		return run->cut->captures(run->cut->context, step->at,
		    step->n, run->err);
	for (uint64_t i = 0; i < step->n && rc == PM_OK; i++) {
		rc = pm_frames_recipe_of(&frame, &offset, &bytes, run->frames,
		    step->at + i, run->err);
		if (rc == PM_OK)
			rc = run_recipe(run, frame, offset, bytes);
	}
	return rc;
}

static int
give_spaces(struct run *run, size_t n)
{
	static const uint8_t spaces[] = "                                ";
	int rc = PM_OK;

	while (n > 0 && rc == PM_OK) {
		size_t part = n < sizeof spaces - 1 ? n : sizeof spaces - 1;

		rc = give(run, (struct pm_bytes){ spaces, part });
		n -= part;
	}
	return rc;
}

static int
give_blank(struct run *run, size_t title_n, struct pm_bytes separator,
    size_t snippet_n)
{
	int rc = give_spaces(run, title_n);

	if (rc == PM_OK)
		rc = give(run, separator);
	return rc == PM_OK ? give_spaces(run, snippet_n) : rc;
}

static int
run_teaser(struct run *run, const struct pm_recipe_step *step)
{
	struct pm_bytes title, snippet;
	enum pm_cut cut = PM_CUT_NOT;
	int rc;

	if (step->distance >= run->frame)
		return pm_fail(run->err, PM_ECORRUPT,
		    "a recipe names a frame before the first");
	if (step->at > UINT32_MAX)
		return pm_fail(run->err, PM_ECORRUPT,
		    "a recipe names a teaser that cannot be");
	if (run->cut != NULL && (rc = run->cut->teaser(run->cut->context,
	    &cut, run->frame - step->distance, (uint32_t)step->at,
	    run->err)) != PM_OK)
		return rc;
	if (cut == PM_CUT_OUT)
		return give(run, step->bytes);
	rc = pm_frames_teaser(&title, &snippet, run->frames,
	    run->frame - step->distance, (uint32_t)step->at, run->err);
	if (rc == PM_OK && cut == PM_CUT_BLANK)
		return give_blank(run, title.n, step->bytes, snippet.n);
	if (rc == PM_OK)
		rc = give(run, title);
	if (rc == PM_OK)
		rc = give(run, step->bytes);
	if (rc == PM_OK)
		rc = give(run, snippet);
	return rc;
}

static int
run_step(struct run *run, const struct pm_recipe_step *step)
{
	struct pm_bytes literal = step->bytes;
	int rc;

	switch (step->kind) {
	case PM_STEP_LITERAL:
		if (run->cut != NULL && (rc = run->cut->literal(
		    run->cut->context, &literal, run->err)) != PM_OK)
			return rc;
		return give(run, literal);
	case PM_STEP_COPY:
		return run_copy(run, step);
	case PM_STEP_CODED:
		return run_coded(run, step);
	case PM_STEP_TEASER:
		return run_teaser(run, step);
	case PM_STEP_CAPTURES:
		return run_captures(run, step);
	}
	return PM_OK;
}

static int
load(struct pm_buf *steps, struct pm_frames *frames, uint64_t frame,
    uint32_t offset, struct pm_err *err)
{
	struct pm_bytes plain;
	uint64_t n = 0;
	size_t at = offset;
	int rc = pm_frames_get(&plain, frames, frame, err);

	if (rc != PM_OK)
		return rc;
	if ((rc = pm_varint_get(&n, plain.p, plain.n, &at, err)) != PM_OK)
		return rc;
	if (n > plain.n - at)
		return pm_fail(err, PM_ECORRUPT,
		    "a recipe is cut short in frame %llu",
		    (unsigned long long)frame);
	return pm_buf_append(steps, plain.p + at, (size_t)n, err);
}

static int
run_steps(struct run *run, uint32_t offset)
{
	struct pm_recipe_step step;
	struct pm_buf steps;
	size_t at = 0;
	int rc;

	pm_buf_init(&steps);
	pm_buf_init(&run->stretch);
	rc = load(&steps, run->frames, run->frame, offset, run->err);
	while (rc == PM_OK && (rc = pm_recipe_next(&step,
	    pm_buf_bytes(&steps), &at, run->err)) == PM_OK)
		rc = run_step(run, &step);
	if (rc == PM_END)
		rc = PM_OK;
	if (rc == PM_OK && run->left > 0 && run->cut == NULL)
		rc = pm_fail(run->err, PM_ECORRUPT, "a recipe makes %llu "
		    "bytes too few", (unsigned long long)run->left);
	pm_buf_clear(&run->stretch);
	pm_buf_clear(&steps);
	return rc;
}

static int
run_recipe(struct run *outer, uint64_t frame, uint32_t offset, uint64_t bytes)
{
	struct run run = { .frames = outer->frames, .frame = frame,
	    .depth = outer->depth + 1, .left = bytes, .piece = outer->piece,
	    .context = outer->context, .err = outer->err };

	if (bytes > outer->left)
		return pm_fail(outer->err, PM_ECORRUPT,
		    "a recipe makes too many bytes");
	outer->left -= bytes;
	return run_steps(&run, offset);
}

int
pm_recipe_run(struct pm_frames *frames, uint64_t frame, uint32_t offset,
    uint64_t bytes, int (*piece)(void *context, struct pm_bytes bytes,
    struct pm_err *err), void *context, struct pm_err *err)
{
	struct run run = { .frames = frames, .frame = frame, .left = bytes,
	    .piece = piece, .context = context, .err = err };

	return run_steps(&run, offset);
}

int
pm_recipe_run_cut(struct pm_frames *frames, uint64_t frame, uint32_t offset,
    uint64_t bytes, const struct pm_recipe_cut *cut,
    int (*piece)(void *context, struct pm_bytes bytes, struct pm_err *err),
    void *context, struct pm_err *err)
{
	struct run run = { .frames = frames, .frame = frame,
	    .left = bytes, .cut = cut, .piece = piece,
	    .context = context, .err = err };

	return run_steps(&run, offset);
}

/* ---- without running ---- */

static int
refer(struct pm_recipe_reference *out, uint64_t frame,
    const struct pm_recipe_step *step, struct pm_err *err)
{
	*out = (struct pm_recipe_reference){ 0 };
	if (step->kind == PM_STEP_LITERAL)
		return PM_OK;
	if (step->kind == PM_STEP_CAPTURES) {
		out->first = step->at;
		out->n = step->n;
		return PM_OK;
	}
	if (step->distance >= frame)
		return pm_fail(err, PM_ECORRUPT,
		    "a recipe names a frame before the first");
	out->frame = frame - step->distance;
	if (step->kind != PM_STEP_TEASER) {
		out->offset = step->at;
		out->bytes = step->n;
	}
	return PM_OK;
}

int
pm_recipe_references(uint64_t frame, struct pm_bytes steps,
    int (*reference)(void *context, const struct pm_recipe_reference *to),
    void *context, struct pm_err *err)
{
	struct pm_recipe_reference to;
	struct pm_recipe_step step;
	size_t at = 0;
	int rc;

	while ((rc = pm_recipe_next(&step, steps, &at, err)) == PM_OK) {
		rc = refer(&to, frame, &step, err);
		if (rc == PM_OK && (to.frame != 0 || to.n != 0))
			rc = reference(context, &to);
		if (rc != PM_OK)
			return rc;
	}
	return rc == PM_END ? PM_OK : rc;
}
