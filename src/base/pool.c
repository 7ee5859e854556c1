#include "base/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"

struct pm_worker {
	struct pm_pool *pool;
	unsigned index;
	pthread_t thread;
};

struct pm_pool {
	pthread_mutex_t lock;
	pthread_cond_t work;     /* there is a job, or the end */
	pthread_cond_t done;     /* some job is done */
	struct pm_job *first, *last;
	bool stopping;
	unsigned threads;
	struct pm_worker worker[];
};

static struct pm_job *
take(struct pm_pool *pool)
{
	struct pm_job *job = pool->first;

	if (job != NULL) {
		pool->first = job->next;
		if (pool->first == NULL)
			pool->last = NULL;
	}
	return job;
}

/* Called with the lock held; the lock is free while the job runs. */
static void
run_unlocked(struct pm_pool *pool, struct pm_job *job, unsigned index)
{
	struct pm_group *group = job->group;

	job->worker = index;
	pthread_mutex_unlock(&pool->lock);
	job->run(job);
	pthread_mutex_lock(&pool->lock);
	group->open--;
	pthread_cond_broadcast(&pool->done);
}

static void *
work(void *arg)
{
	struct pm_worker *self = arg;
	struct pm_pool *pool = self->pool;
	sigset_t all;

	/* Signals go to the caller's threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct pm_job *job = take(pool);

		if (job != NULL)
			run_unlocked(pool, job, self->index);
		else if (pool->stopping)
			break;
		else
			pthread_cond_wait(&pool->work, &pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

int
pm_pool_new(struct pm_pool **out, unsigned threads, struct pm_err *err)
{
	struct pm_pool *pool = pm_alloc_zero(sizeof *pool +
	    threads * sizeof pool->worker[0], err);

	if (pool == NULL)
		return PM_ENOMEM;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->work, NULL);
	pthread_cond_init(&pool->done, NULL);
	for (; pool->threads < threads; pool->threads++) {
		struct pm_worker *worker = &pool->worker[pool->threads];

		worker->pool = pool;
		worker->index = pool->threads;
		if (pthread_create(&worker->thread, NULL, work, worker) !=
		    0) {
			pm_pool_free(pool);
			return pm_fail(err, PM_EIO, "cannot start a thread");
		}
	}
	*out = pool;
	return PM_OK;
}

void
pm_pool_free(struct pm_pool *pool)
{
	if (pool == NULL)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->stopping = true;
	pthread_cond_broadcast(&pool->work);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->threads; i++)
		pthread_join(pool->worker[i].thread, NULL);
	pthread_cond_destroy(&pool->done);
	pthread_cond_destroy(&pool->work);
	pthread_mutex_destroy(&pool->lock);
	pm_free(pool);
}

void
pm_pool_submit(struct pm_pool *pool, struct pm_group *group,
    struct pm_job *job)
{
	job->group = group;
	job->next = NULL;
	pthread_mutex_lock(&pool->lock);
	group->open++;
	if (pool->threads == 0) {
		run_unlocked(pool, job, pool->threads);
	} else {
		if (pool->last != NULL)
			pool->last->next = job;
		else
			pool->first = job;
		pool->last = job;
		pthread_cond_signal(&pool->work);
	}
	pthread_mutex_unlock(&pool->lock);
}

void
pm_group_wait(struct pm_pool *pool, struct pm_group *group)
{
	pthread_mutex_lock(&pool->lock);
	while (group->open > 0) {
		struct pm_job *job = take(pool);

		if (job != NULL)
			run_unlocked(pool, job, pool->threads);
		else
			pthread_cond_wait(&pool->done, &pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
}

void
pm_group_idle(struct pm_pool *pool, struct pm_group *group)
{
	pthread_mutex_lock(&pool->lock);
	while (group->open > 0)
		pthread_cond_wait(&pool->done, &pool->lock);
	pthread_mutex_unlock(&pool->lock);
}

unsigned
pm_processors(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > 256 ? 256 : (unsigned)n;
}
