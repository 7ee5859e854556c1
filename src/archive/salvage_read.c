/*
 * Frames and lines of the log as a salvage needs them, and a first look at
 * all of them.
 */
#include "archive/repair_parity.h"
#include "archive/salvage.h"

#include <stdio.h>

#include "base/err.h"

/* From the copy that parity made. */
static int
load_copy(struct salvage *salvage, const struct salvage_frame *frame)
{
	int rc;

	if (salvage->copy_volume != frame->volume) {
		pm_volume_file_close(&salvage->copy);
		salvage->copy_volume = 0;
		if ((rc = pm_volume_file_open_beside(&salvage->copy,
		    salvage->archive, frame->volume, PM_REPAIR_MENDED,
		    salvage->err)) != PM_OK)
			return rc;
		salvage->copy_volume = frame->volume;
	}
	if (pm_volume_file_load(&salvage->copy, &salvage->packed,
	    frame->at.offset, frame->at.packed_bytes))
		return PM_OK;
	return pm_volume_file_failed(&salvage->copy, salvage->err);
}

int
pm_salvage_load(struct salvage *salvage, const struct salvage_frame *frame)
{
	int rc = PM_OK;

	pm_buf_reset(&salvage->packed);
	pm_buf_reset(&salvage->plain);
	if (frame->mended)
		rc = load_copy(salvage, frame);
	else if ((rc = pm_volume_reader_packed(salvage->reader, &salvage->packed,
	    frame->volume, &frame->at, salvage->err)) != PM_OK)
		return rc;
	return rc != PM_OK ? rc : pm_frame_decode(salvage->coder,
	    &salvage->plain, pm_buf_bytes(&salvage->packed), salvage->err);
}

static int
read_records(struct salvage *salvage, struct pm_bytes lines)
{
	struct pm_log_record record;
	size_t at = 0;
	int rc;

	while ((rc = pm_log_decode(&record, &salvage->arena, lines, &at,
	    salvage->err)) == PM_OK) {
		if ((rc = LIST_ROOM(salvage->record, salvage->err)) != PM_OK ||
		    (rc = LIST_ROOM(salvage->steps, salvage->err)) != PM_OK)
			return rc;
		salvage->record.p[salvage->record.n++] = record;
		salvage->steps.p[salvage->steps.n++] =
		    (struct pm_bytes){ 0 };
	}
	return rc == PM_END ? PM_OK : rc;
}

static bool
has_recipe(const struct pm_log_record *record)
{
	return record->kind == PM_LOG_CAPTURE && record->u.capture.like == 0;
}

/* The recipe that stands at *at. */
static int
take_recipe(struct pm_bytes *steps, struct pm_bytes data, size_t *at,
    struct pm_err *err)
{
	uint64_t n = 0;
	int rc = pm_varint_get(&n, data.p, data.n, at, err);

	if (rc == PM_OK && n > data.n - *at)
		rc = pm_fail(err, PM_ECORRUPT, "a recipe is cut short");
	if (rc != PM_OK)
		return rc;
	*steps = (struct pm_bytes){ data.p + *at, (size_t)n };
	*at += (size_t)n;
	return PM_OK;
}

/* FORMAT.md, "Data member": norms, digests, recipes. */
static int
read_data(struct salvage *salvage, struct pm_bytes data)
{
	size_t norm = 0, digest = 0, recipe;
	int rc = PM_OK;

	for (size_t i = 0; i < salvage->record.n; i++) {
		digest += salvage->record.p[i].kind == PM_LOG_ARTICLE ? 8 : 0;
		norm += has_recipe(&salvage->record.p[i]) ?
		    PM_SHA256_BYTES : 0;
	}
	recipe = digest + norm;
	norm = 0;
	if (data.n < recipe)
		return pm_fail(salvage->err, PM_ECORRUPT,
		    "its data member is cut short");
	for (size_t i = 0; i < salvage->record.n && rc == PM_OK; i++) {
		struct pm_log_record *record = &salvage->record.p[i];

		if (record->kind == PM_LOG_ARTICLE) {
			record->u.article.norm = pm_le64_get(data.p + norm);
			norm += 8;
		} else if (has_recipe(record)) {
			memcpy(record->u.capture.sha256, data.p + digest,
			    PM_SHA256_BYTES);
			digest += PM_SHA256_BYTES;
			rc = take_recipe(&salvage->steps.p[i], data, &recipe,
			    salvage->err);
		}
	}
	return rc;
}

