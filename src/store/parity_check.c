/*
 * Parity that is to be used some day should be known to be sound before.
 */
#include "store/parity_internal.h"

#include <stdio.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/mem.h"
#include "store/volume_internal.h"

enum { PIECE_BYTES = 1 << 20 };

struct check {
	const char *archive;
	enum pm_parity_level level;
	const struct pm_parity_tell *tell;
	struct pm_parity_at *have;
	size_t have_n;
	uint32_t *volume;
	size_t volume_n;
	struct pm_head head;             /* sequence 0: not known */
	struct pm_err *err;
};

int
pm_parity_say(const struct pm_parity_tell *tell, struct pm_parity_at at,
    const char *text)
{
	struct pm_parity_fault fault = { .volume = at.volume,
	    .group = at.group };

	if (tell->fault == NULL)
		return PM_OK;
	pm_parity_name(fault.file, at.volume, at.group);
	(void)snprintf(fault.text, sizeof fault.text, "%s", text);
	return tell->fault(tell->context, &fault);
}

/* ---- one file ---- */

static int
count_blocks(unsigned *bad, unsigned *moved,
    const struct pm_parity_file *file, struct pm_err *err)
{
	uint8_t *p = pm_alloc(file->shape.block, err);

	if (p == NULL)
		return PM_ENOMEM;
	for (uint32_t i = 0; i < pm_parity_blocks(&file->shape); i++) {
		bool elsewhere;

		if (!pm_parity_file_block(file, i, p, &elsewhere))
			++*bad;
		else
			*moved += elsewhere;
	}
	pm_free(p);
	return PM_OK;
}

int
pm_parity_file_check(bool *whole, char why[PM_PARITY_WHY],
    struct pm_parity_file *file, struct pm_err *err)
{
	unsigned bad = 0, moved = 0;
	int rc = pm_parity_file_table(file, err);

	if (rc == PM_OK)
		rc = count_blocks(&bad, &moved, file, err);
	if (rc == PM_ECORRUPT) {
		(void)snprintf(why, PM_PARITY_WHY, "cut short");
		*whole = false;
		return PM_OK;
	}
	*whole = file->headers == 2 && bad == 0 && moved == 0 &&
	    file->chunks_damaged == 0 &&
	    file->bytes == pm_parity_file_bytes(&file->shape);
	(void)snprintf(why, PM_PARITY_WHY, "damaged: %u of %u parity blocks, "
	    "%u stretches of digests, %u of 2 headers%s", bad + moved,
	    (unsigned)pm_parity_blocks(&file->shape), file->chunks_damaged,
	    2 - file->headers, file->bytes ==
	    pm_parity_file_bytes(&file->shape) ? "" : "; of another length");
	return rc;
}

/* Is the volume what the file was made of? */
static int
check_group(bool *same, const struct check *check,
    const struct pm_parity_shape *shape)
{
	struct pm_sha256_state *sha = pm_sha256_new(check->err);
	uint8_t *p = pm_alloc(PIECE_BYTES, check->err);
	char *path = pm_volume_path(check->archive, shape->volume,
	    check->err);
	uint8_t sha256[PM_SHA256_BYTES];
	int fd = -1, rc = sha == NULL || p == NULL || path == NULL ?
	    PM_ENOMEM : pm_fs_open_read(&fd, path, check->err);

	for (uint64_t at = 0; rc == PM_OK && at < shape->bytes;
	    at += PIECE_BYTES) {
		uint64_t left = shape->bytes - at;
		size_t n = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;

		rc = pm_fs_read_at(fd, p, n, pm_parity_start(shape) + at,
		    path, check->err);
		if (rc == PM_OK)
			pm_sha256_update(sha, (struct pm_bytes){ p, n });
	}
	if (rc == PM_OK)
		pm_sha256_final(sha256, sha);
	*same = rc == PM_OK && memcmp(sha256, shape->sha256,
	    sizeof sha256) == 0;
	pm_sha256_free(sha);
	pm_fs_close(fd);
	pm_free(path);
	pm_free(p);
	return rc == PM_ENOMEM ? rc : PM_OK;
}

/* 0 for one that is not there, of which others tell. */
static int
volume_bytes(uint64_t *out, const struct check *check, uint32_t volume)
{
	char *path = pm_volume_path(check->archive, volume, check->err);
	struct pm_file_info info;

	if (path == NULL)
		return PM_ENOMEM;
	*out = volume == check->head.volume ? check->head.length :
	    pm_fs_stat(&info, path, check->err) == PM_OK ? info.bytes : 0;
	pm_free(path);
	return PM_OK;
}

