#include "archive/frames_internal.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/catalog_query.h"

int
pm_opener_init(struct opener *out, const struct pm_frames *frames,
    struct pm_err *err)
{
	int rc = PM_OK;

	if (frames->archive != NULL)
		rc = pm_volume_reader_open(&out->reader, frames->archive,
		    err);
	return rc == PM_OK ? pm_frame_coder_new(&out->coder, err) : rc;
}

void
pm_opener_clear(struct opener *opener)
{
	pm_buf_clear(&opener->packed);
	pm_buf_clear(&opener->plain);
	pm_frame_coder_free(opener->coder);
	pm_volume_reader_close(opener->reader);
	*opener = (struct opener){ 0 };
}

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
	frames->scratch.fd = -1;
	frames->kept_n = PM_FRAMES_FEW;
	pm_arena_init(&frames->scratch.arena);
	for (int i = 0; i < PM_FRAMES_KEPT; i++)
		pm_arena_init(&frames->kept[i].arena);
	if (archive != NULL && (frames->archive = pm_fs_join(archive, ".",
	    err)) == NULL)
		rc = PM_ENOMEM;
	if (rc == PM_OK)
		rc = pm_opener_init(&frames->opener, frames, err);
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
	pm_frames_forget(frames);
	for (int i = 0; i < PM_FRAMES_KEPT; i++) {
		pm_buf_clear(&frames->kept[i].plain);
		pm_arena_clear(&frames->kept[i].arena);
		pm_free(frames->kept[i].teaser);
	}
	pm_free(frames->places.places.p);
	pm_free(frames->fetched.pieces.p);
	pm_map_clear(&frames->fetched.map);
	pm_opener_clear(&frames->opener);
	pm_scratch_clear(&frames->scratch);
	pm_free(frames->archive);
	pm_free(frames);
}

static int
note_place(void *context, uint64_t id, uint32_t volume,
    const struct pm_frame_at *at)
{
	struct frame_places *places = context;
	struct pm_err ignored;

	if (LIST_ROOM(places->places, &ignored) != PM_OK)
		return PM_ENOMEM;
	places->places.p[places->places.n++] = (struct frame_place){ id,
	    volume, *at };
	return PM_OK;
}

int
pm_frames_open_beside(struct pm_frames **out, struct pm_frames *base,
    struct pm_err *err)
{
	int rc = PM_OK;

	if (base->places.places.n == 0)
		rc = pm_catalog_list_frames(base->catalog, note_place,
		    &base->places, err);
	if (rc != PM_OK)
		base->places.places.n = 0;       /* not some of them */
	if (rc == PM_ENOMEM)
		return pm_fail(err, rc, "out of memory");
	if (rc == PM_OK)
		rc = pm_frames_open(out, NULL, base->archive,
		    base->spill_fd, err);
	if (rc == PM_OK)
		(*out)->base = base;
	return rc;
}

static int
compare_place(const void *id, const void *place)
{
	const uint64_t x = *(const uint64_t *)id;
	const uint64_t y = ((const struct frame_place *)place)->frame;

	return x < y ? -1 : x > y;
}

static int
find_place(uint32_t *volume, struct pm_frame_at *at,
    const struct pm_frames *frames, uint64_t id, struct pm_err *err)
{
	const struct frame_place *place;

	if (frames->catalog != NULL)
		return pm_catalog_frame(volume, at, frames->catalog, id,
		    err);
	place = frames->base->places.places.n == 0 ? NULL : bsearch(&id,
	    frames->base->places.places.p, frames->base->places.places.n,
	    sizeof *place, compare_place);
	if (place == NULL)
		return pm_fail(err, PM_ENOTFOUND, "no frame %llu",
		    (unsigned long long)id);
	*volume = place->volume;
	*at = place->at;
	return PM_OK;
}

static int
read_plain(struct pm_buf *out, const struct pm_frames *frames,
    uint64_t offset, size_t n, struct pm_err *err)
{
	int rc = pm_buf_reserve(out, n, err);

	if (rc == PM_OK)
		rc = pm_fs_read_at(frames->spill_fd, out->p + out->n, n,
		    offset, pm_fs_temp_directory(), err);
	if (rc == PM_OK)
		out->n += n;
	return rc;
}

int
pm_opener_read(struct pm_buf *out, struct opener *opener,
    const struct pm_frames *frames, uint32_t volume,
    const struct pm_frame_at *at, struct pm_err *err)
{
	size_t before = out->n;
	int rc;

	if (opener->reader == NULL)
		return read_plain(out, frames, at->offset, at->plain_bytes,
		    err);
	pm_buf_reset(&opener->packed);
	rc = pm_volume_reader_packed(opener->reader, &opener->packed, volume,
	    at, err);
	if (rc == PM_OK)
		rc = pm_frame_decode(opener->coder, out,
		    pm_buf_bytes(&opener->packed), err);
	if (rc == PM_OK && out->n - before != at->plain_bytes)
		rc = pm_fail(err, PM_ECORRUPT, "holds %zu bytes instead of "
		    "%u", out->n - before, (unsigned)at->plain_bytes);
	return rc;
}

static int
read_frame(struct pm_frames *frames, struct pm_buf *out, uint64_t id,
    struct pm_err *err)
{
	struct spilled spilled;
	struct pm_frame_at at;
	uint32_t volume;
	int rc = find_place(&volume, &at, frames, id, err);

