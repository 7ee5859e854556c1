/*
 * pool.h - a few threads that do jobs, and groups to wait for.
 *
 * Calling sequence: pm_pool_new, then for each piece of work embed a
 * struct pm_job, pm_pool_submit it with its group, and pm_group_wait.  Jobs
 * of one group start in the order they were submitted and may end in any.
 * A pool of 0 threads does each job inside pm_pool_submit.
 */
#ifndef PM_BASE_POOL_H
#define PM_BASE_POOL_H

#include <stddef.h>

#include "pressmark.h"

struct pm_pool;

struct pm_group {
	size_t open;             /* jobs submitted and not done; the pool's */
};

struct pm_job {
	void (*run)(struct pm_job *job);   /* must not submit or wait */
	/* The pool's: who runs it, 0 to threads - 1, or `threads` for whoever
	 * submits or waits; an index for what is kept for each thread. */
	unsigned worker;
	struct pm_group *group;
	struct pm_job *next;
};

int pm_pool_new(struct pm_pool **out, unsigned threads, struct pm_err *err);
/* Waits for all jobs.  Accepts NULL. */
void pm_pool_free(struct pm_pool *pool);

void pm_pool_submit(struct pm_pool *pool, struct pm_group *group,
    struct pm_job *job);
/* Returns when every job of the group is done; helps meanwhile. */
void pm_group_wait(struct pm_pool *pool, struct pm_group *group);

/* The same without helping, for a thread beside the one that submits: only one
 * may do jobs as `threads`. */
void pm_group_idle(struct pm_pool *pool, struct pm_group *group);

/* Processors this process may use, at least 1. */
unsigned pm_processors(void);

#endif
