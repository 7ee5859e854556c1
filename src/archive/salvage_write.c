/*
 * The rest of the log, written anew.
 */
#include <stdio.h>
#include <stdlib.h>

#include "archive/salvage.h"
#include "base/err.h"

enum { LEVEL = 9, LOST_BYTES = 4 << 20 };

struct batch_text { uint64_t article; uint32_t text; };

struct writing {
	struct salvage *salvage;
	struct pm_volume_writer *writer;
	uint64_t end;                    /* the first id that is not written */
	uint64_t run;                    /* of the last batch */
	LIST(struct batch_text) text;    /* by number */
	size_t text_i;                   /* the first whose line is to come */
	struct pm_buf plain, packed;
};

/* ---- which texts ---- */

static int
hash_parts(struct salvage *salvage, struct salvage_text *text)
{
	struct pm_sha256_state *state = pm_sha256_new(salvage->err);
	uint64_t id = salvage->frame.p[text->frame].id, left = text->bytes;
	int rc = state == NULL ? PM_ENOMEM : PM_OK;

	for (; left > 0 && rc == PM_OK; id++) {
		uint64_t n = left < PM_MEMBER_MAX ? left : PM_MEMBER_MAX;
		const struct salvage_frame *frame = salvage_kept(salvage, id);

		rc = frame == NULL ? PM_END : pm_salvage_load(salvage, frame);
		if (rc == PM_OK && salvage->plain.n < n + text->offset)
			rc = PM_END;
		if (rc == PM_OK)
			pm_sha256_update(state, (struct pm_bytes){
			    salvage->plain.p + text->offset, (size_t)n });
		left -= n;
	}
	if (state != NULL)
		pm_sha256_final(text->sha256, state);
	pm_sha256_free(state);
	text->kept = rc == PM_OK;
	return rc == PM_END ? PM_OK : rc;
}

/* A body in parts is whole when its line or its item says so, or when it ends
 * with a part that is not full. */
static bool
has_all_parts(const struct salvage *salvage, const struct salvage_text *text)
{
	uint64_t id = salvage->frame.p[text->frame].id;
	const struct salvage_mark *mark = pm_salvage_mark(salvage, id);

	if (text->line_frame != 0)
		return true;
	for (uint32_t k = 0; mark != NULL && k < mark->item_n; k++) {
		const struct pm_item *item =
		    &salvage->mark_item.p[mark->item + k];

		if (item->frame == id - mark->first_frame &&
		    item->offset == text->offset)
			return item->bytes == text->bytes;
	}
	return text->bytes % PM_MEMBER_MAX != 0;
}

/* Of each article one text that is whole. */
static int
choose_texts(struct salvage *salvage)
{
	struct pm_map chosen;
	int rc = PM_OK;

	pm_map_init(&chosen);
	for (size_t i = 0; i < salvage->text.n && rc == PM_OK; i++) {
		struct salvage_text *text = &salvage->text.p[i];

		if (text->part > 1 || text->article == 0 ||
		    text->article <= salvage->articles || text->bytes == 0 ||
		    salvage->frame.p[text->frame].id == 0 ||
		    pm_map_first(&chosen, text->article) != PM_MAP_END)
			continue;
		text->kept = text->part == 0;
		if (text->part == 1 && has_all_parts(salvage, text))
			rc = hash_parts(salvage, text);
		if (rc == PM_OK && text->kept)
			rc = pm_map_add(&chosen, text->article, 0,
			    salvage->err);
	}
	pm_map_clear(&chosen);
	return rc;
}

/* The number of the first article of each marker, from one whose text is
 * there. */
static void
number_marks(struct salvage *salvage)
{
	uint64_t next = 0;

	for (size_t i = 0; i < salvage->mark.n; i++) {
		struct salvage_mark *mark = &salvage->mark.p[i];

		for (uint32_t k = 0; k < mark->item_n && mark->article == 0;
		    k++) {
			const struct pm_item *item =
			    &salvage->mark_item.p[mark->item + k];
			const struct salvage_frame *frame = salvage_kept(
			    salvage, mark->first_frame + item->frame);

			for (uint32_t t = 0; frame != NULL &&
			    t < frame->text_n; t++)
				if (salvage->text.p[frame->text + t].offset ==
				    item->offset)
					mark->article = salvage->text.p[
					    frame->text + t].article - k;
		}
		if (i > 0 && salvage->mark.p[i - 1].first_frame +
		    salvage->mark.p[i - 1].frame_n != mark->first_frame)
			next = 0;
		if (mark->article == 0)
			mark->article = next;
		next = mark->article == 0 ? 0 : mark->article + mark->item_n;
	}
	next = salvage->mark.n > 0 && salvage->mark.p[0].first_frame ==
	    salvage_first(salvage) ? salvage->articles + 1 : 0;
	for (size_t i = 0; i < salvage->mark.n && next != 0 &&
	    salvage->mark.p[i].article == 0; i++) {
		salvage->mark.p[i].article = next;
		next += salvage->mark.p[i].item_n;
	}
}

