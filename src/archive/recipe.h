/*
 * recipe.h - how the bytes of a capture are made again: from its article's
 * body, from teasers, from pieces, and from what is its own (the shell); those
 * of a record file from its records.
 *
 * A recipe is a sequence of steps in a frame's data member; bytes in
 * src/FORMAT.md, "Recipes".  A frame is named by its distance back from the
 * frame that holds the recipe.
 */
#ifndef PM_ARCHIVE_RECIPE_H
#define PM_ARCHIVE_RECIPE_H

#include "archive/frames.h"

enum pm_step {
	PM_STEP_LITERAL = 1, PM_STEP_COPY = 2, PM_STEP_TEASER = 3,
	PM_STEP_CODED = 4, PM_STEP_CAPTURES = 5
};

/* One step as it stands; what it does not have is 0. */
struct pm_recipe_step {
	enum pm_step kind;
	struct pm_bytes bytes;   /* literal; between title and snippet */
	uint64_t distance;       /* of the frame it names */
	uint64_t at, n;          /* at: also ordinal, first capture */
	int codec;
};
/* The step at *at, moving past it: PM_OK, PM_END, PM_ECORRUPT. */
int pm_recipe_next(struct pm_recipe_step *out, struct pm_bytes steps,
    size_t *at, struct pm_err *err);

struct pm_recipe {
	struct pm_buf *out;
	uint64_t frame;          /* that will hold it */
};

int pm_recipe_literal(struct pm_recipe *recipe, struct pm_bytes bytes,
    struct pm_err *err);
/* n bytes at offset of a frame's plain bytes. */
int pm_recipe_copy(struct pm_recipe *recipe, uint64_t frame, uint64_t offset,
    uint64_t n, struct pm_err *err);
/* The same, written as the codec of page/codec.h writes it. */
int pm_recipe_coded(struct pm_recipe *recipe, int codec, uint64_t frame,
    uint64_t offset, uint64_t n, struct pm_err *err);
/* Captures first to first + n - 1, one after the other; they have no such step
 * themselves. */
int pm_recipe_captures(struct pm_recipe *recipe, uint64_t first, uint64_t n,
    struct pm_err *err);
/* Title, separator, snippet. */
int pm_recipe_teaser(struct pm_recipe *recipe, uint64_t frame,
    uint32_t ordinal, struct pm_bytes separator, struct pm_err *err);

/*
 * Run the recipe that stands, with its length before it, at offset of frame.
 * bytes is what must come out; PM_ECORRUPT when something else does.  What
 * comes out is given in pieces; a non-zero answer ends the run with it.
 */
int pm_recipe_run(struct pm_frames *frames, uint64_t frame, uint32_t offset,
    uint64_t bytes, int (*piece)(void *context, struct pm_bytes bytes,
    struct pm_err *err), void *context, struct pm_err *err);

/*
 * The same without what is cut: whoever asks is told of each teaser (is it
 * gone?), may give other bytes in the place of a literal, and gives the
 * captures that a record file is made of.  At most so many bytes come out.
 */
enum pm_cut {
	PM_CUT_NOT,
	PM_CUT_OUT,
	PM_CUT_BLANK                     /* spaces in its place */
};
struct pm_recipe_cut {
	int (*teaser)(void *context, enum pm_cut *cut, uint64_t frame,
	    uint32_t ordinal, struct pm_err *err);
	int (*literal)(void *context, struct pm_bytes *literal,
	    struct pm_err *err);
	int (*captures)(void *context, uint64_t first, uint64_t n,
	    struct pm_err *err);
	void *context;
};
int pm_recipe_run_cut(struct pm_frames *frames, uint64_t frame,
    uint32_t offset, uint64_t bytes, const struct pm_recipe_cut *cut,
    int (*piece)(void *context, struct pm_bytes bytes, struct pm_err *err),
    void *context, struct pm_err *err);

/*
 * What the steps of a recipe that stands in a frame refer to, without running
 * them: a frame of which at least one byte or a teaser is taken, or captures.
 * A non-zero answer ends it.
 */
struct pm_recipe_reference {
	uint64_t frame;                  /* 0: captures */
	uint64_t offset, bytes;          /* in it; bytes 0: a teaser */
	uint64_t first, n;               /* captures */
};
int pm_recipe_references(uint64_t frame, struct pm_bytes steps,
    int (*reference)(void *context, const struct pm_recipe_reference *to),
    void *context, struct pm_err *err);

#endif
