/*
 * Texts that are asked for ahead, frame by frame.
 *
 * Each frame is a job of the pool, and whoever comes first takes it: the
 * caller does not wait for jobs that other work is before, it does them
 * itself.  So a job may find its frame taken, and is waited for only when the
 * batch is over.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "archive/frames_internal.h"
#include "base/mem.h"

enum {
	/* Of a larger text the frame costs less than the copy. */
	PIECE_BYTES_MAX = 1 << 20,
	TEASER_BYTES = 1 << 10           /* about; counted when it has come */
};

/* A frame with pieces. */
struct load {
	struct pm_job job;
	struct pm_group group;
	struct fetch *fetch;
	_Atomic bool taken;
	uint32_t volume;
	struct pm_frame_at at;
	uint64_t frame;
	struct spilled spilled;
	size_t from, end;                /* in the order */
	struct pm_arena arena;           /* of the texts */
};

struct fetch {
	struct fetch *next;
	struct pm_frames *frames;
	struct pm_pool *pool;
	struct opener *opener;           /* one a thread, and one for us */
	unsigned opener_n;
	_Atomic int64_t room;            /* bytes */
	uint32_t *order;                 /* pieces by frame and place */
	size_t n;
	struct load *load;
	size_t load_n;
};

/* ---- wants ---- */

static uint64_t
key_of(uint64_t frame, uint64_t at, bool teaser)
{
	uint64_t key = (frame << 1 | teaser) * UINT64_C(0x9e3779b97f4a7c15);

	key = (key ^ at) * UINT64_C(0xd6e8feb86659fd93);
	return key ^ key >> 32;
}

static struct piece *
find_piece(const struct pm_frames *frames, uint64_t frame, uint64_t at,
    bool teaser)
{
	const struct pm_map *map = &frames->fetched.map;

	for (uint32_t i = pm_map_first(map, key_of(frame, at, teaser));
	    i != PM_MAP_END; i = pm_map_next(map, i)) {
		struct piece *piece = &frames->fetched.pieces.p[
		    pm_map_value(map, i)];

		if (piece->frame == frame && piece->at == at &&
		    (piece->n == 0) == teaser)
			return piece;
	}
	return NULL;
}

static int
want(struct pm_frames *frames, uint64_t frame, uint64_t at, uint64_t n,
    struct pm_err *err)
{
	struct fetched *fetched = &frames->fetched;
	struct piece *piece;
	int rc;

	if (pm_scratch_find(&frames->scratch, frame) != NULL)
		return PM_OK;
	piece = find_piece(frames, frame, at, n == 0);
	if (piece != NULL) {
		if (n > piece->n) {
			fetched->wanted += piece->state == PIECE_TRIED;
			piece->n = n;
			piece->state = PIECE_WANTED;
			piece->text = (struct pm_bytes){ 0 };
		}
		return PM_OK;
	}
	if ((rc = LIST_ROOM(fetched->pieces, err)) != PM_OK ||
	    (rc = pm_map_add(&fetched->map, key_of(frame, at, n == 0),
	    (uint32_t)fetched->pieces.n, err)) != PM_OK)
		return rc;
	fetched->pieces.p[fetched->pieces.n++] = (struct piece){
	    .frame = frame, .at = at, .n = n };
	fetched->wanted++;
	return PM_OK;
}

/* Plain texts are as quick to read as to look up. */
int
pm_frames_want(struct pm_frames *frames, uint64_t frame, uint32_t offset,
    uint64_t bytes, struct pm_err *err)
{
	return bytes == 0 || bytes > PIECE_BYTES_MAX ||
	    frames->archive == NULL ? PM_OK :
	    want(frames, frame, offset, bytes, err);
}

int
pm_frames_want_teaser(struct pm_frames *frames, uint64_t frame,
    uint32_t ordinal, struct pm_err *err)
{
	return want(frames, frame, ordinal, 0, err);
}

const struct piece *
pm_fetched_text(const struct pm_frames *frames, uint64_t frame,
    uint64_t offset, uint64_t n)
{
	const struct piece *piece = n == 0 ? NULL :
	    find_piece(frames, frame, offset, false);

	return piece != NULL && piece->text.p != NULL && piece->text.n >= n ?
	    piece : NULL;
}

const struct piece *
pm_fetched_teaser(const struct pm_frames *frames, uint64_t frame,
    uint32_t ordinal)
{
	const struct piece *piece = find_piece(frames, frame, ordinal, true);

	return piece != NULL && piece->text.p != NULL ? piece : NULL;
}

/* ---- a frame ---- */