/* ---- frames ---- */

static bool
is_kept(const struct salvage *salvage, uint64_t id)
{
	const struct salvage_frame *frame = salvage_kept(salvage, id);

	return frame != NULL && frame->kind != SALVAGE_OWN;
}

static int
write_plain(struct writing *writing)
{
	struct salvage *salvage = writing->salvage;
	int rc;

	pm_buf_reset(&writing->packed);
	if ((rc = pm_frame_encode(salvage->coder, &writing->packed,
	    pm_buf_bytes(&writing->plain), LEVEL, salvage->err)) != PM_OK)
		return rc;
	return pm_volume_writer_frame(writing->writer,
	    pm_buf_bytes(&writing->packed), (uint32_t)writing->plain.n,
	    salvage->err);
}

/* lines and what belongs to them as members of writing->plain. */
static int
put_lines(struct writing *writing, uint64_t id)
{
	struct salvage *salvage = writing->salvage;
	char name[PM_MEMBER_NAME_CHARS];
	int rc;

	pm_name_meta(name, id);
	if ((rc = pm_tar_append(&writing->plain, name,
	    pm_buf_bytes(&salvage->lines), 0, salvage->err)) != PM_OK ||
	    (rc = pm_buf_append(&salvage->norms, salvage->digests.p,
	    salvage->digests.n, salvage->err)) != PM_OK ||
	    (rc = pm_buf_append(&salvage->norms, salvage->recipes.p,
	    salvage->recipes.n, salvage->err)) != PM_OK ||
	    salvage->norms.n == 0)
		return rc;
	pm_name_data(name, id);
	return pm_tar_append(&writing->plain, name,
	    pm_buf_bytes(&salvage->norms), 0, salvage->err);
}

/* Members that are no lines stay as they are. */
static int
keep_others(struct writing *writing)
{
	struct salvage *salvage = writing->salvage;
	struct pm_tar_member member;
	size_t at = 0;
	int rc;

	while ((rc = pm_tar_next(&member, pm_buf_bytes(&salvage->plain), &at,
	    salvage->err)) == PM_OK)
		if (strncmp(member.name, "meta/", 5) != 0 &&
		    strncmp(member.name, "data/", 5) != 0 &&
		    (rc = pm_tar_append(&writing->plain, member.name,
		    member.data, 0, salvage->err)) != PM_OK)
			return rc;
	return rc == PM_END ? PM_OK : rc;
}

static int
write_kept(struct writing *writing, uint64_t id)
{
	struct salvage *salvage = writing->salvage;
	const struct salvage_frame *frame = salvage_kept(salvage, id);
	bool changed = false;
	int rc = pm_salvage_load(salvage, frame);

	salvage->kept_frames++;
	if (rc == PM_OK && frame->kind == SALVAGE_META &&
	    (rc = pm_salvage_lines(salvage, id)) == PM_OK)
		rc = pm_salvage_settle(salvage, id, &changed);
	if (rc != PM_OK)
		return rc;
	if (!changed)
		return pm_volume_writer_frame(writing->writer,
		    pm_buf_bytes(&salvage->packed),
		    (uint32_t)salvage->plain.n, salvage->err);
	salvage->changed_frames++;
	pm_buf_reset(&writing->plain);
	if ((rc = put_lines(writing, id)) == PM_OK &&
	    (rc = keep_others(writing)) == PM_OK)
		rc = write_plain(writing);
	return rc;
}

