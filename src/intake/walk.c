#define _XOPEN_SOURCE 700   /* realpath */

#include "intake/intake_internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"

static int
copy_name(struct pm_bytes *out, struct pm_intake *intake,
    struct pm_bytes name, struct pm_err *err)
{
	uint8_t *copy = pm_arena_copy(&intake->names, name.p, name.n, err);

	if (copy == NULL)
		return PM_ENOMEM;
	*out = (struct pm_bytes){ copy, name.n };
	return PM_OK;
}

/* What one of our errors means for the walk: memory ends it, anything else
 * is the file's fault and is reported. */
static int
unreadable(struct pm_intake *intake, struct pm_bytes path, const char *what,
    const struct pm_err *err)
{
	if (err->status == PM_ENOMEM)
		return PM_ENOMEM;
	pm_intake_report(intake, PM_INTAKE_UNREADABLE, path, "%s: %s", what,
	    pm_intake_reason(err));
	return PM_END;
}

static int64_t
now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* What was opened into source, whose path is set.  PM_END when it is not
 * taken, after reporting it. */
static int
take_opened(struct pm_intake *intake, struct pm_source *source,
    const char *system_path, struct pm_err *err)
{
	struct pm_bytes path = pm_buf_bytes(&source->path);

	if (pm_fs_fstat(&source->info, source->fd, system_path, err) != PM_OK)
		return unreadable(intake, path, "cannot be read", err);
	/* It may have been replaced since it was looked at: a pipe is read
	 * only where it was named. */
	if (source->info.kind != PM_FILE_REGULAR &&
	    (source->info.kind != PM_FILE_PIPE || !source->direct)) {
		pm_intake_report(intake, PM_INTAKE_SKIPPED, path,
		    "is no regular file");
		return PM_END;
	}
	source->regular = source->info.kind == PM_FILE_REGULAR;
	if (source->regular)
		source->bytes = (int64_t)source->info.bytes;
	else
		source->info.mtime_ns = now_ns();
	return PM_OK;
}

static int
open_stdin(struct pm_intake *intake, struct pm_source *source,
    struct pm_err *err)
{
	int rc = pm_buf_append_byte(&source->path, '-', err);

	if (rc != PM_OK)
		return rc;
	if (pm_fs_fstat(&source->info, 0, "-", err) != PM_OK)
		return unreadable(intake, pm_bytes_of("-"), "cannot be read",
		    err);
	/* Even a redirected file may be half read: take it as a stream. */
	source->fd = 0;
	source->borrowed = true;
	source->direct = true;
	source->info.mtime_ns = now_ns();
	source->info.mode = 0644;
	source->input = pm_bytes_of("-");
	return PM_OK;
}

/* ---- directories ---- */

static void
pop_level(struct pm_walk *walk)
{
	pm_fs_names_free(&walk->level[--walk->n].names);
}

/* Go into the directory walk.path, which ends in NUL. */
static int
push_level(struct pm_intake *intake, struct pm_bytes shown,
    struct pm_err *err)
{
	struct pm_walk *walk = &intake->walk;
	struct pm_walk_level level = { .path_n = walk->path.n - 1 };

	if (walk->n == walk->capacity) {
		size_t capacity = walk->capacity == 0 ? 16 :
		    walk->capacity * 2;
		struct pm_walk_level *grown = pm_realloc_array(walk->level,
		    capacity, sizeof *grown, err);

		if (grown == NULL)
			return PM_ENOMEM;
		walk->level = grown;
		walk->capacity = capacity;
	}
	if (pm_fs_list(&level.names, (const char *)walk->path.p, err) !=
	    PM_OK)
		return unreadable(intake, shown,
		    "is a directory that cannot be listed", err);
	walk->level[walk->n++] = level;
	return PM_OK;
}

static int
set_child_path(struct pm_walk *walk, const char *name, struct pm_err *err)
{
	int rc;

	walk->path.n = walk->level[walk->n - 1].path_n;
	if (walk->path.n > 0 && walk->path.p[walk->path.n - 1] != '/' &&
	    (rc = pm_buf_append_byte(&walk->path, '/', err)) != PM_OK)
		return rc;
	if ((rc = pm_buf_append_str(&walk->path, name, err)) != PM_OK)
		return rc;
	return pm_buf_append_byte(&walk->path, 0, err);
}

