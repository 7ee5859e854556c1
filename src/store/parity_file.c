/*
 * One parity file: header, table, parity blocks, table, header.  Everything is
 * there twice but the parity blocks, each of which has a digest; so damage to
 * the file costs what it hits, and bytes too many or too few in it move
 * nothing that is not found from the other end.
 */
#include "store/parity_internal.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/fs.h"
#include "base/list.h"
#include "base/mem.h"

static const uint8_t name[8] = "PMPARITY";

enum {
	AT_VERSION = 8, AT_VOLUME = 12, AT_GROUP = 16, AT_PERCENT = 20,
	AT_BYTES = 24, AT_BLOCK = 32, AT_DATA = 36, AT_CODES = 40,
	AT_ROWS = 44, AT_FLAGS = 48, AT_HEAD_N = 52, AT_SHA256 = 56,
	AT_HEAD = 88, AT_CHECK = PM_PARITY_HEADER - PM_SHA256_BYTES,
	FLAG_ENDS = 1
};

/* ---- names ---- */

void
pm_parity_name(char out[PM_PARITY_NAME], uint32_t volume, uint32_t group)
{
	(void)snprintf(out, PM_PARITY_NAME, "parity/%06u-%04u.par",
	    (unsigned)volume, (unsigned)group);
}

char *
pm_parity_path(const char *archive, uint32_t volume, uint32_t group,
    struct pm_err *err)
{
	char file[PM_PARITY_NAME];

	pm_parity_name(file, volume, group);
	return pm_fs_join(archive, file, err);
}

static bool
at_of_name(struct pm_parity_at *out, const char *file)
{
	char again[PM_PARITY_NAME];
	unsigned long long volume, group;
	char *end;

	if (file[0] < '0' || file[0] > '9')
		return false;
	volume = strtoull(file, &end, 10);
	if (end[0] != '-' || end[1] < '0' || end[1] > '9')
		return false;
	group = strtoull(end + 1, NULL, 10);
	if (volume == 0 || volume > UINT32_MAX || group > UINT32_MAX)
		return false;
	*out = (struct pm_parity_at){ (uint32_t)volume, (uint32_t)group };
	pm_parity_name(again, out->volume, out->group);
	return strcmp(strchr(again, '/') + 1, file) == 0;
}

static int
compare_places(const void *a, const void *b)
{
	const struct pm_parity_at *x = a, *y = b;

	if (x->volume != y->volume)
		return x->volume < y->volume ? -1 : 1;
	return (x->group > y->group) - (x->group < y->group);
}

int
pm_parity_list(struct pm_parity_at **out, size_t *n, const char *archive,
    struct pm_err *err)
{
	LIST(struct pm_parity_at) at = { 0 };
	char *folder = pm_fs_join(archive, "parity", err);
	struct pm_names names = { 0 };
	int rc;

	if (folder == NULL)
		return PM_ENOMEM;
	rc = pm_fs_list(&names, folder, err);
	pm_free(folder);
	for (size_t i = 0; i < names.n && rc == PM_OK; i++) {
		if ((rc = LIST_ROOM(at, err)) == PM_OK &&
		    at_of_name(&at.p[at.n], names.name[i]))
			at.n++;
	}
	pm_fs_names_free(&names);
	if (rc != PM_OK) {
		pm_free(at.p);
		return rc;
	}
	if (at.n > 0)
		qsort(at.p, at.n, sizeof *at.p, compare_places);
	*out = at.p;
	*n = at.n;
	return PM_OK;
}

/* ---- shape ---- */

/* Blocks small enough that a small volume has many, and codes as few as hold
 * them: the fewer, the less the rounding of rows costs. */
void
pm_parity_shape_choose(struct pm_parity_shape *out, uint64_t bytes,
    uint32_t percent)
{
	uint32_t block = PM_PARITY_BLOCK_MIN, n, parity, columns;

	while (block < PM_PARITY_BLOCK_MAX && bytes > 256 * (uint64_t)block)
		block *= 2;
	n = (uint32_t)((bytes + block - 1) / block);
	parity = (n * percent + 99) / 100;
	parity = parity < 2 ? 2 : parity;
	out->bytes = bytes;
	out->percent = percent;
	out->block = block;
	out->data_n = n;
	out->codes = 0;
	do {
		out->codes++;
		columns = (n + out->codes - 1) / out->codes;
		out->rows = (parity + out->codes - 1) / out->codes;
	} while (columns + out->rows > PM_PARITY_CODE_MAX);
}

