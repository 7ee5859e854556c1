#include "disk.h"

#include <limits.h>
#include "calls.h"

enum { SECTOR = 512, NEVER = -1 };

struct change {
	enum calls_change change;
	int file;                /* -1: a directory */
	char *path, *to;         /* below the directory; NULL: a file's bytes */
	uint64_t offset;
	uint8_t *p;
	size_t n;
	long certain;            /* from the moment after this change on */
};

struct name {
	char *path;
	int file;                /* -1: a directory */
};

struct names {
	struct name *p;
	size_t n, capacity;
};

struct disk {
	char *directory;
	struct change *p;
	size_t n, capacity;
	size_t first;            /* before it is what was there */
	struct names now;
	int files;
};

/* ---- names ---- */

static char *
copy_of(const char *text)
{
	char *copy = strdup(text);

	assert_non_null(copy);
	return copy;
}

static struct name *
find(const struct names *names, const char *path)
{
	for (size_t i = 0; i < names->n; i++)
		if (strcmp(names->p[i].path, path) == 0)
			return &names->p[i];
	return NULL;
}

static void
put_name(struct names *names, const char *path, int file)
{
	struct name *there = find(names, path);

	if (there != NULL) {
		there->file = file;
		return;
	}
	if (names->n == names->capacity) {
		names->capacity = names->capacity * 2 + 64;
		names->p = realloc(names->p, names->capacity *
		    sizeof *names->p);
		assert_non_null(names->p);
	}
	names->p[names->n++] = (struct name){ copy_of(path), file };
}

static void
drop_name(struct names *names, const char *path)
{
	struct name *there = find(names, path);

	if (there == NULL)
		return;
	free(there->path);
	*there = names->p[--names->n];
}

static void
clear_names(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->p[i].path);
	free(names->p);
}

static bool
has_parent(const struct names *names, const char *path)
{
	char above[SCRATCH_CHARS];
	char *slash;
	struct name *there;

	(void)snprintf(above, sizeof above, "%s", path);
	if ((slash = strrchr(above, '/')) == NULL)
		return true;
	*slash = '\0';
	there = find(names, above);
	return there != NULL && there->file < 0;
}

/* Is `path` a name in the directory? */
static bool
is_in(const char *path, const char *directory)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash == NULL ? 0 : (size_t)(slash - path);

	return strlen(directory) == n && memcmp(path, directory, n) == 0;
}

/* ---- noting ---- */

static const char *
below(const struct disk *disk, const char *path)
{
	size_t n = strlen(disk->directory);

	return path[n] == '/' ? path + n + 1 : path + n;
}

static struct change *
new_change(struct disk *disk, enum calls_change change)
{
	if (disk->n == disk->capacity) {
		disk->capacity = disk->capacity * 2 + 1024;
		disk->p = realloc(disk->p, disk->capacity * sizeof *disk->p);
		assert_non_null(disk->p);
	}
	disk->p[disk->n] = (struct change){ .change = change, .file = -1,
	    .certain = NEVER };
	return &disk->p[disk->n++];
}

/* An fsync: what it makes certain, or never will be if it failed. */
static void
sync_changes(struct disk *disk, const struct calls_event *event)
{
	bool good = event->change == CALLS_SYNCED;
	const char *path = below(disk, event->path);
	long now = (long)disk->n;

	for (size_t i = disk->n - 1; i-- > 0;) {
		struct change *change = &disk->p[i];

		if (change->change == CALLS_SYNCED && change->file ==
		    event->id && (event->id >= 0 ||
		    strcmp(change->path, path) == 0))
			break;           /* all before is settled */
		if (change->certain != NEVER)
			continue;
		if (event->id >= 0 && change->path == NULL &&
		    change->file == event->id)
			change->certain = good ? now : LONG_MAX;
		if (event->id < 0 && good && change->path != NULL &&
		    change->change != CALLS_SYNCED &&
		    (is_in(change->path, path) || (change->to != NULL &&
		    is_in(change->to, path))))
			change->certain = now;
	}
}

static int
open_file(struct disk *disk, const char *path)
{
	struct name *there = find(&disk->now, path);
	struct change *change;

	if (there != NULL)
		return there->file;
	change = new_change(disk, CALLS_OPENED);
	change->file = disk->files++;
	change->path = copy_of(path);
	put_name(&disk->now, path, change->file);
	return change->file;
}