/* What fails here is tried again, and told, when the text is asked for. */
static struct pm_bytes
copy(struct load *load, struct pm_bytes text)
{
	struct pm_bytes out = { NULL, text.n };
	struct pm_err ignored;

	if (atomic_fetch_sub(&load->fetch->room, (int64_t)text.n) >=
	    (int64_t)text.n)
		out.p = pm_arena_copy(&load->arena, text.p, text.n, &ignored);
	return out;
}

static void
take_teaser(struct load *load, struct piece *piece, struct pm_bytes lines,
    size_t at)
{
	struct pm_log_record record;
	struct pm_arena arena;
	struct pm_err ignored;

	pm_arena_init(&arena);
	if (pm_log_decode(&record, &arena, lines, &at, &ignored) == PM_OK) {
		piece->snippet = copy(load, record.u.teaser.snippet);
		if (piece->snippet.p != NULL)
			piece->text = copy(load, record.u.teaser.title);
	}
	pm_arena_clear(&arena);
}

/* Teasers in the order of their ordinals: pieces [from, load->end). */
static void
take_teasers(struct load *load, size_t from, struct pm_bytes plain)
{
	const struct fetch *fetch = load->fetch;
	struct piece *piece = fetch->frames->fetched.pieces.p;
	struct pm_bytes lines;
	struct pm_err ignored;
	uint64_t ordinal = 0;
	size_t at = 0;

	if (pm_frames_member(&lines, plain, "meta/", &ignored) != PM_OK)
		return;
	while (from < load->end && at < lines.n) {
		const uint8_t *end = memchr(lines.p + at, '\n', lines.n - at);

		if (pm_frames_is_teaser(lines, at) &&
		    piece[fetch->order[from]].at == ordinal++)
			take_teaser(load, &piece[fetch->order[from++]],
			    lines, at);
		at = end == NULL ? lines.n : (size_t)(end - lines.p) + 1;
	}
}

static void
take_pieces(struct load *load, struct pm_bytes plain)
{
	const struct fetch *fetch = load->fetch;
	size_t i = load->from;

	for (; i < load->end; i++) {
		struct piece *piece = &fetch->frames->fetched.pieces.p[
		    fetch->order[i]];

		if (piece->n == 0)
			break;
		if (piece->at <= plain.n && piece->n <= plain.n - piece->at)
			piece->text = copy(load, (struct pm_bytes){
			    plain.p + piece->at, (size_t)piece->n });
	}
	if (i < load->end)
		take_teasers(load, i, plain);
}

static void
open_load(struct load *load, struct opener *opener)
{
	struct pm_frames *frames = load->fetch->frames;
	struct pm_bytes plain;
	struct pm_err ignored;

	pm_buf_reset(&opener->plain);
	if ((opener->coder == NULL && pm_opener_init(opener, frames,
	    &ignored) != PM_OK) || pm_opener_read(&opener->plain, opener,
	    frames, load->volume, &load->at, &ignored) != PM_OK)
		return;
	plain = pm_buf_bytes(&opener->plain);
	take_pieces(load, plain);
	if (!pm_scratch_put(&load->spilled, &frames->scratch, load->frame,
	    plain))
		load->spilled.frame = 0;
}

static void
run_load(struct pm_job *job)
{
	struct load *load = (struct load *)job;

	if (!atomic_exchange(&load->taken, true))
		open_load(load, &load->fetch->opener[job->worker]);
}

/* ---- a fetch ---- */

struct sorted {
	struct piece piece;
	uint32_t index;
};

static int
compare_sorted(const void *p, const void *q)
{
	const struct piece *x = &((const struct sorted *)p)->piece;
	const struct piece *y = &((const struct sorted *)q)->piece;

	if (x->frame != y->frame)
		return x->frame < y->frame ? -1 : 1;
	if ((x->n == 0) != (y->n == 0))
		return x->n == 0 ? 1 : -1;
	return (x->at > y->at) - (x->at < y->at);
}

/* The pieces that are wanted, as many as there is room for. */
static int
sort_pieces(struct fetch *fetch, struct fetched *fetched, struct pm_err *err)
{
	struct sorted *sorted = pm_alloc(fetched->wanted * sizeof *sorted,
	    err);
	int64_t room = fetch->room;

	if (sorted == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < fetched->pieces.n; i++) {
		struct piece *piece = &fetched->pieces.p[i];

		if (piece->state == PIECE_TRIED)
			continue;
		room -= piece->n == 0 ? TEASER_BYTES : (int64_t)piece->n;
		piece->state = PIECE_TRIED;
		if (room >= 0)
			sorted[fetch->n++] = (struct sorted){ *piece,
			    (uint32_t)i };
	}
	fetched->wanted = 0;
	if (fetch->n > 1)
		qsort(sorted, fetch->n, sizeof *sorted, compare_sorted);
	fetch->order = pm_alloc(fetch->n * sizeof *fetch->order, err);
	for (size_t i = 0; i < fetch->n && fetch->order != NULL; i++)
		fetch->order[i] = sorted[i].index;
	pm_free(sorted);
	return fetch->order == NULL ? PM_ENOMEM : PM_OK;
}

