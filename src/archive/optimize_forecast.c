/*
 * What optimize would gain, from frames of the new order that are packed for
 * trial, spread over all of it, and from old metadata frames packed again.
 */
#include "archive/optimize_internal.h"
#include "base/err.h"

enum { TEXT_TRIALS = 12, METADATA_TRIALS = 4 };

struct trial {
	struct pm_job job;
	int level;
	struct pm_buf plain;
	uint64_t packed;
	int status;
	struct pm_err err;
};

static void
run_trial(struct pm_job *job)
{
	struct trial *trial = (struct trial *)job;
	struct pm_frame_coder *coder = NULL;
	struct pm_buf packed;

	pm_buf_init(&packed);
	trial->status = pm_frame_coder_new(&coder, &trial->err);
	if (trial->status == PM_OK)
		trial->status = pm_frame_encode(coder, &packed,
		    pm_buf_bytes(&trial->plain), trial->level, &trial->err);
	trial->packed = packed.n;
	pm_buf_clear(&packed);
	pm_frame_coder_free(coder);
}

/* Plain and packed bytes of all trials. */
static int
run_all(uint64_t *plain, uint64_t *packed, struct optimizer *optimizer,
    struct trial *trial, size_t n)
{
	struct pm_group group = { 0 };
	int rc = PM_OK;

	for (size_t i = 0; i < n; i++) {
		trial[i].job.run = run_trial;
		trial[i].level = optimizer->options->level;
		if (trial[i].plain.n > 0)
			pm_pool_submit(optimizer->writer.pool, &group,
			    &trial[i].job);
	}
	pm_group_wait(optimizer->writer.pool, &group);
	*plain = *packed = 0;
	for (size_t i = 0; i < n; i++) {
		if (rc == PM_OK && trial[i].plain.n > 0 &&
		    (rc = trial[i].status) != PM_OK)
			*optimizer->err = trial[i].err;
		*plain += trial[i].plain.n;
		*packed += trial[i].packed;
		pm_buf_clear(&trial[i].plain);
	}
	return rc;
}

static uint64_t
share(uint64_t whole, uint64_t plain, uint64_t packed)
{
	return plain == 0 ? 0 : (uint64_t)((double)whole * (double)packed /
	    (double)plain);
}

/* ---- texts ---- */

static int
append_text(struct pm_buf *plain, struct optimizer *optimizer,
    const struct old_article *article)
{
	char name[PM_MEMBER_NAME_CHARS];
	uint64_t n = article->bytes < PM_MEMBER_MAX ? article->bytes :
	    PM_MEMBER_MAX;
	int rc;

	pm_name_article(name, article->path);
	rc = pm_tar_header(plain, name, n, 0, optimizer->err);
	if (rc == PM_OK)
		rc = pm_frames_copy(plain, optimizer->writer.frames,
		    article->frame, article->offset, n, optimizer->err);
	return rc == PM_OK ? pm_buf_append_zero(plain, (size_t)((PM_TAR_BLOCK -
	    n % PM_TAR_BLOCK) % PM_TAR_BLOCK), optimizer->err) : rc;
}

/* A frame that begins with the text at `from`. */
static int
fill_trial(struct trial *trial, struct optimizer *optimizer, size_t from)
{
	int rc = PM_OK;

	for (size_t i = from; i < optimizer->articles.n && rc == PM_OK; i++) {
		const struct old_article *article = NUMBERED(
		    optimizer->articles, optimizer->article_order[i]);

		if (article->gone)
			continue;
		if (trial->plain.n > 0 && trial->plain.n + PM_TAR_BLOCK +
		    article->bytes > optimizer->options->frame_bytes)
			break;
		rc = append_text(&trial->plain, optimizer, article);
	}
	return rc == PM_OK ? pm_optimize_tell(optimizer, PM_PHASE_CHECK) : rc;
}

