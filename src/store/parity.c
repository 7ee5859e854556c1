/*
 * Which groups have parity, and which are to get it (P1, P2).
 */
#include "store/parity_internal.h"

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/volume_internal.h"

struct update {
	const struct pm_parity_options *options;
	struct pm_parity_maker maker;
	struct pm_head head;
	uint32_t percent;
	struct pm_parity_at *have;       /* ascending */
	size_t have_n, next;
	struct pm_buf head_text, file;
	struct pm_err *err;
};

/* ---- is there parity? ---- */

int
pm_parity_wanted(bool *out, const char *archive, struct pm_err *err)
{
	char *folder = pm_fs_join(archive, "parity", err);

	if (folder == NULL)
		return PM_ENOMEM;
	*out = pm_fs_exists(folder);
	pm_free(folder);
	return PM_OK;
}

int
pm_parity_begin(const char *archive, struct pm_err *err)
{
	char *folder = pm_fs_join(archive, "parity", err);
	int rc = folder == NULL ? PM_ENOMEM :
	    pm_fs_make_directory(folder, err);

	if (rc == PM_OK)
		rc = pm_fs_sync_above(folder, err);
	pm_free(folder);
	return rc == PM_EPERM ? PM_OK : rc;      /* not ours to sync */
}

static int
remove_one(const char *archive, struct pm_parity_at at, struct pm_err *err)
{
	char *path = pm_parity_path(archive, at.volume, at.group, err);
	int rc = path == NULL ? PM_ENOMEM : pm_fs_remove(path, err);

	pm_free(path);
	return rc;
}

int
pm_parity_drop(const char *archive, uint32_t from, uint32_t to,
    struct pm_err *err)
{
	struct pm_parity_at *at = NULL;
	size_t n = 0;
	int rc = pm_parity_list(&at, &n, archive, err);

	if (rc == PM_ENOTFOUND)
		return PM_OK;
	for (size_t i = 0; i < n && rc == PM_OK; i++)
		if (at[i].volume >= from && at[i].volume <= to)
			rc = remove_one(archive, at[i], err);
	pm_free(at);
	return rc;
}

/* What a writer that died left half written. */
static int
remove_new(const char *folder, struct pm_err *err)
{
	static const char end[] = ".par.new";
	struct pm_names names = { 0 };
	int rc = pm_fs_list(&names, folder, err);

	for (size_t i = 0; i < names.n && rc == PM_OK; i++) {
		size_t n = strlen(names.name[i]);
		char *path;

		if (n < sizeof end || strcmp(names.name[i] + n + 1 -
		    sizeof end, end) != 0)
			continue;
		path = pm_fs_join(folder, names.name[i], err);
		rc = path == NULL ? PM_ENOMEM : pm_fs_remove(path, err);
		pm_free(path);
	}
	pm_fs_names_free(&names);
	return rc == PM_ENOTFOUND ? PM_OK : rc;
}

static int
remove_all(const char *archive, struct pm_err *err)
{
	char *folder = pm_fs_join(archive, "parity", err);
	int rc = folder == NULL ? PM_ENOMEM :
	    pm_parity_drop(archive, 0, UINT32_MAX, err);

	if (rc == PM_OK)
		rc = remove_new(folder, err);
	if (rc == PM_OK)
		rc = pm_fs_remove_directory(folder, err);
	pm_free(folder);
	return rc;
}

/* ---- update ---- */

static int
write_file(struct update *update, struct pm_parity_at at)
{
	char *path = pm_parity_path(update->maker.archive, at.volume,
	    at.group, update->err);
	int rc = path == NULL ? PM_ENOMEM : pm_fs_replace_file(path,
	    update->file.p, update->file.n, update->err);

	pm_free(path);
	return rc;
}

/* A volume that is damaged is told of, and ends nothing. */
static int
make(struct update *update, struct pm_parity_shape *shape,
    const struct pm_parity_shape *old)
{
	struct pm_parity_at at = { shape->volume, shape->group };
	int rc = pm_parity_make(&update->file, shape, &update->maker, old,
	    update->err);

	if (rc == PM_ECORRUPT || rc == PM_EIO || rc == PM_ENOTFOUND)
		return pm_parity_say(&update->options->tell, at,
		    update->err->text);
	return rc == PM_OK ? write_file(update, at) : rc;
}

/* Does the file say what it would if it were made now? */
static int
look_at_file(bool *keep, struct update *update, struct pm_parity_file *file,
    const struct pm_parity_shape *wanted)
{
	char why[PM_PARITY_WHY];

	*keep = file->shape.bytes == wanted->bytes &&
	    file->shape.percent == wanted->percent &&
	    file->shape.ends == wanted->ends;
	if (!*keep || !update->options->thorough)
		return PM_OK;
	return pm_parity_file_check(keep, why, file, update->err);
}

/* A group that has a file which may not do. */
static int
renew(struct update *update, struct pm_parity_at at,
    struct pm_parity_shape *wanted)
{
	struct pm_parity_file file;
	bool keep = false;
	int rc = pm_parity_file_open(&file, update->maker.archive, at,
	    update->err);

