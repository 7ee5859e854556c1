#include "base/ahead.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "base/err.h"
#include "base/mem.h"

struct pm_ahead {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	pthread_t thread;
	bool running, stopping;
	void (*make)(void *context);
	void *context;
};

static void *
work(void *arg)
{
	struct pm_ahead *ahead = arg;
	sigset_t all;

	/* Signals go to the caller's threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	pthread_mutex_lock(&ahead->lock);
	for (;;) {
		while (!ahead->running && !ahead->stopping)
			pthread_cond_wait(&ahead->changed, &ahead->lock);
		if (!ahead->running)
			break;
		pthread_mutex_unlock(&ahead->lock);
		ahead->make(ahead->context);
		pthread_mutex_lock(&ahead->lock);
		ahead->running = false;
		pthread_cond_broadcast(&ahead->changed);
	}
	pthread_mutex_unlock(&ahead->lock);
	return NULL;
}

int
pm_ahead_new(struct pm_ahead **out, void (*make)(void *context),
    void *context, struct pm_err *err)
{
	struct pm_ahead *ahead = pm_alloc_zero(sizeof *ahead, err);

	if (ahead == NULL)
		return PM_ENOMEM;
	ahead->make = make;
	ahead->context = context;
	pthread_mutex_init(&ahead->lock, NULL);
	pthread_cond_init(&ahead->changed, NULL);
	if (pthread_create(&ahead->thread, NULL, work, ahead) != 0) {
		pthread_cond_destroy(&ahead->changed);
		pthread_mutex_destroy(&ahead->lock);
		pm_free(ahead);
		return pm_fail(err, PM_EIO, "cannot start a thread");
	}
	*out = ahead;
	return PM_OK;
}

void
pm_ahead_begin(struct pm_ahead *ahead)
{
	pthread_mutex_lock(&ahead->lock);
	ahead->running = true;
	pthread_cond_broadcast(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
}

bool
pm_ahead_wait(struct pm_ahead *ahead, unsigned milliseconds)
{
	struct timespec until;
	bool done;
	int rc = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += (long)(milliseconds % 1000) * 1000000;
	until.tv_sec += milliseconds / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&ahead->lock);
	while (ahead->running && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&ahead->changed, &ahead->lock,
		    &until);
	done = !ahead->running;
	pthread_mutex_unlock(&ahead->lock);
	return done;
}

void
pm_ahead_free(struct pm_ahead *ahead)
{
	if (ahead == NULL)
		return;
	pthread_mutex_lock(&ahead->lock);
	ahead->stopping = true;
	pthread_cond_broadcast(&ahead->changed);
	pthread_mutex_unlock(&ahead->lock);
	pthread_join(ahead->thread, NULL);
	pthread_cond_destroy(&ahead->changed);
	pthread_mutex_destroy(&ahead->lock);
	pm_free(ahead);
}