int
pm_salvage_lines(struct salvage *salvage, uint64_t frame)
{
	struct pm_bytes lines = { 0 }, data = { 0 }, lost = { 0 };
	struct pm_tar_member member;
	size_t at = 0;
	int rc;

	pm_arena_reset(&salvage->arena);
	salvage->record.n = salvage->steps.n = 0;
	while ((rc = pm_tar_next(&member, pm_buf_bytes(&salvage->plain), &at,
	    salvage->err)) == PM_OK) {
		if (strncmp(member.name, "meta/", 5) == 0)
			lines = member.data;
		else if (strncmp(member.name, "data/", 5) == 0)
			data = member.data;
		else if (pm_is_lost_lines(member.name))
			lost = member.data;
	}
	rc = rc == PM_END ? PM_OK : rc;
	if (rc == PM_OK && lines.n > 0 &&
	    (rc = read_records(salvage, lines)) == PM_OK)
		rc = read_data(salvage, data);
	if (rc == PM_OK && lost.n > 0)
		rc = read_records(salvage, lost);
	return rc == PM_OK ? PM_OK : pm_err_context(salvage->err, "frame "
	    "%llu", (unsigned long long)frame);
}

/* ---- the survey ---- */

struct survey {
	struct salvage *salvage;
	uint64_t article;
};

static int
meet_reference(void *context, const struct pm_recipe_reference *to)
{
	struct survey *survey = context;

	if (to->bytes > 0)
		pm_salvage_place_text(survey->salvage, survey->article, to);
	return PM_OK;
}

static int
meet_line(struct salvage *salvage, uint64_t frame, size_t i)
{
	const struct pm_log_record *record = &salvage->record.p[i];
	struct survey survey = { .salvage = salvage };
	uint32_t at;

	if (record->kind == PM_LOG_CAPTURE) {
		survey.article = record->u.capture.article;
		return survey.article == 0 ? PM_OK :
		    pm_recipe_references(frame, salvage->steps.p[i],
		    meet_reference, &survey, salvage->err);
	}
	if (record->kind == PM_LOG_RUN) {
		(void)snprintf(salvage->policy, sizeof salvage->policy,
		    "%.*s", (int)record->u.run.policy.n,
		    (const char *)record->u.run.policy.p);
		return pm_map_add(&salvage->run, record->u.run.number, 0,
		    salvage->err);
	}
	if (record->kind != PM_LOG_ARTICLE)
		return PM_OK;
	at = pm_map_first(&salvage->article, record->u.article.number);
	for (; at != PM_MAP_END; at = pm_map_next(&salvage->article, at)) {
		struct salvage_text *text =
		    &salvage->text.p[pm_map_value(&salvage->article, at)];

		text->line_frame = text->bytes == record->u.article.bytes ?
		    frame : text->line_frame;
	}
	return PM_OK;
}

/* Parts of one body that follow one another become one text. */
static void
join_parts(struct salvage *salvage, struct salvage_text *first)
{
	uint64_t id = salvage->frame.p[first->frame].id;

	for (uint32_t part = 1; id != 0; part++) {
		struct salvage_frame *next = salvage_kept(salvage, id + part);
		struct salvage_text *text = next == NULL ||
		    next->text_n == 0 ? NULL : &salvage->text.p[next->text];

		if (text == NULL || text->article != first->article ||
		    text->part != part + 1)
			break;
		first->bytes += text->bytes;
	}
}

static int
index_texts(struct salvage *salvage)
{
	int rc = PM_OK;

	for (size_t i = 0; i < salvage->text.n && rc == PM_OK; i++) {
		struct salvage_text *text = &salvage->text.p[i];

		if (text->part == 1)
			join_parts(salvage, text);
		if (text->part <= 1)
			rc = pm_map_add(&salvage->article, text->article,
			    (uint32_t)i, salvage->err);
	}
	return rc;
}

int
pm_salvage_survey(struct salvage *salvage)
{
	int rc = index_texts(salvage);

	for (uint64_t i = 0; i < salvage->slot_n && rc == PM_OK; i++) {
		uint64_t id = salvage_first(salvage) + i;
		const struct salvage_frame *frame = salvage_kept(salvage, id);

		if (frame == NULL || frame->kind != SALVAGE_META)
			continue;
		if ((rc = pm_salvage_load(salvage, frame)) == PM_OK)
			rc = pm_salvage_lines(salvage, id);
		for (size_t k = 0; k < salvage->record.n && rc == PM_OK; k++)
			rc = meet_line(salvage, id, k);
	}
	return rc;
}
