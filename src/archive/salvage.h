/*
 * salvage.h - what is whole in a damaged archive, and a log of it: shared by
 * the files of `repair` beyond parity.
 *
 * The volumes before the first damaged one stay as they are.  What is behind
 * is found by scanning (salvage_find.c), gets back the ids it had
 * (salvage_place.c), is read (salvage_read.c), and is written as the rest of
 * a new log (salvage_write.c).  Of that:
 *
 * W1  A frame keeps its id, and an article, teaser or capture its number;
 *     numbers of what is lost are left out.
 * W2  A frame that is whole is copied as it is, but for metadata frames with
 *     lines that speak of what is lost: such lines go, or lose that part.
 * W3  In the place of a frame that is lost lies one that says so, with lines
 *     for the runs and articles whose own lines were in it.
 * W4  A capture that can no longer be made is text only (its line is there)
 *     or has no line; either way it is among the lost, which the last batch
 *     lists.
 */
#ifndef PM_ARCHIVE_SALVAGE_H
#define PM_ARCHIVE_SALVAGE_H

#include "archive/map.h"
#include "archive/recipe.h"
#include "base/list.h"
#include "base/pool.h"
#include "store/catalog_lost.h"
#include "store/volume_internal.h"
#include "store/volume_scan.h"

enum salvage_kind {
	SALVAGE_TEXT, SALVAGE_META, SALVAGE_PIECE,
	SALVAGE_OTHER,           /* members of no use; kept */
	SALVAGE_OWN              /* a volume's first frame, or end of archive */
};

struct salvage_frame {
	struct pm_frame_at at;
	uint64_t id;             /* 0: not known yet */
	uint64_t named;          /* as its members say; 0: they do not */
	uint32_t volume;
	bool mended;             /* in the copy beside it that parity made */
	enum salvage_kind kind;
	uint32_t text, text_n;   /* its texts */
};

/* A member text/ARTICLE.txt, or the parts of one. */
struct salvage_text {
	uint64_t article, bytes;
	uint64_t line_frame;     /* where its line is; 0: it has none */
	uint32_t frame;          /* index of the frame it begins in */
	uint32_t offset;
	uint32_t part;           /* plus one; 0: it is no part */
	bool kept;
	uint8_t sha256[PM_SHA256_BYTES];
};

struct salvage_mark {
	uint64_t sequence, run, first_frame;
	uint64_t end;            /* where it ends now */
	uint32_t volume, frame_n, item_n;
	size_t frame, item;      /* where they begin in the lists */
	uint64_t article;        /* of its first item; 0: not known */
	bool seals, begins;      /* its volume */
	bool mended;
	uint8_t chain[PM_SHA256_BYTES];
};

struct salvage_range { uint64_t from, to; };

struct salvage {
	const char *archive;
	struct pm_err *err;
	struct pm_head head;             /* to write on from */
	bool headed;                     /* it is the archive's */
	uint32_t drop_from, drop_to;     /* not of the log */
	uint32_t scanned;        /* while scanning: the volume, */
	bool mended;             /* and which of its files */
	bool torn;               /* the last volume ends with what is nothing */
	uint32_t last_volume;            /* of the files there are, and HEAD's */
	struct pm_walk_start after;      /* what stays ends here */
	struct pm_catalog *catalog;      /* of before; NULL: none to believe */
	struct pm_volume_reader *reader;
	struct pm_volume_file copy;      /* of the volume in copy_volume */
	uint32_t copy_volume;
	struct pm_frame_coder *coder;
	struct pm_buf packed, plain;
	/* Numbers used by what stays. */
	uint64_t captures, teasers, articles;
	char policy[256];
	/* Found. */
	LIST(struct salvage_frame) frame;
	LIST(struct salvage_text) text;
	LIST(struct salvage_mark) mark;
	LIST(struct pm_frame_at) mark_frame;
	LIST(struct pm_item) mark_item;
	/* Placed: index of a frame plus one, 0: lost; from after.next_frame. */
	uint32_t *slot;
	uint64_t slot_n;
	uint64_t known_end;              /* of the slots: the rest is room */
	struct pm_map article;           /* number to index of text */
	struct pm_map run;               /* lines that are there */
	/* While writing. */
	struct pm_map capture;           /* number to enum capture_state */
	struct pm_map teaser;            /* numbers that are there */
	struct pm_map listed[3];         /* numbers among the lost: by kind */
	struct pm_map group;             /* a lost first article, to who is now */
	struct pm_map linked;            /* teasers whose link is written */
	LIST(struct salvage_range) gap[2];       /* numbers without a line: of
	                                          * captures, articles */
	uint64_t capture_frame;          /* of the last line of a capture */
	uint64_t last[2];                /* highest numbers met, likewise */
	LIST(struct pm_item) item;       /* of the batch at hand */
	uint64_t batch_first;            /* id from which items count */
	struct pm_buf lines, norms, digests, recipes;    /* of a frame */
	struct pm_buf lost;              /* lines */
	uint64_t lost_n[3];
	uint64_t lost_frames, kept_frames, changed_frames;
	LIST(struct pm_log_record) record;
	LIST(struct pm_bytes) steps;
	struct pm_arena arena;
};

