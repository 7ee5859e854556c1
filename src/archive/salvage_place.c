/*
 * Which frame is which.  A metadata frame or piece names itself, a marker says
 * where its frames stand and what their articles are, and a frame that follows
 * another has the next id.  So only texts of a batch without a marker, between
 * two damaged places, have no certain place; a recipe that copies from one
 * tells it, and without any it does not matter.
 */
#include <stdlib.h>

#include "archive/salvage.h"
#include "base/err.h"

enum { SLOTS_MAX = 1 << 28, TRIES_MAX = 64 };

/* ---- markers ---- */

static int
compare_marks(const void *a, const void *b)
{
	const struct salvage_mark *x = a, *y = b;

	if (x->first_frame != y->first_frame)
		return x->first_frame < y->first_frame ? -1 : 1;
	return (x->volume > y->volume) - (x->volume < y->volume);
}

/* In order, those that contradict an earlier one left out. */
static void
sort_marks(struct salvage *salvage)
{
	uint64_t next = salvage_first(salvage);
	size_t n = 0;

	if (salvage->mark.n > 1)
		qsort(salvage->mark.p, salvage->mark.n,
		    sizeof *salvage->mark.p, compare_marks);
	for (size_t i = 0; i < salvage->mark.n; i++) {
		struct salvage_mark *mark = &salvage->mark.p[i];

		if (mark->first_frame < next || mark->frame_n == 0)
			continue;
		next = mark->first_frame + mark->frame_n;
		salvage->mark.p[n++] = *mark;
	}
	salvage->mark.n = n;
}

const struct salvage_mark *
pm_salvage_mark(const struct salvage *salvage, uint64_t id)
{
	size_t low = 0, high = salvage->mark.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct salvage_mark *mark = &salvage->mark.p[middle];

		if (id < mark->first_frame)
			high = middle;
		else if (id >= mark->first_frame + mark->frame_n)
			low = middle + 1;
		else
			return mark;
	}
	return NULL;
}

/* ---- slots ---- */

static bool
is_free(const struct salvage *salvage, uint64_t id)
{
	uint64_t i = id - salvage_first(salvage);

	return id >= salvage_first(salvage) && i < salvage->slot_n &&
	    salvage->slot[i] == 0;
}

/* Does a volume begin with it: the first there is, or behind a seal? */
static bool
begins_volume(const struct salvage *salvage, uint64_t id)
{
	const struct salvage_mark *before = pm_salvage_mark(salvage, id - 1);

	return id == salvage_first(salvage) ||
	    (before != NULL && before->seals);
}

/* Can it be the frame with this id? */
static bool
fits(const struct salvage *salvage, const struct salvage_frame *frame,
    uint64_t id)
{
	const struct salvage_mark *mark;
	const struct pm_frame_at *at;

	if (!is_free(salvage, id) ||
	    (frame->named != 0 && frame->named != id) ||
	    (frame->kind != SALVAGE_OWN && begins_volume(salvage, id)))
		return false;
	if ((mark = pm_salvage_mark(salvage, id)) == NULL)
		return true;
	at = &salvage->mark_frame.p[mark->frame + (id - mark->first_frame)];
	return at->packed_bytes == frame->at.packed_bytes &&
	    at->plain_bytes == frame->at.plain_bytes;
}

static bool
put(struct salvage *salvage, struct salvage_frame *frame, uint64_t id)
{
	if (frame->id != 0 || !fits(salvage, frame, id))
		return false;
	frame->id = id;
	salvage->slot[id - salvage_first(salvage)] =
	    (uint32_t)(frame - salvage->frame.p) + 1;
	return true;
}

