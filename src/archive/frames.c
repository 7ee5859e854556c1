#include "archive/frames.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"

enum { KEPT = 6 };

struct teaser_line {
	size_t at;               /* in the lines */
	bool read;
	struct pm_bytes title, snippet;
};

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

struct pm_frames {
	struct pm_catalog *catalog;
	struct pm_volume_reader *reader;
	struct pm_frame_coder *coder;
	int spill_fd;
	struct pm_buf packed;
	struct kept kept[KEPT];
	uint64_t clock;
};

int
pm_frames_open(struct pm_frames **out, struct pm_catalog *catalog,
    const char *archive, int spill_fd, struct pm_err *err)
{
	struct pm_frames *frames = pm_alloc_zero(sizeof *frames, err);
	int rc = PM_OK;

	if (frames == NULL)
		return PM_ENOMEM;
	frames->catalog = catalog;
	frames->spill_fd = spill_fd;
	for (int i = 0; i < KEPT; i++)
		pm_arena_init(&frames->kept[i].arena);
	if (archive != NULL)
		rc = pm_volume_reader_open(&frames->reader, archive, err);
	if (rc == PM_OK)
		rc = pm_frame_coder_new(&frames->coder, err);
	if (rc == PM_OK)
		*out = frames;
	else
		pm_frames_close(frames);
	return rc;
}

void
pm_frames_close(struct pm_frames *frames)
{
	if (frames == NULL)
		return;
	for (int i = 0; i < KEPT; i++) {
		pm_buf_clear(&frames->kept[i].plain);
		pm_arena_clear(&frames->kept[i].arena);
		pm_free(frames->kept[i].teaser);
	}
	pm_buf_clear(&frames->packed);
	pm_frame_coder_free(frames->coder);
	pm_volume_reader_close(frames->reader);
	pm_free(frames);
}

static int
read_frame(struct pm_frames *frames, struct pm_buf *out, uint64_t id,
    struct pm_err *err)
{
	struct pm_frame_at at;
	uint32_t volume;
	int rc = pm_catalog_frame(&volume, &at, frames->catalog, id, err);

	if (rc != PM_OK)
		return rc;
	if (frames->reader == NULL) {
		if ((rc = pm_buf_reserve(out, at.plain_bytes, err)) != PM_OK)
			return rc;
		rc = pm_fs_read_at(frames->spill_fd, out->p, at.plain_bytes,
		    at.offset, "temporary file", err);
		if (rc == PM_OK)
			out->n = at.plain_bytes;
		return rc;
	}
	pm_buf_reset(&frames->packed);
	rc = pm_volume_reader_packed(frames->reader, &frames->packed, volume,
	    &at, err);
	if (rc == PM_OK)
		rc = pm_frame_decode(frames->coder, out,
		    pm_buf_bytes(&frames->packed), err);
	if (rc == PM_OK && out->n != at.plain_bytes)
		rc = pm_fail(err, PM_ECORRUPT, "holds %zu bytes instead of "
		    "%u", out->n, (unsigned)at.plain_bytes);
	if (rc != PM_OK)
		pm_err_context(err, "volume %u, frame %llu",
		    (unsigned)volume, (unsigned long long)id);
	return rc;
}

static int
get_kept(struct kept **out, struct pm_frames *frames, uint64_t id,
    struct pm_err *err)
{
	struct kept *oldest = &frames->kept[0];
	int rc;

	for (int i = 0; i < KEPT; i++) {
		struct kept *kept = &frames->kept[i];

		if (kept->frame == id) {
			kept->used = ++frames->clock;
			*out = kept;
			return PM_OK;
		}
		if (kept->used < oldest->used)
			oldest = kept;
	}
	oldest->frame = 0;
	oldest->has_teasers = false;
	oldest->teaser_n = 0;
	pm_buf_reset(&oldest->plain);
	pm_arena_reset(&oldest->arena);
	if ((rc = read_frame(frames, &oldest->plain, id, err)) != PM_OK)
		return rc;
	oldest->frame = id;
	oldest->used = ++frames->clock;
	*out = oldest;
	return PM_OK;
}

int
pm_frames_get(struct pm_bytes *plain, struct pm_frames *frames,
    uint64_t frame, struct pm_err *err)
{
	struct kept *kept;
	int rc = get_kept(&kept, frames, frame, err);

	if (rc == PM_OK)
		*plain = pm_buf_bytes(&kept->plain);
	return rc;
}

int
pm_frames_copy(struct pm_buf *out, struct pm_frames *frames, uint64_t frame,
    uint64_t offset, uint64_t n, struct pm_err *err)
{
	struct pm_bytes plain;
	int rc = pm_frames_get(&plain, frames, frame, err);

	if (rc != PM_OK)
		return rc;
	if (offset > plain.n || n > plain.n - offset)
		return pm_fail(err, PM_ECORRUPT, "frame %llu: bytes %llu+%llu "
		    "are past its end", (unsigned long long)frame,
		    (unsigned long long)offset, (unsigned long long)n);
	return pm_buf_append(out, plain.p + offset, (size_t)n, err);
}