/* Any shape that makes sense, not only those that are chosen here. */
static bool
shape_holds(const struct pm_parity_shape *shape)
{
	uint32_t block = shape->block;

	return shape->bytes > 0 && shape->bytes <= PM_PARITY_GROUP_BYTES &&
	    block >= PM_PARITY_BLOCK_MIN && block <= PM_PARITY_BLOCK_MAX &&
	    (block & (block - 1)) == 0 &&
	    shape->data_n == (shape->bytes + block - 1) / block &&
	    shape->codes > 0 && shape->codes <= shape->data_n &&
	    shape->rows > 0 && shape->rows < PM_PARITY_CODE_MAX &&
	    pm_parity_columns(shape) + shape->rows <= PM_PARITY_CODE_MAX &&
	    (uint64_t)shape->codes * shape->rows <=
	    (uint64_t)shape->data_n + 2 &&
	    shape->percent > 0 && shape->percent <= PM_PARITY_MAX &&
	    shape->head_n <= PM_PARITY_HEAD_MAX;
}

static void
put_header(uint8_t *p, const struct pm_parity_shape *shape)
{
	memset(p, 0, PM_PARITY_HEADER);
	memcpy(p, name, sizeof name);
	pm_le32_put(p + AT_VERSION, PM_PARITY_VERSION);
	pm_le32_put(p + AT_VOLUME, shape->volume);
	pm_le32_put(p + AT_GROUP, shape->group);
	pm_le32_put(p + AT_PERCENT, shape->percent);
	pm_le64_put(p + AT_BYTES, shape->bytes);
	pm_le32_put(p + AT_BLOCK, shape->block);
	pm_le32_put(p + AT_DATA, shape->data_n);
	pm_le32_put(p + AT_CODES, shape->codes);
	pm_le32_put(p + AT_ROWS, shape->rows);
	pm_le32_put(p + AT_FLAGS, shape->ends ? FLAG_ENDS : 0);
	pm_le32_put(p + AT_HEAD_N, shape->head_n);
	memcpy(p + AT_SHA256, shape->sha256, PM_SHA256_BYTES);
	memcpy(p + AT_HEAD, shape->head, shape->head_n);
	pm_sha256(p + AT_CHECK, (struct pm_bytes){ p, AT_CHECK });
}

static bool
get_header(struct pm_parity_shape *out, const uint8_t *p,
    struct pm_parity_at at)
{
	uint8_t check[PM_SHA256_BYTES];

	pm_sha256(check, (struct pm_bytes){ p, AT_CHECK });
	if (memcmp(check, p + AT_CHECK, sizeof check) != 0 ||
	    memcmp(p, name, sizeof name) != 0 ||
	    pm_le32_get(p + AT_VERSION) != PM_PARITY_VERSION ||
	    pm_le32_get(p + AT_FLAGS) > FLAG_ENDS)
		return false;
	*out = (struct pm_parity_shape){
		.volume = pm_le32_get(p + AT_VOLUME),
		.group = pm_le32_get(p + AT_GROUP),
		.percent = pm_le32_get(p + AT_PERCENT),
		.bytes = pm_le64_get(p + AT_BYTES),
		.block = pm_le32_get(p + AT_BLOCK),
		.data_n = pm_le32_get(p + AT_DATA),
		.codes = pm_le32_get(p + AT_CODES),
		.rows = pm_le32_get(p + AT_ROWS),
		.ends = pm_le32_get(p + AT_FLAGS) == FLAG_ENDS,
		.head_n = pm_le32_get(p + AT_HEAD_N),
	};
	memcpy(out->sha256, p + AT_SHA256, sizeof out->sha256);
	memcpy(out->head, p + AT_HEAD, sizeof out->head);
	return shape_holds(out) && out->volume == at.volume &&
	    out->group == at.group;
}

/* ---- entries ---- */

static void
digest(uint8_t out[PM_PARITY_DIGEST], struct pm_bytes bytes)
{
	uint8_t sha256[PM_SHA256_BYTES];

	pm_sha256(sha256, bytes);
	memcpy(out, sha256, PM_PARITY_DIGEST);
}

void
pm_parity_entry_fill(struct pm_parity_entry *entry, struct pm_bytes block)
{
	entry->weak = pm_parity_weak(block);
	digest(entry->digest, block);
	entry->known = true;
}

