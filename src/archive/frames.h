/*
 * frames.h - plain bytes of frames by id, a few kept.
 *
 * From the volumes of an archive, or from the spill file of a scan, by the
 * places in the catalog.  Not thread-safe.
 */
#ifndef PM_ARCHIVE_FRAMES_H
#define PM_ARCHIVE_FRAMES_H

#include "base/pool.h"
#include "store/catalog.h"

struct pm_frames;

/* archive NULL: frames lie plain in the file spill_fd (borrowed). */
int pm_frames_open(struct pm_frames **out, struct pm_catalog *catalog,
    const char *archive, int spill_fd, struct pm_err *err);
void pm_frames_close(struct pm_frames *frames);      /* accepts NULL */

/* The same frames for another thread, which asks no catalog: only while `base`
 * is open, and with no recipes of record files. */
int pm_frames_open_beside(struct pm_frames **out, struct pm_frames *base,
    struct pm_err *err);

/* Keep not the last few frames, but about 96 MiB of them. */
void pm_frames_keep_many(struct pm_frames *frames);

/* Borrowed until the next call on frames. */
int pm_frames_get(struct pm_bytes *plain, struct pm_frames *frames,
    uint64_t frame, struct pm_err *err);

/* n bytes at offset of a frame, appended; PM_ECORRUPT past its end. */
int pm_frames_copy(struct pm_buf *out, struct pm_frames *frames,
    uint64_t frame, uint64_t offset, uint64_t n, struct pm_err *err);

/* The body of an article, appended.  A body of over PM_MEMBER_MAX bytes
 * continues in the frames that follow. */
int pm_frames_article(struct pm_buf *out, struct pm_frames *frames,
    uint64_t frame, uint32_t offset, uint64_t bytes, struct pm_err *err);

/* A teaser by its place; borrowed until the next call. */
int pm_frames_teaser(struct pm_bytes *title, struct pm_bytes *snippet,
    struct pm_frames *frames, uint64_t frame, uint32_t ordinal,
    struct pm_err *err);

/* The same as a struct pm_text_source asks for it; context: the frames. */
int pm_frames_text(void *context, struct pm_bytes *title,
    struct pm_bytes *snippet, uint64_t frame, uint32_t ordinal,
    struct pm_err *err);

/* Where the recipe of a capture stands, and how many bytes it makes: asked of
 * the catalog, or of who knows better. */
void pm_frames_recipes(struct pm_frames *frames, int (*recipe_of)(
    void *context, uint64_t *frame, uint32_t *offset, uint64_t *bytes,
    uint64_t capture, struct pm_err *err), void *context);
int pm_frames_recipe_of(uint64_t *frame, uint32_t *offset, uint64_t *bytes,
    struct pm_frames *frames, uint64_t capture, struct pm_err *err);

/*
 * From now on frames that were decoded once lie plain in a file without a name
 * in the archive's cache/, at most a fourth of what the disk has free: for
 * who asks many frames again and again.  Only for the one who writes.
 */
int pm_frames_scratch(struct pm_frames *frames, struct pm_err *err);

/*
 * Texts that will be asked for soon.  Want any number of them, then fetch: each
 * frame is read and decoded once, on all threads of the pool, and what was
 * wanted of it is kept until pm_frames_forget.  A hint: what is not there, or
 * has no room in `most` bytes, is read when it is asked for, and what is
 * damaged is told then.
 */
int pm_frames_want(struct pm_frames *frames, uint64_t frame, uint32_t offset,
    uint64_t bytes, struct pm_err *err);
int pm_frames_want_teaser(struct pm_frames *frames, uint64_t frame,
    uint32_t ordinal, struct pm_err *err);
int pm_frames_fetch(struct pm_frames *frames, struct pm_pool *pool,
    unsigned threads, uint64_t most, struct pm_err *err);
void pm_frames_forget(struct pm_frames *frames);

/* The data member of a frame. */
int pm_frames_data(struct pm_bytes *out, struct pm_frames *frames,
    uint64_t frame, struct pm_err *err);

#endif