static int
list_loads(struct fetch *fetch, struct pm_frames *frames, struct pm_err *err)
{
	const struct piece *piece = frames->fetched.pieces.p;
	size_t end;
	int rc;

	fetch->load = pm_alloc_zero(fetch->n * sizeof *fetch->load, err);
	if (fetch->load == NULL)
		return PM_ENOMEM;
	for (size_t i = 0; i < fetch->n; i = end) {
		struct load *load = &fetch->load[fetch->load_n];
		uint64_t frame = piece[fetch->order[i]].frame;

		for (end = i + 1; end < fetch->n &&
		    piece[fetch->order[end]].frame == frame;)
			end++;
		rc = pm_catalog_frame(&load->volume, &load->at,
		    frames->catalog, frame, err);
		if (rc == PM_ENOTFOUND)
			continue;
		if (rc != PM_OK)
			return rc;
		load->job.run = run_load;
		load->fetch = fetch;
		load->frame = frame;
		load->from = i;
		load->end = end;
		pm_arena_init(&load->arena);
		fetch->load_n++;
	}
	return PM_OK;
}

static void
close_openers(struct fetch *fetch)
{
	for (unsigned i = 0; i < fetch->opener_n; i++)
		pm_opener_clear(&fetch->opener[i]);
	pm_free(fetch->opener);
	fetch->opener = NULL;
	fetch->opener_n = 0;
}

static void
free_fetch(struct fetch *fetch)
{
	if (fetch == NULL)
		return;
	for (size_t i = 0; i < fetch->load_n; i++) {
		if (fetch->load[i].job.group != NULL)
			pm_group_idle(fetch->pool, &fetch->load[i].group);
		pm_arena_clear(&fetch->load[i].arena);
	}
	close_openers(fetch);
	pm_free(fetch->order);
	pm_free(fetch->load);
	pm_free(fetch);
}

/* The caller takes frames from the end, the pool from the beginning. */
static void
load_all(struct fetch *fetch, unsigned threads)
{
	for (size_t i = 0; i < fetch->load_n && threads > 0 &&
	    fetch->load_n > 1; i++)
		pm_pool_submit(fetch->pool, &fetch->load[i].group,
		    &fetch->load[i].job);
	for (size_t i = fetch->load_n; i > 0; i--) {
		struct load *load = &fetch->load[i - 1];

		if (!atomic_exchange(&load->taken, true))
			open_load(load, &fetch->opener[threads]);
		else
			pm_group_idle(fetch->pool, &load->group);
	}
}

int
pm_frames_fetch(struct pm_frames *frames, struct pm_pool *pool,
    unsigned threads, uint64_t most, struct pm_err *err)
{
	uint64_t used = frames->fetched.bytes;
	int64_t room = used > most || most > INT64_MAX ? 0 :
	    (int64_t)(most - used);
	struct fetch *fetch;
	int rc;

	if (frames->fetched.wanted == 0)
		return PM_OK;
	if ((fetch = pm_alloc_zero(sizeof *fetch, err)) == NULL)
		return PM_ENOMEM;
	fetch->frames = frames;
	fetch->pool = pool;
	fetch->room = room;
	fetch->opener = pm_alloc_zero((threads + 1) * sizeof *fetch->opener,
	    err);
	fetch->opener_n = fetch->opener == NULL ? 0 : threads + 1;
	rc = fetch->opener == NULL ? PM_ENOMEM : PM_OK;
	if (rc == PM_OK && (rc = sort_pieces(fetch, &frames->fetched, err)) ==
	    PM_OK)
		rc = list_loads(fetch, frames, err);
	if (rc != PM_OK) {
		free_fetch(fetch);
		return rc;
	}
	load_all(fetch, threads);
	close_openers(fetch);
	frames->fetched.bytes += (uint64_t)(room - fetch->room);
	fetch->next = frames->fetched.first;
	frames->fetched.first = fetch;
	for (size_t i = 0; i < fetch->load_n && rc == PM_OK; i++)
		if (fetch->load[i].spilled.frame != 0)
			rc = pm_scratch_note(&frames->scratch,
			    &fetch->load[i].spilled, err);
	return rc;
}

void
pm_frames_forget(struct pm_frames *frames)
{
	struct fetched *fetched = &frames->fetched;

	while (fetched->first != NULL) {
		struct fetch *next = fetched->first->next;

		free_fetch(fetched->first);
		fetched->first = next;
	}
	fetched->pieces.n = fetched->wanted = 0;
	fetched->bytes = 0;
	pm_map_reset(&fetched->map);
}