int
pm_frames_article(struct pm_buf *out, struct pm_frames *frames,
    uint64_t frame, uint32_t offset, uint64_t bytes, struct pm_err *err)
{
	int rc = PM_OK;

	while (bytes > 0 && rc == PM_OK) {
		uint64_t n = bytes < PM_MEMBER_MAX ? bytes : PM_MEMBER_MAX;

		rc = pm_frames_copy(out, frames, frame++, offset, n, err);
		offset = PM_TAR_BLOCK;   /* parts stand first in their frames */
		bytes -= n;
	}
	return rc;
}

static int
find_member(struct pm_bytes *out, struct pm_bytes plain, const char *folder,
    struct pm_err *err)
{
	struct pm_tar_member member;
	size_t at = 0;
	int rc;

	*out = (struct pm_bytes){ 0 };
	while ((rc = pm_tar_next(&member, plain, &at, err)) == PM_OK) {
		if (strncmp(member.name, folder, strlen(folder)) != 0)
			continue;
		*out = member.data;
		return PM_OK;
	}
	return rc == PM_END ? PM_OK : rc;
}

static int
keep_line(struct kept *kept, size_t at, struct pm_err *err)
{
	if (kept->teaser_n == kept->teaser_capacity) {
		size_t capacity = kept->teaser_capacity == 0 ? 256 :
		    kept->teaser_capacity * 2;
		struct teaser_line *p = pm_realloc_array(kept->teaser,
		    capacity, sizeof *p, err);

		if (p == NULL)
			return PM_ENOMEM;
		kept->teaser = p;
		kept->teaser_capacity = capacity;
	}
	kept->teaser[kept->teaser_n++] = (struct teaser_line){ .at = at };
	return PM_OK;
}

/* Where the lines of teasers are, known by their first key; a line is read
 * when it is asked for, because reading JSON is the larger part of the work. */
static int
find_teasers(struct kept *kept, struct pm_err *err)
{
	static const char key[] = "{\"teaser\":";
	struct pm_bytes lines;
	size_t at = 0;
	int rc = find_member(&lines, pm_buf_bytes(&kept->plain), "meta/",
	    err);

	while (rc == PM_OK && at < lines.n) {
		const uint8_t *end = memchr(lines.p + at, '\n', lines.n - at);

		if (lines.n - at >= sizeof key &&
		    memcmp(lines.p + at, key, sizeof key - 1) == 0)
			rc = keep_line(kept, at, err);
		at = end == NULL ? lines.n : (size_t)(end - lines.p) + 1;
	}
	kept->lines = lines;
	kept->has_teasers = rc == PM_OK;
	return rc;
}

static int
read_teaser(struct kept *kept, struct teaser_line *line, struct pm_err *err)
{
	struct pm_log_record record;
	size_t at = line->at;
	int rc;

	if (line->read)
		return PM_OK;
	if ((rc = pm_log_decode(&record, &kept->arena, kept->lines, &at,
	    err)) == PM_OK) {
		line->title = record.u.teaser.title;
		line->snippet = record.u.teaser.snippet;
		line->read = true;
	}
	return rc == PM_END ? pm_fail(err, PM_ECORRUPT, "a line is cut "
	    "short") : rc;
}

int
pm_frames_teaser(struct pm_bytes *title, struct pm_bytes *snippet,
    struct pm_frames *frames, uint64_t frame, uint32_t ordinal,
    struct pm_err *err)
{
	struct kept *kept;
	int rc = get_kept(&kept, frames, frame, err);

	if (rc == PM_OK && !kept->has_teasers)
		rc = find_teasers(kept, err);
	if (rc != PM_OK)
		return rc;
	if (ordinal >= kept->teaser_n)
		return pm_fail(err, PM_ECORRUPT, "frame %llu: no teaser %u",
		    (unsigned long long)frame, (unsigned)ordinal);
	if ((rc = read_teaser(kept, &kept->teaser[ordinal], err)) != PM_OK)
		return rc;
	*title = kept->teaser[ordinal].title;
	*snippet = kept->teaser[ordinal].snippet;
	return PM_OK;
}

int
pm_frames_text(void *context, struct pm_bytes *title,
    struct pm_bytes *snippet, uint64_t frame, uint32_t ordinal,
    struct pm_err *err)
{
	return pm_frames_teaser(title, snippet, context, frame, ordinal, err);
}

int
pm_frames_data(struct pm_bytes *out, struct pm_frames *frames,
    uint64_t frame, struct pm_err *err)
{
	struct pm_bytes plain;
	int rc = pm_frames_get(&plain, frames, frame, err);

	if (rc == PM_OK)
		rc = find_member(out, plain, "data/", err);
	return rc;
}

int
pm_frames_recipe_of(uint64_t *frame, uint32_t *offset, uint64_t *bytes,
    struct pm_frames *frames, uint64_t capture, struct pm_err *err)
{
	return pm_catalog_recipe(frame, offset, bytes, frames->catalog,
	    capture, err);
}
