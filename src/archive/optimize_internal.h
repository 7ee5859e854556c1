/*
 * optimize_internal.h - the log of an archive on its way into another order;
 * for optimize*.c alone.
 *
 * Of each record so much is held as tells where it stands in the old log and
 * in the new one: some 300 bytes an article, 100 a capture, 50 a teaser.
 *
 * O1  The new log says what the old one says: the last word on each link and
 *     relation, all else line by line, with the numbers of the new order.
 * O2  A capture comes behind the article and the teasers that it names,
 *     behind the capture that it is like, and behind the records that it is
 *     made of; runs keep their order.
 * O3  The old log is replaced only when every text and every capture was made
 *     again from the new one and had its SHA-256; one that was cut (forget.h)
 *     that of what the redactor gave.
 * O4  What was forgotten, and numbers that were lost, are `gone`: of them there
 *     is nothing in the new log but the lines that refuse, and the list of the
 *     lost, which keeps its numbers.
 */
#ifndef PM_ARCHIVE_OPTIMIZE_INTERNAL_H
#define PM_ARCHIVE_OPTIMIZE_INTERNAL_H

#include "archive/archive.h"
#include "archive/fold.h"
#include "archive/forget.h"
#include "archive/alike.h"
#include "archive/pack.h"
#include "base/list.h"

/* A line of the old log. */
struct old_line {
	uint64_t frame;                  /* 0: none */
	uint32_t at, n;                  /* in its plain bytes */
};

struct old_article {
	struct old_line line;
	uint64_t frame, bytes, norm;
	uint32_t offset;
	uint32_t same;                   /* first of its group, or 0 */
	uint32_t cluster;                /* number of its canonical */
	bool gone;
	uint32_t host;                   /* digest of its first capture's */
	uint32_t path;                   /* and the rank of that one's path */
	uint8_t sha256[PM_SHA256_BYTES];
	/* In the new log. */
	uint64_t new_frame;
	uint32_t new_offset, number;
	uint32_t group;                  /* first of its group, if it is the
	                                  * first of the old one */
};

struct old_teaser {
	struct old_line line, link;
	bool gone;
	uint64_t new_frame;              /* 0: its line is not written yet */
	uint32_t ordinal, number;
};

struct old_capture {
	struct old_line line;
	uint64_t recipe_frame, bytes;
	uint32_t recipe_at, recipe_n;
	uint32_t root;                   /* the one whose bytes it is like */
	uint32_t article, run, file;
	uint32_t path;                   /* rank among the paths */
	uint8_t kind;
	uint8_t sha256[PM_SHA256_BYTES]; /* of a root */
	bool text_only;
	bool gone;
	bool cut;                        /* what the redactor gives, or, of a
	                                  * record file, names, is its recipe */
	bool withheld;                   /* cut, and nothing of it is left */
	uint32_t made;                   /* its digest in optimizer.made, if it
	                                  * is not sha256; 0: it is */
	/* In the new log. */
	uint64_t new_frame;
	uint32_t new_offset, number;     /* 0: not written yet */
};

struct old_made { uint8_t sha256[PM_SHA256_BYTES]; };

struct old_run {
	struct old_line line, end;
	uint32_t first, n;               /* captures */
};

struct old_relation {
	struct pm_log_relation last;
	uint32_t serial;
};

struct optimizer {
	const char *path;
	const struct pm_optimize_options *options;
	struct pm_writer writer;
	struct pm_err *err;
	struct pm_arena arena;           /* of what is decoded of one line */
	LIST(struct old_article) articles;
	/* Of the texts, by place (alike.h); only until their order is made. */
	uint32_t *sample;
	uint8_t *sample_n;
	size_t sample_most, sampled, expected;
	LIST(struct old_teaser) teasers;
	LIST(struct old_capture) captures;
	LIST(struct old_run) runs;
	LIST(struct old_relation) relations;
	LIST(struct old_line) forgets, lost;
	LIST(struct old_made) made;
	uint64_t gaps;                   /* numbers that have no line */
	size_t text_lines;               /* articles that have one */
	size_t kept_articles, kept_captures;
	struct pm_redactor *redactor;
	/* Of captures; only until their order is made. */
	LIST(struct pm_bytes) paths;
	struct pm_arena names;
	/* Old numbers in the new order. */
	uint32_t *article_order, *capture_order;
	uint32_t *file;                  /* new number of a record file, by the
	                                  * old one; 0: not met yet */
	uint32_t *by_number;             /* captures: old number by new */
	uint64_t told, total;            /* bytes, for progress */
	unsigned calls, threads;
	struct pm_buf line;
	struct pm_catalog *places;       /* where the new frames are */
};

