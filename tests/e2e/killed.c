/*
 * killed MILLISECONDS COMMAND... - run a command and kill -9 it after so
 * long.  Status: 0 it was killed, 1 it had ended before.  MILLISECONDS 0:
 * let it end, and print how many it took.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long
milliseconds(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int
main(int argc, char **argv)
{
	struct timespec wait;
	long begun = milliseconds(), limit;
	int status;
	pid_t child;

	if (argc < 3) {
		fputs("usage: killed MILLISECONDS COMMAND...\n", stderr);
		return 2;
	}
	limit = strtol(argv[1], NULL, 10);
	if ((child = fork()) < 0)
		return 2;
	if (child == 0) {
		(void)execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (limit > 0) {
		wait.tv_sec = limit / 1000;
		wait.tv_nsec = limit % 1000 * 1000000;
		while (nanosleep(&wait, &wait) != 0 && errno == EINTR)
			continue;
		(void)kill(child, SIGKILL);
	}
	if (waitpid(child, &status, 0) < 0)
		return 2;
	if (limit == 0) {
		printf("%ld\n", milliseconds() - begun);
		return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
	}
	if (WIFSIGNALED(status))
		return 0;
	return WEXITSTATUS(status) == 0 ? 1 : 2;
}
