/*
 * A file without a name, in which the plain bytes of old frames lie that were
 * decoded once, so that the next text of one costs a read and not the frame:
 * of a corpus far larger than a batch, each batch asks nearly every frame for
 * a text or two.
 *
 * Behind a frame's bytes is where the line of each of its teasers begins, and
 * its length, 4 bytes each.  There is no scratch where it was not asked
 * for; when it is full, or cannot be written, it stays as it is.
 */
#include "archive/frames_internal.h"
#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"

enum { SHARE_OF_FREE = 4, PLACE_BYTES = 8 };

#define SCRATCH_MOST ((uint64_t)16 << 30)

static uint64_t
key_of(uint64_t frame)
{
	return frame * UINT64_C(0x9e3779b97f4a7c15) >> 32;
}

int
pm_frames_scratch(struct pm_frames *frames, struct pm_err *err)
{
	struct scratch *scratch = &frames->scratch;
	uint64_t most;
	char *path = pm_fs_join(frames->archive, "cache/scratch", err);
	int fd, rc;

	if (path == NULL)
		return PM_ENOMEM;
	if ((rc = pm_fs_open_write(&fd, path, err)) == PM_OK &&
	    (rc = pm_fs_remove(path, err)) != PM_OK)
		pm_fs_close(fd);
	pm_free(path);
	if (rc != PM_OK)
		return PM_OK;
	most = pm_fs_free_bytes(fd) / SHARE_OF_FREE;
	scratch->fd = fd;
	scratch->most = most < SCRATCH_MOST ? most : SCRATCH_MOST;
	return PM_OK;
}

void
pm_scratch_clear(struct scratch *scratch)
{
	pm_fs_close(scratch->fd);
	pm_free(scratch->spilled.p);
	pm_map_clear(&scratch->map);
	pm_buf_clear(&scratch->line);
	pm_arena_clear(&scratch->arena);
}

/* ---- writing ---- */

static int
append_place(struct pm_buf *out, size_t at, size_t n, struct pm_err *err)
{
	uint8_t place[PLACE_BYTES];

	pm_le32_put(place, (uint32_t)at);
	pm_le32_put(place + 4, (uint32_t)n);
	return pm_buf_append(out, place, sizeof place, err);
}

/* Where the lines of teasers are in plain. */
static int
list_lines(struct pm_buf *out, struct pm_bytes plain, struct pm_err *err)
{
	struct pm_bytes lines;
	size_t at = 0;
	int rc = pm_frames_member(&lines, plain, "meta/", err);

	while (rc == PM_OK && at < lines.n) {
		const uint8_t *end = memchr(lines.p + at, '\n', lines.n - at);
		size_t next = end == NULL ? lines.n :
		    (size_t)(end - lines.p) + 1;

		if (pm_frames_is_teaser(lines, at))
			rc = append_place(out, (size_t)(lines.p - plain.p) +
			    at, next - at, err);
		at = next;
	}
	return rc;
}

bool
pm_scratch_put(struct spilled *out, struct scratch *scratch, uint64_t frame,
    struct pm_bytes plain)
{
	struct pm_err ignored;
	struct pm_buf lines;
	uint64_t at;
	bool done = false;

	if (scratch->fd < 0 || scratch->end > scratch->most)
		return false;
	pm_buf_init(&lines);
	if (list_lines(&lines, plain, &ignored) == PM_OK) {
		at = atomic_fetch_add(&scratch->end, plain.n + lines.n);
		done = pm_fs_write_at(scratch->fd, plain.p, plain.n, at,
		    "scratch", &ignored) == PM_OK &&
		    pm_fs_write_at(scratch->fd, lines.p, lines.n,
		    at + plain.n, "scratch", &ignored) == PM_OK;
		*out = (struct spilled){ frame, at, (uint32_t)plain.n,
		    (uint32_t)(lines.n / PLACE_BYTES) };
	}
	if (!done)
		scratch->most = 0;
	pm_buf_clear(&lines);
	return done;
}

int
pm_scratch_note(struct scratch *scratch, const struct spilled *spilled,
    struct pm_err *err)
{
	int rc = LIST_ROOM(scratch->spilled, err);

	if (rc == PM_OK)
		rc = pm_map_add(&scratch->map, key_of(spilled->frame),
		    (uint32_t)scratch->spilled.n, err);
	if (rc == PM_OK)
		scratch->spilled.p[scratch->spilled.n++] = *spilled;
	return rc;
}

/* ---- reading ---- */

const struct spilled *
pm_scratch_find(const struct scratch *scratch, uint64_t frame)
{
	for (uint32_t i = pm_map_first(&scratch->map, key_of(frame));
	    i != PM_MAP_END; i = pm_map_next(&scratch->map, i)) {
		const struct spilled *spilled = &scratch->spilled.p[
		    pm_map_value(&scratch->map, i)];

		if (spilled->frame == frame)
			return spilled;
	}
	return NULL;
}

int
pm_scratch_read(struct pm_buf *out, const struct scratch *scratch,
    const struct spilled *spilled, uint64_t offset, uint64_t n,
    struct pm_err *err)
{
	int rc = pm_buf_reserve(out, (size_t)n, err);

	if (rc == PM_OK)
		rc = pm_fs_read_at(scratch->fd, out->p + out->n, (size_t)n,
		    spilled->at + offset, "scratch", err);
	if (rc == PM_OK)
		out->n += (size_t)n;
	return rc;
}

int
pm_scratch_teaser(struct pm_bytes *title, struct pm_bytes *snippet,
    struct scratch *scratch, const struct spilled *spilled, uint32_t ordinal,
    struct pm_err *err)
{
	struct pm_log_record record;
	uint8_t place[PLACE_BYTES];
	size_t at = 0;
	int rc;

	if (ordinal >= spilled->teaser_n)
		return pm_fail(err, PM_ECORRUPT, "frame %llu: no teaser %u",
		    (unsigned long long)spilled->frame, (unsigned)ordinal);
	if ((rc = pm_fs_read_at(scratch->fd, place, sizeof place,
	    spilled->at + spilled->bytes + ordinal * (uint64_t)PLACE_BYTES,
	    "scratch", err)) != PM_OK)
		return rc;
	pm_buf_reset(&scratch->line);
	pm_arena_reset(&scratch->arena);
	if ((rc = pm_scratch_read(&scratch->line, scratch, spilled,
	    pm_le32_get(place), pm_le32_get(place + 4), err)) != PM_OK ||
	    (rc = pm_log_decode(&record, &scratch->arena,
	    pm_buf_bytes(&scratch->line), &at, err)) != PM_OK)
		return rc == PM_END ? pm_fail(err, PM_ECORRUPT,
		    "a line is cut short") : rc;
	*title = record.u.teaser.title;
	*snippet = record.u.teaser.snippet;
	return PM_OK;
}