/* Texts whose lines were in lost frames before the next that has one. */
static int
write_article_lines(struct writing *writing, uint64_t id)
{
	struct salvage *salvage = writing->salvage;
	int rc = PM_OK;

	for (; writing->text_i < writing->text.n && rc == PM_OK;
	    writing->text_i++) {
		const struct salvage_text *text = &salvage->text.p[
		    writing->text.p[writing->text_i].text];

		if (text->line_frame > id)
			break;
		if (text->line_frame == 0)
			rc = pm_salvage_article_line(salvage, text);
	}
	return rc;
}

/* W3. */
static int
write_substitute(struct writing *writing, uint64_t id)
{
	struct salvage *salvage = writing->salvage;
	char name[PM_MEMBER_NAME_CHARS], text[128];
	int n, rc = PM_OK;

	salvage->lost_frames++;
	pm_buf_reset(&writing->plain);
	pm_buf_reset(&salvage->lines);
	pm_buf_reset(&salvage->norms);
	pm_buf_reset(&salvage->digests);
	pm_buf_reset(&salvage->recipes);
	if (pm_map_first(&salvage->run, writing->run) == PM_MAP_END)
		rc = pm_salvage_run_line(salvage, writing->run);
	if (rc == PM_OK)
		rc = write_article_lines(writing, id);
	if (rc == PM_OK && salvage->lines.n > 0)
		rc = put_lines(writing, id);
	n = snprintf(text, sizeof text, "Here was frame %llu. It was damaged "
	    "or ended a volume; pressmark repair put this in its place.\n",
	    (unsigned long long)id);
	pm_name_lost(name, id, "txt");
	if (rc == PM_OK)
		rc = pm_tar_append(&writing->plain, name, (struct pm_bytes){
		    (const uint8_t *)text, (size_t)n }, 0, salvage->err);
	return rc == PM_OK ? write_plain(writing) : rc;
}

/* ---- batches ---- */

static int
compare_texts(const void *a, const void *b)
{
	const struct batch_text *x = a, *y = b;

	return (x->article > y->article) - (x->article < y->article);
}

static int
gather_texts(struct writing *writing, uint64_t from, uint64_t to)
{
	struct salvage *salvage = writing->salvage;
	int rc = PM_OK;

	writing->text.n = writing->text_i = 0;
	for (uint64_t id = from; id < to && rc == PM_OK; id++) {
		const struct salvage_frame *frame = salvage_kept(salvage, id);

		for (uint32_t i = 0; frame != NULL && i < frame->text_n &&
		    rc == PM_OK; i++) {
			if (!salvage->text.p[frame->text + i].kept)
				continue;
			if ((rc = LIST_ROOM(writing->text, salvage->err)) ==
			    PM_OK)
				writing->text.p[writing->text.n++] =
				    (struct batch_text){
				    salvage->text.p[frame->text + i].article,
				    frame->text + i };
		}
	}
	if (writing->text.n > 1)
		qsort(writing->text.p, writing->text.n,
		    sizeof *writing->text.p, compare_texts);
	return rc;
}

static int
begin(struct writing *writing, uint64_t id, uint64_t *first)
{
	struct salvage *salvage = writing->salvage;
	bool new_volume = pm_volume_writer_bytes(writing->writer) == 0;
	int rc;

	if (new_volume && id < writing->end && is_kept(salvage, id))
		return pm_fail(salvage->err, PM_ECORRUPT, "%s: frame %llu is "
		    "none that begins a volume", salvage->archive,
		    (unsigned long long)id);
	if ((rc = pm_volume_writer_begin(writing->writer, writing->run,
	    first, salvage->err)) != PM_OK)
		return rc;
	salvage->batch_first = *first;
	salvage->item.n = 0;
	return *first == id + new_volume ? PM_OK : pm_fail(salvage->err,
	    PM_ECORRUPT, "frame %llu became frame %llu",
	    (unsigned long long)id, (unsigned long long)*first);
}

static int
commit(struct writing *writing)
{
	struct salvage *salvage = writing->salvage;
	const struct pm_batch *batch;

	return pm_volume_writer_commit(writing->writer, salvage->item.p,
	    (uint32_t)salvage->item.n, &batch, salvage->err);
}

static int
write_batch(struct writing *writing, uint64_t from, uint64_t to)
{
	struct salvage *salvage = writing->salvage;
	uint64_t id;
	int rc = gather_texts(writing, from, to);

	if (rc == PM_OK)
		rc = begin(writing, from, &id);
	for (; rc == PM_OK && id < to; id++)
		rc = is_kept(salvage, id) ? write_kept(writing, id) :
		    write_substitute(writing, id);
	return rc == PM_OK ? commit(writing) : rc;
}