static int
open_walked(struct pm_intake *intake, struct pm_source *source,
    struct pm_bytes shown, struct pm_err *err)
{
	const char *path;
	int rc;

	pm_source_reset(source);
	rc = pm_buf_append(&source->path, shown.p, shown.n, err);
	if (rc != PM_OK)
		return rc;
	source->input = intake->walk.input;
	path = (const char *)intake->walk.path.p;
	if (pm_fs_open_found(&source->fd, path, err) != PM_OK)
		return unreadable(intake, shown, "cannot be opened", err);
	return take_opened(intake, source, path, err);
}

static bool
is_excluded(const struct pm_intake *intake, const struct pm_file_info *info)
{
	return intake->excludes && info->device == intake->exclude.device &&
	    info->inode == intake->exclude.inode;
}

/* The file or directory walk.path.  PM_OK when source is a file, PM_END when
 * there is nothing to read here, or it is a directory we went into. */
static int
visit(struct pm_intake *intake, struct pm_source *source, struct pm_err *err)
{
	struct pm_walk *walk = &intake->walk;
	struct pm_bytes shown = { walk->path.p + walk->root_n,
	    walk->path.n - 1 - walk->root_n };
	struct pm_file_info info;
	int rc;

	if (pm_fs_lstat(&info, (const char *)walk->path.p, err) != PM_OK)
		return unreadable(intake, shown, "cannot be opened", err);
	switch (info.kind) {
	case PM_FILE_REGULAR:
		return open_walked(intake, source, shown, err);
	case PM_FILE_DIRECTORY:
		if (is_excluded(intake, &info)) {
			pm_intake_report(intake, PM_INTAKE_SKIPPED, shown,
			    "is the archive itself; left out");
			return PM_END;
		}
		rc = push_level(intake, shown, err);
		return rc == PM_OK ? PM_END : rc;
	case PM_FILE_LINK:
		pm_intake_report(intake, PM_INTAKE_SKIPPED, shown,
		    "is a symbolic link; links are not stored");
		return PM_END;
	default:
		pm_intake_report(intake, PM_INTAKE_SKIPPED, shown,
		    "is a device, a pipe or a socket; these are not stored");
		return PM_END;
	}
}

static int
next_in_walk(struct pm_intake *intake, struct pm_source *source,
    struct pm_err *err)
{
	struct pm_walk *walk = &intake->walk;

	while (walk->n > 0) {
		struct pm_walk_level *level = &walk->level[walk->n - 1];
		int rc;

		if (level->next == level->names.n) {
			pop_level(walk);
			continue;
		}
		rc = set_child_path(walk, level->names.name[level->next++],
		    err);
		if (rc == PM_OK)
			rc = visit(intake, source, err);
		if (rc != PM_END)
			return rc;
	}
	return PM_END;
}

/* "." and the like are called what the directory is really called. */
static int
directory_name(struct pm_bytes *out, struct pm_intake *intake,
    const char *path, struct pm_err *err)
{
	struct pm_bytes base = pm_path_base(pm_bytes_of(path));
	char *real = NULL;
	int rc;

	if (pm_bytes_equal(base, pm_bytes_of(".")) ||
	    pm_bytes_equal(base, pm_bytes_of("..")))
		real = realpath(path, NULL);
	if (real != NULL)
		base = pm_path_base(pm_bytes_of(real));
	rc = copy_name(out, intake, base, err);
	free(real);   /* realpath's own malloc, not pm_alloc's */
	return rc;
}

