#include "archive/pack.h"

#include "base/err.h"

struct pack_job {
	struct pm_job job;
	struct pm_packer *packer;
	struct pack_job *next;
	struct pm_group group;
	struct pm_buf plain, packed;
	int status;
	struct pm_err err;
};

struct pm_packer {
	struct pm_packer_options options;
	bool begun;                          /* and nothing committed since */
	uint64_t next_frame;
	uint64_t pending;                    /* plain bytes not yet written */
	struct pack_job *first, *last;
	unsigned coder_n;
	struct pm_frame_coder *coder[];      /* one a thread, and one for us */
};

static void
run_job(struct pm_job *base)
{
	struct pack_job *job = (struct pack_job *)base;
	struct pm_frame_coder **coder =
	    &job->packer->coder[base->worker];

	job->status = PM_OK;
	if (*coder == NULL)
		job->status = pm_frame_coder_new(coder, &job->err);
	if (job->status == PM_OK)
		job->status = pm_frame_encode(*coder, &job->packed,
		    pm_buf_bytes(&job->plain), job->packer->options.level,
		    &job->err);
	pm_buf_trim(&job->packed);
}

static void
free_job(struct pack_job *job)
{
	pm_buf_clear(&job->plain);
	pm_buf_clear(&job->packed);
	pm_free(job);
}

static int
write_first(struct pm_packer *packer, struct pm_err *err)
{
	struct pack_job *job = packer->first;
	int rc = packer->options.tick(packer->options.tick_context, err);

	if (rc != PM_OK)
		return rc;
	/* Not helping: a compressor takes tens of megabytes, one a thread. */
	pm_group_idle(packer->options.pool, &job->group);
	packer->first = job->next;
	if (packer->first == NULL)
		packer->last = NULL;
	packer->pending -= job->plain.n;
	rc = job->status;
	if (rc != PM_OK)
		*err = job->err;
	else
		rc = pm_volume_writer_frame(packer->options.volumes,
		    pm_buf_bytes(&job->packed), (uint32_t)job->plain.n, err);
	free_job(job);
	return rc;
}

static int
begin(void *context, uint64_t run, uint64_t *next_frame, struct pm_err *err)
{
	struct pm_packer *packer = context;
	int rc = PM_OK;

	if (!packer->begun)
		rc = pm_volume_writer_begin(packer->options.volumes, run,
		    &packer->next_frame, err);
	packer->begun = rc == PM_OK;
	*next_frame = packer->next_frame;
	return rc;
}

static int
add_frame(void *context, struct pm_buf *plain, struct pm_err *err)
{
	struct pm_packer *packer = context;
	struct pack_job *job = pm_alloc_zero(sizeof *job, err);
	int rc = PM_OK;

	if (job == NULL)
		return PM_ENOMEM;
	job->job.run = run_job;
	job->packer = packer;
	job->plain = *plain;
	pm_buf_init(plain);
	pm_buf_init(&job->packed);
	if (packer->last != NULL)
		packer->last->next = job;
	else
		packer->first = job;
	packer->last = job;
	packer->pending += job->plain.n;
	pm_pool_submit(packer->options.pool, &job->group, &job->job);
	while (rc == PM_OK && packer->pending > packer->options.pending_bytes)
		rc = write_first(packer, err);
	return rc;
}

static int
commit(void *context, const struct pm_item *item, uint32_t item_n,
    const struct pm_batch **out, struct pm_err *err)
{
	struct pm_packer *packer = context;
	int rc = PM_OK;

	while (rc == PM_OK && packer->first != NULL)
		rc = write_first(packer, err);
	if (rc == PM_OK)
		rc = pm_volume_writer_commit(packer->options.volumes, item, item_n,
		    out, err);
	packer->begun = false;
	return rc;
}

int
pm_packer_new(struct pm_packer **out, const struct pm_packer_options *options,
    struct pm_err *err)
{
	struct pm_packer *packer = pm_alloc_zero(sizeof *packer +
	    (options->threads + 1) * sizeof packer->coder[0], err);

	if (packer == NULL)
		return PM_ENOMEM;
	packer->options = *options;
	packer->coder_n = options->threads + 1;
	*out = packer;
	return PM_OK;
}

void
pm_packer_free(struct pm_packer *packer)
{
	if (packer == NULL)
		return;
	while (packer->first != NULL) {
		struct pack_job *next = packer->first->next;

		pm_group_wait(packer->options.pool, &packer->first->group);
		free_job(packer->first);
		packer->first = next;
	}
	for (unsigned i = 0; i < packer->coder_n; i++)
		pm_frame_coder_free(packer->coder[i]);
	pm_free(packer);
}

struct pm_sink
pm_packer_sink(struct pm_packer *packer)
{
	return (struct pm_sink){ .begin = begin, .frame = add_frame,
	    .commit = commit, .context = packer };
}