static int
try_texts(struct pm_optimized *out, struct optimizer *optimizer,
    uint64_t text_plain)
{
	struct trial trial[TEXT_TRIALS] = { 0 };
	uint64_t plain, packed;
	int rc = PM_OK, ran;

	for (size_t i = 0; i < TEXT_TRIALS && rc == PM_OK; i++) {
		size_t from = optimizer->articles.n * i / TEXT_TRIALS;

		if (i == 0 || from != optimizer->articles.n * (i - 1) /
		    TEXT_TRIALS)
			rc = fill_trial(&trial[i], optimizer, from);
	}
	ran = run_all(&plain, &packed, optimizer, trial, TEXT_TRIALS);
	out->text_after = share(text_plain, plain, packed);
	return rc == PM_OK ? ran : rc;
}

/* ---- what stands now ---- */

struct standing {
	uint64_t text_plain, metadata_plain;
	LIST(uint64_t) metadata;             /* frames */
};

static int
count_batch(struct standing *standing, struct pm_optimized *out,
    const struct pm_batch *batch, struct pm_err *err)
{
	uint32_t item = 0;

	for (uint32_t i = 0; i < batch->frame_n; i++) {
		const struct pm_frame_at *at = &batch->frame[i];
		bool text = false;

		for (; item < batch->item_n && batch->item[item].frame <= i;
		    item++)
			text = true;
		if (text) {
			out->text_before += at->packed_bytes;
			standing->text_plain += at->plain_bytes;
			continue;
		}
		out->metadata_before += at->packed_bytes;
		standing->metadata_plain += at->plain_bytes;
		if (at->plain_bytes <= 2 * PM_TAR_BLOCK)
			continue;        /* the volume's own */
		if (LIST_ROOM(standing->metadata, err) != PM_OK)
			return PM_ENOMEM;
		standing->metadata.p[standing->metadata.n++] =
		    batch->first_frame + i;
	}
	return PM_OK;
}

static int
count_all(struct standing *standing, struct pm_optimized *out,
    struct optimizer *optimizer)
{
	struct pm_walk_options options = { .start.next_frame = 1,
	    .level = PM_WALK_QUICK };
	struct pm_volume_walk *walk = NULL;
	const struct pm_batch *batch;
	int rc = pm_volume_walk_open(&walk, optimizer->path, &options,
	    optimizer->err);

	while (rc == PM_OK && (rc = pm_volume_walk_next(walk, &batch,
	    optimizer->err)) == PM_OK)
		rc = count_batch(standing, out, batch, optimizer->err);
	pm_volume_walk_close(walk);
	return rc == PM_END ? PM_OK : rc;
}

static int
try_metadata(struct pm_optimized *out, struct optimizer *optimizer,
    const struct standing *standing)
{
	struct trial trial[METADATA_TRIALS] = { 0 };
	size_t n = standing->metadata.n < METADATA_TRIALS ?
	    standing->metadata.n : METADATA_TRIALS;
	uint64_t plain, packed;
	int rc = PM_OK, ran;

	for (size_t i = 0; i < n && rc == PM_OK; i++) {
		struct pm_bytes bytes;

		rc = pm_frames_get(&bytes, optimizer->writer.frames,
		    standing->metadata.p[standing->metadata.n * i / n],
		    optimizer->err);
		if (rc == PM_OK)
			rc = pm_buf_append(&trial[i].plain, bytes.p, bytes.n,
			    optimizer->err);
	}
	ran = run_all(&plain, &packed, optimizer, trial, METADATA_TRIALS);
	out->metadata_after = share(standing->metadata_plain, plain, packed);
	return rc == PM_OK ? ran : rc;
}

int
pm_optimize_forecast(struct pm_optimized *out, struct optimizer *optimizer)
{
	struct standing standing = { 0 };
	int rc = count_all(&standing, out, optimizer);

	if (rc == PM_OK)
		rc = try_texts(out, optimizer, standing.text_plain);
	if (rc == PM_OK)
		rc = try_metadata(out, optimizer, &standing);
	/* Markers and the like stay as they are. */
	if (rc == PM_OK)
		out->bytes_after = out->text_after + out->metadata_after +
		    (out->bytes_before > out->text_before +
		    out->metadata_before ? out->bytes_before -
		    out->text_before - out->metadata_before : 0);
	pm_free(standing.metadata.p);
	return rc;
}