	if (rc != PM_OK)
		return rc;
	rc = pm_opener_read(out, &frames->opener, frames, volume, &at, err);
	if (rc != PM_OK && frames->archive != NULL)
		pm_err_context(err, "volume %u, frame %llu",
		    (unsigned)volume, (unsigned long long)id);
	if (rc == PM_OK && pm_scratch_put(&spilled, &frames->scratch, id,
	    pm_buf_bytes(out)))
		rc = pm_scratch_note(&frames->scratch, &spilled, err);
	return rc;
}

static int
get_kept(struct kept **out, struct pm_frames *frames, uint64_t id,
    struct pm_err *err)
{
	struct kept *oldest = &frames->kept[0], *used = NULL;
	uint64_t bytes = 0;
	int rc;

	for (unsigned i = 0; i < frames->kept_n; i++) {
		struct kept *kept = &frames->kept[i];

		if (kept->frame == id) {
			kept->used = ++frames->clock;
			*out = kept;
			return PM_OK;
		}
		if (kept->used < oldest->used)
			oldest = kept;
		if (kept->used > 0 && (used == NULL ||
		    kept->used < used->used))
			used = kept;
		bytes += kept->plain.n;
	}
	if (bytes >= PM_FRAMES_BYTES && used != NULL)
		oldest = used;
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

void
pm_frames_keep_many(struct pm_frames *frames)
{
	frames->kept_n = PM_FRAMES_KEPT;
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

static int
past_end(uint64_t frame, uint64_t offset, uint64_t n, struct pm_err *err)
{
	return pm_fail(err, PM_ECORRUPT, "frame %llu: bytes %llu+%llu "
	    "are past its end", (unsigned long long)frame,
	    (unsigned long long)offset, (unsigned long long)n);
}

/* Of a frame that lies plain no more is read than is wanted. */
static int
copy_plain(struct pm_buf *out, struct pm_frames *frames, uint64_t frame,
    uint64_t offset, uint64_t n, struct pm_err *err)
{
	struct pm_frame_at at;
	uint32_t volume;
	int rc = find_place(&volume, &at, frames, frame, err);

	if (rc != PM_OK)
		return rc;
	if (offset > at.plain_bytes || n > at.plain_bytes - offset)
		return past_end(frame, offset, n, err);
	return read_plain(out, frames, at.offset + offset, (size_t)n, err);
}

int
pm_frames_copy(struct pm_buf *out, struct pm_frames *frames, uint64_t frame,
    uint64_t offset, uint64_t n, struct pm_err *err)
{
	const struct piece *piece = pm_fetched_text(frames, frame, offset, n);
	const struct spilled *spilled;
	struct pm_bytes plain;
	int rc;

	if (piece != NULL)
		return pm_buf_append(out, piece->text.p, (size_t)n, err);
	if ((spilled = pm_scratch_find(&frames->scratch, frame)) != NULL)
		return offset > spilled->bytes || n > spilled->bytes - offset ?
		    past_end(frame, offset, n, err) : pm_scratch_read(out,
		    &frames->scratch, spilled, offset, n, err);
	if (frames->archive == NULL)
		return copy_plain(out, frames, frame, offset, n, err);
	if ((rc = pm_frames_get(&plain, frames, frame, err)) != PM_OK)
		return rc;
	if (offset > plain.n || n > plain.n - offset)
		return past_end(frame, offset, n, err);
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

int
pm_frames_member(struct pm_bytes *out, struct pm_bytes plain, const char *folder,
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

bool
pm_frames_is_teaser(struct pm_bytes lines, size_t at)
{
	static const char key[] = "{\"teaser\":";

	return lines.n - at >= sizeof key &&
	    memcmp(lines.p + at, key, sizeof key - 1) == 0;
}

/* Where the lines of teasers are, known by their first key; a line is read
 * when it is asked for, because reading JSON is the larger part of the work. */
static int
find_teasers(struct kept *kept, struct pm_err *err)
{
	struct pm_bytes lines;
	size_t at = 0;
	int rc = pm_frames_member(&lines, pm_buf_bytes(&kept->plain), "meta/",
	    err);

	while (rc == PM_OK && at < lines.n) {
		const uint8_t *end = memchr(lines.p + at, '\n', lines.n - at);

		if (pm_frames_is_teaser(lines, at))
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
	const struct piece *piece = pm_fetched_teaser(frames, frame, ordinal);
	const struct spilled *spilled;
	struct kept *kept;
	int rc;

	if (piece != NULL) {
		*title = piece->text;
		*snippet = piece->snippet;
		return PM_OK;
	}
	if ((spilled = pm_scratch_find(&frames->scratch, frame)) != NULL)
		return pm_scratch_teaser(title, snippet, &frames->scratch,
		    spilled, ordinal, err);
	rc = get_kept(&kept, frames, frame, err);
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
		rc = pm_frames_member(out, plain, "data/", err);
	return rc;
}

void
pm_frames_recipes(struct pm_frames *frames, int (*recipe_of)(void *context,
    uint64_t *frame, uint32_t *offset, uint64_t *bytes, uint64_t capture,
    struct pm_err *err), void *context)
{
	frames->recipe_of = recipe_of;
	frames->recipe_context = context;
}

int
pm_frames_recipe_of(uint64_t *frame, uint32_t *offset, uint64_t *bytes,
    struct pm_frames *frames, uint64_t capture, struct pm_err *err)
{
	if (frames->recipe_of != NULL)
		return frames->recipe_of(frames->recipe_context, frame,
		    offset, bytes, capture, err);
	if (frames->catalog == NULL)
		return pm_fail(err, PM_ENOTFOUND, "no recipe of capture %llu",
		    (unsigned long long)capture);
	return pm_catalog_recipe(frame, offset, bytes, frames->catalog,
	    capture, err);
}