static int
check_reach(const struct check *check, const struct pm_parity_shape *shape)
{
	struct pm_parity_at at = { shape->volume, shape->group };
	uint64_t bytes = 0, start = pm_parity_start(shape), due;
	char text[PM_PARITY_WHY];
	int rc = volume_bytes(&bytes, check, at.volume);

	due = bytes < start ? 0 : bytes - start;
	due = due < PM_PARITY_GROUP_BYTES ? due : PM_PARITY_GROUP_BYTES;
	if (rc != PM_OK || check->head.sequence == 0 || shape->bytes >= due)
		return rc;
	(void)snprintf(text, sizeof text, "covers %llu of %llu bytes",
	    (unsigned long long)shape->bytes, (unsigned long long)due);
	return pm_parity_say(check->tell, at, text);
}

static int
look_into(const struct check *check, struct pm_parity_file *file,
    struct pm_parity_at at)
{
	char why[PM_PARITY_WHY] = "one of its headers is damaged";
	bool whole = file->headers == 2, same = true;
	int rc = PM_OK;

	if (check->level >= PM_PARITY_WHOLE)
		rc = pm_parity_file_check(&whole, why, file, check->err);
	if (rc == PM_OK && !whole)
		rc = pm_parity_say(check->tell, at, why);
	if (rc == PM_OK && check->level == PM_PARITY_VOLUMES)
		rc = check_group(&same, check, &file->shape);
	return rc == PM_OK && !same ? pm_parity_say(check->tell, at,
	    "is not of the volume as it is now") : rc;
}

static int
check_file(const struct check *check, size_t i)
{
	struct pm_parity_at at = check->have[i];
	struct pm_parity_file file;
	int rc = pm_parity_file_open(&file, check->archive, at, check->err);

	if (rc == PM_OK) {
		rc = look_into(check, &file, at);
		if (rc == PM_OK && i + 1 < check->have_n)        /* P1 */
			rc = check_reach(check, &file.shape);
	} else if (rc == PM_ENOTFOUND) {
		rc = PM_OK;              /* went meanwhile, with its volume */
	} else if (rc == PM_ECORRUPT) {
		rc = pm_parity_say(check->tell, at,
		    "both of its headers are damaged");
	} else if (rc == PM_EIO || rc == PM_EPERM) {
		rc = pm_parity_say(check->tell, at, check->err->text);
	}
	pm_parity_file_close(&file);
	return rc;
}

/* ---- missing ones ---- */

static bool
is_behind(struct pm_parity_at a, struct pm_parity_at b)
{
	return a.volume > b.volume ||
	    (a.volume == b.volume && a.group > b.group);
}

/* P1: behind the last one there is none to be missed. */
static int
check_missing(const struct check *check, uint32_t volume, size_t *next)
{
	struct pm_parity_at at = { volume, 0 };
	uint64_t bytes = 0;
	int rc = volume_bytes(&bytes, check, volume);

	for (uint64_t start = 0; start < bytes && rc == PM_OK;
	    start += PM_PARITY_GROUP_BYTES, at.group++) {
		while (*next < check->have_n &&
		    is_behind(at, check->have[*next]))
			++*next;
		if (*next == check->have_n)
			break;
		if (is_behind(check->have[*next], at))
			rc = pm_parity_say(check->tell, at, "is missing");
	}
	return rc;
}

static int
check_all(struct check *check)
{
	size_t next = 0;
	int rc = PM_OK;

	for (size_t i = 0; i < check->have_n && rc == PM_OK; i++)
		if (check->head.sequence == 0 || pm_parity_counts(
		    &check->head, check->have[i].volume))
			rc = check_file(check, i);
	for (size_t i = 0; i < check->volume_n && rc == PM_OK; i++)
		if (pm_parity_counts(&check->head, check->volume[i]))
			rc = check_missing(check, check->volume[i], &next);
	return rc;
}

int
pm_parity_check(const char *archive, enum pm_parity_level level,
    const struct pm_parity_tell *tell, struct pm_err *err)
{
	struct check check = { .archive = archive, .level = level,
	    .tell = tell, .err = err };
	int rc = pm_parity_list(&check.have, &check.have_n, archive, err);

	if (rc == PM_ENOTFOUND)
		return PM_OK;
	/* After the list: what HEAD says by then may be more, never less.  A
	 * HEAD that is damaged is for others to tell. */
	if (rc == PM_OK && (rc = pm_head_read(&check.head, archive, err)) !=
	    PM_OK && rc != PM_ENOMEM) {
		check.head = (struct pm_head){ 0 };
		rc = PM_OK;
	}
	if (rc == PM_OK && check.head.sequence > 0)
		rc = pm_volume_list(&check.volume, &check.volume_n, archive,
		    err);
	if (rc == PM_OK)
		rc = check_all(&check);
	pm_free(check.have);
	pm_free(check.volume);
	return rc;
}