static int
make_slots(struct salvage *salvage)
{
	uint64_t end = salvage->headed ? salvage->head.next_frame : 0;
	const struct salvage_mark *last = salvage->mark.n == 0 ? NULL :
	    &salvage->mark.p[salvage->mark.n - 1];
	uint64_t known = last == NULL ? 0 : last->first_frame + last->frame_n;
	bool bounded = salvage->headed && salvage->catalog != NULL;
	struct pm_catalog_state state;

	end = known > end ? known : end;
	/* HEAD may be of before. */
	if (salvage->catalog != NULL && pm_catalog_state(&state,
	    salvage->catalog, salvage->err) == PM_OK &&
	    state.at.next_frame > end)
		end = state.at.next_frame;
	/* Without HEAD nobody knows where the log ends, and one alone may be
	 * of before. */
	for (size_t i = 0; i < salvage->frame.n && !bounded; i++)
		if (salvage->frame.p[i].named >= end)
			end = salvage->frame.p[i].named + 1;
	salvage->known_end = end;
	if (!bounded)
		end += salvage->frame.n;
	if (end < salvage_first(salvage))
		end = salvage_first(salvage);
	salvage->slot_n = end - salvage_first(salvage);
	if (salvage->slot_n > SLOTS_MAX)
		return pm_fail(salvage->err, PM_ECORRUPT, "%s: frame ids up "
		    "to %llu cannot be", salvage->archive,
		    (unsigned long long)end);
	salvage->slot = pm_alloc_zero((size_t)salvage->slot_n *
	    sizeof *salvage->slot, salvage->err);
	return salvage->slot == NULL ? PM_ENOMEM : PM_OK;
}

/* ---- by markers ---- */

/* The index of the frame that stands there, or of none: frame.n. */
static size_t
standing_at(const struct salvage *salvage, uint32_t volume, bool mended,
    uint64_t offset)
{
	size_t low = 0, high = salvage->frame.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct salvage_frame *frame = &salvage->frame.p[middle];

		if (frame->volume < volume || (frame->volume == volume &&
		    (frame->mended < mended || (frame->mended == mended &&
		    frame->at.offset < offset))))
			low = middle + 1;
		else
			high = middle;
	}
	if (low < salvage->frame.n &&
	    salvage->frame.p[low].volume == volume &&
	    salvage->frame.p[low].mended == mended &&
	    salvage->frame.p[low].at.offset == offset)
		return low;
	return salvage->frame.n;
}

static bool
has_item(const struct salvage *salvage, const struct salvage_frame *frame,
    const struct pm_item *item)
{
	for (uint32_t i = 0; i < frame->text_n; i++) {
		const struct salvage_text *text =
		    &salvage->text.p[frame->text + i];

		if (text->offset == item->offset && (text->part != 0 ||
		    memcmp(text->sha256, item->sha256, PM_SHA256_BYTES) == 0))
			return true;
	}
	return false;
}

/* Where they were, if the articles there are those of the marker. */
static void
place_where_they_were(struct salvage *salvage,
    const struct salvage_mark *mark, bool mended)
{
	uint32_t item = 0;

	for (uint32_t i = 0; i < mark->frame_n; i++) {
		size_t at = standing_at(salvage, mark->volume, mended,
		    salvage->mark_frame.p[mark->frame + i].offset);
		const struct pm_item *first = &salvage->mark_item.p[mark->item];

		while (item < mark->item_n && first[item].frame < i)
			item++;
		if (at == salvage->frame.n || (item < mark->item_n &&
		    first[item].frame == i &&
		    !has_item(salvage, &salvage->frame.p[at], &first[item])))
			continue;
		(void)put(salvage, &salvage->frame.p[at],
		    mark->first_frame + i);
	}
}

/* Each item under its digest, and the marker it is of. */
static int
index_items(struct salvage *salvage, struct pm_map *map, uint32_t *mark_of)
{
	int rc = PM_OK;

	for (size_t i = 0; i < salvage->mark.n && rc == PM_OK; i++) {
		const struct salvage_mark *mark = &salvage->mark.p[i];

		for (uint32_t k = 0; k < mark->item_n && rc == PM_OK; k++) {
			size_t at = mark->item + k;

			mark_of[at] = (uint32_t)i;
			rc = pm_map_add(map, pm_le64_get(
			    salvage->mark_item.p[at].sha256), (uint32_t)at,
			    salvage->err);
		}
	}
	return rc;
}