bool
pm_parity_entry_fits(const struct pm_parity_entry *entry,
    struct pm_bytes block)
{
	uint8_t found[PM_PARITY_DIGEST];

	if (!entry->known || pm_parity_weak(block) != entry->weak)
		return false;
	digest(found, block);
	return memcmp(found, entry->digest, sizeof found) == 0;
}

/* The check value of a stretch of the table, which belongs to this group as it
 * is now and to no other place. */
static void
chunk_check(uint8_t out[PM_PARITY_DIGEST],
    const struct pm_parity_shape *shape, uint32_t i, struct pm_bytes entries)
{
	uint8_t text[PM_SHA256_BYTES + 4 + PM_PARITY_CHUNK * PM_PARITY_ENTRY];

	memcpy(text, shape->sha256, PM_SHA256_BYTES);
	pm_le32_put(text + PM_SHA256_BYTES, i);
	memcpy(text + PM_SHA256_BYTES + 4, entries.p, entries.n);
	digest(out, (struct pm_bytes){ text,
	    PM_SHA256_BYTES + 4 + entries.n });
}

static size_t
chunk_entries(const struct pm_parity_shape *shape, uint32_t chunk)
{
	size_t left = (size_t)shape->data_n + pm_parity_blocks(shape) -
	    (size_t)chunk * PM_PARITY_CHUNK;

	return left < PM_PARITY_CHUNK ? left : PM_PARITY_CHUNK;
}

static uint32_t
chunk_count(const struct pm_parity_shape *shape)
{
	return (shape->data_n + pm_parity_blocks(shape) + PM_PARITY_CHUNK -
	    1) / PM_PARITY_CHUNK;
}

static void
put_table(uint8_t *p, const struct pm_parity_shape *shape,
    const struct pm_parity_entry *entry)
{
	for (uint32_t i = 0; i < chunk_count(shape); i++) {
		size_t n = chunk_entries(shape, i);
		uint8_t *start = p;

		for (size_t j = 0; j < n; j++, entry++) {
			memcpy(p, entry->digest, PM_PARITY_DIGEST);
			pm_le32_put(p + PM_PARITY_DIGEST, entry->weak);
			p += PM_PARITY_ENTRY;
		}
		chunk_check(p, shape, i, (struct pm_bytes){ start,
		    n * PM_PARITY_ENTRY });
		p += PM_PARITY_DIGEST;
	}
}

/* Chunks that are whole into entries; how many are not. */
static unsigned
get_table(struct pm_parity_entry *entry, const uint8_t *p,
    const struct pm_parity_shape *shape)
{
	unsigned damaged = 0;

	for (uint32_t i = 0; i < chunk_count(shape); i++) {
		size_t n = chunk_entries(shape, i);
		struct pm_bytes text = { p, n * PM_PARITY_ENTRY };
		uint8_t check[PM_PARITY_DIGEST];
		bool whole;

		chunk_check(check, shape, i, text);
		whole = memcmp(check, p + text.n, sizeof check) == 0;
		damaged += !whole;
		for (size_t j = 0; j < n; j++, entry++) {
			const uint8_t *from = text.p + j * PM_PARITY_ENTRY;

			if (!whole || entry->known)
				continue;
			memcpy(entry->digest, from, PM_PARITY_DIGEST);
			entry->weak = pm_le32_get(from + PM_PARITY_DIGEST);
			entry->known = true;
		}
		p += text.n + PM_PARITY_DIGEST;
	}
	return damaged;
}

/* ---- a file ---- */

size_t
pm_parity_blocks_at(const struct pm_parity_shape *shape)
{
	return PM_PARITY_HEADER + pm_parity_table_bytes(shape);
}

void
pm_parity_fill(uint8_t *file, const struct pm_parity_shape *shape,
    const struct pm_parity_entry *entry)
{
	size_t table = pm_parity_table_bytes(shape);
	uint8_t *tail = file + pm_parity_file_bytes(shape) -
	    PM_PARITY_HEADER - table;

	put_header(file, shape);
	put_table(file + PM_PARITY_HEADER, shape, entry);
	memcpy(tail, file + PM_PARITY_HEADER, table);
	memcpy(tail + table, file, PM_PARITY_HEADER);
}

/* What cannot be read is as good as damaged. */
static bool
get(const struct pm_parity_file *file, void *p, size_t n, uint64_t offset)
{
	struct pm_err ignored;

	return n <= file->bytes && offset <= file->bytes - n &&
	    pm_fs_read_at(file->fd, p, n, offset, file->path, &ignored) ==
	    PM_OK;
}

