/*
 * frames_internal.h - shared by frames.c and frames_fetch.c alone.
 */
#ifndef PM_ARCHIVE_FRAMES_INTERNAL_H
#define PM_ARCHIVE_FRAMES_INTERNAL_H

#include <stdatomic.h>

#include "archive/frames.h"
#include "archive/map.h"
#include "base/list.h"

/* Text of an article or of a teaser that was asked for ahead. */
struct piece {
	uint64_t frame, at;      /* offset, or the ordinal of a teaser */
	uint64_t n;              /* bytes; 0: a teaser */
	enum { PIECE_WANTED, PIECE_TRIED } state;
	struct pm_bytes text, snippet;   /* text.p NULL: it did not come */
};

struct teaser_line {
	size_t at;               /* in the lines */
	bool read;
	struct pm_bytes title, snippet;
};

/* A frame that was asked for a short while ago. */
struct kept {
	uint64_t frame;          /* 0: empty */
	uint64_t used;
	struct pm_buf plain;
	struct pm_arena arena;   /* of the teasers that were asked for */
	struct pm_bytes lines;   /* of the metadata */
	struct teaser_line *teaser;
	size_t teaser_n, teaser_capacity;
	bool has_teasers;
};

/* Kept by those who ask for what lies together, and by those who ask for what
 * one batch brought, in any order; of these so many bytes. */
enum { PM_FRAMES_FEW = 3, PM_FRAMES_KEPT = 48, PM_FRAMES_BYTES = 96 << 20 };

/* How plain bytes are got at: one a thread. */
struct opener {
	struct pm_volume_reader *reader;     /* NULL: plain in spill_fd */
	struct pm_frame_coder *coder;
	struct pm_buf packed, plain;
};

struct fetch;

struct fetched {
	LIST(struct piece) pieces;
	struct pm_map map;
	size_t wanted;           /* pieces that no fetch has tried */
	uint64_t bytes;          /* that came */
	struct fetch *first;
};

/* A frame in the scratch. */
struct spilled {
	uint64_t frame, at;      /* frame 0: none */
	uint32_t bytes, teaser_n;
};

struct scratch {
	int fd;                  /* -1: there is none */
	_Atomic uint64_t end, most;
	LIST(struct spilled) spilled;
	struct pm_map map;
	struct pm_buf line;      /* of the last teaser */
	struct pm_arena arena;
};

/* Where a frame is, for those that ask no catalog. */
struct frame_place {
	uint64_t frame;
	uint32_t volume;
	struct pm_frame_at at;
};

struct frame_places {
	LIST(struct frame_place) places;
};

struct pm_frames {
	struct pm_catalog *catalog;      /* NULL: base is asked */
	const struct pm_frames *base;
	struct frame_places places;      /* of those beside */
	char *archive;           /* NULL: plain in spill_fd */
	int spill_fd;
	struct opener opener;
	struct kept kept[PM_FRAMES_KEPT];
	unsigned kept_n;
	uint64_t clock;
	struct fetched fetched;
	struct scratch scratch;
	/* NULL: the catalog knows. */
	int (*recipe_of)(void *context, uint64_t *frame, uint32_t *offset,
	    uint64_t *bytes, uint64_t capture, struct pm_err *err);
	void *recipe_context;
};

int pm_opener_init(struct opener *out, const struct pm_frames *frames,
    struct pm_err *err);
void pm_opener_clear(struct opener *opener);
/* Append the plain bytes of the frame that lies there. */
int pm_opener_read(struct pm_buf *out, struct opener *opener,
    const struct pm_frames *frames, uint32_t volume,
    const struct pm_frame_at *at, struct pm_err *err);

/* The data of the first member in a folder of a frame; empty: there is none. */
int pm_frames_member(struct pm_bytes *out, struct pm_bytes plain,
    const char *folder, struct pm_err *err);

/* Does a teaser's line begin here? */
bool pm_frames_is_teaser(struct pm_bytes lines, size_t at);

/* What was fetched; NULL: to be read in the long way. */
const struct piece *pm_fetched_text(const struct pm_frames *frames,
    uint64_t frame, uint64_t offset, uint64_t n);
const struct piece *pm_fetched_teaser(const struct pm_frames *frames,
    uint64_t frame, uint32_t ordinal);

void pm_scratch_clear(struct scratch *scratch);
/* On any thread; false: it did not go in.  Found once noted, by the caller. */
bool pm_scratch_put(struct spilled *out, struct scratch *scratch,
    uint64_t frame, struct pm_bytes plain);
int pm_scratch_note(struct scratch *scratch, const struct spilled *spilled,
    struct pm_err *err);
const struct spilled *pm_scratch_find(const struct scratch *scratch,
    uint64_t frame);
/* Bytes of it, appended; within its size. */
int pm_scratch_read(struct pm_buf *out, const struct scratch *scratch,
    const struct spilled *spilled, uint64_t offset, uint64_t n,
    struct pm_err *err);
/* Borrowed until the next. */
int pm_scratch_teaser(struct pm_bytes *title, struct pm_bytes *snippet,
    struct scratch *scratch, const struct spilled *spilled, uint32_t ordinal,
    struct pm_err *err);

#endif
