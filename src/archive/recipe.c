#include "archive/recipe.h"

#include "base/err.h"
#include "page/codec.h"

enum step {
	STEP_LITERAL = 1, STEP_COPY = 2, STEP_TEASER = 3, STEP_CODED = 4,
	STEP_CAPTURES = 5
};

int
pm_recipe_literal(struct pm_recipe *recipe, struct pm_bytes bytes,
    struct pm_err *err)
{
	int rc;

	if (bytes.n == 0)
		return PM_OK;
	if ((rc = pm_buf_append_byte(recipe->out, STEP_LITERAL, err)) !=
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
	if ((rc = pm_buf_append_byte(recipe->out, STEP_COPY, err)) == PM_OK &&
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
	if ((rc = pm_buf_append_byte(recipe->out, STEP_CODED, err)) == PM_OK &&
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

	if ((rc = pm_buf_append_byte(recipe->out, STEP_CAPTURES, err)) ==
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

	if ((rc = pm_buf_append_byte(recipe->out, STEP_TEASER, err)) ==
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

/* ---- running ---- */

struct run {
	struct pm_frames *frames;
	uint64_t frame;
	unsigned depth;          /* of recipes that run others */
	struct pm_bytes steps;   /* our copy: frames may drop theirs */
	size_t at;
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

static int
next_number(struct run *run, uint64_t *out)
{
	return pm_varint_get(out, run->steps.p, run->steps.n, &run->at,
	    run->err);
}

/* The frame that lies `distance` before the recipe's. */
static int
next_frame(struct run *run, uint64_t *out)
{
	uint64_t distance = 0;
	int rc = next_number(run, &distance);

	if (rc == PM_OK && distance >= run->frame)
		rc = pm_fail(run->err, PM_ECORRUPT,
		    "a recipe names a frame before the first");
	*out = run->frame - distance;
	return rc;
}

static int
next_bytes(struct run *run, struct pm_bytes *out)
{
	uint64_t n = 0;
	int rc = next_number(run, &n);

	if (rc == PM_OK && n > run->steps.n - run->at)
		rc = pm_fail(run->err, PM_ECORRUPT, "a recipe is cut short");
	if (rc != PM_OK)
		return rc;
	*out = (struct pm_bytes){ run->steps.p + run->at, (size_t)n };
	run->at += (size_t)n;
	return PM_OK;
}

/* Bytes of a frame; borrowed until the next one is asked for. */
static int
next_stretch(struct run *run, struct pm_bytes *out)
{
	uint64_t frame, offset = 0, n = 0;
	struct pm_bytes plain;
	int rc;

	if ((rc = next_frame(run, &frame)) != PM_OK ||
	    (rc = next_number(run, &offset)) != PM_OK ||
	    (rc = next_number(run, &n)) != PM_OK ||
	    (rc = pm_frames_get(&plain, run->frames, frame, run->err)) !=
	    PM_OK)
		return rc;
	if (offset > plain.n || n > plain.n - offset)
		return pm_fail(run->err, PM_ECORRUPT,
		    "a recipe copies from past the end of frame %llu",
		    (unsigned long long)frame);
	*out = (struct pm_bytes){ plain.p + offset, (size_t)n };
	return PM_OK;
}

static int
run_copy(struct run *run)
{
	struct pm_bytes bytes;
	int rc = next_stretch(run, &bytes);

	return rc == PM_OK ? give(run, bytes) : rc;
}

static int
run_coded(struct run *run)
{
	struct pm_bytes text;
	struct pm_buf coded;
	int rc, codec;

	if (run->at >= run->steps.n)
		return pm_fail(run->err, PM_ECORRUPT,
		    "a recipe is cut short");
	codec = run->steps.p[run->at++];
	if (!pm_codec_known(codec))
		return pm_fail(run->err, PM_ECORRUPT,
		    "a recipe has a codec of no kind");
	if ((rc = next_stretch(run, &text)) != PM_OK)
		return rc;
	pm_buf_init(&coded);
	rc = pm_codec_write(&coded, codec, text, run->err);
	if (rc == PM_OK)
		rc = give(run, pm_buf_bytes(&coded));
	pm_buf_clear(&coded);
	return rc;
}

static int run_recipe(struct run *outer, uint64_t frame, uint32_t offset,
    uint64_t bytes);

/* The bytes of other captures, one after the other. */
static int
run_captures(struct run *run)
{
	uint64_t first = 0, n = 0, frame, bytes;
	uint32_t offset;
	int rc;

	if ((rc = next_number(run, &first)) != PM_OK ||
	    (rc = next_number(run, &n)) != PM_OK)
		return rc;
	if (run->depth > 0)
		return pm_fail(run->err, PM_ECORRUPT,
		    "a record file is a record of another");
	if (run->cut != NULL)
		return run->cut->captures(run->cut->context, first, n,
		    run->err);
	for (uint64_t i = 0; i < n && rc == PM_OK; i++) {
		rc = pm_frames_recipe_of(&frame, &offset, &bytes, run->frames,
		    first + i, run->err);
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
run_teaser(struct run *run)
{
	struct pm_bytes separator, title, snippet;
	uint64_t frame, ordinal = 0;
	enum pm_cut cut = PM_CUT_NOT;
	int rc;

	if ((rc = next_frame(run, &frame)) != PM_OK ||
	    (rc = next_number(run, &ordinal)) != PM_OK ||
	    (rc = next_bytes(run, &separator)) != PM_OK)
		return rc;
	if (ordinal > UINT32_MAX)
		return pm_fail(run->err, PM_ECORRUPT,
		    "a recipe names a teaser that cannot be");
	if (run->cut != NULL && (rc = run->cut->teaser(run->cut->context,
	    &cut, frame, (uint32_t)ordinal, run->err)) != PM_OK)
		return rc;
	if (cut == PM_CUT_OUT)
		return give(run, separator);
	rc = pm_frames_teaser(&title, &snippet, run->frames, frame,
	    (uint32_t)ordinal, run->err);
	if (rc == PM_OK && cut == PM_CUT_BLANK)
		return give_blank(run, title.n, separator, snippet.n);
	if (rc == PM_OK)
		rc = give(run, title);
	if (rc == PM_OK)
		rc = give(run, separator);
	if (rc == PM_OK)
		rc = give(run, snippet);
	return rc;
}

static int
run_step(struct run *run)
{
	struct pm_bytes literal;
	int rc;

	switch (run->steps.p[run->at++]) {
	case STEP_LITERAL:
		if ((rc = next_bytes(run, &literal)) != PM_OK ||
		    (run->cut != NULL && (rc = run->cut->literal(
		    run->cut->context, &literal, run->err)) != PM_OK))
			return rc;
		return give(run, literal);
	case STEP_COPY:
		return run_copy(run);
	case STEP_TEASER:
		return run_teaser(run);
	case STEP_CODED:
		return run_coded(run);
	case STEP_CAPTURES:
		return run_captures(run);
	default:
		return pm_fail(run->err, PM_ECORRUPT,
		    "a recipe has a step of no kind");
	}
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
	struct pm_buf steps;
	int rc;

	pm_buf_init(&steps);
	rc = load(&steps, run->frames, run->frame, offset, run->err);
	run->steps = pm_buf_bytes(&steps);
	while (rc == PM_OK && run->at < run->steps.n)
		rc = run_step(run);
	if (rc == PM_OK && run->left > 0 && run->cut == NULL)
		rc = pm_fail(run->err, PM_ECORRUPT, "a recipe makes %llu "
		    "bytes too few", (unsigned long long)run->left);
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

/* The fields of the step at run->at, behind its first byte. */
static int
read_reference(struct run *run, int step, struct pm_recipe_reference *out)
{
	struct pm_bytes literal;
	uint64_t ordinal = 0;
	int rc;

	*out = (struct pm_recipe_reference){ 0 };
	if (step == STEP_LITERAL)
		return next_bytes(run, &literal);
	if (step == STEP_CAPTURES)
		return (rc = next_number(run, &out->first)) == PM_OK ?
		    next_number(run, &out->n) : rc;
	if (step == STEP_CODED && run->at++ >= run->steps.n)
		return pm_fail(run->err, PM_ECORRUPT,
		    "a recipe is cut short");
	if (step != STEP_COPY && step != STEP_CODED && step != STEP_TEASER)
		return pm_fail(run->err, PM_ECORRUPT,
		    "a recipe has a step of no kind");
	if ((rc = next_frame(run, &out->frame)) != PM_OK)
		return rc;
	if (step == STEP_TEASER)
		return (rc = next_number(run, &ordinal)) == PM_OK ?
		    next_bytes(run, &literal) : rc;
	return (rc = next_number(run, &out->offset)) == PM_OK ?
	    next_number(run, &out->bytes) : rc;
}

int
pm_recipe_references(uint64_t frame, struct pm_bytes steps,
    int (*reference)(void *context, const struct pm_recipe_reference *to),
    void *context, struct pm_err *err)
{
	struct run run = { .frame = frame, .steps = steps, .err = err };
	struct pm_recipe_reference to;
	int rc = PM_OK;

	while (rc == PM_OK && run.at < steps.n) {
		int step = steps.p[run.at++];

		if ((rc = read_reference(&run, step, &to)) == PM_OK &&
		    (to.frame != 0 || to.n != 0))
			rc = reference(context, &to);
	}
	return rc;
}
