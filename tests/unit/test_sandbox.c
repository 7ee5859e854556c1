/*
 * What a process cannot do any more behind pm_sandbox_enter, and what it still
 * can.  Each test tries in a process of its own, since that is for good.  Where
 * the kernel has not what it takes, that part is left out.
 */
#define _GNU_SOURCE
#include "support.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/pool.h"
#include "base/sandbox.h"
#include "pressmark.h"

static char root[SCRATCH_CHARS];
static char in[SCRATCH_CHARS], out[SCRATCH_CHARS], other[SCRATCH_CHARS];

enum { SKIPPED = 77 };

static unsigned
enter(void)
{
	const char *const read[] = { in, "/no/such/file" };
	const char *const write[] = { out };
	const struct pm_sandbox sandbox = { read, 2, write, 1 };
	char why[PM_SANDBOX_WHY_CHARS];
	unsigned parts = pm_sandbox_enter(&sandbox, why);

	/* It says so when it has not. */
	if ((parts == (PM_SANDBOX_CALLS | PM_SANDBOX_FILES)) !=
	    (why[0] == '\0'))
		_exit(99);
	return parts;
}

/* Runs in a child: the line at which it failed, or SKIPPED; 0: as it should
 * be. */
static void
in_child(int (*what)(void))
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0)
		_exit(what());
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == SKIPPED)
		skip();
	assert_int_equal(WEXITSTATUS(status), 0);
}

#define MUST(condition) do { if (!(condition)) return __LINE__ % 70 + 1; } \
	while (0)
#define REFUSED(call, number) MUST((errno = 0, (call) < 0) && \
	errno == (number))

static int
calls(void)
{
	char *const nothing[] = { NULL };

	if ((enter() & PM_SANDBOX_CALLS) == 0)
		return SKIPPED;
	REFUSED(execve("/bin/true", nothing, nothing), EPERM);
	REFUSED(socket(AF_INET, SOCK_STREAM, 0), EPERM);
	REFUSED(socket(AF_UNIX, SOCK_STREAM, 0), EPERM);
	REFUSED(kill(getppid(), 0), EPERM);
	REFUSED(chroot("/"), EPERM);
	REFUSED(setuid(getuid()), EPERM);
#ifndef __SANITIZE_ADDRESS__
	REFUSED(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL), EPERM);
	REFUSED(fork(), EPERM);
#endif
	return 0;
}

static void *
add_one(void *p)
{
	++*(int *)p;
	return NULL;
}

/* What the program itself lives on: threads, memory, signals to itself. */
static int
still_works(void)
{
	pthread_t thread;
	int n = 0;
	void *p;

	enter();
	MUST(pthread_create(&thread, NULL, add_one, &n) == 0);
	MUST(pthread_join(thread, NULL) == 0 && n == 1);
	MUST((p = malloc(64 << 20)) != NULL);
	free(p);
	signal(SIGUSR1, SIG_IGN);
	MUST(raise(SIGUSR1) == 0);
	MUST(pm_processors() >= 1);
	return 0;
}

static int
try_open(const char *directory, const char *name, int flags)
{
	char path[SCRATCH_CHARS];
	int fd;

	scratch_join(path, directory, name);
	fd = open(path, flags, 0600);
	if (fd >= 0)
		close(fd);
	return fd < 0 ? -1 : 0;
}

static int
files(void)
{
	char a[SCRATCH_CHARS], b[SCRATCH_CHARS];

	if ((enter() & PM_SANDBOX_FILES) == 0)
		return SKIPPED;
	MUST(try_open(in, "one", O_RDONLY) == 0);
	REFUSED(try_open(in, "one", O_WRONLY), EACCES);
	REFUSED(try_open(in, "two", O_WRONLY | O_CREAT), EACCES);
	REFUSED(try_open(other, "one", O_RDONLY), EACCES);
	REFUSED(try_open(other, "new", O_WRONLY | O_CREAT), EACCES);
	REFUSED(try_open("/etc", "passwd", O_RDONLY), EACCES);
	REFUSED(try_open(in, "link", O_RDONLY), EACCES);
	MUST(try_open(out, "new", O_RDWR | O_CREAT) == 0);
	scratch_join(a, out, "new");
	scratch_join(b, out, "newer");
	MUST(rename(a, b) == 0);
	MUST(truncate(b, 3) == 0);
	scratch_join(a, other, "one");
	REFUSED(unlink(a), EACCES);
	MUST(rename(b, a) < 0);
	MUST(unlink(b) == 0);
	scratch_join(a, out, "below");
	MUST(mkdir(a, 0700) == 0 && rmdir(a) == 0);
	REFUSED(symlink("/etc", a), EACCES);
	MUST(try_open("/dev", "null", O_RDWR) == 0);
	return 0;
}