static int
start_walk(struct pm_intake *intake, const char *path, struct pm_err *err)
{
	struct pm_walk *walk = &intake->walk;
	size_t n = strlen(path);
	int rc;

	while (n > 1 && path[n - 1] == '/')
		n--;
	if ((rc = directory_name(&walk->input, intake, path, err)) != PM_OK)
		return rc;
	pm_buf_reset(&walk->path);
	if ((rc = pm_buf_append(&walk->path, path, n, err)) != PM_OK ||
	    (rc = pm_buf_append_byte(&walk->path, 0, err)) != PM_OK)
		return rc;
	walk->root_n = path[n - 1] == '/' ? n : n + 1;
	rc = push_level(intake, pm_bytes_of(path), err);
	return rc == PM_OK ? PM_END : rc;
}

/* ---- inputs ---- */

static int
open_named(struct pm_intake *intake, struct pm_source *source,
    const char *path, struct pm_err *err)
{
	struct pm_bytes shown = pm_path_relative(pm_bytes_of(path));
	int rc;

	rc = copy_name(&source->input, intake, pm_path_base(pm_bytes_of(path)),
	    err);
	if (rc == PM_OK)
		rc = pm_buf_append(&source->path, shown.p, shown.n, err);
	if (rc != PM_OK)
		return rc;
	source->direct = true;
	if (pm_fs_open_read(&source->fd, path, err) != PM_OK)
		return unreadable(intake, pm_buf_bytes(&source->path),
		    "cannot be opened", err);
	return take_opened(intake, source, path, err);
}

/* PM_OK: source is a file; PM_END: reported, or a directory to walk. */
static int
start_path(struct pm_intake *intake, struct pm_source *source,
    const char *path, struct pm_err *err)
{
	struct pm_file_info info;

	pm_source_reset(source);
	if (path[0] == '\0') {
		pm_intake_report(intake, PM_INTAKE_UNREADABLE,
		    pm_bytes_of(path), "is an empty name");
		return PM_END;
	}
	if (pm_fs_stat(&info, path, err) != PM_OK)
		return unreadable(intake, pm_bytes_of(path),
		    "cannot be opened", err);
	if (info.kind == PM_FILE_DIRECTORY && is_excluded(intake, &info)) {
		pm_intake_report(intake, PM_INTAKE_UNREADABLE,
		    pm_bytes_of(path), "is the archive itself; an archive "
		    "cannot be added to itself");
		return PM_END;
	}
	if (info.kind == PM_FILE_DIRECTORY)
		return start_walk(intake, path, err);
	if (info.kind == PM_FILE_REGULAR || info.kind == PM_FILE_PIPE)
		return open_named(intake, source, path, err);
	pm_intake_report(intake, PM_INTAKE_SKIPPED, pm_bytes_of(path),
	    "is a device or a socket; these are not stored");
	return PM_END;
}

/* ---- lists ---- */

static void
close_list(struct pm_list *list)
{
	if (list->open && list->fd > 0)
		pm_fs_close(list->fd);
	pm_buf_clear(&list->buf);
	*list = (struct pm_list){ .fd = -1 };
}

static int
fill_list(struct pm_intake *intake, struct pm_list *list, struct pm_err *err)
{
	size_t got = 0, left = list->buf.n - list->at;
	int rc;

	if (left > 0)
		memmove(list->buf.p, list->buf.p + list->at, left);
	list->buf.n = left;
	list->at = 0;
	rc = pm_buf_reserve(&list->buf, PM_LIST_BYTES, err);
	if (rc != PM_OK)
		return rc;
	if (pm_fs_read(list->fd, list->buf.p + left, PM_LIST_BYTES, &got, "",
	    err) != PM_OK) {
		list->end = true;
		list->buf.n = 0;
		return unreadable(intake, pm_bytes_of(list->name),
		    "is a list that cannot be read", err);
	}
	list->end = got < PM_LIST_BYTES;
	list->buf.n += got;
	return PM_OK;
}

static int
open_list(struct pm_intake *intake, char *name, struct pm_err *err)
{
	struct pm_list *list = &intake->list;
	int rc;

	*list = (struct pm_list){ .open = true, .name = name,
	    .separator = '\n' };
	if (strcmp(name, "-") != 0 &&
	    pm_fs_open_read(&list->fd, name, err) != PM_OK) {
		list->fd = -1;
		close_list(list);
		return unreadable(intake, pm_bytes_of(name),
		    "is a list that cannot be opened", err);
	}
	if ((rc = fill_list(intake, list, err)) == PM_OK &&
	    list->buf.n > 0 && memchr(list->buf.p, 0, list->buf.n) != NULL)
		list->separator = 0;
	return rc == PM_OK ? PM_END : rc;
}