static int
read_headers(struct pm_parity_file *file, struct pm_parity_at at,
    struct pm_err *err)
{
	struct pm_parity_shape shape[2];
	uint8_t header[PM_PARITY_HEADER];
	bool front, tail;

	front = get(file, header, sizeof header, 0) &&
	    get_header(&shape[0], header, at);
	tail = file->bytes >= 2 * sizeof header &&
	    get(file, header, sizeof header, file->bytes - sizeof header) &&
	    get_header(&shape[1], header, at);
	if (!front && !tail)
		return pm_fail(err, PM_ECORRUPT, "%s: both of its headers "
		    "are damaged", file->path);
	/* Of two that say different things, the one that the file fits. */
	if (front && tail && memcmp(&shape[0].sha256, &shape[1].sha256,
	    PM_SHA256_BYTES) != 0) {
		front = pm_parity_file_bytes(&shape[0]) == file->bytes ||
		    pm_parity_file_bytes(&shape[1]) != file->bytes;
		tail = !front;
	}
	file->shape = front ? shape[0] : shape[1];
	file->headers = (unsigned)front + tail;
	return PM_OK;
}

int
pm_parity_file_open(struct pm_parity_file *out, const char *archive,
    struct pm_parity_at at, struct pm_err *err)
{
	struct pm_parity_file file = { .fd = -1 };
	struct pm_file_info info;
	int rc = PM_ENOMEM;

	*out = file;
	if ((file.path = pm_parity_path(archive, at.volume, at.group,
	    err)) == NULL)
		return PM_ENOMEM;
	if ((rc = pm_fs_open_read(&file.fd, file.path, err)) == PM_OK &&
	    (rc = pm_fs_fstat(&info, file.fd, file.path, err)) == PM_OK) {
		file.bytes = info.bytes;
		rc = read_headers(&file, at, err);
	}
	if (rc == PM_OK)
		*out = file;
	else
		pm_parity_file_close(&file);
	return rc;
}

void
pm_parity_file_close(struct pm_parity_file *file)
{
	pm_fs_close(file->fd);
	pm_free(file->path);
	pm_free(file->entry);
	*file = (struct pm_parity_file){ .fd = -1 };
}

/* A file that is damaged must not make us ask for memory it has no bytes for:
 * so one of the two tables must be there. */
int
pm_parity_file_table(struct pm_parity_file *file, struct pm_err *err)
{
	const struct pm_parity_shape *shape = &file->shape;
	size_t n = (size_t)shape->data_n + pm_parity_blocks(shape);
	size_t table = pm_parity_table_bytes(shape);
	uint64_t at[2] = { PM_PARITY_HEADER, file->bytes - PM_PARITY_HEADER -
	    table };
	uint8_t *p;

	if (file->bytes < PM_PARITY_HEADER + (uint64_t)table)
		return pm_fail(err, PM_ECORRUPT, "%s: cut short",
		    file->path);
	if ((p = pm_alloc(table, err)) == NULL)
		return PM_ENOMEM;
	pm_free(file->entry);
	file->chunks_damaged = 0;
	file->entry = pm_alloc_zero(n * sizeof *file->entry, err);
	for (int i = 0; i < 2 && file->entry != NULL; i++)
		file->chunks_damaged += get(file, p, table, at[i]) ?
		    get_table(file->entry, p, shape) : chunk_count(shape);
	pm_free(p);
	return file->entry == NULL ? PM_ENOMEM : PM_OK;
}

bool
pm_parity_file_block(const struct pm_parity_file *file, uint32_t i,
    uint8_t *p, bool *moved)
{
	const struct pm_parity_shape *shape = &file->shape;
	const struct pm_parity_entry *entry = &file->entry[shape->data_n + i];
	struct pm_bytes block = { p, shape->block };
	uint64_t at = pm_parity_blocks_at(shape);
	uint64_t behind = at + (uint64_t)(pm_parity_blocks(shape) - i) *
	    shape->block;

	at += (uint64_t)i * shape->block;
	*moved = false;
	if (!entry->known)
		return false;
	if (get(file, p, block.n, at) && pm_parity_entry_fits(entry, block))
		return true;
	*moved = true;
	return file->bytes >= behind && file->bytes - behind != at &&
	    get(file, p, block.n, file->bytes - behind) &&
	    pm_parity_entry_fits(entry, block);
}