static int
note(void *context, const struct calls_event *event)
{
	struct disk *disk = context;
	struct change *change;

	if (event->change == CALLS_OPENED)
		return open_file(disk, below(disk, event->path));
	change = new_change(disk, event->change);
	change->offset = event->offset;
	switch (event->change) {
	case CALLS_WROTE:
		change->n = event->n;
		change->p = malloc(event->n);
		assert_non_null(change->p);
		memcpy(change->p, event->p, event->n);
		change->file = event->id;
		break;
	case CALLS_TRUNCATED:
		change->file = event->id;
		break;
	case CALLS_SYNCED:
	case CALLS_SYNC_FAILED:
		change->file = event->id;
		change->path = copy_of(below(disk, event->path));
		sync_changes(disk, event);
		break;
	case CALLS_RENAMED:
		change->path = copy_of(below(disk, event->path));
		change->to = copy_of(below(disk, event->to));
		change->file = find(&disk->now, change->path)->file;
		drop_name(&disk->now, change->path);
		put_name(&disk->now, change->to, change->file);
		break;
	case CALLS_REMOVED:
		change->path = copy_of(below(disk, event->path));
		drop_name(&disk->now, change->path);
		break;
	default:
		change->path = copy_of(below(disk, event->path));
		put_name(&disk->now, change->path, -1);
	}
	return -1;
}

/* What is there when noting begins. */
static void
take_tree(struct disk *disk, const char *path, const char *name)
{
	struct pm_names names;
	struct pm_err err;

	assert_int_equal(pm_fs_list(&names, path, &err), PM_OK);
	for (size_t i = 0; i < names.n; i++) {
		char full[SCRATCH_CHARS], under[SCRATCH_CHARS];
		struct pm_file_info info;
		struct change *change;
		struct pm_buf bytes;

		scratch_join(full, path, names.name[i]);
		(void)snprintf(under, sizeof under, "%s%s%s", name,
		    name[0] == '\0' ? "" : "/", names.name[i]);
		assert_int_equal(pm_fs_lstat(&info, full, &err), PM_OK);
		if (info.kind == PM_FILE_DIRECTORY) {
			change = new_change(disk, CALLS_MADE_DIRECTORY);
			change->path = copy_of(under);
			change->certain = 0;
			put_name(&disk->now, under, -1);
			take_tree(disk, full, under);
			continue;
		}
		pm_buf_init(&bytes);
		file_get(&bytes, full);
		(void)open_file(disk, under);
		disk->p[disk->n - 1].certain = 0;
		change = new_change(disk, CALLS_WROTE);
		change->file = disk->files - 1;
		change->p = malloc(bytes.n + 1);
		assert_non_null(change->p);
		memcpy(change->p, bytes.p, bytes.n);
		change->n = bytes.n;
		change->certain = 0;
		pm_buf_clear(&bytes);
	}
	pm_fs_names_free(&names);
}

struct disk *
disk_begin(const char *directory)
{
	struct disk *disk = calloc(1, sizeof *disk);

	assert_non_null(disk);
	disk->directory = copy_of(directory);
	take_tree(disk, directory, "");
	disk->first = disk->n;
	calls_watch(directory);
	calls_note(note, disk);
	return disk;
}

void
disk_end(struct disk *disk)
{
	(void)disk;
	calls_note(NULL, NULL);
	calls_watch(NULL);
}

void
disk_free(struct disk *disk)
{
	for (size_t i = 0; i < disk->n; i++) {
		free(disk->p[i].path);
		free(disk->p[i].to);
		free(disk->p[i].p);
	}
	clear_names(&disk->now);
	free(disk->p);
	free(disk->directory);
	free(disk);
}

size_t
disk_first(const struct disk *disk)
{
	return disk->first;
}

size_t
disk_changes(const struct disk *disk)
{
	return disk->n;
}

bool
disk_is_sync(const struct disk *disk, size_t moment)
{
	return moment > 0 &&
	    disk->p[moment - 1].change == CALLS_SYNCED;
}

/* ---- making a state ---- */

struct state {
	const struct disk *disk;
	size_t moment;
	enum disk_loss loss;
	unsigned share;          /* percent of what is not certain that stays */
	uint64_t *seed;
	struct pm_buf *file;
	struct names names;
};