	if (rc == PM_OK)
		rc = look_at_file(&keep, update, &file, wanted);
	if (rc == PM_OK && !keep)
		rc = make(update, wanted, &file.shape);
	else if (rc == PM_ECORRUPT || rc == PM_EIO)
		rc = make(update, wanted, NULL);
	pm_parity_file_close(&file);
	return rc;
}

static int
update_group(struct update *update, struct pm_parity_shape *wanted)
{
	struct pm_parity_at at = { wanted->volume, wanted->group };
	const struct pm_parity_at *have = update->have;
	size_t *next = &update->next;

	while (*next < update->have_n && (have[*next].volume < at.volume ||
	    (have[*next].volume == at.volume &&
	    have[*next].group < at.group)))
		++*next;
	if (*next == update->have_n || have[*next].volume != at.volume ||
	    have[*next].group != at.group)
		return make(update, wanted, NULL);
	if (*next + 1 < update->have_n && !update->options->thorough &&
	    update->options->percent == PM_PARITY_AS_IT_IS)
		return PM_OK;                            /* P1 */
	return renew(update, at, wanted);
}

static int
volume_bytes(uint64_t *out, const struct update *update, uint32_t volume)
{
	char *path = pm_volume_path(update->maker.archive, volume,
	    update->err);
	struct pm_file_info info;
	int rc = path == NULL ? PM_ENOMEM : pm_fs_stat(&info, path,
	    update->err);

	pm_free(path);
	if (rc == PM_OK)
		*out = volume == update->head.volume ? update->head.length :
		    info.bytes;
	return rc;
}

static int
update_volume(struct update *update, uint32_t volume)
{
	uint64_t bytes = 0;
	int rc = volume_bytes(&bytes, update, volume);

	for (uint64_t at = 0; at < bytes && rc == PM_OK;
	    at += PM_PARITY_GROUP_BYTES) {
		uint64_t left = bytes - at;
		struct pm_parity_shape wanted = { .volume = volume,
		    .group = (uint32_t)(at / PM_PARITY_GROUP_BYTES),
		    .percent = update->percent,
		    .bytes = left < PM_PARITY_GROUP_BYTES ? left :
		    PM_PARITY_GROUP_BYTES };

		wanted.ends = left == wanted.bytes &&
		    (volume < update->head.volume || update->head.sealed);
		rc = update_group(update, &wanted);
	}
	return rc;
}

static int
update_volumes(struct update *update)
{
	uint32_t *volume = NULL;
	size_t n = 0;
	int rc = pm_volume_list(&volume, &n, update->maker.archive,
	    update->err);

	for (size_t i = 0; i < n && rc == PM_OK; i++)
		if (pm_parity_counts(&update->head, volume[i]))
			rc = update_volume(update, volume[i]);
	pm_free(volume);
	return rc;
}

/* That of the last file which says one. */
static int
find_percent(struct update *update)
{
	struct pm_parity_file file;
	int rc = PM_END;

	update->percent = PM_PARITY_DEFAULT;
	for (size_t i = update->have_n; i > 0 && rc != PM_OK; i--) {
		rc = pm_parity_file_open(&file, update->maker.archive,
		    update->have[i - 1], update->err);
		if (rc == PM_OK)
			update->percent = file.shape.percent;
		pm_parity_file_close(&file);
		if (rc == PM_ENOMEM)
			return rc;
	}
	return PM_OK;
}

static int
read_head(struct update *update)
{
	enum { HEAD_BYTES_MAX = 4096 };
	char *path = pm_fs_join(update->maker.archive, "HEAD", update->err);
	int rc = path == NULL ? PM_ENOMEM : pm_head_read(&update->head,
	    update->maker.archive, update->err);

	if (rc == PM_OK)
		rc = pm_fs_read_file(&update->head_text, path, HEAD_BYTES_MAX,
		    update->err);
	update->maker.head = pm_buf_bytes(&update->head_text);
	pm_free(path);
	return rc;
}

static int
update_all(struct update *update)
{
	int percent = update->options->percent, rc;

	if ((rc = pm_parity_list(&update->have, &update->have_n,
	    update->maker.archive, update->err)) != PM_OK ||
	    (rc = read_head(update)) != PM_OK)
		return rc;
	update->percent = (uint32_t)percent;
	if (percent < 0)
		rc = find_percent(update);
	return rc != PM_OK || update->head.sequence == 0 ? rc :
	    update_volumes(update);
}

int
pm_parity_update(const char *archive,
    const struct pm_parity_options *options, struct pm_err *err)
{
	struct update update = { .options = options,
	    .maker = { .archive = archive, .pool = options->pool,
	    .threads = options->threads }, .err = err };
	bool wanted = true;
	int rc = PM_OK;

	if (options->percent > PM_PARITY_MAX)
		return pm_fail(err, PM_EUSAGE, "parity: 0 to %d percent",
		    PM_PARITY_MAX);
	if (options->percent == 0)
		return remove_all(archive, err);
	if (options->percent < 0)
		rc = pm_parity_wanted(&wanted, archive, err);
	if (rc != PM_OK || !wanted)
		return rc;
	pm_buf_init(&update.head_text);
	pm_buf_init(&update.file);
	if ((rc = pm_parity_begin(archive, err)) == PM_OK)
		rc = update_all(&update);
	pm_buf_clear(&update.head_text);
	pm_buf_clear(&update.file);
	pm_free(update.have);
	return rc;
}
