/*
 * From a damaged archive to one that verifies, in order: what is there, which
 * is which, what is lost, the new log, a look at it, HEAD.
 */
#include "archive/salvage.h"

#include <stdio.h>

#include "base/err.h"
#include "base/fs.h"

static int
open_salvage(struct salvage *salvage)
{
	int rc = pm_volume_reader_open(&salvage->reader, salvage->archive,
	    salvage->err);

	pm_volume_file_init(&salvage->copy);
	pm_arena_init(&salvage->arena);
	pm_map_init(&salvage->article);
	pm_map_init(&salvage->run);
	pm_map_init(&salvage->capture);
	pm_map_init(&salvage->teaser);
	pm_map_init(&salvage->group);
	for (int i = 0; i < 3; i++)
		pm_map_init(&salvage->listed[i]);
	return rc == PM_OK ? pm_frame_coder_new(&salvage->coder,
	    salvage->err) : rc;
}

static void
close_salvage(struct salvage *salvage)
{
	pm_volume_reader_close(salvage->reader);
	pm_volume_file_close(&salvage->copy);
	pm_frame_coder_free(salvage->coder);
	pm_catalog_close(salvage->catalog);
	pm_free(salvage->frame.p);
	pm_free(salvage->text.p);
	pm_free(salvage->mark.p);
	pm_free(salvage->mark_frame.p);
	pm_free(salvage->mark_item.p);
	pm_free(salvage->slot);
	pm_map_clear(&salvage->article);
	pm_map_clear(&salvage->run);
	pm_map_clear(&salvage->capture);
	pm_map_clear(&salvage->teaser);
	pm_map_clear(&salvage->group);
	for (int i = 0; i < 3; i++)
		pm_map_clear(&salvage->listed[i]);
	pm_free(salvage->gap[0].p);
	pm_free(salvage->gap[1].p);
	pm_free(salvage->item.p);
	pm_free(salvage->record.p);
	pm_free(salvage->steps.p);
	pm_buf_clear(&salvage->packed);
	pm_buf_clear(&salvage->plain);
	pm_buf_clear(&salvage->lines);
	pm_buf_clear(&salvage->norms);
	pm_buf_clear(&salvage->digests);
	pm_buf_clear(&salvage->recipes);
	pm_arena_clear(&salvage->arena);
}

/* Is the catalog of this log?  One batch that both know tells. */
static bool
knows_log(struct salvage *salvage)
{
	struct pm_walk_start at;
	struct pm_err ignored;

	if (salvage->after.sequence > 0)
		return pm_catalog_position(&at, salvage->catalog,
		    salvage->after.sequence, &ignored) == PM_OK &&
		    memcmp(at.chain, salvage->after.chain, sizeof at.chain) ==
		    0;
	for (size_t i = 0; i < salvage->mark.n; i++)
		if (pm_catalog_position(&at, salvage->catalog,
		    salvage->mark.p[i].sequence, &ignored) == PM_OK)
			return memcmp(at.chain, salvage->mark.p[i].chain,
			    sizeof at.chain) == 0;
	return !salvage->headed || salvage->head.sequence == 0 ||
	    (pm_catalog_position(&at,
	    salvage->catalog, salvage->head.sequence, &ignored) == PM_OK &&
	    memcmp(at.chain, salvage->head.chain, sizeof at.chain) == 0);
}

static int
open_catalog(struct salvage *salvage)
{
	int rc = pm_catalog_open(&salvage->catalog, salvage->archive,
	    PM_CATALOG_READ, salvage->err);

	if (rc == PM_OK && (pm_catalog_sound(salvage->catalog,
	    salvage->err) != PM_OK || !knows_log(salvage))) {
		pm_catalog_close(salvage->catalog);
		salvage->catalog = NULL;
	}
	return rc == PM_ENOMEM ? rc : PM_OK;
}

/* Where there is no HEAD to go by, one that leaves out nothing. */
static struct pm_head
standing_head(const struct salvage *salvage)
{
	struct pm_head head = salvage->head;

	head.rewrite = head.drop_from = head.drop_to = 0;
	head.volume = salvage->last_volume == 0 ? 1 : salvage->last_volume;
	if (salvage->headed && head.sequence > 0)
		return head;
	head.sequence = salvage->mark.n == 0 ? 1 :
	    salvage->mark.p[salvage->mark.n - 1].sequence;
	head.next_frame = salvage_first(salvage) + salvage->slot_n;
	head.length = head.length == 0 ? 1 : head.length;
	return head;
}

/* Volumes that were replaced before are of no use; before the catalog is
 * opened, which keeps them there. */
static int
drop_replaced(struct salvage *salvage, struct pm_volume_writer *writer)
{
	uint32_t left;

	if (!salvage->headed)
		return PM_OK;
	pm_volume_writer_assume(writer, &salvage->head);
	return pm_volume_writer_drop(writer, &left, salvage->err);
}

static int
rewrite(struct salvage *salvage, struct pm_volume_writer *writer,
    struct pm_pool *pool)
{
	struct pm_head head = standing_head(salvage);
	int rc;

	pm_volume_writer_assume(writer, &head);
	rc = pm_volume_writer_rewrite(writer, &salvage->after, salvage->err);
	if (rc == PM_OK)
		rc = pm_salvage_write(salvage, writer);
	if (rc == PM_OK) {
		pm_volume_writer_rewritten(&head, writer);
		rc = pm_salvage_check(salvage, &head, pool);
	}
	return rc == PM_OK ? pm_volume_writer_replace(writer, salvage->err) :
	    rc;
}

int
pm_salvage(struct pm_salvaged *out, const char *archive,
    struct pm_pool *pool, struct pm_err *err)
{
	struct salvage salvage = { .archive = archive, .err = err };
	struct pm_volume_writer *writer = NULL;
	int rc = open_salvage(&salvage);

	if (rc == PM_OK)
		rc = pm_volume_writer_open_damaged(&writer, archive, err);
	if (rc == PM_OK)
		rc = pm_salvage_find(&salvage);
	if (rc == PM_OK)
		rc = drop_replaced(&salvage, writer);
	if (rc == PM_OK)
		rc = open_catalog(&salvage);
	if (rc == PM_OK)
		rc = pm_salvage_place(&salvage);
	if (rc == PM_OK)
		rc = pm_salvage_survey(&salvage);
	if (rc == PM_OK)
		rc = rewrite(&salvage, writer, pool);
	pm_volume_writer_close(writer);
	if (rc == PM_OK) {
		*out = (struct pm_salvaged){ .lost = salvage.lost,
		    .kept_frames = salvage.kept_frames,
		    .changed_frames = salvage.changed_frames,
		    .lost_frames = salvage.lost_frames };
		memcpy(out->lost_n, salvage.lost_n, sizeof out->lost_n);
	} else {
		pm_buf_clear(&salvage.lost);
	}
	close_salvage(&salvage);
	return rc;
}