static bool
stays(struct state *state, const struct change *change)
{
	if (change->certain != NEVER && change->certain <= (long)state->moment)
		return true;
	return state->loss == DISK_NOTHING || (state->loss == DISK_SOME &&
	    chance_below(state->seed, 100) < state->share);
}

static void
set_length(struct pm_buf *file, size_t n)
{
	struct pm_err err;

	if (n > file->n) {
		assert_int_equal(pm_buf_reserve(file, n - file->n, &err),
		    PM_OK);
		memset(file->p + file->n, 0, n - file->n);
	}
	file->n = n;
}

static void
put_bytes(struct pm_buf *file, const struct change *change, size_t from,
    size_t to)
{
	if (change->offset + to > file->n)
		set_length(file, (size_t)change->offset + to);
	memcpy(file->p + change->offset + from, change->p + from, to - from);
}

/* Sector by sector; at times the length alone. */
static void
tear(struct state *state, const struct change *change)
{
	struct pm_buf *file = &state->file[change->file];
	size_t end;

	if (chance_below(state->seed, 4) == 0 &&
	    change->offset + change->n > file->n)
		set_length(file, (size_t)change->offset + change->n);
	for (size_t from = 0; from < change->n; from = end) {
		end = from + SECTOR -
		    (size_t)((change->offset + from) % SECTOR);
		if (end > change->n)
			end = change->n;
		if (stays(state, change))
			put_bytes(file, change, from, end);
	}
}

static void
replay_bytes(struct state *state, const struct change *change)
{
	struct pm_buf *file = &state->file[change->file];
	bool certain = change->certain != NEVER &&
	    change->certain <= (long)state->moment;

	if (change->change == CALLS_TRUNCATED) {
		if (stays(state, change))
			set_length(file, (size_t)change->offset);
	} else if (!certain && state->loss == DISK_SOME) {
		tear(state, change);
	} else if (stays(state, change) && change->n > 0) {
		put_bytes(file, change, 0, change->n);
	}
}

static void
replay_name(struct state *state, const struct change *change)
{
	struct names *names = &state->names;
	struct name *from;

	switch (change->change) {
	case CALLS_OPENED:
		put_name(names, change->path, change->file);
		break;
	case CALLS_RENAMED:
		from = find(names, change->path);
		if (from != NULL && from->file == change->file)
			drop_name(names, change->path);
		put_name(names, change->to, change->file);
		break;
	case CALLS_REMOVED:
		drop_name(names, change->path);
		break;
	case CALLS_MADE_DIRECTORY:
		put_name(names, change->path, -1);
		break;
	default:
		break;
	}
}

static void
write_out(const struct state *state, const char *into)
{
	const struct names *names = &state->names;
	char path[SCRATCH_CHARS];
	struct pm_err err;

	assert_int_equal(pm_fs_make_directories(into, &err), PM_OK);
	for (size_t i = 0; i < names->n; i++) {
		const struct name *name = &names->p[i];

		if (!has_parent(names, name->path))
			continue;
		scratch_join(path, into, name->path);
		if (name->file < 0)
			assert_int_equal(pm_fs_make_directories(path, &err),
			    PM_OK);
		else
			file_put(path, state->file[name->file].p,
			    state->file[name->file].n);
	}
}

void
disk_state(const struct disk *disk, size_t moment, enum disk_loss loss,
    uint64_t *seed, const char *into)
{
	static const unsigned shares[] = { 10, 50, 90, 99 };
	struct state state = { .disk = disk, .moment = moment, .loss = loss,
	    .seed = seed };

	state.share = loss == DISK_SOME ? shares[chance_below(seed, 4)] : 0;
	state.file = calloc((size_t)disk->files + 1, sizeof *state.file);
	assert_non_null(state.file);
	for (size_t i = 0; i < moment; i++) {
		const struct change *change = &disk->p[i];

		if (change->path == NULL)
			replay_bytes(&state, change);
		else if (stays(&state, change))
			replay_name(&state, change);
	}
	write_out(&state, into);
	for (int i = 0; i < disk->files; i++)
		pm_buf_clear(&state.file[i]);
	free(state.file);
	clear_names(&state.names);
}
