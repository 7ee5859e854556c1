/*
 * What is named by HEAD is on disk (V2), and a disk that cannot be read is no
 * damage and no signal.  fsync, pread, pwrite and rename of this program are
 * ours, so that the nth may fail or kill, and all are noted.
 */
#define _GNU_SOURCE
#include "support.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "pressmark.h"
#include "store/volume.h"

static char root[SCRATCH_CHARS], archive[SCRATCH_CHARS];
static struct pm_err err;

/* ---- the file layer under pressmark ---- */

static unsigned syncs, sync_to_fail;     /* of volumes and their directory */
static bool die_at_head;                 /* instead of naming a batch */
static uint64_t rewritten_from, rewritten_to;    /* of volumes */
static bool root_synced;
static unsigned reads, read_to_fail;     /* of volumes; that and all later */
static bool cut_instead;                 /* the file ends there */

static void
path_of(char out[SCRATCH_CHARS], int fd)
{
	char link[64];
	ssize_t n;

	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, out, SCRATCH_CHARS - 1);
	out[n < 0 ? 0 : n] = '\0';
}

/* Does the descriptor lead below volumes/, or to it? */
static bool
is_of_volumes(int fd)
{
	char path[SCRATCH_CHARS];

	path_of(path, fd);
	return strstr(path, "/volumes") != NULL;
}

int
fsync(int fd)
{
	char path[SCRATCH_CHARS];

	path_of(path, fd);
	root_synced |= strcmp(path, root) == 0;
	if (is_of_volumes(fd) && ++syncs == sync_to_fail) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t offset)
{
	if (is_of_volumes(fd)) {
		if (rewritten_to == 0 || (uint64_t)offset < rewritten_from)
			rewritten_from = (uint64_t)offset;
		if ((uint64_t)offset + n > rewritten_to)
			rewritten_to = (uint64_t)offset + n;
	}
	return syscall(SYS_pwrite64, fd, p, n, offset);
}

ssize_t
pread(int fd, void *p, size_t n, off_t offset)
{
	if (is_of_volumes(fd) && ++reads >= read_to_fail &&
	    read_to_fail > 0) {
		errno = EIO;
		return cut_instead ? 0 : -1;
	}
	return syscall(SYS_pread64, fd, p, n, offset);
}