/* The new log while it is written. */
struct new_log {
	struct optimizer *optimizer;
	struct pm_err *err;
	struct pm_packer *packer;
	struct pm_sink sink;
	uint32_t frame_bytes;            /* of texts */
	uint32_t articles, teasers, captures;        /* numbers given so far */
	/* Of the batch. */
	bool begun;
	uint64_t first_frame, frame;     /* the next one's id */
	uint64_t plain_bytes;
	LIST(struct pm_item) items;
	LIST(uint32_t) batch_articles;   /* old numbers */
	LIST(uint32_t) batch_teasers;
	/* Of the open frame. */
	struct pm_buf texts;
	struct pm_buf lines, norms, digests, recipes;
	LIST(uint32_t) open;             /* captures whose recipes it has */
	uint32_t teaser_n;
	/* Of the capture at hand. */
	struct pm_buf old_recipe, recipe, shell, stretch, cut;
	bool in_pieces;
	uint64_t next_piece;             /* frame of it */
};

/* The n-th of anything, by its number. */
#define NUMBERED(list, number) (&(list).p[(number) - 1])

/* optimize_read.c: the old log into *optimizer, every digest compared. */
int pm_optimize_read(struct optimizer *optimizer);
/* A line of the old log, decoded; lives until the next. */
int pm_optimize_line(struct pm_log_record *out, struct optimizer *optimizer,
    const struct old_line *line);

/* optimize_forget.c: what is gone, what is cut, whose recipe serves whom. */
int pm_optimize_forget(struct optimizer *optimizer);
/* A line of a forgetting, so that it refuses and names nothing. */
void pm_optimize_tombstone(struct pm_log_forget *line,
    struct pm_log_gone_article *article, struct pm_log_gone_teaser *teaser);

/* optimize_order.c: in which order texts and captures are written. */
int pm_optimize_order(struct optimizer *optimizer);

/* optimize_write.c: the new log, all batches. */
int pm_optimize_write(struct optimizer *optimizer);

/* A batch, for that run; no error when one has begun already. */
int pm_optimize_begin(struct new_log *log, uint32_t run);
int pm_optimize_commit_full(struct new_log *log);
/* Room for a line that had n bytes, with so many numbers, and for `more` bytes
 * of data in the open frame, or in a new one. */
int pm_optimize_room(struct new_log *log, uint64_t n, uint64_t numbers,
    uint64_t more);
int pm_optimize_put(struct new_log *log, const struct pm_log_record *record);

/* optimize_capture.c: a run, with its captures from `at` on in their order. */
int pm_optimize_run(struct new_log *log, uint32_t run, uint32_t at);

/* A frame of one member of data, after the open one. */
int pm_optimize_piece(struct new_log *log, struct pm_bytes piece);

/* optimize_recipe.c.  The recipe of a capture into log->old_recipe. */
int pm_optimize_load(struct new_log *log, const struct old_capture *capture);
/* Tell the captures and teasers that the loaded recipe names (old numbers). */
int pm_optimize_named(struct new_log *log, const struct old_capture *capture,
    int (*of_capture)(void *context, uint64_t number),
    int (*of_teaser)(void *context, uint64_t number), void *context);
/* How long the new recipe can be at most.  What a large capture copies from no
 * text is written as pieces now, before the open frame. */
int pm_optimize_pieces(uint64_t *most, struct new_log *log,
    const struct old_capture *capture);
/* The same for the new log into log->recipe: for the open frame. */
int pm_optimize_recipe(struct new_log *log,
    const struct old_capture *capture);

/* optimize_check.c (O3). */
int pm_optimize_check(struct optimizer *optimizer);

/* optimize_forecast.c: fills all of *out but bytes_before, which is given. */
int pm_optimize_forecast(struct pm_optimized *out,
    struct optimizer *optimizer);

int pm_optimize_tell(struct optimizer *optimizer, enum pm_phase phase);

#endif