/* "/" among what may be read: everything, and nothing may be written. */
static int
everything(void)
{
	const char *const read[] = { "/" };
	const struct pm_sandbox sandbox = { read, 1, NULL, 0 };
	char why[PM_SANDBOX_WHY_CHARS];

	if ((pm_sandbox_enter(&sandbox, why) & PM_SANDBOX_FILES) == 0)
		return SKIPPED;
	MUST(try_open(other, "one", O_RDONLY) == 0);
	REFUSED(try_open(other, "new", O_WRONLY | O_CREAT), EACCES);
	return 0;
}

/* ---- through the library ---- */

static void
no_notice(void *context, enum pm_notice_kind kind, const char *path,
    const char *text)
{
	(void)path;
	(void)text;
	if (kind != PM_NOTICE_INFO)
		++*(int *)context;
}

static struct pm_input
input_of(const char *const *path)
{
	return (struct pm_input){ .path = path, .path_n = 1, .sandbox = 1 };
}

/* An archive that is made, added to and verified from within. */
static int
adds(void)
{
	static char archive[SCRATCH_CHARS];
	const char *const path[] = { in };
	int bad = 0;
	struct pm_add_options add = { .input = input_of(path), .threads = 2,
	    .hooks = { .notice = no_notice, .context = &bad } };
	struct pm_verify_options verify = { .level = PM_VERIFY_DEEP };
	struct pm_verified verified;
	struct pm_counts counts;
	struct pm_err err;

	scratch_join(archive, out, "archive");
	MUST(pm_add(&counts, archive, &add, &err) == PM_OK);
	MUST(counts.captures == 1 && counts.unreadable == 0);
	MUST(pm_add(&counts, archive, &add, &err) == PM_OK);
	MUST(counts.known == 1);
	MUST(pm_verify(&verified, archive, &verify, &err) == PM_OK);
	MUST(verified.problems == 0 && verified.captures == 1);
	return 0;
}

/* The sandbox of a call is that of its inputs: others are unreadable then. */
static int
scans(void)
{
	const char *const path[] = { in };
	const char *const elsewhere[] = { other };
	struct pm_scan_options scan = { .input = input_of(path),
	    .threads = 2 };
	struct pm_counts counts;
	struct pm_err err;
	char why[PM_SANDBOX_WHY_CHARS];
	const struct pm_sandbox none = { 0 };

	MUST(pm_scan(&counts, &scan, &err) == PM_OK);
	MUST(counts.captures == 1);
	if ((pm_sandbox_enter(&none, why) & PM_SANDBOX_FILES) == 0)
		return SKIPPED;
	scan.input = input_of(elsewhere);
	MUST(pm_scan(&counts, &scan, &err) != PM_OK ||
	    counts.captures == 0);
	return 0;
}

static int
give(void *context, const struct pm_inspected *page)
{
	(void)page;
	++*(int *)context;
	return 0;
}

/* A list names files that nobody knew of. */
static int
inspects(void)
{
	char list[SCRATCH_CHARS + 16];
	const char *const path[] = { list };
	struct pm_input input = input_of(path);
	struct pm_counts counts;
	struct pm_err err;
	int pages = 0;

	(void)snprintf(list, sizeof list, "@%s/list", root);
	MUST(pm_inspect(&counts, &input, NULL, give, &pages, &err) == PM_OK);
	MUST(pages == 1 && counts.unreadable == 0);
	return 0;
}

#define CHILD(name) static void test_##name(void **state) \
	{ (void)state; in_child(name); }
CHILD(calls)
CHILD(still_works)
CHILD(files)
CHILD(everything)
CHILD(adds)
CHILD(scans)
CHILD(inspects)

static int
set_up(void **state)
{
	char path[SCRATCH_CHARS], target[SCRATCH_CHARS];

	(void)state;
	scratch_make(root, "sandbox");
	scratch_join(in, root, "in");
	scratch_join(out, root, "out");
	scratch_join(other, root, "other");
	file_put_str(in, "one", "The ferry to Pellwick was late.\n");
	file_put_str(out, "some", "Nothing.\n");
	file_put_str(other, "one", "Nobody is to read this.\n");
	scratch_join(path, in, "link");
	scratch_join(target, other, "one");
	assert_int_equal(symlink(target, path), 0);
	scratch_join(path, root, "list");
	file_put(path, target, strlen(target));
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	scratch_remove(root);
	return 0;
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, \
	tear_down)
	const struct CMUnitTest tests[] = {
		TEST(calls), TEST(still_works), TEST(files), TEST(everything),
		TEST(adds), TEST(scans), TEST(inspects)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