enum { SALVAGE_GONE = 0, SALVAGE_WHOLE = 1, SALVAGE_UNMADE = 2 };

static inline uint64_t
salvage_first(const struct salvage *salvage)
{
	return salvage->after.next_frame;
}

/* The frame with an id that was placed and is to be kept, or NULL. */
static inline struct salvage_frame *
salvage_kept(const struct salvage *salvage, uint64_t id)
{
	uint64_t i = id - salvage_first(salvage);

	if (id < salvage_first(salvage) || i >= salvage->slot_n ||
	    salvage->slot[i] == 0)
		return NULL;
	return &salvage->frame.p[salvage->slot[i] - 1];
}

/* salvage_find.c: what is there.  All volumes behind after, their frames,
 * texts and markers. */
int pm_salvage_find(struct salvage *salvage);

/* salvage_place.c */
int pm_salvage_place(struct salvage *salvage);
/* The marker whose batch has the frame, or NULL. */
const struct salvage_mark *pm_salvage_mark(const struct salvage *salvage,
    uint64_t frame);
/* A text whose place is known by a recipe; and the rest, anywhere. */
void pm_salvage_place_text(struct salvage *salvage, uint64_t article,
    const struct pm_recipe_reference *from);
int pm_salvage_place_rest(struct salvage *salvage);

/* salvage_read.c: a frame's bytes into salvage->packed and ->plain, and the
 * lines of what is in plain into salvage->record, with norms and digests;
 * salvage->steps: the recipe of each, which borrows from plain. */
int pm_salvage_load(struct salvage *salvage,
    const struct salvage_frame *frame);
int pm_salvage_lines(struct salvage *salvage, uint64_t frame);
/* Which articles and runs have lines. */
int pm_salvage_survey(struct salvage *salvage);

/* salvage_lines.c: the lines of a frame that was loaded, with what speaks of
 * the lost left out, into lines, norms, digests and recipes; *changed: they
 * are others than were there.  Articles with lines go to item. */
int pm_salvage_settle(struct salvage *salvage, uint64_t frame,
    bool *changed);
/* A line for an article or a run whose own is lost. */
int pm_salvage_article_line(struct salvage *salvage,
    const struct salvage_text *text);
int pm_salvage_run_line(struct salvage *salvage, uint64_t run);

/* salvage_lost.c: what the lost lines say. */
int pm_salvage_lose(struct salvage *salvage, const struct pm_log_lost *lost);
/* A line with this number came: those left out before it are lost. */
int pm_salvage_meet(struct salvage *salvage, enum pm_lost_what what,
    uint64_t number);
/* The text of an article is lost; title: what its line says. */
int pm_salvage_lose_article(struct salvage *salvage,
    const struct pm_log_article *article);
/* At the end: all that had no line. */
int pm_salvage_lose_rest(struct salvage *salvage);

/* salvage_write.c */
int pm_salvage_write(struct salvage *salvage,
    struct pm_volume_writer *writer);

/* salvage_check.c: head: of the new log. */
int pm_salvage_check(struct salvage *salvage, const struct pm_head *head,
    struct pm_pool *pool);

/*
 * salvage.c, all of it: the log of an archive that is damaged in any way is
 * replaced by one of what is whole.  Catalog and cache are still of the old
 * log then.  Errors: PM_EBUSY, PM_EIO and others, and nothing was changed;
 * PM_ECORRUPT: so it is, and what was salvaged did not verify.
 */
struct pm_salvaged {
	struct pm_buf lost;              /* lines; to be cleared */
	uint64_t lost_n[3];              /* by enum pm_lost_what, less one */
	uint64_t kept_frames, changed_frames, lost_frames;
};
int pm_salvage(struct pm_salvaged *out, const char *archive,
    struct pm_pool *pool, struct pm_err *err);

#endif