/* The run of a batch without a marker: the one it goes on with. */
static uint64_t
run_near(const struct writing *writing, uint64_t id)
{
	const struct salvage *salvage = writing->salvage;

	if (writing->run != 0)
		return writing->run;
	for (size_t i = 0; i < salvage->mark.n; i++)
		if (salvage->mark.p[i].first_frame > id)
			return salvage->mark.p[i].run;
	return 1;
}

/* The end of what is written: behind the last frame that is kept, and one
 * more where lines are to come and have no place. */
static uint64_t
find_end(const struct salvage *salvage)
{
	uint64_t first = salvage_first(salvage);
	uint64_t end = first + salvage->slot_n, free = 0;

	while (end > first && !is_kept(salvage, end - 1))
		end--;
	for (free = end; free > first + 1 && is_kept(salvage, free - 1);)
		free--;
	for (size_t i = 0; i < salvage->text.n; i++) {
		const struct salvage_text *text = &salvage->text.p[i];

		if (text->kept && text->line_frame == 0 &&
		    salvage->frame.p[text->frame].id >= free)
			return end + 1;
	}
	return end;
}

static int
write_batches(struct writing *writing)
{
	struct salvage *salvage = writing->salvage;
	uint64_t id = salvage_first(salvage);
	int rc = PM_OK;

	while (id < writing->end && rc == PM_OK) {
		const struct salvage_mark *mark = pm_salvage_mark(salvage, id);
		uint64_t to = mark == NULL ? id + 1 : mark->first_frame +
		    mark->frame_n;

		writing->run = mark == NULL ? run_near(writing, id) :
		    mark->run;
		if (mark != NULL && mark->seals && to < writing->end &&
		    !is_kept(salvage, to) &&
		    pm_volume_writer_bytes(writing->writer) > 0) {
			rc = pm_volume_writer_seal(writing->writer,
			    salvage->err);
			id = to;
			continue;
		}
		while (mark == NULL && to < writing->end &&
		    pm_salvage_mark(salvage, to) == NULL)
			to++;
		to = to < writing->end ? to : writing->end;
		if (to + 1 == writing->end && writing->end >
		    salvage_first(salvage) + salvage->slot_n)
			to = writing->end;
		rc = write_batch(writing, id, to);
		id = to;
	}
	return rc;
}

/* W4: the list, in the last batch. */
static int
write_lost(struct writing *writing)
{
	struct salvage *salvage = writing->salvage;
	struct pm_bytes left = pm_buf_bytes(&salvage->lost);
	char name[PM_MEMBER_NAME_CHARS];
	uint64_t id = writing->end;
	int rc;

	if (left.n == 0 && writing->end > salvage_first(salvage))
		return PM_OK;
	if (writing->run == 0)
		writing->run = run_near(writing, id);
	rc = begin(writing, writing->end, &id);
	while (rc == PM_OK && left.n > 0) {
		size_t n = left.n;

		if (n > LOST_BYTES)
			n = LOST_BYTES;
		while (n > 1 && left.p[n - 1] != '\n')
			n--;
		pm_name_lost(name, id++, "jsonl");
		pm_buf_reset(&writing->plain);
		if ((rc = pm_tar_append(&writing->plain, name,
		    (struct pm_bytes){ left.p, n }, 0, salvage->err)) ==
		    PM_OK)
			rc = write_plain(writing);
		left.p += n;
		left.n -= n;
	}
	return rc == PM_OK ? commit(writing) : rc;
}

int
pm_salvage_write(struct salvage *salvage, struct pm_volume_writer *writer)
{
	struct writing writing = { .salvage = salvage, .writer = writer };
	int rc = pm_salvage_place_rest(salvage);

	pm_buf_init(&writing.plain);
	pm_buf_init(&writing.packed);
	number_marks(salvage);
	if (rc == PM_OK)
		rc = choose_texts(salvage);
	writing.end = find_end(salvage);
	if (rc == PM_OK)
		rc = write_batches(&writing);
	if (rc == PM_OK)
		rc = pm_salvage_lose_rest(salvage);
	if (rc == PM_OK)
		rc = write_lost(&writing);
	pm_free(writing.text.p);
	pm_buf_clear(&writing.plain);
	pm_buf_clear(&writing.packed);
	return rc;
}