/* A frame that stands elsewhere, by the digest of its first article. */
static void
place_by_text(struct salvage *salvage, const struct pm_map *map,
    const uint32_t *mark_of, struct salvage_frame *frame)
{
	const struct salvage_text *text = &salvage->text.p[frame->text];
	uint32_t at = pm_map_first(map, pm_le64_get(text->sha256));

	for (int tries = 0; at != PM_MAP_END && tries < TRIES_MAX; tries++) {
		uint32_t i = pm_map_value(map, at);
		const struct pm_item *item = &salvage->mark_item.p[i];
		const struct salvage_mark *mark =
		    &salvage->mark.p[mark_of[i]];

		if (item->offset == text->offset && memcmp(item->sha256,
		    text->sha256, PM_SHA256_BYTES) == 0 && put(salvage, frame,
		    mark->first_frame + item->frame))
			return;
		at = pm_map_next(map, at);
	}
}

static int
place_moved(struct salvage *salvage)
{
	uint32_t *marks = pm_alloc(salvage->mark_item.n * sizeof *marks,
	    salvage->err);
	struct pm_map map;
	int rc = marks == NULL ? PM_ENOMEM : PM_OK;

	pm_map_init(&map);
	if (rc == PM_OK)
		rc = index_items(salvage, &map, marks);
	for (size_t i = 0; i < salvage->frame.n && rc == PM_OK; i++) {
		struct salvage_frame *frame = &salvage->frame.p[i];

		if (frame->id == 0 && frame->text_n > 0 &&
		    salvage->text.p[frame->text].part == 0)
			place_by_text(salvage, &map, marks, frame);
	}
	pm_map_clear(&map);
	pm_free(marks);
	return rc;
}

/* ---- by neighbours ---- */

static bool
adjoin(const struct salvage_frame *frame, const struct salvage_frame *next)
{
	return frame->volume == next->volume &&
	    frame->mended == next->mended && frame->at.offset +
	    frame->at.packed_bytes == next->at.offset;
}

static void
place_neighbours(struct salvage *salvage)
{
	struct salvage_frame *frame = salvage->frame.p;
	size_t n = salvage->frame.n;

	for (size_t i = 0; i + 1 < n; i++)
		if (frame[i].id != 0 && adjoin(&frame[i], &frame[i + 1]))
			(void)put(salvage, &frame[i + 1], frame[i].id + 1);
	for (size_t i = n; i-- > 1;)
		if (frame[i].id != 0 && adjoin(&frame[i - 1], &frame[i]))
			(void)put(salvage, &frame[i - 1], frame[i].id - 1);
}

/* The frame that begins the next volume, or of none: frame.n. */
static size_t
behind_volume(const struct salvage *salvage, uint32_t volume)
{
	size_t at = 0;

	while (at < salvage->frame.n && salvage->frame.p[at].volume <= volume)
		at++;
	return at < salvage->frame.n && salvage->frame.p[at].at.offset != 0 ?
	    salvage->frame.n : at;
}

/* The first frame behind what stays begins a volume. */
static void
place_first(struct salvage *salvage)
{
	struct salvage_frame *frame = salvage->frame.p;

	if (salvage->frame.n > 0 && frame->kind == SALVAGE_OWN &&
	    frame->at.offset == 0 && salvage->after.sequence > 0)
		(void)put(salvage, frame, salvage_first(salvage));
	if (salvage->frame.n > 0 && frame->kind == SALVAGE_OWN &&
	    frame->volume == 1)
		(void)put(salvage, frame, 1);
	/* Behind a marker begins the next batch. */
	for (size_t i = 0; i < salvage->mark.n; i++) {
		const struct salvage_mark *mark = &salvage->mark.p[i];
		size_t at = mark->seals ? behind_volume(salvage,
		    mark->volume) : standing_at(salvage, mark->volume,
		    mark->mended, mark->end);

		if (at < salvage->frame.n)
			(void)put(salvage, &frame[at],
			    mark->first_frame + mark->frame_n);
	}
}