int
rename(const char *from, const char *to)
{
	size_t n = strlen(to);

	if (die_at_head && n > 5 && strcmp(to + n - 5, "/HEAD") == 0)
		_exit(9);
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* ---- an archive ---- */

static int
set_up(void **state)
{
	(void)state;
	scratch_make(root, "durable");
	scratch_join(archive, root, "archive");
	file_put_str(root, "in/one.txt", "The ferry to Pellwick was late.\n");
	file_put_str(root, "in/two.txt", "Nobody knows when it will come.\n");
	file_put_str(root, "more/three.txt", "It came in the evening.\n");
	syncs = sync_to_fail = 0;
	reads = read_to_fail = 0;
	die_at_head = cut_instead = false;
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	scratch_remove(root);
	return 0;
}

static int
add(const char *name, struct pm_counts *counts)
{
	/* Without parity, which verify reads too. */
	struct pm_add_options options = { .threads = 1,
	    .parity_percent = PM_NO_PARITY };
	char path[SCRATCH_CHARS];
	const char *input = path;

	scratch_join(path, root, name);
	options.input.path = &input;
	options.input.path_n = 1;
	return pm_add(counts, archive, &options, &err);
}

static void
assert_clean(uint64_t captures)
{
	struct pm_verify_options deep = { .level = PM_VERIFY_DEEP };
	struct pm_verified verified;

	assert_int_equal(pm_verify(&verified, archive, &deep, &err), PM_OK);
	assert_int_equal(verified.problems, 0);
	assert_int_equal(verified.captures, captures);
}

static uint64_t
volume_bytes(void)
{
	struct pm_file_info info;
	char path[SCRATCH_CHARS];

	scratch_join(path, archive, "volumes/000001.tar.zst");
	return pm_fs_stat(&info, path, &err) == PM_OK ? info.bytes : 0;
}

static struct pm_head
head(void)
{
	struct pm_head now;

	assert_int_equal(pm_head_read(&now, archive, &err), PM_OK);
	return now;
}

/* ---- tests ---- */

/* The data of a batch whose fsync failed may not be on disk, whatever later
 * calls say; so nothing of it may be there to be adopted. */
static void
test_failed_fsync(void **state)
{
	struct pm_counts counts;
	unsigned failed = 0;

	(void)state;
	for (unsigned n = 1;; n++) {
		struct pm_head before = { 0 };
		int rc;

		if (pm_fs_exists(archive))
			scratch_remove(archive);
		if (n % 2 == 0) {
			assert_int_equal(add("more", &counts), PM_OK);
			before = head();
		}
		syncs = 0;
		sync_to_fail = (n + 1) / 2;
		rc = add("in", &counts);
		sync_to_fail = 0;
		if (rc == PM_OK)
			break;
		assert_int_equal(rc, PM_EIO);
		failed++;
		if (pm_fs_exists(archive) && pm_head_read(&before, archive,
		    &err) == PM_OK)
			assert_int_equal(volume_bytes(), before.length);
		assert_int_equal(add("in", &counts), PM_OK);
		assert_int_equal(counts.known, 0);
		assert_int_equal(counts.captures, 2);
		assert_clean(n % 2 == 0 ? 3 : 2);
	}
	assert_true(failed >= 3);
}

/* A new archive is to be found after a loss of power. */
static void
test_directory_is_synced(void **state)
{
	struct pm_counts counts;

	(void)state;
	root_synced = false;
	assert_int_equal(add("in", &counts), PM_OK);
	assert_true(root_synced);
	root_synced = false;
	assert_int_equal(add("more", &counts), PM_OK);
	assert_false(root_synced);
	scratch_remove(archive);
	(void)strcat(archive, "/");
	assert_int_equal(add("in", &counts), PM_OK);
	assert_true(root_synced);
}

/* Killed between the marker and HEAD: adopted, and written once more before
 * HEAD names it. */
static void
test_adopted_is_written_again(void **state)
{
	struct pm_counts counts;
	struct pm_head before, after;
	uint64_t bytes;
	int status;
	pid_t child;

	(void)state;
	assert_int_equal(add("in", &counts), PM_OK);
	before = head();
	if ((child = fork()) == 0) {
		die_at_head = true;
		(void)add("more", &counts);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 9);
	bytes = volume_bytes();
	assert_true(bytes > before.length);
	rewritten_from = rewritten_to = 0;
	syncs = 0;
	sync_to_fail = 1;                /* of what is adopted */
	assert_int_equal(add("more", &counts), PM_EIO);
	assert_int_equal(head().sequence, before.sequence);
	assert_int_equal(rewritten_from, before.length);
	assert_int_equal(rewritten_to, bytes);
	sync_to_fail = 0;
	assert_int_equal(add("more", &counts), PM_OK);
	after = head();
	assert_true(after.sequence > before.sequence);
	assert_int_equal(counts.known, 1);
	assert_clean(3);
}

/* An archive of two batches, the second of which HEAD does not name. */
static void
make_unnamed(void)
{
	struct pm_counts counts;
	int status;
	pid_t child;

	assert_int_equal(add("in", &counts), PM_OK);
	if ((child = fork()) == 0) {
		die_at_head = true;
		(void)add("more", &counts);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 9);
}

static int
count_problem(void *context, const struct pm_problem *problem)
{
	assert_non_null(strstr(problem->text, "000001.tar.zst"));
	++*(unsigned *)context;
	return 0;
}

static int
verify_at(enum pm_verify_level level, struct pm_verified *verified)
{
	unsigned problems = 0;
	struct pm_verify_options options = { .level = level, .threads = 1,
	    .problem = count_problem, .context = &problems };
	int rc = pm_verify(verified, archive, &options, &err);

	assert_true(rc != PM_OK || problems == verified->problems);
	return rc;
}

static void
test_read_errors_in_verify(void **state)
{
	static const enum pm_verify_level level[] = { PM_VERIFY_QUICK,
	    PM_VERIFY_DEFAULT, PM_VERIFY_DEEP };
	struct pm_verified verified;
	struct pm_counts counts;

	(void)state;
	assert_int_equal(add("in", &counts), PM_OK);
	assert_int_equal(add("more", &counts), PM_OK);
	for (size_t i = 0; i < 3; i++) {
		unsigned n;

		for (n = 1;; n++) {
			int rc;

			reads = 0;
			read_to_fail = n;
			rc = verify_at(level[i], &verified);
			read_to_fail = 0;
			if (reads < n)
				break;
			assert_int_equal(rc, PM_EIO);
			assert_non_null(strstr(err.text,
			    "000001.tar.zst: Input/output error"));
		}
		assert_true(n > 4);
		assert_int_equal(verified.problems, 0);
	}
}

/* Nothing is cut off because it could not be read. */
static void
test_read_errors_in_add(void **state)
{
	struct pm_head before;
	struct pm_counts counts;
	uint64_t bytes;
	unsigned n, failed = 0;

	(void)state;
	make_unnamed();
	before = head();
	bytes = volume_bytes();
	assert_true(bytes > before.length);
	for (n = 1;; n++) {
		int rc;

		reads = 0;
		read_to_fail = n;
		rc = add("more", &counts);
		read_to_fail = 0;
		if (rc == PM_OK)
			break;
		assert_int_equal(rc, PM_EIO);
		assert_non_null(strstr(err.text,
		    "000001.tar.zst: Input/output error"));
		failed++;
		assert_true(volume_bytes() >= bytes);
	}
	assert_true(failed > 8);
	assert_true(head().sequence > before.sequence);
	assert_int_equal(counts.known, 1);
	assert_clean(3);
}

/* A volume that is cut short behind whoever reads it. */
static void
test_cut_while_reading(void **state)
{
	struct pm_verified verified;
	struct pm_counts counts;

	(void)state;
	assert_int_equal(add("in", &counts), PM_OK);
	cut_instead = true;
	for (unsigned n = 1;; n++) {
		int rc;

		reads = 0;
		read_to_fail = n;
		rc = verify_at(PM_VERIFY_DEFAULT, &verified);
		read_to_fail = 0;
		if (reads < n)
			break;
		assert_true(rc == PM_ECORRUPT || (rc == PM_OK &&
		    verified.problems > 0));
	}
	assert_int_equal(verified.problems, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_read_errors_in_verify,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_read_errors_in_add,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_cut_while_reading,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_failed_fsync, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_directory_is_synced,
		    set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_adopted_is_written_again,
		    set_up, tear_down)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