/* One line, which is in buf, ends where its separator was. */
static int
start_line(struct pm_intake *intake, struct pm_source *source, uint8_t *line,
    size_t n, struct pm_err *err)
{
	struct pm_list *list = &intake->list;

	if (list->separator == '\n' && n > 0 && line[n - 1] == '\r')
		n--;
	line[n] = 0;
	if (list->skipping || n == 0) {
		list->skipping = false;
		return PM_END;
	}
	if (memchr(line, 0, n) != NULL) {
		pm_intake_report(intake, PM_INTAKE_UNREADABLE,
		    pm_bytes_of(list->name), "has a line with a NUL byte");
		return PM_END;
	}
	return start_path(intake, source, (const char *)line, err);
}

/* PM_END: nothing to read from this line, or a directory to walk, or the
 * list is over (and closed). */
static int
next_in_list(struct pm_intake *intake, struct pm_source *source,
    struct pm_err *err)
{
	struct pm_list *list = &intake->list;
	uint8_t *line = NULL, *end = NULL;
	size_t left = list->buf.n - list->at;
	int rc;

	if (left > 0) {
		line = list->buf.p + list->at;
		end = memchr(line, list->separator, left);
	}
	if (end != NULL) {
		list->at += (size_t)(end - line) + 1;
		return start_line(intake, source, line, (size_t)(end - line),
		    err);
	}
	if (!list->end && left < PM_LIST_BYTES)
		return fill_list(intake, list, err) == PM_ENOMEM ?
		    PM_ENOMEM : PM_END;
	if (!list->end) {
		if (!list->skipping)
			pm_intake_report(intake, PM_INTAKE_UNREADABLE,
			    pm_bytes_of(list->name), "has a line that is too "
			    "long for a path");
		list->skipping = true;
		list->at = list->buf.n;
		return PM_END;
	}
	/* The last line may lack its separator. */
	if (left > 0) {
		list->at = list->buf.n;
		if ((rc = pm_buf_append_byte(&list->buf, 0, err)) != PM_OK)
			return rc;
		list->at = list->buf.n;
		return start_line(intake, source, list->buf.p + list->buf.n -
		    1 - left, left, err);
	}
	close_list(list);
	return PM_END;
}

static int
next_input(struct pm_intake *intake, struct pm_source *source,
    struct pm_err *err)
{
	char *name = intake->input[intake->input_next++];

	if (strcmp(name, "-") == 0) {
		pm_source_reset(source);
		return open_stdin(intake, source, err);
	}
	if (name[0] == '@')
		return open_list(intake, name + 1, err);
	return start_path(intake, source, name, err);
}

int
pm_walk_next_file(struct pm_intake *intake, struct pm_source *source,
    struct pm_err *err)
{
	int rc = PM_END;

	while (rc == PM_END) {
		if (intake->walk.n > 0)
			rc = next_in_walk(intake, source, err);
		else if (intake->list.open)
			rc = next_in_list(intake, source, err);
		else if (intake->input_next < intake->input_n)
			rc = next_input(intake, source, err);
		else
			return PM_END;
	}
	return rc;
}

void
pm_walk_clear(struct pm_intake *intake)
{
	while (intake->walk.n > 0)
		pop_level(&intake->walk);
	pm_free(intake->walk.level);
	pm_buf_clear(&intake->walk.path);
	close_list(&intake->list);
}

uint64_t
pm_walk_named_bytes(char *const *input, size_t n)
{
	struct pm_file_info info;
	struct pm_err err;
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		if (input[i][0] == '@' || strcmp(input[i], "-") == 0)
			return 0;
		if (pm_fs_stat(&info, input[i], &err) != PM_OK)
			continue;
		if (info.kind != PM_FILE_REGULAR)
			return 0;
		sum += info.bytes;
	}
	return sum;
}