int
pm_salvage_place(struct salvage *salvage)
{
	int rc;

	sort_marks(salvage);
	if ((rc = make_slots(salvage)) != PM_OK)
		return rc;
	for (size_t i = 0; i < salvage->mark.n; i++)
		for (int mended = 0; mended < 2; mended++)
			place_where_they_were(salvage, &salvage->mark.p[i],
			    mended != 0);
	for (size_t i = 0; i < salvage->frame.n; i++)
		if (salvage->frame.p[i].named != 0)
			(void)put(salvage, &salvage->frame.p[i],
			    salvage->frame.p[i].named);
	if ((rc = place_moved(salvage)) != PM_OK)
		return rc;
	place_first(salvage);
	place_neighbours(salvage);
	return PM_OK;
}

/* ---- by recipes ---- */

void
pm_salvage_place_text(struct salvage *salvage, uint64_t article,
    const struct pm_recipe_reference *from)
{
	uint32_t at = pm_map_first(&salvage->article, article);

	for (; at != PM_MAP_END; at = pm_map_next(&salvage->article, at)) {
		const struct salvage_text *text =
		    &salvage->text.p[pm_map_value(&salvage->article, at)];

		if (from->offset >= text->offset && from->offset -
		    text->offset <= text->bytes && put(salvage,
		    &salvage->frame.p[text->frame], from->frame))
			return;
	}
}

/* Is the text in a frame that has its place? */
static bool
is_placed(const struct salvage *salvage, uint64_t article)
{
	uint32_t at = pm_map_first(&salvage->article, article);

	for (int tries = 0; at != PM_MAP_END && tries < TRIES_MAX; tries++) {
		const struct salvage_text *text =
		    &salvage->text.p[pm_map_value(&salvage->article, at)];

		if (salvage->frame.p[text->frame].id != 0)
			return true;
		at = pm_map_next(&salvage->article, at);
	}
	return false;
}

/* A frame that was found twice is to have one place. */
static bool
has_news(const struct salvage *salvage, const struct salvage_frame *frame)
{
	for (uint32_t i = 0; i < frame->text_n; i++)
		if (!is_placed(salvage,
		    salvage->text.p[frame->text + i].article))
			return true;
	return false;
}

struct numbered { uint64_t article; uint32_t frame; };

static int
compare_numbered(const void *a, const void *b)
{
	const struct numbered *x = a, *y = b;

	if (x->article != y->article)
		return x->article < y->article ? -1 : 1;
	return (x->frame > y->frame) - (x->frame < y->frame);
}

/* Articles have their numbers in the order of their frames, wherever these
 * came to lie: each frame goes behind the one with the articles before. */
static void
place_in_order(struct salvage *salvage, const struct numbered *order,
    size_t n)
{
	uint64_t id = salvage_first(salvage);
	uint64_t end = id + salvage->slot_n;

	for (size_t i = 0; i < n; i++) {
		struct salvage_frame *frame =
		    &salvage->frame.p[order[i].frame];

		if (frame->id == 0 && has_news(salvage, frame)) {
			while (id < end && (!is_free(salvage, id) ||
			    pm_salvage_mark(salvage, id) != NULL))
				id++;
			(void)put(salvage, frame, id);
		}
		if (frame->id != 0)
			id = frame->id + 1;
	}
}

int
pm_salvage_place_rest(struct salvage *salvage)
{
	struct numbered *order = pm_alloc(salvage->frame.n * sizeof *order,
	    salvage->err);
	size_t n = 0;

	if (order == NULL)
		return PM_ENOMEM;
	place_neighbours(salvage);
	for (size_t i = 0; i < salvage->frame.n; i++)
		if (salvage->frame.p[i].text_n > 0)
			order[n++] = (struct numbered){ salvage->text.p[
			    salvage->frame.p[i].text].article, (uint32_t)i };
	if (n > 1)
		qsort(order, n, sizeof *order, compare_numbered);
	place_in_order(salvage, order, n);
	pm_free(order);
	return PM_OK;
}
